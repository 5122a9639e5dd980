//! Bars of an answer: standing over time, lying beside names; groups stacked, each in its own colour.

use super::canvas::{Area, Canvas};
use crate::report::grouped;
use crate::tui::results::Bars;
use crate::tui::theme::Role;

/// The colours of groups, and the letters that tell them apart where there are none.
const ROLES: [Role; 6] = [Role::Invocation, Role::Management, Role::Data, Role::Endpoint, Role::Network, Role::Span];
const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
const LETTERS: [&str; 6] = ["#", "o", "+", "x", "=", "."];

fn role(group: usize) -> Role {
    ROLES.get(group % ROLES.len()).copied().unwrap_or(Role::Text)
}

/// Draws the bars, with a legend above and what they stand over below.
pub fn draw_bars(canvas: &mut Canvas<'_>, area: Area, bars: &Bars) {
    if area.height < 4 || area.width < 20 || bars.stands.is_empty() {
        return;
    }
    let highest = bars.stands.iter().map(|(_, heights)| heights.iter().sum::<f64>()).fold(0.0, f64::max);
    let said = format!(
        "{} · highest {}{}",
        bars.of,
        number(highest),
        if bars.left_out > 0 { format!(" · {} bars have no room", bars.left_out) } else { String::new() }
    );
    let mut x = area.x + canvas.text(area.x, area.y, area.width, &said, Role::Header) + 2;
    let named = bars.groups.iter().enumerate().filter(|(_, name)| !name.is_empty());
    for (group, name) in named {
        if x + 6 > area.right() {
            break;
        }
        let sign = letter(canvas, group);
        canvas.bar_cell(x, area.y, sign, role(group), None);
        x += 2 + canvas.text(x + 2, area.y, (area.right() - x - 2).min(26), &short(name), Role::Text) + 2;
    }
    let inner = Area::new(area.x, area.y + 1, area.width, area.height - 1);
    if highest <= 0.0 {
        canvas.text(inner.x, inner.y + 1, inner.width, "all of it is zero", Role::Muted);
    } else if bars.is_time {
        standing(canvas, inner, bars, highest);
    } else {
        lying(canvas, inner, bars, highest);
    }
}

/// The sign of a full cell of a group. Without colours its letter tells it.
fn letter(canvas: &Canvas<'_>, group: usize) -> &'static str {
    if canvas.is_ascii() { LETTERS.get(group % LETTERS.len()).copied().unwrap_or("#") } else { "█" }
}

/// The end of a long name: of `{account}/role/{name}` the name is what tells it apart.
fn short(name: &str) -> String {
    let count = name.chars().count();
    if count <= 24 { name.to_owned() } else { format!("…{}", name.chars().skip(count - 23).collect::<String>()) }
}

fn standing(canvas: &mut Canvas<'_>, area: Area, bars: &Bars, highest: f64) {
    let rows = area.height - 1;
    let wide = (area.width / bars.stands.len().max(1) as u16).clamp(1, 8);
    // What has no room for a bar of its own shares one: the highest of each share is shown.
    let share = bars.stands.len().div_ceil(usize::from(area.width / wide).max(1)).max(1);
    let levels = f64::from(rows) * 8.0;
    for (number, chunk) in bars.stands.chunks(share).enumerate() {
        let Some((_, heights)) = chunk.iter().max_by(|one, other| one.1.iter().sum::<f64>().total_cmp(&other.1.iter().sum::<f64>())) else {
            continue;
        };
        let x = area.x + number as u16 * wide;
        let mut reached = 0.0;
        let mut tops: Vec<(usize, u32)> = Vec::new();
        for (group, height) in heights.iter().enumerate().filter(|(_, height)| **height > 0.0) {
            reached += height;
            let level = ((reached / highest * levels).round() as u32).max(1);
            tops.push((group, level));
        }
        for row in 0..rows {
            let (low, high) = (u32::from(row) * 8, u32::from(row) * 8 + 8);
            let at = |level: u32| tops.iter().find(|(_, top)| level < *top).map(|(group, _)| *group);
            let Some(bottom) = at(low) else { break };
            let boundary = (low..high).find(|level| at(*level) != Some(bottom)).unwrap_or(high);
            let above = at(boundary).filter(|_| boundary < high);
            let glyph = if canvas.is_ascii() { letter(canvas, bottom) } else { EIGHTHS.get((boundary - low) as usize).copied().unwrap_or(" ") };
            let ground = above.filter(|_| !canvas.is_ascii()).map(role);
            for column in 0..wide.saturating_sub(u16::from(wide > 2)).max(1) {
                canvas.bar_cell(x + column, area.bottom() - 2 - row, glyph, role(bottom), ground);
            }
        }
    }
    let every = (14 / usize::from(wide)).max(1) + 1;
    for (number, chunk) in bars.stands.chunks(share).enumerate().step_by(every) {
        let x = area.x + number as u16 * wide;
        if let Some((label, _)) = chunk.first().filter(|_| x + 11 < area.right()) {
            canvas.text(x, area.bottom() - 1, 12, label, Role::Muted);
        }
    }
}

fn lying(canvas: &mut Canvas<'_>, area: Area, bars: &Bars, highest: f64) {
    let names = bars.stands.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).clamp(4, usize::from(area.width / 3)) as u16;
    let room = area.width.saturating_sub(names + 14);
    for (line, (name, heights)) in bars.stands.iter().take(usize::from(area.height)).enumerate() {
        let y = area.y + line as u16;
        canvas.text(area.x, y, names, name, Role::Text);
        let total: f64 = heights.iter().sum();
        let (mut x, mut reached) = (area.x + names + 1, 0.0);
        for (group, height) in heights.iter().enumerate().filter(|(_, height)| **height > 0.0) {
            reached += height;
            let end = area.x + names + 1 + ((reached / highest * f64::from(room)).round() as u16).max(1);
            let sign = letter(canvas, group);
            while x < end {
                canvas.bar_cell(x, y, sign, role(group), None);
                x += 1;
            }
        }
        canvas.text(x + 1, y, 12, &number(total), Role::Muted);
    }
}

fn number(value: f64) -> String {
    if value.fract().abs() < 1e-9 && value < 1e15 { grouped(value as u64) } else { format!("{value:.2}") }
}
