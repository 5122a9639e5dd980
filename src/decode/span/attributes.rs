//! Attributes of a span and of what emitted it: flat dotted keys, as an object or as OTLP's list.

use crate::decode::Text;
use crate::decode::json::Value;

/// What is read of them; the first of several names of one thing stands.
#[derive(Default)]
pub(super) struct Attributes<'a> {
    /// `gen_ai.operation.name`: `chat`, `execute_tool`, `invoke_agent`.
    pub(super) operation: Option<Text<'a>>,
    pub(super) aws_operation: Option<Text<'a>>,
    pub(super) event_name: Option<Text<'a>>,
    /// The service that a call went to.
    pub(super) called: Option<Text<'a>>,
    pub(super) rpc_system: Option<Text<'a>>,
    /// The provider of the model.
    pub(super) system: Option<Text<'a>>,
    pub(super) platform: Option<Text<'a>>,
    pub(super) request_model: Option<Text<'a>>,
    pub(super) response_model: Option<Text<'a>>,
    pub(super) agent: Option<Text<'a>>,
    pub(super) agent_name: Option<Text<'a>>,
    pub(super) tool: Option<Text<'a>>,
    pub(super) session: Option<Text<'a>>,
    pub(super) conversation: Option<Text<'a>>,
    pub(super) request: Option<Text<'a>>,
    pub(super) guardrail: Option<Text<'a>>,
    pub(super) knowledge_base: Option<Text<'a>>,
    pub(super) account: Option<Text<'a>>,
    pub(super) region: Option<Text<'a>>,
    /// ARN of the thing the span is of.
    pub(super) resource: Option<Text<'a>>,
    pub(super) resource_type: Option<Text<'a>>,
    /// The program that emitted the span.
    pub(super) service_name: Option<Text<'a>>,
    pub(super) host: Option<Text<'a>>,
    pub(super) client: Option<Text<'a>>,
    pub(super) user_agent: Option<Text<'a>>,
    pub(super) bucket: Option<Text<'a>>,
    pub(super) object_key: Option<Text<'a>>,
    pub(super) error_type: Option<Text<'a>>,
    pub(super) error_message: Option<Text<'a>>,
    /// ALLOW or DENY of the policy engine of a gateway, and whether it is enforced.
    pub(super) decision: Option<Text<'a>>,
    pub(super) decision_reason: Option<Text<'a>>,
    pub(super) policy_mode: Option<Text<'a>>,
    /// Tools that the policy engine hid from the agent.
    pub(super) denied_tools: Option<Value<'a>>,
    pub(super) http_status: Option<u64>,
    pub(super) input_tokens: Option<u64>,
    pub(super) output_tokens: Option<u64>,
    pub(super) latency: Option<u64>,
    /// Memory spans say so in three booleans.
    pub(super) failed: bool,
}

impl<'a> Attributes<'a> {
    /// Reads more of them; what is known already stays.
    pub(super) fn read(&mut self, attributes: Value<'a>) {
        each(attributes, |key, value| self.read_one(key, value));
    }

    fn read_one(&mut self, key: &[u8], value: Value<'a>) {
        let slot = match key {
            b"gen_ai.operation.name" => &mut self.operation,
            b"aws.operation.name" => &mut self.aws_operation,
            b"event.name" => &mut self.event_name,
            b"rpc.service" => &mut self.called,
            b"rpc.system" | b"rpc.system.name" => &mut self.rpc_system,
            b"gen_ai.provider.name" | b"gen_ai.system" => &mut self.system,
            b"PlatformType" | b"cloud.platform" => &mut self.platform,
            b"gen_ai.request.model" | b"llm.model_name" => &mut self.request_model,
            b"gen_ai.response.model" => &mut self.response_model,
            b"aws.bedrock.agent.id" | b"aws.agent.id" | b"gen_ai.agent.id" => &mut self.agent,
            b"gen_ai.agent.name" | b"agent.name" => &mut self.agent_name,
            b"gen_ai.tool.name" | b"tool.name" => &mut self.tool,
            b"session.id" => &mut self.session,
            b"gen_ai.conversation.id" => &mut self.conversation,
            b"aws.request_id" | b"aws.request.id" | b"aws.requestId" => &mut self.request,
            b"aws.bedrock.guardrail.id" | b"aws.bedrock.guardrail.arn" => &mut self.guardrail,
            b"aws.bedrock.knowledge_base.id" | b"aws.bedrock.knowledgebase.id" => &mut self.knowledge_base,
            b"cloud.account.id" | b"aws.account.id" => &mut self.account,
            b"cloud.region" | b"aws.region" => &mut self.region,
            b"aws.resource.arn" | b"cloud.resource_id" => &mut self.resource,
            b"aws.resource.type" => &mut self.resource_type,
            b"service.name" | b"aws.local.service" => &mut self.service_name,
            b"host.name" => &mut self.host,
            b"client.address" | b"http.client_ip" | b"net.sock.peer.addr" => &mut self.client,
            b"user_agent.original" | b"http.user_agent" => &mut self.user_agent,
            b"aws.s3.bucket" => &mut self.bucket,
            b"aws.s3.key" => &mut self.object_key,
            b"error.type" | b"error_type" | b"exception.type" => &mut self.error_type,
            b"error.message" | b"exception.message" => &mut self.error_message,
            b"aws.agentcore.policy.authorization_decision" => &mut self.decision,
            b"aws.agentcore.policy.authorization_reason" => &mut self.decision_reason,
            b"aws.agentcore.gateway.policy.mode" => &mut self.policy_mode,
            b"aws.agentcore.policy.denied_tools" => {
                self.denied_tools = self.denied_tools.or(Some(value));
                return;
            }
            b"http.response.status_code" | b"http.status_code" => return keep(&mut self.http_status, value),
            b"gen_ai.usage.input_tokens" | b"gen_ai.usage.prompt_tokens" | b"llm.token_count.prompt" => return keep(&mut self.input_tokens, value),
            b"gen_ai.usage.output_tokens" | b"gen_ai.usage.completion_tokens" | b"llm.token_count.completion" => {
                return keep(&mut self.output_tokens, value);
            }
            b"latency_ms" => return keep(&mut self.latency, value),
            b"throttled" | b"error" | b"fault" => {
                self.failed |= value.boolean() == Some(true);
                return;
            }
            _ => return,
        };
        if slot.is_none() {
            *slot = value.scalar().filter(|text| !text.is_empty());
        }
    }
}

fn keep(slot: &mut Option<u64>, value: Value<'_>) {
    *slot = slot.or_else(|| value.count());
}

/// Calls with each key and value, of an object or of a list of `{"key", "value": {"stringValue"}}`.
pub(super) fn each<'a>(attributes: Value<'a>, mut each: impl FnMut(&'a [u8], Value<'a>)) {
    attributes.entries().for_each(|(key, value)| each(key.raw(), value));
    attributes.items().for_each(|item| each(item.get("key").raw_text(), plain(item.get("value"))));
}

/// The value inside OTLP's `{"stringValue": …}`; of a list, the list.
fn plain(value: Value<'_>) -> Value<'_> {
    let inside = value.entries().next().map_or(value, |(_, inside)| inside);
    if inside.is_object() { inside.get("values") } else { inside }
}

/// The strings of a value: of a list, of each of its elements.
pub(super) fn texts(value: Value<'_>) -> impl Iterator<Item = Value<'_>> {
    value.items_or_self().map(|item| if item.is_object() { plain(item) } else { item }).filter(|item| item.is_text())
}
