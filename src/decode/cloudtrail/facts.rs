//! What CloudTrail says of a call beyond the columns of its event: read from the record when somebody asks.

use super::Fields;
use crate::decode::folded_key::FoldedKey;
use crate::decode::json::{Tape, Value};
use crate::decode::nested::Nested;

/// Facts of one CloudTrail record that no event stores. What a record does not say is `None` or false.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrailFacts {
    /// `eventID`: this record's own id. Two accounts that log one call have one each.
    pub event_id: Option<String>,
    /// `sharedEventID`: the same on both copies of a call, and on both ends of an Insight. Also a mention of the event.
    pub shared_event_id: Option<String>,
    /// `eventType`: `AwsApiCall`, `AwsServiceEvent`, `AwsVpceEvent` …
    pub event_type: Option<String>,
    /// `eventCategory` as written.
    pub category: Option<String>,
    /// `readOnly`. Do not filter model calls by it: both values occur (FORMATS §3.1).
    pub read_only: Option<bool>,
    /// `managementEvent`.
    pub management: Option<bool>,
    /// `additionalEventData.inputTokens`: known where no invocation record is.
    pub input_tokens: Option<u64>,
    /// `additionalEventData.outputTokens`.
    pub output_tokens: Option<u64>,
    /// `additionalEventData.inferenceRegion`: where a profile sent the call; absent when it stayed.
    pub inference_region: Option<String>,
    /// Called with a Bedrock API key.
    pub bearer: bool,
    /// `bearerTokenType`: `SHORT_TERM`, `LONG_TERM`.
    pub bearer_type: Option<String>,
    /// `vpcEndpointId`: the call came through this endpoint.
    pub vpc_endpoint: Option<String>,
    /// `vpcEndpointAccountId`: who owns the endpoint. The caller may belong to another account.
    pub vpc_endpoint_account: Option<String>,
    /// `userIdentity.type`.
    pub identity_type: Option<String>,
    /// `userIdentity.accountId`: the caller's.
    pub caller_account: Option<String>,
    /// `recipientAccountId`: whose trail this is.
    pub recipient_account: Option<String>,
    /// `userIdentity.invokedBy`: the service that made the call for somebody.
    pub invoked_by: Option<String>,
    /// `tlsDetails.clientProvidedHostHeader`: `bedrock-runtime.…` and `bedrock.…` tell data from control plane.
    pub host: Option<String>,
    /// A presigned address (`AuthenticationMethod` QueryString).
    pub presigned: bool,
    /// `additionalEventData.bytesTransferredIn`.
    pub bytes_in: Option<u64>,
    /// `additionalEventData.bytesTransferredOut`.
    pub bytes_out: Option<u64>,
    /// With a second factor, where the record says: `MFAUsed` of a login, else of the session.
    pub mfa: Option<bool>,
    /// CloudTrail left parameters or response out because they were too large (`omitted`).
    pub omitted: bool,
}

/// The facts of a record. Nothing but defaults for what is no CloudTrail record.
pub fn trail_facts(record: &[u8]) -> TrailFacts {
    let tape = Tape::of(record);
    let root = tape.root(record);
    let fields = Fields::of(root);
    let open = |value: Value<'_>| Nested::of(value);
    let (identity, request, response, additional) = (open(fields.identity), open(fields.request), open(fields.response), open(fields.additional));
    let identity = identity.as_ref().map_or(fields.identity, Nested::root);
    let request = request.as_ref().map_or(fields.request, Nested::root);
    let response = response.as_ref().map_or(fields.response, Nested::root);
    let additional = additional.as_ref().map_or(fields.additional, Nested::root);

    let bearer = [additional, request].map(|place| place.get("callWithBearerToken").boolean() == Some(true));
    let session = identity.at("sessionContext.attributes.mfaAuthenticated").boolean();
    let mut facts = TrailFacts {
        shared_event_id: owned(fields.shared),
        category: owned(fields.category),
        management: fields.management.boolean(),
        input_tokens: additional.get("inputTokens").count(),
        output_tokens: additional.get("outputTokens").count(),
        inference_region: owned(additional.get("inferenceRegion")),
        bearer: bearer.contains(&true),
        bearer_type: [additional, request].into_iter().find_map(|place| owned(place.get("bearerTokenType"))),
        vpc_endpoint: owned(fields.vpc_endpoint),
        vpc_endpoint_account: owned(fields.vpc_account),
        identity_type: owned(identity.get("type")),
        caller_account: owned(identity.get("accountId")),
        recipient_account: owned(fields.recipient),
        invoked_by: owned(identity.get("invokedBy")),
        presigned: additional.get("AuthenticationMethod").is("QueryString"),
        bytes_in: additional.get("bytesTransferredIn").count(),
        bytes_out: additional.get("bytesTransferredOut").count(),
        mfa: additional.get("MFAUsed").text().map_or(session, |used| Some(used.eq_ignore_ascii_case("yes"))),
        omitted: [request, response, additional].into_iter().any(|place| place.get("omitted").boolean() == Some(true)),
        ..TrailFacts::default()
    };
    for (key, value) in root.entries() {
        match FoldedKey::of(key).as_bytes() {
            b"eventid" => facts.event_id = owned(value),
            b"eventtype" => facts.event_type = owned(value),
            b"readonly" => facts.read_only = value.boolean(),
            b"tlsdetails" => {
                let nested = open(value);
                facts.host = owned(nested.as_ref().map_or(value, Nested::root).get("clientProvidedHostHeader"));
            }
            _ => {}
        }
    }
    facts
}

fn owned(value: Value<'_>) -> Option<String> {
    value.scalar().filter(|text| !text.is_empty()).map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::tests::samples;

    #[test]
    fn of_a_model_call() {
        let record = br#"{"eventVersion":"1.11","eventID":"e1","eventType":"AwsApiCall","eventCategory":"Management","readOnly":true,"managementEvent":true,"eventSource":"bedrock.amazonaws.com","eventName":"InvokeModel","recipientAccountId":"111122223333","userIdentity":{"type":"AssumedRole","accountId":"111122223333","invokedBy":"bedrock.amazonaws.com","sessionContext":{"attributes":{"mfaAuthenticated":"false"}}},"additionalEventData":{"inferenceRegion":"us-east-2","inputTokens":1980,"outputTokens":119.0,"callWithBearerToken":true},"vpcEndpointId":"vpce-1","tlsDetails":{"clientProvidedHostHeader":"bedrock-runtime.us-east-1.amazonaws.com"}}"#;
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            trail_facts(record),
            TrailFacts {
                event_id: text("e1"),
                event_type: text("AwsApiCall"),
                category: text("Management"),
                read_only: Some(true),
                management: Some(true),
                input_tokens: Some(1980),
                output_tokens: Some(119),
                inference_region: text("us-east-2"),
                bearer: true,
                vpc_endpoint: text("vpce-1"),
                identity_type: text("AssumedRole"),
                caller_account: text("111122223333"),
                recipient_account: text("111122223333"),
                invoked_by: text("bedrock.amazonaws.com"),
                host: text("bedrock-runtime.us-east-1.amazonaws.com"),
                mfa: Some(false),
                ..TrailFacts::default()
            }
        );
    }

    #[test]
    fn of_what_exporters_make_of_it() {
        // Lower case, strings for objects and booleans.
        let record = br#"{"eventid":"e2","readonly":"true","sharedeventid":"s","vpcendpointaccountid":"444455556666","additionaleventdata":"{\"AuthenticationMethod\":\"QueryString\",\"bytesTransferredOut\":\"17\",\"MFAUsed\":\"Yes\"}","requestparameters":"{\"callWithBearerToken\":\"True\",\"bearerTokenType\":\"LONG_TERM\"}","responseelements":{"omitted":true}}"#;
        let facts = trail_facts(record);
        assert_eq!((facts.event_id.as_deref(), facts.read_only, facts.shared_event_id.as_deref()), (Some("e2"), Some(true), Some("s")));
        assert_eq!((facts.presigned, facts.bytes_out, facts.bytes_in, facts.mfa), (true, Some(17), None, Some(true)));
        assert_eq!((facts.bearer, facts.bearer_type.as_deref(), facts.omitted), (true, Some("LONG_TERM"), true));
        assert_eq!(facts.vpc_endpoint_account.as_deref(), Some("444455556666"));
    }

    #[test]
    fn of_nothing() {
        for record in [&b""[..], b"[]", b"{}", b"{\"eventID\":", br#"{"schemaType":"ModelInvocationLog"}"#] {
            assert_eq!(trail_facts(record), TrailFacts::default());
        }
    }

    #[test]
    fn of_samples() {
        if let [management, mantle] = samples("cloudtrail/aws_docs_bedrock.ndjson").as_slice() {
            assert!(!trail_facts(management).bearer);
            assert!(trail_facts(mantle).bearer);
        }
        for record in samples("cloudtrail/panther_identity_forms.ndjson").iter().take(2) {
            let facts = trail_facts(record);
            assert_eq!((facts.caller_account.as_deref(), facts.recipient_account.as_deref()), (Some("111111111111"), Some("222222222222")));
            assert_eq!(facts.vpc_endpoint_account.as_deref(), Some("222222222222"));
        }
    }
}
