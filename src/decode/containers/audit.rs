//! The Linux audit log: lines that share a time and a serial are one record, and other records' lines may stand between
//! them. A record is what lies between its first and its last line; who reads it leaves out the lines of others.

use std::collections::VecDeque;

use memchr::memchr;

use super::Container;
use super::documents::Flow;
use super::lines::refuse;
use super::out::Out;
use super::window::Window;
use crate::decode::endpoint::{AuditId, audit_id, is_audit_record};

/// A record is over when so many lines came that are not its own: the kernel's processors take turns within fewer.
const LINES_APART: u64 = 64;
/// … or so many bytes.
const BYTES_APART: u64 = 64 << 10;
/// A record is never longer than this; what comes later is another one with the same serial.
const LONGEST: u64 = 1 << 20;

/// Something found that is not handed on yet, because a record before it is not over.
struct Piece {
    start: u64,
    end: u64,
    what: What,
}

enum What {
    /// A record whose next line may come: what its lines share, and the number of its last line.
    Open(Id, u64),
    /// A record that is whole.
    Whole,
    /// No line of this log.
    Foreign,
}

/// An id that outlives its line.
#[derive(PartialEq)]
struct Id(Box<[u8]>, Box<[u8]>);

impl Id {
    fn of(id: AuditId<'_>) -> Self {
        Self(id.node.into(), id.stamp.into())
    }

    fn is(&self, id: AuditId<'_>) -> bool {
        *self.1 == *id.stamp && *self.0 == *id.node
    }
}

/// Reads the log.
pub(super) fn read(window: &mut Window<'_>, out: &mut Out<'_>) -> Flow {
    out.report.container = Container::LogLines;
    let mut log = Log { pieces: VecDeque::new(), lines: 0, longest: LONGEST.min(out.limits.max_record as u64) };
    // Behind the pieces that wait, what is not read yet begins here.
    let mut at = 0;
    loop {
        match window.byte(at) {
            None => {
                log.close(|_, _| true);
                return log.hand_on(window, out);
            }
            Some(b'\n' | b'\r') => {
                at += 1;
                continue;
            }
            Some(0xEF) if window.fill(at + 3) && window.bytes().get(at..).is_some_and(|rest| rest.starts_with(b"\xEF\xBB\xBF")) => {
                at += 3;
                continue;
            }
            Some(_) => {}
        }
        let Some(length) = line_length(window, at, out.limits.max_record) else {
            log.close(|_, _| true);
            log.hand_on(window, out)?;
            window.consume(at);
            at = 0;
            refuse(window, out, out.limits.max_record, |_| true)?;
            continue;
        };
        let start = window.offset() + at as u64;
        log.line(start, window.bytes().get(at..at + length).unwrap_or_default());
        let before = window.offset();
        let next = start + length as u64;
        log.hand_on(window, out)?;
        let kept = log.pieces.front().map_or(next, |piece| piece.start);
        window.consume((kept - before) as usize);
        at = (next - kept) as usize;
    }
}

struct Log {
    pieces: VecDeque<Piece>,
    lines: u64,
    longest: u64,
}

impl Log {
    /// Takes a line that begins at this offset.
    fn line(&mut self, start: u64, line: &[u8]) {
        let line = line.trim_ascii_end();
        self.lines += 1;
        let (end, lines, longest) = (start + line.len() as u64, self.lines, self.longest);
        if is_separator(line) {
            return;
        }
        if !is_audit_record(line) {
            self.pieces.push_back(Piece { start, end, what: What::Foreign });
            return;
        }
        self.close(|piece, last| lines - last - 1 > LINES_APART || start - piece.end > BYTES_APART);
        let Some((id, ends)) = audit_id(line) else {
            self.pieces.push_back(Piece { start, end, what: What::Whole });
            return;
        };
        let known = self.pieces.iter_mut().rev().find(|piece| matches!(&piece.what, What::Open(known, _) if known.is(id)));
        match known {
            Some(piece) if end - piece.start <= longest => {
                piece.end = end;
                match &mut piece.what {
                    What::Open(_, last) if !ends => *last = lines,
                    what => *what = What::Whole,
                }
            }
            known => {
                if let Some(piece) = known {
                    piece.what = What::Whole;
                }
                let what = if ends { What::Whole } else { What::Open(Id::of(id), lines) };
                self.pieces.push_back(Piece { start, end, what });
            }
        }
    }

    /// Closes the records of which this holds; it is told the number of their last line.
    fn close(&mut self, is_over: impl Fn(&Piece, u64) -> bool) {
        for piece in &mut self.pieces {
            if let What::Open(_, last) = piece.what
                && is_over(piece, last)
            {
                piece.what = What::Whole;
            }
        }
    }

    /// Hands on what is over, in the order of beginnings.
    fn hand_on(&mut self, window: &Window<'_>, out: &mut Out<'_>) -> Flow {
        while let Some(piece) = self.pieces.pop_front_if(|piece| !matches!(piece.what, What::Open(..))) {
            let base = window.offset();
            let bytes = window.bytes().get((piece.start - base) as usize..(piece.end - base) as usize).unwrap_or_default();
            match piece.what {
                What::Foreign => out.broken(bytes, piece.start, "not a line of a known log")?,
                _ => out.bare(bytes, piece.start, false)?,
            }
        }
        Flow::Continue(())
    }
}

/// What `ausearch` puts between records.
fn is_separator(line: &[u8]) -> bool {
    line == b"----" || line.starts_with(b"time->")
}

/// The length of the line at `from` with its end; `None` when it is longer than allowed.
fn line_length(window: &mut Window<'_>, from: usize, max: usize) -> Option<usize> {
    let mut seen = from;
    loop {
        let bytes = window.bytes();
        if let Some(end) = bytes.get(seen..).and_then(|rest| memchr(b'\n', rest)) {
            let length = seen + end + 1 - from;
            return (length <= max + 1).then_some(length);
        }
        seen = bytes.len();
        if seen - from > max + 1 {
            return None;
        }
        if !window.more() {
            let length = window.bytes().len() - from;
            return (length <= max + 1).then_some(length);
        }
    }
}
