//! How a stream ends: with a word for its end, with an error, or in the middle (FORMATS §2.3).

use super::reading::Reading;
use crate::decode::json::Value;
use crate::decode::one_line::first_characters;

/// No more characters of an error are shown.
const SHOWN: usize = 240;

/// What the chunks of a stream say of its end.
#[derive(Default)]
pub(super) struct Ending<'a> {
    /// The answer is a stream of chunks.
    pub(super) streamed: bool,
    /// A chunk says that it is the last one.
    told: bool,
    /// The service broke the stream off: the event's name, and what it holds.
    error: Option<(&'a [u8], Value<'a>)>,
}

impl<'a> Ending<'a> {
    /// Looks at one key of a chunk. A stop reason is looked for elsewhere: every family has its own.
    pub(super) fn key(&mut self, key: &'a [u8], value: Value<'a>) {
        match key {
            b"type" => self.told |= value.is("message_stop"),
            b"event_type" => self.told |= value.is("stream-end"),
            b"is_finished" => self.told |= value.boolean() == Some(true),
            b"messageStop" | b"amazon-bedrock-invocationMetrics" => self.told |= value.is_object(),
            b"error" if value.is_object() => self.error = Some((key, value)),
            _ if key.ends_with(b"Exception") && value.is_object() => self.error = Some((key, value)),
            _ => {}
        }
    }

    /// Looks at a chunk that is no object.
    pub(super) fn word(&mut self, chunk: Value<'a>) {
        self.told |= chunk.is("[DONE]");
    }
}

/// The stream broke off.
pub(super) fn is_broken(reading: &Reading<'_>) -> bool {
    reading.ending.error.is_some() || is_cut(reading)
}

/// What to say of a stream that broke off.
pub(super) fn remark(reading: &Reading<'_>) -> Option<String> {
    match reading.ending.error {
        Some((event, error)) => Some(format!("the stream ends with an error: {}", said(event, error))),
        None => is_cut(reading).then(|| "the stream ends in the middle: no chunk says that it is the last".to_owned()),
    }
}

/// A guardrail's verdict ends a stream as well.
fn is_cut(reading: &Reading<'_>) -> bool {
    let ending = &reading.ending;
    ending.streamed && !ending.told && reading.stop.is_none() && !reading.verdicts.iter().any(|verdict| verdict.is("INTERVENED"))
}

/// `{"modelStreamErrorException":{"message":…}}`, `{"type":"error","error":{"type":…,"message":…}}`.
fn said(event: &[u8], error: Value<'_>) -> String {
    let name = if event == b"error" { ["type", "code"].into_iter().find_map(|key| error.get(key).scalar()) } else { None };
    let name = name.unwrap_or_else(|| String::from_utf8_lossy(event));
    let text = match error.get("message").text_some() {
        Some(message) => format!("{name}: {message}"),
        None => name.into_owned(),
    };
    first_characters(&text, SHOWN)
}
