//! Answers and news, taken in.

use std::collections::HashMap;
use std::sync::Arc;

use super::{abroad, find, go, live, marks, query, source};
use crate::model::EventRef;
use crate::tui::ask::{Answer, Ask, Held, Known, Pivot, Slot};
use crate::tui::layers::{Choice, Item, Layer};
use crate::tui::live::LiveCommand;
use crate::tui::message::{Effect, IngestNews, Severity};
use crate::tui::state::State;
use crate::tui::view::Shape;

/// Echoes kept in memory before those of rows that were left are let go.
const ECHOES_KEPT: usize = 2000;

/// Takes an answer in, unless its question has been replaced.
pub fn reply(state: &mut State, slot: Slot, generation: u64, answer: Answer, effects: &mut Vec<Effect>) {
    if state.generations.get(slot as usize) != Some(&generation) {
        return;
    }
    let partial = matches!(
        answer,
        Answer::Hits { done: false, .. }
            | Answer::Controls { done: false, .. }
            | Answer::Results { done: false, .. }
            | Answer::Looked(..)
            | Answer::Going(_)
    ) || matches!(&answer, Answer::Table { table, .. } if !table.whole);
    let asked = if partial { None } else { state.open_asks.get_mut(slot as usize).and_then(Option::take) };
    match answer {
        Answer::List { refs, histogram, members, revision } => {
            state.list.members = members;
            anchor(state, &refs);
            state.list.of = Some((state.view.pane, state.view.scope.clone()));
            state.list.refs = refs;
            state.list.histogram = histogram;
            state.list.revision = revision;
            mark_columns(state);
        }
        Answer::Controls { page, refs, histogram, revision, done } => {
            anchor(state, &refs);
            state.list.of = Some((state.view.pane, state.view.scope.clone()));
            if done {
                let known = Known(Some((revision, Arc::clone(&page.controls))));
                if known != state.controls && page.controls.unreadable > 0 {
                    let count = crate::tui::render::grouped(page.controls.unreadable);
                    state.tell(Severity::Warning, format!("{count} records could not be read again: what was before and after them is not known"));
                }
                state.controls = known;
            }
            (state.list.page, state.list.refs, state.list.histogram, state.list.revision) = (page, refs, histogram, revision);
        }
        Answer::Table { table, order } => {
            // The row stays the same where rows come in another place; a few thousand names at most are looked through.
            // Of a table that is not counted through the question is still open.
            let question = asked.as_ref().or_else(|| state.open_asks.get(slot as usize).and_then(Option::as_ref));
            let asked = match question {
                Some(Ask::Table { order, names, .. }) => (*order, names.clone()),
                _ => (state.view.order(), state.view.names().to_owned()),
            };
            let chosen = state.selected_entity().filter(|_| state.list.ordered == asked).map(|entity| entity.value);
            state.list.of = Some((state.view.pane, state.view.scope.clone()));
            state.list.ordered = asked;
            state.list.refs = Arc::default();
            state.list.revision = table.revision;
            (state.list.table, state.list.order) = (table, order);
            let place =
                chosen.and_then(|chosen| (0..state.list.order.len()).find(|at| state.list.row(*at).is_some_and(|row| row.summary.value == chosen)));
            if let Some(place) = place.filter(|_| state.touched) {
                let mut position = state.view.position();
                (position.top, position.index) = ((position.top + place).saturating_sub(position.index), place);
                state.view.set_position(position);
            }
        }
        Answer::Signals { page, refs, order, revision } => {
            let chosen = state.selected_signal_row().and_then(|row| state.list.signals.id(row).map(str::to_owned));
            let chosen = chosen.filter(|_| state.list.ordered.0 == order && state.touched);
            state.list.of = Some((state.view.pane, state.view.scope.clone()));
            state.list.ordered.0 = order;
            (state.list.signals, state.list.refs, state.list.revision) = (page, refs, revision);
            let rows = &state.list.signals.rows;
            let place = chosen.and_then(|chosen| rows.iter().position(|row| state.list.signals.id(*row) == Some(&chosen)));
            if let Some(place) = place {
                let mut position = state.view.position();
                (position.top, position.index) = ((position.top + place).saturating_sub(position.index), place);
                state.view.set_position(position);
            }
        }
        Answer::SignalPage(page) => state.signal_page = Some(*page),
        Answer::Flagged(flagged) => {
            state.flagged = flagged;
            mark_columns(state);
        }
        Answer::Profile(page) => {
            let new = state.profile.as_ref().is_none_or(|before| before.profile.entity != page.profile.entity);
            state.profile = Some(*page);
            if new && state.detail_has_focus() {
                state.view.detail = (state.profile.as_ref().and_then(super::tables::first_value).unwrap_or(0), 0);
            }
        }
        Answer::Rows(rows) => {
            for row in rows {
                state.keep_row(row);
            }
            marks::run_awaiting(state, effects);
        }
        Answer::Detail(mut detail) => {
            state.renew(&mut detail.row);
            detail.calls.iter_mut().for_each(|(_, row)| state.renew(row));
            state.keep_row(detail.row.clone());
            detail.calls.iter().for_each(|(_, row)| state.keep_row(row.clone()));
            match state.detail.take().filter(|before| before.of == detail.of) {
                // The same event for another width.
                Some(before) => {
                    if let (Some(page), Some(old), false) = (&mut detail.page, &before.page, state.view.raw) {
                        let (line, top) = state.view.detail;
                        let now = page.resume(old, line);
                        state.view.detail = (now, now.saturating_sub(line.saturating_sub(top)));
                    }
                }
                None => {
                    state.folded = detail.record.as_ref().map(crate::tui::widgets::Tree::initially_folded).unwrap_or_default();
                    go::to_detail_start(state);
                }
            }
            state.detail = Some(*detail);
            go::to_sought(state);
            marks::run_awaiting(state, effects);
        }
        Answer::Pivots(pivots) => {
            let more = live::entry(state);
            // From a row of a hunt it goes on to the next one.
            let next = if state.view.pane.shape() == Shape::Query { query::next_hunts(state) } else { Vec::new() };
            if let Some(Layer::Menu(menu)) = state.layers.last_mut().filter(|layer| matches!(layer, Layer::Menu(menu) if menu.loading)) {
                if menu.title == live::MORE {
                    let wanted =
                        |pivot: &Pivot| Item { value: Choice::Live(LiveCommand::Mentions(live::as_logged(&pivot.entity))), ..pivot_item(pivot) };
                    menu.fill(pivots.iter().map(wanted).collect());
                } else {
                    menu.fill(pivots.iter().map(pivot_item).chain(more).chain(next).collect());
                }
            }
            state.pivots = pivots;
        }
        Answer::Hits { ids, found, done } => {
            if let Some(hits) = &mut state.hits {
                hits.ids = ids;
                hits.found = found;
                hits.done = done;
            }
            if done {
                find::arrive(state);
            }
        }
        Answer::Case(facts) => state.case = *facts,
        Answer::Matrix { matrix, scope, revision } => {
            (state.commands.matrix, state.commands.of) = (matrix, Some((scope, revision)));
        }
        Answer::Echoes { echoes, revision } => {
            let commands = &mut state.commands;
            if commands.revision != revision || commands.echoes.len() > ECHOES_KEPT {
                (commands.echoes, commands.revision) = (HashMap::new(), revision);
            }
            commands.echoes.extend(echoes);
        }
        Answer::Looked(looked, of) => state.desk.progress = (looked, of),
        Answer::Results { results, done } => query::answered(state, results, done, effects),
        Answer::Going(words) => state.desk.going = words,
        Answer::Priced(question) => abroad::priced(state, question),
        Answer::Groups(groups, revision) => abroad::known(state, groups, revision, effects),
        Answer::Found(answer) => source::found(state, answer),
        Answer::GroupsPriced(answer) => source::priced(state, answer),
        Answer::Wrong(problem) => {
            // What happened at AWS needs more room than a line.
            if problem.at.is_none() && state.desk.asked.as_ref().is_some_and(|asked| asked.at_aws.is_some()) {
                state.tell(Severity::Error, problem.what.clone());
            }
            state.desk.problem = Some(problem);
        }
        Answer::Sorted { results, column, falling, order } => {
            if state.desk.results.as_ref().is_some_and(|shown| Held(Arc::clone(shown)) == results) {
                state.desk.order = Some((column, falling, order));
            }
        }
        Answer::Presented(before, results) => {
            if state.desk.results.as_ref().is_some_and(|shown| Held(Arc::clone(shown)) == before) {
                state.desk.results = Some(results);
            }
        }
        Answer::Fields { named, scope, revision } => {
            (state.desk.named, state.desk.fields_of) = (named, Some((scope, revision)));
            // What is offered already does not depend on what was known first, until somebody has chosen.
            if state.desk.offers.as_ref().is_some_and(|offers| offers.cursor == 0) {
                query::offer(state);
            }
        }
        Answer::Exported(told) => state.tell(Severity::Info, told),
        Answer::Jump(Some(target)) => go::to_event(state, target, effects),
        Answer::Jump(None) => {
            let marked = matches!(asked, Some(Ask::NextByMark { marked: true, .. }));
            state.tell(Severity::Info, if marked { "no other row is marked" } else { "nothing else is left to review here" });
        }
        Answer::OtherSide(Ok((target, within))) => go::to_other_side(state, target, within, effects),
        Answer::OtherSide(Err(why)) => state.tell(Severity::Info, why),
        Answer::Failed(why) => {
            // A question that failed is not asked again by itself: the same pane would fail in a loop.
            if slot == Slot::Flagged {
                state.flagged.revision = state.revision;
            }
            if slot == Slot::List || slot == Slot::Values {
                state.list.of = Some((state.view.pane, state.view.scope.clone()));
                state.list.refs = Arc::default();
                (state.list.table, state.list.order) = (Arc::default(), Arc::default());
                state.list.ordered = (state.view.order(), state.view.names().to_owned());
                (state.list.page, state.list.signals) = (Arc::default(), Arc::default());
                state.list.revision = state.revision;
            }
            match asked {
                Some(Ask::Fields { scope }) => state.desk.fields_of = Some((scope, state.revision)),
                Some(Ask::Matrix { scope }) => state.commands.of = Some((scope, state.revision)),
                Some(Ask::Echoes { ids, .. }) => {
                    state.commands.revision = state.revision;
                    state.commands.echoes.extend(ids.into_iter().map(|id| (id, None)));
                }
                _ => {}
            }
            state.tell(Severity::Error, why);
        }
    }
}

/// Notes in which columns of the histogram signals fired; there are at most as many as columns.
fn mark_columns(state: &mut State) {
    let histogram = &state.list.histogram;
    // Of weak signals there are many: they stand on their rows only.
    let times = state.flagged.times.iter().filter(|(_, weight)| *weight >= crate::model::Level::Medium.weight());
    let columns = times.filter_map(|(millis, _)| histogram.bin_of(*millis)).map(|column| column as u16);
    let mut columns: Vec<u16> = columns.collect();
    columns.dedup();
    state.signal_columns = columns;
}

/// Finds the selected event in a new list: the same one, or the next in time.
fn anchor(state: &mut State, refs: &[EventRef]) {
    let mut position = state.view.position();
    // Nobody has chosen this row: while evidence is being read the first row stays the first.
    let unchosen = !state.touched && state.list_is_current();
    if unchosen || (position.at.is_none() && position.index == 0) {
        // Records without a time stand first; a person begins with the first one that has a time.
        position.index = refs.partition_point(|event| event.millis == 0).min(refs.len().saturating_sub(1));
        (position.at, position.top) = (None, position.index);
        state.view.set_position(position);
    } else if let Some(at) = position.at.filter(|at| refs.get(position.index) != Some(at)) {
        let by_conversation = || state.list.members.binary_search_by_key(&at.id, |(id, _)| *id).ok().and_then(|at| state.list.members.get(at));
        let index = match state.view.pane.shape() {
            // Rows of one second stand in the order of their file.
            Shape::Controls => refs.iter().position(|event| event.id == at.id),
            _ => by_conversation().map(|(_, row)| *row as usize),
        };
        let next = || refs.partition_point(|event| (event.millis, event.id) < (at.millis, at.id));
        let index = index.unwrap_or_else(next).min(refs.len().saturating_sub(1));
        position.top = (position.top + index).saturating_sub(position.index);
        position.index = index;
        state.view.set_position(position);
    }
}

fn pivot_item(pivot: &Pivot) -> Item<Choice> {
    Item {
        lead: pivot.entity.kind.name().to_owned(),
        text: pivot.shown.to_string(),
        tail: crate::tui::render::grouped(pivot.count),
        value: Choice::Pivot(pivot.entity.clone()),
    }
}

/// Takes news of an ingest in.
pub fn ingest(state: &mut State, news: IngestNews) {
    if let Some(news) = news.live {
        return live::news(state, *news);
    }
    if let Some(told) = &news.ended {
        let severity = if news.failed {
            Severity::Error
        } else if told.contains("skipped") || told.contains("undecodable") {
            Severity::Warning
        } else {
            Severity::Info
        };
        state.tell(severity, told.clone());
        state.ingest = None;
    } else {
        state.ingest = Some(news);
    }
}
