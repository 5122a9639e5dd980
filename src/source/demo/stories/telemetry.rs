//! The long loop as the order desk's own telemetry tells it: spans that bear the request ids of its model calls.
//!
//! Of the forty rounds the first three and the last are told, with the tools they called: the rest would only be longer.

use super::super::background::tool_result;
use super::super::callers::PROD;
use super::super::draw::Draw;
use super::super::json::Json;
use super::super::phrases::agent;
use super::super::slot::Log;
use super::super::talk::{Part, Talk};
use super::{AGENT, Act, Plot, agent_loop};
use crate::model::Timestamp;

/// The session that the loop belongs to.
pub(in super::super) const SESSION: &str = "order-desk-2026-11-12-0031";
const SERVICE: &str = "order_desk.DEFAULT";
const RUNTIME: &str = "order_desk-Qk3wT9rLxa";
const GATEWAY: &str = "order-tools-b7m2kq";

/// The trace of the loop.
pub(in super::super) fn trace() -> String {
    Draw::labelled("agent-loop-trace", 0).hex(32)
}

fn id(label: &str, number: usize) -> String {
    Draw::labelled(label, number).hex(16)
}

/// A span, before it is written.
struct Span<'s> {
    name: String,
    kind: &'s str,
    id: String,
    parent: String,
    start: Timestamp,
    millis: i64,
    /// Attributes of its own, as JSON members.
    attributes: String,
    /// Its events: name, and what was said.
    said: Vec<(&'s str, String)>,
}

impl Span<'_> {
    fn json(&self) -> String {
        let nanos = |at: Timestamp| (at.as_millis() as u64) * 1_000_000;
        let end = self.start.plus_millis(self.millis);
        let mut out = Vec::new();
        let mut json = Json::new(&mut out);
        json.object().key("resource").object().key("attributes").object().field("service.name", SERVICE).field("aws.local.service", SERVICE);
        json.field("cloud.provider", "aws").field("cloud.platform", "aws_bedrock_agentcore").field("cloud.region", "us-east-1");
        json.key("cloud.resource_id")
            .text(&format!("arn:aws:bedrock-agentcore:us-east-1:{PROD}:runtime/{RUNTIME}/runtime-endpoint/DEFAULT:DEFAULT"))
            .field("aws.service.type", "gen_ai_agent")
            .field("telemetry.sdk.language", "python")
            .end_object()
            .end_object();
        json.key("scope").object().field("name", "strands.telemetry.tracer").field("version", "").end_object();
        json.field("traceId", &trace()).field("spanId", &self.id);
        if !self.parent.is_empty() {
            json.field("parentSpanId", &self.parent);
        }
        json.field_number("flags", 256).field("name", &self.name).field("kind", self.kind);
        json.field_number("startTimeUnixNano", nanos(self.start)).field_number("endTimeUnixNano", nanos(end));
        json.field_number("durationNano", self.millis.unsigned_abs() * 1_000_000);
        json.field_raw("attributes", &format!(r#"{{{},"PlatformType":"AWS::BedrockAgentCore","aws.local.service":"{SERVICE}"}}"#, self.attributes));
        if !self.said.is_empty() {
            json.key("events").array();
            for (name, content) in &self.said {
                json.object().field_number("timeUnixNano", nanos(self.start)).field("name", name);
                json.key("attributes").object().field("content", content).end_object().end_object();
            }
            json.end_array();
        }
        json.key("status").object().field("code", "OK").end_object().end_object();
        String::from_utf8(out).unwrap_or_default()
    }
}

pub(super) fn tell(plot: &mut Plot) {
    let (root, agent) = (id("agent-span-root", 0), id("agent-span-agent", 0));
    let begun = agent_loop::at(0).plus_millis(-900);
    let whole = agent_loop::at(agent_loop::CALLS as i64 - 1).as_millis() - begun.as_millis() + 4_100;
    write(
        plot,
        &Span {
            name: "POST /invocations".to_owned(),
            kind: "SERVER",
            id: root.clone(),
            parent: String::new(),
            start: begun,
            millis: whole,
            attributes: format!(
                r#""session.id":"{SESSION}","http.request.method":"POST","url.path":"/invocations","http.response.status_code":200,"aws.span.kind":"LOCAL_ROOT""#
            ),
            said: Vec::new(),
        },
    );
    write(
        plot,
        &Span {
            name: "invoke_agent Order Desk".to_owned(),
            kind: "INTERNAL",
            id: agent.clone(),
            parent: root,
            start: begun.plus_millis(40),
            millis: whole - 90,
            attributes: format!(
                r#""gen_ai.operation.name":"invoke_agent","gen_ai.system":"strands-agents","gen_ai.agent.name":"Order Desk","aws.bedrock.agent.id":"{AGENT}","gen_ai.request.model":"{}","session.id":"{SESSION}","gen_ai.agent.tools":["get_order","get_stock","move_line"]"#,
                agent_loop::MODEL
            ),
            said: vec![("gen_ai.user.message", format!("{}{}", agent::LONG_REQUEST, agent::LONG_LIST.join(", ")))],
        },
    );
    // The gateway's policy hides from the agent what it may not do.
    write(
        plot,
        &Span {
            name: "AgentCore.Policy.PartiallyAuthorizeActions".to_owned(),
            kind: "CLIENT",
            id: id("agent-span-policy", 0),
            parent: agent.clone(),
            start: begun.plus_millis(310),
            millis: 85,
            attributes: format!(
                r#""aws.agentcore.gateway.policy.mode":"ENFORCE","aws.agentcore.policy.allowed_tools":["order-tools___get_order","order-tools___get_stock","order-tools___move_line"],"aws.agentcore.policy.denied_tools":["order-tools___refund_order"],"aws.request.id":"{}","aws.resource.arn":"arn:aws:bedrock-agentcore:us-east-1:{PROD}:gateway/{GATEWAY}","aws.resource.type":"AWS::BedrockAgentCore::Gateway","rpc.system":"aws-api","rpc.method":"PartiallyAuthorizeActions","http.response.status_code":200"#,
                Draw::labelled("agent-span-policy-request", 0).uuid()
            ),
            said: Vec::new(),
        },
    );
    for number in [0, 1, 2, agent_loop::CALLS - 1] {
        let mut draw = Draw::labelled("agent-span-length", number);
        let talk = agent_loop::call(number, &mut draw);
        let (at, millis) = (agent_loop::at(number as i64), i64::from(draw.between(2_400, 5_900)));
        write(plot, &chat(number, &talk, at, millis, &agent));
        if let Some(span) = tool(number, &talk, at.plus_millis(millis + 60), i64::from(draw.between(30, 900)), &agent) {
            write(plot, &span);
        }
    }
}

/// A call to the model: the request id is that of the invocation record.
fn chat(number: usize, talk: &Talk, at: Timestamp, millis: i64, parent: &str) -> Span<'static> {
    let counts = talk.counts();
    let said = talk.reply.iter().filter_map(|part| if let Part::Text(text) = part { Some(("gen_ai.choice", text.clone())) } else { None });
    Span {
        name: format!("chat {}", agent_loop::MODEL),
        kind: "CLIENT",
        id: id("agent-span-chat", number),
        parent: parent.to_owned(),
        start: at.plus_millis(-30),
        millis,
        attributes: format!(
            r#""gen_ai.operation.name":"chat","gen_ai.system":"aws.bedrock","gen_ai.request.model":"{}","gen_ai.usage.input_tokens":{},"gen_ai.usage.output_tokens":{},"gen_ai.response.finish_reasons":["{}"],"rpc.system":"aws-api","rpc.service":"Bedrock Runtime","rpc.method":"Converse","aws.request_id":"{}","http.response.status_code":200,"session.id":"{SESSION}""#,
            agent_loop::MODEL,
            counts.input + counts.cache_read,
            counts.output,
            talk.stop,
            agent_loop::request(number),
        ),
        said: said.collect(),
    }
}

/// The tool that the model asked for, with what it was given and what it returned.
fn tool(number: usize, talk: &Talk, at: Timestamp, millis: i64, parent: &str) -> Option<Span<'static>> {
    let Part::ToolUse { id: call, name, input } = talk.reply.iter().find(|part| matches!(part, Part::ToolUse { .. }))? else { return None };
    let order = agent::LONG_LIST.get(number / 3).copied().unwrap_or_default();
    // The draws of the loop's own step, from behind its call: what the next request will tell.
    let mut draw = Draw::labelled("agent-loop-step", number);
    let reply = super::super::background::tool_call(number, order, &mut draw);
    let result = tool_result(&reply, order, &mut draw);
    let returned = result.parts.into_iter().find_map(|part| if let Part::ToolResult { json, .. } = part { Some(json) } else { None });
    Some(Span {
        name: format!("execute_tool {name}"),
        kind: "INTERNAL",
        id: id("agent-span-tool", number),
        parent: parent.to_owned(),
        start: at,
        millis,
        attributes: format!(
            r#""gen_ai.operation.name":"execute_tool","gen_ai.system":"strands-agents","gen_ai.tool.name":"{name}","gen_ai.tool.call.id":"{call}","gen_ai.tool.status":"success","session.id":"{SESSION}""#
        ),
        said: vec![("gen_ai.tool.message", input.clone()), ("gen_ai.choice", returned.unwrap_or_default())],
    })
}

fn write(plot: &mut Plot, span: &Span<'_>) {
    plot.step("agent-span", span.start, Act::Record { log: Log::Spans, account: PROD, region: "us-east-1", json: span.json() });
}
