//! Decoded records on their way to the writer: rows in one piece of memory, strings interned, text compressed.
//!
//! Worker threads fill batches, so everything that can be done without the case is done here: interning, folding,
//! compressing, hashing of wide values. The writer looks up each distinct string once a batch.

use std::sync::Arc;

use super::following::Watch;
use super::intern::Interner;
use super::text::{Gather, TextBlock};
use crate::decode::{Decoded, Said, Searchable, json};
use crate::model::{Digest, EntityKind, EventId, EventRef, ExchangeFacts, RecordPosition, SourceId, Strand, ThreadKeys};

/// The interned columns of an event, in the order they are stored. `None`: text that is no pivot.
pub(super) const COLUMNS: [(&str, Option<EntityKind>); 15] = [
    ("account", Some(EntityKind::Account)),
    ("region", Some(EntityKind::Region)),
    ("actor", Some(EntityKind::Actor)),
    ("principal", Some(EntityKind::Principal)),
    ("role", Some(EntityKind::Role)),
    ("session", Some(EntityKind::Session)),
    ("key", Some(EntityKind::Key)),
    ("ip", Some(EntityKind::Ip)),
    ("user_agent", Some(EntityKind::UserAgent)),
    ("action", Some(EntityKind::Action)),
    ("service", Some(EntityKind::Service)),
    ("error_code", Some(EntityKind::ErrorCode)),
    ("model", Some(EntityKind::Model)),
    ("bucket", Some(EntityKind::Bucket)),
    ("host", Some(EntityKind::Host)),
];

/// A piece of [`Batch::long`]; empty with `u32::MAX` means there is none.
#[derive(Clone, Copy)]
pub(super) struct Span(u32, u32);

impl Span {
    const NONE: Self = Self(u32::MAX, 0);
}

/// One event. Interned columns are numbers of the batch's own strings plus one; 0 is none.
pub(super) struct Row {
    pub(super) digest: Digest,
    pub(super) dedup: [u8; 16],
    pub(super) position: RecordPosition,
    pub(super) millis: i64,
    pub(super) source: SourceId,
    pub(super) bits: u8,
    pub(super) key_kind: u8,
    pub(super) columns: [u32; COLUMNS.len()],
    pub(super) error_message: Span,
    pub(super) request_id: Span,
    pub(super) detail: Span,
    pub(super) undecodable: Span,
    pub(super) extras: (u32, u32),
    pub(super) exchange: Option<u32>,
}

impl Row {
    pub(super) fn event_ref(&self, id: u32) -> EventRef {
        EventRef { millis: self.millis, id: EventId(id), bits: self.bits }
    }
}

/// An entity beyond the columns.
pub(super) enum Extra {
    /// A number of the batch's strings, plus one.
    Interned(u32),
    /// A wide kind's value.
    Wide(EntityKind, Span),
}

/// Rows on their way to [`Writer::append`](super::Writer::append).
pub struct Batch {
    pub(super) rows: Vec<Row>,
    pub(super) strings: Interner,
    pub(super) extras: Vec<Extra>,
    pub(super) wide: Vec<(u32, EntityKind, u64)>,
    pub(super) exchanges: Vec<ExchangeFacts>,
    /// Row and tokens of CloudTrail events that count them.
    pub(super) trail_tokens: Vec<(u32, [Option<u64>; 2])>,
    /// Row and keys of exchanges that belong to conversations.
    pub(super) threads: Vec<(u32, ThreadKeys)>,
    pub(super) blocks: Vec<TextBlock>,
    /// What text is searched for while it is in memory.
    pub(super) watch: Option<Arc<Watch>>,
    long: String,
    gather: Gather,
    text_bytes: usize,
    recent: [u32; COLUMNS.len()],
}

impl Default for Batch {
    fn default() -> Self {
        Self::new()
    }
}

impl Batch {
    /// An empty batch. A few thousand records a batch spread the cost of looking strings up.
    pub fn new() -> Self {
        Self {
            rows: Vec::new(),
            strings: Interner::default(),
            extras: Vec::new(),
            wide: Vec::new(),
            exchanges: Vec::new(),
            trail_tokens: Vec::new(),
            threads: Vec::new(),
            blocks: Vec::new(),
            watch: None,
            long: String::new(),
            gather: Gather::default(),
            text_bytes: 0,
            recent: [0; COLUMNS.len()],
        }
    }

    /// An empty batch of which somebody wants to know what stands in its text.
    pub(super) fn watched(watch: Option<Arc<Watch>>) -> Self {
        Self { watch, ..Self::new() }
    }

    /// Adds a record. `dedup` is the first 128 bits of the SHA-256 of the record without insignificant white space;
    /// `None` when that is the record itself.
    pub fn push(&mut self, source: SourceId, position: RecordPosition, digest: Digest, dedup: Option<[u8; 16]>, decoded: &Decoded<'_>) {
        let number = self.rows.len() as u32;
        let named = [
            &decoded.account,
            &decoded.region,
            &decoded.actor,
            &decoded.principal,
            &decoded.role,
            &decoded.session,
            &decoded.key,
            &decoded.ip,
            &decoded.user_agent,
            &decoded.action,
            &decoded.service,
            &decoded.error_code,
            &decoded.model,
            &decoded.bucket,
            &decoded.host,
        ];
        let mut columns = [0; COLUMNS.len()];
        for (((column, recent), text), (_, kind)) in columns.iter_mut().zip(&mut self.recent).zip(named).zip(COLUMNS) {
            let Some(text) = text.as_deref() else { continue };
            // Neighbours are alike: most columns repeat the row before.
            if *recent == 0 || self.strings.get(*recent - 1).is_none_or(|(_, before)| before != text) {
                *recent = self.strings.intern(kind.map_or(0, EntityKind::code), text) + 1;
            }
            *column = *recent;
        }
        if let Some(id) = decoded.request_id.as_deref() {
            self.wide.push((number, EntityKind::Request, wide_hash(EntityKind::Request, id)));
        }
        let first_extra = self.extras.len();
        for (kind, value) in &decoded.mentions {
            self.mention(number, first_extra, &columns, decoded.request_id.as_deref(), *kind, value);
        }
        let exchange = decoded.exchange.as_ref().map(|facts| {
            self.exchanges.push(facts.clone());
            self.exchanges.len() as u32 - 1
        });
        if decoded.trail_tokens != [None; 2] {
            self.trail_tokens.push((number, decoded.trail_tokens));
        }
        self.threads.extend(decoded.thread.clone().map(|keys| (number, keys)));
        let strand = decoded.strand.unwrap_or(Strand::Management);
        let reference = EventRef::new(decoded.time, EventId(0), strand, decoded.outcome, decoded.undecodable.is_some());
        let row = Row {
            digest,
            dedup: dedup.or_else(|| digest.0.first_chunk().copied()).unwrap_or_default(),
            position,
            millis: reference.millis,
            source,
            bits: reference.bits,
            key_kind: decoded.key_kind as u8,
            columns,
            error_message: self.keep(decoded.error_message.as_deref()),
            request_id: self.keep(decoded.request_id.as_deref()),
            detail: self.keep(decoded.detail.as_deref()),
            undecodable: self.keep(decoded.undecodable.as_deref()),
            extras: (first_extra as u32, self.extras.len() as u32),
            exchange,
        };
        self.rows.push(row);
        self.add_text(number, &decoded.searchable, &decoded.said);
    }

    fn mention(&mut self, row: u32, first: usize, columns: &[u32], request: Option<&str>, kind: EntityKind, value: &str) {
        if kind.is_wide() {
            let known = kind == EntityKind::Request && request == Some(value)
                || self.extras_from(first).any(|extra| matches!(extra, Extra::Wide(k, span) if *k == kind && self.text(*span) == Some(value)));
            if !known {
                self.wide.push((row, kind, wide_hash(kind, value)));
                let span = self.keep(Some(value));
                self.extras.push(Extra::Wide(kind, span));
            }
        } else {
            let number = self.strings.intern(kind.code(), value) + 1;
            if !columns.contains(&number) && !self.extras_from(first).any(|extra| matches!(extra, Extra::Interned(other) if *other == number)) {
                self.extras.push(Extra::Interned(number));
            }
        }
    }

    fn extras_from(&self, first: usize) -> impl Iterator<Item = &Extra> {
        self.extras.iter().skip(first)
    }

    fn add_text(&mut self, row: u32, pieces: &[Searchable<'_>], said: &Said) {
        let start = self.gather.text.len();
        let (mut user, mut answer) = (0..0, 0..0);
        for (at, piece) in pieces.iter().enumerate() {
            if self.gather.text.len() > start {
                self.gather.text.push('\n');
            }
            let from = (self.gather.text.len() - start) as u32;
            match piece {
                Searchable::Raw(raw, escaped) => self.gather.text.push_str(&json::unescape(raw, *escaped)),
                Searchable::Text(text) => self.gather.text.push_str(text),
            }
            for (range, pieces) in [(&mut user, &said.user), (&mut answer, &said.answer)] {
                if pieces.contains(&at) {
                    *range = if at == pieces.start { from } else { range.start }..(self.gather.text.len() - start) as u32;
                }
            }
        }
        self.gather.say(user, answer);
        self.text_bytes += self.gather.text.len() - start;
        self.gather.end_entry(row, start);
        if self.gather.is_full() {
            self.blocks.extend(self.gather.seal(self.watch.as_deref()));
        }
    }

    fn keep(&mut self, text: Option<&str>) -> Span {
        let Some(text) = text else { return Span::NONE };
        let span = Span(self.long.len() as u32, text.len() as u32);
        self.long.push_str(text);
        span
    }

    /// The text of a span.
    pub(super) fn text(&self, span: Span) -> Option<&str> {
        self.long.get(span.0 as usize..(span.0 as usize).checked_add(span.1 as usize)?)
    }

    /// The extra mentions of a row.
    pub(super) fn extras_of(&self, row: &Row) -> &[Extra] {
        self.extras.get(row.extras.0 as usize..row.extras.1 as usize).unwrap_or_default()
    }

    /// Closes the last block of text; nothing is added after that.
    pub fn seal_text(&mut self) {
        self.blocks.extend(self.gather.seal(self.watch.as_deref()));
        self.gather = Gather::default();
    }

    /// Number of events in it.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// It holds no event.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Bytes of searchable text pushed, before compression.
    pub fn text_bytes(&self) -> usize {
        self.text_bytes
    }

    /// Memory it holds, about; a good moment to hand it over is at a few MiB.
    pub fn bytes(&self) -> usize {
        self.rows.len() * size_of::<Row>()
            + self.strings.bytes()
            + self.long.len()
            + self.gather.text.len()
            + self.exchanges.len() * (size_of::<ExchangeFacts>() + 300)
            + self.blocks.iter().map(|block| block.data.len() + block.entries.len() * 8).sum::<usize>()
            + (self.extras.len() + self.wide.len()) * 16
            + self.threads.len() * 160
    }
}

/// FNV-1a, 64 bits. Stored in the case, so it must never change; whoever looks a value up compares it in full.
pub(super) fn wide_hash(kind: EntityKind, value: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    value.bytes().fold(step(0xcbf2_9ce4_8422_2325, kind.code()), step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    fn is_send<T: Send>() {}

    #[test]
    fn repeated_mentions_are_kept_once() {
        is_send::<Batch>();
        let decoded = Decoded {
            time: Some(Timestamp::from_millis(5)),
            bucket: Some("a".into()),
            request_id: Some("r".into()),
            mentions: vec![
                (EntityKind::Bucket, "a".into()),
                (EntityKind::Bucket, "b".into()),
                (EntityKind::Bucket, "b".into()),
                (EntityKind::Request, "r".into()),
                (EntityKind::Object, "a/k".into()),
                (EntityKind::Object, "a/k".into()),
            ],
            searchable: vec![Searchable::Raw(br"a\u0041", true), Searchable::Text("b".into())],
            ..Decoded::default()
        };
        let mut batch = Batch::new();
        batch.push(SourceId(1), RecordPosition::default(), Digest([7; 32]), None, &decoded);
        assert_eq!(batch.extras.len(), 2);
        assert_eq!(batch.wide.iter().map(|(_, kind, _)| *kind).collect::<Vec<_>>(), [EntityKind::Request, EntityKind::Object]);
        assert_eq!(batch.gather.text, "aA\nb\n");
        assert_eq!(batch.text_bytes(), 4);
        assert_eq!(batch.rows[0].dedup, [7; 16]);
    }

    #[test]
    fn the_stored_hash_never_changes() {
        // FNV-1a of "\x01" and of "\x01a", by hand from the definition.
        assert_eq!(wide_hash(EntityKind::Request, ""), (0xcbf2_9ce4_8422_2325_u64 ^ 1).wrapping_mul(0x0100_0000_01b3));
        assert_ne!(wide_hash(EntityKind::Request, "a"), wide_hash(EntityKind::Object, "a"));
    }
}
