//! Functions of times and dates. A time is in UTC; a date is a text such as `2026-11-20`. Wherever a time is wanted, a text that
//! is one will do.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _, Zoned};

use super::super::super::functions::{Context, Function, java_date, number_at, text_at, whole_at};
use super::super::super::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("current_timestamp", 0, 0, "the time of the query", |context, _| Value::Time(context.now_ms)),
    Function::new("now", 0, 0, "the time of the query", |context, _| Value::Time(context.now_ms)),
    Function::new("current_date", 0, 0, "the day of the query", |context, _| zoned(context.now_ms).map(|now| day(now.date())).into()),
    Function::new("curdate", 0, 0, "the day of the query", |context, _| zoned(context.now_ms).map(|now| day(now.date())).into()),
    Function::new("current_timezone", 0, 0, "UTC", |_, _| "UTC".into()),
    Function::new("to_timestamp", 1, 2, "a text as a time, by a pattern such as yyyy-MM-dd HH:mm:ss", |_, args| parsed(args).map(Value::Time).into()),
    Function::new("timestamp", 1, 1, "as a time", |_, args| at(args, 0).map(Value::Time).into()),
    Function::new("to_date", 1, 2, "a text as a day, by a pattern such as yyyy-MM-dd", |_, args| {
        parsed(args).and_then(zoned).map(|time| day(time.date())).into()
    }),
    Function::new("date", 1, 1, "the day of a time", |_, args| civil(args).map(|time| day(time.date())).into()),
    Function::new("timestamp_seconds", 1, 1, "the time so many seconds after 1970", |_, args| instant_of(args, 1000.0).into()),
    Function::new("timestamp_millis", 1, 1, "the time so many milliseconds after 1970", |_, args| instant_of(args, 1.0).into()),
    Function::new("timestamp_micros", 1, 1, "the time so many microseconds after 1970", |_, args| instant_of(args, 0.001).into()),
    Function::new("unix_timestamp", 0, 2, "seconds since 1970, now or of a time", |context, args| unix(context, args, 1000).into()),
    Function::new("to_unix_timestamp", 1, 2, "seconds since 1970 of a time", |context, args| unix(context, args, 1000).into()),
    Function::new("unix_seconds", 1, 1, "seconds since 1970", |context, args| unix(context, args, 1000).into()),
    Function::new("unix_millis", 1, 1, "milliseconds since 1970", |context, args| unix(context, args, 1).into()),
    Function::new("from_unixtime", 1, 2, "seconds since 1970 as text, by a pattern", |_, args| {
        let format = || {
            let pattern = if args.len() > 1 { text_at(args, 1)?.into_owned() } else { "yyyy-MM-dd HH:mm:ss".to_owned() };
            formatted((number_at(args, 0)? * 1000.0) as i64, &pattern)
        };
        format().map(Value::text).into()
    }),
    Function::new("date_format", 2, 2, "a time as text, by a pattern such as yyyy-MM-dd HH:mm", |_, args| {
        at(args, 0).zip(text_at(args, 1)).and_then(|(millis, pattern)| formatted(millis, &pattern)).map(Value::text).into()
    }),
    Function::new("date_trunc", 2, 2, "where the unit that a time lies in begins: 'HOUR', t", |_, args| {
        trunc(text_at(args, 0), at(args, 1)).map(Value::Time).into()
    }),
    Function::new("trunc", 2, 2, "where the unit that a day lies in begins: d, 'MONTH'", |_, args| {
        trunc(text_at(args, 1), at(args, 0)).and_then(zoned).map(|time| day(time.date())).into()
    }),
    Function::new("date_add", 2, 2, "a day so many days later", |_, args| days(args, 1).into()),
    Function::new("dateadd", 2, 2, "a day so many days later", |_, args| days(args, 1).into()),
    Function::new("date_sub", 2, 2, "a day so many days earlier", |_, args| days(args, -1).into()),
    Function::new("datediff", 2, 2, "how many days the second is before the first", |_, args| {
        civil(args).zip(civil(args.get(1..).unwrap_or_default())).map(|(end, start)| (end.date() - start.date()).get_days()).map(f64::from).into()
    }),
    Function::new("date_diff", 2, 2, "how many days the second is before the first", |_, args| {
        civil(args).zip(civil(args.get(1..).unwrap_or_default())).map(|(end, start)| (end.date() - start.date()).get_days()).map(f64::from).into()
    }),
    Function::new("add_months", 2, 2, "a day so many months later", |_, args| {
        let shift = || {
            let months = whole_at(args, 1).filter(|months| months.abs() < 120_000)?;
            civil(args)?.date().checked_add(months.months()).ok()
        };
        shift().map(day).into()
    }),
    Function::new("months_between", 2, 2, "how many months the second is before the first", |_, args| {
        let between = || {
            let (end, start) = (civil(args)?, civil(args.get(1..)?)?);
            let whole = f64::from(end.year()) * 12.0 + f64::from(end.month()) - f64::from(start.year()) * 12.0 - f64::from(start.month());
            let is_last = |time: &DateTime| time.date() == time.date().last_of_month();
            if end.day() == start.day() || (is_last(&end) && is_last(&start)) {
                return Some(whole);
            }
            let seconds = |time: &DateTime| {
                f64::from(time.day()) * 86_400.0 + f64::from(time.hour()) * 3600.0 + f64::from(time.minute()) * 60.0 + f64::from(time.second())
            };
            Some(((whole + (seconds(&end) - seconds(&start)) / (31.0 * 86_400.0)) * 1e8).round() / 1e8)
        };
        between().into()
    }),
    Function::new("last_day", 1, 1, "the last day of its month", |_, args| civil(args).map(|time| day(time.date().last_of_month())).into()),
    Function::new("make_date", 3, 3, "a day of its year, month and day", |_, args| {
        let make = || {
            let part = |index| whole_at(args, index);
            Date::new(i16::try_from(part(0)?).ok()?, i8::try_from(part(1)?).ok()?, i8::try_from(part(2)?).ok()?).ok()
        };
        make().map(day).into()
    }),
    Function::new("year", 1, 1, "its year", |_, args| part(args, |time| f64::from(time.year()))),
    Function::new("quarter", 1, 1, "its quarter", |_, args| part(args, |time| f64::from((time.month() - 1) / 3 + 1))),
    Function::new("month", 1, 1, "its month", |_, args| part(args, |time| f64::from(time.month()))),
    Function::new("weekofyear", 1, 1, "its week", |_, args| part(args, |time| f64::from(time.date().iso_week_date().week()))),
    Function::new("day", 1, 1, "its day of the month", |_, args| part(args, |time| f64::from(time.day()))),
    Function::new("dayofmonth", 1, 1, "its day of the month", |_, args| part(args, |time| f64::from(time.day()))),
    Function::new("dayofweek", 1, 1, "its day of the week, 1 for Sunday", |_, args| {
        part(args, |time| f64::from(time.weekday().to_sunday_one_offset()))
    }),
    Function::new("weekday", 1, 1, "its day of the week, 0 for Monday", |_, args| {
        part(args, |time| f64::from(time.weekday().to_monday_zero_offset()))
    }),
    Function::new("dayofyear", 1, 1, "its day of the year", |_, args| part(args, |time| f64::from(time.day_of_year()))),
    Function::new("hour", 1, 1, "its hour", |_, args| part(args, |time| f64::from(time.hour()))),
    Function::new("minute", 1, 1, "its minute", |_, args| part(args, |time| f64::from(time.minute()))),
    Function::new("second", 1, 1, "its second", |_, args| part(args, |time| f64::from(time.second()))),
    Function::new("from_utc_timestamp", 2, 2, "a time as clocks of a zone show it", |_, args| shifted(args, true).map(Value::Time).into()),
    Function::new("to_utc_timestamp", 2, 2, "a time that clocks of a zone show, in UTC", |_, args| shifted(args, false).map(Value::Time).into()),
    Function::new("window", 2, 2, "the stretch of that length that a time lies in, with .start and .end", |_, args| window(args).into()),
];

/// Patterns of dates are short.
const LONGEST_PATTERN: usize = 256;
/// Beyond it there is no time.
const END_OF_TIME: f64 = 9.2e18;

/// A text as a time: `2026-11-20`, `2026-11-20 14:02:11.320`, `2026-11-20T14:02:11Z`, `…+01:00`. Without a zone in UTC.
pub fn instant(text: &str) -> Option<i64> {
    let text = text.trim();
    if text.len() > 64 || !text.bytes().next()?.is_ascii_digit() {
        return None;
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time.as_millisecond());
    }
    let civil = text.parse::<DateTime>().ok().or_else(|| Some(text.parse::<Date>().ok()?.to_datetime(jiff::civil::Time::midnight())))?;
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

/// `4 hours`, `30 MINUTE`, `1 day 2 hours`: in milliseconds; months and years have no one length.
pub fn interval(text: &str) -> Option<i64> {
    let mut words = text.split_whitespace();
    let mut total: i64 = 0;
    let mut is_any = false;
    while let Some(number) = words.next() {
        let number: f64 = number.parse().ok().filter(|number: &f64| number.is_finite())?;
        let unit = words.next()?.to_ascii_lowercase();
        let millis = match unit.strip_suffix('s').unwrap_or(&unit) {
            "millisecond" => 1.0,
            "second" => 1000.0,
            "minute" => 60_000.0,
            "hour" => 3_600_000.0,
            "day" => 86_400_000.0,
            "week" => 604_800_000.0,
            _ => return None,
        };
        // What a floating-point number tells exactly.
        total += Some(number * millis).filter(|millis| millis.abs() < 9.0e15)? as i64;
        is_any = true;
        if total.unsigned_abs() > 9_000_000_000_000_000 {
            return None;
        }
    }
    is_any.then_some(total)
}

/// The time that a value is.
pub fn time(value: &Value) -> Option<i64> {
    match value {
        Value::Time(millis) => Some(*millis),
        Value::Text(text) => instant(text),
        _ => None,
    }
}

/// The day of a time, as text.
pub fn date(millis: i64) -> Value {
    zoned(millis).map(|time| day(time.date())).into()
}

fn at(args: &[Value], index: usize) -> Option<i64> {
    time(args.get(index)?)
}

fn zoned(millis: i64) -> Option<Zoned> {
    Some(Timestamp::from_millisecond(millis).ok()?.to_zoned(TimeZone::UTC))
}

fn civil(args: &[Value]) -> Option<DateTime> {
    Some(zoned(at(args, 0)?)?.datetime())
}

fn day(date: Date) -> Value {
    Value::text(date.to_string())
}

fn part(args: &[Value], part: impl Fn(DateTime) -> f64) -> Value {
    civil(args).map(part).into()
}

fn parsed(args: &[Value]) -> Option<i64> {
    if args.len() < 2 {
        return at(args, 0);
    }
    let (text, pattern) = (text_at(args, 0)?, text_at(args, 1).filter(|pattern| pattern.len() <= LONGEST_PATTERN)?);
    java_date::parse(&text, &pattern, &TimeZone::UTC)
}

fn instant_of(args: &[Value], millis: f64) -> Option<Value> {
    number_at(args, 0).map(|number| number * millis).filter(|number| number.abs() < END_OF_TIME).map(|number| Value::Time(number as i64))
}

fn unix(context: &Context, args: &[Value], unit: i64) -> Option<Value> {
    let millis = if args.is_empty() { context.now_ms } else { parsed(args)? };
    Some(Value::number(millis.div_euclid(unit) as f64))
}

fn days(args: &[Value], sign: i64) -> Option<Value> {
    let count = whole_at(args, 1).filter(|count| count.abs() < 3_000_000)?;
    civil(args)?.date().checked_add((sign * count).days()).ok().map(day)
}

/// The beginning of the unit that a time lies in.
fn trunc(unit: Option<std::borrow::Cow<'_, str>>, millis: Option<i64>) -> Option<i64> {
    let (unit, millis) = (unit?.to_ascii_lowercase(), millis?);
    let floor = |length: i64| Some(millis.div_euclid(length) * length);
    let time = zoned(millis)?.datetime();
    let date = match unit.as_str() {
        "millisecond" => return Some(millis),
        "second" => return floor(1000),
        "minute" => return floor(60_000),
        "hour" => return floor(3_600_000),
        "day" | "dd" => return floor(86_400_000),
        "week" => time.date().checked_sub(i64::from(time.weekday().to_monday_zero_offset()).days()).ok()?,
        "month" | "mon" | "mm" => time.date().first_of_month(),
        "quarter" => Date::new(time.year(), (time.month() - 1) / 3 * 3 + 1, 1).ok()?,
        "year" | "yyyy" | "yy" => time.date().first_of_year(),
        _ => return None,
    };
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

fn shifted(args: &[Value], to_zone: bool) -> Option<i64> {
    let millis = at(args, 0)?;
    let name = text_at(args, 1)?;
    let zone = java_date::offset(&name).map(TimeZone::fixed).or_else(|| TimeZone::get(&name).ok())?;
    if to_zone {
        let offset = zone.to_offset(Timestamp::from_millisecond(millis).ok()?);
        return millis.checked_add(i64::from(offset.seconds()) * 1000);
    }
    Some(zoned(millis)?.datetime().to_zoned(zone).ok()?.timestamp().as_millisecond())
}

fn window(args: &[Value]) -> Option<Value> {
    let (millis, length) = (at(args, 0)?, interval(&text_at(args, 1)?).filter(|length| *length > 0)?);
    let start = millis.div_euclid(length).checked_mul(length)?;
    let entry = |name: &str, at: i64| (std::sync::Arc::from(name), Value::Time(at));
    Some(Value::Map([entry("start", start), entry("end", start.checked_add(length)?)].into()))
}

/// A time by a Java pattern; letters that are not known make it missing rather than wrong.
fn formatted(millis: i64, pattern: &str) -> Option<String> {
    if pattern.len() > LONGEST_PATTERN {
        return None;
    }
    let time = zoned(millis)?.datetime();
    let mut out = String::new();
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == '\'' {
            let mut is_empty = true;
            for quoted in letters.by_ref() {
                if quoted == '\'' {
                    break;
                }
                is_empty = false;
                out.push(quoted);
            }
            if is_empty {
                out.push('\'');
            }
            continue;
        }
        if !letter.is_ascii_alphabetic() {
            out.push(letter);
            continue;
        }
        let mut count = 1;
        while letters.next_if_eq(&letter).is_some() {
            count += 1;
        }
        let mut number = |number: i64| out.push_str(&format!("{number:0count$}"));
        match (letter, count) {
            ('y' | 'u', 2) => number(i64::from(time.year()).rem_euclid(100)),
            ('y' | 'u', _) => number(i64::from(time.year())),
            ('M' | 'L', 1 | 2) => number(i64::from(time.month())),
            ('M' | 'L', 3) => out.push_str(&time.strftime("%b").to_string()),
            ('M' | 'L', _) => out.push_str(&time.strftime("%B").to_string()),
            ('d', _) => number(i64::from(time.day())),
            ('D', _) => number(i64::from(time.day_of_year())),
            ('H', _) => number(i64::from(time.hour())),
            ('h', _) => number(i64::from((time.hour() + 11) % 12 + 1)),
            ('m', _) => number(i64::from(time.minute())),
            ('s', _) => number(i64::from(time.second())),
            ('S', _) => out.push_str(format!("{:09}", time.subsec_nanosecond()).get(..count.min(9))?),
            ('E', 1..=3) => out.push_str(&time.strftime("%a").to_string()),
            ('E', _) => out.push_str(&time.strftime("%A").to_string()),
            ('a', _) => out.push_str(if time.hour() < 12 { "AM" } else { "PM" }),
            ('Q' | 'q', 1 | 2) => number(i64::from((time.month() - 1) / 3 + 1)),
            ('X', _) => out.push('Z'),
            ('x', 1) => out.push_str("+00"),
            ('Z', 1..=3) | ('x', 2) => out.push_str("+0000"),
            ('x', _) => out.push_str("+00:00"),
            ('z' | 'V', _) => out.push_str("UTC"),
            _ => return None,
        }
    }
    Some(out)
}
