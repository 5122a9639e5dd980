//! A record decoded, still borrowing its bytes: what ingest hands to the case writer.

use std::borrow::Cow;
use std::ops::Range;

use super::json;
use crate::model::{EntityKind, ExchangeFacts, ExchangeFlags, KeyKind, Outcome, Strand, ThreadKeys, Timestamp};

/// Text borrowed from the record, or made from it.
pub type Text<'a> = Cow<'a, str>;

/// The columns of an event, its mentions, and what an exchange's list shows. Field meanings as in
/// [`Event`](crate::model::Event).
#[derive(Clone, Debug, Default)]
pub struct Decoded<'a> {
    /// When; `None` when the record names no time that can be read.
    pub time: Option<Timestamp>,
    /// Which strand; undecodable records count as management.
    pub strand: Option<Strand>,
    /// How it ended.
    pub outcome: Outcome,
    /// Account.
    pub account: Option<Text<'a>>,
    /// Region.
    pub region: Option<Text<'a>>,
    /// Actor.
    pub actor: Option<Text<'a>>,
    /// Principal.
    pub principal: Option<Text<'a>>,
    /// Role name.
    pub role: Option<Text<'a>>,
    /// Session name.
    pub session: Option<Text<'a>>,
    /// Access key id.
    pub key: Option<Text<'a>>,
    /// Kind of credential.
    pub key_kind: KeyKind,
    /// Source address.
    pub ip: Option<Text<'a>>,
    /// User agent.
    pub user_agent: Option<Text<'a>>,
    /// Action.
    pub action: Option<Text<'a>>,
    /// Service.
    pub service: Option<Text<'a>>,
    /// Error code.
    pub error_code: Option<Text<'a>>,
    /// Error message.
    pub error_message: Option<Text<'a>>,
    /// Request id.
    pub request_id: Option<Text<'a>>,
    /// Model.
    pub model: Option<Text<'a>>,
    /// Bucket.
    pub bucket: Option<Text<'a>>,
    /// Host.
    pub host: Option<Text<'a>>,
    /// What the action was about.
    pub detail: Option<Text<'a>>,
    /// Entities beyond the columns above (a second bucket, objects, guardrails, a role assumed …). The columns
    /// themselves need not be repeated here.
    pub mentions: Vec<(EntityKind, Text<'a>)>,
    /// What a list of exchanges shows; invocation records only.
    pub exchange: Option<ExchangeFacts>,
    /// Input and output tokens that a CloudTrail event counts (FORMATS §3.1).
    pub trail_tokens: [Option<u64>; 2],
    /// By what the exchange finds the one it continues; `None` when there is nothing to find.
    pub thread: Option<ThreadKeys>,
    /// Text to search, piece by piece: prompts and answers, parameters, error messages, command lines. Each piece is
    /// the inside of a JSON string (still escaped when the flag says so) or plain text.
    pub searchable: Vec<Searchable<'a>>,
    /// Which of these pieces the user and the model said; none in what is no exchange.
    pub said: Said,
    /// Why the record could not be decoded.
    pub undecodable: Option<String>,
}

/// Places among the pieces of searchable text. What a user and a model said stands within them (`x.user_text`, `x.completion`), perhaps
/// with a little else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The last turn with words of the user.
    pub user: Range<usize>,
    /// The model's answer.
    pub answer: Range<usize>,
}

/// A piece of searchable text.
#[derive(Clone, Debug)]
pub enum Searchable<'a> {
    /// The inside of a JSON string, as written; `true` when it holds escapes.
    Raw(&'a [u8], bool),
    /// Text.
    Text(Text<'a>),
}

impl Decoded<'_> {
    /// An event that says only why it could not be decoded.
    pub fn undecodable(reason: impl Into<String>) -> Self {
        Self { undecodable: Some(reason.into()), ..Self::default() }
    }

    /// Notes that the record's JSON is damaged. What was read of it stays.
    pub(super) fn damage(&mut self, end: json::End, problem: json::Problem) {
        let what = match end {
            json::End::Truncated => format!("cut off after {} bytes: {}", problem.at, problem.what),
            _ => format!("not JSON from byte {}: {}", problem.at, problem.what),
        };
        if let Some(exchange) = &mut self.exchange {
            exchange.flags.set(ExchangeFlags::UNREADABLE, true);
        }
        match &mut self.undecodable {
            Some(reason) => *reason = format!("{reason}; {what}"),
            None => self.undecodable = Some(what),
        }
    }
}
