//! Names, fields and literals: the smallest parts that commands share.

use super::super::ast::{Expr, ExprKind, Field, Name, Number, Period, Step, Text, Unit};
use super::super::error::QueryError;
use super::super::lexer::steps;
use super::super::token::{Token, TokenKind, is_reserved};
use super::{Parser, Result};

impl Parser<'_> {
    /// A field to read, whatever keyword it is called like elsewhere.
    pub(super) fn field(&mut self) -> Result<Field> {
        let token = self.name_token()?;
        self.field_of(token)
    }

    pub(super) fn field_of(&mut self, token: Token) -> Result<Field> {
        match steps(self.written(token)) {
            Some(steps) if !steps.is_empty() => Ok(Field { steps, span: token.span }),
            _ => Err(QueryError::new(token.span, "this name has an empty part")),
        }
    }

    /// A name to give.
    pub(super) fn name(&mut self) -> Result<Name> {
        let token = self.name_token()?;
        let field = self.field_of(token)?;
        if field.steps.iter().any(|step| matches!(step, Step::Index(_))) {
            return Err(QueryError::new(token.span, "a name that is given has no index"));
        }
        Ok(Name { text: field.flat(), span: token.span })
    }

    fn name_token(&mut self) -> Result<Token> {
        let token = self.peek();
        match token.kind {
            TokenKind::Word if is_reserved(self.written(token)) => Err(self.wanted("a name (in backticks when it is a word of the language)")),
            TokenKind::Word | TokenKind::Path => Ok(self.bump()),
            _ => Err(self.wanted("a name")),
        }
    }

    /// `as name`, or nothing.
    pub(super) fn alias(&mut self) -> Result<Option<Name>> {
        match self.eat_word("as") {
            Some(_) => self.name().map(Some),
            None => Ok(None),
        }
    }

    /// `as name`
    pub(super) fn required_alias(&mut self) -> Result<Name> {
        self.expect_word("as")?;
        self.name()
    }

    /// A name that may have hyphens, as tables of `lookup` do.
    pub(super) fn table_name(&mut self) -> Result<Name> {
        if let Some(token) = self.eat(TokenKind::Text) {
            let text = self.text_of(token);
            return Ok(Name { text: text.value, span: text.span });
        }
        let mut name = self.name()?;
        while self.peek().kind == TokenKind::Minus && self.peek().span.start == name.span.end {
            let part = self.peek_second();
            let joins = matches!(part.kind, TokenKind::Word | TokenKind::Number | TokenKind::Period) && part.span.start == self.peek().span.end;
            if !joins {
                break;
            }
            self.bump();
            self.bump();
            name.span = name.span.to(part.span);
            name.text = format!("{}-{}", name.text, self.written(part));
        }
        Ok(name)
    }

    pub(super) fn string(&mut self) -> Result<Text> {
        let token = self.expect(TokenKind::Text)?;
        Ok(self.text_of(token))
    }

    /// What a string says. A backslash hides a quote or a backslash; before anything else it stands for itself, so that
    /// `"\d+"` says the same with and without doubling.
    pub(super) fn text_of(&self, token: Token) -> Text {
        let written = self.written(token);
        let inside = written.get(1..written.len().saturating_sub(1)).unwrap_or_default();
        let mut value = String::with_capacity(inside.len());
        let mut letters = inside.chars().peekable();
        while let Some(letter) = letters.next() {
            match letters.peek() {
                Some(hidden @ ('"' | '\'' | '\\')) if letter == '\\' => {
                    value.push(*hidden);
                    letters.next();
                }
                _ => value.push(letter),
            }
        }
        Text { value, span: token.span }
    }

    /// What a regular expression says: all of it, but `\/` is `/`.
    pub(super) fn regex_of(&self, token: Token) -> Text {
        let written = self.written(token);
        let inside = written.get(1..written.len().saturating_sub(1)).unwrap_or_default();
        let mut value = String::with_capacity(inside.len());
        let mut letters = inside.chars();
        while let Some(letter) = letters.next() {
            match (letter, letter == '\\') {
                (_, false) => value.push(letter),
                (_, true) => match letters.next() {
                    Some('/') => value.push('/'),
                    Some(other) => value.extend(['\\', other]),
                    None => value.push('\\'),
                },
            }
        }
        Text { value, span: token.span }
    }

    pub(super) fn integer(&mut self) -> Result<u64> {
        let token = self.peek();
        if token.kind != TokenKind::Number {
            return Err(self.wanted("a whole number"));
        }
        let number = self.written(token).parse();
        let number = number.map_err(|_| QueryError::new(token.span, format!("found {}, expected a whole number", self.describe(token))))?;
        self.bump();
        Ok(number)
    }

    pub(super) fn number(&mut self) -> Result<Number> {
        let token = self.expect(TokenKind::Number)?;
        Ok(self.number_of(token))
    }

    pub(super) fn number_of(&self, token: Token) -> Number {
        Number(self.written(token).to_owned())
    }

    pub(super) fn period(&mut self) -> Result<Period> {
        let token = self.expect(TokenKind::Period)?;
        self.period_of(token)
    }

    pub(super) fn period_of(&self, token: Token) -> Result<Period> {
        let written = self.written(token);
        let (count, unit) = written.split_at(written.bytes().take_while(u8::is_ascii_digit).count());
        match (count.parse(), Unit::from_name(unit)) {
            (Ok(count), Some(unit)) => Ok(Period { count, unit, span: token.span }),
            _ => Err(QueryError::new(token.span, "this period is too long")),
        }
    }

    pub(super) fn boolean(&mut self) -> Result<bool> {
        if self.eat_word("true").is_some() {
            return Ok(true);
        }
        self.expect_word("false").map(|_| false)
    }

    /// A value that is written out.
    pub(super) fn literal(&mut self) -> Result<Expr> {
        let token = self.peek();
        let kind = match token.kind {
            TokenKind::Number => ExprKind::Number(self.number()?),
            TokenKind::Minus => {
                self.bump();
                let span = self.peek().span;
                ExprKind::Negate(Box::new(Expr { kind: ExprKind::Number(self.number()?), span }))
            }
            TokenKind::Text => ExprKind::Text(self.string()?.value),
            _ if token.is_word(self.text, "true") || token.is_word(self.text, "false") => ExprKind::Bool(self.boolean()?),
            _ => return Err(self.wanted("a string, number, true or false")),
        };
        Ok(Expr { kind, span: self.since(token.span) })
    }
}
