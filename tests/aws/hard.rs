//! Fetches that go wrong in the middle: rows beyond what a query gives, a second with a crowd in it, quotas, cut connections,
//! credentials that end, a program that is killed. In the end everything is there, or what is not is named.

use std::time::Duration;

use serde_json::Value;

use crate::asking::only_read;
use crate::fetching::{digest, records_in, records_of};
use crate::server::faults::{Fault, on};
use crate::server::seed::{Crowd, invocations, many_bare};
use crate::server::world::World;
use crate::server::{Options, Server};
use crate::shell::{Running, Shell};
use crate::worlds::NOON;

/// Four hours from noon on.
const HOURS: &str = "--since 2026-11-10T12:00:00Z --until 2026-11-10T16:00:00Z";
const SPAN: (i64, i64) = (NOON, NOON + 4 * 3_600_000);
/// 13:30:17
const CROWD: i64 = NOON + 5_417_000;

/// So many events, of which some share a second, and each so-manieth of those a millisecond.
fn crowd(count: usize, crowd: usize, share: usize) -> World {
    World::of(vec![invocations(SPAN.0, SPAN.1, count, Crowd { size: crowd, at: CROWD, share })])
}

fn fetch(shell: &Shell, code: i32) -> Value {
    shell.run(&format!("fetch {HOURS} --case c --format json")).exits(code).json()
}

#[test]
fn a_crowd_in_a_second_comes_in_through_limits_quotas_and_cuts_though_it_was_killed_once() {
    for whole_last_second in [true, false] {
        let options = Options { most_rows: 1_000, concurrent: 3, runs: Duration::from_millis(150), whole_last_second, ..Options::default() };
        // Half of those who share the second share a millisecond: as many as a query gives, less a few.
        let server = Server::start(crowd(3_000, 1_900, 2), options);
        server.fault(on("StartQuery", Fault::Throttled).every(9).times(3));
        server.fault(on("GetQueryResults", Fault::Cut).every(5));
        server.fault(on("GetQueryResults", Fault::Unavailable).every(7));
        server.fault(on("StartQuery", Fault::Ends("Failed")).after(4).times(1));
        let shell = Shell::new(&format!("crowd_{whole_last_second}"), &server);
        let running = Running::start(shell.command(&format!("fetch {HOURS} --case c")));
        server.wait_until("a part has come", |server| server.calls_of("GetQueryResults").iter().filter(|call| call.outcome == "ok").count() > 4);
        running.signal("KILL");
        running.ended();
        let fetched = fetch(&shell, 0);
        assert_eq!((&fetched["complete"], &fetched["holes"]), (&Value::from(true), &Value::Array(Vec::new())));
        assert_eq!(records_of(&shell.at("c")), records_in(server.world()));
        only_read(&server);
        assert_eq!(server.left_running(), Vec::<String>::new());
    }
}

#[test]
fn a_millisecond_with_more_than_a_query_gives_is_a_hole_with_a_name() {
    let server = Server::start(crowd(1_500, 1_300, 1), Options { most_rows: 1_000, ..Options::default() });
    let shell = Shell::new("hole", &server);
    let fetched = fetch(&shell, 3);
    assert_eq!(fetched["complete"], false);
    let holes = fetched["holes"].as_array().expect("a list");
    assert_eq!(holes.len(), 1, "{fetched}");
    assert_eq!((holes[0]["since"].as_str(), holes[0]["until"].as_str()), (Some("2026-11-10T13:30:17.000Z"), Some("2026-11-10T13:30:18.000Z")));
    assert!(holes[0]["reason"].as_str().is_some_and(|why| why.contains("13:30:17.500")), "{fetched}");
    // Of that millisecond as many are there as a query gives; of all others all.
    let (found, mut missing) = (records_of(&shell.at("c")), records_in(server.world()));
    missing.retain(|digest, _| !found.contains_key(digest));
    assert_eq!(missing.len(), 1_300 - 1_000);
    let events = server.world().events();
    let in_it = events.iter().filter(|event| event.time == CROWD + 500);
    let in_it: Vec<String> = in_it.map(|event| digest(&event.message)).collect();
    assert_eq!(in_it.len(), 1_300);
    assert!(missing.keys().all(|digest| in_it.contains(digest)));
}

#[test]
fn credentials_that_end_in_the_middle_are_waited_for() {
    let server = Server::start(crowd(3_000, 0, 1), Options { most_rows: 1_000, runs: Duration::from_millis(100), ..Options::default() });
    let shell = Shell::new("expires", &server);
    server.fault(on("GetQueryResults", Fault::Expired).after(3));
    let running = Running::start(shell.command(&format!("fetch {HOURS} --case c --format json")));
    // A new login comes once it has said what it waits for.
    running.says("log in again");
    server.heal();
    let (code, err) = running.ended();
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(records_of(&shell.at("c")), records_in(server.world()));
}

#[test]
fn an_end_in_the_middle_stops_all_queries_and_the_next_fetch_goes_on() {
    for signal in ["INT", "TERM", "HUP"] {
        let server = Server::start(crowd(3_000, 0, 1), Options { most_rows: 1_000, ..Options::default() });
        // The estimate and the first piece come; what follows is split into three, and takes its time.
        server.fault(on("StartQuery", Fault::Runs(Duration::from_hours(1))).after(2));
        let shell = Shell::new(&format!("end_{signal}"), &server);
        let running = Running::start(shell.command(&format!("fetch {HOURS} --case c --format json")));
        server.wait_until("three run", |server| server.left_running().len() == 3);
        running.signal(signal);
        let (code, err) = running.ended();
        assert_eq!((code, server.left_running().len()), (Some(3), 0), "{signal}: {err}");
        assert_eq!(server.queries().iter().filter(|query| query.was_stopped()).count(), 3);
        server.heal();
        fetch(&shell, 0);
        assert_eq!(records_of(&shell.at("c")), records_in(server.world()), "{signal}");
    }
}

#[test]
fn queries_that_a_killed_fetch_left_are_attached_to_or_stopped() {
    let server = Server::start(crowd(3_000, 0, 1), Options { most_rows: 1_000, ..Options::default() });
    server.fault(on("StartQuery", Fault::Runs(Duration::from_hours(1))).after(2));
    let shell = Shell::new("left", &server);
    let running = Running::start(shell.command(&format!("fetch {HOURS} --case c --format json")));
    let is_left = |status: &str| matches!(status, "Running" | "Scheduled");
    let left =
        |server: &Server| -> Vec<String> { server.queries().iter().filter(|query| is_left(query.status())).map(|query| query.id.clone()).collect() };
    // Whoever asks for the results of a query has written down that it runs.
    server.wait_until("three run, and are known to run", |server| {
        let asked = server.calls_of("GetQueryResults");
        let is_known = |id: &String| asked.iter().any(|call| call.body["queryId"].as_str() == Some(id.as_str()));
        let left = left(server);
        left.len() == 3 && left.iter().all(is_known)
    });
    running.signal("KILL");
    running.ended();
    let left = left(&server);
    assert_eq!(left.len(), 3);
    server.queries().iter().for_each(|query| query.end());
    server.heal();
    let before = server.calls().len();
    fetch(&shell, 0);
    let calls = server.calls().split_off(before);
    for id in left {
        let looked_at = calls
            .iter()
            .any(|call| matches!(call.action.as_str(), "GetQueryResults" | "StopQuery") && call.body["queryId"].as_str() == Some(id.as_str()));
        assert!(looked_at, "nobody cared for {id}");
    }
    assert_eq!(records_of(&shell.at("c")), records_in(server.world()));
    assert_eq!(server.left_running(), Vec::<String>::new());
}

/// What a case and the logs have of each other. The events are many: neither list is printed.
#[track_caller]
fn every_event_is_there_once(shell: &Shell, server: &Server) {
    assert!(records_of(&shell.at("c")) == records_in(server.world()), "not every event is there once");
}

#[test]
fn a_quarter_of_a_million_with_a_crowd_in_a_second() {
    // Of the 120,000 that share a second 60,000 share a millisecond: no query gives the second, but each millisecond can be had.
    let options = Options { latency: Duration::from_millis(5), runs: Duration::from_millis(200), concurrent: 30, ..Options::default() };
    let server = Server::start(many_bare(SPAN.0, SPAN.1, 250_000, Crowd { size: 120_000, at: CROWD, share: 2 }), options);
    server.fault(on("StartQuery", Fault::Throttled).every(9).times(3));
    server.fault(on("GetQueryResults", Fault::Cut).every(29));
    server.fault(on("GetQueryResults", Fault::Unavailable).every(37));
    server.fault(on("GetQueryResults", Fault::Throttled).every(41));
    server.fault(on("StartQuery", Fault::Ends("Failed")).after(3).times(1));
    let shell = Shell::new("million", &server);
    let running = Running::start(shell.command(&format!("fetch {HOURS} --case c")));
    server.wait_until("a part has come", |server| server.calls_of("GetQueryResults").iter().filter(|call| call.outcome == "ok").count() > 20);
    running.signal("KILL");
    running.ended();
    fetch(&shell, 0);
    every_event_is_there_once(&shell, &server);
    only_read(&server);
    assert_eq!(server.left_running(), Vec::<String>::new());
}

#[test]
fn one_more_than_a_query_gives() {
    let server = Server::start(many_bare(SPAN.0, SPAN.1, 100_001, Crowd::default()), Options::default());
    let shell = Shell::new("one_more", &server);
    let text = "fields @timestamp | sort @timestamp asc | limit 100000";
    let answer = shell.ask(text, &format!("{HOURS} --log-group /aws/bedrock/modelinvocations --format ndjson")).exits(0);
    assert_eq!(answer.out.lines().count(), 100_000);
    let told = "100,000 rows; 100,001 records scanned, 100,001 matched";
    assert!(answer.err.contains(told), "what the limit left out can be seen: {}", answer.err);
    fetch(&shell, 0);
    every_event_is_there_once(&shell, &server);
}
