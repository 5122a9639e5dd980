//! Both sides of a request: the CloudTrail event says who called from where with which key, the invocation record says what
//! was asked and answered. They share the request id (FORMATS §3.4); where one side is missing, this says what is known of why.

use crate::case::{Reader, Result};
use crate::decode::is_invoke;
use crate::model::{Entity, EntityKind, Event, Scope, Strand, StrandSet, TimeRange, Timestamp};

/// The other sides of an event's request.
#[derive(Clone, Debug, Default)]
pub struct Joined {
    /// Events of other strands with the same request id, by time.
    pub events: Vec<Event>,
    /// Why there is none, when there should be one.
    pub orphan: Option<Orphan>,
}

/// Why a model invocation has one side only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Orphan {
    /// The bedrock-mantle endpoint writes no invocation records.
    Mantle,
    /// The call was refused.
    Refused,
    /// The case holds no invocation record of this account and Region.
    NoRecords,
    /// There are others of this account and Region, but not this one.
    NoRecord,
    /// The case holds no CloudTrail of this account and Region around that time.
    NoTrail,
    /// There is, but no event with this request id.
    NoEvent,
    /// The event names no request id.
    NoId,
}

impl Orphan {
    /// A sentence without its end.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Mantle => "no invocation record: the bedrock-mantle endpoint writes none",
            Self::Refused => "no invocation record: the call was refused",
            Self::NoRecords => {
                "no invocation record, and none of this account and Region in the case: logging was off there, or its log was not read"
            }
            Self::NoRecord => "no invocation record with this request id: logging was off, delivery failed, or its file was not read",
            Self::NoTrail => "no CloudTrail event, and none of this account and Region around that time in the case",
            Self::NoEvent => "no CloudTrail event with this request id",
            Self::NoId => "no request id to find the other side by",
        }
    }
}

/// Should there be an invocation record? Batches and asynchronous calls write none that could be found by the request.
fn writes_record(event: &Event) -> bool {
    let (service, action) = (event.service.as_deref().unwrap_or_default(), event.action.as_deref().unwrap_or_default());
    is_invoke(service, action) && !matches!(action, "StartAsyncInvoke" | "CreateModelInvocationJob")
}

/// How far from an event CloudTrail is looked for, in milliseconds.
const AROUND: i64 = 60 * 60 * 1000;

/// The other sides of an event.
///
/// # Errors
/// The case could not be read.
pub fn joined(reader: &mut Reader, event: &Event) -> Result<Joined> {
    let invocation = event.strand == Strand::Invocation;
    let expected = invocation || (matches!(event.strand, Strand::Management | Strand::Data) && writes_record(event));
    let Some(request) = event.request_id.as_deref() else {
        return Ok(Joined { events: Vec::new(), orphan: expected.then_some(Orphan::NoId) });
    };
    let ids = reader.find(request)?;
    let mut events = reader.events(&ids)?;
    events.retain(|other| other.strand != event.strand && other.request_id.as_deref() == Some(request));
    events.sort_by_key(|other| (other.time, other.id));
    let other_side = |other: &Event| (other.strand == Strand::Invocation) != invocation && other.strand != Strand::Span;
    let orphan = if !expected || events.iter().any(other_side) {
        None
    } else if invocation {
        Some(if has_trail(reader, event)? { Orphan::NoEvent } else { Orphan::NoTrail })
    } else if event.service.as_deref() == Some("bedrock-mantle") {
        Some(Orphan::Mantle)
    } else if event.outcome == crate::model::Outcome::Denied {
        Some(Orphan::Refused)
    } else {
        let here = Scope { strands: StrandSet::only(Strand::Invocation), ..of_place(event) };
        Some(if reader.refs(&here)?.is_empty() { Orphan::NoRecords } else { Orphan::NoRecord })
    };
    Ok(Joined { events, orphan })
}

/// The account and Region of an event.
fn of_place(event: &Event) -> Scope {
    let named = [(EntityKind::Account, &event.account), (EntityKind::Region, &event.region)];
    named
        .into_iter()
        .filter_map(|(kind, name)| Some(Entity { kind, value: name.clone()? }))
        .fold(Scope::all(), |scope, entity| scope.narrowed(entity))
}

fn has_trail(reader: &mut Reader, event: &Event) -> Result<bool> {
    let around = |by: i64| event.time.map(|time: Timestamp| time.plus_millis(by));
    let scope =
        Scope { strands: StrandSet::only(Strand::Management), range: TimeRange { since: around(-AROUND), until: around(AROUND) }, ..of_place(event) };
    Ok(!reader.refs(&scope)?.is_empty())
}
