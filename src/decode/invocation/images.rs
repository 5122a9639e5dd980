//! Image models: Titan Image, Nova Canvas, Stability. Pictures are listed, never shown (FORMATS §2.2).

use super::family::Family;
use super::reading::{Block, Media, Reading};
use super::snippet::Snippet;
use crate::decode::json::Value;

/// The family.
pub(super) struct Images;

impl Family for Images {
    fn name(&self) -> &'static str {
        "images"
    }

    fn is_request(&self, request: Value<'_>, answered: bool) -> bool {
        let own = || request.get("taskType").is_text() || request.get("text_prompts").is_array();
        own() || (request.get("prompt").is_text() && answered)
    }

    fn request<'a>(&self, request: Value<'a>, reading: &mut Reading<'a>) {
        let parts = reading.turn("user".into());
        for (key, value) in request.entries() {
            match key.raw() {
                b"prompt" | b"negative_prompt" => parts.push(Block::Text(Snippet::of(value))),
                b"text_prompts" => {
                    parts.extend(
                        value.items().map(|prompt| prompt.get("text")).filter(|text| text.is_text()).map(|text| Block::Text(Snippet::of(text))),
                    );
                }
                b"image" | b"init_image" | b"mask_image" if value.is_text() => parts.push(Block::Media(Media::inline_image(value))),
                key if key.ends_with(b"Params") => task(value, parts),
                _ => {}
            }
        }
    }

    fn is_response(&self, response: Value<'_>) -> bool {
        response.at("artifacts.0.base64").is_text() || response.at("images.0").is_text() || response.get("finish_reasons").is_array()
    }

    fn response<'a>(&self, response: Value<'a>, reading: &mut Reading<'a>) {
        let artifacts = response.get("artifacts").items().map(|artifact| artifact.get("base64"));
        for image in artifacts.chain(response.get("images").items()).filter(|image| image.is_text()) {
            reading.answer.push(Block::Media(Media::inline_image(image)));
        }
        for reason in [response.at("artifacts.0.finishReason"), response.at("finish_reasons.0"), response.get("error")] {
            reading.stopped(reason);
        }
    }
}

/// `textToImageParams`, `inPaintingParams` and the like.
fn task<'a>(params: Value<'a>, parts: &mut Vec<Block<'a>>) {
    for (key, value) in params.entries() {
        match key.raw() {
            b"text" | b"negativeText" | b"maskPrompt" if value.is_text() => parts.push(Block::Text(Snippet::of(value))),
            b"image" | b"images" | b"maskImage" | b"conditionImage" => {
                parts.extend(value.items_or_self().filter(|image| image.is_text()).map(|image| Block::Media(Media::inline_image(image))));
            }
            _ => {}
        }
    }
}
