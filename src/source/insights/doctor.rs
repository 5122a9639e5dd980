//! Can we read the logs, and are they written? Every site is looked at by harmless calls, and what is missing is said with the
//! exact remedy.

use std::sync::atomic::AtomicBool;

use aws_sdk_cloudwatchlogs::config::ProvideCredentials as _;

use super::ReadAction;
use super::classify;
use super::fault::{AwsError, Fault};
use super::groups::{self, FoundGroup, Look};
use super::link::{Care, Link, Manners, unless_stopped};
use super::session::{Aws, estimate};
use crate::model::live::{Seconds, Site};
use crate::model::{Strand, Timestamp};

/// What was found out about a site.
#[derive(Clone, Debug)]
pub struct Checkup {
    /// The site.
    pub site: Site,
    /// Who we are.
    pub identity: Option<Identity>,
    /// Each action that outcrop needs, and whether it may be sent.
    pub actions: Vec<(ReadAction, Allowed)>,
    /// The groups that hold evidence, or by their names should.
    pub groups: Vec<FoundGroup>,
    /// All groups that could be listed.
    pub groups_in_all: usize,
    /// What is not as it should be.
    pub findings: Vec<Finding>,
}

/// Whose credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The account; empty when nobody told.
    pub account: String,
    /// Who, as an ARN; empty when nobody told.
    pub arn: String,
    /// The id of the access key.
    pub key: String,
    /// Until when they are valid; `None` when they do not end.
    pub expires: Option<Timestamp>,
}

/// May an action be sent?
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// It was, and was answered.
    Yes,
    /// It was refused: what AWS says.
    No(String),
    /// It could not be told: why.
    Unknown(String),
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Evidence cannot be read, or is not written.
    Problem,
    /// Good to know.
    Notice,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub weight: Weight,
    /// What.
    pub what: String,
    /// What to do.
    pub remedy: String,
}

/// The actions that outcrop needs, all of them.
pub const NEEDED: [ReadAction; 5] =
    [ReadAction::DescribeLogGroups, ReadAction::FilterLogEvents, ReadAction::StartQuery, ReadAction::GetQueryResults, ReadAction::StopQuery];

/// The policy that allows what outcrop needs, and nothing else.
pub fn policy() -> String {
    let actions = |of: &[ReadAction]| of.iter().map(|action| format!("\"logs:{}\"", action.name())).collect::<Vec<_>>().join(", ");
    let everywhere = actions(&[ReadAction::DescribeLogGroups, ReadAction::GetQueryResults, ReadAction::StopQuery]);
    let of_groups = actions(&[ReadAction::StartQuery, ReadAction::FilterLogEvents]);
    format!(
        "{{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {{\n      \"Sid\": \"FindGroupsAndReadOwnQueries\",\n      \"Effect\": \"Allow\",\n      \
         \"Action\": [{everywhere}],\n      \"Resource\": \"*\"\n    }},\n    {{\n      \"Sid\": \"ReadEvidence\",\n      \"Effect\": \"Allow\",\n      \
         \"Action\": [{of_groups}],\n      \"Resource\": \"arn:aws:logs:*:*:log-group:*\"\n    }}\n  ]\n}}\n"
    )
}

/// Records that are younger than this are arriving.
const ARRIVES_MILLIS: i64 = 24 * 3_600_000;
/// Credentials that end within this time end soon.
const SOON_MILLIS: i64 = 3_600_000;
/// Groups that keep less are a notice.
const SHORT_DAYS: i32 = 30;
/// No group and no query has such a name.
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// Looks at a site.
pub fn examine(site: &Site, now: Timestamp, cancel: &AtomicBool) -> Checkup {
    let manners = Manners { attempts: 2, throttled: std::time::Duration::from_secs(20), ..Manners::default() };
    match Aws::with(std::slice::from_ref(site), manners) {
        Ok(aws) => {
            let checked = aws.block_on(async {
                let link = aws.links().first()?;
                Some(checked(link, now, cancel).await)
            });
            checked.unwrap_or_else(|| nothing(site.clone()))
        }
        Err(error) => {
            let mut checkup = nothing(site.clone());
            checkup.findings.push(of_error(&error));
            checkup
        }
    }
}

fn nothing(site: Site) -> Checkup {
    Checkup { site, identity: None, actions: Vec::new(), groups: Vec::new(), groups_in_all: 0, findings: Vec::new() }
}

fn of_error(error: &AwsError) -> Finding {
    Finding { weight: Weight::Problem, what: error.fault.to_string(), remedy: error.fault.remedy() }
}

pub(super) async fn checked(link: &Link, now: Timestamp, cancel: &AtomicBool) -> Checkup {
    let mut checkup = nothing(link.site.clone());
    let identity = identity(link, cancel).await;
    let listed = groups::list(link, None, cancel).await;
    if let Err(error) = &listed
        && !matches!(error.fault, Fault::Denied(_))
    {
        // Nothing else would go better.
        checkup.identity = identity;
        checkup.findings.push(of_error(error));
        return checkup;
    }
    checkup.groups_in_all = listed.as_ref().map_or(0, Vec::len);
    checkup.actions.push((ReadAction::DescribeLogGroups, allowed(&listed)));
    let mut found = groups::discover(link, now, cancel).await.unwrap_or_default();
    checkup.actions.push((ReadAction::FilterLogEvents, may_look(link, &found, now, cancel).await));
    let of_queries = queries(link, &found, now, cancel).await;
    checkup.actions.extend(of_queries);
    found.retain(|group| !group.holds().is_empty());
    checkup.identity = identity.map(|mut identity| {
        if identity.account.is_empty()
            && let Some(group) = found.iter().find(|group| group.arn.is_none())
        {
            identity.account.clone_from(&group.group.account);
        }
        identity
    });
    checkup.groups = found;
    findings(&mut checkup, link, now);
    checkup
}

/// Who we are: by STS where it can be reached; the key and its end by the chain itself.
async fn identity(link: &Link, cancel: &AtomicBool) -> Option<Identity> {
    let config = link.config();
    let provider = config.credentials_provider()?;
    let credentials = unless_stopped(cancel, provider.provide_credentials()).await?.ok()?;
    let expires = credentials.expiry().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
    let mut identity = Identity {
        key: credentials.access_key_id().to_owned(),
        expires: expires.and_then(|since| i64::try_from(since.as_millis()).ok()).map(Timestamp::from_millis),
        ..Identity::default()
    };
    let asked = tokio::time::timeout(std::time::Duration::from_secs(10), super::client::identity(&config).get_caller_identity().send());
    if let Some(Ok(Ok(told))) = unless_stopped(cancel, asked).await {
        told.account().unwrap_or_default().clone_into(&mut identity.account);
        told.arn().unwrap_or_default().clone_into(&mut identity.arn);
    }
    Some(identity)
}

fn allowed<T>(result: &Result<T, AwsError>) -> Allowed {
    match result.as_ref().map_err(|error| &error.fault) {
        // What is not there, or makes no sense, was looked at: so it may be sent.
        Ok(_) | Err(Fault::NotFound(_) | Fault::Invalid(_) | Fault::NoDataThere | Fault::ResultsGone | Fault::Malformed { .. }) => Allowed::Yes,
        Err(Fault::Denied(message)) => Allowed::No(message.clone()),
        Err(fault) => Allowed::Unknown(fault.to_string()),
    }
}

/// The looks of the discovery tell; without any, a group that is not there is looked into.
async fn may_look(link: &Link, found: &[FoundGroup], now: Timestamp, cancel: &AtomicBool) -> Allowed {
    if found.iter().any(|group| matches!(group.look, Look::Saw { .. })) {
        return Allowed::Yes;
    }
    let failed = found.iter().find_map(|group| match &group.look {
        Look::Failed(fault) => Some(AwsError::new("look", fault.clone())),
        _ => None,
    });
    if let Some(error) = failed {
        return allowed::<()>(&Err(error));
    }
    let name = format!("/aws/bedrock/{NOBODY}");
    let sent = link
        .call(&link.looks, Care::MayDrop, cancel, |client| {
            let request = client.filter_log_events().log_group_name(&name).start_time(now.as_millis()).limit(1);
            async move { request.send().await.map(drop).map_err(|error| classify::error("look", &error)) }
        })
        .await;
    allowed(&sent)
}

/// Queries: an estimate, which is free; and the results and the end of one that never was.
async fn queries(link: &Link, found: &[FoundGroup], now: Timestamp, cancel: &AtomicBool) -> Vec<(ReadAction, Allowed)> {
    let group = found.first().map_or_else(|| format!("/aws/bedrock/{NOBODY}"), |group| group.identifier().to_owned());
    let end = now.as_millis().div_euclid(1000);
    let read = link
        .call(&link.reads, Care::MayDrop, cancel, |client| {
            let request = client.get_query_results().query_id(NOBODY);
            async move { request.send().await.map(drop).map_err(|error| classify::error("read", &error)) }
        })
        .await;
    let stopped = link
        .call(&link.reads, Care::MayDrop, cancel, |client| {
            let request = client.stop_query().query_id(NOBODY);
            async move { request.send().await.map(drop).map_err(|error| classify::error("stop", &error)) }
        })
        .await;
    let may_read = allowed(&read);
    let started = if matches!(may_read, Allowed::No(_)) {
        // It could be started, but nobody could look at it: do not.
        Allowed::Unknown("not tried: results may not be read".to_owned())
    } else {
        allowed(&estimate(link, "fields @timestamp | limit 1", &[group], Seconds::new(end - 60, end), cancel).await)
    };
    let may_stop = allowed(&stopped);
    vec![(ReadAction::StartQuery, started), (ReadAction::GetQueryResults, may_read), (ReadAction::StopQuery, may_stop)]
}

fn findings(checkup: &mut Checkup, link: &Link, now: Timestamp) {
    let region = &link.region;
    let mut found = Vec::new();
    let mut add = |weight, what: String, remedy: String| found.push(Finding { weight, what, remedy });
    if let Some(expires) = checkup.identity.as_ref().and_then(|identity| identity.expires).filter(|at| at.as_millis() - now.as_millis() < SOON_MILLIS)
    {
        add(Weight::Notice, format!("the credentials end at {expires}"), "log in again before a long fetch: it waits when they end".to_owned());
    }
    for (action, allowed) in &checkup.actions {
        match allowed {
            Allowed::Yes => {}
            Allowed::No(message) => add(
                Weight::Problem,
                format!("logs:{} is not allowed: {message}", action.name()),
                "give the role the policy that `outcrop doctor --policy` prints".to_owned(),
            ),
            Allowed::Unknown(why) => {
                add(Weight::Notice, format!("whether logs:{} is allowed cannot be told: {why}", action.name()), "try again later".to_owned());
            }
        }
    }
    if checkup.actions.iter().any(|(action, allowed)| *action == ReadAction::DescribeLogGroups && *allowed != Allowed::Yes) {
        checkup.findings = found;
        return;
    }
    let on = format!(
        "`aws bedrock get-model-invocation-logging-configuration --region {region}` says where records go; \
                      `aws bedrock put-model-invocation-logging-configuration --region {region} --logging-config …` switches it on"
    );
    let of = |strand: Strand| checkup.groups.iter().filter(move |group| group.holds().contains(&strand));
    if checkup.groups_in_all == 0 {
        add(
            Weight::Problem,
            format!("there are no log groups in {region}"),
            "is it the right account and Region? Try --region, --profile".to_owned(),
        );
    }
    if of(Strand::Invocation).next().is_none() {
        let what = format!("no log group in {region} holds model invocation records: logging is off there, or goes to S3 only");
        add(Weight::Problem, what, format!("{on}; records in S3 are read as files: `outcrop ingest`"));
    }
    for group in of(Strand::Invocation) {
        let newest = match &group.look {
            Look::Saw { newest, .. } => *newest,
            _ => continue,
        };
        match newest {
            Some(at) if now.as_millis() - at.as_millis() <= ARRIVES_MILLIS => {}
            Some(at) => add(
                Weight::Problem,
                format!("no invocation record has arrived in {} since {at}: logging was switched off, or nobody called a model", group.group.name),
                on.clone(),
            ),
            None => add(Weight::Problem, format!("{} has had no record for 30 days", group.group.name), on.clone()),
        }
    }
    if of(Strand::Management).next().is_none() && of(Strand::Data).next().is_none() {
        let what = format!("no log group in {region} holds CloudTrail events");
        let remedy = "send the trail to CloudWatch Logs as well (CloudTrail, trail, CloudWatch Logs), or read its files: `outcrop ingest`";
        add(Weight::Notice, what, remedy.to_owned());
    }
    for group in &checkup.groups {
        if let Some(days) = group.retention_days.filter(|days| *days < SHORT_DAYS) {
            add(
                Weight::Notice,
                format!("{} keeps {days} days only", group.group.name),
                "fetch now what has to be kept, or have the retention prolonged".to_owned(),
            );
        }
        if !group.is_standard() {
            add(
                Weight::Notice,
                format!("{} is of the class {}: what it holds is known by its name only", group.group.name, group.class),
                "queries work; a look without a query and live tail do not".to_owned(),
            );
        }
        if let Look::Failed(fault) = &group.look {
            add(Weight::Problem, format!("{} cannot be looked into: {fault}", group.group.name), fault.remedy());
        }
    }
    found.sort_by_key(|finding| finding.weight);
    checkup.findings = found;
}
