//! The small types in which a case answers.

use crate::model::{Digest, EventId, Mark, Name, SourceId, Timestamp};

/// Counts commits. A reader that has seen this revision need not ask again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision {
    /// Goes up when the derived rows are thrown away: row numbers of an earlier epoch mean nothing.
    pub epoch: u32,
    /// Goes up with every commit.
    pub commit: u64,
}

/// What came of the records of one source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SourceCounts {
    /// New events.
    pub events: u64,
    /// … of which could not be decoded.
    pub undecodable: u64,
    /// Records that were in the case already.
    pub duplicates: u64,
}

impl std::ops::AddAssign for SourceCounts {
    fn add_assign(&mut self, other: Self) {
        self.events += other.events;
        self.undecodable += other.undecodable;
        self.duplicates += other.duplicates;
    }
}

/// What came of appending a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Appended {
    /// New events, by `Strand as usize`.
    pub new_by_strand: [u64; 6],
    /// Records that were in the case already.
    pub duplicates: u64,
    /// New events that could not be decoded; counted among their strand too.
    pub undecodable: u64,
    /// The same by source, for the ledger. A source may be named more than once.
    pub by_source: Vec<(SourceId, SourceCounts)>,
}

impl Appended {
    /// New events of all strands.
    pub fn events(&self) -> u64 {
        self.new_by_strand.iter().sum()
    }
}

/// What waits for the next commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pending {
    /// Events.
    pub events: usize,
    /// Memory they and the evidence blocks hold, in bytes, about.
    pub bytes: usize,
    /// Something about sources or fetching waits too.
    pub ledger: bool,
}

impl Pending {
    /// Enough has gathered to be worth a transaction, and memory should be given back: with 10 MB a load takes 5 to 8 % longer, with 24 it is
    /// not faster and takes 40 MB more (docs/BENCHMARKS.md, Rules).
    pub fn is_due(&self) -> bool {
        self.events >= 64_000 || self.bytes >= 16 << 20
    }
}

/// The whole case in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Events, by `Strand as usize`; undecodable ones included.
    pub by_strand: [u64; 6],
    /// Events that could not be decoded.
    pub undecodable: u64,
    /// Records that were there already when they were read.
    pub duplicates: u64,
    /// Sources, skipped ones included.
    pub sources: u64,
    /// Plain bytes of all sources.
    pub plain_bytes: u64,
    /// First and last time of an event.
    pub span: Option<(Timestamp, Timestamp)>,
}

impl Totals {
    /// Events of all strands.
    pub fn events(&self) -> u64 {
        self.by_strand.iter().sum()
    }
}

/// One value of a kind, and how it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueCount {
    /// The value.
    pub value: Name,
    /// Events that mention it.
    pub count: u64,
    /// … of which were denied.
    pub denied: u64,
    /// The earliest of them that has a time.
    pub first: Option<Timestamp>,
    /// The latest.
    pub last: Option<Timestamp>,
}

/// What a search read and found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SearchReport {
    /// Events found.
    pub events: u64,
    /// Bytes of text looked at.
    pub bytes: u64,
}

/// Which body of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The request.
    Input,
    /// The answer.
    Output,
}

/// Bodies that lie in files of their own, as plain bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredBodies {
    /// The request.
    pub input: Option<Vec<u8>>,
    /// The answer.
    pub output: Option<Vec<u8>>,
}

/// An event's mark, and the event when it is in the case (again).
#[derive(Clone, Debug, PartialEq)]
pub struct Marked {
    /// The record's hash.
    pub digest: Digest,
    /// What the analyst added.
    pub mark: Mark,
    /// The event, when the case holds it.
    pub event: Option<EventId>,
}

/// A note on the case as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseNote {
    /// When it was written.
    pub at: Timestamp,
    /// What it says.
    pub text: String,
}

/// What sealing did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sealed {
    /// Sources copied in.
    pub sources: u64,
    /// Bytes copied, as they lay on disk.
    pub bytes: u64,
    /// Sources that could not be copied: path and reason.
    pub missing: Vec<(String, String)>,
}
