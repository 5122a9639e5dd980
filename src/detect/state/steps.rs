//! Steps that come together within a window of time, in any order or in theirs.

use super::{At, Draft, Groups, Item, collapsed};
use crate::detect::sigma::{Correlation, Kind, StepsWanted};
use crate::model::{Baseline, EventId, MOST_EVENTS, Step, Timestamp};

/// One event that is a step. The order among events of one instant is that of the steps: a step may share its instant with the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::detect) struct Taken {
    pub(in crate::detect) at: At,
    pub(in crate::detect) step: u8,
    /// What must differ between steps, by number; 0 where nothing must.
    pub(in crate::detect) value: u32,
}

impl PartialOrd for Taken {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Taken {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let key = |taken: &Self| (taken.at.millis, taken.step, taken.at.tie, taken.at.event, taken.value, taken.at.volatile);
        key(self).cmp(&key(other))
    }
}

impl Item for Taken {
    fn at(&self) -> At {
        self.at
    }
}

/// What a sequence rule remembers.
#[derive(Default)]
pub(in crate::detect) struct Sequences {
    pub(in crate::detect) groups: Groups<Taken>,
}

/// Steps of a rule at most.
pub(in crate::detect) const MOST_STEPS: usize = 16;

impl Sequences {
    /// What each group that changed fires now. `titles` are those of the steps' rules.
    pub(in crate::detect) fn fire(
        &mut self,
        correlation: &Correlation,
        distinct: bool,
        titles: &[String],
        collapse_ms: i64,
        each: &mut dyn FnMut(u32, Vec<Draft>),
    ) {
        let ordered = correlation.kind == Kind::Steps { ordered: true };
        self.groups.changed(|group, items| {
            let chains = if ordered { in_order(correlation, distinct, items) } else { in_any_order(correlation, distinct, items) };
            let drafts = chains.into_iter().filter_map(|chain| {
                let crossing = crossing(&chain)?;
                let mut all: Vec<At> = chain.iter().map(|taken| taken.at).collect();
                all.sort_unstable();
                all.dedup_by(|one, other| one.is(*other));
                let mut draft = Draft::of(group, crossing, &all);
                let step = |taken: &Taken| Step {
                    rule: titles.get(usize::from(taken.step)).cloned().unwrap_or_default(),
                    event: EventId(taken.at.event),
                    at: Timestamp::from_millis(taken.at.millis),
                };
                draft.baseline = Some(Baseline::Sequence { window_ms: correlation.timespan_ms, ordered, steps: chain.iter().map(step).collect() });
                Some(draft)
            });
            each(group, collapsed(drafts.collect(), collapse_ms));
        });
    }
}

/// The event that completed the steps first: the last of those that came together, before it went on.
fn crossing(chain: &Chain) -> Option<At> {
    let mut seen = 0_u32;
    let steps = chain.iter().fold(0_u32, |steps, taken| steps | 1 << taken.step);
    let mut sorted: Vec<&Taken> = chain.iter().collect();
    sorted.sort_unstable();
    sorted.into_iter().find_map(|taken| {
        seen |= 1 << taken.step;
        (seen == steps).then_some(taken.at)
    })
}

/// A beginning of the sequence: its steps so far.
type Chain = Vec<Taken>;

/// For each step the beginnings that end with it: the one that began latest, and the one that began latest among those that end with
/// another event (and value), since no event is two steps.
#[derive(Clone, Default)]
struct Best(Vec<Chain>);

impl Best {
    fn offer(&mut self, chain: Chain) {
        let began = |chain: &Chain| chain.first().map(|taken| taken.at);
        let last = |chain: &Chain| chain.last().map(|taken| (taken.at.event, taken.value));
        if let Some(known) = self.0.iter_mut().find(|known| last(known) == last(&chain)) {
            if began(&chain) > began(known) {
                *known = chain;
            }
        } else {
            self.0.push(chain);
        }
        self.0.sort_by_key(|chain| std::cmp::Reverse(began(chain)));
        self.0.truncate(4);
    }
}

fn in_order(correlation: &Correlation, distinct: bool, items: &[Taken]) -> Vec<Chain> {
    let count = correlation.rules.len().min(MOST_STEPS);
    let mut best = vec![Best::default(); count];
    let mut fired: Vec<Chain> = Vec::new();
    for taken in items {
        let step = usize::from(taken.step);
        let fits = |chain: &&Chain| {
            let is_near = chain.first().is_some_and(|first| taken.at.millis.saturating_sub(first.at.millis) <= correlation.timespan_ms);
            is_near && chain.iter().all(|other| !other.at.is(taken.at) && !(distinct && other.value == taken.value))
        };
        let chain = match step.checked_sub(1) {
            None => Some(vec![*taken]),
            Some(before) => best.get(before).and_then(|best| best.0.iter().find(fits)).map(|chain| {
                let mut chain = chain.clone();
                chain.push(*taken);
                chain
            }),
        };
        let Some(chain) = chain else { continue };
        if step + 1 == count {
            push(&mut fired, chain);
        } else if let Some(best) = best.get_mut(step) {
            best.offer(chain);
        }
    }
    fired
}

fn in_any_order(correlation: &Correlation, distinct: bool, items: &[Taken]) -> Vec<Chain> {
    let count = correlation.rules.len().min(MOST_STEPS);
    // Of each step the latest event; the latest of as many values as there are steps, where values must differ.
    let mut latest: Vec<Vec<Taken>> = vec![Vec::new(); count];
    let mut fired: Vec<Chain> = Vec::new();
    for (place, taken) in items.iter().enumerate() {
        if let Some(known) = latest.get_mut(usize::from(taken.step)) {
            known.retain(|other| distinct && other.value != taken.value);
            known.insert(0, *taken);
            known.truncate(count);
        }
        // Events of one instant are looked at together: which of them comes first nobody can tell.
        if items.get(place + 1).is_some_and(|next| next.at.millis == taken.at.millis) {
            continue;
        }
        let inside = |other: &&Taken| taken.at.millis.saturating_sub(other.at.millis) <= correlation.timespan_ms;
        let present: Vec<Vec<Taken>> = latest.iter().map(|known| known.iter().filter(inside).copied().collect()).collect();
        if wanted(&correlation.wanted, &present)
            && let Some(chain) = chosen(&correlation.wanted, &present, distinct)
        {
            push(&mut fired, chain);
        }
    }
    fired
}

/// Steps that share events with those that fired before, or lie between them, are the same firing going on.
fn push(fired: &mut Vec<Chain>, chain: Chain) {
    let begins = chain.iter().map(|taken| taken.at.millis).min();
    match fired.last_mut() {
        Some(last) if last.iter().map(|taken| taken.at.millis).max() >= begins => {
            let new: Vec<Taken> = chain.into_iter().filter(|taken| !last.contains(taken)).collect();
            let room = MOST_EVENTS.saturating_sub(last.len());
            last.extend(new.into_iter().take(room));
        }
        _ => fired.push(chain),
    }
}

fn wanted(wanted: &StepsWanted, present: &[Vec<Taken>]) -> bool {
    match wanted {
        StepsWanted::Step(step) => present.get(*step).is_some_and(|found| !found.is_empty()),
        StepsWanted::All(parts) => parts.iter().all(|part| self::wanted(part, present)),
        StepsWanted::Any(parts) => parts.iter().any(|part| self::wanted(part, present)),
        StepsWanted::Not(part) => !self::wanted(part, present),
    }
}

/// The latest event of each step that is there and counts; where values must differ, a choice in which they do.
fn chosen(wanted: &StepsWanted, present: &[Vec<Taken>], distinct: bool) -> Option<Chain> {
    let mut steps = Vec::new();
    named(wanted, present, &mut steps);
    steps.sort_unstable();
    steps.dedup();
    let mut chain = Vec::new();
    if !distinct {
        chain.extend(steps.iter().filter_map(|step| present.get(*step)?.first().copied()));
    } else if !choose(&steps, present, &mut chain) {
        return None;
    }
    chain.sort_unstable();
    Some(chain)
}

fn named(wanted: &StepsWanted, present: &[Vec<Taken>], steps: &mut Vec<usize>) {
    match wanted {
        StepsWanted::Step(step) if present.get(*step).is_some_and(|found| !found.is_empty()) => steps.push(*step),
        StepsWanted::All(parts) | StepsWanted::Any(parts) => parts.iter().for_each(|part| named(part, present, steps)),
        StepsWanted::Step(_) | StepsWanted::Not(_) => {}
    }
}

fn choose(steps: &[usize], present: &[Vec<Taken>], chain: &mut Chain) -> bool {
    let Some((step, rest)) = steps.split_first() else { return true };
    for taken in present.get(*step).into_iter().flatten() {
        if chain.iter().all(|other| other.value != taken.value && !other.at.is(taken.at)) {
            chain.push(*taken);
            if choose(rest, present, chain) {
                return true;
            }
            chain.pop();
        }
    }
    false
}
