//! Values and conditions of SQL, ready to be worked out.
//!
//! A condition that stands where only its holding counts (`WHERE`, `ON`, `WHEN`) becomes nodes that the case's lists can be asked
//! with; everywhere else a third answer, `NULL`, is kept.

use std::cmp::Ordering;

use super::super::error::RunError;
use super::super::expr::{Aggregated, Apply, Node, wrong};
use super::tables::Tables;
use super::window::Ranked;
use crate::query::aggregate::sql::{aggregate, of_different};
use crate::query::compare::{self, Likeness, Searched};
use crate::query::functions::{Context, Operator};
use crate::query::ql::{QueryError, Span};
use crate::query::sql::ast::{Call, Comparison, Expr, ExprKind, Is, LikeKind, Operator as Sign, Query};
use crate::query::sql::functions::{ELSEWHERE, RANKS, function, like, nearest, time};
use crate::query::sql::{cast, compared, equal, holds, truth};
use crate::query::value::Value;

/// Answers a query within this one: the rows of its first columns.
pub(super) type Inner<'a> = dyn FnMut(&Query) -> Result<(usize, Vec<Vec<Value>>), RunError> + 'a;

/// The groups of a `SELECT`, as far as they are known.
#[derive(Default)]
pub(super) struct Groups {
    /// What is grouped by, where it is of a row, when it is a field, and where of a group.
    pub(super) by: Vec<(Expr, Option<usize>, usize)>,
    /// What is worked out of each group.
    pub(super) aggregates: Vec<(Call, usize, Aggregated)>,
}

/// Where a value stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Before rows are grouped.
    Rows,
    /// Behind that.
    Groups,
}

/// Makes values ready.
pub(super) struct Compiler<'a, 'i> {
    pub(super) tables: &'a mut Tables,
    pub(super) inner: &'a mut Inner<'i>,
    pub(super) groups: &'a mut Groups,
    pub(super) windows: &'a mut Vec<(Expr, usize, Ranked)>,
    pub(super) place: Place,
    /// The clause that is read, for messages.
    pub(super) clause: &'static str,
}

fn apply(args: Vec<Node>, call: impl Fn(&Context, &[Value]) -> Value + Send + Sync + 'static) -> Node {
    Node::Apply(Apply { call: Box::new(call), args })
}

fn first(args: &[Value]) -> &Value {
    args.first().unwrap_or(&Value::Missing)
}

/// No as soon as one does not; not known when one is not known.
fn all_hold(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut all = Some(true);
    for answer in answers {
        match answer {
            Some(false) => return Some(false),
            Some(true) => {}
            None => all = None,
        }
    }
    all
}

fn not(flag: Option<bool>, negated: bool) -> Value {
    flag.map(|flag| flag != negated).into()
}

impl Compiler<'_, '_> {
    fn all(&mut self, exprs: &[Expr]) -> Result<Vec<Node>, RunError> {
        exprs.iter().map(|expr| self.value(expr)).collect()
    }

    /// Conditions that have to hold all.
    pub(super) fn conditions(&mut self, expr: &Expr, into: &mut Vec<Node>) -> Result<(), RunError> {
        match &expr.kind {
            ExprKind::And(all) => all.iter().try_for_each(|one| self.conditions(one, into)),
            ExprKind::Between { value, low, high, negated: false } => {
                let mut end = |how, other: &Expr| self.comparison(how, value, other);
                into.extend([end(compare::Comparison::AtLeast, low)?, end(compare::Comparison::AtMost, high)?]);
                Ok(())
            }
            _ => {
                into.push(self.condition(expr)?);
                Ok(())
            }
        }
    }

    /// Whether something holds; that it is not known counts as that it does not.
    pub(super) fn condition(&mut self, expr: &Expr) -> Result<Node, RunError> {
        if self.place == Place::Groups && self.grouped(expr).is_some() {
            return self.value(expr);
        }
        Ok(match &expr.kind {
            ExprKind::And(all) => Node::And(all.iter().map(|one| self.condition(one)).collect::<Result<_, _>>()?),
            ExprKind::Or(any) => Node::Or(any.iter().map(|one| self.condition(one)).collect::<Result<_, _>>()?),
            ExprKind::Compare(Comparison::Plain(how), left, right) => self.comparison(*how, left, right)?,
            ExprKind::Between { negated: false, .. } => {
                let mut both = Vec::new();
                self.conditions(expr, &mut both)?;
                Node::And(both)
            }
            ExprKind::Like { value, pattern, how, escape, negated } => match Self::likeness(pattern, *how, *escape)? {
                Some(likeness) => Node::Like(Box::new(self.value(value)?), likeness, *negated),
                None => self.value(expr)?,
            },
            _ => {
                let value = self.value(expr)?;
                apply(vec![value], |_, args| Value::Flag(truth(first(args)) == Some(true)))
            }
        })
    }

    fn comparison(&mut self, how: compare::Comparison, left: &Expr, right: &Expr) -> Result<Node, RunError> {
        let (left, right) = (self.value(left)?, self.value(right)?);
        let left = self.as_time_beside(left, &right);
        let right = self.as_time_beside(right, &left);
        Ok(Node::Holds(how, Box::new(left), Box::new(right)))
    }

    /// A text beside the event's time is a time, so that the case's lists can be asked for it.
    fn as_time_beside(&self, node: Node, other: &Node) -> Node {
        match &node {
            Node::Const(Value::Text(text)) if self.tables.is_time(other) => {
                time::instant(text).map_or(node, |millis| Node::Const(Value::Time(millis)))
            }
            _ => node,
        }
    }

    /// What a pattern that is known looks for.
    fn likeness(pattern: &Expr, how: LikeKind, escape: char) -> Result<Option<Likeness>, RunError> {
        let ExprKind::Literal(Value::Text(text)) = &pattern.kind else { return Ok(None) };
        let wrong = |error: compare::BadPattern| wrong(pattern.span.0, error.to_string());
        if how == LikeKind::Regex {
            return Likeness::matches(text).map(Some).map_err(wrong);
        }
        // `'%text%'` is what is looked for most.
        let inside = text.strip_prefix('%').and_then(|rest| rest.strip_suffix('%'));
        if let Some(inside) = inside.filter(|inside| how == LikeKind::Pattern && !inside.contains(['%', '_', escape])) {
            return Ok(Some(Likeness::contains(inside)));
        }
        like(text, escape, how == LikeKind::AnyCase).map(|regex| Some(Likeness::Matches(Searched::of(regex)))).map_err(wrong)
    }

    /// The slot of what is grouped by.
    fn grouped(&self, expr: &Expr) -> Option<usize> {
        self.groups.by.iter().find(|(known, ..)| known == expr).map(|(.., slot)| *slot)
    }

    /// A value.
    pub(super) fn value(&mut self, expr: &Expr) -> Result<Node, RunError> {
        let span = expr.span.0;
        if self.place == Place::Groups
            && let Some(slot) = self.grouped(expr)
        {
            return Ok(Node::Slot(slot));
        }
        Ok(match &expr.kind {
            ExprKind::Literal(value) => Node::Const(value.clone()),
            ExprKind::Interval(millis) => Node::Const(Value::Number(*millis as f64)),
            ExprKind::Field(steps) => {
                if self.place == Place::Groups {
                    return self.of_group(expr, steps);
                }
                self.tables.resolve(steps, span)?
            }
            ExprKind::Call(call) => self.call(expr, call)?,
            ExprKind::Negate(inner) => Node::Negate(Box::new(self.value(inner)?)),
            ExprKind::Not(inner) => apply(vec![self.value(inner)?], |_, args| not(truth(first(args)), true)),
            ExprKind::And(all) => apply(self.all(all)?, |_, args| all_hold(args.iter().map(truth)).into()),
            // One holds unless all do not.
            ExprKind::Or(any) => apply(self.all(any)?, |_, args| not(all_hold(args.iter().map(|one| truth(one).map(|holds| !holds))), true)),
            ExprKind::Compare(how, left, right) => self.compared(*how, left, right)?,
            ExprKind::Arithmetic(one, rest) => self.arithmetic(one, rest)?,
            ExprKind::Is { value, what, negated } => {
                let (what, negated) = (*what, *negated);
                apply(vec![self.value(value)?], move |_, args| {
                    let value = first(args);
                    Value::Flag(
                        negated
                            != match what {
                                Is::Null => value.is_missing(),
                                Is::True => truth(value) == Some(true),
                                Is::False => truth(value) == Some(false),
                            },
                    )
                })
            }
            ExprKind::Like { value, pattern, how, escape, negated } => {
                let negated = *negated;
                match Self::likeness(pattern, *how, *escape)? {
                    Some(likeness) => {
                        apply(vec![self.value(value)?], move |context, args| not(likeness.is_like(first(args), &|| context.is_stopped()), negated))
                    }
                    None => {
                        let (how, escape) = (*how, *escape);
                        apply(vec![self.value(value)?, self.value(pattern)?], move |context, args| {
                            let found = || {
                                let (text, pattern) = (args.first()?.as_text()?, args.get(1)?.as_text()?);
                                Some(match how {
                                    LikeKind::Regex => context.regex(&pattern)?.is_match(&text),
                                    how => like(&pattern, escape, how == LikeKind::AnyCase).ok()?.is_match(&text),
                                })
                            };
                            not(found(), negated)
                        })
                    }
                }
            }
            ExprKind::Between { value, low, high, negated } => {
                let negated = *negated;
                apply(vec![self.value(value)?, self.value(low)?, self.value(high)?], move |_, args| {
                    let [value, low, high] = args else { return Value::Missing };
                    let (above, below) = (compared(value, low).map(Ordering::is_ge), compared(value, high).map(Ordering::is_le));
                    let within = if above == Some(false) || below == Some(false) { Some(false) } else { above.and(below) };
                    not(within, negated)
                })
            }
            ExprKind::InList { value, list, negated } => {
                let mut args = vec![self.value(value)?];
                args.extend(self.all(list)?);
                let negated = *negated;
                apply(args, move |_, args| {
                    let Some((value, list)) = args.split_first() else { return Value::Missing };
                    not(among(value, list), negated)
                })
            }
            ExprKind::InQuery { value, query, negated } => {
                let value = self.value(value)?;
                let (columns, rows) = (self.inner)(query)?;
                if columns != 1 {
                    return Err(wrong(query.span.0, format!("a query behind IN gives one column, not {columns}")));
                }
                let set = super::set::Known::of(rows.into_iter().flatten());
                let negated = *negated;
                apply(vec![value], move |_, args| not(set.has(first(args)), negated))
            }
            ExprKind::Exists(query) => {
                let (_, rows) = (self.inner)(query)?;
                Node::Const(Value::Flag(!rows.is_empty()))
            }
            ExprKind::Query(query) => {
                let (columns, rows) = (self.inner)(query)?;
                if columns != 1 || rows.len() > 1 {
                    return Err(wrong(query.span.0, "a query that stands for a value gives one row of one column"));
                }
                Node::Const(rows.into_iter().flatten().next().into())
            }
            ExprKind::Case { of, when, otherwise } => {
                let mut args = Vec::new();
                for (condition, then) in when {
                    args.push(match of {
                        Some(of) => self.comparison(compare::Comparison::Equal, of, condition)?,
                        None => self.condition(condition)?,
                    });
                    args.push(self.value(then)?);
                }
                if let Some(otherwise) = otherwise {
                    args.push(self.value(otherwise)?);
                }
                apply(args, |_, args| {
                    for pair in args.chunks(2) {
                        match pair {
                            [condition, then] if truth(condition) == Some(true) => return then.clone(),
                            [otherwise] => return otherwise.clone(),
                            _ => {}
                        }
                    }
                    Value::Missing
                })
            }
            ExprKind::Cast(inner, to) => {
                let to = *to;
                apply(vec![self.value(inner)?], move |_, args| cast(first(args), to))
            }
            ExprKind::At(whole, key) => apply(vec![self.value(whole)?, self.value(key)?], |_, args| match args {
                [list @ Value::List(_), key] => key.as_number().filter(|at| *at >= 0.0).map_or(Value::Missing, |at| list.element(at as usize)),
                [map, key] => key.as_text().map_or(Value::Missing, |name| map.member(&name)),
                _ => Value::Missing,
            }),
        })
    }

    /// A field of a row that is a group: part of what is grouped by, such as `window.start`.
    fn of_group(&mut self, expr: &Expr, steps: &[crate::query::ql::ast::Step]) -> Result<Node, RunError> {
        let name = super::tables::flat(steps);
        // `A.b` and `b` may be one field.
        if let Ok(Node::Slot(own)) = self.tables.resolve(steps, expr.span.0)
            && let Some((.., slot)) = self.groups.by.iter().find(|(_, known, _)| *known == Some(own))
        {
            return Ok(Node::Slot(*slot));
        }
        if let Some((first, rest)) = steps.split_first() {
            let is_window = matches!(first, crate::query::ql::ast::Step::Member(name) if name.eq_ignore_ascii_case("window"));
            let window = self.groups.by.iter().find(|(known, ..)| matches!(&known.kind, ExprKind::Call(call) if call.name == "window"));
            if let Some((.., slot)) = window.filter(|_| is_window) {
                let whole = Node::Slot(*slot);
                return Ok(if rest.is_empty() { whole } else { Node::Part(Box::new(whole), rest.to_vec()) });
            }
        }
        Err(wrong(
            expr.span.0,
            format!("`{name}` differs between the rows of a group: put it behind GROUP BY or into an aggregate, as in max(`{name}`)"),
        ))
    }

    fn compared(&mut self, how: Comparison, left: &Expr, right: &Expr) -> Result<Node, RunError> {
        let (left, right) = (self.value(left)?, self.value(right)?);
        let left = self.as_time_beside(left, &right);
        let right = self.as_time_beside(right, &left);
        let both = vec![left, right];
        Ok(match how {
            Comparison::Plain(how) => apply(both, move |_, args| match args {
                [left, right] => holds(how, left, right).into(),
                _ => Value::Missing,
            }),
            Comparison::NullSafe => apply(both, |_, args| match args {
                [left, right] => Value::Flag(equal(left, right).unwrap_or(left.is_missing() && right.is_missing())),
                _ => Value::Missing,
            }),
        })
    }

    /// A time and an interval make a time; a time less a time makes milliseconds.
    fn arithmetic(&mut self, one: &Expr, rest: &[(Sign, Expr)]) -> Result<Node, RunError> {
        let mut left = self.value(one)?;
        for (sign, expr) in rest {
            let is_interval = matches!(expr.kind, ExprKind::Interval(_)) || matches!(one.kind, ExprKind::Interval(_));
            let both = vec![left, self.value(expr)?];
            let operator = match sign {
                Sign::Add => Operator::Plus,
                Sign::Subtract => Operator::Minus,
                Sign::Multiply => Operator::Times,
                Sign::Divide => Operator::Divide,
                Sign::Remainder => Operator::Remainder,
                Sign::Quotient => {
                    left = apply(both, |_, args| match args {
                        [left, right] => Operator::Divide.apply(left, right).as_number().map(f64::trunc).into(),
                        _ => Value::Missing,
                    });
                    continue;
                }
                Sign::Concat => {
                    left = apply(both, |context, args| function("concat").map_or(Value::Missing, |concat| (concat.call)(context, args)));
                    continue;
                }
            };
            left = apply(both, move |_, args| {
                let [left, right] = args else { return Value::Missing };
                if !is_interval {
                    return operator.apply(left, right);
                }
                let number = |value: &Value| time::time(value).map_or_else(|| value.clone(), |millis| Value::Number(millis as f64));
                match operator.apply(&number(left), &number(right)).as_number() {
                    Some(millis) if time::time(left).is_some() || time::time(right).is_some() => Value::Time(millis as i64),
                    other => other.into(),
                }
            });
        }
        Ok(left)
    }

    fn call(&mut self, expr: &Expr, call: &Call) -> Result<Node, RunError> {
        let span = call.name_span.0;
        let name = call.name.as_str();
        if call.over.is_some() {
            return self.ranked(expr, call);
        }
        let is_scalar = function(name).is_some_and(|_| !call.is_star && !call.is_distinct && call.filter.is_none());
        if let Some(kind) = aggregate(name).filter(|_| !is_scalar) {
            if self.place == Place::Rows {
                let remedy = if self.clause == "WHERE" { ": HAVING asks about groups" } else { "" };
                return Err(wrong(span, format!("`{name}` looks at many rows and cannot stand in {}{remedy}", self.clause)));
            }
            if let Some((_, slot, _)) = self.groups.aggregates.iter().find(|(known, ..)| known == call) {
                return Ok(Node::Slot(*slot));
            }
            arguments(call, kind.least, kind.most)?;
            let aggregated = self.aggregated(call, kind)?;
            let slot = self.tables.slot();
            self.groups.aggregates.push((call.clone(), slot, aggregated));
            return Ok(Node::Slot(slot));
        }
        if RANKS.iter().any(|(rank, _)| *rank == name) {
            return Err(wrong(span, format!("`{name}` looks at other rows: write {name}(…) OVER (PARTITION BY a ORDER BY b)")));
        }
        let Some(known) = function(name) else { return Err(unknown(call)) };
        if call.is_distinct || call.filter.is_some() {
            return Err(wrong(span, format!("`{name}` looks at one row: DISTINCT and FILTER belong to aggregates")));
        }
        arguments(call, known.least, known.most)?;
        Ok(Node::Call(known, self.all(&call.args)?))
    }

    /// An aggregate; what it looks at are rows.
    pub(super) fn aggregated(&mut self, call: &Call, kind: &'static crate::query::aggregate::AggregateKind) -> Result<Aggregated, RunError> {
        let place = std::mem::replace(&mut self.place, Place::Rows);
        let clause = std::mem::replace(&mut self.clause, "an aggregate");
        let args = self.all(&call.args);
        let filter = call.filter.as_ref().map(|filter| self.condition(filter)).transpose();
        (self.place, self.clause) = (place, clause);
        let (mut args, filter) = (args?, filter?);
        let mut kind = kind;
        match call.name.as_str() {
            "median" => args.push(Node::Const(Value::Number(50.0))),
            "percentile" | "percentile_approx" | "approx_percentile" => {
                args.truncate(2);
                if let Some(part) = args.pop() {
                    args.push(apply(vec![part], |_, args| first(args).as_number().map(|part| part * 100.0).into()));
                }
            }
            "count" if call.is_star => args.clear(),
            _ => {}
        }
        if call.is_distinct {
            kind = of_different(kind).ok_or_else(|| {
                wrong(call.name_span.0, format!("`{0}(DISTINCT …)` is not in this version: take {0} of a query with SELECT DISTINCT", call.name))
            })?;
            if call.name == "count" && args.len() > 1 {
                args = vec![apply(args, |_, args| {
                    if args.iter().any(Value::is_missing) { Value::Missing } else { Value::text(Value::list(args.to_vec()).to_json()) }
                })];
            }
        }
        if let Some(filter) = filter {
            // What does not count is missing; `COUNT(*)` counts ones.
            if args.is_empty() {
                args.push(Node::Const(Value::Number(1.0)));
            }
            let value = args.remove(0);
            args.insert(
                0,
                apply(vec![filter, value], |_, args| if truth(first(args)) == Some(true) { args.get(1).cloned().into() } else { Value::Missing }),
            );
        }
        Ok(Aggregated { kind, args })
    }

    fn ranked(&mut self, expr: &Expr, call: &Call) -> Result<Node, RunError> {
        if self.clause != "SELECT" && self.clause != "ORDER BY" {
            return Err(wrong(call.name_span.0, format!("a window cannot stand in {}: put the query into FROM and ask there", self.clause)));
        }
        if let Some((_, slot, _)) = self.windows.iter().find(|(known, ..)| known == expr) {
            return Ok(Node::Slot(*slot));
        }
        let ranked = Ranked::of(self, call)?;
        let slot = self.tables.slot();
        self.windows.push((expr.clone(), slot, ranked));
        Ok(Node::Slot(slot))
    }
}

/// The function that is not known, and what to do.
pub(super) fn unknown(call: &Call) -> RunError {
    let name = call.name.as_str();
    if let Some((_, remedy)) = ELSEWHERE.iter().find(|(known, _)| *known == name) {
        return wrong(call.name_span.0, format!("`{name}` cannot be worked out on a case: {remedy}"));
    }
    let suggestion = nearest(name).map(str::to_owned);
    QueryError { span: call.name_span.0, message: format!("there is no function `{name}`"), expected: Vec::new(), suggestion }.into()
}

/// As many arguments as there may be.
pub(super) fn arguments(call: &Call, least: usize, most: usize) -> Result<(), RunError> {
    let count = call.args.len();
    if (call.is_star && call.name == "count") || (!call.is_star && (least..=most).contains(&count)) {
        return Ok(());
    }
    let wanted = match (least, most) {
        (least, most) if least == most => format!("{least}"),
        (least, usize::MAX) => format!("at least {least}"),
        (least, most) => format!("{least} to {most}"),
    };
    let span: Span = call.name_span.0;
    Err(wrong(span, format!("`{}` takes {wanted} arguments, not {}", call.name, if call.is_star { "*".to_owned() } else { count.to_string() })))
}

/// `IN (…)`: not known when it is not there, but one is missing.
fn among(value: &Value, list: &[Value]) -> Option<bool> {
    let mut is_known = !value.is_missing();
    for one in list {
        match equal(value, one) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => is_known = false,
        }
    }
    is_known.then_some(false)
}
