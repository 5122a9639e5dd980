//! Hunts as they are written in files: what a file may hold, and what is wrong with one that does not.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::bind::next_placeholder;
use super::{Chart, Deviation, Hunt, Language, Next, Param, ParamKind};
use crate::model::{Strand, StrandSet};
use crate::query::period::Period;

/// What is wrong with a file of hunts or keywords, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {what}", if .entry.is_empty() { String::new() } else { format!(", {}", .entry) })]
pub struct HuntError {
    /// The file.
    pub file: String,
    /// The hunt or word.
    pub entry: String,
    /// What is wrong and what to write instead.
    pub what: String,
}

impl HuntError {
    pub(super) fn new(file: &str, entry: &str, what: &str) -> Self {
        Self { file: file.to_owned(), entry: entry.to_owned(), what: what.to_owned() }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HuntsFile {
    #[serde(default, rename = "hunt")]
    hunts: Vec<toml::Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HuntFile {
    name: String,
    id: Option<String>,
    title: String,
    purpose: String,
    strands: Vec<String>,
    #[serde(default = "everywhere")]
    on: Vec<String>,
    #[serde(default = "ql")]
    language: String,
    #[serde(default)]
    params: Vec<ParamFile>,
    text: String,
    baseline: Option<String>,
    #[serde(default)]
    show: Vec<String>,
    chart: Option<ChartFile>,
    deviation: Option<DeviationFile>,
    #[serde(default)]
    frameworks: Vec<String>,
    #[serde(default)]
    next: Vec<NextFile>,
    #[serde(default)]
    idea: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ParamFile {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    default: Option<toml::Value>,
    #[serde(default)]
    optional: bool,
    about: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChartFile {
    x: String,
    y: String,
    group: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeviationFile {
    time: String,
    value: String,
    by: Vec<String>,
    every: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NextFile {
    why: String,
    hunt: Option<String>,
    #[serde(default)]
    with: BTreeMap<String, String>,
}

fn everywhere() -> Vec<String> {
    ["case", "aws"].map(str::to_owned).to_vec()
}

fn ql() -> String {
    "ql".to_owned()
}

/// Reads a file of hunts: those that are sound, and what is wrong with the others.
pub fn read(file: &str, text: &str) -> (Vec<Hunt>, Vec<HuntError>) {
    let parsed: HuntsFile = match toml::from_str(text) {
        Ok(parsed) => parsed,
        Err(error) => return (Vec::new(), vec![HuntError::new(file, "", error.to_string().trim_end())]),
    };
    let (mut hunts, mut errors) = (Vec::new(), Vec::new());
    for (number, table) in parsed.hunts.into_iter().enumerate() {
        let name = table.get("name").and_then(toml::Value::as_str).map_or_else(|| format!("hunt {}", number + 1), str::to_owned);
        let read = table.try_into::<HuntFile>().map_err(|error| error.to_string()).and_then(HuntFile::hunt);
        match read {
            Ok(hunt) => hunts.push(hunt),
            Err(what) => errors.push(HuntError::new(file, &name, what.trim_end())),
        }
    }
    (hunts, errors)
}

impl HuntFile {
    fn hunt(self) -> Result<Hunt, String> {
        if self.name.is_empty() || !self.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
            return Err("a name has small letters, digits and hyphens".to_owned());
        }
        let language = match self.language.as_str() {
            "ql" => Language::Ql,
            "sql" => Language::Sql,
            other => return Err(format!("language = “{other}”: use ql or sql")),
        };
        let mut at_aws = false;
        for place in &self.on {
            match place.as_str() {
                "case" => {}
                "aws" => at_aws = true,
                other => return Err(format!("on = “{other}”: use case and aws")),
            }
        }
        let mut strands = StrandSet::NONE;
        for strand in &self.strands {
            strands = strands.with(strand.parse::<Strand>().map_err(|error| format!("strands: {error}"))?);
        }
        if strands == StrandSet::NONE {
            return Err("strands is empty: name at least one".to_owned());
        }
        let mut params: Vec<Param> = Vec::with_capacity(self.params.len());
        for param in self.params {
            let param = param.param()?;
            if params.iter().any(|other| other.name == param.name) {
                return Err(format!("parameter {} is there twice", param.name));
            }
            params.push(param);
        }
        let deviation = self.deviation.map(|given| Deviation { time: given.time, value: given.value, by: given.by, every: given.every });
        if let Some(deviation) = &deviation
            && !params.iter().any(|param| param.name == deviation.every && param.kind == ParamKind::Duration)
        {
            return Err(format!("deviation: every = “{}” has to be a parameter of type duration", deviation.every));
        }
        for text in [Some(&self.text), self.baseline.as_ref()].into_iter().flatten() {
            placeholders(text, &params, self.baseline.is_some())?;
        }
        Ok(Hunt {
            name: self.name,
            id: self.id,
            title: self.title,
            purpose: self.purpose,
            strands,
            at_aws,
            language,
            params,
            text: self.text.trim().to_owned(),
            baseline: self.baseline.map(|text| text.trim().to_owned()),
            show: self.show,
            chart: self.chart.map(|chart| Chart { x: chart.x, y: chart.y, group: chart.group }),
            deviation,
            frameworks: self.frameworks,
            next: self.next.into_iter().map(|next| Next { why: next.why, hunt: next.hunt, with: next.with }).collect(),
            idea: self.idea,
            file: None,
        })
    }
}

impl ParamFile {
    fn param(self) -> Result<Param, String> {
        let kind = ParamKind::ALL.iter().find(|(name, _)| *name == self.kind).map(|(_, kind)| *kind).ok_or_else(|| {
            let names = ParamKind::ALL.map(|(name, _)| name).join(", ");
            format!("parameter {}: type = “{}”: use {names}", self.name, self.kind)
        })?;
        let default = match self.default {
            None => None,
            Some(toml::Value::String(text)) => Some(text),
            Some(toml::Value::Integer(number)) => Some(number.to_string()),
            Some(toml::Value::Float(number)) => Some(number.to_string()),
            Some(toml::Value::Array(texts)) if kind == ParamKind::List => {
                let texts: Option<Vec<&str>> = texts.iter().map(|text| text.as_str().filter(|text| !text.contains(','))).collect();
                Some(texts.ok_or_else(|| format!("parameter {}: default is a list of texts without commas", self.name))?.join(", "))
            }
            Some(_) => return Err(format!("parameter {}: default has to be {}", self.name, kind.wanted())),
        };
        if kind == ParamKind::Duration && default.as_deref().is_some_and(|text| Period::parse(text).is_none()) {
            return Err(format!("parameter {}: default has to be {}", self.name, kind.wanted()));
        }
        Ok(Param { name: self.name, kind, default, optional: self.optional, about: self.about })
    }
}

/// Every placeholder names a parameter and a form that it has.
fn placeholders(text: &str, params: &[Param], has_baseline: bool) -> Result<(), String> {
    let mut rest = text;
    while let Some((_, placeholder, after)) = next_placeholder(rest) {
        let (name, form) = placeholder.split_once(':').unwrap_or((placeholder, ""));
        let known = params.iter().find(|param| param.name == name);
        let fits = match (known.map(|param| param.kind), form.split(' ').next().unwrap_or_default()) {
            (None, "") => name == "percentile" && has_baseline,
            (Some(_), "") | (Some(ParamKind::Duration), "ms") => true,
            (Some(ParamKind::Keywords), "score" | "hits") => form.split(' ').count() == 2,
            _ => false,
        };
        if !fits {
            return Err(format!("{{{{{placeholder}}}}} is no parameter of this hunt, or has no such form"));
        }
        rest = after;
    }
    Ok(())
}
