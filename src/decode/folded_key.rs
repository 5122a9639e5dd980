//! Keys compared without regard to case: Athena and CloudTrail Lake copies write `eventname` for `eventName`.

use super::json::Key;

/// A key in lower case, on the stack. Longer keys than any we look for fold to nothing.
pub(super) struct FoldedKey {
    bytes: [u8; Self::LONGEST],
    length: usize,
}

impl FoldedKey {
    /// Room for the longest key that is looked for (`sessioncredentialfromconsole`), with some to spare.
    const LONGEST: usize = 48;

    /// Folds a key.
    pub(super) fn of(key: Key<'_>) -> Self {
        let key = key.raw();
        let mut folded = Self { bytes: [0; Self::LONGEST], length: 0 };
        if let Some(room) = folded.bytes.get_mut(..key.len()) {
            room.copy_from_slice(key);
            room.make_ascii_lowercase();
            folded.length = key.len();
        }
        folded
    }

    /// The folded key.
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}
