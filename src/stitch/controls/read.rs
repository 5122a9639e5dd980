//! Reading the controls out of a case: the events by their actions, then each record once.

use std::collections::BTreeSet;

use super::actions::{control_action, control_scope};
use super::facts::{self, Facts};
use super::fold::{Destinations, Observed, fold};
use super::{blind, exchanges};
use crate::case::{CaseError, EvidenceError, Reader, Result};
use crate::model::{ControlKind, Controls, Entity, EntityKind, Event, EventId, Scope};

/// Rows of events read at once.
const PAGE: usize = 1000;
/// What writes logs: buckets it writes to are destinations even when no change says so.
const LOG_WRITERS: [&str; 2] = ["service/bedrock.amazonaws.com", "service/cloudtrail.amazonaws.com"];

/// Everything a case says of its controls.
///
/// # Errors
/// The case cannot be read. A record that cannot be had is counted ([`Controls::unreadable`]), not an error.
pub fn controls(reader: &mut Reader) -> Result<Controls> {
    let logged = logged(reader)?;
    with_exchanges(reader, logged)
}

/// What CloudTrail says and what the exchanges tell besides.
///
/// # Errors
/// As [`controls`].
pub fn with_exchanges(reader: &mut Reader, mut logged: Controls) -> Result<Controls> {
    exchanges::add(reader, &mut logged)?;
    Ok(logged)
}

/// What CloudTrail says of the controls: all but what only the exchanges tell, in a fraction of the time.
///
/// # Errors
/// As [`controls`].
pub fn logged(reader: &mut Reader) -> Result<Controls> {
    let mut unreadable = 0;
    let (mut observed, mut of_buckets) = (Vec::new(), Vec::new());
    for event in candidates(reader)? {
        let action = event.action.as_deref().and_then(|action| control_action(action, event.service.as_deref()));
        match action {
            Some(action) if action.kind == ControlKind::LogBucket => of_buckets.push((event, action)),
            Some(action) => observed.push((event, action)),
            None => {}
        }
    }
    let mut observed = read_all(reader, observed, &mut unreadable)?;
    let written = if of_buckets.is_empty() { BTreeSet::new() } else { written(reader)? };
    let destinations = Destinations::of(&observed, written);
    of_buckets.retain(|(event, _)| event.bucket.as_deref().is_some_and(|bucket| destinations.has_bucket(bucket)));
    observed.extend(read_all(reader, of_buckets, &mut unreadable)?);
    let folded = fold(observed, &destinations);
    let mut windows = blind::windows(&folded.changes, &folded.everywhere);
    blind::fill(reader, &mut windows)?;
    Ok(Controls { changes: folded.changes, seen: Vec::new(), windows, unreadable })
}

fn candidates(reader: &mut Reader) -> Result<Vec<Event>> {
    let refs = reader.refs(&control_scope(&Scope::all()))?;
    let mut events = Vec::with_capacity(refs.len());
    for page in refs.chunks(PAGE) {
        let ids: Vec<EventId> = page.iter().map(|event| event.id).collect();
        events.extend(reader.events(&ids)?);
    }
    Ok(events)
}

type Candidate = (Event, &'static super::ControlAction);

/// Reads the records in the order in which they lie in their sources, so that each source is opened once.
fn read_all(reader: &mut Reader, mut events: Vec<Candidate>, unreadable: &mut u64) -> Result<Vec<Observed>> {
    events.sort_by_key(|(event, _)| (event.source, event.position.offset));
    let mut observed = Vec::with_capacity(events.len());
    for (event, action) in events {
        let facts = match reader.record(&event) {
            Ok(record) => facts::read(&record, action),
            Err(EvidenceError::Case(CaseError::Interrupted)) => return Err(CaseError::Interrupted),
            Err(_) => {
                *unreadable += 1;
                Facts::default()
            }
        };
        let mut guardrail = None;
        if facts.id.is_none() && action.kind == ControlKind::Guardrail {
            let mentions = reader.mentions(event.id)?;
            guardrail = mentions.into_iter().find(|entity| entity.kind == EntityKind::Guardrail).map(|entity| entity.value.to_string());
        }
        observed.push(Observed { event, action, facts, guardrail });
    }
    Ok(observed)
}

/// The buckets that the log services write to.
fn written(reader: &mut Reader) -> Result<BTreeSet<String>> {
    let mut buckets = BTreeSet::new();
    for writer in LOG_WRITERS {
        let scope = Scope::all().narrowed(Entity::new(EntityKind::Principal, writer)).narrowed(Entity::new(EntityKind::Action, "PutObject"));
        buckets.extend(reader.values_in(&scope, EntityKind::Bucket)?.into_iter().map(|value| value.value.to_string()));
    }
    Ok(buckets)
}
