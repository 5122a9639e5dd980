//! Text of a body without copying it: the inside of a JSON string as written, or text made from one.

use std::borrow::Cow;
use std::cell::Cell;
use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::decode::Searchable;
use crate::decode::json::{Survey, Value, unescape};
use crate::model::secret;

/// A piece of a body's text.
#[derive(Clone, Debug)]
pub(super) enum Snippet<'a> {
    /// The inside of a JSON string, as written.
    Raw(Written<'a>),
    /// Text.
    Text(Cow<'a, str>),
}

/// Text as written in a record, and what is known of it.
#[derive(Clone, Debug)]
pub(super) struct Written<'a> {
    bytes: &'a [u8],
    /// It holds escapes.
    escaped: bool,
    survey: Survey,
    /// See [`Snippet::holds_run`]; `None` before it is asked.
    holds_run: Cell<Option<bool>>,
}

impl<'a> Snippet<'a> {
    /// A string's text; anything else as JSON text.
    pub(super) fn of(value: Value<'a>) -> Self {
        if value.is_text() { Self::raw(value.raw_text(), value.is_escaped()) } else { Self::raw(value.raw(), false) }
    }

    /// The inside of a JSON string, as written; `escaped` when it holds escapes.
    pub(super) fn raw(bytes: &'a [u8], escaped: bool) -> Self {
        Self::Raw(Written { bytes, escaped, survey: Survey::of(bytes, escaped), holds_run: Cell::new(None) })
    }

    /// The same text, spelled so that it can be cut between any two characters: as it stands when its escapes are all of
    /// two bytes, none of which spells a character that a token of a prompt template has in it, else with them undone.
    pub(super) fn divisible(self) -> Self {
        match self {
            Self::Raw(written) if !written.only_escapes(*b"\"\\bfnrt") => Self::Text(unescape(written.bytes, written.escaped)),
            snippet => snippet,
        }
    }

    /// A part of a divisible snippet.
    pub(super) fn slice(&self, range: Range<usize>) -> Self {
        match self {
            Self::Raw(written) => Self::raw(written.bytes.get(range).unwrap_or_default(), written.escaped),
            Self::Text(Cow::Borrowed(text)) => Self::Text(Cow::Borrowed(text.get(range).unwrap_or_default())),
            Self::Text(Cow::Owned(text)) => Self::Text(Cow::Owned(text.get(range).unwrap_or_default().to_owned())),
        }
    }

    /// The range of a divisible snippet without the white space around it.
    pub(super) fn trim(&self, range: Range<usize>) -> Range<usize> {
        self.trim_end(self.trim_start(range))
    }

    /// The range without the white space at its beginning.
    pub(super) fn trim_start(&self, mut range: Range<usize>) -> Range<usize> {
        while let Some(rest) = self.bytes().get(range.clone()) {
            match rest {
                [byte, ..] if byte.is_ascii_whitespace() => range.start += 1,
                [b'\\', b'n' | b'r' | b't', ..] if self.is_escaped() => range.start += 2,
                _ => break,
            }
        }
        range
    }

    /// The range without the white space at its end.
    pub(super) fn trim_end(&self, mut range: Range<usize>) -> Range<usize> {
        while let Some(rest) = self.bytes().get(range.clone()) {
            match rest {
                [.., byte] if byte.is_ascii_whitespace() => range.end -= 1,
                // The letter of an escape, unless the backslash before it is itself escaped.
                [before @ .., b'n' | b'r' | b't'] if self.is_escaped() && backslashes(before) % 2 == 1 => range.end -= 2,
                _ => break,
            }
        }
        range
    }

    /// Number of line breaks in a range of a divisible snippet that is white space.
    pub(super) fn line_breaks(&self, range: Range<usize>) -> usize {
        let blank = self.bytes().get(range).unwrap_or_default();
        blank.iter().filter(|byte| **byte == b'\n' || (self.is_escaped() && **byte == b'n')).count()
    }

    fn is_escaped(&self) -> bool {
        matches!(self, Self::Raw(Written { escaped: true, .. }))
    }

    /// The bytes as they stand.
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Raw(written) => written.bytes,
            Self::Text(text) => text.as_bytes(),
        }
    }

    /// It stands at the same place in the record.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        std::ptr::eq(self.bytes(), other.bytes()) && self.is_escaped() == other.is_escaped()
    }

    /// Nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes().is_empty()
    }

    /// The text.
    pub(super) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Raw(Written { bytes, escaped, .. }) => unescape(bytes, *escaped),
            Self::Text(text) => Cow::Borrowed(text),
        }
    }

    /// A beginning of the text that holds at least 300 characters, or all of it.
    pub(super) fn beginning(&self) -> Cow<'_, str> {
        // Twelve bytes, the escapes of one surrogate pair, are the longest spelling of a character.
        self.beginning_within(4096)
    }

    /// The text of about so many bytes at the beginning, or all of it. Its last [`Self::CUT`] characters may be pieces of one
    /// that was cut in two.
    pub(super) fn beginning_within(&self, most: usize) -> Cow<'_, str> {
        match self {
            Self::Raw(Written { bytes, escaped, .. }) if bytes.len() > most => {
                let is_continuation = |at: usize| bytes.get(at).is_some_and(|byte| byte & 0xC0 == 0x80);
                let end = (most - 3..=most).rev().find(|at| !is_continuation(*at)).unwrap_or(most);
                unescape(bytes.get(..end).unwrap_or(bytes), *escaped)
            }
            _ => self.text(),
        }
    }

    /// See [`Self::beginning_within`].
    pub(super) const CUT: usize = 11;

    /// Such a beginning of a longer text, without the characters that may be pieces.
    pub(super) fn sound_beginning(&self, most: usize) -> Option<Cow<'_, str>> {
        let start = (self.bytes().len() > most).then(|| self.beginning_within(most))?;
        let (sound, _) = start.char_indices().rev().nth(Self::CUT - 1)?;
        Some(match start {
            Cow::Borrowed(start) => Cow::Borrowed(start.get(..sound)?),
            Cow::Owned(mut start) => {
                start.truncate(sound);
                Cow::Owned(start)
            }
        })
    }

    /// Number of characters of the text, counted where it stands.
    pub(super) fn characters(&self) -> usize {
        match self {
            Self::Text(text) => text.chars().count(),
            Self::Raw(Written { bytes, survey, .. }) => survey.characters(bytes),
        }
    }

    /// Is every character of the text one that a reader sees? Printable ASCII and line breaks; anything else is
    /// "perhaps not".
    pub(super) fn is_plain(&self) -> bool {
        match self {
            Self::Raw(written) => written.survey.is_printable() && written.only_escapes(*b"\"\\/nrt"),
            Self::Text(text) => text.bytes().fold(true, |plain, byte| plain & (matches!(byte, 0x20..=0x7e) | matches!(byte, b'\n' | b'\r' | b'\t'))),
        }
    }

    /// Does it hold a run of letters as long as credentials and encoded passages have? Looked for once, and known to copies
    /// made from then on.
    pub(super) fn holds_run(&self) -> bool {
        let Self::Raw(written) = self else { return secret::holds_run(self.bytes()) };
        let holds = written.holds_run.get().unwrap_or_else(|| secret::holds_run(written.bytes));
        written.holds_run.set(Some(holds));
        holds
    }

    /// For the index of searchable text.
    pub(super) fn into_searchable(self) -> Searchable<'a> {
        match self {
            Self::Raw(written) => Searchable::Raw(written.bytes, written.escaped),
            Self::Text(text) => Searchable::Text(text),
        }
    }
}

impl<'a> Written<'a> {
    /// The bytes as they stand.
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Are there no other escapes than these?
    pub(super) fn only_escapes<const N: usize>(&self, letters: [u8; N]) -> bool {
        !self.escaped || self.survey.only_escapes(self.bytes, letters)
    }
}

/// How many backslashes stand at the end.
fn backslashes(bytes: &[u8]) -> usize {
    bytes.iter().rev().take_while(|byte| **byte == b'\\').count()
}

/// Could there be a tag in the text? A look for its bracket, as it is or as an escape, before dearer ones.
pub(super) fn may_hold_tag(pieces: &[Snippet<'_>]) -> bool {
    static ESCAPE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("u003"));
    let is_spelled = |piece: &Snippet<'_>| piece.is_escaped() && ESCAPE.find(piece.bytes()).is_some();
    pieces.iter().any(|piece| memchr::memchr(b'<', piece.bytes()).is_some() || is_spelled(piece))
}

/// The bytes of the pieces one after another, as they stand. A single piece, as all but streams have, is not copied.
pub(super) fn run<'p>(pieces: &'p [Snippet<'_>]) -> Cow<'p, [u8]> {
    match pieces {
        [piece] => Cow::Borrowed(piece.bytes()),
        _ => Cow::Owned(pieces.iter().map(Snippet::bytes).collect::<Vec<_>>().concat()),
    }
}

/// The pieces one after another, with a separator between them.
pub(super) fn joined(pieces: &[Snippet<'_>], separator: &str) -> String {
    if let [piece] = pieces {
        return piece.text().into_owned();
    }
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
        Snippet::raw(bytes, bytes.contains(&b'\\'))
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
            for most in [100, 101, 102, 103, 1000] {
                let short = snippet.beginning_within(most);
                let sound = short.char_indices().rev().nth(Snippet::CUT - 1).map_or("", |(at, _)| &short[..at]);
                prop_assert!(snippet.text().starts_with(sound), "{sound}");
            }
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
