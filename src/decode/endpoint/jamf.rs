//! Jamf Protect telemetry (FORMATS §5): an exec event's arguments are an array; in the legacy form they are an object
//! keyed by their numbers.

use super::{Form, Process, What};
use crate::decode::json::Value;
use crate::model::{Outcome, Timestamp};

/// The form of today.
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
            what: What::Arguments(exec.get("args").items().filter_map(Value::scalar).collect()),
            ..Process::default()
        }
    }
}

/// The form of the OpenBSM audit trail.
pub(super) struct Legacy;

impl Form for Legacy {
    fn is(&self, record: Value<'_>) -> bool {
        let arguments = record.get("exec_args");
        arguments.get("args").is_object() || arguments.get("args_compiled").is_text()
    }

    fn read<'a>(&self, record: Value<'a>) -> Process<'a> {
        let subject = record.get("subject");
        let failed = record.at("return.error").number().is_some_and(|error| error != 0.0);
        Process {
            time: time(record.get("header")),
            host: record.at("host_info.host_name").text_some(),
            user: ["effective_user_name", "user_name", "effective_user_id"].iter().find_map(|name| filled(subject.get(name))),
            outcome: if failed { Outcome::Error } else { Outcome::Ok },
            what: arguments(record.get("exec_args")),
            ..Process::default()
        }
    }
}

fn filled(value: Value<'_>) -> Option<std::borrow::Cow<'_, str>> {
    value.scalar().filter(|text| !text.is_empty())
}

/// Whole seconds, and milliseconds beyond them.
fn time(header: Value<'_>) -> Option<Timestamp> {
    let seconds = i64::try_from(header.get("time_seconds_epoch").count()?).ok()?;
    let millis = header.get("time_milliseconds_offset").count().and_then(|millis| i64::try_from(millis).ok()).unwrap_or(0);
    Some(Timestamp::from_millis(seconds.checked_mul(1000)?.checked_add(millis)?))
}

/// The numbered arguments in the order of their numbers: `"10"` comes after `"9"`.
fn arguments(written: Value<'_>) -> What<'_> {
    let mut numbered: Vec<_> =
        written.get("args").entries().filter_map(|(number, argument)| Some((number.text().parse::<u32>().ok()?, argument.scalar()?))).collect();
    if numbered.is_empty() {
        return What::Commas(written.get("args_compiled").text().unwrap_or_default());
    }
    numbered.sort_by_key(|(number, _)| *number);
    What::Arguments(numbered.into_iter().map(|(_, argument)| argument).collect())
}
