//! Where items go: counts them for the report and hands them on.

use std::borrow::Cow;
use std::ops::ControlFlow;

use super::unwrap::{open, result_rows};
use super::{Item, Limits, Report};
use crate::decode::json::Tape;
use crate::model::{RecordPosition, Timestamp, Wrap};

/// The receiving end of a reading.
pub(super) struct Out<'a> {
    pub(super) limits: Limits,
    pub(super) report: Report,
    each: &'a mut dyn FnMut(Item<'_>) -> ControlFlow<()>,
    tape: Tape,
}

impl<'a> Out<'a> {
    pub(super) fn new(limits: Limits, each: &'a mut dyn FnMut(Item<'_>) -> ControlFlow<()>) -> Self {
        Self { limits, report: Report::default(), each, tape: Tape::new() }
    }

    /// A record that stands as it is.
    pub(super) fn bare(&mut self, bytes: &[u8], offset: u64, compact: bool) -> ControlFlow<()> {
        self.report.records += 1;
        let position = RecordPosition { offset, length: bytes.len() as u32, wrap: Wrap::None };
        (self.each)(Item::Record { bytes: Cow::Borrowed(bytes), position, logged_at: None, compact })
    }

    /// A record in a wrap; what its wrapper says about the time goes before `logged_at`.
    pub(super) fn wrapped(&mut self, outer: &[u8], position: RecordPosition, logged_at: Option<Timestamp>) -> ControlFlow<()> {
        if matches!(position.wrap, Wrap::ResultRow(_)) {
            return self.rows(outer, position, logged_at);
        }
        let Some(opened) = open(outer, position.wrap, &mut self.tape) else {
            return self.broken(outer, position.offset, "the wrapper holds no record");
        };
        if position.wrap == Wrap::Message && opened.record.starts_with(b"CWL CONTROL MESSAGE") {
            self.report.control_messages += 1;
            return ControlFlow::Continue(());
        }
        self.report.records += 1;
        (self.each)(Item::Record { bytes: opened.record, position, logged_at: opened.logged_at.or(logged_at), compact: false })
    }

    /// A result of many rows: a record each. One without rows stands as it is.
    fn rows(&mut self, outer: &[u8], position: RecordPosition, logged_at: Option<Timestamp>) -> ControlFlow<()> {
        let tape = Tape::of(outer);
        let rows = result_rows(tape.root(outer));
        if rows.len() == 0 {
            self.report.records += 1;
            let position = RecordPosition { wrap: Wrap::None, ..position };
            (self.each)(Item::Record { bytes: Cow::Borrowed(outer), position, logged_at, compact: false })
        } else {
            (0u32..).zip(rows).try_for_each(|(number, row)| {
                self.report.records += 1;
                let position = RecordPosition { wrap: Wrap::ResultRow(number), ..position };
                (self.each)(Item::Record { bytes: row.into(), position, logged_at, compact: false })
            })
        }
    }

    /// A piece that is no record, or half of one. Blanks and commas at its end do not belong to it; nothing at all is
    /// passed over.
    pub(super) fn broken(&mut self, bytes: &[u8], offset: u64, reason: impl Into<String>) -> ControlFlow<()> {
        let length = bytes.iter().rposition(|byte| !byte.is_ascii_whitespace() && *byte != b',').map_or(0, |last| last + 1);
        let bytes = bytes.get(..length).unwrap_or(bytes);
        if bytes.is_empty() {
            return ControlFlow::Continue(());
        }
        if bytes.len() > self.limits.max_record {
            return self.refused(offset, bytes.len() as u64, format!("{} and {}", reason.into(), self.limits.too_large()));
        }
        self.report.broken += 1;
        let position = RecordPosition { offset, length: bytes.len() as u32, wrap: Wrap::None };
        (self.each)(Item::Broken { bytes, position, reason: reason.into() })
    }

    /// Bytes that were passed over.
    pub(super) fn refused(&mut self, offset: u64, length: u64, reason: impl Into<String>) -> ControlFlow<()> {
        self.report.refused += 1;
        (self.each)(Item::Refused { offset, length, reason: reason.into() })
    }

    /// Notes what is wrong with the source as a whole; the first word stands.
    pub(super) fn problem(&mut self, what: impl FnOnce() -> String) {
        self.report.problem.get_or_insert_with(what);
    }
}
