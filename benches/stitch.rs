//! Conversations: stitching a million exchanges in and out of order, and opening a long conversation.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench that cannot run should stop")]

use std::hint::black_box;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use outcrop::case::Writable;
use outcrop::decode::{Bodies, exchange_with_history};
use outcrop::model::{RoundKeys, Scope, ThreadKeys, ThreadRow};
use outcrop::source::{Input, ingest};
use outcrop::stitch::conversation;
use outcrop::stitch::threads::Threads;

const EXCHANGES: u32 = 1_000_000;
/// Calls of each conversation.
const CALLS: u32 = 8;

/// A number that looks like a hash (splitmix64).
fn mixed(mut seed: u64) -> u64 {
    seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    seed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    seed = (seed ^ (seed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (seed ^ (seed >> 31)).max(1)
}

fn rows() -> Vec<ThreadRow> {
    let keys = |event: u32| RoundKeys { pair: mixed(u64::from(event)), answer: mixed(u64::from(event) << 32) };
    (1..=EXCHANGES)
        .map(|event| {
            let before = (1..=event % CALLS).take(ThreadKeys::DEPTH).map(|back| keys(event - back)).collect();
            ThreadRow { event, millis: i64::from(event), tie: mixed(u64::from(event)), keys: ThreadKeys { own: keys(event), before } }
        })
        .collect()
}

fn stitching(criterion: &mut Criterion) {
    let in_order = rows();
    let mut shuffled = in_order.clone();
    shuffled.sort_by_key(|row| mixed(row.tie));
    let mut group = criterion.benchmark_group("stitch");
    group.sample_size(10).warm_up_time(Duration::from_millis(1)).measurement_time(Duration::from_secs(12));
    for (name, rows) in [("a million exchanges, in order", &in_order), ("a million exchanges, in any order", &shuffled)] {
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                Threads::default,
                |mut threads| rows.chunks(4096).map(|rows| threads.add(rows).len()).sum::<usize>(),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

/// One call with 500 turns of 4 KB before it.
fn long_call() -> Vec<u8> {
    let text = "A sentence of some length that a person wrote, with words of the usual kind. ".repeat(52);
    let turn = |number: u32| {
        let role = if number.is_multiple_of(2) { "user" } else { "assistant" };
        format!(r#"{{"role":"{role}","content":[{{"text":"{number} {text}"}}]}}"#)
    };
    let turns: Vec<String> = (0..501).map(turn).collect();
    format!(
        r#"{{"schemaType":"ModelInvocationLog","timestamp":"2026-10-05T10:00:00Z","accountId":"111122223333","region":"us-east-1","requestId":"r","operation":"Converse","modelId":"m.x","identity":{{"arn":"arn:aws:iam::111122223333:user/a"}},"input":{{"inputBodyJson":{{"messages":[{}],"inferenceConfig":{{}}}}}},"output":{{"outputBodyJson":{{"output":{{"message":{{"role":"assistant","content":[{{"text":"the end"}}]}}}},"stopReason":"end_turn"}}}}}}"#,
        turns.join(",")
    )
    .into_bytes()
}

/// The same conversation as 250 calls, each with the turns so far.
fn long_conversation() -> Vec<u8> {
    let text = "A sentence of some length that a person wrote, with words of the usual kind. ".repeat(52);
    let turn = |number: u32| {
        let role = if number.is_multiple_of(2) { "user" } else { "assistant" };
        format!(r#"{{"role":"{role}","content":[{{"text":"{number} {text}"}}]}}"#)
    };
    let mut log = Vec::new();
    for call in 0..250 {
        let turns: Vec<String> = (0..=call * 2).map(turn).collect();
        let record = format!(
            r#"{{"schemaType":"ModelInvocationLog","timestamp":"2026-10-05T{:02}:{:02}:00Z","accountId":"111122223333","region":"us-east-1","requestId":"r{call}","operation":"Converse","modelId":"m.x","identity":{{"arn":"arn:aws:iam::111122223333:user/a"}},"input":{{"inputBodyJson":{{"messages":[{}],"inferenceConfig":{{}}}}}},"output":{{"outputBodyJson":{{"output":{{"message":{{"role":"assistant","content":[{{"text":"{} {text}"}}]}}}},"stopReason":"end_turn"}}}}}}"#,
            call / 60,
            call % 60,
            turns.join(","),
            call * 2 + 1,
        );
        log.extend(record.into_bytes());
        log.push(b'\n');
    }
    log
}

fn opening(criterion: &mut Criterion) {
    let record = long_call();
    println!("one call of 501 turns: {} KB", record.len() / 1000);
    let folder = tempfile::tempdir().unwrap();
    let case = Writable::open(&folder.path().join("case.outcrop")).unwrap();
    let log = folder.path().join("log.ndjson");
    std::fs::write(&log, long_conversation()).unwrap();
    println!("250 calls that repeat it: {} MB", std::fs::metadata(&log).unwrap().len() / 1_000_000);
    ingest([Input::Path(log)], &case, &|_| {}, &AtomicBool::new(false)).unwrap();
    let mut reader = case.reader().unwrap();
    let first = reader.refs(&Scope::all()).unwrap()[0].id;

    let start = Instant::now();
    let read = conversation::read(&mut reader, first).unwrap();
    println!("first opening of the conversation of {} calls: {:.1} ms", read.calls.len(), start.elapsed().as_secs_f64() * 1e3);
    let mut group = criterion.benchmark_group("open");
    group.bench_function("one call of 500 turns, decoded", |bencher| bencher.iter(|| black_box(exchange_with_history(&record, &Bodies::default()))));
    group.bench_function("a conversation of 250 calls and 500 turns", |bencher| {
        bencher.iter(|| conversation::read(&mut reader, first).unwrap().calls.len());
    });
    group.finish();
}

criterion_group!(benches, stitching, opening);
criterion_main!(benches);
