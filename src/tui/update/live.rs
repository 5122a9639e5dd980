//! Asking AWS for more from the workbench, and what comes of it.

use super::needs;
use crate::model::{Entity, EntityKind};
use crate::tui::ask::{Ask, Slot};
use crate::tui::commands::{Command, Context};
use crate::tui::layers::{Choice, Item, Layer, Picker};
use crate::tui::live::{LiveCommand, LiveNews};
use crate::tui::message::{Effect, Severity};
use crate::tui::state::State;

/// Runs a command that concerns AWS; false when it is none.
pub fn run(state: &mut State, command: Command, effects: &mut Vec<Effect>) -> bool {
    let wanted = match command {
        Command::FetchNewer => LiveCommand::Newer,
        Command::FetchOlder => LiveCommand::Older,
        Command::Follow => LiveCommand::Follow,
        Command::MoreAtAws => {
            more(state, effects);
            return true;
        }
        _ => return false,
    };
    send(state, wanted, effects);
    true
}

/// Sends a wish on, if somebody talks to AWS.
pub fn send(state: &mut State, wanted: LiveCommand, effects: &mut Vec<Effect>) {
    if state.live.is_some() {
        effects.push(Effect::Live(wanted));
    } else {
        let key = state.setup.keymap.key_of(Command::AddSource, Context::Global).unwrap_or_default();
        state.tell(Severity::Info, format!("not connected to AWS: {key} adds log groups, or open the case with `outcrop live --case …`"));
    }
}

/// Esc: gives up what is being fetched. False when nothing is.
pub fn stop(state: &mut State, effects: &mut Vec<Effect>) -> bool {
    let is_working = state.live.as_ref().is_some_and(|live| live.working.is_some());
    if is_working {
        effects.push(Effect::Live(LiveCommand::Stop));
        state.tell(Severity::Info, "stopping; what runs at AWS is stopped there too");
    }
    is_working
}

/// A menu of what the selected row names: the choice is looked for at AWS.
fn more(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(selected) = state.selected().filter(|_| state.live.is_some()) else {
        return send(state, LiveCommand::Stop, effects);
    };
    let mut menu = Picker::new(MORE, Vec::new());
    menu.loading = true;
    state.layers.push(Layer::Menu(menu));
    needs::cancel(state, Slot::Pivots, effects);
    needs::ask(state, Ask::Pivots { id: selected.id, secrets: state.secrets }, effects);
}

/// The title of that menu, by which its entries are told from pivots.
pub const MORE: &str = "Look at AWS for more of (the price is asked first)";

/// What an entity is called in the records themselves: a principal is put together of an account and a name.
pub fn as_logged(entity: &Entity) -> String {
    let value = entity.value.to_string();
    match entity.kind {
        EntityKind::Principal => value.rsplit('/').next().unwrap_or(&value).to_owned(),
        _ => value,
    }
}

/// The entry of the pivot menu that leads there.
pub fn entry(state: &State) -> Option<Item<Choice>> {
    let item = || Item {
        lead: "AWS".to_owned(),
        text: "look at AWS for more of one of these".to_owned(),
        tail: String::new(),
        value: Choice::Run(Command::MoreAtAws),
    };
    state.live.as_ref().map(|_| item())
}

/// News of whoever talks to AWS.
pub fn news(state: &mut State, news: LiveNews) {
    for (severity, text) in &news.told {
        state.tell(*severity, text.clone());
    }
    if let Some(trouble) = news.trouble.clone().filter(|_| state.live.as_ref().is_none_or(|before| before.trouble != news.trouble)) {
        state.tell(Severity::Warning, trouble);
    }
    if let Some(question) = &news.question {
        let item = |text: &str, value| Item { lead: String::new(), text: text.to_owned(), tail: String::new(), value: Choice::Live(value) };
        let items = vec![item("fetch it", LiveCommand::Agree), item("leave it", LiveCommand::Decline)];
        state.layers.push(Layer::Menu(Picker::new(question.clone(), items)));
    }
    state.spent.clone_from(&news.spent);
    let is_connected = !news.sites.is_empty() || news.working.is_some();
    state.live = is_connected.then_some(LiveNews { question: None, told: Vec::new(), ..news });
}
