//! What goes to the clipboard: always escaped, and masked like on the screen.

use super::query;
use crate::model::Secrets;
use crate::tui::message::{Effect, Severity};
use crate::tui::state::State;
use crate::tui::view::Shape;

/// What `y` and `Y` copy. Secrets are masked like on the screen. Always escaped: what is pasted into a shell must not act.
pub fn copy(state: &mut State, effects: &mut Vec<Effect>, record: bool) {
    let text = if state.view.pane.shape() == Shape::Query {
        match query::copied(state, record) {
            Some(text) => crate::model::SafeText::new(&text).into_string(),
            None => return state.tell(Severity::Info, "there is nothing to copy"),
        }
    } else if record {
        let Some(detail) = state.current_detail() else { return state.tell(Severity::Info, "open the row first: its record is not read yet") };
        match &detail.record {
            Ok(tree) => crate::model::SafeText::new(&record_text(tree.bytes(), state.secrets)).into_string(),
            Err(why) => return state.tell(Severity::Warning, why.clone()),
        }
    } else {
        match copied_line(state) {
            Some(text) => crate::model::SafeText::new(&text).into_string(),
            None => return state.tell(Severity::Info, "nothing is selected"),
        }
    };
    state.tell(Severity::Info, format!("{} characters sent to the terminal's clipboard", text.chars().count()));
    effects.push(Effect::Copy(text));
}

/// A record, or a part of one, as text to copy.
fn record_text(record: &[u8], secrets: Secrets) -> String {
    match secrets {
        Secrets::Masked => crate::decode::masked_record(record),
        Secrets::Revealed => crate::model::text_from_bytes(record).into_owned(),
    }
}

fn copied_line(state: &State) -> Option<String> {
    if let Shape::Values(_) = state.view.pane.shape() {
        let value = state.current_profile().filter(|_| state.detail_has_focus()).and_then(|page| page.entity_at(state.view.detail.0));
        let row = || state.list.row(state.view.position().index).map(|row| row.shown.to_string());
        return value.map(|value| state.secrets.name(&value.value).to_string()).or_else(row);
    }
    if state.detail_has_focus()
        && let Some(detail) = state.current_detail()
    {
        let line = state.view.detail.0;
        if state.reads_conversation() {
            let page = detail.page.as_ref()?;
            let block = page.blocks().get(page.lines().get(line)?.block)?;
            return Some(block.text.clone());
        }
        let tree = detail.record.as_ref().ok()?;
        let entry = tree.line(*tree.visible(&state.folded).get(line)?)?;
        let text = tree.text(entry);
        return Some(match state.secrets {
            Secrets::Revealed => text,
            Secrets::Masked if entry.children > 0 => record_text(text.as_bytes(), Secrets::Masked),
            Secrets::Masked => crate::model::secret::masked_value(&tree.key(entry), &text).into_owned(),
        });
    }
    let event = &state.selected_row()?.event;
    let time = event.time.map(|time| time.to_string()).unwrap_or_default();
    Some(format!("{time} {} {} {} [{}]", event.strand, event.actor.as_deref().unwrap_or("-"), event.summary(), event.uid()))
}
