//! What only the case as a whole tells of an event: whether the other side of a call is there, what a command left in CloudTrail,
//! which control an event moved. It may change with everything that is read later.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::sigma::Field;
use crate::case::{Lean, LeanColumn, Reader, Result};
use crate::model::{Entity, EntityKind, EventId, Strand};
use crate::stitch::controls;
use crate::stitch::echo::Echoes;

const HOUR_MS: i64 = 3_600_000;

/// What of the case as a whole is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) joined: bool,
    pub(super) calls: bool,
    pub(super) controls: bool,
    pub(super) echo: bool,
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
                "x.echo" => wanted.echo = true,
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
    /// By address, key and session: actors that used it, some of them.
    users: HashMap<(EntityKind, u32), Vec<u32>>,
}

/// Actors remembered of an address, key or session.
const MOST_USERS: usize = 32;
/// Addresses, keys and sessions remembered.
const MOST_USED: usize = 500_000;

impl Coverage {
    pub(super) fn take(&mut self, lean: &Lean) {
        let account = lean.column(LeanColumn::Account);
        let actor = lean.column(LeanColumn::Actor);
        let used = [(EntityKind::Ip, LeanColumn::Ip), (EntityKind::Key, LeanColumn::Key), (EntityKind::Session, LeanColumn::Session)];
        for (kind, number) in used.map(|(kind, column)| (kind, lean.column(column))).into_iter().filter(|(_, number)| *number != 0 && actor != 0) {
            let is_full = self.users.len() >= MOST_USED;
            match self.users.entry((kind, number)) {
                Entry::Occupied(mut users) if users.get().len() < MOST_USERS && !users.get().contains(&actor) => users.get_mut().push(actor),
                Entry::Vacant(free) if !is_full => {
                    free.insert(vec![actor]);
                }
                _ => {}
            }
        }
        match lean.event.strand() {
            Strand::Invocation => {
                self.logged.insert((account, lean.column(LeanColumn::Region)));
            }
            Strand::Management if lean.event.millis != 0 => {
                self.trailed.entry((account, lean.column(LeanColumn::Region))).or_default().insert(lean.event.millis.div_euclid(HOUR_MS));
            }
            _ => {}
        }
    }
}

impl Coverage {
    /// Addresses, keys and sessions that more actors than this share.
    pub(super) fn crowded(&self, reader: &mut Reader, most: usize) -> Result<HashSet<Entity>> {
        let mut crowded = HashSet::new();
        for ((kind, number), _) in self.users.iter().filter(|(_, users)| users.len() > most) {
            crowded.insert(Entity::new(*kind, reader.name_of(*number)?));
        }
        Ok(crowded)
    }
}

/// What an event did to controls.
#[derive(Clone, Debug, Default)]
struct Moved {
    controls: Vec<&'static str>,
    changes: Vec<&'static str>,
    holds_logs: bool,
}

/// The facts of one state of the case.
#[derive(Default)]
pub(super) struct CaseFacts {
    joined: Vec<bool>,
    calls: HashMap<u32, u32>,
    coverage: Coverage,
    moved: HashMap<u32, Moved>,
    echoes: HashMap<u32, &'static str>,
    /// Only what no later event can change is told.
    is_permanent: bool,
}

impl CaseFacts {
    /// Reads what is wanted for these events.
    pub(super) fn read(reader: &mut Reader, wanted: Wanted, coverage: &Coverage, permanent: &Self, events: &[EventId]) -> Result<Self> {
        let mut facts = Self { coverage: coverage.clone(), joined: permanent.joined.clone(), ..Self::default() };
        if wanted.calls {
            let refs: Vec<_> = reader.lean_of(events)?.iter().map(|lean| lean.event).filter(|event| event.strand() == Strand::Invocation).collect();
            facts.calls = reader.calls(&refs)?;
        }
        if wanted.controls {
            for change in controls::logged(reader)?.changes {
                let moved = facts.moved.entry(change.evidence.event.id.0).or_default();
                moved.controls.push(change.control.kind.name());
                moved.changes.push(change.change.name());
                moved.holds_logs |= change.holds_logs;
            }
        }
        if wanted.echo {
            let mut echoes = Echoes::default();
            let commands: Vec<EventId> =
                reader.lean_of(events)?.iter().filter(|lean| lean.event.strand() == Strand::Endpoint).map(|lean| lean.event.id).collect();
            for event in reader.events(&commands)? {
                if let Some(echo) = echoes.of(reader, &event)? {
                    facts.echoes.insert(event.id.0, echo.state());
                }
            }
        }
        Ok(facts)
    }

    /// What no later event can change: both sides of a request are there.
    pub(super) fn permanent(reader: &mut Reader, wanted: Wanted) -> Result<Self> {
        let joined = if wanted.joined { reader.joined()? } else { Vec::new() };
        Ok(Self { joined, is_permanent: true, ..Self::default() })
    }

    /// Is a field known of an event?
    pub(super) fn knows(&self, name: &str, lean: &Lean) -> bool {
        !self.is_permanent || name == "x.joined" && self.is_joined(lean)
    }

    fn is_joined(&self, lean: &Lean) -> bool {
        self.joined.get(lean.event.id.0 as usize).copied().unwrap_or(false)
    }

    pub(super) fn field(&self, name: &str, lean: &Lean) -> Option<Field> {
        let id = lean.event.id.0;
        let account = lean.column(LeanColumn::Account);
        let words = |words: &[&'static str]| Field::List(words.iter().map(|word| Field::Text((*word).to_owned())).collect());
        match name {
            "x.joined" => Some(Field::Flag(self.is_joined(lean))),
            "x.calls" => self.calls.get(&id).map(|calls| Field::Whole(i64::from(*calls))),
            "x.logged" => Some(Field::Flag(self.coverage.logged.contains(&(account, lean.column(LeanColumn::Region))))),
            "x.trailed" => {
                let hour = lean.event.millis.div_euclid(HOUR_MS);
                let place = (account, lean.column(LeanColumn::Region));
                let near = self.coverage.trailed.get(&place).is_some_and(|hours| hours.range(hour - 1..=hour + 1).next().is_some());
                Some(Field::Flag(near))
            }
            "x.echo" => self.echoes.get(&id).map(|word| Field::Text((*word).to_owned())),
            "x.control" => self.moved.get(&id).map(|moved| words(&moved.controls)),
            "x.change" => self.moved.get(&id).map(|moved| words(&moved.changes)),
            "x.holds_logs" => Some(Field::Flag(self.moved.get(&id).is_some_and(|moved| moved.holds_logs))),
            _ => None,
        }
    }
}
