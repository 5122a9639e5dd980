//! Fetching into a case: every event once, whatever goes wrong, or its place is named.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use super::super::fetch::FetchOutcome;
use super::super::into_case::fetch_into;
use super::super::planning::Wanted;
use super::super::session::Aws;
use super::fake::{Fake, Mishap};
use crate::case::Writable;
use crate::model::live::{QueryState, Seconds};
use crate::model::{IngestSummary, Scope, Strand, Timestamp};

const GROUP: &str = "/aws/bedrock/modelinvocations";
const START: i64 = 1_793_750_400;

/// An invocation record that no other is like.
fn record(number: usize) -> String {
    format!(
        r#"{{"schemaType":"ModelInvocationLog","schemaVersion":"1.0","timestamp":"2026-11-04T00:00:00Z","accountId":"111122223333","region":"us-east-1","requestId":"00000000-0000-4000-8000-{number:012}","operation":"Converse","modelId":"anthropic.claude-3-haiku-20240307-v1:0","identity":{{"arn":"arn:aws:iam::111122223333:user/u{number}"}},"input":{{"inputContentType":"application/json","inputBodyJson":{{"messages":[{{"role":"user","content":[{{"text":"question {number}"}}]}}]}}}}}}"#
    )
}

/// Events a few milliseconds apart, with many in one second.
fn evidence(fake: &Fake, spread: usize, spike: usize) {
    let even = (0..spread).map(|number| (START * 1000 + (number * 137) as i64, record(number)));
    let at = (START + 20) * 1000;
    let many = (0..spike).map(|number| (at + (number * 7 % 1000) as i64, record(1_000_000 + number)));
    fake.put(GROUP, even.chain(many));
}

struct Desk {
    _folder: tempfile::TempDir,
    case: Writable,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let case = Writable::open(&folder.path().join("a.outcrop")).unwrap();
        Self { _folder: folder, case }
    }

    fn fetch_by(&self, aws: &Aws, seconds: i64, cap: u64, budget: f64, cancel: &AtomicBool) -> (FetchOutcome, IngestSummary) {
        let now = Timestamp::from_millis((START + 86_400) * 1000);
        let mut reader = self.case.reader().unwrap();
        let (covered, asked) = (reader.coverage().unwrap(), reader.asked().unwrap());
        let never = AtomicBool::new(false);
        let groups =
            aws.discover(now, &never).into_iter().flat_map(|(site, found)| found.unwrap().into_iter().map(move |group| (site.clone(), group)));
        let span = Seconds::new(START, START + seconds);
        let wanted = Wanted { groups: groups.collect(), span, filter: String::new(), covered: &covered, asked: &asked, is_estimated: true, now };
        let plan = aws.plan_by(wanted, cap, &never);
        fetch_into(aws, &plan, budget, &self.case, None, cancel, &mut |_, _| {}).unwrap()
    }

    fn fetch(&self, aws: &Aws, seconds: i64, cap: u64) -> (FetchOutcome, IngestSummary) {
        self.fetch_by(aws, seconds, cap, f64::INFINITY, &AtomicBool::new(false))
    }

    /// Request ids of all events.
    fn events(&self) -> Vec<String> {
        let mut reader = self.case.reader().unwrap();
        let ids: Vec<_> = reader.refs(&Scope::all()).unwrap().iter().map(|event| event.id).collect();
        let mut ids: Vec<String> = reader.events(&ids).unwrap().into_iter().filter_map(|event| event.request_id).collect();
        ids.sort();
        ids
    }

    fn covered(&self) -> Vec<Seconds> {
        self.case.reader().unwrap().coverage().unwrap().iter().map(|entry| entry.span).collect()
    }
}

#[test]
fn everything_comes_once_and_is_not_asked_for_again() {
    let fake = Fake::new();
    evidence(&fake, 300, 0);
    let desk = Desk::new();
    let (outcome, summary) = desk.fetch(&fake.aws(), 60, 100_000);
    assert!(outcome.is_complete());
    assert_eq!((outcome.progress.rows, summary.events["invocation"], summary.duplicate, summary.undecodable), (300, 300, 0, 0));
    assert_eq!(desk.events().len(), 300);
    assert_eq!(desk.covered(), [Seconds::new(START, START + 60)]);
    // The record is the message, found again by its hash; the source says where it came from.
    let mut reader = desk.case.reader().unwrap();
    // The newest come first, and of one instant stand in that order.
    let last = reader.refs(&Scope::all()).unwrap()[299].id;
    let event = reader.events(&[last]).unwrap().remove(0);
    assert_eq!(event.strand, Strand::Invocation);
    assert_eq!(String::from_utf8(reader.record(&event).unwrap()).unwrap(), record(0));
    let source = reader.source(event.source).unwrap().unwrap();
    assert!(source.path.starts_with("us-east-1 111122223333:/aws/bedrock/modelinvocations 2026-11-04T"), "{}", source.path);
    let queries = reader.asked().unwrap();
    assert!(queries.iter().all(|query| query.state == QueryState::Complete) && queries.iter().map(|query| query.rows).sum::<u64>() == 300);
    // Again: nothing is missing. Later: only what is new.
    let starts = fake.count("StartQuery");
    let (again, _) = desk.fetch(&fake.aws(), 60, 100_000);
    assert_eq!((again.progress.rows, fake.count("StartQuery")), (0, starts));
    desk.fetch(&fake.aws(), 80, 100_000);
    let spans: Vec<(i64, i64)> = fake.with(|service| service.queries.values().skip(starts).map(|query| query.span).collect());
    assert!(spans.iter().all(|span| *span == (START + 60, START + 80)), "{spans:?}");
}

#[test]
fn beyond_the_limit_time_is_halved_and_a_spike_by_milliseconds() {
    for extra in [0, 999] {
        let fake = Fake::new();
        evidence(&fake, 400, 90);
        fake.with(|service| service.extra = extra);
        let desk = Desk::new();
        // Less than the spike has in its second, more than in any millisecond.
        let (outcome, summary) = desk.fetch(&fake.aws(), 60, 40);
        assert!(outcome.is_complete(), "{outcome:?}");
        assert_eq!(desk.events().len(), 490);
        assert_eq!(summary.events["invocation"], 490);
        let mut covered = desk.covered();
        covered.sort();
        assert_eq!(Seconds::new(START, START + 60).without(&covered), []);
        assert_eq!(covered.iter().map(|span| span.length()).sum::<i64>(), 60, "no second twice: {covered:?}");
    }
}

#[test]
fn a_second_that_cannot_be_split_is_a_hole_with_a_name() {
    // A server that does not know the condition.
    let fake = Fake::new();
    evidence(&fake, 100, 90);
    fake.with(|service| service.is_blind = true);
    let desk = Desk::new();
    let (outcome, _) = desk.fetch(&fake.aws(), 60, 40);
    assert!(!outcome.is_complete());
    let [(group, span, why)] = outcome.holes.as_slice() else { panic!("{:?}", outcome.holes) };
    assert_eq!((group.name.as_str(), *span), (GROUP, Seconds::new(START + 20, START + 21)));
    assert!(why.contains("milliseconds"), "{why}");
    // 93 are not in that second, and of it 40 came at least.
    assert!(desk.events().len() >= 93 + 40, "{}", desk.events().len());
    let kept = desk.case.reader().unwrap().coverage().unwrap();
    assert_eq!(kept.iter().filter(|entry| entry.hole.is_some()).map(|entry| entry.span).collect::<Vec<_>>(), [*span]);
    // A millisecond with too many.
    let fake = Fake::new();
    fake.put(GROUP, (0..30).map(|number| (START * 1000 + 5_007, record(number))));
    let desk = Desk::new();
    let (outcome, _) = desk.fetch(&fake.aws(), 60, 20);
    let [(_, span, why)] = outcome.holes.as_slice() else { panic!("{:?}", outcome.holes) };
    assert_eq!(*span, Seconds::new(START + 5, START + 6));
    assert!(why.contains("1 milliseconds") && why.contains("05.007"), "{why}");
    assert_eq!(desk.events().len(), 20);
}

#[test]
fn a_lower_limit_than_that_of_aws_loses_nothing() {
    let fake = Fake::new();
    fake.put(GROUP, (0..25_000).map(|number| (START * 1000 + number * 2, record(number as usize))));
    fake.with(|service| service.cap = 10_000);
    let desk = Desk::new();
    let (outcome, _) = desk.fetch(&fake.aws(), 60, 100_000);
    assert!(outcome.is_complete());
    assert_eq!(desk.events().len(), 25_000);
}

#[test]
fn whatever_goes_wrong_on_the_way_each_event_comes_once() {
    let fake = Fake::new();
    evidence(&fake, 400, 60);
    let throttled = || Mishap::Code(400, "ThrottlingException", "Rate exceeded");
    let full = || Mishap::Code(400, "LimitExceededException", "Account maximum query concurrency limit of [100] reached.");
    fake.script("StartQuery", [throttled(), Mishap::Refused, Mishap::After(Box::new(Mishap::Cut)), full(), full(), Mishap::Page(503, "")]);
    // First what the estimate meets, which ends badly; then the fetch.
    fake.script("GetQueryResults", [Mishap::Cut, Mishap::State("Failed"), Mishap::Page(500, ""), throttled(), Mishap::State("Timeout")]);
    let state = Mishap::State;
    fake.script(
        "GetQueryResults",
        [state("Running"), state("Failed"), state("Running"), Mishap::Cut, state("Timeout"), state("Odd"), state("Running")],
    );
    let desk = Desk::new();
    let (outcome, _) = desk.fetch(&fake.aws(), 60, 50);
    assert!(outcome.is_complete(), "{outcome:?}");
    let events = desk.events();
    assert_eq!((events.len(), events.iter().collect::<BTreeSet<_>>().len()), (460, 460));
    let kept = desk.case.reader().unwrap().asked().unwrap();
    let states = |state: QueryState| kept.iter().filter(|query| query.state == state).count();
    assert_eq!(states(QueryState::Running), 0, "the ledger knows how each ended");
    assert!(states(QueryState::Failed) >= 2, "{kept:?}");
    assert!(fake.with(|service| service.running.1) <= 5, "never more at once than allowed, and one whose answer was lost");
}

#[test]
fn a_fetch_that_was_interrupted_goes_on() {
    let fake = Fake::new();
    evidence(&fake, 400, 60);
    let desk = Desk::new();
    let cancel = AtomicBool::new(false);
    // Cancelled once some pieces are done.
    let aws = fake.aws();
    let now = Timestamp::from_millis((START + 86_400) * 1000);
    let groups = aws.discover(now, &cancel).into_iter().flat_map(|(site, found)| found.unwrap().into_iter().map(move |group| (site.clone(), group)));
    let span = Seconds::new(START, START + 60);
    let plan =
        aws.plan_by(Wanted { groups: groups.collect(), span, filter: String::new(), covered: &[], asked: &[], is_estimated: true, now }, 50, &cancel);
    fake.with(|service| service.looks = 3);
    let (outcome, _) = std::thread::scope(|scope| {
        scope.spawn(|| {
            while fake.count("StartQuery") < 6 {
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            cancel.store(true, Ordering::Relaxed);
        });
        fetch_into(&aws, &plan, f64::INFINITY, &desk.case, None, &cancel, &mut |_, _| {}).unwrap()
    });
    assert!(!outcome.is_complete());
    assert!(fake.states().iter().all(|state| matches!(*state, "Complete" | "Cancelled")), "nothing runs on: {:?}", fake.states());
    let before = desk.covered();
    let (outcome, _) = desk.fetch(&aws, 60, 50);
    assert!(outcome.is_complete(), "{outcome:?}");
    assert_eq!(desk.events().len(), 460);
    let covered = desk.covered();
    assert_eq!(covered.iter().map(|span| span.length()).sum::<i64>(), 60, "what was complete was not fetched again: {before:?} then {covered:?}");
}

#[test]
fn after_a_crash_queries_are_attached_to_and_others_are_stopped() {
    let fake = Fake::new();
    evidence(&fake, 300, 0);
    let desk = Desk::new();
    // What a killed process leaves: one query of this very fetch, and one that nobody wants; both are running.
    let now = Timestamp::from_millis((START + 86_400) * 1000);
    fake.with(|service| service.looks = 2);
    let client = fake.client();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let text = super::super::planning::text("", 100_000);
    let mut notebook = desk.case.notebook().unwrap();
    for (text, from) in [(text.as_str(), START), ("fields other", START)] {
        let request = client.start_query().query_string(text).log_group_names(GROUP).start_time(from).end_time(from + 30).send();
        let id = runtime.block_on(request).unwrap().query_id.unwrap();
        let span = Seconds::new(from, from + 30);
        let query = crate::model::live::AskedQuery {
            id,
            profile: None,
            region: "us-east-1".into(),
            groups: GROUP.into(),
            text: text.into(),
            span,
            state: QueryState::Running,
            started: now.plus_millis(-1_000),
            rows: 0,
            statistics: crate::model::live::ScanStatistics::default(),
            reason: None,
        };
        notebook.keep_query(&query).unwrap();
    }
    drop(notebook);
    let (outcome, _) = desk.fetch(&fake.aws(), 60, 100_000);
    assert!(outcome.is_complete());
    assert_eq!(desk.events().len(), 300);
    let spans: Vec<(i64, i64)> = fake.with(|service| service.queries.values().filter(|query| query.text == text).map(|query| query.span).collect());
    assert_eq!(spans, [(START, START + 30), (START + 30, START + 60)], "the first half was not asked for again");
    assert_eq!(fake.with(|service| service.queries["q-2"].state), "Cancelled");
    let paid: f64 = outcome.progress.statistics.bytes_scanned;
    let all: f64 = desk.case.reader().unwrap().asked().unwrap().iter().map(|query| query.statistics.bytes_scanned).sum();
    assert!(paid > 0.0 && paid < all, "what was paid for before is not paid again");
}

#[test]
fn the_budget_is_kept_and_what_is_left_out_is_named() {
    let fake = Fake::new();
    evidence(&fake, 400, 0);
    let desk = Desk::new();
    let (outcome, _) = desk.fetch_by(&fake.aws(), 60, 100_000, 10.0, &AtomicBool::new(false));
    assert_eq!(outcome.progress.rows, 0);
    let [(_, span, why)] = outcome.unfetched.as_slice() else { panic!("{:?}", outcome.unfetched) };
    assert_eq!((*span, why.as_str()), (Seconds::new(START, START + 60), "beyond the budget"));
    let (outcome, _) = desk.fetch_by(&fake.aws(), 60, 100_000, 1e9, &AtomicBool::new(false));
    assert!(outcome.is_complete() && desk.events().len() == 400);
}

#[test]
fn one_group_that_is_denied_does_not_keep_the_others() {
    let fake = Fake::new();
    evidence(&fake, 50, 0);
    let trail =
        r#"{"eventVersion":"1.08","eventName":"InvokeModel","eventSource":"bedrock.amazonaws.com","eventTime":"2026-11-04T00:00:01Z","eventID":"e"}"#;
    fake.put("/org/cloudtrail", [(START * 1000 + 1_000, trail.to_owned())]);
    // The estimates go well; the first fetch is refused.
    fake.script(
        "StartQuery",
        [Mishap::State(""), Mishap::State(""), Mishap::Code(400, "AccessDeniedException", "not authorized to perform: logs:StartQuery on it")],
    );
    let desk = Desk::new();
    let (outcome, summary) = desk.fetch(&fake.aws(), 60, 100_000);
    let [(_, _, why)] = outcome.unfetched.as_slice() else { panic!("{:?}", outcome.unfetched) };
    assert!(why.contains("logs:StartQuery") && why.contains("--policy"), "{why}");
    let all: u64 = summary.events.values().sum();
    assert_eq!(all, if outcome.unfetched[0].0.name == GROUP { 1 } else { 50 });
}

#[test]
fn what_is_young_is_left_open_because_events_arrive_late() {
    let fake = Fake::new();
    let now = jiff::Timestamp::now().as_second();
    fake.put(GROUP, [((now - 100) * 1000, record(1)), ((now - 1_000) * 1000, record(2))]);
    let desk = Desk::new();
    let aws = fake.aws();
    let at = Timestamp::from_millis(now * 1000);
    let never = AtomicBool::new(false);
    let groups: Vec<_> =
        aws.discover(at, &never).into_iter().flat_map(|(site, found)| found.unwrap().into_iter().map(move |group| (site.clone(), group))).collect();
    let span = Seconds::new(now - 2_000, now);
    let plan = aws.plan_by(Wanted { groups, span, filter: String::new(), covered: &[], asked: &[], is_estimated: true, now: at }, 100_000, &never);
    fetch_into(&aws, &plan, f64::INFINITY, &desk.case, None, &never, &mut |_, _| {}).unwrap();
    assert_eq!(desk.events().len(), 2);
    let covered = desk.covered();
    assert_eq!(covered.len(), 1);
    // A quarter of an hour; the rest of the bound is for a slow machine.
    assert!(covered[0].from == now - 2_000 && (now - 900..now - 800).contains(&covered[0].to), "{covered:?} at {now}");
}
