//! The page of one principal or bucket: what, when and from where, with counts; each value is a pivot.

use super::events::{YEAR, spans_years, time_text};
use super::tables::{ending, short};
use crate::model::{EntityKind, Secrets, Strand};
use crate::stitch::profiles::{Profile, titles};
use crate::tui::render::grouped;
use crate::tui::state::State;
use crate::tui::tables::{PagePart, ProfilePage};
use crate::tui::theme::Role;
use crate::tui::widgets::{Area, Canvas, spark};

/// Cells that labels take.
const LABEL: u16 = 16;

/// Cells for the words behind a picture: `164,372 in, 139,595 out`.
const WORDS: u16 = 24;

/// The lines of the page.
pub fn lines(profile: &Profile, signals: u64, secrets: Secrets) -> Vec<PagePart> {
    let summary = &profile.summary;
    let (kind, mut lines) = (profile.entity.kind, Vec::new());
    let mut parts = vec![format!("{} events", grouped(summary.events))];
    parts.extend((summary.denied > 0).then(|| format!("{} denied", grouped(summary.denied))));
    parts.extend((profile.failed > 0).then(|| format!("{} failed", grouped(profile.failed))));
    let strands = Strand::ALL.into_iter().zip(profile.strands).filter(|(_, count)| *count > 0);
    let strands: Vec<String> = strands.map(|(strand, count)| format!("{} {strand}", grouped(count))).collect();
    if strands.len() > 1 {
        parts.push(format!("({})", strands.join(", ")));
    }
    lines.push(PagePart::Fact("events", parts.join(" · ").replace(" · (", " (")));
    if summary.named > 0 {
        let own = if summary.events == 0 { "did nothing itself; " } else { "" };
        lines.push(PagePart::Fact("named", format!("{own}{} events of others name it", grouped(summary.named))));
    }
    let seconds = |time: Option<crate::model::Timestamp>| {
        time.map_or_else(|| "no time".to_owned(), |time| time.to_jiff().strftime("%Y-%m-%d %H:%M:%S").to_string())
    };
    lines.push(PagePart::Fact("seen", format!("{} – {} UTC", seconds(summary.first), seconds(summary.last))));
    if signals > 0 {
        lines.push(PagePart::Fact("signals", grouped(signals)));
    }
    let some: Vec<String> = titles(kind)
        .iter()
        .zip(summary.counts)
        .filter(|(title, count)| **title != "tokens" && *count > 0)
        .map(|(title, count)| counted(title, count))
        .collect();
    lines.push(PagePart::Fact("in short", some.join(" · ")));
    lines.push(PagePart::Picture("events over time", profile.over_time.clone(), grouped(summary.events)));
    let [input, output] = profile.tokens;
    if input.saturating_add(output) > 0 {
        let words = format!("{} in, {} out", short(input, 7), short(output, 7));
        lines.push(PagePart::Picture("tokens over time", profile.tokens_over_time.clone(), words));
    }
    for (at, section) in profile.sections.iter().enumerate() {
        lines.push(PagePart::Blank);
        lines.push(PagePart::Title(section.title, section.all, section.warns));
        for (place, value) in section.values.iter().enumerate() {
            let shown = match (value.entity.kind, value.note.is_empty()) {
                // A request id says nothing to a person.
                (EntityKind::Request, false) => value.note.as_str().into(),
                (_, true) => value.entity.value.clone(),
                (_, false) => format!("{} · {}", value.entity.value, value.note).into(),
            };
            lines.push(PagePart::Value(at, place, secrets.name(&shown)));
        }
        if section.all > section.values.len() {
            lines.push(PagePart::More(section.all - section.values.len()));
        }
    }
    lines
}

/// `1 writer`, `3 user agents`.
fn counted(title: &str, count: u64) -> String {
    let one = |title: &str| match title {
        "addresses" => "address".to_owned(),
        other => other.trim_end_matches('s').to_owned(),
    };
    if count == 1 { format!("1 {}", one(title)) } else { format!("{} {title}", grouped(count)) }
}

/// Draws the page, or its beginning below the list.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, area: Area) {
    let Some(page) = state.current_profile() else {
        canvas.rule(Area::new(area.x, area.y, area.width, 1), "", Role::Muted);
        return;
    };
    let focused = state.detail_has_focus();
    let heading = format!("{} {}", page.profile.entity.kind, state.secrets.text(&page.profile.entity.value));
    canvas.rule(Area::new(area.x, area.y, area.width, 1), &heading, if focused { Role::TabActive } else { Role::Muted });
    let body = Area::new(area.x, area.y + 1, area.width, area.height.saturating_sub(1));
    if !state.view.open && !focused {
        return draw_short(state, canvas, body, page);
    }
    let (cursor, top) = state.view.detail;
    for (row, (index, line)) in page.lines.iter().enumerate().skip(top).take(usize::from(body.height)).enumerate() {
        let y = body.y + row as u16;
        draw_line(state, canvas, Area::new(body.x, y, body.width, 1), page, line);
        if focused && index == cursor {
            canvas.tint(Area::new(body.x, y, 2, 1), Role::Selected);
        }
    }
}

/// What fits below the list: the facts, then each section in one line.
fn draw_short(state: &State, canvas: &mut Canvas<'_>, area: Area, page: &ProfilePage) {
    let facts = page.lines.iter().take_while(|line| !matches!(line, PagePart::Blank)).filter(|line| !matches!(line, PagePart::Fact("in short", _)));
    let mut y = area.y;
    for line in facts.take(usize::from(area.height)) {
        draw_line(state, canvas, Area::new(area.x, y, area.width, 1), page, line);
        y += 1;
    }
    for section in &page.profile.sections {
        if y >= area.bottom() {
            return;
        }
        let named = section.values.iter().map(|value| {
            let shown = if value.entity.kind == EntityKind::Request { value.note.as_str() } else { &*value.entity.value };
            format!("{} {}", state.secrets.text(shown), grouped(value.count))
        });
        let text = named.take(8).collect::<Vec<_>>().join(" · ");
        let label = format!("{} ({})", section.title, section.all);
        canvas.text(area.x + 1, y, LABEL + 6, &label, Role::Muted);
        canvas.text(area.x + LABEL + 8, y, area.width.saturating_sub(LABEL + 9), &text, if section.warns { Role::Warning } else { Role::Entity });
        y += 1;
    }
}

fn draw_line(state: &State, canvas: &mut Canvas<'_>, area: Area, page: &ProfilePage, line: &PagePart) {
    let (x, y) = (area.x + 2, area.y);
    let room = area.width.saturating_sub(3);
    match line {
        PagePart::Fact(label, words) => {
            canvas.text(x, y, LABEL, label, Role::Muted);
            canvas.text(x + LABEL + 2, y, room.saturating_sub(LABEL + 2), words, if *label == "signals" { Role::Warning } else { Role::Text });
        }
        PagePart::Picture(label, values, words) => {
            // All pictures of a page are as wide, so that one moment stands below the other.
            let after = WORDS.min(room / 3);
            let width = room.saturating_sub(LABEL + 2 + after + 2).min(values.len() as u16);
            canvas.text(x, y, LABEL, label, Role::Muted);
            let (left, right) = (canvas.glyph("▕", "|"), canvas.glyph("▏", "|"));
            canvas.text(x + LABEL + 1, y, 1, left, Role::Rule);
            canvas.text(x + LABEL + 2, y, width, &spark(values, width, canvas.is_ascii()), Role::Invocation);
            canvas.text(x + LABEL + 2 + width, y, 1, right, Role::Rule);
            canvas.text(x + LABEL + 4 + width, y, after, words, Role::Text);
        }
        PagePart::Blank => {}
        PagePart::Title(title, all, warns) => {
            let used = canvas.text(x, y, room, title, if *warns { Role::Warning } else { Role::Title });
            canvas.text(x + used + 1, y, room.saturating_sub(used + 1), &grouped(*all as u64), Role::Muted);
            let times = times_width(state);
            let right = area.right().saturating_sub(1);
            for (at, width, title) in value_columns(right, times) {
                let left = matches!(title, "first" | "last");
                canvas.text(if left { at } else { at + width.saturating_sub(title.len() as u16) }, y, width, title, Role::Header);
            }
        }
        PagePart::Value(section, at, shown) => {
            let Some(value) = page.profile.sections.get(*section).and_then(|section| section.values.get(*at)) else { return };
            let times = times_width(state);
            let [count, denied, first, last] = value_columns(area.right().saturating_sub(1), times);
            let left = count.0.saturating_sub(x + 3);
            let text = if value.note.is_empty() { ending(shown, usize::from(left), canvas.glyph("…", "~")) } else { shown.to_string() };
            canvas.text(x + 2, y, left, &text, Role::Entity);
            for ((at, width, _), number, role) in [(count, value.count, Role::Text), (denied, value.denied, Role::Denied)] {
                let text = if number == 0 { canvas.glyph("·", ".").to_owned() } else { grouped(number) };
                let length = text.chars().count() as u16;
                canvas.text(at + width.saturating_sub(length), y, length, &text, if number == 0 { Role::Muted } else { role });
            }
            for ((at, width, _), time) in [(first, value.first), (last, value.last)] {
                canvas.text(at, y, width, &time_text(time, width), Role::Muted);
            }
        }
        PagePart::More(more) => {
            canvas.text(x + 2, y, room, &format!("and {} more", grouped(*more as u64)), Role::Muted);
        }
    }
}

fn times_width(state: &State) -> u16 {
    14 + if spans_years(state) { YEAR } else { 0 }
}

/// Where the numbers of a value stand, right-aligned to an edge: place, width, title.
fn value_columns(right: u16, times: u16) -> [(u16, u16, &'static str); 4] {
    let last = right.saturating_sub(times);
    // Narrow: what it is about needs the room.
    let times = if right < 100 { 0 } else { times };
    let first = last.saturating_sub(times + u16::from(times > 0));
    let denied = first.saturating_sub(8);
    let count = denied.saturating_sub(9);
    [(count, 8, "events"), (denied, 7, "denied"), (first, times, "first"), (last, times, "last")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_and_many() {
        assert_eq!([counted("addresses", 1), counted("keys", 1), counted("addresses", 1200)], ["1 address", "1 key", "1,200 addresses"]);
    }
}
