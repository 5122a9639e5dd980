//! The rules, run behind what is committed: on a thread of its own, whenever the case has grown.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Weak};
use std::thread;

use super::{Replies, revision_number};
use crate::case::{CaseError, Interrupter, News, Reader, Result, Writable};
use crate::detect::{Follower, Pace, RuleSet, Sources};
use crate::tui::message::{Event, Severity};

/// Makes the rules, on the thread that runs them.
pub type Rules = Box<dyn FnOnce() -> RuleSet + Send>;

/// Why the rules are to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// The case has grown.
    Grown,
    /// It has grown, and will not for now.
    Finishing,
    /// A match list was changed: signals are weighed anew.
    Listed,
}

/// The thread that runs the rules.
pub struct Detecting {
    causes: Arc<Sender<Cause>>,
    interrupter: Interrupter,
    thread: thread::JoinHandle<()>,
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
        let causes = Arc::new(causes);
        let news = Arc::downgrade(&causes);
        let thread = thread::spawn(move || run(reader, &writable, rules, &waiting, &news, &replies));
        let _ = causes.send(Cause::Grown);
        Ok(Self { causes, interrupter, thread })
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
    /// Gives the thread, which closes the case as it ends.
    pub fn finish(self) -> thread::JoinHandle<()> {
        self.interrupter.cancel();
        self.thread
    }
}

fn run(mut reader: Reader, case: &Writable, rules: Rules, causes: &Receiver<Cause>, news: &Weak<Sender<Cause>>, replies: &Replies) {
    let mut rules = Some(rules);
    let mut set: Option<Arc<RuleSet>> = None;
    let mut follower: Option<Follower> = None;
    let mut pace = Pace::default();
    while let Ok(mut cause) = causes.recv() {
        // All that comes within a moment is one run.
        let mut is_quiet = false;
        while cause == Cause::Grown && !pace.is_due(is_quiet) {
            if let Some(follower) = &mut follower {
                // What goes wrong here does so again below, and is told there.
                let _ = follower.look(&mut reader);
            }
            match causes.recv_timeout(Pace::QUIET) {
                Ok(next) => (cause, is_quiet) = (next, false),
                Err(RecvTimeoutError::Timeout) => is_quiet = true,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
        // A fetch that brings nothing says so in the case: no rule has to run, and nothing is drawn. What goes wrong is told below.
        if cause != Cause::Listed && follower.as_mut().is_some_and(|follower| !follower.is_behind(&mut reader).unwrap_or(true)) {
            continue;
        }
        let _ = replies.blocking_send(Event::Rules(true));
        let set = set.get_or_insert_with(|| Arc::new(rules.take().map_or_else(|| RuleSet::load(&Sources::builtin(), false), |rules| rules())));
        if cause == Cause::Listed {
            follower = None;
        }
        match step(&mut follower, set, case, &mut reader, news, &mut pace) {
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
fn step(
    follower: &mut Option<Follower>,
    set: &Arc<RuleSet>,
    case: &Writable,
    reader: &mut Reader,
    news: &Weak<Sender<Cause>>,
    pace: &mut Pace,
) -> Result<u64> {
    let running = match follower {
        Some(running) => running,
        None => {
            let running = follower.insert(Follower::new(Arc::clone(set), reader)?);
            let news = Weak::clone(news);
            let tell = move |told| {
                let cause = if told == News::Finishing { Cause::Finishing } else { Cause::Grown };
                let _ = news.upgrade().map(|causes| causes.send(cause));
            };
            running.follow(case, reader, Box::new(tell));
            running
        }
    };
    running.look(reader)?;
    pace.time(|| running.step(case, reader))?;
    Ok(revision_number(reader.revision()?))
}
