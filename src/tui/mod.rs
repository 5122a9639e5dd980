//! The workbench. One-way flow: terminal and replies make [`Event`](message::Event)s, [`update`](update::update) is the
//! only code that changes [`State`](state::State), drawing takes `&State`, effects are plain data run elsewhere
//! (docs/ARCHITECTURE.md, "How data flows").

mod app;
mod ask;
mod clipboard;
mod commands;
mod complete;
mod desk;
mod history;
mod keymap;
mod keys;
mod layers;
mod live;
mod message;
mod oracle;
mod painter;
mod panes;
mod rehearsal;
mod render;
mod results;
mod runner;
mod signals;
mod state;
mod tables;
mod terminal;
mod theme;
mod update;
mod view;
mod widgets;

pub use app::{Feed, Options, run};
pub use ask::Asking;
pub use commands::{Command, Context, TABLE as COMMANDS};
pub use desk::Problem;
pub use keymap::{Keymap, KeymapError, keys_document};
pub use live::{LiveCommand, LiveNews, SiteNews};
pub use message::{IngestNews, Severity};
pub use oracle::{AddedSource, AtAws, Billed, FoundGroup, FromAws, KnownGroup, OnTheWay, Oracle, SourceWish, Usual};
pub use rehearsal::Rehearsal;
pub use runner::Rules;
pub use theme::{Depth, Theme, ThemeError};

#[cfg(test)]
mod tests;
