//! So many, so much, so many different ones in a window of time: exact at its edges, one pass over a group, whatever its length.

use hashbrown::HashMap;

use super::{At, Draft, Groups, Item, collapsed};
use crate::detect::sigma::{Correlation, Kind, Limit, Window};
use crate::model::{Baseline, MOST_VALUES, Timestamp};

/// One event with what is counted or summed of it. There are very many: what it has is one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::detect) struct Counted {
    pub(in crate::detect) at: At,
    /// A value by its number, or the bits of what is summed; 0 where only events are counted.
    amount: u64,
}

impl Counted {
    pub(in crate::detect) fn of(kind: Kind, at: At, value: u32, number: f64) -> Self {
        let amount = match kind {
            Kind::Distinct => u64::from(value),
            Kind::Sum | Kind::Average | Kind::Percentile => number.to_bits(),
            Kind::Count | Kind::Steps { .. } => 0,
        };
        Self { at, amount }
    }

    const fn value(self) -> u32 {
        self.amount as u32
    }

    const fn number(self) -> f64 {
        f64::from_bits(self.amount)
    }
}

impl Item for Counted {
    fn at(&self) -> At {
        self.at
    }
}

/// What a threshold rule remembers.
pub(in crate::detect) struct Windows {
    kind: Kind,
    pub(in crate::detect) groups: Groups<Counted>,
    /// What counts if its record says so, which is not read before it matters.
    pub(in crate::detect) unsure: Groups<Counted>,
}

/// What is measured, step by step.
enum Measure {
    Count(u64),
    Distinct(HashMap<u32, u64>),
    Sum(f64),
    Average(f64, u64),
    Rank(Ranks),
}

impl Measure {
    fn new(kind: Kind, percentile: f64, items: &[Counted]) -> Self {
        match kind {
            Kind::Distinct => Self::Distinct(HashMap::new()),
            Kind::Sum => Self::Sum(0.0),
            Kind::Average => Self::Average(0.0, 0),
            Kind::Percentile => Self::Rank(Ranks::new(percentile, items)),
            Kind::Count | Kind::Steps { .. } => Self::Count(0),
        }
    }

    fn add(&mut self, item: &Counted) {
        match self {
            Self::Count(count) => *count += 1,
            Self::Distinct(values) => *values.entry(item.value()).or_default() += 1,
            Self::Sum(sum) => *sum += item.number(),
            Self::Average(sum, count) => (*sum, *count) = (*sum + item.number(), *count + 1),
            Self::Rank(ranks) => ranks.change(item.number(), 1),
        }
    }

    fn remove(&mut self, item: &Counted) {
        match self {
            Self::Count(count) => *count -= 1,
            Self::Distinct(values) => {
                if let Some(count) = values.get_mut(&item.value()) {
                    *count -= 1;
                    if *count == 0 {
                        values.remove(&item.value());
                    }
                }
            }
            Self::Sum(sum) => *sum -= item.number(),
            Self::Average(sum, count) => (*sum, *count) = (*sum - item.number(), count.saturating_sub(1)),
            Self::Rank(ranks) => ranks.change(item.number(), -1),
        }
    }

    /// Nothing is measured of no events.
    fn value(&self) -> Option<f64> {
        match self {
            Self::Count(count) => Some(*count as f64),
            Self::Distinct(values) => Some(values.len() as f64),
            Self::Sum(sum) => Some(*sum),
            Self::Average(_, 0) => None,
            Self::Average(sum, count) => Some(sum / *count as f64),
            Self::Rank(ranks) => ranks.value(),
        }
    }
}

/// Numbers of which one of a rank is wanted: counts by place in the sorted list of all, as a binary indexed tree.
struct Ranks {
    sorted: Vec<f64>,
    tree: Vec<i64>,
    total: i64,
    percentile: f64,
}

impl Ranks {
    fn new(percentile: f64, items: &[Counted]) -> Self {
        let mut sorted: Vec<f64> = items.iter().map(|item| item.number()).collect();
        sorted.sort_by(f64::total_cmp);
        sorted.dedup();
        let tree = vec![0; sorted.len() + 1];
        Self { sorted, tree, total: 0, percentile }
    }

    fn change(&mut self, number: f64, by: i64) {
        let mut place = self.sorted.partition_point(|known| known.total_cmp(&number).is_lt()) + 1;
        self.total += by;
        while let Some(slot) = self.tree.get_mut(place) {
            *slot += by;
            place += place & place.wrapping_neg();
        }
    }

    /// The value at the nearest rank: the smallest that so many percent do not exceed.
    fn value(&self) -> Option<f64> {
        let mut wanted = ((self.percentile / 100.0 * self.total as f64).ceil() as i64).max(1);
        let mut place = 0;
        let mut step = self.tree.len().next_power_of_two();
        while step > 0 {
            if let Some(count) = self.tree.get(place + step)
                && *count < wanted
            {
                wanted -= count;
                place += step;
            }
            step /= 2;
        }
        (self.total > 0).then(|| self.sorted.get(place).copied()).flatten()
    }
}

fn holds(limits: &[Limit], measure: &Measure) -> bool {
    measure.value().is_some_and(|value| limits.iter().all(|limit| limit.holds(value)))
}

/// A stretch of a group that fired: places in its list, the crossing one, and what was measured there.
struct Fired {
    from: usize,
    crossed_from: usize,
    crossed: usize,
    to: usize,
    observed: f64,
}

/// The stretches of a group that fire; its items are in order.
fn stretches(correlation: &Correlation, items: &[Counted]) -> Vec<Fired> {
    match correlation.window {
        Window::Sliding => sliding(correlation, items),
        Window::Tumbling => pieces(correlation, items, |one, next| {
            let span = correlation.timespan_ms.max(1);
            one.at.millis.div_euclid(span) == next.at.millis.div_euclid(span)
        }),
        Window::Session { gap_ms } => sessions(correlation, items, gap_ms),
    }
}

/// Does more of what counts only ever make it fire? And can it be told without reading anything else?
pub(in crate::detect) fn only_grows(correlation: &Correlation) -> bool {
    let grows = |limit: &Limit| matches!(limit, Limit::Above(_) | Limit::AtLeast(_));
    matches!(correlation.kind, Kind::Count | Kind::Distinct) && correlation.limits.iter().all(grows)
}

impl Windows {
    pub(in crate::detect) fn new(kind: Kind) -> Self {
        Self { kind, groups: Groups::default(), unsure: Groups::default() }
    }

    /// Remembers an event.
    pub(in crate::detect) fn add(&mut self, group: u32, at: At, value: u32, number: f64) {
        self.groups.add(group, Counted::of(self.kind, at, value, number));
    }

    /// Remembers an event that may count.
    pub(in crate::detect) fn suspect(&mut self, group: u32, at: At, value: u32, number: f64) {
        self.unsure.add(group, Counted::of(self.kind, at, value, number));
    }

    /// The unsure events of groups that would fire if all of them counted; they are unsure no longer.
    pub(in crate::detect) fn suspects(&mut self, correlation: &Correlation) -> Vec<u32> {
        let mut groups = self.unsure.clean();
        groups.extend(self.groups.dirty());
        groups.sort_unstable();
        groups.dedup();
        let mut suspects = Vec::new();
        for group in groups {
            let unsure = self.unsure.items(group);
            if unsure.is_empty() {
                continue;
            }
            let mut all = [self.groups.items(group), unsure].concat();
            all.sort_unstable();
            all.dedup();
            if !stretches(correlation, &all).is_empty() {
                suspects.extend(self.unsure.take(group).iter().map(|item| item.at.event));
            }
        }
        suspects
    }

    /// What each group that changed fires now. `name` gives the text of a value.
    pub(in crate::detect) fn fire(
        &mut self,
        correlation: &Correlation,
        collapse_ms: i64,
        name: &dyn Fn(u32) -> String,
        each: &mut dyn FnMut(u32, Vec<Draft>),
    ) {
        self.groups.changed(|group, items| {
            let fired = stretches(correlation, items);
            let drafts = fired.iter().filter_map(|fired| draft(correlation, group, items, fired, name)).collect();
            each(group, collapsed(drafts, collapse_ms));
        });
    }
}

/// A window that ends at each event; those that fire and overlap are one.
fn sliding(correlation: &Correlation, items: &[Counted]) -> Vec<Fired> {
    let mut fired: Vec<Fired> = Vec::new();
    let mut measure = Measure::new(correlation.kind, correlation.percentile, items);
    let mut from = 0;
    for (at, item) in items.iter().enumerate() {
        measure.add(item);
        while let Some(first) = items.get(from).filter(|first| item.at.millis.saturating_sub(first.at.millis) > correlation.timespan_ms) {
            measure.remove(first);
            from += 1;
        }
        if !holds(&correlation.limits, &measure) {
            continue;
        }
        match fired.last_mut() {
            Some(last) if from <= last.to => last.to = at,
            _ => fired.push(Fired { from, crossed_from: from, crossed: at, to: at, observed: measure.value().unwrap_or_default() }),
        }
    }
    fired
}

/// Windows that do not overlap. They fire when the condition holds at their end, from the event on at which it held first.
fn pieces(correlation: &Correlation, items: &[Counted], same: impl Fn(&Counted, &Counted) -> bool) -> Vec<Fired> {
    let (mut fired, mut from) = (Vec::new(), 0);
    for piece in items.chunk_by(same) {
        fired.extend(piece_fires(correlation, piece, from));
        from += piece.len();
    }
    fired
}

fn sessions(correlation: &Correlation, items: &[Counted], gap_ms: i64) -> Vec<Fired> {
    let (mut fired, mut from, mut start) = (Vec::new(), 0, 0);
    for to in 1..=items.len() {
        let (Some(begun), Some(before)) = (items.get(start), items.get(to - 1)) else { break };
        let goes_on = items.get(to).is_some_and(|next| {
            next.at.millis.saturating_sub(before.at.millis) <= gap_ms && next.at.millis.saturating_sub(begun.at.millis) <= correlation.timespan_ms
        });
        if !goes_on {
            fired.extend(items.get(start..to).and_then(|piece| piece_fires(correlation, piece, from)));
            (from, start) = (to, to);
        }
    }
    fired
}

fn piece_fires(correlation: &Correlation, piece: &[Counted], from: usize) -> Option<Fired> {
    let mut measure = Measure::new(correlation.kind, correlation.percentile, piece);
    let mut crossed = None;
    for (at, item) in piece.iter().enumerate() {
        measure.add(item);
        if crossed.is_none() && holds(&correlation.limits, &measure) {
            crossed = Some(at);
        }
    }
    let observed = measure.value().filter(|_| holds(&correlation.limits, &measure))?;
    let crossed = from + crossed.unwrap_or(piece.len() - 1);
    Some(Fired { from, crossed_from: from, crossed, to: from + piece.len() - 1, observed })
}

fn draft(correlation: &Correlation, group: u32, items: &[Counted], fired: &Fired, name: &dyn Fn(u32) -> String) -> Option<Draft> {
    let part = items.get(fired.from..=fired.to)?;
    let crossing = items.get(fired.crossed)?;
    let mut all: Vec<At> = part.iter().map(|item| item.at).collect();
    all.dedup_by(|one, other| one.is(*other));
    let mut draft = Draft::of(group, crossing.at, &all);
    let window = items.get(fired.crossed_from..=fired.crossed)?;
    let mut values = Vec::new();
    if correlation.kind == Kind::Distinct {
        let mut seen = hashbrown::HashSet::new();
        values = part.iter().filter(|item| seen.insert(item.value())).take(MOST_VALUES).map(|item| name(item.value())).collect();
    }
    let fields = || correlation.fields.join(", ");
    let measure = match correlation.kind {
        Kind::Count | Kind::Steps { .. } => "count".to_owned(),
        Kind::Distinct => format!("distinct {}", fields()),
        Kind::Sum => format!("sum {}", fields()),
        Kind::Average => format!("average {}", fields()),
        Kind::Percentile => format!("percentile {} of {}", correlation.percentile, fields()),
    };
    draft.baseline = Some(Baseline::Threshold {
        measure,
        window_ms: correlation.timespan_ms,
        observed: fired.observed,
        limit: correlation.limits.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and "),
        from: Timestamp::from_millis(window.first().map_or(crossing.at.millis, |first| first.at.millis)),
        to: Timestamp::from_millis(crossing.at.millis),
        values,
    });
    Some(draft)
}
