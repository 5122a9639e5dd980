//! CSV with a column of records: what the Logs Insights console exports, and tables that keep the raw event.

use std::ops::ControlFlow;

use memchr::{memchr, memchr2};

use super::out::Out;
use super::window::Window;
use crate::model::{RecordPosition, Timestamp, Wrap};

/// Columns that hold the raw record, best first; compared without regard to case.
const RECORD_COLUMNS: [&[u8]; 6] = [b"@message", b"message", b"cloudtrailevent", b"eventjson", b"_raw", b"rawevent"];
const TIME_COLUMNS: [&[u8]; 4] = [b"@timestamp", b"timestamp", b"eventtime", b"_time"];

/// Which columns matter, by the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    record: u16,
    time: Option<u16>,
}

/// The columns of a CSV header; `None` when it has no column of records.
pub(super) fn columns(header: &[u8]) -> Option<Columns> {
    let names = fields(header);
    let position = |wanted: &[&[u8]]| {
        wanted
            .iter()
            .find_map(|want| names.iter().position(|name| name.trim_ascii().eq_ignore_ascii_case(want)))
            .and_then(|at| u16::try_from(at).ok())
    };
    Some(Columns { record: position(&RECORD_COLUMNS)?, time: position(&TIME_COLUMNS) })
}

/// One cell of one CSV record.
pub(super) fn cell(record: &[u8], column: u16) -> Option<Vec<u8>> {
    fields(record).into_iter().nth(usize::from(column))
}

fn fields(record: &[u8]) -> Vec<Vec<u8>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).buffer_capacity(record.len().clamp(64, 1 << 16)).from_reader(record);
    let mut row = csv::ByteRecord::new();
    match reader.read_byte_record(&mut row) {
        Ok(true) => row.iter().map(<[u8]>::to_vec).collect(),
        _ => Vec::new(),
    }
}

/// Reads the rows behind the header.
pub(super) fn read(window: &mut Window<'_>, out: &mut Out<'_>) -> ControlFlow<()> {
    let Some(length) = row_end(window, out.limits.max_record, false) else { return ControlFlow::Continue(()) };
    let Some(columns) = columns(window.front(length.end)) else { return ControlFlow::Continue(()) };
    window.consume(length.end);
    let mut line_by_line_until = 0;
    loop {
        while matches!(window.byte(0), Some(b'\n' | b'\r')) {
            window.consume(1);
        }
        let offset = window.offset();
        let Some(row) = row_end(window, out.limits.max_record, offset < line_by_line_until) else { return ControlFlow::Continue(()) };
        if row.end > out.limits.max_record {
            skip_line(window, out.limits.max_record);
            out.refused(offset, window.offset() - offset, out.limits.too_large())?;
            continue;
        }
        let bytes = window.front(row.end).trim_ascii_end();
        if let Some(failed) = row.open_at {
            // A quote that never closes turns the rows behind it inside out: up to there, rows are lines.
            line_by_line_until = offset + failed as u64;
            out.broken(bytes, offset, "a quote in this CSV row is never closed")?;
        } else {
            let cells = fields(bytes);
            let logged_at =
                columns.time.and_then(|column| cells.get(usize::from(column))).and_then(|time| Timestamp::parse(&String::from_utf8_lossy(time)));
            match cells.into_iter().nth(usize::from(columns.record)) {
                Some(record) if !record.trim_ascii().is_empty() => {
                    let position = RecordPosition { offset, length: bytes.len() as u32, wrap: Wrap::CsvColumn(columns.record) };
                    out.wrapped(bytes, position, logged_at)?;
                }
                _ => out.broken(bytes, offset, "this CSV row has no record in its column")?,
            }
        }
        window.consume(row.end);
    }
}

struct Row {
    end: usize,
    /// Where the search for the closing quote was given up.
    open_at: Option<usize>,
}

/// The end of the row at the start of the window, its line end included. `None` at the end of the stream. A row of one
/// line when asked for, or when a quote in it never closes.
fn row_end(window: &mut Window<'_>, max: usize, one_line: bool) -> Option<Row> {
    let (mut at, mut quoted, mut first_line) = (0, false, None);
    window.byte(0)?;
    loop {
        while let Some(offset) = window.bytes().get(at..).and_then(|rest| memchr2(b'"', b'\n', rest)) {
            at += offset + 1;
            if window.bytes().get(at - 1) == Some(&b'"') {
                quoted = !quoted;
            } else if !quoted {
                return Some(Row { end: at, open_at: None });
            } else if one_line {
                return Some(Row { end: at, open_at: Some(at) });
            } else if first_line.is_none() {
                first_line = Some(at);
            }
        }
        at = window.bytes().len();
        if at > max || !window.more() {
            return Some(match first_line {
                Some(end) if quoted => Row { end, open_at: Some(at) },
                _ => Row { end: at, open_at: quoted.then_some(at) },
            });
        }
    }
}

/// Consumes `known` bytes and on to the end of the line, keeping nothing.
fn skip_line(window: &mut Window<'_>, known: usize) {
    window.consume(known);
    while window.byte(0).is_some() {
        let length = window.bytes().len();
        let end = memchr(b'\n', window.bytes());
        window.consume(end.map_or(length, |end| end + 1));
        if end.is_some() {
            break;
        }
    }
}
