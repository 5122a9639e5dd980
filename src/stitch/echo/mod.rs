//! A command typed at a computer and the event that CloudTrail wrote of it. Nothing that both logs hold joins them: not the
//! key, not the account, not a request id. What speaks for an echo is the action, the time, the Region, what both name,
//! and that the AWS CLI writes its command into the user agent. So an echo is sure or likely, and says why.
//!
//! The work for one command is bounded: a few events near it, however many the case holds.

mod fit;
mod names;

use std::collections::HashMap;

pub use names::{Asked, asked, event_names};

use crate::case::{Reader, Result, Revision};
use crate::decode::{CommandCall, command_call_of_line};
use crate::model::{Entity, EntityKind, Event, EventId, Name, Strand, StrandSet, Timestamp};
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
    /// One short word.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Echoed { sure: true, .. } => "echoed",
            Self::Echoed { sure: false, .. } => "likely",
            Self::Missing => "missing",
            Self::NotLogged => "not logged",
            Self::NoTrail => "no trail",
            Self::Local => "local",
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
/// An echo nearer than this needs no look at the command's neighbours.
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
        let actions = self.actions(reader, names)?;
        let mut fits = fitting(reader, &call, command, at, &actions)?;
        while let Some((event, found)) = take_best(&mut fits) {
            // A later event of the same kind may belong to a later command.
            if found.after.abs() > AT_ONCE && has_nearer_command(reader, &call, command, &event, &found)? {
                continue;
            }
            // Two callers whose events fit alike are told apart by nothing.
            let is_rival =
                |(other, its): &(Event, Fit)| its.score + ALIKE > found.score && (&other.key, &other.principal) != (&event.key, &event.principal);
            let rivals = fits.iter().any(is_rival);
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

    /// The commands that an event of CloudTrail may be the echo of, the likeliest first.
    ///
    /// # Errors
    /// The case could not be read.
    pub fn commands_of(&mut self, reader: &mut Reader, event: &Event) -> Result<Vec<Command>> {
        let (Some(at), Some(action)) = (event.time, event.action.as_deref()) else { return Ok(Vec::new()) };
        if !TRAIL.contains(event.strand) {
            return Ok(Vec::new());
        }
        self.look_again(reader)?;
        let verbs = std::iter::once(names::verb(action)).chain(names::s3_verbs(action).iter().map(|verb| (*verb).to_owned()));
        let verbs: Vec<Entity> = verbs.map(|verb| Entity::new(EntityKind::Action, verb)).collect();
        let near = reader.near(at, REACH, StrandSet::only(Strand::Endpoint), &verbs, MOST)?;
        let mentions = reader.mentions(event.id)?;
        let mut fits: Vec<(Event, Fit)> = Vec::new();
        for command in reader.events(&ids(&near))? {
            let Some(call) = call_of(&command) else { continue };
            if asked(&call).names().iter().any(|name| names::is_named(action, name))
                && let Some(found) = fit(&call, &call.entities(), &command, event, &mentions)
            {
                fits.push((command, found));
            }
        }
        let mut commands = Vec::new();
        while let Some((command, found)) = take_best(&mut fits) {
            commands.push(Command { event: command, sure: found.sure, why: found.why });
        }
        Ok(commands)
    }

    /// Forgets what a commit may have changed.
    fn look_again(&mut self, reader: &Reader) -> Result<()> {
        let revision = reader.revision()?;
        if revision != self.revision {
            (self.revision, self.spelled) = (revision, HashMap::new());
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
/// not be better, nor as good.
fn fitting(reader: &mut Reader, call: &CommandCall, command: &Event, at: Timestamp, actions: &[Entity]) -> Result<Vec<(Event, Fit)>> {
    let near = reader.near(at, REACH, TRAIL, actions, MOST)?;
    let named = call.entities();
    let mut fits: Vec<(Event, Fit)> = Vec::new();
    for part in near.chunks(AT_A_TIME) {
        let away = part.first().map_or(0, |event| (event.millis - at.as_millis()).abs());
        if fits.iter().any(|(_, found)| found.score > fit::at_most(named.len(), away) + ALIKE) {
            break;
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
    Ok(fits)
}

/// Was the same call made by another command, nearer to the event and fitting it no worse?
fn has_nearer_command(reader: &mut Reader, call: &CommandCall, command: &Event, event: &Event, found: &Fit) -> Result<bool> {
    let (Some(at), Some(verb)) = (event.time, call.verb()) else { return Ok(false) };
    let verb = [Entity::new(EntityKind::Action, verb)];
    let near = reader.near(at, found.after.abs(), StrandSet::only(Strand::Endpoint), &verb, MOST)?;
    let mut mentions = None;
    for part in near.chunks(AT_A_TIME) {
        for other in reader.events(&ids(part))? {
            let same = |its: &CommandCall| (&its.service, &its.operation) == (&call.service, &call.operation);
            let Some(its) = call_of(&other).filter(|its| other.id != command.id && same(its)) else { continue };
            let mentions = match &mentions {
                Some(known) => known,
                None => mentions.insert(reader.mentions(event.id)?),
            };
            // A shell and the program it starts are logged a moment apart: they are one.
            if fit(&its, &its.entities(), &other, event, mentions).is_some_and(|its| its.score > found.score + 2) {
                return Ok(true);
            }
        }
    }
    Ok(false)
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

fn take_best(fits: &mut Vec<(Event, Fit)>) -> Option<(Event, Fit)> {
    let best = fits.iter().enumerate().max_by_key(|(at, (_, found))| (found.score, std::cmp::Reverse(*at)))?.0;
    Some(fits.swap_remove(best))
}

fn ids(refs: &[crate::model::EventRef]) -> Vec<EventId> {
    refs.iter().map(|event| event.id).collect()
}

#[cfg(test)]
mod tests;
