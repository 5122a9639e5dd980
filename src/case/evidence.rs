//! The record itself, read again from where it lies: inside the case, or in the file it came from.
//!
//! A record is given back only when its SHA-256 is that of the event. So it does not matter that a log file has grown
//! since: what was read is still there. When it is not, the error says what is known all the same.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek as _, SeekFrom};

use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

use super::answers::{Side, StoredBodies};
use super::error::{CaseError, Doing as _};
use super::light::RecordPlace;
use super::reader::Reader;
use super::sources;
use crate::decode::containers::{Limits, plain, unwrap};
use crate::model::{Compression, Digest, Event, RecordPosition, SourceEntry, SourceId, SourceKind, SourceState};

/// A compressed source up to this size is expanded whole and kept for the next record of it.
const KEPT_BYTES: u64 = 32 << 20;
/// A body is read up to this size.
const MOST_BODY_BYTES: u64 = 256 << 20;

const DOING: &str = "reading evidence";

/// Why evidence cannot be had. What the case derived from it is still there.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// The case itself could not be read.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// The file is gone.
    #[error(
        "cannot read the record: its file {path} is not there any more; put it back{}, what was decoded of it is still in the case",
        if sha256.is_empty() { String::new() } else { format!(" (its SHA-256 is {sha256})") }
    )]
    Missing {
        /// The file.
        path: String,
        /// Its hash when it was read, hex; empty when not known.
        sha256: String,
    },
    /// The file is not what it was.
    #[error(
        "cannot give the record: {path} has changed since it was read: {what}; put the old file back, what was decoded of it is still in the case"
    )]
    Changed {
        /// The file.
        path: String,
        /// What differs.
        what: String,
    },
    /// The file cannot be read.
    #[error("cannot read the record from {path}: {error}; check that you may read the file")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        error: io::Error,
    },
}

type Result<T> = std::result::Result<T, EvidenceError>;

/// The plain bytes of the source read last.
pub(super) struct Expanded {
    source: SourceId,
    plain: Vec<u8>,
}

impl Reader {
    /// The record's own bytes, out of their wrap, with the SHA-256 that the event has.
    ///
    /// # Errors
    /// Says whether the file is missing, changed or unreadable.
    pub fn record(&mut self, event: &Event) -> Result<Vec<u8>> {
        self.record_at(event.source, event.position, &event.digest)
    }

    pub(super) fn record_at(&mut self, source: SourceId, place: RecordPosition, digest: &Digest) -> Result<Vec<u8>> {
        let entry = self.entry(source)?;
        self.record_in(&entry, place, digest)
    }

    /// Calls with the number and the record of each of these places, or why it cannot be had. The ledger is asked once for those of
    /// one source that stand together.
    pub fn records(&mut self, places: &[RecordPlace], each: &mut dyn FnMut(usize, Result<Vec<u8>>)) {
        let mut at = 0;
        for run in places.chunk_by(|one, next| one.source == next.source) {
            let entry = run.first().map(|first| self.entry(first.source));
            for place in run {
                let record = match &entry {
                    Some(Ok(entry)) => self.record_in(entry, place.position, &place.digest),
                    // Asked again, so that each is told why.
                    _ => self.record_at(place.source, place.position, &place.digest),
                };
                each(at, record);
                at += 1;
            }
        }
    }

    fn record_in(&mut self, entry: &SourceEntry, place: RecordPosition, digest: &Digest) -> Result<Vec<u8>> {
        let outer = self.plain_bytes(entry, place.offset, u64::from(place.length))?;
        let matches = |record: &[u8]| Digest(Sha256::digest(record).into()) == *digest;
        match unwrap(&outer, place.wrap) {
            Some(record) if matches(&record) => Ok(record.into_owned()),
            _ => Err(differs(entry, place.offset)),
        }
    }

    /// The bodies of an exchange that lie in files of their own.
    pub fn bodies(&mut self, request_id: &str) -> Result<StoredBodies> {
        let mut select = self.connection().prepare_cached("SELECT side, source FROM body WHERE request = ?1").doing(DOING)?;
        let found = select.query_map([request_id], |row| Ok((row.get::<_, bool>(0)?, SourceId(row.get(1)?)))).doing(DOING)?;
        let found: Vec<_> = found.collect::<rusqlite::Result<_>>().doing(DOING)?;
        drop(select);
        let mut bodies = StoredBodies::default();
        for (is_output, source) in found {
            let entry = self.entry(source)?;
            let body = self.plain_bytes(&entry, 0, entry.plain_size.min(MOST_BODY_BYTES))?;
            *(if is_output { &mut bodies.output } else { &mut bodies.input }) = Some(body);
        }
        Ok(bodies)
    }

    /// Which bodies of an exchange lie in files of their own.
    pub fn sides_stored(&mut self, request_id: &str) -> Result<Vec<Side>> {
        let mut select = self.connection().prepare_cached("SELECT side FROM body WHERE request = ?1").doing(DOING)?;
        let found = select.query_map([request_id], |row| Ok(if row.get(0)? { Side::Output } else { Side::Input })).doing(DOING)?;
        Ok(found.collect::<rusqlite::Result<_>>().doing(DOING)?)
    }

    fn entry(&mut self, source: SourceId) -> Result<SourceEntry> {
        // Records are often read one after another out of one file. What is still being read may change.
        if let Some(known) = self.entry.as_ref().filter(|known| known.id == source) {
            return Ok(known.clone());
        }
        let entry = sources::source(self.connection(), source)?.ok_or(CaseError::Damaged { doing: DOING, what: "the ledger" })?;
        self.entry = (entry.state == SourceState::Complete).then(|| entry.clone());
        Ok(entry)
    }

    /// A range of a source's plain bytes.
    fn plain_bytes(&mut self, entry: &SourceEntry, offset: u64, length: u64) -> Result<Vec<u8>> {
        if let Some(expanded) = self.expanded.as_ref().filter(|expanded| expanded.source == entry.id)
            && let Some(bytes) = cut(&expanded.plain, offset, length)
        {
            return Ok(bytes);
        }
        if let Some(bytes) = from_blocks(self.connection(), entry.id, offset, length)? {
            return Ok(bytes);
        }
        let verbatim = verbatim(self.connection(), entry.id)?;
        let stored: Box<dyn Read> = match &verbatim {
            Some(stored) => Box::new(stored.as_slice()),
            None => Box::new(open(entry, offset)?),
        };
        if entry.compression == Compression::Plain && verbatim.is_none() {
            // The file was positioned at the record.
            let mut bytes = Vec::new();
            stored.take(length).read_to_end(&mut bytes).map_err(|error| EvidenceError::Unreadable { path: entry.path.clone(), error })?;
            return if bytes.len() as u64 == length { Ok(bytes) } else { Err(differs(entry, offset)) };
        }
        // Whatever a bomb is guarded by at ingest has let this source through; here memory is bounded below.
        let mut reader = plain(stored, entry.compression, &Limits { bomb_ratio: u64::MAX, ..Limits::default() });
        if entry.plain_size > KEPT_BYTES {
            let mut bytes = Vec::new();
            let skipped = io::copy(&mut (&mut reader).take(offset), &mut io::sink()).and_then(|_| reader.take(length).read_to_end(&mut bytes));
            return if skipped.is_ok() && bytes.len() as u64 == length { Ok(bytes) } else { Err(differs(entry, offset)) };
        }
        let mut all = Vec::new();
        // A damaged file was read as far as it goes then, and is now: what matters is whether the record is there.
        let _ = reader.take(KEPT_BYTES).read_to_end(&mut all);
        let bytes = cut(&all, offset, length).ok_or_else(|| differs(entry, offset));
        self.expanded = Some(Expanded { source: entry.id, plain: all });
        bytes
    }
}

fn cut(plain: &[u8], offset: u64, length: u64) -> Option<Vec<u8>> {
    let start = usize::try_from(offset).ok()?;
    plain.get(start..start.checked_add(usize::try_from(length).ok()?)?).map(<[u8]>::to_vec)
}

/// From blocks of plain bytes inside the case; `None` when it has none of this source.
fn from_blocks(connection: &Connection, source: SourceId, offset: u64, length: u64) -> Result<Option<Vec<u8>>> {
    let damaged = || CaseError::Damaged { doing: DOING, what: "a block of evidence" };
    let sql = "SELECT position, length, data FROM block WHERE source = ?1 AND form = 0 AND position < ?2 ORDER BY position DESC";
    let mut select = connection.prepare_cached(sql).doing(DOING)?;
    let end = offset.saturating_add(length);
    let mut rows = select.query((source.0, i64::try_from(end.max(1)).unwrap_or(i64::MAX))).doing(DOING)?;
    let (mut pieces, mut needed) = (Vec::new(), end);
    while let Some(row) = rows.next().doing(DOING)? {
        let position = row.get::<_, i64>(0).doing(DOING)? as u64;
        let size: u32 = row.get(1).doing(DOING)?;
        let data = row.get_ref(2).doing(DOING)?.as_blob().unwrap_or_default();
        if u64::from(size) / 255 > data.len() as u64 + 16 {
            return Err(damaged().into());
        }
        let plain = lz4_flex::block::decompress(data, size as usize).map_err(|_| damaged())?;
        // Reading a source again after an interrupted ingest may have stored a block twice.
        if position + plain.len() as u64 >= needed && position < needed {
            let from = usize::try_from(offset.saturating_sub(position)).map_err(|_| damaged())?;
            let to = usize::try_from(needed - position).map_err(|_| damaged())?;
            pieces.push(plain.get(from..to).ok_or_else(damaged)?.to_vec());
            needed = position.max(offset);
        }
        if position <= offset {
            break;
        }
    }
    if pieces.is_empty() && length > 0 {
        return Ok(None);
    }
    if needed > offset {
        return Err(damaged().into());
    }
    pieces.reverse();
    Ok(Some(pieces.concat()))
}

/// The stored bytes of a sealed compressed file.
fn verbatim(connection: &Connection, source: SourceId) -> Result<Option<Vec<u8>>> {
    let mut select = connection.prepare_cached("SELECT data FROM block WHERE source = ?1 AND form = 1 ORDER BY position").doing(DOING)?;
    let pieces: Vec<Vec<u8>> = select.query_map([source.0], |row| row.get(0)).doing(DOING)?.collect::<rusqlite::Result<_>>().doing(DOING)?;
    Ok((!pieces.is_empty()).then(|| pieces.concat()))
}

/// The file of a source; positioned at `offset` when it is plain.
fn open(entry: &SourceEntry, offset: u64) -> Result<File> {
    let path = || entry.path.clone();
    if !matches!(entry.kind, SourceKind::File | SourceKind::Body) {
        return Err(CaseError::Damaged { doing: DOING, what: "the evidence kept inside" }.into());
    }
    let mut file = File::open(&entry.path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => EvidenceError::Missing { path: path(), sha256: entry.sha256.clone() },
        _ => EvidenceError::Unreadable { path: path(), error },
    })?;
    if entry.compression == Compression::Plain {
        file.seek(SeekFrom::Start(offset)).map_err(|error| EvidenceError::Unreadable { path: path(), error })?;
    }
    Ok(file)
}

/// The bytes are not the record's any more.
fn differs(entry: &SourceEntry, offset: u64) -> EvidenceError {
    if entry.sealed || !matches!(entry.kind, SourceKind::File | SourceKind::Body) {
        return CaseError::Damaged { doing: DOING, what: "the evidence kept inside" }.into();
    }
    let now = std::fs::metadata(&entry.path).ok();
    let size = now.as_ref().map(std::fs::Metadata::len);
    let modified = now.and_then(|now| now.modified().ok()).and_then(|time| jiff::Timestamp::try_from(time).ok()).map(jiff::Timestamp::as_millisecond);
    let mut what = format!("the bytes from {offset} on are not those that were read");
    if size != Some(entry.size) {
        what = format!("{what}, it had {} bytes and has {}", entry.size, size.map_or_else(|| "none".to_owned(), |size| size.to_string()));
    } else if modified != entry.modified.map(crate::model::Timestamp::as_millis) {
        what.push_str(", and it was modified");
    } else {
        what.push_str(", though size and time are the same");
    }
    EvidenceError::Changed { path: entry.path.clone(), what }
}
