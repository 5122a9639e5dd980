//! Rows of `segment` and `posting`: a contiguous range of events, and which of them mention an entity.

use rusqlite::{CachedStatement, Connection, Row, ToSql, params_from_iter};

use super::commit::is_denied;
use super::error::{Doing as _, Result};
use super::writer::STRAND_COLUMNS;
use crate::model::EventRef;

/// How often, and when, an entity is mentioned. Times are of events that have one; 0 when none has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Summary {
    pub(super) events: u64,
    pub(super) denied: u64,
    pub(super) first: i64,
    pub(super) last: i64,
}

impl Summary {
    pub(super) fn add(&mut self, event: EventRef) {
        self.join(&Self { events: 1, denied: u64::from(is_denied(event)), first: event.millis, last: event.millis });
    }

    pub(super) fn join(&mut self, other: &Self) {
        self.events += other.events;
        self.denied += other.denied;
        if other.first != 0 {
            self.first = if self.first == 0 { other.first } else { self.first.min(other.first) };
            self.last = if self.last == 0 { other.last } else { self.last.max(other.last) };
        }
    }

    /// From the columns `events, denied, first_time, last_time`, starting at `from`.
    pub(super) fn read(row: &Row<'_>, from: usize) -> rusqlite::Result<Self> {
        let count = |at: usize| row.get::<_, i64>(at).map(|count| count as u64);
        Ok(Self { events: count(from)?, denied: count(from + 1)?, first: row.get(from + 2)?, last: row.get(from + 3)? })
    }
}

/// The key of a posting.
pub(super) const fn place(segment: u32, entity: u32) -> i64 {
    (segment as i64) << 32 | entity as i64
}

/// Writes postings of one segment, in order of entity.
pub(super) struct Postings<'a> {
    segment: u32,
    insert: CachedStatement<'a>,
}

impl<'a> Postings<'a> {
    pub(super) fn insert(connection: &'a Connection, segment: u32) -> Result<Self> {
        let sql = "INSERT INTO posting(place, events, denied, first_time, last_time, ids) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        Ok(Self { segment, insert: connection.prepare_cached(sql).doing("storing mentions")? })
    }

    pub(super) fn write(&mut self, entity: u32, summary: &Summary, ids: &[u8]) -> Result<()> {
        let place = place(self.segment, entity);
        let values = (place, summary.events as i64, summary.denied as i64, summary.first, summary.last, ids);
        self.insert.execute(values).doing("storing mentions").map(drop)
    }
}

/// The numbers of a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) by_strand: [u64; 6],
    pub(super) undecodable: u64,
    pub(super) summary: Summary,
}

impl Counts {
    pub(super) fn of(refs: &[EventRef]) -> Self {
        let mut counts = Self::default();
        for event in refs {
            if let Some(count) = counts.by_strand.get_mut(event.strand() as usize) {
                *count += 1;
            }
            counts.undecodable += u64::from(event.is_undecodable());
            counts.summary.add(*event);
        }
        counts
    }
}

/// Writes a segment's row.
pub(super) fn write(connection: &Connection, id: u32, first: u32, counts: &Counts, refs: &[u8], keys: &[u8]) -> Result<()> {
    let sql = format!(
        "INSERT INTO segment(id, first_event, events, undecodable, first_time, last_time, {}, refs, keys) VALUES (?{})",
        STRAND_COLUMNS.join(", "),
        ", ?".repeat(13)
    );
    let summary = counts.summary;
    let numbers = [i64::from(id), i64::from(first), summary.events as i64, counts.undecodable as i64, summary.first, summary.last];
    let strands = counts.by_strand.map(|count| count as i64);
    let numbers = numbers.iter().chain(&strands).map(|number| number as &dyn ToSql);
    connection.execute(&sql, params_from_iter(numbers.chain([&refs as &dyn ToSql, &keys]))).doing("storing a segment").map(drop)
}

/// One segment's place among the events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) id: u32,
    pub(super) first: u32,
    pub(super) events: u32,
}

impl Extent {
    pub(super) const fn last(&self) -> u32 {
        self.first.saturating_add(self.events).saturating_sub(1)
    }
}

/// All segments, in order of their events.
pub(super) fn extents(connection: &Connection) -> Result<Vec<Extent>> {
    let doing = "reading the list of segments";
    let mut select = connection.prepare_cached("SELECT id, first_event, events FROM segment WHERE events > 0 ORDER BY first_event").doing(doing)?;
    let extent = |row: &Row<'_>| Ok(Extent { id: row.get(0)?, first: row.get(1)?, events: row.get(2)? });
    select.query_map([], extent).doing(doing)?.collect::<rusqlite::Result<_>>().doing(doing)
}
