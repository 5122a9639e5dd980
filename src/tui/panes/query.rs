//! Query & hunts: the text above, a line that says how it went, and the answer below as a table or as bars.

use super::select;
use crate::tui::ask::Slot;
use crate::tui::commands::{Command, Context};
use crate::tui::render::{Layout, bytes, grouped, window};
use crate::tui::results::Results;
use crate::tui::state::State;
use crate::tui::theme::Role;
use crate::tui::widgets::{Area, Block, BlockKind, Canvas, Page, draw_bars};

/// Lines of the text shown, in a body this high: more while it is being written.
pub fn lines(state: &State, height: u16) -> u16 {
    let wanted = u16::try_from(state.desk.area.lines().len()).unwrap_or(u16::MAX);
    let most = if state.desk.typing { height / 2 } else { height / 4 };
    let least = if state.desk.typing { 4 } else { 1 };
    wanted.max(least).min(most.max(1))
}

/// For the title line: where the cursor is in the answer.
pub fn words(state: &State) -> Option<String> {
    let count = state.desk.results.as_ref()?.rows.len() as u64;
    let place = if count == 0 { 0 } else { state.view.position().index as u64 + 1 };
    Some(format!("{}/{} rows", grouped(place), grouped(count)))
}

/// Draws the pane.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, layout: &Layout) {
    let text_area = layout.above;
    let top = draw_text(state, canvas, text_area);
    draw_status(state, canvas, Area::new(0, text_area.bottom(), text_area.width, 1));
    let below = Area::new(0, layout.header.y, layout.header.width, layout.body.bottom().saturating_sub(layout.header.y));
    match &state.desk.results {
        None => draw_empty(state, canvas, below),
        Some(results) if state.desk.is_chart => {
            if let Some(bars) = &results.bars {
                draw_bars(canvas, Area::new(1, below.y, below.width.saturating_sub(2), below.height), bars);
            }
        }
        Some(results) if results.rows.is_empty() => {
            let is_narrowed = state.desk.asked.as_ref().is_some_and(|asked| !asked.scope.entities.is_empty() || !asked.scope.range.is_open());
            let words = match results.statistics().scanned {
                _ if state.desk.is_partial => "Reading…",
                0 if is_narrowed => "The scope has no events where this looks: that it finds nothing says nothing. X drops all constraints.",
                0 => "The case has no events where this looks: that it finds nothing says nothing.",
                _ => "Nothing was found.",
            };
            canvas.text(3, below.y + 1, below.width.saturating_sub(6), words, Role::Muted);
            let notes = results.answer.notes.iter().take(usize::from(below.height.saturating_sub(3)));
            for (line, note) in notes.enumerate() {
                canvas.text(3, below.y + 2 + line as u16, below.width.saturating_sub(6), note, Role::Muted);
            }
        }
        Some(results) => {
            draw_table(state, canvas, layout, results);
            draw_cell(state, canvas, layout.detail, results);
        }
    }
    if state.desk.typing {
        draw_offers(state, canvas, text_area, top);
    }
}

/// The text with its cursor and what is wrong in it; gives the first line shown.
fn draw_text(state: &State, canvas: &mut Canvas<'_>, area: Area) -> usize {
    let desk = &state.desk;
    let ratatui_textarea::DataCursor(row, column) = desk.area.cursor();
    let height = usize::from(area.height);
    let top = if desk.typing { (row + 1).saturating_sub(height) } else { 0 };
    let wrong = desk.problem.as_ref().and_then(|problem| problem.at.clone());
    let mut start = 0;
    for (index, line) in desk.area.lines().iter().enumerate() {
        if (top..top + height).contains(&index) {
            let y = area.y + (index - top) as u16;
            let skip = if desk.typing && index == row { (column + 2).saturating_sub(usize::from(area.width.saturating_sub(2))) } else { 0 };
            let shown: String = line.chars().skip(skip).collect();
            canvas.text(area.x + 1, y, area.width.saturating_sub(2), &shown, if desk.typing { Role::Text } else { Role::Strong });
            let cell = |at: usize| {
                let before: String = line.get(..at).unwrap_or(line).chars().skip(skip).collect();
                area.x + 1 + cells(&before)
            };
            if let Some(wrong) = &wrong {
                let (from, to) = (wrong.start.max(start), wrong.end.max(wrong.start + 1).min(start + line.len() + 1));
                if from < to {
                    let (x, end) = (cell(from - start), cell((to - start).min(line.len())).max(cell(from - start) + 1));
                    canvas.tint(Area::new(x, y, (end - x).min(area.right().saturating_sub(x)), 1), Role::Error);
                }
            }
            if desk.typing && index == row {
                let at = line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
                let x = cell(at);
                if at == line.len() {
                    canvas.text(x, y, 1, " ", Role::Text);
                }
                canvas.tint(Area::new(x, y, 1, 1), Role::Selected);
            }
        } else if index == top + height {
            let more = format!("{} more lines ", desk.area.lines().len() - index);
            let width = more.chars().count() as u16;
            canvas.text(area.right().saturating_sub(width), area.bottom().saturating_sub(1), width, &more, Role::Muted);
        }
        start += line.len() + 1;
    }
    top
}

/// Cells that a text takes when it is shown.
fn cells(text: &str) -> u16 {
    use unicode_width::UnicodeWidthStr as _;
    u16::try_from(crate::model::SafeText::new(text).as_str().width()).unwrap_or(u16::MAX)
}

/// What is wrong, how far the query is, or how it went.
fn draw_status(state: &State, canvas: &mut Canvas<'_>, area: Area) {
    let desk = &state.desk;
    if state.is_asking(Slot::Query) {
        if desk.asked.as_ref().is_some_and(|asked| asked.at_aws.is_some()) {
            return canvas.rule(area, &format!("at AWS: {} · esc stops it, there too", desk.going), Role::Warning);
        }
        let (looked, of) = desk.progress;
        let part = if of == 0 { String::new() } else { format!(" {} of {} events", grouped(looked), grouped(of)) };
        return canvas.rule(area, &format!("running…{part} · esc cancels"), Role::Warning);
    }
    if let Some(problem) = &desk.problem {
        let unfinished = desk.typing && problem.at.as_ref().is_some_and(|at| at.start >= desk.text().trim_end().len());
        return canvas.rule(area, &problem.what, if unfinished { Role::Muted } else { Role::Denied });
    }
    let hunt = desk.hunt.as_ref().map(|(hunt, _)| hunt.title.clone());
    let Some(results) = &desk.results else {
        return canvas.rule(area, hunt.as_deref().unwrap_or("Query"), Role::Title);
    };
    let mut parts: Vec<String> = hunt.into_iter().collect();
    let statistics = results.statistics();
    parts.push(match results.rows.len() as u64 {
        1 => "1 row".to_owned(),
        count => format!("{} rows", grouped(count)),
    });
    parts.push(format!("{} ms", grouped(results.millis)));
    let read = bytes(statistics.bytes);
    match &results.billed {
        Some(billed) => {
            let (scanned, matched, spared) = (grouped(statistics.scanned), grouped(statistics.matched), grouped(billed.spared));
            parts.push(format!("AWS scanned {read} {}", billed.cost));
            let spared = if billed.spared == 0 { String::new() } else { format!(", {spared} spared") };
            parts.push(format!("{matched} of {scanned} matched{spared}"));
            parts.push(billed.from.clone());
        }
        None => parts.push(format!("looked at {} events, read {read}", grouped(statistics.scanned))),
    }
    if results.answer.is_incomplete {
        parts.push("incomplete".to_owned());
    }
    if desk.asked.as_ref().is_some_and(|asked| asked.text != desk.text()) {
        parts.push("the text has changed since".to_owned());
    } else if desk
        .asked
        .as_ref()
        .is_some_and(|asked| asked.scope.range != state.view.scope.range || asked.scope.entities != state.view.scope.entities)
    {
        parts.push("the scope has changed since".to_owned());
    }
    parts.extend(results.answer.notes.first().cloned());
    let role = if results.answer.is_incomplete { Role::Warning } else { Role::Title };
    canvas.rule(area, &parts.join(" · "), role);
}

fn draw_empty(state: &State, canvas: &mut Canvas<'_>, area: Area) {
    let key = |command| state.setup.keymap.key_of(command, Context::Query).unwrap_or_default();
    let text = format!(
        "Ask in CloudWatch Logs Insights QL or in SQL; the same text runs on the case and at AWS.\n\n{} writes a query, ctrl-s runs it on the case; tab takes a word that is offered\n{} runs it at AWS: the price comes first when it is beyond the budget\n{} chooses one of {} hunts: ready questions with parameters\n{} lists the queries of before\n\nExample: filter x.denied = true | stats count(*) as n by eventName, x.principal | sort n desc",
        key(Command::EditQuery),
        key(Command::RunAtAws),
        key(Command::Hunts),
        state.setup.catalogue.hunts().len(),
        key(Command::QueryHistory),
    );
    let mut page = Page::new(vec![Block::new(BlockKind::Facts, "", text)]);
    page.layout(area.width.saturating_sub(6).min(100));
    page.draw(canvas, Area::new(area.x + 1, area.y, area.width.saturating_sub(4), area.height), 1, None);
}

/// Columns that fit, from the first that lets the selected one be seen; each with its place and room.
fn placed(state: &State, width: u16) -> Vec<(usize, u16, u16)> {
    let shown = state.desk.shown();
    let selected = shown.iter().position(|column| *column == state.desk.column).unwrap_or(0);
    let room = |column: usize| state.desk.width(column).min(width.saturating_sub(2));
    let mut first = selected;
    let mut used = shown.get(selected).map_or(0, |column| room(*column) + 2);
    while first > 0 {
        let Some(before) = shown.get(first - 1) else { break };
        let more = room(*before) + 2;
        if used + more > width.saturating_sub(1) {
            break;
        }
        used += more;
        first -= 1;
    }
    let mut placed = Vec::new();
    let mut x = 1;
    for column in shown.iter().skip(first) {
        if x >= width {
            break;
        }
        let given = room(*column).min(width - x);
        placed.push((*column, x, given));
        x += given + 2;
    }
    // What is left over goes to the last column, which is often the longest text.
    if let Some((column, x, given)) = placed.last_mut()
        && state.desk.widths.get(*column).is_some()
        && !state.desk.results.as_ref().and_then(|results| results.numeric.get(*column)).copied().unwrap_or(false)
    {
        *given = (*given).max(width.saturating_sub(*x + 1));
    }
    placed
}

fn draw_table(state: &State, canvas: &mut Canvas<'_>, layout: &Layout, results: &Results) {
    let columns = placed(state, layout.rows.width);
    let is_numeric = |column: usize| results.numeric.get(column).copied().unwrap_or(false);
    for (column, x, room) in &columns {
        let title = results.columns.get(*column).map_or("", String::as_str);
        let sign = match &state.desk.order {
            Some((by, falling, _)) if by == column => canvas.glyph(if *falling { "▼" } else { "▲" }, if *falling { "v" } else { "^" }),
            _ => "",
        };
        let title = format!("{title}{sign}");
        let pad = if is_numeric(*column) { room.saturating_sub(cells(&title)) } else { 0 };
        canvas.text(x + pad, layout.header.y, room.saturating_sub(pad), &title, Role::Header);
        if *column == state.desk.column {
            canvas.tint(Area::new(*x, layout.header.y, *room, 1), Role::SelectedIdle);
        }
    }
    let position = state.view.position();
    for (line, index) in window(position.top, layout.rows.height, results.rows.len()).enumerate() {
        let y = layout.rows.y + line as u16;
        for (column, x, room) in &columns {
            let Some(text) = state.desk.cell(index, *column) else { continue };
            let text: String =
                text.chars().take(usize::from(*room) * 2 + 8).map(|letter| if matches!(letter, '\n' | '\r' | '\t') { ' ' } else { letter }).collect();
            let is_entity = results.kinds.get(*column).is_some_and(Option::is_some);
            let pad = if is_numeric(*column) { room.saturating_sub(cells(&text)) } else { 0 };
            canvas.text(x + pad, y, room.saturating_sub(pad), &text, if is_entity { Role::Entity } else { Role::Text });
            if index == position.index && *column == state.desk.column {
                select(canvas, Area::new(*x, y, (*room).min(40), 1), true);
            }
        }
        if index == position.index {
            canvas.text(0, y, 1, canvas.glyph("▸", ">"), Role::Strong);
        }
    }
}

/// The selected cell in full, as far as there is room.
fn draw_cell(state: &State, canvas: &mut Canvas<'_>, area: Area, results: &Results) {
    let Some(text) = state.desk.cell(state.view.position().index, state.desk.column).filter(|_| area.height > 1) else { return };
    let title = results.columns.get(state.desk.column).map_or("", String::as_str);
    let event = state.desk.row(state.view.position().index).and_then(|row| results.rows.get(row)).is_some_and(|row| row.event.is_some());
    let hint = if event { format!("{title} · enter goes to the event") } else { format!("{title} · enter shows all of it") };
    canvas.rule(Area::new(area.x, area.y, area.width, 1), &hint, Role::Muted);
    // No more than can be seen is laid out.
    let most = usize::from(area.width) * usize::from(area.height) * 2;
    let cut: String = text.chars().take(most).collect();
    let mut page = Page::new(vec![Block::new(BlockKind::Facts, "", cut)]);
    page.layout(area.width.saturating_sub(3));
    page.draw(canvas, Area::new(area.x, area.y + 1, area.width, area.height - 1), 1, None);
}

/// Words that may come next, below the cursor.
fn draw_offers(state: &State, canvas: &mut Canvas<'_>, area: Area, top: usize) {
    const SHOWN: u16 = 8;
    let Some(offers) = &state.desk.offers else { return };
    let text = state.desk.text();
    let before = text.get(..offers.from).unwrap_or_default();
    let line = before.matches('\n').count();
    let start = before.rsplit('\n').next().unwrap_or_default();
    let y = area.y + line.saturating_sub(top) as u16 + 1;
    let height = SHOWN.min(offers.items.len() as u16).min(canvas.area().bottom().saturating_sub(y + 1));
    let word = offers.items.iter().map(|offer| cells(&offer.word)).max().unwrap_or(0).min(40);
    let width = (word + 2 + offers.items.iter().map(|offer| cells(&offer.about)).max().unwrap_or(0) + 2).min(84).min(area.width.saturating_sub(2));
    let x = (area.x + 1 + cells(start)).min(area.right().saturating_sub(width + 1));
    canvas.clear(Area::new(x, y, width, height), Role::Popup);
    let first = (offers.cursor + 1).saturating_sub(usize::from(height));
    for (line, (index, offer)) in offers.items.iter().enumerate().skip(first).take(usize::from(height)).enumerate() {
        let y = y + line as u16;
        canvas.text(x + 1, y, word, &offer.word, Role::Text);
        canvas.text(x + word + 3, y, width.saturating_sub(word + 4), &offer.about, Role::Muted);
        if index == offers.cursor {
            canvas.tint(Area::new(x, y, width, 1), Role::Selected);
        }
    }
}
