//! A query as text again: what is printed is read as the same query. Words are in capitals, names in backticks, and brackets stand only
//! where what is read would be another query without them, so that nothing gets deeper than it was.

use std::fmt::{self, Display, Formatter, Write as _};

use super::ast::{
    Body, Call, Comparison, Expr, ExprKind, Frame, Groups, Is, Item, Join, LikeKind, Operator, OrderKey, Query, Relation, RelationKind, Select,
    SetOperator, Type, Window,
};
use super::groups::{groups as read, is_own_name};
use crate::query::compare;
use crate::query::ql::Span;
use crate::query::ql::ast::Step;
use crate::query::value::Value;

/// Functions whose plain names begin a form of their own.
const FORMS: [&str; 22] = [
    "all",
    "any",
    "array",
    "case",
    "cast",
    "ceil",
    "convert",
    "exists",
    "extract",
    "floor",
    "interval",
    "map",
    "not",
    "overlay",
    "position",
    "safe_cast",
    "some",
    "struct",
    "substr",
    "substring",
    "trim",
    "try_cast",
];

/// How tightly forms hold together: one within a tighter one stands in brackets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Hold {
    Or,
    And,
    Not,
    Condition,
    Sum,
    Product,
    Sign,
    One,
}

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.body)?;
        list(f, " ORDER BY ", &self.order)?;
        if let Some(limit) = self.limit {
            write!(f, " LIMIT {limit}")?;
        }
        if self.offset > 0 { write!(f, " OFFSET {}", self.offset) } else { Ok(()) }
    }
}

impl Display for Body {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (how, all, left, right) = match self {
            Self::Select(select) => return write!(f, "{select}"),
            Self::Set { how, all, left, right } => (*how, *all, left, right),
        };
        let word = match how {
            SetOperator::Union => "UNION",
            SetOperator::Intersect => "INTERSECT",
            SetOperator::Except => "EXCEPT",
        };
        let side = |query: &Query, is_bare: bool| if is_bare && is_bare_body(query) { query.to_string() } else { format!("({query})") };
        // Read from left to right, INTERSECT first.
        let is_left_bare = match left.body {
            Body::Select(_) => true,
            Body::Set { how: before, .. } => how != SetOperator::Intersect || before == SetOperator::Intersect,
        };
        write!(f, "{} {word}{} {}", side(left, is_left_bare), if all { " ALL" } else { "" }, side(right, matches!(right.body, Body::Select(_))))
    }
}

fn is_bare_body(query: &Query) -> bool {
    query.order.is_empty() && query.limit.is_none() && query.offset == 0
}

impl Display for Select {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_distinct { "SELECT DISTINCT" } else { "SELECT" })?;
        list(f, " ", &self.items)?;
        write!(f, " FROM {}", self.from)?;
        if let Some(join) = &self.join {
            write!(f, " {join}")?;
        }
        if let Some(filter) = &self.filter {
            write!(f, " WHERE {filter}")?;
        }
        if self.sets.is_empty() {
            list(f, " GROUP BY ", &self.group)?;
        }
        for (at, set) in self.sets.iter().enumerate() {
            f.write_str(if at == 0 { " GROUP BY GROUPING SETS ((" } else { "), (" })?;
            let keys: Vec<&Expr> = set.iter().filter_map(|key| self.group.get(*key)).collect();
            list(f, "", &keys)?;
        }
        f.write_str(if self.sets.is_empty() { "" } else { "))" })?;
        self.having.as_ref().map_or(Ok(()), |having| write!(f, " HAVING {having}"))
    }
}

impl Display for Item {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::All { of: None, .. } => f.write_str("*"),
            Self::All { of: Some(of), .. } => write!(f, "{}.*", name(of)),
            Self::Value { expr, alias: None } => write!(f, "{expr}"),
            Self::Value { expr, alias: Some(alias) } => write!(f, "{expr} AS {}", name(alias)),
        }
    }
}

impl Display for Join {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} JOIN {} ON {}", if self.is_left { "LEFT OUTER" } else { "INNER" }, self.right, self.on)
    }
}

impl Display for Relation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            RelationKind::Query(query) => write!(f, "({query})")?,
            RelationKind::Groups(groups) => match (groups.names.as_slice(), &self.alias) {
                ([only], alias) if read(only, Span::default()).is_ok_and(|read| read == *groups) && (alias.is_some() || !is_own_name(only)) => {
                    f.write_str(&name(only))?;
                }
                _ => f.write_str(&name(&groups.to_string()))?,
            },
        }
        self.alias.as_ref().map_or(Ok(()), |alias| write!(f, " AS {}", name(alias)))
    }
}

/// The selection within backticks.
impl Display for Groups {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let quoted = |text: &str| if text.contains('\'') { format!("\"{text}\"") } else { format!("'{text}'") };
        let all = |texts: &[String]| texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", ");
        let value = |value: &Value| match value {
            Value::Number(_) => value.to_string(),
            other => quoted(&other.printed()),
        };
        let mut parts = Vec::new();
        if !self.names.is_empty() {
            parts.push(format!("logGroups(logGroupIdentifier: [{}])", all(&self.names)));
        }
        if !self.sources.is_empty() {
            parts.push(format!("dataSource([{}])", all(&self.sources)));
        }
        if !self.index.is_empty() {
            let conditions = self.index.iter().map(|(field, values)| match values.as_slice() {
                [one] => format!("{} = {}", quoted(field), value(one)),
                many => format!("{} IN [{}]", quoted(field), many.iter().map(value).collect::<Vec<_>>().join(", ")),
            });
            parts.push(format!("filterIndex({})", conditions.collect::<Vec<_>>().join(", ")));
        }
        f.write_str(&parts.join(" "))
    }
}

impl Display for OrderKey {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let direction = if self.descending { "DESC" } else { "ASC" };
        write!(f, "{} {direction} NULLS {}", self.expr, if self.nulls_first { "FIRST" } else { "LAST" })
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Literal(value) => literal(f, value),
            ExprKind::Interval(millis) => write!(f, "INTERVAL '{millis}' MILLISECOND"),
            ExprKind::Field(steps) => field(f, steps),
            ExprKind::Call(call) => write!(f, "{call}"),
            ExprKind::Negate(inner) => write!(f, "- {}", At(inner, Hold::Sign)),
            ExprKind::Not(inner) => write!(f, "NOT {}", At(inner, Hold::Not)),
            ExprKind::And(all) => chain(f, all, " AND ", Hold::Not),
            ExprKind::Or(any) => chain(f, any, " OR ", Hold::And),
            ExprKind::Compare(how, one, other) => write!(f, "{} {} {}", At(one, Hold::Sum), sign(*how), At(other, Hold::Sum)),
            ExprKind::Arithmetic(first, rest) => arithmetic(f, first, rest),
            ExprKind::Is { value, what, negated } => {
                let what = match what {
                    Is::Null => "NULL",
                    Is::True => "TRUE",
                    Is::False => "FALSE",
                };
                write!(f, "{} IS {}{what}", At(value, Hold::Sum), not(*negated))
            }
            ExprKind::Like { value, pattern, how, escape, negated } => {
                let word = match how {
                    LikeKind::Pattern => "LIKE",
                    LikeKind::AnyCase => "ILIKE",
                    LikeKind::Regex => "RLIKE",
                };
                write!(f, "{} {}{word} {}", At(value, Hold::Sum), not(*negated), At(pattern, Hold::Sum))?;
                if *escape == '\\' { Ok(()) } else { write!(f, " ESCAPE {}", text(&escape.to_string())) }
            }
            ExprKind::Between { value, low, high, negated } => {
                write!(f, "{} {}BETWEEN {} AND {}", At(value, Hold::Sum), not(*negated), At(low, Hold::Sum), At(high, Hold::Sum))
            }
            ExprKind::InList { value, list: of, negated } => {
                write!(f, "{} {}IN (", At(value, Hold::Sum), not(*negated))?;
                list(f, "", of)?;
                f.write_char(')')
            }
            ExprKind::InQuery { value, query, negated } => write!(f, "{} {}IN ({query})", At(value, Hold::Sum), not(*negated)),
            ExprKind::Exists(query) => write!(f, "EXISTS ({query})"),
            ExprKind::Query(query) => write!(f, "({query})"),
            ExprKind::Case { of, when, otherwise } => {
                f.write_str("CASE")?;
                of.as_ref().map_or(Ok(()), |of| write!(f, " {of}"))?;
                for (condition, then) in when {
                    write!(f, " WHEN {condition} THEN {then}")?;
                }
                otherwise.as_ref().map_or(Ok(()), |otherwise| write!(f, " ELSE {otherwise}"))?;
                f.write_str(" END")
            }
            ExprKind::Cast(inner, to) => {
                let to = match to {
                    Type::Whole => "INT",
                    Type::Number => "DOUBLE",
                    Type::Text => "STRING",
                    Type::Flag => "BOOLEAN",
                    Type::Time => "TIMESTAMP",
                    Type::Date => "DATE",
                };
                write!(f, "CAST({inner} AS {to})")
            }
            ExprKind::At(whole, key) => match whole.kind {
                ExprKind::Field(_) | ExprKind::Call(_) | ExprKind::At(..) => write!(f, "{whole}[{key}]"),
                _ => write!(f, "({whole})[{key}]"),
            },
        }
    }
}

/// An expression where only what holds together so tightly may stand without brackets.
struct At<'e>(&'e Expr, Hold);

impl Display for At<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let own = match &self.0.kind {
            ExprKind::Or(_) => Hold::Or,
            ExprKind::And(_) => Hold::And,
            ExprKind::Not(_) => Hold::Not,
            ExprKind::Compare(..)
            | ExprKind::Is { .. }
            | ExprKind::Like { .. }
            | ExprKind::Between { .. }
            | ExprKind::InList { .. }
            | ExprKind::InQuery { .. } => Hold::Condition,
            ExprKind::Arithmetic(_, rest) => rest.iter().map(|(operator, _)| hold(*operator)).min().unwrap_or(Hold::Product),
            ExprKind::Negate(_) => Hold::Sign,
            ExprKind::Literal(Value::Number(number)) if number.is_sign_negative() => Hold::Sign,
            _ => Hold::One,
        };
        if own >= self.1 { write!(f, "{}", self.0) } else { write!(f, "({})", self.0) }
    }
}

fn hold(operator: Operator) -> Hold {
    match operator {
        Operator::Add | Operator::Subtract => Hold::Sum,
        Operator::Multiply | Operator::Divide | Operator::Quotient | Operator::Remainder | Operator::Concat => Hold::Product,
    }
}

/// Operators from left to right. Where a sum comes before a product, the sum stands in brackets.
fn arithmetic(f: &mut Formatter<'_>, first: &Expr, rest: &[(Operator, Expr)]) -> fmt::Result {
    let mut written = At(first, Hold::Product).to_string();
    let mut so_far = Hold::Product;
    for (operator, value) in rest {
        let own = hold(*operator);
        if own > so_far {
            written = format!("({written})");
        }
        so_far = own;
        let operator = match operator {
            Operator::Add => "+",
            Operator::Subtract => "-",
            Operator::Multiply => "*",
            Operator::Divide => "/",
            Operator::Quotient => "DIV",
            Operator::Remainder => "%",
            Operator::Concat => "||",
        };
        let tighter = if own == Hold::Sum { Hold::Product } else { Hold::Sign };
        let _ = write!(written, " {operator} {}", At(value, tighter));
    }
    f.write_str(&written)
}

impl Display for Call {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let is_plain = self.name.starts_with(|letter: char| letter.is_ascii_lowercase() || letter == '_')
            && self.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
            && !FORMS.contains(&self.name.as_str());
        if is_plain {
            f.write_str(&self.name)?;
        } else {
            f.write_str(&name(&self.name))?;
        }
        f.write_str(if self.is_distinct { "(DISTINCT " } else { "(" })?;
        if self.is_star {
            f.write_char('*')?;
        }
        list(f, "", &self.args)?;
        f.write_char(')')?;
        self.filter.as_ref().map_or(Ok(()), |filter| write!(f, " FILTER (WHERE {filter})"))?;
        self.over.as_ref().map_or(Ok(()), |over| write!(f, " OVER ({over})"))
    }
}

impl Display for Window {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        let all = |exprs: Vec<String>| exprs.join(", ");
        if !self.partition.is_empty() {
            parts.push(format!("PARTITION BY {}", all(self.partition.iter().map(ToString::to_string).collect())));
        }
        if !self.order.is_empty() {
            parts.push(format!("ORDER BY {}", all(self.order.iter().map(ToString::to_string).collect())));
        }
        parts.extend(self.frame.map(|frame| frame.to_string()));
        f.write_str(&parts.join(" "))
    }
}

impl Display for Frame {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let bound = |bound: Option<i64>, all: &str| match bound {
            None => format!("UNBOUNDED {all}"),
            Some(0) => "CURRENT ROW".to_owned(),
            Some(rows) => format!("{} {}", rows.unsigned_abs(), if rows < 0 { "PRECEDING" } else { "FOLLOWING" }),
        };
        let unit = if self.is_rows { "ROWS" } else { "RANGE" };
        write!(f, "{unit} BETWEEN {} AND {}", bound(self.from, "PRECEDING"), bound(self.to, "FOLLOWING"))
    }
}

/// Items with commas between them, behind a word when there are any.
fn list<T: Display>(f: &mut Formatter<'_>, word: &str, items: &[T]) -> fmt::Result {
    for (at, item) in items.iter().enumerate() {
        write!(f, "{}{item}", if at == 0 { word } else { ", " })?;
    }
    Ok(())
}

fn chain(f: &mut Formatter<'_>, items: &[Expr], word: &str, tighter: Hold) -> fmt::Result {
    for (at, item) in items.iter().enumerate() {
        write!(f, "{}{}", if at == 0 { "" } else { word }, At(item, tighter))?;
    }
    Ok(())
}

fn not(negated: bool) -> &'static str {
    if negated { "NOT " } else { "" }
}

fn sign(how: Comparison) -> &'static str {
    match how {
        Comparison::NullSafe => "<=>",
        Comparison::Plain(compare::Comparison::Equal) => "=",
        Comparison::Plain(compare::Comparison::NotEqual) => "!=",
        Comparison::Plain(compare::Comparison::Less) => "<",
        Comparison::Plain(compare::Comparison::AtMost) => "<=",
        Comparison::Plain(compare::Comparison::Greater) => ">",
        Comparison::Plain(compare::Comparison::AtLeast) => ">=",
    }
}

/// In backticks.
fn name(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

fn text(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

fn literal(f: &mut Formatter<'_>, value: &Value) -> fmt::Result {
    match value {
        Value::Missing => f.write_str("NULL"),
        Value::Flag(flag) => f.write_str(if *flag { "TRUE" } else { "FALSE" }),
        Value::Time(_) => write!(f, "TIMESTAMP '{value}'"),
        Value::Number(_) => write!(f, "{value}"),
        Value::Text(own) => f.write_str(&text(own)),
        // No text is read as one of these.
        Value::List(_) | Value::Map(_) => f.write_str(&text(&value.to_string())),
    }
}

/// The first names with dots between them; what has a dot of its own, and what stands behind a number, in square brackets.
fn field(f: &mut Formatter<'_>, steps: &[Step]) -> fmt::Result {
    let is_dotted = |step: &&Step| matches!(step, Step::Member(name) if !name.contains('.'));
    let names: Vec<&str> =
        steps.iter().take_while(is_dotted).filter_map(|step| if let Step::Member(name) = step { Some(name.as_str()) } else { None }).collect();
    f.write_str(&name(&names.join(".")))?;
    for step in steps.iter().skip(names.len()) {
        match step {
            Step::Index(index) => write!(f, "[{index}]")?,
            Step::Member(member) => write!(f, "[{}]", text(member))?,
        }
    }
    Ok(())
}
