//! The exchange in full, on its own memory: for reading one call.

use std::borrow::Cow;

use super::envelope::Envelope;
use super::reading::{Block, Reading};
use super::snippet::{Snippet, joined};
use super::{agent, blocks, guardrail, hidden};
use crate::decode::json::Value;
use crate::model::{Exchange, Guardrail, Part, ToolCall, Turn};

/// The exchange of an envelope and what was read of its bodies.
pub(super) fn of(envelope: &Envelope<'_>, reading: &Reading<'_>, unreadable: Vec<String>) -> Exchange {
    let user = reading.user_pieces();
    let user_text = joined(&user, "\n");
    let (text, reasoning) = reading.answer_pieces();
    let mut exchange = Exchange {
        system: reading.system.iter().map(owned).collect(),
        turns: reading.turns().map(|(role, parts)| Turn { role: role.to_owned(), parts: parts.iter().map(part).collect() }).collect(),
        hidden: hidden::find(reading, &user).hidden,
        user_text,
        completion: joined(&text, ""),
        reasoning: joined(&reasoning, ""),
        tool_calls: reading.answer.iter().filter_map(tool_call).chain(agent::calls(&text).into_iter().map(called_in_text)).collect(),
        answer_parts: reading.answer.iter().filter(|block| !is_told_elsewhere(block)).map(part).collect(),
        tools_offered: reading.tools.iter().map(|name| string(*name)).collect(),
        stop_reason: reading.stop.as_deref().map(str::to_owned),
        tokens: envelope.tokens(reading),
        latency_ms: reading.latency_ms,
        first_byte_ms: reading.first_byte_ms,
        guardrail: Guardrail { suppressed: guardrail::suppressed(reading), ..guardrail::outcome(reading) },
        family: reading.family.to_owned(),
        body: envelope.body_state(reading),
        error_code: envelope.error_code.as_deref().map(str::to_owned),
        inference_region: envelope.inference_region.as_deref().map(str::to_owned),
        body_paths: [&envelope.input.path, &envelope.output.path].into_iter().flatten().map(|path| path.clone().into_owned()).collect(),
        metadata: metadata(envelope.metadata),
        response_model: reading.model.as_deref().map(str::to_owned),
        remarks: envelope.remarks(reading),
        unreadable,
        unknown_shape: unknown_shape(reading),
        secrets: Vec::new(),
    };
    exchange.secrets = exchange.located();
    exchange
}

fn unknown_shape(reading: &Reading<'_>) -> Option<(String, String)> {
    if reading.unknown_request.is_none() && reading.unknown_response.is_none() {
        return None;
    }
    let json = |body: Option<Value<'_>>| body.map(|body| body.json().into_owned()).unwrap_or_default();
    Some((json(reading.unknown_request), json(reading.unknown_response)))
}

fn owned(snippet: &Snippet<'_>) -> String {
    snippet.text().into_owned()
}

fn string(value: Value<'_>) -> String {
    blocks::label(value).into_owned()
}

/// The caller's pairs. Something else in their place stands as it is, without a name.
fn metadata(metadata: Value<'_>) -> Vec<(String, String)> {
    if metadata.is_some() && !metadata.is_object() {
        return vec![(String::new(), owned(&Snippet::of(metadata)))];
    }
    metadata.entries().map(|(key, value)| (key.text().into_owned(), owned(&Snippet::of(value)))).collect()
}

fn called_in_text(call: agent::Call) -> ToolCall {
    ToolCall { id: String::new(), name: call.name, input: call.input }
}

/// Blocks of the answer that its text, its reasoning and its tool calls consist of.
fn is_told_elsewhere(block: &Block<'_>) -> bool {
    matches!(block, Block::Text(_) | Block::Guarded(..) | Block::Reasoning(_) | Block::ToolCall { .. })
}

fn tool_call(block: &Block<'_>) -> Option<ToolCall> {
    let Block::ToolCall { id, name, input } = block else { return None };
    Some(ToolCall { id: string(*id), name: string(*name), input: joined(input, "") })
}

fn part(block: &Block<'_>) -> Part {
    match block {
        Block::Text(text) => Part::Text { text: owned(text) },
        Block::Guarded(text, qualifiers) => {
            Part::Guarded { text: owned(text), qualifiers: qualifiers.items_or_self().filter_map(Value::text).map(Cow::into_owned).collect() }
        }
        Block::Reasoning(text) => Part::Reasoning { text: owned(text), redacted: false },
        Block::Redacted => Part::Reasoning { text: String::new(), redacted: true },
        Block::ToolCall { id, name, input } => Part::ToolCall { id: string(*id), name: string(*name), input: joined(input, "") },
        Block::ToolResult { id, status, texts } => {
            Part::ToolResult { id: string(*id), status: status.as_deref().map(str::to_owned), text: joined(texts, "\n") }
        }
        Block::Media(media) => Part::Media {
            kind: media.kind.to_owned(),
            format: media.format.clone().into_owned(),
            name: media.name.as_deref().map(str::to_owned),
            bytes: media.bytes,
            uri: media.uri.as_deref().map(str::to_owned),
            text: media.text.as_ref().map(owned),
        },
        Block::Json(json) => Part::Json { text: owned(&Snippet::of(*json)) },
    }
}
