//! Signals: leads and signals by weight, entity, time or tactic; what an analyst said of each stands beside it.

use super::events::{YEAR, spans_years, time_text};
use super::select;
use super::tables::{ending, short};
use crate::model::{Level, Timestamp, TriageState};
use crate::tui::render::{Layout, grouped, window};
use crate::tui::signals::{SIGNAL_ORDERS, SignalRow};
use crate::tui::state::State;
use crate::tui::theme::Role;
use crate::tui::widgets::{Area, Canvas};

/// Columns of a row: where each begins and how wide it is.
struct Columns {
    weight: (u16, u16),
    rule: (u16, u16),
    title: (u16, u16),
    entity: (u16, u16),
    time: (u16, u16),
    records: (u16, u16),
    state: (u16, u16),
}

impl Columns {
    fn of(width: u16, years: bool) -> Self {
        let time = 11 + if years { YEAR } else { 0 };
        let records = if width >= 90 { 7 } else { 0 };
        let state = if width >= 70 { 9 } else { 0 };
        let entity = if width >= 60 { (width / 4).clamp(16, 44) } else { 0 };
        let (weight, rule) = (3, 5);
        let taken: u16 = 2 + [weight, rule, entity, time, records, state].iter().filter(|width| **width > 0).map(|width| width + 1).sum::<u16>();
        let title = width.saturating_sub(taken + 1).max(8);
        let mut x = 2;
        let mut next = |length: u16| {
            let column = (x, length);
            x += if length == 0 { 0 } else { length + 1 };
            column
        };
        let (weight, rule, title, entity, time) = (next(weight), next(rule), next(title), next(entity), next(time));
        Self { weight, rule, title, entity, time, records: next(records), state: next(state) }
    }
}

/// The look of a weight: never the colour alone, the number stands there.
pub const fn weight_role(weight: u8) -> Role {
    match Level::of(weight) {
        Level::Critical | Level::High => Role::Denied,
        Level::Medium => Role::Warning,
        Level::Low | Level::Informational => Role::Muted,
    }
}

/// The look of a judgement.
pub const fn triage_role(state: TriageState) -> Role {
    match state {
        TriageState::New | TriageState::Dismissed => Role::Muted,
        TriageState::Open => Role::Marked,
        TriageState::Confirmed => Role::Denied,
    }
}

/// Draws the rows of the window.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, layout: &Layout) {
    if !state.list_is_current() {
        return;
    }
    let page = &state.list.signals;
    if page.rows.is_empty() {
        return super::empty(state, canvas, layout.body);
    }
    let columns = Columns::of(layout.rows.width, spans_years(state));
    let by = SIGNAL_ORDERS.get(usize::from(state.view.order().by)).copied().unwrap_or("weight");
    for ((x, width), title, order) in [
        (columns.weight, "wt", "weight"),
        (columns.rule, "rule", ""),
        (columns.title, "what", "tactic"),
        (columns.entity, "about", "entity"),
        (columns.time, "fired", "time"),
        (columns.records, "records", ""),
        (columns.state, "judged", ""),
    ] {
        let used = canvas.text(x, layout.header.y, width, title, Role::Header);
        if width > 0 && order == by {
            let words = if by == "tactic" { " by tactic" } else { canvas.glyph("▾", "v") };
            canvas.text(x + used, layout.header.y, width.saturating_sub(used), words, Role::HintKey);
        }
    }
    let position = state.view.position();
    for (line, index) in window(position.top, layout.rows.height, page.rows.len()).enumerate() {
        let Some(row) = page.rows.get(index) else { continue };
        let y = layout.rows.y + line as u16;
        draw_row(state, canvas, y, &columns, *row);
        if index == position.index {
            let end = columns.title.0 + columns.title.1.min(40);
            select(canvas, Area::new(0, y, end, 1), !state.detail_has_focus());
        }
    }
}

fn draw_row(state: &State, canvas: &mut Canvas<'_>, y: u16, columns: &Columns, row: SignalRow) {
    let page = &state.list.signals;
    let quiet = |role: Role, judged: TriageState| if judged == TriageState::Dismissed { Role::Muted } else { role };
    let minutes = |time: Timestamp| {
        let text = time_text(Some(time), if columns.time.1 > 11 { 19 } else { 14 });
        text.get(..usize::from(columns.time.1)).unwrap_or(&text).to_owned()
    };
    let cut = canvas.glyph("…", "~");
    let mut put = |(x, width): (u16, u16), text: &str, role: Role, right: bool| {
        let length = text.chars().count() as u16;
        let x = if right { x + width.saturating_sub(length) } else { x };
        if width > 0 {
            canvas.text(x, y, width, text, role);
        }
    };
    match row {
        SignalRow::Lead(at) => {
            let Some(lead) = page.leads.get(at) else { return };
            let judged = lead.triage.state;
            put(columns.weight, &short(u64::from(lead.score), 3), quiet(Role::Denied, judged), true);
            put(columns.rule, "LEAD", quiet(Role::Title, judged), false);
            let counts = [(lead.signals.len(), "signal"), (lead.tactics.len(), "tactic")];
            let words: Vec<String> = counts.iter().map(|(count, what)| format!("{count} {what}{}", if *count == 1 { "" } else { "s" })).collect();
            put(columns.title, &format!("{}, threshold {}", words.join(", "), lead.threshold), quiet(Role::Strong, judged), false);
            let entity = state.secrets.text(&lead.entity.value);
            put(columns.entity, &ending(&entity, usize::from(columns.entity.1), cut), quiet(Role::Entity, judged), false);
            put(columns.time, &minutes(lead.time), Role::Muted, false);
            put(columns.state, if judged == TriageState::New { "" } else { judged.name() }, triage_role(judged), false);
        }
        SignalRow::Signal(at) => {
            let Some(signal) = page.signals.get(at) else { return };
            let judged = signal.triage.state;
            put(columns.weight, &signal.weight.to_string(), quiet(weight_role(signal.weight), judged), true);
            put(columns.rule, &signal.rule, Role::Muted, false);
            let tactic = if state.view.order().by == 3 {
                signal.tactics.first().map(|tactic| format!("{tactic} ")).unwrap_or_default()
            } else {
                String::new()
            };
            put(columns.title, &format!("{tactic}{}", signal.title), quiet(Role::Text, judged), false);
            put(columns.entity, &ending(&signal.entity.value, usize::from(columns.entity.1), cut), quiet(Role::Entity, judged), false);
            put(columns.time, &minutes(signal.time), Role::Muted, false);
            put(columns.records, &grouped(signal.total), Role::Muted, true);
            put(columns.state, if judged == TriageState::New { "" } else { judged.name() }, triage_role(judged), false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fit_every_width() {
        for width in 40..220 {
            for years in [false, true] {
                let columns = Columns::of(width, years);
                let used = [columns.weight, columns.rule, columns.title, columns.entity, columns.time, columns.records, columns.state];
                let ends: Vec<u16> = used.iter().filter(|(_, length)| *length > 0).map(|(x, length)| x + length).collect();
                assert!(ends.is_sorted() && ends.iter().all(|end| *end <= width), "{width}: {ends:?}");
            }
        }
    }
}
