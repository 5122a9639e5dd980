//! What happened, and what is to be done: plain data both.

use crossterm::event::KeyEvent;

use super::ask::{Answer, Ask, Slot};
use super::live::{LiveCommand, LiveNews};
use crate::model::{Digest, ListEntry, Mark, Timestamp, Triage, TriageKey};

/// What happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted.
    Paste(String),
    /// The terminal has a new size.
    Resize(u16, u16),
    /// The mouse wheel turned by so many lines.
    Scroll(i32),
    /// The mouse was pressed at a cell.
    Click(u16, u16),
    /// A question was answered.
    Reply {
        /// Its slot.
        slot: Slot,
        /// Its generation: an answer to an older question is dropped.
        generation: u64,
        /// The answer.
        answer: Answer,
    },
    /// The cursor rested: time for the preview.
    Rested,
    /// Ingest went on, or ended.
    Ingest(IngestNews),
    /// The case has a new revision.
    Revision(u64),
    /// The rules run, or have run.
    Rules(bool),
    /// A match list was changed.
    Listed,
    /// A mark or note was kept.
    Noted,
    /// A judgement of a signal or lead was kept.
    Judged,
    /// Something to tell.
    Notice(Severity, String),
    /// The clock, before anything that needs it.
    Clock(Timestamp),
}

/// How an ingest is going.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IngestNews {
    /// Files read and files known of.
    pub files: (u64, u64),
    /// Plain bytes read.
    pub bytes: u64,
    /// It has ended; a sentence about it.
    pub ended: Option<String>,
    /// It ended because it could not go on.
    pub failed: bool,
    /// News of AWS instead.
    pub live: Option<Box<LiveNews>>,
}

/// How much a message matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Said and forgotten.
    Info,
    /// Something is not complete.
    Warning,
    /// Something failed.
    Error,
}

/// What is to be done outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Answer a question.
    Ask(Ask, u64),
    /// Stop answering.
    Cancel(Slot),
    /// Tell when the cursor has rested.
    Rest,
    /// Keep the analyst's addition to an event.
    SetMark(Digest, Mark),
    /// Keep a note on the case.
    AddNote(String),
    /// Keep a judgement of a signal or lead.
    SetTriage(TriageKey, Triage),
    /// Put something on a match list.
    List(ListEntry),
    /// Take a value off a match list.
    Unlist(String, String),
    /// The rules are to run again.
    RunRules,
    /// Keep the view.
    SaveView(String),
    /// Keep draft and history of queries.
    SaveQueries(String),
    /// Ask whoever talks to AWS.
    Live(LiveCommand),
    /// Put text on the terminal's clipboard.
    Copy(String),
    /// Use another theme.
    Theme(String),
    /// Capture the mouse, or not.
    Mouse(bool),
    /// Draw everything again.
    Redraw,
    /// Suspend to the shell.
    Suspend,
    /// Leave.
    Quit,
}
