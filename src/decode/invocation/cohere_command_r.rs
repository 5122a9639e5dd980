//! Cohere Command R bodies: a message and its history; the reply repeats the history, which is no output (FORMATS §2.2).

use std::borrow::Cow;

use super::blocks;
use super::family::{self, Family};
use super::reading::{Block, Reading};
use super::snippet::Snippet;
use super::tokens::{count, known};
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
        reading.system.extend(request.all("preamble").filter(|text| text.is_some()).map(Snippet::of));
        for turn in request.all("chat_history").flat_map(Value::items_or_self) {
            earlier(turn, reading);
        }
        let parts = reading.turn("user".into());
        parts.extend(request.all("message").filter(|text| text.is_some()).map(|text| Block::Text(Snippet::of(text))));
        request.all("documents").flat_map(Value::items_or_self).for_each(|found| blocks::pairs("document", found, parts));
        results(request, parts);
        reading.tools.extend(request.get("tools").items().map(|tool| tool.get("name")).filter(|name| name.is_text()));
    }

    fn request_keys(&self) -> &'static [&'static str] {
        &["preamble", "chat_history", "message", "documents", "tool_results"]
    }

    fn is_response(&self, response: Value<'_>) -> bool {
        response.get("text").is_text() && ["generation_id", "response_id", "chat_history"].into_iter().any(|key| response.get(key).is_some())
    }

    fn response<'a>(&self, response: Value<'a>, reading: &mut Reading<'a>) {
        reading.answer.extend(response.all("text").map(|text| Block::Text(Snippet::of(text))));
        tool_calls(response, &mut reading.answer);
        for list in ["citations", "documents", "search_results", "search_queries"] {
            response.all(list).flat_map(Value::items_or_self).for_each(|found| blocks::pairs("citation", found, &mut reading.answer));
        }
        reading.stopped(response.get("finish_reason"));
        billed(response, reading);
    }

    fn response_keys(&self) -> &'static [&'static str] {
        &["text", "tool_calls", "citations", "documents", "search_results", "search_queries", "meta"]
    }

    fn is_chunk(&self, chunk: Value<'_>) -> bool {
        chunk.get("event_type").is_text()
    }

    /// `stream-end` holds the whole response once more: only what the pieces before it have not said is taken.
    fn chunk<'a>(&self, chunk: Value<'a>, reading: &mut Reading<'a>) {
        let read: &[&str] = match chunk.get("event_type").text().unwrap_or_default().as_ref() {
            "text-generation" => {
                reading.answer.extend(chunk.all("text").filter(|text| text.is_some()).map(|text| Block::Text(Snippet::of(text))));
                &["text"]
            }
            "tool-calls-generation" => {
                // The plan, where the model tells it, came piece by piece.
                if reading.answer.is_empty() {
                    reading.answer.extend(chunk.all("text").filter(|text| text.is_text()).map(|text| Block::Text(Snippet::of(text))));
                }
                tool_calls(chunk, &mut reading.answer);
                &["tool_calls", "text"]
            }
            // The calls follow as a whole.
            "tool-calls-chunk" => &["tool_call_delta", "text"],
            "citation-generation" => {
                chunk.all("citations").flat_map(Value::items_or_self).for_each(|found| blocks::pairs("citation", found, &mut reading.answer));
                &["citations"]
            }
            "search-results" => {
                ["documents", "search_results"]
                    .into_iter()
                    .flat_map(|key| chunk.all(key))
                    .flat_map(Value::items_or_self)
                    .for_each(|found| blocks::pairs("citation", found, &mut reading.answer));
                &["documents", "search_results"]
            }
            "stream-end" => {
                reading.stopped(chunk.get("finish_reason"));
                let response = chunk.get("response");
                if reading.answer.is_empty() && response.is_object() {
                    self.response(response, reading);
                    // A shape other than the known one says its text elsewhere.
                    family::rest_of_chunk(response, self.response_keys(), reading);
                } else {
                    billed(response, reading);
                }
                blocks::doubled(chunk, "response", &mut reading.answer);
                &["response"]
            }
            _ => &[],
        };
        family::rest_of_chunk(chunk, &[read, &["event_type", "is_finished"]].concat(), reading);
    }
}

/// One entry of the history.
fn earlier<'a>(turn: Value<'a>, reading: &mut Reading<'a>) {
    let role = match blocks::role(turn) {
        role if role.eq_ignore_ascii_case("USER") => Cow::Borrowed("user"),
        role if role.eq_ignore_ascii_case("CHATBOT") => Cow::Borrowed("assistant"),
        role if role.eq_ignore_ascii_case("SYSTEM") => Cow::Borrowed("system"),
        role if role.eq_ignore_ascii_case("TOOL") => Cow::Borrowed("tool"),
        role => role,
    };
    let parts = reading.turn(role);
    if !turn.is_object() {
        blocks::content(turn, parts);
        return;
    }
    parts.extend(turn.all("message").filter(|text| text.is_some()).map(|text| Block::Text(Snippet::of(text))));
    tool_calls(turn, parts);
    results(turn, parts);
    blocks::rest(turn, &["role", "message", "tool_calls", "tool_results"], parts);
}

fn results<'a>(from: Value<'a>, parts: &mut Vec<Block<'a>>) {
    for result in from.all("tool_results").flat_map(Value::items_or_self) {
        let texts = result.all("outputs").flat_map(Value::items_or_self).map(Snippet::of).collect();
        parts.push(Block::ToolResult { id: result.at("call.name"), status: None, texts });
        blocks::rest(result, &["outputs", "call"], parts);
    }
}

fn tool_calls<'a>(from: Value<'a>, blocks: &mut Vec<Block<'a>>) {
    for call in from.all("tool_calls").flat_map(Value::items_or_self) {
        let input = call.all("parameters").filter(|input| input.is_some()).map(Snippet::of).collect();
        blocks.push(Block::ToolCall { id: call.get("id"), name: call.get("name"), input });
        blocks::rest(call, &["id", "name", "generation_id", "parameters"], blocks);
    }
}

/// The counts of Cohere's own `meta`.
pub(super) fn billed<'a>(response: Value<'a>, reading: &mut Reading<'a>) {
    for units in ["billed_units", "tokens"].into_iter().map(|key| response.get("meta").get(key)).filter(|units| units.is_object()) {
        reading.usage.input = known(reading.usage.input, count(units, "input_tokens", reading));
        reading.usage.output = known(reading.usage.output, count(units, "output_tokens", reading));
    }
}
