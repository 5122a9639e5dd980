//! What a family reads out of two bodies: pieces of text in their order, borrowed. Lists and the full exchange are both
//! made from it, so that they agree.

use std::borrow::Cow;

use super::snippet::{Snippet, joined};
use crate::decode::json::Value;
use crate::model::Tokens;

/// One piece of a turn or of the answer.
#[derive(Clone, Debug)]
pub(super) enum Block<'a> {
    /// Text.
    Text(Snippet<'a>),
    /// Text handed to a guardrail, with its qualifiers.
    Guarded(Snippet<'a>, Value<'a>),
    /// The model's reasoning.
    Reasoning(Snippet<'a>),
    /// Reasoning of which only an opaque blob was logged.
    Redacted,
    /// A tool call; its input as JSON text, in the fragments a stream gave it.
    ToolCall { id: Value<'a>, name: Value<'a>, input: Vec<Snippet<'a>> },
    /// A tool's answer.
    ToolResult { id: Value<'a>, status: Option<Cow<'a, str>>, texts: Vec<Snippet<'a>> },
    /// An image, document, video or audio.
    Media(Media<'a>),
    /// A block of unknown shape.
    Json(Value<'a>),
}

/// A file handed to the model.
#[derive(Clone, Debug)]
pub(super) struct Media<'a> {
    /// `image`, `document`, `video`, `audio`.
    pub(super) kind: &'static str,
    /// `png`, `application/pdf` …
    pub(super) format: Cow<'a, str>,
    /// File name.
    pub(super) name: Option<Cow<'a, str>>,
    /// Decoded size in bytes.
    pub(super) bytes: Option<u64>,
    /// `s3://…` or another address.
    pub(super) uri: Option<Cow<'a, str>>,
    /// A text document's own text: searched, not shown among the turns.
    pub(super) text: Option<Snippet<'a>>,
}

impl<'a> Media<'a> {
    /// An image that stands in the body as base64.
    pub(super) fn inline_image(base64: Value<'a>) -> Self {
        let bytes = Some(super::blocks::decoded_size(base64.raw_text()));
        Self { kind: "image", format: Cow::Borrowed(""), name: None, bytes, uri: None, text: None }
    }
}

struct TurnStart<'a> {
    role: Cow<'a, str>,
    at: usize,
}

/// Everything read from the bodies of one call.
#[derive(Default)]
pub(super) struct Reading<'a> {
    /// Name of the body family; empty when there is no body.
    pub(super) family: &'static str,
    /// System prompts.
    pub(super) system: Vec<Snippet<'a>>,
    /// Names of the tools on offer.
    pub(super) tools: Vec<Value<'a>>,
    /// Pieces of the answer, in order; a stream's deltas one by one.
    pub(super) answer: Vec<Block<'a>>,
    /// Stop reason.
    pub(super) stop: Option<Cow<'a, str>>,
    /// Counts of the body's `usage`.
    pub(super) usage: Tokens,
    /// Counts of `amazon-bedrock-invocationMetrics`.
    pub(super) metrics: Tokens,
    /// Milliseconds.
    pub(super) latency_ms: Option<u64>,
    /// Milliseconds.
    pub(super) first_byte_ms: Option<u64>,
    /// `amazon-bedrock-guardrailAction`, or the reply of ApplyGuardrail.
    pub(super) verdicts: Vec<Value<'a>>,
    /// Roots of guardrail traces.
    pub(super) traces: Vec<Value<'a>>,
    /// Guardrail ids that the request names.
    pub(super) guardrails: Vec<Value<'a>>,
    /// The request has a shape we do not know.
    pub(super) unknown_request: Option<Value<'a>>,
    /// The response has a shape we do not know.
    pub(super) unknown_response: Option<Value<'a>>,
    turns: Vec<TurnStart<'a>>,
    parts: Vec<Block<'a>>,
    open_tools: std::collections::HashMap<u64, usize>,
}

impl<'a> Reading<'a> {
    /// A turn of the request begins; parts pushed from now on are its own.
    pub(super) fn turn(&mut self, role: Cow<'a, str>) -> &mut Vec<Block<'a>> {
        self.turns.push(TurnStart { role, at: self.parts.len() });
        &mut self.parts
    }

    /// A user's turn of one text.
    pub(super) fn prompt(&mut self, text: Snippet<'a>) {
        self.turn(Cow::Borrowed("user")).push(Block::Text(text));
    }

    /// Number of turns.
    pub(super) fn turn_count(&self) -> usize {
        self.turns.len()
    }

    /// The turns with their parts, oldest first.
    pub(super) fn turns(&self) -> impl Iterator<Item = (&str, &[Block<'a>])> {
        let ends = self.turns.iter().skip(1).map(|turn| turn.at).chain(std::iter::once(self.parts.len()));
        self.turns.iter().zip(ends).map(|(turn, end)| (turn.role.as_ref(), self.parts.get(turn.at..end).unwrap_or_default()))
    }

    /// All parts of all turns.
    pub(super) fn parts(&self) -> &[Block<'a>] {
        &self.parts
    }

    /// Takes all parts of all turns.
    pub(super) fn take_parts(&mut self) -> Vec<Block<'a>> {
        std::mem::take(&mut self.parts)
    }

    /// The parts of the last turn: what is new in this call.
    pub(super) fn last_turn(&self) -> &[Block<'a>] {
        self.turns.last().and_then(|turn| self.parts.get(turn.at..)).unwrap_or_default()
    }

    /// A stream's tool call begins; fragments of its input come by index.
    pub(super) fn open_tool(&mut self, index: u64, id: Value<'a>, name: Value<'a>) {
        self.open_tools.insert(index, self.answer.len());
        self.answer.push(Block::ToolCall { id, name, input: Vec::new() });
    }

    /// A fragment of a tool's input. Its beginning may be missing from a damaged record: then it stands as it is.
    pub(super) fn tool_fragment(&mut self, index: u64, fragment: Value<'a>) {
        let open = self.open_tools.get(&index).and_then(|at| self.answer.get_mut(*at));
        match open {
            Some(Block::ToolCall { input, .. }) => input.push(Snippet::of(fragment)),
            _ => self.answer.push(Block::Json(fragment)),
        }
    }

    /// The stop reason, unless it is empty or null.
    pub(super) fn stopped(&mut self, reason: Value<'a>) {
        if let Some(reason) = reason.text_some() {
            self.stop = Some(reason);
        }
    }

    /// The user's own text: that of the last user turn which has any. Turns that only carry tool results are the
    /// protocol's, not the user's. The pieces are to be joined by line breaks.
    pub(super) fn user_pieces(&self) -> Vec<Snippet<'a>> {
        let mut end = self.parts.len();
        for turn in self.turns.iter().rev() {
            let parts = self.parts.get(turn.at..end).unwrap_or_default();
            end = turn.at;
            if !(turn.role.eq_ignore_ascii_case("user") || turn.role.eq_ignore_ascii_case("human")) {
                continue;
            }
            let own: Vec<Snippet<'a>> = parts.iter().filter_map(own_text).collect();
            if !own.is_empty() {
                return agent_input(own);
            }
        }
        Vec::new()
    }

    /// The answer's text and its reasoning. Reasoning that a model wrote into its text in tags counts as reasoning.
    pub(super) fn answer_pieces(&self) -> (Vec<Snippet<'a>>, Vec<Snippet<'a>>) {
        let (mut text, mut reasoning) = (Vec::new(), Vec::new());
        for block in &self.answer {
            match block {
                Block::Text(piece) | Block::Guarded(piece, _) => text.push(piece.clone()),
                Block::Reasoning(piece) => reasoning.push(piece.clone()),
                _ => {}
            }
        }
        if text.iter().any(|piece| REASONING_TAGS.into_iter().any(|tag| memchr::memmem::find(piece.bytes(), tag.as_bytes()).is_some())) {
            let (outside, inside) = without_reasoning(&joined(&text, ""));
            if let Some(inside) = inside {
                text = vec![Snippet::Text(outside.into())];
                reasoning.push(Snippet::Text(inside.into()));
            }
        }
        (text, reasoning)
    }
}

fn own_text<'a>(block: &Block<'a>) -> Option<Snippet<'a>> {
    match block {
        Block::Text(text) | Block::Guarded(text, _) if !text.is_empty() => Some(text.clone()),
        _ => None,
    }
}

/// The user's words in an agent's prompt template stand in `<input>…</input>` (FORMATS §2.5). From the first opening
/// to the last closing tag, so that a user who writes such tags hides nothing.
fn agent_input(pieces: Vec<Snippet<'_>>) -> Vec<Snippet<'_>> {
    const OPEN: &str = "<input>";
    if !pieces.iter().any(|piece| memchr::memmem::find(piece.bytes(), b"input").is_some()) {
        return pieces;
    }
    let text = joined(&pieces, "\n");
    let Some(start) = text.find(OPEN).map(|at| at + OPEN.len()) else { return pieces };
    let end = text.rfind("</input>").filter(|end| *end >= start).unwrap_or(text.len());
    vec![Snippet::Text(text.get(start..end).unwrap_or_default().trim().to_owned().into())]
}

/// Nova and agents write `<thinking>`, gpt-oss `<reasoning>` (FORMATS §2.2).
pub(super) const REASONING_TAGS: [&str; 2] = ["thinking", "reasoning"];

/// The text outside and inside reasoning tags, of the kind that comes first; an opening tag without its end reaches to
/// the end. `None` when there is no such tag.
pub(super) fn without_reasoning(text: &str) -> (String, Option<String>) {
    let first = REASONING_TAGS.into_iter().filter_map(|tag| Some((text.find(&format!("<{tag}>"))?, tag))).min();
    let Some((_, tag)) = first else { return (text.to_owned(), None) };
    let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
    let (mut outside, mut inside) = (String::new(), Vec::new());
    let mut rest = text;
    while let Some((before, tagged)) = rest.split_once(&open) {
        outside.push_str(before);
        let (content, after) = tagged.split_once(&close).unwrap_or((tagged, ""));
        inside.push(content.trim());
        rest = after;
    }
    outside.push_str(rest);
    (outside.trim().to_owned(), Some(inside.join("\n")))
}

/// The first known of two counts; a known number wins over zero (DETECTIONS §0.2 `x.tokens_*`).
pub(super) fn known(first: Option<u64>, second: Option<u64>) -> Option<u64> {
    match first {
        None | Some(0) => second.filter(|count| *count > 0).or(first).or(second),
        some => some,
    }
}

/// Field by field the first known.
pub(super) fn known_tokens(first: Tokens, second: Tokens) -> Tokens {
    Tokens {
        input: known(first.input, second.input),
        output: known(first.output, second.output),
        cache_read: known(first.cache_read, second.cache_read),
        cache_write: known(first.cache_write, second.cache_write),
        total_input: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_known_and_unknown() {
        for (first, second, expected) in [
            (None, None, None),
            (Some(0), None, Some(0)),
            (None, Some(0), Some(0)),
            (Some(0), Some(7), Some(7)),
            (Some(5), Some(7), Some(5)),
            (None, Some(7), Some(7)),
        ] {
            assert_eq!(known(first, second), expected);
        }
    }

    #[test]
    fn reasoning_in_tags() {
        for (text, outside, inside) in [
            ("plain", "plain", None),
            ("<thinking> a </thinking>\nb", "b", Some("a")),
            ("x <thinking>a</thinking> y <thinking>b</thinking>z", "x  y z", Some("a\nb")),
            ("<reasoning>a</reasoning>b", "b", Some("a")),
            ("<thinking>cut off", "", Some("cut off")),
            ("</thinking> stray", "</thinking> stray", None),
        ] {
            assert_eq!(without_reasoning(text), (outside.to_owned(), inside.map(str::to_owned)), "{text}");
        }
    }

    #[test]
    fn agent_templates() {
        for (text, expected) in [
            ("Template <input> hi there </input> rules", "hi there"),
            ("<input>a</input> and <input>b</input>", "a</input> and <input>b"),
            ("<input>no end", "no end"),
            ("the input is plain", "the input is plain"),
        ] {
            assert_eq!(joined(&agent_input(vec![Snippet::Text(text.into())]), "\n"), expected);
        }
    }
}
