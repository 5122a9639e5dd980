//! Llama bodies: one prompt in the model's own template (FORMATS §2.2).

use super::family::Family;
use super::reading::{Block, Media, Reading};
use super::snippet::Snippet;
use crate::decode::json::Value;

/// The family.
pub(super) struct Llama;

impl Family for Llama {
    fn name(&self) -> &'static str {
        "llama"
    }

    fn is_request(&self, request: Value<'_>, answered: bool) -> bool {
        request.get("prompt").is_text() && (answered || request.get("max_gen_len").is_some())
    }

    fn request<'a>(&self, request: Value<'a>, reading: &mut Reading<'a>) {
        let parts = reading.turn("user".into());
        parts.push(Block::Text(Snippet::of(request.get("prompt"))));
        parts.extend(request.get("images").items().filter(|image| image.is_text()).map(|image| Block::Media(Media::inline_image(image))));
    }

    fn is_response(&self, response: Value<'_>) -> bool {
        response.get("generation").is_text()
    }

    /// A chunk has the same keys; later ones say null where the first has the prompt's count.
    fn response<'a>(&self, response: Value<'a>, reading: &mut Reading<'a>) {
        reading.answer.push(Block::Text(Snippet::of(response.get("generation"))));
        reading.stopped(response.get("stop_reason"));
        reading.usage.input = response.get("prompt_token_count").count().or(reading.usage.input);
        reading.usage.output = response.get("generation_token_count").count().or(reading.usage.output);
    }
}
