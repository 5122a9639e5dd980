//! Queries and hunts: written, run, walked, and where they lead.

use super::session::Session;
use crate::model::{EntityKind, Strand};
use crate::source::demo::cast;
use crate::tui::ask::{Answer, Ask, Slot};
use crate::tui::message::{Effect, Event};
use crate::tui::update::update;
use crate::tui::view::Pane;

const SIZE: (u16, u16) = (120, 40);

fn key(name: &str) -> Event {
    let key: crate::tui::keys::Key = name.parse().expect("a key");
    let modifiers = if key.ctrl { crossterm::event::KeyModifiers::CONTROL } else { crossterm::event::KeyModifiers::NONE };
    Event::Key(crossterm::event::KeyEvent::new(key.code, modifiers))
}

#[test]
fn a_query_is_written_run_and_its_errors_shown_at_their_place() {
    let mut session = Session::demo(SIZE);
    session.keys("8i").keys("filter eventName = \"DeleteGuardrail\"<enter>| fields eventName, requestParameters.guardrailIdentifier as g<ctrl-s>");
    let results = session.state.desk.results.clone().expect("an answer");
    assert_eq!(results.rows.len(), 2);
    assert!(!session.state.desk.typing);
    for wanted in ["2 rows", "7 ms", cast().removed_guardrail, cast().deleted_guardrail] {
        assert!(session.screen().contains(wanted), "{wanted}: {}", session.screen());
    }
    // A mistake is named while it is typed, and is not run.
    session.keys("Ifiltr eventName = 1");
    let problem = session.state.desk.problem.clone().expect("a problem");
    assert_eq!(problem.at, Some(0..5));
    assert!(problem.what.contains("did you mean `filter`?"), "{}", problem.what);
    session.keys("<ctrl-s>");
    assert!(session.state.desk.typing && session.screen().contains("did you mean"));
    assert_eq!(session.state.desk.history.len(), 1, "what is wrong was not run");
    // What only AWS can answer says so.
    session.keys("<esc>Ipattern @message | anomaly<esc>R");
    assert!(
        session.screen().contains("can only be answered by AWS: a model of AWS's decides what is unusual; W runs it there"),
        "{}",
        session.screen()
    );
}

#[test]
fn sql_runs_too_and_its_mistakes_are_named() {
    let mut session = Session::demo(SIZE);
    session.keys("8iSELECT eventName, count(*) AS n FROM management GROUP BY eventName ORDER BY n DESC<ctrl-s>");
    assert!(session.state.desk.results.as_ref().is_some_and(|results| results.rows.len() > 5), "{}", session.screen());
    session.keys("ISELEC eventName FROM management<ctrl-s>");
    assert!(session.state.desk.problem.is_some() && session.state.desk.history.len() == 1);
    session.keys("<esc>ISELECT FROM WHERE<ctrl-s>");
    assert!(session.state.desk.problem.is_some() && session.state.desk.history.len() == 1);
}

#[test]
fn digits_and_letters_are_typed_and_no_commands() {
    let mut session = Session::demo(SIZE);
    session.keys("8ilimit 91q?:");
    assert_eq!((session.state.view.pane, session.state.desk.text()), (Pane::Query, "limit 91q?:".to_owned()));
    assert!(session.state.layers.is_empty() && !session.state.quitting);
    session.keys("<esc><esc>1");
    assert_eq!(session.state.view.pane, Pane::Timeline);
    session.keys("8");
    assert_eq!(session.state.desk.text(), "limit 91q?:", "the draft is still there");
}

#[test]
fn words_are_completed_with_the_fields_of_the_case() {
    let mut session = Session::demo(SIZE);
    session.keys("8ifilter userIdentity.ar");
    let offers = session.state.desk.offers.clone().expect("offers");
    assert_eq!(offers.items[0].word, "userIdentity.arn");
    assert!(offers.items[0].about.starts_with("in ") && offers.items[0].about.ends_with("% of records"), "{}", offers.items[0].about);
    session.keys("<tab> like /svc/ | st");
    assert_eq!(session.state.desk.text(), "filter userIdentity.arn like /svc/ | st");
    session.keys("<tab> cou<down><tab>x.key) as n<ctrl-s>");
    assert!(session.state.desk.text().contains("| stats count_distinct(x.key) as n"), "{}", session.state.desk.text());
    assert_eq!(session.state.desk.results.as_ref().map(|results| results.rows.len()), Some(1));
    // Esc closes the offers first, then the writing.
    session.keys("i and x.to");
    assert!(session.state.desk.offers.is_some());
    session.keys("<esc>");
    assert!(session.state.desk.typing && session.state.desk.offers.is_none());
    session.keys("<esc>");
    assert!(!session.state.desk.typing);
}

#[test]
fn from_who_asked_what_one_key_leads_to_the_conversation_and_back_to_the_same_row() {
    for size in [SIZE, (80, 24)] {
        let mut session = Session::demo(size);
        // The hunt is found by a word, its parameters are asked for, and enter runs it.
        session.keys("8Hwho asked<enter>").keys(cast().concierge_role).keys("<down><down>goodwill<enter>");
        let results = session.state.desk.results.clone().expect("an answer");
        assert!(!results.rows.is_empty(), "{}", session.screen());
        let (view, desk_row) = (session.state.view.clone(), session.state.desk.row(0).expect("a row"));
        let event = results.rows[desk_row].event.expect("the row is an event");
        session.keys("<enter>");
        assert_eq!(session.state.view.pane, Pane::Prompts);
        let selected = session.state.selected().expect("a row");
        let conversation = session.reader().conversation(event).expect("readable");
        assert!(selected.id == event || conversation.iter().any(|call| call.id == selected.id));
        assert!(session.screen().contains("converse"), "the conversation is there to be read: {}", session.screen());
        session.keys("[");
        assert_eq!((session.state.view.pane, session.state.view.position()), (view.pane, view.position()));
        assert!(session.state.desk.results.is_some());
    }
}

#[test]
fn a_row_that_is_another_event_is_found_in_the_timeline() {
    let mut session = Session::demo(SIZE);
    session.keys("8Hguardrail-changes<enter>");
    session.keys("G<enter>");
    assert_eq!(session.state.view.pane, Pane::Timeline);
    let row = session.state.selected_row().expect("the event");
    assert_eq!((row.event.strand, row.event.action.as_deref()), (Strand::Management, Some("DeleteGuardrail")));
}

#[test]
fn cells_that_name_something_are_pivots() {
    let mut session = Session::demo(SIZE);
    session.keys("8Hdenied-callers<enter><enter>l");
    session.keys("p");
    let first = session.state.pivots.first().cloned().expect("a pivot");
    assert_eq!((first.entity.kind, &*first.entity.value), (EntityKind::Key, cast().leaked_key), "the selected cell comes first");
    assert!(session.state.pivots.iter().any(|pivot| pivot.entity.kind == EntityKind::Principal && *pivot.entity.value == *cast().leaked_principal));
    assert!(session.state.pivots.iter().any(|pivot| pivot.entity.kind == EntityKind::Ip && &*pivot.entity.value == cast().intruder_ip));
    session.keys("<enter>");
    assert_eq!(session.state.view.pane, Pane::Timeline);
    assert_eq!(session.state.view.scope.entities[0].value.as_ref(), cast().leaked_key);
    // A number names nothing.
    session.keys("[Istats count(*) as n<ctrl-s>p");
    assert!(session.screen().contains("nothing") || session.screen().contains("no cell"), "{}", session.screen());
}

#[test]
fn a_hunt_leads_to_the_next_with_what_the_row_says() {
    let mut session = Session::demo(SIZE);
    session.keys("8Hcustomization-jobs<enter>").keys(cast().poisoned_prefix).keys("<enter>");
    assert_eq!(session.state.list_len(), 1);
    session.keys("ptraining-objects<enter>");
    let (hunt, _) = session.state.desk.hunt.clone().expect("a hunt");
    assert_eq!(hunt.name, "training-objects");
    let text = session.state.desk.text();
    assert!(
        text.contains(&format!("requestParameters.bucketName = \"{}\"", cast().training_bucket)) && text.contains(cast().poisoned_prefix),
        "{text}"
    );
    assert!(session.state.list_len() > 5);
    // What a row does not say is asked for.
    session.keys("Htokens-in-cloudtrail<enter><enter>plogging-changes<enter>");
    assert_eq!(session.state.desk.hunt.as_ref().map(|(hunt, _)| hunt.name.as_str()), Some("logging-changes"));
}

#[test]
fn where_there_is_no_evidence_finding_nothing_says_nothing() {
    let mut session = Session::demo(SIZE);
    session.keys("8Hcommand-deletes<enter>");
    assert_eq!(session.state.list_len(), 4);
    session.keys("1pkey<enter>8R");
    assert!(session.screen().contains("finds nothing says nothing"), "{}", session.screen());
}

#[test]
fn answers_are_sorted_by_any_column_and_columns_chosen() {
    let mut session = Session::demo(SIZE);
    session.keys("8ifields eventName | stats count(*) as n by eventName<ctrl-s>");
    let numbers = |session: &Session| -> Vec<f64> {
        (0..session.state.list_len()).map(|row| session.state.desk.cell(row, 1).expect("a cell").parse().expect("a number")).collect()
    };
    let before = numbers(&session);
    session.keys("lo");
    assert!(numbers(&session).is_sorted());
    session.keys("o");
    assert!(numbers(&session).iter().rev().is_sorted());
    assert!(session.screen().contains("n▼"));
    session.keys("o");
    assert_eq!(numbers(&session), before, "and as the query gave them");
    session.keys("C<enter><esc>");
    assert_eq!(session.state.desk.shown(), [1]);
    let width = session.state.desk.width(1);
    session.keys(">");
    assert!(session.state.desk.width(1) > width);
}

#[test]
fn a_chart_is_drawn_only_where_something_is_counted() {
    let mut session = Session::demo(SIZE);
    session.keys("8ifields @timestamp, eventName | limit 3<ctrl-s>c");
    assert!(!session.state.desk.is_chart && session.screen().contains("nothing to draw"));
    session.keys("Htokens model<enter><enter>c");
    assert!(session.state.desk.is_chart);
    let screen = session.screen();
    assert!(screen.contains("tokens · highest") && screen.contains("11-11"), "{screen}");
    session.keys("c");
    assert!(!session.state.desk.is_chart);
}

#[test]
fn wrong_parameters_are_said_in_the_form() {
    let mut session = Session::demo(SIZE);
    session.keys("8Hlonger<enter><ctrl-u>many<enter>");
    assert!(session.screen().contains("“many” is not a number such as 1000"), "{}", session.screen());
    session.keys("<ctrl-u>p98<enter>");
    assert!(session.state.layers.is_empty());
    let results = session.state.desk.results.clone().expect("an answer");
    assert!(!results.rows.is_empty());
    // The percentile is measured at each run; the text keeps its place marked.
    assert!(session.state.desk.text().contains("{{longer_than}}"));
}

#[test]
fn a_running_query_is_cancelled_at_once_and_its_late_answer_dropped() {
    let mut session = Session::demo(SIZE);
    session.keys("8ifilter x.ok = true | limit 5<esc><esc>");
    // Effects are not carried out here: the query goes on.
    let effects = update(&mut session.state, key("R"));
    let generation = effects.iter().find_map(|effect| if let Effect::Ask(Ask::Query(_), generation) = effect { Some(*generation) } else { None });
    let generation = generation.expect("the query is asked");
    update(&mut session.state, Event::Reply { slot: Slot::Query, generation, answer: Answer::Looked(700, 1_500) });
    assert!(session.screen().contains("700 of 1,500 events"), "{}", session.screen());
    let effects = update(&mut session.state, key("esc"));
    assert!(effects.contains(&Effect::Cancel(Slot::Query)));
    assert!(!session.state.is_asking(Slot::Query));
    let results = std::sync::Arc::default();
    update(&mut session.state, Event::Reply { slot: Slot::Query, generation, answer: Answer::Results { results, done: true } });
    assert!(session.state.desk.results.is_none(), "the late answer is dropped");
}

#[test]
fn history_and_draft_stay_with_the_case() {
    let mut session = Session::demo(SIZE);
    session.keys("8istats count(*) as n by eventName<ctrl-s>Ifields eventName | limit 2<ctrl-s>Ifilter a");
    session.keys("<esc><esc>");
    let mut session = session.reopened();
    assert!(!session.state.desk.typing);
    session.keys("8O");
    let screen = session.screen();
    assert!(screen.contains("stats count(*) as n by eventName") && screen.contains("2 rows"), "{screen}");
    session.keys("<down><enter>");
    assert_eq!(session.state.desk.text(), "stats count(*) as n by eventName");
    session.keys("R");
    assert!(session.state.desk.results.as_ref().is_some_and(|results| results.rows.len() > 10));
}

#[test]
fn secrets_in_answers_are_masked_until_asked_for_and_copies_with_them() {
    let mut session = Session::demo(SIZE);
    session.keys("8ifilter x.user_text like /AKIAPASTEDKEY/ | fields x.user_text as asked<ctrl-s>");
    let secret = "not/a/real/secret/not/a/real/secret/EXAM";
    let cell = |session: &Session| session.state.desk.cell(0, 0).expect("a cell").to_owned();
    assert!(!cell(&session).contains(secret) && cell(&session).contains("AKIAPASTEDKEY"));
    session.keys("y");
    assert!(!session.copied[0].contains(secret));
    session.keys("<ctrl-r>");
    assert!(cell(&session).contains(secret));
    session.keys("<ctrl-r>");
    assert!(!cell(&session).contains(secret));
    session.keys("Y");
    assert!(session.copied[1].starts_with("filter x.user_text"), "Y copies the query");
}

#[test]
fn an_answer_is_written_to_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("answer.ndjson");
    let mut session = Session::demo(SIZE);
    session.keys("8istats count(*) as n by eventName | sort n desc | limit 3<ctrl-s>e<ctrl-u>").keys(path.to_str().expect("a path")).keys("<enter>");
    assert!(session.screen().contains("3 rows written"), "{}", session.screen());
    let text = std::fs::read_to_string(&path).expect("written");
    assert_eq!(text.lines().count(), 3);
    assert!(text.lines().all(|line| line.starts_with("{\"eventName\":") || line.starts_with("{\"n\":")), "{text}");
}

#[test]
fn commands_of_queries_say_elsewhere_where_they_belong() {
    let mut session = Session::demo(SIZE);
    session.keys("H");
    assert!(session.state.layers.is_empty() && session.state.view.pane == Pane::Timeline, "their keys mean nothing elsewhere");
    session.keys(":hunts<enter>");
    assert!(session.state.layers.is_empty() && session.screen().contains("8 shows them"), "{}", session.screen());
}

#[test]
fn small_screens_have_room_for_text_and_answer() {
    for size in [(40, 10), (60, 12), (80, 24)] {
        let mut session = Session::demo(size);
        session.keys("8ifields eventName | limit 40<ctrl-s>jjjjjjjjjjjjjjjjjjjjjjjj");
        let position = session.state.view.position();
        let height = crate::tui::render::Layout::of(&session.state).rows.height;
        assert!(height > 0 && position.index < position.top + usize::from(height), "{size:?}: {position:?} {height}");
        session.keys("i<esc>Hwho<esc>c?<esc>");
        assert!(!session.screen().is_empty());
    }
}
