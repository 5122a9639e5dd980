//! Keys to commands: the top layer first, then the focused context, then everywhere.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind};

use super::{act, lists, query, source};
use crate::tui::commands::{Command, Context};
use crate::tui::keymap::Lookup;
use crate::tui::keys::Key;
use crate::tui::layers::{FormOf, Layer};
use crate::tui::message::{Effect, Severity};
use crate::tui::state::State;
use crate::tui::view::Shape;

/// Takes a key press in.
pub fn key(state: &mut State, event: KeyEvent, effects: &mut Vec<Effect>) {
    if event.kind == KeyEventKind::Release {
        return;
    }
    (state.told, state.touched) = (false, true);
    let key = Key::of(event);
    match state.layers.last_mut() {
        Some(Layer::Editor(_)) => editor_key(state, event, key, effects),
        Some(Layer::Form(form)) => match key.code {
            KeyCode::Esc => drop(state.layers.pop()),
            KeyCode::Char('c') if key.ctrl => drop(state.layers.pop()),
            KeyCode::Enter => keep_form(state, effects),
            _ => form.input(event),
        },
        Some(Layer::Groups(_)) => source::key(state, key, effects),
        Some(Layer::Menu(menu)) => {
            if let Some(character) = key.typed() {
                menu.push(character);
            } else if key.code == KeyCode::Backspace {
                menu.pop();
            } else {
                run_key(state, Context::Menu, key, effects);
            }
        }
        Some(Layer::Help(_) | Layer::Messages(_) | Layer::Text(..)) => run_key(state, Context::List, key, effects),
        None if state.view.pane.shape() == Shape::Query && state.desk.typing => query::typing_key(state, event, key, effects),
        None => {
            run_key(state, state.context(), key, effects);
        }
    }
}

fn run_key(state: &mut State, context: Context, key: Key, effects: &mut Vec<Effect>) {
    // Esc gives a half-typed sequence up.
    if !state.pending.is_empty() && key.code == KeyCode::Esc {
        state.pending.clear();
        return;
    }
    state.pending.push(key);
    match state.setup.keymap.lookup(context, &state.pending) {
        Lookup::Pending => {}
        Lookup::Command(command) => {
            state.pending.clear();
            act::run(state, command, effects);
        }
        Lookup::None => {
            let typed: Vec<String> = state.pending.iter().map(Key::to_string).collect();
            state.pending.clear();
            if !matches!(key.code, KeyCode::Esc) {
                let help = state.setup.keymap.key_of(Command::Help, context).unwrap_or_default();
                state.tell(Severity::Info, format!("{} has no meaning here · {help} shows the keys", typed.join(" ")));
            }
        }
    }
}

/// Enter in a form.
fn keep_form(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Layer::Form(form)) = state.layers.pop() else { return };
    match form.of.clone() {
        FormOf::Hunt(hunt) => query::keep_form(state, form, hunt, effects),
        FormOf::Source => source::keep_form(state, form, effects),
        FormOf::Listing(list, value, has_sessions) => lists::keep_form(state, form, (&list, &value, has_sessions), effects),
    }
}

fn editor_key(state: &mut State, event: KeyEvent, key: Key, effects: &mut Vec<Effect>) {
    let Some(Layer::Editor(editor)) = state.layers.last_mut() else { return };
    let keep = (key.code == KeyCode::Enter && (!editor.kind.is_multi_line() || key.alt)) || (key.ctrl && key.code == KeyCode::Char('s'));
    if key.code == KeyCode::Esc || (key.ctrl && key.code == KeyCode::Char('c')) {
        state.layers.pop();
    } else if keep {
        act::keep_text(state, effects);
    } else {
        editor.input(event);
    }
}

/// Takes pasted text in: into the text being typed, otherwise nowhere. Control characters are left out.
pub fn paste(state: &mut State, text: &str) {
    let clean: String = text.chars().filter(|character| !character.is_control() || *character == '\n').collect();
    match state.layers.last_mut() {
        Some(Layer::Editor(editor)) => {
            let line = if editor.kind.is_multi_line() { clean } else { clean.replace('\n', " ") };
            editor.paste(line);
        }
        Some(Layer::Menu(menu)) => clean.chars().filter(|character| *character != '\n').for_each(|character| menu.push(character)),
        Some(Layer::Form(form)) => form.paste(&clean),
        None if state.view.pane.shape() == Shape::Query && state.desk.typing => query::paste(state, &clean),
        _ => state.tell(Severity::Info, "pasted text goes into a search or filter: press / or f first"),
    }
}
