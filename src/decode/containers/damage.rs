//! How reading goes on after damaged JSON: where the next good record begins.
//!
//! A record that is cut off, or has lost a quote, seems to contain those behind it. So the next record is looked for, in
//! this order: at the next line that begins like this one did; behind the bracket that closes this one, if what follows
//! is fit to follow; at the next element that begins with the same key. Work spent on this is bounded: input made of
//! nothing but damage costs a constant factor, not a square.

use memchr::{memchr_iter, memmem};

use super::documents::{Documents, Ended, Flow, Frame};
use super::scan::{Scan, Step, bracket_end};
use crate::model::effort;

/// How far behind a damage the next record is looked for while keeping the bytes.
const REACH: usize = 1 << 20;
/// Work that is always granted, and work granted for each byte read.
const WORK: u64 = 32 << 20;
const WORK_A_BYTE: u64 = 8;

/// What is known about damage so far.
#[derive(Debug, Default)]
pub(super) struct Damage {
    /// Up to here (in the plain stream) a scan has failed: values end at the next line that could begin a record.
    until: u64,
    /// The next such line, and the indentation it was looked up for.
    next_line: u64,
    indent: usize,
    spent: u64,
}

/// How far a value was that nothing was kept of.
pub(super) enum Passed {
    Whole,
    CutOff,
    UpToDamage(&'static str),
}

impl Damage {
    pub(super) fn spend(&mut self, work: usize) {
        effort::looked_at(work);
        self.spent += work as u64;
    }

    /// Too much of what was read so far is damaged to look for the best place to go on.
    pub(super) fn exhausted(&self, offset: u64) -> bool {
        self.spent > WORK + WORK_A_BYTE * offset
    }
}

impl Documents<'_, '_, '_, '_> {
    /// Where the value at the start of the window must have ended, if an earlier scan has failed behind it.
    pub(super) fn line_end(&mut self) -> Option<usize> {
        let (offset, indent) = (self.window.offset(), self.indent.unwrap_or(0));
        if offset >= self.damage.until {
            return None;
        }
        if self.damage.next_line <= offset || self.damage.indent != indent {
            let region = self.window.front((self.damage.until - offset) as usize);
            let line = if self.damage.exhausted(offset) { memchr_iter(b'\n', region).next().map(|at| at + 1) } else { next_line(region, indent) };
            self.damage.spend(line.unwrap_or(region.len()));
            self.damage.next_line = line.map_or(u64::MAX, |line| offset + line as u64);
            self.damage.indent = indent;
        }
        (self.damage.next_line < self.damage.until).then(|| (self.damage.next_line - offset) as usize)
    }

    /// Goes on behind a value that could not be scanned to its end.
    pub(super) fn failed(&mut self, ended: &Ended, scan: Scan) -> Flow {
        match ended {
            Ended::Damaged(what) => self.recover(&scan, what),
            Ended::CutOff => self.cut_off(),
            Ended::Oversized(step) => self.discard(scan, *step),
            Ended::Done | Ended::List(_) => Flow::Continue(()),
        }
    }

    fn recover(&mut self, scan: &Scan, what: &'static str) -> Flow {
        let offset = self.window.offset();
        let in_list = self.list().is_some();
        let line_end = self.line_end();
        let end = if self.damage.exhausted(offset) {
            line_end
        } else {
            let reach = line_end.unwrap_or(scan.at + REACH);
            self.window.fill(reach);
            let bytes = self.window.front(reach);
            let close = bracket_end(bytes);
            let (work, close) = (close.unwrap_or(bytes.len()), close.filter(|end| may_follow(bytes.get(*end..).unwrap_or_default(), in_list)));
            let line = next_line(close.and_then(|end| bytes.get(..end)).unwrap_or(bytes), self.indent.unwrap_or(0));
            let end = line.or(close).or_else(|| if in_list { next_like_it(bytes, scan.string.0) } else { None }).or(line_end);
            self.damage.spend(work * 2);
            end
        };
        self.damage.until = self.damage.until.max(offset + scan.at as u64);
        match end {
            Some(end) => self.broken(end, what),
            None if !self.window.fill(scan.at + REACH) => self.broken(self.window.bytes().len(), what),
            None => self.skip_to_line(offset, &format!("damaged ({what}), and no end of the damage near")),
        }
    }

    /// The stream ends inside the value: it may have swallowed others.
    fn cut_off(&mut self) -> Flow {
        let length = self.window.bytes().len();
        if let Some(end) = next_line(self.window.bytes(), self.indent.unwrap_or(0)) {
            self.damage.until = self.window.offset() + length as u64;
            return self.broken(end, "cut off: the next record begins inside it");
        }
        self.out.problem(|| "it ends inside a record".into());
        self.broken(length, "cut off: the source ends inside it")
    }

    /// The next line that could begin a record, among the first `length` unread bytes.
    pub(super) fn next_line_within(&self, length: usize) -> Option<usize> {
        next_line(self.window.front(length), 0)
    }

    pub(super) fn broken(&mut self, length: usize, what: &str) -> Flow {
        let flow = self.out.broken(self.window.front(length), self.window.offset(), what);
        self.take(length.max(1));
        flow
    }

    /// Refuses a value that is too large.
    fn discard(&mut self, scan: Scan, step: Step) -> Flow {
        let start = self.window.offset();
        let passed = self.pass_over(scan, step);
        let too_large = self.out.limits.too_large();
        let reason = match passed {
            Passed::Whole => too_large,
            Passed::CutOff => {
                self.out.problem(|| "it ends inside a record".into());
                format!("{too_large}, and cut off")
            }
            Passed::UpToDamage(what) => return self.skip_to_line(start, &format!("{too_large}, and damaged ({what})")),
        };
        self.indent = None;
        self.out.refused(start, self.window.offset() - start, reason)
    }

    /// Consumes the rest of a value whose scan has got to `step`, keeping nothing of it. Lists in it are not looked into.
    pub(super) fn pass_over(&mut self, mut scan: Scan, mut step: Step) -> Passed {
        loop {
            match step {
                Step::Done => {
                    self.window.consume(scan.at);
                    return Passed::Whole;
                }
                Step::Damaged(what) => {
                    self.window.consume(scan.at);
                    return Passed::UpToDamage(what);
                }
                Step::More | Step::List => {
                    self.window.consume(scan.forget());
                    if step == Step::More && !self.window.more() {
                        self.window.consume(self.window.bytes().len());
                        return Passed::CutOff;
                    }
                }
            }
            step = scan.run(self.window.bytes());
        }
    }

    /// Passes over everything up to the next line that could begin a record.
    fn skip_to_line(&mut self, start: u64, reason: &str) -> Flow {
        let indent = self.indent.unwrap_or(0);
        loop {
            if let Some(line) = next_line(self.window.bytes(), indent) {
                self.take(line);
                break;
            }
            // Enough is kept to see a line start whose first bytes are there already.
            let length = self.window.bytes().len();
            self.take(length.saturating_sub(indent + 3));
            if !self.window.more() {
                self.take(self.window.bytes().len());
                break;
            }
        }
        self.out.refused(start, self.window.offset() - start, reason)
    }

    /// What begins like no JSON: up to the next thing that does.
    pub(super) fn garbage(&mut self) -> Flow {
        let start = self.window.offset();
        let in_list = matches!(self.frames.last(), Some(Frame::List(_)));
        let what = match self.window.bytes().first() {
            Some(0) => "NUL bytes, not a record",
            Some(b'0'..=b'9' | b'-' | b't' | b'f' | b'n') if in_list => "numbers or words, not records",
            Some(b']' | b'}') => "a closing bracket that closes nothing",
            _ => "not JSON",
        };
        let mut finder = GarbageEnd { in_list, brackets: true, line_start: false };
        let mut at = 0;
        loop {
            let bytes = self.window.bytes();
            if let Some(end) = bytes.get(at..).and_then(|rest| finder.find(rest)) {
                at += end;
                break;
            }
            at = bytes.len();
            if at > self.out.limits.max_record {
                self.take(at);
                at = 0;
            }
            if !self.window.more() {
                break;
            }
        }
        if self.window.offset() == start && at <= self.out.limits.max_record {
            return self.broken(at, what);
        }
        self.take(at);
        self.out.refused(start, self.window.offset() - start, format!("{what}, {}", self.out.limits.too_large()))
    }
}

/// Finds where something begins that could be JSON, byte by byte.
struct GarbageEnd {
    in_list: bool,
    /// Only brackets and blanks so far: they are one piece, however many there are.
    brackets: bool,
    line_start: bool,
}

impl GarbageEnd {
    fn find(&mut self, bytes: &[u8]) -> Option<usize> {
        bytes.iter().position(|byte| {
            let found = match byte {
                b'{' | b'"' if self.brackets || self.in_list => true,
                b']' => self.in_list,
                b'[' if self.in_list => !self.brackets,
                b'{' | b'[' => self.line_start && !self.brackets,
                _ => false,
            };
            self.brackets &= matches!(byte, b'}' | b']' | b'[' | b',' | b':') || byte.is_ascii_whitespace();
            self.line_start = *byte == b'\n' || (self.line_start && byte.is_ascii_whitespace());
            found
        })
    }
}

/// The first line behind the first byte that begins, at this indentation, like an object.
fn next_line(bytes: &[u8], indent: usize) -> Option<usize> {
    memchr_iter(b'\n', bytes).find_map(|newline| {
        let line = bytes.get(newline + 1..)?;
        let begins = line.get(..indent)?.iter().all(|byte| matches!(byte, b' ' | b'\t'))
            && line.get(indent) == Some(&b'{')
            && matches!(line.get(indent + 1)?, b'"' | b'}' | b' ' | b'\t' | b'\r' | b'\n');
        begins.then_some(newline + 1 + indent)
    })
}

/// May this follow a value? In a list a comma or its end; outside a new line or a new value.
fn may_follow(rest: &[u8], in_list: bool) -> bool {
    let mut blanks = rest.iter().take_while(|byte| byte.is_ascii_whitespace());
    if !in_list && blanks.any(|byte| *byte == b'\n') {
        return true;
    }
    match rest.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => true,
        Some(b',' | b']') => in_list,
        Some(byte) => !in_list && matches!(byte, b'{' | b'['),
    }
}

/// The next `},{"key"` behind `from`, with the key that the value at the start of `bytes` begins with.
fn next_like_it(bytes: &[u8], from: usize) -> Option<usize> {
    let inside = bytes.strip_prefix(b"{")?.trim_ascii_start();
    let key_length = inside.strip_prefix(b"\"").and_then(|name| memchr::memchr(b'"', name))? + 2;
    let key = inside.get(..key_length)?;
    let from = from.saturating_sub(1).max(1);
    memmem::find_iter(bytes.get(from..)?, key).find_map(|hit| {
        let before = bytes.get(..from + hit)?.trim_ascii_end().strip_suffix(b"{")?;
        let fits = before.trim_ascii_end().strip_suffix(b",")?.trim_ascii_end().ends_with(b"}");
        (fits && !before.is_empty()).then_some(before.len())
    })
}
