//! Numbers as queries compare them: by their exact value, also when they are written as text.
//!
//! Why not `f64` alone: account and request numbers of 17 digits and more would be equal to their neighbours.

use std::cmp::Ordering;

/// The exact value of something that looks like a number. Each value has one form, so that equality is equality of value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Numeric {
    /// Without a fraction, of at most 38 digits.
    Whole(i128),
    /// With a fraction, or larger than `Whole` holds; finite.
    Real(f64),
}

/// 2^127: whole numbers below it fit an `i128`.
const WHOLE_END: f64 = 170_141_183_460_469_231_731_687_303_715_884_105_728.0;
/// Whole numbers of so many digits fit an `i128`.
const WHOLE_DIGITS: usize = 38;

impl Numeric {
    /// Of a floating-point number; none of NaN and the infinities.
    pub fn of(number: f64) -> Option<Self> {
        if !number.is_finite() {
            return None;
        }
        Some(if number.fract() == 0.0 && number.abs() < WHOLE_END { Self::Whole(number as i128) } else { Self::Real(number) })
    }

    /// Of text that is a decimal number from end to end: a sign, digits, a fraction, an exponent. Neither white space, nor
    /// hexadecimal digits, nor the words for infinity and NaN.
    pub fn parse(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (whole, rest) = digits(unsigned);
        if rest.is_empty() && (1..=WHOLE_DIGITS).contains(&whole) {
            return text.parse().ok().map(Self::Whole);
        }
        let (fraction, rest) = rest.strip_prefix('.').map_or((0, rest), digits);
        if whole + fraction == 0 {
            return None;
        }
        if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
            let (count, rest) = digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent));
            if count == 0 || !rest.is_empty() {
                return None;
            }
        } else if !rest.is_empty() {
            return None;
        }
        text.parse().ok().and_then(Self::of)
    }

    /// The nearest floating-point number.
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Whole(whole) => whole as f64,
            Self::Real(real) => real,
        }
    }
}

/// How many digits the text begins with, and what follows them.
fn digits(text: &str) -> (usize, &str) {
    let count = text.bytes().take_while(u8::is_ascii_digit).count();
    (count, text.get(count..).unwrap_or_default())
}

impl Eq for Numeric {}

impl Ord for Numeric {
    fn cmp(&self, other: &Self) -> Ordering {
        match (*self, *other) {
            (Self::Whole(left), Self::Whole(right)) => left.cmp(&right),
            (Self::Real(left), Self::Real(right)) => left.partial_cmp(&right).unwrap_or(Ordering::Equal),
            (Self::Whole(whole), Self::Real(real)) => whole_to_real(whole, real),
            (Self::Real(real), Self::Whole(whole)) => whole_to_real(whole, real).reverse(),
        }
    }
}

impl PartialOrd for Numeric {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn whole_to_real(whole: i128, real: f64) -> Ordering {
    if real.abs() >= WHOLE_END {
        return if real > 0.0 { Ordering::Less } else { Ordering::Greater };
    }
    let fraction = || 0.0_f64.partial_cmp(&real.fract()).unwrap_or(Ordering::Equal);
    whole.cmp(&(real.trunc() as i128)).then_with(fraction)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_looks_like_a_number() {
        for (text, expected) in [
            ("0", Some(Numeric::Whole(0))),
            ("-0", Some(Numeric::Whole(0))),
            ("007", Some(Numeric::Whole(7))),
            ("+12", Some(Numeric::Whole(12))),
            ("1.0", Some(Numeric::Whole(1))),
            ("1e3", Some(Numeric::Whole(1000))),
            ("-2.50", Some(Numeric::Real(-2.5))),
            (".5", Some(Numeric::Real(0.5))),
            ("5.", Some(Numeric::Whole(5))),
            ("12345678901234567890", Some(Numeric::Whole(12_345_678_901_234_567_890))),
            ("1e40", Some(Numeric::Real(1e40))),
            ("", None),
            ("-", None),
            (".", None),
            ("1e", None),
            ("1e+", None),
            ("1 ", None),
            (" 1", None),
            ("0x10", None),
            ("1_000", None),
            ("1,5", None),
            ("inf", None),
            ("NaN", None),
            ("infinity", None),
            ("1e999", None),
            ("10.0.0.1", None),
            ("2026-11-20", None),
            ("٣", None),
        ] {
            assert_eq!(Numeric::parse(text), expected, "{text:?}");
        }
    }

    #[test]
    fn in_order_of_value_whatever_the_form() {
        let ascending = [
            "-1e40",
            "-170141183460469231731687303715884105",
            "-1.5",
            "-1",
            "-0.5",
            "0",
            "0.1",
            "9007199254740992",
            "9007199254740993",
            "1e38",
            "1e39",
        ];
        for (at, left) in ascending.iter().enumerate() {
            for (place, right) in ascending.iter().enumerate() {
                let both = (Numeric::parse(left).expect("a number"), Numeric::parse(right).expect("a number"));
                assert_eq!(both.0.cmp(&both.1), at.cmp(&place), "{left} and {right}");
            }
        }
    }

    proptest! {
        #[test]
        fn as_the_machine_orders_them(left: f64, right: f64) {
            let (Some(a), Some(b)) = (Numeric::of(left), Numeric::of(right)) else { return Ok(()) };
            prop_assert_eq!(Some(a.cmp(&b)), left.partial_cmp(&right));
            prop_assert_eq!(a.as_f64().partial_cmp(&left), Some(Ordering::Equal));
        }

        #[test]
        fn whole_against_fraction(whole: i64, real in -1e19..1e19_f64) {
            let Some(b) = Numeric::of(real) else { return Ok(()) };
            let a = Numeric::Whole(i128::from(whole));
            let floor = real.floor() as i128;
            let expected = if i128::from(whole) <= floor && real.fract() != 0.0 { Ordering::Less } else { i128::from(whole).cmp(&floor) };
            prop_assert_eq!(a.cmp(&b), expected);
            prop_assert_eq!(b.cmp(&a), expected.reverse());
        }
    }
}
