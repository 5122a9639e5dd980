//! The scalar functions of Logs Insights QL, a table each group; INSIGHTS §4.5 has the list and what it stands on.
//!
//! Arguments are values: a period (`5m`) and a regular expression come as the texts they are written as. Whoever plans a query can
//! check them first, with [`Period::parse`](super::period::Period::parse) and [`compile`](super::compare::compile).
//!
//! A function never fails: what it cannot make sense of gives a missing value. What it makes is bounded; where something had to
//! be cut, the [`Context`] says so.

mod context;
mod encodings;
mod general;
mod hash;
mod ip;
pub(in crate::query) mod java_date;
mod json;
mod numbers;
mod strings;
mod time;

use std::borrow::Cow;

pub use context::Context;
pub use numbers::{Operator, negated};

use super::value::Value;

/// A scalar function.
pub struct Function {
    /// Its name as documented; any case will do, and snake case as well.
    pub name: &'static str,
    /// The fewest arguments a person writes.
    pub least: usize,
    /// The most arguments a person writes.
    pub most: usize,
    /// What it gives, in one line.
    pub doc: &'static str,
    /// It is about the event's `@timestamp`, which is not written: the caller puts it before the written arguments.
    pub on_event_time: bool,
    /// Computes it.
    pub call: fn(&Context, &[Value]) -> Value,
}

impl Function {
    pub(in crate::query) const fn new(
        name: &'static str,
        least: usize,
        most: usize,
        doc: &'static str,
        call: fn(&Context, &[Value]) -> Value,
    ) -> Self {
        Self { name, least, most, doc, on_event_time: false, call }
    }
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}({}..={})", self.name, self.least, self.most)
    }
}

/// As many arguments as a query can hold.
pub(in crate::query) const ANY: usize = usize::MAX;

/// Yes as 1, no as 0: what the functions documented as numbers give.
const YES_NO: [Value; 2] = [Value::Number(0.0), Value::Number(1.0)];

/// All of them, group by group.
pub fn functions() -> impl Iterator<Item = &'static Function> {
    [
        numbers::FUNCTIONS,
        time::FUNCTIONS,
        general::FUNCTIONS,
        json::FUNCTIONS,
        ip::FUNCTIONS,
        strings::FUNCTIONS,
        encodings::FUNCTIONS,
        hash::FUNCTIONS,
    ]
    .into_iter()
    .flatten()
}

/// The function of that name.
pub fn function(name: &str) -> Option<&'static Function> {
    functions().find(|function| is_named(name, function.name))
}

/// Are two names of functions the same? `regexReplace`, `regex_replace` and `REGEXREPLACE` are.
pub fn is_named(written: &str, name: &str) -> bool {
    let folded = |text: &'_ str| text.bytes().filter(|byte| *byte != b'_').map(|byte| byte.to_ascii_lowercase()).collect::<Vec<u8>>();
    !written.starts_with('_') && !written.ends_with('_') && folded(written) == folded(name)
}

pub(in crate::query) fn text_at(args: &[Value], index: usize) -> Option<Cow<'_, str>> {
    args.get(index)?.as_text()
}

pub(in crate::query) fn number_at(args: &[Value], index: usize) -> Option<f64> {
    args.get(index)?.as_number()
}

/// A number without its fraction, as an index or a length.
pub(in crate::query) fn whole_at(args: &[Value], index: usize) -> Option<i64> {
    Some(number_at(args, index)?.trunc() as i64)
}

fn is_missing_at(args: &[Value], index: usize) -> bool {
    args.get(index).is_none_or(Value::is_missing)
}

/// An argument that may be left out: `None` when it stands there and is none of the kind.
fn or_default<T>(args: &[Value], index: usize, default: T, read: impl Fn(&[Value], usize) -> Option<T>) -> Option<T> {
    if index < args.len() { read(args, index) } else { Some(default) }
}

fn yes_no(yes: bool) -> Value {
    let [no, one] = YES_NO;
    if yes { one } else { no }
}

#[cfg(test)]
mod tests;
