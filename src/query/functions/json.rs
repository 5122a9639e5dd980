//! Functions of JSON.

use super::super::compare::equal;
use super::super::value::{LONGEST_TEXT, Value};
use super::{Context, Function, text_at, yes_no};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("jsonParse", 1, 1, "the map or list that the text is; missing when it is none", |_, args| parsed(args).into()),
    Function::new("jsonStringify", 1, 1, "a map or list as text", |context, args| stringify(context, args).into()),
    Function::new("jsonArraySize", 1, 1, "how many elements the list has", |_, args| list(args).map(|list| Value::count(list.len() as u64)).into()),
    Function::new("jsonArrayContains", 2, 2, "is the value an element of the list? 1 or 0", |_, args| {
        list(args).map(|list| yes_no(args.get(1).is_some_and(|value| list.iter().any(|item| equal(item, value) == Some(true))))).into()
    }),
];

/// A structure is taken as it is.
fn parsed(args: &[Value]) -> Option<Value> {
    let value = args.first()?;
    if value.is_structure() {
        return Some(value.clone());
    }
    let text = text_at(args, 0).filter(|text| text.trim_start().starts_with(['{', '[']))?;
    Some(Value::from_json(text.as_bytes())).filter(Value::is_structure)
}

fn list(args: &[Value]) -> Option<std::sync::Arc<[Value]>> {
    match parsed(args)? {
        Value::List(values) => Some(values),
        _ => None,
    }
}

fn stringify(context: &Context, args: &[Value]) -> Option<Value> {
    let value = args.first().filter(|value| value.is_structure())?;
    let json = value.to_json();
    // Half a document is no document: what is too long stays whole, since it was so before.
    if json.len() > LONGEST_TEXT {
        context.note("jsonStringify made texts longer than 1 MiB");
    }
    Some(Value::text(json))
}
