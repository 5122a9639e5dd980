//! Bedrock model invocation records (FORMATS §1, §2): the bulk path to an event with the facts that a list shows, and one
//! record in full for reading. Both stand on the same [`reading`] of the bodies.

mod agent;
mod ai21_j2;
mod apply_guardrail;
mod blocks;
mod chat;
mod claude_messages;
mod claude_text;
mod cohere_command;
mod cohere_command_r;
mod converse;
mod embeddings;
mod encoded;
mod ending;
mod envelope;
mod facts;
mod family;
mod forms;
mod full;
mod guardrail;
mod hidden;
mod images;
mod invisible;
mod llama;
mod mistral_text;
mod model_key;
mod nova;
mod readable;
mod reading;
mod rot13;
mod runs;
mod scripts;
mod signs;
mod snippet;
mod template;
mod thinking;
mod thread;
mod titan_text;
mod tokens;

use std::borrow::Cow;
use std::ops::Range;

use super::decoded::{Decoded, Searchable, Text};
use super::json::{Kind, Tape, Value};
use super::nested::Nested;
use crate::model::{EntityKind, Exchange, GuardrailAction, Outcome, RoundKeys, Strand, Timestamp, account_of_arn, fold_arn};
use envelope::Envelope;
pub(super) use model_key::percent_decoded;
pub use model_key::{model_family, model_key};
use reading::{Block, Reading};

/// Bodies that were too large for the record, when their S3 objects are at hand (decompressed).
#[derive(Clone, Debug, Default)]
pub struct Bodies {
    /// The object at `input.inputBodyS3Path`.
    pub input: Option<Vec<u8>>,
    /// The object at `output.outputBodyS3Path`.
    pub output: Option<Vec<u8>>,
}

/// Decodes one invocation record in bulk.
pub(super) fn decode(record: Value<'_>) -> Decoded<'_> {
    let envelope = Envelope::of(record);
    let folded = envelope.identity_arn.as_deref().and_then(fold_arn).unwrap_or_default();
    let some = |text: String| (!text.is_empty()).then_some(Cow::Owned(text));
    let account = envelope.account.clone().or_else(|| {
        let arn = envelope.identity_arn.as_deref()?;
        account_of_arn(arn).map(|account| Cow::Owned(account.to_owned()))
    });
    let mut decoded = Decoded {
        time: envelope.timestamp.text().and_then(|text| Timestamp::parse(&text)),
        strand: Some(Strand::Invocation),
        outcome: Outcome::from_error_code(envelope.error_code.as_deref()),
        account,
        region: envelope.region.clone(),
        actor: some(folded.actor),
        principal: some(folded.principal),
        role: folded.role.map(Cow::Owned),
        session: folded.session.map(Cow::Owned),
        action: envelope.operation.clone(),
        service: Some(Cow::Borrowed("bedrock")),
        error_code: envelope.error_code.clone(),
        request_id: envelope.request_id.clone(),
        model: envelope.model_id.clone().map(folded_model),
        ..Decoded::default()
    };
    let (input, output) = (Nested::of_body(envelope.input.json), Nested::of_body(envelope.output.json));
    if input.is_none() && output.is_none() {
        let reading = family::read(envelope.input.json, envelope.output.json);
        add_reading(&mut decoded, &envelope, reading, false);
    } else {
        let unreadable = [&input, &output].into_iter().flatten().any(|nested| nested.problem().is_some());
        let reading =
            family::read(input.as_ref().map_or(envelope.input.json, Nested::root), output.as_ref().map_or(envelope.output.json, Nested::root));
        let mut apart = Decoded { principal: decoded.principal.clone(), ..Decoded::default() };
        add_reading(&mut apart, &envelope, reading, unreadable);
        (decoded.exchange, decoded.thread, decoded.said) = (apart.exchange, apart.thread, apart.said);
        decoded.mentions = apart.mentions.into_iter().map(|(kind, text)| (kind, owned(text))).collect();
        decoded.searchable = apart.searchable.into_iter().map(own_searchable).collect();
    }
    decoded
}

fn owned(text: Text<'_>) -> Text<'static> {
    Cow::Owned(text.into_owned())
}

fn own_searchable(piece: Searchable<'_>) -> Searchable<'static> {
    Searchable::Text(match piece {
        Searchable::Raw(bytes, escaped) => owned(super::json::unescape(bytes, escaped)),
        Searchable::Text(text) => owned(text),
    })
}

fn folded_model(id: Text<'_>) -> Text<'_> {
    match id {
        Cow::Borrowed(id) => model_key(id),
        Cow::Owned(id) => Cow::Owned(model_key(&id).into_owned()),
    }
}

/// Facts, mentions and searchable text of the bodies.
fn add_reading<'a>(decoded: &mut Decoded<'a>, envelope: &Envelope<'a>, mut reading: Reading<'a>, unreadable: bool) {
    let (facts, guardrails) = facts::of(envelope, &reading, unreadable);
    let keys = thread::keys(&reading, thread::seed(decoded.principal.as_deref()), facts.guardrail == GuardrailAction::Blocked);
    decoded.thread = (!keys.is_empty()).then_some(keys);
    decoded.exchange = Some(facts);

    let mentions = &mut decoded.mentions;
    mentions.extend(guardrails.into_iter().map(|id| (EntityKind::Guardrail, Cow::Owned(id))));
    let files = reading.parts().iter().chain(&reading.answer).filter_map(|block| match block {
        Block::Media(media) => media.uri.clone(),
        _ => None,
    });
    for uri in [&envelope.input.path, &envelope.output.path].into_iter().flatten().cloned().chain(files) {
        super::address::mention_uri(uri, mentions);
    }
    mentions.sort_unstable();
    mentions.dedup();

    let pieces = &mut decoded.searchable;
    pieces.extend(envelope.metadata.entries().map(|(key, _)| Searchable::Text(key.text())));
    strings(envelope.metadata, pieces);
    pieces.extend(reading.system.drain(..).map(snippet::Snippet::into_searchable));
    if let Some(body) = reading.unknown_request {
        strings(body, pieces);
    }
    let users = reading.user_turn();
    let (parts, answer) = (reading.take_parts(), std::mem::take(&mut reading.answer));
    for (at, block) in parts.into_iter().enumerate() {
        if at == users.start {
            decoded.said.user = pieces.len()..pieces.len();
        }
        search_block(block, pieces);
        if users.contains(&at) {
            decoded.said.user.end = pieces.len();
        }
    }
    decoded.said.answer.start = pieces.len();
    search_answer(answer, pieces);
    decoded.said.answer.end = pieces.len();
    if let Some(body) = reading.unknown_response {
        strings(body, pieces);
    }
    for (_, value) in reading.unread.iter().chain(&envelope.input.unread).chain(&envelope.output.unread) {
        strings(*value, pieces);
    }
    // What a guardrail held back was said all the same.
    guardrail::held_back(&reading).for_each(|text| strings(text, pieces));
}

/// A stream's deltas cut words anywhere: what they make is searched as one text.
fn search_answer<'a>(answer: Vec<Block<'a>>, pieces: &mut Vec<Searchable<'a>>) {
    let (mut texts, mut thoughts) = (Vec::new(), Vec::new());
    for block in &answer {
        match block {
            Block::Text(text) => texts.push(text.clone()),
            Block::Reasoning(text) => thoughts.push(text.clone()),
            _ => {}
        }
    }
    for block in answer {
        match block {
            Block::Text(_) => pieces.extend(in_one(std::mem::take(&mut texts))),
            Block::Reasoning(_) => pieces.extend(in_one(std::mem::take(&mut thoughts))),
            other => search_block(other, pieces),
        }
    }
}

/// Pieces of one text; nothing of none.
fn in_one(mut pieces: Vec<snippet::Snippet<'_>>) -> Option<Searchable<'_>> {
    if pieces.len() > 1 {
        return Some(Searchable::Text(snippet::joined(&pieces, "").into()));
    }
    pieces.pop().map(snippet::Snippet::into_searchable)
}

fn search_block<'a>(block: Block<'a>, pieces: &mut Vec<Searchable<'a>>) {
    match block {
        Block::Text(text) | Block::Guarded(text, _) | Block::Reasoning(text) => pieces.push(text.into_searchable()),
        Block::ToolCall { name, input, .. } => {
            strings(name, pieces);
            pieces.extend(in_one(input));
        }
        Block::ToolResult { texts, .. } => pieces.extend(texts.into_iter().map(snippet::Snippet::into_searchable)),
        Block::Media(media) => {
            pieces.extend(media.name.map(Searchable::Text));
            pieces.extend(media.text.map(snippet::Snippet::into_searchable));
        }
        Block::Json(json) => strings(json, pieces),
        Block::Redacted => {}
    }
}

/// The strings of a value whose shape is unknown, without what looks like base64. Depth is bounded by the tape.
pub(super) fn strings<'a>(value: Value<'a>, pieces: &mut Vec<Searchable<'a>>) {
    match value.kind() {
        Kind::Object => value.entries().for_each(|(_, value)| strings(value, pieces)),
        Kind::Array => value.items().for_each(|value| strings(value, pieces)),
        Kind::Text if !is_base64(value.raw_text()) => pieces.push(Searchable::Raw(value.raw_text(), value.is_escaped())),
        _ => {}
    }
}

/// Long, and without a blank for as long: no prose looks like this.
fn is_base64(raw: &[u8]) -> bool {
    const LONG: usize = 512;
    raw.len() > LONG
        && raw.get(..LONG).unwrap_or(raw).iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_'))
}

/// Decodes one invocation record in full. Never fails: what cannot be read is said in [`Exchange::unreadable`].
pub fn exchange(record: &[u8], bodies: &Bodies) -> Exchange {
    read_in_full(record, bodies, |exchange, _, _| exchange)
}

/// A round that a request repeats of calls before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastRound {
    /// Turns of the user side, by their place in [`Exchange::turns`].
    pub user: Range<usize>,
    /// Turns of the model's side.
    pub answer: Range<usize>,
    /// The keys that the call which was answered so has for its own.
    pub keys: RoundKeys,
}

/// The same as [`exchange`], and the rounds of its history, the oldest first. What follows the last of them is new in this call.
pub fn exchange_with_history(record: &[u8], bodies: &Bodies) -> (Exchange, Vec<PastRound>) {
    read_in_full(record, bodies, |exchange, envelope, reading| {
        let folded = envelope.identity_arn.as_deref().and_then(fold_arn).map(|actor| actor.principal);
        (exchange, thread::history(reading, thread::seed(folded.as_deref())))
    })
}

fn read_in_full<T>(record: &[u8], bodies: &Bodies, then: impl FnOnce(Exchange, &Envelope<'_>, &Reading<'_>) -> T) -> T {
    let tape = Tape::of(record);
    let envelope = Envelope::of(tape.root(record));
    let mut unreadable = Vec::new();
    if let Some(problem) = tape.problem() {
        unreadable.push(format!("the record is damaged: {} (byte {})", problem.what, problem.at));
    }
    let mut open = |name: &str, inline: Value<'_>, fetched: &Option<Vec<u8>>| {
        let nested = match fetched {
            Some(bytes) if !inline.is_some() => Some(Nested::parse(bytes.clone())),
            _ => Nested::of_body(inline),
        };
        if let Some(problem) = nested.as_ref().and_then(Nested::problem) {
            unreadable.push(format!("the {name} is damaged: {problem}"));
        }
        nested
    };
    let input = open("request body", envelope.input.json, &bodies.input);
    let output = open("response body", envelope.output.json, &bodies.output);
    let reading = family::read(input.as_ref().map_or(envelope.input.json, Nested::root), output.as_ref().map_or(envelope.output.json, Nested::root));
    then(full::of(&envelope, &reading, unreadable), &envelope, &reading)
}

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod bad_tests;
#[cfg(test)]
mod family_tests;
#[cfg(test)]
mod formats_tests;
#[cfg(test)]
mod guardrail_tests;
#[cfg(test)]
mod hidden_tests;
#[cfg(test)]
mod mutated;
#[cfg(test)]
mod streams_tests;
#[cfg(test)]
mod template_tests;
#[cfg(test)]
mod tests;
