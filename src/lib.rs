//! outcrop: a terminal workbench for investigating what happened in AWS Bedrock.
//!
//! This file is the map of the house. Each module is a room; a room may use only the rooms above it in this list
//! (docs/ARCHITECTURE.md, rule 1, and the test that guards it).

/// The words as plain types; `SafeText`; no I/O, no async, no drawing.
pub mod model;

/// Bytes to records to events.
pub mod decode;

/// The case file: evidence, events, pivots, search, notes, ledger.
pub mod case;

/// Query languages: Logs Insights QL read, checked and written.
pub mod query;

/// What belongs together: conversations, controls over time, joins between strands.
pub mod stitch;

/// Rules to signals to leads.
pub mod detect;

/// The catalogue of hunts.
pub mod hunt;

/// Where records come from: files, the demo, AWS.
pub mod source;

/// Answers as text for people and programs.
pub mod report;

/// The workbench.
pub mod tui;

/// The command line; the top of the house: it starts the workbench.
pub mod command;
