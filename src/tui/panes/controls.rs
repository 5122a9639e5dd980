//! Guardrails & logging: the state of each account and Region, and below it what was done, in order of time, with the
//! blind windows in their places.

use super::events::{YEAR, outcome, spans_years, time_text, who};
use super::{select, sign, signal_sign};
use crate::model::{BlindWindow, Change, ControlChange, ControlKind, Outcome, Standing, Timestamp};
use crate::report::{change_words, control_words, open_words};
use crate::stitch::controls::Overview;
use crate::tui::ask::ControlRow;
use crate::tui::render::{Layout, grouped, window};
use crate::tui::state::State;
use crate::tui::theme::Role;
use crate::tui::widgets::{Area, Canvas};

/// Most lines above an opened record: what was before, what came after.
const SPELLED: u16 = 6;

/// Lines of the table of states on a screen so high.
pub fn table_lines(places: usize, height: u16) -> u16 {
    let most = match height {
        ..20 => 2,
        20..30 => 4,
        _ => 8,
    };
    if places == 0 { 0 } else { 1 + (places as u16).min(most) }
}

/// Columns of a row: where each begins and how wide it is.
struct Columns {
    time: (u16, u16),
    region: (u16, u16),
    what: (u16, u16),
    change: (u16, u16),
    who: (u16, u16),
    outcome: (u16, u16),
    turn: (u16, u16),
}

impl Columns {
    fn of(width: u16, years: bool) -> Self {
        let time = 14 + if years { YEAR } else { 0 };
        let region = if width >= 110 { 14 } else { 0 };
        let change = if width >= 60 { 13 } else { 0 };
        let who = (width / 5).clamp(12, if width >= 110 { 18 } else { 16 });
        let outcome = if width >= 60 { 6 } else { 1 };
        let widths = [time, region, change, who, outcome];
        let taken: u16 = 2 + widths.iter().filter(|width| **width > 0).map(|width| width + 1).sum::<u16>();
        let left = width.saturating_sub(taken);
        // What is over goes to before and after, once the control's name has enough.
        let what = if left >= 46 { 26.max(left / 3) } else { left };
        let mut x = 2;
        let mut next = |length: u16| {
            let column = (x, length);
            x += if length == 0 { 0 } else { length + 1 };
            column
        };
        let (time, region, what, change, who, outcome) = (next(time), next(region), next(what), next(change), next(who), next(outcome));
        let turn = next(left.saturating_sub(what.1 + 1));
        Self { time, region, what, change, who, outcome, turn }
    }
}

/// Draws the table of states, and the rows of the window.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, layout: &Layout) {
    places(state, canvas, layout.above);
    if !state.list_is_current() {
        return;
    }
    if state.list.refs.is_empty() {
        let body = Area::new(layout.body.x, layout.header.y, layout.body.width, layout.body.height.saturating_sub(layout.above.height));
        return super::empty(state, canvas, body);
    }
    let columns = Columns::of(layout.rows.width, spans_years(state));
    for ((x, width), title) in [
        (columns.time, "time (UTC)"),
        (columns.region, "Region"),
        (columns.what, "what"),
        (columns.change, "change"),
        (columns.who, "who"),
        (columns.outcome, "result"),
        (columns.turn, "before → after"),
    ] {
        if width > 0 {
            canvas.text(x, layout.header.y, width, title.get(..usize::from(width).min(title.len())).unwrap_or(title), Role::Header);
        }
    }
    let position = state.view.position();
    for (line, index) in window(position.top, layout.rows.height, state.list.refs.len()).enumerate() {
        let (Some(row), Some(event)) = (state.list.page.rows.get(index), state.list.refs.get(index)) else { continue };
        let y = layout.rows.y + line as u16;
        canvas.text(columns.time.0, y, columns.time.1, &time_text(event.time(), columns.time.1), Role::Text);
        draw_row(state, canvas, y, &columns, *row, *event);
        signal_sign(state, canvas, y, event.id);
        if index == position.index {
            select(canvas, Area::new(0, y, columns.what.0 + columns.what.1.min(26), 1), !state.detail_has_focus());
        }
    }
}

fn draw_row(state: &State, canvas: &mut Canvas<'_>, y: u16, columns: &Columns, row: ControlRow, event: crate::model::EventRef) {
    let read = state.rows.get(&event.id);
    if let Some(read) = read {
        let mark = sign(canvas, &read.mark);
        canvas.text(0, y, 1, mark, Role::Marked);
    }
    let mut put = |(x, width): (u16, u16), text: &str, role: Role| {
        if width > 0 {
            canvas.text(x, y, width, &state.secrets.text(text), role);
        }
    };
    let page = &state.list.page;
    match row {
        ControlRow::Change(index) => {
            let Some(change) = page.controls.changes.get(index) else { return };
            let (word, role) = outcome(change.outcome);
            let region = change.place.region.as_deref().unwrap_or("-");
            put(columns.region, region, Role::Muted);
            let logging = change.control.kind == ControlKind::InvocationLogging && columns.region.1 == 0;
            let what = if logging { format!("logging {region}") } else { control_words(&change.control) };
            put(columns.what, &what, Role::Text);
            put(columns.change, &change_words(change), change_role(change));
            put(columns.who, &read.map(|row| who(&row.event)).unwrap_or_default(), Role::Text);
            put(columns.outcome, if columns.outcome.1 == 1 { word.get(..1).unwrap_or(word) } else { word }, role);
            put(columns.turn, &turn(change), Role::Muted);
        }
        ControlRow::Opened(index) | ControlRow::Closed(index) => {
            let Some(window) = page.controls.windows.get(index) else { return };
            let opens = matches!(row, ControlRow::Opened(_));
            put(columns.region, window.place.region.as_deref().unwrap_or("-"), Role::Muted);
            put(columns.what, &blind_words(window, columns.region.1 == 0), Role::Denied);
            let word = if opens { "begins" } else { "ends" };
            put(columns.change, word, Role::Denied);
            put(columns.who, &unseen_words(window), Role::Warning);
            let other = if opens { window.to } else { Some(window.from) };
            let until = other.map_or_else(|| "still open".to_owned(), |other| format!("{} {}", if opens { "until" } else { "since" }, short(other)));
            put(columns.turn, &[Some(until), length(window)].into_iter().flatten().collect::<Vec<_>>().join(", "), Role::Warning);
        }
    }
}

/// `BLIND trail mgmt`; with the Region where it has no column.
fn blind_words(window: &BlindWindow, with_region: bool) -> String {
    match (window.control.kind, with_region) {
        (ControlKind::Trail, _) => format!("BLIND trail {}", window.control.id),
        (_, true) => format!("BLIND {}", window.place.region.as_deref().unwrap_or("-")),
        (_, false) => "BLIND invocation logging".to_owned(),
    }
}

fn unseen_words(window: &BlindWindow) -> String {
    match window.invocations.len() as u64 {
        0 => "no call known".to_owned(),
        1 => "1 call unseen".to_owned(),
        count => format!("{} calls unseen", grouped(count)),
    }
}

fn change_role(change: &ControlChange) -> Role {
    let standing = change.state.as_ref().map(|(standing, _)| *standing);
    match (change.outcome, standing) {
        (Outcome::Denied, _) => Role::Denied,
        (Outcome::Error, _) => Role::Error,
        _ if change.change == Change::Detached => Role::Warning,
        (_, Some(Standing::Down | Standing::Weak)) if change.control.kind != ControlKind::ModelAccess => Role::Warning,
        _ => Role::Strong,
    }
}

/// Before and after in a few words: of what was, only the first.
fn turn(change: &ControlChange) -> String {
    let first = |words: &str| words.split([':', ';', ',']).next().unwrap_or_default().to_owned();
    if change.state.is_none() && !change.inferred {
        return change.before.as_deref().map_or_else(|| "as before".to_owned(), |before| format!("stays {}", first(before)));
    }
    match (change.before.as_deref(), change.after.as_deref()) {
        (Some(before), Some(after)) if before == after => after.to_owned(),
        (Some(before), Some(after)) if change.inferred => format!("{} → {}", first(before), first(after)),
        (Some(before), Some(after)) => format!("{} → {after}", first(before)),
        (None, Some(after)) => after.to_owned(),
        (_, None) => "not said".to_owned(),
    }
}

fn short(time: Timestamp) -> String {
    time.to_jiff().strftime("%m-%d %H:%M").to_string()
}

fn seconds(time: Timestamp) -> String {
    time.to_jiff().strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// How long a window lasted: `5 h 25 min`.
fn length(window: &BlindWindow) -> Option<String> {
    let minutes = (window.to?.as_millis() - window.from.as_millis()) / 60_000;
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    Some(match (days, hours) {
        (0, 0) => format!("{minutes} min"),
        (0, hours) => format!("{hours} h {minutes:02} min"),
        (days, hours) => format!("{days} d {hours} h"),
    })
}

/// The state of each account and Region.
fn places(state: &State, canvas: &mut Canvas<'_>, area: Area) {
    if area.height == 0 {
        return;
    }
    let width = area.width;
    let (guardrails, trail, unseen) = (if width >= 70 { 10 } else { 0 }, if width >= 70 { 9 } else { 0 }, 6);
    let logging_x = 2 + 13 + 15;
    let rest = guardrails + trail + unseen + if guardrails > 0 { 3 } else { 1 };
    let logging = width.saturating_sub(logging_x + rest);
    let at = state.view.scope.range.until.map(|until| format!(" at {}", short(until))).unwrap_or_default();
    let columns = [
        (2, 12, "account".to_owned()),
        (15, 14, "Region".to_owned()),
        (logging_x, logging, format!("invocation logging{at}")),
        (logging_x + logging + 1, unseen, "unseen".to_owned()),
        (logging_x + logging + unseen + 2, guardrails, "guardrails".to_owned()),
        (logging_x + logging + unseen + guardrails + 3, trail, "trail".to_owned()),
    ];
    for (x, room, title) in &columns {
        canvas.text(*x, area.y, *room, title, Role::Header);
    }
    let lines = usize::from(area.height.saturating_sub(1));
    let places = &state.list.page.places;
    let shown = if places.len() > lines { lines.saturating_sub(1) } else { lines };
    for (line, place) in places.iter().take(shown).enumerate() {
        let y = area.y + 1 + line as u16;
        let (logging_words, role) = logging_words(place);
        let cells = [
            (place.place.account.as_deref().unwrap_or("-").to_owned(), Role::Muted),
            (place.place.region.as_deref().unwrap_or("-").to_owned(), Role::Text),
            (logging_words, role),
            (if place.unseen > 0 { format!("{:>6}", grouped(place.unseen)) } else { String::new() }, Role::Denied),
            (guardrail_words(place), if place.guardrails_gone > 0 { Role::Warning } else { Role::Text }),
            trail_words(place),
        ];
        for ((x, room, _), (text, role)) in columns.iter().zip(cells) {
            if *room > 0 {
                canvas.text(*x, y, *room, &state.secrets.text(&text), role);
            }
        }
    }
    if places.len() > shown {
        let more = format!("… and {} more; a scope of one account or Region shows it", places.len() - shown);
        canvas.text(2, area.y + 1 + shown as u16, width.saturating_sub(3), &more, Role::Muted);
    }
}

fn logging_words(place: &Overview) -> (String, Role) {
    let Some(logging) = &place.logging else { return ("not known".to_owned(), Role::Muted) };
    let since = logging.since.map(|since| format!(" since {}", short(since))).unwrap_or_default();
    match logging.standing {
        Standing::Down => (format!("OFF{since}"), Role::Denied),
        Standing::Weak => (format!("NO TEXT{since}"), Role::Denied),
        Standing::Unknown => ("not known".to_owned(), Role::Muted),
        Standing::Up => (logging.state.clone(), Role::Ok),
    }
}

fn guardrail_words(place: &Overview) -> String {
    match (place.guardrails, place.guardrails_gone) {
        (0, 0) => "-".to_owned(),
        (there, 0) => format!("{there}"),
        (0, gone) => format!("{gone} gone"),
        (there, gone) => format!("{there}, {gone} gone"),
    }
}

fn trail_words(place: &Overview) -> (String, Role) {
    let Some(trail) = &place.trail else { return ("-".to_owned(), Role::Muted) };
    let first = trail.state.split([':', ',']).next().unwrap_or_default();
    match trail.standing {
        Standing::Down => (first.to_uppercase(), Role::Denied),
        Standing::Weak => (first.to_owned(), Role::Warning),
        _ => (first.to_owned(), Role::Ok),
    }
}

/// The selected change or window spelled out: label, words, look.
pub fn spelled(state: &State) -> Vec<(&'static str, String, Role)> {
    let controls = &state.list.page.controls;
    let mut lines = match state.selected_control() {
        Some(ControlRow::Change(index)) => controls.changes.get(index).map(change_lines).unwrap_or_default(),
        Some(ControlRow::Opened(index) | ControlRow::Closed(index)) => {
            controls.windows.get(index).map(|window| window_lines(state, window)).unwrap_or_default()
        }
        None => Vec::new(),
    };
    for (_, words, _) in &mut lines {
        if let std::borrow::Cow::Owned(safe) = state.secrets.text(words) {
            *words = safe;
        }
    }
    lines
}

fn change_lines(change: &ControlChange) -> Vec<(&'static str, String, Role)> {
    let place = [change.place.region.as_deref(), change.place.account.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" of ");
    let known = |words: Option<&str>| words.unwrap_or("not known").to_owned();
    let mut lines = vec![("control", format!("{} in {place}: {}", control_words(&change.control), change_words(change)), Role::Strong)];
    let before = if change.change == Change::Created { "was not there".to_owned() } else { known(change.before.as_deref()) };
    lines.push(("before", before, Role::Text));
    let (after, role) = match change.outcome {
        Outcome::Ok if change_role(change) == Role::Warning => (known(change.after.as_deref()), Role::Warning),
        Outcome::Ok => (known(change.after.as_deref()), Role::Text),
        Outcome::Denied => ("as before: it was denied".to_owned(), Role::Denied),
        Outcome::Error => ("as before: it failed".to_owned(), Role::Error),
    };
    lines.push(("after", after, role));
    lines
}

fn window_lines(state: &State, window: &BlindWindow) -> Vec<(&'static str, String, Role)> {
    let place = [window.place.region.as_deref().filter(|_| !window.all_regions), window.place.account.as_deref()];
    let place = place.into_iter().flatten().collect::<Vec<_>>().join(" of ");
    let lasted = length(window).map(|length| format!(" ({length})")).unwrap_or_default();
    let open = || open_words(window).unwrap_or_default().replacen("still open", "still open at the end of the evidence", 1);
    let to = window.to.map_or_else(open, |to| format!("until {}", seconds(to)));
    let opener = state.list.page.controls.changes.iter().find(|change| change.evidence == window.opened_by);
    let mute = opener.is_some_and(|change| matches!(change.state, Some((Standing::Weak, _))));
    let (off, lacking) = match window.control.kind {
        ControlKind::Trail => (format!("trail {} was off", window.control.id), "only the invocation log tells of"),
        // Records go on, without what was asked and answered.
        _ if mute => ("invocation logging went on without text".to_owned(), "have no record at all"),
        _ => ("invocation logging was off".to_owned(), "only CloudTrail tells of"),
    };
    let mut lines =
        vec![("blind", format!("{off} in {place}"), Role::Denied), ("time", format!("from {} {to}{lasted}", seconds(window.from)), Role::Text)];
    let list = |counts: &[(crate::model::Name, u64)]| {
        let named = counts.iter().take(4).map(|(name, count)| format!("{name} x{}", grouped(*count)));
        named.chain((counts.len() > 4).then(|| "more".to_owned())).collect::<Vec<_>>().join(", ")
    };
    if window.invocations.is_empty() {
        lines.push(("calls", "none inside is known that the other log has not".to_owned(), Role::Text));
        return lines;
    }
    let calls = if window.invocations.len() == 1 { "call" } else { "calls" };
    lines.push(("calls", format!("{} {calls} that {lacking}: {}", grouped(window.invocations.len() as u64), list(&window.actions)), Role::Warning));
    lines.push(("by", list(&window.callers), Role::Entity));
    if let Some(key) = state.setup.keymap.key_of(crate::tui::commands::Command::AfterChange, crate::tui::commands::Context::List) {
        lines.push(("show", format!("{key} shows these calls"), Role::Muted));
    }
    lines
}

/// Cells that labels take.
const LABEL: u16 = 10;

/// Lines that [`draw_spelled`] needs on a screen so wide.
pub fn spelled_lines(state: &State, width: u16) -> u16 {
    let room = usize::from(width.saturating_sub(LABEL + 1));
    let lines: u16 = spelled(state).iter().map(|(_, words, _)| if broken(words, room).1.is_empty() { 1 } else { 2 }).sum();
    lines.min(SPELLED)
}

/// Draws what is spelled out above an opened record, long words on two lines.
pub fn draw_spelled(state: &State, canvas: &mut Canvas<'_>, area: Area) {
    let room = area.width.saturating_sub(LABEL + 1);
    let mut y = area.y;
    for (label, words, role) in spelled(state) {
        let (first, second) = broken(&words, usize::from(room));
        for (label, words) in [(label, first), ("", second)] {
            if y < area.bottom() && !words.is_empty() {
                canvas.text(area.x + 1, y, LABEL - 2, label, Role::Muted);
                canvas.text(area.x + LABEL, y, room, words, role);
                y += 1;
            }
        }
    }
}

/// Two lines of a text, broken at a blank where there is one.
fn broken(words: &str, room: usize) -> (&str, &str) {
    let Some((end, _)) = words.char_indices().nth(room) else { return (words, "") };
    let head = words.get(..end).unwrap_or(words);
    let at = head.rfind(' ').filter(|at| *at > end / 2).unwrap_or(end);
    let (first, second) = words.split_at(at);
    (first, second.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_words_break_at_a_blank() {
        assert_eq!(broken("short", 10), ("short", ""));
        assert_eq!(broken("one two three", 8), ("one two", "three"));
        assert_eq!(broken("s3://a-very-long-name", 8), ("s3://a-v", "ery-long-name"));
        assert_eq!(broken("äöüäöü", 3), ("äöü", "äöü"));
    }

    #[test]
    fn columns_fit_every_width() {
        for width in 40..220 {
            for years in [false, true] {
                let columns = Columns::of(width, years);
                let used = [columns.time, columns.region, columns.what, columns.change, columns.who, columns.outcome, columns.turn];
                let ends: Vec<u16> = used.iter().filter(|(_, length)| *length > 0).map(|(x, length)| x + length).collect();
                assert!(ends.is_sorted() && ends.iter().all(|end| *end <= width), "{width}: {ends:?}");
            }
        }
    }

    #[test]
    fn the_table_of_states_leaves_room_for_the_changes() {
        assert_eq!([table_lines(0, 40), table_lines(1, 40), table_lines(20, 40), table_lines(20, 24), table_lines(20, 10)], [0, 2, 9, 5, 3]);
    }
}
