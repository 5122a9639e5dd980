//! A look at a record's bytes before it is read as JSON: can a condition hold at all? What a field has to be equal to or to contain
//! stands in the record as it is written, unless letters are spelled as `\u0041`. A no is certain; a yes means that the record has to be read.

use memchr::memmem::{self, Finder};

use super::expr::Node;
use super::field::{Base, System};
use crate::model::text_from_bytes;
use crate::query::compare::{Comparison, Likeness};
use crate::query::ql::ast::Step;
use crate::query::value::Value;

/// What must be so of a record for which conditions hold.
pub(super) struct Screen(Vec<Test>);

/// One of the conditions.
struct Test {
    /// The fields that it looks at. It says nothing about events of which one of them is not read from the record.
    slots: Vec<usize>,
    what: What,
}

enum What {
    /// The whole record is like this, or is not.
    Like(Likeness, bool),
    /// One of these stands in it.
    Has(Vec<Finder<'static>>),
}

impl Screen {
    /// Of conditions that all have to hold.
    pub(super) fn of(conditions: &[&Node], bases: &[(usize, Base)]) -> Self {
        let mut tests = Vec::new();
        for node in conditions {
            tests.extend(test(node, bases));
        }
        Self(tests)
    }

    /// May the conditions hold for a record? `is_read` says which fields are read from it.
    pub(super) fn may_hold(&self, record: &[u8], is_read: &dyn Fn(usize) -> bool, is_given_up: &dyn Fn() -> bool) -> bool {
        let mut spells = None;
        self.0.iter().all(|test| {
            !test.slots.iter().all(|slot| is_read(*slot))
                || match &test.what {
                    What::Like(likeness, negated) => likeness.finds(&text_from_bytes(record), is_given_up) != *negated,
                    What::Has(any) => any.iter().any(|text| text.find(record).is_some()) || *spells.get_or_insert_with(|| spells_letters(record)),
                }
        })
    }
}

fn test(node: &Node, bases: &[(usize, Base)]) -> Option<Test> {
    if let Node::Like(field, likeness, negated) = node
        && let Node::Slot(slot) = **field
        && base(bases, slot)? == &Base::System(System::Message)
    {
        return Some(Test { slots: vec![slot], what: What::Like(likeness.clone(), *negated) });
    }
    let (mut slots, mut any) = (Vec::new(), Vec::new());
    needed(node, bases, &mut slots, &mut any)?;
    Some(Test { slots, what: What::Has(any.into_iter().map(|text| Finder::new(&text).into_owned()).collect()) })
}

fn base(bases: &[(usize, Base)], slot: usize) -> Option<&Base> {
    bases.iter().find(|(known, _)| *known == slot).map(|(_, base)| base)
}

/// Texts of which one stands in each record for which the condition holds. None when there are no such texts.
fn needed(node: &Node, bases: &[(usize, Base)], slots: &mut Vec<usize>, any: &mut Vec<String>) -> Option<()> {
    match node {
        Node::Or(all) => all.iter().try_for_each(|one| needed(one, bases, slots, any)),
        // One of them is enough to go by: the one that says most.
        Node::And(all) => {
            let found = all.iter().filter_map(|one| {
                let (mut slots, mut any) = (Vec::new(), Vec::new());
                needed(one, bases, &mut slots, &mut any).map(|()| (slots, any))
            });
            let (more, texts) = found.max_by_key(|(_, any)| any.iter().map(String::len).min())?;
            slots.extend(more);
            any.extend(texts);
            Some(())
        }
        Node::Compare(Comparison::Equal, one, other) | Node::Holds(Comparison::Equal, one, other) => {
            let (Node::Slot(slot), Node::Const(value)) = (match (&**one, &**other) {
                (Node::Const(_), _) => (&**other, &**one),
                both => both,
            }) else {
                return None;
            };
            // What looks like a number or a flag has other spellings.
            let Value::Text(text) = value else { return None };
            if value.numeric().is_some() {
                return None;
            }
            add(*slot, text, bases, slots, any)
        }
        Node::Like(field, Likeness::Contains(finder), false) => match **field {
            Node::Slot(slot) => add(slot, std::str::from_utf8(finder.needle()).ok()?, bases, slots, any),
            _ => None,
        },
        Node::Among(field, set, false) => match **field {
            Node::Slot(slot) => set.texts()?.into_iter().try_for_each(|text| add(slot, text, bases, slots, any)),
            _ => None,
        },
        _ => None,
    }
}

fn add(slot: usize, text: &str, bases: &[(usize, Base)], slots: &mut Vec<usize>, any: &mut Vec<String>) -> Option<()> {
    if !matches!(base(bases, slot)?, Base::Known(..) | Base::Path(_)) {
        return None;
    }
    // A word for a flag is equal to one, and the search for a letter or two finds every record.
    let piece = as_written(text).filter(|piece| piece.len() > 2)?;
    any.push(piece.to_owned());
    slots.push(slot);
    Some(())
}

/// The longest piece of a text that is written as it is.
fn as_written(text: &str) -> Option<&str> {
    let is_plain = |character: char| (' '..='~').contains(&character) && !matches!(character, '"' | '\\' | '/');
    text.split(|character| !is_plain(character)).max_by_key(|piece| piece.len())
}

/// What stands in every record that has something at a path: the end of the last key that is no number. It may have dots of its own, and
/// numbers behind them.
pub(super) fn key_of(steps: &[Step]) -> Option<Finder<'static>> {
    let is_number = |step: &Step| match step {
        Step::Member(name) => name.parse::<usize>().is_ok(),
        Step::Index(_) => true,
    };
    let at = steps.iter().rposition(|step| !is_number(step))?;
    let Some(Step::Member(last)) = steps.get(at) else { return None };
    let quote = if at + 1 == steps.len() { "\"" } else { "" };
    (as_written(last)? == last).then(|| Finder::new(&format!("{last}{quote}")).into_owned())
}

/// Are characters of the record spelled as `\u0041`?
pub(super) fn spells_letters(record: &[u8]) -> bool {
    memmem::find(record, b"\\u").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::json::Tape;
    use crate::query::functions::Context;
    use crate::query::run::path;

    fn path_of(name: &str) -> Base {
        Base::Path(name.split('.').map(|part| Step::Member(part.to_owned())).collect())
    }

    fn like(text: &str, negated: bool) -> Node {
        Node::Like(Box::new(Node::Slot(0)), Likeness::contains(text), negated)
    }

    fn is(slot: usize, value: impl Into<Value>) -> Node {
        Node::Compare(Comparison::Equal, Box::new(Node::Slot(slot)), Box::new(Node::Const(value.into())))
    }

    const RECORDS: [&str; 8] = [
        r#"{"a":{"b":"Root user"}}"#,
        r#"{"a":{"b":"\u0052oot user"}}"#,
        r#"{"a":{"b":"Ro\ot user"}}"#,
        r#"{"a":{"b":"say \"Root\" now"},"c":"x/y"}"#,
        r#"{"a.b":"Root","c":"x\/yes"}"#,
        r#"{"a":{"b":["Root"]},"c":12}"#,
        r#"{"a":{"b":4.0},"c":"12"}"#,
        r#"{"a":{"x":"Root"}"#,
    ];

    /// What the conditions say of the records read as JSON, and what the look at their bytes says.
    fn both(nodes: &[Node]) -> (Vec<bool>, Vec<bool>) {
        let bases = [(0, path_of("a.b")), (1, path_of("c"))];
        let screen = Screen::of(&nodes.iter().collect::<Vec<_>>(), &bases);
        let context = Context::new(0, 0, 0);
        let of = |record: &str| {
            let tape = Tape::of(record.as_bytes());
            let values: Vec<Value> = bases
                .iter()
                .map(|(_, base)| match base {
                    Base::Path(steps) => path::at(tape.root(record.as_bytes()), steps),
                    _ => Value::Missing,
                })
                .collect();
            (nodes.iter().all(|node| node.holds(&values, &context)), screen.may_hold(record.as_bytes(), &|_| true, &|| false))
        };
        RECORDS.iter().map(|record| of(record)).unzip()
    }

    /// The numbers of those for which it is so.
    fn numbers(are: &[bool]) -> Vec<usize> {
        are.iter().enumerate().filter(|(_, is)| **is).map(|(at, _)| at).collect()
    }

    #[test]
    fn what_holds_is_never_ruled_out_and_what_is_not_there_is() {
        for (nodes, hold, may) in [
            (vec![like("Root", false)], vec![0, 1, 3, 4], vec![0, 1, 3, 4, 5, 7]),
            (vec![is(0, "Root")], vec![4], vec![0, 1, 3, 4, 5, 7]),
            // The longest piece between signs that may be escaped.
            (vec![is(0, "say \"Root\" now")], vec![3], vec![1, 3]),
            (vec![is(1, "x/yes")], vec![4], vec![1, 4]),
            // Numbers have many spellings.
            (vec![is(0, 4.0)], vec![6], vec![0, 1, 2, 3, 4, 5, 6, 7]),
            (vec![is(1, "12")], vec![5, 6], vec![0, 1, 2, 3, 4, 5, 6, 7]),
            // A denial needs the record.
            (vec![like("Root", true)], vec![2, 6], vec![0, 1, 2, 3, 4, 5, 6, 7]),
            (vec![Node::Or(vec![is(0, "Root"), is(1, "x/yes")])], vec![4], vec![0, 1, 3, 4, 5, 7]),
            (vec![Node::Or(vec![is(0, "Root"), is(1, 12.0)])], vec![4, 5, 6], vec![0, 1, 2, 3, 4, 5, 6, 7]),
            // Of several that have to hold the one with the longest text is looked for, …
            (vec![Node::And(vec![is(0, "Root"), is(1, "x/yes")])], vec![4], vec![0, 1, 3, 4, 5, 7]),
            // … unless each is a condition of its own.
            (vec![is(0, "Root"), is(1, "x/yes")], vec![4], vec![1, 4]),
        ] {
            let (holds, may_hold) = both(&nodes);
            assert_eq!((numbers(&holds), numbers(&may_hold)), (hold, may), "{nodes:?}");
        }
    }

    #[test]
    fn a_field_that_is_a_column_is_not_looked_for_in_the_record() {
        let screen = Screen::of(&[&is(0, "Root")], &[(0, path_of("a"))]);
        assert!(screen.may_hold(b"{}", &|_| false, &|| false));
        assert!(!screen.may_hold(b"{}", &|_| true, &|| false));
    }

    #[test]
    fn keys_by_which_a_path_is_ruled_out() {
        let steps = |path: &str| path.split('.').map(|part| Step::Member(part.to_owned())).collect::<Vec<_>>();
        for (path, key) in [("a.b", Some("b\"")), ("a.0", Some("a")), ("0", None), ("a.b\"c", None), ("a.ü", None)] {
            let found = key_of(&steps(path));
            assert_eq!(found.as_ref().map(Finder::needle), key.map(str::as_bytes), "{path}");
        }
    }
}
