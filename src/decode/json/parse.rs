//! The scanner: bytes to tape.

use super::marks::quote_or_backslash;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Not there: what a lookup of a missing key gives.
    Missing,
    /// `null`
    Null,
    /// `true`
    True,
    /// `false`
    False,
    /// A number, as written.
    Number,
    /// A string; its range excludes the quotes.
    Text,
    /// An array.
    Array,
    /// An object: its children are keys and values in turn.
    Object,
    /// A value nested deeper than [`Tape::MAX_DEPTH`]: kept as bytes, not looked into.
    Deep,
}

/// One value: its kind, its bytes, and where the next value after it (and all within it) stands on the tape.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) next: u32,
    pub(super) kind: Kind,
    pub(super) escaped: bool,
}

/// Where a document is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Byte offset.
    pub at: usize,
    /// What is wrong there.
    pub what: &'static str,
}

/// How the parse of one value ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The value ends before this offset.
    Complete(usize),
    /// The bytes ran out inside the value.
    Truncated,
    /// Something at the offset is no JSON; what stands before it was kept.
    Broken(usize),
    /// There is no value: only white space.
    Empty,
}

/// The shape of one JSON document. Reusable: parsing again keeps the memory.
#[derive(Debug, Default)]
pub struct Tape {
    nodes: Vec<Node>,
    open: Vec<u32>,
    problem: Option<Problem>,
}

impl Tape {
    /// Containers nested deeper than this are kept as bytes.
    pub const MAX_DEPTH: usize = 256;
    /// Documents longer than this are refused as truncated (positions are 32 bits).
    pub const MAX_BYTES: usize = u32::MAX as usize - 1;

    /// An empty tape.
    pub fn new() -> Self {
        Self::default()
    }

    /// Parses the first value of `bytes`. Never fails: what stands before a damage is on the tape.
    pub fn parse(&mut self, bytes: &[u8]) -> End {
        self.nodes.clear();
        self.open.clear();
        self.problem = None;
        let bytes = bytes.get(..Self::MAX_BYTES).unwrap_or(bytes);
        let end = self.scan(bytes);
        if !matches!(end, End::Complete(_)) {
            self.close_all(match end {
                End::Broken(at) => at,
                _ => bytes.len(),
            });
        }
        end
    }

    /// A new tape of the first value of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        let mut tape = Self::new();
        tape.parse(bytes);
        tape
    }

    /// Where and how the document is damaged.
    pub fn problem(&self) -> Option<Problem> {
        self.problem
    }

    /// The top value, looked at through the bytes that were parsed.
    pub fn root<'a>(&'a self, bytes: &'a [u8]) -> super::Value<'a> {
        super::Value::new(bytes, &self.nodes, 0)
    }

    fn close_all(&mut self, at: usize) {
        let next = self.nodes.len() as u32;
        while let Some(index) = self.open.pop() {
            if let Some(node) = self.nodes.get_mut(index as usize) {
                node.end = at as u32;
                node.next = next;
            }
        }
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize, escaped: bool) {
        let next = self.nodes.len() as u32 + 1;
        self.nodes.push(Node { start: start as u32, end: end as u32, next, kind, escaped });
    }

    /// After a value: inside the container on top, is the next thing a key?
    fn inside_object(&self) -> bool {
        self.open.last().and_then(|index| self.nodes.get(*index as usize)).is_some_and(|node| node.kind == Kind::Object)
    }

    fn broken(&mut self, at: usize, what: &'static str) -> End {
        self.problem = Some(Problem { at, what });
        End::Broken(at)
    }

    fn truncated(&mut self, at: usize) -> End {
        self.problem = Some(Problem { at, what: "the document ends here, inside a value" });
        End::Truncated
    }

    fn scan(&mut self, bytes: &[u8]) -> End {
        let mut at = skip_blank(bytes, 0);
        if at >= bytes.len() {
            return End::Empty;
        }
        let mut expect_key = false;
        loop {
            // One value, or a key and its colon and then a value.
            at = skip_blank(bytes, at);
            let Some(&first) = bytes.get(at) else { return self.truncated(at) };
            if expect_key {
                if first == b'}' {
                    // `{}` and, leniently, a trailing comma.
                    match self.close(at + 1) {
                        Closed::Document(end) => return End::Complete(end),
                        Closed::Container => {}
                    }
                } else if first == b'"' {
                    let Some(after) = self.string(bytes, at) else { return self.truncated(bytes.len()) };
                    at = skip_blank(bytes, after);
                    match bytes.get(at) {
                        Some(b':') => {
                            at += 1;
                            expect_key = false;
                            continue;
                        }
                        None => return self.truncated(at),
                        Some(_) => return self.broken(at, "a colon was expected after a key"),
                    }
                } else {
                    return self.broken(at, "a key in quotes was expected");
                }
                at += 1;
            } else {
                match first {
                    b'"' => match self.string(bytes, at) {
                        Some(after) => at = after,
                        None => return self.truncated(bytes.len()),
                    },
                    b'{' | b'[' if self.open.len() >= Self::MAX_DEPTH => match skip_container(bytes, at) {
                        Some(after) => {
                            self.push(Kind::Deep, at, after, false);
                            at = after;
                        }
                        None => {
                            self.push(Kind::Deep, at, bytes.len(), false);
                            return self.truncated(bytes.len());
                        }
                    },
                    b'{' => {
                        self.open.push(self.nodes.len() as u32);
                        self.push(Kind::Object, at, at, false);
                        at += 1;
                        expect_key = true;
                        continue;
                    }
                    b'[' => {
                        self.open.push(self.nodes.len() as u32);
                        self.push(Kind::Array, at, at, false);
                        at += 1;
                        continue;
                    }
                    // `[]` and, leniently, a trailing comma.
                    b']' if !self.open.is_empty() && !self.inside_object() => {
                        match self.close(at + 1) {
                            Closed::Document(end) => return End::Complete(end),
                            Closed::Container => {}
                        }
                        at += 1;
                    }
                    _ => match self.word(bytes, at) {
                        Word::Read(after) => at = after,
                        Word::CutOff => return self.truncated(bytes.len()),
                        Word::None => return self.broken(at, "no JSON value starts like this"),
                    },
                }
            }
            // After a value: commas and closing brackets until the next one is due.
            loop {
                if self.open.is_empty() {
                    return End::Complete(at);
                }
                at = skip_blank(bytes, at);
                match bytes.get(at) {
                    None => return self.truncated(at),
                    Some(b',') => {
                        at += 1;
                        expect_key = self.inside_object();
                        break;
                    }
                    Some(b'}') if self.inside_object() => {
                        if let Closed::Document(end) = self.close(at + 1) {
                            return End::Complete(end);
                        }
                        at += 1;
                    }
                    Some(b']') if !self.inside_object() => {
                        if let Closed::Document(end) = self.close(at + 1) {
                            return End::Complete(end);
                        }
                        at += 1;
                    }
                    Some(_) => return self.broken(at, "a comma or a closing bracket was expected"),
                }
            }
        }
    }

    fn close(&mut self, end: usize) -> Closed {
        let next = self.nodes.len() as u32;
        if let Some(index) = self.open.pop()
            && let Some(node) = self.nodes.get_mut(index as usize)
        {
            node.end = end as u32;
            node.next = next;
        }
        if self.open.is_empty() { Closed::Document(end) } else { Closed::Container }
    }

    /// Scans a string whose opening quote is at `at`; gives the offset after the closing quote. A string that is cut
    /// off is kept as far as it goes.
    fn string(&mut self, bytes: &[u8], at: usize) -> Option<usize> {
        let start = at + 1;
        let first = quote_or_backslash(bytes.get(start..)?).map(|offset| start + offset);
        let (mut cursor, escaped) = match first {
            Some(end) if bytes.get(end) == Some(&b'"') => {
                self.push(Kind::Text, start, end, false);
                return Some(end + 1);
            }
            Some(backslash) => (backslash + 2, true),
            None => (bytes.len(), false),
        };
        // From here on only quotes are looked for: in prose most escapes are line breaks.
        while let Some(offset) = bytes.get(cursor..).and_then(|rest| memchr::memchr(b'"', rest)) {
            let end = cursor + offset;
            let before = bytes.get(cursor..end).unwrap_or_default();
            cursor = end + 1;
            if before.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 0 {
                self.push(Kind::Text, start, end, escaped);
                return Some(cursor);
            }
        }
        self.push(Kind::Text, start, bytes.len(), escaped);
        None
    }

    /// A number or a word (`true`, `null`, `NaN`). One that touches the end of the bytes inside a container was cut
    /// off and is not taken: half a number is a wrong number.
    fn word(&mut self, bytes: &[u8], at: usize) -> Word {
        let rest = bytes.get(at..).unwrap_or_default();
        let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.')).count();
        let word = rest.get(..length).unwrap_or_default();
        if !word.is_empty() && length == rest.len() && !self.open.is_empty() {
            return Word::CutOff;
        }
        let kind = match word {
            b"true" => Kind::True,
            b"false" => Kind::False,
            b"null" => Kind::Null,
            b"NaN" | b"Infinity" | b"-Infinity" => Kind::Number,
            [b'-', digit, ..] | [digit, ..] if digit.is_ascii_digit() => Kind::Number,
            _ => return Word::None,
        };
        self.push(kind, at, at + length, false);
        Word::Read(at + length)
    }
}

enum Word {
    Read(usize),
    CutOff,
    None,
}

enum Closed {
    Document(usize),
    Container,
}

fn skip_blank(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => at += 1,
            // A byte order mark may stand anywhere a document may start (FORMATS §1.5).
            0xEF if bytes.get(at..at + 3) == Some(b"\xEF\xBB\xBF") => at += 3,
            _ => break,
        }
    }
    at
}

/// The offset after the container that opens at `at`, counting brackets outside strings.
fn skip_container(bytes: &[u8], at: usize) -> Option<usize> {
    let mut depth = 0usize;
    let mut cursor = at;
    while let Some(byte) = bytes.get(cursor) {
        cursor += 1;
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(cursor);
                }
            }
            b'"' => loop {
                let rest = bytes.get(cursor..)?;
                let offset = quote_or_backslash(rest)?;
                if rest.get(offset) == Some(&b'"') {
                    cursor += offset + 1;
                    break;
                }
                cursor += offset + 2;
            },
            _ => {}
        }
    }
    None
}
