//! Conditions on derived fields: from columns where the case has them, otherwise from the records themselves.

use std::collections::HashMap;

use rusqlite::{Connection, Row};

use super::error::{CaseError, Doing as _, Result};
use super::reader::Reader;
use super::{runs, segment};
use crate::decode::json::Tape;
use crate::decode::{self, Bodies, Fields};
use crate::model::{
    BodyState, EntityKind, EventId, EventRef, ExchangeFlags, FieldFilter, FieldTest, FieldValue, GuardrailAction, KeyKind, Name, Outcome, Strand,
};

const DOING: &str = "filtering by a field";

/// Where a field's value is found.
enum Place {
    /// In the small form of the event.
    Outcome(Outcome),
    /// In one of the event's columns of names.
    Name(&'static str, fn(&str) -> FieldValue),
    /// In service and action together.
    Called(fn(&str, &str) -> bool),
    /// In a column of the event.
    Event(&'static str, fn(&Row<'_>) -> rusqlite::Result<FieldValue>),
    /// In columns of the exchange.
    Exchange(&'static str, fn(&Row<'_>) -> rusqlite::Result<FieldValue>),
    /// In the record, of events of some strands.
    Record(fn(EventRef) -> bool),
    /// Is the other side of the request there?
    Joined,
    /// How many calls the conversation has.
    Calls,
}

fn text(name: &str) -> FieldValue {
    FieldValue::Text(name.to_owned())
}

fn number(row: &Row<'_>) -> rusqlite::Result<FieldValue> {
    Ok(row.get::<_, Option<i64>>(1)?.map_or(FieldValue::Missing, |number| FieldValue::Number(number as f64)))
}

/// The sum of columns 1 and 2; missing when both are.
fn sum(row: &Row<'_>) -> rusqlite::Result<FieldValue> {
    let counts = [row.get::<_, Option<i64>>(1)?, row.get(2)?];
    Ok(counts.into_iter().flatten().reduce(i64::saturating_add).map_or(FieldValue::Missing, |number| FieldValue::Number(number as f64)))
}

fn words(row: &Row<'_>) -> rusqlite::Result<FieldValue> {
    Ok(row.get::<_, Option<String>>(1)?.into())
}

fn place(name: &str) -> Place {
    let invocation = |event: EventRef| event.strand() == Strand::Invocation;
    match name {
        "x.ok" => Place::Outcome(Outcome::Ok),
        "x.denied" => Place::Outcome(Outcome::Denied),
        "x.principal" => Place::Name("principal", text),
        "x.actor" => Place::Name("actor", text),
        "x.role" => Place::Name("role", text),
        "x.session" => Place::Name("session", text),
        "x.user" => Place::Name("principal", |principal| decode::user_of(principal).map(str::to_owned).into()),
        "x.key" => Place::Name("key", text),
        "x.model" => Place::Name("model", text),
        "x.bucket" => Place::Name("bucket", text),
        "x.account" => Place::Name("account", text),
        "x.region" => Place::Name("region", text),
        "x.service" => Place::Name("service", text),
        "x.action" => Place::Name("action", text),
        "x.ip" => Place::Name("ip", text),
        "x.user_agent" => Place::Name("user_agent", text),
        "x.host" => Place::Name("host", text),
        "x.request" => Place::Event("request_id", words),
        "x.strand" => Place::Event("strand", |row| Ok(text(Strand::from_code(row.get(1)?).unwrap_or(Strand::Management).name()))),
        "x.guarded" => Place::Exchange("flags", |row| Ok(ExchangeFlags(row.get(1)?).guarded().map_or(FieldValue::Missing, FieldValue::Flag))),
        "x.output_bucket" => Place::Record(|event| matches!(event.strand(), Strand::Management | Strand::Data)),
        "x.command" => Place::Record(|event| event.strand() == Strand::Endpoint),
        "x.model_family" => Place::Name("model", |model| text(decode::model_family(model))),
        "x.is_bedrock" => Place::Called(|service, _| decode::is_bedrock(service)),
        "x.invoke" => Place::Called(decode::is_invoke),
        "x.agentic" => Place::Called(decode::is_agentic),
        "x.enum" => Place::Called(decode::is_enumeration),
        "x.key_kind" => Place::Event("key_kind", |row| Ok(text(KeyKind::from_code(row.get(1)?).name()))),
        "x.family" => Place::Exchange("family", words),
        "x.stop" => Place::Exchange("stop_reason", words),
        "x.body" => Place::Exchange("body", |row| Ok(text(BodyState::from_code(row.get(1)?).name()))),
        "x.guard" => Place::Exchange("guardrail", |row| Ok(text(GuardrailAction::from_code(row.get(1)?).name()))),
        "x.prompt_chars" => Place::Exchange("user_chars", number),
        "x.system_opening" => Place::Exchange("system_opening", words),
        "x.prompt_chars_all" => Place::Exchange("input_chars", number),
        "x.completion_chars" => Place::Exchange("completion_chars", number),
        "x.turns" => Place::Exchange("turns", number),
        "x.latency_ms" => Place::Exchange("latency", number),
        "x.tokens_cache" => Place::Exchange("cache_read, cache_write", sum),
        "x.tools" => Place::Exchange("tools", |row| {
            let names: Option<String> = row.get(1)?;
            Ok(FieldValue::List(names.map(|names| names.lines().map(str::to_owned).collect()).unwrap_or_default()))
        }),
        "x.joined" => Place::Joined,
        "x.calls" => Place::Calls,
        "x.prefix" => Place::Record(|event| matches!(event.strand(), Strand::Management | Strand::Data | Strand::Endpoint)),
        _ if name.starts_with("x.cli.") => Place::Record(|event| event.strand() == Strand::Endpoint),
        _ => Place::Record(invocation),
    }
}

/// Tokens: of invocations in columns, of CloudTrail events in what [`Writer`](super::Writer) kept of them.
fn tokens(name: &str) -> Option<(&'static str, &'static str)> {
    Some(match name {
        "x.tokens_in" => ("input, NULL", "input, NULL"),
        "x.tokens_out" => ("output, NULL", "output, NULL"),
        "x.tokens_total" => ("COALESCE(total_input, input), output", "input, output"),
        _ => return None,
    })
}

impl Reader {
    /// Of these events, all above `after`, those for which all conditions hold.
    pub(super) fn passing(&mut self, mut refs: Vec<EventRef>, filters: &[FieldFilter], after: u32) -> Result<Vec<EventRef>> {
        for filter in filters {
            let test = FieldTest::new(filter).map_err(|why| CaseError::Pattern { pattern: filter.to_string(), why })?;
            let missing = test.holds(&FieldValue::Missing);
            if refs.is_empty() {
                break;
            }
            if let Some((invocations, trail)) = tokens(filter.name) {
                let mut holds = self.by_columns(&refs, after, "exchange", "event", invocations, sum, &test)?;
                holds.extend(self.by_columns(&refs, after, "trail_tokens", "event", trail, sum, &test)?);
                refs.retain(|event| holds.get(&event.id.0).copied().unwrap_or(missing));
                continue;
            }
            match place(filter.name) {
                Place::Outcome(outcome) => refs.retain(|event| test.holds(&FieldValue::Flag(event.outcome() == outcome))),
                Place::Name(column, value) => self.by_name(&mut refs, after, column, &test, value)?,
                Place::Called(is) => self.by_call(&mut refs, after, &test, is)?,
                Place::Event(columns, value) => {
                    let holds = self.by_columns(&refs, after, "event", "id", columns, value, &test)?;
                    refs.retain(|event| holds.get(&event.id.0).copied().unwrap_or(missing));
                }
                Place::Exchange(columns, value) => {
                    let holds = self.by_columns(&refs, after, "exchange", "event", columns, value, &test)?;
                    refs.retain(|event| holds.get(&event.id.0).copied().unwrap_or(missing));
                }
                Place::Record(applies) => {
                    let wanted: Vec<EventRef> = refs.iter().filter(|event| applies(**event)).copied().collect();
                    let holds = self.by_record(&wanted, filter.name, &test)?;
                    refs.retain(|event| holds.get(&event.id.0).copied().unwrap_or(missing));
                }
                Place::Joined => {
                    let joined = self.joined()?;
                    refs.retain(|event| test.holds(&FieldValue::Flag(joined.get(event.id.0 as usize).copied().unwrap_or(false))));
                }
                Place::Calls => {
                    let calls = self.conversation_lengths(&refs)?;
                    let value = |event: &EventRef| match calls.get(&event.id.0) {
                        Some(calls) if event.strand() == Strand::Invocation => FieldValue::Number(f64::from(*calls)),
                        _ => FieldValue::Missing,
                    };
                    refs.retain(|event| test.holds(&value(event)));
                }
            }
        }
        Ok(refs)
    }

    /// Calls with the columns of each event: one after another where many are asked for, else each by itself.
    fn each(
        &self,
        refs: &[EventRef],
        after: u32,
        table: &str,
        key: &str,
        columns: &str,
        call: &mut dyn FnMut(u32, &Row<'_>) -> rusqlite::Result<()>,
    ) -> Result<()> {
        let connection: &Connection = self.connection();
        let many = refs.len() as u64 * 8 > u64::from(self.lists.last - after);
        if many {
            let mut select = connection.prepare_cached(&format!("SELECT {key}, {columns} FROM {table} WHERE {key} > ?1")).doing(DOING)?;
            let mut rows = select.query([after]).doing(DOING)?;
            while let Some(row) = rows.next().doing(DOING)? {
                call(row.get(0).doing(DOING)?, row).doing(DOING)?;
            }
            return Ok(());
        }
        let mut select = connection.prepare_cached(&format!("SELECT {key}, {columns} FROM {table} WHERE {key} = ?1")).doing(DOING)?;
        for event in refs {
            self.cancel().check()?;
            let mut rows = select.query([event.id.0]).doing(DOING)?;
            if let Some(row) = rows.next().doing(DOING)? {
                call(event.id.0, row).doing(DOING)?;
            }
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "where the value is, and what is asked of it")]
    fn by_columns(
        &self,
        refs: &[EventRef],
        after: u32,
        table: &str,
        key: &str,
        columns: &str,
        value: fn(&Row<'_>) -> rusqlite::Result<FieldValue>,
        test: &FieldTest,
    ) -> Result<HashMap<u32, bool>> {
        let mut holds = HashMap::new();
        self.each(refs, after, table, key, columns, &mut |id, row| {
            holds.insert(id, test.holds(&value(row)?));
            Ok(())
        })?;
        Ok(holds)
    }

    /// By a column of names: each name is looked at once.
    fn by_name(&mut self, refs: &mut Vec<EventRef>, after: u32, column: &str, test: &FieldTest, value: fn(&str) -> FieldValue) -> Result<()> {
        let mut named: HashMap<u32, u32> = HashMap::new();
        self.each(refs, after, "event", "id", column, &mut |id, row| {
            named.extend(row.get::<_, Option<u32>>(1)?.map(|entity| (id, entity)));
            Ok(())
        })?;
        let mut known: HashMap<u32, bool> = HashMap::new();
        for entity in named.values() {
            if !known.contains_key(entity) {
                let name: Name = self.name(*entity)?.1;
                known.insert(*entity, test.holds(&value(&name)));
            }
        }
        let missing = test.holds(&FieldValue::Missing);
        refs.retain(|event| named.get(&event.id.0).and_then(|entity| known.get(entity)).copied().unwrap_or(missing));
        Ok(())
    }

    /// By service and action.
    fn by_call(&mut self, refs: &mut Vec<EventRef>, after: u32, test: &FieldTest, is: fn(&str, &str) -> bool) -> Result<()> {
        type Call = (Option<u32>, Option<u32>);
        let mut called: HashMap<u32, Call> = HashMap::new();
        self.each(refs, after, "event", "id", "service, action", &mut |id, row| {
            called.insert(id, (row.get(1)?, row.get(2)?));
            Ok(())
        })?;
        let mut known: HashMap<Call, bool> = HashMap::new();
        for call in called.values() {
            if !known.contains_key(call) {
                let mut name = |entity: Option<u32>| entity.map_or_else(|| Ok(Name::from("")), |entity| Ok::<_, CaseError>(self.name(entity)?.1));
                let (service, action) = (name(call.0)?, name(call.1)?);
                known.insert(*call, test.holds(&FieldValue::Flag(is(&service, &action))));
            }
        }
        refs.retain(|event| called.get(&event.id.0).and_then(|call| known.get(call)).copied().unwrap_or(false));
        Ok(())
    }

    /// By the records themselves, in the order in which they lie, so that each file is opened once. A record that cannot be
    /// had has no fields.
    fn by_record(&mut self, refs: &[EventRef], name: &str, test: &FieldTest) -> Result<HashMap<u32, bool>> {
        const TOGETHER: usize = 500;
        let mut holds = HashMap::with_capacity(refs.len());
        let mut ids: Vec<EventId> = refs.iter().map(|event| event.id).collect();
        ids.sort_unstable();
        let mut tape = Tape::new();
        for ids in ids.chunks(TOGETHER) {
            let mut events = self.events(ids)?;
            events.sort_by_key(|event| (event.source, event.position.offset));
            for event in &events {
                self.cancel().check()?;
                let Ok(record) = self.record(event) else { continue };
                let stored = match event.strand {
                    Strand::Invocation => event.request_id.as_deref().map(|request| self.bodies(request)).and_then(std::result::Result::ok),
                    _ => None,
                };
                let bodies = stored.map(|stored| Bodies { input: stored.input, output: stored.output }).unwrap_or_default();
                let value = Fields::of(&record, &mut tape, &bodies).get(name);
                holds.insert(event.id.0, test.holds(&value));
            }
        }
        Ok(holds)
    }

    /// By row number: does another strand have an event with the same request id, one of them an invocation record? Told
    /// by 64 bits of hash, which is enough for a filter.
    pub fn joined(&mut self) -> Result<Vec<bool>> {
        let mut pairs = self.requests(0)?;
        pairs.sort_unstable_by_key(|(hash, event)| (*hash, event.id));
        let mut joined = vec![false; self.last_event()? as usize + 1];
        for group in pairs.chunk_by(|one, other| one.0 == other.0) {
            let records = group.iter().filter(|(_, event)| event.strand() == Strand::Invocation).count();
            if records > 0 && records < group.len() {
                for (_, event) in group {
                    if let Some(slot) = joined.get_mut(event.id.0 as usize) {
                        *slot = true;
                    }
                }
            }
        }
        Ok(joined)
    }

    /// The request ids, as 64 bits of hash, of the events above a row number.
    pub fn requests(&mut self, after: u32) -> Result<Vec<(u64, EventRef)>> {
        self.snapshot(|reader| {
            let new = reader.refs_above(after)?;
            let mut refs: Vec<Option<EventRef>> = vec![None; new.len()];
            let place = |event: EventId| event.0.checked_sub(after + 1).map(|place| place as usize);
            for event in new {
                if let Some(slot) = place(event.id).and_then(|place| refs.get_mut(place)) {
                    *slot = Some(event);
                }
            }
            let mut pairs = Vec::new();
            for extent in segment::extents(reader.connection())?.into_iter().filter(|extent| extent.last() > after) {
                reader.cancel().check()?;
                runs::read(reader.connection(), extent.id, EntityKind::Request.code(), &mut pairs)?;
            }
            let known = |(hash, event): (u64, u32)| Some((hash, place(EventId(event)).and_then(|place| refs.get(place).copied().flatten())?));
            Ok(pairs.into_iter().filter_map(known).collect())
        })
    }
}
