//! What the library reads and AWS does not take, and what may not mean what it seems to.

use super::ast::{Body, Expr, ExprKind, Item, Query, RelationKind, Select};
use crate::query::ql::ast::Step;
use crate::query::ql::{Note, QueryError, Span};

/// AWS gives no more rows of a query in SQL.
const MOST_ROWS: usize = 10_000;

/// What AWS would refuse, in the order of the text.
pub fn check(query: &Query) -> Vec<QueryError> {
    let mut errors = Vec::new();
    look(query, 0, &mut Vec::new(), &mut errors);
    errors.sort_by_key(|error: &QueryError| (error.span.start, error.span.end));
    errors
}

fn wrong(span: Span, message: impl Into<String>, errors: &mut Vec<QueryError>) {
    errors.push(QueryError { span, message: message.into(), expected: Vec::new(), suggestion: None });
}

/// `outer`: what the relations of the queries around it are called.
fn look(query: &Query, depth: usize, outer: &mut Vec<String>, errors: &mut Vec<QueryError>) {
    if depth > 1 {
        wrong(query.span.0, "AWS takes one query within another, not one within that: join, or ask in two steps", errors);
        return;
    }
    match &query.body {
        Body::Set { left, right, .. } => {
            look(left, depth, outer, errors);
            look(right, depth, outer, errors);
        }
        Body::Select(select) => {
            let own: Vec<String> = select.relations().filter_map(|relation| relation.alias.clone()).collect();
            correlated(query, &own, outer, errors);
            sources(select, depth, errors);
            for relation in select.relations() {
                if let RelationKind::Query(query) = &relation.kind {
                    look(query, depth + 1, &mut Vec::new(), errors);
                }
            }
            let before = outer.len();
            outer.extend(own);
            for expr in exprs(query, select) {
                for inner in expr.queries() {
                    look(inner, depth + 1, outer, errors);
                }
            }
            outer.truncate(before);
        }
    }
}

fn exprs<'q>(query: &'q Query, select: &'q Select) -> Vec<&'q Expr> {
    let items = select.items.iter().filter_map(|item| if let Item::Value { expr, .. } = item { Some(expr) } else { None });
    let clauses = select.filter.iter().chain(&select.group).chain(&select.having).chain(select.join.as_ref().map(|join| &join.on));
    items.chain(clauses).chain(query.order.iter().map(|key| &key.expr)).collect()
}

/// A query within another stands on its own.
fn correlated(query: &Query, own: &[String], outer: &[String], errors: &mut Vec<QueryError>) {
    let Body::Select(select) = &query.body else { return };
    let is_in = |names: &[String], name: &str| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    for expr in exprs(query, select) {
        expr.visit(&mut |expr| {
            if let ExprKind::Field(steps) = &expr.kind
                && let [Step::Member(first), _, ..] = steps.as_slice()
                && is_in(outer, first)
                && !is_in(own, first)
            {
                let remedy = "write a.`id` IN (SELECT `id` FROM …), or join";
                wrong(expr.span.0, format!("`{first}` is of the query around this one, which stands on its own: {remedy}"), errors);
            }
        });
    }
}

/// Data sources stand alone.
fn sources(select: &Select, depth: usize, errors: &mut Vec<QueryError>) {
    for relation in select.relations() {
        if let RelationKind::Groups(groups) = &relation.kind
            && !groups.sources.is_empty()
            && (select.join.is_some() || depth > 0)
        {
            wrong(relation.span.0, "AWS takes dataSource neither in a JOIN nor in a query within another: name log groups", errors);
        }
    }
}

/// What is allowed but may not mean what it seems to, in the order of the text.
pub fn notes(query: &Query) -> Vec<Note> {
    let mut notes = Vec::new();
    if query.limit.is_some_and(|limit| limit > MOST_ROWS) {
        notes.push(Note { span: query.span.0, message: format!("AWS gives at most {MOST_ROWS} rows of a query in SQL") });
    }
    if let Body::Select(select) = &query.body
        && let Some(filter) = &select.filter
    {
        filter.visit(&mut |expr| {
            let ExprKind::Field(steps) = &expr.kind else { return };
            let [Step::Member(name)] = steps.as_slice() else { return };
            let is_given = select.items.iter().any(|item| match item {
                Item::Value { expr: shown, alias: Some(alias) } => alias == name && !matches!(&shown.kind, ExprKind::Field(own) if own == steps),
                _ => false,
            });
            if is_given {
                notes.push(Note {
                    span: expr.span.0,
                    message: format!("`{name}` in WHERE is a field of the events, not what SELECT shows under this name"),
                });
            }
        });
    }
    notes
}
