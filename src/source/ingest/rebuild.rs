//! Deriving everything again: every source of a case is read once more, from its file or from inside the case, by the
//! same code that read it first.

use std::fs::File;
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};

use sha2::{Digest as _, Sha256};

use super::feed::Job;
use super::reading::{AtHand, Keep, hex, source};
use super::sink::Sink;
use super::{IngestError, Progress, Shared, run};
use crate::case::{KeptForm, Reader, Writable};
use crate::model::{IngestSummary, Skip, SourceEntry, SourceKind, SourceState};
use crate::source::files::timestamp;

/// Throws away all that is derived and derives it again. Marks, notes and views stay. When evidence that is kept by
/// reference cannot be read or is not what was read first, nothing is thrown away.
pub fn rebuild(case: &Writable, progress: &dyn Fn(&Progress), cancel: &AtomicBool) -> Result<IngestSummary, IngestError> {
    let mut writer = case.writer()?;
    let sources = case.reader()?.sources()?;
    let again: Vec<SourceEntry> = sources.into_iter().filter(|entry| entry.state != SourceState::Skipped).collect();
    let missing: Vec<_> = again.iter().filter(|entry| !is_inside(entry)).filter_map(|entry| Some((entry, unreadable(entry)?))).collect();
    if let Some((first, why)) = missing.first() {
        return Err(IngestError::EvidenceMissing { count: missing.len(), first: first.path.clone(), why: why.clone() });
    }
    writer.clear_derived()?;
    let shared = Shared::new(case, &writer, Vec::new(), cancel);
    shared.files_known.store(again.len() as u64, Ordering::Relaxed);
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let summary = run(workers, &shared, &mut writer, progress, |jobs| {
        let _ = again.into_iter().all(|entry| jobs.send(Job::Again(entry)));
    })?;
    if !shared.is_stopped() {
        writer.end_rebuild()?;
    }
    Ok(summary)
}

fn is_inside(entry: &SourceEntry) -> bool {
    entry.sealed || !matches!(entry.kind, SourceKind::File | SourceKind::Body)
}

fn unreadable(entry: &SourceEntry) -> Option<String> {
    let (file, metadata) = match File::open(&entry.path).and_then(|file| Ok((file.metadata()?, file))) {
        Ok((metadata, file)) => (file, metadata),
        Err(error) => return Some(error.to_string()),
    };
    let length = metadata.len();
    if length < entry.size {
        return Some(format!("it has {length} bytes now and had {}", entry.size));
    }
    let modified = metadata.modified().ok().and_then(timestamp);
    if (length, modified) == (entry.size, entry.modified) || entry.sha256.is_empty() {
        return None;
    }
    // Touched or grown is well; but what was read must be there still.
    match sha256_of(file.take(entry.size)) {
        Ok(sha256) if sha256 == entry.sha256 => None,
        Ok(_) => Some("it has changed since it was read: its SHA-256 is another".to_owned()),
        Err(error) => Some(error.to_string()),
    }
}

fn sha256_of(mut bytes: impl Read) -> io::Result<String> {
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 64 << 10]);
    loop {
        let count = bytes.read(&mut buffer)?;
        if count == 0 {
            return Ok(hex(hash));
        }
        hash.update(buffer.get(..count).unwrap_or_default());
    }
}

/// Reads a source again.
pub(super) fn again(entry: SourceEntry, sink: &mut Sink<'_>, shared: &Shared<'_>, reader: &mut Option<Reader>) {
    shared.begin(&entry.path);
    let failed =
        |entry: &SourceEntry, why: String| Skip { file: entry.path.clone(), reason: format!("cannot be read again: {why}"), count: entry.events };
    if reader.is_none() {
        match shared.case.reader() {
            Ok(opened) => *reader = Some(opened),
            Err(error) => return sink.parcel.skips.push(failed(&entry, error.to_string())),
        }
    }
    let kept = reader.as_mut().map(|reader| reader.kept(entry.id));
    match kept {
        Some(Ok(Some(kept))) => {
            let at_hand = if kept.form() == KeptForm::Plain { AtHand::Plain } else { AtHand::Stored };
            source(entry, Box::new(kept), at_hand, Keep::Nothing, sink, shared);
        }
        Some(Err(error)) => sink.parcel.skips.push(failed(&entry, error.to_string())),
        _ => match File::open(&entry.path) {
            // What has grown since belongs to the next ingest.
            Ok(file) => {
                let size = entry.size;
                source(entry, Box::new(file.take(size)), AtHand::Stored, Keep::Nothing, sink, shared);
            }
            Err(error) => sink.parcel.skips.push(failed(&entry, error.to_string())),
        },
    }
}
