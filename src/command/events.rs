//! `outcrop events`: events of a scope, oldest first.

use std::collections::BTreeSet;

use super::Done;
use super::cli::{Format, QuestionArgs};
use super::failure::Failure;
use super::output::Output;
use super::{place, unknown};
use crate::case::{Reader, open_read_only};
use crate::model::{EventRef, Scope, Secrets};
use crate::report::{COLUMNS, EventJson, event_cells, events_with_entities};

/// Runs the command.
pub fn run(args: &QuestionArgs) -> Result<Done, Failure> {
    let scope = args.scope.scope(place::now()).map_err(Failure::Usage)?;
    let mut reader = open_read_only(&place::named_or_last(args.case.case.as_deref())?)?;
    let done = print(&mut reader, &scope, args.scope.limit, args.reveal.secrets(), &mut Output::new(args.output))?;
    place::unless_rebuilding(&reader, done)
}

/// Prints the events of a scope; more than the limit are said, and make the answer incomplete.
pub fn print(reader: &mut Reader, scope: &Scope, limit: Option<usize>, secrets: Secrets, output: &mut Output) -> Result<Done, Failure> {
    let refs = reader.refs(scope)?;
    if refs.is_empty() {
        unknown::say(reader, scope, secrets)?;
    }
    let shown: &[EventRef] = limit.and_then(|limit| refs.get(..limit)).unwrap_or(&refs);
    match output.format() {
        Format::Table | Format::Csv => {
            let mut rows = Vec::new();
            for page in shown.chunks(1000) {
                let ids: Vec<_> = page.iter().map(|event| event.id).collect();
                rows.extend(reader.events(&ids)?.into_iter().map(|event| event_cells(&secrets.event(event))));
            }
            if output.format() == Format::Csv {
                output.rows(&COLUMNS, &rows)?;
            } else {
                // A person reads these: the summary says the rest.
                let year = |row: &[String; 13]| row.get(1).and_then(|time| time.get(..4)).map(str::to_owned);
                let years: BTreeSet<String> = rows.iter().filter_map(year).collect();
                let rows = rows.into_iter().map(|row| {
                    let [id, time, strand, outcome, principal, _, summary, _, region, ip, ..] = row;
                    [id, short(&time, years.len() > 1), strand, outcome, principal, summary, region, ip]
                });
                let (strand, principal, summary, region, ip) = (2, 4, 5, 6, 7);
                let cuts = [(summary, 32), (principal, 18), (ip, 0), (region, 0), (summary, 20), (strand, 0), (principal, 10), (summary, 8)];
                output.lines(["id", "time", "strand", "outcome", "principal", "summary", "region", "ip"], rows.collect(), &cuts)?;
            }
            output.flush()?;
        }
        Format::Json | Format::Ndjson => {
            let mut failed = None;
            events_with_entities(reader, shown, secrets, &mut |event, entities, source| {
                output.element(&EventJson::new(event, entities, source)).map_err(|failure| {
                    failed = Some(failure);
                    std::io::Error::other("stopped")
                })
            })?
            .map_err(|error| failed.take().unwrap_or_else(|| error.into()))?;
            output.end_list()?;
        }
    }
    if shown.len() < refs.len() {
        eprintln!("outcrop: {} of {} events shown; --limit raises it", shown.len(), refs.len());
        return Ok(Done::Incomplete);
    }
    Ok(Done::Complete)
}

/// `2026-11-10T14:02:33.000Z` to the second, with the year where there are several.
fn short(time: &str, with_year: bool) -> String {
    let date = time.get(if with_year { 0 } else { 5 }..10).unwrap_or_default();
    let clock = time.get(11..19).unwrap_or_default();
    format!("{date} {clock}").trim().to_owned()
}
