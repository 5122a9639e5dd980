//! One conversation for reading: its calls in order of time, each with only what is new in it.
//!
//! The last call repeats all that came before it, so one record usually tells the whole. A call whose record is flagged (a
//! guardrail, hidden text, a failure …) is read itself, since a history repeats neither reasoning nor verdicts.

use std::collections::{HashMap, HashSet};

use crate::case::{Reader, Result};
use crate::decode::{Bodies, PastRound, exchange_with_history};
use crate::model::{Event, EventId, EventRef, Exchange, ExchangeFacts, ExchangeFlags, Mark, RoundKeys, Secrets, Turn};

/// Calls of one conversation that are read at most; of longer ones those around the one asked for.
pub const MOST_CALLS: usize = 1000;
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
    /// Turns before it that no call in the case was made for: the logs begin later or lack it, or the caller made them up.
    pub unlogged: Vec<Turn>,
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
    /// The same as it may leave: secrets masked or not.
    #[must_use]
    pub fn leaving(mut self, secrets: Secrets) -> Self {
        for call in &mut self.calls {
            let safe = secrets.event(call.event.clone());
            if safe != call.event {
                call.logged = Some(Box::new(std::mem::replace(&mut call.event, safe)));
            }
            call.facts = call.facts.take().map(|facts| secrets.facts(facts));
            secrets.turns(&mut call.unlogged);
            match &mut call.told {
                Told::Itself(exchange, _) => **exchange = secrets.exchange(std::mem::take(&mut **exchange)),
                Told::Later(user, answer) => {
                    secrets.turns(user);
                    secrets.turns(answer);
                }
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
    let shown = refs.get(start..(start + MOST_CALLS).min(refs.len())).unwrap_or_default();
    let left_out = (start, refs.len() - start - shown.len());
    let ids: Vec<EventId> = shown.iter().map(|call| call.id).collect();

    let events = reader.events(&ids)?;
    let facts = reader.facts(&ids)?;
    let marks = reader.marks(&events.iter().map(|event| event.digest).collect::<Vec<_>>())?;
    let mut telling = Telling::default();
    for id in &ids {
        telling.owns(reader.own_keys(*id)?.unwrap_or_default());
    }
    let (mut read, mut bytes) = (0, 0);
    for (number, (event, facts)) in events.iter().zip(&facts).enumerate().rev() {
        let flagged = facts.as_ref().is_some_and(|facts| READ_ITSELF.into_iter().any(|flag| facts.flags.has(flag)));
        let affordable = read < MOST_READ.0 && bytes < MOST_READ.1;
        if telling.is_told(number) && !(flagged && affordable) {
            continue;
        }
        (read, bytes) = (read + 1, bytes + event.position.length as usize);
        match reader.record(event) {
            Ok(record) => {
                let stored = event.request_id.as_deref().map(|request| reader.bodies(request)).and_then(std::result::Result::ok).unwrap_or_default();
                let (exchange, history) = exchange_with_history(&record, &Bodies { input: stored.input, output: stored.output });
                telling.tell(number, exchange, &history);
            }
            Err(error) => telling.cannot(number, error.to_string()),
        }
    }
    let told = telling.told.into_iter().zip(telling.unlogged);
    let calls = events.into_iter().zip(facts).zip(marks).zip(told).map(|(((event, facts), mark), (told, unlogged))| Call {
        event,
        logged: None,
        facts,
        mark: mark.unwrap_or_default(),
        unlogged,
        told: told.unwrap_or_else(|| Told::Unreadable("it was not read".to_owned())),
    });
    Ok(Conversation { calls: calls.collect(), left_out })
}

/// What is known of each call while records are read, the last one first.
#[derive(Default)]
struct Telling {
    told: Vec<Option<Told>>,
    unlogged: Vec<Vec<Turn>>,
    /// Calls by the keys of their own rounds, in order of time.
    owners: HashMap<u64, Vec<usize>>,
    /// Rounds that no call was made for and that are shown already.
    shown: HashSet<RoundKeys>,
}

impl Telling {
    fn owns(&mut self, keys: RoundKeys) {
        let number = self.told.len();
        self.told.push(None);
        self.unlogged.push(Vec::new());
        for key in [keys.pair, keys.answer].into_iter().filter(|key| *key != 0) {
            self.owners.entry(key).or_default().push(number);
        }
    }

    fn is_told(&self, number: usize) -> bool {
        self.told.get(number).is_none_or(Option::is_some)
    }

    fn cannot(&mut self, number: usize, why: String) {
        if let Some(told @ None) = self.told.get_mut(number) {
            *told = Some(Told::Unreadable(why));
        }
    }

    /// A call's own record: what is new in it, and what it repeats of the calls before it.
    fn tell(&mut self, number: usize, exchange: Exchange, history: &[PastRound]) {
        let turns = |range: &std::ops::Range<usize>| exchange.turns.get(range.clone()).unwrap_or_default().to_vec();
        // The call behind the round looked at, so that unlogged turns are shown before it.
        let mut behind = number;
        for round in history.iter().rev() {
            match self.owner(round.keys, behind) {
                Some(owner) => {
                    if let Some(told @ None) = self.told.get_mut(owner) {
                        *told = Some(Told::Later(turns(&round.user), turns(&round.answer)));
                    }
                    behind = owner;
                }
                None => {
                    if self.shown.insert(round.keys)
                        && let Some(unlogged) = self.unlogged.get_mut(behind)
                    {
                        unlogged.splice(0..0, turns(&(round.user.start..round.answer.end)));
                    }
                }
            }
        }
        let new = history.last().map_or(0, |round| round.answer.end);
        if let Some(told) = self.told.get_mut(number) {
            *told = Some(Told::Itself(Box::new(exchange), new));
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
