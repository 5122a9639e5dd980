//! The CLI pane: who ran what in numbers, deletes first, and below it the commands with what CloudTrail says of each.

use super::events::{YEAR, outcome, spans_years, time_text};
use super::{select, sign, signal_sign};
use crate::decode::VerbClass;
use crate::model::{EventRef, Outcome};
use crate::stitch::echo::Echo;
use crate::tui::ask::{Echoed, MatrixRow, Row};
use crate::tui::render::{Layout, grouped, window};
use crate::tui::state::State;
use crate::tui::theme::Role;
use crate::tui::widgets::{Area, Canvas};

/// Rows of the matrix on a high screen and on a low one.
const ROWS: (usize, usize) = (8, 4);
/// A high screen.
const HIGH: u16 = 34;
/// Room for an echo's sign and word.
const ECHO: u16 = 12;

/// `user@host` of an endpoint event's principal (`host/user`).
pub fn user_at_host(principal: Option<&str>) -> String {
    match principal.map(|principal| principal.split_once('/').ok_or(principal)) {
        Some(Ok((host, user))) => format!("{user}@{host}"),
        Some(Err(one)) => one.to_owned(),
        None => "nobody named".to_owned(),
    }
}

/// How many lines the matrix takes on a screen this high: titles, rows, and what is left out.
pub fn matrix_lines(state: &State, height: u16) -> u16 {
    let rows = state.commands.matrix.rows.len();
    let most = most_rows(height);
    if rows == 0 { 0 } else { 1 + rows.min(most) as u16 + u16::from(rows > most) }
}

const fn most_rows(height: u16) -> usize {
    if height >= HIGH { ROWS.0 } else { ROWS.1 }
}

/// Draws matrix, header and the rows of the window.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, layout: &Layout) {
    draw_matrix(state, canvas, layout.matrix);
    let columns = Columns::of(layout.rows.width, spans_years(state));
    for ((x, width), title) in [(columns.time, "time (UTC)"), (columns.who, "who"), (columns.echo, "CloudTrail"), (columns.what, "command")] {
        canvas.text(x, layout.header.y, width, title, Role::Header);
    }
    let position = state.view.position();
    for (line, index) in window(position.top, layout.rows.height, state.list.refs.len()).enumerate() {
        let Some(reference) = state.list.refs.get(index) else { continue };
        let y = layout.rows.y + line as u16;
        match state.rows.get(&reference.id) {
            Some(row) => draw_row(canvas, y, &columns, row, state.commands.echoes.get(&reference.id).and_then(Option::as_ref)),
            None => bare_row(canvas, y, &columns, *reference),
        }
        signal_sign(state, canvas, y, reference.id);
        if index == position.index {
            select(canvas, Area::new(0, y, columns.who.0 + columns.who.1, 1), !state.detail_has_focus());
        }
    }
}

/// Columns of a row: where each begins and how wide it is.
struct Columns {
    time: (u16, u16),
    who: (u16, u16),
    echo: (u16, u16),
    what: (u16, u16),
}

impl Columns {
    fn of(width: u16, years: bool) -> Self {
        let time = (2, if width >= 140 { 18 } else { 14 } + if years { YEAR } else { 0 });
        let who = (time.0 + time.1 + 1, (width / 5).clamp(17, 30));
        let echo = (who.0 + who.1 + 1, ECHO);
        let what = echo.0 + echo.1 + 1;
        Self { time, who, echo, what: (what, width.saturating_sub(what + 1)) }
    }
}

fn bare_row(canvas: &mut Canvas<'_>, y: u16, columns: &Columns, reference: EventRef) {
    canvas.text(columns.time.0, y, columns.time.1, &time_text(reference.time(), columns.time.1), Role::Muted);
}

fn draw_row(canvas: &mut Canvas<'_>, y: u16, columns: &Columns, row: &Row, echoed: Option<&Echoed>) {
    let event = &row.event;
    let mark = sign(canvas, &row.mark);
    canvas.text(0, y, 1, mark, Role::Marked);
    canvas.text(columns.time.0, y, columns.time.1, &time_text(event.time, columns.time.1), Role::Text);
    canvas.text(columns.who.0, y, columns.who.1, &user_at_host(event.principal.as_deref()), Role::Text);
    if let Some(Echoed { echo, .. }) = echoed {
        let (sign, role) = echo_sign(canvas, echo);
        canvas.text(columns.echo.0, y, columns.echo.1, &format!("{sign} {}", echo.word()), role);
    }
    let is_call = event.service.is_some();
    let deletes = is_call && event.action.as_deref().is_some_and(|verb| VerbClass::of(verb) == VerbClass::Delete);
    let role = match (is_call, deletes) {
        (_, true) => Role::Strong,
        (true, _) => Role::Text,
        // What is no call of the AWS CLI stands back.
        _ => Role::Muted,
    };
    // A command line names its program; an event whose line does not, such as a service that starts, is no command and says what it is.
    let names = |line: &str| event.action.as_deref().is_some_and(|action| line.to_lowercase().contains(&action.to_lowercase()));
    let line = event.detail.as_deref().filter(|line| is_call || names(line));
    let line = echoed.and_then(|echoed| echoed.brief.clone()).or(line.map(str::to_owned)).unwrap_or_else(|| event.summary());
    let (word, look) = outcome(event.outcome);
    let failed = if event.outcome == Outcome::Ok { 0 } else { word.len() as u16 + 1 };
    canvas.text(columns.what.0, y, columns.what.1.saturating_sub(failed), &line, role);
    if failed > 0 {
        canvas.text(columns.what.0 + columns.what.1 + 1 - failed, y, failed, word, look);
    }
}

/// The sign of an echo, and its look.
pub fn echo_sign(canvas: &Canvas<'_>, echo: &Echo) -> (&'static str, Role) {
    match echo {
        Echo::Echoed { event, sure, .. } => {
            let (sign, role) = if *sure { (canvas.glyph("✓", "v"), Role::Ok) } else { (canvas.glyph("≈", "~"), Role::Text) };
            (sign, if event.outcome == Outcome::Ok { role } else { outcome(event.outcome).1 })
        }
        Echo::Missing => (canvas.glyph("✗", "x"), Role::Denied),
        Echo::NotLogged => (canvas.glyph("·", "."), Role::Muted),
        Echo::NoTrail => ("?", Role::Warning),
        Echo::Local => ("-", Role::Muted),
    }
}

/// A column of the matrix.
struct Column {
    title: &'static str,
    x: u16,
    width: u16,
    /// The classes it counts; none of them: what is no call.
    classes: Vec<usize>,
}

/// Cells of the column of names, and where the numbers begin.
fn name_width(width: u16) -> u16 {
    (width / 4).clamp(18, 34)
}

/// Columns for the classes that occur, deletes first. Those that find no room are counted with the other calls.
fn columns(rows: &[MatrixRow], width: u16) -> Vec<Column> {
    let total = |at: usize| rows.iter().filter_map(|row| row.calls.get(at)).sum::<u64>();
    let last = VerbClass::ALL.len() - 1;
    let room = |title: &str, most: u64| (title.len().max(grouped(most).len()) + 1) as u16;
    let most = |classes: &[usize]| rows.iter().map(|row| calls(row, classes)).max().unwrap_or(0);
    let rest = room("not aws", rows.iter().map(|row| row.rest).max().unwrap_or(0));
    let end = width.saturating_sub(rest + room("other", most(&(0..=last).collect::<Vec<_>>())));
    let mut found: Vec<Column> = Vec::new();
    let mut others = vec![last];
    let mut x = name_width(width) + 2;
    for (at, class) in VerbClass::ALL.iter().enumerate().take(last) {
        // Deletes have their column even when there are none: that there are none is worth saying.
        if total(at) == 0 && *class != VerbClass::Delete {
            continue;
        }
        let needed = room(class.name(), most(&[at]));
        if x + needed > end {
            others.push(at);
        } else {
            found.push(Column { title: class.name(), x, width: needed, classes: vec![at] });
            x += needed;
        }
    }
    if most(&others) > 0 {
        let needed = room("other", most(&others));
        found.push(Column { title: "other", x, width: needed, classes: others });
        x += needed;
    }
    found.push(Column { title: "not aws", x, width: rest, classes: Vec::new() });
    found
}

fn calls(row: &MatrixRow, classes: &[usize]) -> u64 {
    classes.iter().filter_map(|at| row.calls.get(*at)).sum()
}

fn draw_matrix(state: &State, canvas: &mut Canvas<'_>, area: Area) {
    let rows = &state.commands.matrix.rows;
    if area.height == 0 {
        return;
    }
    let columns = columns(rows, area.width);
    let name = name_width(area.width);
    canvas.text(2, area.y, name, "commands by", Role::Header);
    for column in &columns {
        let x = column.x + column.width - column.title.len() as u16;
        canvas.text(x, area.y, column.title.len() as u16, column.title, Role::Header);
    }
    let most = most_rows(state.size.1);
    for (y, row) in (area.y + 1..).zip(rows.iter().take(most)) {
        canvas.text(2, y, name, &row.who, Role::Text);
        for column in &columns {
            let count = if column.classes.is_empty() { row.rest } else { calls(row, &column.classes) };
            let (text, role) = match count {
                0 => (canvas.glyph("·", ".").to_owned(), Role::Muted),
                count if column.classes == [0] => (grouped(count), Role::Denied),
                count if column.classes.is_empty() => (grouped(count), Role::Muted),
                count => (grouped(count), Role::Text),
            };
            let length = text.chars().count() as u16;
            canvas.text(column.x + column.width.saturating_sub(length), y, length, &text, role);
        }
    }
    let more = rows.get(most..).unwrap_or_default();
    if !more.is_empty() {
        let deletes: u64 = more.iter().map(|row| calls(row, &[0])).sum();
        let deletes = if deletes == 0 { "none of whom deletes".to_owned() } else { format!("{} deletes by them", grouped(deletes)) };
        canvas.text(2, area.bottom() - 1, area.width.saturating_sub(3), &format!("{} more, {deletes}", grouped(more.len() as u64)), Role::Muted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_is_counted_in_one_column_on_any_screen() {
        let mut rows = vec![MatrixRow { who: "a".into(), rest: 3, ..MatrixRow::default() }, MatrixRow::default()];
        for (at, count) in rows[0].calls.iter_mut().enumerate() {
            *count = 10_u64.pow(at as u32 % 7);
        }
        for width in [40, 80, 100, 120, 200] {
            let columns = columns(&rows, width);
            let mut classes: Vec<usize> = columns.iter().flat_map(|column| column.classes.clone()).collect();
            classes.sort_unstable();
            assert_eq!(classes, (0..VerbClass::ALL.len()).collect::<Vec<_>>(), "{width}");
            assert_eq!(columns.last().map(|column| column.title), Some("not aws"));
            assert!(columns.iter().zip(columns.iter().skip(1)).all(|(one, next)| one.x + one.width == next.x), "{width}");
            assert!(width < 60 || columns[0].title == "delete" && columns.iter().all(|column| column.x + column.width <= width), "{width}");
        }
        // Nobody deletes: said, not left out. What nobody does has no column.
        let titles: Vec<&str> = columns(&[MatrixRow { rest: 1, ..MatrixRow::default() }], 80).iter().map(|column| column.title).collect();
        assert_eq!(titles, ["delete", "not aws"]);
    }

    #[test]
    fn users_at_hosts() {
        for (principal, shown) in [(Some("mac/bob"), "bob@mac"), (Some("web-1/a/b"), "a/b@web-1"), (Some("1000"), "1000"), (None, "nobody named")] {
            assert_eq!(user_at_host(principal), shown);
        }
    }
}
