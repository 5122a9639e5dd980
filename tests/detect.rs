//! Rules over whole cases: the order of evidence does not matter, clocks that are wrong do no harm, and what the analyst said stays.

#![cfg(test)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use outcrop::case::{Reader, Writable};
use outcrop::detect::{Detector, Follower, RuleSet, Sources, following};
use outcrop::model::{Baseline, EventId, ListEntry, Signal, Timestamp, Triage, TriageState};
use outcrop::source::{Input, demo, ingest_by};
use serde_json::json;

fn rules() -> Arc<RuleSet> {
    Arc::new(RuleSet::load(&Sources::builtin(), false))
}

fn read(case: &Writable, inputs: Vec<Input>) {
    ingest_by(1, inputs, case, &|_| {}, &AtomicBool::new(false)).expect("evidence is read");
}

/// A signal without row numbers, which depend on the order of reading.
fn told(reader: &mut Reader, signals: &[Signal]) -> BTreeMap<String, (Signal, Vec<String>, Vec<String>)> {
    let all: Vec<EventId> = signals.iter().flat_map(|signal| signal.events.iter().copied()).collect();
    let uids = reader.uids(&all).expect("ids");
    let uid = |event: &EventId| uids.get(event).map_or_else(|| format!("{event:?}"), ToString::to_string);
    let bare = |signal: &Signal| {
        let mut bare = Signal { events: Vec::new(), ..signal.clone() };
        let mut steps = Vec::new();
        if let Some(Baseline::Sequence { steps: told, .. }) = &mut bare.baseline {
            steps = told.iter().map(|step| uid(&step.event)).collect();
            for step in told.iter_mut() {
                step.event = EventId(0);
            }
        }
        (signal.id.clone(), (bare, signal.events.iter().map(uid).collect(), steps))
    };
    signals.iter().map(bare).collect()
}

#[test]
fn the_order_of_evidence_does_not_matter() {
    let options = demo::Options { events: 2_600, ..demo::Options::default() };
    let files: Vec<Input> = demo::files(&options).map(Input::from).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let rules = rules();
    let at_once = Writable::open(&folder.path().join("once.outcrop")).expect("a case");
    read(&at_once, files.clone());
    let mut reader = at_once.reader().expect("a reader");
    let mut detector = Detector::new(Arc::clone(&rules), &mut reader).expect("rules");
    let expected_leads = detector.catch_up(&mut reader).expect("a run").leads;
    let expected = told(&mut reader, &detector.signals());
    assert!(expected.len() > 50, "{}", expected.len());
    // Behind the ingest: rows and what was found in their text are handed over before they are read from the file.
    let followed = Writable::open(&folder.path().join("followed.outcrop")).expect("a case");
    following(&followed, Arc::clone(&rules), || read(&followed, files.clone())).1.expect("a run");
    let mut behind = followed.reader().expect("a reader");
    let signals = behind.signals().expect("signals");
    assert_eq!(told(&mut behind, &signals), expected, "behind the ingest");
    // The other way round, and looked at after each piece: late events of every kind. In few pieces, and in many.
    let mut files = files;
    files.reverse();
    for pieces in [3, 23] {
        let bit_by_bit = Writable::open(&folder.path().join(format!("bits-{pieces}.outcrop"))).expect("a case");
        let mut reader = bit_by_bit.reader().expect("a reader");
        let mut follower = Follower::new(Arc::clone(&rules), &mut reader).expect("rules");
        for from in (1..pieces).chain([0]) {
            read(&bit_by_bit, files.iter().skip(from).step_by(pieces).cloned().collect());
            follower.step(&bit_by_bit, &mut reader).expect("a step");
        }
        let signals = reader.signals().expect("signals");
        let found = told(&mut reader, &signals);
        for (id, signal) in &expected {
            assert_eq!(found.get(id), Some(signal), "{id} in {pieces} pieces");
        }
        assert_eq!(found.len(), expected.len(), "{pieces} pieces");
        let sums = |leads: &[outcrop::model::Lead]| leads.iter().map(|lead| (lead.id.clone(), lead.score, lead.signals.clone())).collect::<Vec<_>>();
        assert_eq!(sums(&reader.leads().expect("leads")), sums(&expected_leads), "{pieces} pieces");
    }
}

#[test]
fn records_are_at_hand_while_their_files_are_being_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let evidence = folder.path().join("evidence");
    demo::write(&demo::Options { events: 1_200, ..demo::Options::default() }, &evidence, &mut |_| ()).expect("evidence");
    let case = Writable::open(&folder.path().join("case.outcrop")).expect("a case");
    let ((), detected) = following(&case, rules(), || read(&case, vec![Input::Path(evidence)]));
    let detected = detected.expect("a run");
    assert_eq!(detected.problems, Vec::<String>::new());
    assert_eq!(detected.signals as usize, case.reader().expect("a reader").signals().expect("signals").len());
}

#[test]
fn rules_are_behind_only_while_there_is_something_they_did_not_see() {
    let folder = tempfile::tempdir().expect("a folder");
    let case = Writable::open(&folder.path().join("case.outcrop")).expect("a case");
    let mut reader = case.reader().expect("a reader");
    let mut is_behind = |follower: &mut Follower| follower.is_behind(&mut reader).expect("a look");
    let one = [write(&folder.path().join("1.json"), &[event("2026-03-01T10:00:00Z", "ann", "ListFoundationModels", 1)])];
    following(&case, rules(), || read(&case, one.to_vec())).1.expect("a run");
    let begin = |rules| Follower::new(rules, &mut case.reader().expect("a reader")).expect("rules");
    // These saw it in another session, others did not.
    let mut same = begin(rules());
    let mut others = begin(Arc::new(RuleSet::load(&Sources::default().with_text("t.yml", NEW_USER), false)));
    assert_eq!((is_behind(&mut same), is_behind(&mut others)), (false, true));
    others.step(&case, &mut case.reader().expect("a reader")).expect("a step");
    assert_eq!((is_behind(&mut same), is_behind(&mut others)), (true, false), "what the case says now is not theirs");
    read(&case, vec![write(&folder.path().join("2.json"), &[event("2026-03-01T11:00:00Z", "ann", "ListFoundationModels", 2)])]);
    assert!(is_behind(&mut others));
    others.step(&case, &mut case.reader().expect("a reader")).expect("a step");
    read(&case, one.to_vec());
    assert!(!is_behind(&mut others), "it had been read before");
}

#[test]
fn work_that_panics_ends_the_rules_behind_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let case = Writable::open(&folder.path().join("case.outcrop")).expect("a case");
    let work = std::panic::AssertUnwindSafe(|| following(&case, rules(), || -> () { panic!("in the middle") }));
    let panicked = std::panic::catch_unwind(work).expect_err("a panic");
    assert_eq!(panicked.downcast_ref(), Some(&"in the middle"));
    // The case can be used on.
    assert!(following(&case, rules(), || ()).1.is_ok());
}

/// A CloudTrail event of a user.
fn event(time: &str, user: &str, name: &str, number: u32) -> serde_json::Value {
    json!({
        "eventVersion": "1.11", "eventTime": time, "eventSource": "bedrock.amazonaws.com", "eventName": name, "awsRegion": "us-east-1",
        "sourceIPAddress": "203.0.113.9", "userAgent": "aws-cli", "eventID": format!("e-{number}"), "requestID": format!("r-{number}"),
        "eventType": "AwsApiCall", "managementEvent": true, "eventCategory": "Management", "recipientAccountId": "111122223333",
        "userIdentity": {"type": "IAMUser", "accountId": "111122223333", "userName": user, "arn": format!("arn:aws:iam::111122223333:user/{user}"),
            "accessKeyId": "AKIAEXAMPLEKEY000001"},
    })
}

fn write(path: &Path, events: &[serde_json::Value]) -> Input {
    std::fs::write(path, json!({ "Records": events }).to_string()).expect("evidence");
    Input::Path(path.to_owned())
}

const NEW_USER: &str = "title: New\nid: 33333333-3333-4333-8333-333333333333\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n  \
                        s: {eventName: ListFoundationModels}\n  condition: s\noutcrop: {rule: T1, kind: first_seen, value: [x.actor], baseline: 30d, \
                        retention: 90d, weight: 3, match-list: {known: exclude}}\n";

#[test]
fn clocks_that_are_wrong_do_not_stretch_the_evidence() {
    let folder = tempfile::tempdir().expect("a folder");
    let case = Writable::open(&folder.path().join("case.outcrop")).expect("a case");
    let set = Arc::new(RuleSet::load(&Sources::default().with_text("t.yml", NEW_USER), false));
    let list = "ListFoundationModels";
    // Ten days: the first five are learnt from. A clock of 1999 and one of 2068 must not make it sixty years.
    let events = [
        event("2026-11-01T00:00:00Z", "alice", list, 1),
        event("2026-11-05T00:00:00Z", "bob", list, 2),
        event("2026-11-06T00:00:00Z", "carol", list, 3),
        event("2026-11-11T00:00:00Z", "alice", list, 4),
        event("1999-01-01T00:00:00Z", "dave", "GetGuardrail", 5),
        event("2068-01-01T00:00:00Z", "erin", "GetGuardrail", 6),
    ];
    read(&case, vec![write(&folder.path().join("a.json"), &events)]);
    let mut reader = case.reader().expect("a reader");
    let mut detector = Detector::new(set, &mut reader).expect("rules");
    let findings = detector.catch_up(&mut reader).expect("a run");
    let told: Vec<(String, u8)> = detector.signals().iter().map(|signal| (signal.entity.value.to_string(), signal.weight)).collect();
    assert_eq!(told, [("111122223333/user/carol".to_owned(), 1)]);
    assert_eq!(findings.detected.problems.len(), 1);
    assert!(findings.detected.problems[0].starts_with("2 events lie more than 400 days"), "{:?}", findings.detected.problems);
}

#[test]
fn what_the_analyst_said_stays_and_lists_count() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("case.outcrop");
    let case = Writable::open(&path).expect("a case");
    let set = || Arc::new(RuleSet::load(&Sources::default().with_text("t.yml", NEW_USER), false));
    let list = "ListFoundationModels";
    let events = [
        event("2026-11-01T00:00:00Z", "alice", list, 1),
        event("2026-11-06T00:00:00Z", "carol", list, 3),
        event("2026-11-11T00:00:00Z", "bob", list, 4),
    ];
    let evidence = write(&folder.path().join("a.json"), &events);
    let ((), detected) = following(&case, set(), || read(&case, vec![evidence]));
    assert_eq!(detected.expect("a run").problems, Vec::<String>::new());
    let mut reader = case.reader().expect("a reader");
    let names =
        |signals: &[Signal]| signals.iter().map(|signal| signal.entity.value.rsplit('/').next().unwrap_or_default().to_owned()).collect::<Vec<_>>();
    let signals = reader.signals().expect("signals");
    assert_eq!(names(&signals), ["carol", "bob"]);
    let judged = Triage { state: TriageState::Dismissed, note: "on the rota".to_owned() };
    let mut notebook = case.notebook().expect("a notebook");
    notebook.set_triage(&signals[0].triage_key(), &judged).expect("kept");
    let summary = following(&case, set(), || outcrop::source::rebuild(&case, &|_| {}, &AtomicBool::new(false)));
    summary.0.expect("rebuilt");
    summary.1.expect("a run");
    let again = reader.signals().expect("signals");
    assert_eq!((names(&again), &again[0].triage, again[1].triage.state), (names(&signals), &judged, TriageState::New));
    assert_eq!(again[0].id, signals[0].id);
    // From the list on, and until it expires.
    let entry = |value: &str, expires: &str| ListEntry {
        list: "known".to_owned(),
        value: value.to_owned(),
        reason: "ticket 1".to_owned(),
        expires: Timestamp::parse(expires),
    };
    notebook.list(&entry("*/carol", "2027-01-01T00:00:00Z")).expect("kept");
    notebook.list(&entry("*/bob", "2026-11-11T00:00:00Z")).expect("kept");
    let ((), ran) = following(&case, set(), || ());
    ran.expect("a run");
    assert_eq!(names(&reader.signals().expect("signals")), ["bob"]);
    notebook.unlist("known", "*/carol").expect("removed");
    let ((), ran) = following(&case, set(), || ());
    ran.expect("a run");
    assert_eq!(reader.signals().expect("signals")[0].triage, judged);
}

#[test]
fn other_evidence_says_what_is_usual() {
    let folder = tempfile::tempdir().expect("a folder");
    let set = || Arc::new(RuleSet::load(&Sources::default().with_text("t.yml", NEW_USER), false));
    let list = "ListFoundationModels";
    let october = Writable::open(&folder.path().join("october.outcrop")).expect("a case");
    let usual = [event("2026-10-01T00:00:00Z", "alice", list, 1), event("2026-10-20T00:00:00Z", "bob", list, 2)];
    read(&october, vec![write(&folder.path().join("o.json"), &usual)]);
    let mut reader = october.reader().expect("a reader");
    let mut detector = Detector::new(set(), &mut reader).expect("rules");
    detector.catch_up(&mut reader).expect("a run");
    let learnt = detector.learnt("october", &mut reader).expect("learnt");
    assert_eq!((learnt.events, learnt.rows.len()), (2, 2));
    let case = Writable::open(&folder.path().join("case.outcrop")).expect("a case");
    case.findings().expect("a place").keep_baseline(&learnt).expect("kept");
    let events = [event("2026-11-06T00:00:00Z", "bob", list, 3), event("2026-11-06T01:00:00Z", "mallory", list, 4)];
    read(&case, vec![write(&folder.path().join("n.json"), &events)]);
    let mut reader = case.reader().expect("a reader");
    let mut detector = Detector::new(set(), &mut reader).expect("rules");
    detector.catch_up(&mut reader).expect("a run");
    // More than thirty days of history with October's: the full weight.
    let told: Vec<(String, u8)> = detector.signals().iter().map(|signal| (signal.entity.value.to_string(), signal.weight)).collect();
    assert_eq!(told, [("111122223333/user/mallory".to_owned(), 3)]);
    assert!(matches!(detector.signals()[0].baseline, Some(Baseline::FirstSeen { outside: true, short: false, .. })));
}
