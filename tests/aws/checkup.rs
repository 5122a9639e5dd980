//! `outcrop doctor`: it says the truth about credentials, rights and logs, and the next step.

use serde_json::Value;

use outcrop::source::insights::ReadAction;

use crate::asking::only_read;
use crate::fetching::{records_in, records_of};
use crate::server::faults::{Fault, always, on};
use crate::server::seed::{Crowd, HOME, INVOCATIONS, TRAIL, invocations, trail_events};
use crate::server::world::World;
use crate::server::{Options, Server};
use crate::shell::Shell;

const MINUTE: i64 = 60_000;

fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// An account where all is as it should be: records arrive.
fn healthy() -> World {
    World::of(vec![invocations(now() - 60 * MINUTE, now() - MINUTE, 50, Crowd::default()), trail_events(30, now() - MINUTE)])
}

struct Told {
    site: Value,
    /// Weight, what, remedy.
    findings: Vec<[String; 3]>,
    text: String,
}

impl Told {
    fn by(shell: &Shell, code: i32) -> Self {
        let answer = shell.run("doctor --format json").exits(code).json();
        let site = answer["sites"][0].clone();
        let text = |finding: &Value, name: &str| finding[name].as_str().expect("text").to_owned();
        let findings = site["findings"].as_array().expect("a list").iter().map(|found| ["weight", "what", "remedy"].map(|name| text(found, name)));
        let findings: Vec<[String; 3]> = findings.collect();
        assert_eq!(answer["well"], code == 0);
        // On paper it says the same.
        let paper = shell.run("doctor --format table").exits(code).out;
        for [_, what, remedy] in &findings {
            assert!(paper.contains(what) && paper.contains(remedy), "{paper}");
        }
        Self { site, findings, text: paper }
    }

    /// There is a problem of which this is said, and this is to be done.
    #[track_caller]
    fn problem(&self, what: &str, remedy: &str) {
        let is_it = |found: &&[String; 3]| found[0] == "problem" && found[1].contains(what) && found[2].contains(remedy);
        assert!(self.findings.iter().any(|found| is_it(&found)), "no problem “{what}” with “{remedy}” in {:#?}", self.findings);
    }
}

#[test]
fn all_well_is_said_shortly() {
    let server = Server::start(healthy(), Options::default());
    let shell = Shell::new("well", &server);
    let told = Told::by(&shell, 0);
    assert_eq!(told.findings, Vec::<[String; 3]>::new());
    assert_eq!(
        (told.site["account"].as_str(), told.site["principal"].as_str()),
        (Some("111122223333"), Some("arn:aws:iam::111122223333:user/responder"))
    );
    let groups: Vec<(&str, &str, &Value)> = told.site["groups"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|group| (group["name"].as_str().expect("a name"), group["holds"][0].as_str().expect("a strand"), &group["arriving"]))
        .collect();
    let yes = Value::from(true);
    assert_eq!(groups, [(INVOCATIONS, "invocation", &yes), (TRAIL, "management", &yes)]);
    assert!(told.text.contains("all well"), "{}", told.text);
    only_read(&server);
    assert!(server.queries().iter().all(|query| query.text.contains("estimate")), "it costs nothing");
}

#[test]
fn without_credentials_nobody_is_asked() {
    let server = Server::start(healthy(), Options::default());
    let mut shell = Shell::new("doctor_none", &server);
    shell.set("AWS_ACCESS_KEY_ID", None);
    Told::by(&shell, 3).problem("there are no AWS credentials", "aws sso login");
    shell.set("AWS_PROFILE", Some("nobody"));
    Told::by(&shell, 3).problem("there is no profile nobody", "aws configure list-profiles");
    assert_eq!(server.calls().len(), 0);
    let mut shell = Shell::new("doctor_region", &server);
    shell.set("AWS_REGION", None);
    Told::by(&shell, 3).problem("no Region is set", "--region");
}

#[test]
fn a_login_by_sso_that_is_not_there_is_named_with_its_command() {
    let server = Server::start(healthy(), Options::default());
    let mut shell = Shell::new("doctor_sso", &server);
    shell.set("AWS_ACCESS_KEY_ID", None);
    // The shell's file of configuration.
    let text = "[profile ops]\nsso_session = s\nsso_account_id = 111122223333\nsso_role_name = r\nregion = us-east-1\n\
                [profile broken]\ncredential_process = false\nregion = us-east-1\n\
                [sso-session s]\nsso_start_url = https://example.awsapps.com/start\nsso_region = us-east-1\nsso_registration_scopes = sso:account:access\n";
    std::fs::write(shell.at("AWS_CONFIG_FILE"), text).expect("a file");
    shell.set("AWS_PROFILE", Some("ops"));
    Told::by(&shell, 3).problem("the SSO login has ended", "`aws sso login --profile ops`");
    // Of several profiles each has its own trouble.
    let told = shell.run("fetch --since 1h --case c --profile ops,broken").exits(1).err;
    assert!(told.contains("us-east-1 (ops): ") && told.contains("us-east-1 (broken): ") && told.contains("credentials cannot be had"), "{told}");
    assert_eq!(server.calls().len(), 0);
}

#[test]
fn expired_credentials_and_wrong_clocks_are_told_apart() {
    let server = Server::start(healthy(), Options::default());
    server.fault(always(Fault::Expired));
    let told = Told::by(&Shell::new("doctor_expired", &server), 3);
    told.problem("does not accept the credentials", "log in again");
    assert_eq!(told.findings.len(), 1, "nothing else matters: {:?}", told.findings);
    let skewed = Server::start(healthy(), Options { skew: std::time::Duration::from_mins(20), ..Options::default() });
    Told::by(&Shell::new("doctor_skewed", &skewed), 3).problem("clock", "set the clock");
}

#[test]
fn what_is_denied_is_named_with_the_policy() {
    for action in ["DescribeLogGroups", "FilterLogEvents", "StartQuery", "GetQueryResults", "StopQuery"] {
        let server = Server::start(healthy(), Options::default());
        server.fault(on(action, Fault::Denied));
        let told = Told::by(&Shell::new(&format!("doctor_{action}"), &server), 3);
        told.problem(&format!("logs:{action} is not allowed"), "outcrop doctor --policy");
        let refused: Vec<&str> = told.site["actions"]
            .as_array()
            .expect("a list")
            .iter()
            .filter(|told| told["allowed"] == false)
            .filter_map(|told| told["action"].as_str())
            .collect();
        assert_eq!(refused, [format!("logs:{action}")], "and only that");
        assert_eq!(server.left_running(), Vec::<String>::new());
    }
}

#[test]
fn an_empty_account_is_perhaps_the_wrong_one() {
    let server = Server::start(World::default(), Options::default());
    let told = Told::by(&Shell::new("doctor_empty", &server), 3);
    told.problem("there are no log groups in us-east-1", "--region");
}

#[test]
fn logging_that_is_off_is_found_out() {
    // There never was any.
    let server = Server::start(World::of(vec![trail_events(30, now() - MINUTE)]), Options::default());
    Told::by(&Shell::new("doctor_off", &server), 3)
        .problem("no log group in us-east-1 holds model invocation records", "put-model-invocation-logging-configuration");
    // It was switched off three days ago.
    let old = invocations(now() - 5 * 24 * 60 * MINUTE, now() - 3 * 24 * 60 * MINUTE, 50, Crowd::default());
    let server = Server::start(World::of(vec![old, trail_events(30, now() - MINUTE)]), Options::default());
    let told = Told::by(&Shell::new("doctor_switched_off", &server), 3);
    told.problem(
        &format!("no invocation record has arrived in {INVOCATIONS} since"),
        "get-model-invocation-logging-configuration --region us-east-1",
    );
    // It is on, and nothing has come yet.
    let server = Server::start(World::of(vec![trail_events(30, now() - MINUTE)]).with_group(HOME, INVOCATIONS), Options::default());
    Told::by(&Shell::new("doctor_silent", &server), 3).problem("has had no record", "get-model-invocation-logging-configuration");
}

#[test]
fn the_policy_it_prints_is_enough_and_no_more() {
    let server = Server::start(healthy(), Options::default());
    let shell = Shell::new("policy", &server);
    let policy = shell.run("doctor --policy").exits(0).json();
    let statements = policy["Statement"].as_array().expect("statements");
    let allowed: Vec<&str> =
        statements.iter().flat_map(|statement| statement["Action"].as_array().expect("actions")).filter_map(Value::as_str).collect();
    for action in ReadAction::ALL.iter().filter(|action| action.service() == "CloudWatch Logs") {
        if !allowed.contains(&format!("logs:{}", action.name()).as_str()) {
            server.fault(on(action.name(), Fault::Denied));
        }
    }
    shell.run("doctor").exits(0);
    shell.run("fetch --since 2h --case c --format json").exits(0);
    shell.ask("fields @message | limit 1", &format!("--since 2h --log-group {TRAIL}")).exits(0);
    assert_eq!(records_of(&shell.at("c")), records_in(server.world()));
    assert!(server.calls().iter().all(|call| call.outcome != "AccessDeniedException"), "nothing else was tried");
    let used = |action: &str| !server.calls_of(action).is_empty();
    let unused: Vec<&&str> = allowed.iter().filter(|action| !used(action.trim_start_matches("logs:"))).collect();
    assert_eq!(unused, Vec::<&&str>::new(), "and all of it is needed");
}
