//! From the library's statement to our own query. What AWS does not take is refused here, where the library's node still tells
//! its place.

use sqlparser::ast::{
    Distinct, Expr as Parsed, Ident, Join as ParsedJoin, JoinConstraint, JoinOperator, LimitClause, NamedWindowDefinition, NamedWindowExpr,
    ObjectName, OrderByExpr, OrderByKind, OrderBySort, Query as ParsedQuery, Select as ParsedSelect, SelectItem, SelectItemQualifiedWildcardKind,
    SetExpr, SetOperator as ParsedSet, SetQuantifier, Spanned, Statement, TableFactor, TableWithJoins, Value as ParsedValue,
    WildcardAdditionalOptions,
};

use super::super::ast::{Body, Call, Comparison, Expr, ExprKind, Item, Join, OrderKey, Place, Query, Relation, RelationKind, Select, SetOperator};
use super::super::groups::{groups, is_own_name};
use super::expr::{Reading, member, steps};
use super::tokens::Tokens;
use super::wrong;
use crate::query::compare;
use crate::query::ql::ast::Step;
use crate::query::ql::{QueryError, Span};
use crate::query::value::Value;

/// The names that both sides of a `JOIN … USING` have.
pub(super) type Shared = Vec<Vec<Step>>;

/// The one query that a text is.
pub(super) fn read(statements: Vec<Statement>, tokens: &Tokens) -> Result<Query, QueryError> {
    let mut statements = statements.into_iter();
    let (first, second) = (statements.next(), statements.next());
    if second.is_some() {
        return Err(wrong(tokens.behind_semicolon(), "AWS takes one query at a time: ask the others on their own"));
    }
    match first {
        Some(Statement::Query(query)) => Reading { tokens, depth: 0, windows: Vec::new(), shared: None }.query(&query),
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
            let shared = self.shared.take();
            read.order = self.order(keys)?;
            if let Some((alias, names)) = shared {
                read.order.iter_mut().for_each(|key| of_first_side(&mut key.expr, &alias, &names));
            }
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
                self.shared = None;
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
        let (from, join, shared) = self.from(first)?;
        let around = std::mem::take(&mut self.windows);
        for NamedWindowDefinition(name, window) in &select.named_window {
            let window = match window {
                NamedWindowExpr::WindowSpec(spec) => self.window(Place(self.tokens.of_node(&ObjectName::from(vec![name.clone()]))), spec)?,
                NamedWindowExpr::NamedWindow(other) => self.named_window(other)?,
            };
            self.windows.push((name.value.clone(), window));
        }
        let (group, sets) = self.grouping(&select.group_by)?;
        let filter = select.selection.as_ref().map(|condition| self.expr(condition)).transpose()?;
        let having = select.having.as_ref().map(|condition| self.expr(condition)).transpose()?;
        let mut items = Vec::new();
        for item in &select.projection {
            match self.json_tuple(item)? {
                Some(several) => items.extend(several),
                None => items.push(self.item(item)?),
            }
        }
        self.windows = around;
        let mut read = Select { is_distinct, items, from, join, filter, group, sets, having, span };
        self.shared = read.from.alias.clone().map(|alias| (alias, shared));
        if let Some((alias, names)) = &self.shared {
            let items = read.items.iter_mut().filter_map(|item| if let Item::Value { expr, .. } = item { Some(expr) } else { None });
            let clauses = read.filter.iter_mut().chain(&mut read.group).chain(&mut read.having);
            items.chain(clauses).for_each(|expr| of_first_side(expr, alias, names));
        }
        Ok(read)
    }

    /// `json_tuple(json, 'a', 'b')`: a column for each of the names, called as they are told or `c0`, `c1` …
    fn json_tuple(&mut self, item: &SelectItem) -> Result<Option<Vec<Item>>, QueryError> {
        let (expr, names): (_, &[Ident]) = match item {
            SelectItem::UnnamedExpr(expr) => (expr, &[]),
            SelectItem::ExprWithAlias { expr, alias } => (expr, std::slice::from_ref(alias)),
            SelectItem::ExprWithAliases { expr, aliases } => (expr, aliases),
            _ => return Ok(None),
        };
        let read = match expr {
            Parsed::Function(call) if call.name.to_string().eq_ignore_ascii_case("json_tuple") => self.expr(expr)?,
            _ => return Ok(None),
        };
        let ExprKind::Call(call) = &read.kind else { return Ok(None) };
        let Some((json, keys)) = call.args.split_first().filter(|(_, keys)| !keys.is_empty()) else {
            return self.refuse(expr, "json_tuple takes a text with JSON and the names of what is wanted: json_tuple(a, 'b', 'c')");
        };
        if !names.is_empty() && names.len() != keys.len() {
            return self.refuse(item, format!("json_tuple makes {} columns here: give it as many names, AS (a, b)", keys.len()));
        }
        let mut items = Vec::new();
        for (at, key) in keys.iter().enumerate() {
            let name = match &key.kind {
                ExprKind::Literal(Value::Text(name)) if !name.contains(['\'', ']']) => name,
                _ => return Err(wrong(key.span.0, "json_tuple takes the names of what is wanted as plain texts")),
            };
            let path = Expr { kind: ExprKind::Literal(Value::text(format!("$['{name}']"))), span: key.span };
            let call = Call { name: "get_json_object".to_owned(), args: vec![json.clone(), path], ..call.clone() };
            let alias = names.get(at).map_or_else(|| format!("c{at}"), |name| name.value.clone());
            items.push(Item::Value { expr: Expr { kind: ExprKind::Call(call), span: read.span }, alias: Some(alias) });
        }
        Ok(Some(items))
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

    /// What is read; and the names that both sides of a `JOIN … USING` have.
    fn from(&mut self, table: &TableWithJoins) -> Result<(Relation, Option<Join>, Shared), QueryError> {
        let from = self.relation(&table.relation)?;
        let mut joins = table.joins.iter();
        let Some(first) = joins.next() else { return Ok((from, None, Vec::new())) };
        if let Some(second) = joins.next() {
            return self
                .refuse(second, "AWS takes one JOIN in a SELECT: put one pair into a query of its own, FROM (SELECT … JOIN …) AS pair INNER JOIN …");
        }
        let (join, shared) = self.join(first, from.alias.as_deref())?;
        Ok((from, Some(join), shared))
    }

    fn join(&mut self, join: &ParsedJoin, left: Option<&str>) -> Result<(Join, Shared), QueryError> {
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
        let mut shared = Vec::new();
        let on = match constraint {
            JoinConstraint::On(on) => self.expr(on)?,
            JoinConstraint::Using(names) => {
                let (Some(left), Some(other)) = (left, right.alias.as_deref()) else {
                    return self.refuse(join, "with USING both sides have names: FROM `a` AS a INNER JOIN `b` AS b USING (id)");
                };
                shared = names.iter().map(|name| steps(&joined(name))).collect();
                let side = |alias: &str, name: &[Step]| Box::new(Expr { kind: ExprKind::Field([&[member(alias)], name].concat()), span });
                let equal = |name: &Vec<Step>| Expr {
                    kind: ExprKind::Compare(Comparison::Plain(compare::Comparison::Equal), side(left, name), side(other, name)),
                    span,
                };
                let mut all: Vec<Expr> = shared.iter().map(equal).collect();
                if all.len() == 1 { all.remove(0) } else { Expr { kind: ExprKind::And(all), span } }
            }
            _ => return self.refuse(join, "a JOIN says which rows belong together: ON a.`requestID` = b.`requestId`"),
        };
        Ok((Join { is_left, right, on, span }, shared))
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

/// A name that both sides have is that of the first.
fn of_first_side(expr: &mut Expr, alias: &str, shared: &[Vec<Step>]) {
    expr.change(&mut |expr| {
        if let ExprKind::Field(steps) = &mut expr.kind
            && shared.contains(steps)
        {
            steps.insert(0, member(alias));
        }
        true
    });
}

/// The parts of a name as they were written, with dots between them.
pub(super) fn joined(name: &ObjectName) -> String {
    let parts: Vec<&str> = name.0.iter().filter_map(|part| part.as_ident()).map(|part: &Ident| part.value.as_str()).collect();
    parts.join(".")
}
