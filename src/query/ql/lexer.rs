//! Text to tokens: where strings, regular expressions, names and comments begin and end.
//!
//! The language has one letter with two meanings, `/`. It opens a regular expression where a value may begin and anywhere in a
//! `parse` command (which does not divide); elsewhere it divides.

use super::ast::{Step, Unit};
use super::error::QueryError;
use super::token::{Span, Token, TokenKind};

/// The tokens of a text, and why some of them are broken.
#[derive(Clone, Debug)]
pub struct Lexed {
    /// All tokens in order, comments too; the last one is [`TokenKind::End`].
    pub tokens: Vec<Token>,
    /// One for each [`TokenKind::Broken`] token, in order, at the same place.
    pub errors: Vec<QueryError>,
}

/// Cuts any text into tokens. Never fails: what is no token becomes a broken one, and the rest of the text is read on.
pub fn lex(text: &str) -> Lexed {
    let mut lexer = Lexer { text, at: 0, lexed: Lexed { tokens: Vec::new(), errors: Vec::new() }, in_parse: false, unclosed: 0 };
    while let Some(next) = lexer.peek() {
        lexer.token(next);
    }
    lexer.push(TokenKind::End, text.len());
    lexer.lexed
}

/// May this letter stand in a bare name?
fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '@' | '.')
}

/// The length of `[12]` at the start of a text.
fn index_length(text: &str) -> Option<usize> {
    let digits = text.strip_prefix('[')?.bytes().take_while(u8::is_ascii_digit).count();
    ((1..=9).contains(&digits) && text.as_bytes().get(digits + 1) == Some(&b']')).then_some(digits + 2)
}

/// The members and indexes of a name as it is written; `None` when a part is empty.
pub(super) fn steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = path;
    loop {
        let end = rest.find(['.', '`', '[']).unwrap_or(rest.len());
        let (bare, after) = rest.split_at_checked(end)?;
        rest = after;
        let mut member = bare.to_owned();
        if let Some(quoted) = rest.strip_prefix('`') {
            let (inside, after) = quoted.split_once('`')?;
            if inside.is_empty() {
                return None;
            }
            member.push_str(inside);
            rest = after;
        }
        if member.is_empty() {
            return None;
        }
        steps.push(Step::Member(member));
        while let Some(length) = index_length(rest) {
            let (index, after) = rest.split_at_checked(length)?;
            steps.push(Step::Index(index.trim_matches(['[', ']']).parse().ok()?));
            rest = after;
        }
        match rest.strip_prefix('.') {
            Some(after) => rest = after,
            None => return rest.is_empty().then_some(steps),
        }
    }
}

struct Lexer<'q> {
    text: &'q str,
    at: usize,
    lexed: Lexed,
    /// Within a `parse` command.
    in_parse: bool,
    /// How many strings and regular expressions had no end.
    unclosed: usize,
}

impl<'q> Lexer<'q> {
    fn rest(&self) -> &'q str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// The tokens before this place, from the last one back.
    fn before(&self) -> impl Iterator<Item = Token> {
        self.lexed.tokens.iter().rev().filter(|token| token.kind != TokenKind::Comment).copied()
    }

    /// A token from here to `end`.
    fn push(&mut self, kind: TokenKind, end: usize) {
        let span = Span::new(self.at, end);
        match kind {
            TokenKind::Pipe | TokenKind::Close => self.in_parse = false,
            TokenKind::Word if span.of(self.text).eq_ignore_ascii_case("parse") && self.command_may_begin() => self.in_parse = true,
            _ => {}
        }
        self.lexed.tokens.push(Token { kind, span });
        self.at = end;
    }

    /// From here to `end` stands nothing that can be read.
    fn broken(&mut self, end: usize, message: impl Into<String>) {
        self.lexed.errors.push(QueryError::new(Span::new(self.at, end), message));
        self.push(TokenKind::Broken, end);
    }

    fn end_of_line(&self) -> usize {
        self.rest().find(['\n', '\r']).map_or(self.text.len(), |length| self.at + length)
    }

    fn token(&mut self, next: char) {
        match next {
            '\u{feff}' => self.at += next.len_utf8(),
            _ if next.is_whitespace() => self.at += next.len_utf8(),
            '#' => self.push(TokenKind::Comment, self.end_of_line()),
            '"' | '\'' => self.delimited(next, TokenKind::Text, "this string has no closing quote"),
            '/' if self.value_may_begin() => self.delimited(next, TokenKind::Regex, "this regular expression has no closing `/`"),
            '`' => self.name(),
            _ if is_word(next) => self.name(),
            _ => self.sign(next),
        }
    }

    fn command_may_begin(&self) -> bool {
        let mut before = self.before();
        match before.next().map(|token| token.kind) {
            None | Some(TokenKind::Pipe) => true,
            // A sub-query opens only behind `in` and `appendcols`; other brackets hold values.
            Some(TokenKind::Open) => before.next().is_some_and(|token| {
                let words = ["in", "appendcols", "true", "false"];
                token.kind == TokenKind::Number || words.iter().any(|word| token.is_word(self.text, word))
            }),
            Some(_) => false,
        }
    }

    /// May a value begin here? Otherwise a value has just ended.
    fn value_may_begin(&self) -> bool {
        let Some(token) = self.before().next() else { return true };
        match token.kind {
            TokenKind::Word => self.in_parse || token.is_word(self.text, "like"),
            TokenKind::Path => self.in_parse,
            TokenKind::Number
            | TokenKind::Period
            | TokenKind::Text
            | TokenKind::Regex
            | TokenKind::Close
            | TokenKind::CloseList
            | TokenKind::CloseMap => false,
            _ => true,
        }
    }

    /// Up to the next unescaped `mark`.
    fn delimited(&mut self, mark: char, kind: TokenKind, open: &str) {
        let mut letters = self.rest().char_indices().skip(1);
        while let Some((at, letter)) = letters.next() {
            if letter == '\\' {
                letters.next();
            } else if letter == mark {
                return self.push(kind, self.at + at + letter.len_utf8());
            }
        }
        // The next line is read on, so that it keeps its colours; not for ever, since each attempt reads to the end.
        self.unclosed += 1;
        self.broken(if self.unclosed > 8 { self.text.len() } else { self.end_of_line() }, open);
    }

    fn name(&mut self) {
        let start = self.at;
        let mut end = start;
        let mut plain = true;
        loop {
            let written = self.text.get(start..end).unwrap_or_default();
            let rest = self.text.get(end..).unwrap_or_default();
            let after_part = written.ends_with(['`', ']']);
            match rest.chars().next() {
                Some('`') if written.is_empty() || written.ends_with(['.', '@']) => {
                    let Some(close) = rest.char_indices().skip(1).find(|(_, letter)| matches!(letter, '`' | '\n')) else {
                        return self.broken(self.end_of_line(), "this name has no closing backtick");
                    };
                    if close.1 == '\n' {
                        return self.broken(self.end_of_line(), "this name has no closing backtick");
                    }
                    plain = false;
                    end += close.0 + 1;
                }
                Some('[') if !written.is_empty() && !written.eq_ignore_ascii_case("in") && !written.starts_with(|c: char| c.is_ascii_digit()) => {
                    let Some(length) = index_length(rest) else { break };
                    plain = false;
                    end += length;
                }
                Some(letter) if is_word(letter) && (!after_part || letter == '.') => {
                    end += rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
                }
                _ => break,
            }
        }
        let written = self.text.get(start..end).unwrap_or_default();
        if plain && written.starts_with(|c: char| c.is_ascii_digit()) {
            return self.number(written, end);
        }
        if written.starts_with('.') {
            let why = "a name does not begin with a dot; a member is read from a name: give the value one in a `fields` command of its own";
            return self.broken(end, why);
        }
        match steps(written) {
            Some(_) if plain => self.push(TokenKind::Word, end),
            Some(_) => self.push(TokenKind::Path, end),
            None => self.broken(end, format!("`{}` has an empty part", shorten(written))),
        }
    }

    fn number(&mut self, written: &str, end: usize) {
        let digits = written.bytes().take_while(u8::is_ascii_digit).count();
        let after = written.get(digits..).unwrap_or_default();
        let is_fraction = |text: &str| text.strip_prefix('.').is_some_and(|text| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()));
        if after.is_empty() || is_fraction(after) {
            return self.push(TokenKind::Number, end);
        }
        if Unit::from_name(after).is_some() {
            return self.push(TokenKind::Period, end);
        }
        let shown = shorten(written);
        let letters = written.trim_end_matches(|c: char| c.is_alphabetic());
        if written.contains('.') && letters.len() < written.len() && Unit::from_name(written.get(letters.len()..).unwrap_or_default()).is_some() {
            return self.broken(end, format!("`{shown}` is no period: its number must be whole"));
        }
        if written.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
            return self.broken(end, format!("`{shown}` is no number; text stands in quotes: \"{shown}\""));
        }
        self.broken(end, format!("`{shown}` is neither a number nor a period; a name that begins with a digit stands in backticks, text in quotes"));
    }

    fn sign(&mut self, next: char) {
        let two = |second: char| self.rest().chars().nth(1) == Some(second);
        let (length, kind) = match next {
            '|' if two('|') => return self.broken(self.at + 2, "`||` is written `or`"),
            '&' if two('&') => return self.broken(self.at + 2, "`&&` is written `and`"),
            '=' if two('=') => return self.broken(self.at + 2, "`==` is written `=`"),
            '<' if two('>') => return self.broken(self.at + 2, "`<>` is written `!=`"),
            '=' if two('~') => (2, TokenKind::Matches),
            '!' if two('=') => (2, TokenKind::NotEqual),
            '<' if two('=') => (2, TokenKind::LessEqual),
            '>' if two('=') => (2, TokenKind::GreaterEqual),
            '|' => (1, TokenKind::Pipe),
            ',' => (1, TokenKind::Comma),
            ':' => (1, TokenKind::Colon),
            '(' => (1, TokenKind::Open),
            ')' => (1, TokenKind::Close),
            '[' => (1, TokenKind::OpenList),
            ']' => (1, TokenKind::CloseList),
            '{' => (1, TokenKind::OpenMap),
            '}' => (1, TokenKind::CloseMap),
            '+' => (1, TokenKind::Plus),
            '-' => (1, TokenKind::Minus),
            '*' => (1, TokenKind::Star),
            '/' => (1, TokenKind::Slash),
            '%' => (1, TokenKind::Percent),
            '^' => (1, TokenKind::Caret),
            '=' => (1, TokenKind::Equal),
            '<' => (1, TokenKind::Less),
            '>' => (1, TokenKind::Greater),
            '!' => (1, TokenKind::Bang),
            _ => return self.stray(next),
        };
        self.push(kind, self.at + length);
    }

    /// A letter the language does not have; several of them in a row are one error.
    fn stray(&mut self, letter: char) {
        let length = self.rest().find(|c: char| c != letter).unwrap_or(self.rest().len());
        let message = match letter {
            '“' | '”' | '„' | '‘' | '’' | '«' | '»' | '´' => format!("`{letter}` opens no string; straight quotes do: \"…\" or '…'"),
            '~' => "`~` stands only in `=~`".to_owned(),
            ';' => "a query has no `;`; commands are parted by `|`".to_owned(),
            '$' | '?' | '\\' => format!("`{letter}` means nothing here; a name with such signs stands in backticks"),
            _ if letter.is_control() || !(letter.is_alphanumeric() || letter.is_ascii_punctuation()) => {
                format!("the character U+{:04X} means nothing here", u32::from(letter))
            }
            _ => format!("`{letter}` means nothing here"),
        };
        self.broken(self.at + length, message);
    }
}

/// At most forty characters of what was found.
pub(super) fn shorten(written: &str) -> String {
    match written.char_indices().nth(40) {
        Some((at, _)) => format!("{}…", written.get(..at).unwrap_or_default()),
        None => written.to_owned(),
    }
}
