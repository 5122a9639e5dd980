//! Functions of numbers.

use super::super::super::functions::{ANY, Function, number_at, whole_at};
use super::super::super::value::Value;
use super::super::order;

const fn of(name: &'static str, doc: &'static str, call: fn(&super::super::super::functions::Context, &[Value]) -> Value) -> Function {
    Function::new(name, 1, 1, doc, call)
}

pub(super) const FUNCTIONS: &[Function] = &[
    of("abs", "without its sign", |_, args| by(args, f64::abs)),
    Function::new("ceil", 1, 2, "the next whole number above", |_, args| to_digits(args, f64::ceil).into()),
    Function::new("ceiling", 1, 2, "the next whole number above", |_, args| to_digits(args, f64::ceil).into()),
    Function::new("floor", 1, 2, "the next whole number below", |_, args| to_digits(args, f64::floor).into()),
    Function::new("round", 1, 2, "rounded to so many decimals, halves away from zero", |_, args| to_digits(args, f64::round).into()),
    Function::new("bround", 1, 2, "rounded to so many decimals, halves to the even digit", |_, args| to_digits(args, f64::round_ties_even).into()),
    of("sqrt", "the square root", |_, args| by(args, f64::sqrt)),
    of("cbrt", "the cube root", |_, args| by(args, f64::cbrt)),
    of("exp", "e to this power", |_, args| by(args, f64::exp)),
    of("expm1", "e to this power, less one", |_, args| by(args, f64::exp_m1)),
    of("ln", "the natural logarithm", |_, args| by(args, f64::ln)),
    Function::new("log", 1, 2, "the natural logarithm, or that to the first number as its base", |_, args| match number_at(args, 1) {
        Some(number) => number_at(args, 0).map(|base| number.ln() / base.ln()).into(),
        None if args.len() > 1 => Value::Missing,
        None => by(args, f64::ln),
    }),
    of("log10", "the logarithm to base 10", |_, args| by(args, f64::log10)),
    of("log2", "the logarithm to base 2", |_, args| by(args, f64::log2)),
    of("log1p", "the natural logarithm of one more", |_, args| by(args, f64::ln_1p)),
    Function::new("pow", 2, 2, "to a power", |_, args| two(args, f64::powf)),
    Function::new("power", 2, 2, "to a power", |_, args| two(args, f64::powf)),
    Function::new("mod", 2, 2, "the remainder, with the sign of the first", |_, args| two(args, |one, other| one % other)),
    Function::new("pmod", 2, 2, "the remainder, never negative", |_, args| two(args, f64::rem_euclid)),
    of("sign", "-1, 0 or 1", |_, args| by(args, sign)),
    of("signum", "-1, 0 or 1", |_, args| by(args, sign)),
    of("negative", "with the other sign", |_, args| by(args, |number| -number)),
    of("positive", "as it is", |_, args| by(args, |number| number)),
    Function::new("greatest", 2, ANY, "the largest that is there", |_, args| extreme(args, true)),
    Function::new("least", 2, ANY, "the smallest that is there", |_, args| extreme(args, false)),
    of("sin", "the sine", |_, args| by(args, f64::sin)),
    of("cos", "the cosine", |_, args| by(args, f64::cos)),
    of("tan", "the tangent", |_, args| by(args, f64::tan)),
    of("cot", "the cotangent", |_, args| by(args, |number| 1.0 / number.tan())),
    of("asin", "the inverse sine", |_, args| by(args, f64::asin)),
    of("acos", "the inverse cosine", |_, args| by(args, f64::acos)),
    of("atan", "the inverse tangent", |_, args| by(args, f64::atan)),
    Function::new("atan2", 2, 2, "the angle to a point", |_, args| two(args, f64::atan2)),
    of("sinh", "the hyperbolic sine", |_, args| by(args, f64::sinh)),
    of("cosh", "the hyperbolic cosine", |_, args| by(args, f64::cosh)),
    of("tanh", "the hyperbolic tangent", |_, args| by(args, f64::tanh)),
    of("degrees", "radians in degrees", |_, args| by(args, f64::to_degrees)),
    of("radians", "degrees in radians", |_, args| by(args, f64::to_radians)),
    Function::new("hypot", 2, 2, "the distance from the origin", |_, args| two(args, f64::hypot)),
    Function::new("pi", 0, 0, "pi", |_, _| Value::Number(std::f64::consts::PI)),
    Function::new("e", 0, 0, "e", |_, _| Value::Number(std::f64::consts::E)),
    Function::new("width_bucket", 4, 4, "which of so many equal ranges between two numbers it lies in", |_, args| bucket(args).into()),
];

fn by(args: &[Value], compute: impl Fn(f64) -> f64) -> Value {
    number_at(args, 0).map(compute).into()
}

fn two(args: &[Value], compute: impl Fn(f64, f64) -> f64) -> Value {
    number_at(args, 0).zip(number_at(args, 1)).map(|(one, other)| compute(one, other)).into()
}

fn sign(number: f64) -> f64 {
    if number == 0.0 { 0.0 } else { number.signum() }
}

fn to_digits(args: &[Value], compute: impl Fn(f64) -> f64) -> Option<f64> {
    let number = number_at(args, 0)?;
    let digits = if args.len() > 1 { whole_at(args, 1)?.clamp(-15, 15) } else { 0 };
    let scale = 10_f64.powi(i32::try_from(digits).ok()?);
    let scaled = number * scale;
    Some(if scaled.is_finite() { compute(scaled) / scale } else { number })
}

fn extreme(args: &[Value], largest: bool) -> Value {
    let there = args.iter().filter(|value| !value.is_missing());
    let best = if largest { there.max_by(|one, other| order(one, other)) } else { there.min_by(|one, other| order(one, other)) };
    best.cloned().into()
}

fn bucket(args: &[Value]) -> Option<f64> {
    let (number, low, high, count) = (number_at(args, 0)?, number_at(args, 1)?, number_at(args, 2)?, number_at(args, 3)?);
    if count < 1.0 || low >= high {
        return None;
    }
    Some(if number < low {
        0.0
    } else if number >= high {
        count + 1.0
    } else {
        ((number - low) * count / (high - low)).floor() + 1.0
    })
}
