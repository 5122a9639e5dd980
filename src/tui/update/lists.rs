//! Match lists: what is on them, with reason and end; putting an entity on one, changing what was said of it, taking it off.

use super::signals::may_write;
use crate::model::{Entity, EntityKind, ListEntry, Timestamp, parse_when};
use crate::tui::layers::{Choice, Form, Item, Layer, Picker};
use crate::tui::message::{Effect, Severity};
use crate::tui::signals::SignalRow;
use crate::tui::state::State;
use crate::tui::view::Shape;

/// Match lists that an entity may be put on from the workbench, and what they are for.
const PRINCIPAL_LISTS: [(&str, &str); 3] = [
    ("authorized_bedrock_users", "may use Bedrock: their calls weigh less"),
    ("authorized_bedrock_provisioners", "may open models and defences: their changes weigh less"),
    ("known_high_volume", "many tokens are usual"),
];
const BUCKET_LISTS: [(&str, &str); 1] = [("own_buckets", "belongs to us: jobs may use it")];
const IP_LISTS: [(&str, &str); 1] = [("known_egress", "an address of ours")];

/// Whom the selected row is about.
fn listable(state: &State) -> Option<Entity> {
    let page = &state.list.signals;
    match state.view.pane.shape() {
        Shape::Values(_) => state.selected_entity(),
        Shape::Signals => match state.selected_signal_row()? {
            SignalRow::Lead(at) => page.leads.get(at).map(|lead| lead.entity.clone()),
            SignalRow::Signal(at) => page.signals.get(at).map(|signal| signal.entity.clone()),
        },
        _ => state.selected_row().and_then(|row| Some(Entity { kind: EntityKind::Principal, value: row.as_logged().principal.clone()? })),
    }
}

/// The lists that an entity may be put on, and what each is for.
fn lists_for(kind: EntityKind) -> &'static [(&'static str, &'static str)] {
    match kind {
        EntityKind::Principal | EntityKind::Actor => &PRINCIPAL_LISTS,
        EntityKind::Bucket => &BUCKET_LISTS,
        EntityKind::Ip => &IP_LISTS,
        _ => &[],
    }
}

/// Rules compare who acted, which may bear the session of a person: a principal stands on a list with and without.
fn with_sessions(value: &str) -> String {
    format!("{value}/*")
}

/// Entries as a person sees them: of a principal and its sessions one.
fn entries(state: &State) -> impl Iterator<Item = &ListEntry> {
    let all = &state.case.lists;
    let is_of_another = |entry: &ListEntry| {
        let whole = entry.value.strip_suffix("/*");
        whole.is_some_and(|whole| all.iter().any(|other| other.list == entry.list && other.value == whole))
    };
    all.iter().filter(move |entry| !is_of_another(entry))
}

/// `until 2026-12-24 00:00`; nothing without an end.
pub fn until(entry: &ListEntry) -> String {
    entry.expires.map(|end| format!("until {}", end.to_jiff().strftime("%Y-%m-%d %H:%M"))).unwrap_or_default()
}

/// A menu of the match lists for the selected entity, and of what is on them.
pub fn open(state: &mut State) {
    let entity = listable(state).filter(|entity| !lists_for(entity.kind).is_empty());
    let Some(entity) = entity else { return open_all(state) };
    if !may_write(state) {
        return;
    }
    let known = |list: &str| state.case.lists.iter().find(|entry| entry.list == list && *entry.value == *entity.value);
    let mut items = Vec::new();
    for (list, what) in lists_for(entity.kind) {
        let item = match known(list) {
            Some(entry) => Item {
                lead: "[x]".to_owned(),
                text: format!("{list}: {}", entry.reason),
                tail: until(entry),
                value: Choice::Listed(entry.list.clone(), entry.value.clone()),
            },
            None => Item { lead: "[ ]".to_owned(), text: (*list).to_owned(), tail: (*what).to_owned(), value: Choice::List(list, entity.clone()) },
        };
        items.push(item);
    }
    let count = entries(state).count();
    if count > 0 {
        let tail = crate::tui::render::grouped(count as u64);
        items.push(Item { lead: String::new(), text: "all that is on lists of this case".to_owned(), tail, value: Choice::Lists });
    }
    let title = format!("Match lists: {}", state.secrets.text(&entity.value));
    state.layers.push(Layer::Menu(Picker::new(title, items)));
}

/// A menu of all that is on lists of the case.
pub fn open_all(state: &mut State) {
    if entries(state).next().is_none() {
        let words = "nothing is on a match list of this case: L puts principals, buckets and addresses there";
        return state.tell(Severity::Info, words);
    }
    let item = |entry: &ListEntry| Item {
        lead: entry.list.clone(),
        text: format!("{} · {}", state.secrets.text(&entry.value), entry.reason),
        tail: until(entry),
        value: Choice::Listed(entry.list.clone(), entry.value.clone()),
    };
    let menu = Picker::new("On match lists of this case (enter changes or takes off)", entries(state).map(item).collect());
    state.layers.push(Layer::Menu(menu));
}

/// What can be done with an entry.
pub fn open_entry(state: &mut State, list: &str, value: &str) {
    if !may_write(state) {
        return;
    }
    let item = |text: &str, value| Item { lead: String::new(), text: text.to_owned(), tail: String::new(), value };
    let items = vec![
        item("change reason or end", Choice::Relist(list.to_owned(), value.to_owned())),
        item("take it off the list", Choice::Unlist(list.to_owned(), value.to_owned())),
    ];
    state.layers.push(Layer::Menu(Picker::new(format!("{} on {list}", state.secrets.text(value)), items)));
}

/// Asks for reason and end of an entity that is put on a list.
pub fn ask_reason(state: &mut State, list: &str, value: &str, has_sessions: bool) {
    let title = format!("{} on {list}", state.secrets.text(value));
    let known = state.case.lists.iter().find(|entry| entry.list == list && entry.value == value);
    let form = Form::of_listing(title, list, value, has_sessions);
    let form = match known {
        Some(entry) => {
            let end = entry.expires.map(|end| end.to_string()).unwrap_or_default();
            form.filled(&[("reason".to_owned(), entry.reason.clone()), ("until".to_owned(), end)])
        }
        None => form,
    };
    state.layers.push(Layer::Form(Box::new(form)));
}

/// Changes what was said of an entry.
pub fn relist(state: &mut State, list: &str, value: &str) {
    let sessions = with_sessions(value);
    let has_sessions = state.case.lists.iter().any(|entry| entry.list == list && entry.value == sessions);
    ask_reason(state, list, value, has_sessions);
}

/// Enter in the form: the value stands on the list, or what is wrong is said.
pub fn keep_form(state: &mut State, mut form: Box<Form>, (list, value, has_sessions): (&str, &str, bool), effects: &mut Vec<Effect>) {
    let reason = form.text(0).trim().to_owned();
    let expires = match end(form.text(1).trim(), state.now) {
        _ if reason.is_empty() => Err("say why: whoever reads the case later has to know".to_owned()),
        end => end,
    };
    let expires = match expires {
        Ok(expires) => expires,
        Err(wrong) => {
            form.wrong = Some(wrong);
            return state.layers.push(Layer::Form(form));
        }
    };
    let entry = |value: String| ListEntry { list: list.to_owned(), value, reason: reason.clone(), expires };
    effects.push(Effect::List(entry(value.to_owned())));
    if has_sessions {
        effects.push(Effect::List(entry(with_sessions(value))));
    }
    state.tell(Severity::Info, format!("{} is on the list {list}: the rules weigh anew", state.secrets.text(value)));
}

/// Takes a value, and the sessions of it, off a list.
pub fn unlist(state: &mut State, list: &str, value: &str, effects: &mut Vec<Effect>) {
    let sessions = with_sessions(value);
    for entry in state.case.lists.iter().filter(|entry| entry.list == list && (entry.value == value || entry.value == sessions)) {
        effects.push(Effect::Unlist(list.to_owned(), entry.value.clone()));
    }
    state.tell(Severity::Info, format!("{} is off the list {list}: the rules weigh anew", state.secrets.text(value)));
}

/// When an entry ends: never, at a time, or after a while from now.
fn end(text: &str, now: Timestamp) -> Result<Option<Timestamp>, String> {
    if text.is_empty() || text == "never" {
        return Ok(None);
    }
    let at = parse_when(text, now)?;
    // `30d` is ago to everybody else.
    let is_length = text.starts_with(|first: char| first.is_ascii_digit()) && text.contains(char::is_alphabetic) && !text.contains(['-', ':']);
    Ok(Some(if is_length { now.plus_millis(now.as_millis() - at.as_millis()) } else { at }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_never_times_or_a_while_from_now() {
        let now = Timestamp::parse("2026-11-20T12:00:00Z").unwrap();
        for (text, expected) in [
            ("", None),
            ("never", None),
            ("30d", Some("2026-12-20T12:00:00.000Z")),
            ("2 weeks", Some("2026-12-04T12:00:00.000Z")),
            ("2026-12-24", Some("2026-12-24T00:00:00.000Z")),
            ("2026-11-01T08:30:00Z", Some("2026-11-01T08:30:00.000Z")),
        ] {
            assert_eq!(end(text, now).unwrap().map(|at| at.to_string()).as_deref(), expected, "{text}");
        }
        assert!(end("someday", now).is_err());
    }
}
