//! Two readings of the library that would find nothing in prompts: its wildcards stop at a line break, and `'|all'` of words without a field
//! compares whole values. Both are written anew in what it parsed, before it compiles them.

use rsigma_parser::ast::{Detection, DetectionItem, FieldSpec, Modifier};
use rsigma_parser::{SigmaRule, SigmaString, SigmaValue, SpecialChar, StringPart};

/// Modifiers beside which values may have wildcards.
const BESIDE: [Modifier; 6] = [Modifier::Contains, Modifier::StartsWith, Modifier::EndsWith, Modifier::All, Modifier::Cased, Modifier::Neq];

/// The rule with wildcards that stand for any text, and words that are searched for.
pub(super) fn widened(rule: &SigmaRule) -> SigmaRule {
    let mut rule = rule.clone();
    rule.detection.named.values_mut().for_each(widen);
    rule
}

fn widen(detection: &mut Detection) {
    match detection {
        Detection::AllOf(items) => items.iter_mut().for_each(widen_item),
        Detection::AnyOf(parts) => parts.iter_mut().for_each(widen),
        Detection::Keywords(values) if values.iter().any(has_wildcard) => {
            let (wild, plain): (Vec<SigmaValue>, Vec<SigmaValue>) = std::mem::take(values).into_iter().partition(has_wildcard);
            let mut item = DetectionItem { field: FieldSpec::new(None, vec![Modifier::Contains]), values: wild };
            widen_item(&mut item);
            let mut ways = vec![Detection::AllOf(vec![item])];
            if !plain.is_empty() {
                ways.push(Detection::Keywords(plain));
            }
            *detection = Detection::AnyOf(ways);
        }
        _ => {}
    }
}

fn widen_item(item: &mut DetectionItem) {
    let modifiers = &mut item.field.modifiers;
    let is_search =
        modifiers.iter().any(|modifier| matches!(modifier, Modifier::Contains | Modifier::StartsWith | Modifier::EndsWith | Modifier::Re));
    if item.field.name.is_none() && modifiers.contains(&Modifier::All) && !is_search {
        modifiers.insert(0, Modifier::Contains);
    }
    let are_texts = item.values.iter().all(|value| matches!(value, SigmaValue::String(_)));
    if !are_texts || !item.values.iter().any(has_wildcard) || !modifiers.iter().all(|modifier| BESIDE.contains(modifier)) {
        return;
    }
    let has = |wanted| modifiers.contains(&wanted);
    let (contains, cased) = (has(Modifier::Contains), has(Modifier::Cased));
    let (open_before, open_behind) = (contains || has(Modifier::EndsWith), contains || has(Modifier::StartsWith));
    for value in &mut item.values {
        if let SigmaValue::String(text) = value {
            let pattern = pattern(&text.parts, open_before, open_behind);
            *value = SigmaValue::String(SigmaString { parts: vec![StringPart::Plain(pattern.clone())], original: pattern });
        }
    }
    modifiers.retain(|modifier| matches!(modifier, Modifier::All | Modifier::Neq));
    modifiers.extend([Modifier::Re, Modifier::DotAll]);
    if !cased {
        modifiers.push(Modifier::IgnoreCase);
    }
}

fn has_wildcard(value: &SigmaValue) -> bool {
    matches!(value, SigmaValue::String(text) if text.contains_wildcards())
}

/// An expression for a text with wildcards.
fn pattern(parts: &[StringPart], open_before: bool, open_behind: bool) -> String {
    let part = |part: &StringPart| match part {
        StringPart::Plain(text) => regex::escape(text),
        StringPart::Special(SpecialChar::WildcardMulti) => ".*".to_owned(),
        StringPart::Special(SpecialChar::WildcardSingle) => ".".to_owned(),
    };
    let inside: String = parts.iter().map(part).collect();
    format!("{}{inside}{}", if open_before { "" } else { "^" }, if open_behind { "" } else { "$" })
}

#[cfg(test)]
mod tests {
    use super::super::{Body, Look, Selector, read};
    use crate::detect::sigma::Field;

    struct Event(&'static str);

    impl Look for Event {
        fn field(&self, name: &str) -> Option<Field> {
            let object = Field::Map(vec![
                ("b".to_owned(), Field::Text("x \"y\"".to_owned())),
                ("a".to_owned(), Field::List(vec![Field::Whole(1), Field::Null])),
            ]);
            match name {
                "f" => Some(Field::Text(self.0.to_owned())),
                "object" => Some(object),
                _ => None,
            }
        }

        fn any_text(&self, each: &dyn Fn(&str) -> bool) -> bool {
            each("userIdentity") || each(self.0)
        }
    }

    fn selector(detection: &str) -> Selector {
        let text = format!("title: T\nlogsource: {{product: aws}}\ndetection:\n  s: {detection}\n  condition: s\n");
        let (documents, wrongs) = read(&text);
        assert!(wrongs.is_empty(), "{wrongs:?}");
        match documents.into_iter().next().map(|document| document.body) {
            Some(Body::Plain(plain)) => plain.selector(&[]).expect(detection),
            _ => panic!("{detection} is no rule"),
        }
    }

    #[test]
    fn wildcards_stand_for_any_text_and_words_are_searched_for() {
        for (detection, text, expected) in [
            ("{f: '*b*d*'}", "a\nB\r\nc\nd", true),
            ("{f: 'a*d'}", "a\nb\nd", true),
            ("{f: 'a*d'}", "a\nb\nd\n", false),
            ("{f: 'a?d'}", "a\nd", true),
            ("{f: 'a?d'}", "a\n\nd", false),
            (r"{f: 'a\*d'}", "a*d", true),
            (r"{f: 'a\*d'}", "abd", false),
            ("{f: ['x', 'a*.d']}", "a\n.D", true),
            ("{f: ['x', 'a*.d']}", "X", true),
            ("{f: ['x', 'a*.d']}", "xa", false),
            ("{f|cased: 'A*'}", "a\nb", false),
            ("{f|startswith: 'a*c'}", "a\nb\nc and d", true),
            ("{f|startswith: 'a*c'}", "so a\nc", false),
            ("{f|endswith: 'a*c'}", "so a\nc", true),
            ("{f|contains: 'a*c'}", "so a\nc and d", true),
            ("{f|contains|all: ['a*b', 'c']}", "c, a\nb", true),
            ("{f|contains|all: ['a*b', 'c']}", "a\nb", false),
            ("{f|re: '^a.*d$'}", "a\nd", false),
            ("['one*two', three]", "one\ntwo", true),
            ("['one*two', three]", "so Three of us", true),
            ("['one*two', three]", "two, one", false),
            ("{'|all': [one, two]}", "two of\none", true),
            ("{'|all': [one, two]}", "one", false),
            ("{'|all': ['o?e', 'tw*f']}", "two of\none", true),
            // An object is compared as its JSON, in the order in which it was logged.
            ("{object|contains: ',\"a\":[1,null]}'}", "", true),
            (r#"{object|re: '^\{"b":"x \\"y\\"",'}"#, "", true),
            ("{object|exists: true}", "", true),
        ] {
            let selector = selector(detection);
            let leaves = selector.leaves();
            let found = selector.holds(&mut |at| leaves.get(at).map(|leaf| leaf.holds(&Event(text))));
            assert_eq!(found, Some(expected), "{detection} of {text:?}");
        }
    }
}
