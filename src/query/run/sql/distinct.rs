//! `DISTINCT`. (`ORDER BY` is the same command as QL's `sort`, with keys of its own: `window::Key`.)

use hashbrown::HashSet;

use super::super::error::RunError;
use super::super::rows::Row;
use super::super::stage::{MOST_BYTES, MOST_ROWS, Work, key_of, too_many};
use crate::query::functions::Context;
use crate::query::value::Value;

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
