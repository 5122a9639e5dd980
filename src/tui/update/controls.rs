//! Where a change of a defence, or a blind window, leads on to.

use super::go;
use crate::model::{Change, ControlKind, Outcome, Scope, StrandSet};
use crate::stitch::controls::{HOURS_AFTER, scope_after, window_scope};
use crate::tui::ask::ControlRow;
use crate::tui::message::{Effect, Severity};
use crate::tui::state::State;
use crate::tui::view::{Pane, View};

/// To the exchanges in the hours after the selected change, or to the calls made in the selected blind window.
pub fn after(state: &mut State, effects: &mut Vec<Effect>) {
    let page = std::sync::Arc::clone(&state.list.page);
    let mut told = Vec::new();
    let view = match state.selected_control() {
        None => return state.tell(Severity::Info, "no change is selected: 3 lists the changes of guardrails and logging"),
        Some(ControlRow::Change(index)) => {
            let Some(change) = page.controls.changes.get(index) else { return };
            if change.time().is_none() {
                return state.tell(Severity::Info, "the selected change has no time");
            }
            let switched_off =
                (change.control.kind, change.change, change.outcome) == (ControlKind::InvocationLogging, Change::Disabled, Outcome::Ok);
            if switched_off {
                told.push("logging was off from here on: the calls are in the blind window below the change".to_owned());
            }
            View { pane: Pane::Prompts, scope: scope_after(change, HOURS_AFTER), ..View::default() }
        }
        Some(ControlRow::Opened(index) | ControlRow::Closed(index)) => {
            let Some(window) = page.controls.windows.get(index) else { return };
            if window.invocations.is_empty() {
                return state.tell(Severity::Info, "no model call is known of in this blind window");
            }
            let pane = if window.control.kind == ControlKind::Trail { Pane::Prompts } else { Pane::Timeline };
            View { pane, scope: window_scope(window), ..View::default() }
        }
    };
    match dropped(&state.view.scope, &view.scope) {
        0 => {}
        1 => told.push("a constraint of the scope was dropped, [ goes back to it".to_owned()),
        count => told.push(format!("{count} constraints of the scope were dropped, [ goes back to them")),
    }
    if !told.is_empty() {
        state.tell(Severity::Info, told.join(" · "));
    }
    go::leave_for(state, view, effects);
}

/// Constraints that a scope had and the one after it has not. Another time is what was asked for.
fn dropped(before: &Scope, after: &Scope) -> usize {
    let entities = before.entities.iter().filter(|entity| !after.entities.contains(entity)).count();
    let fields = before.fields.iter().filter(|field| !after.fields.contains(field)).count();
    let strands = before.strands != StrandSet::ALL && before.strands != after.strands;
    entities + fields + usize::from(strands) + usize::from(before.text.is_some() && before.text != after.text)
}
