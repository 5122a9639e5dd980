//! What an event names. Every entity is a pivot.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::Name;

/// The kinds of thing an event can name. The kebab-case names are part of the command line's contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum EntityKind {
    /// A request id: the join between CloudTrail, invocation records and spans (FORMATS §3.4). Also the id that CloudTrail
    /// gives the copies of one call in two accounts, and the two ends of one Insight (`sharedEventID`).
    Request = 1,
    /// A user, or a role with all its sessions: `{account}/user/{name}`, `{account}/role/{name}` (FORMATS §3.5).
    Principal = 2,
    /// An access key id (`AKIA…`, `ASIA…`).
    Key = 3,
    /// A source address, or the service name that stands in its place.
    Ip = 4,
    /// An S3 bucket.
    Bucket = 5,
    /// An S3 object: `bucket/key`.
    Object = 6,
    /// A model, all spellings of its id folded (FORMATS §1.6).
    Model = 7,
    /// A guardrail id.
    Guardrail = 8,
    /// A Bedrock agent id.
    Agent = 9,
    /// A knowledge base id.
    KnowledgeBase = 10,
    /// An AWS account id.
    Account = 11,
    /// An AWS Region.
    Region = 12,
    /// A computer, as endpoint telemetry names it.
    Host = 13,
    /// A user agent string.
    UserAgent = 14,
    /// A role session name, or the session of an agent as its telemetry names it.
    Session = 15,
    /// Facet: the action (CloudTrail `eventName`, invocation `operation`, command verb).
    Action = 16,
    /// Facet: a role's name.
    Role = 17,
    /// Facet: an error code.
    ErrorCode = 18,
    /// Facet: the service an action belongs to (`bedrock`, `s3`, `iam`).
    Service = 19,
    /// Facet: a trace of agent telemetry, 32 hex digits. A kind of its own, because most spans bear neither a session nor a
    /// request id: only the trace holds together what an agent did for one request. A facet, because the kinds that an
    /// event's `entities` may have are part of the command line's contract.
    Trace = 20,
    /// Facet: who baselines and signals are about (`x.actor`): the principal, and the session where it names a person. Not every
    /// principal is one person, and not every session is.
    Actor = 21,
}

impl EntityKind {
    /// Every kind, in the order menus show them.
    pub const ALL: [Self; 21] = [
        Self::Request,
        Self::Principal,
        Self::Key,
        Self::Ip,
        Self::Session,
        Self::Trace,
        Self::UserAgent,
        Self::Model,
        Self::Bucket,
        Self::Object,
        Self::Guardrail,
        Self::Agent,
        Self::KnowledgeBase,
        Self::Host,
        Self::Account,
        Self::Region,
        Self::Role,
        Self::Action,
        Self::ErrorCode,
        Self::Service,
        Self::Actor,
    ];

    /// The kebab-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Principal => "principal",
            Self::Key => "key",
            Self::Ip => "ip",
            Self::Bucket => "bucket",
            Self::Object => "object",
            Self::Model => "model",
            Self::Guardrail => "guardrail",
            Self::Agent => "agent",
            Self::KnowledgeBase => "knowledge-base",
            Self::Account => "account",
            Self::Region => "region",
            Self::Host => "host",
            Self::UserAgent => "user-agent",
            Self::Session => "session",
            Self::Action => "action",
            Self::Role => "role",
            Self::ErrorCode => "error-code",
            Self::Service => "service",
            Self::Trace => "trace",
            Self::Actor => "actor",
        }
    }

    /// The number stored in a case file.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The kind of a stored number.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Kinds with about as many values as there are events; stored apart from the interned ones
    /// (docs/ARCHITECTURE.md, "The case file").
    pub const fn is_wide(self) -> bool {
        matches!(self, Self::Request | Self::Object | Self::Trace)
    }

    /// A property to filter by rather than a thing in the world; not listed among an event's `entities`.
    pub const fn is_facet(self) -> bool {
        matches!(self, Self::Action | Self::Role | Self::ErrorCode | Self::Service | Self::Trace | Self::Actor)
    }
}

impl fmt::Display for EntityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The text is not the name of an entity kind.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("“{0}” is not a kind of entity: use one of {known}", known = EntityKind::ALL.map(EntityKind::name).join(" "))]
pub struct UnknownKind(String);

impl FromStr for EntityKind {
    type Err = UnknownKind;
    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Self::ALL.into_iter().find(|kind| kind.name() == text).ok_or_else(|| UnknownKind(text.to_owned()))
    }
}

/// A thing an event names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Entity {
    /// What it is.
    pub kind: EntityKind,
    /// Its name, as stored: untrusted text.
    pub value: Name,
}

impl Entity {
    /// An entity of this kind and value.
    pub fn new(kind: EntityKind, value: impl Into<Name>) -> Self {
        Self { kind, value: value.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes_round_trip() {
        for kind in EntityKind::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
            assert_eq!(EntityKind::from_code(kind.code()), Some(kind));
        }
        assert_eq!(EntityKind::from_code(0), None);
        assert!("requests".parse::<EntityKind>().is_err());
    }
}
