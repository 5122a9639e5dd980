//! A menu with a fuzzy filter: type to narrow, up and down to choose.

use fuzzy_matcher::FuzzyMatcher;
use fuzzy_matcher::skim::SkimMatcherV2;

/// One entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Item<T> {
    /// A word before it (the kind of an entity, a key).
    pub lead: String,
    /// What is matched and shown. Untrusted.
    pub text: String,
    /// Shown at the right.
    pub tail: String,
    /// What it stands for.
    pub value: T,
}

/// A menu.
#[derive(Clone, Debug)]
pub struct Picker<T> {
    /// Its title.
    pub title: String,
    /// What was typed.
    pub typed: String,
    items: Vec<Item<T>>,
    matches: Vec<usize>,
    /// The selected match.
    pub cursor: usize,
    /// Its entries are still being read.
    pub loading: bool,
}

impl<T> Picker<T> {
    /// A menu of these entries.
    pub fn new(title: impl Into<String>, items: Vec<Item<T>>) -> Self {
        let mut picker = Self { title: title.into(), typed: String::new(), items, matches: Vec::new(), cursor: 0, loading: false };
        picker.narrow();
        picker
    }

    /// Replaces the entries, keeping what was typed.
    pub fn fill(&mut self, items: Vec<Item<T>>) {
        self.items = items;
        self.loading = false;
        self.narrow();
    }

    /// The matching entries, best first.
    pub fn matches(&self) -> impl Iterator<Item = &Item<T>> {
        self.matches.iter().filter_map(|index| self.items.get(*index))
    }

    /// How many entries match.
    pub fn len(&self) -> usize {
        self.matches.len()
    }

    /// The selected entry.
    pub fn selected(&self) -> Option<&Item<T>> {
        self.items.get(*self.matches.get(self.cursor)?)
    }

    /// Types a character.
    pub fn push(&mut self, character: char) {
        self.typed.push(character);
        self.narrow();
    }

    /// Takes the last character back.
    pub fn pop(&mut self) {
        self.typed.pop();
        self.narrow();
    }

    /// Moves the selection, staying inside.
    pub fn step(&mut self, by: isize) {
        let last = self.matches.len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(by).min(last);
    }

    fn narrow(&mut self) {
        self.cursor = 0;
        if self.typed.is_empty() {
            self.matches = (0..self.items.len()).collect();
            return;
        }
        let matcher = SkimMatcherV2::default().ignore_case();
        // Every word must match, in any order.
        let words: Vec<&str> = self.typed.split_whitespace().collect();
        let mut scored: Vec<(i64, usize)> = self
            .items
            .iter()
            .enumerate()
            .filter_map(|(index, item)| {
                let line = format!("{} {}", item.lead, item.text);
                let scores = words.iter().map(|word| matcher.fuzzy_match(&line, word));
                Some((scores.sum::<Option<i64>>()?, index))
            })
            .collect();
        scored.sort_by_key(|(score, index)| (std::cmp::Reverse(*score), *index));
        self.matches = scored.into_iter().map(|(_, index)| index).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_narrows_and_backspace_widens() {
        let item = |lead: &str, text: &str| Item { lead: lead.to_owned(), text: text.to_owned(), tail: String::new(), value: text.len() };
        let mut picker = Picker::new("pivot", vec![item("key", "AKIAEXAMPLE"), item("bucket", "training"), item("principal", "role/Trainer")]);
        assert_eq!(picker.len(), 3);
        "train".chars().for_each(|c| picker.push(c));
        assert_eq!(picker.len(), 2);
        " bucket".chars().for_each(|c| picker.push(c));
        assert_eq!(picker.selected().map(|item| item.text.as_str()), Some("training"));
        (0..12).for_each(|_| picker.pop());
        assert_eq!(picker.len(), 3);
        picker.step(99);
        assert_eq!(picker.cursor, 2);
        picker.step(-99);
        assert_eq!(picker.cursor, 0);
    }
}
