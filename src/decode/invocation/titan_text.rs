//! Titan text bodies (FORMATS §2.2).

use super::family::Family;
use super::reading::{Block, Reading};
use super::snippet::Snippet;
use crate::decode::json::Value;

/// The family.
pub(super) struct TitanText;

impl Family for TitanText {
    fn name(&self) -> &'static str {
        "titan-text"
    }

    fn is_request(&self, request: Value<'_>, answered: bool) -> bool {
        request.get("inputText").is_text() && (answered || request.get("textGenerationConfig").is_object())
    }

    fn request<'a>(&self, request: Value<'a>, reading: &mut Reading<'a>) {
        reading.prompt(Snippet::of(request.get("inputText")));
    }

    fn is_response(&self, response: Value<'_>) -> bool {
        response.get("outputText").is_text() || response.at("results.0.outputText").is_text()
    }

    /// A whole body, or a chunk, which is one result with the counts beside it.
    fn response<'a>(&self, response: Value<'a>, reading: &mut Reading<'a>) {
        let results = response.get("results");
        let usage = &mut reading.usage;
        usage.input = response.get("inputTextTokenCount").count().or(usage.input);
        let counts = results.items().filter_map(|result| result.get("tokenCount").count()).reduce(u64::saturating_add);
        usage.output = response.get("totalOutputTextTokenCount").count().or(counts).or(usage.output);
        let whole = results.is_array().then(|| results.items()).into_iter().flatten();
        for result in whole.chain(response.get("outputText").is_text().then_some(response)) {
            reading.answer.push(Block::Text(Snippet::of(result.get("outputText"))));
            reading.stopped(result.get("completionReason"));
        }
    }
}
