//! Two records are the same when they differ in insignificant white space only: exporters pretty-print. The key of that
//! sameness.

use sha2::{Digest as _, Sha256};

use crate::decode::json::quote_or_backslash;

/// The first 16 bytes of the SHA-256 of a record without insignificant white space. `None` when the record has none: then
/// its own hash is the key. Works on damaged JSON too: what stands inside quotes is never touched.
pub fn minified_key(record: &[u8]) -> Option<[u8; 16]> {
    let mut hasher = Sha256::new();
    let (mut kept_from, mut at, mut changed) = (0, 0, false);
    while let Some(byte) = record.get(at) {
        match byte {
            b'"' => at = behind_string(record, at + 1),
            b' ' | b'\n' | b'\r' | b'\t' => {
                hasher.update(record.get(kept_from..at).unwrap_or_default());
                while matches!(record.get(at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
                    at += 1;
                }
                (kept_from, changed) = (at, true);
            }
            _ => at += 1,
        }
    }
    if !changed {
        return None;
    }
    hasher.update(record.get(kept_from..).unwrap_or_default());
    hasher.finalize().first_chunk().copied()
}

fn behind_string(record: &[u8], mut at: usize) -> usize {
    while let Some(rest) = record.get(at..) {
        match quote_or_backslash(rest) {
            Some(offset) if rest.get(offset) == Some(&b'"') => return at + offset + 1,
            Some(offset) => at += offset + 2,
            None => break,
        }
    }
    record.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_of(text: &str) -> [u8; 16] {
        *Sha256::digest(text.as_bytes()).first_chunk().unwrap()
    }

    #[test]
    fn white_space_between_tokens_does_not_count() {
        let compact = r#"{"a":"x  y\" \\","b":[1,2]}"#;
        assert_eq!(minified_key(compact.as_bytes()), None);
        for text in [
            "{\"a\": \"x  y\\\" \\\\\", \"b\": [1, 2]}",
            "{\r\n\t\"a\"  :\"x  y\\\" \\\\\",\n\"b\":[1,2]\n}",
            " {\"a\":\"x  y\\\" \\\\\",\"b\":[1,2]} ",
        ] {
            assert_eq!(minified_key(text.as_bytes()), Some(key_of(compact)), "{text}");
        }
        assert_ne!(minified_key(br#"{"a": "x y\" \\","b":[1,2]}"#), Some(key_of(compact)));
    }

    #[test]
    fn damaged_records_have_keys_too() {
        for text in ["", "\"", "\"abc\\", "{\"a\":\"b c"] {
            assert_eq!(minified_key(text.as_bytes()), None, "{text}");
        }
        assert_eq!(minified_key(b"{ \"a"), Some(key_of("{\"a")));
    }
}
