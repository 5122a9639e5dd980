//! Runs rules on made records, as users do: evidence is written to files, the files are read into a case, the rules look at it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use outcrop::case::{Reader, Writable};
use outcrop::detect::{Detector, RuleSet, Sources};
use outcrop::model::{EventId, Scope};
use outcrop::source::{Input, ingest};
use serde_json::{Value, json};

use super::records::{Log, Made};
use super::{Fired, files};

/// What a rule of the catalogue fires on these records.
pub fn fired(rule: &str, made: &[Made], lists: &BTreeMap<String, Vec<String>>, weights: &BTreeMap<String, u32>) -> Vec<Fired> {
    let configuration = tempfile::tempdir().expect("a folder");
    write_lists(configuration.path(), lists, weights);
    let sources = needed(rule).into_iter().fold(Sources::default(), |sources, (name, text)| sources.with_text(&name, &text));
    let set = RuleSet::load(&sources.with_config(configuration.path()), true);
    assert!(set.problems().is_empty(), "{rule}: {:?}", set.problems());
    signals(set, made).into_iter().filter(|(id, _)| id == rule).map(|(_, fired)| fired).collect()
}

/// The signals of a set of rules on these records, with the ids of the rules.
pub fn signals(set: RuleSet, made: &[Made]) -> Vec<(String, Fired)> {
    let folder = tempfile::tempdir().expect("a folder");
    let evidence = folder.path().join("evidence");
    write(&evidence, made);
    let case = Writable::open(&folder.path().join("case.outcrop")).expect("a case");
    let summary = ingest([Input::Path(evidence)], &case, &|_| {}, &AtomicBool::new(false)).expect("evidence is read");
    assert_eq!((summary.records, summary.undecodable, summary.skipped.len()), (made.len() as u64, 0, 0), "{:?}", summary.skipped);
    let mut reader = case.reader().expect("a reader");
    let mut detector = Detector::new(Arc::new(set), &mut reader).expect("rules are ready");
    let findings = detector.catch_up(&mut reader).expect("rules run");
    assert!(findings.detected.problems.is_empty(), "{:?}", findings.detected.problems);
    let names = names(&mut reader);
    let fired = |signal: outcrop::model::Signal| {
        let records: BTreeSet<String> = signal.events.iter().map(|event| names[event].clone()).collect();
        (signal.rule, Fired { entity: signal.entity.value.to_string(), records, total: signal.total, weight: Some(signal.weight) })
    };
    detector.signals().into_iter().map(fired).collect()
}

/// The files that hold a rule, and those with rules that they name.
fn needed(rule: &str) -> BTreeMap<String, String> {
    let all = files("rules", "yml");
    let mut needed: BTreeMap<String, String> = BTreeMap::new();
    let mut wanted: Vec<&(String, String)> = all.iter().filter(|(_, text)| super::ids(text).contains(rule)).collect();
    assert!(!wanted.is_empty(), "there is no rule {rule}");
    while let Some((name, text)) = wanted.pop() {
        if needed.insert(name.clone(), text.clone()).is_some() {
            continue;
        }
        let lines = text.lines().filter_map(|line| line.trim().strip_prefix("rules: [")?.strip_suffix(']'));
        for other in lines.flat_map(|line| line.split(", ")) {
            let named = format!("\nname: {other}\n");
            wanted.extend(all.iter().filter(|(_, text)| text.contains(&named)));
        }
    }
    needed
}

fn write_lists(folder: &Path, lists: &BTreeMap<String, Vec<String>>, weights: &BTreeMap<String, u32>) {
    fs::create_dir_all(folder.join("lists")).expect("a folder");
    for (name, mut text) in files("lists", "toml") {
        if name == "seed_sensitive.toml" {
            for (word, weight) in weights {
                text.push_str(&format!("[[entry]]\nvalue = {word:?}\nweight = {weight}\n"));
            }
        }
        fs::write(folder.join("lists").join(name), text).expect("a list");
    }
    for (name, values) in lists {
        let text = values.iter().fold(String::new(), |mut text, value| {
            let _ = writeln!(text, "[[entry]]\nvalue = {value:?}\nreason = \"a case\"");
            text
        });
        fs::write(folder.join("lists").join(format!("{name}.toml")), text).expect("a list");
    }
}

/// Writes the logs as files that AWS and osquery would.
fn write(folder: &Path, made: &[Made]) {
    fs::create_dir_all(folder).expect("a folder");
    let of = |log: Log| made.iter().filter(|made| made.log == log).map(|made| made.json.clone()).collect::<Vec<Value>>();
    let lines = |records: &[Value]| records.iter().map(|record| format!("{record}\n")).collect::<String>();
    let trail = of(Log::Trail);
    let texts = [
        ("trail.json", if trail.is_empty() { String::new() } else { json!({"Records": trail}).to_string() }),
        ("invocations.ndjson", lines(&of(Log::Invocation))),
        ("osquery.ndjson", lines(&of(Log::Endpoint))),
    ];
    for (name, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
        fs::write(folder.join(name), text).expect("evidence");
    }
}

/// The names of the records, by event.
fn names(reader: &mut Reader) -> HashMap<EventId, String> {
    let ids: Vec<EventId> = reader.refs(&Scope::all()).expect("a list").iter().map(|event| event.id).collect();
    let name = |record: &[u8]| {
        let json: Value = serde_json::from_slice(record).expect("JSON");
        json["testRecord"].as_str().expect("a made record").split_once('#').expect("a number").0.to_owned()
    };
    let events = reader.events(&ids).expect("events");
    events.iter().map(|event| (event.id, name(&reader.record(event).expect("its record")))).collect()
}
