//! Rows of a few columns and of records: where all that a query needs of an event is names, outcome, time, tokens and paths, whole
//! events are not read. Records are read on two threads.

use super::Statistics;
use super::error::RunError;
use super::field::{At, Base, Known, System, is_foreign};
use super::path;
use super::rows::{Row, of_tokens, set};
use crate::case::{Interrupter, LightColumn, Reader, RecordPlace};
use crate::decode;
use crate::decode::json::Tape;
use crate::model::{EntityKind, EventRef, Outcome, text_from_bytes};
use crate::query::value::Value;

/// So many records are worth a second thread.
const SHARED: usize = 64;

/// How to make rows of columns.
#[derive(Default)]
pub(super) struct Light {
    columns: Vec<LightColumn>,
    makes: Vec<(usize, Make)>,
    wants_tokens: bool,
}

/// How to make a value.
enum Make {
    Name(usize),
    Known(&'static Known, usize),
    Family(usize),
    Outcome(Outcome),
    Strand,
    /// Of service and action.
    Called(fn(&str, &str) -> bool, usize, usize),
    Tokens(&'static str),
}

impl Light {
    /// None when something else is needed.
    pub(super) fn of(bases: &[(usize, Base)]) -> Option<Self> {
        let mut light = Self::default();
        for (slot, base) in bases {
            let make = match base {
                // In the list already, or of the record.
                Base::System(System::Timestamp | System::Message) | Base::Path(_) => continue,
                Base::System(System::Account) => light.name(EntityKind::Account),
                Base::System(System::Region) => light.name(EntityKind::Region),
                Base::Known(known, _) => match known.at {
                    // Of the record, as `modelId` is.
                    At::Record => continue,
                    At::RequestId => Make::Known(known, light.column(LightColumn::RequestId)),
                    At::ErrorMessage => Make::Known(known, light.column(LightColumn::ErrorMessage)),
                    At::Column(kind) => Make::Known(known, light.column(LightColumn::Kind(kind))),
                    At::Source => Make::Known(known, light.column(LightColumn::Kind(EntityKind::Service))),
                },
                Base::Derived(name, _) => light.derived(name)?,
                Base::System(_) => return None,
            };
            light.makes.push((*slot, make));
        }
        Some(light)
    }

    fn column(&mut self, column: LightColumn) -> usize {
        self.columns.iter().position(|known| *known == column).unwrap_or_else(|| {
            self.columns.push(column);
            self.columns.len() - 1
        })
    }

    fn name(&mut self, kind: EntityKind) -> Make {
        Make::Name(self.column(LightColumn::Kind(kind)))
    }

    fn called(&mut self, is: fn(&str, &str) -> bool) -> Make {
        let service = self.column(LightColumn::Kind(EntityKind::Service));
        Make::Called(is, service, self.column(LightColumn::Kind(EntityKind::Action)))
    }

    fn derived(&mut self, name: &'static str) -> Option<Make> {
        Some(match name {
            "x.ok" => Make::Outcome(Outcome::Ok),
            "x.denied" => Make::Outcome(Outcome::Denied),
            "x.principal" => self.name(EntityKind::Principal),
            "x.actor" => Make::Name(self.column(LightColumn::Actor)),
            "x.role" => self.name(EntityKind::Role),
            "x.session" => self.name(EntityKind::Session),
            "x.key" => self.name(EntityKind::Key),
            "x.model" => self.name(EntityKind::Model),
            "x.bucket" => self.name(EntityKind::Bucket),
            "x.account" => self.name(EntityKind::Account),
            "x.region" => self.name(EntityKind::Region),
            "x.service" => self.name(EntityKind::Service),
            "x.action" => self.name(EntityKind::Action),
            "x.ip" => self.name(EntityKind::Ip),
            "x.user_agent" => self.name(EntityKind::UserAgent),
            "x.host" => self.name(EntityKind::Host),
            "x.strand" => Make::Strand,
            "x.model_family" => Make::Family(self.column(LightColumn::Kind(EntityKind::Model))),
            "x.is_bedrock" => self.called(|service, _| decode::is_bedrock(service)),
            "x.invoke" => self.called(decode::is_invoke),
            "x.agentic" => self.called(decode::is_agentic),
            "x.enum" => self.called(decode::is_enumeration),
            "x.tokens_in" | "x.tokens_out" | "x.tokens_cache" | "x.tokens_total" => {
                self.wants_tokens = true;
                Make::Tokens(name)
            }
            _ => return None,
        })
    }

    /// Fills the rows of these events.
    pub(super) fn fill<'r>(&self, reader: &mut Reader, refs: &[EventRef], rows: impl Iterator<Item = &'r mut Row>) -> Result<(), RunError> {
        let columns = reader.light(refs, &self.columns)?;
        let tokens = if self.wants_tokens { reader.tokens(refs)? } else { std::collections::HashMap::new() };
        for (at, (event, row)) in refs.iter().zip(rows).enumerate() {
            let names = columns.names(at);
            let name = |column: &usize| names.get(*column).and_then(Option::as_ref);
            for (slot, make) in &self.makes {
                let value = match make {
                    Make::Name(column) => name(column).map_or(Value::Missing, |name| Value::Text(std::sync::Arc::clone(name))),
                    // Records of other kinds have paths of these names.
                    Make::Known(..) if is_foreign(event.strand(), event.is_undecodable()) => continue,
                    Make::Known(known, column) if known.is_of(event.strand()) => match known.at {
                        At::Source => Known::source(name(column).map(|name| &**name)),
                        _ => name(column).map_or(Value::Missing, |name| Value::Text(std::sync::Arc::clone(name))),
                    },
                    Make::Known(..) => Value::Missing,
                    Make::Family(column) => name(column).map(|model| decode::model_family(model)).into(),
                    Make::Outcome(outcome) => Value::Flag(event.outcome() == *outcome).taken_out(),
                    Make::Strand => event.strand().name().into(),
                    Make::Called(is, service, action) => {
                        let text = |column| name(column).map_or("", |name| &**name);
                        Value::Flag(is(text(service), text(action))).taken_out()
                    }
                    Make::Tokens(name) => tokens.get(&event.id.0).map_or(Value::Missing, |tokens| of_tokens(name, tokens).into()),
                };
                set(row, *slot, value);
            }
        }
        Ok(())
    }
}

/// What a record gave: the row's place, and values by slot.
type Read = (usize, Vec<(usize, Value)>);

/// Reads what only records tell.
pub(super) struct Records {
    /// Reads half of them; opened when first needed.
    helper: Option<Reader>,
    tapes: [Tape; 2],
}

impl Records {
    pub(super) fn new() -> Self {
        Self { helper: None, tapes: [Tape::new(), Tape::new()] }
    }

    /// Fills the rows of these events, which are those at these places. The ones that cannot be read stay as they are, and are
    /// counted.
    pub(super) fn fill(
        &mut self,
        reader: &mut Reader,
        bases: &[(usize, Base)],
        refs: &[(usize, EventRef)],
        rows: &mut [Option<Row>],
        counts: &mut Statistics,
    ) -> Result<(), RunError> {
        let events: Vec<EventRef> = refs.iter().map(|(_, event)| *event).collect();
        let places = reader.record_places(&events)?;
        let mut wanted: Vec<(usize, EventRef, RecordPlace)> =
            refs.iter().zip(places).filter_map(|((at, event), place)| Some((*at, *event, place?))).collect();
        wanted.sort_unstable_by_key(|(_, _, place)| (place.source, place.position.offset));
        // Half of the bytes each, no source in both.
        let total: u64 = wanted.iter().map(|(_, _, place)| u64::from(place.position.length)).sum();
        let mut seen = 0;
        let middle = wanted.iter().position(|(_, _, place)| {
            seen += u64::from(place.position.length);
            seen * 2 >= total
        });
        let middle = middle.unwrap_or(0);
        let source_of = |at: usize| wanted.get(at).map(|(_, _, place)| place.source);
        let split = (middle..wanted.len()).find(|at| *at > 0 && source_of(*at) != source_of(at - 1)).unwrap_or(wanted.len());
        let (first, second) = wanted.split_at_checked(split).unwrap_or((&wanted, &[]));
        if wanted.len() >= SHARED && !second.is_empty() && self.helper.is_none() {
            self.helper = Some(reader.sibling()?);
        }
        let interrupter = reader.interrupter();
        let [own, other] = &mut self.tapes;
        let (mine, theirs) = match &mut self.helper {
            Some(helper) if wanted.len() >= SHARED && !second.is_empty() => std::thread::scope(|threads| {
                let thread = threads.spawn(|| half(helper, bases, second, other, &interrupter));
                let mine = half(reader, bases, first, own, &interrupter);
                (mine, thread.join().unwrap_or_else(|_| Half::default()))
            }),
            _ => (half(reader, bases, first, own, &interrupter), half(reader, bases, second, other, &interrupter)),
        };
        interrupter.check()?;
        for half in [mine, theirs] {
            counts.records += half.records;
            counts.bytes += half.bytes;
            counts.unreadable += half.unreadable;
            if counts.why_unreadable.is_none() {
                counts.why_unreadable = half.why_unreadable;
            }
            for (at, values) in half.read {
                if let Some(Some(row)) = rows.get_mut(at) {
                    for (slot, value) in values {
                        set(row, slot, value);
                    }
                }
            }
        }
        Ok(())
    }
}

/// What one thread has read.
#[derive(Default)]
struct Half {
    read: Vec<Read>,
    records: u64,
    bytes: u64,
    unreadable: u64,
    why_unreadable: Option<String>,
}

fn half(reader: &mut Reader, bases: &[(usize, Base)], wanted: &[(usize, EventRef, RecordPlace)], tape: &mut Tape, interrupter: &Interrupter) -> Half {
    let mut half = Half { read: Vec::with_capacity(wanted.len()), ..Half::default() };
    // In pieces, so that it can be stopped in between.
    for piece in wanted.chunks(64) {
        if interrupter.check().is_err() {
            break;
        }
        let places: Vec<RecordPlace> = piece.iter().map(|(_, _, place)| *place).collect();
        reader.records(&places, &mut |number, record| {
            let Some((at, event, _)) = piece.get(number) else { return };
            match record {
                Ok(record) => {
                    half.records += 1;
                    half.bytes += record.len() as u64;
                    half.read.push((*at, values(&record, bases, *event, tape)));
                }
                Err(error) => {
                    half.unreadable += 1;
                    half.why_unreadable.get_or_insert_with(|| error.to_string());
                }
            }
        });
    }
    half
}

fn values(record: &[u8], bases: &[(usize, Base)], event: EventRef, tape: &mut Tape) -> Vec<(usize, Value)> {
    let mut is_parsed = false;
    let needed = bases.iter().filter(|(_, base)| base.needs_record(event.strand(), event.is_undecodable()));
    needed
        .filter_map(|(slot, base)| {
            let value = match base {
                Base::System(_) => Value::text(std::sync::Arc::<str>::from(&*text_from_bytes(record))),
                Base::Known(_, steps) | Base::Path(steps) => {
                    if !is_parsed {
                        tape.parse(record);
                        is_parsed = true;
                    }
                    path::at(tape.root(record), steps)
                }
                Base::Derived(..) => return None,
            };
            Some((*slot, value))
        })
        .collect()
}
