//! An exchange: a decoded invocation, as a person wants to read it. Field names are those of the JSON contract.

use serde::Serialize;

use super::secret::Located;

/// Token counts. `None` means the record does not say; a known number wins over zero (DETECTIONS §0.2 `x.tokens_*`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tokens {
    /// Input tokens that were not cached.
    pub input: Option<u64>,
    /// Output tokens.
    pub output: Option<u64>,
    /// Read from the prompt cache.
    pub cache_read: Option<u64>,
    /// Written to the prompt cache.
    pub cache_write: Option<u64>,
    /// Input + cache read + cache write (FORMATS §1.2).
    pub total_input: Option<u64>,
}

/// Where the bodies are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Hash)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum BodyState {
    /// In the record.
    Inline = 0,
    /// In S3: the record holds the path.
    S3 = 1,
    /// Nowhere: delivery off, or the call failed.
    #[default]
    Absent = 2,
    /// In the record, in a shape we do not know; shown as JSON.
    Unknown = 3,
}

impl BodyState {
    /// The state of a stored number.
    pub const fn from_code(code: u8) -> Self {
        match code {
            0 => Self::Inline,
            1 => Self::S3,
            3 => Self::Unknown,
            _ => Self::Absent,
        }
    }

    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inline => "inline",
            Self::S3 => "s3",
            Self::Absent => "absent",
            Self::Unknown => "unknown",
        }
    }
}

/// One piece of a turn.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Part {
    /// Plain text.
    Text {
        /// The text.
        text: String,
    },
    /// Text that the caller handed to a guardrail (`guardContent`).
    Guarded {
        /// The text.
        text: String,
        /// `guard_content`, `grounding_source`, `query`.
        qualifiers: Vec<String>,
    },
    /// The model's reasoning; `redacted` when only an opaque blob is there.
    Reasoning {
        /// The text, empty when redacted.
        text: String,
        /// Only an opaque blob was logged.
        redacted: bool,
    },
    /// A tool call.
    ToolCall {
        /// Tool use id.
        id: String,
        /// Tool name.
        name: String,
        /// Input as JSON text, as logged; may be cut off.
        input: String,
    },
    /// A tool's answer.
    ToolResult {
        /// Tool use id.
        id: String,
        /// `success` or `error`, when said.
        status: Option<String>,
        /// The answer's text; JSON answers as JSON text.
        text: String,
    },
    /// An image, document, video or audio: listed, never dumped. Or a source of the answer.
    Media {
        /// `image`, `document`, `video`, `audio`; `citation`, `search result`.
        kind: String,
        /// `png`, `application/pdf` …
        format: String,
        /// File name, when given.
        name: Option<String>,
        /// Decoded size in bytes, when inline.
        bytes: Option<u64>,
        /// `s3://…` or another address, when it is not inline.
        uri: Option<String>,
        /// The text of a document that is text, or the words cited.
        #[serde(skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
    /// A block of a shape we do not know, as JSON text; a string as its text.
    Json {
        /// The JSON.
        text: String,
    },
}

impl Part {
    /// The text a person would read first: of text, guarded text and tool results.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text { text } | Self::Guarded { text, .. } | Self::Reasoning { text, .. } | Self::ToolResult { text, .. } => Some(text),
            Self::ToolCall { .. } | Self::Media { .. } | Self::Json { .. } => None,
        }
    }
}

/// One turn of the conversation, as the request repeated it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Turn {
    /// `user`, `assistant`, `system`, `tool` … as logged.
    pub role: String,
    /// Its pieces, in order.
    pub parts: Vec<Part>,
}

/// A tool call of the answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ToolCall {
    /// Tool use id.
    pub id: String,
    /// Tool name.
    pub name: String,
    /// Input as JSON text.
    pub input: String,
}

/// Which side a guardrail looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum GuardrailSide {
    /// The prompt.
    Input,
    /// The answer.
    Output,
}

impl GuardrailSide {
    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Output => "output",
        }
    }
}

/// The verdict (DETECTIONS §0.2 `x.guard`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Hash)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum GuardrailAction {
    /// No trace and no verdict: not proof that no guardrail was there.
    #[default]
    Unknown = 0,
    /// A guardrail looked and did nothing.
    None = 1,
    /// Something was detected and let through.
    Detected = 2,
    /// Text was masked.
    Masked = 3,
    /// The prompt or the answer was blocked.
    Blocked = 4,
}

impl GuardrailAction {
    /// The verdict of a stored number.
    pub const fn from_code(code: u8) -> Self {
        match code {
            1 => Self::None,
            2 => Self::Detected,
            3 => Self::Masked,
            4 => Self::Blocked,
            _ => Self::Unknown,
        }
    }

    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::None => "none",
            Self::Detected => "detected",
            Self::Masked => "masked",
            Self::Blocked => "blocked",
        }
    }
}

/// One finding of a guardrail.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GuardrailPolicy {
    /// Which side.
    pub side: GuardrailSide,
    /// `topic`, `content`, `word`, `sensitive`, `grounding`, `reasoning`.
    pub policy: String,
    /// Topic name, filter type, word, PII type or regex name.
    pub name: String,
    /// `HIGH` …, when given.
    pub confidence: Option<String>,
    /// `BLOCKED`, `ANONYMIZED`, `NONE`, as logged.
    pub action: String,
}

/// What the guardrail did in one call.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Guardrail {
    /// Blocked or masked.
    pub intervened: bool,
    /// The verdict.
    pub action: GuardrailAction,
    /// Its findings.
    pub policies: Vec<GuardrailPolicy>,
    /// The model's own text, when the trace holds it (`modelOutput`): unmasked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suppressed: Vec<String>,
    /// Guardrail ids seen in the trace or the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<String>,
}

/// What kind of hiding was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HiddenKind {
    /// Unicode tag characters: invisible ASCII.
    TagCharacters,
    /// Zero-width characters.
    ZeroWidth,
    /// Bidirectional controls.
    Bidi,
    /// Escape sequences or other control characters.
    Control,
    /// Variation selectors carrying bytes.
    VariationSelectors,
    /// Letters of several scripts mixed in one word.
    MixedScripts,
    /// An encoded segment (base64, hex, percent, rot13).
    Encoded,
}

impl HiddenKind {
    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TagCharacters => "tag-characters",
            Self::ZeroWidth => "zero-width",
            Self::Bidi => "bidi",
            Self::Control => "control",
            Self::VariationSelectors => "variation-selectors",
            Self::MixedScripts => "mixed-scripts",
            Self::Encoded => "encoded",
        }
    }
}

/// Text that a person at a screen would not have seen.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hidden {
    /// How it was hidden.
    pub kind: HiddenKind,
    /// What it says, or a description; of a long passage the beginning.
    pub decoded: String,
    /// Byte offset in `user_text`, or in the text that `place` names.
    pub at: usize,
    /// Where it was found, when not in `user_text`: `tool result 1`, `document report.txt`, of the newest turn.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// How a passage was encoded: `base64`, `hex in base64` …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
}

impl Hidden {
    /// Something in the user's text.
    pub const fn new(kind: HiddenKind, decoded: String, at: usize) -> Self {
        Self { kind, decoded, at, place: None, encoding: None }
    }
}

/// A decoded invocation. Its JSON is part of the command line's contract. All text is untrusted.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Exchange {
    /// System prompts.
    pub system: Vec<String>,
    /// The turns of the request, oldest first.
    pub turns: Vec<Turn>,
    /// The last user turn's own text (`<input>` of agent prompts when present).
    pub user_text: String,
    /// The answer's text.
    pub completion: String,
    /// The answer's reasoning.
    pub reasoning: String,
    /// Tool calls of the answer.
    pub tool_calls: Vec<ToolCall>,
    /// Pieces of the answer that are neither text, reasoning nor a tool call: pictures, citations, answers of the
    /// service's own tools, blocks of an unknown shape.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub answer_parts: Vec<Part>,
    /// Names of the tools the request offered.
    pub tools_offered: Vec<String>,
    /// Stop reason as logged.
    pub stop_reason: Option<String>,
    /// Token counts.
    pub tokens: Tokens,
    /// Total latency in milliseconds.
    pub latency_ms: Option<u64>,
    /// Time to the first byte in milliseconds.
    pub first_byte_ms: Option<u64>,
    /// Guardrail outcome.
    pub guardrail: Guardrail,
    /// Body family: `converse`, `claude-messages`, `claude-text`, `unknown` …
    pub family: String,
    /// Where the bodies are.
    pub body: BodyState,
    /// Hidden content of the user's text, and of tool results and documents of the newest turn.
    pub hidden: Vec<Hidden>,
    /// Where secrets are in its texts; never the secrets.
    pub secrets: Vec<Located>,
    /// Error code of a failed call.
    pub error_code: Option<String>,
    /// Region the inference ran in, when logged.
    pub inference_region: Option<String>,
    /// `s3://` paths of bodies that are not inline.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub body_paths: Vec<String>,
    /// Caller-supplied metadata, as pairs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metadata: Vec<(String, String)>,
    /// The model that the response names: an application profile's id does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_model: Option<String>,
    /// What a reader should know: counts that disagree, keys that were not expected.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// What could not be read, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<String>,
    /// Bodies of an unknown shape, as JSON text: request, response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown_shape: Option<(String, String)>,
}

/// Flags of an exchange, one bit each, for lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ExchangeFlags(pub u32);

impl ExchangeFlags {
    /// Hidden characters or disguised words in the user's text or in what came with it.
    pub const HIDDEN: Self = Self(1);
    /// The guardrail blocked.
    pub const BLOCKED: Self = Self(1 << 1);
    /// The guardrail masked.
    pub const MASKED: Self = Self(1 << 2);
    /// The guardrail detected and let through.
    pub const DETECTED: Self = Self(1 << 3);
    /// Words typical of prompt injection.
    pub const INJECTION: Self = Self(1 << 4);
    /// Something that looks like a credential.
    pub const SECRET: Self = Self(1 << 5);
    /// The user's text is much longer than usual.
    pub const LONG: Self = Self(1 << 6);
    /// The answer called tools.
    pub const TOOLS: Self = Self(1 << 7);
    /// The answer holds reasoning.
    pub const REASONING: Self = Self(1 << 8);
    /// Images, documents, video or audio.
    pub const MEDIA: Self = Self(1 << 9);
    /// The body is in S3.
    pub const OFFLOADED: Self = Self(1 << 10);
    /// There is no body.
    pub const NO_BODY: Self = Self(1 << 11);
    /// Unknown shape.
    pub const UNKNOWN: Self = Self(1 << 12);
    /// The call failed.
    pub const FAILED: Self = Self(1 << 13);
    /// Something in it could not be read.
    pub const UNREADABLE: Self = Self(1 << 14);
    /// An encoded passage in the user's text or in what came with it.
    pub const ENCODED: Self = Self(1 << 15);
    /// A guardrail was named, or gave a verdict: there was one.
    pub const GUARDED: Self = Self(1 << 16);

    /// Are all of these set?
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Was a guardrail used? `None` when the record cannot tell: the call failed, or a body is not in it.
    pub fn guarded(self) -> Option<bool> {
        if self.has(Self::GUARDED) {
            return Some(true);
        }
        let silent = [Self::FAILED, Self::NO_BODY, Self::OFFLOADED, Self::UNKNOWN, Self::UNREADABLE];
        (!silent.into_iter().any(|flag| self.has(flag))).then_some(false)
    }

    /// Sets these when the condition holds.
    pub const fn set(&mut self, other: Self, when: bool) {
        if when {
            self.0 |= other.0;
        }
    }
}

/// What a list shows of an exchange; stored at import.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExchangeFacts {
    /// Body family.
    pub family: String,
    /// The first characters of the user's text, one line, at most 240 characters.
    pub preview: String,
    /// Characters of the user's text.
    pub user_chars: u32,
    /// Characters of the answer.
    pub completion_chars: u32,
    /// Number of turns in the request.
    pub turns: u32,
    /// Token counts.
    pub tokens: Tokens,
    /// Latency.
    pub latency_ms: Option<u64>,
    /// Stop reason.
    pub stop_reason: Option<String>,
    /// Guardrail verdict.
    pub guardrail: GuardrailAction,
    /// Body state.
    pub body: BodyState,
    /// Flags.
    pub flags: ExchangeFlags,
    /// Names of the tools that the answer called, each once, in order.
    pub tools: Vec<String>,
    /// Characters of the whole input: system prompts, all turns, tool results.
    pub input_chars: u32,
    /// The first sentence of the system prompts.
    pub system_opening: Option<String>,
}
