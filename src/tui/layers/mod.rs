//! What lies over the view: menus, prompts, help. Keys go to the top layer first; Esc always closes it.

mod draw;
mod draw_groups;
mod editor;
mod form;
mod groups;
mod picker;

pub use draw::draw;
pub use editor::{Editor, EditorKind};
pub use form::{Form, FormOf};
pub use groups::{Groups, Stage};
pub use picker::{Item, Picker};

use super::commands::Command;
use super::live::LiveCommand;
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
    /// Put an entity on a match list.
    List(&'static str, Entity),
    /// All that is on match lists.
    Lists,
    /// What can be done with an entry: its list, and its value.
    Listed(String, String),
    /// Change what was said of it.
    Relist(String, String),
    /// Take it off.
    Unlist(String, String),
    /// Write the table of the pane to a file.
    ExportTable,
    /// Write the events in scope, or a report about them, to a file.
    ExportEvents,
    /// Order the rows by this.
    Order(u8),
    /// Use a theme.
    Theme(&'static str),
    /// Run a hunt.
    Hunt(String),
    /// Run a hunt with these parameters, which come from a row of another.
    NextHunt(String, Vec<(String, String)>),
    /// Take the text of a query of before.
    Past(usize),
    /// Show or hide a column.
    Column(usize),
    /// Run the query at AWS: its price was agreed to.
    AskAgreed,
    /// Ask this log group, or do not.
    Group(usize),
    /// Log groups at AWS become a source.
    AddGroups,
    /// Files become a source.
    AddFiles,
    /// Do nothing.
    Leave,
    /// Ask whoever talks to AWS.
    Live(LiveCommand),
}

/// One layer.
#[derive(Clone, Debug)]
pub enum Layer {
    /// A menu with a fuzzy filter.
    Menu(Picker<Choice>),
    /// A text to type.
    Editor(Box<Editor>),
    /// A form.
    Form(Box<Form>),
    /// Log groups to choose from.
    Groups(Box<Groups>),
    /// Keys and commands, scrolled to a line.
    Help(usize),
    /// Messages of the session, scrolled to a line.
    Messages(usize),
    /// A long text, laid out, scrolled to a line.
    Text(Box<super::widgets::Page>, usize),
}
