//! AI21 Jurassic-2 bodies; the reply repeats the prompt token by token, which is no output (FORMATS §2.2).

use super::family::Family;
use super::reading::{Block, Reading};
use super::snippet::Snippet;
use super::{blocks, template};
use crate::decode::json::Value;

/// The family.
pub(super) struct Jurassic;

impl Family for Jurassic {
    fn name(&self) -> &'static str {
        "ai21-j2"
    }

    fn is_request(&self, request: Value<'_>, answered: bool) -> bool {
        request.get("prompt").is_text() && (answered || request.get("maxTokens").is_some())
    }

    fn request<'a>(&self, request: Value<'a>, reading: &mut Reading<'a>) {
        template::prompts(request, "prompt", reading);
    }

    fn request_keys(&self) -> &'static [&'static str] {
        &["prompt"]
    }

    fn is_response(&self, response: Value<'_>) -> bool {
        response.at("completions.0.data.text").is_text()
    }

    fn response<'a>(&self, response: Value<'a>, reading: &mut Reading<'a>) {
        for (index, completion) in response.all("completions").flat_map(Value::items_or_self).enumerate() {
            if index > 0 {
                reading.next_answer();
            }
            for data in completion.all("data") {
                reading.answer.extend(data.all("text").filter(|text| text.is_some()).map(|text| Block::Text(Snippet::of(text))));
                blocks::rest(data, &["text", "tokens"], &mut reading.answer);
            }
            reading.stopped(completion.at("finishReason.reason"));
            blocks::rest(completion, &["data", "finishReason"], &mut reading.answer);
        }
    }

    fn response_keys(&self) -> &'static [&'static str] {
        &["completions"]
    }
}
