//! Long runs of letters, as credentials and encoded passages are: prose is passed over eight bytes at a time.

use std::ops::Range;

/// All runs of at least this length of ASCII bytes none of which is before `FIRST`: letters with whatever signs stand behind
/// it. No letters of other scripts, and no blanks. A run is as long as it can be.
///
/// Words are short, and of any length: what is done with eight bytes does not depend on them, so that nothing is guessed.
pub fn clean_runs<const FIRST: u8>(bytes: &[u8], length: usize) -> impl Iterator<Item = Range<usize>> {
    const WORD: usize = size_of::<u64>();
    let is_clean = |byte: &u8| (FIRST..0x80).contains(byte);
    let (words, rest) = bytes.as_chunks::<WORD>();
    // Where the run begins that may go on, the next word, and whether the end was seen.
    let (mut start, mut index, mut is_over) = (0, 0, false);
    std::iter::from_fn(move || {
        while let Some(word) = words.get(index) {
            let at = index * WORD;
            index += 1;
            let breaks = breaks::<FIRST>(u64::from_le_bytes(*word));
            let (before, behind) = (breaks.trailing_zeros() as usize / 8, breaks.leading_zeros() as usize / 8);
            let run = start..at + before;
            start = if breaks == 0 { start } else { at + WORD - behind };
            if (breaks != 0) & (run.len() >= length) {
                return Some(run);
            }
        }
        if is_over {
            return None;
        }
        is_over = true;
        // What is left is shorter than a word: only the run that goes on can be long enough, unless it is asked for less.
        let mut end = bytes.len() - rest.len();
        for byte in rest {
            end += 1;
            if !is_clean(byte) {
                if end - 1 - start >= length {
                    return Some(start..end - 1);
                }
                start = end;
            }
        }
        (end - start >= length).then_some(start..end)
    })
}

/// The top bit of each byte that is no ASCII or before `FIRST`.
const fn breaks<const FIRST: u8>(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = 0x8080_8080_8080_8080;
    // With its top bit set no byte borrows from the next.
    (!((word | TOPS) - EACH * FIRST as u64) | word) & TOPS
}

/// Where the first run of at least this length of such letters begins, all of them ASCII and none before `FIRST`.
pub fn long_run<const FIRST: u8>(bytes: &[u8], length: usize, is_in: impl Fn(u8) -> bool) -> Option<usize> {
    clean_runs::<FIRST>(bytes, length).find_map(|range| {
        let mut so_far = 0;
        let run = bytes.get(range.clone()).unwrap_or_default();
        let last = run.iter().position(|byte| {
            so_far = if is_in(*byte) { so_far + 1 } else { 0 };
            so_far >= length
        });
        last.map(|last| range.start + last + 1 - length)
    })
}

/// Is there a run of at least this length in text that is spelled as in a JSON string? The backslash has to be among the
/// letters: it is one before a solidus, another backslash and the number of a letter, and ends a run before `n` and the like.
pub fn spells_long_run<const FIRST: u8>(bytes: &[u8], length: usize, is_in: impl Fn(u8) -> bool) -> bool {
    clean_runs::<FIRST>(bytes, length).any(|range| {
        let mut so_far = 0;
        let run = bytes.get(range).unwrap_or_default();
        run.iter().enumerate().any(|(at, byte)| {
            let ends = *byte == b'\\' && !matches!(run.get(at + 1), Some(b'/' | b'u' | b'\\'));
            so_far = if ends || !is_in(*byte) { 0 } else { so_far + 1 };
            so_far >= length
        })
    })
}

/// Letters and digits of ASCII, and some signs: whether a byte is one is looked up, which is sooner done than compared.
pub struct Letters([bool; 256]);

impl Letters {
    /// With these signs.
    #[expect(clippy::indexing_slicing, reason = "the table has a place for every byte")]
    pub const fn and(mut signs: &[u8]) -> Self {
        let mut table = [false; 256];
        let mut byte = 0;
        while byte < 128u8 {
            table[byte as usize] = byte.is_ascii_alphanumeric();
            byte += 1;
        }
        while let [sign, rest @ ..] = signs {
            table[*sign as usize] = true;
            signs = rest;
        }
        Self(table)
    }

    /// Is it one of them?
    #[expect(clippy::indexing_slicing, reason = "the table has a place for every byte")]
    pub fn have(&self, byte: u8) -> bool {
        self.0[usize::from(byte)]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_run_of_every_length_at_every_place() {
        for before in 0..24 {
            for run in 0..40 {
                // A shorter run before it, and a longer one behind it.
                let bytes = [&b"abcdefghijkl "[..], &vec![b' '; before], &vec![b'a'; run], &[b' '; 3], &[b'a'; 20]].concat();
                let start = 13 + before + if run >= 15 { 0 } else { run + 3 };
                assert_eq!(long_run::<b'+'>(&bytes, 15, |byte| byte.is_ascii_lowercase()), Some(start), "{before} {run}");
            }
        }
        assert_eq!(long_run::<b'+'>(b"", 15, |_| true), None);
    }

    proptest! {
        #[test]
        fn as_byte_by_byte(bytes in prop::collection::vec(prop_oneof![30 => Just(b'a'), 4 => b'$'..=b'\'', 1 => any::<u8>()], 0..120), length in 1usize..40) {
            let mut expected = Vec::new();
            let mut at = 0;
            for run in bytes.split(|byte| !(b'%'..0x80).contains(byte)) {
                if run.len() >= length {
                    expected.push(at..at + run.len());
                }
                at += run.len() + 1;
            }
            // Shorter ones within a word are not looked for.
            if length > 7 {
                prop_assert_eq!(clean_runs::<b'%'>(&bytes, length).collect::<Vec<_>>(), expected);
            }
        }
    }
}
