//! Lists of values: Principals, Buckets. One row an entity, how much and when; enter pivots.

use super::events::{YEAR, spans_years, time_text};
use super::select;
use crate::tui::render::{Layout, grouped, window};
use crate::tui::state::State;
use crate::tui::theme::Role;
use crate::tui::widgets::{Area, Canvas};

/// Draws the rows of the window.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, layout: &Layout) {
    let width = layout.rows.width;
    if state.list_is_current() && state.list.values.is_empty() {
        return super::empty(state, canvas, layout.body);
    }
    let times = if width >= 140 { 18 } else { 14 } + if spans_years(state) { YEAR } else { 0 };
    let name = width.saturating_sub(2 + 10 + 9 + 2 * (times + 1) + 2);
    let columns = [(2, name), (3 + name, 9), (13 + name, 8), (22 + name, times), (23 + name + times, times)];
    for ((x, room), title) in columns.iter().zip([state.view.pane.titles().0, "   events", "  denied", "first seen", "last seen"]) {
        let blank = (title.len() - title.trim_start().len()) as u16;
        canvas.text(x + blank, layout.header.y, room.saturating_sub(blank), title.trim_start(), Role::Header);
    }
    let position = state.view.position();
    for (line, index) in window(position.top, layout.rows.height, state.list.values.len()).enumerate() {
        let Some(value) = state.list.values.get(index) else { continue };
        let y = layout.rows.y + line as u16;
        let [named, count, denied, first, last] = columns;
        canvas.text(named.0, y, named.1, &ending(&value.shown, usize::from(named.1), canvas.glyph("…", "~")), Role::Text);
        canvas.text(count.0, y, count.1, &format!("{:>9}", grouped(value.count)), Role::Text);
        let role = if value.denied > 0 { Role::Denied } else { Role::Muted };
        canvas.text(denied.0, y, denied.1, &format!("{:>8}", grouped(value.denied)), role);
        canvas.text(first.0, y, first.1, &time_text(value.first, times), Role::Muted);
        canvas.text(last.0, y, last.1, &time_text(value.last, times), Role::Muted);
        if index == position.index {
            select(canvas, Area::new(0, y, (2 + name).min(NAME_SELECTED), 1), true);
        }
    }
}

/// Cells of a selected name that change their look: enough for most names.
const NAME_SELECTED: u16 = 60;

/// The end of a name that is too long for its column: of `{account}/role/{name}` the name is what tells it apart.
fn ending(value: &str, room: usize, sign: &str) -> String {
    let length = value.chars().count();
    if length <= room || !value.contains('/') {
        return value.to_owned();
    }
    let tail: String = value.chars().skip(length + 1 - room.max(1)).collect();
    format!("{sign}{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_keep_their_end() {
        assert_eq!(ending("111122223333/role/acme-support", 16, "…"), "…le/acme-support");
        assert_eq!(ending("111122223333/role/x", 20, "…"), "111122223333/role/x");
        assert_eq!(ending("acme-training-data", 10, "…"), "acme-training-data");
        assert_eq!(ending("a/b", 0, "…"), "…");
    }
}
