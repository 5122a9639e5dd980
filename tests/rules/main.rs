//! Every rule of the catalogue with events that must fire it and near ones that must not, written by hand from what the rule means
//! (the `.toml` files beside this one). Each case is written as evidence, read into a case as users do, and looked at with the files of
//! the rule in question alone.

#![cfg(test)]

mod records;
mod run;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

/// Of a signal with more records than this only the first are kept.
const KEPT: usize = 200;

/// Ids of the catalogue that have no file of their own: what has them instead, and why.
const ELSEWHERE: [(&str, &str, &str); 3] =
    [("S2", "S1", "weights by the length of the history"), ("S4", "S3", "weights by a match list"), ("P30", "S12", "the same rule of other sets")];

/// The alerting items of the catalogue that need no outside data.
const CATALOGUE: &str = "S1 S2 S3 S4 S5 S6 S7 S8 S9 S10 S11 S12 S14 S17 S19 S20 S22 S25 \
    P1 P2 P3 P4 P5 P6 P7 P8 P9 P10 P11 P12 P13 P15 P16 P17 P18 P19 P20 P21 P23 P24 P25 P26 P27 P28 P29 P30 P32 P33 P34 \
    P36 P37 P38 P39 P40 P41 P42 P43 P44 P50 P51 P52 P53 P54 P55 P56 P57 P58 P59 P60 P61 P62 P63 P65 P66 P67 P68 P69 P73 \
    G1 G2 G3 G4 G5 G6 G7 G8 G9 G10 G11 G12";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Family {
    case: Vec<Case>,
}

/// One case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    rule: String,
    name: String,
    /// Why it must not fire, or why it fires less.
    why: Option<String>,
    records: String,
    /// `ENTITY: RECORD … [@WEIGHT]`
    #[serde(default)]
    fires: Vec<String>,
    /// Match lists.
    #[serde(default)]
    lists: BTreeMap<String, Vec<String>>,
}

/// A signal, as a case expects it and as it was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fired {
    entity: String,
    records: BTreeSet<String>,
    total: u64,
    weight: Option<u8>,
}

impl Fired {
    /// What a case expects. `b` stands for all of `b.1`, `b.2` … .
    fn expected(text: &str, made: &[records::Made]) -> Self {
        let (entity, wanted) = text.split_once(": ").unwrap_or_else(|| panic!("ENTITY: RECORDS, not {text}"));
        let mut fired = Self { entity: spelled_out(entity), records: BTreeSet::new(), total: 0, weight: None };
        for word in wanted.split_whitespace() {
            if let Some(weight) = word.strip_prefix('@') {
                fired.weight = Some(weight.parse().expect("a weight"));
                continue;
            }
            let numbered = format!("{word}.");
            let named: Vec<String> =
                made.iter().map(|made| &made.name).filter(|name| *name == word || name.starts_with(&numbered)).cloned().collect();
            assert!(!named.is_empty(), "{text}: there is no record {word}");
            fired.records.extend(named);
        }
        fired.total = fired.records.len() as u64;
        fired
    }

    /// Is this what was expected? Weight counts when the case names one; of many records some are kept.
    fn is(&self, found: &Self) -> bool {
        let records = if self.records.len() > KEPT { found.records.is_subset(&self.records) } else { found.records == self.records };
        self.entity == found.entity && records && self.total == found.total && self.weight.is_none_or(|weight| Some(weight) == found.weight)
    }
}

/// The people of the cases, as entities.
fn spelled_out(entity: &str) -> String {
    let user = |name: &str| format!("111122223333/user/{name}");
    match entity {
        "alice" | "bob" => user(entity),
        "apikey" => user("BedrockAPIKey-k7dp"),
        "aeakey" => user("AeaApiKey-w3fs"),
        "app" | "worker" => format!("111122223333/role/{entity}"),
        "root" => "root@111122223333".to_owned(),
        "kim" => "host/laptop-1/user/kim".to_owned(),
        other => other.to_owned(),
    }
}

fn folder(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Files of a folder with an ending, by name.
fn files(name: &str, ending: &str) -> Vec<(String, String)> {
    let mut files: Vec<_> = std::fs::read_dir(folder(name))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|found| found == ending))
        .map(|path| (path.file_name().expect("a name").to_string_lossy().into_owned(), std::fs::read_to_string(&path).expect("text")))
        .collect();
    files.sort();
    files
}

fn cases() -> Vec<(String, Case)> {
    let read = |(file, text): (String, String)| {
        let family: Family = toml::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
        family.case.into_iter().map(move |case| (file.clone(), case)).collect::<Vec<_>>()
    };
    files("tests/rules", "toml").into_iter().flat_map(read).collect()
}

/// The ids of the rules that a file holds.
fn ids(text: &str) -> BTreeSet<&str> {
    text.lines().filter_map(|line| line.strip_prefix("    rule: ")).collect()
}

fn number(id: &str) -> (usize, u32) {
    let (letter, digits) = id.split_at(1);
    ("SPG".find(letter).expect("S, P or G"), digits.parse().expect("a number"))
}

#[test]
fn each_case_fires_what_it_must_and_nothing_else() {
    let mut wrong = Vec::new();
    for (file, case) in cases() {
        let made = records::make(&case.records);
        let mut expected: Vec<Fired> = case.fires.iter().map(|text| Fired::expected(text, &made)).collect();
        assert!(case.why.is_some() || !expected.is_empty(), "{file}: {} “{}”: a near-miss says why", case.rule, case.name);
        let mut unexpected = Vec::new();
        for found in run::fired(&case.rule, &made, &case.lists) {
            match expected.iter().position(|expected| expected.is(&found)) {
                Some(at) => drop(expected.remove(at)),
                None => unexpected.push(found),
            }
        }
        if !expected.is_empty() || !unexpected.is_empty() {
            wrong.push(format!("{file}: {} “{}”\n    missing: {expected:?}\n    unexpected: {unexpected:?}", case.rule, case.name));
        }
    }
    assert!(wrong.is_empty(), "{} cases differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn each_rule_has_a_case_and_near_misses() {
    let mut seen: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (_, case) in cases() {
        let counts = seen.entry(case.rule).or_default();
        if case.fires.is_empty() { counts.1 += 1 } else { counts.0 += 1 }
    }
    for (file, text) in files("rules", "yml") {
        let ids = ids(&text);
        assert!(!ids.is_empty(), "{file} holds no rule of the catalogue");
        for id in ids {
            let (fires, misses) = seen.get(id).copied().unwrap_or_default();
            assert!(fires >= 1 && misses >= 2, "{file}: {id} has {fires} cases that fire and {misses} near-misses");
            let begin = format!("{}{:02}_", id.to_lowercase().chars().next().expect("a letter"), number(id).1);
            assert!(file.starts_with(&begin), "{file} holds {id}: its name begins with {begin}");
        }
    }
}

#[test]
fn the_catalogue_is_complete_and_stands_in_the_frameworks() {
    let files = files("rules", "yml");
    let have: BTreeSet<&str> = files.iter().flat_map(|(_, text)| ids(text)).collect();
    let wanted: BTreeSet<&str> = CATALOGUE.split_whitespace().collect();
    let elsewhere: BTreeMap<&str, &str> = ELSEWHERE.iter().map(|(id, rule, _)| (*id, *rule)).collect();
    let held: BTreeSet<&str> = wanted.iter().map(|id| elsewhere.get(id).copied().unwrap_or(id)).collect();
    assert_eq!(have, held);
    let frameworks: toml::Table = toml::from_str(&std::fs::read_to_string(folder("rules/frameworks.toml")).expect("text")).expect("TOML");
    let placed: BTreeSet<&str> = frameworks["rule"].as_table().expect("a table").keys().map(String::as_str).collect();
    assert_eq!(placed, have);
    // What was renumbered stands under both numbers.
    for (id, entry) in frameworks["rule"].as_table().expect("a table") {
        assert!(entry["tactics"].as_array().is_some_and(|tactics| !tactics.is_empty()), "{id} has no tactic");
        let attack = entry.get("attack").and_then(toml::Value::as_array).cloned().unwrap_or_default();
        let of = |version: &str| {
            attack
                .iter()
                .filter(|place| place["version"].as_str() == Some(version))
                .map(|place| place["id"].as_str().expect("text").to_owned())
                .collect::<Vec<_>>()
        };
        let renumbered = |id: String| match id.as_str() {
            "T1562.001" => "T1685".to_owned(),
            "T1562.008" => "T1685.002".to_owned(),
            _ => id,
        };
        assert_eq!(of("v18").into_iter().map(renumbered).collect::<Vec<_>>(), of("v19"), "{id}");
    }
}
