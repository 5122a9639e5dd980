//! The content of a turn: a string, or blocks in the spelling of Converse or of Claude. Told apart block by block, since
//! exporters and proxies mix them. Whatever holds text and is not understood is kept as JSON.

use std::borrow::Cow;

use super::agent;
use super::reading::{Block, Media, Reading};
use super::snippet::{Snippet, joined};
use super::{claude_messages, converse};
use crate::decode::json::{Kind, Value};

/// Reads `messages[]`: each a role and its content.
pub(super) fn messages<'a>(messages: Value<'a>, reading: &mut Reading<'a>) {
    for message in messages.items_or_self() {
        turn(message, reading);
    }
}

/// Reads one message into a turn of its own.
pub(super) fn turn<'a>(message: Value<'a>, reading: &mut Reading<'a>) {
    let parts = reading.turn(role(message));
    if message.is_object() {
        message.all("content").for_each(|value| content(value, parts));
        rest(message, &["role", "content"], parts);
    } else {
        content(message, parts);
    }
    agent::attribute_results(reading);
}

/// Who speaks; `?` when the message does not say.
pub(super) fn role(message: Value<'_>) -> Cow<'_, str> {
    message.get("role").scalar().filter(|role| !role.is_empty()).unwrap_or(Cow::Borrowed("?"))
}

/// Reads the content of one turn, or of an answer.
pub(super) fn content<'a>(content: Value<'a>, blocks: &mut Vec<Block<'a>>) {
    if content.is_text() && agent::java_blocks(content, blocks) {
        return;
    }
    for item in content.items_or_self().filter(|item| item.is_some()) {
        if item.is_text() {
            blocks.push(Block::Text(Snippet::of(item)));
        } else if item.get("type").is_text() {
            claude_messages::block(item, blocks);
        } else {
            converse::block(item, blocks);
        }
    }
}

/// What else a block or a message holds: under keys that are not read, whatever has text in it.
pub(super) fn rest<'a>(object: Value<'a>, read: &[&str], blocks: &mut Vec<Block<'a>>) {
    if !object.is_object() {
        unknown(object, blocks);
    }
    for (key, value) in object.entries() {
        let key = key.raw();
        // What says how the text is to be handled is not text itself.
        let is_about = matches!(key, b"type" | b"index" | b"cache_control" | b"cachePoint" | b"contentBlockIndex" | b"signature");
        if !is_about && !read.iter().any(|known| known.as_bytes() == key) {
            unknown(value, blocks);
        }
    }
}

/// What stands beside a value that is read once, under the same key.
pub(super) fn doubled<'a>(object: Value<'a>, key: &'static str, blocks: &mut Vec<Block<'a>>) {
    object.all(key).skip(1).for_each(|value| unknown(value, blocks));
}

/// What stands where a single word or number is read, and is more than that.
fn odd<'a>(object: Value<'a>, scalars: &[&'static str], blocks: &mut Vec<Block<'a>>) {
    for key in scalars {
        object.all(key).filter(|value| value.scalar().is_none()).for_each(|value| unknown(value, blocks));
    }
}

/// Keeps a value of unknown shape, when there is text in it.
pub(super) fn unknown<'a>(value: Value<'a>, blocks: &mut Vec<Block<'a>>) {
    if holds_text(value) {
        blocks.push(Block::Json(value));
    }
}

/// A name or id; what is neither string nor number as JSON, so that it is seen.
pub(super) fn label(value: Value<'_>) -> Cow<'_, str> {
    let other = || if value.is_some() { value.json() } else { Cow::Borrowed("") };
    value.scalar().unwrap_or_else(other)
}

/// Is there a string in it that is not empty? Depth is bounded by the tape.
pub(super) fn holds_text(value: Value<'_>) -> bool {
    match value.kind() {
        Kind::Text => !value.raw_text().is_empty(),
        Kind::Array => value.items().any(holds_text),
        Kind::Object => value.entries().any(|(_, value)| holds_text(value)),
        Kind::Deep => true,
        _ => false,
    }
}

/// Reads `system`: a string, or blocks of text. Its files and the like stand in a turn.
pub(super) fn system<'a>(system: Value<'a>, reading: &mut Reading<'a>) {
    let mut blocks = Vec::new();
    content(system, &mut blocks);
    for block in blocks {
        match block {
            Block::Text(text) | Block::Guarded(text, _) => reading.system.push(text),
            Block::Json(json) => reading.system.push(Snippet::of(json)),
            other => reading.same_turn("system".into()).push(other),
        }
    }
}

/// A tool's answer: a string, or blocks. Its texts are the answer's; its files stand beside it.
pub(super) fn tool_result<'a>(id: Value<'a>, status: Option<Cow<'a, str>>, content: impl Iterator<Item = Value<'a>>, blocks: &mut Vec<Block<'a>>) {
    let mut inner = Vec::new();
    content.for_each(|value| self::content(value, &mut inner));
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
pub(super) fn media<'a>(kind: &'static str, file: Value<'a>, blocks: &mut Vec<Block<'a>>) {
    const ADDRESSES: &[&str] = &["s3Uri", "s3Location.uri", "url", "file_id"];
    let source = file.get("source");
    let is_text = |data: Value<'a>| data.is_text() && (source.get("type").is("text") || !is_base64(data.raw_text()));
    let (mut words, mut inner, mut weight) = (Vec::new(), Vec::new(), None);
    for (key, value) in source.entries() {
        match key.raw() {
            b"bytes" | b"data" if value.is_text() && !is_text(value) => weight = Some(decoded_size(value.raw_text())),
            b"bytes" | b"data" | b"text" if value.is_text() => words.push(Snippet::of(value)),
            b"bytes" | b"data" | b"text" => unknown(value, &mut inner),
            // A document in blocks.
            b"content" => content(value, &mut inner),
            _ => {}
        }
    }
    let written: Option<u64> = (!words.is_empty()).then(|| words.iter().map(|words| words.text().len() as u64).sum());
    words.extend(inner.iter().filter_map(words_of));
    // What the caller says about the file.
    words.extend(file.all("context").filter(|context| context.is_text()).map(Snippet::of));
    let format = file.get("format").text_some().or_else(|| source.get("media_type").text_some());
    blocks.push(Block::Media(Media {
        kind,
        format: format.unwrap_or_default(),
        name: ["name", "title", "filename"].into_iter().find_map(|key| file.get(key).text_some()),
        bytes: weight.or(written),
        uri: ADDRESSES.iter().find_map(|path| source.at(path).text_some()),
        text: in_one(words),
    }));
    blocks.extend(inner.into_iter().filter(|block| words_of(block).is_none()));
    odd(source, &["type", "media_type", "s3Uri", "url", "file_id"], blocks);
    rest(source.get("s3Location"), &["uri", "bucketOwner"], blocks);
    odd(source.get("s3Location"), &["uri"], blocks);
    rest(source, &["bytes", "data", "text", "content", "media_type", "s3Uri", "s3Location", "url", "file_id"], blocks);
    doubled(file, "source", blocks);
    odd(file, &["format", "name", "title", "filename", "context"], blocks);
    rest(file, &["source", "format", "name", "title", "filename", "context", "citations"], blocks);
}

/// A source that an answer cites or a tool found: its title, where it is, and the words.
pub(super) fn source<'a>(kind: &'static str, of: Value<'a>, blocks: &mut Vec<Block<'a>>) {
    let text = |paths: &[&str]| paths.iter().find_map(|path| of.at(path).text_some());
    let mut inner = Vec::new();
    for key in ["cited_text", "content", "sourceContent"] {
        of.all(key).for_each(|value| content(value, &mut inner));
    }
    blocks.push(Block::Media(Media {
        name: text(&["title", "document_title"]),
        uri: text(&["source", "url", "location.web.url", "location.s3Location.uri"]),
        text: in_one(inner.iter().filter_map(words_of).collect()),
        ..Media::of(kind)
    }));
    blocks.extend(inner.into_iter().filter(|block| words_of(block).is_none()));
    odd(of, &["title", "document_title", "source", "url"], blocks);
    let read = ["cited_text", "content", "sourceContent", "title", "document_title", "source", "url", "location", "encrypted_index", "citations"];
    rest(of, &read, blocks);
}

/// A document of pairs with any names: one of them is its title, the others are its text.
pub(super) fn pairs<'a>(kind: &'static str, document: Value<'a>, blocks: &mut Vec<Block<'a>>) {
    if !holds_text(document) {
        return;
    }
    let own = |key: &str| document.get(key).text_some();
    let others = document.entries().filter(|(key, value)| !(value.is_text() && (key.is("title") || key.is("url"))) && value.is_some());
    let words = if document.is_object() { others.map(|(_, value)| Snippet::of(value)).collect() } else { vec![Snippet::of(document)] };
    blocks.push(Block::Media(Media { name: own("title"), uri: own("url"), text: in_one(words), ..Media::of(kind) }));
}

fn words_of<'a>(block: &Block<'a>) -> Option<Snippet<'a>> {
    match block {
        Block::Text(text) | Block::Guarded(text, _) => Some(text.clone()),
        Block::Json(json) => Some(Snippet::of(*json)),
        _ => None,
    }
}

/// Several texts of one file as one: rare, so that the copy does not matter.
fn in_one(mut words: Vec<Snippet<'_>>) -> Option<Snippet<'_>> {
    if words.len() > 1 {
        return Some(Snippet::Text(joined(&words, "\n").into()));
    }
    words.pop()
}

/// An image of a chat completion: an address, or the image itself in one.
pub(super) fn image_url(image: Value<'_>) -> Media<'_> {
    let url = if image.is_text() { image } else { image.get("url") };
    let raw = url.raw_text();
    let inline = raw.strip_prefix(b"data:").and_then(|rest| {
        let comma = memchr::memchr(b',', rest.get(..64).unwrap_or(rest))?;
        Some((rest.get(..comma)?, rest.get(comma + 1..)?))
    });
    let Some((kind, base64)) = inline else { return Media { uri: url.text_some(), ..Media::of("image") } };
    let format = crate::model::text_from_bytes(kind.strip_suffix(b";base64").unwrap_or(kind));
    Media { format, bytes: Some(decoded_size(base64)), ..Media::of("image") }
}

/// Could it be base64, by how it begins? No prose goes on for long without a blank.
fn is_base64(raw: &[u8]) -> bool {
    let start = raw.get(..256).unwrap_or(raw);
    start.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_' | b'\\'))
}

/// How many bytes base64 text stands for.
pub(super) fn decoded_size(base64: &[u8]) -> u64 {
    let padding = base64.iter().rev().take_while(|byte| **byte == b'=').count();
    (base64.len() - padding) as u64 * 3 / 4
}
