//! Evidence of a test, read into a case of its own.

use std::sync::atomic::AtomicBool;

use outcrop::case::Writable;
use outcrop::source::{Input, ingest};
use tempfile::TempDir;

/// Reads it. The case is `case.outcrop` in the folder, which goes when it is dropped.
pub fn case_of(inputs: impl IntoIterator<Item = Input, IntoIter: Send>) -> (TempDir, Writable) {
    let folder = tempfile::tempdir().expect("a folder");
    let case = Writable::open(&folder.path().join("case.outcrop")).expect("a case");
    ingest(inputs, &case, &|_| {}, &AtomicBool::new(false)).expect("evidence is read");
    (folder, case)
}
