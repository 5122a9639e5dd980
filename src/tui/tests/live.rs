//! A case that is open live: what is on the top line, what keys ask of AWS, and what is asked back.

use super::session::Session;
use crate::model::Timestamp;
use crate::model::live::{Coverage, GroupName, Seconds};
use crate::tui::layers::Layer;
use crate::tui::live::{LiveCommand, LiveNews, SiteNews};
use crate::tui::message::{Event, IngestNews, Severity};

const SIZE: (u16, u16) = (120, 40);

fn news() -> LiveNews {
    let site = SiteNews { name: "us-east-1".to_owned(), state: "well".to_owned(), is_well: true, groups: vec!["org-trail".to_owned()] };
    LiveNews { named: "us-east-1".to_owned(), sites: vec![site], following: true, spent: "0.8 GB ≈ $0.004".to_owned(), ..LiveNews::default() }
}

fn tell(session: &mut Session, news: LiveNews) {
    session.send(Event::Ingest(IngestNews { live: Some(Box::new(news)), ..IngestNews::default() }));
}

fn top(session: &Session) -> String {
    session.screen().lines().next().unwrap_or_default().to_owned()
}

#[test]
fn without_aws_the_commands_say_how_to_get_it() {
    let mut session = Session::demo(SIZE);
    for keys in [">", "<", "F", "W"] {
        session.keys(keys);
        assert!(session.state.messages.back().is_some_and(|message| message.text.contains("outcrop live")), "{keys}");
    }
    assert_eq!(session.wished, []);
    session.keys("p");
    assert!(!session.screen().contains("look at AWS"));
}

#[test]
fn the_top_line_says_where_how_much_and_what_is_going_on() {
    let mut session = Session::demo(SIZE);
    tell(&mut session, news());
    assert!(top(&session).contains("LIVE us-east-1 · 0.8 GB ≈ $0.004"), "{}", top(&session));
    tell(&mut session, LiveNews { working: Some("fetching 40 %".to_owned()), following: false, ..news() });
    assert!(top(&session).contains("AWS us-east-1 fetching 40 % · 0.8 GB"), "{}", top(&session));
    // What is not well is said once, and the top line keeps it.
    let trouble = LiveNews { trouble: Some("us-east-1 waits: run `aws sso login`".to_owned()), ..news() };
    tell(&mut session, trouble.clone());
    tell(&mut session, trouble);
    let told = session.state.messages.iter().filter(|message| message.text.contains("aws sso login"));
    assert_eq!(told.map(|message| message.severity).collect::<Vec<_>>(), [Severity::Warning]);
    assert!(top(&session).contains("LIVE us-east-1 waits"), "{}", top(&session));
}

#[test]
fn keys_ask_for_newer_older_and_following_and_escape_stops() {
    let mut session = Session::demo(SIZE);
    tell(&mut session, news());
    session.keys("><F");
    assert_eq!(session.wished, [LiveCommand::Newer, LiveCommand::Older, LiveCommand::Follow]);
    session.keys("<esc>");
    assert_eq!(session.wished.len(), 3, "nothing is being fetched: nothing to stop");
    tell(&mut session, LiveNews { working: Some("fetching 1 %".to_owned()), ..news() });
    session.keys("<esc>");
    assert_eq!(session.wished.last(), Some(&LiveCommand::Stop));
}

#[test]
fn the_pivot_menu_leads_to_aws_and_the_price_is_asked() {
    let mut session = Session::demo(SIZE);
    tell(&mut session, news());
    session.keys("plook at aws<enter>");
    assert!(session.screen().contains("Look at AWS for more of"));
    session.keys("principal<enter>");
    let Some(LiveCommand::Mentions(value)) = session.wished.last().cloned() else { panic!("{:?}", session.wished) };
    assert!(!value.is_empty() && !value.contains('/'), "as it stands in the records: {value}");
    for (keys, wish) in [("<enter>", LiveCommand::Agree), ("leave<enter>", LiveCommand::Decline)] {
        tell(&mut session, LiveNews { question: Some("AWS would scan 12 GB ≈ $0.06".to_owned()), ..news() });
        assert!(session.screen().contains("AWS would scan 12 GB ≈ $0.06"));
        session.keys(keys);
        assert_eq!(session.wished.last(), Some(&wish));
        assert!(!session.state.layers.iter().any(|layer| matches!(layer, Layer::Menu(_))));
    }
}

#[test]
fn the_case_says_what_was_fetched_and_where_events_are_missing() {
    let mut session = Session::demo(SIZE);
    let group = GroupName { account: "111122223333".into(), region: "us-east-1".into(), name: "/aws/bedrock/modelinvocations".into() };
    let covered = |from, to, hole: Option<&str>| Coverage {
        group: group.clone(),
        filter: String::new(),
        span: Seconds::new(from, to),
        hole: hole.map(str::to_owned),
        at: Timestamp::from_millis(0),
    };
    session.write(|writer| {
        writer.cover(covered(1_794_312_000, 1_794_315_600, None));
        writer.cover(covered(1_794_315_600, 1_794_315_601, Some("more than 100000 events in this second")));
    });
    session.keys("9");
    let screen = session.screen();
    assert!(screen.contains("us-east-1 /aws/bedrock/modelinvocations: 2026-11-10T12:00:00Z/13:00:01Z"), "{screen}");
    assert!(screen.contains("hole: us-east-1 /aws/bedrock/modelinvocations 2026-11-10T13:00:00Z/13:00:01Z: more than 100000"), "{screen}");
}
