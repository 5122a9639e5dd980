//! A query in SQL as plain data: what it reads, and what it asks of that. Nothing in it can write.
//!
//! Nodes that an error may point at carry their [`Place`], which does not count when two expressions are compared.

use crate::query::ql::Span;
use crate::query::ql::ast::Step;
use crate::query::value::Value;

/// Where something stands. All places are equal, so that an expression of `GROUP BY` is found again in `SELECT`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place(pub Span);

impl PartialEq for Place {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// A query, or one within another.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// Where its rows come from.
    pub body: Body,
    /// `ORDER BY`
    pub order: Vec<OrderKey>,
    /// `LIMIT`
    pub limit: Option<usize>,
    /// `OFFSET`
    pub offset: usize,
    /// Its place.
    pub span: Place,
}

/// Where the rows of a query come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// `SELECT …`
    Select(Box<Select>),
    /// `SELECT … UNION SELECT …`
    Set {
        /// How they are put together.
        how: SetOperator,
        /// Equal rows stay.
        all: bool,
        /// The first rows.
        left: Box<Query>,
        /// The others.
        right: Box<Query>,
    },
}

/// How the rows of two queries are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetOperator {
    /// Those of either.
    Union,
    /// Those of both.
    Intersect,
    /// Those of the first that the other does not have.
    Except,
}

/// `SELECT …`
#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    /// Equal rows once.
    pub is_distinct: bool,
    /// What is shown.
    pub items: Vec<Item>,
    /// What it reads.
    pub from: Relation,
    /// What is put beside it.
    pub join: Option<Join>,
    /// `WHERE`
    pub filter: Option<Expr>,
    /// `GROUP BY`
    pub group: Vec<Expr>,
    /// `GROUPING SETS`: the ways to group, each by some of these, by their numbers. None when there is one, by all.
    pub sets: Vec<Vec<usize>>,
    /// `HAVING`
    pub having: Option<Expr>,
    /// Its place.
    pub span: Place,
}

/// What `SELECT` shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// `*`, `a.*`
    All {
        /// Of which relation.
        of: Option<String>,
        /// Its place.
        span: Place,
    },
    /// A value.
    Value {
        /// What.
        expr: Expr,
        /// The name it is given.
        alias: Option<String>,
    },
}

/// What `FROM` names.
#[derive(Clone, Debug, PartialEq)]
pub struct Relation {
    /// What it is.
    pub kind: RelationKind,
    /// The name it is given.
    pub alias: Option<String>,
    /// Its place.
    pub span: Place,
}

/// What a relation is.
#[derive(Clone, Debug, PartialEq)]
pub enum RelationKind {
    /// Log groups.
    Groups(Groups),
    /// `(SELECT …)`
    Query(Box<Query>),
}

/// Which events are read: those that every part allows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Groups {
    /// Names of log groups, any of them; none means all.
    pub names: Vec<String>,
    /// Names of data sources, any of them; none means all.
    pub sources: Vec<String>,
    /// `filterIndex('a' = 'b', 'c' IN ['d'])`: a field and its values, any of them.
    pub index: Vec<(String, Vec<Value>)>,
}

/// `JOIN …`
#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    /// Rows without a partner stay.
    pub is_left: bool,
    /// What is put beside.
    pub right: Relation,
    /// When two rows belong together.
    pub on: Expr,
    /// Its place.
    pub span: Place,
}

/// A key of `ORDER BY`.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderKey {
    /// By what.
    pub expr: Expr,
    /// The largest first.
    pub descending: bool,
    /// Rows without it first; as is usual when nothing is said.
    pub nulls_first: bool,
}

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its place.
    pub span: Place,
}

/// The forms of values.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A number, a text, `TRUE`, `NULL`, a moment.
    Literal(Value),
    /// `INTERVAL 4 HOURS`, in milliseconds.
    Interval(i64),
    /// A field, by the parts of its name.
    Field(Vec<Step>),
    /// `f(a, b)`
    Call(Call),
    /// `-a`
    Negate(Box<Expr>),
    /// `NOT a`
    Not(Box<Expr>),
    /// `a AND b AND c`: at least two.
    And(Vec<Expr>),
    /// `a OR b OR c`: at least two.
    Or(Vec<Expr>),
    /// `a = b`
    Compare(Comparison, Box<Expr>, Box<Expr>),
    /// `a + b - c`, from left to right.
    Arithmetic(Box<Expr>, Vec<(Operator, Expr)>),
    /// `a IS NULL`, `a IS TRUE`, `a IS NOT FALSE`
    Is {
        /// What is looked at.
        value: Box<Expr>,
        /// What it is, or not.
        what: Is,
        /// `IS NOT`
        negated: bool,
    },
    /// `a LIKE 'b%'`, `a ILIKE …`, `a RLIKE …`
    Like {
        /// What is looked at.
        value: Box<Expr>,
        /// What it is like.
        pattern: Box<Expr>,
        /// How.
        how: LikeKind,
        /// The character before a `%` that is itself.
        escape: char,
        /// `NOT LIKE`
        negated: bool,
    },
    /// `a BETWEEN b AND c`
    Between {
        /// What is looked at.
        value: Box<Expr>,
        /// The lower end.
        low: Box<Expr>,
        /// The upper end.
        high: Box<Expr>,
        /// `NOT BETWEEN`
        negated: bool,
    },
    /// `a IN (b, c)`
    InList {
        /// What is looked at.
        value: Box<Expr>,
        /// Where.
        list: Vec<Expr>,
        /// `NOT IN`
        negated: bool,
    },
    /// `a IN (SELECT …)`
    InQuery {
        /// What is looked at.
        value: Box<Expr>,
        /// Where.
        query: Box<Query>,
        /// `NOT IN`
        negated: bool,
    },
    /// `EXISTS (SELECT …)`
    Exists(Box<Query>),
    /// `(SELECT …)`: the value of its one row.
    Query(Box<Query>),
    /// `CASE … WHEN … THEN … ELSE … END`
    Case {
        /// What every `WHEN` is compared with.
        of: Option<Box<Expr>>,
        /// `WHEN`, `THEN`
        when: Vec<(Expr, Expr)>,
        /// `ELSE`
        otherwise: Option<Box<Expr>>,
    },
    /// `CAST(a AS INT)`
    Cast(Box<Expr>, Type),
    /// `a[0]`, `a['key']`
    At(Box<Expr>, Box<Expr>),
}

/// A function and what it is given.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Its name, in small letters.
    pub name: String,
    /// Where the name stands.
    pub name_span: Place,
    /// `*` instead of arguments.
    pub is_star: bool,
    /// What it is given.
    pub args: Vec<Expr>,
    /// Equal values once.
    pub is_distinct: bool,
    /// Only rows for which this holds.
    pub filter: Option<Box<Expr>>,
    /// Over other rows than those of a group.
    pub over: Option<Window>,
}

/// `OVER (…)`
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// Rows that are alike in these.
    pub partition: Vec<Expr>,
    /// In which order.
    pub order: Vec<OrderKey>,
    /// Which of them, seen from a row; by rank when none is written.
    pub frame: Option<Frame>,
}

/// `ROWS BETWEEN … AND …`: rows before and after, or all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Counted in rows; otherwise rows of one rank belong together.
    pub is_rows: bool,
    /// How many rows before; the sign tells the side. None is from the first on.
    pub from: Option<i64>,
    /// How many rows after; none is to the last.
    pub to: Option<i64>,
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `=`, `<` …
    Plain(crate::query::compare::Comparison),
    /// `<=>`: nothing is equal to nothing.
    NullSafe,
}

/// Arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `DIV`
    Quotient,
    /// `%`
    Remainder,
    /// `||`
    Concat,
}

/// What `IS` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    /// There is none.
    Null,
    /// It holds.
    True,
    /// It does not.
    False,
}

/// How `LIKE` looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LikeKind {
    /// `LIKE`
    Pattern,
    /// `ILIKE`: without regard to case.
    AnyCase,
    /// `RLIKE`, `REGEXP`
    Regex,
}

/// Types of `CAST`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// `INT`, `BIGINT` …
    Whole,
    /// `DOUBLE`, `DECIMAL` …
    Number,
    /// `STRING` …
    Text,
    /// `BOOLEAN`
    Flag,
    /// `TIMESTAMP`
    Time,
    /// `DATE`
    Date,
}

impl Query {
    /// Shows every value of this query, and of those within it.
    pub fn visit<'q>(&'q self, see: &mut dyn FnMut(&'q Expr)) {
        let mut exprs: Vec<&'q Expr> = self.order.iter().map(|key| &key.expr).collect();
        match &self.body {
            Body::Select(select) => {
                exprs.extend(select.items.iter().filter_map(|item| if let Item::Value { expr, .. } = item { Some(expr) } else { None }));
                exprs.extend(select.filter.iter().chain(&select.group).chain(&select.having).chain(select.join.as_ref().map(|join| &join.on)));
                for relation in select.relations() {
                    if let RelationKind::Query(query) = &relation.kind {
                        query.visit(see);
                    }
                }
            }
            Body::Set { left, right, .. } => {
                left.visit(see);
                right.visit(see);
            }
        }
        for expr in exprs {
            expr.visit(see);
            for query in expr.queries() {
                query.visit(see);
            }
        }
    }
}

impl Select {
    /// What it reads: one relation, or two.
    pub fn relations(&self) -> impl Iterator<Item = &Relation> {
        std::iter::once(&self.from).chain(self.join.as_ref().map(|join| &join.right))
    }
}

impl Expr {
    /// Shows this value and all within it, outer ones first; not those of queries within it.
    pub fn visit<'q>(&'q self, see: &mut dyn FnMut(&'q Self)) {
        see(self);
        self.parts().into_iter().for_each(|part| part.visit(see));
    }

    /// The values it is made of.
    pub fn parts(&self) -> Vec<&Self> {
        match &self.kind {
            ExprKind::Literal(_) | ExprKind::Interval(_) | ExprKind::Field(_) | ExprKind::Exists(_) | ExprKind::Query(_) => Vec::new(),
            ExprKind::Call(call) => {
                let over = call.over.iter().flat_map(|over| over.partition.iter().chain(over.order.iter().map(|key| &key.expr)));
                call.args.iter().chain(call.filter.as_deref()).chain(over).collect()
            }
            ExprKind::Negate(one) | ExprKind::Not(one) | ExprKind::Cast(one, _) => vec![one],
            ExprKind::Is { value, .. } | ExprKind::InQuery { value, .. } => vec![value],
            ExprKind::And(all) | ExprKind::Or(all) => all.iter().collect(),
            ExprKind::Compare(_, one, other) | ExprKind::At(one, other) => vec![one, other],
            ExprKind::Arithmetic(first, rest) => std::iter::once(&**first).chain(rest.iter().map(|(_, value)| value)).collect(),
            ExprKind::Like { value, pattern, .. } => vec![value, pattern],
            ExprKind::Between { value, low, high, .. } => vec![value, low, high],
            ExprKind::InList { value, list, .. } => std::iter::once(&**value).chain(list).collect(),
            ExprKind::Case { of, when, otherwise } => {
                let whens = when.iter().flat_map(|(when, then)| [when, then]);
                of.as_deref().into_iter().chain(whens).chain(otherwise.as_deref()).collect()
            }
        }
    }

    /// The queries within it.
    pub fn queries(&self) -> Vec<&Query> {
        let mut queries = Vec::new();
        self.visit(&mut |expr| match &expr.kind {
            ExprKind::InQuery { query, .. } | ExprKind::Exists(query) | ExprKind::Query(query) => queries.push(&**query),
            _ => {}
        });
        queries
    }

    /// Changes this value and all within it, outer ones first; not what is within one for which `change` says no.
    pub fn change(&mut self, change: &mut dyn FnMut(&mut Self) -> bool) {
        if !change(self) {
            return;
        }
        let parts: Vec<&mut Self> = match &mut self.kind {
            ExprKind::Literal(_) | ExprKind::Interval(_) | ExprKind::Field(_) | ExprKind::Exists(_) | ExprKind::Query(_) => Vec::new(),
            ExprKind::Call(call) => call.args.iter_mut().collect(),
            ExprKind::Negate(one) | ExprKind::Not(one) | ExprKind::Cast(one, _) => vec![one],
            ExprKind::Is { value, .. } | ExprKind::InQuery { value, .. } => vec![value],
            ExprKind::And(all) | ExprKind::Or(all) => all.iter_mut().collect(),
            ExprKind::Compare(_, one, other) | ExprKind::At(one, other) => vec![one, other],
            ExprKind::Arithmetic(first, rest) => std::iter::once(&mut **first).chain(rest.iter_mut().map(|(_, value)| value)).collect(),
            ExprKind::Like { value, pattern, .. } => vec![value, pattern],
            ExprKind::Between { value, low, high, .. } => vec![value, low, high],
            ExprKind::InList { value, list, .. } => std::iter::once(&mut **value).chain(list).collect(),
            ExprKind::Case { of, when, otherwise } => {
                let whens = when.iter_mut().flat_map(|(when, then)| [when, then]);
                of.as_deref_mut().into_iter().chain(whens).chain(otherwise.as_deref_mut()).collect()
            }
        };
        for part in parts {
            part.change(change);
        }
    }
}
