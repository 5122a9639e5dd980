//! One query: started, looked at until it has ended, read page by page, stopped when nobody wants it any more.

use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use aws_sdk_cloudwatchlogs::operation::get_query_results::GetQueryResultsOutput;
use aws_sdk_cloudwatchlogs::types::{QueryLanguage, QueryStatistics, ResultField};
use futures_util::future::join;

use super::classify;
use super::fault::{AwsError, Fault};
use super::link::{Care, Link, unless_stopped};
use super::rows::ResultRow;
use crate::model::live::{ScanStatistics, Seconds};

/// Languages that Logs Insights answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AwsLanguage {
    /// Logs Insights QL.
    #[default]
    Ql,
    /// SQL; the groups are named in the query.
    Sql,
}

/// What to ask one site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ask {
    pub(super) text: String,
    pub(super) language: AwsLanguage,
    /// Names, or ARNs where the group is another account's; none with SQL, or when the text has a `SOURCE`.
    pub(super) groups: Vec<String>,
    pub(super) span: Seconds,
    /// Rows of the first page, or fewer when they are long; the next ones are as long as what came makes them ([`rows_a_page`]).
    pub(super) page: i32,
    /// One page is all that is wanted, and it is there at once.
    pub(super) is_one_page: bool,
    /// So many of its rows are looked at while it runs, for whoever shows them.
    pub(super) watched: i32,
}

/// What happens on the way.
#[derive(Debug)]
pub(super) enum Step {
    /// AWS has taken it, under this id.
    Started(String),
    /// It runs; the first rows so far, which may still go away.
    Runs { rows: Vec<ResultRow>, statistics: ScanStatistics },
    /// Rows that stay, in order.
    Page(Vec<ResultRow>),
    /// The pages come again from the first.
    Again,
}

/// How it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Ended {
    pub(super) rows: u64,
    /// Rows that the result has, as AWS counts them; 0 when it does not say.
    pub(super) result_count: f64,
    pub(super) statistics: ScanStatistics,
}

/// A query that AWS says has failed is started again so often.
const RESTARTS: u32 = 2;
/// A page is to be of about so many bytes.
const PAGE_BYTES: f64 = 8e6;
/// … but of no fewer rows,
const SHORTEST_PAGE: f64 = 50.0;
/// … and no more: the most that AWS gives.
const LONGEST_PAGE: f64 = 10_000.0;
/// A query that runs long is looked at so often.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// A state nobody knows is waited out for so long.
const UNKNOWN_FOR: Duration = Duration::from_mins(2);

/// Runs a query to its end; with an id it is one that was started before.
pub(super) async fn execute(
    link: &Link,
    ask: &Ask,
    attach: Option<&str>,
    cancel: &AtomicBool,
    on: &mut impl AsyncFnMut(Step),
) -> Result<Ended, AwsError> {
    let Some(_slot) = unless_stopped(cancel, link.slots.take()).await else { return Err(AwsError::new("start a query", Fault::Stopped)) };
    let mut restarts = 0;
    let mut known = attach.map(str::to_owned);
    loop {
        let id = match known.take() {
            Some(id) => id,
            None => start(link, ask, cancel).await?,
        };
        let running = link.began(&id);
        on(Step::Started(id.clone())).await;
        match follow(link, ask, &id, cancel, on).await {
            Ok(ended) => {
                running.ended();
                link.slots.more();
                return Ok(ended);
            }
            Err(error) if error.fault == Fault::QueryFailed && restarts < RESTARTS => {
                running.ended();
                restarts += 1;
                on(Step::Again).await;
            }
            Err(error) => {
                let is_over = matches!(error.fault, Fault::QueryFailed | Fault::QueryCancelled | Fault::QueryTimedOut | Fault::ResultsGone);
                if is_over {
                    running.ended();
                } else {
                    drop(running);
                    link.stop_left().await;
                }
                return Err(error);
            }
        }
    }
}

async fn start(link: &Link, ask: &Ask, cancel: &AtomicBool) -> Result<String, AwsError> {
    let doing = format!("start a query in {}", link.site);
    let groups = (!ask.groups.is_empty()).then(|| ask.groups.clone());
    // Names are understood everywhere; only an ARN has to be given as an identifier.
    let (names, identifiers) = if ask.groups.iter().any(|group| group.starts_with("arn:")) { (None, groups) } else { (groups, None) };
    let output = link
        .call(&link.starts, Care::Whole, cancel, |client| {
            let mut request = client
                .start_query()
                .query_string(&ask.text)
                .start_time(ask.span.from)
                .end_time(ask.span.to)
                .set_log_group_names(names.clone())
                .set_log_group_identifiers(identifiers.clone());
            if ask.language == AwsLanguage::Sql {
                request = request.query_language(QueryLanguage::Sql);
            }
            let doing = &doing;
            async move { request.send().await.map_err(|error| classify::start_error(doing, &error)) }
        })
        .await?;
    output.query_id().map(str::to_owned).ok_or_else(|| AwsError::new(doing, Fault::NotAws("its answer has no query id".to_owned())))
}

/// Looks at the query until it has ended, then reads its pages.
async fn follow(link: &Link, ask: &Ask, id: &str, cancel: &AtomicBool, on: &mut impl AsyncFnMut(Step)) -> Result<Ended, AwsError> {
    let started = Instant::now();
    let mut pause = if ask.is_one_page { Duration::ZERO } else { link.manners.poll };
    let (mut looks, mut page, mut unknown_since) = (0, ask.page, None);
    let first = loop {
        // Pages go before looks: what is there is read before anybody looks for more.
        let waits = async {
            tokio::time::sleep(pause).await;
            link.reads.idle().await;
        };
        if unless_stopped(cancel, waits).await.is_none() {
            return Err(AwsError::new("read a query's results", Fault::Stopped));
        }
        // Short queries end soon, and then the first page has come with the answer. Later only the state is of interest.
        looks += 1;
        let items = if looks <= 3 { page } else { ask.watched.max(1) };
        let mut output = read(link, id, None, items, cancel).await?;
        match output.status().map_or("Unknown", |status| status.as_str()) {
            "Complete" if items == page => break output,
            "Complete" => break read(link, id, None, page, cancel).await?,
            "Failed" => return Err(AwsError::new(format!("answer a query in {}", link.site), Fault::QueryFailed)),
            "Cancelled" => return Err(AwsError::new(format!("answer a query in {}", link.site), Fault::QueryCancelled)),
            "Timeout" => return Err(AwsError::new(format!("answer a query in {}", link.site), Fault::QueryTimedOut)),
            "Scheduled" | "Running" => unknown_since = None,
            _ if unknown_since.get_or_insert_with(Instant::now).elapsed() > UNKNOWN_FOR => {
                return Err(AwsError::new(format!("answer a query in {}", link.site), Fault::QueryFailed));
            }
            _ => {}
        }
        let statistics = statistics(output.statistics());
        // What was scanned tells how long records are, before any row has come.
        page = ask.page.min(rows_a_page(statistics.bytes_scanned, statistics.records_scanned).unwrap_or(ask.page));
        let rows: Vec<ResultRow> = output.results.take().unwrap_or_default().into_iter().map(row).collect();
        on(Step::Runs { rows, statistics }).await;
        pause = pause_after(started.elapsed(), link.manners.poll, link.slots.running());
    };
    pages(link, ask, page, id, first, cancel, on).await
}

/// An end is seen late by a tenth of the time that the query ran, or by a quarter when there are many: the looks at all of them
/// together take half of what AWS allows, but in the first seconds, when somebody waits for the first rows.
fn pause_after(elapsed: Duration, poll: Duration, running: usize) -> Duration {
    let together = poll.saturating_mul(u32::try_from(running).unwrap_or(u32::MAX));
    (elapsed / 10).max(together.min(elapsed / 4)).clamp(poll, LONGEST_PAUSE)
}

async fn pages(
    link: &Link,
    ask: &Ask,
    mut items: i32,
    id: &str,
    first: GetQueryResultsOutput,
    cancel: &AtomicBool,
    on: &mut impl AsyncFnMut(Step),
) -> Result<Ended, AwsError> {
    let mut ended = Ended { statistics: statistics(first.statistics()), ..Ended::default() };
    ended.result_count = first.statistics().map_or(0.0, QueryStatistics::result_count);
    let (mut page, mut has_begun_again) = (first, false);
    loop {
        let token = page.next_token().filter(|token| !token.is_empty()).map(str::to_owned);
        let rows: Vec<ResultRow> = page.results.take().unwrap_or_default().into_iter().map(row).collect();
        ended.rows += rows.len() as u64;
        let bytes: usize = rows.iter().flat_map(|row| &row.0).map(|(name, value)| name.len() + value.len()).sum();
        items = rows_a_page(bytes as f64, rows.len() as f64).unwrap_or(items);
        // The next page is on its way while this one is taken in.
        let token = token.filter(|_| !ask.is_one_page);
        let next = async {
            match token {
                Some(token) => Some(read(link, id, Some(token), items, cancel).await),
                None => None,
            }
        };
        let keep = async {
            if !rows.is_empty() {
                on(Step::Page(rows)).await;
            }
        };
        page = match join(next, keep).await.0 {
            None => return Ok(ended),
            // A token lives for an hour.
            Some(Err(AwsError { fault: Fault::Invalid(_), .. })) if !has_begun_again => {
                (has_begun_again, ended.rows) = (true, 0);
                on(Step::Again).await;
                read(link, id, None, items, cancel).await?
            }
            Some(other) => other?,
        };
    }
}

/// How many rows a page has, so that it is of about [`PAGE_BYTES`]: a page is held as a whole, and each costs a request.
fn rows_a_page(bytes: f64, rows: f64) -> Option<i32> {
    let fitting = PAGE_BYTES / (bytes / rows);
    (fitting.is_finite() && bytes > 0.0).then(|| fitting.clamp(SHORTEST_PAGE, LONGEST_PAGE) as i32)
}

async fn read(link: &Link, id: &str, token: Option<String>, items: i32, cancel: &AtomicBool) -> Result<GetQueryResultsOutput, AwsError> {
    let doing = format!("read the results of a query in {}", link.site);
    let answer = link
        .call(&link.reads, Care::MayDrop, cancel, |client| {
            let request = client.get_query_results().query_id(id).max_items(items).set_next_token(token.clone());
            let doing = &doing;
            async move { request.send().await.map_err(|error| classify::error(doing, &error)) }
        })
        .await;
    answer.map_err(|error| match error.fault {
        Fault::NotFound(_) => AwsError { fault: Fault::ResultsGone, ..error },
        _ => error,
    })
}

fn row(fields: Vec<ResultField>) -> ResultRow {
    ResultRow(fields.into_iter().filter_map(|field| Some((field.field?, field.value.unwrap_or_default()))).collect())
}

fn statistics(told: Option<&QueryStatistics>) -> ScanStatistics {
    told.map(|told| ScanStatistics {
        records_scanned: told.records_scanned(),
        records_matched: told.records_matched(),
        records_skipped: told.estimated_records_skipped(),
        bytes_scanned: told.bytes_scanned(),
        bytes_skipped: told.estimated_bytes_skipped(),
    })
    .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_as_long_as_rows_are_short() {
        for (bytes, expected) in [(10.0, 10_000), (800.0, 10_000), (4_000.0, 2_000), (1e6, 50)] {
            assert_eq!(rows_a_page(bytes * 3.0, 3.0), Some(expected), "{bytes}");
        }
        assert_eq!(rows_a_page(0.0, 0.0), None);
        assert_eq!(rows_a_page(0.0, 7.0), None);
    }

    #[test]
    fn looks_come_more_seldom_the_longer_a_query_runs_and_the_more_there_are() {
        let pause = |elapsed: u64, running| pause_after(Duration::from_millis(elapsed), Duration::from_millis(200), running).as_millis();
        assert_eq!([pause(0, 0), pause(1_000, 1), pause(5_000, 1), pause(600_000, 1)], [200, 200, 500, 10_000]);
        assert_eq!([pause(400, 10), pause(2_000, 10), pause(20_000, 10), pause(20_000, 1_000)], [200, 500, 2_000, 5_000]);
    }
}
