//! Derived fields of one record (`x.…`, docs/FIELDS.md), worked out when they are asked for. What a case keeps in columns it
//! answers itself; queries, rules and filters on anything else come here.

use std::cell::OnceCell;

use super::json::{Tape, unescape};
use super::{Bodies, CommandCall, Decoded, Searchable, TrailFacts, VerbClass, command_call, decode, exchange, model_family, trail_facts};
use crate::model::{EntityKind, Exchange, FieldValue, KeyKind, Outcome, Strand};

/// The derived fields of a record.
pub struct Fields<'a> {
    record: &'a [u8],
    bodies: &'a Bodies,
    decoded: Decoded<'a>,
    exchange: OnceCell<Exchange>,
    trail: OnceCell<TrailFacts>,
    call: OnceCell<Option<CommandCall>>,
}

impl<'a> Fields<'a> {
    /// Reads a record. `tape` is scratch memory; `bodies` are those that lie outside of it, when they are at hand.
    pub fn of(record: &'a [u8], tape: &'a mut Tape, bodies: &'a Bodies) -> Self {
        Self::with(record, decode(record, tape), bodies)
    }

    /// The same, of a record that is decoded already.
    pub fn with(record: &'a [u8], decoded: Decoded<'a>, bodies: &'a Bodies) -> Self {
        Self { record, bodies, decoded, exchange: OnceCell::new(), trail: OnceCell::new(), call: OnceCell::new() }
    }

    /// The value of a field. [`FieldValue::Missing`] when the event has none, when the name is no derived field, and for
    /// what only a case can tell (`x.joined`, `x.calls`).
    pub fn get(&self, name: &str) -> FieldValue {
        let decoded = &self.decoded;
        let text = |text: &Option<super::Text<'_>>| FieldValue::from(text.as_deref().map(str::to_owned));
        let flag = FieldValue::Flag;
        let called = (decoded.service.as_deref().unwrap_or_default(), decoded.action.as_deref().unwrap_or_default());
        match name {
            "x.principal" => text(&decoded.principal),
            "x.actor" => text(&decoded.actor),
            "x.role" => text(&decoded.role),
            "x.user" => decoded.principal.as_deref().and_then(user_of).map(str::to_owned).into(),
            "x.session" => text(&decoded.session),
            "x.key" => text(&decoded.key),
            "x.key_kind" => key_kind(decoded.key_kind),
            "x.ok" => flag(decoded.outcome == Outcome::Ok),
            "x.denied" => flag(decoded.outcome == Outcome::Denied),
            "x.is_bedrock" => flag(is_bedrock(called.0)),
            "x.invoke" => flag(is_invoke(called.0, called.1)),
            "x.agentic" => flag(is_agentic(called.0, called.1)),
            "x.enum" => flag(is_enumeration(called.0, called.1)),
            "x.model" => text(&decoded.model),
            "x.model_family" => decoded.model.as_deref().map_or(FieldValue::Missing, |model| FieldValue::Text(model_family(model).to_owned())),
            "x.bucket" => text(&decoded.bucket),
            "x.prefix" => self.prefix(),
            "x.output_bucket" => self.output_bucket(),
            "x.strand" => FieldValue::Text(decoded.strand.unwrap_or(Strand::Management).name().to_owned()),
            "x.request" => text(&decoded.request_id),
            "x.account" => text(&decoded.account),
            "x.region" => text(&decoded.region),
            "x.service" => text(&decoded.service),
            "x.action" => text(&decoded.action),
            "x.ip" => text(&decoded.ip),
            "x.user_agent" => text(&decoded.user_agent),
            "x.host" => text(&decoded.host),
            "x.command" => self.command(),
            _ if name.starts_with("x.cli.") => self.cli(name),
            _ if name.starts_with("x.tokens_") && decoded.strand != Some(Strand::Invocation) => self.trail_tokens(name),
            _ if decoded.strand == Some(Strand::Invocation) => self.of_exchange(name),
            _ => FieldValue::Missing,
        }
    }

    fn exchange(&self) -> &Exchange {
        self.exchange.get_or_init(|| exchange(self.record, self.bodies))
    }

    fn of_exchange(&self, name: &str) -> FieldValue {
        let some = |text: &str| FieldValue::from(Some(text.to_owned()));
        let count = |text: &str| FieldValue::Number(text.chars().count() as f64);
        let exchange = self.exchange();
        let tokens = exchange.tokens;
        match name {
            "x.family" => some(&exchange.family),
            "x.body" => some(exchange.body.name()),
            "x.user_text" => some(&exchange.user_text),
            "x.prompt_chars" => count(&exchange.user_text),
            "x.prompt_chars_all" => self.decoded.exchange.as_ref().map_or(FieldValue::Missing, |facts| FieldValue::Number(facts.input_chars.into())),
            "x.completion" => some(&exchange.completion),
            "x.completion_chars" => count(&exchange.completion),
            "x.thinking" => some(&exchange.reasoning),
            "x.turns" => FieldValue::Number(exchange.turns.len() as f64),
            "x.tokens_in" => tokens.input.into(),
            "x.tokens_out" => tokens.output.into(),
            "x.tokens_cache" => sum([tokens.cache_read, tokens.cache_write]).into(),
            "x.tokens_total" => sum([tokens.total_input.or(tokens.input), tokens.output]).into(),
            "x.latency_ms" => exchange.latency_ms.into(),
            "x.stop" => exchange.stop_reason.clone().into(),
            "x.guard" => some(exchange.guardrail.action.name()),
            "x.guard_findings" => FieldValue::List(
                exchange
                    .guardrail
                    .policies
                    .iter()
                    .map(|found| [found.side.name(), &found.policy, &found.name, &found.action, found.confidence.as_deref().unwrap_or("-")].join(" "))
                    .collect(),
            ),
            "x.guard_policies" => FieldValue::List(distinct(exchange.guardrail.policies.iter().map(|found| found.policy.clone()))),
            "x.guardrail" => FieldValue::List(distinct(exchange.guardrail.ids.iter().cloned())),
            "x.guarded" => self.decoded.exchange.as_ref().and_then(|facts| facts.flags.guarded()).map_or(FieldValue::Missing, FieldValue::Flag),
            "x.secrets" => FieldValue::List(distinct(exchange.secrets.iter().map(|found| found.kind.name().to_owned()))),
            "x.system" if exchange.system.is_empty() => FieldValue::Missing,
            "x.system" => some(&exchange.system.join("\n")),
            "x.system_opening" => self.decoded.exchange.as_ref().and_then(|facts| facts.system_opening.clone()).into(),
            "x.tools" => FieldValue::List(self.decoded.exchange.as_ref().map(|facts| facts.tools.clone()).unwrap_or_default()),
            "x.hidden" => FieldValue::List(exchange.hidden.iter().map(|hidden| hidden.kind.name().to_owned()).collect()),
            _ => FieldValue::Missing,
        }
    }

    /// CloudTrail counts tokens too: a second source where there is no invocation record.
    fn trail_tokens(&self, name: &str) -> FieldValue {
        let facts = self.trail.get_or_init(|| trail_facts(self.record));
        match name {
            "x.tokens_in" => facts.input_tokens.into(),
            "x.tokens_out" => facts.output_tokens.into(),
            "x.tokens_total" => sum([facts.input_tokens, facts.output_tokens]).into(),
            _ => FieldValue::Missing,
        }
    }

    fn cli(&self, name: &str) -> FieldValue {
        if self.decoded.strand != Some(Strand::Endpoint) {
            return FieldValue::Missing;
        }
        let Some(call) = self.call.get_or_init(|| command_call(self.record)) else { return FieldValue::Missing };
        match name {
            "x.cli.program" => FieldValue::from(Some(call.program.clone())),
            "x.cli.service" => call.service.clone().into(),
            "x.cli.operation" => call.operation.clone().into(),
            "x.cli.verb" => call.verb().map(str::to_owned).into(),
            "x.cli.class" => FieldValue::Text(VerbClass::of(call.verb().unwrap_or_default()).name().to_owned()),
            "x.cli.command" => FieldValue::from(self.decoded.detail.as_deref().map(str::to_owned)),
            "x.cli.host" => FieldValue::from(
                self.decoded.principal.as_deref().map(|principal| principal.split_once('/').map_or(principal, |(host, _)| host).to_owned()),
            ),
            "x.cli.user" => {
                FieldValue::from(self.decoded.principal.as_deref().and_then(|principal| principal.split_once('/')).map(|(_, user)| user.to_owned()))
            }
            "x.cli.options" => FieldValue::List(call.options.iter().map(|(name, value)| format!("{name} {value}").trim_end().to_owned()).collect()),
            _ => FieldValue::Missing,
        }
    }

    /// The whole command line.
    fn command(&self) -> FieldValue {
        let line = self.decoded.searchable.first().filter(|_| self.decoded.strand == Some(Strand::Endpoint));
        match line {
            Some(Searchable::Raw(raw, escaped)) => FieldValue::Text(unescape(raw, *escaped).into_owned()),
            Some(Searchable::Text(line)) => FieldValue::Text(line.clone().into_owned()),
            None => FieldValue::Missing,
        }
    }

    /// The bucket that a job writes to.
    fn output_bucket(&self) -> FieldValue {
        let is_trail = matches!(self.decoded.strand, Some(Strand::Management | Strand::Data));
        if !is_trail || self.decoded.service.as_deref() != Some("bedrock") {
            return FieldValue::Missing;
        }
        let mut tape = Tape::new();
        tape.parse(self.record);
        let request = tape.root(self.record).get("requestParameters").get("outputDataConfig");
        let address = ["s3Uri", "s3OutputDataConfig.s3Uri"].into_iter().find_map(|path| request.at(path).text_some());
        address.and_then(|address| Some(address.strip_prefix("s3://")?.split('/').next()?.to_owned())).into()
    }

    /// What stands behind the bucket: an object's key, or the path of the data that a job reads.
    fn prefix(&self) -> FieldValue {
        let Some(bucket) = self.decoded.bucket.as_deref() else { return FieldValue::Missing };
        let objects = self.decoded.mentions.iter().filter(|(kind, _)| *kind == EntityKind::Object);
        let behind = |object: &str| object.strip_prefix(bucket).and_then(|rest| rest.strip_prefix('/')).map(str::to_owned);
        objects.map(|(_, object)| object).find_map(|object| behind(object)).into()
    }
}

/// Each once, in the order in which they come.
fn distinct(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for text in texts {
        if !all.contains(&text) {
            all.push(text);
        }
    }
    all
}

/// The sum of what is known; `None` when nothing is.
fn sum(counts: [Option<u64>; 2]) -> Option<u64> {
    counts.into_iter().flatten().reduce(u64::saturating_add)
}

fn key_kind(kind: KeyKind) -> FieldValue {
    FieldValue::Text(kind.name().to_owned())
}

/// The name of an IAM user, of a principal that is one: `111122223333/user/NAME` (`x.user`).
pub fn user_of(principal: &str) -> Option<&str> {
    let (account, name) = principal.split_once("/user/")?;
    (account.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty()).then_some(name)
}

/// Bedrock, its mantle endpoint, AgentCore (DETECTIONS §0.2 `x.is_bedrock`). The service is the event source without its domain.
pub fn is_bedrock(service: &str) -> bool {
    matches!(service, "bedrock" | "bedrock-mantle" | "bedrock-agentcore" | "bedrock-agentcore-control")
}

/// A model was called, or would have been (`x.invoke`).
pub fn is_invoke(service: &str, action: &str) -> bool {
    (service == "bedrock" && INVOKE.contains(&action)) || (service == "bedrock-mantle" && action == "CreateInference")
}

/// The calls of [`is_invoke`] that Bedrock logs under its own name.
pub const INVOKE: [&str; 7] = [
    "InvokeModel",
    "InvokeModelWithResponseStream",
    "Converse",
    "ConverseStream",
    "InvokeModelWithBidirectionalStream",
    "StartAsyncInvoke",
    "CreateModelInvocationJob",
];

/// An agent, flow or knowledge base was called (`x.agentic`).
pub fn is_agentic(service: &str, action: &str) -> bool {
    service == "bedrock"
        && (matches!(action, "InvokeAgent" | "InvokeInlineAgent" | "InvokeFlow" | "Retrieve") || action.starts_with("RetrieveAndGenerate"))
}

/// Models, guardrails, agents or their settings were listed or looked at (`x.enum`).
pub fn is_enumeration(service: &str, action: &str) -> bool {
    const ENUMERATION: [&str; 14] = [
        "ListFoundationModels",
        "GetFoundationModel",
        "GetFoundationModelAvailability",
        "ListCustomModels",
        "ListImportedModels",
        "ListInferenceProfiles",
        "ListProvisionedModelThroughputs",
        "ListModelCustomizationJobs",
        "ListGuardrails",
        "ListAgents",
        "ListKnowledgeBases",
        "GetModelInvocationLoggingConfiguration",
        "GetUseCaseForModelAccess",
        "ListFoundationModelAgreementOffers",
    ];
    (service == "bedrock" && ENUMERATION.contains(&action)) || (service == "bedrock-mantle" && matches!(action, "ListModels" | "GetModel"))
}
