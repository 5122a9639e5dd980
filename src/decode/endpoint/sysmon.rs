//! Sysmon's process creation (FORMATS §5): event 1, nested as in the event log or flat.

use super::windows::Logged;
use super::{Form, Process, What};
use crate::decode::json::Value;
use crate::model::Timestamp;

/// The form.
pub(super) struct Sysmon;

impl Form for Sysmon {
    /// Event 1 of other providers is something else.
    fn is(&self, record: Value<'_>) -> bool {
        let event = Logged::of(record);
        let is_sysmon = || event.came_from("Sysmon") || event.field("ProcessGuid").is_text();
        event.has_id(1) && is_sysmon() && (event.field("CommandLine").is_text() || event.field("Image").is_text())
    }

    fn read<'a>(&self, record: Value<'a>) -> Process<'a> {
        let event = Logged::of(record);
        // `2025-12-11 06:17:19.636`, in UTC without saying so.
        let began = event.field("UtcTime").text().and_then(|time| Timestamp::parse(&time));
        Process {
            time: began.or_else(|| event.logged_at()),
            host: event.computer(),
            user: event.filled("User"),
            what: match event.filled("CommandLine") {
                Some(line) => What::Line(line),
                None => What::Program(event.filled("Image").unwrap_or_default()),
            },
            more: ["Image", "CurrentDirectory"].iter().filter_map(|name| event.filled(name)).collect(),
            ..Process::default()
        }
    }
}
