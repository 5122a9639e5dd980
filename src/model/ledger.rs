//! What was read: one entry a source, and the summary of an ingest.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Timestamp;

/// A source's row number inside one case file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// Where a source's bytes come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum SourceKind {
    /// A file on disk, by reference until sealed.
    File = 0,
    /// Standard input; always kept inside the case.
    Stdin = 1,
    /// The built-in incident; always kept inside the case.
    Demo = 2,
    /// A Logs Insights query; always kept inside the case.
    Insights = 3,
    /// A Bedrock body file (`data/{requestId}_input.json.gz`): joined to its record, holds no record of its own.
    Body = 4,
}

impl SourceKind {
    /// The kind of a stored number.
    pub const fn from_code(code: u8) -> Self {
        match code {
            1 => Self::Stdin,
            2 => Self::Demo,
            3 => Self::Insights,
            4 => Self::Body,
            _ => Self::File,
        }
    }
}

/// How a source is compressed, told by its content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Compression {
    /// Plain.
    #[default]
    Plain = 0,
    /// gzip, one or several members.
    Gzip = 1,
    /// Zstandard, one or several frames.
    Zstd = 2,
}

impl Compression {
    /// The compression of a stored number.
    pub const fn from_code(code: u8) -> Self {
        match code {
            1 => Self::Gzip,
            2 => Self::Zstd,
            _ => Self::Plain,
        }
    }
}

/// How far the reading of a source got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum SourceState {
    /// Begun, not finished: an interrupted ingest.
    Partial = 0,
    /// Read to its end.
    Complete = 1,
    /// Read as far as it could be; the reason says what is missing (truncated gzip, record too large).
    Damaged = 2,
    /// Not read; the reason says why.
    Skipped = 3,
}

impl SourceState {
    /// The state of a stored number.
    pub const fn from_code(code: u8) -> Self {
        match code {
            1 => Self::Complete,
            2 => Self::Damaged,
            3 => Self::Skipped,
            _ => Self::Partial,
        }
    }
}

/// One line of the ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceEntry {
    /// Row number.
    pub id: SourceId,
    /// Where the bytes come from.
    pub kind: SourceKind,
    /// Path as given, or the name of the query.
    pub path: String,
    /// Bytes as stored (compressed).
    pub size: u64,
    /// Bytes after decompression.
    pub plain_size: u64,
    /// Modification time when read.
    pub modified: Option<Timestamp>,
    /// SHA-256 of the stored bytes, hex; empty when not known.
    pub sha256: String,
    /// Compression.
    pub compression: Compression,
    /// How far reading got.
    pub state: SourceState,
    /// Why it was skipped or is damaged.
    pub reason: Option<String>,
    /// Records found.
    pub records: u64,
    /// Records stored as events.
    pub events: u64,
    /// … of which undecodable.
    pub undecodable: u64,
    /// Records that were in the case already.
    pub duplicates: u64,
    /// Its bytes are inside the case.
    pub sealed: bool,
    /// When it was read.
    pub read_at: Option<Timestamp>,
}

impl SourceEntry {
    /// The line of a source of which nothing has been read yet.
    pub fn new(id: SourceId, kind: SourceKind, path: impl Into<String>) -> Self {
        Self {
            id,
            kind,
            path: path.into(),
            size: 0,
            plain_size: 0,
            modified: None,
            sha256: String::new(),
            compression: Compression::Plain,
            state: SourceState::Partial,
            reason: None,
            records: 0,
            events: 0,
            undecodable: 0,
            duplicates: 0,
            sealed: false,
            read_at: None,
        }
    }
}

/// Something that was not read, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Skip {
    /// The file.
    pub file: String,
    /// Why.
    pub reason: String,
    /// How many records (or 1 for a file).
    pub count: u64,
}

/// How the reason ends when a skipped file is known to hold no evidence: AWS's own markers and digests.
pub const HOLDS_NO_RECORDS: &str = "it holds no records";

impl Skip {
    /// Nothing is missing because of it.
    pub fn is_harmless(&self) -> bool {
        self.reason.ends_with(HOLDS_NO_RECORDS)
    }
}

/// The answer of an ingest; its JSON is part of the command line's contract.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct IngestSummary {
    /// Files read.
    pub files: u64,
    /// Records found.
    pub records: u64,
    /// New events by strand name.
    pub events: BTreeMap<&'static str, u64>,
    /// What was not read.
    pub skipped: Vec<Skip>,
    /// Records kept as undecodable events.
    pub undecodable: u64,
    /// Records that were in the case already.
    pub duplicate: u64,
    /// Wall time.
    pub seconds: f64,
    /// Plain bytes read.
    pub bytes: u64,
}

impl IngestSummary {
    /// Something could not be read, or not decoded: exit code 3. AWS's own markers and digests are listed as skipped, but
    /// nothing is missing without them.
    pub fn is_incomplete(&self) -> bool {
        self.undecodable > 0 || !self.skipped.iter().all(Skip::is_harmless)
    }
}
