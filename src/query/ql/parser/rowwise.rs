//! Commands that work along the rows: totals, lags, gaps, sessions, outliers.

use super::super::ast::{AddTotals, Autoregress, Fill, FillTarget, Name, Outlier, OutlierAction, Sessionize};
use super::super::token::{Span, TokenKind};
use super::{Parser, Result};

impl Parser<'_> {
    pub(super) fn add_totals(&mut self) -> Result<AddTotals> {
        let mut told = AddTotals { name: None, row: None, column: None, fields: Vec::new() };
        loop {
            if told.name.is_none() && self.eat_option("fieldname") {
                told.name = Some(self.name()?);
            } else if told.row.is_none() && self.eat_option("row") {
                told.row = Some(self.boolean()?);
            } else if told.column.is_none() && self.eat_option("col") {
                told.column = Some(self.boolean()?);
            } else {
                break;
            }
        }
        if !self.at_end_of_stage() {
            told.fields = self.list(Self::field)?;
        }
        Ok(told)
    }

    pub(super) fn autoregress(&mut self) -> Result<Autoregress> {
        let field = self.field()?;
        let alias = self.alias()?;
        let lags = if self.eat_option("p") {
            let from = self.integer()?;
            let to = if self.eat(TokenKind::Minus).is_some() { self.integer()? } else { from };
            Some((from, to))
        } else {
            None
        };
        Ok(Autoregress { field, alias, lags })
    }

    pub(super) fn fill_down(&mut self) -> Result<Vec<FillTarget>> {
        let mut targets = Vec::new();
        while !self.at_end_of_stage() {
            targets.push(self.fill_target()?);
            self.eat(TokenKind::Comma);
        }
        Ok(targets)
    }

    /// A wildcard is several tokens without a space between them.
    fn fill_target(&mut self) -> Result<FillTarget> {
        let start = self.peek().span;
        let mut end = start.start;
        let mut length = 0;
        let mut stars = 0;
        loop {
            let token = self.token(self.at + length);
            let belongs = matches!(token.kind, TokenKind::Word | TokenKind::Star) && token.span.start == end;
            if !belongs {
                break;
            }
            end = token.span.end;
            length += 1;
            stars += usize::from(token.kind == TokenKind::Star);
        }
        if stars == 0 {
            return self.field().map(FillTarget::Field);
        }
        for _ in 0..length {
            self.bump();
        }
        let span = Span::new(start.start, end);
        Ok(FillTarget::Wildcard(Name { text: span.of(self.text).to_owned(), span }))
    }

    pub(super) fn fill_missing(&mut self) -> Result<Vec<Fill>> {
        if self.eat_word("with").is_none() {
            return Ok(Vec::new());
        }
        self.list(|parser| {
            let value = parser.literal()?;
            parser.expect_word("for")?;
            Ok(Fill { value, field: parser.field()? })
        })
    }

    pub(super) fn outlier(&mut self) -> Result<Outlier> {
        let mut told = Outlier { action: None, parameter: None, use_lower: None, mark: None, fields: Vec::new() };
        loop {
            if told.action.is_none() && self.eat_option("action") {
                told.action = Some(if self.eat_word("remove").is_some() {
                    OutlierAction::Remove
                } else {
                    self.expect_word("transform")?;
                    OutlierAction::Transform
                });
            } else if told.parameter.is_none() && self.eat_option("param") {
                told.parameter = Some(self.number()?);
            } else if told.use_lower.is_none() && self.eat_option("uselower") {
                told.use_lower = Some(self.boolean()?);
            } else if told.mark.is_none() && self.eat_option("mark") {
                told.mark = Some(self.boolean()?);
            } else {
                break;
            }
        }
        told.fields.push(self.field()?);
        while !self.at_end_of_stage() {
            self.eat(TokenKind::Comma);
            told.fields.push(self.field()?);
        }
        Ok(told)
    }

    pub(super) fn sessionize(&mut self) -> Result<Sessionize> {
        let fields = self.list(Self::field)?;
        let max_span = if self.eat_word("maxspan").is_some() { Some(self.period()?) } else { None };
        Ok(Sessionize { fields, max_span, alias: self.alias()? })
    }
}
