//! The right to write a case, and what it gives: one writer, a notebook, readers.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::error::{CaseError, Result};
use super::following::Follower;
use super::lock::CaseLock;
use super::notebook::Notebook;
use super::reader::Reader;
use super::schema;
use super::writer::Writer;

/// Rights to write a case. Clones share them; they end with the last clone, writer and notebook.
#[derive(Clone)]
pub struct Writable {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    has_writer: AtomicBool,
    turn: Mutex<()>,
    waiting: AtomicUsize,
    follower: Follower,
    _lock: CaseLock,
}

impl Writable {
    /// Opens a case for writing, creates it when there is none, and brings an old one to the newest schema.
    pub fn open(path: &Path) -> Result<Self> {
        let lock = CaseLock::take(path)?;
        drop(schema::open_or_create(path)?);
        let shared = Shared {
            path: path.to_owned(),
            has_writer: AtomicBool::new(false),
            turn: Mutex::new(()),
            waiting: AtomicUsize::new(0),
            follower: Follower::default(),
            _lock: lock,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The one writer; refused while another lives.
    pub fn writer(&self) -> Result<Writer> {
        if self.shared.has_writer.swap(true, Ordering::AcqRel) {
            return Err(CaseError::WriterBusy { path: self.shared.path.clone() });
        }
        let seat = Seat(self.clone());
        Writer::new(schema::open_to_write(&self.shared.path)?, seat)
    }

    /// The analyst's own writes; any number, also while a writer is at work.
    pub fn notebook(&self) -> Result<Notebook> {
        Ok(Notebook::new(schema::open_to_write(&self.shared.path)?, self.clone()))
    }

    /// A reader.
    pub fn reader(&self) -> Result<Reader> {
        Reader::open(&self.shared.path)
    }

    /// The case file.
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// Who is told what is committed.
    pub(super) fn follower(&self) -> &Follower {
        &self.shared.follower
    }

    /// The analyst's turn to write. The database lets whoever polls at the right moment in, so that a busy ingest
    /// could keep a mark waiting for seconds; in this queue it stands back.
    pub(super) fn analysts_turn(&self) -> MutexGuard<'_, ()> {
        self.shared.waiting.fetch_add(1, Ordering::AcqRel);
        let turn = self.shared.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.shared.waiting.fetch_sub(1, Ordering::AcqRel);
        turn
    }

    /// The writer's turn to write: after any analyst who waits, for at most 100 ms.
    pub(super) fn writers_turn(&self) -> MutexGuard<'_, ()> {
        for _ in 0..100 {
            if self.shared.waiting.load(Ordering::Acquire) == 0 {
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        self.shared.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Being the writer; given back on drop.
pub(super) struct Seat(pub(super) Writable);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.shared.has_writer.store(false, Ordering::Release);
    }
}
