//! Jamf Protect telemetry: an exec event's arguments are an array (FORMATS §5).

use super::{Command, Form, Process};
use crate::decode::json::Value;
use crate::model::Timestamp;

/// The form.
pub(super) struct Telemetry;

/// The audit user id of a process that nobody logged in for.
const NO_LOGIN: &str = "4294967295";

impl Form for Telemetry {
    fn is(&self, record: Value<'_>) -> bool {
        record.at("event.exec.args").is_array()
    }

    /// Users are numbers. A name stands only in the process's own environment, which it may set to anything.
    fn read<'a>(&self, record: Value<'a>) -> Process<'a> {
        let exec = record.at("event.exec");
        let token = exec.at("target.audit_token");
        let user = token.get("auid").scalar().filter(|user| user != NO_LOGIN).or_else(|| token.get("ruid").scalar());
        Process {
            time: record.get("time").text().and_then(|time| Timestamp::parse(&time)),
            host: record.at("host.hostname").text_some(),
            user,
            command: Command::Arguments(exec.get("args").items().filter_map(Value::scalar).collect()),
        }
    }
}
