//! What was sent to the server: every request, and what came of it.

use std::sync::{Mutex, PoisonError};

use serde_json::Value;

/// A request.
#[derive(Clone, Debug)]
pub struct Call {
    /// `logs` or `sts`, as it was signed for.
    pub service: String,
    /// Region, as it was signed for.
    pub region: String,
    /// Action.
    pub action: String,
    /// What was asked.
    pub body: Value,
    /// `ok`, or the error's code; empty while it is not answered.
    pub outcome: String,
}

/// All requests, in the order of their arrival.
#[derive(Debug, Default)]
pub struct Calls(Mutex<Vec<Call>>);

impl Calls {
    /// One came. Gives its number.
    pub fn begin(&self, call: Call) -> usize {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        calls.push(call);
        calls.len() - 1
    }

    /// It was answered.
    pub fn end(&self, number: usize, outcome: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)[number].outcome = outcome.into();
    }

    /// All so far.
    pub fn all(&self) -> Vec<Call> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
