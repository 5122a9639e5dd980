//! What was seen of something, value by value: how often, when, and whether it was denied.

use std::cmp::Reverse;
use std::hash::Hash;

use hashbrown::HashMap;

use crate::model::{Entity, EventRef, Outcome, Timestamp};

/// Values listed in a section at most; there may be a key for every session.
const MOST: usize = 40;

/// One value of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The value: a pivot.
    pub entity: Entity,
    /// What is told beside it.
    pub note: String,
    /// How many events.
    pub count: u64,
    /// … of which denied.
    pub denied: u64,
    /// The first that has a time.
    pub first: Option<Timestamp>,
    /// The last.
    pub last: Option<Timestamp>,
}

/// Values of one sort.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// What they are.
    pub title: &'static str,
    /// The most frequent ones.
    pub values: Vec<Seen>,
    /// How many there are.
    pub all: usize,
    /// They are worth a look: foreign accounts.
    pub warns: bool,
}

/// Counts without their names.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Count {
    pub(super) events: u64,
    pub(super) denied: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

impl Count {
    pub(super) fn add(&mut self, event: EventRef) {
        self.events += 1;
        self.denied += u64::from(event.outcome() == Outcome::Denied);
        if let Some(time) = event.time() {
            self.first = Some(self.first.map_or(time, |first| first.min(time)));
            self.last = Some(self.last.map_or(time, |last| last.max(time)));
        }
    }

    pub(super) fn seen(self, entity: Entity, note: String) -> Seen {
        Seen { entity, note, count: self.events, denied: self.denied, first: self.first, last: self.last }
    }
}

/// Counts by something.
pub(super) struct Tally<K>(pub(super) HashMap<K, Count>);

impl<K: Eq + Hash + Ord + Copy> Tally<K> {
    pub(super) fn new() -> Self {
        Self(HashMap::new())
    }

    pub(super) fn add(&mut self, key: K, event: EventRef) {
        self.0.entry(key).or_default().add(event);
    }

    /// The most frequent, as a section; each is named by `name`.
    pub(super) fn section<E>(self, title: &'static str, mut name: impl FnMut(K) -> Result<(Entity, String), E>) -> Result<Section, E> {
        let all = self.0.len();
        let mut counts: Vec<(K, Count)> = self.0.into_iter().collect();
        counts.sort_by_key(|(key, count)| (Reverse(count.events), *key));
        let mut values = Vec::with_capacity(counts.len().min(MOST));
        for (key, count) in counts.into_iter().take(MOST) {
            let (entity, note) = name(key)?;
            values.push(count.seen(entity, note));
        }
        // Keys are numbers that depend on the order in which evidence was read.
        values.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.entity.cmp(&other.entity)));
        Ok(Section { title, values, all, warns: false })
    }
}

impl Section {
    /// A section of these, at most so many of which are kept.
    pub(super) fn listed(title: &'static str, mut values: Vec<Seen>) -> Self {
        let all = values.len();
        values.truncate(MOST);
        Self { title, values, all, warns: false }
    }
}
