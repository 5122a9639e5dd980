//! Queries on a case of 100,000 events. `cargo bench --bench query --no-default-features`
//!
//! Pairs say what a shortcut is worth: by column and by record, with and without asking the lists first, the first rows and all
//! of them. Nothing asserts a time; docs/BENCHMARKS.md has the figures on 1 GB.

#![expect(clippy::unwrap_used, reason = "a bench that cannot run should stop")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use outcrop::case::{Reader, Writable, open_read_only};
use outcrop::model::{Scope, Timestamp};
use outcrop::query::run::{Answer, AnswerRow, Listener, Options, run_heard, run_sql};
use outcrop::query::{ql, sql};

mod corpus;

const EVENTS: u64 = 100_000;

/// Hears when the first rows come.
struct First {
    since: Instant,
    first: Option<Duration>,
}

impl Listener for First {
    fn rows(&mut self, _: &[AnswerRow]) {
        self.first.get_or_insert_with(|| self.since.elapsed());
    }
}

fn ask(reader: &mut Reader, text: &str, push_down: bool) -> (Answer, Option<Duration>) {
    let scope = Scope::all();
    let options = Options { scope: &scope, now: Timestamp::from_millis(1_795_000_000_000), push_down };
    let mut first = First { since: Instant::now(), first: None };
    let answer = if sql::is_likely(text) {
        run_sql(reader, text, &sql::parse(text).unwrap(), &options, &mut first)
    } else {
        run_heard(reader, text, &ql::parse(text).unwrap(), &options, &mut first)
    };
    (answer.unwrap(), first.first)
}

const ASKED: &[(&str, &str)] = &[
    ("count by name, by columns, QL", "stats count(*) by eventName"),
    ("count by name, by columns, SQL", "SELECT eventName, COUNT(*) FROM events GROUP BY eventName"),
    ("tokens by account and 4 h, by columns, QL", "SOURCE 'exchanges' | stats sum(x.tokens_total) by accountId, bin(4h)"),
    ("tokens by account and 4 h, from records, QL", "SOURCE 'exchanges' | stats sum(input.inputTokenCount) by identity.arn, bin(4h)"),
    ("a path without a column, SQL", "SELECT `userIdentity.arn` FROM management WHERE `userIdentity.type` = 'Root'"),
    (
        "both logs of a day by request, SQL",
        "SELECT a.eventName, b.modelId FROM management AS a INNER JOIN invocation AS b ON a.`requestID` = b.`requestId` \
         WHERE a.`@timestamp` >= '2026-11-12' AND a.`@timestamp` < '2026-11-13' AND b.`@timestamp` >= '2026-11-12' AND b.`@timestamp` < '2026-11-13'",
    ),
    ("a denied call, by lists, SQL", "SELECT `@timestamp`, eventName FROM management WHERE `x.denied` = true AND eventName = 'InvokeModel'"),
];

fn queries(criterion: &mut Criterion) {
    let path = case();
    let mut reader = open_read_only(&path).unwrap();
    reader.refs(&Scope::all()).unwrap();
    let mut group = criterion.benchmark_group("query");
    group.sample_size(10).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
    for (name, text) in ASKED {
        let (answer, first) = ask(&mut reader, text, true);
        println!("{name}: {} rows, {} records, first after {first:?}", answer.rows.len(), answer.statistics.records);
        group.bench_function(*name, |bencher| bencher.iter(|| black_box(ask(&mut reader, text, true).0.rows.len())));
    }
    let (_, text) = ASKED.last().unwrap();
    group.bench_function("the same, without asking the lists", |bencher| bencher.iter(|| black_box(ask(&mut reader, text, false).0.rows.len())));
    group.finish();
}

/// A case of the built-in incident. Delete it when the schema has changed.
fn case() -> std::path::PathBuf {
    let case = corpus::kept(&format!("query-{EVENTS}.outcrop"));
    if !case.exists() {
        let half = corpus::kept(&format!("query-{EVENTS}-half.outcrop"));
        let _ = std::fs::remove_file(&half);
        let writable = Writable::open(&half).unwrap();
        let input = [outcrop::source::Input::Path(corpus::folder(EVENTS))];
        outcrop::source::ingest(input, &writable, &|_| {}, &std::sync::atomic::AtomicBool::new(false)).unwrap();
        drop(writable);
        std::fs::rename(&half, &case).unwrap();
    }
    case
}

criterion_group!(benches, queries);
criterion_main!(benches);
