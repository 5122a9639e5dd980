//! Functions of a window: ranks, neighbours, and aggregates over the rows around a row.

use std::cmp::Ordering;

use super::super::error::RunError;
use super::super::expr::{Aggregated, Node, wrong};
use super::super::rows::{Row, set};
use super::super::stage::{MOST_BYTES, MOST_ROWS, SortKey, Work, compare, in_order, key_of, stopped, too_many, values_of};
use super::compile::{Compiler, arguments, unknown};
use crate::query::aggregate::sql::aggregate;
use crate::query::functions::Context;
use crate::query::sql::ast::{Call, Frame, OrderKey};
use crate::query::sql::{order, truth};
use crate::query::value::Value;

/// An aggregate over frames that move looks at so many rows altogether.
const MOST_LOOKS: usize = 50_000_000;

/// A function of a window, ready.
#[derive(Debug)]
pub(super) struct Ranked {
    what: What,
    args: Vec<Node>,
    partition: Vec<Node>,
    order: Vec<Key>,
    frame: Option<Frame>,
}

#[derive(Debug)]
enum What {
    Rank(String),
    Aggregate(Aggregated),
}

/// A key of an order.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) node: Node,
    pub(super) descending: bool,
    pub(super) nulls_first: bool,
}

impl SortKey for Key {
    const COMMAND: &'static str = "ORDER BY";
    const FEWER: &'static str = "LIMIT the rows";

    fn node(&self) -> &Node {
        &self.node
    }

    fn compare(&self, one: &Value, other: &Value) -> Ordering {
        match (one.is_missing(), other.is_missing()) {
            (true, true) => Ordering::Equal,
            (true, false) => {
                if self.nulls_first {
                    Ordering::Less
                } else {
                    Ordering::Greater
                }
            }
            (false, true) => {
                if self.nulls_first {
                    Ordering::Greater
                } else {
                    Ordering::Less
                }
            }
            (false, false) => {
                if self.descending {
                    order(other, one)
                } else {
                    order(one, other)
                }
            }
        }
    }
}

pub(super) fn keys(compiler: &mut Compiler<'_, '_>, order: &[OrderKey]) -> Result<Vec<Key>, RunError> {
    order.iter().map(|key| Ok(Key { node: compiler.value(&key.expr)?, descending: key.descending, nulls_first: key.nulls_first })).collect()
}

impl Ranked {
    pub(super) fn of(compiler: &mut Compiler<'_, '_>, call: &Call) -> Result<Self, RunError> {
        let Some(over) = &call.over else { return Err(unknown(call)) };
        let span = call.name_span.0;
        let name = call.name.as_str();
        let bounds = match name {
            "row_number" | "rank" | "dense_rank" | "percent_rank" | "cume_dist" => Some((0, 0)),
            "ntile" => Some((1, 1)),
            "lag" | "lead" => Some((1, 3)),
            "first_value" | "last_value" | "first" | "last" => Some((1, 2)),
            "nth_value" => Some((2, 2)),
            _ => None,
        };
        if over.order.is_empty() && matches!(name, "row_number" | "rank" | "dense_rank" | "percent_rank" | "cume_dist" | "ntile" | "lag" | "lead") {
            return Err(wrong(span, format!("`{name}` needs an order: OVER (PARTITION BY a ORDER BY b)")));
        }
        let args: Vec<Node> = call.args.iter().map(|arg| compiler.value(arg)).collect::<Result<_, _>>()?;
        let what = match (bounds, aggregate(name)) {
            (Some((least, most)), _) => {
                arguments(call, least, most)?;
                if call.filter.is_some() || call.is_distinct {
                    return Err(wrong(span, format!("`{name}` takes neither DISTINCT nor FILTER")));
                }
                What::Rank(call.name.clone())
            }
            (None, Some(kind)) => {
                arguments(call, kind.least, kind.most)?;
                if call.filter.is_some() || call.is_distinct || name.contains("percentile") || name == "median" {
                    return Err(wrong(span, format!("this form of `{name}` over a window is not in this version")));
                }
                What::Aggregate(Aggregated { kind, args: Vec::new() })
            }
            (None, None) => return Err(unknown(call)),
        };
        let partition = over.partition.iter().map(|expr| compiler.value(expr)).collect::<Result<_, _>>()?;
        let order = keys(compiler, &over.order)?;
        Ok(Self { what, args, partition, order, frame: over.frame })
    }

    /// The values of the rows of one partition, which are in order.
    fn values(&self, rows: &[&Known], looks: &mut usize, context: &Context) -> Result<Vec<Value>, RunError> {
        let count = rows.len();
        let is_peer = |one: usize, other: usize| match (rows.get(one), rows.get(other)) {
            (Some(one), Some(other)) => compare(&self.order, &one.order, &other.order).is_eq(),
            _ => false,
        };
        let name = match &self.what {
            What::Rank(name) => name.as_str(),
            What::Aggregate(aggregated) => return self.aggregates(aggregated, rows, looks, context),
        };
        let arg = |row: usize, index: usize| rows.get(row).and_then(|row| row.args.get(index)).cloned().unwrap_or_default();
        let number = |value: usize| Value::count(value as u64);
        let mut out = Vec::with_capacity(count);
        let (mut rank, mut dense) = (0, 0);
        for at in 0..count {
            stopped(context)?;
            if at == 0 || !is_peer(at - 1, at) {
                rank = at + 1;
                dense += 1;
            }
            out.push(match name {
                "row_number" => number(at + 1),
                "rank" => number(rank),
                "dense_rank" => number(dense),
                "percent_rank" => Value::number(if count > 1 { (rank - 1) as f64 / (count - 1) as f64 } else { 0.0 }),
                "cume_dist" => {
                    let last = (at..count).take_while(|later| is_peer(at, *later)).count();
                    *looks += last;
                    Value::number((at + last) as f64 / count as f64)
                }
                "ntile" => {
                    let parts = arg(at, 0).as_number().filter(|parts| *parts >= 1.0).map_or(1, |parts| parts as usize);
                    let (each, longer) = (count / parts, count % parts);
                    let first_short = longer * (each + 1);
                    number(if at < first_short { at / (each + 1) + 1 } else { longer + (at - first_short) / each.max(1) + 1 })
                }
                "lag" | "lead" => {
                    let by = rows.get(at).and_then(|row| row.args.get(1)).and_then(Value::as_number).map_or(1, |by| by as i64);
                    let by = if name == "lag" { -by } else { by };
                    let other =
                        i64::try_from(at).ok().and_then(|at| at.checked_add(by)).and_then(|at| usize::try_from(at).ok()).filter(|at| *at < count);
                    other.map_or_else(|| arg(at, 2), |other| arg(other, 0))
                }
                _ => {
                    let (from, to) = self.frame(at, count, &is_peer, looks);
                    let ignores = rows.get(at).and_then(|row| row.args.get(1)).and_then(truth) == Some(true);
                    let mut within = (from..to).filter(|row| name == "nth_value" || !ignores || !arg(*row, 0).is_missing());
                    let picked = match name {
                        "first_value" | "first" => within.next(),
                        "last_value" | "last" => within.next_back(),
                        _ => arg(at, 1).as_number().filter(|n| *n >= 1.0).and_then(|n| within.nth(n as usize - 1)),
                    };
                    picked.map_or(Value::Missing, |row| arg(row, 0))
                }
            });
            bounded(*looks)?;
        }
        Ok(out)
    }

    /// From which row to before which the frame of a row reaches.
    fn frame(&self, at: usize, count: usize, is_peer: &dyn Fn(usize, usize) -> bool, looks: &mut usize) -> (usize, usize) {
        let frame = self.frame.unwrap_or(Frame { is_rows: false, from: None, to: if self.order.is_empty() { None } else { Some(0) } });
        let moved = |by: i64| usize::try_from(i64::try_from(at).unwrap_or(i64::MAX).saturating_add(by)).unwrap_or(0);
        let mut from = frame.from.map_or(0, moved);
        let mut to = frame.to.map_or(count, |by| if by < 0 && by.unsigned_abs() > at as u64 { 0 } else { moved(by) + 1 }).min(count);
        if !frame.is_rows {
            // Rows of one rank stand together.
            while frame.to.is_some() && to < count && is_peer(at, to) {
                to += 1;
                *looks += 1;
            }
            while frame.from.is_some() && from > 0 && is_peer(at, from - 1) {
                from -= 1;
                *looks += 1;
            }
        }
        (from.min(to), to)
    }

    fn aggregates(&self, aggregated: &Aggregated, rows: &[&Known], looks: &mut usize, context: &Context) -> Result<Vec<Value>, RunError> {
        let count = rows.len();
        let is_peer = |one: usize, other: usize| match (rows.get(one), rows.get(other)) {
            (Some(one), Some(other)) => compare(&self.order, &one.order, &other.order).is_eq(),
            _ => false,
        };
        let mut out = Vec::with_capacity(count);
        let mut state = (aggregated.kind.new)();
        let mut taken = (0, 0);
        let mut result = state.finish();
        for at in 0..count {
            stopped(context)?;
            let (from, to) = self.frame(at, count, &is_peer, looks);
            if (from, to) != taken || at == 0 {
                // A frame that only grows goes on from where it was.
                if from != taken.0 || to < taken.1 {
                    state = (aggregated.kind.new)();
                    taken = (from, from);
                }
                for row in rows.get(taken.1..to).unwrap_or_default() {
                    stopped(context)?;
                    state.take(&row.args, row.millis);
                }
                *looks += to - taken.1.min(to);
                taken = (from, to);
                result = state.finish();
                bounded(*looks)?;
            }
            out.push(result.clone());
        }
        Ok(out)
    }
}

fn bounded(looks: usize) -> Result<(), RunError> {
    if looks > MOST_LOOKS {
        return Err(RunError::TooLarge("a window would look at too many rows again and again: narrow the scope, or its frame".to_owned()));
    }
    Ok(())
}

/// What a window knows of a row.
struct Known {
    args: Vec<Value>,
    order: Vec<Value>,
    millis: Option<i64>,
}

/// Windows at work: all rows are held.
pub(super) struct Windows {
    pub(super) ranked: Vec<(usize, Ranked)>,
    pub(super) rows: Vec<Row>,
    pub(super) held: usize,
}

impl Work for Windows {
    fn take(&mut self, rows: Vec<Row>, _: &Context) -> Result<Vec<Row>, RunError> {
        self.held += rows.iter().map(Row::size).sum::<usize>();
        self.rows.extend(rows);
        if self.rows.len() > MOST_ROWS {
            return Err(too_many("OVER", "narrow the scope"));
        }
        if self.held > MOST_BYTES {
            return Err(RunError::TooLarge("a window would hold more than 512 MB: show fewer fields, or narrow the scope".to_owned()));
        }
        Ok(Vec::new())
    }

    fn finish(&mut self, context: &Context) -> Result<Vec<Row>, RunError> {
        let mut rows = std::mem::take(&mut self.rows);
        let mut looks = 0;
        for (slot, ranked) in &self.ranked {
            let mut parts: std::collections::BTreeMap<Vec<u8>, Vec<usize>> = std::collections::BTreeMap::new();
            let mut known = Vec::with_capacity(rows.len());
            for (at, row) in rows.iter().enumerate() {
                stopped(context)?;
                let mut key = Vec::new();
                key_of(&values_of(&ranked.partition, &row.values, context), &mut key);
                parts.entry(key).or_default().push(at);
                let order = ranked.order.iter().map(|key| key.node.of(&row.values, context)).collect();
                known.push(Known { args: values_of(&ranked.args, &row.values, context), order, millis: row.millis });
            }
            for part in parts.values_mut() {
                let own = |at: usize| known.get(at);
                let by_order = |one: &usize, other: &usize| match (own(*one), own(*other)) {
                    (Some(one), Some(other)) => compare(&ranked.order, &one.order, &other.order),
                    _ => Ordering::Equal,
                };
                *part = in_order(std::mem::take(part), by_order, context)?;
                let in_order: Vec<&Known> = part.iter().filter_map(|at| own(*at)).collect();
                let values = ranked.values(&in_order, &mut looks, context)?;
                for (at, value) in part.iter().zip(values) {
                    if let Some(row) = rows.get_mut(*at) {
                        set(row, *slot, value);
                    }
                }
            }
        }
        Ok(rows)
    }
}
