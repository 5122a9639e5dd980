//! Sets of rows and values: what `IN (SELECT …)` looks into, and `UNION`, `INTERSECT`, `EXCEPT`.

use hashbrown::{HashMap, HashSet};

use super::super::error::RunError;
use super::super::stage::{MOST_ROWS, key_of, stopped, too_many};
use crate::query::functions::Context;
use crate::query::numeric::Numeric;
use crate::query::sql::ast::SetOperator;
use crate::query::sql::equal;
use crate::query::value::Value;

/// The values of a query, looked up at once. Texts are looked for as they are; beside numbers they are read as such.
#[derive(Default)]
pub(super) struct Known {
    texts: HashSet<Box<str>>,
    numbers: HashSet<Key>,
    numbers_in_texts: HashSet<Key>,
    /// Times and flags, which are few: they are compared one by one.
    others: Vec<Value>,
    has_missing: bool,
    /// Texts that are no numbers.
    has_words: bool,
}

#[derive(PartialEq, Eq, Hash)]
enum Key {
    Whole(i128),
    Real(u64),
}

fn key(value: &Value) -> Option<Key> {
    value.numeric().map(|number| match number {
        Numeric::Whole(whole) => Key::Whole(whole),
        Numeric::Real(real) => Key::Real(real.to_bits()),
    })
}

impl Known {
    pub(super) fn of(values: impl IntoIterator<Item = Value>) -> Self {
        let mut known = Self::default();
        let mut times = HashSet::new();
        for value in values {
            match &value {
                Value::Missing => known.has_missing = true,
                Value::Text(text) => {
                    let number = key(&value);
                    known.has_words |= number.is_none();
                    known.numbers_in_texts.extend(number);
                    known.texts.insert((&**text).into());
                }
                Value::Number(_) => known.numbers.extend(key(&value)),
                Value::Time(millis) if !times.insert(*millis) => {}
                _ => known.others.push(value),
            }
        }
        known
    }

    /// Is the value among them? None when it cannot be said: it is missing, or one is, or a word stands beside a number.
    pub(super) fn has(&self, value: &Value) -> Option<bool> {
        let number = key(value);
        let (is_found, is_unsayable) = match value {
            Value::Missing => return if self.is_empty() { Some(false) } else { None },
            Value::Text(text) => {
                let among_numbers = number.as_ref().is_some_and(|number| self.numbers.contains(number));
                (self.texts.contains(&**text) || among_numbers, number.is_none() && !self.numbers.is_empty())
            }
            Value::Number(_) => {
                (number.is_some_and(|number| self.numbers.contains(&number) || self.numbers_in_texts.contains(&number)), self.has_words)
            }
            _ => {
                let answers = || self.texts.iter().map(|text| equal(value, &Value::text(&**text)));
                let among_numbers = number.is_some_and(|number| self.numbers.contains(&number));
                (among_numbers || answers().any(|answer| answer == Some(true)), answers().any(|answer| answer.is_none()))
            }
        };
        let others = || self.others.iter().map(|other| equal(value, other));
        if is_found || others().any(|answer| answer == Some(true)) {
            return Some(true);
        }
        let is_unsayable = is_unsayable || self.has_missing || others().any(|answer| answer.is_none());
        (!is_unsayable).then_some(false)
    }

    fn is_empty(&self) -> bool {
        !self.has_missing && self.texts.is_empty() && self.numbers.is_empty() && self.others.is_empty()
    }
}

/// Rows of two queries put together.
pub(super) fn put_together(
    how: SetOperator,
    all: bool,
    left: Vec<Vec<Value>>,
    right: Vec<Vec<Value>>,
    context: &Context,
) -> Result<Vec<Vec<Value>>, RunError> {
    let keyed = |row: &[Value]| {
        let mut key = Vec::new();
        key_of(row, &mut key);
        key.into_boxed_slice()
    };
    if how == SetOperator::Union {
        if left.len() + right.len() > MOST_ROWS {
            return Err(too_many("UNION", "narrow both queries"));
        }
        let mut seen = HashSet::new();
        return kept(left.into_iter().chain(right), |row| all || seen.insert(keyed(row)), context);
    }
    let mut counts: HashMap<Box<[u8]>, u64> = HashMap::new();
    for row in &right {
        stopped(context)?;
        *counts.entry(keyed(row)).or_default() += 1;
    }
    let mut seen = HashSet::new();
    let keeps = |row: &Vec<Value>| {
        let key = keyed(row);
        let is_there = match counts.get_mut(&key) {
            // With ALL each row of the one side stands for one of the other.
            Some(count) if all => {
                let was_left = *count > 0;
                *count = count.saturating_sub(1);
                was_left
            }
            Some(_) => true,
            None => false,
        };
        let wanted = is_there == (how == SetOperator::Intersect);
        wanted && (all || seen.insert(key))
    };
    kept(left.into_iter(), keeps, context)
}

/// The rows that are kept, as long as somebody waits for them.
fn kept(rows: impl Iterator<Item = Vec<Value>>, mut keeps: impl FnMut(&Vec<Value>) -> bool, context: &Context) -> Result<Vec<Vec<Value>>, RunError> {
    let mut out = Vec::new();
    for row in rows {
        stopped(context)?;
        if keeps(&row) {
            out.push(row);
        }
    }
    Ok(out)
}
