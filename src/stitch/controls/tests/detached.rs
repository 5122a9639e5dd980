//! A caller who used a guardrail and then no longer does: the case, and what only looks like it.

use super::written::{Written, clock, invocation, of_sources};
use crate::model::{Change, ControlKind};
use crate::stitch::controls::state_at;

/// A Converse record: with a guardrail's trace, without, or one that cannot tell.
fn exchange(at: &str, kind: &str) -> String {
    let model = r#""operation":"Converse","modelId":"anthropic.claude-v2""#;
    let ask = r#""input":{"inputContentType":"application/json","inputBodyJson":{"messages":[{"role":"user","content":[{"text":"hello"}]}]"#;
    let answer = r#""output":{"outputContentType":"application/json","outputBodyJson":{"output":{"message":{"role":"assistant","content":[{"text":"hi"}]}},"stopReason":"end_turn""#;
    let rest = match kind {
        "with" => format!(
            r#"{model},{ask},"guardrailConfig":{{"guardrailIdentifier":"gr1","guardrailVersion":"1"}}}}}},{answer},"trace":{{"guardrail":{{"inputAssessment":{{"gr1":{{}}}}}}}}}}}}"#
        ),
        "without" => format!("{model},{ask}}}}},{answer}}}}}"),
        "other-model" => format!("{},{ask}}}}},{answer}}}}}", model.replace("claude-v2", "claude-v3")),
        "other-operation" => format!("{},{ask}}}}},{answer}}}}}", model.replace("Converse", "ConverseStream")),
        "failed" => format!(r#"{model},"errorCode":"ThrottlingException",{ask}}}}}"#),
        "no-body" => format!(r#"{model},"input":{{"inputContentType":"application/json"}},"output":{{}}"#),
        "in-s3" => format!(r#"{model},"input":{{"inputBodyS3Path":"s3://b/k_input.json.gz"}},{answer}}}}}"#),
        other => panic!("{other}"),
    };
    invocation(at, &format!("{at} {kind}"), &rest)
}

fn of(kinds: &[&str]) -> crate::model::Controls {
    let records = kinds.iter().enumerate().map(|(number, kind)| exchange(&format!("10:{number:02}:00"), kind)).collect();
    of_sources(&[records])
}

#[test]
fn three_without_after_some_with_and_none_after() {
    let found = of(&["with", "with", "without", "without", "without"]);
    let [change] = found.changes.as_slice() else { panic!("{:?}", found.changes) };
    assert_eq!((change.change, change.control.kind, change.control.id.as_str()), (Change::Detached, ControlKind::Guardrail, "gr1"));
    assert_eq!((change.time(), change.principal.as_deref(), change.inferred), (Some(clock("10:02:00")), Some("111122223333/user/app"), true));
    let (before, after) = (change.before.as_deref().unwrap(), change.after.as_deref().unwrap());
    assert_eq!(before, "2 Converse of anthropic.claude-v2 with a guardrail, the last at 2026-11-11T10:01:00.000Z");
    assert!(after.starts_with("3 without one and none with it") && after.contains("inferred"), "{after}");
    // The guardrail itself was not touched; that its records arrive says that logging is on.
    let state: Vec<_> = state_at(&found, None).into_iter().map(|state| (state.control.kind, state.since)).collect();
    assert_eq!(state, [(ControlKind::InvocationLogging, Some(clock("10:00:00")))]);
}

#[test]
fn what_only_looks_like_it() {
    for kinds in [
        &["with", "without", "without"] as &[&str],
        &["without", "without", "without", "without"],
        &["with", "without", "without", "without", "with"],
        &["without", "without", "without", "with"],
        &["with", "other-model", "other-model", "other-model"],
        &["with", "other-operation", "other-operation", "other-operation"],
        &["with", "failed", "failed", "failed", "failed"],
        &["with", "no-body", "no-body", "no-body"],
        &["with", "in-s3", "in-s3", "in-s3"],
        &["with", "without", "without", "failed", "no-body"],
    ] {
        assert_eq!(of(kinds).changes, [], "{kinds:?}");
    }
}

#[test]
fn in_the_same_second_nobody_can_say_which_came_first() {
    let at = |time: &str, kind: &str, number: usize| exchange(time, kind).replace(&format!("{time} {kind}"), &format!("r{number}"));
    let together = [("10:00:00", "with"), ("10:00:00", "without"), ("10:00:00", "without"), ("10:00:00", "without")];
    for turn in 0..together.len() {
        let mut order = together;
        order.rotate_left(turn);
        let records: Vec<String> = order.iter().enumerate().map(|(number, (time, kind))| at(time, kind, number)).collect();
        assert_eq!(of_sources(&[records]).changes, []);
    }
}

#[test]
fn no_guardrail_anywhere_costs_no_second_look() {
    let found = of_sources(&[vec![Written::new("01:00:00", "InvokeModel", "{}").json()], vec![exchange("10:00:00", "without")]]);
    assert_eq!(found.changes, []);
}
