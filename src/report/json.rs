//! JSON that loses nothing and cannot act: lone surrogates go out as the escapes they came in as, and control, bidi,
//! zero-width and tag characters are written as `\uXXXX`.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};

use crate::model::secret::plain_masks;
use crate::model::{hidden_name, invalid_byte_of, surrogate_of};

/// One line of JSON.
///
/// # Errors
/// The value's own serialisation failed.
pub fn to_json(value: &impl Serialize) -> serde_json::Result<String> {
    let mut out = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut out, Careful(CompactFormatter)))?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

/// Indented JSON.
///
/// # Errors
/// The value's own serialisation failed.
pub fn to_json_pretty(value: &impl Serialize) -> serde_json::Result<String> {
    let mut out = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut out, Careful(PrettyFormatter::new())))?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

struct Careful<F>(F);

macro_rules! pass_on {
    ($($name:ident($($argument:ident: $kind:ty),*))+) => {
        $(fn $name<W: ?Sized + Write>(&mut self, writer: &mut W, $($argument: $kind),*) -> io::Result<()> {
            self.0.$name(writer, $($argument),*)
        })+
    };
}

impl<F: Formatter> Formatter for Careful<F> {
    pass_on! {
        begin_array() end_array() begin_array_value(first: bool) end_array_value()
        begin_object() end_object() begin_object_key(first: bool) end_object_key() begin_object_value() end_object_value()
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let fragment = &*plain_masks(fragment);
        let mut plain = 0;
        for (at, character) in fragment.char_indices().filter(|(_, character)| !character.is_ascii() || character.is_ascii_control()) {
            let mut units = [0; 2];
            let escaped: &[u16] = if let Some(unit) = surrogate_of(character) {
                units = [unit, 0];
                units.get(..1).unwrap_or_default()
            } else if invalid_byte_of(character).is_some() {
                &[0xFFFD]
            } else if character.is_control() || hidden_name(character).is_some() {
                character.encode_utf16(&mut units)
            } else {
                continue;
            };
            writer.write_all(fragment.get(plain..at).unwrap_or_default().as_bytes())?;
            for unit in escaped {
                write!(writer, "\\u{unit:04x}")?;
            }
            plain = at + character.len_utf8();
        }
        writer.write_all(fragment.get(plain..).unwrap_or_default().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_act_is_escaped_and_comes_back() {
        for text in ["plain é 世界", "\u{1b}[2J\u{7f}\u{9b}", "\u{202e}\u{200b}\u{feff}", "\u{e0041}\u{e0042}", "\"\\\n\t\0"] {
            let json = to_json(&text).expect("serialises");
            assert!(json.chars().all(|character| !character.is_control() && hidden_name(character).is_none()), "{json}");
            assert_eq!(serde_json::from_str::<String>(&json).expect("parses"), text);
        }
    }

    #[test]
    fn lone_surrogates_go_out_as_they_came_in() {
        let held = crate::decode::json::unescape(br"a\ud800b", true).into_owned();
        assert_eq!(to_json(&held).expect("serialises"), r#""a\ud800b""#);
    }
}
