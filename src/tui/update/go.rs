//! Moving: cursor, pages, matches, history, panes, scope.

use super::needs;
use crate::model::{EventId, EventRef, Scope, Strand, StrandSet};
use crate::tui::ask::{Ask, Slot};
use crate::tui::message::{Effect, Severity};
use crate::tui::render::Layout;
use crate::tui::state::{Sought, State};
use crate::tui::view::{Focus, Pane, Position, Shape, View};

/// Moves by so many rows or lines, whichever has the focus.
pub fn step(state: &mut State, by: isize, effects: &mut Vec<Effect>) {
    state.sought = None;
    if state.view.pane.shape() == Shape::Page || state.detail_has_focus() {
        let (line, top) = state.view.detail;
        let last = detail_len(state).saturating_sub(1);
        state.view.detail = (line.saturating_add_signed(by).min(last), top);
        keep_line_visible(state);
        return;
    }
    let mut position = state.view.position();
    position.index = position.index.saturating_add_signed(by).min(state.list_len().saturating_sub(1));
    position.at = state.list.refs.get(position.index).copied();
    moved(state, position, effects);
}

/// Moves by pages.
pub fn page(state: &mut State, by: isize, effects: &mut Vec<Effect>) {
    let layout = Layout::of(state);
    let height = if state.view.pane.shape() == Shape::Page || state.detail_has_focus() { layout.detail_lines() } else { layout.rows.height };
    step(state, by * (isize::try_from(height).unwrap_or(1) - 1).max(1), effects);
}

fn moved(state: &mut State, position: Position, effects: &mut Vec<Effect>) {
    state.view.set_position(position);
    // The reading view is what a reviewer looks at; a preview may wait until the cursor rests.
    let reading = state.view.open || state.view.pane.shape() == Shape::Exchanges;
    let known =
        if matches!(state.view.pane.shape(), Shape::Values(_)) { state.current_profile().is_some() } else { state.current_detail().is_some() };
    if !reading && !known {
        state.rested = false;
        effects.push(Effect::Rest);
    }
}

/// Lines of the detail, reading view or page.
pub fn detail_len(state: &State) -> usize {
    if state.view.pane.shape() == Shape::Page {
        return crate::tui::panes::case_lines(state).len();
    }
    if matches!(state.view.pane.shape(), Shape::Values(_)) {
        return state.current_profile().map_or(0, |page| page.lines.len());
    }
    let Some(detail) = state.current_detail() else { return 0 };
    match (&detail.page, &detail.record) {
        (Some(page), _) if !state.view.raw => page.lines().len(),
        (_, Ok(tree)) => tree.visible(&state.folded).len(),
        _ => 0,
    }
}

fn keep_line_visible(state: &mut State) {
    let height = usize::from(Layout::of(state).detail_lines().max(1));
    let (line, top) = state.view.detail;
    state.view.detail = (line, top.clamp((line + 1).saturating_sub(height), line));
}

/// Puts the detail at its beginning.
pub fn to_detail_start(state: &mut State) {
    state.view.detail = (0, 0);
}

/// To the first or last row or line.
pub fn to_end(state: &mut State, last: bool, effects: &mut Vec<Effect>) {
    step(state, if last { isize::MAX / 2 } else { isize::MIN / 2 }, effects);
}

/// To an event, in this list if it is there, else in a Timeline of everything.
pub fn to_event(state: &mut State, target: EventRef, effects: &mut Vec<Effect>) {
    state.sought = Some(Sought::Call(target.id));
    state.view.call = None;
    if let Some(index) = state.row_of(target).filter(|_| state.list_is_current()) {
        let mut position = state.view.position();
        (position.index, position.at) = (index, Some(target));
        state.view.set_position(position);
        state.rested = true;
        to_sought(state);
        return;
    }
    to_event_in(state, Pane::Timeline, state.view.scope.clone(), target, effects);
}

/// To the other side of a request: an invocation is read in Prompts. When the scope would hide it, everything is in scope.
pub fn to_other_side(state: &mut State, target: EventRef, within: bool, effects: &mut Vec<Effect>) {
    let invocation = target.strand() == Strand::Invocation;
    let here = state.view.pane.shape() == if invocation { Shape::Exchanges } else { Shape::Events };
    if here && within && state.row_of(target).is_some() {
        return to_event(state, target, effects);
    }
    let scope = if within { Scope { strands: StrandSet::ALL, ..state.view.scope.clone() } } else { Scope::all() };
    if !within {
        state.tell(Severity::Info, "the other side is not in the scope: all of the case is now, [ goes back");
    }
    state.sought = Some(Sought::Call(target.id));
    to_event_in(state, if invocation { Pane::Prompts } else { Pane::Timeline }, scope, target, effects);
}

fn to_event_in(state: &mut State, pane: Pane, scope: Scope, target: EventRef, effects: &mut Vec<Effect>) {
    let mut view = View { scope, pane, ..View::default() };
    view.set_position(Position { at: Some(target), ..Position::default() });
    leave_for(state, view, effects);
}

/// To the sought call of the conversation that is being read: the cursor goes to it, and with it the keys.
pub fn to_sought(state: &mut State) {
    let Some(sought) = state.sought else { return };
    let Some(detail) = state.current_detail() else { return };
    let found = |id: &EventId| state.hits.as_ref().is_some_and(|hits| hits.found.binary_search(id).is_ok());
    let is_sought = |id: &EventId| match sought {
        Sought::Call(call) => *id == call,
        Sought::Match => found(id),
    };
    // A match in the first call is seen from where the conversation begins.
    let passed = usize::from(sought == Sought::Match && detail.calls.first().is_some_and(|(_, row)| found(&row.event.id))) * detail.calls.len();
    let place = detail.calls.iter().skip(passed).find(|(_, row)| is_sought(&row.event.id)).map(|(block, _)| *block);
    let line = place.zip(detail.page.as_ref()).and_then(|(block, page)| page.lines().iter().position(|line| line.block == block));
    state.sought = None;
    if let Some(line) = line.filter(|_| !state.view.raw) {
        (state.view.focus, state.view.detail) = (Focus::Detail, (line, line));
    }
}

/// Leaves the view for another one, remembering it.
pub fn leave_for(state: &mut State, view: View, effects: &mut Vec<Effect>) {
    let old = std::mem::replace(&mut state.view, view);
    state.history.push(old);
    arrived(state, effects);
}

/// Brings a view of the history back.
pub fn travel(state: &mut State, forward: bool, effects: &mut Vec<Effect>) {
    let view = if forward { state.history.forward(&state.view) } else { state.history.back(&state.view) };
    match view {
        Some(view) => {
            state.view = view;
            arrived(state, effects);
        }
        None => state.tell(Severity::Info, if forward { "there is no later view" } else { "this is the first view" }),
    }
}

fn arrived(state: &mut State, effects: &mut Vec<Effect>) {
    state.rested = true;
    needs::cancel(state, Slot::List, effects);
    needs::cancel(state, Slot::Values, effects);
    effects.push(Effect::SaveView(state.view.save()));
}

/// Narrows or widens: the same pane and place under another scope.
pub fn rescope(state: &mut State, scope: Scope, effects: &mut Vec<Effect>) {
    if scope == state.view.scope {
        return;
    }
    let mut view = View { scope, open: false, call: None, focus: Focus::List, ..state.view.clone() };
    let at = state.selected().or(state.view.position().at);
    for position in &mut view.positions {
        *position = Position::default();
    }
    view.set_position(Position { at, ..Position::default() });
    leave_for(state, view, effects);
}

/// Shows another pane of the same scope.
pub fn to_pane(state: &mut State, pane: Pane, effects: &mut Vec<Effect>) {
    if pane != state.view.pane {
        let view = View { pane, open: false, call: None, focus: Focus::List, detail: (0, 0), ..state.view.clone() };
        leave_for(state, view, effects);
    }
}

/// A pane so many further on.
pub fn turn_pane(state: &mut State, by: usize, effects: &mut Vec<Effect>) {
    let index = (state.view.pane.index() + by) % Pane::ALL.len();
    if let Some(pane) = Pane::ALL.get(index) {
        to_pane(state, *pane, effects);
    }
}

/// A click: on a tab, or on a row.
pub fn click(state: &mut State, column: u16, row: u16, effects: &mut Vec<Effect>) {
    let layout = Layout::of(state);
    if row == layout.tabs.y {
        if let Some((pane, _)) = crate::tui::render::tab_places(state.size.0).find(|(_, range)| range.contains(&column)) {
            to_pane(state, pane, effects);
        }
    } else if layout.rows.contains((column, row).into()) {
        let mut position = state.view.position();
        position.index = (position.top + usize::from(row - layout.rows.y)).min(state.list_len().saturating_sub(1));
        position.at = state.list.refs.get(position.index).copied();
        state.view.focus = Focus::List;
        moved(state, position, effects);
    }
}

/// Asks for the next exchange not reviewed, or the next marked event.
pub fn to_next_by_mark(state: &mut State, marked: bool, effects: &mut Vec<Effect>) {
    if let Some(after) = state.selected() {
        let (pane, scope) = (state.view.pane, state.view.scope.clone());
        needs::ask(state, Ask::NextByMark { pane, scope, after, marked }, effects);
    }
}
