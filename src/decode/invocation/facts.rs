//! What a list shows of an exchange, computed while reading in bulk: counts are taken where the text stands, and text is
//! copied only where a preview or a suspicion needs it.

use std::collections::HashSet;

use super::envelope::Envelope;
use super::reading::{Block, Reading};
use super::snippet::Snippet;
use super::{agent, blocks, ending, guardrail, hidden, signs};
use crate::decode::one_line::{first_characters, first_characters_if_filled};
use crate::model::{BodyState, ExchangeFacts, ExchangeFlags, GuardrailAction};

/// The longest preview, in characters (see `ExchangeFacts::preview`).
const PREVIEW: usize = 240;
/// A user's text above this many characters is flagged.
const LONG: usize = 10_000;

/// The facts of one call, and the ids of the guardrails it names.
pub(super) fn of(envelope: &Envelope<'_>, reading: &Reading<'_>, unreadable: bool) -> (ExchangeFacts, Vec<String>) {
    let user = reading.user_pieces();
    let (text, reasoning) = reading.answer_pieces();
    let tools = tools(reading, &text);
    let guardrail = guardrail::outcome(reading);
    let body = envelope.body_state(reading);
    let user_chars = characters(&user, 1);

    let mut flags = ExchangeFlags::default();
    let hidden = hidden::find(reading, &user);
    flags.set(ExchangeFlags::HIDDEN, hidden.has_hidden());
    flags.set(ExchangeFlags::ENCODED, hidden.has_encoded());
    flags.set(ExchangeFlags::BLOCKED, guardrail.action == GuardrailAction::Blocked);
    flags.set(ExchangeFlags::MASKED, guardrail.action == GuardrailAction::Masked);
    flags.set(ExchangeFlags::DETECTED, guardrail.action == GuardrailAction::Detected);
    flags.set(ExchangeFlags::INJECTION, hidden.injects || user.iter().any(signs::is_injection));
    let answered =
        signs::is_secret_in(&text) || signs::is_secret_in(&reasoning) || reading.answer.iter().filter(|block| !is_words(block)).any(holds_secret);
    flags.set(ExchangeFlags::SECRET, answered || hidden.holds_secret() || reading.last_turn().iter().any(holds_secret));
    flags.set(ExchangeFlags::LONG, user_chars > LONG);
    flags.set(ExchangeFlags::TOOLS, !tools.is_empty() || reading.answer.iter().any(|block| matches!(block, Block::ToolCall { .. })));
    flags.set(
        ExchangeFlags::REASONING,
        reasoning.iter().any(|piece| !piece.is_empty()) || reading.answer.iter().any(|block| matches!(block, Block::Redacted)),
    );
    flags.set(
        ExchangeFlags::MEDIA,
        reading.parts().iter().chain(&reading.answer).any(|block| matches!(block, Block::Media(media) if media.is_file())),
    );
    flags.set(ExchangeFlags::OFFLOADED, envelope.is_offloaded());
    flags.set(ExchangeFlags::NO_BODY, body == BodyState::Absent);
    flags.set(ExchangeFlags::UNKNOWN, body == BodyState::Unknown);
    flags.set(ExchangeFlags::FAILED, envelope.error_code.is_some());
    flags.set(ExchangeFlags::UNREADABLE, unreadable || ending::is_broken(reading));
    flags.set(ExchangeFlags::GUARDED, reading.guarded || guardrail.action != GuardrailAction::Unknown || !guardrail.ids.is_empty());

    let facts = ExchangeFacts {
        family: reading.family.to_owned(),
        preview: preview(&user),
        user_chars: u32::try_from(user_chars).unwrap_or(u32::MAX),
        completion_chars: u32::try_from(characters(&text, 0)).unwrap_or(u32::MAX),
        turns: u32::try_from(reading.turn_count()).unwrap_or(u32::MAX),
        tokens: envelope.tokens(reading),
        latency_ms: reading.latency_ms,
        stop_reason: reading.stop.as_deref().map(str::to_owned),
        guardrail: guardrail.action,
        body,
        flags,
        tools,
        input_chars: u32::try_from(input_characters(reading, user.first().filter(|_| user.len() == 1).map(|text| (text, user_chars))))
            .unwrap_or(u32::MAX),
        system_opening: reading.system.first().map(opening),
    };
    (facts, guardrail.ids)
}

/// The first sentence, at most 120 characters: who the model is told to be. What follows is often material that changes from call to
/// call, such as articles that were looked up.
fn opening(system: &Snippet<'_>) -> String {
    const MOST: usize = 120;
    // What few bytes spell is mostly enough.
    let few = system.sound_beginning(2 * MOST);
    few.and_then(|few| sentence(&few, MOST, false)).or_else(|| sentence(&system.beginning(), MOST, true)).unwrap_or_default()
}

/// The first sentence, at most so many characters; nothing of a text that goes on where it ends before the sentence does.
fn sentence(text: &str, most: usize, is_whole: bool) -> Option<String> {
    let text = text.trim_start();
    let is_end = |byte: &u8| matches!(byte, b'.' | b'!' | b'?' | b'\n' | b':');
    let end = text.bytes().skip(16).position(|byte| is_end(&byte)).map(|at| at + 16);
    let sentence = text.get(..end.unwrap_or(text.len()))?;
    let cut = sentence.char_indices().nth(most).map(|(at, _)| at);
    (is_whole || end.is_some() || cut.is_some()).then(|| sentence.get(..cut.unwrap_or(sentence.len())).unwrap_or_default().to_owned())
}

/// The names of the tools that an answer of this text calls, each once, in order.
fn tools(reading: &Reading<'_>, text: &[Snippet<'_>]) -> Vec<String> {
    let in_blocks = reading.answer.iter().filter_map(|block| match block {
        Block::ToolCall { name, .. } => Some(blocks::label(*name).into_owned()),
        _ => None,
    });
    let in_text = agent::calls(text).into_iter().map(|call| call.name);
    let mut seen = HashSet::new();
    in_blocks.chain(in_text).filter(|name| !name.is_empty() && seen.insert(name.clone())).collect()
}

/// The whole input: system prompts and all turns with their tools and documents, counted where the text stands.
/// `counted`: a piece whose characters are known.
fn input_characters(reading: &Reading<'_>, counted: Option<(&Snippet<'_>, usize)>) -> usize {
    let of_text = |text: &Snippet<'_>| match counted {
        Some((same, count)) if text.is_same(same) => count,
        _ => text.characters(),
    };
    let of_block = |block: &Block<'_>| match block {
        Block::Text(text) | Block::Guarded(text, _) | Block::Reasoning(text) => of_text(text),
        Block::ToolCall { input, .. } => characters(input, 0),
        Block::ToolResult { texts, .. } => characters(texts, 1),
        Block::Media(media) => media.text.as_ref().map_or(0, Snippet::characters),
        Block::Json(json) => Snippet::of(*json).characters(),
        Block::Redacted => 0,
    };
    reading.system.iter().map(Snippet::characters).sum::<usize>() + reading.parts().iter().map(of_block).sum::<usize>()
}

fn characters(pieces: &[Snippet<'_>], separator: usize) -> usize {
    pieces.iter().map(Snippet::characters).sum::<usize>() + separator * pieces.len().saturating_sub(1)
}

fn preview(user: &[Snippet<'_>]) -> String {
    user.first().and_then(preview_of_beginning).unwrap_or_else(|| preview_of_all(user))
}

/// Of a few bytes at the beginning, where they fill it, as in most long texts.
fn preview_of_beginning(piece: &Snippet<'_>) -> Option<String> {
    first_characters_if_filled(&piece.sound_beginning(PREVIEW * 2)?, PREVIEW)
}

fn preview_of_all(user: &[Snippet<'_>]) -> String {
    let mut text = String::new();
    for piece in user {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&piece.beginning());
        // Each beginning holds more characters than a preview unless it is whole.
        if text.len() > PREVIEW * 16 {
            break;
        }
    }
    first_characters(&text, PREVIEW)
}

/// A piece of the answer's text or of its reasoning, which are looked at as wholes.
const fn is_words(block: &Block<'_>) -> bool {
    matches!(block, Block::Text(_) | Block::Guarded(..) | Block::Reasoning(_))
}

fn holds_secret(block: &Block<'_>) -> bool {
    match block {
        Block::Text(text) | Block::Guarded(text, _) | Block::Reasoning(text) => signs::is_secret(text),
        Block::ToolCall { input, .. } => signs::is_secret_in(input),
        Block::ToolResult { texts, .. } => texts.iter().any(signs::is_secret),
        Block::Media(media) => media.text.as_ref().is_some_and(signs::is_secret),
        Block::Redacted | Block::Json(_) => false,
    }
}
