//! What the report rests on: the events one by one with their digests, the sources, and what is missing.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::chosen::Chosen;
use super::words::{Words, counted, cut, line, lines, value};
use super::{Event, Incident, Options, Record, Selection, seconds};
use crate::case::{Reader, Result, Totals};
use crate::model::{self, EventId, EventRef, HOLDS_NO_RECORDS, SourceEntry, SourceId, SourceKind, SourceState, Strand};
use crate::report::{bytes, grouped};

/// Sources told at most, those of the report's events first.
const SOURCES: usize = 200;
/// Files that were not read, told at most.
const SKIPS: usize = 20;
/// Records whose bytes are compared with their digest.
const CHECKED: usize = 500;

/// A source, told.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SourceTold {
    /// By which the records name it.
    pub number: usize,
    /// Path, as given.
    pub path: String,
    /// `complete`, `partial`, `damaged` or `skipped`, and why.
    pub state: String,
    /// Events it gave.
    pub events: String,
    /// Records that could not be decoded.
    pub undecodable: u64,
    /// Size of its plain bytes.
    pub size: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// When it was read.
    pub read: String,
}

pub(super) fn tell(reader: &mut Reader, chosen: &Chosen, options: &Options, incident: &mut Incident) -> Result<()> {
    let refs = &chosen.refs;
    let shown: Vec<EventId> = refs.iter().take(options.events).map(|event| event.id).collect();
    let events = reader.events(&shown)?;
    for event in &events {
        incident.timeline.push(event_told(reader, event, options)?);
    }
    if refs.len() > events.len() {
        let (shown, all) = (grouped(events.len() as u64), grouped(refs.len() as u64));
        incident.timeline_note = format!("The first {shown} of {all} events; --limit tells more, and the Timesketch export has all of them.");
    }
    totals(reader, incident)?;
    let own: HashSet<SourceId> = sources_of(reader, refs, &events)?;
    let numbers = sources(reader, &own, options, incident)?;
    records(reader, &events, &numbers, incident)?;
    holes(reader, chosen, options, &events, incident)?;
    let note = |note: crate::case::CaseNote| (seconds(note.at), lines(&note.text));
    incident.notes = reader.case_notes()?.into_iter().map(note).collect();
    Ok(())
}

/// An event for a row.
pub(super) fn event_told(reader: &mut Reader, event: &model::Event, options: &Options) -> Result<Event> {
    let source = reader.source(event.source)?.map(|source| source.path).unwrap_or_default();
    let safe = options.secrets.event(event.clone());
    let place = [safe.region.as_deref(), safe.ip.as_deref().or(safe.host.as_deref())].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let who = safe.actor.as_deref().or(safe.principal.as_deref()).unwrap_or_default();
    Ok(Event {
        id: event.uid(),
        time: event.time.map(|time| time.to_string()).unwrap_or_default(),
        strand: event.strand.name(),
        who: value(who),
        what: line(&cut(&safe.summary(), 300)),
        outcome: event.outcome.name(),
        place: value(&place),
        sha256: event.digest.hex(),
        source: line(&format!("{source} @{}", event.position.offset)),
    })
}

fn totals(reader: &mut Reader, incident: &mut Incident) -> Result<()> {
    let totals = reader.totals()?;
    for strand in Strand::ALL {
        let count = totals.by_strand.get(strand as usize).copied().unwrap_or(0);
        incident.strands.push((strand.name(), grouped(count)));
    }
    if let Some((first, last)) = totals.span {
        let said = Words::new(format!("The case reaches from {} to {} UTC; before and after it nothing is known.", seconds(first), seconds(last)));
        incident.holes.push(said);
    }
    let absent = absent(&totals);
    if !absent.is_empty() {
        incident.holes.push(Words::new(format!("The case holds no {}.", absent.join("; no "))));
    }
    if totals.undecodable > 0 {
        let said = counted(totals.undecodable, "record");
        incident.holes.push(Words::new(format!("{said} of the case could not be decoded; they are kept as they are, and counted as events.")));
    }
    Ok(())
}

/// Which kinds of evidence a case has nothing of.
pub(super) fn absent(totals: &Totals) -> Vec<&'static str> {
    [Strand::Management, Strand::Data, Strand::Invocation, Strand::Endpoint]
        .into_iter()
        .filter(|strand| totals.by_strand.get(*strand as usize) == Some(&0))
        .map(|strand| match strand {
            Strand::Management => "CloudTrail management events",
            Strand::Data => "CloudTrail data events (which objects were read or written)",
            Strand::Invocation => "model invocation records (what was asked and answered)",
            _ => "command lines of endpoints",
        })
        .collect()
}

/// The sources of the report's events; of many events, of those that are told.
fn sources_of(reader: &mut Reader, refs: &[EventRef], told: &[model::Event]) -> Result<HashSet<SourceId>> {
    const READ: usize = 20_000;
    let mut own: HashSet<SourceId> = told.iter().map(|event| event.source).collect();
    let rest: Vec<EventId> = refs.iter().skip(told.len()).take(READ).map(|event| event.id).collect();
    for page in rest.chunks(1000) {
        own.extend(reader.events(page)?.iter().map(|event| event.source));
    }
    Ok(own)
}

/// Puts the sources into the report, and gives the number of each in it.
fn sources(reader: &mut Reader, own: &HashSet<SourceId>, options: &Options, incident: &mut Incident) -> Result<HashMap<SourceId, usize>> {
    let mut all = reader.sources()?;
    all.retain(|source| source.kind != SourceKind::Body || source.reason.is_some());
    let unread = all.iter().filter(|source| matches!(source.state, SourceState::Partial | SourceState::Damaged)).count() as u64;
    if unread > 0 {
        incident.holes.push(Words::new(format!("{} could be read in part only; the reason stands beside it.", counted(unread, "source"))));
    }
    // Those that the report rests on, then those with a fault; the others are only counted.
    let count = all.len();
    let harmless = |source: &SourceEntry| {
        source.state == SourceState::Complete || source.reason.as_deref().is_some_and(|reason| reason.ends_with(HOLDS_NO_RECORDS))
    };
    all.retain(|source| own.contains(&source.id) || !harmless(source));
    all.sort_by_key(|source| (!own.contains(&source.id), source.id));
    all.truncate(SOURCES);
    incident.more_sources = (count - all.len()) as u64;
    incident.sources = all.iter().zip(1..).map(|(source, number)| told(source, number, options)).collect();
    Ok(all.iter().map(|source| source.id).zip(1..).collect())
}

/// The records of the timeline, and of whatever else the report names: an id that is nowhere explained proves nothing.
fn records(reader: &mut Reader, timeline: &[model::Event], numbers: &HashMap<SourceId, usize>, incident: &mut Incident) -> Result<()> {
    let mut known: HashSet<String> = timeline.iter().map(model::Event::uid).collect();
    let mut named: Vec<&String> = incident.story.iter().flat_map(|day| &day.steps).flat_map(|step| &step.events).collect();
    named.extend(incident.signals.iter().flat_map(|signal| &signal.events));
    named.extend(incident.prompts.iter().map(|prompt| &prompt.event));
    named.extend(incident.changes.iter().map(|change| &change.event));
    named.extend(incident.marks.iter().map(|mark| &mark.event.id));
    let mut ids: Vec<EventId> = Vec::new();
    for uid in named {
        if known.insert(uid.clone()) {
            ids.extend(reader.find(uid)?);
        }
    }
    let others = reader.events(&ids)?;
    let mut events: Vec<&model::Event> = timeline.iter().chain(&others).collect();
    events.sort_by_key(|event| (event.time, event.id));
    for event in events {
        let number = numbers.get(&event.source).copied().unwrap_or(0);
        let path = if number == 0 { reader.source(event.source)?.map(|source| source.path).unwrap_or_default() } else { String::new() };
        let record = Record { id: event.uid(), sha256: event.digest.hex(), number, path: line(&path), position: event.position.offset };
        incident.records.push(record);
    }
    Ok(())
}

fn told(source: &SourceEntry, number: usize, options: &Options) -> SourceTold {
    let state = match source.state {
        SourceState::Complete => "complete",
        SourceState::Partial => "partial",
        SourceState::Damaged => "damaged",
        SourceState::Skipped => "skipped",
    };
    let reason = source.reason.as_deref().map(|reason| format!(": {}", options.secrets.text(reason))).unwrap_or_default();
    SourceTold {
        number,
        path: line(&source.path),
        state: line(&format!("{state}{reason}")),
        events: grouped(source.events),
        undecodable: source.undecodable,
        size: bytes(source.plain_size),
        sha256: if source.sha256.is_empty() { "not known".to_owned() } else { line(&source.sha256) },
        read: source.read_at.map(seconds).unwrap_or_default(),
    }
}

fn holes(reader: &mut Reader, chosen: &Chosen, options: &Options, told: &[model::Event], incident: &mut Incident) -> Result<()> {
    let skips = reader.skips()?;
    let missing: Vec<_> = skips.iter().filter(|skip| !skip.is_harmless()).collect();
    for skip in missing.iter().take(SKIPS) {
        let said = Words::new("Not read: ").value(&skip.file).say(" (").value(options.secrets.text(&skip.reason)).say(").");
        incident.holes.push(said);
    }
    if missing.len() > SKIPS {
        incident.holes.push(Words::new(format!("{} more files were not read.", grouped((missing.len() - SKIPS) as u64))));
    }
    let mut unread = 0;
    for event in told.iter().take(CHECKED) {
        unread += u64::from(reader.record(event).is_err());
    }
    if unread > 0 {
        let said = counted(unread, "record");
        incident.holes.push(Words::new(format!(
            "{said} of this report can no longer be read, or are others than they were: their files were moved or changed."
        )));
    } else if !told.is_empty() {
        let checked = counted(told.len().min(CHECKED) as u64, "record");
        incident.holes.push(Words::new(format!("The bytes of {checked} of the timeline were read again and are those of their digests.")));
    }
    if reader.is_rebuilding()? {
        incident.holes.push(Words::new("A rebuild of the case was interrupted: events are missing."));
    }
    if reader.is_outdated()? {
        incident.holes.push(Words::new("An earlier version read the evidence: conversations and some fields are missing until a rebuild."));
    }
    let (calls, without) = chosen.calls;
    if without > 0 {
        let said = format!(
            "Of {} no invocation record is in the case, of {} in all: what they asked is not known.",
            counted(without, "model call"),
            grouped(calls)
        );
        incident.holes.push(Words::new(said));
    }
    let one_sided = |scope: &model::Scope| {
        scope.entities.iter().any(|entity| matches!(entity.kind, model::EntityKind::Key | model::EntityKind::Ip | model::EntityKind::UserAgent))
    };
    if let Selection::Scope(scope) = &chosen.selection
        && one_sided(scope)
    {
        let said = "Invocation records and command lines name no access key, address or client: what is told of them here was found by the request ids of CloudTrail's events.";
        incident.holes.push(Words::new(said));
    }
    Ok(())
}
