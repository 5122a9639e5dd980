//! `outcrop detect`, `outcrop rules` and `outcrop baseline`: their forms, their errors and their exit codes.

#![cfg(test)]

mod desk;
#[path = "desk/put.rs"]
mod put;

use std::sync::LazyLock;

use desk::Desk;
use serde_json::Value;

/// What somebody did with Bedrock, one record each; `rest` is more of the record.
fn record(number: u32, time: &str, user: &str, name: &str, rest: &str) -> String {
    format!(
        r#"{{"eventVersion":"1.11","eventID":"e-{number}","eventTime":"{time}","eventSource":"bedrock.amazonaws.com","eventName":"{name}","awsRegion":"us-east-1","sourceIPAddress":"203.0.113.9","userAgent":"aws-cli","recipientAccountId":"111122223333","eventCategory":"Management","eventType":"AwsApiCall","userIdentity":{{"type":"IAMUser","accountId":"111122223333","userName":"{user}","accessKeyId":"AKIAEXAMPLEKEY000001"}}{rest}}}"#
    )
}

static BENCH: LazyLock<Desk> = LazyLock::new(|| {
    let desk = Desk::new("detect_command");
    let guardrail = r#","requestParameters":{"guardrailIdentifier":"gr-one"}"#;
    let lines = [
        record(1, "2026-11-20T10:00:00Z", "mallory", "DeleteGuardrail", guardrail),
        record(2, "2026-11-20T10:05:00Z", "mallory", "DeleteModelInvocationLoggingConfiguration", ""),
        record(3, "2026-11-20T11:00:00Z", "alice", "GetGuardrail", guardrail),
    ];
    desk.put("records.jsonl", lines.join("\n"));
    desk.run("ingest records.jsonl --case c").exits(0);
    desk
});

#[test]
fn one_object_with_signals_and_leads() {
    let json = BENCH.run("detect --case c --format json").exits(0).json();
    let signals = json["signals"].as_array().expect("signals");
    let of = |rule: &str| signals.iter().find(|signal| signal["rule"] == rule).unwrap_or_else(|| panic!("{rule} in {json}"));
    let removed = of("S11");
    assert_eq!(removed["entity"], serde_json::json!({"kind": "actor", "value": "111122223333/user/mallory"}));
    assert_eq!(
        (&removed["weight"], &removed["level"], &removed["time"]),
        (&Value::from(4), &Value::from("medium"), &Value::from("2026-11-20T10:00:00.000Z"))
    );
    assert_eq!(removed["events"].as_array().map(Vec::len), Some(1));
    assert!(removed["frameworks"].as_array().is_some_and(|places| places.iter().any(|place| place["version"] == "v19" && place["id"] == "T1685")));
    for field in ["title", "first", "last", "summary", "baseline", "total", "tactics", "links", "weighed", "triage"] {
        assert!(removed.get(field).is_some(), "{field}");
    }
    assert_eq!(of("S12")["weight"], 5);
    assert!(json["leads"].as_array().is_some_and(Vec::is_empty), "4 + 5 and a few bonuses do not exceed 12: {}", json["leads"]);
    // The id of an event is one that `show` takes.
    let id = removed["events"][0].as_str().expect("an id");
    assert_eq!(BENCH.run(&format!("show {id} --case c --format json")).exits(0).json()[0]["action"], "DeleteGuardrail");
}

#[test]
fn scopes_limits_and_forms() {
    let rules = |flags: &str, code: i32| {
        let json = BENCH.run(&format!("detect --case c --format json {flags}")).exits(code).json();
        json["signals"].as_array().expect("signals").iter().map(|signal| signal["rule"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert!(rules("--since 2026-11-20T10:05:00Z", 0).iter().all(|rule| rule != "S11"));
    assert!(rules("--where action=DeleteGuardrail", 0).contains(&"S11".to_owned()));
    assert_eq!(rules("--limit 1", 3).len(), 1);
    let table = BENCH.run("detect --case c --format table").exits(0).out;
    assert!(table.contains("Signals (") && table.contains("111122223333/user/mallory"), "{table}");
    assert!(BENCH.run("detect --case c --format csv").exits(0).out.starts_with("id,rule,title,level,weight,time,"));
}

#[test]
fn rules_of_a_folder_run_too_and_mistakes_are_told() {
    let rule = "title: Looked\nid: 44444444-4444-4444-8444-444444444444\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n  s: {eventName: GetGuardrail}\n  condition: s\nlevel: high\n";
    BENCH.put("mine/looked.yml", rule);
    BENCH.put("mine/bad.yml", "title: Bad\nlogsource: {product: aws}\ndetection: {s: {eventName: A}, condition: s and t}\n");
    let answer = BENCH.run("detect --case c --rules mine --format json").exits(3);
    assert!(answer.err.contains("bad.yml"), "{}", answer.err);
    let json = answer.json();
    let looked = json["signals"].as_array().expect("signals").iter().find(|signal| signal["title"] == "Looked").expect("a signal");
    // A plain rule: the weight of its level, the actor, its own title.
    assert_eq!((&looked["weight"], &looked["entity"]["value"]), (&Value::from(5), &Value::from("111122223333/user/alice")));
    assert_eq!(looked["rule"], "44444444-4444-4444-8444-444444444444");
    // What is found with them is not kept.
    assert!(
        BENCH.run("detect --case c --format json").exits(0).json()["signals"]
            .as_array()
            .expect("signals")
            .iter()
            .all(|signal| signal["title"] != "Looked")
    );
    let checked = BENCH.run("rules check mine --format table").exits(1);
    assert!(checked.out.contains("bad.yml:1: error: "), "{}", checked.out);
    checked.says(&["1 error in the rules of mine"]);
    BENCH.run("rules check nowhere --format table").exits(1);
    let listed = BENCH.run("rules list --format json").exits(0).json();
    assert!(listed.as_array().is_some_and(|rules| rules.len() > 100));
}

#[test]
fn a_baseline_is_kept_and_told() {
    let desk = Desk::new("baseline_command");
    desk.put("usual.jsonl", record(9, "2026-10-01T10:00:00Z", "alice", "ListFoundationModels", ""));
    desk.put("records.jsonl", record(1, "2026-11-20T10:00:00Z", "alice", "ListFoundationModels", ""));
    desk.put("none.jsonl", "");
    desk.run("ingest records.jsonl --case c").exits(0);
    assert!(desk.run("baseline usual.jsonl --case c --name october").exits(0).out.contains("kept as “october”"));
    desk.run("baseline none.jsonl --case c").exits(1);
    assert!(desk.run("baseline nope.jsonl --case c").exits(1).err.contains("no such file or folder"));
    assert!(desk.run("baseline usual.jsonl nope.jsonl --case c --name october").exits(3).err.contains("not read: nope.jsonl"));
    // A slip in the name of the case makes no case.
    assert!(desk.run("baseline usual.jsonl --case cc").exits(1).err.contains("there is no case cc"));
    assert!(desk.run("baseline --list --case c").exits(0).out.starts_with("october: "));
    // Evidence that the case has itself hides what is new in it.
    let own = desk.run("baseline usual.jsonl records.jsonl --case c --name own").exits(3).err;
    assert!(own.contains("the case itself has 1 event of this evidence") && own.contains("--forget own"), "{own}");
    desk.run("baseline --forget own --case c").exits(0);
    assert!(desk.run("baseline --forget own --case c").exits(2).err.contains("--list"));
    assert_eq!(desk.run("baseline --list --case c").exits(0).out.lines().count(), 1);
    let json = desk.run("detect --case c --format json").exits(0).json();
    assert!(json["signals"].as_array().expect("signals").iter().all(|signal| signal["rule"] != "S1"), "{json}");
}
