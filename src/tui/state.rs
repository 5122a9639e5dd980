//! Everything the workbench knows. Plain data; only `update` changes it.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use regex::Regex;

use super::ask::{Ask, CaseFacts, ControlRow, ControlsPage, Detail, Echoed, Known, Matrix, Pivot, Row, Slot};
use super::commands::{Command, Context};
use super::desk::Desk;
use super::history::History;
use super::keymap::Keymap;
use super::keys::Key;
use super::layers::Layer;
use super::live::LiveNews;
use super::message::{IngestNews, Severity};
use super::oracle::Usual;
use super::signals::{Flagged, SignalPage, SignalRow, SignalsPage};
use super::tables::{Order, ProfilePage, Table, TableRow};
use super::view::{Focus, Pane, Shape, View};
use super::widgets::Histogram;
use crate::hunt::Catalogue;
use crate::model::{Digest, Entity, EventId, EventRef, Glyphs, Mark, Scope, Secrets, Timestamp};

/// What does not change while the workbench runs.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Name of the case, for the top line.
    pub title: String,
    /// Another process writes to the case: marks and notes cannot be kept.
    pub read_only: bool,
    /// Somebody can ask AWS.
    pub asks_aws: bool,
    /// What is filled in where a source is described.
    pub usual: Usual,
    /// The keys.
    pub keymap: Keymap,
    /// What the terminal can show.
    pub glyphs: Glyphs,
    /// The hunts.
    pub catalogue: Arc<Catalogue>,
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
    /// The row of each event that is in the list by its conversation, in order of event.
    pub members: Arc<Vec<(EventId, u32)>>,
    /// The table, in panes that show one.
    pub table: Arc<Table>,
    /// Leads and signals, in the pane that lists those.
    pub signals: Arc<SignalsPage>,
    /// Places of its rows, in the order shown.
    pub order: Arc<Vec<u32>>,
    /// What they are ordered by, and what their names hold.
    pub ordered: (Order, String),
    /// Changes and blind windows, in the pane that lists those.
    pub page: Arc<ControlsPage>,
}

impl List {
    /// A row of the table, by its place on the screen.
    pub fn row(&self, at: usize) -> Option<&TableRow> {
        self.table.rows.get(*self.order.get(at)? as usize)
    }
}

/// Who ran what.
#[derive(Clone, Debug, Default)]
pub struct Commands {
    /// The numbers.
    pub matrix: Matrix,
    /// What they are the answer to, and the revision of the case.
    pub of: Option<(Scope, u64)>,
    /// Echoes of commands that were shown; `None` of what calls nothing.
    pub echoes: HashMap<EventId, Option<Echoed>>,
    /// The revision of the case they are of.
    pub revision: u64,
}

/// A search in force.
#[derive(Clone, Debug)]
pub struct Hits {
    /// The list that was searched.
    pub of: (Pane, Scope),
    /// As typed.
    pub pattern: String,
    /// For highlighting.
    pub regex: Regex,
    /// Rows with a match, by their event, sorted; grows while the scan runs.
    pub ids: Vec<EventId>,
    /// Matching events, sorted.
    pub found: Vec<EventId>,
    /// The scan is complete.
    pub done: bool,
    /// When all are known, go to the first at or after the row where the search began, unless the cursor was moved meanwhile. They
    /// are found in any order: the first that is known is not the nearest.
    pub jump: bool,
    /// The event of that row.
    pub began: Option<EventRef>,
}

/// A call of a conversation that somebody wants to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sought {
    /// This one.
    Call(EventId),
    /// The first that the search has found.
    Match,
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
    /// What the pane of commands shows beside its list.
    pub commands: Commands,
    /// The page of one principal or bucket, as last read.
    pub profile: Option<ProfilePage>,
    /// The page of a signal or lead, as last read.
    pub signal_page: Option<SignalPage>,
    /// Which events signals touch.
    pub flagged: Flagged,
    /// Columns of the histogram in which signals fired.
    pub signal_columns: Vec<u16>,
    /// The rules run.
    pub rules_run: bool,
    /// Detail of the selected event.
    pub detail: Option<Detail>,
    /// Folded lines of its JSON tree.
    pub folded: BTreeSet<usize>,
    /// The call of a conversation to go to once it is read.
    pub sought: Option<Sought>,
    /// What the analyst changed here, by record: a row that was read a moment before does not undo it.
    pub marks: HashMap<Digest, Mark>,
    /// A command on a row that is still being read.
    pub awaiting: Option<(EventId, Command)>,
    /// The cursor has rested on this event: its preview is wanted.
    pub rested: bool,
    /// Show the preview below the list.
    pub preview: bool,
    /// Pivots of the selected event, when the pivot menu asked for them.
    pub pivots: Vec<Pivot>,
    /// The case's own page.
    pub case: CaseFacts,
    /// The controls of the whole case, as last read.
    pub controls: Known,
    /// What the Query pane works with.
    pub desk: Desk,
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
    /// How things stand with AWS, when the case is open live.
    pub live: Option<LiveNews>,
    /// What was scanned at AWS in this session and about what it cost; empty when nothing was.
    pub spent: String,
    /// How a source was described the last time.
    pub source_form: Vec<(String, String)>,
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
            commands: Commands::default(),
            profile: None,
            signal_page: None,
            flagged: Flagged { revision: u64::MAX, ..Flagged::default() },
            signal_columns: Vec::new(),
            rules_run: false,
            detail: None,
            folded: BTreeSet::new(),
            sought: None,
            marks: HashMap::new(),
            awaiting: None,
            rested: true,
            preview: true,
            pivots: Vec::new(),
            case: CaseFacts::default(),
            controls: Known::default(),
            desk: Desk::default(),
            hits: None,
            messages: VecDeque::new(),
            told: false,
            ingest: None,
            live: None,
            spent: String::new(),
            source_form: Vec::new(),
            revision: 0,
            mouse: false,
            secrets: Secrets::Masked,
            generations: [0; Slot::COUNT],
            open_asks: [const { None }; Slot::COUNT],
            quitting: false,
        }
    }

    /// Dollars for so many bytes scanned at AWS.
    pub fn usd(&self, scanned: f64) -> f64 {
        crate::model::live::usd_for(scanned, self.setup.usual.usd_per_gb)
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
            Shape::Events | Shape::Exchanges | Shape::Controls | Shape::Signals => self.list.refs.len(),
            Shape::Values(_) => self.list.order.len(),
            Shape::Query => self.desk.results.as_ref().map_or(0, |results| results.rows.len()),
            Shape::Page => 0,
        }
    }

    /// The search, when it was made in the list shown.
    pub fn hits_here(&self) -> Option<&Hits> {
        self.hits.as_ref().filter(|hits| hits.of.0 == self.view.pane && hits.of.1 == self.view.scope)
    }

    /// Does a row of the list shown match? Of values what is shown is searched.
    pub fn is_hit(&self, hits: &Hits, row: usize) -> bool {
        match self.view.pane.shape() {
            Shape::Signals => self.list.signals.rows.get(row).is_some_and(|row| self.list.signals.says(*row, &hits.regex)),
            Shape::Values(_) => self.list.row(row).is_some_and(|row| hits.regex.is_match(&row.shown)),
            _ => self.list.refs.get(row).is_some_and(|event| hits.ids.binary_search(&event.id).is_ok()),
        }
    }

    /// The event of the selected row, in lists of events; of a conversation its first call.
    pub fn listed(&self) -> Option<EventRef> {
        match self.view.pane.shape() {
            Shape::Events | Shape::Exchanges | Shape::Controls | Shape::Signals => self.list.refs.get(self.view.position().index).copied(),
            _ => None,
        }
    }

    /// The selected event, in lists of events: in an open conversation the call under the cursor.
    pub fn selected(&self) -> Option<EventRef> {
        let listed = self.listed()?;
        let call = self.view.call.or_else(|| if self.detail_has_focus() { self.call_under_cursor() } else { None });
        Some(call.unwrap_or(listed))
    }

    /// The call of the conversation that the cursor of the reading view is on.
    pub fn call_under_cursor(&self) -> Option<EventRef> {
        let detail = self.current_detail()?;
        let block = detail.page.as_ref()?.lines().get(self.view.detail.0)?.block;
        let call = detail.calls.partition_point(|(first, _)| *first <= block).checked_sub(1).or(Some(0))?;
        detail.calls.get(call).map(|(_, row)| row.event.as_ref())
    }

    /// The row an event stands in, by itself or by its conversation.
    pub fn row_of(&self, event: EventRef) -> Option<usize> {
        let by_conversation = || {
            let at = self.list.members.binary_search_by_key(&event.id, |(id, _)| *id).ok()?;
            self.list.members.get(at).map(|(_, row)| *row as usize)
        };
        let found = match self.view.pane.shape() {
            // Several rows may be of one event, and rows of one second stand in the order of their file.
            Shape::Controls | Shape::Signals => self.list.refs.iter().position(|other| other.id == event.id),
            _ => self.list.refs.binary_search_by_key(&(event.millis, event.id), |event| (event.millis, event.id)).ok(),
        };
        found.or_else(by_conversation)
    }

    /// Keeps a row that was read, with the conversation that is known of it.
    pub fn keep_row(&mut self, mut row: Row) {
        if row.thread.is_none()
            && let Some(known) = self.rows.get_mut(&row.event.id)
        {
            row.thread = known.thread.take();
        }
        self.renew(&mut row);
        self.rows.insert(row.event.id, row);
    }

    /// Puts what the analyst changed in the meantime on a row that was read.
    pub fn renew(&self, row: &mut Row) {
        let of_calls = row.thread.iter_mut().flat_map(|thread| &mut thread.calls).map(|(_, digest, mark)| (&*digest, mark));
        for (digest, mark) in of_calls.chain([(&row.event.digest, &mut row.mark)]) {
            if let Some(newer) = self.marks.get(digest) {
                newer.clone_into(mark);
            }
        }
    }

    /// The selected change or blind window.
    pub fn selected_control(&self) -> Option<ControlRow> {
        let controls = self.view.pane.shape() == Shape::Controls && self.list_is_current();
        controls.then(|| self.list.page.rows.get(self.view.position().index).copied()).flatten()
    }

    /// The selected lead or signal.
    pub fn selected_signal_row(&self) -> Option<SignalRow> {
        let signals = self.view.pane.shape() == Shape::Signals && self.list_is_current();
        signals.then(|| self.list.signals.rows.get(self.view.position().index).copied()).flatten()
    }

    /// The page of the selected lead or signal, when it has been read.
    pub fn current_signal_page(&self) -> Option<&SignalPage> {
        let id = self.list.signals.id(self.selected_signal_row()?)?;
        self.signal_page.as_ref().filter(|page| page.id == id && page.secrets == self.secrets)
    }

    /// The selected principal or bucket.
    pub fn selected_entity(&self) -> Option<Entity> {
        let Shape::Values(kind) = self.view.pane.shape() else { return None };
        let row = self.list.row(self.view.position().index).filter(|_| self.list_is_current())?;
        Some(Entity { kind, value: row.summary.value.clone() })
    }

    /// The page of the selected principal or bucket, when it has been read and is not an old one.
    pub fn current_profile(&self) -> Option<&ProfilePage> {
        let entity = self.selected_entity()?;
        let fits = |page: &&ProfilePage| page.profile.entity == entity && page.scope == self.view.scope && page.secrets == self.secrets;
        self.profile.as_ref().filter(fits)
    }

    /// The selected event's row, when it has been read.
    pub fn selected_row(&self) -> Option<&Row> {
        self.rows.get(&self.selected()?.id)
    }

    /// One call is read by itself: where rows are events, and where one call of a conversation is open.
    pub fn wants_alone(&self) -> bool {
        self.view.call.is_some() || self.view.pane.shape() != Shape::Exchanges
    }

    /// The detail, when it is that of the selected row or of the call that was opened alone, with secrets masked as they are to be.
    pub fn current_detail(&self) -> Option<&Detail> {
        let wanted = (self.view.call.or_else(|| self.listed())?.id, self.wants_alone());
        self.detail.as_ref().filter(|detail| detail.of == wanted && detail.secrets == self.secrets)
    }

    /// Is a question of this slot open?
    pub fn is_asking(&self, slot: Slot) -> bool {
        self.open_asks.get(slot as usize).is_some_and(Option::is_some)
    }

    /// The detail or reading view has the keys.
    pub fn detail_has_focus(&self) -> bool {
        self.view.focus == Focus::Detail
    }

    /// What has the keys, when no layer is open.
    pub fn context(&self) -> Context {
        match self.view.pane.shape() {
            Shape::Query => Context::Query,
            Shape::Page => Context::List,
            _ if self.detail_has_focus() => Context::Detail,
            _ => Context::List,
        }
    }

    /// The conversation is shown, not the JSON.
    pub fn reads_conversation(&self) -> bool {
        !self.view.raw && self.current_detail().is_some_and(|detail| detail.page.is_some())
    }
}
