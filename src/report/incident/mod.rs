//! A report about an incident: what happened in words, in order of time, with the evidence it rests on. [`gather`] reads it
//! out of a case, [`render`] writes it by a template; the same findings leave as a layer of the ATT&CK Navigator
//! ([`navigator_layer`]) or as a Timesketch timeline ([`timesketch_csv`]).
//!
//! Everything in an [`Incident`] is text that cannot act, with secrets masked unless asked otherwise: a template may put it
//! anywhere its form allows.

mod chosen;
mod contact;
mod controls;
mod coverage;
mod findings;
mod measures;
mod navigator;
mod open;
mod prompts;
mod quoting;
mod render;
mod story;
mod summary;
mod timesketch;
mod words;

use serde::Serialize;

pub use chosen::{Chosen, choose};
pub use findings::framework_words;
pub use measures::baseline_words;
pub use navigator::navigator_layer;
pub use prompts::USUAL as USUAL_PROMPTS;
pub use render::{Form, render};
pub use timesketch::timesketch_csv;
pub use words::{Piece, Words};

use crate::case::{Reader, Result};
use crate::model::{Entity, Scope, Secrets, Timestamp};

/// What a report is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Selection {
    /// The events of a scope.
    Scope(Scope),
    /// A lead: its signals, and what its entity did in its time. By an entity it joins, or the lead's id.
    Lead(Subject),
    /// What the analyst marked, tagged or noted.
    Marked,
}

/// How a lead is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// An entity of a kind.
    Entity(Entity),
    /// A value of any kind, or the id of a lead.
    Value(String),
}

/// How much is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The title; empty for one that says what the report is about.
    pub title: String,
    /// Masked or not.
    pub secrets: Secrets,
    /// Rows of the timeline, and digests, at most.
    pub events: usize,
    /// Exchanges that are quoted at most.
    pub prompts: usize,
    /// When it is written.
    pub now: Timestamp,
}

/// A report, ready for a template. Field names are what templates use.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Incident {
    /// Its title.
    pub title: String,
    /// What it is of: label and words.
    pub about: Vec<(&'static str, Words)>,
    /// What happened, a sentence each.
    pub summary: Vec<Words>,
    /// What happened, in order of time.
    pub story: Vec<Day>,
    /// What is to be known of the story's limits.
    pub story_note: String,
    /// Leads with their arithmetic.
    pub leads: Vec<findings::LeadTold>,
    /// Signals with their evidence.
    pub signals: Vec<findings::SignalTold>,
    /// What is to be known of the rules.
    pub signals_note: String,
    /// What was asked and answered.
    pub prompts: Vec<prompts::Quoted>,
    /// Which of them are quoted.
    pub prompts_note: String,
    /// Changes of the defences.
    pub changes: Vec<controls::ChangeTold>,
    /// Blind windows.
    pub blind: Vec<Words>,
    /// How the defences stand at the end.
    pub states: Vec<controls::StateTold>,
    /// What is missing or not certain.
    pub holes: Vec<Words>,
    /// What the case holds: strand, events.
    pub strands: Vec<(&'static str, String)>,
    /// The sources.
    pub sources: Vec<coverage::SourceTold>,
    /// How many more there are.
    pub more_sources: u64,
    /// Notes on the case: when, text.
    pub notes: Vec<(String, String)>,
    /// What the analyst marked: event, tags, note.
    pub marks: Vec<Marked>,
    /// What is not known, how things stand, and what to look at next.
    pub open: open::Open,
    /// The events, one by one.
    pub timeline: Vec<Event>,
    /// The records of the timeline, and of every other event that is named.
    pub records: Vec<Record>,
    /// What is to be known of the timeline's limits.
    pub timeline_note: String,
    /// The program that wrote it.
    pub program: String,
}

/// A day of the story.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Day {
    /// The date; `no time` of what has none.
    pub day: String,
    /// What happened on it.
    pub steps: Vec<Step>,
}

/// A step of the story.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Step {
    /// From when, to the second.
    pub from: String,
    /// Until when; empty for a single moment.
    pub to: String,
    /// Who, short.
    pub who: String,
    /// What was done.
    pub what: Words,
    /// What is worth saying of it: signals, what it changed, what was new.
    pub notes: Vec<Words>,
    /// `ok`, `denied` or `error`.
    pub outcome: &'static str,
    /// Ids of its first events.
    pub events: Vec<String>,
}

/// One event of the timeline.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Event {
    /// Its id.
    pub id: String,
    /// When, with milliseconds.
    pub time: String,
    /// Its strand.
    pub strand: &'static str,
    /// Who.
    pub who: String,
    /// What.
    pub what: String,
    /// How it ended.
    pub outcome: &'static str,
    /// From where.
    pub place: String,
    /// SHA-256 of its record.
    pub sha256: String,
    /// The source of its record, and the position in it.
    pub source: String,
}

/// Where the record of an event lies, and how it is known again.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Record {
    /// The event's id.
    pub id: String,
    /// SHA-256 of the record.
    pub sha256: String,
    /// Number of its source among the sources; 0 when it is not told there.
    pub number: usize,
    /// Then the path of its source.
    pub path: String,
    /// Where in its source it begins.
    pub position: u64,
}

/// What the analyst added to an event.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Marked {
    /// The event.
    pub event: Event,
    /// Tags.
    pub tags: String,
    /// The note.
    pub note: String,
}

/// Reads a report out of a case.
///
/// # Errors
/// The case cannot be read.
pub fn gather(reader: &mut Reader, chosen: &Chosen, options: &Options) -> Result<Incident> {
    let mut incident = Incident { program: format!("outcrop {}", env!("CARGO_PKG_VERSION")), ..Incident::default() };
    let defences = controls::read(reader, chosen, options)?;
    let told = story::events(reader, chosen, &defences)?;
    let used = contact::used(reader, &chosen.refs, chosen.whom())?;
    findings::tell(reader, chosen, options, &mut incident)?;
    summary::tell(reader, chosen, options, &defences, &used, &mut incident)?;
    story::tell(reader, chosen, options, &defences, &used, &told, &mut incident)?;
    prompts::tell(reader, chosen, options, &mut incident)?;
    controls::tell(&defences, options, &mut incident);
    coverage::tell(reader, chosen, options, &mut incident)?;
    incident.open = open::tell(reader, chosen, options, &defences, &used)?;
    Ok(incident)
}

/// A moment to the second.
fn seconds(time: Timestamp) -> String {
    time.to_jiff().strftime("%Y-%m-%d %H:%M:%S").to_string()
}
