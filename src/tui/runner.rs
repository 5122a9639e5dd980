//! Effects, carried out: questions go to read workers (each with a reader of its own), the analyst's writes to a
//! notebook thread, replies come back through one bounded channel.

mod abroad;
mod answer;
mod asked;
mod commands;
mod controls;
mod detecting;
mod query;
mod signals;
mod tables;

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::ask::{Answer, Ask, Slot};
use super::message::{Event, Severity};
use super::oracle::Oracle;
use crate::case::{Interrupter, Notebook, Reader, Revision};
use crate::model::{Digest, ListEntry, Mark, Timestamp, Triage, TriageKey};

pub use abroad::Abroad;
#[cfg(test)]
pub use abroad::answer as answer_abroad;
pub use answer::answer;
pub use detecting::{Detecting, Rules};

/// Where replies go. Blocks the worker, never the screen, when the screen lags behind.
pub type Replies = tokio::sync::mpsc::Sender<Event>;

/// A write of the analyst.
#[derive(Debug)]
pub enum Write {
    /// An event's mark.
    Mark(Digest, Mark),
    /// A note on the case.
    Note(String, Timestamp),
    /// A judgement of a signal or lead.
    Triage(TriageKey, Triage),
    /// An entry of a match list.
    List(ListEntry),
    /// A value off a match list.
    Unlist(String, String),
    /// The view.
    View(String),
    /// Draft and history of queries.
    Queries(String),
}

/// The workers.
pub struct Runner {
    quick: Worker,
    scan: Worker,
    /// Queries take their time: everything else goes on beside them.
    query: Worker,
    abroad: Option<Abroad>,
    notes: Option<(Sender<Write>, thread::JoinHandle<()>)>,
}

struct Worker {
    jobs: Sender<(Ask, u64)>,
    interrupter: Interrupter,
    current: Arc<Mutex<Option<Slot>>>,
    thread: thread::JoinHandle<()>,
}

/// How long leaving waits for those who read; they are cancelled, which takes milliseconds.
const CLOSING: Duration = Duration::from_secs(1);

/// One number out of a revision, for comparing.
pub fn revision_number(revision: Revision) -> u64 {
    u64::from(revision.epoch) << 40 | revision.commit
}

impl Runner {
    /// Starts the workers.
    ///
    /// # Errors
    /// The case could not be opened a second time.
    pub fn start(
        reader: &Reader,
        notebook: Option<Notebook>,
        oracle: Option<Arc<dyn Oracle>>,
        replies: &Replies,
    ) -> Result<Self, crate::case::CaseError> {
        let quick = Worker::start(reader.sibling()?, replies.clone());
        let scan = Worker::start(reader.sibling()?, replies.clone());
        let query = Worker::start(reader.sibling()?, replies.clone());
        let notes = notebook.map(|notebook| {
            let (sender, writes) = channel();
            let replies = replies.clone();
            (sender, thread::spawn(move || keep_notes(notebook, &writes, &replies)))
        });
        let abroad = oracle.map(|oracle| Abroad::new(oracle, replies.clone()));
        Ok(Self { quick, scan, query, abroad, notes })
    }

    /// Hands a question to a worker. A question of the same slot that is being answered is interrupted.
    pub fn ask(&mut self, ask: Ask, generation: u64) {
        if Abroad::concerns(&ask) {
            self.cancel(ask.slot());
            return self.abroad.iter_mut().for_each(|abroad| abroad.ask(ask.clone(), generation));
        }
        let worker = match ask.slot() {
            Slot::Query => &self.query,
            _ if ask.is_quick() => &self.quick,
            _ => &self.scan,
        };
        worker.interrupt(ask.slot());
        let _ = worker.jobs.send((ask, generation));
    }

    /// Stops answering a slot.
    pub fn cancel(&self, slot: Slot) {
        self.quick.interrupt(slot);
        self.scan.interrupt(slot);
        self.query.interrupt(slot);
        self.abroad.iter().for_each(|abroad| abroad.cancel(slot));
    }

    /// Hands a write to the notebook; without one (read-only) it is dropped, which `update` has said already.
    pub fn write(&self, write: Write) {
        if let Some((notes, _)) = &self.notes {
            let _ = notes.send(write);
        }
    }

    /// Waits until everything written is kept, and nothing of ours runs at AWS. Before the notebook folds the case's log in
    /// it waits for whoever reads the case, of whom `other` is one: what somebody reads stays in the log, and the last to close the
    /// case has to be one who may take the log away.
    pub fn finish(self, other: Option<thread::JoinHandle<()>>) {
        let readers: Vec<_> = [self.quick, self.scan, self.query].map(Worker::finish).into_iter().chain(other).collect();
        if let Some(abroad) = self.abroad {
            abroad.finish();
        }
        let until = Instant::now() + CLOSING;
        while Instant::now() < until && !readers.iter().all(thread::JoinHandle::is_finished) {
            thread::sleep(Duration::from_millis(2));
        }
        if let Some((sender, thread)) = self.notes {
            drop(sender);
            let _ = thread.join();
        }
    }
}

impl Worker {
    fn start(reader: Reader, replies: Replies) -> Self {
        let (jobs, queue) = channel();
        let interrupter = reader.interrupter();
        let current = Arc::new(Mutex::new(None));
        let running = Arc::clone(&current);
        let thread = thread::spawn(move || work(reader, &queue, &running, &replies));
        Self { jobs, interrupter, current, thread }
    }

    /// Ends it, when nobody takes replies any more; gives the thread, which closes the case as it ends.
    fn finish(self) -> thread::JoinHandle<()> {
        self.interrupter.cancel();
        self.thread
    }

    fn interrupt(&self, slot: Slot) {
        if self.current.lock().is_ok_and(|current| *current == Some(slot)) {
            self.interrupter.cancel();
        }
    }
}

fn work(mut reader: Reader, queue: &Receiver<(Ask, u64)>, running: &Mutex<Option<Slot>>, replies: &Replies) {
    let mut waiting: Vec<(Ask, u64)> = Vec::new();
    loop {
        if waiting.is_empty() {
            let Ok(job) = queue.recv() else { return };
            waiting.push(job);
        }
        waiting.extend(queue.try_iter());
        // Only the newest question of each slot is of interest.
        let (ask, generation) = waiting.remove(0);
        let slot = ask.slot();
        if waiting.iter().any(|(other, _)| other.slot() == slot) {
            continue;
        }
        if let Ok(mut current) = running.lock() {
            *current = Some(slot);
            reader.rearm();
        }
        // In this order: who leaves closes the replies and then cancels, so that one of the two is seen.
        if replies.is_closed() {
            return;
        }
        let mut gone = false;
        answer(&mut reader, &ask, &mut |answer| gone |= replies.blocking_send(Event::Reply { slot, generation, answer }).is_err());
        if let Ok(mut current) = running.lock() {
            *current = None;
        }
        if gone {
            return;
        }
    }
}

fn keep_notes(mut notebook: Notebook, writes: &Receiver<Write>, replies: &Replies) {
    while let Ok(write) = writes.recv() {
        let result = match &write {
            Write::Mark(digest, mark) => notebook.set_mark(digest, mark),
            Write::Note(text, now) => notebook.add_case_note(text, *now),
            Write::Triage(key, triage) => notebook.set_triage(key, triage),
            Write::List(entry) => notebook.list(entry),
            Write::Unlist(list, value) => notebook.unlist(list, value),
            Write::View(view) => notebook.save_view("workbench", view),
            Write::Queries(queries) => notebook.save_view("queries", queries),
        };
        let kept = match &write {
            Write::List(_) | Write::Unlist(..) => Some(Event::Listed),
            Write::Mark(..) | Write::Note(..) => Some(Event::Noted),
            Write::Triage(..) => Some(Event::Judged),
            _ => None,
        };
        if let Some(kept) = kept.filter(|_| result.is_ok()) {
            let _ = replies.blocking_send(kept);
        }
        if let Err(error) = result {
            let _ = replies.blocking_send(Event::Notice(Severity::Error, format!("{error}")));
        }
    }
    // All of it was kept; what stays in the log is read from there.
    let _ = notebook.finish();
}

/// A failed read as an answer.
fn failed(error: &dyn std::fmt::Display) -> Answer {
    Answer::Failed(error.to_string())
}
