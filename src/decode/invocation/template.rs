//! Prompts in a model's own template, split into the turns that the model sees (FORMATS §2.2). Which template it is, the
//! tokens found in the prompt say. Only tokens are dropped, and only where they mean something: who writes tokens into a
//! prompt can move text into another turn, as for the model, but cannot hide it.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem;
use regex::bytes::Regex;

use super::reading::{Block, Reading};
use super::snippet::Snippet;
use crate::decode::json::Value;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Template {
    /// Llama 2, Mistral.
    Instruct,
    /// Llama 3 and 4.
    Llama,
    /// Qwen and many imported models.
    ChatMl,
    /// gpt-oss.
    Harmony,
    DeepSeek,
}

/// What a token says.
#[derive(Clone, Copy)]
enum Mark {
    /// The text after it is this role's.
    Role(&'static str),
    /// The role stands between it and another token.
    Header(&'static str),
    /// The role is the rest of its line.
    Line,
    /// A turn ends, or the prompt begins.
    Border,
}

const TOKENS: &[(&str, Template, Mark)] = &[
    ("[INST]", Template::Instruct, Mark::Role("user")),
    ("[/INST]", Template::Instruct, Mark::Role("assistant")),
    ("<<SYS>>", Template::Instruct, Mark::Role("system")),
    ("<</SYS>>", Template::Instruct, Mark::Role("user")),
    ("[SYSTEM_PROMPT]", Template::Instruct, Mark::Role("system")),
    ("[/SYSTEM_PROMPT]", Template::Instruct, Mark::Border),
    ("[AVAILABLE_TOOLS]", Template::Instruct, Mark::Role("system")),
    ("[/AVAILABLE_TOOLS]", Template::Instruct, Mark::Border),
    ("[TOOL_RESULTS]", Template::Instruct, Mark::Role("tool")),
    ("[/TOOL_RESULTS]", Template::Instruct, Mark::Role("assistant")),
    ("<s>", Template::Instruct, Mark::Border),
    ("</s>", Template::Instruct, Mark::Border),
    ("<|start_header_id|>", Template::Llama, Mark::Header("<|end_header_id|>")),
    ("<|header_start|>", Template::Llama, Mark::Header("<|header_end|>")),
    ("<|begin_of_text|>", Template::Llama, Mark::Border),
    ("<|end_of_text|>", Template::Llama, Mark::Border),
    ("<|eot_id|>", Template::Llama, Mark::Border),
    ("<|eom_id|>", Template::Llama, Mark::Border),
    ("<|eot|>", Template::Llama, Mark::Border),
    ("<|eom|>", Template::Llama, Mark::Border),
    ("<|im_start|>", Template::ChatMl, Mark::Line),
    ("<|im_end|>", Template::ChatMl, Mark::Border),
    ("<|endoftext|>", Template::ChatMl, Mark::Border),
    ("<|start|>", Template::Harmony, Mark::Header("<|message|>")),
    ("<|end|>", Template::Harmony, Mark::Border),
    ("<|return|>", Template::Harmony, Mark::Border),
    ("<|call|>", Template::Harmony, Mark::Border),
    ("<｜User｜>", Template::DeepSeek, Mark::Role("user")),
    ("<｜Assistant｜>", Template::DeepSeek, Mark::Role("assistant")),
    ("<｜begin▁of▁sentence｜>", Template::DeepSeek, Mark::Border),
    ("<｜end▁of▁sentence｜>", Template::DeepSeek, Mark::Border),
];

static TOKEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let tokens: Vec<String> = TOKENS.iter().map(|(token, ..)| regex::escape(token)).collect();
    Regex::new(&tokens.join("|")).ok()
});

/// Words that begin a turn where they begin a line: Claude's after a blank line, Titan's after any.
static WORD: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("Human:|Assistant:|User:|Bot:").ok());

/// What opens a model's thinking at the end of a prompt: the answer goes on from there.
const THINK: &[u8] = b"<think>";

/// A token found, or a word that serves as one.
struct Found {
    range: Range<usize>,
    /// `None` for a border.
    speaker: Option<Speaker>,
}

#[derive(Clone)]
struct Speaker {
    role: Cow<'static, str>,
    /// Its text is reasoning.
    thinks: bool,
}

impl From<&'static str> for Speaker {
    fn from(role: &'static str) -> Self {
        Self { role: Cow::Borrowed(role), thinks: false }
    }
}

/// Reads the prompt under a key of a request, and those that stand there beside it.
pub(super) fn prompts<'a>(request: Value<'a>, key: &'static str, reading: &mut Reading<'a>) {
    request.all(key).filter(|prompt| prompt.is_some()).for_each(|text| prompt(text, reading));
}

/// Reads a prompt: turn by turn when it is written in a template, else as the user's words.
fn prompt<'a>(prompt: Value<'a>, reading: &mut Reading<'a>) {
    let text = Snippet::of(prompt).divisible();
    let whole = text.trim(0..text.bytes().len());
    reading.opened_thinking |= text.bytes().get(whole).is_some_and(|text| text.ends_with(THINK));
    let Some(found) = tokens(&text).or_else(|| words(&text)) else {
        reading.prompt(Snippet::of(prompt));
        return;
    };
    for (speaker, range) in pieces(&text, &found) {
        let piece = text.slice(range);
        match speaker.role.as_ref() {
            "system" => reading.system.push(piece),
            "tool" => reading.same_turn(speaker.role).push(Block::ToolResult { id: Value::default(), status: None, texts: vec![piece] }),
            "assistant" if piece.bytes() == THINK => {}
            _ if speaker.thinks => reading.same_turn(speaker.role).push(Block::Reasoning(piece)),
            _ => reading.same_turn(speaker.role).push(Block::Text(piece)),
        }
    }
}

/// The tokens of the template whose token stands first; `None` when there is none that begins a turn.
fn tokens(text: &Snippet<'_>) -> Option<Vec<Found>> {
    let bytes = text.bytes();
    let mut chosen = None;
    let mut found: Vec<(Template, Found)> = Vec::new();
    let mut end = 0;
    for token in TOKEN.as_ref()?.find_iter(bytes) {
        let known = TOKENS.iter().find(|(name, ..)| name.as_bytes() == token.as_bytes());
        let Some((_, template, mark)) = known.filter(|(_, template, _)| chosen.is_none_or(|chosen| chosen == *template)) else { continue };
        // A token inside another's header is a part of that.
        if token.start() < end {
            continue;
        }
        let (speaker, after) = match mark {
            Mark::Border => (None, token.end()),
            Mark::Role(role) => (Some(Speaker::from(*role)), token.end()),
            // A header that holds more than a role is text.
            Mark::Header(close) => match header(bytes, token.end(), close) {
                Some((speaker, after)) => (Some(speaker), after),
                None => continue,
            },
            Mark::Line => match line(text, token.end()) {
                Some((speaker, after)) => (Some(speaker), after),
                None => continue,
            },
        };
        if speaker.is_some() {
            chosen = Some(*template);
        }
        end = after;
        found.push((*template, Found { range: token.start()..after, speaker }));
    }
    let chosen = chosen?;
    Some(found.into_iter().filter(|(template, _)| *template == chosen).map(|(_, found)| found).collect())
}

/// The role in a header, and where its text begins. The last header of a prompt may be open.
fn header(bytes: &[u8], from: usize, close: &str) -> Option<(Speaker, usize)> {
    /// Longer ones hold more than a role.
    const LONGEST: usize = 128;
    const CHANNEL: &[u8] = b"<|channel|>";
    let rest = bytes.get(from..)?;
    let near = rest.get(..LONGEST).unwrap_or(rest);
    let (inside, length) = match memmem::find(near, close.as_bytes()) {
        Some(at) => (near.get(..at)?, at + close.len()),
        None if near.len() == rest.len() => (near, rest.len()),
        None => return None,
    };
    let (role, channel) = match memmem::find(inside, CHANNEL) {
        Some(at) => (inside.get(..at)?, inside.get(at + CHANNEL.len()..)),
        None => (inside, None),
    };
    let channel = match channel {
        Some(channel) => Some(word(channel)?),
        None => None,
    };
    Some((Speaker { role: speaker(role)?, thinks: channel.as_deref() == Some("analysis") }, from + length))
}

/// The role that is the rest of a line, and where the next line begins.
fn line(text: &Snippet<'_>, from: usize) -> Option<(Speaker, usize)> {
    let rest = text.bytes().get(from..)?;
    let length = rest.iter().position(|byte| !byte.is_ascii_alphabetic() && *byte != b'_').unwrap_or(rest.len());
    // `user\n` in a JSON string: the backslash ends the word.
    let after = text.trim_start(from + length..text.bytes().len()).start;
    let ends = after == text.bytes().len() || text.line_breaks(from + length..after) > 0;
    Some((Speaker { role: speaker(rest.get(..length)?)?, thinks: false }, after)).filter(|_| ends)
}

/// A role's name as we write it.
fn speaker(role: &[u8]) -> Option<Cow<'static, str>> {
    let role = word(role)?;
    Some(match role.as_str() {
        "system" | "developer" => "system".into(),
        "user" | "human" => "user".into(),
        "assistant" | "model" => "assistant".into(),
        "tool" | "ipython" | "environment" => "tool".into(),
        _ => role.into(),
    })
}

/// One short word in lower case; anything else could be a sentence.
fn word(bytes: &[u8]) -> Option<String> {
    let word = bytes.trim_ascii();
    let is_word = (1..=24).contains(&word.len()) && word.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    is_word.then(|| String::from_utf8_lossy(word).to_ascii_lowercase())
}

/// The words of Claude's text completion, or of Titan's conversations, which has both of them.
fn words(text: &Snippet<'_>) -> Option<Vec<Found>> {
    let (mut claude, mut titan) = (Vec::new(), Vec::new());
    for word in WORD.as_ref()?.find_iter(text.bytes()) {
        let before = text.trim_end(0..word.start()).end;
        let breaks = if before == 0 { usize::MAX } else { text.line_breaks(before..word.start()) };
        let (marks, role, enough) = match word.as_bytes() {
            b"Human:" => (&mut claude, "user", 2),
            b"Assistant:" => (&mut claude, "assistant", 2),
            b"User:" => (&mut titan, "user", 1),
            _ => (&mut titan, "assistant", 1),
        };
        if breaks >= enough {
            marks.push(Found { range: word.range(), speaker: Some(role.into()) });
        }
    }
    if !claude.is_empty() {
        // The open `Assistant:` at the end may lack its line breaks.
        let whole = text.trim(0..text.bytes().len());
        if text.bytes().get(whole.clone()).is_some_and(|text| text.ends_with(b"Assistant:")) {
            let start = whole.end - b"Assistant:".len();
            if claude.last().is_some_and(|last| last.range.end <= start) {
                claude.push(Found { range: start..whole.end, speaker: Some("assistant".into()) });
            }
        }
        return Some(claude);
    }
    let has = |role: &str| titan.iter().any(|found| found.speaker.as_ref().is_some_and(|speaker| speaker.role == role));
    (has("user") && has("assistant")).then_some(titan)
}

/// The text between the tokens, with who speaks. What stands before the first turn is the system prompt, unless it is
/// the model who speaks first: then it is what the model answers. A border is dropped at the end of a turn and at the
/// prompt's beginning; elsewhere it is text.
fn pieces(text: &Snippet<'_>, found: &[Found]) -> Vec<(Speaker, Range<usize>)> {
    let mut pieces = Vec::new();
    let first = found.iter().find_map(|found| found.speaker.as_ref());
    let mut speaker = Speaker::from(if first.is_some_and(|first| first.role == "assistant") { "user" } else { "system" });
    let (mut start, mut borders) = (0, 0);
    let ends = text.bytes().len()..text.bytes().len();
    let turns = found.iter().enumerate().filter(|(_, found)| found.speaker.is_some());
    for (index, range) in turns.map(|(index, found)| (index, &found.range)).chain([(found.len(), &ends)]) {
        let inside = found.get(borders..index).unwrap_or_default();
        let piece = without_borders(text, start..range.start, inside, borders == 0 && start == 0);
        if !piece.is_empty() {
            pieces.push((speaker.clone(), piece));
        }
        if let Some(next) = found.get(index).and_then(|found| found.speaker.clone()) {
            speaker = next;
        }
        (start, borders) = (range.end, index + 1);
    }
    pieces
}

fn without_borders(text: &Snippet<'_>, mut range: Range<usize>, mut borders: &[Found], first: bool) -> Range<usize> {
    loop {
        range = text.trim(range);
        match borders {
            [rest @ .., last] if last.range.end == range.end => (range.end, borders) = (last.range.start, rest),
            [next, rest @ ..] if first && next.range.start == range.start => (range.start, borders) = (next.range.end, rest),
            _ => return range,
        }
    }
}
