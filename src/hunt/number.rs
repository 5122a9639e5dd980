//! A number, or a percentile that stands for one until what is usual has been measured.

use std::fmt;

/// How large is too large.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Threshold {
    /// This number.
    Number(f64),
    /// So many percent of what is usual lie below it.
    Percentile(f64),
}

impl Threshold {
    /// `1000` or `p99`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        match text.strip_prefix(['p', 'P']) {
            Some(percent) => number(percent).filter(|percent| (0.0..=100.0).contains(percent)).map(Self::Percentile),
            None => number(text).map(Self::Number),
        }
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Percentile(percent) => write!(f, "p{percent}"),
        }
    }
}

/// A number in plain decimal digits, as every part of the language writes it.
pub(super) fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits.starts_with(|c: char| c.is_ascii_digit()) && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    plain.then(|| text.parse::<f64>().ok()).flatten().filter(|number| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_percentiles() {
        for (text, expected) in [
            ("1000", Some(Threshold::Number(1000.0))),
            (" 2.5 ", Some(Threshold::Number(2.5))),
            ("-1", Some(Threshold::Number(-1.0))),
            ("p99", Some(Threshold::Percentile(99.0))),
            ("P99.9", Some(Threshold::Percentile(99.9))),
            ("p101", None),
            ("p-1", None),
            ("1e9", None),
            ("inf", None),
            ("NaN", None),
            ("", None),
            ("p", None),
            ("1 or 1=1", None),
            ("1.2.3", None),
        ] {
            assert_eq!(Threshold::parse(text), expected, "{text}");
        }
    }
}
