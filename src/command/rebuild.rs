//! `outcrop rebuild`: derive everything again from the records. What comes out is what an ingest of the same evidence
//! gives; marks, notes and views stay.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::cli::RebuildArgs;
use super::detect::rule_set;
use super::failure::Failure;
use super::{Done, ingest, place};
use crate::case::Writable;
use crate::detect::following;

/// Runs the command.
pub fn run(args: &RebuildArgs) -> Result<Done, Failure> {
    let path = place::named_or_last(args.case.case.as_deref())?;
    if !path.exists() {
        return Err(Failure::Error(format!("there is no case {}: `outcrop ingest PATH… --case FILE` makes one", path.display())));
    }
    let case = Writable::open(&path)?;
    let bar = ingest::progress_bar();
    let again = || crate::source::rebuild(&case, &|progress| ingest::show(&bar, progress), &AtomicBool::new(false));
    let (summary, rules) = following(&case, Arc::new(rule_set(None)), again);
    bar.finish_and_clear();
    let done = ingest::print(&summary.map_err(|error| Failure::Error(error.to_string()))?, args.output)?;
    Ok(ingest::said(rules, done))
}
