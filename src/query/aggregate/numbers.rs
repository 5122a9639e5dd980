//! Sums, means and deviations.

use super::super::value::Value;
use super::{Aggregate, Note, Numbers, same};

/// A sum that keeps what rounding would lose (Neumaier).
#[derive(Clone, Copy, Debug, Default)]
struct Total {
    count: u64,
    sum: f64,
    lost: f64,
}

impl Total {
    fn add(&mut self, number: f64) {
        let sum = self.sum + number;
        self.lost += if self.sum.abs() >= number.abs() { (self.sum - sum) + number } else { (number - sum) + self.sum };
        self.sum = sum;
        self.count += 1;
    }

    fn merge(&mut self, other: Self) {
        let count = self.count + other.count;
        self.add(other.sum);
        self.lost += other.lost;
        self.count = count;
    }

    fn value(self) -> Option<f64> {
        let sum = if self.lost.is_finite() { self.sum + self.lost } else { self.sum };
        (self.count > 0).then_some(sum)
    }
}

/// `sum`: missing when there is nothing to add.
#[derive(Default)]
pub(super) struct Sum {
    numbers: Numbers,
    total: Total,
}

impl Aggregate for Sum {
    fn take(&mut self, args: &[Value], _: Option<i64>) {
        if let Some(number) = self.numbers.take(args) {
            self.total.add(number);
        }
    }

    fn merge(&mut self, other: Box<dyn Aggregate>) {
        if let Some(other) = same::<Self>(other) {
            self.numbers.rejected += other.numbers.rejected;
            self.total.merge(other.total);
        }
    }

    fn finish(&self) -> Value {
        self.total.value().into()
    }

    fn notes(&self) -> Vec<Note> {
        self.numbers.notes()
    }
}

/// `avg`
#[derive(Default)]
pub(super) struct Mean(Sum);

impl Aggregate for Mean {
    fn take(&mut self, args: &[Value], millis: Option<i64>) {
        self.0.take(args, millis);
    }

    fn merge(&mut self, other: Box<dyn Aggregate>) {
        if let Some(other) = same::<Self>(other) {
            self.0.merge(Box::new(other.0));
        }
    }

    fn finish(&self) -> Value {
        self.0.total.value().map(|sum| sum / self.0.total.count as f64).into()
    }

    fn notes(&self) -> Vec<Note> {
        self.0.notes()
    }
}

/// Count, mean and the sum of squared distances from it: stable however large the numbers are (Welford; merged as Chan et al. do).
#[derive(Clone, Copy, Debug, Default)]
struct Spread {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Spread {
    fn merge(self, other: Self) -> Self {
        if self.count == 0.0 || other.count == 0.0 {
            return if self.count == 0.0 { other } else { self };
        }
        let count = self.count + other.count;
        let apart = other.mean - self.mean;
        let share = other.count / count;
        Self { count, mean: self.mean + apart * share, squares: self.squares + other.squares + apart * apart * self.count * share }
    }

    fn variance(self) -> Option<f64> {
        (self.count > 0.0).then(|| self.squares / self.count)
    }
}

/// `variance`, of the population: the documentation speaks of the values in the field, not of a sample of them.
#[derive(Default)]
pub(super) struct Variance {
    numbers: Numbers,
    spread: Spread,
}

impl Aggregate for Variance {
    fn take(&mut self, args: &[Value], _: Option<i64>) {
        if let Some(mean) = self.numbers.take(args) {
            self.spread = self.spread.merge(Spread { count: 1.0, mean, squares: 0.0 });
        }
    }

    fn merge(&mut self, other: Box<dyn Aggregate>) {
        if let Some(other) = same::<Self>(other) {
            self.numbers.rejected += other.numbers.rejected;
            self.spread = self.spread.merge(other.spread);
        }
    }

    fn finish(&self) -> Value {
        self.spread.variance().into()
    }

    fn notes(&self) -> Vec<Note> {
        self.numbers.notes()
    }
}

/// `stddev`
#[derive(Default)]
pub(super) struct Deviation(Variance);

impl Aggregate for Deviation {
    fn take(&mut self, args: &[Value], millis: Option<i64>) {
        self.0.take(args, millis);
    }

    fn merge(&mut self, other: Box<dyn Aggregate>) {
        if let Some(other) = same::<Self>(other) {
            self.0.merge(Box::new(other.0));
        }
    }

    fn finish(&self) -> Value {
        self.0.spread.variance().map(f64::sqrt).into()
    }

    fn notes(&self) -> Vec<Note> {
        self.0.notes()
    }
}
