//! The list of the Prompts pane: one conversation a row, which is often one exchange, with flags and token counts.

use super::events::{YEAR, spans_years, time_text, who};
use super::{select, sign, signal_sign};
use crate::model::{ExchangeFacts, ExchangeFlags};
use crate::report::FLAGS;
use crate::tui::ask::{Row, Thread};
use crate::tui::render::{Layout, grouped, window};
use crate::tui::state::State;
use crate::tui::theme::Role;
use crate::tui::widgets::{Area, Canvas};

/// The letters of the flags that are set.
pub fn letters(flags: ExchangeFlags) -> String {
    FLAGS.iter().filter(|(flag, ..)| flags.has(*flag)).map(|(_, letter, _)| *letter).collect()
}

/// Tokens have a column only where there is room for the text beside it.
const TOKENS_FROM: u16 = 66;

/// Where the columns begin.
struct Columns {
    time: u16,
    flags: u16,
    asked: u16,
}

impl Columns {
    fn of(state: &State) -> Self {
        let time = 14 + if spans_years(state) { YEAR } else { 0 };
        Self { time, flags: time + 3, asked: time + 9 }
    }
}

/// Draws the rows of the window.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, layout: &Layout) {
    let width = layout.rows.width;
    let columns = Columns::of(state);
    let (done, all) = state.case.reviewed;
    let progress = if all > 0 { format!("{}/{} reviewed", grouped(done), grouped(all)) } else { String::new() };
    let at = width.saturating_sub(progress.len() as u16 + 1);
    canvas.text(2, layout.header.y, columns.time, "time (UTC)", Role::Header);
    canvas.text(columns.flags, layout.header.y, 5, "flags", Role::Header);
    canvas.text(columns.asked, layout.header.y, at.saturating_sub(columns.asked + 1), "asked", Role::Header);
    canvas.text(at, layout.header.y, progress.len() as u16, &progress, Role::Muted);
    let position = state.view.position();
    for (line, index) in window(position.top, layout.rows.height, state.list.refs.len()).enumerate() {
        let Some(reference) = state.list.refs.get(index) else { continue };
        let y = layout.rows.y + line as u16;
        match state.rows.get(&reference.id) {
            Some(row) => draw_row(canvas, Area::new(0, y, width, 1), &columns, row),
            None => {
                canvas.text(2, y, columns.time, &time_text(reference.time(), columns.time), Role::Muted);
            }
        }
        let of_calls = state.rows.get(&reference.id).and_then(|row| row.thread.as_ref()).map(|thread| &thread.calls);
        let touched = of_calls.into_iter().flatten().map(|(id, ..)| *id).find(|id| state.flagged.weight(*id).is_some());
        signal_sign(state, canvas, y, touched.unwrap_or(reference.id));
        if index == position.index {
            let selected = if width < TOKENS_FROM { width } else { columns.asked - 1 };
            select(canvas, Area::new(0, y, selected, 1), !state.detail_has_focus());
        }
    }
}

fn draw_row(canvas: &mut Canvas<'_>, area: Area, columns: &Columns, row: &Row) {
    let thread = row.thread.as_deref().filter(|thread| thread.calls.len() > 1);
    let reviewed = thread.map_or(row.mark.reviewed, Thread::is_reviewed);
    let role = if reviewed { Role::Muted } else { Role::Text };
    // Of a conversation the first call that has one.
    let signed = thread.and_then(|thread| thread.calls.iter().map(|(.., mark)| mark).find(|mark| sign(canvas, mark) != " "));
    let mark = sign(canvas, signed.unwrap_or(&row.mark));
    canvas.text(0, area.y, 1, mark, Role::Marked);
    let seen = if reviewed { canvas.glyph("✓", "v") } else { " " };
    canvas.text(1, area.y, 1, seen, Role::Ok);
    canvas.text(2, area.y, columns.time, &time_text(row.event.time, columns.time), role);
    let facts = row.facts.as_ref();
    let flags = letters(thread.map_or_else(|| facts.map(|facts| facts.flags).unwrap_or_default(), |thread| thread.flags));
    canvas.text(columns.flags, area.y, 5, &flags, Role::Warning);
    let mut end = area.width;
    if area.width >= TOKENS_FROM {
        let tokens = match thread {
            Some(thread) => format!("{}>{}", short(Some(thread.tokens.0)), short(Some(thread.tokens.1))),
            None => facts.map(tokens).unwrap_or_default(),
        };
        end = area.width.saturating_sub(tokens.len() as u16 + 1);
        canvas.text(end, area.y, tokens.len() as u16, &tokens, Role::Muted);
    }
    let mut asked = columns.asked;
    if let Some(thread) = thread {
        let calls = format!("{}{}", canvas.glyph("×", "x"), thread.all);
        asked += canvas.text(asked, area.y, 6, &calls, Role::Entity) + 1;
    }
    let room = end.saturating_sub(asked + 1);
    match facts.filter(|facts| !facts.preview.is_empty()) {
        Some(facts) => canvas.text(asked, area.y, room, &facts.preview, role),
        None => {
            let why = no_text(row.event.undecodable.is_some(), facts.map(|facts| facts.flags).unwrap_or_default());
            let instead = row.event.error_code.as_deref().map_or_else(|| who(&row.event), str::to_owned);
            canvas.text(asked, area.y, room, &format!("({why}) {instead}"), Role::Muted)
        }
    };
}

/// Why a row has no text, in the words of its flag.
fn no_text(undecodable: bool, flags: ExchangeFlags) -> &'static str {
    let grounds = [ExchangeFlags::OFFLOADED, ExchangeFlags::NO_BODY, ExchangeFlags::UNKNOWN];
    let ground = FLAGS.iter().find(|(flag, ..)| grounds.contains(flag) && flags.has(*flag));
    match ground {
        Some((.., words)) => words,
        None if undecodable => "unreadable",
        None => "no text",
    }
}

/// `812>304`: total input and output tokens.
pub fn tokens(facts: &ExchangeFacts) -> String {
    format!("{}>{}", short(facts.tokens.total_input.or(facts.tokens.input)), short(facts.tokens.output))
}

fn short(count: Option<u64>) -> String {
    match count {
        None => "-".to_owned(),
        Some(count @ 0..10_000) => count.to_string(),
        Some(count @ 10_000..10_000_000) => format!("{}k", count / 1000),
        Some(count) => format!("{}M", count / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_without_text_says_why() {
        for (undecodable, flags, words) in [
            (false, ExchangeFlags::OFFLOADED, "body in S3"),
            (false, ExchangeFlags::NO_BODY, "no body"),
            (true, ExchangeFlags::UNKNOWN, "unknown shape"),
            (true, ExchangeFlags::default(), "unreadable"),
            (false, ExchangeFlags::TOOLS, "no text"),
        ] {
            assert_eq!(no_text(undecodable, flags), words);
        }
    }
}
