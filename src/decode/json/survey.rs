//! What one walk over the inside of a string tells, so that nobody has to walk again.

use super::text::{escape, only_escapes, unescape};

/// What the bytes of a string are.
#[derive(Clone, Copy, Debug)]
pub struct Survey {
    /// It holds escapes.
    escaped: bool,
    /// All bytes are ASCII.
    ascii: bool,
    /// All bytes are printable ASCII.
    printable: bool,
    /// All escapes are line breaks, quotes, solidi and the like, as in most texts. An escaped backslash is not told from others.
    short_only: bool,
    /// A solidus is among the escapes.
    solidus: bool,
    /// How many escapes there are, if all are such.
    escapes: usize,
}

impl Survey {
    /// One walk, and no search from one escape to the next: the compiler makes wide comparisons of this.
    pub fn of(raw: &[u8], escaped: bool) -> Self {
        let (mut least, mut most) = (u8::MAX, 0);
        let (mut escapes, mut others, mut solidi) = (0, 0, 0);
        if escaped && let Some(last) = raw.last().copied() {
            /// As many as a byte can count.
            const WIDE: usize = 128;
            (least, most, others) = (last, last, u8::from(last == b'\\'));
            for (bytes, after) in raw.chunks(WIDE).zip(raw.get(1..).unwrap_or_default().chunks(WIDE)) {
                let (mut count, mut other, mut solidus) = (0u8, 0u8, 0u8);
                for (byte, next) in bytes.iter().zip(after) {
                    let is_escape = u8::from(*byte == b'\\');
                    let is_solidus = u8::from(*next == b'/');
                    let is_short = u8::from(*next == b'n') | u8::from(*next == b'"') | u8::from(*next == b't') | u8::from(*next == b'r') | is_solidus;
                    count = count.wrapping_add(is_escape);
                    other |= is_escape & (is_short ^ 1);
                    solidus |= is_escape & is_solidus;
                    least = least.min(*byte);
                    most = most.max(*byte);
                }
                escapes += usize::from(count);
                others |= other;
                solidi |= solidus;
            }
        } else {
            for byte in raw {
                least = least.min(*byte);
                most = most.max(*byte);
            }
        }
        Self { escaped, ascii: most.is_ascii(), printable: least >= b' ' && most <= b'~', short_only: others == 0, solidus: solidi != 0, escapes }
    }

    /// Are all bytes printable ASCII?
    pub fn is_printable(self) -> bool {
        self.printable
    }

    /// Is every escape a backslash and one of these letters, among which are those of line breaks, tabs and quotes?
    pub fn only_escapes<const N: usize>(self, raw: &[u8], letters: [u8; N]) -> bool {
        if self.short_only { !self.solidus || letters.contains(&b'/') } else { only_escapes(raw, letters) }
    }

    /// Number of characters of the text that [`unescape`] gives of the bytes surveyed, counted without making it.
    pub fn characters(self, raw: &[u8]) -> usize {
        let count = if self.ascii {
            raw.len()
        } else {
            let Ok(text) = std::str::from_utf8(raw) else { return unescape(raw, self.escaped).chars().count() };
            text.chars().count()
        };
        if self.short_only {
            return count - self.escapes;
        }
        let (mut spelling, mut next) = (0, 0);
        for at in memchr::memchr_iter(b'\\', raw) {
            if at >= next {
                let (character, used) = escape(raw.get(at..).unwrap_or_default());
                // What an escape is spelled with is ASCII: a byte is a character.
                spelling += character.map_or(0, |_| used - 1);
                next = at + used;
            }
        }
        count - spelling
    }
}
