//! Aggregates that pick one value: the smallest, the first, the earliest, or their opposites (`LAST`).

use std::cmp::Ordering;

use super::super::compare::natural;
use super::super::value::Value;
use super::{Aggregate, Note, present, result, same};

/// How a better value compares to the best one so far.
const fn better(last: bool) -> Ordering {
    if last { Ordering::Greater } else { Ordering::Less }
}

/// Keeps the value that comes first, or last, in the order of `sort`; of two equal ones it makes no difference.
fn keep<const LAST: bool>(best: &mut Option<Value>, value: &Value) {
    if best.as_ref().is_none_or(|best| natural(value, best) == better(LAST)) {
        *best = Some(value.clone());
    }
}

/// `min` and `max`: of the numbers if there are any, else of the texts, so that a `-` among sizes is not the smallest.
#[derive(Default)]
pub(super) struct Extreme<const LAST: bool> {
    number: Option<Value>,
    other: Option<Value>,
    others: u64,
}

impl<const LAST: bool> Aggregate for Extreme<LAST> {
    fn take(&mut self, args: &[Value], _: Option<i64>) {
        let Some(value) = present(args) else { return };
        if value.numeric().is_some() {
            keep::<LAST>(&mut self.number, value);
        } else {
            keep::<LAST>(&mut self.other, value);
            self.others += 1;
        }
    }

    fn merge(&mut self, other: Box<dyn Aggregate>) {
        let Some(other) = same::<Self>(other) else { return };
        for (mine, theirs) in [(&mut self.number, other.number), (&mut self.other, other.other)] {
            if let Some(value) = theirs {
                keep::<LAST>(mine, &value);
            }
        }
        self.others += other.others;
    }

    fn finish(&self) -> Value {
        result(self.number.as_ref().or(self.other.as_ref()))
    }

    fn notes(&self) -> Vec<Note> {
        if self.number.is_some() && self.others > 0 { vec![Note::NotNumbers(self.others)] } else { Vec::new() }
    }
}

/// `sortsFirst` and `sortsLast`
#[derive(Default)]
pub(super) struct Sorts<const LAST: bool>(Option<Value>);

impl<const LAST: bool> Aggregate for Sorts<LAST> {
    fn take(&mut self, args: &[Value], _: Option<i64>) {
        if let Some(value) = present(args) {
            keep::<LAST>(&mut self.0, value);
        }
    }

    fn merge(&mut self, other: Box<dyn Aggregate>) {
        if let Some(value) = same::<Self>(other).and_then(|other| other.0) {
            keep::<LAST>(&mut self.0, &value);
        }
    }

    fn finish(&self) -> Value {
        result(self.0.as_ref())
    }
}

/// `earliest` and `latest`. Of values at one time the one that sorts first, or last, so that the order of taking is of no account.
#[derive(Default)]
pub(super) struct Timed<const LAST: bool> {
    best: Option<(i64, Value)>,
    untimed: u64,
}

impl<const LAST: bool> Timed<LAST> {
    pub(super) fn offer(&mut self, value: &Value, millis: Option<i64>) {
        let Some(millis) = millis else {
            self.untimed += 1;
            return;
        };
        if self.best.as_ref().is_none_or(|(time, best)| millis.cmp(time).then_with(|| natural(value, best)) == better(LAST)) {
            self.best = Some((millis, value.clone()));
        }
    }

    pub(super) fn join(&mut self, other: &Self) {
        self.untimed += other.untimed;
        if let Some((millis, value)) = &other.best {
            self.offer(value, Some(*millis));
        }
    }

    pub(super) fn best(&self) -> Option<&(i64, Value)> {
        self.best.as_ref()
    }
}

impl<const LAST: bool> Aggregate for Timed<LAST> {
    fn take(&mut self, args: &[Value], millis: Option<i64>) {
        if let Some(value) = present(args) {
            self.offer(value, millis);
        }
    }

    fn merge(&mut self, other: Box<dyn Aggregate>) {
        if let Some(other) = same::<Self>(other) {
            self.join(&other);
        }
    }

    fn finish(&self) -> Value {
        result(self.best.as_ref().map(|(_, value)| value))
    }

    fn notes(&self) -> Vec<Note> {
        if self.untimed == 0 { Vec::new() } else { vec![Note::Untimed(self.untimed)] }
    }
}
