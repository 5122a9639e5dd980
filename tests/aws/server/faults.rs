//! What goes wrong, when told to: rules that name an action or a group, and how often.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// `ThrottlingException`.
    Throttled,
    /// `LimitExceededException`: all query slots are taken.
    NoSlots,
    /// Nothing is answered, for ever.
    Silent,
    /// The connection ends in the middle of the answer.
    Cut,
    /// The connection ends without an answer.
    Closed,
    /// The answer comes later.
    Slow(Duration),
    /// `ExpiredTokenException`.
    Expired,
    /// `AccessDeniedException`.
    Denied,
    /// `ResourceNotFoundException`: no such group, no such query.
    Missing,
    /// `ServiceUnavailableException`.
    Unavailable,
    /// A page of somebody in between.
    Html,
    /// The signature is not accepted, because of the time in it.
    Skewed,
    /// Of `StartQuery`: the query ends so (`Failed`, `Cancelled`, `Timeout`).
    Ends(&'static str),
    /// Of `StartQuery`: the query runs so long.
    Runs(Duration),
}

/// When something goes wrong.
#[derive(Clone, Debug)]
pub struct Rule {
    action: Option<&'static str>,
    group: Option<String>,
    after: usize,
    every: usize,
    times: usize,
    seen: usize,
    fault: Fault,
}

/// On every action.
pub fn always(fault: Fault) -> Rule {
    Rule { action: None, group: None, after: 0, every: 1, times: usize::MAX, seen: 0, fault }
}

/// On this action.
pub fn on(action: &'static str, fault: Fault) -> Rule {
    Rule { action: Some(action), ..always(fault) }
}

impl Rule {
    /// Only when this group is named, or a query of it.
    pub fn of_group(self, group: &str) -> Self {
        Self { group: Some(group.to_owned()), ..self }
    }

    /// Only after so many went well.
    pub fn after(self, after: usize) -> Self {
        Self { after, ..self }
    }

    /// Each so-manieth only.
    pub fn every(self, every: usize) -> Self {
        Self { every, ..self }
    }

    /// Not more often.
    pub fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    fn is_met(&self, asked: &Asked<'_>) -> bool {
        self.action.is_none_or(|action| action == asked.action) && self.group.as_ref().is_none_or(|group| asked.groups.contains(group))
    }
}

/// What rules look at.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The action.
    pub action: &'a str,
    /// Names of the groups it is about.
    pub groups: &'a [String],
}

/// The rules in force.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Vec<Rule>>);

impl Faults {
    /// One more rule.
    pub fn add(&self, rule: Rule) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(rule);
    }

    /// All is well again.
    pub fn heal(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What goes wrong now: the first rule that says so.
    pub fn of(&self, asked: &Asked<'_>) -> Option<Fault> {
        let mut rules = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = None;
        for rule in rules.iter_mut().filter(|rule| rule.is_met(asked)) {
            rule.seen += 1;
            let is_due = rule.seen > rule.after && (rule.seen - rule.after - 1).is_multiple_of(rule.every);
            if is_due && rule.times > 0 && found.is_none() {
                rule.times -= 1;
                found = Some(rule.fault.clone());
            }
        }
        found
    }
}
