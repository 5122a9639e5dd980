//! The Windows security log's process creation (FORMATS §5): event 4688. Its command line is empty unless auditing of
//! command lines was switched on; then the program is all there is.

use super::windows::Logged;
use super::{Form, Process, What};
use crate::decode::json::Value;

/// The form.
pub(super) struct ProcessCreation;

impl Form for ProcessCreation {
    fn is(&self, record: Value<'_>) -> bool {
        let event = Logged::of(record);
        event.has_id(4688) && (event.field("NewProcessName").is_text() || event.field("CommandLine").is_text())
    }

    fn read<'a>(&self, record: Value<'a>) -> Process<'a> {
        let event = Logged::of(record);
        Process {
            time: event.logged_at(),
            host: event.computer(),
            user: event.filled("SubjectUserName"),
            what: match event.filled("CommandLine") {
                Some(line) => What::Line(line),
                None => What::Program(event.filled("NewProcessName").unwrap_or_default()),
            },
            more: event.filled("NewProcessName").into_iter().collect(),
            ..Process::default()
        }
    }
}
