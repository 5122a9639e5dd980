//! Answers and news, taken in.

use std::sync::Arc;

use super::go;
use crate::model::EventRef;
use crate::tui::ask::{Answer, Pivot, Slot};
use crate::tui::layers::{Choice, Item, Layer};
use crate::tui::message::{Effect, IngestNews, Severity};
use crate::tui::state::State;

/// Takes an answer in, unless its question has been replaced.
pub fn reply(state: &mut State, slot: Slot, generation: u64, answer: Answer, effects: &mut Vec<Effect>) {
    if state.generations.get(slot as usize) != Some(&generation) {
        return;
    }
    let partial = matches!(answer, Answer::Hits { done: false, .. });
    if !partial && let Some(open) = state.open_asks.get_mut(slot as usize) {
        open.take();
    }
    match answer {
        Answer::List { refs, histogram, revision } => {
            anchor(state, &refs);
            state.list.of = Some((state.view.pane, state.view.scope.clone()));
            state.list.refs = refs;
            state.list.histogram = histogram;
            state.list.revision = revision;
        }
        Answer::Values { values, revision } => {
            state.list.of = Some((state.view.pane, state.view.scope.clone()));
            state.list.values = values;
            state.list.refs = Arc::default();
            state.list.revision = revision;
        }
        Answer::Rows(rows) => state.rows.extend(rows.into_iter().map(|row| (row.event.id, row))),
        Answer::Detail(detail) => {
            let mut detail = detail;
            state.rows.insert(detail.row.event.id, detail.row.clone());
            match state.detail.take().filter(|before| before.row.event.id == detail.row.event.id) {
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
        }
        Answer::Pivots(pivots) => {
            if let Some(Layer::Menu(menu)) = state.layers.last_mut().filter(|layer| matches!(layer, Layer::Menu(menu) if menu.loading)) {
                menu.fill(pivots.iter().map(pivot_item).collect());
            }
            state.pivots = pivots;
        }
        Answer::Hits { ids, done } => {
            if let Some(hits) = &mut state.hits {
                hits.ids = ids;
                hits.done = done;
                if hits.jump && (done || !hits.ids.is_empty()) {
                    go::to_hit(state, true, true);
                }
            }
        }
        Answer::Case(facts) => state.case = *facts,
        Answer::Exported(told) => state.tell(Severity::Info, told),
        Answer::Jump(Some(target)) => go::to_event(state, target, effects),
        Answer::Jump(None) => state.tell(Severity::Info, "there is none"),
        Answer::Failed(why) => {
            // A question that failed is not asked again by itself: the same pane would fail in a loop.
            if slot == Slot::List || slot == Slot::Values {
                state.list.of = Some((state.view.pane, state.view.scope.clone()));
                state.list.refs = Arc::default();
                state.list.values.clear();
                state.list.revision = state.revision;
            }
            state.tell(Severity::Error, why);
        }
    }
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
    } else if let Some(at) = position.at {
        let index = refs.partition_point(|event| (event.millis, event.id) < (at.millis, at.id)).min(refs.len().saturating_sub(1));
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
    if let Some(told) = &news.ended {
        let severity = if told.contains("skipped") || told.contains("undecodable") { Severity::Warning } else { Severity::Info };
        state.tell(severity, told.clone());
        state.ingest = None;
    } else {
        state.ingest = Some(news);
    }
}
