//! Queries and hunts of the workbench, asked at AWS, in a pseudo-terminal: with their price, as they come, given up, and remembered.

use std::time::Duration;

use outcrop::case::open_read_only;

use crate::asking::only_read;
use crate::pty::Terminal;
use crate::server::faults::{Fault, on};
use crate::server::seed::{Crowd, INVOCATIONS, TRAIL, invocations, trail_events};
use crate::server::world::World;
use crate::server::{Options, Server};
use crate::shell::Shell;

const MINUTE: i64 = 60_000;
const SIZE: (u16, u16) = (120, 40);

/// 50 invocations and 30 events of the trail within the last hour.
fn an_hour() -> World {
    let now = jiff::Timestamp::now().as_millisecond();
    World::of(vec![invocations(now - 60 * MINUTE, now - 10 * MINUTE, 50, Crowd::default()), trail_events(30, now - 10 * MINUTE)])
}

/// A case that was fetched before, opened as one of files is: nobody follows anything.
fn opened(name: &str, flags: &str) -> (Server, Shell, Terminal) {
    let server = Server::start(an_hour(), Options::default());
    let shell = Shell::new(name, &server);
    shell.run("fetch --since 2h --case c.outcrop --format json").exits(0);
    let mut terminal = Terminal::open(shell.in_terminal(&format!("{flags} c.outcrop")), SIZE);
    terminal.expect("Timeline");
    terminal.expect("1/80");
    (server, shell, terminal)
}

/// The texts that were sent since the fetch, those that ask for the price too.
fn sent(server: &Server) -> Vec<String> {
    let texts = server.calls_of("StartQuery").into_iter().filter_map(|call| call.body["queryString"].as_str().map(str::to_owned));
    texts.filter(|text| !text.starts_with("fields @timestamp, @message, @logStream, @log")).collect()
}

fn write(terminal: &mut Terminal, text: &str) {
    terminal.keys("8I");
    terminal.expect("ctrl-s run");
    terminal.keys(text);
    terminal.expect(text.rsplit('|').next().unwrap_or(text).trim());
    terminal.keys("\x03");
    terminal.expect("W at AWS");
}

#[test]
fn one_key_asks_aws_and_the_answer_says_what_it_cost() {
    let (server, shell, mut terminal) = opened("pane_query", "");
    let text = "filter operation = 'Converse' | stats count(*) as calls by operation";
    write(&mut terminal, text);
    terminal.keys("W");
    terminal.expect("1 row ");
    terminal.expect("50 of 80 matched");
    terminal.expect("2 log groups in us-east-1");
    assert!(terminal.screen().lines().any(|line| line.split_whitespace().eq(["▸Converse", "50"])), "{}", terminal.screen());
    assert_eq!(sent(&server), [format!("{text}\n| estimate"), text.to_owned()]);
    // It is remembered, with its price, here and in the ledger.
    terminal.keys("O");
    terminal.expect("AWS: 1 rows");
    terminal.keys("\x1b");
    terminal.expect_gone("AWS: 1 rows");
    terminal.leave();
    let asked = open_read_only(&shell.at("c.outcrop")).and_then(|mut reader| reader.asked()).expect("the ledger");
    assert!(asked.iter().any(|line| line.id == "asked in the workbench" && line.statistics.bytes_scanned > 0.0), "{asked:?}");
    only_read(&server);
}

#[test]
fn beyond_the_budget_it_asks_first() {
    let server = Server::start(an_hour(), Options::default());
    let shell = Shell::new("pane_budget", &server);
    let mut terminal = Terminal::open(shell.in_terminal("live --since 2h --case c --budget 0.000000001usd"), SIZE);
    terminal.expect("the budget is spent");
    write(&mut terminal, "fields requestId | limit 3");
    terminal.keys("W");
    terminal.expect("may be spent unasked");
    terminal.keys("leave\r");
    terminal.expect_gone("may be spent unasked");
    assert!(sent(&server).iter().all(|text| text.ends_with("| estimate")), "{:?}", sent(&server));
    terminal.keys("W");
    terminal.expect("may be spent unasked");
    terminal.keys("\r");
    terminal.expect("3 rows ");
    terminal.leave();
    only_read(&server);
}

#[test]
fn escape_and_leaving_stop_it_at_aws() {
    for leaves in [false, true] {
        let (server, _shell, mut terminal) = opened(if leaves { "pane_leave" } else { "pane_escape" }, "");
        server.fault(on("StartQuery", Fault::Runs(Duration::from_hours(1))).after(1));
        write(&mut terminal, "fields requestId | limit 3");
        terminal.keys("W");
        server.wait_until("the query runs", |server| server.left_running().len() == 1);
        terminal.expect("esc stops it, there too");
        terminal.keys(if leaves { "q" } else { "\x1b" });
        if leaves {
            assert_eq!(terminal.ended(), 0);
            assert_eq!(server.left_running(), Vec::<String>::new(), "before it has ended");
        } else {
            server.wait_until("nothing is left running", |server| server.left_running().is_empty());
            terminal.expect("is stopped at AWS");
            terminal.leave();
        }
        only_read(&server);
    }
}

#[test]
fn a_hunt_goes_out_as_it_is_and_only_to_the_groups_that_could_answer() {
    let (server, _shell, mut terminal) = opened("pane_hunt", "");
    terminal.keys("8H");
    terminal.expect("Hunts (");
    terminal.keys("tokens-per-account\r");
    terminal.expect("enter runs");
    terminal.keys("\r");
    terminal.expect("looked at");
    terminal.keys("W");
    terminal.expect("AWS scanned");
    let groups: Vec<_> = server.calls_of("StartQuery").into_iter().rev().take(2).map(|call| call.body["logGroupNames"].clone()).collect();
    assert_eq!(groups, [serde_json::json!([INVOCATIONS]), serde_json::json!([INVOCATIONS])]);
    terminal.leave();
}

#[test]
fn groups_are_offered_and_chosen_and_what_is_wrong_is_told() {
    let (server, _shell, mut terminal) = opened("pane_groups", "");
    terminal.keys("8ISOURCE \"trail");
    terminal.expect("log group in us-east-1: management");
    terminal.keys("\t\" | limit 2");
    terminal.expect(&format!("SOURCE \"{TRAIL}\" | limit 2"));
    terminal.keys("\x03");
    terminal.expect("W at AWS");
    terminal.keys("L");
    terminal.expect("Log groups that are asked at AWS");
    terminal.keys("trail\r");
    terminal.expect("[ ] ");
    terminal.keys("\x1b");
    terminal.expect_gone("Log groups that are asked at AWS");
    write(&mut terminal, "fields requestId | limit 1");
    terminal.keys("W");
    terminal.expect(&format!("{INVOCATIONS} in us-east-1"));
    // Denied: the reason stands below the text and among the messages.
    server.fault(on("StartQuery", Fault::Denied));
    terminal.keys("W");
    terminal.expect("access denied");
    terminal.leave();
    only_read(&server);
}
