//! Principals and Buckets: one row an entity, how much and when, and what it has to do with.

use super::events::{YEAR, spans_years, time_text};
use super::select;
use crate::model::EntityKind;
use crate::stitch::profiles::PARTS;
use crate::tui::render::{Layout, grouped, window};
use crate::tui::state::State;
use crate::tui::tables::{ORDER_OF_SIGNALS, TableRow, order_of_count};
use crate::tui::theme::Role;
use crate::tui::view::Shape;
use crate::tui::widgets::{Area, Canvas, spark};

/// What a column shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cell {
    Name,
    Events,
    Denied,
    First,
    Last,
    Count(usize),
    Picture,
    Signals,
}

/// A column: what it shows, its title, where it begins and how wide it is.
#[derive(Clone, Copy, Debug)]
struct Column {
    cell: Cell,
    title: &'static str,
    x: u16,
    width: u16,
}

/// Columns in the order in which they stand: what, title, width, and how soon it makes way on a narrow screen (0: never).
fn wanted(kind: EntityKind, times: u16) -> Vec<(Cell, &'static str, u16, u8)> {
    let mut columns = vec![(Cell::Events, "events", 8, 0), (Cell::Denied, "denied", 7, 0)];
    let counts: &[(usize, &str, u16, u8)] = match kind {
        EntityKind::Bucket => &[
            (0, "writers", 7, 0),
            (1, "readers", 7, 0),
            (6, "changes", 7, 4),
            (2, "jobs", 5, 3),
            (3, "bases", 5, 3),
            (4, "logs", 4, 3),
            (5, "foreign", 7, 0),
        ],
        _ => &[
            (0, "acts", 5, 0),
            (1, "models", 6, 3),
            (2, "regions", 7, 5),
            (3, "ips", 5, 3),
            (4, "keys", 6, 4),
            (5, "agents", 6, 6),
            (6, "tokens", 7, 0),
        ],
    };
    columns.extend(counts.iter().map(|(at, title, width, soon)| (Cell::Count(*at), *title, *width, *soon)));
    columns.extend([
        (Cell::Picture, "over time", PARTS as u16, 3),
        (Cell::Signals, "signals", 7, 2),
        (Cell::First, "first seen", times, 5),
        (Cell::Last, "last seen", times, 1),
    ]);
    columns
}

/// Least room of a name: the end of a long one tells it apart.
const NAME: u16 = 28;

fn columns(kind: EntityKind, width: u16, years: bool) -> Vec<Column> {
    let times = 11 + if years { YEAR } else { 0 };
    let mut wanted = wanted(kind, times);
    let taken = |wanted: &[(Cell, &str, u16, u8)]| 2 + wanted.iter().map(|(_, _, width, _)| width + 1).sum::<u16>();
    while taken(&wanted) + NAME + 1 > width {
        let Some(soonest) = wanted.iter().map(|(.., soon)| *soon).max().filter(|soon| *soon > 0) else { break };
        let Some(at) = wanted.iter().rposition(|(.., soon)| *soon == soonest) else { break };
        wanted.remove(at);
    }
    let name = width.saturating_sub(taken(&wanted) + 1).max(8);
    let mut x = 2;
    let mut placed = Vec::new();
    for (cell, title, room, _) in std::iter::once((Cell::Name, "", name, 0)).chain(wanted) {
        placed.push(Column { cell, title, x, width: room });
        x += room + 1;
    }
    placed
}

/// What a column is ordered by.
const fn order_of(cell: Cell) -> Option<u8> {
    Some(match cell {
        Cell::Events => 0,
        Cell::Name => 1,
        Cell::Denied => 2,
        Cell::First => 3,
        Cell::Last => 4,
        Cell::Count(at) => order_of_count(at),
        Cell::Signals => ORDER_OF_SIGNALS,
        Cell::Picture => return None,
    })
}

/// Draws the rows of the window.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, layout: &Layout) {
    let Shape::Values(kind) = state.view.pane.shape() else { return };
    if state.list_is_current() && state.list.order.is_empty() {
        return super::empty(state, canvas, layout.body);
    }
    // The table of the pane before has other columns.
    if state.list.table.of.as_ref().is_none_or(|(of, _)| *of != kind) {
        canvas.text(3, layout.rows.y, layout.rows.width.saturating_sub(6), "counting…", Role::Muted);
        return;
    }
    let columns = columns(kind, layout.rows.width, spans_years(state));
    let order = state.view.order();
    for column in &columns {
        let title = if column.cell == Cell::Name { kind.name() } else { column.title };
        let by = order_of(column.cell) == Some(order.by);
        let left = matches!(column.cell, Cell::Name | Cell::First | Cell::Last | Cell::Picture);
        let sign = match (by, order.reversed) {
            (false, _) => "",
            (true, false) => canvas.glyph("▾", "v"),
            (true, true) => canvas.glyph("▴", "^"),
        };
        let length = title.chars().count() as u16;
        let x = if left { column.x } else { column.x + column.width.saturating_sub(length) };
        canvas.text(x, layout.header.y, length, title, Role::Header);
        // In the gap before the title, or after it where text stands left.
        let at = if left { x + length } else { x.saturating_sub(1) };
        canvas.text(at, layout.header.y, 1, sign, Role::HintKey);
    }
    let position = state.view.position();
    for (line, index) in window(position.top, layout.rows.height, state.list.order.len()).enumerate() {
        let Some(row) = state.list.row(index) else { continue };
        let y = layout.rows.y + line as u16;
        for column in &columns {
            draw_cell(canvas, y, column, row, state.list.table.whole);
        }
        if index == position.index {
            let name = columns.first().map_or(0, |column| column.x + column.width);
            select(canvas, Area::new(0, y, name.min(NAME_SELECTED), 1), !state.detail_has_focus());
        }
    }
}

fn draw_cell(canvas: &mut Canvas<'_>, y: u16, column: &Column, row: &TableRow, whole: bool) {
    let summary = &row.summary;
    let (x, width) = (column.x, column.width);
    let number = |count: u64, role: Role| match count {
        0 => (String::from("·"), Role::Muted),
        count => (short(count, width), role),
    };
    let (text, role) = match column.cell {
        Cell::Name => {
            let role = if summary.events == 0 && whole { Role::Muted } else { Role::Text };
            canvas.text(x, y, width, &ending(&row.shown, usize::from(width), canvas.glyph("…", "~")), role);
            return;
        }
        Cell::First | Cell::Last => {
            let time = if column.cell == Cell::First { summary.first } else { summary.last };
            // To the minute: seconds are in the records.
            let text = time_text(time, if width > 11 { 19 } else { 14 });
            canvas.text(x, y, width, text.get(..usize::from(width)).unwrap_or(&text), Role::Muted);
            return;
        }
        Cell::Picture => {
            let text = spark(&summary.over_time, width, canvas.is_ascii());
            canvas.text(x, y, width, &text, Role::Invocation);
            return;
        }
        Cell::Events => number(summary.events, Role::Text),
        Cell::Denied => number(summary.denied, Role::Denied),
        Cell::Signals => number(row.signals, Role::Warning),
        Cell::Count(at) => {
            let foreign = column.title == "foreign";
            number(summary.counts.get(at).copied().unwrap_or(0), if foreign { Role::Warning } else { Role::Text })
        }
    };
    let counts = matches!(column.cell, Cell::Count(_) | Cell::Denied);
    if counts && !whole {
        return;
    }
    let text = if text == "·" { canvas.glyph("·", ".").to_owned() } else { text };
    let length = text.chars().count() as u16;
    canvas.text(x + width.saturating_sub(length), y, length, &text, role);
}

/// A count in so many cells: `12,418`, `3.1M`.
pub fn short(count: u64, width: u16) -> String {
    let whole = grouped(count);
    if whole.len() <= usize::from(width) {
        return whole;
    }
    let units = [(1_000_000_000_000_u64, "T"), (1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")];
    let Some((unit, sign)) = units.into_iter().find(|(unit, _)| count >= *unit) else { return whole };
    let fine = format!("{:.1}{sign}", count as f64 / unit as f64);
    if fine.len() <= usize::from(width) { fine } else { format!("{}{sign}", count / unit) }
}

/// Cells of a selected name that change their look: enough for most names.
const NAME_SELECTED: u16 = 60;

/// The end of a name that is too long for its column: of `{account}/role/{name}` the name is what tells it apart.
pub fn ending(value: &str, room: usize, sign: &str) -> String {
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

    #[test]
    fn counts_find_room() {
        for (count, width, expected) in
            [(0, 3, "0"), (12_418, 7, "12,418"), (12_418, 5, "12.4k"), (999_999, 4, "999k"), (3_149_000, 7, "3.1M"), (3_149_000, 2, "3M")]
        {
            assert_eq!(short(count, width), expected);
        }
    }

    #[test]
    fn columns_fit_every_width() {
        for kind in [EntityKind::Principal, EntityKind::Bucket] {
            for width in 80..220 {
                for years in [false, true] {
                    let columns = columns(kind, width, years);
                    let last = columns.last().expect("columns");
                    assert!(last.x + last.width <= width, "{kind} {width}");
                    assert!(columns.iter().zip(columns.iter().skip(1)).all(|(one, next)| one.x + one.width < next.x));
                    assert!(columns.iter().all(|column| column.title.len() <= usize::from(column.width)), "{kind} {width}");
                }
            }
        }
    }
}
