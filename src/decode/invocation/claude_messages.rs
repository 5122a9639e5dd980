//! Claude's Messages bodies through InvokeModel, and their stream chunks (FORMATS §2.2, §2.3).

use super::blocks;
use super::family::{self, Family};
use super::reading::{Block, Reading};
use super::snippet::Snippet;
use super::tokens::{count, known};
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

    fn request_keys(&self) -> &'static [&'static str] {
        &["system", "messages"]
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
                b"model" => reading.model = value.text_some(),
                _ => {}
            }
        }
    }

    fn response_keys(&self) -> &'static [&'static str] {
        &["content"]
    }

    fn is_chunk(&self, chunk: Value<'_>) -> bool {
        let kind = chunk.get("type");
        ["message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop", "ping"]
            .into_iter()
            .any(|name| kind.is(name))
    }

    fn chunk<'a>(&self, chunk: Value<'a>, reading: &mut Reading<'a>) {
        let index = chunk.get("index").count().unwrap_or_default();
        let read: &[&str] = match chunk.get("type").text().unwrap_or_default().as_ref() {
            "message_start" => {
                for message in chunk.all("message") {
                    self.response(message, reading);
                    blocks::rest(message, &["content", "stop_reason", "stop_sequence", "usage", "model", "id", "role"], &mut reading.answer);
                }
                &["message"]
            }
            "content_block_start" => {
                chunk.all("content_block").for_each(|block| start(index, block, reading));
                &["content_block"]
            }
            "content_block_delta" => {
                chunk.all("delta").for_each(|change| delta(index, change, reading));
                &["delta"]
            }
            "message_delta" => {
                reading.stopped(chunk.at("delta.stop_reason"));
                chunk.all("delta").for_each(|delta| blocks::rest(delta, &["stop_reason", "stop_sequence"], &mut reading.answer));
                usage(chunk.get("usage"), reading);
                &["delta", "usage"]
            }
            _ => &[],
        };
        family::rest_of_chunk(chunk, read, reading);
    }
}

fn start<'a>(index: u64, block: Value<'a>, reading: &mut Reading<'a>) {
    match block.get("type").text().unwrap_or_default().as_ref() {
        "tool_use" | "server_tool_use" | "mcp_tool_use" => {
            reading.open_tool(index, block.get("id"), block.get("name"));
            // The input comes in fragments; whole where a server tool gives it at once.
            for input in block.all("input").filter(|input| input.is_some() && !(input.is_object() && input.is_empty())) {
                reading.tool_fragment(index, input);
            }
            blocks::rest(block, TOOL_USE, &mut reading.answer);
        }
        // As a rule empty: the text comes in deltas.
        "text" | "thinking" => {
            let has_words = |key: &str| block.get(key).is_some() && !(block.get(key).is_text() && block.get(key).raw_text().is_empty());
            if ["text", "thinking"].into_iter().any(has_words) {
                self::block(block, &mut reading.answer);
            } else {
                blocks::rest(block, &["text", "thinking"], &mut reading.answer);
            }
        }
        _ => blocks::content(block, &mut reading.answer),
    }
}

fn delta<'a>(index: u64, delta: Value<'a>, reading: &mut Reading<'a>) {
    let answer = &mut reading.answer;
    let read = match delta.get("type").text().unwrap_or_default().as_ref() {
        "text_delta" => {
            answer.extend(delta.all("text").filter(|text| text.is_some()).map(|text| Block::Text(Snippet::of(text))));
            "text"
        }
        "thinking_delta" => {
            answer.extend(delta.all("thinking").filter(|text| text.is_some()).map(|text| Block::Reasoning(Snippet::of(text))));
            "thinking"
        }
        "input_json_delta" => {
            delta.all("partial_json").filter(|fragment| fragment.is_some()).for_each(|fragment| reading.tool_fragment(index, fragment));
            "partial_json"
        }
        "citations_delta" => {
            delta.all("citation").filter(|citation| citation.is_some()).for_each(|citation| blocks::source("citation", citation, answer));
            "citation"
        }
        "signature_delta" => "signature",
        _ => return blocks::unknown(delta, answer),
    };
    blocks::rest(delta, &[read], &mut reading.answer);
}

/// A stream tells its usage twice; `message_delta` has the final number of output tokens, `message_start` a first one.
fn usage<'a>(usage: Value<'a>, reading: &mut Reading<'a>) {
    let counted = ["input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"].map(|key| count(usage, key, reading));
    let [input, output, cache_read, cache_write] = counted;
    let now = &mut reading.usage;
    now.input = known(input, now.input);
    now.output = known(output, now.output);
    now.cache_read = known(cache_read, now.cache_read);
    now.cache_write = known(cache_write, now.cache_write);
}

const TOOL_USE: &[&str] = &["id", "name", "input", "caller", "server_name"];

/// One content block, by its `type`. Chat-completion models write text and files with a type, too.
pub(super) fn block<'a>(block: Value<'a>, blocks: &mut Vec<Block<'a>>) {
    let kind = block.get("type").text().unwrap_or_default();
    let before = blocks.len();
    let read: &[&str] = match kind.as_ref() {
        "text" | "input_text" | "output_text" => {
            blocks.extend(block.all("text").filter(|text| text.is_some()).map(|text| Block::Text(Snippet::of(text))));
            block.all("citations").flat_map(Value::items_or_self).for_each(|citation| blocks::source("citation", citation, blocks));
            &["text", "citations"]
        }
        "thinking" => {
            blocks.extend(block.all("thinking").filter(|text| text.is_some()).map(|text| Block::Reasoning(Snippet::of(text))));
            &["thinking"]
        }
        "redacted_thinking" => {
            blocks.push(Block::Redacted);
            &["data"]
        }
        "tool_use" | "server_tool_use" | "mcp_tool_use" => {
            let input = block.all("input").filter(|input| input.is_some()).map(Snippet::of).collect();
            blocks.push(Block::ToolCall { id: block.get("id"), name: block.get("name"), input });
            TOOL_USE
        }
        "image" => return blocks::media("image", block, blocks),
        "document" => return blocks::media("document", block, blocks),
        "video" => return blocks::media("video", block, blocks),
        "audio" => return blocks::media("audio", block, blocks),
        "image_url" | "input_image" => {
            blocks.extend(block.all("image_url").filter(|image| image.is_some()).map(|image| Block::Media(blocks::image_url(image))));
            &["image_url", "detail"]
        }
        "search_result" => {
            blocks::source("search result", block, blocks);
            &["source", "title", "content", "citations"]
        }
        kind if kind.ends_with("tool_result") => {
            let failed = block.get("is_error").boolean().map(|failed| if failed { "error".into() } else { "success".into() });
            blocks::tool_result(block.get("tool_use_id"), failed, block.all("content"), blocks);
            &["tool_use_id", "is_error", "content"]
        }
        _ => {
            blocks.push(Block::Json(block));
            return;
        }
    };
    let understood = blocks.len() > before;
    blocks::rest(block, read, blocks);
    if !understood && blocks.len() == before {
        blocks.push(Block::Json(block));
    }
}
