//! Title line, tabs and hint line.

use std::ops::Range;

use super::{Area, Canvas, bytes, grouped};
use crate::model::{Entity, EntityKind, Scope, Secrets, Strand, StrandSet, TimeRange, Timestamp};
use crate::tui::commands::Command;
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
    let put = |canvas: &mut Canvas<'_>, x: &mut u16, end: u16, text: &str, role: Role| {
        if *x < end {
            *x += canvas.text(*x, area.y, end - *x, text, role);
        }
    };
    let arrow = canvas.glyph(" ▸ ", " > ");
    // When is what must not be misread: everything else makes way for it.
    let range = range_words(&state.view.scope.range);
    let range_width = range.as_ref().map_or(0, |range| (range.chars().count() + 3) as u16);
    let end = left.saturating_sub(range_width);
    put(canvas, &mut x, end, "  ", Role::Muted);
    put(canvas, &mut x, end, &state.setup.title, Role::Strong);
    let parts = breadcrumb(&state.view.scope, state.secrets, usize::from(end.saturating_sub(x)));
    for (index, part) in parts.iter().enumerate() {
        put(canvas, &mut x, end, arrow, Role::Muted);
        put(canvas, &mut x, end, part, if index == 0 { Role::Text } else { Role::Entity });
    }
    if let Some(range) = range {
        put(canvas, &mut x, left, arrow, Role::Muted);
        put(canvas, &mut x, left, &range, Role::Entity);
    }
    canvas.text(area.width.saturating_sub(right_width + 1), area.y, right_width, &right, Role::Muted);
}

/// The scope but its range in words, widest first. Where there is too little room the entities become shorter, and in the
/// end only a number.
fn breadcrumb(scope: &Scope, secrets: Secrets, room: usize) -> Vec<String> {
    let mut rest = Vec::new();
    if scope.strands != StrandSet::ALL {
        rest.push(Strand::ALL.into_iter().filter(|strand| scope.strands.contains(*strand)).map(Strand::name).collect::<Vec<_>>().join("+"));
    }
    rest.extend(scope.fields.iter().map(|filter| shorten(&filter.to_string(), 40)));
    if let Some(text) = &scope.text {
        rest.push(format!("/{}/", text.pattern));
    }
    let with = |entities: Vec<String>| [vec!["all".to_owned()], entities, rest.clone()].concat();
    let fits = |parts: &Vec<String>| parts.iter().map(|part| part.chars().count() + 3).sum::<usize>() <= room;
    let shorter = [40, 20, 12].map(|limit| with(entity_words(scope, secrets, limit)));
    shorter.into_iter().find(fits).unwrap_or_else(|| {
        with(match scope.entities.len() {
            0 => Vec::new(),
            1 => vec!["1 entity".to_owned()],
            count => vec![format!("{count} entities")],
        })
    })
}

/// Each entity in words; several of a kind are only counted.
fn entity_words(scope: &Scope, secrets: Secrets, limit: usize) -> Vec<String> {
    let mut parts = Vec::new();
    for (index, entity) in scope.entities.iter().enumerate() {
        let of_kind = |other: &&Entity| other.kind == entity.kind;
        match scope.entities.iter().filter(of_kind).count() {
            1 => {
                let limit = if matches!(entity.kind, EntityKind::Request | EntityKind::Key) { limit.min(16) } else { limit };
                parts.push(format!("{} {}", entity.kind, shorten(&secrets.text(&entity.value), limit)));
            }
            count if !scope.entities.iter().take(index).any(|other| of_kind(&other)) => parts.push(format!("{count} {}s", entity.kind)),
            _ => {}
        }
    }
    parts
}

fn range_words(range: &TimeRange) -> Option<String> {
    if range.is_open() {
        return None;
    }
    let day = |at: Timestamp| at.to_jiff().strftime("%m-%d %H:%M").to_string();
    let same_day = matches!((range.since, range.until), (Some(a), Some(b)) if a.date() == b.date());
    let end = |at: Timestamp| if same_day { at.to_jiff().strftime("%H:%M").to_string() } else { day(at) };
    Some(format!("{}–{}", range.since.map(day).unwrap_or_default(), range.until.map(end).unwrap_or_default()))
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
    if let Some(live) = &state.live {
        parts.push(live.in_short());
    }
    if !state.spent.is_empty() {
        parts.push(if state.live.is_some() { state.spent.clone() } else { format!("AWS {}", state.spent) });
    }
    if let Some(ingest) = &state.ingest {
        let (done, known) = ingest.files;
        parts.push(format!("reading {}/{} files {}", grouped(done), grouped(known), bytes(ingest.bytes)));
    }
    if state.rules_run {
        parts.push("rules running".to_owned());
    }
    if state.is_asking(crate::tui::ask::Slot::Search) {
        parts.push("searching".to_owned());
    }
    if let Some(hits) = state.hits_here() {
        let count = match state.view.pane.shape() {
            Shape::Values(_) | Shape::Signals => (0..state.list_len()).filter(|row| state.is_hit(hits, *row)).count(),
            _ => hits.ids.len(),
        };
        parts.push(if count == 1 { "1 match".to_owned() } else { format!("{} matches", grouped(count as u64)) });
    }
    match state.view.pane.shape() {
        Shape::Events | Shape::Exchanges | Shape::Controls | Shape::Signals if state.list_is_current() => {
            let length = state.list.refs.len() as u64;
            let place = if length == 0 { 0 } else { state.view.position().index as u64 + 1 };
            parts.push(format!("{}/{}", grouped(place), grouped(length)));
        }
        Shape::Values(kind) if state.list_is_current() => {
            let (shown, all) = (state.list.order.len() as u64, state.list.table.rows.len() as u64);
            let of = if shown == all { String::new() } else { format!(" of {} named {}", grouped(all), state.view.names()) };
            parts.extend((!state.list.table.whole).then(|| "counting".to_owned()));
            parts.push(format!("{} {kind}{}{of}", grouped(shown), if shown == 1 { "" } else { "s" }));
        }
        Shape::Query => parts.extend(crate::tui::panes::query_words(state)),
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
    if state.view.pane.shape() == Shape::Query && state.desk.typing && state.layers.is_empty() {
        let mut x = 1;
        for (key, word) in [("ctrl-s", "run"), ("tab", "take the word"), ("esc", "leave"), ("ctrl-u", "clear the line")] {
            x = hint(canvas, area, x, key, word);
        }
        return;
    }
    let context = state.context();
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
        Shape::Page => &[Command::AddSource, Command::Note, Command::Palette, Command::Help, Command::Back, Command::Quit],
        Shape::Signals => &[
            Command::Open,
            Command::Judge,
            Command::Note,
            Command::Pivot,
            Command::Sort,
            Command::TimeRange,
            Command::Help,
            Command::Palette,
            Command::Back,
            Command::Copy,
            Command::Export,
            Command::Quit,
        ],
        Shape::Values(_) => &[
            Command::Open,
            Command::Pivot,
            Command::Sort,
            Command::Filter,
            Command::TimeRange,
            Command::Search,
            Command::Help,
            Command::Palette,
            Command::Back,
            Command::Copy,
            Command::Export,
            Command::Quit,
        ],
        Shape::Query => &[
            Command::EditQuery,
            Command::RunQuery,
            Command::RunAtAws,
            Command::Hunts,
            Command::QueryHistory,
            Command::Pivot,
            Command::Open,
            Command::Chart,
            Command::Help,
            Command::Export,
            Command::SortColumn,
            Command::Columns,
            Command::TimeRange,
            Command::Back,
            Command::Quit,
        ],
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_of_a_kind_fold_and_make_way_before_anything_else() {
        let entity = |kind, value: &str| Entity::new(kind, value);
        let scope = Scope {
            entities: vec![
                entity(EntityKind::Action, "InvokeModel"),
                entity(EntityKind::Principal, "111122223333/role/acme-support-reporting"),
                entity(EntityKind::Action, "Converse"),
                entity(EntityKind::Action, "ConverseStream"),
            ],
            strands: StrandSet::only(Strand::Management),
            ..Scope::all()
        };
        let words = |room| breadcrumb(&scope, Secrets::Masked, room).join(" > ");
        assert_eq!(words(200), "all > 3 actions > principal 111122223333/role/acme-support-reporting > management");
        assert_eq!(words(66), "all > 3 actions > principal 1111222233…orting > management");
        assert_eq!(words(30), "all > 4 entities > management");
    }
}
