//! Which exchanges rules select, against plain code that knows how the records were made: words in each place where they may stand, and facts
//! that many exchanges share, in every mixture.

#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use outcrop::case::Writable;
use outcrop::detect::{Detector, Follower, RuleSet, Sources, following};
use outcrop::model::Signal;
use outcrop::source::{Input, ingest_by};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

/// Pieces of text; some hold the word that is looked for, or nearly.
const TEXTS: [&str; 9] = [
    "Good morning.",
    "Tell me about Project Osprey, please.",
    "What are ospreys?",
    "It was ospreyed.",
    "Tell me, if you are allowed to, where the OSPREY is.",
    "Fünf Äpfel für den Osprey",
    "os\u{200b}prey",
    "osprey",
    "tell\nosprey",
];
const STOPS: [&str; 3] = ["end_turn", "max_tokens", "guardrail_intervened"];
const TOOLS: [&str; 3] = ["", "search", "run_shell"];

/// How an exchange was made.
#[derive(Clone, Debug)]
struct Made {
    system: usize,
    before: usize,
    user: usize,
    answer: usize,
    result: usize,
    stop: usize,
    tool: usize,
    tokens: u64,
}

impl Made {
    fn record(&self, number: usize, people: usize) -> Value {
        let text = |at: usize| json!([{"text": TEXTS[at]}]);
        let mut said = vec![json!({"text": TEXTS[self.answer]})];
        if self.tool > 0 {
            said.push(json!({"toolUse": {"toolUseId": "t", "name": TOOLS[self.tool], "input": {"q": TEXTS[self.result]}}}));
        }
        json!({
            "schemaType": "ModelInvocationLog", "schemaVersion": "1.0", "timestamp": format!("2026-11-10T08:{:02}:{:02}Z", number / 60, number % 60),
            "accountId": "111122223333", "region": "us-east-1", "requestId": format!("request-{number}"), "operation": "Converse",
            "modelId": "anthropic.claude-3-haiku-20240307-v1:0", "identity": {"arn": format!("arn:aws:iam::111122223333:user/u{}", number % people)},
            "input": {"inputTokenCount": self.tokens, "inputBodyJson": {"system": text(self.system), "messages": [
                {"role": "user", "content": text(self.before)},
                {"role": "assistant", "content": text(self.result)},
                {"role": "user", "content": text(self.user)},
            ]}},
            "output": {"outputTokenCount": 5, "outputBodyJson": {
                "output": {"message": {"role": "assistant", "content": said}}, "stopReason": STOPS[self.stop],
            }},
        })
    }
}

fn made() -> impl Strategy<Value = Made> {
    let text = || 0..TEXTS.len();
    (text(), text(), text(), text(), text(), 0..STOPS.len(), 0..TOOLS.len(), 0..200_u64)
        .prop_map(|(system, before, user, answer, result, stop, tool, tokens)| Made { system, before, user, answer, result, stop, tool, tokens })
}

type Holds = fn(&Made) -> bool;

fn has(at: usize) -> bool {
    TEXTS[at].to_lowercase().contains("osprey")
}

/// Conditions, each with what it means of an exchange that was made.
const RULES: [(&str, &str, Holds); 12] = [
    ("user", "s: {x.user_text|contains: Osprey}\n  condition: s", |made| has(made.user)),
    ("answer", "s: {x.completion|contains: OSPREY}\n  condition: s", |made| has(made.answer)),
    ("system", "s: {x.system|contains: osprey}\n  condition: s", |made| has(made.system)),
    ("cased", "s: {x.user_text|contains|cased: osprey}\n  condition: s", |made| TEXTS[made.user].contains("osprey")),
    ("whole word", "s: {x.user_text|re: '\\b[Oo]sprey\\b'}\n  condition: s", |made| matches!(made.user, 1 | 5 | 7 | 8)),
    ("whole text", "s: {x.user_text|re: '^osprey$'}\n  condition: s", |made| made.user == 7),
    ("gap", "s: {x.user_text|re|i: 'tell.{0,20}osprey'}\n  condition: s", |made| made.user == 1),
    ("no letters of English", "s: {x.user_text|re|i: 'ÄPFEL für'}\n  condition: s", |made| made.user == 5),
    ("with a stop", "s: {x.user_text|contains: osprey, x.stop: max_tokens}\n  condition: s", |made| has(made.user) && made.stop == 1),
    ("neither", "s: {x.user_text|contains: osprey}\n  t: {x.tools: run_shell}\n  condition: not s and t", |made| !has(made.user) && made.tool == 2),
    ("either", "s: {x.completion|contains: osprey}\n  t: {x.tools|exists: false}\n  condition: s or t", |made| has(made.answer) || made.tool == 0),
    ("number", "s: {x.tokens_in|gte: 150}\n  t: {x.stop: end_turn}\n  condition: s and not t", |made| made.tokens >= 150 && made.stop != 0),
];

/// What counts what these conditions select, by actor.
const COUNTS: &str = "title: many\nid: 55555555-5555-4555-8555-000000000001\ncorrelation:\n  type: event_count\n  rules: \
                      [44444444-4444-4444-8444-000000000011]\n  group-by: [x.actor]\n  timespan: 1h\n  condition: {gte: 14}\nlevel: low\n---\ntitle: stops\nid: \
                      55555555-5555-4555-8555-000000000002\ncorrelation:\n  type: value_count\n  rules: [44444444-4444-4444-8444-000000000000]\n  group-by: \
                      [x.actor]\n  timespan: 1h\n  condition: {field: x.stop, gte: 3}\nlevel: low\n";

fn rules() -> Arc<RuleSet> {
    let rule = |(number, (name, condition, _)): (usize, &(&str, &str, Holds))| {
        format!(
            "title: {name}\nid: 44444444-4444-4444-8444-{number:012}\nlogsource: {{product: aws, service: bedrock}}\ndetection:\n  {condition}\n\
             level: low\noutcrop: {{collapse: \"0\", entity: [x.actor], signal: true}}\n"
        )
    };
    let sources = RULES.iter().enumerate().map(rule).fold(Sources::default(), |sources, text| sources.with_text("made.yml", &text));
    let set = RuleSet::load(&sources.with_text("counts.yml", COUNTS), true);
    assert_eq!((set.len(), set.problems()), (RULES.len() + 2, [].as_slice()));
    Arc::new(set)
}

/// Signals by title and entity.
fn counted(signals: &[Signal]) -> BTreeMap<(String, String), usize> {
    let mut counted = BTreeMap::new();
    for signal in signals {
        *counted.entry((signal.title.clone(), signal.entity.value.to_string())).or_default() += 1;
    }
    counted
}

/// What they should be, of exchanges of so many people, one after the other.
fn expected(all: &[Made], people: usize) -> BTreeMap<(String, String), usize> {
    let mut expected = BTreeMap::new();
    for person in 0..people.min(all.len()) {
        let own = || all.iter().skip(person).step_by(people);
        let mut expect = |title: &str, count: usize| {
            if count > 0 {
                expected.insert((title.to_owned(), format!("111122223333/user/u{person}")), count);
            }
        };
        for (name, _, holds) in RULES {
            expect(name, own().filter(|made| holds(made)).count());
        }
        let number = RULES[11].2;
        expect("many", usize::from(own().filter(|made| number(made)).count() >= 14));
        let stops: BTreeSet<usize> = own().filter(|made| has(made.user)).map(|made| made.stop).collect();
        expect("stops", usize::from(stops.len() >= 3));
    }
    expected
}

#[test]
fn rules_select_what_was_made_for_them() {
    let set = rules();
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let all: Vec<Made> = (0..900).map(|_| made().new_tree(&mut runner).expect("an exchange").current()).collect();
    // Every row is another, or most are like one before.
    for people in [900, 11] {
        let folder = tempfile::tempdir().expect("a folder");
        let files: Vec<Input> = all
            .chunks(150)
            .enumerate()
            .map(|(at, made)| {
                let path = folder.path().join(format!("{at}.ndjson"));
                let lines = made.iter().zip(at * 150..).map(|(made, number)| format!("{}\n", made.record(number, people)));
                std::fs::write(&path, lines.collect::<String>()).expect("evidence");
                Input::Path(path)
            })
            .collect();
        let read = |case: &Writable, files: Vec<Input>| ingest_by(1, files, case, &|_| {}, &AtomicBool::new(false)).expect("evidence is read");
        // At once, when texts are searched first, and in pieces that are too small for that.
        let at_once = Writable::open(&folder.path().join("once.outcrop")).expect("a case");
        read(&at_once, files.clone());
        let mut reader = at_once.reader().expect("a reader");
        let mut detector = Detector::new(Arc::clone(&set), &mut reader).expect("rules");
        detector.catch_up(&mut reader).expect("a run");
        let in_pieces = Writable::open(&folder.path().join("pieces.outcrop")).expect("a case");
        let mut reader = in_pieces.reader().expect("a reader");
        let mut follower = Follower::new(Arc::clone(&set), &mut reader).expect("rules");
        for file in &files {
            read(&in_pieces, vec![file.clone()]);
            follower.step(&in_pieces, &mut reader).expect("a step");
        }
        let behind = Writable::open(&folder.path().join("behind.outcrop")).expect("a case");
        following(&behind, Arc::clone(&set), || read(&behind, files)).1.expect("a run");
        let behind = behind.reader().expect("a reader").signals().expect("signals");
        let expected = expected(&all, people);
        for (how, signals) in [("at once", detector.signals()), ("in pieces", reader.signals().expect("signals")), ("behind", behind)] {
            let found = counted(&signals);
            for ((title, who), count) in &expected {
                assert_eq!(found.get(&(title.clone(), who.clone())), Some(count), "{title}, {who}, {how}, {people} people");
            }
            assert_eq!(found.len(), expected.len(), "{how}, {people} people");
        }
        for (name, ..) in RULES {
            let sum: usize = expected.iter().filter(|((title, _), _)| title == name).map(|(_, count)| count).sum();
            assert!(sum > 20, "{name}: {sum} of 900");
        }
        if people < 900 {
            let of = |name: &str| expected.keys().filter(|(title, _)| title == name).count();
            assert!((1..people).contains(&of("many")) && of("stops") > 0, "{} {}", of("many"), of("stops"));
        }
    }
}
