//! What a guardrail did, from every shape its verdict and trace come in (FORMATS §2.4).

use std::borrow::Cow;
use std::collections::HashSet;

use super::family;
use super::reading::Reading;
use super::snippet::{Snippet, joined};
use crate::decode::json::Value;
use crate::decode::nested::Nested;
use crate::model::{Guardrail, GuardrailAction, GuardrailPolicy, GuardrailSide};

/// The stop reason of Converse that tells of a guardrail.
const STOPPED: &str = "guardrail_intervened";

/// The verdict and its findings; what was held back is read by [`suppressed`].
pub(super) fn outcome(reading: &Reading<'_>) -> Guardrail {
    let mut guardrail = Guardrail::default();
    for id in &reading.guardrails {
        add_id(&mut guardrail, id.text_some());
    }
    let stopped = reading.stop.as_deref() == Some(STOPPED);
    if stopped || !reading.verdicts.is_empty() || !reading.traces.is_empty() {
        verdict(reading, stopped, &mut guardrail);
    }
    let mut seen = HashSet::new();
    guardrail.ids.retain(|id| seen.insert(id.clone()));
    guardrail
}

/// "Intervened" is not "blocked": a guardrail that masks intervenes, too. Several chunks of a stream tell of one
/// intervention.
fn verdict(reading: &Reading<'_>, stopped: bool, guardrail: &mut Guardrail) {
    let mut reasons = String::new();
    let mut looked = false;
    for trace in traces(reading) {
        looked = true;
        assessments(trace, reading.guards_output, guardrail);
        if let Some(reason) = trace.get("actionReason").text() {
            reasons.push_str(&reason.to_ascii_lowercase());
        }
    }
    let said = |word: &str| reading.verdicts.iter().any(|verdict| verdict.text().is_some_and(|verdict| verdict.eq_ignore_ascii_case(word)));
    let intervened = stopped || said("INTERVENED") || said("GUARDRAIL_INTERVENED");
    let took = |action: &str| guardrail.policies.iter().any(|policy| policy.action.eq_ignore_ascii_case(action));
    guardrail.action = if took("BLOCKED") || reasons.contains("blocked") {
        GuardrailAction::Blocked
    } else if took("ANONYMIZED") || reasons.contains("masked") {
        GuardrailAction::Masked
    } else if intervened {
        // Nothing says which: text with placeholders such as {NAME} was masked.
        if has_placeholder(&joined(&reading.answer_pieces().0, "")) { GuardrailAction::Masked } else { GuardrailAction::Blocked }
    } else if guardrail.policies.iter().any(|policy| policy.policy != "reasoning") {
        GuardrailAction::Detected
    } else if looked || said("NONE") {
        GuardrailAction::None
    } else {
        GuardrailAction::Unknown
    };
    guardrail.intervened = intervened || matches!(guardrail.action, GuardrailAction::Blocked | GuardrailAction::Masked);
}

/// The traces that are there: one, or an array of them.
fn traces<'a>(reading: &Reading<'a>) -> impl Iterator<Item = Value<'a>> {
    reading.traces.iter().flat_map(|trace| trace.items_or_self()).filter(|trace| trace.is_object())
}

/// What the model said and the guardrail did not let through as it was.
pub(super) fn held_back<'a>(reading: &Reading<'a>) -> impl Iterator<Item = Value<'a>> {
    traces(reading).flat_map(|trace| trace.all("modelOutput")).flat_map(Value::items_or_self)
}

/// The same as text: where it is a whole body of the model, as it often is, that body's text.
pub(super) fn suppressed(reading: &Reading<'_>) -> Vec<String> {
    held_back(reading).filter(|text| text.is_some()).map(|text| body_text(text).unwrap_or_else(|| Snippet::of(text).text().into_owned())).collect()
}

fn body_text(output: Value<'_>) -> Option<String> {
    let nested = Nested::of(output);
    let reading = family::read(Value::default(), nested.as_ref().map_or(output, Nested::root));
    let (text, reasoning) = reading.answer_pieces();
    let text = joined(&reasoning, "") + &joined(&text, "");
    (!text.is_empty()).then_some(text)
}

fn add_id(guardrail: &mut Guardrail, id: Option<Cow<'_, str>>) {
    if let Some(id) = id {
        guardrail.ids.push(id.rsplit('/').next().unwrap_or(&id).to_owned());
    }
}

/// `{ADDRESS}`, `{US_SOCIAL_SECURITY_NUMBER}`, or a pattern's name as its owner wrote it, `{Account Number}`: what masking
/// leaves in a text.
fn has_placeholder(text: &str) -> bool {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b' ');
    text.split('{').skip(1).any(|rest| {
        let name = rest.bytes().take_while(|byte| is_name(*byte)).count();
        (3..=100).contains(&name) && rest.starts_with(|first: char| first.is_ascii_uppercase()) && rest.as_bytes().get(name) == Some(&b'}')
    })
}

fn assessments(trace: Value<'_>, of_output: bool, guardrail: &mut Guardrail) {
    for (key, value) in trace.entries() {
        let side = match key.raw() {
            b"input" | b"inputAssessment" => GuardrailSide::Input,
            b"output" | b"outputs" | b"outputAssessment" | b"outputAssessments" => GuardrailSide::Output,
            // ApplyGuardrail's reply does not repeat the side that its request names.
            b"assessments" => {
                for assessment in value.items() {
                    add_id(guardrail, assessment.at("appliedGuardrailDetails.guardrailId").text_some());
                    policies(if of_output { GuardrailSide::Output } else { GuardrailSide::Input }, assessment, guardrail);
                }
                continue;
            }
            _ => continue,
        };
        // An object by guardrail id, or in older logs an array of such; the assessment under the id is one or several.
        for by_id in value.items_or_self() {
            for (id, assessment) in by_id.entries().filter(|(_, value)| value.is_object() || value.is_array()) {
                add_id(guardrail, Some(id.text()));
                assessment.items_or_self().for_each(|assessment| policies(side, assessment, guardrail));
            }
        }
    }
}

/// Where each policy keeps its findings, and under which key a finding has its name.
const POLICIES: [(&str, &str, &str, &str); 8] = [
    ("topicPolicy", "topics", "topic", "name"),
    ("contentPolicy", "filters", "content", "type"),
    ("wordPolicy", "customWords", "word", "match"),
    ("wordPolicy", "managedWordLists", "word", "match"),
    // The name is the type: the match is the secret itself.
    ("sensitiveInformationPolicy", "piiEntities", "sensitive", "type"),
    ("sensitiveInformationPolicy", "regexes", "sensitive", "name"),
    ("contextualGroundingPolicy", "filters", "grounding", "type"),
    ("automatedReasoningPolicy", "findings", "reasoning", ""),
];

fn policies(side: GuardrailSide, assessment: Value<'_>, guardrail: &mut Guardrail) {
    for (policy, list, label, name) in POLICIES {
        for finding in assessment.get(policy).get(list).items() {
            // Filters that found nothing are listed as well: with outputScope FULL, and always for grounding.
            let detected = finding.get("detected").boolean();
            let passed = detected.is_none() && finding.get("action").is("NONE") && (label == "grounding" || finding.get("confidence").is("NONE"));
            if detected == Some(false) || passed {
                continue;
            }
            let name = if name.is_empty() { finding.entries().next().map(|(key, _)| key.text()) } else { finding.get(name).scalar() };
            guardrail.policies.push(GuardrailPolicy {
                side,
                policy: label.to_owned(),
                name: name.unwrap_or_default().into_owned(),
                confidence: ["confidence", "score"].into_iter().find_map(|key| finding.get(key).scalar()).map(Cow::into_owned),
                action: finding.get("action").text_some().unwrap_or("NONE".into()).into_owned(),
            });
        }
    }
}
