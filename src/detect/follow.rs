//! Rules behind an ingest: they run while evidence comes in, on a thread of their own, and what they find is kept in the case with
//! each step. An ingest never waits for them, it only looks for their expressions in text that it holds anyway; and they never see what is
//! not committed.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::detector::{Detector, Findings};
use super::load::RuleSet;
use crate::case::{CaseError, Reader, Result, Writable};
use crate::model::Detected;

/// How often it is looked whether something was committed, and at what was.
const PATIENCE: Duration = Duration::from_millis(250);
/// What fires is worked out again only when as many times as long as that took is gone: what is repeated stays a small part of the
/// whole.
const REST: u32 = 4;

/// Does some work that commits to a case, an ingest or a fetch, while rules run behind its commits. Gives what the work gave, and how
/// far the rules came, which is to the end unless they could not.
pub fn following<T>(case: &Writable, rules: Arc<RuleSet>, work: impl FnOnce() -> T) -> (T, Result<Detected>) {
    std::thread::scope(|scope| {
        let ((done, waiting), (ready, begin)) = (channel::<()>(), channel::<()>());
        let rules = scope.spawn(move || {
            let begun = begin_to_follow(case, rules);
            drop(ready);
            begun.and_then(|(follower, reader)| follow(case, follower, reader, &waiting))
        });
        // From the first record on it is known what its text is searched for.
        let _ = begin.recv();
        let worked = work();
        drop(done);
        let detected = rules.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        (worked, detected)
    })
}

fn begin_to_follow(case: &Writable, rules: Arc<RuleSet>) -> Result<(Follower, Reader)> {
    let mut reader = case.reader()?;
    let follower = Follower::new(rules, &mut reader)?;
    follower.follow(case, &mut reader);
    Ok((follower, reader))
}

fn follow(case: &Writable, mut follower: Follower, mut reader: Reader, waiting: &Receiver<()>) -> Result<Detected> {
    let mut due = Instant::now();
    loop {
        let is_last = match waiting.recv_timeout(PATIENCE) {
            Ok(()) | Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => true,
        };
        let begun = Instant::now();
        let is_due = (is_last || due <= begun) && follower.is_behind(&mut reader)?;
        match if is_due { follower.step(case, &mut reader) } else { follower.look(&mut reader) } {
            // A rebuild threw everything away in the middle: the next step begins again.
            Err(CaseError::Interrupted) if !is_last => continue,
            other => other?,
        }
        if is_due {
            due = Instant::now() + begun.elapsed() * REST;
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

    /// From now on what is committed is handed to this reader: what its text is searched for is found by those who decode it, and
    /// what is looked at soon costs less.
    pub fn follow(&self, case: &Writable, reader: &mut Reader) {
        self.detector.follow(reader, case);
    }

    /// Looks at what is new, and keeps what was found. Nothing is done when the case says that these rules have seen it all.
    pub fn step(&mut self, case: &Writable, reader: &mut Reader) -> Result<()> {
        if self.is_known(reader)? {
            return Ok(());
        }
        let findings = self.detector.catch_up(reader)?;
        self.detected = findings.detected.clone();
        if keep(case, reader, &findings, self.is_first)? {
            self.is_first = false;
        }
        Ok(())
    }

    /// Is there something of which it was not worked out what fires?
    fn is_behind(&self, reader: &mut Reader) -> Result<bool> {
        let last = reader.last_event()?;
        Ok(self.detector.told() != Some((reader.revision()?.epoch, last)))
    }

    /// Looks at what is new, so that less is left for the next step.
    pub fn look(&mut self, reader: &mut Reader) -> Result<()> {
        if self.is_known(reader)? { Ok(()) } else { self.detector.look(reader) }
    }

    /// Did these rules see all that is in the case before this?
    fn is_known(&mut self, reader: &mut Reader) -> Result<bool> {
        if !self.is_first {
            return Ok(false);
        }
        let stored = reader.detected()?;
        let is_known = stored.fingerprint == self.detector.fingerprint() && stored.events == reader.last_event()?;
        if is_known {
            self.detected = stored;
        }
        Ok(is_known)
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
