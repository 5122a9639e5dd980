//! Blind windows: what opens and closes them, and which calls are in them.

use super::changes::PUT;
use super::written::{EAST, WEST, Written, clock, invocation, of, of_sources};
use crate::model::{Controls, Entity, EntityKind};
use crate::stitch::controls::window_scope;

const OFF: &str = "DeleteModelInvocationLoggingConfiguration";
const ON: &str = "PutModelInvocationLoggingConfiguration";

fn call(at: &'static str, request: &str) -> Written {
    let mut call = Written::new(at, "InvokeModel", r#"{"modelId":"anthropic.claude-v2"}"#);
    request.clone_into(&mut call.request_id);
    call
}

/// From, to, and the times of the calls inside.
fn windows(found: &Controls) -> Vec<(String, Option<String>, Vec<String>)> {
    let clock = |time: crate::model::Timestamp| time.clock()[..8].to_owned();
    let calls = |refs: &[crate::model::EventRef]| refs.iter().filter_map(|event| event.time()).map(clock).collect();
    found.windows.iter().map(|window| (clock(window.from), window.to.map(clock), calls(&window.invocations))).collect()
}

fn window(from: &str, to: Option<&str>, calls: &[&str]) -> (String, Option<String>, Vec<String>) {
    (from.to_owned(), to.map(str::to_owned), calls.iter().map(|call| (*call).to_owned()).collect())
}

#[test]
fn a_window_holds_the_calls_that_nobody_wrote_down() {
    let mut trail: Vec<String> = [
        Written::new("01:00:00", ON, PUT),
        call("01:30:00", "before"),
        Written::new("02:00:00", OFF, "null"),
        call("02:10:00", "in-1"),
        call("02:20:00", "under-way"),
        call("02:30:00", "elsewhere").in_region(EAST),
        Written::new("02:40:00", "Converse", "{}"),
        Written::new("02:41:00", "ListFoundationModels", "{}"),
        Written::new("02:42:00", "InvokeModel", "{}").refused("AccessDeniedException", "no"),
        Written::new("02:50:00", OFF, "null"),
        Written::new("03:00:00", ON, PUT),
        call("03:30:00", "after"),
    ]
    .iter()
    .map(Written::json)
    .collect();
    // The record of a call that began before logging went off.
    let records = ["before", "under-way", "after"]
        .map(|request| invocation("01:59:59", request, r#""operation":"InvokeModel","modelId":"anthropic.claude-v2""#));
    let found = of_sources(&[trail.clone(), records.to_vec()]);
    assert_eq!(windows(&found), [window("02:00:00", Some("03:00:00"), &["02:10:00", "02:40:00", "02:42:00"])]);
    let only = &found.windows[0];
    let actions: Vec<(&str, u64)> = only.actions.iter().map(|(action, count)| (&**action, *count)).collect();
    assert_eq!(actions, [("InvokeModel", 2), ("Converse", 1)]);
    assert_eq!(only.callers, [("111122223333/user/mallory".into(), 3)]);
    assert_eq!((only.opened_by, only.closed_by), (found.changes[1].evidence, Some(found.changes[3].evidence)));
    // Its scope shows those calls, whatever they were.
    let scope = window_scope(only);
    assert_eq!((scope.range.since, scope.range.until), (Some(clock("02:00:00")), Some(clock("03:00:00"))));
    assert!(scope.entities.contains(&Entity::new(EntityKind::Region, WEST)) && scope.entities.contains(&Entity::new(EntityKind::Action, "Converse")));
    let (_folder, mut reader) = super::written::case_of(&[trail.split_off(0), records.to_vec()]);
    let shown = reader.refs(&scope).unwrap();
    assert_eq!(shown.len(), 4, "the three, and the one that was under way");
}

#[test]
fn what_was_refused_opens_nothing_and_a_put_without_text_does() {
    let refused = of(&[Written::new("01:00:00", ON, PUT), Written::new("02:00:00", OFF, "null").refused("AccessDeniedException", "no")]);
    assert_eq!(windows(&refused), []);
    let mute = PUT.replace("\"textDataDeliveryEnabled\":true", "\"textDataDeliveryEnabled\":false");
    let nowhere = r#"{"loggingConfig":{"textDataDeliveryEnabled":true}}"#;
    let images = PUT.replace("\"imageDataDeliveryEnabled\":true", "\"imageDataDeliveryEnabled\":false");
    for (put, opens) in [(mute.as_str(), true), (nowhere, true), (images.as_str(), false), (PUT, false)] {
        let found = of(&[Written::new("02:00:00", ON, put), call("02:30:00", "x")]);
        let expected = if opens { vec![window("02:00:00", None, &["02:30:00"])] } else { Vec::new() };
        assert_eq!(windows(&found), expected, "{put}");
    }
    // A Put that is refused closes nothing, one that stays mute neither.
    let found = of(&[
        Written::new("02:00:00", OFF, "null"),
        Written::new("02:10:00", ON, PUT).refused("AccessDeniedException", "no"),
        Written::new("02:20:00", ON, &mute),
        Written::new("02:30:00", ON, PUT),
    ]);
    assert_eq!(windows(&found), [window("02:00:00", Some("02:30:00"), &[])]);
}

#[test]
fn a_region_says_nothing_of_another() {
    let found = of(&[
        Written::new("02:00:00", OFF, "null"),
        call("02:05:00", "west"),
        call("02:06:00", "east").in_region(EAST),
        Written::new("02:10:00", ON, PUT).in_region(EAST),
    ]);
    assert_eq!(windows(&found), [window("02:00:00", None, &["02:05:00"])]);
    let east = found.changes.iter().find(|change| change.place.region.as_deref() == Some(EAST)).expect("the Put");
    assert_eq!(east.before, None, "what was switched off in the west is not known of the east");
}

#[test]
fn a_trail_that_is_off_is_a_window_with_what_the_other_log_saw() {
    let trail = [
        Written::new("00:10:00", "CreateTrail", r#"{"name":"mgmt","s3BucketName":"b","isMultiRegionTrail":false}"#),
        Written::new("01:00:00", "StartLogging", r#"{"name":"mgmt"}"#),
        Written::new("02:00:00", "StopLogging", r#"{"name":"mgmt"}"#),
        call("02:10:00", "seen-by-another-trail"),
        Written::new("02:30:00", "StartLogging", r#"{"name":"other"}"#),
        Written::new("03:00:00", "StartLogging", r#"{"name":"arn:aws:cloudtrail:us-west-2:111122223333:trail/mgmt"}"#),
        Written::new("04:00:00", "DeleteTrail", r#"{"name":"mgmt"}"#),
        Written::new("04:30:00", "CreateTrail", r#"{"name":"mgmt","s3BucketName":"b"}"#),
    ]
    .iter()
    .map(Written::json)
    .collect::<Vec<_>>();
    let rest = r#""operation":"InvokeModel","modelId":"anthropic.claude-v2""#;
    let records = [("01:10:00", "early"), ("02:10:00", "seen-by-another-trail"), ("02:20:00", "alone"), ("04:40:00", "later")];
    let records = records.map(|(at, request)| invocation(at, request, rest)).to_vec();
    let found = of_sources(&[trail, records]);
    // A trail that is made again records once it is started, not before.
    assert_eq!(windows(&found), [window("02:00:00", Some("03:00:00"), &["02:20:00"]), window("04:00:00", None, &["04:40:00"])]);
    assert!(found.windows.iter().all(|window| window.control.id == "mgmt" && !window.all_regions));
}
