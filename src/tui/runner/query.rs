//! Queries of the pane, answered: run, shown while they run, sorted, masked anew; and which fields a case has.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::revision_number;
use crate::case::{EvidenceError, Reader, Result};
use crate::hunt::Bound;
use crate::model::{EventId, Scope, Secrets, Strand};
use crate::query::compare::natural;
use crate::query::ql::{check, only_at_aws, parse};
use crate::query::run::{Answer as Found, Options, RunError, run_showing};
use crate::query::value::Value;
use crate::tui::ask::{Answer, Asking, Held};
use crate::tui::desk::Problem;
use crate::tui::results::{FieldUse, Results};

/// How far a query is is told at most this often.
const TOLD_EVERY: Duration = Duration::from_millis(100);
/// Records of each strand in which fields are looked for.
const SAMPLE: usize = 120;
/// Fields that are kept.
const FIELDS: usize = 3_000;
/// Deeper than this nothing is a field.
const DEEPEST: usize = 8;

/// Answers [`Ask::Query`](crate::tui::ask::Ask::Query).
pub fn answer(reader: &mut Reader, asking: &Asking, reply: &mut dyn FnMut(Answer)) -> Result<Answer> {
    let started = Instant::now();
    let millis = || u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let chart = asking.hunt.as_ref().and_then(|(hunt, _)| hunt.chart.as_ref());
    let (text, bound) = match measured(reader, asking, reply)? {
        Ok(measured) => measured,
        Err(problem) => return Ok(Answer::Wrong(problem)),
    };
    let carried = parse(&text).map(|query| query.carried(&text)).unwrap_or_default();
    let arrange = |found: &mut Found| {
        if let (Some((hunt, _)), Some(bound)) = (&asking.hunt, &bound) {
            hunt.arrange(found, bound.every);
        }
    };
    let found = {
        let mut told = Instant::now();
        // Two closures write to one place: the first rows go out from here, progress from there.
        let reply = std::cell::RefCell::new(&mut *reply);
        run(
            reader,
            &text,
            asking,
            &mut |looked, of| {
                if told.elapsed() > TOLD_EVERY {
                    told = Instant::now();
                    (reply.borrow_mut())(Answer::Looked(looked, of));
                }
            },
            &mut |mut rows| {
                // What is there at once needs no first rows.
                if started.elapsed() > TOLD_EVERY {
                    arrange(&mut rows);
                    let results = Arc::new(Results::of(Arc::new(rows), chart, &carried, millis(), asking.secrets));
                    (reply.borrow_mut())(Answer::Results { results, done: false });
                }
            },
        )?
    };
    let mut found = match found {
        Ok(found) => found,
        Err(problem) => return Ok(Answer::Wrong(problem)),
    };
    arrange(&mut found);
    let results = Results::of(Arc::new(found), chart, &carried, millis(), asking.secrets);
    Ok(Answer::Results { results: Arc::new(results), done: true })
}

/// The text, with the number that a percentile stands for.
fn measured(reader: &mut Reader, asking: &Asking, reply: &mut dyn FnMut(Answer)) -> Result<std::result::Result<(String, Option<Bound>), Problem>> {
    let Some((_, bound)) = &asking.hunt else { return Ok(Ok((asking.text.clone(), None))) };
    let Some(baseline) = &bound.baseline else { return Ok(Ok((asking.text.clone(), Some(bound.clone())))) };
    let found = match run(reader, baseline, asking, &mut |looked, of| reply(Answer::Looked(looked, of)), &mut |_| ())? {
        Ok(found) => found,
        Err(problem) => return Ok(Err(problem)),
    };
    Ok(match found.rows.first().and_then(|row| row.values.first()).and_then(Value::as_number) {
        Some(number) => {
            let bound = bound.measured(number);
            Ok((bound.text.clone(), Some(bound)))
        }
        None => Err(Problem { at: None, what: "there is nothing in scope to measure a percentile of: give a number, or widen the scope".to_owned() }),
    })
}

fn run(
    reader: &mut Reader,
    text: &str,
    asking: &Asking,
    progress: &mut dyn FnMut(u64, u64),
    show: &mut dyn FnMut(Found),
) -> Result<std::result::Result<Found, Problem>> {
    let query = match parse(text) {
        Ok(query) => query,
        Err(error) => return Ok(Err(Problem { at: Some(error.span.start..error.span.end), what: error.to_string() })),
    };
    if let Some(error) = check(&query).into_iter().next() {
        return Ok(Err(Problem { at: Some(error.span.start..error.span.end), what: error.to_string() }));
    }
    if let Some(note) = only_at_aws(&query).into_iter().next() {
        return Ok(Err(Problem { at: Some(note.span.start..note.span.end), what: format!("{note}: a case cannot answer it") }));
    }
    let options = Options { scope: &asking.scope, now: asking.now, push_down: true };
    match run_showing(reader, text, &query, &options, progress, show) {
        Ok(found) => Ok(Ok(found)),
        Err(RunError::Query(error)) => Ok(Err(Problem { at: Some(error.span.start..error.span.end), what: error.to_string() })),
        Err(RunError::TooLarge(what)) => Ok(Err(Problem { at: None, what })),
        Err(RunError::Case(error)) => Err(error),
    }
}

/// Answers [`Ask::Sort`](crate::tui::ask::Ask::Sort). Rows without a value stand last either way.
pub fn sorted(results: &Held, column: usize, falling: bool) -> Answer {
    let rows = &results.0.answer.rows;
    let value = |row: u32| rows.get(row as usize).and_then(|row| row.values.get(column)).unwrap_or(&Value::Missing);
    let mut order: Vec<u32> = (0..u32::try_from(rows.len()).unwrap_or(u32::MAX)).collect();
    order.sort_by(|one, other| {
        let (one, other) = (value(*one), value(*other));
        let by_value = natural(one, other);
        one.is_missing().cmp(&other.is_missing()).then(if falling { by_value.reverse() } else { by_value })
    });
    Answer::Sorted { results: results.clone(), column, falling, order: Arc::new(order) }
}

/// Answers [`Ask::Present`](crate::tui::ask::Ask::Present).
pub fn presented(held: &Held, secrets: Secrets) -> Answer {
    let before = &held.0;
    let mut results = Results::of(Arc::clone(&before.answer), None, &BTreeMap::new(), before.millis, secrets);
    (results.bars, results.kinds) = (before.bars.clone(), before.kinds.clone());
    Answer::Presented(held.clone(), Arc::new(results))
}

/// Answers [`Ask::Fields`](crate::tui::ask::Ask::Fields): the newest records of each strand are looked at.
pub fn fields(reader: &mut Reader, scope: &Scope) -> Result<Answer> {
    let revision = revision_number(reader.revision()?);
    let refs = reader.refs(scope)?;
    let mut looked = 0_u64;
    let mut seen: HashMap<String, u64> = HashMap::new();
    for strand in Strand::ALL {
        let newest: Vec<EventId> =
            refs.iter().rev().filter(|event| event.strand() == strand && !event.is_undecodable()).take(SAMPLE).map(|event| event.id).collect();
        for event in reader.events(&newest)? {
            reader.interrupter().check()?;
            let record = match reader.record(&event) {
                Ok(record) => record,
                Err(EvidenceError::Case(error)) => return Err(error),
                // A file that is gone has no fields.
                Err(_) => continue,
            };
            looked += 1;
            let mut names = BTreeSet::new();
            paths(&Value::from_json(&record), "", 0, &mut names);
            for name in names {
                if seen.len() < FIELDS || seen.contains_key(&name) {
                    *seen.entry(name).or_default() += 1;
                }
            }
        }
    }
    let percent = |count: u64| u8::try_from((count * 100).div_ceil(looked.max(1))).unwrap_or(100);
    let mut fields: Vec<FieldUse> = seen.into_iter().map(|(name, count)| FieldUse { percent: percent(count), name }).collect();
    fields.sort_by(|one, other| other.percent.cmp(&one.percent).then_with(|| one.name.cmp(&other.name)));
    Ok(Answer::Fields { fields: Arc::new(fields), scope: scope.clone(), revision })
}

/// The paths to the values of a record; of a list those of its first element.
fn paths(value: &Value, before: &str, depth: usize, names: &mut BTreeSet<String>) {
    let join = |name: &str| if before.is_empty() { name.to_owned() } else { format!("{before}.{name}") };
    match value {
        _ if depth > DEEPEST || names.len() > FIELDS => {}
        Value::Map(entries) => entries.iter().for_each(|(key, value)| paths(value, &join(key), depth + 1, names)),
        Value::List(values) => values.iter().take(1).for_each(|value| paths(value, &join("0"), depth + 1, names)),
        Value::Missing => {}
        _ if before.is_empty() => {}
        _ => {
            names.insert(before.to_owned());
        }
    }
}
