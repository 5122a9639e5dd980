//! The rows of several sites and queries as one answer.

use super::fault::{AwsError, Fault};
use super::query::AwsLanguage;
use super::rows::ResultRow;
use super::session::Question;
use crate::model::live::{ScanStatistics, Site};
use crate::query::ql::ast::{Direction, Query, StageKind};
use crate::query::ql::parse;

/// An answer of AWS.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AwsAnswer {
    /// Names of the columns, in the order in which rows name them; `@site` first where several sites were asked.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<ResultRow>,
    /// What was looked at, in all.
    pub statistics: ScanStatistics,
    /// How many queries were run.
    pub queries: usize,
    /// What a reader has to know.
    pub notes: Vec<String>,
    /// Rows are missing.
    pub is_incomplete: bool,
}

/// The rows of one site.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) rows: Vec<ResultRow>,
    pub(super) statistics: ScanStatistics,
    pub(super) queries: usize,
    /// The result has more rows than were given.
    pub(super) is_cut: bool,
    /// Groups that the site does not have.
    pub(super) missing: Vec<String>,
}

/// Without a limit in the query AWS gives so many rows.
const DEFAULT_LIMIT: usize = 10_000;

/// The column that names the site.
const SITE: &str = "@site";

pub(super) fn merge(question: &Question, parts: Vec<(Site, Result<Part, AwsError>)>) -> Result<AwsAnswer, AwsError> {
    let query = (question.language == AwsLanguage::Ql).then(|| parse(&question.text).ok()).flatten();
    let several = parts.len() > 1 || parts.iter().any(|(_, part)| part.as_ref().is_ok_and(|part| part.queries > 1));
    let (mut answer, mut first_error, mut asked) = (AwsAnswer::default(), None, 0);
    let sites = parts.len();
    for (site, part) in parts {
        let part = match part {
            Ok(part) => part,
            // What the person did holds for all sites.
            Err(error) if sites == 1 || matches!(error.fault, Fault::Malformed { .. } | Fault::Stopped) => return Err(error),
            Err(error) => {
                answer.notes.push(format!("nothing from {site}: {error}"));
                answer.is_incomplete = true;
                first_error.get_or_insert(error);
                continue;
            }
        };
        for group in &part.missing {
            answer.notes.push(format!("there is no log group {group} in {site}"));
        }
        if part.queries == 0 {
            continue;
        }
        asked += 1;
        answer.queries += part.queries;
        answer.statistics.add(&part.statistics);
        // Whoever writes a limit knows that there may be more.
        if part.is_cut && !is_aggregated(query.as_ref()) && limit_of(query.as_ref()).is_none() {
            let (shown, matched) = (part.rows.len(), part.statistics.records_matched);
            answer.notes.push(format!("{shown} of {matched} matching records of {site}: write a `limit` (up to 100,000), or a shorter interval"));
            answer.is_incomplete = true;
        }
        for mut row in part.rows {
            if sites > 1 {
                row.0.insert(0, (SITE.to_owned(), site.to_string()));
            }
            answer.rows.push(row);
        }
    }
    if asked == 0 {
        return Err(first_error.unwrap_or_else(|| {
            let names = question.groups.join(", ");
            AwsError::new("ask AWS", Fault::NotFound(format!("no site has a log group {names}")))
        }));
    }
    if several {
        together(&mut answer, query.as_ref());
    }
    Ok(answer.named())
}

impl AwsAnswer {
    /// With its columns named after what its rows have.
    #[must_use]
    pub fn named(mut self) -> Self {
        for (name, _) in self.rows.iter().flat_map(|row| &row.0) {
            if !self.columns.contains(name) {
                self.columns.push(name.clone());
            }
        }
        self
    }
}

/// Rows of events by time, as one query would have given them; rows of groups stay those of their query.
fn together(answer: &mut AwsAnswer, query: Option<&Query>) {
    if is_aggregated(query) {
        answer.notes.push("each Region and each 50 log groups were counted by themselves: their rows are not added up".to_owned());
        return;
    }
    match order(query) {
        Some(is_ascending) if answer.rows.iter().all(|row| row.time().is_some()) => {
            answer.rows.sort_by_key(|row| {
                let millis = row.time().map_or(0, crate::model::Timestamp::as_millis);
                if is_ascending { millis } else { -millis }
            });
            let limit = limit_of(query).unwrap_or(DEFAULT_LIMIT);
            if answer.rows.len() > limit {
                answer.notes.push(format!("{limit} of {} rows: the limit holds for all sites together", answer.rows.len()));
                answer.is_incomplete |= limit_of(query).is_none();
                answer.rows.truncate(limit);
            }
        }
        _ => answer.notes.push("the rows stand in the order of each query".to_owned()),
    }
}

fn is_aggregated(query: Option<&Query>) -> bool {
    query.is_some_and(|query| {
        query.stages.iter().any(|stage| {
            matches!(
                stage.kind,
                StageKind::Stats(_)
                    | StageKind::Pattern(_)
                    | StageKind::CountFrequent(_)
                    | StageKind::Dedup(_)
                    | StageKind::Diff(_)
                    | StageKind::RelevantFields(_)
            )
        })
    })
}

/// Is the answer by time, and ascending? Without a `sort` the newest come first.
fn order(query: Option<&Query>) -> Option<bool> {
    let sort = query?.stages.iter().rev().find_map(|stage| match &stage.kind {
        StageKind::Sort(keys) => Some(keys),
        _ => None,
    });
    let Some(keys) = sort else { return Some(false) };
    let [key] = keys.as_slice() else { return None };
    (key.field.to_string() == "@timestamp").then_some(key.direction != Some(Direction::Descending))
}

fn limit_of(query: Option<&Query>) -> Option<usize> {
    query?.stages.iter().rev().find_map(|stage| match stage.kind {
        StageKind::Limit { count, .. } | StageKind::Head(count) | StageKind::Tail(count) => usize::try_from(count).ok(),
        _ => None,
    })
}
