//! The case file: one SQLite file that holds an investigation. Written by one process, read by many.
//!
//! - [`Writable`] is the right to write; it gives the one [`Writer`] (ingest), [`Notebook`]s (the analyst) and
//!   [`Reader`]s. [`open_read_only`] gives a reader without it.
//! - Worker threads fill a [`Batch`] with decoded records; the writer appends it, leaves out duplicates, and stores all
//!   it holds in one transaction at [`Writer::commit`].
//! - A [`Reader`] answers by scope: lists ([`Reader::refs`]) from posting lists, rows ([`Reader::events`]), pivots
//!   ([`Reader::values`]), what lies near a moment ([`Reader::near`]), text
//!   ([`Reader::search`]) and evidence ([`Reader::record`]).
//!
//! How it is laid out, and why: docs/ARCHITECTURE.md, "The case file", and `schema.sql`. No drawing, no AWS, no async.

mod aliases;
mod answers;
mod asked;
mod batch;
mod codec;
mod columns;
mod commit;
mod error;
mod evidence;
mod filter;
mod find;
mod findings;
mod fold;
mod following;
mod histogram;
mod idset;
mod intern;
mod kept;
mod lanes;
mod light;
mod lists;
mod lock;
mod lookup;
mod merge;
mod near;
mod notebook;
mod pivots;
mod reader;
mod rows;
mod runs;
mod scan;
mod schema;
mod seal;
mod search;
mod segment;
mod sources;
mod sweep;
mod text;
mod threads;
mod twins;
mod writable;
mod writer;

#[cfg(test)]
mod tests;

pub use aliases::GroupAliases;
pub use answers::{Appended, CaseNote, Marked, Pending, Revision, Sealed, SearchReport, Side, SourceCounts, StoredBodies, Totals, ValueCount};
pub use batch::Batch;
pub use columns::Column;
pub use error::{CaseError, Result};
pub use evidence::{EvidenceError, Found};
pub use findings::{Findings, Learnt, LearntRow};
pub use fold::folded;
pub use following::{News, Tell};
pub use histogram::{Bin, histogram};
pub use kept::{Kept, KeptForm};
pub use lanes::Lanes;
pub use light::{LightColumn, LightRows, RecordPlace};
pub use notebook::Notebook;
pub use reader::{Interrupter, Reader, open_read_only};
pub use scan::{Lean, LeanColumn, TextSearch, Whose};
pub use seal::seal;
pub use writable::Writable;
pub use writer::{Block, Writer};
