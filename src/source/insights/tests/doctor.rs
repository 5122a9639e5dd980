//! What the doctor says in each case it was made for.

use std::sync::atomic::AtomicBool;

use super::super::doctor::{Allowed, Checkup, Weight, checked, policy};
use super::super::{NEEDED, ReadAction};
use super::fake::{Fake, Mishap, hurried};
use crate::model::Timestamp;

const NOW: i64 = 1_793_750_400_000;
const RECORD: &str = r#"{"schemaType":"ModelInvocationLog","modelId":"m","requestId":"r","timestamp":"2026-11-04T00:00:00Z"}"#;
const TRAIL: &str = r#"{"eventVersion":"1.08","eventName":"InvokeModel","eventSource":"bedrock.amazonaws.com","eventTime":"2026-11-04T00:00:00Z"}"#;

fn examined(fake: &Fake) -> Checkup {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(checked(&fake.link(hurried()), Timestamp::from_millis(NOW), &AtomicBool::new(false)))
}

fn problems(checkup: &Checkup) -> Vec<String> {
    checkup
        .findings
        .iter()
        .filter(|finding| finding.weight == Weight::Problem)
        .map(|finding| format!("{} -> {}", finding.what, finding.remedy))
        .collect()
}

/// Records of a minute ago in both groups.
fn well() -> Fake {
    let fake = Fake::new();
    fake.put("/aws/bedrock/modelinvocations", [(NOW - 60_000, RECORD.to_owned())]);
    fake.put("org-trail", [(NOW - 60_000, TRAIL.to_owned())]);
    fake
}

#[test]
fn all_well() {
    let checkup = examined(&well());
    assert_eq!(checkup.findings, []);
    assert_eq!(checkup.actions.len(), NEEDED.len());
    assert!(checkup.actions.iter().all(|(action, allowed)| NEEDED.contains(action) && *allowed == Allowed::Yes), "{:?}", checkup.actions);
    let identity = checkup.identity.unwrap();
    assert_eq!((identity.account.as_str(), identity.key.as_str()), ("111122223333", "AKIDEXAMPLE"));
}

#[test]
fn an_empty_account() {
    let told = problems(&examined(&Fake::new())).join("\n");
    assert!(told.contains("no log groups in us-east-1") && told.contains("--region"), "{told}");
}

#[test]
fn logging_that_is_off_or_goes_elsewhere() {
    let fake = Fake::new();
    fake.put("org-trail", [(NOW - 60_000, TRAIL.to_owned())]);
    let told = problems(&examined(&fake)).join("\n");
    assert!(
        told.contains("no log group in us-east-1 holds model invocation records") && told.contains("put-model-invocation-logging-configuration"),
        "{told}"
    );
    // Switched off days ago.
    let fake = well();
    fake.with(|service| service.groups.get_mut("/aws/bedrock/modelinvocations").unwrap()[0].0 = NOW - 3 * 86_400_000);
    let told = problems(&examined(&fake)).join("\n");
    assert!(
        told.contains("since 2026-11-01T00:00:00.000Z") && told.contains("get-model-invocation-logging-configuration --region us-east-1"),
        "{told}"
    );
}

#[test]
fn credentials_that_have_ended() {
    let fake = well();
    fake.script("DescribeLogGroups", [Mishap::Code(400, "ExpiredTokenException", "expired")]);
    let checkup = examined(&fake);
    let told = problems(&checkup);
    assert!(told.len() == 1 && told[0].contains("log in again"), "{told:?}");
    assert_eq!(checkup.actions, []);
}

#[test]
fn actions_that_are_denied_are_named_one_by_one() {
    let denied = |action: &'static str| Mishap::Code(400, "AccessDeniedException", action);
    for action in ["DescribeLogGroups", "FilterLogEvents", "StartQuery", "GetQueryResults", "StopQuery"] {
        let fake = well();
        fake.script(action, std::iter::repeat_n(denied("User x is not authorized"), 20));
        let checkup = examined(&fake);
        let refused: Vec<&str> =
            checkup.actions.iter().filter(|(_, allowed)| matches!(allowed, Allowed::No(_))).map(|(action, _)| action.name()).collect();
        assert_eq!(refused, [action]);
        let told = problems(&checkup).join("\n");
        assert!(told.contains(&format!("logs:{action} is not allowed")) && told.contains("--policy"), "{told}");
    }
}

#[test]
fn the_policy_allows_what_is_needed_and_nothing_else() {
    let policy: serde_json::Value = serde_json::from_str(&policy()).unwrap();
    let mut allowed: Vec<String> = policy["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|statement| statement["Action"].as_array().unwrap())
        .map(|action| action.as_str().unwrap().to_owned())
        .collect();
    allowed.sort();
    let mut needed: Vec<String> = NEEDED.iter().map(|action| format!("logs:{}", action.name())).collect();
    needed.sort();
    assert_eq!(allowed, needed);
    assert!(NEEDED.iter().all(|action| ReadAction::allows(action.service(), action.name())));
}
