//! `outcrop rules`: what is wrong with rules, and which there are.

use std::path::Path;

use serde::Serialize;

use super::Done;
use super::cli::{Format, OutputArgs, RulesArgs, RulesCommand};
use super::detect::rule_set;
use super::failure::Failure;
use super::output::Output;
use super::place;
use crate::detect::{Problem, RuleSet, Sources};

/// Runs the command.
pub fn run(args: &RulesArgs) -> Result<Done, Failure> {
    match &args.command {
        RulesCommand::Check { dir, output } => check(dir, *output),
        RulesCommand::List { output } => list(*output),
    }
}

#[derive(Serialize)]
struct ProblemJson<'a> {
    file: &'a str,
    line: u32,
    level: &'static str,
    text: &'a str,
}

#[derive(Serialize)]
struct RuleJson<'a> {
    rule: &'a str,
    title: &'a str,
    weight: u8,
    description: &'a str,
    file: &'a str,
    line: u32,
}

fn check(dir: &Path, output: OutputArgs) -> Result<Done, Failure> {
    // Correlations of the folder may name rules that are built in, and rules the user's lists.
    let lists = place::config().map(|folder| folder.join("lists"));
    let sources = lists.iter().fold(Sources::builtin(), |sources, folder| sources.with_lists(folder));
    let set = RuleSet::load(&sources.with_rules(dir, true), true);
    let mine = dir.display().to_string();
    let lists = lists.map(|folder| folder.display().to_string());
    let is_own = |problem: &&Problem| problem.file.starts_with(&mine) || lists.as_ref().is_some_and(|lists| problem.file.starts_with(lists));
    let problems: Vec<&Problem> = set.problems().iter().filter(is_own).collect();
    let errors = problems.iter().filter(|problem| problem.is_error).count();
    let rules = set.catalogue().iter().filter(|rule| rule.file.starts_with(&mine)).count();
    let mut out = Output::new(output);
    match out.format() {
        Format::Table => {
            for problem in &problems {
                out.line(&problem.to_string())?;
            }
            out.line(&format!("{rules} rules, {errors} errors, {} warnings", problems.len() - errors))?;
            out.flush()?;
        }
        Format::Csv => {
            let row = |problem: &&Problem| [problem.file.clone(), problem.line.to_string(), level(problem).to_owned(), problem.text.clone()];
            out.rows(&["file", "line", "level", "text"], problems.iter().map(row))?;
            out.flush()?;
        }
        Format::Json | Format::Ndjson => {
            for problem in &problems {
                out.element(&ProblemJson { file: &problem.file, line: problem.line, level: level(problem), text: &problem.text })?;
            }
            out.end_list()?;
        }
    }
    if errors == 0 {
        return Ok(Done::Complete);
    }
    let errors = if errors == 1 { "1 error".to_owned() } else { format!("{errors} errors") };
    Err(Failure::Error(format!("{errors} in the rules of {mine}: what has one does not run; file and line of each stand above")))
}

fn level(problem: &Problem) -> &'static str {
    if problem.is_error { "error" } else { "warning" }
}

fn list(output: OutputArgs) -> Result<Done, Failure> {
    let set = rule_set(None);
    let mut out = Output::new(output);
    match out.format() {
        Format::Table | Format::Csv => {
            let row = |rule: &crate::detect::RuleInfo<'_>| {
                [rule.id.to_owned(), rule.weight.to_string(), rule.title.to_owned(), format!("{}:{}", rule.file, rule.line)]
            };
            out.rows(&["rule", "weight", "title", "file"], set.catalogue().iter().map(row))?;
            out.flush()?;
        }
        Format::Json | Format::Ndjson => {
            for rule in set.catalogue() {
                let (title, description, file) = (rule.title, rule.description, rule.file);
                out.element(&RuleJson { rule: rule.id, title, weight: rule.weight, description, file, line: rule.line })?;
            }
            out.end_list()?;
        }
    }
    let mut done = Done::Complete;
    for problem in set.problems().iter().filter(|problem| problem.is_error) {
        eprintln!("outcrop: {}", crate::model::SafeText::new(&problem.to_string()));
        done = Done::Incomplete;
    }
    Ok(done)
}
