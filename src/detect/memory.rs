//! What rules remember of the events that were selected: the taker of the selection. Late rules, which ask what only the whole case
//! tells, wait here for each state of the case.

use std::collections::HashMap;

use super::plan::{Feed, GroupBy, Plan, State};
use super::rule::{How, Rule};
use super::select::Taker;
use super::sigma::Truth;
use super::state::At;
use super::state::steps::Taken;
use super::state::window::Counted;
use super::view::{View, Words};

/// Combinations of lists' elements that one event counts as, at most.
const MOST_WAYS: usize = 64;

/// An event with what a feed takes of it, ready to be remembered.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Portion {
    pub(super) group: u32,
    pub(super) value: u32,
    pub(super) number: f64,
}

/// An event that a late rule may select.
pub(super) struct Waiting {
    pub(super) rule: usize,
    pub(super) at: At,
    pub(super) truths: Vec<Truth>,
    /// By feed of the rule.
    pub(super) portions: Vec<Vec<Portion>>,
}

/// Everything that is remembered.
pub(super) struct Memory {
    pub(super) states: Vec<State>,
    pub(super) words: Words,
    pub(super) waiting: Vec<Waiting>,
    /// By the number of a name in the case: its word. Most groups are one column.
    of_name: Vec<u32>,
    /// What a feed takes of an event that another rule fired for: by feed and event, so that it is read once.
    pub(super) portions: HashMap<(usize, u8, u32), Vec<Portion>>,
}

/// The memory with the rules it is of: what takes selected events.
pub(super) struct Remembering<'d> {
    pub(super) rules: &'d [Rule],
    pub(super) plan: &'d Plan,
    pub(super) memory: &'d mut Memory,
}

impl Memory {
    pub(super) fn new(rules: &[Rule]) -> Self {
        Self { states: Plan::states(rules), words: Words::default(), waiting: Vec::new(), of_name: Vec::new(), portions: HashMap::new() }
    }

    /// Remembers an event for a feed.
    pub(super) fn put(&mut self, rules: &[Rule], feed: &Feed, at: At, portion: &Portion) {
        let (Some(state), Some(rule)) = (self.states.get_mut(feed.rule), rules.get(feed.rule)) else { return };
        match (state, &rule.how) {
            (State::Plain(plain), _) => plain.groups.add(portion.group, at),
            (State::Windows(windows), _) => windows.groups.add(portion.group, Counted { at, value: portion.value, number: portion.number }),
            (State::Sequences(steps), _) => steps.groups.add(portion.group, Taken { at, step: feed.step, value: portion.value }),
            (State::Sightings(seen), How::FirstSeen(how)) => seen.add(portion.group, portion.value, at, how.retention_ms),
            (State::Buckets(buckets), How::Outlier(how)) => buckets.add(portion.group, at.millis, portion.number, how),
            _ => {}
        }
    }

    /// What a feed takes of an event: nothing when it lacks what it is grouped by; several where a field is a list.
    pub(super) fn portions(&mut self, feed: &Feed, view: &View<'_>) -> Vec<Portion> {
        if feed.people_only && view.texts("x.actor").first().is_some_and(|actor| actor.starts_with("service:")) {
            return Vec::new();
        }
        let number = match &feed.number {
            None => 1.0,
            Some(field) => match view.number(field) {
                Some(number) => number,
                None => return Vec::new(),
            },
        };
        let groups = match &feed.group {
            GroupBy::All(fields) => self.ways(fields, view),
            GroupBy::First(fields) => {
                fields.iter().map(|field| self.ways(std::slice::from_ref(field), view)).find(|ways| !ways.is_empty()).unwrap_or_default()
            }
        };
        let values = if feed.value.is_empty() { vec![0] } else { self.ways(&feed.value, view) };
        let pairs = groups.iter().flat_map(|group| values.iter().map(|value| Portion { group: *group, value: *value, number }));
        pairs.take(MOST_WAYS).collect()
    }

    /// The words for these fields of an event together: one for each element of a list.
    fn ways(&mut self, fields: &[String], view: &View<'_>) -> Vec<u32> {
        if let [field] = fields
            && let Some(name) = view.column_number(field)
        {
            if name == 0 {
                return Vec::new();
            }
            if let Some(word) = self.of_name.get(name as usize).copied().filter(|word| *word != 0) {
                return vec![word];
            }
            let Some(text) = view.texts(field).pop() else { return Vec::new() };
            let Some(word) = self.words.number(&[&text]) else { return Vec::new() };
            if self.of_name.len() <= name as usize {
                self.of_name.resize(name as usize + 1, 0);
            }
            if let Some(slot) = self.of_name.get_mut(name as usize) {
                *slot = word;
            }
            return vec![word];
        }
        let mut ways: Vec<Vec<String>> = vec![Vec::new()];
        for field in fields {
            let texts = view.texts(field);
            let longer = ways.iter().flat_map(|way| {
                texts.iter().map(|text| {
                    let mut way = way.clone();
                    way.push(text.clone());
                    way
                })
            });
            ways = longer.take(MOST_WAYS).collect();
        }
        let mut words: Vec<u32> = ways.iter().filter_map(|way| self.words.number(&way.iter().map(String::as_str).collect::<Vec<_>>())).collect();
        words.sort_unstable();
        words.dedup();
        words
    }

    /// Forgets what a rule was fed by what may have changed.
    pub(super) fn drop_volatile(&mut self, rule: usize) {
        match self.states.get_mut(rule) {
            Some(State::Plain(plain)) => plain.groups.drop_volatile(),
            Some(State::Windows(windows)) => windows.groups.drop_volatile(),
            Some(State::Sequences(steps)) => steps.groups.drop_volatile(),
            Some(State::Sightings(seen)) => seen.clear(),
            Some(State::Buckets(buckets)) => buckets.clear(),
            Some(State::None) | None => {}
        }
    }

    /// What a rule could not remember.
    pub(super) fn overflow(&self, rule: usize) -> u64 {
        match self.states.get(rule) {
            Some(State::Plain(plain)) => plain.groups.overflow,
            Some(State::Windows(windows)) => windows.groups.overflow,
            Some(State::Sequences(steps)) => steps.groups.overflow,
            Some(State::Sightings(seen)) => seen.overflow,
            Some(State::Buckets(buckets)) => buckets.overflow,
            Some(State::None) | None => 0,
        }
    }
}

/// The event of a view, as rules remember it.
pub(super) fn at_of(view: &View<'_>, volatile: bool) -> At {
    let event = view.lean.event;
    At { millis: event.millis, tie: view.lean.tie(), event: event.id.0, strand: event.strand() as u8, volatile }
}

impl Taker for Remembering<'_> {
    fn take(&mut self, rule: usize, view: &View<'_>, truths: Option<Vec<Truth>>) {
        let feeds = self.plan.selected.get(rule).map(Vec::as_slice).unwrap_or_default();
        let at = at_of(view, truths.is_some());
        if let Some(truths) = truths {
            let portions = feeds.iter().map(|feed| self.memory.portions(feed, view)).collect();
            self.memory.waiting.push(Waiting { rule, at, truths, portions });
            return;
        }
        for feed in feeds {
            for portion in self.memory.portions(feed, view) {
                self.memory.put(self.rules, feed, at, &portion);
            }
        }
    }
}

/// Finds out whether an event is selected and what a feed takes of it: for looking events up again.
pub(super) struct Finding<'d> {
    pub(super) rule: usize,
    pub(super) feed: &'d Feed,
    pub(super) group: u32,
    pub(super) memory: &'d mut Memory,
    pub(super) found: Vec<(At, f64)>,
}

impl Taker for Finding<'_> {
    fn take(&mut self, rule: usize, view: &View<'_>, truths: Option<Vec<Truth>>) {
        if rule == self.rule && truths.is_none() {
            let at = at_of(view, false);
            let portions = self.memory.portions(self.feed, view);
            self.found.extend(portions.iter().filter(|portion| portion.group == self.group).map(|portion| (at, portion.number)));
        }
    }
}
