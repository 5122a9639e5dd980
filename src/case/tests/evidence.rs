//! The record comes back, byte for byte, wherever its bytes are; and when it cannot, that is said.

use std::io::Write as _;
use std::path::Path;

use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

use super::fixture::{Spec, new_case, source};
use crate::case::{Batch, EvidenceError, Reader, Side, Writable, Writer, seal};
use crate::model::{Compression, Digest, Event, EventId, RecordPosition, Scope, SourceEntry, SourceId, SourceKind, Wrap};

/// Records of one source: `{"n":0,…}` a line, some of them longer than a block.
fn records() -> Vec<Vec<u8>> {
    (0..40).map(|n| format!("{{\"n\":{n},\"pad\":\"{}\"}}", format!("{n}.").repeat(n * 900)).into_bytes()).collect()
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn hex(bytes: &[u8]) -> String {
    Digest(Sha256::digest(bytes).into()).hex()
}

/// Appends the records as events of a source, each at its place.
fn append(writer: &mut Writer, source: SourceId, records: &[Vec<u8>]) {
    let (mut batch, mut offset) = (Batch::new(), 0);
    for record in records {
        let position = RecordPosition { offset, length: record.len() as u32, wrap: Wrap::None };
        let decoded = Spec::default().decoded();
        // The same record in several sources is several events here.
        let key = Sha256::digest([&source.0.to_be_bytes()[..], record].concat());
        batch.push(source, position, Digest(Sha256::digest(record).into()), key.first_chunk().copied(), &decoded);
        offset += record.len() as u64 + 1;
    }
    writer.append(batch).unwrap();
}

fn file(id: u32, path: &Path, stored: &[u8], plain: &[u8], compression: Compression) -> SourceEntry {
    std::fs::write(path, stored).unwrap();
    SourceEntry { size: stored.len() as u64, plain_size: plain.len() as u64, sha256: hex(stored), compression, ..source(id, SourceKind::File, path) }
}

fn events(reader: &mut Reader) -> Vec<Event> {
    let refs = reader.refs(&Scope::all()).unwrap();
    reader.events(&refs.iter().map(|event| event.id).collect::<Vec<_>>()).unwrap()
}

/// A case of a plain file, a gzip file and standard input with the same records.
fn three_sources(folder: &Path, case: &Writable) -> Vec<Vec<u8>> {
    let records = records();
    let plain: Vec<u8> = records.iter().flat_map(|record| [record.as_slice(), b"\n"].concat()).collect();
    let mut writer = case.writer().unwrap();
    let plain_file = file(1, &folder.join("a.json"), &plain, &plain, Compression::Plain);
    let gzip_file = file(2, &folder.join("b.json.gz"), &gzip(&plain), &plain, Compression::Gzip);
    let stdin = SourceEntry { sealed: true, ..source(3, SourceKind::Stdin, Path::new("stdin")) };
    for entry in [&plain_file, &gzip_file, &stdin] {
        writer.begin_source(entry);
    }
    writer.store_block(SourceId(3), 0, &plain);
    for id in 1..=3 {
        append(&mut writer, SourceId(id), &records);
    }
    writer.finish().unwrap();
    records
}

#[test]
fn records_come_back_from_files_and_from_inside() {
    let (folder, case) = new_case();
    let records = three_sources(folder.path(), &case);
    let mut reader = case.reader().unwrap();
    let events = events(&mut reader);
    assert_eq!(events.len(), 120);
    for (number, event) in events.iter().enumerate() {
        assert_eq!(reader.record(event).unwrap(), records[number % 40], "{number}");
    }
    // A file that has only grown still holds what was read of it.
    let path = folder.path().join("a.json");
    std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"n\":40}\n").unwrap();
    assert_eq!(case.reader().unwrap().record(&events[3]).unwrap(), records[3]);
}

#[test]
fn a_wrapped_record_comes_back_unwrapped() {
    let (_folder, case) = new_case();
    let mut writer = case.writer().unwrap();
    writer.begin_source(&source(1, SourceKind::Stdin, Path::new("stdin")));
    writer.store_block(SourceId(1), 0, br#"  {"message":"{\"a\":1}"}"#);
    let mut batch = Batch::new();
    let position = RecordPosition { offset: 2, length: 23, wrap: Wrap::Message };
    batch.push(SourceId(1), position, Digest(Sha256::digest(br#"{"a":1}"#).into()), None, &Spec::default().decoded());
    writer.append(batch).unwrap();
    writer.commit().unwrap();
    let mut reader = case.reader().unwrap();
    let event = reader.events(&[EventId(1)]).unwrap().remove(0);
    assert_eq!(event.position, position);
    assert_eq!(reader.record(&event).unwrap(), br#"{"a":1}"#);
}

#[test]
fn a_missing_and_a_changed_file_are_said() {
    let (folder, case) = new_case();
    three_sources(folder.path(), &case);
    let mut reader = case.reader().unwrap();
    let events = events(&mut reader);
    let path = folder.path().join("a.json");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[1] = b'x';
    std::fs::write(&path, &bytes).unwrap();
    let changed = reader.record(&events[0]).unwrap_err();
    assert!(matches!(changed, EvidenceError::Changed { .. }), "{changed}");
    // The next record was not touched.
    assert!(reader.record(&events[1]).is_ok());
    bytes.truncate(20);
    std::fs::write(&path, &bytes).unwrap();
    let cut = reader.record(&events[5]).unwrap_err().to_string();
    assert!(cut.contains("has changed") && cut.contains("and has 20"), "{cut}");
    std::fs::remove_file(&path).unwrap();
    let gone = reader.record(&events[0]).unwrap_err();
    assert!(matches!(gone, EvidenceError::Missing { .. }), "{gone}");
    std::fs::write(folder.path().join("b.json.gz"), b"not gzip").unwrap();
    assert!(matches!(reader.record(&events[40]), Err(EvidenceError::Changed { .. })));
}

#[test]
fn a_sealed_case_travels_alone() {
    let (folder, case) = new_case();
    let records = three_sources(folder.path(), &case);
    let mut seen = Vec::new();
    let sealed = seal(&case, &mut |done, all, path| seen.push((done, all, path.to_owned()))).unwrap();
    assert_eq!((sealed.sources, sealed.missing.len()), (2, 0));
    assert_eq!(seen.iter().map(|(done, all, _)| (*done, *all)).collect::<Vec<_>>(), [(0, 2), (1, 2)]);
    assert_eq!(seal(&case, &mut |_, _, _| ()).unwrap(), crate::case::Sealed::default());
    for name in ["a.json", "b.json.gz"] {
        std::fs::remove_file(folder.path().join(name)).unwrap();
    }
    let mut reader = case.reader().unwrap();
    for (number, event) in events(&mut reader).iter().enumerate() {
        assert_eq!(reader.record(event).unwrap(), records[number % 40], "{number}");
    }
    assert!(reader.sources().unwrap().iter().all(|entry| entry.sealed));
}

#[test]
fn what_cannot_be_sealed_is_listed_and_left() {
    let (folder, case) = new_case();
    let records = three_sources(folder.path(), &case);
    let path = folder.path().join("a.json");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, [b"x", &bytes[1..]].concat()).unwrap();
    std::fs::remove_file(folder.path().join("b.json.gz")).unwrap();
    let sealed = seal(&case, &mut |_, _, _| ()).unwrap();
    assert_eq!(sealed.sources, 0);
    assert!(sealed.missing[0].1.contains("SHA-256") && sealed.missing[1].1.contains("not there"), "{:?}", sealed.missing);
    // Nothing was half copied: with the file back, the record is read from it.
    std::fs::write(&path, &bytes).unwrap();
    let mut reader = case.reader().unwrap();
    let event = reader.events(&[EventId(1)]).unwrap().remove(0);
    assert_eq!(reader.record(&event).unwrap(), records[0]);
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(reader.record(&event), Err(EvidenceError::Missing { .. })));
}

#[test]
fn bodies_in_files_of_their_own() {
    let (folder, case) = new_case();
    let mut writer = case.writer().unwrap();
    let body = b"{\"messages\":[]}";
    let entry = file(1, &folder.path().join("r_input.json.gz"), &gzip(body), body, Compression::Gzip);
    writer.begin_source(&SourceEntry { kind: SourceKind::Body, ..entry });
    writer.attach_body("r", Side::Input, SourceId(1));
    writer.commit().unwrap();
    let mut reader = case.reader().unwrap();
    let bodies = reader.bodies("r").unwrap();
    assert_eq!((bodies.input.as_deref(), bodies.output), (Some(&body[..]), None));
    assert_eq!(reader.bodies("other").unwrap().input, None);
    seal(&case, &mut |_, _, _| ()).unwrap();
    std::fs::remove_file(folder.path().join("r_input.json.gz")).unwrap();
    assert_eq!(case.reader().unwrap().bodies("r").unwrap().input.as_deref(), Some(&body[..]));
}
