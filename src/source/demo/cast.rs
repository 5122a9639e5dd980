//! Facts about what was planted, for tests, the tour and the documents.

use super::callers::{CONCIERGE, CONTRACTOR, FOREIGN, GUEST, LAB, PILOT, PROD};
use super::laptop::KESSLER_LAPTOP;
use super::stories::{self, Story};
use crate::model::Timestamp;

/// A planted step as the logs show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planted {
    /// The story it belongs to.
    pub story: Story,
    /// What it is, such as `leak-blind`; several steps may share a label.
    pub label: &'static str,
    /// When. CloudTrail stamps model calls one to three seconds later.
    pub at: Timestamp,
    /// `requestID` and `requestId`; empty for commands on a laptop.
    pub request: String,
}

/// Who and what the stories are about. None of it depends on [`Options`](super::Options).
#[derive(Clone, Debug)]
pub struct Cast {
    /// The account most of it happens in.
    pub account: &'static str,
    /// Story 1: the access key that leaked.
    pub leaked_key: &'static str,
    /// Story 1: its user.
    pub leaked_user: &'static str,
    /// Story 1: that user as a principal: `{account}/user/{name}`.
    pub leaked_principal: String,
    /// Story 1: where the key is used from that night.
    pub intruder_ip: &'static str,
    /// Story 1: where invocation logging is switched off.
    pub blind_region: &'static str,
    /// Story 1: from then …
    pub blind_from: Timestamp,
    /// Story 1: … until then.
    pub blind_until: Timestamp,
    /// Story 1: the guardrail the intruder deletes.
    pub removed_guardrail: &'static str,
    /// Story 2: the bucket models are tuned from.
    pub training_bucket: &'static str,
    /// Story 2: the prefix that strangers write to and the job reads.
    pub poisoned_prefix: &'static str,
    /// Story 2: the job's name.
    pub job: &'static str,
    /// Story 2: session name of the contractor who uploads.
    pub contractor: &'static str,
    /// Story 2: account of the second writer.
    pub foreign_account: &'static str,
    /// Story 3: role of the public assistant.
    pub concierge_role: &'static str,
    /// Story 3: the guardrail that blocks, masks and misses.
    pub guardrail: &'static str,
    /// Story 3: what the invisible characters say.
    pub hidden_words: &'static str,
    /// The long loop: the session of the agent, as its spans name it.
    pub agent_session: &'static str,
    /// The long loop: its trace.
    pub agent_trace: String,
    /// Story 4: the laptop.
    pub laptop: &'static str,
    /// Story 4: its user.
    pub laptop_user: &'static str,
    /// Story 4: the guardrail deleted from it.
    pub deleted_guardrail: &'static str,
    /// Story 4: the agent deleted from it.
    pub deleted_agent: &'static str,
    /// Story 4: the knowledge base deleted from it.
    pub deleted_knowledge_base: &'static str,
    /// Story 4: the command that no CloudTrail event answers.
    pub silent_command: &'static str,
    /// Story 5: the account of the pilot.
    pub pilot_account: &'static str,
    /// Story 5: the role of its runtime.
    pub pilot_role: &'static str,
    /// Story 5: the runtime.
    pub pilot_runtime: &'static str,
    /// Story 5: its memory.
    pub pilot_memory: &'static str,
    /// Story 5: where the guest and the root user call from.
    pub guest_ip: &'static str,
    /// Story 5: the subject of the guest's token.
    pub guest_subject: &'static str,
    /// Story 5: who issued the token.
    pub guest_issuer: &'static str,
    /// Story 5: the automated-reasoning policy that the root user deletes.
    pub deleted_policy: &'static str,
    /// Every step, in the order of time.
    pub steps: Vec<Planted>,
}

impl Cast {
    /// Request ids of the steps with that label, in the order of time.
    pub fn requests(&self, label: &str) -> Vec<&str> {
        self.steps.iter().filter(|step| step.label == label).map(|step| step.request.as_str()).collect()
    }

    /// The first step with that label.
    pub fn step(&self, label: &str) -> Option<&Planted> {
        self.steps.iter().find(|step| step.label == label)
    }
}

/// The cast of the demo.
pub fn cast() -> Cast {
    let (blind_from, blind_until) = stories::blind_window();
    let steps = stories::steps();
    Cast {
        account: PROD,
        leaked_key: stories::INTRUDER.key,
        leaked_user: stories::INTRUDER.name,
        leaked_principal: format!("{PROD}/user/{}", stories::INTRUDER.name),
        intruder_ip: stories::INTRUDER.ip,
        blind_region: stories::BLIND_REGION,
        blind_from,
        blind_until,
        removed_guardrail: stories::REMOVED_GUARDRAIL,
        training_bucket: stories::TRAINING_BUCKET,
        poisoned_prefix: stories::POISONED_PREFIX,
        job: stories::JOB,
        contractor: CONTRACTOR.session,
        foreign_account: FOREIGN,
        concierge_role: CONCIERGE.name,
        guardrail: stories::GUARDRAIL,
        hidden_words: stories::HIDDEN_WORDS,
        agent_session: stories::SESSION,
        agent_trace: stories::trace(),
        laptop: KESSLER_LAPTOP.host,
        laptop_user: KESSLER_LAPTOP.user,
        deleted_guardrail: stories::DELETED_GUARDRAIL,
        deleted_agent: stories::DELETED_AGENT,
        deleted_knowledge_base: stories::DELETED_BASE,
        silent_command: stories::SILENT_COMMAND,
        pilot_account: LAB,
        pilot_role: PILOT.name,
        pilot_runtime: stories::RUNTIME,
        pilot_memory: stories::MEMORY,
        guest_ip: GUEST.ip,
        guest_subject: stories::SUBJECT,
        guest_issuer: stories::ISSUER,
        deleted_policy: stories::POLICY,
        steps: steps.into_iter().map(|s| Planted { story: s.story, label: s.label, at: s.at, request: s.request }).collect(),
    }
}
