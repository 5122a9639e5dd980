//! `outcrop [PATH…]`: the workbench on files and folders, or on the last case.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::cli::{Color, WorkbenchArgs};
use super::detect::rule_set;
use super::failure::Failure;
use super::{Done, ingest, place};
use crate::case::{CaseError, Writable, open_read_only};
use crate::detect::following;
use crate::model::IngestSummary;
use crate::report::grouped;
use crate::source::{Input, ingest as read};
use crate::tui::{self, Feed, IngestNews};

/// Words of the command line that this version does not have: a file of that name has to be given as `./live`.
const LATER: [&str; 5] = ["live", "fetch", "hunt", "report", "doctor"];

/// Runs the command.
pub fn run(paths: &[PathBuf], args: WorkbenchArgs) -> Result<Done, Failure> {
    if let Some(word) = paths.first().and_then(|path| path.to_str()).filter(|word| LATER.contains(word)) {
        return Err(Failure::Usage(format!(
            "`outcrop {word}` is not in this version; `outcrop --help` lists what is (a file of that name: ./{word})"
        )));
    }
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
    let title = case.file_stem().map_or_else(|| "case".to_owned(), |name| name.to_string_lossy().into_owned());
    tui::run(tui::Options {
        writable,
        reader,
        title,
        feed: Some(inputs.map_or_else(look_again, feed)),
        theme: args.theme,
        keymap: args.keymap,
        mono: args.color == Color::Never,
        ascii: args.ascii || ascii_only(),
        config: place::config(),
    })?;
    Ok(Done::Complete)
}

/// The locale names no UTF-8.
fn ascii_only() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    locale.is_some_and(|locale| !locale.to_ascii_lowercase().replace('-', "").contains("utf8"))
}

/// Reading as the workbench sees it.
fn feed(inputs: Inputs) -> Feed {
    Box::new(move |case, tell, stop| {
        let say = |ended: String| tell(IngestNews { ended: Some(ended), ..IngestNews::default() });
        let ((), rules) = following(case, Arc::new(rule_set(None)), || {
            say(match read(inputs(), case, &|progress| tell(news(progress, None)), stop) {
                Ok(summary) => told(&summary),
                Err(error) => format!("reading stopped: {error}"),
            });
        });
        if let Err(error) = rules {
            say(format!("the rules stopped: {error}; `outcrop detect` tries again"));
        }
    })
}

/// Runs the rules on a case that nothing is read into, when they have not seen all of it.
fn look_again() -> Feed {
    Box::new(|case, tell, _| {
        let ((), rules) = following(case, Arc::new(rule_set(None)), || ());
        if let Err(error) = rules {
            tell(IngestNews { ended: Some(format!("the rules stopped: {error}; `outcrop detect` tries again")), ..IngestNews::default() });
        }
    })
}

fn news(progress: &crate::source::Progress, ended: Option<String>) -> IngestNews {
    IngestNews { files: (progress.files_done, progress.files_known), bytes: progress.bytes, ended }
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
