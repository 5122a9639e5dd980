//! One source, from its stored bytes to events in the sink.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek as _, SeekFrom};
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;

use sha2::{Digest as _, Sha256};

use super::Shared;
use super::feed::Job;
use super::pipe::Pipe;
use super::sink::Sink;
use crate::case::{Reader, Side};
use crate::decode::containers::{BodySide, Container, Plain, body_file, compression_of, plain, read_records, reason_to_skip};
use crate::model::{Compression, Digest, Skip, SourceEntry, SourceId, SourceKind, SourceState};
use crate::source::files::Found;

/// A compressed file with more plain bytes than this is kept inside the case as blocks: a record at its end could only
/// be reached by decompressing all before it.
const BY_REFERENCE: u64 = 16 << 20;
/// How many plain bytes a stored one may become, when the file itself does not say.
const USUAL_RATIO: u64 = 8;
/// The first plain bytes, by which a source is judged.
const HEAD: usize = 64 * 1024;

/// Reads the source of a job into the sink. `reader` is opened when evidence inside the case is needed.
pub(super) fn read(job: Job, sink: &mut Sink<'_>, shared: &Shared<'_>, reader: &mut Option<Reader>) {
    match job {
        Job::Skip(skip) => sink.parcel.skips.push(skip),
        Job::File(found) => file(&found, sink, shared),
        Job::Stdin => stdin(sink, shared),
        Job::Bytes { name, bytes } => given(name, &bytes, sink, shared),
        Job::Fetched { name, bytes } => fetched(name, &bytes, sink, shared),
        Job::Covered(entry) => sink.parcel.covered.push(entry),
        Job::Again(entry) => super::rebuild::again(entry, sink, shared, reader),
    }
}

fn file(found: &Found, sink: &mut Sink<'_>, shared: &Shared<'_>) {
    let path = found.path.to_string_lossy();
    shared.begin(&path);
    let known = shared.known.get(&*path).filter(|entry| entry.size == found.size && entry.modified == found.modified);
    if let Some(entry) = known.filter(|entry| matches!(entry.state, SourceState::Complete | SourceState::Damaged)) {
        sink.parcel.known.0 += entry.records;
        sink.parcel.known.1 += 1;
        return;
    }
    let mut entry = new_entry(shared, SourceKind::File, path.clone().into_owned());
    // An interrupted or skipped file keeps its line in the ledger.
    entry.id = known.map_or(entry.id, |known| known.id);
    entry.size = found.size;
    entry.modified = found.modified;
    let mut file = match File::open(&found.path) {
        Ok(file) => file,
        Err(error) => return skip(entry, format!("cannot be opened: {error}"), sink),
    };
    // A name that is no text cannot be found again by what the case says.
    let keep = if found.path.to_str().is_none() {
        Keep::All
    } else if is_large(&mut file, found.size) {
        Keep::Compressed
    } else {
        Keep::Nothing
    };
    source(entry, Box::new(file), AtHand::Stored, keep, sink, shared);
}

fn stdin(sink: &mut Sink<'_>, shared: &Shared<'_>) {
    shared.begin("standard input");
    let entry = new_entry(shared, SourceKind::Stdin, "standard input".into());
    let shown = RefCell::new(sink);
    source_of(entry, AtHand::Stored, Keep::All, &shown, shared, |silent| Box::new(Pipe::new(io::stdin(), silent)));
}

fn given(name: String, bytes: &[u8], sink: &mut Sink<'_>, shared: &Shared<'_>) {
    shared.begin(&name);
    let sha256 = Digest(Sha256::digest(bytes).into()).hex();
    let known = shared.known.get(&name).filter(|entry| entry.sha256 == sha256);
    if let Some(entry) = known.filter(|entry| matches!(entry.state, SourceState::Complete | SourceState::Damaged)) {
        sink.parcel.known.0 += entry.records;
        sink.parcel.known.1 += 1;
        return;
    }
    let known = known.map(|entry| entry.id);
    let mut entry = new_entry(shared, SourceKind::Demo, name);
    // As of a file: what was skipped before keeps its line.
    entry.id = known.unwrap_or(entry.id);
    let shown = RefCell::new(sink);
    source_of(entry, AtHand::Stored, Keep::All, &shown, shared, |_| Box::new(bytes));
}

/// Rows that were fetched: what was fetched before is asked of the coverage, not of their names.
fn fetched(name: String, bytes: &[u8], sink: &mut Sink<'_>, shared: &Shared<'_>) {
    shared.begin(&name);
    let entry = new_entry(shared, SourceKind::Insights, name);
    let shown = RefCell::new(sink);
    source_of(entry, AtHand::Stored, Keep::All, &shown, shared, |_| Box::new(bytes));
}

/// What of a source's plain bytes is kept inside the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    Nothing,
    /// All, if it turns out to be compressed.
    Compressed,
    All,
}

fn new_entry(shared: &Shared<'_>, kind: SourceKind, path: String) -> SourceEntry {
    let id = SourceId(shared.next_source.fetch_add(1, Ordering::Relaxed));
    SourceEntry { read_at: Some(shared.read_at), ..SourceEntry::new(id, kind, path) }
}

fn skip(mut entry: SourceEntry, reason: String, sink: &mut Sink<'_>) {
    sink.parcel.skips.push(Skip { file: entry.path.clone(), reason: reason.clone(), count: 1 });
    entry.state = SourceState::Skipped;
    entry.reason = Some(reason);
    sink.parcel.ended.push(entry);
}

/// Will a compressed file be large? A gzip file ends with its plain size, a lone member's at least.
fn is_large(file: &mut File, size: u64) -> bool {
    let mut last = [0; 4];
    let says = file.seek(SeekFrom::End(-4)).and_then(|_| file.read_exact(&mut last)).map(|()| u64::from(u32::from_le_bytes(last)));
    let rewound = file.rewind();
    size > BY_REFERENCE / USUAL_RATIO || rewound.is_ok() && says.is_ok_and(|says| says > BY_REFERENCE && says / 1032 <= size)
}

/// Which bytes of a source are at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AtHand {
    /// As stored: they tell compression, size and hash.
    Stored,
    /// Plain ones out of the case, which has noted all that before.
    Plain,
}

/// Reads a source that does not have to wait for its bytes.
pub(super) fn source(entry: SourceEntry, stored: Box<dyn Read + '_>, at_hand: AtHand, keep: Keep, sink: &mut Sink<'_>, shared: &Shared<'_>) {
    source_of(entry, at_hand, keep, &RefCell::new(sink), shared, |_| stored);
}

type Silent<'s> = Box<dyn FnMut() -> bool + 's>;

/// Reads a source. `open` gives its bytes; it is handed what to do when they do not come for a while.
fn source_of<'s>(
    mut entry: SourceEntry,
    at_hand: AtHand,
    keep: Keep,
    sink: &'s RefCell<&mut Sink<'_>>,
    shared: &'s Shared<'_>,
    open: impl FnOnce(Silent<'s>) -> Box<dyn Read + 's>,
) {
    let silent: Silent<'s> = Box::new(|| {
        sink.borrow_mut().flush();
        !shared.is_stopped()
    });
    let mut stored = Hashed { inner: open(silent), hash: Sha256::new(), bytes: 0 };
    let mut first = Vec::new();
    if let Err(error) = (&mut stored).take(4).read_to_end(&mut first) {
        return skip(entry, format!("cannot be read: {error}"), &mut sink.borrow_mut());
    }
    let interrupted = at_hand == AtHand::Plain && entry.state == SourceState::Partial;
    let compression = if at_hand == AtHand::Stored { compression_of(&first) } else { Compression::Plain };
    if at_hand == AtHand::Stored {
        // Its first records may be wanted before its last one was read.
        entry.compression = compression;
    }
    let keeps = keep == Keep::All || (keep == Keep::Compressed && compression != Compression::Plain);
    let outcome = {
        let mut bytes = plain(Box::new(Cursor::new(first).chain(&mut stored)), compression, &shared.limits);
        read_plain(&mut entry, &mut bytes, keeps, sink, shared)
    };
    entry.sealed |= keeps;
    let mut changed = None;
    // Of a source that was left in the middle neither size nor hash is known.
    if at_hand == AtHand::Stored && !shared.is_stopped() {
        // What stands behind damage, or behind the end of the compressed data, belongs to the file's hash.
        let _ = io::copy(&mut stored, &mut io::sink());
        let sha256 = hex(stored.hash);
        if !entry.sha256.is_empty() && entry.sha256 != sha256 {
            changed = Some("it has changed since it was read first".to_owned());
        }
        (entry.size, entry.compression, entry.sha256) = (stored.bytes, compression, sha256);
    }
    let mut sink = sink.borrow_mut();
    sink.kept();
    match outcome {
        Outcome::Skipped(reason) => skip(SourceEntry { sealed: false, ..entry }, reason, &mut sink),
        Outcome::Read { problem, refused } => {
            let interrupted = interrupted.then(|| "its reading was interrupted: this is what was kept of it".to_owned());
            let problem = changed.or(problem).or(interrupted);
            for (reason, count) in problem.iter().map(|reason| (reason, 1)).chain(refused.iter().map(|(reason, count)| (reason, *count))) {
                sink.parcel.skips.push(Skip { file: entry.path.clone(), reason: reason.clone(), count });
            }
            entry.reason = problem.or(refused.map(|(reason, _)| reason));
            entry.state = match entry.reason {
                _ if shared.is_stopped() => SourceState::Partial,
                Some(_) => SourceState::Damaged,
                None => SourceState::Complete,
            };
            entry.sealed &= entry.state != SourceState::Partial;
            sink.parcel.files += 1;
            sink.parcel.ended.push(entry);
        }
    }
}

enum Outcome {
    Skipped(String),
    Read {
        /// What is wrong with it as a whole.
        problem: Option<String>,
        /// Why records were not kept, and how many.
        refused: Option<(String, u64)>,
    },
}

fn read_plain(entry: &mut SourceEntry, bytes: &mut Plain<'_>, keeps: bool, sink: &RefCell<&mut Sink<'_>>, shared: &Shared<'_>) -> Outcome {
    let body = body_file(&entry.path).filter(|_| matches!(entry.kind, SourceKind::File | SourceKind::Demo | SourceKind::Body));
    let (mut head, mut failed) = (Vec::new(), None);
    // A pipe is not waited for: it is judged by what is read.
    if body.is_none() && entry.kind != SourceKind::Stdin {
        head.reserve_exact(HEAD);
        failed = (&mut *bytes).take(HEAD as u64).read_to_end(&mut head).err().map(|error| error.to_string());
        if let (Some(reason), None) = (reason_to_skip(&entry.path, &head), &failed) {
            return Outcome::Skipped(reason);
        }
    }
    if body.is_some() {
        entry.kind = SourceKind::Body;
    }
    {
        let mut sink = sink.borrow_mut();
        // A source that is read again keeps its state: whether it was read whole once is known from nowhere else.
        sink.parcel.begun.push(entry.clone());
        if keeps {
            sink.keep_bytes_of(entry.id);
        }
    }
    let head = Cursor::new(head);
    let mut watched = Watched { inner: head.chain(&mut *bytes), sink, shared };
    if let Some((request, side)) = body {
        let read = io::copy(&mut watched, &mut io::sink());
        entry.plain_size = bytes.plain_bytes();
        let side = match side {
            BodySide::Input => Side::Input,
            BodySide::Output => Side::Output,
        };
        sink.borrow_mut().parcel.bodies.push((request, side, entry.id));
        return Outcome::Read { problem: read.err().map(|error| error.to_string()), refused: None };
    }
    let mut refused: Option<(String, u64)> = None;
    let report = read_records(&mut watched, &shared.limits, &mut |item| {
        if let Some((reason, offset)) = sink.borrow_mut().take(entry.id, item) {
            refused.get_or_insert_with(|| (format!("a record at byte {offset} was not kept: {reason}"), 0)).1 += 1;
        }
        if shared.is_stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    entry.plain_size = bytes.plain_bytes();
    entry.records = report.records + report.broken;
    let problem = failed.or(report.problem);
    if report.container == Container::Unknown && entry.records + report.refused == 0 {
        return Outcome::Skipped(problem.unwrap_or_else(|| "empty".into()));
    }
    Outcome::Read { problem, refused }
}

/// Plain bytes on their way: counted, and shown to whoever keeps them.
struct Watched<'p, 'a, 'b, 'c, R> {
    inner: R,
    sink: &'p RefCell<&'b mut Sink<'a>>,
    shared: &'p Shared<'c>,
}

impl<R: Read> Read for Watched<'_, '_, '_, '_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.shared.bytes.fetch_add(count as u64, Ordering::Relaxed);
        self.sink.borrow_mut().saw(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

/// Stored bytes on their way: hashed.
struct Hashed<'s> {
    inner: Box<dyn Read + 's>,
    hash: Sha256,
    bytes: u64,
}

impl Read for Hashed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hash.update(buffer.get(..count).unwrap_or_default());
        self.bytes += count as u64;
        Ok(count)
    }
}

pub(super) fn hex(hash: Sha256) -> String {
    Digest(hash.finalize().into()).hex()
}
