//! All rules over a case, and what following an ingest adds to it. `cargo bench --bench detect --no-default-features`
//!
//! `OUTCROP_BENCH_EVENTS` sets the size. Everything runs on one thread, but for the search of texts, which takes two. Nothing
//! asserts a time.

#![expect(clippy::unwrap_used, reason = "a bench that cannot run should stop")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use outcrop::case::{Batch, Writable};
use outcrop::decode::Decoded;
use outcrop::detect::{Detector, RuleSet, Sources, following};
use outcrop::model::{Digest, RecordPosition, SourceId, Strand, Timestamp};
use outcrop::source::{Input, demo, ingest};

mod corpus;

const EVENTS: u64 = 200_000;
/// Ingests of each kind.
const TURNS: usize = 11;

fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default().to_owned()
}

/// CPU seconds of this process.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    let ticks: f64 = [11, 12].iter().map(|at| fields.get(*at).unwrap().parse::<f64>().unwrap()).sum();
    ticks / 100.0
}

fn run(case: &Path) {
    let case = Writable::open(case).unwrap();
    let start = Instant::now();
    let set = Arc::new(RuleSet::load(&Sources::builtin(), false));
    println!("{} rules are ready in {} ms", set.len(), start.elapsed().as_millis());
    let mut reader = case.reader().unwrap();
    let mut detector = Detector::new(set, &mut reader).unwrap();
    let (start, before) = (Instant::now(), cpu());
    let findings = detector.catch_up(&mut reader).unwrap();
    let (wall, used) = (start.elapsed().as_secs_f64(), cpu() - before);
    let events = f64::from(findings.detected.events);
    println!(
        "{events} events: {wall:.2} s, CPU {used:.2} s; a million in {:.2} s of CPU; {} signals, {} leads; {}; {:?}",
        used / events * 1e6,
        findings.changed.len(),
        findings.leads.len(),
        peak(),
        findings.detected.problems,
    );
    let start = Instant::now();
    let again = detector.catch_up(&mut reader).unwrap();
    println!("once more, with nothing new: {:.1} ms, {} changes", start.elapsed().as_secs_f64() * 1e3, again.changed.len());
    let start = Instant::now();
    let mut place = case.findings().unwrap();
    place.store(findings.epoch, &findings.changed.iter().collect::<Vec<_>>(), &findings.gone, &findings.leads, &findings.detected).unwrap();
    println!("stored in {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
}

/// What a few new events cost in a case that has many: what a step costs in a workbench that follows a log group.
fn steps(case: &Path, room: &Path) {
    let case = Writable::open(case).unwrap();
    let mut reader = case.reader().unwrap();
    let mut detector = Detector::new(Arc::new(RuleSet::load(&Sources::builtin(), false)), &mut reader).unwrap();
    detector.catch_up(&mut reader).unwrap();
    for (seed, events) in [(1, 1_500), (2, 1_500), (3, 15_000)] {
        let folder = room.join(format!("new-{seed}"));
        demo::write(&demo::Options { events, seed }, &folder, &mut |_| ()).unwrap();
        let before = cpu();
        ingest([Input::Path(folder)], &case, &|_| {}, &AtomicBool::new(false)).unwrap();
        let read = cpu() - before;
        let start = Instant::now();
        let findings = detector.catch_up(&mut reader).unwrap();
        let took = start.elapsed().as_secs_f64();
        println!("{events} new events: read in {read:.2} s of CPU, looked at in {:.1} ms, {} changes", took * 1e3, findings.changed.len());
    }
}

fn main() {
    let events = std::env::var("OUTCROP_BENCH_EVENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(EVENTS);
    let room = tempfile::tempdir().unwrap();
    let path = room.path().join("case.outcrop");
    let folder = corpus::folder(events);
    let (start, before) = (Instant::now(), cpu());
    ingest([Input::Path(folder.clone())], &Writable::open(&path).unwrap(), &|_| {}, &AtomicBool::new(false)).unwrap();
    println!("ingest: {:.2} s, CPU {:.2} s; {}", start.elapsed().as_secs_f64(), cpu() - before, peak());
    run(&path);
    steps(&path, room.path());
    behind(&folder, room.path());
    long_window();
}

/// What rules behind an ingest add to it: ingests with and without them take turns, since one alone differs by a tenth from the next.
fn behind(folder: &Path, room: &Path) {
    let set = Arc::new(RuleSet::load(&Sources::builtin(), false));
    let [mut alone, mut both] = [const { Vec::new() }; 2];
    for turn in 0..TURNS * 2 {
        let path = room.join(format!("turn-{turn}.outcrop"));
        let case = Writable::open(&path).unwrap();
        let (start, before) = (Instant::now(), cpu());
        let read = || ingest([Input::Path(folder.to_owned())], &case, &|_| {}, &AtomicBool::new(false)).unwrap();
        if turn % 2 == 0 {
            read();
        } else {
            following(&case, Arc::clone(&set), read).1.unwrap();
        }
        let took = (cpu() - before, start.elapsed().as_secs_f64());
        if turn % 2 == 0 { &mut alone } else { &mut both }.push(took);
        std::fs::remove_file(&path).unwrap();
    }
    let more = |of: fn(&(f64, f64)) -> f64| {
        let [alone, both] = [&alone, &both].map(|all: &Vec<(f64, f64)>| {
            let mut all: Vec<f64> = all.iter().map(of).collect();
            all.sort_by(f64::total_cmp);
            all.get(all.len() / 2).copied().unwrap()
        });
        format!("{alone:.2} s alone, {both:.2} s with rules behind it: {:.0} % more", (both / alone - 1.0) * 100.0)
    };
    println!("ingest, medians of {TURNS}: CPU {}; by the clock {}; {}", more(|took| took.0), more(|took| took.1), peak());
}

/// A window of thirty days with a million events in it, in one group: doubling it doubles the time.
fn long_window() {
    const RULE: &str = "title: Long\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n  s: {eventName: A}\n  condition: s\nname: one\n\
                        level: low\n---\ntitle: Many\ncorrelation:\n  type: event_count\n  rules: [one]\n  group-by: [x.account]\n  timespan: 30d\n  \
                        condition: {gte: 900000}\nlevel: low\n";
    for events in [250_000_u32, 500_000, 1_000_000] {
        let room = tempfile::tempdir().unwrap();
        let case = Writable::open(&room.path().join("long.outcrop")).unwrap();
        let mut writer = case.writer().unwrap();
        for first in (0..events).step_by(5_000) {
            let mut batch = Batch::new();
            for at in first..first + 5_000 {
                let mut digest = [0; 32];
                digest.split_at_mut(4).0.copy_from_slice(&at.to_be_bytes());
                digest.split_at_mut(28).1.copy_from_slice(&at.wrapping_mul(0x9e37_79b9).to_be_bytes());
                let decoded = Decoded {
                    time: Some(Timestamp::from_millis(1_790_000_000_000 + i64::from(at) * 2_000)),
                    strand: Some(Strand::Management),
                    account: Some("111122223333".into()),
                    actor: Some("111122223333/user/a".into()),
                    service: Some("s3".into()),
                    action: Some("A".into()),
                    ..Decoded::default()
                };
                batch.push(SourceId(1), RecordPosition::default(), Digest(digest), None, &decoded);
            }
            writer.append(batch).unwrap();
        }
        writer.finish().unwrap();
        let mut reader = case.reader().unwrap();
        let set = Arc::new(RuleSet::load(&Sources::default().with_text("long.yml", RULE), false));
        let mut detector = Detector::new(set, &mut reader).unwrap();
        let before = cpu();
        detector.catch_up(&mut reader).unwrap();
        println!("{events} events in a window of thirty days: CPU {:.2} s", cpu() - before);
    }
}
