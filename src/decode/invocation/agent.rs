//! What Bedrock agents write into the texts of their calls (FORMATS §2.5): the user's words in `<input>`, tools called
//! in `<invoke>` and their answers in `<function_results>`, and blocks printed the way Java prints them. Closing tags are
//! often missing, because they are stop sequences.

use std::sync::LazyLock;

use memchr::memmem::{self, Finder};
use regex::bytes::Regex;

use super::reading::{Block, Reading};
use super::snippet::{Snippet, joined, may_hold_tag, run};
use crate::decode::json::Value;

/// The user's words in an agent's prompt. From the first opening to the last closing tag, so that a user who writes
/// such tags hides nothing.
pub(super) fn input(pieces: Vec<Snippet<'_>>) -> Vec<Snippet<'_>> {
    const OPEN: &str = "<input>";
    static WORD: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("input"));
    // `input>`, or with the bracket as an escape.
    let has_tag = |bytes: &[u8]| WORD.find_iter(bytes).any(|at| matches!(bytes.get(at + 5), Some(b'>' | b'\\')));
    if !pieces.iter().any(|piece| has_tag(piece.bytes())) {
        return pieces;
    }
    let text = joined(&pieces, "\n");
    let Some(start) = text.find(OPEN).map(|at| at + OPEN.len()) else { return pieces };
    let end = text.rfind("</input>").filter(|end| *end >= start).unwrap_or(text.len());
    vec![Snippet::Text(text.get(start..end).unwrap_or_default().trim().to_owned().into())]
}

/// A tool called in the text of an answer.
pub(super) struct Call {
    pub(super) name: String,
    /// Its parameters, as written.
    pub(super) input: String,
}

/// `<invoke>` as it may stand in a JSON string.
static INVOKE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?:<|\\u003[cC])invoke\b").ok());

/// The tools that an answer's text calls: `<invoke><tool_name>f</tool_name>…`, or the later `<invoke name="f">…`.
pub(super) fn calls(text: &[Snippet<'_>]) -> Vec<Call> {
    if !may_hold_tag(text) || !INVOKE.as_ref().is_some_and(|invoke| invoke.is_match(&run(text))) {
        return Vec::new();
    }
    let text = joined(text, "");
    text.split("<invoke").skip(1).filter_map(call).collect()
}

/// One call, from after its `<invoke` to the next one or to the end.
fn call(text: &str) -> Option<Call> {
    let (attributes, body) = text.split_once('>')?;
    let body = body.split_once("</invoke>").map_or(body, |(inside, _)| inside);
    let body = body.split_once("</function_calls>").map_or(body, |(inside, _)| inside);
    if let Some((name, _)) = attributes.strip_prefix(" name=\"").and_then(|rest| rest.split_once('"')) {
        return named(name, body);
    }
    if !attributes.is_empty() {
        return None;
    }
    let (_, rest) = body.split_once("<tool_name>")?;
    let (name, input) = rest.split_once("</tool_name>").or_else(|| rest.split_once('\n')).unwrap_or((rest, ""));
    named(name, input)
}

fn named(name: &str, input: &str) -> Option<Call> {
    let name = name.trim();
    (!name.is_empty()).then(|| Call { name: name.to_owned(), input: input.trim().to_owned() })
}

/// The answers of tools that an agent puts into a user's turn are no words of the user. Looks at the last turn; only
/// where the turn before it called a tool, so that nobody's first words are taken for a tool's.
pub(super) fn attribute_results(reading: &mut Reading<'_>) {
    const OPEN: &[u8] = b"<function_results>";
    const CLOSE: &[u8] = b"</function_results>";
    let begins = |block: &Block<'_>| matches!(block, Block::Text(text) if may_begin(text.bytes()) && text.beginning().trim_start().as_bytes().starts_with(OPEN));
    let (before, last) = reading.last_two_turns();
    if !last.iter().any(begins) || !before.iter().any(calls_tools) {
        return;
    }
    let parts = reading.take_last_turn();
    let mut results = Vec::with_capacity(parts.len() + 1);
    for block in parts {
        match block {
            Block::Text(text) if begins(&Block::Text(text.clone())) => {
                let text = text.divisible();
                let length = text.bytes().len();
                let end = memmem::rfind(text.bytes(), CLOSE).map_or(length, |at| at + CLOSE.len());
                let (inside, after) = (text.trim(0..end), text.trim(end..length));
                results.push(Block::ToolResult { id: Value::default(), status: None, texts: vec![text.slice(inside)] });
                if !after.is_empty() {
                    results.push(Block::Text(text.slice(after)));
                }
            }
            block => results.push(block),
        }
    }
    reading.give_last_turn(results);
}

/// Does a text begin with a tag, or with an escape that could be one? Looked at first, so that other turns cost nothing.
fn may_begin(bytes: &[u8]) -> bool {
    matches!(bytes.trim_ascii_start(), [b'<' | b'\\', ..])
}

fn calls_tools(block: &Block<'_>) -> bool {
    match block {
        Block::Text(text) => memmem::find(text.bytes(), b"invoke").is_some() || memmem::find(text.bytes(), b"function_calls").is_some(),
        Block::ToolCall { .. } => true,
        _ => false,
    }
}

/// Content printed by Java's `toString`: `[{text=…, type=text}, {tool_use_id=…, type=tool_result, …}]`. Tells whether it
/// was that, and then reads its blocks; what is no text stays as it is written.
pub(super) fn java_blocks<'a>(content: Value<'a>, blocks: &mut Vec<Block<'a>>) -> bool {
    let raw = content.raw_text();
    if !raw.starts_with(b"[{") || !raw.ends_with(b"}]") || memmem::find(raw, b"type=").is_none() {
        return false;
    }
    let text = Snippet::of(content).divisible();
    let bytes = text.bytes();
    let Some(inside) = bytes.len().checked_sub(2).filter(|end| *end >= 2).map(|end| 2..end) else { return false };
    let mut ends: Vec<usize> = memmem::find_iter(bytes, b"}, {").collect();
    ends.push(inside.end);
    let mut read = Vec::new();
    let mut start = inside.start;
    for end in ends {
        let Some(block) = bytes.get(start..end).and_then(|element| java_block(&text, element, start)) else { return false };
        read.push(block);
        start = end + 4;
    }
    blocks.append(&mut read);
    true
}

/// `None` when it is no block: then the braces belonged to somebody's text.
fn java_block<'a>(text: &Snippet<'a>, element: &[u8], start: usize) -> Option<Block<'a>> {
    const BEFORE: &[u8] = b"type=text, text=";
    const AFTER: &[u8] = b", type=text";
    let whole = start..start + element.len();
    if let Some(words) = element.strip_prefix(b"text=").and_then(|rest| rest.strip_suffix(AFTER)) {
        let from = start + b"text=".len();
        return Some(Block::Text(text.slice(from..from + words.len())));
    }
    if element.starts_with(BEFORE) {
        return Some(Block::Text(text.slice(start + BEFORE.len()..whole.end)));
    }
    memmem::find(element, b"type=")?;
    if memmem::find(element, b"type=tool_result").is_some() {
        return Some(Block::ToolResult { id: Value::default(), status: None, texts: vec![text.slice(whole)] });
    }
    Some(Block::Text(text.slice(whole)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::json::Tape;

    #[test]
    fn the_input_of_a_template() {
        for (text, expected) in [
            ("Template <input> hi there </input> rules", "hi there"),
            ("<input>a</input> and <input>b</input>", "a</input> and <input>b"),
            ("<conversation_history>User: a</conversation_history>\n<input>no end", "no end"),
            ("the input is plain", "the input is plain"),
            ("an input> of nothing", "an input> of nothing"),
        ] {
            assert_eq!(joined(&input(vec![Snippet::Text(text.into())]), "\n"), expected);
        }
    }

    #[test]
    fn calls_in_text() {
        for (text, expected) in [
            (
                "<function_calls>\n<invoke>\n<tool_name>ns::f</tool_name>\n<parameters>\n<a>1</a>\n</parameters>\n</invoke>\n<invoke>\n<tool_name>g</tool_name>\n</invoke>\n</function_calls> done",
                vec![("ns::f", "<parameters>\n<a>1</a>\n</parameters>"), ("g", "")],
            ),
            // Cut by its stop sequence, and in the middle of a name.
            ("<function_calls><invoke><tool_name>f</tool_name><parameters><a>1", vec![("f", "<parameters><a>1")]),
            ("<invoke><tool_name>f", vec![("f", "")]),
            (r#"<invoke name="f"><parameter name="a">1</parameter></invoke>"#, vec![("f", r#"<parameter name="a">1</parameter>"#)]),
            ("we invoke <tool_name>nothing</tool_name> <invoked> <invoke>", vec![]),
        ] {
            let found = calls(&[Snippet::Text(text.into())]);
            let found: Vec<_> = found.iter().map(|call| (call.name.as_str(), call.input.as_str())).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    fn java(content: &str) -> Option<Vec<String>> {
        let json = serde_json::to_string(content).expect("a string");
        let tape = Tape::of(json.as_bytes());
        let mut blocks = Vec::new();
        java_blocks(tape.root(json.as_bytes()), &mut blocks).then(|| {
            let text = |block: &Block<'_>| match block {
                Block::Text(text) => text.text().into_owned(),
                Block::ToolResult { texts, .. } => format!("result: {}", joined(texts, "\n")),
                other => panic!("{other:?}"),
            };
            blocks.iter().map(text).collect()
        })
    }

    #[test]
    fn blocks_as_java_prints_them() {
        for (content, expected) in [
            ("[{text=Add 10, and 20, type=text}]", vec!["Add 10, and 20"]),
            ("[{type=text, text=a \"b\"\nc}]", vec!["a \"b\"\nc"]),
            (
                "[{text=<thinking>so</thinking>, type=text}, {input={n=1}, name=f, id=t, type=tool_use}]",
                vec!["<thinking>so</thinking>", "input={n=1}, name=f, id=t, type=tool_use"],
            ),
            (
                "[{tool_use_id=t, type=tool_result, content=[Content{type=text, source=null, text=30, id=null}]}]",
                vec!["result: tool_use_id=t, type=tool_result, content=[Content{type=text, source=null, text=30, id=null}]"],
            ),
        ] {
            assert_eq!(java(content), Some(expected.into_iter().map(str::to_owned).collect()), "{content}");
        }
        for content in ["[{}]", "[{x}, {type=text}]", "[{\"type\":\"text\"}]", "[{text=a}]", "plain", "[{text=braces }, { in, type=text"] {
            assert_eq!(java(content), None, "{content}");
        }
    }
}
