//! The functions of `stats`: what many events say together. INSIGHTS §4.5 has the list.
//!
//! Parts of an aggregate can be computed apart and merged, in any order and grouping, with one result. Each one's memory is
//! bounded; where a bound makes a result approximate or cuts it, [`Aggregate::notes`] says so. An event without the field
//! does not count, save for `count()`.

mod counts;
mod distinct;
mod numbers;
mod picks;
mod sample;
mod series;
pub mod sql;

use std::any::Any;
use std::fmt;

use super::functions::is_named;
use super::value::Value;

/// At most so many different values are kept exactly.
const MOST_DISTINCT: usize = 1_000_000;
/// … and at most so many bytes of them.
const MOST_BYTES: usize = 64 << 20;

/// An aggregate at work: one for each group.
pub trait Aggregate: Any + Send {
    /// Takes the arguments as one event has them, and the time of the event.
    fn take(&mut self, args: &[Value], millis: Option<i64>);
    /// Takes what another one of the same function has taken.
    fn merge(&mut self, other: Box<dyn Aggregate>);
    /// The result so far.
    fn finish(&self) -> Value;
    /// What a person should know about the result.
    fn notes(&self) -> Vec<Note> {
        Vec::new()
    }
    /// About how many bytes it holds, so that a million groups can be bounded together.
    fn size(&self) -> usize {
        64
    }
}

/// About how many bytes a value holds.
pub fn size_of_value(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::Text(text) => text.len(),
            Value::List(values) => values.iter().map(size_of_value).sum(),
            Value::Map(entries) => entries.iter().map(|(key, value)| key.len() + size_of_value(value)).sum(),
            _ => 0,
        }
}

/// What a person should know about a result.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Note {
    /// It is an estimate.
    Approximate(&'static str),
    /// There is more than it shows.
    Cut(&'static str),
    /// So many values were no numbers and do not count.
    NotNumbers(u64),
    /// So many events have no time and do not count.
    Untimed(u64),
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Approximate(why) => write!(f, "approximate: {why}"),
            Self::Cut(why) => write!(f, "incomplete: {why}"),
            Self::NotNumbers(count) => write!(f, "{count} values are no numbers and do not count"),
            Self::Untimed(count) => write!(f, "{count} events have no time and do not count"),
        }
    }
}

/// A function of `stats`.
pub struct AggregateKind {
    /// Its name as documented; any case will do, and camel case as well.
    pub name: &'static str,
    /// The fewest arguments.
    pub least: usize,
    /// The most arguments.
    pub most: usize,
    /// What it gives, in one line.
    pub doc: &'static str,
    /// A new one that has taken nothing.
    pub new: fn() -> Box<dyn Aggregate>,
}

impl fmt::Debug for AggregateKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({}..={})", self.name, self.least, self.most)
    }
}

const fn kind(name: &'static str, least: usize, most: usize, doc: &'static str, new: fn() -> Box<dyn Aggregate>) -> AggregateKind {
    AggregateKind { name, least, most, doc, new }
}

fn new<A: Aggregate + Default>() -> Box<dyn Aggregate> {
    Box::new(A::default())
}

static KINDS: &[AggregateKind] = &[
    kind("count", 0, 1, "how many events there are, or how many have the field", new::<counts::Count>),
    kind("count_distinct", 1, 1, "how many different values there are: exact up to a million", new::<distinct::Distinct>),
    kind("sum", 1, 1, "the sum", new::<numbers::Sum>),
    kind("avg", 1, 1, "the mean", new::<numbers::Mean>),
    kind("min", 1, 1, "the smallest number; the text that sorts first where there are no numbers", new::<picks::Extreme<false>>),
    kind("max", 1, 1, "the largest number; the text that sorts last where there are no numbers", new::<picks::Extreme<true>>),
    kind("stddev", 1, 1, "the standard deviation of the values there are (population)", new::<numbers::Deviation>),
    kind("variance", 1, 1, "the variance of the values there are (population)", new::<numbers::Variance>),
    kind("pct", 2, 2, "the smallest value that at least so many percent do not exceed (nearest rank)", new::<sample::Percentile>),
    kind("values", 1, 1, "the list of different values, sorted", new::<counts::Values>),
    kind("topk", 2, 2, "the k most frequent values and how often they are there", new::<counts::Top>),
    kind("earliest", 1, 1, "the value of the earliest event that has one", new::<picks::Timed<false>>),
    kind("latest", 1, 1, "the value of the latest event that has one", new::<picks::Timed<true>>),
    kind("sortsFirst", 1, 1, "the value that sorts first", new::<picks::Sorts<false>>),
    kind("sortsLast", 1, 1, "the value that sorts last", new::<picks::Sorts<true>>),
    kind("rate", 2, 2, "how much the value changes in a period, from the earliest event to the latest", new::<series::Rate>),
    kind("countOverTime", 0, 1, "how many events of the group have the field", new::<counts::Count>),
    kind("sumOverTime", 1, 1, "the sum of the group", new::<numbers::Sum>),
    kind("histogram", 2, 2, "how many values lie in each of so many ranges of equal width, by where the range begins", new::<sample::Histogram>),
];

/// All of them.
pub fn aggregates() -> impl Iterator<Item = &'static AggregateKind> {
    KINDS.iter()
}

/// The function of `stats` of that name.
pub fn aggregate(name: &str) -> Option<&'static AggregateKind> {
    aggregates().find(|kind| is_named(name, kind.name))
}

/// The other one as what it is. Another function's work has no place here, and no caller merges such.
fn same<A: Aggregate>(other: Box<dyn Aggregate>) -> Option<A> {
    let other: Box<dyn Any> = other;
    let same = other.downcast::<A>().ok().map(|other| *other);
    debug_assert!(same.is_some(), "parts of one aggregate are of one function");
    same
}

/// The argument of an aggregate where the event has it.
fn present(args: &[Value]) -> Option<&Value> {
    args.first().filter(|value| !value.is_missing())
}

/// The numbers among the arguments, and how many were none.
#[derive(Clone, Copy, Debug, Default)]
struct Numbers {
    rejected: u64,
}

impl Numbers {
    fn take(&mut self, args: &[Value]) -> Option<f64> {
        let value = present(args)?;
        let number = value.as_number();
        self.rejected += u64::from(number.is_none());
        number
    }

    fn notes(self) -> Vec<Note> {
        if self.rejected == 0 { Vec::new() } else { vec![Note::NotNumbers(self.rejected)] }
    }
}

/// The one value among those that print alike, so that it does not matter which of them was taken first: a number if it prints
/// as itself.
fn plain(value: &Value) -> Value {
    match value {
        Value::List(_) | Value::Map(_) | Value::Missing => value.clone(),
        _ => {
            let text = value.printed();
            match value.as_number().map(Value::Number) {
                Some(number) if number.printed() == text => number,
                _ => Value::text(text),
            }
        }
    }
}

/// A picked value as a result: a time becomes its milliseconds, as Logs Insights gives it.
fn result(value: Option<&Value>) -> Value {
    match value {
        Some(Value::Time(millis)) => Value::Number(*millis as f64),
        other => other.map(plain).into(),
    }
}

#[cfg(test)]
mod tests;
