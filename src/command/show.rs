//! `outcrop show ID`: one event or exchange in full, by event id or request id.

use serde::Serialize;

use super::Done;
use super::cli::{Format, ShowArgs};
use super::failure::Failure;
use super::output::Output;
use super::place;
use crate::case::{Reader, open_read_only};
use crate::decode;
use crate::model::{Entity, Event, EventId, Exchange, Part, Secrets, Strand, text_from_bytes};
use crate::report::EventJson;
use crate::stitch::{joins, spans};

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    event: EventJson<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exchange: Option<Exchange>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation: Option<ConversationJson>,
    joined: JoinedJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<String>,
}

/// Where an exchange stands in its conversation. Field names are a contract.
#[derive(Serialize)]
struct ConversationJson {
    /// Id of the conversation's first event.
    id: String,
    /// Counted from 1.
    position: usize,
    /// Number of calls.
    length: usize,
    /// Ids of all its events, in order.
    events: Vec<String>,
}

/// The other sides of the event's request.
#[derive(Serialize)]
struct JoinedJson {
    /// Ids of events of other strands with the same request id.
    events: Vec<String>,
    /// Agent spans and the calls made in them that belong to it, the surest tie first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    agent: Vec<TiedJson>,
    /// Why there is none, when there should be one.
    #[serde(skip_serializing_if = "Option::is_none")]
    orphan: Option<&'static str>,
}

/// A span or call, and what ties it to the event.
#[derive(Serialize)]
struct TiedJson {
    id: String,
    strand: Strand,
    /// `request`, `trace` or `session`.
    by: &'static str,
}

/// Runs the command.
pub fn run(args: &ShowArgs) -> Result<Done, Failure> {
    let mut reader = open_read_only(&place::named_or_last(args.case.case.as_deref())?)?;
    let mut ids = reader.find(&args.id)?;
    if ids.is_empty() {
        let case = reader.path().display().to_string();
        return Err(Failure::Error(format!("no event of {case} has the id or request id “{}”: `outcrop events` lists ids", args.id)));
    }
    ids.sort_unstable();
    let mut output = Output::new(args.output);
    let mut done = Done::Complete;
    let mut events = reader.events(&ids)?;
    events.sort_by_key(|event| (event.time, event.id));
    let secrets = args.reveal.secrets();
    for event in &events {
        let entities = secrets.entities(reader.mentions(event.id)?);
        let source = reader.source(event.source)?.map(|source| source.path).unwrap_or_default();
        let (raw, missing) = match reader.record(event) {
            Ok(bytes) => (Some(bytes), None),
            Err(error) => (None, Some(error.to_string())),
        };
        if missing.is_some() {
            done = Done::Incomplete;
        }
        let exchange = exchange_of(&mut reader, event, raw.as_deref()).map(|exchange| secrets.exchange(exchange));
        let safe = secrets.event(event.clone());
        match output.format() {
            Format::Json | Format::Ndjson => {
                let conversation = conversation_of(&mut reader, event)?;
                let joined = joined_of(&mut reader, event)?;
                // For programs the raw record is evidence: as logged, so that its digest can be checked.
                let raw = raw.as_deref().map(text_from_bytes);
                let event = EventJson::new(&safe, &entities, &source);
                output.element(&Shown { event, exchange, conversation, joined, raw: raw.as_deref(), missing })?;
            }
            Format::Table | Format::Csv => {
                let text = raw.as_deref().map(|raw| match secrets {
                    Secrets::Masked => decode::masked_record(raw).into(),
                    Secrets::Revealed => text_from_bytes(raw),
                });
                print(&mut output, &safe, &entities, &source, exchange.as_ref(), text.as_deref(), missing.as_deref())?;
            }
        }
    }
    if matches!(output.format(), Format::Json | Format::Ndjson) {
        output.end_list()?;
    }
    output.flush()?;
    place::unless_rebuilding(&reader, done)
}

fn exchange_of(reader: &mut Reader, event: &Event, record: Option<&[u8]>) -> Option<Exchange> {
    let record = record.filter(|_| event.strand == Strand::Invocation)?;
    let stored = event.request_id.as_deref().and_then(|request| reader.bodies(request).ok()).unwrap_or_default();
    Some(decode::exchange(record, &decode::Bodies { input: stored.input, output: stored.output }))
}

fn conversation_of(reader: &mut Reader, event: &Event) -> Result<Option<ConversationJson>, Failure> {
    if event.strand != Strand::Invocation {
        return Ok(None);
    }
    let ids: Vec<EventId> = reader.conversation(event.id)?.iter().map(|call| call.id).collect();
    let position = ids.iter().position(|id| *id == event.id).map_or(1, |at| at + 1);
    let events: Vec<String> = reader.events(&ids)?.iter().map(Event::uid).collect();
    Ok(Some(ConversationJson { id: events.first().cloned().unwrap_or_default(), position, length: events.len(), events }))
}

fn joined_of(reader: &mut Reader, event: &Event) -> Result<JoinedJson, Failure> {
    let joined = joins::joined(reader, event)?;
    let tied = spans::related(reader, event.id)?;
    let events = reader.events(&tied.iter().map(|tied| tied.event.id).collect::<Vec<_>>())?;
    let agent = tied.iter().zip(&events).map(|(tied, event)| TiedJson { id: event.uid(), strand: event.strand, by: tied.tie.name() });
    Ok(JoinedJson { events: joined.events.iter().map(Event::uid).collect(), agent: agent.collect(), orphan: joined.orphan.map(joins::Orphan::words) })
}

/// For a person: facts, then the conversation, or the record.
fn print(
    output: &mut Output,
    event: &Event,
    entities: &[Entity],
    source: &str,
    exchange: Option<&Exchange>,
    record: Option<&str>,
    missing: Option<&str>,
) -> Result<(), Failure> {
    let facts = [
        ("id", Some(event.uid())),
        ("time", event.time.map(|time| time.to_string())),
        ("what", Some(event.summary())),
        ("outcome", Some(event.outcome.name().to_owned())),
        ("message", event.error_message.clone()),
        ("who", event.actor.as_deref().map(str::to_owned)),
        ("source", Some(format!("{source} @{}", event.position.offset))),
        ("sha256", Some(event.digest.hex())),
    ];
    for (label, value) in facts {
        if let Some(value) = value {
            output.line(&format!("{label:<9} {value}"))?;
        }
    }
    for entity in entities.iter().filter(|entity| !entity.kind.is_facet()) {
        output.line(&format!("{:<15} {}", entity.kind, entity.value))?;
    }
    let mut block = |title: &str, text: &str| -> Result<(), Failure> {
        if text.is_empty() {
            return Ok(());
        }
        output.line("")?;
        output.line(&format!("-- {title}"))?;
        text.lines().try_for_each(|line| output.line(line))
    };
    match exchange {
        Some(exchange) if exchange.unknown_shape.is_none() => {
            let found: Vec<String> = exchange.secrets.iter().map(|found| format!("{}: {}", found.place, found.kind.words())).collect();
            block("credentials", &found.join("\n"))?;
            for system in &exchange.system {
                block("system", system)?;
            }
            for turn in &exchange.turns {
                for part in &turn.parts {
                    let (title, text) = titled(&turn.role, part);
                    block(&title, text)?;
                }
            }
            block("reasoning", &exchange.reasoning)?;
            block("answer", &exchange.completion)?;
            for call in &exchange.tool_calls {
                block(&format!("answer calls {}", call.name), &call.input)?;
            }
            for part in &exchange.answer_parts {
                let (title, text) = titled("answer", part);
                block(&title, text)?;
            }
            block("remarks", &exchange.remarks.join("\n"))?;
        }
        _ => block("record", record.unwrap_or_default())?,
    }
    if let Some(missing) = missing {
        block("the record cannot be had", missing)?;
    }
    output.line("")
}

/// A part's heading and its text.
fn titled<'a>(role: &str, part: &'a Part) -> (String, &'a str) {
    match part {
        Part::ToolCall { name, input, .. } => (format!("{role} calls {name}"), input),
        Part::Media { kind, format, text, .. } => (format!("{role} sends {kind}"), text.as_deref().unwrap_or(format)),
        Part::Json { text } => (role.to_owned(), text),
        other => (role.to_owned(), other.text().unwrap_or_default()),
    }
}
