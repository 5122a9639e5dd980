//! Patterns of messages, by hand.

use proptest::prelude::*;

use super::*;

fn taken<'a>(messages: impl IntoIterator<Item = &'a str>) -> Patterns {
    let mut patterns = Patterns::default();
    for message in messages {
        patterns.take(message);
    }
    patterns
}

fn shown<'a>(messages: impl IntoIterator<Item = &'a str>) -> Vec<(String, u64)> {
    taken(messages).finish().into_iter().map(|pattern| (pattern.pattern, pattern.count)).collect()
}

fn expected(rows: &[(&str, u64)]) -> Vec<(String, u64)> {
    rows.iter().map(|(pattern, count)| ((*pattern).to_owned(), *count)).collect()
}

/// The example of the documentation of pattern analysis.
#[test]
fn as_documented() {
    let messages = [
        "2023-01-01 19:00:01 [INFO] Calling DynamoDB to store for resource id 12342342k124-12345",
        "2023-01-01 19:00:02 [INFO] Calling DynamoDB to store for resource id 324892398123-12345",
        "2023-01-01 19:00:03 [INFO] Calling DynamoDB to store for resource id 3ff231242342-12345",
    ];
    let patterns = taken(messages).finish();
    assert_eq!(patterns.len(), 1);
    assert_eq!(patterns[0].pattern, "<Date-1> <Time-2> [INFO] Calling DynamoDB to store for resource id <Token-3>");
    assert_eq!(patterns[0].row(), [patterns[0].pattern.as_str().into(), Value::Number(1.0), Value::Number(3.0), "Info".into()]);
}

#[test]
fn tokens_that_never_vary_are_shown() {
    let messages = ["job nightly-20261120 step 1 of 3", "job nightly-20261120 step 2 of 3"];
    assert_eq!(shown(messages), expected(&[("job nightly-20261120 step <Number-1> of <Number-2>", 2)]));
    let messages = ["job nightly-20261120 done", "job nightly-20261121 done", "job nightly-20261120 done"];
    assert_eq!(shown(messages), expected(&[("job <Token-1> done", 3)]));
}

const NAMES: [&str; 9] = ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan"];

#[test]
fn words_that_vary_much_become_a_token() {
    let few: Vec<String> = NAMES[..7].iter().map(|name| format!("user {name} signed in")).collect();
    assert_eq!(shown(few.iter().map(String::as_str)).len(), 7);
    let many: Vec<String> = NAMES.iter().map(|name| format!("user {name} signed in")).collect();
    assert_eq!(shown(many.iter().map(String::as_str)), expected(&[("user <Token-1> signed in", 9)]));
    // Two words that vary.
    let grid: Vec<String> = NAMES.iter().flat_map(|name| NAMES.map(|host| format!("{name} on {host} failed"))).collect();
    assert_eq!(shown(grid.iter().map(String::as_str)), expected(&[("<Token-1> on <Token-2> failed", 81)]));
    // A name where others have an identifier.
    assert_eq!(shown(["user u-10001 left", "user u-10002 left", "user bob left"]), expected(&[("user <Token-1> left", 3)]));
}

#[test]
fn rows_are_sorted_and_shares_add_up() {
    let patterns = taken(["b 1", "a", "b 2", "c", "b 3", ""]).finish();
    let rows: Vec<(&str, u64)> = patterns.iter().map(|pattern| (pattern.pattern.as_str(), pattern.count)).collect();
    assert_eq!(rows, [("b <Number-1>", 3), ("", 1), ("a", 1), ("c", 1)]);
    assert!((patterns[0].ratio - 0.5).abs() < 1e-12);
    assert_eq!(taken([]).finish(), []);
}

#[test]
fn severities() {
    for (message, severity) in [
        ("2026-11-20 ERROR it broke", Some("Error")),
        ("[Warning] low disk", Some("Warning")),
        ("{\"level\":\"info\",\"msg\":\"no error at all\"}", Some("Info")),
        ("severity=debug x", Some("Debug")),
        ("TRACE enter", Some("Debug")),
        ("java.lang.NullPointerException at x", Some("Error")),
        ("no error found, all info here", None),
        ("Errors were counted", None),
        ("", None),
    ] {
        assert_eq!(taken([message]).finish()[0].severity, severity, "{message}");
    }
}

#[test]
fn differences() {
    let now = taken(["a 1", "a 2", "a 3", "b", "new 7", "new 8", "same"]);
    let before = taken(["a 9", "b", "b", "gone x1234", "same"]);
    let differences = now.diff(before);
    let rows: Vec<(&str, u64, u64, &str)> = differences.iter().map(|row| (row.pattern.as_str(), row.now, row.before, row.change())).collect();
    assert_eq!(
        rows,
        [("a <Number-1>", 3, 1, "more"), ("new <Number-1>", 2, 0, "new"), ("b", 1, 2, "fewer"), ("gone x1234", 0, 1, "gone"), ("same", 1, 1, "same"),]
    );
    assert_eq!(differences[2].row()[3], Value::Number(-1.0));
    // Words that vary only over both sets together.
    let messages: Vec<String> = NAMES.iter().map(|name| format!("user {name} left")).collect();
    let half = |from: usize, to: usize| taken(messages[from..to].iter().map(String::as_str));
    let differences = half(0, 5).diff(half(5, 9));
    assert_eq!((differences.len(), differences[0].now, differences[0].before), (1, 5, 4));
}

#[test]
fn too_many_patterns_are_counted_and_said() {
    let letters = |number: u64| -> String { number.to_string().bytes().map(|digit| char::from(b'a' + digit - b'0')).collect() };
    let mut patterns = Patterns::default();
    // Two words that never come together twice: nothing that a token could stand for.
    for number in 0..30_000 {
        patterns.take(&format!("{} {}", letters(number), letters(number * 7)));
    }
    assert!(patterns.templates.len() <= MOST_TEMPLATES);
    assert!(patterns.note().is_some());
    let rows = patterns.finish();
    assert_eq!(rows.iter().map(|row| row.count).sum::<u64>(), 30_000);
    assert_eq!(rows[0].pattern, OTHERS);
    assert!(rows[0].count > 5_000);
}

#[test]
fn many_names_settle_and_go_on() {
    let mut patterns = Patterns::default();
    for number in 0..60_000_u64 {
        let name: String = number.to_string().bytes().map(|digit| char::from(b'a' + digit - b'0')).collect();
        patterns.take(&format!("user {name} signed in"));
    }
    assert_eq!(patterns.note(), None);
    let rows = patterns.finish();
    assert_eq!((rows.len(), rows[0].pattern.as_str(), rows[0].count), (1, "user <Token-1> signed in", 60_000));
}

proptest! {
    #[test]
    fn no_message_is_lost_whatever_the_order(messages in prop::collection::vec("(get|put|x)( [a-d]| [0-9]{1,5}){0,2}|\\PC{0,12}", 0..30), at in 0..30_usize) {
        let messages: Vec<&str> = messages.iter().map(String::as_str).collect();
        let whole = taken(messages.iter().copied()).finish();
        prop_assert_eq!(whole.iter().map(|row| row.count).sum::<u64>(), messages.len() as u64);
        prop_assert_eq!(&taken(messages.iter().rev().copied()).finish(), &whole);
        let (left, right) = messages.split_at(at.min(messages.len()));
        let mut merged = taken(right.iter().copied());
        merged.merge(taken(left.iter().copied()));
        prop_assert_eq!(&merged.finish(), &whole);
        let differences = taken(left.iter().copied()).diff(taken(right.iter().copied()));
        prop_assert_eq!(differences.iter().map(|row| row.now).sum::<u64>(), left.len() as u64);
        prop_assert_eq!(differences.iter().map(|row| row.before).sum::<u64>(), right.len() as u64);
    }
}
