//! `outcrop query TEXT`: a query in Logs Insights QL, answered from a case.

use std::io::Read as _;

use super::Done;
use super::cli::{Format, Language, Place, QueryArgs};
use super::failure::Failure;
use super::output::Output;
use super::place;
use crate::case::{Reader, open_read_only};
use crate::model::{SafeText, Scope, Secrets, TimeRange, Timestamp};
use crate::query::ql::{QueryError, check, notes, only_at_aws, parse};
use crate::query::run::{Answer, Options, RunError};
use crate::report::{AnswerRowJson, answer_cell};

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
    let now = place::now();
    let scope = args.question.scope.scope(now).map_err(Failure::Usage)?;
    let mut reader = open_read_only(&place::named_or_last(args.question.case.case.as_deref())?)?;
    let answer = answer(&mut reader, &Asked { text: &text, scope: &scope, now, limit: args.question.scope.limit }, &mut |_| ())?;
    let done = if answer.is_incomplete { Done::Incomplete } else { Done::Complete };
    print(&answer, args.question.reveal.secrets(), &mut Output::new(args.question.output))?;
    for note in &answer.notes {
        eprintln!("outcrop: {}", SafeText::new(note));
    }
    place::unless_rebuilding(&reader, done)
}

/// A query that is asked of a case.
pub struct Asked<'a> {
    /// Its text.
    pub text: &'a str,
    /// Which events it may see.
    pub scope: &'a Scope,
    /// The time that `now()` tells.
    pub now: Timestamp,
    /// At most so many rows are printed.
    pub limit: Option<usize>,
}

/// Answers a query; what is wrong with it is said on stderr, under its place. `arrange` sees all rows before they are cut.
pub fn answer(reader: &mut Reader, asked: &Asked<'_>, arrange: &mut dyn FnMut(&mut Answer)) -> Result<Answer, Failure> {
    let text = asked.text;
    let wrong = |error: &QueryError| {
        // A query is the person's own, but may have come from anywhere.
        for line in error.render(text).lines() {
            eprintln!("{}", SafeText::new(line));
        }
    };
    let query = match parse(text) {
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
            for line in note.render(text).lines() {
                eprintln!("{}", SafeText::new(line));
            }
        }
        return Err(Failure::Usage("a case cannot answer this query; --on aws could".to_owned()));
    }
    for note in notes(text, &query) {
        eprintln!("outcrop: {}", SafeText::new(&note.to_string()));
    }
    let options = Options { scope: asked.scope, now: asked.now, push_down: true };
    let mut answer = match crate::query::run::run(reader, text, &query, &options, &mut |_, _| ()) {
        Ok(answer) => answer,
        Err(RunError::Query(error)) => {
            wrong(&error);
            return Err(Failure::Usage("the query cannot be answered".to_owned()));
        }
        Err(RunError::Case(error)) => return Err(error.into()),
        Err(RunError::TooLarge(why)) => return Err(Failure::Error(why)),
    };
    arrange(&mut answer);
    if let Some(limit) = asked.limit.filter(|limit| answer.rows.len() > *limit) {
        answer.notes.push(format!("{limit} of {} rows shown; --limit raises it", answer.rows.len()));
        answer.rows.truncate(limit);
        answer.is_incomplete = true;
    }
    Ok(answer)
}

/// The query goes to AWS. Of a scope AWS only knows the interval.
fn at_aws(text: &str, args: &QueryArgs) -> Result<Done, Failure> {
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

/// Prints an answer.
pub fn print(answer: &Answer, secrets: Secrets, output: &mut Output) -> Result<(), Failure> {
    match output.format() {
        Format::Table | Format::Csv => {
            let titles: Vec<&str> = answer.columns.iter().map(String::as_str).collect();
            let rows =
                answer.rows.iter().map(|row| answer.names.iter().zip(&row.values).map(|(names, value)| answer_cell(names, value, secrets)).collect());
            let rows: Vec<Vec<String>> = rows.collect();
            output.rows(&titles, &rows)?;
            output.flush()?;
        }
        Format::Json | Format::Ndjson => {
            for row in &answer.rows {
                output.element(&AnswerRowJson { answer, row, secrets })?;
            }
            output.end_list()?;
        }
    }
    Ok(())
}
