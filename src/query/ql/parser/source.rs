//! `SOURCE`: the log groups a query names itself.

use super::super::ast::{Group, GroupFilter, GroupKey, Moment, Selector, SelectorKind, Source, TagFilter, Text};
use super::super::token::TokenKind;
use super::{Parser, Result};

impl Parser<'_> {
    pub(super) fn source(&mut self) -> Result<Source> {
        self.expect_word("source")?;
        if self.peek_second().kind == TokenKind::Open {
            let mut selectors = vec![self.selector()?];
            while !self.at_end_of_stage() {
                selectors.push(self.selector()?);
            }
            return Ok(Source::Selection(selectors));
        }
        let name = if self.peek().kind == TokenKind::Text {
            self.string()?
        } else if matches!(self.peek().kind, TokenKind::Word | TokenKind::Path) {
            let name = self.name()?;
            Text { value: name.text, span: name.span }
        } else {
            return Err(self.wanted("a log group in quotes"));
        };
        let start = if self.eat_option("start") { Some(self.moment()?) } else { None };
        let end = if self.eat_option("end") { Some(self.moment()?) } else { None };
        Ok(Source::Group(Group { name, start, end }))
    }

    fn moment(&mut self) -> Result<Moment> {
        if self.eat_word("now").is_some() {
            return Ok(Moment::Now);
        }
        if self.eat(TokenKind::Minus).is_some() {
            return self.period().map(Moment::Ago);
        }
        self.integer().map(Moment::At)
    }

    fn selector(&mut self) -> Result<Selector> {
        let start = self.peek().span;
        let kind = if self.eat_word("logGroups").is_some() {
            self.expect(TokenKind::Open)?;
            let filters = if self.peek().kind == TokenKind::Close { Vec::new() } else { self.list(Self::group_filter)? };
            SelectorKind::LogGroups(filters)
        } else if self.eat_word("dataSource").is_some() {
            self.expect(TokenKind::Open)?;
            SelectorKind::DataSource(self.strings()?)
        } else if self.eat_word("logGroupTags").is_some() {
            self.expect(TokenKind::Open)?;
            self.expect(TokenKind::OpenList)?;
            let filters = self.list(Self::tag_filter)?;
            self.expect(TokenKind::CloseList)?;
            SelectorKind::Tags(filters)
        } else {
            return Err(self.unexpected());
        };
        self.expect(TokenKind::Close)?;
        Ok(Selector { kind, span: self.since(start) })
    }

    fn group_filter(&mut self) -> Result<GroupFilter> {
        let start = self.peek().span;
        // AWS's pages spell these keys in two ways each.
        let spellings = [
            ("namePrefix", GroupKey::NamePrefix),
            ("accountIdentifiers", GroupKey::Account),
            ("accountIdentifier", GroupKey::Account),
            ("class", GroupKey::Class),
            ("logGroupClass", GroupKey::Class),
        ];
        let Some((_, key)) = spellings.into_iter().find(|spelling| self.is_at_word(spelling.0)) else {
            return Err(self.unexpected());
        };
        self.bump();
        self.expect(TokenKind::Colon)?;
        let values = self.strings()?;
        Ok(GroupFilter { key, values, span: self.since(start) })
    }

    /// `["a", "b"]`
    fn strings(&mut self) -> Result<Vec<Text>> {
        self.expect(TokenKind::OpenList)?;
        let strings = self.list(Self::string)?;
        self.expect(TokenKind::CloseList)?;
        Ok(strings)
    }

    /// `{"key": "team", "values": ["a"]}`, in any order.
    fn tag_filter(&mut self) -> Result<TagFilter> {
        self.expect(TokenKind::OpenMap)?;
        let (mut key, mut values) = (None, None);
        loop {
            let member = self.peek();
            let name = if member.kind == TokenKind::Text { self.text_of(member).value } else { String::new() };
            match name.as_str() {
                "key" if key.is_none() => {
                    self.bump();
                    self.expect(TokenKind::Colon)?;
                    key = Some(self.string()?);
                }
                "values" if values.is_none() => {
                    self.bump();
                    self.expect(TokenKind::Colon)?;
                    values = Some(self.strings()?);
                }
                _ => return Err(self.wanted("a member \"key\" or \"values\", each once")),
            }
            if let (Some(key), Some(values)) = (&key, &values) {
                self.expect(TokenKind::CloseMap)?;
                return Ok(TagFilter { key: key.clone(), values: values.clone() });
            }
            self.expect(TokenKind::Comma)?;
        }
    }
}
