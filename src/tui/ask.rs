//! Questions to the case and their answers: plain data. Read workers answer; a newer question of the same slot replaces
//! an older one, and a late answer is dropped by its generation.

use std::sync::Arc;

use super::complete::Named;
use super::desk::Problem;
use super::oracle::{AtAws, FoundGroup, KnownGroup, SourceWish};
use super::results::Results;
use super::signals::{Flagged, SignalPage, SignalsPage};
use super::tables::{Counted, Order, ProfilePage, Table};
use super::view::Pane;
use super::widgets::{Histogram, Page, Tree};
use crate::decode::VerbClass;
use crate::hunt::{Bound, Hunt};
use crate::model::secret::SecretKind;
use crate::model::{
    Controls, Digest, Entity, EntityKind, Event, EventId, EventRef, ExchangeFacts, ExchangeFlags, ListEntry, Mark, Name, Scope, Secrets, Skip,
    SourceEntry, TimeRange, Timestamp,
};
use crate::stitch::controls::Overview;
use crate::stitch::echo::{self, Echo};
use crate::stitch::joins::Joined;

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
    /// The table of a kind.
    Values,
    /// The page of one entity.
    Profile,
    /// The page of one signal or lead.
    SignalPage,
    /// Which events signals touch.
    Flagged,
    /// Hits of a search.
    Search,
    /// The case's own page.
    Case,
    /// A file being written.
    Export,
    /// Where to go next.
    Jump,
    /// Who ran what.
    Matrix,
    /// Echoes of the commands shown.
    Echoes,
    /// A query.
    Query,
    /// What is made of its answer: another order, other masks.
    Arrange,
    /// Which fields there are.
    Fields,
    /// Which log groups there are.
    Groups,
    /// Which could be a source.
    Source,
}

impl Slot {
    /// How many slots there are.
    pub const COUNT: usize = Self::Source as usize + 1;
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
    /// The controls of the case as a scope shows them.
    Controls {
        /// The scope.
        scope: Scope,
        /// Columns of the histogram.
        bins: usize,
        /// What is known already: of the newest revision it is not read again.
        known: Known,
    },
    /// Rows to show.
    Rows {
        /// The events.
        ids: Vec<EventId>,
        /// Tell the conversation of each as well.
        threads: bool,
        /// Masked or not.
        secrets: Secrets,
    },
    /// Everything about one event, laid out for a width.
    Detail {
        /// The event.
        id: EventId,
        /// Width of the reading view.
        width: u16,
        /// Only this call, not the conversation it belongs to.
        alone: bool,
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
    /// The table of a kind in a scope.
    Table {
        /// The scope.
        scope: Scope,
        /// The kind.
        kind: EntityKind,
        /// The order of its rows.
        order: Order,
        /// Only rows whose names hold this.
        names: String,
        /// What was counted before: of the same scope and revision it is not counted again.
        counted: Counted,
        /// Masked or not.
        secrets: Secrets,
    },
    /// The page of one principal or bucket.
    Profile {
        /// The scope.
        scope: Scope,
        /// Whose.
        entity: Entity,
        /// Masked or not.
        secrets: Secrets,
    },
    /// Signals and leads in a scope.
    Signals {
        /// The scope.
        scope: Scope,
        /// The order of the rows.
        order: Order,
        /// Masked or not.
        secrets: Secrets,
    },
    /// The page of a signal or lead.
    SignalPage {
        /// Its id.
        id: String,
        /// The width it is laid out for.
        width: u16,
        /// Masked or not.
        secrets: Secrets,
    },
    /// Which events signals touch; at this revision.
    Flagged(u64),
    /// Events of a scope whose text matches.
    Search {
        /// The pane, which decides what rows there are.
        pane: Pane,
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
        /// A report is about this lead, by its id, and not about the scope.
        lead: Option<String>,
        /// When it is written.
        now: Timestamp,
        /// Masked or not.
        secrets: Secrets,
    },
    /// The event of another strand with the same request id.
    OtherStrand {
        /// The event.
        id: EventId,
        /// The scope, to tell whether the other side is in it.
        scope: Scope,
    },
    /// How many commands of each class everybody ran.
    Matrix {
        /// The scope.
        scope: Scope,
    },
    /// The echoes of these commands.
    Echoes {
        /// The commands.
        ids: Vec<EventId>,
        /// Masked or not.
        secrets: Secrets,
    },
    /// A query.
    Query(Box<Asking>),
    /// The rows of an answer in the order of a column.
    Sort {
        /// The answer.
        results: Held,
        /// The column.
        column: usize,
        /// The largest first.
        falling: bool,
    },
    /// An answer masked anew.
    Present(Held, Secrets),
    /// A table as a file: its rows in the order that is shown.
    ExportTable {
        /// The table.
        table: Counted,
        /// Places of its rows.
        order: Arc<Vec<u32>>,
        /// Path as typed.
        path: String,
    },
    /// An answer as a file.
    ExportAnswer {
        /// The answer.
        results: Held,
        /// Path as typed.
        path: String,
        /// Masked or not.
        secrets: Secrets,
    },
    /// Fields of the records in a scope.
    Fields {
        /// The scope.
        scope: Scope,
    },
    /// Log groups that a query may be sent to; at this revision.
    Groups(u64),
    /// Log groups that could be a source.
    Find(Box<SourceWish>),
    /// What is missing of them, and for how much.
    Price(Box<SourceWish>, Vec<FoundGroup>),
    /// Entities that cells name, with counts.
    Named {
        /// The entities.
        entities: Vec<Entity>,
        /// The event of the row, whose entities come behind.
        event: Option<EventId>,
        /// Masked or not.
        secrets: Secrets,
    },
    /// Where an event is to be read.
    Locate {
        /// The event.
        id: EventId,
        /// The scope, to tell whether it is in it.
        scope: Scope,
    },
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
            Self::List { .. } | Self::Controls { .. } | Self::Signals { .. } => Slot::List,
            Self::SignalPage { .. } => Slot::SignalPage,
            Self::Flagged(_) => Slot::Flagged,
            Self::Rows { .. } => Slot::Rows,
            Self::Detail { .. } => Slot::Detail,
            Self::Pivots { .. } | Self::Named { .. } => Slot::Pivots,
            Self::Table { .. } => Slot::Values,
            Self::Profile { .. } => Slot::Profile,
            Self::Search { .. } => Slot::Search,
            Self::Case(_) => Slot::Case,
            Self::Export { .. } | Self::ExportAnswer { .. } | Self::ExportTable { .. } => Slot::Export,
            Self::OtherStrand { .. } | Self::NextByMark { .. } | Self::Locate { .. } => Slot::Jump,
            Self::Matrix { .. } => Slot::Matrix,
            Self::Echoes { .. } => Slot::Echoes,
            Self::Query(_) => Slot::Query,
            Self::Sort { .. } | Self::Present(..) => Slot::Arrange,
            Self::Fields { .. } => Slot::Fields,
            Self::Groups(_) => Slot::Groups,
            Self::Find(_) | Self::Price(..) => Slot::Source,
        }
    }

    /// Reads what is small and wanted at once, or scans?
    pub const fn is_quick(&self) -> bool {
        matches!(
            self,
            Self::Rows { .. }
                | Self::Detail { .. }
                | Self::SignalPage { .. }
                | Self::Pivots { .. }
                | Self::OtherStrand { .. }
                | Self::Echoes { .. }
                | Self::Named { .. }
                | Self::Locate { .. }
        )
    }
}

/// A query to be answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Asking {
    /// Its text; of a hunt with what is still to be measured marked.
    pub text: String,
    /// The hunt it is of, which says how its rows are shown.
    pub hunt: Option<(Arc<Hunt>, Bound)>,
    /// Which events it may see.
    pub scope: Scope,
    /// The time that `now()` tells.
    pub now: Timestamp,
    /// Masked or not.
    pub secrets: Secrets,
    /// It is asked at AWS, and not of the case.
    pub at_aws: Option<AtAws>,
}

impl Asking {
    /// What of its scope does not hold at AWS, in words.
    pub fn unheld_at_aws(&self) -> Option<String> {
        let rest = Scope { range: TimeRange::default(), ..self.scope.clone() };
        (!rest.is_all()).then(|| "at AWS only the time range of the scope holds".to_owned())
    }
}

/// An answer that is shown. Told apart by being the same one.
#[derive(Clone, Debug)]
pub struct Held(pub Arc<Results>);

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// The controls of a case at a revision. Told apart by the revision alone.
#[derive(Clone, Debug, Default)]
pub struct Known(pub Option<(u64, Arc<Controls>)>);

impl PartialEq for Known {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_ref().map(|(revision, _)| revision) == other.0.as_ref().map(|(revision, _)| revision)
    }
}

/// One row of the Guardrails & logging pane: a place in [`Controls`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlRow {
    /// A change.
    Change(usize),
    /// The beginning of a blind window.
    Opened(usize),
    /// Its end.
    Closed(usize),
}

/// What the Guardrails & logging pane shows.
#[derive(Clone, Debug, Default)]
pub struct ControlsPage {
    /// The controls of the whole case.
    pub controls: Arc<Controls>,
    /// The rows in scope, in order of time; each beside its event in the list.
    pub rows: Vec<ControlRow>,
    /// The state of each account and Region at the end of the scope.
    pub places: Vec<Overview>,
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
    /// The conversation it belongs to, where that was asked for.
    pub thread: Option<Box<Thread>>,
}

/// A conversation in a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Thread {
    /// Its calls in order of time, with what the analyst added to each; of the longest conversations not all.
    pub calls: Vec<(EventId, Digest, Mark)>,
    /// How many calls it has.
    pub all: usize,
    /// The flags of all of them.
    pub flags: ExchangeFlags,
    /// Their input and output tokens.
    pub tokens: (u64, u64),
}

impl Thread {
    /// All calls are reviewed.
    pub fn is_reviewed(&self) -> bool {
        self.calls.len() == self.all && self.calls.iter().all(|(.., mark)| mark.reviewed)
    }
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
    /// What was asked: the event, and whether alone.
    pub of: (EventId, bool),
    /// The event.
    pub row: Row,
    /// The calls of the conversation that the page tells, each with the number of its first block; empty for one call.
    pub calls: Vec<(usize, Row)>,
    /// Its entities and facets.
    pub entities: Vec<Entity>,
    /// The other sides of its request.
    pub joined: Joined,
    /// Spans and the calls made in them that belong to it: how many by request, trace and session, and the first few.
    pub spans: ([usize; 3], Vec<Event>),
    /// What CloudTrail says of it; calls of the AWS CLI only.
    pub echo: Option<Echo>,
    /// The commands it may be the echo of; events of CloudTrail only.
    pub commands: Vec<echo::Command>,
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

/// Who ran what, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matrix {
    /// One for each user of a computer: whoever deleted most comes first, then whoever called most.
    pub rows: Vec<MatrixRow>,
}

/// What one user of a computer ran.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MatrixRow {
    /// `user@host`.
    pub who: String,
    /// Calls of the AWS CLI by [`VerbClass`], in its order.
    pub calls: [u64; VerbClass::ALL.len()],
    /// Everything else that the computer's log holds.
    pub rest: u64,
}

/// A command in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Echoed {
    /// The call in short, when the line holds nothing else.
    pub brief: Option<String>,
    /// What CloudTrail says of it.
    pub echo: Echo,
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
    /// What was asked of AWS: a line each, and whether something is missing there.
    pub aws: Vec<(String, bool)>,
    /// What was not read.
    pub skips: Vec<Skip>,
    /// What the analyst put on match lists.
    pub lists: Vec<ListEntry>,
    /// Notes on the case.
    pub notes: Vec<(Timestamp, String)>,
    /// Marked, tagged or noted events.
    pub marked: Vec<Row>,
    /// Exchanges, and how many are reviewed.
    pub reviewed: (u64, u64),
    /// A rebuild was interrupted: events are missing until it is run again.
    pub rebuilding: bool,
    /// An earlier version read the evidence: conversations and some fields are missing until it is rebuilt.
    pub outdated: bool,
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
        /// The row of each event that is in the list by its conversation, in order of event.
        members: Arc<Vec<(EventId, u32)>>,
        /// Revision of the case they are of.
        revision: u64,
    },
    /// To [`Ask::Controls`].
    Controls {
        /// What is shown.
        page: Arc<ControlsPage>,
        /// The event of each row.
        refs: Arc<Vec<EventRef>>,
        /// Their histogram.
        histogram: Histogram,
        /// Revision of the case they are of.
        revision: u64,
        /// What the exchanges tell is among them; otherwise it follows.
        done: bool,
    },
    /// To [`Ask::Rows`].
    Rows(Vec<Row>),
    /// To [`Ask::Detail`].
    Detail(Box<Detail>),
    /// To [`Ask::Pivots`].
    Pivots(Vec<Pivot>),
    /// To [`Ask::Table`].
    Table {
        /// All rows.
        table: Arc<Table>,
        /// Places of those that are shown, in their order.
        order: Arc<Vec<u32>>,
    },
    /// To [`Ask::Signals`].
    Signals {
        /// What is shown.
        page: Arc<SignalsPage>,
        /// The event of each row.
        refs: Arc<Vec<EventRef>>,
        /// The order of the rows.
        order: Order,
        /// Revision of the case they are of.
        revision: u64,
    },
    /// To [`Ask::SignalPage`].
    SignalPage(Box<SignalPage>),
    /// To [`Ask::Flagged`].
    Flagged(Flagged),
    /// To [`Ask::Profile`].
    Profile(Box<ProfilePage>),
    /// To [`Ask::Search`]: hits so far, and whether that is all.
    Hits {
        /// Rows with a match, by their event, sorted.
        ids: Vec<EventId>,
        /// Matching events, sorted.
        found: Vec<EventId>,
        /// The scan is complete.
        done: bool,
    },
    /// To [`Ask::Case`].
    Case(Box<CaseFacts>),
    /// To [`Ask::Export`]: what was written.
    Exported(String),
    /// To [`Ask::Matrix`].
    Matrix {
        /// Who ran what.
        matrix: Matrix,
        /// What it is the answer to.
        scope: Scope,
        /// Revision of the case it is of.
        revision: u64,
    },
    /// To [`Ask::Echoes`]: of each command, or that it calls nothing.
    Echoes {
        /// By event.
        echoes: Vec<(EventId, Option<Echoed>)>,
        /// Revision of the case they are of.
        revision: u64,
    },
    /// To [`Ask::Query`]: how far it is.
    Looked(u64, u64),
    /// To [`Ask::Query`] at AWS: how far it is, in words.
    Going(String),
    /// To [`Ask::Query`] at AWS: what it would cost. To be agreed to, or not.
    Priced(String),
    /// To [`Ask::Query`]: its first rows, or all.
    Results {
        /// The answer.
        results: Arc<Results>,
        /// That is all.
        done: bool,
    },
    /// To [`Ask::Query`]: it cannot be answered.
    Wrong(Problem),
    /// To [`Ask::Sort`].
    Sorted {
        /// The answer that was sorted.
        results: Held,
        /// By which column.
        column: usize,
        /// The largest first.
        falling: bool,
        /// The places of its rows in their new order.
        order: Arc<Vec<u32>>,
    },
    /// To [`Ask::Present`]: what was shown before, and what is shown now.
    Presented(Held, Arc<Results>),
    /// To [`Ask::Fields`].
    Fields {
        /// What can be named.
        named: Arc<Named>,
        /// What they were looked for in.
        scope: Scope,
        /// Revision of the case they are of.
        revision: u64,
    },
    /// To [`Ask::Groups`], and the revision they were asked at.
    Groups(Arc<Vec<KnownGroup>>, u64),
    /// To [`Ask::Find`]: what was found, and what is not well; or why nothing could be.
    Found(Result<(Vec<FoundGroup>, Vec<String>), String>),
    /// To [`Ask::Price`].
    GroupsPriced(Result<Vec<FoundGroup>, String>),
    /// To [`Ask::NextByMark`]: where to go, or that there is nothing.
    Jump(Option<EventRef>),
    /// To [`Ask::OtherStrand`] and [`Ask::Locate`]: the other side and whether it is in scope; or why there is none.
    OtherSide(Result<(EventRef, bool), String>),
    /// It could not be answered: a sentence.
    Failed(String),
}
