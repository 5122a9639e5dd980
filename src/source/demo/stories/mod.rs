//! What was planted: five stories and some smaller matters. Every step has a fixed time and ids that do not depend on
//! the options, so that tests, the tour and the documents can name them.

mod agent_loop;
mod api_key;
mod attempts;
mod deletions;
mod injection;
mod leaked_key;
mod pilot;
mod poisoning;
mod routine;
mod summaries;
mod telemetry;

use super::background::inference_region;
use super::callers::Caller;
use super::draw::Draw;
use super::laptop::{self, Laptop};
use super::objects::ObjectCall;
use super::slot::{Invoke, Log, Payload, Slot};
use super::talk::Talk;
use super::trail::Call;
use crate::model::Timestamp;

/// The assistant's guardrail.
pub(super) const GUARDRAIL: &str = "gr7almaguard";
/// Its twin for Europe.
pub(super) const GUARDRAIL_EU: &str = "gr7almaeu001";
/// The order-desk agent.
pub(super) const AGENT: &str = "ORDERDESK1";
/// The knowledge base of support articles.
pub(super) const KNOWLEDGE_BASE: &str = "KBARTICLE1";
/// Where models are tuned from.
pub(super) const TRAINING_BUCKET: &str = "acme-ml-training-data";

pub(super) use attempts::HIDDEN_WORDS;
pub(super) use deletions::{DELETED_AGENT, DELETED_BASE, DELETED_GUARDRAIL, SILENT_COMMAND};
pub(super) use leaked_key::{BLIND_REGION, INTRUDER, REMOVED_GUARDRAIL, blind_window, key_off};
pub(super) use pilot::{ISSUER, MEMORY, POLICY, RUNTIME, SUBJECT};
pub(super) use poisoning::{JOB, POISONED_PREFIX};
pub(super) use telemetry::{SESSION, trace};

/// Which story a step belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Story {
    /// A long-term key in the wrong hands.
    LeakedKey,
    /// Somebody writes into what a model is tuned from.
    Poisoning,
    /// Instructions in the data.
    Injection,
    /// Deletions from an administrator's laptop.
    Deletions,
    /// A request that takes an agent forty calls.
    AgentLoop,
    /// An AgentCore agent that a note talks into things.
    Pilot,
    /// A long-term Bedrock API key.
    ApiKey,
    /// Changes that are as they should be, for contrast.
    Routine,
}

/// What is said in a planted call: number and the step's own draws.
pub(super) type Script = fn(usize, &mut Draw) -> Talk;

/// What a step does.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Call {
        caller: Caller,
        region: &'static str,
        service: &'static str,
        name: &'static str,
        details: Details,
    },
    Object {
        caller: Caller,
        owner: &'static str,
        name: &'static str,
        bucket: &'static str,
        key: String,
        size: u64,
        command: &'static str,
    },
    Invoke {
        caller: Caller,
        region: &'static str,
        operation: &'static str,
        model: &'static str,
        script: Script,
        details: InvokeDetails,
    },
    Command {
        laptop: Laptop,
        arguments: &'static [&'static str],
    },
    /// A record of a log of its own, ready as it is.
    Record {
        log: Log,
        account: &'static str,
        region: &'static str,
        json: String,
    },
}

/// What most control-plane calls leave out.
#[derive(Clone, Debug, Default)]
pub(super) struct Details {
    pub(super) writes: bool,
    pub(super) data: bool,
    pub(super) error: Option<(&'static str, &'static str)>,
    pub(super) parameters: String,
    pub(super) response: String,
    pub(super) additional: String,
    pub(super) resources: String,
    pub(super) host: &'static str,
    pub(super) command: &'static str,
}

impl Details {
    /// A change, with its parameters as JSON.
    pub(super) fn change(parameters: impl Into<String>) -> Self {
        Self { writes: true, parameters: parameters.into(), ..Self::default() }
    }

    /// A read, with its parameters as JSON.
    pub(super) fn read(parameters: impl Into<String>) -> Self {
        Self { parameters: parameters.into(), ..Self::default() }
    }

    pub(super) fn answered(mut self, response: impl Into<String>) -> Self {
        self.response = response.into();
        self
    }

    pub(super) fn refused(mut self, code: &'static str, message: &'static str) -> Self {
        self.error = Some((code, message));
        self
    }

    pub(super) fn at_host(mut self, host: &'static str) -> Self {
        self.host = host;
        self
    }

    pub(super) fn by_command(mut self, command: &'static str) -> Self {
        self.command = command;
        self
    }
}

/// What most model calls leave out.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct InvokeDetails {
    pub(super) error: Option<(&'static str, &'static str)>,
    /// No invocation record: logging was off, or never on.
    pub(super) unrecorded: bool,
    pub(super) bearer: bool,
    pub(super) metadata: &'static str,
}

/// A planted step.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) story: Story,
    /// Unique together with the number.
    pub(super) label: &'static str,
    pub(super) number: usize,
    pub(super) at: Timestamp,
    /// The request id; empty for commands on a laptop.
    pub(super) request: String,
    pub(super) act: Act,
}

impl Step {
    fn draw(&self) -> Draw {
        Draw::labelled(self.label, self.number)
    }

    /// How many events the step makes.
    pub(super) fn events(&self) -> u64 {
        match &self.act {
            Act::Invoke { details, .. } if !details.unrecorded => 2,
            _ => 1,
        }
    }

    /// Does the step count among the events that were asked for? Spans and summaries tell of others again: the crowd does
    /// not shrink for them.
    pub(super) fn counts(&self) -> bool {
        !matches!(self.act, Act::Record { .. })
    }

    /// Writes the step's events.
    pub(super) fn write(&self, slot: &mut Slot) {
        let mut draw = self.draw();
        let request = draw_request(&mut draw, &self.act);
        match &self.act {
            Act::Call { caller, region, service, name, details } => {
                let event = draw.uuid();
                let call = Call {
                    read_only: !details.writes,
                    data: details.data,
                    error: details.error,
                    parameters: &details.parameters,
                    response: &details.response,
                    additional: &details.additional,
                    resources: &details.resources,
                    request: &request,
                    event: &event,
                    host: details.host,
                    command: details.command,
                    ..Call::new(self.at, caller, region, service, name)
                };
                slot.trail(caller.account, region, &call);
            }
            Act::Object { caller, owner, name, bucket, key, size, command } => {
                let (at, size) = (self.at, *size);
                // Buckets of the stories lie where their account works.
                let region = if *owner == super::callers::DATA { "us-west-2" } else { "us-east-1" };
                // The request id is the first thing drawn there too.
                let mut draw = self.draw();
                ObjectCall { at, caller, owner, region, name, bucket, key, size, error: None, command }.write(&mut draw, slot);
            }
            Act::Invoke { caller, region, operation, model, script, details } => {
                let talk = if details.error.is_some() { Talk::default() } else { script(self.number, &mut draw) };
                let inference = inference_region(model, &mut draw);
                slot.invoke(&Invoke {
                    at: self.at,
                    caller,
                    region,
                    inference,
                    operation,
                    model,
                    request: &request,
                    payload: Payload::Talk(&talk),
                    error: details.error,
                    recorded: !details.unrecorded,
                    bearer: details.bearer,
                    metadata: details.metadata,
                    seed: draw.seed(),
                });
            }
            Act::Record { log, account, region, json } => slot.ready(*log, account, region, self.at, json),
            Act::Command { laptop, arguments } => slot.endpoint(self.at, |out| laptop::exec(laptop, self.at, arguments, &mut draw, out)),
        }
    }
}

fn draw_request(draw: &mut Draw, act: &Act) -> String {
    match act {
        Act::Command { .. } | Act::Record { .. } => String::new(),
        Act::Object { .. } => ObjectCall::request(draw),
        _ => draw.uuid(),
    }
}

/// Collects a story's steps.
pub(super) struct Plot {
    story: Story,
    steps: Vec<Step>,
}

impl Plot {
    fn of(story: Story) -> Self {
        Self { story, steps: Vec::new() }
    }

    pub(super) fn step(&mut self, label: &'static str, at: Timestamp, act: Act) {
        let number = self.steps.iter().filter(|step| step.label == label).count();
        let request = draw_request(&mut Draw::labelled(label, number), &act);
        self.steps.push(Step { story: self.story, label, number, at, request, act });
    }

    /// A call of the control plane.
    pub(super) fn call(
        &mut self,
        label: &'static str,
        at: Timestamp,
        caller: Caller,
        place: (&'static str, &'static str, &'static str),
        details: Details,
    ) {
        let (region, service, name) = place;
        self.step(label, at, Act::Call { caller, region, service, name, details });
    }
}

/// Every planted step, in the order of time.
pub(super) fn steps() -> Vec<Step> {
    let mut all = Vec::new();
    for (story, tell) in [
        (Story::LeakedKey, leaked_key::tell as fn(&mut Plot)),
        (Story::Poisoning, poisoning::tell),
        (Story::Injection, injection::tell),
        (Story::Deletions, deletions::tell),
        (Story::AgentLoop, agent_loop::tell),
        (Story::AgentLoop, telemetry::tell),
        (Story::LeakedKey, summaries::tell_burst),
        (Story::Poisoning, summaries::tell_stranger),
        (Story::Pilot, pilot::tell),
        (Story::ApiKey, api_key::tell),
        (Story::Routine, routine::tell),
    ] {
        let mut plot = Plot::of(story);
        tell(&mut plot);
        all.append(&mut plot.steps);
    }
    all.sort_by_key(|step| step.at);
    all
}
