//! Chat completions and their older text form: gpt-oss, Jamba, Mistral chat, DeepSeek, Writer, Qwen, imported models
//! (FORMATS §2.2). The most general family, therefore the last to be asked.

use super::family::{self, Family};
use super::reading::{Block, Reading};
use super::snippet::Snippet;
use super::tokens::{count, known};
use super::{blocks, template};
use crate::decode::json::Value;

/// The family.
pub(super) struct Chat;

impl Family for Chat {
    fn name(&self) -> &'static str {
        "chat"
    }

    fn is_request(&self, request: Value<'_>, _answered: bool) -> bool {
        request.get("messages").is_array() || request.get("prompt").is_text()
    }

    fn request<'a>(&self, request: Value<'a>, reading: &mut Reading<'a>) {
        template::prompts(request, "prompt", reading);
        request.all("messages").flat_map(Value::items_or_self).for_each(|message| turn(message, reading));
        let named = request.get("tools").items().map(|tool| tool.at("function.name")).filter(|name| name.is_text());
        reading.tools.extend(named);
    }

    fn request_keys(&self) -> &'static [&'static str] {
        &["prompt", "messages"]
    }

    fn is_response(&self, response: Value<'_>) -> bool {
        response.get("choices").is_array()
    }

    /// Whole bodies have `message` or `text`, chunks have `delta`.
    fn response<'a>(&self, response: Value<'a>, reading: &mut Reading<'a>) {
        for choice in response.all("choices").flat_map(Value::items_or_self) {
            if choice.get("index").count().is_some_and(|index| index > 0) && !choice.get("delta").is_some() {
                reading.next_answer();
            }
            reading.answer.extend(choice.all("text").filter(|text| text.is_some()).map(|text| Block::Text(Snippet::of(text))));
            choice.all("message").for_each(|message| said(message, reading));
            choice.all("delta").for_each(|message| said(message, reading));
            reading.stopped(choice.get("finish_reason"));
            reading.stopped(choice.get("stop_reason"));
            blocks::rest(choice, &["text", "message", "delta", "finish_reason", "stop_reason", "logprobs"], &mut reading.answer);
        }
        let usage = response.get("usage");
        reading.usage.input = known(count(usage, "prompt_tokens", reading), reading.usage.input);
        reading.usage.output = known(count(usage, "completion_tokens", reading), reading.usage.output);
        reading.usage_total = known(count(usage, "total_tokens", reading), reading.usage_total);
        reading.model = response.get("model").text_some().or(reading.model.take());
    }

    fn response_keys(&self) -> &'static [&'static str] {
        &["choices"]
    }

    /// Chunks are written like whole bodies.
    fn is_chunk(&self, chunk: Value<'_>) -> bool {
        self.is_response(chunk)
    }

    fn chunk<'a>(&self, chunk: Value<'a>, reading: &mut Reading<'a>) {
        self.response(chunk, reading);
        family::rest_of_chunk(chunk, self.response_keys(), reading);
    }
}

/// Keys of a message that are no text, or are read here.
const READ: &[&str] = &["role", "content", "tool_calls", "tool_call_id", "name", "reasoning_content", "reasoning", "refusal"];

fn turn<'a>(message: Value<'a>, reading: &mut Reading<'a>) {
    let role = blocks::role(message);
    match role.as_ref() {
        "system" | "developer" if message.is_object() => {
            message.all("content").for_each(|content| blocks::system(content, reading));
            let mut others = Vec::new();
            blocks::rest(message, READ, &mut others);
            if !others.is_empty() {
                reading.turn(role).append(&mut others);
            }
        }
        "tool" => {
            let parts = reading.turn(role);
            blocks::tool_result(message.get("tool_call_id"), None, message.all("content"), parts);
            blocks::rest(message, READ, parts);
        }
        _ if message.is_object() => {
            let parts = reading.turn(role);
            spoken(message, parts);
            message.all("tool_calls").flat_map(Value::items_or_self).for_each(|call| tool_call(call, parts));
        }
        _ => blocks::turn(message, reading),
    }
}

/// The answer, or a piece of it.
fn said<'a>(message: Value<'a>, reading: &mut Reading<'a>) {
    spoken(message, &mut reading.answer);
    for call in message.all("tool_calls").flat_map(Value::items_or_self) {
        // A stream names a tool in its first fragment only, and numbers the calls.
        if call.get("index").is_some() { tool_fragment(call, reading) } else { tool_call(call, &mut reading.answer) }
    }
}

/// What a message says, without the tools it calls.
fn spoken<'a>(message: Value<'a>, blocks: &mut Vec<Block<'a>>) {
    for key in ["reasoning_content", "reasoning"] {
        blocks.extend(message.all(key).filter(|text| text.is_some()).map(|text| Block::Reasoning(Snippet::of(text))));
    }
    message.all("content").for_each(|content| blocks::content(content, blocks));
    blocks.extend(message.all("refusal").filter(|text| text.is_some()).map(|text| Block::Text(Snippet::of(text))));
    blocks::rest(message, READ, blocks);
}

fn tool_call<'a>(call: Value<'a>, blocks: &mut Vec<Block<'a>>) {
    let function = call.get("function");
    if function.is_object() {
        let input = function.all("arguments").filter(|input| input.is_some()).map(Snippet::of).collect();
        blocks.push(Block::ToolCall { id: call.get("id"), name: function.get("name"), input });
        blocks::rest(function, &["name", "arguments"], blocks);
        blocks::doubled(call, "function", blocks);
        blocks::rest(call, &["id", "function"], blocks);
    } else {
        blocks::unknown(call, blocks);
    }
}

fn tool_fragment<'a>(call: Value<'a>, reading: &mut Reading<'a>) {
    let index = call.get("index").count().unwrap_or_default();
    let function = call.get("function");
    if function.get("name").is_some() {
        reading.open_tool(index, call.get("id"), function.get("name"));
    }
    function.all("arguments").filter(|input| input.is_some()).for_each(|input| reading.tool_fragment(index, input));
    blocks::rest(function, &["name", "arguments"], &mut reading.answer);
    blocks::doubled(call, "function", &mut reading.answer);
    blocks::rest(call, &["id", "function"], &mut reading.answer);
}
