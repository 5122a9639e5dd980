//! Commands about order and number of rows: `sort`, `limit`, `tail`, `dedup`.

use std::cmp::Ordering;
use std::collections::VecDeque;

use hashbrown::HashSet;

use super::super::error::RunError;
use super::super::expr::Node;
use super::super::rows::Row;
use super::{MOST_BYTES, MOST_ROWS, Work, in_order, key_of, too_many, values_of};
use crate::query::compare::natural;
use crate::query::functions::Context;
use crate::query::value::Value;

/// `sort`
pub(in crate::query::run) struct Sort {
    /// What is sorted by, and whether the largest comes first.
    pub(in crate::query::run) keys: Vec<(Node, bool)>,

    /// No more than these will be asked for.
    pub(in crate::query::run) keep: Option<usize>,
    pub(in crate::query::run) rows: Vec<(Vec<Value>, Row)>,
    /// About how many bytes they hold.
    pub(in crate::query::run) held: usize,
}

impl Sort {
    fn settle(&mut self, context: &Context) -> Result<(), RunError> {
        let keys = &self.keys;
        let order = |(one, _): &(Vec<Value>, Row), (other, _): &(Vec<Value>, Row)| {
            let orders = one.iter().zip(other).zip(keys).map(|((one, other), (_, descending))| {
                let order = natural(one, other);
                if *descending { order.reverse() } else { order }
            });
            orders.fold(Ordering::Equal, Ordering::then)
        };
        self.rows = in_order(std::mem::take(&mut self.rows), order, context)?;
        if let Some(keep) = self.keep {
            self.rows.truncate(keep);
            self.held = self.rows.iter().map(|(_, row)| row.size()).sum();
        }
        Ok(())
    }
}

impl Work for Sort {
    fn take(&mut self, rows: Vec<Row>, context: &Context) -> Result<Vec<Row>, RunError> {
        for row in rows {
            let key = self.keys.iter().map(|(node, _)| node.of(&row.values, context)).collect();
            self.held += row.size();
            self.rows.push((key, row));
        }
        if self.held > MOST_BYTES {
            self.settle(context)?;
            if self.held > MOST_BYTES / 2 {
                return Err(RunError::TooLarge("`sort` would hold more than 512 MB: show fewer fields, or put a smaller limit behind it".to_owned()));
            }
        }
        match self.keep {
            Some(keep) if self.rows.len() > keep.saturating_mul(2).saturating_add(4096) => self.settle(context)?,
            None if self.rows.len() > MOST_ROWS => return Err(too_many("sort", "narrow the scope, or put a limit behind it")),
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
}

impl Work for Tail {
    fn take(&mut self, rows: Vec<Row>, _: &Context) -> Result<Vec<Row>, RunError> {
        for row in rows {
            self.rows.push_back(row);
            if self.rows.len() > self.count {
                self.rows.pop_front();
            }
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
}

impl Work for Dedup {
    fn take(&mut self, rows: Vec<Row>, context: &Context) -> Result<Vec<Row>, RunError> {
        let (mut kept, mut key) = (Vec::new(), Vec::new());
        for row in rows {
            let values = values_of(&self.keys, &row.values, context);
            if !values.iter().any(Value::is_missing) {
                key_of(&values, &mut key);
                if self.seen.contains(key.as_slice()) {
                    continue;
                }
                if self.seen.len() >= MOST_ROWS {
                    return Err(too_many("dedup", "narrow the scope, or use fewer fields"));
                }
                self.seen.insert(key.as_slice().into());
            }
            kept.push(row);
        }
        Ok(kept)
    }
}
