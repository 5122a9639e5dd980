//! Blind windows: from the change that switched a log off to the one that switched it on again, and the model calls that
//! only the other log saw.

use std::collections::BTreeSet;

use super::actions::{INVOKE_ACTIONS, with_actions};
use crate::case::{Column, Reader, Result};
use crate::model::{
    BlindWindow, Control, ControlChange, ControlKind, Entity, EntityKind, EventRef, Place, Scope, Standing, Strand, StrandSet, TimeRange,
};

/// The windows that the changes open and close, with nothing in them yet. Only invocation logging and trails are blind
/// when they are off; a trail that was made and not started never saw anything.
pub(super) fn windows(changes: &[ControlChange], everywhere: &BTreeSet<(Place, Control)>) -> Vec<BlindWindow> {
    let mut windows: Vec<BlindWindow> = Vec::new();
    for change in changes {
        let (Some((standing, _)), Some(time)) = (&change.state, change.time()) else { continue };
        let blind = match change.control.kind {
            ControlKind::InvocationLogging => *standing != Standing::Up,
            ControlKind::Trail => *standing == Standing::Down,
            _ => continue,
        };
        let same = |window: &&mut BlindWindow| window.to.is_none() && window.place == change.place && window.control == change.control;
        let open = windows.iter_mut().rev().find(same);
        match open {
            Some(window) if !blind && resumes(change) => (window.to, window.closed_by) = (Some(time), Some(change.evidence)),
            Some(window) if blind => window.mute = *standing == Standing::Weak,
            None if blind => windows.push(BlindWindow {
                mute: *standing == Standing::Weak,
                control: change.control.clone(),
                place: change.place.clone(),
                all_regions: everywhere.contains(&(change.place.clone(), change.control.clone())),
                from: time,
                to: None,
                opened_by: change.evidence,
                closed_by: None,
                invocations: Vec::new(),
                actions: Vec::new(),
                callers: Vec::new(),
            }),
            _ => {}
        }
    }
    windows
}

/// A trail that is made again records only once it is started.
fn resumes(change: &ControlChange) -> bool {
    change.control.kind != ControlKind::Trail || change.change == crate::model::Change::Started
}

/// Finds the model calls inside each window that one log saw and the other did not.
pub(super) fn fill(reader: &mut Reader, windows: &mut [BlindWindow]) -> Result<()> {
    let trail_off = |window: &&mut BlindWindow| window.control.kind == ControlKind::Trail;
    let (mut trails, mut logging): (Vec<&mut BlindWindow>, Vec<&mut BlindWindow>) = windows.iter_mut().partition(trail_off);
    let cloudtrail = StrandSet::only(Strand::Management).with(Strand::Data);
    let invocation = StrandSet::only(Strand::Invocation);
    let calls = with_actions(Scope { strands: cloudtrail, ..Scope::all() }, INVOKE_ACTIONS);
    fill_from(reader, &mut logging, calls, invocation)?;
    fill_from(reader, &mut trails, Scope { strands: invocation, ..Scope::all() }, cloudtrail)
}

/// Fills windows with the calls of a scope that have no twin in other strands. The calls are listed once: there may be
/// thousands of windows.
fn fill_from(reader: &mut Reader, windows: &mut [&mut BlindWindow], scope: Scope, other: StrandSet) -> Result<()> {
    let Some(since) = windows.iter().map(|window| window.from).min() else { return Ok(()) };
    let until = windows.iter().map(|window| window.to).collect::<Option<Vec<_>>>().and_then(|ends| ends.into_iter().max());
    let calls = reader.refs(&Scope { range: TimeRange { since: Some(since), until }, ..scope })?;
    let (account, region) = (reader.column(&calls, EntityKind::Account)?, reader.column(&calls, EntityKind::Region)?);
    for window in windows {
        let start = calls.partition_point(|call| call.millis < window.from.as_millis());
        let end = window.to.map_or(calls.len(), |to| calls.partition_point(|call| call.millis < to.as_millis()));
        let fits = |column: &Column, at: usize, wanted: Option<u32>| wanted.is_none_or(|wanted| wanted != 0 && column.number(at) == wanted);
        let of_account = window.place.account.as_ref().map(|name| account.number_of(name));
        let of_region = window.place.region.as_ref().filter(|_| !window.all_regions).map(|name| region.number_of(name));
        let here = |at: usize| fits(&account, at, of_account) && fits(&region, at, of_region);
        let inside = calls.iter().enumerate().take(end).skip(start).filter(|(at, _)| here(*at));
        let inside: Vec<EventRef> = inside.map(|(_, call)| *call).collect();
        window.invocations = reader.without_twin(&inside, other)?;
        window.actions = reader.column(&window.invocations, EntityKind::Action)?.counts();
        window.callers = reader.column(&window.invocations, EntityKind::Principal)?.counts();
    }
    Ok(())
}

fn place_scope(window: &BlindWindow) -> Scope {
    let range = TimeRange { since: Some(window.from), until: window.to };
    let region = window.place.region.clone().filter(|_| !window.all_regions);
    let entities = [(EntityKind::Account, window.place.account.clone()), (EntityKind::Region, region)]
        .into_iter()
        .filter_map(|(kind, value)| Some((kind, value?)));
    Scope { range, entities: entities.map(|(kind, value)| Entity::new(kind, value)).collect(), ..Scope::all() }
}

/// The scope that shows a window's calls: its time and place, the strand that saw them, and the actions they were. Calls
/// that both logs have, such as one under way when logging went off, are in it too.
pub fn window_scope(window: &BlindWindow) -> Scope {
    let strands = match window.control.kind {
        ControlKind::Trail => StrandSet::only(Strand::Invocation),
        _ => StrandSet::ALL,
    };
    with_actions(Scope { strands, ..place_scope(window) }, window.actions.iter().map(|(action, _)| &**action))
}
