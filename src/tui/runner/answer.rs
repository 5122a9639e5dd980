//! One question, answered by a reader. Runs on a worker; tests call it directly.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{asked, commands, controls, failed, query, revision_number, signals, tables};
use crate::case::{CaseError, Reader, Result};
use crate::decode;
use crate::model::live::{QueryState, SETTLING, Seconds};
use crate::model::secret::{self, SecretKind};
use crate::model::{Entity, EntityKind, Event, EventId, EventRef, Scope, Secrets, SourceId, SourceKind, Strand, StrandSet, text_from_bytes};
use crate::report::incident::{Options as ReportOptions, Selection, Subject, USUAL_PROMPTS};
use crate::stitch::echo;
use crate::stitch::joins::Joined;
use crate::stitch::spans::{self, Tie};
use crate::stitch::{conversation, joins};
use crate::tui::ask::{Answer, Ask, CaseFacts, Detail, Pivot, Row, Thread};
use crate::tui::panes;
use crate::tui::view::{Pane, Shape};
use crate::tui::widgets::{Histogram, Tree};

/// Sources listed on the Case page.
const SOURCES_SHOWN: usize = 1000;
/// Calls of a conversation whose CloudTrail events are looked up, to say who called from where.
const ASKED_AFTER: usize = 60;
/// Rows of a report's timeline at most.
const REPORTED: usize = 500;
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
            let mut refs = list(reader, *pane, scope)?;
            let histogram = Histogram::of(&refs, *bins).with_fetched(&fetched(reader)?);
            let mut members = Vec::new();
            if pane.shape() == Shape::Exchanges {
                let (heads, rows) = reader.conversations(&refs)?;
                (refs, members) = (Arc::new(heads), rows);
            }
            Answer::List { refs, histogram, members: Arc::new(members), revision }
        }
        Ask::Controls { scope, bins, known } => controls::answer(reader, scope, *bins, known, reply)?,
        Ask::Rows { ids, threads, secrets } => Answer::Rows(threaded_rows(reader, ids, *threads, *secrets)?),
        Ask::Detail { id, width, alone, secrets } => detail(reader, *id, *width, *alone, *secrets)?,
        Ask::Pivots { id, secrets } => Answer::Pivots(pivots(reader, *id, *secrets)?),
        Ask::Table { scope, kind, order, names, counted, secrets } => tables::table(reader, scope, *kind, (*order, names), counted, *secrets, reply)?,
        Ask::Signals { scope, order, secrets } => signals::signals(reader, scope, *order, *secrets)?,
        Ask::SignalPage { id, width, secrets } => signals::page(reader, id, *width, *secrets)?,
        Ask::Flagged(_) => signals::flagged(reader)?,
        Ask::Profile { scope, entity, secrets } => Answer::Profile(Box::new(tables::profile(reader, scope, entity, *secrets)?)),
        Ask::Search { pane, scope, pattern } => search(reader, *pane, scope, pattern, reply)?,
        Ask::Matrix { scope } => {
            let revision = revision_number(reader.revision()?);
            let refs = list(reader, Pane::Cli, scope)?;
            Answer::Matrix { matrix: commands::matrix(reader, &refs)?, scope: scope.clone(), revision }
        }
        Ask::Echoes { ids, secrets } => {
            let revision = revision_number(reader.revision()?);
            Answer::Echoes { echoes: commands::echoes(reader, ids, *secrets)?, revision }
        }
        // Only who asks AWS knows.
        Ask::Groups(_) | Ask::Find(_) | Ask::Price(..) => Answer::Groups(Arc::default(), 0),
        Ask::Case(secrets) => Answer::Case(Box::new(case_facts(reader, *secrets)?)),
        Ask::Export { pane, scope, path, lead, now, secrets } => {
            let path = Path::new(path);
            let selection = lead.clone().map_or_else(|| Selection::Scope(panes::scope_of(*pane, scope)), |id| Selection::Lead(Subject::Value(id)));
            let options = ReportOptions { title: String::new(), secrets: *secrets, events: REPORTED, prompts: USUAL_PROMPTS, now: *now };
            let written = match crate::report::export_report(reader, &selection, path, &options) {
                Some(written) => written,
                None => {
                    let refs = list(reader, *pane, scope)?;
                    crate::report::export_events(reader, &refs, path, *secrets)
                }
            };
            written.map_or_else(Answer::Failed, Answer::Exported)
        }
        Ask::Query(asking) => query::answer(reader, asking, reply)?,
        Ask::Sort { results, column, falling } => query::sorted(results, *column, *falling),
        Ask::Present(results, secrets) => query::presented(results, *secrets),
        Ask::ExportAnswer { results, path, secrets } => match crate::report::export_answer(&results.0.answer, Path::new(path), *secrets) {
            Ok(told) => Answer::Exported(told),
            Err(why) => Answer::Failed(why),
        },
        Ask::ExportTable { table, order, path } => tables::export(&table.0, order, Path::new(path)).map_or_else(Answer::Failed, Answer::Exported),
        Ask::Fields { scope } => query::fields(reader, scope)?,
        Ask::Named { entities, event, secrets } => Answer::Pivots(named(reader, entities, *event, *secrets)?),
        Ask::Locate { id, scope } => Answer::OtherSide(located(reader, *id, scope)?),
        Ask::OtherStrand { id, scope } => Answer::OtherSide(other_strand(reader, *id, scope)?),
        Ask::NextByMark { pane, scope, after, marked } => Answer::Jump(next_by_mark(reader, *pane, scope, *after, *marked)?),
    })
}

/// What was fetched from AWS, in milliseconds; empty for a case of files. What is not settled yet counts as fetched as well: its
/// query is in the ledger, though more of it may still come.
fn fetched(reader: &mut Reader) -> Result<Vec<(i64, i64)>> {
    let covered = reader.coverage()?.into_iter().filter(|entry| entry.filter.is_empty()).map(|entry| entry.span);
    let whole = reader.asked()?.into_iter().filter(|query| query.state == QueryState::Complete && query.fetches_all());
    let young = whole.map(|query| query.span.meet(Seconds::new(query.started.as_millis() / 1000 - SETTLING, i64::MAX / 1000)));
    let spans: Vec<Seconds> = covered.chain(young.filter(|span| !span.is_empty())).collect();
    Ok(spans.iter().map(|span| (span.since().as_millis(), span.until().as_millis())).collect())
}

/// The events of a pane in a scope; of the Prompts pane all exchanges, not only the first of each conversation.
fn list(reader: &mut Reader, pane: Pane, scope: &Scope) -> Result<Arc<Vec<EventRef>>> {
    if pane == Pane::Guardrails {
        return controls::events(reader, scope).map(Arc::new);
    }
    if pane == Pane::Signals {
        return signals::records(reader, scope).map(Arc::new);
    }
    reader.refs(&panes::scope_of(pane, scope))
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
        rows.push(Row { event: safe, logged, facts: facts.map(|facts| secrets.facts(facts)), mark: mark.unwrap_or_default(), thread: None });
    }
    Ok(rows)
}

/// Rows with the conversation that each begins.
fn threaded_rows(reader: &mut Reader, ids: &[EventId], threads: bool, secrets: Secrets) -> Result<Vec<Row>> {
    let mut rows = rows(reader, ids, secrets)?;
    if threads {
        for row in &mut rows {
            row.thread = Some(Box::new(thread(reader, row)?));
        }
    }
    Ok(rows)
}

/// What a list shows of a conversation.
fn thread(reader: &mut Reader, row: &Row) -> Result<Thread> {
    let calls = reader.conversation(row.event.id)?;
    let all = calls.len();
    let calls = calls.get(..conversation::MOST_CALLS).unwrap_or(&calls);
    let (mut thread, sum) = (Thread { all, ..Thread::default() }, |one: u64, other: Option<u64>| one.saturating_add(other.unwrap_or(0)));
    for call in rows(reader, &calls.iter().map(|call| call.id).collect::<Vec<_>>(), Secrets::Revealed)? {
        if let Some(facts) = &call.facts {
            thread.flags.set(facts.flags, true);
            let input = facts.tokens.total_input.or(facts.tokens.input);
            thread.tokens = (sum(thread.tokens.0, input), sum(thread.tokens.1, facts.tokens.output));
        }
        thread.calls.push((call.event.id, call.event.digest, call.mark));
    }
    Ok(thread)
}

fn detail(reader: &mut Reader, id: EventId, width: u16, alone: bool, secrets: Secrets) -> Result<Answer> {
    let Some(row) = rows(reader, &[id], secrets)?.pop() else {
        return Ok(Answer::Failed("the event is no longer in the case: it was rebuilt".to_owned()));
    };
    let (_, entities) = secrets.named(row.as_logged().clone(), sorted(reader.mentions(id)?));
    let source = source_name(reader, row.event.source)?;
    let source = format!("{source} @{}", row.event.position.offset);
    let record = reader.record(row.as_logged());
    let joined = safe_joined(joins::joined(reader, row.as_logged())?, secrets);
    let mut spans = spans_of(reader, id)?;
    spans.1 = spans.1.into_iter().map(|event| secrets.event(event)).collect();
    let (echo, commands) = commands::joined(reader, row.as_logged())?;
    let echo = echo.map(|echo| commands::leaving(echo, secrets));
    let commands = commands.into_iter().map(|command| echo::Command { event: secrets.event(command.event), ..command }).collect();
    let mut calls = Vec::new();
    let mut page = match (&record, row.event.strand) {
        (_, Strand::Invocation) if !alone && reader.conversation_ids(id)?.len() > 1 => {
            let conversation = conversation::read(reader, id)?.leaving(secrets);
            let step = conversation.calls.len().div_ceil(ASKED_AFTER).max(1);
            let sides: Result<Vec<_>> =
                conversation.calls.iter().step_by(step).map(|call| Ok(safe_joined(joins::joined(reader, call.as_logged())?, secrets))).collect();
            let (page, places) = panes::conversation_page(&conversation, &sides?, secrets);
            let row = |call: conversation::Call| Row { event: call.event, logged: call.logged, facts: call.facts, mark: call.mark, thread: None };
            calls = places.into_iter().zip(conversation.calls.into_iter().map(row)).collect();
            Some(page)
        }
        (Ok(bytes), Strand::Invocation) => {
            let stored =
                row.as_logged().request_id.as_deref().map(|request| reader.bodies(request)).and_then(std::result::Result::ok).unwrap_or_default();
            let exchange = secrets.exchange(decode::exchange(bytes, &decode::Bodies { input: stored.input, output: stored.output }));
            let flags = row.facts.as_ref().map(|facts| facts.flags).unwrap_or_default();
            let place = conversation::position(reader, id)?;
            Some(panes::reading_page(&row, &exchange, flags, &joined, place, secrets))
        }
        _ => None,
    };
    if let Some(page) = &mut page {
        page.layout(width);
    }
    let holds = record.as_deref().map(kinds_of_secrets).unwrap_or_default();
    let record = record.map(Tree::of).map_err(|error| error.to_string());
    Ok(Answer::Detail(Box::new(Detail {
        of: (id, alone),
        row,
        calls,
        entities,
        joined,
        spans,
        echo,
        commands,
        record,
        page,
        source,
        holds,
        secrets,
    })))
}

/// Spans that belong to an event, and calls that belong to a span.
fn spans_of(reader: &mut Reader, id: EventId) -> Result<([usize; 3], Vec<Event>)> {
    const NAMED: usize = 4;
    let tied = spans::related(reader, id)?;
    let count = |tie: Tie| tied.iter().filter(|tied| tied.tie == tie).count();
    let first: Vec<EventId> = tied.iter().take(NAMED).map(|tied| tied.event.id).collect();
    Ok(([count(Tie::Request), count(Tie::Trace), count(Tie::Session)], reader.events(&first)?))
}

/// The other sides as they may be shown.
fn safe_joined(joined: Joined, secrets: Secrets) -> Joined {
    Joined { events: joined.events.into_iter().map(|event| secrets.event(event)).collect(), orphan: joined.orphan }
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

fn search(reader: &mut Reader, pane: Pane, scope: &Scope, pattern: &str, reply: &mut dyn FnMut(Answer)) -> Result<Answer> {
    let mut found: HashSet<EventId> = HashSet::new();
    let mut sent = Instant::now();
    let sort = |found: &HashSet<EventId>| {
        let mut ids: Vec<EventId> = found.iter().copied().collect();
        ids.sort_unstable();
        ids
    };
    // Where rows are conversations, a match stands in the row of the conversation's first call.
    let mut heads = HashMap::new();
    if pane.shape() == Shape::Exchanges {
        let refs = list(reader, pane, scope)?;
        let (rows, members) = reader.conversations(&refs)?;
        heads = members.into_iter().filter_map(|(id, row)| Some((id, rows.get(row as usize)?.id))).collect();
    }
    let hits = |found: &HashSet<EventId>, done: bool| {
        let rows: HashSet<EventId> = found.iter().map(|id| heads.get(id).copied().unwrap_or(*id)).collect();
        Answer::Hits { ids: sort(&rows), found: sort(found), done }
    };
    let mut first = true;
    reader.search(scope, pattern, &mut |matches| {
        found.extend(matches);
        if first || sent.elapsed() > HITS_EVERY {
            (first, sent) = (false, Instant::now());
            reply(hits(&found, false));
        }
    })?;
    Ok(hits(&found, true))
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
        aws: asked::lines(reader)?,
        skips,
        lists: reader.listed()?,
        notes: reader.case_notes()?.into_iter().map(|note| (note.at, note.text)).collect(),
        marked,
        reviewed: (reviewed, totals.by_strand.get(Strand::Invocation as usize).copied().unwrap_or(0)),
        rebuilding: reader.is_rebuilding()?,
        outdated: reader.is_outdated()?,
        revision,
    })
}

/// The event of another strand with the same request id, nearest in time, or a command's echo, or an echo's command; and
/// whether it is in scope.
fn other_strand(reader: &mut Reader, id: EventId, scope: &Scope) -> Result<std::result::Result<(EventRef, bool), String>> {
    let Some(event) = reader.events(&[id])?.pop() else { return Ok(Err("the event is no longer in the case".to_owned())) };
    let joined = joins::joined(reader, &event)?;
    let distance = |other: &Event| match (other.time, event.time) {
        (Some(a), Some(b)) => (a.as_millis() - b.as_millis()).abs(),
        _ => i64::MAX,
    };
    // A span only where no log has the call.
    let nearest = |other: &&Event| (other.strand == Strand::Span, distance(other));
    let other = match joined.events.iter().min_by_key(nearest).map(Event::as_ref) {
        Some(other) => Ok(other),
        None => commands::other_side(reader, &event)?
            .unwrap_or_else(|| Err(joined.orphan.map_or("this request has no other side", joins::Orphan::words).to_owned())),
    };
    let other = match other {
        Ok(other) => other,
        Err(why) => return Ok(Err(why)),
    };
    Ok(Ok((other, is_within(reader, other, scope)?)))
}

/// Is an event in a scope, whatever strands that has?
fn is_within(reader: &mut Reader, event: EventRef, scope: &Scope) -> Result<bool> {
    let scope = Scope { strands: StrandSet::ALL, ..scope.clone() };
    Ok(scope.is_all() || reader.refs(&scope)?.binary_search_by_key(&(event.millis, event.id), |event| (event.millis, event.id)).is_ok())
}

/// Where an event is to be read, and whether it is in scope.
fn located(reader: &mut Reader, id: EventId, scope: &Scope) -> Result<std::result::Result<(EventRef, bool), String>> {
    let Some(event) = reader.events(&[id])?.pop() else { return Ok(Err("the event is no longer in the case".to_owned())) };
    let event = event.as_ref();
    Ok(Ok((event, is_within(reader, event, scope)?)))
}

/// Entities with counts: those that cells name, and behind them the others of the row's event.
fn named(reader: &mut Reader, entities: &[Entity], event: Option<EventId>, secrets: Secrets) -> Result<Vec<Pivot>> {
    let mut found = Vec::new();
    for entity in entities {
        found.push(Pivot { shown: secrets.name(&entity.value), entity: entity.clone(), count: reader.count(entity)? });
    }
    if let Some(event) = event {
        found.extend(pivots(reader, event, secrets)?.into_iter().filter(|pivot| !entities.contains(&pivot.entity)));
    }
    Ok(found)
}

fn next_by_mark(reader: &mut Reader, pane: Pane, scope: &Scope, after: EventRef, marked: bool) -> Result<Option<EventRef>> {
    let marks: HashMap<EventId, crate::model::Mark> = reader.all_marks()?.into_iter().filter_map(|mark| Some((mark.event?, mark.mark))).collect();
    let wanted = |id: EventId| {
        let mark = marks.get(&id);
        if marked {
            mark.is_some_and(|mark| mark.marked || !mark.note.is_empty() || !mark.tags.is_empty())
        } else {
            !mark.is_some_and(|mark| mark.reviewed)
        }
    };
    let mut refs = list(reader, pane, scope)?;
    let mut members: Vec<(EventId, u32)> = Vec::new();
    if pane.shape() == Shape::Exchanges {
        let (heads, rows) = reader.conversations(&refs)?;
        (refs, members) = (Arc::new(heads), rows);
    }
    // A conversation is wanted when any of its calls is.
    let mut wanted_rows = vec![false; if members.is_empty() { 0 } else { refs.len() }];
    for (id, row) in &members {
        if let Some(slot) = wanted_rows.get_mut(*row as usize) {
            *slot |= wanted(*id);
        }
    }
    let start = refs.partition_point(|event| (event.millis, event.id) <= (after.millis, after.id));
    let numbered = || refs.iter().enumerate();
    let is_wanted = |(row, event): &(usize, &EventRef)| event.id != after.id && wanted_rows.get(*row).copied().unwrap_or_else(|| wanted(event.id));
    Ok(numbered().skip(start).chain(numbered().take(start)).find(is_wanted).map(|(_, event)| *event))
}
