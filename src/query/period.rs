//! Periods (`5m`, `1h`): how they are written, and cutting time into them. All in UTC.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// A number of units of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    count: i64,
    unit: Unit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    /// Months, quarters and years, whose length varies: so many months each.
    Months(i64),
}

const DAY: i64 = 86_400_000;
/// 1970-01-05 was a Monday, with which weeks begin.
const FIRST_MONDAY: i64 = 4 * DAY;

impl Period {
    /// `5m`, `1h`, `2 weeks`. Logs Insights silently takes at most 1000 ms, 60 s, 60 m and 24 h, so that `300s` is one minute;
    /// so do we (INSIGHTS §4.6): the same query must mean the same here and there. [`Self::is_clamped`] tells.
    pub fn parse(text: &str) -> Option<Self> {
        let (count, unit) = Self::written(text)?;
        Some(Self { count: unit.most().map_or(count, |most| count.min(most)), unit })
    }

    /// The number is larger than Logs Insights allows for its unit: what is counted is less than what is written.
    pub fn is_clamped(text: &str) -> bool {
        Self::written(text).is_some_and(|(count, unit)| unit.most().is_some_and(|most| count > most))
    }

    fn written(text: &str) -> Option<(i64, Unit)> {
        let text = text.trim();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (count, unit) = text.split_at_checked(digits)?;
        let count = count.parse().ok().filter(|count| *count > 0)?;
        Some((count, Unit::parse(unit.trim_start())?))
    }

    /// Its length where it has one: months, quarters and years have none.
    pub fn millis(self) -> Option<i64> {
        self.count.checked_mul(self.unit.millis()?)
    }

    /// The beginning of the period that an instant lies in.
    pub fn floor(self, millis: i64) -> Option<i64> {
        if let Unit::Months(months) = self.unit {
            let length = self.count.checked_mul(months)?;
            return month_start(month_of(millis)?.div_euclid(length).checked_mul(length)?);
        }
        let (length, origin) = (self.millis()?, self.origin());
        millis.checked_sub(origin)?.div_euclid(length).checked_mul(length)?.checked_add(origin)
    }

    /// The end of the period that an instant lies in; an instant at a beginning stays.
    pub fn ceil(self, millis: i64) -> Option<i64> {
        let floor = self.floor(millis)?;
        if floor == millis {
            return Some(millis);
        }
        match self.unit {
            Unit::Months(months) => month_start(month_of(floor)?.checked_add(self.count.checked_mul(months)?)?),
            _ => floor.checked_add(self.millis()?),
        }
    }

    fn origin(self) -> i64 {
        if self.unit == Unit::Week { FIRST_MONDAY } else { 0 }
    }
}

impl Unit {
    fn parse(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        // A plural `s` is for names longer than one letter; `ms` itself is one of them.
        let singular = name.strip_suffix('s').filter(|rest| rest.len() > 1);
        [Some(&*name), singular].into_iter().flatten().find_map(|name| {
            Some(match name {
                "ms" | "msec" | "millisecond" => Self::Millisecond,
                "s" | "sec" | "second" => Self::Second,
                "m" | "min" | "minute" => Self::Minute,
                "h" | "hr" | "hour" => Self::Hour,
                "d" | "day" => Self::Day,
                "w" | "week" => Self::Week,
                "mo" | "mon" | "month" => Self::Months(1),
                "q" | "qtr" | "quarter" => Self::Months(3),
                "y" | "yr" | "year" => Self::Months(12),
                _ => return None,
            })
        })
    }

    fn millis(self) -> Option<i64> {
        Some(match self {
            Self::Millisecond => 1,
            Self::Second => 1000,
            Self::Minute => 60_000,
            Self::Hour => 3_600_000,
            Self::Day => DAY,
            Self::Week => 7 * DAY,
            Self::Months(_) => return None,
        })
    }

    fn most(self) -> Option<i64> {
        match self {
            Self::Millisecond => Some(1000),
            Self::Second | Self::Minute => Some(60),
            Self::Hour => Some(24),
            Self::Day | Self::Week | Self::Months(_) => None,
        }
    }
}

/// The month of an instant, counted from the year 0.
fn month_of(millis: i64) -> Option<i64> {
    let date = DateTime::from(jiff::Timestamp::from_millisecond(millis).ok()?.to_zoned(TimeZone::UTC)).date();
    Some(i64::from(date.year()) * 12 + i64::from(date.month()) - 1)
}

fn month_start(month: i64) -> Option<i64> {
    let (year, month) = (i16::try_from(month.div_euclid(12)).ok()?, i8::try_from(month.rem_euclid(12)).ok()? + 1);
    Some(Date::new(year, month, 1).ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().expect("a time").as_millisecond()
    }

    #[test]
    fn as_documented() {
        for same in [
            ["1ms", "1msec", "1millisecond"],
            ["1s", "1sec", "1second"],
            ["1m", "1min", "1minutes"],
            ["1h", "1hr", "1hrs"],
            ["1d", "1day", "1days"],
            ["1w", "1week", "1weeks"],
            ["1mo", "1mon", "1months"],
            ["1q", "1qtr", "1quarters"],
            ["1y", "1yr", "1years"],
            ["1msecs", "1milliseconds", "1 MS"],
        ] {
            let [first, others @ ..] = same.map(|text| Period::parse(text).expect(text));
            assert!(others.iter().all(|other| *other == first), "{same:?}");
        }
        // The number is clamped: bin(300s) is one minute.
        for (written, taken) in [("300s", "60s"), ("300s", "60 secs"), ("5000ms", "1000ms"), ("90m", "60m"), ("48h", "24h")] {
            assert_eq!(Period::parse(written), Period::parse(taken));
            assert!(Period::is_clamped(written) && !Period::is_clamped(taken));
        }
        assert_eq!(Period::parse("400d").and_then(Period::millis), Some(400 * DAY));
        for none in ["", "m", "0m", "-1m", "1.5h", "5", "5x", "5ds", "5ss", "1hs", "99999999999999999999s", "5m 3s"] {
            assert_eq!(Period::parse(none), None, "{none}");
        }
    }

    #[test]
    fn cutting_time() {
        for (period, floor, time, ceil) in [
            ("5m", "2026-11-20T14:00:00Z", "2026-11-20T14:02:11.320Z", "2026-11-20T14:05:00Z"),
            ("1h", "2026-11-20T14:00:00Z", "2026-11-20T14:02:11.320Z", "2026-11-20T15:00:00Z"),
            ("1h", "2026-11-20T14:00:00Z", "2026-11-20T14:00:00Z", "2026-11-20T14:00:00Z"),
            ("1d", "2026-11-20T00:00:00Z", "2026-11-20T14:02:11.320Z", "2026-11-21T00:00:00Z"),
            // A Friday: its week began on Monday the 16th.
            ("1w", "2026-11-16T00:00:00Z", "2026-11-20T14:02:11.320Z", "2026-11-23T00:00:00Z"),
            ("1mo", "2026-11-01T00:00:00Z", "2026-11-20T14:02:11.320Z", "2026-12-01T00:00:00Z"),
            ("1mo", "2024-02-01T00:00:00Z", "2024-02-29T23:59:59.999Z", "2024-03-01T00:00:00Z"),
            ("1q", "2026-10-01T00:00:00Z", "2026-11-20T14:02:11.320Z", "2027-01-01T00:00:00Z"),
            ("1y", "2026-01-01T00:00:00Z", "2026-11-20T14:02:11.320Z", "2027-01-01T00:00:00Z"),
            ("1s", "1969-12-31T23:59:59Z", "1969-12-31T23:59:59.5Z", "1970-01-01T00:00:00Z"),
        ] {
            let cut = Period::parse(period).expect(period);
            assert_eq!((cut.floor(at(time)), cut.ceil(at(time))), (Some(at(floor)), Some(at(ceil))), "{period} of {time}");
        }
        assert_eq!(Period::parse("1y").and_then(|year| year.floor(i64::MAX)), None);
    }

    proptest! {
        #[test]
        fn a_beginning_stays(millis in -4_000_000_000_000..4_000_000_000_000_i64, count in 1..100_i64, unit in prop::sample::select(vec!["ms", "s", "m", "h", "d", "w", "mo", "q", "y"])) {
            let period = Period::parse(&format!("{count}{unit}")).expect("a period");
            let (Some(floor), Some(ceil)) = (period.floor(millis), period.ceil(millis)) else { return Ok(()) };
            prop_assert!(floor <= millis && millis <= ceil);
            prop_assert_eq!(period.floor(floor), Some(floor));
            prop_assert_eq!(period.ceil(floor), Some(floor));
            prop_assert_eq!(period.floor(ceil), Some(ceil));
            if floor != millis {
                prop_assert_eq!(period.ceil(floor + 1), Some(ceil));
            }
        }

        #[test]
        fn no_text_and_no_time_panics(text: String, count: u64, millis: i64) {
            let _ = Period::parse(&text);
            for unit in ["ms", "w", "mo", "y"] {
                let Some(period) = Period::parse(&format!("{count}{unit}")) else { continue };
                let _ = (period.floor(millis), period.ceil(millis), period.millis());
            }
        }
    }
}
