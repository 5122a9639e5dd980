//! What an analyst does: pivots, reading, marks, notes, coming back.

use super::session::Session;
use crate::model::{EntityKind, EventRef, Strand};
use crate::source::demo::cast;
use crate::tui::ask::{Answer, Slot};
use crate::tui::commands::Command;
use crate::tui::layers::Layer;
use crate::tui::message::Event;
use crate::tui::state::Hits;
use crate::tui::theme::Role;
use crate::tui::view::{Focus, Pane};

const SIZE: (u16, u16) = (120, 40);

#[test]
fn from_the_timeline_to_the_leaked_keys_whole_story_by_pivots_alone() {
    let cast = cast();
    let key = cast.leaked_key;
    let mut session = Session::demo(SIZE);
    let all = session.state.list.refs.len();
    assert!(all > 1000 && session.state.view.pane == Pane::Timeline);
    // A denied invocation is found by searching, its key is one pivot away.
    session.keys("/AccessDenied.*specified model|specified model ID<enter>");
    assert!(session.state.hits.as_ref().is_some_and(|hits| !hits.ids.is_empty()));
    session.keys("p");
    assert!(matches!(session.state.layers.last(), Some(Layer::Menu(_))));
    session.keys("key<enter>");
    let scope = &session.state.view.scope;
    assert_eq!(scope.entities.len(), 1);
    assert_eq!((scope.entities[0].kind, &*scope.entities[0].value), (EntityKind::Key, key));
    let of_key = session.state.list.refs.len();
    assert!((20..all).contains(&of_key), "{of_key}");
    // The key is only in CloudTrail; its principal is in the invocation records too.
    session.keys("w");
    let scope = &session.state.view.scope;
    assert_eq!((scope.entities.len(), scope.entities[0].kind, &*scope.entities[0].value), (1, EntityKind::Principal, &*cast.leaked_principal));
    let strands: std::collections::BTreeSet<Strand> = session.state.list.refs.iter().map(|event| event.strand()).collect();
    assert!(strands.contains(&Strand::Invocation) && strands.contains(&Strand::Management), "{strands:?}");
    session.keys("[[");
    assert_eq!(session.state.list.refs.len(), all);
    session.keys("]");
    assert_eq!(session.state.list.refs.len(), of_key);
    // Both constraints together, and one instead of the other.
    session.keys("pprincipal<enter>");
    assert_eq!(session.state.view.scope.entities.len(), 2);
    session.keys("puser-agent<ctrl-o>");
    assert_eq!(session.state.view.scope.entities.len(), 1);
}

#[test]
fn prompts_are_read_marked_noted_and_the_place_is_kept() {
    let mut session = Session::demo(SIZE);
    session.keys("2");
    assert_eq!(session.state.view.pane, Pane::Prompts);
    assert!(session.state.list.refs.iter().all(|event| event.strand() == Strand::Invocation));
    assert!(session.state.reads_conversation());
    session.keys("jjbn");
    session.keys("asks for <esc>");
    assert!(session.state.selected_row().is_some_and(|row| row.mark.note.is_empty()), "esc leaves the note as it was");
    session.keys("na first note<ctrl-s>");
    let marked = session.state.selected_row().cloned().expect("a row");
    assert!(marked.mark.marked);
    assert_eq!(marked.mark.note, "a first note");
    let session = session.reopened();
    assert_eq!(session.state.view.pane, Pane::Prompts);
    let row = session.state.selected_row().expect("where it was");
    assert_eq!((row.event.id, &row.mark), (marked.event.id, &marked.mark));
}

#[test]
fn a_row_read_before_a_mark_was_kept_does_not_undo_it() {
    let mut session = Session::demo(SIZE);
    session.keys("j");
    let before = session.state.selected_row().cloned().expect("a row");
    let detail = session.state.detail.clone().expect("its detail");
    session.keys("b");
    for (slot, answer) in [(Slot::Rows, Answer::Rows(vec![before])), (Slot::Detail, Answer::Detail(Box::new(detail)))] {
        let generation = session.state.generations[slot as usize];
        session.send(Event::Reply { slot, generation, answer });
        assert!(session.state.selected_row().is_some_and(|row| row.mark.marked));
        assert!(session.state.detail.as_ref().is_some_and(|detail| detail.row.mark.marked));
    }
}

#[test]
fn what_is_added_to_a_row_that_is_not_read_yet_waits_for_it() {
    let mut session = Session::demo(SIZE);
    session.state.rows.clear();
    session.keys("b");
    assert!(session.state.selected_row().is_some_and(|row| row.mark.marked));
    session.state.rows.clear();
    session.keys("nwhy<ctrl-s>");
    assert!(session.state.selected_row().is_some_and(|row| row.mark.marked && row.mark.note == "why"));
    // Whoever has gone on is told: what was meant for one row is not added to another.
    let row = session.state.selected_row().cloned().expect("a row");
    session.keys("j");
    session.state.awaiting = Some((row.event.id, Command::Mark));
    let generation = session.state.generations[Slot::Rows as usize];
    session.send(Event::Reply { slot: Slot::Rows, generation, answer: Answer::Rows(vec![row]) });
    assert!(session.state.awaiting.is_none() && session.state.selected_row().is_some_and(|row| !row.mark.marked));
    assert!(session.screen().contains("nothing was added to it"), "{}", session.screen());
}

#[test]
fn a_search_goes_to_the_nearest_match_whichever_is_found_first() {
    let mut session = Session::demo(SIZE);
    session.keys("/specified model<enter>");
    let nearest = session.state.view.position().index;
    let hits = session.state.hits.clone().expect("a search");
    assert!(nearest > 1 && hits.ids.len() > 1, "{nearest} {}", hits.ids.len());
    for is_moved in [false, true] {
        session.keys("gg");
        session.state.hits =
            Some(Hits { ids: Vec::new(), found: Vec::new(), done: false, jump: true, began: session.state.listed(), ..hits.clone() });
        let generation = session.state.generations[Slot::Search as usize];
        for (ids, done) in [(&hits.ids[hits.ids.len() - 1..], false), (&hits.ids[..], true)] {
            assert_eq!(session.state.view.position().index, 0);
            if is_moved && done {
                session.keys("j");
            }
            let answer = Answer::Hits { ids: ids.to_vec(), found: ids.to_vec(), done };
            session.send(Event::Reply { slot: Slot::Search, generation, answer });
        }
        assert_eq!(session.state.view.position().index, if is_moved { 1 } else { nearest });
    }
}

#[test]
fn a_mark_where_no_event_is_selected_is_told() {
    let mut session = Session::demo(SIZE);
    session.keys("5b");
    assert!(session.screen().contains("no event is selected"), "{}", session.screen());
}

/// The demo's agent takes forty calls for one request.
#[test]
fn forty_calls_are_read_as_one_conversation() {
    let mut session = Session::demo(SIZE);
    session.keys("2/AC-610356<enter>");
    let head = session.state.selected().expect("a row");
    let row = session.state.selected_row().cloned().expect("it is read");
    assert_eq!(row.thread.as_ref().map(|thread| thread.calls.len()), Some(40));
    assert!(session.screen().contains("conversation of 40 calls"));
    let calls = |session: &Session| session.state.current_detail().map(|detail| detail.calls.len());
    assert_eq!(calls(&session), Some(40));

    // On the heading of a call enter opens it alone, with its history; esc comes back to it.
    session.keys("<tab>");
    while session.state.call_under_cursor().map(|call| call.id) != row.thread.as_ref().map(|thread| thread.calls[6].0) {
        session.keys("j");
    }
    let seventh = session.state.selected().expect("a call");
    session.keys("<enter>");
    assert!(session.screen().contains("call 7 of 40 of its conversation"), "{}", session.screen());
    assert_eq!((session.state.selected(), calls(&session)), (Some(seventh), Some(0)));
    session.keys("b<esc>");
    assert_eq!((session.state.selected(), calls(&session)), (Some(seventh), Some(40)));
    assert!(session.state.selected_row().is_some_and(|row| row.mark.marked));
    assert!(session.screen().contains("★"), "the conversation's row tells that a call is marked");
    // Its own record, and back by the history.
    session.keys("v");
    assert!(!session.state.reads_conversation() && session.state.selected() == Some(seventh));
    session.keys("[");
    assert_eq!(calls(&session), Some(40));

    // From a CloudTrail event the other side is that very call.
    let request = session.state.rows[&seventh.id].event.request_id.clone().expect("an id");
    session.keys("<esc>X1");
    let twin = session.state.list.refs.iter().find(|event| {
        let mut reader = session.reader();
        event.strand() == Strand::Management && reader.events(&[event.id]).expect("read")[0].request_id.as_deref() == Some(&request)
    });
    let twin = *twin.expect("a CloudTrail event");
    go_to(&mut session, twin);
    session.keys("P");
    assert_eq!((session.state.view.pane, session.state.selected()), (Pane::Prompts, Some(seventh)));

    // Space reviews the whole of it.
    session.keys("<esc> ");
    assert_eq!(session.state.case.reviewed.0, 40);
    assert_ne!(session.state.selected().map(|event| event.id), Some(head.id));
    let done = session.state.rows[&head.id].thread.as_ref().expect("its calls");
    assert!(done.is_reviewed() && done.calls[6].2.marked, "the mark stays");
}

fn go_to(session: &mut Session, event: EventRef) {
    let index = session.state.row_of(event).expect("in the list");
    session.keys("g");
    session.keys("g");
    let here = session.state.view.position().index;
    session.keys(&"j".repeat(index - here));
    assert_eq!(session.state.selected(), Some(event));
}

#[test]
fn a_reviewer_needs_three_keys() {
    let mut session = Session::demo(SIZE);
    session.keys("2");
    let first = session.state.selected().expect("one");
    session.keys(" ");
    let second = session.state.selected().expect("the next");
    assert!(second > first);
    session.keys("jbk ");
    let after: Vec<_> = session.state.list.refs.iter().take(3).map(|event| event.id).collect();
    assert_eq!(session.state.selected().map(|event| event.id), Some(after[2]), "the first two are reviewed");
    assert_eq!(session.state.case.reviewed.0, 2);
}

#[test]
fn one_request_is_seen_from_both_sides() {
    let mut session = Session::demo(SIZE);
    session.keys("2");
    let request = session.state.selected_row().and_then(|row| row.event.request_id.clone()).expect("a request id");
    session.keys("P");
    assert_eq!(session.state.view.pane, Pane::Timeline);
    let twin = session.state.selected_row().expect("the CloudTrail event");
    assert_eq!(twin.event.request_id.as_deref(), Some(request.as_str()));
    assert_eq!(twin.event.strand, Strand::Management);
    session.keys("P");
    assert_eq!(session.state.selected().map(EventRef::strand), Some(Strand::Invocation));
    session.keys("r");
    assert_eq!(session.state.view.scope.entities[0].kind, EntityKind::Request);
}

#[test]
fn a_call_is_seen_in_both_logs_also_where_spans_tell_of_it() {
    let mut session = Session::demo(SIZE);
    session.keys("2");
    session.keys("/All thirteen orders on the list are done<enter>");
    let request = session.state.selected_row().and_then(|row| row.event.request_id.clone()).expect("a request id");
    assert_eq!(request, cast().requests("agent-loop")[39]);
    for strand in [Strand::Management, Strand::Invocation] {
        session.keys("P");
        let row = session.state.selected_row().expect("the other side");
        assert_eq!((row.event.strand, row.event.request_id.as_deref()), (strand, Some(request.as_str())));
    }
}

#[test]
fn back_restores_the_whole_view() {
    let mut session = Session::demo(SIZE);
    session.keys("jjjjj");
    let before = session.state.view.clone();
    session.keys("w5<enter>t<down><enter>");
    assert_ne!(session.state.view.scope, before.scope);
    session.keys("[[[[");
    assert_eq!(session.state.view.scope, before.scope);
    assert_eq!(session.state.view.position(), before.position());
}

#[test]
fn details_open_fold_and_close() {
    let mut session = Session::demo(SIZE);
    session.keys("<enter>");
    assert!(session.state.view.open && session.state.view.focus == Focus::Detail);
    assert!(session.screen().contains("eventName"), "{}", session.screen());
    session.keys("-");
    let folded = session.state.current_detail().map(|detail| detail.record.as_ref().expect("a record").visible(&session.state.folded).len());
    session.keys("+");
    let open = session.state.current_detail().map(|detail| detail.record.as_ref().expect("a record").visible(&session.state.folded).len());
    assert!(folded < open);
    session.keys("<esc>");
    assert!(!session.state.view.open);
}

#[test]
fn scope_narrows_and_widens_step_by_step() {
    let mut session = Session::demo(SIZE);
    let all = session.state.list.refs.len();
    session.keys("fguardrail<enter>");
    let filtered = session.state.list.refs.len();
    assert!(filtered > 0 && filtered < all);
    session.keys("x");
    assert_eq!(session.state.list.refs.len(), all);
    session.keys("+");
    assert!(session.state.list.refs.len() < all);
    session.keys("-");
    assert!(!session.state.list.refs.is_empty());
    session.keys("X");
    assert_eq!(session.state.list.refs.len(), all);
    session.keys("f(<enter>");
    assert!(session.screen().contains("Filter"), "a wrong pattern keeps the editor open");
}

#[test]
fn every_pane_shows_something_and_every_command_can_be_run_anywhere() {
    let mut session = Session::demo(SIZE);
    for pane in 1..=9 {
        session.keys(&pane.to_string());
        assert!(session.rows().iter().skip(2).any(|row| row.len() > 20), "pane {pane}");
        for entry in crate::tui::COMMANDS.iter().filter(|entry| entry.name != "quit") {
            session.keys(":").keys(entry.name).keys("<enter>");
            session.screen();
            session.keys("<esc><esc><esc>");
            session.keys(&pane.to_string());
        }
    }
}

#[test]
fn values_pivot() {
    let mut session = Session::demo(SIZE);
    session.keys("5");
    let summary = session.state.list.row(0).expect("a row").summary.clone();
    session.keys("w");
    assert_eq!(session.state.view.pane, Pane::Timeline);
    assert_eq!(session.state.list.refs.len() as u64, summary.events + summary.named);
}

#[test]
fn what_is_copied_cannot_act() {
    let record = br#"{"eventVersion":"1.08","eventTime":"2026-01-01T00:00:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"us-east-1","userAgent":"a\u001b[2Jb","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/e\u202evil","accountId":"111122223333"},"eventID":"1"}"#;
    let mut session = Session::on(vec![("a.json".to_owned(), record.to_vec())], SIZE);
    session.keys("yY<enter>Y");
    assert!(session.copied.len() >= 2);
    assert!(session.copied.iter().all(|text| !text.contains(['\u{1b}', '\u{202e}'])), "{:?}", session.copied);
}

#[test]
fn a_reader_keeps_folds_and_place_when_the_window_changes_its_size() {
    let mut session = Session::demo(SIZE);
    session.keys("2<enter>").keys("G<enter>").keys("k");
    let place = |session: &Session| {
        let page = session.state.current_detail().and_then(|detail| detail.page.as_ref()).expect("a conversation");
        let folds: Vec<bool> = page.blocks().iter().map(|block| block.folded).collect();
        (page.text_of(page.lines()[session.state.view.detail.0]).to_owned(), folds)
    };
    let before = place(&session);
    session.send(Event::Resize(60, 20));
    assert_eq!(session.state.current_detail().and_then(|detail| detail.page.as_ref()).map(crate::tui::widgets::Page::width), Some(60));
    session.send(Event::Resize(SIZE.0, SIZE.1));
    assert_eq!(place(&session), before);
    session.keys("<esc>1").keys("<enter>jjj");
    let line = session.state.view.detail;
    session.send(Event::Resize(80, 24));
    assert_eq!(session.state.view.detail, line, "a record stays where it is");
}

#[test]
fn until_a_key_is_pressed_the_first_row_stays_selected_while_evidence_is_read() {
    let mut session = Session::demo(SIZE);
    let all = session.state.list.refs.clone();
    session.state.touched = false;
    let later = |session: &mut Session| {
        // As when the list held only the later half: earlier rows arrive.
        session.state.list.refs = all[all.len() / 2..].to_vec().into();
        let at = session.state.list.refs.first().copied();
        session.state.view.set_position(crate::tui::view::Position { at, index: 0, top: 0 });
        session.state.list.revision += 1;
        session.send(Event::Clock(session.state.now));
    };
    later(&mut session);
    assert_eq!(session.state.selected(), all.first().copied());
    session.state.touched = true;
    later(&mut session);
    assert_eq!(session.state.selected(), all.get(all.len() / 2).copied(), "what was chosen stays chosen");
}

#[test]
fn an_empty_pane_of_a_narrowed_scope_says_how_to_get_out() {
    let mut session = Session::demo(SIZE);
    session.keys("fDeleteGuardrail<enter>7");
    assert!(session.screen().contains("x drops the last constraint"), "{}", session.screen());
    session.keys("X");
    assert!(!session.screen().contains("x drops"), "{}", session.screen());
}

#[test]
fn evidence_of_several_years_shows_the_year() {
    let record = |year: u32| {
        format!(
            r#"{{"eventVersion":"1.08","eventTime":"{year}-01-01T00:00:00Z","eventSource":"bedrock.amazonaws.com","eventName":"ListGuardrails","awsRegion":"us-east-1","userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/a","accountId":"111122223333"}},"eventID":"{year}"}}"#
        )
    };
    let files = |years: &[u32]| years.iter().map(|year| (format!("{year}.json"), record(*year).into_bytes())).collect();
    for size in [SIZE, (80, 24), (40, 10)] {
        let mut session = Session::on(files(&[2024, 2026]), size);
        assert!(session.screen().contains("2024-01-01 00:00:00"), "{}", session.screen());
        session.keys("5");
        assert!(session.screen().contains("2026-01-01 00:00") || size.0 < 80, "{}", session.screen());
        assert!(!Session::on(files(&[2026]), size).rows()[3..].concat().contains("2026-01-01 "), "one year needs no year");
    }
}

#[test]
fn on_an_ascii_terminal_the_workbench_itself_needs_no_marks() {
    let mut session = Session::demo(SIZE);
    session.state.setup.glyphs = crate::model::Glyphs::Ascii;
    for keys in ["1", "2", "3", "5", "7", "9", "?", "<esc>t", "<esc>p", "<esc>1<enter>"] {
        session.keys(keys);
        let screen = session.screen();
        assert!(screen.is_ascii() && !["<U+00B7>", "<U+2026>", "<U+2013>", "<U+2192>"].iter().any(|mark| screen.contains(mark)), "{keys}: {screen}");
    }
}

#[test]
fn from_a_command_to_its_echo_and_back() {
    for size in [SIZE, (80, 24)] {
        let mut session = Session::demo(size);
        session.keys("7/delete-agent<enter>");
        let command = session.state.selected().expect("a command");
        assert_eq!((session.state.view.pane, command.strand()), (Pane::Cli, Strand::Endpoint));
        let row = |session: &Session| session.rows()[3..].iter().find(|row| row.contains("16:44:58")).cloned().unwrap_or_default();
        assert!(row(&session).contains("✓ echoed"), "{}", session.screen());
        session.keys("P");
        let echo = session.state.selected_row().expect("an event").event.clone();
        assert_eq!((session.state.view.pane, echo.strand, echo.action.as_deref()), (Pane::Timeline, Strand::Management, Some("DeleteAgent")));
        session.keys("P");
        assert_eq!(session.state.selected().map(|event| event.id), Some(command.id));
        session.keys("[");
        assert_eq!((session.state.view.pane, session.state.selected()), (Pane::Cli, Some(command)));
        // Both cards name the other side.
        if size == SIZE {
            assert!(session.screen().contains(&format!("✓ {} is DeleteAgent in CloudTrail", echo.uid())), "{}", session.screen());
        }
        session.keys("<enter>");
        assert!(session.rows()[2].contains(&format!("✓ DeleteAgent {}", echo.uid())), "{}", session.screen());
        // The command without an echo says why, and stays where it is.
        session.keys("<esc><esc>/sandbox<enter>");
        let silent = session.state.selected();
        session.keys("P");
        assert!(session.screen().contains("this command has no event in CloudTrail"), "{}", session.screen());
        assert_eq!((session.state.view.pane, session.state.selected()), (Pane::Cli, silent));
    }
}

#[test]
fn a_refused_or_failed_call_is_no_success() {
    let run = |agent: &str| {
        format!(r#"{{"time":"2026-11-17T12:00:00Z","host":"mac","user":"bob","command_line":"aws bedrock-agent delete-agent --agent-id {agent}"}}"#)
    };
    for (code, sign, says, role) in [
        ("", "✓ echoed", "", Role::Ok),
        ("AccessDeniedException", "✓ denied", "denied AccessDeniedException · ", Role::Denied),
        ("ConflictException", "✓ failed", "failed ConflictException · ", Role::Error),
    ] {
        let event = format!(
            r#"{{"eventVersion":"1.11","eventTime":"2026-11-17T12:00:01Z","eventSource":"bedrock.amazonaws.com","eventName":"DeleteAgent","awsRegion":"us-east-1","userAgent":"[aws-cli/2.31.32 md/command#bedrock-agent.delete-agent]","errorCode":"{code}","requestParameters":{{"agentId":"A1"}},"eventCategory":"Management","eventID":"e1"}}"#
        );
        let mut session = Session::on(vec![("a.ndjson".to_owned(), format!("{}\n{event}\n", run("A1")).into_bytes())], (100, 40));
        session.keys("7");
        let rows = session.rows();
        let (y, row) = rows.iter().enumerate().find(|(_, row)| row.contains("12:00:00")).expect("the command");
        let x = row.split_once(sign).expect(sign).0.chars().count();
        let look = session.theme.style(role);
        assert_eq!(session.buffer()[(x as u16, y as u16)].fg, look.fg.unwrap_or_default(), "{code}");
        // First in its line, where nothing is cut.
        let echo = rows.iter().find(|row| row.starts_with(" echo")).expect("a line of the card");
        let uid = session.state.current_detail().and_then(|detail| match &detail.echo {
            Some(crate::stitch::echo::Echo::Echoed { event, .. }) => Some(event.uid()),
            _ => None,
        });
        let uid = uid.expect("an echo");
        assert!(echo.contains(&format!("✓ {says}{uid}")), "{echo}");
        session.keys("<enter>");
        assert!(session.rows()[2].contains(&format!("✓ {says}DeleteAgent")), "{}", session.screen());
    }
}

#[test]
fn a_program_is_said_to_have_failed_but_never_to_have_done_well() {
    let started = |second: i64, success: &str| {
        let call =
            format!("type=SYSCALL msg=audit(1700000{second}.123:42): arch=c000003e syscall=59 {success} auid=1000 uid=1000 exe=\"/usr/bin/aws\"");
        let title: String = "aws\0bedrock\0list-guardrails".bytes().map(|byte| format!("{byte:02X}")).collect();
        format!("{call}\ntype=PROCTITLE msg=audit(1700000{second}.123:42): proctitle={title}\n").into_bytes()
    };
    for (success, failed) in [("success=yes exit=0", false), ("", false), ("success=no exit=-13", true)] {
        let mut session = Session::on(vec![("audit.log".to_owned(), started(100, success))], SIZE);
        session.keys("7");
        assert_eq!(session.state.selected().map(EventRef::strand), Some(Strand::Endpoint), "{}", session.screen());
        let result = session.rows().into_iter().find(|row| row.starts_with(" result"));
        assert_eq!(result.map(|row| row.trim_end().ends_with(" error")), failed.then_some(true), "{success}: {}", session.screen());
    }
}

#[test]
fn who_ran_what_is_counted_in_scope() {
    let mut session = Session::demo(SIZE);
    session.keys("7");
    let rows = &session.state.commands.matrix.rows;
    // src/source/demo/stories/deletions.rs: four deletes by name and an `s3 rm`. Nobody else deletes.
    assert_eq!((rows[0].who.as_str(), rows[0].calls[0]), ("503@mb-kessler-14", 5));
    assert!(rows[1..].iter().all(|row| row.calls[0] == 0));
    let all: u64 = rows.iter().map(|row| row.calls.iter().sum::<u64>() + row.rest).sum();
    assert_eq!(all, session.state.list.refs.len() as u64);
    let of_one = rows[0].calls.iter().sum::<u64>() + rows[0].rest;
    session.keys("/sandbox<enter>w");
    let rows = &session.state.commands.matrix.rows;
    assert_eq!((rows.len(), rows[0].calls.iter().sum::<u64>() + rows[0].rest), (1, of_one));
}

#[test]
fn typing_replaces_an_offered_text_and_moving_in_it_keeps_it() {
    let mut session = Session::demo(SIZE);
    let typed = |session: &Session| match session.state.layers.last() {
        Some(Layer::Editor(editor)) => editor.text(),
        _ => String::new(),
    };
    session.keys("/specified model<enter>");
    session.keys("/");
    assert_eq!(typed(&session), "specified model");
    session.keys("AC-610356");
    assert_eq!(typed(&session), "AC-610356");
    session.keys("<enter>");
    assert!(session.state.hits.as_ref().is_some_and(|hits| hits.pattern == "AC-610356" && !hits.ids.is_empty()));
    for (keys, text) in [
        ("<end>7", "AC-6103567"),
        ("<left>7", "AC-6103576"),
        ("<backspace>", "AC-61035"),
        ("<ctrl-u>", ""),
        ("<ctrl-u>b c d<ctrl-w>", "b c "),
        ("two words<ctrl-u>x", "x"),
    ] {
        session.keys("/").keys(keys);
        assert_eq!(typed(&session), text, "{keys}");
        session.keys("<esc>");
    }
    session.keys("fguardrail<enter>f");
    assert_eq!(typed(&session), "guardrail");
    session.send(Event::Paste("trail".to_owned()));
    assert_eq!(typed(&session), "trail", "pasting replaces as well");
    session.keys("<esc>ea.json");
    assert_eq!(typed(&session), "a.json");
}

#[test]
fn a_search_in_values_goes_to_the_value_and_its_count_stays_with_its_list() {
    let mut session = Session::demo(SIZE);
    session.keys("6/acme-ml-training-data<enter>");
    let chosen = |session: &Session| session.state.list.row(session.state.view.position().index).expect("a row").summary.value.to_string();
    assert_eq!(chosen(&session), "acme-ml-training-data");
    assert!(session.rows()[0].contains("1 match ·"), "{}", session.rows()[0]);
    session.keys("1");
    assert!(!session.rows()[0].contains("match"), "{}", session.rows()[0]);
    session.keys("[");
    assert!(session.rows()[0].contains("1 match ·"), "{}", session.rows()[0]);
    // From value to value, both ways, and round the end.
    session.keys("5/user/<enter>");
    let users: Vec<usize> =
        (0..session.state.list_len()).filter(|row| session.state.list.row(*row).expect("a row").shown.contains("user/")).collect();
    assert!(users.len() > 2);
    let mut seen = vec![session.state.view.position().index];
    for _ in 1..users.len() {
        session.keys(".");
        seen.push(session.state.view.position().index);
    }
    assert_eq!(seen, users);
    session.keys(".");
    assert_eq!(session.state.view.position().index, users[0]);
    session.keys(",");
    assert_eq!(session.state.view.position().index, users[users.len() - 1]);
    // In a list that was not searched yet it is searched then.
    session.keys("1.");
    assert_eq!(session.state.hits_here().map(|hits| (hits.pattern.as_str(), hits.ids.is_empty())), Some(("user/", false)));
}

#[test]
fn a_filter_that_is_no_condition_yet_is_not_taken_for_a_text() {
    let mut session = Session::demo(SIZE);
    let everything = session.state.view.scope.clone();
    for (typed, wanted) in [
        ("tokens_in > 5", "did you mean x.tokens_in?"),
        ("x.denied or x.tokens_in > 5", "“or” is not supported"),
        ("x.model ~ opus or x.denied", "“or” is not supported"),
        ("x.model ~ opus and tokens_in > 5", "did you mean x.tokens_in?"),
    ] {
        session.keys("f<ctrl-u>").keys(typed).keys("<enter>");
        assert!(session.screen().contains(wanted), "{typed}: {}", session.screen());
        session.keys("<esc>");
        assert_eq!(session.state.view.scope, everything);
    }
    session.keys("f(tokens_in) > 5<enter>");
    assert!(session.state.view.scope.text.is_some());
}

#[test]
fn a_key_that_does_nothing_here_says_so() {
    let mut session = Session::demo(SIZE);
    for (keys, wanted) in
        [("1gg ", "only exchanges are reviewed"), ("5 ", "only exchanges are reviewed"), ("1gg<enter>v", "only an exchange is shown")]
    {
        session.keys(keys);
        let hints = session.rows().last().cloned().unwrap_or_default();
        assert!(hints.contains(wanted), "{keys}: {hints}");
        session.keys("<esc>");
    }
    assert!(!session.state.view.raw);
    session.keys("2 ");
    assert_eq!(session.state.case.reviewed.0, 1, "an exchange is");
}

#[test]
fn help_explains_the_letters_of_flags() {
    let mut session = Session::demo(SIZE);
    session.keys("2?");
    assert!(session.screen().contains("words of prompt injection"), "{}", session.screen());
    session.keys("<esc>1?G");
    assert!(session.screen().contains("words of prompt injection"), "{}", session.screen());
}
