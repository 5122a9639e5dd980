//! `outcrop hunt --on aws`: the text of the hunt goes out as it is, and its rows are shown as those of a case are.

use std::collections::BTreeSet;

use outcrop::hunt::{Catalogue, bind};
use outcrop::source::demo::cast;
use serde_json::Value;

use crate::asking::only_read;
use crate::server::seed::{INVOCATIONS, TRAIL};
use crate::server::{Options, Server};
use crate::shell::Shell;
use crate::worlds::demo;

const WEEK: &str = "--since 2026-11-08 --until 2026-11-15 --format ndjson";

fn rows(out: &str) -> Vec<Value> {
    out.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect()
}

/// The texts that were sent, without those that ask for the price.
fn sent(server: &Server) -> Vec<String> {
    let texts = server.calls_of("StartQuery").into_iter().map(|call| call.body["queryString"].as_str().expect("a text").to_owned());
    texts.filter(|text| !text.ends_with("| estimate")).collect()
}

#[test]
fn the_text_of_a_hunt_goes_out_unchanged_and_finds_the_same_story() {
    let catalogue = Catalogue::embedded();
    let cast = cast();
    for (name, group, params, wanted) in [
        ("who-asked-what", INVOCATIONS, vec![("words", "goodwill")], "goodwill"),
        ("denied-callers", TRAIL, vec![], cast.leaked_key),
        ("logging-changes", TRAIL, vec![], "DeleteModelInvocationLoggingConfiguration"),
        ("key-activity", TRAIL, vec![("key", cast.leaked_key)], "PutUseCaseForModelAccess"),
    ] {
        let server = Server::start(demo(), Options::default());
        let shell = Shell::new(name, &server);
        let given: Vec<(String, String)> = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let hunt = catalogue.hunt(name).expect("a hunt");
        let words: String = params.iter().map(|(name, value)| format!(" -p {name}={value}")).collect();
        let answer = shell.run(&format!("hunt {name}{words} --on aws {WEEK} --log-group {group} --region us-east-1,us-west-2"));
        // Rows that a later filter took away count as matched at the test's server, so that the answer may seem cut.
        assert!(matches!(answer.code, 0 | 3), "{name}: {}", answer.err);
        let text = bind(&catalogue, hunt, &given).expect("bound").text;
        let sent: BTreeSet<String> = sent(&server).into_iter().collect();
        assert_eq!(sent, BTreeSet::from([text]), "{name}");
        assert!(answer.out.contains(wanted), "{name}: {}", answer.out);
        // Only the columns that are worth showing, and where each row is from.
        let columns: BTreeSet<String> = rows(&answer.out).iter().filter_map(Value::as_object).flat_map(|row| row.keys().cloned()).collect();
        assert!(columns.iter().all(|column| column == "@site" || hunt.show.contains(column)), "{name}: {columns:?}");
        only_read(&server);
    }
}

#[test]
fn a_percentile_is_measured_at_aws_and_deviations_worked_out_of_its_rows() {
    let server = Server::start(demo(), Options::default());
    let shell = Shell::new("measured", &server);
    let flags = format!("--on aws {WEEK} --log-group {INVOCATIONS} --region us-east-1");
    let answer = shell.run(&format!("hunt long-prompts -p longer_than=p98 {flags}"));
    assert!(matches!(answer.code, 0 | 3), "{}", answer.err);
    let sent = sent(&server);
    assert!(sent.len() == 2 && sent[0].contains("pct(chars, 98)"), "{sent:?}");
    let number: f64 = sent[1].lines().find_map(|line| line.strip_prefix("| filter chars > ")).expect("the number").parse().expect("a number");
    let chars = |row: &Value| row["chars"].as_str().expect("chars").parse::<f64>().expect("a number");
    assert!(!answer.out.is_empty() && rows(&answer.out).iter().all(|row| chars(row) > number));

    let answer = shell.run(&format!("hunt tokens-per-account {flags}")).exits(0);
    assert!(rows(&answer.out).iter().any(|row| row["deviation"].is_string() && row["delta"].is_string()), "{}", answer.out);
}

#[test]
fn what_cannot_go_to_aws_is_refused_before_anything_is_asked() {
    let server = Server::start(demo(), Options::default());
    let shell = Shell::new("refused", &server);
    for (line, part) in [
        ("hunt bedrock-commands --on aws", "what only a case knows"),
        ("hunt denied-callers --on aws --key AKIAEXAMPLE", "only --since and --until hold"),
        ("hunt denied-callers --on aws", "name them with --log-group"),
    ] {
        let answer = shell.run(line).exits(2);
        assert!(answer.err.contains(part), "{line}: {}", answer.err);
    }
    assert!(server.calls().is_empty());
}
