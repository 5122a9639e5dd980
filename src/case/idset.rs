//! A set of events as bits, over a range of row numbers. Intersecting a million takes microseconds.

/// Row numbers from `base` on, one bit each; numbers outside the range it was made for are never members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IdSet {
    base: u32,
    words: Vec<u64>,
}

impl IdSet {
    /// An empty set that can hold `first..=last` (a little more at both ends).
    pub(super) fn new(first: u32, last: u32) -> Self {
        let base = first & !63;
        let words = if last < first { 0 } else { (last - base) as usize / 64 + 1 };
        Self { base, words: vec![0; words] }
    }

    pub(super) fn insert(&mut self, id: u32) {
        if let Some(place) = id.checked_sub(self.base)
            && let Some(word) = self.words.get_mut(place as usize / 64)
        {
            *word |= 1 << (place % 64);
        }
    }

    /// Inserts 64 numbers at once: those from `start` (a multiple of 64) whose bit is set.
    pub(super) fn insert_word(&mut self, start: u32, bits: u64) {
        if let Some(place) = start.checked_sub(self.base)
            && let Some(word) = self.words.get_mut(place as usize / 64)
        {
            *word |= bits;
        }
    }

    pub(super) fn contains(&self, id: u32) -> bool {
        id.checked_sub(self.base).and_then(|place| Some(self.words.get(place as usize / 64)? >> (place % 64) & 1 == 1)).unwrap_or(false)
    }

    /// Keeps what is in both. Both must have been made for the same range.
    pub(super) fn keep(&mut self, other: &Self) {
        debug_assert_eq!((self.base, self.words.len()), (other.base, other.words.len()));
        for (word, bits) in self.words.iter_mut().zip(&other.words) {
            *word &= bits;
        }
    }

    /// Number of members.
    pub(super) fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Is any of `first..=last` a member?
    pub(super) fn any_in(&self, first: u32, last: u32) -> bool {
        let from = (first.saturating_sub(self.base) / 64) as usize;
        let to = (last.saturating_sub(self.base) / 64) as usize;
        let near = self.words.iter().enumerate().take(to + 1).skip(from);
        near.filter(|(_, word)| **word != 0)
            .flat_map(|(at, word)| bits_of(*word).map(move |bit| self.base + at as u32 * 64 + bit))
            .any(|id| (first..=last).contains(&id))
    }

    #[cfg(test)]
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().enumerate().flat_map(move |(at, word)| bits_of(*word).map(move |bit| self.base + at as u32 * 64 + bit))
    }
}

fn bits_of(mut word: u64) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let bit = (word != 0).then(|| word.trailing_zeros())?;
        word &= word - 1;
        Some(bit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_and_ranges() {
        let mut set = IdSet::new(100, 200);
        for id in [99, 100, 163, 164, 200, 5000] {
            set.insert(id);
        }
        // 99 is within the aligned word, 5000 is not.
        assert_eq!(set.iter().collect::<Vec<_>>(), [99, 100, 163, 164, 200]);
        assert!(set.contains(164) && !set.contains(165) && !set.contains(5000) && !set.contains(0));
        assert_eq!(set.len(), 5);
        assert!(set.any_in(101, 163) && !set.any_in(101, 162) && !set.any_in(201, 9999) && !set.any_in(0, 98));
        let mut other = IdSet::new(100, 200);
        other.insert(164);
        set.keep(&other);
        assert_eq!(set.iter().collect::<Vec<_>>(), [164]);
        assert!(IdSet::new(5, 4).is_empty());
    }
}
