//! Commands that bring in something from elsewhere: tables, other log groups, other queries.

use super::super::ast::{AppendCols, CidrLookup, Join, JoinKind, Lookup, LookupMatch, OutputColumn, RelevantFields};
use super::super::token::TokenKind;
use super::{Parser, Result};

impl Parser<'_> {
    pub(super) fn lookup(&mut self) -> Result<Lookup> {
        let table = self.table_name()?;
        let matches = self.list(|parser| {
            let column = parser.name()?;
            let field = if parser.eat_word("as").is_some() { Some(parser.field()?) } else { None };
            Ok(LookupMatch { column, field })
        })?;
        let only_new = self.only_new()?;
        Ok(Lookup { table, matches, only_new, output: self.output()? })
    }

    pub(super) fn cidr_lookup(&mut self) -> Result<CidrLookup> {
        let table = self.table_name()?;
        let field = self.field()?;
        let column = self.alias()?;
        let only_new = self.only_new()?;
        Ok(CidrLookup { table, field, column, only_new, output: self.output()? })
    }

    /// `OUTPUT`, or else `OUTPUTNEW`.
    fn only_new(&mut self) -> Result<bool> {
        if self.eat_word("OUTPUT").is_some() {
            return Ok(false);
        }
        self.expect_word("OUTPUTNEW").map(|_| true)
    }

    fn output(&mut self) -> Result<Vec<OutputColumn>> {
        self.list(|parser| Ok(OutputColumn { column: parser.name()?, alias: parser.alias()? }))
    }

    pub(super) fn join(&mut self) -> Result<Join> {
        let (mut kind, mut left, mut right) = (None, None, None);
        loop {
            if kind.is_none() && self.eat_option("type") {
                kind = Some(if self.eat_word("inner").is_some() {
                    JoinKind::Inner
                } else {
                    self.expect_word("left")?;
                    JoinKind::Left
                });
            } else if left.is_none() && self.eat_option("left") {
                left = Some(self.name()?);
            } else if right.is_none() && self.eat_option("right") {
                right = Some(self.name()?);
            } else {
                break;
            }
        }
        let (Some(left), Some(right)) = (left, right) else { return Err(self.unexpected()) };
        self.expect_word("where")?;
        let left_key = self.field()?;
        self.expect(TokenKind::Equal)?;
        let right_key = self.field()?;
        if self.peek().is_word(self.text, "and") {
            return Err(self.error_here("a join compares one pair of fields"));
        }
        self.expect(TokenKind::Open)?;
        let query = self.sub_query()?;
        Ok(Join { kind: kind.unwrap_or(JoinKind::Inner), left, right, left_key, right_key, query })
    }

    pub(super) fn relevant_fields(&mut self) -> Result<RelevantFields> {
        let fields = if self.is_at_word("where") { Vec::new() } else { self.list(Self::field)? };
        self.expect_word("where")?;
        Ok(RelevantFields { fields, condition: self.expr()? })
    }

    pub(super) fn append_cols(&mut self) -> Result<AppendCols> {
        let (mut overwrite, mut max) = (None, None);
        loop {
            if overwrite.is_none() && self.eat_option("override") {
                overwrite = Some(self.boolean()?);
            } else if max.is_none() && self.eat_option("max") {
                max = Some(self.integer()?);
            } else {
                break;
            }
        }
        self.expect(TokenKind::Open)?;
        Ok(AppendCols { overwrite, max, query: self.sub_query()? })
    }
}
