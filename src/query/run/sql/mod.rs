//! SQL answered from a case, by the engine that answers QL: the same rows of events, the same commands at work, the same bounds.
//!
//! `tables` says what names mean, `findings` gives what the rules found as tables, `compile` makes values and conditions ready, `select` makes commands of a `SELECT`; `join`,
//! `distinct`, `window` and `set` are the commands that only SQL has. Nothing here writes.

mod compile;
mod distinct;
mod findings;
mod join;
mod select;
mod set;
mod tables;
mod window;

use std::collections::HashMap;

use super::error::RunError;
use super::expr::{Node, wrong};
use super::gather::Gather;
use super::groups::choose_groups;
use super::plan::{End, Plan};
use super::rows::{Row, set};
use super::{AnswerRow, Runner, finished, names, through};
use crate::case::Reader;
use crate::query::compare::Comparison;
use crate::query::ql::ast::Step;
use crate::query::sql::ast::{Body, Groups, Item, OrderKey, Place, Query, Relation, RelationKind, Select};
use crate::query::value::Value;
use select::{Asked, Bounds, Made, make};
use tables::{Table, TableKind, Tables};

/// Rows of a query within a query go on in chunks of so many.
const CHUNK: usize = 4096;
/// A query within a query stands at most so deep; AWS takes one.
const MOST_DEPTH: usize = 4;

type Rows = (Vec<String>, Vec<AnswerRow>);

impl Runner<'_, '_> {
    /// The answer to a query in SQL.
    pub(super) fn sql_answer(&mut self, reader: &mut Reader, query: &Query) -> Result<Rows, RunError> {
        self.sql_names = names::sql_fields(query);
        self.sql(reader, query, End::Default)
    }

    fn sql(&mut self, reader: &mut Reader, query: &Query, end: End) -> Result<Rows, RunError> {
        let bounds = Bounds { limit: query.limit, offset: query.offset, end };
        match &query.body {
            Body::Select(select) => {
                let mut asked =
                    Ready { select, order: &query.order, bounds, tables: Tables { all: Vec::new(), slots: 0, notes: Vec::new() }, index: Vec::new() };
                for relation in std::iter::once(&select.from).chain(select.join.as_ref().map(|join| &join.right)) {
                    self.sql_relation(reader, relation, &mut asked)?;
                }
                self.sql_select(reader, asked)
            }
            Body::Set { how, all, left, right } => {
                let (columns, one) = self.sql_within(reader, left)?;
                let (others, other) = self.sql_within(reader, right)?;
                if columns.len() != others.len() {
                    let message = format!("both sides show as many columns: the first shows {}, this one {}", columns.len(), others.len());
                    return Err(wrong(right.span.0, message));
                }
                let rows = set::put_together(*how, *all, one, other, &self.context(reader, self.options.scope)?)?;
                let columns: Vec<(String, usize)> = columns.into_iter().zip(0..).collect();
                let slots = columns.len();
                let tables = Tables { all: vec![Table { alias: None, kind: TableKind::Rows { columns, rows } }], slots, notes: Vec::new() };
                let select = everything(query.span);
                self.sql_select(reader, Ready { select: &select, order: &query.order, bounds, tables, index: Vec::new() })
            }
        }
    }

    /// The rows of a query within the query.
    fn sql_within(&mut self, reader: &mut Reader, query: &Query) -> Result<(Vec<String>, Vec<Vec<Value>>), RunError> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err(wrong(query.span.0, format!("queries stand more than {MOST_DEPTH} deep within each other")));
        }
        let matched = self.statistics.matched;
        let rows = self.sql(reader, query, End::All);
        self.statistics.matched = matched;
        self.depth -= 1;
        let (columns, rows) = rows?;
        Ok((columns, rows.into_iter().map(|row| row.values).collect()))
    }

    fn sql_relation(&mut self, reader: &mut Reader, relation: &Relation, asked: &mut Ready<'_>) -> Result<(), RunError> {
        let span = relation.span.0;
        match &relation.kind {
            RelationKind::Groups(groups) => {
                if let Some((columns, rows)) = findings::table(reader, self.options.scope, groups)? {
                    let detected = reader.detected()?;
                    if detected.events < reader.last_event()? {
                        self.note(["the rules have not seen all events of this case: `outcrop detect` runs them".to_owned()]);
                    }
                    let columns = columns.into_iter().map(|name| (name, asked.tables.slot())).collect();
                    asked.tables.all.push(Table { alias: relation.alias.clone(), kind: TableKind::Rows { columns, rows } });
                    return Ok(());
                }
                let chosen = choose_groups(reader, self.options.scope, groups, span)?;
                let kind = TableKind::Events { chosen, known: HashMap::new(), bases: Vec::new() };
                asked.tables.all.push(Table { alias: relation.alias.clone(), kind });
                let at = asked.tables.all.len() - 1;
                for (field, values) in &groups.index {
                    let steps: Vec<Step> = field.split('.').map(|part| Step::Member(part.to_owned())).collect();
                    let mut equal = |value: &Value| -> Result<Node, RunError> {
                        let field = asked.tables.in_table(at, &steps, span)?;
                        Ok(Node::Holds(Comparison::Equal, Box::new(field), Box::new(Node::Const(value.clone()))))
                    };
                    let mut all = values.iter().map(&mut equal).collect::<Result<Vec<_>, _>>()?;
                    asked.index.push(if all.len() == 1 { all.remove(0) } else { Node::Or(all) });
                }
            }
            RelationKind::Query(query) => {
                let (columns, rows) = self.sql_within(reader, query)?;
                let columns = columns.into_iter().map(|name| (name, asked.tables.slot())).collect();
                asked.tables.all.push(Table { alias: relation.alias.clone(), kind: TableKind::Rows { columns, rows } });
            }
        }
        Ok(())
    }

    fn sql_select(&mut self, reader: &mut Reader, mut asked: Ready<'_>) -> Result<Rows, RunError> {
        let text = self.text;
        let mut inner = |query: &Query| self.sql_within(reader, query).map(|(columns, rows)| (columns.len(), rows));
        let told = Asked { select: asked.select, order: asked.order, bounds: asked.bounds, text, index: std::mem::take(&mut asked.index) };
        let Made { mut plan, pairs, right } = make(told, &mut asked.tables, &mut inner)?;
        self.note(std::mem::take(&mut asked.tables.notes));
        let mut sides = asked.tables.all.into_iter().map(|table| table.kind);
        let (Some(first), second) = (sides.next(), sides.next()) else { return Ok(Rows::default()) };
        if let (Some(mut pairs), Some(mut right), Some(second)) = (pairs, right, second) {
            let matched = self.statistics.matched;
            let mut partners = Gather::of(&right, None);
            self.sql_feed(reader, &mut right, second, &mut partners)?;
            self.statistics.matched = matched;
            let context = self.context(reader, self.options.scope)?;
            pairs.fill(partners.rows.into_iter().map(|row| row.values).collect(), &context)?;
            plan.work.insert(plan.join_at, Box::new(pairs));
        }
        if self.depth == 0 {
            self.names = names::sql_origins(&plan.columns, &plan.bases, &self.sql_names);
        }
        let mut gather = self.gather(&plan);
        gather.in_words = self.depth == 0;
        self.sql_feed(reader, &mut plan, first, &mut gather)?;
        self.note(plan.work.iter().flat_map(|work| work.notes()));
        Ok((plan.columns.into_iter().map(|(name, _)| name).collect(), gather.rows))
    }

    /// Sends the rows of a relation through the commands.
    fn sql_feed(&mut self, reader: &mut Reader, plan: &mut Plan, kind: TableKind, gather: &mut Gather<'_, '_>) -> Result<(), RunError> {
        match kind {
            TableKind::Events { chosen, .. } => {
                let context = self.context(reader, &chosen.scope)?;
                self.source(reader, plan, &chosen, &context, &mut |made| gather.take(made))?;
                self.note(context.notes().into_iter().map(str::to_owned));
            }
            TableKind::Rows { columns, rows } => {
                let context = self.context(reader, self.options.scope)?;
                let mut rows = rows.into_iter();
                while rows.len() > 0 && !plan.work.iter().any(|work| work.is_full()) {
                    reader.interrupter().check()?;
                    let made = rows.by_ref().take(CHUNK).map(|values| {
                        let mut row = Row { event: None, millis: None, values: vec![Value::Missing; plan.slots] };
                        for ((_, slot), value) in columns.iter().zip(values) {
                            set(&mut row, *slot, value);
                        }
                        row
                    });
                    let made = through(&mut plan.work, made.collect(), &context)?;
                    gather.take(made)?;
                }
                finished(&mut plan.work, &context, &mut |made| gather.take(made))?;
                self.note(context.notes().into_iter().map(str::to_owned));
            }
        }
        Ok(())
    }
}

/// A `SELECT` whose relations are known.
struct Ready<'q> {
    select: &'q Select,
    order: &'q [OrderKey],
    bounds: Bounds,
    tables: Tables,
    index: Vec<Node>,
}

/// `SELECT *` of what is there already.
fn everything(span: Place) -> Select {
    let from = Relation { kind: RelationKind::Groups(Groups::default()), alias: None, span };
    Select {
        is_distinct: false,
        items: vec![Item::All { of: None, span }],
        from,
        join: None,
        filter: None,
        group: Vec::new(),
        sets: Vec::new(),
        having: None,
        span,
    }
}
