//! Agent telemetry: OpenTelemetry spans as CloudWatch keeps them, one a log event, and the log records that carry what was
//! said in them.
//!
//! A span says when a piece of an agent's work began and ended, in which trace and session, with which tool, model and
//! request id. What was asked and answered stands in its attributes and events, or, with AWS's own instrumentation, in a log
//! record of the same trace and span.
//!
//! Seen in published captures of real records: the keys of both forms, numbers for times, flat dotted attributes, the
//! AgentCore gateway's and policy engine's spans with their decisions, `aws.request.id` on them (equal to the request id the
//! caller was given; one id on two spans), `status` UNSET beside an HTTP status of 502, log records with `timeUnixNano` 0, with
//! empty trace ids, with a string or messages for a body, and messages whose content is JSON in a string.
//! From documentation only: `aws.request_id` and the other attributes of `InvokeAgentRuntime`, `throttled`, `error` and
//! `fault` of memory spans, `aws.bedrock.*`. OTLP's own JSON (attributes as a list, numbers in quotes) follows its specification.
//!
//! - Log groups: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Transaction-Search-ingesting-span-log-groups.html>
//! - Both records, with examples: <https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/understanding-input-spans.html>
//! - Spans of the runtime, the gateway, the memory and the policy engine:
//!   <https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/observability-runtime-metrics.html>, …`-gateway-metrics`,
//!   …`-memory-metrics`, …`-policy-metrics`
//! - Names of attributes: <https://opentelemetry.io/docs/specs/semconv/gen-ai/aws-bedrock/>,
//!   <https://opentelemetry.io/docs/specs/semconv/cloud-providers/aws-sdk/>
//! - OTLP: <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>

mod attributes;
mod ending;
mod fields;
mod words;

use std::borrow::Cow;

use super::address::{self, Mentions};
use super::decoded::{Decoded, Searchable, Text};
use super::invocation::{model_key, strings};
use super::json::Value;
use crate::model::{EntityKind, Strand, account_of_arn};
use attributes::Attributes;
use ending::Ending;
use fields::Fields;

/// Decodes one span, or one log record that belongs to spans.
pub(super) fn decode(record: Value<'_>) -> Decoded<'_> {
    let fields = Fields::of(record);
    let mut attributes = Attributes::default();
    attributes.read(fields.attributes);
    attributes.read(fields.resource);
    let ending = Ending::of(&fields, &attributes);
    let action = action(&fields, &attributes);
    let detail = words::detail(&fields, &attributes, action.as_deref().unwrap_or_default());
    let mentions = mentions(&fields, &attributes);
    let searchable = searchable(&fields);

    let arn = attributes.resource.as_deref();
    let of_arn = |part: Option<&str>| part.filter(|part| !part.is_empty()).map(|part| Cow::Owned(part.to_owned()));
    let account = attributes.account.clone().or_else(|| of_arn(arn.and_then(account_of_arn)));
    let region = attributes.region.clone().or_else(|| of_arn(arn.and_then(|arn| arn.split(':').nth(3))));
    Decoded {
        time: fields.time(),
        strand: Some(Strand::Span),
        outcome: ending.outcome,
        error_code: ending.code,
        error_message: ending.message,
        service: service(&attributes),
        actor: attributes.service_name.as_deref().map(|name| Cow::Owned(format!("agent:{name}"))),
        model: attributes.request_model.as_deref().or(attributes.response_model.as_deref()).map(|id| Cow::Owned(model_key(id).into_owned())),
        detail: detail.map(Cow::Owned),
        account,
        region,
        action,
        mentions,
        searchable,
        session: attributes.session.or(attributes.conversation),
        request_id: attributes.request,
        ip: attributes.client,
        user_agent: attributes.user_agent,
        bucket: attributes.bucket,
        host: attributes.service_name,
        ..Decoded::default()
    }
}

/// The operation where a convention names one, else the span's own name.
fn action<'a>(fields: &Fields<'a>, attributes: &Attributes<'a>) -> Option<Text<'a>> {
    if !fields.is_log() {
        return attributes.operation.clone().or_else(|| fields.name.text_some()).or_else(|| attributes.aws_operation.clone());
    }
    // What carries a span's messages is named after the library that wrote it, which says nothing.
    let name = attributes.event_name.clone().or_else(|| fields.event_name.text_some());
    name.filter(|name| !fields.scope.is(name)).or(Some(Cow::Borrowed(if fields.body.is_object() { "messages" } else { "log" })))
}

/// Which service did the work: the one that a call went to, or AgentCore itself. Written as CloudTrail writes it.
fn service<'a>(attributes: &Attributes<'a>) -> Option<Text<'a>> {
    let is = |text: &Option<Text<'_>>, prefix: &str| text.as_deref().is_some_and(|text| text.starts_with(prefix));
    if is(&attributes.resource_type, "AWS::BedrockAgentCore") {
        return Some(Cow::Borrowed("bedrock-agentcore"));
    }
    if let Some(called) = attributes.called.as_deref().filter(|_| is(&attributes.rpc_system, "aws-api")) {
        let called = called.to_ascii_lowercase().replace([' ', '_'], "-");
        return Some(match called.strip_prefix("bedrock") {
            Some(rest) if rest.trim_start_matches('-').starts_with("agentcore") || rest.trim_start_matches('-').starts_with("agent-core") => {
                Cow::Borrowed("bedrock-agentcore")
            }
            // Its runtimes are `bedrock.amazonaws.com` in CloudTrail, too (FORMATS §3.1).
            Some(_) => Cow::Borrowed("bedrock"),
            None => Cow::Owned(called),
        });
    }
    if is(&attributes.system, "aws.bedrock") {
        return Some(Cow::Borrowed("bedrock"));
    }
    let hosted = is(&attributes.platform, "AWS::BedrockAgentCore") || is(&attributes.platform, "aws_bedrock_agentcore");
    hosted.then_some(Cow::Borrowed("bedrock-agentcore"))
}

fn mentions<'a>(fields: &Fields<'a>, attributes: &Attributes<'a>) -> Mentions<'a> {
    let mut mentions: Mentions<'a> = Vec::new();
    if let Some(trace) = fields.trace_id() {
        mentions.push((EntityKind::Trace, trace));
    }
    for (kind, value) in [
        (EntityKind::Agent, &attributes.agent),
        (EntityKind::KnowledgeBase, &attributes.knowledge_base),
        (EntityKind::Session, &attributes.conversation),
        (EntityKind::Host, &attributes.host),
    ] {
        mentions.extend(value.clone().map(|value| (kind, value)));
    }
    mentions.extend(attributes.guardrail.clone().map(|id| (EntityKind::Guardrail, address::last_part(id))));
    if let (Some(_), Some(model)) = (&attributes.request_model, attributes.response_model.as_deref()) {
        mentions.push((EntityKind::Model, Cow::Owned(model_key(model).into_owned())));
    }
    if let (Some(bucket), Some(key)) = (&attributes.bucket, &attributes.object_key) {
        mentions.push((EntityKind::Object, Cow::Owned(format!("{bucket}/{key}"))));
    }
    for value in [fields.attributes, fields.resource] {
        attributes::each(value, |_, value| attributes::texts(value).for_each(|value| named(value, &mut mentions)));
    }
    mentions.sort_unstable();
    mentions.dedup();
    mentions
}

/// An ARN or an address of S3, when the value is nothing else: prompts may begin with anything.
fn named<'a>(value: Value<'a>, mentions: &mut Mentions<'a>) {
    let raw = value.raw_text();
    if !(raw.starts_with(b"arn:") || raw.starts_with(b"s3://")) || raw.iter().any(u8::is_ascii_whitespace) {
        return;
    }
    if let Some(text) = value.text() {
        if text.starts_with("arn:") { address::mention(text, mentions) } else { address::mention_uri(text, mentions) }
    }
}

/// Ids, so that a span and its children are found by them; attributes, events, messages. What the resource says is the
/// same on every span of an agent and is found by pivots.
fn searchable<'a>(fields: &Fields<'a>) -> Vec<Searchable<'a>> {
    let mut pieces = Vec::with_capacity(16);
    for value in [fields.name, fields.trace, fields.span, fields.parent, fields.status] {
        strings(value, &mut pieces);
    }
    attributes::each(fields.attributes, |_, value| strings(value, &mut pieces));
    for event in fields.events.items() {
        strings(event.get("name"), &mut pieces);
        attributes::each(event.get("attributes"), |_, value| strings(value, &mut pieces));
    }
    strings(fields.body, &mut pieces);
    pieces
}

#[cfg(test)]
mod tests;
