//! What a span was about, in a few words: the tool or agent, what was refused, how long, how many tokens, under which span.

use super::attributes::{self, Attributes};
use super::fields::Fields;
use crate::decode::containers::grouped;
use crate::decode::json::{Kind, Value};
use crate::decode::nested::Nested;
use crate::decode::one_line::one_line;

/// The longest detail, in characters.
const LONGEST: usize = 160;
/// JSON in strings in JSON …: deeper than this no words are looked for.
const DEEPEST: usize = 4;

/// The detail of a span or a log record.
pub(super) fn detail(fields: &Fields<'_>, attributes: &Attributes<'_>, action: &str) -> Option<String> {
    let words = if fields.is_log() { said(fields.body) } else { span(fields, attributes, action) };
    words.map(|words| one_line(&words, LONGEST)).filter(|words| !words.is_empty())
}

fn span(fields: &Fields<'_>, attributes: &Attributes<'_>, action: &str) -> Option<String> {
    let mut words: Vec<String> = subject(fields, attributes, action).into_iter().collect();
    if let Some(tools) = attributes.denied_tools {
        let names: Vec<_> = attributes::texts(tools).filter_map(Value::text).collect();
        if !names.is_empty() {
            words.push(format!("hides {}", names.join(", ")));
        }
    }
    words.extend(fields.millis().or(attributes.latency).map(|millis| format!("{} ms", grouped(millis))));
    match (attributes.input_tokens, attributes.output_tokens) {
        (None, None) => {}
        (read, written) => {
            let count = |tokens: Option<u64>| tokens.map_or_else(|| "?".to_owned(), grouped);
            words.push(format!("{} tokens in, {} out", count(read), count(written)));
        }
    }
    words.extend(fields.parent.text_some().filter(|id| id.bytes().any(|byte| byte != b'0')).map(|id| format!("under {id}")));
    (!words.is_empty()).then(|| words.join("; "))
}

/// The tool, the agent, or what the span's name says beyond the action and the model.
fn subject(fields: &Fields<'_>, attributes: &Attributes<'_>, action: &str) -> Option<String> {
    if let Some(tool) = &attributes.tool {
        return Some(format!("tool {tool}"));
    }
    let name = fields.name.text_some()?;
    let rest = name.strip_prefix(action).unwrap_or(&name).trim();
    let is_model = attributes.request_model.as_deref() == Some(rest) || attributes.response_model.as_deref() == Some(rest);
    if !rest.is_empty() && !is_model {
        return Some(if attributes.agent_name.as_deref() == Some(rest) { format!("agent {rest}") } else { rest.to_owned() });
    }
    attributes.agent_name.as_ref().filter(|_| rest.is_empty()).map(|agent| format!("agent {agent}"))
}

/// What a log record says: its text, or what was asked and answered in its messages.
fn said(body: Value<'_>) -> Option<String> {
    let last = |side: &str| {
        let message = body.get(side).get("messages").items().filter_map(|message| first_words(message.get("content"), 0)).last();
        message.or_else(|| first_words(body.get(side), 0))
    };
    match (last("input"), last("output")) {
        (None, None) => first_words(body, 0),
        (Some(asked), Some(answered)) => Some(format!("{} → {}", one_line(&asked, LONGEST / 2), one_line(&answered, LONGEST / 2))),
        (Some(one), None) | (None, Some(one)) => Some(one),
    }
}

/// The first words in a value: content nests, and stands in strings of JSON.
fn first_words(value: Value<'_>, depth: usize) -> Option<String> {
    if depth > DEEPEST {
        return None;
    }
    match value.kind() {
        Kind::Text => match Nested::of(value) {
            Some(nested) if nested.problem().is_none() => first_words(nested.root(), depth + 1).or_else(|| value.text().map(Into::into)),
            _ => value.text_some().map(Into::into),
        },
        Kind::Array => value.items().find_map(|item| first_words(item, depth + 1)),
        Kind::Object => ["text", "content", "message", "stringValue", "name"].into_iter().find_map(|key| first_words(value.get(key), depth + 1)),
        _ => None,
    }
}
