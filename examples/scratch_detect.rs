#![allow(missing_docs, clippy::pedantic, clippy::unwrap_used, clippy::panic, clippy::expect_used)]
use std::sync::Arc;
use outcrop::detect::{Detector, RuleSet, Sources};
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let case = outcrop::case::Writable::open(std::path::Path::new(&path)).unwrap();
    let mut reader = case.reader().unwrap();
    let set = RuleSet::load(&Sources::builtin(), true);
    for p in set.problems() { println!("PROBLEM {p}"); }
    let start = std::time::Instant::now();
    let mut detector = Detector::new(Arc::new(set), &mut reader).unwrap();
    let findings = detector.catch_up(&mut reader).unwrap();
    println!("{:?} {:?}", start.elapsed(), findings.detected);
    for s in detector.signals() {
        println!("{} {} @{} [{}] x{} n{} | {} | {}", s.time, s.rule, s.weight, s.entity.value, s.firings, s.total, s.title, s.summary);
        if std::env::args().nth(2).is_some() { println!("      {:?}", s.baseline.as_ref().map(|b| format!("{b:?}").chars().take(300).collect::<String>())); }
    }
    for l in findings.leads { println!("LEAD {} score {} {:?}", l.entity.value, l.score, l.arithmetic.iter().map(|p| format!("{} {}", p.what, p.points)).collect::<Vec<_>>()); }
}
