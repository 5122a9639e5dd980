//! A few columns of many events, for questions that look at all of them: rows that lie near each other are read in one go, and only
//! what is asked for is taken out of them. [`Reader::events`] takes everything, one by one.

use std::collections::HashMap;

use rusqlite::Row;

use super::batch::COLUMNS;
use super::error::{CaseError, Result};
use super::reader::Reader;
use crate::model::{Digest, EntityKind, EventId, EventRef, Name, RecordPosition, SourceId, Tokens, Wrap};

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

/// Where a record lies, and the hash that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordPlace {
    /// In which source.
    pub source: SourceId,
    /// Where in it.
    pub position: RecordPosition,
    /// Its hash.
    pub digest: Digest,
}

fn column(column: LightColumn) -> &'static str {
    match column {
        LightColumn::Actor => "actor",
        LightColumn::RequestId => "request_id",
        LightColumn::ErrorMessage => "error_message",
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
    /// The request id.
    RequestId,
    /// The error message.
    ErrorMessage,
}

/// A cell as it is stored.
enum Cell {
    None,
    Entity(u32),
    Text(Name),
}

impl Reader {
    /// These columns of the events of a list, by place. Kinds that are no column have no value.
    pub fn light(&mut self, refs: &[EventRef], columns: &[LightColumn]) -> Result<LightRows> {
        let width = columns.len();
        let mut rows = LightRows { width, names: vec![None; width * refs.len()] };
        if width == 0 {
            return Ok(rows);
        }
        let select: Vec<&str> = columns.iter().map(|kind| column(*kind)).collect();
        let sql = format!("SELECT id, {} FROM event WHERE id BETWEEN ?1 AND ?2", select.join(", "));
        self.snapshot(|reader| {
            let mut found: Vec<Cell> = std::iter::repeat_with(|| Cell::None).take(width * refs.len()).collect();
            reader.sweep(refs, &sql, &mut |place, row| {
                for (at, column) in columns.iter().enumerate() {
                    let Some(slot) = found.get_mut(place * width + at) else { continue };
                    *slot = match column {
                        LightColumn::RequestId | LightColumn::ErrorMessage => match row.get_ref(1 + at)?.as_str_or_null()? {
                            Some(text) => Cell::Text(Name::from(text)),
                            None => Cell::None,
                        },
                        _ => row.get::<_, Option<u32>>(1 + at)?.map_or(Cell::None, Cell::Entity),
                    };
                }
                Ok(())
            })?;
            for (slot, cell) in rows.names.iter_mut().zip(found) {
                *slot = match cell {
                    Cell::None => None,
                    Cell::Entity(entity) => Some(reader.name(entity)?.1),
                    Cell::Text(text) => Some(text),
                };
            }
            Ok::<_, CaseError>(())
        })?;
        Ok(rows)
    }

    /// Where the records of a list lie, by place.
    pub fn record_places(&mut self, refs: &[EventRef]) -> Result<Vec<Option<RecordPlace>>> {
        let mut places = vec![None; refs.len()];
        let sql = "SELECT id, source, position, length, wrap, digest FROM event WHERE id BETWEEN ?1 AND ?2";
        self.sweep(refs, sql, &mut |at, row| {
            let position = RecordPosition { offset: row.get::<_, i64>(2)? as u64, length: row.get(3)?, wrap: Wrap::from_code(row.get(4)?) };
            let digest = Digest::from_slice(row.get_ref(5)?.as_blob()?).unwrap_or(Digest([0; 32]));
            if let Some(place) = places.get_mut(at) {
                *place = Some(RecordPlace { source: SourceId(row.get(1)?), position, digest });
            }
            Ok(())
        })?;
        Ok(places)
    }

    /// The tokens of those events of a list that have any, by row number: of exchanges, and what `CloudTrail` counted.
    pub fn tokens(&mut self, refs: &[EventRef]) -> Result<HashMap<u32, Tokens>> {
        let mut tokens = HashMap::new();
        let count = |row: &Row<'_>, at| row.get::<_, Option<i64>>(at).map(|count| count.map(|count| count as u64));
        let ids: Vec<EventId> = refs.iter().map(|event| event.id).collect();
        self.snapshot(|reader| {
            let exchanges = "SELECT event, input, output, cache_read, cache_write, total_input FROM exchange WHERE event BETWEEN ?1 AND ?2";
            reader.sweep(refs, exchanges, &mut |place, row| {
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
            reader.sweep(refs, trail, &mut |place, row| {
                let told = Tokens { input: count(row, 1)?, output: count(row, 2)?, ..Tokens::default() };
                if let Some(id) = ids.get(place) {
                    tokens.entry(id.0).or_insert(told);
                }
                Ok(())
            })
        })?;
        Ok(tokens)
    }
}
