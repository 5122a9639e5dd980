//! Events and answers as text for people and programs: tables, JSON, CSV.
//!
//! A table is for a person at a terminal, so every cell is [`SafeText`](crate::model::SafeText). JSON and CSV are for
//! programs: they lose nothing, and JSON escapes whatever could act on a terminal by its own rules.

mod answer;
mod controls;
mod csv;
mod event;
mod export;
mod flags;
pub mod incident;
mod json;
mod number;
mod signals;
mod table;

pub use answer::{AnswerRowJson, answer_cell, export_answer};
pub use controls::{ChangeJson, ControlsJson, StateJson, WindowJson, change_words, control_words, open_words};
pub use csv::write_csv;
pub use event::{COLUMNS, EventJson, RecordJson, event_cells};
pub use export::{events_with_entities, export_events, export_report};
pub use flags::{FLAGS, flag_words};
pub use json::{to_json, to_json_pretty};
pub use number::{bytes, grouped};
pub use signals::{DetectJson, LeadJson, SignalJson, arithmetic_words};
pub use table::{table, table_of_lines};
