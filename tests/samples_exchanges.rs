//! Every real invocation record and every recorded call of the samples, against a table of what they say. The table was
//! made without this program: by another reader, written from the format's documentation, and then checked by eye.
//!
//! A recorded call is no log record. It is made one as AWS would log it: the request under `input.inputBodyJson`, the
//! response or the chunks of its stream under `output.outputBodyJson`. The replies inside agent traces are bodies kept as
//! a string, as some exporters keep them.

#![cfg(test)]

mod table;

use std::collections::BTreeMap;
use std::path::Path;

use outcrop::decode::json::Tape;
use outcrop::decode::{Bodies, decode, exchange};
use outcrop::model::{Exchange, Part};
use serde_json::{Value, json};

/// Texts are (length in characters):(hash), ids and tool inputs a hash, tools by name, numbers as they are.
const TABLE: &str = include_str!("samples_exchanges.tsv");

/// File and number of a record, and its bytes.
type Records = BTreeMap<(String, usize), Vec<u8>>;

fn records(folder: &Path) -> Records {
    let mut records = Records::new();
    for entry in folder.read_dir().expect("a folder") {
        let entry = entry.expect("an entry");
        let file = entry.file_name().into_string().expect("a name");
        let text = std::fs::read_to_string(entry.path()).expect("a text");
        if entry.path().extension().is_some_and(|extension| extension == "json") {
            records.insert((file, 1), text.into_bytes());
            continue;
        }
        for (index, line) in text.lines().enumerate() {
            let value: Value = serde_json::from_str(line).expect("JSON");
            let record = match file.split('_').next() {
                Some("log") => Some(line.to_owned()),
                Some("wire") => Some(logged(&value).to_string()),
                _ => reply(&value).map(|record| record.to_string()),
            };
            if let Some(record) = record {
                records.insert((file.clone(), index + 1), record.into_bytes());
            }
        }
    }
    records
}

/// A recorded call as a log record.
fn logged(call: &Value) -> Value {
    let mut record = json!({"schemaType": "ModelInvocationLog", "schemaVersion": "1.0", "input": {}, "output": {}});
    record["operation"] = call["operation"].clone();
    record["modelId"] = call["modelId"].clone();
    if let Some(request) = call.get("requestBody") {
        record["input"]["inputBodyJson"] = request.clone();
    }
    if let Some(response) = call.get("responseBody").or_else(|| call.get("streamEvents")) {
        record["output"]["outputBodyJson"] = response.clone();
    }
    // `ValidationException:http://…`
    if let Some(error) = call["responseHeaders"]["x-amzn-errortype"].as_str() {
        record["errorCode"] = error.split(':').next().into();
    }
    record
}

/// What the model said, of a trace that holds it.
fn reply(event: &Value) -> Option<Value> {
    let trace = event["payload"]["trace"].as_object()?;
    let raw = trace.values().find_map(|step| step["modelInvocationOutput"]["rawResponse"]["content"].as_str())?;
    Some(json!({"schemaType": "ModelInvocationLog", "operation": "InvokeModel", "input": {}, "output": {"outputBodyJson": raw}}))
}

fn text(text: &str) -> String {
    if text.is_empty() { "-".to_owned() } else { format!("{}:{}", text.chars().count(), table::hash(text)) }
}

fn list(items: impl IntoIterator<Item = String>) -> String {
    let items: Vec<String> = items.into_iter().collect();
    if items.is_empty() { "-".to_owned() } else { items.join(" ") }
}

/// A name that AWS gave stands as it is; one that a customer gave does not.
fn policy_name(name: &str) -> String {
    if name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_') { name.to_owned() } else { table::hash(name) }
}

fn columns(said: &Exchange) -> Vec<(&'static str, String)> {
    let tokens = said.tokens;
    let calls = said.tool_calls.iter().map(|call| {
        let input: Value = serde_json::from_str(&call.input).unwrap_or_else(|error| panic!("{}: {error}", call.input));
        format!("{}/{}/{}", call.name, table::hash(&call.id), table::hash(&input.to_string()))
    });
    let mut policies: Vec<String> = (said.guardrail.policies.iter())
        .map(|found| format!("{}/{}/{}/{}", found.side.name(), found.policy, policy_name(&found.name), found.action))
        .collect();
    policies.sort();
    let media = said.turns.iter().flat_map(|turn| &turn.parts).filter_map(|part| match part {
        // Sources that a replayed answer cites are listed among the media; they are no files.
        Part::Media { kind, .. } if matches!(kind.as_str(), "citation" | "search result") => None,
        Part::Media { kind, format, bytes, .. } => Some(format!("{kind}/{format}/{}", table::or_dash(*bytes))),
        _ => None,
    });
    vec![
        ("family", list((!said.family.is_empty()).then(|| said.family.clone()))),
        ("user_text", text(&said.user_text)),
        ("completion", text(&said.completion)),
        ("reasoning", text(&said.reasoning)),
        ("stop", table::or_dash(said.stop_reason.as_ref())),
        ("input", table::or_dash(tokens.input)),
        ("output", table::or_dash(tokens.output)),
        ("cache_read", table::or_dash(tokens.cache_read)),
        ("cache_write", table::or_dash(tokens.cache_write)),
        ("latency_ms", table::or_dash(said.latency_ms)),
        ("tools_offered", list(said.tools_offered.iter().cloned())),
        ("tool_calls", list(calls)),
        ("verdict", said.guardrail.action.name().to_owned()),
        ("policies", list(policies)),
        ("media", list(media)),
        ("turns", said.turns.len().to_string()),
        ("system", list(said.system.iter().map(|prompt| text(prompt)))),
        ("error", table::or_dash(said.error_code.as_ref())),
    ]
}

#[test]
fn every_exchange_is_what_it_says() {
    let Some(folder) = table::samples("invocation") else { return };
    let rows = table::rows(TABLE);
    // 10 log records, 52 recorded calls, 4 replies in agent traces.
    assert_eq!(rows.len(), 10 + 52 + 4);
    let mut found = BTreeMap::new();
    for (place, record) in records(&folder) {
        let said = exchange(&record, &Bodies::default());
        assert_eq!(said.unreadable, Vec::<String>::new(), "{place:?}");
        let tokens = said.tokens;
        let known = [tokens.input, tokens.cache_read, tokens.cache_write].into_iter().flatten().collect::<Vec<u64>>();
        assert_eq!(tokens.total_input, (!known.is_empty()).then(|| known.iter().sum()), "{place:?}");
        found.insert(place, columns(&said));
    }
    table::compare(&rows, &found);
}

/// The facts of the list come by the bulk path; they must say the same.
#[test]
fn the_list_says_the_same() {
    let Some(folder) = table::samples("invocation") else { return };
    let mut rows = table::rows(TABLE);
    for row in &mut rows {
        for column in ["user_text", "completion"] {
            let length = row[column].split_once(':').map_or("0", |(length, _)| length).to_owned();
            row.insert(column.to_owned(), length);
        }
    }
    let mut found = BTreeMap::new();
    let mut tape = Tape::default();
    for (place, record) in records(&folder) {
        let decoded = decode(&record, &mut tape);
        let facts = decoded.exchange.unwrap_or_else(|| panic!("{place:?} is no exchange"));
        let tokens = facts.tokens;
        found.insert(
            place,
            vec![
                ("family", list((!facts.family.is_empty()).then_some(facts.family))),
                ("user_text", facts.user_chars.to_string()),
                ("completion", facts.completion_chars.to_string()),
                ("stop", table::or_dash(facts.stop_reason)),
                ("input", table::or_dash(tokens.input)),
                ("output", table::or_dash(tokens.output)),
                ("cache_read", table::or_dash(tokens.cache_read)),
                ("cache_write", table::or_dash(tokens.cache_write)),
                ("latency_ms", table::or_dash(facts.latency_ms)),
                ("verdict", facts.guardrail.name().to_owned()),
                ("turns", facts.turns.to_string()),
            ],
        );
    }
    table::compare(&rows, &found);
}
