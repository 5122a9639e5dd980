//! `ORDER BY` and `DISTINCT`.

use hashbrown::HashSet;

use super::super::error::RunError;
use super::super::rows::Row;
use super::super::stage::{MOST_BYTES, MOST_ROWS, Work, in_order, key_of, too_many};
use super::window::{Key, compare};
use crate::query::functions::Context;
use crate::query::value::Value;

/// `ORDER BY`
pub(super) struct Sort {
    pub(super) keys: Vec<Key>,
    /// No more than these will be asked for.
    pub(super) keep: Option<usize>,
    pub(super) rows: Vec<(Vec<Value>, Row)>,
    pub(super) held: usize,
}

impl Sort {
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

impl Work for Sort {
    fn take(&mut self, rows: Vec<Row>, context: &Context) -> Result<Vec<Row>, RunError> {
        for row in rows {
            let key = self.keys.iter().map(|key| key.node.of(&row.values, context)).collect();
            self.held += row.size();
            self.rows.push((key, row));
        }
        if self.held > MOST_BYTES {
            self.settle(context)?;
            if self.held > MOST_BYTES / 2 {
                return Err(RunError::TooLarge("ORDER BY would hold more than 512 MB: show fewer fields, or LIMIT the rows".to_owned()));
            }
        }
        match self.keep {
            Some(keep) if self.rows.len() > keep.saturating_mul(2).saturating_add(4096) => self.settle(context)?,
            None if self.rows.len() > MOST_ROWS => return Err(too_many("ORDER BY", "narrow the scope, or put a LIMIT behind it")),
            _ => {}
        }
        Ok(Vec::new())
    }

    fn finish(&mut self, context: &Context) -> Result<Vec<Row>, RunError> {
        self.settle(context)?;
        Ok(std::mem::take(&mut self.rows).into_iter().map(|(_, row)| row).collect())
    }
}

/// `SELECT DISTINCT`: the first of rows that show the same; what is missing is alike.
pub(super) struct Distinct {
    pub(super) slots: Vec<usize>,
    pub(super) seen: HashSet<Box<[u8]>>,
    pub(super) held: usize,
}

impl Work for Distinct {
    fn take(&mut self, rows: Vec<Row>, _: &Context) -> Result<Vec<Row>, RunError> {
        let (mut kept, mut key) = (Vec::new(), Vec::new());
        for row in rows {
            let values: Vec<Value> = self.slots.iter().map(|slot| row.values.get(*slot).cloned().unwrap_or_default()).collect();
            key_of(&values, &mut key);
            if self.seen.contains(key.as_slice()) {
                continue;
            }
            self.held += key.len();
            if self.seen.len() >= MOST_ROWS || self.held > MOST_BYTES {
                return Err(too_many("DISTINCT", "narrow the scope, or show fewer fields"));
            }
            self.seen.insert(key.as_slice().into());
            kept.push(row);
        }
        Ok(kept)
    }
}
