//! The catalogue of hunts: questions an analyst asks of every case, with parameters.
//!
//! A hunt is a query with a purpose. The same text is answered from a case and sent to AWS; what the language cannot say
//! (a deviation from a group's own mean) is worked out of the rows afterwards, wherever they came from. Hunts are data: TOML
//! files, embedded, and a user's own merged over them. This room reads no event and runs no query.

mod bind;
mod catalogue;
mod deviation;
mod file;
mod keywords;
mod number;

pub use bind::{BindError, Bound, bind};
pub use catalogue::{Catalogue, EMBEDDED, EMBEDDED_LISTS};
pub use deviation::deviate;
pub use file::HuntError;
pub use keywords::{Keyword, Keywords};
pub use number::Threshold;

use std::collections::BTreeMap;

use crate::model::StrandSet;
use crate::query::run::Answer;
use crate::query::value::Value;

/// A question with a purpose.
#[derive(Clone, Debug, PartialEq)]
pub struct Hunt {
    /// Kebab-case name, unique in the catalogue.
    pub name: String,
    /// Its number in the catalogue of detections, such as `S14`; most have none.
    pub id: Option<String>,
    /// What it is, in a few words.
    pub title: String,
    /// Why an analyst runs it.
    pub purpose: String,
    /// Which strands it reads.
    pub strands: StrandSet,
    /// Can it be answered by CloudWatch Logs Insights? Not when it asks for what only a case knows.
    pub at_aws: bool,
    /// What its text is written in.
    pub language: Language,
    /// What can be chosen.
    pub params: Vec<Param>,
    /// The query, with `{{name}}` where a parameter stands.
    pub text: String,
    /// A query whose first value is the number that a threshold such as `p99` stands for.
    pub baseline: Option<String>,
    /// The columns to show, in their order; all when there are none.
    pub show: Vec<String>,
    /// How the rows are drawn.
    pub chart: Option<Chart>,
    /// What is worked out of the rows afterwards.
    pub deviation: Option<Deviation>,
    /// Ids of frameworks: `AML.T0051`, `T1526`, `LLM01:2025`.
    pub frameworks: Vec<String>,
    /// What to do with what was found.
    pub next: Vec<Next>,
    /// Where the idea comes from.
    pub idea: String,
    /// A user's own: the file it was read from.
    pub file: Option<String>,
}

/// What a hunt is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// CloudWatch Logs Insights QL.
    #[default]
    Ql,
    /// SQL.
    Sql,
}

/// A parameter of a hunt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// What it may be.
    pub kind: ParamKind,
    /// What it is when nobody says; without one it has to be given, unless it is optional.
    pub default: Option<String>,
    /// May it be left out? Then the lines of the text that ask for it are left out too.
    pub optional: bool,
    /// One line about it.
    pub about: String,
}

/// What a parameter may be, and so how it is written into a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamKind {
    /// A text, compared as a whole: a string.
    Text,
    /// A part of a text, in any case: a regular expression of its letters.
    Contains,
    /// A regular expression.
    Pattern,
    /// A number.
    Number,
    /// A number, or a percentile of what is usual: `1000` or `p99`.
    Threshold,
    /// A period such as `4h`.
    Duration,
    /// Texts with commas between them: a list of strings.
    List,
    /// The name of a list of keywords.
    Keywords,
}

impl ParamKind {
    /// All of them, by the name they have in files.
    pub const ALL: [(&'static str, Self); 8] = [
        ("text", Self::Text),
        ("contains", Self::Contains),
        ("pattern", Self::Pattern),
        ("number", Self::Number),
        ("threshold", Self::Threshold),
        ("duration", Self::Duration),
        ("list", Self::List),
        ("keywords", Self::Keywords),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("text", |(name, _)| name)
    }

    /// What may be written, in words.
    pub const fn wanted(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Contains => "a part of a text",
            Self::Pattern => "a regular expression",
            Self::Number => "a number such as 1000",
            Self::Threshold => "a number such as 1000, or a percentile such as p99",
            Self::Duration => "a period such as 15m, 4h or 1d",
            Self::List => "texts with commas between them",
            Self::Keywords => "the name of a keyword list",
        }
    }
}

/// How rows are drawn: bars over a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    /// The column of the bars: a time, or what is counted.
    pub x: String,
    /// The column of their height.
    pub y: String,
    /// The column that bars are grouped by.
    pub group: Option<String>,
}

/// Worked out of rows that are slices of time: the step from the slice before, and how far a slice is from what its group
/// usually has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// The column with the start of each slice.
    pub time: String,
    /// The column with its number.
    pub value: String,
    /// The columns that make a group.
    pub by: Vec<String>,
    /// The parameter that says how long a slice is.
    pub every: String,
}

/// What to do with a row that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    /// Why, in words.
    pub why: String,
    /// Another hunt.
    pub hunt: Option<String>,
    /// Its parameters, each from a column of the row; what begins with `=` is a value itself.
    pub with: BTreeMap<String, String>,
}

/// The column that says which place a row is from.
const SITE: &str = "@site";

impl Hunt {
    /// A parameter by its name.
    pub fn param(&self, name: &str) -> Option<&Param> {
        self.params.iter().find(|param| param.name == name)
    }

    /// The rows as they are shown: with what is worked out of them, and only the columns that are worth showing.
    /// `every` is how long a slice of time is, in milliseconds, where the hunt has slices.
    pub fn arrange(&self, answer: &mut Answer, every: Option<i64>) {
        // Of several places at AWS each row says which it is from, and each is a group of its own.
        let site = answer.columns.iter().find(|column| *column == SITE).cloned();
        if let (Some(deviation), Some(every)) = (&self.deviation, every) {
            let by = site.iter().chain(&deviation.by).cloned().collect();
            deviate(answer, &Deviation { by, ..deviation.clone() }, every);
        }
        if !self.show.is_empty() {
            choose(answer, &site.into_iter().chain(self.show.iter().cloned()).collect::<Vec<_>>());
        }
        as_times(answer);
    }
}

/// `min(@timestamp)` and the like are milliseconds, here and at AWS: in columns called `…_at` they are shown as times.
fn as_times(answer: &mut Answer) {
    const SINCE_1973: f64 = 1e11;
    const UNTIL_5138: f64 = 1e14;
    for (at, _) in answer.columns.iter().enumerate().filter(|(_, column)| column.ends_with("_at")) {
        for value in answer.rows.iter_mut().filter_map(|row| row.values.get_mut(at)) {
            if let Some(millis) = value.as_number().filter(|millis| (SINCE_1973..UNTIL_5138).contains(millis)) {
                *value = Value::Time(millis as i64);
            }
        }
    }
}

/// Keeps the columns of these names, in this order. A name that the answer does not have is left out.
fn choose(answer: &mut Answer, show: &[String]) {
    let places: Vec<usize> = show.iter().filter_map(|name| answer.columns.iter().position(|column| column == name)).collect();
    if places.is_empty() {
        return;
    }
    answer.columns = places.iter().filter_map(|at| answer.columns.get(*at).cloned()).collect();
    answer.names = places.iter().map(|at| answer.names.get(*at).cloned().unwrap_or_default()).collect();
    for row in &mut answer.rows {
        row.values = places.iter().map(|at| row.values.get(*at).cloned().unwrap_or_default()).collect();
    }
}

/// The name that was probably meant.
pub fn nearest<'a>(written: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let written = written.to_lowercase();
    let scored = names.map(|name| {
        let part = !written.is_empty() && (name.contains(&written) || written.contains(name));
        (if part { 1.0 } else { strsim::jaro_winkler(&written, name) }, name)
    });
    scored.filter(|(score, _)| *score >= 0.75).max_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, name)| name)
}

#[cfg(test)]
mod tests;
