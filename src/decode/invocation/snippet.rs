//! Text of a body without copying it: the inside of a JSON string as written, or text made from one.

use std::borrow::Cow;

use crate::decode::Searchable;
use crate::decode::json::{Value, unescape};

/// A piece of a body's text.
#[derive(Clone, Debug)]
pub(super) enum Snippet<'a> {
    /// The inside of a JSON string, as written; `true` when it holds escapes.
    Raw(&'a [u8], bool),
    /// Text.
    Text(Cow<'a, str>),
}

impl<'a> Snippet<'a> {
    /// A string's text; anything else as JSON text.
    pub(super) fn of(value: Value<'a>) -> Self {
        if value.is_text() { Self::Raw(value.raw_text(), value.is_escaped()) } else { Self::Raw(value.raw(), false) }
    }

    /// The bytes as they stand.
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Raw(bytes, _) => bytes,
            Self::Text(text) => text.as_bytes(),
        }
    }

    /// Nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes().is_empty()
    }

    /// The text.
    pub(super) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Raw(bytes, escaped) => unescape(bytes, *escaped),
            Self::Text(text) => Cow::Borrowed(text),
        }
    }

    /// A beginning of the text that holds at least 300 characters, or all of it.
    pub(super) fn beginning(&self) -> Cow<'_, str> {
        // Twelve bytes, the escapes of one surrogate pair, are the longest spelling of a character.
        const ENOUGH: usize = 4096;
        match self {
            Self::Raw(bytes, escaped) if bytes.len() > ENOUGH => {
                let is_continuation = |at: usize| bytes.get(at).is_some_and(|byte| byte & 0xC0 == 0x80);
                let end = (ENOUGH - 3..=ENOUGH).rev().find(|at| !is_continuation(*at)).unwrap_or(ENOUGH);
                unescape(bytes.get(..end).unwrap_or(bytes), *escaped)
            }
            _ => self.text(),
        }
    }

    /// Number of characters of the text, counted where it stands.
    pub(super) fn characters(&self) -> usize {
        match self {
            Self::Text(text) => text.chars().count(),
            Self::Raw(bytes, false) if bytes.is_ascii() => bytes.len(),
            Self::Raw(bytes, escaped) => match std::str::from_utf8(bytes) {
                Ok(text) if !escaped => text.chars().count(),
                Ok(text) => simple_escapes(bytes).map_or_else(|| self.text().chars().count(), |escapes| text.chars().count() - escapes),
                Err(_) => self.text().chars().count(),
            },
        }
    }

    /// Is every character of the text one that a reader sees? Printable ASCII and line breaks; anything else is
    /// "perhaps not".
    pub(super) fn is_plain(&self) -> bool {
        let (bytes, escaped) = match self {
            Self::Raw(bytes, escaped) => (*bytes, *escaped),
            Self::Text(text) => (text.as_bytes(), false),
        };
        let printable = bytes.iter().fold(true, |plain, byte| plain & (matches!(byte, 0x20..=0x7e) | matches!(byte, b'\n' | b'\r' | b'\t')));
        printable && (!escaped || visible_escapes_only(bytes))
    }

    /// For the index of searchable text.
    pub(super) fn into_searchable(self) -> Searchable<'a> {
        match self {
            Self::Raw(bytes, escaped) => Searchable::Raw(bytes, escaped),
            Self::Text(text) => Searchable::Text(text),
        }
    }
}

/// How many two-byte escapes there are; `None` when there are others.
fn simple_escapes(bytes: &[u8]) -> Option<usize> {
    let mut count = 0;
    let mut rest = bytes;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        if !matches!(rest.get(at + 1)?, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') {
            return None;
        }
        count += 1;
        rest = rest.get(at + 2..)?;
    }
    Some(count)
}

fn visible_escapes_only(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        if !matches!(rest.get(at + 1), Some(b'"' | b'\\' | b'/' | b'n' | b'r' | b't')) {
            return false;
        }
        rest = rest.get(at + 2..).unwrap_or_default();
    }
    true
}

/// The pieces one after another, with a separator between them.
pub(super) fn joined(pieces: &[Snippet<'_>], separator: &str) -> String {
    let mut text = String::with_capacity(pieces.iter().map(|piece| piece.bytes().len() + separator.len()).sum());
    // A surrogate pair may be cut in two by a stream's deltas; each half stays marked, as in the record.
    for (index, piece) in pieces.iter().enumerate() {
        if index > 0 {
            text.push_str(separator);
        }
        text.push_str(&piece.text());
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn raw(bytes: &[u8]) -> Snippet<'_> {
        Snippet::Raw(bytes, bytes.contains(&b'\\'))
    }

    proptest! {
        #[test]
        fn counting_in_place_is_counting(bytes in prop::collection::vec(prop_oneof![
            4 => 0x20u8..0x7f, 2 => Just(b'\\'), 1 => Just(b'n'), 1 => Just(b'u'), 1 => any::<u8>()
        ], 0..60)) {
            let snippet = raw(&bytes);
            prop_assert_eq!(snippet.characters(), snippet.text().chars().count());
            if snippet.is_plain() {
                prop_assert!(snippet.text().chars().all(|c| (' '..='~').contains(&c) || matches!(c, '\n' | '\r' | '\t')));
            }
        }

        #[test]
        fn a_beginning_is_a_beginning(text in "[a-zé世🙂\"\\\\\n]{0,3000}") {
            let json = serde_json::to_string(&text).unwrap();
            let snippet = raw(&json.as_bytes()[1..json.len() - 1]);
            let start: String = text.chars().take(300).collect();
            prop_assert_eq!(snippet.beginning().chars().take(300).collect::<String>(), start);
        }
    }

    #[test]
    fn counts_of_what_stands_there() {
        for (bytes, count) in
            [(&b"abc"[..], 3), (br#"a\nb\"c"#, 5), (br"\ud83d\ude42", 1), ("世界".as_bytes(), 2), (b"a\xffb", 3), (br"\ud800", 1), (b"", 0)]
        {
            assert_eq!(raw(bytes).characters(), count, "{bytes:?}");
        }
        assert!(raw(br"a\nb").is_plain());
        for hidden in [&br"a\u200bb"[..], br"a\bb", b"a\x1b[2J", "a\u{200b}".as_bytes()] {
            assert!(!raw(hidden).is_plain(), "{hidden:?}");
        }
    }
}
