//! `filldown` and `fillmissing`: gaps filled.

use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};

use super::super::error::RunError;
use super::super::rows::{Row, set};
use super::{MOST_ROWS, Work, in_order, key_of, stopped, too_many};
use crate::query::functions::Context;
use crate::query::period::Period;
use crate::query::value::Value;

/// `filldown`: what is missing is as in the row before.
pub(in crate::query::run) struct FillDown {
    pub(in crate::query::run) slots: Vec<usize>,
    pub(in crate::query::run) last: HashMap<usize, Value>,
}

impl Work for FillDown {
    fn take(&mut self, mut rows: Vec<Row>, _: &Context) -> Result<Vec<Row>, RunError> {
        for row in &mut rows {
            for slot in &self.slots {
                let Some(value) = row.values.get_mut(*slot) else { continue };
                if value.is_missing() {
                    *value = self.last.get(slot).cloned().unwrap_or_default();
                } else {
                    self.last.insert(*slot, value.clone());
                }
            }
        }
        Ok(rows)
    }
}

/// `fillmissing`: a row for each bin between the first and the last, for each combination of the other keys.
pub(in crate::query::run) struct FillMissing {
    pub(in crate::query::run) bin: usize,
    pub(in crate::query::run) period: Period,
    /// How much later than they are the bins are shown.
    pub(in crate::query::run) shift: i64,
    pub(in crate::query::run) others: Vec<usize>,
    pub(in crate::query::run) fills: Vec<(usize, Value)>,
    pub(in crate::query::run) rows: Vec<Row>,
}

impl Work for FillMissing {
    fn take(&mut self, rows: Vec<Row>, _: &Context) -> Result<Vec<Row>, RunError> {
        self.rows.extend(rows);
        Ok(Vec::new())
    }

    fn finish(&mut self, context: &Context) -> Result<Vec<Row>, RunError> {
        let time = |row: &Row| match row.values.get(self.bin) {
            Some(Value::Time(millis)) => Some(*millis),
            _ => None,
        };
        let times: Vec<i64> = self.rows.iter().filter_map(time).collect();
        let (Some(first), Some(last)) = (times.iter().min().copied(), times.iter().max().copied()) else { return Ok(std::mem::take(&mut self.rows)) };
        let (mut known, mut kinds, mut key) = (HashSet::new(), BTreeMap::new(), Vec::new());
        for row in &self.rows {
            stopped(context)?;
            let others: Vec<Value> = self.others.iter().filter_map(|slot| row.values.get(*slot).cloned()).collect();
            key_of(&others, &mut key);
            known.insert((time(row), key.clone()));
            kinds.entry(key.clone()).or_insert(others);
        }
        let slots = self.rows.first().map_or(0, |row| row.values.len());
        let mut at = first;
        while at < last {
            // One past the beginning of a period lies in it: its end is the next beginning.
            let next = self.period.ceil(at.saturating_sub(self.shift).saturating_add(1)).map(|next| next.saturating_add(self.shift));
            let Some(next) = next.filter(|next| *next > at) else { break };
            at = next;
            for (kind, others) in &kinds {
                stopped(context)?;
                if known.contains(&(Some(at), kind.clone())) {
                    continue;
                }
                if self.rows.len() >= MOST_ROWS {
                    return Err(too_many("fillmissing", "use longer bins"));
                }
                let mut row = Row { event: None, millis: None, values: vec![Value::Missing; slots] };
                set(&mut row, self.bin, Value::Time(at));
                for (slot, value) in self.others.iter().zip(others) {
                    set(&mut row, *slot, value.clone());
                }
                for (slot, value) in &self.fills {
                    set(&mut row, *slot, value.clone());
                }
                self.rows.push(row);
            }
        }
        let bin = self.bin;
        let millis = |row: &Row| match row.values.get(bin) {
            Some(Value::Time(millis)) => *millis,
            _ => i64::MIN,
        };
        in_order(std::mem::take(&mut self.rows), |one, other| millis(one).cmp(&millis(other)), context)
    }
}
