//! Rules behind an ingest: they run while evidence comes in, on a thread of their own, and what they find is kept in the case with
//! each step. An ingest never waits for them, it only looks for their expressions in text that it holds anyway; and they never see what is
//! not committed.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use super::detector::{Detector, Findings};
use super::load::RuleSet;
use crate::case::{CaseError, News, Reader, Result, Tell, Writable};
use crate::model::Detected;

/// Why rules wake up.
enum Wake {
    Case(News),
    /// There is nothing more to follow.
    Done,
}

/// Does some work that commits to a case, an ingest or a fetch, while rules run behind its commits. Gives what the work gave, and how
/// far the rules came, which is to the end unless they could not.
pub fn following<T>(case: &Writable, rules: Arc<RuleSet>, work: impl FnOnce() -> T) -> (T, Result<Detected>) {
    std::thread::scope(|scope| {
        let ((wake, waiting), (ready, begin)) = (channel(), channel::<()>());
        let news = wake.clone();
        let rules = scope.spawn(move || {
            let begun = begin_to_follow(case, rules, news);
            drop(ready);
            begun.and_then(|(follower, reader)| follow(case, follower, reader, &waiting))
        });
        // From the first record on it is known what its text is searched for.
        let _ = begin.recv();
        let ending = Ending(wake);
        let worked = work();
        drop(ending);
        let detected = rules.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        (worked, detected)
    })
}

/// Says that there is nothing more to follow, also when the work panics: nobody waits for a thread that waits.
struct Ending(Sender<Wake>);

impl Drop for Ending {
    fn drop(&mut self) {
        let _ = self.0.send(Wake::Done);
    }
}

fn begin_to_follow(case: &Writable, rules: Arc<RuleSet>, wake: Sender<Wake>) -> Result<(Follower, Reader)> {
    let mut reader = case.reader()?;
    let follower = Follower::new(rules, &mut reader)?;
    let tell = move |news| {
        let _ = wake.send(Wake::Case(news));
    };
    follower.follow(case, &mut reader, Box::new(tell));
    Ok((follower, reader))
}

fn follow(case: &Writable, mut follower: Follower, mut reader: Reader, waiting: &Receiver<Wake>) -> Result<Detected> {
    let mut pace = Pace::default();
    loop {
        let woken = waiting.recv_timeout(Pace::QUIET);
        let woken: Vec<_> = std::iter::once(woken).chain(waiting.try_iter().map(Ok)).collect();
        let is_last = woken.iter().any(|wake| matches!(wake, Ok(Wake::Done) | Err(RecvTimeoutError::Disconnected)));
        let is_ended = is_last || woken.iter().any(|wake| matches!(wake, Ok(Wake::Case(News::Finishing))));
        let is_quiet = woken.iter().all(|wake| matches!(wake, Err(RecvTimeoutError::Timeout)));
        let is_due = (is_ended || pace.is_due(is_quiet)) && follower.is_behind(&mut reader)?;
        let looked = follower.look(&mut reader);
        match if is_due { looked.and_then(|()| pace.time(|| follower.step(case, &mut reader))) } else { looked } {
            // A rebuild threw everything away in the middle: the next step begins again.
            Err(CaseError::Interrupted) if !is_last => continue,
            other => other?,
        }
        if is_last {
            // The last to write leaves nothing beside the case.
            drop(reader);
            case.findings()?.finish()?;
            return Ok(follower.detected);
        }
    }
}

/// When it is time to work out what fires: when nothing was committed for a moment, and every now and then while a lot is. It is never
/// more than a small part of the time, however long it takes.
pub struct Pace {
    last: Instant,
    took: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { last: Instant::now(), took: Duration::ZERO }
    }
}

impl Pace {
    /// Longer than a writer waits before it commits what has come.
    pub const QUIET: Duration = Duration::from_millis(700);
    /// While something is committed again and again: the first time sooner, for whoever waits before an empty list of signals.
    const FIRST: Duration = Duration::from_secs(2);
    const BUSY: Duration = Duration::from_secs(5);

    /// Is it time? `is_quiet`: nothing was committed for [`Pace::QUIET`], so nobody else has much to do.
    pub fn is_due(&self, is_quiet: bool) -> bool {
        let busy = if self.took.is_zero() { Self::FIRST } else { Self::BUSY.max(self.took * 40) };
        self.last.elapsed() >= if is_quiet { self.took * 4 } else { busy }
    }

    /// Does it. What is new was looked at before, since that is not done again the next time.
    pub fn time<T>(&mut self, step: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let stepped = step();
        *self = Self { last: Instant::now(), took: begun.elapsed() };
        stepped
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

    /// From now on what is committed is handed to this reader, and told: what its text is searched for is found by those who decode it,
    /// and what is looked at soon costs less.
    pub fn follow(&self, case: &Writable, reader: &mut Reader, tell: Tell) {
        self.detector.follow(reader, case, tell);
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
    pub fn is_behind(&mut self, reader: &mut Reader) -> Result<bool> {
        if self.is_known(reader)? {
            return Ok(false);
        }
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
