//! Embeddings of Titan and Cohere: texts or images in, numbers out; the numbers are not shown (FORMATS §2.2).

use super::cohere_command_r;
use super::family::Family;
use super::reading::{Block, Reading};
use super::snippet::Snippet;
use super::tokens::{count, known};
use super::{blocks, images};
use crate::decode::json::Value;

/// The family.
pub(super) struct Embeddings;

impl Family for Embeddings {
    fn name(&self) -> &'static str {
        "embeddings"
    }

    fn is_request(&self, request: Value<'_>, answered: bool) -> bool {
        let own = || request.get("texts").is_array() || request.get("inputImage").is_text() || request.get("input_type").is_text();
        own()
            || (request.get("inputText").is_text() && (answered || !request.get("textGenerationConfig").is_some()))
            || (answered && images::is_task(request))
    }

    fn request<'a>(&self, request: Value<'a>, reading: &mut Reading<'a>) {
        let parts = reading.turn("user".into());
        for (key, value) in request.entries() {
            match key.raw() {
                b"inputText" | b"texts" => {
                    parts.extend(value.items_or_self().filter(|text| text.is_some()).map(|text| Block::Text(Snippet::of(text))));
                }
                b"inputImage" | b"images" => value.items_or_self().for_each(|image| images::picture(image, parts)),
                // Texts and images side by side.
                b"inputs" => {
                    for input in value.items_or_self() {
                        input.all("content").for_each(|content| blocks::content(content, parts));
                        blocks::rest(input, &["content"], parts);
                    }
                }
                b"singleEmbeddingParams" | b"segmentedEmbeddingParams" => images::task(value, parts),
                _ => {}
            }
        }
    }

    fn request_keys(&self) -> &'static [&'static str] {
        &["inputText", "texts", "inputImage", "images", "inputs", "singleEmbeddingParams", "segmentedEmbeddingParams", "inputType"]
    }

    fn is_response(&self, response: Value<'_>) -> bool {
        ["embedding", "embeddings", "embeddingsByType"].into_iter().any(|key| response.get(key).is_some())
    }

    fn response<'a>(&self, response: Value<'a>, reading: &mut Reading<'a>) {
        reading.usage.input = known(count(response, "inputTextTokenCount", reading), reading.usage.input);
        cohere_command_r::billed(response, reading);
    }

    fn response_keys(&self) -> &'static [&'static str] {
        &["embedding", "embeddings", "embeddingsByType", "meta", "images"]
    }

    fn streams(&self) -> bool {
        false
    }
}
