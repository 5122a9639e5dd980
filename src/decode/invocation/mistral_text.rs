//! Mistral text bodies: one prompt, a list of outputs (FORMATS §2.2).

use super::family::Family;
use super::reading::{Block, Reading};
use super::snippet::Snippet;
use super::{blocks, template};
use crate::decode::json::Value;

/// The family.
pub(super) struct MistralText;

impl Family for MistralText {
    fn name(&self) -> &'static str {
        "mistral-text"
    }

    fn is_request(&self, request: Value<'_>, answered: bool) -> bool {
        request.get("prompt").is_text() && answered
    }

    fn request<'a>(&self, request: Value<'a>, reading: &mut Reading<'a>) {
        template::prompts(request, "prompt", reading);
    }

    fn request_keys(&self) -> &'static [&'static str] {
        &["prompt"]
    }

    fn is_response(&self, response: Value<'_>) -> bool {
        response.at("outputs.0.text").is_text()
    }

    fn response<'a>(&self, response: Value<'a>, reading: &mut Reading<'a>) {
        for (index, output) in response.all("outputs").flat_map(Value::items_or_self).enumerate() {
            if index > 0 {
                reading.next_answer();
            }
            reading.answer.extend(output.all("text").map(|text| Block::Text(Snippet::of(text))));
            reading.stopped(output.get("stop_reason"));
            blocks::rest(output, &["text", "stop_reason"], &mut reading.answer);
        }
    }

    fn response_keys(&self) -> &'static [&'static str] {
        &["outputs"]
    }
}
