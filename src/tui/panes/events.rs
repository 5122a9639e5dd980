//! Lists of events: Timeline, Guardrails & logging, CLI.

use super::{select, sign, signal_sign};
use crate::model::{EventRef, Outcome, Timestamp};
use crate::tui::ask::Row;
use crate::tui::render::{Layout, window};
use crate::tui::state::State;
use crate::tui::theme::Role;
use crate::tui::widgets::{Area, Canvas, draw_histogram, strand_role};

/// Columns of a row: where each begins and how wide it is.
struct Columns {
    time: (u16, u16),
    strand: (u16, u16),
    who: (u16, u16),
    what: (u16, u16),
    outcome: (u16, u16),
    place: (u16, u16),
}

impl Columns {
    fn of(width: u16, years: bool) -> Self {
        // Most records carry whole seconds; a Region and an address beside each other say more.
        let time = if width >= 140 { 18 } else { 14 } + if years { YEAR } else { 0 };
        let who = (width / 6).clamp(16, 34);
        let outcome = if width >= 70 { 6 } else { 1 };
        let place = if width >= 110 { 29 } else { 0 };
        let mut x = 2;
        let mut next = |length: u16| {
            let column = (x, length);
            x += if length == 0 { 0 } else { length + 1 };
            column
        };
        let (time, strand, who) = (next(time), next(4), next(who));
        let taken = who.0 + who.1 + 1 + outcome + 1 + if place == 0 { 0 } else { place + 1 };
        let what = next(width.saturating_sub(taken).max(8));
        Self { time, strand, who, what, outcome: next(outcome), place: next(place) }
    }
}

/// Draws histogram, header and the rows of the window.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, layout: &Layout) {
    draw_histogram(canvas, layout.histogram, &state.list.histogram, &state.signal_columns, state.selected().and_then(EventRef::time));
    let columns = Columns::of(layout.rows.width, spans_years(state));
    header(canvas, layout.header, &columns);
    let position = state.view.position();
    for (line, index) in window(position.top, layout.rows.height, state.list.refs.len()).enumerate() {
        let Some(reference) = state.list.refs.get(index) else { continue };
        let y = layout.rows.y + line as u16;
        match state.rows.get(&reference.id) {
            Some(row) => draw_row(canvas, y, &columns, row),
            None => bare_row(canvas, y, &columns, *reference),
        }
        signal_sign(state, canvas, y, reference.id);
        if index == position.index {
            select(canvas, Area::new(0, y, columns.who.0 + columns.who.1, 1), !state.detail_has_focus());
        }
    }
}

fn header(canvas: &mut Canvas<'_>, area: Area, columns: &Columns) {
    for ((x, width), title) in [
        (columns.time, "time (UTC)"),
        (columns.strand, "kind"),
        (columns.who, "who"),
        (columns.what, "what"),
        (columns.outcome, "result"),
        (columns.place, "where"),
    ] {
        if width > 0 {
            canvas.text(x, area.y, width, title.get(..usize::from(width).min(title.len())).unwrap_or(title), Role::Header);
        }
    }
}

/// Cells a year takes in a column of times.
pub const YEAR: u16 = 5;

/// Does the case reach from one year into another, so that days without their year would mislead?
pub fn spans_years(state: &State) -> bool {
    state.case.span.is_some_and(|(first, last)| first.to_jiff().strftime("%Y").to_string() != last.to_jiff().strftime("%Y").to_string())
}

/// A time for a column: with the day, and the year and milliseconds where there is room.
pub fn time_text(time: Option<Timestamp>, width: u16) -> String {
    let Some(time) = time else { return "no time".to_owned() };
    let format = match width {
        ..18 => "%m-%d %H:%M:%S",
        18 => "%m-%d %H:%M:%S%.3f",
        19..23 => "%Y-%m-%d %H:%M:%S",
        23.. => "%Y-%m-%d %H:%M:%S%.3f",
    };
    time.to_jiff().strftime(format).to_string()
}

fn bare_row(canvas: &mut Canvas<'_>, y: u16, columns: &Columns, reference: EventRef) {
    canvas.text(columns.time.0, y, columns.time.1, &time_text(reference.time(), columns.time.1), Role::Muted);
    canvas.text(columns.strand.0, y, columns.strand.1, reference.strand().short(), strand_role(reference.strand()));
}

fn draw_row(canvas: &mut Canvas<'_>, y: u16, columns: &Columns, row: &Row) {
    let event = &row.event;
    let mark = sign(canvas, &row.mark);
    canvas.text(0, y, 1, mark, Role::Marked);
    canvas.text(columns.time.0, y, columns.time.1, &time_text(event.time, columns.time.1), Role::Text);
    // Of what could not be decoded neither the strand nor the result is known.
    let (strand, look) = if event.undecodable.is_some() { ("-", Role::Muted) } else { (event.strand.short(), strand_role(event.strand)) };
    canvas.text(columns.strand.0, y, columns.strand.1, strand, look);
    canvas.text(columns.who.0, y, columns.who.1, &who(event), Role::Text);
    let role = if event.undecodable.is_some() { Role::Warning } else { Role::Text };
    canvas.text(columns.what.0, y, columns.what.1, &event.summary(), role);
    let (word, role) = if event.undecodable.is_some() { ("-", Role::Muted) } else { outcome(event.outcome) };
    canvas.text(columns.outcome.0, y, columns.outcome.1, if columns.outcome.1 == 1 { word.get(..1).unwrap_or(word) } else { word }, role);
    if columns.place.1 > 0 {
        let place = [event.region.as_deref(), event.ip.as_deref().or(event.host.as_deref())].into_iter().flatten().collect::<Vec<_>>().join(" ");
        canvas.text(columns.place.0, y, columns.place.1, &place, Role::Muted);
    }
}

/// The word and look of an outcome: never the colour alone.
pub const fn outcome(outcome: Outcome) -> (&'static str, Role) {
    match outcome {
        Outcome::Ok => ("ok", Role::Ok),
        Outcome::Denied => ("denied", Role::Denied),
        Outcome::Error => ("error", Role::Error),
    }
}

/// Who acted, short: the name without the account, with the session when it names a person.
pub fn who(event: &crate::model::Event) -> String {
    let Some(principal) = event.principal.as_deref() else { return event.actor.as_deref().unwrap_or("-").to_owned() };
    let name = principal.rsplit_once('/').map_or(principal, |(_, name)| name);
    match (event.session.as_deref(), event.actor.as_deref()) {
        (Some(session), Some(actor)) if actor.ends_with(session) && session != name => format!("{session} ({name})"),
        _ => name.to_owned(),
    }
}
