//! What a person types for a time: `24h`, `2 hours ago`, `yesterday`, `14:00`, `2026-11-20`, RFC 3339.

use jiff::{SignedDuration, Span, SpanRelativeTo, Zoned, civil, tz::TimeZone};

use super::Timestamp;

/// Reads a time as a person writes it, relative to `now`. A bare duration means *ago*; a clock time means today;
/// everything without a zone is UTC.
///
/// # Errors
/// A sentence naming the text and the spellings that are understood.
pub fn parse_when(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let text = text.trim();
    let today = now.to_jiff().to_zoned(TimeZone::UTC);
    let midnight = |zoned: &Zoned| zoned.start_of_day().map(|z| Timestamp::from_millis(z.timestamp().as_millisecond())).ok();
    match text.to_ascii_lowercase().as_str() {
        "now" => return Ok(now),
        "today" => return midnight(&today).ok_or_else(|| unreadable(text)),
        "yesterday" => return today.yesterday().ok().as_ref().and_then(midnight).ok_or_else(|| unreadable(text)),
        _ => {}
    }
    if let Some(at) = Timestamp::parse(text) {
        return Ok(at);
    }
    if let Ok(date) = text.parse::<civil::Date>() {
        return date.to_zoned(TimeZone::UTC).ok().as_ref().and_then(midnight).ok_or_else(|| unreadable(text));
    }
    // `14:00` today, `2026-11-20 14:00` and `2026-11-20T14:00` on that day.
    for candidate in [format!("{}T{text}", today.date()), text.replacen(' ', "T", 1)] {
        for suffix in ["", ":00"] {
            if let Ok(datetime) = format!("{candidate}{suffix}").parse::<civil::DateTime>()
                && text.contains(':')
                && let Ok(zoned) = datetime.to_zoned(TimeZone::UTC)
            {
                return Ok(Timestamp::from_millis(zoned.timestamp().as_millisecond()));
            }
        }
    }
    let ago = text.strip_prefix('-').unwrap_or(text);
    let span: Span = ago.trim_end_matches("ago").trim().parse().map_err(|_| unreadable(text))?;
    let length = span.to_duration(SpanRelativeTo::days_are_24_hours()).or_else(|_| span.to_duration(&today)).unwrap_or(SignedDuration::ZERO);
    Ok(now.plus_millis(-i64::try_from(length.as_millis().abs()).unwrap_or(i64::MAX)))
}

fn unreadable(text: &str) -> String {
    format!("cannot read the time “{text}”: write 24h, 2d, yesterday, 14:00, 2026-11-20 or 2026-11-20T14:00:00Z (UTC)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write() {
        // Friday 2026-11-20T12:00:00Z
        let now = Timestamp::parse("2026-11-20T12:00:00Z").expect("a time");
        for (text, expected) in [
            ("24h", "2026-11-19T12:00:00.000Z"),
            ("2 hours ago", "2026-11-20T10:00:00.000Z"),
            ("-15m", "2026-11-20T11:45:00.000Z"),
            ("2d", "2026-11-18T12:00:00.000Z"),
            ("now", "2026-11-20T12:00:00.000Z"),
            ("today", "2026-11-20T00:00:00.000Z"),
            ("yesterday", "2026-11-19T00:00:00.000Z"),
            ("14:05", "2026-11-20T14:05:00.000Z"),
            ("2026-11-01", "2026-11-01T00:00:00.000Z"),
            ("2026-11-01 08:30", "2026-11-01T08:30:00.000Z"),
            ("2026-11-01T08:30", "2026-11-01T08:30:00.000Z"),
            ("2026-11-01T08:30:00Z", "2026-11-01T08:30:00.000Z"),
        ] {
            assert_eq!(parse_when(text, now).map(|t| t.to_string()), Ok(expected.to_owned()), "{text}");
        }
        assert!(parse_when("soonish", now).is_err());
        assert!(parse_when("", now).is_err());
    }
}
