//! A query answered from a case.
//!
//! [`run`] reads the tree that [`ql::parse`](super::ql::parse) gives, [`run_sql`] that of [`sql::parse`](super::sql::parse); both
//! are answered by one engine, and a [`Listener`] has the first rows while the others are still made. A plan (`plan`) turns it into commands at work
//! (`stage`) and says which fields of an event are needed (`field`); conditions on columns become a scope (`push`); rows are
//! made in chunks, newest first, of columns where the case has them and of records where not (`rows`), and go through the commands.
//! Everything that is held is bounded, and whatever a bound has done to an answer is said in it. docs/QUERY.md is the manual.

mod error;
mod expr;
mod field;
mod gather;
mod groups;
mod light;
mod names;
mod path;
mod plan;
mod push;
mod rows;
mod screen;
mod sql;
mod stage;
mod suspects;
mod tally;

use std::cell::RefCell;
use std::sync::Arc;

pub use error::RunError;
pub use gather::Listener;
pub use groups::{PSEUDO_GROUPS, fetched_group, is_pseudo_group, means_something};

use super::functions::Context;
use super::ql::ast::{DiffWindow, Query, StageKind};
use super::sql::ast::Query as SqlQuery;
use super::value::Value;
use crate::case::Reader;
use crate::model::{EventId, EventRef, Scope, TimeRange, Timestamp};
use expr::Node;
use gather::{Gather, Progress};
use groups::{Chosen, choose, of_accounts};
use plan::{Earlier, End, Plan, Planner, lookup_tables, up_to_pattern};
use rows::{Fetch, Row, Wanted};
use stage::{Work, pieces, stopped};
use suspects::Suspects;

/// A query within `in (…)` gives at most so many different values, as at AWS.
const MOST_KEYS: usize = 50_000;
/// The first chunk is small, so that a `limit` is soon reached.
const FIRST_CHUNK: usize = 256;
const CHUNK: usize = 8192;
/// Records of a chunk may hold about so many bytes.
const CHUNK_BYTES: u64 = 32 << 20;

/// How a query is run.
#[derive(Debug)]
pub struct Options<'a> {
    /// Which events it may see.
    pub scope: &'a Scope,
    /// The time that `now()` tells.
    pub now: Timestamp,
    /// Ask the case's lists first. Without it the answer is the same, later.
    pub push_down: bool,
}

/// What was read for an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Events that were looked at.
    pub scanned: u64,
    /// … of which passed the first filters.
    pub matched: u64,
    /// Records that were read.
    pub records: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Records that could not be read.
    pub unreadable: u64,
    /// Why the first of them could not.
    pub why_unreadable: Option<String>,
}

/// A row of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct AnswerRow {
    /// The event that the row is, when it is one.
    pub event: Option<EventId>,
    /// By column.
    pub values: Vec<Value>,
}

/// What a query gives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// Titles of the columns.
    pub columns: Vec<String>,
    /// By column: what the fields are called that its values may come from. Some secrets are known by their name alone.
    pub names: Vec<Vec<String>>,
    /// The rows in their order.
    pub rows: Vec<AnswerRow>,
    /// What was read.
    pub statistics: Statistics,
    /// What a person should know.
    pub notes: Vec<String>,
    /// Something was left out: a note says what.
    pub is_incomplete: bool,
}

/// Answers a query that [`check`](super::ql::check) found right. `progress` hears how many of how many events were looked at.
/// [`Reader::interrupter`] cancels.
///
/// # Errors
/// [`RunError`]: with a place in the query, or what of the case could not be read, or which bound was met.
pub fn run(reader: &mut Reader, text: &str, query: &Query, options: &Options<'_>, progress: &mut dyn FnMut(u64, u64)) -> Result<Answer, RunError> {
    run_heard(reader, text, query, options, &mut Progress(progress))
}

/// [`run`], heard by a [`Listener`].
///
/// # Errors
/// As [`run`].
pub fn run_heard(reader: &mut Reader, text: &str, query: &Query, options: &Options<'_>, listener: &mut dyn Listener) -> Result<Answer, RunError> {
    let listener = RefCell::new(listener);
    let mut runner = Runner::new(text, options, &listener);
    let (columns, rows) = runner.answer(reader, query, End::Default)?;
    Ok(runner.done(columns, rows))
}

/// Answers a query in SQL that [`check`](super::sql::check) found right, heard by a [`Listener`].
///
/// # Errors
/// As [`run`].
pub fn run_sql(reader: &mut Reader, text: &str, query: &SqlQuery, options: &Options<'_>, listener: &mut dyn Listener) -> Result<Answer, RunError> {
    let listener = RefCell::new(listener);
    let mut runner = Runner::new(text, options, &listener);
    let (columns, rows) = runner.sql_answer(reader, query)?;
    Ok(runner.done(columns, rows))
}

struct Runner<'a, 'l> {
    text: &'a str,
    options: &'a Options<'a>,
    listener: &'a RefCell<&'l mut dyn Listener>,
    notes: Vec<String>,
    statistics: Statistics,
    names: Vec<Vec<String>>,
    /// What the fields of a query in SQL are called.
    sql_names: Vec<String>,
    depth: usize,
}

impl<'a, 'l> Runner<'a, 'l> {
    fn new(text: &'a str, options: &'a Options<'a>, listener: &'a RefCell<&'l mut dyn Listener>) -> Self {
        Self { text, options, listener, notes: Vec::new(), statistics: Statistics::default(), names: Vec::new(), sql_names: Vec::new(), depth: 0 }
    }

    fn done(self, columns: Vec<String>, rows: Vec<AnswerRow>) -> Answer {
        let Self { statistics, mut notes, names, .. } = self;
        let mut is_incomplete = notes.iter().any(|note| note.starts_with("there are more rows"));
        if statistics.unreadable > 0 {
            let why = statistics.why_unreadable.clone().unwrap_or_default();
            notes.push(format!("{} records could not be read, their fields are missing; the first: {why}", statistics.unreadable));
            is_incomplete = true;
        }
        Answer { columns, names, rows, statistics, notes, is_incomplete }
    }

    fn answer(&mut self, reader: &mut Reader, query: &Query, end: End) -> Result<(Vec<String>, Vec<AnswerRow>), RunError> {
        let chosen = choose(reader, self.options.scope, query.source.as_ref(), self.options.now)?;
        let of_accounts = of_accounts(query);
        let query = of_accounts.as_ref().unwrap_or(query);
        let mut plan = self.plan(reader, query, end)?;
        let context = self.context(reader, &chosen.scope)?;
        if plan.is_estimate {
            return self.estimate(reader, &plan, &chosen);
        }
        if let Some((at, window)) = plan.diff
            && let Some(before) = before(&chosen.scope, &context, window)
        {
            let earlier = Chosen { scope: before, sources: chosen.sources.clone() };
            let prefix = Query { stages: up_to_pattern(query).to_vec(), ..query.clone() };
            let mut prefix = self.plan(reader, &prefix, End::All)?;
            if let Some(mut finder) = prefix.work.pop() {
                let mut feed = |rows: Vec<Row>| finder.take(rows, &context).map(drop);
                self.source(reader, &mut prefix, &earlier, &context, &mut feed)?;
                if let (Some(patterns), Some(work)) = (finder.patterns(), plan.work.get_mut(at)) {
                    work.compare_with(patterns);
                }
            }
        }
        if self.depth == 0 {
            self.names = names::origins(&plan.columns, &plan.bases, &query.stages);
        }
        let mut gather = self.gather(&plan);
        self.source(reader, &mut plan, &chosen, &context, &mut |made| gather.take(made))?;
        self.note(plan.work.iter().flat_map(|work| work.notes()));
        self.note(context.notes().into_iter().map(str::to_owned));
        Ok((plan.columns.into_iter().map(|(name, _)| name).collect(), gather.rows))
    }

    /// What takes the rows of a plan; those of the query itself are heard at once.
    fn gather(&self, plan: &Plan) -> Gather<'a, 'l> {
        let listener = (self.depth == 0).then_some(self.listener);
        if let Some(listener) = listener {
            let titles: Vec<String> = plan.columns.iter().map(|(name, _)| name.clone()).collect();
            listener.borrow_mut().begins(&titles, &self.names);
        }
        Gather::of(plan, listener)
    }

    fn note(&mut self, notes: impl IntoIterator<Item = String>) {
        for note in notes {
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
    }

    fn plan(&mut self, reader: &mut Reader, query: &Query, end: End) -> Result<Plan, RunError> {
        let text = self.text;
        let tables = lookup_tables(reader, &query.stages)?;
        let mut inner = |query: &Query, columns: Option<usize>| self.inner(reader, query, columns);
        Planner::new(text, &tables, &mut inner).plan(&query.stages, end)
    }

    /// The rows of a query within this one: of so many columns, of which the first is a key; or of any.
    fn inner(&mut self, reader: &mut Reader, query: &Query, count: Option<usize>) -> Result<(Vec<String>, Vec<Vec<Value>>), RunError> {
        if self.depth > 0 {
            return Err(expr::wrong(query.span, "a query within another has none within itself"));
        }
        // Of what `stats` left only what `fields` chooses is compared.
        let mut query = query.clone();
        let grouped = query.stages.iter().rposition(|stage| matches!(stage.kind, StageKind::Stats(_))).filter(|_| count == Some(1));
        for stage in query.stages.iter_mut().skip(grouped.unwrap_or(usize::MAX)) {
            if let StageKind::Fields(items) = &mut stage.kind {
                stage.kind = StageKind::Display(std::mem::take(items));
            }
        }
        self.depth += 1;
        let matched = self.statistics.matched;
        let answer = self.answer(reader, &query, End::All);
        self.depth -= 1;
        self.statistics.matched = matched;
        let (columns, rows) = answer?;
        let rows = rows.into_iter().map(|row| row.values);
        let Some(count) = count else { return Ok((columns, rows.collect())) };
        if columns.len() != count {
            return Err(expr::wrong(query.span, "a query within `in` gives one column: end it with `fields name`"));
        }
        let mut seen = hashbrown::HashSet::new();
        let mut kept = Vec::new();
        for row in rows {
            let is_new = row.first().is_some_and(|key| !key.is_missing() && seen.insert(key.to_string()));
            if is_new || count > 1 {
                kept.push(row);
            }
            if seen.len() > MOST_KEYS {
                return Err(RunError::TooLarge(format!("the query within the query gives more than {MOST_KEYS} different values: narrow it")));
            }
        }
        Ok((columns, kept))
    }

    fn context(&self, reader: &mut Reader, scope: &Scope) -> Result<Context, RunError> {
        let span = reader.totals()?.span;
        let (first, last) = span.map_or((0, 0), |(first, last)| (first.as_millis(), last.as_millis() + 1));
        let start = scope.range.since.map_or(first, Timestamp::as_millis);
        let interrupter = reader.interrupter();
        let context = Context::new(self.options.now.as_millis(), start, scope.range.until.map_or(last, Timestamp::as_millis));
        Ok(context.stopped_by(move || interrupter.check().is_err()))
    }

    fn refs(&self, reader: &mut Reader, plan: &Plan, chosen: &Chosen) -> Result<Arc<Vec<EventRef>>, RunError> {
        if self.options.push_down { push::candidates(reader, &chosen.scope, &plan.bases, &plan.early) } else { Ok(reader.refs(&chosen.scope)?) }
    }

    /// Makes rows of the events and sends them through the commands; what comes out goes to `out`.
    fn source(
        &mut self,
        reader: &mut Reader,
        plan: &mut Plan,
        chosen: &Chosen,
        context: &Context,
        out: &mut dyn FnMut(Vec<Row>) -> Result<(), RunError>,
    ) -> Result<(), RunError> {
        let refs = self.refs(reader, plan, chosen)?;
        let mut ordered: Vec<EventRef> = match (self.options.push_down, &chosen.sources) {
            (true, None) => tally::tallied(reader, plan, &refs, context, &mut self.statistics)?,
            _ => refs.iter().copied().collect(),
        };
        if plan.is_order_free {
            ordered.sort_unstable_by_key(|event| event.id);
        } else {
            // Newest first; of the same time in the order in which they were read.
            ordered.sort_by(|one, other| other.time().cmp(&one.time()).then_with(|| one.id.cmp(&other.id)));
        }
        let Plan { bases, slots, work, early, .. } = plan;
        if self.options.push_down {
            // Each row is asked before it goes to them.
            for command in work.iter_mut() {
                command.spare(early);
            }
        }
        let first: Vec<&Node> = if self.options.push_down { early.iter().map(|node| &**node).collect() } else { Vec::new() };
        let wanted = Wanted { bases, slots: *slots, early: &first, sources: chosen.sources.as_deref() };
        let mut fetch = Fetch::new(reader, wanted, &ordered, context)?;
        let mut suspects = Suspects::of(bases);
        let total = ordered.len() as u64;
        let (mut rest, mut size) = (ordered.as_slice(), FIRST_CHUNK);
        while !rest.is_empty() && !work.iter().any(|work| work.is_full()) {
            reader.interrupter().check()?;
            let (chunk, left) = rest.split_at(size.min(rest.len()));
            let (records, bytes) = (self.statistics.records, self.statistics.bytes);
            let rows = fetch.rows(reader, chunk, &mut self.statistics)?;
            suspects.see(&rows);
            // As many as are not too large for memory, as large as the last ones were.
            let mean = (self.statistics.bytes - bytes) / (self.statistics.records - records).max(1);
            let fitting = usize::try_from(CHUNK_BYTES / mean.max(1)).unwrap_or(CHUNK);
            (rest, size) = (left, (size * 2).min(CHUNK).min(fitting.max(1)));
            for piece in pieces(rows) {
                let mut wanted = Vec::with_capacity(piece.len());
                for row in piece {
                    stopped(context)?;
                    let passes = early.iter().all(|node| node.holds(&row.values, context));
                    self.statistics.matched += u64::from(passes);
                    // Without push-down the commands shall find it themselves.
                    if passes || !self.options.push_down {
                        wanted.push(row);
                    }
                }
                out(through(work, wanted, context)?)?;
            }
            self.listener.borrow_mut().progress(total - rest.len() as u64, total);
        }
        self.note(suspects.notes());
        finished(&mut plan.work, context, out)
    }

    /// What the query would read.
    fn estimate(&mut self, reader: &mut Reader, plan: &Plan, chosen: &Chosen) -> Result<(Vec<String>, Vec<AnswerRow>), RunError> {
        let refs = self.refs(reader, plan, chosen)?;
        let reads = |event: &EventRef| plan.bases.iter().any(|(_, base)| base.needs_record(event.strand(), event.is_undecodable()));
        let to_read: Vec<EventId> = refs.iter().filter(|event| reads(event)).map(|event| event.id).collect();
        let mut bytes = 0;
        for ids in to_read.chunks(CHUNK) {
            bytes += reader.events(ids)?.iter().map(|event| u64::from(event.position.length)).sum::<u64>();
        }
        self.note(["nothing was read: a query on a case costs time, not money".to_owned()]);
        let values = [refs.len() as u64, to_read.len() as u64, bytes].map(Value::count).to_vec();
        Ok((["events", "records", "bytes"].map(str::to_owned).to_vec(), vec![AnswerRow { event: None, values }]))
    }
}

/// There are no more rows: each command gives what it has left.
fn finished(work: &mut [Box<dyn Work>], context: &Context, out: &mut dyn FnMut(Vec<Row>) -> Result<(), RunError>) -> Result<(), RunError> {
    let mut later = work;
    while let Some((ending, rest)) = later.split_first_mut() {
        stopped(context)?;
        let rows = ending.finish(context)?;
        out(through(rest, rows, context)?)?;
        later = rest;
    }
    Ok(())
}

/// Sends rows through commands, a piece at a time: so it can be stopped in between, and what one command makes of a row does not pile up
/// before the next.
fn through(work: &mut [Box<dyn Work>], rows: Vec<Row>, context: &Context) -> Result<Vec<Row>, RunError> {
    let Some((command, rest)) = work.split_first_mut() else { return Ok(rows) };
    let mut out = Vec::new();
    for piece in pieces(rows) {
        stopped(context)?;
        if command.is_full() {
            break;
        }
        let given = command.take(piece, context)?;
        out.append(&mut through(rest, given, context)?);
    }
    Ok(out)
}

/// The scope of the time that `diff` compares with.
fn before(scope: &Scope, context: &Context, window: Earlier) -> Option<Scope> {
    const DAY: i64 = 86_400_000;
    let back = match window {
        Earlier::By(millis) => millis,
        Earlier::Window(DiffWindow::Previous) => context.end_ms.checked_sub(context.start_ms)?,
        Earlier::Window(DiffWindow::PreviousDay) => DAY,
        Earlier::Window(DiffWindow::PreviousWeek) => 7 * DAY,
        Earlier::Window(DiffWindow::PreviousMonth) => 30 * DAY,
    };
    let at = |millis: i64| Some(Timestamp::from_millis(millis.checked_sub(back)?));
    Some(Scope { range: TimeRange { since: at(context.start_ms), until: at(context.end_ms) }, ..scope.clone() })
}
