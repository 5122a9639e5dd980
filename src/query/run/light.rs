//! Rows of columns alone: where all that a query needs of an event is names, outcome, time and tokens, whole events are not read.

use super::error::RunError;
use super::field::{Base, Known, System};
use super::rows::{Row, of_tokens, set};
use crate::case::{LightColumn, Reader};
use crate::decode;
use crate::model::{EntityKind, EventRef, Outcome};
use crate::query::value::Value;

/// How to make rows of columns.
#[derive(Default)]
pub(super) struct Light {
    columns: Vec<LightColumn>,
    makes: Vec<(usize, Make)>,
    /// Some fields are columns only of events that have them.
    pub(super) has_known: bool,
    wants_tokens: bool,
}

/// How to make a value.
enum Make {
    Name(usize),
    Known(&'static Known, usize),
    Family(usize),
    Outcome(Outcome),
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
                Base::System(System::Timestamp) => continue,
                Base::System(System::Account) => light.name(EntityKind::Account),
                Base::System(System::Region) => light.name(EntityKind::Region),
                Base::Known(known, _) => {
                    light.has_known = true;
                    Make::Known(known, light.column(LightColumn::Kind(known.tallied()?)))
                }
                Base::Derived(name, _) => light.derived(name)?,
                Base::System(_) | Base::Path(_) => return None,
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
                    Make::Known(known, column) if known.is_of(event.strand()) => match known.tallied() {
                        Some(EntityKind::Service) => Known::source(name(column).map(|name| &**name)),
                        _ => name(column).map_or(Value::Missing, |name| Value::Text(std::sync::Arc::clone(name))),
                    },
                    Make::Known(..) => Value::Missing,
                    Make::Family(column) => name(column).map(|model| decode::model_family(model)).into(),
                    Make::Outcome(outcome) => Value::Flag(event.outcome() == *outcome).taken_out(),
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
