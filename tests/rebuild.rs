//! Rule 6: all that is derived comes from the records, and can be derived from them again. A rebuild gives the same
//! events, keeps what the analyst added, and throws nothing away that it could not give back.

#![cfg(test)]

mod desk;
#[path = "desk/put.rs"]
mod put;

use std::collections::BTreeMap;
use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use desk::{Answer, Desk};
use outcrop::case::{Writable, open_read_only};
use outcrop::model::{Digest, Mark, Scope, Timestamp};
use serde_json::Value;

fn desk(name: &str) -> Desk {
    let desk = Desk::new(name);
    desk.run("demo --write logs --events 700").exits(0);
    desk.put("logs/broken.ndjson", "{\"vendor\":\"acme\"}\n{\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"Get");
    desk.run("ingest logs --case c").exits(3);
    // What came through a pipe lies only inside the case.
    let mut command = desk.command("ingest - --case c");
    let piped = r#"{"eventSource":"s3.amazonaws.com","eventName":"GetObject","requestID":"piped","eventTime":"2026-11-12T00:00:00Z"}"#;
    desk.put("piped", piped);
    command.stdin(fs::File::open(desk.at("piped")).expect("a file"));
    Answer::of(command, "ingest -").exits(0);
    desk
}

/// Everything `events` says, a line each; row numbers play no part in it.
fn events(desk: &Desk) -> BTreeMap<String, String> {
    let out = desk.run("events --case c --format ndjson").exits(0).out;
    let by_id: BTreeMap<String, String> = out
        .lines()
        .map(|line| (serde_json::from_str::<Value>(line).expect("JSON")["id"].as_str().expect("an id").to_owned(), line.to_owned()))
        .collect();
    assert_eq!(by_id.len(), out.lines().count());
    by_id
}

/// Marks by record; row numbers may change.
fn marks(desk: &Desk) -> Vec<(Digest, Mark)> {
    let all = open_read_only(&desk.at("c")).unwrap().all_marks().unwrap();
    assert!(all.iter().all(|marked| marked.event.is_some()), "each mark finds its event");
    all.into_iter().map(|marked| (marked.digest, marked.mark)).collect()
}

/// The same events; names the first that is not.
#[track_caller]
fn same_events(desk: &Desk, before: &BTreeMap<String, String>) {
    let after = events(desk);
    for (id, line) in before {
        assert_eq!(Some(line), after.get(id));
    }
    assert_eq!(before.len(), after.len());
}

/// Marks a few events, names the case and notes something.
fn annotate(desk: &Desk) {
    let case = Writable::open(&desk.at("c")).unwrap();
    let (mut reader, mut notebook) = (case.reader().unwrap(), case.notebook().unwrap());
    let ids: Vec<_> = reader.refs(&Scope::default()).unwrap().iter().map(|event| event.id).step_by(50).collect();
    for (number, event) in reader.events(&ids).unwrap().iter().enumerate() {
        let mark =
            Mark { marked: number % 2 == 0, reviewed: true, tags: vec!["leak".into(), format!("n{number}")], note: format!("note {number}\n🔑") };
        notebook.set_mark(&event.digest, &mark).unwrap();
    }
    notebook.set_title("acme").unwrap();
    notebook.save_view("place", "{\"pane\":2}").unwrap();
    notebook.add_case_note("call them", Timestamp::from_millis(1_000)).unwrap();
}

/// Rebuilds, and nothing that can be seen has changed.
#[track_caller]
fn rebuilt_is_the_same(desk: &Desk) {
    let (before, marked) = (events(desk), marks(desk));
    assert!(before.len() > 600 && marked.len() > 10, "{} {}", before.len(), marked.len());
    let story = format!("pivot key {} --case c", outcrop::source::demo::cast().leaked_key);
    let pivoted = desk.run(&story).exits(0).out;
    let found = desk.run("events --case c --text password").exits(0).out;
    // 3: the broken file is still broken.
    let summary = desk.run("rebuild --case c --format json").exits(3).json();
    assert_eq!((summary["records"].as_u64(), &summary["undecodable"]), (Some(before.len() as u64), &2.into()), "{summary}");
    same_events(desk, &before);
    assert_eq!(marks(desk), marked);
    assert_eq!(desk.run(&story).exits(0).out, pivoted);
    assert_eq!(desk.run("events --case c --text password").exits(0).out, found);
    assert_eq!(desk.run("show piped --case c --format json").exits(0).json()[0]["action"], "GetObject");
    let mut reader = open_read_only(&desk.at("c")).unwrap();
    assert_eq!(reader.title().unwrap().as_deref(), Some("acme"));
    assert_eq!(reader.view("place").unwrap().as_deref(), Some("{\"pane\":2}"));
    assert_eq!(reader.case_notes().unwrap().len(), 1);
    // What was read is known: the same files again add nothing.
    let again = desk.run("ingest logs --case c --format json").json();
    assert_eq!(again["events"], serde_json::json!({}), "{again}");
}

#[test]
fn from_files_and_then_from_inside() {
    let desk = desk("rebuild");
    annotate(&desk);
    rebuilt_is_the_same(&desk);
    rebuilt_is_the_same(&desk);
    let sealed = desk.run("seal --case c --format json").exits(0).json();
    assert_eq!(sealed["missing"], serde_json::json!([]));
    fs::rename(desk.at("logs"), desk.at("elsewhere")).unwrap();
    let before = events(&desk);
    desk.run("rebuild --case c").exits(3);
    same_events(&desk, &before);
    fs::rename(desk.at("elsewhere"), desk.at("logs")).unwrap();
    rebuilt_is_the_same(&desk);
}

#[test]
fn nothing_is_thrown_away_that_cannot_be_had_again() {
    let desk = desk("rebuild-missing");
    annotate(&desk);
    let (before, marked) = (events(&desk), marks(&desk));
    let file = desk.at("logs/broken.ndjson");
    let content = fs::read(&file).unwrap();
    let refused = |words: &[&str]| {
        desk.run("rebuild --case c")
            .exits(1)
            .says(&["cannot rebuild the case", "1 of its files", "broken.ndjson", "nothing was changed"])
            .says(words);
        same_events(&desk, &before);
        assert_eq!(marks(&desk), marked);
    };
    fs::remove_file(&file).unwrap();
    refused(&["No such file"]);
    fs::write(&file, &content[..10]).unwrap();
    refused(&["10 bytes"]);
    let other: Vec<u8> = content.iter().map(|byte| if *byte == b'a' { b'b' } else { *byte }).collect();
    fs::write(&file, &other).unwrap();
    refused(&["changed"]);
    // Grown is well: what was read is there still, and what is new belongs to the next ingest.
    fs::write(&file, [content.as_slice(), b"\n{}\n"].concat()).unwrap();
    desk.run("rebuild --case c").exits(3);
    same_events(&desk, &before);
    assert_eq!(marks(&desk), marked);
    // Touched is well, too.
    fs::write(&file, &content).unwrap();
    rebuilt_is_the_same(&desk);
}

#[test]
fn an_interrupted_rebuild_is_said_and_done_again() {
    let desk = desk("rebuild-killed");
    annotate(&desk);
    desk.run("seal --case c").exits(0);
    let before = events(&desk);
    let mut interrupted = 0;
    for further in [0, 0, 0, 5, 15, 40, 100] {
        let mut child = desk.command("rebuild --case c").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let is_rebuilding = || open_read_only(&desk.at("c")).is_ok_and(|case| case.is_rebuilding().unwrap_or(false));
        while !is_rebuilding() && child.try_wait().unwrap().is_none() {
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_millis(further));
        child.kill().unwrap();
        child.wait().unwrap();
        let answer = desk.run("events --case c");
        if answer.code == 0 {
            // Too late: all is there.
            assert_eq!(answer.out.lines().count(), before.len());
            continue;
        }
        interrupted += 1;
        answer.exits(3).says(&["events are missing", "outcrop rebuild --case"]);
        // An ingest would take the files for read.
        desk.run("ingest logs --case c").exits(1).says(&["a rebuild of it was interrupted", "outcrop rebuild --case"]);
    }
    assert!(interrupted > 0, "not once in the middle: this tested nothing");
    let summary = desk.run("rebuild --case c --format json").exits(3).json();
    // Only what was damaged before is damaged.
    let skipped = summary["skipped"].as_array().unwrap();
    assert!(skipped.len() == 1 && skipped[0]["file"].as_str().unwrap().ends_with("broken.ndjson"), "{summary}");
    same_events(&desk, &before);
    rebuilt_is_the_same(&desk);
}
