//! A query asked at AWS: of which log groups, for which interval, and for how much.

use super::{needs, query};
use crate::model::live::{Seconds, Site};
use crate::model::{StrandSet, field};
use crate::query::ql::parse;
use crate::query::sql;
use crate::tui::ask::{Ask, Asking, Slot};
use crate::tui::commands::{Command, Context};
use crate::tui::desk::{Awaited, Problem};
use crate::tui::layers::{Choice, Item, Layer, Picker};
use crate::tui::message::{Effect, Severity};
use crate::tui::oracle::{AtAws, KnownGroup};
use crate::tui::state::State;
use crate::tui::view::Position;

/// A day, in seconds.
const DAY: i64 = 86_400;

/// Asks the query at AWS; with `is_agreed` whatever it costs.
pub fn ask(state: &mut State, is_agreed: bool, effects: &mut Vec<Effect>) {
    if !state.setup.asks_aws {
        return state.tell(Severity::Info, "this outcrop was built without what talks to AWS");
    }
    if query::says_nothing(state) {
        return;
    }
    let text = state.desk.text();
    let hunt = state.desk.hunt.clone();
    if hunt.as_ref().is_some_and(|(hunt, _)| !hunt.at_aws) {
        let key = state.setup.keymap.key_of(Command::RunQuery, Context::Query).unwrap_or_default();
        return state.tell(Severity::Info, format!("this hunt asks for what only a case knows: {key} runs it here"));
    }
    let is_sql = hunt.as_ref().map_or_else(|| sql::is_likely(&text), |(hunt, _)| hunt.language == crate::hunt::Language::Sql);
    if hunt.is_none()
        && let Some(found) = query::mistake(&text).or_else(|| derived(&text, is_sql))
    {
        state.desk.problem = Some(found);
        return;
    }
    // Which log groups there are is on its way.
    if state.desk.groups_of.is_none() {
        state.desk.awaited = Some(Awaited::Ask);
        return;
    }
    let names_them = is_sql || parse(&text).is_ok_and(|query| query.source.is_some());
    let strands = hunt.as_ref().map_or(StrandSet::ALL, |(hunt, _)| hunt.strands);
    let asked: Vec<&KnownGroup> = state.desk.groups.iter().filter(|group| state.desk.asks(group) && may_hold(group, strands)).collect();
    if asked.is_empty() && !names_them {
        let key = |command, context| state.setup.keymap.key_of(command, context).unwrap_or_default();
        let words = if state.desk.groups.is_empty() {
            format!(
                "no log groups of AWS are known here: {} finds them, or begin the query with SOURCE \"name\"",
                key(Command::AddSource, Context::Global)
            )
        } else {
            format!("no log group is chosen that this would look in: {} chooses", key(Command::QueryGroups, Context::Query))
        };
        return state.tell(Severity::Warning, words);
    }
    let mut sites: Vec<Site> = asked.iter().map(|group| group.site.clone()).collect();
    sites.sort();
    sites.dedup();
    let places = if names_them { Vec::new() } else { asked.iter().map(|group| (group.site.clone(), group.group.name.clone())).collect() };
    let at = AtAws { sites, places, span: span(state), is_agreed };
    let asking = Asking { text, hunt, scope: state.view.scope.clone(), now: state.now, secrets: state.secrets, at_aws: Some(at) };
    let desk = &mut state.desk;
    (desk.problem, desk.offers, desk.typing, desk.going) = (None, None, false, "asking for the price".to_owned());
    desk.asked = Some(Box::new(asking.clone()));
    state.view.set_position(Position::default());
    needs::cancel(state, Slot::Query, effects);
    needs::ask(state, Ask::Query(Box::new(asking)), effects);
}

/// Could a group hold any of these? Of a group of which nobody knows, yes.
fn may_hold(group: &KnownGroup, strands: StrandSet) -> bool {
    group.holds == StrandSet::NONE || group.holds.bits() & strands.bits() != 0
}

/// The interval of the scope; where it is open that of the case, which goes on while it is live; of an empty case the last day.
fn span(state: &State) -> Seconds {
    let range = state.view.scope.range;
    let now = state.now.as_millis();
    let case = state.case.span.map(|(first, last)| (first.as_millis(), last.as_millis()));
    let until = range.until.map(crate::model::Timestamp::as_millis);
    let until = until.or(case.filter(|_| state.live.is_none()).map(|(_, last)| last + 1)).unwrap_or(now).min(now);
    let since = range.since.map(crate::model::Timestamp::as_millis).or(case.map(|(first, _)| first)).unwrap_or(until - DAY * 1000);
    Seconds::new(since.div_euclid(1000), until.saturating_add(999).div_euclid(1000))
}

/// A field that outcrop derives, and that AWS does not know: what is unknown there matches nothing, in silence.
fn derived(text: &str, is_sql: bool) -> Option<Problem> {
    let query = parse(text).ok().filter(|_| !is_sql)?;
    let name =
        query.stages.iter().flat_map(|stage| stage.reads()).map(ToString::to_string).find(|name| name.starts_with("x.") && field(name).is_ok())?;
    let at = text.find(&name).map(|from| from..from + name.len());
    Some(Problem { at, what: format!("{name} is derived by outcrop, and AWS does not know it: run it here, or name fields of the record") })
}

/// The price was told: to be agreed to, or not.
pub fn priced(state: &mut State, question: String) {
    let item = |text: &str, value| Item { lead: String::new(), text: text.to_owned(), tail: String::new(), value };
    let items = vec![item("run it", Choice::AskAgreed), item("leave it", Choice::Leave)];
    state.layers.push(Layer::Menu(Picker::new(question, items)));
}

/// Log groups were read of.
pub fn known(state: &mut State, groups: std::sync::Arc<Vec<KnownGroup>>, revision: u64, effects: &mut Vec<Effect>) {
    (state.desk.groups, state.desk.groups_of) = (groups, Some(revision));
    // Somebody may be in the middle of a name.
    if state.desk.typing && state.desk.offers.as_ref().is_none_or(|offers| offers.cursor == 0) {
        query::offer(state);
    }
    match state.desk.awaited.take() {
        Some(Awaited::Ask) => ask(state, false, effects),
        Some(Awaited::Choose) => open_groups(state, 0),
        None => {}
    }
}

/// A menu of the log groups: which a query is sent to.
pub fn open_groups(state: &mut State, cursor: usize) {
    if state.desk.groups_of.is_none() && state.setup.asks_aws {
        state.desk.awaited = Some(Awaited::Choose);
        return;
    }
    if state.desk.groups.is_empty() {
        let key = state.setup.keymap.key_of(Command::AddSource, Context::Global).unwrap_or_default();
        return state.tell(Severity::Info, format!("no log groups of AWS are known here: {key} finds them"));
    }
    let item = |(index, group): (usize, &KnownGroup)| Item {
        lead: if state.desk.asks(group) { "[x]" } else { "[ ]" }.to_owned(),
        text: group.label(),
        tail: strand_words(group.holds),
        value: Choice::Group(index),
    };
    let mut menu =
        Picker::new("Log groups that are asked at AWS (enter switches, esc closes)", state.desk.groups.iter().enumerate().map(item).collect());
    menu.cursor = cursor;
    state.layers.push(Layer::Menu(menu));
}

/// A group is asked from now on, or not any more.
pub fn turn_group(state: &mut State, index: usize, cursor: usize, effects: &mut Vec<Effect>) {
    let Some(label) = state.desk.groups.get(index).map(KnownGroup::label) else { return };
    if !state.desk.turned.remove(&label) {
        state.desk.turned.insert(label);
    }
    effects.push(Effect::SaveQueries(state.desk.save()));
    open_groups(state, cursor);
}

/// Strands in words, for a column.
pub fn strand_words(strands: StrandSet) -> String {
    let names = crate::model::Strand::ALL.into_iter().filter(|strand| strands.contains(*strand)).map(crate::model::Strand::name);
    names.collect::<Vec<_>>().join(" ")
}
