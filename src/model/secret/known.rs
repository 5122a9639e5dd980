//! Secrets known from one text, found wherever they stand in the texts that leave with it: an answer that repeats a key
//! says nothing of what it is.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::bytes::RegexBuilder;
use regex::{Captures, Regex};

use super::{Secret, SecretKind, find, find_value, patterns, tags};

/// Values that are looked for at most.
const MOST: usize = 64;
/// A shorter value may be any word.
const SHORTEST: usize = 8;
/// Letters of a value that are looked for; what follows them goes with them.
const SPELLED: usize = 64;

/// Values found so far.
#[derive(Debug, Default)]
pub(super) struct Known {
    values: BTreeMap<String, SecretKind>,
    any: bool,
}

impl Known {
    /// The secrets of a text.
    pub(super) fn learn(&mut self, text: &str) {
        for secret in find(text) {
            self.found(text, &secret);
        }
    }

    /// The secrets of a value that has a name.
    pub(super) fn learn_value(&mut self, name: &str, value: &str) {
        for secret in find_value(name, value) {
            self.found(value, &secret);
        }
    }

    fn found(&mut self, text: &str, secret: &Secret) {
        let Some(value) = text.get(secret.range.clone()).filter(|_| !secret.kind.stays_readable()) else { return };
        self.any = true;
        let value = plain(&tags::as_letters(value));
        // The scope of a presigned request is in every other one of the day.
        let telling = secret.kind != SecretKind::PresignedRequest || value.bytes().all(|byte| byte.is_ascii_hexdigit());
        if telling && value.len() >= SHORTEST && patterns::mixed(value.as_bytes(), 2) && self.values.len() < MOST {
            self.values.entry(value).or_insert(secret.kind);
        }
    }

    /// All that was learned, to look for it.
    pub(super) fn ready(self) -> Finder {
        let mut values: Vec<Value> =
            self.values.into_iter().map(|(value, kind)| Value { beginning: beginning(&value).to_owned(), whole: value, kind }).collect();
        values.sort_by_key(|value| std::cmp::Reverse(value.whole.len()));
        let pattern: Vec<String> = values.iter().map(Value::pattern).collect();
        let regex = RegexBuilder::new(&pattern.join("|")).unicode(false).size_limit(1 << 24).build().ok();
        Finder { any: self.any, regex: regex.filter(|_| !values.is_empty()), values }
    }
}

struct Value {
    whole: String,
    beginning: String,
    kind: SecretKind,
}

impl Value {
    /// However it is spelled: as it is, within a string of JSON, percent-encoded.
    fn pattern(&self) -> String {
        let mut pattern = String::new();
        for character in self.beginning.chars() {
            match character {
                '/' => pattern.push_str(r"(?:\\*/|\\+u002[fF]|%2[fF])"),
                '+' => pattern.push_str(r"(?:\+|\\+u002[bB]|%2[bB])"),
                '=' => pattern.push_str(r"(?:=|\\+u003[dD]|%3[dD])"),
                '\n' => pattern.push_str(r"(?:\s|\\+[nr])+"),
                character => pattern.push_str(&regex::escape(character.encode_utf8(&mut [0; 4]))),
            }
        }
        if self.beginning.len() < self.whole.len() {
            pattern.push_str(&format!("{}*", patterns::LETTER));
            if self.whole.contains('\n') {
                pattern.push_str(&format!(r"(?:(?:\s|\\+[nr])+{0}{{16,}})*(?:(?:\s|\\+[nr])+{0}{{3,}}=)?", patterns::LETTER));
            }
        }
        pattern
    }
}

/// Looks for known values.
pub(super) struct Finder {
    any: bool,
    regex: Option<regex::bytes::Regex>,
    values: Vec<Value>,
}

impl Finder {
    /// Is there nothing to mask in any of the texts that were learned from?
    pub(super) const fn is_idle(&self) -> bool {
        !self.any
    }

    /// All secrets of a text: those that tell themselves, and known ones.
    pub(super) fn find(&self, text: &str) -> Vec<Secret> {
        let found = find(text);
        let folded = tags::fold(text);
        let again = match &folded {
            Some(folded) => self.again(&folded.text).into_iter().map(|secret| folded.back(&secret)).collect(),
            None => self.again(text),
        };
        if again.is_empty() { found } else { patterns::together(found, again) }
    }

    fn again(&self, text: &str) -> Vec<Secret> {
        let Some(regex) = &self.regex else { return Vec::new() };
        let found = regex.find_iter(text.as_bytes()).filter_map(|found| {
            let said = plain(text.get(found.range())?);
            let value = self.values.iter().find(|value| said.starts_with(&value.beginning))?;
            Some(patterns::to_the_words_end(text.as_bytes(), Secret { kind: value.kind, range: found.range() }))
        });
        found.collect()
    }
}

fn beginning(value: &str) -> &str {
    let end = value.char_indices().map(|(at, _)| at).find(|at| *at >= SPELLED).unwrap_or(value.len());
    value.get(..end).unwrap_or(value)
}

/// Ways to write the letters of a secret, and the blanks between its lines.
static SPELLINGS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?P<break>(?:\s|\\+[nr])+)|\\+u00(?P<u>2[fFbB]|3[dD])|%(?P<p>2[fFbB]|3[dD])|\\+/").ok());

/// A value without the ways to write it.
fn plain(value: &str) -> String {
    let Some(spellings) = SPELLINGS.as_ref() else { return value.to_owned() };
    let letter = |found: &Captures<'_>| match found.name("u").or_else(|| found.name("p")).map(|code| code.as_str()) {
        Some("2b" | "2B") => "+",
        Some("3d" | "3D") => "=",
        None if found.name("break").is_some() => "\n",
        _ => "/",
    };
    spellings.replace_all(value, |found: &Captures<'_>| letter(found)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_without_number_cost_no_more_than_the_most() {
        let mut known = Known::default();
        for number in 0..5000 {
            known.learn(&format!("aws_secret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMP{number:06}x"));
        }
        let finder = known.ready();
        assert_eq!(finder.values.len(), MOST);
        assert!(!finder.is_idle() && finder.regex.is_some());
    }
}
