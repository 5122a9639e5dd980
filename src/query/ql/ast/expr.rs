//! Values and conditions.

use std::fmt::Write as _;

use crate::query::ql::token::Span;

/// A value or condition and its place; brackets around it belong to the place.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its place.
    pub span: Span,
}

/// The forms of values and conditions.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `10`, `99.9`
    Number(Number),
    /// `"text"`
    Text(String),
    /// `true`, `false`
    Bool(bool),
    /// `5m`
    Period(Period),
    /// `["a", "b"]`
    List(Vec<Expr>),
    /// A field by its name.
    Field(Field),
    /// `count(*)`
    Call(Call),
    /// `-x`
    Negate(Box<Expr>),
    /// Operators of one rank, either `+ -` or `* / %`, applied from left to right.
    Arithmetic {
        /// The leftmost value.
        first: Box<Expr>,
        /// What is done to it, in order; never empty.
        rest: Vec<(Operator, Expr)>,
    },
    /// `x ^ y`; binds to the right.
    Power(Box<Expr>, Box<Expr>),
    /// `x = y`
    Compare(Comparison, Box<Expr>, Box<Expr>),
    /// `x like /re/`, `x =~ /re/`, `x not like "text"`
    Like {
        /// What is looked at.
        value: Box<Expr>,
        /// What is looked for in it.
        pattern: Pattern,
        /// `not like`
        negated: bool,
    },
    /// `x in ["a"]`, `x not in (SOURCE 'group' | fields x)`
    In {
        /// What is looked at.
        value: Box<Expr>,
        /// Where it is looked for.
        set: Set,
        /// `not in`
        negated: bool,
    },
    /// `not x`, `!x`
    Not(Box<Expr>),
    /// `x and y and z`: at least two.
    And(Vec<Expr>),
    /// `x or y or z`: at least two.
    Or(Vec<Expr>),
}

/// A number as it is written, so that nothing of a long one is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number(pub(in crate::query::ql) String);

impl Number {
    /// Reads digits with an optional fraction; nothing else is a number in a query.
    pub fn new(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        (digits(whole) && digits(fraction)).then(|| Self(text.to_owned()))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its value, rounded where it has more digits than fit.
    pub fn value(&self) -> f64 {
        self.0.parse().unwrap_or(f64::NAN)
    }

    /// Its value when it is whole and fits.
    pub fn whole(&self) -> Option<u64> {
        self.0.parse().ok()
    }
}

/// A string and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// What it says, without quotes and escapes.
    pub value: String,
    /// Its place.
    pub span: Span,
}

/// A name that is given, as by `as`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name without backticks; dots are part of it.
    pub text: String,
    /// Its place.
    pub span: Span,
}

/// A field that is read: a name, or a way into a map or list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The parts of the name, at least one; the first is a member.
    pub steps: Vec<Step>,
    /// Its place.
    pub span: Span,
}

/// One part of a field's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Between dots; in backticks it may have dots of its own.
    Member(String),
    /// `[0]`
    Index(u32),
}

impl Field {
    /// The name as discovered fields have it: `items.0.id` for `items[0].id`, without backticks.
    pub fn flat(&self) -> String {
        let mut name = String::new();
        for (number, step) in self.steps.iter().enumerate() {
            if number > 0 {
                name.push('.');
            }
            match step {
                Step::Member(member) => name.push_str(member),
                Step::Index(index) => {
                    let _ = write!(name, "{index}");
                }
            }
        }
        name
    }

    /// The first part of the name: what a map or list is called.
    pub fn root(&self) -> &str {
        match self.steps.first() {
            Some(Step::Member(member)) => member,
            _ => "",
        }
    }
}

/// A length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// How many.
    pub count: u64,
    /// Of what.
    pub unit: Unit,
    /// Its place.
    pub span: Span,
}

/// The units of periods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "units of time")]
pub enum Unit {
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Unit {
    /// All of them, short ones first.
    pub const ALL: [Self; 9] =
        [Self::Millisecond, Self::Second, Self::Minute, Self::Hour, Self::Day, Self::Week, Self::Month, Self::Quarter, Self::Year];

    /// All spellings; those of more than one letter may have a plural `s`.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Millisecond => &["ms", "msec", "millisecond"],
            Self::Second => &["s", "sec", "second"],
            Self::Minute => &["m", "min", "minute"],
            Self::Hour => &["h", "hr", "hour"],
            Self::Day => &["d", "day"],
            Self::Week => &["w", "week"],
            Self::Month => &["mo", "mon", "month"],
            Self::Quarter => &["q", "qtr", "quarter"],
            Self::Year => &["y", "yr", "year"],
        }
    }

    /// The unit of a spelling, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        let is = |known: &str, name: &str| known.eq_ignore_ascii_case(name);
        Self::ALL.into_iter().find(|unit| {
            unit.names().iter().any(|known| {
                let singular = name.strip_suffix(['s', 'S']).filter(|_| known.len() > 1);
                is(known, name) || singular.is_some_and(|name| is(known, name))
            })
        })
    }

    /// The shortest spelling.
    pub fn symbol(self) -> &'static str {
        self.names().first().copied().unwrap_or_default()
    }

    /// Its length in milliseconds; months and longer have none.
    pub fn millis(self) -> Option<u64> {
        match self {
            Self::Millisecond => Some(1),
            Self::Second => Some(1000),
            Self::Minute => Some(60_000),
            Self::Hour => Some(3_600_000),
            Self::Day => Some(86_400_000),
            Self::Week => Some(604_800_000),
            Self::Month | Self::Quarter | Self::Year => None,
        }
    }
}

impl Period {
    /// What `bin` makes of it: AWS cuts the number off without a word.
    #[must_use]
    pub fn clamped(self) -> Self {
        let most = match self.unit {
            Unit::Millisecond => 1000,
            Unit::Second | Unit::Minute => 60,
            Unit::Hour => 24,
            _ => u64::MAX,
        };
        Self { count: self.count.min(most), ..self }
    }

    /// Its length in milliseconds, unless it is of calendar months or too long to say.
    pub fn millis(self) -> Option<u64> {
        self.unit.millis()?.checked_mul(self.count)
    }
}

/// A function and what it is given.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Its name: in AWS's spelling when it is known, otherwise as written.
    pub name: String,
    /// Where the name stands.
    pub name_span: Span,
    /// What it is given.
    pub arguments: Arguments,
}

/// What a function is given.
#[derive(Clone, Debug, PartialEq)]
pub enum Arguments {
    /// `(*)`
    Star,
    /// `()`, `(a, b)`
    List(Vec<Expr>),
}

impl Arguments {
    /// The arguments as a list; `*` is none.
    pub fn as_slice(&self) -> &[Expr] {
        match self {
            Self::Star => &[],
            Self::List(list) => list,
        }
    }
}

/// A value, and the name it is shown and read under.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The value.
    pub expr: Expr,
    /// The name given to it.
    pub alias: Option<Name>,
}

impl Item {
    /// The name of the column it makes: its alias, the field's name, else the value as it is written in the query.
    pub fn column(&self, query_text: &str) -> String {
        match (&self.alias, &self.expr.kind) {
            (Some(alias), _) => alias.text.clone(),
            (None, ExprKind::Field(field)) => field.flat(),
            (None, _) => self.expr.span.of(query_text).to_owned(),
        }
    }
}

/// Arithmetic from left to right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "arithmetic")]
pub enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Operator {
    /// Is it of the lower rank, `+` or `-`?
    pub fn is_sum(self) -> bool {
        matches!(self, Self::Add | Self::Subtract)
    }

    /// As it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "comparisons")]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

impl Comparison {
    /// As it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
        }
    }
}

/// What `like` looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// A part of the text, letter by letter.
    Text(Text),
    /// A regular expression without its slashes; `\/` is already `/`.
    Regex(Text),
}

/// Where `in` looks.
#[derive(Clone, Debug, PartialEq)]
pub enum Set {
    /// `["a", "b"]`
    List(Vec<Expr>),
    /// `(SOURCE 'group' | fields x)`
    Query(Box<super::Query>),
}
