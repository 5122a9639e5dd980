//! Fields that a rule names and no event can have: told with the nearest name.

use super::nearest;
use super::rule::Rule;
use crate::model::{FIELDS, Strand};

/// Fields that only a whole case can tell (docs/RULES.md). They are for rules; a filter or query has no place for them.
pub(super) const CASE_FIELDS: [&str; 8] = ["x.joined", "x.calls", "x.logged", "x.trailed", "x.echo", "x.control", "x.change", "x.holds_logs"];

/// Top-level keys of CloudTrail records.
const TRAIL: [&str; 28] = [
    "eventVersion",
    "userIdentity",
    "eventTime",
    "eventSource",
    "eventName",
    "awsRegion",
    "sourceIPAddress",
    "userAgent",
    "errorCode",
    "errorMessage",
    "requestParameters",
    "responseElements",
    "additionalEventData",
    "requestID",
    "eventID",
    "readOnly",
    "resources",
    "eventType",
    "apiVersion",
    "managementEvent",
    "recipientAccountId",
    "eventCategory",
    "sharedEventID",
    "sessionCredentialFromConsole",
    "tlsDetails",
    "vpcEndpointId",
    "serviceEventDetails",
    "insightDetails",
];
const TRAIL_RARE: [&str; 4] = ["vpcEndpointAccountId", "addendum", "edgeDeviceDetails", "eventContext"];
/// Top-level keys of invocation records.
const INVOCATION: [&str; 15] = [
    "schemaType",
    "schemaVersion",
    "timestamp",
    "accountId",
    "identity",
    "region",
    "inferenceRegion",
    "requestId",
    "operation",
    "modelId",
    "errorCode",
    "input",
    "output",
    "requestMetadata",
    "errorMessage",
];

/// What is odd about the fields of a rule.
pub(super) fn fields(rule: &Rule) -> Vec<String> {
    let mut odd = Vec::new();
    let derived = || FIELDS.iter().map(|field| field.name).chain(CASE_FIELDS);
    let is_logs_only = !rule.strands.contains(Strand::Endpoint) && !rule.strands.contains(Strand::Span);
    let mut named = rule.fields();
    named.sort_unstable();
    named.dedup();
    for name in named {
        let first = name.split(['.', '[']).next().unwrap_or(name);
        if name.starts_with("x.") {
            if !derived().any(|known| known == name) {
                let near = nearest(name, derived()).map(|near| format!(": did you mean {near}?")).unwrap_or_default();
                odd.push(format!("there is no field {name}{near}"));
            }
        } else if is_logs_only || rule.selector.is_none() {
            // Endpoints and agents log in too many shapes to know their keys.
            let known = || TRAIL.into_iter().chain(TRAIL_RARE).chain(INVOCATION);
            if !known().any(|known| known == first) && (is_logs_only || !first.is_empty() && rule.selector.is_some()) {
                let near = nearest(first, known()).map(|near| format!(": did you mean {}?", name.replacen(first, near, 1))).unwrap_or_default();
                odd.push(format!("no such record has a field {name}{near}"));
            }
        }
    }
    odd
}
