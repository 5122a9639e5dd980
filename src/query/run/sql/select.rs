//! From a `SELECT` to commands at work: the conditions that may be asked before the sides are joined, the join, groups, windows,
//! columns, order and number.

use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use super::super::error::RunError;
use super::super::expr::{Aggregated, Node, wrong};
use super::super::field::Base;
use super::super::names::Column;
use super::super::plan::{DEFAULT_LIMIT, End, Plan};
use super::super::stage::{Compute, Cut, Filter, Group, Limit, Skip, Sort, Work};
use super::compile::{Compiler, Groups, Inner, Place};
use super::distinct::Distinct;
use super::join::Pairs;
use super::tables::{TableKind, Tables};
use super::window::Windows;
use crate::query::aggregate::sql::aggregate;
use crate::query::compare;
use crate::query::sql::ast::{Call, Expr, ExprKind, Item, OrderKey, Select};
use crate::query::sql::functions::function;
use crate::query::value::Value;

/// A `SELECT`, ready.
pub(super) struct Made {
    /// Of the first side; its commands are all that come.
    pub(super) plan: Plan,
    /// Where in the commands the other side is paired, once its rows are there.
    pub(super) pairs: Option<Pairs>,
    /// Of the other side: what is asked of it before.
    pub(super) right: Option<Plan>,
}

/// How many rows are asked for.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    pub(super) limit: Option<usize>,
    pub(super) offset: usize,
    pub(super) end: End,
}

/// What is asked of a `SELECT` from outside of it.
pub(super) struct Asked<'q> {
    pub(super) select: &'q Select,
    pub(super) order: &'q [OrderKey],
    pub(super) bounds: Bounds,
    pub(super) text: &'q str,
    /// Conditions of `filterIndex`, by relation.
    pub(super) index: Vec<Node>,
}

fn is_aggregate(call: &Call) -> bool {
    call.over.is_none()
        && aggregate(&call.name).is_some()
        && (function(&call.name).is_none() || call.is_star || call.is_distinct || call.filter.is_some())
}

fn has_aggregate(expr: &Expr) -> bool {
    let mut has = false;
    expr.visit(&mut |expr| has |= matches!(&expr.kind, ExprKind::Call(call) if is_aggregate(call)));
    has
}

pub(super) fn make(asked: Asked<'_>, tables: &mut Tables, inner: &mut Inner<'_>) -> Result<Made, RunError> {
    let Asked { select, order, bounds, text, index } = asked;
    let (mut groups, mut windows) = (Groups::default(), Vec::new());
    let mut compiler = Compiler { tables, inner, groups: &mut groups, windows: &mut windows, place: Place::Rows, clause: "WHERE" };
    let mut filters = index;
    if let Some(condition) = &select.filter {
        compiler.conditions(condition, &mut filters)?;
    }
    compiler.clause = "ON";
    let mut on = Vec::new();
    if let Some(join) = &select.join {
        compiler.conditions(&join.on, &mut on)?;
    }
    compiler.clause = "GROUP BY";
    let values: Vec<&Item> = select.items.iter().collect();
    let mut by = Vec::new();
    for key in &select.group {
        let expr = written(key, &values)?;
        by.push((expr.clone(), compiler.value(expr)?));
    }
    let exprs = select.items.iter().filter_map(|item| if let Item::Value { expr, .. } = item { Some(expr) } else { None });
    let is_grouped = !by.is_empty() || exprs.chain(&select.having).chain(order.iter().map(|key| &key.expr)).any(has_aggregate);
    if select.having.is_some() && !is_grouped {
        let span = select.having.as_ref().map_or(select.span.0, |having| having.span.0);
        return Err(wrong(span, "HAVING asks about groups: WHERE asks about rows"));
    }
    let mut by_nodes = Vec::new();
    let mut by_slots = Vec::new();
    for (expr, node) in by {
        let slot = compiler.tables.slot();
        let of_row = if let Node::Slot(slot) = &node { Some(*slot) } else { None };
        by_nodes.push(node);
        by_slots.push(slot);
        compiler.groups.by.push((expr, of_row, slot));
    }
    if is_grouped {
        compiler.place = Place::Groups;
    }
    compiler.clause = "SELECT";
    let (columns, mut computed) = items(&mut compiler, select, text)?;
    let having = having(&mut compiler, select, &columns)?;
    compiler.clause = "ORDER BY";
    let mut sort_keys = Vec::new();
    for key in order {
        let node = match order_column(key, select, &columns) {
            Some(slot) => Node::Slot(slot),
            None if select.is_distinct => {
                return Err(wrong(key.expr.span.0, "with DISTINCT only what SELECT shows can be sorted by"));
            }
            None => compiler.value(&with_names(&key.expr, select))?,
        };
        sort_keys.push(super::window::Key { node, descending: key.descending, nulls_first: key.nulls_first });
    }
    let Groups { by: _, aggregates } = std::mem::take(&mut groups);

    // Conditions of one side are asked before the sides are joined: of the first always, of the other unless its absence counts.
    let is_left = select.join.as_ref().is_some_and(|join| join.is_left);
    let (mut of_left, mut of_right, mut behind) = (Vec::new(), Vec::new(), Vec::new());
    for node in filters {
        match tables.only_side(&node) {
            Some(1) if !is_left => of_right.push(node),
            Some(0) => of_left.push(node),
            None if select.join.is_none() => of_left.push(node),
            _ => behind.push(node),
        }
    }
    let (mut left_keys, mut right_keys, mut of_pair) = (Vec::new(), Vec::new(), Vec::new());
    for node in on {
        match tables.only_side(&node) {
            Some(1) => of_right.push(node),
            Some(0) if !is_left => of_left.push(node),
            _ => {
                if let Some((left, right)) = equality(&node, tables) {
                    left_keys.push(left);
                    right_keys.push(right);
                }
                // Keys are spelled alike when their values may be equal; whether they are is asked of each pair.
                of_pair.push(node);
            }
        }
    }

    let mut work: Vec<Box<dyn Work>> = Vec::new();
    let early: Vec<Arc<Node>> = of_left.into_iter().map(Arc::new).collect();
    if !early.is_empty() {
        work.push(Box::new(Filter(early.clone())));
    }
    let pairs = select.join.as_ref().map(|_| {
        let slots = own_slots(tables, 1);
        Pairs { keys: left_keys, right: Vec::new(), by_key: HashMap::new(), slots, on: of_pair, is_left, made: 0, looked_at: 0 }
    });
    let right = pairs.as_ref().map(|_| {
        let early: Vec<Arc<Node>> = of_right.into_iter().map(Arc::new).collect();
        let mut work: Vec<Box<dyn Work>> = Vec::new();
        if !early.is_empty() {
            work.push(Box::new(Filter(early.clone())));
        }
        // The keys first, then all that is read of it.
        let mut columns: Vec<Column> = Vec::new();
        let mut of_keys = Vec::new();
        for node in right_keys {
            let slot = tables.slot();
            of_keys.push((slot, node));
            columns.push((String::new(), slot));
        }
        if !of_keys.is_empty() {
            work.push(Box::new(Compute(of_keys)));
        }
        columns.extend(own_slots(tables, 1).into_iter().map(|slot| (String::new(), slot)));
        plan(bases(tables, 1), tables.slots, work, early, columns)
    });
    let join_at = work.len();
    if !behind.is_empty() {
        work.push(Box::new(Filter(behind.into_iter().map(Arc::new).collect())));
    }
    let mut tally_at = None;
    if is_grouped {
        const COUNTABLE: [&str; 8] = ["count", "count_if", "count distinct", "approx_count_distinct", "min", "max", "collect_set", "any_value"];
        let is_countable = aggregates.iter().all(|(_, _, aggregated)| COUNTABLE.contains(&aggregated.kind.name));
        tally_at = (is_countable && pairs.is_none()).then_some(work.len());
        let mut of_groups: Vec<Aggregated> = Vec::new();
        let mut results = Vec::new();
        for (at, (_, slot, aggregated)) in aggregates.into_iter().enumerate() {
            of_groups.push(aggregated);
            results.push((slot, Node::Aggregated(at)));
        }
        let mut group = Group::new((by_nodes, by_slots), of_groups, results, tables.slots, "GROUP BY");
        group.sets.clone_from(&select.sets);
        work.push(Box::new(group));
    }
    if let Some(having) = having {
        work.push(Box::new(Filter(vec![Arc::new(having)])));
    }
    let has_windows = !windows.is_empty();
    if has_windows {
        let ranked = windows.into_iter().map(|(_, slot, ranked)| (slot, ranked)).collect();
        work.push(Box::new(Windows { ranked, rows: Vec::new(), held: 0 }));
    }
    computed.retain(|(slot, node)| !matches!(node, Node::Slot(own) if own == slot));
    if !computed.is_empty() {
        work.push(Box::new(Compute(computed)));
    }
    if select.is_distinct {
        work.push(Box::new(Distinct { slots: columns.iter().map(|(_, slot)| *slot).collect(), seen: HashSet::new(), held: 0 }));
    }
    let limit = bounds.limit.map(|limit| limit.saturating_add(bounds.offset));
    let default = (bounds.end == End::Default).then_some(DEFAULT_LIMIT + 1);
    if !sort_keys.is_empty() {
        work.push(Box::new(Sort::by(sort_keys, limit.or(default))));
    }
    if let Some(limit) = limit {
        work.push(Box::new(Limit(limit)));
        if bounds.offset > 0 {
            work.push(Box::new(Skip(bounds.offset)));
        }
    } else if bounds.end == End::Default {
        work.push(Box::new(Cut { left: DEFAULT_LIMIT, has_cut: false }));
    }
    let is_events = !is_grouped && !select.is_distinct;
    let made = plan(bases(tables, 0), tables.slots, work, early, columns);
    let is_order_free = is_grouped && pairs.is_none();
    Ok(Made { plan: Plan { is_order_free, tally_at, is_events, join_at, ..made }, pairs, right })
}

/// `GROUP BY 1` and `GROUP BY name` mean what `SELECT` shows there.
fn written<'q>(key: &'q Expr, items: &[&'q Item]) -> Result<&'q Expr, RunError> {
    match &key.kind {
        ExprKind::Literal(Value::Number(number)) => {
            let item = (number.fract() == 0.0 && *number >= 1.0).then(|| items.get(*number as usize - 1)).flatten();
            match item {
                Some(Item::Value { expr, .. }) => Ok(expr),
                _ => Err(wrong(key.span.0, format!("SELECT shows no column {number}"))),
            }
        }
        ExprKind::Field(steps) if steps.len() == 1 => {
            let name = super::tables::flat(steps);
            let named = items.iter().find_map(|item| match item {
                Item::Value { expr, alias: Some(alias) } if alias.eq_ignore_ascii_case(&name) && !has_aggregate(expr) => Some(expr),
                _ => None,
            });
            Ok(named.unwrap_or(key))
        }
        _ => Ok(key),
    }
}

/// Values to be worked out, and where they go.
type Computed = Vec<(usize, Node)>;

/// The columns that are shown, and what has to be worked out for them.
fn items(compiler: &mut Compiler<'_, '_>, select: &Select, text: &str) -> Result<(Vec<Column>, Computed), RunError> {
    let (mut columns, mut computed): (Vec<Column>, Computed) = (Vec::new(), Vec::new());
    for item in &select.items {
        match item {
            Item::All { of, span } => {
                if compiler.place == Place::Groups {
                    return Err(wrong(span.0, "`*` cannot stand beside groups: name what is grouped by, and aggregates"));
                }
                for (name, slot) in compiler.tables.shown(of.as_deref(), span.0)? {
                    columns.push((unique(&columns, name, None), slot));
                }
            }
            Item::Value { expr, alias } => {
                let node = compiler.value(expr)?;
                let long = expr.span.0.of(text).replace('`', "");
                let name = match (alias, &expr.kind) {
                    (Some(alias), _) => alias.clone(),
                    (None, ExprKind::Field(_)) => short(expr, compiler, &long),
                    (None, _) => expr.span.0.of(text).trim().to_owned(),
                };
                let slot = match node {
                    Node::Slot(slot) => slot,
                    node => {
                        let slot = compiler.tables.slot();
                        computed.push((slot, node));
                        slot
                    }
                };
                columns.push((unique(&columns, name, Some(long)), slot));
            }
        }
    }
    Ok((columns, computed))
}

/// The name of a field without that of its relation.
fn short(expr: &Expr, compiler: &Compiler<'_, '_>, long: &str) -> String {
    let ExprKind::Field(steps) = &expr.kind else { return long.to_owned() };
    for count in (1..steps.len()).rev() {
        let (first, rest) = steps.split_at_checked(count).unwrap_or_default();
        let name = super::tables::flat(first);
        if compiler.tables.all.iter().any(|table| table.alias.as_ref().is_some_and(|alias| alias.eq_ignore_ascii_case(&name))) {
            return super::tables::flat(rest);
        }
    }
    super::tables::flat(steps)
}

/// A title that no other column has.
fn unique(columns: &[Column], name: String, long: Option<String>) -> String {
    let is_taken = |name: &str| columns.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
    if !is_taken(&name) {
        return name;
    }
    let name = long.filter(|long| !is_taken(long)).unwrap_or(name);
    if !is_taken(&name) {
        return name;
    }
    let mut number = 2;
    while is_taken(&format!("{name} ({number})")) {
        number += 1;
    }
    format!("{name} ({number})")
}

/// `HAVING`: a name that `SELECT` gives means what it shows.
fn having(compiler: &mut Compiler<'_, '_>, select: &Select, _: &[Column]) -> Result<Option<Node>, RunError> {
    let Some(having) = &select.having else { return Ok(None) };
    compiler.clause = "HAVING";
    let named = with_names(having, select);
    compiler.condition(&named).map(Some)
}

/// An expression in which names that `SELECT` gives stand for what they name.
fn with_names(expr: &Expr, select: &Select) -> Expr {
    let mut expr = expr.clone();
    expr.change(&mut |expr| {
        let steps = match &expr.kind {
            ExprKind::Field(steps) => steps,
            // An aggregate looks at rows, and a window at what it says: they know no other names.
            ExprKind::Call(call) => return call.over.is_none() && !is_aggregate(call),
            _ => return true,
        };
        let name = super::tables::flat(steps);
        let is_grouped = select.group.iter().any(|key| key == expr);
        let named = select.items.iter().find_map(|item| match item {
            Item::Value { expr, alias: Some(alias) } if alias.eq_ignore_ascii_case(&name) => Some(expr),
            _ => None,
        });
        if let Some(named) = named.filter(|_| !is_grouped) {
            expr.kind = named.kind.clone();
        }
        false
    });
    expr
}

/// The column that a key of `ORDER BY` names, by its name or number, or because it is the same.
fn order_column(key: &OrderKey, select: &Select, columns: &[Column]) -> Option<usize> {
    match &key.expr.kind {
        ExprKind::Literal(Value::Number(number)) if number.fract() == 0.0 && *number >= 1.0 => {
            return columns.get(*number as usize - 1).map(|(_, slot)| *slot);
        }
        ExprKind::Field(steps) => {
            let name = super::tables::flat(steps);
            let aliased = select.items.iter().any(|item| matches!(item, Item::Value { alias: Some(alias), .. } if alias.eq_ignore_ascii_case(&name)));
            let column = columns.iter().find(|(known, _)| known.eq_ignore_ascii_case(&name)).map(|(_, slot)| *slot);
            if aliased && column.is_some() {
                return column;
            }
        }
        _ => {}
    }
    // Only where every item is one column do their numbers agree.
    if select.items.iter().any(|item| matches!(item, Item::All { .. })) {
        let ExprKind::Field(steps) = &key.expr.kind else { return None };
        let name = super::tables::flat(steps);
        return columns.iter().find(|(known, _)| known.eq_ignore_ascii_case(&name)).map(|(_, slot)| *slot);
    }
    let at = select.items.iter().position(|item| matches!(item, Item::Value { expr, .. } if *expr == key.expr))?;
    columns.get(at).map(|(_, slot)| *slot)
}

/// `left = right`, each of one side.
fn equality(node: &Node, tables: &Tables) -> Option<(Node, Node)> {
    let Node::Holds(compare::Comparison::Equal, one, other) = node else { return None };
    let plain = |node: &Node| match node {
        Node::Slot(slot) => Some(Node::Slot(*slot)),
        Node::Part(whole, steps) => match &**whole {
            Node::Slot(slot) => Some(Node::Part(Box::new(Node::Slot(*slot)), steps.clone())),
            _ => None,
        },
        _ => None,
    };
    let (left, right) = (plain(one)?, plain(other)?);
    match (tables.only_side(&left)?, tables.only_side(&right)?) {
        (0, 1) => Some((left, right)),
        (1, 0) => Some((right, left)),
        _ => None,
    }
}

fn bases(tables: &Tables, at: usize) -> Vec<(usize, Base)> {
    match tables.all.get(at).map(|table| &table.kind) {
        Some(TableKind::Events { bases, .. }) => bases.clone(),
        _ => Vec::new(),
    }
}

fn own_slots(tables: &Tables, at: usize) -> Vec<usize> {
    match tables.all.get(at).map(|table| &table.kind) {
        Some(TableKind::Events { bases, .. }) => bases.iter().map(|(slot, _)| *slot).collect(),
        Some(TableKind::Rows { columns, .. }) => columns.iter().map(|(_, slot)| *slot).collect(),
        None => Vec::new(),
    }
}

fn plan(bases: Vec<(usize, Base)>, slots: usize, work: Vec<Box<dyn Work>>, early: Vec<Arc<Node>>, columns: Vec<Column>) -> Plan {
    Plan { bases, slots, work, early, columns, is_order_free: false, tally_at: None, diff: None, is_estimate: false, is_events: false, join_at: 0 }
}
