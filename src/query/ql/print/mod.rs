//! A syntax tree as text again, in one way of writing: a command a line, words and functions in AWS's spelling, brackets only
//! where they are needed. What is printed reads as the same tree.

mod expr;
mod word;

use std::fmt::{Display, Formatter, Result};

use super::ast::{
    CidrLookup, DiffWindow, Direction, Extraction, FillTarget, FilterIndex, Group, GroupKey, Join, JoinKind, Lookup, Moment, Outlier, OutlierAction,
    OutputColumn, Parse, Query, Selector, SelectorKind, Source, Stage, StageKind, Stats, TagFilter, Text,
};
use word::{Quoted, Regex, Table, as_name, list, spaced};

/// A text as a string of the language. It reads back as the same text, whatever is in it.
pub fn string_literal(text: &str) -> String {
    Quoted::new(text).to_string()
}

/// A regular expression between slashes. It reads back as the same expression.
pub fn regex_literal(pattern: &str) -> String {
    Regex(pattern).to_string()
}

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write_query(self, "\n| ", f)
    }
}

/// A query within another one stays on its line.
struct Inline<'q>(&'q Query);

impl Display for Inline<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write_query(self.0, " | ", f)
    }
}

fn write_query(query: &Query, between: &str, f: &mut Formatter<'_>) -> Result {
    if let Some(source) = &query.source {
        write!(f, "SOURCE {source}")?;
    }
    for (number, stage) in query.stages.iter().enumerate() {
        if number > 0 || query.source.is_some() {
            f.write_str(between)?;
        }
        write!(f, "{stage}")?;
    }
    Ok(())
}

impl Display for Source {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Group(Group { name, start, end }) => {
                write!(f, "{}", Quoted::single(&name.value))?;
                if let Some(start) = start {
                    write!(f, " start={start}")?;
                }
                match end {
                    Some(end) => write!(f, " end={end}"),
                    None => Ok(()),
                }
            }
            Self::Selection(selectors) => spaced(selectors, f),
        }
    }
}

impl Display for Moment {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Now => f.write_str("now"),
            Self::Ago(period) => write!(f, "-{period}"),
            Self::At(seconds) => write!(f, "{seconds}"),
        }
    }
}

impl Display for Selector {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match &self.kind {
            SelectorKind::LogGroups(filters) => {
                f.write_str("logGroups(")?;
                for (number, filter) in filters.iter().enumerate() {
                    let key = match filter.key {
                        GroupKey::NamePrefix => "namePrefix",
                        GroupKey::Account => "accountIdentifiers",
                        GroupKey::Class => "class",
                    };
                    write!(f, "{}{key}: [", if number > 0 { ", " } else { "" })?;
                    strings(&filter.values, f)?;
                    f.write_str("]")?;
                }
                f.write_str(")")
            }
            SelectorKind::DataSource(names) => {
                f.write_str("dataSource([")?;
                strings(names, f)?;
                f.write_str("])")
            }
            SelectorKind::Tags(filters) => {
                f.write_str("logGroupTags([")?;
                for (number, TagFilter { key, values }) in filters.iter().enumerate() {
                    write!(f, "{}{{\"key\": {}, \"values\": [", if number > 0 { ", " } else { "" }, Quoted::new(&key.value))?;
                    strings(values, f)?;
                    f.write_str("]}")?;
                }
                f.write_str("])")
            }
        }
    }
}

fn strings(texts: &[Text], f: &mut Formatter<'_>) -> Result {
    list(texts.iter().map(|text| Quoted::new(&text.value)), f)
}

impl Display for Stage {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        Display::fmt(&self.kind, f)
    }
}

impl Display for StageKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(self.name())?;
        match self {
            Self::Fields(items) | Self::Display(items) => listed(items, f),
            Self::Filter(condition) | Self::Pattern(condition) => write!(f, " {condition}"),
            Self::FilterIndex(told) => filter_index(told, f),
            Self::Parse(told) => parse(told, f),
            Self::Json(told) => {
                write!(f, " field={} {}", told.field, Quoted::new(&told.path.value))?;
                as_name(Some(&told.alias), f)
            }
            Self::Stats(told) => stats(told, f),
            Self::Sort(keys) => {
                f.write_str(" ")?;
                list(
                    keys.iter().map(|key| {
                        let direction = match key.direction {
                            Some(Direction::Ascending) => " asc",
                            Some(Direction::Descending) => " desc",
                            None => "",
                        };
                        format!("{}{direction}", key.field)
                    }),
                    f,
                )
            }
            Self::Limit { any, count } => write!(f, "{} {count}", if *any { " any" } else { "" }),
            Self::Head(count) | Self::Tail(count) => write!(f, " {count}"),
            Self::Dedup(fields) | Self::CountFrequent(fields) => listed(fields, f),
            Self::Diff(window) => f.write_str(match window {
                DiffWindow::Previous => "",
                DiffWindow::PreviousDay => " previousDay",
                DiffWindow::PreviousWeek => " previousWeek",
                DiffWindow::PreviousMonth => " previousMonth",
            }),
            Self::Anomaly | Self::Estimate => Ok(()),
            Self::Unnest { field, into } => write!(f, " {field} into {into}"),
            Self::Expand(field) => write!(f, " {field}"),
            Self::Lookup(told) => lookup(told, f),
            Self::CidrLookup(told) => cidr_lookup(told, f),
            Self::Join(told) => join(told, f),
            Self::RelevantFields(told) => {
                if !told.fields.is_empty() {
                    listed(&told.fields, f)?;
                }
                write!(f, " where {}", told.condition)
            }
            Self::AddTotals(told) => {
                option("fieldname", told.name.as_ref(), f)?;
                option("row", told.row, f)?;
                option("col", told.column, f)?;
                if told.fields.is_empty() { Ok(()) } else { listed(&told.fields, f) }
            }
            Self::Autoregress(told) => {
                write!(f, " {}", told.field)?;
                as_name(told.alias.as_ref(), f)?;
                match told.lags {
                    Some((from, to)) if from == to => write!(f, " p={from}"),
                    Some((from, to)) => write!(f, " p={from}-{to}"),
                    None => Ok(()),
                }
            }
            Self::Accum { field, alias } => {
                write!(f, " {field}")?;
                as_name(alias.as_ref(), f)
            }
            Self::FillDown(targets) => targets.iter().try_for_each(|target| match target {
                FillTarget::Field(field) => write!(f, " {field}"),
                FillTarget::Wildcard(name) => write!(f, " {}", name.text),
            }),
            Self::FillMissing(fills) if fills.is_empty() => Ok(()),
            Self::FillMissing(fills) => {
                f.write_str(" with ")?;
                list(fills.iter().map(|fill| format!("{} for {}", fill.value, fill.field)), f)
            }
            Self::LogCompare(period) => write!(f, " timeshift {period}"),
            Self::Outlier(told) => outlier(told, f),
            Self::AppendCols(told) => {
                option("override", told.overwrite, f)?;
                option("max", told.max, f)?;
                write!(f, " ({})", Inline(&told.query))
            }
            Self::Sessionize(told) => {
                listed(&told.fields, f)?;
                if let Some(period) = told.max_span {
                    write!(f, " maxspan {period}")?;
                }
                as_name(told.alias.as_ref(), f)
            }
        }
    }
}

fn listed<T: Display>(parts: &[T], f: &mut Formatter<'_>) -> Result {
    f.write_str(" ")?;
    list(parts, f)
}

/// ` name=value`, when there is one.
fn option(name: &str, value: Option<impl Display>, f: &mut Formatter<'_>) -> Result {
    match value {
        Some(value) => write!(f, " {name}={value}"),
        None => Ok(()),
    }
}

fn filter_index(told: &FilterIndex, f: &mut Formatter<'_>) -> Result {
    write!(f, " {}{}", told.field, if told.is_list { " in [" } else { " = " })?;
    list(&told.values, f)?;
    f.write_str(if told.is_list { "]" } else { "" })
}

fn parse(told: &Parse, f: &mut Formatter<'_>) -> Result {
    if let Some(field) = &told.field {
        write!(f, " {field}")?;
    }
    match &told.extraction {
        Extraction::Glob { pattern, names } => {
            write!(f, " {} as ", Quoted::new(&pattern.value))?;
            list(names, f)
        }
        Extraction::Regex { pattern, names, multi } => {
            write!(f, " {}", Regex(&pattern.value))?;
            if !names.is_empty() {
                f.write_str(" as ")?;
                list(names, f)?;
            }
            f.write_str(if *multi { " multi" } else { "" })
        }
        Extraction::Logfmt(name) => write!(f, " logfmt as {name}"),
        Extraction::Csv(names) => {
            f.write_str(" csv as ")?;
            list(names, f)
        }
        Extraction::Xml { path, name } => write!(f, " XML {} as {name}", Quoted::new(&path.value)),
    }
}

fn stats(told: &Stats, f: &mut Formatter<'_>) -> Result {
    listed(&told.items, f)?;
    if !told.by.is_empty() {
        f.write_str(" by")?;
        listed(&told.by, f)?;
    }
    match told.offset {
        Some(period) => write!(f, " offset {period}"),
        None => Ok(()),
    }
}

fn output(only_new: bool, columns: &[OutputColumn], f: &mut Formatter<'_>) -> Result {
    f.write_str(if only_new { " OUTPUTNEW" } else { " OUTPUT" })?;
    for (number, OutputColumn { column, alias }) in columns.iter().enumerate() {
        write!(f, "{} {column}", if number > 0 { "," } else { "" })?;
        as_name(alias.as_ref(), f)?;
    }
    Ok(())
}

fn lookup(told: &Lookup, f: &mut Formatter<'_>) -> Result {
    write!(f, " {}", Table(&told.table))?;
    for (number, pair) in told.matches.iter().enumerate() {
        write!(f, "{} {}", if number > 0 { "," } else { "" }, pair.column)?;
        if let Some(field) = &pair.field {
            write!(f, " as {field}")?;
        }
    }
    output(told.only_new, &told.output, f)
}

fn cidr_lookup(told: &CidrLookup, f: &mut Formatter<'_>) -> Result {
    write!(f, " {} {}", Table(&told.table), told.field)?;
    as_name(told.column.as_ref(), f)?;
    output(told.only_new, &told.output, f)
}

fn join(told: &Join, f: &mut Formatter<'_>) -> Result {
    let kind = match told.kind {
        JoinKind::Inner => "inner",
        JoinKind::Left => "left",
    };
    let Join { left, right, left_key, right_key, query, .. } = told;
    write!(f, " type={kind} left={left} right={right} where {left_key}={right_key} ({})", Inline(query))
}

fn outlier(told: &Outlier, f: &mut Formatter<'_>) -> Result {
    let action = told.action.map(|action| match action {
        OutlierAction::Remove => "remove",
        OutlierAction::Transform => "transform",
    });
    option("action", action, f)?;
    option("param", told.parameter.as_ref().map(super::ast::Number::as_str), f)?;
    option("uselower", told.use_lower, f)?;
    option("mark", told.mark, f)?;
    f.write_str(" ")?;
    spaced(&told.fields, f)
}
