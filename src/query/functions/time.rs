//! Functions of time. A time given to one is a [`Value::Time`] or a number of milliseconds; a date written as text is none, as in
//! Logs Insights, where only `parseDate` reads one.

use jiff::fmt::strtime;
use jiff::tz::TimeZone;

use super::super::period::Period;
use super::super::value::Value;
use super::{Function, java_date, number_at, text_at};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        on_event_time: true,
        ..Function::new("bin", 1, 1, "where the period that the event lies in begins, as in bin(5m)", |_, args| cut(args, Period::floor))
    },
    Function::new("datefloor", 2, 2, "where the period that the time lies in begins", |_, args| cut(args, Period::floor)),
    Function::new("dateceil", 2, 2, "where the period that the time lies in ends", |_, args| cut(args, Period::ceil)),
    Function::new("fromMillis", 1, 1, "the time so many milliseconds after 1970", |_, args| time(args).map_or(Value::Missing, Value::Time)),
    Function::new("toMillis", 1, 1, "milliseconds since 1970", |_, args| millis(time(args))),
    Function::new("now", 0, 0, "the time of the query, in seconds since 1970", |context, _| Value::Number(context.now_ms.div_euclid(1000) as f64)),
    Function::new("parseDate", 2, 3, "milliseconds since 1970 of a text, by a Java pattern such as yyyy-MM-dd HH:mm:ss, in a zone", |_, args| {
        millis(parse_date(args))
    }),
    Function::new("formatDate", 2, 3, "a time as text, by a strftime pattern such as %Y-%m-%d %H:%M, in a zone", |_, args| format_date(args).into()),
    Function::new("strftime", 2, 3, "a time as text, by a strftime pattern such as %Y-%m-%d %H:%M, in a zone", |_, args| format_date(args).into()),
    Function::new("queryStartTime", 0, 0, "where the range of the query begins, in milliseconds since 1970", |context, _| {
        millis(Some(context.start_ms))
    }),
    Function::new("queryEndTime", 0, 0, "where the range of the query ends, in milliseconds since 1970", |context, _| millis(Some(context.end_ms))),
    Function::new("queryTimeRange", 0, 0, "the length of the query's range in milliseconds", |context, _| {
        millis(context.end_ms.checked_sub(context.start_ms))
    }),
];

/// Patterns of dates are short; a longer one is a mistake or a trap.
const LONGEST_PATTERN: usize = 256;
/// From here on a number is no time in milliseconds that anything could hold.
const END_OF_TIME: f64 = 9.2e18;

fn millis(millis: Option<i64>) -> Value {
    millis.map(|millis| millis as f64).into()
}

fn time(args: &[Value]) -> Option<i64> {
    match args.first()? {
        Value::Time(millis) => Some(*millis),
        _ => number_at(args, 0).filter(|millis| millis.abs() < END_OF_TIME).map(|millis| millis.floor() as i64),
    }
}

fn cut(args: &[Value], cut: impl Fn(Period, i64) -> Option<i64>) -> Value {
    let cut = || cut(Period::parse(&text_at(args, 1)?)?, time(args)?);
    cut().map_or(Value::Missing, Value::Time)
}

fn zone(args: &[Value]) -> Option<TimeZone> {
    if args.len() < 3 {
        return Some(TimeZone::UTC);
    }
    let name = text_at(args, 2)?;
    java_date::offset(&name).map(TimeZone::fixed).or_else(|| TimeZone::get(&name).ok())
}

fn parse_date(args: &[Value]) -> Option<i64> {
    let (text, pattern) = (text_at(args, 0)?, text_at(args, 1).filter(|pattern| pattern.len() <= LONGEST_PATTERN)?);
    java_date::parse(&text, &pattern, &zone(args)?)
}

fn format_date(args: &[Value]) -> Option<Value> {
    let pattern = text_at(args, 1).filter(|pattern| pattern.len() <= LONGEST_PATTERN)?;
    let zoned = jiff::Timestamp::from_millisecond(time(args)?).ok()?.to_zoned(zone(args)?);
    strtime::format(&*pattern, &zoned).ok().map(Value::text)
}
