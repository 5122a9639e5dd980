//! A record as text for those who shall not see its secrets: each string is looked at by what it says, not as it is
//! written, and in the light of its key, since a session token is known by its name alone.

use std::ops::Range;

use super::json::{Kind, Tape, Value};
use crate::model::secret::{masked, masked_value};
use crate::model::{lossless_json_string, text_from_bytes};

/// The record with its secrets masked. All else stays as it is written, also in a damaged record.
pub fn masked_record(record: &[u8]) -> String {
    let tape = Tape::of(record);
    let mut found = Vec::new();
    walk(tape.root(record), "", &mut found);
    let mut out = String::with_capacity(record.len());
    let mut from = 0;
    for (range, safe) in found {
        out.push_str(&text_from_bytes(record.get(from..range.start).unwrap_or_default()));
        out.push_str(&lossless_json_string(&safe));
        from = range.end;
    }
    out.push_str(&text_from_bytes(record.get(from..).unwrap_or_default()));
    // Keys, text around the JSON, records that are none.
    masked(&out).into_owned()
}

/// Strings that hold secrets, in order. Depth is bounded by the tape.
fn walk(value: Value<'_>, key: &str, found: &mut Vec<(Range<usize>, String)>) {
    match value.kind() {
        Kind::Object => value.entries().for_each(|(key, value)| walk(value, &key.text(), found)),
        Kind::Array => value.items().for_each(|value| walk(value, key, found)),
        Kind::Text => {
            let text = value.text().unwrap_or_default();
            if let std::borrow::Cow::Owned(safe) = masked_value(key, &text) {
                found.push((value.range(), safe));
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::secret::plain_masks;

    #[test]
    fn strings_are_masked_and_all_else_stays_as_written() {
        for (record, expected) in [
            (r#"{ "a" : [1, "x\u00e9"],"n":null }"#, r#"{ "a" : [1, "x\u00e9"],"n":null }"#),
            (
                // The token is known by its name, whatever it looks like and however it is escaped.
                r#"{"responseElements":{"credentials":{"accessKeyId":"ASIAIOSFODNN7EXAMPLE","sessionToken":"\u0041 token\/of another kind"}}}"#,
                r#"{"responseElements":{"credentials":{"accessKeyId":"ASIAIOSFODNN7EXAMPLE","sessionToken":"A to‹session token, 23 characters›"}}}"#,
            ),
            (
                r#"{"body":"{\"secretAccessKey\":\"wJalrXUtnFEMI\\/K7MDENG\\/bPxRfiCYEXAMPLEKEY\"}"}"#,
                r#"{"body":"{\"secretAccessKey\":\"wJal‹secret access key, 42 characters›\"}"}"#,
            ),
            // Damaged, and no JSON at all.
            (r#"{"a":1,"sessionToken":"0123456789abcdef"#, r#"{"a":1,"sessionToken":"0123‹session token, 16 characters›""#),
            ("aws_session_token=0123456789abcdef", "aws_session_token=0123‹session token, 16 characters›"),
        ] {
            assert_eq!(plain_masks(&masked_record(record.as_bytes())), expected);
        }
    }
}
