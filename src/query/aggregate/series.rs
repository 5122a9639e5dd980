//! Change over time.

use super::super::period::Period;
use super::super::value::Value;
use super::picks::Timed;
use super::{Aggregate, Note, Numbers, same};

/// `rate(field, period)`, documented as “the per-interval rate of change for a numeric field” and no more. Taken to mean the
/// slope from the earliest value to the latest, per period; missing where all are of one time. A counter that starts again
/// shows as a fall.
#[derive(Default)]
pub(super) struct Rate {
    numbers: Numbers,
    first: Timed<false>,
    last: Timed<true>,
    period: Option<i64>,
}

impl Aggregate for Rate {
    fn take(&mut self, args: &[Value], millis: Option<i64>) {
        if self.period.is_none() {
            self.period = args.get(1).and_then(|period| Period::parse(&period.as_text()?)?.millis());
        }
        if let Some(number) = self.numbers.take(args) {
            self.first.offer(&Value::Number(number), millis);
            self.last.offer(&Value::Number(number), millis);
        }
    }

    fn merge(&mut self, other: Box<dyn Aggregate>) {
        if let Some(other) = same::<Self>(other) {
            self.numbers.rejected += other.numbers.rejected;
            self.first.join(&other.first);
            self.last.join(&other.last);
            self.period = self.period.or(other.period);
        }
    }

    fn finish(&self) -> Value {
        let rate = || {
            let ((start, first), (end, last)) = (self.first.best()?, self.last.best()?);
            let elapsed = end.checked_sub(*start).filter(|elapsed| *elapsed > 0)?;
            Some((last.as_number()? - first.as_number()?) / (elapsed as f64) * (self.period? as f64))
        };
        rate().into()
    }

    fn notes(&self) -> Vec<Note> {
        [self.numbers.notes(), self.first.notes()].concat()
    }
}
