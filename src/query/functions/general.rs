//! Functions that choose and ask.

use super::super::compare::is_true;
use super::super::value::Value;
use super::{ANY, Function, is_missing_at, text_at};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("isPresent", 1, 1, "does the event have the field?", |_, args| Value::Flag(!is_missing_at(args, 0))),
    Function::new("coalesce", 1, ANY, "the first value that is there", |_, args| args.iter().find(|value| !value.is_missing()).cloned().into()),
    Function::new("if", 3, 3, "the second value if the condition holds, else the third", |_, args| choose(args)),
    Function::new("case", 2, 21, "the value after the first condition that holds, else the last one, if it stands alone", |_, args| choose(args)),
    Function::new("isNumeric", 1, 1, "is it a number, or does it look like one?", |_, args| {
        Value::Flag(args.first().is_some_and(|value| value.as_number().is_some()))
    }),
    Function::new("messageSize", 1, 1, "the length of the text in bytes", |_, args| size(args).into()),
    Function::new("unmask", 1, 1, "the value itself: what was masked at AWS is masked in the evidence", |_, args| args.first().cloned().into()),
];

/// Conditions and values in turn.
fn choose(args: &[Value]) -> Value {
    for pair in args.chunks(2) {
        match pair {
            [condition, value] if is_true(condition) => return value.clone(),
            [otherwise] => return otherwise.clone(),
            _ => {}
        }
    }
    Value::Missing
}

fn size(args: &[Value]) -> Option<Value> {
    Some(Value::count(text_at(args, 0)?.len() as u64))
}
