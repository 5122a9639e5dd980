//! Parcels into the case: the one place that commits.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::sink::Parcel;
use super::{IngestError, Shared};
use crate::case::{CaseError, SourceCounts, Writer};
use crate::model::{IngestSummary, Skip, SourceId, SourceState, Strand};
use crate::stitch::threads::Threads;

/// What waits is committed after this time at the latest.
const PATIENCE: Duration = Duration::from_millis(500);
/// From so many on, files of one folder that were skipped for the same reason are one line.
const SUMMED_UP_FROM: usize = 4;

/// Stores parcels until no more come; gives the summary.
pub(super) fn write(shared: &Shared<'_>, writer: &mut Writer, parcels: &Receiver<Parcel>) -> Result<IngestSummary, IngestError> {
    let mut ledger = Ledger::default();
    let stored = ledger.store_all(shared, writer, parcels);
    if stored.is_err() {
        shared.failed.store(true, Ordering::Relaxed);
        // Workers must not wait for somebody who has left.
        parcels.iter().for_each(drop);
    }
    stored?;
    if shared.is_stopped() {
        let done = shared.files_done.load(Ordering::Relaxed);
        let total = shared.files_known.load(Ordering::Relaxed).max(done);
        let file = format!("{} of {total} sources", total.saturating_sub(ledger.whole));
        ledger.skips.push(Skip { file, reason: "cancelled before they were read to their end; the same ingest again goes on".into(), count: 1 });
    }
    ledger.threads = None;
    writer.finish()?;
    let mut summary = ledger.summary;
    summary.skipped = summed_up(ledger.skips);
    summary.bytes = shared.bytes.load(Ordering::Relaxed);
    summary.seconds = shared.started.elapsed().as_secs_f64();
    Ok(summary)
}

#[derive(Default)]
struct Ledger {
    summary: IngestSummary,
    skips: Vec<Skip>,
    counts: HashMap<SourceId, SourceCounts>,
    /// Sources that need no second look.
    whole: u64,
    threads: Option<Threads>,
}

impl Ledger {
    fn store_all(&mut self, shared: &Shared<'_>, writer: &mut Writer, parcels: &Receiver<Parcel>) -> Result<(), CaseError> {
        let mut committed: Option<Instant> = None;
        loop {
            match parcels.recv_timeout(PATIENCE) {
                Ok(parcel) => self.store(writer, parcel)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            self.stitch(writer)?;
            let waits = writer.pending().events > 0 || writer.pending().ledger;
            // The first rows at once; then in large transactions.
            if waits && committed.is_none_or(|at| at.elapsed() >= PATIENCE) || writer.pending().is_due() {
                writer.commit()?;
                committed = Some(Instant::now());
            }
            shared.events.store(self.summary.events.values().sum(), Ordering::Relaxed);
        }
    }

    /// Finds the conversations among the exchanges that came.
    fn stitch(&mut self, writer: &mut Writer) -> Result<(), CaseError> {
        let threads = match &mut self.threads {
            Some(threads) => threads,
            none => none.insert(Threads::of(writer)?),
        };
        writer.stitch(|rows| threads.add(rows));
        Ok(())
    }

    fn store(&mut self, writer: &mut Writer, parcel: Parcel) -> Result<(), CaseError> {
        for entry in parcel.begun.iter().filter(|begun| !parcel.ended.iter().any(|ended| ended.id == begun.id)) {
            writer.begin_source(entry);
        }
        for block in parcel.blocks {
            writer.store(block);
        }
        for (request, side, source) in parcel.bodies {
            writer.attach_body(&request, side, source);
        }
        let appended = writer.append(parcel.batch)?;
        for (strand, count) in Strand::ALL.into_iter().zip(appended.new_by_strand).filter(|(_, count)| *count > 0) {
            *self.summary.events.entry(strand.name()).or_default() += count;
        }
        self.summary.duplicate += appended.duplicates + parcel.known.0;
        self.summary.undecodable += appended.undecodable;
        for (source, counts) in &appended.by_source {
            *self.counts.entry(*source).or_default() += *counts;
        }
        self.summary.files += parcel.files;
        self.summary.records += parcel.known.0;
        self.whole += parcel.known.1;
        for mut entry in parcel.ended {
            let counts = self.counts.remove(&entry.id).unwrap_or_default();
            (entry.events, entry.undecodable, entry.duplicates) = (counts.events, counts.undecodable, counts.duplicates);
            self.summary.records += entry.records;
            self.whole += u64::from(entry.state != SourceState::Partial);
            writer.end_source(&entry);
        }
        parcel.covered.into_iter().for_each(|entry| writer.cover(entry));
        self.skips.extend(parcel.skips);
        Ok(())
    }
}

/// Puts files of one folder that were skipped for the same reason together, so that a thousand digests are one line.
fn summed_up(skips: Vec<Skip>) -> Vec<Skip> {
    let mut groups: BTreeMap<(String, String), Vec<Skip>> = BTreeMap::new();
    for skip in skips {
        let folder = Path::new(&skip.file).parent().map(|folder| folder.display().to_string()).unwrap_or_default();
        groups.entry((folder, skip.reason.clone())).or_default().push(skip);
    }
    let mut summed = Vec::new();
    for ((folder, reason), group) in groups {
        if group.len() < SUMMED_UP_FROM {
            summed.extend(group);
        } else {
            summed.push(Skip { file: folder, reason, count: group.iter().map(|skip| skip.count).sum() });
        }
    }
    summed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_files_skipped_alike_are_one_line() {
        let skip = |file: &str, reason: &str| Skip { file: file.into(), reason: reason.into(), count: 1 };
        let skips = ["d/1", "d/2", "d/3", "d/4", "e/1"].map(|file| skip(file, "digest")).into_iter().chain([skip("d/5", "empty")]).collect();
        assert_eq!(summed_up(skips), [Skip { file: "d".into(), reason: "digest".into(), count: 4 }, skip("d/5", "empty"), skip("e/1", "digest")]);
    }
}
