//! ApplyGuardrail called by itself: a text and the guardrail's reply (FORMATS §2.4).

use super::blocks;
use super::family::Family;
use super::reading::{Block, Reading};
use super::snippet::Snippet;
use crate::decode::json::Value;

/// The family.
pub(super) struct ApplyGuardrail;

impl Family for ApplyGuardrail {
    fn name(&self) -> &'static str {
        "apply-guardrail"
    }

    fn is_request(&self, request: Value<'_>, answered: bool) -> bool {
        request.get("content").is_array() && (answered || request.get("source").is("INPUT") || request.get("source").is("OUTPUT"))
    }

    fn request<'a>(&self, request: Value<'a>, reading: &mut Reading<'a>) {
        let parts = reading.turn("user".into());
        for item in request.get("content").items() {
            let text = item.at("text.text");
            if text.is_text() {
                parts.push(Block::Guarded(Snippet::of(text), item.at("text.qualifiers")));
            } else {
                blocks::content(item, parts);
            }
        }
    }

    fn is_response(&self, response: Value<'_>) -> bool {
        response.get("assessments").is_array() && response.get("action").is_text()
    }

    fn response<'a>(&self, response: Value<'a>, reading: &mut Reading<'a>) {
        let texts = response.get("outputs").items().map(|output| output.get("text")).filter(|text| text.is_text());
        reading.answer.extend(texts.map(|text| Block::Text(Snippet::of(text))));
        reading.verdicts.push(response.get("action"));
        reading.traces.push(response);
    }
}
