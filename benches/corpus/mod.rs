//! The evidence that benches read: the built-in incident, written once below `target/tmp` and kept for the next run.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use outcrop::case::Writable;
use outcrop::source::{Input, demo, ingest};

fn kept(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// A folder of about so many events as AWS would deliver them: gzip files, bodies, endpoint logs.
pub fn folder(events: u64) -> PathBuf {
    let folder = kept(&format!("demo-{events}"));
    if !folder.exists() {
        // Named when it is whole.
        let half = kept(&format!("demo-{events}-half"));
        let _ = std::fs::remove_dir_all(&half);
        demo::write(&demo::Options { events, ..demo::Options::default() }, &half, &mut |_| ()).unwrap();
        std::fs::rename(&half, &folder).unwrap();
    }
    folder
}

/// A case of that folder. Delete it when the schema has changed.
#[allow(dead_code, reason = "not every bench opens a case")]
pub fn case(events: u64) -> PathBuf {
    let case = kept(&format!("demo-{events}.outcrop"));
    if !case.exists() {
        let half = kept(&format!("demo-{events}-half.outcrop"));
        let _ = std::fs::remove_file(&half);
        let writable = Writable::open(&half).unwrap();
        ingest([Input::Path(folder(events))], &writable, &|_| {}, &AtomicBool::new(false)).unwrap();
        drop(writable);
        std::fs::rename(&half, &case).unwrap();
    }
    case
}

/// CPU seconds of this process so far, user and system (fields 14 and 15 of proc_pid_stat(5), in hundredths).
#[allow(dead_code, reason = "not every bench counts them")]
pub fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    fields.filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / 100.0
}
