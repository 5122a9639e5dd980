//! Whole rows: events for the screen, what a list of exchanges shows, and the extra mentions of an event.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{OptionalExtension as _, Row};

use super::batch::COLUMNS;
use super::codec::Take;
use super::error::{CaseError, Doing as _, Result};
use super::reader::Reader;
use crate::model::{
    BodyState, Digest, EntityKind, Event, EventId, ExchangeFacts, ExchangeFlags, GuardrailAction, KeyKind, Name, Outcome, RecordPosition, SourceId,
    Strand, Timestamp, Tokens, Wrap,
};

/// Names remembered at most; then all are forgotten and asked for again.
const MOST_NAMES: usize = 100_000;

/// Kind and text of entities, shared by the events that hold them.
#[derive(Default)]
pub(super) struct Names {
    known: HashMap<u32, (u8, Name)>,
}

/// A mention that is no column of the event.
pub(super) enum ExtraMention<'a> {
    Interned(u32),
    Wide(EntityKind, &'a str),
}

impl Reader {
    /// The events with these row numbers, in the order asked. Numbers that do not exist are left out.
    pub fn events(&mut self, ids: &[EventId]) -> Result<Vec<Event>> {
        let doing = "reading events";
        self.snapshot(|reader| {
            let names = COLUMNS.map(|(name, _)| name).join(", ");
            let sql = format!(
                "SELECT time, strand, outcome, key_kind, digest, source, position, length, wrap, error_message, request_id, detail, undecodable, {names} \
                 FROM event WHERE id = ?1"
            );
            let mut events = Vec::with_capacity(ids.len());
            for id in ids {
                reader.cancel().check()?;
                let connection = reader.connection();
                let row = connection.prepare_cached(&sql).and_then(|mut select| select.query_row([id.0], |row| event(*id, row)).optional());
                let Some((mut event, entities)) = row.doing(doing)? else { continue };
                let columns = [
                    &mut event.account,
                    &mut event.region,
                    &mut event.actor,
                    &mut event.principal,
                    &mut event.role,
                    &mut event.session,
                    &mut event.key,
                    &mut event.ip,
                    &mut event.user_agent,
                    &mut event.action,
                    &mut event.service,
                    &mut event.error_code,
                    &mut event.model,
                    &mut event.bucket,
                    &mut event.host,
                ];
                for (column, entity) in columns.into_iter().zip(entities) {
                    if let Some(entity) = entity {
                        *column = Some(reader.name(entity)?.1);
                    }
                }
                events.push(event);
            }
            Ok(events)
        })
    }

    /// What a list shows of these exchanges, in the order asked; `None` where the event is no invocation.
    pub fn facts(&mut self, ids: &[EventId]) -> Result<Vec<Option<ExchangeFacts>>> {
        let doing = "reading exchanges";
        self.snapshot(|reader| {
            let mut select = reader.connection().prepare_cached("SELECT * FROM exchange WHERE event = ?1").doing(doing)?;
            ids.iter().map(|id| select.query_row([id.0], facts).optional().doing(doing)).collect()
        })
    }

    /// The tokens that CloudTrail counted, input and output, of those of these events that have any, by row number.
    pub fn trail_tokens(&mut self, ids: &[EventId]) -> Result<HashMap<u32, [Option<u64>; 2]>> {
        let doing = "reading tokens";
        self.snapshot(|reader| {
            let mut select = reader.connection().prepare_cached("SELECT input, output FROM trail_tokens WHERE event = ?1").doing(doing)?;
            let count = |row: &Row<'_>, at| row.get::<_, Option<i64>>(at).map(|count| count.map(|count| count as u64));
            let mut found = HashMap::new();
            for id in ids {
                let tokens = select.query_row([id.0], |row| Ok([count(row, 0)?, count(row, 1)?])).optional().doing(doing)?;
                found.extend(tokens.map(|tokens| (id.0, tokens)));
            }
            Ok(found)
        })
    }

    /// Kind and text of an entity.
    pub(super) fn name(&mut self, entity: u32) -> Result<(u8, Name)> {
        if let Some((kind, name)) = self.names.known.get(&entity) {
            return Ok((*kind, Arc::clone(name)));
        }
        let doing = "reading a name";
        let mut select = self.connection().prepare_cached("SELECT kind, value FROM entity WHERE id = ?1").doing(doing)?;
        let row = select.query_row([entity], |row| Ok((row.get(0)?, Name::from(row.get_ref(1)?.as_str()?)))).optional().doing(doing)?;
        let named = row.ok_or(CaseError::Damaged { doing, what: "the table of names" })?;
        drop(select);
        if self.names.known.len() >= MOST_NAMES {
            self.names.known.clear();
        }
        self.names.known.insert(entity, named.clone());
        Ok(named)
    }
}

/// Reads the `extra` column.
pub(super) fn extras(blob: &[u8]) -> Option<Vec<ExtraMention<'_>>> {
    let (mut take, mut mentions) = (Take(blob), Vec::new());
    while !take.is_empty() {
        mentions.push(match take.int()? {
            0 => ExtraMention::Interned(u32::try_from(take.int()?).ok()?),
            kind => {
                let kind = EntityKind::from_code(u8::try_from(kind).ok()?)?;
                let length = usize::try_from(take.int()?).ok()?;
                ExtraMention::Wide(kind, std::str::from_utf8(take.bytes(length)?).ok()?)
            }
        });
    }
    Some(mentions)
}

type Entities = [Option<u32>; COLUMNS.len()];

fn event(id: EventId, row: &Row<'_>) -> rusqlite::Result<(Event, Entities)> {
    let mut entities = Entities::default();
    for (at, entity) in entities.iter_mut().enumerate() {
        *entity = row.get(13 + at)?;
    }
    let event = Event {
        id,
        time: row.get::<_, Option<i64>>(0)?.map(Timestamp::from_millis),
        strand: Strand::from_code(row.get(1)?).unwrap_or(Strand::Management),
        outcome: Outcome::from_code(row.get(2)?),
        key_kind: KeyKind::from_code(row.get(3)?),
        digest: Digest::from_slice(row.get_ref(4)?.as_blob()?).unwrap_or(Digest([0; 32])),
        source: SourceId(row.get(5)?),
        position: RecordPosition { offset: row.get::<_, i64>(6)? as u64, length: row.get(7)?, wrap: Wrap::from_code(row.get(8)?) },
        error_message: row.get(9)?,
        request_id: row.get(10)?,
        detail: row.get(11)?,
        undecodable: row.get(12)?,
        account: None,
        region: None,
        actor: None,
        principal: None,
        role: None,
        session: None,
        key: None,
        ip: None,
        user_agent: None,
        action: None,
        service: None,
        error_code: None,
        model: None,
        bucket: None,
        host: None,
    };
    Ok((event, entities))
}

fn facts(row: &Row<'_>) -> rusqlite::Result<ExchangeFacts> {
    let count = |column: &str| row.get::<_, Option<i64>>(column).map(|count| count.map(|count| count as u64));
    Ok(ExchangeFacts {
        family: row.get("family")?,
        preview: row.get("preview")?,
        user_chars: row.get("user_chars")?,
        completion_chars: row.get("completion_chars")?,
        turns: row.get("turns")?,
        tokens: Tokens {
            input: count("input")?,
            output: count("output")?,
            cache_read: count("cache_read")?,
            cache_write: count("cache_write")?,
            total_input: count("total_input")?,
        },
        latency_ms: count("latency")?,
        stop_reason: row.get("stop_reason")?,
        guardrail: GuardrailAction::from_code(row.get("guardrail")?),
        body: BodyState::from_code(row.get("body")?),
        flags: ExchangeFlags(row.get("flags")?),
        tools: row.get::<_, Option<String>>("tools")?.map(|names| names.lines().map(str::to_owned).collect()).unwrap_or_default(),
        input_chars: row.get::<_, Option<u32>>("input_chars")?.unwrap_or_default(),
        system_opening: row.get("system_opening")?,
    })
}
