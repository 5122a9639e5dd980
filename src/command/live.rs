//! `outcrop live`: the workbench on CloudWatch Logs. A thread talks to AWS: it fetches, follows, and does what the workbench asks.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::cli::{LiveArgs, WantedArgs};
use super::failure::Failure;
use super::{Done, fetch, open, place};
use crate::case::Writable;
use crate::model::live::{AskedQuery, Coverage, GroupName, SETTLING, Seconds, Site, usd_for, usd_text};
use crate::model::{IngestSummary, Timestamp};
use crate::report::{bytes, grouped};
use crate::source::insights::{
    Aws, AwsError, BEYOND_BUDGET, FetchOutcome, FetchPlan, FetchProgress, FoundGroup, Seen, SiteState, Wanted, fetch_into, mentions,
};
use crate::tui::{IngestNews, LiveCommand, LiveNews, Severity};

/// While following, AWS is asked this often …
const EVERY: Duration = Duration::from_secs(10);
/// … for as much as costs so little an hour, of each group: of a small one all that is not settled yet, of a large one what is new …
const USD_AN_HOUR: f64 = 0.03;
const SHORTEST: i64 = 30;
/// … and now and then for all that is not settled: so events that arrive late are not lost.
const SWEEP_EVERY: Duration = Duration::from_mins(5);
const SWEEP: i64 = SETTLING + 300;

/// Runs the command.
pub fn run(args: LiveArgs) -> Result<Done, Failure> {
    let now = place::now();
    let span = super::aws::seconds_of(&args.wanted.range(now).map_err(Failure::Usage)?, now);
    let budget = args.wanted.aws.usd()?;
    let aws = Aws::connect(&args.wanted.aws.sites()).map_err(|error| Failure::Error(error.to_string()))?;
    let case = match &args.workbench.case {
        Some(case) => case.clone(),
        None => case_of(&aws)?,
    };
    let (sender, wishes) = channel();
    let wanted = args.wanted.clone();
    let feed = move |case: &Writable, tell: &(dyn Fn(IngestNews) + Sync), stop: &AtomicBool| {
        let desk =
            Desk { aws: &aws, wanted: &wanted, case, workbench: tell, stop, wishes: &wishes, waiting: RefCell::default(), told: RefCell::new(None) };
        desk.work(span, budget, args.follow);
    };
    open::open_fed(&case, Some(Box::new(feed)), Some(sender), args.workbench)
}

/// The case of these sites: the same ones open the same case again.
fn case_of(aws: &Aws) -> Result<PathBuf, Failure> {
    let names: Vec<String> = aws.states().iter().map(|(site, _)| site.to_string()).collect();
    let word: String = names.join("-").chars().map(|c| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '-' }).take(60).collect();
    Ok(place::cases()?.join(format!("live-{}.outcrop", word.trim_end_matches('-'))))
}

/// Whoever talks to AWS while the workbench is open.
struct Desk<'a> {
    aws: &'a Aws,
    wanted: &'a WantedArgs,
    case: &'a Writable,
    workbench: &'a (dyn Fn(IngestNews) + Sync),
    stop: &'a AtomicBool,
    wishes: &'a Receiver<LiveCommand>,
    /// Wishes that came while something was being fetched.
    waiting: RefCell<VecDeque<LiveCommand>>,
    told: RefCell<Option<LiveNews>>,
}

/// What changes while it does.
struct Session {
    groups: Vec<(Site, FoundGroup)>,
    /// All that was wanted so far.
    span: Seconds,
    /// Dollars that may still be spent without asking, and bytes that were scanned.
    budget: f64,
    scanned: f64,
    following: bool,
    /// A fetch that waits for its price to be agreed to.
    pending: Option<FetchPlan>,
    asked_at: Instant,
    /// When all that is not settled was asked for, and how many bytes of each group that were.
    swept_at: Option<Instant>,
    scanned_by: HashMap<GroupName, f64>,
}

/// What of an interval is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// What the case does not have.
    Missing,
    /// All of it, and what it costs is asked before.
    Unsettled,
    /// All of it.
    Newest,
}

/// For how many seconds a group is asked every [`EVERY`], when a sweep of it scans so many bytes; a minute when nobody can tell.
fn window(swept: Option<f64>, usd_per_gb: f64) -> i64 {
    let Some(swept) = swept else { return 60 };
    let usd_a_second = usd_for(swept / SWEEP as f64, usd_per_gb);
    let asked_an_hour = 3600.0 / EVERY.as_secs_f64();
    let seconds = USD_AN_HOUR / (usd_a_second * asked_an_hour);
    if seconds.is_finite() { (seconds as i64).clamp(SHORTEST, SWEEP) } else { SWEEP }
}

impl Desk<'_> {
    fn work(&self, span: Seconds, budget: f64, follow: bool) {
        let mut session = Session {
            groups: Vec::new(),
            span,
            budget,
            scanned: 0.0,
            following: follow,
            pending: None,
            asked_at: Instant::now(),
            swept_at: None,
            scanned_by: HashMap::new(),
        };
        let seen = Seen::default();
        self.say(&session, Some("looking for log groups"), None);
        self.begin(&mut session);
        while !self.is_leaving() {
            let wait = if session.following {
                EVERY.saturating_sub(session.asked_at.elapsed()).min(Duration::from_millis(200))
            } else {
                Duration::from_millis(200)
            };
            let waiting = self.waiting.borrow_mut().pop_front();
            let wish = match waiting.map_or_else(|| self.wishes.recv_timeout(wait), Ok) {
                Ok(wish) => Some(wish),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            match wish {
                Some(wish) => self.grant(wish, &mut session),
                None if session.following && session.asked_at.elapsed() >= EVERY => self.follow(&mut session, &seen),
                None => {}
            }
        }
    }

    fn is_leaving(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Finds the groups and fetches what was asked for on the command line.
    fn begin(&self, session: &mut Session) {
        match self.groups() {
            Ok((groups, troubles)) => {
                session.groups = groups;
                let words = (!troubles.is_empty()).then(|| (Severity::Warning, troubles.join("; ")));
                self.say(session, None, words);
            }
            Err(why) => return self.say(session, None, Some((Severity::Error, why))),
        }
        if let Some(folder) = &self.wanted.bodies {
            let told = match fetch::join_bodies(folder, self.case, self.stop) {
                Ok(joined) => (Severity::Info, format!("{} bodies from {}", grouped(joined), folder.display())),
                Err(why) => (Severity::Error, why),
            };
            self.say(session, None, Some(told));
        }
        let filter = self.wanted.mentions.as_deref().map(mentions).unwrap_or_default();
        let span = session.span;
        if let Some(plan) = self.plan(session, span, filter, Reading::Missing) {
            // What the budget allows is fetched without asking: the newest of it.
            let budget = session.budget;
            self.fetch(session, &plan, budget, None);
        }
    }

    fn groups(&self) -> Result<fetch::Chosen, String> {
        let in_words = |failure: Failure| match failure {
            Failure::Error(text) | Failure::Usage(text) => text,
            Failure::Unheard => String::new(),
        };
        let remembered = self.case.reader().and_then(|mut reader| reader.chosen_groups()).map_err(|error| error.to_string())?;
        let (groups, troubles) = fetch::choose(self.aws, self.wanted, &remembered, place::now(), self.stop).map_err(in_words)?;
        let named: Vec<(Site, GroupName)> = groups.iter().map(|(site, found)| (site.clone(), found.group.clone())).collect();
        self.case.notebook().and_then(|mut notebook| notebook.choose_groups(&named)).map_err(|error| error.to_string())?;
        Ok((groups, troubles))
    }

    fn plan(&self, session: &Session, span: Seconds, filter: String, reading: Reading) -> Option<FetchPlan> {
        let read = self.case.reader().and_then(|mut reader| Ok((reader.coverage()?, reader.asked()?)));
        let (covered, asked) = match read {
            Ok(read) => read,
            Err(error) => {
                self.say(session, None, Some((Severity::Error, error.to_string())));
                return None;
            }
        };
        // Whoever follows asks again for what is there already: there may be more by now. Nor are rows of then wanted again.
        let is_missing = reading == Reading::Missing;
        let covered: &[Coverage] = if is_missing { &covered } else { &[] };
        let asked: &[AskedQuery] = if is_missing { &asked } else { &[] };
        let is_estimated = reading != Reading::Newest;
        let wanted = Wanted { groups: session.groups.clone(), span, filter, covered, asked, is_estimated, now: place::now() };
        Some(self.aws.plan(wanted, self.stop))
    }

    /// Does what the workbench asks.
    fn grant(&self, wish: LiveCommand, session: &mut Session) {
        let now = now_seconds();
        let (span, filter) = match wish {
            LiveCommand::Newer => (Seconds::new(session.span.from, now), String::new()),
            LiveCommand::Older => (Seconds::new(session.span.from - session.span.length().max(3_600), session.span.to), String::new()),
            LiveCommand::Mentions(value) => (Seconds::new(session.span.from, now), mentions(&value)),
            LiveCommand::Follow => {
                session.following = !session.following;
                let words = if session.following { "following: new events come by themselves" } else { "not following any more" };
                return self.say(session, None, Some((Severity::Info, words.to_owned())));
            }
            LiveCommand::Agree => {
                if let Some(plan) = session.pending.take() {
                    let usd = usd_for(plan.bytes().0, self.wanted.aws.usd_per_gb);
                    self.fetch(session, &plan, usd * 1.2, None);
                }
                return;
            }
            LiveCommand::Decline => {
                session.pending = None;
                return;
            }
            LiveCommand::Stop => return,
        };
        if session.groups.is_empty() {
            return self.begin(session);
        }
        let is_all = filter.is_empty();
        self.say(session, Some("asking for the price"), None);
        let Some(plan) = self.plan(session, span, filter, Reading::Missing) else { return };
        if is_all {
            session.span = Seconds::new(span.from.min(session.span.from), span.to.max(session.span.to));
        }
        if plan.is_empty() {
            return self.say(session, None, Some((Severity::Info, "nothing is missing: the case has all of it".to_owned())));
        }
        let (scanned, is_unknown) = plan.bytes();
        let usd = usd_for(scanned, self.wanted.aws.usd_per_gb);
        // A look for one value scans as much as all of it: that is always asked.
        if usd > session.budget || (!is_all && !is_unknown) {
            let question = format!("AWS would scan {} ≈ {} for {span}", bytes(scanned as u64), usd_text(usd));
            session.pending = Some(plan);
            return self.ask(session, question);
        }
        let budget = session.budget;
        self.fetch(session, &plan, budget, None);
    }

    /// Looks for what is new.
    fn follow(&self, session: &mut Session, seen: &Seen) {
        session.asked_at = Instant::now();
        let now = now_seconds();
        let is_sweep = session.swept_at.is_none_or(|at| at.elapsed() >= SWEEP_EVERY);
        seen.forget_before(Timestamp::from_millis((now - 2 * SWEEP) * 1000));
        if session.budget <= 0.0 {
            session.following = false;
            let words = "the budget is spent: not following any more (F follows on, and spends)".to_owned();
            session.budget = self.wanted.aws.usd().unwrap_or(0.0);
            return self.say(session, None, Some((Severity::Warning, words)));
        }
        let read = if is_sweep { Reading::Unsettled } else { Reading::Newest };
        let Some(mut plan) = self.plan(session, Seconds::new(now - SWEEP, now + 1), String::new(), read) else { return };
        if is_sweep {
            session.swept_at = Some(Instant::now());
            session.scanned_by = plan.groups.iter().filter_map(|group| Some((group.found.group.clone(), group.bytes?))).collect();
        } else {
            let rate = self.wanted.aws.usd_per_gb;
            plan.only_from(|group| now - window(session.scanned_by.get(&group.found.group).copied(), rate));
        }
        session.span.to = session.span.to.max(now);
        let budget = session.budget;
        self.fetch(session, &plan, budget, Some(seen));
    }

    fn fetch(&self, session: &mut Session, plan: &FetchPlan, usd: f64, seen: Option<&Seen>) {
        let rate = self.wanted.aws.usd_per_gb;
        let most = if rate > 0.0 { usd / rate * 1e9 } else { f64::INFINITY };
        let cancel = AtomicBool::new(false);
        let is_quiet = seen.is_some();
        let before = session.scanned;
        let result = fetch_into(self.aws, plan, most, self.case, seen, &cancel, &mut |fetched, read| {
            while let Ok(wish) = self.wishes.try_recv() {
                if wish == LiveCommand::Stop {
                    cancel.store(true, Ordering::Relaxed);
                } else {
                    self.waiting.borrow_mut().push_back(wish);
                }
            }
            if self.is_leaving() {
                cancel.store(true, Ordering::Relaxed);
            }
            let working = (!is_quiet).then(|| working(fetched, read.events));
            let news = self.news(session.following, before + fetched.statistics.bytes_scanned, working);
            self.send(LiveNews { trouble: trouble(fetched), ..news });
        });
        let told = match result {
            Ok((outcome, summary)) => {
                session.scanned += outcome.progress.statistics.bytes_scanned;
                session.budget -= usd_for(outcome.progress.statistics.bytes_scanned, rate);
                if summary.events.values().sum::<u64>() > 0 {
                    // With the news comes the look at what is new.
                    self.told.borrow_mut().take();
                }
                in_words(&outcome, &summary, is_quiet)
            }
            Err(error) => vec![(Severity::Error, error.to_string())],
        };
        self.tell(session, None, told);
    }

    fn news(&self, following: bool, scanned: f64, working: Option<String>) -> LiveNews {
        let sites = self.aws.states();
        let named = match sites.as_slice() {
            [(site, _)] => site.to_string(),
            many => format!("{} sites", many.len()),
        };
        let usd = format!(" ≈ {}", usd_text(usd_for(scanned, self.wanted.aws.usd_per_gb)));
        let told = self.told.borrow().as_ref().map(|told| told.spent.clone());
        let spent = match told {
            // While nothing comes, nothing is written for a few bytes more that cost nothing.
            Some(told) if following && told.ends_with(&usd) => told,
            _ if scanned > 0.0 => format!("{}{usd}", bytes(scanned as u64)),
            _ => String::new(),
        };
        LiveNews { sites: named, working, following, spent, ..LiveNews::default() }
    }

    fn say(&self, session: &Session, working: Option<&str>, told: Option<(Severity, String)>) {
        self.tell(session, working, told.into_iter().collect());
    }

    fn tell(&self, session: &Session, working: Option<&str>, told: Vec<(Severity, String)>) {
        self.send(LiveNews { told, ..self.news(session.following, session.scanned, working.map(str::to_owned)) });
    }

    fn ask(&self, session: &Session, question: String) {
        self.send(LiveNews { question: Some(question), ..self.news(session.following, session.scanned, None) });
    }

    /// Tells the workbench, when there is something new to tell: an idle terminal is not written to.
    fn send(&self, news: LiveNews) {
        let mut told = self.told.borrow_mut();
        if told.as_ref() != Some(&news) {
            *told = Some(LiveNews { told: Vec::new(), question: None, ..news.clone() });
            (self.workbench)(IngestNews { live: Some(Box::new(news)), ..IngestNews::default() });
        }
    }
}

fn now_seconds() -> i64 {
    place::now().as_millis().div_euclid(1000)
}

fn working(fetched: &FetchProgress, events: u64) -> String {
    let (done, all) = fetched.seconds;
    let percent = if all > 0 { done * 100 / all } else { 0 };
    format!("fetching {percent} %, {} new", grouped(events))
}

fn trouble(fetched: &FetchProgress) -> Option<String> {
    let words = fetch::troubled(fetched);
    let is_trouble =
        fetched.sites.iter().any(|(_, state)| matches!(state, SiteState::WaitsForLogin(_) | SiteState::Failed(_) | SiteState::Retrying(_)));
    is_trouble.then_some(words)
}

/// What a fetch brought: a sentence, and one for each thing that is missing; of a quiet fetch only those.
fn in_words(outcome: &FetchOutcome, summary: &IngestSummary, is_quiet: bool) -> Vec<(Severity, String)> {
    let new: u64 = summary.events.values().sum();
    let mut told = Vec::new();
    let mut brought = format!("{} new events from AWS", grouped(new));
    if outcome.unfetched.iter().any(|(_, _, why)| why == BEYOND_BUDGET) {
        brought.push_str(" · the budget is spent, older ones are not fetched: < asks for them");
    }
    if !(is_quiet && outcome.is_complete()) {
        told.push((if outcome.is_complete() { Severity::Info } else { Severity::Warning }, brought));
    }
    told.extend(outcome.notes.iter().filter(|_| !is_quiet).map(|note| (Severity::Info, note.clone())));
    let holes = outcome.holes.iter().map(|(group, span, why)| format!("a hole: {}: {why}: {span}", group.name));
    let unfetched = outcome.unfetched.iter().filter(|(_, _, why)| why != BEYOND_BUDGET);
    let unfetched = unfetched.map(|(group, span, why)| format!("not fetched: {}: {why}: {span}", group.name));
    told.extend(holes.chain(unfetched).take(MISSING_TOLD).map(|text| (Severity::Warning, text)));
    told
}

/// So many things that are missing are told; the case's page has all.
const MISSING_TOLD: usize = 5;

/// An error of connecting, for the command line.
impl From<AwsError> for Failure {
    fn from(error: AwsError) -> Self {
        Self::Error(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_asked_for_as_long_a_window_as_costs_three_cents_an_hour() {
        // At half a cent a GB three cents are 6 GB: of a group that takes 1 GB an hour, a minute each ten seconds.
        let swept = |gigabytes_an_hour: f64| gigabytes_an_hour * 1e9 / 3600.0 * SWEEP as f64;
        for (an_hour, seconds) in [(0.001, SWEEP), (0.1, 600), (1.0, 60), (2.0, SHORTEST), (50.0, SHORTEST)] {
            let window = window(Some(swept(an_hour)), 0.005);
            assert!((window - seconds).abs() <= 1, "{an_hour} GB an hour: {window}");
        }
        // It costs nothing; or nobody can tell.
        assert_eq!([window(Some(0.0), 0.005), window(Some(1e12), 0.0), window(None, 0.005)], [SWEEP, SWEEP, 60]);
    }
}
