//! CrowdStrike's process starts (FORMATS §5): `ProcessRollup2` as Falcon Data Replicator writes it, and wrapped under
//! `event` by exporters. Every number is a string.

use super::{Form, Process, What, plain};
use crate::decode::json::Value;

/// The form.
pub(super) struct ProcessRollup;

impl Form for ProcessRollup {
    fn is(&self, record: Value<'_>) -> bool {
        let data = data(record);
        (data.get("CommandLine").is_text() || data.get("ImageFileName").is_text())
            && [data, record].iter().any(|place| {
                ["event_simpleName", "event_simplename", "fdr_event_type"].iter().any(|key| {
                    let name = place.get(key);
                    // Synthetic: the process ran already when the sensor started.
                    name.is("ProcessRollup2") || name.is("SyntheticProcessRollup2")
                })
            })
    }

    /// The time is when the process started; `timestamp` is when the sensor said so.
    fn read<'a>(&self, record: Value<'a>) -> Process<'a> {
        let data = data(record);
        let filled = |name: &str| [data, record].iter().find_map(|place| place.get(name).scalar().filter(|text| !text.is_empty()));
        Process {
            time: ["ProcessStartTime", "timestamp"].iter().find_map(|name| plain::spelled_or_counted(&filled(name)?)),
            host: filled("ComputerName").or_else(|| filled("aid")),
            user: ["UserName", "UserSid", "UID"].iter().find_map(|name| filled(name)),
            what: match filled("CommandLine") {
                Some(line) => What::Line(line),
                None => What::Program(filled("ImageFileName").unwrap_or_default()),
            },
            more: filled("ImageFileName").into_iter().collect(),
            ..Process::default()
        }
    }
}

fn data(record: Value<'_>) -> Value<'_> {
    let wrapped = record.get("event");
    if wrapped.is_object() { wrapped } else { record }
}
