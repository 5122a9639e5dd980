//! What must hold for every record, whole or damaged: the list and the exchange in full tell the same, and what is shown
//! is found.

use std::collections::HashSet;
use std::ops::Range;

use super::{Bodies, exchange};
use crate::decode::decode;
use crate::decode::json::Tape;
use crate::decode::tests::searched;
use crate::model::{Exchange, ExchangeFacts, ExchangeFlags, HiddenKind, Part};

/// Decodes a record both ways and compares. Returns what is searched.
pub(super) fn of_list_and_exchange(record: &[u8]) -> Vec<String> {
    let mut tape = Tape::new();
    let decoded = decode(record, &mut tape);
    let searched = searched(&decoded);
    if let Some(facts) = &decoded.exchange {
        let full = exchange(record, &Bodies::default());
        compare(facts, &full, &String::from_utf8_lossy(record));
        let all = searched.join("\n");
        for text in shown(&full) {
            assert!(all.contains(text), "shown and not found: {text:?} of {}", String::from_utf8_lossy(record));
        }
        // Rules look for words in these parts of it alone.
        let said = |pieces: &Range<usize>| searched.get(pieces.clone()).expect("pieces that are there").join("\n");
        let (user, answer) = (said(&decoded.said.user), said(&decoded.said.answer));
        for line in full.user_text.lines() {
            assert!(user.contains(line), "said by the user and not among it: {line:?} of {}", String::from_utf8_lossy(record));
        }
        if full.reasoning.is_empty() {
            assert!(answer.contains(&full.completion), "answered and not among it: {}", String::from_utf8_lossy(record));
        }
    }
    searched
}

fn compare(facts: &ExchangeFacts, full: &Exchange, record: &str) {
    let characters = |text: &str| u32::try_from(text.chars().count()).expect("a small number");
    assert_eq!(facts.family, full.family, "{record}");
    assert_eq!(facts.user_chars, characters(&full.user_text), "{record}");
    assert_eq!(facts.completion_chars, characters(&full.completion), "{record}");
    assert_eq!(facts.turns as usize, full.turns.len(), "{record}");
    assert_eq!((facts.tokens, facts.latency_ms), (full.tokens, full.latency_ms), "{record}");
    assert_eq!(facts.stop_reason, full.stop_reason, "{record}");
    assert_eq!((facts.guardrail, facts.body), (full.guardrail.action, full.body), "{record}");
    let mut seen = HashSet::new();
    let tools: Vec<&str> = full.tool_calls.iter().map(|call| call.name.as_str()).filter(|name| !name.is_empty() && seen.insert(*name)).collect();
    assert_eq!(facts.tools, tools, "{record}");
    let input: usize = full.system.iter().map(|text| text.chars().count()).chain(parts(full).map(length)).sum();
    assert_eq!(facts.input_chars as usize, input, "{record}");

    let all_parts = || parts(full).chain(&full.answer_parts);
    let is_file = |part: &Part| matches!(part, Part::Media { kind, .. } if kind != "citation" && kind != "search result");
    let is_redacted = |part: &Part| matches!(part, Part::Reasoning { redacted: true, .. });
    for (flag, holds) in [
        (ExchangeFlags::HIDDEN, full.hidden.iter().any(|hidden| hidden.kind != HiddenKind::Encoded)),
        (ExchangeFlags::ENCODED, full.hidden.iter().any(|hidden| hidden.kind == HiddenKind::Encoded)),
        (ExchangeFlags::TOOLS, !full.tool_calls.is_empty()),
        (ExchangeFlags::REASONING, !full.reasoning.is_empty() || full.answer_parts.iter().any(is_redacted)),
        (ExchangeFlags::MEDIA, all_parts().any(is_file)),
        (ExchangeFlags::LONG, full.user_text.chars().count() > 10_000),
        (ExchangeFlags::UNKNOWN, full.unknown_shape.is_some() && full.body_paths.is_empty()),
        (ExchangeFlags::OFFLOADED, !full.body_paths.is_empty()),
        (ExchangeFlags::FAILED, full.error_code.is_some()),
        (ExchangeFlags::UNREADABLE, !full.unreadable.is_empty() || full.remarks.iter().any(|remark| remark.starts_with("the stream ends "))),
    ] {
        assert_eq!(facts.flags.has(flag), holds, "{flag:?} of {record}");
    }
}

fn parts(full: &Exchange) -> impl Iterator<Item = &Part> {
    full.turns.iter().flat_map(|turn| &turn.parts)
}

fn length(part: &Part) -> usize {
    let text = match part {
        Part::Text { text } | Part::Guarded { text, .. } | Part::Reasoning { text, .. } | Part::ToolResult { text, .. } | Part::Json { text } => text,
        Part::ToolCall { input, .. } => input,
        Part::Media { text, .. } => text.as_deref().unwrap_or_default(),
    };
    text.chars().count()
}

/// Texts that the reading view shows, but for unknown shapes, whose strings are searched one by one.
fn shown(full: &Exchange) -> impl Iterator<Item = &str> {
    let answer = [full.completion.as_str()].into_iter().filter(|_| full.reasoning.is_empty());
    // A call in an agent's text has no id; its reasoning may stand in the middle of it.
    let inputs = full.tool_calls.iter().filter(|call| !call.id.is_empty()).map(|call| call.input.as_str());
    answer
        .chain(inputs)
        .chain(full.system.iter().filter(|text| !text.starts_with(['{', '['])).map(String::as_str))
        .chain(parts(full).chain(&full.answer_parts).filter_map(words))
}

fn words(part: &Part) -> Option<&str> {
    match part {
        Part::Text { text } | Part::Guarded { text, .. } | Part::Reasoning { text, .. } => Some(text),
        Part::Media { text, .. } => text.as_deref(),
        _ => None,
    }
}
