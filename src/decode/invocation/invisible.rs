//! Text that a person at a screen would not have seen: tag characters (which spell ASCII), zero-width and bidirectional
//! characters, control characters, variation selectors that carry bytes.

use crate::model::{Hidden, HiddenKind, hidden_name};

/// What is hidden in a text, run by run. Ordinary uses of invisible characters are left out: line breaks, a variation
/// selector or joiner inside an emoji or a script that needs it, the tags of a regional flag.
pub(super) fn invisible(text: &str) -> Vec<Hidden> {
    let mut found: Vec<Run> = Vec::new();
    let mut at = 0;
    // Plain ASCII and the letters of most scripts, of which most text is, are stepped over by their bytes.
    while let Some(plain) = text.as_bytes().get(at..).and_then(|rest| rest.iter().position(|byte| may_begin(*byte))) {
        at += plain;
        let Some(character) = text.get(at..).and_then(|rest| rest.chars().next()) else { break };
        let next = at + character.len_utf8();
        if let Some(kind) = kind_of(character) {
            let before = text.get(..at).and_then(|text| text.chars().next_back());
            let after = text.get(next..).and_then(|text| text.chars().next());
            if !is_ordinary(character, before, after) {
                match found.last_mut() {
                    Some(run) if run.kind == kind && run.end == at => run.push(at, character),
                    _ => found.push(Run::new(kind, at, character, before)),
                }
            }
        }
        at = next;
    }
    found.into_iter().filter(|run| !run.is_flag()).map(Run::into_hidden).collect()
}

struct Run {
    kind: HiddenKind,
    at: usize,
    end: usize,
    characters: Vec<char>,
    before: Option<char>,
}

impl Run {
    fn new(kind: HiddenKind, at: usize, character: char, before: Option<char>) -> Self {
        Self { kind, at, end: at + character.len_utf8(), characters: vec![character], before }
    }

    fn push(&mut self, at: usize, character: char) {
        self.end = at + character.len_utf8();
        self.characters.push(character);
    }

    /// England, Scotland and Wales: a black flag, their code in tags, a cancel tag.
    fn is_flag(&self) -> bool {
        let code = self.characters.len().saturating_sub(1);
        self.kind == HiddenKind::TagCharacters
            && self.before == Some('\u{1F3F4}')
            && (3..=6).contains(&code)
            && self.characters.last() == Some(&'\u{E007F}')
            && self.characters.iter().take(code).filter_map(|c| tag_ascii(*c)).all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    }

    fn into_hidden(self) -> Hidden {
        let decoded = match self.kind {
            HiddenKind::TagCharacters => self.characters.iter().filter_map(|c| tag_ascii(*c)).collect(),
            HiddenKind::VariationSelectors => selected_bytes(&self.characters),
            _ => names(&self.characters),
        };
        Hidden::new(self.kind, decoded, self.at)
    }
}

/// May a character that [`kind_of`] knows begin with this byte? No other character does with one of these, and none in the middle.
const fn may_begin(byte: u8) -> bool {
    !matches!(byte, 0x20..=0x7E | b'\n' | b'\r' | b'\t' | 0x80..=0xC1 | 0xC3..=0xCC | 0xCE..=0xD7 | 0xD9 | 0xDA | 0xDD..=0xDF | 0xE4..=0xEE)
}

fn kind_of(character: char) -> Option<HiddenKind> {
    match u32::from(character) {
        // Line breaks; and signs, kana and emoji, told at once.
        0x0A
        | 0x0D
        | 0x09
        | 0xA0..=0xAC
        | 0xAE..=0xFF
        | 0x2010..=0x2027
        | 0x2030..=0x205F
        | 0x2070..=0x27FF
        | 0x3000..=0x3163
        | 0x1F000..=0x1FFFF => None,
        0..=0x1F | 0x7F..=0x9F => Some(HiddenKind::Control),
        0xE_0000..=0xE_007F => Some(HiddenKind::TagCharacters),
        0xFE00..=0xFE0F | 0xE_0100..=0xE_01EF => Some(HiddenKind::VariationSelectors),
        0x061C | 0x200E | 0x200F | 0x202A..=0x202E | 0x2066..=0x2069 => Some(HiddenKind::Bidi),
        code if code > 0x7F => hidden_name(character).map(|_| HiddenKind::ZeroWidth),
        _ => None,
    }
}

fn is_ordinary(character: char, before: Option<char>, after: Option<char>) -> bool {
    // Letters and emoji of the scripts these characters were made for; another invisible one is no such neighbour.
    let visible =
        |neighbour: Option<char>| neighbour.is_some_and(|c| !c.is_ascii() && (kind_of(c).is_none() || matches!(c, '\u{FE0E}' | '\u{FE0F}')));
    match character {
        '\u{FE0E}' | '\u{FE0F}' => before.is_some_and(|c| (!c.is_ascii() && kind_of(c).is_none()) || c.is_ascii_digit() || matches!(c, '#' | '*')),
        '\u{200C}' | '\u{200D}' => visible(before) && visible(after),
        _ => false,
    }
}

/// The ASCII character that a tag character spells.
fn tag_ascii(character: char) -> Option<char> {
    let code = u32::from(character);
    (0xE_0020..=0xE_007E).contains(&code).then(|| char::from((code - 0xE_0000) as u8))
}

/// The bytes that variation selectors 1 to 256 stand for, as text.
fn selected_bytes(characters: &[char]) -> String {
    let bytes: Vec<u8> = characters
        .iter()
        .filter_map(|c| match u32::from(*c) {
            code @ 0xFE00..=0xFE0F => Some((code - 0xFE00) as u8),
            code @ 0xE_0100..=0xE_01EF => Some((code - 0xE_0100 + 16) as u8),
            _ => None,
        })
        .collect();
    crate::model::text_from_bytes(&bytes).into_owned()
}

/// The names of a run's characters; of a long run the first few.
fn names(characters: &[char]) -> String {
    const NAMED: usize = 8;
    let mut names: Vec<String> = characters
        .iter()
        .take(NAMED)
        .map(|c| match hidden_name(*c) {
            Some(name) if !name.is_empty() => name.to_owned(),
            _ if *c == '\u{1b}' => "ESC".to_owned(),
            _ => format!("U+{:04X}", u32::from(*c)),
        })
        .collect();
    if characters.len() > NAMED {
        names.push(format!("and {} more", characters.len() - NAMED));
    }
    names.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_named_and_decoded() {
        use HiddenKind::{Bidi, Control, TagCharacters, VariationSelectors, ZeroWidth};
        for (text, expected) in [
            ("ask\u{E0068}\u{E0069}!", vec![(TagCharacters, "hi", 3)]),
            ("a\u{200b}\u{2060}b", vec![(ZeroWidth, "ZWSP WJ", 1)]),
            ("a\u{202e}b\u{202c}", vec![(Bidi, "RLO", 1), (Bidi, "PDF", 5)]),
            ("a\u{1b}[31mb", vec![(Control, "ESC", 1)]),
            ("\u{9b}", vec![(Control, "U+009B", 0)]),
            // Bytes 'h' and 'i' as variation selectors 17 and up: 0x68 - 16 = 0x58.
            ("x\u{E0158}\u{E0159}", vec![(VariationSelectors, "hi", 1)]),
            ("a\u{200d}b", vec![(ZeroWidth, "ZWJ", 1)]),
        ] {
            let found: Vec<_> = invisible(text);
            let found: Vec<_> = found.iter().map(|hidden| (hidden.kind, hidden.decoded.as_str(), hidden.at)).collect();
            assert_eq!(found, expected, "{text:?}");
        }
    }

    #[test]
    fn what_hides_is_told_by_its_first_byte() {
        for code in 0..=0x10_FFFF {
            let Some(character) = char::from_u32(code) else { continue };
            let first = character.encode_utf8(&mut [0; 4]).as_bytes()[0];
            let kind = kind_of(character);
            assert!(kind.is_none() || may_begin(first), "U+{code:04X}");
            let hides = hidden_name(character).is_some() || character.is_control() && !matches!(character, '\n' | '\r' | '\t');
            assert_eq!(kind.is_some(), hides || (0xE_0000..=0xE_007F).contains(&code), "U+{code:04X}");
        }
    }

    #[test]
    fn ordinary_text_hides_nothing() {
        for text in [
            "plain\nlines\tand\r\nmore",
            "☀\u{fe0f} 1\u{fe0f}\u{20e3}",
            "family 👨\u{200d}👩\u{200d}👧 and ❤\u{fe0f}\u{200d}🔥",
            "می\u{200c}خواهم",
            "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}",
            "naïve café 世界",
        ] {
            assert_eq!(invisible(text), vec![], "{text:?}");
        }
    }
}
