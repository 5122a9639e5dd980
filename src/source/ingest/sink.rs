//! What one worker gathers: decoded records of many sources, evidence to keep, and what the ledger is to say. Handed to
//! the writer as a parcel when it is large or old enough.

use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use super::Shared;
use crate::case::{Batch, Block, Side};
use crate::decode::containers::{Item, minified_key};
use crate::decode::{decode, json::Tape};
use crate::model::live::Coverage;
use crate::model::{Digest, RecordPosition, Skip, SourceEntry, SourceId, Timestamp};

/// The first parcel of a worker is small, so that rows are on screen at once.
const FIRST: (usize, Duration) = (500, Duration::from_millis(30));
const LATER: (usize, Duration) = (4_096, Duration::from_millis(250));
const PARCEL_BYTES: usize = 4 << 20;
/// Clock and memory are looked at after this many records, or bytes of records.
const LOOK_EVERY: usize = 64;
const LOOK_BYTES: usize = 256 << 10;

/// What a worker hands to the writer. The order in which it is to be stored is the order of the fields.
#[derive(Default)]
pub(super) struct Parcel {
    /// Sources begun; their final entries may come in a later parcel.
    pub(super) begun: Vec<SourceEntry>,
    pub(super) blocks: Vec<Block>,
    pub(super) bodies: Vec<(String, Side, SourceId)>,
    pub(super) batch: Batch,
    /// Sources read to their end; the writer adds what only it knows.
    pub(super) ended: Vec<SourceEntry>,
    pub(super) skips: Vec<Skip>,
    /// What of log groups is in the case with the sources above.
    pub(super) covered: Vec<Coverage>,
    /// Records in files that were in the case already, and the number of those files.
    pub(super) known: (u64, u64),
    /// Sources read.
    pub(super) files: u64,
}

impl Parcel {
    fn is_empty(&self) -> bool {
        self.batch.is_empty()
            && self.begun.is_empty()
            && self.blocks.is_empty()
            && self.ended.is_empty()
            && self.skips.is_empty()
            && self.bodies.is_empty()
            && self.covered.is_empty()
            && self.known == (0, 0)
            && self.files == 0
    }
}

/// Plain bytes of the current source, to be kept inside the case.
struct Keep {
    source: SourceId,
    offset: u64,
    plain: Vec<u8>,
}

/// A worker's end of the channel to the writer.
pub(super) struct Sink<'a> {
    pub(super) parcel: Parcel,
    shared: &'a Shared<'a>,
    parcels: SyncSender<Parcel>,
    tape: Tape,
    keep: Option<Keep>,
    flushed: Instant,
    is_first: bool,
    /// Records and their bytes since the last look at clock and memory.
    unlooked: (usize, usize),
}

impl<'a> Sink<'a> {
    pub(super) fn new(shared: &'a Shared<'a>, parcels: SyncSender<Parcel>) -> Self {
        let parcel = Parcel { batch: shared.case.batch(), ..Parcel::default() };
        Self { parcel, shared, parcels, tape: Tape::new(), keep: None, flushed: shared.started, is_first: true, unlooked: (0, 0) }
    }

    /// From now on the plain bytes that are read belong to this source and are kept inside the case.
    pub(super) fn keep_bytes_of(&mut self, source: SourceId) {
        self.keep = Some(Keep { source, offset: 0, plain: Vec::with_capacity(Block::BYTES) });
    }

    /// Plain bytes that were read.
    pub(super) fn saw(&mut self, mut plain: &[u8]) {
        let Some(keep) = &mut self.keep else { return };
        while !plain.is_empty() {
            let (now, later) = plain.split_at(plain.len().min(Block::BYTES - keep.plain.len()));
            keep.plain.extend_from_slice(now);
            plain = later;
            if keep.plain.len() == Block::BYTES {
                self.parcel.blocks.push(cut(keep));
            }
        }
        if self.parcel.blocks.len() * Block::BYTES > PARCEL_BYTES * 2 {
            self.flush();
        }
    }

    /// All bytes of the source have been read.
    pub(super) fn kept(&mut self) {
        self.cut();
        self.keep = None;
    }

    fn cut(&mut self) {
        if let Some(keep) = self.keep.as_mut().filter(|keep| !keep.plain.is_empty()) {
            self.parcel.blocks.push(cut(keep));
        }
    }

    /// Takes what was found in a source; gives the reason when it was refused.
    pub(super) fn take(&mut self, source: SourceId, item: Item<'_>) -> Option<(String, u64)> {
        match item {
            Item::Record { bytes, position, logged_at, compact } => self.record(source, &bytes, position, logged_at, compact, None),
            Item::Broken { bytes, position, reason } => self.record(source, bytes, position, None, false, Some(reason)),
            Item::Refused { offset, reason, .. } => return Some((reason, offset)),
        }
        None
    }

    fn record(
        &mut self,
        source: SourceId,
        bytes: &[u8],
        position: RecordPosition,
        logged_at: Option<Timestamp>,
        compact: bool,
        broken: Option<String>,
    ) {
        let mut decoded = decode(bytes, &mut self.tape);
        decoded.time = decoded.time.or(logged_at);
        if let Some(reason) = broken {
            // What could be read of it says more than where it was cut.
            decoded.undecodable.get_or_insert(reason);
        }
        let digest = Digest(Sha256::digest(bytes).into());
        let dedup = if compact { None } else { minified_key(bytes) };
        self.parcel.batch.push(source, position, digest, dedup, &decoded);
        self.unlooked.0 += 1;
        self.unlooked.1 += bytes.len();
        let (limit, age) = if self.is_first { FIRST } else { LATER };
        if self.parcel.batch.len() >= limit {
            self.flush();
        } else if self.unlooked.0 >= LOOK_EVERY || self.unlooked.1 >= LOOK_BYTES {
            self.unlooked = (0, 0);
            if self.flushed.elapsed() >= age || self.parcel.batch.bytes() >= PARCEL_BYTES {
                self.flush();
            }
        }
    }

    /// Hands over what was gathered. The bytes that records were read from go with them, never later.
    pub(super) fn flush(&mut self) {
        self.cut();
        self.flushed = Instant::now();
        self.unlooked = (0, 0);
        if self.parcel.is_empty() {
            return;
        }
        self.is_first = false;
        self.parcel.batch.seal_text();
        let next = Parcel { batch: self.shared.case.batch(), ..Parcel::default() };
        // When the writer is gone there is nothing left to do: the ingest is ending with its error.
        if self.parcels.send(std::mem::replace(&mut self.parcel, next)).is_err() {
            self.shared.failed.store(true, std::sync::atomic::Ordering::Relaxed);
        }
    }
}

fn cut(keep: &mut Keep) -> Block {
    let block = Block::new(keep.source, keep.offset, &keep.plain);
    keep.offset += keep.plain.len() as u64;
    keep.plain.clear();
    block
}
