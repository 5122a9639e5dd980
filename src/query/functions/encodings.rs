//! Functions that encode and decode. What is decoded need not be text: bytes that are none show as U+FFFD.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::super::value::Value;
use super::{Context, Function, number_at, text_at};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("urlencode", 1, 1, "every byte but letters, digits and -._~ as %XX", |context, args| url_encoded(context, args).into()),
    Function::new("urldecode", 1, 1, "%XX and + undone; what is no escape stays", |_, args| url_decoded(args).into()),
    Function::new("base64encode", 1, 1, "as base64", |context, args| base64_encoded(context, args).into()),
    Function::new("base64decode", 1, 1, "base64 undone, also that of addresses and without padding; missing when it is none", |_, args| {
        base64_decoded(args).into()
    }),
    Function::new("hexToAscii", 1, 1, "pairs of hexadecimal digits as text; missing when they are none", |_, args| hex_to_text(args).into()),
    Function::new("hexToDec", 1, 1, "the number that hexadecimal digits write; missing when they are none", |_, args| hex_to_number(args).into()),
    Function::new("decToHex", 1, 1, "a whole number in hexadecimal digits, with 0x before them", |_, args| number_to_hex(args).into()),
];

fn lossy(bytes: &[u8]) -> Value {
    Value::text(String::from_utf8_lossy(bytes))
}

fn url_encoded(context: &Context, args: &[Value]) -> Option<Value> {
    let text = text_at(args, 0)?;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let mut escape = String::new();
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => escape.push(char::from(byte)),
            _ => write!(escape, "%{byte:02X}").ok()?,
        }
        if !context.append(&mut out, &escape) {
            break;
        }
    }
    Some(Value::text(out))
}

fn url_decoded(args: &[Value]) -> Option<Value> {
    let text = text_at(args, 0)?;
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match (*first, after) {
            (b'%', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                bytes.push(hex_digit(*high) << 4 | hex_digit(*low));
                rest = after;
            }
            (b'+', _) => bytes.push(b' '),
            (other, _) => bytes.push(other),
        }
    }
    Some(lossy(&bytes))
}

fn base64_encoded(context: &Context, args: &[Value]) -> Option<Value> {
    let mut out = String::new();
    context.append(&mut out, &base64::engine::general_purpose::STANDARD.encode(text_at(args, 0)?.as_bytes()));
    Some(Value::text(out))
}

fn base64_decoded(args: &[Value]) -> Option<Value> {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent).with_decode_allow_trailing_bits(true);
    let text: String = text_at(args, 0)?.split_ascii_whitespace().collect();
    let alphabet = if text.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
    GeneralPurpose::new(alphabet, config).decode(text).ok().map(|bytes| lossy(&bytes))
}

fn hex_digit(byte: u8) -> u8 {
    char::from(byte).to_digit(16).map_or(0, |digit| digit as u8)
}

/// The digits, without `0x`.
fn hex(args: &[Value]) -> Option<String> {
    let text = text_at(args, 0)?;
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(&text);
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| digits.to_owned())
}

fn hex_to_text(args: &[Value]) -> Option<Value> {
    let digits = hex(args).filter(|digits| digits.len() % 2 == 0)?;
    let bytes: Vec<u8> = digits.as_bytes().chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | hex_digit(*digit))).collect();
    Some(lossy(&bytes))
}

fn hex_to_number(args: &[Value]) -> Option<Value> {
    let number = u128::from_str_radix(&hex(args)?, 16).ok()?;
    // Digit by digit, where a floating-point number would lose some.
    Some(Value::of_json_number(&number.to_string()))
}

fn number_to_hex(args: &[Value]) -> Option<Value> {
    let number = match args.first()?.numeric()? {
        super::super::numeric::Numeric::Whole(whole) => whole,
        super::super::numeric::Numeric::Real(_) => number_at(args, 0).filter(|number| number.abs() < 1e18)? as i128,
    };
    let sign = if number < 0 { "-" } else { "" };
    Some(Value::text(format!("{sign}0x{:x}", number.unsigned_abs())))
}
