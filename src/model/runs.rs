//! Long runs of bytes of one kind, as credentials and encoded passages are: prose is passed over a block at a time.

use std::ops::Range;

/// Where the first run of at least this length begins. `may_be` says quickly no to a block that is no part of one.
/// A run must cover a whole block wherever it begins: it is no shorter than two of them, less one byte.
#[inline]
pub fn long_run<const BLOCK: usize>(bytes: &[u8], length: usize, may_be: impl Fn(&[u8; BLOCK]) -> bool, is_in: impl Fn(u8) -> bool) -> Option<usize> {
    let mut end = 0;
    for (index, block) in bytes.as_chunks::<BLOCK>().0.iter().enumerate() {
        let at = index * BLOCK;
        if !may_be(block) || at < end || !block.iter().all(|byte| is_in(*byte)) {
            continue;
        }
        let (before, after) = bytes.split_at_checked(at)?;
        let start = at - before.iter().rev().take_while(|byte| is_in(**byte)).count();
        end = at + after.iter().take_while(|byte| is_in(**byte)).count();
        if end - start >= length {
            return Some(start);
        }
    }
    None
}

/// Runs of at least this length in text that is spelled as in a JSON string, until `each` says true of one; whether it did.
/// The backslash has to be among the letters: it is one before a solidus, another backslash and the number of a letter, and
/// ends a run before `n` and the like.
#[inline]
pub fn spelled_runs<const BLOCK: usize>(
    bytes: &[u8],
    length: usize,
    may_be: impl Fn(&[u8; BLOCK]) -> bool,
    is_in: impl Fn(u8) -> bool,
    mut each: impl FnMut(Range<usize>) -> bool,
) -> bool {
    let mut from = 0;
    while let Some(start) = bytes.get(from..).and_then(|rest| long_run(rest, length, &may_be, &is_in)).map(|skipped| from + skipped) {
        let run = bytes.get(start..).unwrap_or_default();
        let (mut so_far, mut longest, mut end) = (0, 0, run.len());
        for (at, byte) in run.iter().enumerate() {
            if !is_in(*byte) {
                end = at;
                break;
            }
            let ends = *byte == b'\\' && !matches!(run.get(at + 1), Some(b'/' | b'u' | b'\\'));
            so_far = if ends { 0 } else { so_far + 1 };
            longest = longest.max(so_far);
        }
        from = start + end;
        if longest >= length && each(start..from) {
            return true;
        }
    }
    false
}

/// May all of these bytes be letters and digits, or signs that stand behind `*` in ASCII? Those of other scripts are none,
/// and so are blanks and quotes.
pub fn may_be_letters(block: &[u8; 8]) -> bool {
    from_on::<b'+'>(block)
}

/// Are all of these bytes of ASCII, none before `FIRST`? Of eight bytes at once it is told whether one of them is not.
pub fn from_on<const FIRST: u8>(block: &[u8; 8]) -> bool {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let letters = u64::from_le_bytes(*block);
    (letters.wrapping_sub(EACH * u64::from(FIRST)) | letters) & (EACH * 0x80) == 0
}

/// Of every byte, whether it is a letter or a digit of ASCII or one of these: told sooner than by comparing.
pub const fn letters_and(mut letters: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128u8 {
        table[byte as usize] = byte.is_ascii_alphanumeric();
        byte += 1;
    }
    while let [letter, rest @ ..] = letters {
        table[*letter as usize] = true;
        letters = rest;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_run_of_every_length_at_every_place() {
        for before in 0..24 {
            for run in 0..40 {
                // A shorter run before it, and a longer one behind it.
                let bytes = [&b"abcdefghijkl "[..], &vec![b' '; before], &vec![b'a'; run], &[b' '; 3], &[b'a'; 20]].concat();
                let start = 13 + before + if run >= 15 { 0 } else { run + 3 };
                assert_eq!(long_run(&bytes, 15, may_be_letters, |byte| byte.is_ascii_lowercase()), Some(start), "{before} {run}");
            }
        }
        assert_eq!(long_run(b"", 15, may_be_letters, |_| true), None);
    }
}
