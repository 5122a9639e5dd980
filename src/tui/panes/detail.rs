//! The detail of the selected event: a card of facts, then the exchange as a conversation or the record as JSON.

use super::cli;
use super::events::outcome;
use crate::model::{Entity, Outcome, Secrets, Strand};
use crate::stitch::echo::Echo;
use crate::tui::ask::Detail;
use crate::tui::state::State;
use crate::tui::theme::Role;
use crate::tui::view::Shape;
use crate::tui::widgets::{Area, Canvas};

/// Draws detail, reading view or preview.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, area: Area) {
    let title = Area::new(area.x, area.y, area.width, 1);
    let Some(detail) = state.current_detail() else {
        canvas.rule(title, "", Role::Muted);
        return;
    };
    let event = &detail.row.event;
    let echo = detail.echo.as_ref().filter(|_| !preview_is_shown(state)).map(|echo| format!("{} · ", short_echo(canvas, echo))).unwrap_or_default();
    let heading = format!(
        "{} · {echo}{}",
        event.uid(),
        ending(&detail.source, usize::from(area.width).saturating_sub(26 + echo.chars().count()), canvas.glyph("…", "~"))
    );
    canvas.rule(title, &heading, if state.detail_has_focus() { Role::TabActive } else { Role::Muted });
    let body = Area::new(area.x, area.y + 1, area.width, area.height.saturating_sub(1));
    if preview_is_shown(state) {
        card(canvas, body, detail, &super::controls::spelled(state));
        return;
    }
    let (line, top) = state.view.detail;
    let cursor = state.detail_has_focus().then_some(line);
    match (&detail.page, &detail.record) {
        (Some(page), _) if !state.view.raw => page.draw(canvas, body, top, cursor),
        (_, Ok(tree)) => tree.draw(canvas, body, &tree.visible(&state.folded), &state.folded, top, cursor),
        (_, Err(why)) => {
            card(canvas, body, detail, &[]);
            let y = body.y + body.height.saturating_sub(1);
            canvas.text(body.x + 2, y, body.width.saturating_sub(4), why, Role::Warning);
        }
    }
}

/// The card stands below the list.
fn preview_is_shown(state: &State) -> bool {
    !state.view.open && matches!(state.view.pane.shape(), Shape::Events | Shape::Controls) && !state.detail_has_focus()
}

/// `✓ DeleteAgent 0123456789abcdef`, with the error before it, or that there is none.
fn short_echo(canvas: &Canvas<'_>, echo: &Echo) -> String {
    let (sign, _) = cli::echo_sign(canvas, echo);
    match echo {
        Echo::Echoed { event, .. } => format!("{sign} {}{} {}", bad_end(echo), event.action.as_deref().unwrap_or_default(), event.uid()),
        other => format!("{sign} {}", other.word()),
    }
}

/// How the call ended when it did no good, to stand first: what comes behind may be cut.
fn bad_end(echo: &Echo) -> String {
    echo.ended_badly().map(|end| format!("{end} · ")).unwrap_or_default()
}

/// What can be said of an event in a few lines, below what stands `above`; also what is left when its record cannot be had.
fn card(canvas: &mut Canvas<'_>, area: Area, detail: &Detail, above: &[(&str, String, Role)]) {
    let event = &detail.row.event;
    let (word, role) = outcome(event.outcome);
    let mut y = area.y;
    let mut line = |canvas: &mut Canvas<'_>, label: &str, text: &str, role: Role| {
        if y < area.bottom() && !text.is_empty() {
            canvas.text(area.x + 1, y, 10, label, Role::Muted);
            canvas.text(area.x + 11, y, area.width.saturating_sub(12), text, role);
            y += 1;
        }
    };
    for (label, words, role) in above {
        line(canvas, label, words, *role);
    }
    let time = event.time.map(|time| time.to_string()).unwrap_or_default();
    line(canvas, "what", &event.summary(), Role::Strong);
    if let Some(echo) = &detail.echo {
        let (sign, role) = cli::echo_sign(canvas, echo);
        let of = if let Echo::Echoed { event, .. } = echo { format!("{} ", event.uid()) } else { String::new() };
        line(canvas, "echo", &format!("{sign} {}{of}{}", bad_end(echo), echo.words()), role);
    }
    let note = detail.row.mark.note.lines().next().unwrap_or_default();
    line(canvas, "note", note, Role::Marked);
    line(canvas, "tags", &detail.row.mark.tags.join(" "), Role::Entity);
    // Few logs of endpoints say how a program ended: that nothing speaks of an error does not make it a success.
    let word = Some(word).filter(|_| event.strand != Strand::Endpoint || event.outcome != Outcome::Ok);
    let result = [word, event.error_code.as_deref(), event.error_message.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    line(canvas, "result", &result, role);
    let kinds: Vec<&str> = detail.holds.iter().map(|kind| kind.words()).collect();
    if !kinds.is_empty() {
        let masked = if detail.secrets == Secrets::Masked { " (masked)" } else { "" };
        line(canvas, "holds", &format!("{}{masked}", kinds.join(", ")), Role::Warning);
    }
    line(canvas, "who", event.actor.as_deref().unwrap_or("-"), Role::Text);
    let place = [event.account.as_deref(), event.region.as_deref(), event.ip.as_deref(), event.host.as_deref()];
    line(canvas, "where", &place.into_iter().flatten().collect::<Vec<_>>().join(" · "), Role::Text);
    line(canvas, "with", event.user_agent.as_deref().unwrap_or_default(), Role::Text);
    let when = [Some(time), event.request_id.as_ref().map(|id| format!("request {id}"))].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    line(canvas, "when", &when, Role::Text);
    if let Some(facts) = &detail.row.facts {
        line(canvas, "asked", &facts.preview, Role::User);
        line(canvas, "flags", &crate::report::flag_words(facts.flags).unwrap_or_default(), Role::Warning);
    }
    for other in &detail.joined.events {
        let what = format!("{} {} · {}", other.strand, other.summary(), other.uid());
        line(canvas, "same call", &what, Role::Text);
    }
    let (counts, first) = &detail.spans;
    for other in first {
        line(canvas, "agent", &format!("{} {} · {}", other.strand, other.summary(), other.uid()), Role::Span);
    }
    let more = counts.iter().sum::<usize>().saturating_sub(first.len());
    if more > 0 {
        let words = ["of the request", "of its trace", "of the session"];
        let of: Vec<String> = counts.iter().zip(words).filter(|(count, _)| **count > 0).map(|(count, word)| format!("{count} {word}")).collect();
        line(canvas, "agent", &format!("{more} more: {}", of.join(", ")), Role::Muted);
    }
    if let Some(orphan) = detail.joined.orphan {
        line(canvas, "same call", orphan.words(), Role::Warning);
    }
    for command in detail.commands.iter().take(2) {
        let who = cli::user_at_host(command.event.principal.as_deref());
        let likely = if command.sure { "" } else { "likely " };
        let what = format!("{} {likely}{who}: {} ({})", command.event.uid(), command.event.detail.as_deref().unwrap_or_default(), command.why);
        line(canvas, "command", &what, Role::Text);
    }
    let entities: Vec<String> = detail.entities.iter().filter(|entity| !entity.kind.is_facet()).map(show).collect();
    for (index, text) in packed(&entities, usize::from(area.width.saturating_sub(12))).iter().enumerate() {
        line(canvas, if index == 0 { "entities" } else { "" }, text, Role::Entity);
    }
}

/// Words joined into lines of at most so many characters; a longer one has a line of its own.
fn packed(words: &[String], room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 3 + word.chars().count() <= room => line.extend([" · ", word.as_str()]),
            _ => lines.push(word.clone()),
        }
    }
    lines
}

/// The end of a long path, which tells it from its neighbours.
fn ending(path: &str, room: usize, cut: &str) -> String {
    let surplus = path.chars().count().saturating_sub(room);
    let rest: String = path.chars().skip(surplus).collect();
    if surplus == 0 { rest } else { format!("{cut}{rest}") }
}

fn show(entity: &Entity) -> String {
    format!("{} {}", entity.kind, entity.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_fill_lines_and_paths_keep_their_end() {
        let words = ["request 1".to_owned(), "key AKIA".to_owned(), "region eu-central-1".to_owned()];
        assert_eq!(packed(&words, 20), ["request 1 · key AKIA", "region eu-central-1"]);
        assert_eq!(packed(&words, 5).len(), 3);
        assert_eq!((ending("a/b/c.json", 6, "…"), ending("a/b", 6, "…")), ("…c.json".to_owned(), "a/b".to_owned()));
    }
}
