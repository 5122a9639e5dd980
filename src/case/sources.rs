//! The ledger: rows of `source`, and what was not read.

use rusqlite::{Connection, OptionalExtension as _, Row, named_params};

use super::error::{Doing as _, Result};
use super::reader::Reader;
use crate::model::{Compression, Skip, SourceEntry, SourceId, SourceKind, SourceState, Timestamp};

const COLUMNS: &str =
    "id, kind, path, size, plain_size, modified, sha256, compression, state, reason, records, events, undecodable, duplicates, sealed, read_at";
const DOING: &str = "reading the ledger";

impl Reader {
    /// Every source, in the order they were begun.
    pub fn sources(&mut self) -> Result<Vec<SourceEntry>> {
        let sql = format!("SELECT {COLUMNS} FROM source ORDER BY id");
        let mut statement = self.connection().prepare_cached(&sql).doing(DOING)?;
        statement.query_map([], entry).doing(DOING)?.collect::<rusqlite::Result<_>>().doing(DOING)
    }

    /// One source.
    pub fn source(&mut self, id: SourceId) -> Result<Option<SourceEntry>> {
        source(self.connection(), id)
    }

    /// What was not read, or not to its end, and why.
    pub fn skips(&mut self) -> Result<Vec<Skip>> {
        let skip = |row: &Row<'_>| {
            let entry = entry(row)?;
            Ok(Skip { file: entry.path, reason: entry.reason.unwrap_or_else(|| "no reason was given".into()), count: 1 })
        };
        let sql = format!("SELECT {COLUMNS} FROM source WHERE state IN (?1, ?2) ORDER BY id");
        let mut statement = self.connection().prepare_cached(&sql).doing(DOING)?;
        let unread = (SourceState::Skipped as u8, SourceState::Damaged as u8);
        statement.query_map(unread, skip).doing(DOING)?.collect::<rusqlite::Result<_>>().doing(DOING)
    }
}

/// One source.
pub(super) fn source(connection: &Connection, id: SourceId) -> Result<Option<SourceEntry>> {
    let sql = format!("SELECT {COLUMNS} FROM source WHERE id = ?1");
    connection.prepare_cached(&sql).and_then(|mut statement| statement.query_row([id.0], entry).optional()).doing(DOING)
}

/// The newest entry of a file that is still as it was.
pub(super) fn known(connection: &Connection, path: &str, size: u64, modified: Option<Timestamp>) -> Result<Option<SourceEntry>> {
    let sql = format!("SELECT {COLUMNS} FROM source WHERE path = ?1 AND size = ?2 AND modified IS ?3 ORDER BY id DESC LIMIT 1");
    let of = (path, size as i64, modified.map(Timestamp::as_millis));
    connection.prepare_cached(&sql).and_then(|mut statement| statement.query_row(of, entry).optional()).doing(DOING)
}

/// Writes an entry, over the one with its number.
pub(super) fn put(connection: &Connection, entry: &SourceEntry) -> Result<()> {
    let sql = format!(
        "INSERT OR REPLACE INTO source({COLUMNS}) VALUES (:id, :kind, :path, :size, :plain_size, :modified, :sha256, :compression, :state, :reason, \
         :records, :events, :undecodable, :duplicates, :sealed, :read_at)"
    );
    let values = named_params! {
        ":id": entry.id.0,
        ":kind": entry.kind as u8,
        ":path": entry.path,
        ":size": entry.size as i64,
        ":plain_size": entry.plain_size as i64,
        ":modified": entry.modified.map(Timestamp::as_millis),
        ":sha256": entry.sha256,
        ":compression": entry.compression as u8,
        ":state": entry.state as u8,
        ":reason": entry.reason,
        ":records": entry.records as i64,
        ":events": entry.events as i64,
        ":undecodable": entry.undecodable as i64,
        ":duplicates": entry.duplicates as i64,
        ":sealed": entry.sealed,
        ":read_at": entry.read_at.map(Timestamp::as_millis),
    };
    connection.prepare_cached(&sql).and_then(|mut statement| statement.execute(values)).doing("writing the ledger").map(drop)
}

fn entry(row: &Row<'_>) -> rusqlite::Result<SourceEntry> {
    let count = |column: &str| row.get(column).map(|count: i64| count as u64);
    Ok(SourceEntry {
        id: SourceId(row.get("id")?),
        kind: SourceKind::from_code(row.get("kind")?),
        path: row.get("path")?,
        size: count("size")?,
        plain_size: count("plain_size")?,
        modified: row.get::<_, Option<i64>>("modified")?.map(Timestamp::from_millis),
        sha256: row.get("sha256")?,
        compression: Compression::from_code(row.get("compression")?),
        state: SourceState::from_code(row.get("state")?),
        reason: row.get("reason")?,
        records: count("records")?,
        events: count("events")?,
        undecodable: count("undecodable")?,
        duplicates: count("duplicates")?,
        sealed: row.get("sealed")?,
        read_at: row.get::<_, Option<i64>>("read_at")?.map(Timestamp::from_millis),
    })
}
