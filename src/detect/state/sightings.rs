//! Values that were seen, by group: when one is new. A value's sightings are kept as stretches of time with no gap longer than the
//! retention, which is all that "new again" depends on.

use hashbrown::hash_map::Entry;
use hashbrown::{HashMap, HashSet};

use super::{At, Draft, MOST_GROUPS};
use crate::case::LearntRow;
use crate::detect::block::NewGroup;
use crate::detect::rule::FirstSeen;
use crate::detect::view::BETWEEN;
use crate::model::{Baseline, Level, MOST_VALUES, Timestamp};

/// Sightings with no gap longer than the retention.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Stretch {
    first: At,
    last: i64,
    count: u32,
}

#[derive(Clone, Debug)]
struct Seen {
    first: Stretch,
    /// Those after it, in order of time; nearly always none.
    later: Vec<Stretch>,
}

/// What a rule of first sightings remembers.
#[derive(Default)]
pub(in crate::detect) struct Sightings {
    /// By group and value.
    seen: HashMap<(u32, u32), Seen>,
    groups: HashMap<u32, Values>,
    dirty: HashSet<u32>,
    /// What was not remembered.
    pub(in crate::detect) overflow: u64,
    /// The span of the evidence when it was looked at last.
    history: Option<History>,
}

/// The values of one group, and when the last of them was new: first seen, or new again.
#[derive(Default)]
struct Values {
    values: Vec<u32>,
    latest: i64,
}

/// What an event that is not in the case counts as.
const OUTSIDE: u32 = 0;
/// The first values of a new group belong to one signal within so long.
const FIRST_DAY_MS: i64 = 86_400_000;
/// Values of one rule that are remembered at most.
const MOST_SEEN: usize = 2_000_000;

/// How far the evidence reaches back, and to where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::detect) struct History {
    pub(in crate::detect) since: i64,
    pub(in crate::detect) until: i64,
    /// Some of it is not in the case.
    pub(in crate::detect) outside: bool,
}

/// From when on new values are told, and whether that is sooner than the rule asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Learning {
    since: i64,
    until: i64,
    short: bool,
}

impl History {
    fn learning(self, rule: &FirstSeen) -> Learning {
        let wanted = rule.tiers.first().map_or(rule.baseline_ms, |tier| tier.0);
        let length = self.until.saturating_sub(self.since).max(0);
        let short = length < wanted;
        let learnt = if short { length / 2 } else { wanted };
        Learning { since: self.since, until: self.since.saturating_add(learnt), short }
    }
}

impl Sightings {
    /// A value of a group at an event.
    pub(in crate::detect) fn add(&mut self, group: u32, value: u32, at: At, retention_ms: i64) {
        self.put(group, value, Stretch { first: at, last: at.millis, count: 1 }, retention_ms);
    }

    /// A value that was seen in other evidence.
    pub(in crate::detect) fn add_outside(&mut self, group: u32, value: u32, first: i64, last: i64, retention_ms: i64) {
        let first = At { millis: first, tie: 0, event: OUTSIDE, strand: 0, volatile: false };
        self.put(group, value, Stretch { first, last, count: 0 }, retention_ms);
    }

    fn put(&mut self, group: u32, value: u32, stretch: Stretch, retention_ms: i64) {
        let is_full = self.seen.len() >= MOST_SEEN;
        match self.seen.entry((group, value)) {
            Entry::Occupied(mut seen) => {
                // What goes on changes nothing that fires, unless something was new after it.
                let mut changes = seen.get_mut().add(stretch, retention_ms);
                if let Some(values) = self.groups.get_mut(&group) {
                    changes |= stretch.first.millis <= values.latest;
                    if changes {
                        values.latest = values.latest.max(stretch.first.millis);
                    }
                }
                if changes {
                    self.dirty.insert(group);
                }
            }
            Entry::Vacant(free) => {
                if is_full || self.groups.len() >= MOST_GROUPS && !self.groups.contains_key(&group) {
                    self.overflow += 1;
                    return;
                }
                free.insert(Seen { first: stretch, later: Vec::new() });
                let values = self.groups.entry(group).or_insert_with(|| Values { values: Vec::new(), latest: i64::MIN });
                values.values.push(value);
                values.latest = values.latest.max(stretch.first.millis);
                self.dirty.insert(group);
            }
        }
    }

    /// What is known, for another case.
    pub(in crate::detect) fn learnt(&self, rule: &str, name: &dyn Fn(u32) -> Vec<String>, rows: &mut Vec<LearntRow>) {
        for ((group, value), seen) in &self.seen {
            rows.extend(seen.stretches().map(|stretch| LearntRow {
                rule: rule.to_owned(),
                group: name(*group),
                value: Some(name(*value).join(BETWEEN)),
                first: Timestamp::from_millis(stretch.first.millis),
                last: Timestamp::from_millis(stretch.last),
                amount: f64::from(stretch.count),
            }));
        }
    }

    /// Forgets everything, to be told again.
    pub(in crate::detect) fn clear(&mut self) {
        self.dirty.extend(self.groups.keys());
        self.seen.clear();
        self.groups.clear();
    }

    /// What each group that changed fires now; all of them when the evidence reaches further.
    pub(in crate::detect) fn fire(
        &mut self,
        rule: &FirstSeen,
        weight: u8,
        history: History,
        name: &dyn Fn(u32) -> Vec<String>,
        each: &mut dyn FnMut(u32, Vec<Draft>),
    ) {
        let learning = history.learning(rule);
        if self.history.replace(history).is_none_or(|before| before.learning(rule) != learning) {
            self.dirty.extend(self.groups.keys());
        }
        let mut dirty: Vec<u32> = self.dirty.drain().collect();
        dirty.sort_unstable();
        for group in dirty {
            each(group, self.of_group(group, rule, weight, history, learning, name));
        }
    }

    fn of_group(
        &self,
        group: u32,
        rule: &FirstSeen,
        weight: u8,
        history: History,
        learning: Learning,
        name: &dyn Fn(u32) -> Vec<String>,
    ) -> Vec<Draft> {
        let Some(values) = self.groups.get(&group) else { return Vec::new() };
        let mut stretches: Vec<(Stretch, u32)> = Vec::new();
        for value in &values.values {
            stretches.extend(self.seen.get(&(group, *value)).into_iter().flat_map(Seen::stretches).map(|stretch| (stretch, *value)));
        }
        stretches.sort_unstable_by_key(|(stretch, value)| (stretch.first, *value));
        let is_grouped = !rule.group_by.is_empty();
        let mut drafts: Vec<Draft> = Vec::new();
        let mut known = HashSet::new();
        // The last sighting of anything of the group so far, and the beginning of the group as it is known now.
        let (mut last_seen, mut begun, mut newborn): (Option<i64>, i64, Option<usize>) = (None, i64::MIN, None);
        for (place, (stretch, value)) in stretches.iter().enumerate() {
            let at = stretch.first;
            let known_total = (known.len() - usize::from(known.contains(value))) as u64;
            known.insert(*value);
            let is_new_group = is_grouped && last_seen.is_none_or(|last| at.millis.saturating_sub(last) > rule.retention_ms);
            last_seen = Some(last_seen.map_or(stretch.last, |last| last.max(stretch.last)));
            if is_new_group {
                (begun, newborn) = (at.millis, None);
            }
            if at.event == OUTSIDE || at.millis < learning.until {
                continue;
            }
            let in_first_day = is_grouped && begun >= learning.until && at.millis.saturating_sub(begun) < FIRST_DAY_MS;
            match rule.new_group {
                NewGroup::Ignore if is_new_group => continue,
                NewGroup::One if in_first_day && !is_new_group => {
                    if let Some(draft) = newborn.and_then(|at| drafts.get_mut(at)) {
                        add_value(draft, *stretch, &name(*value));
                        continue;
                    }
                }
                _ => {}
            }
            let mut draft = Draft::of(group, at, &[at]);
            draft.total = u64::from(stretch.count.min(1));
            draft.value = name(*value);
            // The most recent ones; who knows thousands is not read.
            let before = stretches.get(place.saturating_sub(MOST_VALUES * 4)..place).unwrap_or_default();
            let mut told: HashSet<u32> = std::iter::once(*value).collect();
            let recent = before.iter().rev().map(|(_, value)| *value).filter(|value| told.insert(*value)).take(MOST_VALUES);
            let recent = recent.map(|value| name(value).join(" ")).collect();
            let is_newborn = rule.new_group == NewGroup::One && is_new_group;
            draft.baseline = Some(Baseline::FirstSeen {
                group: Vec::new(),
                new: draft.value.clone(),
                learnt_since: Some(Timestamp::from_millis(learning.since)),
                learnt_until: Some(Timestamp::from_millis(learning.until)),
                retention_ms: rule.retention_ms,
                known: recent,
                known_total,
                short: learning.short,
                new_group: is_newborn,
                outside: history.outside,
            });
            weigh(&mut draft, rule, weight, learning);
            if is_newborn {
                newborn = Some(drafts.len());
            }
            drafts.push(draft);
        }
        drafts
    }
}

/// One more first value of a new group.
fn add_value(draft: &mut Draft, stretch: Stretch, value: &[String]) {
    draft.last = draft.last.max(stretch.first.millis);
    draft.total += 1;
    draft.firings += 1;
    if draft.events.len() < crate::model::MOST_EVENTS {
        draft.events.push(stretch.first);
    }
    draft.emitted.push(stretch.first);
    if let Some(Baseline::FirstSeen { new, .. }) = &mut draft.baseline
        && new.len() < MOST_VALUES
    {
        new.push(value.join(" "));
    }
}

/// The weight by the length of history at that moment.
fn weigh(draft: &mut Draft, rule: &FirstSeen, weight: u8, learning: Learning) {
    let history = draft.at.millis.saturating_sub(learning.since);
    let days = |millis: i64| millis / 86_400_000;
    if let Some((span, tier)) = rule.tiers.iter().rev().find(|(span, _)| history >= *span).or(rule.tiers.first()).filter(|_| !learning.short) {
        draft.weight = Some(*tier);
        draft.weighed.push(format!("{tier} because there are {} days of history or more before it", days(*span)));
        return;
    }
    if learning.short {
        let own = rule.tiers.first().map_or(weight, |tier| tier.1);
        let less = one_level_lower(own);
        let wanted = rule.tiers.first().map_or(rule.baseline_ms, |tier| tier.0);
        draft.weight = Some(less);
        let short = if less == own { format!("{own} stands") } else { format!("{own} → {less}") };
        draft.weighed.push(format!(
            "short baseline: {short}; the rule wants {} days of history, the first half of {} hours was learnt from",
            days(wanted),
            learning.until.saturating_sub(learning.since) * 2 / 3_600_000
        ));
    }
}

/// The weight one level lower, but not nothing.
fn one_level_lower(weight: u8) -> u8 {
    match Level::of(weight) {
        Level::Critical => Level::High.weight(),
        Level::High => Level::Medium.weight(),
        Level::Medium | Level::Low => Level::Low.weight().min(weight),
        Level::Informational => weight,
    }
}

impl Seen {
    fn stretches(&self) -> impl Iterator<Item = Stretch> + '_ {
        std::iter::once(self.first).chain(self.later.iter().copied())
    }

    /// Adds a stretch, and joins those that are near enough now. Says whether what fires may have changed.
    fn add(&mut self, stretch: Stretch, retention_ms: i64) -> bool {
        if self.later.is_empty() && stretch.first >= self.first.first && stretch.first.millis <= self.first.last.saturating_add(retention_ms) {
            // The common case: once more, soon after.
            self.first.last = self.first.last.max(stretch.last);
            self.first.count = self.first.count.saturating_add(stretch.count);
            return false;
        }
        let mut all: Vec<Stretch> = self.stretches().chain([stretch]).collect();
        all.sort_unstable_by_key(|stretch| stretch.first);
        let mut joined: Vec<Stretch> = Vec::with_capacity(all.len());
        for stretch in all {
            match joined.last_mut() {
                Some(last) if stretch.first.millis <= last.last.saturating_add(retention_ms) => {
                    last.last = last.last.max(stretch.last);
                    last.count = last.count.saturating_add(stretch.count);
                }
                _ => joined.push(stretch),
            }
        }
        let mut joined = joined.into_iter();
        if let Some(first) = joined.next() {
            self.first = first;
        }
        self.later = joined.collect();
        true
    }
}
