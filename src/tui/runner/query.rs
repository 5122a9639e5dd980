//! Queries of the pane, answered: run, shown while they run, sorted, masked anew; and which fields a case has.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::revision_number;
use crate::case::{EvidenceError, Reader, Result};
use crate::hunt::{Bound, Language};
use crate::model::{EventId, Scope, Secrets, Strand};
use crate::query::compare::natural;
use crate::query::lookup::LookupTable;
use crate::query::ql::{self, QueryError};
use crate::query::run::{Answer as Found, AnswerRow, Listener, Options, RunError, fetched_group, run_heard, run_sql};
use crate::query::sql;
use crate::query::value::Value;
use crate::tui::ask::{Answer, Asking, Held};
use crate::tui::complete::{Named, Offer};
use crate::tui::desk::Problem;
use crate::tui::results::{FieldUse, Results};

/// How far a query is is told at most this often.
const TOLD_EVERY: Duration = Duration::from_millis(100);
/// Rows that are shown before the others.
const FIRST_ROWS: usize = 1_000;
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
    let carried = if is_sql(&text, asking) { BTreeMap::new() } else { ql::parse(&text).map(|query| query.carried(&text)).unwrap_or_default() };
    let shown = |mut found: Found| {
        if let (Some((hunt, _)), Some(bound)) = (&asking.hunt, &bound) {
            hunt.arrange(&mut found, bound.every);
        }
        Arc::new(Results::of(Arc::new(found), chart, &carried, millis(), asking.secrets))
    };
    let mut telling = Telling { reply, show: Some(&shown), first: Found::default(), started, told: started };
    Ok(match run(reader, &text, asking, &mut telling)? {
        Ok(found) => Answer::Results { results: shown(found), done: true },
        Err(problem) => Answer::Wrong(problem),
    })
}

/// Tells how far a query is, and shows its first rows when the others take long.
struct Telling<'a> {
    reply: &'a mut dyn FnMut(Answer),
    /// Makes what is shown; not there when nothing is to be shown, or was.
    show: Option<&'a dyn Fn(Found) -> Arc<Results>>,
    first: Found,
    started: Instant,
    told: Instant,
}

impl Listener for Telling<'_> {
    fn progress(&mut self, seen: u64, of: u64) {
        if self.told.elapsed() > TOLD_EVERY {
            self.told = Instant::now();
            (self.reply)(Answer::Looked(seen, of));
        }
    }

    fn begins(&mut self, columns: &[String], names: &[Vec<String>]) {
        (self.first.columns, self.first.names) = (columns.to_vec(), names.to_vec());
    }

    fn rows(&mut self, rows: &[AnswerRow]) {
        let Some(show) = self.show else { return };
        let room = FIRST_ROWS.saturating_sub(self.first.rows.len());
        self.first.rows.extend(rows.iter().take(room).cloned());
        if !self.first.rows.is_empty() && self.started.elapsed() > TOLD_EVERY {
            self.show = None;
            (self.reply)(Answer::Results { results: show(std::mem::take(&mut self.first)), done: false });
        }
    }
}

fn is_sql(text: &str, asking: &Asking) -> bool {
    asking.hunt.as_ref().map_or_else(|| sql::is_likely(text), |(hunt, _)| hunt.language == Language::Sql)
}

/// The text, with the number that a percentile stands for.
fn measured(reader: &mut Reader, asking: &Asking, reply: &mut dyn FnMut(Answer)) -> Result<std::result::Result<(String, Option<Bound>), Problem>> {
    let Some((_, bound)) = &asking.hunt else { return Ok(Ok((asking.text.clone(), None))) };
    let Some(baseline) = &bound.baseline else { return Ok(Ok((asking.text.clone(), Some(bound.clone())))) };
    let now = Instant::now();
    let mut telling = Telling { reply, show: None, first: Found::default(), started: now, told: now };
    let found = match run(reader, baseline, asking, &mut telling)? {
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

fn run(reader: &mut Reader, text: &str, asking: &Asking, telling: &mut Telling<'_>) -> Result<std::result::Result<Found, Problem>> {
    let wrong = |error: QueryError| Problem { at: Some(error.span.start..error.span.end), what: error.to_string() };
    let options = Options { scope: &asking.scope, now: asking.now, push_down: true };
    let found = if is_sql(text, asking) {
        let query = match sql::parse(text) {
            Ok(query) => query,
            Err(error) => return Ok(Err(wrong(error))),
        };
        if let Some(error) = sql::check(&query).into_iter().next() {
            return Ok(Err(wrong(error)));
        }
        run_sql(reader, text, &query, &options, telling)
    } else {
        let query = match ql::parse(text) {
            Ok(query) => query,
            Err(error) => return Ok(Err(wrong(error))),
        };
        if let Some(error) = ql::check(&query).into_iter().next() {
            return Ok(Err(wrong(error)));
        }
        if let Some(note) = ql::only_at_aws(&query).into_iter().next() {
            return Ok(Err(Problem { at: Some(note.span.start..note.span.end), what: note.to_string() }));
        }
        run_heard(reader, text, &query, &options, telling)
    };
    match found {
        Ok(found) => Ok(Ok(found)),
        Err(RunError::Query(error)) => Ok(Err(wrong(error))),
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
    (results.bars, results.kinds, results.billed) = (before.bars.clone(), before.kinds.clone(), before.billed.clone());
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
    let named = Named { fields, groups: named_groups(reader)?, tables: named_tables(reader)? };
    Ok(Answer::Fields { named: Arc::new(named), scope: scope.clone(), revision })
}

/// The log groups that mean something in this case: those that were given a meaning, and those that were fetched.
fn named_groups(reader: &mut Reader) -> Result<Vec<Offer>> {
    let aliases = reader.group_aliases()?;
    let mut groups: Vec<Offer> =
        aliases.iter().map(|(name, means)| Offer { word: name.clone(), about: format!("means {} in this case", means.join(", ")) }).collect();
    let mut fetched: BTreeSet<String> = reader.sources()?.iter().filter_map(fetched_group).map(str::to_owned).collect();
    fetched.retain(|name| !aliases.contains_key(name));
    groups.extend(fetched.into_iter().map(|word| Offer { word, about: "log group that was fetched".to_owned() }));
    Ok(groups)
}

/// The tables of this case, and their columns.
fn named_tables(reader: &mut Reader) -> Result<Vec<(String, Vec<String>)>> {
    let mut tables = Vec::new();
    for name in reader.lookup_tables()? {
        let table = reader.lookup_table(&name)?.and_then(|csv| LookupTable::read(&csv).ok());
        tables.extend(table.map(|table| (name, table.columns)));
    }
    Ok(tables)
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
