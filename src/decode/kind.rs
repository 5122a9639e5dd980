//! What a record is, told by the keys in it. Never by position, order or prefix: key order is not stable (FORMATS §1.1).

use super::endpoint;
use super::folded_key::FoldedKey;
use super::json::{Kind, Value};

/// The families of records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// A Bedrock model invocation log record (FORMATS §1).
    Invocation,
    /// A CloudTrail event (FORMATS §3).
    CloudTrail,
    /// Process telemetry of an endpoint (FORMATS §5).
    Endpoint,
    /// A span of agent telemetry, or a log record of one.
    Span,
    /// None of them; says what was found instead.
    Unknown(String),
}

/// How many keys an unknown record's reason names.
const KEYS_NAMED: usize = 12;

/// Tells what a record is. A record that was cut off is still known by the keys before the cut.
pub fn kind_of(record: Value<'_>) -> RecordKind {
    if !record.is_object() {
        return RecordKind::Unknown(not_an_object(record));
    }
    let (mut invocation, mut model, mut event, mut source, mut trail) = (0, false, false, false, 0);
    let (mut nano, mut telemetry) = (0, 0);
    for (key, value) in record.entries() {
        match FoldedKey::of(key).as_bytes() {
            b"schematype" if value.is("ModelInvocationLog") => return RecordKind::Invocation,
            // Insights of a trail, of an event data store, and aggregated data events have no `eventName` of their own.
            b"insightdetails" | b"insighteventname" => return RecordKind::CloudTrail,
            b"eventtype" if value.is("AwsAggregatedEvent") => return RecordKind::CloudTrail,
            b"modelid" => model = true,
            b"requestid" | b"operation" | b"input" | b"output" | b"inferenceregion" => invocation += 1,
            b"eventname" => event = true,
            b"eventsource" => source = true,
            b"eventversion" | b"eventtime" | b"awsregion" | b"useridentity" | b"recipientaccountid" | b"sourceipaddress" => trail += 1,
            b"starttimeunixnano"
            | b"endtimeunixnano"
            | b"timeunixnano"
            | b"observedtimeunixnano"
            | b"start_time_unix_nano"
            | b"end_time_unix_nano"
            | b"time_unix_nano"
            | b"observed_time_unix_nano" => nano += 1,
            b"traceid" | b"spanid" | b"trace_id" | b"span_id" => telemetry += 2,
            b"resource" | b"scope" | b"attributes" | b"body" | b"severitynumber" | b"parentspanid" => telemetry += 1,
            _ => {}
        }
        if event && source {
            return RecordKind::CloudTrail;
        }
    }
    if trail + i32::from(event) + i32::from(source) >= 3 {
        RecordKind::CloudTrail
    } else if model && invocation >= 2 {
        RecordKind::Invocation
    } else if telemetry >= 5 || nano > 0 && telemetry >= 2 {
        RecordKind::Span
    } else if endpoint::is_known(record) {
        RecordKind::Endpoint
    } else {
        RecordKind::Unknown(unknown_keys(record))
    }
}

fn not_an_object(record: Value<'_>) -> String {
    let found = match record.kind() {
        Kind::Missing => return "the record is empty".to_owned(),
        Kind::Null => "null",
        Kind::True | Kind::False => "a boolean",
        Kind::Number => "a number",
        Kind::Text => "a string",
        Kind::Array => "an array",
        Kind::Object | Kind::Deep => "an object",
    };
    format!("a record is a JSON object; this is {found}")
}

fn unknown_keys(record: Value<'_>) -> String {
    let mut names: Vec<String> = record.entries().take(KEYS_NAMED).map(|(key, _)| key.text().chars().take(40).collect::<String>()).collect();
    if names.is_empty() {
        return "the record is an empty object".to_owned();
    }
    let more = record.len().saturating_sub(KEYS_NAMED);
    if more > 0 {
        names.push(format!("{more} more"));
    }
    format!("neither invocation record, CloudTrail event, agent span nor known process telemetry; its keys are {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::json::Tape;

    fn kind(record: &str) -> RecordKind {
        kind_of(Tape::of(record.as_bytes()).root(record.as_bytes()))
    }

    #[test]
    fn told_by_keys_in_any_order() {
        for (record, expected) in [
            // FORMATS §1.1: schemaType first or last.
            (r#"{"schemaType":"ModelInvocationLog","modelId":"m"}"#, RecordKind::Invocation),
            (r#"{"identity":{},"schemaVersion":"1.0","schemaType":"ModelInvocationLog"}"#, RecordKind::Invocation),
            (r#"{"modelId":"m","requestId":"r","input":{}}"#, RecordKind::Invocation),
            (r#"{"eventName":"GetObject","eventSource":"s3.amazonaws.com"}"#, RecordKind::CloudTrail),
            // Athena's and Lake's copies fold the case.
            (r#"{"eventname":"GetObject","eventsource":"s3.amazonaws.com"}"#, RecordKind::CloudTrail),
            // An Insight event has no eventName of its own.
            (r#"{"eventVersion":"1.08","insightDetails":{"state":"Start"}}"#, RecordKind::CloudTrail),
            // Nor has one of an event data store, or a summary of data events.
            (r#"{"eventCategory":"Insight","insightEventName":"GetObject"}"#, RecordKind::CloudTrail),
            (r#"{"eventVersion":"1.0","accountId":"1","eventType":"AwsAggregatedEvent","summary":{}}"#, RecordKind::CloudTrail),
            // A span, in AWS's form, in OTLP's, cut off before its times; a log record outside of any trace.
            (r#"{"resource":{},"traceId":"5b","spanId":"a1","name":"chat","startTimeUnixNano":1}"#, RecordKind::Span),
            (r#"{"trace_id":"5b","span_id":"a1","attributes":[]}"#, RecordKind::Span),
            (r#"{"resource":{"attributes":{}},"scope":{"name":"s"},"traceId":"5b","spanId":"a1","na"#, RecordKind::Span),
            (r#"{"resource":{},"scope":{},"timeUnixNano":1,"body":"started"}"#, RecordKind::Span),
            // Cut off before the name.
            (r#"{"eventVersion":"1.08","userIdentity":{"type":"IAMUser"},"eventTime":"2023"#, RecordKind::CloudTrail),
            (r#"{"time":"2026-01-01T00:00:00Z","host":"h","user":"u","command_line":"aws s3 ls"}"#, RecordKind::Endpoint),
        ] {
            assert_eq!(kind(record), expected, "{record}");
        }
    }

    #[test]
    fn the_unknown_says_what_was_found() {
        for (record, part) in [
            ("", "empty"),
            ("[1]", "an array"),
            ("\"x\"", "a string"),
            ("{}", "empty object"),
            (r#"{"alpha":1,"beta":2}"#, "alpha, beta"),
            // A trace id alone makes no span of an application's log line.
            (r#"{"traceId":"5b","message":"x","level":"info"}"#, "traceId, message"),
            (r#"{"trace_id":"5b","span_id":"a1","message":"x"}"#, "trace_id, span_id"),
            // A key that only starts like one of ours is not ours.
            (r#"{"schemaTypes":"ModelInvocationLog","eventNames":1}"#, "schemaTypes, eventNames"),
        ] {
            let RecordKind::Unknown(reason) = kind(record) else { panic!("{record} was taken for known") };
            assert!(reason.contains(part), "{record}: {reason}");
        }
    }
}
