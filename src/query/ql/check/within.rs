//! Queries within a query: one column, not within each other, a join's side without commands.

use super::super::ast::{ExprKind, Field, Join, Query, Set, Source, Stage, StageKind};
use super::Findings;

pub(super) fn rules(query: &Query, findings: &mut Findings) {
    let mut joins = 0;
    for stage in &query.stages {
        if let StageKind::Join(told) = &stage.kind {
            joins += 1;
            if joins == 2 {
                findings.error(stage.word_span, "a query has one `join`");
            }
            join(told, findings);
        }
        if let StageKind::AppendCols(told) = &stage.kind {
            inner(&told.query, findings);
        }
        for query in asked(stage) {
            one_column(query, findings);
            inner(query, findings);
        }
    }
}

/// The sub-queries of conditions.
fn asked(stage: &Stage) -> Vec<&Query> {
    let mut queries = Vec::new();
    for expr in stage.exprs() {
        expr.visit(&mut |expr| {
            if let ExprKind::In { set: Set::Query(query), .. } = &expr.kind {
                queries.push(&**query);
            }
        });
    }
    queries
}

/// What holds in any query within another.
fn inner(query: &Query, findings: &mut Findings) {
    if query.source.is_none() {
        findings.note(query.span, "a sub-query names its log group: SOURCE 'group' | …");
    }
    for stage in &query.stages {
        for innermost in stage.queries() {
            findings.error(innermost.span, "a sub-query has no sub-query or join of its own");
        }
    }
}

fn one_column(query: &Query, findings: &mut Findings) {
    let mut columns = 0;
    let mut shown = None;
    let mut is_grouped = false;
    for stage in &query.stages {
        match &stage.kind {
            StageKind::Fields(items) if !is_grouped => columns += items.len(),
            // Of what `stats` left only what is chosen goes out.
            StageKind::Fields(items) | StageKind::Display(items) => shown = Some(items.len()),
            StageKind::Stats(stats) => {
                columns = stats.items.len() + stats.by.len();
                shown = None;
                is_grouped = true;
            }
            // What these leave cannot be counted here.
            StageKind::Pattern(_) | StageKind::CountFrequent(_) | StageKind::AppendCols(_) | StageKind::Join(_) => shown = Some(1),
            _ => {}
        }
    }
    let columns = shown.unwrap_or(columns);
    if columns != 1 {
        let found = if columns == 0 { "it names none".to_owned() } else { format!("here are {columns}") };
        findings.error(query.span, format!("a sub-query gives one column, as by `fields name`; {found}"));
    }
}

fn join(told: &Join, findings: &mut Findings) {
    if told.left.text == told.right.text {
        findings.error(told.right.span, "both sides have the same name");
    }
    let mut named = |key: &Field, side: &str| {
        if key.root() != side || key.steps.len() < 2 {
            findings.error(key.span, format!("this side's field begins with its name: {side}.field"));
        }
    };
    named(&told.left_key, &told.left.text);
    named(&told.right_key, &told.right.text);
    if let Some(stage) = told.query.stages.first() {
        findings.error(stage.word_span, "the other side of a join is a plain SOURCE 'group', without commands");
    }
    match &told.query.source {
        Some(Source::Group(_)) => {}
        Some(Source::Selection(_)) | None => findings.error(told.query.span, "the other side of a join is one log group: SOURCE 'group'"),
    }
}
