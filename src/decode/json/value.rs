//! Looking at a tape. A missing key gives a missing value, so that a path reads as a path.

use std::borrow::Cow;

use super::parse::{Kind, Node};
use super::text::unescape;

/// One value of a parsed document. Cheap to copy; borrows the document.
#[derive(Clone, Copy)]
pub struct Value<'a> {
    bytes: &'a [u8],
    nodes: &'a [Node],
    index: u32,
}

const MISSING: u32 = u32::MAX;

/// A value that is not there.
impl Default for Value<'_> {
    fn default() -> Self {
        Self { bytes: &[], nodes: &[], index: MISSING }
    }
}

impl<'a> Value<'a> {
    pub(super) fn new(bytes: &'a [u8], nodes: &'a [Node], index: u32) -> Self {
        Self { bytes, nodes, index: if nodes.is_empty() { MISSING } else { index } }
    }

    #[inline]
    fn node(self) -> Option<&'a Node> {
        self.nodes.get(self.index as usize)
    }

    /// What it is.
    #[inline]
    pub fn kind(self) -> Kind {
        self.node().map_or(Kind::Missing, |node| node.kind)
    }

    /// There is something here other than `null`.
    pub fn is_some(self) -> bool {
        !matches!(self.kind(), Kind::Missing | Kind::Null)
    }

    /// It is an object.
    pub fn is_object(self) -> bool {
        self.kind() == Kind::Object
    }

    /// It is an array.
    pub fn is_array(self) -> bool {
        self.kind() == Kind::Array
    }

    /// It is a string.
    pub fn is_text(self) -> bool {
        self.kind() == Kind::Text
    }

    /// The value of a key; the first one when the key is there twice. Missing when there is none.
    #[must_use]
    pub fn get(self, key: &str) -> Self {
        self.entries().find(|(name, _)| name.is(key)).map_or(Self { index: MISSING, ..self }, |(_, value)| value)
    }

    /// Every value of a key: who writes a key twice hides neither.
    pub fn all(self, key: &'static str) -> impl Iterator<Item = Value<'a>> + 'a {
        self.entries().filter(move |(name, _)| name.is(key)).map(|(_, value)| value)
    }

    /// The value at a dotted path (`input.inputBodyJson`); a number selects an element of an array.
    #[must_use]
    pub fn at(self, path: &str) -> Self {
        path.split('.').fold(self, |value, step| match value.kind() {
            Kind::Array => step.parse().map_or(Self { index: MISSING, ..self }, |index| value.item(index)),
            _ => value.get(step),
        })
    }

    /// The element of an array.
    #[must_use]
    pub fn item(self, index: usize) -> Self {
        self.items().nth(index).unwrap_or(Self { index: MISSING, ..self })
    }

    /// The elements of an array; nothing for anything else.
    pub fn items(self) -> impl Iterator<Item = Value<'a>> + 'a {
        self.children(Kind::Array)
    }

    /// The elements of an array, or the value itself when it is a single one (older events write one value bare).
    pub fn items_or_self(self) -> impl Iterator<Item = Value<'a>> + 'a {
        let itself = (!self.is_array() && self.is_some()).then_some(self);
        self.items().chain(itself)
    }

    /// Keys and values of an object in their order, duplicates included; nothing for anything else.
    pub fn entries(self) -> impl Iterator<Item = (Key<'a>, Value<'a>)> + 'a {
        let mut children = self.children(Kind::Object);
        std::iter::from_fn(move || {
            let key = children.next()?;
            let value = children.next().unwrap_or(Self { index: MISSING, ..key });
            Some((Key(key), value))
        })
    }

    #[inline]
    fn children(self, kind: Kind) -> impl Iterator<Item = Value<'a>> + 'a {
        let (mut index, end) = match self.node() {
            Some(node) if node.kind == kind => (self.index + 1, node.next),
            _ => (0, 0),
        };
        std::iter::from_fn(move || {
            if index >= end {
                return None;
            }
            let child = Self { index, ..self };
            index = self.nodes.get(index as usize)?.next;
            Some(child)
        })
    }

    /// The text of a string.
    pub fn text(self) -> Option<Cow<'a, str>> {
        let node = self.node().filter(|node| node.kind == Kind::Text)?;
        Some(unescape(self.slice(node), node.escaped))
    }

    /// The text of a string that is not empty.
    pub fn text_some(self) -> Option<Cow<'a, str>> {
        self.text().filter(|text| !text.is_empty())
    }

    /// A string's text, or a number or boolean as written: how many exporters spell what should be a string.
    pub fn scalar(self) -> Option<Cow<'a, str>> {
        match self.kind() {
            Kind::Text => self.text(),
            Kind::Number | Kind::True | Kind::False => Some(crate::model::text_from_bytes(self.raw())),
            _ => None,
        }
    }

    /// Does a string hold exactly this?
    #[inline]
    pub fn is(self, expected: &str) -> bool {
        self.node().is_some_and(|node| {
            node.kind == Kind::Text
                && if node.escaped { unescape(self.slice(node), true) == expected } else { self.slice(node) == expected.as_bytes() }
        })
    }

    /// A count: an integer, a float without fraction (`28.0`, FORMATS §2.2), or either in quotes. Negative and
    /// non-finite numbers are no counts.
    pub fn count(self) -> Option<u64> {
        // Most are a few digits, of which no text needs to be made.
        if self.kind() == Kind::Number && self.raw().len() < 19 && self.raw().iter().all(u8::is_ascii_digit) {
            return Some(self.raw().iter().fold(0, |count, digit| count * 10 + u64::from(digit - b'0')));
        }
        let text = self.scalar()?;
        text.parse().ok().or_else(|| {
            let float: f64 = text.parse().ok()?;
            (0.0..9.0e15).contains(&float).then_some(float as u64)
        })
    }

    /// A number.
    pub fn number(self) -> Option<f64> {
        self.scalar()?.parse().ok()
    }

    /// A boolean; also the words in quotes, any case (`"True"`, FORMATS samples).
    pub fn boolean(self) -> Option<bool> {
        match self.kind() {
            Kind::True => Some(true),
            Kind::False => Some(false),
            Kind::Text => self.text().and_then(|text| text.to_ascii_lowercase().parse().ok()),
            _ => None,
        }
    }

    /// The value's bytes as written; a string with its quotes.
    pub fn raw(self) -> &'a [u8] {
        let range = self.range();
        self.bytes.get(range).unwrap_or_default()
    }

    /// Where the value's bytes are in the document; a string with its quotes.
    pub fn range(self) -> std::ops::Range<usize> {
        self.node().map_or(0..0, |node| {
            let (start, end) = (node.start as usize, node.end as usize);
            if node.kind == Kind::Text { start - 1..(end + 1).min(self.bytes.len()) } else { start..end }
        })
    }

    /// The bytes of a string inside its quotes, still escaped; empty for anything else.
    #[inline]
    pub fn raw_text(self) -> &'a [u8] {
        self.node().filter(|node| node.kind == Kind::Text).map_or(&[], |node| self.slice(node))
    }

    /// A string whose bytes hold escapes.
    pub fn is_escaped(self) -> bool {
        self.node().is_some_and(|node| node.kind == Kind::Text && node.escaped)
    }

    /// The value as JSON text, as written.
    pub fn json(self) -> Cow<'a, str> {
        crate::model::text_from_bytes(self.raw())
    }

    /// Number of children of an array or entries of an object.
    pub fn len(self) -> usize {
        match self.kind() {
            Kind::Array => self.items().count(),
            Kind::Object => self.entries().count(),
            _ => 0,
        }
    }

    /// No children.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    #[inline]
    fn slice(self, node: &Node) -> &'a [u8] {
        self.bytes.get(node.start as usize..node.end as usize).unwrap_or_default()
    }
}

impl std::fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {}", self.kind(), self.json())
    }
}

/// A key of an object.
#[derive(Clone, Copy, Debug)]
pub struct Key<'a>(Value<'a>);

impl<'a> Key<'a> {
    /// Is it exactly this?
    #[inline]
    pub fn is(self, expected: &str) -> bool {
        self.0.is(expected)
    }

    /// Its bytes inside the quotes, still escaped: names that we look for never are.
    #[inline]
    pub fn raw(self) -> &'a [u8] {
        self.0.raw_text()
    }

    /// Its text.
    pub fn text(self) -> Cow<'a, str> {
        self.0.text().unwrap_or_default()
    }

    /// Where its bytes are in the document, inside the quotes.
    pub fn range(self) -> std::ops::Range<usize> {
        let range = self.0.range();
        range.start + 1..range.end.saturating_sub(1).max(range.start + 1)
    }
}
