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

/// All groups of a site that could hold evidence, looked into.
pub(super) async fn discover(link: &Link, now: Timestamp, cancel: &AtomicBool) -> Result<Vec<FoundGroup>, AwsError> {
    let mut groups = list(link, None, cancel).await?;
    groups.retain(|group| group.named.is_some() || !NOISE.iter().any(|noise| group.group.name.starts_with(noise)));
    // Of those whose names say nothing, the large ones are worth a look.
    groups.sort_by_key(|group| (group.named.is_none(), std::cmp::Reverse(group.stored_bytes)));
    let known = groups.iter().filter(|group| group.named.is_some()).count();
    groups.truncate(known + LOOKED_INTO);
    look_into(link, &mut groups, now, cancel).await?;
    Ok(groups)
}

/// The groups of these names, looked into. A name that is not there is not among them; when groups may not be listed, the names
/// are taken as they are.
pub(super) async fn named_groups(link: &Link, names: &[String], now: Timestamp, cancel: &AtomicBool) -> Result<Vec<FoundGroup>, AwsError> {
    let found: Vec<Result<Option<FoundGroup>, AwsError>> =
        stream::iter(names).map(|name| named_group(link, name, now, cancel)).buffered(AT_ONCE).collect().await;
    found.into_iter().filter_map(Result::transpose).collect()
}

/// It is looked for and looked into at once: somebody waits for both.
async fn named_group(link: &Link, name: &str, now: Timestamp, cancel: &AtomicBool) -> Result<Option<FoundGroup>, AwsError> {
    let bare = unknown(link, name);
    let (listed, look) = join(list(link, Some(name), cancel), look(link, &bare, now, cancel)).await;
    let group = match listed {
        Ok(groups) => groups.into_iter().find(|group| group.group.name == name),
        Err(AwsError { fault: Fault::Denied(_), .. }) => Some(bare),
        Err(error) => return Err(error),
    };
    if look == Look::Failed(Fault::Stopped) {
        return Err(AwsError::new(format!("look into {name}"), Fault::Stopped));
    }
    // A class that cannot be looked into was not known before.
    Ok(group.map(|group| if group.is_standard() { FoundGroup { look, ..group } } else { group }))
}

fn unknown(link: &Link, name: &str) -> FoundGroup {
    FoundGroup {
        group: GroupName { account: String::new(), region: link.region.clone(), name: name.to_owned() },
        class: String::new(),
        created: None,
        retention_days: None,
        stored_bytes: 0,
        named: named(name),
        look: Look::NotLooked,
    }
}

/// The groups of a site, of a prefix when one is given.
pub(super) async fn list(link: &Link, prefix: Option<&str>, cancel: &AtomicBool) -> Result<Vec<FoundGroup>, AwsError> {
    let (mut groups, mut token) = (Vec::new(), None);
    loop {
        let doing = format!("list the log groups in {}", link.site);
        let page = link
            .call(&link.looks, Care::MayDrop, cancel, |client| {
                let request =
                    client.describe_log_groups().limit(50).set_log_group_name_prefix(prefix.map(str::to_owned)).set_next_token(token.clone());
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
            let request = client.filter_log_events().log_group_name(&group.group.name).start_time(from.as_millis()).start_from_head(false).limit(10);
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
    fn contents_speak_louder_than_the_name() {
        let mut group = FoundGroup {
            group: GroupName::default(),
            class: String::new(),
            created: Some(Timestamp::from_millis(5)),
            retention_days: Some(1),
            stored_bytes: 0,
            named: Some(Strand::Invocation),
            look: Look::NotLooked,
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
