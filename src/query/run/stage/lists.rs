//! `unnest` and `expand`: a row for each element of a list.

use super::super::error::RunError;
use super::super::expr::Node;
use super::super::rows::{Row, set};
use super::{Fold, MOST_ROWS, Work, bounded, stopped, too_many};
use crate::query::functions::Context;
use crate::query::value::Value;

/// `unnest` and `expand`
pub(in crate::query::run) struct Unnest {
    pub(in crate::query::run) of: Node,
    pub(in crate::query::run) slot: usize,
    pub(in crate::query::run) fold: Fold,
}

impl Work for Unnest {
    fn take(&mut self, rows: Vec<Row>, context: &Context) -> Result<Vec<Row>, RunError> {
        let mut out = Vec::with_capacity(rows.len());
        for mut row in rows {
            stopped(context)?;
            match self.of.of(&row.values, context) {
                Value::List(values) if !values.is_empty() => {
                    if out.len() + values.len() > MOST_ROWS {
                        return Err(too_many("unnest", "narrow the scope first"));
                    }
                    bounded(out.len() + values.len(), &row, "unnest")?;
                    self.fold.becomes(values.len(), "unnest")?;
                    for value in values.iter() {
                        let mut one = row.clone();
                        set(&mut one, self.slot, value.taken_out());
                        out.push(one);
                    }
                }
                other => {
                    // What is no list counts as a list of one.
                    set(&mut row, self.slot, if matches!(other, Value::List(_)) { Value::Missing } else { other });
                    out.push(row);
                }
            }
        }
        Ok(out)
    }
}
