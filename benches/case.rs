//! The case file at a million events and 300 MB of text. `cargo bench --bench case --no-default-features`
//!
//! The figures in docs come from here; nothing asserts a time.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench that cannot run should stop")]

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use outcrop::case::{Batch, Reader, Writable, histogram, open_read_only};
use outcrop::decode::{Decoded, Searchable};
use outcrop::model::{
    Digest, Entity, EntityKind, EventId, ExchangeFacts, Outcome, RecordPosition, Scope, SourceId, Strand, TextFilter, TimeRange, Timestamp, Wrap,
};

const EVENTS: u32 = 1_000_000;
const BATCH: u32 = 5_000;
const START: i64 = 1_790_000_000_000;

/// A small generator, so that every run sees the same case (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// Skewed, as the use of things is: few are used much.
    fn skewed(&mut self, values: u64) -> u64 {
        let roll = self.roll() % values;
        roll * (self.roll() % values) / values
    }
}

fn batch(number: u32, prose: &str) -> Batch {
    let mut dice = Dice(u64::from(number));
    let mut batch = Batch::new();
    for at in number * BATCH..(number + 1) * BATCH {
        // Every file goes forward in time, the newest file is read first.
        let millis = START - i64::from(number) * 5_000_000 + i64::from(at % BATCH) * 1000 + (dice.roll() % 900) as i64;
        let (user, denied) = (dice.skewed(3000), dice.roll().is_multiple_of(20));
        let mut digest = [0; 32];
        for part in digest.as_chunks_mut::<8>().0 {
            *part = dice.roll().to_be_bytes();
        }
        let from = dice.roll() as usize % (prose.len() - 6000);
        let invocation = at % 10 == 0;
        let decoded = Decoded {
            time: Some(Timestamp::from_millis(millis)),
            strand: Some(if invocation {
                Strand::Invocation
            } else if at % 3 == 0 {
                Strand::Data
            } else {
                Strand::Management
            }),
            outcome: if denied { Outcome::Denied } else { Outcome::Ok },
            account: Some(format!("{:012}", 111_111_111_111 * (1 + dice.roll() % 3)).into()),
            region: Some(["us-east-1", "us-west-2", "eu-central-1"][dice.roll() as usize % 3].into()),
            actor: Some(format!("111111111111/role/app-{user}/someone").into()),
            principal: Some(format!("111111111111/role/app-{user}").into()),
            session: Some(format!("session-{}", dice.skewed(20_000)).into()),
            ip: Some(format!("10.{}.{}.7", user % 250, user / 250).into()),
            user_agent: Some(format!("aws-sdk-rust/1.{} os/linux", dice.skewed(300)).into()),
            action: Some(format!("Action{}", dice.skewed(80)).into()),
            service: Some("bedrock".into()),
            error_code: denied.then(|| "AccessDenied".into()),
            request_id: Some(format!("{at:08x}-0000-4000-8000-{at:012x}").into()),
            model: invocation.then(|| format!("anthropic.model-{}", dice.roll() % 8).into()),
            exchange: invocation.then(|| ExchangeFacts {
                family: "converse".into(),
                preview: prose[from..from + 200].into(),
                ..ExchangeFacts::default()
            }),
            searchable: if invocation { vec![Searchable::Raw(&prose.as_bytes()[from..from + 3000], false)] } else { Vec::new() },
            ..Decoded::default()
        };
        let position = RecordPosition { offset: u64::from(at % BATCH) * 1500, length: 1500, wrap: Wrap::None };
        batch.push(SourceId(number + 1), position, Digest(digest), None, &decoded);
    }
    batch
}

fn prose() -> String {
    let words = ["the", "model", "answer", "please", "summarise", "bucket", "report", "quarter", "secret", "policy", "guardrail", "ignore"];
    let mut dice = Dice(7);
    let mut text = String::new();
    while text.len() < 1 << 20 {
        text.push_str(words[dice.skewed(words.len() as u64) as usize]);
        text.push(if dice.roll().is_multiple_of(12) { '\n' } else { ' ' });
    }
    text
}

fn resident_mib(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// CPU seconds of this process so far, user and system (fields 14 and 15 of proc_pid_stat(5), in hundredths).
fn cpu() -> (f64, f64) {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks: Vec<f64> =
        stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2).filter_map(|field| field.parse().ok()).collect();
    ticks.first().zip(ticks.get(1)).map_or((0.0, 0.0), |(user, system)| (user / 100.0, system / 100.0))
}

/// Loads the case and says what it took. Making the batches is the work of other threads, and not counted.
fn load(path: &Path) {
    let prose = prose();
    let case = Writable::open(path).unwrap();
    let mut writer = case.writer().unwrap();
    let (mut append, mut commit, mut user, mut system) = (0.0, 0.0, 0.0, 0.0);
    for number in 0..EVENTS / BATCH {
        let batch = batch(number, &prose);
        let start = Instant::now();
        writer.append(batch).unwrap();
        append += start.elapsed().as_secs_f64();
        if writer.pending().is_due() {
            let (start, before) = (Instant::now(), cpu());
            writer.commit().unwrap();
            commit += start.elapsed().as_secs_f64();
            let after = cpu();
            (user, system) = (user + after.0 - before.0, system + after.1 - before.1);
        }
    }
    let resident = resident_mib("VmRSS");
    let start = Instant::now();
    writer.finish().unwrap();
    let finish = start.elapsed().as_secs_f64();
    println!(
        "load {EVENTS} events: append {append:.2} s, commit {commit:.2} s (CPU {user:.2} + {system:.2}), finish {finish:.2} s: {:.0} events/s; resident {resident} MiB, peak {} MiB; file {} MiB",
        f64::from(EVENTS) / (append + commit),
        resident_mib("VmHWM"),
        std::fs::metadata(path).unwrap().len() >> 20
    );
}

fn narrowed(kind: EntityKind, value: &str) -> Scope {
    Scope::all().narrowed(Entity::new(kind, value))
}

fn reads(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.case");
    load(&path);
    let open = || -> Reader { open_read_only(&path).unwrap() };
    let warm = || {
        let mut reader = open();
        reader.refs(&Scope::all()).unwrap();
        reader
    };
    let mut group = criterion.benchmark_group("case");
    group.sample_size(20).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    group.bench_function("open and list all", |bencher| bencher.iter(|| open().refs(&Scope::all()).unwrap().len()));
    for (name, value) in [("rare", "session-15000"), ("common", "session-0")] {
        let scope = narrowed(EntityKind::Session, value);
        group.bench_function(format!("list of a {name} session, cold"), |bencher| bencher.iter(|| open().refs(&scope).unwrap().len()));
        group.bench_function(format!("list of a {name} session"), |bencher| {
            bencher.iter_batched_ref(warm, |reader| reader.refs(&scope).unwrap().len(), criterion::BatchSize::PerIteration);
        });
    }
    let account = narrowed(EntityKind::Account, "111111111111");
    group.bench_function("list of an account", |bencher| {
        bencher.iter_batched_ref(warm, |reader| reader.refs(&account).unwrap().len(), criterion::BatchSize::PerIteration);
    });
    let mut reader = warm();
    let all = reader.refs(&Scope::all()).unwrap();
    let window: Vec<EventId> = all[500_000..500_040].iter().map(|event| event.id).collect();
    group.bench_function("window of 40 events", |bencher| bencher.iter(|| reader.events(&window).unwrap().len()));
    let uid = reader.events(&window).unwrap()[0].uid();
    group.bench_function("find by id", |bencher| bencher.iter(|| reader.find(black_box(&uid)).unwrap().len()));
    let request = Entity::new(EntityKind::Request, "00000fff-0000-4000-8000-000000000fff");
    group.bench_function("count of a request id", |bencher| bencher.iter(|| reader.count(&request).unwrap()));
    let principal = Entity::new(EntityKind::Principal, "111111111111/role/app-3");
    group.bench_function("count of a principal", |bencher| bencher.iter(|| reader.count(&principal).unwrap()));
    group.bench_function("mentions of an event", |bencher| bencher.iter(|| reader.mentions(window[0]).unwrap().len()));
    for kind in [EntityKind::Model, EntityKind::Session, EntityKind::Request] {
        group.bench_function(format!("values of {kind}"), |bencher| bencher.iter(|| reader.values(kind).unwrap().len()));
    }
    reader.refs(&account).unwrap();
    group.bench_function("values of principal in an account", |bencher| {
        bencher.iter(|| reader.values_in(&account, EntityKind::Principal).unwrap().len());
    });
    let span = reader.totals().unwrap().span.unwrap();
    group.bench_function("histogram of all", |bencher| bencher.iter(|| histogram(&all, span.0, span.1, 120)));
    let day = Scope { range: TimeRange { since: Some(span.0), until: Some(span.0.plus_millis(86_400_000)) }, ..Scope::all() };
    group.bench_function("list of a day", |bencher| {
        bencher.iter_batched_ref(warm, |reader| reader.refs(&day).unwrap().len(), criterion::BatchSize::PerIteration);
    });
    for pattern in ["nowhere to be found", "Secret policy", "ignore (the|please)"] {
        group.bench_function(format!("search “{pattern}”"), |bencher| {
            bencher.iter(|| reader.search(&Scope::all(), pattern, &mut |_| ()).unwrap().bytes);
        });
    }
    let text = Scope { text: Some(TextFilter { pattern: "guardrail".into() }), ..account.clone() };
    group.bench_function("list of an account with a text, again", |bencher| bencher.iter(|| reader.refs(&text).unwrap().len()));
    group.finish();
}

criterion_group!(benches, reads);
criterion_main!(benches);
