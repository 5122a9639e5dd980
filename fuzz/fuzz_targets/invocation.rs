//! Decodes any bytes as the bodies of an invocation record, for the list and in full.
#![no_main]

use libfuzzer_sys::fuzz_target;
use outcrop::decode::{Bodies, decode, exchange, json::Tape};

fuzz_target!(|bytes: &[u8]| {
    let mut tape = Tape::new();
    let _ = decode(bytes, &mut tape);
    let _ = exchange(bytes, &Bodies::default());
    let (input, output) = bytes.split_at(bytes.len() / 2);
    let record = [
        &b"{\"schemaType\":\"ModelInvocationLog\",\"requestId\":\"r\",\"timestamp\":\"2026-01-01T00:00:00Z\",\"input\":{\"inputBodyJson\":"[..],
        input,
        b"},\"output\":{\"outputBodyJson\":",
        output,
        b"}}",
    ]
    .concat();
    let _ = decode(&record, &mut tape);
    let _ = exchange(&record, &Bodies::default());
});
