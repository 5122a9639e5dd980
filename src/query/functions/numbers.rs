//! Functions of numbers, and arithmetic.

use super::super::value::Value;
use super::{ANY, Function, number_at, or_default, whole_at};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("abs", 1, 1, "the value without its sign", |_, args| by(args, f64::abs)),
    Function::new("ceil", 1, 1, "the smallest whole number that is not less", |_, args| by(args, f64::ceil)),
    Function::new("floor", 1, 1, "the largest whole number that is not greater", |_, args| by(args, f64::floor)),
    Function::new("greatest", 1, ANY, "the largest of the numbers", |_, args| extreme(args, f64::max)),
    Function::new("least", 1, ANY, "the smallest of the numbers", |_, args| extreme(args, f64::min)),
    Function::new("log", 1, 1, "the natural logarithm", |_, args| by(args, f64::ln)),
    Function::new("round", 1, 2, "rounded to so many decimals, halves away from zero", |_, args| round(args).into()),
    Function::new("sqrt", 1, 1, "the square root", |_, args| by(args, f64::sqrt)),
    Function::new("haversine", 4, 4, "kilometres between two places given as latitude and longitude", |_, args| haversine(args).into()),
    Function::new("toNumber", 1, 1, "as a number; missing when it is none", |_, args| by(args, |number| number)),
    Function::new("toDouble", 1, 1, "as a number; missing when it is none", |_, args| by(args, |number| number)),
    Function::new("toInt", 1, 1, "as a whole number, its fraction cut off; missing when it is none", |_, args| by(args, f64::trunc)),
    Function::new("toLong", 1, 1, "as a whole number, its fraction cut off; missing when it is none", |_, args| by(args, f64::trunc)),
    Function::new("histogram", 2, 2, "in a by: where the number's bucket of that width begins", |_, args| bucket(args).into()),
];

fn by(args: &[Value], compute: impl Fn(f64) -> f64) -> Value {
    number_at(args, 0).map(compute).into()
}

/// As in arithmetic, one argument that is no number leaves nothing to say.
fn extreme(args: &[Value], better: impl Fn(f64, f64) -> f64) -> Value {
    let numbers: Option<Vec<f64>> = args.iter().map(Value::as_number).collect();
    numbers.unwrap_or_default().into_iter().reduce(better).into()
}

fn round(args: &[Value]) -> Option<f64> {
    let (number, decimals) = (number_at(args, 0)?, or_default(args, 1, 0, whole_at)?);
    let factor = 10_f64.powi(decimals.clamp(-300, 300) as i32);
    let rounded = if decimals < 0 {
        (number * factor).round() * 10_f64.powi(decimals.clamp(-300, 0).unsigned_abs() as i32)
    } else {
        (number * factor).round() / factor
    };
    // Beyond the precision of the number there is nothing to round.
    Some(if rounded.is_finite() { rounded } else { number })
}

/// The mean radius of the earth.
const EARTH_KM: f64 = 6371.0088;

fn haversine(args: &[Value]) -> Option<f64> {
    let at = |index| number_at(args, index);
    let (lat1, lon1, lat2, lon2) = (at(0)?, at(1)?, at(2)?, at(3)?);
    if lat1.abs() > 90.0 || lat2.abs() > 90.0 || lon1.abs() > 180.0 || lon2.abs() > 180.0 {
        return None;
    }
    let half = |from: f64, to: f64| ((to - from).to_radians() / 2.0).sin().powi(2);
    let chord = half(lat1, lat2) + lat1.to_radians().cos() * lat2.to_radians().cos() * half(lon1, lon2);
    Some(2.0 * EARTH_KM * chord.sqrt().min(1.0).asin())
}

fn bucket(args: &[Value]) -> Option<f64> {
    let (number, width) = (number_at(args, 0)?, number_at(args, 1).filter(|width| *width > 0.0)?);
    Some((number / width).floor() * width)
}

/// An operator of arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Times,
    /// `/`
    Divide,
    /// `%`: the remainder has the sign of the left side.
    Remainder,
    /// `^`
    Power,
}

impl Operator {
    /// The result; missing when a side is no number, or the result is none (`x / 0`).
    pub fn apply(self, left: &Value, right: &Value) -> Value {
        let (Some(left), Some(right)) = (left.as_number(), right.as_number()) else { return Value::Missing };
        Value::number(match self {
            Self::Plus => left + right,
            Self::Minus => left - right,
            Self::Times => left * right,
            Self::Divide => left / right,
            Self::Remainder => left % right,
            Self::Power => left.powf(right),
        })
    }
}

/// `-value`
pub fn negated(value: &Value) -> Value {
    value.as_number().map(|number| -number).into()
}
