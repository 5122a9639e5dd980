//! Llama bodies: one prompt in the model's own template (FORMATS §2.2).

use super::family::Family;
use super::reading::{Block, Media, Reading};
use super::snippet::Snippet;
use super::template;
use super::tokens::{count, known};
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
        template::prompts(request, "prompt", reading);
        let images: Vec<Value<'a>> = request.get("images").items_or_self().filter(|image| image.is_text()).collect();
        if !images.is_empty() {
            reading.same_turn("user".into()).extend(images.into_iter().map(|image| Block::Media(Media::inline_image(image))));
        }
    }

    fn request_keys(&self) -> &'static [&'static str] {
        &["prompt", "images"]
    }

    fn is_response(&self, response: Value<'_>) -> bool {
        response.get("generation").is_text()
    }

    /// A chunk has the same keys; later ones say null where the first has the prompt's count.
    fn response<'a>(&self, response: Value<'a>, reading: &mut Reading<'a>) {
        reading.answer.extend(response.all("generation").map(|text| Block::Text(Snippet::of(text))));
        reading.stopped(response.get("stop_reason"));
        reading.usage.input = known(count(response, "prompt_token_count", reading), reading.usage.input);
        reading.usage.output = known(count(response, "generation_token_count", reading), reading.usage.output);
    }

    fn response_keys(&self) -> &'static [&'static str] {
        &["generation"]
    }
}
