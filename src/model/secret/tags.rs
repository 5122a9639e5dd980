//! Text spelled in tag characters, which nobody sees and a model reads: the same text in the letters they stand for.

use std::borrow::Cow;
use std::ops::Range;

use super::Secret;
use crate::model::tag_letter;

/// How every tag character begins.
const SIGN: &[u8] = b"\xF3\xA0";

/// A text with letters in place of its tag characters.
pub(super) struct Folded<'t> {
    logged: &'t str,
    /// The text.
    pub(super) text: String,
    /// Where each of its bytes stands in the text as logged.
    at: Vec<usize>,
    /// Runs of letters that are tag characters.
    pub(super) runs: Vec<Range<usize>>,
}

/// The text folded; nothing when it holds no tag character. Tags that stand for no letter are left out.
pub(super) fn fold(logged: &str) -> Option<Folded<'_>> {
    memchr::memmem::find(logged.as_bytes(), SIGN)?;
    let mut folded = Folded { logged, text: String::with_capacity(logged.len()), at: Vec::with_capacity(logged.len()), runs: Vec::new() };
    for (at, character) in logged.char_indices() {
        let start = folded.text.len();
        if let Some(letter) = tag_letter(character) {
            folded.text.push(letter);
            folded.at.push(at);
            match folded.runs.last_mut().filter(|run| run.end == start) {
                Some(run) => run.end += 1,
                None => folded.runs.push(start..start + 1),
            }
        } else if !matches!(character, '\u{E0000}'..='\u{E007F}') {
            folded.text.push(character);
            folded.at.extend(at..at + character.len_utf8());
        }
    }
    Some(folded)
}

impl Folded<'_> {
    /// A secret of the folded text, where it stands as logged.
    pub(super) fn back(&self, secret: &Secret) -> Secret {
        let at = |index: usize| self.at.get(index).copied();
        let start = at(secret.range.start).unwrap_or(self.logged.len());
        let last = secret.range.end.checked_sub(1).and_then(at).unwrap_or(start);
        let character = self.logged.get(last..).and_then(|rest| rest.chars().next());
        let end = last + character.filter(|character| tag_letter(*character).is_some()).map_or(1, char::len_utf8);
        Secret { kind: secret.kind, range: start..end.max(start) }
    }
}

/// A text with its tag characters as letters.
pub(super) fn as_letters(text: &str) -> Cow<'_, str> {
    fold(text).map_or(Cow::Borrowed(text), |folded| Cow::Owned(folded.text))
}
