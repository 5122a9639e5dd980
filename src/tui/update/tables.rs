//! Principals and Buckets: the order of the rows, which names are shown, and where a row leads on to.

use super::{act, go, needs};
use crate::model::{Entity, EntityKind, Scope};
use crate::tui::ask::Ask;
use crate::tui::layers::{Choice, EditorKind, Item, Layer, Picker};
use crate::tui::message::{Effect, Severity};
use crate::tui::render::{Layout, grouped};
use crate::tui::state::State;
use crate::tui::tables::{Counted, Order, PagePart, orders};
use crate::tui::view::{Focus, Pane, Position, Shape, View};

/// Asks for the table and for the page of the selected row, when they are wanted and not known.
pub fn want(state: &mut State, kind: EntityKind, effects: &mut Vec<Effect>) {
    let wanted = (state.view.order(), state.view.names().to_owned());
    if !state.list_is_current() || state.list_revision_is_old() || state.list.ordered != wanted {
        let (scope, counted) = (state.view.scope.clone(), Counted(std::sync::Arc::clone(&state.list.table)));
        let (order, names) = wanted;
        needs::ask(state, Ask::Table { scope, kind, order, names, counted, secrets: state.secrets }, effects);
    }
}

/// Asks for the page of the selected row where it is shown.
pub fn want_profile(state: &mut State, layout: &Layout, effects: &mut Vec<Effect>) {
    let Some(entity) = state.selected_entity() else { return };
    let is_old = |page: &crate::tui::tables::ProfilePage| page.revision != state.revision;
    if layout.detail.height > 0 && (state.rested || state.view.open) && state.current_profile().is_none_or(is_old) {
        let scope = state.view.scope.clone();
        needs::ask(state, Ask::Profile { scope, entity, secrets: state.secrets }, effects);
    }
}

/// A menu of what rows may be ordered by.
pub fn open_orders(state: &mut State) {
    let titles = match state.view.pane.shape() {
        Shape::Values(kind) => orders(kind),
        Shape::Signals => crate::tui::signals::SIGNAL_ORDERS.to_vec(),
        _ => return state.tell(Severity::Info, "the rows of this pane stand in order of time: 4, 5 and 6 have others"),
    };
    let order = state.view.order();
    let item = |(by, title): (u8, &'static str)| Item {
        lead: if by == order.by { "[x]".to_owned() } else { "[ ]".to_owned() },
        text: title.to_owned(),
        tail: if by == order.by { "again: the other way round".to_owned() } else { String::new() },
        value: Choice::Order(by),
    };
    let mut menu = Picker::new("Order the rows by", (0_u8..).zip(titles).map(item).collect());
    menu.cursor = usize::from(order.by);
    state.layers.push(Layer::Menu(menu));
}

/// Orders the rows of the pane shown.
pub fn order(state: &mut State, by: u8) {
    let pane = state.view.pane.index();
    if let Some(order) = state.view.orders.get_mut(pane) {
        *order = if order.by == by { Order { by, reversed: !order.reversed } } else { Order { by, reversed: false } };
        to_first(state);
    }
}

/// Shows only rows whose names hold a text.
pub fn name(state: &mut State, names: &str) {
    let pane = state.view.pane.index();
    if let Some(slot) = state.view.names.get_mut(pane) {
        names.clone_into(slot);
        to_first(state);
    }
}

fn to_first(state: &mut State) {
    (state.view.open, state.view.focus) = (false, Focus::List);
    state.view.set_position(Position::default());
}

/// Enter: the page of the row; on its page the records of the value under the cursor.
pub fn open(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(entity) = state.selected_entity() else { return };
    if !state.view.open && !state.detail_has_focus() {
        state.history.push(state.view.clone());
        (state.view.open, state.view.focus, state.rested) = (true, Focus::Detail, true);
        let first = state.current_profile().and_then(first_value).unwrap_or(0);
        state.view.detail = (first, 0);
        return;
    }
    let scope = state.view.scope.narrowed(entity);
    let value = state.current_profile().and_then(|page| page.entity_at(state.view.detail.0)).cloned();
    let scope = match value {
        Some(value) => scope.narrowed(value),
        None => scope,
    };
    go::leave_for(state, View { pane: Pane::Timeline, scope, ..View::default() }, effects);
}

/// The first line of a page that is a pivot.
pub fn first_value(page: &crate::tui::tables::ProfilePage) -> Option<usize> {
    page.lines.iter().position(|line| matches!(line, PagePart::Value(..)))
}

/// `p`: the row itself and all values of its page.
pub fn open_pivots(state: &mut State) {
    let Some(entity) = state.selected_entity() else { return state.tell(Severity::Info, "nothing is selected") };
    let Shape::Values(_) = state.view.pane.shape() else { return };
    let events = state.list.row(state.view.position().index).map_or(0, |row| row.summary.events + row.summary.named);
    let item = |entity: Entity, count: u64| Item {
        lead: entity.kind.name().to_owned(),
        text: state.secrets.name(&entity.value).to_string(),
        tail: grouped(count),
        value: Choice::Pivot(entity),
    };
    let mut items = vec![item(entity, events)];
    if let Some(page) = state.current_profile() {
        items.extend(page.profile.sections.iter().flat_map(|section| &section.values).map(|value| item(value.entity.clone(), value.count)));
    }
    let alone = state.setup.keymap.key_of(crate::tui::commands::Command::AcceptAlone, crate::tui::commands::Context::Menu).unwrap_or_default();
    let mut menu = Picker::new(format!("Pivot to (enter narrows the scope, {alone} looks at it alone)"), items);
    // On the page the value under the cursor is meant.
    if let Some(meant) = state.current_profile().filter(|_| state.detail_has_focus()).and_then(|page| page.entity_at(state.view.detail.0)) {
        let place = menu.matches().position(|item| item.value == Choice::Pivot(meant.clone()));
        menu.cursor = place.unwrap_or(0);
    }
    state.layers.push(Layer::Menu(menu));
}

/// A menu of what may be written to a file.
pub fn open_exports(state: &mut State) {
    let item = |text: &str, tail: &str, value| Item { lead: String::new(), text: text.to_owned(), tail: tail.to_owned(), value };
    let items = vec![
        item("this table, as it is ordered", ".csv", Choice::ExportTable),
        item("the events in scope, or a report about them", ".csv .ndjson .json .md .html", Choice::ExportEvents),
    ];
    state.layers.push(Layer::Menu(Picker::new("Write to a file", items)));
}

/// Asks for the name of a file for the table.
pub fn open_export(state: &mut State) {
    let Shape::Values(kind) = state.view.pane.shape() else { return };
    act::edit(state, EditorKind::ExportTable, &format!("{kind}s.csv"));
}

/// Writes the table to a file.
pub fn export(state: &mut State, path: &str, effects: &mut Vec<Effect>) {
    let (table, order) = (Counted(std::sync::Arc::clone(&state.list.table)), std::sync::Arc::clone(&state.list.order));
    needs::ask(state, Ask::ExportTable { table, order, path: path.to_owned() }, effects);
}

/// `P`: what the selected principal asked of models.
pub fn other_side(state: &mut State, effects: &mut Vec<Effect>) {
    match state.selected_entity() {
        Some(entity) if entity.kind == EntityKind::Principal => {
            let scope = state.view.scope.narrowed(entity);
            go::leave_for(state, View { pane: Pane::Prompts, scope, ..View::default() }, effects);
        }
        Some(_) => state.tell(Severity::Info, "a bucket asks nothing of models: enter shows who writes and reads it"),
        None => state.tell(Severity::Info, "nothing is selected"),
    }
}

/// `w`: everything by the selected principal, or about the selected bucket, whatever else the scope held.
pub fn alone(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(entity) = state.selected_entity() else { return state.tell(Severity::Info, "nothing is selected") };
    let scope = Scope { range: state.view.scope.range, ..Scope::all() }.narrowed(entity);
    go::leave_for(state, View { pane: Pane::Timeline, scope, ..View::default() }, effects);
}
