//! Every container by hand, everything that can be wrong with one, and the same items however the bytes arrive.

use std::io::Read;
use std::ops::ControlFlow;

use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

use super::*;
use crate::model::Wrap;

mod damaged;
mod forms;
mod samples;

/// An item, owned, in short.
#[derive(Clone, Debug, PartialEq)]
enum Got {
    Record { text: String, outer: (u64, u32), wrap: Wrap, logged_at: Option<i64>, compact: bool },
    Broken { text: String, offset: u64, reason: String },
    Refused { offset: u64, length: u64, reason: String },
}

impl Got {
    fn text(&self) -> &str {
        match self {
            Self::Record { text, .. } | Self::Broken { text, .. } => text,
            Self::Refused { .. } => "",
        }
    }

    fn is_record(&self) -> bool {
        matches!(self, Self::Record { .. })
    }
}

/// Gives its bytes in pieces of the given sizes, over and over.
struct Pieces<'a> {
    bytes: &'a [u8],
    sizes: Vec<usize>,
    turn: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let size = self.sizes[self.turn % self.sizes.len()].min(buffer.len()).min(self.bytes.len());
        self.turn += 1;
        buffer[..size].copy_from_slice(&self.bytes[..size]);
        self.bytes = &self.bytes[size..];
        Ok(size)
    }
}

fn read_in_pieces(bytes: &[u8], sizes: &[usize], limits: &Limits) -> (Vec<Got>, Report) {
    let mut got = Vec::new();
    let mut source = Pieces { bytes, sizes: sizes.to_vec(), turn: 0 };
    let report = read_records(&mut source, limits, &mut |item| {
        got.push(match item {
            Item::Record { bytes: record, position, logged_at, compact } => {
                let outer = &bytes[position.offset as usize..][..position.length as usize];
                assert_eq!(unwrap(outer, position.wrap).as_deref(), Some(&*record), "unwrapping again gives the same record");
                assert!(!compact || minified_key(&record).is_none(), "compact is true only when it is");
                Got::Record {
                    text: String::from_utf8_lossy(&record).into_owned(),
                    outer: (position.offset, position.length),
                    wrap: position.wrap,
                    logged_at: logged_at.map(Timestamp::as_millis),
                    compact,
                }
            }
            Item::Broken { bytes: piece, position, reason } => {
                assert_eq!(piece, &bytes[position.offset as usize..][..position.length as usize], "a broken piece is the bytes at its place");
                Got::Broken { text: String::from_utf8_lossy(piece).into_owned(), offset: position.offset, reason }
            }
            Item::Refused { offset, length, reason } => Got::Refused { offset, length, reason },
        });
        ControlFlow::Continue(())
    });
    (got, report)
}

/// Reads, and checks that one byte, seven bytes and large pieces at a time give the same.
fn read(bytes: impl AsRef<[u8]>) -> (Vec<Got>, Report) {
    let bytes = bytes.as_ref();
    let whole = read_in_pieces(bytes, &[64 * 1024], &Limits::default());
    for size in [1, 7] {
        if bytes.len() < 1 << 20 {
            assert_eq!(read_in_pieces(bytes, &[size], &Limits::default()), whole, "{size} bytes at a time");
        }
    }
    whole
}

/// The texts of the records found; nothing else may have been.
fn records(bytes: impl AsRef<[u8]>) -> Vec<String> {
    let (got, report) = read(bytes);
    assert!(got.iter().all(Got::is_record), "{got:#?}");
    assert_eq!(report.records, got.len() as u64);
    got.into_iter().map(|item| item.text().to_owned()).collect()
}

fn short_hash(text: &str) -> String {
    crate::model::Digest(Sha256::digest(text.as_bytes()).into()).short()
}

#[test]
fn a_receiver_may_stop() {
    let mut seen = 0;
    let report = read_records(&mut &b"{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n"[..], &Limits::default(), &mut |_| {
        seen += 1;
        if seen == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(report.stopped);
    assert_eq!(seen, 2);
}

/// Pieces of evidence and of rubbish, put together at random.
fn evidence() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just("{\"Records\":["),
        Just("]}"),
        Just("{\"a\":1}"),
        Just("{\"a\":\"b{[\\\"\\\\\"}"),
        Just(","),
        Just("\n"),
        Just("\r\n  "),
        Just("["),
        Just("]"),
        Just("{\"events\":[{\"timestamp\":1,\"message\":\"{\\\"x\\\":2}\"}"),
        Just("{\"a\":\"cut"),
        Just("\u{FEFF}"),
        Just("\"{\\\"a\\\":1}\""),
        Just("{\"field\":\"@message\",\"value\":\"{\\\"m\\\":1}\"}"),
        Just("{\"field\":\"f\",\"value\":null}"),
        Just("{\"detail-type\":\"x\",\"detail\":{\"d\":1}}"),
        Just("{\"results\":[["),
        Just("2026-10-05T10:00:00.000Z "),
        Just("type=SYSCALL msg=audit(1.2:3): a=b\n"),
        Just("type=EXECVE msg=audit(1.2:4): a0=\"b\"\n"),
        Just("{\"name\":1,\"snapshot\":[{\"a\":1},{}]}"),
        Just("\0\0"),
        Just("}"),
        Just("{"),
        Just("@timestamp,@message\n"),
        Just("\"2026-01-01\",\"{\"\"a\"\":1}\"\n"),
        Just("\\"),
        Just("\""),
        Just("null"),
        Just("[{\"eventID\":\"1\"},"),
    ];
    prop_oneof![
        3 => prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..300),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 1_000 }))]

    #[test]
    fn chunking_changes_nothing(bytes in evidence(), sizes in prop::collection::vec(1usize..64, 1..6), max in prop_oneof![Just(24usize), Just(64 << 20)]) {
        let limits = Limits { max_record: max, ..Limits::default() };
        let whole = read_in_pieces(&bytes, &[1 << 20], &limits);
        prop_assert_eq!(read_in_pieces(&bytes, &sizes, &limits), whole);
    }

    #[test]
    fn good_lines_survive_any_neighbour(before in evidence(), after in evidence()) {
        let good = "{\"eventVersion\":\"1.08\",\"eventName\":\"the good one\"}";
        let bytes = [b"{\"first\":1}\n", before.as_slice(), b"\n", good.as_bytes(), b"\n", after.as_slice()].concat();
        let (got, _) = read_in_pieces(&bytes, &[4096], &Limits::default());
        let seen = got.iter().any(|item| item.text().contains("the good one"));
        prop_assert!(seen, "{:#?}", got);
    }

    #[test]
    fn nothing_but_separators_is_passed_over(lines in prop::collection::vec("[ -~]{0,30}", 0..12)) {
        let bytes = format!("{{\"first\":1}}\n{}", lines.join("\n")).into_bytes();
        let (got, _) = read_in_pieces(&bytes, &[4096], &Limits::default());
        let mut covered = vec![false; bytes.len()];
        for item in &got {
            let (offset, length) = match item {
                Got::Record { outer, .. } => (outer.0, u64::from(outer.1)),
                Got::Broken { offset, text, .. } => (*offset, text.len() as u64),
                Got::Refused { offset, length, .. } => (*offset, *length),
            };
            covered[offset as usize..(offset + length) as usize].fill(true);
        }
        for (at, byte) in bytes.iter().enumerate() {
            prop_assert!(covered[at] || matches!(byte, b' ' | b'\n' | b'\t' | b',' | b'[' | b']'), "byte {} ({:?})\n{:#?}", at, char::from(*byte), got);
        }
    }
}
