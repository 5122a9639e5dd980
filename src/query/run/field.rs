//! The event's fields: which ones the case has in columns, and which are read from the record.
//!
//! Well-known names of CloudTrail and invocation records *are* the case's columns: so `eventName` is found also where an
//! exporter spelled it `eventname`, and a query on it reads no record. Records of endpoints and spans, and those that could
//! not be decoded, have no such columns: there a name is a path like any other.

use crate::decode::model_key;
use crate::model::{Entity, EntityKind, Event, FieldKind, Strand, field};
use crate::query::ql::ast::Step;
use crate::query::value::Value;

/// A field of the event.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Base {
    System(System),
    Known(&'static Known, Vec<Step>),
    /// A derived field.
    Derived(&'static str, FieldKind),
    Path(Vec<Step>),
}

/// Fields that Logs Insights adds to every event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum System {
    Timestamp,
    Message,
    Ptr,
    Log,
    LogStream,
    IngestionTime,
    Account,
    Region,
}

/// Where a well-known field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    Column(EntityKind),
    /// The service, which is the event source without its domain.
    Source,
    RequestId,
    ErrorMessage,
    Record,
}

/// A well-known field.
#[derive(Debug, PartialEq)]
pub(super) struct Known {
    name: &'static str,
    strands: &'static [Strand],
    pub(super) at: At,
    /// The kind of entity that every event with such a field mentions.
    kind: Option<EntityKind>,
}

const TRAIL: &[Strand] = &[Strand::Management, Strand::Data, Strand::Network];
const CALL: &[Strand] = &[Strand::Invocation];
const BOTH: &[Strand] = &[Strand::Management, Strand::Data, Strand::Network, Strand::Invocation];

const fn column(name: &'static str, strands: &'static [Strand], kind: EntityKind) -> Known {
    Known { name, strands, at: At::Column(kind), kind: Some(kind) }
}

const KNOWN: &[Known] = &[
    column("eventName", TRAIL, EntityKind::Action),
    Known { name: "eventSource", strands: TRAIL, at: At::Source, kind: Some(EntityKind::Service) },
    column("awsRegion", TRAIL, EntityKind::Region),
    column("sourceIPAddress", TRAIL, EntityKind::Ip),
    column("userAgent", TRAIL, EntityKind::UserAgent),
    column("userIdentity.accessKeyId", TRAIL, EntityKind::Key),
    Known { name: "requestID", strands: TRAIL, at: At::RequestId, kind: Some(EntityKind::Request) },
    Known { name: "errorMessage", strands: TRAIL, at: At::ErrorMessage, kind: None },
    Known { name: "requestParameters.bucketName", strands: TRAIL, at: At::Record, kind: Some(EntityKind::Bucket) },
    column("errorCode", BOTH, EntityKind::ErrorCode),
    column("operation", CALL, EntityKind::Action),
    column("region", CALL, EntityKind::Region),
    column("accountId", CALL, EntityKind::Account),
    Known { name: "requestId", strands: CALL, at: At::RequestId, kind: Some(EntityKind::Request) },
    Known { name: "modelId", strands: CALL, at: At::Record, kind: Some(EntityKind::Model) },
];

/// The well-known name that this one is but for its case.
pub(super) fn known_name(name: &str) -> Option<&'static str> {
    let names = || KNOWN.iter().map(|known| known.name);
    names().find(|known| known.eq_ignore_ascii_case(name)).filter(|_| names().all(|known| known != name))
}

/// Fields of most records that are no columns.
const USUAL: &[&str] = &[
    "eventCategory",
    "eventID",
    "eventTime",
    "eventType",
    "identity.arn",
    "input.inputBodyJson",
    "input.inputTokenCount",
    "output.outputBodyJson",
    "output.outputTokenCount",
    "readOnly",
    "recipientAccountId",
    "requestParameters.modelId",
    "userIdentity.accountId",
    "userIdentity.arn",
    "userIdentity.principalId",
    "userIdentity.sessionContext.sessionIssuer.arn",
    "userIdentity.type",
    "userIdentity.userName",
];

/// The usual name that this one nearly is.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let names = || KNOWN.iter().map(|known| known.name).chain(USUAL.iter().copied());
    if name.len() < 6 || names().any(|known| known == name) {
        return None;
    }
    let near = names().map(|known| (strsim::osa_distance(known, name), known)).min_by_key(|(distance, _)| *distance);
    near.filter(|(distance, _)| *distance <= 2).map(|(_, known)| known)
}

/// Records of this kind have no columns of well-known names.
pub(super) fn is_foreign(strand: Strand, is_undecodable: bool) -> bool {
    is_undecodable || matches!(strand, Strand::Endpoint | Strand::Span)
}

impl Known {
    /// Has an event of this strand the field at all?
    pub(super) fn is_of(&self, strand: Strand) -> bool {
        self.strands.contains(&strand)
    }

    /// The value in the event's columns.
    pub(super) fn value(&self, event: &Event) -> Value {
        let name = |name: &Option<crate::model::Name>| Value::from(name.as_ref().map(|name| Value::Text(std::sync::Arc::clone(name))));
        match self.at {
            At::Column(kind) => name(match kind {
                EntityKind::Action => &event.action,
                EntityKind::Region => &event.region,
                EntityKind::Ip => &event.ip,
                EntityKind::UserAgent => &event.user_agent,
                EntityKind::Key => &event.key,
                EntityKind::ErrorCode => &event.error_code,
                EntityKind::Account => &event.account,
                _ => &None,
            }),
            At::Source => Self::source(event.service.as_deref()),
            At::RequestId => event.request_id.as_deref().into(),
            At::ErrorMessage => event.error_message.as_deref().into(),
            At::Record => Value::Missing,
        }
    }

    /// The event source of a service.
    pub(super) fn source(service: Option<&str>) -> Value {
        match service {
            None => Value::Missing,
            // What has a dot had another domain, which was kept.
            Some(service) if service.contains('.') => service.into(),
            Some(service) => format!("{service}.amazonaws.com").as_str().into(),
        }
    }

    /// The column that says all of it, for counting without rows.
    pub(super) fn tallied(&self) -> Option<EntityKind> {
        match self.at {
            At::Column(kind) => Some(kind),
            At::Source => Some(EntityKind::Service),
            _ => None,
        }
    }

    /// What every event mentions whose field is this text; none when that cannot be said.
    pub(super) fn mention(&self, text: &str) -> Option<Entity> {
        let kind = self.kind.filter(|_| !text.is_empty())?;
        Some(match kind {
            EntityKind::Model => Entity::new(kind, model_key(text).into_owned()),
            EntityKind::Service => Entity::new(kind, text.strip_suffix(".amazonaws.com").unwrap_or(text)),
            EntityKind::Bucket => {
                let is_plain = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
                Entity::new(kind, is_plain.then_some(text)?)
            }
            _ => Entity::new(kind, text),
        })
    }
}

impl Base {
    /// The field of a name.
    pub(super) fn of(name: &str, steps: &[Step]) -> Result<Self, String> {
        let system = match name {
            "@timestamp" => System::Timestamp,
            "@message" => System::Message,
            "@ptr" => System::Ptr,
            "@log" => System::Log,
            "@logStream" => System::LogStream,
            "@ingestionTime" => System::IngestionTime,
            "@aws.account" => System::Account,
            "@aws.region" => System::Region,
            _ if name.starts_with("x.") => return field(name).map(|field| Self::Derived(field.name, field.kind)),
            _ => {
                if let Some(known) = KNOWN.iter().find(|known| known.name == name) {
                    return Ok(Self::Known(known, steps.to_vec()));
                }
                let mut steps = steps.to_vec();
                // A discovered field whose own name begins with @ is shown with a second one.
                if let Some(Step::Member(first)) = steps.first_mut()
                    && first.starts_with("@@")
                {
                    first.remove(0);
                }
                return Ok(Self::Path(steps));
            }
        };
        Ok(Self::System(system))
    }

    /// Must the record be read for it, of an event of this kind?
    pub(super) fn needs_record(&self, strand: Strand, is_undecodable: bool) -> bool {
        match self {
            Self::System(system) => *system == System::Message,
            Self::Known(_, _) if is_foreign(strand, is_undecodable) => true,
            Self::Known(known, _) => known.at == At::Record && known.is_of(strand),
            Self::Derived(name, _) => derived_needs_record(name, strand),
            Self::Path(_) => true,
        }
    }

    /// Is it the time of the event?
    pub(super) fn is_time(&self) -> bool {
        *self == Self::System(System::Timestamp)
    }

    /// Must the row of the event be read?
    pub(super) fn needs_event(&self) -> bool {
        !matches!(self, Self::System(System::Timestamp))
    }
}

/// Derived fields that no column has.
fn derived_needs_record(name: &str, strand: Strand) -> bool {
    match name {
        "x.user_text" | "x.completion" | "x.thinking" | "x.guard_findings" | "x.hidden" | "x.guard_policies" | "x.guardrail" | "x.secrets"
        | "x.system" => strand == Strand::Invocation,
        "x.output_bucket" => matches!(strand, Strand::Management | Strand::Data),
        "x.command" => strand == Strand::Endpoint,
        "x.prefix" => matches!(strand, Strand::Management | Strand::Data | Strand::Endpoint),
        _ => name.starts_with("x.cli.") && strand == Strand::Endpoint,
    }
}
