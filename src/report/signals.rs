//! Signals and leads as JSON (the command line's contract), and their arithmetic in words.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;

use crate::model::{Baseline, Crossing, Entity, EventId, Framework, Lead, Level, Points, Signal, Strand, StrandSet, Timestamp, Triage};

/// The JSON of `detect`. Field names are a contract.
#[derive(Debug, Serialize)]
pub struct DetectJson<'a> {
    /// Signals, in order of time.
    pub signals: Vec<SignalJson<'a>>,
    /// Leads, the highest score first.
    pub leads: Vec<LeadJson<'a>>,
    /// What was left out, in words.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub problems: &'a [String],
}

/// One signal.
#[derive(Debug, Serialize)]
pub struct SignalJson<'a> {
    id: &'a str,
    rule: &'a str,
    title: &'a str,
    level: Level,
    weight: u8,
    time: Timestamp,
    first: Timestamp,
    last: Timestamp,
    entity: &'a Entity,
    summary: &'a str,
    events: Vec<Arc<str>>,
    total: u64,
    firings: u64,
    baseline: serde_json::Value,
    frameworks: &'a [Framework],
    tactics: &'a [String],
    strands: Vec<&'static str>,
    links: &'a [Entity],
    value: &'a [String],
    weighed: &'a [String],
    triage: &'a Triage,
}

impl<'a> SignalJson<'a> {
    /// The JSON of a signal; `ids` are those of its records.
    pub fn new(signal: &'a Signal, ids: &HashMap<EventId, Arc<str>>) -> Self {
        let mut baseline = signal.baseline.as_ref().and_then(|baseline| serde_json::to_value(baseline).ok()).unwrap_or_default();
        if let Some(Baseline::Sequence { steps, .. }) = &signal.baseline
            && let Some(written) = baseline.get_mut("steps").and_then(serde_json::Value::as_array_mut)
        {
            for (step, written) in steps.iter().zip(written) {
                if let (Some(slot), Some(id)) = (written.get_mut("event"), ids.get(&step.event)) {
                    *slot = serde_json::Value::String(id.to_string());
                }
            }
        }
        Self {
            id: &signal.id,
            rule: &signal.rule,
            title: &signal.title,
            level: signal.level,
            weight: signal.weight,
            time: signal.time,
            first: signal.first,
            last: signal.last,
            entity: &signal.entity,
            summary: &signal.summary,
            events: signal.events.iter().filter_map(|event| ids.get(event).cloned()).collect(),
            total: signal.total,
            firings: signal.firings,
            baseline,
            frameworks: &signal.frameworks,
            tactics: &signal.tactics,
            strands: names(signal.strands),
            links: &signal.links,
            value: &signal.value,
            weighed: &signal.weighed,
            triage: &signal.triage,
        }
    }
}

/// One lead.
#[derive(Debug, Serialize)]
pub struct LeadJson<'a> {
    id: &'a str,
    entity: &'a Entity,
    entities: &'a [Entity],
    score: u32,
    threshold: u32,
    arithmetic: &'a [Points],
    signals: &'a [String],
    closed_by: &'a str,
    time: Timestamp,
    crossings: &'a [Crossing],
    window: WindowJson,
    tactics: &'a [String],
    strands: Vec<&'static str>,
    triage: &'a Triage,
}

/// The time that a lead is of.
#[derive(Debug, Serialize)]
struct WindowJson {
    first: Timestamp,
    last: Timestamp,
    days: i64,
}

impl<'a> LeadJson<'a> {
    /// The JSON of a lead.
    pub fn new(lead: &'a Lead) -> Self {
        Self {
            id: &lead.id,
            entity: &lead.entity,
            entities: &lead.entities,
            score: lead.score,
            threshold: lead.threshold,
            arithmetic: &lead.arithmetic,
            signals: &lead.signals,
            closed_by: &lead.closed_by,
            time: lead.time,
            crossings: &lead.crossings,
            window: WindowJson { first: lead.first, last: lead.last, days: lead.window_ms / 86_400_000 },
            tactics: &lead.tactics,
            strands: names(lead.strands),
            triage: &lead.triage,
        }
    }
}

fn names(strands: StrandSet) -> Vec<&'static str> {
    Strand::ALL.into_iter().filter(|strand| strands.contains(*strand)).map(Strand::name).collect()
}

/// The arithmetic of a lead on one line: `S12 3 + P4 5 + tactics 2 = 10`.
pub fn arithmetic_words(lead: &Lead) -> String {
    let rules = lead.arithmetic.iter().filter(|line| line.signal.is_some());
    let mut parts: Vec<String> =
        rules.map(|line| format!("{} {}", line.what.split_once(' ').map_or(line.what.as_str(), |(rule, _)| rule), line.points)).collect();
    for word in ["tactic", "strand"] {
        let points: u32 = lead.arithmetic.iter().filter(|line| line.signal.is_none() && line.what.contains(word)).map(|line| line.points).sum();
        if points > 0 {
            parts.push(format!("{word}s {points}"));
        }
    }
    format!("{} = {}", parts.join(" + "), lead.score)
}
