//! Reading every event once, in the order of row numbers and without making anything of it: for whoever looks at all of them.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use regex::RegexSet;
use rusqlite::Row;
use rusqlite::types::ValueRef;

use super::batch::COLUMNS;
use super::error::{CaseError, Doing as _, Result};
use super::evidence::EvidenceError;
use super::lanes::Lanes;
use super::reader::Reader;
use super::segment;
use super::text::{self, SaidIn};
use crate::model::{Digest, Event, EventId, EventRef, ExchangeFacts, KeyKind, Name, Outcome, RecordPosition, SourceId, Strand, Timestamp, Wrap};

const DOING: &str = "reading events";

/// An event as it is stored: its names are numbers, to be asked for with [`Reader::name_of`]; the same name, the same number.
#[derive(Clone, Debug)]
pub struct Lean {
    /// Time, row number, strand, outcome.
    pub event: EventRef,
    /// The hash of its record.
    pub digest: Digest,
    /// Kind of credential.
    pub key_kind: KeyKind,
    /// What a list shows of the exchange, where it is at hand; else [`Reader::facts`] reads it.
    pub facts: Option<Box<ExchangeFacts>>,
    pub(super) source: SourceId,
    pub(super) position: RecordPosition,
    pub(super) columns: [u32; COLUMNS.len()],
}

/// The columns of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum LeanColumn {
    /// Account.
    Account = 0,
    /// Region.
    Region = 1,
    /// Actor.
    Actor = 2,
    /// Principal.
    Principal = 3,
    /// Role.
    Role = 4,
    /// Session.
    Session = 5,
    /// Access key.
    Key = 6,
    /// Address.
    Ip = 7,
    /// User agent.
    UserAgent = 8,
    /// Action.
    Action = 9,
    /// Service.
    Service = 10,
    /// Error code.
    ErrorCode = 11,
    /// Model.
    Model = 12,
    /// Bucket.
    Bucket = 13,
    /// Host.
    Host = 14,
}

impl Lean {
    /// The number of a name; 0 for none.
    pub fn column(&self, column: LeanColumn) -> u32 {
        self.columns.get(column as usize).copied().unwrap_or(0)
    }

    /// The numbers of all names, in the order of [`LeanColumn`].
    pub fn columns(&self) -> &[u32; 15] {
        &self.columns
    }

    /// The order that does not depend on how records arrived: by time, then by the record's hash.
    pub fn tie(&self) -> u64 {
        self.digest.0.first_chunk().map_or(0, |first| u64::from_be_bytes(*first))
    }

    /// Where its record lies, for reading many in the order in which they lie.
    pub fn place(&self) -> (SourceId, u64) {
        (self.source, self.position.offset)
    }
}

/// Whose words a search looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The user's, in invocation records.
    User,
    /// The model's answer.
    Answer,
    /// All searchable text of all events, as logged and as it reads without hidden characters.
    All,
}

/// Expressions that are looked for in text.
pub struct TextSearch {
    /// In which.
    pub whose: Whose,
    /// Matches wherever one of the others does: most text is looked at by it alone.
    pub any: Lanes,
    /// The expressions.
    pub each: RegexSet,
}

impl TextSearch {
    /// The same for another thread.
    pub fn another(&self) -> Option<Self> {
        Some(Self { whose: self.whose, any: self.any.another()?, each: self.each.clone() })
    }

    /// Calls with the row and number of each expression that is found in a block, in entries above a row. `None`: the block's own
    /// index leads out of it.
    pub(super) fn look(
        &mut self,
        text: &str,
        entries: &[(u32, Range<usize>)],
        said: &[SaidIn],
        above: Option<u32>,
        found: &mut dyn FnMut(u32, usize),
    ) -> Option<()> {
        let mut parts: Vec<(u32, &str)> = Vec::new();
        if self.whose == Whose::All {
            for (event, range) in entries {
                parts.push((*event, text.get(range.clone())?));
            }
        } else {
            for said in said {
                let part = if self.whose == Whose::User { &said.user } else { &said.answer };
                let (event, range) = entries.get(said.entry as usize)?;
                parts.push((*event, text.get(range.start + part.start as usize..range.start + part.end as usize)?));
            }
        }
        parts.retain(|(row, _)| Some(*row) > above);
        let texts: Vec<&str> = parts.iter().map(|(_, text)| *text).collect();
        for ((row, text), _) in parts.iter().zip(self.any.matches(&texts)).filter(|(_, is_match)| *is_match) {
            for at in self.each.matches(text) {
                found(*row, at);
            }
        }
        Some(())
    }
}

impl Reader {
    /// At most `most` events above a row number, in order of row numbers.
    pub fn lean(&mut self, after: u32, most: usize) -> Result<Vec<Lean>> {
        if let Some(rows) = self.fresh(after.saturating_add(1), most) {
            return Ok(rows);
        }
        self.lean_where("id > ?1 ORDER BY id LIMIT ?2", std::iter::once((after, most as i64)))
    }

    /// These events, in order of row numbers; those that do not exist are left out.
    pub fn lean_of(&mut self, ids: &[EventId]) -> Result<Vec<Lean>> {
        let mut ids: Vec<u32> = ids.iter().map(|id| id.0).collect();
        ids.sort_unstable();
        ids.dedup();
        let runs = ids.chunk_by(|one, next| next - one == 1);
        self.lean_where("id BETWEEN ?1 AND ?2 ORDER BY id", runs.filter_map(|run| Some((*run.first()?, i64::from(*run.last()?)))))
    }

    fn lean_where(&mut self, which: &str, values: impl Iterator<Item = (u32, i64)>) -> Result<Vec<Lean>> {
        let names = COLUMNS.map(|(name, _)| name).join(", ");
        let sql = format!(
            "SELECT id, time, strand, outcome, key_kind, digest, source, position, length, wrap, undecodable IS NOT NULL, {names} \
             FROM event WHERE {which}"
        );
        self.snapshot(|reader| {
            let mut select = reader.connection().prepare_cached(&sql).doing(DOING)?;
            let mut found = Vec::new();
            for values in values {
                let mut rows = select.query(values).doing(DOING)?;
                while let Some(row) = rows.next().doing(DOING)? {
                    found.push(lean(row).doing(DOING)?);
                }
            }
            Ok(found)
        })
    }

    /// The text of a number in [`Lean`].
    pub fn name_of(&mut self, number: u32) -> Result<Name> {
        self.name(number).map(|(_, name)| name)
    }

    /// The record of an event.
    ///
    /// # Errors
    /// As [`Reader::record`].
    pub fn record_of(&mut self, lean: &Lean) -> std::result::Result<Vec<u8>, EvidenceError> {
        self.record_at(lean.source, lean.position, &lean.digest)
    }

    /// The events above a row number in whose text each of these expressions matches: row numbers in order, by search and
    /// expression.
    pub fn matching(&mut self, after: u32, searches: &mut [TextSearch]) -> Result<Vec<Vec<Vec<u32>>>> {
        let doing = "searching";
        let damaged = || CaseError::Damaged { doing, what: "a block of text" };
        self.snapshot(|reader| {
            reader.bring_up_to_date()?;
            let mut found: Vec<Vec<Vec<u32>>> = searches.iter().map(|search| vec![Vec::new(); search.each.len()]).collect();
            let mut room = Vec::new();
            for id in reader.blocks(None, after)? {
                reader.cancel().check()?;
                let mut select =
                    reader.connection().prepare_cached("SELECT length, entries, data, said FROM text_block WHERE id = ?1").doing(doing)?;
                let mut rows = select.query([id]).doing(doing)?;
                let row = rows.next().doing(doing)?.ok_or_else(damaged)?;
                let entries = text::decode_entries(row.get_ref(1).doing(doing)?.as_blob().unwrap_or_default()).ok_or_else(damaged)?;
                let data = row.get_ref(2).doing(doing)?.as_blob().unwrap_or_default();
                let text = text::expand(data, row.get::<_, u32>(0).doing(doing)? as usize, &mut room).ok_or_else(damaged)?;
                let said = match row.get_ref(3).doing(doing)? {
                    ValueRef::Blob(said) => text::decode_said(said).ok_or_else(damaged)?,
                    _ => text::said_anywhere(&entries),
                };
                for (search, found) in searches.iter_mut().zip(&mut found) {
                    let found = &mut |row, at: usize| found.get_mut(at).into_iter().for_each(|found: &mut Vec<u32>| found.push(row));
                    search.look(text, &entries, &said, Some(after), found).ok_or_else(damaged)?;
                }
            }
            for found in found.iter_mut().flatten() {
                found.sort_unstable();
                found.dedup();
            }
            Ok(found)
        })
    }

    /// The highest row number.
    pub fn last_event(&mut self) -> Result<u32> {
        self.snapshot(|reader| Ok(segment::extents(reader.connection())?.iter().map(segment::Extent::last).max().unwrap_or_default()))
    }

    /// Whole events by row number, for those who look at few.
    pub fn event_of(&mut self, id: EventId) -> Result<Option<Event>> {
        Ok(self.events(&[id])?.pop())
    }

    /// The ids shown to people of many events at once.
    pub fn uids(&mut self, ids: &[EventId]) -> Result<HashMap<EventId, Arc<str>>> {
        self.snapshot(|reader| {
            let mut select = reader.connection().prepare_cached("SELECT digest FROM event WHERE id = ?1").doing(DOING)?;
            let mut found = HashMap::with_capacity(ids.len());
            for id in ids {
                let mut rows = select.query([id.0]).doing(DOING)?;
                let Some(row) = rows.next().doing(DOING)? else { continue };
                let digest = Digest::from_slice(row.get_ref(0).doing(DOING)?.as_blob().unwrap_or_default());
                let digest = digest.ok_or(CaseError::Damaged { doing: DOING, what: "an event" })?;
                found.insert(*id, Arc::from(digest.short()));
            }
            Ok(found)
        })
    }
}

/// A row, with the columns in the order in which they are selected.
fn lean(row: &Row<'_>) -> rusqlite::Result<Lean> {
    let whole = |at: usize| -> rusqlite::Result<i64> {
        Ok(match row.get_ref(at)? {
            ValueRef::Integer(number) => number,
            _ => 0,
        })
    };
    let code = |at: usize| whole(at).map(|code| u8::try_from(code).unwrap_or(u8::MAX));
    let row_number = |at: usize| whole(at).map(|number| u32::try_from(number).unwrap_or_default());
    let mut columns = [0; COLUMNS.len()];
    for (at, column) in columns.iter_mut().enumerate() {
        *column = row_number(11 + at)?;
    }
    let time = row.get::<_, Option<i64>>(1)?.map(Timestamp::from_millis);
    let strand = Strand::from_code(code(2)?).unwrap_or(Strand::Management);
    let outcome = Outcome::from_code(code(3)?);
    let wrap = Wrap::from_code(row_number(9)?);
    Ok(Lean {
        event: EventRef::new(time, EventId(row.get(0)?), strand, outcome, whole(10)? != 0),
        digest: Digest::from_slice(row.get_ref(5)?.as_blob()?).unwrap_or(Digest([0; 32])),
        key_kind: KeyKind::from_code(code(4)?),
        facts: None,
        source: SourceId(row_number(6)?),
        position: RecordPosition { offset: whole(7)? as u64, length: row_number(8)?, wrap },
        columns,
    })
}
