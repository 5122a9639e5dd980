//! Keys by which exchanges of one conversation find each other (see [`ThreadKeys`]). What is compared is the text without
//! the blanks around it, however a JSON writer spelled it and into however many pieces a stream cut it; tool calls and
//! results count by their ids. Reasoning does not count: most clients leave it out of the history.

use std::borrow::Cow;
use std::ops::Range;

use xxhash_rust::xxh3::{Xxh3, xxh3_64, xxh3_64_with_seed};

use super::PastRound;
use super::reading::{Block, Reading};
use super::snippet::{Snippet, joined};
use super::thinking::{TAGS, tags_apart};
use crate::decode::json::Value;
use crate::model::{RoundKeys, ThreadKeys};

/// An answer of fewer bytes is not told from another by itself.
const TELLING: usize = 48;

/// A turn: its role and its parts.
type Turn<'r, 'a> = (&'r str, &'r [Block<'a>]);

/// Where a round stands among the turns of a request.
struct Round {
    user: Range<usize>,
    answer: Range<usize>,
}

/// What stands for the principal in the keys.
pub(super) fn seed(principal: Option<&str>) -> u64 {
    principal.map_or(0, |principal| xxh3_64(principal.as_bytes()))
}

/// The keys of a call. `canned`: the answer is a guardrail's, the same for many calls.
pub(super) fn keys(reading: &Reading<'_>, seed: u64, canned: bool) -> ThreadKeys {
    let turns: Vec<Turn<'_, '_>> = reading.turns().collect();
    let (open, rounds) = rounds(&turns);
    let answered = reading.answer_pieces().0;
    let begun = blocks(&turns, &open.answer);
    let called = reading.answer.iter().filter(|block| matches!(block, Block::ToolCall { .. }));
    let mut own = round_keys(seed, print(blocks(&turns, &open.user), &[]), print(begun.chain(called), &answered));
    if canned {
        own.answer = 0;
    }
    let before = rounds.take(ThreadKeys::DEPTH).map(|round| keys_of(&turns, &round, seed)).collect();
    ThreadKeys { own, before }
}

/// The rounds of a call's history with their keys, the oldest first.
pub(super) fn history(reading: &Reading<'_>, seed: u64) -> Vec<PastRound> {
    let turns: Vec<Turn<'_, '_>> = reading.turns().collect();
    let past = |round: Round| PastRound { keys: keys_of(&turns, &round, seed), user: round.user, answer: round.answer };
    let mut found: Vec<_> = rounds(&turns).1.map(past).collect();
    found.reverse();
    found
}

fn keys_of(turns: &[Turn<'_, '_>], round: &Round, seed: u64) -> RoundKeys {
    round_keys(seed, print(blocks(turns, &round.user), &[]), print(blocks(turns, &round.answer), &[]))
}

/// The open round at the end, whose answer is the call's own (perhaps begun by the caller), and the rounds before it, the newest first.
fn rounds<'t>(turns: &'t [Turn<'_, '_>]) -> (Round, impl Iterator<Item = Round> + 't) {
    let back = |end: usize, answers: bool| {
        let before = turns.get(..end).unwrap_or_default();
        before.iter().rposition(|(role, _)| is_answer(role) != answers).map_or(0, |at| at + 1)
    };
    let mut end = turns.len();
    let mut next = move || {
        let answer = back(end, true);
        let user = back(answer, false);
        let round = Round { user: user..answer, answer: answer..end };
        end = user;
        round
    };
    let open = next();
    (open, std::iter::from_fn(move || Some(next()).filter(|round| !round.user.is_empty() || !round.answer.is_empty())))
}

/// The names that templates and families give to the model's side.
pub(super) fn is_answer(role: &str) -> bool {
    ["assistant", "chatbot", "model", "bot", "ai"].into_iter().any(|name| role.eq_ignore_ascii_case(name))
}

fn blocks<'r, 'a>(turns: &'r [Turn<'r, 'a>], range: &Range<usize>) -> impl Iterator<Item = &'r Block<'a>> {
    turns.get(range.clone()).unwrap_or_default().iter().flat_map(|(_, parts)| *parts)
}

fn round_keys(seed: u64, user: Option<Print>, answer: Option<Print>) -> RoundKeys {
    let Some(answer) = answer else { return RoundKeys::default() };
    let key = |parts: [u64; 2], salt: u64| xxh3_64_with_seed(&[parts[0].to_le_bytes(), parts[1].to_le_bytes()].concat(), seed ^ salt).max(1);
    RoundKeys {
        pair: user.map_or(0, |user| key([user.hash, answer.hash], 0)),
        answer: if answer.telling { key([answer.hash, 0], 0x616e_7377_6572) } else { 0 },
    }
}

/// The fingerprint of what one side said.
struct Print {
    hash: u64,
    /// Long, or with an id in it: hardly the same by chance.
    telling: bool,
}

/// Of blocks, and of text that goes on behind them.
fn print<'r, 'a: 'r>(blocks: impl Iterator<Item = &'r Block<'a>>, more: &'r [Snippet<'a>]) -> Option<Print> {
    let (mut texts, mut ids): (Vec<&Snippet<'a>>, Vec<Value<'a>>) = (Vec::new(), Vec::new());
    for block in blocks {
        match block {
            Block::Text(text) | Block::Guarded(text, _) => texts.push(text),
            Block::ToolCall { id, name, .. } => ids.push(if id.raw_text().is_empty() { *name } else { *id }),
            Block::ToolResult { id, texts: said, .. } if id.raw_text().is_empty() => texts.extend(said),
            Block::ToolResult { id, .. } => ids.push(*id),
            Block::Reasoning(_) | Block::Redacted | Block::Media(_) | Block::Json(_) => {}
        }
    }
    texts.extend(more);
    let text = spelled(&texts);
    let text = trimmed(&text);
    if text.is_empty() && ids.is_empty() {
        return None;
    }
    let mut hash = xxh3_64(text);
    if !ids.is_empty() {
        let mut all = Xxh3::new();
        all.update(&hash.to_le_bytes());
        for id in &ids {
            all.update(id.raw_text());
            all.update(b"\n");
        }
        hash = all.digest();
    }
    Some(Print { hash, telling: text.len() >= TELLING || !ids.is_empty() })
}

/// The text in the one spelling that is compared: as a JSON writer spells it who escapes no more than he must. Most text
/// stands in the record like that, and is not copied.
fn spelled<'r>(texts: &[&'r Snippet<'_>]) -> Cow<'r, [u8]> {
    if let [Snippet::Raw(written)] = texts
        // The ones that are written below.
        && written.only_escapes(*b"\"\\nrt")
        && !holds_reasoning(written.bytes())
    {
        return Cow::Borrowed(written.bytes());
    }
    let pieces: Vec<Snippet<'_>> = texts.iter().map(|text| (*text).clone()).collect();
    let mut text = joined(&pieces, "");
    if holds_reasoning(text.as_bytes())
        && let Some((outside, _)) = tags_apart(&text)
    {
        text = outside;
    }
    let mut out = Vec::with_capacity(text.len() + text.len() / 16);
    for byte in text.bytes() {
        match byte {
            b'"' => out.extend(b"\\\""),
            b'\\' => out.extend(b"\\\\"),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'\t' => out.extend(b"\\t"),
            other => out.push(other),
        }
    }
    Cow::Owned(out)
}

/// May a tag around reasoning open here? Tags are rare, and so is their first character in prose.
fn holds_reasoning(bytes: &[u8]) -> bool {
    let opens = |at: usize| bytes.get(at + 1..).is_some_and(|rest| TAGS.iter().any(|tag| rest.starts_with(tag.as_bytes())));
    memchr::memchr_iter(b'<', bytes).any(opens)
}

/// Spelled text without the blanks and line breaks around it.
fn trimmed(mut text: &[u8]) -> &[u8] {
    loop {
        text = match text {
            [b' ' | b'\n', rest @ ..] | [b'\\', b'n' | b'r' | b't', rest @ ..] => rest,
            _ => break,
        };
    }
    loop {
        text = match text {
            [rest @ .., b' ' | b'\n'] => rest,
            // An escaped backslash before the letter makes it a letter.
            [rest @ .., b'\\', b'n' | b'r' | b't'] if rest.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 0 => rest,
            _ => break,
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::family;
    use super::*;
    use crate::decode::json::Tape;

    fn keys_of(request: &str, response: &str) -> ThreadKeys {
        let (request, response) = (request.as_bytes(), response.as_bytes());
        let (asked, answered) = (Tape::of(request), Tape::of(response));
        keys(&family::read(asked.root(request), answered.root(response)), seed(Some("111122223333/user/bob")), false)
    }

    fn converse(turns: &str) -> String {
        format!(r#"{{"messages":[{turns}],"inferenceConfig":{{}}}}"#)
    }

    fn said(role: &str, text: &str) -> String {
        format!(r#"{{"role":"{role}","content":[{{"text":"{text}"}}]}}"#)
    }

    fn answered(text: &str) -> String {
        format!(r#"{{"output":{{"message":{{"role":"assistant","content":[{{"text":"{text}"}}]}}}},"stopReason":"end_turn"}}"#)
    }

    #[test]
    fn the_next_call_repeats_the_round() {
        let first = keys_of(&converse(&said("user", "Hello there")), &answered("General greetings to you."));
        let next = [said("user", " Hello there\\n"), said("assistant", "General greetings to you."), said("user", "And now?")].join(",");
        let second = keys_of(&converse(&next), &answered("Now this."));
        assert!(first.before.is_empty() && first.own.pair != 0);
        assert_eq!(second.before.iter().map(|round| round.pair).collect::<Vec<_>>(), [first.own.pair]);
        // Short answers are told apart only together with what was asked.
        assert_eq!((first.own.answer, second.before[0].answer), (0, 0));
        let other = keys_of(&converse(&said("user", "Hello")), &answered("General greetings to you."));
        assert_ne!(other.own.pair, first.own.pair);
    }

    #[test]
    fn other_spellings_of_the_same_text() {
        let long = "An answer that is long enough to be told from any other answer: \\\"yes\\\" \\u00e9\\u2019s \\/ done.\\n";
        let plain = "An answer that is long enough to be told from any other answer: \\\"yes\\\" é’s / done.";
        let one = keys_of(&converse(&said("user", "x")), &answered(long)).own;
        assert_eq!(one, keys_of(&converse(&said("user", "x")), &answered(plain)).own);
        assert_ne!(one.answer, 0);
        // The prompt differs from what the history says: the answer alone still finds it.
        let turns = [said("user", "Context: … Question: x"), said("assistant", plain), said("user", "y")].join(",");
        let next = keys_of(&converse(&turns), &answered("z"));
        assert_eq!(next.before[0].answer, one.answer);
        assert_ne!(next.before[0].pair, one.pair);
    }

    #[test]
    fn a_stream_is_the_text_it_was_cut_from() {
        let request = r#"{"anthropic_version":"bedrock-2023-05-31","messages":[{"role":"user","content":"q"}]}"#;
        let stream = r#"[{"type":"message_start","message":{}},{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"One \""}},
            {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"two\"\n"}},{"type":"message_stop"}]"#;
        let whole = r#"{"type":"message","role":"assistant","content":[{"type":"text","text":"One \"two\""}],"stop_reason":"end_turn"}"#;
        assert_eq!(keys_of(request, stream).own, keys_of(request, whole).own);
    }

    #[test]
    fn tools_count_by_their_ids() {
        let call = |input: &str| format!(r#"{{"toolUse":{{"toolUseId":"t1","name":"look","input":{input}}}}}"#);
        let asked = converse(&said("user", "find it"));
        let first = keys_of(&asked, &format!(r#"{{"output":{{"message":{{"role":"assistant","content":[{}]}}}}}}"#, call("{\"a\":1}")));
        let turns = format!(
            r#"{},{{"role":"assistant","content":[{}]}},{{"role":"user","content":[{{"toolResult":{{"toolUseId":"t1","content":[{{"text":"there"}}]}}}}]}}"#,
            said("user", "find it"),
            call("{ \"a\" : 1 }")
        );
        assert_eq!(keys_of(&converse(&turns), &answered("Found.")).before[0], first.own);
        assert_ne!(first.own.answer, 0);
    }

    #[test]
    fn a_prefilled_answer_is_part_of_the_answer() {
        let asked = [said("user", "json please"), said("assistant", "{")].join(",");
        let first = keys_of(&converse(&asked), &answered("\\\"a\\\":1}"));
        let turns = [said("user", "json please"), said("assistant", "{\\\"a\\\":1}"), said("user", "again")].join(",");
        assert_eq!(keys_of(&converse(&turns), &answered("no")).before[0].pair, first.own.pair);
    }

    #[test]
    fn what_has_no_answer_cannot_be_continued() {
        let keys = keys_of(&converse(&said("user", "x")), "null");
        assert!(keys.is_empty());
        // A window that begins with an answer has no pair for it.
        let turns = [said("assistant", "short"), said("user", "y")].join(",");
        assert_eq!(keys_of(&converse(&turns), &answered("z")).before, [RoundKeys::default()]);
    }

    #[test]
    fn only_the_newest_rounds_are_kept() {
        let turns: Vec<String> = (0..20).map(|n| said(if n % 2 == 0 { "user" } else { "assistant" }, &format!("turn {n}"))).collect();
        let keys = keys_of(&converse(&format!("{},{}", turns.join(","), said("user", "last"))), &answered("z"));
        assert_eq!(keys.before.len(), ThreadKeys::DEPTH);
    }

    #[test]
    fn every_tag_of_reasoning_is_known() {
        for tag in TAGS {
            assert!(holds_reasoning(format!("a <{tag}> b").as_bytes()), "{tag}");
        }
        assert!(!holds_reasoning(b"a < b") && !holds_reasoning(b"I think"));
    }

    #[test]
    fn blanks_around() {
        for (text, expected) in [(&b" a\\n"[..], &b"a"[..]), (b"a\\\\n", b"a\\\\n"), (b"\\n\\n a b \\t", b"a b"), (b"\\n", b""), (b"n", b"n")] {
            assert_eq!(trimmed(text), expected);
        }
    }
}
