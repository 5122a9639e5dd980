//! What lies near an instant: for joins between strands, which ask for a few events around many moments. No list of a
//! scope is made; the lists of mentions that were asked for last are kept as bits.

use std::sync::Arc;

use super::codec::decode_ids_into;
use super::error::{CaseError, Doing as _, Result};
use super::idset::IdSet;
use super::reader::Reader;
use super::segment;
use crate::model::{Entity, EntityKind, EventRef, Name, StrandSet, Timestamp};

/// How many lists of mentions are kept: the actions of a page of commands.
const KEPT: usize = 24;
/// No more events than this are looked at for one moment, on either side.
const MOST_LOOKED_AT: usize = 1 << 19;

const DOING: &str = "looking around a moment";

/// Who mentions an entity, as bits.
pub(super) struct Mentioning {
    entity: u32,
    last: u32,
    events: Arc<IdSet>,
}

impl Reader {
    /// The events within so many milliseconds of an instant that mention any of these entities, the nearest first, and no
    /// more than `most`. Request ids and objects are not looked for.
    pub fn near(&mut self, at: Timestamp, reach: i64, strands: StrandSet, any: &[Entity], most: usize) -> Result<Vec<EventRef>> {
        self.snapshot(|reader| {
            reader.bring_up_to_date()?;
            let mut sets = Vec::new();
            for entity in any {
                if let Some(id) = reader.entity_id(entity)? {
                    sets.push(reader.mentioning_at_hand(id)?);
                }
            }
            let mut found = Vec::new();
            if !sets.is_empty() {
                let all = reader.everything();
                let wanted = |event: &EventRef| strands.contains(event.strand()) && sets.iter().any(|set| set.contains(event.id.0));
                found.extend(outward(&all, at.as_millis(), reach).filter(wanted).take(most));
            }
            Ok(found)
        })
    }

    /// The nearest events before and after an instant, within so many milliseconds, that could be decoded; of those that
    /// mention an entity when one is given.
    pub fn nearest(
        &mut self,
        at: Timestamp,
        reach: i64,
        strands: StrandSet,
        entity: Option<&Entity>,
    ) -> Result<(Option<EventRef>, Option<EventRef>)> {
        self.snapshot(|reader| {
            reader.bring_up_to_date()?;
            let set = match entity {
                None => None,
                Some(entity) => match reader.entity_id(entity)? {
                    Some(id) => Some(reader.mentioning_at_hand(id)?),
                    None => return Ok((None, None)),
                },
            };
            let all = reader.everything();
            let wanted = |event: &&EventRef| {
                strands.contains(event.strand()) && !event.is_undecodable() && set.as_ref().is_none_or(|set| set.contains(event.id.0))
            };
            let (before, after) = around(&all, at.as_millis(), reach);
            let before = before.iter().rev().take(MOST_LOOKED_AT).find(wanted).copied();
            Ok((before, after.iter().take(MOST_LOOKED_AT).find(wanted).copied()))
        })
    }

    /// The values of a kind that begin like this, whatever the case of their letters.
    pub fn spellings(&mut self, kind: EntityKind, beginning: &str) -> Result<Vec<Name>> {
        let pattern: String = beginning.chars().flat_map(|c| matches!(c, '%' | '_' | '\\').then_some('\\').into_iter().chain([c])).collect();
        self.snapshot(|reader| {
            let sql = r"SELECT value FROM entity WHERE kind = ?1 AND value LIKE ?2 ESCAPE '\' ORDER BY value";
            let mut select = reader.connection().prepare_cached(sql).doing(DOING)?;
            let values = select.query_map((kind.code(), pattern + "%"), |row| Ok(Name::from(row.get_ref(0)?.as_str()?))).doing(DOING)?;
            values.collect::<rusqlite::Result<_>>().doing(DOING)
        })
    }

    fn mentioning_at_hand(&mut self, entity: u32) -> Result<Arc<IdSet>> {
        let last = self.lists.last;
        let kept = &mut self.lists.mentioning;
        kept.retain(|kept| kept.last == last);
        if let Some(at) = kept.iter().position(|kept| kept.entity == entity) {
            // The one that was asked for last is thrown away last.
            let known = kept.remove(at);
            let events = Arc::clone(&known.events);
            kept.push(known);
            return Ok(events);
        }
        let mut set = IdSet::new(1, last);
        let mut select = self.connection().prepare_cached("SELECT ids FROM posting WHERE place = ?1").doing(DOING)?;
        for extent in segment::extents(self.connection())? {
            self.cancel().check()?;
            let mut rows = select.query([segment::place(extent.id, entity)]).doing(DOING)?;
            let Some(row) = rows.next().doing(DOING)? else { continue };
            let blob = row.get_ref(0).doing(DOING)?.as_blob().unwrap_or_default();
            decode_ids_into(blob, extent.first, &mut set).ok_or(CaseError::Damaged { doing: DOING, what: "a list of mentions" })?;
        }
        drop(select);
        let events = Arc::new(set);
        let kept = &mut self.lists.mentioning;
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        kept.push(Mentioning { entity, last, events: Arc::clone(&events) });
        Ok(events)
    }
}

/// The parts of a sorted list within reach of an instant: before it, and from it on. Events without a time are in neither.
fn around(all: &[EventRef], at: i64, reach: i64) -> (&[EventRef], &[EventRef]) {
    let place = |millis: i64| all.partition_point(|event| event.millis < millis);
    let (from, middle, to) = (place(at.saturating_sub(reach).max(1)), place(at), place(at.saturating_add(reach).saturating_add(1)));
    (all.get(from..middle.max(from)).unwrap_or_default(), all.get(middle..to.max(middle)).unwrap_or_default())
}

/// The events within reach of an instant, the nearest first.
fn outward(all: &[EventRef], at: i64, reach: i64) -> impl Iterator<Item = EventRef> {
    let (before, after) = around(all, at, reach);
    let mut before = before.iter().rev().take(MOST_LOOKED_AT).peekable();
    let mut after = after.iter().take(MOST_LOOKED_AT).peekable();
    std::iter::from_fn(move || match (before.peek(), after.peek()) {
        (Some(earlier), Some(later)) if at.saturating_sub(earlier.millis) < later.millis.saturating_sub(at) => before.next().copied(),
        (Some(_), None) => before.next().copied(),
        _ => after.next().copied(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::EventId;

    #[test]
    fn the_nearest_come_first_and_none_from_out_of_reach() {
        let times = [0, 1, 50, 90, 100, 100, 104, 111, 200];
        let all: Vec<EventRef> = times.iter().zip(1..).map(|(millis, id)| EventRef { millis: *millis, id: EventId(id), bits: 0 }).collect();
        let found = |at, reach| outward(&all, at, reach).map(|event| event.millis).collect::<Vec<_>>();
        assert_eq!(found(100, 10), [100, 100, 104, 90]);
        assert_eq!(found(101, 11), [100, 100, 104, 111, 90]);
        assert_eq!(found(500, 10), [] as [i64; 0]);
        // Events without a time are near nothing.
        assert_eq!(found(2, 10), [1]);
        assert_eq!(found(i64::MAX, i64::MAX), [200, 111, 104, 100, 100, 90, 50, 1]);
    }
}
