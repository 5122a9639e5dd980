//! `parse` and `json`: new fields out of a text. Rows that do not match stay, without the fields.

use regex::Regex;

use super::super::error::RunError;
use super::super::expr::{Node, part};
use super::super::rows::{Row, set};
use super::{Fold, MOST_ROWS, Work, bounded, stopped, too_many};
use crate::query::compare::Searched;
use crate::query::functions::Context;
use crate::query::ql::ast::Step;
use crate::query::value::Value;

/// `parse` with a glob or a regular expression.
pub(in crate::query::run) struct Match {
    pub(in crate::query::run) of: Node,
    pub(in crate::query::run) regex: Searched,
    /// Groups of the expression, and where they go.
    pub(in crate::query::run) groups: Vec<(usize, usize)>,
    /// A row for each match.
    pub(in crate::query::run) multi: bool,
    pub(in crate::query::run) fold: Fold,
}

/// A glob as a regular expression: each `*` takes as little as it can, the last one at the end of the glob all that is left.
pub(in crate::query::run) fn glob(pattern: &str) -> String {
    let pieces: Vec<&str> = pattern.split('*').collect();
    let mut regex = String::from("(?s)");
    for (at, piece) in pieces.iter().enumerate() {
        if at > 0 {
            let is_last = at + 1 == pieces.len() && piece.is_empty();
            regex.push_str(if is_last { "(.*)" } else { "(.*?)" });
        }
        regex.push_str(&regex::escape(piece));
    }
    regex
}

impl Match {
    fn fill(&self, row: &mut Row, found: &regex::Captures<'_>) {
        for (group, slot) in &self.groups {
            set(row, *slot, found.get(*group).map(|found| found.as_str()).into());
        }
    }
}

impl Work for Match {
    fn take(&mut self, rows: Vec<Row>, context: &Context) -> Result<Vec<Row>, RunError> {
        let mut out = Vec::with_capacity(rows.len());
        for mut row in rows {
            stopped(context)?;
            let value = self.of.of(&row.values, context);
            let text = value.as_text().unwrap_or_default();
            // Long texts are looked at first in a way that can be given up.
            if self.regex.is_long(&text) && !self.regex.finds(&text, &|| context.is_stopped()) {
                out.push(row);
                continue;
            }
            if self.multi {
                let before = out.len();
                for found in self.regex.regex().captures_iter(&text) {
                    stopped(context)?;
                    if out.len() >= MOST_ROWS {
                        return Err(too_many("parse … multi", "narrow the scope first"));
                    }
                    bounded(out.len(), &row, "parse … multi")?;
                    let mut one = row.clone();
                    self.fill(&mut one, &found);
                    out.push(one);
                }
                if out.len() == before {
                    out.push(row);
                }
                self.fold.becomes(out.len() - before, "parse … multi")?;
                continue;
            }
            if let Some(found) = self.regex.regex().captures(&text) {
                self.fill(&mut row, &found);
            }
            out.push(row);
        }
        Ok(out)
    }
}

/// `json field=a "path" as b`
pub(in crate::query::run) struct JsonAt {
    pub(in crate::query::run) of: Node,
    pub(in crate::query::run) steps: Vec<Step>,
    pub(in crate::query::run) slot: usize,
}

/// `user.items[0].name`, also with `$.` before it.
pub(in crate::query::run) fn json_steps(path: &str) -> Vec<Step> {
    let path = path.strip_prefix('$').map_or(path, |path| path.strip_prefix('.').unwrap_or(path));
    let mut steps = Vec::new();
    for piece in path.split('.').filter(|piece| !piece.is_empty()) {
        let (name, mut rest) = piece.split_at(piece.find('[').unwrap_or(piece.len()));
        if !name.is_empty() {
            steps.push(Step::Member(name.to_owned()));
        }
        while let Some((inside, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            let inside = inside.trim_matches(['"', '\'']);
            steps.push(inside.parse().map_or_else(|_| Step::Member(inside.to_owned()), Step::Index));
            rest = after;
        }
    }
    steps
}

impl Work for JsonAt {
    fn take(&mut self, mut rows: Vec<Row>, context: &Context) -> Result<Vec<Row>, RunError> {
        for row in &mut rows {
            let value = match self.of.of(&row.values, context) {
                Value::Text(text) => Value::from_json(text.as_bytes()),
                other => other,
            };
            set(row, self.slot, part(value, &self.steps));
        }
        Ok(rows)
    }
}

/// `parse a csv as b, c`
pub(in crate::query::run) struct Csv {
    pub(in crate::query::run) of: Node,
    pub(in crate::query::run) slots: Vec<usize>,
}

impl Work for Csv {
    fn take(&mut self, mut rows: Vec<Row>, context: &Context) -> Result<Vec<Row>, RunError> {
        for row in &mut rows {
            let value = self.of.of(&row.values, context);
            let Some(text) = value.as_text() else { continue };
            let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
            let Some(Ok(record)) = reader.records().next() else { continue };
            for (slot, field) in self.slots.iter().zip(record.iter()) {
                set(row, *slot, field.trim().into());
            }
        }
        Ok(rows)
    }
}

/// `parse a logfmt as b`: `level=info msg="two words" flag`
pub(in crate::query::run) struct Logfmt {
    pub(in crate::query::run) of: Node,
    pub(in crate::query::run) slot: usize,
    /// Key, quoted value, bare value.
    pub(in crate::query::run) regex: Regex,
}

/// What [`Logfmt`] looks for.
pub(in crate::query::run) const LOGFMT: &str = r#"([^\s="]+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))"#;

impl Work for Logfmt {
    fn take(&mut self, mut rows: Vec<Row>, context: &Context) -> Result<Vec<Row>, RunError> {
        for row in &mut rows {
            let value = self.of.of(&row.values, context);
            let Some(text) = value.as_text() else { continue };
            let pairs: Vec<(std::sync::Arc<str>, Value)> = self
                .regex
                .captures_iter(&text)
                .filter_map(|found| {
                    let value = match (found.get(2), found.get(3)) {
                        (Some(quoted), _) => quoted.as_str().replace("\\\"", "\"").replace("\\\\", "\\"),
                        (None, bare) => bare?.as_str().to_owned(),
                    };
                    Some((found.get(1)?.as_str().into(), Value::text(value)))
                })
                .collect();
            set(row, self.slot, if pairs.is_empty() { Value::Missing } else { Value::Map(pairs.into()) });
        }
        Ok(rows)
    }
}
