//! Answers of queries as text: cells as they may leave, rows as objects, and a file of them.

use std::fs::OpenOptions;
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use serde::Serialize;
use serde::ser::SerializeMap as _;

use super::{grouped, to_json, write_csv};
use crate::decode::masked_record;
use crate::model::Secrets;
use crate::model::secret::{masked, masked_value};
use crate::query::run::{Answer, AnswerRow};
use crate::query::value::Value;

/// A value as it is printed, and as it may leave.
pub fn answer_cell(names: &[String], value: &Value, secrets: Secrets) -> String {
    let text = value.printed();
    if secrets == Secrets::Revealed {
        return text.into_owned();
    }
    if text.starts_with(['{', '[']) {
        return masked_record(text.as_bytes());
    }
    // A session token is known by its name alone, whatever the column is called.
    let by_name = names.iter().map(|name| masked_value(name, &text)).find(|masked| **masked != *text);
    by_name.unwrap_or_else(|| masked(&text)).into_owned()
}

/// A row as an object: what a row has not is left out, as at AWS.
pub struct AnswerRowJson<'a> {
    /// Titles of the columns.
    pub columns: &'a [String],
    /// What their fields are called: [`Answer::names`].
    pub names: &'a [Vec<String>],
    /// The row.
    pub row: &'a AnswerRow,
    /// Masked or not.
    pub secrets: Secrets,
}

impl Serialize for AnswerRowJson<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let columns = self.columns.iter().zip(self.names);
        for ((title, names), value) in columns.zip(&self.row.values).filter(|(_, value)| !value.is_missing()) {
            map.serialize_entry(title, &answer_cell(names, value, self.secrets))?;
        }
        map.end()
    }
}

/// Writes an answer to a new file; its ending says in which form.
///
/// # Errors
/// A sentence about what was tried and what to do.
pub fn export_answer(answer: &Answer, path: &Path, secrets: Secrets) -> Result<String, String> {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    if !["csv", "ndjson", "json"].contains(&ending) {
        return Err(format!("cannot tell the form of {}: end it in .csv, .ndjson or .json", path.display()));
    }
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut out = BufWriter::new(file.map_err(|error| format!("cannot write {}: {error}; choose another name", path.display()))?);
    let mut write = || -> std::io::Result<()> {
        if ending == "csv" {
            let titles: Vec<&str> = answer.columns.iter().map(String::as_str).collect();
            let cells = |row: &AnswerRow| answer.names.iter().zip(&row.values).map(|(names, value)| answer_cell(names, value, secrets)).collect();
            let rows: Vec<Vec<String>> = answer.rows.iter().map(cells).collect();
            write_csv(&mut out, &titles, &rows).map_err(std::io::Error::other)?;
            return out.flush();
        }
        let is_list = ending == "json";
        out.write_all(if is_list { b"[" } else { b"" })?;
        for (number, row) in answer.rows.iter().enumerate() {
            let before = if !is_list || number == 0 { "" } else { ",\n" };
            write!(
                out,
                "{before}{}{}",
                to_json(&AnswerRowJson { columns: &answer.columns, names: &answer.names, row, secrets })?,
                if is_list { "" } else { "\n" }
            )?;
        }
        out.write_all(if is_list { b"]\n" } else { b"" })?;
        out.flush()
    };
    write().map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    Ok(format!("{} rows written to {}", grouped(answer.rows.len() as u64), path.display()))
}
