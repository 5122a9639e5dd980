//! The lists: which events are in a scope, in order of time. Kept in memory, brought up to date by what is new.

use std::sync::Arc;

use super::codec::{decode_ids_into, decode_refs};
use super::error::{CaseError, Doing as _, Result};
use super::idset::IdSet;
use super::near::Mentioning;
use super::reader::Reader;
use super::segment;
use crate::model::{Entity, EntityKind, EventRef, Scope, TimeRange};

/// How many scopes are remembered besides the whole case.
const REMEMBERED: usize = 8;

const DOING: &str = "listing events";

/// Lists in memory.
#[derive(Default)]
pub(super) struct Lists {
    all: Arc<Vec<EventRef>>,
    /// The highest row number in `all`; row numbers have no gaps.
    pub(super) last: u32,
    /// The most recently used is last.
    scopes: Vec<Remembered>,
    /// Lists of mentions that are at hand; the most recently used is last.
    pub(super) mentioning: Vec<Mentioning>,
}

struct Remembered {
    scope: Scope,
    last: u32,
    refs: Arc<Vec<EventRef>>,
}

impl Reader {
    /// The events in a scope, sorted by time, then row number. An event without a time is in every scope whose range is
    /// open. The answer is shared and remembered; asked again after a commit, only what is new is read.
    ///
    /// # Errors
    /// [`CaseError::Pattern`] when the scope's text filter is no regular expression.
    pub fn refs(&mut self, scope: &Scope) -> Result<Arc<Vec<EventRef>>> {
        self.snapshot(|reader| {
            reader.bring_up_to_date()?;
            reader.list(scope)
        })
    }

    /// The list of a scope at the state `lists.all` is of.
    pub(super) fn list(&mut self, scope: &Scope) -> Result<Arc<Vec<EventRef>>> {
        if scope.is_all() {
            return Ok(Arc::clone(&self.lists.all));
        }
        let found = self.lists.scopes.iter().position(|known| known.scope == *scope);
        let known = found.map(|at| self.lists.scopes.remove(at));
        let (before, refs) = known.map_or_else(|| (0, Arc::default()), |known| (known.last, known.refs));
        let refs = if before == self.lists.last {
            refs
        } else {
            let new = self.select(scope, before)?;
            if new.is_empty() { refs } else { Arc::new(merged(&refs, &new)) }
        };
        self.remember(scope, Arc::clone(&refs));
        Ok(refs)
    }

    /// The whole case, at the state the lists are of.
    pub(super) fn everything(&self) -> Arc<Vec<EventRef>> {
        Arc::clone(&self.lists.all)
    }

    pub(super) fn remember(&mut self, scope: &Scope, refs: Arc<Vec<EventRef>>) {
        self.lists.scopes.retain(|known| known.scope != *scope);
        if self.lists.scopes.len() >= REMEMBERED {
            self.lists.scopes.remove(0);
        }
        self.lists.scopes.push(Remembered { scope: scope.clone(), last: self.lists.last, refs });
    }

    /// Reads the segments that hold events above the last one known.
    pub(super) fn bring_up_to_date(&mut self) -> Result<()> {
        let mut refs = self.refs_above(self.lists.last)?;
        if refs.is_empty() {
            return Ok(());
        }
        self.lists.last += refs.len() as u32;
        // Each segment is in order already, which this sort makes use of.
        refs.sort();
        self.lists.all = Arc::new(if self.lists.all.is_empty() { refs } else { merged(&self.lists.all, &refs) });
        Ok(())
    }

    /// The events above a row number, segment by segment.
    pub(super) fn refs_above(&self, after: u32) -> Result<Vec<EventRef>> {
        let new: Vec<_> = segment::extents(self.connection())?.into_iter().filter(|extent| extent.last() > after).collect();
        let Some(newest) = new.iter().map(segment::Extent::last).max() else { return Ok(Vec::new()) };
        let mut refs = Vec::new();
        let mut select = self.connection().prepare_cached("SELECT refs FROM segment WHERE id = ?1").doing(DOING)?;
        for extent in new {
            self.cancel().check()?;
            let mut rows = select.query([extent.id]).doing(DOING)?;
            let Some(row) = rows.next().doing(DOING)? else { continue };
            let blob = row.get_ref(0).doing(DOING)?.as_blob().unwrap_or_default();
            decode_refs(blob, after, &mut refs).ok_or(CaseError::Damaged { doing: DOING, what: "a segment" })?;
        }
        // Row numbers have no gaps. A case from a stranger may say otherwise; sets and tables are sized by them.
        if refs.len() as u64 != u64::from(newest - after) || refs.iter().any(|event| event.id.0 > newest) {
            return Err(CaseError::Damaged { doing: DOING, what: "the list of segments" });
        }
        Ok(refs)
    }

    /// The events of a scope whose row number is above `after`.
    fn select(&mut self, scope: &Scope, after: u32) -> Result<Vec<EventRef>> {
        let members = self.members(&scope.entities, after)?;
        if members.as_ref().is_some_and(IdSet::is_empty) {
            return Ok(Vec::new());
        }
        let is_open = scope.range.is_open();
        let wanted = |event: &EventRef| {
            event.id.0 > after
                && (is_open || event.millis != 0)
                && scope.strands.contains(event.strand())
                && members.as_ref().is_none_or(|members| members.contains(event.id.0))
        };
        let all = Arc::clone(&self.lists.all);
        let range = within(&all, &scope.range);
        let most = members.as_ref().map_or(range.len(), |members| members.len().min(range.len()));
        // Room at once: growing a list of many megabytes costs more than filling it.
        let mut refs: Vec<EventRef> = Vec::with_capacity(if after == 0 { most } else { 0 });
        refs.extend(range.iter().filter(|event| wanted(event)));
        if let Some(text) = &scope.text {
            let hits = self.hits(&refs, after, &text.pattern)?;
            refs.retain(|event| hits.contains(event.id.0));
        }
        if !scope.fields.is_empty() {
            refs = self.passing(refs, &scope.fields, after)?;
        }
        Ok(refs)
    }

    /// The events above `after` that mention all of these, and one of the actions when there are any; `None` when there
    /// is nothing to mention.
    fn members(&mut self, entities: &[Entity], after: u32) -> Result<Option<IdSet>> {
        let mut members: Option<IdSet> = None;
        for action in entities.iter().filter(|entity| entity.kind == EntityKind::Action) {
            // An event has one action: several of them can only mean any of them.
            let set = members.get_or_insert_with(|| self.no_members(after));
            self.mentioning(action, after, set)?;
        }
        for entity in entities.iter().filter(|entity| entity.kind != EntityKind::Action) {
            let mut set = self.no_members(after);
            self.mentioning(entity, after, &mut set)?;
            match &mut members {
                Some(members) => members.keep(&set),
                None => members = Some(set),
            }
        }
        Ok(members)
    }

    fn no_members(&self, after: u32) -> IdSet {
        IdSet::new(after.saturating_add(1), self.lists.last)
    }

    /// Adds the events above `after` that mention an entity.
    fn mentioning(&mut self, entity: &Entity, after: u32, set: &mut IdSet) -> Result<()> {
        if entity.kind.is_wide() {
            for id in self.wide_events(entity)? {
                set.insert(id);
            }
            return Ok(());
        }
        let Some(id) = self.entity_id(entity)? else { return Ok(()) };
        let extents = segment::extents(self.connection())?;
        let mut select = self.connection().prepare_cached("SELECT ids FROM posting WHERE place = ?1").doing(DOING)?;
        for extent in extents.iter().filter(|extent| extent.last() > after) {
            self.cancel().check()?;
            let mut rows = select.query([segment::place(extent.id, id)]).doing(DOING)?;
            let Some(row) = rows.next().doing(DOING)? else { continue };
            let blob = row.get_ref(0).doing(DOING)?.as_blob().unwrap_or_default();
            decode_ids_into(blob, extent.first, set).ok_or(CaseError::Damaged { doing: DOING, what: "a list of mentions" })?;
        }
        Ok(())
    }
}

/// The part of a sorted list that lies in a range of time.
fn within<'a>(refs: &'a [EventRef], range: &TimeRange) -> &'a [EventRef] {
    if range.is_open() {
        return refs;
    }
    let start = range.since.map_or(i64::MIN, crate::model::Timestamp::as_millis);
    let from = refs.partition_point(|event| event.millis < start);
    let to = range.until.map_or(refs.len(), |until| refs.partition_point(|event| event.millis < until.as_millis()));
    refs.get(from..to.max(from)).unwrap_or_default()
}

/// Two sorted lists as one.
fn merged(one: &[EventRef], other: &[EventRef]) -> Vec<EventRef> {
    let mut all = Vec::with_capacity(one.len() + other.len());
    let (mut rest, mut place) = (one, other);
    while let (Some(first), Some(next)) = (rest.first(), place.first()) {
        // Runs are copied whole: what is new is mostly newer.
        let (from, bound) = if first <= next { (&mut rest, next) } else { (&mut place, first) };
        let length = from.partition_point(|event| event <= bound);
        let (run, left) = from.split_at(length);
        all.extend_from_slice(run);
        *from = left;
    }
    all.extend_from_slice(rest);
    all.extend_from_slice(place);
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::EventId;

    proptest! {
        #[test]
        fn merging_is_sorting(one in prop::collection::vec(0..50_i64, 0..60), other in prop::collection::vec(0..50_i64, 0..60)) {
            let list = |times: &[i64], from: u32| {
                let mut refs: Vec<_> = times.iter().zip(from..).map(|(millis, id)| EventRef { millis: *millis, id: EventId(id), bits: 0 }).collect();
                refs.sort();
                refs
            };
            let (one, other) = (list(&one, 1), list(&other, 1000));
            let mut expected = [one.clone(), other.clone()].concat();
            expected.sort();
            prop_assert_eq!(merged(&one, &other), expected);
        }
    }
}
