//! Commands that look at all rows before any goes on: `sessionize`, `outlier`, `appendcols`.

use hashbrown::HashMap;

use super::super::error::RunError;
use super::super::expr::Node;
use super::super::rows::{Row, set};
use super::{MOST_BYTES, MOST_ROWS, Work, in_order, key_of, stopped, too_many, values_of};
use crate::query::functions::Context;
use crate::query::value::Value;

/// Rows that wait for the last one.
#[derive(Default)]
pub(in crate::query::run) struct Held {
    rows: Vec<Row>,
    bytes: usize,
}

impl Held {
    fn take(&mut self, rows: Vec<Row>, command: &str) -> Result<Vec<Row>, RunError> {
        self.bytes += rows.iter().map(Row::size).sum::<usize>();
        self.rows.extend(rows);
        if self.rows.len() > MOST_ROWS || self.bytes > MOST_BYTES {
            return Err(too_many(command, "narrow the scope, or show fewer fields"));
        }
        Ok(Vec::new())
    }
}

/// `sessionize`: a number for each stretch of one identity's events without a longer silence.
pub(in crate::query::run) struct Sessionize {
    pub(in crate::query::run) keys: Vec<Node>,
    /// The longest silence within a session, in milliseconds.
    pub(in crate::query::run) gap: i64,
    pub(in crate::query::run) slot: usize,
    pub(in crate::query::run) held: Held,
}

impl Work for Sessionize {
    fn take(&mut self, rows: Vec<Row>, _: &Context) -> Result<Vec<Row>, RunError> {
        self.held.take(rows, "sessionize")
    }

    fn finish(&mut self, context: &Context) -> Result<Vec<Row>, RunError> {
        let mut rows = std::mem::take(&mut self.held.rows);
        let times: Vec<(i64, usize)> = rows.iter().enumerate().filter_map(|(at, row)| Some((row.millis?, at))).collect();
        let mut last: HashMap<Vec<u8>, (i64, u64)> = HashMap::new();
        let (mut sessions, mut key) = (0_u64, Vec::new());
        // By time, whatever order the rows are in: a session is numbered when it begins.
        for (millis, at) in in_order(times, Ord::cmp, context)? {
            stopped(context)?;
            let Some(row) = rows.get_mut(at) else { continue };
            let values = values_of(&self.keys, &row.values, context);
            // Whoever has no identity has no sessions.
            if values.iter().any(Value::is_missing) {
                continue;
            }
            key_of(&values, &mut key);
            let number = match last.get(&key) {
                Some((before, number)) if millis.saturating_sub(*before) <= self.gap => *number,
                _ => {
                    sessions += 1;
                    sessions
                }
            };
            last.insert(key.clone(), (millis, number));
            set(row, self.slot, Value::count(number));
        }
        Ok(rows)
    }
}

/// `outlier`: numbers far from the middle half of all.
pub(in crate::query::run) struct Outlier {
    /// What is looked at, where it goes, and where it is said that it was far.
    pub(in crate::query::run) fields: Vec<(Node, usize, Option<usize>)>,
    /// How many times the middle half's width is far.
    pub(in crate::query::run) times: f64,
    pub(in crate::query::run) looks_below: bool,
    /// Rows go; otherwise numbers are drawn to the bound.
    pub(in crate::query::run) removes: bool,
    pub(in crate::query::run) held: Held,
}

/// The number that such a part of them does not exceed, between two of them where need be.
fn quartile(sorted: &[f64], part: f64) -> Option<f64> {
    let place = part * (sorted.len().checked_sub(1)?) as f64;
    let (below, above) = (sorted.get(place.floor() as usize)?, sorted.get(place.ceil() as usize)?);
    Some(below + (above - below) * place.fract())
}

impl Work for Outlier {
    fn take(&mut self, rows: Vec<Row>, _: &Context) -> Result<Vec<Row>, RunError> {
        self.held.take(rows, "outlier")
    }

    fn finish(&mut self, context: &Context) -> Result<Vec<Row>, RunError> {
        let mut rows = std::mem::take(&mut self.held.rows);
        let mut is_kept = vec![true; rows.len()];
        for (node, slot, mark) in &self.fields {
            let values = rows.iter().map(|row| stopped(context).map(|()| node.of(&row.values, context))).collect::<Result<Vec<Value>, RunError>>()?;
            let numbers = in_order(values.iter().filter_map(Value::as_number).collect(), f64::total_cmp, context)?;
            let (Some(first), Some(third)) = (quartile(&numbers, 0.25), quartile(&numbers, 0.75)) else { continue };
            let far = (third - first) * self.times;
            let (low, high) = (if self.looks_below { first - far } else { f64::NEG_INFINITY }, third + far);
            for ((row, value), is_kept) in rows.iter_mut().zip(values).zip(&mut is_kept) {
                let Some(number) = value.as_number() else {
                    set(row, *slot, value);
                    continue;
                };
                let is_far = number < low || number > high;
                *is_kept &= !is_far;
                set(row, *slot, if is_far { Value::number(number.clamp(low, high)) } else { value });
                if let Some(mark) = mark {
                    set(row, *mark, Value::Flag(is_far));
                }
            }
        }
        if self.removes {
            let mut is_kept = is_kept.into_iter();
            rows.retain(|_| is_kept.next().unwrap_or(true));
        }
        Ok(rows)
    }
}

/// `appendcols`: the first row gets the columns of the other query's first row, and so on.
pub(in crate::query::run) struct AppendCols {
    /// Where the columns go, and where those of the same name are that have been there before.
    pub(in crate::query::run) slots: Vec<(usize, Option<Node>)>,
    pub(in crate::query::run) rows: std::vec::IntoIter<Vec<Value>>,
    pub(in crate::query::run) overwrites: bool,
}

impl Work for AppendCols {
    fn take(&mut self, mut rows: Vec<Row>, context: &Context) -> Result<Vec<Row>, RunError> {
        for row in &mut rows {
            let mut others = self.rows.next().unwrap_or_default().into_iter();
            for (slot, before) in &self.slots {
                let own = before.as_ref().map_or(Value::Missing, |node| node.of(&row.values, context));
                let other = others.next().unwrap_or_default();
                let takes_other = own.is_missing() || (self.overwrites && !other.is_missing());
                set(row, *slot, if takes_other { other } else { own });
            }
        }
        Ok(rows)
    }
}
