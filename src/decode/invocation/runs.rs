//! Long runs of letters of one kind, as encoded passages are. Asked of every text.

use std::ops::Range;

use super::forms;
use crate::model::{Letters, letter_runs, spelled_runs};

/// Twelve pairs of digits and what stands between them.
const SHORTEST_PAIRS: usize = 35;
/// Bytes looked at together for pairs.
const BLOCK: usize = 16;

/// A run that may say something as base64 or as hexadecimal digits, in the bytes of a text or of a JSON string. Code is full of
/// paths and long names, which do not.
pub(super) fn holds_base64(bytes: &[u8]) -> bool {
    static LETTERS: Letters = Letters::and(b"+/-_\\");
    spelled_runs::<b'+'>(bytes, forms::SHORTEST_BASE64, &LETTERS).any(|run| may_say(bytes, &run))
}

fn may_say(bytes: &[u8], run: &Range<usize>) -> bool {
    /// No name is longer.
    const NAME: usize = 64;
    let letters = bytes.get(run.clone()).unwrap_or_default();
    // What may go on in the next line, and what has escapes in it, is left to those who have the text.
    if letters.len() > NAME || letters.contains(&b'\\') || may_go_on(bytes.get(run.end..).unwrap_or_default()) {
        return true;
    }
    // Its first letter may be that of an escape before it. Something may be glued to it, see `forms`.
    let is_escaped = run.start.checked_sub(1).and_then(|before| bytes.get(before)) == Some(&b'\\');
    let apart = letters.get(usize::from(is_escaped)..).unwrap_or_default();
    let parts = letters.split(|letter| !letter.is_ascii_alphanumeric());
    [letters, apart].into_iter().chain(parts).any(forms::may_begin)
}

/// May the next line be letters and nothing else, as within a block of base64? It may be the next piece of a text, too.
fn may_go_on(mut after: &[u8]) -> bool {
    if !matches!(after, [] | [b'\n' | b'\r', ..] | [b'\\', b'n' | b'r', ..]) {
        return false;
    }
    while let [b'\n' | b'\r' | b'\t' | b' ', rest @ ..] | [b'\\', b'n' | b'r' | b't', rest @ ..] = after {
        after = rest;
    }
    let letters = after.iter().take_while(|byte| forms::is_base64(**byte)).count();
    matches!(after.get(letters), None | Some(b'\n' | b'\r' | b'\\' | b'=' | b'"' | b'\'' | b'`' | b'<'))
}

/// Runs of base64 that are long enough.
pub(super) fn base64(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> {
    static LETTERS: Letters = Letters::and(b"+/-_");
    letter_runs::<b'+'>(bytes, forms::SHORTEST_BASE64, &LETTERS)
}

/// A run that may be pairs of hexadecimal digits with a sign between them.
pub(super) fn holds_pairs(bytes: &[u8]) -> bool {
    // None of them is above the small f. No jumps: the compiler makes wide comparisons of this.
    let may_be = |block: &[u8; BLOCK]| block.iter().fold(0, |all, byte| all | byte | byte.wrapping_add(0x80 - b'g')) < 0x80;
    let is_in = |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b' ' | b':' | b',' | b'-');
    let mut end = 0;
    // So long a run covers a whole block, wherever it begins.
    bytes.as_chunks::<BLOCK>().0.iter().enumerate().any(|(index, block)| {
        let at = index * BLOCK;
        if !may_be(block) || at < end || !block.iter().all(is_in) {
            return false;
        }
        let (before, after) = bytes.split_at_checked(at).unwrap_or_default();
        end = at + after.iter().take_while(|byte| is_in(byte)).count();
        end - at + before.iter().rev().take_while(|byte| is_in(byte)).count() >= SHORTEST_PAIRS
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The longest run, byte by byte.
    fn longest(bytes: &[u8], is_in: impl Fn(u8) -> bool) -> usize {
        bytes.split(|byte| !is_in(*byte)).map(<[u8]>::len).max().unwrap_or_default()
    }

    fn check(bytes: &[u8]) {
        let base64 = longest(bytes, |byte| byte.is_ascii_alphanumeric() || b"+/-_\\".contains(&byte));
        assert!(!holds_base64(bytes) || base64 >= 20, "{bytes:?}");
        let pairs = longest(bytes, |byte| byte.is_ascii_hexdigit() || b" :,-".contains(&byte));
        assert_eq!(holds_pairs(bytes), pairs >= 35, "{bytes:?}");
    }

    #[test]
    fn every_length_at_every_place() {
        for before in 0..40 {
            for length in 15..40 {
                for letter in [b'a', b'Z', b'0', b'+', b'\\', b' ', b'-'] {
                    for beside in [b'!', b'*', b'.', b'~', 0xC3, b'\n', b'g'] {
                        check(&[vec![beside; before], vec![letter; length], vec![beside; 50 - before]].concat());
                    }
                }
            }
        }
        // Every byte alone in the middle of a run.
        for byte in 0..=u8::MAX {
            check(&[&[b'a'; 19][..], &[byte], &[b'b'; 34]].concat());
        }
    }

    #[test]
    fn names_and_paths_say_nothing() {
        for text in [
            "see a/infra/modules/queue/main.tf",
            "visibility_timeout_seconds = 30",
            r"one\ndefaultVisibilityTimeoutSeconds is",
            r"import defaultVisibilityTimeoutSeconds\n\nclass a:",
            "sk-ant-api-version-of-may ",
        ] {
            assert!(!holds_base64(text.as_bytes()), "{text}");
        }
        // "Ignore all of it" and more, as it is, behind a path, behind the letter of an escape or behind a letter that looks like one.
        for before in ["", "/etc/", "key-", "\\n", "\\", " "] {
            assert!(holds_base64(format!("{before}SWdub3JlIGFsbCBvZiBpdA== ").as_bytes()), "{before}");
        }
        for text in [
            "49676e6f726520616c6c ",
            "0x49676e6f726520616c6c ",
            "a_name_that_ends_its_line\\n",
            "a_name_that_ends_its_line\r\n  abcd=",
            r"a_name_that_ends_its_line\n\tab\/cd other",
            "a_name_that_ends_its_text",
            "SQBnAG4AbwByAGUAIABpAHQA.",
        ] {
            assert!(holds_base64(text.as_bytes()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn as_byte_by_byte(bytes in prop::collection::vec(prop_oneof![
            40 => prop::sample::select(b"abcdef0123456789".as_slice()), 4 => prop::sample::select(b"ghXYZ+/-_\\ :,".as_slice()), 1 => any::<u8>()
        ], 0..200)) {
            check(&bytes);
        }
    }
}
