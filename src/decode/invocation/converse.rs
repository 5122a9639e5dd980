//! Converse and ConverseStream, of any model (FORMATS §2.1). In the log a stream is
//! already assembled; the event array is read all the same.

use super::blocks;
use super::family::Family;
use super::reading::{Block, Reading};
use super::snippet::Snippet;
use crate::decode::json::Value;
use crate::model::Tokens;

/// The family.
pub(super) struct Converse;

impl Family for Converse {
    fn name(&self) -> &'static str {
        "converse"
    }

    fn is_request(&self, request: Value<'_>, answered: bool) -> bool {
        let messages = request.get("messages");
        let own_key = || {
            ["inferenceConfig", "toolConfig", "guardrailConfig", "additionalModelRequestFields"].into_iter().any(|key| request.get(key).is_object())
        };
        // Blocks of one key and no type are Converse's own.
        let own_block =
            || messages.items().any(|message| message.get("content").items().any(|block| block.is_object() && !block.get("type").is_text()));
        messages.is_array() && (answered || own_key() || own_block())
    }

    fn request<'a>(&self, request: Value<'a>, reading: &mut Reading<'a>) {
        for (key, value) in request.entries() {
            match key.raw() {
                b"system" => blocks::system(value, reading),
                b"messages" => blocks::messages(value, reading),
                b"toolConfig" => tools(value, reading),
                b"guardrailConfig" => reading.guardrails.push(value.get("guardrailIdentifier")),
                _ => {}
            }
        }
    }

    fn is_response(&self, response: Value<'_>) -> bool {
        response.at("output.message").is_object()
    }

    fn response<'a>(&self, response: Value<'a>, reading: &mut Reading<'a>) {
        for (key, value) in response.entries() {
            match key.raw() {
                b"output" => blocks::content(value.at("message.content"), &mut reading.answer),
                b"stopReason" => reading.stopped(value),
                other => closing(other, value, reading),
            }
        }
    }

    fn is_chunk(&self, chunk: Value<'_>) -> bool {
        ["messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"]
            .into_iter()
            .any(|event| chunk.get(event).is_object())
    }

    fn chunk<'a>(&self, chunk: Value<'a>, reading: &mut Reading<'a>) {
        for (event, value) in chunk.entries() {
            let index = value.get("contentBlockIndex").count().unwrap_or_default();
            match event.raw() {
                b"contentBlockStart" => {
                    let tool = value.at("start.toolUse");
                    if tool.is_object() {
                        reading.open_tool(index, tool.get("toolUseId"), tool.get("name"));
                    }
                }
                b"contentBlockDelta" => delta(index, value.get("delta"), reading),
                b"messageStop" => reading.stopped(value.get("stopReason")),
                b"metadata" => value.entries().for_each(|(key, value)| closing(key.raw(), value, reading)),
                _ => {}
            }
        }
    }
}

fn delta<'a>(index: u64, delta: Value<'a>, reading: &mut Reading<'a>) {
    for (key, value) in delta.entries() {
        match key.raw() {
            b"text" => reading.answer.push(Block::Text(Snippet::of(value))),
            b"toolUse" => reading.tool_fragment(index, value.get("input")),
            b"reasoningContent" => {
                let text = value.get("text");
                if text.is_text() {
                    reading.answer.push(Block::Reasoning(Snippet::of(text)));
                } else if value.get("redactedContent").is_some() && !matches!(reading.answer.last(), Some(Block::Redacted)) {
                    reading.answer.push(Block::Redacted);
                }
            }
            b"citation" => {}
            _ => reading.answer.push(Block::Json(delta)),
        }
    }
}

/// Keys of a whole response, or of a stream's `metadata` event.
fn closing<'a>(key: &[u8], value: Value<'a>, reading: &mut Reading<'a>) {
    match key {
        b"usage" => reading.usage = usage(value),
        b"metrics" => reading.latency_ms = value.get("latencyMs").count().or(reading.latency_ms),
        b"trace" => reading.traces.push(value.get("guardrail")),
        _ => {}
    }
}

/// `usage` in the spelling of Converse; cache counts have two.
fn usage(usage: Value<'_>) -> Tokens {
    let count = |keys: [&str; 2]| keys.into_iter().find_map(|key| usage.get(key).count());
    Tokens {
        input: count(["inputTokens", "inputTokenCount"]),
        output: count(["outputTokens", "outputTokenCount"]),
        cache_read: count(["cacheReadInputTokens", "cacheReadInputTokenCount"]),
        cache_write: count(["cacheWriteInputTokens", "cacheWriteInputTokenCount"]),
        total_input: None,
    }
}

fn tools<'a>(config: Value<'a>, reading: &mut Reading<'a>) {
    for tool in config.get("tools").items() {
        let name = ["toolSpec.name", "systemTool.name"].into_iter().map(|path| tool.at(path)).find(|name| name.is_text());
        reading.tools.extend(name);
    }
}

/// One content block: an object of one key that says what it is.
pub(super) fn block<'a>(block: Value<'a>, blocks: &mut Vec<Block<'a>>) {
    let before = blocks.len();
    for (key, value) in block.entries() {
        match key.raw() {
            b"text" if value.is_text() => blocks.push(Block::Text(Snippet::of(value))),
            b"guardContent" => guarded(value, blocks),
            b"reasoningContent" => reasoning(value, blocks),
            b"toolUse" => blocks.push(Block::ToolCall {
                id: value.get("toolUseId"),
                name: value.get("name"),
                input: value.get("input").is_some().then(|| Snippet::of(value.get("input"))).into_iter().collect(),
            }),
            b"toolResult" => {
                blocks::tool_result(value.get("toolUseId"), value.get("status").text_some(), value.get("content"), blocks);
            }
            b"image" => blocks.push(Block::Media(blocks::media("image", value))),
            b"document" => blocks.push(Block::Media(blocks::media("document", value))),
            b"video" => blocks.push(Block::Media(blocks::media("video", value))),
            b"audio" => blocks.push(Block::Media(blocks::media("audio", value))),
            // An answer's text is split over text and citation blocks, to be put together in order.
            b"citationsContent" => {
                let texts = value.get("content").items().map(|part| part.get("text")).filter(|text| text.is_text());
                blocks.extend(texts.map(|text| Block::Text(Snippet::of(text))));
            }
            b"cachePoint" => return,
            _ => {}
        }
    }
    if blocks.len() == before && block.is_some() {
        blocks.push(Block::Json(block));
    }
}

fn guarded<'a>(guard: Value<'a>, blocks: &mut Vec<Block<'a>>) {
    let text = guard.at("text.text");
    if text.is_text() {
        blocks.push(Block::Guarded(Snippet::of(text), guard.at("text.qualifiers")));
    }
    if guard.get("image").is_object() {
        blocks.push(Block::Media(blocks::media("image", guard.get("image"))));
    }
}

/// `reasoningText` is an object, or on some models' pages a plain string.
fn reasoning<'a>(reasoning: Value<'a>, blocks: &mut Vec<Block<'a>>) {
    let text = reasoning.get("reasoningText");
    let text = if text.is_object() { text.get("text") } else { text };
    if text.is_text() {
        blocks.push(Block::Reasoning(Snippet::of(text)));
    } else {
        blocks.push(Block::Redacted);
    }
}
