//! Rows of a few columns and of records: where all that a query needs of an event is names, outcome, time, tokens and paths, whole
//! events are not read. Records are read on two threads.

use std::sync::atomic::{AtomicUsize, Ordering};

use memchr::memmem::Finder;

use super::Statistics;
use super::error::RunError;
use super::expr::Node;
use super::field::{At, Base, Known, System, is_foreign};
use super::path;
use super::rows::{Row, of_tokens, set};
use super::screen::{Screen, key_of, spells_letters};
use crate::case::{LightColumn, Reader, RecordPlace};
use crate::decode;
use crate::decode::json::Tape;
use crate::model::{EntityKind, EventRef, Outcome, text_from_bytes};
use crate::query::ql::ast::Step;
use crate::query::value::Value;

/// So many records are worth a second thread.
const SHARED: usize = 64;
/// What two threads take turns with: few, because a file at the end of one is expanded by both.
const PARTS: usize = 4;

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

/// What a record gave: the row's place, and values by slot; none when it is no row of the query.
type Read = (usize, Option<Vec<(usize, Value)>>);

/// A path into records, and what stands in each that has something there.
struct Way<'p> {
    steps: &'p [Step],
    key: Option<Finder<'static>>,
}

/// Reads what only records tell.
pub(super) struct Records<'p> {
    bases: &'p [(usize, Base)],
    ways: Vec<(usize, Option<Way<'p>>)>,
    screen: Screen,
    tapes: [Tape; 2],
}

impl<'p> Records<'p> {
    /// Of these fields, for rows of which these conditions hold.
    pub(super) fn new(bases: &'p [(usize, Base)], conditions: &[&Node]) -> Self {
        let ways = bases.iter().map(|(slot, base)| {
            let way = match base {
                Base::Known(_, steps) | Base::Path(steps) => Some(Way { steps, key: key_of(steps) }),
                Base::System(_) | Base::Derived(..) => None,
            };
            (*slot, way)
        });
        Self { bases, ways: ways.collect(), screen: Screen::of(conditions, bases), tapes: [Tape::new(), Tape::new()] }
    }

    /// Fills the rows of these events, which are those at these places, and leaves none where a condition does not hold. Those of records
    /// that cannot be read stay as they are, and are counted.
    pub(super) fn fill(
        &mut self,
        reader: &mut Reader,
        refs: &[(usize, EventRef)],
        rows: &mut [Option<Row>],
        counts: &mut Statistics,
    ) -> Result<(), RunError> {
        // Records of one file have neighbouring numbers.
        let mut wanted = refs.to_vec();
        wanted.sort_unstable_by_key(|(_, event)| event.id);
        let parts: Vec<&[(usize, EventRef)]> = wanted.chunks(wanted.len().div_ceil(PARTS).max(SHARED)).collect();
        let next = AtomicUsize::new(0);
        let interrupter = reader.interrupter();
        let [mut own, mut other] = std::mem::take(&mut self.tapes);
        let work = |reader: &mut Reader, tape: &mut Tape| {
            let mut share = Share::default();
            while let Some(part) = parts.get(next.fetch_add(1, Ordering::Relaxed)) {
                self.part(reader, part, tape, &mut share)?;
            }
            Ok::<_, RunError>(share)
        };
        let (mine, theirs) = if parts.len() < 2 {
            (work(reader, &mut own), Ok(Share::default()))
        } else {
            reader.with_partner(|reader, partner| {
                std::thread::scope(|threads| {
                    let thread = threads.spawn(|| work(partner, &mut other));
                    (work(reader, &mut own), thread.join().unwrap_or_else(|_| Ok(Share::default())))
                })
            })?
        };
        self.tapes = [own, other];
        interrupter.check()?;
        let shares = [mine?, theirs?];
        let first = shares.iter().filter_map(|share| share.why_unreadable.as_ref()).min_by_key(|(at, _)| *at);
        if let (None, Some((_, why))) = (&counts.why_unreadable, first) {
            counts.why_unreadable = Some(why.clone());
        }
        for share in shares {
            counts.records += share.records;
            counts.bytes += share.bytes;
            counts.unreadable += share.unreadable;
            for (at, values) in share.read {
                let Some(slot) = rows.get_mut(at) else { continue };
                match (values, slot) {
                    (None, slot) => *slot = None,
                    (Some(values), Some(row)) => values.into_iter().for_each(|(slot, value)| set(row, slot, value)),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn part(&self, reader: &mut Reader, part: &[(usize, EventRef)], tape: &mut Tape, share: &mut Share) -> Result<(), RunError> {
        let events: Vec<EventRef> = part.iter().map(|(_, event)| *event).collect();
        let places = reader.record_places(&events)?;
        let mut wanted: Vec<(usize, EventRef, RecordPlace)> =
            part.iter().zip(places).filter_map(|((at, event), place)| Some((*at, *event, place?))).collect();
        wanted.sort_unstable_by_key(|(_, _, place)| (place.source, place.position.offset));
        let places: Vec<RecordPlace> = wanted.iter().map(|(_, _, place)| *place).collect();
        let interrupter = reader.interrupter();
        let is_given_up = || interrupter.check().is_err();
        let may_hold = |number: usize, record: &[u8]| {
            wanted.get(number).is_some_and(|(_, event, _)| self.screen.may_hold(record, &|slot| self.is_read(slot, *event), &is_given_up))
        };
        reader.records(&places, &may_hold, &mut |number, record| {
            let Some((at, event, place)) = wanted.get(number) else { return };
            if record.is_ok() {
                share.records += 1;
                share.bytes += u64::from(place.position.length);
            }
            match record {
                Ok(None) => share.read.push((*at, None)),
                Ok(Some(record)) => share.read.push((*at, Some(self.values(record, *event, tape)))),
                Err(error) => {
                    share.unreadable += 1;
                    if share.why_unreadable.as_ref().is_none_or(|(known, _)| at < known) {
                        share.why_unreadable = Some((*at, error.to_string()));
                    }
                }
            }
        })?;
        Ok(())
    }

    /// Is the field at this slot read from the record of such an event?
    fn is_read(&self, slot: usize, event: EventRef) -> bool {
        self.bases.iter().any(|(known, base)| *known == slot && base.needs_record(event.strand(), event.is_undecodable()))
    }

    fn values(&self, record: &[u8], event: EventRef, tape: &mut Tape) -> Vec<(usize, Value)> {
        let (mut is_parsed, mut spells) = (false, None);
        let mut values = Vec::new();
        for ((_, base), (slot, way)) in self.bases.iter().zip(&self.ways) {
            if !base.needs_record(event.strand(), event.is_undecodable()) {
                continue;
            }
            let value = match (base, way) {
                (Base::System(_), _) => Value::text(std::sync::Arc::<str>::from(&*text_from_bytes(record))),
                (_, Some(way)) => {
                    let is_there = |key: &Finder<'_>| key.find(record).is_some() || *spells.get_or_insert_with(|| spells_letters(record));
                    if !way.key.as_ref().is_none_or(is_there) {
                        continue;
                    }
                    if !is_parsed {
                        tape.parse(record);
                        is_parsed = true;
                    }
                    path::at(tape.root(record), way.steps)
                }
                (_, None) => continue,
            };
            values.push((*slot, value));
        }
        values
    }
}

/// What one thread has read.
#[derive(Default)]
struct Share {
    read: Vec<Read>,
    records: u64,
    bytes: u64,
    unreadable: u64,
    /// Of the first such row.
    why_unreadable: Option<(usize, String)>,
}
