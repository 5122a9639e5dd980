//! Which events which rules select. Events are looked at a page at a time: the kind of call rules nearly everything out, then the
//! columns, then what is stored of exchanges, and only what is left is read again from its record.

use std::collections::HashMap;
use std::rc::Rc;

use regex::{Regex, RegexBuilder};

use super::facts::{CaseFacts, Coverage};
use super::plan::Plan;
use super::rule::Rule;
use super::sigma::{Selector, Truth};
use super::view::{ALL_COLUMNS, CALL_COLUMNS, NameTable, Opened, Tier, View};
use crate::case::{Lean, LeanColumn, Reader, Result};
use crate::decode::Bodies;
use crate::decode::json::Tape;
use crate::model::{BodyState, EventId, ExchangeFacts, Strand};

/// Kinds of calls remembered at most.
const MOST_KINDS: usize = 20_000;
/// Fewer new events than this are looked at without searching the text first.
const FEW: u32 = 2_000;

/// What kind of call an event is: all that the first look goes by.
type CallKind = (u8, u8, u32, u32, u32);

/// Selects events.
#[derive(Default)]
pub(super) struct Selecting {
    kinds: HashMap<CallKind, Rc<[usize]>>,
    texts: Texts,
    pub(super) names: NameTable,
    pub(super) coverage: Coverage,
    /// What is known of the case for good.
    pub(super) permanent: CaseFacts,
    /// Records that could not be read again, and why the first could not.
    pub(super) unreadable: u64,
    pub(super) why_unreadable: Option<String>,
    /// Events that name no time: no rule looks at them.
    pub(super) timeless: u64,
}

/// Comparisons with prompts and answers, and the events whose text has what they look for.
#[derive(Default)]
struct Texts {
    /// By rule and comparison: which expression.
    needles: HashMap<(usize, usize), usize>,
    patterns: Vec<Regex>,
    /// Matches where one of them does.
    any: Option<Regex>,
    /// By expression: row numbers, sorted.
    hits: Vec<Vec<u32>>,
    /// Events up to here were searched, from …
    after: u32,
    upto: u32,
}

/// An event that a rule selects, or may.
struct Job {
    /// Its place in the page.
    event: usize,
    rule: usize,
    holds: bool,
}

/// Told of each event that a rule selects; of `None` the case will have to tell: the comparisons as far as they are known come with it.
pub(super) trait Taker {
    fn take(&mut self, rule: usize, view: &View<'_>, truths: Option<Vec<Truth>>);
}

impl Selecting {
    pub(super) fn new(rules: &[Rule]) -> Self {
        let mut selecting = Self::default();
        let mut all: Vec<String> = Vec::new();
        for (at, rule) in rules.iter().enumerate() {
            let Some(selector) = &rule.selector else { continue };
            for (number, leaf) in selector.leaves().iter().enumerate() {
                let is_text =
                    matches!(leaf.fields.as_slice(), [one] if matches!(one.as_str(), "x.user_text" | "x.completion" | "x.thinking" | "x.system"));
                let Some(needle) = leaf.needle().filter(|_| is_text) else { continue };
                let Some(pattern) = searched(&needle) else { continue };
                all.push(needle);
                selecting.texts.needles.insert((at, number), selecting.texts.patterns.len());
                selecting.texts.patterns.push(pattern);
            }
        }
        if !all.is_empty() {
            selecting.texts.any = searched(&all.iter().map(|needle| format!("(?:{needle})")).collect::<Vec<_>>().join("|"));
        }
        selecting
    }

    /// Searches the text of the events that are to be looked at.
    pub(super) fn search(&mut self, reader: &mut Reader, after: u32, last: u32) -> Result<()> {
        let texts = &mut self.texts;
        (texts.after, texts.upto) = (after, after);
        texts.hits.clear();
        let Some(any) = texts.any.as_ref().filter(|_| last.saturating_sub(after) >= FEW) else { return Ok(()) };
        texts.hits = reader.matching(after, any, &texts.patterns)?;
        texts.upto = last;
        Ok(())
    }

    /// Looks at a page of events.
    pub(super) fn page(&mut self, reader: &mut Reader, rules: &[Rule], plan: &Plan, events: &[Lean], taker: &mut dyn Taker) -> Result<()> {
        self.names.learn(reader, events, &CALL_COLUMNS)?;
        let mut jobs: Vec<Job> = Vec::new();
        for (event, lean) in events.iter().enumerate() {
            self.coverage.take(lean);
            if lean.event.millis == 0 {
                self.timeless += u64::from(!lean.event.is_undecodable());
                continue;
            }
            for rule in self.candidates(rules, lean).iter() {
                jobs.push(Job { event, rule: *rule, holds: false });
            }
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
        let Some(strands) = rules.get(rule).map(|rule| rule.strands) else { return Ok(()) };
        let wanted = events.iter().enumerate().filter(|(_, lean)| lean.event.millis != 0 && strands.contains(lean.event.strand()));
        let jobs = wanted.map(|(event, _)| Job { event, rule, holds: false }).collect();
        self.look(reader, rules, plan, jobs, events, taker)
    }

    fn look(&mut self, reader: &mut Reader, rules: &[Rule], plan: &Plan, mut jobs: Vec<Job>, events: &[Lean], taker: &mut dyn Taker) -> Result<()> {
        if jobs.is_empty() {
            return Ok(());
        }
        let mut wanted: Vec<Lean> = Vec::new();
        let mut places = vec![usize::MAX; events.len()];
        for job in &jobs {
            if let (Some(place), Some(lean)) = (places.get_mut(job.event), events.get(job.event))
                && *place == usize::MAX
            {
                *place = wanted.len();
                wanted.push(lean.clone());
            }
        }
        for job in &mut jobs {
            job.event = places.get(job.event).copied().unwrap_or_default();
        }
        let events = wanted;
        self.names.learn(reader, &events, &ALL_COLUMNS)?;
        let mut jobs = self.sift(rules, plan, jobs, &events, taker, Tier::Column, |_, _| {});
        if jobs.is_empty() {
            return Ok(());
        }
        let known = Known::read(reader, &events, &jobs)?;
        jobs = self.sift(rules, plan, jobs, &events, taker, Tier::Exchange, |view, event| known.show(view, event));
        self.records(reader, rules, plan, jobs, &events, &known, taker)
    }

    /// The rules that an event of this kind may be selected by.
    fn candidates(&mut self, rules: &[Rule], lean: &Lean) -> Rc<[usize]> {
        let number = |column| lean.column(column);
        let kind = (lean.event.bits, lean.key_kind as u8, number(LeanColumn::Service), number(LeanColumn::Action), number(LeanColumn::ErrorCode));
        if let Some(known) = self.kinds.get(&kind) {
            return Rc::clone(known);
        }
        let view = View::of(lean, &self.names, Tier::Call);
        let strand = lean.event.strand();
        let may = |rule: &Rule| {
            let Some(selector) = &rule.selector else { return false };
            rule.strands.contains(strand) && holds(selector, &view, &mut |_| None) != Some(false)
        };
        let found: Rc<[usize]> = rules.iter().enumerate().filter(|(_, rule)| may(rule)).map(|(at, _)| at).collect();
        if self.kinds.len() >= MOST_KINDS {
            self.kinds.clear();
        }
        self.kinds.insert(kind, Rc::clone(&found));
        found
    }

    /// Decides what can be decided with this much known; gives what is left. `show` adds to the view what is known of an event.
    #[expect(clippy::too_many_arguments, reason = "what is looked at, and how far")]
    fn sift<'k>(
        &'k self,
        rules: &[Rule],
        plan: &Plan,
        jobs: Vec<Job>,
        events: &'k [Lean],
        taker: &mut dyn Taker,
        upto: Tier,
        show: impl Fn(&mut View<'k>, usize),
    ) -> Vec<Job> {
        let mut left = Vec::new();
        for mut job in jobs {
            let (Some(lean), Some(rule)) = (events.get(job.event), rules.get(job.rule)) else { continue };
            let mut view = View::of(lean, &self.names, upto);
            view.case = Some(&self.permanent);
            show(&mut view, job.event);
            if !job.holds {
                match self.truth(rule, job.rule, &view) {
                    Some(false) => continue,
                    Some(true) => job.holds = true,
                    None => {}
                }
            }
            let feeds = plan.selected.get(job.rule).into_iter().flatten();
            if job.holds && feeds.map(|feed| View::tier(lean, feed.fields())).max().unwrap_or(Tier::Call) <= upto {
                taker.take(job.rule, &view, None);
            } else {
                left.push(job);
            }
        }
        left
    }

    /// Does a rule's condition hold, as far as is known? What the text search did not find is not there.
    fn truth(&self, rule: &Rule, at: usize, view: &View<'_>) -> Truth {
        let selector = rule.selector.as_ref()?;
        let id = view.lean.event.id.0;
        let is_searched = (self.texts.after + 1..=self.texts.upto).contains(&id) && view.lean.event.strand() == Strand::Invocation;
        // A body that lies in a file of its own was not searched.
        let is_inside = view.exchange.is_some_and(|facts| facts.body != BodyState::S3);
        holds(selector, view, &mut |leaf| {
            let needle = self.texts.needles.get(&(at, leaf)).filter(|_| is_searched && is_inside)?;
            let is_hit = self.texts.hits.get(*needle).is_none_or(|hits| hits.binary_search(&id).is_ok());
            (!is_hit).then_some(false)
        })
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
        jobs.sort_by_key(|job| (events.get(job.event).map(Lean::place), job.event, job.rule));
        let mut scratch = Tape::new();
        for of_event in jobs.chunk_by(|one, next| one.event == next.event) {
            let Some((event, lean)) = of_event.first().and_then(|job| Some((job.event, events.get(job.event)?))) else { continue };
            reader.interrupter().check()?;
            // What only the case tells is not in the record: no need to read it.
            let needs = |job: &Job| {
                let feeds = plan.selected.get(job.rule).into_iter().flatten();
                let feeds = feeds.flat_map(super::plan::Feed::fields);
                let fields = rules.get(job.rule).and_then(|rule| rule.selector.as_ref()).into_iter().flat_map(Selector::leaves);
                let reads_all = fields.clone().any(|leaf| leaf.fields.is_empty());
                let mut tiers = feeds.chain(fields.flat_map(|leaf| &leaf.fields)).map(|field| View::tier(lean, std::iter::once(field)));
                reads_all || tiers.any(|tier| tier == Tier::Record)
            };
            let mut record = Vec::new();
            if of_event.iter().any(needs) {
                match reader.record_of(lean) {
                    Ok(read) => record = read,
                    Err(error) => {
                        self.unreadable += 1;
                        self.why_unreadable.get_or_insert_with(|| error.to_string());
                        continue;
                    }
                }
            }
            let is_outside = known.exchanges.get(&event).is_some_and(|facts| facts.body == BodyState::S3);
            let stored = lean.request_id.as_deref().filter(|_| is_outside).and_then(|request| reader.bodies(request).ok()).unwrap_or_default();
            let bodies = Bodies { input: stored.input, output: stored.output };
            let opened = Opened::new(&record, &bodies, &mut scratch);
            let mut view = View::of(lean, &self.names, Tier::Record);
            view.case = Some(&self.permanent);
            known.show(&mut view, event);
            view.record = Some(&opened);
            for job in of_event {
                let Some(rule) = rules.get(job.rule) else { continue };
                match if job.holds { Some(true) } else { self.truth(rule, job.rule, &view) } {
                    Some(true) => taker.take(job.rule, &view, None),
                    Some(false) => {}
                    None => {
                        let leaves = rule.selector.iter().flat_map(Selector::leaves);
                        taker.take(job.rule, &view, Some(leaves.map(|leaf| view.truth(leaf)).collect()));
                    }
                }
            }
        }
        Ok(())
    }
}

fn searched(pattern: &str) -> Option<Regex> {
    let mut builder = RegexBuilder::new(pattern);
    builder.case_insensitive(true).multi_line(true).dot_matches_new_line(true).size_limit(64 << 20).dfa_size_limit(32 << 20).build().ok()
}

/// Does it hold, as far as the view and `other` know?
fn holds(selector: &Selector, view: &View<'_>, other: &mut dyn FnMut(usize) -> Truth) -> Truth {
    selector.holds(&mut |at| other(at).or_else(|| view.truth(selector.leaves().get(at)?)))
}

/// What is stored of exchanges and tokens, by place in the page.
pub(super) struct Known {
    exchanges: HashMap<usize, ExchangeFacts>,
    tokens: HashMap<usize, [Option<u64>; 2]>,
}

impl Known {
    fn read(reader: &mut Reader, events: &[Lean], jobs: &[Job]) -> Result<Self> {
        let mut places: Vec<usize> = jobs.iter().map(|job| job.event).collect();
        places.dedup();
        let of = |is_call: bool| {
            let events = places.iter().filter_map(|place| Some((*place, events.get(*place)?)));
            let wanted = events.filter(|(_, lean)| (lean.event.strand() == Strand::Invocation) == is_call);
            wanted.map(|(place, lean)| (place, lean.event.id)).collect::<Vec<(usize, EventId)>>()
        };
        let (calls, others) = (of(true), of(false));
        let ids = |pairs: &[(usize, EventId)]| pairs.iter().map(|(_, id)| *id).collect::<Vec<_>>();
        let facts = reader.facts(&ids(&calls))?;
        let exchanges = calls.iter().zip(facts).filter_map(|((place, _), facts)| Some((*place, facts?))).collect();
        let counted = if others.is_empty() { HashMap::new() } else { reader.trail_tokens(&ids(&others))? };
        let tokens = others.iter().filter_map(|(place, id)| Some((*place, *counted.get(&id.0)?))).collect();
        Ok(Self { exchanges, tokens })
    }

    /// Of one event alone.
    pub(super) fn of(reader: &mut Reader, lean: &Lean) -> Result<Self> {
        Self::read(reader, std::slice::from_ref(lean), &[Job { event: 0, rule: 0, holds: true }])
    }

    pub(super) fn show<'k>(&'k self, view: &mut View<'k>, event: usize) {
        view.exchange = self.exchanges.get(&event);
        view.tokens = self.tokens.get(&event).copied();
    }

    /// Its body lies in a file of its own.
    pub(super) fn is_outside(&self) -> bool {
        self.exchanges.get(&0).is_some_and(|facts| facts.body == BodyState::S3)
    }
}
