//! Queries asked at AWS: where they go, what they cost, what is shown meanwhile, and what is refused before anything is sent.

use std::sync::Arc;

use super::session::Session;
use crate::model::live::{GroupName, Seconds, Site};
use crate::model::{Strand, StrandSet};
use crate::query::run::{Answer as Found, AnswerRow};
use crate::query::value::Value;
use crate::tui::ask::{Answer, Slot};
use crate::tui::complete::{Named, Offer};
use crate::tui::desk::{Awaited, Problem};
use crate::tui::layers::Layer;
use crate::tui::message::Event;
use crate::tui::oracle::{Billed, FromAws, KnownGroup, OnTheWay};

const SIZE: (u16, u16) = (120, 40);
const INVOCATIONS: &str = "/aws/bedrock/modelinvocations";

fn site(region: &str) -> Site {
    Site { profile: None, region: Some(region.to_owned()) }
}

fn group(region: &str, name: &str, holds: StrandSet, is_of_case: bool) -> KnownGroup {
    KnownGroup {
        site: site(region),
        group: GroupName { account: String::new(), region: region.to_owned(), name: name.to_owned() },
        holds,
        is_of_case,
    }
}

/// A workbench that knows three log groups of its case and one more.
fn session() -> Session {
    let mut session = Session::demo(SIZE);
    session.oracle.groups = vec![
        group("us-east-1", INVOCATIONS, StrandSet::only(Strand::Invocation), true),
        group("us-west-2", INVOCATIONS, StrandSet::only(Strand::Invocation), true),
        group("us-east-1", "org-trail", StrandSet::only(Strand::Management), true),
        group("us-east-1", "aws/spans", StrandSet::only(Strand::Span), false),
    ];
    session
}

fn found(names: &[&str]) -> Found {
    Found {
        columns: vec!["eventName".to_owned(), "n".to_owned()],
        names: vec![vec!["eventName".to_owned()], Vec::new()],
        rows: names.iter().map(|name| AnswerRow { event: None, values: vec![Value::text(*name), Value::text("3")] }).collect(),
        ..Found::default()
    }
}

fn boxed(names: &[&str]) -> Box<Found> {
    Box::new(found(names))
}

fn billed() -> Billed {
    Billed { from: "2 log groups in 2 sites".to_owned(), cost: "≈ $0.004".to_owned(), spared: 7, spent: "0.8 GB ≈ $0.004".to_owned() }
}

fn answers(session: &Session, answers: impl IntoIterator<Item = Result<FromAws, Problem>>) {
    session.oracle.answers.lock().unwrap().extend(answers);
}

fn places(session: &Session) -> Vec<Vec<(String, String)>> {
    let asked = session.oracle.asked.lock().unwrap();
    asked.iter().map(|(_, at)| at.places.iter().map(|(site, name)| (site.to_string(), name.clone())).collect()).collect()
}

const QUERY: &str = "8Istats count(*) as n by eventName<esc><esc>";

#[test]
fn one_key_asks_the_groups_of_the_case_and_shows_rows_and_price() {
    let mut session = session();
    session.oracle.on_the_way = vec![OnTheWay::Going("1 of 2 queries".to_owned()), OnTheWay::Rows(found(&["CreateGuardrail"]))];
    answers(&session, [Ok(FromAws::Answered(boxed(&["CreateGuardrail", "InvokeModel"]), billed()))]);
    session.keys(QUERY).keys("W");
    let (text, at) = session.oracle.asked.lock().unwrap()[0].clone();
    assert_eq!(text, "stats count(*) as n by eventName");
    assert_eq!(at.sites, [site("us-east-1"), site("us-west-2")]);
    assert!(!at.is_agreed);
    // The demo's first event to its last: the case is not live.
    let (first, last) = session.state.case.span.expect("a span");
    assert_eq!(at.span, Seconds::new(first.as_millis() / 1000, last.as_millis() / 1000 + 1));
    let group = |region: &str, name: &str| (region.to_owned(), name.to_owned());
    assert_eq!(places(&session), [[group("us-east-1", INVOCATIONS), group("us-west-2", INVOCATIONS), group("us-east-1", "org-trail")]]);
    let screen = session.screen();
    for wanted in ["2 rows", "AWS scanned", "≈ $0.004", "7 spared", "2 log groups in 2 sites", "AWS 0.8 GB ≈ $0.004"] {
        assert!(screen.contains(wanted), "{wanted}: {screen}");
    }
    let past = session.state.desk.history.last().expect("a past query").clone();
    assert_eq!((past.rows, past.cost.as_deref()), (2, Some("≈ $0.004")));
    session.keys("O");
    assert!(session.screen().contains("AWS: 2 rows"), "{}", session.screen());
    // Numbers came as texts: they are numbers, so that they sort, stand to the right and can be drawn.
    session.keys("<esc>c");
    assert!(session.state.desk.is_chart, "{}", session.screen());
}

#[test]
fn what_runs_is_on_the_screen_with_its_first_rows_and_escape_gives_it_up() {
    let mut session = session();
    session.oracle.on_the_way = vec![OnTheWay::Rows(found(&["CreateGuardrail"])), OnTheWay::Going("1 of 2 queries, 1 rows".to_owned())];
    session.oracle.is_silent = true;
    session.keys(QUERY).keys("8W");
    assert_eq!(session.state.desk.awaited, Some(Awaited::Ask), "the groups are not known yet");
    session.oracle.is_silent = false;
    answers(&session, [Err(Problem { at: None, what: "access denied for logs:StartQuery".to_owned() })]);
    let (slot, groups) = (Slot::Groups, Arc::new(session.oracle.groups.clone()));
    let generation = session.state.generations[slot as usize];
    session.send(Event::Reply { slot, generation, answer: Answer::Groups(groups, session.state.revision) });
    assert_eq!(session.oracle.asked.lock().unwrap().len(), 1);
    assert!(session.screen().contains("access denied for logs:StartQuery"), "{}", session.screen());
    assert!(session.screen().contains("CreateGuardrail"), "the first rows stay: {}", session.screen());
    session.oracle.is_silent = true;
    session.keys("W");
    assert!(session.screen().contains("esc stops it, there too"), "{}", session.screen());
    session.keys("<esc>");
    assert!(!session.screen().contains("esc stops it, there too"));
    assert!(session.state.messages.back().is_some_and(|message| message.text.contains("is stopped at AWS")));
}

#[test]
fn beyond_the_budget_the_price_is_asked() {
    let mut session = session();
    let price = || Ok(FromAws::Priced("AWS would scan 12 GB ≈ $0.06; $0.010 may be spent unasked".to_owned()));
    answers(&session, [price(), price(), Ok(FromAws::Answered(boxed(&["InvokeModel"]), billed()))]);
    session.keys(QUERY).keys("W");
    assert!(session.screen().contains("AWS would scan 12 GB"));
    session.keys("leave<enter>");
    assert!(session.state.desk.results.is_none() && session.state.layers.is_empty());
    session.keys("W<enter>");
    let agreed: Vec<bool> = session.oracle.asked.lock().unwrap().iter().map(|(_, at)| at.is_agreed).collect();
    assert_eq!(agreed, [false, false, true]);
    assert_eq!(session.state.desk.results.as_ref().map(|results| results.rows.len()), Some(1));
}

#[test]
fn groups_are_chosen_and_the_choice_is_kept() {
    let mut session = session();
    session.keys("8L");
    assert!(matches!(session.state.layers.last(), Some(Layer::Menu(_))));
    session.keys("trail<enter>spans<enter><esc>");
    answers(&session, [Ok(FromAws::Answered(boxed(&[]), billed()))]);
    session.keys(QUERY).keys("W");
    let names: Vec<String> = places(&session)[0].iter().map(|(site, name)| format!("{site} {name}")).collect();
    assert_eq!(names, [format!("us-east-1 {INVOCATIONS}"), format!("us-west-2 {INVOCATIONS}"), "us-east-1 aws/spans".to_owned()]);
    let groups = session.oracle.groups.clone();
    session.keys("1");
    let mut session = session.reopened();
    session.oracle.groups = groups;
    answers(&session, [Ok(FromAws::Answered(boxed(&[]), billed()))]);
    session.keys("8W");
    assert_eq!(places(&session)[0].len(), 3);
    assert!(places(&session)[0].iter().any(|(_, name)| name == "aws/spans"));
}

#[test]
fn a_hunt_goes_to_groups_that_can_answer_and_stays_here_when_only_a_case_can() {
    let mut session = session();
    answers(&session, [Ok(FromAws::Answered(boxed(&[]), billed()))]);
    session.keys("8Hdenied-callers<enter><enter>W");
    assert_eq!(places(&session), [[("us-east-1".to_owned(), "org-trail".to_owned())]]);
    session.keys("Hbedrock-commands<enter><enter>W");
    assert!(session.screen().contains("what only a case knows"), "{}", session.screen());
    assert_eq!(places(&session).len(), 1);
}

#[test]
fn what_aws_does_not_know_is_refused_and_what_only_aws_knows_is_sent() {
    let mut session = session();
    session.keys("8Ifilter x.denied = true<esc><esc>W");
    let problem = session.state.desk.problem.clone().expect("a problem");
    assert_eq!((problem.at, problem.what.contains("AWS does not know it")), (Some(7..15), true), "{}", problem.what);
    session.keys("Ifiltr eventName = 1<esc><esc>W");
    assert!(session.state.desk.problem.as_ref().is_some_and(|problem| problem.what.contains("did you mean `filter`?")));
    assert!(places(&session).is_empty());
    answers(&session, [Ok(FromAws::Answered(boxed(&["InvokeModel"]), billed())), Ok(FromAws::Answered(boxed(&["InvokeModel"]), billed()))]);
    session.keys("Ipattern @message | anomaly<esc><esc>W");
    assert_eq!(places(&session).len(), 1);
    // A text that names its groups is sent without any, to the sites of the case.
    session.keys("ISOURCE \"org-trail\" | limit 1<esc><esc>W");
    let asked = session.oracle.asked.lock().unwrap();
    assert_eq!((asked[1].1.places.len(), asked[1].1.sites.len()), (0, 2));
}

#[test]
fn without_groups_it_says_how_to_get_some() {
    let mut session = Session::demo(SIZE);
    session.keys(QUERY).keys("W");
    let told = session.state.messages.back().map(|message| message.text.clone()).unwrap_or_default();
    assert!(told.contains("no log groups of AWS are known here: S finds them"), "{told}");
}

#[test]
fn log_groups_are_offered_where_they_are_named() {
    for (typed, offered) in [
        ("SOURCE \"/aws/b", INVOCATIONS),
        ("SOURCE \"trail", "org-trail"),
        ("SELECT eventName FROM `org", "org-trail"),
        ("SELECT 1 FROM logGroups(logGroupIdentifier: ['aws/bed", INVOCATIONS),
        ("SOURCE \"", "management"),
    ] {
        let mut session = session();
        session.keys("8I").keys(typed);
        let offers = session.state.desk.offers.clone().unwrap_or_else(|| panic!("offers: {typed}"));
        assert_eq!(offers.items[0].word, offered, "{typed}");
        session.keys("<tab>");
        let before: String = typed.chars().take_while(|letter| !matches!(letter, '"' | '`' | '\'')).collect();
        assert!(session.state.desk.text().starts_with(&before) && session.state.desk.text().ends_with(offered), "{}", session.state.desk.text());
    }
    let mut session = session();
    session.keys("8Ifilter eventName = \"org");
    assert!(session.state.desk.offers.is_none(), "a value is no log group");
}

#[test]
fn what_is_offered_does_not_depend_on_who_answers_first() {
    let mut session = session();
    session.keys("8iSOURCE \"trail");
    let offered = |session: &Session| session.state.desk.offers.as_ref().map(|offers| offers.items.clone()).unwrap_or_default();
    let words = |session: &Session| offered(session).iter().map(|offer| format!("{} {}", offer.word, offer.about)).collect::<Vec<_>>();
    let expected = ["org-trail log group in us-east-1: management"];
    assert_eq!(words(&session), expected);
    let answer = |session: &mut Session, slot: Slot, answer: Answer| {
        let generation = session.state.generations[slot as usize];
        session.send(Event::Reply { slot, generation, answer });
    };
    let (scope, revision) = (session.state.view.scope.clone(), session.state.revision);
    let fetched = Offer { word: "org-trail".to_owned(), about: "log group that was fetched".to_owned() };
    let fields = Answer::Fields { named: Arc::new(Named { groups: vec![fetched], ..Named::default() }), scope, revision };
    answer(&mut session, Slot::Fields, fields);
    assert_eq!(words(&session), expected, "the case knows it too");
    let groups = session.state.desk.groups.clone();
    answer(&mut session, Slot::Groups, Answer::Groups(Arc::default(), revision));
    assert_eq!(words(&session), ["org-trail log group that was fetched"]);
    answer(&mut session, Slot::Groups, Answer::Groups(groups, revision));
    assert_eq!(words(&session), expected, "AWS answered last");
}
