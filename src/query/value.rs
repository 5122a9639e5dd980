//! What a query computes with: a value, how it is read from JSON and how it is printed.
//!
//! Logs Insights hands out every value as text and takes text that looks like a number for one; so do we. A time is a
//! kind of its own, because it counts as its milliseconds but is printed as a date (INSIGHTS §2).

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::sync::Arc;

use super::numeric::Numeric;
use crate::decode::json::{self, End, Kind, Tape};
use crate::model::{FieldValue, lossless_json_string};

/// Text that a function makes is cut at so many bytes: no query needs more, and a hostile one must not fill the memory.
pub const LONGEST_TEXT: usize = 1 << 20;
/// Lists that a function makes are cut at so many elements.
pub const LONGEST_LIST: usize = 10_000;
/// Whole numbers up to here are exact as floating-point numbers; larger ones of a document stay text, digit by digit.
const EXACT_END: u128 = 1 << 53;

/// The entries of a map in their order.
pub type Entries = Arc<[(Arc<str>, Value)]>;

/// A value. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// The event has none, or a function failed; JSON's `null`.
    #[default]
    Missing,
    /// Text.
    Text(Arc<str>),
    /// A number.
    Number(f64),
    /// What a comparison or a function such as `isPresent` says: counts and prints as 1 or 0. Inside a list or a map it is
    /// JSON's `true` or `false`.
    Flag(bool),
    /// An instant, in milliseconds since 1970 in UTC: counts as that number.
    Time(i64),
    /// A list.
    List(Arc<[Value]>),
    /// A map. Duplicate keys are kept; the first one counts.
    Map(Entries),
}

impl Value {
    /// Text.
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    /// A number; missing when it is none (0/0) or beyond all numbers (1/0).
    pub fn number(number: f64) -> Self {
        if number.is_finite() { Self::Number(number) } else { Self::Missing }
    }

    /// A count.
    pub fn count(count: u64) -> Self {
        Self::Number(count as f64)
    }

    /// A list.
    pub fn list(values: impl IntoIterator<Item = Self>) -> Self {
        Self::List(values.into_iter().collect())
    }

    /// There is none.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }

    /// It is a list or a map: no comparison holds for it, and functions of texts and numbers give nothing for it.
    pub fn is_structure(&self) -> bool {
        matches!(self, Self::List(_) | Self::Map(_))
    }

    /// Its exact value where it is a number or looks like one.
    pub fn numeric(&self) -> Option<Numeric> {
        match self {
            Self::Number(number) => Numeric::of(*number),
            Self::Time(millis) => Some(Numeric::Whole(i128::from(*millis))),
            Self::Flag(flag) => Some(Numeric::Whole(i128::from(*flag))),
            Self::Text(text) => Numeric::parse(text),
            Self::Missing | Self::List(_) | Self::Map(_) => None,
        }
    }

    /// The number it is or looks like; always finite.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => number.is_finite().then_some(*number),
            other => other.numeric().map(Numeric::as_f64),
        }
    }

    /// It as text; none when it is missing, a list or a map.
    pub fn as_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Missing | Self::List(_) | Self::Map(_) => None,
            other => Some(Cow::Owned(other.to_string())),
        }
    }

    /// It as printed, without a copy where it is text.
    pub fn printed(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            other => Cow::Owned(other.to_string()),
        }
    }

    /// `map.name`; missing when it is no map or has no such key.
    #[must_use]
    pub fn member(&self, name: &str) -> Self {
        match self {
            Self::Map(entries) => entries.iter().find(|(key, _)| &**key == name).map_or(Self::Missing, |(_, value)| value.taken_out()),
            _ => Self::Missing,
        }
    }

    /// `list[index]`; missing when it is no list or too short.
    #[must_use]
    pub fn element(&self, index: usize) -> Self {
        match self {
            Self::List(values) => values.get(index).map_or(Self::Missing, Self::taken_out),
            _ => Self::Missing,
        }
    }

    /// An element as a value of its own: JSON's `true` and `false` are text outside of JSON, as in discovered fields.
    #[must_use]
    pub fn taken_out(&self) -> Self {
        match self {
            Self::Flag(flag) => Self::text(if *flag { "true" } else { "false" }),
            other => other.clone(),
        }
    }

    /// Of the bytes of one JSON document, whatever it is; missing when they are none. Lone surrogates and invalid bytes are
    /// kept as the decoder keeps them; what is nested too deep is text.
    pub fn from_json(bytes: &[u8]) -> Self {
        let mut tape = Tape::new();
        match tape.parse(bytes) {
            End::Complete(end) if bytes.get(end..).unwrap_or_default().trim_ascii().is_empty() => Self::of_json(tape.root(bytes)),
            _ => Self::Missing,
        }
    }

    /// Of a value on a tape.
    pub fn of_json(value: json::Value<'_>) -> Self {
        match value.kind() {
            Kind::Missing | Kind::Null => Self::Missing,
            Kind::True => Self::Flag(true),
            Kind::False => Self::Flag(false),
            Kind::Number => Self::of_json_number(&value.json()),
            Kind::Text => Self::text(value.text().unwrap_or_default()),
            Kind::Deep => Self::text(value.json()),
            Kind::Array => Self::List(value.items().map(Self::of_json).collect()),
            Kind::Object => Self::Map(value.entries().map(|(key, value)| (Arc::from(key.text()), Self::of_json(value))).collect()),
        }
    }

    /// Of a number as it is written in a document: a number where that loses no digit before the point, else text.
    pub fn of_json_number(written: &str) -> Self {
        match Numeric::parse(written) {
            Some(Numeric::Whole(whole)) if whole.unsigned_abs() <= EXACT_END || Printed(whole as f64).to_string() == written => {
                Self::Number(whole as f64)
            }
            Some(Numeric::Real(real)) => Self::Number(real),
            _ => Self::text(written),
        }
    }

    /// It as JSON.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        self.write_json(&mut out);
        out
    }

    fn write_json(&self, out: &mut String) {
        match self {
            Self::Flag(flag) => out.push_str(if *flag { "true" } else { "false" }),
            Self::Number(number) if number.is_finite() => {
                let _ = write!(out, "{}", Printed(*number));
            }
            Self::Missing | Self::Number(_) => out.push_str("null"),
            Self::Text(text) => out.push_str(&lossless_json_string(text)),
            Self::Time(_) => {
                let _ = write!(out, "\"{self}\"");
            }
            Self::List(values) => {
                out.push('[');
                for (at, value) in values.iter().enumerate() {
                    out.push_str(if at == 0 { "" } else { "," });
                    value.write_json(out);
                }
                out.push(']');
            }
            Self::Map(entries) => {
                out.push('{');
                for (at, (key, value)) in entries.iter().enumerate() {
                    out.push_str(if at == 0 { "" } else { "," });
                    out.push_str(&lossless_json_string(key));
                    out.push(':');
                    value.write_json(out);
                }
                out.push('}');
            }
        }
    }
}

/// As Logs Insights prints it: nothing when missing, whole numbers without a fraction, others as short as they can be,
/// a time as `2026-11-20 14:02:11.320` in UTC, lists and maps as JSON.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => Ok(()),
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => write!(f, "{}", Printed(*number)),
            Self::Flag(flag) => f.write_str(if *flag { "1" } else { "0" }),
            Self::Time(millis) => match jiff::Timestamp::from_millisecond(*millis) {
                Ok(time) => write!(f, "{}", time.strftime("%Y-%m-%d %H:%M:%S%.3f")),
                Err(_) => write!(f, "{millis}"),
            },
            Self::List(_) | Self::Map(_) => f.write_str(&self.to_json()),
        }
    }
}

/// A number as printed: with an exponent only where digits would be mere zeros.
struct Printed(f64);

impl fmt::Display for Printed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, size) = (self.0, self.0.abs());
        if size == 0.0 {
            f.write_str("0")
        } else if (1e-6..1e21).contains(&size) || !number.is_finite() {
            write!(f, "{number}")
        } else {
            write!(f, "{number:e}")
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::number(number)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

/// Nothing is missing.
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Missing, Into::into)
    }
}

/// A derived field (`x.…`): yes and no are the texts `true` and `false`, as in a discovered field.
impl From<FieldValue> for Value {
    fn from(value: FieldValue) -> Self {
        match value {
            FieldValue::Missing => Self::Missing,
            FieldValue::Text(text) => Self::text(text),
            FieldValue::Number(number) => Self::number(number),
            FieldValue::Flag(flag) => Self::Flag(flag).taken_out(),
            FieldValue::List(texts) => Self::list(texts.into_iter().map(Self::text)),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Values of every kind, nested a little, with the texts that are easy to get wrong.
    pub(crate) fn any_value() -> impl Strategy<Value = Value> {
        let flat = prop_oneof![
            Just(Value::Missing),
            any::<f64>().prop_map(Value::Number),
            (-1000..1000_i32).prop_map(|number| Value::Number(f64::from(number))),
            any::<bool>().prop_map(Value::Flag),
            any::<i64>().prop_map(Value::Time),
            (0..2_000_000_000_000_i64).prop_map(Value::Time),
            any::<String>().prop_map(Value::text),
            "[-+]?[0-9]{0,3}[.]?[0-9]{0,2}(e-?[0-9]{1,2})?".prop_map(Value::text),
            "[0-9a-zA-Z!_@ ]{0,6}".prop_map(Value::text),
            prop::sample::select(vec![
                "true",
                "false",
                "null",
                "NaN",
                "inf",
                "",
                " ",
                "5m",
                "0h",
                "99999999999999999999y",
                "1w",
                "%",
                "%9999d",
                "yyyy-MM-dd",
                "UTC",
                "é",
                "\u{0}",
                "10.0.0.0/8",
                "::1/129",
                "192.0.2.1",
                "{\"a\":[1,null]}",
                "[1,\"b\"]",
                "[",
                "(",
                "(a*)*$",
                "%41%",
                "QUJD",
                "=",
                "4142",
                "0x",
                "12345678901234567890",
            ])
            .prop_map(Value::from),
        ];
        flat.prop_recursive(2, 8, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::list),
                prop::collection::vec(("[a-c]", inner), 0..3)
                    .prop_map(|entries| Value::Map(entries.into_iter().map(|(key, value)| (Arc::from(key), value)).collect())),
            ]
        })
    }

    #[test]
    fn numbers_as_printed() {
        for (number, expected) in [
            (1.0, "1"),
            (-0.0, "0"),
            (0.1, "0.1"),
            (2.0 / 3.0, "0.6666666666666666"),
            (1_732_100_531_320.0, "1732100531320"),
            (1e21, "1e21"),
            (1.5e300, "1.5e300"),
            (0.000_001, "0.000001"),
            (1e-7, "1e-7"),
        ] {
            assert_eq!(Value::Number(number).to_string(), expected);
        }
        assert_eq!(Value::number(f64::NAN), Value::Missing);
        assert_eq!(Value::number(f64::INFINITY), Value::Missing);
    }

    #[test]
    fn other_kinds_as_printed() {
        assert_eq!(Value::Missing.to_string(), "");
        assert_eq!(Value::Flag(true).to_string(), "1");
        // 2026-11-20 14:02:11.320 UTC
        assert_eq!(Value::Time(1_795_183_331_320).to_string(), "2026-11-20 14:02:11.320");
        assert_eq!(Value::Time(i64::MAX).to_string(), i64::MAX.to_string());
        let nested = Value::from_json(br#" {"a" : [1, 2.50, null, true], "b\n": "\u00e9\"", "t": {} } "#);
        assert_eq!(nested.to_string(), r#"{"a":[1,2.5,null,true],"b\n":"é\"","t":{}}"#);
    }

    #[test]
    fn reading_json_loses_nothing() {
        for (json, expected) in [
            ("{\"n\":12345678901234567890}", "{\"n\":\"12345678901234567890\"}"),
            ("[9007199254740992]", "[9007199254740992]"),
            ("[9007199254740993]", "[\"9007199254740993\"]"),
            ("[1000000000000000000]", "[1000000000000000000]"),
            ("[1152921504606846976]", "[\"1152921504606846976\"]"),
            ("[1e999]", "[\"1e999\"]"),
            ("[\"\\ud800\"]", "[\"\\ud800\"]"),
            ("{\"k\":1,\"k\":2}", "{\"k\":1,\"k\":2}"),
        ] {
            assert_eq!(Value::from_json(json.as_bytes()).to_string(), expected, "{json}");
        }
        for broken in ["", "  ", "{\"a\":1", "[1,]x", "[1] [2]", "{\"a\":1} trailing", "nul"] {
            assert_eq!(Value::from_json(broken.as_bytes()), Value::Missing, "{broken}");
        }
        let deep = format!("{}1{}", "[".repeat(5000), "]".repeat(5000));
        assert!(Value::from_json(deep.as_bytes()).is_structure());
    }

    #[test]
    fn members_and_elements() {
        let value = Value::from_json(br#"{"user.id":"u","l":[true,{"a":null}],"d":1,"d":2}"#);
        assert_eq!(value.member("user.id"), Value::from("u"));
        assert_eq!(value.member("l").element(0), Value::from("true"));
        assert_eq!(value.member("l").element(1).member("a"), Value::Missing);
        assert_eq!(value.member("l").element(9), Value::Missing);
        assert_eq!(value.member("d"), Value::Number(1.0));
        assert_eq!(value.element(0), Value::Missing);
        assert_eq!(Value::from("text").member("x"), Value::Missing);
    }

    #[test]
    fn what_counts_as_a_number() {
        for (value, expected) in [
            (Value::from("400"), Some(400.0)),
            (Value::from("4e2"), Some(400.0)),
            (Value::from("400 "), None),
            (Value::Flag(true), Some(1.0)),
            (Value::Time(5), Some(5.0)),
            (Value::Number(f64::NAN), None),
            (Value::Missing, None),
            (Value::list([Value::Number(1.0)]), None),
        ] {
            assert_eq!(value.as_number(), expected, "{value:?}");
        }
    }

    proptest! {
        #[test]
        fn json_out_and_in_again(value in any_value()) {
            let json = value.to_json();
            prop_assert_eq!(Value::from_json(json.as_bytes()).to_json(), json);
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = Value::from_json(&bytes).to_string();
        }

        #[test]
        fn a_printed_number_is_that_number(number: f64) {
            if number.is_finite() {
                prop_assert_eq!(Value::text(Value::Number(number).to_string()).as_number(), Some(number));
            }
        }
    }
}
