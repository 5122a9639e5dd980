//! What guardrails did, in every shape that FORMATS §2.4 tells of, with its traps.

use super::tests::{full, record};
use crate::decode::decode;
use crate::decode::json::Tape;
use crate::decode::tests::searched;
use crate::model::{ExchangeFlags, Guardrail, GuardrailAction, GuardrailSide};

const CLAUDE: &str = r#"{"anthropic_version":"x","messages":[{"role":"user","content":"q"}]}"#;
const CONVERSE: &str = r#"{"messages":[{"role":"user","content":[{"text":"q"}]}],"guardrailConfig":{"guardrailIdentifier":"arn:aws:bedrock:us-east-1:111122223333:guardrail/g1","guardrailVersion":"1","trace":"enabled"}}"#;

/// A Converse answer with a stop reason and a trace.
fn converse(stop: &str, trace: &str) -> Guardrail {
    let response = format!(r#"{{"output":{{"message":{{"role":"assistant","content":[{{"text":"a"}}]}}}},"stopReason":"{stop}","trace":{trace}}}"#);
    full(&record(CONVERSE, &response)).guardrail
}

/// Side, policy, name, action of each finding.
fn found(guardrail: &Guardrail) -> Vec<String> {
    guardrail.policies.iter().map(|p| format!("{} {} {} {}", p.side.name(), p.policy, p.name, p.action)).collect()
}

#[test]
fn traces_of_converse() {
    use GuardrailAction::{Blocked, Detected, Masked, None as Nothing};
    let topic = r#"{"topicPolicy":{"topics":[{"name":"T","type":"DENY","action":"BLOCKED","detected":true}]}}"#;
    let name = r#"{"sensitiveInformationPolicy":{"piiEntities":[{"type":"NAME","match":"Ann","action":"ANONYMIZED"}]}}"#;
    let seen = r#"{"sensitiveInformationPolicy":{"piiEntities":[{"type":"NAME","match":"Ann","action":"NONE"}]}}"#;
    for (stop, trace, action, findings) in [
        ("guardrail_intervened", format!(r#"{{"guardrail":{{"inputAssessment":{{"g1":{topic}}}}}}}"#), Blocked, &["input topic T BLOCKED"][..]),
        // An array of assessments under the id, or an array of ids.
        (
            "guardrail_intervened",
            format!(r#"{{"guardrail":{{"outputAssessments":{{"g1":[{name}]}}}}}}"#),
            Masked,
            &["output sensitive NAME ANONYMIZED"],
        ),
        (
            "guardrail_intervened",
            format!(r#"{{"guardrail":{{"outputAssessments":[{{"g1":{name}}}]}}}}"#),
            Masked,
            &["output sensitive NAME ANONYMIZED"],
        ),
        // Both sides; one blocked: blocked.
        (
            "guardrail_intervened",
            format!(r#"{{"guardrail":{{"inputAssessment":{{"g1":{name}}},"outputAssessments":{{"g1":[{topic}]}}}}}}"#),
            Blocked,
            &["input sensitive NAME ANONYMIZED", "output topic T BLOCKED"],
        ),
        // The trace itself in an array.
        ("guardrail_intervened", format!(r#"{{"guardrail":[{{"inputAssessment":{{"g1":{topic}}}}}]}}"#), Blocked, &["input topic T BLOCKED"]),
        // Action NONE is detect-only, and no intervention.
        ("end_turn", format!(r#"{{"guardrail":{{"inputAssessment":{{"g1":{seen}}}}}}}"#), Detected, &["input sensitive NAME NONE"]),
        // Looked at, nothing found; the reason says so.
        ("end_turn", r#"{"guardrail":{"inputAssessment":{"g1":{"invocationMetrics":{}}},"actionReason":"No action."}}"#.to_owned(), Nothing, &[]),
        ("guardrail_intervened", r#"{"guardrail":{"actionReason":"No action.\nGuardrail masked."}}"#.to_owned(), Masked, &[]),
        ("guardrail_intervened", r#"{"guardrail":{"actionReason":"Guardrail blocked."}}"#.to_owned(), Blocked, &[]),
        // Only the stop reason tells.
        ("guardrail_intervened", "null".to_owned(), Blocked, &[]),
    ] {
        let guardrail = converse(stop, &trace);
        assert_eq!((guardrail.action, found(&guardrail)), (action, findings.iter().map(|text| (*text).to_owned()).collect()), "{trace}");
        assert_eq!(guardrail.intervened, matches!(action, Blocked | Masked), "{trace}");
        assert_eq!(guardrail.ids, ["g1"], "{trace}");
    }
    // Named, but without a trace and without a verdict: nothing is known, not even that it passed.
    assert_eq!(converse("end_turn", "null").action, GuardrailAction::Unknown);
    // The model's own filter is no guardrail.
    assert_eq!(converse("content_filtered", "null").action, GuardrailAction::Unknown);
}

#[test]
fn every_policy_is_named() {
    let trace = r#"{"guardrail":{"inputAssessment":{"g1":{
        "contentPolicy":{"filters":[{"type":"PROMPT_ATTACK","confidence":"HIGH","filterStrength":"HIGH","action":"BLOCKED","detected":true},{"type":"HATE","confidence":"NONE","action":"NONE","detected":false}]},
        "topicPolicy":{"topics":[{"name":"Bombs","type":"DENY","action":"BLOCKED"}]},
        "wordPolicy":{"customWords":[{"match":"molotov","action":"BLOCKED"}],"managedWordLists":[{"match":"damn","type":"PROFANITY","action":"NONE"}]},
        "sensitiveInformationPolicy":{"piiEntities":[{"type":"US_SOCIAL_SECURITY_NUMBER","match":"000-00-0000","action":"ANONYMIZED"}],"regexes":[{"name":"badge","regex":"B\\d","match":"B1","action":"ANONYMIZED"}]},
        "contextualGroundingPolicy":{"filters":[{"type":"GROUNDING","threshold":0.7,"score":0.1,"action":"BLOCKED"},{"type":"RELEVANCE","threshold":0.5,"score":0.9,"action":"NONE"}]},
        "automatedReasoningPolicy":{"findings":[{"invalid":{"translation":{}}}]}}}}}"#;
    let guardrail = converse("guardrail_intervened", trace);
    assert_eq!(
        found(&guardrail),
        [
            "input topic Bombs BLOCKED",
            "input content PROMPT_ATTACK BLOCKED",
            "input word molotov BLOCKED",
            "input word damn NONE",
            "input sensitive US_SOCIAL_SECURITY_NUMBER ANONYMIZED",
            "input sensitive badge ANONYMIZED",
            "input grounding GROUNDING BLOCKED",
            "input reasoning invalid NONE",
        ]
    );
    // The secret that was matched is in none of the names.
    assert!(!format!("{:?}", guardrail.policies).contains("000-00-0000"));
}

#[test]
fn verdicts_of_invoke_model() {
    use GuardrailAction::{Blocked, Detected, Masked, None as Nothing};
    let topic = r#"{"g1":{"topicPolicy":{"topics":[{"name":"T","type":"DENY","action":"BLOCKED"}]}}}"#;
    for (response, action, intervened) in [
        // Blocked before the model: only type, role and content.
        (r#"{"type":"message","role":"assistant","content":[{"type":"text","text":"Sorry."}],"amazon-bedrock-guardrailAction":"INTERVENED"}"#.to_owned(), Blocked, true),
        // Intervened, without a trace: a placeholder tells of masking, also one with its owner's name.
        (r#"{"type":"message","role":"assistant","content":[{"type":"text","text":"the {Account Number} of it"}],"stop_reason":"end_turn","amazon-bedrock-guardrailAction":"INTERVENED"}"#.to_owned(), Masked, true),
        (r#"{"type":"message","role":"assistant","content":[{"type":"text","text":"{EMAIL}"}],"amazon-bedrock-guardrailAction":"INTERVENED"}"#.to_owned(), Masked, true),
        (r#"{"type":"message","role":"assistant","content":[{"type":"text","text":"a {b} c"}],"amazon-bedrock-guardrailAction":"INTERVENED"}"#.to_owned(), Blocked, true),
        // Titan puts the message into its normal field; the counts are floats.
        (
            format!(r#"{{"inputTextTokenCount":6.0,"results":[{{"tokenCount":3.0,"outputText":"Input blocked","completionReason":"CONTENT_FILTERED"}}],"amazon-bedrock-trace":{{"guardrail":{{"input":{topic},"actionReason":"Guardrail blocked."}}}},"amazon-bedrock-guardrailAction":"INTERVENED"}}"#),
            Blocked,
            true,
        ),
        // Trace as an array; outputs as an object.
        (format!(r#"{{"type":"message","role":"assistant","content":[],"amazon-bedrock-trace":[{{"guardrail":{{"outputs":{topic}}}}}]}}"#), Blocked, true),
        (r#"{"type":"message","role":"assistant","content":[],"amazon-bedrock-guardrailAction":"NONE"}"#.to_owned(), Nothing, false),
        (
            r#"{"type":"message","role":"assistant","content":[],"amazon-bedrock-guardrailAction":"NONE","amazon-bedrock-trace":{"guardrail":{"input":{"g1":{"contentPolicy":{"filters":[{"type":"PROMPT_ATTACK","confidence":"MEDIUM","action":"NONE","detected":true}]}}}}}}"#.to_owned(),
            Detected,
            false,
        ),
    ] {
        let guardrail = full(&record(CLAUDE, &response)).guardrail;
        assert_eq!((guardrail.action, guardrail.intervened), (action, intervened), "{response}");
    }
}

#[test]
fn a_streams_verdicts_are_one_intervention() {
    // On a delta and on message_stop; the stop reason does not tell of it.
    let exchange = full(&record(
        CLAUDE,
        r#"[{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Sorry."},"amazon-bedrock-guardrailAction":"INTERVENED"},{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":0}},{"type":"message_stop","amazon-bedrock-guardrailAction":"INTERVENED","amazon-bedrock-trace":{"guardrail":{"input":{"g1":{"topicPolicy":{"topics":[{"name":"T","type":"DENY","action":"BLOCKED"}]}}}}}}]"#,
    ));
    assert_eq!((exchange.guardrail.action, found(&exchange.guardrail)), (GuardrailAction::Blocked, vec!["input topic T BLOCKED".to_owned()]));
    assert_eq!((exchange.stop_reason.as_deref(), exchange.completion.as_str()), (Some("end_turn"), "Sorry."));
    // Masked, in the only chunk; the rest of the stream says NONE.
    let masked = full(&record(
        r#"{"inputText":"q","textGenerationConfig":{}}"#,
        r#"[{"outputText":"I am {NAME}","amazon-bedrock-guardrailAction":"NONE"},{"outputText":".","amazon-bedrock-guardrailAction":"INTERVENED","amazon-bedrock-trace":{"guardrail":{"outputs":[{"g1":{"sensitiveInformationPolicy":{"piiEntities":[{"type":"NAME","match":"Ann","action":"ANONYMIZED"}]}}}]}}}]"#,
    ));
    assert_eq!((masked.guardrail.action, masked.guardrail.intervened), (GuardrailAction::Masked, true));
}

#[test]
fn what_was_held_back_is_read_and_found() {
    for (output, text) in [
        ("plain words".to_owned(), "plain words"),
        (
            r#"{"inputTextTokenCount":17,"results":[{"tokenCount":17,"outputText":"Titan's words","completionReason":"FINISH"}]}"#.to_owned(),
            "Titan's words",
        ),
        (r#"{"type":"message","role":"assistant","content":[{"type":"text","text":"Claude's words"}]}"#.to_owned(), "Claude's words"),
        (r#"{"output":{"message":{"content":[{"text":"Nova's words"}]}}}"#.to_owned(), "Nova's words"),
        // Of no known shape, without text, or cut off: as it stands.
        (r#"{"strange":"words"}"#.to_owned(), r#"{"strange":"words"}"#),
        (r#"{"type":"message","role":"assistant","content":[]}"#.to_owned(), r#"{"type":"message","role":"assistant","content":[]}"#),
        (r#"{"results":[{"outputText":"cut of"#.to_owned(), "cut of"),
        ("{braces}".to_owned(), "{braces}"),
    ] {
        let response = format!(
            r#"{{"type":"message","role":"assistant","content":[{{"type":"text","text":"Sorry."}}],"amazon-bedrock-trace":{{"guardrail":{{"modelOutput":[{}],"actionReason":"Guardrail blocked."}}}}}}"#,
            serde_json::to_string(&output).expect("a string")
        );
        let bytes = record(CLAUDE, &response);
        assert_eq!(full(&bytes).guardrail.suppressed, [text], "{output}");
        let mut tape = Tape::new();
        assert!(searched(&decode(&bytes, &mut tape)).contains(&output), "{output}");
    }
}

#[test]
fn guardrails_applied_by_themselves() {
    use GuardrailAction::{Blocked, Masked, None as Nothing};
    let reply = |action: &str, assessment: &str| {
        format!(
            r#"{{"action":"{action}","actionReason":"","outputs":[{{"text":"o"}}],"assessments":[{{"appliedGuardrailDetails":{{"guardrailId":"g1"}}{assessment}}}]}}"#
        )
    };
    let email =
        |action: &str| format!(r#","sensitiveInformationPolicy":{{"piiEntities":[{{"type":"EMAIL","match":"a@example.com","action":"{action}"}}]}}"#);
    for (source, response, action, side) in [
        ("INPUT", reply("GUARDRAIL_INTERVENED", &email("BLOCKED")), Blocked, Some(GuardrailSide::Input)),
        ("OUTPUT", reply("GUARDRAIL_INTERVENED", &email("ANONYMIZED")), Masked, Some(GuardrailSide::Output)),
        ("INPUT", reply("NONE", ""), Nothing, None),
    ] {
        let exchange = full(&record(&format!(r#"{{"source":"{source}","content":[{{"text":{{"text":"q"}}}}]}}"#), &response));
        assert_eq!((exchange.family.as_str(), exchange.user_text.as_str(), exchange.completion.as_str()), ("apply-guardrail", "q", "o"));
        assert_eq!((exchange.guardrail.action, exchange.guardrail.policies.first().map(|policy| policy.side)), (action, side), "{response}");
        assert_eq!(exchange.guardrail.ids, ["g1"]);
    }
}

#[test]
fn a_guardrail_that_is_only_configured() {
    // The guardrail of InvokeModel is set by headers; a tag in the body tells that there is one.
    let request = r#"{"anthropic_version":"x","messages":[{"role":"user","content":"q"}],"amazon-bedrock-guardrailConfig":{"tagSuffix":"xyz"}}"#;
    for (request, guarded) in [(request, true), (CLAUDE, false), (CONVERSE, true)] {
        let bytes = record(request, "null");
        let mut tape = Tape::new();
        let facts = decode(&bytes, &mut tape).exchange.expect("an exchange");
        assert_eq!((facts.flags.has(ExchangeFlags::GUARDED), facts.guardrail), (guarded, GuardrailAction::Unknown), "{request}");
    }
}

#[test]
fn strange_traces_are_read_as_far_as_they_go() {
    for trace in [
        "7",
        "[]",
        r#"{"guardrail":null}"#,
        r#"{"guardrail":"x"}"#,
        r#"{"guardrail":{"inputAssessment":[7,"x",null]}}"#,
        r#"{"guardrail":{"inputAssessment":{"g1":7},"outputAssessments":{"g1":[7]}}}"#,
        r#"{"guardrail":{"inputAssessment":{"g1":{"topicPolicy":{"topics":{"name":"T"}}}}}}"#,
        r#"{"guardrail":{"modelOutput":{"a":1},"actionReason":7}}"#,
    ] {
        let guardrail = converse("end_turn", trace);
        assert!(matches!(guardrail.action, GuardrailAction::None | GuardrailAction::Unknown), "{trace}: {guardrail:?}");
    }
    // Ten thousand ids cost no more than that.
    let ids: Vec<String> = (0..10_000).map(|id| format!(r#""g{id}":{{}}"#)).collect();
    assert_eq!(converse("end_turn", &format!(r#"{{"guardrail":{{"inputAssessment":{{{}}}}}}}"#, ids.join(","))).ids.len(), 10_000);
}
