//! Undoing a wrap: from the bytes at a record's position to the record. The same bytes always give the same record,
//! because evidence is read again this way (and its hash checked) long after ingest.

use std::borrow::Cow;

use crate::decode::endpoint::{Row, osquery_rows};
use crate::decode::json::{End, Kind, Tape, Value};
use crate::model::{Timestamp, Wrap, lossless_json_string};

/// JSON in a string in a string …: more turns than this are not undone.
const MAX_PEELS: usize = 4;

/// A record taken out of its wrap.
pub(super) struct Opened<'a> {
    pub(super) record: Cow<'a, [u8]>,
    /// When the wrapper says that it was logged.
    pub(super) logged_at: Option<Timestamp>,
}

/// The record inside `outer`, the bytes at a record's position. `None` when they do not hold one: they are not the
/// bytes that were wrapped like this.
pub fn unwrap(outer: &[u8], wrap: Wrap) -> Option<Cow<'_, [u8]>> {
    if wrap == Wrap::None {
        return Some(outer.into());
    }
    open(outer, wrap, &mut Tape::new()).map(|opened| opened.record)
}

pub(super) fn open<'a>(outer: &'a [u8], wrap: Wrap, tape: &mut Tape) -> Option<Opened<'a>> {
    let (record, logged_at) = match wrap {
        Wrap::None => return Some(Opened { record: outer.into(), logged_at: None }),
        Wrap::Message => member(outer, "message", &["timestamp", "@timestamp", "ingestionTime"], tape)?,
        Wrap::CloudTrailEvent => member(outer, "CloudTrailEvent", &["EventTime"], tape)?,
        Wrap::Detail => member(outer, "detail", &["time"], tape)?,
        Wrap::JsonString => {
            tape.parse(outer);
            (inside(outer, tape.root(outer))?, None)
        }
        Wrap::InsightsField => insights_row(outer, tape)?,
        Wrap::LakeRow => (lake_row(outer, tape)?.into(), None),
        Wrap::ResultRow(number) => {
            tape.parse(outer);
            (result_rows(tape.root(outer)).nth(number as usize)?.into(), None)
        }
        Wrap::CsvColumn(column) => (super::table::cell(outer, column)?.into(), None),
    };
    Some(Opened { record: peel(record, tape), logged_at })
}

/// The value of a key: the text of a string, or an object as written.
fn member<'a>(outer: &'a [u8], key: &str, times: &[&str], tape: &mut Tape) -> Option<(Cow<'a, [u8]>, Option<Timestamp>)> {
    tape.parse(outer);
    let root = tape.root(outer);
    let logged_at = times.iter().find_map(|name| instant(root.get(name)));
    Some((inside(outer, root.get(key))?, logged_at))
}

fn inside<'a>(outer: &'a [u8], value: Value<'_>) -> Option<Cow<'a, [u8]>> {
    let range = value.range();
    match value.kind() {
        Kind::Text => {
            let raw = outer.get(range.start + 1..range.start + 1 + value.raw_text().len())?;
            Some(if memchr::memchr(b'\\', raw).is_some() { value.text()?.into_owned().into_bytes().into() } else { raw.into() })
        }
        Kind::Object | Kind::Deep => outer.get(range).map(Cow::Borrowed),
        _ => None,
    }
}

/// A time in milliseconds or seconds since the epoch (number or string), or spelled out.
fn instant(value: Value<'_>) -> Option<Timestamp> {
    if let Some(number) = value.number() {
        let millis = if number < 100_000_000_000.0 { number * 1000.0 } else { number };
        return (millis.is_finite() && millis > 0.0 && millis < 1.0e15).then_some(Timestamp::from_millis(millis as i64));
    }
    Timestamp::parse(&value.text()?)
}

/// Wraps within the wrap: EventBridge events in a log group, JSON in a string.
fn peel<'a>(mut record: Cow<'a, [u8]>, tape: &mut Tape) -> Cow<'a, [u8]> {
    for _ in 0..MAX_PEELS {
        let inner = match record.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'"') => {
                tape.parse(&record);
                inside(&record, tape.root(&record)).map(Cow::into_owned)
            }
            Some(b'{') if memchr::memmem::find(&record, b"\"detail-type\"").is_some() => {
                tape.parse(&record);
                let root = tape.root(&record);
                let detail = root.get("detail");
                (root.get("detail-type").is_text() && detail.is_object()).then(|| detail.raw().to_vec())
            }
            _ => None,
        };
        match inner {
            Some(inner) => record = inner.into(),
            None => break,
        }
    }
    record
}

/// A row of a Logs Insights result: `[{"field","value"},…]`, or the same objects without brackets (the flattened form).
/// Its `@message`; for a query that did not ask for one, an object of the row's fields.
fn insights_row<'a>(outer: &'a [u8], tape: &mut Tape) -> Option<(Cow<'a, [u8]>, Option<Timestamp>)> {
    let mut message = None;
    let mut logged_at = None;
    let mut row = Vec::from(b"{");
    each_object(outer, tape, |bytes, object| {
        let (field, value) = (object.get("field"), object.get("value"));
        if field.is("@message") && message.is_none() {
            message = inside(bytes, value);
        } else if field.is("@timestamp") {
            logged_at = instant(value);
        }
        if field.is_text() {
            add(&mut row, field.raw(), value.raw());
        }
    });
    row.push(b'}');
    match message {
        Some(message) => Some((message, logged_at)),
        None if row.len() > 2 => Some((row.into(), logged_at)),
        None => None,
    }
}

/// A row of a CloudTrail Lake result, as one record: nested values, which Lake gives as strings, become JSON again.
fn lake_row(outer: &[u8], tape: &mut Tape) -> Option<Vec<u8>> {
    let mut row = Vec::from(b"{");
    let mut inner = Tape::new();
    each_object(outer, tape, |_, object| {
        for (key, value) in object.entries() {
            let key = lossless_json_string(&key.text());
            match value.text() {
                Some(text) if is_json_document(text.as_bytes(), &mut inner) => add(&mut row, key.as_bytes(), text.as_bytes()),
                _ => add(&mut row, key.as_bytes(), value.raw()),
            }
        }
    });
    row.push(b'}');
    (row.len() > 2).then_some(row)
}

/// Each row of an osquery result, as a result with this row only: what is said of all of them is said of each. Not one
/// when the copies would be much more than the whole: then nobody meant them to be read one by one.
pub(super) fn result_rows(result: Value<'_>) -> impl ExactSizeIterator<Item = Vec<u8>> {
    const AT_MOST: usize = 16;
    let mut head = Vec::from(b"{");
    for (key, value) in result.entries().filter(|(key, _)| !["snapshot", "diffResults", "columns", "action"].iter().any(|name| key.is(name))) {
        head.push(b'"');
        head.extend_from_slice(key.raw());
        head.extend_from_slice(b"\":");
        head.extend_from_slice(if value.raw().is_empty() { b"null" } else { value.raw() });
        head.push(b',');
    }
    let mut rows: Vec<Row<'_>> = osquery_rows(result).collect();
    if rows.len().saturating_mul(head.len()) > result.raw().len().saturating_mul(AT_MOST) {
        rows.clear();
    }
    rows.into_iter().map(move |row| [&head, &b"\"action\":\""[..], row.action.as_bytes(), b"\",\"columns\":", row.columns.raw(), b"}"].concat())
}

fn is_json_document(text: &[u8], tape: &mut Tape) -> bool {
    let trimmed = text.trim_ascii();
    matches!(trimmed.first(), Some(b'{' | b'[')) && tape.parse(trimmed) == End::Complete(trimmed.len())
}

fn add(object: &mut Vec<u8>, quoted_key: &[u8], value: &[u8]) {
    if object.len() > 1 {
        object.push(b',');
    }
    object.extend_from_slice(quoted_key);
    object.push(b':');
    object.extend_from_slice(if value.is_empty() { b"null" } else { value });
}

/// Every object of an array, of a row of objects without brackets, or the one object itself; with the bytes that its
/// positions count in.
fn each_object<'a>(outer: &'a [u8], tape: &mut Tape, mut each: impl FnMut(&'a [u8], Value<'_>)) {
    let mut rest = outer;
    loop {
        let end = tape.parse(rest);
        let root = tape.root(rest);
        if root.is_array() {
            root.items().for_each(|item| each(rest, item));
        } else if root.is_object() {
            each(rest, root);
        }
        let End::Complete(end) = end else { return };
        let tail = rest.get(end..).unwrap_or_default();
        let skipped = tail.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == b',').count();
        rest = tail.get(skipped..).unwrap_or_default();
        if rest.is_empty() || skipped == 0 {
            return;
        }
    }
}
