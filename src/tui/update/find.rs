//! The search: `/`, and from match to match. Events are searched in their records, values as they are shown.

use super::{go, needs};
use crate::tui::ask::{Ask, Slot};
use crate::tui::message::{Effect, Severity};
use crate::tui::panes;
use crate::tui::state::{Hits, Sought, State};
use crate::tui::view::Shape;

/// A pattern as the search reads it: any letter case, unless it holds a capital.
pub fn pattern(text: &str) -> Result<regex::Regex, String> {
    let sensitive = text.chars().any(char::is_uppercase);
    let built = regex::RegexBuilder::new(text).case_insensitive(!sensitive).build();
    built.map_err(|error| error.to_string().lines().last().unwrap_or("it is no regular expression").to_owned())
}

/// Searches the list shown.
pub fn search(state: &mut State, text: &str, effects: &mut Vec<Effect>) -> Result<(), String> {
    needs::cancel(state, Slot::Search, effects);
    if text.is_empty() {
        state.hits = None;
        return Ok(());
    }
    let of = (state.view.pane, state.view.scope.clone());
    let (pattern, regex, began) = (text.to_owned(), pattern(text)?, state.listed());
    state.hits = Some(Hits { of, pattern, regex, ids: Vec::new(), found: Vec::new(), done: false, jump: true, began });
    match state.view.pane.shape() {
        Shape::Values(_) | Shape::Signals => to_hit(state, true, true),
        Shape::Events | Shape::Exchanges | Shape::Controls => {
            let scope = panes::scope_of(state.view.pane, &state.view.scope);
            needs::ask(state, Ask::Search { pane: state.view.pane, scope, pattern: text.to_owned() }, effects);
        }
        Shape::Page | Shape::Query => {
            state.hits = None;
            state.tell(Severity::Info, "this pane has no rows to search: 1 lists all events");
        }
    }
    Ok(())
}

/// All matches are known: to the first one, for somebody who waits for it.
pub fn arrive(state: &mut State) {
    let listed = state.listed();
    if state.hits_here().is_some_and(|hits| hits.jump && (hits.ids.is_empty() || hits.began.is_none() || hits.began == listed)) {
        to_hit(state, true, true);
    }
}

/// To the next or previous match. In a list that was not searched yet, the search begins there.
pub fn next(state: &mut State, forward: bool, effects: &mut Vec<Effect>) {
    match &state.hits {
        None => state.tell(Severity::Info, "nothing is being searched for: / starts a search"),
        Some(_) if state.hits_here().is_some() => to_hit(state, forward, false),
        Some(hits) => {
            let text = hits.pattern.clone();
            if let Err(wrong) = search(state, &text, effects) {
                state.tell(Severity::Info, wrong);
            }
        }
    }
}

/// To the next or previous match; with `here`, the row under the cursor counts.
pub fn to_hit(state: &mut State, forward: bool, here: bool) {
    if let Some(hits) = &mut state.hits {
        hits.jump = false;
    }
    let Some(hits) = state.hits_here() else { return };
    let index = state.view.position().index;
    let is_hit = |row: &usize| state.is_hit(hits, *row);
    let (before, after) = (0..index, index + usize::from(!here)..state.list_len());
    let found = if forward {
        after.clone().find(is_hit).or_else(|| (0..after.start.min(state.list_len())).find(is_hit))
    } else {
        before.rev().find(is_hit).or_else(|| (index..state.list_len()).rev().find(is_hit))
    };
    let wrapped = found.is_some_and(|found| if forward { found < index } else { found > index });
    let told = match found {
        None if hits.ids.is_empty() => Some(format!("no match for {}", hits.pattern)),
        None => Some(format!("{} matches, none in this list", hits.ids.len())),
        Some(_) if wrapped => Some("search went round the end".to_owned()),
        Some(_) => None,
    };
    if let Some(found) = found {
        let mut position = state.view.position();
        (position.index, position.at) = (found, state.list.refs.get(found).copied());
        state.view.set_position(position);
        state.rested = true;
        if position.at.is_some() {
            state.sought = Some(Sought::Match);
            go::to_sought(state);
        }
    }
    if let Some(told) = told {
        state.tell(Severity::Info, told);
    }
}
