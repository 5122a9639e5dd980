//! Passages that were encoded so that a reader does not see what a model understands: decoded, and told only when what
//! comes out reads. [`deserves_a_look`] is the bulk path's quick no, from the bytes of a JSON string as written.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use regex::bytes::Regex;

use super::forms::{self, Candidate};
use super::readable::{Reads, judge, text_of};
use super::rot13;
use super::runs;
use super::signs::is_injection;
use super::snippet::Snippet;
use crate::model::{each_thread, secret};

/// Encodings within encodings that are undone.
const DEEPEST: usize = 3;
/// Passages told of one text.
const MOST: usize = 20;

/// One passage.
#[derive(Debug, PartialEq)]
pub(super) struct Passage {
    /// Where it begins.
    pub(super) at: usize,
    end: usize,
    /// `base64`, `hex in base64` …
    pub(super) form: String,
    /// What it says.
    pub(super) text: String,
    /// Words of prompt injection are in it.
    pub(super) injects: bool,
}

/// The passages of a text, in order.
pub(super) fn passages(text: &str) -> Vec<Passage> {
    let mut found = passages_within(text, 1);
    for turned in rot13::passages(text) {
        found.push(Passage { at: turned.at, end: turned.end, form: "rot13".to_owned(), injects: injects(&turned.text), text: turned.text });
    }
    // Two readings of one passage: the longer one stands.
    found.sort_by_key(|passage| (passage.at, std::cmp::Reverse(passage.end)));
    let mut end = 0;
    found.retain(|passage| {
        let apart = passage.at >= end;
        end = end.max(passage.end);
        apart
    });
    found.truncate(MOST);
    found
}

fn passages_within(text: &str, depth: usize) -> Vec<Passage> {
    let mut found = Vec::new();
    forms::candidates(text, &mut |candidate| match said(candidate, depth) {
        Some(passage) => {
            found.push(passage);
            true
        }
        None => false,
    });
    found
}

fn injects(text: &str) -> bool {
    is_injection(&Snippet::Text(text.into()))
}

/// A credential needs no prose around it. The id of an access key alone is none.
fn holds_secret(text: &str) -> bool {
    secret::find(text).iter().any(|secret| !secret.kind.stays_readable())
}

/// What a candidate says, if it says anything.
fn said(candidate: Candidate, depth: usize) -> Option<Passage> {
    let Candidate { at, end, form, bytes, odd } = candidate;
    let text = text_of(&bytes)?;
    let reads = judge(&text);
    let inner = if depth < DEEPEST { passages_within(&text, depth + 1) } else { Vec::new() };
    let injects = injects(&text) || inner.iter().any(|inner| inner.injects);
    if injects || odd && (reads == Reads::Prose || holds_secret(&text)) {
        // Wrapped once more, and nothing else: the innermost words are what matters.
        return Some(match sole(&text, inner) {
            Some(inner) => Passage { at, end, form: format!("{} in {form}", inner.form), text: inner.text, injects },
            None => Passage { at, end, form: form.to_owned(), text, injects },
        });
    }
    let inner = sole(&text, inner)?;
    odd.then(|| Passage { at, end, form: format!("{} in {form}", inner.form), text: inner.text, injects })
}

/// The inner passage that makes up nearly all of a text.
fn sole(text: &str, inner: Vec<Passage>) -> Option<Passage> {
    inner.into_iter().find(|passage| (passage.end - passage.at) * 5 >= text.trim().len() * 4)
}

/// May the text of a JSON string hold a passage? Its bytes as written, escapes included: never no when [`passages`] of
/// the text would find one, quickly no for prose.
pub(super) fn deserves_a_look(piece: &Snippet<'_>) -> bool {
    let bytes = piece.bytes();
    piece.holds_run() && runs::holds_base64(bytes) || runs::holds_pairs(bytes) || holds_escapes(bytes) || rot13::deserves_a_look(bytes)
}

/// Enough signs that begin an escape of one kind.
fn holds_escapes(bytes: &[u8]) -> bool {
    let enough = |signs: &mut dyn Iterator<Item = usize>, count: usize| signs.take(count).count() == count;
    enough(&mut memchr::memchr_iter(b'%', bytes), forms::FEWEST_PERCENT)
        || ANY_ESCAPE.with(|any| any.as_ref().is_some_and(|any| any.is_match(bytes)))
            && ESCAPES.iter().any(|sign| enough(&mut sign.find_iter(bytes), forms::FEWEST_ESCAPES))
}

static ESCAPES: LazyLock<[Finder<'static>; 4]> = LazyLock::new(|| [b"&#".as_slice(), b"\\x", b"0x", b"\\u0"].map(Finder::new));

each_thread! {
    /// One of them, in one pass.
    static ANY_ESCAPE: Option<Regex> = Regex::new(r"(?-u)&#|\\x|0x|\\u0").ok();
}
