//! One event as JSON (the command line's contract) and as cells of a table.

use serde::Serialize;

use crate::model::{Digest, Entity, Event, KeyKind, Outcome, Strand, Timestamp};

/// An event's JSON. Field names are a contract.
#[derive(Debug, Serialize)]
pub struct EventJson<'a> {
    id: String,
    time: Option<Timestamp>,
    strand: Strand,
    source: &'a str,
    account: Option<&'a str>,
    region: Option<&'a str>,
    actor: Option<&'a str>,
    principal: Option<&'a str>,
    role: Option<&'a str>,
    key: Option<&'a str>,
    key_kind: KeyKind,
    ip: Option<&'a str>,
    user_agent: Option<&'a str>,
    action: Option<&'a str>,
    service: Option<&'a str>,
    outcome: Outcome,
    error_code: Option<&'a str>,
    error_message: Option<&'a str>,
    request_id: Option<&'a str>,
    model: Option<&'a str>,
    bucket: Option<&'a str>,
    entities: Vec<&'a Entity>,
    summary: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    undecodable: Option<&'a str>,
    record: RecordJson<'a>,
}

/// Where an event's record is.
#[derive(Debug, Serialize)]
pub struct RecordJson<'a> {
    source: &'a str,
    position: u64,
    sha256: Digest,
}

impl<'a> EventJson<'a> {
    /// The JSON of an event with its entities and its source's name.
    pub fn new(event: &'a Event, entities: &'a [Entity], source: &'a str) -> Self {
        Self {
            id: event.uid(),
            time: event.time,
            strand: event.strand,
            source,
            account: event.account.as_deref(),
            region: event.region.as_deref(),
            actor: event.actor.as_deref(),
            principal: event.principal.as_deref(),
            role: event.role.as_deref(),
            key: event.key.as_deref(),
            key_kind: event.key_kind,
            ip: event.ip.as_deref(),
            user_agent: event.user_agent.as_deref(),
            action: event.action.as_deref(),
            service: event.service.as_deref(),
            outcome: event.outcome,
            error_code: event.error_code.as_deref(),
            error_message: event.error_message.as_deref(),
            request_id: event.request_id.as_deref(),
            model: event.model.as_deref(),
            bucket: event.bucket.as_deref(),
            entities: entities.iter().filter(|entity| !entity.kind.is_facet()).collect(),
            summary: event.summary(),
            undecodable: event.undecodable.as_deref(),
            record: RecordJson { source, position: event.position.offset, sha256: event.digest },
        }
    }
}

/// Titles of [`event_cells`].
pub const COLUMNS: [&str; 13] =
    ["id", "time", "strand", "outcome", "principal", "action", "summary", "model", "region", "ip", "key", "request_id", "error_code"];

/// An event as cells for CSV and tables.
pub fn event_cells(event: &Event) -> [String; 13] {
    let name = |name: Option<&str>| name.unwrap_or_default().to_owned();
    [
        event.uid(),
        event.time.map(|time| time.to_string()).unwrap_or_default(),
        event.strand.name().to_owned(),
        event.outcome.name().to_owned(),
        name(event.actor.as_deref().or(event.principal.as_deref())),
        name(event.action.as_deref()),
        event.summary(),
        name(event.model.as_deref()),
        name(event.region.as_deref()),
        name(event.ip.as_deref()),
        name(event.key.as_deref()),
        name(event.request_id.as_deref()),
        name(event.error_code.as_deref()),
    ]
}
