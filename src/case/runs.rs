//! Sorted (hash, event) pairs: how events are found by their digest and by wide entities.
//!
//! Wide values are nearly as many as events. An index over their text would cost more than all other tables together;
//! twelve bytes each, written in sequence, are enough to find the few candidates, which are then compared in full.

use rusqlite::Connection;

use super::batch::wide_hash;
use super::error::{CaseError, Doing as _, Result};
use crate::model::{Digest, EntityKind};

/// The kind under which digests are kept.
pub(super) const DIGESTS: u8 = 0;

/// Pairs in one row: 24 KiB, read to find one.
const PIECE: usize = 2048;

const DOING: &str = "reading the index of values";

/// A hash and the event it belongs to.
pub(super) type Pair = (u64, u32);

/// The hash of a digest: its first 8 bytes.
pub(super) fn digest_hash(digest: &Digest) -> u64 {
    digest.0.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

const fn as_signed(hash: u64) -> i64 {
    (hash ^ 1 << 63) as i64
}

/// Writes the sorted pairs of a segment.
pub(super) fn write(connection: &Connection, segment: u32, kind: u8, pairs: &[Pair]) -> Result<()> {
    let doing = "writing the index of values";
    let mut insert = connection.prepare_cached("INSERT INTO run(segment, kind, first, entries) VALUES (?1, ?2, ?3, ?4)").doing(doing)?;
    let mut blob = Vec::with_capacity(PIECE * 12);
    for piece in pairs.chunks(PIECE) {
        blob.clear();
        for (hash, event) in piece {
            blob.extend(hash.to_be_bytes());
            blob.extend(event.to_be_bytes());
        }
        let first = piece.first().map_or(0, |pair| as_signed(pair.0));
        insert.execute((segment, kind, first, &blob)).doing(doing)?;
    }
    Ok(())
}

/// All pairs of a segment, in order.
pub(super) fn read(connection: &Connection, segment: u32, kind: u8, out: &mut Vec<Pair>) -> Result<()> {
    let mut select = connection.prepare_cached("SELECT entries FROM run WHERE segment = ?1 AND kind = ?2 ORDER BY first, id").doing(DOING)?;
    let mut rows = select.query((segment, kind)).doing(DOING)?;
    while let Some(row) = rows.next().doing(DOING)? {
        let blob = row.get_ref(0).doing(DOING)?.as_blob().unwrap_or_default();
        out.extend(pairs_of(blob));
    }
    Ok(())
}

/// Events of all segments whose hash lies in the range, at most `limit` of them.
pub(super) fn find(connection: &Connection, kind: u8, low: u64, high: u64, limit: usize) -> Result<Vec<u32>> {
    let mut segments = connection.prepare_cached("SELECT id FROM segment ORDER BY id").doing(DOING)?;
    let segments: Vec<u32> = segments.query_map([], |row| row.get(0)).doing(DOING)?.collect::<rusqlite::Result<_>>().doing(DOING)?;
    let sql = "SELECT first, entries FROM run WHERE segment = ?1 AND kind = ?2 AND first <= ?3 ORDER BY first DESC, id DESC";
    let mut select = connection.prepare_cached(sql).doing(DOING)?;
    let mut found = Vec::new();
    for segment in segments {
        let mut rows = select.query((segment, kind, as_signed(high))).doing(DOING)?;
        while let Some(row) = rows.next().doing(DOING)? {
            let first: i64 = row.get(0).doing(DOING)?;
            let blob = row.get_ref(1).doing(DOING)?.as_blob().unwrap_or_default();
            if blob.len() % 12 != 0 {
                return Err(CaseError::Damaged { doing: DOING, what: "a piece of the index" });
            }
            found.extend(pairs_of(blob).filter(|(hash, _)| (low..=high).contains(hash)).map(|(_, event)| event));
            if first < as_signed(low) || found.len() > limit {
                break;
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found.truncate(limit);
    Ok(found)
}

/// Events that may mention a wide entity: to be compared in full.
pub(super) fn candidates(connection: &Connection, kind: EntityKind, value: &str) -> Result<Vec<u32>> {
    let hash = wide_hash(kind, value);
    find(connection, kind.code(), hash, hash, usize::MAX)
}

fn pairs_of(blob: &[u8]) -> impl Iterator<Item = Pair> + '_ {
    blob.as_chunks::<12>().0.iter().filter_map(|entry| {
        let (hash, event) = entry.split_first_chunk()?;
        Some((u64::from_be_bytes(*hash), u32::from_be_bytes(*event.first_chunk()?)))
    })
}
