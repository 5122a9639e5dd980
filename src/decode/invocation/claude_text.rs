//! Claude's text completion bodies: one prompt with `Human:` and `Assistant:` in it (FORMATS §2.2).

use std::borrow::Cow;

use super::family::Family;
use super::reading::{Block, Reading};
use super::snippet::Snippet;
use crate::decode::json::Value;

/// The family.
pub(super) struct ClaudeText;

impl Family for ClaudeText {
    fn name(&self) -> &'static str {
        "claude-text"
    }

    fn is_request(&self, request: Value<'_>, answered: bool) -> bool {
        let prompt = request.get("prompt");
        prompt.is_text() && (answered || request.get("max_tokens_to_sample").is_some())
    }

    fn request<'a>(&self, request: Value<'a>, reading: &mut Reading<'a>) {
        if let Some(prompt) = request.get("prompt").text() {
            turns(prompt, reading);
        }
    }

    fn is_response(&self, response: Value<'_>) -> bool {
        response.get("completion").is_text()
    }

    fn response<'a>(&self, response: Value<'a>, reading: &mut Reading<'a>) {
        reading.answer.push(Block::Text(Snippet::of(response.get("completion"))));
        reading.stopped(response.get("stop_reason"));
    }
}

const MARKS: [(&str, &str); 2] = [("\n\nHuman:", "user"), ("\n\nAssistant:", "assistant")];

/// Splits a prompt at its marks. What stands before the first one is the system prompt; a prompt without marks is the
/// user's.
fn turns<'a>(prompt: Cow<'a, str>, reading: &mut Reading<'a>) {
    // The first mark may lack its line breaks.
    let opens = MARKS.iter().find(|(mark, _)| prompt.starts_with(mark.trim_start())).copied();
    let mut starts: Vec<(usize, usize, &'static str)> = opens.map(|(mark, role)| (0, mark.trim_start().len(), role)).into_iter().collect();
    for (mark, role) in MARKS {
        starts.extend(prompt.match_indices(mark).map(|(at, mark)| (at, at + mark.len(), role)));
    }
    starts.sort_unstable();
    if starts.is_empty() {
        reading.prompt(Snippet::Text(prompt));
        return;
    }
    let part = |from: usize, to: usize| -> Cow<'a, str> {
        match &prompt {
            Cow::Borrowed(text) => Cow::Borrowed(text.get(from..to).unwrap_or_default().trim()),
            Cow::Owned(text) => Cow::Owned(text.get(from..to).unwrap_or_default().trim().to_owned()),
        }
    };
    let preamble = part(0, starts.first().map_or(0, |(at, ..)| *at));
    if !preamble.is_empty() {
        reading.system.push(Snippet::Text(preamble));
    }
    let ends: Vec<usize> = starts.iter().skip(1).map(|(at, ..)| *at).chain([prompt.len()]).collect();
    for ((_, from, role), to) in starts.into_iter().zip(ends) {
        let text = part(from, to);
        // The open `Assistant:` at the end, with its line breaks or without, is where the model goes on.
        let text = match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.strip_suffix("Assistant:").map_or(text, str::trim_end)),
            Cow::Owned(text) => Cow::Owned(text.strip_suffix("Assistant:").map(|text| text.trim_end().to_owned()).unwrap_or(text)),
        };
        if !text.is_empty() {
            reading.turn(Cow::Borrowed(role)).push(Block::Text(Snippet::Text(text)));
        }
    }
}
