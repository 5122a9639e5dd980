//! What a guardrail did, from every shape its verdict and trace come in (FORMATS §2.4).

use std::borrow::Cow;

use super::reading::Reading;
use super::snippet::joined;
use crate::decode::json::Value;
use crate::model::{Guardrail, GuardrailAction, GuardrailPolicy, GuardrailSide};

/// The stop reason of Converse that tells of a guardrail.
const STOPPED: &str = "guardrail_intervened";

/// The verdict and its findings. "Intervened" is not "blocked": a guardrail that masks intervenes, too.
pub(super) fn outcome(reading: &Reading<'_>) -> Guardrail {
    let stopped = reading.stop.as_deref() == Some(STOPPED);
    let mut guardrail = Guardrail::default();
    for id in &reading.guardrails {
        add_id(&mut guardrail, id.text_some());
    }
    if reading.verdicts.is_empty() && reading.traces.is_empty() && !stopped {
        return guardrail;
    }
    let mut reasons = String::new();
    let mut looked = false;
    for trace in reading.traces.iter().filter(|trace| trace.is_object()) {
        looked = true;
        assessments(*trace, &mut guardrail);
        if let Some(reason) = trace.get("actionReason").text() {
            reasons.push_str(&reason.to_ascii_lowercase());
        }
        guardrail.suppressed.extend(trace.get("modelOutput").items_or_self().filter_map(Value::text).map(Cow::into_owned));
    }
    let said = |word: &str| reading.verdicts.iter().any(|verdict| verdict.is(word));
    let intervened = stopped || said("INTERVENED") || said("GUARDRAIL_INTERVENED");
    let took = |action: &str| guardrail.policies.iter().any(|policy| policy.action == action);
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
    guardrail
}

fn add_id(guardrail: &mut Guardrail, id: Option<Cow<'_, str>>) {
    if let Some(id) = id {
        let id = id.rsplit('/').next().unwrap_or(&id).to_owned();
        if !guardrail.ids.contains(&id) {
            guardrail.ids.push(id);
        }
    }
}

/// `{ADDRESS}`, `{US_SOCIAL_SECURITY_NUMBER}`: what masking leaves in a text.
fn has_placeholder(text: &str) -> bool {
    text.split('{').skip(1).any(|rest| {
        rest.split_once('}').is_some_and(|(name, _)| name.len() >= 3 && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'))
    })
}

fn assessments(trace: Value<'_>, guardrail: &mut Guardrail) {
    for (key, value) in trace.entries() {
        let side = match key.raw() {
            b"input" | b"inputAssessment" => GuardrailSide::Input,
            b"output" | b"outputs" | b"outputAssessment" | b"outputAssessments" => GuardrailSide::Output,
            // ApplyGuardrail's reply does not repeat the side; a text handed in is an input.
            b"assessments" => {
                for assessment in value.items() {
                    add_id(guardrail, assessment.at("appliedGuardrailDetails.guardrailId").text_some());
                    policies(GuardrailSide::Input, assessment, guardrail);
                }
                continue;
            }
            _ => continue,
        };
        // An object by guardrail id, or in older logs an array of such; the assessment under the id is one or several.
        for by_id in value.items_or_self() {
            for (id, assessment) in by_id.entries() {
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
