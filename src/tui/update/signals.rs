//! Signals: where a row or a line of its page leads on to, and what an analyst says of it.

use super::{go, needs};
use crate::model::{Scope, Triage, TriageKey, TriageState};
use crate::tui::ask::Ask;
use crate::tui::layers::{Editor, EditorKind, Layer};
use crate::tui::message::{Effect, Severity};
use crate::tui::render::Layout;
use crate::tui::signals::{SignalPart, SignalRow, records_scope};
use crate::tui::state::State;
use crate::tui::view::{Focus, Pane, Position, Shape, View};

/// Asks for the page of the selected row where it is shown.
pub fn want_page(state: &mut State, layout: &Layout, effects: &mut Vec<Effect>) {
    let Some(id) = state.selected_signal_row().and_then(|row| state.list.signals.id(row).map(str::to_owned)) else { return };
    let width = layout.detail.width;
    let fits = state.current_signal_page().is_some_and(|page| page.width == width && page.revision == state.revision);
    if layout.detail.height > 0 && (state.rested || state.view.open) && !fits {
        needs::ask(state, Ask::SignalPage { id, width, secrets: state.secrets }, effects);
    }
}

/// Enter: the page of the row; on its page what the line under the cursor leads to.
pub fn open(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(row) = state.selected_signal_row() else { return };
    if !state.view.open && !state.detail_has_focus() {
        state.history.push(state.view.clone());
        (state.view.open, state.view.focus, state.rested) = (true, Focus::Detail, true);
        go::to_detail_start(state);
        return;
    }
    let line = state.current_signal_page().and_then(|page| page.lines.get(state.view.detail.0)).cloned();
    let about = match row {
        SignalRow::Lead(at) => state.list.signals.leads.get(at).map(|lead| (lead.entity.clone(), lead.first, lead.last)),
        SignalRow::Signal(at) => state.list.signals.signals.get(at).map(|signal| (signal.entity.clone(), signal.first, signal.last)),
    };
    let timeline = |scope: Scope| View { pane: Pane::Timeline, scope, ..View::default() };
    match (line, about) {
        (Some(SignalPart::Record(event, ..)), Some((entity, first, last))) => {
            let mut view = timeline(records_scope(&entity, first, last));
            view.set_position(Position { at: Some(event), ..Position::default() });
            go::leave_for(state, view, effects);
        }
        (Some(SignalPart::Named(entity, _)), _) => go::leave_for(state, timeline(Scope::all().narrowed(entity)), effects),
        (Some(SignalPart::Points(Some(id), ..)), _) => {
            let place = state.list.signals.rows.iter().position(|row| state.list.signals.id(*row) == Some(&id));
            match place {
                Some(place) => {
                    state.history.push(state.view.clone());
                    let mut position = state.view.position();
                    (position.index, position.at) = (place, state.list.refs.get(place).copied());
                    state.view.set_position(position);
                    go::to_detail_start(state);
                }
                None => state.tell(Severity::Info, "that signal has no record in this scope: X drops the constraints"),
            }
        }
        (_, Some((entity, first, last))) => go::leave_for(state, timeline(records_scope(&entity, first, last)), effects),
        (_, None) => {}
    }
}

/// `w`: everything by whom the signal is about.
pub fn alone(state: &mut State, effects: &mut Vec<Effect>) {
    let page = &state.list.signals;
    let entity = match state.selected_signal_row() {
        Some(SignalRow::Lead(at)) => page.leads.get(at).map(|lead| lead.entity.clone()),
        Some(SignalRow::Signal(at)) => page.signals.get(at).map(|signal| signal.entity.clone()),
        None => None,
    };
    match entity {
        Some(entity) => {
            let scope = Scope { range: state.view.scope.range, ..Scope::all() }.narrowed(entity);
            go::leave_for(state, View { pane: Pane::Timeline, scope, ..View::default() }, effects);
        }
        None => state.tell(Severity::Info, "nothing is selected"),
    }
}

/// The lead that the selected row is, or belongs to.
pub fn lead_of(state: &State) -> Option<String> {
    let page = &state.list.signals;
    match state.selected_signal_row()? {
        SignalRow::Lead(at) => page.leads.get(at).map(|lead| lead.id.clone()),
        SignalRow::Signal(at) => {
            let signal = page.signals.get(at)?;
            page.leads.iter().find(|lead| lead.signals.contains(&signal.id)).map(|lead| lead.id.clone())
        }
    }
}

/// What is selected: what a judgement of it is kept under, and what was said so far.
fn judged(state: &State) -> Option<(TriageKey, Triage)> {
    let page = &state.list.signals;
    match state.selected_signal_row()? {
        SignalRow::Lead(at) => page.leads.get(at).map(|lead| (lead.triage_key(), lead.triage.clone())),
        SignalRow::Signal(at) => page.signals.get(at).map(|signal| (signal.triage_key(), signal.triage.clone())),
    }
}

/// The case can be written to; otherwise that is said.
pub fn may_write(state: &mut State) -> bool {
    if state.setup.read_only {
        state.tell(Severity::Warning, "the case is open read-only: another outcrop is writing to it");
    }
    !state.setup.read_only
}

/// Goes on to the next judgement: new, open, confirmed, dismissed.
pub fn judge(state: &mut State, effects: &mut Vec<Effect>) {
    if state.view.pane.shape() != Shape::Signals {
        return state.tell(Severity::Info, "only signals and leads are judged: 4 lists them");
    }
    let Some((key, mut triage)) = judged(state) else { return state.tell(Severity::Info, "nothing is selected") };
    if !may_write(state) {
        return;
    }
    let at = TriageState::ALL.iter().position(|known| *known == triage.state).unwrap_or(0);
    triage.state = TriageState::ALL.get(at + 1).copied().unwrap_or_default();
    keep(state, key, triage, effects);
}

/// A text to write about the selected signal.
pub fn note(state: &mut State) {
    let Some((_, triage)) = judged(state) else { return state.tell(Severity::Info, "nothing is selected") };
    if may_write(state) {
        state.layers.push(Layer::Editor(Box::new(Editor::new(EditorKind::Judgement, &triage.note))));
    }
}

/// Keeps the text.
pub fn keep_note(state: &mut State, text: &str, effects: &mut Vec<Effect>) {
    if let Some((key, mut triage)) = judged(state) {
        text.clone_into(&mut triage.note);
        keep(state, key, triage, effects);
    }
}

/// The rules run, or have run: that they found nothing is worth a look at the list too.
pub fn rules(state: &mut State, run: bool) {
    if state.rules_run && !run && state.view.pane.shape() == Shape::Signals {
        state.list.revision = u64::MAX;
    }
    state.rules_run = run;
}

/// A judgement is in the case: what shows it is read anew. Dismissed signals mark nothing.
pub fn judgement_kept(state: &mut State) {
    state.flagged.revision = u64::MAX;
    state.signal_page = None;
}

fn keep(state: &mut State, key: TriageKey, triage: Triage, effects: &mut Vec<Effect>) {
    let Some(row) = state.selected_signal_row() else { return };
    let page = std::sync::Arc::make_mut(&mut state.list.signals);
    let slot = match row {
        SignalRow::Lead(at) => page.leads.get_mut(at).map(|lead| &mut lead.triage),
        SignalRow::Signal(at) => page.signals.get_mut(at).map(|signal| &mut signal.triage),
    };
    if let Some(slot) = slot {
        slot.clone_from(&triage);
    }
    effects.push(Effect::SetTriage(key, triage));
}
