//! All rules over a case, and what following an ingest adds to it. `cargo bench --bench detect --no-default-features`
//!
//! `OUTCROP_BENCH_EVENTS` sets the size. Everything runs on one thread, but for the search of texts, which takes two. Nothing
//! asserts a time.

#![expect(clippy::unwrap_used, reason = "a bench that cannot run should stop")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use outcrop::case::Writable;
use outcrop::detect::{Detector, RuleSet, Sources};
use outcrop::source::{Input, ingest};

mod corpus;

const EVENTS: u64 = 200_000;

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

fn main() {
    let events = std::env::var("OUTCROP_BENCH_EVENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(EVENTS);
    let room = tempfile::tempdir().unwrap();
    let path = room.path().join("case.outcrop");
    let folder = corpus::folder(events);
    let (start, before) = (Instant::now(), cpu());
    ingest([Input::Path(folder)], &Writable::open(&path).unwrap(), &|_| {}, &AtomicBool::new(false)).unwrap();
    println!("ingest: {:.2} s, CPU {:.2} s; {}", start.elapsed().as_secs_f64(), cpu() - before, peak());
    run(&path);
}
