//! Whether a condition holds, and in which order values are sorted: the rules of INSIGHTS §4.4 and §4.7.
//!
//! A comparison that cannot be made – with something missing, with a list or a map – is `None`: neither `=` nor `!=`, neither
//! `like` nor `not like` holds. Only `not (…)` turns that round, because it sees just that a condition did not hold.

use std::cmp::Ordering;
use std::fmt;
use std::sync::{Arc, OnceLock};

use hashbrown::HashSet;
use memchr::memmem::Finder;
use regex::{Regex, RegexBuilder};

use super::numeric::Numeric;
use super::patient::Patient;
use super::value::Value;

/// A compiled regular expression takes at most so many bytes.
const REGEX_SIZE: usize = 1 << 20;
/// Up to here it is searched for at the usual speed.
const SMALL_REGEX: usize = 32 << 10;
/// Logs Insights takes queries of 10,000 characters; no regular expression is longer.
const REGEX_LENGTH: usize = 10_000;

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

impl Comparison {
    /// Does it hold?
    pub fn holds(self, left: &Value, right: &Value) -> bool {
        match self {
            Self::Equal => equal(left, right) == Some(true),
            Self::NotEqual => equal(left, right) == Some(false),
            Self::Less => order(left, right).is_some_and(Ordering::is_lt),
            Self::AtMost => order(left, right).is_some_and(Ordering::is_le),
            Self::Greater => order(left, right).is_some_and(Ordering::is_gt),
            Self::AtLeast => order(left, right).is_some_and(Ordering::is_ge),
        }
    }
}

/// Are they equal? Two that look like numbers are when their exact values are, whatever their spelling; a flag is equal to
/// 1 or 0 and to `true` or `false`; all others when their texts are. `None` when that cannot be said.
pub fn equal(left: &Value, right: &Value) -> Option<bool> {
    if left.is_missing() || right.is_missing() || left.is_structure() || right.is_structure() {
        return None;
    }
    if let Some((left, right)) = flags(left, right) {
        return Some(left == right);
    }
    Some(match (left.numeric(), right.numeric()) {
        (Some(left), Some(right)) => left == right,
        (None, None) => left.printed() == right.printed(),
        _ => false,
    })
}

/// Which one comes first. As numbers where both look like numbers, as text where both are text. `None` when that cannot be
/// said, as between a time and a date written as text.
pub fn order(left: &Value, right: &Value) -> Option<Ordering> {
    if let Some((left, right)) = flags(left, right) {
        return Some(left.cmp(&right));
    }
    match (left, right, left.numeric(), right.numeric()) {
        (_, _, Some(left), Some(right)) => Some(left.cmp(&right)),
        (Value::Text(left), Value::Text(right), ..) => Some(left.cmp(right)),
        _ => None,
    }
}

/// Both as flags, where one is a flag and the other one of the words for it.
fn flags(left: &Value, right: &Value) -> Option<(bool, bool)> {
    let word = |value: &Value| match value {
        Value::Flag(flag) => Some(*flag),
        Value::Text(text) => text.parse().ok(),
        _ => None,
    };
    matches!((left, right), (Value::Flag(_), _) | (_, Value::Flag(_))).then(|| Some((word(left)?, word(right)?)))?
}

/// Does a condition hold? A flag as it is; a number other than 0; the text `true`, or of such a number.
pub fn is_true(value: &Value) -> bool {
    match value {
        Value::Flag(flag) => *flag,
        Value::Text(text) if text.eq_ignore_ascii_case("true") => true,
        other => other.as_number().is_some_and(|number| number != 0.0),
    }
}

/// A regular expression and how long texts are searched for it.
#[derive(Clone, Debug)]
pub struct Searched {
    regex: Regex,
    /// The library searches shorter texts; longer ones are walked, so that the search can be given up.
    long: usize,
    patient: Arc<OnceLock<Option<Patient>>>,
}

impl Searched {
    /// A compiled one.
    pub fn of(regex: Regex) -> Self {
        // What is large takes long for each letter.
        let is_small = RegexBuilder::new(regex.as_str()).size_limit(SMALL_REGEX).build().is_ok();
        Self { regex, long: if is_small { 32 << 10 } else { 2 << 10 }, patient: Arc::default() }
    }

    /// Is the text so long that the library would search it for longer than anybody waits?
    pub fn is_long(&self, text: &str) -> bool {
        text.len() > self.long
    }

    /// Does it match anywhere? When it is given up the answer is no, and does not matter.
    pub fn finds(&self, text: &str, is_given_up: &dyn Fn() -> bool) -> bool {
        if self.is_long(text)
            && let Some(patient) = self.patient.get_or_init(|| Patient::of(self.regex.as_str()))
            && let Some(found) = patient.finds(text.as_bytes(), is_given_up)
        {
            return found;
        }
        self.regex.is_match(text)
    }

    /// The expression.
    pub fn regex(&self) -> &Regex {
        &self.regex
    }
}

/// What `like` and `=~` look for. Made once, asked of many values.
#[derive(Clone, Debug)]
pub enum Likeness {
    /// A stretch of text, case-sensitive.
    Contains(Box<Finder<'static>>),
    /// A regular expression, anywhere in the text, case-sensitive unless it says `(?i)`.
    Matches(Searched),
}

impl Likeness {
    /// `like "text"`
    pub fn contains(text: &str) -> Self {
        Self::Contains(Box::new(Finder::new(text).into_owned()))
    }

    /// `like /pattern/`
    ///
    /// # Errors
    /// When it is no regular expression that we know.
    pub fn matches(pattern: &str) -> Result<Self, BadPattern> {
        compile(pattern).map(Searched::of).map(Self::Matches)
    }

    /// Is the value like it? `None` when it is missing, a list or a map: then neither `like` nor `not like` holds.
    /// When it is given up the answer does not matter.
    pub fn is_like(&self, value: &Value, is_given_up: &dyn Fn() -> bool) -> Option<bool> {
        Some(self.finds(&value.as_text()?, is_given_up))
    }

    /// Is there such a thing in the text?
    pub fn finds(&self, text: &str, is_given_up: &dyn Fn() -> bool) -> bool {
        match self {
            Self::Contains(finder) => finder.find(text.as_bytes()).is_some(),
            Self::Matches(searched) => searched.finds(text, is_given_up),
        }
    }
}

/// A regular expression that cannot be used, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadPattern {
    /// The expression.
    pub pattern: String,
    /// What is wrong with it, on one line.
    pub why: String,
}

impl fmt::Display for BadPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the regular expression cannot be used: {} (there are no look-around, no back-references and no flags after it; write (?i) inside)",
            self.why
        )
    }
}

impl std::error::Error for BadPattern {}

/// Compiles a regular expression within bounds. The dialect is RE2's, which Logs Insights has as well.
///
/// # Errors
/// When it is none that we know, or too large.
pub fn compile(pattern: &str) -> Result<Regex, BadPattern> {
    let bad = |why: &str| BadPattern { pattern: pattern.to_owned(), why: why.to_owned() };
    if pattern.len() > REGEX_LENGTH {
        return Err(bad("it is longer than a query may be"));
    }
    RegexBuilder::new(pattern).size_limit(REGEX_SIZE).dfa_size_limit(REGEX_SIZE).build().map_err(|error| {
        let text = error.to_string();
        bad(text.lines().last().unwrap_or_default().trim_start_matches("error: "))
    })
}

/// The right side of `in`, made once: as many values as a sub-query gives are looked up at once.
#[derive(Clone, Debug, Default)]
pub struct Membership {
    keys: HashSet<Key>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Whole(i128),
    /// The bits of a number with a fraction: each value has one form, see [`Numeric`].
    Real(u64),
    Text(Box<str>),
    /// Something that is equal to this flag.
    LikeFlag(bool),
    /// The flag itself, which is equal to a word as well as to a number.
    Flag(bool),
}

impl Key {
    fn of(value: &Value) -> Option<Self> {
        match value.numeric() {
            Some(Numeric::Whole(whole)) => Some(Self::Whole(whole)),
            Some(Numeric::Real(real)) => Some(Self::Real(real.to_bits())),
            None => value.as_text().map(|text| Self::Text(text.into())),
        }
    }
}

impl Membership {
    /// Of the values of a list. What is missing, a list or a map is equal to nothing and left out.
    pub fn of<'a>(values: impl IntoIterator<Item = &'a Value>) -> Self {
        let mut keys = HashSet::new();
        for value in values {
            keys.extend(Key::of(value));
            keys.extend([false, true].into_iter().filter(|flag| equal(value, &Value::Flag(*flag)) == Some(true)).map(Key::LikeFlag));
            if let Value::Flag(flag) = value {
                keys.insert(Key::Flag(*flag));
            }
        }
        Self { keys }
    }

    /// The texts, where all are such that only the same text is equal to them.
    pub fn texts(&self) -> Option<Vec<&str>> {
        self.keys.iter().map(|key| if let Key::Text(text) = key { Some(&**text) } else { None }).collect()
    }

    /// Is the value equal to one of them? `None` when it is missing, a list or a map: then neither `in` nor `not in` holds.
    pub fn has(&self, value: &Value) -> Option<bool> {
        let key = Key::of(value)?;
        Some(match value {
            Value::Flag(flag) => self.keys.contains(&Key::LikeFlag(*flag)),
            Value::Text(text) => self.keys.contains(&key) || text.parse().is_ok_and(|word| self.keys.contains(&Key::Flag(word))),
            _ => self.keys.contains(&key),
        })
    }
}

/// The order of `sort`, ascending. What is missing comes first, then what is no number, then numbers by value. Texts are cut
/// into runs of digits, of letters and of others: digits compare by length, then by value, all else by Unicode. Total: only
/// values that print alike are equal.
pub fn natural(left: &Value, right: &Value) -> Ordering {
    match (left.numeric(), right.numeric()) {
        (Some(number), Some(other)) => number.cmp(&other).then_with(|| left.printed().cmp(&right.printed())),
        (Some(_), None) => Ordering::Greater,
        (None, Some(_)) => Ordering::Less,
        (None, None) => left.is_missing().cmp(&right.is_missing()).reverse().then_with(|| natural_text(&left.printed(), &right.printed())),
    }
}

fn natural_text(mut left: &str, mut right: &str) -> Ordering {
    loop {
        let ((left_run, left_rest), (right_run, right_rest)) = (run(left), run(right));
        let digits = |run: &str| run.bytes().next().is_some_and(|byte| byte.is_ascii_digit());
        let longer = if digits(left_run) && digits(right_run) { left_run.len().cmp(&right_run.len()) } else { Ordering::Equal };
        let order = longer.then_with(|| left_run.cmp(right_run));
        if order.is_ne() || left_run.is_empty() {
            return order;
        }
        (left, right) = (left_rest, right_rest);
    }
}

/// The run of characters of one class that a text begins with, and the rest.
fn run(text: &str) -> (&str, &str) {
    let class = |character: char| match character {
        '0'..='9' => 0,
        letter if letter.is_alphabetic() => 1,
        _ => 2,
    };
    let Some(first) = text.chars().next().map(class) else { return ("", "") };
    let end = text.find(|character| class(character) != first).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::value::tests::any_value;
    use super::*;

    fn number(number: f64) -> Value {
        Value::Number(number)
    }

    #[test]
    fn what_is_equal() {
        for (left, right, expected) in [
            (Value::from("200"), number(200.0), Some(true)),
            (Value::from("200"), Value::from("200.0"), Some(true)),
            (Value::from("0200"), Value::from("200"), Some(true)),
            (Value::from("200 "), number(200.0), Some(false)),
            (Value::from("a"), Value::from("A"), Some(false)),
            (Value::from("é"), Value::from("é"), Some(true)),
            // Neighbours that are one as floating-point numbers.
            (Value::from("12345678901234567890"), Value::from("12345678901234567891"), Some(false)),
            (Value::from("abc"), number(1.0), Some(false)),
            (Value::Time(1000), number(1000.0), Some(true)),
            (Value::Time(0), Value::from("1970-01-01 00:00:00.000"), Some(false)),
            (Value::Flag(true), number(1.0), Some(true)),
            (Value::Flag(true), Value::from("true"), Some(true)),
            (Value::Flag(true), Value::from("false"), Some(false)),
            (Value::Flag(true), Value::from("yes"), Some(false)),
            (Value::Missing, Value::Missing, None),
            (Value::Missing, Value::from(""), None),
            (Value::list([number(1.0)]), Value::list([number(1.0)]), None),
        ] {
            assert_eq!(equal(&left, &right), expected, "{left:?} and {right:?}");
            assert_eq!(Comparison::Equal.holds(&left, &right), expected == Some(true));
            // A missing field is neither equal nor unequal.
            assert_eq!(Comparison::NotEqual.holds(&left, &right), expected == Some(false));
        }
    }

    #[test]
    fn what_is_less() {
        use Ordering::{Greater, Less};
        for (left, right, expected) in [
            (Value::from("9"), number(10.0), Some(Less)),
            (Value::from("9"), Value::from("10"), Some(Less)),
            (Value::from("9a"), Value::from("10a"), Some(Greater)),
            (Value::from("2026-11-20T14"), Value::from("2026-11-21"), Some(Less)),
            (Value::from("2026"), Value::from("2026-11-21"), Some(Less)),
            (Value::from("abc"), number(1.0), None),
            (Value::Time(5), Value::from("2026-11-20 14:02:11.320"), None),
            (Value::Time(5), Value::from("6"), Some(Less)),
            (Value::Flag(false), Value::from("true"), Some(Less)),
            (Value::Missing, number(1.0), None),
            (number(f64::NAN), number(1.0), None),
        ] {
            assert_eq!(order(&left, &right), expected, "{left:?} and {right:?}");
        }
        assert!(Comparison::AtLeast.holds(&Value::from("400"), &number(400.0)));
        assert!(!Comparison::Greater.holds(&Value::from("400"), &number(400.0)));
        assert!(!Comparison::AtMost.holds(&Value::Missing, &number(400.0)));
    }

    #[test]
    fn what_is_true() {
        for (value, expected) in [
            (Value::Flag(true), true),
            (Value::Flag(false), false),
            (number(2.0), true),
            (number(0.0), false),
            (Value::from("true"), true),
            (Value::from("1"), true),
            (Value::from("0.0"), false),
            (Value::from("no"), false),
            (Value::Missing, false),
            (Value::list([]), false),
        ] {
            assert_eq!(is_true(&value), expected, "{value:?}");
        }
    }

    #[test]
    fn likeness() {
        let matches = |pattern: &str| Likeness::matches(pattern).expect(pattern);
        for (likeness, value, expected) in [
            (Likeness::contains("Exception"), Value::from("an Exception here"), Some(true)),
            (Likeness::contains("Exception"), Value::from("an exception here"), Some(false)),
            (Likeness::contains(""), Value::from("anything"), Some(true)),
            (Likeness::contains("a.c"), Value::from("abc"), Some(false)),
            (Likeness::contains("20"), number(1204.0), Some(true)),
            (matches("b+"), Value::from("abbc"), Some(true)),
            (matches("^b"), Value::from("abbc"), Some(false)),
            (matches("(?i)EXCEPTION"), Value::from("an Exception"), Some(true)),
            (matches(r"\x20here"), Value::from("is here"), Some(true)),
            (matches("(?<name>a)"), Value::from("a"), Some(true)),
            (matches("x"), Value::Missing, None),
            (matches("x"), Value::list([Value::from("x")]), None),
        ] {
            assert_eq!(likeness.is_like(&value, &|| false), expected, "{likeness:?} {value:?}");
        }
        for bad in ["(", "(?=a)", r"(a)\1", "[z-a]", &"(a{1000}){1000}".repeat(3), &"a".repeat(10_001)] {
            let error = Likeness::matches(bad).expect_err(bad).to_string();
            assert!(error.starts_with("the regular expression cannot be used: ") && !error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn membership() {
        let list = [Value::from("a"), number(200.0), Value::from("0.50"), Value::Flag(true), Value::Missing, Value::from("false")];
        let membership = Membership::of(&list);
        for (value, expected) in [
            (Value::from("a"), Some(true)),
            (Value::from("A"), Some(false)),
            (Value::from("200"), Some(true)),
            (Value::from("200.0"), Some(true)),
            (number(0.5), Some(true)),
            (number(1.0), Some(true)),
            (Value::from("true"), Some(true)),
            (Value::Flag(false), Some(true)),
            (Value::from("0"), Some(false)),
            (Value::Missing, None),
        ] {
            assert_eq!(membership.has(&value), expected, "{value:?}");
        }
    }

    /// The example of the documentation of `sort`, in its order.
    #[test]
    fn sorted_as_documented() {
        let ascending =
            ["!:", "#", "*%04", "0#", "5A", "111A", "2345_", "@", "@_", "A", "A9876fghj", "a12345hfh", "0", "01", "1", "2", "3"].map(Value::from);
        for (at, left) in ascending.iter().enumerate() {
            for (place, right) in ascending.iter().enumerate() {
                assert_eq!(natural(left, right), at.cmp(&place), "{left} and {right}");
            }
        }
    }

    #[test]
    fn other_kinds_sorted() {
        let mut values = vec![
            number(10.0),
            Value::from("9"),
            Value::from("b"),
            Value::Missing,
            Value::Time(11),
            Value::from(""),
            Value::from("a10"),
            Value::from("a9"),
            Value::from("-1"),
            Value::from("ab~"),
            Value::from("abc"),
        ];
        values.sort_by(natural);
        let printed: Vec<String> = values.iter().map(Value::to_string).collect();
        // A run of letters is compared before what follows it: "ab" comes before "abc", whatever "~" is.
        assert_eq!(printed, ["", "", "a9", "a10", "ab~", "abc", "b", "-1", "9", "10", "1970-01-01 00:00:00.011"]);
        assert!(values[0].is_missing());
    }

    proptest! {
        #[test]
        fn the_order_is_total(a in any_value(), b in any_value(), c in any_value()) {
            prop_assert_eq!(natural(&a, &b), natural(&b, &a).reverse());
            if natural(&a, &b).is_le() && natural(&b, &c).is_le() {
                prop_assert!(natural(&a, &c).is_le(), "{:?} {:?} {:?}", a, b, c);
            }
            prop_assert_eq!(natural(&a, &b).is_eq(), a.printed() == b.printed() && a.is_missing() == b.is_missing() && a.numeric() == b.numeric());
        }

        #[test]
        fn short_texts_are_in_a_total_order(a in "[0-9aé_]{0,4}", b in "[0-9aé_]{0,4}", c in "[0-9aé_]{0,4}") {
            let mut values = [a, b, c].map(Value::text);
            values.sort_by(natural);
            let [a, b, c] = values;
            prop_assert!(natural(&a, &b).is_le() && natural(&b, &c).is_le() && natural(&a, &c).is_le());
        }

        #[test]
        fn equality_is_one_way_of_membership(list in prop::collection::vec(any_value(), 0..6), value in any_value()) {
            let expected = list.iter().any(|other| equal(&value, other) == Some(true));
            let has = Membership::of(&list).has(&value);
            prop_assert_eq!(has, (!value.is_missing() && !value.is_structure()).then_some(expected));
        }

        #[test]
        fn comparing_is_consistent(a in any_value(), b in any_value()) {
            prop_assert_eq!(equal(&a, &b), equal(&b, &a));
            prop_assert_eq!(order(&a, &b), order(&b, &a).map(Ordering::reverse));
            if let Some(order) = order(&a, &b) {
                prop_assert_eq!(equal(&a, &b), Some(order.is_eq()));
            }
        }
    }
}
