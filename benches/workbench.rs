//! The workbench on a case of a million events. `cargo bench --bench workbench --no-default-features`
//!
//! The case is made once (about half a minute, 3 GB below `target/tmp`). Nothing asserts a time.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench that cannot run should stop")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use outcrop::case::{Reader, histogram, open_read_only};
use outcrop::model::{Entity, EntityKind, Event, EventId, Scope, Strand, StrandSet, TextFilter};
use outcrop::stitch::echo::Echoes;
use outcrop::stitch::profiles::{profile, summaries};
use outcrop::tui::Rehearsal;

mod corpus;

const EVENTS: u64 = 1_000_000;
const SIZE: (u16, u16) = (120, 40);
const WARM_UP: Duration = Duration::from_millis(500);
const MEASURED: Duration = Duration::from_secs(2);

fn first_screen(criterion: &mut Criterion) {
    let path = case(EVENTS);
    let open = || -> Reader { open_read_only(&path).unwrap() };
    let mut group = criterion.benchmark_group("workbench");
    group.sample_size(20).warm_up_time(WARM_UP).measurement_time(MEASURED);
    group.bench_function("reopen to the first frame", |bencher| bencher.iter(|| Rehearsal::open(open(), SIZE).unwrap().frame()));
    group.bench_function("reopen: open and list", |bencher| bencher.iter(|| open().refs(&Scope::all()).unwrap().len()));

    let mut workbench = Rehearsal::open(open(), SIZE).unwrap();
    println!("a list of {} events", workbench.frame());
    group.bench_function("one frame of 120x40", |bencher| bencher.iter(|| black_box(workbench.frame())));
    for (name, code) in [("a step", KeyCode::Down), ("a page", KeyCode::PageDown)] {
        let key = KeyEvent::new(code, KeyModifiers::NONE);
        group.bench_function(format!("{name}: update, rows, preview, frame"), |bencher| {
            bencher.iter(|| {
                workbench.press(key);
                workbench.frame()
            });
        });
    }
    group.finish();
}

fn scopes(criterion: &mut Criterion) {
    let path = case(EVENTS);
    let mut reader = open_read_only(&path).unwrap();
    let all = reader.refs(&Scope::all()).unwrap();
    let span = reader.totals().unwrap().span.unwrap();
    let mut group = criterion.benchmark_group("scopes");
    group.sample_size(20).warm_up_time(WARM_UP).measurement_time(MEASURED);
    group.bench_function("histogram of all", |bencher| bencher.iter(|| histogram(&all, span.0, span.1, 120)));
    let window: Vec<EventId> = all[all.len() / 2..][..40].iter().map(|event| event.id).collect();
    group.bench_function("window of 40 rows in the middle", |bencher| bencher.iter(|| reader.events(&window).unwrap().len()));

    let principals = reader.values(EntityKind::Principal).unwrap();
    let (most, few) = (&principals[0], &principals[principals.len() / 2]);
    for (what, value) in [("the busiest", most), ("a quiet", few)] {
        let scope = Scope::all().narrowed(Entity::new(EntityKind::Principal, value.value.to_string()));
        let warm = || {
            let mut reader = open_read_only(&path).unwrap();
            reader.refs(&Scope::all()).unwrap();
            reader
        };
        group.bench_function(format!("pivot to {what} principal ({} events)", value.count), |bencher| {
            bencher.iter_batched_ref(warm, |reader| reader.refs(&scope).unwrap().len(), BatchSize::PerIteration);
        });
        reader.refs(&scope).unwrap();
        group.bench_function(format!("models of {what} principal"), |bencher| {
            bencher.iter(|| reader.values_in(&scope, EntityKind::Model).unwrap().len());
        });
    }
    group.bench_function("values of principal", |bencher| bencher.iter(|| reader.values(EntityKind::Principal).unwrap().len()));
    group.finish();
}

fn search(criterion: &mut Criterion) {
    let path = case(EVENTS);
    let mut reader = open_read_only(&path).unwrap();
    let mut group = criterion.benchmark_group("search");
    group.sample_size(10).warm_up_time(WARM_UP).measurement_time(MEASURED);
    for pattern in ["nowhere to be found", "(?-i)AKIA[A-Z0-9]{16}", "ignore (all|any|the) previous"] {
        let report = reader.search(&Scope::all(), pattern, &mut |_| ()).unwrap();
        group.throughput(criterion::Throughput::Bytes(report.bytes));
        group.bench_function(format!("“{pattern}” in all text"), |bencher| {
            bencher.iter(|| reader.search(&Scope::all(), pattern, &mut |_| ()).unwrap().bytes);
        });
    }
    let scope = Scope { text: Some(TextFilter { pattern: "guardrail".into() }), ..Scope::all() };
    group.bench_function("a scope with a text, again", |bencher| bencher.iter(|| reader.refs(&scope).unwrap().len()));
    group.finish();
}

fn commands(criterion: &mut Criterion) {
    let mut reader = open_read_only(&case(EVENTS)).unwrap();
    let scope = Scope { strands: StrandSet::only(Strand::Endpoint), ..Scope::all() };
    let refs = reader.refs(&scope).unwrap();
    let mut group = criterion.benchmark_group("commands");
    group.sample_size(20).warm_up_time(WARM_UP).measurement_time(MEASURED);
    group.bench_function(format!("the matrix of {} events of endpoints", refs.len()), |bencher| {
        bencher.iter(|| reader.tally(&refs, [EntityKind::Principal, EntityKind::Service, EntityKind::Action]).unwrap().len());
    });
    let middle: Vec<EventId> = refs[refs.len() / 2..].iter().take(2000).map(|event| event.id).collect();
    let calls: Vec<Event> = reader.events(&middle).unwrap().into_iter().filter(|event| event.service.is_some()).take(40).collect();
    group.bench_function(format!("the echoes of {} calls of the AWS CLI", calls.len()), |bencher| {
        bencher.iter(|| {
            let mut echoes = Echoes::default();
            calls.iter().filter(|call| echoes.of(&mut reader, call).unwrap().is_some()).count()
        });
    });
    group.finish();
}

fn tables(criterion: &mut Criterion) {
    let mut reader = open_read_only(&case(EVENTS)).unwrap();
    let all = reader.refs(&Scope::all()).unwrap().len();
    let mut group = criterion.benchmark_group("tables");
    group.sample_size(10).warm_up_time(WARM_UP).measurement_time(MEASURED);
    for kind in [EntityKind::Principal, EntityKind::Bucket] {
        group.bench_function(format!("all {kind}s of {all} events"), |bencher| {
            bencher.iter(|| summaries(&mut reader, &Scope::all(), kind).unwrap().len());
        });
        let most = reader.values(kind).unwrap().remove(0);
        let entity = Entity { kind, value: most.value };
        group.bench_function(format!("the page of the busiest {kind} ({} events)", most.count), |bencher| {
            bencher.iter(|| profile(&mut reader, &Scope::all(), &entity).unwrap().sections.len());
        });
    }
    group.finish();
}

/// A case of that folder. Delete it when the schema has changed.
fn case(events: u64) -> std::path::PathBuf {
    let case = corpus::kept(&format!("demo-{events}.outcrop"));
    if !case.exists() {
        let half = corpus::kept(&format!("demo-{events}-half.outcrop"));
        let _ = std::fs::remove_file(&half);
        let writable = outcrop::case::Writable::open(&half).unwrap();
        outcrop::source::ingest(
            [outcrop::source::Input::Path(corpus::folder(events))],
            &writable,
            &|_| {},
            &std::sync::atomic::AtomicBool::new(false),
        )
        .unwrap();
        drop(writable);
        std::fs::rename(&half, &case).unwrap();
    }
    case
}

criterion_group!(benches, first_screen, scopes, search, commands, tables);
criterion_main!(benches);
