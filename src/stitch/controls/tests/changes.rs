//! Every action of the table, by hand: parameters and answers are shaped as FORMATS §3 and the services' API references
//! have them.

use std::collections::BTreeSet;

use super::written::{EAST, Written, clock, of, told};
use crate::model::{Change, ControlKind, Outcome, Standing};
use crate::stitch::controls::{CONTROL_ACTIONS, state_at};

pub(super) const PUT: &str = r#"{"loggingConfig":{"cloudWatchConfig":{"logGroupName":"/acme/bedrock","roleArn":"arn:aws:iam::111122223333:role/logging","largeDataDeliveryS3Config":{"bucketName":"acme-large","keyPrefix":""}},"s3Config":{"bucketName":"acme-logs","keyPrefix":"bedrock"},"textDataDeliveryEnabled":true,"imageDataDeliveryEnabled":true,"embeddingDataDeliveryEnabled":true,"videoDataDeliveryEnabled":false}}"#;
pub(super) const ON: &str = "on: s3://acme-logs/bedrock, group /acme/bedrock; without video";

/// Action, parameters, answer; and what is said of it: kind, id, word, after.
type Line = (&'static str, &'static str, &'static str, ControlKind, &'static str, Change, &'static str);

#[rustfmt::skip]
const TABLE: &[Line] = &[
    ("PutModelInvocationLoggingConfiguration", PUT, "null", ControlKind::InvocationLogging, "us-west-2", Change::Enabled, ON),
    ("DeleteModelInvocationLoggingConfiguration", "null", "null", ControlKind::InvocationLogging, "us-west-2", Change::Disabled, "off"),
    ("CreateGuardrail", r#"{"name":"HIDDEN_DUE_TO_SECURITY_REASONS"}"#, r#"{"guardrailId":"gr1","guardrailArn":"arn:aws:bedrock:us-west-2:111122223333:guardrail/gr1","version":"DRAFT"}"#,
        ControlKind::Guardrail, "gr1", Change::Created, "hidden by AWS"),
    ("CreateGuardrailVersion", r#"{"guardrailIdentifier":"gr1"}"#, r#"{"guardrailId":"gr1","version":"3"}"#, ControlKind::Guardrail, "gr1", Change::Versioned, "version 3"),
    ("UpdateGuardrail", r#"{"guardrailIdentifier":"arn:aws:bedrock:us-west-2:111122223333:guardrail/gr1","name":"HIDDEN_DUE_TO_SECURITY_REASONS"}"#, r#"{"guardrailId":"gr1","version":"DRAFT"}"#,
        ControlKind::Guardrail, "gr1", Change::Updated, "hidden by AWS"),
    ("DeleteGuardrail", r#"{"guardrailIdentifier":"gr1"}"#, "null", ControlKind::Guardrail, "gr1", Change::Deleted, "deleted"),
    ("PutEnforcedGuardrailConfiguration", r#"{"guardrailInferenceConfig":{"guardrailIdentifier":"gr1","guardrailVersion":"2"}}"#, r#"{"configId":"cfg1"}"#,
        ControlKind::Enforcement, "cfg1", Change::Enforced, "guardrail gr1 version 2 enforced"),
    ("DeleteEnforcedGuardrailConfiguration", r#"{"configId":"cfg1"}"#, "null", ControlKind::Enforcement, "cfg1", Change::Unenforced, "not enforced"),
    ("CreateAutomatedReasoningPolicy", r#"{"name":"HIDDEN_DUE_TO_SECURITY_REASONS"}"#, r#"{"policyArn":"arn:aws:bedrock:us-west-2:111122223333:automated-reasoning-policy/p1","version":"DRAFT"}"#,
        ControlKind::ReasoningPolicy, "p1", Change::Created, "hidden by AWS"),
    ("CreateAutomatedReasoningPolicyVersion", r#"{"policyArn":"arn:aws:bedrock:us-west-2:111122223333:automated-reasoning-policy/p1"}"#, r#"{"version":"1"}"#,
        ControlKind::ReasoningPolicy, "p1", Change::Versioned, "version 1"),
    ("UpdateAutomatedReasoningPolicy", r#"{"policyArn":"arn:aws:bedrock:us-west-2:111122223333:automated-reasoning-policy/p1"}"#, "null", ControlKind::ReasoningPolicy, "p1", Change::Updated, "hidden by AWS"),
    ("UpdateAutomatedReasoningPolicyAnnotations", r#"{"policyArn":"arn:aws:bedrock:us-west-2:111122223333:automated-reasoning-policy/p1"}"#, "null", ControlKind::ReasoningPolicy, "p1", Change::Updated, "hidden by AWS"),
    ("UpdateAutomatedReasoningPolicyTestCase", r#"{"policyArn":"arn:aws:bedrock:us-west-2:111122223333:automated-reasoning-policy/p1"}"#, "null", ControlKind::ReasoningPolicy, "p1", Change::Updated, "hidden by AWS"),
    ("DeleteAutomatedReasoningPolicy", r#"{"policyArn":"arn:aws:bedrock:us-west-2:111122223333:automated-reasoning-policy/p1"}"#, "null", ControlKind::ReasoningPolicy, "p1", Change::Deleted, "deleted"),
    ("PutUseCaseForModelAccess", "null", "null", ControlKind::ModelAccess, "use case", Change::Requested, "asked for"),
    ("CreateFoundationModelAgreement", r#"{"modelId":"anthropic.claude-3-sonnet-20240229-v1:0","offerToken":"HIDDEN_DUE_TO_SECURITY_REASONS"}"#, "null",
        ControlKind::ModelAccess, "anthropic.claude-3-sonnet-20240229-v1:0", Change::Granted, "agreed to"),
    ("DeleteFoundationModelAgreement", r#"{"modelId":"anthropic.claude-3-sonnet-20240229-v1:0"}"#, "null", ControlKind::ModelAccess, "anthropic.claude-3-sonnet-20240229-v1:0", Change::Revoked, "agreement ended"),
    ("PutFoundationModelEntitlement", r#"{"modelId":"anthropic.claude-3-sonnet-20240229-v1:0"}"#, r#"{"status":"SUCCESS"}"#, ControlKind::ModelAccess, "anthropic.claude-3-sonnet-20240229-v1:0", Change::Granted, "entitled"),
    ("CreateTrail", r#"{"name":"mgmt","s3BucketName":"acme-trail","isMultiRegionTrail":true}"#, "null", ControlKind::Trail, "mgmt", Change::Created, "s3://acme-trail; all Regions"),
    ("UpdateTrail", r#"{"name":"arn:aws:cloudtrail:us-west-2:111122223333:trail/mgmt","enableLogFileValidation":false}"#, "null", ControlKind::Trail, "mgmt", Change::Updated, "not validated"),
    ("DeleteTrail", r#"{"name":"mgmt"}"#, "null", ControlKind::Trail, "mgmt", Change::Deleted, "deleted"),
    ("StartLogging", r#"{"name":"mgmt"}"#, "null", ControlKind::Trail, "mgmt", Change::Started, "recording"),
    ("StopLogging", r#"{"name":"arn:aws:cloudtrail:us-west-2:111122223333:trail/mgmt"}"#, "null", ControlKind::Trail, "mgmt", Change::Stopped, "stopped"),
    ("PutEventSelectors", r#"{"trailName":"mgmt","eventSelectors":[{"includeManagementEvents":false,"readWriteType":"All","dataResources":[]}]}"#, "null", ControlKind::Trail, "mgmt", Change::SelectorsChanged, "management none"),
    ("PutInsightSelectors", r#"{"trailName":"mgmt","insightSelectors":[{"insightType":"ApiCallRateInsight"}]}"#, "null", ControlKind::Trail, "mgmt", Change::SelectorsChanged, "insights ApiCallRateInsight"),
    ("CreateEventDataStore", r#"{"name":"lake"}"#, r#"{"eventDataStoreArn":"arn:aws:cloudtrail:us-west-2:111122223333:eventdatastore/e1","name":"lake"}"#, ControlKind::EventDataStore, "e1", Change::Created, "there"),
    ("UpdateEventDataStore", r#"{"eventDataStore":"arn:aws:cloudtrail:us-west-2:111122223333:eventdatastore/e1"}"#, "null", ControlKind::EventDataStore, "e1", Change::Updated, "changed"),
    ("DeleteEventDataStore", r#"{"eventDataStore":"arn:aws:cloudtrail:us-west-2:111122223333:eventdatastore/e1"}"#, "null", ControlKind::EventDataStore, "e1", Change::Deleted, "deleted"),
    ("RestoreEventDataStore", r#"{"eventDataStore":"e1"}"#, "null", ControlKind::EventDataStore, "e1", Change::Created, "there"),
    ("StartEventDataStoreIngestion", r#"{"eventDataStore":"e1"}"#, "null", ControlKind::EventDataStore, "e1", Change::Started, "ingesting"),
    ("StopEventDataStoreIngestion", r#"{"eventDataStore":"e1"}"#, "null", ControlKind::EventDataStore, "e1", Change::Stopped, "ingestion stopped"),
    ("DeleteLogGroup", r#"{"logGroupName":"/app"}"#, "null", ControlKind::LogGroup, "/app", Change::Deleted, "deleted"),
    ("DeleteLogStream", r#"{"logGroupName":"/app","logStreamName":"s1"}"#, "null", ControlKind::LogGroup, "/app", Change::Reduced, "stream s1 deleted"),
    ("PutRetentionPolicy", r#"{"logGroupName":"/app","retentionInDays":1}"#, "null", ControlKind::LogGroup, "/app", Change::RetentionChanged, "kept 1 days"),
    ("DeleteRetentionPolicy", r#"{"logGroupName":"/app"}"#, "null", ControlKind::LogGroup, "/app", Change::RetentionChanged, "kept for good"),
    ("DeleteSubscriptionFilter", r#"{"logGroupName":"/app","filterName":"to-siem"}"#, "null", ControlKind::LogGroup, "/app", Change::Reduced, "subscription filter to-siem deleted"),
    ("PutBucketPolicy", r#"{"bucketName":"acme-logs","bucketPolicy":{"Statement":[{"Effect":"Allow","Action":"s3:GetObject"},{"Effect":"Deny","Action":["s3:PutObject"]}]}}"#, "null",
        ControlKind::LogBucket, "acme-logs", Change::PolicyChanged, "policy of 2 statements, denies s3:PutObject; it holds the invocation logs of us-west-2"),
    ("DeleteBucketPolicy", r#"{"bucketName":"acme-logs"}"#, "null", ControlKind::LogBucket, "acme-logs", Change::PolicyChanged, "no policy; it holds the invocation logs of us-west-2"),
    ("PutBucketLifecycle", r#"{"bucketName":"acme-logs","LifecycleConfiguration":{"Rule":{"ID":"x","Status":"Enabled","Expiration":{"Days":1}}}}"#, "null",
        ControlKind::LogBucket, "acme-logs", Change::RetentionChanged, "objects expire after 1 day; it holds the invocation logs of us-west-2"),
    ("PutBucketLifecycleConfiguration", r#"{"bucketName":"acme-logs","LifecycleConfiguration":{"Rule":[{"Status":"Disabled","Expiration":{"Days":1}},{"Status":"Enabled","Expiration":{"Days":30}}]}}"#, "null",
        ControlKind::LogBucket, "acme-logs", Change::RetentionChanged, "objects expire after 30 days; it holds the invocation logs of us-west-2"),
    ("DeleteBucketLifecycle", r#"{"bucketName":"acme-logs"}"#, "null", ControlKind::LogBucket, "acme-logs", Change::RetentionChanged, "objects are kept for good; it holds the invocation logs of us-west-2"),
    ("PutBucketLogging", r#"{"bucketName":"acme-logs","BucketLoggingStatus":{}}"#, "null", ControlKind::LogBucket, "acme-logs", Change::Updated, "access logging off; it holds the invocation logs of us-west-2"),
    ("DeleteBucket", r#"{"bucketName":"acme-logs"}"#, "null", ControlKind::LogBucket, "acme-logs", Change::Deleted, "deleted; it holds the invocation logs of us-west-2"),
];

#[test]
fn every_action_of_the_table_says_what_it_did() {
    let tried: BTreeSet<&str> = TABLE.iter().map(|line| line.0).collect();
    assert_eq!(tried, CONTROL_ACTIONS.iter().map(|line| line.action).collect(), "each action has a line here");
    for (action, request, response, kind, id, change, after) in TABLE {
        // A bucket counts because logs are known to go there.
        let put = Written::new("01:00:00", "PutModelInvocationLoggingConfiguration", PUT);
        let mut records = vec![Written::new("02:00:00", action, request).answered(response)];
        if *kind == ControlKind::LogBucket {
            records.insert(0, put);
        }
        let found = of(&records);
        let last = found.changes.last().unwrap_or_else(|| panic!("{action}"));
        let expected = (format!("{kind} {id}"), *change, Outcome::Ok, Some(*after));
        let (control, word, outcome, _, after) = told(last);
        assert_eq!((control, word, outcome, after), expected, "{action}");
        assert_eq!((last.time(), last.actor.as_deref()), (Some(clock("02:00:00")), Some("111122223333/user/mallory")), "{action}");
        assert_eq!(last.place.account.as_deref(), Some("111122223333"), "{action}");
        let state = state_at(&found, None).into_iter().find(|state| state.control == last.control).unwrap_or_else(|| panic!("{action} has no state"));
        assert_eq!(state.since, Some(clock("02:00:00")), "{action}");
        // The same refused: shown, and nothing moves.
        let refused = records.last().unwrap().clone().refused("AccessDenied", "not authorized");
        let found = of(&[&records[..records.len() - 1], &[refused]].concat());
        let last = found.changes.last().unwrap();
        assert_eq!((last.outcome, &last.after, &last.state), (Outcome::Denied, &None, &None), "{action}");
        assert!(!state_at(&found, None).iter().any(|state| state.control == last.control && state.since == Some(clock("02:00:00"))), "{action}");
    }
}

#[test]
fn what_was_before_is_what_the_last_change_left() {
    let found = of(&[
        Written::new("01:00:00", "PutModelInvocationLoggingConfiguration", PUT),
        Written::new("02:00:00", "DeleteModelInvocationLoggingConfiguration", "null").refused("AccessDeniedException", "no"),
        Written::new("03:00:00", "PutModelInvocationLoggingConfiguration", &PUT.replace("acme-logs", "elsewhere")),
        Written::new(
            "04:00:00",
            "PutModelInvocationLoggingConfiguration",
            &PUT.replace("acme-logs", "elsewhere").replace("role/logging", "role/other"),
        ),
        Written::new("05:00:00", "DeleteModelInvocationLoggingConfiguration", "null"),
        Written::new("06:00:00", "PutModelInvocationLoggingConfiguration", "null").refused("ThrottlingException", "slow down"),
    ]);
    let moved = ON.replace("acme-logs", "elsewhere");
    let logging = || "invocation-logging us-west-2".to_owned();
    let told: Vec<_> = found.changes.iter().map(told).collect();
    let role = format!("{moved}; role other, was logging");
    assert_eq!(
        told,
        [
            (logging(), Change::Enabled, Outcome::Ok, None, Some(ON)),
            (logging(), Change::Disabled, Outcome::Denied, Some(ON), None),
            (logging(), Change::Moved, Outcome::Ok, Some(ON), Some(moved.as_str())),
            (logging(), Change::Updated, Outcome::Ok, Some(moved.as_str()), Some(role.as_str())),
            (logging(), Change::Disabled, Outcome::Ok, Some(moved.as_str()), Some("off")),
            (logging(), Change::Attempted, Outcome::Error, Some("off"), None),
        ]
    );
    // At any time: before the first change nothing is known.
    let at = |time| state_at(&found, Some(clock(time))).into_iter().map(|state| (state.standing, state.state, state.since)).collect::<Vec<_>>();
    assert_eq!(at("00:30:00"), []);
    assert_eq!(at("02:30:00"), [(Standing::Up, ON.to_owned(), Some(clock("01:00:00")))]);
    assert_eq!(at("04:30:00"), [(Standing::Up, moved, Some(clock("03:00:00")))], "another role does not move the logs");
    let last = state_at(&found, None).pop().expect("a state");
    assert_eq!((last.standing, last.since, last.unknown_before), (Standing::Down, Some(clock("05:00:00")), Some(clock("01:00:00"))));
}

#[test]
fn one_version_is_not_the_guardrail() {
    let found = of(&[
        Written::new("01:00:00", "CreateGuardrailVersion", r#"{"guardrailIdentifier":"gr1"}"#).answered(r#"{"guardrailId":"gr1","version":"2"}"#),
        Written::new("02:00:00", "DeleteGuardrail", r#"{"guardrailIdentifier":"gr1","guardrailVersion":"2"}"#),
    ]);
    let last = found.changes.last().expect("a change");
    assert_eq!((last.change, last.before.as_deref(), last.after.as_deref()), (Change::VersionDeleted, Some("version 2"), Some("version 2 deleted")));
    assert_eq!(state_at(&found, None).first().map(|state| state.standing), Some(Standing::Weak));
    let gone = of(&[Written::new("02:00:00", "DeleteGuardrail", r#"{"guardrailIdentifier":"gr1"}"#)]);
    assert_eq!(state_at(&gone, None).first().map(|state| state.standing), Some(Standing::Down));
}

#[test]
fn a_refusal_names_what_it_was_about() {
    let refused = "User: u is not authorized to perform: bedrock:DeleteGuardrail on resource: arn:aws:bedrock:us-west-2:111122223333:guardrail/gr9 because no identity-based policy allows it";
    let stop = "User: u is not authorized to perform: cloudtrail:StopLogging on resource: arn:aws:cloudtrail:us-west-2:111122223333:trail/mgmt because no policy allows it";
    let found = of(&[
        Written::new("01:00:00", "DeleteGuardrail", "null").refused("AccessDeniedException", refused),
        Written::new("02:00:00", "StopLogging", "null").refused("AccessDenied", stop),
        Written::new("03:00:00", "DeleteLogGroup", "null").refused("AccessDenied", "on resource: *"),
    ]);
    let controls: Vec<String> = found.changes.iter().map(|change| format!("{} {}", change.control.kind, change.control.id)).collect();
    assert_eq!(controls, ["guardrail gr9", "trail mgmt", "log-group "]);
}

#[test]
fn buckets_count_when_logs_go_there_and_log_groups_are_marked() {
    let elsewhere = r#"{"bucketName":"holiday-pictures"}"#;
    let found = of(&[
        Written::new("01:00:00", "DeleteBucket", elsewhere),
        Written::new("01:30:00", "DeleteBucket", r#"{"bucketName":"acme-logs"}"#),
        Written::new("02:00:00", "PutModelInvocationLoggingConfiguration", PUT),
        Written::new("03:00:00", "DeleteBucket", r#"{"bucketName":"acme-large"}"#).in_region(EAST),
        Written::new("04:00:00", "DeleteLogGroup", r#"{"logGroupName":"/acme/bedrock"}"#),
        Written::new("05:00:00", "DeleteLogGroup", r#"{"logGroupName":"/acme/bedrock"}"#).in_region(EAST),
        Written::new("06:00:00", "DeleteLogGroup", r#"{"logGroupName":"/app"}"#),
    ]);
    let told: Vec<(&str, bool)> = found.changes.iter().map(|change| (change.control.id.as_str(), change.holds_logs)).collect();
    // The log group of the same name in another Region is another one.
    let expected =
        [("acme-logs", true), ("us-west-2", false), ("acme-large", true), ("/acme/bedrock", true), ("/acme/bedrock", false), ("/app", false)];
    assert_eq!(told, expected);
}

#[test]
fn a_bucket_the_log_service_writes_to_is_a_destination() {
    let delivery = r#"{"eventVersion":"1.11","userIdentity":{"type":"AWSService","invokedBy":"bedrock.amazonaws.com"},"eventTime":"2026-11-11T00:10:00Z","eventSource":"s3.amazonaws.com","eventName":"PutObject","awsRegion":"us-west-2","requestParameters":{"bucketName":"seen","key":"AWSLogs/a.json.gz"},"requestID":"R1","eventID":"e1","eventCategory":"Data","recipientAccountId":"111122223333"}"#;
    let gone = Written::new("01:00:00", "DeleteBucket", r#"{"bucketName":"seen"}"#);
    let found = super::written::of_sources(&[vec![delivery.to_owned(), gone.json()]]);
    assert_eq!(found.changes.iter().map(|change| change.after.as_deref()).collect::<Vec<_>>(), [Some("deleted; it holds the logs")]);
}

#[test]
fn another_service_may_have_an_action_of_that_name() {
    let found = of(&[Written::new("01:00:00", "StopLogging", r#"{"name":"x"}"#).of_service("elsewhere")]);
    assert_eq!(found.changes, []);
}

#[test]
fn trails_are_followed_through_their_changes() {
    let full = r#"{"name":"mgmt","s3BucketName":"acme-trail","isMultiRegionTrail":true,"logFileValidationEnabled":true}"#;
    let found = of(&[
        Written::new(
            "01:00:00",
            "CreateTrail",
            r#"{"name":"mgmt","s3BucketName":"acme-trail","isMultiRegionTrail":true,"enableLogFileValidation":true}"#,
        )
        .answered(full),
        Written::new("01:00:01", "StartLogging", r#"{"name":"mgmt"}"#),
        Written::new("02:00:00", "UpdateTrail", r#"{"name":"mgmt","enableLogFileValidation":false}"#),
        Written::new("03:00:00", "UpdateTrail", r#"{"name":"mgmt","s3BucketName":"mallory-trail"}"#),
        Written::new(
            "04:00:00",
            "PutEventSelectors",
            r#"{"trailName":"mgmt","eventSelectors":[{"readWriteType":"ReadOnly","includeManagementEvents":true}]}"#,
        ),
        Written::new("05:00:00", "StopLogging", r#"{"name":"mgmt"}"#),
    ]);
    let told: Vec<_> =
        found.changes.iter().map(|change| (change.change, change.before.as_deref().unwrap_or("-"), change.after.as_deref().unwrap_or("-"))).collect();
    assert_eq!(
        told,
        [
            (Change::Created, "-", "s3://acme-trail; all Regions; validated"),
            (Change::Started, "made, not started: s3://acme-trail; all Regions; validated", "recording: s3://acme-trail; all Regions; validated"),
            (Change::Reduced, "s3://acme-trail; all Regions; validated", "s3://acme-trail; all Regions; not validated"),
            (Change::Moved, "s3://acme-trail; all Regions; not validated", "s3://mallory-trail; all Regions; not validated"),
            (Change::SelectorsChanged, "-", "management only reads"),
            (
                Change::Stopped,
                "recording: s3://mallory-trail; all Regions; not validated; management only reads",
                "stopped: s3://mallory-trail; all Regions; not validated; management only reads"
            ),
        ]
    );
}

#[test]
fn records_of_other_exporters_are_read_too() {
    // Athena and Lake copies: keys in lower case, parameters as JSON in a string (FORMATS §3.1).
    let plain = Written::new("01:00:00", "PutModelInvocationLoggingConfiguration", PUT).json();
    let quoted = format!("\"requestparameters\":{}", serde_json::to_string(PUT).unwrap());
    let lake = plain.replace(&format!("\"requestParameters\":{PUT}"), &quoted).replace("\"eventID\"", "\"eventid\"");
    assert_ne!(plain, lake);
    let found = super::written::of_sources(&[vec![lake]]);
    assert_eq!(found.changes.first().and_then(|change| change.after.as_deref()), Some(ON));
}
