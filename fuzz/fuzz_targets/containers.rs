//! Reads any bytes as a source: nothing panics, every position lies inside, and unwrapping again gives the same record.
#![no_main]

use std::io::Read;
use std::ops::ControlFlow;

use libfuzzer_sys::fuzz_target;
use outcrop::decode::containers::{Item, Limits, compression_of, minified_key, plain, read_records, reason_to_skip, unwrap};

fuzz_target!(|stored: &[u8]| {
    let limits = Limits { max_record: 1 << 16, bomb_floor: 1 << 20, ..Limits::default() };
    let mut bytes = Vec::new();
    let _ = plain(Box::new(stored), compression_of(stored), &limits).read_to_end(&mut bytes);
    let _ = reason_to_skip("some/file.json", &bytes);
    read_records(&mut bytes.as_slice(), &limits, &mut |item| {
        match item {
            Item::Record { bytes: record, position, compact, .. } => {
                let outer = &bytes[position.offset as usize..][..position.length as usize];
                assert_eq!(unwrap(outer, position.wrap).as_deref(), Some(&*record));
                assert!(!compact || minified_key(&record).is_none());
            }
            Item::Broken { bytes: piece, position, .. } => {
                assert_eq!(piece, &bytes[position.offset as usize..][..position.length as usize]);
            }
            Item::Refused { offset, length, .. } => assert!(offset + length <= bytes.len() as u64),
        }
        ControlFlow::Continue(())
    });
});
