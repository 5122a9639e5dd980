//! Real records that nobody here wrote (`../shared/samples`, or `OUTCROP_SAMPLES`), read by the binary. The numbers were
//! counted in the files by hand, with SOURCES.md beside them.

#![cfg(test)]

mod desk;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::PathBuf;

use desk::Desk;
use serde_json::Value;

/// CloudTrail files: records, and how many of them are data events and network events (the others are management).
const TRAILS: [(&str, usize, usize, usize); 12] = [
    ("218007301253_CloudTrail_us-east-1_20230710T1205Z_nx9Yx1FyJdBaTqKj.json", 10, 0, 0),
    ("218007301253_CloudTrail_us-east-1_20230710T1210Z_bXGZYqBeCCsqWq1U.json.gz", 6, 0, 0),
    ("218007301253_CloudTrail_us-east-1_20230710T1225Z_4iD2boYSOwmb6sWd.json", 12, 0, 0),
    // InvokeModel is a management event, CreateInference a data event.
    ("aws_docs_bedrock.ndjson", 2, 1, 0),
    ("elastic_converse.ndjson", 1, 0, 0),
    ("elastic_s3_copy_object.ndjson", 1, 1, 0),
    ("panther_bedrock_management.ndjson", 4, 0, 0),
    // Two VpceAccessDenied events.
    ("panther_identity_forms.ndjson", 5, 0, 2),
    // PutObject, CopyObject twice and so on: all of them on objects.
    ("panther_s3_object_events.ndjson", 6, 6, 0),
    ("stratus_aws.defense-evasion.cloudtrail-event-selectors.json", 1, 0, 0),
    ("stratus_aws.impact.bedrock-invoke-model.json", 15, 0, 0),
    ("stratus_aws.initial-access.console-login-without-mfa.json", 1, 0, 0),
];

/// Invocation log records.
const INVOCATIONS: [(&str, usize); 3] = [("log_record_aws_docs.json", 1), ("log_records_elastic.ndjson", 5), ("log_records_panther.ndjson", 4)];

/// Recorded calls and agent traces: lines that are no log records. Each is kept as an undecodable event with the reason.
const OTHERS: [(&str, usize); 12] = [
    ("agent_traces_openinference.ndjson", 17),
    ("wire_langchain_pdf_document.ndjson", 1),
    ("wire_langchain_thinking_citations.ndjson", 6),
    ("wire_newrelic_embeddings.ndjson", 2),
    ("wire_openinference_apply_guardrail.ndjson", 1),
    ("wire_openinference_nova.ndjson", 2),
    ("wire_openllmetry_guardrails.ndjson", 4),
    ("wire_openllmetry_invoke_model.ndjson", 9),
    ("wire_otel_converse.ndjson", 7),
    ("wire_otel_errors.ndjson", 3),
    ("wire_otel_invoke_model.ndjson", 12),
    ("wire_otel_invoke_model_stream.ndjson", 5),
];

fn samples() -> Option<PathBuf> {
    let folder =
        std::env::var_os("OUTCROP_SAMPLES").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/samples"), PathBuf::from);
    if folder.join("cloudtrail").is_dir() {
        return folder.canonicalize().ok();
    }
    let _ = writeln!(std::io::stderr(), "skipped: there are no samples at {} (OUTCROP_SAMPLES names another folder)", folder.display());
    None
}

/// A case `c` of both folders, and what the ingest said.
fn read(name: &str) -> Option<(Desk, Value)> {
    let folder = samples()?;
    let desk = Desk::new(name);
    for part in ["cloudtrail", "invocation"] {
        std::os::unix::fs::symlink(folder.join(part), desk.at(part)).expect("a link");
    }
    let summary = desk.run("ingest cloudtrail invocation --case c --format json").exits(3).json();
    Some((desk, summary))
}

fn events(desk: &Desk, flags: &str) -> Vec<Value> {
    desk.run(&format!("events --case c {flags}")).exits(0).out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn every_record_is_read() {
    let Some((desk, summary)) = read("samples") else { return };
    let trails: usize = TRAILS.iter().map(|(_, records, ..)| records).sum();
    let invocations: usize = INVOCATIONS.iter().map(|(_, records)| records).sum();
    let others: usize = OTHERS.iter().map(|(_, records)| records).sum();
    assert_eq!((trails, invocations, others), (64, 10, 69));
    assert_eq!((&summary["files"], &summary["records"]), (&27.into(), &(64 + 10 + 69).into()));
    assert_eq!((&summary["undecodable"], &summary["duplicate"], &summary["skipped"]), (&69.into(), &0.into(), &Value::Array(Vec::new())));
    // Undecodable records count as management: 64 trail events but 8 data and 2 network ones, and 69 others.
    assert_eq!(summary["events"], serde_json::json!({"management": 64 - 8 - 2 + 69, "data": 8, "network": 2, "invocation": 10}));

    let mut counted: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for event in events(&desk, "") {
        let file = event["source"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        let strand = if event["undecodable"].is_string() { "undecodable" } else { event["strand"].as_str().unwrap() };
        *counted.entry(file).or_default().entry(strand.to_owned()).or_default() += 1;
    }
    let of = |parts: &[(&str, usize)]| parts.iter().filter(|(_, count)| *count > 0).map(|(name, count)| ((*name).to_owned(), *count)).collect();
    let mut expected: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for (file, all, data, network) in TRAILS {
        expected.insert(file.to_owned(), of(&[("management", all - data - network), ("data", data), ("network", network)]));
    }
    expected.extend(INVOCATIONS.map(|(file, records)| (file.to_owned(), of(&[("invocation", records)]))));
    expected.extend(OTHERS.map(|(file, records)| (file.to_owned(), of(&[("undecodable", records)]))));
    assert_eq!(counted, expected);
}

#[test]
fn recorded_calls_say_what_they_are_not_and_can_be_found() {
    let Some((desk, _)) = read("samples-wire") else { return };
    let all = events(&desk, "");
    let left: Vec<&Value> = all.iter().filter(|event| event["undecodable"].is_string()).collect();
    assert!(
        left.iter().all(|event| event["undecodable"]
            .as_str()
            .unwrap()
            .contains("neither invocation record, CloudTrail event, agent span nor known process telemetry; its keys are sample")),
        "{left:?}"
    );
    let found = events(&desk, "--text embedding.test");
    assert!(found.iter().any(|event| event["source"].as_str().unwrap().ends_with("wire_newrelic_embeddings.ndjson")), "{found:?}");
    desk.run("show 00000000ffffffff --case c").exits(1).says(&["no event of c"]);
    let id = left[0]["id"].as_str().unwrap();
    assert!(desk.run(&format!("show {id} --case c --format json")).exits(0).json()[0]["raw"].as_str().unwrap().starts_with("{\"sample\""));
}

#[test]
fn principals_are_those_the_files_name() {
    let Some((desk, _)) = read("samples-pivot") else { return };
    let Value::Array(listed) = desk.run("pivot principal --case c --format json").exits(0).json() else { panic!("no array") };
    let counts: BTreeMap<&str, u64> = listed.iter().map(|row| (row["value"].as_str().unwrap(), row["events"].as_u64().unwrap())).collect();
    // stratus impact: 15 events of one assumed role; its sessions are folded to it.
    assert_eq!(counts.get("494659789341/role/test-role"), Some(&15));
    // panther_bedrock_management: four events of DevAdmin; log_records_panther: four of role_details.
    assert_eq!(counts.get("123123123123/role/DevAdmin"), Some(&4));
    assert_eq!(counts.get("111111111111/role/role_details"), Some(&4));
    // Three of the hand-written S3 events are Alice's.
    assert_eq!(counts.get("123456789012/user/Alice"), Some(&3));
    // Both records of aws_docs_bedrock; log_record_aws_docs names MyRole.
    assert_eq!(counts.get("111122223333/user/userxyz"), Some(&2));
    // A service acts by itself; Lambda assumes a role.
    for service in ["service/lambda.amazonaws.com", "service/cloudtrail.amazonaws.com"] {
        assert_eq!(counts.get(service), Some(&1), "{service}");
    }
    assert_eq!(counts.get("123456789012/federated-user/federated-user"), Some(&1));
    // The whole of it: nobody is missing, nobody is made up.
    let named: BTreeSet<String> = events(&desk, "").iter().filter_map(|event| event["principal"].as_str().map(str::to_owned)).collect();
    assert!(named.iter().all(|principal| counts.contains_key(principal.as_str())), "{named:?}");
    for (principal, count) in &counts {
        assert_eq!(events(&desk, &format!("--where principal={principal}")).len() as u64, *count, "{principal}");
    }
}

#[test]
fn the_guardrail_exchange_is_shown_by_its_request() {
    let Some((desk, _)) = read("samples-show") else { return };
    let blocked =
        events(&desk, "--strand invocation").into_iter().filter(|event| event["source"].as_str().unwrap().ends_with("log_records_elastic.ndjson"));
    let mut intervened = 0;
    for event in blocked {
        let shown = desk.run(&format!("show {} --case c --format json", event["request_id"].as_str().unwrap())).exits(0).json();
        let exchange = &shown.as_array().unwrap().iter().find(|shown| shown["id"] == event["id"]).expect("it")["exchange"];
        assert!(!exchange["turns"].as_array().unwrap().is_empty() && exchange["family"] != "unknown", "{exchange}");
        intervened += usize::from(exchange["guardrail"]["intervened"] == true);
    }
    // SOURCES.md: the Converse blocked by a guardrail and the stream blocked with a trace.
    assert_eq!(intervened, 2);
}

#[test]
fn controls_are_those_the_files_change() {
    let Some((desk, _)) = read("samples-controls") else { return };
    let answer = desk.run("controls --case c --format json").exits(0).json();
    let told: Vec<(&str, &str, &str, &str)> = answer["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| {
            let word = |value: &'static str| change[value].as_str().unwrap_or_default();
            (change["control"]["kind"].as_str().unwrap(), change["control"]["id"].as_str().unwrap(), word("change"), word("after"))
        })
        .collect();
    let model = "anthropic.claude-3-sonnet-20240229-v1:0";
    // In order of time: stratus event-selectors (July 2024), stratus bedrock-invoke-model (October 2024),
    // panther_bedrock_management (21 January 2025, 17:39 to 18:12).
    assert_eq!(
        told,
        [
            ("trail", "stratus-red-team-ctes-trail-khlvciwdor", "selectors-changed", "management none; data AWS::S3::Object, AWS::Lambda::Function"),
            ("model-access", "use case", "requested", "asked for"),
            ("model-access", model, "granted", "agreed to"),
            ("model-access", model, "granted", "entitled"),
            ("guardrail", "cmy5azq5koeo", "updated", "hidden by AWS"),
            ("invocation-logging", "us-west-2", "disabled", "off"),
            ("guardrail", "cmy5azq5koeo", "deleted", "deleted"),
        ]
    );
    let [window] = answer["blind_windows"].as_array().unwrap().as_slice() else { panic!("{}", answer["blind_windows"]) };
    assert_eq!((window["from"].as_str(), &window["to"], &window["closed_by"]), (Some("2025-01-21T17:49:47.000Z"), &Value::Null, &Value::Null));
}
