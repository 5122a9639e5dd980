//! Tokens to a syntax tree, by recursive descent.
//!
//! What was looked for and not found since the last token is remembered: it is what an error says was expected.
//! Nesting is bounded, so that no query can exhaust the stack; chains of operators are lists in the tree for the same reason.

mod combine;
mod expr;
mod extract;
mod name;
mod rowwise;
mod source;
mod stage;

use super::ast::Query;
use super::error::QueryError;
use super::lexer::{lex, shorten};
use super::table;
use super::token::{Span, Token, TokenKind};

/// A longer query is refused.
pub const MAX_BYTES: usize = 1_000_000;
/// Brackets, sub-queries and the like within each other.
pub const MAX_DEPTH: usize = 64;

type Result<T> = std::result::Result<T, QueryError>;

/// Reads a query. The error is the first one from the left.
pub fn parse(text: &str) -> Result<Query> {
    if text.len() > MAX_BYTES {
        return Err(QueryError::new(Span::new(0, 0), format!("the query is {} bytes long, more than {MAX_BYTES}", text.len())));
    }
    let lexed = lex(text);
    let tokens = lexed.tokens.into_iter().filter(|token| token.kind != TokenKind::Comment).collect();
    let mut parser = Parser { text, tokens, broken: lexed.errors, at: 0, depth: 0, hints: Vec::new() };
    if parser.peek().kind == TokenKind::End {
        let mut error = QueryError::new(parser.peek().span, "the query is empty");
        error.expected = vec!["a command such as fields, filter or stats"];
        return Err(error);
    }
    let query = parser.query()?;
    parser.expect(TokenKind::End)?;
    Ok(query)
}

struct Parser<'q> {
    text: &'q str,
    tokens: Vec<Token>,
    broken: Vec<QueryError>,
    at: usize,
    depth: usize,
    /// What could have stood here.
    hints: Vec<&'static str>,
}

impl<'q> Parser<'q> {
    fn token(&self, number: usize) -> Token {
        let end = Token { kind: TokenKind::End, span: Span::new(self.text.len(), self.text.len()) };
        self.tokens.get(number).copied().unwrap_or(end)
    }

    fn peek(&self) -> Token {
        self.token(self.at)
    }

    fn peek_second(&self) -> Token {
        self.token(self.at + 1)
    }

    fn written(&self, token: Token) -> &'q str {
        token.span.of(self.text)
    }

    /// From a token that was read to the one read last.
    fn since(&self, start: Span) -> Span {
        start.to(self.at.checked_sub(1).map_or(start, |last| self.token(last).span))
    }

    fn bump(&mut self) -> Token {
        let token = self.peek();
        self.at += 1;
        self.hints.clear();
        token
    }

    fn is_at(&mut self, kind: TokenKind) -> bool {
        self.hint(kind.wanted());
        self.peek().kind == kind
    }

    fn is_at_word(&mut self, word: &'static str) -> bool {
        self.hint(word);
        self.peek().is_word(self.text, word)
    }

    fn hint(&mut self, wanted: &'static str) {
        if !self.hints.contains(&wanted) {
            self.hints.push(wanted);
        }
    }

    fn eat(&mut self, kind: TokenKind) -> Option<Token> {
        self.is_at(kind).then(|| self.bump())
    }

    fn eat_word(&mut self, word: &'static str) -> Option<Token> {
        self.is_at_word(word).then(|| self.bump())
    }

    fn expect(&mut self, kind: TokenKind) -> Result<Token> {
        self.eat(kind).ok_or_else(|| self.unexpected())
    }

    fn expect_word(&mut self, word: &'static str) -> Result<Token> {
        self.eat_word(word).ok_or_else(|| self.unexpected())
    }

    /// Is this `word=`, an option of a command?
    fn eat_option(&mut self, word: &'static str) -> bool {
        let is = self.is_at_word(word) && self.peek_second().kind == TokenKind::Equal;
        if is {
            self.bump();
            self.bump();
        }
        is
    }

    /// Has the command been told all?
    fn at_end_of_stage(&self) -> bool {
        matches!(self.peek().kind, TokenKind::End | TokenKind::Pipe | TokenKind::Close)
    }

    /// One or more, parted by commas.
    fn list<T>(&mut self, mut one: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut list = vec![one(self)?];
        while self.eat(TokenKind::Comma).is_some() {
            list.push(one(self)?);
        }
        Ok(list)
    }

    fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth == MAX_DEPTH {
            return Err(QueryError::new(self.peek().span, format!("more than {MAX_DEPTH} brackets or sub-queries within each other")));
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// What stands here is none of what was looked for.
    fn unexpected(&mut self) -> QueryError {
        let token = self.peek();
        if let Some(error) = self.broken.iter().find(|error| token.kind == TokenKind::Broken && error.span == token.span) {
            return error.clone();
        }
        let mut error = QueryError::new(token.span, format!("found {}", self.describe(token))).suggest(self.meant(token));
        error.expected = std::mem::take(&mut self.hints);
        if error.expected.len() > 1 {
            error.expected.retain(|wanted| *wanted != TokenKind::End.wanted());
        }
        error
    }

    /// The word that could have stood here and is written nearly like this one.
    fn meant(&self, token: Token) -> Option<&'static str> {
        let written = self.written(token);
        if token.kind != TokenKind::Word || written.len() < 3 {
            return None;
        }
        let operators: &[&str] = if self.hints.contains(&"an operator") { &["like", "not"] } else { &[] };
        let words = self.hints.iter().chain(operators).copied().filter(|hint| hint.bytes().all(|b| b.is_ascii_alphabetic()));
        table::nearest(written, words)
    }

    fn wanted(&mut self, what: &'static str) -> QueryError {
        self.hint(what);
        self.unexpected()
    }

    /// An error of its own words, unless what stands there is broken.
    fn error_here(&mut self, message: impl Into<String>) -> QueryError {
        if self.peek().kind == TokenKind::Broken {
            return self.unexpected();
        }
        QueryError::new(self.peek().span, message)
    }

    fn describe(&self, token: Token) -> String {
        match token.kind {
            TokenKind::End => "the end of the query".to_owned(),
            TokenKind::Text => shorten(self.written(token)),
            _ => format!("`{}`", shorten(self.written(token))),
        }
    }

    fn query(&mut self) -> Result<Query> {
        let start = self.peek().span;
        let source = if self.peek().is_word(self.text, "source") { Some(self.source()?) } else { None };
        let mut stages = Vec::new();
        if source.is_none() || self.eat(TokenKind::Pipe).is_some() {
            loop {
                stages.push(self.stage()?);
                if self.eat(TokenKind::Pipe).is_none() {
                    break;
                }
            }
        }
        Ok(Query { source, stages, span: self.since(start) })
    }

    /// A query in brackets, the opening one of which was read.
    fn sub_query(&mut self) -> Result<Box<Query>> {
        let query = self.nested(Self::query)?;
        self.expect(TokenKind::Close)?;
        Ok(Box::new(query))
    }
}
