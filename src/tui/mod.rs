//! The workbench. One-way flow: terminal and replies make [`Event`](message::Event)s, [`update`](update::update) is the
//! only code that changes [`State`](state::State), drawing takes `&State`, effects are plain data run elsewhere
//! (docs/ARCHITECTURE.md, "How data flows").

mod app;
mod ask;
mod clipboard;
mod commands;
mod history;
mod keymap;
mod keys;
mod layers;
mod message;
mod painter;
mod panes;
mod rehearsal;
mod render;
mod runner;
mod state;
mod tables;
mod terminal;
mod theme;
mod update;
mod view;
mod widgets;

pub use app::{Feed, Options, run};
pub use commands::{Command, Context, TABLE as COMMANDS};
pub use keymap::{Keymap, KeymapError, keys_document};
pub use message::IngestNews;
pub use rehearsal::Rehearsal;
pub use theme::{Depth, Theme, ThemeError};

#[cfg(test)]
mod tests;
