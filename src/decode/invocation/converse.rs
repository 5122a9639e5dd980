//! Converse and ConverseStream, of any model; Nova's own bodies are written alike (FORMATS §2.1). In the log a stream is
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
        let own_key = || ["inferenceConfig", "toolConfig", "guardrailConfig", "additionalModelRequestFields"].into_iter().any(|key| request.get(key).is_object());
        // Blocks of one key and no type are Converse's own.
        let own_block = || messages.items().any(|message| message.get("content").items().any(|block| block.is_object() && !block.get("type").is_text()));
        messages.is_array() && (answered || own_key() || own_block())
    }

    fn request<'a>(&self, request: Value<'a>, reading: &mut Reading<'a>) {
        for (key, value) in request.entries() {
            match key.text().as_ref() {
                "system" => blocks::system(value, reading),
                "messages" => blocks::messages(value, reading),
                "toolConfig" => tools(value, reading),
                "guardrailConfig" => reading.guardrails.push(value.get("guardrailIdentifier")),
                _ => {}
            }
        }
    }

    fn is_response(&self, response: Value<'_>) -> bool {
        response.at("output.message").is_object()
    }

    fn response<'a>(&self, response: Value<'a>, reading: &mut Reading<'a>) {
        for (key, value) in response.entries() {
            match key.text().as_ref() {
                "output" => blocks::content(value.at("message.content"), &mut reading.answer),
                "stopReason" => reading.stopped(value),
                _ => closing(key.text().as_ref(), value, reading),
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
            match event.text().as_ref() {
                "contentBlockStart" => {
                    let tool = value.at("start.toolUse");
                    if tool.is_object() {
                        reading.open_tool(index, tool.get("toolUseId"), tool.get("name"));
                    }
                }
                "contentBlockDelta" => delta(index, value.get("delta"), reading),
                "messageStop" => reading.stopped(value.get("stopReason")),
                "metadata" => value.entries().for_each(|(key, value)| closing(key.text().as_ref(), value, reading)),
                _ => {}
            }
        }
    }
}

fn delta<'a>(index: u64, delta: Value<'a>, reading: &mut Reading<'a>) {
    for (key, value) in delta.entries() {
        match key.text().as_ref() {
            "text" => reading.answer.push(Block::Text(Snippet::of(value))),
            "toolUse" => reading.tool_fragment(index, value.get("input")),
            "reasoningContent" => {
                let text = value.get("text");
                if text.is_text() {
                    reading.answer.push(Block::Reasoning(Snippet::of(text)));
                } else if value.get("redactedContent").is_some() && !matches!(reading.answer.last(), Some(Block::Redacted)) {
                    reading.answer.push(Block::Redacted);
                }
            }
            "citation" => {}
            _ => reading.answer.push(Block::Json(delta)),
        }
    }
}

/// Keys of a whole response, or of a stream's `metadata` event.
fn closing<'a>(key: &str, value: Value<'a>, reading: &mut Reading<'a>) {
    match key {
        "usage" => reading.usage = usage(value),
        "metrics" => reading.latency_ms = value.get("latencyMs").count().or(reading.latency_ms),
        "trace" => reading.traces.push(value.get("guardrail")),
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
        match key.text().as_ref() {
            "text" if value.is_text() => blocks.push(Block::Text(Snippet::of(value))),
            "guardContent" => guarded(value, blocks),
            "reasoningContent" => reasoning(value, blocks),
            "toolUse" => blocks.push(Block::ToolCall {
                id: value.get("toolUseId"),
                name: value.get("name"),
                input: value.get("input").is_some().then(|| Snippet::of(value.get("input"))).into_iter().collect(),
            }),
            "toolResult" => {
                blocks::tool_result(value.get("toolUseId"), value.get("status").text_some(), value.get("content"), blocks);
            }
            "image" => blocks.push(Block::Media(blocks::media("image", value))),
            "document" => blocks.push(Block::Media(blocks::media("document", value))),
            "video" => blocks.push(Block::Media(blocks::media("video", value))),
            "audio" => blocks.push(Block::Media(blocks::media("audio", value))),
            // An answer's text is split over text and citation blocks, to be put together in order.
            "citationsContent" => {
                let texts = value.get("content").items().map(|part| part.get("text")).filter(|text| text.is_text());
                blocks.extend(texts.map(|text| Block::Text(Snippet::of(text))));
            }
            "cachePoint" => return,
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
