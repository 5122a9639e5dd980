//! Bytes become records, records become events. No I/O beyond a `Read` handed in, no async, no drawing.
//!
//! - [`json`]: the lenient reader everything else stands on.
//! - [`containers`]: a stream of bytes to records, whatever they are wrapped in.
//! - [`decode`]: one record's bytes to a [`Decoded`] event, by the keys found in it.
//! - [`command_call`]: the call of the AWS CLI in a record of process telemetry, or in a line.
//! - [`exchange`]: one invocation record to an [`Exchange`](crate::model::Exchange), in full, for reading.
//! - [`trail_facts`]: what one CloudTrail record says beyond its event's columns.

mod address;
mod cloudtrail;
pub mod containers;
mod decoded;
mod endpoint;
mod fields;
mod folded_key;
mod invocation;
pub mod json;
mod kind;
mod masked;
mod nested;
mod one_line;
mod span;

pub use cloudtrail::{TrailFacts, trail_facts};
pub use decoded::{Decoded, Said, Searchable, Text};
pub use endpoint::{CommandCall, VerbClass, command_call, command_call_of_line};
pub use fields::{Fields, INVOKE, is_agentic, is_bedrock, is_enumeration, is_invoke, user_of};
pub use invocation::{Bodies, PastRound, exchange, exchange_with_history, model_family, model_key};
pub use kind::{RecordKind, kind_of};
pub use masked::masked_record;

/// Decodes one record (already unwrapped). `tape` is scratch memory. Never fails: what cannot be decoded is an event
/// with the reason in [`Decoded::undecodable`].
pub fn decode<'a>(record: &'a [u8], tape: &'a mut json::Tape) -> Decoded<'a> {
    if endpoint::is_audit_record(record) {
        return endpoint::decode_audit(record);
    }
    let end = tape.parse(record);
    let root = tape.root(record);
    let mut decoded = match kind_of(root) {
        RecordKind::Invocation => invocation::decode(root),
        RecordKind::CloudTrail => cloudtrail::decode(root),
        RecordKind::Endpoint => endpoint::decode(root),
        RecordKind::Span => span::decode(root),
        RecordKind::Unknown(reason) => {
            // What is in it cannot be told, but whoever searches for words shall find it.
            Decoded { searchable: vec![Searchable::Raw(record, true)], ..Decoded::undecodable(reason) }
        }
    };
    if root.kind() == json::Kind::Missing {
        return Decoded { undecodable: Some(not_json(record)), ..decoded };
    }
    if let Some(problem) = tape.problem() {
        decoded.damage(end, problem);
    }
    decoded
}

/// Why a record that holds no JSON at all could not be decoded.
fn not_json(record: &[u8]) -> String {
    let text = crate::model::text_from_bytes(record);
    let start: String = text.trim().chars().take(60).collect();
    if start.is_empty() { "the record is empty".to_owned() } else { format!("text of no known form: it begins with “{start}”") }
}

#[cfg(test)]
mod tests;
