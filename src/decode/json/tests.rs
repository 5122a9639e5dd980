//! Against RFC 8259 by hand, and against serde_json as an oracle on everything serde_json accepts.

use proptest::prelude::*;

use super::*;

fn same(ours: Value<'_>, theirs: &serde_json::Value) -> bool {
    match theirs {
        serde_json::Value::Null => ours.kind() == Kind::Null,
        serde_json::Value::Bool(expected) => ours.boolean() == Some(*expected),
        serde_json::Value::Number(expected) => ours.number() == expected.as_f64(),
        serde_json::Value::String(expected) => ours.text().as_deref() == Some(expected),
        serde_json::Value::Array(expected) => ours.len() == expected.len() && ours.items().zip(expected).all(|(a, b)| same(a, b)),
        serde_json::Value::Object(expected) => {
            ours.len() == expected.len() && ours.entries().zip(expected).all(|((key, a), (name, b))| key.text() == *name && same(a, b))
        }
    }
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        (-1e9..1e9f64).prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            // Sorted keys, since serde_json's map sorts.
            prop::collection::btree_map(any::<String>(), inner, 0..6).prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn reads_what_serde_json_writes(value in any_json(), pretty in any::<bool>()) {
        let bytes = if pretty { serde_json::to_vec_pretty(&value) } else { serde_json::to_vec(&value) }.expect("serialises");
        let mut tape = Tape::new();
        prop_assert_eq!(tape.parse(&bytes), End::Complete(bytes.len()));
        prop_assert!(same(tape.root(&bytes), &value));
    }

    #[test]
    fn never_panics_and_never_reads_outside(bytes in prop::collection::vec(prop_oneof![
        Just(b'{'), Just(b'}'), Just(b'['), Just(b']'), Just(b'"'), Just(b'\\'), Just(b','), Just(b':'), Just(b'u'), Just(b'1'), any::<u8>()
    ], 0..200)) {
        let tape = Tape::of(&bytes);
        walk(tape.root(&bytes));
    }

    #[test]
    fn escapes_are_told_as_by_an_expression(bytes in prop::collection::vec(prop::sample::select(b"ab\\\\\\\\nr/\"".as_slice()), 0..24)) {
        let only = |letters: &str| regex::bytes::Regex::new(&format!(r"^(?:[^\\]|\\[{letters}])*$")).unwrap().is_match(&bytes);
        let survey = Survey::of(&bytes, true);
        prop_assert_eq!(survey.only_escapes(&bytes, *b"\"nrt\\"), only(r#""nrt\\"#));
        prop_assert_eq!(survey.only_escapes(&bytes, *b"\"nrt/"), only(r#""nrt/"#));
        prop_assert_eq!(survey.only_escapes(&bytes, *b"\"nrtb"), only(r#""nrtb"#));
    }

    #[test]
    fn printable_is_every_byte(bytes in prop::collection::vec(prop_oneof![300 => b' '..=b'~', 1 => any::<u8>()], 0..400), escaped in any::<bool>()) {
        prop_assert_eq!(Survey::of(&bytes, escaped).is_printable(), bytes.iter().all(|byte| (b' '..=b'~').contains(byte)));
    }

    #[test]
    fn a_cut_document_keeps_what_stands_before_the_cut(value in any_json(), cut in 0.0..1.0f64) {
        let bytes = serde_json::to_vec(&serde_json::json!({"first": "kept", "rest": value})).expect("serialises");
        let at = 16 + ((bytes.len() - 17) as f64 * cut) as usize;
        let part = bytes.get(..at).expect("inside");
        let mut tape = Tape::new();
        prop_assert_eq!(tape.parse(part), End::Truncated);
        prop_assert!(tape.problem().is_some());
        let root = tape.root(part);
        let first = root.get("first").text();
        prop_assert_eq!(first.as_deref(), Some("kept"));
    }
}

fn walk(value: Value<'_>) {
    let _ = (value.raw(), value.text(), value.count(), value.json());
    value.items().for_each(walk);
    value.entries().for_each(|(key, value)| {
        let _ = key.text();
        walk(value);
    });
}

#[test]
fn lone_surrogates_are_read() {
    let bytes = br#"{"a":"x\ud800y","b":"\udc00","pair":"\ud83d\ude42","cut":"\ud8"}"#;
    let tape = Tape::of(bytes);
    let root = tape.root(bytes);
    assert_eq!(root.get("a").text().as_deref(), Some("x\u{10d800}y"));
    assert_eq!(root.get("b").text().as_deref(), Some("\u{10dc00}"));
    assert_eq!(root.get("pair").text().as_deref(), Some("🙂"));
    assert_eq!(root.get("cut").text().as_deref(), Some("\\ud8"));
}

#[test]
fn paths_and_missing_values() {
    let bytes = br#"{"input":{"inputBodyJson":{"messages":[{"role":"user"},{"role":"assistant"}]}},"n":28.0,"q":"7","t":"True","x":null}"#;
    let tape = Tape::of(bytes);
    let root = tape.root(bytes);
    assert!(root.at("input.inputBodyJson.messages.1.role").is("assistant"));
    assert_eq!(root.at("input.nothing.at.all").kind(), Kind::Missing);
    assert_eq!((root.get("n").count(), root.get("q").count(), root.get("t").boolean()), (Some(28), Some(7), Some(true)));
    assert!(!root.get("x").is_some());
    assert_eq!(root.at("input.inputBodyJson.messages").raw(), br#"[{"role":"user"},{"role":"assistant"}]"#);
}

#[test]
fn documents_one_after_another() {
    let bytes = b"\xEF\xBB\xBF {\"a\":1} \n{\"b\":2}";
    let mut tape = Tape::new();
    let End::Complete(end) = tape.parse(bytes) else { panic!("a document") };
    assert_eq!(bytes.get(end..), Some(&b" \n{\"b\":2}"[..]));
}

#[test]
fn deep_nesting_is_kept_as_bytes() {
    let mut bytes = vec![b'['; 100_000];
    bytes.extend(vec![b']'; 100_000]);
    let mut tape = Tape::new();
    assert_eq!(tape.parse(&bytes), End::Complete(200_000));
    let mut value = tape.root(&bytes);
    let mut depth = 0;
    while value.is_array() {
        value = value.item(0);
        depth += 1;
    }
    assert_eq!((depth, value.kind()), (Tape::MAX_DEPTH, Kind::Deep));
}

#[test]
fn damage_is_named() {
    for (bytes, end) in [
        (&b"{\"a\" 1}"[..], End::Broken(5)),
        (b"[1 2]", End::Broken(3)),
        (b"{a:1}", End::Broken(1)),
        (b"nope", End::Broken(0)),
        (b"  \n", End::Empty),
        (b"\"abc", End::Truncated),
        (b"{\"a\":", End::Truncated),
    ] {
        assert_eq!(Tape::new().parse(bytes), end, "{}", String::from_utf8_lossy(bytes));
    }
}
