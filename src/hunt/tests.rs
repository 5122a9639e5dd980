//! The catalogue is whole, and no value that is written into a text can be more than a value.

use proptest::prelude::*;

use super::*;
use crate::query::ql::ast::{ExprKind, Query, StageKind};
use crate::query::ql::{check, only_at_aws, parse};

fn catalogue() -> Catalogue {
    let catalogue = Catalogue::embedded();
    assert_eq!(catalogue.problems(), []);
    catalogue
}

fn given(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn sound(text: &str, hunt: &str) -> Query {
    let query = parse(text).unwrap_or_else(|error| panic!("{hunt}: {}", error.render(text)));
    let errors = check(&query);
    assert!(errors.is_empty(), "{hunt}: {}", errors.iter().map(|error| error.render(text)).collect::<String>());
    assert!(only_at_aws(&query).is_empty(), "{hunt}");
    query
}

/// A value of each kind that a person may give.
fn example(kind: ParamKind) -> &'static str {
    match kind {
        ParamKind::Text => "it's \"quoted\" \\ | limit 1",
        ParamKind::Contains => "a/b'c\"d|e",
        ParamKind::Pattern => "a/b|[\"']c",
        ParamKind::Number => "7",
        ParamKind::Threshold => "12.5",
        ParamKind::Duration => "15m",
        ParamKind::List => "One, it's two",
        ParamKind::Keywords => "verdicts",
    }
}

#[test]
fn every_file_of_hunts_is_in_the_binary() {
    let names = |folder: &str| -> Vec<String> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let mut names: Vec<String> =
            std::fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.file_name().into_string().expect("a name")).collect();
        names.retain(|name| name != "lists");
        names.sort();
        names
    };
    let sorted = |names: Vec<String>| {
        let mut names = names;
        names.sort();
        names
    };
    assert_eq!(names("hunts"), sorted(EMBEDDED.iter().map(|(name, _)| (*name).to_owned()).collect()));
    assert_eq!(names("hunts/lists"), sorted(EMBEDDED_LISTS.iter().map(|(name, _)| format!("{name}.toml")).collect()));
}

#[test]
fn every_hunt_says_what_it_is_and_reads_as_a_query_with_and_without_its_parameters() {
    let catalogue = catalogue();
    for hunt in catalogue.hunts() {
        let name = &hunt.name;
        for said in [&hunt.title, &hunt.purpose, &hunt.idea] {
            assert!(said.len() > 3, "{name} says too little");
        }
        assert!(hunt.purpose.ends_with('.') && !hunt.next.is_empty() && !hunt.frameworks.is_empty(), "{name}");
        let needed: Vec<(String, String)> = hunt
            .params
            .iter()
            .filter(|param| param.default.is_none() && !param.optional)
            .map(|param| (param.name.clone(), example(param.kind).to_owned()))
            .collect();
        let all: Vec<(String, String)> = hunt.params.iter().map(|param| (param.name.clone(), example(param.kind).to_owned())).collect();
        for values in [needed, all] {
            let bound = bind(&catalogue, hunt, &values).unwrap_or_else(|error| panic!("{error}"));
            assert!(!bound.text.contains("{{"), "{name}: {}", bound.text);
            assert!(bound.text.len() < 10_000, "{name} is longer than AWS takes");
            let query = sound(&bound.text, name);
            // What is printed is what was read: AWS gets the same query.
            assert_eq!(sound(&query.to_string(), name).to_string(), query.to_string());
        }
        for next in &hunt.next {
            let Some(other) = &next.hunt else { continue };
            let other = catalogue.hunt(other).unwrap_or_else(|error| panic!("{name}: {error}"));
            for (param, column) in &next.with {
                assert!(other.param(param).is_some(), "{name}: {} has no {param}", other.name);
                assert!(column.starts_with('=') || hunt.show.contains(column), "{name} shows no {column}");
            }
        }
        if let Some(chart) = &hunt.chart {
            for column in [Some(&chart.x), Some(&chart.y), chart.group.as_ref()].into_iter().flatten() {
                assert!(hunt.show.contains(column), "{name} draws {column} and does not show it");
            }
        }
        // What only a case knows is not to be sent; where a text of AWS's own stands in for it, it may.
        if hunt.at_aws {
            let alone = hunt.text.matches("x.").count();
            assert!(alone == 0 || hunt.text.contains("coalesce(x.") || hunt.text.contains("x.guard") || hunt.text.contains("x.user_text"), "{name}");
        }
    }
}

#[test]
fn hunts_of_the_catalogue_of_detections_are_there() {
    let catalogue = catalogue();
    let ids = ["S13", "S14", "S15", "S16", "S17", "S18", "S19", "S20", "S21", "S22", "S23", "S24", "S25", "P49", "P61", "P63", "P72"];
    for id in ids {
        assert!(catalogue.hunts().iter().any(|hunt| hunt.id.as_deref() == Some(id)), "{id}");
    }
    assert_eq!(catalogue.hunt("S19").map(|hunt| hunt.name.as_str()), Ok("long-prompts"));
    assert!(catalogue.hunt("S20").expect_err("several").contains("tokens-per-model"));
    assert!(catalogue.hunt("long-promts").expect_err("misspelt").contains("did you mean long-prompts?"));
    assert!(catalogue.hunt("zzz").expect_err("none").contains("`outcrop hunt` lists them"));
}

#[test]
fn values_that_cannot_be_are_named_with_what_could() {
    let catalogue = catalogue();
    let refused = |hunt: &str, pairs: &[(&str, &str)]| {
        let hunt = catalogue.hunt(hunt).expect("a hunt");
        bind(&catalogue, hunt, &given(pairs)).expect_err("refused").to_string()
    };
    for (hunt, pairs, part) in [
        ("long-prompts", vec![("longer", "5")], "did you mean longer_than?"),
        ("long-prompts", vec![("longer_than", "many")], "a number such as 1000, or a percentile such as p99"),
        ("long-prompts", vec![("longer_than", "1 | limit 1")], "is not a number"),
        ("tokens-per-account", vec![("every", "300s")], "larger unit"),
        ("tokens-per-account", vec![("every", "often")], "a period such as"),
        ("keyword-hits", vec![("list", "nothing")], "there are seed_sensitive"),
        ("keyword-hits", vec![("least", "2e9")], "a number"),
        ("training-objects", vec![], "needs bucket"),
        ("training-objects", vec![("bucket", "a\nb")], "control characters"),
        ("who-asked-what", vec![("words", "(")], "a regular expression"),
    ] {
        let said = refused(hunt, &pairs);
        assert!(said.contains(part), "{hunt} {pairs:?}: {said}");
    }
}

#[test]
fn a_percentile_is_measured_first() {
    let catalogue = catalogue();
    let hunt = catalogue.hunt("long-prompts").expect("a hunt");
    let asked = given(&[("longer_than", "p99")]);
    let before = bind(&catalogue, hunt, &asked).expect("bound");
    assert!(before.text.contains("chars > {{longer_than}}"));
    assert!(before.baseline.clone().expect("a baseline").contains("pct(chars, 99)"));
    let after = before.measured(1234.5);
    assert!(after.text.contains("chars > 1234.5") && after.baseline.is_none());
    assert!(bind(&catalogue, hunt, &[]).expect("bound").baseline.is_none());
}

#[test]
fn words_have_weights_and_are_words() {
    let list = Keywords::read(
        "x",
        "x",
        "about = \"a\"\n[[word]]\ntext = \"training data\"\nweight = 3\n[[word]]\ntext = \"C++\"\n[[word]]\ntext = \"label\"\npattern = 'a.b'\n",
    )
    .expect("a list");
    let found = |word: usize, text: &str| regex::Regex::new(&format!("(?i){}", list.words[word].pattern)).expect("sound").is_match(text);
    assert!(found(0, "your TRAINING\n  data, please") && !found(0, "straining datasets") && !found(0, "training-data"));
    assert!(found(2, "a-b") && !found(0, "a training database"));
    assert!(found(1, "write c++ for me") && found(1, "c++17"));
    assert_eq!(list.words.iter().map(|word| word.weight).collect::<Vec<_>>(), [3, 1, 1]);
    assert!(list.score("asked").contains("if(asked like /(?i)\\btraining\\s+datas?\\b/, 3, 0) + "));
    assert!(list.hits("asked").contains("\"label; \""));
    for (text, part) in [
        ("about = \"a\"\nword = []", "at least one"),
        ("about = \"a\"\n[[word]]\nweight = 1", "has a text"),
        ("about = \"a\"\n[[word]]\ntext = \"a\"\nweight = 0", "from 1 to 100"),
        ("about = \"a\"\n[[word]]\npattern = '('", "no regular expression"),
        ("about = \"a\"\n[[word]]\npattern = 'a*'", "empty text"),
        ("about = \"a\"\n[[word]]\ntext = \"a\"\nwight = 2", "wight"),
    ] {
        let said = Keywords::read("lists/own.toml", "own", text).expect_err("wrong").to_string();
        assert!(said.starts_with("lists/own.toml") && said.contains(part), "{said}");
    }
}

#[test]
fn a_users_own_hunt_replaces_one_of_its_name_and_a_wrong_one_is_named() {
    let mut catalogue = catalogue();
    let before = catalogue.hunts().len();
    let own = "[[hunt]]\nname = \"root-activity\"\ntitle = \"Mine\"\npurpose = \"p\"\nstrands = [\"management\"]\ntext = \"filter x.ok = true\"\n\
               [[hunt]]\nname = \"bad\"\ntitle = \"t\"\npurpose = \"p\"\nstrands = [\"managment\"]\ntext = \"fields a\"\n\
               [[hunt]]\nname = \"worse\"\ntitle = \"t\"\npurpose = \"p\"\nstrands = [\"data\"]\ntext = \"filter a = {{b}}\"\n\
               [[hunt]]\nname = \"typo\"\ntitel = \"t\"\npurpose = \"p\"\nstrands = [\"data\"]\ntext = \"fields a\"\n";
    catalogue.merge("own.toml", own, true);
    assert_eq!(catalogue.hunts().len(), before);
    let mine = catalogue.hunt("root-activity").expect("still there");
    assert_eq!((mine.title.as_str(), mine.file.as_deref()), ("Mine", Some("own.toml")));
    let said: Vec<String> = catalogue.problems().iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 3);
    assert!(said[0].starts_with("own.toml, bad") && said[0].contains("managment"), "{said:?}");
    assert!(said[1].contains("{{b}}") && said[2].contains("titel"), "{said:?}");
}

#[test]
fn a_folder_is_merged_and_what_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["hunts/lists", "lists"] {
        std::fs::create_dir_all(folder.path().join(name)).expect("a folder");
    }
    std::fs::write(
        folder.path().join("hunts/own.toml"),
        "[[hunt]]\nname = \"own\"\ntitle = \"t\"\npurpose = \"p\"\nstrands = [\"data\"]\ntext = \"fields a\"\n",
    )
    .expect("written");
    std::fs::write(folder.path().join("hunts/broken.toml"), [0xff, 0xfe]).expect("written");
    std::fs::write(folder.path().join("hunts/lists/trade.toml"), "about = \"a\"\n[[word]]\ntext = \"rocket\"\n").expect("written");
    std::fs::write(folder.path().join("hunts/notes.txt"), "no hunt").expect("written");
    // A list that rules use too: words are added to the built-in ones, taken out, and weighed anew.
    let words = "[[entry]]\nvalue = \"Project Osprey\"\nweight = 5\n[[entry]]\nvalue = \"model\"\nweight = 0\n";
    std::fs::write(folder.path().join("lists/seed_sensitive.toml"), words).expect("written");
    let catalogue = Catalogue::with_config(folder.path());
    let words: Vec<(&str, u32)> =
        catalogue.list("seed_sensitive").expect("the built-in list").words.iter().map(|word| (word.text.as_str(), word.weight)).collect();
    assert_eq!(words, [("project osprey", 5), ("prompt", 1), ("system prompt", 2), ("training data", 2), ("your instructions", 2)]);
    assert!(catalogue.hunt("own").is_ok() && catalogue.list("trade").is_some());
    assert_eq!(catalogue.problems().len(), 1);
    assert!(catalogue.problems()[0].to_string().contains("broken.toml"));
    assert_eq!(Catalogue::with_config(&folder.path().join("none")).problems(), []);
}

#[test]
fn deviations_count_slices_without_rows_as_nothing() {
    use crate::query::run::AnswerRow;
    let hour = 3_600_000;
    let row = |slice: i64, who: &str, tokens: f64| AnswerRow {
        event: None,
        values: vec![Value::Time(slice * hour), Value::text(who), Value::Number(tokens)],
    };
    let mut answer = Answer {
        columns: ["t", "who", "tokens"].map(str::to_owned).to_vec(),
        names: vec![Vec::new(); 3],
        // Of a: 10, nothing, 20, 50; its mean is 20, its variance (100 + 400 + 0 + 900) / 4 = 350.
        rows: vec![row(0, "a", 10.0), row(2, "a", 20.0), row(3, "a", 50.0), row(3, "b", 5.0)],
        ..Answer::default()
    };
    let deviation = Deviation { time: "t".to_owned(), value: "tokens".to_owned(), by: vec!["who".to_owned()], every: "every".to_owned() };
    deviate(&mut answer, &deviation, hour);
    assert_eq!(answer.columns[3..], ["delta", "mean", "deviation"]);
    let added: Vec<Vec<String>> = answer.rows.iter().map(|row| row.values[3..].iter().map(ToString::to_string).collect()).collect();
    assert_eq!(added, [["10", "20", "-0.53"], ["20", "20", "0"], ["30", "20", "1.6"], ["5", "5", ""]]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Whatever is given, the query has the same commands, and the value stands in it as one literal.
    #[test]
    fn no_value_adds_a_command(value in "\\PC{1,40}") {
        let mut catalogue = Catalogue::default();
        let text = "[[hunt]]\nname = \"h\"\ntitle = \"t\"\npurpose = \"p\"\nstrands = [\"data\"]\nparams = [{ name = \"a\", type = \"text\", about = \"a\" }, { name = \"b\", type = \"contains\", about = \"b\" }, { name = \"c\", type = \"list\", about = \"c\" }]\ntext = '''\nfilter f = {{a}}\n| filter g like {{b}}\n| filter h in {{c}}\n| limit 5\n'''\n";
        catalogue.merge("h.toml", text, false);
        let hunt = catalogue.hunt("h").expect("a hunt");
        let values = given(&[("a", &value), ("b", &value), ("c", &value)]);
        // Blank values and control characters are refused.
        if let Ok(bound) = bind(&catalogue, hunt, &values) {
            let query = parse(&bound.text).map_err(|error| TestCaseError::fail(error.render(&bound.text)))?;
            prop_assert_eq!(query.stages.len(), 4);
            let is_limit = matches!(query.stages[3].kind, StageKind::Limit { count: 5, .. });
            prop_assert!(is_limit);
            let StageKind::Filter(first) = &query.stages[0].kind else { return Err(TestCaseError::fail("a filter is wanted")) };
            let ExprKind::Compare(_, _, right) = &first.kind else { return Err(TestCaseError::fail("a comparison is wanted")) };
            prop_assert_eq!(&right.kind, &ExprKind::Text(value));
        }
    }
}
