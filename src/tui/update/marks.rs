//! What the analyst adds to an event: marks, tags, notes, and that an exchange was reviewed.

use super::{act, needs};
use crate::model::{Digest, EventId, Mark};
use crate::tui::ask::Ask;
use crate::tui::commands::Command;
use crate::tui::layers::EditorKind;
use crate::tui::message::{Effect, Severity};
use crate::tui::state::State;
use crate::tui::view::Shape;

/// What is added to an event waits until its row is read, as it may not be while evidence comes in.
pub fn awaits(state: &mut State, command: Command, effects: &mut Vec<Effect>) -> bool {
    let adds = matches!(command, Command::Mark | Command::Reviewed | Command::Note | Command::Tag);
    let unread = state.selected().filter(|selected| adds && !state.rows.contains_key(&selected.id));
    if let Some(selected) = unread {
        state.awaiting = Some((selected.id, command));
        let threads = state.view.pane.shape() == Shape::Exchanges;
        needs::ask(state, Ask::Rows { ids: vec![selected.id], threads, secrets: state.secrets }, effects);
    }
    unread.is_some()
}

/// The row that a command waits for may have been read.
pub fn run_awaiting(state: &mut State, effects: &mut Vec<Effect>) {
    let Some((id, command)) = state.awaiting.take_if(|(id, _)| state.rows.contains_key(id)) else { return };
    if state.layers.is_empty() && state.selected().is_some_and(|selected| selected.id == id) {
        act::run(state, command, effects);
    } else {
        state.tell(Severity::Warning, "the row before was still being read: nothing was added to it");
    }
}

/// Opens a line or lines to write what is added in, beginning with what was added before.
pub fn edit(state: &mut State, kind: EditorKind, text: impl Fn(&Mark) -> String) {
    if state.setup.read_only {
        return state.tell(Severity::Warning, "the case is open read-only: another outcrop is writing to it");
    }
    match state.selected_row().map(|row| text(&row.mark)) {
        Some(text) => act::edit(state, kind, &text),
        None => state.tell(Severity::Info, "no event is selected"),
    }
}

/// Changes what was added to the selected event.
pub fn change(state: &mut State, effects: &mut Vec<Effect>, change: impl FnOnce(&mut Mark)) {
    if state.setup.read_only {
        return state.tell(Severity::Warning, "the case is open read-only: another outcrop is writing to it");
    }
    let Some(id) = state.selected().map(|selected| selected.id) else {
        return state.tell(Severity::Info, "no event is selected");
    };
    let Some(row) = state.rows.get_mut(&id) else { return };
    change(&mut row.mark);
    let (digest, mark) = (row.event.digest, row.mark.clone());
    keep(state, effects, id, digest, &mark);
}

/// A mark has changed: it is kept, and everything that shows it follows.
fn keep(state: &mut State, effects: &mut Vec<Effect>, id: EventId, digest: Digest, mark: &Mark) {
    effects.push(Effect::SetMark(digest, mark.clone()));
    state.marks.insert(digest, mark.clone());
    let of_calls = state.listed().and_then(|head| state.rows.get_mut(&head.id)).and_then(|row| row.thread.as_mut());
    for call in of_calls.into_iter().flat_map(|thread| &mut thread.calls).filter(|(call, ..)| *call == id) {
        call.2 = mark.clone();
    }
    let of_detail = state.detail.iter_mut().flat_map(|detail| std::iter::once(&mut detail.row).chain(detail.calls.iter_mut().map(|(_, row)| row)));
    for row in of_detail.chain(state.rows.get_mut(&id)).filter(|row| row.event.id == id) {
        row.mark = mark.clone();
    }
    // The case's page counts them.
    state.case.revision = u64::MAX;
}

/// Marks the selected exchange as reviewed, and with it all calls of its conversation unless one of them is open alone.
pub fn review(state: &mut State, effects: &mut Vec<Effect>) {
    let whole = state.view.call.is_none();
    let calls = state.listed().and_then(|head| state.rows.get(&head.id)).and_then(|row| row.thread.as_ref()).map(|thread| thread.calls.clone());
    match calls {
        Some(calls) if whole && calls.len() > 1 && !state.setup.read_only => {
            for (id, digest, mut mark) in calls.into_iter().filter(|(.., mark)| !mark.reviewed) {
                mark.reviewed = true;
                keep(state, effects, id, digest, &mark);
            }
        }
        _ => change(state, effects, |mark| mark.reviewed = true),
    }
}
