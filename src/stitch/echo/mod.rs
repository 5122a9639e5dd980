//! A command typed at a computer and the event that CloudTrail wrote of it. Nothing that both logs hold joins them: not the
//! key, not the account, not a request id. What speaks for an echo is the action, the time, the Region, what both name,
//! and that the AWS CLI writes its command into the user agent. So an echo is sure or likely, and says why.
//!
//! The work for one command is bounded: a few events near it, however many the case holds.

mod claims;
mod fit;
mod names;
mod skew;

use std::collections::HashMap;

pub use names::{Asked, asked, event_names};
pub use skew::Skew;

use crate::case::{Reader, Result, Revision};
use crate::decode::{CommandCall, command_call_of_line};
use crate::model::{Entity, EntityKind, Event, EventId, Name, Outcome, Strand, StrandSet, Timestamp};
use claims::{Claim, Claims, Own, Search};
use fit::{Fit, REACH, fit};

/// What CloudTrail says of a command.
#[derive(Clone, Debug, PartialEq)]
pub enum Echo {
    /// This event.
    Echoed {
        /// The event.
        event: Box<Event>,
        /// Nothing else is likely.
        sure: bool,
        /// Why it is taken for the echo.
        why: String,
    },
    /// Nothing, though CloudTrail covers that time and logs such calls: they went to another account or Region, failed on
    /// the way, or the log was cut.
    Missing,
    /// Nothing, and such calls are data events, which trails leave out unless told otherwise.
    NotLogged,
    /// The case holds no CloudTrail around that time, or none of the Region.
    NoTrail,
    /// It made no call.
    Local,
}

impl Echo {
    /// One short word: how the call ended, when it did no good.
    pub const fn word(&self) -> &'static str {
        match self.outcome() {
            Some(Outcome::Denied) => return "denied",
            Some(Outcome::Error) => return "failed",
            Some(Outcome::Ok) | None => {}
        }
        match self {
            Self::Echoed { sure: true, .. } => "echoed",
            Self::Echoed { sure: false, .. } => "likely",
            Self::Missing => "missing",
            Self::NotLogged => "not logged",
            Self::NoTrail => "no trail",
            Self::Local => "local",
        }
    }

    /// What is known, whatever the call's end, as programs read it.
    pub const fn state(&self) -> &'static str {
        match self {
            Self::Echoed { sure: true, .. } => "echoed",
            Self::Echoed { sure: false, .. } => "likely",
            Self::Missing => "missing",
            Self::NotLogged => "not-logged",
            Self::NoTrail => "no-trail",
            Self::Local => "local",
        }
    }

    /// How the call ended, by the event.
    pub const fn outcome(&self) -> Option<Outcome> {
        match self {
            Self::Echoed { event, .. } => Some(event.outcome),
            Self::Missing | Self::NotLogged | Self::NoTrail | Self::Local => None,
        }
    }

    /// That the call did no good, and the error: `denied AccessDenied`.
    pub fn ended_badly(&self) -> Option<String> {
        match self {
            Self::Echoed { event, .. } if event.outcome != Outcome::Ok => {
                let code = event.error_code.as_deref().filter(|code| !code.is_empty());
                Some([Some(self.word()), code].into_iter().flatten().collect::<Vec<_>>().join(" "))
            }
            _ => None,
        }
    }

    /// A sentence without its end.
    pub fn words(&self) -> String {
        match self {
            Self::Echoed { event, sure, why } => {
                format!("{} {} in CloudTrail ({why})", if *sure { "is" } else { "is likely" }, event.action.as_deref().unwrap_or("an event"))
            }
            Self::Missing => "has no event in CloudTrail, which covers that time: another account, a failure on the way, or a gap".into(),
            Self::NotLogged => "has no event in CloudTrail: its calls are data events, off unless a trail is told to log them".into(),
            Self::NoTrail => "cannot be looked for: the case holds no CloudTrail of that time and Region".into(),
            Self::Local => "made no call that CloudTrail could know".into(),
        }
    }
}

/// A command that an event may be the echo of.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// Its event.
    pub event: Event,
    /// Nothing else is likely.
    pub sure: bool,
    /// Why.
    pub why: String,
}

/// What CloudTrail writes.
const TRAIL: StrandSet = StrandSet::only(Strand::Management).with(Strand::Data).with(Strand::Network);
/// Events looked at for one command, and commands for one event.
const MOST: usize = 64;
/// … which are read in pieces of so many.
const AT_A_TIME: usize = 8;
/// Fits this near to each other are alike.
const ALIKE: i64 = 10;
/// Commands run within this share out the events around them.
const AT_ONCE: i64 = 5_000;
/// A trail with an event this near covers the time …
const COVERS_NEAR: i64 = 15 * 60 * 1000;
/// … and so does one with events on both sides, this near.
const COVERS_BETWEEN: i64 = 2 * 60 * 60 * 1000;
/// The Region must be in the trail within this.
const COVERS_REGION: i64 = 24 * 60 * 60 * 1000;

/// Finds echoes; remembers what it learnt about the case between calls.
#[derive(Debug, Default)]
pub struct Echoes {
    revision: Revision,
    /// The case's own spellings of the names that were asked for.
    spelled: HashMap<String, Vec<Name>>,
    /// The commands around the events that were looked at last.
    claims: Claims,
}

/// The echo of one endpoint event; `None` when it is no call of the AWS CLI.
///
/// # Errors
/// The case could not be read.
pub fn echo_of(reader: &mut Reader, command: &Event) -> Result<Option<Echo>> {
    Echoes::default().of(reader, command)
}

impl Echoes {
    /// The echo of an endpoint event; `None` when it is no call of the AWS CLI.
    ///
    /// # Errors
    /// The case could not be read.
    pub fn of(&mut self, reader: &mut Reader, command: &Event) -> Result<Option<Echo>> {
        let Some(call) = call_of(command) else { return Ok(None) };
        let asked = asked(&call);
        let Asked::Any(names) = &asked else { return Ok(Some(Echo::Local)) };
        let Some(at) = command.time else { return Ok(Some(Echo::NoTrail)) };
        self.look_again(reader)?;
        let mut search = Search::new(std::mem::take(&mut self.claims));
        let own = self.own(reader, command, &call, None, &mut search)?;
        self.claims = search.end();
        if let Some(Own { event, found, others }) = own {
            // Two callers whose events fit alike are told apart by nothing.
            let is_rival =
                |(other, its): &(Event, Fit)| its.score + ALIKE > found.score && (&other.key, &other.principal) != (&event.key, &event.principal);
            let rivals = others.iter().any(is_rival);
            return Ok(Some(Echo::Echoed { event: Box::new(event), sure: found.sure && !rivals, why: found.why }));
        }
        let service = call.service.as_deref().unwrap_or_default();
        Ok(Some(if names::are_data(service, names) {
            Echo::NotLogged
        } else if covers(reader, at, call.region.as_deref().filter(|_| !names::is_global(service)))? {
            Echo::Missing
        } else {
            Echo::NoTrail
        }))
    }

    /// The command that an event of CloudTrail is taken for the echo of; first, when it was told more than once.
    ///
    /// # Errors
    /// The case could not be read.
    pub fn commands_of(&mut self, reader: &mut Reader, event: &Event) -> Result<Vec<Command>> {
        self.look_again(reader)?;
        let mut search = Search::new(std::mem::take(&mut self.claims));
        let owner = self.owner(reader, event, &mut search)?;
        let claims = search.claims(reader, event)?;
        self.claims = search.end();
        let Some(first) = owner.and_then(|owner| claims.get(owner)) else { return Ok(Vec::new()) };
        let again = claims.iter().filter(|claim| claim.command.id != first.command.id && claim.is_run_of(&first.command, &first.call));
        let command = |claim: &Claim| Command { event: claim.command.clone(), sure: claim.found.sure, why: claim.found.why.clone() };
        Ok(std::iter::once(first).chain(again).map(command).collect())
    }

    /// Forgets what a commit may have changed.
    fn look_again(&mut self, reader: &Reader) -> Result<()> {
        let revision = reader.revision()?;
        if revision != self.revision {
            *self = Self { revision, ..Self::default() };
        }
        Ok(())
    }

    /// The actions of the case that are these names.
    fn actions(&mut self, reader: &mut Reader, names: &[String]) -> Result<Vec<Entity>> {
        let mut actions = Vec::new();
        for name in names {
            let spelled = match self.spelled.get(name) {
                Some(spelled) => spelled,
                None => {
                    let mut found = reader.spellings(EntityKind::Action, name)?;
                    found.retain(|action| names::is_named(action, name));
                    self.spelled.entry(name.clone()).or_insert(found)
                }
            };
            actions.extend(spelled.iter().map(|value| Entity { kind: EntityKind::Action, value: value.clone() }));
        }
        Ok(actions)
    }
}

/// The call that an endpoint event is of. Its detail is the command line, which is long enough to tell.
fn call_of(command: &Event) -> Option<CommandCall> {
    let is_call = command.strand == Strand::Endpoint && command.service.is_some();
    command_call_of_line(command.detail.as_deref().filter(|_| is_call)?)
}

/// The events near a command that may be its echo. The nearest are read first, and no more once those that are left could
/// not be better, nor as good; unless `all` are asked for. Says whether these are all.
fn fitting(
    reader: &mut Reader,
    call: &CommandCall,
    command: &Event,
    at: Timestamp,
    actions: &[Entity],
    all: bool,
) -> Result<(Vec<(Event, Fit)>, bool)> {
    let near = reader.near(at, REACH, TRAIL, actions, MOST)?;
    let named = call.entities();
    let mut fits: Vec<(Event, Fit)> = Vec::new();
    for part in near.chunks(AT_A_TIME) {
        let away = part.first().map_or(0, |event| (event.millis - at.as_millis()).abs());
        if !all && fits.iter().any(|(_, found)| found.score > fit::at_most(named.len(), away) + ALIKE) {
            return Ok((fits, false));
        }
        for event in reader.events(&ids(part))? {
            if fit::is_ruled_out(call, &event) {
                continue;
            }
            let mentions = if named.is_empty() { Vec::new() } else { reader.mentions(event.id)? };
            if let Some(found) = fit(call, &named, command, &event, &mentions) {
                fits.push((event, found));
            }
        }
    }
    Ok((fits, true))
}

/// Does the case hold CloudTrail of this time, and of this Region?
fn covers(reader: &mut Reader, at: Timestamp, region: Option<&str>) -> Result<bool> {
    let management = StrandSet::only(Strand::Management);
    if let Some(region) = region {
        let region = Entity::new(EntityKind::Region, region);
        if reader.nearest(at, COVERS_REGION, management, Some(&region))? == (None, None) {
            return Ok(false);
        }
    }
    let (before, after) = reader.nearest(at, COVERS_BETWEEN, management, None)?;
    let is_near = [before, after].into_iter().flatten().any(|event| (event.millis - at.as_millis()).abs() <= COVERS_NEAR);
    Ok(is_near || (before.is_some() && after.is_some()))
}

fn ids(refs: &[crate::model::EventRef]) -> Vec<EventId> {
    refs.iter().map(|event| event.id).collect()
}

#[cfg(test)]
mod tests;
