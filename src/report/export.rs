//! Many events to a file or stream, read in pages so that memory does not grow with the scope.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::incident::{Form, Options, Selection, choose, gather, render};
use super::{COLUMNS, EventJson, event_cells, to_json, write_csv};
use crate::case::{Reader, Result};
use crate::model::{Entity, Event, EventId, EventRef, Secrets, SourceId};

/// Events read at a time.
const PAGE: usize = 1000;

/// What is done with each event, its entities and its source's name.
pub type EachEvent<'a> = dyn FnMut(&Event, &[Entity], &str) -> std::io::Result<()> + 'a;

/// Reads events in order and hands each on with its entities and its source's name, secrets masked or not.
///
/// # Errors
/// The case cannot be read.
pub fn events_with_entities(reader: &mut Reader, refs: &[EventRef], secrets: Secrets, each: &mut EachEvent<'_>) -> Result<std::io::Result<()>> {
    let mut names: HashMap<SourceId, String> = HashMap::new();
    for page in refs.chunks(PAGE) {
        let ids: Vec<EventId> = page.iter().map(|event| event.id).collect();
        for event in reader.events(&ids)? {
            let mentions = reader.mentions(event.id)?;
            let (event, entities) = secrets.named(event, mentions);
            let name = match names.get(&event.source) {
                Some(name) => name.clone(),
                None => {
                    let name = reader.source(event.source)?.map(|source| source.path).unwrap_or_default();
                    names.insert(event.source, name.clone());
                    name
                }
            };
            if let Err(error) = each(&event, &entities, &name) {
                return Ok(Err(error));
            }
        }
    }
    Ok(Ok(()))
}

/// The ending of a file's name, which decides the form.
fn ending_of(path: &Path) -> String {
    path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase()
}

/// Writes a report about a selection to a new file, when its ending is that of one; `None` when it is another.
///
/// # Errors
/// A sentence: a file that exists or cannot be written, a case that cannot be read, nothing to report.
pub fn export_report(reader: &mut Reader, selection: &Selection, path: &Path, options: &Options) -> Option<std::result::Result<String, String>> {
    let form = match ending_of(path).as_str() {
        "md" => Form::Markdown,
        "html" => Form::Html,
        _ => return None,
    };
    Some(write_report(reader, selection, path, options, form))
}

fn write_report(reader: &mut Reader, selection: &Selection, path: &Path, options: &Options, form: Form) -> std::result::Result<String, String> {
    let chosen = choose(reader, selection).map_err(|error| error.to_string())??;
    let incident = gather(reader, &chosen, options).map_err(|error| error.to_string())?;
    let text = render(&incident, form, None)?;
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = file.map_err(|error| format!("cannot write {}: {error}; choose another name", path.display()))?;
    file.write_all(text.as_bytes()).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    Ok(format!("a report of {} events written to {}", chosen.refs.len(), path.display()))
}

/// Writes events to a new file; its ending decides the form. The file holds evidence: mode 0600. Gives what was done.
///
/// # Errors
/// A sentence: an unknown ending, a file that exists or cannot be written, a case that cannot be read.
pub fn export_events(reader: &mut Reader, refs: &[EventRef], path: &Path, secrets: Secrets) -> std::result::Result<String, String> {
    let ending = ending_of(path);
    if !["csv", "ndjson", "json"].contains(&ending.as_str()) {
        return Err(format!("cannot tell the form of {}: end it in .csv, .ndjson or .json, or in .md or .html for a report", path.display()));
    }
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut out = BufWriter::new(file.map_err(|error| format!("cannot write {}: {error}; choose another name", path.display()))?);
    let mut first = true;
    let mut rows: Vec<[String; 13]> = Vec::new();
    let read = events_with_entities(reader, refs, secrets, &mut |event, entities, source| {
        if ending == "csv" {
            rows.push(event_cells(event));
            return Ok(());
        }
        let json = to_json(&EventJson::new(event, entities, source))?;
        let before = match (ending.as_str(), first) {
            ("json", true) => "[\n",
            ("json", false) => ",\n",
            _ => "",
        };
        first = false;
        write!(out, "{before}{json}{}", if ending == "json" { "" } else { "\n" })
    });
    let written = read.map_err(|error| error.to_string())?.and_then(|()| match ending.as_str() {
        "csv" => write_csv(&mut out, &COLUMNS, &rows).map_err(std::io::Error::other),
        "json" => out.write_all(if first { b"[]\n" } else { b"\n]\n" }),
        _ => Ok(()),
    });
    written.and_then(|()| out.flush()).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    Ok(format!("{} events written to {}", refs.len(), path.display()))
}
