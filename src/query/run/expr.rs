//! Values and conditions, ready to be worked out for a row.

use super::error::RunError;
use super::names::Names;
use crate::query::aggregate::{AggregateKind, aggregate};
use crate::query::compare::{Comparison, Likeness, Membership, equal, is_true};
use crate::query::functions::{Context, Function, Operator, function, negated};
use crate::query::ql::ast::{self, Arguments, Call, Expr, ExprKind, Pattern, Query, Set, Step};
use crate::query::ql::{QueryError, Span};
use crate::query::sql;
use crate::query::value::Value;

/// A value to be worked out.
#[derive(Debug)]
pub(super) enum Node {
    Const(Value),
    Slot(usize),
    /// A way into a map or list.
    Part(Box<Self>, Vec<Step>),
    Call(&'static Function, Vec<Self>),
    Negate(Box<Self>),
    Chain(Box<Self>, Vec<(Operator, Self)>),
    Compare(Comparison, Box<Self>, Box<Self>),
    Like(Box<Self>, Likeness, bool),
    Among(Box<Self>, Membership, bool),
    AmongNodes(Box<Self>, Vec<Self>, bool),
    Not(Box<Self>),
    And(Vec<Self>),
    Or(Vec<Self>),
    /// What the aggregate of this number gave.
    Aggregated(usize),
    /// A comparison of SQL, where it need only be known whether it holds.
    Holds(Comparison, Box<Self>, Box<Self>),
    /// What SQL makes of values.
    Apply(Apply),
}

/// Something made of the values of other nodes.
pub(super) struct Apply {
    pub(super) call: Box<Made>,
    pub(super) args: Vec<Node>,
}

/// How a value is made.
pub(super) type Made = dyn Fn(&Context, &[Value]) -> Value + Send + Sync;

impl std::fmt::Debug for Apply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Apply").field("args", &self.args).finish_non_exhaustive()
    }
}

/// An aggregate of a `stats`.
#[derive(Debug)]
pub(super) struct Aggregated {
    pub(super) kind: &'static AggregateKind,
    pub(super) args: Vec<Node>,
}

impl Node {
    /// Its value in a row, where these aggregates gave these results.
    pub(super) fn of(&self, row: &[Value], context: &Context) -> Value {
        self.with(row, &[], context)
    }

    pub(super) fn with(&self, row: &[Value], results: &[Value], context: &Context) -> Value {
        let value = |node: &Self| node.with(row, results, context);
        match self {
            Self::Const(value) => value.clone(),
            Self::Slot(slot) => row.get(*slot).cloned().unwrap_or_default(),
            Self::Part(whole, steps) => part(value(whole), steps),
            Self::Call(function, args) => {
                let args: Vec<Value> = args.iter().map(value).collect();
                (function.call)(context, &args)
            }
            Self::Negate(inner) => negated(&value(inner)),
            Self::Chain(first, rest) => rest.iter().fold(value(first), |left, (operator, right)| operator.apply(&left, &value(right))),
            Self::Compare(comparison, left, right) => Value::Flag(comparison.holds(&value(left), &value(right))),
            Self::Like(inner, likeness, negated) => Value::Flag(likeness.is_like(&value(inner), &|| context.is_stopped()) == Some(!negated)),
            Self::Among(inner, set, negated) => Value::Flag(set.has(&value(inner)) == Some(!negated)),
            Self::AmongNodes(inner, set, negated) => {
                let inner = value(inner);
                let is_unsayable = inner.is_missing() || inner.is_structure();
                let is_in = set.iter().any(|one| equal(&inner, &value(one)) == Some(true));
                Value::Flag(!is_unsayable && is_in != *negated)
            }
            Self::Not(inner) => Value::Flag(!is_true(&value(inner))),
            Self::And(all) => Value::Flag(all.iter().all(|one| is_true(&value(one)))),
            Self::Or(any) => Value::Flag(any.iter().any(|one| is_true(&value(one)))),
            Self::Aggregated(number) => results.get(*number).cloned().unwrap_or_default(),
            Self::Holds(how, left, right) => Value::Flag(sql::holds(*how, &value(left), &value(right)) == Some(true)),
            Self::Apply(apply) => {
                let args: Vec<Value> = apply.args.iter().map(value).collect();
                (apply.call)(context, &args)
            }
        }
    }

    /// Does the condition hold?
    pub(super) fn holds(&self, row: &[Value], context: &Context) -> bool {
        is_true(&self.of(row, context))
    }

    /// The slots it reads.
    pub(super) fn slots(&self, see: &mut dyn FnMut(usize)) {
        match self {
            Self::Const(_) | Self::Aggregated(_) => {}
            Self::Slot(slot) => see(*slot),
            Self::Part(inner, _) | Self::Negate(inner) | Self::Like(inner, ..) | Self::Among(inner, ..) | Self::Not(inner) => inner.slots(see),
            Self::Call(_, nodes) | Self::And(nodes) | Self::Or(nodes) | Self::Apply(Apply { args: nodes, .. }) => {
                for node in nodes {
                    node.slots(see);
                }
            }
            Self::Chain(first, rest) => {
                first.slots(see);
                for (_, node) in rest {
                    node.slots(see);
                }
            }
            Self::Compare(_, left, right) | Self::Holds(_, left, right) => {
                left.slots(see);
                right.slots(see);
            }
            Self::AmongNodes(inner, nodes, _) => {
                inner.slots(see);
                for node in nodes {
                    node.slots(see);
                }
            }
        }
    }
}

/// Goes into a map or list. A member's name may have dots of its own where the map has such a key.
pub(super) fn part(value: Value, steps: &[Step]) -> Value {
    steps.iter().fold(value, |value, step| match step {
        Step::Member(name) => match (&value, name.parse()) {
            (Value::List(_), Ok(index)) => value.element(index),
            _ => value.member(name),
        },
        Step::Index(index) => value.element(*index as usize),
    })
}

/// Answers a query within this one, of so many columns, or of any.
pub(super) type SubQuery<'a> = dyn FnMut(&Query, Option<usize>) -> Result<(Vec<String>, Vec<Vec<Value>>), RunError> + 'a;

/// Makes values ready.
pub(super) struct Compiler<'a> {
    pub(super) names: &'a mut Names,
    pub(super) inner: &'a mut SubQuery<'a>,
}

pub(super) fn wrong(span: Span, message: impl Into<String>) -> RunError {
    QueryError { span, message: message.into(), expected: Vec::new(), suggestion: None }.into()
}

/// A period as functions take it.
pub(super) fn period(period: &ast::Period) -> Value {
    Value::text(format!("{}{}", period.count, period.unit.symbol()))
}

impl Compiler<'_> {
    pub(super) fn node(&mut self, expr: &Expr) -> Result<Node, RunError> {
        self.compile(expr, &mut None)
    }

    /// A value of `stats`: aggregates look at the events, all else at the row that comes out.
    pub(super) fn item(&mut self, expr: &Expr, out: &Names, aggregates: &mut Vec<Aggregated>) -> Result<Node, RunError> {
        self.compile(expr, &mut Some((out, aggregates)))
    }

    fn compile(&mut self, expr: &Expr, stats: &mut Option<(&Names, &mut Vec<Aggregated>)>) -> Result<Node, RunError> {
        let boxed = |node: Node| Box::new(node);
        Ok(match &expr.kind {
            ExprKind::Number(number) => Node::Const(Value::of_json_number(number.as_str())),
            ExprKind::Text(text) => Node::Const(text.as_str().into()),
            ExprKind::Bool(flag) => Node::Const(Value::Flag(*flag)),
            ExprKind::Period(written) => Node::Const(period(written)),
            ExprKind::List(values) => {
                let nodes = values.iter().map(|value| self.compile(value, stats)).collect::<Result<Vec<_>, _>>()?;
                let constants: Option<Vec<Value>> =
                    nodes.iter().map(|node| if let Node::Const(value) = node { Some(value.clone()) } else { None }).collect();
                Node::Const(Value::list(constants.ok_or_else(|| wrong(expr.span, "a list here holds only numbers and texts"))?))
            }
            ExprKind::Field(field) => match stats {
                Some((out, _)) => match out.given().find(|(name, _)| *name == field.flat()) {
                    Some((_, slot)) => Node::Slot(slot),
                    None => {
                        return Err(wrong(
                            field.span,
                            format!("`{}` differs between the events of a group: put it into a function or behind by", field.flat()),
                        ));
                    }
                },
                None => self.names.resolve(field)?,
            },
            ExprKind::Call(call) => self.call(call, expr.span, stats)?,
            ExprKind::Negate(inner) => Node::Negate(boxed(self.compile(inner, stats)?)),
            ExprKind::Arithmetic { first, rest } => {
                let first = boxed(self.compile(first, stats)?);
                let rest = rest.iter().map(|(operator, value)| Ok((arithmetic(*operator), self.compile(value, stats)?)));
                Node::Chain(first, rest.collect::<Result<_, RunError>>()?)
            }
            ExprKind::Power(left, right) => Node::Chain(boxed(self.compile(left, stats)?), vec![(Operator::Power, self.compile(right, stats)?)]),
            ExprKind::Compare(how, left, right) => {
                Node::Compare(comparison(*how), boxed(self.compile(left, stats)?), boxed(self.compile(right, stats)?))
            }
            ExprKind::Like { value, pattern, negated } => {
                let likeness = match pattern {
                    Pattern::Text(text) => Likeness::contains(&text.value),
                    Pattern::Regex(text) => Likeness::matches(&text.value).map_err(|error| wrong(text.span, error.to_string()))?,
                };
                Node::Like(boxed(self.compile(value, stats)?), likeness, *negated)
            }
            ExprKind::In { value, set, negated } => {
                let value = boxed(self.compile(value, stats)?);
                match set {
                    Set::Query(query) => Node::Among(value, Membership::of((self.inner)(query, Some(1))?.1.iter().flatten()), *negated),
                    Set::List(list) => {
                        let nodes = list.iter().map(|one| self.compile(one, stats)).collect::<Result<Vec<_>, _>>()?;
                        let constants: Option<Vec<&Value>> =
                            nodes.iter().map(|node| if let Node::Const(value) = node { Some(value) } else { None }).collect();
                        match constants {
                            Some(constants) => Node::Among(value, Membership::of(constants), *negated),
                            None => Node::AmongNodes(value, nodes, *negated),
                        }
                    }
                }
            }
            ExprKind::Not(inner) => Node::Not(boxed(self.compile(inner, stats)?)),
            ExprKind::And(all) => Node::And(all.iter().map(|one| self.compile(one, stats)).collect::<Result<_, _>>()?),
            ExprKind::Or(any) => Node::Or(any.iter().map(|one| self.compile(one, stats)).collect::<Result<_, _>>()?),
        })
    }

    fn call(&mut self, call: &Call, span: Span, stats: &mut Option<(&Names, &mut Vec<Aggregated>)>) -> Result<Node, RunError> {
        if let Some((_, aggregates)) = stats
            && let Some(kind) = aggregate(&call.name)
        {
            let args = match &call.arguments {
                Arguments::Star => Vec::new(),
                Arguments::List(list) => list.iter().map(|arg| self.node(arg)).collect::<Result<_, _>>()?,
            };
            aggregates.push(Aggregated { kind, args });
            return Ok(Node::Aggregated(aggregates.len() - 1));
        }
        let Some(function) = function(&call.name) else {
            return Err(wrong(call.name_span, format!("`{}` cannot be worked out here", call.name)));
        };
        let mut args = Vec::new();
        if function.on_event_time {
            args.push(self.names.system("@timestamp"));
        }
        for arg in call.arguments.as_slice() {
            args.push(self.compile(arg, stats)?);
        }
        let _ = span;
        Ok(Node::Call(function, args))
    }
}

fn arithmetic(operator: ast::Operator) -> Operator {
    match operator {
        ast::Operator::Add => Operator::Plus,
        ast::Operator::Subtract => Operator::Minus,
        ast::Operator::Multiply => Operator::Times,
        ast::Operator::Divide => Operator::Divide,
        ast::Operator::Remainder => Operator::Remainder,
    }
}

fn comparison(how: ast::Comparison) -> Comparison {
    match how {
        ast::Comparison::Equal => Comparison::Equal,
        ast::Comparison::NotEqual => Comparison::NotEqual,
        ast::Comparison::Less => Comparison::Less,
        ast::Comparison::LessEqual => Comparison::AtMost,
        ast::Comparison::Greater => Comparison::Greater,
        ast::Comparison::GreaterEqual => Comparison::AtLeast,
    }
}
