//! From files to a case, and what each step of it costs on one core. `cargo bench --bench ingest --no-default-features`
//!
//! Steps are measured on the same plain bytes, held in memory; throughput is in plain bytes. Nothing asserts a time.

#![expect(clippy::unwrap_used, reason = "a bench that cannot run should stop")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::io::{Cursor, Read};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use outcrop::case::{Batch, Writable, open_read_only};
use outcrop::decode::containers::{Item, Limits, compression_of, plain, read_records};
use outcrop::decode::{
    decode,
    json::{End, Tape},
};
use outcrop::model::{Digest, RecordPosition, SourceId, Strand};
use outcrop::source::{Input, ingest};
use sha2::Digest as _;

mod corpus;

const BUDGET_EVENTS: u64 = 420_000;
const EVENTS: u64 = 42_000;
/// Plain bytes of each kind of record that the steps are measured on.
const ENOUGH: usize = 16 << 20;
const WARM_UP: Duration = Duration::from_secs(1);
const MEASURED: Duration = Duration::from_secs(2);

fn into_a_case(folder: &Path, case: &Path) -> (u64, u64) {
    let case = Writable::open(case).unwrap();
    let summary = ingest([Input::Path(folder.to_owned())], &case, &|_| {}, &AtomicBool::new(false)).unwrap();
    (summary.bytes, summary.records)
}

/// Polls until the first rows of a case can be read by somebody else.
fn first_rows(case: &Path) -> Duration {
    let start = Instant::now();
    loop {
        if open_read_only(case).is_ok_and(|mut reader| reader.totals().is_ok_and(|totals| totals.events() > 0)) {
            return start.elapsed();
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The budget's own size, once: 1 GB of plain bytes.
fn budget(room: &Path) {
    let (folder, case) = (corpus::folder(BUDGET_EVENTS), room.join("budget.outcrop"));
    let (start, before) = (Instant::now(), cpu());
    let (first, (bytes, records)) = std::thread::scope(|scope| {
        let first = scope.spawn(|| first_rows(&case));
        let read = into_a_case(&folder, &case);
        (first.join().unwrap(), read)
    });
    let (wall, cpu) = (start.elapsed().as_secs_f64(), cpu() - before);
    println!(
        "ingest of {} MB, {records} events: first rows {} ms, all {wall:.2} s, CPU {cpu:.2} s; a core does {:.0} MB/s, {:.0} events/s; peak {}; case {} MB",
        bytes / 1_000_000,
        first.as_millis(),
        bytes as f64 / 1e6 / cpu,
        records as f64 / cpu,
        std::fs::read_to_string("/proc/self/status").unwrap().lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default(),
        std::fs::metadata(&case).unwrap().len() / 1_000_000,
    );
}

fn whole(criterion: &mut Criterion) {
    let room = tempfile::tempdir().unwrap();
    budget(room.path());
    let folder = corpus::folder(EVENTS);
    let path = |number: u32| room.path().join(format!("{number}.outcrop"));
    let (bytes, _) = into_a_case(&folder, &path(0));
    let mut number = 0;
    let mut group = criterion.benchmark_group("ingest");
    group.sample_size(10).warm_up_time(WARM_UP).measurement_time(MEASURED).throughput(Throughput::Bytes(bytes));
    group.bench_function("a folder into a case, all cores", |bencher| {
        bencher.iter_batched(
            || {
                number += 1;
                path(number)
            },
            |case| into_a_case(&folder, &case),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

/// Files as stored, and the records of each strand.
struct Evidence {
    stored: Vec<Vec<u8>>,
    records: BTreeMap<&'static str, Vec<Vec<u8>>>,
}

fn unpacked(stored: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    plain(Box::new(Cursor::new(stored)), compression_of(stored), &Limits::default()).read_to_end(&mut bytes).unwrap();
    bytes
}

fn each_record(bytes: &[u8], each: &mut dyn FnMut(&[u8])) {
    read_records(&mut &*bytes, &Limits::default(), &mut |item| {
        if let Item::Record { bytes, .. } = item {
            each(&bytes);
        }
        ControlFlow::Continue(())
    });
}

fn evidence(folder: &Path) -> Evidence {
    let mut evidence = Evidence { stored: Vec::new(), records: BTreeMap::new() };
    let (mut tape, mut plain_bytes) = (Tape::new(), 0);
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().flatten().filter(|entry| entry.file_type().is_file()) {
        let stored = std::fs::read(entry.path()).unwrap();
        let bytes = unpacked(&stored);
        each_record(&bytes, &mut |record| {
            // Body files hold no records.
            let Some(strand) = decode(record, &mut tape).strand.map(Strand::name) else { return };
            let records = evidence.records.entry(strand).or_default();
            if records.iter().map(Vec::len).sum::<usize>() < ENOUGH && records.len() < 10_000 {
                records.push(record.to_vec());
            }
        });
        if plain_bytes < ENOUGH * 2 {
            plain_bytes += bytes.len();
            evidence.stored.push(stored);
        }
    }
    evidence
}

fn steps(criterion: &mut Criterion) {
    let evidence = evidence(&corpus::folder(EVENTS));
    let unpacked_files: Vec<Vec<u8>> = evidence.stored.iter().map(|stored| unpacked(stored)).collect();
    let mut group = criterion.benchmark_group("decode");
    group.sample_size(10).warm_up_time(WARM_UP).measurement_time(MEASURED);
    group.throughput(Throughput::Bytes(unpacked_files.iter().map(|bytes| bytes.len() as u64).sum()));
    group.bench_function("gunzip", |bencher| bencher.iter(|| evidence.stored.iter().map(|stored| unpacked(stored).len()).sum::<usize>()));
    group.bench_function("split into records", |bencher| {
        bencher.iter(|| {
            for bytes in &unpacked_files {
                each_record(bytes, &mut |record| {
                    black_box(record);
                });
            }
        });
    });
    for (strand, records) in &evidence.records {
        let bytes = records.iter().map(Vec::len).sum::<usize>() as u64;
        println!("{strand}: {} records of {} bytes on average", records.len(), bytes / records.len() as u64);
        group.throughput(Throughput::Bytes(bytes));
        let mut tape = Tape::new();
        group.bench_function(format!("{strand}: tape"), |bencher| {
            bencher.iter(|| records.iter().fold(0, |damaged, record| damaged + usize::from(!matches!(tape.parse(record), End::Complete(_)))));
        });
        // What a library's value type takes for the same bytes (some records it refuses: they are left out on its side).
        group.bench_function(format!("{strand}: serde_json value"), |bencher| {
            bencher.iter(|| records.iter().filter(|record| serde_json::from_slice::<serde_json::Value>(record).is_ok()).count());
        });
        group.bench_function(format!("{strand}: tape and decode"), |bencher| {
            bencher.iter(|| records.iter().for_each(|record| drop(black_box(decode(record, &mut tape)))));
        });
        group.bench_function(format!("{strand}: tape, decode, hash, batch"), |bencher| {
            bencher.iter(|| {
                let mut batch = Batch::new();
                for record in records {
                    let decoded = decode(record, &mut tape);
                    let digest = Digest(sha2::Sha256::digest(record).into());
                    batch.push(SourceId(1), RecordPosition::default(), digest, None, &decoded);
                }
                batch.len()
            });
        });
    }
    let mut tape = Tape::new();
    for (name, record) in megabytes() {
        group.throughput(Throughput::Bytes(record.len() as u64));
        group.bench_function(format!("a prompt of a megabyte, {name}: tape and decode"), |bencher| {
            bencher.iter(|| drop(black_box(decode(&record, &mut tape))));
        });
    }
    group.finish();
}

/// Calls with a prompt of a megabyte, which is searched for hidden content, injections and credentials and holds none.
fn megabytes() -> [(&'static str, Vec<u8>); 3] {
    let prose = "The river had been rising since noon, and by the time the last of the carts came over the bridge, people stood at the rail.\n";
    let code = "    let configuration = Options { path: PathBuf::from(\"/usr/share/outcrop/keymaps/default.toml\"), ..Options::default() };\n";
    let russian = "Река поднималась с полудня, и когда последние телеги переехали мост, люди стояли у перил и считали доски, которые плыли мимо.\n";
    [("prose", prose), ("code", code), ("Russian", russian)].map(|(name, line)| {
        let text = line.repeat((1 << 20) / line.len());
        let record = serde_json::json!({
            "schemaType": "ModelInvocationLog", "schemaVersion": "1.0", "timestamp": "2026-10-05T10:00:00Z", "accountId": "111122223333",
            "region": "us-east-1", "requestId": "r", "operation": "Converse", "modelId": "m.x",
            "identity": {"arn": "arn:aws:iam::111122223333:user/a"},
            "input": {"inputBodyJson": {"messages": [{"role": "user", "content": [{"text": text}]}]}},
        });
        (name, record.to_string().into_bytes())
    })
}

/// CPU seconds of this process so far, user and system (fields 14 and 15 of proc_pid_stat(5), in hundredths).
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    fields.filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / 100.0
}

criterion_group!(benches, whole, steps);
criterion_main!(benches);
