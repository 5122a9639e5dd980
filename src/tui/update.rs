//! The only code that changes the state. It never waits, reads a clock or touches the terminal: what happened comes in as
//! an event, what is to be done goes out as effects.

mod abroad;
mod act;
mod controls;
mod copy;
mod find;
mod go;
mod keys;
mod lists;
mod live;
mod marks;
mod needs;
mod query;
mod replies;
mod signals;
mod source;
mod tables;

pub use abroad::strand_words;
pub use lists::until;

use super::message::{Effect, Event};
use super::state::State;

/// Takes one event in; gives what is to be done.
pub fn update(state: &mut State, event: Event) -> Vec<Effect> {
    let mut effects = Vec::new();
    match event {
        Event::Key(key) => keys::key(state, key, &mut effects),
        Event::Paste(text) => keys::paste(state, &text),
        Event::Resize(columns, rows) => state.size = (columns, rows),
        Event::Scroll(lines) => go::step(state, lines as isize, &mut effects),
        Event::Click(column, row) => go::click(state, column, row, &mut effects),
        Event::Reply { slot, generation, answer } => replies::reply(state, slot, generation, answer, &mut effects),
        Event::Rested => state.rested = true,
        Event::Ingest(news) => replies::ingest(state, news),
        Event::Revision(revision) => state.revision = revision,
        Event::Rules(run) => signals::rules(state, run),
        Event::Listed => {
            // The case's page lists them.
            state.case.revision = u64::MAX;
            effects.push(Effect::RunRules);
        }
        // The case's page may have been read a moment before.
        Event::Noted => state.case.revision = u64::MAX,
        Event::Judged => signals::judgement_kept(state),
        Event::Notice(severity, text) => state.tell(severity, text),
        Event::Clock(now) => state.now = now,
    }
    needs::settle(state, &mut effects);
    effects
}
