//! `outcrop query TEXT`: a query in Logs Insights QL, answered from a case.

use std::io::Read as _;

use serde::Serialize;
use serde::ser::SerializeMap as _;

use super::Done;
use super::cli::{Format, Language, Place, QueryArgs};
use super::failure::Failure;
use super::output::Output;
use super::place;
use crate::case::open_read_only;
use crate::decode::masked_record;
use crate::model::secret::{masked, masked_value};
use crate::model::{SafeText, Scope, Secrets, TimeRange};
use crate::query::ql::{QueryError, check, notes, only_at_aws, parse};
use crate::query::run::{Answer, AnswerRow, Options, RunError};
use crate::query::value::Value;

/// A query is a text of a person; a larger one is a mistake.
const LONGEST: u64 = 1 << 20;

/// Runs the command.
pub fn run(args: &QueryArgs) -> Result<Done, Failure> {
    let text = text(&args.query)?;
    if args.on == Place::Aws {
        return at_aws(&text, args);
    }
    if args.language == Language::Sql {
        return Err(Failure::Usage("--language sql is not in this version: write the query in Logs Insights QL".to_owned()));
    }
    let wrong = |error: &QueryError| {
        // A query is the person's own, but may have come from anywhere.
        for line in error.render(&text).lines() {
            eprintln!("{}", SafeText::new(line));
        }
    };
    let query = match parse(&text) {
        Ok(query) => query,
        Err(error) => {
            wrong(&error);
            return Err(Failure::Usage("the query cannot be read".to_owned()));
        }
    };
    let errors = check(&query);
    if !errors.is_empty() {
        errors.iter().for_each(wrong);
        return Err(Failure::Usage("the query would be refused".to_owned()));
    }
    let beyond = only_at_aws(&query);
    if !beyond.is_empty() {
        for note in &beyond {
            for line in note.render(&text).lines() {
                eprintln!("{}", SafeText::new(line));
            }
        }
        return Err(Failure::Usage("a case cannot answer this query; --on aws could".to_owned()));
    }
    for note in notes(&text, &query) {
        eprintln!("outcrop: {}", SafeText::new(&note.to_string()));
    }
    let now = place::now();
    let scope = args.question.scope.scope(now).map_err(Failure::Usage)?;
    let mut reader = open_read_only(&place::named_or_last(args.question.case.case.as_deref())?)?;
    let options = Options { scope: &scope, now, push_down: true };
    let mut answer = match crate::query::run::run(&mut reader, &text, &query, &options, &mut |_, _| ()) {
        Ok(answer) => answer,
        Err(RunError::Query(error)) => {
            wrong(&error);
            return Err(Failure::Usage("the query cannot be answered".to_owned()));
        }
        Err(RunError::Case(error)) => return Err(error.into()),
        Err(RunError::TooLarge(why)) => return Err(Failure::Error(why)),
    };
    if let Some(limit) = args.question.scope.limit.filter(|limit| answer.rows.len() > *limit) {
        answer.notes.push(format!("{limit} of {} rows shown; --limit raises it", answer.rows.len()));
        answer.rows.truncate(limit);
        answer.is_incomplete = true;
    }
    let done = if answer.is_incomplete { Done::Incomplete } else { Done::Complete };
    print(&answer, args.question.reveal.secrets(), &mut Output::new(args.question.output))?;
    for note in &answer.notes {
        eprintln!("outcrop: {}", SafeText::new(note));
    }
    place::unless_rebuilding(&reader, done)
}

/// The query goes to AWS. Of a scope AWS only knows the interval.
fn at_aws(text: &str, args: &QueryArgs) -> Result<Done, Failure> {
    if cfg!(not(feature = "live")) {
        return super::ask_aws::run(text, args.language, &args.aws, &TimeRange::default(), args.question.reveal, args.question.output);
    }
    let scope = args.question.scope.scope(place::now()).map_err(Failure::Usage)?;
    if !(Scope { range: TimeRange::default(), ..scope.clone() }).is_all() || args.question.scope.limit.is_some() {
        return Err(Failure::Usage("with --on aws only --since and --until hold: write other conditions, and a limit, into the query".to_owned()));
    }
    super::ask_aws::run(text, args.language, &args.aws, &scope.range, args.question.reveal, args.question.output)
}

/// The query as given, or from standard input.
fn text(given: &str) -> Result<String, Failure> {
    if given != "-" {
        return Ok(given.to_owned());
    }
    let mut text = String::new();
    std::io::stdin()
        .take(LONGEST)
        .read_to_string(&mut text)
        .map_err(|error| Failure::Error(format!("cannot read the query from standard input: {error}")))?;
    Ok(text)
}

fn print(answer: &Answer, secrets: Secrets, output: &mut Output) -> Result<(), Failure> {
    match output.format() {
        Format::Table | Format::Csv => {
            let titles: Vec<&str> = answer.columns.iter().map(String::as_str).collect();
            let rows =
                answer.rows.iter().map(|row| answer.names.iter().zip(&row.values).map(|(names, value)| shown(names, value, secrets)).collect());
            let rows: Vec<Vec<String>> = rows.collect();
            output.rows(&titles, &rows)?;
            output.flush()?;
        }
        Format::Json | Format::Ndjson => {
            for row in &answer.rows {
                output.element(&RowJson { answer, row, secrets })?;
            }
            output.end_list()?;
        }
    }
    Ok(())
}

/// A value as it is printed, and as it may leave.
fn shown(names: &[String], value: &Value, secrets: Secrets) -> String {
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
struct RowJson<'a> {
    answer: &'a Answer,
    row: &'a AnswerRow,
    secrets: Secrets,
}

impl Serialize for RowJson<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let columns = self.answer.columns.iter().zip(&self.answer.names);
        for ((title, names), value) in columns.zip(&self.row.values).filter(|(_, value)| !value.is_missing()) {
            map.serialize_entry(title, &shown(names, value, self.secrets))?;
        }
        map.end()
    }
}
