//! Commands that look at a row at a time: `filter`, computed fields, `accum`, `autoregress`, `addtotals`.

use std::collections::VecDeque;
use std::sync::Arc;

use super::super::error::RunError;
use super::super::expr::Node;
use super::super::rows::{Row, set};
use super::{Work, stopped};
use crate::query::functions::Context;
use crate::query::value::Value;

/// `filter`: rows for which all of these hold.
pub(in crate::query::run) struct Filter(pub(in crate::query::run) Vec<Arc<Node>>);

impl Work for Filter {
    fn take(&mut self, mut rows: Vec<Row>, context: &Context) -> Result<Vec<Row>, RunError> {
        let mut failed = Ok(());
        rows.retain(|row| {
            failed = std::mem::replace(&mut failed, Ok(())).and_then(|()| stopped(context));
            failed.is_ok() && self.0.iter().all(|node| node.holds(&row.values, context))
        });
        failed.map(|()| rows)
    }

    fn spare(&mut self, passed: &[Arc<Node>]) {
        self.0.retain(|node| !passed.iter().any(|known| Arc::ptr_eq(known, node)));
    }
}

/// Computed fields, one after the other.
pub(in crate::query::run) struct Compute(pub(in crate::query::run) Vec<(usize, Node)>);

impl Work for Compute {
    fn take(&mut self, mut rows: Vec<Row>, context: &Context) -> Result<Vec<Row>, RunError> {
        for row in &mut rows {
            stopped(context)?;
            for (slot, node) in &self.0 {
                let value = node.of(&row.values, context);
                set(row, *slot, value);
            }
        }
        Ok(rows)
    }
}

/// `accum`: a running sum; a row without a number has the sum so far.
pub(in crate::query::run) struct Accum {
    pub(in crate::query::run) of: Node,
    pub(in crate::query::run) slot: usize,
    pub(in crate::query::run) sum: f64,
}

impl Work for Accum {
    fn take(&mut self, mut rows: Vec<Row>, context: &Context) -> Result<Vec<Row>, RunError> {
        for row in &mut rows {
            self.sum += self.of.of(&row.values, context).as_number().unwrap_or(0.0);
            set(row, self.slot, Value::number(self.sum));
        }
        Ok(rows)
    }
}

/// `autoregress`: values of earlier rows.
pub(in crate::query::run) struct Autoregress {
    pub(in crate::query::run) of: Node,
    /// How many rows back, and where it goes.
    pub(in crate::query::run) lags: Vec<(usize, usize)>,
    pub(in crate::query::run) before: VecDeque<Value>,
}

impl Work for Autoregress {
    fn take(&mut self, mut rows: Vec<Row>, context: &Context) -> Result<Vec<Row>, RunError> {
        let most = self.lags.iter().map(|(lag, _)| *lag).max().unwrap_or(0);
        for row in &mut rows {
            let value = self.of.of(&row.values, context);
            for (lag, slot) in &self.lags {
                let earlier = lag.checked_sub(1).and_then(|back| self.before.get(back)).cloned().unwrap_or_default();
                set(row, *slot, earlier);
            }
            self.before.push_front(value);
            self.before.truncate(most);
        }
        Ok(rows)
    }
}

/// `addtotals`: the sum of a row's numbers, and a last row with the sums of columns.
pub(in crate::query::run) struct AddTotals {
    pub(in crate::query::run) of: Vec<usize>,
    pub(in crate::query::run) row: Option<usize>,
    pub(in crate::query::run) column: bool,
    pub(in crate::query::run) slots: usize,
    pub(in crate::query::run) sums: Vec<Option<f64>>,
}

impl Work for AddTotals {
    fn take(&mut self, mut rows: Vec<Row>, _: &Context) -> Result<Vec<Row>, RunError> {
        self.sums.resize(self.of.len(), None);
        for row in &mut rows {
            let numbers: Vec<Option<f64>> = self.of.iter().map(|slot| row.values.get(*slot).and_then(number)).collect();
            for (sum, number) in self.sums.iter_mut().zip(&numbers) {
                *sum = number.map(|number| sum.unwrap_or(0.0) + number).or(*sum);
            }
            if let Some(slot) = self.row {
                set(row, slot, Value::number(numbers.into_iter().flatten().sum()));
            }
        }
        Ok(rows)
    }

    fn finish(&mut self, _: &Context) -> Result<Vec<Row>, RunError> {
        if !self.column {
            return Ok(Vec::new());
        }
        let mut row = Row { event: None, millis: None, values: vec![Value::Missing; self.slots] };
        for (slot, sum) in self.of.iter().zip(&self.sums) {
            set(&mut row, *slot, (*sum).into());
        }
        if let Some(slot) = self.row {
            set(&mut row, slot, Value::number(self.sums.iter().flatten().sum()));
        }
        Ok(vec![row])
    }
}

/// A time is no amount.
fn number(value: &Value) -> Option<f64> {
    if matches!(value, Value::Time(_)) { None } else { value.as_number() }
}
