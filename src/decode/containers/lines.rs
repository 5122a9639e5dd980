//! Lines of CloudWatch exports: `2026-10-05T10:00:00.000Z {json}` (FORMATS §1.5). An entry reaches to the next line that
//! begins with a time.

use memchr::memchr;

use super::Container;
use super::documents::{Flow, wrap_of};
use super::out::Out;
use super::scan::{Scan, Step};
use super::window::Window;
use crate::decode::endpoint::is_audit_record;
use crate::model::{RecordPosition, Timestamp, Wrap};

/// The time a line begins with, and where its message begins.
pub(super) fn stamp(line: &[u8]) -> Option<(usize, Timestamp)> {
    if !begins_with_date(line) {
        return None;
    }
    // `2026-10-05T10:00:00.000Z message` or, as people paste it, `2026-10-05 10:00:00.000 message`.
    let date_end = line.iter().take(40).position(|byte| matches!(byte, b' ' | b'\t'))?;
    let end = if date_end == 10 { 11 + line.get(11..)?.iter().take(20).position(|byte| matches!(byte, b' ' | b'\t'))? } else { date_end };
    let time = Timestamp::parse(std::str::from_utf8(line.get(..end)?).ok()?)?;
    Some((end + 1, time))
}

fn begins_with_date(line: &[u8]) -> bool {
    let Some(head) = line.get(..11) else { return false };
    head.iter().zip(b"dddd-dd-ddT").all(|(byte, form)| match form {
        b'd' => byte.is_ascii_digit(),
        b'T' => matches!(byte, b'T' | b' '),
        _ => byte == form,
    })
}

/// Reads an export: an entry reaches to the next line that begins with a time.
pub(super) fn read_export(window: &mut Window<'_>, out: &mut Out<'_>) -> Flow {
    out.report.container = Container::ExportLines;
    loop {
        skip_line_ends(window);
        if window.byte(0).is_none() {
            return Flow::Continue(());
        }
        let (length, whole) = piece(window, out.limits.max_record, begins_with_date);
        if !whole {
            refuse(window, out, length, begins_with_date)?;
            continue;
        }
        entry(window.front(length), window.offset(), out)?;
        window.consume(length);
    }
}

fn entry(bytes: &[u8], offset: u64, out: &mut Out<'_>) -> Flow {
    let (start, logged_at) = stamp(bytes).map_or((0, None), |(start, time)| (start, Some(time)));
    let rest = bytes.get(start..).unwrap_or_default();
    let start = start + rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let message = bytes.get(start..).unwrap_or_default().trim_ascii_end();
    let offset = offset + start as u64;
    if !message.starts_with(b"{") {
        return if is_audit_record(message) {
            out.wrapped(message, RecordPosition { offset, length: message.len() as u32, wrap: Wrap::None }, logged_at)
        } else {
            out.broken(message, offset, "an exported message that is not JSON")
        };
    }
    let mut scan = Scan::keyed();
    match scan.run(message) {
        Step::Done => {
            let (record, rest) = message.split_at_checked(scan.at).unwrap_or((message, &[]));
            let wrap = wrap_of(&scan, record, None);
            out.wrapped(record, RecordPosition { offset, length: record.len() as u32, wrap }, logged_at)?;
            out.broken(rest, offset + scan.at as u64, "it follows a record on its line and is no record")
        }
        Step::Damaged(what) => out.broken(message, offset, what),
        Step::More | Step::List => out.broken(message, offset, "cut off: the next message begins, or the source ends, inside it"),
    }
}

fn skip_line_ends(window: &mut Window<'_>) {
    loop {
        let blanks = window.bytes().iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        window.consume(blanks);
        if window.bytes().starts_with(b"\xEF\xBB\xBF") {
            window.consume(3);
        } else if !window.bytes().is_empty() || !window.more() {
            return;
        }
    }
}

/// The length of the piece at the start of the window: up to the next line that begins as said, or the end. False when
/// it is longer than allowed.
fn piece(window: &mut Window<'_>, max: usize, begins: impl Fn(&[u8]) -> bool) -> (usize, bool) {
    let mut at = 0;
    loop {
        while let Some(newline) = window.bytes().get(at..).and_then(|rest| memchr(b'\n', rest)) {
            at += newline + 1;
            if at > max + 1 {
                return (at, false);
            }
            window.fill(at + 11);
            if window.bytes().get(at..).is_some_and(&begins) {
                return (at, true);
            }
        }
        at = window.bytes().len();
        if at > max + 1 {
            return (at, false);
        }
        if !window.more() {
            return (at, true);
        }
    }
}

/// Passes over the rest of a piece that is too large.
pub(super) fn refuse(window: &mut Window<'_>, out: &mut Out<'_>, length: usize, begins: impl Fn(&[u8]) -> bool) -> Flow {
    let start = window.offset();
    let mut keep = length;
    loop {
        // The newline before the next piece stays in sight.
        window.consume(keep.saturating_sub(1));
        let (next, whole) = piece(window, 1 << 20, &begins);
        if whole {
            window.consume(next);
            break;
        }
        keep = next;
    }
    out.refused(start, window.offset() - start, out.limits.too_large())
}
