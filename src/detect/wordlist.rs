//! Lists of words with weights: a rule asks that the words which a text holds weigh so much together.

use regex::{Regex, RegexBuilder};

use super::block;
use super::lists::Lists;
use super::sigma::{self, Selector};

/// Words of one list at most.
const MOST: usize = 500;

/// The words that a rule looks for.
pub(super) struct WordList {
    /// Where.
    pub(super) field: String,
    words: Vec<Word>,
    at_least: u32,
}

struct Word {
    text: String,
    weight: u32,
    pattern: String,
    regex: Regex,
}

/// Whole words, without regard to case, whatever blanks lie between them, with a plural's s or without.
fn pattern(word: &str) -> String {
    let words: Vec<String> = word.split_whitespace().map(regex::escape).collect();
    let edge = |character: Option<char>| if character.is_some_and(|c| c.is_alphanumeric() || c == '_') { r"\b" } else { "" };
    let plural = if edge(word.chars().last()).is_empty() { "" } else { "s?" };
    format!("{}{}{plural}{}", edge(word.chars().next()), words.join(r"\s+"), edge(word.chars().last()))
}

impl WordList {
    /// The list that a block names.
    ///
    /// # Errors
    /// What is wrong.
    pub(super) fn of(block: &block::Words, lists: &Lists) -> Result<Self, String> {
        let weights = lists.weights(&block.list);
        if weights.len() > MOST {
            return Err(format!("the list {} has more than {MOST} words", block.list));
        }
        let word = |(text, weight): (&str, u32)| {
            let pattern = pattern(text);
            let regex = RegexBuilder::new(&pattern).case_insensitive(true).size_limit(1 << 20).build();
            let regex = regex.map_err(|_| format!("“{text}” of the list {} is too long", block.list))?;
            Ok(Word { text: text.to_owned(), weight, pattern, regex })
        };
        let words = weights.into_iter().map(word).collect::<Result<_, String>>()?;
        Ok(Self { field: block.field.clone(), words, at_least: block.at_least.max(1) })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Holds where the words weigh enough.
    ///
    /// # Errors
    /// What is wrong, in the library's words.
    pub(super) fn selector(&self) -> Result<Selector, String> {
        let words: Vec<(&str, u32)> = self.words.iter().map(|word| (word.pattern.as_str(), word.weight)).collect();
        sigma::weighing(&self.field, &words, self.at_least)
    }

    /// Those in some texts, with what they weigh: `training data 2, model 1`.
    pub(super) fn found(&self, texts: &[String]) -> String {
        let found = self.words.iter().filter(|word| texts.iter().any(|text| word.regex.is_match(text)));
        found.map(|word| format!("{} {}", word.text, word.weight)).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_whole_and_plain() {
        let finds = |word: &str, text: &str| RegexBuilder::new(&pattern(word)).case_insensitive(true).build().unwrap().is_match(text);
        for (word, text, expected) in [
            ("training data", "your Training\n data?", true),
            ("training data", "trainingdata", false),
            ("model", "which models", true),
            ("model", "remodel", false),
            ("model", "modelling", false),
            ("c++", "in C++, please", true),
            ("a.b", "axb", false),
        ] {
            assert_eq!(finds(word, text), expected, "{word} in {text}");
        }
    }

    #[test]
    fn what_was_found_is_told_with_its_weight() {
        let mut lists = Lists::default();
        lists.add_file("mine", "[[entry]]\nvalue = \"model\"\n[[entry]]\nvalue = \"training data\"\nweight = 2\n").unwrap();
        let list = WordList::of(&block::Words { list: "mine".into(), field: "x.user_text".into(), at_least: 2 }, &lists).unwrap();
        assert_eq!(list.found(&["training data of this model".into()]), "model 1, training data 2");
        assert_eq!(list.found(&["nothing".into()]), "");
    }
}
