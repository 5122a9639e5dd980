//! Forty letters that are called a secret, or a key, with nothing else to tell what they are.

use std::ops::Range;
use std::sync::LazyLock;

use regex::bytes::Regex;

use super::patterns::{build, is_cut_at, mask_ends, mixed};
use crate::model::{Letters, effort, letter_runs};

/// Bytes before the letters in which the word is looked for, the word with them.
const BEFORE: usize = 32;
/// The same and the letters, in a string of JSON: most of it may be written as escapes.
const AROUND: usize = 6 * BEFORE + 80;
/// So many letters at a cut are told.
const FEWEST_CUT: usize = 20;

/// The same in the inside of a JSON string, where blanks and quotes are escaped.
static WRITTEN: LazyLock<Option<Regex>> =
    LazyLock::new(|| build(r#"[sS]ecret|SECRET|(?:[kK]ey|KEY)(?:\\+(?:[nrt"]|u00[0-9a-fA-F]{2})?|["'`\s]){0,8}[:=]"#));
/// What says that a secret follows.
static WORD: LazyLock<Option<Regex>> = LazyLock::new(|| build(r#"[sS]ecret|SECRET|(?:[kK]ey|KEY)[\\"'`\s]{0,8}[:=]"#));

/// May these bytes, text or the inside of a JSON string, hold such letters? Never no when they do.
pub(super) fn may_hold(bytes: &[u8]) -> bool {
    static LETTERS: Letters = Letters::and(b"+/\\");
    let near = |end: usize| {
        let window = bytes.get(end..(end + AROUND).min(bytes.len())).unwrap_or_default();
        effort::looked_at(window.len());
        window.split(|byte| !LETTERS.have(*byte)).any(|run| run.len() >= FEWEST_CUT)
    };
    // Runs are rarer than words, and sooner looked for.
    letter_runs::<b'+'>(bytes, FEWEST_CUT, &LETTERS).next().is_some()
        && WRITTEN.as_ref().is_some_and(|word| word.find_iter(bytes).any(|word| near(word.end())))
}

/// Where such letters are.
pub(super) fn find(text: &[u8]) -> Vec<Range<usize>> {
    static LETTERS: Letters = Letters::and(b"+/");
    let Some(word) = WORD.as_ref() else { return Vec::new() };
    let is_one = |range: &Range<usize>| {
        let secret = text.get(range.clone()).unwrap_or_default();
        let rest = text.get(range.end..).unwrap_or_default();
        let whole = secret.len() == 40 && !matches!(rest.first(), Some(b'=' | b'-' | b'_' | 0xF4)) || secret.len() < 40 && is_cut_at(text, range.end);
        let before = text.get(range.start.saturating_sub(BEFORE)..range.start).unwrap_or_default();
        let before = before.get(mask_ends(before).last().map_or(0, |at| at + 1)..).unwrap_or_default();
        let apart = !matches!(before.last(), Some(b'-' | b'_'));
        whole && apart && mixed(secret, 3) && !secret.iter().all(u8::is_ascii_hexdigit) && word.is_match(before)
    };
    letter_runs::<b'+'>(text, FEWEST_CUT, &LETTERS).map(|run| behind_escape(text, run)).filter(is_one).collect()
}

/// The letters without the one of the line break that a string spells before them.
fn behind_escape(text: &[u8], run: Range<usize>) -> Range<usize> {
    let escaped = run.start.checked_sub(1).and_then(|before| text.get(before)) == Some(&b'\\');
    if escaped && matches!(text.get(run.start), Some(b'n' | b'r' | b't')) { run.start + 1..run.end } else { run }
}
