//! What the keys do in the Query pane: write a text, run it, walk its answer.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui_textarea::Input;

use super::{abroad, act, go, needs};
use crate::hunt::{Bound, Hunt, Next, bind};
use crate::model::{Entity, Scope, StrandSet};
use crate::query::ql::{check, only_at_aws, parse};
use crate::query::sql;
use crate::tui::ask::{Ask, Asking, Held, Slot};
use crate::tui::commands::{Command, Context};
use crate::tui::complete::offers;
use crate::tui::desk::{Past, Problem};
use crate::tui::keys::Key;
use crate::tui::layers::{Choice, EditorKind, Form, Item, Layer, Picker};
use crate::tui::message::{Effect, Severity};
use crate::tui::results::Results;
use crate::tui::state::State;
use crate::tui::view::{Pane, Position, Shape, View};

/// A longer text is read when it is run, not while it is typed.
const READ_WHILE_TYPED: usize = 20_000;
/// How much wider or narrower a column becomes.
const STEP: u16 = 6;

/// The pane is shown, and nothing lies over it.
pub fn is_shown(state: &State) -> bool {
    state.view.pane.shape() == Shape::Query && state.layers.is_empty()
}

/// Is it a command of this pane alone?
pub const fn is_own(command: Command) -> bool {
    matches!(
        command,
        Command::EditQuery
            | Command::NewQuery
            | Command::RunQuery
            | Command::RunAtAws
            | Command::QueryGroups
            | Command::Hunts
            | Command::QueryHistory
            | Command::ColumnLeft
            | Command::ColumnRight
            | Command::SortColumn
            | Command::Columns
            | Command::Wider
            | Command::Narrower
            | Command::Chart
    )
}

/// Commands of every pane that mean something else for an answer than for a list of events.
pub fn acts(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    match command {
        Command::Pivot => pivots(state, effects),
        Command::Open => open(state, effects),
        Command::Export if state.desk.results.is_some() => act::edit(state, EditorKind::Export, "answer.csv"),
        Command::Export => state.tell(Severity::Info, "there is no answer to write to a file"),
        _ => state.tell(Severity::Info, "an answer is not searched: add a filter to the query"),
    }
}

/// Runs a command of the pane; says where it belongs when another is shown.
pub fn run(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    if state.view.pane.shape() != Shape::Query {
        return state.tell(Severity::Info, "this belongs to queries: 8 shows them");
    }
    match command {
        Command::EditQuery => state.desk.typing = true,
        Command::NewQuery => {
            state.desk.write("");
            (state.desk.problem, state.desk.typing) = (None, true);
        }
        Command::RunQuery => ask(state, effects),
        Command::RunAtAws => abroad::ask(state, false, effects),
        Command::QueryGroups => abroad::open_groups(state, 0),
        Command::Hunts => open_hunts(state),
        Command::QueryHistory => open_history(state),
        Command::ColumnLeft => step_column(state, false),
        Command::ColumnRight => step_column(state, true),
        Command::SortColumn => sort(state, effects),
        Command::Columns => open_columns(state, 0),
        Command::Wider | Command::Narrower => resize(state, command == Command::Wider),
        Command::Chart => {
            if state.desk.results.as_ref().is_some_and(|results| results.bars.is_some()) {
                state.desk.is_chart = !state.desk.is_chart;
            } else {
                state.tell(Severity::Info, "nothing to draw: a chart needs a number for each time or name, such as stats count(*) by bin(1h)");
            }
        }
        _ => {}
    }
}

/// A key while the text has them.
pub fn typing_key(state: &mut State, event: KeyEvent, key: Key, effects: &mut Vec<Effect>) {
    let desk = &mut state.desk;
    let runs = (key.ctrl && key.code == KeyCode::Char('s')) || (key.code == KeyCode::Enter && key.alt) || key.code == KeyCode::F(5);
    match key.code {
        _ if runs => ask(state, effects),
        KeyCode::Esc => {
            if desk.offers.take().is_none() && !cancel(state, effects) {
                state.desk.typing = false;
            }
        }
        KeyCode::Char('c') if key.ctrl => (desk.typing, desk.offers) = (false, None),
        KeyCode::Tab if desk.offers.is_some() => accept_offer(state),
        KeyCode::Tab => desk.typing = false,
        KeyCode::Down | KeyCode::Up if desk.offers.is_some() => step_offer(state, key.code == KeyCode::Down),
        KeyCode::Char('n' | 'p') if key.ctrl && desk.offers.is_some() => step_offer(state, key.code == KeyCode::Char('n')),
        _ => {
            let before = desk.text();
            if key.ctrl && key.code == KeyCode::Char('u') {
                if desk.area.cursor().1 > 0 {
                    desk.area.delete_line_by_head();
                }
            } else {
                desk.area.input(Input::from(event));
            }
            let typed = key.typed().is_some() || key.code == KeyCode::Backspace;
            changed(state, &before, typed);
        }
    }
}

/// Takes pasted text in.
pub fn paste(state: &mut State, text: &str) {
    let before = state.desk.text();
    state.desk.area.insert_str(text);
    changed(state, &before, false);
}

/// The text may be another now: what is wrong with it, and what may come next.
fn changed(state: &mut State, before: &str, typed: bool) {
    let text = state.desk.text();
    state.desk.offers = None;
    if text != before {
        (state.desk.hunt, state.desk.problem) = (None, None);
        if text.len() <= READ_WHILE_TYPED {
            state.desk.problem = problem(state, &text);
        }
    }
    if typed {
        offer(state);
    }
}

/// What may come next where the cursor is.
pub fn offer(state: &mut State) {
    state.desk.offers = offers(&state.desk.text(), state.desk.cursor(), &state.desk.named, &state.desk.groups);
}

/// The first thing wrong with a text.
fn problem(state: &State, text: &str) -> Option<Problem> {
    if text.trim().is_empty() {
        return None;
    }
    mistake(text).or_else(|| {
        let query = parse(text).ok().filter(|_| !sql::is_likely(text))?;
        let note = only_at_aws(&query).into_iter().next()?;
        let key = state.setup.keymap.key_of(Command::RunAtAws, Context::Query).filter(|_| state.setup.asks_aws);
        let there = key.map(|key| format!("; {key} runs it there")).unwrap_or_default();
        Some(Problem { at: Some(note.span.start..note.span.end), what: format!("{note}{there}") })
    })
}

/// The first thing in a text that no place understands.
pub fn mistake(text: &str) -> Option<Problem> {
    let wrong = |error: crate::query::ql::QueryError| Problem { at: Some(error.span.start..error.span.end), what: error.to_string() };
    if sql::is_likely(text) {
        return match sql::parse(text) {
            Err(error) => Some(wrong(error)),
            Ok(query) => sql::check(&query).into_iter().next().map(wrong),
        };
    }
    match parse(text) {
        Err(error) => Some(wrong(error)),
        Ok(query) => check(&query).into_iter().next().map(wrong),
    }
}

fn accept_offer(state: &mut State) {
    let Some(offers) = state.desk.offers.take() else { return };
    let Some(offer) = offers.items.get(offers.cursor) else { return };
    let before = state.desk.text();
    let letters = before.get(offers.from..state.desk.cursor()).map_or(0, |word| word.chars().count());
    (0..letters).for_each(|_| {
        state.desk.area.delete_char();
    });
    state.desk.area.insert_str(&offer.word);
    changed(state, &before, false);
}

fn step_offer(state: &mut State, down: bool) {
    if let Some(offers) = &mut state.desk.offers {
        let last = offers.items.len().saturating_sub(1);
        offers.cursor = offers.cursor.saturating_add_signed(if down { 1 } else { -1 }).min(last);
    }
}

/// There is no query to be asked, which is said.
pub fn says_nothing(state: &mut State) -> bool {
    let is_empty = state.desk.text().trim().is_empty();
    if is_empty {
        let keys = |command| state.setup.keymap.key_of(command, Context::Query).unwrap_or_default();
        let hint = format!("there is no query yet: {} writes one, {} has ready ones", keys(Command::EditQuery), keys(Command::Hunts));
        state.tell(Severity::Info, hint);
    }
    is_empty
}

/// Asks the query.
pub fn ask(state: &mut State, effects: &mut Vec<Effect>) {
    if says_nothing(state) {
        return;
    }
    let text = state.desk.text();
    // A hunt whose number is still to be measured reads as a query only then.
    let is_marked = state.desk.hunt.as_ref().is_some_and(|(_, bound)| bound.baseline.is_some());
    if !is_marked && let Some(found) = problem(state, &text) {
        state.desk.problem = Some(found);
        return;
    }
    let mut scope = state.view.scope.clone();
    if let Some((hunt, _)) = &state.desk.hunt {
        scope.strands = StrandSet::from_bits(scope.strands.bits() & hunt.strands.bits());
    }
    let asking = Asking { text, hunt: state.desk.hunt.clone(), scope, now: state.now, secrets: state.secrets, at_aws: None };
    let desk = &mut state.desk;
    (desk.problem, desk.offers, desk.typing, desk.progress) = (None, None, false, (0, 0));
    desk.asked = Some(Box::new(asking.clone()));
    state.view.set_position(Position::default());
    // The same text may be asked again: the case may have grown.
    needs::cancel(state, Slot::Query, effects);
    needs::ask(state, Ask::Query(Box::new(asking)), effects);
}

/// Gives a running query up.
pub fn cancel(state: &mut State, effects: &mut Vec<Effect>) -> bool {
    let running = state.is_asking(Slot::Query);
    if running {
        needs::cancel(state, Slot::Query, effects);
        let is_away = state.desk.asked.as_ref().is_some_and(|asked| asked.at_aws.is_some());
        state.tell(Severity::Info, if is_away { "the query was cancelled, and is stopped at AWS" } else { "the query was cancelled" });
    }
    running
}

/// Takes an answer in.
pub fn answered(state: &mut State, results: Arc<Results>, done: bool, effects: &mut Vec<Effect>) {
    if done && let Some(asked) = &state.desk.asked {
        let statistics = results.statistics();
        let past = Past {
            text: asked.text.clone(),
            at: asked.now.as_millis(),
            hunt: asked.hunt.as_ref().map(|(hunt, _)| hunt.name.clone()),
            rows: results.rows.len() as u64,
            millis: results.millis,
            bytes: statistics.bytes,
            cost: results.billed.as_ref().map(|billed| billed.cost.clone()),
        };
        state.desk.remember(past);
        effects.push(Effect::SaveQueries(state.desk.save()));
    }
    if let Some(billed) = &results.billed {
        state.spent.clone_from(&billed.spent);
    }
    state.desk.take(results, !done);
}

fn open_hunts(state: &mut State) {
    let items = state.setup.catalogue.hunts().iter().map(|hunt| Item {
        lead: hunt.id.clone().unwrap_or_default(),
        text: format!("{} · {}", hunt.title, hunt.name),
        tail: hunt.params.len().to_string(),
        value: Choice::Hunt(hunt.name.clone()),
    });
    let menu = Picker::new("Hunts (with how many parameters)", items.collect());
    state.layers.push(Layer::Menu(menu));
}

/// A hunt was chosen: its parameters are asked for, or it is run.
pub fn choose_hunt(state: &mut State, name: &str, effects: &mut Vec<Effect>) {
    let Ok(hunt) = state.setup.catalogue.hunt(name).cloned() else { return };
    go::to_pane(state, Pane::Query, effects);
    if hunt.params.is_empty() {
        if let Err(wrong) = run_hunt(state, Arc::new(hunt), &[], effects) {
            state.tell(Severity::Error, wrong);
        }
    } else {
        state.layers.push(Layer::Form(Box::new(Form::of_hunt(Arc::new(hunt)))));
    }
}

/// A hunt that another one leads to: run with what the row says, or asked for what is missing.
pub fn choose_next(state: &mut State, name: &str, values: &[(String, String)], effects: &mut Vec<Effect>) {
    let Ok(hunt) = state.setup.catalogue.hunt(name).cloned() else { return };
    let hunt = Arc::new(hunt);
    if let Err(wrong) = run_hunt(state, Arc::clone(&hunt), values, effects) {
        let form = Form { wrong: Some(wrong), ..Form::of_hunt(hunt).filled(values) };
        state.layers.push(Layer::Form(Box::new(form)));
    }
}

/// Where the hunt that was run leads to from the selected row.
pub fn next_hunts(state: &State) -> Vec<Item<Choice>> {
    let (Some((row, _)), Some(results)) = (selected(state), &state.desk.results) else { return Vec::new() };
    let Some((hunt, _)) = state.desk.asked.as_ref().and_then(|asked| asked.hunt.as_ref()) else { return Vec::new() };
    let value = |column: &str| match column.strip_prefix('=') {
        Some(value) => Some(value.to_owned()),
        None => results.single(row, results.columns.iter().position(|title| title == column)?),
    };
    let item = |next: &Next| {
        let name = next.hunt.clone()?;
        let values = next.with.iter().filter_map(|(param, column)| Some((param.clone(), value(column)?))).collect();
        Some(Item { lead: "hunt".to_owned(), text: format!("{} · {name}", next.why), tail: String::new(), value: Choice::NextHunt(name, values) })
    };
    hunt.next.iter().filter_map(item).collect()
}

/// Enter in a form: the hunt is run, or what is wrong with a value is said and the form stays.
pub fn keep_form(state: &mut State, mut form: Box<Form>, hunt: Arc<Hunt>, effects: &mut Vec<Effect>) {
    if let Err(wrong) = run_hunt(state, hunt, &form.values(), effects) {
        form.wrong = Some(wrong);
        state.layers.push(Layer::Form(form));
    }
}

fn run_hunt(state: &mut State, hunt: Arc<Hunt>, values: &[(String, String)], effects: &mut Vec<Effect>) -> Result<(), String> {
    // The form names the hunt already.
    let without_hunt = |told: String| told.strip_prefix(&format!("hunt {}, parameter ", hunt.name)).map(str::to_owned).unwrap_or(told);
    let bound: Bound = bind(&state.setup.catalogue, &hunt, values).map_err(|error| without_hunt(error.to_string()))?;
    state.desk.write(&bound.text);
    state.desk.hunt = Some((hunt, bound));
    ask(state, effects);
    Ok(())
}

fn open_history(state: &mut State) {
    if state.desk.history.is_empty() {
        return state.tell(Severity::Info, "no query was run in this case yet");
    }
    let items = state.desk.history.iter().enumerate().rev().map(|(index, past)| Item {
        lead: past.time().to_jiff().strftime("%m-%d %H:%M").to_string(),
        text: past.hunt.iter().map(|hunt| format!("{hunt}: ")).chain([past.text.replace('\n', " ")]).collect(),
        tail: past_words(past),
        value: Choice::Past(index),
    });
    let menu = Picker::new("Queries of before (enter takes the text)", items.collect());
    state.layers.push(Layer::Menu(menu));
}

/// What a query of before gave, and took.
fn past_words(past: &Past) -> String {
    let words = format!("{} rows, {} ms, {}", crate::tui::render::grouped(past.rows), past.millis, crate::tui::render::bytes(past.bytes));
    past.cost.as_ref().map_or_else(|| words.clone(), |cost| format!("AWS: {words} {cost}"))
}

/// A query of before was chosen: its text is there to be run or changed.
pub fn choose_past(state: &mut State, index: usize, effects: &mut Vec<Effect>) {
    let Some(text) = state.desk.history.get(index).map(|past| past.text.clone()) else { return };
    go::to_pane(state, Pane::Query, effects);
    state.desk.write(&text);
    state.desk.problem = problem(state, &text);
}

fn step_column(state: &mut State, right: bool) {
    let shown = state.desk.shown();
    let at = shown.iter().position(|column| *column == state.desk.column).unwrap_or(0);
    let next = at.saturating_add_signed(if right { 1 } else { -1 }).min(shown.len().saturating_sub(1));
    state.desk.column = shown.get(next).copied().unwrap_or(0);
}

fn resize(state: &mut State, wider: bool) {
    let column = state.desk.column;
    if let Some(width) = state.desk.widths.get_mut(column) {
        *width = if wider { (*width + STEP).min(400) } else { width.saturating_sub(STEP).max(4) };
    }
}

fn sort(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(results) = state.desk.results.clone() else { return state.tell(Severity::Info, "there is no answer to sort") };
    let column = state.desk.column;
    // Rising, falling, and as the query gave them.
    match &state.desk.order {
        Some((by, true, _)) if *by == column => state.desk.order = None,
        by => {
            let falling = matches!(by, Some((by, false, _)) if *by == column);
            needs::ask(state, Ask::Sort { results: Held(results), column, falling }, effects);
        }
    }
}

fn open_columns(state: &mut State, cursor: usize) {
    let Some(results) = &state.desk.results else { return state.tell(Severity::Info, "there is no answer yet") };
    let item = |(column, title): (usize, &String)| {
        let on = if state.desk.hidden.contains(&column) { "[ ]" } else { "[x]" };
        Item { lead: on.to_owned(), text: title.clone(), tail: String::new(), value: Choice::Column(column) }
    };
    let mut menu = Picker::new("Columns (enter switches, esc closes)", results.columns.iter().enumerate().map(item).collect());
    menu.cursor = cursor;
    state.layers.push(Layer::Menu(menu));
}

/// Shows or hides a column. One stays.
pub fn toggle_column(state: &mut State, column: usize, cursor: usize) {
    if !state.desk.hidden.remove(&column) && state.desk.shown().len() > 1 {
        state.desk.hidden.insert(column);
    }
    if state.desk.hidden.contains(&state.desk.column) {
        state.desk.column = state.desk.shown().first().copied().unwrap_or(0);
    }
    open_columns(state, cursor);
}

/// The row of the answer that is selected, and its event.
fn selected(state: &State) -> Option<(usize, Option<crate::model::EventId>)> {
    let row = state.desk.row(state.view.position().index)?;
    Some((row, state.desk.results.as_ref()?.rows.get(row)?.event))
}

/// Enter: the event that the row is, where it is read best; of other rows the cell in full.
fn open(state: &mut State, effects: &mut Vec<Effect>) {
    match selected(state) {
        None => {
            if state.desk.results.is_none() {
                state.desk.typing = true;
            }
        }
        Some((_, Some(id))) => {
            // The scope that the query saw may be another by now.
            let scope = state.view.scope.clone();
            needs::ask(state, Ask::Locate { id, scope }, effects);
        }
        Some(_) => {
            let (index, column) = (state.view.position().index, state.desk.column);
            let title = state.desk.results.as_ref().and_then(|results| results.columns.get(column)).cloned().unwrap_or_default();
            let text = state.desk.cell(index, column).unwrap_or_default().to_owned();
            let block = crate::tui::widgets::Block::new(crate::tui::widgets::BlockKind::Facts, title, text);
            let mut page = crate::tui::widgets::Page::new(vec![block]);
            page.layout(state.size.0.saturating_sub(8));
            state.layers.push(Layer::Text(Box::new(page), 0));
        }
    }
}

/// The entities of the selected cell, then those of the row's other cells, then those of its event.
fn pivots(state: &mut State, effects: &mut Vec<Effect>) {
    let Some((row, event)) = selected(state) else { return state.tell(Severity::Info, "no row is selected") };
    let Some(results) = &state.desk.results else { return };
    let columns = std::iter::once(state.desk.column).chain(0..results.columns.len());
    let mut entities: Vec<Entity> = Vec::new();
    for entity in columns.flat_map(|column| results.entities(row, column)) {
        if !entities.contains(&entity) {
            entities.push(entity);
        }
    }
    if entities.is_empty() && event.is_none() && next_hunts(state).is_empty() {
        return state.tell(Severity::Info, "no cell of this row names anything to pivot by");
    }
    let mut menu = Picker::new("Pivot to (all of it, in the Timeline), or hunt on", Vec::new());
    menu.loading = true;
    state.layers.push(Layer::Menu(menu));
    needs::cancel(state, Slot::Pivots, effects);
    needs::ask(state, Ask::Named { entities, event, secrets: state.secrets }, effects);
}

/// What is copied: the selected cell, or the text of the query.
pub fn copied(state: &State, whole: bool) -> Option<String> {
    if whole || state.desk.results.is_none() {
        return Some(state.desk.text()).filter(|text| !text.trim().is_empty());
    }
    state.desk.cell(state.view.position().index, state.desk.column).map(str::to_owned)
}

/// An entity of a row leads to all events that mention it.
pub fn follow(state: &mut State, entity: Entity, effects: &mut Vec<Effect>) {
    let scope = Scope { range: state.view.scope.range, ..Scope::all() }.narrowed(entity);
    go::leave_for(state, View { pane: Pane::Timeline, scope, ..View::default() }, effects);
}

/// The answer goes to a file.
pub fn export(state: &mut State, path: &str, effects: &mut Vec<Effect>) {
    if let Some(results) = state.desk.results.clone() {
        let ask = Ask::ExportAnswer { results: Held(results), path: path.to_owned(), secrets: state.secrets };
        needs::ask(state, ask, effects);
    }
}
