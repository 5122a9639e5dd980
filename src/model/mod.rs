//! The words of the house as plain types: no I/O, no async, no drawing.
//!
//! Every other room speaks in these. The meanings are fixed in the project's glossary (README, "Words"):
//! a [`Record`](record::RecordPosition) is bytes and where they came from, an [`Event`] is a record decoded,
//! an [`Entity`] is anything an event names and therefore a pivot, an [`Exchange`] is one model invocation.

mod control;
mod each_thread;
pub(crate) mod effort;
mod entity;
mod event;
mod exchange;
mod field;
mod ledger;
mod lenient;
pub mod live;
mod marks;
mod principal;
mod record;
mod runs;
mod safe_text;
mod scope;
pub mod secret;
mod signal;
mod thread;
mod time;
mod when;

pub use control::{BlindWindow, Change, Control, ControlChange, ControlKind, ControlState, Controls, Evidence, Place, Standing};
pub(crate) use each_thread::each_thread;
pub use entity::{Entity, EntityKind, UnknownKind};
pub use event::{Event, EventId, EventRef, KeyKind, Name, Outcome, Strand, StrandSet};
pub use exchange::{
    BodyState, Exchange, ExchangeFacts, ExchangeFlags, Guardrail, GuardrailAction, GuardrailPolicy, GuardrailSide, Hidden, HiddenKind, Part, Tokens,
    ToolCall, Turn,
};
pub use field::{Comparison, FIELDS, Field, FieldFilter, FieldKind, FieldTest, FieldValue, field, field_without_x, parse_field_filters};
pub use ledger::{Compression, HOLDS_NO_RECORDS, IngestSummary, Skip, SourceEntry, SourceId, SourceKind, SourceState};
pub use lenient::{INVALID_BYTE_BASE, SURROGATE_BASE, invalid_byte_of, lossless_json_string, surrogate_of, text_from_bytes};
pub use marks::Mark;
pub use principal::{Actor, account_of_arn, fold_arn, person_like_session};
pub use record::{Digest, RecordPosition, Wrap};
pub use runs::{Letters, letter_runs, spelled_runs};
pub use safe_text::{Glyphs, SafeText, hidden_name, tag_letter};
pub use scope::{Scope, TextFilter};
pub use secret::Secrets;
pub use signal::{
    Baseline, Bucket, Crossing, Detected, Framework, Lead, Level, ListEntry, MOST_BUCKETS, MOST_EVENTS, MOST_VALUES, Points, Signal, Step, Triage,
    TriageKey, TriageState,
};
pub use thread::{Link, RoundKeys, ThreadKeys, ThreadRow};
pub use time::{TimeRange, Timestamp};
pub use when::parse_when;
