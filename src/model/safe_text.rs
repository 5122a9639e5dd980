//! The one form in which text from a log may reach a person.
//!
//! Prompts, user agents and parameters are written by attackers for a reader at a terminal. Every character that a
//! terminal would act on, or that a reader would not see, is replaced by a visible mark; nothing is dropped. What
//! ratatui does by itself (silently dropping some of them, letting others through) is not relied upon.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use super::lenient::{invalid_byte_of, surrogate_of};
use super::secret::{MASK_CLOSE, MASK_OPEN};

/// What the terminal can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Glyphs {
    /// Any character.
    #[default]
    Unicode,
    /// Only ASCII: everything else becomes `<U+00E9>`.
    Ascii,
}

/// One line of text that cannot act. The only ways to make one replace what could.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SafeText<'a> {
    text: Cow<'a, str>,
    marks: Vec<Range<usize>>,
}

/// More combining marks than this on one base character are folded into one visible mark.
const MAX_COMBINING: usize = 4;

impl<'a> SafeText<'a> {
    /// Makes one line safe; line breaks and tabs become marks as well. Plain printable ASCII is borrowed.
    pub fn line(raw: &'a str, glyphs: Glyphs) -> Self {
        if raw.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
            return Self { text: Cow::Borrowed(raw), marks: Vec::new() };
        }
        let mut safe = SafeText { text: Cow::Owned(String::with_capacity(raw.len() + 16)), marks: Vec::new() };
        let mut combining = 0;
        let (mut tags, mut in_mask) = (false, false);
        for character in raw.chars() {
            if matches!(character, MASK_OPEN | MASK_CLOSE) {
                in_mask = character == MASK_OPEN;
            }
            if let Some(hidden) = tag_letter(character) {
                safe.tag(hidden, tags, glyphs);
                (tags, combining) = (true, 0);
                continue;
            }
            tags = false;
            if is_combining(character) {
                combining += 1;
                if combining == MAX_COMBINING + 1 {
                    safe.mark(if glyphs == Glyphs::Ascii { "<+marks>" } else { "‹+marks›" });
                }
                if combining > MAX_COMBINING {
                    continue;
                }
            } else {
                combining = 0;
            }
            match visible(character, glyphs) {
                Some(mark) => safe.mark(&mark),
                None if in_mask => safe.mark(character.encode_utf8(&mut [0; 4])),
                None => safe.text.to_mut().push(character),
            }
        }
        safe
    }

    /// Makes one line safe for a terminal that shows Unicode.
    pub fn new(raw: &'a str) -> Self {
        Self::line(raw, Glyphs::Unicode)
    }

    /// A tag character: a run of them is one mark that holds what they say.
    fn tag(&mut self, letter: char, goes_on: bool, glyphs: Glyphs) {
        let (open, close) = if glyphs == Glyphs::Ascii { ("<t:", ">") } else { ("‹t:", "›") };
        if goes_on {
            let text = self.text.to_mut();
            text.truncate(text.len() - close.len());
            text.push(letter);
            text.push_str(close);
            if let Some(last) = self.marks.last_mut() {
                last.end = self.text.len();
            }
        } else {
            self.mark(&format!("{open}{letter}{close}"));
        }
    }

    fn mark(&mut self, mark: &str) {
        let start = self.text.len();
        self.text.to_mut().push_str(mark);
        match self.marks.last_mut() {
            Some(last) if last.end == start => last.end = self.text.len(),
            _ => self.marks.push(start..self.text.len()),
        }
    }

    /// The safe characters.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Byte ranges of [`as_str`](Self::as_str) that are marks standing for something else.
    pub fn marks(&self) -> &[Range<usize>] {
        &self.marks
    }

    /// Something was replaced.
    pub fn has_marks(&self) -> bool {
        !self.marks.is_empty()
    }

    /// The safe characters, owned.
    pub fn into_string(self) -> String {
        self.text.into_owned()
    }
}

impl fmt::Display for SafeText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// The mark a character is shown as; `None` when it may be shown itself.
fn visible(character: char, glyphs: Glyphs) -> Option<Cow<'static, str>> {
    let code = u32::from(character);
    if (0x20..0x7f).contains(&code) {
        return None;
    }
    let ascii = glyphs == Glyphs::Ascii;
    let quoted = |name: fmt::Arguments<'_>| Some(Cow::Owned(if ascii { format!("<{name}>") } else { format!("‹{name}›") }));
    match code {
        0x09 => Some(if ascii { "<TAB>" } else { "→" }.into()),
        0x0a => Some(if ascii { "<LF>" } else { "⏎" }.into()),
        0..=0x1f if ascii => Some(format!("^{}", char::from(code as u8 + 0x40)).into()),
        0..=0x1f => char::from_u32(0x2400 + code).map(|picture| picture.to_string().into()),
        0x7f => Some(if ascii { "^?" } else { "␡" }.into()),
        0x80..=0x9f => quoted(format_args!("{code:02X}")),
        _ => {
            if character == MASK_OPEN {
                Some(if ascii { "<" } else { "‹" }.into())
            } else if character == MASK_CLOSE {
                Some(if ascii { ">" } else { "›" }.into())
            } else if let Some(unit) = surrogate_of(character) {
                quoted(format_args!("U+{unit:04X}"))
            } else if let Some(byte) = invalid_byte_of(character) {
                quoted(format_args!("x{byte:02X}"))
            } else if let Some(name) = hidden_name(character) {
                if name.is_empty() { quoted(format_args!("U+{code:04X}")) } else { quoted(format_args!("{name}")) }
            } else if ascii || is_private_or_unassignable(code) {
                quoted(format_args!("U+{code:04X}"))
            } else {
                None
            }
        }
    }
}

/// The ASCII character that an invisible tag character stands for.
pub fn tag_letter(character: char) -> Option<char> {
    matches!(character, '\u{E0020}'..='\u{E007E}').then(|| char::from((u32::from(character) - 0xE_0000) as u8))
}

const fn is_private_or_unassignable(code: u32) -> bool {
    matches!(code, 0xE000..=0xF8FF | 0xF_0000..=0x10_FFFF | 0xFDD0..=0xFDEF) || code & 0xFFFE == 0xFFFE
}

/// Marks that ride on the character before them.
fn is_combining(character: char) -> bool {
    !character.is_ascii() && hidden_name(character).is_none() && unicode_width::UnicodeWidthChar::width(character) == Some(0)
}

/// The short name of a character that a reader would not see or that reorders text (Cf, default-ignorable, line and
/// paragraph separators); an empty name when it has none of its own. `None` for visible characters.
pub fn hidden_name(character: char) -> Option<&'static str> {
    Some(match u32::from(character) {
        0x00AD => "SHY",
        0x034F => "CGJ",
        0x061C => "ALM",
        0x180E => "MVS",
        0x200B => "ZWSP",
        0x200C => "ZWNJ",
        0x200D => "ZWJ",
        0x200E => "LRM",
        0x200F => "RLM",
        0x2028 => "LSEP",
        0x2029 => "PSEP",
        0x202A => "LRE",
        0x202B => "RLE",
        0x202C => "PDF",
        0x202D => "LRO",
        0x202E => "RLO",
        0x2060 => "WJ",
        0x2066 => "LRI",
        0x2067 => "RLI",
        0x2068 => "FSI",
        0x2069 => "PDI",
        0xFEFF => "BOM",
        0x3164 | 0xFFA0 => "HANGUL FILLER",
        0x2800 => "BLANK",
        0xFE00..=0xFE0F => "VS",
        0xE_0001 => "TAG",
        0xE_007F => "TAG END",
        0x0600..=0x0605
        | 0x06DD
        | 0x070F
        | 0x0890..=0x0891
        | 0x08E2
        | 0x110BD
        | 0x110CD
        | 0x115F..=0x1160
        | 0x17B4..=0x17B5
        | 0x180B..=0x180D
        | 0x180F
        | 0x2061..=0x2065
        | 0x206A..=0x206F
        | 0xFFF0..=0xFFFB
        | 0x13430..=0x1343F
        | 0x1BCA0..=0x1BCA3
        | 0x1D173..=0x1D17A
        | 0xE_0000
        | 0xE_0002..=0xE_001F
        | 0xE_0020..=0xE_007E
        | 0xE_0080..=0xE_0FFF => "",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_borrowed_and_untouched() {
        let safe = SafeText::new("plain ASCII ~");
        assert!(matches!(safe.text, Cow::Borrowed(_)));
        assert!(!safe.has_marks());
        assert_eq!(SafeText::new("héllo 世界 🙂").as_str(), "héllo 世界 🙂");
    }

    #[test]
    fn what_would_act_is_shown() {
        for (raw, shown) in [
            ("a\x1b[2Jb", "a␛[2Jb"),
            ("a\rEVIL", "a␍EVIL"),
            ("a\0b\x7f", "a␀b␡"),
            ("\u{9b}31m", "‹9B›31m"),
            ("x\u{202e}y", "x‹RLO›y"),
            ("x\u{200b}y", "x‹ZWSP›y"),
            ("\u{e0048}\u{e0069}", "‹t:Hi›"),
            ("a\u{e0048}b\u{e0069}", "a‹t:H›b‹t:i›"),
            ("a\nb\tc", "a⏎b→c"),
            ("\u{2028}", "‹LSEP›"),
            ("\u{e0101}", "‹U+E0101›"),
            ("\u{10d800}", "‹U+D800›"),
            ("\u{10eeff}", "‹xFF›"),
        ] {
            let safe = SafeText::new(raw);
            assert_eq!(safe.as_str(), shown, "{raw:?}");
            assert!(safe.has_marks());
        }
    }

    #[test]
    fn ascii_terminals_get_ascii() {
        assert_eq!(SafeText::line("é\x1b\t", Glyphs::Ascii).as_str(), "<U+00E9>^[<TAB>");
    }

    #[test]
    fn floods_of_combining_marks_are_folded() {
        let flood: String = std::iter::once('a').chain(std::iter::repeat_n('\u{301}', 1000)).collect();
        assert_eq!(SafeText::new(&flood).as_str().chars().filter(|c| *c == '\u{301}').count(), MAX_COMBINING);
        assert!(SafeText::new(&flood).as_str().ends_with("‹+marks›"));
    }

    #[test]
    fn the_table_of_hidden_characters_is_unicodes_own() {
        let class = regex::Regex::new(r"^[\p{Cf}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\u{2800}]$").expect("a pattern");
        for code in 0x80..=0x10_FFFF {
            let Some(character) = char::from_u32(code) else { continue };
            assert_eq!(hidden_name(character).is_some(), class.is_match(character.encode_utf8(&mut [0; 4])), "U+{code:04X}");
        }
    }
}
