//! Title line, tabs and hint line.

use std::ops::Range;

use super::{Area, Canvas, bytes, grouped};
use crate::model::{EntityKind, Scope, Secrets, Strand, StrandSet};
use crate::tui::commands::{Command, Context};
use crate::tui::message::Severity;
use crate::tui::state::State;
use crate::tui::theme::Role;
use crate::tui::view::{Pane, Shape};

/// Case, breadcrumb of the scope, totals and what is going on.
pub fn title(state: &State, canvas: &mut Canvas<'_>, area: Area) {
    let right = right_side(state);
    let right_width = (right.chars().count() as u16).min(area.width / 2);
    let left = area.width.saturating_sub(right_width + 2);
    let mut x = 1 + canvas.text(1, area.y, left, "outcrop", Role::Title);
    let put = |canvas: &mut Canvas<'_>, x: &mut u16, text: &str, role: Role| {
        if *x < left {
            *x += canvas.text(*x, area.y, left - *x, text, role);
        }
    };
    put(canvas, &mut x, "  ", Role::Muted);
    put(canvas, &mut x, &state.setup.title, Role::Strong);
    let arrow = canvas.glyph(" ▸ ", " > ");
    for (index, part) in breadcrumb(&state.view.scope, state.secrets).iter().enumerate() {
        put(canvas, &mut x, arrow, Role::Muted);
        put(canvas, &mut x, part, if index == 0 { Role::Text } else { Role::Entity });
    }
    canvas.text(area.width.saturating_sub(right_width + 1), area.y, right_width, &right, Role::Muted);
}

/// The scope in words, widest first.
pub fn breadcrumb(scope: &Scope, secrets: Secrets) -> Vec<String> {
    let mut parts = vec!["all".to_owned()];
    for entity in &scope.entities {
        let value = secrets.text(&entity.value);
        let value = match entity.kind {
            EntityKind::Request | EntityKind::Key => shorten(&value, 16),
            _ => shorten(&value, 40),
        };
        parts.push(format!("{} {value}", entity.kind));
    }
    if scope.strands != StrandSet::ALL {
        parts.push(Strand::ALL.into_iter().filter(|strand| scope.strands.contains(*strand)).map(Strand::name).collect::<Vec<_>>().join("+"));
    }
    parts.extend(scope.fields.iter().map(|filter| shorten(&filter.to_string(), 40)));
    if let Some(text) = &scope.text {
        parts.push(format!("/{}/", text.pattern));
    }
    if !scope.range.is_open() {
        let day = |at: crate::model::Timestamp| at.to_jiff().strftime("%m-%d %H:%M").to_string();
        let same_day = matches!((scope.range.since, scope.range.until), (Some(a), Some(b)) if a.date() == b.date());
        let end = |at: crate::model::Timestamp| if same_day { at.to_jiff().strftime("%H:%M").to_string() } else { day(at) };
        parts.push(format!("{}–{}", scope.range.since.map(day).unwrap_or_default(), scope.range.until.map(end).unwrap_or_default()));
    }
    parts
}

/// The beginning and end of a long value.
fn shorten(value: &str, limit: usize) -> String {
    let count = value.chars().count();
    if count <= limit {
        return value.to_owned();
    }
    let head: String = value.chars().take(limit / 2).collect();
    let tail: String = value.chars().skip(count - limit / 3).collect();
    format!("{head}…{tail}")
}

fn right_side(state: &State) -> String {
    let mut parts = Vec::new();
    if state.secrets == Secrets::Revealed {
        parts.push("secrets shown".to_owned());
    }
    if let Some(ingest) = &state.ingest {
        let (done, known) = ingest.files;
        parts.push(format!("reading {}/{} files {}", grouped(done), grouped(known), bytes(ingest.bytes)));
    }
    if state.is_asking(crate::tui::ask::Slot::Search) {
        parts.push("searching".to_owned());
    }
    if let Some(hits) = state.hits_here() {
        let count = match state.view.pane.shape() {
            Shape::Values(_) => (0..state.list_len()).filter(|row| state.is_hit(hits, *row)).count(),
            _ => hits.ids.len(),
        };
        parts.push(if count == 1 { "1 match".to_owned() } else { format!("{} matches", grouped(count as u64)) });
    }
    match state.view.pane.shape() {
        Shape::Events | Shape::Exchanges | Shape::Controls if state.list_is_current() => {
            let length = state.list.refs.len() as u64;
            let place = if length == 0 { 0 } else { state.view.position().index as u64 + 1 };
            parts.push(format!("{}/{}", grouped(place), grouped(length)));
        }
        Shape::Values(kind) if state.list_is_current() => parts.push(format!("{} {kind}s", grouped(state.list.values.len() as u64))),
        _ => parts.push(format!("{} events", grouped(state.case.events.iter().sum()))),
    }
    if state.setup.read_only {
        parts.push("read-only".to_owned());
    }
    parts.join(" · ")
}

/// Each pane's tab and the columns it takes, on a screen this wide.
pub fn tab_places(width: u16) -> impl Iterator<Item = (Pane, Range<u16>)> {
    let long: u16 = Pane::ALL.iter().map(|pane| pane.titles().0.len() as u16 + 4).sum();
    let mut x = 1;
    Pane::ALL.into_iter().map(move |pane| {
        let (title, short) = pane.titles();
        let length = (if long < width { title } else { short }).len() as u16 + 2;
        let range = x..x + length;
        x += length + if long < width { 2 } else { 1 };
        (pane, range)
    })
}

/// The panes.
pub fn tabs(state: &State, canvas: &mut Canvas<'_>, area: Area) {
    for (pane, range) in tab_places(area.width) {
        let (title, short) = pane.titles();
        let length = usize::from(range.end - range.start) - 2;
        let label = if title.len() == length { title } else { short };
        let role = if pane == state.view.pane { Role::TabActive } else { Role::Tab };
        canvas.text(range.start, area.y, area.width.saturating_sub(range.start), &format!("{} {label}", pane.index() + 1), role);
    }
}

/// A message, what may follow a half-typed sequence, or the most useful keys that fit.
pub fn hints(state: &State, canvas: &mut Canvas<'_>, area: Area) {
    if let Some(message) = state.messages.back().filter(|_| state.told) {
        let (sign, role) = match message.severity {
            Severity::Info => ("", Role::Text),
            Severity::Warning => ("! ", Role::Warning),
            Severity::Error => ("error: ", Role::Denied),
        };
        let used = canvas.text(1, area.y, area.width.saturating_sub(2), sign, role);
        canvas.text(1 + used, area.y, area.width.saturating_sub(2 + used), &message.text, role);
        return;
    }
    let context = if state.detail_has_focus() { Context::Detail } else { Context::List };
    let mut x = 1;
    if !state.pending.is_empty() {
        for (keys, command) in state.setup.keymap.continuations(context, &state.pending) {
            x = hint(canvas, area, x, &keys, command.entry().name);
        }
        return;
    }
    for command in wanted_hints(state) {
        if let Some(key) = state.setup.keymap.key_of(*command, context) {
            x = hint(canvas, area, x, &key, command.entry().hint);
        }
    }
}

fn hint(canvas: &mut Canvas<'_>, area: Area, x: u16, key: &str, word: &str) -> u16 {
    let needed = (key.chars().count() + word.chars().count() + 3) as u16;
    if word.is_empty() || x + needed > area.width {
        return x;
    }
    let used = canvas.text(x, area.y, area.width - x, key, Role::HintKey);
    canvas.text(x + used + 1, area.y, area.width - x - used - 1, word, Role::Hint) + x + used + 3
}

/// The most useful commands first: what does not fit is left out from the end.
fn wanted_hints(state: &State) -> &'static [Command] {
    match state.view.pane.shape() {
        Shape::Page | Shape::Empty => &[Command::Note, Command::Palette, Command::Help, Command::Back, Command::Quit],
        Shape::Values(_) => &[Command::Open, Command::TimeRange, Command::Back, Command::Palette, Command::Help, Command::Quit],
        Shape::Controls => &[
            Command::Pivot,
            Command::Open,
            Command::AfterChange,
            Command::Mark,
            Command::Note,
            Command::TimeRange,
            Command::Search,
            Command::Filter,
            Command::Help,
            Command::Palette,
            Command::Back,
            Command::Copy,
            Command::Export,
            Command::Quit,
        ],
        Shape::Events | Shape::Exchanges => &[
            Command::Pivot,
            Command::Open,
            Command::Search,
            Command::Filter,
            Command::TimeRange,
            Command::Mark,
            Command::Note,
            Command::Help,
            Command::Palette,
            Command::Back,
            Command::Copy,
            Command::ZoomIn,
            Command::Export,
            Command::Quit,
        ],
    }
}
