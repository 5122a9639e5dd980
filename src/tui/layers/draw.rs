//! Drawing the layers.

use super::{Choice, Editor, Form, Layer, Picker};
use crate::report::FLAGS;
use crate::tui::commands::{Context, TABLE};
use crate::tui::message::Severity;
use crate::tui::state::State;
use crate::tui::theme::Role;
use crate::tui::view::Pane;
use crate::tui::widgets::{Area, Canvas, centred};

/// Draws one layer over what is there.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, layer: &Layer) {
    match layer {
        Layer::Menu(menu) => draw_menu(canvas, menu),
        Layer::Editor(editor) => draw_editor(canvas, editor),
        Layer::Form(form) => draw_form(canvas, form),
        Layer::Groups(groups) => super::draw_groups::draw(state, canvas, groups),
        Layer::Help(top) => draw_help(state, canvas, *top),
        Layer::Messages(top) => draw_messages(state, canvas, *top),
        Layer::Text(page, top) => {
            let area = canvas.area();
            let inner = canvas.popup(centred(area, area.width.saturating_sub(4), area.height.saturating_sub(2)), "Text (esc closes)");
            page.draw(canvas, inner, (*top).min(page.lines().len().saturating_sub(usize::from(inner.height))), None);
        }
    }
}

fn draw_menu(canvas: &mut Canvas<'_>, menu: &Picker<Choice>) {
    let screen = canvas.area();
    let height = (menu.len() as u16).max(3).saturating_add(4).min(screen.height.saturating_sub(2)).min(30);
    let inner = canvas.popup(centred(screen, 92, height), &menu.title);
    let prompt = if menu.typed.is_empty() { "type to narrow" } else { &menu.typed };
    canvas.text(inner.x, inner.y, 2, ">", Role::HintKey);
    canvas.text(inner.x + 2, inner.y, inner.width.saturating_sub(2), prompt, if menu.typed.is_empty() { Role::Muted } else { Role::Text });
    let rows = Area::new(inner.x, inner.y + 1, inner.width, inner.height.saturating_sub(1));
    if menu.len() == 0 {
        canvas.text(rows.x, rows.y, rows.width, if menu.loading { "reading…" } else { "nothing matches" }, Role::Muted);
    }
    let top = (menu.cursor + 1).saturating_sub(usize::from(rows.height));
    let lead = menu.matches().map(|item| item.lead.chars().count()).max().unwrap_or(0).min(26) as u16;
    for (row, (index, item)) in menu.matches().enumerate().skip(top).take(usize::from(rows.height)).enumerate() {
        let y = rows.y + row as u16;
        let tail = item.tail.chars().count() as u16;
        let gap = if lead > 0 { lead + 2 } else { 0 };
        canvas.text(rows.x, y, lead, &item.lead, Role::Muted);
        canvas.text(rows.x + gap, y, rows.width.saturating_sub(gap + tail + 1), &item.text, Role::Text);
        canvas.text(rows.right().saturating_sub(tail), y, tail, &item.tail, Role::HintKey);
        if index == menu.cursor {
            canvas.tint(Area::new(rows.x, y, rows.width, 1), Role::Selected);
        }
    }
}

fn draw_editor(canvas: &mut Canvas<'_>, editor: &Editor) {
    let screen = canvas.area();
    let lines = if editor.kind.is_multi_line() { 8 } else { 1 };
    let inner = canvas.popup(centred(screen, 92, lines + 4), editor.kind.title());
    // The library keeps the text and the cursor; drawing goes through the canvas like all text.
    let ratatui_textarea::DataCursor(row, column) = editor.area.cursor();
    let top = (row + 1).saturating_sub(usize::from(lines));
    for (index, line) in editor.area.lines().iter().enumerate().skip(top).take(usize::from(lines)) {
        let y = inner.y + (index - top) as u16;
        let skip = if index == row { (column + 1).saturating_sub(usize::from(inner.width)) } else { 0 };
        let shown: String = line.chars().skip(skip).collect();
        let drawn = canvas.text(inner.x, y, inner.width, &shown, Role::Text);
        if editor.offered {
            canvas.tint(Area::new(inner.x, y, drawn, 1), Role::Selected);
        }
        if index == row {
            let before: String = shown.chars().take(column - skip).collect();
            let x = inner.x + crate::model::SafeText::new(&before).as_str().chars().count() as u16;
            if column >= line.chars().count() {
                canvas.text(x, y, 1, " ", Role::Text);
            }
            canvas.tint(Area::new(x, y, 1, 1), Role::Selected);
        }
    }
    let y = inner.bottom().saturating_sub(1);
    match &editor.wrong {
        Some(wrong) => canvas.text(inner.x, y, inner.width, wrong, Role::Denied),
        None => canvas.text(inner.x, y, inner.width, editor.kind.hint(), Role::Muted),
    };
}

fn draw_form(canvas: &mut Canvas<'_>, form: &Form) {
    let screen = canvas.area();
    let lines = form.lines.len() as u16;
    let inner = canvas.popup(centred(screen, 92, lines + 7), &form.title);
    let mut page =
        crate::tui::widgets::Page::new(vec![crate::tui::widgets::Block::new(crate::tui::widgets::BlockKind::Facts, "", form.purpose.clone())]);
    page.layout(inner.width);
    page.draw(canvas, Area::new(inner.x.saturating_sub(2), inner.y, inner.width + 2, 3), 1, None);
    let names = form.fields.iter().map(|field| field.name.chars().count()).max().unwrap_or(0).min(20) as u16;
    let room = inner.width.saturating_sub(names + 2);
    for (line, (field, area)) in form.fields.iter().zip(&form.lines).enumerate() {
        let y = inner.y + 3 + line as u16;
        canvas.text(inner.x, y, names, &field.name, Role::HintKey);
        let text = form.text(line);
        let column = area.cursor().1;
        let skip = (column + 1).saturating_sub(usize::from(room));
        let shown: String = text.chars().skip(skip).collect();
        let here = line == form.at;
        if text.is_empty() {
            canvas.text(inner.x + names + 2, y, room, &field.empty, Role::Muted);
        } else {
            let drawn = canvas.text(inner.x + names + 2, y, room, &shown, Role::Text);
            if here && form.offered.get(line).copied().unwrap_or(false) {
                canvas.tint(Area::new(inner.x + names + 2, y, drawn, 1), Role::Selected);
            }
        }
        if here {
            let before: String = shown.chars().take(column - skip).collect();
            let x = inner.x + names + 2 + crate::model::SafeText::new(&before).as_str().chars().count() as u16;
            if column >= text.chars().count() && !text.is_empty() {
                canvas.text(x, y, 1, " ", Role::Text);
            }
            canvas.tint(Area::new(x, y, 1, 1), Role::Selected);
        }
    }
    let y = inner.bottom().saturating_sub(1);
    let about = form.fields.get(form.at).map_or("", |field| field.about.as_str());
    match &form.wrong {
        Some(wrong) => canvas.text(inner.x, y, inner.width, wrong, Role::Denied),
        None => canvas.text(inner.x, y, inner.width, about, Role::Muted),
    };
}

fn draw_help(state: &State, canvas: &mut Canvas<'_>, top: usize) {
    let area = canvas.area();
    let inner = canvas
        .popup(centred(area, area.width.saturating_sub(4).min(110), area.height.saturating_sub(2)), "Keys (esc closes, : finds commands by name)");
    let lines = help_lines(state);
    let top = top.min(lines.len().saturating_sub(usize::from(inner.height)));
    for (row, (keys, doc)) in lines.iter().skip(top).take(usize::from(inner.height)).enumerate() {
        let y = inner.y + row as u16;
        if doc.is_empty() {
            canvas.text(inner.x, y, inner.width, keys, Role::Title);
        } else {
            canvas.text(inner.x, y, 18, keys, Role::HintKey);
            canvas.text(inner.x + 19, y, inner.width.saturating_sub(19), doc, Role::Text);
        }
    }
}

/// Every command with its keys, grouped by where it applies; made from the command table. Where the letters of flags are
/// on the screen they come first.
fn help_lines(state: &State) -> Vec<(String, String)> {
    let mut flags = vec![("Flags in Prompts".to_owned(), String::new())];
    flags.extend(FLAGS.iter().map(|(_, letter, words)| (letter.to_string(), (*words).to_owned())));
    let mut lines = Vec::new();
    if state.view.pane == Pane::Prompts {
        lines.append(&mut flags);
        lines.push((" ".to_owned(), String::new()));
    }
    let mut contexts = [
        (Context::List, "In lists, detail and reading view"),
        (Context::Query, "In Query & hunts, besides"),
        (Context::Detail, "In the detail only"),
        (Context::Global, "Everywhere"),
    ];
    if state.view.pane == Pane::Query {
        contexts.swap(0, 1);
    }
    for (context, title) in contexts {
        lines.push((title.to_owned(), String::new()));
        for entry in TABLE.iter().filter(|entry| entry.contexts.first() == Some(&context)) {
            let keys = state.setup.keymap.keys_of(entry.command);
            let keys = keys.iter().take(3).map(String::as_str).collect::<Vec<_>>().join("  ");
            lines.push((keys, entry.doc.to_owned()));
        }
        lines.push((" ".to_owned(), String::new()));
    }
    lines.append(&mut flags);
    lines
}

fn draw_messages(state: &State, canvas: &mut Canvas<'_>, top: usize) {
    let area = canvas.area();
    let inner = canvas.popup(centred(area, area.width.saturating_sub(4), area.height.saturating_sub(2)), "Messages (esc closes)");
    let top = top.min(state.messages.len().saturating_sub(usize::from(inner.height)));
    for (row, message) in state.messages.iter().skip(top).take(usize::from(inner.height)).enumerate() {
        let y = inner.y + row as u16;
        let role = match message.severity {
            Severity::Info => Role::Text,
            Severity::Warning => Role::Warning,
            Severity::Error => Role::Denied,
        };
        canvas.text(inner.x, y, 13, &message.at.clock(), Role::Muted);
        canvas.text(inner.x + 13, y, inner.width.saturating_sub(13), &message.text, role);
    }
}
