//! Questions to the case and their answers: plain data. Read workers answer; a newer question of the same slot replaces
//! an older one, and a late answer is dropped by its generation.

use std::sync::Arc;

use super::view::Pane;
use super::widgets::{Histogram, Page, Tree};
use crate::model::secret::SecretKind;
use crate::model::{Entity, EntityKind, Event, EventId, EventRef, ExchangeFacts, Mark, Name, Scope, Secrets, Skip, SourceEntry, Timestamp};

/// One line of questions: only the newest of each is of interest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Slot {
    /// The list of a pane.
    List,
    /// Rows of the window shown.
    Rows,
    /// The detail of one event.
    Detail,
    /// Entities of one event.
    Pivots,
    /// Values of a kind.
    Values,
    /// Hits of a search.
    Search,
    /// The case's own page.
    Case,
    /// A file being written.
    Export,
    /// Where to go next.
    Jump,
}

impl Slot {
    /// How many slots there are.
    pub const COUNT: usize = 9;
}

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// All events of a pane in a scope.
    List {
        /// The pane.
        pane: Pane,
        /// The scope.
        scope: Scope,
        /// Columns of the histogram.
        bins: usize,
    },
    /// Rows to show.
    Rows {
        /// The events.
        ids: Vec<EventId>,
        /// Masked or not.
        secrets: Secrets,
    },
    /// Everything about one event, laid out for a width.
    Detail {
        /// The event.
        id: EventId,
        /// Width of the reading view.
        width: u16,
        /// Masked or not.
        secrets: Secrets,
    },
    /// Entities of an event, with counts.
    Pivots {
        /// The event.
        id: EventId,
        /// Masked or not.
        secrets: Secrets,
    },
    /// Values of a kind in a scope.
    Values {
        /// The scope.
        scope: Scope,
        /// The kind.
        kind: EntityKind,
        /// Masked or not.
        secrets: Secrets,
    },
    /// Events of a scope whose text matches.
    Search {
        /// The scope.
        scope: Scope,
        /// The pattern.
        pattern: String,
    },
    /// Sources, skips, totals, notes; masked or not.
    Case(Secrets),
    /// Write the events of a scope to a file.
    Export {
        /// The pane, which decides what rows there are.
        pane: Pane,
        /// The scope.
        scope: Scope,
        /// Path as typed.
        path: String,
        /// Masked or not.
        secrets: Secrets,
    },
    /// The event of another strand with the same request id.
    OtherStrand(EventId),
    /// The next event after this place that is not reviewed (or that is marked).
    NextByMark {
        /// The list.
        pane: Pane,
        /// The scope.
        scope: Scope,
        /// Start after this one.
        after: EventRef,
        /// Look for marked ones instead of unreviewed ones.
        marked: bool,
    },
}

impl Ask {
    /// Its slot.
    pub const fn slot(&self) -> Slot {
        match self {
            Self::List { .. } => Slot::List,
            Self::Rows { .. } => Slot::Rows,
            Self::Detail { .. } => Slot::Detail,
            Self::Pivots { .. } => Slot::Pivots,
            Self::Values { .. } => Slot::Values,
            Self::Search { .. } => Slot::Search,
            Self::Case(_) => Slot::Case,
            Self::Export { .. } => Slot::Export,
            Self::OtherStrand(_) | Self::NextByMark { .. } => Slot::Jump,
        }
    }

    /// Reads what is small and wanted at once, or scans?
    pub const fn is_quick(&self) -> bool {
        matches!(self, Self::Rows { .. } | Self::Detail { .. } | Self::Pivots { .. } | Self::OtherStrand(_))
    }
}

/// One row of a list of events.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The event, as it may be shown.
    pub event: Event,
    /// The event as logged, where that is another: pivots go by its names.
    pub logged: Option<Box<Event>>,
    /// What a list of exchanges shows.
    pub facts: Option<ExchangeFacts>,
    /// What the analyst added.
    pub mark: Mark,
}

impl Row {
    /// The event as logged.
    pub fn as_logged(&self) -> &Event {
        self.logged.as_deref().unwrap_or(&self.event)
    }
}

/// Everything about one event.
#[derive(Clone, Debug)]
pub struct Detail {
    /// The event.
    pub row: Row,
    /// Its entities and facets.
    pub entities: Vec<Entity>,
    /// Its record, as logged; or why it cannot be had.
    pub record: Result<Tree, String>,
    /// The exchange laid out for reading; invocations only.
    pub page: Option<Page>,
    /// Name of the source and position.
    pub source: String,
    /// Kinds of secrets in its record.
    pub holds: Vec<SecretKind>,
    /// All but the record is masked, or not.
    pub secrets: Secrets,
}

/// One entry of the pivot menu.
#[derive(Clone, Debug, PartialEq)]
pub struct Pivot {
    /// The entity.
    pub entity: Entity,
    /// Its value as it may be shown.
    pub shown: Name,
    /// Events that mention it, in the whole case.
    pub count: u64,
}

/// One value of a kind.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueRow {
    /// The value.
    pub value: Name,
    /// The value as it may be shown.
    pub shown: Name,
    /// Events that mention it.
    pub count: u64,
    /// … of which denied.
    pub denied: u64,
    /// First.
    pub first: Option<Timestamp>,
    /// Last.
    pub last: Option<Timestamp>,
}

/// The case's own page.
#[derive(Clone, Debug, Default)]
pub struct CaseFacts {
    /// Path of the case file.
    pub path: String,
    /// Events by strand.
    pub events: [u64; 6],
    /// Undecodable records.
    pub undecodable: u64,
    /// Records that were there already.
    pub duplicates: u64,
    /// Plain bytes read.
    pub bytes: u64,
    /// First and last event.
    pub span: Option<(Timestamp, Timestamp)>,
    /// Sources, newest first; at most a thousand.
    pub sources: Vec<SourceEntry>,
    /// How many sources there are.
    pub source_count: u64,
    /// What was not read.
    pub skips: Vec<Skip>,
    /// Notes on the case.
    pub notes: Vec<(Timestamp, String)>,
    /// Marked, tagged or noted events.
    pub marked: Vec<Row>,
    /// Exchanges, and how many are reviewed.
    pub reviewed: (u64, u64),
    /// A rebuild was interrupted: events are missing until it is run again.
    pub rebuilding: bool,
    /// Revision these facts are of.
    pub revision: u64,
}

/// An answer.
#[derive(Clone, Debug)]
pub enum Answer {
    /// To [`Ask::List`].
    List {
        /// The events, by time.
        refs: Arc<Vec<EventRef>>,
        /// Their histogram.
        histogram: Histogram,
        /// Revision of the case they are of.
        revision: u64,
    },
    /// To [`Ask::Rows`].
    Rows(Vec<Row>),
    /// To [`Ask::Detail`].
    Detail(Box<Detail>),
    /// To [`Ask::Pivots`].
    Pivots(Vec<Pivot>),
    /// To [`Ask::Values`].
    Values {
        /// The values, most frequent first.
        values: Vec<ValueRow>,
        /// Revision of the case they are of.
        revision: u64,
    },
    /// To [`Ask::Search`]: hits so far, and whether that is all.
    Hits {
        /// Matching events, sorted by id.
        ids: Vec<EventId>,
        /// The scan is complete.
        done: bool,
    },
    /// To [`Ask::Case`].
    Case(Box<CaseFacts>),
    /// To [`Ask::Export`]: what was written.
    Exported(String),
    /// To [`Ask::OtherStrand`] and [`Ask::NextByMark`]: where to go, or that there is nothing.
    Jump(Option<EventRef>),
    /// It could not be answered: a sentence.
    Failed(String),
}
