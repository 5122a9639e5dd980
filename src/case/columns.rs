//! One column of many events at once, for joins that look at every exchange. Reading whole rows would cost more than all
//! else: names come out of the posting lists, flags in one pass over the table.

use super::batch::COLUMNS;
use super::error::{Doing as _, Result};
use super::reader::Reader;
use crate::model::{EntityKind, EventId, EventRef, ExchangeFlags, Name};

/// A list of up to so many events is read row by row.
const FEW_EVENTS: usize = 2000;

const DOING: &str = "reading a column";

/// The values of one kind, an event each.
#[derive(Clone, Debug, Default)]
pub struct Column {
    names: Vec<Name>,
    /// By place in the list: the place of its name plus one; 0 is none.
    of: Vec<u32>,
}

impl Column {
    /// The number of the value at a place of the list: the same value, the same number; 0 is none.
    pub fn number(&self, at: usize) -> u32 {
        self.of.get(at).copied().unwrap_or(0)
    }

    /// The value of a number.
    pub fn name(&self, number: u32) -> Option<&Name> {
        self.names.get(number.checked_sub(1)? as usize)
    }

    /// The number of a value; 0 when no event has it.
    pub fn number_of(&self, value: &str) -> u32 {
        self.names.iter().position(|name| &**name == value).map_or(0, |place| place as u32 + 1)
    }

    /// The values with counts, the most frequent first.
    pub fn counts(&self) -> Vec<(Name, u64)> {
        let mut counts = vec![0_u64; self.names.len() + 1];
        for number in &self.of {
            if let Some(count) = counts.get_mut(*number as usize) {
                *count += 1;
            }
        }
        let mut counts: Vec<(Name, u64)> = self.names.iter().cloned().zip(counts.into_iter().skip(1)).filter(|(_, count)| *count > 0).collect();
        counts.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        counts
    }
}

impl Reader {
    /// The value of a kind that each event of a list has, for kinds of which an event has one: account, Region,
    /// principal, action, model. Of an event that names several it is one of them.
    pub fn column(&mut self, refs: &[EventRef], kind: EntityKind) -> Result<Column> {
        self.snapshot(|reader| {
            reader.bring_up_to_date()?;
            if refs.len() <= FEW_EVENTS { reader.column_by_row(refs, kind) } else { reader.column_by_posting(refs, kind) }
        })
    }

    fn column_by_row(&mut self, refs: &[EventRef], kind: EntityKind) -> Result<Column> {
        let mut column = Column { names: Vec::new(), of: vec![0; refs.len()] };
        let Some((name, _)) = COLUMNS.iter().find(|(_, known)| *known == Some(kind)) else { return Ok(column) };
        let sql = format!("SELECT {name} FROM event WHERE id = ?1");
        let mut known: std::collections::HashMap<u32, u32> = std::collections::HashMap::new();
        for (event, slot) in refs.iter().zip(&mut column.of) {
            self.cancel().check()?;
            let mut select = self.connection().prepare_cached(&sql).doing(DOING)?;
            let found: Option<u32> = select.query_row([event.id.0], |row| row.get(0)).doing(DOING)?;
            drop(select);
            let Some(entity) = found else { continue };
            *slot = match known.get(&entity) {
                Some(number) => *number,
                None => {
                    column.names.push(self.name(entity)?.1);
                    let number = column.names.len() as u32;
                    known.insert(entity, number);
                    number
                }
            };
        }
        Ok(column)
    }

    fn column_by_posting(&mut self, refs: &[EventRef], kind: EntityKind) -> Result<Column> {
        let mut named: Vec<(u32, Name)> = self.entities_of(kind)?.into_iter().collect();
        named.sort_unstable();
        let (entities, names): (Vec<u32>, Vec<Name>) = named.into_iter().unzip();
        let mut of = vec![0; refs.len()];
        let (mut entity, mut number) = (None, 0);
        self.walk_postings(refs, &entities, &mut |next, place| {
            if entity != Some(next) {
                entity = Some(next);
                number = entities.binary_search(&next).map_or(0, |at| at as u32 + 1);
            }
            if let Some(slot) = of.get_mut(place) {
                *slot = number;
            }
        })?;
        Ok(Column { names, of })
    }

    /// The flags of each event of a list; `None` where it is no exchange.
    pub fn exchange_flags(&mut self, refs: &[EventRef]) -> Result<Vec<Option<ExchangeFlags>>> {
        self.snapshot(|reader| {
            reader.bring_up_to_date()?;
            let mut flags = vec![None; refs.len()];
            if refs.len() <= FEW_EVENTS {
                let ids: Vec<EventId> = refs.iter().map(|event| event.id).collect();
                for (slot, facts) in flags.iter_mut().zip(reader.facts(&ids)?) {
                    *slot = facts.map(|facts| facts.flags);
                }
                return Ok(flags);
            }
            let places = reader.places(refs);
            let mut select = reader.connection().prepare_cached("SELECT event, flags FROM exchange").doing(DOING)?;
            let mut rows = select.query([]).doing(DOING)?;
            let mut read = 0_u32;
            while let Some(row) = rows.next().doing(DOING)? {
                read += 1;
                if read.is_multiple_of(4096) {
                    reader.cancel().check()?;
                }
                let id: u32 = row.get(0).doing(DOING)?;
                let place = places.get(id as usize).copied().unwrap_or(0);
                if let Some(slot) = place.checked_sub(1).and_then(|place| flags.get_mut(place as usize)) {
                    *slot = Some(ExchangeFlags(row.get(1).doing(DOING)?));
                }
            }
            Ok(flags)
        })
    }

    /// By row number: the place in the list plus one; 0 is none.
    pub(super) fn places(&self, refs: &[EventRef]) -> Vec<u32> {
        let mut places = vec![0_u32; self.lists.last as usize + 1];
        for (place, event) in refs.iter().enumerate() {
            if let Some(slot) = places.get_mut(event.id.0 as usize) {
                *slot = place as u32 + 1;
            }
        }
        places
    }
}
