//! The events as a Timesketch timeline: CSV with `message`, `datetime` and `timestamp_desc`, and a column a field.

use std::collections::HashMap;
use std::io::Write;

use super::Options;
use super::chosen::Chosen;
use crate::case::{Reader, Result};
use crate::model::{EventId, Mark};
use crate::report::{event_cells, write_csv};

/// Events read at a time.
const PAGE: usize = 1000;

/// Titles: the three that Timesketch asks for, its tags, then the fields of an event.
const TITLES: [&str; 20] = [
    "message",
    "datetime",
    "timestamp_desc",
    "tag",
    "data_type",
    "strand",
    "outcome",
    "principal",
    "action",
    "model",
    "region",
    "ip",
    "key",
    "request_id",
    "error_code",
    "account",
    "signals",
    "note",
    "event_id",
    "sha256",
];

/// Writes the timeline; gives the number of events, and how many were left out because they have no time.
///
/// # Errors
/// The case cannot be read; the inner error: the file cannot be written.
pub fn timesketch_csv(
    reader: &mut Reader,
    chosen: &Chosen,
    options: &Options,
    out: impl Write,
) -> Result<std::result::Result<(u64, u64), csv::Error>> {
    let marks: HashMap<EventId, Mark> = reader.all_marks()?.into_iter().filter_map(|marked| Some((marked.event?, marked.mark))).collect();
    let mut signals: HashMap<EventId, Vec<String>> = HashMap::new();
    for signal in &chosen.signals {
        for event in &signal.events {
            signals.entry(*event).or_default().push(format!("{} {}", signal.rule, signal.title));
        }
    }
    let mut rows: Vec<[String; 20]> = Vec::new();
    let mut timeless = 0;
    for page in chosen.refs.chunks(PAGE) {
        let ids: Vec<EventId> = page.iter().map(|event| event.id).collect();
        for event in reader.events(&ids)? {
            let Some(time) = event.time else {
                timeless += 1;
                continue;
            };
            let safe = options.secrets.event(event.clone());
            let [id, _, strand, outcome, principal, action, summary, model, region, ip, key, request, code] = event_cells(&safe);
            let mark = marks.get(&event.id);
            let fired = signals.get(&event.id).map(|signals| signals.join("; ")).unwrap_or_default();
            let mut tags: Vec<String> = mark.map(|mark| mark.tags.clone()).unwrap_or_default();
            tags.extend(mark.filter(|mark| mark.marked).map(|_| "marked".to_owned()));
            tags.extend((!fired.is_empty()).then(|| "signal".to_owned()));
            let who = if principal.is_empty() { String::new() } else { format!("{principal}: ") };
            rows.push([
                format!("{who}{summary} [{outcome}]"),
                time.to_string(),
                "Event Logged".to_owned(),
                tags.join(","),
                format!("outcrop:{strand}"),
                strand,
                outcome,
                principal,
                action,
                model,
                region,
                ip,
                key,
                request,
                code,
                safe.account.as_deref().unwrap_or_default().to_owned(),
                fired,
                mark.map(|mark| mark.note.clone()).unwrap_or_default(),
                id,
                event.digest.hex(),
            ]);
        }
    }
    let count = rows.len() as u64;
    Ok(write_csv(out, &TITLES, rows).map(|()| (count, timeless)))
}
