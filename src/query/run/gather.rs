//! Where rows go when they are made: into the answer, and to whoever listens.

use std::cell::RefCell;

use super::AnswerRow;
use super::error::RunError;
use super::plan::Plan;
use super::rows::Row;
use super::stage::{MOST_BYTES, MOST_ROWS};
use crate::query::value::Value;

/// Hears of an answer while it is made.
pub trait Listener {
    /// So many of so many events were looked at.
    fn progress(&mut self, _seen: u64, _of: u64) {}
    /// The rows will have these columns; by column, what the fields are called that its values may come from.
    fn begins(&mut self, _columns: &[String], _names: &[Vec<String>]) {}
    /// The next rows, which are in the answer as well. Without an order to wait for the first come at once.
    fn rows(&mut self, _rows: &[AnswerRow]) {}
}

/// Hears only how far it is.
pub(super) struct Progress<'p>(pub(super) &'p mut dyn FnMut(u64, u64));

impl Listener for Progress<'_> {
    fn progress(&mut self, seen: u64, of: u64) {
        (self.0)(seen, of);
    }
}

/// Takes the rows of a plan, within bounds.
pub(super) struct Gather<'a, 'l> {
    pub(super) rows: Vec<AnswerRow>,
    slots: Vec<usize>,
    held: usize,
    is_events: bool,
    /// What a comparison says is `true` or `false` rather than 1 or 0.
    pub(super) in_words: bool,
    listener: Option<&'a RefCell<&'l mut dyn Listener>>,
}

impl<'a, 'l> Gather<'a, 'l> {
    pub(super) fn of(plan: &Plan, listener: Option<&'a RefCell<&'l mut dyn Listener>>) -> Self {
        let slots = plan.columns.iter().map(|(_, slot)| *slot).collect();
        Self { rows: Vec::new(), slots, held: 0, is_events: plan.is_events, in_words: false, listener }
    }

    pub(super) fn take(&mut self, made: Vec<Row>) -> Result<(), RunError> {
        if self.rows.len() + made.len() > MOST_ROWS {
            return Err(RunError::TooLarge(format!("the answer has more than {MOST_ROWS} rows: add a limit, or narrow the scope")));
        }
        self.held += made.iter().map(Row::size).sum::<usize>();
        if self.held > MOST_BYTES {
            return Err(RunError::TooLarge("the answer has more than 512 MB of text: add a limit, or show fewer fields".to_owned()));
        }
        let before = self.rows.len();
        for row in made {
            let value = |slot: &usize| match row.values.get(*slot) {
                Some(flag @ Value::Flag(_)) if self.in_words => flag.taken_out(),
                other => other.cloned().unwrap_or_default(),
            };
            let values = self.slots.iter().map(value).collect();
            self.rows.push(AnswerRow { event: row.event.filter(|_| self.is_events), values });
        }
        if let (Some(listener), Some(new)) = (self.listener, self.rows.get(before..).filter(|new| !new.is_empty())) {
            listener.borrow_mut().rows(new);
        }
        Ok(())
    }
}
