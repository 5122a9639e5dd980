//! From a syntax tree to commands at work: names become slots, texts that are patterns are compiled, and what a query needs
//! of an event is gathered before the first one is read.

mod aggregate;
mod extract;
mod lookup;
mod rowwise;
mod statistics;

use std::collections::VecDeque;
use std::sync::Arc;

use hashbrown::HashSet;

use super::error::RunError;
use super::expr::{Compiler, Node, SubQuery, wrong};
use super::field::Base;
use super::names::{Column, Names};
use super::stage::{Accum, Compute, Cut, Dedup, Filter, Fold, JsonAt, Limit, NaturalKey, Sort, Tail, Unnest, Work, json_steps};
use crate::query::compare::Membership;
use crate::query::ql::ast::{DiffWindow, Direction, Field, FilterIndex, Item, Query, SortKey, Stage, StageKind};
use crate::query::value::Value;

pub(super) use lookup::{LookupTables, lookup_tables};

/// A query without `limit` gives so many rows, as at AWS.
pub(super) const DEFAULT_LIMIT: usize = 10_000;

/// A query, ready to run.
pub(super) struct Plan {
    pub(super) bases: Vec<(usize, Base)>,
    pub(super) slots: usize,
    pub(super) work: Vec<Box<dyn Work>>,
    /// Conditions on the event's own fields that a row must pass before any command that looks at other rows.
    pub(super) early: Vec<Arc<Node>>,
    pub(super) columns: Vec<Column>,
    /// The first command that looks at more than one row groups them: their order does not matter.
    pub(super) is_order_free: bool,
    /// Filters, then a `stats` that can be given equal rows at once.
    pub(super) tally_at: Option<usize>,
    pub(super) diff: Option<(usize, Earlier)>,
    pub(super) is_estimate: bool,
    /// The rows are events.
    pub(super) is_events: bool,
    /// Where a `JOIN` of SQL is put once the other side is known.
    pub(super) join_at: usize,
}

/// Which time patterns are compared with.
#[derive(Clone, Copy)]
pub(super) enum Earlier {
    /// As `diff` says.
    Window(DiffWindow),
    /// So many milliseconds earlier.
    By(i64),
}

/// How rows are bounded at the end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// As for a person.
    Default,
    /// All of them.
    All,
}

/// The bins of a `stats`.
#[derive(Clone)]
struct Binned {
    /// Where they are.
    slot: usize,
    period: Value,
    /// Where what else is grouped by is.
    others: Vec<usize>,
    /// How much later they are shown.
    shift: i64,
}

pub(super) struct Planner<'a> {
    pub(super) text: &'a str,
    names: Names,
    work: Vec<Box<dyn Work>>,
    early: Vec<Arc<Node>>,
    inner: &'a mut SubQuery<'a>,
    tables: &'a LookupTables,
    /// No command so far depends on which rows there are besides.
    is_leading: bool,
    is_order_free: Option<bool>,
    /// Only filters so far.
    is_filters: bool,
    tally_at: Option<usize>,
    diff: Option<(usize, Earlier)>,
    is_estimate: bool,
    has_limit: bool,
    is_events: bool,
    /// The bins of the last `stats`.
    binned: Option<Binned>,
}

impl<'a> Planner<'a> {
    pub(super) fn new(text: &'a str, tables: &'a LookupTables, inner: &'a mut SubQuery<'a>) -> Self {
        Self {
            text,
            names: Names::new(),
            work: Vec::new(),
            early: Vec::new(),
            inner,
            tables,
            is_leading: true,
            is_order_free: None,
            is_filters: true,
            tally_at: None,
            diff: None,
            is_estimate: false,
            has_limit: false,
            is_events: true,
            binned: None,
        }
    }

    /// Reads the commands.
    pub(super) fn plan(mut self, stages: &[Stage], end: End) -> Result<Plan, RunError> {
        for (at, stage) in stages.iter().enumerate() {
            let rest = stages.get(at + 1..).unwrap_or_default();
            self.stage(stage, rest, end)?;
        }
        let columns = self.names.answer_columns();
        if end == End::Default && !self.has_limit && self.is_events {
            self.work.push(Box::new(Cut { left: DEFAULT_LIMIT, has_cut: false }));
        }
        Ok(Plan {
            bases: self.names.bases,
            slots: self.names.slots,
            work: self.work,
            early: self.early,
            columns,
            is_order_free: self.is_order_free.unwrap_or(false),
            tally_at: self.tally_at,
            diff: self.diff,
            is_estimate: self.is_estimate,
            is_events: self.is_events,
            join_at: 0,
        })
    }

    fn compiler(&mut self) -> Compiler<'_> {
        Compiler { names: &mut self.names, inner: &mut *self.inner }
    }

    fn field(&mut self, field: &Field) -> Result<Node, RunError> {
        self.names.resolve(field)
    }

    fn push(&mut self, work: impl Work + 'static) {
        self.work.push(Box::new(work));
    }

    /// From here on it matters which rows there are, and in which order.
    fn breaks(&mut self, is_order_free: bool) {
        self.is_leading = false;
        self.is_filters = false;
        self.is_order_free.get_or_insert(is_order_free);
    }

    fn stage(&mut self, stage: &Stage, rest: &[Stage], end: End) -> Result<(), RunError> {
        match &stage.kind {
            StageKind::Fields(items) => self.fields(items)?,
            StageKind::Display(items) => {
                self.names.columns = Some(Vec::new());
                self.names.added.clear();
                self.fields(items)?;
            }
            StageKind::Filter(condition) => {
                let node = self.compiler().node(condition)?;
                self.filter(node);
            }
            StageKind::FilterIndex(told) => self.filter_index(told)?,
            StageKind::Parse(told) => self.parse(told)?,
            StageKind::Json(told) => {
                let of = self.field(&told.field)?;
                let slot = self.names.give(&told.alias.text);
                self.names.add(&told.alias.text, slot);
                self.is_filters = false;
                self.push(JsonAt { of, steps: json_steps(&told.path.value), slot });
            }
            StageKind::Stats(stats) => self.stats(stats)?,
            StageKind::Sort(keys) => self.sort(keys, rest, end)?,
            StageKind::Limit { count, .. } | StageKind::Head(count) => {
                self.breaks(false);
                self.has_limit = true;
                self.push(Limit(usize::try_from(*count).unwrap_or(usize::MAX)));
            }
            StageKind::Tail(count) => {
                self.breaks(false);
                self.has_limit = true;
                self.push(Tail { count: usize::try_from(*count).unwrap_or(usize::MAX).min(100_000), rows: VecDeque::new(), held: 0 });
            }
            StageKind::Dedup(fields) => {
                let keys = fields.iter().map(|field| self.field(field)).collect::<Result<_, _>>()?;
                self.breaks(false);
                self.push(Dedup { keys, seen: HashSet::new(), held: 0 });
            }
            StageKind::Pattern(expr) => {
                let of = self.compiler().node(expr)?;
                let window = match rest.first().map(|next| &next.kind) {
                    Some(StageKind::Diff(window)) => Some(Earlier::Window(*window)),
                    _ => None,
                };
                self.pattern(of, window);
            }
            // `pattern` before it has seen it.
            StageKind::Diff(_) => {}
            StageKind::Unnest { field, into } => {
                let of = self.field(field)?;
                let slot = self.names.give(&into.text);
                self.names.add(&into.text, slot);
                self.is_filters = false;
                self.push(Unnest { of, slot, fold: Fold::default() });
            }
            StageKind::Expand(field) => {
                let of = self.field(field)?;
                let slot = self.replace(&field.flat());
                self.is_filters = false;
                self.push(Unnest { of, slot, fold: Fold::default() });
            }
            StageKind::Accum { field, alias } => {
                let of = self.field(field)?;
                let name = alias.as_ref().map_or_else(|| format!("{}_accum", field.flat()), |alias| alias.text.clone());
                let slot = self.names.give(&name);
                self.names.add(&name, slot);
                self.breaks(false);
                self.push(Accum { of, slot, sum: 0.0 });
            }
            StageKind::Autoregress(told) => self.autoregress(told)?,
            StageKind::AddTotals(told) => self.add_totals(told)?,
            StageKind::FillDown(targets) => self.fill_down(targets)?,
            StageKind::FillMissing(fills) => self.fill_missing(fills, stage)?,
            StageKind::CountFrequent(fields) => self.count_frequent(fields)?,
            StageKind::Estimate => self.is_estimate = true,
            StageKind::Lookup(told) => self.lookup(told)?,
            StageKind::CidrLookup(told) => self.cidr_lookup(told)?,
            StageKind::Join(told) => self.join(told, rest)?,
            StageKind::LogCompare(period) => self.log_compare(period)?,
            StageKind::Sessionize(told) => self.sessionize(told)?,
            StageKind::Outlier(told) => self.outlier(told)?,
            StageKind::AppendCols(told) => self.append_cols(told)?,
            other => return Err(wrong(stage.word_span, format!("`{}` can only be answered by AWS", other.name()))),
        }
        Ok(())
    }

    /// A new meaning for a name that is shown already.
    fn replace(&mut self, name: &str) -> usize {
        let slot = self.names.give(name);
        for (known, place) in self.names.columns.iter_mut().flatten() {
            if known == name {
                *place = slot;
            }
        }
        if self.names.columns.as_ref().is_none_or(|columns| !columns.iter().any(|(known, _)| known == name)) {
            self.names.add(name, slot);
        }
        slot
    }

    fn fields(&mut self, items: &[Item]) -> Result<(), RunError> {
        let mut computed = Vec::new();
        for item in items {
            let name = item.column(self.text);
            let node = self.compiler().node(&item.expr)?;
            match (node, &item.alias) {
                (Node::Slot(slot), None) => self.names.show(&name, slot),
                (node, _) => {
                    let slot = self.names.give(&name);
                    self.names.show(&name, slot);
                    computed.push((slot, node));
                }
            }
        }
        if !computed.is_empty() {
            self.is_filters = false;
            self.push(Compute(computed));
        }
        Ok(())
    }

    fn filter(&mut self, node: Node) {
        let conditions: Vec<Arc<Node>> = match node {
            Node::And(all) => all.into_iter().map(Arc::new).collect(),
            one => vec![Arc::new(one)],
        };
        if self.is_leading {
            for condition in &conditions {
                let mut is_own = true;
                condition.slots(&mut |slot| is_own &= self.names.bases.iter().any(|(known, _)| *known == slot));
                if is_own {
                    self.early.push(Arc::clone(condition));
                }
            }
        }
        self.push(Filter(conditions));
    }

    fn filter_index(&mut self, told: &FilterIndex) -> Result<(), RunError> {
        let field = Box::new(self.field(&told.field)?);
        let mut values = Vec::new();
        for expr in &told.values {
            match self.compiler().node(expr)? {
                Node::Const(value) => values.push(value),
                _ => return Err(wrong(expr.span, "`filterIndex` compares with numbers and texts")),
            }
        }
        let node = match values.as_slice() {
            [one] => Node::Compare(crate::query::compare::Comparison::Equal, field, Box::new(Node::Const(one.clone()))),
            many => Node::Among(field, Membership::of(many), false),
        };
        self.filter(node);
        Ok(())
    }

    fn sort(&mut self, keys: &[SortKey], rest: &[Stage], end: End) -> Result<(), RunError> {
        let keys = keys
            .iter()
            .map(|key| Ok(NaturalKey { node: self.field(&key.field)?, descending: key.direction == Some(Direction::Descending) }))
            .collect::<Result<_, RunError>>()?;
        // Between here and the limit no row may get lost or change its place.
        let mut keep = (end == End::Default && self.is_events).then_some(DEFAULT_LIMIT + 1);
        for stage in rest {
            match &stage.kind {
                StageKind::Fields(_) | StageKind::Display(_) | StageKind::Json(_) => continue,
                StageKind::Limit { count, .. } | StageKind::Head(count) => keep = usize::try_from(*count).ok(),
                _ => keep = None,
            }
            break;
        }
        self.is_order_free.get_or_insert(false);
        self.is_filters = false;
        self.push(Sort::by(keys, keep));
        // A filter behind it keeps fewer rows: all of them have to be held.
        Ok(())
    }
}

/// The commands of a query up to `pattern`, and it.
pub(super) fn up_to_pattern(query: &Query) -> &[Stage] {
    let at = query.stages.iter().position(|stage| matches!(stage.kind, StageKind::Pattern(_) | StageKind::LogCompare(_)));
    query.stages.get(..at.map_or(0, |at| at + 1)).unwrap_or_default()
}
