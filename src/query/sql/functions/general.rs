//! Functions that choose, ask and convert.

use super::super::super::compare::is_true;
use super::super::super::functions::{ANY, Function, number_at};
use super::super::super::value::Value;
use super::super::ast::Type;
use super::super::{cast, equal};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("coalesce", 1, ANY, "the first value that is there", |_, args| args.iter().find(|value| !value.is_missing()).cloned().into()),
    Function::new("ifnull", 2, 2, "the second when the first is missing", |_, args| args.iter().find(|value| !value.is_missing()).cloned().into()),
    Function::new("nvl", 2, 2, "the second when the first is missing", |_, args| args.iter().find(|value| !value.is_missing()).cloned().into()),
    Function::new("nvl2", 3, 3, "the second when the first is there, else the third", |_, args| {
        args.get(if args.first().is_some_and(Value::is_missing) { 2 } else { 1 }).cloned().into()
    }),
    Function::new("nullif", 2, 2, "missing when both are equal, else the first", |_, args| match args {
        [one, other] if equal(one, other) == Some(true) => Value::Missing,
        [one, ..] => one.clone(),
        [] => Value::Missing,
    }),
    Function::new("if", 3, 3, "the second when the first holds, else the third", |_, args| {
        args.get(if args.first().is_some_and(is_true) { 1 } else { 2 }).cloned().into()
    }),
    Function::new("iff", 3, 3, "the second when the first holds, else the third", |_, args| {
        args.get(if args.first().is_some_and(is_true) { 1 } else { 2 }).cloned().into()
    }),
    Function::new("isnull", 1, 1, "is it missing?", |_, args| Value::Flag(args.first().is_none_or(Value::is_missing))),
    Function::new("isnotnull", 1, 1, "is it there?", |_, args| Value::Flag(args.first().is_some_and(|value| !value.is_missing()))),
    Function::new("isnan", 1, 1, "is it no number that can be computed with? There are none here", |_, _| Value::Flag(false)),
    Function::new("nanvl", 2, 2, "the first, which is never a NaN here", |_, args| args.first().cloned().into()),
    Function::new("equal_null", 2, 2, "are both equal, or both missing?", |_, args| match args {
        [one, other] => Value::Flag(equal(one, other).unwrap_or(one.is_missing() && other.is_missing())),
        _ => Value::Missing,
    }),
    Function::new("typeof", 1, 1, "what kind of value it is", |_, args| {
        args.first()
            .map(|value| match value {
                Value::Missing => "void",
                Value::Text(_) => "string",
                Value::Number(number) if number.fract() == 0.0 => "bigint",
                Value::Number(_) => "double",
                Value::Flag(_) => "boolean",
                Value::Time(_) => "timestamp",
                Value::List(_) => "array",
                Value::Map(_) => "map",
            })
            .into()
    }),
    Function::new("bigint", 1, 1, "as a whole number", |_, args| cast(args.first().unwrap_or(&Value::Missing), Type::Whole)),
    Function::new("int", 1, 1, "as a whole number", |_, args| cast(args.first().unwrap_or(&Value::Missing), Type::Whole)),
    Function::new("double", 1, 1, "as a number", |_, args| cast(args.first().unwrap_or(&Value::Missing), Type::Number)),
    Function::new("float", 1, 1, "as a number", |_, args| cast(args.first().unwrap_or(&Value::Missing), Type::Number)),
    Function::new("decimal", 1, 1, "as a number", |_, args| cast(args.first().unwrap_or(&Value::Missing), Type::Number)),
    Function::new("string", 1, 1, "as text", |_, args| cast(args.first().unwrap_or(&Value::Missing), Type::Text)),
    Function::new("binary", 1, 1, "as text", |_, args| cast(args.first().unwrap_or(&Value::Missing), Type::Text)),
    Function::new("boolean", 1, 1, "as true or false", |_, args| cast(args.first().unwrap_or(&Value::Missing), Type::Flag)),
    Function::new("try_divide", 2, 2, "divided; missing by zero", |_, args| {
        number_at(args, 0).zip(number_at(args, 1)).map(|(one, other)| one / other).into()
    }),
];
