//! `outcrop detect`: signals and leads, with their reasons and their arithmetic.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use super::Done;
use super::cli::{DetectArgs, Format};
use super::failure::Failure;
use super::output::Output;
use super::{place, unknown};
use crate::case::{Reader, Writable, open_read_only};
use crate::detect::{Detector, RuleSet, Sources, keep, window_words};
use crate::model::{Detected, EventId, Lead, Scope, Signal};
use crate::report::{DetectJson, LeadJson, SignalJson, arithmetic_words, grouped};

/// Runs the command.
pub fn run(args: &DetectArgs) -> Result<Done, Failure> {
    let scope = args.question.scope.scope(place::now()).map_err(Failure::Usage)?;
    let path = place::named_or_last(args.question.case.case.as_deref())?;
    let mut reader = open_read_only(&path)?;
    let (signals, leads, detected) = found(&path, &mut reader, args.rules.as_deref())?;
    let (mut signals, leads) = within(&mut reader, signals, leads, &scope)?;
    let secrets = args.question.reveal.secrets();
    if signals.is_empty() && !scope.is_all() {
        unknown::say(&mut reader, &scope, secrets)?;
    }
    let all = signals.len();
    signals.truncate(args.question.scope.limit.unwrap_or(usize::MAX));
    let signals: Vec<Signal> = signals.into_iter().map(|signal| secrets.signal(signal)).collect();
    let mut output = Output::new(args.question.output);
    match output.format() {
        Format::Table => tables(&signals, &leads, &mut output)?,
        Format::Csv => rows(&mut reader, &signals, &mut output)?,
        Format::Json | Format::Ndjson => {
            let ids: Vec<EventId> = signals.iter().flat_map(|signal| signal.events.iter().copied()).collect();
            let ids = reader.uids(&ids)?;
            output.object(&DetectJson {
                signals: signals.iter().map(|signal| SignalJson::new(signal, &ids)).collect(),
                leads: leads.iter().map(LeadJson::new).collect(),
                problems: &detected.problems,
            })?;
        }
    }
    let mut done = Done::Complete;
    if signals.len() < all {
        eprintln!("outcrop: {} of {all} signals shown; --limit raises it", signals.len());
        done = Done::Incomplete;
    }
    for problem in &detected.problems {
        eprintln!("outcrop: {}", crate::model::SafeText::new(problem));
        done = Done::Incomplete;
    }
    place::unless_rebuilding(&reader, done)
}

/// The rules of the house and the user's, and those of a folder.
pub fn rule_set(folder: Option<&Path>) -> RuleSet {
    let mut sources = Sources::builtin();
    if let Some(config) = place::config() {
        sources = sources.with_config(&config);
    }
    if let Some(folder) = folder {
        sources = sources.with_rules(folder, true);
    }
    RuleSet::load(&sources, false)
}

/// What the case keeps, when it is of all its events and of these rules; otherwise the rules run, and what they find is kept when the
/// case can be written.
fn found(path: &Path, reader: &mut Reader, folder: Option<&Path>) -> Result<(Vec<Signal>, Vec<Lead>, Detected), Failure> {
    let mut detector = Detector::new(Arc::new(rule_set(folder)), reader)?;
    let stored = reader.detected()?;
    if stored.fingerprint == detector.fingerprint() && stored.events == reader.last_event()? && !reader.is_rebuilding()? {
        return Ok((reader.signals()?, reader.leads()?, stored));
    }
    let findings = detector.catch_up(reader)?;
    let mut signals = detector.signals();
    let mut leads = findings.leads.clone();
    reader.judge(&mut signals, &mut leads)?;
    if folder.is_none() {
        // Somebody else may have the right to write, or nobody: then the rules run again the next time.
        if let Ok(case) = Writable::open(path) {
            keep(&case, reader, &findings, true)?;
        }
    }
    Ok((signals, leads, findings.detected))
}

/// Signals that have a record in the scope, and leads that have such a signal.
fn within(reader: &mut Reader, signals: Vec<Signal>, leads: Vec<Lead>, scope: &Scope) -> Result<(Vec<Signal>, Vec<Lead>), Failure> {
    if scope.is_all() {
        return Ok((signals, leads));
    }
    let inside: HashSet<EventId> = reader.refs(scope)?.iter().map(|event| event.id).collect();
    let signals: Vec<Signal> = signals.into_iter().filter(|signal| signal.events.iter().any(|event| inside.contains(event))).collect();
    let ids: HashSet<&str> = signals.iter().map(|signal| signal.id.as_str()).collect();
    let leads = leads.into_iter().filter(|lead| lead.signals.iter().any(|id| ids.contains(id.as_str()))).collect();
    Ok((signals, leads))
}

fn tables(signals: &[Signal], leads: &[Lead], output: &mut Output) -> Result<(), Failure> {
    output.line(&format!("Leads ({})", leads.len()))?;
    let lead = |lead: &Lead| {
        let others = lead.entities.iter().skip(1).map(|entity| entity.value.to_string()).collect::<Vec<_>>().join(", ");
        [
            lead.entity.value.to_string(),
            format!("{} > {}", lead.score, lead.threshold),
            arithmetic_words(lead),
            window_words(lead),
            others,
            lead.triage.state.name().to_owned(),
        ]
    };
    output.rows(&["entity", "score", "arithmetic", "when", "with", "state"], leads.iter().map(lead))?;
    output.line("")?;
    output.line(&format!("Signals ({})", grouped(signals.len() as u64)))?;
    let signal = |signal: &Signal| {
        [
            signal.time.to_jiff().strftime("%Y-%m-%d %H:%M:%S").to_string(),
            format!("{} {}", signal.weight, signal.level),
            signal.rule.clone(),
            signal.entity.value.to_string(),
            signal.summary.clone(),
            grouped(signal.total),
            signal.weighed.join("; "),
        ]
    };
    output.rows(&["time", "weight", "rule", "entity", "why", "records", "weighed"], signals.iter().map(signal))?;
    output.flush()
}

fn rows(reader: &mut Reader, signals: &[Signal], output: &mut Output) -> Result<(), Failure> {
    let titles = ["id", "rule", "title", "level", "weight", "time", "first", "last", "entity_kind", "entity", "summary", "total", "events"];
    let ids: Vec<EventId> = signals.iter().flat_map(|signal| signal.events.iter().copied()).collect();
    let ids = reader.uids(&ids)?;
    let row = |signal: &Signal| {
        let events: Vec<&str> = signal.events.iter().filter_map(|event| ids.get(event).map(|id| &**id)).collect();
        [
            signal.id.clone(),
            signal.rule.clone(),
            signal.title.clone(),
            signal.level.name().to_owned(),
            signal.weight.to_string(),
            signal.time.to_string(),
            signal.first.to_string(),
            signal.last.to_string(),
            signal.entity.kind.name().to_owned(),
            signal.entity.value.to_string(),
            signal.summary.clone(),
            signal.total.to_string(),
            events.join(" "),
        ]
    };
    output.rows(&titles, signals.iter().map(row))?;
    output.flush()
}
