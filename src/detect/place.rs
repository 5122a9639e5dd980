//! Where a field of an event is found, and how dear it is to know: told by the kind of call, by a column, by the row of the exchange,
//! by the record, by the case as a whole.

use crate::case::LeanColumn;
use crate::decode;
use crate::model::{EventRef, Outcome, Strand};

/// How dear it is to know a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tier {
    /// Told by strand, outcome, kind of key, service, action and error code.
    Call,
    /// In a column of the event.
    Column,
    /// In the row of the exchange, or of token counts, or with the texts of the event.
    Exchange,
    /// In the record.
    Record,
    /// Told by the case as a whole, when all of it is in.
    Case,
}

/// Where a field of an event of some strand is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// No such event has it.
    Nowhere,
    /// The verb of a command: the action, where there is a service.
    Verb,
    Flag(fn(&Call<'_>) -> bool),
    Strand,
    KeyKind,
    Source,
    Column(LeanColumn),
    ModelFamily,
    User,
    Request,
    /// What the service said of an error.
    Message,
    Exchange(Stored),
    Derived,
    Raw,
    Case(CaseField),
}

/// What only the case as a whole tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CaseField {
    Joined,
    Calls,
    Logged,
    Trailed,
    Echo,
    Control,
    Change,
    HoldsLogs,
}

/// Fields that only a whole case can tell (docs/RULES.md). They are for rules; a filter or query has no place for them.
pub(super) const CASE_FIELDS: [(&str, CaseField); 8] = [
    ("x.joined", CaseField::Joined),
    ("x.calls", CaseField::Calls),
    ("x.logged", CaseField::Logged),
    ("x.trailed", CaseField::Trailed),
    ("x.echo", CaseField::Echo),
    ("x.control", CaseField::Control),
    ("x.change", CaseField::Change),
    ("x.holds_logs", CaseField::HoldsLogs),
];

/// What only the case as a whole tells, by the name of the field.
pub(super) fn case_field(name: &str) -> Option<CaseField> {
    CASE_FIELDS.iter().find(|(known, _)| *known == name).map(|(_, field)| *field)
}

/// What is stored of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stored {
    TokensIn,
    TokensOut,
    TokensCache,
    TokensTotal,
    Family,
    Stop,
    Body,
    Guard,
    Guarded,
    PromptChars,
    PromptCharsAll,
    SystemOpening,
    CompletionChars,
    Turns,
    Latency,
    Tools,
}

impl Stored {
    /// The amounts among them.
    pub(super) const AMOUNTS: [Self; 9] = [
        Self::TokensIn,
        Self::TokensOut,
        Self::TokensCache,
        Self::TokensTotal,
        Self::PromptChars,
        Self::PromptCharsAll,
        Self::CompletionChars,
        Self::Turns,
        Self::Latency,
    ];

    /// What only an invocation record has.
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "tokens_cache" => Self::TokensCache,
            "family" => Self::Family,
            "stop" => Self::Stop,
            "body" => Self::Body,
            "guard" => Self::Guard,
            "guarded" => Self::Guarded,
            "prompt_chars" => Self::PromptChars,
            "prompt_chars_all" => Self::PromptCharsAll,
            "system_opening" => Self::SystemOpening,
            "completion_chars" => Self::CompletionChars,
            "turns" => Self::Turns,
            "latency_ms" => Self::Latency,
            "tools" => Self::Tools,
            _ => return None,
        })
    }
}

/// What kind of call an event is.
pub(super) struct Call<'c> {
    pub(super) outcome: Outcome,
    pub(super) service: &'c str,
    pub(super) action: &'c str,
}

/// Where an event of this shape has a field.
pub(super) fn place(name: &str, shape: Shape) -> Place {
    let strand = shape.strand();
    let is_call = strand == Strand::Invocation;
    let is_trail = matches!(strand, Strand::Management | Strand::Data | Strand::Network);
    let is_foreign = shape.is_undecodable() || !(is_call || is_trail);
    if let Some(field) = case_field(name) {
        return Place::Case(field);
    }
    if let Some(derived) = name.strip_prefix("x.") {
        if let Some(stored) = Stored::of(derived) {
            return if is_call { Place::Exchange(stored) } else { Place::Nowhere };
        }
        return match derived {
            "strand" => Place::Strand,
            "ok" => Place::Flag(|call| call.outcome == Outcome::Ok),
            "denied" => Place::Flag(|call| call.outcome == Outcome::Denied),
            "is_bedrock" => Place::Flag(|call| decode::is_bedrock(call.service)),
            "invoke" => Place::Flag(|call| decode::is_invoke(call.service, call.action)),
            "agentic" => Place::Flag(|call| decode::is_agentic(call.service, call.action)),
            "enum" => Place::Flag(|call| decode::is_enumeration(call.service, call.action)),
            "key_kind" => Place::KeyKind,
            "service" => Place::Column(LeanColumn::Service),
            "action" => Place::Column(LeanColumn::Action),
            "account" => Place::Column(LeanColumn::Account),
            "region" => Place::Column(LeanColumn::Region),
            "actor" => Place::Column(LeanColumn::Actor),
            "principal" => Place::Column(LeanColumn::Principal),
            "role" => Place::Column(LeanColumn::Role),
            "session" => Place::Column(LeanColumn::Session),
            "key" => Place::Column(LeanColumn::Key),
            "ip" => Place::Column(LeanColumn::Ip),
            "user_agent" => Place::Column(LeanColumn::UserAgent),
            "model" => Place::Column(LeanColumn::Model),
            "bucket" => Place::Column(LeanColumn::Bucket),
            "host" => Place::Column(LeanColumn::Host),
            "model_family" => Place::ModelFamily,
            "user" => Place::User,
            "request" => Place::Request,
            "tokens_in" => Place::Exchange(Stored::TokensIn),
            "tokens_out" => Place::Exchange(Stored::TokensOut),
            "tokens_total" => Place::Exchange(Stored::TokensTotal),
            "prefix" => Place::Derived,
            "output_bucket" if matches!(strand, Strand::Management | Strand::Data) => Place::Derived,
            "command" if strand == Strand::Endpoint => Place::Derived,
            "cli.service" if strand == Strand::Endpoint && !shape.is_undecodable() => Place::Column(LeanColumn::Service),
            "cli.verb" if strand == Strand::Endpoint && !shape.is_undecodable() => Place::Verb,
            _ if derived.starts_with("cli.") && strand == Strand::Endpoint => Place::Derived,
            _ if is_call => Place::Derived,
            _ => Place::Nowhere,
        };
    }
    if is_foreign {
        return Place::Raw;
    }
    match name {
        "eventName" | "eventSource" | "awsRegion" | "sourceIPAddress" | "userAgent" if is_call => Place::Nowhere,
        "operation" | "modelId" | "schemaType" if is_trail => Place::Nowhere,
        _ if is_trail && ["input.", "output.", "identity."].iter().any(|part| name.starts_with(part)) => Place::Nowhere,
        _ if is_call
            && ["userIdentity.", "requestParameters.", "responseElements.", "additionalEventData."].iter().any(|part| name.starts_with(part)) =>
        {
            Place::Nowhere
        }
        "eventName" | "operation" => Place::Column(LeanColumn::Action),
        "eventSource" => Place::Source,
        "errorCode" => Place::Column(LeanColumn::ErrorCode),
        // As for the code, also where AgentCore says it in its response.
        "errorMessage" if is_trail => Place::Message,
        "awsRegion" => Place::Column(LeanColumn::Region),
        "region" if is_call => Place::Column(LeanColumn::Region),
        "accountId" if is_call => Place::Column(LeanColumn::Account),
        "sourceIPAddress" => Place::Column(LeanColumn::Ip),
        "userAgent" => Place::Column(LeanColumn::UserAgent),
        "userIdentity.accessKeyId" if is_trail => Place::Column(LeanColumn::Key),
        "requestID" if is_trail => Place::Request,
        "requestId" if is_call => Place::Request,
        _ => Place::Raw,
    }
}

impl Place {
    pub(super) const fn tier(self) -> Tier {
        match self {
            Self::Nowhere
            | Self::Flag(_)
            | Self::Strand
            | Self::KeyKind
            | Self::Source
            | Self::Verb
            | Self::Column(LeanColumn::Action | LeanColumn::Service | LeanColumn::ErrorCode) => Tier::Call,
            Self::Column(_) | Self::ModelFamily | Self::User => Tier::Column,
            Self::Exchange(_) | Self::Message | Self::Request => Tier::Exchange,
            Self::Derived | Self::Raw => Tier::Record,
            Self::Case(_) => Tier::Case,
        }
    }

    /// The column that alone tells the field.
    const fn column(self) -> Option<LeanColumn> {
        match self {
            Self::Column(column) => Some(column),
            Self::Source => Some(LeanColumn::Service),
            Self::ModelFamily => Some(LeanColumn::Model),
            Self::User => Some(LeanColumn::Principal),
            _ => None,
        }
    }
}

/// Strand, and whether the record could be decoded: what says where fields are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape(u8);

impl Shape {
    pub(super) const COUNT: usize = 16;
    /// Invocation records that could be decoded.
    pub(super) const EXCHANGE: Self = Self(Strand::Invocation as u8);

    pub(super) const fn of(event: EventRef) -> Self {
        Self(event.bits & 0b111 | (event.bits >> 5 & 1) << 3)
    }

    pub(super) fn all() -> [Self; Self::COUNT] {
        std::array::from_fn(|bits| Self(bits as u8))
    }

    fn strand(self) -> Strand {
        Strand::from_code(self.0 & 0b111).unwrap_or(Strand::Management)
    }

    /// Is it an invocation record?
    pub(super) fn is_exchange(self) -> bool {
        self.strand() == Strand::Invocation
    }

    const fn is_undecodable(self) -> bool {
        self.0 >> 3 & 1 == 1
    }

    pub(super) const fn number(self) -> usize {
        self.0 as usize
    }
}

/// A field with its places, looked for once and not for each event.
#[derive(Clone)]
pub(super) struct Located {
    pub(super) name: String,
    places: [Place; Shape::COUNT],
}

impl Located {
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), places: Shape::all().map(|shape| place(name, shape)) }
    }

    pub(super) fn all(names: &[String]) -> Vec<Self> {
        names.iter().map(|name| Self::new(name)).collect()
    }

    pub(super) fn place(&self, shape: Shape) -> Place {
        self.places.get(shape.number()).copied().unwrap_or(Place::Nowhere)
    }

    /// How dear the dearest of these fields is.
    pub(super) fn tier<'f>(fields: impl Iterator<Item = &'f Self>, shape: Shape) -> Tier {
        fields.map(|field| field.place(shape).tier()).max().unwrap_or(Tier::Call)
    }

    /// The columns that tell these fields, as bits; none of what the kind of call tells.
    pub(super) fn columns<'f>(fields: impl Iterator<Item = &'f Self>, shape: Shape) -> u16 {
        fields.filter_map(|field| field.column(shape)).fold(0, |bits, column| bits | 1 << column as u16)
    }

    /// The column that alone tells the field in events of a shape.
    pub(super) fn column(&self, shape: Shape) -> Option<LeanColumn> {
        self.place(shape).column()
    }
}
