//! Everything the workbench knows. Plain data; only `update` changes it.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use regex::Regex;

use super::ask::{Ask, CaseFacts, Detail, Pivot, Row, Slot, ValueRow};
use super::history::History;
use super::keymap::Keymap;
use super::keys::Key;
use super::layers::Layer;
use super::message::{IngestNews, Severity};
use super::view::{Focus, Pane, Shape, View};
use super::widgets::Histogram;
use crate::model::{EventId, EventRef, Glyphs, Scope, Secrets, Timestamp};

/// What does not change while the workbench runs.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Name of the case, for the top line.
    pub title: String,
    /// Another process writes to the case: marks and notes cannot be kept.
    pub read_only: bool,
    /// The keys.
    pub keymap: Keymap,
    /// What the terminal can show.
    pub glyphs: Glyphs,
}

/// The list of the pane shown.
#[derive(Clone, Debug, Default)]
pub struct List {
    /// What it is the answer to.
    pub of: Option<(Pane, Scope)>,
    /// The revision it was asked at.
    pub revision: u64,
    /// Its events, by time.
    pub refs: Arc<Vec<EventRef>>,
    /// Their histogram.
    pub histogram: Histogram,
    /// Values, in panes that list those.
    pub values: Vec<ValueRow>,
}

/// A search in force.
#[derive(Clone, Debug)]
pub struct Hits {
    /// As typed.
    pub pattern: String,
    /// For highlighting.
    pub regex: Regex,
    /// Matching events, sorted; grows while the scan runs.
    pub ids: Vec<EventId>,
    /// The scan is complete.
    pub done: bool,
    /// Go to the first hit at or after the cursor as soon as there is one.
    pub jump: bool,
}

/// A message in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// When.
    pub at: Timestamp,
    /// How much it matters.
    pub severity: Severity,
    /// What.
    pub text: String,
}

/// Everything the workbench knows.
#[derive(Debug)]
pub struct State {
    /// What does not change.
    pub setup: Setup,
    /// Columns and rows.
    pub size: (u16, u16),
    /// The clock, as last told.
    pub now: Timestamp,
    /// The view shown.
    pub view: View,
    /// Views before and after it.
    pub history: History,
    /// What lies over the view, bottom first.
    pub layers: Vec<Layer>,
    /// Keys of a sequence not complete yet.
    pub pending: Vec<Key>,
    /// The list of the pane shown.
    pub list: List,
    /// Rows that were read, by event.
    pub rows: HashMap<EventId, Row>,
    /// Detail of the selected event.
    pub detail: Option<Detail>,
    /// Folded lines of its JSON tree.
    pub folded: BTreeSet<usize>,
    /// The cursor has rested on this event: its preview is wanted.
    pub rested: bool,
    /// Show the preview below the list.
    pub preview: bool,
    /// Pivots of the selected event, when the pivot menu asked for them.
    pub pivots: Vec<Pivot>,
    /// The case's own page.
    pub case: CaseFacts,
    /// A search in force.
    pub hits: Option<Hits>,
    /// The newest messages, oldest first.
    pub messages: VecDeque<Message>,
    /// A message is shown instead of the hints until the next key.
    pub told: bool,
    /// A key was pressed, now or in the session before: what is selected was chosen.
    pub touched: bool,
    /// How an ingest is going.
    pub ingest: Option<IngestNews>,
    /// Revision of the case, as last told.
    pub revision: u64,
    /// The mouse is captured.
    pub mouse: bool,
    /// Secrets are shown, or masked.
    pub secrets: Secrets,
    /// Generation of the newest question of each slot.
    pub generations: [u64; Slot::COUNT],
    /// Newest question of each slot that is not answered yet.
    pub open_asks: [Option<Ask>; Slot::COUNT],
    /// Leaving.
    pub quitting: bool,
}

/// Messages kept.
const MESSAGES: usize = 200;

impl State {
    /// A workbench that has just been opened on a view.
    pub fn new(setup: Setup, size: (u16, u16), now: Timestamp, view: View) -> Self {
        Self {
            setup,
            size,
            now,
            touched: view != View::default(),
            view,
            history: History::default(),
            layers: Vec::new(),
            pending: Vec::new(),
            list: List::default(),
            rows: HashMap::new(),
            detail: None,
            folded: BTreeSet::new(),
            rested: true,
            preview: true,
            pivots: Vec::new(),
            case: CaseFacts::default(),
            hits: None,
            messages: VecDeque::new(),
            told: false,
            ingest: None,
            revision: 0,
            mouse: false,
            secrets: Secrets::Masked,
            generations: [0; Slot::COUNT],
            open_asks: [const { None }; Slot::COUNT],
            quitting: false,
        }
    }

    /// Tells something: kept in the log, shown until the next key.
    pub fn tell(&mut self, severity: Severity, text: impl Into<String>) {
        if self.messages.len() == MESSAGES {
            self.messages.pop_front();
        }
        self.messages.push_back(Message { at: self.now, severity, text: text.into() });
        self.told = true;
    }

    /// The list belongs to the pane and scope shown.
    pub fn list_is_current(&self) -> bool {
        self.list.of.as_ref().is_some_and(|(pane, scope)| *pane == self.view.pane && *scope == self.view.scope)
    }

    /// The list was read before the newest commit.
    pub fn list_revision_is_old(&self) -> bool {
        self.list.revision != self.revision
    }

    /// Rows in the list shown.
    pub fn list_len(&self) -> usize {
        match self.view.pane.shape() {
            Shape::Events | Shape::Exchanges => self.list.refs.len(),
            Shape::Values(_) => self.list.values.len(),
            Shape::Page | Shape::Empty => 0,
        }
    }

    /// The selected event, in lists of events.
    pub fn selected(&self) -> Option<EventRef> {
        match self.view.pane.shape() {
            Shape::Events | Shape::Exchanges => self.list.refs.get(self.view.position().index).copied(),
            _ => None,
        }
    }

    /// The selected event's row, when it has been read.
    pub fn selected_row(&self) -> Option<&Row> {
        self.rows.get(&self.selected()?.id)
    }

    /// The detail, when it is that of the selected event, with secrets masked as they are to be.
    pub fn current_detail(&self) -> Option<&Detail> {
        let selected = self.selected()?;
        self.detail.as_ref().filter(|detail| detail.row.event.id == selected.id && detail.secrets == self.secrets)
    }

    /// Is a question of this slot open?
    pub fn is_asking(&self, slot: Slot) -> bool {
        self.open_asks.get(slot as usize).is_some_and(Option::is_some)
    }

    /// The detail or reading view has the keys.
    pub fn detail_has_focus(&self) -> bool {
        self.view.focus == Focus::Detail
    }

    /// The conversation is shown, not the JSON.
    pub fn reads_conversation(&self) -> bool {
        !self.view.raw && self.current_detail().is_some_and(|detail| detail.page.is_some())
    }
}
