//! What rules remember: by group, what was selected, in forms that do not depend on the order in which it came. Adding commutes, and what
//! fires is a pure function of what was added; so a late event changes the groups it falls into and nothing else.

pub(super) mod buckets;
pub(super) mod plain;
pub(super) mod sightings;
pub(super) mod steps;
pub(super) mod window;

#[cfg(test)]
mod tests;

use hashbrown::HashMap;

use crate::model::{Baseline, MOST_EVENTS};

/// An event as rules remember it. Ordered by time, then by the record's hash: not by how it arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct At {
    pub(super) millis: i64,
    pub(super) tie: u64,
    pub(super) event: u32,
    pub(super) strand: u8,
    /// It rests on what may still change: on other events of the case, or on what another rule fired.
    pub(super) volatile: bool,
}

impl At {
    /// The same event, however it was told.
    pub(super) fn is(self, other: Self) -> bool {
        self.event == other.event
    }
}

/// A firing, before anything of the case is read for it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Draft {
    /// By number, in the detector's own table.
    pub(super) group: u32,
    /// What was new, as text; empty for most.
    pub(super) value: Vec<String>,
    /// The event that crossed the line.
    pub(super) at: At,
    pub(super) first: i64,
    pub(super) last: i64,
    /// At most [`MOST_EVENTS`], in order; the crossing one among them.
    pub(super) events: Vec<At>,
    pub(super) total: u64,
    pub(super) firings: u64,
    pub(super) baseline: Option<Baseline>,
    /// The weight, when it is not the rule's own.
    pub(super) weight: Option<u8>,
    /// Why.
    pub(super) weighed: Vec<String>,
    /// Events that what names this rule takes for its firings.
    pub(super) emitted: Vec<At>,
    /// The records of it are to be looked for: those of the group from then until then (outliers keep counts only).
    pub(super) look_up: Option<(i64, i64)>,
}

impl Draft {
    /// Of these events, which are in order.
    pub(super) fn of(group: u32, at: At, all: &[At]) -> Self {
        let (first, last) = (all.first().map_or(at.millis, |first| first.millis), all.last().map_or(at.millis, |last| last.millis));
        Self {
            group,
            value: Vec::new(),
            at,
            first,
            last,
            events: some_of(all, at),
            total: all.len() as u64,
            firings: 1,
            baseline: None,
            weight: None,
            weighed: Vec::new(),
            emitted: vec![at],
            look_up: None,
        }
    }
}

/// As many as a signal lists, and this one in any case.
pub(super) fn some_of(all: &[At], at: At) -> Vec<At> {
    let mut some: Vec<At> = all.iter().take(MOST_EVENTS).copied().collect();
    if all.len() > MOST_EVENTS && !some.contains(&at) {
        some.pop();
        some.push(at);
    }
    some
}

/// Puts firings together that follow one another within so long.
pub(super) fn collapsed(drafts: Vec<Draft>, within: i64) -> Vec<Draft> {
    let mut together: Vec<Draft> = Vec::new();
    for draft in drafts {
        match together.last_mut() {
            Some(last) if within > 0 && last.value == draft.value && draft.first.saturating_sub(last.last) <= within => {
                last.last = last.last.max(draft.last);
                last.total += draft.total;
                last.firings += draft.firings;
                let room = MOST_EVENTS.saturating_sub(last.events.len());
                last.events.extend(draft.events.into_iter().filter(|at| !last.events.contains(at)).take(room).collect::<Vec<_>>());
                last.emitted.extend(draft.emitted);
            }
            _ => together.push(draft),
        }
    }
    together
}

/// Groups of one rule at most; those that come later are not remembered, and that is said.
pub(super) const MOST_GROUPS: usize = 100_000;
/// Things that one rule remembers at most.
pub(super) const MOST_ITEMS: usize = 4_000_000;

/// Groups that changed since they were last taken out. Each group knows whether it is among them: a set would cost more.
#[derive(Default)]
pub(super) struct Changed(Vec<u32>);

impl Changed {
    /// Adds a group, unless it is among them.
    fn add(&mut self, group: u32, is_changed: &mut bool) {
        if !std::mem::replace(is_changed, true) {
            self.0.push(group);
        }
    }

    /// All of them, in order.
    fn take(&mut self) -> Vec<u32> {
        let mut changed = std::mem::take(&mut self.0);
        changed.sort_unstable();
        // One that was forgotten and came again was added twice.
        changed.dedup();
        changed
    }
}

/// Items by group, sorted when they are looked at.
pub(super) struct Groups<T> {
    by_number: HashMap<u32, Group<T>>,
    changed: Changed,
    items: usize,
    /// What was not remembered.
    pub(super) overflow: u64,
}

struct Group<T> {
    items: Vec<T>,
    sorted: bool,
    is_changed: bool,
}

/// What groups are made of.
pub(super) trait Item: Copy + Ord {
    fn at(&self) -> At;
}

impl Item for At {
    fn at(&self) -> At {
        *self
    }
}

impl<T> Default for Groups<T> {
    fn default() -> Self {
        Self { by_number: HashMap::new(), changed: Changed::default(), items: 0, overflow: 0 }
    }
}

impl<T: Item> Groups<T> {
    pub(super) fn add(&mut self, group: u32, item: T) {
        let is_full = self.items >= MOST_ITEMS || self.by_number.len() >= MOST_GROUPS && !self.by_number.contains_key(&group);
        if is_full {
            self.overflow += 1;
            return;
        }
        let known = self.by_number.entry(group).or_insert_with(|| Group { items: Vec::new(), sorted: true, is_changed: false });
        known.sorted &= known.items.last().is_none_or(|last| *last <= item);
        if known.items.len() == known.items.capacity() {
            // A quarter more at a time: twice as much would leave a third of all of it empty.
            known.items.reserve_exact((known.items.len() / 4).max(4));
        }
        known.items.push(item);
        self.items += 1;
        self.changed.add(group, &mut known.is_changed);
    }

    /// Groups that changed since the last time.
    pub(super) fn dirty(&self) -> impl Iterator<Item = u32> + '_ {
        self.changed.0.iter().copied()
    }

    /// What is in a group, in no order.
    pub(super) fn items(&self, group: u32) -> &[T] {
        self.by_number.get(&group).map(|group| group.items.as_slice()).unwrap_or_default()
    }

    /// Forgets a group, and gives what was in it.
    pub(super) fn take(&mut self, group: u32) -> Vec<T> {
        let items = self.by_number.remove(&group).map(|group| group.items).unwrap_or_default();
        self.items -= items.len();
        items
    }

    /// Nothing counts as changed any more; gives what did, in order.
    pub(super) fn clean(&mut self) -> Vec<u32> {
        let changed = self.changed.take();
        for number in &changed {
            if let Some(group) = self.by_number.get_mut(number) {
                group.is_changed = false;
            }
        }
        changed
    }

    /// Forgets what may have changed.
    pub(super) fn drop_volatile(&mut self) {
        for (number, group) in &mut self.by_number {
            let before = group.items.len();
            group.items.retain(|item| !item.at().volatile);
            if group.items.len() < before {
                self.items -= before - group.items.len();
                self.changed.add(*number, &mut group.is_changed);
            }
        }
    }

    /// Calls with each group that changed since the last time, sorted and each item once.
    pub(super) fn changed(&mut self, mut each: impl FnMut(u32, &[T])) {
        for number in self.clean() {
            let Some(group) = self.by_number.get_mut(&number) else { continue };
            if !group.sorted {
                group.items.sort_unstable();
                group.sorted = true;
            }
            let before = group.items.len();
            group.items.dedup();
            self.items -= before - group.items.len();
            each(number, &group.items);
            if group.items.is_empty() {
                self.by_number.remove(&number);
            }
        }
    }
}
