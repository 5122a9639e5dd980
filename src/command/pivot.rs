//! `outcrop pivot KIND [VALUE]`: events that mention an entity, or the values of a kind with counts.

use serde::Serialize;

use super::Done;
use super::cli::{Format, PivotArgs};
use super::failure::Failure;
use super::output::Output;
use super::{events, place, unknown};
use crate::case::{ValueCount, open_read_only};
use crate::model::{Entity, EntityKind, Timestamp};

#[derive(Serialize)]
struct ValueJson<'a> {
    kind: EntityKind,
    value: &'a str,
    events: u64,
    denied: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

/// Runs the command.
pub fn run(args: &PivotArgs) -> Result<Done, Failure> {
    let scope = args.question.scope.scope(place::now()).map_err(Failure::Usage)?;
    let mut reader = open_read_only(&place::named_or_last(args.question.case.case.as_deref())?)?;
    let mut output = Output::new(args.question.output);
    if let Some(value) = &args.value {
        let scope = scope.narrowed(Entity::new(args.kind, value.as_str()));
        let done = events::print(&mut reader, &scope, args.question.scope.limit, args.question.reveal.secrets(), &mut output)?;
        return place::unless_rebuilding(&reader, done);
    }
    let values = if scope.is_all() { reader.values(args.kind)? } else { reader.values_in(&scope, args.kind)? };
    if values.is_empty() {
        unknown::say(&mut reader, &scope, args.question.reveal.secrets())?;
    }
    let shown = args.question.scope.limit.and_then(|limit| values.get(..limit)).unwrap_or(&values);
    let shown: Vec<ValueCount> =
        shown.iter().map(|row| ValueCount { value: args.question.reveal.secrets().name(&row.value), ..row.clone() }).collect();
    let time = |time: Option<Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();
    match output.format() {
        Format::Table | Format::Csv => {
            let rows =
                shown.iter().map(|row| [row.value.to_string(), row.count.to_string(), row.denied.to_string(), time(row.first), time(row.last)]);
            output.rows(&[args.kind.name(), "events", "denied", "first", "last"], rows)?;
            output.flush()?;
        }
        Format::Json | Format::Ndjson => {
            for row in &shown {
                let (value, events) = (&*row.value, row.count);
                output.element(&ValueJson { kind: args.kind, value, events, denied: row.denied, first: row.first, last: row.last })?;
            }
            output.end_list()?;
        }
    }
    if shown.len() < values.len() {
        eprintln!("outcrop: {} of {} values shown; --limit raises it", shown.len(), values.len());
        return Ok(Done::Incomplete);
    }
    place::unless_rebuilding(&reader, Done::Complete)
}
