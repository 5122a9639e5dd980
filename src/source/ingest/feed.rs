//! Inputs become jobs: paths are looked up and ordered, the rest follows as it comes.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::{Input, Shared};
use crate::model::{Skip, SourceEntry};
use crate::source::files::{Found, find};

/// One source to read.
pub(super) enum Job {
    File(Found),
    Stdin,
    Bytes {
        name: String,
        bytes: Vec<u8>,
    },
    /// A source that the case has, to be derived again.
    Again(SourceEntry),
    /// Something that was named and cannot be read.
    Skip(Skip),
}

/// Where jobs go.
pub(super) struct Jobs(SyncSender<Job>);

impl Jobs {
    /// A short queue, because a job may hold its bytes.
    pub(super) fn new(workers: usize) -> (Self, Receiver<Job>) {
        let (sender, receiver) = sync_channel(workers * 2);
        (Self(sender), receiver)
    }

    /// False when nobody works any more.
    pub(super) fn send(&self, job: Job) -> bool {
        self.0.send(job).is_ok()
    }
}

pub(super) fn inputs(inputs: impl Iterator<Item = Input>, jobs: &Jobs, shared: &Shared<'_>) {
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
        };
        shared.files_total.fetch_add(1, Ordering::Relaxed);
        if !send_files(&std::mem::take(&mut paths), jobs, shared) || !jobs.send(job) {
            return;
        }
    }
    send_files(&paths, jobs, shared);
}

fn send_files(paths: &[PathBuf], jobs: &Jobs, shared: &Shared<'_>) -> bool {
    let (mut files, skips) = find(paths);
    let case = std::path::absolute(shared.case.path()).unwrap_or_default();
    files.retain(|file| !belongs_to_case(&file.path, &case));
    shared.files_total.fetch_add((files.len() + skips.len()) as u64, Ordering::Relaxed);
    skips.into_iter().map(Job::Skip).chain(files.into_iter().map(Job::File)).all(|job| !shared.is_stopped() && jobs.send(job))
}

/// The case itself and what the database keeps beside it.
fn belongs_to_case(path: &Path, case: &Path) -> bool {
    let (Some(name), Some(case_name)) = (path.file_name().and_then(|name| name.to_str()), case.file_name().and_then(|name| name.to_str())) else {
        return false;
    };
    path.parent() == case.parent() && name.strip_prefix(case_name).is_some_and(|rest| matches!(rest, "" | "-wal" | "-shm" | "-journal" | "-lock"))
}
