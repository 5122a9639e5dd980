//! Match lists: named sets of values with reason and expiry, out of files and out of the case.

use std::collections::BTreeMap;

use regex::{Regex, RegexBuilder};
use serde::Deserialize;

use crate::model::{ListEntry, Timestamp};

/// All lists.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    entries: BTreeMap<String, Vec<Entry>>,
    /// By list and word in small letters: what files say that it weighs.
    weights: BTreeMap<String, BTreeMap<String, u32>>,
    /// Lists of which a file says what words weigh, with what it says of the list.
    of_words: BTreeMap<String, String>,
}

#[derive(Clone, Debug)]
struct Entry {
    entry: ListEntry,
    pattern: Option<Regex>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    entry: Vec<Written>,
    #[serde(default)]
    description: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    value: String,
    #[serde(default)]
    reason: String,
    expires: Option<When>,
    /// Of lists of words.
    weight: Option<u32>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum When {
    Date(toml::value::Datetime),
    Text(String),
}

impl Lists {
    /// Adds a file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn add_file(&mut self, name: &str, text: &str) -> Result<(), String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        self.entries.entry(name.to_owned()).or_default();
        if file.entry.iter().any(|written| written.weight.is_some()) {
            let about = self.of_words.entry(name.to_owned()).or_default();
            if !file.description.is_empty() {
                *about = file.description;
            }
        }
        for written in file.entry {
            let when = written.expires.map(|when| match when {
                When::Date(date) => date.to_string(),
                When::Text(text) => text,
            });
            let expires = match when {
                // A date alone is its beginning.
                Some(text) => Some(
                    Timestamp::parse(&text)
                        .or_else(|| Timestamp::parse(&format!("{text}T00:00:00Z")))
                        .ok_or_else(|| format!("“{text}” is no time"))?,
                ),
                None => None,
            };
            let weights = self.weights.entry(name.to_owned()).or_default();
            weights.insert(written.value.trim().to_lowercase(), written.weight.unwrap_or(1));
            self.add(ListEntry { list: name.to_owned(), value: written.value, reason: written.reason, expires });
        }
        Ok(())
    }

    /// Adds an entry.
    pub fn add(&mut self, entry: ListEntry) {
        let pattern = entry.value.contains('*').then(|| {
            let escaped: Vec<String> = entry.value.split('*').map(regex::escape).collect();
            RegexBuilder::new(&format!("^{}$", escaped.join(".*"))).dot_matches_new_line(true).size_limit(1 << 20).build().ok()
        });
        self.entries.entry(entry.list.clone()).or_default().push(Entry { entry, pattern: pattern.flatten() });
    }

    /// The entry of a list that holds for a value at a moment.
    pub fn find(&self, list: &str, value: &str, at: Timestamp) -> Option<&ListEntry> {
        let is = |entry: &&Entry| entry.pattern.as_ref().map_or(entry.entry.value == value, |pattern| pattern.is_match(value));
        let entries = self.entries.get(list)?;
        entries.iter().find(|entry| entry.entry.expires.is_none_or(|expires| at < expires) && is(entry)).map(|entry| &entry.entry)
    }

    /// Does a list have entries?
    pub fn has_entries(&self, list: &str) -> bool {
        self.entries.get(list).is_some_and(|entries| !entries.is_empty())
    }

    /// The words of a list, in small letters, with what each weighs; a later file has the last word on one, and 0 takes it out.
    pub fn weights(&self, list: &str) -> Vec<(&str, u32)> {
        let weights = self.weights.get(list).into_iter().flatten();
        weights.map(|(word, weight)| (word.as_str(), *weight)).filter(|(word, weight)| !word.is_empty() && *weight > 0).collect()
    }

    /// Names of the lists of words, each with what is said of it; [`Self::weights`] has their words.
    pub fn of_words(&self) -> impl Iterator<Item = (&str, &str)> {
        self.of_words.iter().map(|(name, about)| (name.as_str(), about.as_str()))
    }

    /// Names of the lists.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_holds_until_it_expires_and_a_star_stands_for_anything() {
        let mut lists = Lists::default();
        let text = "[[entry]]\nvalue = \"111122223333/role/ml-*\"\nreason = \"team\"\n[[entry]]\nvalue = \"a.b\"\nexpires = 2026-11-20T00:00:00Z\n\
                    [[entry]]\nvalue = \"c\"\nexpires = 2026-11-20\n";
        lists.add_file("users", text).unwrap();
        let before = Timestamp::parse("2026-11-19T23:59:59.999Z").unwrap();
        let at = Timestamp::parse("2026-11-20T00:00:00Z").unwrap();
        for (value, moment, expected) in [
            ("111122223333/role/ml-train", at, true),
            ("111122223333/role/other", at, false),
            ("a.b", before, true),
            ("a.b", at, false),
            ("axb", before, false),
            ("c", before, true),
            ("c", at, false),
        ] {
            assert_eq!(lists.find("users", value, moment).is_some(), expected, "{value} at {moment}");
        }
        assert_eq!(lists.find("users", "111122223333/role/ml-train", at).unwrap().reason, "team");
        assert!(lists.find("others", "c", before).is_none() && !lists.has_entries("others"));
        assert!(lists.add_file("broken", "[[entry]]\nvalue = \"a\"\nexpires = \"soon\"").unwrap_err().contains("soon"));
        assert!(lists.add_file("broken", "[[entry]]\nvalues = 1").is_err());
    }

    #[test]
    fn the_last_file_has_the_last_word_on_a_weight() {
        let mut lists = Lists::default();
        lists.add_file("words", "[[entry]]\nvalue = \"Training data\"\nweight = 2\n[[entry]]\nvalue = \"model\"\n").unwrap();
        assert_eq!(lists.weights("words"), [("model", 1), ("training data", 2)]);
        let mine = "[[entry]]\nvalue = \"training DATA\"\nweight = 1\n[[entry]]\nvalue = \"Model\"\nweight = 0\n[[entry]]\nvalue = \"project osprey\"\nweight = 5\n";
        lists.add_file("words", mine).unwrap();
        assert_eq!(lists.weights("words"), [("project osprey", 5), ("training data", 1)]);
        assert_eq!(lists.weights("others"), []);
        assert!(lists.add_file("broken", "[[entry]]\nvalue = \"a\"\nweight = -1").is_err());
        // A list of users is none of words.
        lists.add_file("users", "description = \"a\"\n[[entry]]\nvalue = \"b\"").unwrap();
        assert_eq!(lists.of_words().collect::<Vec<_>>(), [("words", "")]);
    }
}
