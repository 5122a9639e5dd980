//! `outcrop query --on aws`: the text goes out as it is, rows of all Regions come back as one answer, and whatever goes wrong is told
//! in a line that says what to do.

use std::collections::BTreeSet;
use std::time::Duration;

use outcrop::source::insights::ReadAction;
use serde_json::Value;

use crate::server::faults::{Fault, Rule, on};
use crate::server::seed::{INVOCATIONS, TRAIL};
use crate::server::{Options, Server};
use crate::shell::{Running, Shell};
use crate::worlds::{demo, spike};

/// The demo's week.
const WEEK: &str = "--since 2026-11-08 --until 2026-11-15";
/// The day of the few.
const DAY: &str = "--since 2026-11-10 --until 2026-11-11 --log-group /aws/bedrock/modelinvocations";

fn rows(out: &str) -> Vec<Value> {
    out.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect()
}

/// Whatever was sent, outcrop only read.
#[track_caller]
pub fn only_read(server: &Server) {
    for call in server.calls() {
        let service = match call.service.as_str() {
            "sts" => "STS",
            "s3" => "S3",
            _ => "CloudWatch Logs",
        };
        assert!(ReadAction::allows(service, &call.action), "{} {}", call.service, call.action);
    }
}

#[test]
fn the_text_goes_out_as_it_is_and_the_rows_come_back() {
    let server = Server::start(spike(), Options::default());
    let shell = Shell::new("text", &server);
    let text = "  filter input.inputTokenCount > 48 # a comment\n| fields @timestamp,\trequestId | sort @timestamp  asc";
    let answer = shell.ask(text, &format!("{DAY} --format ndjson")).exits(0);
    let times: Vec<String> = rows(&answer.out).iter().map(|row| row["@timestamp"].as_str().expect("a time").to_owned()).collect();
    // Two of a hundred and thirty have 49: the fiftieth, and the hundredth, which is the tenth of the spike and on its 9th millisecond.
    assert_eq!(times, ["2026-11-10 12:00:49.000", "2026-11-10 12:01:40.009"]);
    let sent: Vec<Value> = server.calls_of("StartQuery").into_iter().map(|call| call.body["queryString"].clone()).collect();
    assert_eq!(sent, [Value::from(format!("{text}\n| estimate")), Value::from(text)]);
    assert!(answer.err.contains("2 rows; 130 records scanned, 2 matched"), "{}", answer.err);
    only_read(&server);
}

#[test]
fn rows_of_all_regions_are_one_answer() {
    let server = Server::start(demo(), Options::default());
    let shell = Shell::new("regions", &server);
    let text = "fields @timestamp, requestId, region | limit 10000";
    let regions = server.world().region_names();
    assert!(regions.len() > 2);
    let flags = format!("{WEEK} --log-group {INVOCATIONS} --region {} --format ndjson", regions.join(","));
    let answer = shell.ask(text, &flags).exits(0);
    let found = rows(&answer.out);
    let expected: BTreeSet<String> =
        server.world().events().iter().filter(|event| event.group == INVOCATIONS).map(|event| event.ptr.clone()).collect();
    let got: BTreeSet<String> = found.iter().map(|row| row["@ptr"].as_str().expect("a pointer").to_owned()).collect();
    assert!(expected.len() > 100, "{}", expected.len());
    assert_eq!((found.len(), &got), (expected.len(), &expected));
    let times: Vec<&str> = found.iter().filter_map(|row| row["@timestamp"].as_str()).collect();
    assert!(times.is_sorted_by(|one, other| one >= other), "newest first, as one query gives them");
    assert!(found.iter().all(|row| row["@site"] == row["region"]), "each from its own Region");
    let asked: BTreeSet<String> = server.calls_of("StartQuery").into_iter().map(|call| call.region).collect();
    assert_eq!(asked.into_iter().collect::<Vec<_>>(), regions);
    only_read(&server);
}

#[test]
fn pages_are_read_to_the_last() {
    let server = Server::start(demo(), Options::default());
    let shell = Shell::new("pages", &server);
    let answer = shell.ask("fields @message | limit 100000", &format!("{WEEK} --log-group {TRAIL} --format ndjson")).exits(0);
    let expected = server.world().events().iter().filter(|event| event.group == TRAIL).count();
    assert!(expected > 1_000);
    assert_eq!(answer.out.lines().count(), expected);
    assert!(server.calls_of("GetQueryResults").iter().any(|call| call.body["nextToken"].is_string()), "there was more than a page");
}

#[test]
fn a_mistake_is_shown_at_its_place() {
    let server = Server::start(spike(), Options::default());
    let shell = Shell::new("mistake", &server);
    let answer = shell.ask("fields @message | filtre requestId = 'é'", DAY).exits(2);
    let lines: Vec<&str> = answer.err.lines().collect();
    assert_eq!(lines[..2], ["fields @message | filtre requestId = 'é'", "                  ^^^^^^"], "{}", answer.err);
    assert!(lines.last().is_some_and(|line| line.contains("unexpected symbol found filtre at line 1 and position 18")), "{}", answer.err);
}

/// What goes wrong, what is said of it, and the exit code.
fn told(name: &str, rules: impl IntoIterator<Item = Rule>) -> (i32, String, Server) {
    let server = Server::start(spike(), Options::default());
    rules.into_iter().for_each(|rule| server.fault(rule));
    let answer = Shell::new(name, &server).ask("fields @timestamp, @message", &format!("{DAY} --format ndjson"));
    only_read(&server);
    assert_eq!(server.left_running(), Vec::<String>::new(), "nothing is left running: {}", answer.err);
    if answer.code == 0 {
        assert_eq!(answer.out.lines().count(), 130, "{}", answer.err);
    }
    (answer.code, answer.err, server)
}

#[test]
fn what_passes_is_waited_out() {
    for (name, rule) in [
        ("throttled", on("StartQuery", Fault::Throttled).times(2)),
        ("throttled_pages", on("GetQueryResults", Fault::Throttled).times(2)),
        ("no_slots", on("StartQuery", Fault::NoSlots).times(2)),
        ("unavailable", on("GetQueryResults", Fault::Unavailable).times(2)),
        ("closed", on("GetQueryResults", Fault::Closed).times(1)),
        ("cut", on("GetQueryResults", Fault::Cut).times(2)),
        ("cut_start", on("StartQuery", Fault::Cut).after(1).times(1)),
        ("html", on("GetQueryResults", Fault::Html).times(1)),
        ("slow", on("GetQueryResults", Fault::Slow(Duration::from_millis(800))).times(2)),
        ("failed", on("StartQuery", Fault::Ends("Failed")).after(1).times(1)),
        ("denied_elsewhere", on("GetQueryResults", Fault::Denied).of_group("/another").times(1)),
    ] {
        let (code, err, _) = told(name, [rule]);
        assert_eq!(code, 0, "{name}: {err}");
    }
}

#[test]
fn what_stays_is_told_in_a_line_that_says_what_to_do() {
    for (name, rule, words) in [
        ("expired", on("StartQuery", Fault::Expired), ["does not accept the credentials", "log in again"]),
        (
            "denied",
            on("StartQuery", Fault::Denied),
            ["logs:StartQuery on resource: arn:aws:logs:us-east-1:111122223333:log-group:/aws/bedrock/modelinvocations", "outcrop doctor --policy"],
        ),
        ("denied_results", on("GetQueryResults", Fault::Denied), ["logs:GetQueryResults", "outcrop doctor --policy"]),
        ("skewed", on("StartQuery", Fault::Skewed), ["clock", "set the clock"]),
        ("gone", on("GetQueryResults", Fault::Missing), ["the results are gone", "run the query again"]),
        ("cancelled", on("StartQuery", Fault::Ends("Cancelled")), ["somebody stopped the query", "try again"]),
        ("timeout", on("StartQuery", Fault::Ends("Timeout")), ["longer than AWS allows", "a shorter interval"]),
        ("failed_for_ever", on("StartQuery", Fault::Ends("Failed")), ["the query failed at AWS", "try again"]),
    ] {
        let (code, err, _) = told(name, [rule]);
        assert_eq!((code, err.trim_end().lines().count()), (1, 1), "{name}: {err}");
        for word in words {
            assert!(err.contains(word), "{name}: no “{word}” in {err}");
        }
    }
}

#[test]
fn a_group_that_is_not_there_is_named() {
    let server = Server::start(spike(), Options::default());
    let shell = Shell::new("missing", &server);
    let answer = shell.ask("fields @message", "--since 2026-11-10 --until 2026-11-11 --log-group /none").exits(1);
    assert!(answer.err.contains("/none") && answer.err.contains("outcrop doctor"), "{}", answer.err);
    // Before the group was made, or after it has thrown away: no data, and no mistake in the query.
    server.world().change("us-east-1", INVOCATIONS, |group| group.retention_days = Some(1));
    let answer = shell.ask("fields @message", &DAY.replace("2026", "2021")).exits(1);
    assert!(answer.err.contains("retention") && answer.err.contains("a later interval"), "{}", answer.err);
}

#[test]
fn without_credentials_or_region_it_says_so() {
    let server = Server::start(spike(), Options::default());
    let ask = |shell: &Shell, flags: &str| shell.ask("fields @message", &format!("{DAY} {flags}")).exits(1).err;
    let mut shell = Shell::new("credentials", &server);
    shell.set("AWS_ACCESS_KEY_ID", None);
    let err = ask(&shell, "");
    assert!(err.contains("there are no AWS credentials") && err.contains("aws sso login"), "{err}");
    let err = ask(&shell, "--profile nobody");
    assert!(err.contains("there is no profile nobody") && err.contains("aws configure list-profiles"), "{err}");
    let mut shell = Shell::new("region", &server);
    shell.set("AWS_REGION", None);
    let err = ask(&shell, "");
    assert!(err.contains("no Region is set") && err.contains("--region"), "{err}");
    assert_eq!(server.calls().len(), 0, "nobody was asked");
    let mut shell = Shell::new("refused", &server);
    shell.set("AWS_ENDPOINT_URL", Some("http://127.0.0.1:1"));
    let err = ask(&shell, "");
    assert!(err.contains("nobody answers") && err.contains("AWS_ENDPOINT_URL"), "{err}");
}

#[test]
fn more_than_the_budget_is_not_run() {
    let server = Server::start(spike(), Options::default());
    let shell = Shell::new("budget", &server);
    let answer = shell.ask("fields @message", &format!("{DAY} --budget much")).exits(2);
    assert!(answer.err.contains("--budget") && server.calls().is_empty(), "{}", answer.err);
    // 130 records of about 900 bytes.
    let answer = shell.ask("fields @message", &format!("{DAY} --budget 0.05MB")).exits(1);
    assert!(answer.err.contains("nothing was run") && answer.err.contains("budget"), "{}", answer.err);
    let sent: Vec<Value> = server.calls_of("StartQuery").into_iter().map(|call| call.body["queryString"].clone()).collect();
    assert_eq!(sent, ["fields @message\n| estimate"], "only the price was asked for");
}

#[test]
fn whoever_ends_it_stops_the_query_at_aws() {
    for signal in ["INT", "TERM", "HUP"] {
        let server = Server::start(spike(), Options::default());
        // The estimate ends; the query would run for an hour.
        server.fault(on("StartQuery", Fault::Runs(Duration::from_hours(1))).after(1));
        let shell = Shell::new(&format!("stop_{signal}"), &server);
        let running = Running::start(shell.asking("fields @message", DAY));
        server.wait_until("the query runs", |server| server.left_running().len() == 1 && server.calls_of("GetQueryResults").len() > 2);
        running.signal(signal);
        let (code, err) = running.ended();
        assert_eq!(code, Some(1), "{signal}: {err}");
        assert!(err.contains("stopped"), "{err}");
        assert_eq!((server.left_running().len(), server.queries().iter().filter(|query| query.was_stopped()).count()), (0, 1), "{signal}");
        only_read(&server);
    }
}

#[test]
fn a_silent_server_does_not_hold_up_the_end() {
    let server = Server::start(spike(), Options::default());
    server.fault(on("StartQuery", Fault::Runs(Duration::from_hours(1))).after(1));
    let shell = Shell::new("silent", &server);
    let running = Running::start(shell.asking("fields @message", DAY));
    server.wait_until("the query runs", |server| server.left_running().len() == 1);
    server.fault(on("GetQueryResults", Fault::Silent));
    server.wait_until("silence", |server| server.calls().iter().any(|call| call.outcome == "silent"));
    running.signal("TERM");
    let (code, err) = running.ended();
    assert_eq!((code, server.left_running().len()), (Some(1), 0), "{err}");
}
