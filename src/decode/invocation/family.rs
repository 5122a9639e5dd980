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

    /// Its answers come in pieces when they are streamed.
    fn streams(&self) -> bool {
        true
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
                keep_unread(body, |key| is_parameter(key, family.request_keys()), &mut reading);
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
        let streamed = body.is_array();
        reading.ending.streamed = streamed && family_at(answering).is_some_and(|family| family.streams());
        body.items_or_self().for_each(|part| amazon_keys(part, streamed, &mut reading));
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
            keep_unread(chunk, |key| is_about_answers(key, family.response_keys()), reading);
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

/// What a chunk or a response says about its answer, and what it repeats of the request, which is no answer (FORMATS §2.2
/// rule d).
fn is_about_answers(key: Key<'_>, read: &[&str]) -> bool {
    let key = key.raw();
    let is_about = matches!(
        key,
        b"additionalModelResponseFields"
            | b"chat_history"
            | b"created"
            | b"finish_reason"
            | b"generation_id"
            | b"id"
            | b"index"
            | b"metrics"
            | b"model"
            | b"object"
            | b"performanceConfig"
            | b"prompt"
            | b"response_id"
            | b"response_type"
            | b"role"
            | b"serviceTier"
            | b"service_tier"
            | b"stop"
            | b"stopReason"
            | b"stop_reason"
            | b"stop_sequence"
            | b"system_fingerprint"
            | b"texts"
            | b"trace"
            | b"type"
            | b"usage"
    );
    is_about || read.iter().any(|known| known.as_bytes() == key) || key.starts_with(b"amazon-bedrock-")
}

/// Parameters and tools: what a request says beside its text. Their definitions are repeated with every call; only the
/// names of tools are read.
fn is_parameter(key: Key<'_>, read: &[&str]) -> bool {
    let key = key.raw();
    let is_parameter = matches!(
        key,
        b"additionalModelRequestFields"
            | b"additionalModelResponseFieldPaths"
            | b"anthropic_beta"
            | b"anthropic_version"
            | b"aspect_ratio"
            | b"citation_quality"
            | b"clip_guidance_preset"
            | b"context_management"
            | b"embeddingConfig"
            | b"embeddingTypes"
            | b"embedding_types"
            | b"functions"
            | b"imageGenerationConfig"
            | b"inferenceConfig"
            | b"input_type"
            | b"metadata"
            | b"mode"
            | b"model"
            | b"output_format"
            | b"outputScope"
            | b"performanceConfig"
            | b"prompt_truncation"
            | b"reasoning_effort"
            | b"requestMetadata"
            | b"response_format"
            | b"return_likelihoods"
            | b"sampler"
            | b"schemaVersion"
            | b"serviceTier"
            | b"service_tier"
            | b"stop"
            | b"stopSequences"
            | b"stop_sequences"
            | b"style_preset"
            | b"taskType"
            | b"textGenerationConfig"
            | b"thinking"
            | b"toolConfig"
            | b"tool_choice"
            | b"tools"
            | b"truncate"
            | b"user"
    );
    is_parameter || read.iter().any(|known| known.as_bytes() == key) || key.starts_with(b"amazon-bedrock-")
}

/// Keys of a body that the family does not have, when there is text under them: searched, and said.
fn keep_unread<'a>(body: Value<'a>, is_known: impl Fn(Key<'a>) -> bool, reading: &mut Reading<'a>) {
    reading.unread.extend(body.entries().filter(|(key, value)| !is_known(*key) && blocks::holds_text(*value)));
}

/// `amazon-bedrock-…` keys: on a whole body, on a delta, on the last chunk (FORMATS §2.3, §2.4). Of chunks also those that
/// tell of the stream's end.
fn amazon_keys<'a>(part: Value<'a>, streamed: bool, reading: &mut Reading<'a>) {
    if streamed && !part.is_object() {
        reading.ending.word(part);
    }
    for (key, value) in part.entries() {
        if streamed {
            reading.ending.key(key.raw(), value);
        }
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
