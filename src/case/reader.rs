//! One reader of a case: its connection, its snapshot, and the cancelling of what it does.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, InterruptHandle};

use super::answers::{Revision, Totals};
use super::error::{CaseError, Doing as _, Result};
use super::evidence::Expanded;
use super::following::Tail;
use super::lists::Lists;
use super::rows::Names;
use super::threads::Threads;
use super::writer::STRAND_COLUMNS;
use super::{commit, schema, segment};
use crate::model::{SourceEntry, Timestamp};

/// A reader. It can be sent to another thread, not shared: give each thread its own ([`Reader::sibling`]).
pub struct Reader {
    path: PathBuf,
    connection: Connection,
    cancel: Interrupter,
    /// A second connection, for searching on two cores; opened when first needed.
    pub(super) helper: Option<Connection>,
    pub(super) lists: Lists,
    pub(super) threads: Threads,
    pub(super) names: Names,
    pub(super) expanded: Option<Expanded>,
    /// The ledger's line of the source read last.
    pub(super) entry: Option<SourceEntry>,
    /// What was committed since it follows the writer.
    pub(super) tail: Option<Arc<Tail>>,
    /// Reads beside this one; opened when first needed.
    partner: Option<Box<Self>>,
    epoch: u32,
}

/// Opens a case for reading only; also while another process writes to it, and when its folder cannot be written.
pub fn open_read_only(path: &Path) -> Result<Reader> {
    Reader::open(path)
}

/// Cancels a reader's reads from another thread.
#[derive(Clone)]
pub struct Interrupter {
    shared: Arc<Cancel>,
}

/// It does not cancel itself.
const NO_FUSE: u64 = u64::MAX;

struct Cancel {
    cancelled: AtomicBool,
    /// How many looks are left until it cancels itself, and how many there were since it was cancelled.
    fuse: AtomicU64,
    late: AtomicU64,
    handles: Mutex<Vec<InterruptHandle>>,
}

impl Interrupter {
    /// The running read ends with [`CaseError::Interrupted`] within milliseconds, and so does every read after it
    /// until [`Reader::rearm`].
    pub fn cancel(&self) {
        self.shared.cancelled.store(true, Ordering::Release);
        for handle in self.shared.handles.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            handle.interrupt();
        }
    }

    /// Cancels when somebody has looked so many times whether it was cancelled: a test cannot wait for the right moment.
    pub fn cancel_after(&self, looks: u64) {
        self.shared.late.store(0, Ordering::Relaxed);
        self.shared.fuse.store(looks.min(u64::MAX - 1), Ordering::Relaxed);
    }

    /// How many looks [`cancel_after`](Self::cancel_after) has left, and how many there were since it was cancelled.
    pub fn looks(&self) -> (u64, u64) {
        (self.shared.fuse.load(Ordering::Relaxed), self.shared.late.load(Ordering::Relaxed))
    }

    pub(super) fn is_cancelled(&self) -> bool {
        if self.shared.cancelled.load(Ordering::Acquire) {
            self.shared.late.fetch_add(1, Ordering::Relaxed);
            return true;
        }
        let left = self.shared.fuse.load(Ordering::Relaxed);
        if left == NO_FUSE {
            return false;
        }
        self.shared.fuse.store(left.saturating_sub(1), Ordering::Relaxed);
        if left <= 1 {
            self.cancel();
        }
        left <= 1
    }

    /// # Errors
    /// [`CaseError::Interrupted`] when it was cancelled: for whoever works long on what a reader gave.
    pub fn check(&self) -> Result<()> {
        if self.is_cancelled() { Err(CaseError::Interrupted) } else { Ok(()) }
    }

    fn watch(&self, connection: &Connection) {
        self.shared.handles.lock().unwrap_or_else(PoisonError::into_inner).push(connection.get_interrupt_handle());
    }
}

impl Reader {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let connection = schema::open_to_read(path)?;
        let cancel = Interrupter {
            shared: Arc::new(Cancel {
                cancelled: AtomicBool::new(false),
                fuse: AtomicU64::new(NO_FUSE),
                late: AtomicU64::new(0),
                handles: Mutex::default(),
            }),
        };
        cancel.watch(&connection);
        let epoch = commit::revision(&connection)?.epoch;
        Ok(Self {
            path: path.to_owned(),
            connection,
            cancel,
            helper: None,
            lists: Lists::default(),
            threads: Threads::default(),
            names: Names::default(),
            expanded: None,
            entry: None,
            tail: None,
            partner: None,
            epoch,
        })
    }

    /// Path of the case file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Another reader of the same case, for another thread.
    pub fn sibling(&self) -> Result<Self> {
        Self::open(&self.path)
    }

    /// Calls with this reader and one beside it, for another thread: both read the same state of the case and are cancelled together.
    ///
    /// # Errors
    /// The case cannot be opened once more.
    pub fn with_partner<T>(&mut self, work: impl FnOnce(&mut Self, &mut Self) -> T) -> Result<T> {
        let mut partner = match self.partner.take() {
            Some(partner) => partner,
            None => {
                let mut partner = Self::open(&self.path)?;
                self.cancel.watch(&partner.connection);
                partner.cancel = self.cancel.clone();
                Box::new(partner)
            }
        };
        partner.snapshot(|_| Ok(()))?;
        let made = work(self, &mut partner);
        self.partner = Some(partner);
        Ok(made)
    }

    /// The means to cancel this reader's reads.
    pub fn interrupter(&self) -> Interrupter {
        self.cancel.clone()
    }

    /// Forgets an earlier cancel. A worker calls it before each job.
    pub fn rearm(&self) {
        self.cancel.shared.fuse.store(NO_FUSE, Ordering::Relaxed);
        self.cancel.shared.cancelled.store(false, Ordering::Release);
    }

    /// The newest commit.
    pub fn revision(&self) -> Result<Revision> {
        commit::revision(&self.connection)
    }

    /// Is a rebuild at work, or was one interrupted? Then events are missing that the evidence holds.
    pub fn is_rebuilding(&self) -> Result<bool> {
        commit::is_rebuilding(&self.connection)
    }

    /// Was the evidence read by an earlier version? Then conversations and some derived fields are missing until a rebuild.
    pub fn is_outdated(&self) -> Result<bool> {
        commit::is_outdated(&self.connection)
    }

    /// The case's name, when it was given one.
    pub fn title(&mut self) -> Result<Option<String>> {
        match self.connection.query_row("SELECT value FROM meta WHERE key = 'title'", [], |row| row.get(0)) {
            Err(rusqlite::Error::QueryReturnedNoRows) => Ok(None),
            other => other.doing("reading the title").map(Some),
        }
    }

    /// The case in numbers.
    pub fn totals(&mut self) -> Result<Totals> {
        let doing = "counting events";
        self.snapshot(|reader| {
            let sql = format!("SELECT events, 0, first_time, last_time, undecodable, {} FROM segment", STRAND_COLUMNS.join(", "));
            let mut select = reader.connection.prepare_cached(&sql).doing(doing)?;
            let mut rows = select.query([]).doing(doing)?;
            let (mut totals, mut times) = (Totals::default(), segment::Summary::default());
            while let Some(row) = rows.next().doing(doing)? {
                times.join(&segment::Summary::read(row, 0).doing(doing)?);
                totals.undecodable += row.get::<_, i64>(4).doing(doing)? as u64;
                for (at, count) in totals.by_strand.iter_mut().enumerate() {
                    *count += row.get::<_, i64>(5 + at).doing(doing)? as u64;
                }
            }
            if times.first != 0 {
                totals.span = Some((Timestamp::from_millis(times.first), Timestamp::from_millis(times.last)));
            }
            let number =
                |sql: &str| reader.connection.query_row(sql, [], |row| row.get::<_, Option<i64>>(0)).doing(doing).map(|n| n.unwrap_or(0) as u64);
            totals.sources = number("SELECT COUNT(*) FROM source")?;
            totals.plain_bytes = number("SELECT SUM(plain_size) FROM source")?;
            totals.duplicates = number("SELECT MAX(value) FROM meta WHERE key = 'duplicates'")?;
            Ok(totals)
        })
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn connections(&mut self) -> (&Connection, Option<&mut Connection>) {
        (&self.connection, self.helper.as_mut())
    }

    pub(super) fn open_helper(&mut self) -> Result<()> {
        if self.helper.is_none() {
            let helper = schema::open_to_read(&self.path)?;
            self.cancel.watch(&helper);
            self.helper = Some(helper);
        }
        Ok(())
    }

    /// Which derivation of the case it reads.
    pub(super) fn epoch(&self) -> u32 {
        self.epoch
    }

    pub(super) fn cancel(&self) -> &Interrupter {
        &self.cancel
    }

    /// Does several reads on one state of the case, whatever is committed meanwhile. Snapshots nest.
    pub(super) fn snapshot<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.cancel.check()?;
        if !self.connection.is_autocommit() {
            return read(self);
        }
        self.connection.execute_batch("BEGIN").doing("starting to read")?;
        let answer = commit::revision(&self.connection).and_then(|revision| {
            if revision.epoch != self.epoch {
                // Row numbers of before mean nothing now.
                (self.entry, self.expanded) = (None, None);
                (self.lists, self.names, self.epoch) = (Lists::default(), Names::default(), revision.epoch);
            }
            read(self)
        });
        // An interrupt may have ended the transaction by itself.
        if !self.connection.is_autocommit() {
            self.connection.execute_batch("ROLLBACK").doing("ending a read")?;
        }
        answer
    }
}
