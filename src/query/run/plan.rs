//! From a syntax tree to commands at work: names become slots, texts that are patterns are compiled, and what a query needs
//! of an event is gathered before the first one is read.

use std::collections::VecDeque;
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use super::error::RunError;
use super::expr::{Compiler, Node, SubQuery, period, wrong};
use super::field::Base;
use super::names::{Column, Names};
use super::stage::{
    Accum, AddTotals, Autoregress, Compute, Csv, Cut, Dedup, FillDown, FillMissing, Filter, FindPatterns, Group, Join, JsonAt, LOGFMT, Limit, Logfmt,
    Match, Sort, Tail, Unnest, Work, by_key, glob, json_steps,
};
use crate::query::aggregate::aggregate;
use crate::query::compare::{Membership, compile};
use crate::query::pattern::{COLUMNS, DIFF_COLUMNS, Patterns};
use crate::query::period::Period;
use crate::query::ql::ast::{
    AddTotals as Totals, DiffWindow, Direction, Expr, ExprKind, Extraction, Field, Fill, FillTarget, FilterIndex, Item, Join as Told, JoinKind, Name,
    Parse, Query, SortKey, Stage, StageKind, Stats, group_names,
};
use crate::query::value::Value;

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
    pub(super) diff: Option<(usize, DiffWindow)>,
    pub(super) is_estimate: bool,
    /// The rows are events.
    pub(super) is_events: bool,
}

/// How rows are bounded at the end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// As for a person.
    Default,
    /// All of them.
    All,
}

pub(super) struct Planner<'a> {
    pub(super) text: &'a str,
    names: Names,
    work: Vec<Box<dyn Work>>,
    early: Vec<Arc<Node>>,
    inner: &'a mut SubQuery<'a>,
    /// No command so far depends on which rows there are besides.
    is_leading: bool,
    is_order_free: Option<bool>,
    /// Only filters so far.
    is_filters: bool,
    tally_at: Option<usize>,
    diff: Option<(usize, DiffWindow)>,
    is_estimate: bool,
    has_limit: bool,
    is_events: bool,
    /// The bins of the last `stats`.
    binned: Option<(usize, Value, Vec<usize>)>,
}

impl<'a> Planner<'a> {
    pub(super) fn new(text: &'a str, inner: &'a mut SubQuery<'a>) -> Self {
        Self {
            text,
            names: Names::new(),
            work: Vec::new(),
            early: Vec::new(),
            inner,
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
                self.push(Tail { count: usize::try_from(*count).unwrap_or(usize::MAX).min(100_000), rows: VecDeque::new() });
            }
            StageKind::Dedup(fields) => {
                let keys = fields.iter().map(|field| self.field(field)).collect::<Result<_, _>>()?;
                self.breaks(false);
                self.push(Dedup { keys, seen: HashSet::new() });
            }
            StageKind::Pattern(expr) => {
                let of = self.compiler().node(expr)?;
                let window = match rest.first().map(|next| &next.kind) {
                    Some(StageKind::Diff(window)) => Some(*window),
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
                self.push(Unnest { of, slot, keeps_others: false });
            }
            StageKind::Expand(field) => {
                let of = self.field(field)?;
                let slot = self.replace(&field.flat());
                self.is_filters = false;
                self.push(Unnest { of, slot, keeps_others: true });
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
            StageKind::Join(told) => self.join(told, rest)?,
            other => return Err(wrong(stage.word_span, format!("`{}` can only be answered by AWS", other.name()))),
        }
        Ok(())
    }

    fn join(&mut self, told: &Told, rest: &[Stage]) -> Result<(), RunError> {
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
        let right = by_key((self.inner)(&query, columns)?);
        self.is_filters = false;
        self.is_leading = false;
        self.push(Join { key, right, slots, is_left: told.kind == JoinKind::Left, made: 0 });
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

    fn parse(&mut self, told: &Parse) -> Result<(), RunError> {
        let of = match &told.field {
            Some(field) => self.field(field)?,
            None => self.names.system("@message"),
        };
        self.is_filters = false;
        let mut give = |name: &str| {
            let slot = self.names.give(name);
            self.names.add(name, slot);
            slot
        };
        let (pattern, groups, multi, span) = match &told.extraction {
            Extraction::Glob { pattern, names } => {
                let groups = names.iter().enumerate().map(|(at, name)| (at + 1, give(&name.text))).collect();
                (glob(&pattern.value), groups, false, pattern.span)
            }
            Extraction::Regex { pattern, names, multi } => {
                let regex = compile(&pattern.value).map_err(|error| wrong(pattern.span, error.to_string()))?;
                let mut unnamed = names.iter();
                let mut groups = Vec::new();
                let own = group_names(&pattern.value);
                for (at, name) in regex.capture_names().enumerate().skip(1) {
                    let name = match name {
                        Some(name) => own.iter().find(|own| **own == name).map_or(name, |own| *own),
                        None => match unnamed.next() {
                            Some(name) => &name.text,
                            None => continue,
                        },
                    };
                    groups.push((at, give(name)));
                }
                (pattern.value.clone(), groups, *multi, pattern.span)
            }
            Extraction::Csv(names) => {
                let slots = names.iter().map(|name| give(&name.text)).collect();
                self.push(Csv { of, slots });
                return Ok(());
            }
            Extraction::Logfmt(name) => {
                let slot = give(&name.text);
                let regex = compile(LOGFMT).map_err(|error| wrong(name.span, error.to_string()))?;
                self.push(Logfmt { of, slot, regex });
                return Ok(());
            }
            Extraction::Xml { path, .. } => return Err(wrong(path.span, "XML cannot be taken apart in this version")),
        };
        let regex = compile(&pattern).map_err(|error| wrong(span, error.to_string()))?;
        self.push(Match { of, regex, groups, multi });
        Ok(())
    }

    fn stats(&mut self, stats: &Stats) -> Result<(), RunError> {
        if let Some(offset) = &stats.offset {
            return Err(wrong(offset.span, "`offset` cannot be worked out in this version"));
        }
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
            }
            by.push(node);
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
            let bin = *others.get(at)?;
            Some((bin, period, others.into_iter().filter(|slot| *slot != bin).collect()))
        });
        let (groups, slots) = (HashMap::new(), self.names.slots);
        self.push(Group { by, by_slots, aggregates, items, slots, groups, key_bytes: 0, notes: Vec::new() });
        Ok(())
    }

    fn sort(&mut self, keys: &[SortKey], rest: &[Stage], end: End) -> Result<(), RunError> {
        let keys =
            keys.iter().map(|key| Ok((self.field(&key.field)?, key.direction == Some(Direction::Descending)))).collect::<Result<_, RunError>>()?;
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
        self.push(Sort { keys, keep, rows: Vec::new() });
        // A filter behind it keeps fewer rows: all of them have to be held.
        Ok(())
    }

    fn pattern(&mut self, of: Node, window: Option<DiffWindow>) {
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

    fn autoregress(&mut self, told: &crate::query::ql::ast::Autoregress) -> Result<(), RunError> {
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

    fn add_totals(&mut self, told: &Totals) -> Result<(), RunError> {
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

    fn fill_down(&mut self, targets: &[FillTarget]) -> Result<(), RunError> {
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

    fn fill_missing(&mut self, fills: &[Fill], stage: &Stage) -> Result<(), RunError> {
        let Some((bin, written, others)) = self.binned.clone() else {
            return Err(wrong(stage.word_span, "`fillmissing` needs the bins of the `stats` before it: by bin(5m)"));
        };
        let period = Period::parse(&written.printed()).ok_or_else(|| wrong(stage.word_span, "the bins have no length"))?;
        let mut values = Vec::new();
        for fill in fills {
            if let (Node::Const(value), Node::Slot(slot)) = (self.compiler().node(&fill.value)?, self.field(&fill.field)?) {
                values.push((slot, value));
            }
        }
        self.push(FillMissing { bin, period, others, fills: values, rows: Vec::new() });
        Ok(())
    }

    fn count_frequent(&mut self, fields: &[Field]) -> Result<(), RunError> {
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
        let aggregates = vec![super::expr::Aggregated { kind, args: Vec::new() }];
        let (items, slots) = (vec![(count, Node::Aggregated(0))], self.names.slots);
        self.push(Group { by, by_slots, aggregates, items, slots, groups: HashMap::new(), key_bytes: 0, notes: Vec::new() });
        self.push(Sort { keys: vec![(Node::Slot(count), true)], keep: None, rows: Vec::new() });
        Ok(())
    }
}

/// The commands of a query up to `pattern`, and it.
pub(super) fn up_to_pattern(query: &Query) -> &[Stage] {
    let at = query.stages.iter().position(|stage| matches!(stage.kind, StageKind::Pattern(_)));
    query.stages.get(..at.map_or(0, |at| at + 1)).unwrap_or_default()
}
