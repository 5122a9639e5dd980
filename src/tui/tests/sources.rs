//! Adding a source: a form, what was found, what is chosen of it and for how much, and what is asked for in the end.

use std::path::PathBuf;

use super::session::Session;
use crate::model::live::{GroupName, Site};
use crate::model::{Strand, StrandSet, Timestamp};
use crate::tui::layers::{Layer, Stage};
use crate::tui::live::{LiveCommand, LiveNews, SiteNews};
use crate::tui::message::{Event, IngestNews};
use crate::tui::oracle::{AddedSource, FoundGroup};

const SIZE: (u16, u16) = (120, 40);

fn site() -> Site {
    Site { profile: Some("audit".to_owned()), region: Some("us-west-2".to_owned()) }
}

fn group(name: &str, holds: StrandSet, is_chosen: bool) -> FoundGroup {
    FoundGroup {
        site: site(),
        group: GroupName { account: "111122223333".to_owned(), region: "us-west-2".to_owned(), name: name.to_owned() },
        holds,
        class: "STANDARD".to_owned(),
        retention_days: Some(90),
        stored_bytes: 3_000_000_000,
        newest: Timestamp::parse("2026-11-20T11:59:00Z"),
        is_chosen,
        ..FoundGroup::default()
    }
}

/// A workbench where three log groups can be found, each of which would scan so much.
fn session(bytes_each: f64) -> Session {
    let mut session = Session::demo(SIZE);
    session.oracle.found = Ok((
        vec![
            group("/aws/bedrock/modelinvocations", StrandSet::only(Strand::Invocation), true),
            group("org-trail", StrandSet::only(Strand::Management), true),
            group("/app/web", StrandSet::NONE, false),
        ],
        vec!["us-east-1: access denied for logs:DescribeLogGroups".to_owned()],
    ));
    session.oracle.bytes_each = bytes_each;
    session
}

/// To the list of what was found: profile, two Regions, two days, half a dollar.
const LOOK: &str = "Slog groups<enter>audit<tab>us-west-2, us-east-1<tab><tab>2d<tab><tab>0.50<enter>";

fn added(session: &Session) -> AddedSource {
    match session.wished.last() {
        Some(LiveCommand::Add(added)) => (**added).clone(),
        other => panic!("{other:?}"),
    }
}

fn names(added: &[(Site, GroupName)]) -> Vec<&str> {
    added.iter().map(|(_, group)| group.name.as_str()).collect()
}

#[test]
fn what_is_found_is_listed_chosen_priced_and_fetched() {
    let mut session = session(2e9);
    session.keys(LOOK);
    let wish = session.oracle.wishes.lock().unwrap()[0].clone();
    let asked: Vec<String> = wish.sites.iter().map(ToString::to_string).collect();
    assert_eq!(asked, ["us-west-2 (audit)", "us-east-1 (audit)"]);
    // The clock of the tests stands at noon of the twentieth.
    assert_eq!(wish.span.to_string(), "2026-11-18T12:00:00Z/2026-11-20T12:00:00Z");
    assert!((wish.usd - 0.5).abs() < 1e-9 && wish.names.is_empty());
    let screen = session.screen();
    for wanted in [
        "[x] /aws/bedrock/modelinvocations",
        "[ ] /app/web",
        "invocation",
        "nothing we know",
        "90 d",
        "3.0 GB",
        "class STANDARD",
        "newest event 2026-11-20T11:59:00",
        "access denied for logs:DescribeLogGroups",
        "2 chosen",
    ] {
        assert!(screen.contains(wanted), "{wanted}: {screen}");
    }
    // One less, and its price: 2 GB at half a cent.
    session.keys("j <enter>");
    assert!(session.screen().contains("1 log group, 2.0 GB ≈ $0.010, within $0.500"), "{}", session.screen());
    session.keys("<enter>");
    let added = added(&session);
    assert_eq!(names(&added.chosen), ["/aws/bedrock/modelinvocations"]);
    assert_eq!(names(&added.listed), ["/aws/bedrock/modelinvocations", "org-trail", "/app/web"]);
    assert!(!added.is_agreed && session.state.layers.is_empty());
    assert!(session.state.messages.back().is_some_and(|message| message.text.starts_with("1 log group: fetching")));
}

#[test]
fn beyond_the_budget_the_newest_or_all_of_it() {
    for (keys, is_agreed) in [("<enter>", false), ("A", true)] {
        let mut session = session(100e9);
        session.keys(LOOK).keys("<enter>");
        assert!(session.screen().contains("2 log groups, 200.0 GB ≈ $1.00: beyond $0.500"), "{}", session.screen());
        session.keys(keys);
        assert_eq!(added(&session).is_agreed, is_agreed);
    }
    // Another choice has another price.
    let mut session = session(100e9);
    session.keys(LOOK).keys("<enter>a");
    assert!(matches!(session.state.layers.last(), Some(Layer::Groups(groups)) if groups.stage == Stage::Choosing && groups.chosen().count() == 3));
    session.keys("A");
    assert_eq!(session.wished, []);
}

#[test]
fn going_back_keeps_what_was_written_and_what_is_wrong_is_told() {
    let mut session = session(1.0);
    session.keys(LOOK).keys("<esc>");
    assert!(session.screen().contains("us-west-2, us-east-1"), "{}", session.screen());
    session.keys("<esc>");
    assert!(session.state.layers.is_empty());
    // The next time it is there again.
    session.keys("Slog groups<enter>");
    assert!(session.screen().contains("us-west-2, us-east-1"), "{}", session.screen());
    session.keys("<tab><tab><tab>soon<enter>");
    assert!(session.screen().contains("since: "), "{}", session.screen());
    assert!(matches!(session.state.layers.last(), Some(Layer::Form(_))));
    session.keys("<ctrl-u>24h<tab><tab>much<enter>");
    assert!(session.screen().contains("“much” is no amount"), "{}", session.screen());
    session.oracle.found = Err("no credentials: log in with `aws sso login`".to_owned());
    session.keys("<ctrl-u>1usd<enter>");
    assert!(session.screen().contains("aws sso login") && matches!(session.state.layers.last(), Some(Layer::Form(_))), "{}", session.screen());
}

#[test]
fn nothing_chosen_or_still_looking_fetches_nothing() {
    let mut session = session(1.0);
    session.keys(LOOK).keys("aa<enter>");
    assert!(session.state.messages.back().is_some_and(|message| message.text.contains("no log group is chosen")));
    session.keys("<esc><esc>");
    session.oracle.is_silent = true;
    session.keys(LOOK).keys(" a<enter>");
    assert!(session.screen().contains("looking for log groups in us-west-2 (audit), us-east-1 (audit)"), "{}", session.screen());
    assert_eq!(session.wished, []);
    session.keys("<esc><esc>");
    assert!(session.state.layers.is_empty());
}

#[test]
fn a_path_is_read_and_a_case_of_another_is_left_alone() {
    let mut session = Session::demo(SIZE);
    session.keys("Sfile<enter>/evidence/more<enter>");
    assert_eq!(session.wished, [LiveCommand::Read(PathBuf::from("/evidence/more"))]);
    session.keys("Sfile<enter><enter>");
    assert!(session.screen().contains("name a file or a folder"), "{}", session.screen());
    session.keys("<esc>");
    session.state.setup.read_only = true;
    session.keys("S");
    assert!(session.state.layers.is_empty() && session.state.messages.back().is_some_and(|message| message.text.contains("read-only")));
}

#[test]
fn the_case_says_how_each_source_is_doing() {
    let mut session = Session::demo(SIZE);
    let site =
        |name: &str, state: &str, is_well| SiteNews { name: name.to_owned(), state: state.to_owned(), is_well, groups: vec!["org-trail".to_owned()] };
    let news = LiveNews {
        named: "2 sites".to_owned(),
        sites: vec![site("us-east-1", "well", true), site("us-west-2 (audit)", "waits: run `aws sso login`", false)],
        working: Some("fetching 40 %, 12 new".to_owned()),
        spent: "0.8 GB ≈ $0.004".to_owned(),
        ..LiveNews::default()
    };
    session.send(Event::Ingest(IngestNews { live: Some(Box::new(news)), ..IngestNews::default() }));
    session.keys("9");
    let screen = session.screen();
    for wanted in
        ["us-east-1  well", "us-west-2 (audit)  waits: run `aws sso login`", "org-trail", "fetching 40 %, 12 new · 0.8 GB ≈ $0.004 in this session"]
    {
        assert!(screen.contains(wanted), "{wanted}: {screen}");
    }
}
