//! `outcrop [PATH…]`: the workbench on files and folders, or on the last case.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::channel;

use super::aws::Purse;
use super::cli::{Color, WorkbenchArgs};
use super::failure::Failure;
use super::sources::{Start, attend};
use super::{Done, ingest, place};
use crate::case::{CaseError, Reader, Writable, open_read_only};
use crate::model::IngestSummary;
use crate::report::grouped;
use crate::source::{Input, ingest as read};
use crate::tui::{self, Feed, IngestNews, Oracle};

/// Runs the command.
pub fn run(paths: &[PathBuf], args: WorkbenchArgs) -> Result<Done, Failure> {
    if paths.is_empty() {
        let case = place::named_or_last(args.case.as_deref())?;
        return open(&case, None, args);
    }
    // A single case file is opened as such.
    if let [only] = paths
        && args.case.is_none()
        && only.extension().is_some_and(|ending| ending == "outcrop")
    {
        return open(only, None, args);
    }
    let case = match &args.case {
        Some(case) => case.clone(),
        None => place::case_for(paths)?,
    };
    let inputs = ingest::inputs(paths);
    open(&case, Some(Box::new(move || Box::new(inputs.into_iter()))), args)
}

/// Makes the inputs, on the thread that reads them.
pub type Inputs = Box<dyn FnOnce() -> Box<dyn Iterator<Item = Input> + Send> + Send>;

/// Opens the workbench on a case, reading inputs into it meanwhile.
pub fn open(case: &Path, inputs: Option<Inputs>, args: WorkbenchArgs) -> Result<Done, Failure> {
    opened(case, inputs, None, Purse::default(), args)
}

/// Opens it on CloudWatch Logs.
#[cfg(feature = "live")]
pub fn open_live(case: &Path, start: Start, purse: Purse, args: WorkbenchArgs) -> Result<Done, Failure> {
    opened(case, None, Some(start), purse, args)
}

fn opened(case: &Path, inputs: Option<Inputs>, start: Option<Start>, purse: Purse, args: WorkbenchArgs) -> Result<Done, Failure> {
    if !std::io::stdout().is_terminal() {
        return Err(Failure::Error(
            "the workbench needs a terminal, and stdout is none: use `outcrop ingest`, `events`, `show` or `pivot`".to_owned(),
        ));
    }
    let (writable, reader) = match Writable::open(case) {
        Ok(writable) => {
            let reader = writable.reader()?;
            (Some(writable), reader)
        }
        Err(CaseError::Locked { .. }) => (None, open_read_only(case)?),
        Err(error) => return Err(error.into()),
    };
    place::remember(case);
    let (sender, wishes) = channel();
    let spending = purse.clone();
    let feed: Feed = Box::new(move |case, tell, stop| {
        if let Some(inputs) = inputs {
            read_into(inputs(), case, tell, stop);
        }
        attend(case, tell, stop, &wishes, spending, start);
    });
    let live = writable.is_some().then_some(sender);
    let oracle = oracle(&reader, writable.as_ref(), purse)?;
    let title = case.file_stem().map_or_else(|| "case".to_owned(), |name| name.to_string_lossy().into_owned());
    tui::run(tui::Options {
        writable,
        reader,
        title,
        feed: Some(feed),
        live,
        oracle,
        rules: Some(Box::new(|| super::detect::rule_set(None))),
        theme: args.theme,
        keymap: args.keymap,
        mono: args.color == Color::Never,
        ascii: args.ascii || ascii_only(),
        config: place::config(),
    })?;
    Ok(Done::Complete)
}

/// Whoever asks AWS for the workbench.
#[cfg(feature = "live")]
fn oracle(reader: &Reader, writable: Option<&Writable>, purse: Purse) -> Result<Option<Arc<dyn Oracle>>, Failure> {
    Ok(Some(Arc::new(super::oracle::Insights::new(reader.sibling()?, writable.cloned(), purse))))
}

/// Nobody does in this build.
#[cfg(not(feature = "live"))]
#[expect(clippy::unnecessary_wraps, reason = "the other one may fail")]
fn oracle(_: &Reader, _: Option<&Writable>, _: Purse) -> Result<Option<Arc<dyn Oracle>>, Failure> {
    Ok(None)
}

/// The locale names no UTF-8.
fn ascii_only() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    locale.is_some_and(|locale| !locale.to_ascii_lowercase().replace('-', "").contains("utf8"))
}

/// Reads into the case, as the workbench sees it.
pub fn read_into(inputs: impl Iterator<Item = Input> + Send, case: &Writable, tell: &(dyn Fn(IngestNews) + Sync), stop: &AtomicBool) {
    let (ended, failed) = match read(inputs, case, &|progress| tell(news(progress)), stop) {
        Ok(summary) => (told(&summary), false),
        Err(error) => (format!("reading stopped: {error}"), true),
    };
    tell(IngestNews { ended: Some(ended), failed, ..IngestNews::default() });
}

fn news(progress: &crate::source::Progress) -> IngestNews {
    IngestNews { files: (progress.files_done, progress.files_known), bytes: progress.bytes, ..IngestNews::default() }
}

fn told(summary: &IngestSummary) -> String {
    let events: u64 = summary.events.values().sum();
    let skipped = summary.skipped.iter().filter(|skip| !skip.is_harmless()).count();
    if events == 0 && skipped == 0 {
        return "nothing new: all of this evidence is in the case already".to_owned();
    }
    let mut text = format!("read {} new events from {} files in {:.1} s", grouped(events), grouped(summary.files), summary.seconds);
    if summary.duplicate > 0 {
        text.push_str(&format!(" · {} were there already", grouped(summary.duplicate)));
    }
    if summary.undecodable > 0 {
        text.push_str(&format!(" · {} undecodable", grouped(summary.undecodable)));
    }
    if skipped > 0 {
        text.push_str(&format!(" · {skipped} skipped, 9 says why"));
    }
    text
}
