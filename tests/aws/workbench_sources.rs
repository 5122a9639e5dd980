//! Sources added to an open case, in a pseudo-terminal: log groups at AWS, found, chosen and fetched; and files.

use std::collections::BTreeSet;

use outcrop::case::open_read_only;
use outcrop::model::live::Seconds;

use crate::asking::only_read;
use crate::fetching::{digest, records_in, records_of};
use crate::pty::Terminal;
use crate::server::faults::{Fault, on};
use crate::server::seed::{Crowd, INVOCATIONS, TRAIL, invocation, invocations, trail_events};
use crate::server::world::World;
use crate::server::{Options, Server};
use crate::shell::Shell;

const MINUTE: i64 = 60_000;
const SIZE: (u16, u16) = (120, 40);

/// A case of one file, opened offline, and a server with 50 invocations and 30 events of the trail within the last hour.
fn opened(name: &str) -> (Server, Shell, Terminal) {
    let now = jiff::Timestamp::now().as_millisecond();
    let world = World::of(vec![invocations(now - 60 * MINUTE, now - 10 * MINUTE, 50, Crowd::default()), trail_events(30, now - 10 * MINUTE)]);
    let server = Server::start(world, Options::default());
    let shell = Shell::new(name, &server);
    std::fs::write(shell.at("first.json"), invocation(900, now - 5 * MINUTE)).expect("written");
    shell.run("ingest first.json --case c.outcrop").exits(0);
    let mut terminal = Terminal::open(shell.in_terminal("c.outcrop"), SIZE);
    terminal.expect("1/1");
    (server, shell, terminal)
}

fn look(terminal: &mut Terminal) {
    terminal.keys("S");
    terminal.expect("Add a source to the case");
    terminal.keys("log groups\r");
    terminal.expect("Add log groups at AWS");
    terminal.expect("us-east-1");
    terminal.keys("\r");
    terminal.expect("2 chosen");
}

#[test]
fn log_groups_are_found_chosen_priced_and_fetched_into_a_case_that_was_opened_offline() {
    let (server, shell, mut terminal) = opened("add");
    assert!(server.calls().is_empty(), "nobody was asked before");
    look(&mut terminal);
    assert!(terminal.screen().contains(&format!("[x] {INVOCATIONS}")), "{}", terminal.screen());
    terminal.keys("\r");
    terminal.expect("enter fetches");
    terminal.keys("\r");
    terminal.expect("80 new events from AWS");
    terminal.expect("AWS us-east-1");
    terminal.keys("9");
    terminal.expect("us-east-1  well");
    // The same again: nothing is missing but the last minutes, which are never called complete.
    terminal.keys("1>");
    terminal.expect("new events from AWS");
    terminal.leave();
    terminal.is_restored();
    let mut records = records_in(server.world());
    records.insert(digest(&std::fs::read_to_string(shell.at("first.json")).expect("the file")), 1);
    assert_eq!(records_of(&shell.at("c.outcrop")), records);
    assert_eq!(server.left_running(), Vec::<String>::new());
    only_read(&server);
}

#[test]
fn what_is_not_chosen_is_not_fetched_and_the_choice_is_remembered() {
    let (_server, shell, mut terminal) = opened("add_one");
    look(&mut terminal);
    // The first one away; which it is is seen on the screen.
    terminal.keys(" ");
    terminal.expect("1 chosen");
    let (kept, count) = if terminal.screen().contains(&format!("[ ] {INVOCATIONS}")) { (TRAIL, 30) } else { (INVOCATIONS, 50) };
    terminal.keys("\r");
    terminal.expect("enter fetches");
    terminal.keys("\r");
    terminal.expect(&format!("{count} new events from AWS"));
    terminal.leave();
    let mut reader = open_read_only(&shell.at("c.outcrop")).expect("a case");
    let chosen: Vec<String> = reader.chosen_groups().expect("groups").into_iter().map(|(_, group)| group.name).collect();
    assert_eq!(chosen, [kept]);
    let covered: BTreeSet<String> = reader.coverage().expect("coverage").into_iter().map(|entry| entry.group.name).collect();
    assert_eq!(covered, BTreeSet::from([kept.to_owned()]));
    // A query of the workbench asks that one too.
    let mut terminal = Terminal::open(shell.in_terminal("c.outcrop"), SIZE);
    terminal.expect("Timeline");
    terminal.keys("8L");
    terminal.expect("[x]");
    assert!(terminal.screen().contains(kept));
    terminal.keys("\x1b");
    terminal.expect_gone("[x]");
    terminal.leave();
}

#[test]
fn escape_stops_a_fetch_and_what_cannot_be_listed_is_told_in_the_form() {
    let (server, _shell, mut terminal) = opened("add_denied");
    server.fault(on("DescribeLogGroups", Fault::Denied));
    terminal.keys("S");
    terminal.expect("Add a source to the case");
    terminal.keys("log groups\r");
    terminal.expect("Add log groups at AWS");
    terminal.keys("\r");
    terminal.expect("access denied");
    server.heal();
    terminal.keys("\r");
    terminal.expect("2 chosen");
    terminal.keys("\r");
    terminal.expect("enter fetches");
    // Two prices are asked for once more, then the two queries run and run.
    server.fault(on("StartQuery", Fault::Runs(std::time::Duration::from_hours(1))).after(2));
    terminal.keys("\r");
    server.wait_until("both queries run", |server| server.left_running().len() == 2);
    terminal.expect("fetching 0 %");
    terminal.keys("\x1b");
    server.wait_until("nothing is left running", |server| server.left_running().is_empty());
    terminal.leave();
    only_read(&server);
}

#[test]
fn a_file_is_added_and_a_path_that_leads_nowhere_is_told() {
    let (server, shell, mut terminal) = opened("add_file");
    let more: Vec<String> = (901..905).map(|number| invocation(number, 1_794_312_000_000)).collect();
    std::fs::write(shell.at("more.json"), more.join("\n")).expect("written");
    for (path, told) in [("nowhere.json", "there is no such file or folder"), ("more.json", "read 4 new events from 1 files")] {
        terminal.keys("S");
        terminal.expect("Add a source to the case");
        terminal.keys("file\r");
        terminal.expect("Add a file or folder");
        terminal.keys(&format!("{path}\r"));
        terminal.expect(told);
    }
    terminal.leave();
    assert_eq!(records_of(&shell.at("c.outcrop")).len(), 5);
    let mut reader = open_read_only(&shell.at("c.outcrop")).expect("a case");
    assert_eq!(reader.coverage().expect("coverage").into_iter().map(|entry| entry.span).collect::<Vec<Seconds>>(), []);
    assert!(server.calls().is_empty(), "files need nobody");
}
