//! Adding a source from inside of the workbench: log groups at AWS, or files of this computer.

use std::path::PathBuf;

use crossterm::event::KeyCode;

use super::{act, needs};
use crate::model::live::{Seconds, Site, parse_budget};
use crate::model::{Timestamp, parse_when};
use crate::tui::ask::{Ask, Slot};
use crate::tui::keys::Key;
use crate::tui::layers::{Choice, EditorKind, Form, Groups, Item, Layer, Picker, Stage};
use crate::tui::live::LiveCommand;
use crate::tui::message::{Effect, Severity};
use crate::tui::oracle::{FoundGroup, SourceWish};
use crate::tui::state::State;

/// A menu of what may be added.
pub fn open(state: &mut State) {
    if state.setup.read_only {
        return state.tell(Severity::Warning, "the case is open read-only: another outcrop is writing to it");
    }
    let item = |text: &str, value| Item { lead: String::new(), text: text.to_owned(), tail: String::new(), value };
    let mut items = Vec::new();
    if state.setup.asks_aws {
        items.push(item("log groups at AWS: what they hold, for how much, and which to fetch", Choice::AddGroups));
    }
    items.push(item("a file or a folder of this computer", Choice::AddFiles));
    state.layers.push(Layer::Menu(Picker::new("Add a source to the case", items)));
}

/// The form for log groups, filled as the last time.
pub fn open_form(state: &mut State) {
    let form = Form::of_source(&state.setup.usual).filled(&state.source_form);
    state.layers.push(Layer::Form(Box::new(form)));
}

/// A path to write.
pub fn open_path(state: &mut State) {
    act::edit(state, EditorKind::Path, "");
}

/// Reads what lies under a path.
pub fn read(state: &mut State, path: &str, effects: &mut Vec<Effect>) -> Result<(), String> {
    if path.is_empty() {
        return Err("name a file or a folder".to_owned());
    }
    effects.push(Effect::Live(LiveCommand::Read(PathBuf::from(path))));
    let waits = if state.ingest.is_some() || is_fetching(state) { ": it waits until what is under way is read" } else { "" };
    state.tell(Severity::Info, format!("reading {path}{waits}"));
    Ok(())
}

fn is_fetching(state: &State) -> bool {
    state.live.as_ref().is_some_and(|live| live.working.is_some())
}

/// Enter in the form: log groups are looked for, or what is wrong with a line is said.
pub fn keep_form(state: &mut State, mut form: Box<Form>, effects: &mut Vec<Effect>) {
    match wish(&form, state.now) {
        Ok(wish) => {
            state.source_form = form.values();
            state.layers.push(Layer::Groups(Box::new(Groups::new(wish.clone(), form))));
            needs::cancel(state, Slot::Source, effects);
            needs::ask(state, Ask::Find(Box::new(wish)), effects);
        }
        Err(wrong) => {
            form.wrong = Some(wrong);
            state.layers.push(Layer::Form(form));
        }
    }
}

/// What a form asks for.
fn wish(form: &Form, now: Timestamp) -> Result<SourceWish, String> {
    let values = form.values();
    let value = |name: &str| values.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.trim());
    let many =
        |name: &str| -> Vec<String> { value(name).split([',', ' ']).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect() };
    let some = |names: Vec<String>| if names.is_empty() { vec![None] } else { names.into_iter().map(Some).collect() };
    let (profiles, regions) = (some(many("profile")), some(many("region")));
    let sites = profiles.iter().flat_map(|profile| regions.iter().map(|region| Site { profile: profile.clone(), region: region.clone() })).collect();
    let when =
        |name: &str, empty: &str| parse_when(if value(name).is_empty() { empty } else { value(name) }, now).map_err(|why| format!("{name}: {why}"));
    let (since, until) = (when("since", "24h")?, when("until", "now")?);
    if since >= until {
        return Err("the time range ends before it begins".to_owned());
    }
    let budget = if value("budget").is_empty() { "1usd" } else { value("budget") };
    let usd =
        parse_budget(budget, crate::model::live::USD_PER_GB).ok_or_else(|| format!("budget: “{budget}” is no amount such as 2usd, 0.50 or 100GB"))?;
    let span = Seconds::new(since.as_millis().div_euclid(1000), until.as_millis().saturating_add(999).div_euclid(1000));
    Ok(SourceWish { sites, names: many("log groups"), span, usd })
}

fn groups(state: &mut State) -> Option<&mut Groups> {
    state.layers.iter_mut().rev().find_map(|layer| if let Layer::Groups(groups) = layer { Some(&mut **groups) } else { None })
}

/// Log groups were found, or could not be.
pub fn found(state: &mut State, answer: Result<(Vec<FoundGroup>, Vec<String>), String>) {
    let Some(at) = state.layers.iter().position(|layer| matches!(layer, Layer::Groups(_))) else { return };
    match answer {
        Ok((found, troubles)) => {
            if let Some(groups) = groups(state) {
                (groups.found, groups.troubles, groups.stage) = (found, troubles, Stage::Choosing);
            }
        }
        Err(why) => {
            // Back to the form, which says what happened.
            if let Layer::Groups(groups) = state.layers.remove(at) {
                let form = Form { wrong: Some(why.clone()), ..*groups.form };
                state.layers.insert(at, Layer::Form(Box::new(form)));
            }
            state.tell(Severity::Error, why);
        }
    }
}

/// The prices are known, or cannot be.
pub fn priced(state: &mut State, answer: Result<Vec<FoundGroup>, String>) {
    let Some(groups) = groups(state) else { return };
    match answer {
        Ok(found) => (groups.found, groups.stage) = (found, Stage::Priced),
        Err(why) => {
            groups.stage = Stage::Choosing;
            groups.troubles = vec![why.clone()];
            state.tell(Severity::Error, why);
        }
    }
}

/// A key while the list of log groups is shown.
pub fn key(state: &mut State, key: Key, effects: &mut Vec<Effect>) {
    let Some(Layer::Groups(groups)) = state.layers.last_mut() else { return };
    let page = 10;
    match key.code {
        KeyCode::Esc => leave(state, effects),
        KeyCode::Char('c') if key.ctrl => leave(state, effects),
        KeyCode::Down | KeyCode::Char('j') => groups.step(1),
        KeyCode::Up | KeyCode::Char('k') => groups.step(-1),
        KeyCode::PageDown => groups.step(page),
        KeyCode::PageUp => groups.step(-page),
        KeyCode::Home | KeyCode::Char('g') => groups.step(isize::MIN / 2),
        KeyCode::End | KeyCode::Char('G') => groups.step(isize::MAX / 2),
        KeyCode::Char(' ' | 'a' | 'A') | KeyCode::Enter if matches!(groups.stage, Stage::Looking | Stage::Pricing) => {}
        KeyCode::Char(' ') => groups.turn(),
        KeyCode::Char('a') => groups.turn_all(),
        KeyCode::Char('A') if groups.stage == Stage::Priced => add(state, true, effects),
        KeyCode::Enter if groups.chosen().next().is_none() => state.tell(Severity::Info, "no log group is chosen: space chooses"),
        KeyCode::Enter if groups.stage == Stage::Priced => add(state, false, effects),
        KeyCode::Enter => {
            groups.stage = Stage::Pricing;
            let (wish, found) = (groups.wish.clone(), groups.found.clone());
            needs::cancel(state, Slot::Source, effects);
            needs::ask(state, Ask::Price(Box::new(wish), found), effects);
        }
        _ => {}
    }
}

/// Back to the form, or from a price that is on its way to the choice.
fn leave(state: &mut State, effects: &mut Vec<Effect>) {
    needs::cancel(state, Slot::Source, effects);
    match state.layers.pop() {
        Some(Layer::Groups(mut groups)) if groups.stage == Stage::Pricing => {
            groups.stage = Stage::Choosing;
            state.layers.push(Layer::Groups(groups));
        }
        Some(Layer::Groups(groups)) => state.layers.push(Layer::Form(groups.form)),
        other => state.layers.extend(other),
    }
}

/// What is chosen becomes a source, and is fetched.
fn add(state: &mut State, is_agreed: bool, effects: &mut Vec<Effect>) {
    let waits = is_fetching(state) || state.ingest.is_some();
    let Some(Layer::Groups(groups)) = state.layers.pop() else { return };
    let added = groups.added(is_agreed);
    let count = added.chosen.len();
    effects.push(Effect::Live(LiveCommand::Add(Box::new(added))));
    // Queries can ask them from now on.
    state.desk.groups_of = None;
    let what = if count == 1 { "1 log group".to_owned() } else { format!("{count} log groups") };
    let waits = if waits { " as soon as what is under way is there" } else { "" };
    state.tell(Severity::Info, format!("{what}: fetching{waits} · 9 shows how each source is doing · esc stops"));
}
