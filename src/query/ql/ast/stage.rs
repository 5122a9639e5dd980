//! The commands of a query.

use super::{Expr, Field, Item, Name, Number, Period, Query, Text};
use crate::query::ql::token::Span;

/// One command and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// Which command, and what it is told.
    pub kind: StageKind,
    /// Where its first word stands.
    pub word_span: Span,
    /// All of it.
    pub span: Span,
}

/// The commands.
#[derive(Clone, Debug, PartialEq)]
pub enum StageKind {
    /// `fields a, b + 1 as c`
    Fields(Vec<Item>),
    /// `display a, b`
    Display(Vec<Item>),
    /// `filter x = 1`, `where x = 1`
    Filter(Expr),
    /// `filterIndex x = "a"`
    FilterIndex(FilterIndex),
    /// `parse @message "user=*" as user`
    Parse(Parse),
    /// `json field=payload "user.name" as u`
    Json(Json),
    /// `stats count(*) by bin(5m)`
    Stats(Stats),
    /// `sort x desc, y`
    Sort(Vec<SortKey>),
    /// `limit 20`, `limit any 20`
    Limit {
        /// Stop at the first ones found, whichever they are.
        any: bool,
        /// How many.
        count: u64,
    },
    /// `head 20`: an older `limit`.
    Head(u64),
    /// `tail 20`
    Tail(u64),
    /// `dedup a, b`
    Dedup(Vec<Field>),
    /// `pattern @message`
    Pattern(Expr),
    /// `diff previousDay`
    Diff(DiffWindow),
    /// `anomaly`
    Anomaly,
    /// `unnest list into item`
    Unnest {
        /// The list.
        field: Field,
        /// What each element is called.
        into: Name,
    },
    /// `expand list`
    Expand(Field),
    /// `lookup users id as userId OUTPUT name`
    Lookup(Lookup),
    /// `cidrlookup nets srcAddr OUTPUT owner`
    CidrLookup(CidrLookup),
    /// `join type=inner left=a right=b where a.id=b.id (SOURCE 'group')`
    Join(Join),
    /// `relevantfields a, b where x > 1`
    RelevantFields(RelevantFields),
    /// `addtotals col=true a, b`
    AddTotals(AddTotals),
    /// `autoregress bytes as before p=1-4`
    Autoregress(Autoregress),
    /// `accum bytes as total`
    Accum {
        /// What is summed up.
        field: Field,
        /// The name of the sum.
        alias: Option<Name>,
    },
    /// `filldown host cpu*`; without names all fields.
    FillDown(Vec<FillTarget>),
    /// `fillmissing with 0 for n`
    FillMissing(Vec<Fill>),
    /// `logcompare timeshift 7d`
    LogCompare(Period),
    /// `outlier action=remove cpu memory`
    Outlier(Outlier),
    /// `appendcols max=10 ( SOURCE 'group' | stats … )`
    AppendCols(AppendCols),
    /// `sessionize user maxspan 1h as session`
    Sessionize(Sessionize),
    /// `countFrequent a, b`
    CountFrequent(Vec<Field>),
    /// `estimate`
    Estimate,
}

impl StageKind {
    /// The command's name as [`table::command_named`](crate::query::ql::table::command_named) knows it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Fields(_) => "fields",
            Self::Display(_) => "display",
            Self::Filter(_) => "filter",
            Self::FilterIndex(_) => "filterIndex",
            Self::Parse(_) => "parse",
            Self::Json(_) => "json",
            Self::Stats(_) => "stats",
            Self::Sort(_) => "sort",
            Self::Limit { .. } => "limit",
            Self::Head(_) => "head",
            Self::Tail(_) => "tail",
            Self::Dedup(_) => "dedup",
            Self::Pattern(_) => "pattern",
            Self::Diff(_) => "diff",
            Self::Anomaly => "anomaly",
            Self::Unnest { .. } => "unnest",
            Self::Expand(_) => "expand",
            Self::Lookup(_) => "lookup",
            Self::CidrLookup(_) => "cidrlookup",
            Self::Join(_) => "join",
            Self::RelevantFields(_) => "relevantfields",
            Self::AddTotals(_) => "addtotals",
            Self::Autoregress(_) => "autoregress",
            Self::Accum { .. } => "accum",
            Self::FillDown(_) => "filldown",
            Self::FillMissing(_) => "fillmissing",
            Self::LogCompare(_) => "logcompare",
            Self::Outlier(_) => "outlier",
            Self::AppendCols(_) => "appendcols",
            Self::Sessionize(_) => "sessionize",
            Self::CountFrequent(_) => "countFrequent",
            Self::Estimate => "estimate",
        }
    }
}

/// What `filterIndex` is told.
#[derive(Clone, Debug, PartialEq)]
pub struct FilterIndex {
    /// The indexed field.
    pub field: Field,
    /// Any of these literals; one when it was written with `=`.
    pub values: Vec<Expr>,
    /// Written with `in`.
    pub is_list: bool,
}

/// What `parse` is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Parse {
    /// What is taken apart; `@message` when nothing is named.
    pub field: Option<Field>,
    /// How.
    pub extraction: Extraction,
}

/// How `parse` takes a text apart.
#[derive(Clone, Debug, PartialEq)]
pub enum Extraction {
    /// `"user=*, method=*" as user, method`
    Glob {
        /// The text with a `*` for each name.
        pattern: Text,
        /// The names.
        names: Vec<Name>,
    },
    /// `/user=(?<user>\S+)/`
    Regex {
        /// Without its slashes; `\/` is already `/`.
        pattern: Text,
        /// Names for its groups, when they have none of their own.
        names: Vec<Name>,
        /// A row for each match.
        multi: bool,
    },
    /// `logfmt as kv`
    Logfmt(Name),
    /// `csv as a, b`
    Csv(Vec<Name>),
    /// `XML "path" as x`
    Xml {
        /// Where in the document.
        path: Text,
        /// The name of what is found there.
        name: Name,
    },
}

/// What `json` is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Json {
    /// The field that holds JSON.
    pub field: Field,
    /// Where in the document.
    pub path: Text,
    /// The name of what is found there.
    pub alias: Name,
}

/// What `stats` is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Stats {
    /// What is worked out.
    pub items: Vec<Item>,
    /// What the rows are grouped by.
    pub by: Vec<Item>,
    /// How far the bins are shifted.
    pub offset: Option<Period>,
}

/// One key of `sort`.
#[derive(Clone, Debug, PartialEq)]
pub struct SortKey {
    /// The field.
    pub field: Field,
    /// As written; AWS does not say what is meant without.
    pub direction: Option<Direction>,
}

/// Which end comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// `asc`
    Ascending,
    /// `desc`
    Descending,
}

/// What `diff` compares with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiffWindow {
    /// The time right before.
    Previous,
    /// `previousDay`
    PreviousDay,
    /// `previousWeek`
    PreviousWeek,
    /// `previousMonth`
    PreviousMonth,
}

/// What `lookup` is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Lookup {
    /// The uploaded table.
    pub table: Name,
    /// What has to be equal.
    pub matches: Vec<LookupMatch>,
    /// `OUTPUTNEW`: fill empty fields only.
    pub only_new: bool,
    /// The columns to add.
    pub output: Vec<OutputColumn>,
}

/// One pair that has to be equal.
#[derive(Clone, Debug, PartialEq)]
pub struct LookupMatch {
    /// The table's column.
    pub column: Name,
    /// The event's field, when it is called otherwise.
    pub field: Option<Field>,
}

/// A column of a table that is added to the event.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputColumn {
    /// The table's column.
    pub column: Name,
    /// Its name in the event, when it is called otherwise.
    pub alias: Option<Name>,
}

/// What `cidrlookup` is told.
#[derive(Clone, Debug, PartialEq)]
pub struct CidrLookup {
    /// The uploaded table.
    pub table: Name,
    /// The event's field with an address.
    pub field: Field,
    /// The table's column with ranges.
    pub column: Option<Name>,
    /// `OUTPUTNEW`: fill empty fields only.
    pub only_new: bool,
    /// The columns to add.
    pub output: Vec<OutputColumn>,
}

/// What `join` is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    /// What happens to events without a partner.
    pub kind: JoinKind,
    /// What this query's events are called.
    pub left: Name,
    /// What the other group's events are called.
    pub right: Name,
    /// The one field that has to equal …
    pub left_key: Field,
    /// … this one.
    pub right_key: Field,
    /// Where the other events come from.
    pub query: Box<Query>,
}

/// The kinds of `join`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinKind {
    /// Only events with a partner.
    Inner,
    /// All events of this query.
    Left,
}

/// What `relevantfields` is told.
#[derive(Clone, Debug, PartialEq)]
pub struct RelevantFields {
    /// Which fields to weigh; empty means all.
    pub fields: Vec<Field>,
    /// What the interesting events have in common.
    pub condition: Expr,
}

/// What `addtotals` is told.
#[derive(Clone, Debug, PartialEq)]
pub struct AddTotals {
    /// The name of the total of a row.
    pub name: Option<Name>,
    /// A total for each row.
    pub row: Option<bool>,
    /// A total for each column.
    pub column: Option<bool>,
    /// Which fields; empty means all numbers.
    pub fields: Vec<Field>,
}

/// What `autoregress` is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Autoregress {
    /// The field whose earlier values are wanted.
    pub field: Field,
    /// What they are called.
    pub alias: Option<Name>,
    /// How many rows back: from, to.
    pub lags: Option<(u64, u64)>,
}

/// A field that `filldown` fills.
#[derive(Clone, Debug, PartialEq)]
pub enum FillTarget {
    /// One field.
    Field(Field),
    /// All that match: `cpu*`.
    Wildcard(Name),
}

/// A field and what `fillmissing` puts into it.
#[derive(Clone, Debug, PartialEq)]
pub struct Fill {
    /// A literal.
    pub value: Expr,
    /// The field.
    pub field: Field,
}

/// What `outlier` is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Outlier {
    /// What is done with one.
    pub action: Option<OutlierAction>,
    /// How many interquartile ranges are far.
    pub parameter: Option<Number>,
    /// Look below, too.
    pub use_lower: Option<bool>,
    /// Add a field that says so.
    pub mark: Option<bool>,
    /// Which fields.
    pub fields: Vec<Field>,
}

/// What `outlier` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutlierAction {
    /// Drop the row.
    Remove,
    /// Cut the value down.
    Transform,
}

/// What `appendcols` is told.
#[derive(Clone, Debug, PartialEq)]
pub struct AppendCols {
    /// Write over fields that are there.
    pub overwrite: Option<bool>,
    /// At most this many rows.
    pub max: Option<u64>,
    /// Where the columns come from.
    pub query: Box<Query>,
}

/// What `sessionize` is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Sessionize {
    /// What a session has in common.
    pub fields: Vec<Field>,
    /// The longest silence within one.
    pub max_span: Option<Period>,
    /// What its number is called.
    pub alias: Option<Name>,
}
