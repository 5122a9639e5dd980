//! The commands at work: each takes rows and gives rows, some only when all have come.

mod extract;
mod fill;
mod group;
mod join;
mod lists;
mod lookup;
mod order;
mod patterns;
mod rowwise;
mod statistics;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::sync::Arc;

use super::error::RunError;
use super::expr::Node;
use super::rows::Row;
use crate::query::functions::Context;
use crate::query::pattern::Patterns;
use crate::query::value::Value;

pub(super) use extract::{Csv, JsonAt, LOGFMT, Logfmt, Match, glob, json_steps};
pub(super) use fill::{FillDown, FillMissing};
pub(super) use group::Group;
pub(super) use join::{Join, by_key};
pub(super) use lists::Unnest;
pub(super) use lookup::{Finder, Lookup, Shown};
pub(super) use order::{Cut, Dedup, Limit, NaturalKey, Skip, Sort, SortKey, Tail, compare};
pub(super) use patterns::FindPatterns;
pub(super) use rowwise::{Accum, AddTotals, Autoregress, Compute, Filter};
pub(super) use statistics::{AppendCols, Held, Outlier, Sessionize};

/// No command holds more rows or groups than this.
pub(super) const MOST_ROWS: usize = 1_000_000;
/// Nor so many bytes of them.
pub(super) const MOST_BYTES: usize = 512 << 20;

/// A command at work.
pub(super) trait Work {
    /// Takes rows; gives those that can go on.
    fn take(&mut self, rows: Vec<Row>, context: &Context) -> Result<Vec<Row>, RunError>;
    /// There are no more: gives what is left.
    fn finish(&mut self, _: &Context) -> Result<Vec<Row>, RunError> {
        Ok(Vec::new())
    }
    /// Whatever comes now, nothing more goes on.
    fn is_full(&self) -> bool {
        false
    }
    /// What a person should know.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }
    /// Takes one row that is there so many times; only what groups rows is asked to.
    fn take_many(&mut self, _: &Row, _: u64, _: &Context) -> Result<(), RunError> {
        Ok(())
    }
    /// The patterns it found.
    fn patterns(&mut self) -> Option<Patterns> {
        None
    }
    /// The patterns of the time before, to compare with.
    fn compare_with(&mut self, _: Patterns) {}
    /// Rows that come from now on passed these conditions already.
    fn spare(&mut self, _: &[Arc<Node>]) {}
}

/// Has somebody stopped waiting?
pub(super) fn stopped(context: &Context) -> Result<(), RunError> {
    if context.is_stopped() { Err(RunError::Case(crate::case::CaseError::Interrupted)) } else { Ok(()) }
}

/// Rows that a command is given at once …
const PIECE: usize = 512;
/// … and about how many bytes of them.
const PIECE_BYTES: usize = 256 << 10;

/// Rows in pieces, after each of which somebody is asked whether the answer is still wanted.
pub(super) fn pieces(rows: Vec<Row>) -> impl Iterator<Item = Vec<Row>> {
    let mut rows = rows.into_iter();
    std::iter::from_fn(move || {
        let mut piece = Vec::with_capacity(rows.len().min(PIECE));
        let mut bytes = 0;
        while piece.len() < PIECE && bytes < PIECE_BYTES {
            let Some(row) = rows.next() else { break };
            bytes += row.size();
            piece.push(row);
        }
        (!piece.is_empty()).then_some(piece)
    })
}

/// Runs that are sorted in one go.
const RUN: usize = 4096;

/// Rows in order; those that are alike stay in theirs. In runs that are merged, so that it can be stopped in between.
pub(super) fn in_order<T>(mut rows: Vec<T>, order: impl Fn(&T, &T) -> Ordering, context: &Context) -> Result<Vec<T>, RunError> {
    let mut runs: Vec<Vec<T>> = Vec::with_capacity(rows.len() / RUN + 1);
    while !rows.is_empty() {
        let mut run = rows.split_off(rows.len().saturating_sub(1) / RUN * RUN);
        run.sort_by(&order);
        runs.push(run);
        stopped(context)?;
    }
    // They were taken off the end.
    runs.reverse();
    while runs.len() > 1 {
        let mut merged = Vec::with_capacity(runs.len().div_ceil(2));
        let mut pairs = runs.into_iter();
        while let Some(first) = pairs.next() {
            merged.push(match pairs.next() {
                Some(second) => merge(first, second, &order, context)?,
                None => first,
            });
        }
        runs = merged;
    }
    Ok(runs.pop().unwrap_or_default())
}

fn merge<T>(first: Vec<T>, second: Vec<T>, order: impl Fn(&T, &T) -> Ordering, context: &Context) -> Result<Vec<T>, RunError> {
    let mut out = Vec::with_capacity(first.len() + second.len());
    let (mut first, mut second) = (first.into_iter().peekable(), second.into_iter().peekable());
    while let (Some(one), Some(other)) = (first.peek(), second.peek()) {
        let next = if order(one, other).is_le() { first.next() } else { second.next() };
        out.extend(next);
        if out.len().is_multiple_of(RUN) {
            stopped(context)?;
        }
    }
    out.extend(first);
    out.extend(second);
    Ok(out)
}

/// So many rows like this one are too many bytes to be made of one piece.
pub(super) fn bounded(made: usize, row: &Row, command: &str) -> Result<(), RunError> {
    if made.saturating_mul(size_of::<Row>() + row.values.len() * size_of::<Value>()) > MOST_BYTES {
        return Err(RunError::TooLarge(format!(
            "`{command}` would make more than 512 MB of rows at once: narrow the scope first, or show fewer fields"
        )));
    }
    Ok(())
}

/// A command that makes more rows than this of each, on average, was not meant so.
const MOST_FOLD: usize = 500;

/// How many rows a command took, and how many it made of them.
#[derive(Default)]
pub(super) struct Fold {
    taken: usize,
    made: usize,
}

impl Fold {
    /// Another row becomes so many.
    pub(super) fn becomes(&mut self, count: usize, command: &str) -> Result<(), RunError> {
        self.taken += 1;
        self.made = self.made.saturating_add(count);
        if self.made > MOST_ROWS && self.made / self.taken > MOST_FOLD {
            return Err(RunError::TooLarge(format!(
                "`{command}` makes more than {MOST_FOLD} rows of each and has made more than {MOST_ROWS}: narrow the scope first, or look for more at once"
            )));
        }
        Ok(())
    }
}

/// Too many rows for a command.
pub(super) fn too_many(command: &str, remedy: &str) -> RunError {
    RunError::TooLarge(format!("`{command}` would hold more than {MOST_ROWS} rows: {remedy}"))
}

/// Values as a key: what prints alike is alike, what is missing is like nothing else.
pub(super) fn key_of(values: &[Value], key: &mut Vec<u8>) {
    key.clear();
    for value in values {
        add_to_key(value, key);
    }
}

fn add_to_key(value: &Value, key: &mut Vec<u8>) {
    let length = |length: usize, key: &mut Vec<u8>| key.extend_from_slice(&(length as u64).to_le_bytes());
    match value {
        Value::Missing => key.push(0),
        // A time is like no text, and takes long to print.
        Value::Time(millis) => {
            key.push(2);
            key.extend_from_slice(&millis.to_le_bytes());
        }
        // The stretches of `window` are maps of two times.
        Value::Map(entries) if entries.iter().all(|(_, value)| matches!(value, Value::Time(_))) => {
            key.push(3);
            length(entries.len(), key);
            for (name, value) in entries.iter() {
                length(name.len(), key);
                key.extend_from_slice(name.as_bytes());
                add_to_key(value, key);
            }
        }
        other => {
            let text = other.printed();
            key.push(1);
            length(text.len(), key);
            key.extend_from_slice(text.as_bytes());
        }
    }
}

/// The values of nodes in a row.
pub(super) fn values_of(nodes: &[Node], row: &[Value], context: &Context) -> Vec<Value> {
    nodes.iter().map(|node| node.of(row, context)).collect()
}
