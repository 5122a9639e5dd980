//! Lists of words to look for, each with a weight. A list is a file that people edit: words of their own trade belong in it.

use serde::Deserialize;

use super::file::HuntError;
use crate::query::ql::regex_literal;

/// A list of words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keywords {
    /// Its name: that of its file.
    pub name: String,
    /// One line about it.
    pub about: String,
    /// Its words.
    pub words: Vec<Keyword>,
}

/// A word or phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyword {
    /// What it is called: itself, or what a pattern stands for.
    pub text: String,
    /// A regular expression that finds it.
    pub pattern: String,
    /// What it adds to a row's score.
    pub weight: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListFile {
    about: String,
    #[serde(rename = "word")]
    words: Vec<WordFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WordFile {
    text: Option<String>,
    pattern: Option<String>,
    #[serde(default = "one")]
    weight: u32,
}

const fn one() -> u32 {
    1
}

impl Keywords {
    /// Reads a list.
    ///
    /// # Errors
    /// What is wrong with it, with file and entry.
    pub fn read(file: &str, name: &str, text: &str) -> Result<Self, HuntError> {
        let list: ListFile = toml::from_str(text).map_err(|error| HuntError::new(file, "", error.to_string().trim_end()))?;
        if list.words.is_empty() {
            return Err(HuntError::new(file, "", "a list needs at least one [[word]]"));
        }
        let mut words = Vec::with_capacity(list.words.len());
        for word in list.words {
            let wrong = |what: &str| HuntError::new(file, word.text.as_deref().or(word.pattern.as_deref()).unwrap_or("a word"), what);
            if word.weight == 0 || word.weight > 100 {
                return Err(wrong("a weight is a number from 1 to 100"));
            }
            let entry = match (&word.text, &word.pattern) {
                (Some(text), None) if !text.trim().is_empty() && !text.contains(char::is_control) => {
                    Keyword { text: text.trim().to_owned(), pattern: phrase(text.trim()), weight: word.weight }
                }
                (label, Some(pattern)) => {
                    // What finds nothing at all finds everything: it would be no keyword.
                    let regex = regex::Regex::new(pattern).map_err(|error| wrong(&format!("its pattern is no regular expression: {error}")))?;
                    if regex.is_match("")
                        || pattern.contains(char::is_control)
                        || label.as_ref().is_some_and(|label| label.contains(char::is_control))
                    {
                        return Err(wrong("its pattern fits the empty text, or has control characters: write what it must have"));
                    }
                    Keyword { text: label.as_ref().unwrap_or(pattern).clone(), pattern: pattern.clone(), weight: word.weight }
                }
                _ => return Err(wrong("a [[word]] has a text without control characters, or a pattern")),
            };
            words.push(entry);
        }
        Ok(Self { name: name.to_owned(), about: list.about, words })
    }

    /// A list of words that rules use; `None` when it has none.
    pub(super) fn of_words(name: &str, about: &str, words: &[(&str, u32)]) -> Option<Self> {
        let sound = words.iter().filter(|(text, _)| !text.contains(char::is_control));
        let words: Vec<Keyword> = sound.map(|(text, weight)| Keyword { text: (*text).to_owned(), pattern: phrase(text), weight: *weight }).collect();
        (!words.is_empty()).then(|| Self { name: name.to_owned(), about: about.to_owned(), words })
    }

    /// A regular expression that finds any of them.
    pub(super) fn any(&self) -> String {
        let patterns: Vec<String> = self.words.iter().map(|word| format!("(?:{})", word.pattern)).collect();
        regex_literal(&format!("(?i){}", patterns.join("|")))
    }

    /// An expression that adds up the weights of the words that a field has.
    pub(super) fn score(&self, field: &str) -> String {
        let terms: Vec<String> = self.words.iter().map(|word| format!("if({field} like {}, {}, 0)", word.literal(), word.weight)).collect();
        format!("({})", terms.join(" + "))
    }

    /// An expression that names the words that a field has.
    pub(super) fn hits(&self, field: &str) -> String {
        let terms: Vec<String> = self
            .words
            .iter()
            .map(|word| format!("if({field} like {}, {}, \"\")", word.literal(), crate::query::ql::string_literal(&format!("{}; ", word.text))))
            .collect();
        format!("concat({})", terms.join(", "))
    }
}

impl Keyword {
    fn literal(&self) -> String {
        regex_literal(&format!("(?i){}", self.pattern))
    }
}

/// A regular expression that finds a phrase as whole words, whatever white space is between them, with a plural's s or without, as rules
/// find it.
fn phrase(text: &str) -> String {
    let is_word = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    let words: Vec<String> = text.split_whitespace().map(escaped).collect();
    let before = if is_word(text.chars().next()) { "\\b" } else { "" };
    let after = if is_word(text.chars().next_back()) { "s?\\b" } else { "" };
    format!("{before}{}{after}", words.join("\\s+"))
}

/// Letters and digits as they are, every other ASCII character by its number: no rule of any dialect applies to it.
pub(super) fn escaped(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_ascii() && !letter.is_ascii_alphanumeric() { format!("\\x{:02x}", letter as u32) } else { letter.to_string() })
        .collect()
}
