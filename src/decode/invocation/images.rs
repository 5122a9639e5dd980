//! Image models: Titan Image, Nova Canvas, Stability. Pictures are listed, never shown (FORMATS §2.2).

use std::sync::LazyLock;

use super::blocks;
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
        is_task(request) || request.get("text_prompts").is_array() || (request.get("prompt").is_text() && answered)
    }

    fn request<'a>(&self, request: Value<'a>, reading: &mut Reading<'a>) {
        let parts = reading.turn("user".into());
        for (key, value) in request.entries() {
            match key.raw() {
                b"text_prompts" => {
                    for prompt in value.items_or_self() {
                        parts.extend(prompt.all("text").filter(|text| text.is_some()).map(|text| Block::Text(Snippet::of(text))));
                        blocks::rest(prompt, &["text"], parts);
                    }
                }
                key if TASKS.iter().any(|task| task.as_bytes() == key) => task(value, parts),
                key => {
                    piece(key, value, parts);
                }
            }
        }
    }

    fn request_keys(&self) -> &'static [&'static str] {
        &KEYS
    }

    fn is_response(&self, response: Value<'_>) -> bool {
        response.at("artifacts.0.base64").is_text() || response.at("images.0").is_text() || response.get("finish_reasons").is_array()
    }

    fn response<'a>(&self, response: Value<'a>, reading: &mut Reading<'a>) {
        for artifact in response.all("artifacts").flat_map(Value::items_or_self) {
            picture(artifact.get("base64"), &mut reading.answer);
            blocks::rest(artifact, &["base64", "finishReason", "seed"], &mut reading.answer);
        }
        response.all("images").flat_map(Value::items_or_self).for_each(|image| picture(image, &mut reading.answer));
        for reason in [response.at("artifacts.0.finishReason"), response.at("finish_reasons.0"), response.get("error")] {
            reading.stopped(reason);
        }
    }

    fn response_keys(&self) -> &'static [&'static str] {
        &["artifacts", "images", "finish_reasons", "error", "seeds", "result"]
    }

    fn streams(&self) -> bool {
        false
    }
}

/// Does the request name a task, as Titan's and Nova's do?
pub(super) fn is_task(request: Value<'_>) -> bool {
    request.get("taskType").is_text()
}

/// What holds a task's own texts and pictures.
const TASKS: &[&str] = &[
    "textToImageParams",
    "inPaintingParams",
    "outPaintingParams",
    "imageVariationParams",
    "colorGuidedGenerationParams",
    "backgroundRemovalParams",
    "virtualTryOnParams",
    "textToVideoParams",
    "singleEmbeddingParams",
    "segmentedEmbeddingParams",
];
const TEXTS: &[&str] = &["prompt", "negative_prompt", "search_prompt", "select_prompt", "text", "negativeText", "maskPrompt", "garmentPrompt"];
const PICTURES: &[&str] = &[
    "image",
    "images",
    "init_image",
    "mask",
    "mask_image",
    "maskImage",
    "style_image",
    "conditionImage",
    "referenceImage",
    "sourceImage",
    "inputImage",
];

/// The keys of a request that are read.
static KEYS: LazyLock<Vec<&str>> = LazyLock::new(|| [TASKS, TEXTS, PICTURES, &["text_prompts"]].concat());

/// A text or a picture, by its key; tells whether it was one.
fn piece<'a>(key: &[u8], value: Value<'a>, parts: &mut Vec<Block<'a>>) -> bool {
    let is_one_of = |keys: &[&str]| keys.iter().any(|known| known.as_bytes() == key);
    if is_one_of(TEXTS) {
        // Nova's embeddings put the text into an object.
        let words = if value.get("value").is_text() { value.get("value") } else { value };
        parts.extend(Some(words).filter(|words| words.is_some()).map(|words| Block::Text(Snippet::of(words))));
    } else if is_one_of(PICTURES) {
        value.items_or_self().for_each(|image| picture(image, parts));
    } else {
        return false;
    }
    true
}

/// Base64, an address, or an image as Nova's other models have it.
pub(super) fn picture<'a>(image: Value<'a>, parts: &mut Vec<Block<'a>>) {
    if image.is_text() {
        let raw = image.raw_text();
        let is_address = raw.starts_with(b"data:") || memchr::memmem::find(raw.get(..16).unwrap_or(raw), b"://").is_some();
        parts.push(Block::Media(if is_address { blocks::image_url(image) } else { Media::inline_image(image) }));
    } else if image.get("source").is_object() {
        blocks::media("image", image, parts);
    } else {
        blocks::unknown(image, parts);
    }
}

/// `textToImageParams`, `inPaintingParams` and the like. Settings are words in capitals or colours; other text is kept.
pub(super) fn task<'a>(params: Value<'a>, parts: &mut Vec<Block<'a>>) {
    let is_setting = |value: Value<'_>| {
        value.is_text() && value.raw_text().iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'#'))
    };
    if !params.is_object() {
        blocks::unknown(params, parts);
    }
    for (key, value) in params.entries() {
        if !piece(key.raw(), value, parts) && !value.items_or_self().all(is_setting) {
            blocks::unknown(value, parts);
        }
    }
}
