//! Rules that are wrong, each with what is said of it; and what loading makes of many files.

use super::leads::{LeadRules, leads};
use super::{RuleSet, Sources};
use crate::model::{Entity, EntityKind, Level, Signal, Strand, StrandSet, Timestamp, Triage};

const PLAIN: &str = "title: A\nid: 11111111-1111-4111-8111-111111111111\nlogsource: {product: aws, service: cloudtrail}\n\
                     detection:\n  selection: {eventName: A}\n  condition: selection\nlevel: low\n";

fn problems(text: &str) -> Vec<(u32, bool, String)> {
    let set = RuleSet::load(&Sources::default().with_text("a.yml", text), false);
    set.problems().iter().map(|problem| (problem.line, problem.is_error, problem.text.clone())).collect()
}

fn with_block(block: &str) -> String {
    format!("{PLAIN}outcrop:\n  {}\n", block.replace('\n', "\n  "))
}

#[test]
fn each_mistake_is_told_with_its_line_and_what_to_do() {
    let mut wrong: Vec<String> = Vec::new();
    let correlation = |body: &str| format!("{PLAIN}---\ntitle: B\nid: 22222222-2222-4222-8222-222222222222\ncorrelation:\n{body}\nlevel: high\n");
    for (text, line, is_error, part) in [
        ("title: [".to_owned(), 2, true, "YAML"),
        ("- a\n- b\n".to_owned(), 0, true, "not a YAML mapping"),
        (PLAIN.replace("condition: selection", "condition: selection and other"), 1, true, "other"),
        (PLAIN.replace("condition: selection", "condition: selection and and"), 6, true, "cannot be read at “and”"),
        (PLAIN.replace("eventName: A", "eventName|contians: A"), 5, true, "contians"),
        (PLAIN.replace("eventName: A", "eventName|re: '('"), 1, true, "regex"),
        (PLAIN.replace("eventName: A", "eventName|re: '(a{1,1000}){1,1000}'"), 1, true, "size limit"),
        (PLAIN.replace("eventName: A", "x.modle: A"), 5, false, "did you mean x.model?"),
        (PLAIN.replace("eventName: A", "eventNmae: A"), 5, false, "did you mean eventName?"),
        (PLAIN.replace("eventName: A", "requestParamters.a.b: A"), 5, false, "did you mean requestParameters.a.b?"),
        (PLAIN.replace("product: aws, service: cloudtrail", "product: okta"), 1, false, "product: okta"),
        (with_block("wieght: 3"), 1, true, "wieght"),
        (with_block("weight: 11"), 1, true, "above 10"),
        (with_block("weight: 8"), 1, false, "disagree"),
        (with_block("collapse: 5"), 1, true, "no unit"),
        (with_block("collapse: 5 minutes"), 1, true, "no length of time"),
        (with_block("kind: first_seen"), 1, true, "`value`"),
        (with_block("kind: first_seen\nvalue: [eventName]\nbaseline: 500d"), 1, true, "400 days"),
        (with_block("kind: first_seen\nvalue: [eventName]\nretention: 0"), 1, true, "above nothing"),
        (with_block("kind: outlier\nbaseline: 5h"), 1, true, "24 buckets"),
        (with_block("kind: outlier\naggregate: mean:x"), 1, true, "`aggregate`"),
        (with_block("match-list: {users: {weight: 1, exclude: true}}"), 1, true, "say one of"),
        (with_block("summary: '{x.actr} did it'"), 9, false, "did you mean x.actor?"),
        (with_block("summary: '{x.actor | x.pricipal} did it'"), 9, false, "did you mean x.principal?"),
        (PLAIN.replace("eventName: A", "eventName|expand: '%names%'"), 5, false, "placeholder %names%"),
        (PLAIN.replace("eventName: A", "userIdentity|contains: root"), 5, false, "userIdentity holds fields: its JSON"),
        (PLAIN.replace("condition: selection", "condition: selection | sum(x) by y > 3"), 6, true, "old form"),
        (with_block("words: {list: none, field: x.user_text}"), 1, false, "lists/none.toml"),
        (with_block("words: {list: none}"), 1, true, "field"),
        (correlation("  type: event_count\n  rules: [C]\n  timespan: 5m\n  condition: {gte: 2}"), 9, true, "“C”, which is not there"),
        (correlation("  type: event_count\n  rules: [A]\n  timespan: 900d\n  condition: {gte: 2}"), 9, true, "400 days"),
        (correlation("  type: event_count\n  rules: [A]\n  timespan: 0s\n  condition: {gte: 2}"), 9, true, "above nothing"),
        (correlation("  type: event_count\n  rules: [A]\n  timespan: soon\n  condition: {gte: 2}"), 14, true, "timespan"),
        (correlation("  type: event_counts\n  rules: [A]\n  timespan: 5m\n  condition: {gte: 2}"), 0, true, "event_counts"),
        (correlation("  type: value_count\n  rules: [A]\n  timespan: 5m\n  condition: {gte: 2}"), 9, true, "`field:`"),
        (correlation("  type: temporal\n  rules: [A]\n  timespan: 5m"), 9, true, "two rules"),
        (correlation("  type: temporal\n  rules: [A, B]\n  timespan: 5m"), 9, true, "waits for itself"),
        (correlation("  type: temporal\n  rules: [A, A]\n  timespan: 5m\n  condition: A and C"), 9, true, "not among its rules"),
    ] {
        let found = problems(&text);
        let hit = found.iter().find(|(_, _, told)| told.contains(part));
        if hit.map(|(line, is_error, _)| (*line, *is_error)) != Some((line, is_error)) {
            wrong.push(format!("{part} on line {line}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(problems(PLAIN), []);
    assert_eq!(problems(&with_block("summary: '{x.actor|x.principal} did it: {count}'")), []);
}

#[test]
fn what_does_not_load_keeps_nothing_else_from_running() {
    let sources = Sources::default().with_text("good.yml", PLAIN).with_text("bad.yml", "title: [").with_text("odd.yml", "title: B\nlogsource: {}\n");
    let set = RuleSet::load(&sources, false);
    assert_eq!(set.len(), 1);
    assert_eq!(
        set.problems().iter().filter(|problem| problem.is_error).map(|problem| problem.file.as_str()).collect::<Vec<_>>(),
        ["bad.yml", "odd.yml"]
    );
}

#[test]
fn the_last_file_with_an_id_stands_and_may_switch_a_rule_off() {
    let mine = PLAIN.replace("title: A", "title: Mine");
    let set = RuleSet::load(&Sources::default().with_text("theirs.yml", PLAIN).with_text("mine.yml", &mine), false);
    assert_eq!(set.catalogue().iter().map(|rule| rule.title).collect::<Vec<_>>(), ["Mine"]);
    let off = format!("{PLAIN}outcrop: {{enabled: false}}\n");
    assert!(RuleSet::load(&Sources::default().with_text("theirs.yml", PLAIN).with_text("mine.yml", &off), false).is_empty());
    // A filter changes a rule that stands.
    let filter = "title: Not me\nlogsource: {product: aws, service: cloudtrail}\nfilter:\n  rules: [11111111-1111-4111-8111-111111111111]\n  selection: {x.actor: me}\n  condition: not selection\n";
    let set = RuleSet::load(&Sources::default().with_text("theirs.yml", PLAIN).with_text("mine.yml", filter), false);
    assert_eq!((set.len(), set.problems()), (1, &[][..]));
    assert_eq!(set.rules[0].selector.as_ref().expect("a selector").leaves().len(), 2);
}

#[test]
fn who_is_named_makes_no_signal_unless_it_says_so() {
    let burst =
        "---\ntitle: B\ncorrelation:\n  type: event_count\n  rules: [A]\n  group-by: [x.actor]\n  timespan: 5m\n  condition: {gte: 2}\nlevel: high\n";
    let shown = |text: &str| {
        let set = RuleSet::load(&Sources::default().with_text("a.yml", text), false);
        set.catalogue().iter().map(|rule| rule.title.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(shown(&format!("{PLAIN}{burst}")), ["B"]);
    assert_eq!(shown(&format!("{PLAIN}{burst}generate: true\n")), ["A", "B"]);
    assert_eq!(shown(&format!("{PLAIN}outcrop: {{rule: S1}}\n{burst}")), ["B", "A"]);
    assert_eq!(shown(&format!("{PLAIN}outcrop: {{rule: S1, signal: false}}\n{burst}")), ["B"]);
}

fn signal(rule: &str, weight: u8, actor: &str, day: i64, key: &str) -> Signal {
    let time = Timestamp::from_millis(day * 86_400_000);
    Signal {
        id: format!("{rule}-{actor}-{day}"),
        rule: rule.to_owned(),
        title: rule.to_lowercase(),
        level: Level::of(weight),
        weight,
        weighed: Vec::new(),
        time,
        first: time,
        last: time,
        entity: Entity::new(EntityKind::Actor, actor),
        links: vec![Entity::new(EntityKind::Key, key)],
        value: Vec::new(),
        summary: String::new(),
        events: Vec::new(),
        total: 1,
        firings: 1,
        baseline: None,
        frameworks: Vec::new(),
        tactics: Vec::new(),
        strands: StrandSet::only(Strand::Management),
        triage: Triage::default(),
    }
}

#[test]
fn distinct_signals_add_up_and_exceed() {
    let rules = LeadRules::default();
    let told = |signals: &[Signal]| leads(signals, &rules, &std::collections::HashSet::new());
    // 5 + 7 is 12, which does not exceed 12; and the same rule again adds nothing.
    let twelve = [signal("A", 5, "alice", 1, "K"), signal("B", 7, "alice", 2, "K"), signal("B", 7, "alice", 3, "K")];
    assert_eq!(told(&twelve), []);
    let found = told(&[&twelve[..], &[signal("C", 1, "alice", 15, "K")]].concat());
    assert_eq!((found.len(), found[0].score, found[0].closed_by.as_str()), (1, 13, "C-alice-15"));
    assert_eq!(found[0].arithmetic.iter().map(|line| line.points).collect::<Vec<_>>(), [5, 7, 1]);
    assert_eq!(found[0].signals.len(), 4);
    // A day later the first one is older than fourteen days.
    assert_eq!(told(&[&twelve[..2], &[signal("C", 1, "alice", 16, "K")]].concat()), []);
    // The larger weight of a rule counts.
    let twice = [signal("A", 1, "alice", 1, "K"), signal("A", 9, "alice", 2, "K"), signal("B", 4, "alice", 3, "K")];
    assert_eq!(told(&twice)[0].score, 13);
    // Bonuses: each further tactic one, each further strand two.
    let mut both = [signal("A", 5, "alice", 1, "K"), signal("B", 5, "alice", 2, "K")];
    (both[0].tactics, both[1].tactics) = (vec!["TA0007".to_owned()], vec!["TA0007".to_owned(), "TA0040".to_owned()]);
    both[1].strands = StrandSet::only(Strand::Invocation);
    // 5 + 5 + 1 + 2.
    assert_eq!(told(&both).iter().map(|lead| lead.score).collect::<Vec<_>>(), [13]);
    both[1].tactics.pop();
    assert_eq!(told(&both), []);
}

#[test]
fn a_lead_goes_on_and_counts_each_crossing() {
    let rules = LeadRules::default();
    let signals =
        [signal("A", 8, "alice", 1, "K"), signal("B", 8, "alice", 2, "K"), signal("C", 8, "alice", 3, "K"), signal("D", 8, "alice", 4, "K")];
    let found = leads(&signals, &rules, &std::collections::HashSet::new());
    assert_eq!((found.len(), found[0].score), (1, 32));
    let crossings: Vec<(&str, u32)> = found[0].crossings.iter().map(|crossing| (crossing.signal.as_str(), crossing.score)).collect();
    assert_eq!(crossings, [("B-alice-2", 16), ("D-alice-4", 16)]);
    // Long after, another one.
    let later = [&signals[..], &[signal("A", 8, "alice", 40, "K"), signal("B", 8, "alice", 41, "K")]].concat();
    assert_eq!(leads(&later, &rules, &std::collections::HashSet::new()).iter().map(|lead| lead.score).collect::<Vec<_>>(), [32, 16]);
}

#[test]
fn one_key_joins_and_a_crowded_address_does_not() {
    let rules = LeadRules::default();
    let none = std::collections::HashSet::new();
    let signals = [signal("A", 8, "alice", 1, "K"), signal("B", 8, "bob", 2, "K")];
    let found = leads(&signals, &rules, &none);
    assert_eq!(found[0].entities.iter().map(|entity| &*entity.value).collect::<Vec<_>>(), ["alice", "bob"]);
    let crowded = std::iter::once(Entity::new(EntityKind::Key, "K")).collect();
    assert_eq!(leads(&signals, &rules, &crowded), []);
    let others = [signal("A", 8, "alice", 1, "K"), signal("B", 8, "bob", 2, "L")];
    assert_eq!(leads(&others, &rules, &none), []);
    let many: Vec<Signal> = (0..6).map(|who| signal("A", 8, &format!("user{who}"), 1, "K")).chain([signal("B", 8, "user0", 2, "M")]).collect();
    assert_eq!(leads(&many, &rules, &none).iter().map(|lead| lead.entities.len()).collect::<Vec<_>>(), [1]);
}

#[test]
fn the_old_form_of_thresholds_is_a_correlation() {
    let text = PLAIN.replace("condition: selection", "timeframe: 5m\n  condition: selection | count() by sourceIPAddress > 2");
    let set = RuleSet::load(&Sources::default().with_text("a.yml", &text), false);
    assert_eq!(set.problems(), []);
    // The rule itself is a building block, and the threshold has its title and level.
    let shown: Vec<(&str, u8)> = set.catalogue().iter().map(|rule| (rule.title, rule.weight)).collect();
    assert_eq!((set.len(), shown), (2, vec![("A", 1)]));
}
