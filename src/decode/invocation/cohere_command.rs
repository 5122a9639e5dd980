//! Cohere Command bodies; the reply repeats the prompt, which is no output (FORMATS §2.2).

use super::family::Family;
use super::reading::{Block, Reading};
use super::snippet::Snippet;
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
        reading.prompt(Snippet::of(request.get("prompt")));
    }

    fn is_response(&self, response: Value<'_>) -> bool {
        response.at("generations.0.text").is_text()
    }

    fn response<'a>(&self, response: Value<'a>, reading: &mut Reading<'a>) {
        for generation in response.get("generations").items() {
            reading.answer.push(Block::Text(Snippet::of(generation.get("text"))));
            reading.stopped(generation.get("finish_reason"));
        }
    }

    fn is_chunk(&self, chunk: Value<'_>) -> bool {
        chunk.get("is_finished").is_some() && !chunk.get("event_type").is_some()
    }

    /// The last chunk may say only that it is the last.
    fn chunk<'a>(&self, chunk: Value<'a>, reading: &mut Reading<'a>) {
        if chunk.get("text").is_text() {
            reading.answer.push(Block::Text(Snippet::of(chunk.get("text"))));
        }
        reading.stopped(chunk.get("finish_reason"));
    }
}
