//! A query answered by CloudWatch Logs Insights: for `query --on aws`, and for hunts.

use std::cell::Cell;
use std::time::{Duration, Instant};

use super::Done;
use super::aws::{AwsArgs, may_spend, seconds_of, stop_on_signals};
use super::cli::{Format, Language, OutputArgs, RevealArgs};
use super::failure::Failure;
use super::ingest::progress_bar;
use super::output::Output;
use super::place;
use crate::model::live::{usd_for, usd_text};
use crate::model::{SafeText, TimeRange, field};
use crate::query;
use crate::query::ql::{QueryError, Span, parse};
use crate::query::run::AnswerRow;
use crate::query::value::Value;
use crate::report::{bytes, grouped};
use crate::source::insights::{Asking, Aws, AwsAnswer, AwsError, AwsLanguage, Fault, Question, ResultRow};

/// Asks AWS and prints the answer. The text goes out as it is; only what AWS cannot know is refused here.
pub fn run(text: &str, language: Language, aws: &AwsArgs, range: &TimeRange, reveal: RevealArgs, output: OutputArgs) -> Result<Done, Failure> {
    if language == Language::Ql {
        refuse_derived_fields(text)?;
    }
    // A pointer is for programs.
    let output = Output::new(output);
    let has_pointers = matches!(output.format(), Format::Json | Format::Ndjson);
    let answer = as_of_a_case(fetch(text, language, aws, range)?, has_pointers);
    super::query::print(&answer, reveal.secrets(), output)?;
    for note in &answer.notes {
        eprintln!("outcrop: {}", SafeText::new(note));
    }
    Ok(if answer.is_incomplete { Done::Incomplete } else { Done::Complete })
}

/// A query of a hunt, answered by AWS. It may name derived fields: there it says itself what stands in for them.
pub fn rows(text: &str, language: Language, aws: &AwsArgs, range: &TimeRange) -> Result<query::run::Answer, Failure> {
    Ok(as_of_a_case(fetch(text, language, aws, range)?, false))
}

/// The same answer in the form in which a case answers, so that it is shown, and masked, in the same way.
pub fn as_of_a_case(answer: AwsAnswer, has_pointers: bool) -> query::run::Answer {
    let columns: Vec<String> = answer.columns.into_iter().filter(|name| has_pointers || name != "@ptr").collect();
    let cell = |row: &ResultRow, name: &str| row.get(name).map_or(Value::Missing, Value::text);
    let row = |row: &ResultRow| AnswerRow { event: None, values: columns.iter().map(|name| cell(row, name)).collect() };
    let rows = answer.rows.iter().map(row).collect();
    let names = columns.iter().map(|name| vec![name.clone()]).collect();
    query::run::Answer { rows, names, columns, notes: answer.notes, is_incomplete: answer.is_incomplete, ..query::run::Answer::default() }
}

/// Asks when the price is right, shows how it goes, and says what was read.
fn fetch(text: &str, language: Language, aws: &AwsArgs, range: &TimeRange) -> Result<AwsAnswer, Failure> {
    let language = if language == Language::Sql { AwsLanguage::Sql } else { AwsLanguage::Ql };
    if language == AwsLanguage::Ql {
        let names_its_source = parse(text).is_ok_and(|query| query.source.is_some());
        if aws.log_group.is_empty() && !names_its_source {
            return Err(Failure::Usage(
                "AWS has to be told which log groups to search: name them with --log-group, or begin the query with SOURCE; `outcrop doctor` lists them"
                    .to_owned(),
            ));
        }
    }
    let question =
        Question { text: text.to_owned(), language, groups: aws.log_group.clone(), span: seconds_of(range, place::now()), ..Question::default() };
    let budget = aws.usd()?;
    let stop = stop_on_signals();
    let session = Aws::connect_briefly(&aws.sites()).map_err(|error| told(&error, text))?;
    let estimates = session.estimate(&question, &stop).map_err(|error| told(&error, text))?;
    match estimates.iter().map(|(_, bytes)| *bytes).sum::<Option<f64>>() {
        Some(scanned) => may_spend(&format!("the query would scan {}, which", bytes(scanned as u64)), usd_for(scanned, aws.usd_per_gb), budget)?,
        None if language == AwsLanguage::Ql => eprintln!("outcrop: what it costs cannot be told before: this server does not estimate"),
        None => {}
    }
    let bar = progress_bar();
    bar.set_style(indicatif::ProgressStyle::with_template("{spinner} {msg}").unwrap_or_else(|_| indicatif::ProgressStyle::default_spinner()));
    let shown = Cell::new(Instant::now().checked_sub(Duration::from_secs(1)));
    let answer = session.run(&question, &stop, &mut |asking| {
        if shown.get().is_none_or(|at| at.elapsed() > Duration::from_millis(100)) {
            bar.set_message(progress(asking, aws.usd_per_gb));
            bar.tick();
            shown.set(Some(Instant::now()));
        }
    });
    bar.finish_and_clear();
    let answer = answer.map_err(|error| told(&error, text))?;
    let seen = &answer.statistics;
    eprintln!(
        "outcrop: {} rows; {} records scanned, {} matched, {} spared by indexes; {} ≈ {}",
        grouped(answer.rows.len() as u64),
        grouped(seen.records_scanned as u64),
        grouped(seen.records_matched as u64),
        grouped(seen.records_skipped as u64),
        bytes(seen.bytes_scanned as u64),
        usd_text(usd_for(seen.bytes_scanned, aws.usd_per_gb))
    );
    Ok(answer)
}

fn progress(asking: &Asking, usd_per_gb: f64) -> String {
    let (started, ended) = asking.queries;
    let partial = if started > ended { ", partial" } else { "" };
    let seen = &asking.statistics;
    format!(
        "{ended}/{started} queries  {} rows{partial}  {} scanned ≈ {}",
        grouped(asking.rows as u64),
        bytes(seen.bytes_scanned as u64),
        usd_text(usd_for(seen.bytes_scanned, usd_per_gb))
    )
}

/// An error for a person; of a mistake in the query its place first.
pub fn told(error: &AwsError, text: &str) -> Failure {
    if let Fault::Malformed { message, place } = &error.fault {
        if let Some((from, to)) = place {
            let byte = |character: usize| text.char_indices().nth(character).map_or(text.len(), |(at, _)| at);
            let wrong = QueryError { span: Span::new(byte(*from), byte(*to)), message: message.clone(), expected: Vec::new(), suggestion: None };
            for line in wrong.render(text).lines() {
                eprintln!("{}", SafeText::new(line));
            }
        }
        return Failure::Usage(error.to_string());
    }
    Failure::Error(error.to_string())
}

/// Fields that outcrop derives are unknown at AWS, and what is unknown there matches nothing, in silence.
fn refuse_derived_fields(text: &str) -> Result<(), Failure> {
    let Ok(query) = parse(text) else { return Ok(()) };
    let derived = |name: &String| name.starts_with("x.") && field(name).is_ok();
    let named = query.stages.iter().flat_map(|stage| stage.reads()).map(ToString::to_string).find(derived);
    named.map_or(Ok(()), |name| {
        Err(Failure::Usage(format!(
            "{name} is derived by outcrop, and AWS does not know it: ask the case, or write the condition with fields of the record"
        )))
    })
}
