//! What other rooms use: sites connected, a question asked of all of them, rows and what they cost. No type of the SDK leaves
//! this room, and no future: calls block, and are cancelled by a flag.
//!
//! Every query that was started is stopped at AWS when its question is cancelled, fails, panics, or the [`Aws`] is dropped.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use futures_util::future::join_all;
use tokio::runtime::{Builder, Runtime};

use super::fault::{AwsError, Fault};
use super::groups::{self, FoundGroup};
use super::link::{Link, Manners, SiteState};
use super::merge::{self, AwsAnswer, Part};
use super::query::{Ask, AwsLanguage, Step, execute};
use super::rows::{ResultRow, estimated_bytes};
use crate::model::Timestamp;
use crate::model::live::{ScanStatistics, Seconds, Site};

/// Sites, connected.
pub struct Aws {
    runtime: Runtime,
    links: Vec<Arc<Link>>,
}

/// A question to all sites.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// The query as a person wrote it: it is not changed.
    pub text: String,
    /// Its language.
    pub language: AwsLanguage,
    /// Names of the log groups; none when the query names them itself (`SOURCE`, SQL).
    pub groups: Vec<String>,
    /// Instead: the log groups of each site, where not every site is asked for the same ones.
    pub places: Vec<(Site, String)>,
    /// When.
    pub span: Seconds,
    /// So many rows of each running query are wanted while it runs.
    pub watched: usize,
}

/// How far a question is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asking {
    /// Queries started, and those that have ended.
    pub queries: (usize, usize),
    /// Rows so far; those of running queries may go away again.
    pub rows: usize,
    /// What was looked at so far.
    pub statistics: ScanStatistics,
    /// The first rows of each query, where they are watched.
    pub first: Vec<ResultRow>,
}

/// Logs Insights takes so many groups in a query.
const GROUPS: usize = 50;

impl Aws {
    /// Connects; nothing is sent yet, so only a Region can be missing.
    pub fn connect(sites: &[Site]) -> Result<Self, AwsError> {
        Self::with(sites, Manners::default())
    }

    /// The same for one question: when the login ends there is nothing to wait for.
    pub fn connect_briefly(sites: &[Site]) -> Result<Self, AwsError> {
        Self::with(sites, Manners { login: std::time::Duration::ZERO, ..Manners::default() })
    }

    pub(super) fn with(sites: &[Site], manners: Manners) -> Result<Self, AwsError> {
        let runtime = runtime()?;
        let links = runtime.block_on(async {
            let mut links = Vec::new();
            for site in sites {
                links.push(Arc::new(Link::open(site.clone(), manners).await?));
            }
            Ok(links)
        })?;
        Ok(Self { runtime, links })
    }

    #[cfg(test)]
    pub(super) fn of(links: Vec<Link>) -> Self {
        Self { runtime: runtime().unwrap(), links: links.into_iter().map(Arc::new).collect() }
    }

    pub(super) fn links(&self) -> &[Arc<Link>] {
        &self.links
    }

    /// The sites and how each is doing.
    pub fn states(&self) -> Vec<(Site, SiteState)> {
        self.links.iter().map(|link| (link.site.clone(), link.state())).collect()
    }

    /// Runs to its end, and stops at AWS whatever was left running.
    pub(super) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(async {
            let done = work.await;
            join_all(self.links.iter().map(|link| link.stop_left())).await;
            done
        })
    }

    /// The log groups of all sites that could hold evidence; of a site that cannot be asked, why.
    pub fn discover(&self, now: Timestamp, cancel: &AtomicBool) -> Vec<(Site, Result<Vec<FoundGroup>, AwsError>)> {
        self.block_on(join_all(self.links.iter().map(async |link| (link.site.clone(), groups::discover(link, now, cancel).await))))
    }

    /// The log groups of these names in all sites.
    pub fn groups(&self, names: &[String], now: Timestamp, cancel: &AtomicBool) -> Vec<(Site, Result<Vec<FoundGroup>, AwsError>)> {
        self.block_on(join_all(self.links.iter().map(async |link| (link.site.clone(), groups::named_groups(link, names, now, cancel).await))))
    }

    /// The bytes that a question would scan, by site: runs nothing, costs nothing. `None` where nobody can tell.
    pub fn estimate(&self, question: &Question, cancel: &AtomicBool) -> Result<Vec<(Site, Option<f64>)>, AwsError> {
        if question.language != AwsLanguage::Ql {
            return Ok(self.links.iter().map(|link| (link.site.clone(), None)).collect());
        }
        let parts = self.block_on(join_all(self.links.iter().map(async |link| {
            let mut sum = Some(0.0);
            for groups in self.there(link, question, cancel).await?.0 {
                let bytes = estimate(link, &question.text, &groups, question.span, cancel).await?;
                sum = sum.zip(bytes).map(|(sum, bytes)| sum + bytes);
            }
            Ok((link.site.clone(), sum))
        })));
        parts.into_iter().collect()
    }

    /// Asks all sites, and puts the rows together. Sites that fail are told in the notes, unless all do.
    pub fn run(&self, question: &Question, cancel: &AtomicBool, progress: &mut dyn FnMut(&Asking)) -> Result<AwsAnswer, AwsError> {
        let shared = RefCell::new((Board { watched: question.watched, ..Board::default() }, progress));
        let parts = self.block_on(join_all(self.links.iter().map(async |link| {
            let part = self.part(link, question, cancel, &shared).await;
            (link.site.clone(), part)
        })));
        merge::merge(question, parts)
    }

    async fn part(&self, link: &Arc<Link>, question: &Question, cancel: &AtomicBool, shared: &Shared<'_>) -> Result<Part, AwsError> {
        let mut part = Part::default();
        let (batches, missing) = self.there(link, question, cancel).await?;
        part.missing = missing;
        for groups in batches {
            let page = if question.text.contains("@message") { 1_000 } else { 10_000 };
            let watched = i32::try_from(question.watched).unwrap_or(page);
            let (text, language) = (question.text.clone(), question.language);
            let ask = Ask { text, language, groups, span: question.span, page, is_one_page: false, watched };
            let place = shared.borrow_mut().0.place();
            let rows = &mut part.rows;
            let before = rows.len();
            let ended = execute(link, &ask, None, cancel, &mut async |step| {
                let mut told = shared.borrow_mut();
                let (board, progress) = &mut *told;
                match step {
                    Step::Started(_) => {}
                    Step::Runs { rows, statistics } => board.set(place, &rows, statistics),
                    Step::Page(page) => {
                        rows.extend(page);
                        board.rows(place, rows.get(before..).unwrap_or_default());
                    }
                    Step::Again => rows.truncate(before),
                }
                progress(&board.sum());
            })
            .await?;
            let mut told = shared.borrow_mut();
            told.0.end(place, ended.statistics);
            let sum = told.0.sum();
            (told.1)(&sum);
            part.statistics.add(&ended.statistics);
            part.is_cut |= ended.statistics.records_matched.max(ended.result_count) > ended.rows as f64;
            part.queries += 1;
        }
        Ok(part)
    }

    /// The groups of a question that a site has, as many as a query takes at once; and those it has not.
    async fn there(&self, link: &Link, question: &Question, cancel: &AtomicBool) -> Result<(Vec<Vec<String>>, Vec<String>), AwsError> {
        if !question.places.is_empty() {
            let mine = question.places.iter().filter(|(site, _)| *site == link.site).map(|(_, name)| name.clone());
            return Ok((mine.collect::<Vec<_>>().chunks(GROUPS).map(<[String]>::to_vec).collect(), Vec::new()));
        }
        if question.groups.is_empty() {
            return Ok((vec![Vec::new()], Vec::new()));
        }
        // With one site a missing group is an error that AWS tells best.
        if self.links.len() == 1 {
            return Ok((question.groups.chunks(GROUPS).map(<[String]>::to_vec).collect(), Vec::new()));
        }
        let (mut there, mut missing) = (Vec::new(), Vec::new());
        for name in &question.groups {
            // An ARN says where it is.
            if let Some(group) = groups::of_arn(name) {
                (if group.region == link.region { &mut there } else { &mut missing }).push(name.clone());
                continue;
            }
            let listed = groups::list(link, Some(name), cancel).await;
            match listed {
                Ok(found) if found.iter().any(|group| group.group.name == *name) => there.push(name.clone()),
                Ok(_) => missing.push(name.clone()),
                Err(AwsError { fault: Fault::Denied(_), .. }) => there.push(name.clone()),
                Err(error) => return Err(error),
            }
        }
        Ok((there.chunks(GROUPS).map(<[String]>::to_vec).collect(), missing))
    }
}

impl Drop for Aws {
    fn drop(&mut self) {
        if self.links.iter().any(|link| link.has_left()) {
            self.block_on(async {});
        }
    }
}

fn runtime() -> Result<Runtime, AwsError> {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| AwsError::new("start asking AWS", Fault::Other(format!("this computer gives no threads or files: {error}"))))
}

/// The bytes that a query would scan. `None` when the server's answer is no estimate.
pub(super) async fn estimate(link: &Link, text: &str, groups: &[String], span: Seconds, cancel: &AtomicBool) -> Result<Option<f64>, AwsError> {
    // On a line of its own: the text may end in a comment.
    let ask =
        Ask { text: format!("{text}\n| estimate"), language: AwsLanguage::Ql, groups: groups.to_vec(), span, page: 2, is_one_page: true, watched: 0 };
    let mut rows = Vec::new();
    let mut keep = async |step| match step {
        // A server that does not know the command gives rows instead: two are enough to see that.
        Step::Page(page) if rows.len() < 2 => rows.extend(page),
        Step::Again => rows.clear(),
        _ => {}
    };
    match execute(link, &ask, None, cancel, &mut keep).await {
        Ok(_) => Ok(estimated_bytes(&rows)),
        Err(AwsError { fault: Fault::NoDataThere, .. }) => Ok(Some(0.0)),
        Err(error) => Err(error),
    }
}

/// How far each query is, and who is told.
type Shared<'a> = RefCell<(Board, &'a mut dyn FnMut(&Asking))>;

/// How far each query is.
#[derive(Default)]
struct Board {
    watched: usize,
    queries: Vec<Line>,
}

#[derive(Default)]
struct Line {
    is_over: bool,
    rows: usize,
    statistics: ScanStatistics,
    first: Vec<ResultRow>,
}

impl Board {
    fn place(&mut self) -> usize {
        self.queries.push(Line::default());
        self.queries.len() - 1
    }

    fn set(&mut self, place: usize, rows: &[ResultRow], statistics: ScanStatistics) {
        self.rows(place, rows);
        if let Some(line) = self.queries.get_mut(place) {
            line.statistics = statistics;
        }
    }

    fn rows(&mut self, place: usize, rows: &[ResultRow]) {
        if let Some(line) = self.queries.get_mut(place) {
            line.rows = rows.len();
            line.first = rows.iter().take(self.watched).cloned().collect();
        }
    }

    fn end(&mut self, place: usize, statistics: ScanStatistics) {
        if let Some(line) = self.queries.get_mut(place) {
            (line.is_over, line.statistics) = (true, statistics);
        }
    }

    fn sum(&self) -> Asking {
        let mut sum = Asking { queries: (self.queries.len(), self.queries.iter().filter(|line| line.is_over).count()), ..Asking::default() };
        for line in &self.queries {
            sum.rows += line.rows;
            sum.statistics.add(&line.statistics);
            sum.first.extend_from_slice(&line.first);
        }
        sum
    }
}
