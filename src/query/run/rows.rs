//! From events to rows: columns of the case first, then, for rows that are still wanted, the records, in the order in which
//! they lie, so that each file is opened once.

use std::collections::HashMap;
use std::sync::Arc;

use super::Statistics;
use super::error::RunError;
use super::expr::Node;
use super::field::{Base, System, is_foreign};
use super::light::{Light, Records};
use super::path;
use crate::case::Reader;
use crate::decode::json::Tape;
use crate::decode::{self, Bodies, Fields};
use crate::model::{Event, EventId, EventRef, ExchangeFacts, FieldValue, Outcome, SourceId, Strand, Tokens, text_from_bytes};
use crate::query::aggregate::size_of_value;
use crate::query::functions::Context;
use crate::query::value::Value;

/// A row on its way through the query.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    /// The one event that it is.
    pub(super) event: Option<EventId>,
    /// The time of that event.
    pub(super) millis: Option<i64>,
    /// By slot.
    pub(super) values: Vec<Value>,
}

impl Row {
    /// About how many bytes it holds.
    pub(super) fn size(&self) -> usize {
        size_of::<Self>() + self.values.iter().map(size_of_value).sum::<usize>()
    }
}

/// What rows are made of.
pub(super) struct Wanted<'p> {
    pub(super) bases: &'p [(usize, Base)],
    pub(super) slots: usize,
    /// Conditions that a row must pass anyway: those that columns can tell spare reading the record.
    pub(super) early: &'p [&'p Node],
    /// Only events out of these sources.
    pub(super) sources: Option<&'p [SourceId]>,
}

/// Makes rows.
pub(super) struct Fetch<'p> {
    wanted: Wanted<'p>,
    context: &'p Context,
    joined: Option<Vec<bool>>,
    calls: Option<HashMap<u32, u32>>,
    ledger: HashMap<SourceId, (Value, Value)>,
    tape: Tape,
    /// How rows are made where columns are enough.
    light: Option<Light>,
    records: Records<'p>,
}

impl<'p> Fetch<'p> {
    pub(super) fn new(reader: &mut Reader, wanted: Wanted<'p>, refs: &[EventRef], context: &'p Context) -> Result<Self, RunError> {
        let has = |name: &str| wanted.bases.iter().any(|(_, base)| matches!(base, Base::Derived(known, _) if *known == name));
        let joined = if has("x.joined") { Some(reader.joined()?) } else { None };
        let calls = if has("x.calls") { Some(reader.calls(refs)?) } else { None };
        let light = Light::of(wanted.bases).filter(|_| wanted.sources.is_none());
        let records = Records::new(wanted.bases, wanted.early);
        Ok(Self { wanted, context, joined, calls, ledger: HashMap::new(), tape: Tape::new(), light, records })
    }

    /// The rows of these events, in their order.
    pub(super) fn rows(&mut self, reader: &mut Reader, refs: &[EventRef], counts: &mut Statistics) -> Result<Vec<Row>, RunError> {
        counts.scanned += refs.len() as u64;
        let mut rows: Vec<Option<Row>> = refs.iter().map(|event| Some(self.bare(*event))).collect();
        if self.wanted.sources.is_none() && !self.wanted.bases.iter().any(|(_, base)| base.needs_event()) {
            return Ok(rows.into_iter().flatten().collect());
        }
        let Some(light) = &self.light else { return Ok(self.whole(reader, refs, counts)?.into_iter().flatten().collect()) };
        light.fill(reader, refs, rows.iter_mut().flatten())?;
        let mut to_read = Vec::new();
        for (at, (slot, event)) in rows.iter_mut().zip(refs).enumerate() {
            let (strand, broken) = (event.strand(), event.is_undecodable());
            let fails =
                |row: &Row| self.wanted.early.iter().any(|node| self.is_cheap(node, strand, broken) && !node.holds(&row.values, self.context));
            if slot.as_ref().is_some_and(fails) {
                *slot = None;
            } else if self.wanted.bases.iter().any(|(_, base)| base.needs_record(strand, broken)) {
                to_read.push((at, *event));
            }
        }
        if !to_read.is_empty() {
            self.records.fill(reader, &to_read, &mut rows, counts)?;
        }
        Ok(rows.into_iter().flatten().collect())
    }

    /// Rows of whole events, and of their records where need be; none where a condition does not hold.
    fn whole(&mut self, reader: &mut Reader, refs: &[EventRef], counts: &mut Statistics) -> Result<Vec<Option<Row>>, RunError> {
        let mut rows: Vec<Option<Row>> = refs.iter().map(|event| Some(self.bare(*event))).collect();
        let ids: Vec<EventId> = refs.iter().map(|event| event.id).collect();
        let events: HashMap<u32, Event> = reader.events(&ids)?.into_iter().map(|event| (event.id.0, event)).collect();
        let facts = self.facts(reader, refs)?;
        let tokens = self.tokens(reader, refs)?;
        let mut to_read: Vec<(usize, &Event)> = Vec::new();
        for (at, (slot, reference)) in rows.iter_mut().zip(refs).enumerate() {
            let (Some(row), Some(event)) = (slot.as_mut(), events.get(&reference.id.0)) else { continue };
            if self.wanted.sources.is_some_and(|sources| !sources.contains(&event.source)) {
                *slot = None;
                continue;
            }
            let facts = facts.get(&event.id.0);
            self.columns(reader, event, facts, tokens.get(&event.id.0).copied(), row)?;
            let (strand, broken) = (event.strand, event.undecodable.is_some());
            if self.wanted.early.iter().any(|node| self.is_cheap(node, strand, broken) && !node.holds(&row.values, self.context)) {
                *slot = None;
            } else if self.wanted.bases.iter().any(|(_, base)| base.needs_record(strand, broken)) {
                to_read.push((at, event));
            }
        }
        to_read.sort_unstable_by_key(|(_, event)| (event.source, event.position.offset));
        for (at, event) in to_read {
            if let Some(Some(row)) = rows.get_mut(at) {
                self.record(reader, event, row, counts)?;
            }
        }
        Ok(rows)
    }

    fn bare(&self, event: EventRef) -> Row {
        let mut row = Row {
            event: Some(event.id),
            millis: event.time().map(crate::model::Timestamp::as_millis),
            values: vec![Value::Missing; self.wanted.slots],
        };
        let time = row.millis.map_or(Value::Missing, Value::Time);
        for (slot, base) in self.wanted.bases {
            if *base == Base::System(System::Timestamp) {
                set(&mut row, *slot, time.clone());
            }
        }
        row
    }

    /// Can the columns alone tell whether the condition holds?
    fn is_cheap(&self, node: &Node, strand: Strand, is_undecodable: bool) -> bool {
        let mut is_cheap = true;
        node.slots(&mut |slot| {
            is_cheap &= self.wanted.bases.iter().any(|(known, base)| *known == slot && !base.needs_record(strand, is_undecodable));
        });
        is_cheap
    }

    fn wants_derived(&self, is: impl Fn(&str) -> bool) -> bool {
        self.wanted.bases.iter().any(|(_, base)| matches!(base, Base::Derived(name, _) if is(name)))
    }

    fn facts(&self, reader: &mut Reader, refs: &[EventRef]) -> Result<HashMap<u32, ExchangeFacts>, RunError> {
        if !self.wants_derived(is_of_exchange) {
            return Ok(HashMap::new());
        }
        let ids: Vec<EventId> = refs.iter().filter(|event| event.strand() == Strand::Invocation).map(|event| event.id).collect();
        let facts = reader.facts(&ids)?;
        Ok(ids.into_iter().zip(facts).filter_map(|(id, facts)| Some((id.0, facts?))).collect())
    }

    fn tokens(&self, reader: &mut Reader, refs: &[EventRef]) -> Result<HashMap<u32, [Option<u64>; 2]>, RunError> {
        if !self.wants_derived(|name| name.starts_with("x.tokens_")) {
            return Ok(HashMap::new());
        }
        let ids: Vec<EventId> = refs.iter().filter(|event| event.strand() != Strand::Invocation).map(|event| event.id).collect();
        Ok(reader.trail_tokens(&ids)?)
    }

    fn columns(
        &mut self,
        reader: &mut Reader,
        event: &Event,
        facts: Option<&ExchangeFacts>,
        tokens: Option<[Option<u64>; 2]>,
        row: &mut Row,
    ) -> Result<(), RunError> {
        let broken = event.undecodable.is_some();
        for (slot, base) in self.wanted.bases {
            let value = match base {
                Base::System(system) => match system {
                    System::Timestamp | System::Message => continue,
                    System::Ptr => event.uid().as_str().into(),
                    System::Log => format!("{}:{}", event.account.as_deref().unwrap_or("unknown"), event.strand.name()).as_str().into(),
                    System::LogStream => self.source(reader, event.source)?.0,
                    System::IngestionTime => self.source(reader, event.source)?.1,
                    System::Account => event.account.as_deref().into(),
                    System::Region => event.region.as_deref().into(),
                },
                Base::Known(known, _) if !is_foreign(event.strand, broken) && known.is_of(event.strand) => known.value(event),
                Base::Derived(name, _) if !base.needs_record(event.strand, broken) => self.derived(name, event, facts, tokens).into(),
                Base::Known(..) | Base::Derived(..) | Base::Path(_) => continue,
            };
            set(row, *slot, value);
        }
        Ok(())
    }

    fn source(&mut self, reader: &mut Reader, id: SourceId) -> Result<(Value, Value), RunError> {
        if let Some(known) = self.ledger.get(&id) {
            return Ok(known.clone());
        }
        let entry = reader.source(id)?;
        let read = entry.as_ref().and_then(|entry| entry.read_at).map_or(Value::Missing, |time| Value::Time(time.as_millis()));
        let told = (entry.map(|entry| Value::text(entry.path)).into(), read);
        self.ledger.insert(id, told.clone());
        Ok(told)
    }

    fn derived(&self, name: &str, event: &Event, facts: Option<&ExchangeFacts>, trail: Option<[Option<u64>; 2]>) -> FieldValue {
        let text = |name: &Option<crate::model::Name>| name.as_deref().map_or(FieldValue::Missing, |name| FieldValue::Text(name.to_owned()));
        let (service, action) = (event.service.as_deref().unwrap_or_default(), event.action.as_deref().unwrap_or_default());
        match name {
            "x.ok" => FieldValue::Flag(event.outcome == Outcome::Ok),
            "x.denied" => FieldValue::Flag(event.outcome == Outcome::Denied),
            "x.principal" => text(&event.principal),
            "x.actor" => text(&event.actor),
            "x.role" => text(&event.role),
            "x.user" => event.principal.as_deref().and_then(decode::user_of).map(str::to_owned).into(),
            "x.session" => text(&event.session),
            "x.key" => text(&event.key),
            "x.key_kind" => FieldValue::Text(event.key_kind.name().to_owned()),
            "x.model" => text(&event.model),
            "x.bucket" => text(&event.bucket),
            "x.account" => text(&event.account),
            "x.region" => text(&event.region),
            "x.service" => text(&event.service),
            "x.action" => text(&event.action),
            "x.ip" => text(&event.ip),
            "x.user_agent" => text(&event.user_agent),
            "x.host" => text(&event.host),
            "x.request" => event.request_id.clone().into(),
            "x.strand" => FieldValue::Text(event.strand.name().to_owned()),
            "x.model_family" => event.model.as_deref().map_or(FieldValue::Missing, |model| FieldValue::Text(decode::model_family(model).to_owned())),
            "x.is_bedrock" => FieldValue::Flag(decode::is_bedrock(service)),
            "x.invoke" => FieldValue::Flag(decode::is_invoke(service, action)),
            "x.agentic" => FieldValue::Flag(decode::is_agentic(service, action)),
            "x.enum" => FieldValue::Flag(decode::is_enumeration(service, action)),
            "x.joined" => FieldValue::Flag(self.joined.as_ref().and_then(|joined| joined.get(event.id.0 as usize)).copied().unwrap_or(false)),
            "x.calls" => match self.calls.as_ref().and_then(|calls| calls.get(&event.id.0)) {
                Some(calls) if event.strand == Strand::Invocation => FieldValue::Number(f64::from(*calls)),
                _ => FieldValue::Missing,
            },
            _ => match (facts, trail) {
                (Some(facts), _) => of_facts(name, facts),
                (None, Some([input, output])) => of_tokens(name, &Tokens { input, output, ..Tokens::default() }),
                (None, None) => FieldValue::Missing,
            },
        }
    }

    /// What only the record tells.
    fn record(&mut self, reader: &mut Reader, event: &Event, row: &mut Row, counts: &mut Statistics) -> Result<(), RunError> {
        reader.interrupter().check()?;
        let broken = event.undecodable.is_some();
        let record = match reader.record(event) {
            Ok(record) => record,
            Err(error) => {
                counts.unreadable += 1;
                counts.why_unreadable.get_or_insert_with(|| error.to_string());
                return Ok(());
            }
        };
        counts.records += 1;
        counts.bytes += record.len() as u64;
        let mut is_parsed = false;
        for (slot, base) in self.wanted.bases.iter().filter(|(_, base)| base.needs_record(event.strand, broken)) {
            let value = match base {
                Base::System(_) => Value::text(Arc::<str>::from(&*text_from_bytes(&record))),
                Base::Known(_, steps) | Base::Path(steps) => {
                    if !is_parsed {
                        self.tape.parse(&record);
                        is_parsed = true;
                    }
                    path::at(self.tape.root(&record), steps)
                }
                Base::Derived(name, _) => {
                    let stored = match event.strand {
                        Strand::Invocation => event.request_id.as_deref().map(|request| reader.bodies(request)).and_then(Result::ok),
                        _ => None,
                    };
                    let bodies = stored.map(|stored| Bodies { input: stored.input, output: stored.output }).unwrap_or_default();
                    is_parsed = false;
                    Fields::of(&record, &mut self.tape, &bodies).get(name).into()
                }
            };
            set(row, *slot, value);
        }
        Ok(())
    }
}

/// Puts a value into a row, which may have been made before the slot was.
pub(super) fn set(row: &mut Row, slot: usize, value: Value) {
    if slot >= row.values.len() {
        row.values.resize(slot + 1, Value::Missing);
    }
    if let Some(place) = row.values.get_mut(slot) {
        *place = value;
    }
}

fn is_of_exchange(name: &str) -> bool {
    matches!(
        name,
        "x.family"
            | "x.stop"
            | "x.body"
            | "x.guard"
            | "x.prompt_chars"
            | "x.prompt_chars_all"
            | "x.completion_chars"
            | "x.turns"
            | "x.latency_ms"
            | "x.tools"
            | "x.guarded"
            | "x.system_opening"
    ) || name.starts_with("x.tokens_")
}

fn of_facts(name: &str, facts: &ExchangeFacts) -> FieldValue {
    let number = |number: u32| FieldValue::Number(f64::from(number));
    match name {
        "x.family" => FieldValue::from(Some(facts.family.clone())),
        "x.stop" => facts.stop_reason.clone().into(),
        "x.body" => FieldValue::Text(facts.body.name().to_owned()),
        "x.guard" => FieldValue::Text(facts.guardrail.name().to_owned()),
        "x.prompt_chars" => number(facts.user_chars),
        "x.prompt_chars_all" => number(facts.input_chars),
        "x.system_opening" => facts.system_opening.clone().into(),
        "x.completion_chars" => number(facts.completion_chars),
        "x.turns" => number(facts.turns),
        "x.latency_ms" => facts.latency_ms.into(),
        "x.tools" => FieldValue::List(facts.tools.clone()),
        "x.guarded" => facts.flags.guarded().map_or(FieldValue::Missing, FieldValue::Flag),
        _ => of_tokens(name, &facts.tokens),
    }
}

pub(super) fn of_tokens(name: &str, tokens: &Tokens) -> FieldValue {
    let sum = |counts: [Option<u64>; 2]| counts.into_iter().flatten().reduce(u64::saturating_add);
    match name {
        "x.tokens_in" => tokens.input.into(),
        "x.tokens_out" => tokens.output.into(),
        "x.tokens_cache" => sum([tokens.cache_read, tokens.cache_write]).into(),
        "x.tokens_total" => sum([tokens.total_input.or(tokens.input), tokens.output]).into(),
        _ => FieldValue::Missing,
    }
}
