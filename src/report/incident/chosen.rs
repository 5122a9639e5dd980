//! Which events a report is about.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{Selection, Subject, contact};
use crate::case::{Reader, Result};
use crate::decode;
use crate::model::{Entity, EntityKind, EventId, EventRef, Lead, Scope, Signal, Strand, StrandSet, TimeRange};

/// Model calls whose other side is looked up at most.
const MOST_CALLS: usize = 20_000;

/// The events, and what they were chosen by.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// What was asked for.
    pub selection: Selection,
    /// The events, in order of time: those that were asked for, and the other sides of their requests.
    pub refs: Arc<Vec<EventRef>>,
    /// How many of them are there only as the other side of a request.
    pub joined: u64,
    /// Calls before the first signal of a lead that belong to the first contact of its credentials; and how many more there are.
    pub earlier: (u64, u64),
    /// Invocation records whose request CloudTrail tells of, too, with that event: both together are one thing that happened.
    pub twins: HashMap<EventId, EventId>,
    /// Model calls, by what CloudTrail tells; and how many of them have no invocation record in the case.
    pub calls: (u64, u64),
    /// Those that have none.
    pub unrecorded: Vec<EventRef>,
    /// Signals about these events, in order of time.
    pub signals: Vec<Signal>,
    /// Leads that these signals belong to.
    pub leads: Vec<Lead>,
}

impl Chosen {
    /// Whom it is about, as far as the selection says.
    pub(super) fn whom(&self) -> &[Entity] {
        match (&self.selection, self.leads.first()) {
            (Selection::Scope(scope), _) => &scope.entities,
            (Selection::Lead(_), Some(lead)) => &lead.entities,
            _ => &[],
        }
    }

    /// What happened, each request once: a call that CloudTrail and the invocation log tell of is there as CloudTrail's event.
    pub(super) fn requests(&self) -> Vec<EventRef> {
        self.refs.iter().filter(|event| !self.twins.contains_key(&event.id)).copied().collect()
    }
}

/// Chooses.
///
/// # Errors
/// The case cannot be read; the inner error is a sentence: there is no such lead, nothing is marked.
pub fn choose(reader: &mut Reader, selection: &Selection) -> Result<std::result::Result<Chosen, String>> {
    let signals = reader.signals()?;
    let leads = reader.leads()?;
    let mut wanted: Option<Lead> = None;
    let mut earlier = (0, 0);
    let mut refs: Vec<EventRef> = match selection {
        Selection::Scope(scope) => reader.refs(scope)?.to_vec(),
        Selection::Marked => {
            let marks = reader.all_marks()?;
            let of_report = |mark: &crate::model::Mark| mark.marked || !mark.tags.is_empty() || !mark.note.is_empty();
            let ids: HashSet<EventId> = marks.iter().filter(|marked| of_report(&marked.mark)).filter_map(|marked| marked.event).collect();
            if ids.is_empty() {
                return Ok(
                    Err("nothing is marked in this case: mark rows in the workbench, or choose by scope, such as --key or --since".to_owned()),
                );
            }
            reader.refs(&Scope::all())?.iter().filter(|event| ids.contains(&event.id)).copied().collect()
        }
        Selection::Lead(subject) => {
            let Some(lead) = leads.iter().find(|lead| is_about(lead, subject)) else { return Ok(Err(no_lead(subject, &leads))) };
            let mut refs = of_lead(reader, lead, &signals)?;
            let (before, left_out) = contact::before(reader, &refs, lead)?;
            earlier = (before.len() as u64, left_out);
            refs.extend(before);
            refs.sort_unstable();
            wanted = Some(lead.clone());
            refs
        }
    };
    let before = refs.len();
    let (calls, unrecorded) = with_other_sides(reader, &mut refs)?;
    let calls = (calls, unrecorded.len() as u64);
    let joined = (refs.len() - before) as u64;
    let twins = twins(reader, &refs)?;
    let ids: HashSet<EventId> = refs.iter().map(|event| event.id).collect();
    let entities: Vec<Entity> = if let Selection::Scope(scope) = selection { scope.entities.clone() } else { Vec::new() };
    let about = |signal: &Signal| match &wanted {
        Some(lead) => lead.signals.contains(&signal.id),
        None => signal.events.iter().any(|event| ids.contains(event)) || (!entities.is_empty() && entities.contains(&signal.entity)),
    };
    let signals: Vec<Signal> = signals.into_iter().filter(about).collect();
    let leads: Vec<Lead> = match wanted {
        Some(lead) => vec![lead],
        None => leads.into_iter().filter(|lead| signals.iter().any(|signal| lead.signals.contains(&signal.id))).collect(),
    };
    Ok(Ok(Chosen { selection: selection.clone(), refs: Arc::new(refs), joined, earlier, twins, calls, unrecorded, signals, leads }))
}

fn is_about(lead: &Lead, subject: &Subject) -> bool {
    let entities = || std::iter::once(&lead.entity).chain(&lead.entities);
    match subject {
        Subject::Entity(entity) => entities().any(|other| other == entity),
        Subject::Value(value) => lead.id == *value || entities().any(|other| *other.value == **value),
    }
}

fn no_lead(subject: &Subject, leads: &[Lead]) -> String {
    let name = match subject {
        Subject::Entity(entity) => format!("{} {}", entity.kind, entity.value),
        Subject::Value(value) => value.clone(),
    };
    if leads.is_empty() {
        return format!("no lead is about {name}: this case has no leads; `outcrop detect` runs the rules");
    }
    let known: Vec<String> = leads.iter().take(8).map(|lead| format!("{}={}", lead.entity.kind, lead.entity.value)).collect();
    format!("no lead is about {name}; there are leads about {}", known.join(", "))
}

/// The records of a lead's signals, and what was done by whom it is about from its first signal to its last.
fn of_lead(reader: &mut Reader, lead: &Lead, signals: &[Signal]) -> Result<Vec<EventRef>> {
    let mut ids: HashSet<EventId> = HashSet::new();
    for signal in signals.iter().filter(|signal| lead.signals.contains(&signal.id)) {
        ids.extend(&signal.events);
    }
    let range = TimeRange { since: Some(lead.first), until: Some(lead.last.plus_millis(1)) };
    let who = [EntityKind::Principal, EntityKind::Actor, EntityKind::Key, EntityKind::Session, EntityKind::Host];
    if who.contains(&lead.entity.kind) {
        let scope = Scope { range, ..Scope::all() }.narrowed(lead.entity.clone());
        ids.extend(reader.refs(&scope)?.iter().map(|event| event.id));
    }
    Ok(reader.refs(&Scope::all())?.iter().filter(|event| ids.contains(&event.id)).copied().collect())
}

/// Adds the invocation records of model calls, and the CloudTrail events of invocation records; gives how many calls there
/// are and which of them have no record.
fn with_other_sides(reader: &mut Reader, refs: &mut Vec<EventRef>) -> Result<(u64, Vec<EventRef>)> {
    let mut numbers: Vec<(usize, [u32; 2])> = Vec::new();
    reader.each_row(refs, [EntityKind::Service, EntityKind::Action], &mut |place, values| numbers.push((place, values)))?;
    let mut calling: HashMap<[u32; 2], bool> = HashMap::new();
    let mut wanted: Vec<EventRef> = Vec::new();
    for (place, names) in numbers {
        let Some(event) = refs.get(place) else { continue };
        let is_call = match calling.get(&names) {
            Some(known) => *known,
            None => {
                let [service, action] = names;
                let mut name = |number: u32| if number == 0 { Ok("".into()) } else { reader.spelled(number) };
                let (service, action) = (name(service)?, name(action)?);
                let is_call = decode::is_invoke(&service, &action);
                calling.insert(names, is_call);
                is_call
            }
        };
        if is_call && matches!(event.strand(), Strand::Management | Strand::Data | Strand::Invocation) {
            wanted.push(*event);
        }
    }
    let mut calls = wanted.iter().filter(|event| event.strand() != Strand::Invocation).count() as u64;
    wanted.truncate(MOST_CALLS);
    let known: HashSet<EventId> = refs.iter().map(|event| event.id).collect();
    let all = reader.refs(&Scope { strands: StrandSet::ALL, ..Scope::all() })?;
    let joined = reader.joined()?;
    let is_joined = |event: &EventRef| joined.get(event.id.0 as usize).copied().unwrap_or(false);
    let without = wanted.iter().filter(|event| event.strand() != Strand::Invocation && !is_joined(event)).copied().collect();
    let mut others: HashSet<EventId> = HashSet::new();
    let asked: Vec<EventId> = wanted.iter().filter(|event| is_joined(event)).map(|event| event.id).collect();
    for event in reader.events(&asked)? {
        let Some(request) = event.request_id.as_deref() else { continue };
        others.extend(reader.find(request)?.into_iter().filter(|id| !known.contains(id)));
    }
    let found = refs.len();
    refs.extend(all.iter().filter(|event| others.contains(&event.id) && event.strand() != Strand::Span));
    // CloudTrail's event beside an invocation record is a call.
    calls += refs.iter().skip(found).filter(|event| event.strand() != Strand::Invocation).count() as u64;
    refs.sort_unstable();
    Ok((calls, without))
}

/// The invocation records of a list whose request an event of CloudTrail in it tells of, too.
fn twins(reader: &mut Reader, refs: &[EventRef]) -> Result<HashMap<EventId, EventId>> {
    let mut twins = HashMap::new();
    if !refs.iter().any(|event| event.strand() == Strand::Invocation) {
        return Ok(twins);
    }
    let own: HashSet<EventId> = refs.iter().map(|event| event.id).collect();
    let mut requests = reader.requests(0)?;
    requests.retain(|(_, event)| own.contains(&event.id));
    requests.sort_unstable_by_key(|(request, event)| (*request, event.id));
    for request in requests.chunk_by(|one, other| one.0 == other.0) {
        let events = || request.iter().map(|(_, event)| event);
        if let Some(call) = events().find(|event| matches!(event.strand(), Strand::Management | Strand::Data)) {
            twins.extend(events().filter(|event| event.strand() == Strand::Invocation).map(|record| (record.id, call.id)));
        }
    }
    Ok(twins)
}
