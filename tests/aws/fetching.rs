//! `outcrop fetch`: every event comes into the case exactly once, and the case answers as if the files had been read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use outcrop::case::open_read_only;
use outcrop::model::Scope;

use crate::asking::only_read;
use crate::server::faults::{Fault, on};
use crate::server::seed::{Crowd, ENDPOINT, INVOCATIONS, SPANS, TRAIL, invocations};
use crate::server::world::World;
use crate::server::{Options, Server};
use crate::shell::Shell;
use crate::worlds::{NOON, demo, spike};

/// The demo's week.
pub const WEEK: &str = "--since 2026-11-08 --until 2026-11-15";

/// How often each record is in a case, by the hash of its text.
pub fn records_of(path: &std::path::Path) -> BTreeMap<String, usize> {
    let mut reader = open_read_only(path).expect("a case");
    let ids: Vec<_> = reader.refs(&Scope::all()).expect("a list").iter().map(|event| event.id).collect();
    let mut found = BTreeMap::new();
    for event in reader.events(&ids).expect("events") {
        assert_eq!(event.undecodable, None, "{event:?}");
        *found.entry(event.digest.hex()).or_default() += 1;
    }
    found
}

/// The hash of a record's text, as a case has it.
pub fn digest(record: &str) -> String {
    Sha256::digest(record).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// How often each message is in the logs.
pub fn records_in(world: &World) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for event in world.events() {
        *found.entry(digest(&event.message)).or_default() += 1;
    }
    found
}

/// Of an answer's JSON all that does not depend on where the records were read.
fn without_places(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(record) = members.get_mut("record").and_then(Value::as_object_mut) {
                record.remove("source");
                record.remove("position");
                members.remove("source");
            }
            members.values_mut().for_each(without_places);
        }
        Value::Array(values) => {
            values.iter_mut().for_each(without_places);
            // What happened at the same moment stands in the order of reading.
            if values.iter().all(|value| value["time"].is_string()) {
                values.sort_by_key(|value| (value["time"].to_string(), value["id"].to_string(), value["event"].to_string()));
            }
        }
        _ => {}
    }
}

fn answer(shell: &Shell, line: &str, case: &str) -> Value {
    let mut value = shell.run(&format!("{line} --case {case} --format json")).json();
    without_places(&mut value);
    value
}

#[test]
fn the_demo_comes_in_once_and_answers_as_its_files_do() {
    let server = Server::start(demo(), Options::default());
    let shell = Shell::new("same", &server);
    let regions = server.world().region_names().join(",");
    let fetched = shell.run(&format!("fetch {WEEK} --region {regions} --case fetched --format json")).exits(0).json();
    assert_eq!((&fetched["complete"], &fetched["duplicate"], &fetched["undecodable"]), (&Value::from(true), &Value::from(0), &Value::from(0)));
    let expected = records_in(server.world());
    assert_eq!(records_of(&shell.at("fetched")), expected);
    assert_eq!(fetched["rows"].as_u64(), Some(expected.len() as u64));
    only_read(&server);
    assert_eq!(server.left_running(), Vec::<String>::new());

    answers_as_the_files(&shell, "fetched");
}

/// The demo as files, and the case that was fetched: whatever they are asked, they say the same.
pub fn answers_as_the_files(shell: &Shell, case: &str) {
    // Without the bodies that lie beside their records: no log group has them.
    shell.run("demo --write files --events 1500").exits(0);
    for path in glob::glob(&format!("{}/**/data", shell.at("files").display())).expect("a pattern").flatten() {
        fs::remove_dir_all(path).expect("a folder");
    }
    shell.run("ingest files --case read").exits(0);
    let pivots = [
        "pivot key AKIALEAKDEMO7EXAMPLE",
        "pivot ip",
        "pivot principal",
        "pivot key",
        "pivot model",
        "pivot bucket",
        "pivot guardrail",
        "pivot session",
    ];
    for line in ["events", "controls", "events --where x.denied=true", "events --text ignore"].into_iter().chain(pivots) {
        let (of_files, of_aws) = (answer(shell, line, "read"), answer(shell, line, case));
        assert!(of_files.as_array().is_none_or(|found| !found.is_empty()), "{line}: nothing is compared");
        if of_files != of_aws {
            fs::write(shell.at("of_files.json"), serde_json::to_string_pretty(&of_files).expect("JSON")).expect("a file");
            fs::write(shell.at("of_aws.json"), serde_json::to_string_pretty(&of_aws).expect("JSON")).expect("a file");
            panic!("{line} differs: see of_files.json and of_aws.json in {}", shell.at("").display());
        }
    }
}

#[test]
fn groups_of_linked_accounts_are_found_and_kept_apart() {
    let linked = "arn:aws:logs:us-east-1:444455556666:log-group:/aws/bedrock/modelinvocations";
    let ours = invocations(NOON, NOON + 60_000, 20, Crowd::default());
    let mut theirs = invocations(NOON, NOON + 60_000, 30, Crowd::default());
    theirs.group = linked.to_owned();
    theirs.stream = "of-the-other-account".to_owned();
    theirs.messages = theirs.messages.iter().map(|message| message.replace("111122223333", "444455556666")).collect();
    let server = Server::start(World::of(vec![ours, theirs]), Options::default());
    let shell = Shell::new("linked", &server);
    let minutes = "--since 2026-11-10T12:00:00Z --until 2026-11-10T12:05:00Z";
    let fetched = shell.run(&format!("fetch {minutes} --case c --format json")).exits(0).json();
    assert_eq!((&fetched["complete"], &fetched["rows"]), (&Value::from(true), &Value::from(50)));
    assert_eq!(records_of(&shell.at("c")), records_in(server.world()));
    // Theirs is asked for by its ARN, ours by its name.
    let asked = |list: &str| {
        let calls = server.calls_of("StartQuery");
        let named: BTreeSet<String> = calls.iter().filter_map(|call| call.body[list][0].as_str()).map(str::to_owned).collect();
        named.into_iter().collect::<Vec<_>>()
    };
    assert_eq!((asked("logGroupIdentifiers"), asked("logGroupNames")), (vec![linked.to_owned()], vec![INVOCATIONS.to_owned()]));
    // Both are remembered, and neither is fetched again: the case knows them by their accounts.
    let again = shell.run(&format!("fetch {minutes} --case c --format json")).exits(0).json();
    assert_eq!((&again["queries"], &again["complete"]), (&Value::from(0), &Value::from(true)));
    // One of them alone.
    let one = shell.run(&format!("fetch {minutes} --case one --format json --log-group {linked}")).exits(0).json();
    assert_eq!(one["rows"], 30);
    let doctor = shell.run("doctor --format json").json();
    let mut accounts: Vec<&str> =
        doctor["sites"][0]["groups"].as_array().expect("a list").iter().filter_map(|group| group["account"].as_str()).collect();
    accounts.sort_unstable();
    assert_eq!(accounts, ["111122223333", "444455556666"]);
    only_read(&server);
}

#[test]
fn what_the_case_has_is_not_fetched_again() {
    let server = Server::start(spike(), Options::default());
    let shell = Shell::new("again", &server);
    let fetch = |times: &str| shell.run(&format!("fetch {times} --case c --format json")).exits(0).json();
    let part = "--since 2026-11-10T12:00:30Z --until 2026-11-10T12:01:00Z";
    assert_eq!(fetch(part)["rows"], 30);
    let before = server.calls_of("StartQuery").len();
    let again = fetch(part);
    assert_eq!((&again["rows"], &again["queries"]), (&Value::from(0), &Value::from(0)));
    assert_eq!(server.calls_of("StartQuery").len(), before, "nothing was asked");
    // Older and newer: only what is missing.
    let all = fetch("--since 2026-11-10T12:00:00Z --until 2026-11-10T12:02:00Z");
    assert_eq!((&all["rows"], &all["duplicate"]), (&Value::from(100), &Value::from(0)));
    assert_eq!(records_of(&shell.at("c")), records_in(server.world()));
    let asked: Vec<(i64, i64)> = server.calls_of("StartQuery")[before..]
        .iter()
        .filter(|call| !call.body["queryString"].to_string().contains("estimate"))
        .map(|call| {
            (call.body["startTime"].as_i64().expect("a time") - 1_794_312_000, call.body["endTime"].as_i64().expect("a time") - 1_794_312_000)
        })
        .collect();
    assert!(asked.iter().all(|(from, to)| *to <= 30 || *from >= 60), "what is there was asked for again: {asked:?}");
}

#[test]
fn one_group_that_is_denied_does_not_keep_the_others_away() {
    let server = Server::start(demo(), Options::default());
    server.fault(on("StartQuery", Fault::Denied).of_group(ENDPOINT));
    let shell = Shell::new("denied_group", &server);
    let answer = shell.run(&format!("fetch {WEEK} --case c --format json")).exits(3);
    let fetched = answer.json();
    let groups: Vec<&str> = fetched["unfetched"].as_array().expect("a list").iter().filter_map(|left| left["group"]["name"].as_str()).collect();
    assert_eq!(groups, [ENDPOINT]);
    assert!(
        fetched["unfetched"][0]["reason"].as_str().is_some_and(|why| why.contains("access denied") && why.contains("outcrop doctor --policy")),
        "{fetched}"
    );
    let count = |group: &str| server.world().region("us-east-1").expect("a Region").groups()[group].events.len();
    assert_eq!(records_of(&shell.at("c")).len(), count(TRAIL) + count(INVOCATIONS) + count(SPANS));
}

#[test]
fn retention_shorter_than_asked_is_said() {
    let now = jiff::Timestamp::now().as_millisecond();
    let day = 86_400_000;
    let world = World::of(vec![invocations(now - 10 * day + 3_600_000, now - day + 3_600_000, 90, Crowd::default())]);
    world.change("us-east-1", INVOCATIONS, |group| group.retention_days = Some(3));
    let server = Server::start(world, Options::default());
    let shell = Shell::new("retention", &server);
    let fetched = shell.run("fetch --since 14d --case c --format json").exits(0).json();
    // One each 2.4 hours; two days of them are left.
    assert_eq!(fetched["rows"], 20);
    let notes = fetched["notes"].to_string();
    assert!(notes.contains("keeps 3 days"), "{notes}");
}

#[test]
fn the_newest_is_fetched_within_the_budget_and_the_rest_is_named() {
    // A hundred thousand bytes of records cost next to nothing: the price of a gigabyte is raised.
    let server = Server::start(spike(), Options::default());
    let shell = Shell::new("fetch_budget", &server);
    let line = "fetch --since 2026-11-10T12:00:00Z --until 2026-11-10T12:02:00Z --case c --format json --usd-per-gb 1000000";
    let fetched = shell.run(&format!("{line} --budget 1usd")).exits(3);
    assert!(fetched.err.contains("--budget"), "{}", fetched.err);
    let fetched = fetched.json();
    assert_eq!(fetched["rows"], 0);
    assert_eq!(fetched["unfetched"][0]["reason"], "beyond the budget");
    let fetched = shell.run(&format!("{line} --budget 1000usd")).exits(0).json();
    assert_eq!(fetched["rows"], 130);
}
