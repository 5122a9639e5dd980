//! Decodes any bytes as one record; when they are a JSON object, also with what makes them a CloudTrail record.
#![no_main]

use libfuzzer_sys::fuzz_target;
use outcrop::decode::{decode, json::Tape};

fuzz_target!(|bytes: &[u8]| {
    let mut tape = Tape::new();
    let _ = decode(bytes, &mut tape);
    if let Some(rest) = bytes.strip_prefix(b"{") {
        let record = [&b"{\"eventVersion\":\"1.08\",\"eventTime\":\"2026-01-01T00:00:00Z\",\"eventSource\":\"bedrock.amazonaws.com\",\"eventName\":\"X\","[..], rest].concat();
        let _ = decode(&record, &mut tape);
    }
});
