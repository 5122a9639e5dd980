//! `autoregress`, `addtotals`, `filldown`, `join`: commands that add to rows.

use std::collections::VecDeque;

use hashbrown::HashMap;

use super::super::error::RunError;
use super::super::expr::{Node, wrong};
use super::super::names::Column;
use super::super::stage::{AddTotals, Autoregress, FillDown, Join, by_key, glob};
use super::Planner;
use crate::query::compare::compile;
use crate::query::ql::ast::{
    AddTotals as Totals, Autoregress as Lags, Expr, ExprKind, Field, FillTarget, Item, Join as Told, JoinKind, Name, Query, Stage, StageKind,
};

impl Planner<'_> {
    pub(super) fn autoregress(&mut self, told: &Lags) -> Result<(), RunError> {
        let of = self.field(&told.field)?;
        let (from, to) = told.lags.unwrap_or((1, 1));
        if from == 0 || to < from || to > 1000 {
            return Err(wrong(told.field.span, "`autoregress` looks back 1 to 1,000 rows"));
        }
        let base = told.alias.as_ref().map_or_else(|| told.field.flat(), |alias| alias.text.clone());
        let mut lags = Vec::new();
        for lag in from..=to {
            let name = if from == to && told.alias.is_some() { base.clone() } else { format!("{base}_p{lag}") };
            let slot = self.names.give(&name);
            self.names.add(&name, slot);
            lags.push((usize::try_from(lag).unwrap_or(usize::MAX), slot));
        }
        self.breaks(false);
        self.push(Autoregress { of, lags, before: VecDeque::new() });
        Ok(())
    }

    pub(super) fn add_totals(&mut self, told: &Totals) -> Result<(), RunError> {
        let mut of = Vec::new();
        if told.fields.is_empty() {
            of.extend(self.names.columns.iter().flatten().chain(&self.names.added).map(|(_, slot)| *slot));
        }
        for field in &told.fields {
            if let Node::Slot(slot) = self.field(field)? {
                of.push(slot);
            }
        }
        let row = told.row.unwrap_or(true).then(|| {
            let name = told.name.as_ref().map_or("Total", |name| name.text.as_str());
            let slot = self.names.give(name);
            self.names.add(name, slot);
            slot
        });
        self.breaks(false);
        let column = told.column.unwrap_or(false);
        self.push(AddTotals { of, row, column, slots: self.names.slots, sums: Vec::new() });
        Ok(())
    }

    pub(super) fn fill_down(&mut self, targets: &[FillTarget]) -> Result<(), RunError> {
        let shown: Vec<Column> = self.names.columns.iter().flatten().chain(&self.names.added).cloned().collect();
        let mut slots: Vec<usize> = Vec::new();
        for target in targets {
            match target {
                FillTarget::Field(field) => {
                    if let Node::Slot(slot) = self.field(field)? {
                        slots.push(slot);
                    }
                }
                FillTarget::Wildcard(name) => {
                    let regex = compile(&format!("^{}$", glob(&name.text))).map_err(|error| wrong(name.span, error.to_string()))?;
                    slots.extend(shown.iter().filter(|(name, _)| regex.is_match(name)).map(|(_, slot)| *slot));
                }
            }
        }
        if targets.is_empty() {
            slots.extend(shown.iter().map(|(_, slot)| *slot));
        }
        self.breaks(false);
        self.push(FillDown { slots, last: HashMap::new() });
        Ok(())
    }

    pub(super) fn join(&mut self, told: &Told, rest: &[Stage]) -> Result<(), RunError> {
        let (mut left, mut right) = (&told.left_key, &told.right_key);
        if left.root() == told.right.text {
            (left, right) = (right, left);
        }
        let within = |field: &Field| Field { steps: field.steps.get(1..).unwrap_or_default().to_vec(), span: field.span };
        self.names.left = Some(told.left.text.clone());
        let key = self.field(left)?;
        // What later commands read of the other side, the key first.
        let mut fields = vec![within(right)];
        let mut slots = Vec::new();
        for field in rest.iter().flat_map(Stage::reads).filter(|field| field.root() == told.right.text && field.steps.len() > 1) {
            if self.names.given().any(|(name, _)| name == field.flat()) {
                continue;
            }
            slots.push(self.names.give(&field.flat()));
            fields.push(within(field));
        }
        // Each column has a name of its own, also when the key is shown.
        let item = |(at, field): (usize, Field)| {
            let alias = Some(Name { text: format!("column {at}"), span: field.span });
            Item { expr: Expr { span: field.span, kind: ExprKind::Field(field) }, alias }
        };
        let items: Vec<Item> = fields.into_iter().enumerate().map(item).collect();
        let columns = items.len();
        let display = Stage { kind: StageKind::Display(items), word_span: told.query.span, span: told.query.span };
        let query = Query { stages: vec![display], ..(*told.query).clone() };
        let right = by_key((self.inner)(&query, Some(columns))?.1);
        self.is_filters = false;
        self.is_leading = false;
        self.push(Join { key, right, slots, is_left: told.kind == JoinKind::Left, made: 0 });
        Ok(())
    }
}
