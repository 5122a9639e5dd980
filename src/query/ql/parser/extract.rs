//! Commands that take a text apart: `parse`, `json`.

use super::super::ast::{Extraction, Field, Json, Name, Parse};
use super::super::token::TokenKind;
use super::{Parser, Result};

impl Parser<'_> {
    /// `logfmt`, `csv` and `XML` are words of the command only where what must follow them does; otherwise they name a field.
    pub(super) fn parse_command(&mut self) -> Result<Parse> {
        if let Some(extraction) = self.worded()? {
            return Ok(Parse { field: None, extraction });
        }
        let field = match self.peek().kind {
            TokenKind::Word | TokenKind::Path => Some(self.field()?),
            _ => None,
        };
        self.extraction(field)
    }

    fn extraction(&mut self, field: Option<Field>) -> Result<Parse> {
        if let Some(extraction) = self.worded()? {
            return Ok(Parse { field, extraction });
        }
        if field.is_none() {
            self.hint("a name");
        }
        if let Some(token) = self.eat(TokenKind::Text) {
            let pattern = self.text_of(token);
            return Ok(Parse { field, extraction: Extraction::Glob { pattern, names: self.required_names()? } });
        }
        let token = self.expect(TokenKind::Regex)?;
        let multi_follows = self.peek().is_word(self.text, "multi") || self.peek().is_word(self.text, "as");
        if !multi_follows {
            self.no_flags(token)?;
        }
        let pattern = self.regex_of(token);
        let names = if self.eat_word("as").is_some() { self.list(Self::name)? } else { Vec::new() };
        let multi = self.eat_word("multi").is_some();
        Ok(Parse { field, extraction: Extraction::Regex { pattern, names, multi } })
    }

    fn worded(&mut self) -> Result<Option<Extraction>> {
        let (word, next) = (self.peek(), self.peek_second());
        let named = next.is_word(self.text, "as");
        if named && word.is_word(self.text, "logfmt") {
            self.bump();
            return self.required_alias().map(Extraction::Logfmt).map(Some);
        }
        if named && word.is_word(self.text, "csv") {
            self.bump();
            return self.required_names().map(Extraction::Csv).map(Some);
        }
        if next.kind == TokenKind::Text && word.is_word(self.text, "xml") {
            self.bump();
            return Ok(Some(Extraction::Xml { path: self.string()?, name: self.required_alias()? }));
        }
        Ok(None)
    }

    /// `as a, b`
    fn required_names(&mut self) -> Result<Vec<Name>> {
        self.expect_word("as")?;
        self.list(Self::name)
    }

    pub(super) fn json(&mut self) -> Result<Json> {
        self.expect_word("field")?;
        self.expect(TokenKind::Equal)?;
        Ok(Json { field: self.field()?, path: self.string()?, alias: self.required_alias()? })
    }
}
