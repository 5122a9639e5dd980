//! osquery's result log (FORMATS §5): one row (`columns`), or many rows of a snapshot or a batch. The reader of containers
//! cuts many rows into a record each ([`rows`]), so that each command is an event with a user and a time of its own.
//! Where they come uncut, inside another wrapper, the event says how many it holds.
//!
//! A row that was *removed* from a table was not run: a line vanished from a shell's history. It is an event, no command.

use std::borrow::Cow;

use super::{Form, Process, What, plain};
use crate::decode::decoded::Text;
use crate::decode::json::Value;
use crate::model::Timestamp;

/// The form.
pub(super) struct Results;

impl Form for Results {
    fn is(&self, record: Value<'_>) -> bool {
        let has_rows = record.get("columns").is_object() || record.get("snapshot").is_array() || record.get("diffResults").is_object();
        has_rows
            && record.get("name").is_text()
            && ["hostIdentifier", "action", "unixTime", "calendarTime"].iter().any(|key| record.get(key).is_some())
    }

    fn read<'a>(&self, record: Value<'a>) -> Process<'a> {
        let name = record.get("name").text().unwrap_or_default();
        let rows: Vec<Row<'a>> = rows(record).collect();
        let first = rows.first().map(|row| row.columns);
        let user = first
            .and_then(|columns| ["username", "user", "uid"].iter().find_map(|column| columns.get(column).scalar().filter(|user| !user.is_empty())));
        let more = rows
            .iter()
            .flat_map(|row| row.columns.entries())
            .filter(|(column, _)| ["path", "cwd", "directory"].iter().any(|name| column.is(name)))
            .filter_map(|(_, value)| value.text_some())
            .collect();
        Process {
            time: first.and_then(row_time).or_else(|| result_time(record)),
            host: ["hostIdentifier", "decorations.host_uuid", "decorations.hostname"].iter().find_map(|path| record.at(path).text_some()),
            user,
            what: what(name, &rows),
            more,
            ..Process::default()
        }
    }
}

/// A row of a result.
#[derive(Clone, Copy)]
pub(in crate::decode) struct Row<'a> {
    /// `added`, `removed`, `snapshot`.
    pub(in crate::decode) action: &'static str,
    /// Its columns.
    pub(in crate::decode) columns: Value<'a>,
}

/// The rows of a result in their order: the single one, those of a snapshot, or those of a batch, added ones first.
pub(in crate::decode) fn rows(record: Value<'_>) -> impl Iterator<Item = Row<'_>> {
    let single = record
        .get("columns")
        .is_object()
        .then(|| Row { action: if record.get("action").is("removed") { "removed" } else { "added" }, columns: record.get("columns") });
    let row = |action| move |columns| Row { action, columns };
    let batch = record.get("diffResults");
    single
        .into_iter()
        .chain(record.get("snapshot").items().map(row("snapshot")))
        .chain(batch.get("added").items().map(row("added")))
        .chain(batch.get("removed").items().map(row("removed")))
}

/// `cmdline` of `process_events` and `bpf_process_events`, `command` of `shell_history`.
fn command(columns: Value<'_>) -> Option<Text<'_>> {
    ["cmdline", "command"].iter().find_map(|column| columns.get(column).text_some())
}

fn what<'a>(name: Text<'a>, rows: &[Row<'a>]) -> What<'a> {
    let run: Vec<Text<'a>> = rows.iter().filter(|row| row.action != "removed").filter_map(|row| command(row.columns)).collect();
    match (run.len(), rows) {
        (1, [_]) => What::Line(run.into_iter().next().unwrap_or_default()),
        (1.., _) => What::Lines(run),
        (0, [row]) if row.action == "removed" => {
            let line = command(row.columns).unwrap_or_else(|| columns_of(row.columns).into());
            What::Other { action: "removed".into(), detail: line }
        }
        (0, [row]) => match row.columns.get("path").text_some() {
            // A process whose arguments were not kept.
            Some(path) if row.columns.get("pid").is_some() => What::Program(path),
            _ => What::Other { action: name, detail: columns_of(row.columns).into() },
        },
        (0, []) => What::Other { action: name, detail: "no rows".into() },
        (0, rows) => {
            let text: Vec<String> = rows.iter().map(|row| columns_of(row.columns)).collect();
            What::Other { action: name, detail: format!("{} rows: {}", rows.len(), text.join("; ")).into() }
        }
    }
}

/// `pid=7 path=/bin/ls`
fn columns_of(columns: Value<'_>) -> String {
    let filled = columns.entries().filter_map(|(column, value)| Some((column, value.scalar().filter(|text| !text.is_empty())?)));
    filled.map(|(column, text)| format!("{}={text}", column.text())).collect::<Vec<_>>().join(" ")
}

/// When the row's process began, if the table says so; 0 in a shell's history means that the shell did not note it.
fn row_time(columns: Value<'_>) -> Option<Timestamp> {
    plain::counted(&columns.get("time").scalar()?)
}

/// When the result was made: `unixTime` as a number or as text, or spelled out in `calendarTime`.
fn result_time(record: Value<'_>) -> Option<Timestamp> {
    let unix: Option<Cow<'_, str>> = record.get("unixTime").scalar();
    unix.and_then(|time| plain::counted(&time)).or_else(|| {
        let calendar = record.get("calendarTime").text()?;
        // `Tue Jan  2 03:04:05 2026 UTC`
        let civil = jiff::civil::DateTime::strptime("%a %b %e %H:%M:%S %Y", calendar.trim().trim_end_matches(" UTC")).ok()?;
        Timestamp::parse(&civil.to_string())
    })
}
