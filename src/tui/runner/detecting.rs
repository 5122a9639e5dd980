//! The rules, run behind what is committed: on a thread of its own, whenever the case has grown.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use super::{Replies, revision_number};
use crate::case::{CaseError, Interrupter, Reader, Result, Writable};
use crate::detect::{Follower, RuleSet, Sources};
use crate::tui::message::{Event, Severity};

/// Makes the rules, on the thread that runs them.
pub type Rules = Box<dyn FnOnce() -> RuleSet + Send>;

/// While evidence comes in the rules run this long after a commit, so that they do not run for each.
const QUIET: Duration = Duration::from_millis(700);

/// Why the rules are to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// The case has grown.
    Grown,
    /// A match list was changed: signals are weighed anew.
    Listed,
}

/// The thread that runs the rules.
pub struct Detecting {
    causes: Sender<Cause>,
    interrupter: Interrupter,
}

impl Detecting {
    /// Starts it; the first run is at once.
    ///
    /// # Errors
    /// The case could not be opened once more.
    pub fn start(reader: &Reader, writable: &Writable, rules: Rules, replies: &Replies) -> Result<Self> {
        let (causes, waiting) = channel();
        let (reader, writable, replies) = (reader.sibling()?, writable.clone(), replies.clone());
        let interrupter = reader.interrupter();
        thread::spawn(move || run(reader, &writable, rules, &waiting, &replies));
        let _ = causes.send(Cause::Grown);
        Ok(Self { causes, interrupter })
    }

    /// The case has grown.
    pub fn grown(&self) {
        let _ = self.causes.send(Cause::Grown);
    }

    /// A match list was changed.
    pub fn listed(&self) {
        let _ = self.causes.send(Cause::Listed);
    }

    /// Ends it, without waiting: what it has not stored is found again the next time, and what it stores is one transaction.
    pub fn finish(self) {
        self.interrupter.cancel();
    }
}

fn run(mut reader: Reader, case: &Writable, rules: Rules, causes: &Receiver<Cause>, replies: &Replies) {
    let mut rules = Some(rules);
    let mut set: Option<Arc<RuleSet>> = None;
    let mut follower: Option<Follower> = None;
    while let Ok(cause) = causes.recv() {
        let mut listed = cause == Cause::Listed;
        // All that comes within a moment is one run.
        while !listed {
            match causes.recv_timeout(QUIET) {
                Ok(cause) => listed = cause == Cause::Listed,
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
        let _ = replies.blocking_send(Event::Rules(true));
        let set = set.get_or_insert_with(|| Arc::new(rules.take().map_or_else(|| RuleSet::load(&Sources::builtin(), false), |rules| rules())));
        if listed {
            follower = None;
        }
        match step(&mut follower, set, case, &mut reader) {
            Ok(revision) => {
                let _ = replies.blocking_send(Event::Revision(revision));
            }
            Err(CaseError::Interrupted) => {}
            Err(error) => {
                let _ = replies.blocking_send(Event::Notice(Severity::Error, format!("the rules stopped: {error}; `outcrop detect` tries again")));
            }
        }
        let _ = replies.blocking_send(Event::Rules(false));
    }
}

/// Looks at what is new, and keeps what was found; gives the revision of the case afterwards.
fn step(follower: &mut Option<Follower>, set: &Arc<RuleSet>, case: &Writable, reader: &mut Reader) -> Result<u64> {
    let running = match follower {
        Some(running) => running,
        None => {
            let running = follower.insert(Follower::new(Arc::clone(set), reader)?);
            running.follow(case, reader);
            running
        }
    };
    running.step(case, reader)?;
    Ok(revision_number(reader.revision()?))
}
