//! Steps that come together within a window of time, in any order or in theirs.

use super::{At, Draft, Groups, Item, collapsed};
use crate::detect::sigma::{Correlation, Kind, StepsWanted};
use crate::model::{Baseline, EventId, Step, Timestamp};

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

/// A stretch of a group that fired: from the first event of the steps that came together to the last one while they went on.
struct Fired {
    from: usize,
    to: usize,
    /// The event that completed the steps first.
    crossed: usize,
    /// Steps, by bits, that count.
    steps: u32,
    /// The steps that completed it, in order.
    chain: Vec<usize>,
}

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
            let fired = if ordered { in_order(correlation, distinct, items) } else { in_any_order(correlation, distinct, items) };
            let drafts = fired.iter().filter_map(|fired| {
                let crossing = items.get(fired.crossed)?.at;
                let mut draft = Draft::of(group, crossing, &records(items, fired, distinct));
                let step = |taken: &Taken| Step {
                    rule: titles.get(usize::from(taken.step)).cloned().unwrap_or_default(),
                    event: EventId(taken.at.event),
                    at: Timestamp::from_millis(taken.at.millis),
                };
                let steps = fired.chain.iter().filter_map(|place| items.get(*place)).map(step).collect();
                draft.baseline = Some(Baseline::Sequence { window_ms: correlation.timespan_ms, ordered, steps });
                Some(draft)
            });
            each(group, collapsed(drafts.collect(), collapse_ms));
        });
    }
}

/// The records of a firing: all of its steps in that stretch of time; where values must differ, those that differ from one of each
/// other step.
fn records(items: &[Taken], fired: &Fired, distinct: bool) -> Vec<At> {
    let part = items.get(fired.from..=fired.to).unwrap_or_default();
    let counts = |taken: &&Taken| fired.steps >> taken.step & 1 == 1;
    // Of each step two values tell whether another one differs from one of them.
    let mut values: Vec<Vec<u32>> = vec![Vec::new(); MOST_STEPS];
    for taken in part.iter().filter(counts) {
        if let Some(known) = values.get_mut(usize::from(taken.step))
            && known.len() < 2
            && !known.contains(&taken.value)
        {
            known.push(taken.value);
        }
    }
    let differs = |taken: &&Taken| {
        let others = values.iter().enumerate().filter(|(step, known)| *step != usize::from(taken.step) && !known.is_empty());
        !distinct || others.into_iter().all(|(_, known)| known.iter().any(|value| *value != taken.value))
    };
    let mut all: Vec<At> = part.iter().filter(counts).filter(differs).map(|taken| taken.at).collect();
    all.sort_unstable();
    all.dedup_by(|one, other| one.is(*other));
    all
}

/// Adds a firing; one that overlaps with the last is the same going on.
fn push(fired: &mut Vec<Fired>, new: Fired) {
    match fired.last_mut() {
        Some(last) if new.from <= last.to => {
            last.from = last.from.min(new.from);
            last.to = last.to.max(new.to);
            last.steps |= new.steps;
        }
        _ => fired.push(new),
    }
}

/// A beginning of the sequence: the places of its steps so far.
type Chain = Vec<usize>;

/// For each step the beginnings that end with it: the one that began latest, and the ones that began latest among those that end with
/// another event or value, since no event is two steps and values may have to differ.
#[derive(Clone, Default)]
struct Best(Vec<Chain>);

impl Best {
    fn offer(&mut self, chain: Chain, items: &[Taken]) {
        let last = |chain: &Chain| chain.last().and_then(|place| items.get(*place)).map(|taken| (taken.at.event, taken.value));
        if let Some(known) = self.0.iter_mut().find(|known| last(known) == last(&chain)) {
            if chain.first() > known.first() {
                *known = chain;
            }
        } else {
            self.0.push(chain);
        }
        self.0.sort_by_key(|chain| std::cmp::Reverse(chain.first().copied()));
        self.0.truncate(4);
    }
}

fn in_order(correlation: &Correlation, distinct: bool, items: &[Taken]) -> Vec<Fired> {
    let count = correlation.rules.len().min(MOST_STEPS);
    let mut best = vec![Best::default(); count];
    let mut fired: Vec<Fired> = Vec::new();
    for (place, taken) in items.iter().enumerate() {
        let step = usize::from(taken.step);
        let fits = |chain: &&Chain| {
            let known = || chain.iter().filter_map(|place| items.get(*place));
            let is_near = known().next().is_some_and(|first| taken.at.millis.saturating_sub(first.at.millis) <= correlation.timespan_ms);
            is_near && known().all(|other| !(other.at.is(taken.at) || distinct && other.value == taken.value))
        };
        let chain = match step.checked_sub(1) {
            None => Some(vec![place]),
            Some(before) => best.get(before).and_then(|best| best.0.iter().find(fits)).map(|chain| {
                let mut chain = chain.clone();
                chain.push(place);
                chain
            }),
        };
        let Some(chain) = chain else { continue };
        if step + 1 == count {
            let from = chain.first().copied().unwrap_or(place);
            push(&mut fired, Fired { from, to: place, crossed: place, steps: u32::MAX, chain });
        } else if let Some(best) = best.get_mut(step) {
            best.offer(chain, items);
        }
    }
    fired
}

fn in_any_order(correlation: &Correlation, distinct: bool, items: &[Taken]) -> Vec<Fired> {
    let count = correlation.rules.len().min(MOST_STEPS);
    // Of each step the place of the latest event; of as many values as there are steps, where values must differ.
    let mut latest: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut fired: Vec<Fired> = Vec::new();
    let mut from = 0;
    for (place, taken) in items.iter().enumerate() {
        let inside = |other: &Taken| taken.at.millis.saturating_sub(other.at.millis) <= correlation.timespan_ms;
        while items.get(from).is_some_and(|first| !inside(first)) {
            from += 1;
        }
        if let Some(known) = latest.get_mut(usize::from(taken.step)) {
            known.retain(|other| distinct && items.get(*other).is_some_and(|other| other.value != taken.value));
            known.insert(0, place);
            known.truncate(count);
        }
        // Events of one instant are looked at together: which of them comes first nobody can tell.
        if items.get(place + 1).is_some_and(|next| next.at.millis == taken.at.millis) {
            continue;
        }
        let present: Vec<Vec<usize>> =
            latest.iter().map(|known| known.iter().copied().filter(|place| items.get(*place).is_some_and(inside)).collect()).collect();
        if wanted(&correlation.wanted, &present)
            && let Some(chain) = chosen(&correlation.wanted, &present, distinct, items)
        {
            let steps = chain.iter().filter_map(|place| items.get(*place)).fold(0, |steps, taken| steps | 1 << taken.step);
            push(&mut fired, Fired { from, to: place, crossed: place, steps, chain });
        }
    }
    fired
}

fn wanted(wanted: &StepsWanted, present: &[Vec<usize>]) -> bool {
    match wanted {
        StepsWanted::Step(step) => present.get(*step).is_some_and(|found| !found.is_empty()),
        StepsWanted::All(parts) => parts.iter().all(|part| self::wanted(part, present)),
        StepsWanted::Any(parts) => parts.iter().any(|part| self::wanted(part, present)),
        StepsWanted::Not(part) => !self::wanted(part, present),
    }
}

/// The latest event of each step that is there and counts; where values must differ, a choice in which they do.
fn chosen(wanted: &StepsWanted, present: &[Vec<usize>], distinct: bool, items: &[Taken]) -> Option<Chain> {
    let mut steps = Vec::new();
    named(wanted, present, &mut steps);
    steps.sort_unstable();
    steps.dedup();
    let mut chain = Vec::new();
    if !distinct {
        chain.extend(steps.iter().filter_map(|step| present.get(*step)?.first().copied()));
    } else if !choose(&steps, present, items, &mut chain) {
        return None;
    }
    chain.sort_unstable();
    Some(chain)
}

fn named(wanted: &StepsWanted, present: &[Vec<usize>], steps: &mut Vec<usize>) {
    match wanted {
        StepsWanted::Step(step) if present.get(*step).is_some_and(|found| !found.is_empty()) => steps.push(*step),
        StepsWanted::All(parts) | StepsWanted::Any(parts) => parts.iter().for_each(|part| named(part, present, steps)),
        StepsWanted::Step(_) | StepsWanted::Not(_) => {}
    }
}

fn choose(steps: &[usize], present: &[Vec<usize>], items: &[Taken], chain: &mut Chain) -> bool {
    let Some((step, rest)) = steps.split_first() else { return true };
    for place in present.get(*step).into_iter().flatten() {
        let Some(taken) = items.get(*place) else { continue };
        let known = || chain.iter().filter_map(|place| items.get(*place));
        if known().all(|other| other.value != taken.value && !other.at.is(taken.at)) {
            chain.push(*place);
            if choose(rest, present, items, chain) {
                return true;
            }
            chain.pop();
        }
    }
    false
}
