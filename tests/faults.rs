//! Things that happen to a case while it is worked on: the process is killed, somebody else writes, the disk fills up, the
//! evidence moves. What was committed stays, and it is said what happened.

#![cfg(test)]

mod desk;
#[path = "desk/put.rs"]
mod put;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use desk::{Answer, Desk};
use outcrop::case::open_read_only;
use serde_json::Value;

const PATIENCE: Duration = Duration::from_mins(1);

/// Ids of all events.
fn ids(desk: &Desk, case: &str) -> BTreeSet<String> {
    let out = desk.run(&format!("events --case {case} --format csv")).exits(0).out;
    let ids: BTreeSet<String> = out.lines().skip(1).filter_map(|line| line.get(..16)).map(str::to_owned).collect();
    assert_eq!(ids.len() + 1, out.lines().count(), "no event twice");
    ids
}

/// Events that are committed; 0 while there is no case.
fn committed(case: &Path) -> u64 {
    open_read_only(case).ok().and_then(|mut reader| reader.totals().ok()).map_or(0, |totals| totals.by_strand.iter().sum())
}

fn start(desk: &Desk, line: &str) -> Child {
    desk.command(line).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts")
}

/// Waits until the case has at least so many events committed.
fn wait_for(case: &Path, events: u64, child: &mut Child) {
    let since = Instant::now();
    while committed(case) < events {
        assert!(since.elapsed() < PATIENCE && child.try_wait().expect("a state").is_none(), "never {events} events: it ended before, or hangs");
        thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn what_was_committed_survives_kill_9_and_the_same_ingest_completes_it() {
    let desk = Desk::new("killed");
    desk.run("demo --write logs --events 20000").exits(0);
    desk.run("ingest logs --case whole").exits(0);
    let whole = ids(&desk, "whole");
    assert!(whole.len() > 18_000);
    let mut least = 1;
    for case in ["a", "b", "c"] {
        let mut child = start(&desk, &format!("ingest logs --case {case}"));
        wait_for(&desk.at(case), least, &mut child);
        child.kill().unwrap();
        let seen = committed(&desk.at(case));
        child.wait().unwrap();
        let kept = ids(&desk, case);
        assert!(kept.len() as u64 >= seen && kept.is_subset(&whole), "{} kept of {}, {seen} seen", kept.len(), whole.len());
        for id in [kept.first(), kept.last()].into_iter().flatten() {
            let shown = desk.run(&format!("show {id} --case {case} --format json")).exits(0).json();
            assert!(shown[0]["raw"].is_string(), "{shown}");
        }
        // Killed again on the way, and then let run.
        let mut child = start(&desk, &format!("ingest logs --case {case}"));
        // On a fast machine all may have been committed already; what follows must hold then too.
        if kept.len() < whole.len() {
            wait_for(&desk.at(case), kept.len() as u64 + 1, &mut child);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let summary = desk.run(&format!("ingest logs --case {case} --format json")).exits(0).json();
        assert_eq!(ids(&desk, case), whole, "{summary}");
        let states: BTreeSet<String> =
            open_read_only(&desk.at(case)).unwrap().sources().unwrap().iter().map(|source| format!("{:?}", source.state)).collect();
        assert_eq!(states, BTreeSet::from(["Complete".to_owned(), "Skipped".to_owned()]));
        least += 2_000;
    }
}

#[test]
fn a_second_writer_is_refused_politely_and_readers_are_not() {
    let desk = Desk::new("second");
    desk.run("demo --write logs --events 4000").exits(0);
    // A writer that stays: its standard input does not end.
    let mut first = desk.command("ingest logs - --case c").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_for(&desk.at("c"), 1, &mut first);
    for line in ["ingest logs", "seal", "rebuild"] {
        desk.run(&format!("{line} --case c")).exits(1).says(&[
            "cannot write to the case c",
            &format!("process {}", first.id()),
            "open the case read-only",
        ]);
    }
    // Reading goes on while it writes, each answer whole in itself.
    let mut last = 0;
    for _ in 0..3 {
        let now = ids(&desk, "c").len();
        assert!(now >= last && now > 0);
        last = now;
        let regions = desk.run("pivot region --case c --format json").exits(0).json();
        assert!(!regions.as_array().unwrap().is_empty());
    }
    drop(first.stdin.take());
    assert_eq!(first.wait().unwrap().code(), Some(3));
    assert!(!desk.at("c-lock").exists() && !desk.at("c-wal").exists(), "nothing is left beside it");
    desk.run("ingest logs --case c").exits(0);
}

/// `outcrop` that may write files of so many 512-byte blocks only.
fn confined(desk: &Desk, blocks: u32, line: &str) -> Command {
    let mut command = Command::new("sh");
    // SIGXFSZ is ignored, so that writing fails with EFBIG instead of ending the process.
    command.args(["-c", "trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\"", &blocks.to_string(), env!("CARGO_BIN_EXE_outcrop")]);
    command.args(line.split_whitespace()).current_dir(desk.at("")).stdin(Stdio::null());
    command.env("XDG_DATA_HOME", desk.at("xdg/data")).env("XDG_CONFIG_HOME", desk.at("xdg/config"));
    command
}

#[cfg(unix)]
#[test]
fn a_limit_on_the_size_of_files_costs_nothing_that_was_committed() {
    let desk = Desk::new("limit");
    desk.run("demo --write logs --events 6000").exits(0);
    desk.run("demo --write few --events 400").exits(0);
    desk.run("ingest logs few --case whole").exits(0);
    let whole = ids(&desk, "whole");
    desk.run("ingest few --case c").exits(0);
    let few = ids(&desk, "c");
    for blocks in [2_000, 3_000, 5_000] {
        let answer = Answer::of(confined(&desk, blocks, "ingest logs --case c"), "ingest").exits(1).says(&[
            "cannot use the case while",
            "what was committed before stays",
            "its limits",
        ]);
        assert_eq!(answer.out, "");
        assert!(ids(&desk, "c").is_superset(&few));
    }
    desk.run("ingest logs --case c").exits(0);
    assert_eq!(ids(&desk, "c"), whole);
    // No room for a case at all.
    let answer = Answer::of(confined(&desk, 4, "ingest few --case none"), "ingest").exits(1);
    assert_eq!(answer.err.trim_end().lines().count(), 1, "{}", answer.err);
    // Sealing and rebuilding without room: said, and afterwards done.
    Answer::of(confined(&desk, 3_000, "seal --case c"), "seal").exits(1).says(&["what was committed before stays"]);
    assert_eq!(ids(&desk, "c"), whole);
    desk.run("seal --case c").exits(0);
    Answer::of(confined(&desk, 3_000, "rebuild --case c"), "rebuild").exits(1).says(&["what was committed before stays"]);
    desk.run("rebuild --case c").exits(0);
    assert_eq!(ids(&desk, "c"), whole);
}

/// A real full disk: a small file system in memory, in a mount namespace of its own.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_costs_nothing_that_was_committed() {
    let desk = Desk::new("full");
    desk.run("demo --write logs --events 3000").exits(0);
    desk.run("demo --write few --events 400").exits(0);
    desk.run("ingest few --case few.case").exits(0);
    desk.run("ingest logs --case whole --format json").exits(0);
    let few = ids(&desk, "few.case");
    fs::create_dir(desk.at("disk")).unwrap();
    let mut unfinished = 0;
    for (kibibytes, line) in [(2_500, "ingest logs"), (4_000, "ingest logs"), (1_620, "seal"), (1_520, "rebuild"), (2_120, "rebuild")] {
        // The disk goes with the namespace, so the case is taken out of it after the command.
        let script = r#"mount -t tmpfs -o size="$1"k tmpfs disk || exit 77; cp few.case disk/c || exit 78; shift
            "$@" --case disk/c; code=$?; rm -f after*; cp disk/c after && for part in wal shm; do test -e disk/c-$part && cp disk/c-$part after-$part; done; exit $code"#;
        let mut command = Command::new("unshare");
        command.args(["-Urm", "sh", "-c", script, "sh", &kibibytes.to_string(), env!("CARGO_BIN_EXE_outcrop")]);
        command.args(line.split_whitespace()).current_dir(desk.at("")).stdin(Stdio::null()).env("XDG_DATA_HOME", desk.at("xdg"));
        let output = command.output();
        let Some(output) = output.ok().filter(|output| output.status.code() != Some(77) && !output.stderr.starts_with(b"unshare")) else {
            let _ = writeln!(std::io::stderr(), "skipped: no file system can be mounted here, so no disk can be filled");
            return;
        };
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{line} in {kibibytes}: {err}");
        assert!(err.lines().count() == 1 && err.contains("the disk is full; what was committed before is safe, free some space"), "{line}: {err}");
        // A rebuild that had begun is said until there is room to end it.
        let answer = desk.run("events --case after");
        if answer.code == 3 {
            answer.says(&["events are missing", "outcrop rebuild"]);
            unfinished += 1;
            desk.run("rebuild --case after").exits(0);
        }
        let after = ids(&desk, "after");
        assert!(after.is_superset(&few), "{line} in {kibibytes}");
        desk.run("ingest logs few --case after").exits(0);
        assert!(ids(&desk, "after").is_superset(&ids(&desk, "whole")), "{line} in {kibibytes}");
    }
    println!("{unfinished} rebuilds were left unfinished");
}

#[test]
fn evidence_that_changed_or_went_is_said_and_the_facts_stay() {
    let desk = Desk::new("moved");
    desk.run("demo --write logs --events 400").exits(0);
    desk.run("ingest logs --case c").exits(0);
    let before = desk.run("events --case c").exits(0).out;
    let request = outcrop::source::demo::cast().requests("leak-burst")[0].to_owned();
    let shown = |code: i32| desk.run(&format!("show {request} --case c --format json")).exits(code).json();
    let whole = shown(0);
    let invocation = |shown: &Value| shown.as_array().unwrap().iter().find(|one| one["strand"] == "invocation").cloned().expect("it");
    let path = invocation(&whole)["source"].as_str().unwrap().to_owned();
    let content = fs::read(&path).unwrap();
    // Gone, cut short, and another file of the same name.
    for (state, words) in [(None, "not there any more"), (Some(content[..100].to_vec()), "and has 100"), (Some(b"{}".to_vec()), "and has 2")] {
        match state {
            None => fs::remove_file(&path).unwrap(),
            Some(bytes) => fs::write(&path, bytes).unwrap(),
        }
        let now = shown(3);
        let now = invocation(&now);
        let missing = now["missing"].as_str().expect("it is said");
        assert!(missing.contains(&path) && missing.contains(words), "{missing}");
        // What is known is still said, and no other event suffers.
        for field in ["id", "time", "action", "model", "principal", "request_id", "summary", "entities", "record"] {
            assert_eq!(now[field], invocation(&whole)[field], "{field}");
        }
        assert!(now.get("raw").is_none() && now.get("exchange").is_none());
        let table = desk.run(&format!("show {request} --case c --format table")).exits(3).out;
        assert!(table.contains("the record cannot be had") && table.contains(&request), "{table}");
        assert_eq!(desk.run("events --case c").exits(0).out, before);
        // Sealing takes all but that one, and says so.
        let sealed = desk.run("seal --case c --format json").exits(3).json();
        let missing = sealed["missing"].as_array().unwrap();
        assert!(missing.len() == 1 && missing[0]["file"] == path.as_str(), "{sealed}");
    }
    // Put back, it is as before.
    fs::write(&path, &content).unwrap();
    assert_eq!(shown(0), whole);
    // Sealed, the case travels alone.
    assert_eq!(desk.run("seal --case c --format json").exits(0).json()["missing"], serde_json::json!([]));
    fs::remove_dir_all(desk.at("logs")).unwrap();
    fs::create_dir(desk.at("far")).unwrap();
    fs::rename(desk.at("c"), desk.at("far/travelled")).unwrap();
    let travelled = desk.run(&format!("show {request} --case far/travelled --format json")).exits(0).json();
    assert_eq!(travelled, whole);
    for line in desk.run("events --case far/travelled --strand invocation").exits(0).out.lines().step_by(20) {
        let id = serde_json::from_str::<Value>(line).unwrap()["id"].as_str().unwrap().to_owned();
        desk.run(&format!("show {id} --case far/travelled")).exits(0);
    }
}

#[cfg(unix)]
#[test]
fn a_case_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::new("private");
    desk.put("a.ndjson", r#"{"eventSource":"s3.amazonaws.com","eventName":"GetObject","requestID":"r"}"#);
    let mut writer = desk.command("ingest a.ndjson - --case c").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_for(&desk.at("c"), 1, &mut writer);
    for name in ["c", "c-wal", "c-shm", "c-lock"] {
        assert_eq!(fs::metadata(desk.at(name)).expect(name).permissions().mode() & 0o777, 0o600, "{name}");
    }
    drop(writer.stdin.take());
    writer.wait().unwrap();
}
