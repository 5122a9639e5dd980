//! Fields that a rule names and no event can have: told with the nearest name.

use super::nearest;
use super::place::CASE_FIELDS;
use super::rule::Rule;
use super::sigma::{Leaf, Selector};
use crate::model::{FIELDS, Strand};

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

/// What holds fields in records of the clouds' logs.
const OBJECTS: [&str; 20] = [
    "userIdentity",
    "userIdentity.sessionContext",
    "userIdentity.sessionContext.sessionIssuer",
    "userIdentity.sessionContext.attributes",
    "userIdentity.sessionContext.webIdFederationData",
    "userIdentity.onBehalfOf",
    "requestParameters",
    "responseElements",
    "additionalEventData",
    "resources",
    "tlsDetails",
    "serviceEventDetails",
    "insightDetails",
    "addendum",
    "identity",
    "input",
    "input.inputBodyJson",
    "output",
    "output.outputBodyJson",
    "requestMetadata",
];

/// What is odd about the fields of a rule, with the field.
pub(super) fn fields(rule: &Rule) -> Vec<(String, String)> {
    let mut odd = Vec::new();
    let derived = || FIELDS.iter().map(|field| field.name).chain(CASE_FIELDS.map(|(name, _)| name));
    let is_logs_only = !rule.strands.contains(Strand::Endpoint) && !rule.strands.contains(Strand::Span);
    let leaves = || rule.selector.iter().flat_map(Selector::leaves);
    let given: Vec<&str> = leaves().flat_map(Leaf::placeholders).collect();
    let mut named = rule.fields();
    named.sort_unstable();
    named.dedup();
    for name in named {
        let mut tell = |text| odd.push((name.to_owned(), text));
        let first = name.split(['.', '[']).next().unwrap_or(name);
        // Endpoints and agents log in too many shapes to know their keys.
        let known = || TRAIL.into_iter().chain(TRAIL_RARE).chain(INVOCATION);
        let is_known = if name.starts_with("x.") { derived().any(|known| known == name) } else { known().any(|known| known == first) };
        if is_known {
            continue;
        }
        if given.contains(&name) {
            tell(format!("nothing gives the placeholder %{name}% a value, so what compares with it never holds: write the values out"));
        } else if name.starts_with("x.") {
            let near = nearest(name, derived()).map(|near| format!(": did you mean {near}?")).unwrap_or_default();
            tell(format!("there is no field {name}{near}"));
        } else if is_logs_only {
            let near = nearest(first, known()).map(|near| format!(": did you mean {}?", name.replacen(first, near, 1))).unwrap_or_default();
            tell(format!("no such record has a field {name}{near}"));
        }
    }
    let objects = leaves().filter(|leaf| is_logs_only && leaf.is_of_text()).flat_map(|leaf| &leaf.fields);
    let mut objects: Vec<&String> = objects.filter(|name| OBJECTS.contains(&name.as_str())).collect();
    objects.sort_unstable();
    objects.dedup();
    odd.extend(objects.into_iter().map(|name| {
        let text =
            format!("{name} holds fields: its JSON as a text is compared, without blanks between its parts; where you can, name a field in it");
        (name.clone(), text)
    }));
    odd
}
