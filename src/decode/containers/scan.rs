//! Finds the end of one JSON value, as fast as the bytes can be looked at, and resumes where the bytes ran out.
//!
//! It is stricter than a count of brackets: what may follow what is checked, because a record that is cut off in the
//! middle of a string turns everything after it inside out, and a count of brackets would swallow the good records that
//! follow. On the way it notes which of a few names stand as keys at the top of an object: they tell wrappers from records.

use crate::decode::json::quote_or_backslash;
use crate::model::effort;

/// Longer numbers and words than this are damage.
const MAX_WORD: usize = 1024;

/// Deeper nesting than this many times 64 levels is damage: what is remembered of it must end somewhere.
const MAX_OUTER: usize = 1 << 18;
const TOO_DEEP: &str = "brackets are nested more than 16 million deep";

/// How far a scan got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The value ends before [`Scan::at`].
    Done,
    /// The bytes ran out; run again with more of them.
    More,
    /// An array has been opened under a key of the top object that may hold records; `at` is behind its bracket.
    List,
    /// This is no JSON at [`Scan::at`].
    Damaged(&'static str),
}

/// Keys seen at the top of an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Keys(u16);

impl Keys {
    pub(super) const DETAIL: Self = Self(1);
    pub(super) const DETAIL_TYPE: Self = Self(2);
    pub(super) const MESSAGE: Self = Self(4);
    pub(super) const CLOUDTRAIL_EVENT: Self = Self(8);
    pub(super) const FIELD: Self = Self(16);
    pub(super) const VALUE: Self = Self(32);
    pub(super) const IDENTITY: Self = Self(64);
    /// Rows of an osquery result.
    pub(super) const ROWS: Self = Self(128);

    fn of(name: &[u8]) -> Self {
        match name {
            b"detail" => Self::DETAIL,
            b"detail-type" => Self::DETAIL_TYPE,
            b"message" => Self::MESSAGE,
            b"CloudTrailEvent" => Self::CLOUDTRAIL_EVENT,
            b"field" => Self::FIELD,
            b"value" => Self::VALUE,
            b"userIdentity" => Self::IDENTITY,
            b"snapshot" | b"diffResults" => Self::ROWS,
            _ => Self(0),
        }
    }

    /// All of these were seen.
    pub(super) fn has(self, all: &[Self]) -> bool {
        all.iter().all(|key| self.0 & key.0 != 0)
    }
}

/// The state of a scan. Offsets count from the value's first byte.
#[derive(Clone, Debug, Default)]
pub(super) struct Scan {
    /// How far the value was scanned.
    pub(super) at: usize,
    /// Keys of the top object.
    pub(super) keys: Keys,
    /// How many keys the top object has.
    pub(super) count: usize,
    /// Blanks stand between the tokens.
    pub(super) blanks: bool,
    /// The last key of the top object: its inside.
    pub(super) last_key: (usize, usize),
    /// Where the value of `message` begins, blanks included.
    pub(super) message_at: usize,
    /// Where the value of `userIdentity` begins, blanks included.
    pub(super) identity_at: usize,
    /// The last string: its inside.
    pub(super) string: (usize, usize),
    depth: usize,
    /// Which of the innermost 64 open brackets are objects, the innermost in the lowest bit.
    objects: u64,
    /// The same of those further out, 64 each.
    outer: Vec<u64>,
    after: bool,
    key_due: bool,
    in_string: bool,
    keyed: bool,
    watch: bool,
}

impl Scan {
    /// Only the end of the value.
    pub(super) fn plain() -> Self {
        Self::default()
    }

    /// Notes the keys of the top object.
    pub(super) fn keyed() -> Self {
        Self { keyed: true, ..Self::default() }
    }

    /// Notes keys and stops at lists that may hold records.
    pub(super) fn watching() -> Self {
        Self { keyed: true, watch: true, ..Self::default() }
    }

    /// Goes on inside an object, behind one of its values.
    pub(super) fn rest_of_object() -> Self {
        Self { watch: true, depth: 1, objects: 1, after: true, ..Self::default() }
    }

    /// Forgets the bytes scanned so far: the caller does not keep them. Gives their number.
    pub(super) fn forget(&mut self) -> usize {
        self.keyed = false;
        self.watch = false;
        std::mem::take(&mut self.at)
    }

    /// Scans on. `bytes` begins with the value and holds at least what an earlier run has seen.
    pub(super) fn run(&mut self, bytes: &[u8]) -> Step {
        let mut at = self.at;
        if self.in_string {
            match string_end(bytes, at) {
                Ok(end) => {
                    self.in_string = false;
                    self.string.1 = end;
                    self.after = true;
                    at = end + 1;
                    if self.depth == 0 {
                        self.at = at;
                        return Step::Done;
                    }
                }
                Err(resume) => {
                    self.at = resume;
                    return Step::More;
                }
            }
        }
        let (mut after, mut key_due) = (self.after, self.key_due);
        let step = loop {
            let Some(&byte) = bytes.get(at) else { break Step::More };
            match byte {
                b'"' if !after => {
                    at += 1;
                    self.string.0 = at;
                    match string_end(bytes, at) {
                        Ok(end) => {
                            self.string.1 = end;
                            at = end + 1;
                            after = true;
                            if self.depth == 0 {
                                break Step::Done;
                            }
                        }
                        Err(resume) => {
                            self.in_string = true;
                            at = resume;
                            break Step::More;
                        }
                    }
                }
                b':' if after && self.objects & 1 == 1 => {
                    at += 1;
                    (after, key_due) = (false, false);
                    if self.depth == 1 && self.keyed {
                        self.note_key(bytes, at);
                    }
                }
                b',' if after => {
                    at += 1;
                    (after, key_due) = (false, self.objects & 1 == 1);
                }
                b' ' | b'\n' | b'\r' | b'\t' => {
                    self.blanks = true;
                    at += 1;
                }
                b'{' if !after && !key_due => {
                    if !self.open(true) {
                        break Step::Damaged(TOO_DEEP);
                    }
                    at += 1;
                    key_due = true;
                }
                b'[' if !after && !key_due => {
                    let listed = self.watch && self.depth == 1 && self.objects & 1 == 1;
                    if !self.open(false) {
                        break Step::Damaged(TOO_DEEP);
                    }
                    at += 1;
                    if listed && bytes.get(self.string.0..self.string.1).is_some_and(may_list_records) {
                        break Step::List;
                    }
                }
                // An empty one, or, leniently, a comma before the bracket.
                b'}' | b']' if self.depth > 0 => {
                    if (self.objects & 1 == 1) != (byte == b'}') {
                        break Step::Damaged("a bracket closes what it did not open");
                    }
                    at += 1;
                    self.close();
                    after = true;
                    if self.depth == 0 {
                        break Step::Done;
                    }
                }
                b'-' | b'0'..=b'9' | b't' | b'f' | b'n' | b'N' | b'I' if !after && !key_due && self.depth > 0 => {
                    let rest = bytes.get(at..).unwrap_or_default();
                    let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.')).count();
                    if length > MAX_WORD {
                        break Step::Damaged("a number or word has no end");
                    }
                    if length == rest.len() {
                        break Step::More;
                    }
                    at += length;
                    after = true;
                }
                _ if after => break Step::Damaged("a comma, a colon or a closing bracket was expected"),
                _ if key_due => break Step::Damaged("a key in quotes was expected"),
                _ => break Step::Damaged("no JSON value starts like this"),
            }
        };
        effort::looked_at(at - self.at);
        self.at = at;
        self.after = after;
        self.key_due = key_due;
        step
    }

    /// Goes one level in, unless that is too deep.
    fn open(&mut self, object: bool) -> bool {
        if self.depth > 0 && self.depth.is_multiple_of(64) {
            if self.outer.len() == MAX_OUTER {
                return false;
            }
            self.outer.push(self.objects);
        }
        self.depth += 1;
        self.objects = self.objects << 1 | u64::from(object);
        true
    }

    /// Goes one level out; one is open.
    fn close(&mut self) {
        self.depth -= 1;
        self.objects >>= 1;
        if self.depth > 0 && self.depth.is_multiple_of(64) {
            self.objects = self.outer.pop().unwrap_or_default();
        }
    }

    fn note_key(&mut self, bytes: &[u8], value_at: usize) {
        self.count += 1;
        self.last_key = self.string;
        let key = Keys::of(bytes.get(self.string.0..self.string.1).unwrap_or_default());
        self.keys.0 |= key.0;
        if key == Keys::MESSAGE {
            self.message_at = value_at;
        } else if key == Keys::IDENTITY {
            self.identity_at = value_at;
        }
    }
}

/// Keys under which a document lists records (FORMATS §1.5, §3.6, §4).
fn may_list_records(key: &[u8]) -> bool {
    matches!(key, b"Records" | b"Events" | b"events" | b"logEvents" | b"results" | b"QueryResultRows")
}

/// The closing quote of a string whose inside (or rest of it) begins at `at`; otherwise where to resume.
fn string_end(bytes: &[u8], mut at: usize) -> Result<usize, usize> {
    loop {
        let Some(rest) = bytes.get(at..) else { return Err(bytes.len()) };
        match quote_or_backslash(rest) {
            None => return Err(bytes.len()),
            Some(offset) => {
                at += offset;
                if bytes.get(at) == Some(&b'"') {
                    return Ok(at);
                }
                // The byte behind a backslash is not looked at; when it is not there yet, resume at the backslash.
                if at + 1 >= bytes.len() {
                    return Err(at);
                }
                at += 2;
            }
        }
    }
}

/// The end of the value at the start of `bytes`, by counting brackets outside strings only: for damaged ones.
pub(super) fn bracket_end(bytes: &[u8]) -> Option<usize> {
    let mut depth = 0usize;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at);
                }
            }
            b'"' => at = string_end(bytes, at).ok()? + 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end_of(text: &str) -> (Step, usize) {
        let mut scan = Scan::plain();
        let step = scan.run(text.as_bytes());
        (step, scan.at)
    }

    #[test]
    fn the_end_of_a_value_is_found() {
        for (text, end) in [
            ("{}", 2),
            ("{} {}", 2),
            (r#"{"a":[1,2,{"b":"}]\"\\"}],"c":-1.5e+3 } x"#, 39),
            (r#"["]",[]]]"#, 8),
            (r#""a\"b" "#, 6),
            (r#"{"a":null,"b":true,"c":NaN,}"#, 28),
        ] {
            assert_eq!(end_of(text), (Step::Done, end), "{text}");
        }
    }

    #[test]
    fn damage_is_noticed_where_it_is() {
        for (text, at) in [
            ("{\"a\":\"b\n{\"a\":1}", 10),
            (r#"{"a":1 {"b":2}"#, 7),
            (r#"{"a":[1}"#, 7),
            (r#"{"a":@}"#, 5),
            (r#"{"a" "b"}"#, 5),
            (r#"["a":1]"#, 4),
            (r#"{"a":1,{"b":2}}"#, 7),
            ("{1}", 1),
            ("x", 0),
        ] {
            let (step, found) = end_of(text);
            assert!(matches!(step, Step::Damaged(_)), "{text}: {step:?}");
            assert_eq!(found, at, "{text}");
        }
        for text in ["{", "{\"a\"", "{\"a\":12", "\"abc\\", "[[]"] {
            assert_eq!(end_of(text).0, Step::More, "{text}");
        }
    }

    #[test]
    fn resuming_at_any_byte_gives_the_same_end() {
        let text = r#"{"message":"a\\\"b","timestamp":1760000000000,"n":{"message":[1,2.5e7]}}"#.as_bytes();
        for cut in 0..text.len() {
            let mut scan = Scan::keyed();
            assert_eq!(scan.run(&text[..cut]), Step::More, "{cut}");
            assert_eq!(scan.run(text), Step::Done, "{cut}");
            assert_eq!((scan.at, scan.count), (text.len(), 3));
            assert!(scan.keys.has(&[Keys::MESSAGE]) && !scan.keys.has(&[Keys::FIELD]));
        }
    }

    #[test]
    fn nesting_has_no_limit_and_costs_no_stack() {
        let text = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
        assert_eq!(end_of(&text), (Step::Done, 2_000_000));
    }

    #[test]
    fn brackets_are_told_apart_at_any_depth() {
        for depth in [1, 63, 64, 65, 70, 127, 128, 129, 200, 256, 300, 1000] {
            for kinds in ["o", "a", "oa", "ao", "ooa", "aao"] {
                let kinds: Vec<char> = kinds.chars().cycle().take(depth).collect();
                let opening: String = kinds.iter().map(|&kind| if kind == 'o' { r#"{"a":0,"b":"# } else { "[0," }).collect();
                let closing: String = kinds.iter().rev().map(|&kind| if kind == 'o' { r#","c":1}"# } else { ",1]" }).collect();
                let text = format!("{opening}2{closing}");
                assert_eq!(end_of(&format!("{text} x")), (Step::Done, text.len()), "{depth} {kinds:?}");
                let mut scan = Scan::plain();
                let cut = opening.len() + closing.len() / 2;
                assert_eq!(scan.run(&text.as_bytes()[..cut]), Step::More, "{depth} {kinds:?}");
                assert_eq!((scan.run(text.as_bytes()), scan.at), (Step::Done, text.len()), "{depth} {kinds:?}");

                let wrong = if text.ends_with('}') { ']' } else { '}' };
                let damaged = format!("{}{wrong}", &text[..text.len() - 1]);
                let found = end_of(&damaged);
                assert_eq!(found, (Step::Damaged("a bracket closes what it did not open"), damaged.len() - 1), "{depth} {kinds:?}");
            }
        }
    }

    #[test]
    fn lists_are_announced_only_at_the_top() {
        let mut scan = Scan::watching();
        let text = br#"{"x":{"Records":[1]},"Records":[2]}"#;
        assert_eq!(scan.run(text), Step::List);
        assert_eq!(scan.at, 32);
        assert_eq!(scan.run(text), Step::Done);
    }
}
