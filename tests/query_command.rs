//! `outcrop query`: its forms, its errors and its exit codes.

#![cfg(test)]

mod desk;
#[path = "desk/put.rs"]
mod put;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use desk::{Answer, Desk};
use serde_json::Value;

const TOKEN: &str = "IQoJb3JpZ2luX2VjEXAMPLETOKENwJalrXUtnFEMIK7MDENGbPxRfiCY";

fn record(at: u32, name: &str, rest: &str) -> String {
    format!(
        r#"{{"eventVersion":"1.11","eventID":"e-{at}","eventTime":"2026-11-20T10:00:{at:02}Z","eventSource":"sts.amazonaws.com","eventName":"{name}","awsRegion":"us-east-1","recipientAccountId":"111122223333","eventCategory":"Management"{rest}}}"#
    )
}

static BENCH: LazyLock<Desk> = LazyLock::new(|| {
    let desk = Desk::new("query_command");
    let secret = format!(r#","responseElements":{{"credentials":{{"sessionToken":"{TOKEN}"}},"note":"\u001b[2Jred"}}"#);
    let lines = [record(1, "AssumeRole", &secret), record(2, "GetCallerIdentity", ""), record(3, "GetCallerIdentity", "")];
    desk.put("records.jsonl", lines.join("\n"));
    desk.run("ingest records.jsonl --case c").exits(0);
    desk
});

fn query(text: &str, flags: &str) -> Answer {
    let mut command = BENCH.command("query");
    command.arg(text).args(["--case", "c"]).args(flags.split_whitespace());
    Answer::of(command, text)
}

const COUNT: &str = "stats count(*) as n by eventName | sort n desc";

#[test]
fn every_form_says_the_same() {
    let expected = [("GetCallerIdentity", "2"), ("AssumeRole", "1")];
    let json = query(COUNT, "--format json").exits(0).json();
    let rows: Vec<(&str, &str)> =
        json.as_array().expect("one array").iter().map(|row| (row["eventName"].as_str().unwrap(), row["n"].as_str().unwrap())).collect();
    assert_eq!(rows, expected);
    let lines = query(COUNT, "").exits(0).out;
    let rows: Vec<BTreeMap<String, String>> = lines.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect();
    assert_eq!(rows.iter().map(|row| row["n"].as_str()).collect::<Vec<_>>(), ["2", "1"]);
    assert_eq!(query(COUNT, "--format csv").exits(0).out, "eventName,n\nGetCallerIdentity,2\nAssumeRole,1\n");
    let table = query(COUNT, "--format table").exits(0).out;
    let words: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(words, [vec!["eventName", "n"], vec!["GetCallerIdentity", "2"], vec!["AssumeRole", "1"]]);
    // What a row does not have is left out, and nothing at all is an empty array.
    let json = query("display eventName, errorCode | limit 1", "--format json").exits(0).json();
    assert_eq!(json, serde_json::json!([{"eventName": "GetCallerIdentity"}]));
    assert_eq!(query("filter eventName = 'None'", "--format json").exits(0).json(), Value::Array(Vec::new()));
}

#[test]
fn sql_says_the_same() {
    let count = "SELECT eventName, COUNT(*) AS n FROM management GROUP BY eventName ORDER BY n DESC";
    assert_eq!(query(count, "--language sql --format csv").exits(0).out, query(COUNT, "--format csv").exits(0).out);
    assert_eq!(query(count, "--language sql").exits(0).out, query(COUNT, "").exits(0).out);
    let json = query("SELECT eventName, errorCode FROM management LIMIT 1", "--language sql --format json").exits(0).json();
    assert_eq!(json, serde_json::json!([{"eventName": "GetCallerIdentity"}]));
    let cut = query("SELECT eventName FROM management", "--language sql --limit 1").exits(3);
    assert!(cut.out.lines().count() == 1 && cut.err.contains("1 of 3 rows shown"), "{}", cut.err);
}

#[test]
fn scope_flags_and_a_query_from_standard_input() {
    assert_eq!(query("stats count(*) as n", "--since 2026-11-20T10:00:02Z").exits(0).out, "{\"n\":\"2\"}\n");
    let cut = query("fields eventName", "--limit 1").exits(3);
    assert!(cut.out.lines().count() == 1 && cut.err.contains("1 of 3 rows shown"), "{}", cut.err);
    BENCH.put("q.ql", COUNT);
    let mut command = BENCH.command("query - --case c --format csv");
    command.stdin(std::fs::File::open(BENCH.at("q.ql")).expect("a file"));
    assert!(Answer::of(command, "-").exits(0).out.contains("AssumeRole,1"));
}

#[test]
fn errors_have_a_place_and_a_code() {
    for (text, words) in [
        ("filtre eventName = 'x'", vec!["^^^^^^", "did you mean `filter`"]),
        ("filter eventName =", vec!["^", "expected"]),
        ("stats count(*) | stats cuont(*)", vec!["cuont"]),
        ("filter @message like /(/", vec!["regular expression cannot be used", "^"]),
        ("fields x.tokens_inn", vec!["did you mean x.tokens_in"]),
        ("SOURCE 'nowhere' | limit 1", vec!["nowhere", "management, data"]),
        ("pattern @message | anomaly", vec!["only be answered by AWS: a model of AWS's decides", "outcrop query --on aws --log-group GROUP"]),
        (
            "relevantfields where eventName = 'A'",
            vec!["only be answered by AWS: a model of AWS's weighs", "outcrop query --on aws --log-group GROUP"],
        ),
        ("fields unmask(@message)", vec!["only be answered by AWS: what was masked there is masked", "outcrop query --on aws --log-group GROUP"]),
        ("lookup hosts eventID OUTPUT owner", vec!["^^^^^", "no table `hosts`: `outcrop tables hosts FILE.csv`"]),
        ("cidrlookup nets sourceIPAddress OUTPUT owner", vec!["^^^^", "no table `nets`: `outcrop tables nets FILE.csv`"]),
    ] {
        let answer = query(text, "").exits(2);
        assert!(answer.out.is_empty(), "{}", answer.out);
        for word in words {
            assert!(answer.err.contains(word), "{text}: no “{word}” in {}", answer.err);
        }
    }
    for (text, words) in [
        ("SELECT eventName FROM managment", vec!["^^^^^^^^^", "did you mean `management`"]),
        ("SELECT eventName, FROM management", vec!["^", "expected"]),
        ("DELETE FROM management", vec!["^^^^^^", "only reads"]),
        ("SELECT uper(eventName) FROM management", vec!["did you mean `upper`"]),
        ("SELECT eventName FROM management WHERE eventName IN (SELECT a FROM b WHERE a IN (SELECT c FROM d))", vec!["^^^^^^^^^^^^^^^"]),
        (COUNT, vec!["^^^^^", "expected `SELECT`"]),
    ] {
        let answer = query(text, "--language sql").exits(2);
        assert!(answer.out.is_empty(), "{}", answer.out);
        for word in words {
            assert!(answer.err.contains(word), "{text}: no “{word}” in {}", answer.err);
        }
    }
    // Any path may be a field: a slip is told when nothing has it.
    for (text, flags) in [("filter eventNme = 'A'", ""), ("fields eventNme | limit 1", ""), ("SELECT eventNme FROM management", "--language sql")] {
        let told = query(text, flags).exits(0).err;
        assert!(told.contains("nothing that was found has a field `eventNme`: did you mean `eventName`?"), "{text}: {told}");
    }
    assert_eq!(query("fields eventID, requestParameters.x | limit 1", "").exits(0).err, "");
    let told = query("SELECT eventName FROM management", "").exits(2).err;
    assert!(told.contains("looks like SQL") && told.contains("--language sql"), "{told}");
    query(COUNT, "--on aws --strand data").exits(2).says(&[if cfg!(feature = "live") { "only --since and --until" } else { "built without" }]);
    query(COUNT, "--on aws").exits(2).says(&[if cfg!(feature = "live") { "--log-group" } else { "built without" }]);
    let mut command = BENCH.command("query --case none");
    command.arg(COUNT);
    Answer::of(command, "none").exits(1).says(&["cannot open the case none"]);
}

#[test]
fn secrets_are_masked_by_whatever_name_and_text_cannot_act() {
    for text in [
        "fields @message | filter eventName = 'AssumeRole'",
        "fields responseElements.credentials.sessionToken",
        "fields responseElements.credentials.sessionToken as harmless",
        "fields responseElements as r | display r",
        "stats max(responseElements.credentials.sessionToken) as harmless",
        "json field=responseElements 'credentials.sessionToken' as harmless",
        "filter eventName = 'AssumeRole' | fields concat(responseElements.credentials.sessionToken, '') as harmless",
    ] {
        for format in ["json", "ndjson", "csv", "table"] {
            let masked = query(text, &format!("--format {format}")).exits(0).out;
            assert!(!masked.contains(TOKEN) && masked.contains("session token"), "{text}: {masked}");
            let revealed = query(text, &format!("--format {format} --reveal")).exits(0).out;
            assert!(revealed.contains(TOKEN), "{text}: {revealed}");
        }
    }
    for text in [
        "SELECT `responseElements.credentials.sessionToken` AS harmless FROM management",
        "SELECT max(responseElements.credentials.sessionToken) AS harmless FROM management",
        "SELECT get_json_object(`@message`, '$.responseElements.credentials.sessionToken') AS harmless FROM management",
        "SELECT from_json(`@message`, '').responseElements.credentials['sessionToken'] AS harmless FROM management",
        "SELECT h AS harmless FROM (SELECT concat(responseElements.credentials.sessionToken, '') AS h FROM management) AS q",
        "SELECT responseElements FROM management",
        "SELECT a.eventName, b.responseElements.credentials.sessionToken AS harmless FROM management AS a INNER JOIN management AS b ON a.eventID = b.eventID",
    ] {
        for format in ["ndjson", "csv", "table"] {
            let masked = query(text, &format!("--language sql --format {format}")).exits(0).out;
            assert!(!masked.contains(TOKEN) && masked.contains("session token"), "{text}: {masked}");
            let revealed = query(text, &format!("--language sql --format {format} --reveal")).exits(0).out;
            assert!(revealed.contains(TOKEN), "{text}: {revealed}");
        }
    }
    for format in ["json", "ndjson", "table"] {
        let out = query("fields responseElements.note", &format!("--format {format}")).exits(0).out;
        assert!(!out.contains('\u{1b}') && out.contains("red"), "{out}");
    }
}

#[test]
fn a_name_means_what_was_said_it_means() {
    let desk = Desk::new("query_command_groups");
    desk.put("one.jsonl", [record(1, "A", ""), record(2, "B", "")].join("\n"));
    desk.put("two.jsonl", record(3, "C", ""));
    desk.run("ingest one.jsonl two.jsonl --case c").exits(0);
    let count = |language: &str, text: &str| {
        let mut command = desk.command("query");
        command.arg(text).args(["--case", "c", "--format", "csv", "--language", language]);
        Answer::of(command, text)
    };
    let ql = "SOURCE '/aws/trail' | stats count(*) as n";
    let sql = "SELECT count(*) AS n FROM `/aws/trail`";
    assert!(count("ql", ql).exits(2).err.contains("outcrop groups"));
    for (means, expected) in [("two.jsonl", "1"), ("one two", "3"), ("management", "3"), ("invocation", "0")] {
        desk.run(&format!("groups /aws/trail {means} --case c")).exits(0);
        for (language, text) in [("ql", ql), ("sql", sql)] {
            assert_eq!(count(language, text).exits(0).out, format!("n\n{expected}\n"), "{means}");
        }
    }
    let listed = desk.run("groups --case c --format json").exits(0).json();
    let of = |name: &str| listed.as_array().expect("a list").iter().find(|group| group["name"] == name).cloned().unwrap_or_default();
    assert_eq!(of("/aws/trail"), serde_json::json!({"name": "/aws/trail", "from": "you", "means": ["invocation"]}));
    assert_eq!(of("management")["events"], 3);
    assert_eq!(of("events")["events"], 3);
    // It is the analyst's word, and survives what is derived again.
    desk.run("rebuild --case c").exits(0);
    assert_eq!(count("ql", ql).exits(0).out, "n\n0\n");
    for (line, why) in [
        ("groups data two --case c", "the same in every case"),
        ("groups x no-such-file --case c", "no source of this case"),
        ("groups x --case c", "say what `x` means"),
        ("groups x --forget --case c", "was given no meaning"),
    ] {
        let answer = desk.run(line).exits(2);
        assert!(answer.err.contains(why), "{line}: {}", answer.err);
    }
    desk.run("groups /aws/trail --forget --case c").exits(0);
    count("ql", ql).exits(2);
}

#[test]
fn a_table_is_put_into_a_case_and_read_by_queries() {
    let desk = Desk::new("query_command_tables");
    desk.put("one.jsonl", [record(1, "A", ""), record(2, "B", ""), record(3, "C", "")].join("\n"));
    desk.run("ingest one.jsonl --case c").exits(0);
    desk.put("calls.csv", "eventName,owner,zone\nA,ann,one\nB,\"bob, of IT\",two\n");
    let table = desk.run("tables calls calls.csv --case c --format json").exits(0).json();
    assert_eq!(table, serde_json::json!([{"name": "calls", "columns": ["eventName", "owner", "zone"], "rows": 2}]));
    let query = |text: &str| {
        let mut command = desk.command("query --case c --format csv");
        command.arg(text);
        Answer::of(command, text)
    };
    let text = "lookup calls eventName OUTPUT owner | sort @timestamp | display eventName, owner";
    let expected = "eventName,owner\nA,ann\nB,\"bob, of IT\"\nC,\n";
    assert_eq!(query(text).exits(0).out, expected);
    // It is copied into the case, and survives what is derived again.
    std::fs::remove_file(desk.at("calls.csv")).expect("a file");
    desk.run("rebuild --case c").exits(0);
    assert_eq!(query(text).exits(0).out, expected);
    for (text, why) in [
        ("lookup calls eventNam OUTPUT owner", "no column `eventNam`; it has eventName, owner, zone; did you mean `eventName`?"),
        ("lookup cals eventName OUTPUT owner", "did you mean `calls`?"),
        ("cidrlookup calls sourceIPAddress OUTPUT owner", "which column of `calls` has the networks?"),
    ] {
        let answer = query(text).exits(2);
        assert!(answer.err.contains(why), "{text}: {}", answer.err);
    }
    desk.put("bad.csv", "a,b\n1,2\n1,2,3\n");
    std::fs::write(desk.at("bytes.csv"), [b'a', b'\n', 0xff, b'\n']).expect("a file");
    for (line, code, why) in [
        ("tables x bad.csv --case c", 1, "bad.csv: line 3 has 3 values"),
        ("tables x bytes.csv --case c", 1, "bytes.csv: stream did not contain valid UTF-8"),
        ("tables x none.csv --case c", 1, "none.csv: No such file"),
        ("tables no.name bad.csv --case c", 2, "`no.name` is no name for a table"),
        ("tables x --case c", 2, "say where `x` is"),
        ("tables x --forget --case c", 2, "no table `x`"),
    ] {
        let answer = desk.run(line).exits(code);
        assert!(answer.err.contains(why), "{line}: {}", answer.err);
    }
    desk.run("tables calls --forget --case c").exits(0);
    assert!(query(text).exits(2).err.contains("no table `calls`"));
}
