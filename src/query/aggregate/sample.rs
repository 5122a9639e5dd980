//! Percentiles and histograms: all values while they are few, logarithmic buckets (as DDSketch has them) from then on.

use std::collections::BTreeMap;

use super::super::value::Value;
use super::{Aggregate, Note, Numbers, same};

/// So many values are kept one by one.
const MOST_EXACT: usize = 250_000;
/// A value in a bucket differs from the value that stands for it by at most this share.
const ACCURACY: f64 = 0.005;
const INEXACT: Note = Note::Approximate("of more than 250,000 values each is known within 0.5 %");

/// Numbers of which ranks are asked. Which values are in which bucket does not depend on the order of taking and merging.
#[derive(Debug)]
enum Sample {
    Exact(Vec<f64>),
    Buckets(Buckets),
}

#[derive(Debug, Default)]
struct Buckets {
    /// By sign and logarithm, in the order of the values.
    counts: BTreeMap<(i8, i32), u64>,
    count: u64,
    least: f64,
    most: f64,
}

impl Default for Sample {
    fn default() -> Self {
        Self::Exact(Vec::new())
    }
}

impl Sample {
    fn add(&mut self, number: f64) {
        match self {
            Self::Exact(numbers) => numbers.push(number),
            Self::Buckets(buckets) => buckets.add(number),
        }
        self.settle();
    }

    fn merge(&mut self, other: Self) {
        match (&mut *self, other) {
            (Self::Exact(numbers), Self::Exact(more)) => numbers.extend(more),
            (Self::Buckets(buckets), Self::Exact(more)) => buckets.extend(&more),
            (Self::Buckets(buckets), Self::Buckets(more)) => buckets.merge(&more),
            (Self::Exact(numbers), Self::Buckets(mut buckets)) => {
                buckets.extend(numbers);
                *self = Self::Buckets(buckets);
            }
        }
        self.settle();
    }

    fn settle(&mut self) {
        if let Self::Exact(numbers) = self
            && numbers.len() > MOST_EXACT
        {
            let mut buckets = Buckets::default();
            buckets.extend(numbers);
            *self = Self::Buckets(buckets);
        }
    }

    fn len(&self) -> u64 {
        match self {
            Self::Exact(numbers) => numbers.len() as u64,
            Self::Buckets(buckets) => buckets.count,
        }
    }

    /// The value of a rank, counted from 1.
    fn ranked(&self, rank: u64) -> Option<f64> {
        match self {
            Self::Exact(numbers) => {
                let mut numbers = numbers.clone();
                let index = usize::try_from(rank.checked_sub(1)?).ok().filter(|index| *index < numbers.len())?;
                Some(*numbers.select_nth_unstable_by(index, f64::total_cmp).1)
            }
            Self::Buckets(buckets) => {
                let mut seen = 0;
                buckets.values().find_map(|(value, count)| {
                    seen += count;
                    (seen >= rank).then_some(value)
                })
            }
        }
    }

    /// The values with how many there are of each, in no order.
    fn for_each(&self, mut each: impl FnMut(f64, u64)) {
        match self {
            Self::Exact(numbers) => numbers.iter().for_each(|number| each(*number, 1)),
            Self::Buckets(buckets) => buckets.values().for_each(|(value, count)| each(value, count)),
        }
    }

    fn range(&self) -> Option<(f64, f64)> {
        match self {
            Self::Exact(numbers) => Some((numbers.iter().copied().reduce(f64::min)?, numbers.iter().copied().reduce(f64::max)?)),
            Self::Buckets(buckets) => Some((buckets.least, buckets.most)),
        }
    }

    fn size(&self) -> usize {
        64 + match self {
            Self::Exact(numbers) => numbers.capacity() * size_of::<f64>(),
            Self::Buckets(buckets) => buckets.counts.len() * 32,
        }
    }

    fn notes(&self, numbers: Numbers) -> Vec<Note> {
        let mut notes = numbers.notes();
        notes.extend(matches!(self, Self::Buckets(_)).then_some(INEXACT));
        notes
    }
}

impl Buckets {
    /// The logarithm of the ratio between a bucket's ends.
    fn step() -> f64 {
        ((1.0 + ACCURACY) / (1.0 - ACCURACY)).ln()
    }

    fn extend(&mut self, numbers: &[f64]) {
        for number in numbers {
            self.add(*number);
        }
    }

    fn add(&mut self, number: f64) {
        (self.least, self.most) = if self.count == 0 { (number, number) } else { (self.least.min(number), self.most.max(number)) };
        let place = (number.abs().ln() / Self::step()).ceil() as i32;
        let key = if number == 0.0 {
            (0, 0)
        } else if number > 0.0 {
            (1, place)
        } else {
            (-1, -place)
        };
        *self.counts.entry(key).or_default() += 1;
        self.count += 1;
    }

    fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        let (least, most) = if self.count == 0 { (other.least, other.most) } else { (self.least.min(other.least), self.most.max(other.most)) };
        for (key, count) in &other.counts {
            *self.counts.entry(*key).or_default() += count;
        }
        (self.least, self.most, self.count) = (least, most, self.count + other.count);
    }

    /// The value that stands for each bucket, ascending, with how many there are.
    fn values(&self) -> impl Iterator<Item = (f64, u64)> + '_ {
        self.counts.iter().map(|((sign, place), count)| {
            let sign = f64::from(*sign);
            // The middle of the bucket, which is no further than the accuracy from both its ends.
            let size = (f64::from(*place) * sign * Self::step()).exp() * (1.0 - ACCURACY);
            ((sign * size).clamp(self.least, self.most), *count)
        })
    }
}

/// `pct(field, percent)`, documented as the value that so many percent of the values are lower than: the value of the nearest
/// rank, which is always one that was there.
#[derive(Default)]
pub(super) struct Percentile {
    numbers: Numbers,
    sample: Sample,
    percent: Option<f64>,
}

impl Aggregate for Percentile {
    fn take(&mut self, args: &[Value], _: Option<i64>) {
        self.percent = self.percent.or_else(|| args.get(1)?.as_number().filter(|percent| (0.0..=100.0).contains(percent)));
        if let Some(number) = self.numbers.take(args) {
            self.sample.add(number);
        }
    }

    fn merge(&mut self, other: Box<dyn Aggregate>) {
        if let Some(other) = same::<Self>(other) {
            self.numbers.rejected += other.numbers.rejected;
            self.percent = self.percent.or(other.percent);
            self.sample.merge(other.sample);
        }
    }

    fn finish(&self) -> Value {
        let ranked = || {
            let exact = self.percent? * self.sample.len() as f64 / 100.0;
            // 99.9 % of 1000 is 999, whatever the last bit of the product says.
            let rank = (exact - exact * 1e-12).ceil() as u64;
            self.sample.ranked(rank.clamp(1, self.sample.len().max(1)))
        };
        ranked().into()
    }

    fn size(&self) -> usize {
        self.sample.size()
    }

    fn notes(&self) -> Vec<Note> {
        self.sample.notes(self.numbers)
    }
}

/// A histogram has at most so many ranges.
const MOST_RANGES: f64 = 1000.0;

/// `histogram(field, n)` among the aggregates, as documented: a map from where each of `n` ranges of equal width begins to how many
/// values are in it. (Behind `by` it is the scalar function of a width.)
#[derive(Default)]
pub(super) struct Histogram {
    numbers: Numbers,
    sample: Sample,
    ranges: Option<f64>,
}

impl Aggregate for Histogram {
    fn take(&mut self, args: &[Value], _: Option<i64>) {
        self.ranges = self.ranges.or_else(|| args.get(1)?.as_number().map(f64::trunc).filter(|ranges| (1.0..=MOST_RANGES).contains(ranges)));
        if let Some(number) = self.numbers.take(args) {
            self.sample.add(number);
        }
    }

    fn merge(&mut self, other: Box<dyn Aggregate>) {
        if let Some(other) = same::<Self>(other) {
            self.numbers.rejected += other.numbers.rejected;
            self.ranges = self.ranges.or(other.ranges);
            self.sample.merge(other.sample);
        }
    }

    fn finish(&self) -> Value {
        let (Some((least, most)), Some(ranges)) = (self.sample.range(), self.ranges) else { return Value::Missing };
        // In halves, because the range of two numbers may be larger than any number.
        let half = (most / 2.0 - least / 2.0) / ranges;
        let ranges = if half > 0.0 { ranges as usize } else { 1 };
        let mut counts = vec![0; ranges];
        self.sample.for_each(|number, count| {
            // The largest value belongs to the last range.
            let range = if half > 0.0 { ((number / 2.0 - least / 2.0) / half) as usize } else { 0 };
            if let Some(total) = counts.get_mut(range.min(ranges - 1)) {
                *total += count;
            }
        });
        let begin = |range: usize| Value::number(least + half * range as f64 + half * range as f64).to_string().into();
        Value::Map(counts.into_iter().enumerate().map(|(range, count)| (begin(range), Value::count(count))).collect())
    }

    fn size(&self) -> usize {
        self.sample.size()
    }

    fn notes(&self) -> Vec<Note> {
        self.sample.notes(self.numbers)
    }
}
