//! What only the case as a whole tells of an event: whether the other side of a call is there, what a command left in CloudTrail,
//! which control an event moved. It may change with everything that is read later.

use std::collections::BTreeSet;

use hashbrown::hash_map::Entry;
use hashbrown::{HashMap, HashSet};

use super::place::{CaseField, case_field};
use super::sigma::{Field, Look};
use super::skew;
use super::told::told;
use crate::case::{Lean, LeanColumn, Reader, Result};
use crate::model::{Entity, EntityKind, Event, EventId, EventRef, Strand};
use crate::stitch::controls;
use crate::stitch::echo::{Echoes, Skew};

const HOUR_MS: i64 = 3_600_000;

/// What of the case as a whole is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) joined: bool,
    pub(super) calls: bool,
    pub(super) controls: bool,
}

impl Wanted {
    /// What these fields need.
    pub(super) fn of<'f>(fields: impl Iterator<Item = &'f str>) -> Self {
        let mut wanted = Self::default();
        for field in fields {
            match case_field(field) {
                Some(CaseField::Joined) => wanted.joined = true,
                Some(CaseField::Calls) => wanted.calls = true,
                Some(CaseField::Control | CaseField::Change | CaseField::HoldsLogs) => wanted.controls = true,
                _ => {}
            }
        }
        wanted
    }
}

/// What was seen of accounts and Regions, gathered while events go by.
#[derive(Clone, Debug, Default)]
pub(super) struct Coverage {
    /// Accounts and Regions, by number, that have invocation records.
    logged: HashSet<(u32, u32)>,
    /// By account and Region, the hours in which it has CloudTrail management events.
    trailed: HashMap<(u32, u32), BTreeSet<i64>>,
    /// The last one that was added: most events follow their like.
    last: Option<(u32, u32, i64)>,
}

impl Coverage {
    pub(super) fn take(&mut self, lean: &Lean) {
        let (account, region) = (lean.column(LeanColumn::Account), lean.column(LeanColumn::Region));
        match lean.event.strand() {
            Strand::Invocation => {
                self.logged.insert((account, region));
            }
            Strand::Management if lean.event.millis != 0 => {
                let hour = lean.event.millis.div_euclid(HOUR_MS);
                if self.last.replace((account, region, hour)) != self.last {
                    self.trailed.entry((account, region)).or_default().insert(hour);
                }
            }
            _ => {}
        }
    }

    fn is_logged(&self, seat: Seat) -> bool {
        self.logged.contains(&(seat.account, seat.region))
    }

    fn is_trailed(&self, seat: Seat) -> bool {
        let hour = seat.event.millis.div_euclid(HOUR_MS);
        self.trailed.get(&(seat.account, seat.region)).is_some_and(|hours| hours.range(hour - 1..=hour + 1).next().is_some())
    }
}

/// Who used which address, key and session, gathered while events go by.
#[derive(Debug)]
pub(super) struct Users {
    /// Actors that used it, some of them.
    of: HashMap<(EntityKind, u32), Vec<u32>>,
    /// By the last bits of the actor's number: who used what when it was last seen. Most events are like one before.
    recent: Vec<[u32; 4]>,
}

impl Default for Users {
    fn default() -> Self {
        Self { of: HashMap::new(), recent: vec![[0; 4]; RECENT] }
    }
}

/// Actors whose last use is remembered.
const RECENT: usize = 1 << 10;

/// Actors remembered of an address, key or session.
const MOST_USERS: usize = 32;
/// Addresses, keys and sessions remembered.
const MOST_USED: usize = 500_000;

impl Users {
    pub(super) fn take(&mut self, lean: &Lean) {
        let actor = lean.column(LeanColumn::Actor);
        let use_of = [LeanColumn::Actor, LeanColumn::Ip, LeanColumn::Key, LeanColumn::Session].map(|column| lean.column(column));
        match self.recent.get_mut(actor as usize % RECENT) {
            Some(recent) if *recent == use_of => return,
            Some(recent) => *recent = use_of,
            None => {}
        }
        let used = [(EntityKind::Ip, LeanColumn::Ip), (EntityKind::Key, LeanColumn::Key), (EntityKind::Session, LeanColumn::Session)];
        for (kind, number) in used.map(|(kind, column)| (kind, lean.column(column))).into_iter().filter(|(_, number)| *number != 0 && actor != 0) {
            let is_full = self.of.len() >= MOST_USED;
            match self.of.entry((kind, number)) {
                Entry::Occupied(mut users) if users.get().len() < MOST_USERS && !users.get().contains(&actor) => users.get_mut().push(actor),
                Entry::Vacant(free) if !is_full => {
                    free.insert(vec![actor]);
                }
                _ => {}
            }
        }
    }

    /// Addresses, keys and sessions that more actors than this share.
    pub(super) fn crowded(&self, reader: &mut Reader, most: usize) -> Result<std::collections::HashSet<Entity>> {
        let mut crowded = std::collections::HashSet::new();
        for ((kind, number), _) in self.of.iter().filter(|(_, users)| users.len() > most) {
            crowded.insert(Entity::new(*kind, reader.name_of(*number)?));
        }
        Ok(crowded)
    }
}

/// An event, as far as what the case tells of it depends on it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seat {
    pub(super) event: EventRef,
    account: u32,
    region: u32,
}

impl Seat {
    pub(super) fn of(lean: &Lean) -> Self {
        Self { event: lean.event, account: lean.column(LeanColumn::Account), region: lean.column(LeanColumn::Region) }
    }
}

/// Request ids by which events of both logs are joined, kept from one look at the case to the next.
#[derive(Default)]
struct Joins {
    /// By hash of the id, sorted.
    pairs: Vec<(u64, EventRef)>,
    /// By row number.
    joined: Vec<bool>,
    upto: u32,
}

impl Joins {
    /// Learns what is new.
    fn learn(&mut self, reader: &mut Reader) -> Result<()> {
        let mut new = reader.requests(self.upto)?;
        new.sort_unstable_by_key(|(hash, event)| (*hash, event.id));
        self.upto = new.iter().map(|(_, event)| event.id.0).max().unwrap_or(self.upto).max(self.upto);
        self.joined.resize(self.upto as usize + 1, false);
        let is_record = |(_, event): &(u64, EventRef)| event.strand() == Strand::Invocation;
        let mut rest = self.pairs.as_slice();
        for group in new.chunk_by(|one, other| one.0 == other.0) {
            let Some((hash, _)) = group.first() else { continue };
            rest = rest.get(from(rest, *hash)..).unwrap_or_default();
            let known = rest.get(..rest.iter().take_while(|(known, _)| known == hash).count()).unwrap_or_default();
            let both = || known.iter().chain(group);
            if both().any(is_record) && !both().all(is_record) {
                for (_, event) in both() {
                    if let Some(slot) = self.joined.get_mut(event.id.0 as usize) {
                        *slot = true;
                    }
                }
            }
        }
        merge_into(&mut self.pairs, &new);
        Ok(())
    }

    fn is_joined(&self, event: EventId) -> bool {
        self.joined.get(event.0 as usize).copied().unwrap_or(false)
    }
}

/// Puts sorted pairs among others that are sorted, from behind, where there is room: no memory is needed but for the new ones.
fn merge_into(known: &mut Vec<(u64, EventRef)>, new: &[(u64, EventRef)]) {
    let order = |pair: &(u64, EventRef)| (pair.0, pair.1.id);
    let (mut rest, mut place) = (known.len(), known.len() + new.len());
    known.reserve_exact(new.len());
    known.extend_from_slice(new);
    for pair in new.iter().rev() {
        let behind = |other: &(u64, EventRef)| order(other) > order(pair);
        while let Some(last) = rest.checked_sub(1).and_then(|last| known.get(last)).copied().filter(behind) {
            rest -= 1;
            place -= 1;
            if let Some(slot) = known.get_mut(place) {
                *slot = last;
            }
        }
        place -= 1;
        if let Some(slot) = known.get_mut(place) {
            *slot = *pair;
        }
    }
}

/// Where in sorted pairs those of a hash begin, looked for from the front in growing steps: in a walk through two lists the next one is near.
fn from(pairs: &[(u64, EventRef)], hash: u64) -> usize {
    let (mut low, mut step) = (0, 1);
    while pairs.get(low + step).is_some_and(|(known, _)| *known < hash) {
        low += step;
        step *= 2;
    }
    let near = pairs.get(low..pairs.len().min(low + step + 1)).unwrap_or_default();
    low + near.partition_point(|(known, _)| *known < hash)
}

/// What no later event changes: that both sides of a request are there, that a Region has invocation records, that CloudTrail covers
/// an hour.
#[derive(Default)]
pub(super) struct Standing {
    joins: Joins,
    pub(super) coverage: Coverage,
}

impl Standing {
    /// What is to be told of the clocks of both logs.
    pub(super) fn skew(&self) -> Option<String> {
        skew::of_requests(&self.joins.pairs)
    }

    /// Learns which requests are joined by now.
    pub(super) fn learn(&mut self, reader: &mut Reader, wanted: Wanted) -> Result<()> {
        if wanted.joined { self.joins.learn(reader) } else { Ok(()) }
    }
}

/// What an event did to controls.
#[derive(Clone, Debug, Default)]
struct Moved {
    controls: Vec<&'static str>,
    changes: Vec<&'static str>,
    holds_logs: bool,
}

/// What a state of the case as a whole tells of events.
pub(super) enum CaseFacts<'c> {
    /// Only what no later event changes.
    Standing(&'c Standing),
    /// All of it, as it is now.
    Now(&'c Standing, &'c State),
}

/// The facts of one state of the case, of the events that wait for them.
#[derive(Default)]
pub(super) struct State {
    calls: HashMap<u32, u32>,
    moved: HashMap<u32, Moved>,
    echoes: HashMap<u32, &'static str>,
    /// Computers whose clocks are others.
    pub(super) skews: Vec<Skew>,
}

impl State {
    /// Reads what is wanted for these events; of `echoing` ones, whether commands and calls belong together.
    pub(super) fn read(reader: &mut Reader, wanted: Wanted, events: &[EventRef], echoing: &[EventId]) -> Result<Self> {
        let mut facts = Self::default();
        if wanted.calls {
            let refs: Vec<EventRef> = events.iter().filter(|event| event.strand() == Strand::Invocation).copied().collect();
            facts.calls = reader.calls(&refs)?.into_iter().collect();
        }
        if wanted.controls {
            for change in controls::logged(reader)?.changes {
                let moved = facts.moved.entry(change.evidence.event.id.0).or_default();
                moved.controls.push(change.control.kind.name());
                moved.changes.push(change.change.name());
                moved.holds_logs |= change.holds_logs;
            }
        }
        let mut echoes = Echoes::default();
        let events = reader.events(echoing)?;
        for event in &events {
            let state = match event.strand {
                Strand::Endpoint => echoes.of(reader, event)?.map(|echo| echo.state()),
                _ => told(reader, &mut echoes, event)?,
            };
            facts.echoes.extend(state.map(|state| (event.id.0, state)));
        }
        if facts.echoes.values().any(|state| *state == "missing") {
            let commands: Vec<Event> = events.into_iter().filter(|event| event.strand == Strand::Endpoint).collect();
            facts.skews = echoes.skews(reader, &commands)?;
        }
        Ok(facts)
    }
}

impl CaseFacts<'_> {
    const fn standing(&self) -> &Standing {
        match self {
            Self::Standing(standing) | Self::Now(standing, _) => standing,
        }
    }

    /// Is a field known of an event?
    pub(super) fn knows(&self, field: CaseField, seat: Seat) -> bool {
        matches!(self, Self::Now(..)) || self.flag(field, seat) == Some(true)
    }

    /// What is said with yes or no.
    pub(super) fn flag(&self, field: CaseField, seat: Seat) -> Option<bool> {
        let standing = self.standing();
        match (field, self) {
            (CaseField::Joined, _) => Some(standing.joins.is_joined(seat.event.id)),
            (CaseField::Logged, _) => Some(standing.coverage.is_logged(seat)),
            (CaseField::Trailed, _) => Some(standing.coverage.is_trailed(seat)),
            (CaseField::HoldsLogs, Self::Now(_, state)) => Some(state.moved.get(&seat.event.id.0).is_some_and(|moved| moved.holds_logs)),
            _ => None,
        }
    }

    pub(super) fn field(&self, field: CaseField, seat: Seat) -> Option<Field> {
        let id = seat.event.id.0;
        let words = |words: &[&'static str]| Field::List(words.iter().map(|word| Field::Text((*word).to_owned())).collect());
        match (field, self) {
            (CaseField::Calls, Self::Now(_, state)) => state.calls.get(&id).map(|calls| Field::Whole(i64::from(*calls))),
            (CaseField::Echo, Self::Now(_, state)) => state.echoes.get(&id).map(|word| Field::Text((*word).to_owned())),
            (CaseField::Control, Self::Now(_, state)) => state.moved.get(&id).map(|moved| words(&moved.controls)),
            (CaseField::Change, Self::Now(_, state)) => state.moved.get(&id).map(|moved| words(&moved.changes)),
            _ => self.flag(field, seat).map(Field::Flag),
        }
    }
}

/// An event of which nothing is asked but what the case tells.
pub(super) struct Asked<'c>(pub(super) CaseFacts<'c>, pub(super) Seat);

impl Look for Asked<'_> {
    fn field(&self, name: &str) -> Option<Field> {
        self.0.field(case_field(name)?, self.1)
    }

    fn any_text(&self, _each: &dyn Fn(&str) -> bool) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pairs_are_merged_in_order(known in prop::collection::vec(0..40_u64, 0..60), new in prop::collection::vec(0..40_u64, 0..60)) {
            let pair = |(at, hash): (usize, &u64)| (*hash, EventRef { millis: 0, id: EventId(at as u32), bits: 0 });
            let order = |pair: &(u64, EventRef)| (pair.0, pair.1.id);
            let mut known: Vec<_> = known.iter().enumerate().map(pair).collect();
            let mut new: Vec<_> = new.iter().enumerate().map(|(at, hash)| pair((at + 60, hash))).collect();
            let mut expected = [known.clone(), new.clone()].concat();
            known.sort_unstable_by_key(order);
            new.sort_unstable_by_key(order);
            expected.sort_unstable_by_key(order);
            merge_into(&mut known, &new);
            prop_assert_eq!(known, expected);
        }
    }

    #[test]
    fn the_next_hash_is_found_wherever_it_is() {
        let pairs: Vec<(u64, EventRef)> = (0..100).map(|at| (at / 3 * 2, EventRef { millis: 0, id: EventId(at as u32), bits: 0 })).collect();
        for hash in 0..70 {
            for start in [0, 1, 50, 98, 99, 100] {
                let rest = &pairs[start..];
                assert_eq!(from(rest, hash), rest.iter().filter(|(known, _)| *known < hash).count(), "{hash} from {start}");
            }
        }
    }
}
