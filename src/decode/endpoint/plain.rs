//! The plain form that any tool can be brought to: `{"time", "host", "user", "command_line"}`.

use super::{Form, Process, What};
use crate::decode::json::Value;
use crate::model::Timestamp;

/// The form.
pub(super) struct Plain;

impl Form for Plain {
    fn is(&self, record: Value<'_>) -> bool {
        let line = record.get("command_line");
        line.is_text() || line.is_array()
    }

    fn read<'a>(&self, record: Value<'a>) -> Process<'a> {
        let line = record.get("command_line");
        Process {
            time: record.get("time").scalar().and_then(|time| spelled_or_counted(&time)),
            host: record.get("host").scalar(),
            user: record.get("user").scalar(),
            what: if line.is_array() {
                What::Arguments(line.items().filter_map(Value::scalar).collect())
            } else {
                What::Line(line.text().unwrap_or_default())
            },
            ..Process::default()
        }
    }
}

/// Seconds stay below this until the year 5138, milliseconds are above it since 1973.
const MILLISECONDS: f64 = 1e11;

/// A spelled-out time, or seconds or milliseconds since the epoch.
pub(super) fn spelled_or_counted(time: &str) -> Option<Timestamp> {
    Timestamp::parse(time).or_else(|| counted(time))
}

/// Seconds or milliseconds since the epoch; 0 is none.
pub(super) fn counted(time: &str) -> Option<Timestamp> {
    let number: f64 = time.trim().parse().ok()?;
    let millis = if number < MILLISECONDS { number * 1000.0 } else { number };
    (millis > 0.0 && millis < 1e15).then(|| Timestamp::from_millis(millis.round() as i64))
}
