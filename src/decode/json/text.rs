//! Strings: from escaped bytes to text that loses nothing.

use std::borrow::Cow;

use crate::model::{SURROGATE_BASE, text_from_bytes};

/// The text of a JSON string's inside. Escapes are undone; a lone surrogate and invalid UTF-8 are kept as marked
/// characters (see [`crate::model::SURROGATE_BASE`]); an unknown or cut-off escape stays as written.
pub fn unescape(raw: &[u8], escaped: bool) -> Cow<'_, str> {
    if !escaped {
        return text_from_bytes(raw);
    }
    // Validated once, not piece by piece. Marked characters for invalid bytes are no backslashes, and what follows one
    // as part of an escape is ASCII: nothing changes by their standing there already.
    let marked = text_from_bytes(raw);
    let mut text = String::with_capacity(marked.len());
    let mut rest = &*marked;
    while let Some((plain, tail)) = memchr::memchr(b'\\', rest.as_bytes()).and_then(|offset| rest.split_at_checked(offset)) {
        text.push_str(plain);
        let (character, used) = escape(tail.as_bytes());
        let (written, after) = tail.split_at_checked(used).unwrap_or((tail, ""));
        match character {
            Some(character) => text.push(character),
            None => text.push_str(written),
        }
        rest = after;
    }
    text.push_str(rest);
    text.into()
}

/// Is every escape a backslash and one of these letters?
pub(super) fn only_escapes<const N: usize>(raw: &[u8], letters: [u8; N]) -> bool {
    // One walk of which the compiler makes wide comparisons, instead of a search from one escape to the next. To it the
    // second of two backslashes is the beginning of an escape: where that makes a difference they are gone through.
    let is_one = |next: u8| letters.iter().fold(0, |is, letter| is | u8::from(next == *letter));
    let pairs = raw.iter().zip(raw.get(1..).unwrap_or_default());
    let others = pairs.fold(0, |others, (byte, next)| others | u8::from(*byte == b'\\') & (is_one(*next) ^ 1));
    if others == 0 && raw.last() != Some(&b'\\') {
        return true;
    }
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        if !rest.get(at + 1).is_some_and(|next| letters.contains(next)) {
            return false;
        }
        rest = rest.get(at + 2..).unwrap_or_default();
    }
    true
}

/// The character of the escape that `tail` starts with, and its length. `None` when it is no known escape: then that
/// many bytes stand for themselves.
#[inline]
pub(super) fn escape(tail: &[u8]) -> (Option<char>, usize) {
    match tail.get(1) {
        Some(b'"') => (Some('"'), 2),
        Some(b'\\') => (Some('\\'), 2),
        Some(b'/') => (Some('/'), 2),
        Some(b'b') => (Some('\u{8}'), 2),
        Some(b'f') => (Some('\u{c}'), 2),
        Some(b'n') => (Some('\n'), 2),
        Some(b'r') => (Some('\r'), 2),
        Some(b't') => (Some('\t'), 2),
        Some(b'u') => match unit(tail) {
            None => (None, 2),
            Some(high @ 0xD800..=0xDBFF) => match tail.get(6..).and_then(unit) {
                Some(low @ 0xDC00..=0xDFFF) => (char::from_u32(0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00)), 12),
                _ => (char::from_u32(SURROGATE_BASE + high), 6),
            },
            Some(low @ 0xDC00..=0xDFFF) => (char::from_u32(SURROGATE_BASE + low), 6),
            Some(code) => (char::from_u32(code), 6),
        },
        Some(_) => (None, 1),
        None => (None, tail.len()),
    }
}

/// The code unit of a `\uXXXX` at the start.
fn unit(tail: &[u8]) -> Option<u32> {
    if tail.get(..2)? != b"\\u" {
        return None;
    }
    let digits = tail.get(2..6)?;
    digits.iter().try_fold(0, |value, digit| Some(value << 4 | char::from(*digit).to_digit(16)?))
}
