//! Lists of events by time, such as a fetch asks for: these are answered without the engine, so that a quarter of a million events cost
//! a test seconds. A test compares both ways.

use std::cmp::Reverse;
use std::sync::Arc;

use outcrop::model::Timestamp;

use super::answer::owned;
use super::world::{LogEvent, Region};

/// Fields, an interval in milliseconds perhaps, an order by time, a limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    fields: Vec<String>,
    millis: (i64, i64),
    is_ascending: bool,
    limit: usize,
}

impl Listing {
    /// The list that a text asks for, when it asks for nothing else.
    pub fn of(text: &str) -> Option<Self> {
        let mut stages = text.split(" | ");
        let fields: Vec<String> = stages.next()?.strip_prefix("fields ")?.split(", ").map(str::to_owned).collect();
        let known = ["@timestamp", "@message", "@logStream", "@log"];
        let mut stage = stages.next()?;
        let mut millis = (i64::MIN, i64::MAX);
        if let Some(within) = stage.strip_prefix("filter toMillis(@timestamp) >= ") {
            let (from, to) = within.split_once(" and toMillis(@timestamp) < ")?;
            millis = (from.parse().ok()?, to.parse().ok()?);
            stage = stages.next()?;
        }
        let is_ascending = match stage {
            "sort @timestamp asc" => true,
            "sort @timestamp desc" => false,
            _ => return None,
        };
        let limit = stages.next()?.strip_prefix("limit ")?.parse().ok()?;
        (stages.next().is_none() && fields.iter().all(|field| known.contains(&field.as_str()))).then_some(Self {
            fields,
            millis,
            is_ascending,
            limit,
        })
    }

    /// The events, no more than the limit, and how many there would be.
    pub fn events(&self, region: &Region, names: &[String], window: (i64, i64), now: i64) -> (Vec<Arc<LogEvent>>, u64) {
        let groups = region.groups();
        let mut found: Vec<Arc<LogEvent>> = Vec::new();
        for group in names.iter().filter_map(|name| groups.get(name)) {
            let from = window.0.max(group.keeps_from(now)).max(self.millis.0);
            found.extend_from_slice(group.between(from, window.1.min(self.millis.1.saturating_sub(1))));
        }
        if self.is_ascending {
            found.sort_by_key(|event| event.time);
        } else {
            found.sort_by_key(|event| Reverse(event.time));
        }
        let matched = found.len() as u64;
        found.truncate(self.limit);
        (found, matched)
    }

    /// An event as a row of JSON.
    pub fn row(&self, event: &LogEvent) -> String {
        let quoted = |text: &str| serde_json::to_string(text).expect("JSON");
        let value = |name: &str| match name {
            "@timestamp" => quoted(&Timestamp::from_millis(event.time).to_jiff().strftime("%Y-%m-%d %H:%M:%S%.3f").to_string()),
            "@message" => quoted(&event.message),
            "@logStream" => quoted(&event.stream),
            "@log" => {
                let (account, group) = owned(&event.group);
                quoted(&format!("{account}:{group}"))
            }
            _ => quoted(&event.ptr),
        };
        let names = self.fields.iter().map(String::as_str).chain(["@ptr"]);
        let fields: Vec<String> = names.map(|name| format!(r#"{{"field":"{name}","value":{}}}"#, value(name))).collect();
        format!("[{}]", fields.join(","))
    }
}
