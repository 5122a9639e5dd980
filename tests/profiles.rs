//! Principals and buckets in numbers: a small case made by hand.

#![cfg(test)]

mod evidence;

use std::sync::atomic::AtomicBool;

use outcrop::case::{Reader, Writable};
use outcrop::model::{Entity, EntityKind, Scope, Strand, StrandSet, TimeRange, Timestamp};
use outcrop::source::{Input, ingest};
use outcrop::stitch::profiles::{COUNTS, Summary, profile, summaries};

/// A CloudTrail record: minute, who, service, action, and the rest of it.
fn event(minute: u32, who: &str, account: &str, service: &str, action: &str, rest: &str) -> String {
    let identity = format!(
        r#"{{"type":"IAMUser","principalId":"AIDA{who}","arn":"arn:aws:iam::{account}:user/{who}","accountId":"{account}","accessKeyId":"AKIA{}EXAMPLE","userName":"{who}"}}"#,
        who.to_uppercase()
    );
    format!(
        r#"{{"eventVersion":"1.09","userIdentity":{identity},"eventTime":"2026-11-10T10:{minute:02}:00Z","eventSource":"{service}.amazonaws.com","eventName":"{action}","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.{minute}","userAgent":"aws-cli/2","eventID":"{who}-{action}-{minute}","recipientAccountId":"111122223333"{rest}}}"#
    )
}

fn case(records: &[String]) -> (tempfile::TempDir, Reader) {
    let bytes = format!("{{\"Records\":[{}]}}", records.join(",")).into_bytes();
    let (folder, writable) = evidence::case_of([Input::Bytes { name: "a.json".to_owned(), bytes }]);
    let reader = writable.reader().expect("a reader");
    (folder, reader)
}

const HOME: &str = "111122223333";
const DENIED: &str = r#","errorCode":"AccessDenied","errorMessage":"no""#;

fn s3(bucket: &str) -> String {
    format!(r#","requestParameters":{{"bucketName":"{bucket}","key":"k"}},"eventCategory":"Data","managementEvent":false"#)
}

fn evidence() -> Vec<String> {
    let policy = r#","requestParameters":{"userName":"bob"}"#;
    let job = r#","requestParameters":{"jobName":"j1","trainingDataConfig":{"s3Uri":"s3://data/in/"},"outputDataConfig":{"s3Uri":"s3://out/"}}"#;
    let base = r#","requestParameters":{"knowledgeBaseId":"KB1","dataSourceConfiguration":{"s3Configuration":{"bucketArn":"arn:aws:s3:::data"}}}"#;
    let logs = r#","requestParameters":{"loggingConfig":{"s3Config":{"bucketName":"data","keyPrefix":""}}}"#;
    let copy = r#","requestParameters":{"bucketName":"out","key":"k","x-amz-copy-source":"data/k"},"eventCategory":"Data","managementEvent":false"#;
    vec![
        event(1, "alice", HOME, "sts", "GetCallerIdentity", ""),
        event(2, "alice", HOME, "bedrock", "ListFoundationModels", ""),
        event(3, "alice", HOME, "bedrock", "ListFoundationModels", DENIED),
        event(4, "alice", HOME, "iam", "CreateAccessKey", policy),
        event(5, "alice", HOME, "s3", "GetObject", &s3("data")),
        event(6, "carol", HOME, "s3", "PutObject", &s3("data")),
        event(7, "mallory", "999900001111", "s3", "GetObject", &s3("data")),
        event(8, "mallory", "999900001111", "s3", "PutObject", &format!("{}{DENIED}", s3("data"))),
        event(9, "carol", HOME, "bedrock", "CreateModelCustomizationJob", job),
        event(10, "carol", HOME, "bedrock", "CreateDataSource", base),
        event(11, "carol", HOME, "bedrock", "PutModelInvocationLoggingConfiguration", logs),
        event(12, "carol", HOME, "s3", "CopyObject", copy),
        event(13, "carol", HOME, "s3", "GetBucketPolicy", r#","requestParameters":{"bucketName":"data"}"#),
    ]
}

fn of<'a>(summaries: &'a [Summary], value: &str) -> &'a Summary {
    summaries.iter().find(|summary| &*summary.value == value).unwrap_or_else(|| panic!("no {value}"))
}

#[test]
fn a_principal_did_its_own_events_and_is_named_in_others() {
    let (_folder, mut reader) = case(&evidence());
    let found = summaries(&mut reader, &Scope::all(), EntityKind::Principal).expect("summaries");
    assert_eq!(found.len(), 4);
    let alice = of(&found, "111122223333/user/alice");
    assert_eq!((alice.events, alice.denied, alice.named), (5, 1, 0));
    // GetCallerIdentity, ListFoundationModels, CreateAccessKey, GetObject; no model; one Region; an address a minute; one key, one agent.
    assert_eq!(alice.counts, [4, 0, 1, 5, 1, 1, 0]);
    assert_eq!(alice.first.map(|time| time.to_string()).as_deref(), Some("2026-11-10T10:01:00.000Z"));
    assert_eq!(alice.last.map(|time| time.to_string()).as_deref(), Some("2026-11-10T10:05:00.000Z"));
    // A key was made for bob, who did nothing.
    let bob = of(&found, "111122223333/user/bob");
    assert_eq!((bob.events, bob.named, bob.counts), (0, 1, [0; COUNTS]));
    // The case lasts twelve minutes, and alice acts in the first four of them: minute 2 ends the first part.
    assert_eq!(alice.over_time, [2, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn a_bucket_has_writers_readers_and_what_stands_on_it() {
    let (_folder, mut reader) = case(&evidence());
    let found = summaries(&mut reader, &Scope::all(), EntityKind::Bucket).expect("summaries");
    let data = of(&found, "data");
    // All but the first four name it.
    assert_eq!((data.events, data.denied), (9, 1));
    // Written by carol (mallory was denied); read by alice, by mallory, and by carol who copied from it; one job, one knowledge
    // base, one log destination, one foreign account; no settings changed.
    assert_eq!(data.counts, [1, 3, 1, 1, 1, 1, 0]);
    // Of the other the copy is a write; the job names it.
    assert_eq!(of(&found, "out").counts, [1, 0, 1, 0, 0, 0, 0]);
    let profile = profile(&mut reader, &Scope::all(), &Entity::new(EntityKind::Bucket, "data")).expect("a profile");
    assert_eq!(profile.summary.counts, data.counts);
    let values = |title: &str| -> Vec<(String, u64, u64)> {
        let section = profile.sections.iter().find(|section| section.title == title);
        section
            .map(|section| section.values.iter().map(|value| (value.entity.value.to_string(), value.count, value.denied)).collect())
            .unwrap_or_default()
    };
    let one = |name: &str, count, denied| (name.to_owned(), count, denied);
    assert_eq!(values("written by"), [one("111122223333/user/carol", 1, 0), one("999900001111/user/mallory", 1, 1)]);
    assert_eq!(values("knowledge bases"), [one("KB1", 1, 0)]);
    assert_eq!(values("foreign accounts"), [one("999900001111", 2, 1)]);
    assert_eq!(profile.sections[0].title, "foreign accounts", "what is worth a look stands first");
    let jobs = &profile.sections.iter().find(|section| section.title == "jobs").expect("jobs").values;
    assert!(
        jobs.len() == 1 && jobs[0].note.contains("CreateModelCustomizationJob") && jobs[0].note.ends_with("by 111122223333/user/carol"),
        "{jobs:?}"
    );
    assert_eq!(values("log destination of").len(), 1);
}

#[test]
fn a_profile_agrees_with_its_summary_and_keeps_to_the_scope() {
    let (_folder, mut reader) = case(&evidence());
    for scope in [Scope::all(), Scope { strands: StrandSet::only(Strand::Data), ..Scope::all() }] {
        for kind in [EntityKind::Principal, EntityKind::Bucket] {
            for summary in summaries(&mut reader, &scope, kind).expect("summaries") {
                let entity = Entity { kind, value: summary.value.clone() };
                let profile = profile(&mut reader, &scope, &entity).expect("a profile");
                let whole = |summary: &Summary| (summary.events, summary.denied, summary.named, summary.first, summary.last, summary.counts);
                assert_eq!(whole(&profile.summary), whole(&summary), "{entity:?}");
                assert_eq!(profile.over_time.iter().sum::<u64>(), summary.events);
                assert_eq!(profile.strands.iter().sum::<u64>(), summary.events);
            }
        }
    }
    let alice = Entity::new(EntityKind::Principal, "111122223333/user/alice");
    let data = Scope { strands: StrandSet::only(Strand::Data), ..Scope::all() };
    let profile = profile(&mut reader, &data, &alice).expect("a profile");
    assert_eq!(profile.sections[0].values.iter().map(|value| &*value.entity.value).collect::<Vec<_>>(), ["GetObject"]);
}

#[test]
fn tokens_are_of_exchanges_and_overflow_nothing() {
    let invocation = |id: u32, input: &str| {
        format!(
            r#"{{"schemaType":"ModelInvocationLog","schemaVersion":"1.0","timestamp":"2026-11-10T10:{id:02}:00Z","accountId":"111122223333","region":"us-east-1","requestId":"r{id}","operation":"InvokeModel","modelId":"amazon.nova-lite-v1:0","identity":{{"arn":"arn:aws:iam::111122223333:user/alice"}},"input":{{"inputTokenCount":{input}}},"output":{{"outputTokenCount":5}}}}"#
        )
    };
    let folder = tempfile::tempdir().expect("a folder");
    let writable = Writable::open(&folder.path().join("a.outcrop")).expect("a case");
    let bytes =
        [invocation(1, "10"), invocation(2, "9223372036854775807"), invocation(3, "9223372036854775807"), invocation(4, "9223372036854775807")]
            .join("\n");
    let input = Input::Bytes { name: "a.ndjson".to_owned(), bytes: bytes.into_bytes() };
    ingest([input], &writable, &|_| {}, &AtomicBool::new(false)).expect("read");
    let mut reader = writable.reader().expect("a reader");
    let found = summaries(&mut reader, &Scope::all(), EntityKind::Principal).expect("summaries");
    let alice = of(&found, "111122223333/user/alice");
    assert_eq!((alice.events, alice.counts[COUNTS - 1]), (4, u64::MAX));
    let first = Scope { range: TimeRange { since: None, until: Timestamp::parse("2026-11-10T10:02:00Z") }, ..Scope::all() };
    let found = summaries(&mut reader, &first, EntityKind::Principal).expect("summaries");
    assert_eq!(of(&found, "111122223333/user/alice").counts[COUNTS - 1], 15);
}
