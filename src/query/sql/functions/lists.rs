//! Functions of lists. A text that is a list in JSON is taken for one: discovered fields hold lists as text.

use std::sync::Arc;

use super::super::super::functions::{ANY, Context, Function, text_at, whole_at};
use super::super::super::value::{LONGEST_LIST, Value};
use super::super::{equal, order};
use super::all_there;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("array", 0, ANY, "a list of these", |_, args| Value::list(args.to_vec())),
    Function::new("size", 1, 1, "how many elements it has; -1 when it is missing", |_, args| size(args)),
    Function::new("cardinality", 1, 1, "how many elements it has; -1 when it is missing", |_, args| size(args)),
    Function::new("array_size", 1, 1, "how many elements it has", |_, args| list(args, 0).map(|list| Value::count(list.len() as u64)).into()),
    Function::new("array_contains", 2, 2, "is the value an element of it?", |_, args| contains(args).into()),
    Function::new("array_position", 2, 2, "the number of the element, from 1; 0 when it is not there", |_, args| {
        let find = || {
            Some(list(args, 0)?.iter().position(|one| equal(one, args.get(1).unwrap_or(&Value::Missing)) == Some(true)).map_or(0, |at| at as u64 + 1))
        };
        find().map(Value::count).into()
    }),
    Function::new("array_distinct", 1, 1, "each element once", |_, args| list(args, 0).map(|list| distinct(list.iter())).into()),
    Function::new("array_union", 2, 2, "the elements of both, each once", |_, args| both(args, |one, other| distinct(one.iter().chain(other)))),
    Function::new("array_intersect", 2, 2, "the elements that both have", |_, args| {
        both(args, |one, other| distinct(one.iter().filter(|value| has(other, value))))
    }),
    Function::new("array_except", 2, 2, "the elements that the second does not have", |_, args| {
        both(args, |one, other| distinct(one.iter().filter(|value| !has(other, value))))
    }),
    Function::new("arrays_overlap", 2, 2, "have they an element in common?", |_, args| {
        both(args, |one, other| Value::Flag(one.iter().any(|value| !value.is_missing() && has(other, value))))
    }),
    Function::new("array_remove", 2, 2, "without that element", |_, args| {
        let gone = args.get(1).cloned().unwrap_or_default();
        list(args, 0).map(|list| Value::list(list.iter().filter(|value| equal(value, &gone) != Some(true)).cloned())).into()
    }),
    Function::new("array_join", 2, 3, "its elements as text with a delimiter between them", |context, args| join(context, args).into()),
    Function::new("array_max", 1, 1, "the largest element", |_, args| extreme(args, true).into()),
    Function::new("array_min", 1, 1, "the smallest element", |_, args| extreme(args, false).into()),
    Function::new("array_sort", 1, 1, "in order", |_, args| sorted(args, true).into()),
    Function::new("sort_array", 1, 2, "in order, or in the opposite one", |_, args| {
        sorted(args, args.get(1).is_none_or(super::super::super::compare::is_true)).into()
    }),
    Function::new("element_at", 2, 2, "the element of that number from 1, from the end when negative; of a map the value of a key", |_, args| {
        element(args).into()
    }),
    Function::new("get", 2, 2, "the element of that number, from 0", |_, args| {
        let found = || list(args, 0)?.get(usize::try_from(whole_at(args, 1)?).ok()?).cloned();
        found().into()
    }),
    Function::new("slice", 3, 3, "so many elements from a position on", |_, args| slice(args).into()),
    Function::new("flatten", 1, 1, "the elements of its lists", |_, args| {
        let inner = |value: &Value| if let Value::List(values) = value { values.to_vec() } else { vec![value.clone()] };
        list(args, 0).map(|list| Value::list(list.iter().flat_map(inner).take(LONGEST_LIST))).into()
    }),
    Function::new("sequence", 2, 3, "the numbers from one to another", |_, args| sequence(args).into()),
    Function::new("map_keys", 1, 1, "the keys of a map", |_, args| match args.first() {
        Some(Value::Map(entries)) => Value::list(entries.iter().map(|(key, _)| Value::Text(Arc::clone(key)))),
        _ => Value::Missing,
    }),
    Function::new("map_values", 1, 1, "the values of a map", |_, args| match args.first() {
        Some(Value::Map(entries)) => Value::list(entries.iter().map(|(_, value)| value.clone())),
        _ => Value::Missing,
    }),
];

fn list(args: &[Value], index: usize) -> Option<Arc<[Value]>> {
    match args.get(index)? {
        Value::List(values) => Some(Arc::clone(values)),
        Value::Text(text) if text.starts_with('[') => match Value::from_json(text.as_bytes()) {
            Value::List(values) => Some(values),
            _ => None,
        },
        _ => None,
    }
}

/// Lists one behind the other.
pub(super) fn joined(context: &Context, args: &[Value]) -> Value {
    let all: Vec<Value> = args.iter().enumerate().filter_map(|(at, _)| list(args, at)).flat_map(|list| list.to_vec()).collect();
    if all.len() > LONGEST_LIST {
        context.note("a list that a function made was cut at 10,000 elements");
    }
    Value::list(all.into_iter().take(LONGEST_LIST))
}

fn size(args: &[Value]) -> Value {
    match (args.first(), list(args, 0)) {
        (_, Some(list)) => Value::count(list.len() as u64),
        (Some(Value::Map(entries)), _) => Value::count(entries.len() as u64),
        (Some(Value::Missing), _) => Value::Number(-1.0),
        _ => Value::Missing,
    }
}

fn has(list: &[Value], value: &Value) -> bool {
    list.iter().any(|one| equal(one, value) == Some(true))
}

fn contains(args: &[Value]) -> Option<Value> {
    let (list, value) = (list(args, 0)?, args.get(1).filter(|value| !value.is_missing())?);
    match (has(&list, value), list.iter().any(Value::is_missing)) {
        (false, true) => None,
        (found, _) => Some(Value::Flag(found)),
    }
}

fn distinct<'v>(values: impl Iterator<Item = &'v Value>) -> Value {
    let mut seen = hashbrown::HashSet::new();
    Value::list(values.take(LONGEST_LIST).filter(|value| seen.insert(value.to_json())).cloned())
}

fn both(args: &[Value], compute: impl Fn(&[Value], &[Value]) -> Value) -> Value {
    list(args, 0)
        .zip(list(args, 1))
        .filter(|(one, other)| one.len().saturating_mul(other.len()) <= 1_000_000)
        .map(|(one, other)| compute(&one, &other))
        .into()
}

fn join(context: &Context, args: &[Value]) -> Option<Value> {
    let (list, between) = (list(args, 0)?, text_at(args, 1)?);
    let instead = text_at(args, 2);
    let mut text = String::new();
    let pieces = list.iter().filter_map(|value| value.as_text().or_else(|| instead.clone()));
    for (at, piece) in pieces.enumerate() {
        if at > 0 {
            context.append(&mut text, &between);
        }
        context.append(&mut text, &piece);
    }
    Some(Value::text(text))
}

fn extreme(args: &[Value], largest: bool) -> Option<Value> {
    let list = list(args, 0)?;
    let there = list.iter().filter(|value| !value.is_missing());
    if largest { there.max_by(|one, other| order(one, other)) } else { there.min_by(|one, other| order(one, other)) }.cloned()
}

fn sorted(args: &[Value], ascending: bool) -> Option<Value> {
    let mut values = list(args, 0)?.to_vec();
    values.sort_by(|one, other| if ascending { order(one, other) } else { order(other, one) });
    Some(Value::list(values))
}

fn element(args: &[Value]) -> Option<Value> {
    if let Some(map @ Value::Map(_)) = args.first() {
        return Some(map.member(&text_at(args, 1)?));
    }
    let (list, number) = (list(args, 0)?, whole_at(args, 1)?);
    let at = if number > 0 { usize::try_from(number - 1).ok()? } else { list.len().checked_sub(usize::try_from(number.unsigned_abs()).ok()?)? };
    list.get(at).map(Value::taken_out)
}

fn slice(args: &[Value]) -> Option<Value> {
    all_there(args)?;
    let (list, from, length) = (list(args, 0)?, whole_at(args, 1)?, usize::try_from(whole_at(args, 2)?).ok()?);
    let start = if from > 0 { usize::try_from(from - 1).ok()? } else { list.len().checked_sub(usize::try_from(from.unsigned_abs()).ok()?)? };
    (from != 0).then(|| Value::list(list.iter().skip(start).take(length).cloned()))
}

fn sequence(args: &[Value]) -> Option<Value> {
    let (from, to) = (whole_at(args, 0)?, whole_at(args, 1)?);
    let step = if args.len() > 2 {
        whole_at(args, 2)?
    } else if from <= to {
        1
    } else {
        -1
    };
    if step == 0 || (to > from && step < 0) || (to < from && step > 0) {
        return None;
    }
    let mut values = Vec::new();
    let mut at = from;
    while values.len() < LONGEST_LIST && ((step > 0 && at <= to) || (step < 0 && at >= to)) {
        values.push(Value::number(at as f64));
        at = at.checked_add(step)?;
    }
    Some(Value::list(values))
}
