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

/// Tactics of ATT&CK by their numbers, as they were before v19, and of ATLAS (<https://attack.mitre.org/tactics>,
/// <https://atlas.mitre.org/tactics>).
const TACTICS: [(&str, &str); 29] = [
    ("TA0043", "Reconnaissance"),
    ("TA0042", "Resource Development"),
    ("TA0001", "Initial Access"),
    ("TA0002", "Execution"),
    ("TA0003", "Persistence"),
    ("TA0004", "Privilege Escalation"),
    ("TA0005", "Defense Evasion"),
    ("TA0006", "Credential Access"),
    ("TA0007", "Discovery"),
    ("TA0008", "Lateral Movement"),
    ("TA0009", "Collection"),
    ("TA0011", "Command and Control"),
    ("TA0010", "Exfiltration"),
    ("TA0040", "Impact"),
    ("AML.TA0000", "AI Model Access"),
    ("AML.TA0001", "AI Attack Staging"),
    ("AML.TA0002", "Reconnaissance"),
    ("AML.TA0003", "Resource Development"),
    ("AML.TA0004", "Initial Access"),
    ("AML.TA0005", "Execution"),
    ("AML.TA0006", "Persistence"),
    ("AML.TA0007", "Defense Evasion"),
    ("AML.TA0008", "Discovery"),
    ("AML.TA0009", "Collection"),
    ("AML.TA0010", "Exfiltration"),
    ("AML.TA0011", "Impact"),
    ("AML.TA0012", "Privilege Escalation"),
    ("AML.TA0013", "Credential Access"),
    ("AML.TA0014", "Command and Control"),
];

/// The name of a tactic with its id: `Impact (TA0040)`; the id alone of one that is not known.
pub(super) fn tactic_in_words(id: &str) -> String {
    let name = TACTICS.iter().find(|(known, _)| *known == id).map(|(_, name)| name);
    name.map_or_else(|| id.to_owned(), |name| format!("{name} ({id})"))
}

/// The id of a tactic that a tag names, by its number or in words. Tactics are counted as they were before v19, which split "defense
/// evasion" into "stealth", which kept the number, and "defense impairment", TA0112.
fn tactic(tag: &str) -> Option<String> {
    if let Some(number) = tag.strip_prefix("ta").filter(|number| number.len() == 4 && number.bytes().all(|byte| byte.is_ascii_digit())) {
        return Some(if number == "0112" { "TA0005".to_owned() } else { format!("TA{number}") });
    }
    let words = match tag {
        "defense-impairment" | "stealth" => "defense evasion".to_owned(),
        _ => tag.replace('-', " "),
    };
    let mut of_attack = TACTICS.iter().filter(|(id, _)| id.starts_with("TA"));
    of_attack.find(|(_, name)| name.eq_ignore_ascii_case(&words)).map(|(id, _)| (*id).to_owned())
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
            ("command-and-control", Some("TA0011")),
            ("ai-model-access", None),
            ("ta00071", None),
            ("s0154", None),
        ] {
            assert_eq!(tactic(tag).as_deref(), expected, "{tag}");
        }
    }

    #[test]
    fn tactics_have_names() {
        assert_eq!(["TA0040", "AML.TA0012", "TA9999"].map(tactic_in_words), ["Impact (TA0040)", "Privilege Escalation (AML.TA0012)", "TA9999"]);
    }
}
