//! Is there a long run of letters of one kind? Asked of every text: prose is passed over a block at a time.

use super::forms;

/// Twelve pairs of digits and what stands between them.
const SHORTEST_PAIRS: usize = 35;
/// A run of the least length covers a whole block wherever it begins: it is no shorter than two of them, less one byte.
const SHORT: usize = 8;
const LONG: usize = 16;

/// A run that may be base64. The backslash counts as one of its letters: it may stand before an escaped solidus.
pub(super) fn holds_base64(bytes: &[u8]) -> bool {
    // All letters are above the blank and the brackets, and below the bytes of other scripts: of eight at once it is told
    // whether one of them is not.
    let may_be = |block: &[u8; SHORT]| {
        const EACH: u64 = 0x0101_0101_0101_0101;
        let letters = u64::from_le_bytes(*block);
        (letters.wrapping_sub(EACH * u64::from(b'+')) | letters) & (EACH * 0x80) == 0
    };
    holds(bytes, forms::SHORTEST_BASE64, may_be, |byte| forms::is_base64(byte) || byte == b'\\')
}

/// A run that may be pairs of hexadecimal digits with a sign between them.
pub(super) fn holds_pairs(bytes: &[u8]) -> bool {
    // No jumps: the compiler makes wide comparisons of this.
    let is_in = |byte: u8| ((byte | 0x20).wrapping_sub(b'a') < 6) | (byte.wrapping_sub(b'0') < 10) | matches!(byte, b' ' | b':' | b',' | b'-');
    let may_be = |block: &[u8; LONG]| block.iter().fold(true, |all, byte| all & is_in(*byte));
    holds(bytes, SHORTEST_PAIRS, may_be, is_in)
}

/// Is there a run of at least this length? `may_be` says quickly no to a block that is no part of one.
#[inline]
fn holds<const BLOCK: usize>(bytes: &[u8], length: usize, may_be: impl Fn(&[u8; BLOCK]) -> bool, is_in: impl Fn(u8) -> bool) -> bool {
    let mut end = 0;
    for (index, block) in bytes.as_chunks::<BLOCK>().0.iter().enumerate() {
        let at = index * BLOCK;
        if !may_be(block) || at < end || !block.iter().all(|byte| is_in(*byte)) {
            continue;
        }
        let Some((before, after)) = bytes.split_at_checked(at) else { break };
        let run = after.iter().take_while(|byte| is_in(**byte)).count();
        if before.iter().rev().take_while(|byte| is_in(**byte)).count() + run >= length {
            return true;
        }
        end = at + run;
    }
    false
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
