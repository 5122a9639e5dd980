//! What SQL makes of values: equality with a third answer, order, casts. As in Spark, text is compared with text letter by letter;
//! beside a number, a time or a flag it is read as one.

use std::cmp::Ordering;

use super::ast::Type;
use super::functions::time;
use crate::query::compare::Comparison;
use crate::query::value::Value;

/// Are they equal? None when one is missing, or the text beside a number is none.
pub fn equal(left: &Value, right: &Value) -> Option<bool> {
    if left.is_structure() && right.is_structure() {
        return Some(left.to_json() == right.to_json());
    }
    compared(left, right).map(Ordering::is_eq)
}

/// Which one comes first. None when that cannot be said.
pub fn compared(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        (Value::Time(time), Value::Text(text)) => Some(time.cmp(&time::instant(text)?)),
        (Value::Text(text), Value::Time(time)) => Some(time::instant(text)?.cmp(time)),
        (Value::Flag(flag), Value::Text(text)) => Some(flag.cmp(&word(text)?)),
        (Value::Text(text), Value::Flag(flag)) => Some(word(text)?.cmp(flag)),
        _ => Some(left.numeric()?.cmp(&right.numeric()?)),
    }
}

/// Does the comparison hold? None when that cannot be said.
pub fn holds(how: Comparison, left: &Value, right: &Value) -> Option<bool> {
    match how {
        Comparison::Equal => equal(left, right),
        Comparison::NotEqual => equal(left, right).map(|equal| !equal),
        _ => compared(left, right).map(|order| match how {
            Comparison::Less => order.is_lt(),
            Comparison::AtMost => order.is_le(),
            Comparison::Greater => order.is_gt(),
            _ => order.is_ge(),
        }),
    }
}

/// The order of `ORDER BY`, ascending: what is missing, numbers and times, texts, lists and maps. Total.
pub fn order(left: &Value, right: &Value) -> Ordering {
    let rank = |value: &Value| match value {
        Value::Missing => 0,
        Value::Number(_) | Value::Time(_) | Value::Flag(_) => 1,
        Value::Text(_) => 2,
        Value::List(_) | Value::Map(_) => 3,
    };
    match rank(left).cmp(&rank(right)) {
        Ordering::Equal if rank(left) == 1 => left.numeric().cmp(&right.numeric()),
        Ordering::Equal => left.printed().cmp(&right.printed()),
        other => other,
    }
}

fn word(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "1" => Some(true),
        "false" | "f" | "no" | "n" | "0" => Some(false),
        _ => None,
    }
}

/// Does a condition hold? None when that cannot be said.
pub fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Flag(flag) => Some(*flag),
        Value::Text(text) => word(text),
        other => other.as_number().map(|number| number != 0.0),
    }
}

/// A value as another type; missing when it cannot be one.
pub fn cast(value: &Value, to: Type) -> Value {
    match (to, value) {
        (_, Value::Missing) => Value::Missing,
        (Type::Text, Value::Flag(flag)) => flag.to_string().as_str().into(),
        (Type::Text, other) => Value::text(other.printed()),
        // A moment is a number of seconds.
        (Type::Whole, Value::Time(millis)) => Value::number(millis.div_euclid(1000) as f64),
        (Type::Number, Value::Time(millis)) => Value::number(*millis as f64 / 1000.0),
        (Type::Whole | Type::Number, Value::Text(text)) => {
            let number = Value::text(text.trim()).as_number();
            if to == Type::Whole { number.map(f64::trunc).into() } else { number.into() }
        }
        (Type::Whole, other) => other.as_number().map(f64::trunc).into(),
        (Type::Number, other) => other.as_number().into(),
        (Type::Flag, other) => truth(other).into(),
        (Type::Time, Value::Number(seconds)) => Value::Time((seconds * 1000.0) as i64),
        (Type::Time, other) => time::time(other).map_or(Value::Missing, Value::Time),
        (Type::Date, other) => time::time(other).map_or(Value::Missing, time::date),
    }
}
