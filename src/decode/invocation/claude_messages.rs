//! Claude's Messages bodies through InvokeModel, and their stream chunks (FORMATS §2.2, §2.3).

use super::blocks;
use super::family::Family;
use super::reading::{Block, Reading, known};
use super::snippet::Snippet;
use crate::decode::json::Value;

/// The family.
pub(super) struct ClaudeMessages;

impl Family for ClaudeMessages {
    fn name(&self) -> &'static str {
        "claude-messages"
    }

    fn is_request(&self, request: Value<'_>, answered: bool) -> bool {
        request.get("messages").is_array() && (answered || request.get("anthropic_version").is_some())
    }

    fn request<'a>(&self, request: Value<'a>, reading: &mut Reading<'a>) {
        for (key, value) in request.entries() {
            match key.raw() {
                b"system" => blocks::system(value, reading),
                b"messages" => blocks::messages(value, reading),
                b"tools" => reading.tools.extend(value.items().map(|tool| tool.get("name")).filter(|name| name.is_text())),
                _ => {}
            }
        }
    }

    /// A body blocked at its input has only `type`, `role` and `content` (FORMATS §2.4).
    fn is_response(&self, response: Value<'_>) -> bool {
        response.get("content").is_array()
            && (response.get("role").is_text() || response.get("type").is("message") || response.get("stop_reason").is_text())
    }

    fn response<'a>(&self, response: Value<'a>, reading: &mut Reading<'a>) {
        for (key, value) in response.entries() {
            match key.raw() {
                b"content" => blocks::content(value, &mut reading.answer),
                b"stop_reason" => reading.stopped(value),
                b"usage" => usage(value, reading),
                _ => {}
            }
        }
    }

    fn is_chunk(&self, chunk: Value<'_>) -> bool {
        let kind = chunk.get("type");
        ["message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop", "ping"]
            .into_iter()
            .any(|name| kind.is(name))
    }

    fn chunk<'a>(&self, chunk: Value<'a>, reading: &mut Reading<'a>) {
        let index = chunk.get("index").count().unwrap_or_default();
        match chunk.get("type").text().unwrap_or_default().as_ref() {
            "message_start" => {
                usage(chunk.at("message.usage"), reading);
                blocks::content(chunk.at("message.content"), &mut reading.answer);
            }
            "content_block_start" => start(index, chunk.get("content_block"), reading),
            "content_block_delta" => delta(index, chunk.get("delta"), reading),
            "message_delta" => {
                reading.stopped(chunk.at("delta.stop_reason"));
                usage(chunk.get("usage"), reading);
            }
            _ => {}
        }
    }
}

fn start<'a>(index: u64, block: Value<'a>, reading: &mut Reading<'a>) {
    match block.get("type").text().unwrap_or_default().as_ref() {
        "tool_use" | "server_tool_use" | "mcp_tool_use" => {
            reading.open_tool(index, block.get("id"), block.get("name"));
            // The input comes in fragments; whole where a server tool gives it at once.
            let input = block.get("input");
            if input.is_object() && !input.is_empty() {
                reading.tool_fragment(index, input);
            }
        }
        "text" | "thinking" => {
            for (key, text) in block.entries().filter(|(_, text)| text.is_text() && !text.raw_text().is_empty()) {
                if key.is("text") {
                    reading.answer.push(Block::Text(Snippet::of(text)));
                } else if key.is("thinking") {
                    reading.answer.push(Block::Reasoning(Snippet::of(text)));
                }
            }
        }
        _ => self::block(block, &mut reading.answer),
    }
}

fn delta<'a>(index: u64, delta: Value<'a>, reading: &mut Reading<'a>) {
    match delta.get("type").text().unwrap_or_default().as_ref() {
        "text_delta" => reading.answer.push(Block::Text(Snippet::of(delta.get("text")))),
        "input_json_delta" => reading.tool_fragment(index, delta.get("partial_json")),
        "thinking_delta" => reading.answer.push(Block::Reasoning(Snippet::of(delta.get("thinking")))),
        "signature_delta" | "citations_delta" => {}
        _ => reading.answer.push(Block::Json(delta)),
    }
}

/// A stream tells its usage twice; `message_delta` has the final number of output tokens, `message_start` a first one.
fn usage<'a>(usage: Value<'a>, reading: &mut Reading<'a>) {
    let count = |key: &str| usage.get(key).count();
    let now = &mut reading.usage;
    now.input = known(count("input_tokens"), now.input);
    now.output = known(count("output_tokens"), now.output);
    now.cache_read = known(count("cache_read_input_tokens"), now.cache_read);
    now.cache_write = known(count("cache_creation_input_tokens"), now.cache_write);
}

/// One content block, by its `type`. Chat-completion models write text and images with a type, too.
pub(super) fn block<'a>(block: Value<'a>, blocks: &mut Vec<Block<'a>>) {
    let kind = block.get("type").text().unwrap_or_default();
    match kind.as_ref() {
        "text" | "input_text" | "output_text" => blocks.push(Block::Text(Snippet::of(block.get("text")))),
        "thinking" => blocks.push(Block::Reasoning(Snippet::of(block.get("thinking")))),
        "redacted_thinking" => blocks.push(Block::Redacted),
        "tool_use" | "server_tool_use" | "mcp_tool_use" => blocks.push(Block::ToolCall {
            id: block.get("id"),
            name: block.get("name"),
            input: block.get("input").is_some().then(|| Snippet::of(block.get("input"))).into_iter().collect(),
        }),
        "image" => blocks.push(Block::Media(blocks::media("image", block))),
        "document" => blocks.push(Block::Media(blocks::media("document", block))),
        kind if kind.ends_with("tool_result") => {
            let failed = block.get("is_error").boolean().map(|failed| if failed { "error".into() } else { "success".into() });
            blocks::tool_result(block.get("tool_use_id"), failed, block.get("content"), blocks);
        }
        _ => blocks.push(Block::Json(block)),
    }
}
