//! What a `SELECT` reads: one relation or two, and what a name means in them. All slots are counted through both, so that a row of
//! either side has room for the other's values, and a condition can be asked before the sides are joined.

use std::collections::HashMap;

use super::super::error::RunError;
use super::super::expr::{Node, wrong};
use super::super::field::{Base, known_name};
use super::super::groups::Chosen;
use super::super::names::Column;
use crate::query::ql::ast::{Field, Step};
use crate::query::ql::{QueryError, Span};
use crate::query::value::Value;

/// A relation.
pub(super) struct Table {
    pub(super) alias: Option<String>,
    pub(super) kind: TableKind,
}

/// What it is made of.
pub(super) enum TableKind {
    /// Events: any field may be there, and gets a slot when it is first read.
    Events { chosen: Chosen, known: HashMap<String, usize>, bases: Vec<(usize, Base)> },
    /// The rows of a query.
    Rows { columns: Vec<Column>, rows: Vec<Vec<Value>> },
}

/// All of them.
pub(super) struct Tables {
    pub(super) all: Vec<Table>,
    pub(super) slots: usize,
    /// What a person should know.
    pub(super) notes: Vec<String>,
}

/// What `*` shows of an event.
const SHOWN: [&str; 4] = ["@timestamp", "@message", "@logStream", "@log"];

pub(super) fn flat(steps: &[Step]) -> String {
    Field { steps: steps.to_vec(), span: Span::default() }.flat()
}

impl Tables {
    /// A place without a name.
    pub(super) fn slot(&mut self) -> usize {
        self.slots += 1;
        self.slots - 1
    }

    /// What a name means, and in which relation.
    pub(super) fn resolve(&mut self, steps: &[Step], span: Span) -> Result<Node, RunError> {
        let (table, steps) = self.table_of(steps, span)?;
        self.in_table(table, steps, span)
    }

    fn table_of<'s>(&self, steps: &'s [Step], span: Span) -> Result<(usize, &'s [Step]), RunError> {
        for count in 1..steps.len() {
            let (first, rest) = steps.split_at_checked(count).unwrap_or_default();
            let name = flat(first);
            let named = |table: &Table| table.alias.as_ref().is_some_and(|alias| alias.eq_ignore_ascii_case(&name));
            if let Some(at) = self.all.iter().position(named) {
                return Ok((at, rest));
            }
        }
        if self.all.len() == 1 {
            return Ok((0, steps));
        }
        let name = flat(steps);
        let may_have: Vec<usize> = self.all.iter().enumerate().filter(|(_, table)| table.may_have(&name)).map(|(at, _)| at).collect();
        match may_have.as_slice() {
            [one] => Ok((*one, steps)),
            [] => Err(wrong(span, format!("neither side gives `{name}`"))),
            _ => {
                let alias = |at: usize| self.all.get(at).and_then(|table| table.alias.clone());
                let remedy = match (alias(0), alias(1)) {
                    (Some(one), Some(other)) => format!("write {one}.`{name}` or {other}.`{name}`"),
                    _ => "give both sides a name: FROM `a` AS x INNER JOIN `b` AS y".to_owned(),
                };
                Err(wrong(span, format!("`{name}` may be of either side: {remedy}")))
            }
        }
    }

    /// A field of the relation of that number.
    pub(super) fn in_table(&mut self, at: usize, steps: &[Step], span: Span) -> Result<Node, RunError> {
        let slot = self.slots;
        let Some(table) = self.all.get_mut(at) else { return Ok(Node::Const(Value::Missing)) };
        match &mut table.kind {
            TableKind::Events { known, bases, .. } => {
                let name = flat(steps);
                if let Some(slot) = known.get(&name) {
                    return Ok(Node::Slot(*slot));
                }
                if let Some(near) = known_name(&name) {
                    self.notes.push(format!("names of fields mind their case here: `{name}` is not `{near}`"));
                }
                let base = Base::of(&name, steps).map_err(|message| QueryError { span, message, expected: Vec::new(), suggestion: None })?;
                known.insert(name, slot);
                bases.push((slot, base));
                self.slots += 1;
                Ok(Node::Slot(slot))
            }
            TableKind::Rows { columns, .. } => {
                for count in (1..=steps.len()).rev() {
                    let (first, rest) = steps.split_at_checked(count).unwrap_or_default();
                    let name = flat(first);
                    if let Some((_, slot)) = columns.iter().find(|(known, _)| known.eq_ignore_ascii_case(&name)) {
                        let whole = Node::Slot(*slot);
                        return Ok(if rest.is_empty() { whole } else { Node::Part(Box::new(whole), rest.to_vec()) });
                    }
                }
                let name = flat(steps);
                let near = columns.iter().map(|(known, _)| (strsim::osa_distance(&name.to_lowercase(), &known.to_lowercase()), known)).min();
                let suggestion = near.filter(|(distance, _)| *distance <= 2).map(|(_, known)| known.clone());
                let all: Vec<&str> = columns.iter().map(|(known, _)| known.as_str()).collect();
                let message = format!("the query behind FROM gives no `{name}`; it gives {}", all.join(", "));
                Err(QueryError { span, message, expected: Vec::new(), suggestion }.into())
            }
        }
    }

    /// What `*`, or `a.*`, shows.
    pub(super) fn shown(&mut self, of: Option<&str>, span: Span) -> Result<Vec<Column>, RunError> {
        let named = |table: &Table| of.is_none_or(|of| table.alias.as_ref().is_some_and(|alias| alias.eq_ignore_ascii_case(of)));
        let wanted: Vec<usize> = self.all.iter().enumerate().filter(|(_, table)| named(table)).map(|(at, _)| at).collect();
        if wanted.is_empty() {
            return Err(wrong(span, format!("nothing here is called `{}`", of.unwrap_or_default())));
        }
        let mut columns = Vec::new();
        for at in wanted {
            if let Some(Table { kind: TableKind::Rows { columns: own, .. }, .. }) = self.all.get(at) {
                columns.extend(own.iter().cloned());
                continue;
            }
            for name in SHOWN {
                if let Node::Slot(slot) = self.in_table(at, &[Step::Member(name.to_owned())], span)? {
                    columns.push((name.to_owned(), slot));
                }
            }
        }
        Ok(columns)
    }

    /// Which relation a slot is of; none of neither.
    pub(super) fn side(&self, slot: usize) -> Option<usize> {
        self.all.iter().position(|table| match &table.kind {
            TableKind::Events { bases, .. } => bases.iter().any(|(known, _)| *known == slot),
            TableKind::Rows { columns, .. } => columns.iter().any(|(_, known)| *known == slot),
        })
    }

    /// Does a value depend on one relation only, and on which?
    pub(super) fn only_side(&self, node: &Node) -> Option<usize> {
        let mut sides = Vec::new();
        node.slots(&mut |slot| sides.push(self.side(slot)));
        let first = sides.first().copied().flatten()?;
        sides.iter().all(|side| *side == Some(first)).then_some(first)
    }

    /// Is it the time of the event?
    pub(super) fn is_time(&self, node: &Node) -> bool {
        let Node::Slot(slot) = node else { return false };
        self.all.iter().any(|table| match &table.kind {
            TableKind::Events { bases, .. } => bases.iter().any(|(known, base)| known == slot && base.is_time()),
            TableKind::Rows { .. } => false,
        })
    }
}

impl Table {
    fn may_have(&self, name: &str) -> bool {
        match &self.kind {
            TableKind::Events { .. } => true,
            TableKind::Rows { columns, .. } => columns.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)),
        }
    }
}
