//! The defences in the report's time: what was changed, when nobody saw what was done, and how they stand at the end.

use std::collections::HashSet;

use serde::Serialize;

use super::chosen::Chosen;
use super::words::{Words, counted, line};
use super::{Incident, Options, Selection, seconds};
use crate::case::{Reader, Result};
use crate::model::{
    BlindWindow, Control, ControlChange, ControlKind, ControlState, Controls, EventId, EventRef, Name, Outcome, Place, Standing, Timestamp,
};
use crate::report::{change_words, control_words, grouped, open_words};
use crate::stitch::controls::{controls, in_scope, state_at};

/// States told at most: those that are worst stand first.
const STATES: usize = 30;

/// A change, told.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ChangeTold {
    /// When.
    pub time: String,
    /// Account and Region.
    pub place: String,
    /// What was changed.
    pub control: String,
    /// How.
    pub change: String,
    /// Who.
    pub who: String,
    /// `ok`, `denied` or `error`.
    pub outcome: &'static str,
    /// What was before, in words.
    pub before: String,
    /// What came after.
    pub after: String,
    /// Id of the event.
    pub event: String,
}

/// A state, told.
#[derive(Clone, Debug, Default, Serialize)]
pub struct StateTold {
    /// Account and Region.
    pub place: String,
    /// Which control.
    pub control: String,
    /// How it stands.
    pub state: String,
    /// Since when.
    pub since: String,
    /// It is down or weak.
    pub bad: bool,
    /// The next change of it after the selection; empty when the case has none.
    pub later: String,
}

/// The defences as the report sees them.
pub struct Defences {
    all: Controls,
    changes: Vec<usize>,
    windows: Vec<usize>,
    states: Vec<ControlState>,
    end: Option<Timestamp>,
}

impl Defences {
    /// Changes by events of the report.
    pub fn changes(&self) -> impl Iterator<Item = &ControlChange> {
        self.changes.iter().filter_map(|at| self.all.changes.get(*at))
    }

    /// Blind windows that those changes opened, or that lie in the report's time and place.
    pub fn windows(&self) -> impl Iterator<Item = &BlindWindow> {
        self.windows.iter().filter_map(|at| self.all.windows.get(*at))
    }

    /// Did a control change after one moment until another, in this account and Region? By whomever: what was done before it and
    /// after it was done under other conditions.
    pub(super) fn moved_between(&self, from: Timestamp, to: Timestamp, account: Option<&str>, region: Option<&str>) -> bool {
        let here = |known: Option<&Name>, wanted: Option<&str>| known.is_none_or(|known| wanted.is_none_or(|wanted| **known == *wanted));
        // In order of time.
        let begin = self.all.changes.partition_point(|change| change.time() <= Some(from));
        let until = self.all.changes.iter().skip(begin).take_while(|change| change.time() <= Some(to));
        until
            .into_iter()
            .any(|change| change.state.is_some() && here(change.place.account.as_ref(), account) && here(change.place.region.as_ref(), region))
    }

    /// What a change led to: the first and the number of the changes of the same control after a moment.
    pub(super) fn later(&self, place: &Place, control: &Control, after: Option<Timestamp>) -> Option<(&ControlChange, usize)> {
        let mut later = self
            .all
            .changes
            .iter()
            .filter(|change| change.state.is_some() && change.time() > after && change.control == *control && change.place == *place);
        let first = later.next()?;
        Some((first, later.count()))
    }

    /// The controls that the report's events moved, each once, with the last change by which they did.
    pub(super) fn left(&self) -> Vec<&ControlChange> {
        let mut left: Vec<&ControlChange> = Vec::new();
        for change in self.changes().filter(|change| change.state.is_some()) {
            left.retain(|known| known.control != change.control || known.place != change.place);
            left.push(change);
        }
        left
    }

    /// The changes that an event made.
    pub fn of(&self, event: EventId) -> impl Iterator<Item = &ControlChange> {
        self.changes().filter(move |change| change.evidence.event.id == event)
    }
}

/// Reads the defences.
pub(super) fn read(reader: &mut Reader, chosen: &Chosen, options: &Options) -> Result<Defences> {
    let all = controls(reader)?;
    let refs = &chosen.refs;
    let ids: HashSet<EventId> = refs.iter().map(|event| event.id).collect();
    let changes: Vec<usize> =
        (0..all.changes.len()).filter(|at| all.changes.get(*at).is_some_and(|change| ids.contains(&change.evidence.event.id))).collect();
    let mut windows: HashSet<usize> = HashSet::new();
    if let Selection::Scope(scope) = &chosen.selection {
        windows.extend(in_scope(reader, &all, scope)?.windows);
    }
    for (at, window) in all.windows.iter().enumerate() {
        let by_us = ids.contains(&window.opened_by.event.id) || window.invocations.iter().any(|event| ids.contains(&event.id));
        if by_us {
            windows.insert(at);
        }
    }
    let mut windows: Vec<usize> = windows.into_iter().collect();
    windows.sort_unstable();
    let accounts: HashSet<Name> = reader.tally(refs, [crate::model::EntityKind::Account])?.into_iter().filter_map(|([account], _)| account).collect();
    let end = refs.iter().rev().find_map(|event| event.time());
    let mut states = state_at(&all, end.map(|end| end.plus_millis(1)));
    states.retain(|state| state.place.account.as_ref().is_none_or(|account| accounts.contains(account)));
    states.sort_by_key(|state| state.standing);
    states.truncate(STATES);
    let mut safe = options.secrets.controls(all);
    for state in &mut states {
        options.secrets.state(state);
    }
    safe.windows.iter_mut().for_each(|window| window.callers.iter_mut().for_each(|(name, _)| *name = options.secrets.name(name)));
    Ok(Defences { all: safe, changes, windows, states, end })
}

fn place_of(place: &Place) -> String {
    [place.account.as_deref(), place.region.as_deref()].into_iter().flatten().map(line).collect::<Vec<_>>().join(" ")
}

fn moment(time: Option<Timestamp>) -> String {
    time.map_or_else(|| "no time".to_owned(), seconds)
}

/// What a change came to, in words.
pub(super) fn after_words(change: &ControlChange) -> String {
    match change.outcome {
        Outcome::Denied => "as before: it was denied".to_owned(),
        Outcome::Error => "as before: it failed".to_owned(),
        Outcome::Ok => change.after.clone().unwrap_or_else(|| "not said".to_owned()),
    }
}

/// Puts the defences into the report.
pub(super) fn tell(defences: &Defences, options: &Options, incident: &mut Incident) {
    let change = |change: &ControlChange| ChangeTold {
        time: moment(change.time()),
        place: place_of(&change.place),
        control: line(&control_words(&change.control)),
        change: change_words(change),
        who: change.actor.as_deref().map(line).unwrap_or_default(),
        outcome: change.outcome.name(),
        before: line(change.before.as_deref().unwrap_or(if change.change == crate::model::Change::Created { "was not there" } else { "not known" })),
        after: line(&after_words(change)),
        event: change.evidence.uid(),
    };
    incident.changes = defences.changes().take(options.events).map(change).collect();
    incident.blind = defences.windows().map(|window| window_words(window, options)).collect();
    let state = |state: &ControlState| StateTold {
        place: place_of(&state.place),
        control: line(&control_words(&state.control)),
        state: line(&state.state),
        since: state.since.map(seconds).unwrap_or_default(),
        bad: matches!(state.standing, Standing::Down | Standing::Weak),
        later: defences
            .end
            .and_then(|end| defences.later(&state.place, &state.control, Some(end)))
            .map(|(change, more)| later_words(change, more))
            .unwrap_or_default(),
    };
    incident.states = defences.states.iter().map(state).collect();
}

/// What became of a control later: `enabled 2026-11-11 07:52:18 by n.okafor`.
pub(super) fn later_words(change: &ControlChange, more: usize) -> String {
    let by = change.actor.as_deref().map(|actor| format!(" by {}", short(actor))).unwrap_or_default();
    let more = if more == 0 { String::new() } else { format!(", and {} later", counted(more as u64, "change")) };
    line(&format!("{} {}{by}{more}", change_words(change), moment(change.time())))
}

/// Who, without account and role.
pub(super) fn short(actor: &str) -> &str {
    actor.rsplit_once('/').map_or(actor, |(_, name)| name)
}

/// A blind window in a sentence.
pub(super) fn window_words(window: &BlindWindow, options: &Options) -> Words {
    let trail = window.control.kind == ControlKind::Trail;
    let off = if trail { "The trail " } else { "Invocation logging" };
    let mut said = Words::new(off);
    if trail {
        said = said.value(options.secrets.text(&window.control.id));
    }
    said = said.say(if window.mute { " went on without text" } else { " was off" });
    if let Some(region) = window.place.region.as_deref().filter(|_| !window.all_regions) {
        said = said.say(" in ").value(region);
    }
    if let Some(account) = window.place.account.as_deref() {
        said = said.say(" of ").value(account);
    }
    said = said.say(format!(" from {}", seconds(window.from)));
    said = said.say(match window.to {
        Some(to) => format!(" to {} UTC", seconds(to)),
        None => format!(" UTC ({} at the end of the evidence)", open_words(window).unwrap_or("still open")),
    });
    let count = window.invocations.len() as u64;
    let lacking = if trail { "no CloudTrail event" } else { "no invocation record: what was asked is not known" };
    if count == 0 {
        return said.say("; no model call is known of in it.");
    }
    said = said.say(format!("; {} in it {} {lacking} (by ", counted(count, "model call"), if count == 1 { "has" } else { "have" }));
    for (at, (caller, count)) in window.callers.iter().take(3).enumerate() {
        said = said.say(if at == 0 { "" } else { ", " }).value(caller).say(format!(" ×{}", grouped(*count)));
    }
    said.say(").")
}

/// The first event of a window, for putting it in its place.
pub(super) fn opened(window: &BlindWindow) -> EventRef {
    window.opened_by.event
}
