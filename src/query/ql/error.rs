//! What is wrong with a query, or surprising in it, and where.

use std::fmt;

use super::token::Span;

/// The longest stretch of a line that is shown under an error, in characters.
const SHOWN: usize = 120;

/// A query that cannot be read, or that AWS would refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryError {
    /// The place.
    pub span: Span,
    /// What was found there, or what is wrong with it.
    pub message: String,
    /// What may stand there: a word or sign as it is written, or a description that begins with an article.
    pub expected: Vec<&'static str>,
    /// The command, function or word that was probably meant.
    pub suggestion: Option<String>,
}

impl QueryError {
    pub(super) fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), expected: Vec::new(), suggestion: None }
    }

    pub(super) fn suggest(mut self, suggestion: Option<&str>) -> Self {
        self.suggestion = suggestion.map(str::to_owned);
        self
    }

    /// The line of the query with carets under the place, and what is wrong below it.
    pub fn render(&self, query_text: &str) -> String {
        render(self.span, &self.to_string(), query_text)
    }
}

fn is_description(expected: &str) -> bool {
    ["a ", "an ", "the "].iter().any(|article| expected.starts_with(article))
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for (number, expected) in self.expected.iter().enumerate() {
            f.write_str(match number {
                0 => ", expected ",
                _ if number + 1 == self.expected.len() => " or ",
                _ => ", ",
            })?;
            if is_description(expected) { f.write_str(expected)? } else { write!(f, "`{expected}`")? }
        }
        match &self.suggestion {
            Some(suggestion) => write!(f, "; did you mean `{suggestion}`?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for QueryError {}

/// Something that is allowed, but may not mean what it seems to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The place.
    pub span: Span,
    /// What to know.
    pub message: String,
}

impl Note {
    pub(super) fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into() }
    }

    /// The line of the query with carets under the place, and the note below it.
    pub fn render(&self, query_text: &str) -> String {
        render(self.span, &self.message, query_text)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Columns are characters, so that the carets stand right under letters of any length in bytes.
fn render(span: Span, message: &str, text: &str) -> String {
    let mut start = span.start.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let before = text.get(..start).unwrap_or_default();
    let number = before.matches('\n').count() + 1;
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = text.get(line_start..).unwrap_or_default().lines().next().unwrap_or_default();
    let column = before.get(line_start..).unwrap_or_default().chars().count();
    let marked = text.get(start..span.end.min(text.len())).unwrap_or_default().lines().next().unwrap_or_default().chars().count().max(1);

    let length = line.chars().count();
    let first = if length > SHOWN { column.saturating_sub(SHOWN / 2) } else { 0 };
    let shown: String = line.chars().skip(first).take(SHOWN).map(|c| if c == '\t' { ' ' } else { c }).collect();
    let cut = if first > 0 { "…" } else { "" };
    let more = if first + SHOWN < length { "…" } else { "" };
    let carets = marked.min(SHOWN.saturating_sub(column - first).max(1));
    let place = if text.trim_end().contains('\n') { format!("line {number}, column {}: ", column + 1) } else { String::new() };
    format!("{cut}{shown}{more}\n{}{}\n{place}{message}", " ".repeat(column - first + cut.chars().count()), "^".repeat(carets))
}
