//! Whatever a record holds, the bytes that reach the terminal hold no control sequence that it put there.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

use super::session::Session;
use crate::model::hidden_name;
use crate::tui::render;
use crate::tui::widgets::Canvas;

/// Texts that would act, hide or reorder; each is put into every field that is shown.
const HOSTILE: [&str; 16] = [
    "\\u001b[2J\\u001b[H",
    "\\u001b]52;c;ZXZpbA==\\u0007",
    "\\u001b]0;title\\u0007",
    "\\u001bPtmux;\\u001b\\u001b]52;c;eA==\\u0007\\u001b\\\\",
    "\\u009b31m\\u009d52;c;eA==\\u009c",
    "safe\\rEVIL\\b\\b\\u0000\\u0007\\u007f\\u000b\\u000c\\u0085",
    "\\u202eevil\\u202c\\u2066x\\u2069\\u061c",
    "zero\\u200bwidth\\u200c\\u200d\\u2060\\ufeff\\u00ad",
    "\\udb40\\udc48\\udb40\\udc69\\udb40\\udc7f",
    "\\ufe0f\\udb40\\udd00\\udb40\\udd01",
    "\\u2028\\u2029\\ufff9\\u3164\\uffa0",
    "lone\\ud800surrogate\\udc00",
    "raw \u{1b}[31m \u{9b}1m \u{202e}",
    "\\ud83d\\udc68\\u200d\\ud83d\\udc69\\u200d\\ud83d\\udc67 \\u4e16\\u754c",
    "a\\u0301\\u0301\\u0301\\u0301\\u0301\\u0301\\u0301\\u0301\\u0301\\u0301\\u0301",
    "\\n\\t\\n\\t",
];

fn evidence() -> Vec<(String, Vec<u8>)> {
    let mut lines = String::new();
    for (index, text) in HOSTILE.iter().enumerate() {
        lines.push_str(&format!(
            "{{\"eventVersion\":\"1.08\",\"eventTime\":\"2026-01-01T00:00:{index:02}Z\",\"eventSource\":\"{text}.amazonaws.com\",\"eventName\":\"Get{text}\",\"awsRegion\":\"us{text}\",\"sourceIPAddress\":\"{text}\",\"userAgent\":\"{text}\",\"errorCode\":\"{text}\",\"errorMessage\":\"{text}\",\"requestID\":\"r{index}{text}\",\"requestParameters\":{{\"bucketName\":\"{text}\",\"key\":\"{text}\",\"k{text}\":\"{text}\"}},\"userIdentity\":{{\"type\":\"IAMUser\",\"arn\":\"arn:aws:iam::111122223333:user/{text}\",\"accountId\":\"111122223333\",\"accessKeyId\":\"{text}\"}},\"eventID\":\"{index}\"}}\n"
        ));
        lines.push_str(&format!(
            "{{\"schemaType\":\"ModelInvocationLog\",\"schemaVersion\":\"1.0\",\"timestamp\":\"2026-01-01T00:01:{index:02}Z\",\"accountId\":\"111122223333\",\"region\":\"us-east-1\",\"requestId\":\"q{index}{text}\",\"operation\":\"Converse\",\"modelId\":\"m{text}\",\"requestMetadata\":{{\"{text}\":\"{text}\"}},\"identity\":{{\"arn\":\"arn:aws:sts::111122223333:assumed-role/R/{text}\"}},\"input\":{{\"inputBodyJson\":{{\"system\":[{{\"text\":\"{text}\"}}],\"messages\":[{{\"role\":\"user\",\"content\":[{{\"text\":\"{text}\"}}]}}]}}}},\"output\":{{\"outputBodyJson\":{{\"output\":{{\"message\":{{\"role\":\"assistant\",\"content\":[{{\"text\":\"{text}\"}}]}}}},\"stopReason\":\"{text}\"}}}}}}\n"
        ));
    }
    let name = "a\u{1b}[2J\u{202e}.ndjson".to_owned();
    vec![(name, lines.into_bytes())]
}

#[derive(Clone, Default)]
struct Wire(Arc<Mutex<Vec<u8>>>);

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is left of a stream when the sequences ratatui's own backend sends are taken out: cursor moves, colours and
/// attributes, erase at the start.
fn without_our_sequences(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let ours = regex::Regex::new(r"\x1b\[(\d+;\d+H|[0-9;]*m|\?25[lh])").expect("a pattern");
    ours.replace_all(&text, "").into_owned()
}

#[test]
fn nothing_a_record_holds_acts_on_the_terminal() {
    crossterm::style::force_color_output(true);
    let mut session = Session::on(evidence(), (120, 40));
    let wire = Wire::default();
    let mut terminal = Terminal::with_options(
        CrosstermBackend::new(wire.clone()),
        ratatui::TerminalOptions { viewport: ratatui::Viewport::Fixed(ratatui::layout::Rect::new(0, 0, 120, 40)) },
    )
    .expect("a terminal");
    let mut draw = |session: &Session| {
        let (state, theme) = (&session.state, &session.theme);
        terminal.draw(|frame| render::draw(state, &mut Canvas::new(frame.buffer_mut(), theme, state.setup.glyphs))).map(drop).expect("drawn");
    };
    draw(&session);
    // Every row in every pane: list, preview, record, conversation, pivots, messages.
    for pane in ["1", "2", "3", "5", "6", "7", "9"] {
        session.keys(pane).keys("g");
        for _ in 0..2 * HOSTILE.len() {
            draw(&session);
            session.keys("<enter>");
            draw(&session);
            session.keys("+jjjjv");
            draw(&session);
            session.keys("<esc>");
            session.keys(pane).keys("p");
            draw(&session);
            session.keys("<esc>").keys(pane).keys("j");
        }
        session.keys("X").keys(pane);
    }
    let sent = wire.0.lock().expect("not poisoned").clone();
    assert!(sent.len() > 50_000, "the screens were drawn");
    let left = without_our_sequences(&sent);
    let acting: Vec<char> = left.chars().filter(|character| character.is_control() || hidden_name(*character).is_some()).collect();
    assert!(acting.is_empty(), "{acting:?}");
    assert!(left.contains("‹RLO›") && left.contains('␛') && left.contains("‹ZWSP›") && left.contains("‹U+D800›"), "hidden characters are shown");
}

#[test]
fn the_file_name_and_notes_are_safe_too() {
    let mut session = Session::on(evidence(), (120, 40));
    session.keys("9");
    assert!(session.screen().contains("a␛[2J‹RLO›.ndjson"), "{}", session.screen());
}
