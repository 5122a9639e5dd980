//! The aggregates of SQL, with Spark's names. Where one means what it means in QL it is the same; a picked value keeps its kind,
//! since a time is a time in SQL.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::marker::PhantomData;

use super::super::sql::{order, truth};
use super::super::value::{LONGEST_LIST, Value};
use super::{Aggregate, AggregateKind, MOST_BYTES, MOST_DISTINCT, Note, counts, distinct, kind, new, numbers, present, same, sample, size_of_value};

static KINDS: &[AggregateKind] = &[
    kind("count", 0, 16, "how many rows there are, or how many have the value", new::<Count>),
    kind("count_if", 1, 1, "for how many rows it holds", new::<CountIf>),
    kind("approx_count_distinct", 1, 2, "how many different values there are: exact up to a million", new::<distinct::Distinct>),
    kind("sum", 1, 1, "the sum", new::<numbers::Sum>),
    kind("avg", 1, 1, "the mean", new::<numbers::Mean>),
    kind("mean", 1, 1, "the mean", new::<numbers::Mean>),
    kind("min", 1, 1, "the smallest", new::<Extreme<false>>),
    kind("max", 1, 1, "the largest", new::<Extreme<true>>),
    kind("min_by", 2, 2, "the first where the second is smallest", new::<ExtremeBy<false>>),
    kind("max_by", 2, 2, "the first where the second is largest", new::<ExtremeBy<true>>),
    kind("stddev", 1, 1, "the standard deviation of a sample", new::<Sample<true>>),
    kind("std", 1, 1, "the standard deviation of a sample", new::<Sample<true>>),
    kind("stddev_samp", 1, 1, "the standard deviation of a sample", new::<Sample<true>>),
    kind("stddev_pop", 1, 1, "the standard deviation of all there are", new::<numbers::Deviation>),
    kind("variance", 1, 1, "the variance of a sample", new::<Sample<false>>),
    kind("var_samp", 1, 1, "the variance of a sample", new::<Sample<false>>),
    kind("var_pop", 1, 1, "the variance of all there are", new::<numbers::Variance>),
    kind("percentile", 2, 2, "the value that such a part (0 to 1) does not exceed", new::<sample::Percentile>),
    kind("percentile_approx", 2, 3, "the value that such a part (0 to 1) does not exceed", new::<sample::Percentile>),
    kind("approx_percentile", 2, 3, "the value that such a part (0 to 1) does not exceed", new::<sample::Percentile>),
    kind("median", 1, 1, "the value that half of them do not exceed", new::<sample::Percentile>),
    kind("collect_list", 1, 1, "the list of values", new::<Collected>),
    kind("array_agg", 1, 1, "the list of values", new::<Collected>),
    kind("collect_set", 1, 1, "the list of different values", new::<counts::Values>),
    kind("first", 1, 2, "a value of the group", new::<Picked<false>>),
    kind("first_value", 1, 2, "a value of the group", new::<Picked<false>>),
    kind("any_value", 1, 2, "a value of the group", new::<Picked<false>>),
    kind("last", 1, 2, "a value of the group", new::<Picked<true>>),
    kind("last_value", 1, 2, "a value of the group", new::<Picked<true>>),
    kind("bool_and", 1, 1, "does it hold for all?", new::<Holds<true>>),
    kind("every", 1, 1, "does it hold for all?", new::<Holds<true>>),
    kind("bool_or", 1, 1, "does it hold for any?", new::<Holds<false>>),
    kind("some", 1, 1, "does it hold for any?", new::<Holds<false>>),
    kind("any", 1, 1, "does it hold for any?", new::<Holds<false>>),
];

/// With `DISTINCT`: what looks at each value once. For the others it makes no difference which are there twice.
static OF_DIFFERENT: &[AggregateKind] = &[
    kind("count", 1, 16, "how many different values there are", new::<distinct::Distinct>),
    kind("sum", 1, 1, "the sum of the different values", new::<Once<numbers::Sum>>),
    kind("avg", 1, 1, "the mean of the different values", new::<Once<numbers::Mean>>),
    kind("mean", 1, 1, "the mean of the different values", new::<Once<numbers::Mean>>),
    kind("stddev", 1, 1, "the standard deviation of the different values, a sample", new::<Once<Sample<true>>>),
    kind("std", 1, 1, "the standard deviation of the different values, a sample", new::<Once<Sample<true>>>),
    kind("stddev_samp", 1, 1, "the standard deviation of the different values, a sample", new::<Once<Sample<true>>>),
    kind("stddev_pop", 1, 1, "the standard deviation of the different values", new::<Once<numbers::Deviation>>),
    kind("variance", 1, 1, "the variance of the different values, a sample", new::<Once<Sample<false>>>),
    kind("var_samp", 1, 1, "the variance of the different values, a sample", new::<Once<Sample<false>>>),
    kind("var_pop", 1, 1, "the variance of the different values", new::<Once<numbers::Variance>>),
    kind("median", 1, 1, "the value that half of the different ones do not exceed", new::<Once<sample::Percentile>>),
    kind("collect_list", 1, 1, "the list of different values", new::<counts::Values>),
    kind("array_agg", 1, 1, "the list of different values", new::<counts::Values>),
];

/// An aggregate that looks at each different value once; none when there is no such.
pub fn of_different(kind: &'static AggregateKind) -> Option<&'static AggregateKind> {
    const INDIFFERENT: [&str; 12] =
        ["min", "max", "collect_set", "bool_and", "bool_or", "every", "some", "any", "any_value", "first", "last", "approx_count_distinct"];
    let known = OF_DIFFERENT.iter().find(|known| known.name == kind.name);
    known.or_else(|| INDIFFERENT.contains(&kind.name).then_some(kind))
}

/// All of them.
pub fn aggregates() -> impl Iterator<Item = &'static AggregateKind> {
    KINDS.iter()
}

/// The aggregate of that name, in any case.
pub fn aggregate(name: &str) -> Option<&'static AggregateKind> {
    aggregates().find(|kind| kind.name.eq_ignore_ascii_case(name))
}

/// `COUNT(*)`, `COUNT(a, b)`: rows that have all of them.
#[derive(Default)]
struct Count(u64);

impl Aggregate for Count {
    fn take(&mut self, args: &[Value], _: Option<i64>) {
        self.0 += u64::from(!args.iter().any(Value::is_missing));
    }

    fn merge(&mut self, other: Box<dyn Aggregate>) {
        self.0 += same::<Self>(other).map_or(0, |other| other.0);
    }

    fn finish(&self) -> Value {
        Value::count(self.0)
    }
}

#[derive(Default)]
struct CountIf(u64);

impl Aggregate for CountIf {
    fn take(&mut self, args: &[Value], _: Option<i64>) {
        self.0 += u64::from(args.first().and_then(truth) == Some(true));
    }

    fn merge(&mut self, other: Box<dyn Aggregate>) {
        self.0 += same::<Self>(other).map_or(0, |other| other.0);
    }

    fn finish(&self) -> Value {
        Value::count(self.0)
    }
}

/// Keeps the value whose key is best; of equal ones the first.
#[derive(Default)]
struct ExtremeBy<const LAST: bool>(Option<(Value, Value)>);

impl<const LAST: bool> ExtremeBy<LAST> {
    fn keep(&mut self, value: Value, key: &Value) {
        let better = if LAST { Ordering::Greater } else { Ordering::Less };
        if self.0.as_ref().is_none_or(|(_, best)| order(key, best) == better) {
            self.0 = Some((value, key.clone()));
        }
    }
}

impl<const LAST: bool> Aggregate for ExtremeBy<LAST> {
    fn take(&mut self, args: &[Value], _: Option<i64>) {
        if let [value, key] = args
            && !key.is_missing()
        {
            self.keep(value.clone(), key);
        }
    }

    fn merge(&mut self, other: Box<dyn Aggregate>) {
        if let Some((value, key)) = same::<Self>(other).and_then(|other| other.0) {
            self.keep(value, &key);
        }
    }

    fn finish(&self) -> Value {
        self.0.as_ref().map(|(value, _)| value.clone()).into()
    }
}

/// An aggregate of the values as they print, each once.
#[derive(Default)]
struct Once<A> {
    values: BTreeMap<Box<str>, Vec<Value>>,
    bytes: usize,
    is_cut: bool,
    kind: PhantomData<fn() -> A>,
}

impl<A: Aggregate + Default> Once<A> {
    fn add(&mut self, name: Box<str>, args: Vec<Value>) {
        if self.values.contains_key(&name) {
            return;
        }
        if self.values.len() >= MOST_DISTINCT || self.bytes > MOST_BYTES {
            self.is_cut = true;
            return;
        }
        self.bytes += name.len() + args.iter().map(size_of_value).sum::<usize>();
        self.values.insert(name, args);
    }

    /// In an order of their own, so that a sum does not depend on who came first.
    fn all(&self) -> A {
        let mut all = A::default();
        self.values.values().for_each(|args| all.take(args, None));
        all
    }
}

impl<A: Aggregate + Default> Aggregate for Once<A> {
    fn take(&mut self, args: &[Value], _: Option<i64>) {
        if let Some(value) = present(args) {
            self.add(value.printed().as_ref().into(), args.to_vec());
        }
    }

    fn merge(&mut self, other: Box<dyn Aggregate>) {
        let Some(other) = same::<Self>(other) else { return };
        self.is_cut |= other.is_cut;
        for (name, args) in other.values {
            self.add(name, args);
        }
    }

    fn finish(&self) -> Value {
        self.all().finish()
    }

    fn size(&self) -> usize {
        64 + self.bytes + self.values.len() * 96
    }

    fn notes(&self) -> Vec<Note> {
        let mut notes = self.all().notes();
        if self.is_cut {
            notes.push(Note::Cut("DISTINCT looks at 1,000,000 different values, or 64 MiB of them"));
        }
        notes
    }
}

#[derive(Default)]
struct Extreme<const LAST: bool>(ExtremeBy<LAST>);

impl<const LAST: bool> Aggregate for Extreme<LAST> {
    fn take(&mut self, args: &[Value], _: Option<i64>) {
        if let Some(value) = present(args) {
            self.0.keep(value.clone(), value);
        }
    }

    fn merge(&mut self, other: Box<dyn Aggregate>) {
        if let Some(other) = same::<Self>(other) {
            self.0.merge(Box::new(other.0));
        }
    }

    fn finish(&self) -> Value {
        self.0.finish()
    }
}

/// The variance of a sample, or its root: that of all there are, times n / (n - 1).
#[derive(Default)]
struct Sample<const ROOT: bool> {
    variance: numbers::Variance,
    count: u64,
}

impl<const ROOT: bool> Aggregate for Sample<ROOT> {
    fn take(&mut self, args: &[Value], millis: Option<i64>) {
        self.count += u64::from(present(args).is_some_and(|value| value.as_number().is_some()));
        self.variance.take(args, millis);
    }

    fn merge(&mut self, other: Box<dyn Aggregate>) {
        if let Some(other) = same::<Self>(other) {
            self.count += other.count;
            self.variance.merge(Box::new(other.variance));
        }
    }

    fn finish(&self) -> Value {
        let count = self.count as f64;
        let variance = self.variance.finish().as_number().filter(|_| self.count > 1).map(|variance| variance * count / (count - 1.0));
        variance.map(|variance| if ROOT { variance.sqrt() } else { variance }).into()
    }

    fn notes(&self) -> Vec<Note> {
        self.variance.notes()
    }
}

#[derive(Default)]
struct Collected {
    values: Vec<Value>,
    is_cut: bool,
}

impl Aggregate for Collected {
    fn take(&mut self, args: &[Value], _: Option<i64>) {
        if let Some(value) = present(args) {
            if self.values.len() < LONGEST_LIST { self.values.push(value.clone()) } else { self.is_cut = true }
        }
    }

    fn merge(&mut self, other: Box<dyn Aggregate>) {
        if let Some(other) = same::<Self>(other) {
            self.is_cut |= other.is_cut;
            for value in other.values {
                self.take(&[value], None);
            }
        }
    }

    fn finish(&self) -> Value {
        Value::list(self.values.iter().cloned())
    }

    fn notes(&self) -> Vec<Note> {
        if self.is_cut { vec![Note::Cut("a list was cut at 10,000 elements")] } else { Vec::new() }
    }

    fn size(&self) -> usize {
        self.values.iter().map(size_of_value).sum()
    }
}

/// A value of the group; with a second argument that holds, missing ones are passed over.
#[derive(Default)]
struct Picked<const LAST: bool>(Option<Value>);

impl<const LAST: bool> Aggregate for Picked<LAST> {
    fn take(&mut self, args: &[Value], _: Option<i64>) {
        let Some(value) = args.first() else { return };
        let is_passed_over = value.is_missing() && args.get(1).and_then(truth) == Some(true);
        if !is_passed_over && (LAST || self.0.is_none()) {
            self.0 = Some(value.clone());
        }
    }

    fn merge(&mut self, other: Box<dyn Aggregate>) {
        if let Some(value) = same::<Self>(other).and_then(|other| other.0)
            && (LAST || self.0.is_none())
        {
            self.0 = Some(value);
        }
    }

    fn finish(&self) -> Value {
        self.0.clone().into()
    }
}

/// Does it hold for all, or for any?
#[derive(Default)]
struct Holds<const ALL: bool>(Option<bool>);

impl<const ALL: bool> Aggregate for Holds<ALL> {
    fn take(&mut self, args: &[Value], _: Option<i64>) {
        if let Some(holds) = args.first().and_then(truth) {
            let before = self.0.unwrap_or(ALL);
            self.0 = Some(if ALL { before && holds } else { before || holds });
        }
    }

    fn merge(&mut self, other: Box<dyn Aggregate>) {
        if let Some(holds) = same::<Self>(other).and_then(|other| other.0) {
            self.take(&[Value::Flag(holds)], None);
        }
    }

    fn finish(&self) -> Value {
        self.0.into()
    }
}
