//! Long runs of letters of one kind, as encoded passages are. Asked of every text.

use super::forms;
use crate::model::{Letters, long_run, spells_long_run};

/// Twelve pairs of digits and what stands between them.
const SHORTEST_PAIRS: usize = 35;
/// Bytes looked at together for pairs.
const BLOCK: usize = 16;

/// A run that may be base64, in the bytes of a JSON string.
pub(super) fn holds_base64(bytes: &[u8]) -> bool {
    static LETTERS: Letters = Letters::and(b"+/-_\\");
    spells_long_run::<b'+'>(bytes, forms::SHORTEST_BASE64, |byte| LETTERS.have(byte))
}

/// Where the first run of base64 begins that is long enough.
pub(super) fn base64(bytes: &[u8]) -> Option<usize> {
    long_run::<b'+'>(bytes, forms::SHORTEST_BASE64, forms::is_base64)
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
        // The backslash of a line break is no letter.
        let is_break = |at: usize| bytes[at] == b'\\' && !matches!(bytes.get(at + 1), Some(b'/' | b'u' | b'\\'));
        let broken: Vec<u8> = (0..bytes.len()).map(|at| if is_break(at) { b' ' } else { bytes[at] }).collect();
        let base64 = longest(&broken, |byte| byte.is_ascii_alphanumeric() || b"+/-_\\".contains(&byte));
        assert_eq!(holds_base64(bytes), base64 >= 20, "{bytes:?}");
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

    proptest! {
        #[test]
        fn as_byte_by_byte(bytes in prop::collection::vec(prop_oneof![
            40 => prop::sample::select(b"abcdef0123456789".as_slice()), 4 => prop::sample::select(b"ghXYZ+/-_\\ :,".as_slice()), 1 => any::<u8>()
        ], 0..200)) {
            check(&bytes);
        }
    }
}
