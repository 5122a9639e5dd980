//! The one writer: takes batches, leaves out duplicates, gives row numbers, and holds all of it until `commit`.
//!
//! Nothing is written between commits, so that no transaction stays open while workers decode, and a commit that fails
//! (a full disk) can be tried again: what was held is still held.

use std::sync::Arc;

use hashbrown::HashSet;
use rusqlite::{Connection, OptionalExtension as _};

use super::answers::{Appended, Pending, Revision, Side, SourceCounts};
use super::batch::{Batch, Extra, Row};
use super::error::{CaseError, Doing as _, Result};
use super::following::{Hit, Watch};
use super::intern::Interner;
use super::runs::Pair;
use super::text::SaidIn;
use super::writable::Seat;
use super::{commit, merge, runs, schema, sources, threads};
use crate::model::live::Coverage;
use crate::model::{Link, SourceEntry, SourceId, Strand, ThreadRow, Timestamp};

/// Memory the writer spends on known strings before it forgets them and asks the file again.
const KNOWN_BYTES: usize = 32 << 20;

/// The one writer of a case.
pub struct Writer {
    pub(super) connection: Connection,
    pub(super) seat: Seat,
    pub(super) held: Held,
    pub(super) next: Next,
    known: Known,
    keys: Option<HashSet<[u8; 16]>>,
}

/// The first free numbers.
#[derive(Clone, Copy)]
pub(super) struct Next {
    pub(super) event: u32,
    pub(super) segment: u32,
    pub(super) entity: u32,
    source: u32,
}

/// All that waits for the next commit.
#[derive(Default)]
pub(super) struct Held {
    pub(super) ledger: Vec<Entry>,
    pub(super) entities: Vec<(u32, u8, String)>,
    pub(super) batches: Vec<HeldBatch>,
    pub(super) wide: Vec<(u8, Pair)>,
    pub(super) texts: Vec<HeldText>,
    /// Event and its tokens, input and output.
    pub(super) trail_tokens: Vec<(u32, [Option<u64>; 2])>,
    pub(super) threads: Vec<ThreadRow>,
    pub(super) links: Vec<Link>,
    /// What was found in the text, and by whom; not all of it was searched when there was somebody else, or nobody.
    hits: Vec<Hit>,
    watch: Option<Arc<Watch>>,
    is_unwatched: bool,
    /// So many of `threads` have been stitched.
    stitched: usize,
    pub(super) events: u32,
    pub(super) duplicates: u64,
    bytes: usize,
}

impl Held {
    /// What was found in the text; `None` when not all of it was searched by this one.
    pub(super) fn hits_of(&self, watch: &Arc<Watch>) -> Option<Vec<Hit>> {
        let is_whole = !self.is_unwatched && self.watch.as_ref().is_none_or(|own| Arc::ptr_eq(own, watch));
        is_whole.then(|| self.hits.clone())
    }
}

/// What concerns sources, in the order it came.
pub(super) enum Entry {
    Source(SourceEntry),
    Block(Block),
    Body(String, Side, SourceId),
    Covered(Coverage),
}

/// A batch with its row numbers (0: a duplicate, not kept) and the entity of each of its strings.
pub(super) struct HeldBatch {
    pub(super) batch: Batch,
    pub(super) ids: Vec<u32>,
    pub(super) entities: Vec<u32>,
}

impl HeldBatch {
    /// The rows that are kept, with their numbers.
    pub(super) fn rows(&self) -> impl Iterator<Item = (u32, &Row)> {
        self.ids.iter().copied().zip(&self.batch.rows).filter(|(id, _)| *id != 0)
    }

    /// The entity of a string of the batch (plus one); 0 for none.
    pub(super) fn entity(&self, string: u32) -> u32 {
        string.checked_sub(1).and_then(|at| self.entities.get(at as usize)).copied().unwrap_or(0)
    }
}

/// A block of text whose entries name events.
pub(super) struct HeldText {
    pub(super) entries: Vec<(u32, u32)>,
    pub(super) said: Vec<SaidIn>,
    pub(super) plain: u32,
    pub(super) data: Vec<u8>,
}

/// Plain bytes of a source, compressed, to be kept inside the case. Made in worker threads.
pub struct Block {
    pub(super) source: SourceId,
    pub(super) offset: u64,
    pub(super) length: u32,
    pub(super) data: Vec<u8>,
}

impl Block {
    /// The most plain bytes a block should hold: to read a record, its blocks are decompressed whole.
    pub const BYTES: usize = 256 << 10;

    /// Compresses the bytes that lie at this offset of the source's plain bytes.
    pub fn new(source: SourceId, offset: u64, plain: &[u8]) -> Self {
        Self { source, offset, length: plain.len() as u32, data: lz4_flex::block::compress(plain) }
    }
}

impl Writer {
    pub(super) fn new(connection: Connection, seat: Seat) -> Result<Self> {
        let next = next(&connection)?;
        Ok(Self { connection, seat, held: Held::default(), next, known: Known::new(next.entity == 1), keys: None })
    }

    /// The first free source number. Numbers above it are free too: workers may take them from a counter.
    pub fn next_source(&self) -> SourceId {
        SourceId(self.next.source)
    }

    /// Announces a source. Like everything here it is stored with the next commit.
    pub fn begin_source(&mut self, entry: &SourceEntry) {
        self.next.source = self.next.source.max(entry.id.0.saturating_add(1));
        self.held.ledger.push(Entry::Source(entry.clone()));
    }

    /// Keeps a block of a source's plain bytes inside the case. Blocks of a source come in any order, without gaps.
    pub fn store(&mut self, block: Block) {
        self.held.bytes += block.data.len();
        self.held.ledger.push(Entry::Block(block));
    }

    /// Keeps plain bytes, compressing them here; of any length.
    pub fn store_block(&mut self, source: SourceId, offset: u64, plain: &[u8]) {
        for (number, piece) in plain.chunks(Block::BYTES).enumerate() {
            self.store(Block::new(source, offset + (number * Block::BYTES) as u64, piece));
        }
    }

    /// The final entry of a source: counts, state, hash.
    pub fn end_source(&mut self, entry: &SourceEntry) {
        self.begin_source(entry);
    }

    /// Joins a body file to the exchange of a request id.
    pub fn attach_body(&mut self, request_id: &str, side: Side, source: SourceId) {
        self.held.ledger.push(Entry::Body(request_id.to_owned(), side, source));
    }

    /// Notes that an interval of a log group is in the case: with the next commit, and so never before what came before it here.
    pub fn cover(&mut self, entry: Coverage) {
        self.held.ledger.push(Entry::Covered(entry));
    }

    /// The committed entry of a file that has not changed since it was read. Its state says whether it was read to its end.
    pub fn known_source(&self, path: &str, size: u64, modified: Option<Timestamp>) -> Result<Option<SourceEntry>> {
        sources::known(&self.connection, path, size, modified)
    }

    /// Takes a batch: leaves out records that are in the case already, gives the others row numbers.
    pub fn append(&mut self, mut batch: Batch) -> Result<Appended> {
        if u64::from(self.next.event) + batch.len() as u64 >= u64::from(u32::MAX) {
            return Err(CaseError::TooMany);
        }
        batch.seal_text();
        self.load_keys()?;
        let mut appended = Appended::default();
        let strings = self.resolve(&batch)?;
        let keys = self.keys.get_or_insert_default();
        let mut ids = Vec::with_capacity(batch.rows.len());
        for row in &batch.rows {
            if appended.by_source.last().is_none_or(|(source, _)| *source != row.source) {
                appended.by_source.push((row.source, SourceCounts::default()));
            }
            let mut counts = appended.by_source.last_mut().map(|(_, counts)| counts);
            if !keys.insert(row.dedup) {
                appended.duplicates += 1;
                if let Some(counts) = &mut counts {
                    counts.duplicates += 1;
                }
                ids.push(0);
                continue;
            }
            ids.push(self.next.event);
            self.next.event += 1;
            let reference = row.event_ref(0);
            if let Some(count) = appended.new_by_strand.get_mut(reference.strand() as usize) {
                *count += 1;
            }
            appended.undecodable += u64::from(reference.is_undecodable());
            if let Some(counts) = counts {
                counts.events += 1;
                counts.undecodable += u64::from(reference.is_undecodable());
            }
        }
        let id_of = |row: u32| ids.get(row as usize).copied().unwrap_or(0);
        self.held.wide.extend(batch.wide.drain(..).map(|(row, kind, hash)| (kind.code(), (hash, id_of(row)))).filter(|(_, pair)| pair.1 != 0));
        let counted = std::mem::take(&mut batch.trail_tokens).into_iter().map(|(row, tokens)| (id_of(row), tokens));
        self.held.trail_tokens.extend(counted.filter(|(event, _)| *event != 0));
        for (row, keys) in std::mem::take(&mut batch.threads) {
            let (event, Some(row)) = (id_of(row), batch.rows.get(row as usize)) else { continue };
            if event != 0 {
                self.held.threads.push(ThreadRow { event, millis: row.millis, tie: runs::digest_hash(&row.digest), keys });
            }
        }
        let watch = batch.watch.take();
        for block in std::mem::take(&mut batch.blocks) {
            match (&block.hits, &watch) {
                (Some(hits), Some(watch)) if self.held.watch.as_ref().is_none_or(|own| Arc::ptr_eq(own, watch)) => {
                    self.held.watch.get_or_insert_with(|| Arc::clone(watch));
                    self.held.hits.extend(hits.iter().map(|(row, search, at)| (id_of(*row), *search, *at)).filter(|(id, ..)| *id != 0));
                }
                _ => self.held.is_unwatched = true,
            }
            let entries: Vec<_> = block.entries.into_iter().map(|(row, length)| (id_of(row), length)).collect();
            if entries.iter().any(|(id, _)| *id != 0) {
                self.held.bytes += block.data.len();
                self.held.texts.push(HeldText { entries, said: block.said, plain: block.plain, data: block.data });
            }
        }
        self.held.duplicates += appended.duplicates;
        self.held.events += appended.events() as u32;
        if appended.events() > 0 {
            batch.strings = Interner::default();
            batch.rows.shrink_to_fit();
            self.held.bytes += batch.bytes();
            self.held.batches.push(HeldBatch { batch, ids, entities: strings });
        }
        Ok(appended)
    }

    /// Hands the exchanges that came since the last time to whoever stitches them into conversations. What is answered is
    /// stored with them in the next commit.
    pub fn stitch(&mut self, stitch: impl FnOnce(&[ThreadRow]) -> Vec<Link>) {
        let new = self.held.threads.get(self.held.stitched..).unwrap_or_default();
        if !new.is_empty() {
            let links = stitch(new);
            self.held.bytes += new.len() * 100 + links.len() * 16;
            self.held.links.extend(links);
            self.held.stitched = self.held.threads.len();
        }
    }

    /// The exchanges of all commits so far with their keys, and the links between them, for whoever goes on stitching.
    pub fn threads(&self, each: &mut dyn FnMut(ThreadRow)) -> Result<Vec<Link>> {
        threads::read_all(&self.connection, each)
    }

    /// What waits for the next commit.
    pub fn pending(&self) -> Pending {
        Pending { events: self.held.events as usize, bytes: self.held.bytes, ledger: !self.held.ledger.is_empty() }
    }

    /// Stores everything that waits, in one transaction. After an error nothing is stored and all of it still waits.
    /// When nothing waits, nothing is done.
    pub fn commit(&mut self) -> Result<Revision> {
        if self.held.ledger.is_empty() && self.held.events == 0 && self.held.duplicates == 0 {
            return commit::revision(&self.connection);
        }
        let turn = self.seat.0.writers_turn();
        let revision = commit::write(&mut self.connection, &mut self.held, self.next)?;
        drop(turn);
        self.next.segment += u32::from(self.held.events > 0);
        self.seat.0.follower().hand_over(revision.epoch, std::mem::take(&mut self.held));
        if self.known.strings.bytes() > KNOWN_BYTES {
            self.known = Known::new(false);
        }
        self.merge(merge::Effort::Light)?;
        Ok(revision)
    }

    /// Commits, puts small segments together, and folds the write-ahead log into the file.
    pub fn finish(&mut self) -> Result<()> {
        self.commit()?;
        self.seat.0.follower().finishing();
        // Putting a million events together takes memory; what is known of them can be read again.
        (self.keys, self.known) = (None, Known::new(false));
        self.merge(merge::Effort::Thorough)?;
        let _turn = self.seat.0.writers_turn();
        schema::fold_log(&self.connection)
    }

    fn merge(&mut self, effort: merge::Effort) -> Result<()> {
        while let Some(group) = merge::choose(&self.connection, effort)? {
            let _turn = self.seat.0.writers_turn();
            merge::merge(&mut self.connection, &group, self.next.segment)?;
            self.next.segment += 1;
        }
        Ok(())
    }

    /// Throws away, at once and for good, everything that can be derived again from the evidence: all but sources, blocks,
    /// marks, views and notes. What waits is dropped too. The case says that it is being rebuilt until
    /// [`end_rebuild`](Self::end_rebuild).
    pub fn clear_derived(&mut self) -> Result<()> {
        let turn = self.seat.0.writers_turn();
        commit::clear_derived(&mut self.connection)?;
        drop(turn);
        self.held = Held::default();
        self.next = next(&self.connection)?;
        self.known = Known::new(true);
        self.keys = None;
        Ok(())
    }

    /// Everything that was thrown away has been derived again and committed.
    pub fn end_rebuild(&mut self) -> Result<()> {
        let _turn = self.seat.0.writers_turn();
        commit::end_rebuild(&self.connection)
    }

    /// The entity of each string of the batch. Strings only duplicates use are few, and harmless.
    fn resolve(&mut self, batch: &Batch) -> Result<Vec<u32>> {
        let mut entities = Vec::with_capacity(batch.strings.len());
        for (kind, text) in batch.strings.iter() {
            let at = self.known.strings.intern(kind, text) as usize;
            if let Some(id) = self.known.ids.get(at) {
                entities.push(*id);
                continue;
            }
            let stored = if self.known.all { None } else { stored_entity(&self.connection, kind, text)? };
            let id = stored.unwrap_or_else(|| {
                let id = self.next.entity;
                self.next.entity += 1;
                self.held.entities.push((id, kind, text.to_owned()));
                id
            });
            self.known.ids.push(id);
            entities.push(id);
        }
        Ok(entities)
    }

    fn load_keys(&mut self) -> Result<()> {
        if self.keys.is_some() {
            return Ok(());
        }
        let doing = "reading what is in the case already";
        let mut keys = HashSet::with_capacity(self.next.event as usize);
        let mut select = self.connection.prepare("SELECT keys FROM segment").doing(doing)?;
        let mut rows = select.query([]).doing(doing)?;
        while let Some(row) = rows.next().doing(doing)? {
            keys.extend(row.get_ref(0).doing(doing)?.as_blob().unwrap_or_default().as_chunks::<16>().0);
        }
        self.keys = Some(keys);
        Ok(())
    }
}

/// Strings whose entity is known, by the interner's numbers.
struct Known {
    strings: Interner,
    ids: Vec<u32>,
    /// What is not here is not in the file either.
    all: bool,
}

impl Known {
    fn new(all: bool) -> Self {
        Self { strings: Interner::default(), ids: Vec::new(), all }
    }
}

fn stored_entity(connection: &Connection, kind: u8, value: &str) -> Result<Option<u32>> {
    let mut select = connection.prepare_cached("SELECT id FROM entity WHERE kind = ?1 AND value = ?2").doing("looking up a name")?;
    select.query_row((kind, value), |row| row.get(0)).optional().doing("looking up a name")
}

fn next(connection: &Connection) -> Result<Next> {
    let first_free =
        |sql| connection.query_row(sql, [], |row| row.get::<_, Option<u32>>(0)).doing("opening the case").map(|last| last.unwrap_or(0) + 1);
    Ok(Next {
        event: first_free("SELECT MAX(first_event + events - 1) FROM segment")?,
        segment: first_free("SELECT MAX(id) FROM segment")?,
        entity: first_free("SELECT MAX(id) FROM entity")?,
        source: first_free("SELECT MAX(id) FROM source")?,
    })
}

/// The extra mentions of a row as they are stored: interned ones as their entity, wide ones as kind and text.
pub(super) fn extras_blob(held: &HeldBatch, row: &Row, out: &mut Vec<u8>) {
    out.clear();
    for extra in held.batch.extras_of(row) {
        match extra {
            Extra::Interned(string) => {
                super::codec::put(out, 0);
                super::codec::put(out, u64::from(held.entity(*string)));
            }
            Extra::Wide(kind, span) => {
                let text = held.batch.text(*span).unwrap_or_default();
                super::codec::put(out, u64::from(kind.code()));
                super::codec::put(out, text.len() as u64);
                out.extend(text.as_bytes());
            }
        }
    }
}

/// The strand columns of a segment, by `Strand as usize`.
pub(super) const STRAND_COLUMNS: [&str; 6] =
    [Strand::Management.name(), Strand::Data.name(), Strand::Invocation.name(), Strand::Endpoint.name(), Strand::Network.name(), Strand::Span.name()];
