//! Whoever brings evidence into the case while the workbench is open: files, and CloudWatch Logs. A thread of its own, which does what
//! the workbench asks, one thing after another, and tells how it goes.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Instant;

use super::aws::Purse;
use super::cli::WantedArgs;
use super::failure::Failure;
use super::following::{EVERY, SWEEP, SWEEP_EVERY, window};
use super::{fetch, open, place};
use crate::case::Writable;
use crate::model::live::{AskedQuery, Coverage, GroupName, Seconds, Site, usd_for, usd_text};
use crate::model::{IngestSummary, Timestamp};
use crate::report::{bytes, grouped};
use crate::source::insights::{
    Aws, BEYOND_BUDGET, FetchOutcome, FetchPlan, FetchProgress, FoundGroup, Seen, SiteState, Wanted, fetch_into, mentions,
};
use crate::tui::{AddedSource, IngestNews, LiveCommand, LiveNews, Severity, SiteNews};

/// What `outcrop live` begins with.
pub struct Start {
    /// The sites.
    pub aws: Aws,
    /// What was asked for on the command line.
    pub wanted: WantedArgs,
    /// When.
    pub span: Seconds,
    /// Go on with what comes.
    pub follow: bool,
}

/// Does what the workbench asks until it is left; first what the command line asked.
pub fn attend(
    case: &Writable,
    workbench: &(dyn Fn(IngestNews) + Sync),
    stop: &AtomicBool,
    wishes: &Receiver<LiveCommand>,
    purse: Purse,
    start: Option<Start>,
) {
    let desk = Desk { case, workbench, stop, wishes, waiting: RefCell::default(), told: RefCell::new(None) };
    desk.work(purse, start);
}

/// Whoever talks to AWS while the workbench is open.
struct Desk<'a> {
    case: &'a Writable,
    workbench: &'a (dyn Fn(IngestNews) + Sync),
    stop: &'a AtomicBool,
    wishes: &'a Receiver<LiveCommand>,
    /// Wishes that came while something was being fetched.
    waiting: RefCell<VecDeque<LiveCommand>>,
    told: RefCell<Option<LiveNews>>,
}

/// Log groups that were added together, and the interval that was wanted of them so far.
struct Source {
    groups: Vec<(Site, FoundGroup)>,
    span: Seconds,
}

/// What changes while it works.
struct Session {
    /// The sites of all sources; none before there is one.
    aws: Option<Aws>,
    sources: Vec<Source>,
    /// What the command line asked for.
    wanted: Option<(WantedArgs, Seconds)>,
    purse: Purse,
    /// Dollars that may still be spent without asking.
    budget: f64,
    following: bool,
    /// Fetches that wait for their price to be agreed to.
    pending: Vec<FetchPlan>,
    asked_at: Instant,
    /// When all that is not settled was asked for, and how many bytes of each group that were.
    swept_at: Option<Instant>,
    swept: HashMap<GroupName, f64>,
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

impl Session {
    fn usd(&self, scanned: f64) -> f64 {
        usd_for(scanned, self.purse.usd_per_gb)
    }
}

impl Desk<'_> {
    fn work(&self, purse: Purse, start: Option<Start>) {
        let mut session = Session {
            aws: None,
            sources: Vec::new(),
            wanted: None,
            budget: purse.budget,
            purse,
            following: false,
            pending: Vec::new(),
            asked_at: Instant::now(),
            swept_at: None,
            swept: HashMap::new(),
        };
        let seen = Seen::default();
        if let Some(start) = start {
            session.following = start.follow;
            (session.aws, session.wanted) = (Some(start.aws), Some((start.wanted, start.span)));
            self.say(&session, Some("looking for log groups"), None);
            self.begin(&mut session);
        }
        while !self.is_leaving() {
            match self.next_wish(&session) {
                Ok(wish) => self.grant(wish, &mut session),
                Err(RecvTimeoutError::Timeout) if session.following => self.follow(&mut session, &seen),
                Err(RecvTimeoutError::Timeout) => {}
                // The workbench is being left.
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Waits for a wish: as long as it takes, or while following until it is time to look again.
    fn next_wish(&self, session: &Session) -> Result<LiveCommand, RecvTimeoutError> {
        let waiting = self.waiting.borrow_mut().pop_front();
        match waiting {
            Some(wish) => Ok(wish),
            None if session.following => self.wishes.recv_timeout(EVERY.saturating_sub(session.asked_at.elapsed())),
            None => self.wishes.recv().map_err(|_| RecvTimeoutError::Disconnected),
        }
    }

    fn is_leaving(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Finds the groups and fetches what was asked for on the command line.
    fn begin(&self, session: &mut Session) {
        let (Some(aws), Some((wanted, span))) = (&session.aws, session.wanted.clone()) else { return };
        let groups = match self.groups(aws, &wanted) {
            Ok((groups, troubles)) => {
                let words = (!troubles.is_empty()).then(|| (Severity::Warning, troubles.join("; ")));
                self.say(session, None, words);
                groups
            }
            Err(why) => return self.say(session, None, Some((Severity::Error, why))),
        };
        if let Some(folder) = &wanted.bodies {
            let told = match fetch::join_bodies(folder, self.case, self.stop) {
                Ok(joined) => (Severity::Info, format!("{} bodies from {}", grouped(joined), folder.display())),
                Err(why) => (Severity::Error, why),
            };
            self.say(session, None, Some(told));
        }
        let filter = wanted.mentions.as_deref().map(mentions).unwrap_or_default();
        let plan = self.plan(session, &groups, span, filter, Reading::Missing);
        session.sources.push(Source { groups, span });
        if let Some(plan) = plan {
            // What the budget allows is fetched without asking: the newest of it.
            let budget = session.budget;
            self.fetch(session, &plan, budget, None);
        }
    }

    fn groups(&self, aws: &Aws, wanted: &WantedArgs) -> Result<fetch::Chosen, String> {
        let in_words = |failure: Failure| match failure {
            Failure::Error(text) | Failure::Usage(text) => text,
            Failure::Unheard => String::new(),
        };
        let remembered = self.remembered()?;
        let (groups, troubles) = fetch::choose(aws, wanted, &remembered, place::now(), self.stop).map_err(in_words)?;
        let named: Vec<(Site, GroupName)> = groups.iter().map(|(site, found)| (site.clone(), found.group.clone())).collect();
        self.remember(&named)?;
        Ok((groups, troubles))
    }

    fn remembered(&self) -> Result<Vec<(Site, GroupName)>, String> {
        self.case.reader().and_then(|mut reader| reader.chosen_groups()).map_err(|error| error.to_string())
    }

    fn remember(&self, groups: &[(Site, GroupName)]) -> Result<(), String> {
        self.case.notebook().and_then(|mut notebook| notebook.choose_groups(groups)).map_err(|error| error.to_string())
    }

    fn plan(&self, session: &Session, groups: &[(Site, FoundGroup)], span: Seconds, filter: String, reading: Reading) -> Option<FetchPlan> {
        let aws = session.aws.as_ref()?;
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
        let wanted = Wanted { groups: groups.to_vec(), span, filter, covered, asked, is_estimated, now: place::now() };
        Some(aws.plan(wanted, self.stop))
    }

    /// Does what the workbench asks.
    fn grant(&self, wish: LiveCommand, session: &mut Session) {
        let now = now_seconds();
        let (span, filter): (fn(Seconds, i64) -> Seconds, String) = match wish {
            LiveCommand::Newer => (|span, now| Seconds::new(span.from, now), String::new()),
            LiveCommand::Older => (|span, _| Seconds::new(span.from - span.length().max(3_600), span.to), String::new()),
            LiveCommand::Mentions(value) => (|span, now| Seconds::new(span.from, now), mentions(&value)),
            LiveCommand::Follow => {
                session.following = !session.following;
                let words = if session.following { "following: new events come by themselves" } else { "not following any more" };
                return self.say(session, None, Some((Severity::Info, words.to_owned())));
            }
            LiveCommand::Agree => {
                for plan in std::mem::take(&mut session.pending) {
                    let usd = session.usd(plan.bytes().0);
                    self.fetch(session, &plan, usd * 1.2, None);
                }
                return;
            }
            LiveCommand::Decline => return session.pending.clear(),
            LiveCommand::Stop => return,
            LiveCommand::Add(added) => return self.add(&added, session),
            LiveCommand::Read(path) => return self.read(path),
        };
        if session.sources.is_empty() {
            return self.begin(session);
        }
        let is_all = filter.is_empty();
        self.say(session, Some("asking for the price"), None);
        let mut plans = Vec::new();
        for at in 0..session.sources.len() {
            let Some((groups, wanted)) = session.sources.get(at).map(|source| (source.groups.clone(), span(source.span, now))) else { continue };
            let Some(plan) = self.plan(session, &groups, wanted, filter.clone(), Reading::Missing) else { return };
            if let Some(source) = session.sources.get_mut(at).filter(|_| is_all) {
                source.span = Seconds::new(wanted.from.min(source.span.from), wanted.to.max(source.span.to));
            }
            plans.extend((!plan.is_empty()).then_some((plan, wanted)));
        }
        let Some(wanted) = plans.iter().map(|(_, wanted)| *wanted).reduce(hull) else {
            return self.say(session, None, Some((Severity::Info, "nothing is missing: the case has all of it".to_owned())));
        };
        let scanned: f64 = plans.iter().map(|(plan, _)| plan.bytes().0).sum();
        let is_unknown = plans.iter().any(|(plan, _)| plan.bytes().1);
        let usd = session.usd(scanned);
        // A look for one value scans as much as all of it: that is always asked.
        if usd > session.budget || (!is_all && !is_unknown) {
            let question = format!("AWS would scan {} ≈ {} for {wanted}", bytes(scanned as u64), usd_text(usd));
            session.pending = plans.into_iter().map(|(plan, _)| plan).collect();
            return self.ask(session, question);
        }
        for (plan, _) in plans {
            let budget = session.budget;
            self.fetch(session, &plan, budget, None);
        }
    }

    /// Adds log groups to the case, and fetches what is wanted of them.
    fn add(&self, added: &AddedSource, session: &mut Session) {
        self.say(session, Some("adding log groups"), None);
        if let Err(why) = self.try_add(added, session) {
            self.say(session, None, Some((Severity::Error, why)));
        }
    }

    fn try_add(&self, added: &AddedSource, session: &mut Session) -> Result<(), String> {
        let mut kept = self.remembered()?;
        kept.retain(|known| !added.listed.contains(known));
        kept.extend(added.chosen.iter().cloned());
        self.remember(&kept)?;
        // One connection for all, so that they share what AWS allows.
        let mut sites: Vec<Site> = session.aws.iter().flat_map(Aws::states).map(|(site, _)| site).collect();
        sites.extend(added.chosen.iter().map(|(site, _)| site.clone()));
        sites.sort();
        sites.dedup();
        let aws = Aws::connect(&sites).map_err(|error| error.to_string())?;
        let mut names: Vec<String> = added.chosen.iter().map(|(_, group)| group.name.clone()).collect();
        names.sort();
        names.dedup();
        let (mut groups, mut troubles) = (Vec::new(), Vec::new());
        for (site, found) in aws.groups(&names, place::now(), self.stop) {
            let is_chosen = |found: &FoundGroup| added.chosen.iter().any(|(of, group)| *of == site && group.is(&found.group));
            match found {
                Ok(found) => groups.extend(found.into_iter().filter(is_chosen).map(|found| (site.clone(), found))),
                Err(error) if added.chosen.iter().any(|(of, _)| *of == site) => troubles.push(format!("{site}: {error}")),
                Err(_) => {}
            }
        }
        session.aws = Some(aws);
        // A group is in one source: the newest that names it.
        for source in &mut session.sources {
            source.groups.retain(|(site, found)| !groups.iter().any(|(of, other)| of == site && other.group == found.group));
        }
        session.sources.retain(|source| !source.groups.is_empty());
        if !troubles.is_empty() {
            self.say(session, None, Some((Severity::Warning, troubles.join("; "))));
        }
        session.budget = added.usd;
        let plan = self.plan(session, &groups, added.span, String::new(), Reading::Missing);
        session.sources.push(Source { groups, span: added.span });
        let Some(plan) = plan else { return Ok(()) };
        if plan.is_empty() && plan.groups.iter().all(|group| group.error.is_none()) {
            self.say(session, None, Some((Severity::Info, "nothing is missing: the case has all of it".to_owned())));
            return Ok(());
        }
        let most = if added.is_agreed { (session.usd(plan.bytes().0) * 1.2).max(added.usd) } else { added.usd };
        self.fetch(session, &plan, most, None);
        Ok(())
    }

    /// Reads a file or folder into the case.
    fn read(&self, path: PathBuf) {
        let path = at_home(path);
        if !path.exists() {
            let ended = format!("cannot read {}: there is no such file or folder", path.display());
            return (self.workbench)(IngestNews { failed: true, ended: Some(ended), ..IngestNews::default() });
        }
        open::read_into(vec![crate::source::Input::Path(path)].into_iter(), self.case, self.workbench, self.stop);
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
            session.budget = session.purse.budget;
            return self.say(session, None, Some((Severity::Warning, words)));
        }
        let groups: Vec<(Site, FoundGroup)> = session.sources.iter().flat_map(|source| source.groups.iter().cloned()).collect();
        let reading = if is_sweep { Reading::Unsettled } else { Reading::Newest };
        let Some(mut plan) = self.plan(session, &groups, Seconds::new(now - SWEEP, now + 1), String::new(), reading) else { return };
        if is_sweep {
            session.swept_at = Some(Instant::now());
            session.swept = plan.groups.iter().filter_map(|group| Some((group.found.group.clone(), group.bytes?))).collect();
        } else {
            let rate = session.purse.usd_per_gb;
            plan.only_from(|group| now - window(session.swept.get(&group.found.group).copied(), rate));
        }
        for source in &mut session.sources {
            source.span.to = source.span.to.max(now);
        }
        let budget = session.budget;
        self.fetch(session, &plan, budget, Some(seen));
    }

    fn fetch(&self, session: &mut Session, plan: &FetchPlan, usd: f64, seen: Option<&Seen>) {
        let Some(aws) = &session.aws else { return };
        let rate = session.purse.usd_per_gb;
        let most = if rate > 0.0 { usd / rate * 1e9 } else { f64::INFINITY };
        let cancel = AtomicBool::new(false);
        let is_quiet = seen.is_some();
        let result = fetch_into(aws, plan, most, self.case, seen, &cancel, &mut |fetched, read| {
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
            let news = self.news(session, fetched.statistics.bytes_scanned, working);
            self.send(LiveNews { trouble: trouble(fetched), ..news });
        });
        let told = match result {
            Ok((outcome, summary)) => {
                session.purse.tally.add(outcome.progress.statistics.bytes_scanned);
                session.budget -= session.usd(outcome.progress.statistics.bytes_scanned);
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

    fn news(&self, session: &Session, scanned: f64, working: Option<String>) -> LiveNews {
        let states = session.aws.as_ref().map(Aws::states).unwrap_or_default();
        let sites: Vec<SiteNews> = states.into_iter().map(|(site, state)| site_news(session, &site, &state)).collect();
        let named = match sites.as_slice() {
            [site] => site.name.clone(),
            [] => String::new(),
            many => format!("{} sites", many.len()),
        };
        let told = self.told.borrow().as_ref().map(|told| told.spent.clone()).filter(|_| session.following);
        let spent = session.purse.spent_with(scanned);
        // While nothing comes, nothing is written for some bytes more that cost nothing.
        let price = |spent: &str| spent.split_once(" ≈ ").map(|(_, price)| price.to_owned());
        let spent = told.filter(|told| price(told).is_some() && price(told) == price(&spent)).unwrap_or(spent);
        LiveNews { named, sites, working, following: session.following, spent, ..LiveNews::default() }
    }

    fn say(&self, session: &Session, working: Option<&str>, told: Option<(Severity, String)>) {
        self.tell(session, working, told.into_iter().collect());
    }

    fn tell(&self, session: &Session, working: Option<&str>, told: Vec<(Severity, String)>) {
        self.send(LiveNews { told, ..self.news(session, 0.0, working.map(str::to_owned)) });
    }

    fn ask(&self, session: &Session, question: String) {
        self.send(LiveNews { question: Some(question), ..self.news(session, 0.0, None) });
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

/// How a site is doing, and which of its groups are asked.
fn site_news(session: &Session, site: &Site, state: &SiteState) -> SiteNews {
    let (words, is_well) = match state {
        SiteState::New => ("not asked yet".to_owned(), true),
        SiteState::Well => ("well".to_owned(), true),
        SiteState::Slowed => ("well; AWS wants fewer requests".to_owned(), true),
        SiteState::Retrying(why) => (format!("trying again: {why}"), false),
        SiteState::WaitsForLogin(what) => (format!("waits: {what}"), false),
        SiteState::Failed(why) => (why.clone(), false),
    };
    let groups = session.sources.iter().flat_map(|source| &source.groups).filter(|(of, _)| of == site);
    SiteNews { groups: groups.map(|(_, found)| found.group.name.clone()).collect(), name: site.to_string(), state: words, is_well }
}

/// `~` is the home folder.
fn at_home(path: PathBuf) -> PathBuf {
    match (path.strip_prefix("~"), std::env::var_os("HOME")) {
        (Ok(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => path,
    }
}

fn hull(one: Seconds, other: Seconds) -> Seconds {
    Seconds::new(one.from.min(other.from), one.to.max(other.to))
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
