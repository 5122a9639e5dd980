//! Names, strings and regular expressions, quoted no more than they have to be.

use std::fmt::{Display, Formatter, Result, Write as _};

use super::super::ast::{Field, Name, Period, Step};
use super::super::token::is_reserved;

/// Words that end or begin a part of some command: as names they are quoted, so that no command is cut short.
const CONTEXTUAL: [&str; 12] = ["where", "into", "output", "outputnew", "for", "with", "maxspan", "multi", "offset", "logfmt", "csv", "xml"];

fn is_plain(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | '@')
}

fn is_keyword(word: &str) -> bool {
    is_reserved(word) || CONTEXTUAL.iter().any(|keyword| word.eq_ignore_ascii_case(keyword))
}

fn is_bare_member(member: &str) -> bool {
    !member.is_empty() && member.chars().all(is_plain)
}

fn starts_with_digit(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_digit())
}

/// In backticks; a leading `@` stays in front of them, as AWS asks for.
fn in_backticks(name: &str, f: &mut Formatter<'_>) -> Result {
    match name.strip_prefix('@') {
        Some(rest) if !rest.is_empty() => write!(f, "@`{rest}`"),
        _ => write!(f, "`{name}`"),
    }
}

impl Display for Field {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for (number, step) in self.steps.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Member(member) => {
                    if number > 0 {
                        f.write_char('.')?;
                    }
                    let keyword = number == 0 && is_keyword(member) && !matches!(self.steps.get(1), Some(Step::Member(_)));
                    if is_bare_member(member) && !keyword && (number > 0 || !starts_with_digit(member)) {
                        f.write_str(member)?;
                    } else {
                        in_backticks(member, f)?;
                    }
                }
            }
        }
        Ok(())
    }
}

impl Display for Name {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let bare = self.text.split('.').all(is_bare_member) && !starts_with_digit(&self.text) && !is_keyword(&self.text);
        if bare { f.write_str(&self.text) } else { in_backticks(&self.text, f) }
    }
}

/// The name of a table: hyphens need no backticks.
pub(super) struct Table<'q>(pub(super) &'q Name);

impl Display for Table<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.0.text.is_empty() || self.0.text.contains(['`', '\n']) {
            return Display::fmt(&Quoted::new(&self.0.text), f);
        }
        let parts = || self.0.text.split('-');
        let bare =
            parts().count() > 1 && parts().all(|part| is_bare_member(part) && !starts_with_digit(part)) && !parts().next().is_some_and(is_keyword);
        if bare { f.write_str(&self.0.text) } else { Display::fmt(self.0, f) }
    }
}

impl Display for Period {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}{}", self.count, self.unit.symbol())
    }
}

/// A string: in the quotes that need no escapes, if there are such.
pub(super) struct Quoted<'q> {
    text: &'q str,
    quote: char,
}

impl<'q> Quoted<'q> {
    pub(super) fn new(text: &'q str) -> Self {
        Self { text, quote: if text.contains('"') && !text.contains('\'') { '\'' } else { '"' } }
    }

    /// In single quotes where that is as good, as log groups are commonly written.
    pub(super) fn single(text: &'q str) -> Self {
        Self { text, quote: if text.contains('\'') && !text.contains('"') { '"' } else { '\'' } }
    }
}

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_char(self.quote)?;
        let mut letters = self.text.chars().peekable();
        while let Some(letter) = letters.next() {
            let hides_next = letter == '\\' && letters.peek().is_none_or(|next| matches!(next, '"' | '\'' | '\\'));
            if hides_next || letter == self.quote {
                f.write_char('\\')?;
            }
            f.write_char(letter)?;
        }
        f.write_char(self.quote)
    }
}

/// A regular expression between slashes.
pub(super) struct Regex<'q>(pub(super) &'q str);

impl Display for Regex<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_char('/')?;
        let mut letters = self.0.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '/' => f.write_str("\\/")?,
                '\\' => {
                    f.write_char('\\')?;
                    // A lone backslash at the end would hide the closing slash; it is no regular expression anyhow.
                    f.write_char(letters.next().unwrap_or('\\'))?;
                }
                _ => f.write_char(letter)?,
            }
        }
        f.write_char('/')
    }
}

/// ` as name`, when there is one.
pub(super) fn as_name(name: Option<&Name>, f: &mut Formatter<'_>) -> Result {
    match name {
        Some(name) => write!(f, " as {name}"),
        None => Ok(()),
    }
}

/// With commas between them.
pub(super) fn list<T: Display>(parts: impl IntoIterator<Item = T>, f: &mut Formatter<'_>) -> Result {
    join(parts, ", ", f)
}

/// With spaces between them.
pub(super) fn spaced<T: Display>(parts: impl IntoIterator<Item = T>, f: &mut Formatter<'_>) -> Result {
    join(parts, " ", f)
}

fn join<T: Display>(parts: impl IntoIterator<Item = T>, between: &str, f: &mut Formatter<'_>) -> Result {
    for (number, part) in parts.into_iter().enumerate() {
        if number > 0 {
            f.write_str(between)?;
        }
        write!(f, "{part}")?;
    }
    Ok(())
}
