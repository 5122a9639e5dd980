//! `sessionize`, `outlier`, `appendcols`, `logcompare`: commands that need all rows, or another time.

use super::super::error::RunError;
use super::super::expr::{Node, wrong};
use super::super::stage::{AppendCols as Append, Held, Outlier as Outliers, Sessionize as Sessions};
use super::{Earlier, Planner};
use crate::query::ql::ast::{AppendCols, Outlier, OutlierAction, Period, Sessionize};

/// A silence of half an hour ends a session.
const GAP: i64 = 30 * 60_000;
/// So many times the middle half's width from it is far.
const TIMES: f64 = 2.5;
/// So many rows get columns.
const APPENDED: usize = 10_000;

fn millis(period: &Period) -> Result<i64, RunError> {
    period
        .millis()
        .and_then(|millis| i64::try_from(millis).ok())
        .ok_or_else(|| wrong(period.span, "a length in weeks or less stands here: months differ"))
}

impl Planner<'_> {
    pub(super) fn sessionize(&mut self, told: &Sessionize) -> Result<(), RunError> {
        let keys = told.fields.iter().map(|field| self.field(field)).collect::<Result<_, _>>()?;
        let gap = told.max_span.as_ref().map_or(Ok(GAP), millis)?;
        let name = told.alias.as_ref().map_or("session_id", |alias| alias.text.as_str());
        let slot = self.names.give(name);
        self.names.add(name, slot);
        self.breaks(false);
        self.push(Sessions { keys, gap, slot, held: Held::default() });
        Ok(())
    }

    pub(super) fn outlier(&mut self, told: &Outlier) -> Result<(), RunError> {
        let mut fields = Vec::new();
        for field in &told.fields {
            let node = self.field(field)?;
            let name = field.flat();
            let slot = self.replace(&name);
            let mark = told.mark.unwrap_or(false).then(|| {
                let name = format!("{name}_outlier");
                let slot = self.names.give(&name);
                self.names.add(&name, slot);
                slot
            });
            fields.push((node, slot, mark));
        }
        let times = told.parameter.as_ref().map_or(TIMES, crate::query::ql::ast::Number::value);
        self.breaks(false);
        let removes = told.action == Some(OutlierAction::Remove);
        self.push(Outliers { fields, times, looks_below: told.use_lower.unwrap_or(false), removes, held: Held::default() });
        Ok(())
    }

    pub(super) fn append_cols(&mut self, told: &AppendCols) -> Result<(), RunError> {
        let (columns, mut rows) = (self.inner)(&told.query, None)?;
        rows.truncate(told.max.map_or(APPENDED, |max| usize::try_from(max).unwrap_or(usize::MAX)));
        let mut slots = Vec::new();
        for name in &columns {
            let before = self.names.given().find(|(known, _)| known == name).map(|(_, slot)| Node::Slot(slot));
            slots.push((self.replace(name), before));
        }
        self.breaks(false);
        self.push(Append { slots, rows: rows.into_iter(), overwrites: told.overwrite.unwrap_or(false) });
        Ok(())
    }

    /// Patterns of the messages, compared with those of the time before.
    pub(super) fn log_compare(&mut self, period: &Period) -> Result<(), RunError> {
        let back = millis(period)?;
        let of = self.names.system("@message");
        self.pattern(of, Some(Earlier::By(back)));
        Ok(())
    }
}
