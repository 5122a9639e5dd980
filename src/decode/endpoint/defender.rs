//! Microsoft Defender's `DeviceProcessEvents` (FORMATS §5): from the streaming API under `properties`, or a flat row of
//! an advanced hunting query. `InitiatingProcessCommandLine` is the parent's and is left alone.

use super::{Form, Process, What};
use crate::decode::json::Value;
use crate::model::Timestamp;

/// The form.
pub(super) struct ProcessEvents;

impl Form for ProcessEvents {
    fn is(&self, record: Value<'_>) -> bool {
        let row = row(record);
        row.get("ProcessCommandLine").is_text() && (row.get("DeviceName").is_text() || row.get("DeviceId").is_text())
    }

    fn read<'a>(&self, record: Value<'a>) -> Process<'a> {
        let row = row(record);
        let time = [row.get("Timestamp"), row.get("TimeGenerated"), record.get("time")];
        Process {
            time: time.into_iter().find_map(|time| Timestamp::parse(&time.text()?)),
            host: row.get("DeviceName").text_some().or_else(|| row.get("DeviceId").text_some()),
            user: row.get("AccountName").text_some().or_else(|| row.get("AccountSid").text_some()),
            what: match row.get("ProcessCommandLine").text_some() {
                Some(line) => What::Line(line),
                None => What::Program(row.get("FileName").text().unwrap_or_default()),
            },
            more: row.get("FolderPath").text_some().into_iter().collect(),
            ..Process::default()
        }
    }
}

fn row(record: Value<'_>) -> Value<'_> {
    let streamed = record.get("properties");
    if streamed.is_object() { streamed } else { record }
}
