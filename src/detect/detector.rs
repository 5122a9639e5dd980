//! Running the rules behind what is committed: each event is looked at once, and what its groups fire is worked out again where
//! something changed.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::check::CASE_FIELDS;
use super::facts::{CaseFacts, Wanted};
use super::leads::leads;
use super::lists::Lists;
use super::load::RuleSet;
use super::memory::{Finding, Memory, Portion, Remembering, Waiting};
use super::plan::{Feed, Plan, State};
use super::rule::{How, Rule};
use super::select::{Known, Selecting};
use super::signal::{Making, make};
use super::state::sightings::History;
use super::state::{At, Draft, some_of};
use super::view::{ALL_COLUMNS, NameTable, Opened, Tier, View};
use crate::case::{CaseError, Lean, Learnt, Reader, Result};
use crate::decode::Bodies;
use crate::decode::json::Tape;
use crate::model::{Baseline, Detected, EventId, EventRef, Lead, Scope, Signal, Strand, TimeRange, Timestamp};

/// Events looked at together.
const PAGE: usize = 4_096;
/// Signals of one rule at most.
const MOST_SIGNALS: usize = 10_000;
/// Events further than this from the middle of the evidence have a clock that is not believed: they do not say how far the
/// evidence reaches.
const BELIEVED_MS: i64 = 400 * 86_400_000;

/// Runs rules over a case, again and again as it grows. What it finds depends on the events that are in the case and not on their
/// order or on how often it was asked.
pub struct Detector {
    set: Arc<RuleSet>,
    plan: Plan,
    wanted: Wanted,
    lists: Lists,
    learnt: Vec<Learnt>,
    fingerprint: String,
    epoch: u32,
    done: u32,
    selecting: Selecting,
    memory: Memory,
    /// By rule and group: what fires, with the signal that was made of it.
    fired: Vec<BTreeMap<u32, Vec<Firing>>>,
    found: HashMap<String, Signal>,
    problems: Vec<String>,
    /// What the signals add up to.
    leads: Vec<Lead>,
    /// What late rules selected in this run.
    late: Vec<(Feed, At, Portion)>,
}

/// What fires, and the signal that was made of it.
type Firing = (Draft, Option<Signal>);

/// What a run changed.
#[derive(Debug, Default)]
pub struct Findings {
    /// Signals that are new, or not what they were.
    pub changed: Vec<Signal>,
    /// Ids of signals that are gone: late events showed that they were none.
    pub gone: Vec<String>,
    /// All leads.
    pub leads: Vec<Lead>,
    /// How far the rules came.
    pub detected: Detected,
    /// Which derivation of the case the row numbers in it belong to.
    pub epoch: u32,
}

impl Findings {
    /// There is nothing to store.
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.gone.is_empty()
    }
}

impl Detector {
    /// Rules for a case, with the lists and baselines that it holds.
    pub fn new(set: Arc<RuleSet>, reader: &mut Reader) -> Result<Self> {
        let mut lists = set.lists.clone();
        let listed = reader.listed()?;
        let learnt = reader.baselines()?;
        let fingerprint = fingerprint(&set, &listed, &learnt);
        for entry in listed {
            lists.add(entry);
        }
        let plan = Plan::of(&set.rules);
        let leaves = set.rules.iter().flat_map(|rule| rule.selector.iter()).flat_map(super::sigma::Selector::leaves);
        let wanted = Wanted::of(leaves.flat_map(|leaf| leaf.fields.iter().map(String::as_str)));
        let mut detector = Self {
            selecting: Selecting::new(&set.rules),
            memory: Memory::new(&set.rules),
            fired: set.rules.iter().map(|_| BTreeMap::new()).collect(),
            found: HashMap::new(),
            problems: Vec::new(),
            leads: Vec::new(),
            late: Vec::new(),
            epoch: reader.revision()?.epoch,
            done: 0,
            set,
            plan,
            wanted,
            lists,
            learnt,
            fingerprint,
        };
        detector.recall();
        Ok(detector)
    }

    /// Tells which rules, lists and baselines these are: signals with another fingerprint need another run.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Every signal, in order of time.
    pub fn signals(&self) -> Vec<Signal> {
        let mut signals: Vec<Signal> = self.found.values().cloned().collect();
        signals.sort_by(|one, other| (one.time, &one.id).cmp(&(other.time, &other.id)));
        signals
    }

    /// Looks at what is new in the case. When it is interrupted, or the case cannot be read, the next run begins again from the first
    /// event: what was remembered half is forgotten.
    pub fn catch_up(&mut self, reader: &mut Reader) -> Result<Findings> {
        let epoch = reader.revision()?.epoch;
        if epoch != self.epoch {
            self.begin_again(epoch);
        }
        let findings = self.run(reader, epoch);
        if findings.is_err() {
            self.begin_again(epoch);
        }
        findings
    }

    fn run(&mut self, reader: &mut Reader, epoch: u32) -> Result<Findings> {
        let last = reader.last_event()?;
        if last == self.done && last > 0 {
            return Ok(Findings { leads: self.leads.clone(), detected: self.detected(), epoch, ..Findings::default() });
        }
        self.selecting.search(reader, self.done, last)?;
        self.selecting.permanent = CaseFacts::permanent(reader, self.wanted)?;
        while self.done < last {
            reader.interrupter().check()?;
            let page = reader.lean(self.done, PAGE)?;
            let Some(end) = page.last().map(|lean| lean.event.id.0) else { break };
            let mut taker = Remembering { rules: &self.set.rules, plan: &self.plan, memory: &mut self.memory };
            self.selecting.page(reader, &self.set.rules, &self.plan, &page, &mut taker)?;
            self.done = end;
        }
        self.problems.clear();
        self.settle(reader)?;
        self.fire(reader)?;
        let findings = self.findings(reader)?;
        if reader.revision()?.epoch != epoch {
            return Err(CaseError::Interrupted);
        }
        Ok(findings)
    }

    fn begin_again(&mut self, epoch: u32) {
        self.epoch = epoch;
        self.done = 0;
        self.selecting = Selecting::new(&self.set.rules);
        self.memory = Memory::new(&self.set.rules);
        self.fired.iter_mut().for_each(BTreeMap::clear);
        self.recall();
    }

    /// Puts what was learnt from other evidence into memory.
    fn recall(&mut self) {
        for row in self.learnt.iter().flat_map(|learnt| &learnt.rows) {
            for (at, rule) in self.set.rules.iter().enumerate().filter(|(_, rule)| rule.is_called(&row.rule)) {
                let Some(group) = self.memory.words.number(&row.group.iter().map(String::as_str).collect::<Vec<_>>()) else { continue };
                match (self.memory.states.get_mut(at), &rule.how, &row.value) {
                    (Some(State::Sightings(seen)), How::FirstSeen(how), Some(value)) => {
                        let Some(value) = self.memory.words.number(&[value]) else { continue };
                        seen.add_outside(group, value, row.first.as_millis(), row.last.as_millis(), how.retention_ms);
                    }
                    (Some(State::Buckets(buckets)), How::Outlier(how), None) => buckets.add_outside(group, row.first.as_millis(), row.amount, how),
                    _ => {}
                }
            }
        }
    }

    /// Lets late rules look at the case as it is now.
    fn settle(&mut self, reader: &mut Reader) -> Result<()> {
        self.late.clear();
        for rule in self.plan.fed_late() {
            self.memory.drop_volatile(rule);
        }
        let set = Arc::clone(&self.set);
        let leans = |reader: &mut Reader, waiting: &[Waiting]| -> Result<HashMap<u32, Lean>> {
            let ids: Vec<EventId> = waiting.iter().map(|waiting| EventId(waiting.at.event)).collect();
            Ok(reader.lean_of(&ids)?.into_iter().map(|lean| (lean.event.id.0, lean)).collect())
        };
        let events = leans(reader, &self.memory.waiting)?;
        let selects = |one: &Waiting, facts: &CaseFacts| {
            let (rule, lean) = (set.rules.get(one.rule)?, events.get(&one.at.event)?);
            let no_names = NameTable::default();
            let mut view = View::of(lean, &no_names, Tier::Call);
            view.case = Some(facts);
            let selector = rule.selector.as_ref()?;
            selector.holds(&mut |at| {
                let leaf = selector.leaves().get(at)?;
                let is_late = leaf.fields.iter().any(|field| CASE_FIELDS.contains(&field.as_str()));
                one.truths.get(at).copied().flatten().filter(|_| !is_late).or_else(|| if is_late { view.truth(leaf) } else { None })
            })
        };
        // Who has the other side of its request waits for it no longer, in whatever order they came.
        self.memory.waiting.retain(|one| selects(one, &self.selecting.permanent) != Some(false));
        if self.memory.waiting.is_empty() {
            return Ok(());
        }
        let ids: Vec<EventId> = self.memory.waiting.iter().map(|waiting| EventId(waiting.at.event)).collect();
        let facts = CaseFacts::read(reader, self.wanted, &self.selecting.coverage, &self.selecting.permanent, &ids)?;
        let chosen: Vec<usize> =
            self.memory.waiting.iter().enumerate().filter(|(_, one)| selects(one, &facts) == Some(true)).map(|(place, _)| place).collect();
        for place in chosen {
            let Some(one) = self.memory.waiting.get(place) else { continue };
            let (rule, at, portions) = (one.rule, one.at, one.portions.clone());
            for (feed, portions) in self.plan.selected.get(rule).into_iter().flatten().zip(portions) {
                for portion in portions {
                    self.memory.put(&set.rules, feed, at, &portion);
                    self.late.push((feed.clone(), at, portion));
                }
            }
        }
        Ok(())
    }

    /// Works out again what fires where something changed, rule by rule; firings feed the rules that name them, which come later.
    fn fire(&mut self, reader: &mut Reader) -> Result<()> {
        let bounds = Bounds::of(&reader.refs(&Scope::all())?);
        if bounds.far > 0 {
            self.problems.push(format!(
                "{} events lie more than 400 days from the middle of the evidence: their clocks are not believed when it is said how far the evidence reaches",
                bounds.far
            ));
        }
        let outside = self.learnt.iter().filter_map(|learnt| learnt.since).map(Timestamp::as_millis).min();
        let set = Arc::clone(&self.set);
        // A rule that late rules and others feed was emptied of both.
        let mut refed: Vec<bool> = vec![false; set.rules.len()];
        let late = self.plan.fed_late();
        for feed in self.plan.fired.iter().flatten().filter(|feed| late.contains(&feed.rule)) {
            if let Some(slot) = refed.get_mut(feed.rule) {
                *slot = true;
            }
        }
        for (at, rule) in set.rules.iter().enumerate() {
            if refed.get(at).copied().unwrap_or(false) {
                self.feed_again(reader, at, rule)?;
            }
            let own = bounds.since(rule.strands);
            let mut changed: Vec<(u32, Vec<Draft>)> = Vec::new();
            let mut each = |group: u32, drafts: Vec<Draft>| changed.push((group, drafts));
            let words = &self.memory.words;
            match (self.memory.states.get_mut(at), &rule.how) {
                (Some(State::Plain(plain)), _) => plain.fire(rule.collapse_ms, &mut each),
                (Some(State::Windows(windows)), How::Together(how)) => {
                    windows.fire(&how.correlation, rule.collapse_ms, &|number| words.values(number).join(" "), &mut each);
                }
                (Some(State::Sequences(steps)), How::Together(how)) => {
                    let titles: Vec<String> = how.sources.iter().filter_map(|source| Some(set.rules.get(*source)?.title.clone())).collect();
                    steps.fire(&how.correlation, !how.distinct.is_empty(), &titles, rule.collapse_ms, &mut each);
                }
                (Some(State::Sightings(seen)), How::FirstSeen(how)) => {
                    let since = own.min(outside.unwrap_or(i64::MAX));
                    let history = History { since, until: bounds.until, outside: outside.is_some_and(|outside| outside < own) };
                    seen.fire(how, rule.weight, history, &|number| words.values(number), &mut each);
                }
                (Some(State::Buckets(buckets)), How::Outlier(how)) => buckets.fire(how, own, &mut each),
                _ => {}
            }
            for (_, drafts) in &mut changed {
                for draft in &mut *drafts {
                    self.look_up(reader, at, rule, draft)?;
                }
                drafts.retain(|draft| !draft.events.is_empty());
            }
            self.hand_on(rule, &mut changed);
            let mut moved = false;
            for (group, drafts) in changed {
                moved |= self.replace(at, group, drafts);
            }
            if moved {
                for feed in self.plan.fired.get(at).into_iter().flatten() {
                    if let Some(slot) = refed.get_mut(feed.rule) {
                        *slot = true;
                    }
                }
            }
            let overflow = self.memory.overflow(at);
            if overflow > 0 {
                self.problems.push(format!(
                    "{} “{}” could not remember everything: {overflow} events of further groups or values are not counted",
                    rule.id, rule.title
                ));
            }
        }
        Ok(())
    }

    /// What fired for a correlation hands its own records on.
    fn hand_on(&self, rule: &Rule, changed: &mut [(u32, Vec<Draft>)]) {
        let How::Together(how) = &rule.how else { return };
        let is_fired = |source: &&usize| self.set.rules.get(**source).is_some_and(|source| !matches!(source.how, How::Match));
        if changed.iter().all(|(_, drafts)| drafts.is_empty()) || !how.sources.iter().any(|source| is_fired(&source)) {
            return;
        }
        let mut own: HashMap<u32, Vec<&Draft>> = HashMap::new();
        for source in how.sources.iter().filter(is_fired) {
            for (draft, _) in self.fired.get(*source).into_iter().flat_map(BTreeMap::values).flatten() {
                for at in &draft.emitted {
                    own.entry(at.event).or_default().push(draft);
                }
            }
        }
        for draft in changed.iter_mut().flat_map(|(_, drafts)| drafts) {
            let mut all = draft.events.clone();
            let mut beyond = draft.total.saturating_sub(draft.events.len() as u64);
            let mut taken: Vec<&Draft> = Vec::new();
            for source in draft.events.iter().filter_map(|at| own.get(&at.event)).flatten() {
                if !taken.iter().any(|known| std::ptr::eq(*known, *source)) {
                    taken.push(source);
                    all.extend(&source.events);
                    beyond += source.total.saturating_sub(source.events.len() as u64);
                }
            }
            all.sort_by_key(|at| (at.millis, at.tie, at.event));
            all.dedup_by(|one, other| one.is(*other));
            draft.first = all.first().map_or(draft.first, |at| draft.first.min(at.millis));
            draft.last = all.last().map_or(draft.last, |at| draft.last.max(at.millis));
            draft.total = all.len() as u64 + beyond;
            draft.events = some_of(&all, draft.at);
        }
    }

    /// Puts what fires of a group in place of what did; says whether anything is different.
    fn replace(&mut self, at: usize, group: u32, drafts: Vec<Draft>) -> bool {
        let Some(fired) = self.fired.get_mut(at) else { return false };
        let mut before = fired.remove(&group).unwrap_or_default();
        let is_same = before.len() == drafts.len() && before.iter().zip(&drafts).all(|((known, _), draft)| known == draft);
        let mut now = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let known = before.iter().position(|(known, _)| *known == draft).map(|place| before.swap_remove(place));
            now.push(known.unwrap_or((draft, None)));
        }
        if !now.is_empty() {
            fired.insert(group, now);
        }
        !is_same
    }

    /// Feeds a correlation all firings of the rules it names.
    fn feed_again(&mut self, reader: &mut Reader, at: usize, rule: &Rule) -> Result<()> {
        let How::Together(how) = &rule.how else { return Ok(()) };
        self.memory.drop_volatile(at);
        for (feed, event, portion) in self.late.iter().filter(|(feed, ..)| feed.rule == at) {
            self.memory.put(&self.set.rules, feed, *event, portion);
        }
        let mut sources = how.sources.clone();
        sources.sort_unstable();
        sources.dedup();
        for source in sources {
            let feeds: Vec<Feed> = self.plan.fired.get(source).into_iter().flatten().filter(|feed| feed.rule == at).cloned().collect();
            let emitted: Vec<At> = self
                .fired
                .get(source)
                .into_iter()
                .flat_map(BTreeMap::values)
                .flatten()
                .flat_map(|(draft, _)| draft.emitted.iter().copied())
                .collect();
            for feed in &feeds {
                for event in &emitted {
                    let event = At { volatile: true, ..*event };
                    for portion in self.portions(reader, feed, event)? {
                        self.memory.put(&self.set.rules, feed, event, &portion);
                    }
                }
            }
        }
        Ok(())
    }

    /// What a feed takes of an event that another rule fired for; read once.
    fn portions(&mut self, reader: &mut Reader, feed: &Feed, at: At) -> Result<Vec<Portion>> {
        let key = (feed.rule, feed.step, at.event);
        if let Some(known) = self.memory.portions.get(&key) {
            return Ok(known.clone());
        }
        let Some(lean) = reader.lean_of(&[EventId(at.event)])?.pop() else { return Ok(Vec::new()) };
        let memory = &mut self.memory;
        let upto = View::tier(&lean, feed.fields());
        let portions = with_view(reader, &mut self.selecting.names, &lean, upto, |view| memory.portions(feed, view))?;
        self.memory.portions.insert(key, portions.clone());
        Ok(portions)
    }

    /// Finds the events of a firing that was worked out from counts alone.
    fn look_up(&mut self, reader: &mut Reader, at: usize, rule: &Rule, draft: &mut Draft) -> Result<()> {
        let Some((from, to)) = draft.look_up else { return Ok(()) };
        let How::Outlier(how) = &rule.how else { return Ok(()) };
        let Some(feed) = self.plan.selected.get(at).and_then(|feeds| feeds.iter().find(|feed| feed.rule == at)) else { return Ok(()) };
        let range = TimeRange { since: Some(Timestamp::from_millis(from)), until: Some(Timestamp::from_millis(to)) };
        let refs = reader.refs(&Scope { range, strands: rule.strands, ..Scope::all() })?;
        let ids: Vec<EventId> = refs.iter().map(|event| event.id).collect();
        let mut finding = Finding { rule: at, feed, group: draft.group, memory: &mut self.memory, found: Vec::new() };
        for ids in ids.chunks(PAGE) {
            let page = reader.lean_of(ids)?;
            self.selecting.page_of(reader, &self.set.rules, at, &self.plan, &page, &mut finding)?;
        }
        let mut found = finding.found;
        found.sort_by_key(|(at, _)| *at);
        found.dedup_by_key(|(at, _)| at.event);
        let Some(Baseline::Outlier { threshold, .. }) = draft.baseline else { return Ok(()) };
        let first_end = from.saturating_add(how.bucket_ms);
        let is_max = matches!(how.aggregate, super::rule::Aggregate::Max(_));
        let mut amount = 0.0_f64;
        let crossing = found.iter().filter(|(at, _)| at.millis < first_end).find(|(_, number)| {
            amount = if is_max { amount.max(*number) } else { amount + number };
            amount > threshold && amount >= how.floor
        });
        let all: Vec<At> = found.iter().map(|(at, _)| *at).collect();
        let Some(crossing) = crossing.map(|(at, _)| *at).or(all.first().copied()) else { return Ok(()) };
        draft.at = crossing;
        draft.first = all.first().map_or(draft.first, |at| at.millis);
        draft.last = all.last().map_or(draft.last, |at| at.millis);
        draft.events = some_of(&all, crossing);
        draft.total = all.len() as u64;
        draft.emitted = vec![crossing];
        Ok(())
    }

    /// Makes signals of what fires, and leads of signals; gives what is different from the last time.
    fn findings(&mut self, reader: &mut Reader) -> Result<Findings> {
        let set = Arc::clone(&self.set);
        let crowded = self.selecting.coverage.crowded(reader, set.leads.shared_by_at_most)?;
        let mut found: HashMap<String, Signal> = HashMap::new();
        let mut unreadable = 0_u64;
        for (rule, fired) in set.rules.iter().zip(&mut self.fired).filter(|(rule, _)| rule.signals) {
            let mut count = 0_usize;
            for (draft, signal) in fired.values_mut().flatten() {
                count += 1;
                if count > MOST_SIGNALS {
                    continue;
                }
                if signal.is_none() {
                    reader.interrupter().check()?;
                    let Some(lean) = reader.lean_of(&[EventId(draft.at.event)])?.pop() else { continue };
                    let making = Making { rule, draft, lists: &self.lists, words: &self.memory.words };
                    let made = with_view(reader, &mut self.selecting.names, &lean, Tier::Record, |view| {
                        unreadable += u64::from(view.record.is_none());
                        make(&making, view)
                    })?;
                    *signal = made;
                }
                if let Some(signal) = signal {
                    found.insert(signal.id.clone(), signal.clone());
                }
            }
            if count > MOST_SIGNALS {
                self.problems.push(format!("{} “{}” fired {count} times: only {MOST_SIGNALS} signals are kept", rule.id, rule.title));
            }
        }
        if self.memory.words.overflow > 0 {
            self.problems.push(format!(
                "too many names: {} groups or values were not remembered, and nothing that rests on them fires",
                self.memory.words.overflow
            ));
        }
        if self.selecting.timeless > 0 {
            self.problems.push(format!("{} events name no time: no rule looks at them", self.selecting.timeless));
        }
        if self.selecting.unreadable + unreadable > 0 {
            let why = self.selecting.why_unreadable.as_deref().unwrap_or("their files are not there any more");
            self.problems.push(format!(
                "{} records could not be read again, so rules that need them did not look: {why}",
                self.selecting.unreadable + unreadable
            ));
        }
        let errors = set.problems().iter().filter(|problem| problem.is_error);
        self.problems.extend(errors.map(ToString::to_string));
        let gone = self.found.keys().filter(|id| !found.contains_key(*id)).cloned().collect();
        let mut changed: Vec<Signal> = found.values().filter(|signal| self.found.get(&signal.id) != Some(signal)).cloned().collect();
        changed.sort_by(|one, other| (one.time, &one.id).cmp(&(other.time, &other.id)));
        self.found = found;
        let signals = self.signals();
        self.leads = leads(&signals, &set.leads, &crowded);
        Ok(Findings { changed, gone, leads: self.leads.clone(), detected: self.detected(), epoch: self.epoch })
    }

    fn detected(&self) -> Detected {
        Detected {
            events: self.done,
            rules: self.set.len() as u32,
            signals: self.found.len() as u32,
            leads: self.leads.len() as u32,
            problems: self.problems.clone(),
            fingerprint: self.fingerprint.clone(),
        }
    }

    /// What its rules know of this case's actors by now, to be kept as a baseline of another case.
    pub fn learnt(&self, name: &str, reader: &mut Reader) -> Result<Learnt> {
        let bounds = Bounds::of(&reader.refs(&Scope::all())?);
        let mut rows = Vec::new();
        for (rule, state) in self.set.rules.iter().zip(&self.memory.states) {
            let id = rule.uuid.clone().unwrap_or_else(|| rule.title.clone());
            let values = |number: u32| self.memory.words.values(number);
            match (state, &rule.how) {
                (State::Sightings(seen), _) => seen.learnt(&id, &values, &mut rows),
                (State::Buckets(buckets), How::Outlier(how)) => buckets.learnt(&id, how, &values, &mut rows),
                _ => {}
            }
        }
        let moment = |millis: i64| (bounds.count > 0).then(|| Timestamp::from_millis(millis));
        Ok(Learnt { name: name.to_owned(), since: moment(bounds.all_since), until: moment(bounds.until), events: u64::from(self.done), rows })
    }
}

/// Opens an event as far as it is asked for.
fn with_view<T>(reader: &mut Reader, names: &mut NameTable, lean: &Lean, upto: Tier, look: impl FnOnce(&View<'_>) -> T) -> Result<T> {
    names.learn(reader, std::slice::from_ref(lean), &ALL_COLUMNS)?;
    let known = Known::of(reader, lean)?;
    let record = if upto >= Tier::Record { reader.record_of(lean).ok() } else { None };
    let stored = lean.request_id.as_deref().filter(|_| known.is_outside() && record.is_some()).and_then(|request| reader.bodies(request).ok());
    let stored = stored.unwrap_or_default();
    let bodies = Bodies { input: stored.input, output: stored.output };
    let mut scratch = Tape::new();
    let opened = record.as_deref().map(|record| Opened::new(record, &bodies, &mut scratch));
    let mut view = View::of(lean, names, upto);
    known.show(&mut view, 0);
    view.record = opened.as_ref();
    Ok(look(&view))
}

/// How far the evidence reaches.
struct Bounds {
    /// By strand: the first believable time.
    since: [i64; 6],
    all_since: i64,
    until: i64,
    count: usize,
    far: u64,
}

impl Bounds {
    fn of(refs: &[EventRef]) -> Self {
        let timed = refs.get(refs.partition_point(|event| event.millis == 0)..).unwrap_or_default();
        let middle = timed.get(timed.len() / 2).map_or(0, |event| event.millis);
        let from = timed.partition_point(|event| event.millis < middle.saturating_sub(BELIEVED_MS));
        let to = timed.partition_point(|event| event.millis <= middle.saturating_add(BELIEVED_MS));
        let believed = timed.get(from..to).unwrap_or_default();
        let mut since = [i64::MAX; 6];
        for event in believed {
            if let Some(slot) = since.get_mut(event.strand() as usize).filter(|slot| **slot == i64::MAX) {
                *slot = event.millis;
            }
        }
        Self {
            since,
            all_since: believed.first().map_or(0, |event| event.millis),
            until: believed.last().map_or(0, |event| event.millis),
            count: believed.len(),
            far: (timed.len() - believed.len()) as u64,
        }
    }

    fn since(&self, strands: crate::model::StrandSet) -> i64 {
        Strand::ALL
            .into_iter()
            .filter(|strand| strands.contains(*strand))
            .filter_map(|strand| self.since.get(strand as usize).copied())
            .min()
            .unwrap_or(i64::MAX)
    }
}

fn fingerprint(set: &RuleSet, listed: &[crate::model::ListEntry], learnt: &[Learnt]) -> String {
    use sha2::{Digest as _, Sha256};
    let mut hash = Sha256::new();
    hash.update(set.fingerprint());
    for entry in listed {
        hash.update(format!("{entry:?}"));
    }
    for baseline in learnt {
        hash.update(format!("{} {:?} {:?} {} {}", baseline.name, baseline.since, baseline.until, baseline.events, baseline.rows.len()));
    }
    crate::model::Digest(hash.finalize().into()).short()
}
