//! The tokens of a query. Each is given its number as its place, and the text of a token is known by its number.

use sqlparser::ast::Spanned;
use sqlparser::dialect::Dialect;
use sqlparser::tokenizer::{Location, Span as Place, Token, TokenWithSpan, Tokenizer, Whitespace, Word};

use super::wrong;
use crate::query::ql::{QueryError, Span};

/// How words and strings are written: Spark's way, in which a backslash is an escape.
#[derive(Debug)]
struct Spelling;

impl Dialect for Spelling {
    fn is_delimited_identifier_start(&self, letter: char) -> bool {
        letter == '`'
    }
    fn is_identifier_start(&self, letter: char) -> bool {
        letter.is_alphabetic() || letter == '_'
    }
    fn is_identifier_part(&self, letter: char) -> bool {
        letter.is_alphanumeric() || letter == '_'
    }
    fn supports_string_literal_backslash_escape(&self) -> bool {
        true
    }
    fn supports_nested_comments(&self) -> bool {
        true
    }
}

/// The tokens of a text, without white space and comments.
pub(super) struct Tokens<'t> {
    text: &'t str,
    all: Vec<TokenWithSpan>,
    spans: Vec<Span>,
}

impl<'t> Tokens<'t> {
    pub(super) fn of(text: &'t str) -> Result<Self, QueryError> {
        let lines = Lines::of(text);
        let found = Tokenizer::new(&Spelling, text).with_unescape(false).tokenize_with_location().map_err(|error| {
            let at = lines.byte(error.location);
            wrong(Span::new(at, (at + 1).min(text.len())), format!("{}: a quote or comment that begins here has no end", error.message))
        })?;
        let mut tokens = Self { text, all: Vec::new(), spans: Vec::new() };
        for token in found {
            if !matches!(
                token.token,
                Token::Whitespace(
                    Whitespace::Space
                        | Whitespace::Newline
                        | Whitespace::Tab
                        | Whitespace::SingleLineComment { .. }
                        | Whitespace::MultiLineComment(_)
                ) | Token::EOF
            ) {
                let span = Span::new(lines.byte(token.span.start), lines.byte(token.span.end));
                tokens.put(token.token, span);
            }
        }
        tokens.put_selections_together();
        tokens.put_nulls_behind();
        tokens.number();
        Ok(tokens)
    }

    fn put(&mut self, mut token: Token, span: Span) {
        match &mut token {
            Token::SingleQuotedString(text) => *text = unescaped(text, '\''),
            Token::DoubleQuotedString(text) => *text = unescaped(text, '"'),
            Token::Word(word) if word.quote_style.is_some() => word.value = word.value.replace("``", "`"),
            _ => {}
        }
        self.all.push(TokenWithSpan::wrap(token));
        self.spans.push(span);
    }

    /// `first(a IGNORE NULLS)` is `first(a) IGNORE NULLS`, which the library reads in Spark's dialect.
    fn put_nulls_behind(&mut self) {
        let is = |token: &TokenWithSpan, words: &[&str]| matches!(&token.token, Token::Word(word) if word.quote_style.is_none() && words.iter().any(|known| word.value.eq_ignore_ascii_case(known)));
        for at in 0..self.all.len() {
            let (Some(tokens), Some(spans)) = (self.all.get_mut(at..at + 3), self.spans.get_mut(at..at + 3)) else { return };
            if let [how, nulls, close] = &*tokens
                && is(how, &["IGNORE", "RESPECT"])
                && is(nulls, &["NULLS"])
                && close.token == Token::RParen
            {
                tokens.rotate_right(1);
                spans.rotate_right(1);
            }
        }
    }

    /// `FROM logGroups(logGroupIdentifier: ['a'])` without backticks is what it is with them.
    fn put_selections_together(&mut self) {
        let is_selection = |token: &Token| {
            matches!(token, Token::Word(word) if word.quote_style.is_none()
                && ["logGroups", "dataSource", "filterIndex"].iter().any(|name| word.value.eq_ignore_ascii_case(name)))
        };
        let mut at = 0;
        while at < self.all.len() {
            let opens = self.all.get(at + 1).is_some_and(|token| token.token == Token::LParen);
            if !(opens && self.all.get(at).is_some_and(|token| is_selection(&token.token))) {
                at += 1;
                continue;
            }
            let mut depth = 0_usize;
            let close = self.all.iter().enumerate().skip(at + 1).find_map(|(at, token)| {
                match token.token {
                    Token::LParen => depth += 1,
                    Token::RParen => depth -= 1,
                    _ => {}
                }
                (depth == 0).then_some(at)
            });
            let Some(close) = close else { return };
            let end = self.spans.get(close).map_or(0, |span| span.end);
            // Another selection right before it belongs to it.
            let before = at.checked_sub(1).filter(|before| {
                matches!(self.all.get(*before).map(|token| &token.token), Some(Token::Word(word)) if word.quote_style == Some('`') && word.value.ends_with(')'))
            });
            let first = before.unwrap_or(at);
            let start = self.spans.get(first).map_or(0, |span| span.start);
            let span = Span::new(start, end);
            let word = Word {
                value: span.of(self.text).trim_matches('`').to_owned(),
                quote_style: Some('`'),
                keyword: sqlparser::keywords::Keyword::NoKeyword,
            };
            self.all.splice(first..=close, [TokenWithSpan::wrap(Token::Word(word))]);
            self.spans.splice(first..=close, [span]);
            at = first + 1;
        }
    }

    fn number(&mut self) {
        for (at, token) in self.all.iter_mut().enumerate() {
            let location = Location::new(1, at as u64 + 1);
            token.span = Place::new(location, location);
        }
    }

    pub(super) fn text(&self) -> &'t str {
        self.text
    }

    /// All of them; none after [`take`](Self::take) has given them away, save for their places.
    pub(super) fn all(&self) -> &[TokenWithSpan] {
        &self.all
    }

    /// A copy for the library.
    pub(super) fn take(&mut self) -> Vec<TokenWithSpan> {
        self.all.clone()
    }

    /// Where the token of this number stands; behind the last one the end of the text.
    pub(super) fn span(&self, at: usize) -> Span {
        self.spans.get(at).copied().unwrap_or_else(|| Span::new(self.text.trim_end().len(), self.text.len()))
    }

    /// The place of what has brackets of its own, such as a function: from its name to its last bracket. The library tells only
    /// what stands within.
    pub(super) fn whole(&self, inner: Span) -> Span {
        let Some(mut first) = self.spans.iter().position(|span| span.start >= inner.start) else { return inner };
        let is_open = |at: usize| self.all.get(at).is_some_and(|token| token.token == Token::LParen);
        let is_name = |at: usize| matches!(self.all.get(at).map(|token| &token.token), Some(Token::Word(_)));
        if !(is_name(first) && is_open(first + 1)) {
            let mut depth = 0_usize;
            for at in (0..first).rev() {
                match self.all.get(at).map(|token| &token.token) {
                    Some(Token::RParen) => depth += 1,
                    Some(Token::LParen) if depth == 0 && at > 0 && is_name(at - 1) => {
                        first = at - 1;
                        break;
                    }
                    Some(Token::LParen) => depth = depth.saturating_sub(1),
                    _ => {}
                }
            }
        }
        if !is_open(first + 1) {
            return inner;
        }
        let (mut at, mut depth) = (first + 1, 0_usize);
        while let Some(token) = self.all.get(at) {
            match &token.token {
                Token::LParen => depth += 1,
                Token::RParen => depth = depth.saturating_sub(1),
                _ => {}
            }
            let goes_on = |word: &Word| word.quote_style.is_none() && ["over", "filter"].iter().any(|known| word.value.eq_ignore_ascii_case(known));
            if depth == 0 {
                match self.all.get(at + 1).map(|token| &token.token) {
                    Some(Token::Word(word)) if goes_on(word) => at += 1,
                    _ => break,
                }
            }
            at += 1;
        }
        self.span(first).to(self.span(at))
    }

    /// `INTERVAL 4 HOURS`, of which the library tells the number.
    pub(super) fn interval(&self, number: Span) -> Span {
        let Some(at) = self.spans.iter().position(|span| span.start >= number.start) else { return number };
        let is_unit = matches!(self.all.get(at + 1).map(|token| &token.token), Some(Token::Word(word)) if word.quote_style.is_none());
        self.span(at.saturating_sub(1)).to(self.span(at + usize::from(is_unit)))
    }

    /// A place with all its brackets: what stands in some may begin or end an expression.
    pub(super) fn balanced(&self, span: Span) -> Span {
        let within = |place: &Span| place.start >= span.start && place.end <= span.end;
        let Some(mut first) = self.spans.iter().position(within) else { return span };
        let Some(mut last) = self.spans.iter().rposition(within) else { return span };
        let (mut open, mut unopened) = (0_usize, 0_usize);
        for token in self.all.get(first..=last).unwrap_or_default() {
            match token.token {
                Token::LParen | Token::LBracket => open += 1,
                Token::RParen | Token::RBracket if open > 0 => open -= 1,
                Token::RParen | Token::RBracket => unopened += 1,
                _ => {}
            }
        }
        while open > 0 && last + 1 < self.all.len() {
            last += 1;
            open -= usize::from(matches!(self.all.get(last).map(|token| &token.token), Some(Token::RParen | Token::RBracket)));
        }
        while unopened > 0 && first > 0 {
            first -= 1;
            unopened -= usize::from(matches!(self.all.get(first).map(|token| &token.token), Some(Token::LParen | Token::LBracket)));
        }
        self.span(first).to(self.span(last))
    }

    /// What stands behind the first semicolon.
    pub(super) fn behind_semicolon(&self) -> Span {
        let at = self.all.iter().position(|token| token.token == Token::SemiColon).map_or(self.all.len(), |at| at + 1);
        self.span(at).to(self.span(self.all.len().saturating_sub(1)))
    }

    /// Where a node of the library stands.
    pub(super) fn of_node(&self, node: &impl Spanned) -> Span {
        let place = node.span();
        if place.start.column == 0 {
            return Span::default();
        }
        let number = |column: u64| usize::try_from(column).unwrap_or(usize::MAX).saturating_sub(1);
        self.span(number(place.start.column)).to(self.span(number(place.end.column)))
    }
}

/// Where lines begin.
struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    /// Columns count characters, from 1.
    fn byte(&self, place: Location) -> usize {
        let line = usize::try_from(place.line).unwrap_or(usize::MAX).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or(self.text.len());
        let column = usize::try_from(place.column).unwrap_or(usize::MAX).saturating_sub(1);
        let line = self.text.get(start..).unwrap_or_default();
        line.char_indices().nth(column).map_or(self.text.len(), |(at, _)| start + at)
    }
}

/// Spark's escapes. `\%` and `\_` stay for `LIKE`, a doubled quote is one.
fn unescaped(raw: &str, quote: char) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut letters = raw.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == quote && letters.peek() == Some(&quote) {
            letters.next();
            text.push(quote);
            continue;
        }
        if letter != '\\' {
            text.push(letter);
            continue;
        }
        match letters.next() {
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('t') => text.push('\t'),
            Some('0') => text.push('\0'),
            Some('b') => text.push('\u{8}'),
            Some(wild @ ('%' | '_')) => text.extend(['\\', wild]),
            Some('u') => {
                let digits: String = letters.clone().take(4).collect();
                match u32::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 4).and_then(char::from_u32) {
                    Some(letter) => {
                        text.push(letter);
                        letters.nth(3);
                    }
                    None => text.push('u'),
                }
            }
            Some(other) => text.push(other),
            None => text.push('\\'),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        for (raw, expected) in [
            ("plain", "plain"),
            ("it''s", "it's"),
            (r"it\'s", "it's"),
            (r"\\d+", r"\d+"),
            (r"\d+", "d+"),
            (r"10\%", r"10\%"),
            (r"\u00e9", "é"),
            (r"\u00", "u00"),
            (r"a\nb", "a\nb"),
            ("\\", "\\"),
        ] {
            assert_eq!(unescaped(raw, '\''), expected, "{raw}");
        }
    }
}
