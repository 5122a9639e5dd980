//! What a family reads out of two bodies: pieces of text in their order, borrowed. Lists and the full exchange are both
//! made from it, so that they agree.

use std::borrow::Cow;
use std::ops::Range;

use super::agent;
use super::ending::Ending;
use super::snippet::Snippet;
use super::thinking::{self, Course};
use crate::decode::json::{Key, Value};
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

/// A file handed to the model, or a source that an answer cites.
#[derive(Clone, Debug)]
pub(super) struct Media<'a> {
    /// `image`, `document`, `video`, `audio`; `citation`, `search result`.
    pub(super) kind: &'static str,
    /// `png`, `application/pdf` …
    pub(super) format: Cow<'a, str>,
    /// File name.
    pub(super) name: Option<Cow<'a, str>>,
    /// Decoded size in bytes.
    pub(super) bytes: Option<u64>,
    /// `s3://…` or another address.
    pub(super) uri: Option<Cow<'a, str>>,
    /// A text document's own text, or the words cited.
    pub(super) text: Option<Snippet<'a>>,
}

impl<'a> Media<'a> {
    /// A file of which nothing else is known.
    pub(super) fn of(kind: &'static str) -> Self {
        Self { kind, format: Cow::Borrowed(""), name: None, bytes: None, uri: None, text: None }
    }

    /// A file, not a source that is cited.
    pub(super) fn is_file(&self) -> bool {
        !matches!(self.kind, "citation" | "search result")
    }

    /// An image that stands in the body as base64.
    pub(super) fn inline_image(base64: Value<'a>) -> Self {
        Self { bytes: Some(super::blocks::decoded_size(base64.raw_text())), ..Self::of("image") }
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
    /// The model that the response names.
    pub(super) model: Option<Cow<'a, str>>,
    /// The prompt ended in the tag that opens a model's thinking.
    pub(super) opened_thinking: bool,
    /// The text handed to ApplyGuardrail is a model's answer.
    pub(super) guards_output: bool,
    /// The request configures a guardrail without naming one.
    pub(super) guarded: bool,
    /// Counts of the body's `usage`.
    pub(super) usage: Tokens,
    /// The body's total of input and output.
    pub(super) usage_total: Option<u64>,
    /// What stands where a count should.
    pub(super) miscounted: Vec<(Key<'a>, Value<'a>)>,
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
    /// How the stream ends.
    pub(super) ending: Ending<'a>,
    /// The request has a shape we do not know.
    pub(super) unknown_request: Option<Value<'a>>,
    /// The response has a shape we do not know.
    pub(super) unknown_response: Option<Value<'a>>,
    /// Keys with text in them that the family's bodies do not have.
    pub(super) unread: Vec<(Key<'a>, Value<'a>)>,
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

    /// The last turn when it is this role's, else a new one.
    pub(super) fn same_turn(&mut self, role: Cow<'a, str>) -> &mut Vec<Block<'a>> {
        if self.turns.last().is_some_and(|turn| turn.role == role) { &mut self.parts } else { self.turn(role) }
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

    /// The parts of the turn before the last one, and of the last one.
    pub(super) fn last_two_turns(&self) -> (&[Block<'a>], &[Block<'a>]) {
        let Some(last) = self.turns.last() else { return (&[], &[]) };
        let before = self.turns.len().checked_sub(2).and_then(|index| self.turns.get(index));
        (before.and_then(|before| self.parts.get(before.at..last.at)).unwrap_or_default(), self.last_turn())
    }

    /// Takes the parts of the last turn, to be given back by [`Self::give_last_turn`].
    pub(super) fn take_last_turn(&mut self) -> Vec<Block<'a>> {
        let at = self.turns.last().map_or(self.parts.len(), |turn| turn.at);
        self.parts.split_off(at.min(self.parts.len()))
    }

    /// The parts of the last turn.
    pub(super) fn give_last_turn(&mut self, parts: Vec<Block<'a>>) {
        self.parts.extend(parts);
    }

    /// Another answer follows where the model was asked for several: it begins on a line of its own.
    pub(super) fn next_answer(&mut self) {
        if !self.answer.is_empty() {
            self.answer.push(Block::Text(Snippet::Text(Cow::Borrowed("\n\n"))));
        }
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
        if let Some(reason) = reason.scalar().filter(|reason| !reason.is_empty()) {
            self.stop = Some(reason);
        }
    }

    /// The user's own text: that of the last user turn which has any. Turns that only carry tool results are the
    /// protocol's, not the user's. The pieces are to be joined by line breaks.
    pub(super) fn user_pieces(&self) -> Vec<Snippet<'a>> {
        let own = self.parts.get(self.user_turn()).into_iter().flatten().filter_map(own_text);
        // What is asked before it is copied is known of the turn that it stands in, too.
        let own: Vec<Snippet<'a>> = own.inspect(|text| _ = text.holds_run()).cloned().collect();
        if own.is_empty() { own } else { agent::input(own) }
    }

    /// The places of that turn's parts; none when no user said anything.
    pub(super) fn user_turn(&self) -> Range<usize> {
        let is_user = |turn: &TurnStart<'_>| turn.role.eq_ignore_ascii_case("user") || turn.role.eq_ignore_ascii_case("human");
        let mut end = self.parts.len();
        for turn in self.turns.iter().rev() {
            let parts = turn.at..std::mem::replace(&mut end, turn.at);
            if is_user(turn) && self.parts.get(parts.clone()).unwrap_or_default().iter().any(|block| own_text(block).is_some()) {
                return parts;
            }
        }
        0..0
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
        let cut = self.stop.as_deref().is_some_and(|stop| matches!(stop, "length" | "max_tokens"));
        if let Some((outside, inside)) = thinking::apart(&text, Course { opened: self.opened_thinking, cut }) {
            text = vec![Snippet::Text(outside.into())];
            reasoning.push(Snippet::Text(inside.into()));
        }
        (text, reasoning)
    }
}

fn own_text<'b, 'a>(block: &'b Block<'a>) -> Option<&'b Snippet<'a>> {
    match block {
        Block::Text(text) | Block::Guarded(text, _) if !text.is_empty() => Some(text),
        _ => None,
    }
}
