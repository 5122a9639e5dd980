//! What the exchanges tell of controls that no change was logged of: a caller who used a guardrail and goes on without it,
//! and Regions whose logging is known only by its records. One pass over columns; memory grows with callers, not with calls.

use std::collections::{BTreeMap, HashMap};

use super::look::last_part;
use crate::case::{Column, Reader, Result};
use crate::model::{
    Change, Control, ControlChange, ControlKind, ControlState, Controls, EntityKind, EventRef, Evidence, ExchangeFlags, Outcome, Place, Scope,
    Standing, Strand, StrandSet, Timestamp,
};

/// Exchanges without a guardrail that make a case of it.
const ENOUGH: u64 = 3;

/// One caller's exchanges of one operation with one model in one place.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Habit {
    /// With a guardrail.
    with: u64,
    last_with: Option<EventRef>,
    /// Without one, after the last that had one.
    without: u64,
    first_without: Option<EventRef>,
}

impl Habit {
    /// Takes an exchange in; they come in order of time. `guarded` is `None` where the record cannot tell.
    pub(super) fn take(&mut self, event: EventRef, guarded: Option<bool>) {
        match guarded {
            Some(true) => *self = Self { with: self.with + 1, last_with: Some(event), ..Self::default() },
            // In the same instant nobody can say which came first.
            Some(false) if self.last_with.is_some_and(|last| last.millis < event.millis) => {
                self.without += 1;
                self.first_without = self.first_without.or(Some(event));
            }
            _ => {}
        }
    }

    /// The first exchange after the guardrail was left out for good.
    pub(super) fn detached(&self) -> Option<EventRef> {
        self.first_without.filter(|_| self.without >= ENOUGH)
    }
}

/// Adds what the exchanges tell.
pub(super) fn add(reader: &mut Reader, controls: &mut Controls) -> Result<()> {
    let refs = reader.refs(&Scope { strands: StrandSet::only(Strand::Invocation), ..Scope::all() })?;
    if refs.is_empty() {
        return Ok(());
    }
    let account = reader.column(&refs, EntityKind::Account)?;
    let region = reader.column(&refs, EntityKind::Region)?;
    controls.seen = seen(&refs, &account, &region, controls);
    let flags = reader.exchange_flags(&refs)?;
    if !flags.iter().flatten().any(|flags| flags.has(ExchangeFlags::GUARDED)) {
        return Ok(());
    }
    let columns = [account, region, reader.column(&refs, EntityKind::Principal)?, reader.column(&refs, EntityKind::Model)?];
    let action = reader.column(&refs, EntityKind::Action)?;
    let mut habits: HashMap<[u32; 5], Habit> = HashMap::new();
    for (at, (event, flags)) in refs.iter().zip(flags).enumerate() {
        let Some(flags) = flags.filter(|_| event.millis != 0) else { continue };
        let [account, region, principal, model] = columns.each_ref().map(|column| column.number(at));
        habits.entry([account, region, principal, model, action.number(at)]).or_default().take(*event, flags.guarded());
    }
    let mut found: Vec<(EventRef, Habit)> = habits.into_values().filter_map(|habit| Some((habit.detached()?, habit))).collect();
    found.sort_by_key(|(event, _)| *event);
    for (event, habit) in found {
        controls.changes.extend(change(reader, event, &habit)?);
    }
    // Stable: what CloudTrail says of the same instant comes first.
    controls.changes.sort_by_key(|change| change.evidence.event.millis);
    Ok(())
}

fn change(reader: &mut Reader, first: EventRef, habit: &Habit) -> Result<Option<ControlChange>> {
    let Some(event) = reader.events(&[first.id])?.pop() else { return Ok(None) };
    let Some(last) = habit.last_with else { return Ok(None) };
    let named = reader.mentions(last.id)?.into_iter().find(|entity| entity.kind == EntityKind::Guardrail);
    let guardrail = named.map(|entity| last_part(&entity.value).to_owned());
    let calls = format!("{} of {}", event.action.as_deref().unwrap_or("calls"), event.model.as_deref().unwrap_or("a model"));
    let until = last.time().map(|time| format!(", the last at {time}")).unwrap_or_default();
    Ok(Some(ControlChange {
        evidence: Evidence { event: first, digest: event.digest },
        place: Place { account: event.account, region: event.region },
        control: Control { kind: ControlKind::Guardrail, id: guardrail.clone().unwrap_or_default() },
        change: Change::Detached,
        actor: event.actor,
        principal: event.principal,
        outcome: Outcome::Ok,
        before: Some(format!("{} {calls} with a guardrail{until}", habit.with)),
        after: Some(format!("{} without one and none with it: inferred from the exchanges, no log says so", habit.without)),
        guardrail,
        inferred: true,
        holds_logs: false,
        state: None,
    }))
}

/// Regions that are logged, as their records show, though no change says so.
fn seen(refs: &[EventRef], account: &Column, region: &Column, controls: &Controls) -> Vec<ControlState> {
    let mut first: BTreeMap<(u32, u32), Option<Timestamp>> = BTreeMap::new();
    for (at, event) in refs.iter().enumerate() {
        let since = first.entry((account.number(at), region.number(at))).or_default();
        *since = since.or(event.time());
    }
    let known = |place: &Place| {
        controls
            .changes
            .iter()
            .any(|change| change.control.kind == ControlKind::InvocationLogging && change.place == *place && change.state.is_some())
    };
    let state = |((of_account, of_region), since): ((u32, u32), Option<Timestamp>)| {
        let place = Place { account: account.name(of_account).cloned(), region: region.name(of_region).cloned() };
        let id = place.region.as_deref().unwrap_or_default().to_owned();
        (!known(&place)).then(|| ControlState {
            control: Control { kind: ControlKind::InvocationLogging, id },
            place,
            standing: Standing::Up,
            state: "on, as its records show".to_owned(),
            since,
            unknown_before: since,
        })
    };
    first.into_iter().filter_map(state).collect()
}
