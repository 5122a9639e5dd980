//! `outcrop ingest`: read evidence without a screen, print a summary.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use indicatif::{ProgressBar, ProgressStyle};

use super::cli::{Format, IngestArgs, OutputArgs};
use super::detect::rule_set;
use super::failure::Failure;
use super::output::Output;
use super::{Done, place};
use crate::case::{CaseError, Writable};
use crate::detect::following;
use crate::model::{Detected, IngestSummary, SafeText};
use crate::report::{bytes, grouped};
use crate::source::{Input, Progress, ingest};

/// Runs the command.
pub fn run(args: &IngestArgs) -> Result<Done, Failure> {
    some_there(&args.paths)?;
    let case = Writable::open(&args.case)?;
    place::remember(&args.case);
    let bar = progress_bar();
    let read = || ingest(inputs(&args.paths), &case, &|progress| show(&bar, progress), &AtomicBool::new(false));
    let (summary, rules) = following(&case, Arc::new(rule_set(None)), read);
    bar.finish_and_clear();
    let done = print(&summary.map_err(|error| Failure::Error(error.to_string()))?, args.output)?;
    Ok(said(rules, done))
}

/// Says on stderr what the rules found, or why they could not.
pub fn said(rules: Result<Detected, CaseError>, done: Done) -> Done {
    let detected = match rules {
        Ok(detected) => detected,
        Err(error) => {
            eprintln!("outcrop: the rules did not run to the end: {error}; `outcrop detect` tries again");
            return Done::Incomplete;
        }
    };
    if detected.signals > 0 && std::io::stderr().is_terminal() {
        eprintln!("{} signals, {} leads: `outcrop detect` prints them", grouped(detected.signals.into()), grouped(detected.leads.into()));
    }
    for problem in &detected.problems {
        eprintln!("outcrop: {}", SafeText::new(problem));
    }
    done
}

/// At least one of these paths is there.
pub fn some_there(paths: &[PathBuf]) -> Result<(), Failure> {
    if paths.iter().any(|path| !is_missing(path)) {
        return Ok(());
    }
    let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    Err(Failure::Error(format!("cannot read {}: there is no such file or folder; name evidence that is there", names.join(", "))))
}

/// No file, no folder, no pattern and not standard input.
fn is_missing(path: &Path) -> bool {
    let pattern = path.to_string_lossy().contains(['*', '?', '[', '{']);
    path != Path::new("-") && !pattern && std::fs::symlink_metadata(path).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
}

/// What paths on a command line mean: `-` is standard input.
pub fn inputs(paths: &[PathBuf]) -> Vec<Input> {
    paths.iter().map(|path| if path == Path::new("-") { Input::Stdin } else { Input::Path(path.clone()) }).collect()
}

/// A progress bar on stderr when that is a terminal, else none.
pub fn progress_bar() -> ProgressBar {
    bar("{bar:24} {pos}/{len} files  {msg}")
}

/// The same for a query, which looks at events.
pub fn events_bar() -> ProgressBar {
    bar("{bar:24} {pos}/{len} events")
}

fn bar(template: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(0).with_style(style)
}

/// Shows how far reading has got.
pub fn show(bar: &ProgressBar, progress: &Progress) {
    bar.set_length(progress.files_known);
    bar.set_position(progress.files_done);
    bar.set_message(format!("{} events, {}", grouped(progress.events), bytes(progress.bytes)));
}

/// Prints the summary of an ingest.
pub fn print(summary: &IngestSummary, args: OutputArgs) -> Result<Done, Failure> {
    let mut output = Output::new(args);
    if matches!(output.format(), Format::Table | Format::Csv) {
        let speed = summary.bytes as f64 / 1e6 / summary.seconds.max(0.001);
        output.line(&format!(
            "{} files, {} records, {} in {:.1} s ({speed:.0} MB/s)",
            grouped(summary.files),
            grouped(summary.records),
            bytes(summary.bytes),
            summary.seconds
        ))?;
        for (strand, count) in summary.events.iter().filter(|(_, count)| **count > 0) {
            output.line(&format!("  {strand:<11} {:>11} events", grouped(*count)))?;
        }
        if summary.duplicate > 0 {
            output.line(&format!("  {:<11} {:>11} were in the case already", "duplicate", grouped(summary.duplicate)))?;
        }
        if summary.undecodable > 0 {
            output.line(&format!("  {:<11} {:>11} kept as events with the reason", "undecodable", grouped(summary.undecodable)))?;
        }
        for skip in &summary.skipped {
            output.line(&format!("  skipped {}: {}", SafeText::new(&skip.file), skip.reason))?;
        }
        output.flush()?;
    } else {
        output.object(summary)?;
    }
    Ok(if summary.is_incomplete() { Done::Incomplete } else { Done::Complete })
}
