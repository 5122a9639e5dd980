//! Encodings and digests.

use md5::Md5;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

use super::super::super::functions::{Context, Function, function, text_at, whole_at};
use super::super::super::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("base64", 1, 1, "as base64", |context, args| as_in_ql("base64encode", context, args)),
    Function::new("unbase64", 1, 1, "base64 undone", |context, args| as_in_ql("base64decode", context, args)),
    Function::new("url_encode", 1, 1, "percent-encoded", |context, args| as_in_ql("urlencode", context, args)),
    Function::new("url_decode", 1, 1, "percent-encoding undone", |context, args| as_in_ql("urldecode", context, args)),
    Function::new("hex", 1, 1, "a whole number, or the bytes of a text, in hexadecimal digits", |_, args| hex(args).into()),
    Function::new("unhex", 1, 1, "pairs of hexadecimal digits as text", |context, args| as_in_ql("hexToAscii", context, args)),
    Function::new("conv", 3, 3, "a number written in one base in another", |_, args| conv(args).into()),
    Function::new("md5", 1, 1, "its MD5 digest", |_, args| digest::<Md5>(args).into()),
    Function::new("sha2", 2, 2, "its SHA-2 digest of 224, 256, 384 or 512 bits", |_, args| match whole_at(args, 1) {
        Some(0 | 256) => digest::<Sha256>(args).into(),
        Some(224) => digest::<Sha224>(args).into(),
        Some(384) => digest::<Sha384>(args).into(),
        Some(512) => digest::<Sha512>(args).into(),
        _ => Value::Missing,
    }),
    Function::new("crc32", 1, 1, "its CRC", |_, args| text_at(args, 0).map(|text| Value::count(u64::from(crc(text.as_bytes())))).into()),
    Function::new("parse_url", 2, 3, "a part of an address: HOST, PATH, QUERY, REF, PROTOCOL", |_, args| url(args).into()),
];

fn as_in_ql(name: &str, context: &Context, args: &[Value]) -> Value {
    function(name).map_or(Value::Missing, |function| (function.call)(context, args))
}

fn hex(args: &[Value]) -> Option<Value> {
    if let Some(Value::Number(number)) = args.first().filter(|value| value.as_number().is_some_and(|number| number.fract() == 0.0)) {
        return Some(Value::text(format!("{:X}", *number as i64)));
    }
    let text = text_at(args, 0)?;
    Some(Value::text(text.bytes().map(|byte| format!("{byte:02X}")).collect::<String>()))
}

fn conv(args: &[Value]) -> Option<Value> {
    let (text, from, to) = (text_at(args, 0)?, whole_at(args, 1)?, whole_at(args, 2)?);
    let base = |base: i64| u32::try_from(base).ok().filter(|base| (2..=36).contains(base));
    let (from, to) = (base(from)?, base(to)?);
    let mut number = u64::from_str_radix(text.trim(), from).ok()?;
    let mut digits = Vec::new();
    while number > 0 || digits.is_empty() {
        digits.push(char::from_digit((number % u64::from(to)) as u32, to)?.to_ascii_uppercase());
        number /= u64::from(to);
    }
    Some(Value::text(digits.into_iter().rev().collect::<String>()))
}

fn digest<D: Digest>(args: &[Value]) -> Option<Value> {
    let text = text_at(args, 0)?;
    Some(Value::text(D::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect::<String>()))
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

fn url(args: &[Value]) -> Option<Value> {
    let (text, part) = (text_at(args, 0)?, text_at(args, 1)?);
    let (protocol, rest) = text.split_once("://")?;
    let (rest, fragment) = rest.split_once('#').map_or((rest, None), |(rest, fragment)| (rest, Some(fragment)));
    let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
    let (authority, path) = rest.split_at_checked(rest.find('/').unwrap_or(rest.len()))?;
    let host = authority.rsplit('@').next()?;
    Some(match part.to_ascii_uppercase().as_str() {
        "PROTOCOL" => protocol.into(),
        "HOST" => host.split(':').next()?.into(),
        "AUTHORITY" => authority.into(),
        "PATH" => path.into(),
        "REF" => fragment?.into(),
        "QUERY" => match text_at(args, 2) {
            None => query?.into(),
            Some(key) => query?.split('&').find_map(|pair| pair.split_once('=').filter(|(name, _)| *name == key)).map(|(_, value)| value)?.into(),
        },
        _ => return None,
    })
}
