//! Text that Rust strings cannot hold, held all the same.
//!
//! A lone surrogate escape (`"\ud800"`) is legal JSON and occurs in these logs; invalid UTF-8 occurs in damaged ones.
//! Both are mapped into a corner of the last private-use plane, one code point each, so that nothing is lost: the
//! screen shows them as marks ([`SafeText`](super::SafeText)), JSON output writes a surrogate back as its escape.

/// A lone surrogate `U+D800..=U+DFFF` is held as this plus its value: `U+10D800..=U+10DFFF`.
pub const SURROGATE_BASE: u32 = 0x10_0000;
/// An invalid byte `0x80..=0xFF` is held as this plus its value: `U+10EE80..=U+10EEFF`.
pub const INVALID_BYTE_BASE: u32 = 0x10_EE00;

/// The lone surrogate a character stands for.
pub fn surrogate_of(character: char) -> Option<u16> {
    (0x10_D800..=0x10_DFFF).contains(&u32::from(character)).then(|| (u32::from(character) - SURROGATE_BASE) as u16)
}

/// The invalid byte a character stands for.
pub fn invalid_byte_of(character: char) -> Option<u8> {
    (0x10_EE80..=0x10_EEFF).contains(&u32::from(character)).then(|| (u32::from(character) - INVALID_BYTE_BASE) as u8)
}

/// Bytes as text: borrowed when they are UTF-8, otherwise with each invalid byte mapped.
pub fn text_from_bytes(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.into();
    }
    let mut text = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().filter_map(|byte| char::from_u32(INVALID_BYTE_BASE + u32::from(*byte))));
    }
    text.into()
}

/// A JSON string literal of the text, with mapped surrogates written back as escapes (`"\ud800"`), mapped invalid
/// bytes as `U+FFFD`, and every control, bidi, zero-width and tag character escaped, so that even JSON on a terminal
/// cannot act.
pub fn lossless_json_string(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ => {
                if let Some(unit) = surrogate_of(character) {
                    let _ = write!(out, "\\u{unit:04x}");
                } else if invalid_byte_of(character).is_some() {
                    out.push('\u{FFFD}');
                } else if character.is_control() || super::hidden_name(character).is_some() {
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        let _ = write!(out, "\\u{unit:04x}");
                    }
                } else {
                    out.push(character);
                }
            }
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surrogates_go_out_as_they_came_in() {
        let held: String = ['a', char::from_u32(SURROGATE_BASE + 0xD800).expect("private use"), 'b'].iter().collect();
        assert_eq!(lossless_json_string(&held), r#""a\ud800b""#);
    }

    #[test]
    fn invalid_bytes_are_kept_apart_from_valid_text() {
        let text = text_from_bytes(b"a\xffb");
        assert_eq!(text.chars().nth(1).and_then(invalid_byte_of), Some(0xff));
        assert_eq!(text.chars().count(), 3);
    }

    #[test]
    fn json_on_a_terminal_cannot_act() {
        assert_eq!(lossless_json_string("\u{1b}[2J\u{202e}\u{e0041}"), "\"\\u001b[2J\\u202e\\udb40\\udc41\"");
    }
}
