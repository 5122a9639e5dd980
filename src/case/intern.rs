//! Strings held once, by kind, in one piece of memory.

use std::hash::BuildHasher as _;

use hashbrown::{DefaultHashBuilder, HashTable};

/// Numbers for (kind, text) pairs, from 0 upwards in the order they came.
#[derive(Default)]
pub(super) struct Interner {
    text: String,
    spans: Vec<(u8, u32, u32)>,
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Interner {
    /// The number of the pair; a new one when it was not there.
    pub(super) fn intern(&mut self, kind: u8, value: &str) -> u32 {
        let hash = self.hasher.hash_one((kind, value));
        let Self { text, spans, table, hasher } = self;
        let same = |at: &u32| spans.get(*at as usize).is_some_and(|span| span.0 == kind && slice(text, *span) == value);
        if let Some(at) = table.find(hash, same) {
            return *at;
        }
        let at = spans.len() as u32;
        spans.push((kind, text.len() as u32, value.len() as u32));
        text.push_str(value);
        table.insert_unique(hash, at, |at| hasher.hash_one(spans.get(*at as usize).map_or((0, ""), |span| (span.0, slice(text, *span)))));
        at
    }

    /// Kind and text of a number.
    pub(super) fn get(&self, at: u32) -> Option<(u8, &str)> {
        self.spans.get(at as usize).map(|span| (span.0, slice(&self.text, *span)))
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.spans.len()
    }

    /// All of them, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u8, &str)> {
        self.spans.iter().map(|span| (span.0, slice(&self.text, *span)))
    }

    /// Memory held, about.
    pub(super) fn bytes(&self) -> usize {
        self.text.len() + self.spans.len() * 20
    }
}

fn slice(text: &str, (_, start, length): (u8, u32, u32)) -> &str {
    text.get(start as usize..start as usize + length as usize).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_of_two_kinds_is_two() {
        let mut interner = Interner::default();
        assert_eq!([interner.intern(1, "a"), interner.intern(2, "a"), interner.intern(1, ""), interner.intern(1, "a")], [0, 1, 2, 0]);
        assert_eq!(interner.get(1), Some((2, "a")));
        assert_eq!(interner.get(3), None);
        for number in 0..5000 {
            interner.intern(3, &number.to_string());
        }
        let again = interner.intern(3, "4321");
        assert_eq!(interner.get(again), Some((3, "4321")));
        assert_eq!(interner.len(), 5003);
    }
}
