//! The tables `signals` and `leads`: what the rules left in the case, a row for each. At AWS there are no such tables.

use super::super::error::RunError;
use crate::case::Reader;
use crate::model::{Lead, Scope, Signal, Timestamp, Triage};
use crate::query::sql::ast::Groups;
use crate::query::value::Value;

/// Names of the columns, and the rows.
pub(super) type Found = (Vec<String>, Vec<Vec<Value>>);

const SIGNALS: [&str; 16] = [
    "@timestamp",
    "id",
    "rule",
    "title",
    "level",
    "weight",
    "first",
    "last",
    "entity_kind",
    "entity",
    "summary",
    "records",
    "firings",
    "tactics",
    "state",
    "note",
];
const LEADS: [&str; 11] = ["@timestamp", "id", "entity_kind", "entity", "score", "threshold", "first", "last", "signals", "state", "note"];

/// The rows of the table, when it is one of these alone. As of events those of the scope's time are given.
pub(super) fn table(reader: &mut Reader, scope: &Scope, groups: &Groups) -> Result<Option<Found>, RunError> {
    let [name] = groups.names.as_slice() else { return Ok(None) };
    if !groups.sources.is_empty() || !groups.index.is_empty() {
        return Ok(None);
    }
    let is_in = |at: Timestamp| scope.range.contains(at);
    let (columns, rows): (&[&str], Vec<Vec<Value>>) = match name.to_lowercase().as_str() {
        "signals" => (&SIGNALS, reader.signals()?.iter().filter(|signal| is_in(signal.time)).map(of_signal).collect()),
        "leads" => (&LEADS, reader.leads()?.iter().filter(|lead| is_in(lead.time)).map(of_lead).collect()),
        _ => return Ok(None),
    };
    Ok(Some((columns.iter().map(|column| (*column).to_owned()).collect(), rows)))
}

fn time(at: Timestamp) -> Value {
    Value::Time(at.as_millis())
}

fn judged(triage: &Triage) -> [Value; 2] {
    [Value::text(triage.state.name()), if triage.note.is_empty() { Value::Missing } else { Value::text(triage.note.as_str()) }]
}

fn of_signal(signal: &Signal) -> Vec<Value> {
    let mut row = vec![
        time(signal.time),
        Value::text(signal.id.as_str()),
        Value::text(signal.rule.as_str()),
        Value::text(signal.title.as_str()),
        Value::text(signal.level.name()),
        Value::count(u64::from(signal.weight)),
        time(signal.first),
        time(signal.last),
        Value::text(signal.entity.kind.name()),
        Value::text(&*signal.entity.value),
        Value::text(signal.summary.as_str()),
        Value::count(signal.total),
        Value::count(signal.firings),
        Value::List(signal.tactics.iter().map(|tactic| Value::text(tactic.as_str())).collect()),
    ];
    row.extend(judged(&signal.triage));
    row
}

fn of_lead(lead: &Lead) -> Vec<Value> {
    let mut row = vec![
        time(lead.time),
        Value::text(lead.id.as_str()),
        Value::text(lead.entity.kind.name()),
        Value::text(&*lead.entity.value),
        Value::count(u64::from(lead.score)),
        Value::count(u64::from(lead.threshold)),
        time(lead.first),
        time(lead.last),
        Value::List(lead.signals.iter().map(|id| Value::text(id.as_str())).collect()),
    ];
    row.extend(judged(&lead.triage));
    row
}
