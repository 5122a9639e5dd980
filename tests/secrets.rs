//! The command line's doors: credentials are masked in every form of every answer until `--reveal` is given. Only `raw` in
//! the JSON of `show` is the record as logged, since its digest stands beside it.

#![cfg(test)]

mod desk;
#[path = "desk/put.rs"]
mod put;

use std::sync::LazyLock;

use desk::Desk;
use serde_json::Value;

/// Invented credentials as a careless caller writes them, and the middle of each.
const SECRETS: [(&str, &str); 9] = [
    ("aws_secret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "K7MDENG/bPxRf"),
    ("sessionToken: IQoJb3JpZ2luX2VjEXAMPLEabcdefghijklmnopqrstuvw0123456789", "EXAMPLEabcdefghij"),
    ("ABSKQmVkcm9ja0FQSUtleS1leGFtcGxlOjAxMjM0NTY3ODlhYmNkZWY", "QSUtleS1leGFtcGxlOj"),
    ("Authorization: Bearer 0pAque-t0ken-of-an-example-0123456789", "t0ken-of-an-example"),
    ("-----BEGIN PRIVATE KEY----- MIIEvAIBADANBgkqhkiG9w0BAQEFAASCexample0 -----END PRIVATE KEY-----", "BgkqhkiG9w0BAQEFAASC"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJleGFtcGxlIn0.c2lnbmF0dXJlZXhhbXBsZQ", "zdWIiOiJleGFtcGxlIn0"),
    ("ghp_0123456789abcdefghijABCDEFGHIJ012345", "6789abcdefghijABCDEF"),
    ("postgres://app:hunter2hunter2@db.example.com/x", "hunter2hunter2"),
    ("X-Amz-Signature=0123456789abcdef0123456789abcdef0123456789abcdef", "89abcdef0123456789ab"),
];
const TOKEN: &str = "IQoJb3JpZ2luX2VjEXAMPLEzyxwvutsrqponmlkjihgfedcba9876543210";

fn invocation(index: usize) -> String {
    let secret = SECRETS[index].0;
    format!(
        r#"{{"schemaType":"ModelInvocationLog","schemaVersion":"1.0","timestamp":"2026-01-01T00:01:{index:02}Z","accountId":"111122223333","region":"us-east-1","requestId":"q{index}","operation":"Converse","modelId":"m","requestMetadata":{{"sessionToken":"{TOKEN}"}},"identity":{{"arn":"arn:aws:iam::111122223333:user/ada"}},"input":{{"inputBodyJson":{{"system":[{{"text":"system {secret}"}}],"messages":[{{"role":"user","content":[{{"text":"look at {secret}"}},{{"toolResult":{{"toolUseId":"t","content":[{{"text":"file: {secret}"}}]}}}},{{"document":{{"format":"txt","name":"n","source":{{"text":"page {secret}"}}}}}}]}}]}}}},"output":{{"outputBodyJson":{{"output":{{"message":{{"role":"assistant","content":[{{"text":"it was {secret}"}},{{"toolUse":{{"toolUseId":"u","name":"put","input":{{"x":"{secret}"}}}}}},{{"odd":{{"x":"{secret}"}}}}]}}}},"stopReason":"tool_use"}}}}}}"#
    )
}

fn trail(index: usize) -> String {
    let secret = SECRETS[index].0;
    format!(
        r#"{{"eventVersion":"1.08","eventTime":"2026-01-01T00:00:{index:02}Z","eventSource":"sts.amazonaws.com","eventName":"AssumeRole","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.1","userAgent":"agent {secret}","errorCode":"AccessDenied","errorMessage":"not with {secret}","requestID":"r{index}","requestParameters":{{"roleArn":"arn:aws:iam::111122223333:role/x","roleSessionName":"{secret}"}},"responseElements":{{"credentials":{{"accessKeyId":"ASIAIOSFODNN7EXAMPLE","sessionToken":"{TOKEN}"}}}},"userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/ada","accountId":"111122223333","accessKeyId":"AKIAIOSFODNN7EXAMPLE"}},"eventID":"{index}"}}"#
    )
}

fn logging(index: usize) -> String {
    let secret = SECRETS[index].0;
    format!(
        r#"{{"eventVersion":"1.08","eventTime":"2026-01-01T00:03:{index:02}Z","eventSource":"bedrock.amazonaws.com","eventName":"PutModelInvocationLoggingConfiguration","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.1","requestID":"l{index}","requestParameters":{{"loggingConfig":{{"textDataDeliveryEnabled":true,"cloudWatchConfig":{{"logGroupName":"group {secret}","roleArn":"arn:aws:iam::111122223333:role/r"}}}}}},"userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/ada","accountId":"111122223333"}},"eventID":"l{index}"}}"#
    )
}

static DESK: LazyLock<Desk> = LazyLock::new(|| {
    let desk = Desk::new("secrets");
    let lines: String = (0..SECRETS.len()).flat_map(|index| [trail(index), invocation(index), logging(index)]).map(|line| line + "\n").collect();
    desk.put("logs/a.ndjson", lines);
    desk.run("ingest logs --case c").exits(0);
    desk
});

/// An answer without the raw records in it.
fn without_raw(out: &str) -> String {
    let Ok(Value::Array(mut shown)) = serde_json::from_str::<Value>(out) else { return out.to_owned() };
    for one in &mut shown {
        one.as_object_mut().expect("an object").remove("raw");
    }
    Value::Array(shown).to_string()
}

/// All that is printed of everything in this form.
fn printed(format: &str, reveal: &str) -> String {
    let mut lines: Vec<String> =
        ["events", "controls", "pivot key AKIAIOSFODNN7EXAMPLE", "pivot user-agent", "pivot session", "pivot principal 111122223333/user/ada"]
            .map(str::to_owned)
            .into();
    for index in 0..SECRETS.len() {
        lines.extend([format!("show q{index}"), format!("show r{index}")]);
    }
    lines.iter().map(|line| without_raw(&DESK.run(&format!("{line} --case c --format {format} {reveal}")).exits(0).out)).collect()
}

#[test]
fn every_form_masks_and_reveal_shows() {
    for format in ["table", "json", "csv"] {
        let (masked, shown) = (printed(format, ""), printed(format, "--reveal"));
        for (_, middle) in SECRETS.iter().chain([&("", &TOKEN[20..40])]) {
            let at = masked.find(middle);
            assert!(at.is_none(), "{format}: {:?}", at.map(|at| masked.get(at.saturating_sub(300)..at + 80)));
            // The table of events is cut to a line; `show` is not.
            assert!(shown.matches(middle).count() >= 4, "{format}: {middle}: {}", shown.matches(middle).count());
        }
        assert!(masked.contains("AKIAIOSFODNN7EXAMPLE") && masked.contains("‹session token, 59 characters›"), "{format}");
        assert!(!shown.contains("characters›"));
    }
    DESK.run("events --case c --limit 1 --format json").exits(3).says(&["1 of 27 events shown"]);
    // One object a line is the form without a terminal.
    let lines = DESK.run("events --case c").exits(0).out;
    assert!(SECRETS.iter().all(|(_, middle)| !lines.contains(middle)));
}

#[test]
fn the_raw_record_is_evidence_and_the_exchange_says_where_secrets_are() {
    let shown = DESK.run("show q0 --case c --format json").exits(0).json();
    let shown = &shown[0];
    assert_eq!(shown["raw"], invocation(0).as_str());
    let found: Vec<(&str, &str, u64)> = shown["exchange"]["secrets"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| (one["kind"].as_str().expect("a kind"), one["where"].as_str().expect("a place"), one["at"].as_u64().expect("an offset")))
        .collect();
    let before = "aws_secret_access_key=".len() as u64;
    assert_eq!(
        found,
        [
            ("secret-access-key", "system prompt", 7 + before),
            ("secret-access-key", "turn 1, user", 8 + before),
            ("secret-access-key", "turn 1, tool result", 6 + before),
            ("secret-access-key", "turn 1, document", 5 + before),
            ("secret-access-key", "answer", 7 + before),
            ("secret-access-key", "the answer's call of put", 6 + before),
            ("secret-access-key", "the answer's block", 13 + before),
            ("session-token", "metadata sessionToken", 0),
        ]
    );
    assert!(shown["exchange"]["secrets"][0].as_object().expect("an object").len() == 3, "never the value");
}
