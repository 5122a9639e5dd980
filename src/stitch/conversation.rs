//! One conversation for reading: its calls in order of time, each with only what is new in it.
//!
//! The last call repeats all that came before it, so one record usually tells the whole. A call whose record is flagged (a
//! guardrail, hidden text, a failure …) is read itself, since a history repeats neither reasoning nor verdicts.

use std::collections::{HashMap, HashSet};

use crate::case::{EvidenceError, Reader, Result};
use crate::decode::{Bodies, PastRound, exchange_with_history};
use crate::model::secret::Together;
use crate::model::{Event, EventId, EventRef, Exchange, ExchangeFacts, ExchangeFlags, Mark, RoundKeys, Secrets, Turn};

/// Calls of one conversation that are read at most; of longer ones those around the one asked for.
pub const MOST_CALLS: usize = 10_000;
/// Records that are read though a later call repeats them, and their bytes.
const MOST_READ: (usize, usize) = (64, 4 << 20);

/// Flags of calls that a history does not tell of.
const READ_ITSELF: [ExchangeFlags; 10] = [
    ExchangeFlags::HIDDEN,
    ExchangeFlags::ENCODED,
    ExchangeFlags::SECRET,
    ExchangeFlags::INJECTION,
    ExchangeFlags::BLOCKED,
    ExchangeFlags::MASKED,
    ExchangeFlags::DETECTED,
    ExchangeFlags::FAILED,
    ExchangeFlags::REASONING,
    ExchangeFlags::UNREADABLE,
];

/// A conversation.
#[derive(Clone, Debug)]
pub struct Conversation {
    /// Its calls, in order of time.
    pub calls: Vec<Call>,
    /// Calls before the first one here and after the last, of a conversation of more than [`MOST_CALLS`].
    pub left_out: (usize, usize),
}

/// One call of a conversation.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its event.
    pub event: Event,
    /// The event as logged, where a secret in it is masked.
    pub logged: Option<Box<Event>>,
    /// What a list shows of it.
    pub facts: Option<ExchangeFacts>,
    /// What the analyst added.
    pub mark: Mark,
    /// The number of the call it continues, counted from 1, where that is not the one before it.
    pub continues: Option<usize>,
    /// The turns it sent, when they are fewer than those of the call it continues with its answer: the history was cut.
    pub cut_to: Option<u32>,
    /// Turns before it that no call in the case was made for: the logs begin later or lack it.
    pub unlogged: Vec<Turn>,
    /// Turns of the history it sent that are none of the calls before it: the caller changed or made them up.
    pub changed: Vec<Turn>,
    /// What it added.
    pub told: Told,
}

impl Call {
    /// The event as logged.
    pub fn as_logged(&self) -> &Event {
        self.logged.as_deref().unwrap_or(&self.event)
    }
}

impl Conversation {
    /// The same as it may leave: secrets masked or not. A secret that one call tells is masked in all of them.
    #[must_use]
    pub fn leaving(mut self, secrets: Secrets) -> Self {
        if secrets == Secrets::Revealed {
            return self;
        }
        let mut together = Together::default();
        for call in &mut self.calls {
            together.learn_event(&mut call.event);
            together.learn_turns(&mut call.unlogged);
            together.learn_turns(&mut call.changed);
            match &mut call.told {
                Told::Itself(exchange, _) => together.learn_exchange(exchange),
                Told::Later(user, answer) => [user, answer].into_iter().for_each(|turns| together.learn_turns(turns)),
                Told::Unreadable(_) => {}
            }
        }
        let leaving = together.ready();
        for call in &mut self.calls {
            let mut safe = call.event.clone();
            leaving.event(&mut safe);
            if safe != call.event {
                call.logged = Some(Box::new(std::mem::replace(&mut call.event, safe)));
            }
            call.facts.iter_mut().for_each(|facts| leaving.facts(facts));
            leaving.turns(&mut call.unlogged);
            leaving.turns(&mut call.changed);
            match &mut call.told {
                Told::Itself(exchange, _) => leaving.exchange(exchange),
                Told::Later(user, answer) => [user, answer].into_iter().for_each(|turns| leaving.turns(turns)),
                Told::Unreadable(_) => {}
            }
        }
        self
    }
}

/// What a call added to its conversation.
#[derive(Clone, Debug)]
pub enum Told {
    /// Read from its own record; what is new begins at this turn.
    Itself(Box<Exchange>, usize),
    /// As a later call repeats it: what was asked, and what was answered.
    Later(Vec<Turn>, Vec<Turn>),
    /// It cannot be read: why.
    Unreadable(String),
}

/// Where a call stands in its conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The first call.
    pub first: EventRef,
    /// Counted from 1.
    pub position: usize,
    /// Number of calls.
    pub length: usize,
}

/// Where an exchange stands in its conversation; 1 of 1 when it is alone.
///
/// # Errors
/// The case could not be read.
pub fn position(reader: &mut Reader, event: EventId) -> Result<Option<Position>> {
    let calls = reader.conversation(event)?;
    let at = calls.iter().position(|call| call.id == event);
    Ok(calls.first().zip(at).map(|(first, at)| Position { first: *first, position: at + 1, length: calls.len() }))
}

/// Reads the conversation that an exchange belongs to.
///
/// # Errors
/// The case could not be read. A record that cannot be had is said in its call.
pub fn read(reader: &mut Reader, event: EventId) -> Result<Conversation> {
    let refs = reader.conversation(event)?;
    let at = refs.iter().position(|call| call.id == event).unwrap_or(0);
    let start = at.saturating_sub(MOST_CALLS / 2).min(refs.len().saturating_sub(MOST_CALLS));
    let shown = start..(start + MOST_CALLS).min(refs.len());
    let left_out = (start, refs.len() - shown.end);
    let ids: Vec<EventId> = refs.get(shown.clone()).unwrap_or_default().iter().map(|call| call.id).collect();

    let events = reader.events(&ids)?;
    let facts = reader.facts(&ids)?;
    let marks = reader.marks(&events.iter().map(|event| event.digest).collect::<Vec<_>>())?;
    let mut telling = Telling { first: start, ..Telling::default() };
    let mut sent = Vec::with_capacity(refs.len());
    for (number, call) in refs.iter().enumerate() {
        let keys = reader.thread_keys(call.id)?.unwrap_or_default();
        telling.owns(number, keys.own);
        sent.push(keys.before);
    }
    telling.calls.resize_with(ids.len(), Untold::default);
    let (mut read, mut bytes) = (0, 0);
    for (number, (event, facts)) in (start..start + events.len()).zip(events.iter().zip(&facts)).rev() {
        let flagged = facts.as_ref().is_some_and(|facts| READ_ITSELF.into_iter().any(|flag| facts.flags.has(flag)));
        // A round of its history that is none of the calls' before it: the caller may have changed it.
        let strange = sent.get(number).is_some_and(|rounds| rounds.iter().any(|round| round.pair != 0 && telling.owner(*round, number).is_none()));
        let affordable = read < MOST_READ.0 && bytes < MOST_READ.1;
        if telling.is_told(number) && !((flagged || strange) && affordable) {
            continue;
        }
        (read, bytes) = (read + 1, bytes + event.position.length as usize);
        match record(reader, event)? {
            Ok((exchange, history)) => {
                for strange in telling.tell(number, exchange, &history) {
                    settle(reader, &mut telling, number, strange, &events)?;
                }
            }
            Err(why) => telling.cannot(number, why),
        }
    }
    let numbers: HashMap<EventId, usize> = refs.iter().map(|call| call.id).zip(1..).collect();
    let mut calls = Vec::with_capacity(ids.len());
    for ((number, told), ((event, facts), mark)) in (start + 1..).zip(telling.calls).zip(events.into_iter().zip(facts.clone()).zip(marks)) {
        let parent = reader.continues(event.id)?.and_then(|parent| numbers.get(&parent).copied());
        let turns = |number: usize| number.checked_sub(start + 1).and_then(|at| facts_at(&calls, at)).map(|facts: &ExchangeFacts| facts.turns);
        let cut = |turns: u32, before: u32| turns < before.saturating_add(2);
        let cut_to = facts.as_ref().zip(parent.and_then(turns)).filter(|(facts, before)| cut(facts.turns, *before)).map(|(facts, _)| facts.turns);
        calls.push(Call {
            event,
            logged: None,
            facts,
            mark: mark.unwrap_or_default(),
            continues: parent.filter(|parent| parent + 1 != number),
            cut_to,
            unlogged: told.unlogged,
            changed: told.changed,
            told: told.told.unwrap_or_else(|| Told::Unreadable("it was not read".to_owned())),
        });
    }
    Ok(Conversation { calls, left_out })
}

fn facts_at(calls: &[Call], at: usize) -> Option<&ExchangeFacts> {
    calls.get(at)?.facts.as_ref()
}

/// A call's own record, or why it cannot be had.
fn record(reader: &mut Reader, event: &Event) -> Result<std::result::Result<(Exchange, Vec<PastRound>), String>> {
    match reader.record(event) {
        Ok(record) => {
            let stored = event.request_id.as_deref().map(|request| reader.bodies(request)).and_then(std::result::Result::ok).unwrap_or_default();
            Ok(Ok(exchange_with_history(&record, &Bodies { input: stored.input, output: stored.output })))
        }
        Err(EvidenceError::Case(error)) => Err(error),
        Err(error) => Ok(Err(error.to_string())),
    }
}

/// A round of a call's history that no call in the case was answered with.
struct Strange {
    keys: RoundKeys,
    turns: Vec<Turn>,
    /// The call behind it in that history.
    behind: usize,
}

/// Did the call behind a strange round send it as well? Then the case lacks the call that it was made for, or begins later.
/// If not, whoever made the later call changed the history.
fn settle(reader: &mut Reader, telling: &mut Telling, sender: usize, strange: Strange, events: &[Event]) -> Result<()> {
    let behind = strange.behind;
    if behind != sender && !telling.histories.contains_key(&behind) {
        let event = behind.checked_sub(telling.first).and_then(|at| events.get(at));
        let read = event.map(|event| record(reader, event)).transpose()?;
        let keys = match read {
            Some(Ok((exchange, history))) => {
                let keys = history.iter().map(|round| round.keys).collect();
                // What it repeats besides is not asked again: the later call told that already.
                telling.itself(behind, exchange, &history);
                keys
            }
            _ => HashSet::new(),
        };
        telling.histories.insert(behind, keys);
    }
    let sent_before = behind == sender || telling.histories.get(&behind).is_some_and(|keys| keys.contains(&strange.keys));
    if let Some(call) = telling.call(if sent_before { behind } else { sender }) {
        let place = if sent_before { &mut call.unlogged } else { &mut call.changed };
        place.splice(0..0, strange.turns);
    }
    Ok(())
}

/// What is known of one call.
#[derive(Default)]
struct Untold {
    told: Option<Told>,
    unlogged: Vec<Turn>,
    changed: Vec<Turn>,
}

/// What is known of each call while records are read, the last one first. Calls are counted from the conversation's first,
/// also when not all are shown.
#[derive(Default)]
struct Telling {
    /// The first call that is shown.
    first: usize,
    /// The calls that are shown.
    calls: Vec<Untold>,
    /// All calls by the keys of their own rounds, in order of time.
    owners: HashMap<u64, Vec<usize>>,
    /// Rounds that no call was made for and that are shown already.
    shown: HashSet<RoundKeys>,
    /// The rounds that calls sent, of those that were asked.
    histories: HashMap<usize, HashSet<RoundKeys>>,
}

impl Telling {
    fn owns(&mut self, number: usize, keys: RoundKeys) {
        for key in [keys.pair, keys.answer].into_iter().filter(|key| *key != 0) {
            self.owners.entry(key).or_default().push(number);
        }
    }

    fn call(&mut self, number: usize) -> Option<&mut Untold> {
        self.calls.get_mut(number.checked_sub(self.first)?)
    }

    fn is_told(&mut self, number: usize) -> bool {
        self.call(number).is_none_or(|call| call.told.is_some())
    }

    fn cannot(&mut self, number: usize, why: String) {
        if let Some(call) = self.call(number) {
            call.told.get_or_insert(Told::Unreadable(why));
        }
    }

    /// A call's own record: what is new in it, and what it repeats of the calls before it. Gives the rounds that are none of
    /// those, the newest first.
    fn tell(&mut self, number: usize, exchange: Exchange, history: &[PastRound]) -> Vec<Strange> {
        let turns = |range: &std::ops::Range<usize>| exchange.turns.get(range.clone()).unwrap_or_default().to_vec();
        let mut strange = Vec::new();
        let mut behind = number;
        for round in history.iter().rev() {
            match self.owner(round.keys, behind) {
                Some(owner) => {
                    if let Some(call) = self.call(owner).filter(|call| call.told.is_none()) {
                        call.told = Some(Told::Later(turns(&round.user), turns(&round.answer)));
                    }
                    behind = owner;
                }
                None if self.shown.insert(round.keys) => {
                    strange.push(Strange { keys: round.keys, turns: turns(&(round.user.start..round.answer.end)), behind });
                }
                None => {}
            }
        }
        self.histories.insert(number, history.iter().map(|round| round.keys).collect());
        self.itself(number, exchange, history);
        strange
    }

    fn itself(&mut self, number: usize, exchange: Exchange, history: &[PastRound]) {
        let new = history.last().map_or(0, |round| round.answer.end);
        if let Some(call) = self.call(number) {
            call.told = Some(Told::Itself(Box::new(exchange), new));
        }
    }

    /// The last call before another one that was answered like this.
    fn owner(&self, keys: RoundKeys, before: usize) -> Option<usize> {
        [keys.pair, keys.answer].into_iter().filter(|key| *key != 0).find_map(|key| {
            let calls = self.owners.get(&key)?;
            calls.get(..calls.partition_point(|call| *call < before))?.last().copied()
        })
    }
}
