//! The content of a turn: a string, or blocks in the spelling of Converse or of Claude. Told apart block by block, since
//! exporters and proxies mix them.

use std::borrow::Cow;

use super::reading::{Block, Media, Reading};
use super::snippet::Snippet;
use super::{claude_messages, converse};
use crate::decode::json::Value;

/// Reads `messages[]`: each a role and its content.
pub(super) fn messages<'a>(messages: Value<'a>, reading: &mut Reading<'a>) {
    for message in messages.items() {
        let role = message.get("role").text_some().unwrap_or(Cow::Borrowed("?"));
        content(message.get("content"), reading.turn(role));
    }
}

/// Reads the content of one turn, or of an answer.
pub(super) fn content<'a>(content: Value<'a>, blocks: &mut Vec<Block<'a>>) {
    for item in content.items_or_self() {
        if item.is_text() {
            blocks.push(Block::Text(Snippet::of(item)));
        } else if item.get("type").is_text() {
            claude_messages::block(item, blocks);
        } else {
            converse::block(item, blocks);
        }
    }
}

/// Reads `system`: a string, or blocks of text.
pub(super) fn system<'a>(system: Value<'a>, reading: &mut Reading<'a>) {
    for item in system.items_or_self() {
        let text = if item.is_text() { item } else { item.get("text") };
        let text = if text.is_text() { text } else { item.at("guardContent.text.text") };
        if text.is_text() {
            reading.system.push(Snippet::of(text));
        }
    }
}

/// A tool's answer: a string, or blocks. Its texts are the answer's; its files stand beside it.
pub(super) fn tool_result<'a>(id: Value<'a>, status: Option<Cow<'a, str>>, content: Value<'a>, blocks: &mut Vec<Block<'a>>) {
    let mut inner = Vec::new();
    for item in content.items_or_self() {
        let json = item.get("json");
        if json.is_some() {
            inner.push(Block::Text(Snippet::of(json)));
        } else {
            self::content(item, &mut inner);
        }
    }
    let (mut texts, mut others) = (Vec::new(), Vec::new());
    for block in inner {
        match block {
            Block::Text(text) => texts.push(text),
            Block::Json(json) => texts.push(Snippet::of(json)),
            other => others.push(other),
        }
    }
    blocks.push(Block::ToolResult { id, status, texts });
    blocks.append(&mut others);
}

/// An image, document, video or audio whose bytes, address or text are in `source`, in either spelling.
pub(super) fn media<'a>(kind: &'static str, file: Value<'a>) -> Media<'a> {
    let source = file.get("source");
    let text = |keys: &[&str]| keys.iter().find_map(|key| source.at(key).text_some());
    let is_text = source.get("type").is("text");
    let data = if source.get("bytes").is_text() { source.get("bytes") } else { source.get("data") };
    let words = if is_text { data } else { source.get("text") };
    Media {
        kind,
        format: file.get("format").text_some().or_else(|| text(&["media_type"])).unwrap_or_default(),
        name: ["name", "title"].into_iter().find_map(|key| file.get(key).text_some()),
        bytes: match (is_text, data.is_text()) {
            (true, true) => Some(Snippet::of(data).text().len() as u64),
            (false, true) => Some(decoded_size(data.raw_text())),
            _ => words.is_text().then(|| Snippet::of(words).text().len() as u64),
        },
        uri: text(&["s3Uri", "s3Location.uri", "url"]),
        text: words.is_text().then(|| Snippet::of(words)),
    }
}

/// How many bytes base64 text stands for.
pub(super) fn decoded_size(base64: &[u8]) -> u64 {
    let padding = base64.iter().rev().take_while(|byte| **byte == b'=').count();
    (base64.len() - padding) as u64 * 3 / 4
}
