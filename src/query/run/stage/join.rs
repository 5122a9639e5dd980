//! `join`: rows paired with rows of another source.

use hashbrown::HashMap;

use super::super::error::RunError;
use super::super::expr::Node;
use super::super::rows::{Row, set};
use super::{MOST_ROWS, Work, bounded, key_of, stopped, too_many};
use crate::query::functions::Context;
use crate::query::value::Value;

/// Rows of the other side by their key.
pub(in crate::query::run) type ByKey = HashMap<Box<[u8]>, Vec<Vec<Value>>>;

/// `join`
pub(in crate::query::run) struct Join {
    pub(in crate::query::run) key: Node,
    /// The other side's values by key.
    pub(in crate::query::run) right: ByKey,
    /// Where they go.
    pub(in crate::query::run) slots: Vec<usize>,
    /// Rows without a partner stay.
    pub(in crate::query::run) is_left: bool,
    pub(in crate::query::run) made: usize,
}

/// The other side by its first column; what has no key has no partner.
pub(in crate::query::run) fn by_key(rows: Vec<Vec<Value>>) -> ByKey {
    let (mut right, mut key) = (ByKey::new(), Vec::new());
    for mut row in rows {
        if row.first().is_none_or(Value::is_missing) {
            continue;
        }
        let rest = row.split_off(1);
        key_of(&row, &mut key);
        right.entry(key.as_slice().into()).or_default().push(rest);
    }
    right
}

impl Work for Join {
    fn take(&mut self, rows: Vec<Row>, context: &Context) -> Result<Vec<Row>, RunError> {
        let (mut out, mut key) = (Vec::new(), Vec::new());
        for row in rows {
            stopped(context)?;
            let value = self.key.of(&row.values, context);
            key_of(std::slice::from_ref(&value), &mut key);
            let partners = if value.is_missing() { None } else { self.right.get(key.as_slice()) };
            match partners {
                Some(partners) => {
                    self.made += partners.len();
                    if self.made > MOST_ROWS {
                        return Err(too_many("join", "join on a field with fewer equal values"));
                    }
                    bounded(out.len() + partners.len(), &row, "join")?;
                    for partner in partners {
                        let mut one = row.clone();
                        for (slot, value) in self.slots.iter().zip(partner) {
                            set(&mut one, *slot, value.clone());
                        }
                        out.push(one);
                    }
                }
                None if self.is_left => out.push(row),
                None => {}
            }
        }
        Ok(out)
    }
}
