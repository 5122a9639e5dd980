//! Titan text bodies (FORMATS §2.2).

use super::family::Family;
use super::reading::{Block, Reading};
use super::snippet::Snippet;
use super::tokens::{count, known};
use super::{blocks, template};
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
        template::prompts(request, "inputText", reading);
    }

    fn request_keys(&self) -> &'static [&'static str] {
        &["inputText"]
    }

    fn is_response(&self, response: Value<'_>) -> bool {
        response.get("outputText").is_text() || response.at("results.0.outputText").is_text()
    }

    /// A whole body, or a chunk, which is one result with the counts beside it.
    fn response<'a>(&self, response: Value<'a>, reading: &mut Reading<'a>) {
        let results = || response.all("results").flat_map(Value::items_or_self);
        let counts = results().filter_map(|result| count(result, "tokenCount", reading)).reduce(u64::saturating_add);
        let output = count(response, "totalOutputTextTokenCount", reading).or(counts);
        reading.usage.input = known(count(response, "inputTextTokenCount", reading), reading.usage.input);
        reading.usage.output = known(output, reading.usage.output);
        for (index, result) in results().enumerate() {
            if index > 0 {
                reading.next_answer();
            }
            reading.answer.extend(result.all("outputText").map(|text| Block::Text(Snippet::of(text))));
            reading.stopped(result.get("completionReason"));
            blocks::rest(result, &["outputText", "completionReason", "tokenCount"], &mut reading.answer);
        }
        reading.answer.extend(response.all("outputText").map(|text| Block::Text(Snippet::of(text))));
        reading.stopped(response.get("completionReason"));
    }

    fn response_keys(&self) -> &'static [&'static str] {
        &["results", "outputText", "completionReason"]
    }
}
