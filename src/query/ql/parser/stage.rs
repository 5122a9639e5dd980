//! Which command it is, and the commands everybody uses.

use super::super::ast::{DiffWindow, Direction, ExprKind, FilterIndex, SortKey, Stage, StageKind, Stats};
use super::super::error::QueryError;
use super::super::table;
use super::super::token::{Token, TokenKind};
use super::{Parser, Result};

impl Parser<'_> {
    pub(super) fn stage(&mut self) -> Result<Stage> {
        let word = self.peek();
        if word.kind != TokenKind::Word {
            self.hints.clear();
            return Err(self.wanted("a command"));
        }
        let Some(command) = table::command_named(self.written(word)) else { return Err(self.no_command(word)) };
        if command.name == "SOURCE" {
            return Err(self.error_here("`SOURCE` stands only at the start of a query"));
        }
        self.bump();
        let kind = self.told(command.name)?;
        Ok(Stage { kind, word_span: word.span, span: self.since(word.span) })
    }

    fn no_command(&mut self, word: Token) -> QueryError {
        let written = self.written(word);
        let error = QueryError::new(word.span, format!("`{written}` is no command"));
        match table::function_named(written) {
            Some(function) if function.kind != table::FunctionKind::Scalar => {
                QueryError::new(word.span, format!("`{}` is a function, no command: stats {}", function.name, function.form))
            }
            _ => error.suggest(table::nearest_command(written)),
        }
    }

    fn told(&mut self, command: &str) -> Result<StageKind> {
        Ok(match command {
            "fields" => StageKind::Fields(self.list(Self::item)?),
            "display" => StageKind::Display(self.list(Self::item)?),
            "filter" | "where" => StageKind::Filter(self.expr()?),
            "filterIndex" => StageKind::FilterIndex(self.filter_index()?),
            "parse" => StageKind::Parse(self.parse_command()?),
            "json" => StageKind::Json(self.json()?),
            "stats" => StageKind::Stats(self.stats()?),
            "sort" => StageKind::Sort(self.sort()?),
            "limit" => {
                let any = self.eat_word("any").is_some();
                StageKind::Limit { any, count: self.integer()? }
            }
            "head" => StageKind::Head(self.integer()?),
            "tail" => StageKind::Tail(self.integer()?),
            "dedup" => StageKind::Dedup(self.list(Self::field)?),
            "pattern" => StageKind::Pattern(self.expr()?),
            "diff" => StageKind::Diff(self.diff_window()),
            "anomaly" => StageKind::Anomaly,
            "unnest" => {
                let field = self.field()?;
                self.expect_word("into")?;
                StageKind::Unnest { field, into: self.name()? }
            }
            "expand" => StageKind::Expand(self.field()?),
            "lookup" => StageKind::Lookup(self.lookup()?),
            "cidrlookup" => StageKind::CidrLookup(self.cidr_lookup()?),
            "join" => StageKind::Join(self.join()?),
            "relevantfields" => StageKind::RelevantFields(self.relevant_fields()?),
            "addtotals" => StageKind::AddTotals(self.add_totals()?),
            "autoregress" => StageKind::Autoregress(self.autoregress()?),
            "accum" => StageKind::Accum { field: self.field()?, alias: self.alias()? },
            "filldown" => StageKind::FillDown(self.fill_down()?),
            "fillmissing" => StageKind::FillMissing(self.fill_missing()?),
            "logcompare" => {
                self.expect_word("timeshift")?;
                StageKind::LogCompare(self.period()?)
            }
            "outlier" => StageKind::Outlier(self.outlier()?),
            "appendcols" => StageKind::AppendCols(self.append_cols()?),
            "sessionize" => StageKind::Sessionize(self.sessionize()?),
            "countFrequent" => StageKind::CountFrequent(self.list(Self::field)?),
            "estimate" => StageKind::Estimate,
            other => return Err(QueryError::new(self.since(self.peek().span), format!("`{other}` cannot be read yet"))),
        })
    }

    fn filter_index(&mut self) -> Result<FilterIndex> {
        let field = self.field()?;
        if self.eat(TokenKind::Equal).is_some() {
            return Ok(FilterIndex { field, values: vec![self.literal()?], is_list: false });
        }
        self.expect_word("in")?;
        self.expect(TokenKind::OpenList)?;
        let values = self.list(Self::literal)?;
        self.expect(TokenKind::CloseList)?;
        Ok(FilterIndex { field, values, is_list: true })
    }

    fn stats(&mut self) -> Result<Stats> {
        let items = self.list(Self::item)?;
        let by = if self.eat_word("by").is_some() { self.list(Self::item)? } else { Vec::new() };
        let offset = if self.eat_word("offset").is_some() { Some(self.period()?) } else { None };
        Ok(Stats { items, by, offset })
    }

    /// Some of AWS's own examples say `sort by x`.
    fn sort(&mut self) -> Result<Vec<SortKey>> {
        if self.peek().is_word(self.text, "by") {
            self.bump();
        }
        self.list(Self::sort_key)
    }

    fn sort_key(&mut self) -> Result<SortKey> {
        let value = self.expr()?;
        let ExprKind::Field(field) = value.kind else {
            let written = super::shorten(value.span.of(self.text));
            return Err(QueryError::new(value.span, format!("sort takes names: write `{written} as t` in fields or stats, then sort by t")));
        };
        let direction = if self.eat_word("asc").is_some() {
            Some(Direction::Ascending)
        } else if self.eat_word("desc").is_some() {
            Some(Direction::Descending)
        } else {
            None
        };
        Ok(SortKey { field, direction })
    }

    fn diff_window(&mut self) -> DiffWindow {
        let windows =
            [("previousDay", DiffWindow::PreviousDay), ("previousWeek", DiffWindow::PreviousWeek), ("previousMonth", DiffWindow::PreviousMonth)];
        match windows.into_iter().find(|window| self.is_at_word(window.0)) {
            Some((_, window)) => {
                self.bump();
                window
            }
            None => DiffWindow::Previous,
        }
    }
}
