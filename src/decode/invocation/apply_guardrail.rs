//! ApplyGuardrail called by itself: a text and the guardrail's reply (FORMATS §2.4).

use super::family::Family;
use super::reading::{Block, Reading};
use super::snippet::Snippet;
use super::{blocks, converse};
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
        reading.guards_output = request.get("source").is("OUTPUT");
        reading.guardrails.push(request.get("guardrailIdentifier"));
        let parts = reading.turn("user".into());
        request.all("content").flat_map(Value::items_or_self).for_each(|item| converse::guarded(item, parts));
    }

    fn request_keys(&self) -> &'static [&'static str] {
        &["source", "content", "guardrailIdentifier", "guardrailVersion"]
    }

    fn is_response(&self, response: Value<'_>) -> bool {
        response.get("assessments").is_array() && response.get("action").is_text()
    }

    fn response<'a>(&self, response: Value<'a>, reading: &mut Reading<'a>) {
        for output in response.all("outputs").flat_map(Value::items_or_self) {
            reading.answer.extend(output.all("text").filter(|text| text.is_some()).map(|text| Block::Text(Snippet::of(text))));
            blocks::rest(output, &["text"], &mut reading.answer);
        }
        reading.verdicts.push(response.get("action"));
        reading.traces.push(response);
    }

    /// `output` and `blockedResponse` say `outputs` once more.
    fn response_keys(&self) -> &'static [&'static str] {
        &["outputs", "output", "blockedResponse", "action", "actionReason", "assessments", "guardrailCoverage"]
    }

    fn streams(&self) -> bool {
        false
    }
}
