//! Reading a date by a Java pattern (`yyyy-MM-dd'T'HH:mm:ss.SSSXXX`), which `parseDate` takes.
//!
//! The letters that are known: `y u M L d D H k h K m s S n A a E X x Z O z V` in the usual meaning. Any other letter makes the
//! result missing rather than wrong. Names are English. A date that the calendar does not have, such as the 30th of February,
//! is none.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};

const MONTHS: [&str; 12] = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// What has been read so far.
#[derive(Default)]
struct Parts {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    hour: Option<i64>,
    half_hour: Option<i64>,
    afternoon: Option<bool>,
    minute: i64,
    second: i64,
    nanosecond: i64,
    day_nanosecond: Option<i64>,
    zone: Option<TimeZone>,
}

/// The instant that a text names, in milliseconds; in `zone` where the text names none. Parts that are not there are those of
/// midnight, the 1st of January, 1970.
pub(in crate::query) fn parse(text: &str, pattern: &str, zone: &TimeZone) -> Option<i64> {
    let mut parts = Parts::default();
    let (mut text, mut pattern) = (text, pattern);
    while let Some(letter) = pattern.chars().next() {
        if letter == '\'' {
            let (literal, rest) = quoted(pattern)?;
            (text, pattern) = (text.strip_prefix(&*literal)?, rest);
        } else if letter.is_ascii_alphabetic() {
            let count = pattern.chars().take_while(|next| *next == letter).count();
            pattern = pattern.get(count..)?;
            // Digits that follow at once belong to the next part: yyyyMMdd.
            let joined = pattern.chars().next().is_some_and(|next| next.is_ascii_alphabetic() && !"aEzZXxOV".contains(next));
            text = parts.read(letter, count, joined, text)?;
        } else if matches!(letter, '[' | ']' | '{' | '}' | '#') {
            return None;
        } else {
            (text, pattern) = (text.strip_prefix(letter)?, pattern.strip_prefix(letter)?);
        }
    }
    if text.is_empty() { parts.instant(zone) } else { None }
}

/// The literal in quotes that a pattern begins with, and the rest; two quotes are one.
fn quoted(pattern: &str) -> Option<(String, &str)> {
    let mut rest = pattern.strip_prefix('\'')?;
    if let Some(rest) = rest.strip_prefix('\'') {
        return Some(("'".to_owned(), rest));
    }
    let mut literal = String::new();
    loop {
        let (piece, after) = rest.split_once('\'')?;
        literal.push_str(piece);
        match after.strip_prefix('\'') {
            Some(more) => {
                literal.push('\'');
                rest = more;
            }
            None => return Some((literal, after)),
        }
    }
}

impl Parts {
    /// Reads one part and gives what is left.
    fn read<'a>(&mut self, letter: char, count: usize, joined: bool, text: &'a str) -> Option<&'a str> {
        // A single letter takes as many digits as there are, several take exactly as many as they are.
        let number = |longest: usize| digits(text, if count == 1 && !joined { 1..=longest } else { count..=count });
        let rest;
        match letter {
            'y' | 'u' if count == 2 => {
                let (year, left) = number(2)?;
                // Java counts two digits from 2000.
                (self.year, rest) = (Some(2000 + year), left);
            }
            'y' | 'u' => (self.year, rest) = some(number(9)?),
            'M' | 'L' if count >= 3 => (self.month, rest) = some(name(text, &MONTHS, count)?),
            'M' | 'L' => (self.month, rest) = some(number(2)?),
            'd' => (self.day, rest) = some(number(2)?),
            'D' => (self.day_of_year, rest) = some(number(3)?),
            'H' => (self.hour, rest) = some(number(2)?),
            'k' => {
                let (hour, left) = number(2)?;
                (self.hour, rest) = (Some(hour % 24).filter(|_| (1..=24).contains(&hour)), left);
                self.hour?;
            }
            'h' => {
                let (hour, left) = number(2)?;
                (self.half_hour, rest) = (Some(hour % 12).filter(|_| (1..=12).contains(&hour)), left);
                self.half_hour?;
            }
            'K' => {
                let (hour, left) = number(2)?;
                (self.half_hour, rest) = (Some(hour).filter(|hour| *hour < 12), left);
                self.half_hour?;
            }
            'm' => (self.minute, rest) = number(2)?,
            's' => (self.second, rest) = number(2)?,
            'S' => {
                let (fraction, left) = digits(text, count..=count).filter(|_| count <= 9)?;
                (self.nanosecond, rest) = (fraction * 10_i64.pow(9 - count as u32), left);
            }
            'n' => (self.nanosecond, rest) = number(9)?,
            'A' => {
                let (millis, left) = number(8)?;
                (self.day_nanosecond, rest) = (Some(millis * 1_000_000), left);
            }
            'a' => {
                let (half, left) = text.split_at_checked(2)?;
                self.afternoon = Some(half.eq_ignore_ascii_case("pm"));
                rest = (self.afternoon? || half.eq_ignore_ascii_case("am")).then_some(left)?;
            }
            'E' => rest = name(text, &DAYS, count)?.1,
            'X' | 'x' | 'Z' | 'O' | 'z' | 'V' => {
                let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | ':' | '/' | '_'))).unwrap_or(text.len());
                let (written, left) = text.split_at_checked(end)?;
                let zulu = (written.eq_ignore_ascii_case("z") && letter != 'x').then_some(TimeZone::UTC);
                let named = || TimeZone::get(written).ok().filter(|_| matches!(letter, 'z' | 'V'));
                let fixed = || offset(written).map(TimeZone::fixed);
                let zone = zulu.or_else(fixed).or_else(named)?;
                (self.zone, rest) = (Some(zone), left);
            }
            _ => return None,
        }
        Some(rest)
    }

    fn instant(self, zone: &TimeZone) -> Option<i64> {
        let year = i16::try_from(self.year.unwrap_or(1970)).ok()?;
        let date = match self.day_of_year {
            Some(day) => Date::new(year, 1, 1).ok()?.with().day_of_year(i16::try_from(day).ok()?).build().ok()?,
            None => Date::new(year, i8::try_from(self.month.unwrap_or(1)).ok()?, i8::try_from(self.day.unwrap_or(1)).ok()?).ok()?,
        };
        let hour = match (self.hour, self.half_hour) {
            (Some(hour), _) => hour,
            (None, Some(hour)) => hour + if self.afternoon == Some(true) { 12 } else { 0 },
            (None, None) => 0,
        };
        let small = |number: i64| i8::try_from(number).ok();
        let time = match self.day_nanosecond {
            Some(nanosecond) => Time::midnight().checked_add(jiff::SignedDuration::from_nanos(nanosecond)).ok()?,
            None => Time::new(small(hour)?, small(self.minute)?, small(self.second)?, i32::try_from(self.nanosecond).ok()?).ok()?,
        };
        let zone = self.zone.unwrap_or_else(|| zone.clone());
        Some(DateTime::from_parts(date, time).to_zoned(zone).ok()?.timestamp().as_millisecond())
    }
}

fn some<T, R>((value, rest): (T, R)) -> (Option<T>, R) {
    (Some(value), rest)
}

/// A number of so many digits, and what is left.
fn digits(text: &str, count: std::ops::RangeInclusive<usize>) -> Option<(i64, &str)> {
    let found = text.bytes().take(*count.end()).take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at_checked(found).filter(|_| count.contains(&found))?;
    Some((digits.parse().ok()?, rest))
}

/// The number from 1 of a name: of its first three letters where the pattern has three, else whole.
fn name<'a>(text: &'a str, names: &[&str], count: usize) -> Option<(i64, &'a str)> {
    names.iter().zip(1..).find_map(|(name, number)| {
        let wanted = if count <= 3 { name.get(..3)? } else { name };
        let (written, rest) = text.split_at_checked(wanted.len())?;
        written.eq_ignore_ascii_case(wanted).then_some((number, rest))
    })
}

/// An offset from UTC: `+0100`, `+01:00`, `+01`, with `UTC` or `GMT` before it or alone.
pub(in crate::query) fn offset(text: &str) -> Option<Offset> {
    let bare = ["UTC", "GMT"].into_iter().find_map(|word| text.strip_prefix(word)).unwrap_or(text);
    if bare.is_empty() && !text.is_empty() {
        return Some(Offset::UTC);
    }
    let sign = match bare.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let (hours, rest) = digits(bare.get(1..)?, 1..=2)?;
    let (minutes, rest) = match rest.strip_prefix(':').unwrap_or(rest) {
        "" if rest.is_empty() => (0, ""),
        rest => digits(rest, 2..=2)?,
    };
    if !rest.is_empty() || hours > 18 || minutes > 59 {
        return None;
    }
    Offset::from_seconds(i32::try_from(sign * (hours * 3600 + minutes * 60)).ok()?).ok()
}
