//! The one table of actions that move a control, and the list of actions that call a model.

use crate::model::{Change, ControlKind, Entity, EntityKind, Scope, Strand, StrandSet};

/// An action that moves a control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ControlAction {
    /// CloudTrail `eventName`.
    pub action: &'static str,
    /// The service it belongs to: other services have actions of the same name.
    pub service: &'static str,
    /// What it moves.
    pub kind: ControlKind,
    /// How. What the record says can make another change of it: a Put that has no destination disables.
    pub change: Change,
}

macro_rules! table {
    ($($service:literal { $($action:literal $kind:ident $change:ident)+ })+) => {
        /// Every action that moves a control (FORMATS §3.2): invocation logging, guardrails, model access, reasoning
        /// policies, trails, event data stores, and where logs are kept. Those of buckets count only for buckets that logs
        /// are known to be delivered to.
        pub const CONTROL_ACTIONS: &[ControlAction] = &[$($(
            ControlAction { action: $action, service: $service, kind: ControlKind::$kind, change: Change::$change },
        )+)+];
    };
}

table! {
    "bedrock" {
        "PutModelInvocationLoggingConfiguration" InvocationLogging Enabled
        "DeleteModelInvocationLoggingConfiguration" InvocationLogging Disabled
        "CreateGuardrail" Guardrail Created
        "CreateGuardrailVersion" Guardrail Versioned
        "UpdateGuardrail" Guardrail Updated
        "DeleteGuardrail" Guardrail Deleted
        "PutEnforcedGuardrailConfiguration" Enforcement Enforced
        "DeleteEnforcedGuardrailConfiguration" Enforcement Unenforced
        "CreateAutomatedReasoningPolicy" ReasoningPolicy Created
        "CreateAutomatedReasoningPolicyVersion" ReasoningPolicy Versioned
        "UpdateAutomatedReasoningPolicy" ReasoningPolicy Updated
        "UpdateAutomatedReasoningPolicyAnnotations" ReasoningPolicy Updated
        "UpdateAutomatedReasoningPolicyTestCase" ReasoningPolicy Updated
        "DeleteAutomatedReasoningPolicy" ReasoningPolicy Deleted
        "PutUseCaseForModelAccess" ModelAccess Requested
        "CreateFoundationModelAgreement" ModelAccess Granted
        "DeleteFoundationModelAgreement" ModelAccess Revoked
        "PutFoundationModelEntitlement" ModelAccess Granted
    }
    "cloudtrail" {
        "CreateTrail" Trail Created
        "UpdateTrail" Trail Updated
        "DeleteTrail" Trail Deleted
        "StartLogging" Trail Started
        "StopLogging" Trail Stopped
        "PutEventSelectors" Trail SelectorsChanged
        "PutInsightSelectors" Trail SelectorsChanged
        "CreateEventDataStore" EventDataStore Created
        "UpdateEventDataStore" EventDataStore Updated
        "DeleteEventDataStore" EventDataStore Deleted
        "RestoreEventDataStore" EventDataStore Created
        "StartEventDataStoreIngestion" EventDataStore Started
        "StopEventDataStoreIngestion" EventDataStore Stopped
    }
    "logs" {
        "DeleteLogGroup" LogGroup Deleted
        "DeleteLogStream" LogGroup Reduced
        "PutRetentionPolicy" LogGroup RetentionChanged
        "DeleteRetentionPolicy" LogGroup RetentionChanged
        "DeleteSubscriptionFilter" LogGroup Reduced
    }
    "s3" {
        "PutBucketPolicy" LogBucket PolicyChanged
        "DeleteBucketPolicy" LogBucket PolicyChanged
        "PutBucketLifecycle" LogBucket RetentionChanged
        "PutBucketLifecycleConfiguration" LogBucket RetentionChanged
        "DeleteBucketLifecycle" LogBucket RetentionChanged
        "PutBucketLogging" LogBucket Updated
        "DeleteBucket" LogBucket Deleted
    }
}

/// Actions that call a model, directly or through an agent, a flow or a knowledge base (DETECTIONS §0.2 `x.invoke`).
pub const INVOKE_ACTIONS: [&str; 14] = [
    "InvokeModel",
    "InvokeModelWithResponseStream",
    "InvokeModelWithBidirectionalStream",
    "Converse",
    "ConverseStream",
    "StartAsyncInvoke",
    "CreateModelInvocationJob",
    "CreateInference",
    "InvokeAgent",
    "InvokeInlineAgent",
    "InvokeFlow",
    "Retrieve",
    "RetrieveAndGenerate",
    "RetrieveAndGenerateStream",
];

/// The line of an action, when it moves a control. A record that names no service is taken by its action alone.
pub fn control_action(action: &str, service: Option<&str>) -> Option<&'static ControlAction> {
    CONTROL_ACTIONS.iter().find(|line| line.action == action && service.is_none_or(|service| service == line.service))
}

/// The events of a scope that may move a control.
pub fn control_scope(scope: &Scope) -> Scope {
    let actions = CONTROL_ACTIONS.iter().map(|line| line.action);
    with_actions(Scope { strands: StrandSet::only(Strand::Management), ..scope.clone() }, actions)
}

/// A scope with actions: any of them.
pub(super) fn with_actions<'a>(mut scope: Scope, actions: impl IntoIterator<Item = &'a str>) -> Scope {
    scope.entities.extend(actions.into_iter().map(|action| Entity::new(EntityKind::Action, action)));
    scope
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_action_has_one_line_and_is_looked_up_with_its_service() {
        let names: BTreeSet<&str> = CONTROL_ACTIONS.iter().map(|line| line.action).collect();
        assert_eq!(names.len(), CONTROL_ACTIONS.len());
        assert_eq!(control_action("StopLogging", Some("cloudtrail")).map(|line| line.change), Some(Change::Stopped));
        assert_eq!(control_action("StopLogging", None).map(|line| line.kind), Some(ControlKind::Trail));
        assert_eq!(control_action("StopLogging", Some("redshift")), None);
        assert_eq!(control_action("GetModelInvocationLoggingConfiguration", Some("bedrock")), None);
    }
}
