//! `outcrop baseline`: what is usual, learnt from evidence of another time and kept in a case for its rules.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::cli::BaselineArgs;
use super::detect::rule_set;
use super::failure::Failure;
use super::{Done, ingest, place};
use crate::case::{Learnt, Writable};
use crate::detect::Detector;
use crate::report::grouped;
use crate::source::ingest as read;

/// Runs the command.
pub fn run(args: &BaselineArgs) -> Result<Done, Failure> {
    let case = Writable::open(&args.case)?;
    // The evidence is read into a case of its own, which is thrown away: only what was learnt stays.
    let aside = Aside::new()?;
    let learnt = learn(args, &aside.0.join("baseline.outcrop"))?;
    if learnt.events == 0 {
        return Err(Failure::Error("there is no event in that evidence, so nothing was learnt; name evidence of an ordinary time".to_owned()));
    }
    let mut findings = case.findings()?;
    findings.keep_baseline(&learnt)?;
    // What was found without it may be otherwise with it.
    findings.clear()?;
    let span = [learnt.since, learnt.until].map(|time| time.map(crate::model::Timestamp::date).unwrap_or_default()).join(" to ");
    println!(
        "learnt {} facts from {} events ({span}), kept as “{}”",
        grouped(learnt.rows.len() as u64),
        grouped(learnt.events),
        crate::model::SafeText::new(&learnt.name)
    );
    Ok(Done::Complete)
}

fn learn(args: &BaselineArgs, path: &Path) -> Result<Learnt, Failure> {
    let aside = Writable::open(path)?;
    let bar = ingest::progress_bar();
    let read = read(ingest::inputs(&args.paths), &aside, &|progress| ingest::show(&bar, progress), &AtomicBool::new(false));
    bar.finish_and_clear();
    read.map_err(|error| Failure::Error(error.to_string()))?;
    let mut reader = aside.reader()?;
    let mut detector = Detector::new(Arc::new(rule_set(None)), &mut reader)?;
    detector.catch_up(&mut reader)?;
    Ok(detector.learnt(&args.name, &mut reader)?)
}

/// A folder that is gone when this is.
struct Aside(PathBuf);

impl Aside {
    fn new() -> Result<Self, Failure> {
        let folder = place::cases()?.join(format!("baseline-{}", std::process::id()));
        fs::create_dir(&folder)
            .map_err(|error| Failure::Error(format!("cannot make the folder {}: {error}; remove it if it is left over", folder.display())))?;
        Ok(Self(folder))
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        // It may be gone already; nothing depends on it.
        let _ = fs::remove_dir_all(&self.0);
    }
}
