//! Long runs of letters, as credentials and encoded passages are: prose is passed over many bytes at a time.

use std::ops::Range;

use super::effort;

/// Bytes looked at together.
const BLOCK: usize = 64;
/// Shorter runs are not looked for.
const SHORTEST: usize = 16;

/// All runs of at least this length, and of at least sixteen, of ASCII bytes none of which is before `FIRST`: letters with
/// whatever signs stand behind it. No letters of other scripts, and no blanks. A run is as long as it can be.
///
/// Words are short, and of any length: what is done with a block does not depend on them, so that nothing is guessed.
fn clean_runs<const FIRST: u8>(bytes: &[u8], length: usize) -> impl Iterator<Item = Range<usize>> {
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    // A zero ends a run.
    let mut last = [0; BLOCK];
    last.iter_mut().zip(rest).for_each(|(room, byte)| *room = *byte);
    // Where the run begins that may go on, and where the next block does; the block before it, and runs in it that are not told yet.
    let (mut start, mut next, mut clean, mut long) = (0, 0, 0u64, 0u64);
    std::iter::from_fn(move || {
        loop {
            while long != 0 {
                let at = long.trailing_zeros();
                let end = at + (clean >> at).trailing_ones();
                long = from_bit(long, end);
                let run = next + at as usize - BLOCK..next + end as usize - BLOCK;
                // One at the end of the block may go on.
                if run.end < next && run.len() >= length {
                    return Some(run);
                }
            }
            if next > bytes.len() {
                return None;
            }
            clean = clean_bits::<FIRST>(blocks.get(next / BLOCK).unwrap_or(&last));
            effort::looked_at(BLOCK);
            let end = clean.trailing_ones();
            long = from_bit(starts_of_long(clean), end);
            let run = start..next + end as usize;
            next += BLOCK;
            if run.end < next {
                start = next - clean.leading_ones() as usize;
                if run.len() >= length.max(SHORTEST) {
                    return Some(run);
                }
            }
        }
    })
}

/// A bit for each byte that is ASCII and not before `FIRST`, that of the first byte the lowest. The compiler makes wide
/// comparisons and sums of this.
fn clean_bits<const FIRST: u8>(block: &[u8; BLOCK]) -> u64 {
    let mut bits = [0; BLOCK];
    for (at, (bit, byte)) in bits.iter_mut().zip(block).enumerate() {
        *bit = if (FIRST..0x80).contains(byte) { 1 << (at % 8) } else { 0 };
    }
    u64::from_le_bytes(std::array::from_fn(|at| bits.as_chunks::<8>().0.get(at).map_or(0, |bits| bits.iter().sum())))
}

/// The bits from which on [`SHORTEST`] are set in a row.
const fn starts_of_long(bits: u64) -> u64 {
    let two = bits & bits >> 1;
    let four = two & two >> 2;
    let eight = four & four >> 4;
    eight & eight >> 8
}

/// The bits without those before this one.
fn from_bit(bits: u64, first: u32) -> u64 {
    bits & u64::MAX.checked_shl(first).unwrap_or(0)
}

/// All runs of at least this length of these letters, none of them before `FIRST`.
pub fn letter_runs<'t, const FIRST: u8>(bytes: &'t [u8], length: usize, letters: &'t Letters) -> impl Iterator<Item = Range<usize>> + 't {
    runs_between::<FIRST>(bytes, length, |_, byte| !letters.have(byte))
}

/// The same in text that is spelled as in a JSON string. The backslash has to be among the letters: it is one before a solidus,
/// another backslash and the number of a letter, and ends a run before `n` and the like.
pub fn spelled_runs<'t, const FIRST: u8>(bytes: &'t [u8], length: usize, letters: &'t Letters) -> impl Iterator<Item = Range<usize>> + 't {
    let ends = |at: usize, byte: u8| !letters.have(byte) || byte == b'\\' && !matches!(bytes.get(at + 1), Some(b'/' | b'u' | b'\\'));
    runs_between::<FIRST>(bytes, length, ends)
}

/// Runs between the bytes that end them. One walk, whatever the runs are.
fn runs_between<'t, const FIRST: u8>(
    bytes: &'t [u8],
    length: usize,
    ends: impl Fn(usize, u8) -> bool + Copy + 't,
) -> impl Iterator<Item = Range<usize>> + 't {
    clean_runs::<FIRST>(bytes, length).flat_map(move |mut clean| {
        effort::looked_at(clean.len());
        std::iter::from_fn(move || {
            while clean.len() >= length {
                let start = clean.start;
                let rest = bytes.get(clean.clone()).unwrap_or_default();
                let end = rest.iter().zip(start..).position(|(byte, at)| ends(at, *byte)).map_or(clean.end, |before| start + before);
                clean.start = end + 1;
                if end - start >= length {
                    return Some(start..end);
                }
            }
            None
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
        static LETTERS: Letters = Letters::and(b"");
        for before in 0..80 {
            for run in 0..140 {
                // A shorter run before it, and a longer one behind it.
                let bytes = [&b"abcdefghijkl "[..], &vec![b' '; before], &vec![b'a'; run], &[b' '; 3], &[b'a'; 20]].concat();
                let start = 13 + before + if run >= 17 { 0 } else { run + 3 };
                let first = letter_runs::<b'+'>(&bytes, 17, &LETTERS).next();
                assert_eq!(first, Some(start..start + if run >= 17 { run } else { 20 }), "{before} {run}");
            }
        }
        assert_eq!(letter_runs::<b'+'>(b"", 17, &LETTERS).next(), None);
    }

    proptest! {
        #[test]
        fn as_byte_by_byte(bytes in prop::collection::vec(prop_oneof![30 => Just(b'a'), 4 => b'$'..=b'\'', 1 => any::<u8>()], 0..300), length in 16usize..100) {
            let mut expected = Vec::new();
            let mut at = 0;
            for run in bytes.split(|byte| !(b'%'..0x80).contains(byte)) {
                if run.len() >= length {
                    expected.push(at..at + run.len());
                }
                at += run.len() + 1;
            }
            prop_assert_eq!(clean_runs::<b'%'>(&bytes, length).collect::<Vec<_>>(), expected);
        }

        #[test]
        fn spelled_ones_as_byte_by_byte(bytes in prop::collection::vec(prop_oneof![30 => Just(b'a'), 2 => prop::sample::select(b"nu/\\".as_slice()), 1 => any::<u8>()], 0..200)) {
            static LETTERS: Letters = Letters::and(b"/\\");
            // The backslash of a line break is no letter.
            let is_break = |at: usize| bytes[at] == b'\\' && !matches!(bytes.get(at + 1), Some(b'/' | b'u' | b'\\'));
            let is_in = |at: usize| (bytes[at].is_ascii_alphanumeric() || matches!(bytes[at], b'/' | b'\\')) && !is_break(at);
            let mut expected: Vec<Range<usize>> = Vec::new();
            for at in (0..bytes.len()).filter(|at| is_in(*at)) {
                match expected.last_mut().filter(|run| run.end == at) {
                    Some(run) => run.end += 1,
                    None => expected.push(at..at + 1),
                }
            }
            expected.retain(|run| run.len() >= 16);
            prop_assert_eq!(spelled_runs::<b'+'>(&bytes, 16, &LETTERS).collect::<Vec<_>>(), expected);
        }
    }
}
