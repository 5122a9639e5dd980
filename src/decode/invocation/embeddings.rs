//! Embeddings of Titan and Cohere: texts or images in, numbers out; the numbers are not shown (FORMATS §2.2).

use super::family::Family;
use super::reading::{Block, Media, Reading};
use super::snippet::Snippet;
use crate::decode::json::Value;

/// The family.
pub(super) struct Embeddings;

impl Family for Embeddings {
    fn name(&self) -> &'static str {
        "embeddings"
    }

    fn is_request(&self, request: Value<'_>, answered: bool) -> bool {
        let own = || request.get("texts").is_array() || request.get("inputImage").is_text() || request.get("input_type").is_text();
        own() || (request.get("inputText").is_text() && (answered || !request.get("textGenerationConfig").is_some()))
    }

    fn request<'a>(&self, request: Value<'a>, reading: &mut Reading<'a>) {
        let parts = reading.turn("user".into());
        for (key, value) in request.entries() {
            match key.raw() {
                b"inputText" | b"texts" => {
                    parts.extend(value.items_or_self().filter(|text| text.is_text()).map(|text| Block::Text(Snippet::of(text))));
                }
                b"inputImage" | b"images" => {
                    parts.extend(value.items_or_self().filter(|image| image.is_text()).map(|image| Block::Media(Media::inline_image(image))));
                }
                _ => {}
            }
        }
    }

    fn is_response(&self, response: Value<'_>) -> bool {
        ["embedding", "embeddings", "embeddingsByType"].into_iter().any(|key| response.get(key).is_some())
    }

    fn response<'a>(&self, response: Value<'a>, reading: &mut Reading<'a>) {
        reading.usage.input = response.get("inputTextTokenCount").count().or(reading.usage.input);
    }
}
