//! What was sent to the server: every request, and what came of it.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A request.
#[derive(Clone, Debug)]
pub struct Call {
    /// When, since the server began.
    pub at: Duration,
    /// `logs` or `sts`, as it was signed for.
    pub service: String,
    /// Region, as it was signed for.
    pub region: String,
    /// Access key.
    pub key: String,
    /// Action.
    pub action: String,
    /// What was asked.
    pub body: Value,
    /// `ok`, or the error's code; empty while it is not answered.
    pub outcome: String,
}

/// All requests, in the order of their arrival.
#[derive(Debug)]
pub struct Calls {
    began: Instant,
    calls: Mutex<Vec<Call>>,
}

impl Calls {
    /// None yet.
    pub fn new() -> Self {
        Self { began: Instant::now(), calls: Mutex::default() }
    }

    /// One came. Gives its number.
    pub fn begin(&self, call: Call) -> usize {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.push(Call { at: self.began.elapsed(), ..call });
        calls.len() - 1
    }

    /// It was answered.
    pub fn end(&self, number: usize, outcome: &str) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)[number].outcome = outcome.to_owned();
    }

    /// All so far.
    pub fn all(&self) -> Vec<Call> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
