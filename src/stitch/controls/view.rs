//! The controls as a scope sees them, and where a change leads on to.

use crate::case::{Reader, Result};
use crate::model::{
    BlindWindow, Change, ControlChange, ControlKind, ControlState, Controls, Entity, EntityKind, EventRef, Place, Scope, Standing, StrandSet,
    TimeRange,
};

use super::state::state_at;

/// What a scope shows of the controls. States are those at the end of its range: they hold whoever brought them about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InScope {
    /// Places in [`Controls::changes`].
    pub changes: Vec<usize>,
    /// Places in [`Controls::windows`].
    pub windows: Vec<usize>,
    /// The states, in the accounts and Regions of the scope.
    pub state: Vec<ControlState>,
}

/// What a scope shows. Strands do not matter: a control is what it is in all of them.
///
/// # Errors
/// The case cannot be read, or the scope's pattern is no regular expression.
pub fn in_scope(reader: &mut Reader, controls: &Controls, scope: &Scope) -> Result<InScope> {
    let scope = Scope { strands: StrandSet::ALL, ..scope.clone() };
    let is_all = scope.is_all();
    let refs = if is_all { std::sync::Arc::default() } else { reader.refs(&scope)? };
    let inside = |event: EventRef| is_all || refs.binary_search_by_key(&(event.millis, event.id), |event| (event.millis, event.id)).is_ok();
    let shows = |window: &BlindWindow| {
        inside(window.opened_by.event) || window.closed_by.is_some_and(|closed| inside(closed.event)) || covers(&scope, window)
    };
    let places = |indices: Vec<(usize, bool)>| indices.into_iter().filter(|(_, shown)| *shown).map(|(index, _)| index).collect();
    Ok(InScope {
        changes: places(controls.changes.iter().enumerate().map(|(index, change)| (index, inside(change.evidence.event))).collect()),
        windows: places(controls.windows.iter().enumerate().map(|(index, window)| (index, shows(window))).collect()),
        state: state_at(controls, scope.range.until).into_iter().filter(|state| within(&scope, &state.place)).collect(),
    })
}

/// The scope is of time and place alone, and the window lies in it at least in part.
fn covers(scope: &Scope, window: &BlindWindow) -> bool {
    let place_alone = scope.text.is_none() && scope.entities.iter().all(|entity| matches!(entity.kind, EntityKind::Account | EntityKind::Region));
    let begins = scope.range.until.is_none_or(|until| window.from < until);
    let lasts = scope.range.since.is_none_or(|since| window.to.is_none_or(|to| to > since));
    place_alone && within(scope, &window.place) && begins && lasts
}

fn within(scope: &Scope, place: &Place) -> bool {
    scope.entities.iter().all(|entity| match entity.kind {
        EntityKind::Account => place.account.as_ref() == Some(&entity.value),
        EntityKind::Region => place.region.as_ref() == Some(&entity.value),
        _ => true,
    })
}

/// How many hours after a change are looked at, unless somebody says otherwise.
pub const HOURS_AFTER: i64 = 6;

/// The hours after a change, for looking at the exchanges in them: its account and Region, and the guardrail when it is
/// still there to be used. What a caller left out is looked for by the caller instead.
pub fn scope_after(change: &ControlChange, hours: i64) -> Scope {
    let range = change.time().map_or_else(TimeRange::default, |time| {
        let until = time.plus_millis(hours.saturating_mul(3_600_000));
        TimeRange { since: Some(time), until: Some(until) }
    });
    let gone = matches!(change.change, Change::Deleted | Change::Detached) && change.outcome == crate::model::Outcome::Ok;
    let named = [
        (EntityKind::Account, change.place.account.clone()),
        (EntityKind::Region, change.place.region.clone()),
        (EntityKind::Guardrail, change.guardrail.as_deref().filter(|_| !gone).map(Into::into)),
        (EntityKind::Principal, change.principal.clone().filter(|_| change.inferred)),
    ];
    let entities = named.into_iter().filter_map(|(kind, value)| Some(Entity::new(kind, value?))).collect();
    Scope { range, entities, ..Scope::all() }
}

/// One account and Region at a glance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// Where.
    pub place: Place,
    /// Invocation logging; `None` when the case says nothing of it.
    pub logging: Option<ControlState>,
    /// Guardrails that are there, as far as changes tell.
    pub guardrails: u32,
    /// Guardrails that were deleted.
    pub guardrails_gone: u32,
    /// The trail that stands worst.
    pub trail: Option<ControlState>,
    /// Model calls in blind windows of this place.
    pub unseen: u64,
}

/// Every account and Region of which something is known; those whose logging is off first.
pub fn overview(states: &[ControlState], controls: &Controls) -> Vec<Overview> {
    let mut places: Vec<Overview> = Vec::new();
    for state in states {
        if !matches!(state.control.kind, ControlKind::InvocationLogging | ControlKind::Guardrail | ControlKind::Trail | ControlKind::Enforcement) {
            continue;
        }
        if places.last().is_none_or(|last| last.place != state.place) {
            let of_place = controls.windows.iter().filter(|window| window.place == state.place);
            let unseen = of_place.map(|window| window.invocations.len() as u64).sum();
            let place = state.place.clone();
            places.push(Overview { place, logging: None, guardrails: 0, guardrails_gone: 0, trail: None, unseen });
        }
        let Some(place) = places.last_mut() else { continue };
        match state.control.kind {
            ControlKind::InvocationLogging => place.logging = Some(state.clone()),
            ControlKind::Guardrail if state.standing == Standing::Down => place.guardrails_gone += 1,
            ControlKind::Guardrail => place.guardrails += 1,
            ControlKind::Trail if place.trail.as_ref().is_none_or(|worst| state.standing < worst.standing) => place.trail = Some(state.clone()),
            _ => {}
        }
    }
    let off = |place: &Overview| place.logging.as_ref().is_some_and(|logging| logging.standing < Standing::Unknown);
    // Stable: among equals in order of account and Region.
    places.sort_by_key(|place| (!off(place), place.unseen == 0));
    places
}
