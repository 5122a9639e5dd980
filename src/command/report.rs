//! `outcrop report`: an incident as Markdown or HTML, as a layer of the ATT&CK Navigator, as a Timesketch timeline.

use std::fs::OpenOptions;
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::Done;
use super::cli::ReportArgs;
use super::failure::Failure;
use super::place;
use crate::case::{Reader, open_read_only};
use crate::model::{Entity, EntityKind};
use crate::report::grouped;
use crate::report::incident::{Chosen, Form, Options, Selection, Subject, choose, gather, navigator_layer, render, timesketch_csv};

/// Rows of the timeline unless `--limit` says otherwise.
const ROWS: usize = 500;

/// Runs the command.
pub fn run(args: &ReportArgs) -> Result<Done, Failure> {
    if args.output.is_none() && args.navigator.is_none() && args.timesketch.is_none() {
        return Err(Failure::Usage("name a file to write: -o FILE.md or -o FILE.html, --navigator FILE.json, --timesketch FILE.csv".to_owned()));
    }
    let form = args.output.as_deref().map(form_of).transpose()?;
    let scope = args.scope.scope(place::now()).map_err(Failure::Usage)?;
    let selection = match (&args.lead, args.marked) {
        (Some(lead), _) => Selection::Lead(subject(lead)),
        (None, true) => Selection::Marked,
        (None, false) => Selection::Scope(scope),
    };
    let mut reader = open_read_only(&place::named_or_last(args.case.case.as_deref())?)?;
    let options = Options {
        title: args.title.clone().unwrap_or_default(),
        secrets: args.reveal.secrets(),
        events: args.scope.limit.unwrap_or(ROWS),
        prompts: args.prompts,
        now: place::now(),
    };
    let chosen = choose(&mut reader, &selection)?.map_err(Failure::Error)?;
    if chosen.refs.is_empty() {
        let why = "there is nothing to report: no event is in this selection; `outcrop pivot KIND` lists the values of a kind, `outcrop events` what a scope holds";
        return Err(Failure::Error(why.to_owned()));
    }
    let mut told: Vec<String> = Vec::new();
    if let (Some(path), Some(form)) = (args.output.as_deref(), form) {
        told.extend(document(&mut reader, &chosen, &options, path, form, args)?);
    }
    if let Some(path) = &args.navigator {
        let title = args.title.clone().unwrap_or_else(|| "outcrop".to_owned());
        let layer = navigator_layer(&chosen, &title, &options)?;
        write(path, args.force, |out| out.write_all(layer.as_bytes()).and_then(|()| out.write_all(b"\n")))?;
        told.push(format!("{} signals written to {} as a layer of the ATT&CK Navigator", grouped(chosen.signals.len() as u64), path.display()));
    }
    if let Some(path) = &args.timesketch {
        told.push(timeline(&mut reader, &chosen, &options, path, args.force)?);
    }
    if !told.is_empty() {
        eprintln!("outcrop: {}", crate::model::SafeText::new(&told.join("; ")));
    }
    place::unless_rebuilding(&reader, Done::Complete)
}

fn document(reader: &mut Reader, chosen: &Chosen, options: &Options, path: &Path, form: Form, args: &ReportArgs) -> Result<Option<String>, Failure> {
    let own = own_template(form, args.template.as_deref())?;
    let incident = gather(reader, chosen, options)?;
    let text = render(&incident, form, own.as_deref()).map_err(Failure::Error)?;
    if path == Path::new("-") {
        std::io::stdout().lock().write_all(text.as_bytes())?;
        return Ok(None);
    }
    write(path, args.force, |out| out.write_all(text.as_bytes()))?;
    let (records, told) = (grouped(chosen.refs.len() as u64), incident.story.iter().map(|day| day.steps.len()).sum::<usize>());
    let (signals, quoted) = (incident.signals.len(), incident.prompts.len());
    Ok(Some(format!("{records} records told in {told} steps, {signals} signals, {quoted} exchanges quoted; written to {}", path.display())))
}

fn timeline(reader: &mut Reader, chosen: &Chosen, options: &Options, path: &Path, force: bool) -> Result<String, Failure> {
    let mut told = (0, 0);
    let mut failed = None;
    write(path, force, |out| {
        match timesketch_csv(reader, chosen, options, out) {
            Ok(Ok(counts)) => told = counts,
            Ok(Err(error)) => failed = Some(Failure::from(error)),
            Err(error) => failed = Some(Failure::from(error)),
        }
        Ok(())
    })?;
    if let Some(failure) = failed {
        return Err(failure);
    }
    let (written, timeless) = told;
    let without = if timeless > 0 { format!("; {} without a time are not in it", grouped(timeless)) } else { String::new() };
    Ok(format!("{} events written to {} for Timesketch{without}", grouped(written), path.display()))
}

/// By the ending of the file's name.
fn form_of(path: &Path) -> Result<Form, Failure> {
    if path == Path::new("-") {
        return Ok(Form::Markdown);
    }
    match path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase).as_deref() {
        Some("md" | "markdown") => Ok(Form::Markdown),
        Some("html" | "htm") => Ok(Form::Html),
        Some("csv") => Err(Failure::Usage(format!("a report is Markdown or HTML; for a Timesketch timeline write --timesketch {}", path.display()))),
        Some("json") => {
            Err(Failure::Usage(format!("a report is Markdown or HTML; for a layer of the ATT&CK Navigator write --navigator {}", path.display())))
        }
        _ => Err(Failure::Usage(format!(
            "cannot tell the form of {}: end it in .md or .html, or write - for Markdown on standard output",
            path.display()
        ))),
    }
}

/// `KIND=VALUE`, a value, or the id of a lead.
fn subject(text: &str) -> Subject {
    match text.split_once('=').and_then(|(kind, value)| Some((kind.parse::<EntityKind>().ok()?, value))) {
        Some((kind, value)) => Subject::Entity(Entity::new(kind, value)),
        None => Subject::Value(text.to_owned()),
    }
}

/// The user's template: the one that is named, or the one in the configuration folder.
fn own_template(form: Form, named: Option<&Path>) -> Result<Option<String>, Failure> {
    let (name, _) = form.template();
    let path = match named {
        Some(path) => path.to_owned(),
        None => match place::config().map(|folder| folder.join("templates").join(name)).filter(|path| path.exists()) {
            Some(path) => path,
            None => return Ok(None),
        },
    };
    let text = std::fs::read_to_string(&path);
    text.map(Some)
        .map_err(|error| Failure::Error(format!("cannot read the template {}: {error}; without it the built-in one is used", path.display())))
}

/// A new file that only the user may read: a report holds evidence.
fn write(path: &Path, force: bool, fill: impl FnOnce(&mut BufWriter<std::fs::File>) -> std::io::Result<()>) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        let remedy = if error.kind() == std::io::ErrorKind::AlreadyExists {
            "choose another name, or --force to write over it"
        } else {
            "choose another place"
        };
        Failure::Error(format!("cannot write {}: {error}; {remedy}", path.display()))
    };
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    let file = if force { options.create(true).truncate(true).open(path) } else { options.create_new(true).open(path) };
    let mut out = BufWriter::new(file.map_err(failed)?);
    fill(&mut out).and_then(|()| out.flush()).map_err(failed)
}
