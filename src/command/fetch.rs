//! `outcrop fetch`: evidence from CloudWatch Logs into a case, without a screen.

use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use serde::Serialize;

use super::aws::{may_spend, seconds_of, stop_on_signals};
use super::cli::{FetchArgs, Format, OutputArgs, WantedArgs};
use super::failure::Failure;
use super::ingest::progress_bar;
use super::output::Output;
use super::{Done, bodies, place};
use crate::case::Writable;
use crate::decode::containers::body_file;
use crate::model::live::{GroupName, Seconds, Site, usd_for, usd_text};
use crate::model::{IngestSummary, SafeText, Timestamp};
use crate::report::{bytes, grouped};
use crate::source::files::find;
use crate::source::insights::{Aws, BEYOND_BUDGET, FetchOutcome, FetchPlan, FetchProgress, FoundGroup, SiteState, Wanted, fetch_into, mentions};
use crate::source::{Input, Progress, ingest};

/// Runs the command.
pub fn run(args: &FetchArgs) -> Result<Done, Failure> {
    let now = place::now();
    let span = seconds_of(&args.wanted.range(now).map_err(Failure::Usage)?, now);
    let budget = args.wanted.aws.usd()?;
    let usd_per_gb = args.wanted.aws.usd_per_gb;
    if args.s3_bodies && !bodies::IS_HERE {
        let way = "build it with the feature `s3-bodies`, or copy them with `aws s3 sync` and name the folder with --bodies";
        return Err(Failure::Usage(format!("--s3-bodies: this outcrop was built without what reads S3: {way}")));
    }
    let stop = stop_on_signals();
    let aws = Aws::connect(&args.wanted.aws.sites()).map_err(|error| Failure::Error(error.to_string()))?;
    let case = Writable::open(&args.case)?;
    let (plan, troubles) = plan(&aws, &case, &args.wanted, span, now, &stop)?;
    for trouble in &troubles {
        eprintln!("outcrop: {}", SafeText::new(trouble));
    }
    if args.estimate {
        return print_plan(&plan, usd_per_gb, args.output).map(|()| if troubles.is_empty() { Done::Complete } else { Done::Incomplete });
    }
    place::remember(&args.case);
    let (planned, is_unknown) = plan.bytes();
    say_plan(&plan, usd_per_gb);
    let usd = usd_for(planned, usd_per_gb);
    // On a terminal more can be agreed to; otherwise the newest is fetched until the budget is spent.
    let may_all = usd > budget && std::io::stdin().is_terminal() && std::io::stderr().is_terminal() && may_spend("all of it", usd, budget).is_ok();
    let allowed = if may_all { usd * 1.2 } else { budget };
    if is_unknown {
        eprintln!("outcrop: what it costs cannot be told before: this server does not estimate");
    }
    let most = if usd_per_gb > 0.0 { allowed / usd_per_gb * 1e9 } else { f64::INFINITY };
    let bar = progress_bar();
    bar.set_style(indicatif::ProgressStyle::with_template("{bar:24} {msg}").unwrap_or_else(|_| indicatif::ProgressStyle::default_bar()));
    let mut last = String::new();
    let mut show = |fetched: &FetchProgress, read: &Progress| {
        bar.set_length(u64::try_from(fetched.seconds.1).unwrap_or(0));
        bar.set_position(u64::try_from(fetched.seconds.0).unwrap_or(0));
        bar.set_message(progress(fetched, read, usd_per_gb));
        let trouble = troubled(fetched);
        if trouble != last {
            if !trouble.is_empty() {
                bar.suspend(|| eprintln!("outcrop: {}", SafeText::new(&trouble)));
            }
            last = trouble;
        }
    };
    let result = fetch_into(&aws, &plan, most, &case, None, &stop, &mut show);
    bar.finish_and_clear();
    let (mut outcome, summary) = result.map_err(|error| Failure::Error(error.to_string()))?;
    if let Some(folder) = &args.wanted.bodies {
        let joined = join_bodies(folder, &case, &stop).map_err(Failure::Error)?;
        outcome.notes.push(format!("{} bodies from {}", grouped(joined), folder.display()));
    }
    let mut has_bodies = true;
    if args.s3_bodies {
        let read = bodies::read(&aws, &case, args.yes, &stop)?;
        outcome.notes.extend(read.notes);
        has_bodies = read.is_complete;
    }
    let done = print(&outcome, &summary, &troubles, usd_per_gb, args.output)?;
    Ok(if has_bodies { done } else { Done::Incomplete })
}

/// Joins the bodies of a local copy to the records that name them; how many files there were.
pub fn join_bodies(folder: &Path, case: &Writable, stop: &AtomicBool) -> Result<u64, String> {
    let (files, skips) = find(&[folder.to_owned()]);
    if let ([], Some(skip)) = (files.as_slice(), skips.first()) {
        return Err(format!("cannot read bodies from {}: {}", skip.file, skip.reason));
    }
    let bodies = files.into_iter().map(|file| file.path).filter(|path| body_file(&path.to_string_lossy()).is_some());
    let summary = ingest(bodies.map(Input::Path), case, &|_| {}, stop).map_err(|error| error.to_string())?;
    Ok(summary.files)
}

/// What is to be fetched, and which sites cannot be asked. Remembers the groups in the case.
pub fn plan(
    aws: &Aws,
    case: &Writable,
    args: &WantedArgs,
    span: Seconds,
    now: Timestamp,
    stop: &AtomicBool,
) -> Result<(FetchPlan, Vec<String>), Failure> {
    let mut reader = case.reader()?;
    let (groups, troubles) = choose(aws, args, &reader.chosen_groups()?, now, stop)?;
    let named: Vec<(Site, GroupName)> = groups.iter().map(|(site, found)| (site.clone(), found.group.clone())).collect();
    case.notebook()?.choose_groups(&named)?;
    let filter = args.mentions.as_deref().map(mentions).unwrap_or_default();
    let (covered, asked) = (reader.coverage()?, reader.asked()?);
    Ok((aws.plan(Wanted { groups, span, filter, covered: &covered, asked: &asked, is_estimated: true, now }, stop), troubles))
}

/// Groups with their sites, and what is not well.
pub type Chosen = (Vec<(Site, FoundGroup)>, Vec<String>);

/// The groups that are named, or that the case remembers, or that are found to hold evidence.
pub fn choose(aws: &Aws, args: &WantedArgs, remembered: &[(Site, GroupName)], now: Timestamp, stop: &AtomicBool) -> Result<Chosen, Failure> {
    let sites: Vec<Site> = aws.states().into_iter().map(|(site, _)| site).collect();
    let mut names: Vec<String> = args.aws.log_group.clone();
    let is_named = !names.is_empty();
    if !is_named && !args.discover {
        names = remembered.iter().filter(|(site, _)| sites.contains(site)).map(|(_, group)| group.name.clone()).collect();
        names.sort();
        names.dedup();
    }
    let found = if names.is_empty() { aws.discover(now, stop) } else { aws.groups(&names, now, stop) };
    // Several accounts may have a group of that name.
    let is_meant = |group: &FoundGroup| is_named || names.is_empty() || remembered.iter().any(|(_, known)| known.is(&group.group));
    let (mut chosen, mut troubles, mut first) = (Vec::new(), Vec::new(), None);
    for (site, result) in found {
        match result {
            Ok(groups) => chosen.extend(
                groups.into_iter().filter(|group| is_named || (is_meant(group) && !group.holds().is_empty())).map(|group| (site.clone(), group)),
            ),
            Err(error) => {
                troubles.push(format!("{site}: {error}"));
                first.get_or_insert(error);
            }
        }
    }
    if is_named {
        let is_there = |name: &&String| chosen.iter().any(|(_, found)| found.is_called(name));
        troubles
            .extend(names.iter().filter(|name| !is_there(name)).map(|name| format!("no site has a log group {name}: `outcrop doctor` lists them")));
    }
    if chosen.is_empty() {
        return Err(Failure::Error(match first {
            Some(error) if troubles.len() == 1 => error.to_string(),
            // Each site has its own.
            Some(_) => troubles.join("; "),
            None if is_named => troubles.join("; "),
            None => "no log group was found that holds Bedrock, CloudTrail, span or endpoint records: `outcrop doctor` says what is missing, or name groups with --log-group".to_owned(),
        }));
    }
    Ok((chosen, troubles))
}

fn say_plan(plan: &FetchPlan, usd_per_gb: f64) {
    if !std::io::stderr().is_terminal() {
        return;
    }
    for group in &plan.groups {
        let what: Vec<&str> = group.found.holds().iter().map(|strand| strand.name()).collect();
        let cost = group.bytes.map_or_else(
            || "price not known".to_owned(),
            |scanned| format!("{} ≈ {}", bytes(scanned as u64), usd_text(usd_for(scanned, usd_per_gb))),
        );
        let missing = if group.missing.is_empty() { "is in the case already" } else { cost.as_str() };
        eprintln!("  {}  [{}]  {missing}", SafeText::new(&group.found.group.to_string()), what.join(" "));
    }
}

/// How far it is, in a line.
pub fn progress(fetched: &FetchProgress, read: &Progress, usd_per_gb: f64) -> String {
    let seen = &fetched.statistics;
    format!(
        "{} events  {}/{} queries  {} scanned ≈ {}",
        grouped(read.events),
        fetched.queries.1,
        fetched.queries.0,
        bytes(seen.bytes_scanned as u64),
        usd_text(usd_for(seen.bytes_scanned, usd_per_gb))
    )
}

/// What is not well with the sites, in a line; empty when all are.
pub fn troubled(fetched: &FetchProgress) -> String {
    let trouble = |(site, state): &(Site, SiteState)| match state {
        SiteState::New | SiteState::Well | SiteState::Slowed => None,
        SiteState::Retrying(why) => Some(format!("{site}: {why}: trying again")),
        SiteState::WaitsForLogin(what) => Some(format!("{site} waits: {what}")),
        SiteState::Failed(why) => Some(format!("{site}: {why}")),
    };
    fetched.sites.iter().filter_map(trouble).collect::<Vec<_>>().join("; ")
}

#[derive(Serialize)]
struct PlannedJson<'a> {
    site: &'a Site,
    group: &'a GroupName,
    holds: Vec<&'static str>,
    missing: &'a [Seconds],
    bytes: Option<f64>,
    usd: Option<f64>,
    note: Option<&'a str>,
    error: Option<String>,
}

fn print_plan(plan: &FetchPlan, usd_per_gb: f64, output: OutputArgs) -> Result<(), Failure> {
    let mut output = Output::new(output);
    let holds = |group: &FoundGroup| group.holds().iter().map(|strand| strand.name()).collect::<Vec<_>>();
    if matches!(output.format(), Format::Table | Format::Csv) {
        let rows = plan.groups.iter().map(|group| {
            let seconds: i64 = group.missing.iter().map(|span| span.length()).sum();
            let cost = group.bytes.map(|bytes| usd_text(usd_for(bytes, usd_per_gb)));
            [
                group.site.to_string(),
                group.found.group.name.clone(),
                holds(&group.found).join(" "),
                format!("{:.1} h", seconds as f64 / 3600.0),
                group.bytes.map_or_else(|| "not known".to_owned(), |scanned| bytes(scanned as u64)),
                cost.unwrap_or_default(),
                group.error.as_ref().map(ToString::to_string).or_else(|| group.note.clone()).unwrap_or_default(),
            ]
        });
        output.rows(&["site", "log group", "holds", "missing", "would scan", "≈ cost", "note"], rows)?;
        let (all, _) = plan.bytes();
        output.line(&format!("in all {} ≈ {}", bytes(all as u64), usd_text(usd_for(all, usd_per_gb))))?;
        return output.flush();
    }
    for group in &plan.groups {
        output.element(&PlannedJson {
            site: &group.site,
            group: &group.found.group,
            holds: holds(&group.found),
            missing: &group.missing,
            bytes: group.bytes,
            usd: group.bytes.map(|bytes| usd_for(bytes, usd_per_gb)),
            note: group.note.as_deref(),
            error: group.error.as_ref().map(ToString::to_string),
        })?;
    }
    output.end_list()
}

#[derive(Serialize)]
struct LeftJson<'a> {
    group: &'a GroupName,
    since: Timestamp,
    until: Timestamp,
    reason: &'a str,
}

fn left(list: &[(GroupName, Seconds, String)]) -> Vec<LeftJson<'_>> {
    list.iter().map(|(group, span, reason)| LeftJson { group, since: span.since(), until: span.until(), reason }).collect()
}

#[derive(Serialize)]
struct FetchJson<'a> {
    #[serde(flatten)]
    read: &'a IngestSummary,
    queries: u64,
    rows: u64,
    records_scanned: f64,
    records_matched: f64,
    records_skipped: f64,
    bytes_scanned: f64,
    usd: f64,
    complete: bool,
    holes: Vec<LeftJson<'a>>,
    unfetched: Vec<LeftJson<'a>>,
    notes: Vec<&'a str>,
}

fn print(outcome: &FetchOutcome, read: &IngestSummary, troubles: &[String], usd_per_gb: f64, output: OutputArgs) -> Result<Done, Failure> {
    let mut output = Output::new(output);
    let seen = &outcome.progress.statistics;
    let usd = usd_for(seen.bytes_scanned, usd_per_gb);
    let is_complete = outcome.is_complete() && troubles.is_empty();
    if matches!(output.format(), Format::Table | Format::Csv) {
        output.line(&format!(
            "{} rows by {} queries in {:.1} s; {} records scanned, {} matched; {} ≈ {}",
            grouped(outcome.progress.rows),
            grouped(outcome.progress.queries.1),
            read.seconds,
            grouped(seen.records_scanned as u64),
            grouped(seen.records_matched as u64),
            bytes(seen.bytes_scanned as u64),
            usd_text(usd)
        ))?;
        for (strand, count) in read.events.iter().filter(|(_, count)| **count > 0) {
            output.line(&format!("  {strand:<11} {:>11} events", grouped(*count)))?;
        }
        let told = [("duplicate", read.duplicate, "were in the case already"), ("undecodable", read.undecodable, "kept as events with the reason")];
        for (word, count, what) in told.into_iter().filter(|(_, count, _)| *count > 0) {
            output.line(&format!("  {word:<11} {:>11} {what}", grouped(count)))?;
        }
        for (group, span, why) in &outcome.holes {
            output.line(&format!("  hole        {group} {span}: {why}"))?;
        }
        for (group, span, why) in &outcome.unfetched {
            output.line(&format!("  not fetched {group} {span}: {why}"))?;
        }
        for note in &outcome.notes {
            output.line(&format!("  {note}"))?;
        }
        output.flush()?;
    } else {
        output.object(&FetchJson {
            read,
            queries: outcome.progress.queries.1,
            rows: outcome.progress.rows,
            records_scanned: seen.records_scanned,
            records_matched: seen.records_matched,
            records_skipped: seen.records_skipped,
            bytes_scanned: seen.bytes_scanned,
            usd,
            complete: is_complete,
            holes: left(&outcome.holes),
            unfetched: left(&outcome.unfetched),
            notes: outcome.notes.iter().map(String::as_str).collect(),
        })?;
    }
    if outcome.unfetched.iter().any(|(_, _, why)| why == BEYOND_BUDGET) {
        eprintln!("outcrop: the budget is spent: the same command with a larger --budget fetches the rest");
    }
    Ok(if is_complete && read.undecodable == 0 { Done::Complete } else { Done::Incomplete })
}
