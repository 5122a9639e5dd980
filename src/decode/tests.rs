//! What holds for every record: nothing panics, everything gets a strand or a reason. And how tests find the samples.

use std::io::Write as _;
use std::path::PathBuf;

use proptest::prelude::*;

use super::json::Tape;
use super::{Bodies, Decoded, Searchable, decode, exchange};

/// The records of a file of samples, one by one; nothing, with a word, where there are no samples.
pub(super) fn samples(file: &str) -> Vec<Vec<u8>> {
    let folder =
        std::env::var_os("OUTCROP_SAMPLES").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/samples"), PathBuf::from);
    let path = folder.join(file);
    let Ok(mut bytes) = std::fs::read(&path) else {
        let _ = writeln!(std::io::stderr(), "skipped: no samples at {}", path.display());
        return Vec::new();
    };
    if path.extension().is_some_and(|extension| extension == "gz") {
        let mut plain = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&bytes[..]), &mut plain).expect("a gzip file");
        bytes = plain;
    }
    let mut records = Vec::new();
    let mut rest = &bytes[..];
    let mut tape = Tape::new();
    while let super::json::End::Complete(end) = tape.parse(rest) {
        let root = tape.root(rest);
        let list = if root.get("Records").is_array() { root.get("Records") } else { root };
        if list.is_array() {
            records.extend(list.items().map(|record| record.raw().to_vec()));
        } else {
            records.push(list.raw().to_vec());
        }
        rest = &rest[end..];
    }
    records
}

/// What is searched, as text.
pub(super) fn searched(decoded: &Decoded<'_>) -> Vec<String> {
    decoded
        .searchable
        .iter()
        .map(|piece| match piece {
            Searchable::Raw(bytes, escaped) => super::json::unescape(bytes, *escaped).into_owned(),
            Searchable::Text(text) => text.clone().into_owned(),
        })
        .collect()
}

/// Well-formed records of every kind, to be damaged.
const SEEDS: [&str; 19] = [
    r#"{"eventVersion":"1.08","userIdentity":{"type":"AssumedRole","principalId":"AROAX:bob","arn":"arn:aws:sts::111122223333:assumed-role/Dev/bob","accountId":"111122223333","accessKeyId":"ASIAIOSFODNN7EXAMPLE","sessionContext":{"sessionIssuer":{"type":"Role","userName":"Dev"}}},"eventTime":"2026-01-02T03:04:05Z","eventSource":"bedrock.amazonaws.com","eventName":"CreateModelCustomizationJob","awsRegion":"us-east-1","sourceIPAddress":"203.0.113.9","requestParameters":{"jobName":"j","trainingDataConfig":{"s3Uri":"s3://train/a.jsonl"},"roleArn":"arn:aws:iam::111122223333:role/Train"},"responseElements":"{\"credentials\":{\"accessKeyId\":\"ASIAIOSFODNN7EXAMPL2\"}}","resources":["arn:aws:s3:::train/a.jsonl",{"ARN":"arn:aws:bedrock:us-east-1:111122223333:guardrail/g1"}],"eventCategory":"Management","recipientAccountId":"111122223333"}"#,
    r#"{"eventVersion":"1.08","eventSource":"s3.amazonaws.com","eventName":"CopyObject","requestParameters":{"bucketName":["b"],"key":"k%20k","x-amz-copy-source":"/src/a%2Fb?versionId=1"},"userIdentity":{"type":"AWSAccount","accountId":"1","principalId":"A:b"},"errorCode":"AccessDenied","errorMessage":"no on resource: arn:aws:s3:::b/k because"}"#,
    r#"{"eventVersion":"1.08","eventCategory":"Insight","insightDetails":{"eventName":"CreateUser","eventSource":"iam.amazonaws.com","insightType":"ApiCallRateInsight","state":"Start","insightContext":{"statistics":{"baseline":{"average":0.1},"insight":{"average":9}}}}}"#,
    r#"{"schemaType":"ModelInvocationLog","timestamp":"2026-01-02T03:04:05Z","operation":"Converse","modelId":"us.amazon.nova-pro-v1:0","identity":{"arn":"arn:aws:iam::1:user/a"},"input":{"inputBodyJson":{"system":[{"text":"s"}],"messages":[{"role":"user","content":[{"text":"a\u200bb"},{"guardContent":{"text":{"text":"g","qualifiers":["query"]}}},{"document":{"format":"txt","name":"n","source":{"text":"t"}}},{"toolResult":{"toolUseId":"t","content":[{"json":{"a":[1]}},{"image":{"format":"png","source":{"s3Uri":"s3://m/i.png"}}}]}}]}],"guardrailConfig":{"guardrailIdentifier":"g1"}},"inputTokenCount":3},"output":{"outputBodyJson":{"output":{"message":{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"r"}}},{"text":"<thinking>x</thinking>y"},{"toolUse":{"toolUseId":"i","name":"n","input":{"a":1}}}]}},"stopReason":"guardrail_intervened","usage":{"inputTokens":3.0},"trace":{"guardrail":{"inputAssessment":{"g1":{"topicPolicy":{"topics":[{"name":"T","action":"BLOCKED"}]}}},"outputAssessments":[{"g1":[{"wordPolicy":{"customWords":[{"match":"w","action":"NONE"}]}}]}]}}}}}"#,
    r#"{"schemaType":"ModelInvocationLog","modelId":"m","operation":"InvokeModelWithResponseStream","input":{"inputBodyJson":"{\"anthropic_version\":\"x\",\"messages\":[{\"role\":\"user\",\"content\":\"hi \\ud800\"}]}"},"output":{"outputBodyJson":[{"type":"message_start","message":{"usage":{"input_tokens":5}}},{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"n","input":{}}},{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"a\""}},{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"x"}},"[DONE]",{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":7}},{"type":"message_stop","amazon-bedrock-guardrailAction":"INTERVENED","amazon-bedrock-invocationMetrics":{"invocationLatency":9,"outputTokenCount":8}}]}}"#,
    r#"{"schemaType":"ModelInvocationLog","modelId":"m","input":{"inputBodyJson":{"prompt":"sys\n\nHuman: q\n\nAssistant:","max_tokens_to_sample":5},"inputBodyS3Path":"s3://big/data/r_input.json.gz"},"output":{"outputBodyJson":{"completion":"c","stop_reason":"stop_sequence"}}}"#,
    r#"{"resource":{"attributes":{"service.name":"desk.DEFAULT","cloud.region":"us-east-1","cloud.resource_id":"arn:aws:bedrock-agentcore:us-east-1:111122223333:runtime/desk-1/runtime-endpoint/DEFAULT"}},"scope":{"name":"strands.telemetry.tracer"},"traceId":"691e400b638f5225711e80da37a4b0bd","spanId":"e79d2156ac138f63","parentSpanId":"ec3c4c7fb2603f7a","name":"chat m","kind":"CLIENT","startTimeUnixNano":1763590155895947177,"endTimeUnixNano":1763590165204959446,"durationNano":9309012269,"attributes":{"gen_ai.operation.name":"chat","gen_ai.request.model":"us.m.x","gen_ai.usage.input_tokens":5,"aws.request_id":"r","session.id":"s","aws.bedrock.guardrail.id":"g1","input.value":"[{\"text\": \"s3://b/k\"}]"},"events":[{"name":"exception","attributes":{"exception.type":"botocore.errorfactory.AccessDeniedException","exception.message":"An error occurred (AccessDeniedException) when calling the Converse operation: no"}}],"status":{"code":"ERROR","message":"no"}}"#,
    r#"{"traceId":"1-691e400b-638f5225711e80da37a4b0bd","spanId":"a1","parentSpanId":"","name":"n","startTimeUnixNano":"1763590155895947177","endTimeUnixNano":"1763590155895947178","attributes":[{"key":"session.id","value":{"stringValue":"s"}},{"key":"http.response.status_code","value":{"intValue":"403"}},{"key":"tools","value":{"arrayValue":{"values":[{"stringValue":"arn:aws:s3:::b/k"}]}}}],"status":{"code":2}}"#,
    r#"{"resource":{"attributes":{}},"scope":{"name":"strands.telemetry.tracer"},"timeUnixNano":0,"observedTimeUnixNano":1763590155895947177,"severityNumber":9,"body":{"input":{"messages":[{"role":"user","content":{"content":"[{\"text\": \"hi\"}]"}}]},"output":{"messages":[{"role":"assistant","content":{"message":"yes","finish_reason":"end_turn"}}]}},"attributes":{"event.name":"strands.telemetry.tracer","session.id":"s"},"traceId":"691e400b638f5225711e80da37a4b0bd","spanId":"e79d2156ac138f63"}"#,
    r#"{"eventVersion":"1.0","accountId":"111122223333","eventId":"e","eventCategory":"Aggregated","eventType":"AwsAggregatedEvent","awsRegion":"us-east-1","eventSource":"s3.amazonaws.com","timeWindow":{"windowStart":"2026-01-02T03:00:00Z","windowEnd":"2026-01-02T03:05:00Z","windowSize":"PT5M"},"summary":{"primaryDimension":{"dimension":"eventName","statistics":[{"name":"GetObject","value":1204}],"aggregationType":"Count"},"details":[{"dimension":"resourceARN","statistics":[{"name":"arn:aws:s3:::b","value":1204}]},{"dimension":"userIdentity","statistics":[{"name":"arn:aws:iam::111122223333:user/a","value":1204}]}]}}"#,
    r#"{"eventVersion":"1.08","eventTime":"2026-01-02T03:00:00Z","eventType":"AwsVpceEvent","eventCategory":"NetworkActivity","eventSource":"s3.amazonaws.com","eventName":"GetObject","errorCode":"VpceAccessDenied","userIdentity":{"type":"AWSAccount","accountId":"444455556666","principalId":"AROAX:s"},"recipientAccountId":"111122223333","sharedEventID":"sh","vpcEndpointId":"vpce-1","vpcEndpointAccountId":"111122223333","requestParameters":{"omitted":true,"originalSize":1,"reason":"requestParameters too large"}}"#,
    r#"{"time":"2026-01-02T03:04:05Z","host":"h","user":"u","command_line":"sudo AWS_REGION=eu-west-1 aws --profile p bedrock delete-guardrail --guardrail-identifier g1 | bash -c 'aws s3 cp s3://b/k .'"}"#,
    r#"{"event_type":9,"event":{"exec":{"args":["/bin/sh","-c","aws s3 ls"],"target":{"audit_token":{"auid":502}}}},"host":{"hostname":"h"},"time":"2026-01-02T03:04:05Z"}"#,
    r#"{"exec_args":{"args":{"1":"aws","2":"s3","3":"ls"},"args_compiled":"aws,s3,ls"},"header":{"time_seconds_epoch":1,"time_milliseconds_offset":2},"host_info":{"host_name":"m"},"subject":{"user_name":"u"},"return":{"error":0}}"#,
    r#"{"name":"q","hostIdentifier":"h","unixTime":"1700000000","action":"snapshot","snapshot":[{"cmdline":"aws s3 ls","time":"5"},{"command":"x","uid":"1"}],"diffResults":{"added":[{"path":"/p","pid":"1"}]}}"#,
    r##"{"Event":{"System":{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"c","TimeCreated":{"#attributes":{"SystemTime":"2026-01-02T03:04:05Z"}}},"EventData":{"UtcTime":"2026-01-02 03:04:05.678","User":"u","CommandLine":"aws s3 ls"}}}"##,
    r#"{"EventID":"4688","TimeCreated":"2026-01-02 03:04:05 +0000","Computer":"c","ExtraEventData":{"SubjectUserName":"u","NewProcessName":"C:\\aws.exe","CommandLine":""}}"#,
    r#"{"event":{"event_simpleName":"ProcessRollup2","CommandLine":"aws s3 ls","ProcessStartTime":"1700000000.5","aid":"a","UserSid":"s"},"timestamp":"2026-01-02 03:04:05.678"}"#,
    r#"{"category":"AdvancedHunting-DeviceProcessEvents","properties":{"ProcessCommandLine":"aws s3 ls","DeviceName":"d","AccountName":"u","Timestamp":"2026-01-02T03:04:05.1234567Z"}}"#,
];

#[derive(Clone, Debug)]
enum Damage {
    Flip(usize, u8),
    Cut(usize),
    Drop(usize, usize),
    Repeat(usize, usize),
    /// Puts another value where one stands.
    Swap(usize, &'static str),
}

fn damage() -> impl Strategy<Value = Damage> {
    let values = [
        "null",
        "NaN",
        "-1",
        "1e999",
        "\"\"",
        "[]",
        "{}",
        "\"\\ud800\"",
        "[[[{}]]]",
        "\"s3://\"",
        "\"arn:aws:s3:::\"",
        "18446744073709551616",
        "\"\u{e0041}\"",
    ];
    prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Damage::Flip(at, byte)),
        any::<usize>().prop_map(Damage::Cut),
        (any::<usize>(), 1..20usize).prop_map(|(at, length)| Damage::Drop(at, length)),
        (any::<usize>(), 1..60usize).prop_map(|(at, length)| Damage::Repeat(at, length)),
        (any::<usize>(), prop::sample::select(values.to_vec())).prop_map(|(at, value)| Damage::Swap(at, value)),
    ]
}

fn apply(record: &mut Vec<u8>, damage: &Damage) {
    let length = record.len().max(1);
    match *damage {
        Damage::Flip(at, byte) => record.iter_mut().skip(at % length).take(1).for_each(|place| *place = byte),
        Damage::Cut(at) => record.truncate(at % length),
        Damage::Drop(at, count) => {
            let at = at % length;
            record.drain(at.min(record.len())..(at + count).min(record.len()));
        }
        Damage::Repeat(at, count) => {
            let at = (at % length).min(record.len());
            let part = record[at..(at + count).min(record.len())].to_vec();
            record.splice(at..at, part);
        }
        Damage::Swap(at, value) => {
            let colons: Vec<usize> = record.iter().enumerate().filter(|(_, byte)| **byte == b':').map(|(at, _)| at + 1).collect();
            let Some(start) = colons.get(at % colons.len().max(1)).copied() else { return };
            let mut tape = Tape::new();
            if let super::json::End::Complete(end) = tape.parse(&record[start..]) {
                record.splice(start..start + end, value.bytes());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn damaged_records_get_a_strand_or_a_reason(seed in 0..SEEDS.len(), damages in prop::collection::vec(damage(), 0..5)) {
        let mut record = SEEDS[seed].as_bytes().to_vec();
        for damage in &damages {
            apply(&mut record, damage);
        }
        let mut tape = Tape::new();
        let decoded = decode(&record, &mut tape);
        prop_assert!(decoded.strand.is_some() || decoded.undecodable.is_some());
        searched(&decoded);
        let full = exchange(&record, &Bodies { input: Some(record.clone()), output: None });
        let alone = exchange(&record, &Bodies::default());
        // The list and the full exchange must tell the same.
        if let Some(facts) = &decoded.exchange {
            prop_assert_eq!(facts.user_chars as usize, alone.user_text.chars().count());
            prop_assert_eq!(facts.completion_chars as usize, alone.completion.chars().count());
            prop_assert_eq!(facts.turns as usize, alone.turns.len());
            prop_assert_eq!(&facts.tokens, &alone.tokens);
            prop_assert_eq!(&facts.stop_reason, &alone.stop_reason);
            prop_assert_eq!(facts.guardrail, alone.guardrail.action);
            prop_assert_eq!(facts.body, alone.body);
            let encoded = |hidden: &crate::model::Hidden| hidden.kind == crate::model::HiddenKind::Encoded;
            prop_assert_eq!(facts.flags.has(crate::model::ExchangeFlags::HIDDEN), !alone.hidden.iter().all(encoded));
            prop_assert_eq!(facts.flags.has(crate::model::ExchangeFlags::ENCODED), alone.hidden.iter().any(encoded));
        }
        for hidden in full.hidden.iter().chain(&alone.hidden) {
            let of_user = hidden.place.is_none();
            prop_assert!(!of_user || full.user_text.is_char_boundary(hidden.at) || alone.user_text.is_char_boundary(hidden.at));
        }
    }
}

#[test]
fn every_seed_is_decoded_whole() {
    for record in SEEDS {
        let mut tape = Tape::new();
        let decoded = decode(record.as_bytes(), &mut tape);
        assert_eq!(decoded.undecodable, None, "{record}");
        assert!(decoded.strand.is_some(), "{record}");
    }
}

#[test]
fn hostile_shapes_are_linear() {
    // Ten thousand turns; objects nested beyond what the tape looks into; ten thousand keys; ten thousand tool fragments.
    let turn = r#"{"role":"user","content":[{"text":"x"}]},"#;
    let many = format!(r#"{{"schemaType":"ModelInvocationLog","input":{{"inputBodyJson":{{"messages":[{}]}}}}}}"#, turn.repeat(10_000));
    let deep =
        format!(r#"{{"eventSource":"s3.amazonaws.com","eventName":"X","requestParameters":{}{}}}"#, r#"{"a":"#.repeat(50_000), "}".repeat(50_000));
    let wide =
        format!(r#"{{"eventSource":"s3.amazonaws.com","eventName":"X","requestParameters":{{{}"z":1}}}}"#, r#""a":"s3://b/k","#.repeat(10_000));
    let start = r#"{"type":"content_block_start","index":7,"content_block":{"type":"tool_use","id":"t","name":"n"}},"#;
    let fragment = r#"{"type":"content_block_delta","index":7,"delta":{"type":"input_json_delta","partial_json":"a"}},"#;
    let stream = format!(r#"{{"schemaType":"ModelInvocationLog","output":{{"outputBodyJson":[{start}{}]}}}}"#, fragment.repeat(10_000));
    let mut tape = Tape::new();
    assert_eq!(decode(many.as_bytes(), &mut tape).exchange.expect("an exchange").turns, 10_000);
    assert_eq!(exchange(many.as_bytes(), &Bodies::default()).user_text, "x");
    let mut tape = Tape::new();
    assert_eq!(decode(deep.as_bytes(), &mut tape).undecodable, None);
    let mut tape = Tape::new();
    assert_eq!(decode(wide.as_bytes(), &mut tape).mentions.len(), 2);
    assert_eq!(exchange(stream.as_bytes(), &Bodies::default()).tool_calls[0].input.len(), 10_000);
}

#[test]
fn a_cut_record_is_an_event_and_says_that_it_is_cut() {
    let whole = SEEDS[3];
    let cut = &whole.as_bytes()[..whole.len() - 200];
    let mut tape = Tape::new();
    let decoded = decode(cut, &mut tape);
    assert_eq!(decoded.principal.as_deref(), Some("1/user/a"));
    assert!(decoded.undecodable.as_deref().is_some_and(|reason| reason.contains("cut off")));
    assert!(decoded.exchange.expect("an exchange").flags.has(crate::model::ExchangeFlags::UNREADABLE));
    assert!(exchange(cut, &Bodies::default()).unreadable[0].contains("damaged"));
}
