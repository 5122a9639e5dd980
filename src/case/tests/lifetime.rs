//! A case over its life: duplicates, several processes, kills, full disks, rebuilds.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use super::fixture::{Spec, batch, digest, new_case, source};
use crate::case::{CaseError, Side, Writable, open_read_only};
use crate::model::{
    Entity, EntityKind, EventId, ExchangeFacts, Mark, RecordPosition, Scope, SourceId, SourceKind, SourceState, Strand, Timestamp, Tokens,
};

fn some(from: u8, count: u8) -> Vec<Spec> {
    (from..from + count).map(|n| Spec { time: Some(i64::from(n) + 1), account: Some(n % 3), text: format!("text {n}"), ..Spec::default() }).collect()
}

#[test]
fn duplicates_are_told_in_a_batch_between_batches_and_after_reopening() {
    let (_folder, case) = new_case();
    let mut writer = case.writer().unwrap();
    let first = writer.append(batch(0, &some(0, 10))).unwrap();
    assert_eq!((first.events(), first.duplicates, first.new_by_strand[Strand::Management as usize]), (10, 0, 10));
    let again = writer.append(batch(5, &some(5, 10))).unwrap();
    assert_eq!((again.events(), again.duplicates), (5, 5));
    writer.commit().unwrap();
    drop(writer);
    let mut writer = case.writer().unwrap();
    // The same bytes but for white space: another digest, the same key.
    let mut spaced = crate::case::Batch::new();
    let key = digest(3).0.first_chunk().copied();
    spaced.push(SourceId(1), RecordPosition::default(), digest(1003), key, &Spec::default().decoded());
    assert_eq!(writer.append(spaced).unwrap().duplicates, 1);
    assert_eq!(writer.append(batch(10, &some(10, 6))).unwrap().duplicates, 5);
    writer.commit().unwrap();
    let totals = case.reader().unwrap().totals().unwrap();
    assert_eq!((totals.events(), totals.duplicates), (16, 11));
    // The text of duplicates is not found twice, nor under another event.
    let mut found = Vec::new();
    case.reader().unwrap().search(&Scope::all(), "^text 7$", &mut |ids| found.extend_from_slice(ids)).unwrap();
    assert_eq!(found, [EventId(8)]);
}

#[test]
fn one_writer_many_readers() {
    let (_folder, case) = new_case();
    let writer = case.writer().unwrap();
    assert!(matches!(case.writer(), Err(CaseError::WriterBusy { .. })));
    drop(writer);
    let mut writer = case.writer().unwrap();
    assert!(matches!(Writable::open(case.path()), Err(CaseError::Locked { pid: Some(_), .. })));
    writer.append(batch(0, &some(0, 3))).unwrap();
    writer.commit().unwrap();
    let mut reader = open_read_only(case.path()).unwrap();
    assert_eq!(reader.refs(&Scope::all()).unwrap().len(), 3);
    assert_eq!(reader.sibling().unwrap().refs(&Scope::all()).unwrap().len(), 3);
    let path = case.path().to_owned();
    drop((writer, reader, case));
    drop(Writable::open(&path).unwrap());
}

/// A reader at work sees whole commits and nothing else, while segments are put together under it.
#[test]
fn readers_see_whole_commits() {
    let (_folder, case) = new_case();
    let mut writer = case.writer().unwrap();
    let path = case.path().to_owned();
    let mut notebook = case.notebook().unwrap();
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::scope(|threads| {
        let reading = threads.spawn(move || {
            let mut reader = open_read_only(&path).unwrap();
            let scope = Scope::all().narrowed(Entity::new(EntityKind::Account, "000000000001"));
            let (mut seen, mut last) = (0, 0);
            while last < 3000 {
                let refs = reader.refs(&Scope::all()).unwrap();
                assert_eq!(refs.len() % 30, 0, "half a commit");
                assert!(refs.len() >= last);
                assert!(refs.is_sorted());
                let narrowed = reader.refs(&scope).unwrap();
                assert!(narrowed.len() >= refs.len() / 3);
                assert_eq!(reader.events(&refs.iter().map(|event| event.id).take(5).collect::<Vec<_>>()).unwrap().len(), refs.len().min(5));
                seen += usize::from(refs.len() != last);
                last = refs.len();
                // Nobody listens any more when all is written.
                let _ = tell.send(last);
            }
            seen
        });
        for n in 0..100 {
            // However slow the reader is, it sees the middle of it.
            if n == 50 {
                while told.recv().unwrap() == 0 {}
            }
            writer.append(batch(n * 30, &some(0, 30))).unwrap();
            writer.commit().unwrap();
            notebook.set_mark(&digest(n), &Mark { marked: true, ..Mark::default() }).unwrap();
        }
        writer.finish().unwrap();
        assert!(reading.join().unwrap() > 1);
    });
    assert_eq!(case.reader().unwrap().all_marks().unwrap().len(), 100);
}

#[test]
fn what_the_analyst_added_survives_a_rebuild() {
    let (_folder, case) = new_case();
    let mut writer = case.writer().unwrap();
    writer.begin_source(&source(1, SourceKind::Stdin, Path::new("stdin")));
    writer.store_block(SourceId(1), 0, b"evidence");
    writer.append(batch(0, &some(0, 10))).unwrap();
    let before = writer.commit().unwrap();
    let mut reader = case.reader().unwrap();
    assert_eq!(reader.refs(&Scope::all()).unwrap().len(), 10);
    let mark = Mark { marked: true, reviewed: false, tags: vec!["exfil".into(), "phase-2".into()], note: "look\nhere".into() };
    let mut notebook = case.notebook().unwrap();
    notebook.set_mark(&digest(4), &mark).unwrap();
    notebook.set_mark(&digest(99), &Mark { note: "gone".into(), ..Mark::default() }).unwrap();
    notebook.set_mark(&digest(5), &mark).unwrap();
    notebook.set_mark(&digest(5), &Mark::default()).unwrap();
    notebook.save_view("mine", "{}").unwrap();
    notebook.add_case_note("first", Timestamp::from_millis(5)).unwrap();
    notebook.set_title("Case 7").unwrap();

    writer.clear_derived().unwrap();
    assert_eq!(reader.refs(&Scope::all()).unwrap().len(), 0);
    // In another order: row numbers change, marks find their events.
    writer.append(batch(4, &some(4, 6))).unwrap();
    writer.append(batch(0, &some(0, 4))).unwrap();
    assert!(writer.commit().unwrap() > before);
    assert_eq!(reader.refs(&Scope::all()).unwrap().len(), 10);
    let marks: Vec<_> = reader.all_marks().unwrap().into_iter().map(|marked| (marked.digest, marked.mark.note, marked.event)).collect();
    let mut expected = [(digest(4), "look\nhere".to_owned(), Some(EventId(1))), (digest(99), "gone".to_owned(), None)];
    expected.sort();
    assert_eq!(marks, expected);
    assert_eq!(reader.marks(&[digest(5), digest(4)]).unwrap(), [None, Some(mark.clone())]);
    assert_eq!(notebook.marks(&[digest(4)]).unwrap(), [Some(mark)]);
    assert_eq!(
        (reader.view("mine").unwrap().as_deref(), reader.view("other").unwrap(), reader.view_names().unwrap()),
        (Some("{}"), None, vec!["mine".to_owned()])
    );
    assert_eq!(reader.case_notes().unwrap().len(), 1);
    assert_eq!(reader.title().unwrap().as_deref(), Some("Case 7"));
    assert_eq!(reader.sources().unwrap().len(), 1);
}

#[test]
fn the_ledger_and_exchanges_come_back_as_they_went_in() {
    let (_folder, case) = new_case();
    let mut writer = case.writer().unwrap();
    assert_eq!(writer.next_source(), SourceId(1));
    let mut entry = source(7, SourceKind::File, Path::new("/logs/a.json.gz"));
    (entry.size, entry.modified, entry.sha256) = (5, Some(Timestamp::from_millis(9)), "ab".into());
    writer.begin_source(&entry);
    let skipped = crate::model::SourceEntry {
        state: SourceState::Skipped,
        reason: Some("a picture".into()),
        ..source(8, SourceKind::File, Path::new("/logs/a.png"))
    };
    writer.end_source(&skipped);
    (entry.records, entry.plain_size) = (12, 100);
    writer.end_source(&entry);
    assert_eq!(writer.next_source(), SourceId(9));
    let facts = ExchangeFacts {
        family: "converse".into(),
        tokens: Tokens { output: Some(3), ..Tokens::default() },
        latency_ms: Some(12),
        ..ExchangeFacts::default()
    };
    let mut exchange = crate::case::Batch::new();
    let decoded = crate::decode::Decoded { exchange: Some(facts.clone()), ..Spec::default().decoded() };
    exchange.push(SourceId(7), RecordPosition::default(), digest(1), None, &decoded);
    writer.append(exchange).unwrap();
    writer.append(batch(2, &some(0, 1))).unwrap();
    writer.attach_body("r", Side::Output, SourceId(8));
    writer.commit().unwrap();
    assert_eq!(writer.known_source("/logs/a.json.gz", 5, Some(Timestamp::from_millis(9))).unwrap(), Some(entry.clone()));
    assert_eq!(writer.known_source("/logs/a.json.gz", 6, Some(Timestamp::from_millis(9))).unwrap(), None);
    let mut reader = case.reader().unwrap();
    assert_eq!(reader.sources().unwrap(), [entry, skipped]);
    assert_eq!(reader.skips().unwrap().iter().map(|skip| (&*skip.file, &*skip.reason)).collect::<Vec<_>>(), [("/logs/a.png", "a picture")]);
    assert_eq!(reader.facts(&[EventId(2), EventId(1), EventId(3)]).unwrap(), [None, Some(facts), None]);
    assert_eq!(reader.totals().unwrap().plain_bytes, 100);
}

/// What a full disk leaves: everything committed before, nothing of what failed, and a writer that can try again.
#[test]
fn a_full_disk_costs_nothing() {
    let (_folder, case) = new_case();
    let mut writer = case.writer().unwrap();
    writer.append(batch(0, &some(0, 10))).unwrap();
    writer.commit().unwrap();
    let pages: i64 = writer.connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    writer.connection.query_row(&format!("PRAGMA max_page_count = {}", pages + 4), [], |_| Ok(())).unwrap();
    let many: Vec<Spec> = (0..5000).map(|n| Spec { account: Some((n % 200) as u8), text: format!("{n}").repeat(50), ..Spec::default() }).collect();
    writer.append(batch(100, &many)).unwrap();
    for _ in 0..2 {
        assert!(matches!(writer.commit(), Err(CaseError::Full { .. })));
        assert_eq!(writer.pending().events, 5000);
        let mut reader = case.reader().unwrap();
        assert_eq!((reader.refs(&Scope::all()).unwrap().len(), reader.totals().unwrap().events()), (10, 10));
        case.notebook().unwrap().set_mark(&digest(1), &Mark { marked: true, ..Mark::default() }).unwrap();
    }
    writer.connection.query_row("PRAGMA max_page_count = 1000000", [], |_| Ok(())).unwrap();
    writer.commit().unwrap();
    let mut reader = case.reader().unwrap();
    assert_eq!(reader.refs(&Scope::all()).unwrap().len(), 5010);
    assert_eq!(reader.count(&Entity::new(EntityKind::Account, "000000000150")).unwrap(), 25);
}

/// A case may come from a stranger, or from a bad disk: it is said, and nothing is allocated on its word.
#[test]
fn a_damaged_case_is_said() {
    for damage in [
        "UPDATE segment SET first_event = 4000000000",
        "UPDATE segment SET events = 4294967295",
        "UPDATE segment SET refs = x'ff'",
        "UPDATE segment SET refs = zeroblob(10)",
        "UPDATE posting SET ids = x'0280'",
        "UPDATE posting SET ids = x'01ff'",
        "UPDATE run SET entries = x'00'",
        "UPDATE text_block SET length = 4294967295",
        "UPDATE text_block SET entries = x'ff'",
        "UPDATE text_block SET data = x'00'",
        "UPDATE event SET extra = x'14'",
        "UPDATE event SET account = 77",
        "DELETE FROM entity",
    ] {
        let (_folder, case) = new_case();
        let mut writer = case.writer().unwrap();
        writer.append(batch(0, &some(0, 100))).unwrap();
        writer.commit().unwrap();
        writer.connection.execute_batch(damage).unwrap();
        let mut reader = case.reader().unwrap();
        let account = Entity::new(EntityKind::Account, "000000000001");
        let answers = [
            reader.refs(&Scope::all()).map(drop),
            reader.refs(&Scope::all().narrowed(account.clone())).map(|refs| assert!(!refs.is_empty() || damage.starts_with("DELETE"))),
            reader.find(&digest(1).short()).map(drop),
            reader.search(&Scope::all(), "text", &mut |_| ()).map(drop),
            reader.mentions(EventId(2)).map(drop),
            reader.events(&[EventId(2)]).map(drop),
        ];
        let said = answers.into_iter().filter_map(Result::err).map(|error| error.to_string()).collect::<Vec<_>>();
        assert!(said.iter().any(|message| message.contains("damaged")), "{damage}: {said:?}");
    }
}

const CHILD: &str = "OUTCROP_TEST_CASE_TO_WRITE";

/// Not a test by itself: the process that [`what_was_committed_survives_a_kill`] kills.
#[test]
fn child_that_writes_until_killed() {
    let Ok(path) = std::env::var(CHILD) else { return };
    let case = Writable::open(Path::new(&path)).unwrap();
    let mut writer = case.writer().unwrap();
    for n in 0.. {
        writer.append(batch(n * 20, &some(0, 20))).unwrap();
        writer.commit().unwrap();
        println!("committed {}", (n + 1) * 20);
    }
}

#[test]
fn what_was_committed_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.case");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "case::tests::lifetime::child_that_writes_until_killed", "--nocapture"])
        .env(CHILD, &path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let committed = lines.filter_map(|line| line.strip_prefix("committed ")?.parse::<usize>().ok()).find(|events| *events >= 600).unwrap();
    assert!(matches!(Writable::open(&path), Err(CaseError::Locked { pid, .. }) if pid == Some(child.id())));
    // SIGKILL on Unix.
    child.kill().unwrap();
    child.wait().unwrap();
    let case = Writable::open(&path).unwrap();
    let mut reader = case.reader().unwrap();
    let refs = reader.refs(&Scope::all()).unwrap();
    assert!(refs.len() >= committed && refs.len().is_multiple_of(20), "{} of {committed}", refs.len());
    assert_eq!(reader.count(&Entity::new(EntityKind::Account, "000000000000")).unwrap() as usize, refs.len() / 20 * 7);
    let mut writer = case.writer().unwrap();
    let whole: String = writer.connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(whole, "ok");
    assert_eq!(writer.append(batch(0, &some(0, 20))).unwrap().duplicates, 20);
    writer.finish().unwrap();
}

#[cfg(unix)]
#[test]
fn a_case_in_a_folder_that_cannot_be_written_is_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, case) = new_case();
    let mut writer = case.writer().unwrap();
    writer.append(batch(0, &some(0, 3))).unwrap();
    writer.finish().unwrap();
    let path = case.path().to_owned();
    drop((writer, case));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o500)).unwrap();
    let read = open_read_only(&path).map(|mut reader| reader.refs(&Scope::all()).unwrap().len());
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(read.unwrap(), 3);
}
