//! From the library's expressions to our own.

use sqlparser::ast::{
    AccessExpr, BinaryOperator, CastKind, CeilFloorKind, DataType, DateTimeField, DuplicateTreatment, Expr as Parsed, Function, FunctionArg,
    FunctionArgExpr, FunctionArguments, Ident, InTarget, Interval, NullTreatment, ObjectName, Spanned, Subscript, TrimWhereField, UnaryOperator,
    Value as ParsedValue, WindowFrame, WindowFrameBound, WindowFrameUnits, WindowSpec, WindowType,
};

use super::super::ast::{Call, Comparison, Expr, ExprKind, Frame, Is, LikeKind, Operator, Place, Type, Window};
use super::super::functions::time;
use super::statement::Shared;
use super::tokens::Tokens;
use super::wrong;
use crate::query::compare;
use crate::query::ql::ast::Step;
use crate::query::ql::{QueryError, Span};
use crate::query::value::Value;

/// Expressions within expressions, beside chains of one operator.
const MOST_DEPTH: usize = 64;

/// What reads the library's tree.
pub(super) struct Reading<'t> {
    pub(super) tokens: &'t Tokens<'t>,
    pub(super) depth: usize,
    /// What `WINDOW` names in the `SELECT` that is read.
    pub(super) windows: Vec<(String, Window)>,
    /// The names that both sides of the last `JOIN … USING` have, and what its first side is called.
    pub(super) shared: Option<(String, Shared)>,
}

pub(super) fn member(name: &str) -> Step {
    Step::Member(name.to_owned())
}

/// The parts of a name with dots.
pub(super) fn steps(name: &str) -> Vec<Step> {
    name.split('.').map(member).collect()
}

impl Reading<'_> {
    pub(super) fn deeper(&mut self, node: &impl Spanned) -> Result<(), QueryError> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return self.refuse(node, "this is nested too deeply: take it apart");
        }
        Ok(())
    }

    fn boxed(&mut self, expr: &Parsed) -> Result<Box<Expr>, QueryError> {
        self.expr(expr).map(Box::new)
    }

    fn all<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Parsed>) -> Result<Vec<Expr>, QueryError> {
        exprs.into_iter().map(|expr| self.expr(expr)).collect()
    }

    pub(super) fn expr(&mut self, expr: &Parsed) -> Result<Expr, QueryError> {
        self.deeper(expr)?;
        let kind = self.kind(expr)?;
        self.depth -= 1;
        let span = self.tokens.of_node(expr);
        let has_brackets = matches!(&kind, ExprKind::Call(_) | ExprKind::Cast(..) | ExprKind::Exists(_)) && !matches!(expr, Parsed::Nested(_));
        let span = match expr {
            Parsed::Interval(_) => self.tokens.interval(span),
            _ if has_brackets => self.tokens.whole(span),
            _ => span,
        };
        let mut read = Expr { kind, span: Place(span) };
        // The library's place may end before that of the last part.
        let parts = std::iter::once(span).chain(read.parts().into_iter().map(|part| part.span.0)).filter(|place| place.end > 0);
        let span = parts.reduce(|one, other| Span::new(one.start.min(other.start), one.end.max(other.end))).unwrap_or_default();
        read.span = Place(self.tokens.balanced(span));
        Ok(read)
    }

    fn kind(&mut self, expr: &Parsed) -> Result<ExprKind, QueryError> {
        let is = |value: Box<Expr>, what: Is, negated: bool| ExprKind::Is { value, what, negated };
        Ok(match expr {
            Parsed::Nested(inner) | Parsed::UnaryOp { op: UnaryOperator::Plus, expr: inner } => return self.kind(inner),
            Parsed::Identifier(name) => ExprKind::Field(part(name)),
            Parsed::CompoundIdentifier(names) => ExprKind::Field(names.iter().flat_map(part).collect()),
            Parsed::CompoundFieldAccess { root, access_chain } => self.access(root, access_chain)?,
            Parsed::Value(value) => ExprKind::Literal(self.literal(expr, &value.value)?),
            Parsed::TypedString(typed) => {
                let text = typed.value.clone().into_string().unwrap_or_default();
                match cast(&typed.data_type) {
                    Some(Type::Time) => match time::instant(&text) {
                        Some(millis) => ExprKind::Literal(Value::Time(millis)),
                        None => return self.refuse(expr, format!("`{text}` is no time: write TIMESTAMP '2026-11-20 14:00:00'")),
                    },
                    Some(Type::Date) if time::instant(&text).is_some() => ExprKind::Literal(text.as_str().into()),
                    _ => return self.refuse(expr, "write DATE '2026-11-20' or TIMESTAMP '2026-11-20 14:00:00'"),
                }
            }
            Parsed::Interval(interval) => ExprKind::Interval(self.interval(expr, interval)?),
            Parsed::IsNull(inner) | Parsed::IsUnknown(inner) => is(self.boxed(inner)?, Is::Null, false),
            Parsed::IsNotNull(inner) | Parsed::IsNotUnknown(inner) => is(self.boxed(inner)?, Is::Null, true),
            Parsed::IsTrue(inner) => is(self.boxed(inner)?, Is::True, false),
            Parsed::IsNotTrue(inner) => is(self.boxed(inner)?, Is::True, true),
            Parsed::IsFalse(inner) => is(self.boxed(inner)?, Is::False, false),
            Parsed::IsNotFalse(inner) => is(self.boxed(inner)?, Is::False, true),
            Parsed::IsDistinctFrom(left, right) => ExprKind::Not(Box::new(Expr {
                kind: ExprKind::Compare(Comparison::NullSafe, self.boxed(left)?, self.boxed(right)?),
                span: Place(self.tokens.of_node(expr)),
            })),
            Parsed::IsNotDistinctFrom(left, right) => ExprKind::Compare(Comparison::NullSafe, self.boxed(left)?, self.boxed(right)?),
            Parsed::In { expr: value, target, negated, .. } => {
                let value = self.boxed(value)?;
                match target {
                    InTarget::List(list) => ExprKind::InList { value, list: self.all(list)?, negated: *negated },
                    InTarget::Subquery(query) => ExprKind::InQuery { value, query: Box::new(self.query(query)?), negated: *negated },
                    _ => return self.refuse(expr, "IN looks into a list or a query: IN ('a', 'b'), IN (SELECT …)"),
                }
            }
            Parsed::Between { expr: value, negated, low, high } => {
                ExprKind::Between { value: self.boxed(value)?, low: self.boxed(low)?, high: self.boxed(high)?, negated: *negated }
            }
            Parsed::Like { negated, any: false, expr: value, pattern, escape_char } => {
                self.like(LikeKind::Pattern, *negated, value, pattern, escape_char.as_deref())?
            }
            Parsed::ILike { negated, any: false, expr: value, pattern, escape_char } => {
                self.like(LikeKind::AnyCase, *negated, value, pattern, escape_char.as_deref())?
            }
            Parsed::RLike { negated, expr: value, pattern, .. } => self.like(LikeKind::Regex, *negated, value, pattern, None)?,
            Parsed::BinaryOp { .. } => self.chain(expr)?,
            Parsed::UnaryOp { op: UnaryOperator::Not | UnaryOperator::BangNot, expr: inner } => ExprKind::Not(self.boxed(inner)?),
            Parsed::UnaryOp { op: UnaryOperator::Minus, expr: inner } => match self.expr(inner)? {
                Expr { kind: ExprKind::Literal(Value::Number(number)), .. } => ExprKind::Literal(Value::Number(-number)),
                inner => ExprKind::Negate(Box::new(inner)),
            },
            Parsed::Cast { kind: CastKind::Cast | CastKind::TryCast | CastKind::DoubleColon, expr: inner, data_type, format: None } => {
                match cast(data_type) {
                    Some(to) => ExprKind::Cast(self.boxed(inner)?, to),
                    None => {
                        return self
                            .refuse(expr, format!("`{data_type}` is no type that CAST makes here: INT, DOUBLE, STRING, BOOLEAN, TIMESTAMP, DATE"));
                    }
                }
            }
            Parsed::Case { operand, conditions, else_result, .. } => {
                let of = operand.as_deref().map(|of| self.boxed(of)).transpose()?;
                let when =
                    conditions.iter().map(|case| Ok((self.expr(&case.condition)?, self.expr(&case.result)?))).collect::<Result<_, QueryError>>()?;
                ExprKind::Case { of, when, otherwise: else_result.as_deref().map(|otherwise| self.boxed(otherwise)).transpose()? }
            }
            Parsed::Exists { subquery, negated } => {
                let exists = ExprKind::Exists(Box::new(self.query(subquery)?));
                if *negated { ExprKind::Not(Box::new(Expr { kind: exists, span: Place(self.tokens.of_node(expr)) })) } else { exists }
            }
            Parsed::Subquery(query) => ExprKind::Query(Box::new(self.query(query)?)),
            Parsed::Function(function) => ExprKind::Call(self.call(function)?),
            other => self.written_otherwise(other)?,
        })
    }

    /// Functions that have a form of their own.
    fn written_otherwise(&mut self, expr: &Parsed) -> Result<ExprKind, QueryError> {
        let mut call = |name: &str, args: Vec<&Parsed>| -> Result<ExprKind, QueryError> {
            let name_span = Place(self.tokens.of_node(expr));
            Ok(ExprKind::Call(Call {
                name: name.to_owned(),
                name_span,
                is_star: false,
                args: self.all(args)?,
                is_distinct: false,
                filter: None,
                over: None,
            }))
        };
        match expr {
            Parsed::Ceil { expr: inner, field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) } => call("ceil", vec![inner]),
            Parsed::Floor { expr: inner, field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) } => call("floor", vec![inner]),
            Parsed::Position { expr: what, r#in } => call("locate", vec![what, r#in]),
            Parsed::Substring { expr: inner, substring_from: Some(from), substring_for, .. } => {
                call("substring", [&**inner, &**from].into_iter().chain(substring_for.as_deref()).collect())
            }
            Parsed::Trim { trim_where, trim_what, expr: inner, trim_characters } => {
                let name = match trim_where {
                    None | Some(TrimWhereField::Both) => "trim",
                    Some(TrimWhereField::Leading) => "ltrim",
                    Some(TrimWhereField::Trailing) => "rtrim",
                };
                // TRIM(letters FROM text); the function takes the letters first as well.
                let letters = trim_what.as_deref().into_iter().chain(trim_characters.iter().flatten());
                call(name, letters.chain([&**inner]).collect())
            }
            Parsed::Extract { field, expr: inner, .. } => {
                let name = match field {
                    DateTimeField::Year => "year",
                    DateTimeField::Quarter => "quarter",
                    DateTimeField::Month => "month",
                    DateTimeField::Week(None) => "weekofyear",
                    DateTimeField::Day => "day",
                    DateTimeField::DayOfWeek | DateTimeField::Dow => "dayofweek",
                    DateTimeField::DayOfYear | DateTimeField::Doy => "dayofyear",
                    DateTimeField::Hour => "hour",
                    DateTimeField::Minute => "minute",
                    DateTimeField::Second => "second",
                    _ => return self.refuse(expr, format!("`{field}` cannot be taken out of a time: YEAR, MONTH, DAY, HOUR, MINUTE or SECOND can")),
                };
                call(name, vec![inner])
            }
            Parsed::Array(array) => call("array", array.elem.iter().collect()),
            Parsed::Wildcard(_) | Parsed::QualifiedWildcard(..) => self.refuse(expr, "`*` stands alone, or in COUNT(*)"),
            Parsed::Lambda(_) => self.refuse(expr, "functions of functions are not in this version"),
            other => self.refuse(other, "this form is not in this version"),
        }
    }

    fn access(&mut self, root: &Parsed, chain: &[AccessExpr]) -> Result<ExprKind, QueryError> {
        let mut whole = self.expr(root)?;
        for access in chain {
            let span = whole.span;
            let kind = match access {
                AccessExpr::Dot(Parsed::Identifier(name)) => match whole.kind {
                    ExprKind::Field(mut known) => {
                        known.extend(part(name));
                        ExprKind::Field(known)
                    }
                    kind => {
                        let key = Expr { kind: ExprKind::Literal(name.value.as_str().into()), span };
                        ExprKind::At(Box::new(Expr { kind, span }), Box::new(key))
                    }
                },
                AccessExpr::Subscript(Subscript::Index { index }) => {
                    let key = self.expr(index)?;
                    match (whole.kind, &key.kind) {
                        // A way into a record is read at once.
                        (ExprKind::Field(mut known), ExprKind::Literal(Value::Number(number)))
                            if number.fract() == 0.0 && (0.0..1e9).contains(number) =>
                        {
                            known.push(Step::Index(*number as u32));
                            ExprKind::Field(known)
                        }
                        (ExprKind::Field(mut known), ExprKind::Literal(Value::Text(name))) => {
                            known.push(member(name));
                            ExprKind::Field(known)
                        }
                        (kind, _) => ExprKind::At(Box::new(Expr { kind, span }), Box::new(key)),
                    }
                }
                _ => return self.refuse(root, "behind it stands .name, [0] or ['name']"),
            };
            whole = Expr { kind, span };
        }
        Ok(whole.kind)
    }

    fn like(&mut self, how: LikeKind, negated: bool, value: &Parsed, pattern: &Parsed, escape: Option<&Parsed>) -> Result<ExprKind, QueryError> {
        let escape = match escape {
            None => '\\',
            Some(written @ Parsed::Value(value)) => {
                let text = value.clone().into_string().unwrap_or_default();
                let mut letters = text.chars();
                match (letters.next(), letters.next()) {
                    (Some(one), None) => one,
                    _ => return self.refuse(written, "ESCAPE is one character"),
                }
            }
            Some(other) => return self.refuse(other, "ESCAPE is one character in quotes"),
        };
        Ok(ExprKind::Like { value: self.boxed(value)?, pattern: self.boxed(pattern)?, how, escape, negated })
    }

    /// Operators: a chain of one kind is one node, however long.
    fn chain(&mut self, expr: &Parsed) -> Result<ExprKind, QueryError> {
        let mut first = expr;
        let mut rest = Vec::new();
        while let Parsed::BinaryOp { left, op, right } = first {
            rest.push((op, &**right));
            first = left;
        }
        let mut left = self.expr(first)?;
        for (op, right) in rest.into_iter().rev() {
            let right = self.expr(right)?;
            let span = Place(left.span.0.to(right.span.0));
            let kind = match (self.operator(expr, op)?, left.kind) {
                (Binary::And, ExprKind::And(mut all)) => {
                    all.push(right);
                    ExprKind::And(all)
                }
                (Binary::Or, ExprKind::Or(mut any)) => {
                    any.push(right);
                    ExprKind::Or(any)
                }
                (Binary::Arithmetic(operator), ExprKind::Arithmetic(first, mut rest)) => {
                    rest.push((operator, right));
                    ExprKind::Arithmetic(first, rest)
                }
                (binary, kind) => {
                    let left = Expr { kind, span: left.span };
                    match binary {
                        Binary::And => ExprKind::And(vec![left, right]),
                        Binary::Or => ExprKind::Or(vec![left, right]),
                        Binary::Arithmetic(operator) => ExprKind::Arithmetic(Box::new(left), vec![(operator, right)]),
                        Binary::Compare(how) => ExprKind::Compare(how, Box::new(left), Box::new(right)),
                    }
                }
            };
            left = Expr { kind, span };
        }
        Ok(left.kind)
    }

    fn operator(&self, expr: &Parsed, op: &BinaryOperator) -> Result<Binary, QueryError> {
        let plain = |how| Ok(Binary::Compare(Comparison::Plain(how)));
        match op {
            BinaryOperator::And => Ok(Binary::And),
            BinaryOperator::Or => Ok(Binary::Or),
            BinaryOperator::Eq => plain(compare::Comparison::Equal),
            BinaryOperator::NotEq => plain(compare::Comparison::NotEqual),
            BinaryOperator::Lt => plain(compare::Comparison::Less),
            BinaryOperator::LtEq => plain(compare::Comparison::AtMost),
            BinaryOperator::Gt => plain(compare::Comparison::Greater),
            BinaryOperator::GtEq => plain(compare::Comparison::AtLeast),
            BinaryOperator::Spaceship => Ok(Binary::Compare(Comparison::NullSafe)),
            BinaryOperator::Plus => Ok(Binary::Arithmetic(Operator::Add)),
            BinaryOperator::Minus => Ok(Binary::Arithmetic(Operator::Subtract)),
            BinaryOperator::Multiply => Ok(Binary::Arithmetic(Operator::Multiply)),
            BinaryOperator::Divide => Ok(Binary::Arithmetic(Operator::Divide)),
            BinaryOperator::Modulo => Ok(Binary::Arithmetic(Operator::Remainder)),
            BinaryOperator::MyIntegerDivide | BinaryOperator::DuckIntegerDivide => Ok(Binary::Arithmetic(Operator::Quotient)),
            BinaryOperator::StringConcat => Ok(Binary::Arithmetic(Operator::Concat)),
            other => self.refuse(expr, format!("`{other}` is no operator here")),
        }
    }

    fn literal(&self, expr: &Parsed, value: &ParsedValue) -> Result<Value, QueryError> {
        match value {
            ParsedValue::Number(number, _) => Ok(Value::of_json_number(number)),
            ParsedValue::SingleQuotedString(text)
            | ParsedValue::DoubleQuotedString(text)
            | ParsedValue::SingleQuotedRawStringLiteral(text)
            | ParsedValue::DoubleQuotedRawStringLiteral(text) => Ok(text.as_str().into()),
            ParsedValue::Boolean(flag) => Ok(Value::Flag(*flag)),
            ParsedValue::Null => Ok(Value::Missing),
            ParsedValue::Placeholder(name) if name.starts_with('@') => {
                self.refuse(expr, format!("a name that begins with `@` stands in backticks: `{name}`"))
            }
            ParsedValue::Placeholder(_) => self.refuse(expr, "a parameter cannot stand here: write the value"),
            _ => self.refuse(expr, "this form of a text is not in this version: write 'text'"),
        }
    }

    fn interval(&mut self, expr: &Parsed, interval: &Interval) -> Result<i64, QueryError> {
        let bad = "an interval is a number and a unit: INTERVAL 4 HOURS, INTERVAL '30' MINUTE";
        let written = match self.expr(&interval.value)?.kind {
            ExprKind::Literal(value) => value.printed().into_owned(),
            _ => return self.refuse(expr, bad),
        };
        let unit = interval.leading_field.as_ref().map(|unit| unit.to_string().to_lowercase());
        let millis = match unit {
            Some(unit) => time::interval(&format!("{written} {unit}")),
            None => time::interval(&written),
        };
        if interval.last_field.is_some() {
            return self.refuse(expr, bad);
        }
        millis.map_or_else(|| self.refuse(expr, bad), Ok)
    }

    fn call(&mut self, function: &Function) -> Result<Call, QueryError> {
        let name_span = Place(self.tokens.of_node(&function.name));
        let name = super::statement::joined(&function.name).to_lowercase();
        if !matches!(function.parameters, FunctionArguments::None) || !function.within_group.is_empty() {
            return Err(wrong(name_span.0, "a function here is written name(a, b)"));
        }
        let mut call = Call { name, name_span, is_star: false, args: Vec::new(), is_distinct: false, filter: None, over: None };
        match &function.args {
            FunctionArguments::None => {}
            FunctionArguments::Subquery(query) => return self.refuse(&**query, "a query as an argument stands in brackets of its own"),
            FunctionArguments::List(list) => {
                if !list.clauses.is_empty() {
                    return Err(wrong(name_span.0, "a function here is written name(a, b)"));
                }
                call.is_distinct = list.duplicate_treatment == Some(DuplicateTreatment::Distinct);
                for arg in &list.args {
                    match arg {
                        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => call.args.push(self.expr(expr)?),
                        FunctionArg::Unnamed(FunctionArgExpr::Wildcard) if list.args.len() == 1 => call.is_star = true,
                        _ => return Err(wrong(name_span.0, "arguments are values, with commas between them")),
                    }
                }
            }
        }
        if function.null_treatment == Some(NullTreatment::IgnoreNulls) {
            if !["first", "last", "any_value", "first_value", "last_value"].contains(&call.name.as_str()) || call.args.len() != 1 {
                return Err(wrong(name_span.0, "IGNORE NULLS stands in first, last and any_value: first(a IGNORE NULLS)"));
            }
            call.args.push(Expr { kind: ExprKind::Literal(Value::Flag(true)), span: name_span });
        }
        call.filter = function.filter.as_deref().map(|filter| self.boxed(filter)).transpose()?;
        call.over = match &function.over {
            None => None,
            Some(WindowType::NamedWindow(name)) => Some(self.named_window(name)?),
            Some(WindowType::WindowSpec(spec)) => Some(self.window(name_span, spec)?),
        };
        Ok(call)
    }

    /// A window that `WINDOW` has named.
    pub(super) fn named_window(&self, name: &Ident) -> Result<Window, QueryError> {
        let known = self.windows.iter().find(|(known, _)| known.eq_ignore_ascii_case(&name.value));
        known.map_or_else(
            || self.refuse(&ObjectName::from(vec![name.clone()]), format!("no WINDOW names `{}`", name.value)),
            |(_, window)| Ok(window.clone()),
        )
    }

    pub(super) fn window(&mut self, at: Place, spec: &WindowSpec) -> Result<Window, QueryError> {
        if spec.window_name.is_some() {
            return Err(wrong(at.0, "a window is written whole: OVER (PARTITION BY a ORDER BY b)"));
        }
        let partition = self.all(&spec.partition_by)?;
        let order = self.order(&spec.order_by)?;
        let frame = spec.window_frame.as_ref().map(|frame| self.frame(at, frame)).transpose()?;
        Ok(Window { partition, order, frame })
    }

    fn frame(&mut self, at: Place, frame: &WindowFrame) -> Result<Frame, QueryError> {
        let is_rows = match frame.units {
            WindowFrameUnits::Rows => true,
            WindowFrameUnits::Range => false,
            WindowFrameUnits::Groups => return Err(wrong(at.0, "a window is written ROWS BETWEEN … AND …")),
        };
        let mut bound = |bound: &WindowFrameBound| -> Result<Option<i64>, QueryError> {
            let (sign, count) = match bound {
                WindowFrameBound::CurrentRow => return Ok(Some(0)),
                WindowFrameBound::Preceding(None) | WindowFrameBound::Following(None) => return Ok(None),
                WindowFrameBound::Preceding(Some(count)) => (-1, count),
                WindowFrameBound::Following(Some(count)) => (1, count),
            };
            match self.expr(count)?.kind {
                ExprKind::Literal(Value::Number(number)) if is_rows && number.fract() == 0.0 && (0.0..1e6).contains(&number) => {
                    Ok(Some(sign * number as i64))
                }
                _ => Err(wrong(at.0, "a window counts rows: ROWS BETWEEN 3 PRECEDING AND CURRENT ROW")),
            }
        };
        let from = bound(&frame.start_bound)?;
        let to = frame.end_bound.as_ref().map_or(Ok(Some(0)), bound)?;
        Ok(Frame { is_rows, from, to })
    }
}

/// What an operator makes.
enum Binary {
    And,
    Or,
    Compare(Comparison),
    Arithmetic(Operator),
}

/// A name: dots are part of a path, also within backticks.
fn part(name: &Ident) -> Vec<Step> {
    steps(&name.value)
}

fn cast(to: &DataType) -> Option<Type> {
    Some(match to {
        DataType::Int(_) | DataType::Integer(_) | DataType::BigInt(_) | DataType::SmallInt(_) | DataType::TinyInt(_) | DataType::Int64 => Type::Whole,
        DataType::Double(_)
        | DataType::DoublePrecision
        | DataType::Float(_)
        | DataType::Real
        | DataType::Decimal(_)
        | DataType::Numeric(_)
        | DataType::Dec(_) => Type::Number,
        DataType::String(_) | DataType::Varchar(_) | DataType::Char(_) | DataType::Text | DataType::Binary(_) | DataType::Character(_) => Type::Text,
        DataType::Boolean | DataType::Bool => Type::Flag,
        DataType::Timestamp(..) | DataType::Datetime(_) => Type::Time,
        DataType::Date => Type::Date,
        _ => return None,
    })
}
