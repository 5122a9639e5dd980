//! Chat completions and their older text form: gpt-oss, Jamba, Mistral chat, DeepSeek, Writer, Qwen, imported models
//! (FORMATS §2.2). The most general family, therefore the last to be asked.

use super::blocks;
use super::family::Family;
use super::reading::{Block, Reading, known};
use super::snippet::Snippet;
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
        if request.get("prompt").is_text() {
            reading.prompt(Snippet::of(request.get("prompt")));
        }
        for message in request.get("messages").items() {
            let role = message.get("role").text_some().unwrap_or("?".into());
            let content = message.get("content");
            match role.as_ref() {
                "system" | "developer" => blocks::system(content, reading),
                "tool" => blocks::tool_result(message.get("tool_call_id"), None, content, reading.turn(role)),
                _ => {
                    let parts = reading.turn(role);
                    blocks::content(content, parts);
                    parts.extend(message.get("tool_calls").items().map(tool_call));
                }
            }
        }
        let named = request.get("tools").items().map(|tool| tool.at("function.name")).filter(|name| name.is_text());
        reading.tools.extend(named);
    }

    fn is_response(&self, response: Value<'_>) -> bool {
        response.get("choices").is_array()
    }

    /// Whole bodies have `message` or `text`, chunks have `delta`.
    fn response<'a>(&self, response: Value<'a>, reading: &mut Reading<'a>) {
        for choice in response.get("choices").items() {
            if choice.get("text").is_text() {
                reading.answer.push(Block::Text(Snippet::of(choice.get("text"))));
            }
            for message in [choice.get("message"), choice.get("delta")] {
                for reasoning in [message.get("reasoning_content"), message.get("reasoning")] {
                    if reasoning.is_text() {
                        reading.answer.push(Block::Reasoning(Snippet::of(reasoning)));
                    }
                }
                blocks::content(message.get("content"), &mut reading.answer);
            }
            reading.answer.extend(choice.at("message.tool_calls").items().map(tool_call));
            choice.at("delta.tool_calls").items().for_each(|call| tool_fragment(call, reading));
            reading.stopped(choice.get("finish_reason"));
            reading.stopped(choice.get("stop_reason"));
        }
        let usage = response.get("usage");
        reading.usage.input = known(usage.get("prompt_tokens").count(), reading.usage.input);
        reading.usage.output = known(usage.get("completion_tokens").count(), reading.usage.output);
    }
}

fn tool_call(call: Value<'_>) -> Block<'_> {
    let arguments = call.at("function.arguments");
    Block::ToolCall { id: call.get("id"), name: call.at("function.name"), input: vec![Snippet::of(arguments)] }
}

/// A stream names a tool in its first fragment only.
fn tool_fragment<'a>(call: Value<'a>, reading: &mut Reading<'a>) {
    let index = call.get("index").count().unwrap_or_default();
    if call.at("function.name").is_text() {
        reading.open_tool(index, call.get("id"), call.at("function.name"));
    }
    let arguments = call.at("function.arguments");
    if arguments.is_text() {
        reading.tool_fragment(index, arguments);
    }
}
