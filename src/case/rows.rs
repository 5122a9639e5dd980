//! Whole rows: events for the screen, what a list of exchanges shows, and the extra mentions of an event.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use rusqlite::{OptionalExtension as _, Row};

use super::batch::COLUMNS;
use super::codec::{self, Take};
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
        let mut found = vec![None; ids.len()];
        self.snapshot(|reader| {
            let sql = format!("SELECT {FACTS}, event FROM exchange WHERE event BETWEEN ?1 AND ?2");
            let mut select = reader.connection().prepare_cached(&sql).doing(doing)?;
            each_run(ids, |first, last, places| {
                let mut rows = select.query([first, last]).doing(doing)?;
                while let Some(row) = rows.next().doing(doing)? {
                    let event: u32 = row.get(FACTS_COLUMNS).doing(doing)?;
                    let place = places.start + (event - first) as usize;
                    if let Some(slot) = found.get_mut(place) {
                        *slot = Some(facts(row).doing(doing)?);
                    }
                }
                Ok(())
            })
        })?;
        Ok(found)
    }

    /// The tokens that CloudTrail counted, input and output, of those of these events that have any, by row number.
    pub fn trail_tokens(&mut self, ids: &[EventId]) -> Result<HashMap<u32, [Option<u64>; 2]>> {
        let doing = "reading tokens";
        let mut found = HashMap::new();
        self.snapshot(|reader| {
            let sql = "SELECT event, input, output FROM trail_tokens WHERE event BETWEEN ?1 AND ?2";
            let mut select = reader.connection().prepare_cached(sql).doing(doing)?;
            let count = |row: &Row<'_>, at| row.get::<_, Option<i64>>(at).map(|count| count.map(|count| count as u64));
            each_run(ids, |first, last, _| {
                let tokens = |row: &Row<'_>| Ok((row.get(0)?, [count(row, 1)?, count(row, 2)?]));
                for tokens in select.query_map([first, last], tokens).doing(doing)? {
                    found.extend([tokens.doing(doing)?]);
                }
                Ok(())
            })
        })?;
        Ok(found)
    }

    /// The error messages of those of these events that have one, by row number.
    pub fn error_messages(&mut self, ids: &[EventId]) -> Result<HashMap<u32, String>> {
        self.texts_of("error_message", ids)
    }

    /// The request ids of those of these events that have one, by row number.
    pub fn request_ids(&mut self, ids: &[EventId]) -> Result<HashMap<u32, String>> {
        self.texts_of("request_id", ids)
    }

    fn texts_of(&mut self, column: &str, ids: &[EventId]) -> Result<HashMap<u32, String>> {
        let doing = "reading texts of events";
        let mut found = HashMap::new();
        self.snapshot(|reader| {
            let sql = format!("SELECT id, {column} FROM event WHERE id BETWEEN ?1 AND ?2 AND {column} IS NOT NULL");
            let mut select = reader.connection().prepare_cached(&sql).doing(doing)?;
            each_run(ids, |first, last, _| {
                for text in select.query_map([first, last], |row| Ok((row.get(0)?, row.get(1)?))).doing(doing)? {
                    found.extend([text.doing(doing)?]);
                }
                Ok(())
            })
        })?;
        Ok(found)
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

/// Calls with the first and last of each stretch of row numbers that follow one another, and where they stand in the list.
fn each_run(ids: &[EventId], mut each: impl FnMut(u32, u32, Range<usize>) -> Result<()>) -> Result<()> {
    let mut from = 0;
    for run in ids.chunk_by(|one, next| next.0.checked_sub(one.0) == Some(1)) {
        let to = from + run.len();
        if let (Some(first), Some(last)) = (run.first(), run.last()) {
            each(first.0, last.0, from..to)?;
        }
        from = to;
    }
    Ok(())
}

/// The columns of [`facts`], in its order.
const FACTS: &str = "family, preview, user_chars, completion_chars, turns, input, output, cache_read, cache_write, total_input, latency, stop_reason, \
                     guardrail, body, flags, tools, input_chars, system_opening";
const FACTS_COLUMNS: usize = 18;

fn facts(row: &Row<'_>) -> rusqlite::Result<ExchangeFacts> {
    let count = |column: usize| row.get::<_, Option<i64>>(column).map(|count| count.map(|count| count as u64));
    Ok(ExchangeFacts {
        family: row.get(0)?,
        preview: row.get(1)?,
        user_chars: row.get(2)?,
        completion_chars: row.get(3)?,
        turns: row.get(4)?,
        tokens: Tokens { input: count(5)?, output: count(6)?, cache_read: count(7)?, cache_write: count(8)?, total_input: count(9)? },
        latency_ms: count(10)?,
        stop_reason: row.get(11)?,
        guardrail: GuardrailAction::from_code(row.get(12)?),
        body: BodyState::from_code(row.get(13)?),
        flags: ExchangeFlags(row.get(14)?),
        tools: codec::tools_of(row.get_ref(15)?.as_str_or_null()?),
        input_chars: row.get::<_, Option<u32>>(16)?.unwrap_or_default(),
        system_opening: row.get(17)?,
    })
}
