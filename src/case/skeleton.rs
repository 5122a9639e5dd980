//! The interface, to code against. Replaced by the real files.
use super::*;
use crate::decode::Decoded;
use crate::model::*;
use std::path::Path;
use std::sync::Arc;
/// Rights to write.
#[derive(Clone)]
pub struct Writable;
impl Writable {
    /// Creates when missing, migrates.
    pub fn open(_path: &Path) -> Result<Self> {
        unimplemented!()
    }
    /// The one writer.
    pub fn writer(&self) -> Result<Writer> {
        unimplemented!()
    }
    /// The analyst's own writes.
    pub fn notebook(&self) -> Result<Notebook> {
        unimplemented!()
    }
    /// A reader.
    pub fn reader(&self) -> Result<Reader> {
        unimplemented!()
    }
    /// The file.
    pub fn path(&self) -> &Path {
        unimplemented!()
    }
}
/// A reader without the right to write.
pub fn open_read_only(_path: &Path) -> Result<Reader> {
    unimplemented!()
}
/// Rows on their way; Send.
pub struct Batch;
impl Batch {
    /// Empty.
    pub fn new() -> Self {
        unimplemented!()
    }
    /// Adds one; `dedup` None: the first 128 bits of `digest`.
    pub fn push(&mut self, _source: SourceId, _position: RecordPosition, _digest: Digest, _dedup: Option<[u8; 16]>, _decoded: &Decoded<'_>) {
        unimplemented!()
    }
    /// Events in it.
    pub fn len(&self) -> usize {
        unimplemented!()
    }
    /// None.
    pub fn is_empty(&self) -> bool {
        unimplemented!()
    }
    /// Bytes of searchable text.
    pub fn text_bytes(&self) -> usize {
        unimplemented!()
    }
    /// Memory held, about.
    pub fn bytes(&self) -> usize {
        unimplemented!()
    }
}
/// Plain bytes of a source, compressed (in a worker) to be kept inside the case.
pub struct Block;
impl Block {
    /// Compresses; at most 256 KiB of plain bytes by convention.
    pub fn new(_source: SourceId, _offset: u64, _plain: &[u8]) -> Self {
        unimplemented!()
    }
}
/// The one writer.
pub struct Writer;
impl Writer {
    /// The first free source id.
    pub fn next_source(&self) -> SourceId {
        unimplemented!()
    }
    /// Announces a source (stored with the next commit).
    pub fn begin_source(&mut self, _entry: &SourceEntry) {
        unimplemented!()
    }
    /// Keeps a piece of a source inside the case.
    pub fn store(&mut self, _block: Block) {
        unimplemented!()
    }
    /// Same, compressing here.
    pub fn store_block(&mut self, _source: SourceId, _offset: u64, _plain: &[u8]) {
        unimplemented!()
    }
    /// Final entry of a source.
    pub fn end_source(&mut self, _entry: &SourceEntry) {
        unimplemented!()
    }
    /// Joins a body file to a request id.
    pub fn attach_body(&mut self, _request_id: &str, _side: Side, _source: SourceId) {
        unimplemented!()
    }
    /// The entry of a file read before, unchanged.
    pub fn known_source(&self, _path: &str, _size: u64, _modified: Option<Timestamp>) -> Result<Option<SourceEntry>> {
        unimplemented!()
    }
    /// De-duplicates, assigns ids, buffers in memory.
    pub fn append(&mut self, _batch: Batch) -> Result<Appended> {
        unimplemented!()
    }
    /// What waits for commit; commit when `is_due()` or after about a second.
    pub fn pending(&self) -> Pending {
        unimplemented!()
    }
    /// One transaction.
    pub fn commit(&mut self) -> Result<Revision> {
        unimplemented!()
    }
    /// Commits, merges segments, checkpoints.
    pub fn finish(&mut self) -> Result<()> {
        unimplemented!()
    }
    /// Throws away what can be derived again (keeps source, block, body, mark, view, note).
    pub fn clear_derived(&mut self) -> Result<()> {
        unimplemented!()
    }
}
/// The analyst's own writes.
pub struct Notebook;
impl Notebook {
    /// Sets or (when empty) removes.
    pub fn set_mark(&mut self, _digest: &Digest, _mark: &Mark) -> Result<()> {
        unimplemented!()
    }
    /// Marks of these, in order.
    pub fn marks(&mut self, _digests: &[Digest]) -> Result<Vec<Option<Mark>>> {
        unimplemented!()
    }
    /// Keeps a view under a name.
    pub fn save_view(&mut self, _name: &str, _value: &str) -> Result<()> {
        unimplemented!()
    }
    /// Adds a note on the case.
    pub fn add_case_note(&mut self, _text: &str, _now: Timestamp) -> Result<()> {
        unimplemented!()
    }
    /// Names the case.
    pub fn set_title(&mut self, _title: &str) -> Result<()> {
        unimplemented!()
    }
}
/// Cancels a running read from another thread.
#[derive(Clone, Debug)]
pub struct Interrupter;
impl Interrupter {
    /// The running read (and any after it, until `Reader::rearm`) ends with `CaseError::Interrupted`.
    pub fn cancel(&self) {
        unimplemented!()
    }
}
/// One reader; Send. Give each thread its own.
pub struct Reader;
impl Reader {
    /// Another reader on the same file.
    pub fn path(&self) -> &Path {
        todo!()
    }
    /// x
    pub fn source(&mut self, _id: SourceId) -> Result<Option<SourceEntry>> {
        todo!()
    }
    /// x
    pub fn sibling(&self) -> Result<Self> {
        unimplemented!()
    }
    /// Cancels this reader's reads.
    pub fn interrupter(&self) -> Interrupter {
        unimplemented!()
    }
    /// Forgets an earlier cancel: call before each job.
    pub fn rearm(&self) {
        unimplemented!()
    }
    /// The newest commit.
    pub fn revision(&self) -> Result<Revision> {
        unimplemented!()
    }
    /// The case's name, when it has one.
    pub fn title(&mut self) -> Result<Option<String>> {
        unimplemented!()
    }
    /// The case in numbers.
    pub fn totals(&mut self) -> Result<Totals> {
        unimplemented!()
    }
    /// Sorted by (time, id).
    pub fn refs(&mut self, _scope: &Scope) -> Result<Arc<Vec<EventRef>>> {
        unimplemented!()
    }
    /// In the order asked; ids that do not exist are left out.
    pub fn events(&mut self, _ids: &[EventId]) -> Result<Vec<Event>> {
        unimplemented!()
    }
    /// uid prefix (4 to 64 hex digits) or request id.
    pub fn find(&mut self, _id: &str) -> Result<Vec<EventId>> {
        unimplemented!()
    }
    /// All entities of one event, facets included, each once.
    pub fn mentions(&mut self, _id: EventId) -> Result<Vec<Entity>> {
        unimplemented!()
    }
    /// Events that mention it.
    pub fn count(&mut self, _entity: &Entity) -> Result<u64> {
        unimplemented!()
    }
    /// Most frequent first; of wide kinds the first 10,000.
    pub fn values(&mut self, _kind: EntityKind) -> Result<Vec<ValueCount>> {
        unimplemented!()
    }
    /// Same, within a scope.
    pub fn values_in(&mut self, _scope: &Scope, _kind: EntityKind) -> Result<Vec<ValueCount>> {
        unimplemented!()
    }
    /// The record's own bytes, hash verified.
    pub fn record(&mut self, _event: &Event) -> std::result::Result<Vec<u8>, EvidenceError> {
        unimplemented!()
    }
    /// What a list of exchanges shows.
    pub fn facts(&mut self, _ids: &[EventId]) -> Result<Vec<Option<ExchangeFacts>>> {
        unimplemented!()
    }
    /// Bodies in files of their own.
    pub fn bodies(&mut self, _request_id: &str) -> std::result::Result<StoredBodies, EvidenceError> {
        unimplemented!()
    }
    /// Newest blocks first; `on_hits` is called as hits are found.
    pub fn search(&mut self, _scope: &Scope, _pattern: &str, _on_hits: &mut dyn FnMut(&[EventId])) -> Result<SearchReport> {
        unimplemented!()
    }
    /// The ledger.
    pub fn sources(&mut self) -> Result<Vec<SourceEntry>> {
        unimplemented!()
    }
    /// What was not read, and why.
    pub fn skips(&mut self) -> Result<Vec<Skip>> {
        unimplemented!()
    }
    /// Marks of these, in order.
    pub fn marks(&mut self, _digests: &[Digest]) -> Result<Vec<Option<Mark>>> {
        unimplemented!()
    }
    /// Every mark.
    pub fn all_marks(&mut self) -> Result<Vec<Marked>> {
        unimplemented!()
    }
    /// A saved view.
    pub fn view(&mut self, _name: &str) -> Result<Option<String>> {
        unimplemented!()
    }
    /// Names of the saved views.
    pub fn view_names(&mut self) -> Result<Vec<String>> {
        unimplemented!()
    }
    /// Notes on the case, oldest first.
    pub fn case_notes(&mut self) -> Result<Vec<CaseNote>> {
        unimplemented!()
    }
}
/// Why a record's bytes cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// The case itself could not be read.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// The file is gone.
    #[error("cannot read {path}: it is not there any more")]
    Missing {
        /// The file.
        path: String,
    },
    /// The file is not what it was.
    #[error("cannot use {path}: {what}")]
    Changed {
        /// The file.
        path: String,
        /// What differs.
        what: String,
    },
}
/// One column of a histogram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bin {
    /// By `Strand as usize`.
    pub by_strand: [u32; 6],
    /// … of which denied.
    pub denied: u32,
}
/// Counts refs (sorted) in `bins` equal parts of the range.
pub fn histogram(_refs: &[EventRef], _since: Timestamp, _until: Timestamp, _bins: usize) -> Vec<Bin> {
    unimplemented!()
}
/// Copies referenced evidence in. `progress(done, all, path)`.
pub fn seal(_case: &Writable, _progress: &mut dyn FnMut(u64, u64, &str)) -> Result<Sealed> {
    unimplemented!()
}
