//! Chance, without chance: every draw follows from a seed, so the same options give the same bytes on every machine.

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// A stream of draws.
pub(super) struct Draw(Pcg64Mcg);

/// Letters of AWS's unique ids and access keys.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const HEX: &[u8; 16] = b"0123456789abcdef";

impl Draw {
    /// The stream that belongs to this seed.
    pub(super) fn new(seed: u64) -> Self {
        Self(Pcg64Mcg::seed_from_u64(seed))
    }

    /// The stream of a planted step: it depends on its label alone, so that its ids can be written in the docs.
    pub(super) fn labelled(label: &str, number: usize) -> Self {
        // FNV-1a: stable for ever, unlike the standard library's hasher.
        let hash = label.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        Self::new(hash.wrapping_add((number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    /// A seed for a stream of its own.
    pub(super) fn seed(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// 0 up to, not including, `bound`; 0 when that is empty.
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        ((u64::from(self.0.next_u32()) * u64::from(bound)) >> 32) as u32
    }

    /// From `low` up to, not including, `high`.
    pub(super) fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high.saturating_sub(low))
    }

    /// True so many times in a thousand.
    pub(super) fn per_mille(&mut self, share: u32) -> bool {
        self.below(1000) < share
    }

    /// One of the table.
    pub(super) fn pick<T: Copy + Default>(&mut self, table: &[T]) -> T {
        table.get(self.below(table.len() as u32) as usize).copied().unwrap_or_default()
    }

    fn letters(&mut self, alphabet: &[u8], count: usize, out: &mut String) {
        for _ in 0..count {
            out.push(char::from(self.pick(alphabet)));
        }
    }

    pub(super) fn hex(&mut self, count: usize) -> String {
        let mut text = String::with_capacity(count);
        self.letters(HEX, count, &mut text);
        text
    }

    /// A UUID of version 4.
    pub(super) fn uuid(&mut self) -> String {
        let bits = (u128::from(self.0.next_u64()) << 64) | u128::from(self.0.next_u64());
        let mut text = String::with_capacity(36);
        for position in 0..32_u32 {
            if matches!(position, 8 | 12 | 16 | 20) {
                text.push('-');
            }
            let nibble = (bits >> (124 - 4 * position)) as u8 & 15;
            let nibble = match position {
                12 => 4,
                16 => 8 | (nibble & 3),
                _ => nibble,
            };
            text.push(char::from(HEX.get(usize::from(nibble)).copied().unwrap_or(b'0')));
        }
        text
    }

    /// An id such as an access key's: the prefix, nine letters, `EXAMPLE`. Twenty characters, and plainly not real.
    pub(super) fn example_id(&mut self, prefix: &str) -> String {
        let mut text = String::with_capacity(20);
        text.push_str(prefix);
        self.letters(BASE32, 9, &mut text);
        text.push_str("EXAMPLE");
        text
    }

    /// An S3 request id: sixteen capitals and digits.
    pub(super) fn s3_request(&mut self) -> String {
        let mut text = String::with_capacity(16);
        self.letters(BASE32, 16, &mut text);
        text
    }

    /// A length with a heavy tail: mostly near `typical`, seldom sixteen times as much.
    pub(super) fn heavy_tail(&mut self, typical: u32) -> usize {
        let mut length = typical / 2 + self.below(typical);
        while length < typical * 16 && self.per_mille(300) {
            length += length / 2 + self.below(length.max(1));
        }
        length as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let mut draw = Draw::labelled("forms", 1);
        let uuid = draw.uuid();
        assert_eq!(uuid.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert_eq!(&uuid[14..15], "4");
        assert!("89ab".contains(&uuid[19..20]));
        assert_eq!(draw.example_id("ASIA").len(), 20);
        assert!((0..1000).all(|_| (3..7).contains(&draw.between(3, 7))));
        assert_eq!(draw.below(0), 0);
        assert_eq!(draw.pick::<&str>(&[]), "");
        assert_ne!(Draw::labelled("forms", 1).seed(), Draw::labelled("forms", 2).seed());
    }
}
