//! A query as plain data: what it reads, and the commands in their order.
//!
//! Every node that an error may point at carries its place; places mean nothing to the sense of a query.

mod carry;
mod expr;
mod stage;
mod visit;

pub use expr::{Arguments, Call, Comparison, Expr, ExprKind, Field, Item, Name, Number, Operator, Pattern, Period, Set, Step, Text, Unit};
pub use stage::{
    AddTotals, AppendCols, Autoregress, CidrLookup, DiffWindow, Direction, Extraction, Fill, FillTarget, FilterIndex, Join, JoinKind, Json, Lookup,
    LookupMatch, Outlier, OutlierAction, OutputColumn, Parse, RelevantFields, Sessionize, SortKey, Stage, StageKind, Stats,
};

pub use visit::group_names;

use super::token::Span;

/// A whole query, or one within another.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// What it names as its source; otherwise the groups are chosen outside of it.
    pub source: Option<Source>,
    /// The commands in order; empty only after a source.
    pub stages: Vec<Stage>,
    /// From its first to its last word.
    pub span: Span,
}

/// What `SOURCE` names.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// `SOURCE 'group'`
    Group(Group),
    /// `SOURCE logGroups(…) dataSource([…]) logGroupTags([…])`, one or more of them.
    Selection(Vec<Selector>),
}

/// One log group by name.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Its name.
    pub name: Text,
    /// `start=-1d`: seen in an example of AWS only.
    pub start: Option<Moment>,
    /// `end=now`
    pub end: Option<Moment>,
}

/// A point of time in `SOURCE`.
#[derive(Clone, Debug, PartialEq)]
pub enum Moment {
    /// `now`
    Now,
    /// `-1d`
    Ago(Period),
    /// A bare number.
    At(u64),
}

/// One way to choose log groups.
#[derive(Clone, Debug, PartialEq)]
pub struct Selector {
    /// Which way.
    pub kind: SelectorKind,
    /// Its place.
    pub span: Span,
}

/// The ways to choose log groups.
#[derive(Clone, Debug, PartialEq)]
pub enum SelectorKind {
    /// `logGroups(namePrefix: ["a"], class: ["STANDARD"])`; without conditions all groups of the account.
    LogGroups(Vec<GroupFilter>),
    /// `dataSource(["aws_cloudtrail.management"])`
    DataSource(Vec<Text>),
    /// `logGroupTags([{"key": "team", "values": ["sec*"]}])`
    Tags(Vec<TagFilter>),
}

/// One condition of `logGroups`.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupFilter {
    /// What it looks at.
    pub key: GroupKey,
    /// Any of these.
    pub values: Vec<Text>,
    /// Its place.
    pub span: Span,
}

/// What a condition of `logGroups` looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupKey {
    /// `namePrefix`
    NamePrefix,
    /// `accountIdentifiers`
    Account,
    /// `class`
    Class,
}

/// One condition of `logGroupTags`.
#[derive(Clone, Debug, PartialEq)]
pub struct TagFilter {
    /// The tag.
    pub key: Text,
    /// Any of these; `*` stands for anything, a leading `!` turns it round.
    pub values: Vec<Text>,
}
