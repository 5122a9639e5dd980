//! Rules behind an ingest: they run while evidence comes in, on a thread of their own, and what they find is kept in the case with
//! each step. An ingest never waits for them, and they never see what is not committed.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::detector::{Detector, Findings};
use super::load::RuleSet;
use crate::case::{CaseError, Reader, Result, Writable};
use crate::model::Detected;

/// How often it is looked whether something was committed.
const PATIENCE: Duration = Duration::from_millis(250);
/// After a step as many times as long as it took is left to the work it follows: what a step repeats stays a small part of the whole.
const REST: u32 = 4;

/// Does some work that commits to a case, an ingest or a fetch, while rules run behind its commits. Gives what the work gave, and how
/// far the rules came, which is to the end unless they could not.
pub fn following<T>(case: &Writable, rules: Arc<RuleSet>, work: impl FnOnce() -> T) -> (T, Result<Detected>) {
    std::thread::scope(|scope| {
        let (done, waiting) = channel::<()>();
        let rules = scope.spawn(move || follow(case, rules, &waiting));
        let worked = work();
        drop(done);
        let detected = rules.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        (worked, detected)
    })
}

fn follow(case: &Writable, rules: Arc<RuleSet>, waiting: &Receiver<()>) -> Result<Detected> {
    let mut reader = case.reader()?;
    let mut follower = Follower::new(rules, &mut reader)?;
    let (mut seen, mut rest) = (None, PATIENCE);
    loop {
        let is_last = match waiting.recv_timeout(rest) {
            Ok(()) | Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => true,
        };
        let events = (reader.revision()?.epoch, reader.last_event()?);
        rest = PATIENCE;
        if seen != Some(events) {
            let begun = Instant::now();
            match follower.step(case, &mut reader) {
                // A rebuild threw everything away in the middle: the next step begins again.
                Err(CaseError::Interrupted) if !is_last => continue,
                other => other?,
            }
            seen = Some(events);
            rest = PATIENCE.max(begun.elapsed() * REST);
        }
        if is_last {
            // The last to write leaves nothing beside the case.
            drop(reader);
            case.findings()?.finish()?;
            return Ok(follower.detected);
        }
    }
}

/// Rules with the place where they keep what they find.
pub struct Follower {
    detector: Detector,
    is_first: bool,
    detected: Detected,
}

impl Follower {
    /// Rules for a case.
    pub fn new(rules: Arc<RuleSet>, reader: &mut Reader) -> Result<Self> {
        Ok(Self { detector: Detector::new(rules, reader)?, is_first: true, detected: Detected::default() })
    }

    /// Looks at what is new, and keeps what was found. Nothing is done when the case says that these rules have seen it all.
    pub fn step(&mut self, case: &Writable, reader: &mut Reader) -> Result<()> {
        if self.is_first {
            let stored = reader.detected()?;
            if stored.fingerprint == self.detector.fingerprint() && stored.events == reader.last_event()? {
                self.detected = stored;
                return Ok(());
            }
        }
        let findings = self.detector.catch_up(reader)?;
        self.detected = findings.detected.clone();
        if keep(case, reader, &findings, self.is_first)? {
            self.is_first = false;
        }
        Ok(())
    }

    /// How far the rules came.
    pub fn detected(&self) -> &Detected {
        &self.detected
    }
}

/// Keeps findings in a case. `is_first`: what another process or other rules found before goes, unless it was found again. Says whether
/// they were kept: not when the case was derived anew in the meantime.
pub fn keep(case: &Writable, reader: &mut Reader, findings: &Findings, is_first: bool) -> Result<bool> {
    let mut gone = findings.gone.clone();
    if is_first {
        let found: std::collections::HashSet<&str> = findings.changed.iter().map(|signal| signal.id.as_str()).collect();
        gone.extend(reader.signal_ids()?.into_iter().filter(|id| !found.contains(id.as_str())));
    }
    let changed: Vec<_> = findings.changed.iter().collect();
    case.findings()?.store(findings.epoch, &changed, &gone, &findings.leads, &findings.detected)
}
