//! INSIGHTS §6 as a table: what the service or the way to it says, what the person is told, and how often it was tried.

use std::sync::atomic::AtomicBool;

use super::super::fault::{AwsError, Fault};
use super::super::link::{Care, SiteState};
use super::super::query::{AwsLanguage, Step};
use super::super::session::Question;
use super::super::{classify, client, query};
use super::fake::{Fake, Mishap, hurried};
use crate::model::live::Seconds;

fn question(text: &str) -> Question {
    Question { text: text.to_owned(), groups: vec!["/g".to_owned()], span: Seconds::new(0, 100), ..Question::default() }
}

fn asked(fake: &Fake) -> Result<usize, AwsError> {
    let answer = fake.aws().run(&question("fields @timestamp, @message | limit 9"), &AtomicBool::new(false), &mut |_| {});
    answer.map(|answer| answer.rows.len())
}

fn service() -> Fake {
    let fake = Fake::new();
    fake.put("/g", (0..5).map(|number| (number * 1000, format!("{{\"n\":{number}}}"))));
    fake
}

#[test]
fn each_error_of_the_service_says_what_to_do_and_is_tried_as_often_as_it_makes_sense() {
    use Mishap::{Code, Cut, Page, Refused};
    let end_date =
        "Query's end date and time is either before the log groups creation time or exceeds the log groups log retention settings ([0,79])";
    // The mishap at every StartQuery; the words of what is told; how often it was sent (0: until it goes well).
    let table: Vec<(Mishap, &[&str], usize)> = vec![
        (
            Code(400, "MalformedQueryException", "unexpected symbol found x at line 1 and position 7"),
            &["cannot read the query", "correct the query"],
            1,
        ),
        (Code(400, "MalformedQueryException", end_date), &["beyond its retention", "later interval"], 1),
        (Code(400, "ResourceNotFoundException", "Log group '/g' does not exist"), &["not found", "/g", "doctor"], 1),
        (Code(400, "InvalidParameterException", "bad combination"), &["bad combination"], 1),
        (
            Code(400, "AccessDeniedException", "User: arn:aws:iam::1:user/x is not authorized to perform: logs:StartQuery"),
            &["access denied", "logs:StartQuery", "--policy"],
            1,
        ),
        (
            Code(403, "ExpiredTokenException", "The security token included in the request is expired"),
            &["does not accept the credentials", "log in again"],
            1,
        ),
        (Code(400, "UnrecognizedClientException", "The security token included in the request is invalid."), &["credentials"], 1),
        (Code(403, "InvalidSignatureException", "Signature expired"), &["clock"], 1),
        (Code(400, "com.amazonaws.logs#SomethingNew", "never seen"), &["SomethingNew: never seen"], 1),
        (Code(503, "ServiceUnavailableException", "busy"), &["cannot answer now", "try again"], 4),
        (Page(502, "<html>bad gateway</html>"), &["HTTP 502"], 4),
        (Page(500, ""), &["HTTP 500"], 4),
        (Page(404, "<html>no</html>"), &["not AWS", "HTTP 404", "AWS_ENDPOINT_URL"], 1),
        (Cut, &["ended in the middle", "what has come is kept"], 4),
        (Refused, &["nobody answers", "Connection refused", "AWS_ENDPOINT_URL"], 4),
    ];
    for (mishap, words, times) in table {
        let fake = service();
        fake.script("StartQuery", std::iter::repeat_n(mishap.clone(), 50));
        let told = asked(&fake).expect_err("a mishap").to_string();
        for word in words {
            assert!(told.contains(word), "{mishap:?}: {told}");
        }
        assert!(told.starts_with("cannot ") && !told.contains('\n') && told.len() < 420, "{told}");
        assert_eq!(fake.count("StartQuery"), times, "{mishap:?}");
    }
}

#[test]
fn what_passes_is_waited_out() {
    let throttled = || Mishap::Code(400, "ThrottlingException", "Rate exceeded");
    let full = || Mishap::Code(400, "LimitExceededException", "Account maximum query concurrency limit of [100] reached.");
    for action in ["StartQuery", "GetQueryResults"] {
        let fake = service();
        fake.script(action, [throttled(), full(), throttled(), Mishap::Cut, Mishap::Page(503, ""), Mishap::Refused, throttled()]);
        assert_eq!(asked(&fake).unwrap(), 5, "{action}");
        assert_eq!(fake.count(action), 8, "{action}");
    }
}

#[test]
fn the_place_of_a_mistake_is_told() {
    let fake = service();
    fake.script("StartQuery", [Mishap::Page(
        400,
        r#"{"__type":"MalformedQueryException","message":"unexpected symbol","queryCompileError":{"location":{"startCharOffset":7,"endCharOffset":9},"message":"m"}}"#,
    )]);
    let Err(AwsError { fault: Fault::Malformed { place, .. }, .. }) = asked(&fake) else { panic!("no mistake") };
    assert_eq!(place, Some((7, 9)));
}

#[test]
fn how_a_query_ends_decides_what_follows() {
    for (state, fault, starts) in [("Failed", Fault::QueryFailed, 3), ("Cancelled", Fault::QueryCancelled, 1), ("Timeout", Fault::QueryTimedOut, 1)] {
        let fake = service();
        fake.script("GetQueryResults", std::iter::repeat_n(Mishap::State(state), 9));
        assert_eq!(asked(&fake).expect_err("ended badly").fault, fault);
        assert_eq!(fake.count("StartQuery"), starts, "{state}: a failed query is started again, others are not");
        assert_eq!(fake.count("StopQuery"), 0, "what has ended is not stopped");
    }
    // A state nobody knows is waited out.
    let fake = service();
    fake.script("GetQueryResults", [Mishap::State("Odd"), Mishap::State("Running")]);
    assert_eq!(asked(&fake).unwrap(), 5);
}

#[test]
fn results_that_are_gone_are_told_apart_from_groups_that_are_not_there() {
    let fake = service();
    fake.script("GetQueryResults", [Mishap::Code(400, "ResourceNotFoundException", "no such query")]);
    assert_eq!(asked(&fake).expect_err("gone").fault, Fault::ResultsGone);
}

#[test]
fn every_query_is_stopped_when_nobody_waits_any_more() {
    // By cancel, while it runs.
    let fake = service();
    fake.with(|service| service.looks = 1_000_000);
    let (aws, cancel) = (fake.aws(), AtomicBool::new(false));
    let ended = aws.run(&question("fields a"), &cancel, &mut |_| cancel.store(true, std::sync::atomic::Ordering::Relaxed));
    assert_eq!(ended.expect_err("cancelled").fault, Fault::Stopped);
    assert_eq!(fake.states(), ["Cancelled"]);
    // By an error that stays one.
    let fake = service();
    fake.with(|service| service.looks = 1_000_000);
    fake.script("GetQueryResults", [Mishap::Code(400, "AccessDeniedException", "no")]);
    assert!(asked(&fake).is_err());
    assert_eq!(fake.states(), ["Cancelled"]);
    // By a panic in whoever is told.
    let fake = service();
    fake.with(|service| service.looks = 1_000_000);
    let aws = fake.aws();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        aws.run(&question("fields a"), &AtomicBool::new(false), &mut |_| panic!("on purpose"))
    }));
    assert!(panicked.is_err());
    assert_eq!(fake.states(), ["Running"]);
    drop(aws);
    assert_eq!(fake.states(), ["Cancelled"], "at the latest when the session ends");
    // A start whose answer was lost cannot be stopped: its id is not known. It is not started twice without need.
    let fake = service();
    fake.script("StartQuery", [Mishap::After(Box::new(Mishap::Cut))]);
    assert_eq!(asked(&fake).unwrap(), 5);
    assert_eq!(fake.count("StartQuery"), 2);
}

#[test]
fn a_silent_server_does_not_keep_us() {
    let fake = service();
    fake.script("StartQuery", std::iter::repeat_n(Mishap::Silent, 9));
    let mut manners = hurried();
    manners.attempts = 2;
    manners.timeouts.attempt = std::time::Duration::from_millis(30);
    let mut config = fake.config().into_builder();
    config.set_timeout_config(Some(
        aws_sdk_cloudwatchlogs::config::timeout::TimeoutConfig::builder().operation_attempt_timeout(manners.timeouts.attempt).build(),
    ));
    let config = config.build();
    let link = super::super::link::Link::with(crate::model::live::Site::default(), config.clone(), client::reading(&config), manners).unwrap();
    let aws = super::super::session::Aws::of(vec![link]);
    let error = aws.run(&question("fields a"), &AtomicBool::new(false), &mut |_| {}).expect_err("silence");
    assert_eq!(error.fault, Fault::Silent);
    assert_eq!(fake.count("StartQuery"), 2);
}

#[test]
fn no_action_outside_the_list_is_sent() {
    let fake = service();
    let client = fake.client();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let told = |error: String| assert!(error.contains("only reads"), "{error}");
    runtime.block_on(async {
        let refused = |doing: &str, error| classify::error::<_>(doing, &error).to_string();
        told(refused("a", client.create_log_group().log_group_name("g").send().await.unwrap_err()));
        let refused = |doing: &str, error| classify::error::<_>(doing, &error).to_string();
        told(refused("a", client.delete_log_group().log_group_name("g").send().await.unwrap_err()));
        let refused = |doing: &str, error| classify::error::<_>(doing, &error).to_string();
        told(refused("a", client.put_retention_policy().log_group_name("g").retention_in_days(1).send().await.unwrap_err()));
        let refused = |doing: &str, error| classify::error::<_>(doing, &error).to_string();
        told(refused("a", client.delete_query_definition().query_definition_id("q").send().await.unwrap_err()));
    });
    // Nor one of another service by the name of an allowed one.
    let sts = client::identity(&fake.config());
    runtime.block_on(async {
        assert!(sts.get_session_token().send().await.is_err());
    });
    // Nor, where bodies are read from S3, anything but that.
    #[cfg(feature = "s3-bodies")]
    runtime.block_on(async {
        let s3 = super::super::bodies::reading(&fake.link(hurried()));
        assert!(s3.put_object().bucket("b").key("k").send().await.is_err());
        assert!(s3.delete_object().bucket("b").key("k").send().await.is_err());
        assert!(s3.list_objects_v2().bucket("b").send().await.is_err());
        assert!(s3.get_bucket_policy().bucket("b").send().await.is_err());
    });
    assert_eq!(fake.with(|service| service.calls.clone()), Vec::<String>::new(), "nothing left the house");
}

#[test]
fn pages_are_read_to_the_last_and_begun_again_when_the_token_dies() {
    let fake = Fake::new();
    // Of so long rows a page has about a hundred.
    fake.put("/g", (0..250).map(|number| (number * 10, format!("{number:060000}"))));
    let link = fake.link(hurried());
    let ask = query::Ask {
        text: "fields @message | limit 100000".into(),
        language: AwsLanguage::Ql,
        groups: vec!["/g".into()],
        span: Seconds::new(0, 100),
        page: 100,
        is_one_page: false,
        watched: 0,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (mut rows, mut again) = (Vec::new(), 0);
    // While the first page is taken in the second is on its way: the third one's token is refused once.
    let mut on = async |step| match step {
        Step::Page(page) => {
            rows.extend(page);
            if rows.len() == 100 && again == 0 {
                fake.script("GetQueryResults", [Mishap::Code(400, "InvalidParameterException", "The token has expired")]);
            }
        }
        Step::Again => {
            again += 1;
            rows.clear();
        }
        _ => {}
    };
    let ended = runtime.block_on(query::execute(&link, &ask, None, &AtomicBool::new(false), &mut on)).unwrap();
    assert_eq!((ended.rows, rows.len(), again), (250, 250, 1));
    let mut messages: Vec<&str> = rows.iter().filter_map(|row| row.get("@message")).collect();
    messages.sort_unstable();
    messages.dedup();
    assert_eq!(messages.len(), 250);
}

#[test]
fn in_the_middle_of_it_a_new_login_is_waited_for() {
    let fake = service();
    let mut manners = hurried();
    manners.login = std::time::Duration::from_mins(1);
    let link = fake.link(manners);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let cancel = AtomicBool::new(false);
    let expired = || AwsError::new("read", Fault::Expired);
    // Before anything was read there is nothing to wait for.
    let first = runtime.block_on(link.call(&link.reads, Care::MayDrop, &cancel, async |_| Err::<(), _>(expired())));
    assert_eq!(first.expect_err("expired").fault, Fault::Expired);
    runtime.block_on(link.call(&link.reads, Care::MayDrop, &cancel, async |_| Ok(()))).unwrap();
    let tries = std::cell::Cell::new(0);
    let seen = std::cell::RefCell::new(Vec::new());
    let again = runtime.block_on(link.call(&link.reads, Care::MayDrop, &cancel, async |_| {
        tries.set(tries.get() + 1);
        seen.borrow_mut().push(link.state());
        if tries.get() == 1 { Err(expired()) } else { Ok(()) }
    }));
    assert!(again.is_ok());
    assert!(matches!(seen.borrow().last(), Some(SiteState::WaitsForLogin(what)) if what.contains("log in")), "{seen:?}");
    assert_eq!(link.state(), SiteState::Well);
}
