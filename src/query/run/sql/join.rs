//! `JOIN … ON`: rows paired with rows of the other side. Equalities between the sides find the partners, all else in `ON` is asked of
//! each pair.

use hashbrown::HashMap;

use super::super::error::RunError;
use super::super::expr::Node;
use super::super::rows::{Row, set};
use super::super::stage::{MOST_BYTES, MOST_ROWS, Work, bounded, stopped};
use crate::query::aggregate::size_of_value;
use crate::query::functions::Context;
use crate::query::numeric::Numeric;
use crate::query::value::Value;

/// So many pairs are looked at where no equality finds the partners.
const MOST_PAIRS: u64 = 5_000_000;
/// Between looks at whether somebody waits no longer.
const BREATH: u64 = 4096;

/// `JOIN` at work.
pub(super) struct Pairs {
    /// Equal to the other side's keys, in order.
    pub(super) keys: Vec<Node>,
    /// The other side's rows, and which of them have a key.
    pub(super) right: Vec<Vec<Value>>,
    pub(super) by_key: HashMap<Box<[u8]>, Vec<u32>>,
    /// Where they go.
    pub(super) slots: Vec<usize>,
    /// What must hold of a pair.
    pub(super) on: Vec<Node>,
    /// Rows without a partner stay.
    pub(super) is_left: bool,
    pub(super) made: usize,
    pub(super) looked_at: u64,
}

/// Values as a key under which all values are that may be equal to them. None when one is missing.
pub(super) fn loose_key(values: &[Value], key: &mut Vec<u8>) -> Option<()> {
    key.clear();
    for value in values {
        if value.is_missing() {
            return None;
        }
        let text = match value {
            Value::Time(_) | Value::Number(_) | Value::Flag(_) => value.numeric().map(spelled),
            // A text may stand beside a number.
            Value::Text(text) => {
                Numeric::parse(text).map(spelled).or_else(|| crate::query::sql::functions::time::instant(text).map(|millis| millis.to_string()))
            }
            Value::Missing | Value::List(_) | Value::Map(_) => None,
        };
        let text = text.map_or_else(|| value.printed(), Into::into);
        key.extend_from_slice(&(text.len() as u64).to_le_bytes());
        key.extend_from_slice(text.as_bytes());
    }
    Some(())
}

fn spelled(number: Numeric) -> String {
    match number {
        Numeric::Whole(whole) => whole.to_string(),
        Numeric::Real(real) => real.to_string(),
    }
}

impl Pairs {
    /// Sorts the other side's rows by their keys, which are the first values of each.
    pub(super) fn fill(&mut self, rows: Vec<Vec<Value>>, context: &Context) -> Result<(), RunError> {
        let held: usize = rows.iter().flatten().map(size_of_value).sum();
        if held > MOST_BYTES {
            return Err(RunError::TooLarge("the second side of JOIN would hold more than 512 MB: narrow it, or read fewer fields of it".to_owned()));
        }
        let mut key = Vec::new();
        for mut row in rows {
            stopped(context)?;
            let rest = row.split_off(self.keys.len().min(row.len()));
            let at = u32::try_from(self.right.len()).unwrap_or(u32::MAX);
            if self.keys.is_empty() || loose_key(&row, &mut key).is_some() {
                if !self.keys.is_empty() {
                    self.by_key.entry(key.as_slice().into()).or_default().push(at);
                }
                self.right.push(rest);
            }
        }
        Ok(())
    }

    /// Another pair is looked at.
    fn look(&mut self, context: &Context) -> Result<(), RunError> {
        self.looked_at += 1;
        if self.looked_at.is_multiple_of(BREATH) {
            stopped(context)?;
        }
        if self.keys.is_empty() && self.looked_at > MOST_PAIRS {
            let remedy = "add an equality between the sides to ON, as in a.`requestID` = b.`requestId`, or narrow both";
            return Err(RunError::TooLarge(format!("without an equality JOIN would look at more than {MOST_PAIRS} pairs: {remedy}")));
        }
        Ok(())
    }
}

impl Work for Pairs {
    fn take(&mut self, rows: Vec<Row>, context: &Context) -> Result<Vec<Row>, RunError> {
        let (mut out, mut key) = (Vec::new(), Vec::new());
        for row in rows {
            stopped(context)?;
            let partners: Vec<u32> = if self.keys.is_empty() {
                (0..u32::try_from(self.right.len()).unwrap_or(u32::MAX)).collect()
            } else {
                let values: Vec<Value> = self.keys.iter().map(|node| node.of(&row.values, context)).collect();
                loose_key(&values, &mut key).and_then(|()| self.by_key.get(key.as_slice())).cloned().unwrap_or_default()
            };
            let before = out.len();
            let mut pair = row.clone();
            for partner in partners {
                self.look(context)?;
                let Some(partner) = self.right.get(partner as usize) else { continue };
                for (slot, value) in self.slots.iter().zip(partner) {
                    set(&mut pair, *slot, value.clone());
                }
                if self.on.iter().all(|node| node.holds(&pair.values, context)) {
                    out.push(pair.clone());
                }
                bounded(out.len(), &pair, "JOIN")?;
                if self.made + out.len() > MOST_ROWS {
                    let remedy = "join on a field with fewer equal values, or narrow both sides";
                    return Err(RunError::TooLarge(format!("JOIN would make more than {MOST_ROWS} rows: {remedy}")));
                }
            }
            if out.len() == before && self.is_left {
                out.push(row);
            }
        }
        self.made += out.len();
        Ok(out)
    }
}
