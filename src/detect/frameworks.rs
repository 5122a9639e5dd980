//! Where rules stand in ATT&CK, ATLAS and OWASP: data, never text in a rule (docs/RULES.md).

use std::collections::HashMap;

use serde::Deserialize;

use super::rule::Rule;
use crate::model::Framework;

#[derive(Default, Deserialize)]
struct File {
    #[serde(default)]
    rule: HashMap<String, Entry>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(default)]
    tactics: Vec<String>,
    #[serde(default)]
    attack: Vec<Place>,
    #[serde(default)]
    atlas: Vec<Place>,
    #[serde(default)]
    owasp: Vec<Place>,
}

#[derive(Deserialize)]
struct Place {
    version: String,
    id: String,
}

/// Frameworks of rules by their ids.
#[derive(Default)]
pub(super) struct Frameworks {
    rules: HashMap<String, Entry>,
}

impl Frameworks {
    /// Adds a file; what it says of a rule takes the place of what was said before.
    pub(super) fn add_file(&mut self, text: &str) -> Result<(), String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        self.rules.extend(file.rule);
        Ok(())
    }

    /// Gives a rule its places: those of the files, else those that its tags name.
    pub(super) fn give(&self, rule: &mut Rule) {
        if let Some(entry) = self.rules.get(&rule.id) {
            let named = [("ATT&CK", &entry.attack), ("ATLAS", &entry.atlas), ("OWASP LLM", &entry.owasp)];
            let places = named.into_iter().flat_map(|(name, places)| places.iter().map(move |place| (name, place)));
            rule.frameworks =
                places.map(|(name, place)| Framework { name: name.to_owned(), version: place.version.clone(), id: place.id.clone() }).collect();
            rule.tactics.clone_from(&entry.tactics);
            return;
        }
        for tag in &rule.tags {
            let Some((space, id)) = tag.split_once('.') else { continue };
            let framework = |name: &str, id: String| Framework { name: name.to_owned(), version: String::new(), id };
            let is_number = |prefix: char| id.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
            match space {
                "attack" if is_number('t') => rule.frameworks.push(framework("ATT&CK", id.to_uppercase())),
                "attack" => {
                    let tactic = tactic(&id.replace('_', "-"));
                    rule.tactics.extend(tactic.filter(|tactic| !rule.tactics.contains(tactic)));
                }
                "atlas" => rule.frameworks.push(framework("ATLAS", id.to_uppercase())),
                _ => {}
            }
        }
    }
}

/// The id of a tactic that a tag names, by its number or in words. Tactics are counted as they were before v19, which split "defense
/// evasion" into "stealth", which kept the number, and "defense impairment", TA0112.
fn tactic(name: &str) -> Option<String> {
    if let Some(number) = name.strip_prefix("ta").filter(|number| number.len() == 4 && number.bytes().all(|byte| byte.is_ascii_digit())) {
        return Some(if number == "0112" { "TA0005".to_owned() } else { format!("TA{number}") });
    }
    let id = match name {
        "reconnaissance" => "TA0043",
        "resource-development" => "TA0042",
        "initial-access" => "TA0001",
        "execution" => "TA0002",
        "persistence" => "TA0003",
        "privilege-escalation" => "TA0004",
        "defense-evasion" | "defense-impairment" | "stealth" => "TA0005",
        "credential-access" => "TA0006",
        "discovery" => "TA0007",
        "lateral-movement" => "TA0008",
        "collection" => "TA0009",
        "command-and-control" => "TA0011",
        "exfiltration" => "TA0010",
        "impact" => "TA0040",
        _ => return None,
    };
    Some(id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_names_of_what_was_split_are_one_tactic() {
        for (tag, expected) in [
            ("defense-evasion", Some("TA0005")),
            ("defense-impairment", Some("TA0005")),
            ("stealth", Some("TA0005")),
            ("ta0112", Some("TA0005")),
            ("ta0007", Some("TA0007")),
            ("lateral-movement", Some("TA0008")),
            ("ta00071", None),
            ("s0154", None),
        ] {
            assert_eq!(tactic(tag).as_deref(), expected, "{tag}");
        }
    }
}
