//! Instants and ranges. UTC inside; a zone is chosen only when formatting.

use std::fmt;

use serde::{Serialize, Serializer};

/// An instant in UTC, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Reads every spelling of a time met in these logs (FORMATS §1.1, §3.1, §4): RFC 3339 with any number of
    /// decimals, the same with a blank instead of `T` and without a zone (then UTC).
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(instant) = text.parse::<jiff::Timestamp>() {
            return Some(Self(instant.as_millisecond()));
        }
        let civil: jiff::civil::DateTime = text.strip_suffix(" UTC").unwrap_or(text).parse().ok()?;
        let zoned = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(Self(zoned.timestamp().as_millisecond()))
    }

    /// The same instant in the library's type, clamped to what it can hold.
    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }

    /// `14:02:11.320`, UTC.
    pub fn clock(self) -> String {
        self.to_jiff().strftime("%H:%M:%S%.3f").to_string()
    }

    /// `2026-11-20`, UTC.
    pub fn date(self) -> String {
        self.to_jiff().strftime("%Y-%m-%d").to_string()
    }

    /// This instant moved by so many milliseconds, without overflow.
    #[must_use]
    pub fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }
}

/// RFC 3339, UTC, milliseconds: `2026-11-20T14:02:11.320Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to_jiff().strftime("%Y-%m-%dT%H:%M:%S%.3fZ"))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A half-open range of time: `since` belongs to it, `until` does not. A missing end is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TimeRange {
    /// First instant inside.
    pub since: Option<Timestamp>,
    /// First instant after.
    pub until: Option<Timestamp>,
}

impl TimeRange {
    /// Is the instant inside?
    pub fn contains(&self, at: Timestamp) -> bool {
        self.since.is_none_or(|since| at >= since) && self.until.is_none_or(|until| at < until)
    }

    /// Neither end is set.
    pub fn is_open(&self) -> bool {
        self.since.is_none() && self.until.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_time_is_read() {
        let expected = Timestamp::from_millis(1_737_481_787_000);
        for text in [
            "2025-01-21T17:49:47Z",
            "2025-01-21T17:49:47.0000000Z",
            "2025-01-21 17:49:47.000000000",
            "2025-01-21 17:49:47.000",
            "2025-01-21 17:49:47",
            "2025-01-21 17:49:47.000 UTC",
            "2025-01-21T18:49:47+01:00",
        ] {
            assert_eq!(Timestamp::parse(text), Some(expected), "{text}");
        }
        assert_eq!(Timestamp::parse("yesterday"), None);
        assert_eq!(Timestamp::parse(""), None);
    }

    #[test]
    fn printed_with_milliseconds_in_utc() {
        assert_eq!(Timestamp::from_millis(1_737_481_787_320).to_string(), "2025-01-21T17:49:47.320Z");
        assert_eq!(Timestamp::from_millis(1_737_481_787_000).to_string(), "2025-01-21T17:49:47.000Z");
        assert_eq!(Timestamp::from_millis(1_737_481_787_320).clock(), "17:49:47.320");
    }
}
