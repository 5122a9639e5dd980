//! `outcrop query TEXT`: a query in Logs Insights QL or SQL, answered from a case.

use std::io::Read as _;

use indicatif::ProgressBar;

use super::Done;
use super::cli::{Format, Language, Place, QueryArgs};
use super::failure::Failure;
use super::ingest::events_bar;
use super::output::Output;
use super::place;
use crate::case::{Reader, open_read_only};
use crate::model::{SafeText, Scope, Secrets, TimeRange, Timestamp};
use crate::query::ql::{self, QueryError};
use crate::query::run::{Answer, AnswerRow, Listener, Options, RunError, run_heard, run_sql};
use crate::query::sql;
use crate::report::{AnswerRowJson, answer_cell};

/// A query is a text of a person; a larger one is a mistake.
const LONGEST: u64 = 1 << 20;

/// A query that was read, in its language.
enum Read {
    Ql(ql::ast::Query),
    Sql(sql::ast::Query),
}

/// Runs the command.
pub fn run(args: &QueryArgs) -> Result<Done, Failure> {
    let text = text(&args.query)?;
    if args.on == Place::Aws {
        return at_aws(&text, args);
    }
    let now = place::now();
    let scope = args.question.scope.scope(now).map_err(Failure::Usage)?;
    let mut reader = open_read_only(&place::named_or_last(args.question.case.case.as_deref())?)?;
    let limit = args.question.scope.limit;
    let asked = Asked { text: &text, language: args.language, scope: &scope, now, limit };
    let mut printing = Printing::new(Output::new(args.question.output), args.question.reveal.secrets(), limit);
    let answer = heard(&mut reader, &asked, &mut |_| (), &mut printing)?;
    let done = if answer.is_incomplete { Done::Incomplete } else { Done::Complete };
    printing.end(&answer)?;
    for note in &answer.notes {
        eprintln!("outcrop: {}", SafeText::new(note));
    }
    place::unless_rebuilding(&reader, done)
}

/// A query that is asked of a case.
pub struct Asked<'a> {
    /// Its text.
    pub text: &'a str,
    /// What it is written in.
    pub language: Language,
    /// Which events it may see.
    pub scope: &'a Scope,
    /// The time that `now()` tells.
    pub now: Timestamp,
    /// At most so many rows are printed.
    pub limit: Option<usize>,
}

/// Answers a query; what is wrong with it is said on stderr, under its place. `arrange` sees all rows before they are cut.
pub fn answer(reader: &mut Reader, asked: &Asked<'_>, arrange: &mut dyn FnMut(&mut Answer)) -> Result<Answer, Failure> {
    let bar = events_bar();
    let answer = heard(reader, asked, arrange, &mut Watching(&bar));
    bar.finish_and_clear();
    answer
}

/// Hears only how far it is.
struct Watching<'b>(&'b ProgressBar);

impl Listener for Watching<'_> {
    fn progress(&mut self, seen: u64, of: u64) {
        self.0.set_length(of);
        self.0.set_position(seen);
    }
}

fn heard(reader: &mut Reader, asked: &Asked<'_>, arrange: &mut dyn FnMut(&mut Answer), listener: &mut dyn Listener) -> Result<Answer, Failure> {
    let text = asked.text;
    let query = read(text, asked.language)?;
    let options = Options { scope: asked.scope, now: asked.now, push_down: true };
    let answer = match &query {
        Read::Ql(query) => run_heard(reader, text, query, &options, listener),
        Read::Sql(query) => run_sql(reader, text, query, &options, listener),
    };
    let mut answer = match answer {
        Ok(answer) => answer,
        Err(RunError::Query(error)) => {
            wrong(&error, text);
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

/// Says what is wrong. A query is the person's own, but may have come from anywhere.
fn wrong(error: &QueryError, text: &str) {
    for line in error.render(text).lines() {
        eprintln!("{}", SafeText::new(line));
    }
}

/// Reads a query, and says what is to be said of it before it runs.
fn read(text: &str, language: Language) -> Result<Read, Failure> {
    let cannot = |error: &QueryError| {
        wrong(error, text);
        if language == Language::Ql && sql::is_likely(text) {
            return Failure::Usage("the query cannot be read as Logs Insights QL; it looks like SQL: add --language sql".to_owned());
        }
        Failure::Usage("the query cannot be read".to_owned())
    };
    let (query, errors, notes) = match language {
        Language::Ql => {
            let query = ql::parse(text).map_err(|error| cannot(&error))?;
            let (errors, notes) = (ql::check(&query), ql::notes(text, &query));
            (Read::Ql(query), errors, notes)
        }
        Language::Sql => {
            let query = sql::parse(text).map_err(|error| cannot(&error))?;
            let (errors, notes) = (sql::check(&query), sql::notes(&query));
            (Read::Sql(query), errors, notes)
        }
    };
    if !errors.is_empty() {
        for error in &errors {
            wrong(error, text);
        }
        return Err(Failure::Usage("the query would be refused".to_owned()));
    }
    if let Read::Ql(query) = &query {
        let beyond = ql::only_at_aws(query);
        if !beyond.is_empty() {
            for note in &beyond {
                for line in note.render(text).lines() {
                    eprintln!("{}", SafeText::new(line));
                }
            }
            let how = "outcrop query --on aws --log-group GROUP --since 24h with the same text runs it there";
            return Err(Failure::Usage(format!("a case cannot answer this query: {how}")));
        }
    }
    for note in notes {
        eprintln!("outcrop: {}", SafeText::new(&note.to_string()));
    }
    Ok(query)
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

/// Prints an answer that is all there.
pub fn print(answer: &Answer, secrets: Secrets, output: Output) -> Result<(), Failure> {
    Printing::new(output, secrets, None).end(answer)
}

/// Prints rows as they come, where the form allows it: a table has to know all of them.
struct Printing {
    output: Output,
    secrets: Secrets,
    left: usize,
    columns: Vec<String>,
    names: Vec<Vec<String>>,
    bar: ProgressBar,
    failure: Option<Failure>,
}

impl Printing {
    fn new(output: Output, secrets: Secrets, limit: Option<usize>) -> Self {
        let bar = events_bar();
        Self { output, secrets, left: limit.unwrap_or(usize::MAX), columns: Vec::new(), names: Vec::new(), bar, failure: None }
    }

    fn is_at_once(&self) -> bool {
        matches!(self.output.format(), Format::Json | Format::Ndjson)
    }

    fn print(&mut self, rows: &[AnswerRow]) -> Result<(), Failure> {
        for row in rows.iter().take(self.left) {
            self.output.element(&AnswerRowJson { columns: &self.columns, names: &self.names, row, secrets: self.secrets })?;
        }
        self.left = self.left.saturating_sub(rows.len());
        self.output.flush()
    }

    fn end(mut self, answer: &Answer) -> Result<(), Failure> {
        self.bar.finish_and_clear();
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        if self.columns.is_empty() && self.is_at_once() {
            // Nothing was heard: all of it comes at once.
            (self.columns, self.names) = (answer.columns.clone(), answer.names.clone());
            self.print(&answer.rows)?;
        }
        if self.is_at_once() {
            return self.output.end_list();
        }
        let titles: Vec<&str> = answer.columns.iter().map(String::as_str).collect();
        let cells = |row: &AnswerRow| answer.names.iter().zip(&row.values).map(|(names, value)| answer_cell(names, value, self.secrets)).collect();
        let rows: Vec<Vec<String>> = answer.rows.iter().map(cells).collect();
        self.output.rows(&titles, &rows)?;
        self.output.flush()
    }
}

impl Listener for Printing {
    fn progress(&mut self, seen: u64, of: u64) {
        self.bar.set_length(of);
        self.bar.set_position(seen);
    }

    fn begins(&mut self, columns: &[String], names: &[Vec<String>]) {
        (self.columns, self.names) = (columns.to_vec(), names.to_vec());
    }

    fn rows(&mut self, rows: &[AnswerRow]) {
        if self.is_at_once() && self.failure.is_none() {
            let bar = self.bar.clone();
            self.failure = bar.suspend(|| self.print(rows)).err();
        }
    }
}
