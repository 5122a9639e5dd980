//! Whether a regular expression matches anywhere in a long text, in a way that can be given up: the library's own search runs to its end, which
//! for a large expression and a megabyte of text is minutes. Here a lazy automaton of bounded memory walks the text byte by byte, and somebody
//! is asked now and then whether the answer is still wanted. It says the same as the library.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::{Anchored, Input};

/// States that are kept take about so many bytes.
const CACHE: usize = 2 << 20;
/// Bytes between looks: each may make a state, which takes as long as the expression is large.
const STRIDE: usize = 64;

/// An expression that walks.
pub(super) struct Patient {
    automaton: DFA,
    /// What was learnt of it, for whoever walks next.
    caches: Mutex<Vec<Cache>>,
}

impl fmt::Debug for Patient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Patient")
    }
}

impl Patient {
    /// Of an expression that the library has compiled. None when it cannot be walked.
    pub(super) fn of(pattern: &str) -> Option<Self> {
        let config = DFA::config().cache_capacity(CACHE).skip_cache_capacity_check(true).unicode_word_boundary(true);
        let thompson = thompson::Config::new().which_captures(WhichCaptures::None);
        let automaton = DFA::builder().configure(config).thompson(thompson).build(pattern).ok()?;
        Some(Self { automaton, caches: Mutex::new(Vec::new()) })
    }

    /// Does it match anywhere? None when it cannot be said in this way. When it is given up the answer is no.
    pub(super) fn finds(&self, text: &[u8], is_given_up: &dyn Fn() -> bool) -> Option<bool> {
        let kept = self.caches.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut cache = kept.unwrap_or_else(|| self.automaton.create_cache());
        let found = self.walk(&mut cache, text, is_given_up);
        self.caches.lock().unwrap_or_else(PoisonError::into_inner).push(cache);
        found
    }

    fn walk(&self, cache: &mut Cache, text: &[u8], is_given_up: &dyn Fn() -> bool) -> Option<bool> {
        let mut state = self.automaton.start_state_forward(cache, &Input::new(text).anchored(Anchored::No)).ok()?;
        for stretch in text.chunks(STRIDE) {
            if is_given_up() {
                return Some(false);
            }
            for byte in stretch {
                state = self.automaton.next_state(cache, state, *byte).ok()?;
                if state.is_tagged() {
                    if state.is_match() {
                        return Some(true);
                    }
                    if state.is_dead() {
                        return Some(false);
                    }
                    if state.is_quit() {
                        return None;
                    }
                }
            }
        }
        let last = self.automaton.next_eoi_state(cache, state).ok()?;
        if last.is_quit() { None } else { Some(last.is_match()) }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use proptest::prelude::*;

    use super::*;

    const PATTERNS: &[&str] = &[
        "",
        "a",
        "^a|b$",
        "(?i)straße",
        r"\bword\b",
        r"\d{2,4}-[a-f]+",
        "(a|b|ab)*c",
        "(?:[ab]{1,20}){1,10}[0-9]",
        r"a.{30}[^ab]b",
        r"(?s)x.*y\z",
        r"(?m)^line$",
        r"\p{Greek}+",
        r"[^\x00-\x7f]",
        r"a\B",
        "(?-u:a)b",
    ];

    fn both(pattern: &str, text: &str) -> (Option<bool>, bool) {
        let walked = Patient::of(pattern).expect("it can be walked").finds(text.as_bytes(), &|| false);
        (walked, regex::Regex::new(pattern).expect("an expression").is_match(text))
    }

    #[test]
    fn what_it_says_is_what_the_library_says() {
        let texts = [
            "",
            "a",
            "xa",
            "ba",
            "STRASSE Straße",
            "a word here",
            "swordfish",
            "12-abc",
            "ababababc",
            "abab7",
            "x\ny",
            "one\nline\ntwo",
            "αβγ",
            "é word é",
        ];
        for pattern in PATTERNS {
            for text in texts {
                let (walked, found) = both(pattern, text);
                // Words beside letters that are not ASCII are left to the library.
                assert!(walked == Some(found) || (walked.is_none() && !text.is_ascii()), "{pattern} in {text:?}: {walked:?}, not {found}");
            }
        }
    }

    #[test]
    fn it_can_be_given_up_and_asks_often() {
        let text = "ab".repeat(50_000);
        let patient = Patient::of("(?:[ab]{1,60}){1,40}[0-9]").expect("it can be walked");
        for most in [0, 1, 7] {
            let asked = Cell::new(0);
            let given_up = || {
                asked.set(asked.get() + 1);
                asked.get() > most
            };
            assert_eq!(patient.finds(text.as_bytes(), &given_up), Some(false));
            assert_eq!(asked.get(), most + 1, "it goes no further than to the next look");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_searched_alike(text in "[ab0-9xé\n -]{0,80}", pattern in prop::sample::select(PATTERNS)) {
            let (walked, found) = both(pattern, &text);
            prop_assert!(walked == Some(found) || walked.is_none());
        }
    }
}
