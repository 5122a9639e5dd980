//! `outcrop seal`: copy referenced evidence into the case, so that it travels alone.

use serde::Serialize;

use super::Done;
use super::cli::{Format, SealArgs};
use super::failure::Failure;
use super::output::Output;
use super::place;
use crate::case::{Writable, seal};

#[derive(Serialize)]
struct Answer {
    sources: u64,
    bytes: u64,
    missing: Vec<Missing>,
}

#[derive(Serialize)]
struct Missing {
    file: String,
    reason: String,
}

/// Runs the command.
pub fn run(args: &SealArgs) -> Result<Done, Failure> {
    let path = place::named_or_last(args.case.case.as_deref())?;
    if !path.exists() {
        return Err(Failure::Error(format!("there is no case {}: `outcrop ingest PATH… --case FILE` makes one", path.display())));
    }
    let case = Writable::open(&path)?;
    let bar = super::ingest::progress_bar();
    let sealed = seal(&case, &mut |done, all, file| {
        bar.set_length(all);
        bar.set_position(done);
        bar.set_message(crate::model::SafeText::new(file).into_string());
    })?;
    bar.finish_and_clear();
    let mut output = Output::new(args.output);
    let complete = sealed.missing.is_empty();
    let missing: Vec<Missing> = sealed.missing.into_iter().map(|(file, reason)| Missing { file, reason }).collect();
    if output.format() == Format::Table {
        output.line(&format!("sealed {} sources, {}", sealed.sources, crate::report::bytes(sealed.bytes)))?;
        missing.iter().try_for_each(|missing| output.line(&format!("not sealed: {}: {}", missing.file, missing.reason)))?;
        output.flush()?;
    } else {
        output.object(&Answer { sources: sealed.sources, bytes: sealed.bytes, missing })?;
    }
    Ok(if complete { Done::Complete } else { Done::Incomplete })
}
