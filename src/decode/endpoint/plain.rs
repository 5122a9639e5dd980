//! The plain form that any tool can be brought to: `{"time", "host", "user", "command_line"}`.

use super::{Command, Form, Process};
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
            time: record.get("time").scalar().and_then(|time| read_time(&time)),
            host: record.get("host").scalar(),
            user: record.get("user").scalar(),
            command: if line.is_array() {
                Command::Arguments(line.items().filter_map(Value::scalar).collect())
            } else {
                Command::Line(line.text().unwrap_or_default())
            },
        }
    }
}

/// Seconds stay below this until the year 5138, milliseconds are above it since 1973.
const MILLISECONDS: f64 = 1e11;

/// A spelled-out time, or seconds or milliseconds since the epoch.
fn read_time(time: &str) -> Option<Timestamp> {
    Timestamp::parse(time).or_else(|| {
        let number: f64 = time.parse().ok()?;
        let millis = if number < MILLISECONDS { number * 1000.0 } else { number };
        (millis.is_finite() && (0.0..1e15).contains(&millis)).then(|| Timestamp::from_millis(millis as i64))
    })
}
