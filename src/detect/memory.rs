//! What rules remember of the events that were selected: the taker of the selection. Late rules, which ask what only the whole case
//! tells, wait here for each state of the case.

use std::rc::Rc;

use hashbrown::HashMap;

use super::facts::Seat;
use super::kinds::Candidate;
use super::lookup::Amount;
use super::place::{Located, Place};
use super::plan::{Feed, GroupBy, Plan, State};
use super::rule::{How, Rule};
use super::select::{Taker, Waits};
use super::sigma::Truth;
use super::state::At;
use super::state::steps::Taken;
use super::view::{View, Words};
use crate::case::LeanColumn;

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
    pub(super) seat: Seat,
    tie: u64,
    /// By comparison; `None` when it is selected whatever the case says.
    pub(super) truths: Option<Rc<[Truth]>>,
    /// Its record was read: nothing but the case can tell more.
    pub(super) is_read: bool,
    /// With the place of the feed among the rule's.
    pub(super) portions: Rc<[(u32, Portion)]>,
}

impl Waiting {
    pub(super) fn at(&self) -> At {
        let event = self.seat.event;
        At { millis: event.millis, tie: self.tie, event: event.id.0, strand: event.strand() as u8, volatile: true }
    }
}

/// Events that wait at most.
const MOST_WAITING: usize = 2_000_000;

/// Everything that is remembered.
pub(super) struct Memory {
    pub(super) states: Vec<State>,
    pub(super) words: Words,
    pub(super) waiting: Vec<Waiting>,
    /// Events that were one too many to wait.
    pub(super) turned_away: u64,
    /// By the number of a name in the case: its word. Most groups are one column.
    of_name: Vec<u32>,
    /// By the numbers of two or three names: the word of all of them.
    of_names: HashMap<[u32; 3], u32>,
    /// By the number of an actor: is it a service of AWS?
    services: HashMap<u32, bool>,
    /// What comparisons told of events that wait: few differ.
    told: HashMap<Vec<Truth>, Rc<[Truth]>>,
    /// What a feed takes of an event that another rule fired for: by feed and event, so that it is read once.
    pub(super) portions: HashMap<(usize, u8, u32), Vec<Portion>>,
}

/// What an event has of fields that count together.
enum Word {
    /// It lacks one of them.
    None,
    One(u32),
    /// Not told by columns alone: several, perhaps.
    Several,
}

/// The memory with the rules it is of: what takes selected events.
pub(super) struct Remembering<'d> {
    pub(super) rules: &'d [Rule],
    pub(super) plan: &'d Plan,
    pub(super) memory: &'d mut Memory,
}

impl Memory {
    pub(super) fn new(rules: &[Rule]) -> Self {
        Self {
            states: Plan::states(rules),
            words: Words::default(),
            waiting: Vec::new(),
            turned_away: 0,
            of_name: Vec::new(),
            of_names: HashMap::new(),
            services: HashMap::new(),
            told: HashMap::new(),
            portions: HashMap::new(),
        }
    }

    /// Remembers an event for a feed.
    pub(super) fn put(&mut self, rules: &[Rule], feed: &Feed, at: At, portion: &Portion) {
        let (Some(state), Some(rule)) = (self.states.get_mut(feed.rule), rules.get(feed.rule)) else { return };
        match (state, &rule.how) {
            (State::Plain(plain), _) => plain.groups.add(portion.group, at),
            (State::Windows(windows), _) => windows.add(portion.group, at, portion.value, portion.number),
            (State::Sequences(steps), _) => steps.groups.add(portion.group, Taken { at, step: feed.step, value: portion.value }),
            (State::Sightings(seen), How::FirstSeen(how)) => seen.add(portion.group, portion.value, at, how.retention_ms),
            (State::Buckets(buckets), How::Outlier(how)) => buckets.add(portion.group, at.millis, portion.number, how),
            _ => {}
        }
    }

    /// Calls with each portion that a feed takes of an event: none when it lacks what it is grouped by; several where a field is a list.
    pub(super) fn portioned(&mut self, feed: &Feed, view: &View<'_>, each: &mut dyn FnMut(&mut Self, Portion)) {
        if feed.people_only && self.is_service(view) {
            return;
        }
        let number = match &feed.number {
            None => 1.0,
            Some(field) => match view.number(field) {
                Some(number) => number,
                None => return,
            },
        };
        let group = match &feed.group {
            GroupBy::All(fields) => self.word(fields, view),
            GroupBy::First(fields) => {
                let words = fields.iter().map(|field| self.word(std::slice::from_ref(field), view));
                let mut words = words.skip_while(|word| matches!(word, Word::None));
                words.next().unwrap_or(Word::None)
            }
        };
        let value = if feed.value.is_empty() { Word::One(0) } else { self.word(&feed.value, view) };
        match (group, value) {
            (Word::None, _) | (_, Word::None) => {}
            (Word::One(group), Word::One(value)) => each(self, Portion { group, value, number }),
            _ => {
                for portion in self.several(feed, view, number) {
                    each(self, portion);
                }
            }
        }
    }

    /// The portions as a list.
    pub(super) fn portions(&mut self, feed: &Feed, view: &View<'_>) -> Vec<Portion> {
        let mut portions = Vec::new();
        self.portioned(feed, view, &mut |_, portion| portions.push(portion));
        portions
    }

    fn is_service(&mut self, view: &View<'_>) -> bool {
        let is_service = || view.texts("x.actor").first().is_some_and(|actor| actor.starts_with("service:"));
        match view.lean.column(LeanColumn::Actor) {
            0 => false,
            actor => *self.services.entry(actor).or_insert_with(is_service),
        }
    }

    /// The word for fields that are columns, all of them.
    fn word(&mut self, fields: &[Located], view: &View<'_>) -> Word {
        let shape = view.shape();
        let mut numbers = [0; 3];
        for (at, field) in fields.iter().enumerate() {
            let (Some(slot), Place::Column(column)) = (numbers.get_mut(at), field.place(shape)) else { return Word::Several };
            *slot = view.lean.column(column);
            if *slot == 0 {
                return Word::None;
            }
        }
        let known = match (fields, numbers) {
            ([_], [number, ..]) => self.of_name.get(number as usize).copied().filter(|word| *word != 0),
            (_, numbers) => self.of_names.get(&numbers).copied(),
        };
        if let Some(word) = known {
            return Word::One(word);
        }
        let texts: Vec<String> = fields.iter().filter_map(|field| view.texts_at(field.place(shape), &field.name).pop()).collect();
        if texts.len() < fields.len() {
            return Word::None;
        }
        let Some(word) = self.words.number(&texts.iter().map(String::as_str).collect::<Vec<_>>()) else { return Word::None };
        match (fields, numbers) {
            ([_], [number, ..]) => {
                if self.of_name.len() <= number as usize {
                    self.of_name.resize(number as usize + 1, 0);
                }
                if let Some(slot) = self.of_name.get_mut(number as usize) {
                    *slot = word;
                }
            }
            (_, numbers) => {
                self.of_names.insert(numbers, word);
            }
        }
        Word::One(word)
    }

    fn several(&mut self, feed: &Feed, view: &View<'_>, number: f64) -> Vec<Portion> {
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
    fn ways(&mut self, fields: &[Located], view: &View<'_>) -> Vec<u32> {
        match self.word(fields, view) {
            Word::None => return Vec::new(),
            Word::One(word) => return vec![word],
            Word::Several => {}
        }
        let mut ways: Vec<Vec<String>> = vec![Vec::new()];
        for field in fields {
            let texts = view.texts_at(field.place(view.shape()), &field.name);
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
            Some(State::Windows(windows)) => windows.groups.overflow + windows.unsure.overflow,
            Some(State::Sequences(steps)) => steps.groups.overflow,
            Some(State::Sightings(seen)) => seen.overflow,
            Some(State::Buckets(buckets)) => buckets.overflow,
            Some(State::None) | None => 0,
        }
    }
}

/// The event of a view, as rules remember it.
fn at_of(view: &View<'_>) -> At {
    let event = view.lean.event;
    At { millis: event.millis, tie: view.lean.tie(), event: event.id.0, strand: event.strand() as u8, volatile: false }
}

impl Remembering<'_> {
    /// What the feeds of a rule take of an event, with the places of the feeds.
    fn portions(&mut self, candidate: &Candidate, view: &View<'_>) -> Rc<[(u32, Portion)]> {
        let mut taken = || {
            let mut portions = Vec::new();
            for (feed, at) in self.plan.selected.get(candidate.rule).into_iter().flatten().zip(0..) {
                self.memory.portioned(feed, view, &mut |_, portion| portions.push((at, portion)));
            }
            portions.into()
        };
        match &candidate.portions {
            Some(known) => Rc::clone(known.get_or_init(taken)),
            None => taken(),
        }
    }
}

impl Taker for Remembering<'_> {
    fn take(&mut self, candidate: &Candidate, view: &View<'_>, waits: Option<Waits>) {
        let rule = candidate.rule;
        let feeds = self.plan.selected.get(rule).map(Vec::as_slice).unwrap_or_default();
        // What late rules feed is emptied before each look at the case: all of their events wait.
        if self.plan.late.get(rule).copied().unwrap_or(false) {
            if self.memory.waiting.len() >= MOST_WAITING {
                self.memory.turned_away += 1;
                return;
            }
            let portions = self.portions(candidate, view);
            let memory = &mut *self.memory;
            let is_read = waits.as_ref().is_none_or(|waits| waits.is_read);
            let truths = waits.map(|waits| memory.told.entry(waits.truths).or_insert_with_key(|truths| truths.as_slice().into()).clone());
            if memory.waiting.len() == memory.waiting.capacity() {
                // A quarter more: many events may wait, and twice as much room is too much.
                memory.waiting.reserve_exact(memory.waiting.len() / 4 + 1_024);
            }
            memory.waiting.push(Waiting { rule, seat: Seat::of(view.lean), tie: view.lean.tie(), truths, is_read, portions });
            return;
        }
        let at = at_of(view);
        if candidate.portions.is_some() {
            for (feed, portion) in self.portions(candidate, view).iter() {
                if let Some(feed) = feeds.get(*feed as usize) {
                    self.memory.put(self.rules, feed, at, portion);
                }
            }
            return;
        }
        for feed in feeds {
            self.memory.portioned(feed, view, &mut |memory, portion| memory.put(self.rules, feed, at, &portion));
        }
    }

    fn suspect(&mut self, candidate: &Candidate, view: &View<'_>) -> bool {
        let at = at_of(view);
        for feed in self.plan.selected.get(candidate.rule).into_iter().flatten() {
            self.memory.portioned(feed, view, &mut |memory, Portion { group, value, number }| {
                if let Some(State::Windows(windows)) = memory.states.get_mut(feed.rule) {
                    windows.suspect(group, at, value, number);
                }
            });
        }
        true
    }
}

/// Remembers, for one rule, events of which it was unsure and is no longer.
pub(super) struct Verifying<'d> {
    pub(super) rules: &'d [Rule],
    pub(super) plan: &'d Plan,
    pub(super) memory: &'d mut Memory,
    pub(super) to: usize,
}

impl Taker for Verifying<'_> {
    fn take(&mut self, candidate: &Candidate, view: &View<'_>, _waits: Option<Waits>) {
        let at = at_of(view);
        for feed in self.plan.selected.get(candidate.rule).into_iter().flatten().filter(|feed| feed.rule == self.to) {
            self.memory.portioned(feed, view, &mut |memory, portion| memory.put(self.rules, feed, at, &portion));
        }
    }

    fn suspect(&mut self, _candidate: &Candidate, _view: &View<'_>) -> bool {
        false
    }
}

/// Finds out whether an event is selected, what a feed takes of it, and whose it is: for looking events up again.
pub(super) struct Finding<'d> {
    pub(super) rule: usize,
    pub(super) feed: &'d Feed,
    pub(super) whose: &'d Feed,
    pub(super) group: u32,
    pub(super) memory: &'d mut Memory,
    pub(super) found: Vec<Amount>,
}

impl Taker for Finding<'_> {
    fn take(&mut self, candidate: &Candidate, view: &View<'_>, waits: Option<Waits>) {
        if candidate.rule == self.rule && waits.is_none() {
            let at = at_of(view);
            let portions = self.memory.portions(self.feed, view);
            let whose = self.memory.portions(self.whose, view).first().map_or(0, |portion| portion.group);
            self.found.extend(portions.iter().filter(|portion| portion.group == self.group).map(|portion| (at, portion.number, whose)));
        }
    }

    fn suspect(&mut self, _candidate: &Candidate, _view: &View<'_>) -> bool {
        false
    }
}
