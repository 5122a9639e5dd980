//! The folded form of text: what a hidden or disguised word says to a model.
//!
//! NFKC, hidden characters removed, tag characters turned into the ASCII they carry. A search looks at the text as
//! logged and at this, because attackers split words with characters nobody sees.

use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfkc_quick};

use crate::model::hidden_name;

/// The folded form, when it differs from the text.
pub fn folded(text: &str) -> Option<String> {
    let special = text.get(plain_start(text.as_bytes())..).unwrap_or(text);
    // What is plain folds to itself, and nothing joins a character in front of it but a mark, which is special.
    if special.is_empty() || (!special.chars().any(is_hidden) && is_nfkc_quick(special.chars()) == IsNormalized::Yes) {
        return None;
    }
    let folded: String = text.chars().filter_map(shown).nfkc().collect();
    (folded != text).then_some(folded)
}

/// How many bytes at the start are printable ASCII and line breaks, in whole pieces: a piece is looked at without a branch
/// for each byte, as most text is nothing else.
fn plain_start(text: &[u8]) -> usize {
    const PIECE: usize = 128;
    let is_plain = |byte: u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    let special = text.chunks(PIECE).position(|piece| !piece.iter().fold(true, |plain, byte| plain & is_plain(*byte)));
    special.map_or(text.len(), |pieces| pieces * PIECE)
}

fn is_hidden(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' | ' '..='~' => false,
        _ => character.is_control() || hidden_name(character).is_some(),
    }
}

/// The character that is read in place of this one.
fn shown(character: char) -> Option<char> {
    match character {
        '\u{2028}' | '\u{2029}' => Some('\n'),
        '\u{e0020}'..='\u{e007e}' => char::from_u32(u32::from(character) - 0xe_0000),
        _ if is_hidden(character) => None,
        _ => Some(character),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disguises_come_off() {
        for (text, expected) in [
            ("plain\ttext\r\n", None),
            ("caf\u{e9} \u{4e16}\u{754c} \u{1f642}", None),
            ("pass\u{200b}word", Some("password")),
            ("\u{ff29}\u{ff47}\u{ff4e}ore", Some("Ignore")),
            ("x\u{e0068}\u{e0069}\u{e007f}", Some("xhi")),
            ("e\u{301}", Some("\u{e9}")),
            ("a\u{8}b\u{1b}[0m", Some("ab[0m")),
            ("one\u{2028}two", Some("one\ntwo")),
            // Marked lone surrogates and invalid bytes stay.
            ("\u{10d800}\u{10eeff}", None),
            // Behind a long plain start.
            (&format!("{}\u{200b}b", "a".repeat(300)), Some(&*format!("{}b", "a".repeat(300)))),
            (&format!("{}\u{301}", "e".repeat(128)), Some(&*format!("{}\u{e9}", "e".repeat(127)))),
        ] {
            assert_eq!(folded(text).as_deref(), expected, "{text:?}");
        }
    }
}
