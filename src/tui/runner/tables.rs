//! The tables of Principals and Buckets, and the page of one of them. Counting looks at every event of the scope, so a large
//! one first shows what is known at once, and a table that was counted is only put into another order.

use std::fs::OpenOptions;
use std::io::BufWriter;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use super::revision_number;
use crate::case::{Reader, Result};
use crate::model::{Entity, EntityKind, Name, Scope, Secrets, Signal, Timestamp};
use crate::stitch::profiles::{self, Summary};
use crate::tui::ask::Answer;
use crate::tui::panes;
use crate::tui::tables::{Counted, Order, ProfilePage, Table, TableRow, ordered};

/// With so many events the rows are shown before they have been counted through.
const MANY_EVENTS: usize = 100_000;

/// Answers [`Ask::Table`](crate::tui::ask::Ask::Table).
pub fn table(
    reader: &mut Reader,
    scope: &Scope,
    kind: EntityKind,
    (order, names): (Order, &str),
    counted: &Counted,
    secrets: Secrets,
    reply: &mut dyn FnMut(Answer),
) -> Result<Answer> {
    let revision = revision_number(reader.revision()?);
    let of = Some((kind, scope.clone()));
    let shown = |table: Arc<Table>| {
        let order = Arc::new(ordered(&table, order, names));
        Answer::Table { table, order }
    };
    let known = &counted.0;
    if known.whole && known.of == of && known.revision == revision && known.secrets == secrets {
        return Ok(shown(Arc::clone(known)));
    }
    let signals = reader.signals()?;
    let table = |summaries: Vec<Summary>, whole: bool| {
        let row = |summary: Summary| TableRow { shown: secrets.name(&summary.value), signals: about(&signals, kind, &summary.value), summary };
        Arc::new(Table { of: of.clone(), revision, secrets, rows: summaries.into_iter().map(row).collect(), whole })
    };
    if reader.refs(scope)?.len() > MANY_EVENTS {
        let values = if scope.is_all() { reader.values(kind)? } else { reader.values_in(scope, kind)? };
        let summary = |value: crate::case::ValueCount| Summary {
            value: value.value,
            events: value.count,
            first: value.first,
            last: value.last,
            ..Summary::default()
        };
        reply(shown(table(values.into_iter().map(summary).collect(), false)));
    }
    Ok(shown(table(profiles::summaries(reader, scope, kind)?, true)))
}

/// Answers [`Ask::Profile`](crate::tui::ask::Ask::Profile).
pub fn profile(reader: &mut Reader, scope: &Scope, entity: &Entity, secrets: Secrets) -> Result<ProfilePage> {
    let revision = revision_number(reader.revision()?);
    let profile = profiles::profile(reader, scope, entity)?;
    let signals = about(&reader.signals()?, entity.kind, &entity.value);
    let lines = panes::profile_lines(&profile, signals, secrets);
    Ok(ProfilePage { scope: scope.clone(), revision, secrets, profile, lines })
}

/// Writes a table to a new file, its rows in the order shown; in CSV. Gives what was done.
pub fn export(table: &Table, order: &[u32], path: &Path) -> std::result::Result<String, String> {
    let Some((kind, _)) = table.of else { return Err("there is no table to write to a file".to_owned()) };
    if path.extension().is_none_or(|ending| !ending.eq_ignore_ascii_case("csv")) {
        return Err(format!("a table is written in CSV: end {} in .csv", path.display()));
    }
    let counts = profiles::titles(kind).map(|title| title.to_lowercase().replace(' ', "_"));
    let mut titles = vec![kind.name(), "first", "last", "events", "named_by_others", "denied"];
    titles.extend(counts.iter().map(String::as_str));
    titles.push("signals");
    let cells = |row: &TableRow| {
        let time = |time: Option<Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();
        let summary = &row.summary;
        let mut cells = vec![row.shown.to_string(), time(summary.first), time(summary.last)];
        let numbers = [summary.events, summary.named, summary.denied].into_iter().chain(summary.counts).chain([row.signals]);
        cells.extend(numbers.map(|number| number.to_string()));
        cells
    };
    let rows = order.iter().filter_map(|at| table.rows.get(*at as usize)).map(cells);
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut out = BufWriter::new(file.map_err(|error| format!("cannot write {}: {error}; choose another name", path.display()))?);
    crate::report::write_csv(&mut out, &titles, rows).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    let whole = if table.whole { "" } else { ", which are still being counted" };
    Ok(format!("{} rows{whole} written to {}", order.len(), path.display()))
}

/// How many signals are about an entity, or link it.
fn about(signals: &[Signal], kind: EntityKind, value: &Name) -> u64 {
    let is = |entity: &Entity| match entity.kind {
        // An actor is a principal, perhaps with the session of a person.
        EntityKind::Actor => {
            kind == EntityKind::Principal && entity.value.strip_prefix(&**value).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        }
        other => other == kind && entity.value == *value,
    };
    signals.iter().filter(|signal| is(&signal.entity) || signal.links.iter().any(is)).count() as u64
}
