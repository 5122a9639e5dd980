//! The page of one signal or lead: the reason in words, what it was measured by with a chart of the crossing, why it weighs what
//! it weighs, the records, and where it stands in the frameworks.

use super::events::time_text;
use crate::model::{Baseline, Event, Lead, Secrets, Signal, Timestamp, Triage, TriageState};
use crate::report::grouped;
use crate::report::incident::{baseline_words, framework_words};
use crate::tui::signals::{Look, SignalPart, SignalRow};
use crate::tui::state::State;
use crate::tui::theme::Role;
use crate::tui::widgets::{Area, Canvas};

/// Cells that labels take.
const LABEL: u16 = 12;
/// Rows of a chart.
const CHART: usize = 6;
/// Cells of a chart at least.
const LEAST: usize = 30;
/// Buckets of a chart at most: the last ones before the crossing and some after it.
const BUCKETS: usize = 96;

/// The page of a signal.
pub fn signal_lines(signal: &Signal, lead: Option<&Lead>, events: &[Event], width: u16) -> Vec<SignalPart> {
    let room = usize::from(width.saturating_sub(LABEL + 4));
    let mut lines = Vec::new();
    words(&mut lines, "why", &signal.summary, Look::Strong, room);
    let moment = if signal.first == signal.last {
        full(signal.time)
    } else {
        format!("{}, records from {} to {}", full(signal.time), full(signal.first), full(signal.last))
    };
    words(&mut lines, "fired", &moment, Look::Plain, room);
    if signal.firings > 1 {
        words(&mut lines, "", &format!("{} firings collapsed into this one", grouped(signal.firings)), Look::Quiet, room);
    }
    words(&mut lines, "about", &format!("{} {}", signal.entity.kind, signal.entity.value), Look::Plain, room);
    judged(&mut lines, &signal.triage, room);
    words(&mut lines, "weight", &format!("{} ({})", signal.weight, signal.level), if signal.weight >= 5 { Look::Grave } else { Look::Plain }, room);
    if signal.weighed.is_empty() {
        words(&mut lines, "", "the rule's own weight: no match list or baseline made it more or less", Look::Quiet, room);
    }
    for why in &signal.weighed {
        words(&mut lines, "", why, Look::Quiet, room);
    }
    if let Some(lead) = lead {
        let counted = lead.arithmetic.iter().find(|points| points.signal.as_deref() == Some(&signal.id));
        let said = match counted {
            Some(points) => format!("counts {} of the {} points of the lead about {}", points.points, lead.score, lead.entity.value),
            None => format!("belongs to the lead about {}; the same rule counts there once already", lead.entity.value),
        };
        words(&mut lines, "lead", &said, Look::Plain, room);
    }
    if let Some(baseline) = &signal.baseline {
        lines.push(SignalPart::Blank);
        lines.push(SignalPart::Title("measured by", String::new()));
        for said in baseline_words(baseline) {
            words(&mut lines, "", &said, Look::Plain, room);
        }
        lines.extend(chart(baseline, usize::from(width.saturating_sub(16))));
    }
    lines.push(SignalPart::Blank);
    lines.push(SignalPart::Title("records", grouped(signal.total)));
    lines.push(SignalPart::Records(signal.total));
    for event in events {
        let what = format!("{}  {}", super::events::who(event), event.summary());
        lines.push(SignalPart::Record(event.as_ref(), what, event.outcome.name().to_owned()));
    }
    if signal.total > events.len() as u64 {
        words(&mut lines, "", &format!("and {} more", grouped(signal.total - events.len() as u64)), Look::Quiet, room);
    }
    if !signal.links.is_empty() {
        lines.push(SignalPart::Blank);
        lines.push(SignalPart::Title("names", String::new()));
        lines.extend(signal.links.iter().map(|link| SignalPart::Named(link.clone(), link.value.clone())));
    }
    if !signal.frameworks.is_empty() {
        lines.push(SignalPart::Blank);
        lines.push(SignalPart::Title("stands in", String::new()));
        for said in framework_words(&signal.frameworks) {
            words(&mut lines, "", &said, Look::Plain, room);
        }
    }
    lines
}

/// The page of a lead.
pub fn lead_lines(lead: &Lead, signals: &[Signal], secrets: Secrets, width: u16) -> Vec<SignalPart> {
    let room = usize::from(width.saturating_sub(LABEL + 4));
    let mut lines = Vec::new();
    let about = format!("{} {}", lead.entity.kind, secrets.text(&lead.entity.value));
    words(&mut lines, "about", &about, Look::Strong, room);
    words(&mut lines, "score", &format!("{}: a lead is told above {}", lead.score, lead.threshold), Look::Grave, room);
    words(
        &mut lines,
        "time",
        &format!("{} to {}; first above the threshold at {}", full(lead.first), full(lead.last), full(lead.time)),
        Look::Plain,
        room,
    );
    judged(&mut lines, &lead.triage, room);
    lines.push(SignalPart::Blank);
    lines.push(SignalPart::Title("arithmetic", lead.score.to_string()));
    for points in &lead.arithmetic {
        lines.push(SignalPart::Points(points.signal.clone(), points.points, secrets.text(&points.what).into_owned()));
    }
    let counted = |id: &String| lead.arithmetic.iter().any(|points| points.signal.as_ref() == Some(id));
    let others: Vec<&Signal> = signals.iter().filter(|signal| lead.signals.contains(&signal.id) && !counted(&signal.id)).collect();
    if !others.is_empty() {
        lines.push(SignalPart::Blank);
        lines.push(SignalPart::Title("belong to it, and do not count again", grouped(others.len() as u64)));
        for signal in others {
            lines.push(SignalPart::Points(Some(signal.id.clone()), 0, format!("{} {}", signal.rule, signal.title)));
        }
    }
    lines.push(SignalPart::Blank);
    lines.push(SignalPart::Title("records", String::new()));
    lines.push(SignalPart::Records(0));
    if lead.entities.len() > 1 {
        lines.push(SignalPart::Blank);
        lines.push(SignalPart::Title("joined, because a key, address or session links them", grouped(lead.entities.len() as u64)));
        lines.extend(lead.entities.iter().map(|entity| SignalPart::Named(entity.clone(), secrets.name(&entity.value))));
    }
    lines
}

fn full(time: Timestamp) -> String {
    time.to_jiff().strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn judged(lines: &mut Vec<SignalPart>, triage: &Triage, room: usize) {
    let look = if triage.state == TriageState::Confirmed { Look::Grave } else { Look::Quiet };
    words(lines, "judged", triage.state.name(), look, room);
    for line in triage.note.lines() {
        words(lines, "", line, Look::Plain, room);
    }
}

/// Words on as many lines as they need, broken at blanks.
fn words(lines: &mut Vec<SignalPart>, label: &'static str, text: &str, look: Look, room: usize) {
    let mut line = String::new();
    let mut label = label;
    let room = room.max(8);
    for word in text.split(' ') {
        let mut word = word;
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > room {
            lines.push(SignalPart::Words(label, std::mem::take(&mut line), look));
            label = "";
        }
        while let Some((end, _)) = word.char_indices().nth(room) {
            let (head, rest) = word.split_at(end);
            lines.push(SignalPart::Words(label, head.to_owned(), look));
            (word, label) = (rest, "");
        }
        line.push_str(if line.is_empty() { "" } else { " " });
        line.push_str(word);
    }
    lines.push(SignalPart::Words(label, line, look));
}

/// A chart of what was measured, over time, with the threshold and what crossed it.
fn chart(baseline: &Baseline, width: usize) -> Vec<SignalPart> {
    let Baseline::Outlier { series, threshold, floor, crossed_at, .. } = baseline else { return Vec::new() };
    // Nothing fires below the floor, however little is usual.
    let threshold = &threshold.max(*floor);
    let width = width.clamp(8, BUCKETS);
    let crossing = series.partition_point(|bucket| bucket.at < *crossed_at);
    // The crossing stands near the right edge, with a little of what came after it.
    let end = (crossing + 1 + width / 8).min(series.len());
    let shown = series.get(end.saturating_sub(width)..end).unwrap_or_default();
    let top = shown.iter().map(|bucket| bucket.value).fold(*threshold, f64::max);
    if shown.is_empty() || !top.is_finite() || top <= 0.0 {
        return Vec::new();
    }
    let eighths = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let level = |value: f64| (value / top * (CHART * 8) as f64).round() as usize;
    let line_at = level(*threshold).saturating_sub(1) / 8;
    let mut lines = vec![SignalPart::Blank];
    for row in (0..CHART).rev() {
        let cell = |bucket: &crate::model::Bucket| {
            let filled = level(bucket.value).saturating_sub(row * 8).min(8);
            let least = usize::from(row == 0 && bucket.value > 0.0);
            let glyph = eighths.get(filled.max(least)).copied().unwrap_or(' ');
            let glyph = if glyph == ' ' && row == line_at { '┈' } else { glyph };
            (glyph, bucket.value > *threshold)
        };
        let label = match row {
            _ if row == line_at => short_number(*threshold),
            _ if row == CHART - 1 => short_number(top),
            0 => "0".to_owned(),
            _ => String::new(),
        };
        // A short history stands at the right of a chart that is wide enough to see the threshold.
        let pad = std::iter::repeat_n((if row == line_at { '┈' } else { ' ' }, false), LEAST.min(width).saturating_sub(shown.len()));
        lines.push(SignalPart::Chart(label, pad.chain(shown.iter().map(cell)).collect()));
    }
    let ends = shown.first().zip(shown.last()).map(|(first, last)| (first.at, last.at));
    if let Some((first, last)) = ends {
        let minutes = |time: Timestamp| time.to_jiff().strftime("%m-%d %H:%M").to_string();
        let (left, right) = (minutes(first), minutes(last));
        let gap = shown.len().max(LEAST.min(width)).saturating_sub(left.len() + right.len());
        let axis = if gap == 0 { left } else { format!("{left}{}{right}", " ".repeat(gap)) };
        lines.push(SignalPart::Chart(String::new(), axis.chars().map(|character| (character, false)).collect()));
    }
    lines
}

fn short_number(value: f64) -> String {
    if value >= 100.0 { super::tables::short(value as u64, 7) } else { format!("{value:.1}") }
}

/// Draws the page, or its beginning below the list.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, area: Area) {
    let title = Area::new(area.x, area.y, area.width, 1);
    let Some(page) = state.current_signal_page() else { return canvas.rule(title, "", Role::Muted) };
    let focused = state.detail_has_focus();
    let heading = match state.selected_signal_row() {
        Some(SignalRow::Lead(at)) => {
            state.list.signals.leads.get(at).map(|lead| format!("lead about {}", state.secrets.text(&lead.entity.value))).unwrap_or_default()
        }
        Some(SignalRow::Signal(at)) => {
            state.list.signals.signals.get(at).map(|signal| format!("{} {}", signal.rule, signal.title)).unwrap_or_default()
        }
        None => String::new(),
    };
    canvas.rule(title, &heading, if focused { Role::TabActive } else { Role::Muted });
    let body = Area::new(area.x, area.y + 1, area.width, area.height.saturating_sub(1));
    let (cursor, top) = if state.view.open || focused { state.view.detail } else { (0, 0) };
    for (row, (index, line)) in page.lines.iter().enumerate().skip(top).take(usize::from(body.height)).enumerate() {
        let y = body.y + row as u16;
        draw_line(canvas, Area::new(body.x, y, body.width, 1), line);
        if focused && index == cursor {
            canvas.tint(Area::new(body.x, y, 2, 1), Role::Selected);
        }
    }
}

fn draw_line(canvas: &mut Canvas<'_>, area: Area, line: &SignalPart) {
    let (x, y) = (area.x + 2, area.y);
    let room = area.width.saturating_sub(3);
    match line {
        SignalPart::Words(label, words, look) => {
            let role = match look {
                Look::Plain => Role::Text,
                Look::Strong => Role::Strong,
                Look::Quiet => Role::Muted,
                Look::Grave => Role::Denied,
            };
            canvas.text(x, y, LABEL, label, Role::Muted);
            canvas.text(x + LABEL, y, room.saturating_sub(LABEL), words, role);
        }
        SignalPart::Blank => {}
        SignalPart::Title(title, count) => {
            let used = canvas.text(x, y, room, title, Role::Title);
            canvas.text(x + used + 1, y, room.saturating_sub(used + 1), count, Role::Muted);
        }
        SignalPart::Chart(label, cells) => {
            let label_width = 8;
            canvas.text(x + label_width - label.len().min(8) as u16, y, label_width, label, Role::Muted);
            let mut at = x + label_width + 2;
            // Cells alike are one text.
            for run in cells.chunk_by(|one, next| one.1 == next.1 && (one.0 == '┈') == (next.0 == '┈')) {
                let crossed = run.first().is_some_and(|cell| cell.1);
                let is_line = run.first().is_some_and(|cell| cell.0 == '┈');
                let text: String = run.iter().map(|cell| if canvas.is_ascii() { ascii(cell.0) } else { cell.0 }).collect();
                let axis = run.iter().any(|cell| cell.0.is_ascii_digit());
                let role = match (crossed && !is_line, is_line || axis) {
                    (true, _) => Role::Denied,
                    (_, true) => Role::Muted,
                    _ => Role::Invocation,
                };
                at += canvas.text(at, y, area.right().saturating_sub(at), &text, role);
            }
        }
        SignalPart::Records(count) => {
            let words = if *count == 0 { "all of them, in the Timeline".to_owned() } else { format!("all {} in the Timeline", grouped(*count)) };
            canvas.text(x + 2, y, room.saturating_sub(2), &words, Role::Entity);
        }
        SignalPart::Record(event, what, outcome) => {
            let used = canvas.text(x + 2, y, 15, &time_text(event.time(), 14), Role::Muted);
            let failed = outcome != "ok";
            let end = if failed { outcome.len() as u16 + 1 } else { 0 };
            canvas.text(x + 3 + used, y, room.saturating_sub(3 + used + end), what, Role::Text);
            if failed {
                canvas.text(area.right().saturating_sub(end), y, end, outcome, Role::Denied);
            }
        }
        SignalPart::Named(entity, shown) => {
            canvas.text(x + 2, y, 14, entity.kind.name(), Role::Muted);
            canvas.text(x + 16, y, room.saturating_sub(16), shown, Role::Entity);
        }
        SignalPart::Points(signal, points, words) => {
            let text = if *points == 0 { canvas.glyph("·", ".").to_owned() } else { points.to_string() };
            canvas.text(x + 2 + 4_u16.saturating_sub(text.chars().count() as u16), y, 4, &text, Role::Text);
            canvas.text(x + 8, y, room.saturating_sub(8), words, if signal.is_some() { Role::Text } else { Role::Muted });
        }
    }
}

const fn ascii(cell: char) -> char {
    match cell {
        '▁' | '▂' => '.',
        '▃' | '▄' => ':',
        '▅' | '▆' => '+',
        '▇' | '█' => '#',
        '┈' => '-',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Bucket;

    #[test]
    fn long_words_are_broken_and_kept() {
        let mut lines = Vec::new();
        words(&mut lines, "why", "one two three abcdefghijkl", Look::Plain, 8);
        let text: Vec<&str> = lines.iter().map(|line| if let SignalPart::Words(_, text, _) = line { text.as_str() } else { "" }).collect();
        assert_eq!(text, ["one two", "three", "abcdefgh", "ijkl"]);
    }

    #[test]
    fn a_chart_has_its_crossing_and_its_threshold() {
        let series: Vec<Bucket> =
            (0..10).map(|at| Bucket { at: Timestamp::from_millis(3_600_000 * (at + 1)), value: if at == 8 { 60.0 } else { 10.0 } }).collect();
        let baseline = Baseline::Outlier {
            measure: "count".to_owned(),
            bucket_ms: 3_600_000,
            series,
            samples: 8,
            mean: 10.0,
            deviation: 2.0,
            k: 5.0,
            floor: 5.0,
            threshold: 20.0,
            observed: 60.0,
            crossed_at: Timestamp::from_millis(3_600_000 * 9),
            population: false,
            outside: false,
        };
        let rows: Vec<(String, String, usize)> = chart(&baseline, 40)
            .into_iter()
            .filter_map(|line| match line {
                SignalPart::Chart(label, cells) => {
                    let crossed = cells.iter().filter(|cell| cell.1).count();
                    Some((label, cells.iter().map(|cell| cell.0).collect(), crossed))
                }
                _ => None,
            })
            .collect();
        // Sixty in six rows: ten a row. The threshold stands in the second, and only the ninth bucket rises above it.
        let expected =
            [("60.0", "        █ "), ("", "        █ "), ("", "        █ "), ("", "        █ "), ("20.0", "┈┈┈┈┈┈┈┈█┈"), ("0", "██████████")];
        for ((label, cells, crossed), (title, picture)) in rows.iter().zip(expected) {
            // Ten buckets at the right of thirty cells.
            let before = if title == "20.0" { "┈" } else { " " }.repeat(20);
            assert_eq!((label.as_str(), cells.as_str(), *crossed), (title, format!("{before}{picture}").as_str(), 1));
        }
        assert_eq!(rows.len(), 7);
    }
}
