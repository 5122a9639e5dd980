//! CloudTrail Insights: an account calls an API, or fails to, more often than it used to.
//!
//! A trail writes them with an `insightDetails` block, an event data store with keys of the same meaning at the top and
//! the averages beside the attributions. Two records make one Insight, its start and its end; `sharedEventID` joins them.
//!
//! - <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-insights-fields-trails.html>
//! - <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-insights-fields-lake.html>

use std::borrow::Cow;

use super::{Fields, strand, without_domain};
use crate::decode::address::Mentions;
use crate::decode::decoded::{Decoded, Text};
use crate::decode::folded_key::FoldedKey;
use crate::decode::json::Value;
use crate::decode::nested::Nested;
use crate::decode::one_line::one_line;
use crate::model::{EntityKind, Timestamp, fold_arn};

/// The longest detail, in characters.
const LONGEST: usize = 160;

/// What an Insight says, wherever it says it.
#[derive(Clone, Copy, Default)]
struct Insight<'a> {
    state: Value<'a>,
    kind: Value<'a>,
    source: Value<'a>,
    name: Value<'a>,
    error: Value<'a>,
    context: Value<'a>,
}

/// Is the record an Insight?
pub(super) fn is(fields: &Fields<'_>) -> bool {
    fields.insight.is_some() || fields.category.text().is_some_and(|category| category.eq_ignore_ascii_case("Insight"))
}

/// Decodes an Insight. It is nobody's call: who is attributed to it is a mention.
pub(super) fn decode<'a>(record: Value<'a>, fields: &Fields<'a>) -> Decoded<'a> {
    let details = Nested::of(fields.insight);
    let insight = Insight::of(record, details.as_ref().map_or(fields.insight, Nested::root));
    let nested = Nested::of(insight.context);
    let context = nested.as_ref().map_or(insight.context, Nested::root);
    let own = |value: Value<'_>| value.text_some().map(|text| Text::Owned(text.into_owned()));

    let service = own(insight.source).map(without_domain);
    let action = own(insight.name);
    let mentions = mentions(&insight, context, fields);
    let strand = strand::of(&strand::Signs {
        category: "Insight",
        management: None,
        service: service.as_deref().unwrap_or_default(),
        action: action.as_deref().unwrap_or_default(),
    });
    let detail = detail(&insight, context, &mentions);
    Decoded {
        time: fields.time.text().and_then(|text| Timestamp::parse(&text)),
        strand: Some(strand),
        account: fields.recipient.scalar().filter(|text| !text.is_empty()),
        region: fields.region.text_some(),
        detail: Some(detail.into()),
        searchable: super::pieces(if fields.insight.is_some() { fields.insight } else { get(record, b"insightcontext") }).collect(),
        service,
        action,
        mentions,
        ..Decoded::default()
    }
}

impl<'a> Insight<'a> {
    /// From the block of a trail, or from the top of the record.
    fn of<'b>(record: Value<'b>, details: Value<'b>) -> Insight<'b> {
        if details.is_object() {
            let [state, kind, source, name, error, context] =
                ["state", "insightType", "eventSource", "eventName", "errorCode", "insightContext"].map(|key| details.get(key));
            return Insight { state, kind, source, name, error, context };
        }
        let mut insight = Insight::default();
        for (key, value) in record.entries() {
            match FoldedKey::of(key).as_bytes() {
                b"insightstate" => insight.state = value,
                b"insighttype" => insight.kind = value,
                b"insighteventsource" => insight.source = value,
                b"insighteventname" => insight.name = value,
                b"insighterrorcode" => insight.error = value,
                b"insightcontext" => insight.context = value,
                _ => {}
            }
        }
        insight
    }

    /// `null` is how an Insight writes that there was no error.
    fn error(&self) -> Option<Text<'a>> {
        self.error.text_some().filter(|code| code != "null")
    }
}

/// Who and what the unusual activity is attributed to. Those of the baseline were there before, and are not named.
fn mentions(insight: &Insight<'_>, context: Value<'_>, fields: &Fields<'_>) -> Mentions<'static> {
    let mut mentions: Mentions<'static> = Vec::new();
    let mut add = |kind: EntityKind, text: &str| {
        if !text.is_empty() && text != "null" {
            mentions.push((kind, Cow::Owned(text.to_owned())));
        }
    };
    add(EntityKind::Request, &fields.shared.text().unwrap_or_default());
    if let Some(code) = insight.error() {
        add(EntityKind::ErrorCode, &code);
    }
    for attribution in get(context, b"attributions").items_or_self() {
        let attribute = get(attribution, b"attribute").text().unwrap_or_default();
        let values = get(attribution, b"insight").items_or_self().map(|item| get(item, b"value"));
        // How event data stores wrote them until 2025.
        for value in values.chain([get(attribution, b"insightvalue")]).filter_map(Value::text_some) {
            match attribute.to_ascii_lowercase().as_str() {
                "useridentityarn" => {
                    if let Some(actor) = fold_arn(&value) {
                        add(EntityKind::Principal, &actor.principal);
                        add(EntityKind::Session, actor.session.as_deref().unwrap_or_default());
                    }
                }
                "useragent" => add(EntityKind::UserAgent, &value),
                "errorcode" => add(EntityKind::ErrorCode, &value),
                _ => {}
            }
        }
    }
    mentions.sort_unstable();
    mentions.dedup();
    mentions
}

/// `insight start: 90 calls a minute, usually 0.5, by 111122223333/user/bob`.
fn detail(insight: &Insight<'_>, context: Value<'_>, mentions: &Mentions<'_>) -> String {
    let mut line = "insight".to_owned();
    if let Some(state) = insight.state.text_some() {
        line.push(' ');
        line.push_str(&state.to_lowercase());
    }
    let what = match insight.kind.text().unwrap_or_default().as_ref() {
        "ApiCallRateInsight" => "calls".to_owned(),
        "ApiErrorRateInsight" => insight.error().map_or_else(|| "errors".to_owned(), |code| format!("{code} errors")),
        other => other.to_owned(),
    };
    let statistics = get(context, b"statistics");
    let average = |side: &[u8], flat: &[u8]| get(get(statistics, side), b"average").number().or_else(|| get(context, flat).number());
    match average(b"insight", b"insightaverage") {
        Some(now) => line.push_str(&format!(": {} {what} a minute", rate(now))),
        None if what.is_empty() => {}
        None => line.push_str(&format!(": {what}")),
    }
    let minutes = get(statistics, b"insightduration").count().or_else(|| get(context, b"insightduration").count());
    if let Some(minutes) = minutes.filter(|_| insight.state.text().is_some_and(|state| state.eq_ignore_ascii_case("End"))) {
        line.push_str(&format!(" for {minutes} min"));
    }
    if let Some(usual) = average(b"baseline", b"baselineaverage") {
        line.push_str(&format!(", usually {}", rate(usual)));
    }
    let mut principals = mentions.iter().filter(|(kind, _)| *kind == EntityKind::Principal);
    if let Some((_, first)) = principals.next() {
        line.push_str(&format!(", by {first}"));
        match principals.count() {
            0 => {}
            more => line.push_str(&format!(" and {more} more")),
        }
    }
    one_line(&line, LONGEST)
}

/// The value of a key, whatever its case: event data stores fold it.
fn get<'a>(value: Value<'a>, folded: &[u8]) -> Value<'a> {
    value.entries().find(|(key, _)| FoldedKey::of(*key).as_bytes() == folded).map(|(_, value)| value).unwrap_or_default()
}

/// A rate as people say it: `90`, `0.5`, `under 0.01`.
fn rate(average: f64) -> String {
    if average > 0.0 && average < 0.01 {
        return "under 0.01".to_owned();
    }
    let text = format!("{average:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{mentions, with};
    use super::rate;
    use crate::decode::tests::searched;
    use crate::model::{Outcome, Strand, Timestamp};

    fn of_a_trail(details: &str) -> String {
        format!(
            r#"{{"eventVersion":"1.08","eventTime":"2026-07-10T01:42:00Z","awsRegion":"us-east-1","eventID":"e1","eventType":"AwsCloudTrailInsight","recipientAccountId":"111122223333","sharedEventID":"979c82fe-14d4-4e4c-aa01-000000000001","insightDetails":{details},"eventCategory":"Insight"}}"#
        )
    }

    const ATTRIBUTIONS: &str = r#"[{"attribute":"userIdentityArn","insight":[{"value":"arn:aws:sts::111122223333:assumed-role/Reports","average":85.0},{"value":"arn:aws:iam::111122223333:user/bob","average":5.0}],"baseline":[{"value":"arn:aws:sts::111122223333:assumed-role/Usual","average":9.82222E-5}]},{"attribute":"userAgent","insight":[{"value":"Boto3/1.34.11","average":90.0}],"baseline":[{"value":"console.amazonaws.com","average":0.1}]},{"attribute":"errorCode","insight":[{"value":"null","average":90.0}],"baseline":[{"value":"null","average":9.82222E-5}]}]"#;

    #[test]
    fn a_rate_of_calls_begins_and_ends() {
        let record = |state: &str| {
            of_a_trail(&format!(
                r#"{{"state":"{state}","eventSource":"bedrock.amazonaws.com","eventName":"InvokeModel","insightType":"ApiCallRateInsight","insightContext":{{"statistics":{{"baseline":{{"average":9.82222E-5}},"insight":{{"average":90.0}},"insightDuration":41,"baselineDuration":10181}},"attributions":{ATTRIBUTIONS}}}}}"#
            ))
        };
        for (state, detail) in [
            ("Start", "insight start: 90 calls a minute, usually under 0.01, by 111122223333/role/Reports and 1 more"),
            ("End", "insight end: 90 calls a minute for 41 min, usually under 0.01, by 111122223333/role/Reports and 1 more"),
        ] {
            let record = record(state);
            with(record.as_bytes(), |decoded| {
                assert_eq!(decoded.time, Some(Timestamp::from_millis(1_783_647_720_000)));
                assert_eq!((decoded.strand, decoded.outcome), (Some(Strand::Management), Outcome::Ok));
                assert_eq!((decoded.service.as_deref(), decoded.action.as_deref()), (Some("bedrock"), Some("InvokeModel")));
                assert_eq!((decoded.account.as_deref(), decoded.region.as_deref()), (Some("111122223333"), Some("us-east-1")));
                // It is nobody's call.
                assert_eq!((decoded.principal.as_deref(), decoded.request_id.as_deref()), (None, None));
                assert_eq!(decoded.detail.as_deref(), Some(detail));
                assert!(searched(&decoded)[0].contains("Boto3/1.34.11"));
            });
            // Who called in ordinary times is not named.
            assert_eq!(
                mentions(record.as_bytes()),
                [
                    "request 979c82fe-14d4-4e4c-aa01-000000000001",
                    "principal 111122223333/role/Reports",
                    "principal 111122223333/user/bob",
                    "user-agent Boto3/1.34.11",
                ]
            );
        }
    }

    #[test]
    fn a_rate_of_errors() {
        let record = of_a_trail(
            r#"{"state":"Start","eventSource":"s3.amazonaws.com","eventName":"GetObject","errorCode":"AccessDenied","insightType":"ApiErrorRateInsight","insightContext":{"statistics":{"baseline":{"average":0.25},"insight":{"average":12.5}},"attributions":[{"attribute":"errorCode","insight":[{"value":"AccessDenied","average":12.5}]}]}}"#,
        );
        with(record.as_bytes(), |decoded| {
            // Insights of data events exist; they do not say so.
            assert_eq!((decoded.strand, decoded.outcome, decoded.error_code.as_deref()), (Some(Strand::Data), Outcome::Ok, None));
            assert_eq!(decoded.detail.as_deref(), Some("insight start: 12.5 AccessDenied errors a minute, usually 0.25"));
        });
        assert_eq!(mentions(record.as_bytes()), ["request 979c82fe-14d4-4e4c-aa01-000000000001", "error-code AccessDenied"]);
    }

    #[test]
    fn of_an_event_data_store() {
        // Averages beside the attributions, which may hold their values flat; keys folded, blocks as strings.
        for (key, context) in [
            (
                "insightContext",
                r#"{"baselineAverage":0.5,"insightAverage":90,"insightDuration":3,"attributions":[{"attribute":"userIdentityArn","insightValue":"arn:aws:iam::111122223333:user/bob","insightAverage":90}]}"#,
            ),
            (
                "insightcontext",
                r#""{\"baselineaverage\":0.5,\"insightaverage\":90,\"insightduration\":3,\"attributions\":[{\"attribute\":\"userIdentityArn\",\"insight\":{\"value\":\"arn:aws:iam::111122223333:user/bob\",\"average\":90}}]}""#,
            ),
        ] {
            let record = format!(
                r#"{{"eventVersion":"1.09","eventCategory":"Insight","eventType":"AwsCloudTrailInsight","eventTime":"2026-07-10 01:42:00.000","recipientAccountId":"111122223333","insightSource":"arn:aws:cloudtrail:us-east-1:111122223333:eventdatastore/e","insightState":"End","insightEventSource":"iam.amazonaws.com","insightEventName":"CreateUser","insightErrorCode":"null","insightType":"ApiCallRateInsight","{key}":{context}}}"#
            );
            with(record.as_bytes(), |decoded| {
                assert_eq!((decoded.service.as_deref(), decoded.action.as_deref()), (Some("iam"), Some("CreateUser")), "{record}");
                assert_eq!(decoded.time, Some(Timestamp::from_millis(1_783_647_720_000)));
                let detail = "insight end: 90 calls a minute for 3 min, usually 0.5, by 111122223333/user/bob";
                assert_eq!(decoded.detail.as_deref(), Some(detail), "{record}");
                assert_eq!(searched(&decoded).len(), 1);
            });
            assert_eq!(mentions(record.as_bytes()), ["principal 111122223333/user/bob"]);
        }
    }

    #[test]
    fn of_almost_nothing() {
        for (details, detail) in [("{}", "insight"), (r#"{"state":"Start","insightType":"NewInsight"}"#, "insight start: NewInsight")] {
            let record = of_a_trail(details);
            with(record.as_bytes(), |decoded| assert_eq!(decoded.detail.as_deref(), Some(detail), "{record}"));
        }
    }

    #[test]
    fn rates() {
        for (average, text) in
            [(0.0, "0"), (9.82222e-5, "under 0.01"), (0.5, "0.5"), (0.126, "0.13"), (5.0, "5"), (120.0, "120"), (1234.5678, "1234.57")]
        {
            assert_eq!(rate(average), text);
        }
    }
}
