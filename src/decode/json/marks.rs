//! Where a string may end: the inner loop of every scan of JSON.

use memchr::memchr2;

/// This many bytes are looked at in words before a search with wide registers is worth its call: keys, ids and names end
/// within them, prompts do not.
const SHORT: usize = 32;
const WORD: usize = size_of::<u64>();

/// The offset of the first quote or backslash.
pub(in crate::decode) fn quote_or_backslash(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    for word in bytes.get(..SHORT).unwrap_or(bytes).as_chunks::<WORD>().0 {
        let word = u64::from_le_bytes(*word);
        let marks = holds(word, b'"') | holds(word, b'\\');
        if marks != 0 {
            return Some(at + marks.trailing_zeros() as usize / 8);
        }
        at += WORD;
    }
    memchr2(b'"', b'\\', bytes.get(at..)?).map(|offset| at + offset)
}

/// The top bit of the first byte that is `byte` is set, none below it. Bits above the first may be wrong, and are not asked.
const fn holds(word: u64, byte: u8) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; WORD]);
    const TOPS: u64 = u64::from_le_bytes([0x80; WORD]);
    let zero_where_equal = word ^ (ONES * byte as u64);
    zero_where_equal.wrapping_sub(ONES) & !zero_where_equal & TOPS
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn at_every_offset() {
        for length in 0..80 {
            for at in 0..length {
                for (mark, neighbour) in [(b'"', b'#'), (b'\\', b']'), (b'"', b'!'), (b'\\', b'\\')] {
                    let mut bytes = vec![b'x'; length];
                    bytes[at] = mark;
                    if let Some(next) = bytes.get_mut(at + 1) {
                        *next = neighbour;
                    }
                    assert_eq!(quote_or_backslash(&bytes), Some(at), "{bytes:?}");
                }
            }
            assert_eq!(quote_or_backslash(&vec![b'x'; length]), None);
        }
    }

    proptest! {
        #[test]
        fn as_a_plain_search(bytes in prop::collection::vec(prop_oneof![9 => any::<u8>(), 1 => Just(b'"'), 1 => Just(b'\\')], 0..100)) {
            prop_assert_eq!(quote_or_backslash(&bytes), bytes.iter().position(|byte| matches!(byte, b'"' | b'\\')));
        }
    }
}
