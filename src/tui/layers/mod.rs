//! What lies over the view: menus, prompts, help. Keys go to the top layer first; Esc always closes it.

mod draw;
mod editor;
mod picker;

pub use draw::draw;
pub use editor::{Editor, EditorKind};
pub use picker::{Item, Picker};

use super::commands::Command;
use crate::model::{Entity, Strand, TimeRange};

/// What an entry of a menu does when it is taken.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    /// Run a command.
    Run(Command),
    /// Narrow the scope to an entity.
    Pivot(Entity),
    /// Set the time range.
    Range(TimeRange),
    /// Ask for a time range in words.
    AskRange,
    /// Switch a strand on or off.
    Strand(Strand),
    /// Order the rows by this.
    Order(u8),
    /// Use a theme.
    Theme(&'static str),
}

/// One layer.
#[derive(Clone, Debug)]
pub enum Layer {
    /// A menu with a fuzzy filter.
    Menu(Picker<Choice>),
    /// A text to type.
    Editor(Box<Editor>),
    /// Keys and commands, scrolled to a line.
    Help(usize),
    /// Messages of the session, scrolled to a line.
    Messages(usize),
    /// A long text, laid out, scrolled to a line.
    Text(Box<super::widgets::Page>, usize),
}
