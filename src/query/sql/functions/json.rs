//! Functions of JSON.

use super::super::super::functions::{Context, Function, text_at};
use super::super::super::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("get_json_object", 2, 2, "what stands at a path of JSON: '$.a.b[0]', '$.list[*].name'", |_, args| at(args).into()),
    Function::new("from_json", 1, 3, "JSON as map or list; all of it, whatever the schema says", |_, args| match args.first() {
        Some(Value::Text(text)) => Value::from_json(text.as_bytes()),
        Some(other) => other.clone(),
        None => Value::Missing,
    }),
    Function::new("to_json", 1, 2, "a map or list as JSON", |context, args| match args.first() {
        None | Some(Value::Missing) => Value::Missing,
        Some(value) => bounded(context, &value.to_json()),
    }),
    Function::new("json_array_length", 1, 1, "how many elements a list in JSON has", |_, args| match whole(args) {
        Some(Value::List(values)) => Value::count(values.len() as u64),
        _ => Value::Missing,
    }),
    Function::new("json_object_keys", 1, 1, "the keys of an object in JSON", |_, args| match whole(args) {
        Some(Value::Map(entries)) => Value::list(entries.iter().map(|(key, _)| Value::Text(std::sync::Arc::clone(key)))),
        _ => Value::Missing,
    }),
];

fn bounded(context: &Context, text: &str) -> Value {
    let mut out = String::new();
    context.append(&mut out, text);
    Value::text(out)
}

fn whole(args: &[Value]) -> Option<Value> {
    match args.first()? {
        Value::Text(text) => Some(Value::from_json(text.as_bytes())),
        other => Some(other.clone()),
    }
}

/// As Hive and Spark do it: a text without its quotes, all else as JSON, and no value for what is not there.
fn at(args: &[Value]) -> Option<Value> {
    let path = text_at(args, 1)?;
    let mut rest = path.strip_prefix('$')?;
    let mut found = vec![whole(args)?];
    let mut is_many = false;
    while !rest.is_empty() {
        let (key, after) = step(rest)?;
        found = match key {
            Key::Name(name) => found.iter().map(|value| inner(value, &name)).collect(),
            Key::Index(index) => found
                .iter()
                .map(|value| if let Value::List(values) = value { values.get(index).cloned().unwrap_or_default() } else { Value::Missing })
                .collect(),
            Key::All => {
                is_many = true;
                found.iter().flat_map(|value| if let Value::List(values) = value { values.to_vec() } else { Vec::new() }).collect()
            }
        };
        found.retain(|value| !value.is_missing());
        rest = after;
    }
    match (is_many, found.as_slice()) {
        (_, []) => None,
        (true, many @ [_, _, ..]) => Some(Value::text(Value::list(many.to_vec()).to_json())),
        (_, [Value::Text(text), ..]) => Some(Value::Text(std::sync::Arc::clone(text))),
        (_, [one, ..]) => Some(Value::text(one.to_json())),
    }
}

/// A member as it stands in the document, so that `true` stays what it is.
fn inner(value: &Value, name: &str) -> Value {
    match value {
        Value::Map(entries) => entries.iter().find(|(key, _)| &**key == name).map(|(_, value)| value.clone()).into(),
        _ => Value::Missing,
    }
}

enum Key {
    Name(String),
    Index(usize),
    All,
}

fn step(path: &str) -> Option<(Key, &str)> {
    if let Some(rest) = path.strip_prefix('.') {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, rest) = rest.split_at_checked(end)?;
        return (!name.is_empty()).then(|| (if name == "*" { Key::All } else { Key::Name(name.to_owned()) }, rest));
    }
    let (inside, rest) = path.strip_prefix('[')?.split_once(']')?;
    let key = match inside.trim() {
        "*" => Key::All,
        inside => match inside.parse() {
            Ok(index) => Key::Index(index),
            Err(_) => Key::Name(inside.strip_prefix('\'')?.strip_suffix('\'')?.to_owned()),
        },
    };
    Some((key, rest))
}
