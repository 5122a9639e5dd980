//! `outcrop doctor`: can we read the logs, are they written, what is missing, and what to do about it.

use std::io::Write as _;

use serde::Serialize;

use super::aws::stop_on_signals;
use super::cli::{DoctorArgs, Format};
use super::failure::Failure;
use super::output::Output;
use super::{Done, place};
use crate::model::Timestamp;
use crate::model::live::Site;
use crate::report::bytes;
use crate::source::insights::{Allowed, Checkup, FoundGroup, Look, Weight, examine, policy};

/// Runs the command.
pub fn run(args: &DoctorArgs) -> Result<Done, Failure> {
    if args.policy {
        std::io::stdout().lock().write_all(policy().as_bytes())?;
        return Ok(Done::Complete);
    }
    let (now, stop) = (place::now(), stop_on_signals());
    let checkups: Vec<Checkup> = args.aws.sites().iter().map(|site| examine(site, now, &stop)).collect();
    let is_well = checkups.iter().all(|checkup| checkup.findings.iter().all(|finding| finding.weight != Weight::Problem));
    let mut output = Output::new(args.output);
    if matches!(output.format(), Format::Table | Format::Csv) {
        for checkup in &checkups {
            told(checkup, now, &mut output)?;
        }
        output.flush()?;
    } else {
        output.object(&DoctorJson { checked_at: now, well: is_well, sites: checkups.iter().map(|checkup| SiteJson::of(checkup, now)).collect() })?;
    }
    Ok(if is_well { Done::Complete } else { Done::Incomplete })
}

fn told(checkup: &Checkup, now: Timestamp, output: &mut Output) -> Result<(), Failure> {
    output.line(&checkup.site.to_string())?;
    if let Some(identity) = &checkup.identity {
        let account = if identity.account.is_empty() { String::new() } else { format!("account {}, ", identity.account) };
        let who = if identity.arn.is_empty() { format!("{account}key {}", identity.key) } else { identity.arn.clone() };
        let until = identity.expires.map_or_else(String::new, |at| format!(", until {at}"));
        output.line(&format!("  who       {who}{until}"))?;
    }
    if !checkup.actions.is_empty() {
        let word = |allowed: &Allowed| match allowed {
            Allowed::Yes => "yes",
            Allowed::No(_) => "NO",
            Allowed::Unknown(_) => "?",
        };
        let actions: Vec<String> = checkup.actions.iter().map(|(action, allowed)| format!("{} {}", action.name(), word(allowed))).collect();
        output.line(&format!("  allowed   {}", actions.join(" · ")))?;
    }
    for group in &checkup.groups {
        output.line(&format!("  group     {}", described(group, now)))?;
    }
    for finding in &checkup.findings {
        let word = if finding.weight == Weight::Problem { "PROBLEM " } else { "notice  " };
        output.line(&format!("  {word}  {}", finding.what))?;
        output.line(&format!("            {}", finding.remedy))?;
    }
    if checkup.findings.is_empty() {
        output.line("  all well")?;
    }
    Ok(())
}

fn described(group: &FoundGroup, now: Timestamp) -> String {
    let holds: Vec<&str> = group.holds().iter().map(|strand| strand.name()).collect();
    let newest = match newest(group) {
        Some(at) => format!("newest {at} ({} ago)", ago(now.as_millis() - at.as_millis())),
        None => "nothing seen in it".to_owned(),
    };
    let kept = group.retention_days.map_or_else(|| "kept for ever".to_owned(), |days| format!("kept {days} days"));
    let class = if group.class.is_empty() { String::new() } else { format!(", {}", group.class) };
    format!("{}  [{}]  {newest}, {kept}{class}, {} stored", group.group.name, holds.join(" "), bytes(group.stored_bytes))
}

fn newest(group: &FoundGroup) -> Option<Timestamp> {
    match &group.look {
        Look::Saw { newest, .. } => *newest,
        _ => None,
    }
}

fn ago(millis: i64) -> String {
    match millis.max(0) / 1000 {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

#[derive(Serialize)]
struct DoctorJson<'a> {
    checked_at: Timestamp,
    well: bool,
    sites: Vec<SiteJson<'a>>,
}

#[derive(Serialize)]
struct SiteJson<'a> {
    #[serde(flatten)]
    site: &'a Site,
    account: Option<&'a str>,
    principal: Option<&'a str>,
    key: Option<&'a str>,
    expires: Option<Timestamp>,
    actions: Vec<ActionJson<'a>>,
    groups: Vec<GroupJson<'a>>,
    groups_in_all: usize,
    findings: Vec<FindingJson<'a>>,
}

#[derive(Serialize)]
struct ActionJson<'a> {
    action: String,
    /// Absent when it cannot be told.
    allowed: Option<bool>,
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct GroupJson<'a> {
    name: &'a str,
    account: &'a str,
    holds: Vec<&'static str>,
    class: &'a str,
    retention_days: Option<i32>,
    stored_bytes: u64,
    newest: Option<Timestamp>,
    arriving: Option<bool>,
}

#[derive(Serialize)]
struct FindingJson<'a> {
    weight: &'static str,
    what: &'a str,
    remedy: &'a str,
}

impl<'a> SiteJson<'a> {
    fn of(checkup: &'a Checkup, now: Timestamp) -> Self {
        let identity = checkup.identity.as_ref();
        let told = |text: Option<&'a String>| text.map(String::as_str).filter(|text| !text.is_empty());
        let action = |(action, allowed): &'a (_, Allowed)| {
            let action: &crate::source::insights::ReadAction = action;
            let (is_allowed, reason) = match allowed {
                Allowed::Yes => (Some(true), None),
                Allowed::No(why) => (Some(false), Some(why.as_str())),
                Allowed::Unknown(why) => (None, Some(why.as_str())),
            };
            ActionJson { action: format!("logs:{}", action.name()), allowed: is_allowed, reason }
        };
        let group = |group: &'a FoundGroup| GroupJson {
            name: &group.group.name,
            account: &group.group.account,
            holds: group.holds().iter().map(|strand| strand.name()).collect(),
            class: &group.class,
            retention_days: group.retention_days,
            stored_bytes: group.stored_bytes,
            newest: newest(group),
            arriving: matches!(group.look, Look::Saw { .. }).then(|| newest(group).is_some_and(|at| now.as_millis() - at.as_millis() <= 86_400_000)),
        };
        let finding = |finding: &'a crate::source::insights::Finding| FindingJson {
            weight: if finding.weight == Weight::Problem { "problem" } else { "notice" },
            what: &finding.what,
            remedy: &finding.remedy,
        };
        Self {
            site: &checkup.site,
            account: told(identity.map(|identity| &identity.account)),
            principal: told(identity.map(|identity| &identity.arn)),
            key: told(identity.map(|identity| &identity.key)),
            expires: identity.and_then(|identity| identity.expires),
            actions: checkup.actions.iter().map(action).collect(),
            groups: checkup.groups.iter().map(group).collect(),
            groups_in_all: checkup.groups_in_all,
            findings: checkup.findings.iter().map(finding).collect(),
        }
    }
}
