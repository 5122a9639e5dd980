//! No door of the workbench shows a secret until somebody asks: every pane, preview, menu, copy and export; then each does.
//! Only the raw record is as logged from the start.

use std::fs;

use super::session::Session;
use crate::model::{ExchangeFlags, Secrets};
use crate::tui::theme::Role;

/// Wide and high enough that nothing is cut off that matters.
const SIZE: (u16, u16) = (250, 200);

/// One of each kind, invented: a name for messages, how it is written, its middle.
const SECRETS: [(&str, &str, &str); 13] = [
    ("secret access key", "aws_secret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "K7MDENG/bPxRf"),
    ("secret beside a key id", "AKIAIOSFODNN7EXAMPLE,aB3dE6gH9jK2mN5pQ8sT1vW4xY7zA0cD3eF6gH9j", "mN5pQ8sT1vW4xY7z"),
    ("session token", "sessionToken: IQoJb3JpZ2luX2VjEXAMPLEabcdefghijklmnopqrstuvw0123456789", "EXAMPLEabcdefghij"),
    ("bedrock key", "ABSKQmVkcm9ja0FQSUtleS1leGFtcGxlOjAxMjM0NTY3ODlhYmNkZWY", "QSUtleS1leGFtcGxlOj"),
    ("short-term bedrock key", "bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29tL0V4YW1wbGU", "hbWF6b25hd3MuY29tL0"),
    ("bearer", "Authorization: Bearer 0pAque-t0ken-of-an-example-0123456789", "t0ken-of-an-example"),
    ("private key", "-----BEGIN PRIVATE KEY----- MIIEvAIBADANBgkqhkiG9w0BAQEFAASCexample0 -----END PRIVATE KEY-----", "BgkqhkiG9w0BAQEFAASC"),
    ("jwt", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJleGFtcGxlIn0.c2lnbmF0dXJlZXhhbXBsZQ", "zdWIiOiJleGFtcGxlIn0"),
    ("github", "ghp_0123456789abcdefghijABCDEFGHIJ012345", "6789abcdefghijABCDEF"),
    ("openai", "sk-proj-0123456789ABCDEFGHIJabcdefghij", "456789ABCDEFGHIJabcd"),
    ("url password", "redis://:hunter2hunter2@cache", "hunter2hunter2"),
    ("signature", "X-Amz-Signature=0123456789abcdef0123456789abcdef0123456789abcdef", "89abcdef0123456789ab"),
    ("credential", "X-Amz-Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/s3/aws4_request", "us-east-1/s3/aws4_requ"),
];

fn evidence() -> Vec<(String, Vec<u8>)> {
    let mut lines = String::new();
    for (index, (_, secret, _)) in SECRETS.iter().enumerate() {
        lines.push_str(&format!(
            r#"{{"schemaType":"ModelInvocationLog","schemaVersion":"1.0","timestamp":"2026-01-01T00:01:{index:02}Z","accountId":"111122223333","region":"us-east-1","requestId":"q{index}","operation":"Converse","modelId":"m","requestMetadata":{{"note":"{secret}"}},"identity":{{"arn":"arn:aws:iam::111122223333:user/ada"}},"input":{{"inputBodyJson":{{"system":[{{"text":"{secret} in the system"}}],"messages":[{{"role":"user","content":[{{"text":"old {secret}"}}]}},{{"role":"assistant","content":[{{"text":"said {secret}"}},{{"toolUse":{{"toolUseId":"t","name":"read","input":{{"path":"{secret}"}}}}}}]}},{{"role":"user","content":[{{"text":"look at {secret}"}},{{"toolResult":{{"toolUseId":"t","content":[{{"text":"file: {secret}"}}]}}}},{{"document":{{"format":"txt","name":"n","source":{{"text":"page {secret}"}}}}}}]}}]}}}},"output":{{"outputBodyJson":{{"output":{{"message":{{"role":"assistant","content":[{{"reasoningContent":{{"reasoningText":{{"text":"it is {secret}"}}}}}},{{"text":"it was {secret}"}},{{"odd":{{"x":"{secret}"}}}}]}}}},"stopReason":"end_turn"}}}}}}"#
        ));
        lines.push('\n');
        // No agent, message, session name or parameter is safe from a careless caller.
        lines.push_str(&format!(
            r#"{{"eventVersion":"1.08","eventTime":"2026-01-01T00:00:{index:02}Z","eventSource":"iam.amazonaws.com","eventName":"TagUser","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.1","userAgent":"agent {secret}","errorCode":"AccessDenied","errorMessage":"not with {secret}","requestID":"r{index}","requestParameters":{{"userName":"x {secret}"}},"userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/ada","accountId":"111122223333","accessKeyId":"AKIAIOSFODNN7EXAMPLE"}},"eventID":"{index}"}}"#
        ));
        lines.push('\n');
        lines.push_str(&format!(
            r#"{{"time":"2026-01-01T00:02:{index:02}Z","host":"h","user":"u","command_line":"aws bedrock list-guardrails --debug '{secret}'"}}"#
        ));
        lines.push('\n');
        lines.push_str(&format!(r#"{{"eventVersion":"1.08","eventTime":"2026-01-01T00:03:{index:02}Z","eventSource":"bedrock.amazonaws.com","eventName":"PutModelInvocationLoggingConfiguration","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.1","requestID":"l{index}","requestParameters":{{"loggingConfig":{{"textDataDeliveryEnabled":true,"cloudWatchConfig":{{"logGroupName":"group {secret}","roleArn":"arn:aws:iam::111122223333:role/r"}}}}}},"userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/ada","accountId":"111122223333"}},"eventID":"l{index}"}}"#));
        lines.push('\n');
    }
    vec![("a.ndjson".to_owned(), lines.into_bytes())]
}

/// Everything that can be seen, copied or written without looking at a raw record.
fn everything(session: &mut Session, folder: &std::path::Path) -> String {
    let mut seen = String::new();
    session.copied.clear();
    for pane in ["1", "2", "3", "5", "6", "7"] {
        session.keys(pane).keys("g");
        for _ in 0..4 * SECRETS.len() {
            session.keys("y");
            seen.push_str(&session.screen());
            session.keys("p");
            seen.push_str(&session.screen());
            session.keys("<esc>");
            if pane == "2" {
                session.keys("<enter>+");
                seen.push_str(&session.screen());
                // Each block's text, and the whole record.
                for _ in 0..12 {
                    session.keys("yj");
                }
                session.keys("Y<esc>");
            }
            session.keys(pane).keys("j");
        }
    }
    // In the record's own view only the copies are looked at.
    session.keys("1g");
    for _ in 0..4 * SECRETS.len() {
        session.keys("<enter>+");
        let lines =
            session.state.current_detail().and_then(|detail| detail.record.as_ref().ok()).map_or(0, |tree| tree.visible(&session.state.folded).len());
        for _ in 0..lines {
            session.keys("yj");
        }
        session.keys("Y<esc>1j");
    }
    // A pivot shows its value in the breadcrumb.
    session.keys("1gpuser-agent<enter>");
    seen.push_str(&session.screen());
    session.keys("X1gb9");
    seen.push_str(&session.screen());
    session.keys("1gb");
    for ending in ["csv", "ndjson", "json"] {
        let path = folder.join(format!("{:?}.{ending}", session.state.secrets));
        session.keys("e").keys(&"<backspace>".repeat(20)).keys(&path.display().to_string()).keys("<enter>");
        seen.push_str(&fs::read_to_string(&path).expect("an export"));
    }
    session.keys("!");
    seen.push_str(&session.screen());
    session.keys("<esc>");
    seen.push_str(&session.copied.join("\n"));
    seen
}

#[test]
fn no_door_shows_a_secret_until_somebody_asks_and_then_each_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut session = Session::on(evidence(), SIZE);
    let masked = everything(&mut session, folder.path());
    for (name, _, middle) in SECRETS {
        let at = masked.find(middle);
        assert!(at.is_none(), "{name}: {:?}", at.map(|at| masked.get(at.saturating_sub(200)..at + 60)));
    }
    assert!(masked.contains("AKIAIOSFODNN7EXAMPLE"), "ids of keys are how one goes on");
    assert!(masked.contains("wJal‹secret access key, 40 characters›"));
    assert!(!session.screen().contains("secrets shown"));
    session.keys("<ctrl-r>");
    assert!(session.screen().contains("secrets shown"), "{}", session.screen());
    let shown = everything(&mut session, folder.path());
    for (name, _, middle) in SECRETS {
        assert!(shown.matches(middle).count() > 20, "{name}: {}", shown.matches(middle).count());
    }
    assert!(!shown.contains("characters›"));
    // And back: nothing that was read meanwhile is left.
    session.keys("1g<ctrl-r>");
    for keys in ["1", "2", "2<enter>", "<esc>5", "7", "9"] {
        session.keys(keys);
        let screen = session.screen();
        for (name, _, middle) in SECRETS {
            assert!(!screen.contains(middle), "{name} after {keys}: {screen}");
        }
    }
}

#[test]
fn each_view_hides_and_shows_in_its_place() {
    let mut session = Session::on(evidence(), SIZE);
    // The list and the reading view of the first exchange.
    let middle = SECRETS[0].2;
    session.keys("2g<enter>+jjj");
    let (line, before) = (session.state.view.detail.0, session.screen());
    assert!(before.contains("credentials") && before.contains("a secret access key") && before.contains("masked here"), "{before}");
    assert!(!before.contains(middle));
    session.keys("<ctrl-r>");
    assert!(session.screen().matches(middle).count() >= 8, "{}", session.screen());
    assert_eq!(session.state.view.detail.0, line, "the reader stays where they were");
    session.keys("<ctrl-r>");
    assert_eq!(session.screen().matches(middle).count(), 0);
    // The raw record is as logged, and its copy is not.
    session.keys("v");
    assert!(session.screen().contains(middle), "{}", session.screen());
    session.keys("Y");
    assert!(!session.copied.last().expect("a copy").contains(middle));
    session.keys("<ctrl-r>Y");
    assert!(session.copied.last().expect("a copy").contains(middle));
}

#[test]
fn a_mask_has_a_look_that_logged_text_cannot_have() {
    let forged = r#"{"schemaType":"ModelInvocationLog","timestamp":"2026-01-01T00:00:00Z","requestId":"q","operation":"Converse","modelId":"m","identity":{"arn":"arn:aws:iam::1:user/a"},"input":{"inputBodyJson":{"messages":[{"role":"user","content":[{"text":"forged \u2039session token, 99 characters\u203a and real ghp_0123456789abcdefghijABCDEFGHIJ012345"}]}]}},"output":{"outputBodyJson":{}}}"#;
    let mut session = Session::on(vec![("a.json".to_owned(), forged.as_bytes().to_vec())], SIZE);
    session.keys("2<enter>");
    let row = session.rows().iter().position(|row| row.contains("forged ‹session")).expect("the text");
    let buffer = session.buffer();
    let look = session.theme.style(Role::HiddenChar);
    let marked: String = (0..SIZE.0)
        .map(|x| &buffer[(x, row as u16)])
        .filter(|cell| look.fg.is_some_and(|colour| cell.style().fg == Some(colour)))
        .map(ratatui::buffer::Cell::symbol)
        .collect();
    assert_eq!(marked, "‹vendor token, 40 characters›");
}

#[test]
fn an_event_says_what_its_response_holds() {
    let record = r#"{"eventVersion":"1.08","eventTime":"2026-01-01T00:00:00Z","eventSource":"sts.amazonaws.com","eventName":"AssumeRole","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.1","requestParameters":{"roleArn":"arn:aws:iam::111122223333:role/r","roleSessionName":"s"},"responseElements":{"credentials":{"accessKeyId":"ASIAIOSFODNN7EXAMPLE","sessionToken":"IQoJb3JpZ2luX2VjEXAMPLEabcdefghijklmnopqrstuvw0123456789","expiration":"Jan 1, 2026"}},"userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/ada","accountId":"111122223333"},"eventID":"1"}"#;
    let mut session = Session::on(vec![("a.json".to_owned(), record.as_bytes().to_vec())], (120, 40));
    assert!(session.screen().contains("a session token (masked)"), "{}", session.screen());
    session.keys("Y");
    let copied = session.copied.last().expect("a copy");
    assert!(copied.contains(r#""sessionToken":"IQoJ‹session token, 56 characters›""#) && copied.contains("ASIAIOSFODNN7EXAMPLE"), "{copied}");
    session.keys("<ctrl-r>");
    assert!(session.screen().contains("a session token") && !session.screen().contains("(masked)"), "{}", session.screen());
}

#[test]
fn what_is_masked_is_searched_and_pivoted_as_logged() {
    let mut session = Session::on(evidence(), SIZE);
    let all = session.state.list.refs.len();
    session.keys("fhunter2hunter2<enter>");
    assert_eq!(session.state.list.refs.len(), 4, "one record of each kind");
    assert_eq!(session.state.secrets, Secrets::Masked);
    session.keys("X");
    assert_eq!(session.state.list.refs.len(), all);
    // A pivot by a value that is shown masked finds what it names.
    session.keys("1gpuser-agent<enter>");
    assert_eq!(session.state.list.refs.len(), 1);
    assert!(session.screen().contains('‹') && !session.screen().contains(SECRETS[0].2), "{}", session.screen());
    // Short enough to stand in the breadcrumb whole.
    session.keys("X1g").keys(&"j".repeat(10)).keys("puser-agent<enter>");
    assert!(session.screen().contains("user-agent agent redis://:‹url") && !session.screen().contains(SECRETS[10].2), "{}", session.screen());
    session.keys("X2");
    let flagged = session.state.rows.values().filter(|row| row.facts.as_ref().is_some_and(|facts| facts.flags.has(ExchangeFlags::SECRET))).count();
    assert_eq!(flagged, SECRETS.len(), "the list's flag and the finder are one");
}
