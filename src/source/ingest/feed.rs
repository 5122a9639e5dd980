//! Inputs become jobs: paths are looked up and ordered, the rest follows as it comes.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use super::{Input, Shared};
use crate::model::live::Coverage;
use crate::model::{Skip, SourceEntry};
use crate::source::files::{Found, find};

/// How often progress is told.
const TICK: Duration = Duration::from_millis(50);

/// One source to read.
pub(super) enum Job {
    File(Found),
    Stdin,
    Bytes {
        name: String,
        bytes: Vec<u8>,
    },
    /// Rows of a query.
    Fetched {
        name: String,
        bytes: Vec<u8>,
    },
    /// What of a log group is in the case now.
    Covered(Coverage),
    /// A source that the case has, to be derived again.
    Again(SourceEntry),
    /// Something that was named and cannot be read.
    Skip(Skip),
}

/// Where jobs go. Whoever sends also tells of the progress, so that neither inputs nor the receiver of progress have to
/// leave their thread.
pub(super) struct Jobs<'a> {
    queue: SyncSender<Job>,
    tick: &'a dyn Fn(),
    ticked: Cell<Instant>,
}

impl<'a> Jobs<'a> {
    /// A queue that is long enough for many small files, and short because a job may hold its bytes.
    pub(super) fn new(tick: &'a dyn Fn()) -> (Self, Receiver<Job>) {
        let (queue, receiver) = sync_channel(32);
        (Self { queue, tick, ticked: Cell::new(Instant::now()) }, receiver)
    }

    /// False when nobody works any more.
    pub(super) fn send(&self, mut job: Job) -> bool {
        loop {
            self.tick();
            match self.queue.try_send(job) {
                Ok(()) => return true,
                Err(TrySendError::Disconnected(_)) => return false,
                Err(TrySendError::Full(back)) => job = back,
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// No more jobs come. Tells of the progress until all is done.
    pub(super) fn close(self, is_done: impl Fn() -> bool) {
        let Self { queue, tick, .. } = self;
        drop(queue);
        let mut ticked = Instant::now();
        while !is_done() {
            std::thread::sleep(Duration::from_millis(2));
            if ticked.elapsed() >= TICK {
                tick();
                ticked = Instant::now();
            }
        }
    }

    fn tick(&self) {
        if self.ticked.get().elapsed() >= TICK {
            (self.tick)();
            self.ticked.set(Instant::now());
        }
    }
}

pub(super) fn inputs(inputs: impl Iterator<Item = Input>, jobs: &Jobs<'_>, shared: &Shared<'_>) {
    let mut paths = Vec::new();
    for input in inputs {
        if shared.is_stopped() {
            return;
        }
        let job = match input {
            Input::Path(path) => {
                paths.push(path);
                continue;
            }
            Input::Stdin => Job::Stdin,
            Input::Bytes { name, bytes } => Job::Bytes { name, bytes },
            Input::Fetched { name, bytes } => Job::Fetched { name, bytes },
            Input::Covered(entry) => {
                // No source, only a line about those before.
                if !jobs.send(Job::Covered(entry)) {
                    return;
                }
                continue;
            }
        };
        shared.files_known.fetch_add(1, Ordering::Relaxed);
        if !send_files(&std::mem::take(&mut paths), jobs, shared) || !jobs.send(job) {
            return;
        }
    }
    send_files(&paths, jobs, shared);
}

fn send_files(paths: &[PathBuf], jobs: &Jobs<'_>, shared: &Shared<'_>) -> bool {
    let (mut files, skips) = find(paths);
    let case = std::path::absolute(shared.case.path()).unwrap_or_default();
    files.retain(|file| !belongs_to_case(&file.path, &case));
    shared.files_known.fetch_add((files.len() + skips.len()) as u64, Ordering::Relaxed);
    skips.into_iter().map(Job::Skip).chain(files.into_iter().map(Job::File)).all(|job| !shared.is_stopped() && jobs.send(job))
}

/// The case itself and what the database keeps beside it.
fn belongs_to_case(path: &Path, case: &Path) -> bool {
    let (Some(name), Some(case_name)) = (path.file_name().and_then(|name| name.to_str()), case.file_name().and_then(|name| name.to_str())) else {
        return false;
    };
    path.parent() == case.parent() && name.strip_prefix(case_name).is_some_and(|rest| matches!(rest, "" | "-wal" | "-shm" | "-journal" | "-lock"))
}
