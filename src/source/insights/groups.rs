//! Which log groups there are and what they hold: by their names, and by a look at their newest events, which costs nothing.

use std::sync::atomic::AtomicBool;

use aws_sdk_cloudwatchlogs::types::{FilteredLogEvent, LogGroup};
use futures_util::StreamExt as _;
use futures_util::future::join;
use futures_util::stream;

use super::classify;
use super::fault::{AwsError, Fault};
use super::link::{Care, Link};
use crate::decode::{decode, json::Tape};
use crate::model::live::GroupName;
use crate::model::{Strand, Timestamp};

/// A log group that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundGroup {
    /// Its name.
    pub group: GroupName,
    /// Its class as AWS writes it: `STANDARD`, `INFREQUENT_ACCESS`, …
    pub class: String,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// For how many days it keeps events; `None` is for ever.
    pub retention_days: Option<i32>,
    /// Bytes it holds, compressed.
    pub stored_bytes: u64,
    /// What its name says it holds.
    pub named: Option<Strand>,
    /// What was found in it.
    pub look: Look,
    /// It belongs to another account, which shows its logs to ours (a monitoring account): the ARN by which it has to be named.
    pub arn: Option<String>,
}

/// What a look into a group found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Look {
    /// Nobody looked.
    #[default]
    NotLooked,
    /// It could not be looked into: why.
    Failed(Fault),
    /// The strands of its newest events; the time of the newest.
    Saw {
        /// Which strands; empty when they are of no kind we know, or there are none.
        strands: Vec<Strand>,
        /// How many events were looked at.
        events: usize,
        /// How many bytes they have.
        bytes: usize,
        /// When the newest of them happened.
        newest: Option<Timestamp>,
    },
}

impl FoundGroup {
    /// The strands it holds, by its contents, or by its name where nobody could look.
    pub fn holds(&self) -> Vec<Strand> {
        match &self.look {
            Look::Saw { strands, events, .. } if *events > 0 => strands.clone(),
            _ => self.named.into_iter().collect(),
        }
    }

    /// The first instant of which it can hold events: events are taken that are up to 14 days old when they are sent.
    pub fn keeps_from(&self, now: Timestamp) -> Option<Timestamp> {
        let days = |days: i64| -days * 86_400_000;
        let kept = self.retention_days.map(|kept| now.plus_millis(days(i64::from(kept))));
        self.created.map(|created| created.plus_millis(days(14))).max(kept)
    }

    /// What a request calls it.
    pub fn identifier(&self) -> &str {
        self.arn.as_deref().unwrap_or(&self.group.name)
    }

    /// Somebody means it by this name or ARN.
    pub fn is_called(&self, name: &str) -> bool {
        match of_arn(name) {
            Some(named) => named == self.group,
            None => self.group.name == name,
        }
    }

    /// How many bytes a record of it has, about.
    pub(super) fn mean_record(&self) -> Option<f64> {
        match self.look {
            Look::Saw { events, bytes, .. } if events > 0 => Some(bytes as f64 / events as f64),
            _ => None,
        }
    }

    /// Everything can be asked of it: its class forbids nothing.
    pub fn is_standard(&self) -> bool {
        self.class.is_empty() || self.class == "STANDARD"
    }
}

/// More groups than this in a Region are not looked into when nothing in the name speaks for it.
const LOOKED_INTO: usize = 40;
/// So many looks at once.
const AT_ONCE: usize = 4;
const DAY: i64 = 86_400_000;
/// A look goes back so far.
const LOOK_BACK_DAYS: i64 = 30;
/// Names of groups that hold something else, and of which there are many.
const NOISE: [&str; 14] = [
    "/aws/lambda/",
    "/aws/rds",
    "/aws/eks",
    "/aws/ecs",
    "/ecs/",
    "API-Gateway",
    "/aws/apigateway",
    "/aws/codebuild",
    "RDSOSMetrics",
    "/aws/sagemaker",
    "/aws/vpc",
    "/aws/states",
    "/aws/kinesisfirehose",
    "aws-waf-logs",
];

/// What a name says that a group holds.
pub fn named(name: &str) -> Option<Strand> {
    let lower = name.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if lower == "aws/spans" || lower.starts_with("/aws/bedrock-agentcore/") || has(&["otel", "spans"]) {
        Some(Strand::Span)
    } else if has(&["bedrock"]) && !has(&["knowledge", "/aws/lambda/"]) {
        Some(Strand::Invocation)
    } else if has(&["cloudtrail"]) || lower.ends_with("trail") {
        Some(Strand::Management)
    } else if has(&["jamf", "osquery", "auditd", "crowdstrike", "falcon", "sysmon", "defender", "endpoint-logs", "-edr", "/edr", "/var/log/audit"]) {
        Some(Strand::Endpoint)
    } else {
        None
    }
}

/// The group that an ARN names.
pub(super) fn of_arn(arn: &str) -> Option<GroupName> {
    let (place, name) = arn.strip_prefix("arn:")?.split_once(":log-group:")?;
    let mut parts = place.split(':').skip(2);
    let (region, account) = (parts.next()?.to_owned(), parts.next()?.to_owned());
    Some(GroupName { account, region, name: name.strip_suffix(":*").unwrap_or(name).to_owned() })
}

/// All groups of a site that could hold evidence, looked into.
pub(super) async fn discover(link: &Link, now: Timestamp, cancel: &AtomicBool) -> Result<Vec<FoundGroup>, AwsError> {
    let mut groups = list_with_linked(link, None, cancel).await?;
    groups.retain(|group| group.named.is_some() || !NOISE.iter().any(|noise| group.group.name.starts_with(noise)));
    // Of those whose names say nothing, the large ones are worth a look.
    groups.sort_by_key(|group| (group.named.is_none(), std::cmp::Reverse(group.stored_bytes)));
    let known = groups.iter().filter(|group| group.named.is_some()).count();
    groups.truncate(known + LOOKED_INTO);
    Box::pin(look_into(link, &mut groups, now, cancel)).await?;
    Ok(groups)
}

/// The groups of these names or ARNs, looked into. A name that is not there is not among them; one that several accounts have is
/// there several times; when groups may not be listed, the names are taken as they are.
pub(super) async fn named_groups(link: &Link, names: &[String], now: Timestamp, cancel: &AtomicBool) -> Result<Vec<FoundGroup>, AwsError> {
    let found: Vec<Result<Vec<FoundGroup>, AwsError>> =
        stream::iter(names).map(|name| named_group(link, name, now, cancel)).buffered(AT_ONCE).collect().await;
    Ok(found.into_iter().collect::<Result<Vec<_>, _>>()?.concat())
}

/// It is looked for and looked into at once: somebody waits for both.
async fn named_group(link: &Link, name: &str, now: Timestamp, cancel: &AtomicBool) -> Result<Vec<FoundGroup>, AwsError> {
    let bare = unknown(link, name);
    let (listed, first) = join(list_with_linked(link, Some(&bare.group.name), cancel), Box::pin(look(link, &bare, now, cancel))).await;
    if first == Look::Failed(Fault::Stopped) {
        return Err(AwsError::new(format!("look into {name}"), Fault::Stopped));
    }
    let mut groups = match listed {
        Ok(groups) => groups,
        Err(AwsError { fault: Fault::Denied(_), .. }) => return Ok(vec![FoundGroup { look: first, ..bare }]),
        Err(error) => return Err(error),
    };
    groups.retain(|group| group.is_called(name));
    let mut linked: Vec<FoundGroup> = groups.extract_if(.., |group| group.identifier() != bare.identifier()).collect();
    // A class that cannot be looked into was not known before.
    groups.iter_mut().filter(|group| group.is_standard()).for_each(|group| group.look = first.clone());
    Box::pin(look_into(link, &mut linked, now, cancel)).await?;
    groups.extend(linked);
    Ok(groups)
}

fn unknown(link: &Link, name: &str) -> FoundGroup {
    let of_arn = of_arn(name);
    FoundGroup {
        arn: of_arn.as_ref().map(|_| name.strip_suffix(":*").unwrap_or(name).to_owned()),
        named: named(name),
        group: of_arn.unwrap_or_else(|| GroupName { account: String::new(), region: link.region.clone(), name: name.to_owned() }),
        class: String::new(),
        created: None,
        retention_days: None,
        stored_bytes: 0,
        look: Look::NotLooked,
    }
}

/// The groups of a site, of a prefix when one is given.
pub(super) async fn list(link: &Link, prefix: Option<&str>, cancel: &AtomicBool) -> Result<Vec<FoundGroup>, AwsError> {
    listed(link, prefix, false, cancel).await
}

/// The same, and those of accounts that show us their logs, each with its ARN.
async fn list_with_linked(link: &Link, prefix: Option<&str>, cancel: &AtomicBool) -> Result<Vec<FoundGroup>, AwsError> {
    let (own, all) = join(Box::pin(listed(link, prefix, false, cancel)), Box::pin(listed(link, prefix, true, cancel))).await;
    let mut groups = own?;
    // Whoever is no monitoring account has none, and a server that does not know of them gives the same ones again.
    let linked = all.unwrap_or_default().into_iter().filter(|group| !groups.iter().any(|own| own.group == group.group));
    let linked: Vec<FoundGroup> = linked.filter_map(|group| Some(FoundGroup { arn: Some(arn_of(&group.group)?), ..group })).collect();
    groups.extend(linked);
    Ok(groups)
}

/// None when its account is not known.
fn arn_of(group: &GroupName) -> Option<String> {
    let partition = match group.region.split('-').collect::<Vec<_>>().as_slice() {
        ["cn", ..] => "aws-cn",
        ["us", "gov", ..] => "aws-us-gov",
        _ => "aws",
    };
    (!group.account.is_empty()).then(|| format!("arn:{partition}:logs:{}:{}:log-group:{}", group.region, group.account, group.name))
}

async fn listed(link: &Link, prefix: Option<&str>, with_linked: bool, cancel: &AtomicBool) -> Result<Vec<FoundGroup>, AwsError> {
    let (mut groups, mut token) = (Vec::new(), None);
    loop {
        let doing = format!("list the log groups in {}", link.site);
        let page = link
            .call(&link.looks, Care::MayDrop, cancel, |client| {
                let request = client.describe_log_groups().limit(50).set_include_linked_accounts(with_linked.then_some(true));
                let request = request.set_log_group_name_prefix(prefix.map(str::to_owned)).set_next_token(token.clone());
                let doing = &doing;
                async move { request.send().await.map_err(|error| classify::error(doing, &error)) }
            })
            .await?;
        groups.extend(page.log_groups().iter().filter_map(|group| found(link, group)));
        token = page.next_token().filter(|token| !token.is_empty()).map(str::to_owned);
        if token.is_none() {
            return Ok(groups);
        }
    }
}

fn found(link: &Link, group: &LogGroup) -> Option<FoundGroup> {
    let name = group.log_group_name()?.to_owned();
    let account = group.log_group_arn().or(group.arn()).and_then(|arn| arn.split(':').nth(4)).unwrap_or_default().to_owned();
    Some(FoundGroup {
        named: named(&name),
        group: GroupName { account, region: link.region.clone(), name },
        class: group.log_group_class().map(|class| class.as_str().to_owned()).unwrap_or_default(),
        created: group.creation_time().map(Timestamp::from_millis),
        retention_days: group.retention_in_days(),
        stored_bytes: group.stored_bytes().and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(0),
        look: Look::NotLooked,
        arn: None,
    })
}

async fn look_into(link: &Link, groups: &mut [FoundGroup], now: Timestamp, cancel: &AtomicBool) -> Result<(), AwsError> {
    let looks: Vec<Look> = stream::iter(groups.iter()).map(|group| look(link, group, now, cancel)).buffered(AT_ONCE).collect().await;
    for (group, look) in groups.iter_mut().zip(looks) {
        if look == Look::Failed(Fault::Stopped) {
            return Err(AwsError::new("look into the log groups", Fault::Stopped));
        }
        group.look = look;
    }
    Ok(())
}

/// The newest events of a group, by an action that scans nothing: of the last day, or of the last month.
async fn look(link: &Link, group: &FoundGroup, now: Timestamp, cancel: &AtomicBool) -> Look {
    if !group.is_standard() {
        return Look::NotLooked;
    }
    match look_back(link, group, now.plus_millis(-DAY), cancel).await {
        Look::Saw { events: 0, .. } => look_back(link, group, now.plus_millis(-LOOK_BACK_DAYS * DAY), cancel).await,
        look => look,
    }
}

async fn look_back(link: &Link, group: &FoundGroup, from: Timestamp, cancel: &AtomicBool) -> Look {
    let doing = format!("look into {}", group.group);
    let page = link
        .call(&link.looks, Care::MayDrop, cancel, |client| {
            let request = match &group.arn {
                Some(arn) => client.filter_log_events().log_group_identifier(arn),
                None => client.filter_log_events().log_group_name(&group.group.name),
            };
            let request = request.start_time(from.as_millis()).start_from_head(false).limit(10);
            let doing = &doing;
            async move { request.send().await.map_err(|error| classify::error(doing, &error)) }
        })
        .await;
    let page = match page {
        Ok(page) => page,
        Err(error) => return Look::Failed(error.fault),
    };
    let (mut strands, mut tape) = (Vec::new(), Tape::new());
    for message in page.events().iter().filter_map(|event| event.message()) {
        if let Some(strand) = strand_of(message, &mut tape).filter(|strand| !strands.contains(strand)) {
            strands.push(strand);
        }
    }
    let newest = page.events().iter().filter_map(FilteredLogEvent::timestamp).max().map(Timestamp::from_millis);
    let bytes = page.events().iter().filter_map(|event| event.message()).map(str::len).sum();
    Look::Saw { strands, events: page.events().len(), bytes, newest }
}

fn strand_of(message: &str, tape: &mut Tape) -> Option<Strand> {
    let decoded = decode(message.as_bytes(), tape);
    if decoded.undecodable.is_some() { None } else { decoded.strand }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_speak_for_themselves_or_not() {
        for (name, strand) in [
            ("/aws/bedrock/modelinvocations", Some(Strand::Invocation)),
            ("bedrock-prod-logs", Some(Strand::Invocation)),
            ("aws/spans", Some(Strand::Span)),
            ("/aws/bedrock-agentcore/runtimes/shop", Some(Strand::Span)),
            ("aws-cloudtrail-logs-111122223333-0a1b", Some(Strand::Management)),
            ("org-trail", Some(Strand::Management)),
            ("/corp/jamf-protect", Some(Strand::Endpoint)),
            ("/aws/lambda/bedrock-caller", None),
            ("/app/web", None),
        ] {
            assert_eq!(named(name), strand, "{name}");
        }
    }

    #[test]
    fn arns_are_read_and_written() {
        for (arn, region, account, name) in [
            (
                "arn:aws:logs:us-east-1:111122223333:log-group:/aws/bedrock/modelinvocations",
                "us-east-1",
                "111122223333",
                "/aws/bedrock/modelinvocations",
            ),
            ("arn:aws-cn:logs:cn-north-1:444455556666:log-group:org-trail", "cn-north-1", "444455556666", "org-trail"),
            ("arn:aws-us-gov:logs:us-gov-west-1:1:log-group:a:b", "us-gov-west-1", "1", "a:b"),
        ] {
            let group = GroupName { account: account.into(), region: region.into(), name: name.into() };
            assert_eq!(of_arn(arn), Some(group.clone()));
            assert_eq!(of_arn(&format!("{arn}:*")), Some(group.clone()));
            assert_eq!(arn_of(&group).as_deref(), Some(arn));
        }
        for other in ["/aws/bedrock", "arn:aws:s3:::bucket", "arn:aws:logs:us-east-1"] {
            assert_eq!(of_arn(other), None, "{other}");
        }
        assert_eq!(arn_of(&GroupName { name: "g".into(), ..GroupName::default() }), None, "whose it is is not known");
    }

    #[test]
    fn contents_speak_louder_than_the_name() {
        let mut group = FoundGroup {
            group: GroupName::default(),
            class: String::new(),
            created: Some(Timestamp::from_millis(5)),
            retention_days: Some(1),
            stored_bytes: 0,
            named: Some(Strand::Invocation),
            look: Look::NotLooked,
            arn: None,
        };
        assert_eq!(group.holds(), [Strand::Invocation]);
        group.look = Look::Saw { strands: vec![], events: 4, bytes: 30, newest: None };
        assert_eq!(group.mean_record(), Some(7.5));
        assert_eq!(group.holds(), []);
        group.look = Look::Saw { strands: vec![], events: 0, bytes: 0, newest: None };
        assert_eq!(group.mean_record(), None);
        assert_eq!(group.holds(), [Strand::Invocation], "an empty group is what it is called");
        let day = 86_400_000;
        group.created = Some(Timestamp::from_millis(20 * day));
        assert_eq!(group.keeps_from(Timestamp::from_millis(8 * day)), Some(Timestamp::from_millis(7 * day)), "kept for a day");
        assert_eq!(group.keeps_from(Timestamp::from_millis(6 * day)), Some(Timestamp::from_millis(6 * day)), "two weeks before it was made");
        let (mut tape, trail) = (
            Tape::new(),
            r#"{"eventVersion":"1.08","eventName":"InvokeModel","eventSource":"bedrock.amazonaws.com","eventTime":"2026-11-11T02:00:00Z"}"#,
        );
        assert_eq!(strand_of(trail, &mut tape), Some(Strand::Management));
        assert_eq!(strand_of("START RequestId: 7", &mut tape), None);
    }
}
