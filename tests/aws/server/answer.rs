//! What a query gives: our own engine on the Region's case, within the groups and whole seconds that were asked for, with rows as
//! the API has them.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use outcrop::model::{EventId, Scope, TimeRange, Timestamp};
use outcrop::query::ql::ast::{GroupKey, Query, SelectorKind, Source, StageKind};
use outcrop::query::ql::{QueryError, check, only_at_aws, parse};
use outcrop::query::run::{Options, RunError, run};
use serde_json::{Value, json};

use super::listing::Listing;
use super::world::{LogEvent, Region};

/// A query that can be run.
#[derive(Clone, Debug)]
pub struct Plan {
    text: String,
    query: Query,
    /// Names of its groups.
    pub groups: Vec<String>,
    /// First and last millisecond.
    pub window: (i64, i64),
    limit: Option<usize>,
    /// Only the price is asked for.
    pub is_estimate: bool,
}

/// Why a query is refused: a code, a message, and a place in characters.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The error's code.
    pub code: &'static str,
    /// What it says.
    pub message: String,
    /// From which character to before which.
    pub place: Option<(usize, usize)>,
}

/// The rows of a query.
#[derive(Clone, Debug)]
pub enum Rows {
    /// Each as JSON.
    Written(Vec<String>),
    /// Events, to be written when somebody reads their page.
    Listed(Listing, Vec<Arc<LogEvent>>),
}

impl Rows {
    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Self::Written(rows) => rows.len(),
            Self::Listed(_, events) => events.len(),
        }
    }

    /// One, as JSON.
    pub fn json(&self, number: usize) -> String {
        match self {
            Self::Written(rows) => rows[number].clone(),
            Self::Listed(listing, events) => listing.row(&events[number]),
        }
    }

    fn truncate(&mut self, length: usize) {
        match self {
            Self::Written(rows) => rows.truncate(length),
            Self::Listed(_, events) => events.truncate(length),
        }
    }
}

impl Default for Rows {
    fn default() -> Self {
        Self::Written(Vec::new())
    }
}

/// What a query gave.
#[derive(Clone, Debug, Default)]
pub struct Answered {
    /// Its rows.
    pub rows: Rows,
    /// What was looked at.
    pub scanned: (usize, u64),
    /// Records that matched.
    pub matched: u64,
    /// It could not be answered.
    pub failed: Option<String>,
}

fn refused(code: &'static str, message: impl Into<String>) -> Refusal {
    Refusal { code, message: message.into(), place: None }
}

fn malformed(text: &str, error: &QueryError) -> Refusal {
    let characters = |byte: usize| text.char_indices().take_while(|(at, _)| *at < byte).count();
    let (from, to) = (characters(error.span.start), characters(error.span.end));
    let before: String = text.chars().take(from).collect();
    let (line, column) = (before.matches('\n').count() + 1, before.chars().rev().take_while(|c| *c != '\n').count());
    let found: String = text.chars().skip(from).take((to - from).max(1)).collect();
    let message = format!("unexpected symbol found {found} at line {line} and position {column}");
    Refusal { code: "MalformedQueryException", message, place: Some((from, to)) }
}

/// Reads what `StartQuery` was asked. The window is in seconds, both ends inside.
pub fn plan(region: &Region, body: &Value, whole_last_second: bool, now: i64) -> Result<Plan, Refusal> {
    let text = body["queryString"].as_str().unwrap_or_default().to_owned();
    if text.chars().count() > 10_000 {
        return Err(refused("InvalidParameterException", "queryString: at most 10000 characters"));
    }
    if body["queryLanguage"].as_str().is_some_and(|language| language != "CWLI") {
        return Err(refused("InvalidParameterException", "this test server answers no other language than CWLI"));
    }
    let mut query = parse(&text).map_err(|error| malformed(&text, &error))?;
    if let Some(error) = check(&query).first() {
        return Err(malformed(&text, error));
    }
    if let Some(note) = only_at_aws(&query).first() {
        return Err(refused("MalformedQueryException", format!("this test server cannot answer it: {}", note.message)));
    }
    let (start, end) = (seconds(body, "startTime")?, seconds(body, "endTime")?);
    if end < start {
        return Err(refused("InvalidParameterException", "endTime is before startTime"));
    }
    let window = (start * 1000, if whole_last_second { end * 1000 + 999 } else { end * 1000 });
    let groups = match query.source.take() {
        Some(source) => named_by_source(region, &source)?,
        None => named(body)?,
    };
    for name in &groups {
        let known = region.groups();
        let group = known
            .get(name)
            .ok_or_else(|| refused("ResourceNotFoundException", format!("Log group '{name}' does not exist for account ID '111122223333'")))?;
        if window.1 < group.keeps_from(now) {
            let length = text.chars().count();
            let told = "Query's end date and time is either before the log groups creation time or exceeds the log groups log retention settings";
            return Err(refused("MalformedQueryException", format!("{told} ([0,{length}])")));
        }
    }
    let is_estimate = query.stages.last().is_some_and(|stage| stage.kind == StageKind::Estimate);
    if region.is_bare() && !is_estimate && Listing::of(&text).is_none() {
        return Err(refused("MalformedQueryException", "this test server holds so many events only to list them"));
    }
    if is_estimate {
        query.stages.pop();
    }
    let limit = body["limit"].as_u64().map(|limit| limit as usize);
    if is_estimate && limit.is_some() {
        return Err(refused("MalformedQueryException", "unexpected symbol found limit at line 1 and position 0"));
    }
    if limit.is_some_and(|limit| !(1..=100_000).contains(&limit)) {
        return Err(refused("InvalidParameterException", "limit: between 1 and 100000"));
    }
    for stage in &query.stages {
        let ours = stage.reads().into_iter().map(ToString::to_string).find(|name| matches!(name.as_str(), "@log" | "@ptr" | "@ingestionTime"));
        if let (Some(name), false) = (ours, matches!(stage.kind, StageKind::Fields(_) | StageKind::Display(_))) {
            return Err(refused("MalformedQueryException", format!("this test server knows {name} only in `fields` and `display`")));
        }
    }
    Ok(Plan { text, query, groups, window, limit, is_estimate })
}

fn seconds(body: &Value, name: &str) -> Result<i64, Refusal> {
    let number = body[name].as_i64().ok_or_else(|| refused("InvalidParameterException", format!("{name} is missing")))?;
    // As the service is seen to do: milliseconds are told by their size.
    Ok(if number > 100_000_000_000 { number / 1000 } else { number })
}

fn named(body: &Value) -> Result<Vec<String>, Refusal> {
    let ways = ["logGroupName", "logGroupNames", "logGroupIdentifiers"];
    let given: Vec<&&str> = ways.iter().filter(|way| !body[**way].is_null()).collect();
    let [way] = given.as_slice() else {
        return Err(refused(
            "InvalidParameterException",
            "exactly one of logGroupName, logGroupNames and logGroupIdentifiers, or SOURCE in the query",
        ));
    };
    let names: Vec<String> = match &body[**way] {
        Value::String(name) => vec![name.clone()],
        Value::Array(names) => names.iter().filter_map(Value::as_str).map(|name| plain_name(name).to_owned()).collect(),
        _ => Vec::new(),
    };
    if names.is_empty() || names.len() > 50 {
        return Err(refused("InvalidParameterException", format!("{way}: between 1 and 50 log groups")));
    }
    if let Some(arn) = names.iter().find(|name| name.ends_with(":*")) {
        return Err(refused("InvalidParameterException", format!("{arn}: an ARN without :* is expected")));
    }
    Ok(names)
}

/// The name in an ARN of our account, or what it is called: groups of linked accounts are called by their ARN.
pub fn plain_name(name: &str) -> &str {
    match name.strip_prefix("arn:").and_then(|arn| arn.split_once(":log-group:")) {
        Some((place, name)) if place.ends_with(super::ACCOUNT) => name,
        _ => name,
    }
}

/// The account and the name of a group.
pub fn owned(name: &str) -> (&str, &str) {
    let of_arn = name.strip_prefix("arn:").and_then(|arn| arn.split_once(":log-group:"));
    of_arn.and_then(|(place, name)| Some((place.rsplit(':').next()?, name))).unwrap_or((super::ACCOUNT, name))
}

fn named_by_source(region: &Region, source: &Source) -> Result<Vec<String>, Refusal> {
    match source {
        Source::Group(group) => Ok(vec![group.name.value.clone()]),
        Source::Selection(selectors) => {
            let mut names = BTreeSet::new();
            for selector in selectors {
                let SelectorKind::LogGroups(filters) = &selector.kind else {
                    return Err(refused("MalformedQueryException", "this test server knows no data sources and no tags"));
                };
                let prefixes: Vec<&str> = filters
                    .iter()
                    .filter(|filter| filter.key == GroupKey::NamePrefix)
                    .flat_map(|filter| &filter.values)
                    .map(|text| text.value.as_str())
                    .collect();
                let groups = region.groups();
                names.extend(groups.keys().filter(|name| prefixes.is_empty() || prefixes.iter().any(|prefix| name.starts_with(prefix))).cloned());
            }
            Ok(names.into_iter().collect())
        }
    }
}

/// Events and bytes that a query looks at.
fn scanned(region: &Region, plan: &Plan, now: i64) -> (usize, u64) {
    let groups = region.groups();
    let events = plan.groups.iter().filter_map(|name| groups.get(name));
    let events = events.flat_map(|group| group.between(plan.window.0.max(group.keeps_from(now)), plan.window.1));
    events.fold((0, 0), |(count, bytes), event| (count + 1, bytes + event.message.len() as u64))
}

/// Answers.
pub fn answer(region: &Region, plan: &Plan, most_rows: usize, now: i64) -> Answered {
    let scanned = scanned(region, plan, now);
    if plan.is_estimate {
        let row = json!([{ "field": "bytesScanned", "value": scanned.1.to_string() }]);
        return Answered { rows: Rows::Written(vec![row.to_string()]), ..Answered::default() };
    }
    let found = match Listing::of(&plan.text) {
        Some(listing) => {
            let (events, matched) = listing.events(region, &plan.groups, plan.window, now);
            Ok((Rows::Listed(listing, events), matched))
        }
        None => rows(region, plan, now).map(|(rows, matched)| (Rows::Written(rows), matched)),
    };
    match found {
        Ok((mut rows, matched)) => {
            rows.truncate(plan.limit.unwrap_or(usize::MAX).min(most_rows));
            Answered { rows, scanned, matched, failed: None }
        }
        Err(error) => Answered { scanned, failed: Some(error.to_string()), ..Answered::default() },
    }
}

fn rows(region: &Region, plan: &Plan, now: i64) -> Result<(Vec<String>, u64), RunError> {
    // Streams are sources of the case. Of what retention has taken nothing is seen.
    let (streams, oldest): (BTreeSet<String>, i64) = {
        let groups = region.groups();
        let chosen: Vec<_> = plan.groups.iter().filter_map(|name| groups.get(name)).collect();
        let streams = chosen.iter().flat_map(|group| group.events.iter().map(|event| event.stream.clone())).collect();
        (streams, chosen.iter().map(|group| group.keeps_from(now)).max().unwrap_or(i64::MIN))
    };
    // A query of no stream reads nothing; the case has no such source, and none may be named that is not there.
    let since = if streams.is_empty() { plan.window.1 + 1 } else { plan.window.0.max(oldest) };
    let quoted: Vec<String> = streams.iter().map(|stream| format!("\"{stream}\"")).collect();
    let source = if streams.is_empty() {
        None
    } else {
        parse(&format!("SOURCE logGroups(namePrefix: [{}])", quoted.join(", "))).ok().and_then(|query| query.source)
    };
    let query = Query { source, ..plan.query.clone() };
    let range = TimeRange { since: Some(Timestamp::from_millis(since)), until: Some(Timestamp::from_millis(plan.window.1 + 1)) };
    let scope = Scope { range, ..Scope::all() };
    let options = Options { scope: &scope, now: Timestamp::from_millis(now), push_down: true };
    let mut reader = region.reader();
    let answer = run(&mut reader, &plan.text, &query, &options, &mut |_, _| ())?;
    let places = region.places();
    let rows = answer.rows.iter().map(|row| {
        let event = row.event.and_then(|id| places.get(&id));
        let mut fields: Vec<Value> = Vec::new();
        for ((title, names), value) in answer.columns.iter().zip(&answer.names).zip(&row.values) {
            let told = event.and_then(|event| of_the_log(names, event));
            if told.is_some() || !value.is_missing() {
                fields.push(json!({ "field": title, "value": told.unwrap_or_else(|| value.printed().into_owned()) }));
            }
        }
        if let Some(event) = event
            && !answer.columns.iter().any(|title| title == "@ptr")
        {
            fields.push(json!({ "field": "@ptr", "value": event.ptr }));
        }
        Value::Array(fields).to_string()
    });
    Ok((rows.collect(), answer.statistics.matched))
}

/// What the log knows better than the case.
fn of_the_log(names: &[String], event: &LogEvent) -> Option<String> {
    let [name] = names else { return None };
    match name.as_str() {
        "@ptr" => Some(event.ptr.clone()),
        "@log" => {
            let (account, group) = owned(&event.group);
            Some(format!("{account}:{group}"))
        }
        "@ingestionTime" => Some(Timestamp::from_millis(event.ingested).to_jiff().strftime("%Y-%m-%d %H:%M:%S%.3f").to_string()),
        _ => None,
    }
}

/// The event that a pointer means.
pub fn pointed<'a>(places: &'a HashMap<EventId, Arc<LogEvent>>, ptr: &str) -> Option<&'a Arc<LogEvent>> {
    let id = u32::from_str_radix(ptr.get(ptr.len().checked_sub(8)?..)?, 16).ok()?;
    places.get(&EventId(id)).filter(|event| event.ptr == ptr)
}
