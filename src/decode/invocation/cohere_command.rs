//! Cohere Command bodies; the reply repeats the prompt, which is no output (FORMATS §2.2).

use super::family::{self, Family};
use super::reading::{Block, Reading};
use super::snippet::Snippet;
use super::{blocks, cohere_command_r, template};
use crate::decode::json::Value;

/// The family.
pub(super) struct Command;

impl Family for Command {
    fn name(&self) -> &'static str {
        "cohere-command"
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
        response.at("generations.0.text").is_text()
    }

    fn response<'a>(&self, response: Value<'a>, reading: &mut Reading<'a>) {
        for (index, generation) in response.all("generations").flat_map(Value::items_or_self).enumerate() {
            if index > 0 {
                reading.next_answer();
            }
            reading.answer.extend(generation.all("text").map(|text| Block::Text(Snippet::of(text))));
            reading.stopped(generation.get("finish_reason"));
            blocks::rest(generation, &["id", "text", "finish_reason", "token_likelihoods"], &mut reading.answer);
        }
        cohere_command_r::billed(response, reading);
    }

    fn response_keys(&self) -> &'static [&'static str] {
        &["generations", "meta"]
    }

    fn is_chunk(&self, chunk: Value<'_>) -> bool {
        chunk.get("is_finished").is_some() && !chunk.get("event_type").is_some()
    }

    /// The last chunk may say only that it is the last, or hold the whole response once more.
    fn chunk<'a>(&self, chunk: Value<'a>, reading: &mut Reading<'a>) {
        let before = reading.answer.len();
        reading.answer.extend(chunk.all("text").filter(|text| text.is_some()).map(|text| Block::Text(Snippet::of(text))));
        reading.stopped(chunk.get("finish_reason"));
        if before == 0 && self.is_response(chunk.get("response")) {
            self.response(chunk.get("response"), reading);
        }
        family::rest_of_chunk(chunk, &["text", "is_finished", "response"], reading);
    }
}
