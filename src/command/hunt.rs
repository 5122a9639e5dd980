//! `outcrop hunt [NAME]`: the catalogue of hunts, and one of them answered from a case.

use serde::Serialize;

use super::Done;
use super::ask_aws;
use super::cli::{Format, HuntArgs, Place};
use super::failure::Failure;
use super::output::Output;
use super::place;
use super::query::{Asked, answer, print};
use crate::case::{Reader, open_read_only};
use crate::hunt::{Bound, Catalogue, Hunt, Language, Param, bind};
use crate::model::{SafeText, Scope, Strand, StrandSet, TimeRange};
use crate::query::run::Answer;

/// Runs the command.
pub fn run(args: &HuntArgs) -> Result<Done, Failure> {
    let catalogue = catalogue();
    for problem in catalogue.problems() {
        eprintln!("outcrop: {}; it is left out", SafeText::new(&problem.to_string()));
    }
    let done = if catalogue.problems().is_empty() { Done::Complete } else { Done::Incomplete };
    let Some(name) = &args.name else {
        if !args.param.is_empty() {
            return Err(Failure::Usage("--param belongs to a hunt: name one".to_owned()));
        }
        list(catalogue.hunts(), &mut Output::new(args.question.output))?;
        return Ok(done);
    };
    let hunt = catalogue.hunt(name).map_err(Failure::Usage)?;
    let given = given(&args.param)?;
    let bound = bind(&catalogue, hunt, &given).map_err(|error| Failure::Usage(error.to_string()))?;
    if args.print {
        print_text(&bound)?;
        return Ok(done);
    }
    if args.on == Place::Aws {
        return at_aws(hunt, bound, args, done);
    }
    let now = place::now();
    let scope = args.question.scope.scope(now).map_err(Failure::Usage)?;
    let scope = Scope { strands: both(scope.strands, hunt.strands), ..scope };
    let mut reader = open_read_only(&place::named_or_last(args.question.case.case.as_deref())?)?;
    let bound = measured(hunt, bound, &mut reader, &scope)?;
    let asked = Asked { text: &bound.text, language: language(hunt), scope: &scope, now, limit: args.question.scope.limit };
    let mut answer = answer(&mut reader, &asked, &mut |answer| hunt.arrange(answer, bound.every))?;
    if answer.rows.is_empty() {
        answer.notes.push(nothing(&mut reader, hunt, &scope)?);
    }
    let ended = if answer.is_incomplete { Done::Incomplete } else { done };
    print(&answer, args.question.reveal.secrets(), Output::new(args.question.output))?;
    for note in &answer.notes {
        eprintln!("outcrop: {}", SafeText::new(note));
    }
    place::unless_rebuilding(&reader, ended)
}

/// The hunt goes to AWS: its text as it is, so that only its result travels. Of a scope AWS only knows the interval.
fn at_aws(hunt: &Hunt, bound: Bound, args: &HuntArgs, done: Done) -> Result<Done, Failure> {
    if !hunt.at_aws {
        return Err(Failure::Usage("this hunt asks for what only a case knows: run it without --on aws".to_owned()));
    }
    let scope = args.question.scope.scope(place::now()).map_err(Failure::Usage)?;
    if !(Scope { range: TimeRange::default(), ..scope.clone() }).is_all() {
        return Err(Failure::Usage("with --on aws only --since and --until hold: narrow the hunt with its parameters".to_owned()));
    }
    let ask = |text: &str| ask_aws::rows(text, language(hunt), &args.aws, &scope.range);
    let bound = match &bound.baseline {
        None => bound,
        Some(baseline) => with_number(&bound, &ask(baseline)?)?,
    };
    let mut answer = ask(&bound.text)?;
    hunt.arrange(&mut answer, bound.every);
    if let Some(limit) = args.question.scope.limit.filter(|limit| answer.rows.len() > *limit) {
        answer.notes.push(format!("{limit} of {} rows shown; --limit raises it", answer.rows.len()));
        answer.rows.truncate(limit);
        answer.is_incomplete = true;
    }
    print(&answer, args.question.reveal.secrets(), Output::new(args.question.output))?;
    for note in &answer.notes {
        eprintln!("outcrop: {}", SafeText::new(note));
    }
    Ok(if answer.is_incomplete { Done::Incomplete } else { done })
}

/// The hunts in the binary, and the user's own over them.
pub fn catalogue() -> Catalogue {
    place::config().map_or_else(Catalogue::embedded, |folder| Catalogue::with_config(&folder))
}

/// `k=v` of each parameter.
fn given(params: &[String]) -> Result<Vec<(String, String)>, Failure> {
    let split = |param: &String| {
        let (name, value) = param.split_once('=').ok_or_else(|| Failure::Usage(format!("--param {param}: write --param NAME=VALUE")))?;
        Ok((name.trim().to_owned(), value.to_owned()))
    };
    params.iter().map(split).collect()
}

/// With the number that a percentile stands for, when one was asked for.
fn measured(hunt: &Hunt, bound: Bound, reader: &mut Reader, scope: &Scope) -> Result<Bound, Failure> {
    let Some(baseline) = &bound.baseline else { return Ok(bound) };
    let asked = Asked { text: baseline, language: language(hunt), scope, now: place::now(), limit: None };
    let answer = answer(reader, &asked, &mut |_| ())?;
    with_number(&bound, &answer)
}

/// With the number that the baseline gave.
fn with_number(bound: &Bound, answer: &Answer) -> Result<Bound, Failure> {
    let number = answer.rows.first().and_then(|row| row.values.first()).and_then(crate::query::value::Value::as_number);
    let Some(number) = number else {
        return Err(Failure::Error("there is nothing in scope to measure a percentile of: give a number, or widen the scope".to_owned()));
    };
    eprintln!("outcrop: the percentile is {number} in this scope");
    Ok(bound.measured(number))
}

fn language(hunt: &Hunt) -> super::cli::Language {
    match hunt.language {
        Language::Ql => super::cli::Language::Ql,
        Language::Sql => super::cli::Language::Sql,
    }
}

fn both(one: StrandSet, other: StrandSet) -> StrandSet {
    StrandSet::from_bits(one.bits() & other.bits())
}

/// Nothing was found: because there is nothing to find, or because the evidence is not there?
fn nothing(reader: &mut Reader, hunt: &Hunt, scope: &Scope) -> Result<String, Failure> {
    if reader.refs(scope)?.is_empty() {
        let strands: Vec<String> = strands(hunt.strands).map(|strand| strand.to_string()).collect();
        return Ok(format!("the scope has no events of {}, where this hunt looks: that it finds nothing says nothing", strands.join(" and ")));
    }
    Ok("nothing was found".to_owned())
}

fn strands(set: StrandSet) -> impl Iterator<Item = Strand> {
    Strand::ALL.into_iter().filter(move |strand| set.contains(*strand))
}

fn print_text(bound: &Bound) -> Result<(), Failure> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    if let Some(baseline) = &bound.baseline {
        writeln!(out, "# The number that the percentile stands for; it takes the place that is marked below.")?;
        baseline.lines().try_for_each(|line| writeln!(out, "{}", SafeText::new(line)))?;
        writeln!(out)?;
    }
    bound.text.lines().try_for_each(|line| writeln!(out, "{}", SafeText::new(line)))?;
    Ok(())
}

/// A hunt in the catalogue.
#[derive(Serialize)]
struct HuntJson<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    title: &'a str,
    purpose: &'a str,
    strands: Vec<String>,
    on: Vec<&'static str>,
    params: Vec<ParamJson<'a>>,
    frameworks: &'a [String],
    next: Vec<&'a str>,
    idea: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
}

#[derive(Serialize)]
struct ParamJson<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<&'a str>,
    optional: bool,
    about: &'a str,
}

fn list(hunts: &[Hunt], output: &mut Output) -> Result<(), Failure> {
    match output.format() {
        Format::Table | Format::Csv => {
            let rows: Vec<Vec<String>> = hunts
                .iter()
                .map(|hunt| {
                    let params: Vec<String> = hunt.params.iter().map(in_short).collect();
                    let strands: Vec<String> = strands(hunt.strands).map(|strand| strand.to_string()).collect();
                    vec![hunt.name.clone(), hunt.id.clone().unwrap_or_default(), hunt.title.clone(), strands.join(" "), params.join(" ")]
                })
                .collect();
            output.rows(&["name", "id", "what", "strands", "parameters"], &rows)?;
            output.flush()?;
        }
        Format::Json | Format::Ndjson => {
            for hunt in hunts {
                let mut on = vec!["case"];
                on.extend(hunt.at_aws.then_some("aws"));
                output.element(&HuntJson {
                    name: &hunt.name,
                    id: hunt.id.as_deref(),
                    title: &hunt.title,
                    purpose: &hunt.purpose,
                    strands: strands(hunt.strands).map(|strand| strand.to_string()).collect(),
                    on,
                    params: hunt
                        .params
                        .iter()
                        .map(|param| ParamJson {
                            name: &param.name,
                            kind: param.kind.name(),
                            default: param.default.as_deref(),
                            optional: param.optional,
                            about: &param.about,
                        })
                        .collect(),
                    frameworks: &hunt.frameworks,
                    next: hunt.next.iter().map(|next| next.why.as_str()).collect(),
                    idea: &hunt.idea,
                    file: hunt.file.as_deref(),
                })?;
            }
            output.end_list()?;
        }
    }
    Ok(())
}

fn in_short(param: &Param) -> String {
    match &param.default {
        Some(default) if default.chars().count() <= 24 => format!("{}={default}", param.name),
        Some(_) => format!("{}=…", param.name),
        None if param.optional => format!("[{}]", param.name),
        None => format!("{}!", param.name),
    }
}
