//! The command line's contract (DESIGN §7): names, flags, JSON fields, forms and exit codes stay as written there. The
//! lists here were written from that document by hand.

#![cfg(test)]

mod desk;
#[path = "desk/put.rs"]
mod put;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;
use std::sync::LazyLock;

use desk::{Answer, Desk};
use outcrop::source::demo;
use serde_json::Value;

const EVENT: [&str; 24] = [
    "id",
    "time",
    "strand",
    "source",
    "account",
    "region",
    "actor",
    "principal",
    "role",
    "key",
    "key_kind",
    "ip",
    "user_agent",
    "action",
    "service",
    "outcome",
    "error_code",
    "error_message",
    "request_id",
    "model",
    "bucket",
    "entities",
    "summary",
    "record",
];
const EXCHANGE: [&str; 14] = [
    "system",
    "turns",
    "user_text",
    "completion",
    "reasoning",
    "tool_calls",
    "stop_reason",
    "tokens",
    "latency_ms",
    "guardrail",
    "family",
    "body",
    "hidden",
    "error_code",
];
const INGEST: [&str; 8] = ["files", "records", "events", "skipped", "undecodable", "duplicate", "seconds", "bytes"];
const STRANDS: [&str; 6] = ["management", "data", "invocation", "endpoint", "network", "span"];
const KINDS: [&str; 15] = [
    "request",
    "principal",
    "key",
    "ip",
    "bucket",
    "object",
    "model",
    "guardrail",
    "agent",
    "knowledge-base",
    "account",
    "region",
    "host",
    "user-agent",
    "session",
];

/// A desk with the demo's files in `logs` and their case `c`, and what the ingest said.
static DEMO: LazyLock<(Desk, Value)> = LazyLock::new(|| {
    let desk = Desk::new("command_line");
    desk.run("demo --write logs --events 1500").exits(0);
    // The permission checks and the digest beside the records are listed as skipped, but nothing is missing: 0.
    let summary = desk.run("ingest logs --case c --format json").exits(0).json();
    (desk, summary)
});

fn run(line: &str) -> Answer {
    DEMO.0.run(line)
}

/// Does an event belong to the scope?
type Keep<'a> = Box<dyn Fn(&Value) -> bool + 'a>;

/// The list that a command prints, with exit code 0.
#[track_caller]
fn list(line: &str) -> Vec<Value> {
    let Value::Array(all) = run(&format!("{line} --case c --format json")).exits(0).json() else { panic!("{line}: no array") };
    all
}

fn text<'a>(event: &'a Value, name: &str) -> &'a str {
    event[name].as_str().unwrap_or_default()
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

fn names(list: &'static [&'static str]) -> BTreeSet<&'static str> {
    list.iter().copied().collect()
}

fn mentions(event: &Value, kind: &str, value: &str) -> bool {
    event["entities"].as_array().expect("entities").iter().any(|entity| entity["kind"] == kind && entity["value"] == value)
}

#[test]
fn an_ingest_is_one_object_and_its_numbers_add_up() {
    let summary = &DEMO.1;
    assert_eq!(keys(summary), names(&INGEST));
    let by_strand: BTreeMap<&str, u64> =
        summary["events"].as_object().unwrap().iter().map(|(strand, count)| (strand.as_str(), count.as_u64().unwrap())).collect();
    assert!(by_strand.keys().all(|strand| STRANDS.contains(strand)), "{by_strand:?}");
    let all: u64 = by_strand.values().sum();
    assert_eq!(summary["records"].as_u64(), Some(all));
    assert_eq!((&summary["undecodable"], &summary["duplicate"]), (&0.into(), &0.into()));
    // Three accounts have a permission check, one trail a digest (DESIGN: each skip explained).
    let skipped = summary["skipped"].as_array().unwrap();
    assert_eq!(skipped.iter().map(|skip| skip["count"].as_u64().unwrap()).sum::<u64>(), 4);
    for skip in skipped {
        assert_eq!(keys(skip), BTreeSet::from(["file", "reason", "count"]));
        let (file, reason) = (text(skip, "file"), text(skip, "reason"));
        assert!(reason.contains(if file.contains("Digest") { "digest" } else { "checks that it may write" }), "{skip}");
    }
    let listed = list("events");
    assert_eq!(listed.len() as u64, all);
    for (strand, count) in by_strand {
        assert_eq!(list(&format!("events --strand {strand}")).len() as u64, count, "{strand}");
    }
    // The same again: nothing new, and the demo says of itself how many there are.
    let again = run("ingest logs --case c --format json").exits(0).json();
    assert_eq!((&again["duplicate"], again["events"].as_object().unwrap().len()), (&all.into(), 0));
    let said = run("demo --write other --events 1500").exits(0).out;
    let number: String = said.split(' ').next().unwrap().chars().filter(char::is_ascii_digit).collect();
    assert_eq!(number, all.to_string());
}

#[test]
fn events_have_the_fields_of_the_contract() {
    let events = list("events");
    let mut times: Vec<&str> = Vec::new();
    for event in &events {
        assert_eq!(keys(event), names(&EVENT), "{event}");
        assert!(STRANDS.contains(&text(event, "strand")) && ["ok", "denied", "error"].contains(&text(event, "outcome")), "{event}");
        assert_eq!(keys(&event["record"]), BTreeSet::from(["source", "position", "sha256"]));
        assert_eq!(text(&event["record"], "sha256").len(), 64);
        assert!(text(&event["record"], "sha256").starts_with(text(event, "id")) && text(event, "id").len() == 16);
        for entity in event["entities"].as_array().unwrap() {
            assert_eq!(keys(entity), BTreeSet::from(["kind", "value"]));
            assert!(KINDS.contains(&text(entity, "kind")), "{entity}");
        }
        let time = text(event, "time");
        // 2026-11-11T02:11:04.000Z
        let form: String = time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        assert_eq!(form, "0000-00-00T00:00:00.000Z");
        times.push(time);
    }
    assert!(times.is_sorted(), "oldest first");
    let ids: BTreeSet<&str> = events.iter().map(|event| text(event, "id")).collect();
    assert_eq!(ids.len(), events.len());
}

#[test]
fn each_form_is_what_it_says() {
    let json = list("events");
    // No terminal: one object a line, whether asked for or not.
    let default = run("events --case c").exits(0).out;
    assert_eq!(default, run("events --case c --format ndjson").exits(0).out);
    let lines: Vec<Value> = default.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect();
    assert_eq!(lines, json);

    let csv = run("events --case c --format csv").exits(0).out;
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let titles: Vec<String> = reader.headers().expect("titles").iter().map(str::to_owned).collect();
    assert_eq!(titles.get(..3).expect("titles"), ["id", "time", "strand"]);
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("CSV");
    assert_eq!(rows.iter().map(|row| &row[0]).collect::<Vec<_>>(), json.iter().map(|event| text(event, "id")).collect::<Vec<_>>());

    let table = run("events --case c --format table").exits(0).out;
    assert_eq!(table.lines().count(), json.len() + 1);
    assert!(!table.contains('\u{1b}'));

    // Lists are arrays, an empty one too; summaries are objects.
    for line in ["events", "pivot key", "pivot region us-east-1"] {
        assert!(run(&format!("{line} --case c --format json")).exits(0).json().is_array(), "{line}");
    }
    assert_eq!(list("events --key AKIANOBODY"), Vec::<Value>::new());
    assert_eq!(run("events --key AKIANOBODY --case c").exits(0).out, "");
    for form in ["table", "csv", "json", "ndjson"] {
        assert!(!run(&format!("ingest logs --case c --format {form}")).exits(0).out.is_empty(), "{form}");
        assert!(!run(&format!("pivot key --case c --format {form}")).exits(0).out.is_empty(), "{form}");
    }
    let ingest = run("ingest logs --case c").exits(0).out;
    assert_eq!(ingest.lines().count(), 1);
    assert!(serde_json::from_str::<Value>(&ingest).expect("an object").is_object());
}

#[test]
fn every_scope_flag_keeps_exactly_what_it_says() {
    let all = list("events");
    let cast = demo::cast();
    let (principal, key, ip, bucket) = (cast.leaked_principal.as_str(), cast.leaked_key, cast.intruder_ip, cast.training_bucket);
    let request = cast.requests("leak-dark").first().copied().or_else(|| cast.requests("leak-models").first().copied()).expect("a step").to_owned();
    let model = all.iter().map(|event| text(event, "model")).find(|model| !model.is_empty()).expect("a model").to_owned();
    let (since, until) = ("2026-11-11T02:00:00Z", "2026-11-11T08:00:00Z");
    let within = |event: &Value| (since..until).contains(&text(event, "time"));
    let cases: Vec<(String, Keep<'_>)> = vec![
        (format!("--since {since}"), Box::new(|event| text(event, "time") >= since)),
        (format!("--until {until}"), Box::new(|event| text(event, "time") < until)),
        (format!("--since {since} --until {until}"), Box::new(within)),
        (format!("--principal {principal}"), Box::new(|event| mentions(event, "principal", principal))),
        (format!("--request {request}"), Box::new(|event| mentions(event, "request", &request))),
        (format!("--bucket {bucket}"), Box::new(|event| mentions(event, "bucket", bucket))),
        (format!("--model {model}"), Box::new(|event| mentions(event, "model", &model))),
        (format!("--key {key}"), Box::new(|event| mentions(event, "key", key))),
        (format!("--ip {ip}"), Box::new(|event| mentions(event, "ip", ip))),
        ("--strand data --strand endpoint".into(), Box::new(|event| ["data", "endpoint"].contains(&text(event, "strand")))),
        (format!("--where host={}", cast.laptop), Box::new(|event| mentions(event, "host", cast.laptop))),
        (
            format!("--where key={key} --where region=us-west-2"),
            Box::new(|event| mentions(event, "key", key) && mentions(event, "region", "us-west-2")),
        ),
        (format!("--key {key} --strand management --since {since} --until {until}"), Box::new(|event| mentions(event, "key", key) && within(event))),
    ];
    for (flags, keep) in cases {
        let expected: Vec<&Value> = all.iter().filter(|event| keep(event)).collect();
        assert!(!expected.is_empty() && expected.len() < all.len(), "{flags} is no test: {}", expected.len());
        assert_eq!(list(&format!("events {flags}")).iter().collect::<Vec<_>>(), expected, "{flags}");
    }
}

#[test]
fn text_finds_what_was_said_and_limits_are_told() {
    let request = demo::cast().requests("leak-burst")[0].to_owned();
    let shown = list(&format!("show {request}"));
    let exchange = shown.iter().find(|shown| shown["strand"] == "invocation").expect("an exchange");
    let word = text(&exchange["exchange"], "completion")
        .split_whitespace()
        .filter(|word| word.chars().all(char::is_alphabetic))
        .max_by_key(|word| word.len())
        .expect("a word");
    let found = list(&format!("events --text (?i){word}"));
    assert!(found.iter().any(|event| event["request_id"] == request.as_str()), "{word}");
    assert_eq!(list("events --text no-such-words-anywhere"), Vec::<Value>::new());

    // A limit that leaves something out is said, and the answer is incomplete: exit code 3.
    let all = list("events").len();
    let few = run("events --case c --limit 3 --format json").exits(3).says(&["3 of", &all.to_string(), "--limit"]);
    assert_eq!(few.json().as_array().unwrap().len(), 3);
    assert_eq!(run(&format!("events --case c --limit {all} --format json")).exits(0).json().as_array().unwrap().len(), all);
    let keys = list("pivot key").len();
    assert_eq!(run("pivot key --case c --limit 2 --format json").exits(3).says(&["2 of", &keys.to_string()]).json().as_array().unwrap().len(), 2);
}

#[test]
fn a_pivot_on_the_leaked_key_is_the_whole_story() {
    let cast = demo::cast();
    let events = list(&format!("pivot key {}", cast.leaked_key));
    let planted: BTreeSet<&str> = cast.steps.iter().filter(|step| step.label.starts_with("leak-")).map(|step| step.request.as_str()).collect();
    let found: BTreeSet<&str> = events.iter().filter(|event| event["ip"] == cast.intruder_ip).map(|event| text(event, "request_id")).collect();
    assert_eq!(found, planted);
    // Beside the intruder's there are only the key's own daily work and the administrator who switches it off.
    for event in events.iter().filter(|event| event["ip"] != cast.intruder_ip) {
        assert!(event["service"] == "s3" || event["action"] == "UpdateAccessKey", "{event}");
    }
    // The list of values says the same number, and sums up the others.
    let values = list("pivot key");
    let all = list("events");
    for value in &values {
        assert_eq!(keys(value), BTreeSet::from(["kind", "value", "events", "denied", "first", "last"]));
        let of: Vec<&Value> = all.iter().filter(|event| mentions(event, "key", text(value, "value"))).collect();
        let denied = of.iter().filter(|event| event["outcome"] == "denied").count();
        assert_eq!((value["events"].as_u64(), value["denied"].as_u64()), (Some(of.len() as u64), Some(denied as u64)), "{value}");
        assert_eq!((&value["first"], &value["last"]), (&of[0]["time"], &of[of.len() - 1]["time"]), "{value}");
    }
    let counts: Vec<u64> = values.iter().map(|value| value["events"].as_u64().unwrap()).collect();
    assert!(counts.is_sorted_by(|a, b| a >= b), "the most frequent first");
    let with_keys: BTreeSet<&str> = all
        .iter()
        .flat_map(|event| event["entities"].as_array().unwrap())
        .filter(|entity| entity["kind"] == "key")
        .map(|entity| text(entity, "value"))
        .collect();
    assert_eq!(values.iter().map(|value| text(value, "value")).collect::<BTreeSet<_>>(), with_keys);
    for kind in KINDS {
        run(&format!("pivot {kind} --case c")).exits(0);
    }
    // Values within a scope.
    let night = list("pivot key --since 2026-11-11T02:00:00Z --until 2026-11-11T02:30:00Z");
    let leaked = night.iter().find(|value| value["value"] == cast.leaked_key).expect("the key");
    let of_night = events.iter().filter(|event| ("2026-11-11T02:00:00"..="2026-11-11T02:30:00").contains(&text(event, "time"))).count();
    assert_eq!(leaked["events"].as_u64(), Some(of_night as u64));
}

#[test]
fn an_exchange_is_shown_by_event_id_prefix_and_request_id() {
    let request = demo::cast().requests("leak-burst")[0].to_owned();
    let both = list(&format!("show {request}"));
    assert_eq!(both.iter().map(|shown| text(shown, "strand")).collect::<BTreeSet<_>>(), BTreeSet::from(["management", "invocation"]));
    let by_request = both.iter().find(|shown| shown["strand"] == "invocation").expect("the invocation");
    let id = text(by_request, "id");
    for name in [id, &id[..8]] {
        assert_eq!(list(&format!("show {name}")), std::slice::from_ref(by_request), "{name}");
    }
    for shown in &both {
        let mut expected = names(&EVENT);
        expected.extend(["raw", "joined"]);
        if shown["strand"] == "invocation" {
            expected.extend(["exchange", "conversation"]);
            assert_eq!(shown["conversation"]["id"], shown["conversation"]["events"][0]);
            assert_eq!(shown["joined"]["events"].as_array().map(Vec::len), Some(1));
        }
        assert_eq!(keys(shown), expected);
        let record: Value = serde_json::from_str(text(shown, "raw")).expect("the record");
        assert_eq!(record.get("requestId").or(record.get("requestID")), Some(&Value::from(request.as_str())));
    }
    let exchange = &by_request["exchange"];
    assert!(keys(exchange).is_superset(&names(&EXCHANGE)), "{:?}", keys(exchange));
    assert_eq!(keys(&exchange["tokens"]), BTreeSet::from(["input", "output", "cache_read", "cache_write", "total_input"]));
    assert!(keys(&exchange["guardrail"]).is_superset(&BTreeSet::from(["intervened", "action", "policies"])));
    assert!(["inline", "s3", "absent", "unknown"].contains(&text(exchange, "body")));
    for turn in exchange["turns"].as_array().unwrap() {
        assert_eq!(keys(turn), BTreeSet::from(["role", "parts"]));
        assert!(turn["parts"].as_array().unwrap().iter().all(|part| part["type"].is_string()), "{turn}");
    }
    assert!(!text(exchange, "user_text").is_empty() && !text(exchange, "completion").is_empty());
    // What the invisible characters say is decoded.
    let hidden = list("events --strand invocation")
        .iter()
        .filter_map(|event| {
            let shown = list(&format!("show {}", text(event, "id")));
            shown[0]["exchange"]["hidden"].as_array().filter(|hidden| !hidden.is_empty()).cloned()
        })
        .flatten()
        .find(|hidden| text(hidden, "decoded") == demo::cast().hidden_words);
    assert_eq!(keys(&hidden.expect("the planted words")), BTreeSet::from(["kind", "decoded", "at"]));
}

#[test]
fn a_command_is_shown_with_its_echo_and_the_echo_with_its_command() {
    let laptop: Vec<Value> = list("events --strand endpoint").into_iter().filter(|event| mentions(event, "host", demo::cast().laptop)).collect();
    let of = |words: &str| {
        let event = laptop.iter().find(|event| text(event, "summary").contains(words)).unwrap_or_else(|| panic!("{words}"));
        list(&format!("show {}", text(event, "id"))).remove(0)
    };
    let command = of("delete-agent");
    assert_eq!(keys(&command["joined"]), BTreeSet::from(["events", "echo"]));
    let echo = &command["joined"]["echo"];
    assert_eq!(keys(echo), BTreeSet::from(["state", "event", "sure", "why", "outcome"]));
    assert_eq!((text(echo, "state"), &echo["sure"], text(echo, "outcome")), ("echoed", &Value::Bool(true), "ok"));
    assert!(text(echo, "why").contains("the user agent names this command"), "{echo}");
    let event = list(&format!("show {}", text(echo, "event"))).remove(0);
    assert_eq!((text(&event, "action"), &event["joined"]["commands"]), ("DeleteAgent", &serde_json::json!([command["id"]])));
    assert_eq!(keys(&event["joined"]), BTreeSet::from(["events", "commands"]));
    // No event: the same keys, and why.
    let silent = of("delete-model-invocation-logging-configuration");
    let echo = &silent["joined"]["echo"];
    assert_eq!(keys(echo), BTreeSet::from(["state", "event", "sure", "why", "outcome"]));
    assert_eq!((text(echo, "state"), &echo["event"], &echo["sure"], &echo["outcome"]), ("missing", &Value::Null, &Value::Bool(false), &Value::Null));
    assert!(text(echo, "why").contains("covers that time"), "{echo}");
    // What is no call of the AWS CLI has none.
    assert_eq!(keys(&of("rm -f")["joined"]), BTreeSet::from(["events"]));
    let table = |shown: &Value| run(&format!("show {} --case c --format table", text(shown, "id"))).exits(0).out;
    assert!(table(&command).contains(&format!("\necho      {} is DeleteAgent in CloudTrail (", text(&event, "id"))), "{}", table(&command));
    assert!(table(&silent).contains("\necho      has no event in CloudTrail"), "{}", table(&silent));
    assert!(
        table(&event).contains(&format!("\ncommand   {} aws --profile prod bedrock-agent delete-agent", text(&command, "id"))),
        "{}",
        table(&event)
    );
}

#[test]
fn a_refused_call_and_one_event_for_two_commands_are_shown_as_such() {
    let desk = Desk::new("command_line_echo");
    let run = |second: u8| {
        format!(r#"{{"time":"2026-11-17T09:51:0{second}Z","host":"mac","user":"bob","command_line":"aws bedrock-agent delete-agent --agent-id A1"}}"#)
    };
    let event = r#"{"eventVersion":"1.11","eventTime":"2026-11-17T09:51:05Z","eventSource":"bedrock.amazonaws.com","eventName":"DeleteAgent","awsRegion":"us-east-1","userAgent":"[aws-cli/2.31.32 md/command#bedrock-agent.delete-agent]","errorCode":"AccessDeniedException","requestParameters":{"agentId":"A1"},"eventCategory":"Management","eventID":"e1"}"#;
    desk.put("logs/a.ndjson", format!("{}\n{event}\n{}\n", run(4), run(6)));
    desk.run("ingest logs --case c").exits(0);
    let shown = |id: &str| desk.run(&format!("show {id} --case c --format json")).exits(0).json()[0].clone();
    let Value::Array(events) = desk.run("events --case c --format json").exits(0).json() else { panic!("no array") };
    let by_time =
        |second: &str| events.iter().find(|event| text(event, "time").contains(second)).map(|event| shown(text(event, "id"))).expect("an event");
    let (first, event, second) = (by_time("09:51:04"), by_time("09:51:05"), by_time("09:51:06"));
    let echo = &first["joined"]["echo"];
    assert_eq!((text(echo, "state"), &echo["event"], text(echo, "outcome")), ("echoed", &event["id"], "denied"));
    assert_eq!(text(&second["joined"]["echo"], "state"), "missing");
    assert_eq!(event["joined"]["commands"], serde_json::json!([first["id"]]));
    let table = desk.run(&format!("show {} --case c --format table", text(&first, "id"))).exits(0).out;
    assert!(table.contains(&format!("\necho      denied AccessDeniedException · {} is DeleteAgent", text(&event, "id"))), "{table}");
}

#[test]
fn a_shown_table_is_safe_and_readable() {
    let request = demo::cast().requests("leak-burst")[0].to_owned();
    let out = run(&format!("show {request} --case c --format table")).exits(0).out;
    assert!(out.contains("-- answer") && out.contains(&request) && !out.contains('\u{1b}'), "{out:.500}");
}

#[test]
fn exit_codes_and_one_line_messages() {
    // 1: an error, what was tried, what happened, what to do.
    run("events --case none").exits(1).says(&["cannot open the case none", "no such file", "outcrop ingest"]);
    run("show 0000ffff0000ffff --case c").exits(1).says(&["0000ffff0000ffff", "outcrop events"]);
    for line in ["seal --case none", "rebuild --case none"] {
        run(line).exits(1).says(&["there is no case none", "outcrop ingest"]);
    }
    assert!(!DEMO.0.at("none").exists(), "asking about a case makes none");
    // 2: wrong usage.
    run("events --case c --since soonish").exits(2).says(&["soonish", "yesterday"]);
    run("events --case c --where nonsense").exits(2).says(&["KIND=VALUE"]);
    run("events --case c --where planet=x").exits(2).says(&["planet", "not a kind"]);
    run("events --case c --since 2026-11-12 --until 2026-11-11").exits(2).says(&["--since", "later than --until"]);
    // Nothing to read at all: no case is made for it.
    run("ingest none.json --case new").exits(1).says(&["none.json", "no such file or folder"]);
    assert!(!DEMO.0.at("new").exists());
    run("events --case c --text (").exits(2).says(&["--text ("]);
    for line in [
        "events --case c --strand tea",
        "pivot tea --case c",
        "events --format xml --case c",
        "events --limit many",
        "ingest --case c",
        "fetch",
        "fetch --case new --budget much",
        "live --since soonish",
        "ingest logs",
        "show --case c",
        "--no-such-flag",
        "pivot",
    ] {
        let answer = run(line).exits(2);
        assert!(answer.out.is_empty() && !answer.err.is_empty(), "{line}");
    }
    // No case was opened before: usage.
    let fresh = Desk::new("command_line-fresh");
    for line in ["events", "pivot key", "show abcd", "seal", "rebuild", ""] {
        fresh.run(line).exits(2).says(&["no case was opened before", "outcrop demo"]);
    }
    // The last case is the one that is meant.
    fresh.run("demo --write logs --events 300").exits(0);
    fresh.run("ingest logs --case c").exits(0);
    let named = fresh.run("events --case c").exits(0).out;
    assert_eq!(fresh.run("events").exits(0).out, named);
    // The workbench needs a terminal.
    fresh.run("demo").exits(1).says(&["terminal", "outcrop ingest"]);
}

#[test]
fn help_completions_and_the_manual_name_every_command() {
    let commands = ["demo", "ingest", "events", "show", "pivot", "controls", "seal", "rebuild", "completions", "man"];
    let help = run("--help").exits(0).out;
    let manual = run("man").exits(0).out;
    assert!(manual.contains(".TH outcrop"), "{manual:.200}");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let completions = run(&format!("completions {shell}")).exits(0).out;
        for command in commands {
            assert!(completions.contains(command), "{shell}: {command}");
        }
    }
    for command in commands {
        assert!(help.contains(&format!("  {command} ")) && manual.contains(command), "{command}");
        assert!(run(&format!("{command} --help")).exits(0).err.is_empty());
    }
    assert!(run("--version").exits(0).out.starts_with("outcrop "));
}

#[test]
fn a_reader_who_leaves_is_no_error() {
    for line in [
        "events --case c",
        "events --case c --format table",
        "events --case c --format csv",
        "events --case c --format json",
        "man",
        "completions bash",
    ] {
        let mut child = DEMO.0.command(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut stdout = BufReader::with_capacity(64, child.stdout.take().expect("a pipe"));
        let mut first = String::new();
        stdout.read_line(&mut first).expect("a line");
        assert!(!first.is_empty());
        drop(stdout);
        let mut err = String::new();
        child.stderr.take().expect("a pipe").read_to_string(&mut err).expect("text");
        assert_eq!((child.wait().expect("an end").code(), err.as_str()), (Some(0), ""), "{line}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_output_is_an_error() {
    for line in ["events --case c", "pivot key --case c --format table", "man", "demo --write again --events 300"] {
        let mut command = DEMO.0.command(line);
        command.stdout(std::fs::OpenOptions::new().write(true).open("/dev/full").expect("the full device"));
        Answer::of(command, line).exits(1).says(&["cannot write the answer", "No space left"]);
    }
}

const CHANGE: [&str; 10] = ["time", "account", "region", "control", "change", "actor", "outcome", "before", "after", "event"];
const STATE: [&str; 5] = ["account", "region", "control", "state", "since"];
const WINDOW: [&str; 8] = ["control", "account", "region", "from", "to", "opened_by", "closed_by", "invocations"];

/// The object that `controls` prints, and its three lists.
#[track_caller]
fn controls(line: &str) -> (Value, [Vec<Value>; 3]) {
    let answer = run(&format!("controls --case c --format json {line}")).exits(0).json();
    assert_eq!(keys(&answer), BTreeSet::from(["changes", "state", "blind_windows"]));
    let lists = ["changes", "state", "blind_windows"].map(|name| answer[name].as_array().expect("a list").clone());
    (answer, lists)
}

#[test]
fn controls_are_one_object_of_the_contract() {
    let (answer, [changes, states, windows]) = controls("");
    for (list, expected) in [(&changes, names(&CHANGE)), (&states, names(&STATE)), (&windows, names(&WINDOW))] {
        assert!(!list.is_empty() && list.iter().all(|item| keys(item) == expected), "{list:?}");
    }
    for item in changes.iter().chain(&states).chain(&windows) {
        assert_eq!(keys(&item["control"]), BTreeSet::from(["kind", "id"]), "{item}");
    }
    assert!(changes.iter().map(|change| text(change, "time")).is_sorted(), "oldest first");
    // One object a line, of which there is one.
    let line = run("controls --case c --format ndjson").exits(0).out;
    assert_eq!((line.lines().count(), serde_json::from_str::<Value>(&line).expect("an object")), (1, answer));
    let csv = run("controls --case c --format csv").exits(0).out;
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("CSV");
    assert_eq!(rows.len(), changes.len() + states.len() + windows.len());
    let table = run("controls --case c --format table").exits(0).out;
    for title in [format!("State ({})", states.len()), "Blind windows (1)".to_owned(), format!("Changes ({})", changes.len())] {
        assert!(table.lines().any(|line| line == title), "{title}");
    }
    assert!(!table.contains('\u{1b}'));
}

#[test]
fn the_demo_has_one_blind_window_with_the_calls_that_were_planted_in_it() {
    // What was planted is told by the story (source/demo/stories/leaked_key.rs), not by what we print.
    let cast = demo::cast();
    let planted: BTreeSet<&str> = cast.requests("leak-blind").into_iter().collect();
    assert_eq!(planted.len(), 12);
    let request = |label: &str| cast.step(label).expect(label).request.as_str();
    let requests: BTreeMap<String, String> =
        list("events").iter().map(|event| (text(event, "id").to_owned(), text(event, "request_id").to_owned())).collect();
    let (_, [changes, states, windows]) = controls("");
    let [window] = windows.as_slice() else { panic!("{windows:?}") };
    assert_eq!((text(window, "account"), text(window, "region")), (cast.account, cast.blind_region));
    assert_eq!((text(window, "from"), text(window, "to")), (cast.blind_from.to_string().as_str(), cast.blind_until.to_string().as_str()));
    let inside: Vec<&str> = window["invocations"].as_array().unwrap().iter().map(|id| requests[id.as_str().unwrap()].as_str()).collect();
    assert_eq!(inside.len(), 12);
    assert_eq!(inside.into_iter().collect::<BTreeSet<_>>(), planted);
    assert_eq!(requests[text(window, "opened_by")], request("leak-logging-off"));
    assert_eq!(requests[text(window, "closed_by")], request("repair-logging"));
    // What was done to the controls of that Region, each told by the request that did it.
    let west: Vec<(&str, &str, &str, &str)> = changes
        .iter()
        .filter(|change| text(change, "region") == cast.blind_region && text(&change["control"], "kind") != "model-access")
        .map(|change| (requests[text(change, "event")].as_str(), text(&change["control"], "kind"), text(change, "change"), text(change, "outcome")))
        .collect();
    let first = cast.requests("routine-logging")[1];
    assert_eq!(
        west,
        [
            (first, "invocation-logging", "enabled", "ok"),
            (request("leak-logging-refused"), "invocation-logging", "disabled", "denied"),
            (request("leak-logging-off"), "invocation-logging", "disabled", "ok"),
            (request("leak-guardrail"), "guardrail", "deleted", "ok"),
            (request("repair-logging"), "invocation-logging", "enabled", "ok"),
        ]
    );
    let off = changes.iter().find(|change| requests[text(change, "event")] == request("leak-logging-off")).unwrap();
    assert!(text(off, "before").contains("s3://acme-bedrock-logs-111122223333") && text(off, "after") == "off", "{off}");
    let guardrail = states.iter().find(|state| text(&state["control"], "id") == cast.removed_guardrail).unwrap();
    assert_eq!(text(guardrail, "state"), "deleted");
}

#[test]
fn scope_flags_choose_the_changes_and_the_moment_of_the_state() {
    let cast = demo::cast();
    let logging = |states: &[Value]| {
        let of = |state: &&Value| text(state, "region") == cast.blind_region && text(state, "account") == cast.account;
        states.iter().filter(of).find(|state| text(&state["control"], "kind") == "invocation-logging").map(|state| text(state, "state").to_owned())
    };
    let (_, [by_key, _, windows]) = controls(&format!("--key {}", cast.leaked_key));
    assert_eq!((by_key.len(), windows.len()), (9, 1), "the intruder's: three a Region for access, two for logging, one guardrail");
    assert!(by_key.iter().all(|change| text(change, "actor") == cast.leaked_principal));
    let (_, [before, states, windows]) = controls("--until 2026-11-11T02:26:00Z");
    assert!(before.iter().all(|change| text(change, "time") < "2026-11-11T02:26:00"));
    assert_eq!((windows.len(), logging(&states).unwrap().starts_with("on: ")), (0, true));
    let (_, [_, states, windows]) = controls("--since 2026-11-11T03:00:00Z --until 2026-11-11T04:00:00Z");
    assert_eq!((windows.len(), logging(&states).as_deref()), (1, Some("off")), "the window reaches into that hour");
    let (_, [east, states, windows]) = controls("--where region=us-east-1");
    assert!(east.iter().chain(&states).all(|item| text(item, "region") == "us-east-1") && windows.is_empty());
    run("controls --case c --limit 2").exits(3).says(&["2 of 19 changes shown", "--limit"]);
    run("controls --case c --since soonish").exits(2);
}

#[test]
fn controls_say_when_their_records_are_gone() {
    let desk = Desk::new("command_line-controls");
    desk.put("a.json", r#"{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/a"},"eventTime":"2026-11-11T01:00:00Z","eventSource":"bedrock.amazonaws.com","eventName":"PutModelInvocationLoggingConfiguration","awsRegion":"us-east-1","requestParameters":{"loggingConfig":{"s3Config":{"bucketName":"b"},"textDataDeliveryEnabled":false}},"requestID":"r","eventID":"e","eventCategory":"Management","recipientAccountId":"111122223333"}"#);
    desk.run("ingest a.json --case c").exits(0);
    let whole = desk.run("controls --case c --format json").exits(0).json();
    assert_eq!(whole["changes"][0]["after"], "on: s3://b; without text");
    std::fs::remove_file(desk.at("a.json")).expect("it was there");
    let answer = desk.run("controls --case c --format json").exits(3).says(&["1 records could not be read again"]);
    // The case's own columns still tell it.
    assert_eq!(answer.json()["changes"][0]["after"], "on: s3://b, without text");
    assert_eq!(answer.json()["blind_windows"].as_array().map(Vec::len), Some(1));
}

#[test]
fn an_empty_answer_says_which_word_the_case_does_not_know() {
    let (key, principal) = (demo::cast().leaked_key, demo::cast().leaked_principal.clone());
    let name = principal.rsplit('/').next().expect("a name");
    for (line, wanted) in [
        (format!("events --principal {name}"), vec!["no principal", name, "did you mean", &principal]),
        (format!("events --key {}", key.to_lowercase()), vec!["no key", "did you mean", key]),
        (format!("pivot principal {name}"), vec!["did you mean", &principal]),
        (format!("pivot ip --principal {name}"), vec!["did you mean", &principal]),
        (format!("controls --principal {name}"), vec!["did you mean", &principal]),
        ("pivot key NONE".to_owned(), vec!["no key NONE in the case", "outcrop pivot key"]),
    ] {
        let answer = run(&format!("{line} --case c")).exits(0);
        assert!(wanted.iter().all(|word| answer.err.contains(word)), "{line}: {}", answer.err);
    }
    assert_eq!(run(&format!("events --key {key} --case c")).exits(0).err, "");
}

#[test]
fn hunts_are_listed_run_and_printed() {
    let listed = list("hunt");
    assert!(listed.iter().any(|hunt| text(hunt, "name") == "command-deletes" && text(hunt, "id") == "S25"));
    let found = list("hunt command-deletes");
    assert_eq!(found.len(), 4);
    assert!(found.iter().all(|row| text(row, "command").contains("delete-")));
    // By its number, with a parameter; and what it would have asked.
    let long = list("hunt S19 -p longer_than=60000");
    assert!(!long.is_empty() && long.iter().all(|row| text(row, "chars").parse::<u64>().expect("a number") > 60_000));
    let printed = run("hunt S19 -p longer_than=60000 --print");
    assert!(printed.out.contains("| filter chars > 60000\n"), "{}", printed.out);
    for (line, part) in [
        ("hunt comand-deletes", "did you mean command-deletes?"),
        ("hunt S20", "tokens-per-model"),
        ("hunt long-prompts -p longer=5", "did you mean longer_than?"),
        ("hunt long-prompts -p longer_than", "NAME=VALUE"),
        ("hunt training-objects", "needs bucket"),
        ("hunt bedrock-commands --on aws", "what only a case knows"),
    ] {
        let wrong = run(line);
        assert_eq!(wrong.code, 2, "{line}");
        assert!(wrong.err.contains(part), "{line}: {}", wrong.err);
    }
    // Where the evidence is not there, finding nothing says nothing.
    let nothing = run("hunt command-deletes --since 2030-01-01");
    assert!(nothing.err.contains("says nothing"), "{}", nothing.err);
}

#[test]
fn a_report_is_written_once_and_its_form_is_told_by_its_name() {
    let key = demo::cast().leaked_key;
    run("report --case c").exits(2).says(&["-o FILE.md", "--navigator", "--timesketch"]);
    run("report --case c -o r.txt").exits(2).says(&["r.txt", ".md or .html"]);
    run("report --case c -o r.csv").exits(2).says(&["--timesketch r.csv"]);
    run("report --case c -o r.json").exits(2).says(&["--navigator r.json"]);
    run("report --case c --key NOBODY -o nobody.md").exits(1).says(&["nothing to report"]);
    run("report --case c --lead nobody -o nobody.md").exits(1).says(&["no lead is about nobody"]);
    assert!(!DEMO.0.at("nobody.md").exists(), "nothing is written for nothing");
    run(&format!("report --case c --key {key} -o leak.html --timesketch leak.csv --navigator leak.json"))
        .exits(0)
        .says(&["records told in", "leak.html"]);
    for name in ["leak.html", "leak.csv", "leak.json"] {
        assert!(std::fs::metadata(DEMO.0.at(name)).expect("it is there").len() > 100, "{name}");
    }
    run(&format!("report --case c --key {key} -o leak.html")).exits(1).says(&["cannot write", "--force"]);
    run(&format!("report --case c --key {key} -o leak.html --force")).exits(0);
    let markdown = run(&format!("report --case c --key {key} -o -")).exits(0).out;
    assert!(markdown.starts_with("# Incident report: key ") && markdown.contains("## What happened"), "{markdown:.300}");
}
