//! The order of arrival, copies and ties do not matter.

use proptest::prelude::*;

use super::changes::PUT;
use super::written::{EAST, Written, of, of_sources};
use crate::model::{Change, Controls};
use crate::stitch::controls::state_at;

/// Everything a case says, without what depends on row numbers.
fn told(found: &Controls) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for change in &found.changes {
        let parts = (change.evidence.uid(), change.time(), &change.place, &change.control, change.change, change.outcome);
        lines.push(format!("{parts:?} {:?} {:?} {:?} {:?}", change.before, change.after, change.state, change.holds_logs));
    }
    for window in &found.windows {
        let closed = window.closed_by.map(|evidence| evidence.uid());
        lines.push(format!(
            "{:?} {:?} {:?} {} {closed:?} {}",
            window.place,
            window.from,
            window.to,
            window.opened_by.uid(),
            window.invocations.len()
        ));
    }
    lines.extend(state_at(found, None).iter().map(|state| format!("{state:?}")));
    lines
}

fn written() -> impl Strategy<Value = Written> {
    let times = prop::sample::select(vec!["01:00:00", "01:00:00", "02:00:00", "03:00:00", "04:00:00", "05:00:00"]);
    let kinds = prop::sample::select(vec![
        ("PutModelInvocationLoggingConfiguration", PUT),
        ("DeleteModelInvocationLoggingConfiguration", "null"),
        ("DeleteGuardrail", r#"{"guardrailIdentifier":"gr1"}"#),
        ("DeleteGuardrail", r#"{"guardrailIdentifier":"gr1","guardrailVersion":"1"}"#),
        ("CreateGuardrailVersion", r#"{"guardrailIdentifier":"gr1"}"#),
        ("StopLogging", r#"{"name":"t"}"#),
        ("StartLogging", r#"{"name":"t"}"#),
        ("CreateTrail", r#"{"name":"t","s3BucketName":"acme-logs"}"#),
        ("PutBucketPolicy", r#"{"bucketName":"acme-logs"}"#),
        ("InvokeModel", "{}"),
    ]);
    (times, kinds, any::<bool>(), any::<bool>(), 0..4_u8).prop_map(|(at, (action, request), east, refused, number)| {
        let mut record = Written::new(at, action, request);
        record.event_id = format!("{}-{number}", record.event_id);
        record.request_id.clone_from(&record.event_id);
        let record = if east { record.in_region(EAST) } else { record };
        if refused { record.refused("AccessDenied", "no") } else { record }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn order_of_arrival_does_not_change_the_result(records in prop::collection::vec(written(), 0..14), turn in 0..14_usize, split in 0..14_usize, again in 0..14_usize) {
        // Sources of one record each: what is in a file keeps its place there.
        let alone: Vec<Vec<String>> = records.iter().map(|record| vec![record.json()]).collect();
        let mut other = alone.clone();
        other.rotate_left(turn.min(alone.len()));
        let middle = split.min(other.len());
        other[middle..].reverse();
        // A copy that another trail delivered: the same event, written a little otherwise.
        if let Some(copy) = records.get(again) {
            other.insert(0, vec![copy.json().replacen("{\"eventVersion\":\"1.11\"", "{\"eventVersion\":\"1.10\"", 1)]);
        }
        let (one, two) = (of_sources(&alone), of_sources(&other));
        prop_assert_eq!(one.changes.len(), two.changes.len());
        if records.get(again).is_none() {
            prop_assert_eq!(told(&one), told(&two));
        } else {
            // Either copy may be the one that counts, nothing else differs.
            let states = |found: &Controls| state_at(found, None);
            prop_assert_eq!(states(&one), states(&two));
        }
    }
}

#[test]
fn copies_of_several_trails_count_once() {
    let mut one = Written::new("01:00:00", "DeleteGuardrail", r#"{"guardrailIdentifier":"gr1"}"#);
    one.event_id = "the-same".to_owned();
    let copy = one.json().replacen("1.11", "1.10", 1);
    let found = of_sources(&[vec![one.json()], vec![copy]]);
    assert_eq!(found.changes.len(), 1);
    // Exports with one id for all lose nothing.
    let mut two = Written::new("02:00:00", "DeleteGuardrail", r#"{"guardrailIdentifier":"gr2"}"#);
    two.event_id = "the-same".to_owned();
    assert_eq!(of(&[one, two]).changes.len(), 2);
}

#[test]
fn in_the_same_second_the_place_in_the_file_tells() {
    let put = Written::new("01:00:00", "PutModelInvocationLoggingConfiguration", PUT);
    let delete = Written::new("01:00:00", "DeleteModelInvocationLoggingConfiguration", "null");
    let words = |records: &[Written]| of(records).changes.iter().map(|change| change.change).collect::<Vec<_>>();
    assert_eq!(words(&[put.clone(), delete.clone()]), [Change::Enabled, Change::Disabled]);
    assert_eq!(words(&[delete.clone(), put.clone()]), [Change::Disabled, Change::Enabled]);
    assert_eq!(of(&[put.clone(), delete.clone()]).windows.len(), 1);
    let reopened = of(&[delete, put]);
    assert_eq!(reopened.windows.iter().map(|window| window.to).collect::<Vec<_>>(), [Some(reopened.windows[0].from)]);
}

#[test]
fn what_has_no_time_is_listed_and_moves_nothing() {
    let record =
        Written::new("01:00:00", "DeleteModelInvocationLoggingConfiguration", "null").json().replace("\"eventTime\":\"2026-11-11T01:00:00Z\",", "");
    let found = of_sources(&[vec![record]]);
    assert_eq!((found.changes.len(), found.windows.len()), (1, 0));
    assert_eq!(state_at(&found, None), []);
}
