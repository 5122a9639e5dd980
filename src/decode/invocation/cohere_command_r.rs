//! Cohere Command R bodies: a message and its history; the reply repeats the history, which is no output (FORMATS §2.2).

use std::borrow::Cow;

use super::family::Family;
use super::reading::{Block, Reading};
use super::snippet::Snippet;
use crate::decode::json::Value;

/// The family.
pub(super) struct CommandR;

impl Family for CommandR {
    fn name(&self) -> &'static str {
        "cohere-command-r"
    }

    fn is_request(&self, request: Value<'_>, answered: bool) -> bool {
        request.get("message").is_text() && (answered || request.get("chat_history").is_array() || request.get("preamble").is_text())
    }

    fn request<'a>(&self, request: Value<'a>, reading: &mut Reading<'a>) {
        if request.get("preamble").is_text() {
            reading.system.push(Snippet::of(request.get("preamble")));
        }
        for turn in request.get("chat_history").items() {
            let role = match turn.get("role").text().unwrap_or_default() {
                role if role.eq_ignore_ascii_case("USER") => Cow::Borrowed("user"),
                role if role.eq_ignore_ascii_case("CHATBOT") => Cow::Borrowed("assistant"),
                role => role,
            };
            reading.turn(role).push(Block::Text(Snippet::of(turn.get("message"))));
        }
        let parts = reading.turn("user".into());
        parts.push(Block::Text(Snippet::of(request.get("message"))));
        for result in request.get("tool_results").items() {
            let texts = result.get("outputs").items().map(Snippet::of).collect();
            parts.push(Block::ToolResult { id: result.at("call.name"), status: None, texts });
        }
        reading.tools.extend(request.get("tools").items().map(|tool| tool.get("name")).filter(|name| name.is_text()));
    }

    fn is_response(&self, response: Value<'_>) -> bool {
        response.get("text").is_text() && ["generation_id", "response_id", "chat_history"].into_iter().any(|key| response.get(key).is_some())
    }

    fn response<'a>(&self, response: Value<'a>, reading: &mut Reading<'a>) {
        reading.answer.push(Block::Text(Snippet::of(response.get("text"))));
        tool_calls(response, reading);
        reading.stopped(response.get("finish_reason"));
    }

    fn is_chunk(&self, chunk: Value<'_>) -> bool {
        chunk.get("event_type").is_text()
    }

    /// `stream-end` holds the whole response once more: only what the pieces before it have not said is taken.
    fn chunk<'a>(&self, chunk: Value<'a>, reading: &mut Reading<'a>) {
        match chunk.get("event_type").text().unwrap_or_default().as_ref() {
            "text-generation" => reading.answer.push(Block::Text(Snippet::of(chunk.get("text")))),
            "tool-calls-generation" => tool_calls(chunk, reading),
            "stream-end" => {
                reading.stopped(chunk.get("finish_reason"));
                if reading.answer.is_empty() && chunk.get("response").is_object() {
                    self.response(chunk.get("response"), reading);
                }
            }
            _ => {}
        }
    }
}

fn tool_calls<'a>(from: Value<'a>, reading: &mut Reading<'a>) {
    for call in from.get("tool_calls").items() {
        reading.answer.push(Block::ToolCall { id: call.get("id"), name: call.get("name"), input: vec![Snippet::of(call.get("parameters"))] });
    }
}
