//! Claude's text completion bodies: one prompt with `Human:` and `Assistant:` in it (FORMATS §2.2).

use super::family::Family;
use super::reading::{Block, Reading};
use super::snippet::Snippet;
use super::template;
use crate::decode::json::Value;

/// The family.
pub(super) struct ClaudeText;

impl Family for ClaudeText {
    fn name(&self) -> &'static str {
        "claude-text"
    }

    fn is_request(&self, request: Value<'_>, answered: bool) -> bool {
        request.get("prompt").is_text() && (answered || request.get("max_tokens_to_sample").is_some())
    }

    fn request<'a>(&self, request: Value<'a>, reading: &mut Reading<'a>) {
        template::prompts(request, "prompt", reading);
    }

    fn request_keys(&self) -> &'static [&'static str] {
        &["prompt"]
    }

    fn is_response(&self, response: Value<'_>) -> bool {
        response.get("completion").is_text()
    }

    fn response<'a>(&self, response: Value<'a>, reading: &mut Reading<'a>) {
        reading.answer.extend(response.all("completion").map(|text| Block::Text(Snippet::of(text))));
        reading.stopped(response.get("stop_reason"));
        reading.model = response.get("model").text_some();
    }

    fn response_keys(&self) -> &'static [&'static str] {
        &["completion"]
    }
}
