//! What there is: groups, streams, fields, indexes, single events.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::answer::{owned, plain_name, pointed};
use super::filter::Pattern;
use super::world::{Group, LogEvent, Region};
use super::{ACCOUNT, Outcome, Shared};

/// The group that a request names, by name or ARN.
pub fn group_named(body: &Value) -> Option<&str> {
    ["logGroupName", "logGroupIdentifier"].iter().find_map(|name| body[*name].as_str()).map(plain_name)
}

fn with_group(logs: Option<&Region>, body: &Value, tell: impl FnOnce(&str, &Group) -> Outcome) -> Outcome {
    let name = group_named(body).unwrap_or_default();
    let Some(logs) = logs else { return missing() };
    logs.groups().get(name).map_or_else(missing, |group| tell(name, group))
}

fn missing() -> Outcome {
    Outcome::error("ResourceNotFoundException", "The specified log group does not exist.")
}

/// Where a page begins.
fn begins(body: &Value) -> Result<usize, Outcome> {
    let Some(token) = body["nextToken"].as_str() else { return Ok(0) };
    let plain = BASE64_STANDARD.decode(token).ok().and_then(|text| String::from_utf8(text).ok());
    let number = plain.and_then(|text| text.parse().ok());
    number.ok_or_else(|| Outcome::error("InvalidParameterException", "The specified nextToken is invalid."))
}

/// A stretch of a list, and the token of the next.
fn page<T: Clone>(all: &[T], body: &Value, most: usize) -> Result<(Vec<T>, Value), Outcome> {
    let limit = body["limit"].as_u64().map_or(most, |limit| limit as usize);
    if limit == 0 || limit > most {
        return Err(Outcome::error("InvalidParameterException", &format!("limit: between 1 and {most}")));
    }
    let from = begins(body)?;
    let to = (from + limit).min(all.len());
    let next = if to < all.len() { Value::from(BASE64_STANDARD.encode(to.to_string())) } else { Value::Null };
    Ok((all.get(from..to).unwrap_or_default().to_vec(), next))
}

/// `DescribeLogGroups`
pub fn groups(logs: Option<&Region>, region: &str, body: &Value) -> Outcome {
    let (prefix, pattern) = (body["logGroupNamePrefix"].as_str(), body["logGroupNamePattern"].as_str());
    if prefix.is_some() && pattern.is_some() {
        return Outcome::error("InvalidParameterException", "logGroupNamePrefix and logGroupNamePattern are mutually exclusive");
    }
    let told: Vec<Value> = logs
        .map(|logs| {
            let groups = logs.groups();
            let with_linked = body["includeLinkedAccounts"] == true;
            let chosen = groups.iter().map(|(name, group)| (owned(name), group)).filter(|((account, _), _)| with_linked || *account == ACCOUNT);
            let chosen = chosen.filter(|((_, name), _)| prefix.is_none_or(|prefix| name.starts_with(prefix)));
            let chosen = chosen.filter(|((_, name), _)| pattern.is_none_or(|pattern| name.contains(pattern)));
            let tell = |((account, name), group): ((&str, &str), &Group)| {
                let arn = format!("arn:aws:logs:{region}:{account}:log-group:{name}");
                let bytes: usize = group.events.iter().map(|event| event.message.len()).sum();
                let mut told = json!({
                    "logGroupName": name, "arn": format!("{arn}:*"), "logGroupArn": arn, "creationTime": group.created, "metricFilterCount": 0,
                    "storedBytes": bytes / 8, "logGroupClass": group.class,
                });
                if let Some(days) = group.retention_days {
                    told["retentionInDays"] = json!(days);
                }
                told
            };
            chosen.map(tell).collect()
        })
        .unwrap_or_default();
    match page(&told, body, 50) {
        Ok((page, next)) => Outcome::ok(json!({ "logGroups": page, "nextToken": next })),
        Err(outcome) => outcome,
    }
}

/// `DescribeLogStreams`
pub fn streams(logs: Option<&Region>, body: &Value) -> Outcome {
    with_group(logs, body, |_, group| {
        let mut times: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
        for event in &group.events {
            let span = times.entry(&event.stream).or_insert((event.time, event.time));
            *span = (span.0.min(event.time), span.1.max(event.time));
        }
        let prefix = body["logStreamNamePrefix"].as_str().unwrap_or_default();
        let mut streams: Vec<_> = times.into_iter().filter(|(name, _)| name.starts_with(prefix)).collect();
        if body["orderBy"] == "LastEventTime" {
            streams.sort_by_key(|(_, (_, last))| *last);
        }
        if body["descending"] == true {
            streams.reverse();
        }
        let told: Vec<Value> = streams
            .into_iter()
            .map(|(name, (first, last))| {
                json!({ "logStreamName": name, "creationTime": first, "firstEventTimestamp": first, "lastEventTimestamp": last,
                        "lastIngestionTime": last + 2_000, "storedBytes": 0 })
            })
            .collect();
        match page(&told, body, 50) {
            Ok((page, next)) => Outcome::ok(json!({ "logStreams": page, "nextToken": next })),
            Err(outcome) => outcome,
        }
    })
}

/// `GetLogGroupFields`: those of the quarter of an hour around a time, or the last one.
pub fn fields(logs: Option<&Region>, body: &Value, now: i64) -> Outcome {
    with_group(logs, body, |_, group| {
        let (from, to) = body["time"].as_i64().map_or((now - 900_000, now), |at| (at * 1000 - 480_000, at * 1000 + 480_000));
        let events = group.between(from, to);
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for name in ["@ingestionTime", "@log", "@logStream", "@message", "@timestamp"].into_iter().filter(|_| !events.is_empty()) {
            seen.insert(name.to_owned(), events.len());
        }
        for event in events {
            let mut names = Vec::new();
            if let Ok(value) = serde_json::from_str(&event.message) {
                discover(&value, "", &mut names);
            }
            for name in names.into_iter().take(200) {
                *seen.entry(name).or_default() += 1;
            }
        }
        let told: Vec<Value> = seen.iter().map(|(name, count)| json!({ "name": name, "percent": count * 100 / events.len().max(1) })).collect();
        Outcome::ok(json!({ "logGroupFields": told }))
    })
}

fn discover(value: &Value, path: &str, names: &mut Vec<String>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| discover(value, &below(name), names)),
        Value::Array(values) => values.iter().enumerate().for_each(|(number, value)| discover(value, &below(&number.to_string()), names)),
        _ => names.push(path.to_owned()),
    }
}

/// `DescribeFieldIndexes`: those that every group has.
pub fn indexes(logs: Option<&Region>, body: &Value) -> Outcome {
    let names = body["logGroupIdentifiers"].as_array().cloned().unwrap_or_default();
    let mut told = Vec::new();
    for name in names.iter().filter_map(Value::as_str).map(plain_name) {
        if !logs.is_some_and(|logs| logs.groups().contains_key(name)) {
            return missing();
        }
        for field in ["@logStream", "traceId", "severityText"] {
            told.push(json!({ "logGroupIdentifier": name, "fieldIndexName": field, "type": "DEFAULT" }));
        }
    }
    Outcome::ok(json!({ "fieldIndexes": told }))
}

/// `GetLogRecord`
pub fn record(logs: Option<&Region>, body: &Value) -> Outcome {
    let Some(logs) = logs else { return missing() };
    let places = logs.places();
    match pointed(&places, body["logRecordPointer"].as_str().unwrap_or_default()) {
        None => Outcome::error("ResourceNotFoundException", "The log record does not exist."),
        Some(event) => Outcome::ok(json!({ "logRecord": {
            "@ptr": event.ptr, "@message": event.message, "@timestamp": event.time.to_string(), "@ingestionTime": event.ingested.to_string(),
            "@logStream": event.stream, "@log": format!("{ACCOUNT}:{}", event.group),
        } })),
    }
}

/// `FilterLogEvents`: a page holds 1 MB at most; both ends of the time are inside.
pub fn events(shared: &Shared, logs: Option<&Region>, body: &Value) -> Outcome {
    with_group(logs, body, |_, group| {
        if group.class != "STANDARD" {
            return Outcome::error("InvalidOperationException", "The operation is not supported by the log group's class.");
        }
        let pattern = match Pattern::parse(body["filterPattern"].as_str().unwrap_or_default()) {
            Ok(pattern) => pattern,
            Err(told) => return Outcome::error("InvalidParameterException", &told),
        };
        let from = body["startTime"].as_i64().unwrap_or(i64::MIN).max(group.keeps_from(shared.now()));
        let mut chosen: Vec<_> = group.between(from, body["endTime"].as_i64().unwrap_or(i64::MAX)).to_vec();
        let streams: Option<Vec<&str>> = body["logStreamNames"].as_array().map(|names| names.iter().filter_map(Value::as_str).collect());
        let prefix = body["logStreamNamePrefix"].as_str().unwrap_or_default();
        chosen.retain(|event| {
            streams.as_ref().is_none_or(|names| names.contains(&event.stream.as_str()))
                && event.stream.starts_with(prefix)
                && pattern.holds(&event.message)
        });
        if body["startFromHead"] == false {
            chosen.reverse();
        }
        // Not more than fits into a page, one at least.
        let mut size = 0;
        let fits = |event: &&Arc<LogEvent>| {
            size += event.message.len() + 26;
            size <= 1 << 20
        };
        let fitting = begins(body).map(|from| chosen.iter().skip(from).take_while(fits).count().max(1));
        let limit = body["limit"].as_u64().map_or(10_000, |limit| limit as usize);
        match fitting.and_then(|count| page(&chosen, &json!({ "nextToken": body["nextToken"], "limit": count.min(limit) }), 10_000)) {
            Err(outcome) => outcome,
            Ok((page, next)) => {
                let told: Vec<Value> = page
                    .iter()
                    .map(|event| {
                        json!({ "eventId": event.ptr, "timestamp": event.time, "ingestionTime": event.ingested, "logStreamName": event.stream,
                                "message": event.message })
                    })
                    .collect();
                Outcome::ok(json!({ "events": told, "searchedLogStreams": [], "nextToken": next }))
            }
        }
    })
}
