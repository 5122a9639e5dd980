//! Records of our own, in the forms that captures and documentation show.

use crate::decode::json::Tape;
use crate::decode::tests::searched;
use crate::decode::{Decoded, decode};
use crate::model::{Outcome, Strand, Timestamp};

fn with<T>(record: &str, look: impl FnOnce(Decoded<'_>) -> T) -> T {
    let mut tape = Tape::new();
    look(decode(record.as_bytes(), &mut tape))
}

fn mentions(record: &str) -> Vec<String> {
    with(record, |decoded| decoded.mentions.iter().map(|(kind, value)| format!("{kind} {value}")).collect())
}

/// A call to a model by an agent that AgentCore hosts, instrumented by AWS's distribution.
const CHAT: &str = r#"{"resource":{"attributes":{"deployment.environment.name":"bedrock-agentcore:default","aws.local.service":"order_desk.DEFAULT","service.name":"order_desk.DEFAULT","cloud.region":"us-east-1","cloud.provider":"aws","cloud.resource_id":"arn:aws:bedrock-agentcore:us-east-1:111122223333:runtime/order_desk-h3Kq/runtime-endpoint/DEFAULT:DEFAULT","cloud.platform":"aws_bedrock_agentcore","aws.service.type":"gen_ai_agent","aws.log.group.names":"/aws/bedrock-agentcore/runtimes/order_desk-h3Kq-DEFAULT"}},"scope":{"name":"opentelemetry.instrumentation.botocore.bedrock-runtime"},"traceId":"6a5b0e94f1c24d7e8f0a1b2c3d4e5f60","spanId":"1a2b3c4d5e6f7a8b","parentSpanId":"9c8d7e6f5a4b3c2d","flags":256,"name":"chat us.anthropic.claude-sonnet-4-5-20250929-v1:0","kind":"CLIENT","startTimeUnixNano":1794909900250000000,"endTimeUnixNano":1794909902894916837,"durationNano":2644916837,"attributes":{"rpc.system":"aws-api","rpc.service":"Bedrock Runtime","rpc.method":"Converse","aws.request_id":"0b9f6f0e-6f5e-4f55-9b2c-2f6f1f3c9a10","gen_ai.operation.name":"chat","gen_ai.system":"aws.bedrock","gen_ai.request.model":"us.anthropic.claude-sonnet-4-5-20250929-v1:0","gen_ai.usage.input_tokens":1980,"gen_ai.usage.output_tokens":119,"gen_ai.response.finish_reasons":["tool_use"],"aws.bedrock.guardrail.id":"arn:aws:bedrock:us-east-1:111122223333:guardrail/gr1","http.status_code":200,"session.id":"desk-2026-11-12-7","PlatformType":"AWS::BedrockAgentCore","aws.local.service":"order_desk.DEFAULT"},"events":[{"timeUnixNano":1794909900250000000,"name":"gen_ai.user.message","attributes":{"content":"[{\"text\": \"ship AC-610204 \\n today\"}]"}}],"status":{"code":"UNSET"}}"#;

#[test]
fn a_call_to_a_model() {
    with(CHAT, |decoded| {
        assert_eq!(decoded.undecodable, None);
        assert_eq!(decoded.strand, Some(Strand::Span));
        // 2026-11-17T10:05:00.250Z
        assert_eq!(decoded.time, Some(Timestamp::from_millis(1_794_909_900_250)));
        assert_eq!(decoded.outcome, Outcome::Ok);
        let column = |text: &Option<std::borrow::Cow<'_, str>>| text.as_deref().unwrap_or_default().to_owned();
        assert_eq!(
            [&decoded.action, &decoded.service, &decoded.model, &decoded.request_id, &decoded.session].map(column),
            ["chat", "bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0", "0b9f6f0e-6f5e-4f55-9b2c-2f6f1f3c9a10", "desk-2026-11-12-7"]
        );
        assert_eq!(
            [&decoded.account, &decoded.region, &decoded.host, &decoded.actor, &decoded.principal].map(column),
            ["111122223333", "us-east-1", "order_desk.DEFAULT", "agent:order_desk.DEFAULT", ""]
        );
        assert_eq!(decoded.detail.as_deref(), Some("2,645 ms; 1,980 tokens in, 119 out; under 9c8d7e6f5a4b3c2d"));
        let searched = searched(&decoded);
        for piece in ["1a2b3c4d5e6f7a8b", "9c8d7e6f5a4b3c2d", "gen_ai.user.message", "tool_use", "[{\"text\": \"ship AC-610204 \\n today\"}]"] {
            assert!(searched.iter().any(|text| text == piece), "{piece} in {searched:?}");
        }
        assert!(!searched.iter().any(|text| text.contains("log-group") || text.contains("/aws/bedrock-agentcore")), "{searched:?}");
    });
    assert_eq!(mentions(CHAT), ["guardrail gr1", "agent order_desk-h3Kq", "trace 6a5b0e94f1c24d7e8f0a1b2c3d4e5f60"]);
}

fn span(name: &str, attributes: &str, rest: &str) -> String {
    format!(
        r#"{{"traceId":"6a5b0e94f1c24d7e8f0a1b2c3d4e5f60","spanId":"a1","name":"{name}","startTimeUnixNano":1,"attributes":{{{attributes}}}{rest}}}"#
    )
}

#[test]
fn what_spans_do_and_to_what() {
    for (name, attributes, action, service, detail) in [
        ("execute_tool get_order", r#""gen_ai.operation.name":"execute_tool","gen_ai.tool.name":"get_order""#, "execute_tool", "", "tool get_order"),
        (
            "invoke_agent Order Desk",
            r#""gen_ai.operation.name":"invoke_agent","gen_ai.agent.name":"Order Desk","gen_ai.usage.prompt_tokens":7"#,
            "invoke_agent",
            "",
            "agent Order Desk; 7 tokens in, ? out",
        ),
        ("execute_event_loop_cycle", r#""PlatformType":"AWS::BedrockAgentCore""#, "execute_event_loop_cycle", "bedrock-agentcore", ""),
        ("S3.GetObject", r#""rpc.system":"aws-api","rpc.service":"S3","rpc.method":"GetObject""#, "S3.GetObject", "s3", ""),
        (
            "Bedrock Agent Runtime.Retrieve",
            r#""rpc.system":"aws-api","rpc.service":"Bedrock Agent Runtime""#,
            "Bedrock Agent Runtime.Retrieve",
            "bedrock",
            "",
        ),
        ("BedrockAgentCore.X", r#""rpc.system":"aws-api","rpc.service":"BedrockAgentCore""#, "BedrockAgentCore.X", "bedrock-agentcore", ""),
        // The policy engine's own name stands where a service should.
        (
            "AgentCore.Policy.AuthorizeAction",
            r#""rpc.system":"aws-api","rpc.service":"desk_pe-1","aws.resource.type":"AWS::BedrockAgentCore::Gateway""#,
            "AgentCore.Policy.AuthorizeAction",
            "bedrock-agentcore",
            "",
        ),
        (
            "AgentCore.Policy.PartiallyAuthorizeActions",
            r#""aws.agentcore.policy.denied_tools":["desk___refund","desk___payout"],"latency_ms":85"#,
            "AgentCore.Policy.PartiallyAuthorizeActions",
            "",
            "hides desk___refund, desk___payout; 85 ms",
        ),
        ("InvokeAgentRuntime", r#""aws.operation.name":"InvokeAgentRuntime","latency_ms":1204"#, "InvokeAgentRuntime", "", "1,204 ms"),
    ] {
        let record = span(name, attributes, "");
        with(&record, |decoded| {
            let found = [&decoded.action, &decoded.service, &decoded.detail].map(|text| text.as_deref().unwrap_or_default().to_owned());
            assert_eq!(found, [action, service, detail], "{record}");
        });
    }
}

#[test]
fn how_spans_end() {
    use Outcome::{Denied, Error, Ok};
    for (attributes, rest, outcome, code, message) in [
        ("", "", Ok, "", ""),
        ("", r#","status":{"code":"OK"}"#, Ok, "", ""),
        ("", r#","status":{"code":"ERROR","message":"Tool failed"}"#, Error, "", "Tool failed"),
        ("", r#","status":{"code":"STATUS_CODE_ERROR"}"#, Error, "", ""),
        ("", r#","status":{"code":2}"#, Error, "", ""),
        // Seen: status says nothing of an answer that says enough.
        (r#""http.status_code":502,"http.response.status_code":502"#, r#","status":{"code":"UNSET"}"#, Error, "502", ""),
        (r#""http.response.status_code":403"#, "", Denied, "403", ""),
        (r#""http.response.status_code":200"#, "", Ok, "", ""),
        (r#""error.type":"AccessDeniedException""#, r#","status":{"code":"ERROR"}"#, Denied, "AccessDeniedException", ""),
        (r#""error_type":"throttle""#, "", Error, "throttle", ""),
        (r#""throttled":false,"error":false,"fault":true"#, "", Error, "", ""),
        (r#""throttled":false,"error":false,"fault":false"#, "", Ok, "", ""),
        (
            "",
            r#","events":[{"name":"exception","attributes":{"exception.type":"botocore.errorfactory.AccessDeniedException","exception.message":"no"}}],"status":{"code":"ERROR"}"#,
            Denied,
            "botocore.errorfactory.AccessDeniedException",
            "no",
        ),
        (
            r#""error.type":"ClientError""#,
            r#","status":{"code":"ERROR","message":"An error occurred (ThrottlingException) when calling the Converse operation: slow down"}"#,
            Error,
            "ThrottlingException",
            "An error occurred (ThrottlingException) when calling the Converse operation: slow down",
        ),
        (
            r#""aws.agentcore.policy.authorization_decision":"DENY","aws.agentcore.gateway.policy.mode":"ENFORCE","aws.agentcore.policy.authorization_reason":"denied by desk_refunds""#,
            r#","status":{"code":"OK"}"#,
            Denied,
            "DENY",
            "denied by desk_refunds",
        ),
        // Only noted: the call went on.
        (r#""aws.agentcore.policy.authorization_decision":"DENY","aws.agentcore.gateway.policy.mode":"LOG_ONLY""#, "", Ok, "", ""),
        (r#""aws.agentcore.policy.authorization_decision":"ALLOW","aws.agentcore.gateway.policy.mode":"ENFORCE""#, "", Ok, "", ""),
    ] {
        let record = span("x", attributes, rest);
        with(&record, |decoded| {
            let text = |text: &Option<std::borrow::Cow<'_, str>>| text.as_deref().unwrap_or_default().to_owned();
            assert_eq!(
                (decoded.outcome, text(&decoded.error_code), text(&decoded.error_message)),
                (outcome, code.into(), message.into()),
                "{record}"
            );
        });
    }
}

#[test]
fn both_spellings_say_the_same() {
    // The same span as OTLP writes it: a list of attributes, numbers in quotes, the status as a number.
    let flat = span(
        "chat m",
        r#""gen_ai.operation.name":"chat","gen_ai.request.model":"m","gen_ai.usage.input_tokens":12,"session.id":"s","aws.request.id":"r","error":true,"denied":["arn:aws:s3:::b/k","x"]"#,
        r#","events":[{"name":"gen_ai.choice","attributes":{"message":"done"}}],"status":{"code":"ERROR"}"#,
    );
    let listed = r#"{"trace_id":"6A5B0E94F1C24D7E8F0A1B2C3D4E5F60","span_id":"a1","name":"chat m","start_time_unix_nano":"1","attributes":[{"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},{"key":"gen_ai.request.model","value":{"stringValue":"m"}},{"key":"gen_ai.usage.input_tokens","value":{"intValue":"12"}},{"key":"session.id","value":{"stringValue":"s"}},{"key":"aws.request.id","value":{"stringValue":"r"}},{"key":"error","value":{"boolValue":true}},{"key":"denied","value":{"arrayValue":{"values":[{"stringValue":"arn:aws:s3:::b/k"},{"stringValue":"x"}]}}}],"events":[{"name":"gen_ai.choice","attributes":[{"key":"message","value":{"stringValue":"done"}}]}],"status":{"code":2}}"#;
    let told = |record: &str| {
        with(record, |decoded| {
            let text = |text: Option<std::borrow::Cow<'_, str>>| text.unwrap_or_default().into_owned();
            let searched = searched(&decoded).into_iter().filter(|piece| !piece.to_ascii_lowercase().starts_with("6a5b")).collect::<Vec<_>>();
            let mentions: Vec<_> = decoded.mentions.iter().map(|(kind, value)| format!("{kind} {value}")).collect();
            (decoded.outcome, [decoded.action, decoded.model, decoded.session, decoded.request_id, decoded.detail].map(text), mentions, searched)
        })
    };
    let (one, other) = (told(&flat), told(listed));
    assert_eq!((&one.0, &one.1, &one.2), (&other.0, &other.1, &other.2));
    assert_eq!(one.2, ["bucket b", "object b/k", "trace 6a5b0e94f1c24d7e8f0a1b2c3d4e5f60"]);
    assert!(one.3.contains(&"done".to_owned()) && other.3.contains(&"done".to_owned()), "{:?}", other.3);
}

#[test]
fn log_records_that_carry_what_was_said() {
    let record = |scope: &str, attributes: &str, body: &str, severity: u32| {
        format!(
            r#"{{"resource":{{"attributes":{{"service.name":"desk.DEFAULT"}}}},"scope":{{"name":"{scope}"}},"timeUnixNano":1777999625339605916,"observedTimeUnixNano":1777999625339613319,"severityNumber":{severity},"body":{body},"attributes":{{{attributes}}},"flags":1,"traceId":"69fa1f0879d01d2e2401006021a9e3d9","spanId":"9e18e6dcbeace41d"}}"#
        )
    };
    let strands = r#"{"output":{"messages":[{"content":{"message":"It ships from Ghent.","finish_reason":"end_turn"},"role":"assistant"}]},"input":{"messages":[{"content":{"content":"[{\"text\": \"Where does AC-610204 ship from?\"}]"},"role":"user"}]}}"#;
    for (scope, attributes, body, severity, action, detail, outcome) in [
        (
            "strands.telemetry.tracer",
            r#""event.name":"strands.telemetry.tracer","session.id":"s""#,
            strands,
            9,
            "messages",
            "Where does AC-610204 ship from? → It ships from Ghent.",
            Outcome::Ok,
        ),
        (
            "opentelemetry.instrumentation.botocore.bedrock-runtime",
            r#""event.name":"gen_ai.user.message","gen_ai.system":"aws.bedrock""#,
            r#"{"content":[{"text":"find the order"}]}"#,
            9,
            "gen_ai.user.message",
            "find the order",
            Outcome::Ok,
        ),
        ("__main__", r#""code.line.number":172"#, r#""Agent invoked with prompt: hi""#, 9, "log", "Agent invoked with prompt: hi", Outcome::Ok),
        ("__main__", r#""exception.type":"ValueError""#, r#""cannot""#, 17, "log", "cannot", Outcome::Error),
        ("x", "", r#"{"stringValue":"OTLP wraps it"}"#, 0, "messages", "OTLP wraps it", Outcome::Ok),
    ] {
        let record = record(scope, attributes, body, severity);
        with(&record, |decoded| {
            assert_eq!(decoded.strand, Some(Strand::Span), "{record}");
            assert_eq!(decoded.time, Some(Timestamp::from_millis(1_777_999_625_339)));
            assert_eq!(decoded.action.as_deref(), Some(action), "{record}");
            assert_eq!(decoded.detail.as_deref(), Some(detail), "{record}");
            assert_eq!(decoded.outcome, outcome, "{record}");
            assert_eq!(decoded.host.as_deref(), Some("desk.DEFAULT"));
            assert!(decoded.mentions.iter().any(|(_, value)| value == "69fa1f0879d01d2e2401006021a9e3d9"));
        });
    }
    with(&record("strands.telemetry.tracer", r#""session.id":"s""#, strands, 9), |decoded| {
        assert_eq!(decoded.session.as_deref(), Some("s"));
        let searched = searched(&decoded);
        assert!(searched.contains(&"It ships from Ghent.".to_owned()) && searched.iter().any(|text| text.contains("AC-610204")), "{searched:?}");
    });
    // Outside of any trace: the exporter speaks of itself.
    let outside = r#"{"resource":{"attributes":{}},"scope":{"name":"exporter"},"traceId":"","spanId":"0","timeUnixNano":1777999625339605916,"body":"Exporting 5 log record(s)"}"#;
    assert!(mentions(outside).is_empty());
    with(outside, |decoded| assert_eq!(decoded.detail.as_deref(), Some("Exporting 5 log record(s)")));
}

#[test]
fn values_that_only_begin_like_an_address_name_nothing() {
    let record = span("x", r#""input.value":"s3://b/k is what I want","other":"arn:aws:s3:::b and more","one":"s3://real/key""#, "");
    assert_eq!(mentions(&record), ["bucket real", "object real/key", "trace 6a5b0e94f1c24d7e8f0a1b2c3d4e5f60"]);
}
