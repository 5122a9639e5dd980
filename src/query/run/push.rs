//! Conditions that the case's lists can answer are asked of them before any row is made. Each row is asked again: so this can
//! only save work, never change an answer.

use std::sync::Arc;

use super::error::RunError;
use super::expr::Node;
use super::field::{Base, System, is_foreign};
use super::groups::narrowed;
use crate::case::Reader;
use crate::model::{Comparison as Test, EntityKind, EventRef, FieldFilter, FieldKind, FieldTest, Scope, TimeRange, Timestamp};
use crate::query::compare::Comparison;
use crate::query::value::Value;

/// Milliseconds beyond which a number is no time of an event.
const END_OF_TIME: f64 = 9.0e15;

/// The events of a scope among which all are for which the conditions hold, by time.
pub(super) fn candidates(reader: &mut Reader, scope: &Scope, bases: &[(usize, Base)], early: &[Arc<Node>]) -> Result<Arc<Vec<EventRef>>, RunError> {
    let mut wide = scope.clone();
    for node in early {
        if let Some(range) = range(node, bases) {
            wide.range = narrowed(wide.range, range);
        }
    }
    let mut narrow = wide.clone();
    for node in early {
        ask(node, bases, &mut narrow);
    }
    if narrow == wide {
        return Ok(reader.refs(&wide)?);
    }
    let found = reader.refs(&narrow)?;
    // Records without columns of well-known names are asked one by one.
    let all = reader.refs(&wide)?;
    let others = all.iter().filter(|event| is_foreign(event.strand(), event.is_undecodable()));
    let mut refs: Vec<EventRef> = found.iter().filter(|event| !is_foreign(event.strand(), event.is_undecodable())).chain(others).copied().collect();
    refs.sort();
    Ok(Arc::new(refs))
}

fn base(bases: &[(usize, Base)], slot: usize) -> Option<&Base> {
    bases.iter().find(|(known, _)| *known == slot).map(|(_, base)| base)
}

/// A comparison of a field with a constant, whichever side it stands on.
fn compared(node: &Node) -> Option<(Comparison, &Node, &Value)> {
    let (Node::Compare(how, left, right) | Node::Holds(how, left, right)) = node else { return None };
    match (&**left, &**right) {
        (field, Node::Const(value)) => Some((*how, field, value)),
        (Node::Const(value), field) => {
            let turned = match how {
                Comparison::Less => Comparison::Greater,
                Comparison::AtMost => Comparison::AtLeast,
                Comparison::Greater => Comparison::Less,
                Comparison::AtLeast => Comparison::AtMost,
                same => *same,
            };
            Some((turned, field, value))
        }
        _ => None,
    }
}

/// `toMillis(@timestamp) >= 5`, `@timestamp < 7`
fn range(node: &Node, bases: &[(usize, Base)]) -> Option<TimeRange> {
    let (how, field, value) = compared(node)?;
    let slot = match field {
        Node::Slot(slot) => *slot,
        Node::Call(function, args) if function.name == "toMillis" => match args.as_slice() {
            [Node::Slot(slot)] => *slot,
            _ => return None,
        },
        _ => return None,
    };
    if base(bases, slot) != Some(&Base::System(System::Timestamp)) || matches!(value, Value::Flag(_)) {
        return None;
    }
    let millis = value.as_number().filter(|millis| millis.abs() < END_OF_TIME)?;
    let at = |millis: f64| Some(Timestamp::from_millis(millis as i64));
    let (since, until) = match how {
        Comparison::AtLeast => (at(millis.ceil()), None),
        Comparison::Greater => (at(millis.floor() + 1.0), None),
        Comparison::Less => (None, at(millis.ceil())),
        Comparison::AtMost => (None, at(millis.floor() + 1.0)),
        Comparison::Equal => (at(millis.floor()), at(millis.floor() + 1.0)),
        Comparison::NotEqual => return None,
    };
    Some(TimeRange { since, until })
}

/// Narrows the scope to what a condition can hold for.
fn ask(node: &Node, bases: &[(usize, Base)], scope: &mut Scope) {
    let Some((how, Node::Slot(slot), value)) = compared(node) else { return };
    match base(bases, *slot) {
        Some(Base::Known(known, _)) if how == Comparison::Equal => {
            // What looks like a number has other spellings.
            let Some(entity) = plain_text(value).and_then(|text| known.mention(text)) else { return };
            // Several actions would mean any of them.
            let is_action = entity.kind == EntityKind::Action;
            if !is_action || !scope.entities.iter().any(|known| known.kind == EntityKind::Action) {
                *scope = scope.narrowed(entity);
            }
        }
        Some(Base::Derived(name, kind)) if is_in_column(name) => {
            let filter = derived(name, *kind, how, value).filter(|filter| FieldTest::new(filter).is_ok());
            scope.fields.extend(filter);
        }
        _ => {}
    }
}

/// Text that is equal to nothing but itself.
fn plain_text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) if value.numeric().is_none() => Some(text),
        _ => None,
    }
}

fn derived(name: &'static str, kind: FieldKind, how: Comparison, value: &Value) -> Option<FieldFilter> {
    let comparison = match how {
        Comparison::Equal => Test::Is,
        Comparison::NotEqual => return None,
        Comparison::Less => Test::Below,
        Comparison::AtMost => Test::AtMost,
        Comparison::Greater => Test::Above,
        Comparison::AtLeast => Test::AtLeast,
    };
    let value = match kind {
        FieldKind::Text if comparison == Test::Is => plain_text(value)?.to_owned(),
        FieldKind::Flag if comparison == Test::Is => match value {
            Value::Flag(flag) => flag.to_string(),
            Value::Text(text) if matches!(&**text, "true" | "false") => text.to_string(),
            _ => return None,
        },
        FieldKind::Number => match value {
            Value::Flag(_) => return None,
            // A count of tokens is exact as a floating-point number; so is what it is compared with, or it stays here.
            other => other.as_number().filter(|number| number.abs() < END_OF_TIME)?.to_string(),
        },
        _ => return None,
    };
    Some(FieldFilter { name, comparison, value })
}

/// Fields that a list can be narrowed by without reading records.
fn is_in_column(name: &str) -> bool {
    !matches!(
        name,
        "x.user_text"
            | "x.completion"
            | "x.thinking"
            | "x.guard_findings"
            | "x.guard_policies"
            | "x.guardrail"
            | "x.secrets"
            | "x.system"
            | "x.hidden"
            | "x.prefix"
            | "x.output_bucket"
            | "x.command"
            | "x.tools"
    ) && !name.starts_with("x.cli.")
}
