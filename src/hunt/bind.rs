//! Parameters written into a hunt's text. A value only ever becomes a literal: a string, a regular expression, a number, a
//! period or a list of strings. It cannot end its literal, so it cannot add a command.

use super::keywords::{Keywords, escaped};
use super::number::{Threshold, number};
use super::{Catalogue, Hunt, Param, ParamKind, nearest};
use crate::query::period::Period;
use crate::query::ql::{regex_literal, string_literal};

/// A hunt's text, ready to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The text. With a baseline that is not measured yet its place is still marked.
    pub text: String,
    /// What is to be run first: its answer's first value is the number that was asked for.
    pub baseline: Option<String>,
    /// How long a slice of time is, in milliseconds.
    pub every: Option<i64>,
}

/// Why a hunt cannot be run as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BindError {
    /// There is no such parameter.
    #[error("hunt {hunt} has no parameter {name}{}; it has {}", .meant.as_ref().map(|meant| format!(": did you mean {meant}?")).unwrap_or_default(), if .known.is_empty() { "none" } else { .known })]
    Unknown {
        /// The hunt.
        hunt: String,
        /// As given.
        name: String,
        /// The one probably meant.
        meant: Option<String>,
        /// Those there are.
        known: String,
    },
    /// It has no default and was not given.
    #[error("hunt {hunt} needs {name}, {wanted} ({about}): give it with --param {name}=…")]
    Missing {
        /// The hunt.
        hunt: String,
        /// The parameter.
        name: String,
        /// What it may be.
        wanted: String,
        /// What it is.
        about: String,
    },
    /// It cannot be what was given.
    #[error("hunt {hunt}, parameter {name}: “{value}” is not {wanted}{}", .why.as_ref().map(|why| format!("; {why}")).unwrap_or_default())]
    Wrong {
        /// The hunt.
        hunt: String,
        /// The parameter.
        name: String,
        /// As given.
        value: String,
        /// What it may be.
        wanted: String,
        /// More about it.
        why: Option<String>,
    },
}

/// Writes values into a hunt's text. `measured` is what the baseline gave, when it has been run.
///
/// # Errors
/// [`BindError`]: the first value that cannot be, with what could.
pub fn bind(catalogue: &Catalogue, hunt: &Hunt, given: &[(String, String)], measured: Option<f64>) -> Result<Bound, BindError> {
    for (name, _) in given {
        if hunt.param(name).is_none() {
            let names = || hunt.params.iter().map(|param| param.name.as_str());
            return Err(BindError::Unknown {
                hunt: hunt.name.clone(),
                name: name.clone(),
                meant: nearest(name, names()).map(str::to_owned),
                known: names().collect::<Vec<_>>().join(", "),
            });
        }
    }
    let mut values = Vec::with_capacity(hunt.params.len());
    for param in &hunt.params {
        let given = given.iter().rev().find(|(name, _)| *name == param.name).map(|(_, value)| value.as_str());
        let written = given.or(param.default.as_deref()).filter(|value| !value.trim().is_empty());
        let value = match written {
            Some(written) => Some(read(catalogue, hunt, param, written)?),
            None if param.optional => None,
            None => {
                return Err(BindError::Missing {
                    hunt: hunt.name.clone(),
                    name: param.name.clone(),
                    wanted: param.kind.wanted().to_owned(),
                    about: param.about.clone(),
                });
            }
        };
        values.push((param.name.as_str(), value));
    }
    let percentile =
        values.iter().find_map(|(_, value)| if let Some(Known::Threshold(Threshold::Percentile(percent))) = value { Some(*percent) } else { None });
    let writer = Writer { values: &values, percentile, measured };
    let every = hunt
        .deviation
        .as_ref()
        .and_then(|deviation| writer.value(&deviation.every))
        .and_then(|value| if let Known::Duration(_, millis) = value { Some(*millis) } else { None });
    let baseline = match (&hunt.baseline, percentile, measured) {
        (Some(baseline), Some(_), None) => Some(writer.write(baseline)),
        _ => None,
    };
    Ok(Bound { text: writer.write(&hunt.text), baseline, every })
}

/// A value that was understood.
enum Known<'a> {
    Text(String),
    Regex(String),
    Number(f64),
    Threshold(Threshold),
    Duration(String, i64),
    List(Vec<String>),
    Keywords(&'a Keywords),
}

fn read<'a>(catalogue: &'a Catalogue, hunt: &Hunt, param: &Param, written: &str) -> Result<Known<'a>, BindError> {
    let wrong = |why: Option<String>| BindError::Wrong {
        hunt: hunt.name.clone(),
        name: param.name.clone(),
        value: written.to_owned(),
        wanted: param.kind.wanted().to_owned(),
        why,
    };
    if written.contains(char::is_control) {
        return Err(wrong(Some("it has control characters".to_owned())));
    }
    let trimmed = written.trim();
    Ok(match param.kind {
        ParamKind::Text => Known::Text(written.to_owned()),
        ParamKind::Contains => Known::Regex(format!("(?i){}", escaped(written))),
        ParamKind::Pattern => {
            regex::Regex::new(written).map_err(|error| wrong(Some(error.to_string())))?;
            Known::Regex(written.to_owned())
        }
        ParamKind::Number => Known::Number(number(trimmed).ok_or_else(|| wrong(None))?),
        ParamKind::Threshold => {
            let threshold = Threshold::parse(trimmed).ok_or_else(|| wrong(None))?;
            if matches!(threshold, Threshold::Percentile(_)) && hunt.baseline.is_none() {
                return Err(wrong(Some("this hunt does not say what a percentile would be of".to_owned())));
            }
            Known::Threshold(threshold)
        }
        ParamKind::Duration => {
            let millis = Period::parse(trimmed).and_then(Period::millis).filter(|millis| *millis > 0).ok_or_else(|| wrong(None))?;
            if Period::is_clamped(trimmed) {
                return Err(wrong(Some("write it in a larger unit: AWS takes at most 60m and 24h".to_owned())));
            }
            // AWS wants the unit right behind the number.
            Known::Duration(trimmed.split_whitespace().collect(), millis)
        }
        ParamKind::List => Known::List(trimmed.split(',').map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).collect()),
        ParamKind::Keywords => {
            let list = catalogue.list(trimmed).ok_or_else(|| {
                let names: Vec<&str> = catalogue.lists().iter().map(|list| list.name.as_str()).collect();
                wrong(Some(format!("there are {}", names.join(", "))))
            })?;
            Known::Keywords(list)
        }
    })
}

struct Writer<'v> {
    values: &'v [(&'v str, Option<Known<'v>>)],
    percentile: Option<f64>,
    measured: Option<f64>,
}

impl Writer<'_> {
    fn value(&self, name: &str) -> Option<&Known<'_>> {
        self.values.iter().find(|(known, _)| *known == name).and_then(|(_, value)| value.as_ref())
    }

    /// The text with every placeholder written out; lines that ask for what was left out are left out.
    fn write(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for line in text.trim().lines() {
            if let Some(line) = self.line(line) {
                out.push_str(line.trim_end());
                out.push('\n');
            }
        }
        out.truncate(out.trim_end().len());
        out
    }

    fn line(&self, line: &str) -> Option<String> {
        let mut out = String::new();
        let mut rest = line;
        while let Some((before, placeholder, after)) = next_placeholder(rest) {
            out.push_str(before);
            out.push_str(&self.placeholder(placeholder)?);
            rest = after;
        }
        out.push_str(rest);
        Some(out)
    }

    fn placeholder(&self, placeholder: &str) -> Option<String> {
        let (name, form) = placeholder.split_once(':').unwrap_or((placeholder, ""));
        let (form, field) = form.split_once(' ').unwrap_or((form, ""));
        if name == "percentile" {
            return self.percentile.map(|percent| percent.to_string());
        }
        Some(match (self.value(name)?, form) {
            (Known::Text(text), _) => string_literal(text),
            (Known::Regex(pattern), _) => regex_literal(pattern),
            (Known::Number(number) | Known::Threshold(Threshold::Number(number)), _) => number.to_string(),
            // Not measured yet: the place stays marked, for people to read.
            (Known::Threshold(Threshold::Percentile(_)), _) => {
                self.measured.map_or_else(|| format!("{{{{{placeholder}}}}}"), |number| number.to_string())
            }
            (Known::Duration(_, millis), "ms") => millis.to_string(),
            (Known::Duration(period, _), _) => period.clone(),
            (Known::List(texts), _) => format!("[{}]", texts.iter().map(|text| string_literal(text)).collect::<Vec<_>>().join(", ")),
            (Known::Keywords(list), "score") => list.score(field),
            (Known::Keywords(list), "hits") => list.hits(field),
            (Known::Keywords(list), _) => list.any(),
        })
    }
}

/// What stands before the next placeholder, what is within it, and what comes after.
pub(super) fn next_placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("{{")?;
    let (placeholder, after) = rest.split_once("}}")?;
    Some((before, placeholder, after))
}
