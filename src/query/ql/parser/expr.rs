//! Values and conditions: `or`, `and`, `not`, comparison, `+ -`, `* / %`, `^`, sign, from loose to tight.

use super::super::ast::{Arguments, Call, Comparison, Expr, ExprKind, Item, Operator, Pattern, Set};
use super::super::error::QueryError;
use super::super::table;
use super::super::token::{Token, TokenKind, is_reserved};
use super::{Parser, Result};

fn comparison(kind: TokenKind) -> Option<Comparison> {
    Some(match kind {
        TokenKind::Equal => Comparison::Equal,
        TokenKind::NotEqual => Comparison::NotEqual,
        TokenKind::Less => Comparison::Less,
        TokenKind::LessEqual => Comparison::LessEqual,
        TokenKind::Greater => Comparison::Greater,
        TokenKind::GreaterEqual => Comparison::GreaterEqual,
        _ => return None,
    })
}

fn sum_operator(kind: TokenKind) -> Option<Operator> {
    match kind {
        TokenKind::Plus => Some(Operator::Add),
        TokenKind::Minus => Some(Operator::Subtract),
        _ => None,
    }
}

fn product_operator(kind: TokenKind) -> Option<Operator> {
    match kind {
        TokenKind::Star => Some(Operator::Multiply),
        TokenKind::Slash => Some(Operator::Divide),
        TokenKind::Percent => Some(Operator::Remainder),
        _ => None,
    }
}

impl Parser<'_> {
    /// `value as name`
    pub(super) fn item(&mut self) -> Result<Item> {
        Ok(Item { expr: self.expr()?, alias: self.alias()? })
    }

    /// Any value or condition.
    pub(super) fn expr(&mut self) -> Result<Expr> {
        self.nested(|parser| parser.chain("or", ExprKind::Or, |parser| parser.chain("and", ExprKind::And, Self::negation)))
    }

    fn chain(&mut self, word: &'static str, join: fn(Vec<Expr>) -> ExprKind, operand: impl Fn(&mut Self) -> Result<Expr>) -> Result<Expr> {
        let first = operand(self)?;
        let start = first.span;
        if self.eat_word(word).is_none() {
            return Ok(first);
        }
        let mut parts = vec![first, operand(self)?];
        while self.eat_word(word).is_some() {
            parts.push(operand(self)?);
        }
        Ok(Expr { kind: join(parts), span: self.since(start) })
    }

    fn negation(&mut self) -> Result<Expr> {
        let start = self.peek().span;
        if self.peek().kind == TokenKind::Bang || self.peek().is_word(self.text, "not") {
            self.bump();
            let inner = self.nested(Self::negation)?;
            return Ok(Expr { kind: ExprKind::Not(Box::new(inner)), span: self.since(start) });
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Result<Expr> {
        let left = self.sum()?;
        let start = left.span;
        if !self.is_at_test() {
            return Ok(left);
        }
        let kind = self.test(Box::new(left))?;
        if self.is_at_test() {
            return Err(self.error_here("a comparison has two sides; more of them are joined by `and`"));
        }
        Ok(Expr { kind, span: self.since(start) })
    }

    /// Is something asked of the value that was just read?
    fn is_at_test(&mut self) -> bool {
        self.hint("an operator");
        let next = self.peek();
        let worded = ["not", "like", "in"].iter().any(|word| next.is_word(self.text, word));
        worded || next.kind == TokenKind::Matches || comparison(next.kind).is_some()
    }

    fn test(&mut self, value: Box<Expr>) -> Result<ExprKind> {
        if let Some(comparison) = comparison(self.peek().kind) {
            self.bump();
            return Ok(ExprKind::Compare(comparison, value, Box::new(self.sum()?)));
        }
        if self.peek().kind == TokenKind::Matches {
            self.bump();
            return Ok(ExprKind::Like { value, pattern: self.pattern()?, negated: false });
        }
        let negated = self.eat_word("not").is_some();
        if self.eat_word("like").is_some() {
            return Ok(ExprKind::Like { value, pattern: self.pattern()?, negated });
        }
        self.expect_word("in")?;
        Ok(ExprKind::In { value, set: self.set()?, negated })
    }

    fn pattern(&mut self) -> Result<Pattern> {
        if let Some(token) = self.eat(TokenKind::Text) {
            return Ok(Pattern::Text(self.text_of(token)));
        }
        let token = self.expect(TokenKind::Regex)?;
        self.no_flags(token)?;
        Ok(Pattern::Regex(self.regex_of(token)))
    }

    /// `/x/i` is what people write who come from elsewhere.
    pub(super) fn no_flags(&mut self, regex: Token) -> Result<()> {
        let next = self.peek();
        if next.kind == TokenKind::Word && next.span.start == regex.span.end {
            let flags = self.written(next);
            return Err(QueryError::new(next.span, format!("a regular expression takes no flags behind it: write /(?{flags})…/")));
        }
        Ok(())
    }

    fn set(&mut self) -> Result<Set> {
        if self.eat(TokenKind::OpenList).is_some() {
            return Ok(Set::List(self.list_rest()?));
        }
        if self.eat(TokenKind::Open).is_some() {
            let next = self.peek();
            let begins_query = next.kind == TokenKind::Word && table::command_named(self.written(next)).is_some();
            if !begins_query {
                return Err(self.error_here("a list stands in square brackets, [\"a\", \"b\"]; round ones hold a sub-query"));
            }
            return Ok(Set::Query(self.sub_query()?));
        }
        self.hint("a list");
        Err(self.unexpected())
    }

    /// The elements of a list, the opening bracket of which was read.
    fn list_rest(&mut self) -> Result<Vec<Expr>> {
        if self.eat(TokenKind::CloseList).is_some() {
            return Ok(Vec::new());
        }
        let list = self.list(Self::expr)?;
        self.expect(TokenKind::CloseList)?;
        Ok(list)
    }

    fn sum(&mut self) -> Result<Expr> {
        self.arithmetic(sum_operator, |parser| parser.arithmetic(product_operator, Self::power))
    }

    fn arithmetic(&mut self, operator: fn(TokenKind) -> Option<Operator>, operand: impl Fn(&mut Self) -> Result<Expr>) -> Result<Expr> {
        let first = operand(self)?;
        let start = first.span;
        let mut rest = Vec::new();
        while let Some(operator) = operator(self.peek().kind) {
            self.bump();
            rest.push((operator, operand(self)?));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        Ok(Expr { kind: ExprKind::Arithmetic { first: Box::new(first), rest }, span: self.since(start) })
    }

    fn power(&mut self) -> Result<Expr> {
        let base = self.signed()?;
        if self.peek().kind != TokenKind::Caret {
            return Ok(base);
        }
        self.bump();
        let start = base.span;
        let exponent = self.nested(Self::power)?;
        Ok(Expr { kind: ExprKind::Power(Box::new(base), Box::new(exponent)), span: self.since(start) })
    }

    fn signed(&mut self) -> Result<Expr> {
        let start = self.peek().span;
        if self.peek().kind != TokenKind::Minus {
            return self.primary();
        }
        self.bump();
        let inner = self.nested(Self::signed)?;
        Ok(Expr { kind: ExprKind::Negate(Box::new(inner)), span: self.since(start) })
    }

    fn primary(&mut self) -> Result<Expr> {
        let token = self.peek();
        let kind = match token.kind {
            TokenKind::Number => {
                self.bump();
                ExprKind::Number(self.number_of(token))
            }
            TokenKind::Text => {
                self.bump();
                ExprKind::Text(self.text_of(token).value)
            }
            TokenKind::Period => {
                self.bump();
                ExprKind::Period(self.period_of(token)?)
            }
            TokenKind::OpenList => {
                self.bump();
                ExprKind::List(self.list_rest()?)
            }
            TokenKind::Open => {
                self.bump();
                let inner = self.expr()?;
                self.expect(TokenKind::Close)?;
                return Ok(Expr { kind: inner.kind, span: self.since(token.span) });
            }
            TokenKind::Word if token.is_word(self.text, "true") || token.is_word(self.text, "false") => ExprKind::Bool(self.boolean()?),
            TokenKind::Word if is_reserved(self.written(token)) => return Err(self.wanted("a value")),
            TokenKind::Word if self.peek_second().kind == TokenKind::Open => {
                self.bump();
                ExprKind::Call(self.call(token)?)
            }
            TokenKind::Word | TokenKind::Path => {
                self.bump();
                ExprKind::Field(self.field_of(token)?)
            }
            TokenKind::Regex => return Err(self.error_here("a regular expression stands only after `like`, `=~` or `parse`")),
            TokenKind::Star => return Err(self.error_here("`*` does not stand for all fields: name them, or leave the command out")),
            _ => return Err(self.wanted("a value")),
        };
        Ok(Expr { kind, span: self.since(token.span) })
    }

    fn call(&mut self, name: Token) -> Result<Call> {
        self.expect(TokenKind::Open)?;
        let arguments = if self.peek().kind == TokenKind::Star && self.peek_second().kind == TokenKind::Close {
            self.bump();
            Arguments::Star
        } else if self.peek().kind == TokenKind::Close {
            Arguments::List(Vec::new())
        } else {
            Arguments::List(self.list(|parser| {
                let before = parser.peek();
                let value = parser.expr()?;
                parser.period_with_a_space(before)?;
                Ok(value)
            })?)
        };
        let close = self.expect(TokenKind::Close)?;
        if self.peek().kind == TokenKind::OpenList && self.peek().span.start == close.span.end {
            return Err(self.error_here("an element is read from a name: give the value one in a `fields` command of its own"));
        }
        let written = self.written(name);
        let spelling = table::function_named(written).map_or(written, |function| function.name);
        Ok(Call { name: spelling.to_owned(), name_span: name.span, arguments })
    }

    /// `5 m` for `5m`
    fn period_with_a_space(&mut self, number: Token) -> Result<()> {
        let unit = self.peek();
        if number.kind == TokenKind::Number && unit.kind == TokenKind::Word {
            let (number, written) = (self.written(number), self.written(unit));
            if super::super::ast::Unit::from_name(written).is_some() {
                return Err(QueryError::new(unit.span, format!("a period is written without a space: {number}{written}")));
            }
        }
        Ok(())
    }
}
