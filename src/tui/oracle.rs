//! What the workbench asks of AWS while somebody waits for the answer: plain data, and the trait of whoever asks. The workbench itself
//! knows nothing of AWS.

use std::sync::atomic::AtomicBool;

use super::ask::Asking;
use super::desk::Problem;
use crate::model::live::{GroupName, Seconds, Site};
use crate::model::{StrandSet, Timestamp};
use crate::query::run::Answer as Found;

/// Where at AWS a query is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AtAws {
    /// The sites; none is what the environment says.
    pub sites: Vec<Site>,
    /// Log groups, each of its site; none when the text names them itself.
    pub places: Vec<(Site, String)>,
    /// The interval.
    pub span: Seconds,
    /// Its price was asked about, and agreed to.
    pub is_agreed: bool,
}

/// A log group that a query may be sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownGroup {
    /// Whose credentials, and where.
    pub site: Site,
    /// The group.
    pub group: GroupName,
    /// What it holds, as far as anybody knows.
    pub holds: StrandSet,
    /// The case's evidence comes from it; otherwise it was only found.
    pub is_of_case: bool,
}

impl KnownGroup {
    /// As it is shown, and by what it is remembered.
    pub fn label(&self) -> String {
        format!("{}  {}", self.group.name, self.site)
    }
}

/// What is told on the way to an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum OnTheWay {
    /// How far it is, in a few words.
    Going(String),
    /// The first rows so far; those of queries that run may go away again.
    Rows(Found),
}

/// An answer of AWS.
#[derive(Clone, Debug, PartialEq)]
pub enum FromAws {
    /// What it would cost, to be agreed to first.
    Priced(String),
    /// The rows, and what they cost.
    Answered(Box<Found>, Billed),
}

/// What an answer of AWS cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Billed {
    /// From where it is, in a few words.
    pub from: String,
    /// `≈ $0.004`.
    pub cost: String,
    /// Records that indexes spared the query.
    pub spared: u64,
    /// All that was scanned in this session, with its price, as the top line shows it.
    pub spent: String,
}

/// What an analyst wants to add: where it is looked for, when, and for how much.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceWish {
    /// The sites; none is what the environment says.
    pub sites: Vec<Site>,
    /// Names of log groups; none: those are looked for that hold evidence.
    pub names: Vec<String>,
    /// When.
    pub span: Seconds,
    /// Dollars that may be spent.
    pub usd: f64,
}

/// A log group that was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FoundGroup {
    /// Whose credentials, and where.
    pub site: Site,
    /// The group.
    pub group: GroupName,
    /// What it holds.
    pub holds: StrandSet,
    /// Its class, as AWS writes it.
    pub class: String,
    /// For how many days it keeps events; `None` is for ever.
    pub retention_days: Option<i32>,
    /// Bytes it holds, compressed.
    pub stored_bytes: u64,
    /// When its newest event happened.
    pub newest: Option<Timestamp>,
    /// What keeps it from being read, or what to know of it.
    pub remark: String,
    /// It is to be fetched.
    pub is_chosen: bool,
    /// What is missing of it in the case, once that was asked: seconds, and bytes that AWS would scan for them.
    pub missing: Option<(i64, Option<f64>)>,
}

/// What is to be fetched.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AddedSource {
    /// The log groups.
    pub chosen: Vec<(Site, GroupName)>,
    /// Those that could have been chosen: what of them is not chosen is no source any more.
    pub listed: Vec<(Site, GroupName)>,
    /// When.
    pub span: Seconds,
    /// Dollars that may be spent.
    pub usd: f64,
    /// Its price is more than that, and was agreed to.
    pub is_agreed: bool,
}

/// What a form is filled with at first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usual {
    /// Profiles, with commas.
    pub profiles: String,
    /// Regions, with commas.
    pub regions: String,
    /// Dollars.
    pub budget: String,
    /// Where requests go instead of AWS, when the environment says so.
    pub endpoint: Option<String>,
    /// Dollars for a gigabyte scanned.
    pub usd_per_gb: f64,
}

/// Whoever asks AWS. Its calls block; each runs on a thread of its own, ends soon when told to stop, and leaves nothing running at AWS.
pub trait Oracle: Send + Sync {
    /// A query, or why it has no answer.
    ///
    /// # Errors
    /// What is wrong with the query, or what happened and what to do.
    fn query(&self, asking: &Asking, at: &AtAws, stop: &AtomicBool, tell: &mut dyn FnMut(OnTheWay)) -> Result<FromAws, Problem>;

    /// The log groups of the case, and those that were found in this session. Asks nobody but the case.
    fn groups(&self) -> Vec<KnownGroup>;

    /// The log groups that could be a source, and what is not well with the sites.
    ///
    /// # Errors
    /// No site could be asked: why, and what to do.
    fn find(&self, wish: &SourceWish, stop: &AtomicBool) -> Result<(Vec<FoundGroup>, Vec<String>), String>;

    /// The same groups with what is missing of them, and what it would cost.
    ///
    /// # Errors
    /// As [`Self::find`].
    fn price(&self, wish: &SourceWish, groups: &[FoundGroup], stop: &AtomicBool) -> Result<Vec<FoundGroup>, String>;

    /// What a form is filled with at first.
    fn usual(&self) -> Usual;
}
