//! The table of body families. A family is one file and one line here (FORMATS §2.1, §2.2).

use super::blocks;
use super::reading::{Block, Reading};
use crate::decode::json::{Key, Value};

/// How one family of models writes its bodies. Chosen by the keys found, never by the model's id: application profiles
/// and imported models hide the family.
pub(super) trait Family: Sync {
    /// The name shown and stored.
    fn name(&self) -> &'static str;

    /// Is the request body of this family? `answered`: its response is.
    fn is_request(&self, request: Value<'_>, answered: bool) -> bool;

    /// Reads a request body.
    fn request<'a>(&self, request: Value<'a>, reading: &mut Reading<'a>);

    /// The keys of a request whose text [`Self::request`] reads.
    fn request_keys(&self) -> &'static [&'static str];

    /// Is the response body of this family?
    fn is_response(&self, response: Value<'_>) -> bool;

    /// Reads a response body.
    fn response<'a>(&self, response: Value<'a>, reading: &mut Reading<'a>);

    /// The keys of a response whose text [`Self::response`] reads.
    fn response_keys(&self) -> &'static [&'static str];

    /// Is this one chunk of a stream of this family?
    fn is_chunk(&self, _chunk: Value<'_>) -> bool {
        false
    }

    /// Reads one chunk of a stream.
    fn chunk<'a>(&self, chunk: Value<'a>, reading: &mut Reading<'a>) {
        self.response(chunk, reading);
    }
}

/// Every family, the more particular before the more general.
const FAMILIES: &[&dyn Family] = &[
    &super::apply_guardrail::ApplyGuardrail,
    &super::claude_messages::ClaudeMessages,
    &super::nova::Nova,
    &super::converse::Converse,
    &super::claude_text::ClaudeText,
    &super::titan_text::TitanText,
    &super::llama::Llama,
    &super::mistral_text::MistralText,
    &super::cohere_command_r::CommandR,
    &super::cohere_command::Command,
    &super::ai21_j2::Jurassic,
    &super::embeddings::Embeddings,
    &super::images::Images,
    &super::chat::Chat,
];

/// What a body of no known family is called.
pub(super) const UNKNOWN: &str = "unknown";

/// Reads both bodies of a call. Missing bodies are read as nothing.
pub(super) fn read<'a>(request: Value<'a>, response: Value<'a>) -> Reading<'a> {
    let mut reading = Reading::default();
    let request = Some(request).filter(|body| has_content(*body));
    let response = Some(response).filter(|body| has_content(*body));

    let answering = response.and_then(|body| FAMILIES.iter().position(|family| answers(*family, body)));
    let asking = request.and_then(|body| FAMILIES.iter().enumerate().position(|(index, family)| family.is_request(body, answering == Some(index))));
    let family_at = |index: Option<usize>| index.and_then(|index| FAMILIES.get(index));
    if let Some(body) = request {
        match family_at(asking) {
            Some(family) => {
                family.request(body, &mut reading);
                keep_unread(body, &[family.request_keys(), PARAMETERS], &mut reading);
            }
            None => reading.unknown_request = Some(body),
        }
    }
    if let Some(body) = response {
        match family_at(answering) {
            Some(family) => answer(*family, body, &mut reading),
            None => reading.unknown_response = Some(body),
        }
        // Guardrail keys and metrics ride on bodies of every family.
        body.items_or_self().for_each(|part| amazon_keys(part, &mut reading));
    }
    reading.guarded |= request.is_some_and(|body| body.get("amazon-bedrock-guardrailConfig").is_object());
    reading.family = family_at(asking)
        .or_else(|| family_at(answering))
        .map_or_else(|| if request.is_some() || response.is_some() { UNKNOWN } else { "" }, |family| family.name());
    reading
}

/// Failed calls may hold empty objects for bodies (FORMATS §1.1).
fn has_content(body: Value<'_>) -> bool {
    body.is_some() && !((body.is_object() || body.is_array()) && body.is_empty()) && !(body.is_text() && body.raw_text().is_empty())
}

fn answers(family: &dyn Family, response: Value<'_>) -> bool {
    if response.is_array() {
        // The first chunk that any shape can be told from; strings such as "[DONE]" may stand between.
        response.items().filter(|chunk| chunk.is_object()).take(8).any(|chunk| family.is_chunk(chunk) || family.is_response(chunk))
    } else {
        family.is_response(response)
    }
}

fn answer<'a>(family: &dyn Family, response: Value<'a>, reading: &mut Reading<'a>) {
    for chunk in response.items_or_self() {
        if response.is_array() && family.is_chunk(chunk) {
            family.chunk(chunk, reading);
        } else if family.is_response(chunk) {
            family.response(chunk, reading);
            keep_unread(chunk, &[family.response_keys(), ABOUT_ANSWERS], reading);
        } else if !chunk.is("[DONE]") && (!chunk.is_object() || chunk.entries().any(|(key, _)| !is_about_answers(key, &[]))) {
            // An error in the middle of a stream, or a chunk of a shape we do not know.
            blocks::unknown(chunk, &mut reading.answer);
        }
    }
}

/// What a chunk holds beside what was read of it.
pub(super) fn rest_of_chunk<'a>(chunk: Value<'a>, read: &[&str], reading: &mut Reading<'a>) {
    let others = chunk.entries().filter(|(key, value)| !is_about_answers(*key, read) && blocks::holds_text(*value));
    reading.answer.extend(others.map(|(_, value)| Block::Json(value)));
}

fn is_about_answers(key: Key<'_>, read: &[&str]) -> bool {
    key.raw().starts_with(b"amazon-bedrock-") || ABOUT_ANSWERS.iter().chain(read).any(|known| key.is(known))
}

/// Parameters and tools: what a request says beside its text. Their definitions are repeated with every call; only the
/// names of tools are read.
const PARAMETERS: &[&str] = &[
    "additionalModelRequestFields",
    "additionalModelResponseFieldPaths",
    "anthropic_beta",
    "anthropic_version",
    "aspect_ratio",
    "citation_quality",
    "clip_guidance_preset",
    "context_management",
    "embeddingConfig",
    "embeddingTypes",
    "embedding_types",
    "functions",
    "imageGenerationConfig",
    "inferenceConfig",
    "input_type",
    "metadata",
    "mode",
    "model",
    "output_format",
    "outputScope",
    "performanceConfig",
    "prompt_truncation",
    "reasoning_effort",
    "requestMetadata",
    "response_format",
    "return_likelihoods",
    "sampler",
    "schemaVersion",
    "serviceTier",
    "service_tier",
    "stop",
    "stopSequences",
    "stop_sequences",
    "style_preset",
    "taskType",
    "textGenerationConfig",
    "thinking",
    "toolConfig",
    "tool_choice",
    "tools",
    "truncate",
    "user",
];

/// What a response says about its answer; and what it repeats of the request, which is no answer (FORMATS §2.2 rule d).
const ABOUT_ANSWERS: &[&str] = &[
    "additionalModelResponseFields",
    "chat_history",
    "created",
    "finish_reason",
    "generation_id",
    "id",
    "index",
    "metrics",
    "model",
    "object",
    "performanceConfig",
    "prompt",
    "response_id",
    "response_type",
    "role",
    "serviceTier",
    "service_tier",
    "stop",
    "stopReason",
    "stop_reason",
    "stop_sequence",
    "system_fingerprint",
    "texts",
    "trace",
    "type",
    "usage",
];

/// Keys that the family does not have, when there is text under them: searched, and said.
fn keep_unread<'a>(body: Value<'a>, known: &[&[&str]], reading: &mut Reading<'a>) {
    for (key, value) in body.entries() {
        let is_known = known.iter().copied().flatten().any(|known| key.is(known)) || key.raw().starts_with(b"amazon-bedrock-");
        if !is_known && blocks::holds_text(value) {
            reading.unread.push((key, value));
        }
    }
}

/// `amazon-bedrock-…` keys: on a whole body, on a delta, on the last chunk (FORMATS §2.3, §2.4).
fn amazon_keys<'a>(part: Value<'a>, reading: &mut Reading<'a>) {
    for (key, value) in part.entries() {
        match key.raw() {
            b"amazon-bedrock-guardrailAction" => reading.verdicts.push(value),
            b"amazon-bedrock-trace" => value.items_or_self().for_each(|trace| reading.traces.push(trace.get("guardrail"))),
            b"amazon-bedrock-invocationMetrics" => {
                let count = |key: &str| value.get(key).count();
                let metrics = &mut reading.metrics;
                metrics.input = count("inputTokenCount").or(metrics.input);
                metrics.output = count("outputTokenCount").or(metrics.output);
                metrics.cache_read = count("cacheReadInputTokenCount").or(metrics.cache_read);
                metrics.cache_write = count("cacheWriteInputTokenCount").or(metrics.cache_write);
                reading.latency_ms = count("invocationLatency").or(reading.latency_ms);
                reading.first_byte_ms = count("firstByteLatency").or(reading.first_byte_ms);
            }
            _ => {}
        }
    }
}
