//! `pattern` and `diff`.

use super::super::error::RunError;
use super::super::expr::Node;
use super::super::rows::{Row, set};
use super::{Work, stopped};
use crate::query::functions::Context;
use crate::query::pattern::Patterns;
use crate::query::value::Value;

/// `pattern`, and `diff` behind it.
pub(in crate::query::run) struct FindPatterns {
    pub(in crate::query::run) of: Node,
    pub(in crate::query::run) found: Patterns,
    pub(in crate::query::run) before: Option<Patterns>,
    /// Where the columns go.
    pub(in crate::query::run) columns: Vec<usize>,
    pub(in crate::query::run) slots: usize,
    pub(in crate::query::run) note: Option<&'static str>,
}

impl FindPatterns {
    fn row(&self, values: impl IntoIterator<Item = Value>) -> Row {
        let mut row = Row { event: None, millis: None, values: vec![Value::Missing; self.slots] };
        for (slot, value) in self.columns.iter().zip(values) {
            set(&mut row, *slot, value);
        }
        row
    }
}

impl Work for FindPatterns {
    fn take(&mut self, rows: Vec<Row>, context: &Context) -> Result<Vec<Row>, RunError> {
        for row in rows {
            stopped(context)?;
            if let Some(text) = self.of.of(&row.values, context).as_text() {
                self.found.take(&text);
            }
        }
        Ok(Vec::new())
    }

    fn finish(&mut self, _: &Context) -> Result<Vec<Row>, RunError> {
        let found = std::mem::take(&mut self.found);
        self.note = found.note();
        Ok(match self.before.take() {
            Some(before) => found.diff(before).iter().map(|difference| self.row(difference.row())).collect(),
            None => found.finish().iter().map(|pattern| self.row(pattern.row())).collect(),
        })
    }

    fn notes(&self) -> Vec<String> {
        self.note.map(str::to_owned).into_iter().collect()
    }

    fn patterns(&mut self) -> Option<Patterns> {
        Some(std::mem::take(&mut self.found))
    }

    fn compare_with(&mut self, before: Patterns) {
        self.before = Some(before);
    }
}
