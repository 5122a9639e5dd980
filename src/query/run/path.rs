//! Paths into a record: members with dots, elements by number, and keys that have dots of their own.

use crate::decode::json::{Kind, Value as Json};
use crate::query::ql::ast::Step;
use crate::query::value::Value;

/// At most so many ways are tried where keys have dots.
const MOST_TRIES: usize = 256;

/// The value at a path; missing when there is none or it is `null`. `true` and `false` are text.
pub(super) fn at(root: Json<'_>, steps: &[Step]) -> Value {
    let mut tries = MOST_TRIES;
    find(root, steps, &mut tries).map_or(Value::Missing, |found| Value::of_json(found).taken_out())
}

fn find<'r>(value: Json<'r>, steps: &[Step], tries: &mut usize) -> Option<Json<'r>> {
    let Some((first, rest)) = steps.split_first() else { return value.is_some().then_some(value) };
    *tries = tries.checked_sub(1)?;
    match (first, value.kind()) {
        (Step::Index(index), Kind::Array) => find(value.item(*index as usize), rest, tries),
        (Step::Member(name), Kind::Array) => find(value.item(name.parse().ok()?), rest, tries),
        (Step::Member(name), Kind::Object) => {
            if let Some(found) = find(value.get(name), rest, tries) {
                return Some(found);
            }
            // `attributes.gen_ai.system`: the key itself has dots.
            let mut key = name.clone();
            for (count, step) in rest.iter().enumerate() {
                let Step::Member(more) = step else { break };
                key.push('.');
                key.push_str(more);
                let inner = value.get(&key);
                if inner.is_some() {
                    let left = rest.get(count + 1..).unwrap_or_default();
                    if let Some(found) = find(inner, left, tries) {
                        return Some(found);
                    }
                }
            }
            None
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::json::Tape;

    #[test]
    fn paths() {
        let record = br#"{"a":{"b.c":{"d":1},"b":{"x":true,"n":null}},"l":[{"k":"v"},2],"e.f":"dots","deep":{"t":"\ud800"}}"#;
        let tape = Tape::of(record);
        for (path, expected) in [
            ("a.b.c.d", "1"),
            ("a.b.x", "true"),
            ("a.b.n", ""),
            ("a.b.y", ""),
            ("l.0.k", "v"),
            ("l.1", "2"),
            ("l.2", ""),
            ("l.x", ""),
            ("e.f", "dots"),
            ("a.b.c", "{\"d\":1}"),
            ("", ""),
        ] {
            let steps: Vec<Step> = path.split('.').map(|step| Step::Member(step.to_owned())).collect();
            assert_eq!(at(tape.root(record), &steps).to_string(), expected, "{path}");
        }
    }
}
