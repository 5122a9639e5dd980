//! Whoever waits no longer is obeyed soon: how much each command still does after that is counted, not timed.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::super::expr::{Aggregated, Apply};
use super::super::{finished, through};
use super::*;
use crate::case::CaseError;
use crate::query::aggregate::aggregate;
use crate::query::compare::{Searched, compile};
use crate::query::period::Period;

/// Rows that are sent through a command: more than are sorted in one go.
const ROWS: usize = RUN * 2 + 100;

/// Values worked out since the flag was set.
#[derive(Clone, Default)]
struct Watch {
    is_set: Arc<AtomicBool>,
    worked_out: Arc<AtomicU64>,
}

impl Watch {
    /// The value of a slot, and a count of when it was asked for too late.
    fn slot(&self, slot: usize) -> Node {
        let watch = self.clone();
        let call = move |_: &Context, args: &[Value]| {
            if watch.is_set.load(Ordering::Relaxed) {
                watch.worked_out.fetch_add(1, Ordering::Relaxed);
            }
            args.first().cloned().unwrap_or_default()
        };
        Node::Apply(Apply { call: Box::new(call), args: vec![Node::Slot(slot)] })
    }

    /// A context that stops at this look, and how many looks there were.
    fn context(&self, stop_at: u64) -> (Context, Rc<Cell<u64>>) {
        let looks = Rc::new(Cell::new(0));
        let (count, flag) = (Rc::clone(&looks), Arc::clone(&self.is_set));
        let context = Context::new(0, 0, 0).stopped_by(move || {
            count.set(count.get() + 1);
            if count.get() >= stop_at {
                flag.store(true, Ordering::Relaxed);
            }
            flag.load(Ordering::Relaxed)
        });
        (context, looks)
    }
}

/// Number, text, list and time.
fn rows() -> Vec<Row> {
    let row = |at: usize| Row {
        event: None,
        millis: Some(at as i64 * 1000),
        values: vec![
            Value::count((at * 7919 % ROWS) as u64),
            format!("word {} of user={}", at % 700, at).as_str().into(),
            Value::list([Value::count(1), "two".into()]),
            Value::Time((at / 100) as i64 * 60_000),
            Value::Missing,
            Value::Missing,
        ],
    };
    (0..ROWS).map(row).collect()
}

type Make = fn(&Watch) -> Box<dyn Work>;

fn group(watch: &Watch) -> Group {
    let kind = aggregate("pct").unwrap();
    let aggregates = vec![Aggregated { kind, args: vec![watch.slot(0), Node::Const(Value::Number(50.0))] }];
    Group::new((vec![watch.slot(1)], vec![4]), aggregates, vec![(5, Node::Aggregated(0))], 6, "stats")
}

const COMMANDS: &[(&str, Make)] = &[
    ("filter", |watch| Box::new(Filter(vec![Arc::new(watch.slot(0))]))),
    ("fields", |watch| Box::new(Compute(vec![(4, watch.slot(1))]))),
    ("sort", |watch| Box::new(Sort::by(vec![NaturalKey { node: watch.slot(1), descending: true }], None))),
    ("sort … limit", |watch| Box::new(Sort::by(vec![NaturalKey { node: watch.slot(0), descending: false }], Some(5)))),
    ("dedup", |watch| Box::new(Dedup { keys: vec![watch.slot(1)], seen: hashbrown::HashSet::new(), held: 0 })),
    ("stats", |watch| Box::new(group(watch))),
    ("unnest", |watch| Box::new(Unnest { of: watch.slot(2), slot: 4, fold: Fold::default() })),
    ("parse", |watch| {
        Box::new(Match {
            of: watch.slot(1),
            regex: Searched::of(compile(r"user=(\d+)").unwrap()),
            groups: vec![(1, 4)],
            multi: false,
            fold: Fold::default(),
        })
    }),
    ("parse … multi", |watch| {
        Box::new(Match {
            of: watch.slot(1),
            regex: Searched::of(compile(r"(\d)").unwrap()),
            groups: vec![(1, 4)],
            multi: true,
            fold: Fold::default(),
        })
    }),
    ("json", |watch| Box::new(JsonAt { of: watch.slot(1), steps: json_steps("a"), slot: 4 })),
    ("accum", |watch| Box::new(Accum { of: watch.slot(0), slot: 4, sum: 0.0 })),
    ("pattern", |watch| {
        let found = Patterns::default();
        Box::new(FindPatterns { of: watch.slot(1), found, before: None, columns: vec![4, 5], slots: 6, note: None })
    }),
    ("sessionize", |watch| Box::new(Sessionize { keys: vec![watch.slot(0)], gap: 5, slot: 4, held: Held::default() })),
    ("outlier", |watch| {
        let fields = vec![(watch.slot(0), 4, None)];
        Box::new(Outlier { fields, times: 1.0, looks_below: true, removes: true, held: Held::default() })
    }),
    ("join", |watch| {
        let right = by_key((0..ROWS as u64).map(|at| vec![Value::count(at), Value::count(at)]).collect());
        Box::new(Join { key: watch.slot(0), right, slots: vec![4], is_left: true, made: 0 })
    }),
    ("fillmissing", |_| {
        let period = Period::parse("1m").unwrap();
        Box::new(FillMissing { bin: 3, period, shift: 0, others: vec![0], fills: Vec::new(), rows: Vec::new() })
    }),
];

/// Everything through a command; how it ended, and how many looks there were.
fn run(make: Make, watch: &Watch, stop_at: u64) -> (Result<usize, RunError>, u64) {
    let (context, looks) = watch.context(stop_at);
    let mut work = vec![make(watch)];
    let mut count = 0;
    let ended = through(&mut work, rows(), &context).and_then(|rows| {
        count += rows.len();
        finished(&mut work, &context, &mut |rows| {
            count += rows.len();
            Ok(())
        })
    });
    (ended.map(|()| count), looks.get())
}

#[test]
fn every_command_stops_soon_after_it_is_told_to() {
    for (name, make) in COMMANDS {
        let (ended, looks) = run(*make, &Watch::default(), u64::MAX);
        // fillmissing makes a row for each minute and number: more than it may.
        assert!(ended.is_ok() || *name == "fillmissing", "{name}");
        assert!(looks >= (ROWS / PIECE) as u64, "{name} looked {looks} times");
        // The first looks, the last ones, and some between.
        let between = (1..6).map(|part| looks * part / 6);
        for stop_at in (1..=3).chain(between).chain(looks.saturating_sub(3)..=looks).filter(|at| (1..=looks).contains(at)) {
            let watch = Watch::default();
            let (ended, seen) = run(*make, &watch, stop_at);
            // How often groups are looked at when they are put in order depends on the order they were hashed into.
            let is_told = seen >= stop_at;
            assert_eq!(matches!(ended, Err(RunError::Case(CaseError::Interrupted))), is_told, "{name}, stopped at look {stop_at} of {looks}");
            assert!(is_told || stop_at + 3 >= looks, "{name} looked {seen} times, and {looks} times before");
            let late = watch.worked_out.load(Ordering::Relaxed);
            assert!(late <= PIECE as u64, "{name} worked {late} values out after it was stopped at look {stop_at}");
        }
    }
}

#[test]
fn sorting_stops_between_two_runs() {
    let compared = Cell::new(0_u64);
    for stop_at in 1..12 {
        let watch = Watch::default();
        let (context, looks) = watch.context(stop_at);
        let order = |one: &u64, other: &u64| {
            compared.set(compared.get() + u64::from(watch.is_set.load(Ordering::Relaxed)));
            one.cmp(other)
        };
        let numbers: Vec<u64> = (0..RUN as u64 * 8).map(|at| at * 7919 % 32_749).collect();
        let ended = in_order(numbers, order, &context);
        assert!(ended.is_err() && looks.get() == stop_at && compared.get() == 0, "{stop_at}");
    }
}

#[test]
fn pieces_are_bounded_by_rows_and_bytes_and_lose_nothing() {
    let large = |size: usize| Row { event: None, millis: None, values: vec!["x".repeat(size).as_str().into()] };
    for (sizes, expected) in
        [(vec![1; 1200], vec![512, 512, 176]), (vec![PIECE_BYTES, 1, PIECE_BYTES / 2, PIECE_BYTES / 2, 1], vec![1, 3, 1]), (vec![], vec![])]
    {
        let counts: Vec<usize> = pieces(sizes.iter().map(|size| large(*size)).collect()).map(|piece| piece.len()).collect();
        assert_eq!(counts, expected);
    }
    let numbers: Vec<Value> = pieces(rows()).flatten().map(|row| row.values[0].clone()).collect();
    assert_eq!(numbers, rows().into_iter().map(|row| row.values[0].clone()).collect::<Vec<_>>());
}

#[test]
fn what_one_row_becomes_is_bounded() {
    let row = Row { event: None, millis: None, values: vec![Value::Missing; 4000] };
    assert!(bounded(1000, &row, "unnest").is_ok());
    assert!(matches!(bounded(20_000, &row, "unnest"), Err(RunError::TooLarge(why)) if why.contains("unnest")));
    let mut fold = Fold::default();
    assert!((0..3000).all(|_| fold.becomes(450, "unnest").is_ok()), "many of each, but not too many");
    let mut fold = Fold::default();
    assert_eq!((0..3000).position(|_| fold.becomes(2000, "unnest").is_err()), Some(500));
    // Lists and maps count as well.
    let list = Value::list(std::iter::repeat_n(Value::text("x".repeat(100)), 50));
    assert!(Row { event: None, millis: None, values: vec![list] }.size() > 5000);
}
