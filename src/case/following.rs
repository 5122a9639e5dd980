//! Following a writer: its text is searched while it is still in memory, by the threads that decode, and rows that were committed a
//! moment ago need not be read again from the file.
//!
//! A follower asks for what it is to be told of ([`Reader::follow`]). Batches made from then on carry what was found in their text;
//! the writer hands that over with the rows once they are committed. Whatever was not handed over is in the file, and reads the same.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::batch::Batch;
use super::codec;
use super::reader::Reader;
use super::scan::{Lean, TextSearch};
use super::text::SaidIn;
use super::writable::Writable;
use super::writer::{Held, HeldBatch};
use crate::model::KeyKind;

/// Rows that wait for a follower at most; it finds the others in the file.
const MOST_ROWS: usize = 200_000;

/// An expression was found in the text of a row: the row, which search, which of its expressions.
pub(super) type Hit = (u32, u16, u16);

/// What is searched for.
pub(super) struct Watch {
    /// Searches nobody uses now: each thread needs its own.
    idle: Mutex<Vec<Vec<TextSearch>>>,
}

impl Watch {
    fn new(searches: Vec<TextSearch>) -> Self {
        Self { idle: Mutex::new(vec![searches]) }
    }

    /// Searches gathered text: what is found, by the caller's rows. `None`: it could not be searched.
    pub(super) fn look(&self, text: &str, entries: &[(u32, u32)], said: &[SaidIn]) -> Option<Vec<Hit>> {
        let mut searches = self.take()?;
        let mut start = 0;
        let placed = entries.iter().map(|(row, length)| {
            let from = start;
            // A line break stands between two entries.
            start += *length as usize + 1;
            (*row, from..from + *length as usize)
        });
        let placed: Vec<(u32, Range<usize>)> = placed.collect();
        let mut hits = Vec::new();
        let is_whole = searches.iter_mut().zip(0..).all(|(search, number)| {
            let found = &mut |row, at| hits.extend(u16::try_from(at).map(|at| (row, number, at)));
            search.look(text, &placed, said, None, found).is_some()
        });
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(searches);
        is_whole.then_some(hits)
    }

    /// Searches for the calling thread; one more than there are when all are in use, so that one is always left to be copied.
    fn take(&self) -> Option<Vec<TextSearch>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() > 1 {
            return idle.pop();
        }
        idle.first()?.iter().map(TextSearch::another).collect()
    }
}

/// What a follower is told of a writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Something was committed.
    Committed,
    /// All of it was: the writer only puts things in order.
    Finishing,
}

/// Tells a follower; called by the writer, which does not wait.
pub type Tell = Box<dyn Fn(News) + Send + Sync>;

/// What was committed and is not yet looked at, oldest first.
pub(super) struct Tail {
    watch: Arc<Watch>,
    tell: Tell,
    commits: Mutex<VecDeque<Commit>>,
    most: AtomicUsize,
}

/// The rows of one commit, from `first` on, and what was found in their text, unless that was not searched.
struct Commit {
    epoch: u32,
    first: u32,
    rows: VecDeque<Lean>,
    hits: Option<Vec<Hit>>,
}

impl Commit {
    fn end(&self) -> u32 {
        self.first + self.rows.len() as u32
    }
}

impl Tail {
    fn new(searches: Vec<TextSearch>, tell: Tell) -> Self {
        Self { watch: Arc::new(Watch::new(searches)), tell, commits: Mutex::default(), most: AtomicUsize::new(MOST_ROWS) }
    }

    #[cfg(test)]
    pub(super) fn hold_at_most(&self, rows: usize) {
        self.most.store(rows, Ordering::Relaxed);
    }

    /// Takes what was committed.
    fn push(&self, epoch: u32, held: Held) {
        let hits = held.hits_of(&self.watch);
        let mut rows = VecDeque::with_capacity(held.events as usize);
        rows.extend(held.batches.into_iter().flat_map(lean));
        let Some(first) = rows.front().map(|row| row.event.id.0) else { return };
        let mut commits = self.commits.lock().unwrap_or_else(PoisonError::into_inner);
        commits.push_back(Commit { epoch, first, rows, hits });
        while commits.iter().map(|commit| commit.rows.len()).sum::<usize>() > self.most.load(Ordering::Relaxed) {
            commits.pop_front();
        }
    }

    /// Goes through the commits that follow `after` without a gap; gives the last row.
    fn each(&self, epoch: u32, after: u32, each: &mut dyn FnMut(&mut Commit)) -> u32 {
        let mut commits = self.commits.lock().unwrap_or_else(PoisonError::into_inner);
        let mut last = after;
        for commit in commits.iter_mut().filter(|commit| commit.epoch == epoch) {
            if commit.first <= last.saturating_add(1) && commit.end() > last.saturating_add(1) {
                last = commit.end() - 1;
                each(commit);
            }
        }
        last
    }

    /// Takes at most so many rows from `first` on out of it; those before it are let go.
    fn take(&self, epoch: u32, first: u32, most: usize) -> Option<Vec<Lean>> {
        let mut commits = self.commits.lock().unwrap_or_else(PoisonError::into_inner);
        while commits.pop_front_if(|commit| commit.epoch < epoch || commit.epoch == epoch && commit.end() <= first).is_some() {}
        let commit = commits.front_mut().filter(|commit| commit.epoch == epoch && commit.first <= first)?;
        let taken = commit.rows.drain(..((first - commit.first) as usize + most).min(commit.rows.len()));
        let rows: Vec<Lean> = taken.skip((first - commit.first) as usize).collect();
        commit.first = first + rows.len() as u32;
        Some(rows)
    }
}

/// Who follows the writer of a case: one at most, the last to have asked.
#[derive(Default)]
pub(super) struct Follower {
    tail: Mutex<Weak<Tail>>,
}

impl Follower {
    fn tail(&self) -> Option<Arc<Tail>> {
        self.tail.lock().unwrap_or_else(PoisonError::into_inner).upgrade()
    }

    /// Hands over what has been committed. A commit without events (what a look at AWS that found nothing leaves) is nobody's news.
    pub(super) fn hand_over(&self, epoch: u32, held: Held) {
        if let Some(tail) = self.tail().filter(|_| held.events > 0) {
            tail.push(epoch, held);
            (tail.tell)(News::Committed);
        }
    }

    /// Says that everything was committed.
    pub(super) fn finishing(&self) {
        if let Some(tail) = self.tail() {
            (tail.tell)(News::Finishing);
        }
    }
}

/// The events of a batch as [`Reader::lean`] would read them, with their exchanges.
fn lean(mut held: HeldBatch) -> Vec<Lean> {
    let mut exchanges = std::mem::take(&mut held.batch.exchanges);
    let mut facts = |at: Option<u32>| {
        let mut facts = Box::new(std::mem::take(exchanges.get_mut(at? as usize)?));
        // A name with a line break in it is read back as two.
        facts.tools = codec::tools_of(codec::tools(&facts.tools).as_deref());
        Some(facts)
    };
    let rows = held.rows().map(|(id, row)| Lean {
        event: row.event_ref(id),
        digest: row.digest,
        key_kind: KeyKind::from_code(row.key_kind),
        facts: facts(row.exchange),
        source: row.source,
        position: row.position,
        columns: row.columns.map(|string| held.entity(string)),
    });
    rows.collect()
}

impl Writable {
    /// An empty batch for this case: whoever follows its writer is told what stands in the batch's text.
    pub fn batch(&self) -> Batch {
        Batch::watched(self.follower().tail().map(|tail| Arc::clone(&tail.watch)))
    }
}

impl Reader {
    /// From now on follows the writer of the case, to be told of each commit, and where these searches find something. What it reads does
    /// not change, only how soon.
    pub fn follow(&mut self, case: &Writable, searches: Vec<TextSearch>, tell: Tell) {
        let tail = Arc::new(Tail::new(searches, tell));
        *case.follower().tail.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(&tail);
        self.tail = Some(tail);
    }

    /// The last of the rows behind this one that were handed over; `None` when the next one was not.
    pub fn handed_over(&self, after: u32) -> Option<u32> {
        self.tail.as_ref().map(|tail| tail.each(self.epoch(), after, &mut |_| ())).filter(|last| *last > after)
    }

    /// Where the searches of [`Reader::follow`] found something in these rows, as [`Reader::matching`]; `None` when not all of them
    /// were handed over.
    pub fn watched(&self, after: u32, last: u32, searches: &[TextSearch]) -> Option<Vec<Vec<Vec<u32>>>> {
        let mut found: Vec<Vec<Vec<u32>>> = searches.iter().map(|search| vec![Vec::new(); search.each.len()]).collect();
        let mut is_whole = true;
        let upto = self.tail.as_ref()?.each(self.epoch(), after, &mut |commit| {
            is_whole &= commit.hits.is_some();
            for (row, search, at) in commit.hits.iter().flatten().filter(|(row, ..)| (after + 1..=last).contains(row)) {
                if let Some(rows) = found.get_mut(usize::from(*search)).and_then(|found| found.get_mut(usize::from(*at))) {
                    rows.push(*row);
                }
            }
        });
        for rows in found.iter_mut().flatten() {
            rows.sort_unstable();
            rows.dedup();
        }
        (is_whole && upto >= last).then_some(found)
    }

    pub(super) fn fresh(&self, first: u32, most: usize) -> Option<Vec<Lean>> {
        self.tail.as_ref()?.take(self.epoch(), first, most)
    }
}
