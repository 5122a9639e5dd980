//! Fetching: pieces are asked for, several at once, newest first within the budget; their rows go into the case as they come,
//! and what is complete is noted behind them.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use xxhash_rust::xxh3::xxh3_64;

use super::bundle::Bundle;
use super::fault::{AwsError, Fault};
use super::link::{Link, SiteState, is_stopped};
use super::plan::{self, Came, Piece, Then};
use super::planning::{FetchPlan, PlannedGroup, text_within};
use super::query::{Ask, AwsLanguage, Ended, Step, execute};
use super::rows::ResultRow;
use super::session::Aws;
use crate::case::Notebook;
use crate::model::Timestamp;
use crate::model::live::{AskedQuery, Coverage, GroupName, QueryState, SETTLING, ScanStatistics, Seconds, Site};
use crate::source::Input;

/// How far a fetch is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FetchProgress {
    /// How each site is doing.
    pub sites: Vec<(Site, SiteState)>,
    /// Rows handed to the case.
    pub rows: u64,
    /// Queries started, and those that have ended.
    pub queries: (u64, u64),
    /// What was looked at.
    pub statistics: ScanStatistics,
    /// Seconds of all groups that are done, and all that are wanted.
    pub seconds: (i64, i64),
    /// Holes so far.
    pub holes: u64,
}

/// What a fetch brought.
#[derive(Clone, Debug, Default)]
pub struct FetchOutcome {
    /// How far it got.
    pub progress: FetchProgress,
    /// Seconds with more events than AWS gives, and other places where events are missing for good.
    pub holes: Vec<(GroupName, Seconds, String)>,
    /// What was not fetched, and why.
    pub unfetched: Vec<(GroupName, Seconds, String)>,
    /// What to know.
    pub notes: Vec<String>,
}

impl FetchOutcome {
    /// Everything that was wanted is in the case.
    pub fn is_complete(&self) -> bool {
        self.holes.is_empty() && self.unfetched.is_empty()
    }
}

/// Why something was not fetched that could have been.
pub const BEYOND_BUDGET: &str = "beyond the budget";

/// A page of records: their text is long.
const PAGE: i32 = 1_000;

/// So many rows are taken in at a stretch.
const SOME: usize = 100;

/// A fetch at work.
pub(super) struct Fetching<'a> {
    pub(super) aws: &'a Aws,
    pub(super) plan: &'a FetchPlan,
    /// Bytes that may be scanned.
    pub(super) budget: f64,
    pub(super) notebook: RefCell<Notebook>,
    pub(super) deliver: SyncSender<Input>,
    pub(super) cancel: &'a AtomicBool,
    pub(super) told: &'a Mutex<FetchProgress>,
    pub(super) money: RefCell<Money>,
    /// Rows of neighbouring windows that have come already, when somebody follows.
    pub(super) seen: Option<&'a Seen>,
}

/// Rows that came lately, by a hash of their `@ptr`, with their time: whoever follows asks for overlapping windows, and must not
/// store the same rows every few seconds.
#[derive(Debug, Default)]
pub struct Seen(Mutex<HashMap<u64, i64>>);

impl Seen {
    /// Is the row a new one?
    fn is_new(&self, row: &ResultRow) -> bool {
        let (Some(pointer), Some(time)) = (row.get("@ptr"), row.time()) else { return true };
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.insert(xxh3_64(pointer.as_bytes()), time.as_millis()).is_none()
    }

    /// Forgets rows from before an instant.
    pub fn forget_before(&self, at: Timestamp) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, millis| *millis >= at.as_millis());
    }
}

/// What was spent, and what running queries will spend.
#[derive(Debug, Default)]
pub(super) struct Money {
    spent: f64,
    reserved: f64,
    /// Bytes a second of each group, by the estimate, then as measured: bytes, seconds.
    rates: Vec<(f64, f64)>,
}

impl Money {
    pub(super) fn of(plan: &FetchPlan) -> Self {
        let rate = |group: &PlannedGroup| {
            let seconds: i64 = group.missing.iter().map(|span| span.length()).sum();
            (group.bytes.unwrap_or(0.0), seconds.max(1) as f64)
        };
        Self { rates: plan.groups.iter().map(rate).collect(), ..Self::default() }
    }

    /// What a piece will scan, about. A query that was paid for costs nothing.
    fn expected(&self, piece: &Piece) -> f64 {
        let (bytes, seconds) = self.rates.get(piece.group).copied().unwrap_or((0.0, 1.0));
        if piece.attach.is_some() { 0.0 } else { bytes / seconds * piece.span.length() as f64 }
    }
}

impl Fetching<'_> {
    /// Fetches all that the budget allows.
    pub(super) async fn run(&self) -> FetchOutcome {
        let mut outcome = FetchOutcome::default();
        outcome.notes.extend(self.plan.groups.iter().filter_map(|group| group.note.clone()));
        let mut queue: Vec<Piece> = Vec::new();
        for group in &self.plan.groups {
            queue.extend(group.pieces.iter().cloned());
            if let Some(error) = &group.error {
                outcome.unfetched.extend(group.missing.iter().map(|span| (group.found.group.clone(), *span, error.to_string())));
            }
        }
        for (link, orphan) in &self.plan.orphans {
            if let Some(link) = self.aws.links().get(*link) {
                link.stop(&orphan.id).await;
                let stopped =
                    AskedQuery { state: QueryState::Stopped, reason: Some("left behind, and not wanted any more".to_owned()), ..orphan.clone() };
                let _ = self.notebook.borrow_mut().keep_query(&stopped);
            }
        }
        self.tell(|told| told.seconds.1 = queue.iter().map(|piece| piece.span.length()).sum());
        let most = self.aws.links().iter().map(|link| link.manners.queries).sum::<usize>().max(1);
        let mut running = FuturesUnordered::new();
        let mut gone: HashSet<usize> = HashSet::new();
        loop {
            while running.len() < most && !is_stopped(self.cancel) {
                let Some((piece, reserved)) = self.next(&mut queue, &gone, &mut outcome) else { break };
                running.push(self.piece(piece, reserved));
            }
            let Some((piece, result)) = running.next().await else { break };
            match result {
                Ok(then) => self.went(&piece, then, &mut queue, &mut outcome),
                Err(error) => self.failed(piece, &error, &mut queue, &mut gone, &mut outcome),
            }
        }
        let why = if is_stopped(self.cancel) { "stopped before it was asked for" } else { "not asked for" };
        outcome.unfetched.extend(queue.iter().filter_map(|piece| Some((self.group(piece.group)?.found.group.clone(), piece.span, why.to_owned()))));
        join(&mut outcome.unfetched);
        outcome.progress = self.told.lock().unwrap_or_else(PoisonError::into_inner).clone();
        outcome
    }

    fn group(&self, number: usize) -> Option<&PlannedGroup> {
        self.plan.groups.get(number)
    }

    /// The next piece: small groups first, then whatever is newest. What the budget does not allow is named.
    fn next(&self, queue: &mut Vec<Piece>, gone: &HashSet<usize>, outcome: &mut FetchOutcome) -> Option<(Piece, f64)> {
        loop {
            let key = |piece: &Piece| (piece.attach.is_some(), self.group(piece.group).is_some_and(PlannedGroup::is_small), piece.span.to);
            let (at, _) = queue.iter().enumerate().max_by_key(|(_, piece)| key(piece))?;
            let piece = queue.swap_remove(at);
            let group = self.group(piece.group)?;
            if gone.contains(&group.link) {
                outcome.unfetched.push((group.found.group.clone(), piece.span, "its site cannot be asked any more".to_owned()));
                continue;
            }
            let mut money = self.money.borrow_mut();
            let expected = money.expected(&piece);
            let is_dear = piece.attach.is_none() && (money.spent + money.reserved + expected > self.budget || money.spent >= self.budget);
            if is_dear && self.budget.is_finite() && expected + money.spent > 0.0 {
                outcome.unfetched.push((group.found.group.clone(), piece.span, BEYOND_BUDGET.to_owned()));
                continue;
            }
            money.reserved += expected;
            return Some((piece, expected));
        }
    }

    fn went(&self, piece: &Piece, then: Then, queue: &mut Vec<Piece>, outcome: &mut FetchOutcome) {
        let Some(group) = self.group(piece.group) else { return };
        if let (Some(second), Some(hole)) = (then.second, then.hole) {
            self.tell(|told| told.holes += 1);
            outcome.holes.push((group.found.group.clone(), Seconds::new(second, second + 1), hole));
        }
        queue.extend(then.next);
    }

    fn failed(&self, piece: Piece, error: &AwsError, queue: &mut Vec<Piece>, gone: &mut HashSet<usize>, outcome: &mut FetchOutcome) {
        let Some(group) = self.group(piece.group) else { return };
        let mut give_up = |why: String| outcome.unfetched.push((group.found.group.clone(), piece.span, why));
        match &error.fault {
            // What was attached to is not there any more: asked again, and paid again.
            _ if piece.attach.is_some() && !matches!(error.fault, Fault::Stopped) => queue.push(Piece { attach: None, ..piece }),
            Fault::QueryTimedOut if piece.span.length() > 1 => queue.extend(plan::parts(piece.group, piece.span, 2, piece.came)),
            Fault::NoDataThere => {
                let note = format!("{} has no data in {}: before its creation, or beyond its retention", group.found.group, piece.span);
                if !outcome.notes.contains(&note) {
                    outcome.notes.push(note);
                }
            }
            Fault::Stopped => give_up("stopped".to_owned()),
            fault => {
                if fault.is_about_credentials() {
                    gone.insert(group.link);
                }
                give_up(error.to_string());
            }
        }
    }

    /// Asks for a piece and hands its rows on.
    async fn piece(&self, piece: Piece, reserved: f64) -> (Piece, Result<Then, AwsError>) {
        let result = self.asked(&piece).await;
        self.money.borrow_mut().reserved -= reserved;
        (piece, result)
    }

    async fn asked(&self, piece: &Piece) -> Result<Then, AwsError> {
        let nothing = Then { covered: None, next: Vec::new(), second: None, hole: None };
        let Some((group, link)) = self.group(piece.group).and_then(|group| Some((group, self.aws.links().get(group.link)?))) else {
            return Ok(nothing);
        };
        let bounds = (piece.span.from * 1000, piece.span.to * 1000);
        let (came, _) = self.query(group, link, &self.plan.text, piece, bounds).await?;
        let mut then = plan::after(piece, came, self.plan.cap);
        if let Some(span) = then.covered {
            self.cover(group, span, None).await;
        }
        if let Some(second) = then.second {
            then.hole = self.second(group, link, piece.group, second).await?;
            self.cover(group, Seconds::new(second, second + 1), then.hole.clone()).await;
        }
        Ok(then)
    }

    /// A second with more rows than a query gives, by milliseconds. What is still missing then, in words.
    async fn second(&self, group: &PlannedGroup, link: &Link, number: usize, second: i64) -> Result<Option<String>, AwsError> {
        let (from, to) = (second * 1000, second * 1000 + 1000);
        let mut work = vec![(from, from + 500), (from + 500, to)];
        let mut full = Vec::new();
        let piece = Piece::new(number, Seconds::new(second, second + 1));
        while let Some((from, to)) = work.pop() {
            let text = text_within(&self.plan.filter, from, to, self.plan.cap);
            let (came, outside) = self.query(group, link, &text, &piece, (from, to)).await?;
            if outside > 0 {
                let rows = came.rows;
                return Ok(Some(format!("more than {rows} events in this second, and the server does not tell its milliseconds apart")));
            }
            if !came.is_full(self.plan.cap) {
                continue;
            }
            let end = came.oldest.map_or(to, |oldest| (oldest.as_millis() + 1).clamp(from + 1, to));
            match end - from {
                1 if to - from == 1 => full.push(from),
                1 => work.push((from, end)),
                length => work.extend([(from, from + length / 2), (from + length / 2, end)]),
            }
        }
        let [first, ..] = full.as_slice() else { return Ok(None) };
        let at = Timestamp::from_millis(*first);
        Ok(Some(format!(
            "more than {} events in each of {} milliseconds (the first: {at}): the rest of them cannot be asked for",
            self.plan.cap,
            full.len()
        )))
    }

    /// One query from start to end: kept in the ledger, its rows handed on. Rows outside of the bounds belong to others: how many.
    async fn query(&self, group: &PlannedGroup, link: &Link, text: &str, piece: &Piece, bounds: (i64, i64)) -> Result<(Came, u64), AwsError> {
        let name = &group.found.group;
        let ask = Ask {
            text: text.to_owned(),
            language: AwsLanguage::Ql,
            groups: vec![group.found.identifier().to_owned()],
            span: piece.span,
            page: PAGE,
            is_one_page: false,
            watched: 0,
        };
        let mut entry = AskedQuery {
            id: String::new(),
            profile: group.site.profile.clone(),
            region: name.region.clone(),
            groups: group.found.identifier().to_owned(),
            text: text.to_owned(),
            span: piece.span,
            state: QueryState::Running,
            started: now(),
            rows: 0,
            statistics: ScanStatistics::default(),
            reason: None,
        };
        let account = if name.account.is_empty() { String::new() } else { format!("{}:", name.account) };
        let mut bundle = Bundle::new(format!("{} {account}{} {}", name.region, name.name, piece.span));
        let (mut came, mut outside) = (Came::default(), 0);
        let mut failed_at_home = None;
        let mut on = async |step| match step {
            Step::Started(id) => {
                let mut notebook = self.notebook.borrow_mut();
                if !entry.id.is_empty() {
                    // It failed, and has been started again under another id.
                    let failed = AskedQuery { state: QueryState::Failed, reason: Some(Fault::QueryFailed.to_string()), ..entry.clone() };
                    failed_at_home = notebook.keep_query(&failed).err();
                }
                (entry.id, entry.statistics) = (id, ScanStatistics::default());
                self.tell(|told| told.queries.0 += 1);
                failed_at_home = notebook.keep_query(&entry).err().or(failed_at_home.take());
            }
            Step::Runs { statistics, .. } => entry.statistics = statistics,
            Step::Again => (came, outside) = (Came::default(), 0),
            Step::Page(rows) => {
                let mut handed = 0;
                for some in rows.chunks(SOME) {
                    // The next page, and other queries, go on meanwhile.
                    tokio::task::yield_now().await;
                    for row in some {
                        if is_wanted(row, piece, bounds, &mut came, &mut outside) && self.seen.is_none_or(|seen| seen.is_new(row)) {
                            bundle.add(row);
                            handed += 1;
                        }
                    }
                }
                self.tell(|told| told.rows += handed);
                if let Some((name, bytes)) = bundle.due() {
                    self.hand(Input::Fetched { name, bytes }).await;
                }
            }
        };
        let result = execute(link, &ask, piece.attach.as_deref(), self.cancel, &mut on).await;
        if let Some((name, bytes)) = bundle.rest() {
            self.hand(Input::Fetched { name, bytes }).await;
        }
        self.note(&mut entry, &result, piece);
        if let Some(error) = failed_at_home {
            // Without the ledger a crash would leave queries running that nobody knows of.
            self.cancel.store(true, Ordering::Relaxed);
            return Err(AwsError::new("keep the query in the case", Fault::Other(error.to_string())));
        }
        let ended = result?;
        (came.rows, came.matched) = (ended.rows, ended.statistics.records_matched.max(ended.result_count));
        Ok((came, outside))
    }

    /// The query's line in the ledger, at its end; what it cost.
    fn note(&self, entry: &mut AskedQuery, result: &Result<Ended, AwsError>, piece: &Piece) {
        match result {
            Ok(ended) => {
                (entry.state, entry.rows, entry.statistics) = (QueryState::Complete, ended.rows, ended.statistics);
            }
            Err(error) => {
                entry.state = if error.fault == Fault::Stopped { QueryState::Stopped } else { QueryState::Failed };
                entry.reason = Some(error.fault.to_string());
            }
        }
        // What was attached to was paid for when it was started; what was stopped costs what it had scanned.
        if piece.attach.is_none() {
            let mut money = self.money.borrow_mut();
            money.spent += entry.statistics.bytes_scanned;
            if let Some((bytes, seconds)) = money.rates.get_mut(piece.group).filter(|rate| rate.0 == 0.0) {
                (*bytes, *seconds) = (entry.statistics.bytes_scanned, piece.span.length().max(1) as f64);
            }
            self.tell(|told| told.statistics.add(&entry.statistics));
        }
        self.tell(|told| told.queries.1 += u64::from(!entry.id.is_empty()));
        if !entry.id.is_empty() {
            let mut notebook = self.notebook.borrow_mut();
            let _ = match self.seen {
                Some(_) if entry.state == QueryState::Complete => notebook.fold_query(entry, &format!("following {} {}", entry.region, entry.groups)),
                _ => notebook.keep_query(entry),
            };
        }
    }

    /// Notes what is complete. What is so young that AWS may still find more of it is left open.
    async fn cover(&self, group: &PlannedGroup, span: Seconds, hole: Option<String>) {
        self.tell(|told| told.seconds.0 += span.length());
        let settled = Seconds::new(span.from, span.to.min(now().as_millis().div_euclid(1000) - SETTLING));
        if !settled.is_empty() {
            let entry = Coverage { group: group.found.group.clone(), filter: self.plan.filter.clone(), span: settled, hole, at: self.plan.now };
            self.hand(Input::Covered(entry)).await;
        }
    }

    /// Hands something to the case, waiting while it is busy.
    async fn hand(&self, mut input: Input) {
        loop {
            input = match self.deliver.try_send(input) {
                Ok(()) => return,
                Err(TrySendError::Full(back)) => back,
                // The case takes nothing any more: why, the ingest says.
                Err(TrySendError::Disconnected(_)) => return self.cancel.store(true, Ordering::Relaxed),
            };
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn tell(&self, change: impl FnOnce(&mut FetchProgress)) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut told);
        told.sites = self.aws.states();
    }
}

fn now() -> Timestamp {
    Timestamp::from_millis(jiff::Timestamp::now().as_millisecond())
}

/// Is the row one of this piece that has not come before? Notes its time and, of the oldest second, its pointer.
fn is_wanted(row: &ResultRow, piece: &Piece, bounds: (i64, i64), came: &mut Came, outside: &mut u64) -> bool {
    // A row without a time cannot belong to others.
    let Some(time) = row.time() else { return true };
    let (millis, second) = (time.as_millis(), time.as_millis().div_euclid(1000));
    let pointer = row.get("@ptr").map(|pointer| xxh3_64(pointer.as_bytes()));
    let oldest = came.oldest.map(|oldest| oldest.as_millis().div_euclid(1000));
    if oldest.is_none_or(|oldest| second < oldest) {
        came.last_second.clear();
    }
    if oldest.is_none_or(|oldest| second <= oldest) {
        came.last_second.extend(pointer);
    }
    came.oldest = Some(came.oldest.map_or(time, |oldest| oldest.min(time)));
    if !(bounds.0..bounds.1).contains(&millis) {
        *outside += 1;
        return false;
    }
    let has_come = |(at, rows): &(i64, std::sync::Arc<HashSet<u64>>)| *at == second && pointer.is_some_and(|pointer| rows.contains(&pointer));
    !piece.came.as_ref().is_some_and(has_come)
}

/// Neighbours with the same reason become one line.
fn join(list: &mut Vec<(GroupName, Seconds, String)>) {
    list.sort();
    list.dedup_by(|next, before| {
        let is_next = next.0 == before.0 && next.2 == before.2 && next.1.from <= before.1.to;
        if is_next {
            before.1.to = before.1.to.max(next.1.to);
        }
        is_next
    });
}
