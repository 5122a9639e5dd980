//! The record itself, read again from where it lies: inside the case, or in the file it came from.
//!
//! A record is given back only when its SHA-256 is that of the event. So it does not matter that a log file has grown
//! since: what was read is still there. When it is not, the error says what is known all the same.

use std::borrow::Cow;
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
/// So much of a plain file is read at once by who reads many records of it.
const WINDOW_BYTES: u64 = 256 << 10;
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

/// Hears of records, by the numbers of their places; `None` of one that was not wanted.
pub type Found<'f> = dyn FnMut(usize, Result<Option<&[u8]>>) + 'f;

/// The plain bytes read last: of a whole source, or of a block of one.
pub(super) struct Expanded {
    source: SourceId,
    /// Where in the source they begin.
    from: u64,
    plain: Vec<u8>,
}

impl Expanded {
    fn cut(&self, source: SourceId, offset: u64, length: u64) -> Option<&[u8]> {
        let offset = offset.checked_sub(self.from).filter(|_| self.source == source)?;
        cut(&self.plain, offset, length)
    }
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

    /// Calls with the number of each of these places and its record, or why it cannot be had; with no record where `is_wanted` says no
    /// to it. The ledger is asked once for those of one source that stand together.
    ///
    /// What is not wanted is given to nobody, so its hash is left alone as long as its file has the size and the time that it had.
    ///
    /// # Errors
    /// [`CaseError::Interrupted`], within one record or a megabyte of a file.
    pub fn records(&mut self, places: &[RecordPlace], is_wanted: &dyn Fn(usize, &[u8]) -> bool, each: &mut Found<'_>) -> super::Result<()> {
        let mut at = 0;
        let mut window = None;
        for run in places.chunk_by(|one, next| one.source == next.source) {
            let known = run.first().and_then(|first| self.entry(first.source).ok());
            let mut is_as_read = None;
            for place in run {
                self.cancel().check()?;
                let entry = match &known {
                    Some(entry) => Cow::Borrowed(entry),
                    // Asked again, so that each is told why.
                    None => match self.entry(place.source) {
                        Ok(entry) => Cow::Owned(entry),
                        Err(error) => {
                            each(at, Err(error));
                            at += 1;
                            continue;
                        }
                    },
                };
                let RecordPosition { offset, length, wrap } = place.position;
                let record = self.expand(&entry, offset, u64::from(length), Some(&mut window)).and_then(|own| {
                    let outer = self.outer(own.as_deref(), window.as_ref(), &entry, place.position)?;
                    let record = unwrap(outer, wrap).ok_or_else(|| differs(&entry, offset))?;
                    let is_wanted = is_wanted(at, &record);
                    if (is_wanted || !*is_as_read.get_or_insert_with(|| has_not_changed(&entry))) && !is_of(&record, &place.digest) {
                        return Err(differs(&entry, offset));
                    }
                    each(at, Ok(is_wanted.then_some(&*record)));
                    Ok(())
                });
                if let Err(error) = record {
                    self.cancel().check()?;
                    each(at, Err(error));
                }
                at += 1;
            }
        }
        Ok(())
    }

    fn record_in(&mut self, entry: &SourceEntry, place: RecordPosition, digest: &Digest) -> Result<Vec<u8>> {
        let own = self.expand(entry, place.offset, u64::from(place.length), None)?;
        let outer = self.outer(own.as_deref(), None, entry, place)?;
        match unwrap(outer, place.wrap) {
            Some(record) if is_of(&record, digest) => Ok(record.into_owned()),
            _ => Err(differs(entry, place.offset)),
        }
    }

    /// The bytes at a place: those that [`expand`](Self::expand) gave, or where it put them.
    fn outer<'b>(&'b self, own: Option<&'b [u8]>, window: Option<&'b Expanded>, entry: &SourceEntry, place: RecordPosition) -> Result<&'b [u8]> {
        let length = u64::from(place.length);
        let held = [window, self.expanded.as_ref()].into_iter().flatten().find_map(|held| held.cut(entry.id, place.offset, length));
        own.or(held).ok_or_else(|| differs(entry, place.offset))
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
        match self.expand(entry, offset, length, None)? {
            Some(own) => Ok(own),
            None => {
                self.expanded.as_ref().and_then(|held| held.cut(entry.id, offset, length)).map(<[u8]>::to_vec).ok_or_else(|| differs(entry, offset))
            }
        }
    }

    /// Gives a range of a source's plain bytes, or sees to it that they are in `self.expanded` or in the window. Who reads many records
    /// brings a window for stretches of plain files; a single one is always read from its file.
    fn expand(&mut self, entry: &SourceEntry, offset: u64, length: u64, window: Option<&mut Option<Expanded>>) -> Result<Option<Vec<u8>>> {
        let mut held = window.iter().filter_map(|window| window.as_ref()).chain(&self.expanded);
        if held.any(|held| held.cut(entry.id, offset, length).is_some()) {
            return Ok(None);
        }
        match from_blocks(self.connection(), entry.id, offset, length)? {
            Some(Stored::Within(expanded)) => {
                self.expanded = Some(expanded);
                return Ok(None);
            }
            Some(Stored::Across(bytes)) => return Ok(Some(bytes)),
            None => {}
        }
        let verbatim = verbatim(self.connection(), entry.id)?;
        let stored: Box<dyn Read> = match &verbatim {
            Some(stored) => Box::new(stored.as_slice()),
            None => Box::new(open(entry, offset)?),
        };
        if entry.compression == Compression::Plain && verbatim.is_none() {
            // The file was positioned at the record.
            let mut bytes = Vec::new();
            let more = if window.is_some() { WINDOW_BYTES } else { 0 };
            stored.take(length.max(more)).read_to_end(&mut bytes).map_err(|error| EvidenceError::Unreadable { path: entry.path.clone(), error })?;
            if (bytes.len() as u64) < length {
                return Err(differs(entry, offset));
            }
            return Ok(match window {
                Some(window) => {
                    *window = Some(Expanded { source: entry.id, from: offset, plain: bytes });
                    None
                }
                None => Some(bytes),
            });
        }
        // Whatever a bomb is guarded by at ingest has let this source through; here memory is bounded below.
        let mut reader = plain(stored, entry.compression, &Limits { bomb_ratio: u64::MAX, ..Limits::default() });
        if entry.plain_size > KEPT_BYTES {
            self.read(&mut reader, offset, None)?;
            let mut bytes = Vec::new();
            self.read(&mut reader, length, Some(&mut bytes))?;
            return if bytes.len() as u64 == length { Ok(Some(bytes)) } else { Err(differs(entry, offset)) };
        }
        let mut all = Vec::with_capacity(usize::try_from(entry.plain_size).unwrap_or_default());
        // A damaged file was read as far as it goes then, and is now: what matters is whether the record is there.
        self.read(&mut reader, KEPT_BYTES, Some(&mut all))?;
        self.expanded = Some(Expanded { source: entry.id, from: 0, plain: all });
        Ok(None)
    }

    /// Reads so many bytes, or as far as it goes, a piece at a time, so that it can be cancelled in between.
    fn read(&self, from: &mut impl Read, most: u64, mut into: Option<&mut Vec<u8>>) -> Result<()> {
        const PIECE: u64 = 1 << 20;
        let mut left = most;
        while left > 0 {
            self.cancel().check()?;
            let mut piece = from.take(PIECE.min(left));
            let read = match &mut into {
                Some(into) => piece.read_to_end(into).map(|count| count as u64),
                None => io::copy(&mut piece, &mut io::sink()),
            };
            match read {
                Ok(count) if count > 0 => left = left.saturating_sub(count),
                _ => break,
            }
        }
        Ok(())
    }
}

fn cut(plain: &[u8], offset: u64, length: u64) -> Option<&[u8]> {
    let start = usize::try_from(offset).ok()?;
    plain.get(start..start.checked_add(usize::try_from(length).ok()?)?)
}

fn is_of(record: &[u8], digest: &Digest) -> bool {
    Digest(Sha256::digest(record).into()) == *digest
}

/// Has the file the size and the time that it had when it was read? What is kept inside has.
fn has_not_changed(entry: &SourceEntry) -> bool {
    if entry.sealed || !matches!(entry.kind, SourceKind::File | SourceKind::Body) {
        return true;
    }
    let Ok(now) = std::fs::metadata(&entry.path) else { return false };
    let modified = now.modified().ok().and_then(|time| jiff::Timestamp::try_from(time).ok()).map(jiff::Timestamp::as_millisecond);
    now.len() == entry.size && modified.is_some() && modified == entry.modified.map(crate::model::Timestamp::as_millis)
}

/// Bytes out of blocks.
enum Stored {
    /// They lie in this one.
    Within(Expanded),
    /// They lie in several.
    Across(Vec<u8>),
}

/// From blocks of plain bytes inside the case; `None` when it has none of this source.
fn from_blocks(connection: &Connection, source: SourceId, offset: u64, length: u64) -> Result<Option<Stored>> {
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
        if pieces.is_empty() && position <= offset && position + plain.len() as u64 >= end {
            return Ok(Some(Stored::Within(Expanded { source, from: position, plain })));
        }
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
    Ok(Some(Stored::Across(pieces.concat())))
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
