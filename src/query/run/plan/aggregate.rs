//! `stats`, `countFrequent`, `fillmissing`, `pattern`: commands that give other rows than they take.

use super::super::error::RunError;
use super::super::expr::{Aggregated, Apply, Node, period, wrong};
use super::super::names::{Column, Names};
use super::super::stage::{FillMissing, FindPatterns, Group, NaturalKey, Sort};
use super::{Binned, Earlier, Planner};
use crate::query::aggregate::aggregate;
use crate::query::functions::Context;
use crate::query::pattern::{COLUMNS, DIFF_COLUMNS, Patterns};
use crate::query::period::Period;
use crate::query::ql::ast::{ExprKind, Field, Fill, Stage, Stats};
use crate::query::value::Value;

impl Planner<'_> {
    pub(super) fn stats(&mut self, stats: &Stats) -> Result<(), RunError> {
        let shift = match &stats.offset {
            None => 0,
            Some(offset) => {
                let millis = offset.millis().and_then(|millis| i64::try_from(millis).ok());
                millis.ok_or_else(|| wrong(offset.span, "`offset` has a length in weeks or less: months differ"))?
            }
        };
        let mut out = Names::new();
        out.is_open = false;
        let (mut by, mut by_slots, mut columns, mut binned) = (Vec::new(), Vec::new(), Vec::new(), None);
        out.slots = self.names.slots;
        for item in &stats.by {
            let node = self.compiler().node(&item.expr)?;
            if let ExprKind::Call(call) = &item.expr.kind
                && matches!(call.name.as_str(), "bin" | "datefloor")
                && let Some(ExprKind::Period(written)) = call.arguments.as_slice().last().map(|arg| &arg.kind)
            {
                binned = Some((by_slots.len(), period(written)));
                by.push(if shift == 0 { node } else { later(node, shift) });
            } else {
                by.push(node);
            }
            by_slots.push(0);
            columns.push((item.column(self.text), 0));
        }
        // Slots are given out only now: what stands behind `by` may have read more of the event.
        let mut aggregates = Vec::new();
        let mut items = Vec::new();
        for (column, slot) in columns.iter_mut().zip(&mut by_slots) {
            *slot = self.names.slot();
            column.1 = *slot;
        }
        out.only(columns.clone());
        for item in &stats.items {
            let name = item.column(self.text);
            let node = self.compiler().item(&item.expr, &out, &mut aggregates)?;
            let slot = self.names.slot();
            items.push((slot, node));
            columns.push((name, slot));
            out.only(columns.clone());
        }
        if self.is_filters {
            let is_countable = aggregates.iter().all(|aggregated| {
                matches!(aggregated.kind.name, "count" | "count_distinct" | "min" | "max" | "values" | "topk" | "sortsFirst" | "sortsLast")
            });
            self.tally_at = is_countable.then_some(self.work.len());
        }
        self.breaks(true);
        self.names.only(columns);
        self.is_events = false;
        self.has_limit = false;
        let others = by_slots.clone();
        self.binned = binned.and_then(|(at, period)| {
            let slot = *others.get(at)?;
            Some(Binned { slot, period, others: others.into_iter().filter(|other| *other != slot).collect(), shift })
        });
        let slots = self.names.slots;
        self.push(Group::new((by, by_slots), aggregates, items, slots, "stats"));
        Ok(())
    }

    pub(super) fn count_frequent(&mut self, fields: &[Field]) -> Result<(), RunError> {
        let by: Vec<Node> = fields.iter().map(|field| self.field(field)).collect::<Result<_, _>>()?;
        let Some(kind) = aggregate("count") else { return Ok(()) };
        let mut columns: Vec<Column> = fields.iter().map(|field| (field.flat(), self.names.slot())).collect();
        let by_slots = columns.iter().map(|(_, slot)| *slot).collect();
        let count = self.names.slot();
        columns.push(("_approxcount".to_owned(), count));
        if self.is_filters {
            self.tally_at = Some(self.work.len());
        }
        self.breaks(true);
        self.is_events = false;
        self.names.only(columns);
        let aggregates = vec![Aggregated { kind, args: Vec::new() }];
        let (items, slots) = (vec![(count, Node::Aggregated(0))], self.names.slots);
        self.push(Group::new((by, by_slots), aggregates, items, slots, "stats"));
        self.push(Sort::by(vec![NaturalKey { node: Node::Slot(count), descending: true }], None));
        Ok(())
    }

    pub(super) fn fill_missing(&mut self, fills: &[Fill], stage: &Stage) -> Result<(), RunError> {
        let Some(Binned { slot, period: written, others, shift }) = self.binned.clone() else {
            return Err(wrong(stage.word_span, "`fillmissing` needs the bins of the `stats` before it: by bin(5m)"));
        };
        let period = Period::parse(&written.printed()).ok_or_else(|| wrong(stage.word_span, "the bins have no length"))?;
        let mut values = Vec::new();
        for fill in fills {
            if let (Node::Const(value), Node::Slot(slot)) = (self.compiler().node(&fill.value)?, self.field(&fill.field)?) {
                values.push((slot, value));
            }
        }
        self.push(FillMissing { bin: slot, period, shift, others, fills: values, rows: Vec::new() });
        Ok(())
    }

    pub(super) fn pattern(&mut self, of: Node, window: Option<Earlier>) {
        self.breaks(true);
        let titles: &[&str] = if window.is_some() { &DIFF_COLUMNS } else { &COLUMNS };
        let columns: Vec<Column> = titles.iter().map(|title| ((*title).to_owned(), self.names.slot())).collect();
        let slots = columns.iter().map(|(_, slot)| *slot).collect();
        self.names.only(columns);
        self.is_events = false;
        self.diff = window.map(|window| (self.work.len(), window));
        let work = FindPatterns { of, found: Patterns::default(), before: None, columns: slots, slots: self.names.slots, note: None };
        self.push(work);
    }
}

/// A time, shown so much later.
fn later(node: Node, millis: i64) -> Node {
    let call = move |_: &Context, args: &[Value]| match args {
        [Value::Time(time)] => Value::Time(time.saturating_add(millis)),
        _ => Value::Missing,
    };
    Node::Apply(Apply { call: Box::new(call), args: vec![node] })
}
