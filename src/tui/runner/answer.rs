//! One question, answered by a reader. Runs on a worker; tests call it directly.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{failed, revision_number};
use crate::case::{CaseError, Reader, Result};
use crate::decode;
use crate::model::secret::{self, SecretKind};
use crate::model::{Entity, EntityKind, Event, EventId, EventRef, Scope, Secrets, SourceId, SourceKind, Strand, text_from_bytes};
use crate::tui::ask::{Answer, Ask, CaseFacts, Detail, Pivot, Row, ValueRow};
use crate::tui::panes;
use crate::tui::view::Pane;
use crate::tui::widgets::{Histogram, Tree};

/// Sources listed on the Case page.
const SOURCES_SHOWN: usize = 1000;
/// Partial hits of a search are sent at most this often.
const HITS_EVERY: Duration = Duration::from_millis(60);

/// Answers a question. An interrupted one has no answer: nobody waits for it.
pub fn answer(reader: &mut Reader, ask: &Ask, reply: &mut dyn FnMut(Answer)) {
    match answered(reader, ask, reply) {
        Ok(answer) => reply(answer),
        Err(CaseError::Interrupted) => {}
        Err(error) => reply(failed(&error)),
    }
}

fn answered(reader: &mut Reader, ask: &Ask, reply: &mut dyn FnMut(Answer)) -> Result<Answer> {
    Ok(match ask {
        Ask::List { pane, scope, bins } => {
            let revision = revision_number(reader.revision()?);
            let refs = list(reader, *pane, scope)?;
            let histogram = Histogram::of(&refs, *bins);
            Answer::List { refs, histogram, revision }
        }
        Ask::Rows { ids, secrets } => Answer::Rows(rows(reader, ids, *secrets)?),
        Ask::Detail { id, width, secrets } => detail(reader, *id, *width, *secrets)?,
        Ask::Pivots { id, secrets } => Answer::Pivots(pivots(reader, *id, *secrets)?),
        Ask::Values { scope, kind, secrets } => {
            let revision = revision_number(reader.revision()?);
            let values = if scope.is_all() { reader.values(*kind)? } else { reader.values_in(scope, *kind)? };
            let row = |value: crate::case::ValueCount| ValueRow {
                shown: secrets.name(&value.value),
                value: value.value,
                count: value.count,
                denied: value.denied,
                first: value.first,
                last: value.last,
            };
            Answer::Values { values: values.into_iter().map(row).collect(), revision }
        }
        Ask::Search { scope, pattern } => search(reader, scope, pattern, reply)?,
        Ask::Case(secrets) => Answer::Case(Box::new(case_facts(reader, *secrets)?)),
        Ask::Export { pane, scope, path, secrets } => {
            let refs = list(reader, *pane, scope)?;
            match crate::report::export_events(reader, &refs, Path::new(path), *secrets) {
                Ok(told) => Answer::Exported(told),
                Err(why) => Answer::Failed(why),
            }
        }
        Ask::OtherStrand(id) => Answer::Jump(other_strand(reader, *id)?),
        Ask::NextByMark { pane, scope, after, marked } => Answer::Jump(next_by_mark(reader, *pane, scope, *after, *marked)?),
    })
}

/// The events of a pane in a scope.
fn list(reader: &mut Reader, pane: Pane, scope: &Scope) -> Result<Arc<Vec<EventRef>>> {
    let scope = panes::scope_of(pane, scope);
    if pane != Pane::Guardrails {
        return reader.refs(&scope);
    }
    // The union of the actions that move a defence.
    let mut all = Vec::new();
    for action in panes::CONTROL_ACTIONS {
        all.extend_from_slice(&reader.refs(&scope.narrowed(Entity::new(EntityKind::Action, action)))?);
    }
    all.sort_unstable();
    all.dedup();
    Ok(Arc::new(all))
}

/// Rows as they may be shown: what is masked is masked here, on the worker, and not in every frame.
fn rows(reader: &mut Reader, ids: &[EventId], secrets: Secrets) -> Result<Vec<Row>> {
    let events = reader.events(ids)?;
    let facts = reader.facts(&events.iter().map(|event| event.id).collect::<Vec<_>>())?;
    let marks = reader.marks(&events.iter().map(|event| event.digest).collect::<Vec<_>>())?;
    let mut rows: Vec<Row> = Vec::with_capacity(events.len());
    for ((event, facts), mark) in events.into_iter().zip(facts).zip(marks) {
        let safe = secrets.event(event.clone());
        let logged = (safe != event).then(|| Box::new(event));
        rows.push(Row { event: safe, logged, facts: facts.map(|facts| secrets.facts(facts)), mark: mark.unwrap_or_default() });
    }
    Ok(rows)
}

fn detail(reader: &mut Reader, id: EventId, width: u16, secrets: Secrets) -> Result<Answer> {
    let Some(row) = rows(reader, &[id], secrets)?.pop() else {
        return Ok(Answer::Failed("the event is no longer in the case: it was rebuilt".to_owned()));
    };
    let entities = secrets.entities(sorted(reader.mentions(id)?));
    let source = source_name(reader, row.event.source)?;
    let source = format!("{source} @{}", row.event.position.offset);
    let record = reader.record(row.as_logged());
    let page = match (&record, row.event.strand) {
        (Ok(bytes), Strand::Invocation) => {
            let stored =
                row.as_logged().request_id.as_deref().map(|request| reader.bodies(request)).and_then(std::result::Result::ok).unwrap_or_default();
            let exchange = secrets.exchange(decode::exchange(bytes, &decode::Bodies { input: stored.input, output: stored.output }));
            let flags = row.facts.as_ref().map(|facts| facts.flags).unwrap_or_default();
            let mut page = panes::reading_page(&row.event, &exchange, flags, &row.mark, secrets);
            page.layout(width);
            Some(page)
        }
        _ => None,
    };
    let holds = record.as_deref().map(kinds_of_secrets).unwrap_or_default();
    let record = record.map(Tree::of).map_err(|error| error.to_string());
    Ok(Answer::Detail(Box::new(Detail { row, entities, record, page, source, holds, secrets })))
}

/// Which secrets a record holds, each kind once. Ids of access keys are in nearly every record, and no secret.
fn kinds_of_secrets(record: &[u8]) -> Vec<SecretKind> {
    let mut kinds: Vec<SecretKind> = Vec::new();
    for secret in secret::find(&text_from_bytes(record)) {
        if !secret.kind.stays_readable() && !kinds.contains(&secret.kind) {
            kinds.push(secret.kind);
        }
    }
    kinds
}

fn source_name(reader: &mut Reader, id: SourceId) -> Result<String> {
    Ok(reader.source(id)?.map(|source| source.path).unwrap_or_default())
}

fn sorted(mut entities: Vec<Entity>) -> Vec<Entity> {
    let place = |kind: EntityKind| EntityKind::ALL.iter().position(|other| *other == kind);
    entities.sort_by(|a, b| (place(a.kind), &a.value).cmp(&(place(b.kind), &b.value)));
    entities.dedup();
    entities
}

fn pivots(reader: &mut Reader, id: EventId, secrets: Secrets) -> Result<Vec<Pivot>> {
    let mut pivots = Vec::new();
    for entity in sorted(reader.mentions(id)?) {
        let count = reader.count(&entity)?;
        pivots.push(Pivot { shown: secrets.name(&entity.value), entity, count });
    }
    Ok(pivots)
}

fn search(reader: &mut Reader, scope: &Scope, pattern: &str, reply: &mut dyn FnMut(Answer)) -> Result<Answer> {
    let mut found: HashSet<EventId> = HashSet::new();
    let mut sent = Instant::now();
    let sort = |found: &HashSet<EventId>| {
        let mut ids: Vec<EventId> = found.iter().copied().collect();
        ids.sort_unstable();
        ids
    };
    let mut first = true;
    reader.search(scope, pattern, &mut |hits| {
        found.extend(hits);
        if first || sent.elapsed() > HITS_EVERY {
            (first, sent) = (false, Instant::now());
            reply(Answer::Hits { ids: sort(&found), done: false });
        }
    })?;
    Ok(Answer::Hits { ids: sort(&found), done: true })
}

fn case_facts(reader: &mut Reader, secrets: Secrets) -> Result<CaseFacts> {
    let revision = revision_number(reader.revision()?);
    let totals = reader.totals()?;
    let mut sources = reader.sources()?;
    sources.retain(|source| source.kind != SourceKind::Body || source.reason.is_some());
    sources.reverse();
    let source_count = sources.len() as u64;
    sources.truncate(SOURCES_SHOWN);
    let marks = reader.all_marks()?;
    let reviewed = marks.iter().filter(|mark| mark.mark.reviewed && mark.event.is_some()).count() as u64;
    let wanted: Vec<EventId> = marks
        .iter()
        .filter(|mark| mark.mark.marked || !mark.mark.tags.is_empty() || !mark.mark.note.is_empty())
        .filter_map(|mark| mark.event)
        .collect();
    let mut marked = rows(reader, &wanted, secrets)?;
    marked.sort_by_key(|row| row.event.time);
    let mut skips = reader.skips()?;
    for skip in &mut skips {
        skip.reason = secrets.text(&skip.reason).into_owned();
    }
    Ok(CaseFacts {
        path: reader.path().display().to_string(),
        events: totals.by_strand,
        undecodable: totals.undecodable,
        duplicates: totals.duplicates,
        bytes: totals.plain_bytes,
        span: totals.span,
        sources,
        source_count,
        skips,
        notes: reader.case_notes()?.into_iter().map(|note| (note.at, note.text)).collect(),
        marked,
        reviewed: (reviewed, totals.by_strand.get(Strand::Invocation as usize).copied().unwrap_or(0)),
        rebuilding: reader.is_rebuilding()?,
        revision,
    })
}

/// The event of another strand with the same request id, nearest in time.
fn other_strand(reader: &mut Reader, id: EventId) -> Result<Option<EventRef>> {
    let Some(event) = reader.events(&[id])?.pop() else { return Ok(None) };
    let Some(request) = event.request_id.as_deref() else { return Ok(None) };
    let twins: Vec<Event> = {
        let ids = reader.find(request)?;
        reader.events(&ids)?
    };
    let distance = |other: &Event| match (other.time, event.time) {
        (Some(a), Some(b)) => (a.as_millis() - b.as_millis()).abs(),
        _ => i64::MAX,
    };
    Ok(twins.iter().filter(|other| other.strand != event.strand).min_by_key(|other| distance(other)).map(Event::as_ref))
}

fn next_by_mark(reader: &mut Reader, pane: Pane, scope: &Scope, after: EventRef, marked: bool) -> Result<Option<EventRef>> {
    let marks: HashMap<EventId, crate::model::Mark> = reader.all_marks()?.into_iter().filter_map(|mark| Some((mark.event?, mark.mark))).collect();
    let wanted = |event: &EventRef| {
        let mark = marks.get(&event.id);
        if marked {
            mark.is_some_and(|mark| mark.marked || !mark.note.is_empty() || !mark.tags.is_empty())
        } else {
            !mark.is_some_and(|mark| mark.reviewed)
        }
    };
    let refs = list(reader, pane, scope)?;
    let start = refs.partition_point(|event| (event.millis, event.id) <= (after.millis, after.id));
    let ahead = refs.get(start..).unwrap_or_default().iter();
    let before = refs.get(..start).unwrap_or_default().iter();
    Ok(ahead.chain(before).find(|event| wanted(event) && event.id != after.id).copied())
}
