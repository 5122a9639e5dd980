//! A pattern in the making: words and holes in a row, with how many messages have it.

use xxhash_rust::xxh3::xxh3_128_with_seed;

use super::tokens::{Class, Piece};

/// A part of a template.
#[derive(Clone, Debug)]
pub(super) enum Part {
    Gap(Box<str>),
    Word(Box<str>),
    /// With the one text that was there so far: a token that never varies is shown as itself. Only of tokens of which
    /// nothing more is known; a time is a time, also in one message.
    Hole(Class, Option<Box<str>>),
}

/// A longer text is not kept for showing.
const LONGEST_SAME: usize = 128;

impl Part {
    pub(super) fn of(piece: Piece<'_>) -> Self {
        match piece {
            Piece::Gap(text) => Self::Gap(text.into()),
            Piece::Word(text) => Self::Word(text.into()),
            Piece::Hole(class, text) => Self::Hole(class, (class == Class::Token && text.len() <= LONGEST_SAME).then(|| text.into())),
        }
    }
}

/// What a piece at a place contributes to the key of a template. Keys are sums, so that the key with another piece in
/// that place is one subtraction and one addition away.
pub(super) fn weight(piece: Piece<'_>, place: usize) -> u128 {
    let (kind, text) = match piece {
        Piece::Gap(text) => (0, text),
        Piece::Word(text) => (1, text),
        Piece::Hole(class, _) => (2, class.name()),
    };
    xxh3_128_with_seed(text.as_bytes(), (place as u64) << 2 | kind)
}

/// What any token at a place contributes.
pub(super) fn token_weight(place: usize) -> u128 {
    weight(Piece::Hole(Class::Token, ""), place)
}

/// A pattern in the making.
#[derive(Clone, Debug)]
pub(super) struct Template {
    pub(super) key: u128,
    pub(super) parts: Vec<Part>,
    /// Messages that have it: of the set that is asked about, and of the one it is compared with.
    pub(super) counts: [u64; 2],
}

impl Template {
    pub(super) fn bytes(&self) -> usize {
        self.parts.iter().map(|part| size_of::<Part>() + part.text().len()).sum()
    }

    /// Puts a token in place of a word.
    pub(super) fn open(&mut self, place: usize) {
        let Some(part) = self.parts.get_mut(place) else { return };
        self.key = self.key.wrapping_sub(weight(part.piece(), place)).wrapping_add(token_weight(place));
        *part = match part {
            Part::Word(word) if word.len() <= LONGEST_SAME => Part::Hole(Class::Token, Some(std::mem::take(word))),
            _ => Part::Hole(Class::Token, None),
        };
    }

    /// Takes another one with the same key.
    pub(super) fn join(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count += more;
        }
        for (part, other) in self.parts.iter_mut().zip(&other.parts) {
            if let (Part::Hole(_, same), Part::Hole(_, text)) = (part, other)
                && same != text
            {
                *same = None;
            }
        }
    }

    /// Takes a message that has it.
    pub(super) fn take(&mut self, pieces: &[Piece<'_>]) {
        let [count, _] = &mut self.counts;
        *count += 1;
        for (part, piece) in self.parts.iter_mut().zip(pieces) {
            if let Part::Hole(Class::Token, same) = part
                && let Piece::Word(text) | Piece::Hole(_, text) = piece
                && same.as_deref() != Some(*text)
            {
                *same = None;
            }
        }
    }

    /// The pattern, its dynamic tokens named and numbered in their order.
    pub(super) fn shown(&self) -> String {
        let mut number = 0;
        let mut shown = String::new();
        for part in &self.parts {
            match part {
                Part::Hole(class, None) => {
                    number += 1;
                    shown.push_str(&format!("<{}-{number}>", class.name()));
                }
                fixed => shown.push_str(fixed.text()),
            }
        }
        shown
    }

    /// How severe the messages say they are.
    pub(super) fn severity(&self) -> Option<&'static str> {
        let mut before = "";
        let mut failure = None;
        for word in self.parts.iter().filter(|part| !matches!(part, Part::Gap(_))).map(Part::text) {
            let is_level = ["level", "severity", "lvl", "loglevel"].iter().any(|name| before.eq_ignore_ascii_case(name));
            let is_loud = word.starts_with(|c: char| c.is_ascii_uppercase());
            let found = level(word).filter(|_| is_level || is_loud);
            if found.is_some() {
                return found;
            }
            if word.ends_with("Exception") || word.ends_with("Error") {
                failure = Some("Error");
            }
            before = word;
        }
        failure
    }
}

impl Part {
    fn text(&self) -> &str {
        match self {
            Self::Gap(text) | Self::Word(text) => text,
            Self::Hole(_, same) => same.as_deref().unwrap_or_default(),
        }
    }

    pub(super) fn piece(&self) -> Piece<'_> {
        match self {
            Self::Gap(text) => Piece::Gap(text),
            Self::Word(text) => Piece::Word(text),
            Self::Hole(class, _) => Piece::Hole(*class, ""),
        }
    }
}

/// The four labels of the documentation.
fn level(word: &str) -> Option<&'static str> {
    Some(match &*word.to_ascii_lowercase() {
        "error" | "err" | "fatal" | "critical" | "crit" | "severe" | "emergency" | "panic" => "Error",
        "warn" | "warning" => "Warning",
        "info" | "information" | "informational" | "notice" => "Info",
        "debug" | "trace" | "verbose" => "Debug",
        _ => return None,
    })
}
