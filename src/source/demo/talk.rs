//! What is said in one model call, before it takes the shape of a model family.

/// A piece of a message.
#[derive(Clone, Debug)]
pub(super) enum Part {
    Text(String),
    /// Converse `guardContent`: only this is shown to the guardrail.
    Guarded(String),
    /// The inside of a JSON string as it stands: for what no Rust string can hold.
    Escaped(String),
    ToolUse {
        id: String,
        name: &'static str,
        /// JSON.
        input: String,
    },
    ToolResult {
        id: String,
        /// JSON.
        json: String,
    },
}

impl Part {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Text(text) | Self::Guarded(text) | Self::Escaped(text) => text.len(),
            Self::ToolUse { input: json, .. } | Self::ToolResult { json, .. } => json.len(),
        }
    }
}

/// A turn.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) assistant: bool,
    pub(super) parts: Vec<Part>,
}

impl Message {
    pub(super) fn user(text: impl Into<String>) -> Self {
        Self { assistant: false, parts: vec![Part::Text(text.into())] }
    }

    pub(super) fn assistant(parts: Vec<Part>) -> Self {
        Self { assistant: true, parts }
    }
}

/// Where a guardrail found something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Input,
    Output,
}

/// A guardrail in force, and what it said (FORMATS §2.4).
#[derive(Clone, Debug)]
pub(super) struct Guard {
    pub(super) id: &'static str,
    pub(super) version: &'static str,
    /// Policies that fired, as JSON members: `"contentPolicy":{…}`. Empty when none did or no trace was asked for.
    pub(super) findings: String,
    pub(super) side: Side,
    pub(super) traced: bool,
    /// The answer is not the model's own: blocked or masked.
    pub(super) intervened: bool,
    /// Blocked before the model ran: no tokens, no inference Region.
    pub(super) blocked_at_input: bool,
    pub(super) reason: &'static str,
    /// What the model said before the guardrail changed it.
    pub(super) original: String,
}

impl Guard {
    /// In force, with nothing to say.
    pub(super) fn silent(id: &'static str, version: &'static str, traced: bool) -> Self {
        let (findings, original) = (String::new(), String::new());
        Self { id, version, findings, side: Side::Input, traced, intervened: false, blocked_at_input: false, reason: "No action.", original }
    }
}

/// One call: the history, the new turn and the answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Talk {
    pub(super) system: String,
    /// What a search found for the question: a second block of the system text. In the user's turn it would hide what was asked.
    pub(super) context: String,
    pub(super) messages: Vec<Message>,
    pub(super) reply: Vec<Part>,
    /// In Converse's words: `end_turn`, `tool_use`, `max_tokens`, `stop_sequence`.
    pub(super) stop: &'static str,
    /// The tools on offer: JSON of `toolConfig.tools`; empty when none.
    pub(super) tools: &'static str,
    pub(super) guard: Option<Guard>,
    pub(super) max_tokens: u32,
    /// Share of the input read from the prompt cache, in percent.
    pub(super) cached: u64,
}

/// Token counts of a call.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) input: u64,
    pub(super) output: u64,
    pub(super) cache_read: u64,
}

impl Talk {
    /// A question and its answer.
    pub(super) fn simple(system: &str, question: impl Into<String>, answer: impl Into<String>) -> Self {
        Self {
            system: system.to_owned(),
            messages: vec![Message::user(question)],
            reply: vec![Part::Text(answer.into())],
            stop: "end_turn",
            max_tokens: 2048,
            ..Self::default()
        }
    }

    /// Four characters a token, which is what the families' tokenisers come to on such text.
    pub(super) fn counts(&self) -> Counts {
        let guard = self.guard.as_ref();
        if guard.is_some_and(|g| g.blocked_at_input) {
            return Counts::default();
        }
        let input =
            self.system.len() + self.context.len() + self.tools.len() + self.messages.iter().flat_map(|m| &m.parts).map(Part::len).sum::<usize>();
        let output = self.reply.iter().map(Part::len).sum::<usize>();
        let all = input as u64 / 4 + 6;
        let cache_read = all * self.cached / 100;
        Counts { input: all - cache_read, output: output as u64 / 4 + 2, cache_read }
    }
}
