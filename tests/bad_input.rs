//! Rule 7: nothing is dropped in silence. Whatever is wrong with a file, it is said, the exit code tells, and the good
//! records before, behind and beside it are in the case.

#![cfg(test)]

mod desk;
#[path = "desk/put.rs"]
mod put;

use std::fs;
use std::io::{BufWriter, Write as _};
use std::process::Stdio;
use std::thread;

use desk::{Answer, Desk};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

/// A good CloudTrail event.
fn trail(number: u32) -> String {
    format!(
        r#"{{"eventVersion":"1.11","userIdentity":{{"type":"IAMUser","accountId":"111122223333","userName":"ada","accessKeyId":"AKIAGOODEXAMPLE"}},"eventTime":"2026-03-01T10:{:02}:{:02}Z","eventSource":"bedrock.amazonaws.com","eventName":"ListFoundationModels","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.1","requestID":"good-{number}","eventID":"e-{number}","eventCategory":"Management","recipientAccountId":"111122223333"}}"#,
        number / 60 % 60,
        number % 60
    )
}

/// A Converse record whose user says this (the inside of a JSON string, as written).
fn says(request: &str, words: &str) -> String {
    format!(
        r#"{{"schemaType":"ModelInvocationLog","schemaVersion":"1.0","timestamp":"2026-03-01T11:00:00Z","accountId":"111122223333","region":"us-east-1","requestId":"{request}","operation":"Converse","modelId":"m","input":{{"inputContentType":"application/json","inputBodyJson":{{"messages":[{{"role":"user","content":[{{"text":"{words}"}}]}}]}}}},"output":{{"outputContentType":"application/json","outputBodyJson":{{"output":{{"message":{{"role":"assistant","content":[{{"text":"fine"}}]}}}},"stopReason":"end_turn"}}}}}}"#
    )
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn lines(range: std::ops::Range<u32>) -> String {
    range.map(|number| trail(number) + "\n").collect()
}

/// Reads the folder `logs`, which holds good records 0 and 1 beside what is bad; gives the summary.
#[track_caller]
fn ingest(desk: &Desk, code: i32) -> Value {
    desk.put("logs/good.ndjson", lines(0..2));
    let summary = desk.run("ingest logs --case c --format json").exits(code).json();
    for number in 0..2 {
        assert_eq!(shown(desk, &format!("good-{number}"))["action"], "ListFoundationModels");
    }
    summary
}

/// All events, as JSON lines.
fn events(desk: &Desk) -> Vec<Value> {
    desk.run("events --case c").exits(0).out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// The one event of that id.
#[track_caller]
fn shown(desk: &Desk, id: &str) -> Value {
    let Value::Array(mut shown) = desk.run(&format!("show {id} --case c --format json")).exits(0).json() else { panic!("no array") };
    assert_eq!(shown.len(), 1, "{id}");
    shown.remove(0)
}

fn undecodable(desk: &Desk) -> Vec<Value> {
    events(desk).into_iter().filter(|event| event["undecodable"].is_string()).collect()
}

/// The one thing that was skipped: its file's name and the reason.
#[track_caller]
fn skipped(summary: &Value) -> (String, String) {
    let [skip] = summary["skipped"].as_array().expect("an array").as_slice() else { panic!("not one: {}", summary["skipped"]) };
    let file = skip["file"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    (file, skip["reason"].as_str().unwrap().to_owned())
}

#[test]
fn a_truncated_gzip_gives_what_is_before_the_cut() {
    let desk = Desk::new("truncated");
    let stored = gz(lines(100..3_000).as_bytes());
    desk.put("logs/cut.json.gz", &stored[..stored.len() * 2 / 3]);
    let summary = ingest(&desk, 3);
    let (file, reason) = skipped(&summary);
    assert!(file == "cut.json.gz" && reason.starts_with("gzip ended early after "), "{file}: {reason}");
    let good = events(&desk).iter().filter(|event| event["undecodable"].is_null()).count();
    assert!((1_000..2_902).contains(&good), "{good}");
    // Every one of them can be had again from the cut file.
    assert_eq!(shown(&desk, "good-100")["raw"], trail(100).as_str());
    assert_eq!(shown(&desk, "good-1000")["raw"], trail(1_000).as_str());
    // Cut within the first record, and within the header.
    let desk = Desk::new("truncated-early");
    desk.put("logs/a.gz", &stored[..14]);
    desk.put("logs/b.gz", &stored[..3]);
    let summary = ingest(&desk, 3);
    assert_eq!(summary["skipped"].as_array().unwrap().len(), 2, "{summary}");
    assert!(summary["skipped"].to_string().matches("gzip ended early").count() == 2, "{summary}");
}

#[test]
fn half_a_document_is_an_event_with_the_reason() {
    let desk = Desk::new("half");
    let whole = format!(r#"{{"Records":[{},{},{}]}}"#, trail(10), trail(11), trail(12));
    desk.put("logs/half.json", &whole[..whole.len() - 100]);
    let summary = ingest(&desk, 3);
    assert_eq!((&summary["undecodable"], &summary["records"]), (&1.into(), &5.into()), "{summary}");
    for number in [10, 11] {
        assert_eq!(shown(&desk, &format!("good-{number}"))["raw"], trail(number).as_str());
    }
    let [half] = undecodable(&desk).try_into().expect("one");
    assert!(half["undecodable"].as_str().unwrap().contains("cut off"), "{half}");
    // What stands before the cut is known.
    assert_eq!((&half["action"], &half["key"]), (&"ListFoundationModels".into(), &"AKIAGOODEXAMPLE".into()));
}

#[test]
fn wrong_types_are_read_as_far_as_they_go() {
    let desk = Desk::new("types");
    let wrong = [
        r#"{"eventVersion":1.11,"userIdentity":"root","eventTime":1772359200,"eventSource":"s3.amazonaws.com","eventName":["GetObject"],"awsRegion":7,"requestID":"odd-1","requestParameters":"none","resources":{"ARN":5}}"#,
        r#"{"schemaType":"ModelInvocationLog","timestamp":false,"requestId":"odd-2","operation":null,"modelId":{"a":1},"input":"text","output":[1,2],"accountId":111122223333}"#,
        r#"{"schemaType":"ModelInvocationLog","timestamp":"yesterday","requestId":"odd-3","operation":"Converse","modelId":"m","input":{"inputBodyJson":{"messages":{"role":1}},"inputTokenCount":"many"},"output":{"outputBodyJson":"x"}}"#,
        "7",
        "null",
        "[[]]",
        r#""text""#,
        "{}",
        "true",
    ];
    desk.put("logs/wrong.ndjson", wrong.join("\n") + "\n");
    let summary = ingest(&desk, 3);
    for request in ["odd-1", "odd-2", "odd-3"] {
        assert_eq!(shown(&desk, request)["request_id"], request);
    }
    // Two good ones and three odd ones are decoded; `null` and an empty list say nothing; all else is kept with the reason.
    let left = undecodable(&desk);
    assert_eq!(
        (summary["undecodable"].as_u64().unwrap(), summary["records"].as_u64().unwrap()),
        (left.len() as u64, left.len() as u64 + 5),
        "{summary}"
    );
    assert_eq!(left.len(), 4);
    assert!(left.iter().all(|event| !event["undecodable"].as_str().unwrap().is_empty()), "{left:?}");
    for event in events(&desk) {
        desk.run(&format!("show {} --case c --format table", event["id"].as_str().unwrap())).exits(0);
    }
}

#[test]
fn deep_nesting_is_no_stack_overflow() {
    let desk = Desk::new("deep");
    let (open, close) = ("[".repeat(200_000), "]".repeat(200_000));
    let deep = format!(
        r#"{{"eventSource":"s3.amazonaws.com","eventName":"PutObject","requestID":"deep-1","requestParameters":{open}{close},"eventTime":"2026-03-01T10:00:00Z"}}"#
    );
    desk.put("logs/deep.ndjson", format!("{deep}\n{}\n", trail(20)));
    desk.put("logs/only.json", &open);
    desk.put("logs/objects.json", r#"{"a":"#.repeat(100_000));
    desk.put("logs/prompt.ndjson", says("deep-2", "x").replace(r#"[{"text":"x"}]"#, &format!("{open}{close}")));
    ingest(&desk, 3);
    assert_eq!(shown(&desk, "good-20")["raw"], trail(20).as_str());
    let event = shown(&desk, "deep-1");
    assert_eq!((&event["action"], event["raw"].as_str().map(str::len)), (&"PutObject".into(), Some(deep.len())));
    assert_eq!(shown(&desk, "deep-2")["strand"], "invocation");
}

#[test]
fn nul_bytes_and_invalid_utf8_are_kept_and_cannot_act() {
    let desk = Desk::new("bytes");
    let mut bytes = says("nul", "before\\u0000after \u{1b}[2J").into_bytes();
    bytes.push(b'\n');
    let invalid = says("invalid", "caf@ au lait").into_bytes();
    bytes.extend(invalid.iter().map(|byte| if *byte == b'@' { 0xE9 } else { *byte }));
    bytes.push(b'\n');
    bytes.extend(trail(30).into_bytes());
    desk.put("logs/bytes.ndjson", bytes);
    let holes: Vec<u8> =
        [vec![0; 5_000], format!("\n{}\n", trail(31)).into_bytes(), vec![0; 5_000], format!("\n{}\n", trail(32)).into_bytes()].concat();
    desk.put("logs/holes.ndjson", holes);
    let desk = desk;
    ingest(&desk, 3);
    for number in 30..33 {
        assert_eq!(shown(&desk, &format!("good-{number}"))["raw"], trail(number).as_str(), "{number}");
    }
    assert_eq!(shown(&desk, "nul")["exchange"]["user_text"], "before\0after \u{1b}[2J");
    // An invalid byte cannot be told in JSON: it is the replacement character there, and a mark on the screen.
    assert_eq!(shown(&desk, "invalid")["exchange"]["user_text"], "caf\u{fffd} au lait");
    for id in ["nul", "invalid"] {
        let table = desk.run(&format!("show {id} --case c --format table")).exits(0).out;
        assert!(!table.chars().any(|c| c.is_control() && c != '\n'), "{table:?}");
    }
    let found = desk.run("events --case c --text au.lait").exits(0).out;
    assert!(found.contains("\"invalid\""), "{found}");
}

#[test]
fn lone_surrogates_are_read_shown_found_and_come_out_as_they_came_in() {
    let desk = Desk::new("surrogates");
    desk.put(
        "logs/s.ndjson",
        [says("high", r"tell \ud800 me"), says("low", r"\udc00\ud800 swapped"), says("pair", r"\ud83d\ude00 smile")].join("\n"),
    );
    let summary = ingest(&desk, 0);
    assert_eq!((&summary["undecodable"], &summary["events"]["invocation"]), (&0.into(), &3.into()));
    for (id, written) in
        [("high", r#""user_text":"tell \ud800 me""#), ("low", r#""user_text":"\udc00\ud800 swapped""#), ("pair", r#""user_text":"😀 smile""#)]
    {
        for form in ["json", "ndjson"] {
            let out = desk.run(&format!("show {id} --case c --format {form}")).exits(0).out;
            assert!(out.contains(written), "{id}: {out}");
        }
        let table = desk.run(&format!("show {id} --case c --format table")).exits(0).out;
        assert!(!table.chars().any(|c| ('\u{10D800}'..='\u{10DFFF}').contains(&c)), "{table}");
    }
    for (text, id) in [("tell.*me", "high"), ("swapped", "low"), ("😀", "pair")] {
        let found = desk.run(&format!("events --case c --text {text}")).exits(0).out;
        assert!(found.lines().count() == 1 && found.contains(&format!("\"request_id\":\"{id}\"")), "{text}: {found}");
    }
}

#[test]
fn a_string_of_50_mb_is_a_record() {
    let desk = Desk::new("long");
    fs::create_dir_all(desk.at("logs")).unwrap();
    let mut file = BufWriter::new(fs::File::create(desk.at("logs/long.ndjson")).unwrap());
    let record = says("long", "@");
    let (before, after) = record.split_once('@').unwrap();
    write!(file, "{before}the beginning ").unwrap();
    for _ in 0..50_000 {
        file.write_all(&[b'a'; 1_000]).unwrap();
    }
    write!(file, " the needle at the end{after}\n{}\n", trail(40)).unwrap();
    file.into_inner().unwrap().sync_all().unwrap();
    let summary = ingest(&desk, 0);
    assert_eq!(summary["records"], 4);
    assert_eq!(desk.run("events --case c --text needle.at.the.end --format json").exits(0).json()[0]["request_id"], "long");
    let out = desk.run("show long --case c --format ndjson").exits(0).out;
    assert!(out.len() > 100_000_000, "text and record, whole: {}", out.len());
}

#[test]
fn a_record_of_200_mb_is_refused_and_its_neighbours_are_read() {
    let desk = Desk::new("giant");
    // Through standard input, so that it lies nowhere.
    let mut child =
        desk.command("ingest - --case c --format json").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let feeder = thread::spawn(move || {
        let record = says("giant", "@");
        let (before, after) = record.split_once('@').unwrap();
        write!(pipe, "{}{before}", lines(50..52)).unwrap();
        let megabyte = vec![b'a'; 1_000_000];
        for _ in 0..200 {
            pipe.write_all(&megabyte).unwrap();
        }
        write!(pipe, "{after}\n{}", lines(52..54)).unwrap();
    });
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    let (file, reason) = skipped(&summary);
    assert!(file == "standard input" && reason.contains("was not kept: larger than 67,108,864 bytes"), "{reason}");
    assert_eq!(summary["events"]["management"], 4);
    for number in 50..54 {
        assert_eq!(shown(&desk, &format!("good-{number}"))["raw"], trail(number).as_str());
    }
}

#[test]
fn a_gzip_bomb_is_refused_and_its_neighbours_are_read() {
    let desk = Desk::new("bomb");
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    writeln!(bomb, "{}", trail(60)).unwrap();
    let blanks = vec![b' '; 1 << 20];
    for _ in 0..400 {
        bomb.write_all(&blanks).unwrap();
    }
    desk.put("logs/bomb.json.gz", bomb.finish().unwrap());
    let summary = ingest(&desk, 3);
    let (file, reason) = skipped(&summary);
    assert!(file == "bomb.json.gz" && reason.contains("compression bomb") && reason.contains("decompress the file first"), "{reason}");
    // It was stopped long before its end, and what stands before the blanks is kept.
    assert!(summary["bytes"].as_u64().unwrap() < 200 << 20, "{summary}");
    assert_eq!(shown(&desk, "good-60")["raw"], trail(60).as_str());
}

#[test]
fn files_that_hold_no_records_are_named_with_a_reason() {
    let desk = Desk::new("junk");
    desk.put("logs/empty.json", "");
    desk.put("logs/blank.json", " \n\t\n");
    desk.put("logs/picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0");
    desk.put("logs/notes.txt", "Call Bob about the bucket.\nHe knows.\n");
    desk.put("logs/.hidden", "x");
    let summary = ingest(&desk, 3);
    let mut said: Vec<(String, String)> = summary["skipped"]
        .as_array()
        .unwrap()
        .iter()
        .map(|skip| (skip["file"].as_str().unwrap().rsplit('/').next().unwrap().to_owned(), skip["reason"].as_str().unwrap().to_owned()))
        .collect();
    said.sort();
    let names: Vec<&str> = said.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["blank.json", "empty.json", "notes.txt", "picture.png"], "{said:?}");
    assert!(said[0].1.contains("empty") && said[1].1.contains("empty") && said.iter().all(|(_, reason)| !reason.is_empty()), "{said:?}");
    assert_eq!((&summary["records"], events(&desk).len()), (&2.into(), 2));

    let only_junk = Desk::new("only-junk");
    only_junk.put("logs/notes.txt", "Call Bob about the bucket.\n");
    let summary = only_junk.run("ingest logs --case c --format json").exits(3).json();
    assert_eq!((&summary["records"], &skipped(&summary).0), (&0.into(), &"notes.txt".to_owned()));
    assert_eq!(only_junk.run("events --case c").exits(0).out, "");
}

#[test]
fn an_empty_folder_and_a_path_that_is_not_there_are_said() {
    let desk = Desk::new("nothing");
    fs::create_dir_all(desk.at("logs")).unwrap();
    desk.put("good.ndjson", lines(0..2));
    let summary = desk.run("ingest logs --case c --format json").exits(3).json();
    let (file, reason) = skipped(&summary);
    assert!(file == "logs" && reason.contains("no files are in this folder"), "{file}: {reason}");
    let summary = desk.run("ingest none.json good.ndjson no*.gz --case c --format json").exits(3).json();
    let skips = summary["skipped"].as_array().unwrap();
    assert_eq!((skips.len(), &summary["records"]), (2, &2.into()));
    assert!(skips.iter().all(|skip| skip["reason"].as_str().unwrap().contains("no such file or folder")), "{summary}");
}

#[cfg(unix)]
#[test]
fn an_unreadable_file_and_folder_are_said() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::new("unreadable");
    desk.put("logs/locked.ndjson", lines(70..72));
    desk.put("logs/closed/a.ndjson", lines(72..74));
    let set = |name: &str, mode: u32| fs::set_permissions(desk.at(name), fs::Permissions::from_mode(mode)).unwrap();
    set("logs/locked.ndjson", 0);
    set("logs/closed", 0);
    if fs::File::open(desk.at("logs/locked.ndjson")).is_ok() {
        let _ = writeln!(std::io::stderr(), "skipped: whoever runs this test may read everything (root), so that nothing is unreadable");
        set("logs/closed", 0o700);
        return;
    }
    let summary = ingest(&desk, 3);
    set("logs/closed", 0o700);
    let text = summary["skipped"].to_string();
    assert!(
        text.contains("locked.ndjson") && text.contains("cannot be opened") && text.contains("closed") && text.contains("cannot be looked into"),
        "{text}"
    );
    // Once it can be read, the same command reads it.
    set("logs/locked.ndjson", 0o600);
    assert_eq!(desk.run("ingest logs --case c --format json").exits(0).json()["events"]["management"], 4);
}

#[test]
fn what_is_no_case_is_left_alone() {
    let desk = Desk::new("no-case");
    desk.put("good.ndjson", lines(0..2));
    desk.put("text.outcrop", "Dear diary, today I found a key.\n".repeat(100));
    desk.put("short.outcrop", "x");
    fs::create_dir_all(desk.at("folder.outcrop")).unwrap();
    for (case, words) in [("text.outcrop", "text.outcrop"), ("short.outcrop", "short.outcrop"), ("folder.outcrop", "folder")] {
        for line in ["events", "show abcd", "pivot key", "seal", "rebuild", "ingest good.ndjson"] {
            desk.run(&format!("{line} --case {case}")).exits(1).says(&["cannot open the case", words]);
        }
    }
    assert_eq!(fs::read_to_string(desk.at("text.outcrop")).unwrap(), "Dear diary, today I found a key.\n".repeat(100));
    assert_eq!(fs::read_to_string(desk.at("short.outcrop")).unwrap(), "x");
    let strangers: Vec<_> = fs::read_dir(desk.at(""))
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name().into_string().unwrap())
        .filter(|name| name.contains('-'))
        .collect();
    assert_eq!(strangers, Vec::<String>::new(), "nothing is left beside it");

    // Somebody else's database.
    let other = rusqlite::Connection::open(desk.at("other.outcrop")).unwrap();
    other.execute_batch("CREATE TABLE secrets(a); INSERT INTO secrets VALUES (1)").unwrap();
    drop(other);
    let before = fs::read(desk.at("other.outcrop")).unwrap();
    desk.run("ingest good.ndjson --case other.outcrop").exits(1).says(&["cannot open the case", "other.outcrop"]);
    assert_eq!(fs::read(desk.at("other.outcrop")).unwrap(), before);
}

#[test]
fn a_case_of_a_newer_version_is_refused_unharmed() {
    let desk = Desk::new("newer");
    desk.put("good.ndjson", lines(0..2));
    desk.run("ingest good.ndjson --case c").exits(0);
    let database = rusqlite::Connection::open(desk.at("c")).unwrap();
    let version: u32 = database.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    database.pragma_update(None, "user_version", 9_000).unwrap();
    for line in ["events", "seal", "rebuild", "ingest good.ndjson"] {
        desk.run(&format!("{line} --case c")).exits(1).says(&["version 9000", "newer outcrop"]);
    }
    database.pragma_update(None, "user_version", version).unwrap();
    assert_eq!(events(&desk).len(), 2);
}

#[test]
fn standard_input_and_patterns_are_read() {
    let desk = Desk::new("inputs");
    desk.put("a/x.ndjson", lines(80..82));
    desk.put("a/b/y.ndjson", lines(82..85));
    desk.put("a/b/z.txt", lines(85..86));
    assert_eq!(desk.run("ingest a/**/*.ndjson --case c --format json").exits(0).json()["records"], 5);
    // From a pipe, compressed; kept inside the case, so that it can be shown.
    desk.put("piped.gz", gz(lines(86..90).as_bytes()));
    let mut command = desk.command("ingest - --case c --format json");
    command.stdin(fs::File::open(desk.at("piped.gz")).unwrap());
    let summary = Answer::of(command, "ingest -").exits(0).json();
    assert_eq!((&summary["files"], &summary["records"]), (&1.into(), &4.into()));
    fs::remove_file(desk.at("piped.gz")).unwrap();
    let event = shown(&desk, "good-88");
    assert_eq!((&event["raw"], &event["source"]), (&trail(88).as_str().into(), &"standard input".into()));
    // Nothing at all on standard input.
    let summary = desk.run("ingest - --case c --format json").exits(3).json();
    assert!(skipped(&summary).1.contains("empty"), "{summary}");
}

#[test]
fn a_case_among_its_own_evidence_is_not_read() {
    let desk = Desk::new("among");
    desk.put("logs/good.ndjson", lines(0..2));
    for _ in 0..2 {
        let summary = desk.run("ingest logs --case logs/c.outcrop --format json").exits(0).json();
        assert_eq!((&summary["records"], &summary["skipped"]), (&2.into(), &Value::Array(Vec::new())));
    }
}

#[test]
fn what_cannot_be_decoded_is_found_by_its_words() {
    let desk = Desk::new("found");
    desk.put("logs/other.ndjson", "{\"vendor\":\"acme\",\"note\":\"the \\u0063anary sang\"}\nnot json at all: canary\n");
    let summary = ingest(&desk, 3);
    assert_eq!(summary["undecodable"], 2, "{summary}");
    let found: Vec<Value> = desk.run("events --case c --text canary").exits(0).out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().any(|event| event["undecodable"].as_str().unwrap().contains("its keys are vendor, note")), "{found:?}");
}
