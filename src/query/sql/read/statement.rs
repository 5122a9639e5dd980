//! From the library's statement to our own query. What AWS does not take is refused here, where the library's node still tells
//! its place.

use sqlparser::ast::{
    Distinct, Expr as Parsed, GroupByExpr, Ident, Join as ParsedJoin, JoinConstraint, JoinOperator, LimitClause, ObjectName, OrderByExpr,
    OrderByKind, OrderBySort, Query as ParsedQuery, Select as ParsedSelect, SelectItem, SelectItemQualifiedWildcardKind, SetExpr,
    SetOperator as ParsedSet, SetQuantifier, Spanned, Statement, TableFactor, TableWithJoins, Value as ParsedValue, WildcardAdditionalOptions,
};

use super::super::ast::{Body, Item, Join, OrderKey, Place, Query, Relation, RelationKind, Select, SetOperator};
use super::super::groups::{groups, is_own_name};
use super::expr::Reading;
use super::tokens::Tokens;
use super::wrong;
use crate::query::ql::{QueryError, Span};

/// The one query that a text is.
pub(super) fn read(statements: Vec<Statement>, tokens: &Tokens) -> Result<Query, QueryError> {
    let mut statements = statements.into_iter();
    let (first, second) = (statements.next(), statements.next());
    if second.is_some() {
        return Err(wrong(tokens.behind_semicolon(), "AWS takes one query at a time: ask the others on their own"));
    }
    match first {
        Some(Statement::Query(query)) => Reading { tokens, depth: 0 }.query(&query),
        Some(other) => Err(wrong(tokens.of_node(&other), "this is refused: a query only reads, with SELECT")),
        None => Err(QueryError { expected: vec!["SELECT"], ..wrong(Span::default(), "there is no query") }),
    }
}

impl Reading<'_> {
    pub(super) fn refuse<T>(&self, node: &impl Spanned, message: impl Into<String>) -> Result<T, QueryError> {
        Err(wrong(self.tokens.of_node(node), message))
    }

    pub(super) fn query(&mut self, query: &ParsedQuery) -> Result<Query, QueryError> {
        if let Some(with) = &query.with {
            return self.refuse(with, "AWS takes no common table expressions: put the query into FROM, as in FROM (SELECT …) AS name");
        }
        if !query.pipe_operators.is_empty() {
            return self.refuse(query, "AWS takes no `|>` in SQL; what is written with pipes is Logs Insights QL");
        }
        if query.fetch.is_some() || !query.locks.is_empty() || query.for_clause.is_some() || query.settings.is_some() || query.format_clause.is_some()
        {
            return self.refuse(query, "behind a query only ORDER BY, LIMIT and OFFSET may stand");
        }
        let mut read = self.body(&query.body)?;
        read.span = Place(self.tokens.of_node(query));
        let is_cut = read.limit.is_some() || read.offset > 0;
        if is_cut && (query.order_by.is_some() || query.limit_clause.is_some()) {
            return self.refuse(query, "a query in brackets with a LIMIT of its own goes into FROM: SELECT * FROM (SELECT … LIMIT 5) AS first");
        }
        if let Some(order) = &query.order_by {
            let OrderByKind::Expressions(keys) = &order.kind else { return self.refuse(order, "ORDER BY names what to sort by") };
            if !read.order.is_empty() {
                return self.refuse(order, "either SORT BY or ORDER BY");
            }
            read.order = self.order(keys)?;
        }
        match &query.limit_clause {
            None => {}
            Some(LimitClause::LimitOffset { limit, offset, limit_by }) if limit_by.is_empty() => {
                read.limit = match limit {
                    Some(limit) => Some(self.count(limit)?),
                    None => None,
                };
                if let Some(offset) = offset {
                    if limit.is_none() {
                        return self.refuse(&offset.value, "AWS takes OFFSET only behind LIMIT: LIMIT 100 OFFSET 10");
                    }
                    read.offset = self.count(&offset.value)?;
                }
            }
            Some(clause) => return self.refuse(clause, "write LIMIT 100 OFFSET 10"),
        }
        Ok(read)
    }

    fn count(&self, expr: &Parsed) -> Result<usize, QueryError> {
        match expr {
            Parsed::Value(value) => match &value.value {
                ParsedValue::Number(number, _) => number.parse().or_else(|_| self.refuse(expr, format!("`{number}` is no number of rows"))),
                _ => self.refuse(expr, "a number of rows stands here"),
            },
            _ => self.refuse(expr, "a number of rows stands here"),
        }
    }

    fn body(&mut self, body: &SetExpr) -> Result<Query, QueryError> {
        let plain = |body: Body, span: Place| Query { body, order: Vec::new(), limit: None, offset: 0, span };
        match body {
            SetExpr::Select(select) => {
                let order = self.order(&select.sort_by)?;
                let read = self.select(select)?;
                let span = read.span;
                Ok(Query { order, ..plain(Body::Select(Box::new(read)), span) })
            }
            SetExpr::Query(query) => self.query(query),
            SetExpr::SetOperation { left, op, set_quantifier, right } => {
                let how = match op {
                    ParsedSet::Union => SetOperator::Union,
                    ParsedSet::Intersect => SetOperator::Intersect,
                    ParsedSet::Except | ParsedSet::Minus => SetOperator::Except,
                };
                let all = match set_quantifier {
                    SetQuantifier::All => true,
                    SetQuantifier::Distinct | SetQuantifier::None => false,
                    _ => return self.refuse(body, "rows are put together by the order of their columns, not BY NAME"),
                };
                self.deeper(body)?;
                let (left, right) = (Box::new(self.body(left)?), Box::new(self.body(right)?));
                self.depth -= 1;
                Ok(plain(Body::Set { how, all, left, right }, Place(self.tokens.of_node(body))))
            }
            other => self.refuse(other, "a query only reads, with SELECT"),
        }
    }

    /// `ORDER BY`: what is missing is the smallest, as in Spark.
    pub(super) fn order(&mut self, keys: &[OrderByExpr]) -> Result<Vec<OrderKey>, QueryError> {
        let mut read = Vec::new();
        for key in keys {
            let descending = match &key.options.sort {
                None | Some(OrderBySort::Asc) => false,
                Some(OrderBySort::Desc) => true,
                Some(OrderBySort::Using(_)) => return self.refuse(key, "ORDER BY sorts ASC or DESC"),
            };
            let nulls_first = key.options.nulls_first.unwrap_or(!descending);
            read.push(OrderKey { expr: self.expr(&key.expr)?, descending, nulls_first });
        }
        Ok(read)
    }

    fn select(&mut self, select: &ParsedSelect) -> Result<Select, QueryError> {
        let is_distinct = match &select.distinct {
            None | Some(Distinct::All) => false,
            Some(Distinct::Distinct) => true,
            Some(Distinct::On(_)) => return self.refuse(select, "AWS takes no DISTINCT ON: write SELECT DISTINCT, or GROUP BY"),
        };
        if select.into.is_some() {
            return self.refuse(select, "INTO is refused: a query only reads");
        }
        for (is_there, what, remedy) in [
            (select.top.is_some(), "TOP", "write LIMIT at the end"),
            (!select.lateral_views.is_empty(), "LATERAL VIEW", "Logs Insights QL has unnest"),
            (select.prewhere.is_some(), "PREWHERE", "write WHERE"),
            (!select.connect_by.is_empty(), "CONNECT BY", "join instead"),
            (!select.cluster_by.is_empty() || !select.distribute_by.is_empty(), "CLUSTER BY and DISTRIBUTE BY", "write ORDER BY"),
            (select.qualify.is_some(), "QUALIFY", "put the query into FROM and its condition into WHERE"),
            (!select.named_window.is_empty(), "WINDOW", "write the window behind OVER"),
            (select.exclude.is_some() || select.value_table_mode.is_some(), "this form of SELECT", "name the columns"),
        ] {
            if is_there {
                return self.refuse(select, format!("AWS takes no {what}: {remedy}"));
            }
        }
        let span = Place(self.tokens.of_node(select));
        let mut from = select.from.iter();
        let Some(first) = from.next() else {
            return Err(wrong(
                span.0,
                "a query in SQL reads a log group: FROM `name`; groups that every case has are management, data, invocation …",
            ));
        };
        if let Some(second) = from.next() {
            return self.refuse(
                second,
                "AWS takes no groups side by side: FROM `logGroups(logGroupIdentifier: ['a', 'b'])` reads both, INNER JOIN … ON pairs them",
            );
        }
        let (from, join) = self.from(first)?;
        let group = match &select.group_by {
            GroupByExpr::All(_) => return self.refuse(&select.group_by, "GROUP BY names what to group by"),
            GroupByExpr::Expressions(keys, modifiers) if modifiers.is_empty() => keys.iter().map(|key| self.expr(key)).collect::<Result<_, _>>()?,
            GroupByExpr::Expressions(..) => {
                return self.refuse(&select.group_by, "ROLLUP, CUBE and the like are not in this version: ask once for each grouping");
            }
        };
        let filter = select.selection.as_ref().map(|condition| self.expr(condition)).transpose()?;
        let having = select.having.as_ref().map(|condition| self.expr(condition)).transpose()?;
        let items = select.projection.iter().map(|item| self.item(item)).collect::<Result<_, _>>()?;
        Ok(Select { is_distinct, items, from, join, filter, group, having, span })
    }

    fn item(&mut self, item: &SelectItem) -> Result<Item, QueryError> {
        let plain = |options: &WildcardAdditionalOptions| {
            options.opt_exclude.is_none()
                && options.opt_except.is_none()
                && options.opt_replace.is_none()
                && options.opt_rename.is_none()
                && options.opt_ilike.is_none()
        };
        match item {
            SelectItem::UnnamedExpr(expr) => Ok(Item::Value { expr: self.expr(expr)?, alias: None }),
            SelectItem::ExprWithAlias { expr, alias } => Ok(Item::Value { expr: self.expr(expr)?, alias: Some(alias.value.clone()) }),
            SelectItem::Wildcard(options) if plain(options) => Ok(Item::All { of: None, span: Place(self.tokens.of_node(item)) }),
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) if plain(options) => {
                Ok(Item::All { of: Some(joined(name)), span: Place(self.tokens.of_node(item)) })
            }
            _ => self.refuse(item, "name the columns one by one here"),
        }
    }

    fn from(&mut self, table: &TableWithJoins) -> Result<(Relation, Option<Join>), QueryError> {
        let from = self.relation(&table.relation)?;
        let mut joins = table.joins.iter();
        let Some(first) = joins.next() else { return Ok((from, None)) };
        if let Some(second) = joins.next() {
            return self
                .refuse(second, "AWS takes one JOIN in a SELECT: put one pair into a query of its own, FROM (SELECT … JOIN …) AS pair INNER JOIN …");
        }
        let join = self.join(first)?;
        Ok((from, Some(join)))
    }

    fn join(&mut self, join: &ParsedJoin) -> Result<Join, QueryError> {
        let (is_left, constraint) = match &join.join_operator {
            JoinOperator::Inner(constraint) | JoinOperator::Join(constraint) => (false, constraint),
            JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => (true, constraint),
            JoinOperator::Right(_) | JoinOperator::RightOuter(_) => {
                return self.refuse(join, "AWS takes no RIGHT JOIN: change sides and write LEFT OUTER JOIN");
            }
            JoinOperator::FullOuter(_) => return self.refuse(join, "AWS takes no FULL JOIN: UNION two LEFT OUTER JOINs"),
            JoinOperator::CrossJoin(_) => {
                return self
                    .refuse(join, "AWS takes no CROSS JOIN, which pairs every row with every other: INNER JOIN … ON says which belong together");
            }
            JoinOperator::Semi(_) | JoinOperator::LeftSemi(_) => return self.refuse(join, "write WHERE a.id IN (SELECT id FROM …)"),
            JoinOperator::Anti(_) | JoinOperator::LeftAnti(_) => return self.refuse(join, "write WHERE a.id NOT IN (SELECT id FROM …)"),
            _ => return self.refuse(join, "AWS takes INNER JOIN and LEFT OUTER JOIN"),
        };
        let right = self.relation(&join.relation)?;
        let span = Place(self.tokens.of_node(join));
        let on = match constraint {
            JoinConstraint::On(on) => self.expr(on)?,
            JoinConstraint::Using(_) => return self.refuse(join, "write the condition out: ON a.`id` = b.`id`"),
            _ => return self.refuse(join, "a JOIN says which rows belong together: ON a.`requestID` = b.`requestId`"),
        };
        Ok(Join { is_left, right, on, span })
    }

    fn relation(&mut self, factor: &TableFactor) -> Result<Relation, QueryError> {
        let span = self.tokens.of_node(factor);
        match factor {
            TableFactor::Table {
                name, alias, args: None, with_hints, version: None, sample: None, json_path: None, with_ordinality: false, ..
            } if with_hints.is_empty() => {
                let alias = alias.as_ref().map(|alias| alias.name.value.clone());
                let span = self.tokens.of_node(name);
                let name = joined(name);
                let kind = RelationKind::Groups(groups(&name, span)?);
                // A plain name is the name of the relation as well.
                let own = is_own_name(&name).then_some(name);
                Ok(Relation { kind, alias: alias.or(own), span: Place(span) })
            }
            TableFactor::Derived { lateral: false, subquery, alias, sample: None } => {
                self.deeper(factor)?;
                let query = self.query(subquery)?;
                self.depth -= 1;
                let alias = alias.as_ref().map(|alias| alias.name.value.clone());
                Ok(Relation { kind: RelationKind::Query(Box::new(query)), alias, span: Place(span) })
            }
            TableFactor::NestedJoin { table_with_joins, alias: None } if table_with_joins.joins.is_empty() => {
                self.relation(&table_with_joins.relation)
            }
            TableFactor::Table { .. } => self.refuse(factor, "FROM names a log group in backticks, a data source or a query in brackets"),
            _ => self.refuse(factor, "AWS takes log groups and queries in brackets behind FROM"),
        }
    }
}

/// The parts of a name as they were written, with dots between them.
pub(super) fn joined(name: &ObjectName) -> String {
    let parts: Vec<&str> = name.0.iter().filter_map(|part| part.as_ident()).map(|part: &Ident| part.value.as_str()).collect();
    parts.join(".")
}
