//! Which events which rules select. Events are looked at a page at a time: the kind of call rules nearly everything out, then the
//! columns, then what is stored of exchanges, and only what is left is read again from its record.

use std::rc::Rc;

use hashbrown::HashMap;

use super::compare::Comparisons;
use super::facts::{CaseFacts, Standing, Users};
use super::kinds::{Candidate, Kind, Kinds};
use super::place::{Shape, Tier};
use super::plan::Plan;
use super::rule::Rule;
use super::sigma::{Selector, Truth};
use super::view::{ALL_COLUMNS, CALL_COLUMNS, NameTable, Opened, View};
use crate::case::{Lean, Reader, Result, TextSearch};
use crate::decode::Bodies;
use crate::decode::json::Tape;
use crate::model::{BodyState, EventId, ExchangeFacts, Strand};

/// Selects events.
#[derive(Default)]
pub(super) struct Selecting {
    kinds: Kinds,
    comparisons: Comparisons,
    pub(super) names: NameTable,
    /// What is known of the case for good.
    pub(super) standing: Standing,
    pub(super) users: Users,
    /// Records that could not be read again, and why the first could not.
    pub(super) unreadable: u64,
    pub(super) why_unreadable: Option<String>,
    /// Events that name no time: no rule looks at them.
    pub(super) timeless: u64,
}

/// An event that a rule selects, or may.
struct Job {
    /// Its place in the page.
    event: usize,
    /// What kind of call it is, and which of the rules for it.
    kind: Rc<Kind>,
    at: usize,
    /// The same rules as the row of the exchange leaves them.
    refined: Option<Rc<[Candidate]>>,
    holds: bool,
}

impl Job {
    fn new(event: usize, kind: &Rc<Kind>, at: usize, candidate: &Candidate) -> Self {
        Self { event, kind: Rc::clone(kind), at, refined: None, holds: candidate.holds }
    }

    fn candidate(&self) -> Option<&Candidate> {
        self.refined.as_ref().unwrap_or(&self.kind.candidates).get(self.at)
    }

    fn rule(&self) -> usize {
        self.candidate().map_or(usize::MAX, |candidate| candidate.rule)
    }
}

/// The event that is looked at, with the rules that the row of an exchange leaves.
struct Seen<'v> {
    event: usize,
    view: View<'v>,
    refined: Option<Rc<[Candidate]>>,
}

/// What is known of an event that waits for the case as a whole.
pub(super) struct Waits {
    /// By comparison.
    pub(super) truths: Vec<Truth>,
    /// Its record was read: nothing but the case can tell more.
    pub(super) is_read: bool,
}

/// Told of each event that a rule selects; of those of which the case will have to tell, what is known comes with it.
pub(super) trait Taker {
    fn take(&mut self, rule: usize, view: &View<'_>, waits: Option<Waits>);

    /// Told of an event that a rule selects if its record says so; says whether it need not be read now.
    fn suspect(&mut self, rule: usize, view: &View<'_>) -> bool;
}

impl Selecting {
    pub(super) fn new(rules: &[Rule]) -> Self {
        Self { comparisons: Comparisons::new(rules), ..Self::default() }
    }

    /// Searches the text of the events that are to be looked at.
    pub(super) fn search(&mut self, reader: &mut Reader, after: u32, last: u32) -> Result<()> {
        self.comparisons.search(reader, after, last)
    }

    /// What is searched for in texts.
    pub(super) fn searches(&self) -> Option<Vec<TextSearch>> {
        self.comparisons.searches()
    }

    /// Looks at a page of events.
    pub(super) fn page(&mut self, reader: &mut Reader, rules: &[Rule], plan: &Plan, events: &[Lean], taker: &mut dyn Taker) -> Result<()> {
        self.names.learn(reader, events, &CALL_COLUMNS)?;
        let mut jobs: Vec<Job> = Vec::new();
        for (event, lean) in events.iter().enumerate() {
            self.standing.coverage.take(lean);
            self.users.take(lean);
            if lean.event.millis == 0 {
                self.timeless += u64::from(!lean.event.is_undecodable());
                continue;
            }
            let kind = self.kinds.of_call(rules, plan, &self.comparisons, &self.names, lean);
            jobs.extend(kind.candidates.iter().enumerate().map(|(at, candidate)| Job::new(event, &kind, at, candidate)));
        }
        self.look(reader, rules, plan, jobs, events, taker)
    }

    /// Looks at a page of events for one rule, once more.
    pub(super) fn page_of(
        &mut self,
        reader: &mut Reader,
        rules: &[Rule],
        rule: usize,
        plan: &Plan,
        events: &[Lean],
        taker: &mut dyn Taker,
    ) -> Result<()> {
        self.names.learn(reader, events, &CALL_COLUMNS)?;
        let mut jobs = Vec::new();
        for (event, lean) in events.iter().enumerate().filter(|(_, lean)| lean.event.millis != 0) {
            let kind = self.kinds.of_call(rules, plan, &self.comparisons, &self.names, lean);
            let found = kind.candidates.iter().enumerate().find(|(_, candidate)| candidate.rule == rule);
            jobs.extend(found.map(|(at, candidate)| Job::new(event, &kind, at, candidate)));
        }
        self.look(reader, rules, plan, jobs, events, taker)
    }

    fn look(&mut self, reader: &mut Reader, rules: &[Rule], plan: &Plan, jobs: Vec<Job>, events: &[Lean], taker: &mut dyn Taker) -> Result<()> {
        let wanted = jobs.chunk_by(|one, next| one.event == next.event).filter_map(|jobs| events.get(jobs.first()?.event));
        self.names.learn(reader, wanted, &ALL_COLUMNS)?;
        let jobs = self.sift(rules, plan, jobs, events, taker, Tier::Column, &Known::default());
        if jobs.is_empty() {
            return Ok(());
        }
        let known = Known::read(reader, events, jobs.iter().map(|job| job.event))?;
        let jobs = self.sift(rules, plan, jobs, events, taker, Tier::Exchange, &known);
        self.records(reader, rules, plan, jobs, events, &known, taker)
    }

    /// Decides what can be decided with this much known; gives what is left.
    #[expect(clippy::too_many_arguments, reason = "what is looked at, and how far")]
    fn sift(&mut self, rules: &[Rule], plan: &Plan, jobs: Vec<Job>, events: &[Lean], taker: &mut dyn Taker, upto: Tier, known: &Known) -> Vec<Job> {
        let Self { kinds, names, standing, comparisons, .. } = self;
        let mut left = Vec::new();
        let mut seen: Option<Seen<'_>> = None;
        for mut job in jobs {
            if upto == Tier::Column && !job.holds && job.candidate().is_some_and(|candidate| candidate.needs > upto) {
                left.push(job);
                continue;
            }
            if seen.as_ref().is_none_or(|seen| seen.event != job.event) {
                let Some(lean) = events.get(job.event) else { continue };
                let mut view = View::of(lean, names, Tier::Call);
                known.show(&mut view, job.event);
                let is_wordless = comparisons.is_wordless(&view);
                let refined = kinds.of_exchange(rules, plan, comparisons, &job.kind, &view, is_wordless);
                view.upto = upto;
                view.case = Some(CaseFacts::Standing(standing));
                seen = Some(Seen { event: job.event, view, refined });
            }
            let Some(Seen { view, refined, .. }) = &seen else { continue };
            job.refined.clone_from(refined);
            job.holds |= job.candidate().is_some_and(|candidate| candidate.holds);
            let Some(candidate) = job.candidate().filter(|candidate| job.holds || !candidate.fails) else { continue };
            if !job.holds && candidate.needs > upto {
                left.push(job);
                continue;
            }
            let Some(rule) = rules.get(candidate.rule) else { continue };
            if !job.holds {
                match comparisons.truth(rule, candidate.rule, &candidate.truths, view) {
                    Some(false) => continue,
                    Some(true) => job.holds = true,
                    None => {}
                }
            }
            if job.holds && plan.tier(job.rule(), view.shape()) <= upto {
                taker.take(job.rule(), view, None);
            } else {
                left.push(job);
            }
        }
        left
    }

    #[expect(clippy::too_many_arguments, reason = "what is looked at, and what is known of it")]
    fn records(
        &mut self,
        reader: &mut Reader,
        rules: &[Rule],
        plan: &Plan,
        mut jobs: Vec<Job>,
        events: &[Lean],
        known: &Known,
        taker: &mut dyn Taker,
    ) -> Result<()> {
        // In the order in which they lie, so that each file is opened once.
        jobs.sort_by_key(|job| (events.get(job.event).map(Lean::place), job.event, job.rule()));
        let mut scratch = Tape::new();
        for of_event in jobs.chunk_by(|one, next| one.event == next.event) {
            let Some((event, lean)) = of_event.first().and_then(|job| Some((job.event, events.get(job.event)?))) else { continue };
            reader.interrupter().check()?;
            let shape = Shape::of(lean.event);
            // What only the case tells is not in the record; and whoever waits for the case reads the record when the case agrees.
            let needs = |job: &&Job| {
                let waits = plan.late.get(job.rule()).copied().unwrap_or(false) && !job.holds;
                plan.reads_record(job.rule(), shape) || !waits && self.comparisons.reads_record(job.rule(), shape)
            };
            let (mut reading, waiting): (Vec<&Job>, Vec<&Job>) = of_event.iter().partition(needs);
            let mut view = View::of(lean, &self.names, Tier::Exchange);
            view.case = Some(CaseFacts::Standing(&self.standing));
            known.show(&mut view, event);
            self.comparisons.decide(rules, &waiting, &view, false, taker);
            reading.retain(|job| {
                let rule = job.rule();
                let is_lazy = plan.lazy.get(rule).copied().unwrap_or(false) && !job.holds && !plan.reads_record(rule, shape);
                !(is_lazy && taker.suspect(rule, &view))
            });
            if reading.is_empty() {
                continue;
            }
            let record = match reader.record_of(lean) {
                Ok(record) => record,
                Err(error) => {
                    self.unreadable += 1;
                    self.why_unreadable.get_or_insert_with(|| error.to_string());
                    continue;
                }
            };
            let bodies = known.bodies(reader, event, lean);
            let opened = Opened::new(&record, &bodies, &mut scratch);
            (view.upto, view.record) = (Tier::Record, Some(&opened));
            self.comparisons.decide(rules, &reading, &view, true, taker);
        }
        Ok(())
    }
}

impl Comparisons {
    /// Decides for good, or until the case tells more.
    fn decide(&mut self, rules: &[Rule], jobs: &[&Job], view: &View<'_>, is_read: bool, taker: &mut dyn Taker) {
        for job in jobs {
            let Some((candidate, rule)) = job.candidate().and_then(|candidate| Some((candidate, rules.get(candidate.rule)?))) else { continue };
            match if job.holds { Some(true) } else { self.truth(rule, candidate.rule, &candidate.truths, view) } {
                Some(true) => taker.take(candidate.rule, view, None),
                Some(false) => {}
                None => {
                    let leaves = rule.selector.iter().flat_map(Selector::leaves);
                    taker.take(candidate.rule, view, Some(Waits { truths: leaves.map(|leaf| view.truth(leaf)).collect(), is_read }));
                }
            }
        }
    }
}

/// What is stored of exchanges, tokens and error messages, by place in the page.
#[derive(Default)]
pub(super) struct Known {
    exchanges: HashMap<usize, ExchangeFacts>,
    tokens: HashMap<usize, [Option<u64>; 2]>,
    messages: HashMap<usize, String>,
}

impl Known {
    /// Of these places of a page.
    fn read(reader: &mut Reader, events: &[Lean], places: impl Iterator<Item = usize>) -> Result<Self> {
        let mut places: Vec<usize> = places.collect();
        places.dedup();
        let of = |is_call: bool| {
            let events = places.iter().filter_map(|place| Some((*place, events.get(*place)?)));
            let wanted = events.filter(|(_, lean)| (lean.event.strand() == Strand::Invocation) == is_call);
            wanted.map(|(place, lean)| (place, lean.event.id)).unzip::<usize, EventId, Vec<usize>, Vec<EventId>>()
        };
        let ((calls, call_ids), (others, other_ids)) = (of(true), of(false));
        let facts = reader.facts(&call_ids)?;
        let exchanges = calls.into_iter().zip(facts).filter_map(|(place, facts)| Some((place, facts?))).collect();
        let (counted, mut said) = (reader.trail_tokens(&other_ids)?, reader.error_messages(&other_ids)?);
        let others = || others.iter().zip(&other_ids);
        let tokens = others().filter_map(|(place, id)| Some((*place, *counted.get(&id.0)?))).collect();
        let messages = others().filter_map(|(place, id)| Some((*place, said.remove(&id.0)?))).collect();
        Ok(Self { exchanges, tokens, messages })
    }

    /// Of one event alone.
    pub(super) fn of(reader: &mut Reader, lean: &Lean) -> Result<Self> {
        Self::read(reader, std::slice::from_ref(lean), std::iter::once(0))
    }

    pub(super) fn show<'k>(&'k self, view: &mut View<'k>, event: usize) {
        view.exchange = self.exchanges.get(&event);
        view.tokens = self.tokens.get(&event).copied();
        view.message = self.messages.get(&event).map(String::as_str);
    }

    /// The bodies of an event that lie in files of their own.
    pub(super) fn bodies(&self, reader: &mut Reader, event: usize, lean: &Lean) -> Bodies {
        let is_outside = self.exchanges.get(&event).is_some_and(|facts| facts.body == BodyState::S3);
        let stored = lean.request_id.as_deref().filter(|_| is_outside).and_then(|request| reader.bodies(request).ok()).unwrap_or_default();
        Bodies { input: stored.input, output: stored.output }
    }
}
