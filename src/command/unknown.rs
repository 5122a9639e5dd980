//! Words of a scope that nothing in the case answers to: an empty answer says which, and what may be meant.

use super::failure::Failure;
use crate::case::Reader;
use crate::model::{SafeText, Scope, Secrets};

/// How like a value has to be to be offered.
const LIKE: f64 = 0.85;
/// Values that are offered.
const OFFERED: usize = 3;

/// Says on stderr which entities of a scope the case does not know. For answers that are empty: the values have to be listed.
pub fn say(reader: &mut Reader, scope: &Scope, secrets: Secrets) -> Result<(), Failure> {
    for entity in &scope.entities {
        let known = reader.values(entity.kind)?;
        if known.iter().any(|row| row.value == entity.value) {
            continue;
        }
        let values: Vec<&str> = known.iter().map(|row| &*row.value).collect();
        let meant: Vec<String> = meant(&entity.value, &values).into_iter().map(|value| secrets.text(value).into_owned()).collect();
        let kind = entity.kind;
        let hint = match meant.as_slice() {
            [] => format!("`outcrop pivot {kind}` lists what there is"),
            [values @ .., last] if !values.is_empty() => format!("did you mean {} or {last}?", values.join(", ")),
            values => format!("did you mean {}?", values.join("")),
        };
        let said = format!("outcrop: no {kind} {} in the case; {hint}", secrets.text(&entity.value));
        eprintln!("{}", SafeText::new(&said));
    }
    Ok(())
}

/// The values that a word may stand for, best first: the word in other letters, as a part, or misspelt.
fn meant<'a>(word: &str, values: &[&'a str]) -> Vec<&'a str> {
    let word = word.to_lowercase();
    let having = |fits: &dyn Fn(&str) -> bool| values.iter().copied().filter(|value| fits(&value.to_lowercase())).take(OFFERED).collect::<Vec<_>>();
    let same = having(&|value| value == word);
    if !same.is_empty() || word.is_empty() {
        return same;
    }
    let part = having(&|value| value.contains(&word));
    if !part.is_empty() {
        return part;
    }
    // Of a name with its account and path the last part is what people type.
    let likeness = |value: &str| {
        let value = value.to_lowercase();
        let last = value.rsplit_once('/').map_or(value.as_str(), |(_, last)| last);
        strsim::jaro_winkler(&value, &word).max(strsim::jaro_winkler(last, &word))
    };
    let mut like: Vec<(f64, &str)> = values.iter().map(|value| (likeness(value), *value)).filter(|(likeness, _)| *likeness >= LIKE).collect();
    like.sort_by(|one, other| other.0.total_cmp(&one.0));
    like.into_iter().take(OFFERED).map(|(_, value)| value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_what_may_be_meant() {
        let values = ["111122223333/user/svc-ml-reporting", "111122223333/role/acme-support", "AKIAIOSFODNN7EXAMPLE", "anthropic.claude-opus-4"];
        for (word, expected) in [
            ("svc-ml-reporting", &["111122223333/user/svc-ml-reporting"][..]),
            ("akiaiosfodnn7example", &["AKIAIOSFODNN7EXAMPLE"]),
            ("opus", &["anthropic.claude-opus-4"]),
            ("acme-suport", &["111122223333/role/acme-support"]),
            ("1111", &["111122223333/user/svc-ml-reporting", "111122223333/role/acme-support"]),
            ("NONE", &[]),
            ("", &[]),
        ] {
            assert_eq!(meant(word, &values), expected, "{word}");
        }
    }
}
