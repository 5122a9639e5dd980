//! What a template is given: text that cannot act, and sentences in which what was logged is told apart from what is said.

use serde::Serialize;

use crate::model::{Glyphs, SafeText};

/// One line that cannot act: whatever a terminal, a browser or a reader would be misled by is a visible mark.
pub fn line(text: &str) -> String {
    SafeText::line(text, Glyphs::Unicode).into_string()
}

/// Several lines that cannot act.
pub fn lines(text: &str) -> String {
    text.split('\n').map(|line| self::line(line.strip_suffix('\r').unwrap_or(line))).collect::<Vec<_>>().join("\n")
}

/// Characters of a name or a client; its record has all of them.
pub const NAME: usize = 80;
/// Characters of a logged value in a sentence; likewise.
const VALUE: usize = 240;

/// The beginning of a long text.
pub fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

/// A logged value in a line of its own or a cell: safe, and of a long text the beginning.
pub fn value(text: &str) -> String {
    line(&cut(text, VALUE))
}

/// One piece of a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Piece {
    /// The text, which cannot act.
    pub text: String,
    /// It was logged: a name, an id, a value.
    pub logged: bool,
}

/// A sentence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Words(pub Vec<Piece>);

impl Words {
    /// A sentence that begins with these words.
    pub fn new(text: impl AsRef<str>) -> Self {
        Self::default().say(text)
    }

    /// More words.
    #[must_use]
    pub fn say(mut self, text: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        if text.is_empty() {
            return self;
        }
        match self.0.last_mut().filter(|last| !last.logged) {
            Some(last) => last.text.push_str(&line(text)),
            None => self.0.push(Piece { text: line(text), logged: false }),
        }
        self
    }

    /// Something that was logged; of a long text the beginning, since a sentence of a megabyte hides all others.
    #[must_use]
    pub fn value(mut self, text: impl AsRef<str>) -> Self {
        self.0.push(Piece { text: line(&cut(text.as_ref(), VALUE)), logged: true });
        self
    }

    /// Several values with commas between them.
    #[must_use]
    pub fn values<T: AsRef<str>>(self, values: impl IntoIterator<Item = T>) -> Self {
        let mut words = self;
        for (at, value) in values.into_iter().enumerate() {
            words = words.say(if at == 0 { "" } else { ", " }).value(value);
        }
        words
    }

    /// As plain text.
    pub fn plain(&self) -> String {
        self.0.iter().map(|piece| piece.text.as_str()).collect()
    }
}

/// `1 call`, `12 calls`.
pub fn counted(count: u64, what: &str) -> String {
    let plural = match what {
        _ if count == 1 => "",
        _ if what.ends_with("ss") => "es",
        _ => "s",
    };
    format!("{} {what}{plural}", crate::report::grouped(count))
}

/// `once`, `twice`, `12 times`.
pub fn times(count: u64) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        count => format!("{} times", crate::report::grouped(count)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_hold_nothing_that_acts() {
        let words = Words::new("by ").value("a\u{1b}[2J\u{202e}b").say(", at ").values(["x\ny"]);
        assert_eq!(words.plain(), "by a␛[2J‹RLO›b, at x⏎y");
        assert_eq!(words.0.iter().map(|piece| piece.logged).collect::<Vec<_>>(), [false, true, false, true]);
        assert_eq!(lines("a\r\nb\u{200b}\n"), "a\nb‹ZWSP›\n");
        assert_eq!([counted(1, "call"), counted(1200, "call"), counted(2, "address")], ["1 call", "1,200 calls", "2 addresses"]);
        let long = Words::default().value("x".repeat(100_000)).plain();
        assert_eq!((long.chars().count(), long.ends_with("x…")), (VALUE + 1, true));
        assert_eq!([times(1), times(2), times(1200)], ["once", "twice", "1,200 times"]);
    }
}
