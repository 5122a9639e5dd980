//! What the workbench asks of AWS while somebody waits: queries and hunts, answered there.

use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::ask_aws::as_of_a_case;
use super::aws::Purse;
use super::place;
use crate::case::{Reader, Writable};
use crate::hunt::Language;
use crate::model::live::{AskedQuery, GroupName, QueryState, ScanStatistics, Site, usd_for, usd_text};
use crate::model::{Strand, StrandSet};
use crate::query::sql;
use crate::query::value::Value;
use crate::report::{bytes, grouped};
use crate::source::insights::{self, Asking as Progress, Aws, AwsAnswer, AwsError, AwsLanguage, Fault, Look, Question, Wanted, named};
use crate::tui::{Asking, AtAws, Billed, FoundGroup, FromAws, KnownGroup, OnTheWay, Oracle, Problem, SourceWish, Usual};

/// Rows of a running query that are shown.
const WATCHED: usize = 200;
/// First rows are shown at most this often.
const SHOWN_EVERY: Duration = Duration::from_millis(500);
/// Queries of the workbench are one line in the case's ledger.
const LEDGER: &str = "asked in the workbench";

/// Asks AWS for a workbench.
pub struct Insights {
    reader: Mutex<Reader>,
    /// Where what it cost is kept; not there when the case is open read-only.
    case: Option<Writable>,
    purse: Purse,
    /// Log groups that were found in this session.
    found: Mutex<Vec<(Site, insights::FoundGroup)>>,
}

impl Insights {
    /// On this case.
    pub fn new(reader: Reader, case: Option<Writable>, purse: Purse) -> Self {
        Self { reader: Mutex::new(reader), case, purse, found: Mutex::default() }
    }

    /// The log groups of the case; none when they cannot be read, which whoever needs more of the case will say.
    fn chosen(&self) -> Vec<(Site, GroupName)> {
        held(&self.reader).chosen_groups().unwrap_or_default()
    }

    fn usd(&self, scanned: f64) -> f64 {
        usd_for(scanned, self.purse.usd_per_gb)
    }

    /// The price when it has to be agreed to.
    fn question(&self, aws: &Aws, question: &Question, stop: &AtomicBool) -> Result<Option<String>, AwsError> {
        let estimates = aws.estimate(question, stop)?;
        Ok(match estimates.iter().map(|(_, bytes)| *bytes).sum::<Option<f64>>() {
            Some(scanned) if self.usd(scanned) <= self.purse.budget => None,
            Some(scanned) => {
                let (cost, budget) = (usd_text(self.usd(scanned)), usd_text(self.purse.budget));
                Some(format!("AWS would scan {} ≈ {cost}; {budget} may be spent unasked", bytes(scanned as u64)))
            }
            None => Some("AWS does not tell before what this query costs".to_owned()),
        })
    }

    fn run(&self, aws: &Aws, question: &Question, stop: &AtomicBool, tell: &mut dyn FnMut(OnTheWay)) -> Result<AwsAnswer, AwsError> {
        let (mut told, mut shown) = (String::new(), Instant::now());
        let mut rows = 0;
        let answer = aws.run(question, stop, &mut |progress| {
            let words = self.progress(progress);
            if words != told {
                told.clone_from(&words);
                tell(OnTheWay::Going(words));
            }
            let is_more = progress.first.len() != rows && (rows == 0 || shown.elapsed() > SHOWN_EVERY);
            if is_more {
                (rows, shown) = (progress.first.len(), Instant::now());
                let first = AwsAnswer { rows: progress.first.clone(), ..AwsAnswer::default() };
                tell(OnTheWay::Rows(as_of_a_case(first.named(), false)));
            }
        })?;
        self.purse.tally.add(answer.statistics.bytes_scanned);
        self.keep(aws, question, &answer);
        Ok(answer)
    }

    fn progress(&self, asking: &Progress) -> String {
        let (started, ended) = asking.queries;
        let scanned = asking.statistics.bytes_scanned;
        format!("{ended} of {started} queries, {} rows, {} ≈ {}", grouped(asking.rows as u64), bytes(scanned as u64), usd_text(self.usd(scanned)))
    }

    /// What a request calls the groups of a name: those of linked accounts by their ARN.
    fn called(&self, site: &Site, name: &str) -> Vec<(Site, String)> {
        let found = held(&self.found);
        let meant = found.iter().filter(|(of, found)| of == site && found.group.name == name);
        let called: Vec<_> = meant.map(|(_, found)| (site.clone(), found.identifier().to_owned())).collect();
        if called.is_empty() { vec![(site.clone(), name.to_owned())] } else { called }
    }

    /// Notes in the ledger what it cost.
    fn keep(&self, aws: &Aws, question: &Question, answer: &AwsAnswer) {
        let sites = sites_of(aws);
        let Some(case) = &self.case else { return };
        let query = AskedQuery {
            id: String::new(),
            profile: sites.first().and_then(|site| site.profile.clone()),
            region: sites.iter().filter_map(|site| site.region.clone()).collect::<Vec<_>>().join(", "),
            groups: String::new(),
            text: LEDGER.to_owned(),
            span: question.span,
            state: QueryState::Complete,
            started: place::now(),
            rows: answer.rows.len() as u64,
            statistics: answer.statistics,
            reason: None,
        };
        // The answer is there: that its price could not be kept is no reason to withhold it.
        let _ = case.notebook().and_then(|mut notebook| notebook.fold_query(&query, LEDGER));
    }
}

fn sites_of(aws: &Aws) -> Vec<Site> {
    aws.states().into_iter().map(|(site, _)| site).collect()
}

impl Oracle for Insights {
    fn query(&self, asking: &Asking, at: &AtAws, stop: &AtomicBool, tell: &mut dyn FnMut(OnTheWay)) -> Result<FromAws, Problem> {
        let plain = |error: AwsError| problem(&error, None);
        let sites = if at.sites.is_empty() { vec![Site::default()] } else { at.sites.clone() };
        let aws = Aws::connect_briefly(&sites).map_err(plain)?;
        let is_sql = asking.hunt.as_ref().map_or_else(|| sql::is_likely(&asking.text), |(hunt, _)| hunt.language == Language::Sql);
        let of = |text: &str| Question {
            text: text.to_owned(),
            language: if is_sql { AwsLanguage::Sql } else { AwsLanguage::Ql },
            groups: Vec::new(),
            places: at.places.iter().flat_map(|(site, name)| self.called(site, name)).collect(),
            span: at.span,
            watched: 0,
        };
        let mut text = asking.text.clone();
        let mut seen = ScanStatistics::default();
        if let Some((bound, baseline)) = asking.hunt.as_ref().and_then(|(_, bound)| Some((bound, bound.baseline.as_ref()?))) {
            let question = of(baseline);
            if !at.is_agreed
                && let Some(price) = self.question(&aws, &question, stop).map_err(plain)?
            {
                return Ok(FromAws::Priced(price));
            }
            tell(OnTheWay::Going("measuring the percentile".to_owned()));
            let measured = self.run(&aws, &question, stop, &mut |_| {}).map_err(plain)?;
            seen.add(&measured.statistics);
            let number = as_of_a_case(measured, false).rows.first().and_then(|row| row.values.first()).and_then(Value::as_number);
            let why = "AWS has nothing in this time range to measure a percentile of: give a number, or widen the range";
            text = bound.measured(number.ok_or_else(|| Problem { at: None, what: why.to_owned() })?).text;
        }
        let question = Question { watched: WATCHED, ..of(&text) };
        let in_text = |error: AwsError| problem(&error, (text == asking.text).then_some(text.as_str()));
        if !at.is_agreed
            && let Some(price) = self.question(&aws, &question, stop).map_err(in_text)?
        {
            return Ok(FromAws::Priced(price));
        }
        let answer = self.run(&aws, &question, stop, tell).map_err(in_text)?;
        seen.add(&answer.statistics);
        let mut notes: Vec<String> = asking.unheld_at_aws().into_iter().collect();
        notes.extend(answer.notes.iter().cloned());
        let mut found = as_of_a_case(answer, false);
        found.notes = notes;
        (found.statistics.scanned, found.statistics.matched, found.statistics.bytes) =
            (seen.records_scanned as u64, seen.records_matched as u64, seen.bytes_scanned as u64);
        let billed = Billed {
            from: from_words(&sites_of(&aws), at),
            cost: format!("≈ {}", usd_text(self.usd(seen.bytes_scanned))),
            spared: seen.records_skipped as u64,
            spent: self.purse.spent(),
        };
        Ok(FromAws::Answered(Box::new(found), billed))
    }

    fn groups(&self) -> Vec<KnownGroup> {
        let found = held(&self.found);
        let chosen = self.chosen();
        let holds = |site: &Site, group: &GroupName| match found.iter().find(|(of, found)| of == site && found.group.is(group)) {
            Some((_, found)) => set(&found.holds()),
            None => named(&group.name).map_or(StrandSet::NONE, StrandSet::only),
        };
        let of_case = chosen.iter().map(|(site, group)| (site, group, true));
        let others = found.iter().map(|(site, found)| (site, &found.group, false));
        let is_chosen = |site: &Site, group: &GroupName| chosen.iter().any(|(of, known)| of == site && known.is(group));
        of_case
            .chain(others.filter(|(site, group, _)| !is_chosen(site, group)))
            .map(|(site, group, is_of_case)| KnownGroup { site: site.clone(), group: group.clone(), holds: holds(site, group), is_of_case })
            .collect()
    }

    fn find(&self, wish: &SourceWish, stop: &AtomicBool) -> Result<(Vec<FoundGroup>, Vec<String>), String> {
        let aws = Aws::connect_briefly(&wish.sites).map_err(|error| error.to_string())?;
        let now = place::now();
        let answers = if wish.names.is_empty() { aws.discover(now, stop) } else { aws.groups(&wish.names, now, stop) };
        let chosen = self.chosen();
        let (mut groups, mut troubles) = (Vec::new(), Vec::new());
        let mut cache = held(&self.found);
        for (site, answer) in answers {
            match answer {
                Ok(found) => {
                    // Where nothing was chosen before, what holds evidence is.
                    let is_new = wish.names.is_empty() && !chosen.iter().any(|(of, _)| *of == site);
                    for found in found {
                        let is_known = chosen.iter().any(|(of, group)| *of == site && group.is(&found.group));
                        let is_chosen = is_known || !wish.names.is_empty() || is_new && !found.holds().is_empty();
                        groups.push(shown(&site, &found, is_chosen));
                        cache.retain(|(of, other)| !(*of == site && other.group.is(&found.group)));
                        cache.push((site.clone(), found));
                    }
                }
                Err(error) => troubles.push(format!("{site}: {error}")),
            }
        }
        if groups.is_empty() && !troubles.is_empty() {
            return Err(troubles.join("; "));
        }
        let missing = wish.names.iter().filter(|name| !groups.iter().any(|group| group.group.name == **name));
        troubles.extend(missing.map(|name| format!("no site has a log group {name}")));
        groups.sort_by_key(|group| (group.holds == StrandSet::NONE, group.site.clone(), std::cmp::Reverse(group.stored_bytes)));
        Ok((groups, troubles))
    }

    fn price(&self, wish: &SourceWish, groups: &[FoundGroup], stop: &AtomicBool) -> Result<Vec<FoundGroup>, String> {
        let is_wanted = |site: &Site, name: &GroupName| groups.iter().any(|group| group.is_chosen && group.site == *site && group.group.is(name));
        let wanted = held(&self.found).iter().filter(|(site, found)| is_wanted(site, &found.group)).cloned().collect::<Vec<_>>();
        let (covered, asked) = {
            let mut reader = held(&self.reader);
            (reader.coverage().map_err(|error| error.to_string())?, reader.asked().map_err(|error| error.to_string())?)
        };
        let aws = Aws::connect_briefly(&wish.sites).map_err(|error| error.to_string())?;
        let wanted = Wanted {
            groups: wanted,
            span: wish.span,
            filter: String::new(),
            covered: &covered,
            asked: &asked,
            is_estimated: true,
            now: place::now(),
        };
        let plan = aws.plan(wanted, stop);
        let mut priced = groups.to_vec();
        for group in &mut priced {
            let planned = plan.groups.iter().find(|planned| planned.site == group.site && planned.found.group.is(&group.group));
            let Some(planned) = planned else { continue };
            let seconds = planned.missing.iter().map(|span| span.length()).sum();
            group.missing = Some((seconds, planned.bytes));
            group.remark = planned.error.as_ref().map(ToString::to_string).or_else(|| planned.note.clone()).unwrap_or_default();
        }
        Ok(priced)
    }

    fn usual(&self) -> Usual {
        let variable = |names: &[&str]| names.iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
        let joined = |mut names: Vec<String>| {
            names.sort();
            names.dedup();
            names.join(", ")
        };
        let sites: Vec<Site> = self.chosen().into_iter().map(|(site, _)| site).collect();
        let (profiles, regions) = if sites.is_empty() {
            (variable(&["AWS_PROFILE"]).unwrap_or_default(), variable(&["AWS_REGION", "AWS_DEFAULT_REGION"]).unwrap_or_default())
        } else {
            (
                joined(sites.iter().filter_map(|site| site.profile.clone()).collect()),
                joined(sites.into_iter().filter_map(|site| site.region).collect()),
            )
        };
        let endpoint = variable(&["AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", "AWS_ENDPOINT_URL"]);
        Usual { profiles, regions, budget: format!("{}usd", self.purse.budget), endpoint, usd_per_gb: self.purse.usd_per_gb }
    }
}

fn held<T>(lock: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

fn set(strands: &[Strand]) -> StrandSet {
    StrandSet::from_bits(strands.iter().fold(0, |bits, strand| bits | StrandSet::only(*strand).bits()))
}

/// A group as the workbench lists it.
fn shown(site: &Site, found: &insights::FoundGroup, is_chosen: bool) -> FoundGroup {
    let (newest, remark) = match &found.look {
        Look::Saw { newest, .. } => (*newest, String::new()),
        Look::Failed(fault) => (None, format!("could not be looked into: {fault}")),
        Look::NotLooked => (None, "was not looked into: its name decides".to_owned()),
    };
    FoundGroup {
        site: site.clone(),
        group: found.group.clone(),
        holds: set(&found.holds()),
        class: found.class.clone(),
        retention_days: found.retention_days,
        stored_bytes: found.stored_bytes,
        newest,
        remark,
        is_chosen,
        missing: None,
    }
}

/// One Region by its name, several by their number.
fn from_words(sites: &[Site], at: &AtAws) -> String {
    let place = match sites {
        [site] => site.to_string(),
        many => format!("{} sites", many.len()),
    };
    match at.places.as_slice() {
        [] => place,
        [(_, group)] => format!("{group} in {place}"),
        many => format!("{} log groups in {place}", many.len()),
    }
}

/// An error for the pane; of a mistake in the text with its place.
fn problem(error: &AwsError, text: Option<&str>) -> Problem {
    let place = match (&error.fault, text) {
        (Fault::Malformed { place: Some((from, to)), .. }, Some(text)) => {
            let byte = |character: usize| text.char_indices().nth(character).map_or(text.len(), |(at, _)| at);
            Some(byte(*from)..byte(*to))
        }
        _ => None,
    };
    Problem { at: place, what: error.to_string() }
}
