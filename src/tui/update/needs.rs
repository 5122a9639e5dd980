//! What the view needs to know and does not: questions follow from the state, so that no command has to remember to ask.

use super::{signals, tables};
use crate::model::EventId;
use crate::tui::ask::{Ask, Held, Slot};
use crate::tui::message::Effect;
use crate::tui::render::Layout;
use crate::tui::state::State;
use crate::tui::view::{Pane, Shape};

/// Rows kept in memory before those far from the window are let go.
const ROWS_KEPT: usize = 2000;

/// Keeps the cursor inside the list and asks for what is missing.
pub fn settle(state: &mut State, effects: &mut Vec<Effect>) {
    let layout = Layout::of(state);
    match state.view.pane.shape() {
        shape @ (Shape::Events | Shape::Exchanges | Shape::Controls) => {
            if !state.list_is_current() || state.list_revision_is_old() {
                let (pane, scope) = (state.view.pane, state.view.scope.clone());
                let bins = usize::from(layout.body.width.saturating_sub(2));
                let question = match shape {
                    Shape::Controls => Ask::Controls { scope, bins, known: state.controls.clone() },
                    _ => Ask::List { pane, scope, bins },
                };
                ask(state, question, effects);
            }
            if state.list_is_current() {
                clamp(state, usize::from(layout.rows.height));
                want_rows(state, usize::from(layout.rows.height), effects);
                if state.view.pane == Pane::Cli {
                    want_commands(state, usize::from(layout.rows.height), effects);
                }
                want_detail(state, &layout, effects);
            }
        }
        Shape::Values(kind) => {
            tables::want(state, kind, effects);
            if state.list_is_current() {
                clamp(state, usize::from(layout.rows.height));
                tables::want_profile(state, &layout, effects);
            }
        }
        Shape::Signals => {
            let order = state.view.order();
            if !state.list_is_current()
                || state.list_revision_is_old()
                || state.list.ordered.0 != order
                || state.list.signals.secrets != state.secrets
            {
                let scope = state.view.scope.clone();
                ask(state, Ask::Signals { scope, order, secrets: state.secrets }, effects);
            }
            if state.list_is_current() {
                clamp(state, usize::from(layout.rows.height));
                signals::want_page(state, &layout, effects);
            }
        }
        Shape::Query => {
            clamp(state, usize::from(layout.rows.height));
            want_of_query(state, effects);
        }
        Shape::Page => {}
    }
    if state.flagged.revision != state.revision {
        ask(state, Ask::Flagged(state.revision), effects);
    }
    if state.case.revision != state.revision || state.case.path.is_empty() {
        ask(state, Ask::Case(state.secrets), effects);
    }
}

/// Asks, unless the same question is open; a different one of the slot is replaced.
pub fn ask(state: &mut State, question: Ask, effects: &mut Vec<Effect>) {
    let slot = question.slot() as usize;
    let (Some(open), Some(generation)) = (state.open_asks.get_mut(slot), state.generations.get_mut(slot)) else { return };
    if open.as_ref() == Some(&question) {
        return;
    }
    *generation += 1;
    *open = Some(question.clone());
    effects.push(Effect::Ask(question, *generation));
}

/// Gives up a slot's open question.
pub fn cancel(state: &mut State, slot: Slot, effects: &mut Vec<Effect>) {
    if let (Some(open), Some(generation)) = (state.open_asks.get_mut(slot as usize), state.generations.get_mut(slot as usize))
        && open.take().is_some()
    {
        *generation += 1;
        effects.push(Effect::Cancel(slot));
    }
}

fn clamp(state: &mut State, height: usize) {
    let length = state.list_len();
    let mut position = state.view.position();
    position.index = position.index.min(length.saturating_sub(1));
    let margin = usize::from(height > 6);
    if position.index < position.top + margin {
        position.top = position.index.saturating_sub(margin);
    } else if position.index + margin >= position.top + height {
        position.top = (position.index + margin + 1).saturating_sub(height);
    }
    position.top = position.top.min(length.saturating_sub(height.max(1)));
    position.at = state.list.refs.get(position.index).copied().filter(|_| state.view.pane.shape() != Shape::Query);
    state.view.set_position(position);
}

/// Fields for completion once somebody types; and the answer as it is to be masked now.
fn want_of_query(state: &mut State, effects: &mut Vec<Effect>) {
    let of = (state.view.scope.clone(), state.revision);
    if state.desk.typing && state.desk.fields_of.as_ref() != Some(&of) {
        ask(state, Ask::Fields { scope: of.0 }, effects);
    }
    if state.setup.asks_aws && state.desk.groups_of != Some(state.revision) {
        ask(state, Ask::Groups(state.revision), effects);
    }
    if let Some(results) = state.desk.results.clone().filter(|results| results.secrets != state.secrets && !state.desk.is_partial) {
        ask(state, Ask::Present(Held(results), state.secrets), effects);
    }
}

fn want_rows(state: &mut State, height: usize, effects: &mut Vec<Effect>) {
    let top = state.view.position().top;
    let window = |from: usize, to: usize| state.list.refs.get(from..to.min(state.list.refs.len())).unwrap_or_default();
    let threads = state.view.pane.shape() == Shape::Exchanges;
    let known = |id: &EventId| state.rows.get(id).is_some_and(|row| !threads || row.thread.is_some());
    if window(top, top + height).iter().all(|event| known(&event.id)) {
        return;
    }
    // A page to each side comes along, so that the next page down is there already.
    let missing: Vec<EventId> = window(top.saturating_sub(height), top + 2 * height).iter().map(|event| event.id).filter(|id| !known(id)).collect();
    if state.rows.len() > ROWS_KEPT {
        let near: std::collections::HashSet<EventId> = window(top.saturating_sub(height), top + 2 * height).iter().map(|event| event.id).collect();
        state.rows.retain(|id, _| near.contains(id));
    }
    ask(state, Ask::Rows { ids: missing, threads, secrets: state.secrets }, effects);
}

/// Who ran what in the scope, and the echoes of the commands shown.
fn want_commands(state: &mut State, height: usize, effects: &mut Vec<Effect>) {
    let scope = &state.view.scope;
    if state.commands.of.as_ref().is_none_or(|(of, revision)| of != scope || *revision != state.revision) {
        let scope = scope.clone();
        ask(state, Ask::Matrix { scope }, effects);
    }
    let top = state.view.position().top;
    let shown = state.list.refs.get(top..(top + height).min(state.list.refs.len())).unwrap_or_default();
    let is_call = |id: &EventId| state.rows.get(id).is_some_and(|row| row.event.service.is_some());
    let is_known = |id: &EventId| state.commands.revision == state.revision && state.commands.echoes.contains_key(id);
    let missing: Vec<EventId> = shown.iter().map(|event| event.id).filter(|id| is_call(id) && !is_known(id)).collect();
    if !missing.is_empty() {
        ask(state, Ask::Echoes { ids: missing, secrets: state.secrets }, effects);
    }
}

fn want_detail(state: &mut State, layout: &Layout, effects: &mut Vec<Effect>) {
    let Some(wanted) = state.view.call.or_else(|| state.listed()) else {
        state.detail = None;
        return;
    };
    let shown = layout.detail.height > 0;
    let fits = state.current_detail().is_some_and(|detail| detail.page.as_ref().is_none_or(|page| page.width() == layout.detail.width));
    if shown && state.rested && !fits {
        ask(state, Ask::Detail { id: wanted.id, width: layout.detail.width, alone: state.wants_alone(), secrets: state.secrets }, effects);
    }
}
