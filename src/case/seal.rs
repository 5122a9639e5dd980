//! Sealing: copying the evidence that is kept by reference into the case, so that it travels alone.
//!
//! A file is copied only when it is still what was read: its SHA-256 is checked on the way, and a copy that turns out
//! wrong is undone. Compressed files go in as they are, plain ones in lz4 blocks.

use std::fs::File;
use std::io::{self, Read};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use sha2::{Digest, Sha256};

use super::answers::Sealed;
use super::error::{CaseError, Doing as _, Result};
use super::writable::Writable;
use super::writer::Block;
use super::{schema, sources};
use crate::decode::containers::{Limits, plain};
use crate::model::{Compression, SourceEntry, SourceId, SourceKind, SourceState};

/// A compressed file whose plain bytes are more than this is stored as plain blocks: a record at its end could only be
/// reached by decompressing all before it.
const VERBATIM_PLAIN_BYTES: u64 = 16 << 20;
/// Stored bytes in one row.
const PIECE_BYTES: usize = 1 << 20;

const DOING: &str = "copying evidence into the case";

/// Copies all evidence that is kept by reference into the case. `progress` is called before each source with how many
/// are done, how many there are, and its path. What cannot be copied is listed, and stays by reference.
pub fn seal(case: &Writable, progress: &mut dyn FnMut(u64, u64, &str)) -> Result<Sealed> {
    let mut connection = schema::open_to_write(case.path())?;
    let open = open_sources(&connection)?;
    let mut sealed = Sealed::default();
    for (number, id) in open.iter().enumerate() {
        let Some(entry) = sources::source(&connection, *id)? else { continue };
        progress(number as u64, open.len() as u64, &entry.path);
        let _turn = case.writers_turn();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).doing(DOING)?;
        match copy(&transaction, &entry) {
            Ok(sha256) => {
                sources::put(&transaction, &SourceEntry { sealed: true, sha256, ..entry.clone() })?;
                transaction.commit().doing(DOING)?;
                sealed.sources += 1;
                sealed.bytes += entry.size;
            }
            Err(Failed::Case(error)) => return Err(error),
            // The transaction is undone as it goes.
            Err(Failed::File(why)) => sealed.missing.push((entry.path, why)),
        }
    }
    Ok(sealed)
}

/// The sources whose bytes are only in files.
fn open_sources(connection: &Connection) -> Result<Vec<SourceId>> {
    let sql = "SELECT id FROM source WHERE NOT sealed AND kind IN (?1, ?2) AND state <> ?3 ORDER BY id";
    let mut select = connection.prepare(sql).doing(DOING)?;
    let of = (SourceKind::File as u8, SourceKind::Body as u8, SourceState::Skipped as u8);
    select.query_map(of, |row| row.get(0).map(SourceId)).doing(DOING)?.collect::<rusqlite::Result<_>>().doing(DOING)
}

enum Failed {
    Case(CaseError),
    File(String),
}

impl From<CaseError> for Failed {
    fn from(error: CaseError) -> Self {
        Self::Case(error)
    }
}

/// Copies one file; gives its hash.
fn copy(transaction: &Transaction<'_>, entry: &SourceEntry) -> std::result::Result<String, Failed> {
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Failed::File("the file is not there any more".into()),
        _ => Failed::File(format!("the file cannot be read: {error}")),
    };
    let file = File::open(&entry.path).map_err(unreadable)?;
    // A log file may have grown since: what was read of it is what is copied.
    let mut stored = Hashed { inner: file.take(entry.size), hash: Sha256::new(), bytes: 0 };
    // An interrupted ingest may have left some blocks.
    transaction.execute("DELETE FROM block WHERE source = ?1", [entry.id.0]).doing(DOING)?;
    let verbatim = entry.compression != Compression::Plain && entry.plain_size <= VERBATIM_PLAIN_BYTES;
    if verbatim {
        pieces(&mut stored, PIECE_BYTES, |position, piece| put(transaction, entry.id, 1, position, piece.len(), piece)).map_err(unreadable)??;
    } else {
        let mut reader = plain(Box::new(&mut stored), entry.compression, &Limits { bomb_ratio: u64::MAX, ..Limits::default() });
        let store = |position, piece: &[u8]| put(transaction, entry.id, 0, position, piece.len(), &Block::new(entry.id, position, piece).data);
        let copied = pieces(&mut reader, Block::BYTES, store);
        drop(reader);
        match copied {
            Ok(stored) => stored?,
            // It was read as far as it goes, and so it is copied.
            Err(_) if entry.state == SourceState::Damaged => {}
            Err(error) => return Err(unreadable(error)),
        }
        io::copy(&mut stored, &mut io::sink()).map_err(unreadable)?;
    }
    let sha256 = crate::model::Digest(stored.hash.finalize().into()).hex();
    if stored.bytes < entry.size {
        return Err(Failed::File(format!("the file has changed since it was read: it had {} bytes and has {}", entry.size, stored.bytes)));
    }
    if !entry.sha256.is_empty() && sha256 != entry.sha256 {
        return Err(Failed::File("the file has changed since it was read: its SHA-256 is another".into()));
    }
    Ok(sha256)
}

/// Cuts what is read into pieces and hands each over with its position.
fn pieces(reader: &mut dyn Read, size: usize, mut each: impl FnMut(u64, &[u8]) -> Result<()>) -> io::Result<Result<()>> {
    let (mut piece, mut position) = (Vec::with_capacity(size), 0);
    loop {
        piece.clear();
        let read = (&mut *reader).take(size as u64).read_to_end(&mut piece);
        if !piece.is_empty()
            && let Err(error) = each(position, &piece)
        {
            return Ok(Err(error));
        }
        position += piece.len() as u64;
        if read? == 0 {
            return Ok(Ok(()));
        }
    }
}

fn put(connection: &Connection, source: SourceId, form: u8, position: u64, length: usize, data: &[u8]) -> Result<()> {
    let sql = "INSERT INTO block(source, form, position, length, data) VALUES (?1, ?2, ?3, ?4, ?5)";
    let mut insert = connection.prepare_cached(sql).doing(DOING)?;
    insert.execute((source.0, form, position as i64, length as i64, data)).doing(DOING).map(drop)
}

/// Hashes what is read through it.
struct Hashed<R> {
    inner: R,
    hash: Sha256,
    bytes: u64,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hash.update(buffer.get(..count).unwrap_or_default());
        self.bytes += count as u64;
        Ok(count)
    }
}
