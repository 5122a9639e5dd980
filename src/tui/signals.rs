//! The Signals pane: leads and signals as rows, in an order that a person chooses; the page of one of them; and which events
//! signals touch, for marking them everywhere.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use crate::model::{Detected, Entity, EntityKind, EventId, EventRef, Lead, Name, Scope, Secrets, Signal, Timestamp, TriageState};

/// What the rows may be ordered by, in words; the first is what they come in.
pub const SIGNAL_ORDERS: [&str; 4] = ["weight", "entity", "time", "tactic"];

/// A row: a place among the leads or the signals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignalRow {
    /// A lead.
    Lead(usize),
    /// A signal.
    Signal(usize),
}

/// Leads and signals of a scope.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SignalsPage {
    /// The leads, as they may be shown.
    pub leads: Vec<Lead>,
    /// The signals, as they may be shown.
    pub signals: Vec<Signal>,
    /// How far the rules came.
    pub detected: Detected,
    /// Events there are to look at.
    pub events: u64,
    /// Masked or not.
    pub secrets: Secrets,
    /// The rows, each beside its event in the list.
    pub rows: Vec<SignalRow>,
}

impl SignalsPage {
    /// The id of a row.
    pub fn id(&self, row: SignalRow) -> Option<&str> {
        match row {
            SignalRow::Lead(at) => self.leads.get(at).map(|lead| lead.id.as_str()),
            SignalRow::Signal(at) => self.signals.get(at).map(|signal| signal.id.as_str()),
        }
    }
}

impl SignalsPage {
    /// Does what is told of a row match?
    pub fn says(&self, row: SignalRow, pattern: &regex::Regex) -> bool {
        match row {
            SignalRow::Lead(at) => self.leads.get(at).is_some_and(|lead| pattern.is_match(&lead.entity.value)),
            SignalRow::Signal(at) => self.signals.get(at).is_some_and(|signal| {
                [signal.rule.as_str(), &signal.title, &signal.summary, &signal.entity.value].iter().any(|text| pattern.is_match(text))
            }),
        }
    }
}

/// The rows in an order: leads first by weight and by tactic, by entity each lead before its signals, by time among them.
pub fn rows(leads: &[Lead], signals: &[Signal], by: u8, reversed: bool) -> Vec<SignalRow> {
    let mut order: Vec<usize> = (0..signals.len()).collect();
    let signal = |at: usize| signals.get(at);
    let dismissed = |at: usize| signal(at).is_some_and(|signal| signal.triage.state == TriageState::Dismissed);
    let heaviest = |at: usize| Reverse(signal(at).map_or(0, |signal| signal.weight));
    let time = |at: usize| signal(at).map(|signal| signal.time);
    let all_leads = || (0..leads.len()).map(SignalRow::Lead);
    let mut rows: Vec<SignalRow> = match by {
        1 => {
            // Whoever is suspected most comes first, with what the suspicion rests on.
            let mut rows = Vec::new();
            let mut told = vec![false; signals.len()];
            let place: HashMap<&str, usize> = signals.iter().enumerate().map(|(at, signal)| (signal.id.as_str(), at)).collect();
            for (at, lead) in leads.iter().enumerate() {
                rows.push(SignalRow::Lead(at));
                for at in lead.signals.iter().filter_map(|id| place.get(id.as_str()).copied()) {
                    if let Some(told) = told.get_mut(at).filter(|told| !**told) {
                        *told = true;
                        rows.push(SignalRow::Signal(at));
                    }
                }
            }
            order.retain(|at| told.get(*at) == Some(&false));
            order.sort_by_key(|at| (signal(*at).map(|signal| signal.entity.clone()), time(*at)));
            rows.extend(order.into_iter().map(SignalRow::Signal));
            rows
        }
        2 => {
            let mut rows: Vec<(Option<Timestamp>, SignalRow)> = order.iter().map(|at| (time(*at), SignalRow::Signal(*at))).collect();
            rows.extend(leads.iter().enumerate().map(|(at, lead)| (Some(lead.time), SignalRow::Lead(at))));
            rows.sort_by_key(|(time, row)| (*time, matches!(row, SignalRow::Lead(_))));
            rows.into_iter().map(|(_, row)| row).collect()
        }
        3 => {
            order.sort_by_key(|at| {
                (signal(*at).map(|signal| signal.tactics.first().cloned().unwrap_or_else(|| "~".to_owned())), heaviest(*at), time(*at))
            });
            all_leads().chain(order.into_iter().map(SignalRow::Signal)).collect()
        }
        _ => {
            order.sort_by_key(|at| (dismissed(*at), heaviest(*at), time(*at)));
            all_leads().chain(order.into_iter().map(SignalRow::Signal)).collect()
        }
    };
    if reversed {
        rows.reverse();
    }
    rows
}

/// Which events signals touch, with the weight of the heaviest; and when signals fired. Dismissed ones touch nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flagged {
    /// In order of event.
    pub events: Arc<Vec<(EventId, u8)>>,
    /// When, with the weight.
    pub times: Arc<Vec<(i64, u8)>>,
    /// Signals, without those dismissed.
    pub count: u64,
    /// Revision of the case.
    pub revision: u64,
}

impl Flagged {
    /// Of these signals.
    pub fn of(signals: &[Signal], revision: u64) -> Self {
        let mut events: HashMap<EventId, u8> = HashMap::new();
        let mut times = Vec::new();
        let mut count = 0;
        for signal in signals.iter().filter(|signal| signal.triage.state != TriageState::Dismissed) {
            count += 1;
            times.push((signal.time.as_millis(), signal.weight));
            for event in &signal.events {
                let weight = events.entry(*event).or_default();
                *weight = (*weight).max(signal.weight);
            }
        }
        let mut events: Vec<(EventId, u8)> = events.into_iter().collect();
        events.sort_unstable_by_key(|(event, _)| *event);
        times.sort_unstable();
        Self { events: Arc::new(events), times: Arc::new(times), count, revision }
    }

    /// The weight of the heaviest signal that touches an event.
    pub fn weight(&self, event: EventId) -> Option<u8> {
        let at = self.events.binary_search_by_key(&event, |(event, _)| *event).ok()?;
        self.events.get(at).map(|(_, weight)| *weight)
    }
}

/// The page of a signal or lead.
#[derive(Clone, Debug, PartialEq)]
pub struct SignalPage {
    /// The id of what it is of.
    pub id: String,
    /// Revision of the case.
    pub revision: u64,
    /// The width it is laid out for.
    pub width: u16,
    /// Masked or not.
    pub secrets: Secrets,
    /// What a judgement said when it was made: other words need another page.
    pub judged: (TriageState, String),
    /// Its lines.
    pub lines: Vec<SignalPart>,
}

/// How a line of the page looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Plain words.
    Plain,
    /// What matters most.
    Strong,
    /// It stands back.
    Quiet,
    /// Grave.
    Grave,
}

/// One line of the page.
#[derive(Clone, Debug, PartialEq)]
pub enum SignalPart {
    /// A label and words.
    Words(&'static str, String, Look),
    /// A blank.
    Blank,
    /// A title.
    Title(&'static str, String),
    /// A row of the chart: what stands beside it, and its cells with those that crossed.
    Chart(String, Vec<(char, bool)>),
    /// All records: how many.
    Records(u64),
    /// One record: the event, when, what, and how it ended.
    Record(EventRef, String, String),
    /// An entity it names.
    Named(Entity, Name),
    /// A signal of a lead: its id, points, and words.
    Points(Option<String>, u32, String),
}

/// Where the records of a signal or lead lie: its entity and time.
pub fn records_scope(entity: &Entity, first: Timestamp, last: Timestamp) -> Scope {
    let range = crate::model::TimeRange { since: Some(first), until: Some(last.plus_millis(1)) };
    let scope = Scope { range, ..Scope::all() };
    // A lead or signal may be about what no event is listed by.
    if entity.kind == EntityKind::Request { scope } else { scope.narrowed(entity.clone()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Level, StrandSet, Triage};

    fn signal(id: &str, weight: u8, millis: i64, entity: &str, tactic: &str) -> Signal {
        let time = Timestamp::from_millis(millis);
        Signal {
            id: id.to_owned(),
            rule: id.to_owned(),
            title: String::new(),
            level: Level::of(weight),
            weight,
            weighed: Vec::new(),
            time,
            first: time,
            last: time,
            entity: Entity::new(EntityKind::Actor, entity),
            links: Vec::new(),
            value: Vec::new(),
            summary: String::new(),
            events: vec![EventId(millis as u32)],
            total: 1,
            firings: 1,
            baseline: None,
            frameworks: Vec::new(),
            tactics: vec![tactic.to_owned()],
            strands: StrandSet::ALL,
            triage: Triage::default(),
        }
    }

    #[test]
    fn rows_come_in_the_order_that_is_chosen() {
        let mut signals =
            [signal("a", 3, 10, "x", "TA2"), signal("b", 8, 20, "y", "TA1"), signal("c", 5, 30, "x", "TA1"), signal("d", 9, 5, "z", "TA3")];
        signals[3].triage.state = TriageState::Dismissed;
        let names = |by, reversed| {
            rows(&[], &signals, by, reversed)
                .into_iter()
                .map(|row| if let SignalRow::Signal(at) = row { signals[at].id.as_str() } else { "lead" })
                .collect::<String>()
        };
        // The one that was dismissed comes last.
        assert_eq!(names(0, false), "bcad");
        assert_eq!(names(1, false), "acbd");
        assert_eq!(names(2, false), "dabc");
        assert_eq!(names(3, false), "bcad");
        assert_eq!(names(0, true), "dacb");
        let flagged = Flagged::of(&signals, 1);
        assert_eq!((flagged.count, flagged.weight(EventId(20)), flagged.weight(EventId(5)), flagged.weight(EventId(6))), (3, Some(8), None, None));
    }
}
