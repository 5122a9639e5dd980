//! Signals and leads: what an analyst sees there, and where it leads.

use super::session::Session;
use crate::model::{EntityKind, TriageState};
use crate::source::demo::cast;
use crate::tui::signals::{SignalPart, SignalRow};
use crate::tui::view::{Focus, Pane};

const SIZE: (u16, u16) = (120, 40);

/// A workbench on the pane, its cursor on the first signal of a rule.
fn on(size: (u16, u16), rule: &str) -> Session {
    let mut session = Session::demo(size);
    session.keys("4");
    let page = &session.state.list.signals;
    let of_rule = |row: &SignalRow| matches!(row, SignalRow::Signal(at) if page.signals[*at].rule == rule && page.signals[*at].entity.value.contains(cast().leaked_user));
    let place = page.rows.iter().position(of_rule).unwrap_or_else(|| panic!("no signal of {rule}"));
    session.keys(&format!("g{}", "j".repeat(place)));
    session
}

fn line(session: &Session, wanted: impl Fn(&SignalPart) -> bool) -> usize {
    session.state.current_signal_page().expect("a page").lines.iter().position(wanted).expect("such a line")
}

#[test]
fn the_heaviest_comes_first_and_the_leak_before_all() {
    for size in [SIZE, (80, 24), (40, 10)] {
        let mut session = Session::demo(size);
        session.keys("4");
        let page = &session.state.list.signals;
        assert!(matches!(page.rows.first(), Some(SignalRow::Lead(0))));
        assert_eq!(&*page.leads[0].entity.value, cast().leaked_principal);
        let weights: Vec<u8> =
            page.rows.iter().filter_map(|row| if let SignalRow::Signal(at) = row { Some(page.signals[*at].weight) } else { None }).collect();
        assert!(weights.len() > 20 && weights.is_sorted_by(|one, next| one >= next), "{weights:?}");
        let screen = session.screen();
        assert!(screen.contains("LEAD") && screen.contains(&page.leads[0].score.to_string()), "{screen}");
    }
}

#[test]
fn a_signal_gives_its_reason_and_leads_to_its_records() {
    let mut session = on(SIZE, "S12");
    session.keys("<enter>");
    assert!(session.state.view.open && session.state.view.focus == Focus::Detail);
    let screen = session.screen();
    for wanted in ["why", "weight", "lead", "records 1", "stands in", "ATT&CK v19"] {
        assert!(screen.contains(wanted), "{wanted}: {screen}");
    }
    let record = line(&session, |line| matches!(line, SignalPart::Record(..)));
    session.keys(&"j".repeat(record)).keys("<enter>");
    assert_eq!(session.state.view.pane, Pane::Timeline);
    let event = &session.state.selected_row().expect("the record").event;
    assert_eq!(event.action.as_deref(), Some("DeleteModelInvocationLoggingConfiguration"));
    // Every row of the list is in the signal's time, and by whom it is about.
    let kinds: Vec<EntityKind> = session.state.view.scope.entities.iter().map(|entity| entity.kind).collect();
    assert_eq!(kinds, [EntityKind::Actor]);
    session.keys("[");
    assert!(session.state.view.open && session.state.view.pane == Pane::Signals);
}

#[test]
fn the_records_of_a_signal_are_in_the_scope_it_leads_to() {
    for rule in ["S12", "P28", "G1", "S5", "P4", "S11"] {
        let mut session = on(SIZE, rule);
        let SignalRow::Signal(at) = session.state.selected_signal_row().expect("a row") else { panic!("a lead") };
        let signal = session.state.list.signals.signals[at].clone();
        session.keys("<enter>");
        let all = line(&session, |line| matches!(line, SignalPart::Records(_)));
        session.keys(&"j".repeat(all)).keys("<enter>");
        let shown: Vec<_> = session.state.list.refs.iter().map(|event| event.id).collect();
        assert!(signal.events.iter().all(|event| shown.contains(event)), "{rule}: {} of {}", shown.len(), signal.events.len());
    }
}

#[test]
fn an_outlier_has_its_chart() {
    let mut session = on((80, 24), "S6");
    session.keys("<enter>");
    let page = session.state.current_signal_page().expect("a page");
    let rows: Vec<&Vec<(char, bool)>> =
        page.lines.iter().filter_map(|line| if let SignalPart::Chart(_, cells) = line { Some(cells) } else { None }).collect();
    assert!(rows.len() > 5 && rows.iter().any(|cells| cells.iter().any(|cell| cell.1)), "{rows:?}");
    assert!(rows.iter().any(|cells| cells.iter().any(|cell| cell.0 == '┈')), "the threshold is drawn");
    // On a terminal of ASCII too.
    session.state.setup.glyphs = crate::model::Glyphs::Ascii;
    session.keys("jjjj");
    assert!(session.screen().is_ascii(), "{}", session.screen());
}

#[test]
fn a_lead_shows_its_arithmetic_and_goes_on_to_its_signals() {
    let mut session = Session::demo(SIZE);
    session.keys("4<enter>");
    let lead = session.state.list.signals.leads[0].clone();
    let page = session.state.current_signal_page().expect("a page");
    let sum: u32 = page.lines.iter().map(|line| if let SignalPart::Points(_, points, _) = line { *points } else { 0 }).sum();
    assert_eq!(sum, lead.score, "the lines add up to the score");
    let first = line(&session, |line| matches!(line, SignalPart::Points(Some(_), ..)));
    session.keys(&"j".repeat(first)).keys("<enter>");
    let Some(SignalRow::Signal(at)) = session.state.selected_signal_row() else { panic!("a signal") };
    assert_eq!(Some(session.state.list.signals.signals[at].id.as_str()), lead.arithmetic[0].signal.as_deref());
    session.keys("[");
    assert!(matches!(session.state.selected_signal_row(), Some(SignalRow::Lead(0))));
}

#[test]
fn judgements_are_kept_and_what_is_dismissed_marks_nothing() {
    let mut session = on(SIZE, "S11");
    let id = session.state.list.signals.id(session.state.selected_signal_row().expect("a row")).map(str::to_owned);
    let SignalRow::Signal(at) = session.state.selected_signal_row().expect("a row") else { panic!("a lead") };
    let event = session.state.list.signals.signals[at].events[0];
    assert!(session.state.flagged.weight(event).is_some());
    session.keys("cc");
    assert!(session.screen().contains("confirmed"), "{}", session.screen());
    session.keys("nour own test<ctrl-s>c");
    let mut session = session.reopened();
    session.keys("4");
    let found = session.state.list.signals.signals.iter().find(|signal| Some(signal.id.as_str()) == id.as_deref()).expect("it is still there");
    assert_eq!((found.triage.state, found.triage.note.as_str()), (TriageState::Dismissed, "our own test"));
    // Another signal may touch the record still.
    let others = session
        .state
        .list
        .signals
        .signals
        .iter()
        .filter(|signal| signal.triage.state != TriageState::Dismissed && signal.events.contains(&event))
        .count();
    assert_eq!(session.state.flagged.weight(event).is_some(), others > 0);
    session.keys("1c");
    assert!(session.screen().contains("only signals and leads are judged"), "{}", session.screen());
}

#[test]
fn rows_and_histogram_show_where_signals_fired() {
    for size in [SIZE, (80, 24)] {
        let mut session = Session::demo(size);
        session.keys("/DeleteModelInvocationLogging<enter>");
        let row = session.rows().into_iter().find(|row| row.contains("DeleteModelInvoc")).expect("the row");
        assert!(row.starts_with(" ◆"), "{row}");
        assert!(session.rows()[2..8].iter().any(|row| row.matches('◆').count() > 2), "{}", session.screen());
        // The other side of a call bears the sign too where the rule says so, conversations by any of their calls.
        session.keys("2");
        assert!(session.rows().iter().filter(|row| row.starts_with(" ◆")).count() > 0 || session.state.list.refs.len() > 60, "{}", session.screen());
    }
}

#[test]
fn the_scope_narrows_signals_as_it_does_rows() {
    let mut session = Session::demo(SIZE);
    let all = session.keys("4").state.list.refs.len();
    session.keys("1/AKIALEAK<enter>pkey<enter>4");
    let page = &session.state.list.signals;
    assert!(page.rows.len() < all && page.signals.iter().any(|signal| signal.rule == "S12"));
    assert!(page.leads.iter().any(|lead| *lead.entity.value == *cast().leaked_principal));
}

#[test]
fn one_key_puts_a_principal_on_a_match_list_with_a_reason() {
    let mut session = Session::demo(SIZE);
    session.keys("5/acme-ci-deploy<enter>L");
    assert!(session.screen().contains("authorized_bedrock_users"), "{}", session.screen());
    session.keys("users<enter><enter>");
    assert!(session.screen().contains("say why"), "a reason is asked for: {}", session.screen());
    session.keys("the pipeline of the platform team<enter>");
    let listed: Vec<(&str, &str, &str)> =
        session.listed.iter().map(|entry| (entry.list.as_str(), entry.value.as_str(), entry.reason.as_str())).collect();
    let reason = "the pipeline of the platform team";
    assert_eq!(
        listed,
        [
            ("authorized_bedrock_users", "111122223333/role/acme-ci-deploy", reason),
            ("authorized_bedrock_users", "111122223333/role/acme-ci-deploy/*", reason)
        ]
    );
    assert_eq!(session.reader().listed().expect("readable").len(), 2);
}

#[test]
fn what_is_on_a_list_is_seen_changed_and_taken_off() {
    let mut session = Session::demo(SIZE);
    session.keys("5/acme-ci-deploy<enter>Lusers<enter>OPS-7<tab>30d<enter>");
    let ends: Vec<_> = session.reader().listed().expect("readable").into_iter().map(|entry| entry.expires.map(|end| end.to_string())).collect();
    assert_eq!(ends, [Some("2026-12-20T12:00:00.000Z".to_owned()), Some("2026-12-20T12:00:00.000Z".to_owned())], "30 days from now");
    // The menu says so, and leads on; so does the one of all entries, from wherever.
    session.keys("L");
    assert!(
        session.screen().contains("[x]") && session.screen().contains("OPS-7") && session.screen().contains("until 2026-12-20 12:00"),
        "{}",
        session.screen()
    );
    session.keys("users<enter>change<enter>OPS-8<enter>");
    assert!(session.reader().listed().expect("readable").iter().all(|entry| entry.reason == "OPS-8" && entry.expires.is_some()));
    session.keys("9");
    assert!(session.screen().contains("On match lists (2)") && session.screen().contains("OPS-8"), "{}", session.screen());
    session.keys(":match-lists<enter>");
    let rows = session.rows().into_iter().filter(|row| row.contains("acme-ci-deploy ·")).count();
    assert_eq!(rows, 1, "a principal and its sessions are one: {}", session.screen());
    session.keys("<enter>take<enter>");
    assert_eq!(session.reader().listed().expect("readable"), []);
    session.keys(":match-lists<enter>");
    assert!(session.screen().contains("nothing is on a match list"), "{}", session.screen());
    // An end that cannot be read is told, and the form stays.
    session.keys("5Lusers<enter>OPS-7<tab>someday<enter>");
    assert!(session.screen().contains("cannot read the time"), "{}", session.screen());
}

#[test]
fn other_orders_and_searches() {
    let mut session = Session::demo(SIZE);
    session.keys("4otime<enter>");
    let page = &session.state.list.signals;
    let times: Vec<_> =
        page.rows.iter().filter_map(|row| if let SignalRow::Signal(at) = row { Some(page.signals[*at].time) } else { None }).collect();
    assert!(times.is_sorted());
    session.keys("oentity<enter>g");
    let rows = &session.state.list.signals.rows;
    assert!(matches!(rows[0], SignalRow::Lead(0)) && matches!(rows[1], SignalRow::Signal(_)), "a lead stands before its signals");
    session.keys("/guardrail removed<enter>");
    let Some(SignalRow::Signal(at)) = session.state.selected_signal_row() else { panic!("a signal") };
    assert_eq!(session.state.list.signals.signals[at].rule, "S11");
}

#[test]
fn a_report_of_the_selected_lead_is_one_key_away() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("leak.html");
    let mut session = Session::demo(SIZE);
    session.keys("4e<ctrl-u>").keys(&path.display().to_string()).keys("<enter>");
    assert!(session.screen().contains("a report of"), "{}", session.screen());
    let html = std::fs::read_to_string(&path).expect("it is there");
    assert!(html.contains("Leads") && html.contains(cast().leaked_user) && !html.contains("<script"));
    // A file that exists is not written over.
    session.keys("e<ctrl-u>").keys(&path.display().to_string()).keys("<enter>");
    assert!(session.screen().contains("cannot write"), "{}", session.screen());
}
