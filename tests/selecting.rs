//! Which exchanges rules select, against plain code that knows how the records were made: words in each place where they may stand, and facts
//! that many exchanges share, in every mixture.

#![cfg(test)]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use outcrop::case::Writable;
use outcrop::detect::{Detector, Follower, RuleSet, Sources};
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
    fn record(&self, number: usize) -> Value {
        let text = |at: usize| json!([{"text": TEXTS[at]}]);
        let mut said = vec![json!({"text": TEXTS[self.answer]})];
        if self.tool > 0 {
            said.push(json!({"toolUse": {"toolUseId": "t", "name": TOOLS[self.tool], "input": {"q": TEXTS[self.result]}}}));
        }
        json!({
            "schemaType": "ModelInvocationLog", "schemaVersion": "1.0", "timestamp": format!("2026-11-10T08:{:02}:{:02}Z", number / 60, number % 60),
            "accountId": "111122223333", "region": "us-east-1", "requestId": format!("request-{number}"), "operation": "Converse",
            "modelId": "anthropic.claude-3-haiku-20240307-v1:0", "identity": {"arn": format!("arn:aws:iam::111122223333:user/u{number}")},
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

#[test]
fn rules_select_what_was_made_for_them() {
    let rule = |(number, (name, condition, _)): (usize, &(&str, &str, Holds))| {
        format!(
            "title: {name}\nid: 44444444-4444-4444-8444-{number:012}\nlogsource: {{product: aws, service: bedrock}}\ndetection:\n  {condition}\n\
             level: low\noutcrop: {{collapse: \"0\", entity: [x.actor]}}\n"
        )
    };
    let sources = RULES.iter().enumerate().map(rule).fold(Sources::default(), |sources, text| sources.with_text("made.yml", &text));
    let set = Arc::new(RuleSet::load(&sources, true));
    assert_eq!((set.len(), set.problems()), (RULES.len(), [].as_slice()));
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let all: Vec<Made> = (0..900).map(|_| made().new_tree(&mut runner).expect("an exchange").current()).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let files: Vec<Input> = all
        .chunks(150)
        .enumerate()
        .map(|(at, made)| {
            let path = folder.path().join(format!("{at}.ndjson"));
            let lines = made.iter().zip(at * 150..).map(|(made, number)| format!("{}\n", made.record(number)));
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
    let mut follower = Follower::new(set, &mut reader).expect("rules");
    for file in files {
        read(&in_pieces, vec![file]);
        follower.step(&in_pieces, &mut reader).expect("a step");
    }
    for (how, signals) in [("at once", detector.signals()), ("in pieces", reader.signals().expect("signals"))] {
        for (name, _, holds) in RULES {
            let found: BTreeSet<String> =
                signals.iter().filter(|signal| signal.title == name).map(|signal| signal.entity.value.to_string()).collect();
            let expected = all.iter().enumerate().filter(|(_, made)| holds(made)).map(|(number, _)| format!("111122223333/user/u{number}"));
            let expected: BTreeSet<String> = expected.collect();
            let wrong: Vec<_> = found.symmetric_difference(&expected).take(3).collect();
            assert!(wrong.is_empty(), "{name}, {how}: {wrong:?}, found {} of {}", found.len(), expected.len());
            assert!(expected.len() > 20, "{name}: {} of 900", expected.len());
        }
    }
}
