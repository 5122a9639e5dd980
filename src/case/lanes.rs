//! Which of many texts an expression matches. An automaton is one look-up a byte, and each waits for the one before: a text alone is read
//! at the pace of memory, whatever is looked for. Here several texts, or pieces of long ones, are read side by side, a byte of each in
//! turn, so that they wait together. It says the same as the library's own search.
//!
//! The states are the library's, which makes them as they are needed; they are copied into a table that has two states more, so that
//! the innermost loop asks nothing: one for "not known yet" and one for "matches", which no byte leads out of.

use std::collections::HashMap;
use std::iter::Enumerate;
use std::{fmt, slice};

use regex_automata::Input;
use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::{self, WhichCaptures};

/// Texts read side by side: with fewer they wait, with more their states do not fit into the processor's registers.
const LANES: usize = 8;
/// Bytes read of each before anybody looks what came of it.
const STEP: usize = 16;
/// A long text is read in pieces of this length, so that not one lane goes on when the others have ended.
const PIECE: usize = 2 << 10;
/// The largest table: 2 MB.
const STATES: usize = 4096;
/// Memory for the library's states.
const CACHE: usize = 32 << 20;
/// When the table is full and so much had to be read without it, it is begun anew: what is read now may need other states.
const WORTH: usize = 32 << 20;
/// The largest expression, compiled.
const SIZE: usize = 64 << 20;

/// What byte leads to what state.
type Row = [u16; 256];
const UNKNOWN: u16 = 0;
const MATCH: u16 = 1;

/// An expression that is looked for in many texts at once.
pub struct Lanes {
    automaton: DFA,
    table: Table,
    /// For texts that are read one by one, because the table is full.
    slow: Cache,
    /// Bytes of them.
    slowly: usize,
    /// Length of pieces.
    piece: usize,
}

impl fmt::Debug for Lanes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lanes").field("states", &self.table.rows.len()).finish_non_exhaustive()
    }
}

/// A piece of a text, as far as it is not yet read.
#[derive(Clone, Copy)]
struct Lane<'t> {
    /// Which text. None: it was read, and goes beside another until there is a new one, so that all lanes are alike.
    text: Option<usize>,
    rest: &'t [u8],
    /// What comes after the piece.
    behind: &'t [u8],
    state: u16,
}

impl Lanes {
    /// `None` when the expression is none, is too large, or asks for bounds of words, which the automaton does not know.
    pub fn new(pattern: &str) -> Option<Self> {
        Self::sized(pattern, PIECE, CACHE)
    }

    fn sized(pattern: &str, piece: usize, cache: usize) -> Option<Self> {
        let thompson = thompson::Config::new().which_captures(WhichCaptures::None).nfa_size_limit(Some(SIZE));
        let config = DFA::config().cache_capacity(cache).skip_cache_capacity_check(true);
        let automaton = DFA::builder().configure(config).thompson(thompson).build(pattern).ok()?;
        // What is bound to the beginning of a text would begin with each piece.
        let piece = if automaton.get_nfa().look_set_any().is_empty() { piece } else { usize::MAX };
        Some(Self { table: Table::new(&automaton)?, slow: automaton.create_cache(), slowly: 0, piece, automaton })
    }

    /// Does it match anywhere in a text? For each of them.
    pub(super) fn matches(&mut self, texts: &[&str]) -> Vec<bool> {
        if self.slowly >= WORTH
            && let Some(table) = Table::new(&self.automaton)
        {
            (self.table, self.slowly) = (table, 0);
        }
        let mut answers = vec![None; texts.len()];
        let mut pieces = Pieces { texts: texts.iter().enumerate(), text: 0, rest: &[], length: self.piece };
        let mut lanes = [Lane { text: None, rest: &[], behind: &[], state: UNKNOWN }; LANES];
        loop {
            for lane in lanes.iter_mut().filter(|lane| lane.text.is_none()) {
                *lane = pieces.next(&answers, self.table.start).unwrap_or(*lane);
            }
            let Some(leader) = lanes.iter().find(|lane| lane.text.is_some()).copied() else { break };
            for lane in lanes.iter_mut().filter(|lane| lane.text.is_none()) {
                *lane = Lane { text: None, ..leader };
            }
            let is_halted = side_by_side(&self.table.rows, &mut lanes);
            for lane in lanes.iter_mut().filter(|lane| is_halted || lane.rest.len() < STEP) {
                self.alone(lane, texts, &mut answers);
            }
        }
        answers.into_iter().map(|answer| answer == Some(true)).collect()
    }

    /// One lane goes on alone where it cannot with the others: over what was not known, and to its end when that is near.
    fn alone(&mut self, lane: &mut Lane<'_>, texts: &[&str], answers: &mut [Option<bool>]) {
        let Some((at, answer)) = lane.text.and_then(|at| Some((at, answers.get_mut(at)?))) else { return };
        let is_end = lane.rest.len() < STEP;
        let (now, rest) = lane.rest.split_at(lane.rest.len().min(STEP));
        lane.rest = rest;
        lane.state = now.iter().fold(lane.state, |state, byte| self.table.next(&self.automaton, state, *byte));
        if is_end && answer.is_none() {
            lane.state = self.table.beyond(&self.automaton, lane.state, lane.behind);
        }
        match lane.state {
            MATCH => *answer = Some(true),
            UNKNOWN if answer.is_none() => *answer = texts.get(at).map(|text| self.one(text)),
            _ => (),
        }
        if is_end || answer.is_some() {
            lane.text = None;
        }
    }

    /// One text by itself.
    fn one(&mut self, text: &str) -> bool {
        self.slowly += text.len();
        // There is no text that an automaton without bounds of words has no answer for.
        self.automaton.try_search_fwd(&mut self.slow, &Input::new(text).earliest(true)).is_ok_and(|found| found.is_some())
    }
}

/// Reads on in all lanes, to the end of the shortest but for a step. Or until one has something to tell, its step then not taken.
fn side_by_side(rows: &[Row], lanes: &mut [Lane<'_>; LANES]) -> bool {
    let shortest = lanes.iter().map(|lane| lane.rest.len() / STEP).min().unwrap_or(0);
    let mut steps = lanes.map(|lane| lane.rest.as_chunks::<STEP>().0.iter());
    let mut states = lanes.map(|lane| lane.state);
    let mut done = 0;
    while done < shortest {
        let mut bytes = [&[0; STEP]; LANES];
        for (bytes, steps) in bytes.iter_mut().zip(&mut steps) {
            *bytes = steps.next().unwrap_or(bytes);
        }
        let next = step(rows, states, &bytes);
        if next.iter().fold(u16::MAX, |lowest, state| lowest.min(*state)) <= MATCH {
            break;
        }
        (states, done) = (next, done + 1);
    }
    for (lane, state) in lanes.iter_mut().zip(states) {
        lane.rest = lane.rest.get(done * STEP..).unwrap_or_default();
        lane.state = state;
    }
    done < shortest
}

#[inline]
fn step(rows: &[Row], mut states: [u16; LANES], bytes: &[&[u8; STEP]; LANES]) -> [u16; LANES] {
    for at in 0..STEP {
        for (state, bytes) in states.iter_mut().zip(bytes) {
            let byte = bytes.get(at).copied().unwrap_or_default();
            *state = rows.get(usize::from(*state)).and_then(|row| row.get(usize::from(byte))).copied().unwrap_or(UNKNOWN);
        }
    }
    states
}

/// The pieces of all texts.
struct Pieces<'t> {
    texts: Enumerate<slice::Iter<'t, &'t str>>,
    /// The text that is being cut up, and what is left of it.
    text: usize,
    rest: &'t [u8],
    length: usize,
}

impl<'t> Pieces<'t> {
    fn next(&mut self, answers: &[Option<bool>], state: u16) -> Option<Lane<'t>> {
        if self.rest.is_empty() || answers.get(self.text).copied().flatten().is_some() {
            let (number, text) = self.texts.next()?;
            (self.text, self.rest) = (number, text.as_bytes());
        }
        let length = if self.rest.len() / 2 < self.length { self.rest.len() } else { self.length };
        let (rest, behind) = self.rest.split_at(length);
        self.rest = behind;
        Some(Lane { text: Some(self.text), rest, behind, state })
    }
}

/// The states met so far, by number.
struct Table {
    rows: Vec<Row>,
    states: Vec<State>,
    numbers: HashMap<LazyStateID, u16>,
    /// What their ids are of. When it forgets them the table is full.
    cache: Cache,
    start: u16,
    is_full: bool,
}

struct State {
    /// None for the two that only the table has.
    id: Option<LazyStateID>,
    /// If the text ends here, does it match?
    is_match_at_end: bool,
}

impl Table {
    fn new(automaton: &DFA) -> Option<Self> {
        let mut cache = automaton.create_cache();
        let start = automaton.start_state_forward(&mut cache, &Input::new("")).ok()?;
        let own = |is_match_at_end| State { id: None, is_match_at_end };
        let (rows, states) = (vec![[UNKNOWN; 256], [MATCH; 256]], vec![own(false), own(true)]);
        let mut table = Self { rows, states, numbers: HashMap::new(), cache, start: UNKNOWN, is_full: false };
        table.start = table.number(automaton, start).unwrap_or(UNKNOWN);
        Some(table)
    }

    fn next(&mut self, automaton: &DFA, state: u16, byte: u8) -> u16 {
        match self.rows.get(usize::from(state)).and_then(|row| row.get(usize::from(byte))) {
            Some(&UNKNOWN) if !self.is_full => self.learn(automaton, state, byte),
            next => next.copied().unwrap_or(UNKNOWN),
        }
    }

    #[cold]
    fn learn(&mut self, automaton: &DFA, state: u16, byte: u8) -> u16 {
        let Some(id) = self.states.get(usize::from(state)).and_then(|state| state.id) else { return UNKNOWN };
        let next = automaton.next_state(&mut self.cache, id, byte).ok().and_then(|next| self.number(automaton, next));
        self.is_full = next.is_none();
        let next = next.unwrap_or(UNKNOWN);
        if let Some(slot) = self.rows.get_mut(usize::from(state)).and_then(|row| row.get_mut(usize::from(byte))) {
            *slot = next;
        }
        next
    }

    /// The number of a state; `None` when there is no room for it.
    fn number(&mut self, automaton: &DFA, id: LazyStateID) -> Option<u16> {
        if id.is_match() {
            return Some(MATCH);
        }
        if let Some(number) = self.numbers.get(&id).filter(|_| self.cache.clear_count() == 0) {
            return Some(*number);
        }
        let is_match_at_end = automaton.next_eoi_state(&mut self.cache, id).ok()?.is_match();
        if id.is_quit() || self.cache.clear_count() > 0 || self.rows.len() >= STATES {
            return None;
        }
        let number = self.rows.len() as u16;
        self.rows.push([UNKNOWN; 256]);
        self.states.push(State { id: Some(id), is_match_at_end });
        self.numbers.insert(id, number);
        Some(number)
    }

    /// Reads on behind a piece, until all that began within it has ended; at the end of the text, what that makes of it. Unknown when
    /// that is far, or each piece might be read to the end of the text.
    fn beyond(&mut self, automaton: &DFA, mut state: u16, behind: &[u8]) -> u16 {
        for (far, byte) in behind.iter().enumerate() {
            if [self.start, MATCH, UNKNOWN].contains(&state) {
                return state;
            }
            if far == PIECE {
                return UNKNOWN;
            }
            state = self.next(automaton, state, *byte);
        }
        if self.states.get(usize::from(state)).is_some_and(|state| state.is_match_at_end) { MATCH } else { state }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::Regex;

    use super::*;

    /// With and without end, in few states and in many, bound and unbound, and one that matches everywhere.
    const PATTERNS: [&str; 14] = [
        "ab",
        "(?i)prompts?|system prompt|ignore +(all +)?previous",
        r"a\s+b",
        r"\s+x",
        "é|ß",
        "(?i)k",
        r"\d{3}-\d{2}",
        "a[ab]{5}c",
        r"\w{4}-",
        "(?s)a.*c",
        "^a",
        "b$",
        r"(?m)^-|(?-u:\b)x",
        "x*",
    ];

    fn text() -> impl Strategy<Value = String> {
        let filling = prop_oneof!["[abcx]{0,40}", "[ab é\u{212a}\n-]{0,40}", " {0,60}", "[a-z0-9 -]{0,80}", "(ab|٣| a){0,30}"];
        let needle = prop::sample::select(vec!["", "", "", "ab", "Prompt", "ignore  all previous", "é", "123-45", "abbbbbc", "a", "b", "x", "-"]);
        (filling.clone(), needle, prop_oneof![Just(String::new()), filling]).prop_map(|(before, needle, after)| format!("{before}{needle}{after}"))
    }

    proptest! {
        #[test]
        fn it_says_the_same_as_the_library(
            which in 0..PATTERNS.len(),
            texts in prop::collection::vec(text(), 0..30),
            piece in prop::sample::select(vec![1, 7, 16, 40, PIECE]),
            // The least that is possible, which is for ten states or so, and one that holds them all.
            cache in prop::sample::select(vec![0, CACHE]),
        ) {
            let regex = Regex::new(PATTERNS[which]).unwrap();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let expected: Vec<bool> = texts.iter().map(|text| regex.is_match(text)).collect();
            let mut lanes = Lanes::sized(PATTERNS[which], piece, cache).unwrap();
            for round in ["learning", "having learnt"] {
                prop_assert_eq!(&lanes.matches(&texts), &expected, "{}, {}: {:?}", PATTERNS[which], round, &texts);
            }
        }
    }

    #[test]
    fn what_the_automaton_does_not_know_is_refused() {
        assert!(Lanes::new("(").is_none());
        assert!(Lanes::new(r"\bx").is_none());
        assert!(Lanes::new(r"\w{1000}{100}").is_none());
    }

    #[test]
    fn what_goes_on_far_behind_each_piece_is_read_once() {
        let blanks = " ".repeat(20 * PIECE);
        let (ends, goes_on) = (format!("{blanks}x"), format!("{blanks}y"));
        let mut lanes = Lanes::new(" +x").unwrap();
        assert_eq!(lanes.matches(&[&ends, &goes_on, "x", " x"]), [true, false, false, true]);
        assert!(lanes.slowly > 0 && lanes.slowly <= ends.len() + goes_on.len(), "{}", lanes.slowly);
        let mut lanes = Lanes::new("(?i)model").unwrap();
        assert_eq!(lanes.matches(&[&ends, &format!("{blanks}Mo{blanks}del"), &format!("{blanks}MoDel{blanks}")]), [false, false, true]);
        assert_eq!(lanes.slowly, 0);
    }

    /// No two stretches of it are alike for long.
    fn mixed(length: usize) -> String {
        let mut drawn = 1_u32;
        let mut next = || {
            drawn = drawn.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if drawn >> 31 == 0 { 'a' } else { 'b' }
        };
        (0..length).map(|_| next()).collect()
    }

    #[test]
    fn a_full_table_is_begun_anew_when_it_is_worth_it() {
        let text = mixed(100_000);
        let with = format!("{text}a{}c", "b".repeat(14));
        for (cache, is_forgotten) in [(CACHE, false), (0, true)] {
            // It remembers where in the last fifteen characters an a stood: 32,768 states.
            let mut lanes = Lanes::sized("a[ab]{14}c", PIECE, cache).unwrap();
            let found = lanes.matches(&[&text, &with, "c", "abbbbbbbbbbbbbbc"]);
            assert_eq!(found, [false, true, false, true]);
            assert!(lanes.table.is_full && lanes.slowly > 0);
            assert_eq!(lanes.table.cache.clear_count() > 0, is_forgotten);
            assert!(lanes.table.rows.len() <= STATES);
            assert_eq!(lanes.matches(&[&text, &with]), [false, true]);
            lanes.slowly = WORTH;
            assert_eq!(lanes.matches(&["b", "abb"]), [false, false]);
            assert!(!lanes.table.is_full && lanes.slowly == 0);
        }
    }
}
