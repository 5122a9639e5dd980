//! Small made-up events and cases.

use std::path::Path;

use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::case::{Batch, Writable};
use crate::decode::{Decoded, Searchable};
use crate::model::{Digest, EntityKind, Outcome, RecordPosition, SourceEntry, SourceId, SourceKind, SourceState, Strand, Timestamp, Wrap};

/// What an event says, in small numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Spec {
    pub(super) time: Option<i64>,
    pub(super) strand: u8,
    pub(super) outcome: u8,
    pub(super) account: Option<u8>,
    pub(super) buckets: Vec<u8>,
    pub(super) request: Option<u8>,
    pub(super) objects: Vec<u8>,
    pub(super) text: String,
    pub(super) undecodable: bool,
}

impl Spec {
    pub(super) fn strand(&self) -> Strand {
        Strand::ALL[self.strand as usize % 6]
    }

    pub(super) fn outcome(&self) -> Outcome {
        Outcome::from_code(self.outcome % 3)
    }

    pub(super) fn decoded(&self) -> Decoded<'static> {
        let mut mentions: Vec<_> = self.buckets.iter().skip(1).map(|bucket| (EntityKind::Bucket, format!("bucket-{bucket}").into())).collect();
        mentions.extend(self.objects.iter().map(|object| (EntityKind::Object, format!("bucket/{object}").into())));
        Decoded {
            time: self.time.map(Timestamp::from_millis),
            strand: Some(self.strand()),
            outcome: self.outcome(),
            account: self.account.map(|account| format!("{account:012}").into()),
            bucket: self.buckets.first().map(|bucket| format!("bucket-{bucket}").into()),
            request_id: self.request.map(|request| format!("request-{request}").into()),
            mentions,
            searchable: if self.text.is_empty() { Vec::new() } else { vec![Searchable::Text(self.text.clone().into())] },
            undecodable: self.undecodable.then(|| "because".into()),
            ..Decoded::default()
        }
    }
}

/// A digest of its own for each number.
pub(super) fn digest(number: u32) -> Digest {
    Digest(Sha256::digest(number.to_be_bytes()).into())
}

/// A batch of the specs, with the digests of `from..`.
pub(super) fn batch(from: u32, specs: &[Spec]) -> Batch {
    let mut batch = Batch::new();
    for (number, spec) in (from..).zip(specs) {
        let position = RecordPosition { offset: u64::from(number) * 10, length: 10, wrap: Wrap::None };
        batch.push(SourceId(1), position, digest(number), None, &spec.decoded());
    }
    batch
}

/// A new, empty case, and its folder.
pub(super) fn new_case() -> (TempDir, Writable) {
    let folder = tempfile::tempdir().unwrap();
    let case = Writable::open(&folder.path().join("a.case")).unwrap();
    (folder, case)
}

pub(super) fn source(id: u32, kind: SourceKind, path: &Path) -> SourceEntry {
    SourceEntry { state: SourceState::Complete, ..SourceEntry::new(SourceId(id), kind, path.to_str().unwrap()) }
}
