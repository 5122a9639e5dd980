//! The answer of a query as the pane shows it: made on a worker, masked there, of bounded size. Drawing only reads it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::oracle::Billed;
use crate::hunt::Chart;
use crate::model::{Entity, EntityKind, EventId, Secrets, Timestamp, fold_arn};
use crate::query::run::{Answer, Statistics};
use crate::query::value::Value;
use crate::report::answer_cell;

/// Characters of a cell that are kept for showing, of answers with few cells …
const CELL: usize = 4_000;
/// … and of those with many: about so many characters in all.
const ALL_CELLS: usize = 32_000_000;
/// So many characters of a cell are kept in any case.
const LEAST_OF_CELL: usize = 120;
/// More of a value is not looked at: what is shown is far from its end.
const VALUE: usize = 32_768;
/// Widest column before somebody widens it.
const WIDEST: usize = 44;
/// Rows that decide how wide columns are.
const MEASURED: usize = 2_000;
/// Groups of a chart that have a colour of their own.
pub const GROUPS: usize = 6;
/// Bars of a chart.
const BARS: usize = 400;

/// An answer, ready to be shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Results {
    /// The answer itself: for pivots, sorting and export.
    pub answer: Arc<Answer>,
    /// Titles.
    pub columns: Vec<String>,
    /// What kind of entity a column holds.
    pub kinds: Vec<Option<EntityKind>>,
    /// Columns of numbers stand to the right.
    pub numeric: Vec<bool>,
    /// Room that each column needs.
    pub widths: Vec<u16>,
    /// The rows.
    pub rows: Vec<ResultRow>,
    /// The same as bars, where the answer has a column to count.
    pub bars: Option<Bars>,
    /// Milliseconds that it took.
    pub millis: u64,
    /// What it cost, when AWS answered.
    pub billed: Option<Billed>,
    /// Masked or not.
    pub secrets: Secrets,
}

/// A row, as it may be shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResultRow {
    /// The event it is.
    pub event: Option<EventId>,
    /// By column.
    pub cells: Vec<Box<str>>,
}

/// Bars over a column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bars {
    /// What the bars stand over is time.
    pub is_time: bool,
    /// The column of their height.
    pub of: String,
    /// Groups, the largest first; when there are too many the last one is the rest.
    pub groups: Vec<String>,
    /// Of each bar what it stands over, and its height by group.
    pub stands: Vec<(String, Vec<f64>)>,
    /// Bars that had no room.
    pub left_out: usize,
}

/// A field that records of the case have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldUse {
    /// Its path.
    pub name: String,
    /// In how many of a hundred records that were looked at.
    pub percent: u8,
}

impl Results {
    /// Of an answer.
    /// `carried` says of which fields the columns hold the values.
    pub fn of(answer: Arc<Answer>, chart: Option<&Chart>, carried: &BTreeMap<String, Vec<String>>, millis: u64, secrets: Secrets) -> Self {
        let most = (ALL_CELLS / (answer.rows.len() * answer.columns.len()).max(1)).clamp(LEAST_OF_CELL, CELL);
        let rows: Vec<ResultRow> = answer
            .rows
            .iter()
            .map(|row| ResultRow {
                event: row.event,
                cells: answer.names.iter().zip(&row.values).map(|(names, value)| cell(names, value, secrets, most)).collect(),
            })
            .collect();
        let place = |column: usize| answer.rows.iter().filter_map(move |row| row.values.get(column)).filter(|value| !value.is_missing());
        let numeric: Vec<bool> = (0..answer.columns.len())
            .map(|column| {
                let mut values = place(column).take(MEASURED).peekable();
                values.peek().is_some() && values.all(|value| matches!(value, Value::Number(_) | Value::Flag(_)))
            })
            .collect();
        let widths = answer.columns.iter().enumerate().map(|(column, title)| {
            let cells = rows.iter().take(MEASURED).filter_map(|row| row.cells.get(column));
            let longest = cells.map(|cell| cell.chars().take(WIDEST).count()).max().unwrap_or(0);
            longest.max(title.chars().count().min(WIDEST)).max(3) as u16
        });
        Self {
            columns: answer.columns.clone(),
            kinds: answer.columns.iter().map(|column| kind_of_column(column, carried)).collect(),
            numeric,
            widths: widths.collect(),
            bars: bars(&answer, chart),
            rows,
            millis,
            billed: None,
            secrets,
            answer,
        }
    }

    /// What was read for it.
    pub fn statistics(&self) -> &Statistics {
        &self.answer.statistics
    }

    /// The one value of a cell, as logged; none of a list of several.
    pub fn single(&self, row: usize, column: usize) -> Option<String> {
        let value = self.answer.rows.get(row)?.values.get(column)?;
        let value = match value {
            Value::List(values) if values.len() == 1 => values.first()?,
            value => value,
        };
        value.as_text().filter(|text| !text.is_empty()).map(std::borrow::Cow::into_owned)
    }

    /// The entities that a cell names.
    pub fn entities(&self, row: usize, column: usize) -> Vec<Entity> {
        let (Some(Some(kind)), Some(value)) = (self.kinds.get(column), self.answer.rows.get(row).and_then(|row| row.values.get(column))) else {
            return Vec::new();
        };
        match value {
            Value::List(values) => values.iter().take(20).filter_map(|value| entity(*kind, value)).collect(),
            value => entity(*kind, value).into_iter().collect(),
        }
    }
}

fn entity(kind: EntityKind, value: &Value) -> Option<Entity> {
    let text = value.as_text().filter(|text| !text.is_empty())?;
    let value: String = match kind {
        // An ARN, or an actor, which may have a session behind the principal.
        EntityKind::Principal if text.starts_with("arn:") => fold_arn(&text)?.principal,
        EntityKind::Principal => text.split('/').take(3).collect::<Vec<_>>().join("/"),
        EntityKind::Service => text.strip_suffix(".amazonaws.com").unwrap_or(&text).to_owned(),
        EntityKind::Model => crate::decode::model_key(&text).into_owned(),
        _ => text.into_owned(),
    };
    Some(Entity::new(kind, value))
}

fn kind_of_column(column: &str, carried: &BTreeMap<String, Vec<String>>) -> Option<EntityKind> {
    match carried.get(column) {
        Some(fields) => fields.iter().find_map(|field| kind_of_field(field)),
        None => kind_of_field(column),
    }
}

/// What kind of entity a field names.
pub fn kind_of_field(name: &str) -> Option<EntityKind> {
    Some(match name {
        "requestID" | "requestId" | "attributes.aws.request_id" => EntityKind::Request,
        "userIdentity.arn" | "identity.arn" | "x.principal" | "x.actor" => EntityKind::Principal,
        "userIdentity.accessKeyId" | "x.key" => EntityKind::Key,
        "sourceIPAddress" => EntityKind::Ip,
        "requestParameters.bucketName" | "x.bucket" => EntityKind::Bucket,
        "modelId" | "requestParameters.modelId" | "x.model" => EntityKind::Model,
        "requestParameters.guardrailIdentifier" => EntityKind::Guardrail,
        "requestParameters.agentId" | "attributes.aws.bedrock.agent.id" => EntityKind::Agent,
        "requestParameters.knowledgeBaseId" => EntityKind::KnowledgeBase,
        "accountId" | "recipientAccountId" | "userIdentity.accountId" | "@aws.account" => EntityKind::Account,
        "awsRegion" | "region" | "@aws.region" => EntityKind::Region,
        "userAgent" => EntityKind::UserAgent,
        "x.session" | "requestParameters.sessionId" | "attributes.session.id" => EntityKind::Session,
        "eventName" | "operation" => EntityKind::Action,
        "eventSource" => EntityKind::Service,
        "errorCode" => EntityKind::ErrorCode,
        "x.role" | "userIdentity.sessionContext.sessionIssuer.userName" => EntityKind::Role,
        "x.cli.host" => EntityKind::Host,
        "traceId" => EntityKind::Trace,
        _ => return None,
    })
}

/// A value as it may be shown, cut: masked first, so that no cut makes a secret unknown.
fn cell(names: &[String], value: &Value, secrets: Secrets, most: usize) -> Box<str> {
    let text = match value {
        Value::Text(text) if text.len() > VALUE => {
            let end = (0..=VALUE).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
            answer_cell(names, &Value::text(text.get(..end).unwrap_or_default()), secrets)
        }
        value => answer_cell(names, value, secrets),
    };
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()).into(),
        None => text.into(),
    }
}

/// The bars of an answer: as its hunt says, or over its first time (or else text), as high as its first number.
fn bars(answer: &Answer, chart: Option<&Chart>) -> Option<Bars> {
    let place = |name: &str| answer.columns.iter().position(|column| column == name);
    let first = |fits: fn(&Value) -> bool| {
        (0..answer.columns.len()).find(|column| {
            let mut values =
                answer.rows.iter().take(MEASURED).filter_map(|row| row.values.get(*column)).filter(|value| !value.is_missing()).peekable();
            values.peek().is_some() && values.all(fits)
        })
    };
    let (x, y, group) = match chart {
        Some(chart) => (place(&chart.x)?, place(&chart.y)?, chart.group.as_deref().and_then(place)),
        None => {
            // Rows that are events count nothing.
            if answer.rows.iter().any(|row| row.event.is_some()) {
                return None;
            }
            let time = first(|value| matches!(value, Value::Time(_)));
            let text = first(|value| matches!(value, Value::Text(_)));
            let number = first(|value| matches!(value, Value::Number(_)))?;
            (time.or(text)?, number, time.and(text))
        }
    };
    let is_time = answer.rows.iter().filter_map(|row| row.values.get(x)).all(|value| matches!(value, Value::Time(_) | Value::Missing));
    let mut totals: BTreeMap<String, f64> = BTreeMap::new();
    let mut found: Vec<(Key, String, f64)> = Vec::new();
    for row in &answer.rows {
        let (Some(over), Some(height)) = (row.values.get(x), row.values.get(y).and_then(Value::as_number)) else { continue };
        let of_group = group.and_then(|group| row.values.get(group)).map(|value| value.printed().into_owned()).unwrap_or_default();
        *totals.entry(of_group.clone()).or_default() += height.max(0.0);
        let key = match over {
            Value::Time(millis) => Key::Time(*millis),
            other => Key::Text(other.printed().chars().take(60).collect()),
        };
        found.push((key, of_group, height.max(0.0)));
    }
    let mut groups: Vec<(String, f64)> = totals.into_iter().collect();
    groups.sort_by(|one, other| other.1.total_cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    let mut groups: Vec<String> = groups.into_iter().map(|(name, _)| name).collect();
    if groups.len() > GROUPS {
        groups.truncate(GROUPS - 1);
        groups.push("others".to_owned());
    }
    let index = |name: &str| groups.iter().position(|group| group == name).unwrap_or(groups.len().saturating_sub(1));
    let mut bars: Vec<(Key, Vec<f64>)> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (key, group, height) in found {
        let at = *places.entry(key.label()).or_insert_with(|| {
            bars.push((key, vec![0.0; groups.len()]));
            bars.len() - 1
        });
        if let Some(slot) = bars.get_mut(at).and_then(|(_, heights)| heights.get_mut(index(&group))) {
            *slot += height;
        }
    }
    if is_time {
        bars.sort_by_key(|(key, _)| if let Key::Time(millis) = key { *millis } else { 0 });
        bars = filled(bars, groups.len());
    }
    let left_out = bars.len().saturating_sub(BARS);
    bars.truncate(BARS);
    let of = answer.columns.get(y).cloned().unwrap_or_default();
    let bars: Vec<(String, Vec<f64>)> = bars.into_iter().map(|(key, heights)| (key.label(), heights)).collect();
    (!bars.is_empty()).then_some(Bars { is_time, of, groups, stands: bars, left_out })
}

/// What a bar stands over.
#[derive(Clone, Debug, PartialEq)]
enum Key {
    Time(i64),
    Text(String),
}

impl Key {
    fn label(&self) -> String {
        match self {
            Self::Time(millis) => Timestamp::from_millis(*millis).to_jiff().strftime("%m-%d %H:%M").to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

/// Slices of time without a row are bars too, of no height.
fn filled(bars: Vec<(Key, Vec<f64>)>, groups: usize) -> Vec<(Key, Vec<f64>)> {
    let times: Vec<i64> = bars.iter().filter_map(|(key, _)| if let Key::Time(millis) = key { Some(*millis) } else { None }).collect();
    let step = times.iter().zip(times.iter().skip(1)).map(|(one, next)| next - one).filter(|step| *step > 0).min();
    let (Some(step), Some(first), Some(last)) = (step, times.first(), times.last()) else { return bars };
    let even = times.iter().all(|time| (time - first) % step == 0);
    if !even || (last - first) / step >= BARS as i64 {
        return bars;
    }
    let mut known: BTreeMap<i64, Vec<f64>> =
        bars.into_iter().filter_map(|(key, heights)| if let Key::Time(millis) = key { Some((millis, heights)) } else { None }).collect();
    let mut all = Vec::new();
    let mut at = *first;
    while at <= *last {
        all.push((Key::Time(at), known.remove(&at).unwrap_or_else(|| vec![0.0; groups])));
        at += step;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::run::AnswerRow;

    fn results(columns: &[(&str, &str)], rows: Vec<Vec<Value>>) -> Results {
        let answer = Answer {
            columns: columns.iter().map(|(title, _)| (*title).to_owned()).collect(),
            names: columns.iter().map(|(_, name)| vec![(*name).to_owned()]).collect(),
            rows: rows.into_iter().map(|values| AnswerRow { event: None, values }).collect(),
            ..Answer::default()
        };
        let carried = columns.iter().map(|(title, name)| ((*title).to_owned(), vec![(*name).to_owned()])).collect();
        Results::of(Arc::new(answer), None, &carried, 1, Secrets::Masked)
    }

    #[test]
    fn cells_name_entities_by_the_fields_they_come_from() {
        let arn = "arn:aws:sts::111122223333:assumed-role/Dev/ann";
        let rows = vec![vec![Value::text(arn), Value::list(["203.0.113.9", "203.0.113.8"].map(Value::text)), Value::Number(3.0)]];
        let results = results(&[("who", "userIdentity.arn"), ("from", "sourceIPAddress"), ("n", "")], rows);
        assert_eq!(results.entities(0, 0), [Entity::new(EntityKind::Principal, "111122223333/role/Dev")]);
        assert_eq!(results.entities(0, 1).len(), 2);
        assert_eq!(results.entities(0, 2), []);
        assert_eq!(results.numeric, [false, false, true]);
    }

    #[test]
    fn long_cells_are_masked_before_they_are_cut() {
        let secret = format!("{} aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY {}", "x".repeat(3_960), "y".repeat(100_000));
        let results = results(&[("t", "a")], vec![vec![Value::text(secret)]]);
        let cell = &results.rows[0].cells[0];
        assert!(cell.chars().count() <= CELL + 1 && !cell.contains("wJalr"), "{}", &cell[3_900..]);
    }

    #[test]
    fn bars_over_time_have_a_bar_for_every_slice_and_few_groups() {
        let hour = 3_600_000;
        let row = |slice: i64, who: &str, n: f64| vec![Value::Time(slice * hour), Value::text(who), Value::Number(n)];
        let mut rows = vec![row(0, "a", 1.0), row(3, "b", 5.0), row(3, "a", 2.0)];
        rows.extend((0..8).map(|number| row(1, &format!("g{number}"), 0.1)));
        let results = results(&[("t", ""), ("who", ""), ("n", "")], rows);
        let bars = results.bars.expect("bars");
        assert_eq!((bars.is_time, bars.stands.len(), bars.groups.len()), (true, 4, GROUPS));
        assert_eq!(bars.groups[..2], ["b".to_owned(), "a".to_owned()]);
        assert_eq!(bars.stands[3].1[..2], [5.0, 2.0]);
        assert!(bars.stands[2].1.iter().all(|height| height.abs() < f64::EPSILON));
        let sum: f64 = bars.stands.iter().flat_map(|(_, heights)| heights).sum();
        assert!((sum - 8.8).abs() < 1e-9, "{sum}");
    }
}
