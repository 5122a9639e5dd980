//! Guardrails & logging: what an analyst sees there, and where it leads.

use super::session::Session;
use crate::model::{Change, EntityKind, Strand, Timestamp};
use crate::source::demo::cast;
use crate::tui::ask::ControlRow;
use crate::tui::view::{Focus, Pane};

const SIZE: (u16, u16) = (120, 40);

/// A workbench on the pane, its cursor on the first row that is wanted.
fn on(size: (u16, u16), wanted: impl Fn(&Session, ControlRow) -> bool) -> Session {
    let mut session = Session::demo(size);
    session.keys("3");
    let place = session.state.list.page.rows.iter().position(|row| wanted(&session, *row)).expect("such a row");
    session.keys(&format!("g{}", "j".repeat(place)));
    session
}

fn is(session: &Session, row: ControlRow, change: Change, id: &str) -> bool {
    let ControlRow::Change(index) = row else { return false };
    let found = &session.state.list.page.controls.changes[index];
    found.change == change && found.control.id == id && found.state.is_some()
}

#[test]
fn changes_and_blind_windows_stand_in_order_of_time() {
    let mut session = Session::demo(SIZE);
    session.keys("3");
    let rows = &session.state.list.page.rows;
    let refs = &session.state.list.refs;
    assert_eq!(rows.len(), refs.len());
    assert!(refs.is_sorted_by_key(|event| event.millis));
    let opened = rows.iter().position(|row| matches!(row, ControlRow::Opened(_))).expect("a window");
    let closed = rows.iter().position(|row| matches!(row, ControlRow::Closed(_))).expect("its end");
    // Each behind the change that brought it about.
    assert!(is(&session, rows[opened - 1], Change::Disabled, "us-west-2") && is(&session, rows[closed - 1], Change::Enabled, "us-west-2"));
    let millis = |time: Timestamp| time.as_millis();
    assert_eq!((refs[opened].millis, refs[closed].millis), (millis(cast().blind_from), millis(cast().blind_until)));
    for size in [SIZE, (80, 24)] {
        let mut session = Session::demo(size);
        session.keys("3Gkkk");
        let screen = session.screen();
        for wanted in ["not disabled", "denied", "BLIND", "12 calls unseen", "deleted", "us-west-2"] {
            assert!(screen.contains(wanted), "{wanted}: {screen}");
        }
    }
}

#[test]
fn a_blind_window_shows_its_calls_and_back_comes_to_the_same_row() {
    for end in [false, true] {
        let mut session = on(SIZE, |_, row| if end { matches!(row, ControlRow::Closed(_)) } else { matches!(row, ControlRow::Opened(_)) });
        let before = session.state.view.clone();
        assert!(session.screen().contains("InvokeModel x12"), "{}", session.screen());
        session.keys("A");
        assert_eq!(session.state.view.pane, Pane::Timeline);
        let ids: Vec<_> = session.state.list.refs.iter().map(|event| event.id).collect();
        let requests: Vec<&str> = ids.iter().map(|id| session.state.rows[id].event.request_id.as_deref().expect("a request")).collect();
        assert_eq!(requests, cast().requests("leak-blind"));
        session.keys("[");
        assert_eq!(session.state.view.position(), before.position());
        assert!(matches!(session.state.selected_control(), Some(ControlRow::Opened(_) | ControlRow::Closed(_))));
    }
}

#[test]
fn a_change_leads_to_the_exchanges_after_it() {
    let mut session = on(SIZE, |session, row| is(session, row, Change::Updated, "gr7almaguard"));
    let at = session.state.selected().and_then(crate::model::EventRef::time).expect("a time");
    session.keys("A");
    let view = &session.state.view;
    assert_eq!((view.pane, view.scope.range.since), (Pane::Prompts, Some(at)));
    let kinds: Vec<(EntityKind, &str)> = view.scope.entities.iter().map(|entity| (entity.kind, &*entity.value)).collect();
    assert_eq!(kinds, [(EntityKind::Account, cast().account), (EntityKind::Region, "us-east-1"), (EntityKind::Guardrail, "gr7almaguard")]);
    assert!(
        session.state.list.refs.iter().all(|event| event.strand() == Strand::Invocation && view.scope.range.contains(event.time().expect("a time")))
    );
    assert!(!session.state.list.refs.is_empty());
    // Of a guardrail that is gone no exchange can name it: the Region is looked at.
    let mut session = on(SIZE, |session, row| is(session, row, Change::Deleted, cast().removed_guardrail));
    session.keys("A");
    assert!(session.state.view.scope.entities.iter().all(|entity| entity.kind != EntityKind::Guardrail));
    // Elsewhere the command says where it belongs.
    session.keys("1A");
    assert!(session.screen().contains("no change is selected"), "{}", session.screen());
    assert_eq!(session.state.view.pane, Pane::Timeline);
}

#[test]
fn an_opened_change_is_spelled_out_above_its_record() {
    for size in [SIZE, (80, 24), (40, 10)] {
        let mut session = on(size, |session, row| is(session, row, Change::Disabled, "us-west-2"));
        session.keys("<enter>");
        assert!(session.state.view.open && session.state.view.focus == Focus::Detail);
        let screen = session.screen();
        assert!(screen.contains("before") && screen.contains("on: s3://acme-bedrock-logs"), "{screen}");
        assert!(screen.contains("eventVersion"), "{screen}");
        session.keys("G");
        assert!(session.screen().contains("clientProvidedHostHeader"), "the record can be read to its end: {}", session.screen());
        session.keys("<esc>");
        assert!(!session.state.view.open);
    }
}

#[test]
fn marks_notes_and_pivots_work_on_every_row() {
    let mut session = on(SIZE, |_, row| matches!(row, ControlRow::Opened(_)));
    session.keys("bnwhy<ctrl-s>");
    let row = session.state.selected_row().cloned().expect("the event that opened it");
    assert!(row.mark.marked && row.mark.note == "why");
    assert_eq!(row.event.action.as_deref(), Some("DeleteModelInvocationLoggingConfiguration"));
    session.keys("pkey<enter>");
    assert_eq!(session.state.view.scope.entities[0].kind, EntityKind::Key);
    // The intruder's changes, and the window the intruder opened, though somebody else closed it.
    let rows = &session.state.list.page.rows;
    assert_eq!(rows.iter().filter(|row| matches!(row, ControlRow::Change(_))).count(), 9);
    assert_eq!(rows.iter().filter(|row| !matches!(row, ControlRow::Change(_))).count(), 2);
    session.keys("Xgm");
    assert_eq!(session.state.selected().map(|event| event.id), Some(row.event.id));
}

#[test]
fn the_states_are_those_at_the_end_of_the_scope() {
    let mut session = Session::demo(SIZE);
    session.keys("3");
    assert!(!session.screen().contains("OFF since"), "{}", session.screen());
    session.state.view.scope.range.until = Timestamp::parse("2026-11-11T03:00:00Z");
    session.send(crate::tui::message::Event::Clock(session.state.now));
    let screen = session.screen();
    assert!(screen.contains("OFF since 11-11 02:26") && screen.contains("invocation logging at 11-11 03:00"), "{screen}");
    assert!(session.rows()[3].contains("us-west-2"), "what is off stands first: {screen}");
    // In a scope without a change the states are still told.
    session.keys("fnothing-is-called-this<enter>");
    assert!(session.state.list.refs.is_empty());
    let screen = session.screen();
    assert!(screen.contains("OFF since") && screen.contains("No change of a guardrail"), "{screen}");
}

#[test]
fn the_case_is_read_once_a_revision() {
    let mut session = Session::demo(SIZE);
    session.keys("3");
    let first = std::sync::Arc::clone(&session.state.list.page.controls);
    session.keys("pregion<enter>");
    assert!(std::sync::Arc::ptr_eq(&first, &session.state.list.page.controls), "another scope only chooses");
    assert!(session.state.list.refs.len() < 19);
    session.state.list.revision += 1;
    session.send(crate::tui::message::Event::Clock(session.state.now));
    assert!(std::sync::Arc::ptr_eq(&first, &session.state.list.page.controls), "the case itself has not changed");
}

#[test]
fn what_logs_say_cannot_act_in_this_pane_either() {
    let record = |time: &str, action: &str, rest: &str| {
        format!(
            r#"{{"eventVersion":"1.08","eventTime":"2026-01-01T{time}Z","eventSource":"bedrock.amazonaws.com","eventName":"{action}","awsRegion":"us-east-1\u001b[2J","requestParameters":{rest},"userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/e\u202evil","accountId":"111122223333"}},"requestID":"{time}","eventID":"{time}"}}"#
        )
    };
    let put = r#"{"loggingConfig":{"s3Config":{"bucketName":"b\u001b[2J\u202e"},"textDataDeliveryEnabled":true}}"#;
    let records = [
        record("00:00:00", "PutModelInvocationLoggingConfiguration", put),
        record("00:00:01", "DeleteModelInvocationLoggingConfiguration", "null"),
        record("00:00:02", "DeleteGuardrail", r#"{"guardrailIdentifier":"g\u001b]0;x\u0007"}"#),
    ];
    for size in [SIZE, (80, 24), (40, 10)] {
        let mut session = Session::on(vec![("a.json".to_owned(), records.join("\n").into_bytes())], size);
        session.keys("3");
        for keys in ["g", "j", "j", "j", "<enter>"] {
            session.keys(keys);
            let screen = session.screen();
            assert!(!screen.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{screen}");
        }
    }
}

#[test]
fn a_guardrail_left_out_is_a_row_that_opens_the_first_exchange_without_it() {
    let exchange = |minute: u32, guarded: bool| {
        let config = if guarded { r#","guardrailConfig":{"guardrailIdentifier":"gr1","guardrailVersion":"1"}"# } else { "" };
        let trace = if guarded { r#","trace":{"guardrail":{"inputAssessment":{"gr1":{}}}}"# } else { "" };
        format!(
            r#"{{"schemaType":"ModelInvocationLog","schemaVersion":"1.0","timestamp":"2026-11-11T10:{minute:02}:00Z","accountId":"111122223333","identity":{{"arn":"arn:aws:iam::111122223333:user/app"}},"region":"us-east-1","requestId":"r{minute}","operation":"Converse","modelId":"anthropic.claude-v2","input":{{"inputBodyJson":{{"messages":[{{"role":"user","content":[{{"text":"question {minute}"}}]}}]{config}}}}},"output":{{"outputBodyJson":{{"output":{{"message":{{"role":"assistant","content":[{{"text":"hi"}}]}}}},"stopReason":"end_turn"{trace}}}}}}}"#
        )
    };
    let records: Vec<String> = [true, true, false, false, false].into_iter().zip(0..).map(|(guarded, minute)| exchange(minute, guarded)).collect();
    for size in [SIZE, (80, 24)] {
        let mut session = Session::on(vec![("a.json".to_owned(), records.join("\n").into_bytes())], size);
        session.keys("3");
        assert!(session.screen().contains("guardrail gr1") && session.screen().contains("detached"), "{}", session.screen());
        session.keys("<enter>");
        let screen = session.screen();
        assert!(screen.contains("2 Converse of anthropic.claude-v2 with a guardrail") && screen.contains("inferred"), "{screen}");
        assert!(screen.contains("question 2"), "{screen}");
        session.keys("<esc>A");
        assert_eq!((session.state.view.pane, session.state.list.refs.len()), (Pane::Prompts, 3));
    }
}

#[test]
fn records_that_cannot_be_read_again_are_said_to_be() {
    let record = r#"{"eventVersion":"1.08","eventTime":"2026-01-01T00:00:00Z","eventSource":"bedrock.amazonaws.com","eventName":"DeleteGuardrail","awsRegion":"us-east-1","requestParameters":{"guardrailIdentifier":"gr1"},"userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/a"},"eventID":"1"}"#;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.json");
    std::fs::write(&path, record).expect("written");
    let mut session = Session::read(&path, SIZE);
    std::fs::remove_file(&path).expect("removed");
    session.keys("3");
    let screen = session.screen();
    assert!(screen.contains("1 records could not be read again") && screen.contains("guardrail gr1"), "{screen}");
    session.keys("j");
    assert!(!session.screen().contains("could not be read again"));
}

#[test]
fn logging_without_text_is_told_from_logging_that_is_off() {
    let put = r#"{"eventVersion":"1.08","eventTime":"2026-01-01T00:00:00Z","eventSource":"bedrock.amazonaws.com","eventName":"PutModelInvocationLoggingConfiguration","awsRegion":"us-east-1","requestParameters":{"loggingConfig":{"s3Config":{"bucketName":"b"},"textDataDeliveryEnabled":false}},"userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/a","accountId":"111122223333"},"eventID":"1"}"#;
    let mut session = Session::on(vec![("a.json".to_owned(), put.as_bytes().to_vec())], SIZE);
    session.keys("3j");
    let screen = session.screen();
    for wanted in ["NO TEXT since 01-01 00:00", "invocation logging went on without text", "still open"] {
        assert!(screen.contains(wanted), "{wanted}: {screen}");
    }
    session.keys("A");
    assert!(session.screen().contains("no model call is known of"), "{}", session.screen());
}

#[test]
fn what_the_hours_after_a_change_leave_out_of_the_scope_is_said() {
    let mut session = on(SIZE, |_, row| matches!(row, ControlRow::Change(_)));
    session.keys("fLogging<enter>A");
    assert!(session.state.messages.back().is_some_and(|message| message.text.contains("a constraint of the scope was dropped")));
}

#[test]
fn logging_that_comes_back_without_text_leaves_the_window_open_and_says_why() {
    let record = |hour: u8, name: &str, parameters: &str| {
        format!(
            r#"{{"eventVersion":"1.08","eventTime":"2026-01-01T0{hour}:00:00Z","eventSource":"bedrock.amazonaws.com","eventName":"{name}","awsRegion":"us-east-1","requestParameters":{parameters},"userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/a","accountId":"111122223333"}},"eventID":"{hour}"}}"#
        )
    };
    let put = |text: bool| format!(r#"{{"loggingConfig":{{"s3Config":{{"bucketName":"b"}},"textDataDeliveryEnabled":{text}}}}}"#);
    let records = [record(1, "DeleteModelInvocationLoggingConfiguration", "null"), record(2, "PutModelInvocationLoggingConfiguration", &put(false))];
    let on = |records: &[String]| {
        let mut session = Session::on(vec![("a.json".to_owned(), records.join("\n").into_bytes())], SIZE);
        session.keys("3jj");
        session
    };
    let session = on(&records);
    let [window] = session.state.list.page.controls.windows.as_slice() else { panic!("one window") };
    assert!(window.to.is_none() && window.mute);
    let change = session.state.list.page.controls.changes.last().expect("a change");
    assert_eq!((change.change, change.after.as_deref()), (Change::Enabled, Some("on: s3://b; without text")));
    let mut session = session;
    session.keys("ggj");
    let screen = session.screen();
    assert!(screen.contains("still open at the end of the evidence: logging is on, but text is not delivered"), "{screen}");
    // With text it ends.
    let again = on(&[&records[..], &[record(3, "PutModelInvocationLoggingConfiguration", &put(true))]].concat());
    assert!(again.state.list.page.controls.windows.iter().all(|window| window.to.is_some()));
}

#[test]
fn the_scope_line_of_a_blind_window_keeps_its_whole_time_range() {
    for size in [(80, 24), (60, 20), SIZE] {
        let mut session = on(size, |_, row| matches!(row, ControlRow::Opened(_)));
        session.keys("A");
        let range = session.state.view.scope.range;
        let (since, until) = (range.since.expect("a beginning").to_string(), range.until.expect("an end").to_string());
        let line = session.rows()[0].clone();
        assert!(line.contains(&format!("{} {}–", &since[5..10], &since[11..16])) && line.contains(&format!("–{}", &until[11..16])), "{line}");
    }
}
