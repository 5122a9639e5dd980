//! Commands about order and number of rows: `sort`, `limit`, `tail`, `dedup`.

use std::cmp::Ordering;
use std::collections::VecDeque;

use hashbrown::HashSet;

use super::super::error::RunError;
use super::super::expr::Node;
use super::super::rows::Row;
use super::{MOST_BYTES, MOST_ROWS, Work, in_order, key_of, stopped, too_many, values_of};
use crate::query::compare::natural;
use crate::query::functions::Context;
use crate::query::value::Value;

/// One of the values that rows are sorted by. The languages differ in what comes before what, and in their words.
pub(in crate::query::run) trait SortKey {
    /// The command.
    const COMMAND: &'static str;
    /// How to ask for fewer rows.
    const FEWER: &'static str;
    fn node(&self) -> &Node;
    fn compare(&self, one: &Value, other: &Value) -> Ordering;
}

/// A key of `sort`.
pub(in crate::query::run) struct NaturalKey {
    pub(in crate::query::run) node: Node,
    /// The largest comes first.
    pub(in crate::query::run) descending: bool,
}

impl SortKey for NaturalKey {
    const COMMAND: &'static str = "sort";
    const FEWER: &'static str = "put a smaller limit behind it";

    fn node(&self) -> &Node {
        &self.node
    }

    fn compare(&self, one: &Value, other: &Value) -> Ordering {
        let order = natural(one, other);
        if self.descending { order.reverse() } else { order }
    }
}

/// Which of two rows comes first, by the values of these keys.
pub(in crate::query::run) fn compare(keys: &[impl SortKey], one: &[Value], other: &[Value]) -> Ordering {
    keys.iter().zip(one.iter().zip(other)).fold(Ordering::Equal, |sum, (key, (one, other))| sum.then_with(|| key.compare(one, other)))
}

/// `sort`, `ORDER BY`
pub(in crate::query::run) struct Sort<K> {
    pub(in crate::query::run) keys: Vec<K>,
    /// No more than these will be asked for.
    pub(in crate::query::run) keep: Option<usize>,
    rows: Vec<(Vec<Value>, Row)>,
    /// About how many bytes they hold.
    held: usize,
}

impl<K: SortKey> Sort<K> {
    pub(in crate::query::run) fn by(keys: Vec<K>, keep: Option<usize>) -> Self {
        Self { keys, keep, rows: Vec::new(), held: 0 }
    }

    fn settle(&mut self, context: &Context) -> Result<(), RunError> {
        let keys = &self.keys;
        self.rows = in_order(std::mem::take(&mut self.rows), |(one, _), (other, _)| compare(keys, one, other), context)?;
        if let Some(keep) = self.keep {
            self.rows.truncate(keep);
            self.held = self.rows.iter().map(|(_, row)| row.size()).sum();
        }
        Ok(())
    }
}

impl<K: SortKey> Work for Sort<K> {
    fn take(&mut self, rows: Vec<Row>, context: &Context) -> Result<Vec<Row>, RunError> {
        for row in rows {
            stopped(context)?;
            let key = self.keys.iter().map(|key| key.node().of(&row.values, context)).collect();
            self.held += row.size();
            self.rows.push((key, row));
        }
        if self.held > MOST_BYTES {
            self.settle(context)?;
            if self.held > MOST_BYTES / 2 {
                return Err(RunError::TooLarge(format!("`{}` would hold more than 512 MB: show fewer fields, or {}", K::COMMAND, K::FEWER)));
            }
        }
        match self.keep {
            Some(keep) if self.rows.len() > keep.saturating_mul(2).saturating_add(4096) => self.settle(context)?,
            None if self.rows.len() > MOST_ROWS => return Err(too_many(K::COMMAND, &format!("narrow the scope, or {}", K::FEWER))),
            _ => {}
        }
        Ok(Vec::new())
    }

    fn finish(&mut self, context: &Context) -> Result<Vec<Row>, RunError> {
        self.settle(context)?;
        Ok(std::mem::take(&mut self.rows).into_iter().map(|(_, row)| row).collect())
    }
}

/// `OFFSET`: without the first rows.
pub(in crate::query::run) struct Skip(pub(in crate::query::run) usize);

impl Work for Skip {
    fn take(&mut self, mut rows: Vec<Row>, _: &Context) -> Result<Vec<Row>, RunError> {
        let gone = self.0.min(rows.len());
        self.0 -= gone;
        rows.drain(..gone);
        Ok(rows)
    }
}

/// `limit`, `head`
pub(in crate::query::run) struct Limit(pub(in crate::query::run) usize);

impl Work for Limit {
    fn take(&mut self, mut rows: Vec<Row>, _: &Context) -> Result<Vec<Row>, RunError> {
        rows.truncate(self.0);
        self.0 -= rows.len();
        Ok(rows)
    }

    fn is_full(&self) -> bool {
        self.0 == 0
    }
}

/// The limit of a query that has none: what it cuts is said.
pub(in crate::query::run) struct Cut {
    pub(in crate::query::run) left: usize,
    pub(in crate::query::run) has_cut: bool,
}

impl Work for Cut {
    fn take(&mut self, mut rows: Vec<Row>, _: &Context) -> Result<Vec<Row>, RunError> {
        self.has_cut |= rows.len() > self.left;
        rows.truncate(self.left);
        self.left -= rows.len();
        Ok(rows)
    }

    fn is_full(&self) -> bool {
        self.has_cut
    }

    fn notes(&self) -> Vec<String> {
        if self.has_cut { vec!["there are more rows: a query without `limit` gives the first 10,000".to_owned()] } else { Vec::new() }
    }
}

/// `tail`
pub(in crate::query::run) struct Tail {
    pub(in crate::query::run) count: usize,
    pub(in crate::query::run) rows: VecDeque<Row>,
    pub(in crate::query::run) held: usize,
}

impl Work for Tail {
    fn take(&mut self, rows: Vec<Row>, _: &Context) -> Result<Vec<Row>, RunError> {
        for row in rows {
            self.held += row.size();
            self.rows.push_back(row);
            if self.rows.len() > self.count {
                self.held -= self.rows.pop_front().map_or(0, |row| row.size());
            }
        }
        if self.held > MOST_BYTES {
            return Err(RunError::TooLarge("`tail` would hold more than 512 MB: ask for fewer rows, or show fewer fields".to_owned()));
        }
        Ok(Vec::new())
    }

    fn finish(&mut self, _: &Context) -> Result<Vec<Row>, RunError> {
        Ok(std::mem::take(&mut self.rows).into())
    }
}

/// `dedup`: the first row of each key; rows with a missing key all stay.
pub(in crate::query::run) struct Dedup {
    pub(in crate::query::run) keys: Vec<Node>,
    pub(in crate::query::run) seen: HashSet<Box<[u8]>>,
    pub(in crate::query::run) held: usize,
}

impl Work for Dedup {
    fn take(&mut self, rows: Vec<Row>, context: &Context) -> Result<Vec<Row>, RunError> {
        let (mut kept, mut key) = (Vec::new(), Vec::new());
        for row in rows {
            stopped(context)?;
            let values = values_of(&self.keys, &row.values, context);
            if !values.iter().any(Value::is_missing) {
                key_of(&values, &mut key);
                if self.seen.contains(key.as_slice()) {
                    continue;
                }
                self.held += key.len();
                if self.seen.len() >= MOST_ROWS || self.held > MOST_BYTES {
                    return Err(too_many("dedup", "narrow the scope, or use fewer fields"));
                }
                self.seen.insert(key.as_slice().into());
            }
            kept.push(row);
        }
        Ok(kept)
    }
}
