//! The block `outcrop:` of a rule: what Sigma does not say (docs/RULES.md).

use std::collections::BTreeMap;

use serde::Deserialize;

/// One or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Names {
    One(String),
    Many(Vec<String>),
}

impl Names {
    pub(super) fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(name) => vec![name],
            Self::Many(names) => names,
        }
    }
}

/// The block as it is written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Block {
    pub(super) rule: Option<String>,
    pub(super) kind: Option<Kind>,
    pub(super) weight: Option<u8>,
    pub(super) entity: Option<Names>,
    pub(super) summary: Option<String>,
    pub(super) collapse: Option<Span>,
    pub(super) collapse_by: Option<Names>,
    pub(super) signal: Option<bool>,
    pub(super) enabled: Option<bool>,
    #[serde(default)]
    pub(super) match_list: BTreeMap<String, Use>,
    pub(super) value: Option<Names>,
    pub(super) group_by: Option<Names>,
    pub(super) baseline: Option<Span>,
    pub(super) retention: Option<Span>,
    #[serde(default)]
    pub(super) tiers: Vec<Tier>,
    pub(super) new_group: Option<NewGroup>,
    pub(super) services: Option<bool>,
    pub(super) bucket: Option<Span>,
    pub(super) aggregate: Option<String>,
    pub(super) k: Option<f64>,
    pub(super) floor: Option<f64>,
    pub(super) distinct: Option<Names>,
    pub(super) words: Option<Words>,
}

/// A list of words, of which so much must be in a field.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Words {
    pub(super) list: String,
    pub(super) field: String,
    #[serde(default = "one")]
    pub(super) at_least: u32,
}

const fn one() -> u32 {
    1
}

/// What a plain rule does with what it selects.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Match,
    FirstSeen,
    Outlier,
}

/// What becomes of a group that was never seen before.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum NewGroup {
    /// One signal for all its first values.
    #[default]
    One,
    /// Its first value is learnt in silence.
    Ignore,
    /// A signal for each value.
    Each,
}

/// A weight for a length of history.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(super) struct Tier {
    pub(super) baseline: Span,
    pub(super) weight: u8,
}

/// How a match list is used.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Use {
    Word(Word),
    Full(Full),
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Word {
    Exclude,
    Require,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Full {
    pub(super) field: Option<String>,
    pub(super) exclude: Option<bool>,
    pub(super) require: Option<bool>,
    pub(super) weight: Option<u8>,
    pub(super) otherwise: Option<u8>,
}

/// A length of time, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span(pub(super) i64);

/// The longest that a rule may look back: memory and sense end there.
pub(super) const LONGEST_MS: i64 = 400 * 86_400_000;

impl Span {
    /// `90s 15m 4h 30d 2w`; `0`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("“{text}” is no length of time: write 90s, 15m, 4h, 30d or 2w");
        let digits = text.trim().trim_end_matches(|c: char| !c.is_ascii_digit());
        let unit = match text.trim().get(digits.len()..).unwrap_or_default() {
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 7 * 86_400_000,
            "" if digits == "0" => 0,
            _ => return Err(wrong()),
        };
        let count: u32 = digits.parse().map_err(|_| wrong())?;
        let span = Self(i64::from(count).checked_mul(unit).ok_or_else(wrong)?);
        if span.0 > LONGEST_MS { Err(format!("{text} is too long: at most 400 days")) } else { Ok(span) }
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Text(String),
            Number(i64),
        }
        match Written::deserialize(deserializer)? {
            Written::Text(text) => Self::parse(&text).map_err(serde::de::Error::custom),
            Written::Number(0) => Ok(Self(0)),
            Written::Number(number) => Err(serde::de::Error::custom(format!("{number} has no unit: write {number}m or {number}d"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time() {
        for (text, expected) in [("90s", 90_000), ("15m", 900_000), ("4h", 14_400_000), ("30d", 2_592_000_000), ("2w", 1_209_600_000), ("0", 0)] {
            assert_eq!(Span::parse(text), Ok(Span(expected)), "{text}");
        }
        for text in ["", "h", "5", "5 hours", "1y", "-1h", "99999999999999999999d", "401d"] {
            assert!(Span::parse(text).is_err(), "{text}");
        }
    }
}
