//! What functions know besides their arguments: the time and range of the query, the regular expressions compiled so far, and
//! what is to be said about the result.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use hashbrown::HashMap;
use regex::Regex;

use super::super::compare::compile;
use super::super::value::LONGEST_TEXT;

/// A pattern may come from a field, and then there is no end of them: so many are kept.
const MOST_REGEXES: usize = 256;

/// The query that functions run in. One a thread: clones know what was compiled before, notes are their own.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// Now, in milliseconds: the same for every event of a query.
    pub now_ms: i64,
    /// Where the range of the query begins.
    pub start_ms: i64,
    /// Where it ends.
    pub end_ms: i64,
    regexes: RefCell<HashMap<Box<str>, Option<Regex>>>,
    notes: RefCell<BTreeSet<&'static str>>,
    stop: Option<Stop>,
}

/// Says when nobody waits any longer.
#[derive(Clone)]
struct Stop(Arc<dyn Fn() -> bool>);

impl std::fmt::Debug for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stop")
    }
}

impl Context {
    /// Of a query over a range of time.
    pub fn new(now_ms: i64, start_ms: i64, end_ms: i64) -> Self {
        Self { now_ms, start_ms, end_ms, ..Self::default() }
    }

    /// The query is to stop when this says so.
    #[must_use]
    pub fn stopped_by(self, stop: impl Fn() -> bool + 'static) -> Self {
        Self { stop: Some(Stop(Arc::new(stop))), ..self }
    }

    /// Does nobody wait any longer?
    pub fn is_stopped(&self) -> bool {
        self.stop.as_ref().is_some_and(|stop| (stop.0)())
    }

    /// The compiled pattern; none, with a note, when it is no regular expression.
    pub fn regex(&self, pattern: &str) -> Option<Regex> {
        let mut regexes = self.regexes.borrow_mut();
        if let Some(known) = regexes.get(pattern) {
            return known.clone();
        }
        if regexes.len() >= MOST_REGEXES {
            regexes.clear();
        }
        let regex = compile(pattern).ok();
        if regex.is_none() {
            self.note("a regular expression of a function cannot be used; its results are missing");
        }
        regexes.insert(pattern.into(), regex.clone());
        regex
    }

    /// Remembers what a person should know about the results.
    pub fn note(&self, note: &'static str) {
        self.notes.borrow_mut().insert(note);
    }

    /// What a person should know about the results, each sentence once.
    pub fn notes(&self) -> Vec<&'static str> {
        self.notes.borrow().iter().copied().collect()
    }

    /// Appends a piece as far as the bound on texts allows. False when something was cut off.
    pub(in crate::query) fn append(&self, text: &mut String, piece: &str) -> bool {
        let room = LONGEST_TEXT.saturating_sub(text.len());
        if piece.len() <= room {
            text.push_str(piece);
            return true;
        }
        text.push_str(piece.get(..piece.floor_char_boundary(room)).unwrap_or_default());
        self.note("a text that a function made was cut at 1 MiB");
        false
    }
}
