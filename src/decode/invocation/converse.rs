//! Converse and ConverseStream, of any model (FORMATS §2.1). In the log a stream is
//! already assembled; the event array is read all the same.

use super::blocks;
use super::family::{self, Family};
use super::reading::{Block, Reading};
use super::snippet::Snippet;
use super::tokens::{count, known};
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
        (messages.is_array() && (answered || own_key() || own_block())) || request.get("promptVariables").is_object()
    }

    fn request<'a>(&self, request: Value<'a>, reading: &mut Reading<'a>) {
        for (key, value) in request.entries() {
            match key.raw() {
                b"system" => blocks::system(value, reading),
                b"messages" => blocks::messages(value, reading),
                b"toolConfig" => tools(value, reading),
                b"guardrailConfig" => reading.guardrails.push(value.get("guardrailIdentifier")),
                // What a stored prompt is filled with: the caller's only words.
                b"promptVariables" => {
                    let parts = reading.turn("user".into());
                    if !value.is_object() {
                        blocks::unknown(value, parts);
                    }
                    value.entries().for_each(|(_, words)| block(words, parts));
                }
                _ => {}
            }
        }
    }

    fn request_keys(&self) -> &'static [&'static str] {
        &["system", "messages", "toolConfig", "guardrailConfig", "promptVariables"]
    }

    fn is_response(&self, response: Value<'_>) -> bool {
        response.at("output.message").is_object()
    }

    fn response<'a>(&self, response: Value<'a>, reading: &mut Reading<'a>) {
        for (key, value) in response.entries() {
            match key.raw() {
                b"output" => {
                    for message in value.all("message") {
                        message.all("content").for_each(|content| blocks::content(content, &mut reading.answer));
                        blocks::rest(message, &["role", "content"], &mut reading.answer);
                    }
                    blocks::rest(value, &["message"], &mut reading.answer);
                }
                b"stopReason" => reading.stopped(value),
                other => closing(other, value, reading),
            }
        }
    }

    fn response_keys(&self) -> &'static [&'static str] {
        &["output"]
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
                b"contentBlockStart" => value.all("start").for_each(|block| start(index, block, reading)),
                b"contentBlockDelta" => value.all("delta").for_each(|change| delta(index, change, reading)),
                b"messageStop" => reading.stopped(value.get("stopReason")),
                b"metadata" => value.entries().for_each(|(key, value)| closing(key.raw(), value, reading)),
                _ => {}
            }
            let read: &[&str] = match event.raw() {
                b"contentBlockStart" => &["start"],
                b"contentBlockDelta" => &["delta"],
                b"metadata" => &["usage", "metrics", "trace", "performanceConfig", "serviceTier"],
                _ => &["role", "stopReason", "additionalModelResponseFields"],
            };
            blocks::rest(value, read, &mut reading.answer);
        }
        let events = ["messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"];
        family::rest_of_chunk(chunk, &events, reading);
    }
}

/// A tool call begins; anything else that a start holds is a block.
fn start<'a>(index: u64, block: Value<'a>, reading: &mut Reading<'a>) {
    let tool = block.get("toolUse");
    if tool.is_object() {
        reading.open_tool(index, tool.get("toolUseId"), tool.get("name"));
        blocks::rest(tool, &["toolUseId", "name", "type"], &mut reading.answer);
    }
    blocks::rest(block, &["toolUse"], &mut reading.answer);
}

fn delta<'a>(index: u64, delta: Value<'a>, reading: &mut Reading<'a>) {
    if !delta.is_object() {
        blocks::unknown(delta, &mut reading.answer);
    }
    for (key, value) in delta.entries() {
        match key.raw() {
            b"text" => reading.answer.push(Block::Text(Snippet::of(value))),
            b"toolUse" => {
                value.all("input").for_each(|input| reading.tool_fragment(index, input));
                blocks::rest(value, &["input"], &mut reading.answer);
            }
            b"reasoningContent" => {
                reading.answer.extend(value.all("text").map(|text| Block::Reasoning(Snippet::of(text))));
                if value.get("redactedContent").is_some() && !matches!(reading.answer.last(), Some(Block::Redacted)) {
                    reading.answer.push(Block::Redacted);
                }
                blocks::rest(value, &["text", "redactedContent"], &mut reading.answer);
            }
            b"citation" => blocks::source("citation", value, &mut reading.answer),
            _ => blocks::unknown(value, &mut reading.answer),
        }
    }
}

/// Keys of a whole response, or of a stream's `metadata` event.
fn closing<'a>(key: &[u8], value: Value<'a>, reading: &mut Reading<'a>) {
    match key {
        b"usage" => usage(value, reading),
        b"metrics" => reading.latency_ms = value.get("latencyMs").count().or(reading.latency_ms),
        b"trace" => reading.traces.push(value.get("guardrail")),
        _ => {}
    }
}

/// `usage` in the spelling of Converse; cache counts have two.
fn usage<'a>(usage: Value<'a>, reading: &mut Reading<'a>) {
    let mut either = |keys: [&'static str; 2]| keys.into_iter().fold(None, |found, key| known(found, count(usage, key, reading)));
    let counted = Tokens {
        input: either(["inputTokens", "inputTokenCount"]),
        output: either(["outputTokens", "outputTokenCount"]),
        cache_read: either(["cacheReadInputTokens", "cacheReadInputTokenCount"]),
        cache_write: either(["cacheWriteInputTokens", "cacheWriteInputTokenCount"]),
        total_input: None,
    };
    reading.usage_total = known(count(usage, "totalTokens", reading), reading.usage_total);
    reading.usage = counted;
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
    let mut others = Vec::new();
    for (key, value) in block.entries().filter(|(_, value)| value.is_some()) {
        match key.raw() {
            // A tool's answer in JSON is a text, too.
            b"text" | b"json" => blocks.push(Block::Text(Snippet::of(value))),
            b"guardContent" => guarded(value, blocks),
            b"reasoningContent" => reasoning(value, blocks),
            b"toolUse" => {
                let input = value.all("input").filter(|input| input.is_some()).map(Snippet::of).collect();
                blocks.push(Block::ToolCall { id: value.get("toolUseId"), name: value.get("name"), input });
                blocks::rest(value, &["toolUseId", "name", "input"], blocks);
            }
            b"toolResult" => {
                blocks::tool_result(value.get("toolUseId"), value.get("status").text_some(), value.all("content"), blocks);
                blocks::rest(value, &["toolUseId", "status", "content"], blocks);
            }
            b"image" => blocks::media("image", value, blocks),
            b"document" => blocks::media("document", value, blocks),
            b"video" => blocks::media("video", value, blocks),
            b"audio" => blocks::media("audio", value, blocks),
            b"searchResult" => blocks::source("search result", value, blocks),
            // An answer's text is split over text and citation blocks, to be put together in order.
            b"citationsContent" => {
                value.all("content").for_each(|content| blocks::content(content, blocks));
                value.all("citations").flat_map(Value::items_or_self).for_each(|citation| blocks::source("citation", citation, blocks));
                blocks::rest(value, &["content", "citations"], blocks);
            }
            b"cachePoint" => return,
            _ => others.push(value),
        }
    }
    if blocks.len() > before {
        for value in others {
            blocks::unknown(value, blocks);
        }
    } else if block.is_some() && !(block.is_object() && block.is_empty()) {
        blocks.push(Block::Json(block));
    }
}

/// What is handed to a guardrail: a text with its qualifiers, or an image.
pub(super) fn guarded<'a>(guard: Value<'a>, blocks: &mut Vec<Block<'a>>) {
    for text in guard.all("text") {
        let words = text.all("text").filter(|words| words.is_some());
        blocks.extend(words.map(|words| Block::Guarded(Snippet::of(words), text.get("qualifiers"))));
        blocks::rest(text, &["text", "qualifiers"], blocks);
    }
    guard.all("image").for_each(|image| blocks::media("image", image, blocks));
    blocks::rest(guard, &["text", "image"], blocks);
}

/// `reasoningText` is an object, or on some models' pages a plain string.
fn reasoning<'a>(reasoning: Value<'a>, blocks: &mut Vec<Block<'a>>) {
    let before = blocks.len();
    for text in reasoning.all("reasoningText").filter(|text| text.is_some()) {
        if text.is_object() {
            blocks.extend(text.all("text").filter(|text| text.is_some()).map(|text| Block::Reasoning(Snippet::of(text))));
            blocks::rest(text, &["text"], blocks);
        } else {
            blocks.push(Block::Reasoning(Snippet::of(text)));
        }
    }
    blocks::rest(reasoning, &["reasoningText", "redactedContent"], blocks);
    if blocks.len() == before {
        blocks.push(Block::Redacted);
    }
}
