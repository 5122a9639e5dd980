//! Running the rules behind what is committed: each event is looked at once, and what its groups fire is worked out again where
//! something changed.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::facts::{Asked, CaseFacts, State as CaseState, Wanted};
use super::leads::leads;
use super::lists::Lists;
use super::load::RuleSet;
use super::memory::{Memory, Portion, Remembering, Verifying, Waiting};
use super::place::{Located, Shape, Tier, case_field};
use super::plan::{Feed, Plan, State};
use super::rule::{How, Rule};
use super::select::{Known, Ruled, Selecting};
use super::sigma::{Selector, Truth};
use super::signal::{self, Making, make};
use super::skew;
use super::state::sightings::History;
use super::state::{At, Draft, some_of};
use super::view::{NameTable, Opened, View};
use crate::case::{CaseError, Lean, Learnt, Reader, Result, Tell, Writable};
use crate::decode::Bodies;
use crate::decode::json::Tape;
use crate::model::{Detected, EventId, EventRef, Lead, Scope, Signal, Strand, Timestamp};

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
    pub(super) set: Arc<RuleSet>,
    pub(super) plan: Plan,
    wanted: Wanted,
    lists: Lists,
    learnt: Vec<Learnt>,
    fingerprint: String,
    epoch: u32,
    /// Events up to here were looked at.
    done: u32,
    /// Up to here it was worked out what fires.
    told: Option<u32>,
    pub(super) selecting: Selecting,
    pub(super) memory: Memory,
    /// By rule and group: what fires, with the signal that was made of it.
    fired: Vec<BTreeMap<u32, Vec<Firing>>>,
    found: HashMap<String, Signal>,
    problems: Vec<String>,
    /// What the signals add up to.
    leads: Vec<Lead>,
    /// What late rules selected in this run.
    pub(super) late: Vec<Late>,
}

/// An event that a late rule selected in this run.
pub(super) struct Late {
    /// The rule, and the place of the feed among its own.
    rule: usize,
    feed: u32,
    /// The rule that takes it.
    pub(super) to: usize,
    pub(super) at: At,
    pub(super) portion: Portion,
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
        let leaves = set.rules.iter().flat_map(|rule| rule.selector.iter()).flat_map(Selector::leaves);
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
            told: None,
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

    /// It was worked out what fires up to this derivation and event.
    pub fn told(&self) -> Option<(u32, u32)> {
        self.told.map(|told| (self.epoch, told))
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
        self.on_one_derivation(reader, |detector, reader, epoch| {
            // What was handed over ends where something was not: that is read next.
            let (last, mut before) = (reader.last_event()?, None);
            while detector.done < last && before.replace(detector.done) != Some(detector.done) {
                detector.take_in(reader)?;
            }
            if detector.told == Some(detector.done) {
                return Ok(Findings { leads: detector.leads.clone(), detected: detector.detected(), epoch, ..Findings::default() });
            }
            detector.problems.clear();
            detector.settle(reader)?;
            detector.fire(reader)?;
            let findings = detector.findings(reader)?;
            detector.told = Some(detector.done);
            Ok(findings)
        })
    }

    /// Looks at what is new without working out what fires: less is left for the next [`catch_up`](Self::catch_up), which fails and
    /// begins again alike.
    pub fn look(&mut self, reader: &mut Reader) -> Result<()> {
        self.on_one_derivation(reader, |detector, reader, _| detector.take_in(reader))
    }

    fn on_one_derivation<T>(&mut self, reader: &mut Reader, work: impl FnOnce(&mut Self, &mut Reader, u32) -> Result<T>) -> Result<T> {
        let epoch = reader.revision()?.epoch;
        if epoch != self.epoch {
            self.begin_again(epoch);
        }
        let done = work(self, reader, epoch);
        let done = done.and_then(|done| if reader.revision()?.epoch == epoch { Ok(done) } else { Err(CaseError::Interrupted) });
        if done.is_err() {
            self.begin_again(epoch);
        }
        done
    }

    /// Follows whoever writes to the case: what is looked at soon after it was committed costs less.
    pub fn follow(&self, reader: &mut Reader, case: &Writable, tell: Tell) {
        if let Some(searches) = self.selecting.searches() {
            reader.follow(case, searches, tell);
        }
    }

    fn take_in(&mut self, reader: &mut Reader) -> Result<()> {
        let last = reader.last_event()?;
        // What is not yet handed over will be before the next look.
        let last = reader.handed_over(self.done).map_or(last, |handed| handed.min(last));
        if self.done == last {
            return Ok(());
        }
        self.selecting.search(reader, self.done, last)?;
        self.selecting.standing.learn(reader, self.wanted)?;
        while self.done < last {
            reader.interrupter().check()?;
            // No further than the requests are known that join them: what was committed since is for the next run.
            let page = reader.lean(self.done, PAGE.min((last - self.done) as usize))?;
            let Some(end) = page.last().map(|lean| lean.event.id.0) else { break };
            let mut taker = Remembering { rules: &self.set.rules, plan: &self.plan, memory: &mut self.memory };
            self.selecting.page(reader, Ruled { rules: &self.set.rules, plan: &self.plan }, &page, &mut taker)?;
            self.done = end;
        }
        Ok(())
    }

    fn begin_again(&mut self, epoch: u32) {
        self.epoch = epoch;
        (self.done, self.told) = (0, None);
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
        let mut waiting = std::mem::take(&mut self.memory.waiting);
        // Who has the other side of its request waits for it no longer, in whatever order they came.
        let standing = &self.selecting.standing;
        waiting.retain(|one| selects(&set.rules, one, || CaseFacts::Standing(standing)) != Some(false));
        if waiting.is_empty() {
            return Ok(());
        }
        let mut events: Vec<EventRef> = waiting.iter().map(|one| one.seat.event).collect();
        events.dedup();
        let echoing = waiting.iter().filter(|one| set.rules.get(one.rule).is_some_and(|rule| rule.asks("x.echo")));
        let echoing: Vec<EventId> = echoing.map(|one| one.seat.event.id).collect();
        let state = CaseState::read(reader, self.wanted, &events, &echoing)?;
        self.problems.extend(state.skews.iter().map(skew::of_host));
        for one in &mut waiting {
            let mut holds = selects(&set.rules, one, || CaseFacts::Now(&self.selecting.standing, &state));
            if holds.is_none() && !one.is_read {
                reader.interrupter().check()?;
                let told = read_again(reader, &mut self.selecting, set.rules.get(one.rule), one)?;
                one.is_read = true;
                one.truths = Some(told.unwrap_or_default().into());
                holds = selects(&set.rules, one, || CaseFacts::Now(&self.selecting.standing, &state));
            }
            if holds != Some(true) {
                continue;
            }
            let at = one.at();
            for (feed, portion) in one.portions.iter() {
                let Some(to) = self.plan.selected.get(one.rule).and_then(|feeds| feeds.get(*feed as usize)) else { continue };
                self.memory.put(&set.rules, to, at, portion);
                self.late.push(Late { rule: one.rule, feed: *feed, to: to.rule, at, portion: portion.clone() });
            }
        }
        self.memory.waiting = waiting;
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
            self.verify(reader, at, rule)?;
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
                let mut found = Vec::with_capacity(drafts.len());
                for draft in drafts.drain(..) {
                    found.extend(self.look_up(reader, at, rule, draft)?);
                }
                found.retain(|draft| !draft.events.is_empty());
                *drafts = found;
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

    /// Reads the records of events of which a correlation is unsure, where it would fire if all of them counted.
    fn verify(&mut self, reader: &mut Reader, at: usize, rule: &Rule) -> Result<()> {
        let (Some(State::Windows(windows)), How::Together(how)) = (self.memory.states.get_mut(at), &rule.how) else { return Ok(()) };
        let mut events: Vec<EventId> = windows.suspects(&how.correlation).into_iter().map(EventId).collect();
        events.sort_unstable();
        events.dedup();
        let mut sources: Vec<usize> = how.sources.iter().copied().filter(|source| self.plan.lazy.get(*source).copied().unwrap_or(false)).collect();
        sources.sort_unstable();
        sources.dedup();
        for ids in events.chunks(PAGE) {
            reader.interrupter().check()?;
            let page = reader.lean_of(ids)?;
            for source in &sources {
                let mut taker = Verifying { rules: &self.set.rules, plan: &self.plan, memory: &mut self.memory, to: at };
                self.selecting.page_of(reader, Ruled { rules: &self.set.rules, plan: &self.plan }, *source, &page, &mut taker)?;
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
        for late in self.late.iter().filter(|late| late.to == at) {
            let Some(feed) = self.plan.selected.get(late.rule).and_then(|feeds| feeds.get(late.feed as usize)) else { continue };
            self.memory.put(&self.set.rules, feed, late.at, &late.portion);
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
        let upto = Located::tier(feed.fields(), Shape::of(lean.event));
        let portions = with_view(reader, &mut self.selecting.names, &lean, upto, |view| memory.portions(feed, view))?;
        self.memory.portions.insert(key, portions.clone());
        Ok(portions)
    }

    /// Makes signals of what fires, and leads of signals; gives what is different from the last time.
    fn findings(&mut self, reader: &mut Reader) -> Result<Findings> {
        let set = Arc::clone(&self.set);
        let crowded = self.selecting.users.crowded(reader, set.leads.shared_by_at_most)?;
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
                    let needs = signal::needs(rule, Shape::of(lean.event));
                    let made = with_view(reader, &mut self.selecting.names, &lean, needs, |view| {
                        unreadable += u64::from(needs >= Tier::Record && view.record.is_none());
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
        if self.memory.turned_away > 0 {
            self.problems.push(format!(
                "too many events wait for the case as a whole: {} were not looked at by the rules that ask for it",
                self.memory.turned_away
            ));
        }
        self.problems.extend(self.selecting.standing.skew());
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

/// Is an event that waits selected, as far as the case tells?
fn selects<'c>(rules: &[Rule], one: &Waiting, case: impl Fn() -> CaseFacts<'c>) -> Truth {
    let Some(truths) = &one.truths else { return Some(true) };
    let selector = rules.get(one.rule)?.selector.as_ref()?;
    selector.holds(&mut |at| {
        let leaf = selector.leaves().get(at)?;
        if !leaf.fields.iter().any(|field| case_field(field).is_some()) {
            return truths.get(at).copied().flatten();
        }
        let facts = case();
        leaf.fields
            .iter()
            .all(|field| case_field(field).is_some_and(|field| facts.knows(field, one.seat)))
            .then(|| leaf.holds(&Asked(facts, one.seat)))
    })
}

/// What the record of an event that waits says; nothing when it cannot be read again.
fn read_again(reader: &mut Reader, selecting: &mut Selecting, rule: Option<&Rule>, one: &Waiting) -> Result<Option<Vec<Truth>>> {
    let Some(lean) = reader.lean_of(&[one.seat.event.id])?.pop() else { return Ok(None) };
    let leaves = rule.and_then(|rule| rule.selector.as_ref()).map(Selector::leaves).unwrap_or_default();
    let told = with_view(reader, &mut selecting.names, &lean, Tier::Record, |view| {
        view.record.is_some().then(|| leaves.iter().map(|leaf| view.truth(leaf)).collect())
    })?;
    if told.is_none() {
        selecting.unreadable += 1;
        if let Err(error) = reader.record_of(&lean) {
            selecting.why_unreadable.get_or_insert_with(|| error.to_string());
        }
    }
    Ok(told)
}

/// Opens an event as far as it is asked for.
fn with_view<T>(reader: &mut Reader, names: &mut NameTable, lean: &Lean, upto: Tier, look: impl FnOnce(&View<'_>) -> T) -> Result<T> {
    names.learn(reader, lean)?;
    let known = Known::of(reader, lean)?;
    let record = if upto >= Tier::Record { reader.record_of(lean).ok() } else { None };
    let bodies = if record.is_some() { known.bodies(reader, 0, lean) } else { Bodies::default() };
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
