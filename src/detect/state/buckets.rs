//! How much there was in each hour, by group: which hour is far above the others.

use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};

use super::{At, Changed, Draft, MOST_GROUPS};
use crate::case::LearntRow;
use crate::detect::rule::{Aggregate, Outlier};
use crate::model::{Baseline, Bucket, MOST_BUCKETS, Timestamp};

/// Buckets of one group, in order of time; amounts beside them.
#[derive(Default)]
struct Series {
    at: Vec<i32>,
    amounts: Vec<f64>,
    /// From here on they are of the case; before, of other evidence.
    outside: bool,
    is_changed: bool,
}

/// What a rule of outliers remembers.
#[derive(Default)]
pub(in crate::detect) struct Buckets {
    groups: HashMap<u32, Series>,
    changed: Changed,
    /// Groups that were judged by all groups' history, which changes with each.
    by_population: HashSet<u32>,
    /// What was not remembered.
    pub(in crate::detect) overflow: u64,
}

/// With fewer buckets of its own a group is judged by all groups' history.
const ENOUGH: u64 = 24;

impl Series {
    fn add(&mut self, bucket: i32, amount: f64, is_max: bool) {
        let join = |known: &mut f64| *known = if is_max { known.max(amount) } else { *known + amount };
        let place = match self.at.last() {
            Some(last) if *last < bucket => self.at.len(),
            _ => self.at.partition_point(|known| *known < bucket),
        };
        if self.at.get(place) == Some(&bucket) {
            if let Some(known) = self.amounts.get_mut(place) {
                join(known);
            }
        } else {
            self.at.insert(place, bucket);
            self.amounts.insert(place, amount);
        }
    }

    fn iter(&self) -> impl DoubleEndedIterator<Item = (i32, f64)> + '_ {
        self.at.iter().copied().zip(self.amounts.iter().copied())
    }
}

/// Sums over buckets before a moment: how many, of amounts, of their squares.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    count: f64,
    sum: f64,
    squares: f64,
}

impl Sums {
    fn mean(self) -> f64 {
        if self.count > 0.0 { self.sum / self.count } else { 0.0 }
    }

    /// Of all of them, not a sample.
    fn deviation(self) -> f64 {
        let mean = self.mean();
        if self.count > 0.0 { (self.squares / self.count - mean * mean).max(0.0).sqrt() } else { 0.0 }
    }

    fn minus(self, other: Self) -> Self {
        Self { count: self.count - other.count, sum: self.sum - other.sum, squares: self.squares - other.squares }
    }
}

/// All groups' history: sums up to each bucket.
struct Population {
    /// By bucket, of everything before its end.
    until: BTreeMap<i32, Sums>,
    /// Begins of groups, sorted.
    begins: Vec<i32>,
    /// A bucket without events is one with nothing in it.
    counts_empty: bool,
}

impl Population {
    fn of(groups: &HashMap<u32, Series>, counts_empty: bool) -> Self {
        let mut by_bucket: BTreeMap<i32, Sums> = BTreeMap::new();
        let begins = groups.values().filter_map(|series| series.at.first().copied());
        let mut begins: Vec<i32> = begins.collect();
        // In one order, so that sums do not depend on the table's, nor on which group came first.
        let mut all: Vec<(i32, f64)> = groups.values().flat_map(Series::iter).collect();
        all.sort_unstable_by(|one, other| one.0.cmp(&other.0).then(one.1.total_cmp(&other.1)));
        for (bucket, amount) in all {
            let sums = by_bucket.entry(bucket).or_default();
            sums.count += 1.0;
            sums.sum += amount;
            sums.squares += amount * amount;
        }
        begins.sort_unstable();
        let mut total = Sums::default();
        for sums in by_bucket.values_mut() {
            total.count += sums.count;
            total.sum += sums.sum;
            total.squares += sums.squares;
            *sums = total;
        }
        Self { until: by_bucket, begins, counts_empty }
    }

    /// Of the buckets in this range, the empty ones of groups that had begun among them.
    fn between(&self, from: i32, to: i32) -> Sums {
        let before = |bucket: i32| self.until.range(..bucket).next_back().map(|(_, sums)| *sums).unwrap_or_default();
        let mut sums = before(to).minus(before(from));
        if !self.counts_empty {
            return sums;
        }
        let begun = self.begins.iter().take_while(|begin| **begin < to);
        sums.count = begun.map(|begin| f64::from(to - (*begin).max(from))).sum();
        sums
    }
}

impl Buckets {
    /// An amount of a group at a moment.
    pub(in crate::detect) fn add(&mut self, group: u32, millis: i64, amount: f64, rule: &Outlier) {
        let Ok(bucket) = i32::try_from(millis.div_euclid(rule.bucket_ms)) else { return };
        if self.groups.len() >= MOST_GROUPS && !self.groups.contains_key(&group) {
            self.overflow += 1;
            return;
        }
        let series = self.groups.entry(group).or_default();
        series.add(bucket, amount, matches!(rule.aggregate, Aggregate::Max(_)));
        self.changed.add(group, &mut series.is_changed);
    }

    /// An amount in other evidence.
    pub(in crate::detect) fn add_outside(&mut self, group: u32, millis: i64, amount: f64, rule: &Outlier) {
        self.add(group, millis, amount, rule);
        if let Some(series) = self.groups.get_mut(&group) {
            series.outside = true;
        }
    }

    /// What is known, for another case.
    pub(in crate::detect) fn learnt(&self, rule: &str, how: &Outlier, name: &dyn Fn(u32) -> Vec<String>, rows: &mut Vec<LearntRow>) {
        for (group, series) in &self.groups {
            rows.extend(series.iter().map(|(bucket, amount)| {
                let first = Timestamp::from_millis(i64::from(bucket).saturating_mul(how.bucket_ms));
                LearntRow { rule: rule.to_owned(), group: name(*group), value: None, first, last: first.plus_millis(how.bucket_ms - 1), amount }
            }));
        }
    }

    /// Forgets everything, to be told again.
    pub(in crate::detect) fn clear(&mut self) {
        self.changed.0.extend(self.groups.keys());
        self.groups.clear();
    }

    /// What each group that changed fires now. Nothing before `since` does: that is other evidence.
    pub(in crate::detect) fn fire(&mut self, rule: &Outlier, since: i64, each: &mut dyn FnMut(u32, Vec<Draft>)) {
        if self.changed.0.is_empty() {
            return;
        }
        let population = Population::of(&self.groups, counts_empty(rule));
        self.changed.0.extend(self.by_population.drain());
        let since = i32::try_from(since.div_euclid(rule.bucket_ms)).unwrap_or(i32::MIN);
        for group in self.changed.take() {
            let mut judged = Judged::default();
            if let Some(series) = self.groups.get_mut(&group) {
                series.is_changed = false;
                judged = fired(group, series, rule, &population, since);
            }
            if judged.by_population {
                self.by_population.insert(group);
            }
            each(group, judged.drafts);
        }
    }
}

/// A bucket without events counts as one with nothing in it. Not where the largest is wanted: no prompt is not a prompt of no length.
const fn counts_empty(rule: &Outlier) -> bool {
    !matches!(rule.aggregate, Aggregate::Max(_))
}

/// What a group fires, and whether all groups' history had a say in it.
#[derive(Default)]
struct Judged {
    drafts: Vec<Draft>,
    by_population: bool,
}

fn fired(group: u32, series: &Series, rule: &Outlier, population: &Population, since: i32) -> Judged {
    let window = i32::try_from(rule.baseline_ms / rule.bucket_ms).unwrap_or(i32::MAX);
    let mut judged = Judged::default();
    let Some(begin) = series.at.first().copied() else { return judged };
    let millis = |bucket: i32| i64::from(bucket).saturating_mul(rule.bucket_ms);
    // Everything before the bucket, and what of that has fallen out of the window.
    let (mut before, mut out) = (Sums::default(), 0);
    let mut last: Option<(i32, Draft)> = None;
    for (place, (bucket, amount)) in series.iter().enumerate() {
        let from = bucket.saturating_sub(window);
        while let Some(old) = series.at.get(out).filter(|old| **old < from) {
            let gone = series.amounts.get(out).copied().unwrap_or_default();
            debug_assert!(*old < bucket);
            before.sum -= gone;
            before.squares -= gone * gone;
            before.count -= 1.0;
            out += 1;
        }
        let own = if population.counts_empty { Sums { count: f64::from(bucket - begin.max(from)), ..before } } else { before };
        before.count += 1.0;
        before.sum += amount;
        before.squares += amount * amount;
        if bucket < since || amount < rule.floor {
            continue;
        }
        let is_own = own.count >= ENOUGH as f64;
        judged.by_population |= !is_own;
        let sums = if is_own { own } else { population.between(from, bucket) };
        if sums.count < ENOUGH as f64 {
            continue;
        }
        let (mean, deviation) = (sums.mean(), sums.deviation());
        let threshold = mean + rule.k * deviation;
        if amount <= threshold {
            continue;
        }
        let end = millis(bucket + 1) - 1;
        if let Some((before, draft)) = last.as_mut().filter(|(before, _)| *before + 1 == bucket) {
            *before = bucket;
            draft.last = end;
            draft.firings += 1;
            draft.look_up = draft.look_up.map(|(from, _)| (from, millis(bucket + 1)));
            if let Some(Baseline::Outlier { series: shown, .. }) = &mut draft.baseline {
                shown.push(Bucket { at: Timestamp::from_millis(millis(bucket)), value: amount });
            }
            continue;
        }
        judged.drafts.extend(last.take().map(|(_, draft)| draft));
        let at = At { millis: millis(bucket), tie: 0, event: 0, strand: 0, volatile: false };
        let mut draft = Draft::of(group, at, &[]);
        (draft.first, draft.last, draft.look_up) = (at.millis, end, Some((at.millis, millis(bucket + 1))));
        draft.emitted.clear();
        draft.baseline = Some(Baseline::Outlier {
            measure: rule.aggregate.to_string(),
            bucket_ms: rule.bucket_ms,
            series: shown(series, place, begin.max(from), rule),
            samples: sums.count as u64,
            mean,
            deviation,
            k: rule.k,
            floor: rule.floor,
            threshold,
            observed: amount,
            crossed_at: Timestamp::from_millis(at.millis),
            population: !is_own,
            outside: series.outside,
        });
        last = Some((bucket, draft));
    }
    judged.drafts.extend(last.map(|(_, draft)| draft));
    judged
}

/// The series up to a bucket, the empty buckets between too.
fn shown(series: &Series, place: usize, from: i32, rule: &Outlier) -> Vec<Bucket> {
    let to = series.at.get(place).copied().unwrap_or(from);
    let from = from.max(to.saturating_sub(MOST_BUCKETS as i32 - 1));
    let known: HashMap<i32, f64> = series.iter().filter(|(bucket, _)| (from..=to).contains(bucket)).collect();
    let bucket = |bucket: i32| Bucket {
        at: Timestamp::from_millis(i64::from(bucket).saturating_mul(rule.bucket_ms)),
        value: known.get(&bucket).copied().unwrap_or_default(),
    };
    (from..=to).filter(|at| counts_empty(rule) || known.contains_key(at)).map(bucket).collect()
}
