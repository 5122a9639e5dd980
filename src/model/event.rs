//! An event: a record decoded. And its smallest form, the reference that lists are made of.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::Serialize;

use super::{Digest, RecordPosition, SourceId, Timestamp};

/// A string shared by many events. Untrusted text, like everything read from a log.
pub type Name = Arc<str>;

/// The kind of telemetry a record belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Strand {
    /// CloudTrail management events.
    Management = 0,
    /// CloudTrail data events.
    Data = 1,
    /// Bedrock model invocation log records.
    Invocation = 2,
    /// Process telemetry of endpoints.
    Endpoint = 3,
    /// CloudTrail network activity events.
    Network = 4,
    /// Agent telemetry spans.
    Span = 5,
}

impl Strand {
    /// Every strand, in display order.
    pub const ALL: [Self; 6] = [Self::Management, Self::Data, Self::Invocation, Self::Endpoint, Self::Network, Self::Span];

    /// The name on the command line and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Management => "management",
            Self::Data => "data",
            Self::Invocation => "invocation",
            Self::Endpoint => "endpoint",
            Self::Network => "network",
            Self::Span => "span",
        }
    }

    /// Four letters, for a column.
    pub const fn short(self) -> &'static str {
        match self {
            Self::Management => "mgmt",
            Self::Data => "data",
            Self::Invocation => "invk",
            Self::Endpoint => "endp",
            Self::Network => "netw",
            Self::Span => "span",
        }
    }

    /// The strand of a stored number.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|strand| *strand as u8 == code)
    }
}

impl fmt::Display for Strand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Strand {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|strand| strand.name() == text)
            .ok_or_else(|| format!("“{text}” is not a strand: use one of {}", Self::ALL.map(Self::name).join(" ")))
    }
}

/// A set of strands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StrandSet(u8);

impl StrandSet {
    /// All strands.
    pub const ALL: Self = Self(0b11_1111);

    /// Only this one.
    pub const fn only(strand: Strand) -> Self {
        Self(1 << strand as u8)
    }

    /// Both sets together.
    #[must_use]
    pub const fn with(self, strand: Strand) -> Self {
        Self(self.0 | 1 << strand as u8)
    }

    /// This set with the strand switched on or off.
    #[must_use]
    pub const fn toggled(self, strand: Strand) -> Self {
        Self(self.0 ^ (1 << strand as u8))
    }

    /// The empty set.
    pub const NONE: Self = Self(0);

    /// Is it a member?
    pub const fn contains(self, strand: Strand) -> bool {
        self.0 & (1 << strand as u8) != 0
    }

    /// Its bits, for storing a view.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// A set of stored bits.
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & Self::ALL.0)
    }
}

impl Default for StrandSet {
    fn default() -> Self {
        Self::ALL
    }
}

/// How the action ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Outcome {
    /// No error (an empty `errorCode` is success, FORMATS §3.1).
    #[default]
    Ok = 0,
    /// Refused for want of authority.
    Denied = 1,
    /// Any other error.
    Error = 2,
}

impl Outcome {
    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Denied => "denied",
            Self::Error => "error",
        }
    }

    /// The outcome of a stored number.
    pub const fn from_code(code: u8) -> Self {
        match code {
            1 => Self::Denied,
            2 => Self::Error,
            _ => Self::Ok,
        }
    }

    /// From CloudTrail's or an invocation record's `errorCode`. Denials: AccessDenied, AccessDeniedException and
    /// UnauthorizedOperation, with or without the `Client.` prefix; VpceAccessDenied of network activity events.
    pub fn from_error_code(code: Option<&str>) -> Self {
        match code.map(|code| code.strip_prefix("Client.").unwrap_or(code)) {
            None | Some("") => Self::Ok,
            Some("AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" | "VpceAccessDenied") => Self::Denied,
            Some(_) => Self::Error,
        }
    }
}

/// What kind of credential was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum KeyKind {
    /// None was recorded.
    #[default]
    None = 0,
    /// `AKIA…`
    LongTerm = 1,
    /// `ASIA…`
    Temporary = 2,
    /// A Bedrock API key (`callWithBearerToken`).
    Bearer = 3,
    /// A console session (`sessionCredentialFromConsole`).
    Console = 4,
}

impl KeyKind {
    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::LongTerm => "long_term",
            Self::Temporary => "temporary",
            Self::Bearer => "bearer",
            Self::Console => "console",
        }
    }

    /// The kind of a stored number.
    pub const fn from_code(code: u8) -> Self {
        match code {
            1 => Self::LongTerm,
            2 => Self::Temporary,
            3 => Self::Bearer,
            4 => Self::Console,
            _ => Self::None,
        }
    }
}

/// An event's row number inside one case file. Not stable between cases: people are shown [`Event::uid`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(pub u32);

/// The smallest form of an event: enough to order, window, count by strand and draw a histogram. 16 bytes.
/// Ordered by time, then by row number. Events without a time have time 0 and sort first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventRef {
    /// Milliseconds since the epoch; 0 when the record names no time.
    pub millis: i64,
    /// The event.
    pub id: EventId,
    /// Strand in the low three bits, outcome in the two above, undecodable in bit 5.
    pub bits: u8,
}

impl EventRef {
    /// Packs the parts.
    pub fn new(time: Option<Timestamp>, id: EventId, strand: Strand, outcome: Outcome, undecodable: bool) -> Self {
        let bits = strand as u8 | (outcome as u8) << 3 | u8::from(undecodable) << 5;
        Self { millis: time.map_or(0, Timestamp::as_millis), id, bits }
    }

    /// Its strand.
    pub fn strand(self) -> Strand {
        Strand::from_code(self.bits & 0b111).unwrap_or(Strand::Management)
    }

    /// Its outcome.
    pub const fn outcome(self) -> Outcome {
        Outcome::from_code(self.bits >> 3 & 0b11)
    }

    /// The record could not be decoded.
    pub const fn is_undecodable(self) -> bool {
        self.bits >> 5 & 1 == 1
    }

    /// Its time, when the record names one.
    pub const fn time(self) -> Option<Timestamp> {
        if self.millis == 0 { None } else { Some(Timestamp::from_millis(self.millis)) }
    }
}

/// A record decoded, as a case gives it back. All text in it is untrusted.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Row number in the case.
    pub id: EventId,
    /// SHA-256 of the record's bytes.
    pub digest: Digest,
    /// When it happened (CloudTrail: when the request completed; invocation: when it was made).
    pub time: Option<Timestamp>,
    /// Kind of telemetry.
    pub strand: Strand,
    /// How it ended.
    pub outcome: Outcome,
    /// The source it was read from.
    pub source: SourceId,
    /// Where its bytes are in that source.
    pub position: RecordPosition,
    /// Account the action happened in.
    pub account: Option<Name>,
    /// Region the action happened in.
    pub region: Option<Name>,
    /// Who, for a person to read: principal plus the session when it names a person.
    pub actor: Option<Name>,
    /// Who, folded: the same from every strand.
    pub principal: Option<Name>,
    /// Role name, when a role acted.
    pub role: Option<Name>,
    /// Role session name.
    pub session: Option<Name>,
    /// Access key id.
    pub key: Option<Name>,
    /// Kind of credential.
    pub key_kind: KeyKind,
    /// Source address as logged.
    pub ip: Option<Name>,
    /// User agent.
    pub user_agent: Option<Name>,
    /// CloudTrail `eventName`, invocation `operation`, or the command's verb.
    pub action: Option<Name>,
    /// `bedrock`, `s3`, `iam` …: the event source without its domain.
    pub service: Option<Name>,
    /// Error code.
    pub error_code: Option<Name>,
    /// Error message.
    pub error_message: Option<String>,
    /// Request id.
    pub request_id: Option<String>,
    /// Model, folded.
    pub model: Option<Name>,
    /// Bucket.
    pub bucket: Option<Name>,
    /// Host of endpoint telemetry.
    pub host: Option<Name>,
    /// What the action was about, when the other columns do not say it.
    pub detail: Option<String>,
    /// Why the record could not be decoded.
    pub undecodable: Option<String>,
}

impl Event {
    /// The id shown to people and taken on the command line: the first 16 hex digits of the record's SHA-256.
    /// The same record has the same id in every case.
    pub fn uid(&self) -> String {
        self.digest.short()
    }

    /// One line: what happened, to what.
    pub fn summary(&self) -> String {
        if let Some(reason) = &self.undecodable {
            return format!("undecodable: {reason}");
        }
        let mut line = self.action.as_deref().unwrap_or("?").to_owned();
        for part in [self.model.as_deref(), self.detail.as_deref()].into_iter().flatten() {
            line.push_str("  ");
            line.push_str(part);
        }
        if self.detail.is_none()
            && let Some(bucket) = self.bucket.as_deref()
        {
            line.push_str("  ");
            line.push_str(bucket);
        }
        if let Some(code) = self.error_code.as_deref() {
            line.push_str("  ");
            line.push_str(code);
        }
        line
    }

    /// The small form.
    pub fn as_ref(&self) -> EventRef {
        EventRef::new(self.time, self.id, self.strand, self.outcome, self.undecodable.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcome_of_error_codes() {
        // FORMATS §3.1: empty string is success, both spellings are denials, many codes are not denials.
        for (code, expected) in [
            (None, Outcome::Ok),
            (Some(""), Outcome::Ok),
            (Some("AccessDenied"), Outcome::Denied),
            (Some("AccessDeniedException"), Outcome::Denied),
            (Some("Client.UnauthorizedOperation"), Outcome::Denied),
            (Some("NoSuchTagSet"), Outcome::Error),
        ] {
            assert_eq!(Outcome::from_error_code(code), expected, "{code:?}");
        }
    }

    #[test]
    fn reference_keeps_its_parts() {
        for strand in Strand::ALL {
            for outcome in [Outcome::Ok, Outcome::Denied, Outcome::Error] {
                let event = EventRef::new(Some(Timestamp::from_millis(7)), EventId(3), strand, outcome, true);
                assert_eq!((event.strand(), event.outcome(), event.is_undecodable()), (strand, outcome, true));
            }
        }
        assert_eq!(EventRef::new(None, EventId(1), Strand::Data, Outcome::Ok, false).time(), None);
        assert_eq!(size_of::<EventRef>(), 16);
    }
}
