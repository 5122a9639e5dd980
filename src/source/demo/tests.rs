//! The demo as a reader meets it: unpacked, parsed, counted and joined.

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::sync::OnceLock;

use regex::Regex;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::calendar::Week;
use super::delivery::Parcels;
use super::slot::Slot;
use super::*;
use crate::decode::json::{End, Tape};

fn plain(file: &File) -> Vec<u8> {
    // By content: the names are what another test is about.
    if !file.bytes.starts_with(&[0x1f, 0x8b]) {
        return file.bytes.clone();
    }
    let mut out = Vec::new();
    flate2::read::GzDecoder::new(file.bytes.as_slice()).read_to_end(&mut out).unwrap();
    out
}

/// The default demo, parsed once for all tests.
struct Parsed {
    files: Vec<(File, Vec<u8>)>,
    trail: Vec<Value>,
    invocations: Vec<Value>,
    endpoint: Vec<Value>,
    refused: Vec<Vec<u8>>,
    /// Spans; Insights, summaries and network activity.
    spans: Vec<Value>,
    apart: Vec<Value>,
    /// Lengths of the invocation records.
    lengths: Vec<usize>,
}

fn parsed() -> &'static Parsed {
    static PARSED: OnceLock<Parsed> = OnceLock::new();
    PARSED.get_or_init(|| {
        let files: Vec<_> = files(&Options::default()).map(|file| (file.clone(), plain(&file))).collect();
        let (mut trail, mut invocations, mut endpoint) = (Vec::new(), Vec::new(), Vec::new());
        let (mut refused, mut lengths) = (Vec::new(), Vec::new());
        let (mut spans, mut apart) = (Vec::new(), Vec::new());
        for (file, text) in &files {
            if file.path.contains("/CloudTrail/") {
                let mut whole: Value = serde_json::from_slice(text).unwrap();
                trail.append(whole["Records"].as_array_mut().unwrap());
            } else if file.path.contains("/CloudTrail-") && !file.path.contains("-Digest") {
                let mut whole: Value = serde_json::from_slice(text).unwrap();
                apart.append(whole["Records"].as_array_mut().unwrap());
            } else if file.path.starts_with("exports/") {
                for line in std::str::from_utf8(text).unwrap().lines() {
                    let (time, json) = line.split_once(' ').unwrap();
                    let span: Value = serde_json::from_str(json).unwrap();
                    assert_eq!(Timestamp::parse(time).unwrap().as_millis() as u64, span["startTimeUnixNano"].as_u64().unwrap() / 1_000_000);
                    spans.push(span);
                }
            } else if file.path.contains("/data/") {
                serde_json::from_slice::<Value>(text).unwrap();
            } else if file.path.contains("BedrockModelInvocationLogs") || file.path.starts_with("endpoint/") {
                for line in text.split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
                    let into = if file.path.starts_with("endpoint/") { &mut endpoint } else { &mut invocations };
                    if !file.path.starts_with("endpoint/") {
                        lengths.push(line.len());
                    }
                    match serde_json::from_slice(line) {
                        Ok(value) => into.push(value),
                        Err(_) => refused.push(line.to_vec()),
                    }
                }
            }
        }
        Parsed { files, trail, invocations, endpoint, refused, spans, apart, lengths }
    })
}

fn digest(options: &Options) -> Vec<u8> {
    let mut hash = Sha256::new();
    for file in files(options) {
        hash.update(file.path.as_bytes());
        hash.update(file.modified.as_millis().to_le_bytes());
        hash.update(&file.bytes);
    }
    hash.finalize().to_vec()
}

#[test]
fn the_same_options_give_the_same_bytes() {
    let options = Options { events: 1_500, seed: 7 };
    assert_eq!(digest(&options), digest(&options));
    assert_ne!(digest(&options), digest(&Options { seed: 8, ..options }));
}

#[test]
fn as_many_events_as_asked_for() {
    let all = parsed();
    let count = all.trail.len() + all.invocations.len() + all.endpoint.len() + all.refused.len() + all.spans.len() + all.apart.len();
    assert!((5_940..=6_060).contains(&count), "{count}");
    for events in [3_000_u64, 20_000] {
        let count: u64 = Parcels::new(&Options { events, seed: 3 }).map(|parcel| parcel.events).sum();
        assert!(count.abs_diff(events) * 100 <= events, "{count} for {events}");
    }
    // With nothing asked for, the stories are whole.
    let stories: u64 = Parcels::new(&Options { events: 0, seed: 3 }).map(|parcel| parcel.events).sum();
    let steps = cast().steps;
    let calls = steps.iter().filter(|s| ["leak-burst", "agent-loop"].contains(&s.label)).count() as u64;
    assert!(stories > steps.len() as u64 + calls && stories < 2 * steps.len() as u64, "{stories}");
}

#[test]
fn one_record_is_more_than_strict_parsers_can_take() {
    let [record] = parsed().refused.as_slice() else { panic!("{} refused", parsed().refused.len()) };
    let request = cast().requests("inject-surrogate")[0].to_owned();
    let mut tape = Tape::new();
    assert!(matches!(tape.parse(record), End::Complete(_)));
    assert!(tape.problem().is_none());
    assert!(tape.root(record).at("requestId").is(&request));
    assert!(record.windows(6).any(|w| w == br"\ud800"));
}

#[test]
fn files_are_named_as_aws_names_them() {
    let forms = [
        r"^AWSLogs/(\d{12})/CloudTrail/([a-z]+-[a-z]+-\d)/2026/11/(?:09|1[0-4])/(\d{12})_CloudTrail_([a-z]+-[a-z]+-\d)_202611\d\dT\d{4}Z_[A-Z2-7]{16}\.json\.gz$",
        r"^AWSLogs/\d{12}/BedrockModelInvocationLogs/[a-z]+-[a-z]+-\d/2026/11/(?:09|1[0-3])/[0-2]\d/202611\d\dT\d{9}Z_[0-9a-f]{16}\.json\.gz$",
        r"^AWSLogs/\d{12}/BedrockModelInvocationLogs/[a-z]+-[a-z]+-\d/2026/11/(?:09|1[0-3])/[0-2]\d/data/[0-9a-f-]{36}_input\.json\.gz$",
        r"^AWSLogs/\d{12}/BedrockModelInvocationLogs/amazon-bedrock-logs-permission-check$",
        r"^AWSLogs/\d{12}/CloudTrail-Digest/us-east-1/2026/11/09/\d{12}_CloudTrail-Digest_us-east-1_.*\.json\.gz$",
        r"^AWSLogs/\d{12}/CloudTrail-(?:Insight|Aggregated|NetworkActivity)/us-(?:east-1|west-2)/2026/11/1[0-4]/\d{12}_CloudTrail-(?:Insight|Aggregated|NetworkActivity)_us-(?:east-1|west-2)_202611\d\dT\d{4}Z_[A-Z2-7]{16}\.json\.gz$",
        r"^exports/aws-spans/[0-9a-f-]{36}/default/\d{6}\.gz$",
        r"^endpoint/jamf-protect-202611(?:09|1[0-3])\.ndjson$",
    ];
    let forms: Vec<Regex> = forms.iter().map(|form| Regex::new(form).unwrap()).collect();
    let mut met = HashSet::new();
    let mut names = HashSet::new();
    for (file, _) in &parsed().files {
        let form = forms.iter().position(|form| form.is_match(&file.path));
        met.insert(form.unwrap_or_else(|| panic!("{}", file.path)));
        assert!(names.insert(&file.path), "{} twice", file.path);
        if let Some(found) = forms[0].captures(&file.path) {
            assert_eq!((&found[1], &found[2]), (&found[3], &found[4]));
        }
    }
    assert_eq!(met.len(), forms.len());
}

#[test]
fn records_lie_in_the_files_of_their_account_region_and_hour() {
    for (file, text) in &parsed().files {
        let parts: Vec<&str> = file.path.split('/').collect();
        let [_, account, log, region, year, month, day, hour, ..] = parts.as_slice() else { continue };
        if *log == "BedrockModelInvocationLogs" && !file.path.contains("/data/") {
            for line in text.split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
                let Ok(record) = serde_json::from_slice::<Value>(line) else { continue };
                assert_eq!((record["accountId"].as_str(), record["region"].as_str()), (Some(*account), Some(*region)));
                assert!(record["timestamp"].as_str().unwrap().starts_with(&format!("{year}-{month}-{day}T{hour}:")), "{}", file.path);
            }
        } else if *log == "CloudTrail" {
            for record in serde_json::from_slice::<Value>(text).unwrap()["Records"].as_array().unwrap() {
                assert_eq!((record["recipientAccountId"].as_str(), record["awsRegion"].as_str()), (Some(*account), Some(*region)));
                let at = Timestamp::parse(record["eventTime"].as_str().unwrap()).unwrap();
                assert!(week().contains(at) && at < file.modified, "{at} in {}", file.path);
            }
        }
    }
}

const CALLS: [&str; 4] = ["InvokeModel", "InvokeModelWithResponseStream", "Converse", "ConverseStream"];

#[test]
fn every_model_call_is_in_both_logs_except_where_planted() {
    let all = parsed();
    let cast = cast();
    let calls: HashMap<&str, &Value> = all
        .trail
        .iter()
        .filter(|event| CALLS.contains(&event["eventName"].as_str().unwrap()))
        .map(|event| (event["requestID"].as_str().unwrap(), event))
        .collect();
    let mut recorded: HashSet<&str> = HashSet::from([cast.requests("inject-surrogate")[0]]);
    for record in &all.invocations {
        let request = record["requestId"].as_str().unwrap();
        assert!(recorded.insert(request), "{request} twice");
        let event = calls.get(request).unwrap_or_else(|| panic!("{request} has no event"));
        assert_eq!(event["requestParameters"]["modelId"], record["modelId"]);
        assert_eq!(event["userIdentity"]["arn"], record["identity"]["arn"]);
        assert_eq!(event["eventName"], record["operation"]);
        assert_eq!(event["errorCode"].is_null(), record["errorCode"].is_null());
        let time = |value: &Value| Timestamp::parse(value.as_str().unwrap()).unwrap().as_millis();
        let lag = time(&event["eventTime"]) - time(&record["timestamp"]);
        assert!((0..=4_000).contains(&lag), "{request}: {lag} ms");
        if let Some(tokens) = record["input"]["inputTokenCount"].as_u64() {
            assert_eq!(event["additionalEventData"]["inputTokens"].as_u64(), Some(tokens));
        }
    }
    let mut unrecorded: Vec<&str> = calls.keys().copied().filter(|request| !recorded.contains(request)).collect();
    unrecorded.sort_unstable();
    let mut planted = cast.requests("leak-blind");
    planted.push(cast.requests("leak-refused")[2]);
    assert_eq!(planted.len(), 13);
    planted.sort_unstable();
    assert_eq!(unrecorded, planted);
}

#[test]
fn the_blind_window_is_blind() {
    let all = parsed();
    let cast = cast();
    let inside = |time: &Value| (cast.blind_from..cast.blind_until).contains(&Timestamp::parse(time.as_str().unwrap()).unwrap());
    let here = |record: &Value, region: &str, account: &str| record[region] == cast.blind_region && record[account] == cast.account;
    assert!(!all.invocations.iter().any(|r| here(r, "region", "accountId") && inside(&r["timestamp"])));
    assert!(all.invocations.iter().any(|r| here(r, "region", "accountId")));
    let changes: Vec<(&str, &str)> = all
        .trail
        .iter()
        .filter(|e| here(e, "awsRegion", "recipientAccountId") && e["eventName"].as_str().unwrap().ends_with("ModelInvocationLoggingConfiguration"))
        .filter(|e| !e["eventName"].as_str().unwrap().starts_with("Get"))
        .map(|e| (e["eventName"].as_str().unwrap(), e["errorCode"].as_str().unwrap_or("ok")))
        .collect();
    assert_eq!(
        changes,
        [
            ("PutModelInvocationLoggingConfiguration", "ok"),
            ("DeleteModelInvocationLoggingConfiguration", "AccessDeniedException"),
            ("DeleteModelInvocationLoggingConfiguration", "ok"),
            ("PutModelInvocationLoggingConfiguration", "ok"),
        ]
    );
}

#[test]
fn every_planted_step_is_found_by_its_request() {
    let all = parsed();
    let requests: HashSet<&str> = all.trail.iter().filter_map(|event| event["requestID"].as_str()).collect();
    let commands = all.endpoint.iter().filter(|e| e["host"]["hostname"] == cast().laptop && e["time"].as_str().unwrap() > "2026-11-13T16:40").count();
    assert!(commands >= 9, "{commands}");
    let mut known = HashSet::new();
    for step in cast().steps {
        assert!(week().contains(step.at));
        if !step.request.is_empty() {
            assert!(requests.contains(step.request.as_str()), "{step:?}");
            assert!(known.insert(step.request.clone()), "{step:?} shares its id");
        }
    }
    assert_eq!(cast().requests("agent-loop").len(), 40);
    assert_eq!(cast().requests("leak-burst").len(), 60);
}

#[test]
fn the_intruder_is_seen_nowhere_else() {
    let cast = cast();
    let key_events: Vec<&Value> = parsed().trail.iter().filter(|e| e["userIdentity"]["accessKeyId"] == cast.leaked_key).collect();
    let (from_intruder, by_day): (Vec<&Value>, Vec<&Value>) = key_events.into_iter().partition(|e| e["sourceIPAddress"] == cast.intruder_ip);
    assert_eq!(from_intruder.len(), cast.steps.iter().filter(|s| s.label.starts_with("leak-")).count());
    assert!(by_day.iter().all(|e| e["eventSource"] == "s3.amazonaws.com"));
    assert!(!parsed().trail.iter().any(|e| e["sourceIPAddress"] == cast.intruder_ip && e["userIdentity"]["accessKeyId"] != cast.leaked_key));
}

#[test]
fn the_long_loop_repeats_its_history() {
    let all = parsed();
    let by_request: HashMap<&str, &Value> = all.invocations.iter().map(|r| (r["requestId"].as_str().unwrap(), r)).collect();
    let mut before: Vec<Value> = Vec::new();
    for (number, request) in cast().requests("agent-loop").into_iter().enumerate() {
        let body = &by_request[request]["input"]["inputBodyJson"];
        let messages = body["messages"].as_array().unwrap_or_else(|| panic!("call {number} is not inline"));
        assert_eq!(messages.len(), 1 + 2 * number);
        assert_eq!(&messages[..before.len()], before.as_slice());
        before.clone_from(messages);
    }
}

#[test]
fn spans_bear_the_request_ids_of_the_loop() {
    let cast = cast();
    let all = parsed();
    let by_request: HashMap<&str, &Value> = all.invocations.iter().map(|r| (r["requestId"].as_str().unwrap(), r)).collect();
    let ids: HashSet<&str> = all.spans.iter().map(|span| span["spanId"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), all.spans.len());
    assert_eq!(all.spans.len(), cast.steps.iter().filter(|step| step.label == "agent-span").count());
    let mut calls = Vec::new();
    for span in &all.spans {
        assert_eq!(span["traceId"], cast.agent_trace.as_str());
        assert!(span["parentSpanId"].is_null() || ids.contains(span["parentSpanId"].as_str().unwrap()), "{span}");
        let attributes = &span["attributes"];
        if attributes["gen_ai.operation.name"] == "chat" {
            assert_eq!(attributes["session.id"], cast.agent_session);
            let request = attributes["aws.request_id"].as_str().unwrap();
            let record = by_request[request];
            assert_eq!(record["modelId"], attributes["gen_ai.request.model"]);
            assert_eq!(record["output"]["outputTokenCount"], attributes["gen_ai.usage.output_tokens"]);
            let lag = Timestamp::parse(record["timestamp"].as_str().unwrap()).unwrap().as_millis()
                - span["startTimeUnixNano"].as_i64().unwrap() / 1_000_000;
            assert!((-1_000..=1_000).contains(&lag), "{lag}");
            calls.push(request);
        }
    }
    let made = cast.requests("agent-loop");
    assert_eq!(calls, [made[0], made[1], made[2], made[39]]);
    // What the tool returned in the span is what the next request tells.
    let tool = all.spans.iter().find(|span| span["name"] == "execute_tool get_order").unwrap();
    let told: Value = serde_json::from_str(tool["events"][1]["attributes"]["content"].as_str().unwrap()).unwrap();
    let next = &by_request[made[1]]["input"]["inputBodyJson"]["messages"][2]["content"][0]["toolResult"];
    assert_eq!(next["content"][0]["json"], told);
}

#[test]
fn what_cloudtrail_sums_up_is_what_it_logged() {
    let all = parsed();
    let of = |category: &str| all.apart.iter().filter(|record| record["eventCategory"] == category).collect::<Vec<_>>();
    let [summary] = of("Aggregated")[..] else { panic!("one summary") };
    let within = |record: &&Value| {
        let time = record["eventTime"].as_str().unwrap();
        (summary["timeWindow"]["windowStart"].as_str().unwrap()..summary["timeWindow"]["windowEnd"].as_str().unwrap()).contains(&time)
    };
    let puts = all
        .trail
        .iter()
        .filter(within)
        .filter(|e| e["recipientAccountId"] == summary["accountId"] && e["awsRegion"] == summary["awsRegion"] && e["eventName"] == "PutObject");
    assert_eq!(puts.count() as u64, summary["summary"]["primaryDimension"]["statistics"][0]["value"].as_u64().unwrap());
    let [start, end] = of("Insight")[..] else { panic!("two ends of one Insight") };
    assert_eq!((&start["sharedEventID"], start["insightDetails"]["state"].as_str()), (&end["sharedEventID"], Some("Start")));
    assert!(start["insightDetails"]["insightContext"]["attributions"][0]["insight"][0]["value"].as_str().unwrap().ends_with(cast().leaked_user));
    let [denied] = of("NetworkActivity")[..] else { panic!("one denial") };
    assert_eq!(
        (denied["errorCode"].as_str(), denied["userIdentity"]["accountId"].as_str()),
        (Some("VpceAccessDenied"), Some(cast().foreign_account))
    );
}

#[test]
fn conversations_repeat_what_came_before() {
    // Two records of one conversation: the second's history begins with the first's messages and its answer.
    let mut continued = 0;
    let bodies: Vec<_> = parsed().invocations.iter().filter(|r| r["identity"]["arn"].as_str().unwrap().contains("ORDERDESK/")).collect();
    for record in &bodies {
        let (Some(said), Some(answer)) =
            (record["input"]["inputBodyJson"]["messages"].as_array(), record["output"]["outputBodyJson"]["output"]["message"].as_object())
        else {
            continue;
        };
        continued += bodies
            .iter()
            .filter_map(|next| next["input"]["inputBodyJson"]["messages"].as_array())
            .filter(|next| next.len() > said.len() && next.starts_with(said) && next[said.len()].as_object() == Some(answer))
            .count();
    }
    assert!(continued > 39 * 40 / 2 + 20, "{continued}");
}

#[test]
fn hostile_text_is_in_the_records() {
    let all = parsed();
    let body = |label: &str| {
        let request = cast().requests(label)[0].to_owned();
        all.invocations.iter().find(|r| r["requestId"] == request.as_str()).unwrap()
    };
    let said = |label: &str| body(label)["input"]["inputBodyJson"]["messages"][0]["content"][0]["guardContent"]["text"]["text"].as_str().unwrap();
    assert!(said("inject-escapes").contains("\u{1b}]52;c;") && said("inject-escapes").contains("\u{1b}[2J"));
    assert!(said("inject-tags").contains('\u{e0072}'));
    assert!(said("inject-zero-width").contains('\u{200b}'));
    assert!(said("inject-bidi").contains('\u{202e}'));
    let slip = body("inject-slip")["output"]["outputBodyJson"]["output"]["message"]["content"][0]["text"].as_str().unwrap();
    assert!(slip.contains("ALMA-GW"));
    assert_eq!(body("inject-plain")["output"]["outputBodyJson"]["stopReason"], "guardrail_intervened");
    assert!(body("inject-plain")["input"]["inputTokenCount"].is_null());
    let noted = &body("inject-noted")["output"]["outputBodyJson"];
    assert_eq!(noted["stopReason"], "end_turn");
    let filter = &noted["trace"]["guardrail"]["inputAssessment"][cast().guardrail]["contentPolicy"]["filters"][0];
    assert_eq!((filter["type"].as_str(), filter["action"].as_str()), (Some("PROMPT_ATTACK"), Some("NONE")));
    let masked = &body("inject-masked")["output"]["outputBodyJson"]["trace"]["guardrail"];
    assert_eq!(masked["outputAssessments"][cast().guardrail][0]["sensitiveInformationPolicy"]["piiEntities"][0]["action"], "ANONYMIZED");
    assert!(body("inject-unguarded")["input"]["inputBodyJson"]["guardrailConfig"].is_null());
}

#[test]
fn sizes_are_as_in_real_logs() {
    let mut lengths = parsed().lengths.clone();
    lengths.sort_unstable();
    let (median, longest) = (lengths[lengths.len() / 2], lengths[lengths.len() - 1]);
    assert!((3_500..7_500).contains(&median), "{median}");
    assert!((80_000..125_000).contains(&longest), "{longest}");
    let side = parsed().files.iter().filter(|(file, _)| file.path.contains("/data/")).count();
    let pointed = parsed().invocations.iter().filter(|r| !r["input"]["inputBodyS3Path"].is_null()).count();
    assert!(side >= 3 && side == pointed, "{side} bodies, {pointed} pointers");
}

#[test]
fn nothing_in_it_is_real() {
    let example = Regex::new("^(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{9}EXAMPLE$").unwrap();
    for event in &parsed().trail {
        let who = &event["userIdentity"];
        // The root user's id is its account's number, and who is nobody to IAM has none.
        let id = who["principalId"].as_str().filter(|id| !id.is_empty() && *id != callers::LAB);
        for id in [who["accessKeyId"].as_str(), id.and_then(|id| id.split(':').next())].into_iter().flatten() {
            assert!(example.is_match(id), "{id}");
        }
        let source = event["sourceIPAddress"].as_str().unwrap();
        let documented = ["192.0.2.", "198.51.100.", "203.0.113."].iter().any(|range| source.starts_with(range));
        assert!(documented || source.ends_with(".amazonaws.com"), "{source}");
        let account = event["recipientAccountId"].as_str().unwrap();
        assert!([callers::PROD, callers::LAB, callers::DATA].contains(&account));
    }
}

#[test]
fn a_slot_fits_into_memory_however_many_events_there_are() {
    for events in [200_000, 20_000_000] {
        let week = Week::for_events(events);
        let busiest = (0..week.slots()).max_by_key(|slot| background::planned(events, week, *slot)).unwrap();
        let mut slot = Slot::default();
        background::write(events, 7, week, busiest, &mut slot);
        let held: usize = slot.shelves.iter().map(|s| s.bytes.capacity()).chain(slot.side.iter().map(|s| s.bytes.capacity())).sum();
        let written: u64 = slot.shelves.iter().map(|s| s.events).sum();
        assert_eq!(written, background::planned(events, week, busiest));
        assert!(held < 48 * 1024 * 1024, "{events}: {held} bytes");
    }
}

#[test]
fn what_is_written_is_what_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { events: 800, seed: 1 };
    let mut calls = 0;
    let written = write(&options, dir.path(), &mut |files| calls = files).unwrap();
    assert_eq!(calls, written.files);
    let mut bytes = 0;
    for file in files(&options) {
        let path = dir.path().join(&file.path);
        assert_eq!(fs::read(&path).unwrap(), file.bytes);
        let modified = fs::metadata(&path).unwrap().modified().unwrap().duration_since(std::time::UNIX_EPOCH).unwrap();
        assert_eq!(modified.as_millis(), file.modified.as_millis() as u128);
        bytes += file.bytes.len() as u64;
    }
    assert_eq!(bytes, written.bytes);
    let error = write(&options, &dir.path().join("endpoint/jamf-protect-20261109.ndjson"), &mut |_| ()).unwrap_err();
    assert!(error.to_string().contains("jamf-protect-20261109.ndjson"), "{error}");
}
