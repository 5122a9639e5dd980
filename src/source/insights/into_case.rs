//! A fetch and the ingest side by side: rows are decoded and committed while more are on their way.

use std::cell::RefCell;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::fetch::{FetchOutcome, FetchProgress, Fetching, Money, Seen};
use super::planning::FetchPlan;
use super::session::Aws;
use crate::case::Writable;
use crate::model::IngestSummary;
use crate::source::ingest::{IngestError, Input, Progress, ingest_by};

/// Parcels that may wait for the case; each holds a few megabytes.
const WAITING: usize = 8;
/// How often progress is told while nothing comes.
const TICK: Duration = Duration::from_millis(100);

/// Is told how far fetching and reading are.
pub type Told<'a> = dyn FnMut(&FetchProgress, &Progress) + 'a;

/// Fetches what is planned into a case, scanning at most so many bytes. Rows that were `seen` are left out. What came is kept whatever happens; `cancel` ends it within
/// moments, and stops at AWS what runs there.
///
/// # Errors
/// The case could not be written. Whatever AWS says is in the outcome.
pub fn fetch_into(
    aws: &Aws,
    plan: &FetchPlan,
    budget: f64,
    case: &Writable,
    seen: Option<&Seen>,
    cancel: &AtomicBool,
    progress: &mut Told<'_>,
) -> Result<(FetchOutcome, IngestSummary), IngestError> {
    let notebook = case.notebook()?;
    let told = Mutex::new(FetchProgress { sites: aws.states(), ..FetchProgress::default() });
    let (deliver, inputs) = sync_channel(WAITING);
    let board = RefCell::new((Progress::default(), Instant::now(), progress));
    std::thread::scope(|scope| {
        let fetching = scope.spawn(|| {
            let fetching = Fetching {
                aws,
                plan,
                budget,
                notebook: RefCell::new(notebook),
                deliver,
                cancel,
                told: &told,
                money: RefCell::new(Money::of(plan)),
                seen,
            };
            aws.block_on(fetching.run())
        });
        let tell = |read: Option<&Progress>| {
            let mut board = board.borrow_mut();
            if let Some(read) = read {
                board.0 = read.clone();
            }
            if board.1.elapsed() >= TICK || read.is_some_and(|read| read.finished) {
                board.1 = Instant::now();
                let mut fetched = told.lock().unwrap_or_else(PoisonError::into_inner).clone();
                // Also while nothing comes: then it matters most.
                fetched.sites = aws.states();
                let (read, _, progress) = &mut *board;
                progress(&fetched, read);
            }
        };
        // One worker: what is noted as complete must not overtake the rows before it. And what came is always kept.
        let summary = ingest_by(1, Waiting { inputs, tell: &tell }, case, &|read| tell(Some(read)), &AtomicBool::new(false));
        let outcome = fetching.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok((outcome, summary?))
    })
}

/// Inputs as they come; tells of the progress while none do.
struct Waiting<'a> {
    inputs: Receiver<Input>,
    tell: &'a dyn Fn(Option<&Progress>),
}

impl Iterator for Waiting<'_> {
    type Item = Input;

    fn next(&mut self) -> Option<Input> {
        loop {
            match self.inputs.recv_timeout(TICK) {
                Ok(input) => return Some(input),
                Err(RecvTimeoutError::Timeout) => (self.tell)(None),
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }
}
