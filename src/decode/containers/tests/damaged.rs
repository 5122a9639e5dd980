//! What is wrong with evidence: the good records around the damage are found, and the damage is told.

use super::*;
use crate::model::effort;

/// Records as `+text`, broken pieces as `-text`.
fn short(bytes: impl AsRef<[u8]>) -> Vec<String> {
    let sign = |item: &Got| match item {
        Got::Record { .. } => '+',
        Got::Broken { .. } => '-',
        Got::Refused { .. } => '!',
    };
    read(bytes).0.iter().map(|item| format!("{}{}", sign(item), item.text())).collect()
}

#[test]
fn good_records_behind_bad_ones_are_read() {
    for (text, expected) in [
        // A line cut off inside a string, inside a list, before a value, in a number.
        ("{\"a\":\"b\n{\"a\":1}\n{\"a\":2}\n", vec!["-{\"a\":\"b", "+{\"a\":1}", "+{\"a\":2}"]),
        ("{\"a\":[1,2,\n{\"a\":1}\n{\"a\":2}", vec!["-{\"a\":[1,2", "+{\"a\":1}", "+{\"a\":2}"]),
        ("{\"a\":\n{\"a\":1}\n", vec!["-{\"a\":", "+{\"a\":1}"]),
        ("{\"a\":1\n{\"a\":1}\n{\"a\":2}", vec!["-{\"a\":1", "+{\"a\":1}", "+{\"a\":2}"]),
        ("{\"a\":1}\n{\"a\":\n{\"a\":\n{\"a\":3}", vec!["+{\"a\":1}", "-{\"a\":", "-{\"a\":", "+{\"a\":3}"]),
        // No JSON at all, in one line of several, and before the first.
        ("{\"a\":1}\nnot json\nat all\n{\"a\":2}", vec!["+{\"a\":1}", "-not json\nat all", "+{\"a\":2}"]),
        ("rest of a record\"}\n{\"a\":2}\n", vec!["-rest of a record\"}", "+{\"a\":2}"]),
        ("{'a': 1}\n{\"a\":2}\n", vec!["-{'a': 1}", "+{\"a\":2}"]),
        // In a list: a bad token, a lost quote, a lost bracket.
        (r#"{"Records":[{"a":@},{"a":2}]}"#, vec!["-{\"a\":@}", "+{\"a\":2}"]),
        (r#"{"Records":[{"a":"b},{"a":1},{"a":2}]}"#, vec!["-{\"a\":\"b}", "+{\"a\":1}", "+{\"a\":2}"]),
        ("{\"Records\":[\n {\"a\":[1},\n {\"a\":2}\n]}", vec!["-{\"a\":[1}", "+{\"a\":2}"]),
        ("[null,{\"a\":1},7,8,\"s\",{\"a\":2}]", vec!["-null", "+{\"a\":1}", "-7,8", "-\"s\"", "+{\"a\":2}"]),
        // Stray brackets, NULs, a document in quotes that is none.
        ("{\"a\":1}}}]{\"a\":2}", vec!["+{\"a\":1}", "-}}]", "+{\"a\":2}"]),
        ("{\"a\":1}\n\0\0\0\n{\"a\":2}", vec!["+{\"a\":1}", "-\0\0\0", "+{\"a\":2}"]),
        ("[\"text\"]", vec!["-\"text\""]),
        // Pretty-printed, cut off: the nested objects are no records.
        ("{\n  \"a\": [\n    {\n      \"b\": 1\n    },\n    {\n", vec!["-{\n  \"a\": [\n    {\n      \"b\": 1\n    },\n    {"]),
        ("{\n  \"a\": {\n    \"b\"\n}\n{\n  \"a\": 2\n}\n", vec!["-{\n  \"a\": {\n    \"b\"\n}", "+{\n  \"a\": 2\n}"]),
        // Invalid UTF-8 and lone surrogates are no damage.
    ] {
        assert_eq!(short(text), expected, "{text}");
    }
    assert_eq!(read(b"{\"a\":\"\xff\xfe\"}\n{\"b\":\"\\ud800\"}").0.iter().filter(|item| item.is_record()).count(), 2);
}

#[test]
fn half_a_document_is_kept_and_told() {
    let (got, report) = read("{\"a\":1}\n{\"requestId\":\"r\",\"input\":{\"inp");
    assert_eq!(
        got[1],
        Got::Broken { text: "{\"requestId\":\"r\",\"input\":{\"inp".into(), offset: 8, reason: "cut off: the source ends inside it".into() }
    );
    assert_eq!(report.problem.as_deref(), Some("it ends inside a record"));
    let (got, report) = read("{\"Records\":[{\"a\":1},{\"a\":2}");
    assert_eq!((got.len(), report.problem.as_deref()), (2, Some("it ends inside its list, after 2 records")));
    let (got, report) = read("{\"Records\":[{\"a\":1}],\"x\":");
    assert_eq!((got.len(), report.problem.as_deref()), (1, Some("it ends inside its document, after 1 records")));
    let (got, report) = read("{\"Records\":[{\"a\":1}],\"x\":@}\n{\"a\":2}");
    assert_eq!(got.iter().filter(|item| item.is_record()).count(), 2, "{got:?}");
    assert!(report.problem.is_some_and(|problem| problem.starts_with("damaged behind its list, at byte 25")));
}

#[test]
fn a_source_that_fails_loses_nothing_before() {
    use flate2::write::GzEncoder;
    use std::io::Write;
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    for number in 0..5_000 {
        writeln!(encoder, "{{\"n\":{number},\"hash\":\"{}\"}}", short_hash(&number.to_string())).unwrap();
    }
    let stored = encoder.finish().unwrap();
    let half = &stored[..stored.len() / 2];
    let (mut found, mut broken) = (0, 0);
    let limits = Limits::default();
    let report = read_records(&mut plain(Box::new(half), compression_of(half), &limits), &limits, &mut |item| {
        match item {
            Item::Record { .. } => found += 1,
            _ => broken += 1,
        }
        ControlFlow::Continue(())
    });
    assert!(found > 1_000, "{found}");
    assert!(broken <= 1);
    assert_eq!(report.problem, Some(format!("gzip ended early after {} plain bytes", grouped(report.plain_bytes))));
}

#[test]
fn csv_rows_behind_a_lost_quote_are_read() {
    let text = "@timestamp,@message\n1,\"{\"\"a\"\":1}\n2,\"{\"\"a\"\":2}\"\n3,\"{\"\"a\"\":3}\"\n";
    assert_eq!(short(text), ["-1,\"{\"\"a\"\":1}", "+{\"a\":2}", "+{\"a\":3}"]);
}

#[test]
fn a_large_string_is_a_record() {
    let text = format!("{{\"a\":\"{}\"}}\n{{\"b\":1}}", "x".repeat(50 << 20));
    let (got, _) = read_in_pieces(text.as_bytes(), &[1 << 20], &Limits::default());
    assert_eq!((got.len(), got[0].text().len(), got[1].text()), (2, (50 << 20) + 8, "{\"b\":1}"));
}

/// Gives a record of any size without holding it.
struct Huge {
    head: &'static [u8],
    middle: u64,
    tail: &'static [u8],
}

impl Read for Huge {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.head.is_empty() && self.middle > 0 {
            let size = buffer.len().min(usize::try_from(self.middle).unwrap());
            buffer[..size].fill(b'x');
            self.middle -= size as u64;
            return Ok(size);
        }
        if self.head.is_empty() { self.tail.read(buffer) } else { self.head.read(buffer) }
    }
}

#[test]
fn a_record_beyond_the_limit_is_refused_and_reading_goes_on() {
    for head in [&b"{\"a\":1}\n{\"a\":\""[..], b"{\"Records\":[{\"a\":1},{\"a\":\""] {
        let mut source = Huge { head, middle: 200 << 20, tail: b"\"},{\"a\":3}]}" };
        let mut got = Vec::new();
        read_records(&mut source, &Limits::default(), &mut |item| {
            got.push(match item {
                Item::Record { bytes, .. } => String::from_utf8(bytes.into_owned()).unwrap(),
                Item::Broken { bytes, .. } => format!("-{}", String::from_utf8_lossy(bytes)),
                Item::Refused { length, reason, .. } => format!("refused {length}: {reason}"),
            });
            ControlFlow::Continue(())
        });
        let refused = format!("refused {}: larger than 67,108,864 bytes", (200 << 20) + 8);
        assert_eq!(&got[..3], ["{\"a\":1}", &refused, "{\"a\":3}"]);
    }
}

#[test]
fn limits_hold_in_every_form() {
    let limits = Limits { max_record: 40, ..Limits::default() };
    let long = "y".repeat(100);
    for text in [
        format!("{{\"a\":1}}\n{{\"a\":\"{long}\"}}\n{{\"a\":2}}"),
        format!("[{{\"a\":1}},[\"{long}\"],{{\"a\":2}}]"),
        format!("{{\"events\":[{{\"message\":\"{{\\\"a\\\":1}}\"}},{{\"message\":\"{{{long}\"}},{{\"message\":\"{{\\\"a\\\":2}}\"}}]}}"),
        format!("2026-10-05T10:00:00.000Z {{\"a\":1}}\n2026-10-05T10:00:00.000Z {{\"a\":\"{long}\"}}\n2026-10-05T10:00:00.000Z {{\"a\":2}}\n"),
        format!("@message\n\"{{\"\"a\"\":1}}\"\n\"{{\"\"a\"\":\"\"{long}\"\"}}\"\n\"{{\"\"a\"\":2}}\"\n"),
    ] {
        for size in [1, 3, 4096] {
            let (got, report) = read_in_pieces(text.as_bytes(), &[size], &limits);
            let found: Vec<&str> = got.iter().filter(|item| item.is_record()).map(Got::text).collect();
            assert_eq!((found, report.refused), (vec!["{\"a\":1}", "{\"a\":2}"], 1), "{text}\n{got:?}");
        }
    }
}

/// Input made to make recovery expensive: it must stay linear. A square would be a hundred thousand looks for each byte.
#[test]
fn damage_alone_is_cheap() {
    let looks = |unit: &'static str| {
        let text = unit.repeat((2 << 20) / unit.len());
        let looks = effort::of(|| drop(read_in_pieces(text.as_bytes(), &[1 << 16], &Limits::default())));
        (looks / text.len(), unit)
    };
    let units = [
        "{\"a\":\n",
        "{\"a\":[@},",
        "[{\"a\":[\n",
        "{\"a\":\"\n",
        "}{",
        "[",
        "{\"Records\":[{\"a\":",
        "[{\"eventName\":\"A\"},",
        "[{\"eventName\":\"A\"}]",
        "[[{\"field\":\"a\",\"value\":1},",
        "\"{\n",
        " {\"a\":\n{\"a\":[",
    ];
    let most = units.into_iter().map(looks).max();
    assert!(matches!(most, Some((1..100, _))), "looks for each byte: {most:?}");
}
