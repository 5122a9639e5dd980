//! Derived fields: the case's columns say the same as the records, and every field is documented.

#![cfg(test)]

mod evidence;

use std::collections::{BTreeMap, BTreeSet};

use outcrop::case::Reader;
use outcrop::decode::json::Tape;
use outcrop::decode::{Bodies, Fields};
use outcrop::model::{Comparison, EventId, FIELDS, FieldFilter, FieldKind, FieldValue, Scope, parse_field_filters};
use outcrop::source::{Input, demo};

fn demo_case() -> (tempfile::TempDir, Reader) {
    let options = demo::Options { events: 1500, ..demo::Options::default() };
    let inputs = demo::files(&options).map(Input::from);
    let (folder, case) = evidence::case_of(inputs);
    let reader = case.reader().expect("a reader");
    (folder, reader)
}

fn ids(reader: &mut Reader, filters: Vec<FieldFilter>) -> BTreeSet<EventId> {
    let scope = Scope { fields: filters, ..Scope::all() };
    reader.refs(&scope).expect("a list").iter().map(|event| event.id).collect()
}

/// Fields for which a record is read as a whole, with the bodies beside it.
const RECORD_WIDE: [&str; 9] =
    ["x.user_text", "x.completion", "x.thinking", "x.system", "x.guard_findings", "x.guard_policies", "x.guardrail", "x.secrets", "x.hidden"];

/// The texts by which a value is found with `=`.
fn spellings(value: &FieldValue) -> Vec<String> {
    match value {
        FieldValue::Missing => Vec::new(),
        FieldValue::Text(text) => vec![text.clone()],
        FieldValue::Number(number) => vec![number.to_string()],
        FieldValue::Flag(flag) => vec![flag.to_string()],
        FieldValue::List(texts) => texts.clone(),
    }
}

#[test]
fn columns_say_what_the_records_say() {
    let (_folder, mut reader) = demo_case();
    let all: Vec<EventId> = reader.refs(&Scope::all()).expect("a list").iter().map(|event| event.id).collect();
    // By field and value the events that have it, told by the records alone.
    let mut told: BTreeMap<&str, BTreeMap<String, BTreeSet<EventId>>> = BTreeMap::new();
    for event in reader.events(&all).expect("events") {
        let record = reader.record(&event).expect("its record");
        let stored = event.request_id.as_deref().map(|request| reader.bodies(request)).and_then(Result::ok).unwrap_or_default();
        let bodies = Bodies { input: stored.input, output: stored.output };
        // What the case keeps of an exchange in columns is what stood in the record; bodies beside it are read when it is shown.
        let none = Bodies::default();
        let (mut tape, mut other) = (Tape::new(), Tape::new());
        let (with, without) = (Fields::of(&record, &mut tape, &bodies), Fields::of(&record, &mut other, &none));
        for field in FIELDS.iter().filter(|field| !matches!(field.name, "x.joined" | "x.calls")) {
            let in_columns = !RECORD_WIDE.contains(&field.name) && field.name != "x.prefix";
            let value = if in_columns { without.get(field.name) } else { with.get(field.name) };
            for text in spellings(&value) {
                told.entry(field.name).or_default().entry(text).or_default().insert(event.id);
            }
        }
    }
    for field in FIELDS.iter().filter(|field| !matches!(field.name, "x.joined" | "x.calls")) {
        let values = told.get(field.name).unwrap_or_else(|| panic!("the demo has no {}", field.name));
        // A record-wide field is read from every record: a few values are enough.
        let most = if RECORD_WIDE.contains(&field.name) { 2 } else { 8 };
        for (value, expected) in values.iter().filter(|(value, _)| !value.is_empty()).take(most) {
            let filter = |comparison| vec![FieldFilter { name: field.name, comparison, value: value.clone() }];
            assert_eq!(&ids(&mut reader, filter(Comparison::Is)), expected, "{} = {value}", field.name);
            let others: BTreeSet<EventId> = all.iter().copied().filter(|id| !expected.contains(id)).collect();
            assert_eq!(ids(&mut reader, filter(Comparison::IsNot)), others, "{} != {value}", field.name);
        }
        if field.kind == FieldKind::Number {
            let above = FieldFilter { name: field.name, comparison: Comparison::Above, value: "100".to_owned() };
            let expected: BTreeSet<EventId> =
                values.iter().filter(|(value, _)| value.parse::<f64>().is_ok_and(|value| value > 100.0)).flat_map(|(_, ids)| ids.clone()).collect();
            assert_eq!(ids(&mut reader, vec![above]), expected, "{} > 100", field.name);
        }
    }
}

#[test]
fn what_only_a_case_can_tell() {
    let (_folder, mut reader) = demo_case();
    let mut found = |text: &str| ids(&mut reader, parse_field_filters(text).expect("sound"));
    // The agent's loop.
    assert_eq!(found("x.calls >= 40").len(), 40);
    // Twelve calls in us-west-2 while nobody wrote them down (README), and what never writes a record.
    let silent = found("x.invoke and x.ok and x.joined = false and x.key = AKIALEAKDEMO7EXAMPLE");
    let all = found("x.invoke and x.ok and x.key = AKIALEAKDEMO7EXAMPLE");
    assert!(silent.len() >= 12 && silent.len() < all.len(), "{} of {}", silent.len(), all.len());
    let both = found("x.invoke and x.joined and x.key = AKIALEAKDEMO7EXAMPLE and x.ok");
    assert_eq!(both.len() + silent.len(), all.len());
}

#[test]
fn every_field_is_documented() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/FIELDS.md")).expect("docs/FIELDS.md");
    let missing: Vec<&str> = FIELDS.iter().map(|field| field.name).filter(|name| !text.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
