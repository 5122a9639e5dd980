//! `outcrop live` in a pseudo-terminal: rows come while they are fetched, new ones by themselves; what goes wrong is on the screen, and
//! however it ends, nothing is left running at AWS.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use outcrop::case::open_read_only;

use crate::asking::only_read;
use crate::fetching::{records_in, records_of};
use crate::pty::Terminal;
use crate::server::faults::{Fault, on};
use crate::server::seed::{Crowd, INVOCATIONS, TRAIL, invocations, trail_events};
use crate::server::world::World;
use crate::server::{Options, Server};
use crate::shell::Shell;

const MINUTE: i64 = 60_000;
const SIZE: (u16, u16) = (120, 40);

fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// 50 invocations and 30 events of the trail within the last hour, none within the last ten minutes.
fn an_hour() -> World {
    World::of(vec![invocations(now() - 60 * MINUTE, now() - 10 * MINUTE, 50, Crowd::default()), trail_events(30, now() - 10 * MINUTE)])
}

fn live(shell: &Shell, flags: &str) -> Terminal {
    Terminal::open(shell.in_terminal(&format!("live --since 2h --case c {flags}")), SIZE)
}

fn events_in(case: &Path) -> u64 {
    open_read_only(case).and_then(|mut reader| reader.totals()).map_or(0, |totals| totals.events())
}

/// Waits until the case has so many events, while the terminal is read.
#[track_caller]
fn wait_for(terminal: &mut Terminal, case: &Path, count: u64) {
    let until = Instant::now() + Duration::from_mins(1);
    while events_in(case) != count {
        assert!(Instant::now() < until, "{} events, not {count}\n{}", events_in(case), terminal.screen());
        terminal.take(Duration::from_millis(100));
    }
}

#[track_caller]
fn all_is_stopped(server: &Server) {
    server.wait_until("nothing is left running", |server| server.left_running().is_empty());
    only_read(server);
}

#[test]
fn rows_come_and_the_top_line_says_from_where_and_for_how_much() {
    let server = Server::start(an_hour(), Options::default());
    let shell = Shell::new("live", &server);
    let mut terminal = live(&shell, "");
    terminal.expect("80 new events from AWS");
    terminal.expect("ListFoundationModels");
    terminal.expect("AWS us-east-1");
    terminal.expect("≈");
    terminal.leave();
    terminal.is_restored();
    assert_eq!(records_of(&shell.at("c")), records_in(server.world()));
    all_is_stopped(&server);
}

#[test]
fn what_arrives_comes_by_itself_and_nothing_is_written_when_nothing_does() {
    let server = Server::start(an_hour(), Options::default());
    let shell = Shell::new("follow", &server);
    let mut terminal = live(&shell, "--follow");
    terminal.expect("LIVE us-east-1");
    wait_for(&mut terminal, &shell.at("c"), 80);
    // The last minute is empty: it is asked for again and again, and nothing is written, once what came before is on the screen.
    let is_quiet = (0..10).any(|_| {
        terminal.settle();
        let (before, asked) = (terminal.sent.len(), server.calls_of("StartQuery").len());
        server.wait_until("both groups are asked again, twice", |server| server.calls_of("StartQuery").len() >= asked + 4);
        terminal.take(Duration::from_millis(700));
        terminal.sent.len() == before
    });
    assert!(is_quiet, "it wrote though nothing came:\n{}", terminal.screen());
    // Three arrive, one of them half a minute late.
    let mut late = invocations(now() - MINUTE / 2, now(), 3, Crowd::default());
    late.stream = "arrived-later".to_owned();
    late.messages = late.messages.iter().map(|message| message.replace("-0000-4000-8000-", "-0000-4000-8111-")).collect();
    server.world().arrive(late);
    wait_for(&mut terminal, &shell.at("c"), 83);
    assert_eq!(records_of(&shell.at("c")), records_in(server.world()));
    terminal.leave();
    all_is_stopped(&server);
}

/// A workbench whose queries run for an hour.
fn busy(name: &str) -> (Server, Shell, Terminal) {
    let server = Server::start(an_hour(), Options::default());
    // The estimates of both groups come at once.
    server.fault(on("StartQuery", Fault::Runs(Duration::from_hours(1))).after(2));
    let shell = Shell::new(name, &server);
    let mut terminal = live(&shell, "");
    server.wait_until("both queries run", |server| server.left_running().len() == 2);
    terminal.expect("fetching");
    (server, shell, terminal)
}

#[test]
fn escape_gives_up_and_stops_what_runs() {
    let (server, shell, mut terminal) = busy("escape");
    terminal.keys("\x1b");
    all_is_stopped(&server);
    // It goes on when it is asked again.
    server.heal();
    terminal.keys(">");
    wait_for(&mut terminal, &shell.at("c"), 80);
    terminal.leave();
}

#[test]
fn leaving_stops_what_runs() {
    let (server, _shell, mut terminal) = busy("leave");
    terminal.leave();
    terminal.is_restored();
    assert_eq!(server.left_running(), Vec::<String>::new(), "before it has ended");
    all_is_stopped(&server);
}

#[test]
fn signals_and_a_lost_line_stop_what_runs() {
    for signal in ["TERM", "HUP", "INT"] {
        let (server, _shell, mut terminal) = busy(&format!("live_{signal}"));
        if signal == "HUP" {
            // The terminal vanishes as when SSH drops.
            terminal.master = None;
            drop(std::mem::replace(&mut terminal.keys, Box::new(std::io::sink())));
        }
        let process = terminal.child.process_id().expect("a process");
        Command::new("kill").args([&format!("-{signal}"), &process.to_string()]).status().expect("kill runs");
        terminal.ended();
        assert_eq!(server.left_running(), Vec::<String>::new(), "{signal}");
        all_is_stopped(&server);
    }
}

#[test]
fn a_login_that_ends_is_told_on_the_screen_and_waited_for() {
    let server = Server::start(an_hour(), Options::default());
    // The estimates of both groups still come.
    server.fault(on("StartQuery", Fault::Expired).after(2));
    let shell = Shell::new("live_expires", &server);
    let mut terminal = live(&shell, "");
    terminal.expect("waits");
    terminal.expect("log in again");
    server.heal();
    terminal.expect("80 new events from AWS");
    terminal.leave();
}

#[test]
fn what_is_denied_is_told_on_the_screen() {
    let server = Server::start(an_hour(), Options::default());
    server.fault(on("StartQuery", Fault::Denied).of_group(INVOCATIONS));
    let shell = Shell::new("live_denied", &server);
    let mut terminal = live(&shell, "");
    terminal.expect(&format!("not fetched: {INVOCATIONS}"));
    wait_for(&mut terminal, &shell.at("c"), 30);
    // What was reported, in full.
    terminal.keys("!");
    terminal.expect("access denied");
    terminal.leave();
}

#[test]
fn more_of_one_value_is_looked_for_when_the_price_is_agreed_to() {
    let server = Server::start(an_hour(), Options::default());
    let shell = Shell::new("live_more", &server);
    let mut terminal = Terminal::open(shell.in_terminal(&format!("live --since 2h --case c --log-group {TRAIL}")), SIZE);
    terminal.expect("30 new events from AWS");
    // There are entities to look for once a row is shown.
    terminal.expect("ip 203.0.113.9");
    terminal.keys("W");
    terminal.expect("Look at AWS for more of");
    terminal.keys("203.0.113.9\r");
    terminal.expect("AWS would scan");
    terminal.keys("\r");
    server.wait_until("it was asked", |server| {
        server.calls_of("StartQuery").iter().any(|call| {
            call.body["queryString"].as_str().is_some_and(|text| text.contains(r"@message like /203\x2E0\x2E113\x2E9/") && !text.contains("estimate"))
        })
    });
    terminal.expect("0 new events from AWS");
    terminal.leave();
    all_is_stopped(&server);
}
