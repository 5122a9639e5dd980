//! Every CloudTrail event of the samples, against a table of what they say. The table was made without this program: by
//! another reader, written from the format's documentation, and then checked by eye.

#![cfg(test)]

mod table;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::ops::ControlFlow;

use outcrop::decode::containers::{Item, Limits, compression_of, plain, read_records};
use outcrop::decode::decode;
use outcrop::decode::json::Tape;

/// Who, with which key, on which bucket and the request's id are hashes.
const TABLE: &str = include_str!("samples_trail.tsv");

#[test]
fn every_event_is_what_it_says() {
    let Some(folder) = table::samples("cloudtrail") else { return };
    let rows = table::rows(TABLE);
    assert_eq!(rows.len(), 64);
    let (limits, mut tape) = (Limits::default(), Tape::default());
    let mut found = BTreeMap::new();
    for entry in folder.read_dir().expect("a folder") {
        let entry = entry.expect("an entry");
        let file = entry.file_name().into_string().expect("a name");
        let stored = std::fs::read(entry.path()).expect("bytes");
        let mut bytes = Vec::new();
        plain(Box::new(stored.as_slice()), compression_of(&stored), &limits).read_to_end(&mut bytes).expect("plain bytes");
        let mut number = 0;
        read_records(&mut bytes.as_slice(), &limits, &mut |item| {
            let Item::Record { bytes, .. } = item else { panic!("{file}: {item:?}") };
            number += 1;
            let event = decode(&bytes, &mut tape);
            assert_eq!(event.undecodable, None, "{file}:{number}");
            let hashed = |text: Option<&str>| table::or_dash(text.map(table::hash));
            found.insert(
                (file.clone(), number),
                vec![
                    ("time", table::or_dash(event.time)),
                    ("strand", table::or_dash(event.strand)),
                    ("service", table::or_dash(event.service.as_deref())),
                    ("action", table::or_dash(event.action.as_deref())),
                    ("principal", hashed(event.principal.as_deref())),
                    ("outcome", event.outcome.name().to_owned()),
                    ("error_code", table::or_dash(event.error_code.as_deref())),
                    ("model", table::or_dash(event.model.as_deref())),
                    ("bucket", hashed(event.bucket.as_deref())),
                    ("request_id", hashed(event.request_id.as_deref())),
                    ("key", hashed(event.key.as_deref())),
                    ("key_kind", event.key_kind.name().to_owned()),
                ],
            );
            ControlFlow::Continue(())
        });
    }
    table::compare(&rows, &found);
}
