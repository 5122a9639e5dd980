//! Values and conditions, in brackets where the tree says otherwise than the ranks of the operators.

use std::fmt::{Display, Formatter, Result};

use super::super::ast::{Arguments, Expr, ExprKind, Item, Pattern, Set};
use super::Inline;
use super::word::{Quoted, Regex, as_name, list};

/// How tightly a form holds together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Or,
    And,
    Not,
    Test,
    Sum,
    Product,
    Power,
    Sign,
    Whole,
}

fn rank(kind: &ExprKind) -> Rank {
    match kind {
        ExprKind::Or(_) => Rank::Or,
        ExprKind::And(_) => Rank::And,
        ExprKind::Not(_) => Rank::Not,
        ExprKind::Compare(..) | ExprKind::Like { .. } | ExprKind::In { .. } => Rank::Test,
        ExprKind::Arithmetic { rest, .. } if rest.first().is_some_and(|(operator, _)| operator.is_sum()) => Rank::Sum,
        ExprKind::Arithmetic { .. } => Rank::Product,
        ExprKind::Power(..) => Rank::Power,
        ExprKind::Negate(_) => Rank::Sign,
        _ => Rank::Whole,
    }
}

/// A part that has to hold together at least this tightly.
struct Part<'q>(&'q Expr, Rank);

impl Display for Part<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if rank(&self.0.kind) < self.1 { write!(f, "({})", self.0) } else { write!(f, "{}", self.0) }
    }
}

impl Display for Item {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}", self.expr)?;
        as_name(self.alias.as_ref(), f)
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match &self.kind {
            ExprKind::Number(number) => f.write_str(number.as_str()),
            ExprKind::Text(text) => Display::fmt(&Quoted::new(text), f),
            ExprKind::Bool(value) => write!(f, "{value}"),
            ExprKind::Period(period) => write!(f, "{period}"),
            ExprKind::List(values) => {
                f.write_str("[")?;
                list(values, f)?;
                f.write_str("]")
            }
            ExprKind::Field(field) => write!(f, "{field}"),
            ExprKind::Call(call) => {
                write!(f, "{}(", call.name)?;
                match &call.arguments {
                    Arguments::Star => f.write_str("*")?,
                    Arguments::List(values) => list(values, f)?,
                }
                f.write_str(")")
            }
            ExprKind::Negate(inner) => write!(f, "-{}", Part(inner, Rank::Sign)),
            ExprKind::Arithmetic { first, rest } => {
                let operand = if rank(&self.kind) == Rank::Sum { Rank::Product } else { Rank::Power };
                write!(f, "{}", Part(first, operand))?;
                rest.iter().try_for_each(|(operator, value)| write!(f, " {} {}", operator.symbol(), Part(value, operand)))
            }
            ExprKind::Power(base, exponent) => write!(f, "{} ^ {}", Part(base, Rank::Sign), Part(exponent, Rank::Power)),
            ExprKind::Compare(comparison, left, right) => {
                write!(f, "{} {} {}", Part(left, Rank::Sum), comparison.symbol(), Part(right, Rank::Sum))
            }
            ExprKind::Like { value, pattern, negated } => {
                write!(f, "{} {}like ", Part(value, Rank::Sum), if *negated { "not " } else { "" })?;
                match pattern {
                    Pattern::Text(text) => Display::fmt(&Quoted::new(&text.value), f),
                    Pattern::Regex(text) => Display::fmt(&Regex(&text.value), f),
                }
            }
            ExprKind::In { value, set, negated } => {
                write!(f, "{} {}in ", Part(value, Rank::Sum), if *negated { "not " } else { "" })?;
                match set {
                    Set::List(values) => {
                        f.write_str("[")?;
                        list(values, f)?;
                        f.write_str("]")
                    }
                    Set::Query(query) => write!(f, "({})", Inline(query)),
                }
            }
            ExprKind::Not(inner) => write!(f, "not {}", Part(inner, Rank::Not)),
            ExprKind::And(parts) => chain(parts, "and", Rank::Not, f),
            ExprKind::Or(parts) => chain(parts, "or", Rank::And, f),
        }
    }
}

fn chain(parts: &[Expr], word: &str, operand: Rank, f: &mut Formatter<'_>) -> Result {
    for (number, part) in parts.iter().enumerate() {
        if number > 0 {
            write!(f, " {word} ")?;
        }
        write!(f, "{}", Part(part, operand))?;
    }
    Ok(())
}
