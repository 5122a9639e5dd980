//! Aggregates by hand-made examples, and that parts can be merged in any way.

use proptest::prelude::*;

use super::super::value::tests::any_value;
use super::*;

type Event = (Vec<Value>, Option<i64>);

fn of(name: &str, events: &[Event]) -> Box<dyn Aggregate> {
    let mut aggregate = (aggregate(name).unwrap_or_else(|| panic!("no aggregate {name}")).new)();
    for (args, millis) in events {
        aggregate.take(args, *millis);
    }
    aggregate
}

/// Of values that are numbers or texts as written, a second apart; `-` stands for an event without the field.
fn result_of(name: &str, values: &str, more: &[&str]) -> String {
    let events: Vec<Event> = values
        .split_whitespace()
        .enumerate()
        .map(|(second, text)| {
            let value = if text == "-" { Value::Missing } else { Value::from(text) };
            let more = more.iter().map(|text| Value::from(*text));
            let args = if name == "topk" { more.chain([value]).collect() } else { [value].into_iter().chain(more).collect() };
            (args, Some(second as i64 * 1000))
        })
        .collect();
    of(name, &events).finish().to_string()
}

#[test]
fn names_in_any_spelling() {
    for (written, name) in [
        ("count_distinct", "count_distinct"),
        ("countDistinct", "count_distinct"),
        ("COUNT", "count"),
        ("sorts_first", "sortsFirst"),
        ("count_over_time", "countOverTime"),
        ("sumovertime", "sumOverTime"),
    ] {
        assert_eq!(aggregate(written).map(|kind| kind.name), Some(name));
    }
    assert!(aggregate("median").is_none());
    assert!(aggregates().all(|kind| kind.least <= kind.most && !kind.doc.is_empty()));
}

#[test]
fn every_one_by_hand() {
    // The mean of these is 5, their deviation as a population 2.
    let eight = "2 4 4 4 5 5 7 9";
    // The example of the nearest rank in textbooks.
    let five = "15 20 35 40 50";
    for (name, values, more, expected) in [
        ("count", "a - b", &[][..], "2"),
        ("count_distinct", "a b a - 1 1.0", &[], "4"),
        ("sum", "1 2 -  3.5", &[], "6.5"),
        ("sum", "-", &[], ""),
        ("sum", "", &[], ""),
        ("avg", eight, &[], "5"),
        ("avg", "- 1 2", &[], "1.5"),
        ("stddev", eight, &[], "2"),
        ("variance", eight, &[], "4"),
        ("variance", "3", &[], "0"),
        // As large as they are, what is between them counts.
        ("variance", "1000000004 1000000007 1000000013 1000000016", &[], "22.5"),
        ("sum", "1 1e100 1 -1e100", &[], "2"),
        ("min", eight, &[], "2"),
        ("max", "9 10 -1", &[], "10"),
        ("min", "n/a 7 x", &[], "7"),
        ("max", "2026-11-20 2026-11-19", &[], "2026-11-20"),
        ("max", "12345678901234567890 12345678901234567891", &[], "12345678901234567891"),
        ("pct", five, &["5"], "15"),
        ("pct", five, &["30"], "20"),
        ("pct", five, &["40"], "20"),
        ("pct", five, &["50"], "35"),
        ("pct", five, &["100"], "50"),
        ("pct", five, &["0"], "15"),
        ("pct", "3 6 7 8 8 10 13 15 16 20", &["75"], "15"),
        ("pct", five, &["101"], ""),
        ("pct", "", &["50"], ""),
        ("values", "b a10 a9 b - 2 007", &[], r#"["a9","a10","b",2,"007"]"#),
        ("topk", "b a b c c b -", &["2"], r#"{"b":3,"c":2}"#),
        ("topk", "b a", &["5"], r#"{"a":1,"b":1}"#),
        ("earliest", "- x y", &[], "x"),
        ("latest", "x y -", &[], "y"),
        ("sortsFirst", "2 b a", &[], "a"),
        ("sortsLast", "2 b 10", &[], "10"),
        // 30 in 3 seconds are 600 in a minute.
        ("rate", "10 99 20 40", &["1m"], "600"),
        ("rate", "10", &["1m"], ""),
        ("rate", "10 20", &["1mo"], ""),
        ("countOverTime", "a - b", &[], "2"),
        ("sumOverTime", "1 2 3", &[], "6"),
        ("histogram", "0 1 4 5 9 10", &["2"], r#"{"0":3,"5":3}"#),
        ("histogram", "7 7", &["3"], r#"{"7":2}"#),
        ("histogram", "1", &["0"], ""),
    ] {
        assert_eq!(result_of(name, values, more), expected, "{name} of {values} {more:?}");
    }
    let three = [(vec![], None), (vec![], None), (vec![], None)];
    assert_eq!(of("count", &three).finish(), Value::Number(3.0));
}

#[test]
fn times_and_flags() {
    let events = [(vec![Value::Time(5000)], Some(2)), (vec![Value::Time(9000)], Some(1))];
    // Times come back as milliseconds.
    for (name, expected) in [("earliest", 9000.0), ("latest", 5000.0), ("max", 9000.0), ("min", 5000.0), ("sum", 14000.0)] {
        assert_eq!(of(name, &events).finish(), Value::Number(expected), "{name}");
    }
    let flags = [(vec![Value::Flag(true)], None), (vec![Value::Flag(false)], None), (vec![Value::Flag(true)], None)];
    assert_eq!(of("sum", &flags).finish(), Value::Number(2.0));
}

#[test]
fn what_does_not_count_is_said() {
    let events = [(vec![Value::from("n/a")], None), (vec![Value::Number(1.0)], Some(1)), (vec![Value::Missing], None)];
    for (name, expected) in [
        ("sum", vec![Note::NotNumbers(1)]),
        ("avg", vec![Note::NotNumbers(1)]),
        ("stddev", vec![Note::NotNumbers(1)]),
        ("max", vec![Note::NotNumbers(1)]),
        ("pct", vec![Note::NotNumbers(1)]),
        ("latest", vec![Note::Untimed(1)]),
        ("count", vec![]),
        ("values", vec![]),
    ] {
        assert_eq!(of(name, &events).notes(), expected, "{name}");
    }
    assert_eq!(Note::Untimed(1).to_string(), "1 events have no time and do not count");
}

fn halves(name: &str, count: u64, args: impl Fn(u64) -> Vec<Value>) -> [Box<dyn Aggregate>; 2] {
    [0, 1].map(|half| {
        let mut aggregate = (aggregate(name).expect(name).new)();
        // Interleaved and from the end, so that neither half is a prefix.
        for number in (0..count).rev().filter(|number| number % 2 == half) {
            aggregate.take(&args(number), Some(0));
        }
        aggregate
    })
}

#[test]
fn a_list_of_values_is_cut_at_its_end() {
    let text = |number: u64| vec![Value::text(format!("v{number:05}"))];
    let [mut even, odd] = halves("values", 25_000, text);
    assert!(!even.notes().is_empty());
    even.merge(odd);
    let Value::List(values) = even.finish() else { panic!("a list") };
    assert_eq!(values.len(), 10_000);
    assert_eq!((values[0].to_string(), values[9_999].to_string()), ("v00000".to_owned(), "v09999".to_owned()));
    // Few but large ones.
    let large = |number: u64| vec![Value::text(format!("{number}{}", "x".repeat(1 << 20)))];
    let [mut even, odd] = halves("values", 8, large);
    even.merge(odd);
    assert!(matches!(even.finish(), Value::List(values) if values.len() == 3 && values[2].to_string().starts_with('2')));
    assert_eq!(even.notes().len(), 1);
}

#[test]
fn many_different_values_are_estimated() {
    let number = |number: u64| vec![Value::text(number.to_string())];
    let [mut even, odd] = halves("count_distinct", 1_200_000, number);
    assert_eq!(even.finish(), Value::Number(600_000.0));
    assert!(even.notes().is_empty());
    even.merge(odd);
    assert!(matches!(even.notes()[..], [Note::Approximate(_)]));
    let estimate = even.finish().as_number().expect("a number");
    assert!((estimate / 1_200_000.0 - 1.0).abs() < 0.03, "{estimate}");
}

#[test]
fn percentiles_of_many_values_are_close() {
    for (sign, percent, expected) in [(1.0, 99.0, 297_000.0), (-1.0, 25.0, -225_000.0)] {
        let args = |number: u64| vec![Value::Number(sign * (number + 1) as f64), Value::Number(percent)];
        let [mut even, odd] = halves("pct", 300_000, args);
        assert!(even.notes().is_empty());
        even.merge(odd);
        assert_eq!(even.notes().len(), 1);
        let found = even.finish().as_number().expect("a number");
        assert!((found / expected - 1.0).abs() < 0.0051, "{percent} % is {found}");
    }
    let args = |number: u64| vec![Value::Number(number as f64), Value::Number(4.0)];
    let [mut even, odd] = halves("histogram", 300_000, args);
    even.merge(odd);
    let Value::Map(ranges) = even.finish() else { panic!("a map") };
    assert_eq!(ranges.iter().filter_map(|(_, count)| count.as_number()).map(|count| count as u64).sum::<u64>(), 300_000);
    assert!(ranges.len() == 4 && ranges.iter().all(|(_, count)| (count.as_number().unwrap_or_default() / 75_000.0 - 1.0).abs() < 0.03));
}

#[test]
fn rare_values_are_forgotten_and_it_is_said() {
    let mut top = (aggregate("topk").expect("topk").new)();
    let large = |number: u64| Value::text(format!("{number}{}", "x".repeat(1 << 20)));
    for number in 0..60 {
        top.take(&[Value::Number(1.0), "often".into()], None);
        top.take(&[Value::Number(1.0), large(number)], None);
    }
    assert!(top.notes().is_empty());
    for number in 60..70 {
        top.take(&[Value::Number(1.0), large(number)], None);
    }
    assert_eq!(top.finish().to_string(), r#"{"often":60}"#);
    assert_eq!(top.notes().len(), 1);
}

/// Arguments as a query has them: those that are not the field are the same for every event.
fn args(name: &str, value: Value) -> Vec<Value> {
    match name {
        "topk" => vec![Value::Number(3.0), value],
        "pct" => vec![value, Value::Number(90.0)],
        "rate" => vec![value, Value::from("1m")],
        "histogram" => vec![value, Value::Number(4.0)],
        _ => vec![value],
    }
}

/// Equal but for what floating-point numbers lose.
fn close(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => (left - right).abs() <= 1e-9 * (1.0 + left.abs()),
        _ => left.to_json() == right.to_json(),
    }
}

fn any_event() -> impl Strategy<Value = (Value, Option<i64>)> {
    let value = prop_oneof![
        (-50..50_i32).prop_map(|number| Value::Number(f64::from(number) / 4.0)),
        "[a-c0-9]{0,2}".prop_map(Value::text),
        Just(Value::Missing),
        any::<bool>().prop_map(Value::Flag),
        (0..9_i64).prop_map(Value::Time),
    ];
    (value, prop::option::of(0..5_i64))
}

proptest! {
    #[test]
    fn parts_merge_in_any_order_and_grouping(parts in prop::array::uniform3(prop::collection::vec(any_event(), 0..8))) {
        for kind in aggregates() {
            let events = parts.clone().map(|part| part.into_iter().map(|(value, millis)| (args(kind.name, value), millis)).collect::<Vec<Event>>());
            let whole = of(kind.name, &events.concat());
            let [a, b, c] = events.each_ref().map(|part| || of(kind.name, part));
            let (mut left, mut right, mut backwards) = (a(), b(), c());
            left.merge(b());
            left.merge(c());
            right.merge(c());
            let mut outer = a();
            outer.merge(right);
            backwards.merge(b());
            backwards.merge(a());
            for merged in [left, outer, backwards] {
                prop_assert!(close(&merged.finish(), &whole.finish()), "{}: {} is not {}", kind.name, merged.finish(), whole.finish());
                prop_assert_eq!(merged.notes(), whole.notes());
            }
        }
    }

    #[test]
    fn no_values_make_an_aggregate_panic(events in prop::collection::vec((prop::collection::vec(any_value(), 0..3), any::<Option<i64>>()), 0..6)) {
        for kind in aggregates() {
            let aggregate = of(kind.name, &events);
            let _ = (aggregate.finish().to_string(), aggregate.notes());
        }
    }

    #[test]
    fn a_percentile_is_a_value_with_its_share_below(numbers in prop::collection::vec(-1e6..1e6_f64, 1..50), percent in 0..=100_u32) {
        let events: Vec<Event> = numbers.iter().map(|number| (vec![Value::Number(*number), Value::Number(f64::from(percent))], None)).collect();
        let found = of("pct", &events).finish().as_number().expect("a number");
        let (below, up_to) = (numbers.iter().filter(|n| **n < found).count(), numbers.iter().filter(|n| **n <= found).count());
        prop_assert!(numbers.contains(&found));
        prop_assert!(up_to * 100 >= percent as usize * numbers.len());
        prop_assert!(below * 100 <= percent as usize * numbers.len());
    }
}
