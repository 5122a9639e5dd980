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
use super::view::{NameTable, Opened, View};
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

/// An event of which more must be known than its columns.
struct Open {
    /// Its place in the page.
    event: usize,
    kind: Rc<Kind>,
    /// Which of the rules that depend on more than the kind are still open, and whether they hold already.
    asked: Vec<(usize, bool)>,
}

/// An event that a rule selects, or may, if its record says so.
struct Job {
    event: usize,
    kind: Rc<Kind>,
    /// Which of the rules for the kind.
    at: usize,
    holds: bool,
}

impl Job {
    fn candidate(&self) -> Option<&Candidate> {
        self.kind.candidates.get(self.at)
    }

    fn rule(&self) -> usize {
        self.candidate().map_or(usize::MAX, |candidate| candidate.rule)
    }
}

/// Rules, and how they hang together.
#[derive(Clone, Copy)]
pub(super) struct Ruled<'r> {
    pub(super) rules: &'r [Rule],
    pub(super) plan: &'r Plan,
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
    fn take(&mut self, candidate: &Candidate, view: &View<'_>, waits: Option<Waits>);

    /// Told of an event that a rule selects if its record says so; says whether it need not be read now.
    fn suspect(&mut self, candidate: &Candidate, view: &View<'_>) -> bool;
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
    pub(super) fn page(&mut self, reader: &mut Reader, ruled: Ruled<'_>, events: &[Lean], taker: &mut dyn Taker) -> Result<()> {
        for lean in events {
            self.standing.coverage.take(lean);
            self.users.take(lean);
            self.timeless += u64::from(lean.event.millis == 0 && !lean.event.is_undecodable());
        }
        self.look(reader, ruled, None, events, taker)
    }

    /// Looks at a page of events for one rule, once more.
    pub(super) fn page_of(&mut self, reader: &mut Reader, ruled: Ruled<'_>, rule: usize, events: &[Lean], taker: &mut dyn Taker) -> Result<()> {
        self.look(reader, ruled, Some(rule), events, taker)
    }

    fn look(&mut self, reader: &mut Reader, ruled: Ruled<'_>, only: Option<usize>, events: &[Lean], taker: &mut dyn Taker) -> Result<()> {
        if self.names.forget() {
            self.kinds.forget_rows();
        }
        let mut open = Vec::new();
        for (event, lean) in events.iter().enumerate().filter(|(_, lean)| lean.event.millis != 0) {
            let known = self.kinds.of(lean);
            if known.as_ref().is_none_or(|kind| kind.is_of_call && !kind.candidates.is_empty()) {
                self.names.learn(reader, lean)?;
            }
            let kind = known.unwrap_or_else(|| self.kinds.learn(ruled.rules, ruled.plan, &mut self.comparisons, &self.names, lean));
            open.extend(self.by_columns(ruled, only, event, lean, kind, taker));
        }
        if open.is_empty() {
            return Ok(());
        }
        for lean in open.iter().filter_map(|open| events.get(open.event)) {
            self.names.learn(reader, lean)?;
        }
        let known = Known::read(reader, events, open.iter().map(|open| (open.event, open.kind.asks_request)))?;
        let mut jobs = Vec::new();
        for open in &open {
            self.by_row(ruled, only, open, events, &known, taker, &mut jobs);
        }
        self.records(reader, ruled, jobs, events, &known, taker)
    }

    /// Decides what the columns decide, and what is known for good of the case; gives the event when something is left.
    fn by_columns(
        &mut self,
        ruled: Ruled<'_>,
        only: Option<usize>,
        event: usize,
        lean: &Lean,
        kind: Rc<Kind>,
        taker: &mut dyn Taker,
    ) -> Option<Open> {
        let mut view = View::of(lean, &self.names, Tier::Column);
        view.case = Some(CaseFacts::Standing(&self.standing));
        let (mut is_open, mut asked) = (false, Vec::new());
        for (at, candidate) in kind.candidates.iter().enumerate().filter(|(_, candidate)| only.is_none_or(|only| only == candidate.rule)) {
            if candidate.needs > Tier::Column {
                is_open = true;
                continue;
            }
            let truth = if candidate.holds { Some(true) } else { self.comparisons.truth(ruled.rules, candidate, &view) };
            match truth {
                Some(false) => {}
                Some(true) if ruled.plan.needs(candidate.rule, view.shape()).tier <= Tier::Column => taker.take(candidate, &view, None),
                _ => {
                    is_open = true;
                    asked.push((at, truth == Some(true)));
                }
            }
        }
        is_open.then_some(Open { event, kind, asked })
    }

    /// Decides what the stored row of an exchange decides; adds what is left.
    #[expect(clippy::too_many_arguments, reason = "what is looked at, and what is known of it")]
    fn by_row(
        &mut self,
        ruled: Ruled<'_>,
        only: Option<usize>,
        open: &Open,
        events: &[Lean],
        known: &Known,
        taker: &mut dyn Taker,
        left: &mut Vec<Job>,
    ) {
        let Some(lean) = events.get(open.event) else { return };
        let mut view = View::of(lean, &self.names, Tier::Call);
        known.show(&mut view, open.event);
        let is_wordless = self.comparisons.is_wordless(&view);
        let refined = self.kinds.of_exchange(ruled.rules, ruled.plan, &self.comparisons, &open.kind, &view, is_wordless);
        let kind = refined.unwrap_or_else(|| Rc::clone(&open.kind));
        view.upto = Tier::Exchange;
        view.case = Some(CaseFacts::Standing(&self.standing));
        let mut asked = open.asked.iter().peekable();
        for (at, (before, candidate)) in open.kind.candidates.iter().zip(&kind.candidates).enumerate() {
            let mut holds = candidate.holds;
            if before.needs <= Tier::Column {
                match asked.next_if(|(place, _)| *place == at) {
                    Some((_, known)) => holds |= known,
                    None => continue,
                }
            }
            if !holds && candidate.fails || only.is_some_and(|only| only != candidate.rule) {
                continue;
            }
            let truth = if holds {
                Some(true)
            } else if candidate.needs <= Tier::Exchange {
                self.comparisons.truth(ruled.rules, candidate, &view)
            } else {
                None
            };
            match truth {
                Some(false) => {}
                Some(true) if ruled.plan.needs(candidate.rule, view.shape()).tier <= Tier::Exchange => taker.take(candidate, &view, None),
                _ => left.push(Job { event: open.event, kind: Rc::clone(&kind), at, holds: truth == Some(true) }),
            }
        }
    }

    fn records(
        &mut self,
        reader: &mut Reader,
        ruled: Ruled<'_>,
        mut jobs: Vec<Job>,
        events: &[Lean],
        known: &Known,
        taker: &mut dyn Taker,
    ) -> Result<()> {
        let Ruled { rules, plan } = ruled;
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
                plan.needs(job.rule(), shape).record || !waits && self.comparisons.reads_record(job.rule(), shape)
            };
            let (mut reading, waiting): (Vec<&Job>, Vec<&Job>) = of_event.iter().partition(needs);
            let mut view = View::of(lean, &self.names, Tier::Exchange);
            view.case = Some(CaseFacts::Standing(&self.standing));
            known.show(&mut view, event);
            self.comparisons.decide(rules, &waiting, &view, false, taker);
            reading.retain(|job| {
                let rule = job.rule();
                let is_lazy = plan.lazy.get(rule).copied().unwrap_or(false) && !job.holds && !plan.needs(rule, shape).record;
                !(is_lazy && job.candidate().is_some_and(|candidate| taker.suspect(candidate, &view)))
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
            match if job.holds { Some(true) } else { self.truth(rules, candidate, view) } {
                Some(true) => taker.take(candidate, view, None),
                Some(false) => {}
                None => {
                    let leaves = rule.selector.iter().flat_map(Selector::leaves);
                    taker.take(candidate, view, Some(Waits { truths: leaves.map(|leaf| view.truth(leaf)).collect(), is_read }));
                }
            }
        }
    }
}

/// What is stored of exchanges, tokens, error messages and request ids, by place in the page.
#[derive(Default)]
pub(super) struct Known {
    exchanges: HashMap<usize, ExchangeFacts>,
    tokens: HashMap<usize, [Option<u64>; 2]>,
    messages: HashMap<usize, String>,
    requests: HashMap<usize, String>,
}

impl Known {
    /// Of these places of a page, in order; of some with the request id.
    fn read(reader: &mut Reader, events: &[Lean], places: impl Iterator<Item = (usize, bool)>) -> Result<Self> {
        let wanted: Vec<(usize, bool, &Lean)> = places.filter_map(|(place, asks)| Some((place, asks, events.get(place)?))).collect();
        let of = |is_wanted: &dyn Fn(bool, &Lean) -> bool| {
            let wanted = wanted.iter().filter(|(_, asks, lean)| is_wanted(*asks, lean));
            wanted.map(|(place, _, lean)| (*place, lean.event.id)).unzip::<usize, EventId, Vec<usize>, Vec<EventId>>()
        };
        let is_call = |lean: &Lean| lean.event.strand() == Strand::Invocation;
        // Of what was committed a moment ago it is at hand.
        let (calls, call_ids) = of(&|_, lean| is_call(lean) && lean.facts.is_none());
        let (others, other_ids) = of(&|_, lean| !is_call(lean));
        let (asking, asking_ids) = of(&|asks, _| asks);
        let facts = reader.facts(&call_ids)?;
        let exchanges = calls.into_iter().zip(facts).filter_map(|(place, facts)| Some((place, facts?))).collect();
        let (counted, said, ids) = (reader.trail_tokens(&other_ids)?, reader.error_messages(&other_ids)?, reader.request_ids(&asking_ids)?);
        Ok(Self {
            exchanges,
            tokens: by_place(&others, &other_ids, counted),
            messages: by_place(&others, &other_ids, said),
            requests: by_place(&asking, &asking_ids, ids),
        })
    }

    /// Of one event alone.
    pub(super) fn of(reader: &mut Reader, lean: &Lean) -> Result<Self> {
        Self::read(reader, std::slice::from_ref(lean), std::iter::once((0, true)))
    }

    fn exchange<'k>(&'k self, event: usize, lean: &'k Lean) -> Option<&'k ExchangeFacts> {
        lean.facts.as_deref().or_else(|| self.exchanges.get(&event))
    }

    pub(super) fn show<'k>(&'k self, view: &mut View<'k>, event: usize) {
        view.exchange = self.exchange(event, view.lean);
        view.tokens = self.tokens.get(&event).copied();
        view.message = self.messages.get(&event).map(String::as_str);
        view.request = self.requests.get(&event).map(String::as_str);
    }

    /// The bodies of an event that lie in files of their own.
    pub(super) fn bodies(&self, reader: &mut Reader, event: usize, lean: &Lean) -> Bodies {
        if self.exchange(event, lean).is_none_or(|facts| facts.body != BodyState::S3) {
            return Bodies::default();
        }
        let request = reader.request_ids(&[lean.event.id]).ok().and_then(|mut ids| ids.remove(&lean.event.id.0));
        let stored = request.and_then(|request| reader.bodies(&request).ok()).unwrap_or_default();
        Bodies { input: stored.input, output: stored.output }
    }
}

/// What was found by row number, by place in the page.
fn by_place<T>(places: &[usize], ids: &[EventId], mut found: std::collections::HashMap<u32, T>) -> HashMap<usize, T> {
    places.iter().zip(ids).filter_map(|(place, id)| Some((*place, found.remove(&id.0)?))).collect()
}
