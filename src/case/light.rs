//! A few columns of many events, for questions that look at all of them: rows that lie near each other are read in one go, and only
//! what is asked for is taken out of them. [`Reader::events`] takes everything, one by one.

use std::collections::HashMap;

use rusqlite::Row;

use super::batch::COLUMNS;
use super::error::{CaseError, Doing as _, Result};
use super::reader::Reader;
use crate::model::{EntityKind, EventId, EventRef, Name, Tokens};

/// Row numbers up to so far apart are read in one go.
const GAP: u32 = 16;

const DOING: &str = "reading columns";

/// Columns of a list of events.
#[derive(Clone, Debug, Default)]
pub struct LightRows {
    width: usize,
    names: Vec<Option<Name>>,
}

impl LightRows {
    /// The names of the event at a place of the list, in the order in which kinds were asked for.
    pub fn names(&self, at: usize) -> &[Option<Name>] {
        self.names.get(at * self.width..(at + 1) * self.width).unwrap_or_default()
    }
}

/// The column of a kind; `Principal` has a neighbour, the actor, which is no kind of its own.
fn column(kind: LightColumn) -> &'static str {
    match kind {
        LightColumn::Actor => "actor",
        LightColumn::Kind(kind) => COLUMNS.iter().find(|(_, known)| *known == Some(kind)).map_or("NULL", |(name, _)| *name),
    }
}

/// A column that can be read by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LightColumn {
    /// The value of a kind.
    Kind(EntityKind),
    /// Who baselines count.
    Actor,
}

impl Reader {
    /// These columns of the events of a list, by place. Kinds that are no column have no value.
    pub fn light(&mut self, refs: &[EventRef], columns: &[LightColumn]) -> Result<LightRows> {
        let width = columns.len();
        let mut rows = LightRows { width, names: vec![None; width * refs.len()] };
        let select: Vec<&str> = columns.iter().map(|kind| column(*kind)).collect();
        let sql = format!("SELECT id, {} FROM event WHERE id BETWEEN ?1 AND ?2", select.join(", "));
        self.snapshot(|reader| {
            let mut found: Vec<Option<u32>> = vec![None; width * refs.len()];
            reader.near_each_other(refs, &sql, &mut |place, row| {
                for at in 0..width {
                    if let Some(slot) = found.get_mut(place * width + at) {
                        *slot = row.get(1 + at)?;
                    }
                }
                Ok(())
            })?;
            for (slot, entity) in rows.names.iter_mut().zip(found) {
                *slot = entity.map(|entity| reader.name(entity)).transpose()?.map(|(_, name)| name);
            }
            Ok::<_, CaseError>(())
        })?;
        Ok(rows)
    }

    /// The tokens of those events of a list that have any, by row number: of exchanges, and what `CloudTrail` counted.
    pub fn tokens(&mut self, refs: &[EventRef]) -> Result<HashMap<u32, Tokens>> {
        let mut tokens = HashMap::new();
        let count = |row: &Row<'_>, at| row.get::<_, Option<i64>>(at).map(|count| count.map(|count| count as u64));
        let ids: Vec<EventId> = refs.iter().map(|event| event.id).collect();
        self.snapshot(|reader| {
            let exchanges = "SELECT event, input, output, cache_read, cache_write, total_input FROM exchange WHERE event BETWEEN ?1 AND ?2";
            reader.near_each_other(refs, exchanges, &mut |place, row| {
                let told = Tokens {
                    input: count(row, 1)?,
                    output: count(row, 2)?,
                    cache_read: count(row, 3)?,
                    cache_write: count(row, 4)?,
                    total_input: count(row, 5)?,
                };
                tokens.extend(ids.get(place).map(|id| (id.0, told)));
                Ok(())
            })?;
            let trail = "SELECT event, input, output FROM trail_tokens WHERE event BETWEEN ?1 AND ?2";
            reader.near_each_other(refs, trail, &mut |place, row| {
                let told = Tokens { input: count(row, 1)?, output: count(row, 2)?, ..Tokens::default() };
                if let Some(id) = ids.get(place) {
                    tokens.entry(id.0).or_insert(told);
                }
                Ok(())
            })
        })?;
        Ok(tokens)
    }

    /// Calls with the place in the list and the row of each event, by the number in the row's first column.
    fn near_each_other(&self, refs: &[EventRef], sql: &str, call: &mut dyn FnMut(usize, &Row<'_>) -> rusqlite::Result<()>) -> Result<()> {
        let mut ids: Vec<(u32, usize)> = refs.iter().enumerate().map(|(place, event)| (event.id.0, place)).collect();
        ids.sort_unstable();
        let mut select = self.connection().prepare_cached(sql).doing(DOING)?;
        for run in ids.chunk_by(|(one, _), (next, _)| next - one <= GAP) {
            self.cancel().check()?;
            let (Some((first, _)), Some((last, _))) = (run.first(), run.last()) else { continue };
            let mut wanted = run.iter().peekable();
            let mut rows = select.query((first, last)).doing(DOING)?;
            while let Some(row) = rows.next().doing(DOING)? {
                let id: u32 = row.get(0).doing(DOING)?;
                while wanted.next_if(|(next, _)| *next < id).is_some() {}
                while let Some((_, place)) = wanted.next_if(|(next, _)| *next == id) {
                    call(*place, row).doing(DOING)?;
                }
            }
        }
        Ok(())
    }
}
