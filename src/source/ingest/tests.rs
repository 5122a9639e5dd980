//! Folders, pipes and bytes through the whole of it, into a case and out again.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use flate2::write::GzEncoder;

use super::*;
use crate::case::Writable;
use crate::model::{Scope, SourceState, Strand};

const REQUEST: &str = "3f0c8a1e-1111-4222-8333-abcdefabcdef";

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn cloudtrail(number: u32) -> String {
    format!(
        r#"{{"eventVersion":"1.08","eventTime":"2026-10-05T10:{:02}:{:02}Z","eventSource":"iam.amazonaws.com","eventName":"ListUsers","awsRegion":"us-east-1","eventID":"{number}","eventCategory":"Management","userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/u{}"}}}}"#,
        number / 60 % 60,
        number % 60,
        number % 7
    )
}

fn invocation(number: u32) -> String {
    format!(
        r#"{{"schemaType":"ModelInvocationLog","schemaVersion":"1.0","timestamp":"2026-10-05T10:00:00Z","accountId":"111122223333","region":"us-east-1","requestId":"{REQUEST}","operation":"InvokeModel","modelId":"anthropic.claude-v2","input":{{"inputBodyS3Path":"s3://b/data/{REQUEST}_input.json.gz"}},"n":{number}}}"#
    )
}

struct Bench {
    dir: tempfile::TempDir,
    case: Writable,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let case = Writable::open(&dir.path().join("case.outcrop")).unwrap();
        fs::create_dir(dir.path().join("logs")).unwrap();
        Self { dir, case }
    }

    fn logs(&self) -> PathBuf {
        self.dir.path().join("logs")
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        let path = self.logs().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn read(&self) -> IngestSummary {
        self.read_these([Input::Path(self.logs())])
    }

    fn read_these(&self, inputs: impl IntoIterator<Item = Input>) -> IngestSummary {
        let told = Mutex::new(Vec::new());
        let summary = ingest(inputs, &self.case, &|progress| told.lock().unwrap().push(progress.clone()), &AtomicBool::new(false)).unwrap();
        let told = told.into_inner().unwrap();
        let last = told.last().unwrap();
        assert!(last.finished && told.iter().filter(|progress| progress.finished).count() == 1);
        assert_eq!((last.files_done, last.bytes), (last.files_known, summary.bytes));
        summary
    }

    fn events(&self) -> u64 {
        self.case.reader().unwrap().totals().unwrap().events()
    }

    /// Every record, read again from where it lies.
    fn records(&self) -> Vec<String> {
        let mut reader = self.case.reader().unwrap();
        let refs = reader.refs(&Scope::all()).unwrap();
        let ids: Vec<_> = refs.iter().map(|event| event.id).collect();
        let events = reader.events(&ids).unwrap();
        assert_eq!(events.len(), ids.len());
        let mut records: Vec<_> = events.iter().map(|event| String::from_utf8(reader.record(event).unwrap()).unwrap()).collect();
        records.sort();
        records
    }
}

fn lines(range: std::ops::Range<u32>) -> String {
    range.map(cloudtrail).fold(String::new(), |text, record| text + &record + "\n")
}

#[test]
fn a_folder_of_everything() {
    let bench = Bench::new();
    let records: Vec<_> = (0..3_000).map(cloudtrail).collect();
    bench.put("a.json.gz", &gz(format!("{{\"Records\":[{}]}}", records[..2_000].join(",")).as_bytes()));
    bench.put("b.ndjson", records[2_000..].join("\n").as_bytes());
    bench.put("c.json", format!("{}\n{}", invocation(1), invocation(2)).as_bytes());
    bench.put(&format!("data/{REQUEST}_input.json.gz"), &gz(br#"{"prompt":"the body"}"#));
    bench.put("amazon-bedrock-logs-permission-check", b"");
    bench.put("README.md", b"# notes\n");
    bench.put("cut.json", format!("{}\n{{\"eventVersion\":\"1.08\",\"eventName\":\"Cut", cloudtrail(9_999)).as_bytes());
    let summary = bench.read();
    assert_eq!(summary.files, 5);
    assert_eq!(summary.records, 3_004);
    assert_eq!(summary.events, [("management", 3_002), ("invocation", 2)].into());
    assert_eq!((summary.undecodable, summary.duplicate), (1, 0));
    let reasons: Vec<_> =
        summary.skipped.iter().map(|skip| format!("{}: {}", Path::new(&skip.file).file_name().unwrap().display(), skip.reason)).collect();
    assert_eq!(reasons.len(), 3, "{reasons:?}");
    assert_eq!(reasons[0], "cut.json: it ends inside a record");
    assert!(reasons[1].starts_with("README.md: not JSON"), "{reasons:?}");
    assert!(reasons[2].starts_with("amazon-bedrock-logs-permission-check: the marker"), "{reasons:?}");

    let found = bench.records();
    assert_eq!(found.len(), 3_004);
    assert!(records.iter().all(|record| found.binary_search(record).is_ok()));
    let mut reader = bench.case.reader().unwrap();
    assert_eq!(reader.bodies(REQUEST).unwrap().input.as_deref(), Some(&br#"{"prompt":"the body"}"#[..]));
    let sources = reader.sources().unwrap();
    let of = |name: &str| sources.iter().find(|entry| entry.path.ends_with(name)).unwrap();
    assert_eq!((of("a.json.gz").records, of("a.json.gz").events, of("a.json.gz").state), (2_000, 2_000, SourceState::Complete));
    assert_eq!((of("cut.json").records, of("cut.json").undecodable, of("cut.json").state), (2, 1, SourceState::Damaged));
    assert_eq!(of("README.md").state, SourceState::Skipped);
    assert!(sources.iter().all(|entry| entry.sha256.len() == 64));
}

#[test]
fn reading_again_adds_nothing_and_what_is_new_is_read() {
    let bench = Bench::new();
    bench.put("a.ndjson", lines(0..100).as_bytes());
    bench.put("skipped.txt", b"no log\n");
    bench.read();
    let again = bench.read();
    assert_eq!((again.files, again.records, again.duplicate, again.events.len(), again.bytes), (0, 100, 100, 0, 0));
    assert_eq!(again.skipped.len(), 1, "what was skipped is looked at again");
    // The same records in another file, pretty-printed, and the file grown.
    bench.put("b.json", format!("[\n  {}\n]", lines(0..100).trim_end().replace('\n', ",\n  ").replace("\":\"", "\": \"")).as_bytes());
    bench.put("a.ndjson", lines(0..120).as_bytes());
    let grown = bench.read();
    assert_eq!((grown.records, grown.duplicate, grown.events["management"]), (220, 200, 20));
    assert_eq!(bench.events(), 120);
    assert_eq!(bench.records().len(), 120, "records of the first reading are found in the grown file");
}

#[test]
fn what_was_interrupted_is_read_to_its_end() {
    let bench = Bench::new();
    bench.put("a.ndjson", lines(0..30_000).as_bytes());
    let cancel = AtomicBool::new(false);
    let stop_soon = |progress: &Progress| cancel.store(progress.events > 0, Ordering::Relaxed);
    let summary = ingest([Input::Path(bench.logs())], &bench.case, &stop_soon, &cancel).unwrap();
    let first = bench.events();
    if first < 30_000 {
        assert!(summary.skipped.iter().any(|skip| skip.reason.starts_with("cancelled")), "{summary:?}");
        assert_eq!(bench.case.reader().unwrap().sources().unwrap()[0].state, SourceState::Partial);
    }
    let rest = bench.read();
    assert_eq!((bench.events(), rest.duplicate, rest.skipped.len()), (30_000, first, 0));
    let sources = bench.case.reader().unwrap().sources().unwrap();
    assert_eq!((sources.len(), sources[0].state), (1, SourceState::Complete), "an interrupted file keeps its line in the ledger");
}

#[test]
fn bytes_and_large_compressed_files_are_kept_inside() {
    let bench = Bench::new();
    let text = lines(0..70_000);
    assert!(text.len() > 16 << 20);
    bench.put("large.ndjson.gz", &gz(text.as_bytes()));
    let demo = [
        Input::Bytes { name: "demo/a.json.gz".into(), bytes: gz(lines(80_000..80_010).as_bytes()) },
        Input::Bytes { name: "demo/b.json".into(), bytes: lines(80_010..80_020).into_bytes() },
    ];
    bench.read_these([Input::Path(bench.logs())].into_iter().chain(demo.clone()));
    fs::remove_dir_all(bench.logs()).unwrap();
    assert_eq!(bench.events(), 70_020);
    let mut reader = bench.case.reader().unwrap();
    assert!(reader.sources().unwrap().iter().all(|entry| entry.sealed));
    let refs = reader.refs(&Scope::all()).unwrap();
    for at in [0, 35_000, refs.len() - 1] {
        let event = reader.events(&[refs.get(at).unwrap().id]).unwrap().remove(0);
        assert!(reader.record(&event).unwrap().starts_with(b"{\"eventVersion\""));
    }
    let again = bench.read_these(demo);
    assert_eq!((again.duplicate, again.files), (20, 0), "the demo is not kept twice");
}

#[test]
fn a_rebuild_gives_the_same_events() {
    let bench = Bench::new();
    bench.put("a.ndjson", lines(0..500).as_bytes());
    bench.put("b.json.gz", &gz(format!("{{\"Records\":[{}]}}", cloudtrail(600)).as_bytes()));
    bench.put(&format!("data/{REQUEST}_input.json.gz"), &gz(b"{}"));
    bench.read_these([Input::Path(bench.logs()), Input::Bytes { name: "demo".into(), bytes: gz(lines(700..710).as_bytes()) }]);
    let before = (bench.records(), bench.case.reader().unwrap().sources().unwrap());
    let summary = rebuild(&bench.case, &|_| (), &AtomicBool::new(false)).unwrap();
    assert_eq!((summary.records, summary.events["management"], summary.duplicate), (511, 511, 0));
    assert_eq!(summary.skipped, []);
    assert_eq!(bench.records(), before.0);
    let after: Vec<_> = bench.case.reader().unwrap().sources().unwrap();
    assert_eq!(after, before.1.into_iter().collect::<Vec<_>>());
    assert!(bench.case.reader().unwrap().bodies(REQUEST).unwrap().input.is_some());

    fs::remove_file(bench.logs().join("a.ndjson")).unwrap();
    let error = rebuild(&bench.case, &|_| (), &AtomicBool::new(false)).unwrap_err().to_string();
    assert!(error.contains("a.ndjson") && error.contains("nothing was changed"), "{error}");
    assert_eq!(bench.events(), 511);
}

#[cfg(unix)]
#[test]
fn what_cannot_be_opened_is_said_and_the_rest_is_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = Bench::new();
    bench.put("a.ndjson", lines(0..5).as_bytes());
    bench.put("secret.ndjson", lines(5..10).as_bytes());
    bench.put("closed/c.ndjson", lines(10..15).as_bytes());
    fs::set_permissions(bench.logs().join("secret.ndjson"), fs::Permissions::from_mode(0o000)).unwrap();
    fs::set_permissions(bench.logs().join("closed"), fs::Permissions::from_mode(0o000)).unwrap();
    let is_root = fs::File::open(bench.logs().join("secret.ndjson")).is_ok();
    let summary = bench.read_these([Input::Path(bench.logs()), Input::Path("nowhere.json".into())]);
    fs::set_permissions(bench.logs().join("closed"), fs::Permissions::from_mode(0o755)).unwrap();
    if is_root {
        eprintln!("skipped in part: root may read everything");
        assert_eq!((summary.events["management"], summary.skipped.len()), (15, 1));
    } else {
        assert_eq!((summary.events["management"], summary.skipped.len()), (5, 3), "{:?}", summary.skipped);
    }
}

#[test]
fn damage_and_limits_are_in_the_summary() {
    let bench = Bench::new();
    let stored = gz(lines(0..2_000).as_bytes());
    bench.put("half.json.gz", &stored[..stored.len() / 2]);
    bench.put("no.json.gz", &stored[..12]);
    bench.put("huge.json", format!("{}\n{{\"a\":\"{}\"}}\n{}", cloudtrail(1), "x".repeat(65 << 20), cloudtrail(5_000)).as_bytes());
    let summary = bench.read();
    let reason = |name: &str| summary.skipped.iter().find(|skip| skip.file.ends_with(name)).map(|skip| skip.reason.clone()).unwrap();
    assert!(reason("half.json.gz").starts_with("gzip ended early after"), "{}", reason("half.json.gz"));
    assert!(reason("no.json.gz").starts_with("gzip ended early after"), "{}", reason("no.json.gz"));
    let huge = cloudtrail(1).len() + 1;
    assert_eq!(reason("huge.json"), format!("a record at byte {huge} was not kept: larger than 67,108,864 bytes"));
    assert!(summary.is_incomplete());
    assert!(bench.records().iter().any(|record| record.contains("\"eventID\":\"5000\"")));
}

#[test]
fn undecodable_and_broken_pieces_are_events() {
    let bench = Bench::new();
    bench.put("x.ndjson", format!("{{\"some\":\"thing\"}}\n{}\nnot json\n", cloudtrail(1)).as_bytes());
    let summary = bench.read();
    assert_eq!((summary.records, summary.undecodable), (3, 2));
    assert_eq!(bench.records().len(), 3);
}

/// Speaks, is silent, and speaks again.
struct Slow {
    turns: Vec<(u64, Vec<u8>)>,
    /// How often it was asked to speak.
    asked: Arc<AtomicU32>,
}

impl std::io::Read for Slow {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.turns.is_empty() {
            return Ok(0);
        }
        let (pause, bytes) = self.turns.remove(0);
        std::thread::sleep(std::time::Duration::from_millis(pause));
        buffer[..bytes.len()].copy_from_slice(&bytes);
        Ok(bytes.len())
    }
}

#[test]
fn a_silent_pipe_is_noticed_and_loses_nothing() {
    use std::io::Read as _;
    let mut silences = 0;
    let mut text = String::new();
    let source = Slow { turns: vec![(0, b"one ".to_vec()), (300, b"two".to_vec())], asked: Arc::default() };
    pipe::Pipe::new(source, || {
        silences += 1;
        true
    })
    .read_to_string(&mut text)
    .unwrap();
    assert_eq!(text, "one two");
    assert!(silences >= 1);

    // Left only once the first bytes have been handed on, however slow the machine is.
    let endless = Slow { turns: vec![(0, b"one".to_vec()), (60_000, Vec::new())], asked: Arc::default() };
    let asked = Arc::clone(&endless.asked);
    let mut text = String::new();
    pipe::Pipe::new(endless, || asked.load(Ordering::SeqCst) < 2).read_to_string(&mut text).unwrap();
    assert_eq!(text, "one", "a pipe can be left while it is silent");
}

#[test]
fn strands_are_named_in_the_order_of_their_numbers() {
    for (number, strand) in Strand::ALL.into_iter().enumerate() {
        assert_eq!(strand as usize, number);
    }
}
