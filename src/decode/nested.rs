//! JSON that was put into a JSON string, as some exporters do with bodies and parameters (FORMATS §1.2, §3.1).

use super::json::{Tape, Value};

/// A document parsed out of a string, with the memory it stands on.
pub(super) struct Nested {
    text: Vec<u8>,
    tape: Tape,
}

impl Nested {
    /// The document in a string value; `None` when the value is no string or the string holds no object or array.
    pub(super) fn of(value: Value<'_>) -> Option<Self> {
        let text = value.text()?;
        text.trim_start().starts_with(['{', '[']).then(|| Self::parse(text.into_owned().into_bytes()))
    }

    /// A body's document: in a string, or an array whose elements are documents in strings, as a stream's chunks are
    /// where an exporter wrote each as text.
    pub(super) fn of_body(value: Value<'_>) -> Option<Self> {
        if !value.is_array() {
            return Self::of(value);
        }
        let is_document = |item: Value<'_>| item.is_text() && matches!(item.raw_text(), [b'{', ..]);
        if !value.items().any(is_document) {
            return None;
        }
        let mut text = vec![b'['];
        for item in value.items() {
            if text.len() > 1 {
                text.push(b',');
            }
            match Some(item).filter(|item| is_document(*item)).and_then(Self::of) {
                Some(chunk) if chunk.tape.problem().is_none() => text.extend_from_slice(chunk.root().raw()),
                _ => text.extend_from_slice(item.raw()),
            }
        }
        text.push(b']');
        Some(Self::parse(text))
    }

    /// The document in these bytes.
    pub(super) fn parse(text: Vec<u8>) -> Self {
        let tape = Tape::of(&text);
        Self { text, tape }
    }

    /// Its top value.
    pub(super) fn root(&self) -> Value<'_> {
        self.tape.root(&self.text)
    }

    /// What is wrong with it, in words.
    pub(super) fn problem(&self) -> Option<String> {
        self.tape.problem().map(|problem| format!("{} (byte {})", problem.what, problem.at))
    }
}
