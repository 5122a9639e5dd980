//! Aggregated events: five minutes of data events in one record, counted by action, resource or identity.
//!
//! Which counts belong together across dimensions a record does not say, so an identity, address or bucket stands in its
//! column only where all calls were its own; everything named is a mention.
//! Where dimensions name identities, addresses, user agents and error codes, the documentation names the dimension and
//! shows no value; ARNs and plain values are read.
//!
//! - <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aggregated-events.html>
//! - <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/aggregating-data-events.html>

use std::borrow::Cow;

use super::{Fields, key_kind, without_domain};
use crate::decode::address::{self, Mentions};
use crate::decode::containers::grouped;
use crate::decode::decoded::{Decoded, Text};
use crate::decode::json::Value;
use crate::decode::nested::Nested;
use crate::decode::one_line::one_line;
use crate::model::{EntityKind, KeyKind, Outcome, Strand, Timestamp, fold_arn};

/// The longest detail, in characters.
const LONGEST: usize = 160;
/// So many values of a dimension are named in the detail.
const NAMED: usize = 4;

/// What a dimension counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dimension {
    Action,
    Resource,
    Identity,
    Address,
    UserAgent,
    ErrorCode,
    Key,
}

impl Dimension {
    fn of(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "eventname" => Self::Action,
            "resourcearn" | "resource" | "resources" => Self::Resource,
            "useridentity" | "useridentityarn" | "useridentity.arn" => Self::Identity,
            "sourceipaddress" => Self::Address,
            "useragent" => Self::UserAgent,
            "errorcode" | "errorcodes" => Self::ErrorCode,
            "accesskeyid" => Self::Key,
            _ => return None,
        })
    }
}

/// A value with its count, and what it is a value of.
struct Counted {
    dimension: Dimension,
    name: String,
    count: u64,
    /// It makes up all calls of the record.
    all: bool,
}

/// Is the record a summary?
pub(super) fn is(fields: &Fields<'_>) -> bool {
    fields.category.text().is_some_and(|category| category.eq_ignore_ascii_case("Aggregated"))
}

/// Decodes a summary.
pub(super) fn decode<'a>(record: Value<'a>, fields: &Fields<'a>) -> Decoded<'a> {
    let window = record.get("timeWindow");
    let instant = |key: &str| window.get(key).text().and_then(|text| Timestamp::parse(&text));
    let (start, end) = (instant("windowStart"), instant("windowEnd"));
    let summary = record.get("summary");
    let nested = Nested::of(summary);
    let counted = counts(nested.as_ref().map_or(summary, Nested::root));
    let only = |dimension: Dimension| counted.iter().find(|value| value.dimension == dimension && value.all).map(|value| value.name.as_str());
    let own = |text: &str| Cow::Owned(text.to_owned());

    let who = only(Dimension::Identity).and_then(fold_arn).unwrap_or_default();
    let some = |text: String| (!text.is_empty()).then_some(Cow::Owned(text));
    let error_code = only(Dimension::ErrorCode);
    let key = only(Dimension::Key);
    let mut named = Vec::new();
    if let Some(arn) = only(Dimension::Resource) {
        address::mention(own(arn), &mut named);
    }
    let minutes = start.zip(end).map(|(start, end)| (end.as_millis() - start.as_millis()) / 60_000);
    Decoded {
        time: start.or_else(|| fields.time.text().and_then(|text| Timestamp::parse(&text))),
        strand: Some(Strand::Data),
        outcome: Outcome::from_error_code(error_code),
        error_code: error_code.map(own),
        account: record.get("accountId").scalar().or_else(|| fields.recipient.scalar()).filter(|text| !text.is_empty()),
        region: fields.region.text_some(),
        service: fields.source.text_some().map(without_domain),
        action: Some(Cow::Borrowed("AggregatedEvent")),
        actor: some(who.actor),
        principal: some(who.principal),
        role: who.role.map(Cow::Owned),
        session: who.session.map(Cow::Owned),
        key: key.map(own),
        key_kind: key.map_or(KeyKind::None, |key| key_kind(Some(key), false, false)),
        ip: only(Dimension::Address).map(own),
        user_agent: only(Dimension::UserAgent).map(own),
        bucket: named.into_iter().find(|(kind, _)| *kind == EntityKind::Bucket).map(|(_, name)| name),
        detail: detail(&counted, minutes).map(Cow::Owned),
        mentions: mentions(&counted),
        searchable: super::pieces(summary).collect(),
        ..Decoded::default()
    }
}

/// Every value that is counted, the primary dimension's first.
fn counts(summary: Value<'_>) -> Vec<Counted> {
    let mut counted = Vec::new();
    let primary = summary.get("primaryDimension");
    let sum = |dimension: Value<'_>| dimension.get("statistics").items_or_self().filter_map(|item| item.get("value").count()).sum::<u64>();
    let total = sum(primary);
    for part in std::iter::once(primary).chain(summary.get("details").items_or_self()) {
        let Some(dimension) = part.get("dimension").text().and_then(|name| Dimension::of(&name)) else { continue };
        for item in part.get("statistics").items_or_self() {
            let Some(name) = item.get("name").text_some().filter(|name| name != "null") else { continue };
            let count = item.get("value").count().unwrap_or(0);
            counted.push(Counted { dimension, name: name.into_owned(), count, all: count > 0 && count == total });
        }
    }
    counted
}

fn mentions(counted: &[Counted]) -> Mentions<'static> {
    let mut mentions: Mentions<'static> = Vec::new();
    for Counted { dimension, name, .. } in counted {
        let kind = match dimension {
            Dimension::Resource | Dimension::Identity if name.starts_with("arn:") => {
                address::mention(Text::Owned(name.clone()), &mut mentions);
                continue;
            }
            Dimension::Resource | Dimension::Identity => continue,
            Dimension::Action => EntityKind::Action,
            Dimension::Address => EntityKind::Ip,
            Dimension::UserAgent => EntityKind::UserAgent,
            Dimension::ErrorCode => EntityKind::ErrorCode,
            Dimension::Key => EntityKind::Key,
        };
        mentions.push((kind, Cow::Owned(name.clone())));
    }
    mentions.sort_unstable();
    mentions.dedup();
    mentions
}

/// `GetObject 1,204, PutObject 12 in 5 min on data-lake, by 111122223333/user/bob, AccessDenied 3`.
fn detail(counted: &[Counted], minutes: Option<i64>) -> Option<String> {
    let list = |dimension: Dimension, show: fn(&str) -> String| {
        let values: Vec<&Counted> = counted.iter().filter(|value| value.dimension == dimension).collect();
        let mut names: Vec<String> = values
            .iter()
            .take(NAMED)
            .map(|value| {
                if value.all && dimension != Dimension::Action {
                    show(&value.name)
                } else {
                    format!("{} {}", show(&value.name), grouped(value.count))
                }
            })
            .collect();
        if values.len() > NAMED {
            names.push(format!("{} more", values.len() - NAMED));
        }
        (!names.is_empty()).then(|| names.join(", "))
    };
    let plain: fn(&str) -> String = str::to_owned;
    let mut line = list(Dimension::Action, plain).unwrap_or_default();
    let mut add = |before: &str, words: Option<String>| {
        if let Some(words) = words {
            line.push_str(if line.is_empty() { "" } else { before });
            line.push_str(&words);
        }
    };
    add(" in ", minutes.filter(|minutes| *minutes > 0).map(|minutes| format!("{minutes} min")));
    add(" on ", list(Dimension::Resource, |arn| arn.strip_prefix("arn:aws:s3:::").unwrap_or(arn).to_owned()));
    add(", by ", list(Dimension::Identity, |arn| fold_arn(arn).map_or_else(|| arn.to_owned(), |actor| actor.actor)));
    add(", ", list(Dimension::ErrorCode, plain));
    Some(one_line(&line, LONGEST)).filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{mentions, with};
    use crate::decode::tests::searched;
    use crate::model::{Outcome, Strand, Timestamp};

    fn record(primary: &str, details: &str) -> String {
        format!(
            r#"{{"eventVersion":"1.0","accountId":"111122223333","eventId":"e1","eventCategory":"Aggregated","eventType":"AwsAggregatedEvent","awsRegion":"us-west-2","eventSource":"s3.amazonaws.com","timeWindow":{{"windowStart":"2026-11-17T19:20:00Z","windowEnd":"2026-11-17T19:25:00Z","windowSize":"PT5M"}},"summary":{{"primaryDimension":{primary},"details":[{details}]}}}}"#
        )
    }

    fn dimension(name: &str, values: &[(&str, u64)]) -> String {
        let values: Vec<String> = values.iter().map(|(name, value)| format!(r#"{{"name":"{name}","value":{value}}}"#)).collect();
        format!(r#"{{"dimension":"{name}","statistics":[{}],"aggregationType":"Count"}}"#, values.join(","))
    }

    #[test]
    fn calls_by_action() {
        let details = [
            dimension("resourceARN", &[("arn:aws:s3:::bucket-1", 1100), ("arn:aws:s3:::bucket-2/a/b.csv", 116)]),
            dimension("userIdentity", &[("arn:aws:sts::111122223333:assumed-role/Etl/i-0abc", 1216)]),
            dimension("sourceIpAddress", &[("203.0.113.7", 1216)]),
            dimension("userAgent", &[("Boto3/1.40", 1200), ("aws-cli/2", 16)]),
            dimension("errorCodes", &[("AccessDenied", 3)]),
        ]
        .join(",");
        let record = record(&dimension("eventName", &[("GetObject", 1204), ("PutObject", 12)]), &details);
        with(record.as_bytes(), |decoded| {
            assert_eq!(decoded.undecodable, None);
            assert_eq!((decoded.strand, decoded.outcome), (Some(Strand::Data), Outcome::Ok));
            // 2026-11-17T19:20:00Z
            assert_eq!(decoded.time, Some(Timestamp::from_millis(1_794_943_200_000)));
            let text = |text: &Option<std::borrow::Cow<'_, str>>| text.as_deref().unwrap_or_default().to_owned();
            assert_eq!(
                [&decoded.account, &decoded.region, &decoded.service, &decoded.action].map(text),
                ["111122223333", "us-west-2", "s3", "AggregatedEvent"]
            );
            // One identity and one address made all calls; two programs and two buckets did not.
            assert_eq!(
                [&decoded.principal, &decoded.role, &decoded.session, &decoded.ip, &decoded.user_agent, &decoded.bucket].map(text),
                ["111122223333/role/Etl", "Etl", "i-0abc", "203.0.113.7", "", ""]
            );
            assert_eq!(
                decoded.detail.as_deref(),
                Some("GetObject 1,204, PutObject 12 in 5 min on bucket-1 1,100, bucket-2/a/b.csv 116, by 111122223333/role/Etl, AccessDenied 3")
            );
            assert!(searched(&decoded)[0].contains("bucket-2"));
        });
        assert_eq!(
            mentions(record.as_bytes()),
            [
                "principal 111122223333/role/Etl",
                "ip 203.0.113.7",
                "bucket bucket-1",
                "bucket bucket-2",
                "object bucket-2/a/b.csv",
                "user-agent Boto3/1.40",
                "user-agent aws-cli/2",
                "session i-0abc",
                "action GetObject",
                "action PutObject",
                "error-code AccessDenied",
            ]
        );
    }

    #[test]
    fn calls_by_resource_and_by_identity() {
        let by_resource = record(
            &dimension("resourceARN", &[("arn:aws:s3:::bucket-1", 800)]),
            &[dimension("eventName", &[("PutObject", 800)]), dimension("errorCode", &[("AccessDenied", 800)])].join(","),
        );
        with(by_resource.as_bytes(), |decoded| {
            assert_eq!(decoded.detail.as_deref(), Some("PutObject 800 in 5 min on bucket-1, AccessDenied"));
            assert_eq!((decoded.bucket.as_deref(), decoded.outcome), (Some("bucket-1"), Outcome::Denied));
            assert_eq!(decoded.error_code.as_deref(), Some("AccessDenied"));
        });
        let by_identity = record(
            &dimension("userIdentity", &[("arn:aws:iam::111122223333:user/bob", 7), ("s3.amazonaws.com", 1)]),
            &dimension("eventName", &[("GetObject", 8)]),
        );
        with(by_identity.as_bytes(), |decoded| {
            assert_eq!(decoded.detail.as_deref(), Some("GetObject 8 in 5 min, by 111122223333/user/bob 7, s3.amazonaws.com 1"));
            assert_eq!(decoded.principal.as_deref(), None);
        });
    }

    #[test]
    fn many_values_and_none() {
        let names: Vec<(String, u64)> = (1..=6).map(|number| (format!("Action{number}"), number)).collect();
        let names: Vec<(&str, u64)> = names.iter().map(|(name, count)| (name.as_str(), *count)).collect();
        with(record(&dimension("eventName", &names), "").as_bytes(), |decoded| {
            assert_eq!(decoded.detail.as_deref(), Some("Action1 1, Action2 2, Action3 3, Action4 4, 2 more in 5 min"));
        });
        with(br#"{"eventVersion":"1.0","eventCategory":"Aggregated","eventType":"AwsAggregatedEvent","summary":{}}"#, |decoded| {
            assert_eq!((decoded.strand, decoded.detail.as_deref(), decoded.undecodable), (Some(Strand::Data), None, None));
        });
    }
}
