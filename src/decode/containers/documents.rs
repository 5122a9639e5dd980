//! JSON: documents one after another, arrays, and the objects that list records under a known key, nested as they come.
//!
//! An explicit stack of frames instead of recursion. An object is scanned as if it were a record; when a list of records
//! opens inside it, what stood before is dropped and the elements are read one by one, so that no container is ever held
//! in memory.

use std::ops::ControlFlow;

use super::Container;
use super::out::Out;
use super::scan::{Keys, Scan, Step};
use super::window::Window;
use crate::model::{RecordPosition, Wrap};

/// Lists in lists beyond this depth are records of their own.
pub(super) const MAX_FRAMES: usize = 16;

pub(super) type Flow = ControlFlow<()>;

/// What the elements of a list are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    /// An array without a name.
    Bare,
    /// CloudTrail's `Records`.
    Records,
    /// `Events` of lookup-events.
    LookupEvents,
    /// `events` or `logEvents`: objects with a `message`.
    LogEvents,
    /// `logEvents` of a message that only checks whether somebody listens.
    Control,
    /// `results`: rows of fields.
    Results,
    /// `QueryResultRows`: rows of one-key objects.
    Lake,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    List(List),
    /// Inside an object whose list has been read.
    Rest,
}

/// How the scan of a value ended.
pub(super) enum Ended {
    Done,
    List(List),
    Damaged(&'static str),
    /// The stream ends inside the value.
    CutOff,
    /// More bytes than a record may have.
    Oversized(Step),
}

/// Reads JSON from a window.
pub(super) struct Documents<'w, 'r, 'o, 'e> {
    pub(super) window: &'w mut Window<'r>,
    pub(super) out: &'o mut Out<'e>,
    pub(super) frames: Vec<Frame>,
    /// How far the value that begins now is indented, when it begins a line.
    pub(super) indent: Option<usize>,
    pub(super) damage: super::damage::Damage,
}

impl<'w, 'r, 'o, 'e> Documents<'w, 'r, 'o, 'e> {
    pub(super) fn new(window: &'w mut Window<'r>, out: &'o mut Out<'e>) -> Self {
        Self { window, out, frames: Vec::new(), indent: Some(0), damage: super::damage::Damage::default() }
    }

    pub(super) fn read(&mut self) -> Flow {
        loop {
            if self.frames.last() == Some(&Frame::Rest) {
                self.rest_of_object()?;
                continue;
            }
            let Some(byte) = self.skip_blanks() else { break };
            match (self.frames.last().copied(), byte) {
                (Some(Frame::List(_)), b']') => {
                    self.window.consume(1);
                    self.frames.pop();
                }
                (_, b'{') => self.object()?,
                (None | Some(Frame::List(List::Bare)), b'[') => self.array()?,
                (Some(Frame::List(List::Results)), b'[') => self.row(Wrap::InsightsField)?,
                (Some(Frame::List(List::Lake)), b'[') => self.row(Wrap::LakeRow)?,
                (_, b'"') => self.string()?,
                _ => self.garbage()?,
            }
        }
        if !self.frames.is_empty() {
            let records = self.out.report.records;
            self.out.problem(|| format!("it ends inside its list, after {records} records"));
        }
        Flow::Continue(())
    }

    /// The list that the next value is an element of.
    pub(super) fn list(&self) -> Option<List> {
        match self.frames.last() {
            Some(Frame::List(list)) => Some(*list),
            _ => None,
        }
    }

    /// The first byte of the next value. Commas are passed over wherever they are, and so is a byte order mark.
    fn skip_blanks(&mut self) -> Option<u8> {
        loop {
            let (mut length, mut indent) = (0, self.indent);
            let mut found = None;
            for byte in self.window.bytes() {
                match byte {
                    b'\n' => indent = Some(0),
                    b' ' | b'\t' => indent = indent.map(|indent| indent + 1),
                    b',' => indent = None,
                    b'\r' | 0x1E => {}
                    _ => {
                        found = Some(*byte);
                        break;
                    }
                }
                length += 1;
            }
            self.window.consume(length);
            self.indent = indent;
            match found {
                Some(0xEF) if self.window.fill(3) && self.window.bytes().starts_with(b"\xEF\xBB\xBF") => self.window.consume(3),
                Some(byte) => return Some(byte),
                None if self.window.more() => {}
                None => return None,
            }
        }
    }

    fn object(&mut self) -> Flow {
        let list = self.list();
        let mut scan = match list {
            Some(List::Records) => Scan::plain(),
            None | Some(List::Bare) if self.frames.len() < MAX_FRAMES => Scan::watching(),
            _ => Scan::keyed(),
        };
        match self.scan(&mut scan) {
            Ended::Done => self.element(&scan, list),
            Ended::List(kind) => {
                self.found(container_of(kind));
                self.window.consume(scan.at);
                self.frames.extend([Frame::Rest, Frame::List(kind)]);
                Flow::Continue(())
            }
            ended => self.failed(&ended, scan),
        }
    }

    /// An object that is complete: a record, a wrapper, or the first field of a flattened row.
    fn element(&mut self, scan: &Scan, list: Option<List>) -> Flow {
        if scan.keys.has(&[Keys::FIELD, Keys::VALUE]) && scan.count == 2 && matches!(list, Some(List::Bare | List::Results)) {
            self.found(Container::InsightsFields);
            return self.flattened_row();
        }
        let bytes = self.window.front(scan.at);
        let wrap = wrap_of(scan, bytes, list);
        self.found(match (list, wrap) {
            (_, Wrap::LakeRow) => Container::LakeRows,
            (Some(_), _) => Container::Array,
            _ => Container::Documents,
        });
        let (bytes, offset) = (self.window.front(scan.at), self.window.offset());
        let flow = match wrap {
            _ if list == Some(List::Control) => {
                self.out.report.control_messages += 1;
                Flow::Continue(())
            }
            Wrap::None => self.out.bare(bytes, offset, !scan.blanks),
            wrap => self.out.wrapped(bytes, RecordPosition { offset, length: scan.at as u32, wrap }, None),
        };
        self.take(scan.at);
        flow
    }

    fn array(&mut self) -> Flow {
        match self.kind_of_array() {
            Some(Wrap::None) => self.enter(),
            Some(wrap) => self.row(wrap),
            None => self.garbage(),
        }
    }

    /// Goes into an array.
    fn enter(&mut self) -> Flow {
        self.window.consume(1);
        self.frames.push(Frame::List(List::Bare));
        Flow::Continue(())
    }

    /// An array that is one row. One that only begins like a row is a list.
    fn row(&mut self, wrap: Wrap) -> Flow {
        let mut scan = Scan::plain();
        let ended = self.scan(&mut scan);
        let may_be_list = matches!(self.list(), None | Some(List::Bare));
        if may_be_list && !(matches!(ended, Ended::Done) && super::rows::is_row(self.window.front(scan.at), wrap)) {
            self.damage.spend(scan.at);
            return self.enter();
        }
        self.found(if wrap == Wrap::LakeRow { Container::LakeRows } else { Container::InsightsResults });
        match ended {
            Ended::Done => {
                let position = RecordPosition { offset: self.window.offset(), length: scan.at as u32, wrap };
                let flow = self.out.wrapped(self.window.front(scan.at), position, None);
                self.take(scan.at);
                flow
            }
            ended => self.failed(&ended, scan),
        }
    }

    /// A string: some exporters write the record as one.
    fn string(&mut self) -> Flow {
        let mut scan = Scan::plain();
        match self.scan(&mut scan) {
            Ended::Done => {
                let (bytes, offset) = (self.window.front(scan.at), self.window.offset());
                let holds_object = holds_object(bytes);
                self.found(Container::Documents);
                let (bytes, position) = (self.window.front(scan.at), RecordPosition { offset, length: scan.at as u32, wrap: Wrap::JsonString });
                let flow =
                    if holds_object { self.out.wrapped(bytes, position, None) } else { self.out.broken(bytes, offset, "a string, not a record") };
                self.take(scan.at);
                flow
            }
            ended => self.failed(&ended, scan),
        }
    }

    /// What stands behind a list in its object: other keys, perhaps another list. None of it is a record.
    fn rest_of_object(&mut self) -> Flow {
        let mut scan = Scan::rest_of_object();
        match self.scan(&mut scan) {
            Ended::Done => {
                self.window.consume(scan.at);
                self.frames.pop();
            }
            Ended::List(kind) => {
                self.window.consume(scan.at);
                self.frames.push(Frame::List(kind));
            }
            Ended::Damaged(what) => {
                let at = self.window.offset() + scan.at as u64;
                self.out.problem(|| format!("damaged behind its list, at byte {at}: {what}"));
                self.frames.pop();
                let end = self.next_line_within(scan.at).unwrap_or(scan.at);
                self.broken(end, what)?;
            }
            Ended::CutOff => match self.next_line_within(usize::MAX) {
                Some(end) => {
                    self.frames.pop();
                    self.out.problem(|| "cut off behind its list".into());
                    self.broken(end, "cut off: the next record begins inside it")?;
                }
                None => self.window.consume(self.window.bytes().len()),
            },
            Ended::Oversized(step) => {
                self.out.problem(|| "what stands behind its list is too large and was not looked at".into());
                self.pass_over(scan, step);
                self.frames.pop();
            }
        }
        if self.frames.last() == Some(&Frame::Rest) && self.window.byte(0).is_none() {
            // Popped here so that the loop ends; said as for any list that does not end.
            self.frames.pop();
            let records = self.out.report.records;
            self.out.problem(|| format!("it ends inside its document, after {records} records"));
        }
        Flow::Continue(())
    }

    /// Scans the value at the start of the window.
    pub(super) fn scan(&mut self, scan: &mut Scan) -> Ended {
        let line_end = self.line_end();
        let max = self.out.limits.max_record;
        loop {
            let bytes = self.window.bytes();
            let step = scan.run(line_end.and_then(|end| bytes.get(..end)).unwrap_or(bytes));
            match step {
                Step::More if line_end.is_some() => return Ended::Damaged("the next record begins inside it"),
                Step::More if bytes.len() > max => return Ended::Oversized(step),
                Step::More if self.window.more() => {}
                Step::More => return Ended::CutOff,
                _ if scan.at > max => return Ended::Oversized(step),
                Step::Done => return Ended::Done,
                Step::Damaged(what) => return Ended::Damaged(what),
                Step::List => {
                    if let Some(list) = self.list_here(scan) {
                        return Ended::List(list);
                    }
                }
            }
        }
    }

    /// The list that has just been opened, when its elements are what its name promises.
    fn list_here(&mut self, scan: &Scan) -> Option<List> {
        let first = self.first_behind(scan.at);
        let telemetry = first == Some(b'{') && self.begins_like_a_span_event(scan.at);
        let head = self.window.front(scan.at);
        let key = head.get(scan.string.0..scan.string.1).unwrap_or_default();
        match (key, first) {
            (b"Records", Some(b'{' | b']')) => Some(List::Records),
            (b"Events", Some(b'{' | b']')) => Some(List::LookupEvents),
            (b"logEvents", Some(b'{' | b']')) if memchr::memmem::find(head, b"\"CONTROL_MESSAGE\"").is_some() => Some(List::Control),
            (b"events", Some(b'{' | b']')) if telemetry || is_telemetry(head) => None,
            // An empty one leaves nothing to look at; an answer without log events begins with it.
            (b"events", Some(b']')) if scan.count > 1 => None,
            (b"events" | b"logEvents", Some(b'{' | b']')) => Some(List::LogEvents),
            (b"results", Some(b'[' | b']')) => Some(List::Results),
            (b"results", Some(b'{')) => self.begins_with_field(scan.at).then_some(List::Results),
            (b"QueryResultRows", Some(b'[' | b'{' | b']')) => Some(List::Lake),
            _ => None,
        }
    }

    /// Does the list behind `at` begin like the events of a span? Its own keys may stand behind them.
    fn begins_like_a_span_event(&mut self, at: usize) -> bool {
        const KEYS: [&[u8]; 5] = [b"\"name\"", b"\"timeUnixNano\"", b"\"time_unix_nano\"", b"\"attributes\"", b"\"droppedAttributesCount\""];
        let mut rest = at;
        for expected in [b'{', b'"'] {
            let Some(byte) = self.first_behind(rest) else { return false };
            let blanks = self.window.bytes().get(rest..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            if byte != expected {
                return false;
            }
            rest += blanks + usize::from(expected == b'{');
        }
        self.window.fill(rest + LONGEST_KEY);
        KEYS.iter().any(|key| self.window.bytes().get(rest..).unwrap_or_default().starts_with(key))
    }

    /// The first byte at or behind `at` that is no blank.
    pub(super) fn first_behind(&mut self, mut at: usize) -> Option<u8> {
        while let Some(byte) = self.window.byte(at) {
            if !byte.is_ascii_whitespace() {
                return Some(byte);
            }
            at += 1;
        }
        None
    }

    pub(super) fn take(&mut self, length: usize) {
        self.window.consume(length);
        self.indent = None;
    }

    /// Says what the source is, once.
    pub(super) fn found(&mut self, container: Container) {
        if self.out.report.container == Container::Unknown {
            self.out.report.container = container;
        }
    }
}

/// A key of a span's event and its quotes are no longer.
const LONGEST_KEY: usize = 32;

/// Is this the beginning of a span or a log record of telemetry? Their `events` are no records. What lists log events has
/// no such keys, and nothing that a caller writes stands before the list.
fn is_telemetry(head: &[u8]) -> bool {
    [&b"\"traceId\""[..], b"\"spanId\"", b"UnixNano\"", b"\"trace_id\"", b"_unix_nano\""].iter().any(|key| memchr::memmem::find(head, key).is_some())
}

/// Does this JSON string hold an object, or a string that may?
pub(super) fn holds_object(string: &[u8]) -> bool {
    let inside = string.strip_prefix(b"\"").unwrap_or_default().trim_ascii_start();
    inside.starts_with(b"{") || inside.starts_with(b"\\\"")
}

fn container_of(list: List) -> Container {
    match list {
        List::Bare => Container::Array,
        List::Records => Container::CloudTrailFile,
        List::LookupEvents => Container::LookupEvents,
        List::LogEvents => Container::LogEvents,
        List::Control => Container::Subscription,
        List::Results => Container::InsightsResults,
        List::Lake => Container::LakeRows,
    }
}

/// How the record is wrapped in an object with these keys. A wrapper is told by what only a wrapper has, so that no
/// field a caller controls can make a record look like one.
pub(super) fn wrap_of(scan: &Scan, bytes: &[u8], list: Option<List>) -> Wrap {
    let begins = |at: usize, with: &[u8]| bytes.get(at..).unwrap_or_default().trim_ascii_start().starts_with(with);
    if list == Some(List::Records) {
        Wrap::None
    } else if list == Some(List::Lake) {
        Wrap::LakeRow
    } else if scan.keys.has(&[Keys::CLOUDTRAIL_EVENT]) {
        Wrap::CloudTrailEvent
    } else if scan.keys.has(&[Keys::DETAIL, Keys::DETAIL_TYPE]) {
        Wrap::Detail
    } else if scan.keys.has(&[Keys::IDENTITY]) {
        // A record has an object here.
        if begins(scan.identity_at, b"\"") { Wrap::LakeRow } else { Wrap::None }
    } else if scan.keys.has(&[Keys::MESSAGE]) && (list == Some(List::LogEvents) || begins(scan.message_at, b"\"{")) {
        Wrap::Message
    } else if scan.keys.has(&[Keys::ROWS]) {
        Wrap::ResultRow(0)
    } else {
        Wrap::None
    }
}
