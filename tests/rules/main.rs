//! Every rule of the catalogue with events that must fire it and near ones that must not, written by hand from what the rule means
//! (the `.toml` files beside this one). Each case is written as evidence, read into a case as users do, and looked at with the files of
//! the rule in question alone. `RULE=S7 cargo test --test rules` tries one rule.

#![cfg(test)]

mod demo;
mod records;
mod run;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

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
    /// Words of the list of the rule, with weights, over those that are built in.
    #[serde(default)]
    weights: BTreeMap<String, u32>,
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
    let only = std::env::var("RULE").ok();
    let read = |(file, text): (String, String)| {
        let family: Family = toml::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
        family.case.into_iter().map(move |case| (file.clone(), case)).collect::<Vec<_>>()
    };
    let wanted = |(_, case): &(String, Case)| only.as_ref().is_none_or(|rule| *rule == case.rule);
    files("tests/rules", "toml").into_iter().flat_map(read).filter(wanted).collect()
}

/// The ids of the rules that a file holds.
fn ids(text: &str) -> BTreeSet<&str> {
    text.lines().filter_map(|line| line.strip_prefix("    rule: ")).collect()
}

fn number(id: &str) -> (usize, u32) {
    let (letter, digits) = id.split_at(1);
    ("SPG".find(letter).expect("S, P or G"), digits.parse().expect("a number"))
}

macro_rules! families {
    ($($name:ident)+) => {
        const FAMILIES: &[&str] = &[$(concat!(stringify!($name), ".toml")),+];
        $(
            #[test]
            fn $name() {
                each_case_fires_what_it_must_and_nothing_else(concat!(stringify!($name), ".toml"));
            }
        )+
    };
}

families! { access agents content defences gaps seed }

fn each_case_fires_what_it_must_and_nothing_else(family: &str) {
    let mut wrong = Vec::new();
    for (_, case) in cases().into_iter().filter(|(file, _)| file == family) {
        let made = records::make(&case.records);
        let mut expected: Vec<Fired> = case.fires.iter().map(|text| Fired::expected(text, &made)).collect();
        assert!(case.why.is_some() || !expected.is_empty(), "{} “{}”: a near-miss says why", case.rule, case.name);
        let mut unexpected = Vec::new();
        for found in run::fired(&case.rule, &made, &case.lists, &case.weights) {
            match expected.iter().position(|expected| expected.is(&found)) {
                Some(at) => drop(expected.remove(at)),
                None => unexpected.push(found),
            }
        }
        if !expected.is_empty() || !unexpected.is_empty() {
            wrong.push(format!("{} “{}”\n    missing: {expected:?}\n    unexpected: {unexpected:?}", case.rule, case.name));
        }
    }
    assert!(wrong.is_empty(), "{} cases differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// A change after which a record must not count any more: of another service, of another name, failed, refused no longer.
struct Twist {
    /// Does it change this record?
    changes: fn(&Value) -> bool,
    apply: fn(&mut Value),
    /// Rules to which it makes no difference, and why.
    exempt: &'static [(&'static str, &'static str)],
}

macro_rules! twists {
    ($($name:ident $twist:expr;)+) => {
        $(
            #[test]
            fn $name() {
                a_twisted_record_does_not_count(&$twist);
            }
        )+
    };
}

twists! {
    records_of_another_service_do_not_count Twist {
        changes: |_| true,
        apply: |json| json["eventSource"] = Value::from("elsewhere.amazonaws.com"),
        exempt: &[
            ("P12 P13", "any use of an API key"),
            ("P18 P44", "other services are what they are about"),
            ("P19 G6", "the names of the calls are Bedrock's own"),
            ("P25", "refused reads of any service"),
        ],
    };
    calls_of_another_name_do_not_count Twist {
        changes: |_| true,
        apply: |json| json["eventName"] = Value::from("SomethingElse"),
        exempt: &[
            ("S3 S6", "any call of Bedrock"),
            ("P12 P13", "any use of an API key"),
            ("P18 P44", "any call outside"),
            ("P26 P27", "any call of Bedrock is a step"),
            ("G9", "any change of Bedrock"),
        ],
    };
    failed_calls_do_not_count Twist {
        changes: |_| true,
        apply: |json| json["errorCode"] = Value::from("ThrottlingException"),
        exempt: &[
            ("S1 S3 S5 S6 P8", "an attempt is a look as well"),
            ("P5 P10 P11 P12 P13 P18 P19 P73 G8", "a key that is used is used, whatever comes of it"),
            ("P20 P21 G3 G9", "what is new is new, whatever comes of it"),
            ("P26 P27", "a key that is known to be leaked"),
            ("G12", "failing is what it is about"),
        ],
    };
    calls_that_went_through_are_no_refusals Twist {
        changes: |json| json.get("errorCode").is_some(),
        apply: |json| drop(json.as_object_mut().expect("a record").remove("errorCode")),
        exempt: &[
            ("S1 P8 P11 P18 P19 G8", "any outcome counts"),
            ("S11 S12 P32", "a removal is another signal of the same rule"),
        ],
    };
}

fn a_twisted_record_does_not_count(twist: &Twist) {
    let exempt: BTreeSet<&str> = twist.exempt.iter().flat_map(|(rules, _)| rules.split(' ')).collect();
    for (file, case) in cases().into_iter().filter(|(_, case)| !case.fires.is_empty() && !exempt.contains(case.rule.as_str())) {
        let expected: BTreeSet<String> = {
            let made = records::make(&case.records);
            case.fires.iter().flat_map(|text| Fired::expected(text, &made).records).collect()
        };
        let stems: BTreeSet<&str> = expected.iter().map(|name| name.split('.').next().expect("a name")).collect();
        for stem in stems {
            let mut made = records::make(&case.records);
            let is_it =
                |made: &records::Made| made.name.split('.').next() == Some(stem) && made.log == records::Log::Trail && (twist.changes)(&made.json);
            let twisted: Vec<String> = made.iter().filter(|made| is_it(made)).map(|made| made.name.clone()).collect();
            made.iter_mut().filter(|made| is_it(made)).for_each(|made| (twist.apply)(&mut made.json));
            if twisted.is_empty() {
                continue;
            }
            for found in run::fired(&case.rule, &made, &case.lists, &case.weights) {
                let counted: Vec<&String> = twisted.iter().filter(|name| found.records.contains(*name)).collect();
                assert!(counted.is_empty(), "{file}: {} “{}”: {counted:?} still count", case.rule, case.name);
            }
        }
    }
}

#[test]
fn each_rule_has_a_case_and_near_misses() {
    assert_eq!(files("tests/rules", "toml").iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), FAMILIES);
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

/// Each list that a rule names is there, with a word on what it is for; and each one there is named. Those of people and places are
/// empty, those of words are not.
#[test]
fn every_match_list_is_there() {
    let named: BTreeSet<String> = files("rules", "yml")
        .iter()
        .flat_map(|(_, text)| {
            text.split("    match-list:\n").skip(1).map(|behind| behind.lines().next().expect("a list").trim().to_owned()).collect::<Vec<_>>()
        })
        .map(|line| line.split(':').next().expect("a name").to_owned())
        .collect();
    let words =
        files("rules", "yml").iter().filter_map(|(_, text)| Some(text.split_once("    words: {list: ")?.1.split_once(',')?.0.to_owned())).collect();
    let (mut empty, mut filled) = (BTreeSet::new(), BTreeSet::new());
    for (file, text) in files("lists", "toml") {
        let list: toml::Table = toml::from_str(&text).expect("TOML");
        assert!(list["description"].is_str(), "{file}");
        (if list.contains_key("entry") { &mut filled } else { &mut empty }).insert(file.trim_end_matches(".toml").to_owned());
    }
    assert_eq!((named, words), (empty, filled));
}

/// Rules in the dialect of public repositories: titles in capitals, lists of one, `1 of`, tags, and nothing of ours.
#[test]
fn rules_of_others_work_as_they_are() {
    let records = "
        a 0s  cloudtrail by=alice name=StopLogging
        b 1h  bedrock    by=root
        c 2h  bedrock    by=root eventType=AwsServiceEvent
        d*3/2m 3h s3     by=alice name=GetBucketAcl p.bucketName=my-data
        e*3/2m 5h s3     by=app name=GetBucketAcl p.bucketName=my-data
        f*2/2m 7h s3     by=alice name=ListBuckets
    ";
    let made = records::make(records);
    let sources = outcrop::detect::Sources::default().with_rules(&folder("tests/rules/foreign"), true);
    let set = outcrop::detect::RuleSet::load(&sources, false);
    assert!(set.problems().is_empty(), "{:?}", set.problems());
    let mut found: Vec<Fired> = run::signals(set, &made).into_iter().map(|(_, fired)| fired).collect();
    found.sort();
    // Medium weighs 3. A role is left out by the filter, two listings are one short.
    let mut expected: Vec<Fired> = ["alice: a @3", "root: b @3", "alice: d @3"].iter().map(|text| Fired::expected(text, &made)).collect();
    expected.sort();
    assert_eq!(found, expected);
}

/// Another Sigma engine reads every file, block and all.
#[test]
fn other_engines_read_our_rules() {
    let mut all = rsigma_parser::SigmaCollection::default();
    for (file, text) in files("rules", "yml") {
        let warnings: Vec<String> = rsigma_parser::lint::lint_yaml_str(&text).into_iter().map(|warning| warning.message).collect();
        assert!(warnings.is_empty(), "{file}: {warnings:?}");
        let read = rsigma_parser::parse_sigma_yaml(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(read.errors.is_empty(), "{file}: {:?}", read.errors);
        all.rules.extend(read.rules);
        all.correlations.extend(read.correlations);
    }
    let mut engine = rsigma_eval::CorrelationEngine::new(rsigma_eval::CorrelationConfig::default());
    engine.add_collection(&all).expect("they compile");
}
