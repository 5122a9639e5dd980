//! What only the case as a whole tells of an event: whether the other side of a call is there, what a command left in CloudTrail,
//! which control an event moved. It may change with everything that is read later.

use std::collections::BTreeSet;

use hashbrown::hash_map::Entry;
use hashbrown::{HashMap, HashSet};

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
            match field {
                "x.joined" => wanted.joined = true,
                "x.calls" => wanted.calls = true,
                "x.control" | "x.change" | "x.holds_logs" => wanted.controls = true,
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
#[derive(Debug, Default)]
pub(super) struct Users {
    /// Actors that used it, some of them.
    of: HashMap<(EntityKind, u32), Vec<u32>>,
}

/// Actors remembered of an address, key or session.
const MOST_USERS: usize = 32;
/// Addresses, keys and sessions remembered.
const MOST_USED: usize = 500_000;

impl Users {
    pub(super) fn take(&mut self, lean: &Lean) {
        let actor = lean.column(LeanColumn::Actor);
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
        for group in new.chunk_by(|one, other| one.0 == other.0) {
            let Some((hash, _)) = group.first() else { continue };
            let from = self.pairs.partition_point(|(known, _)| known < hash);
            let known = self.pairs.get(from..).unwrap_or_default();
            let known = known.get(..known.partition_point(|(known, _)| known == hash)).unwrap_or_default();
            let both = || known.iter().chain(group);
            if both().any(is_record) && !both().all(is_record) {
                for (_, event) in both() {
                    if let Some(slot) = self.joined.get_mut(event.id.0 as usize) {
                        *slot = true;
                    }
                }
            }
        }
        self.pairs.extend(new);
        // Two sorted stretches: this sort merges them.
        self.pairs.sort_by_key(|(hash, event)| (*hash, event.id));
        Ok(())
    }

    fn is_joined(&self, event: EventId) -> bool {
        self.joined.get(event.0 as usize).copied().unwrap_or(false)
    }
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
    pub(super) fn knows(&self, name: &str, seat: Seat) -> bool {
        match (self, name) {
            (Self::Now(..), _) => true,
            (Self::Standing(standing), "x.joined") => standing.joins.is_joined(seat.event.id),
            (Self::Standing(standing), "x.logged") => standing.coverage.is_logged(seat),
            (Self::Standing(standing), "x.trailed") => standing.coverage.is_trailed(seat),
            _ => false,
        }
    }

    pub(super) fn field(&self, name: &str, seat: Seat) -> Option<Field> {
        let id = seat.event.id.0;
        let flag = |flag| Some(Field::Flag(flag));
        let words = |words: &[&'static str]| Field::List(words.iter().map(|word| Field::Text((*word).to_owned())).collect());
        let standing = self.standing();
        match name {
            "x.joined" => return flag(standing.joins.is_joined(seat.event.id)),
            "x.logged" => return flag(standing.coverage.is_logged(seat)),
            "x.trailed" => return flag(standing.coverage.is_trailed(seat)),
            _ => {}
        }
        let Self::Now(_, state) = self else { return None };
        match name {
            "x.calls" => state.calls.get(&id).map(|calls| Field::Whole(i64::from(*calls))),
            "x.echo" => state.echoes.get(&id).map(|word| Field::Text((*word).to_owned())),
            "x.control" => state.moved.get(&id).map(|moved| words(&moved.controls)),
            "x.change" => state.moved.get(&id).map(|moved| words(&moved.changes)),
            "x.holds_logs" => flag(state.moved.get(&id).is_some_and(|moved| moved.holds_logs)),
            _ => None,
        }
    }
}

/// An event of which nothing is asked but what the case tells.
pub(super) struct Asked<'c>(pub(super) CaseFacts<'c>, pub(super) Seat);

impl Look for Asked<'_> {
    fn field(&self, name: &str) -> Option<Field> {
        self.0.field(name, self.1)
    }

    fn any_text(&self, _each: &dyn Fn(&str) -> bool) -> bool {
        false
    }
}
