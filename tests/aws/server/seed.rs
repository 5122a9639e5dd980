//! What the logs hold: the demo's evidence, each record an event of the log group AWS would have put it into; and invocations
//! in any number.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use outcrop::case::Writable;
use outcrop::model::{Scope, Strand, Timestamp};
use outcrop::source::{Input, demo, ingest};

use super::world::{Lines, World};

/// The Region where the organisation's trail writes its group, and the laptops' telemetry goes.
pub const HOME: &str = "us-east-1";
/// The trail's group.
pub const TRAIL: &str = "aws-cloudtrail-logs-111122223333-acme";
/// Model invocation logging, in each Region.
pub const INVOCATIONS: &str = "/aws/bedrock/modelinvocations";
/// Telemetry of endpoints.
pub const ENDPOINT: &str = "/corp/jamf-protect";
/// Spans of agents.
pub const SPANS: &str = "aws/spans";

/// The demo's files as they would lie in S3; bodies that lie beside their records are left out, since no log group has them.
pub fn demo_files(events: u64) -> impl Iterator<Item = Input> {
    let options = demo::Options { events, ..demo::Options::default() };
    let files = demo::files(&options).filter(|file| !file.path.contains("/data/"));
    files.map(Input::from)
}

/// The demo's records.
pub fn demo_lines(events: u64) -> Vec<Lines> {
    let folder = tempfile::tempdir().expect("a folder");
    let case = Writable::open(&folder.path().join("demo.outcrop")).expect("a case");
    ingest(demo_files(events).collect::<Vec<_>>(), &case, &|_| {}, &AtomicBool::new(false)).expect("the demo is read");
    let mut reader = case.reader().expect("a reader");
    let ids: Vec<_> = reader.refs(&Scope::all()).expect("a list").iter().map(|event| event.id).collect();
    let mut streams: BTreeMap<(String, &'static str, String), Vec<String>> = BTreeMap::new();
    for event in reader.events(&ids).expect("events") {
        let text = |name: &Option<outcrop::model::Name>| name.as_deref().unwrap_or("none").to_owned();
        let (account, region) = (text(&event.account), text(&event.region));
        let (home, group, stream) = match event.strand {
            Strand::Management | Strand::Data | Strand::Network => (HOME.to_owned(), TRAIL, format!("o-acme_{account}_CloudTrail_{region}")),
            Strand::Invocation => (region.clone(), INVOCATIONS, format!("aws/bedrock/modelinvocations-{account}")),
            Strand::Endpoint => (HOME.to_owned(), ENDPOINT, format!("host-{}", text(&event.host))),
            Strand::Span => (HOME.to_owned(), SPANS, "default".to_owned()),
        };
        let record = String::from_utf8(reader.record(&event).expect("a record")).expect("text");
        assert!(!record.contains('\n'), "a record of one line: {record}");
        streams.entry((home, group, stream)).or_default().push(record);
    }
    let lines = |((region, group, stream), messages): ((String, &str, String), _)| Lines { region, group: group.to_owned(), stream, messages };
    streams.into_iter().map(lines).collect()
}

/// An invocation record. The number makes it another one.
pub fn invocation(number: usize, at: i64) -> String {
    let at = Timestamp::from_millis(at);
    format!(
        r#"{{"schemaType":"ModelInvocationLog","schemaVersion":"1.0","timestamp":"{at}","accountId":"111122223333","identity":{{"arn":"arn:aws:iam::111122223333:user/svc-{}"}},"region":"us-east-1","requestId":"{number:08x}-0000-4000-8000-{number:012x}","operation":"Converse","modelId":"anthropic.claude-3-haiku-20240307-v1:0","input":{{"inputContentType":"application/json","inputBodyJson":{{"messages":[{{"role":"user","content":[{{"text":"question {number} of many"}}]}}]}},"inputTokenCount":{}}},"output":{{"outputContentType":"application/json","outputBodyJson":{{"output":{{"message":{{"role":"assistant","content":[{{"text":"answer {number}"}}]}}}},"stopReason":"end_turn","usage":{{"inputTokens":7,"outputTokens":5,"totalTokens":12}}}},"outputTokenCount":5}}}}"#,
        number % 7,
        number % 50
    )
}

/// Events that share a second.
#[derive(Clone, Copy, Debug, Default)]
pub struct Crowd {
    /// How many.
    pub size: usize,
    /// Which second, as a time in it.
    pub at: i64,
    /// Each so-manieth of them shares one millisecond, the middle of that second.
    pub share: usize,
}

/// The times of so many events, spread evenly over a stretch of time, but for a crowd.
pub fn times(from: i64, to: i64, count: usize, crowd: Crowd) -> Vec<i64> {
    let (even, second) = (count - crowd.size, crowd.at - crowd.at.rem_euclid(1000));
    let spread = (0..even).map(|number| from + (to - from) * number as i64 / even.max(1) as i64);
    let crowded = (0..crowd.size).map(|number| second + if number % crowd.share == 0 { 500 } else { (number % 499) as i64 });
    spread.chain(crowded).collect()
}

/// Invocations at these times.
fn invocations_at(times: &[i64], write: fn(usize, i64) -> String) -> Lines {
    let messages = times.iter().enumerate().map(|(number, at)| write(number, *at)).collect();
    Lines { region: HOME.to_owned(), group: INVOCATIONS.to_owned(), stream: "aws/bedrock/modelinvocations-111122223333".to_owned(), messages }
}

/// So many invocations, spread evenly over a stretch of time, but for a crowd.
pub fn invocations(from: i64, to: i64, count: usize, crowd: Crowd) -> Lines {
    invocations_at(&times(from, to, count, crowd), invocation)
}

/// An invocation record that says as little as one can.
fn bare_invocation(number: usize, at: i64) -> String {
    let at = Timestamp::from_millis(at);
    format!(r#"{{"schemaType":"ModelInvocationLog","timestamp":"{at}","requestId":"{number:08x}-0000-4000-8000-000000000000","modelId":"m"}}"#)
}

/// A world of very many invocations that can be listed.
pub fn many(from: i64, to: i64, count: usize, crowd: Crowd, write: fn(usize, i64) -> String) -> World {
    let times = times(from, to, count, crowd);
    World::bare(invocations_at(&times, write), &times)
}

/// The same of records that say as little as one can.
pub fn many_bare(from: i64, to: i64, count: usize, crowd: Crowd) -> World {
    many(from, to, count, crowd, bare_invocation)
}

/// A CloudTrail event.
pub fn trail_event(number: usize, at: i64) -> String {
    let at = Timestamp::from_millis(at);
    format!(
        r#"{{"eventVersion":"1.11","userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/svc","accountId":"111122223333","userName":"svc"}},"eventTime":"{at}","eventSource":"bedrock.amazonaws.com","eventName":"ListFoundationModels","awsRegion":"us-east-1","sourceIPAddress":"203.0.113.9","requestID":"{number:08x}-0000-4000-8000-000000000000","eventID":"{number:08x}-1111-4000-8000-000000000000","eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management"}}"#
    )
}

/// So many CloudTrail events, a second apart, the last at this time.
pub fn trail_events(count: usize, last: i64) -> Lines {
    let messages = (0..count).map(|number| trail_event(number, last - (count - 1 - number) as i64 * 1000)).collect();
    Lines { region: HOME.to_owned(), group: TRAIL.to_owned(), stream: "o-acme_111122223333_CloudTrail_us-east-1".to_owned(), messages }
}
