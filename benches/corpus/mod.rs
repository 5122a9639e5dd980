//! The evidence that benches read: the built-in incident, written once below `target/tmp` and kept for the next run.

use std::path::PathBuf;

use outcrop::source::demo;

/// A path below `target/tmp`, where it is kept for the next run.
pub fn kept(name: &str) -> PathBuf {
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
