//! What the grammar lets through and AWS does not, and what it takes otherwise than one would think.

mod calls;
mod limits;
mod order;
mod scope;
mod within;

use super::ast::{ExprKind, Query};
use super::error::{Note, QueryError};
use super::table;
use super::token::Span;

/// Longer queries are refused by AWS, in characters.
const LONGEST_AT_AWS: usize = 10_000;
/// Nobody reads more than this many errors, or notes.
const MOST: usize = 100;

/// What AWS would refuse, in the order of the text.
pub fn check(query: &Query) -> Vec<QueryError> {
    let mut findings = Findings::of(query);
    findings.errors.sort_by_key(|error| (error.span.start, error.span.end));
    findings.errors.dedup();
    findings.errors
}

/// What is allowed but may not mean what it seems to, in the order of the text.
pub fn notes(text: &str, query: &Query) -> Vec<Note> {
    let mut notes = Findings::of(query).notes;
    let length = text.chars().count();
    if length > LONGEST_AT_AWS {
        notes.push(Note::new(Span::default(), format!("{length} characters: AWS takes at most {LONGEST_AT_AWS}")));
    }
    notes.sort_by_key(|note| (note.span.start, note.span.end));
    notes.dedup();
    notes
}

/// What in the query can only be answered by AWS, in the order of the text; without any it can be answered from a case.
pub fn only_at_aws(query: &Query) -> Vec<Note> {
    let note = |span: Span, name: &str, why: &str| Note::new(span, format!("`{name}` can only be answered by AWS: {why}"));
    let mut notes = Vec::new();
    for stage in &query.stages {
        let name = stage.kind.name();
        if let Some(why) = table::command_named(name).and_then(|command| command.at_aws) {
            notes.push(note(stage.word_span, name, why));
        }
        for expr in stage.exprs() {
            expr.visit(&mut |expr| {
                if let ExprKind::Call(call) = &expr.kind
                    && let Some(why) = table::function_named(&call.name).and_then(|function| function.at_aws)
                {
                    notes.push(note(call.name_span, &call.name, why));
                }
            });
        }
        notes.extend(stage.queries().into_iter().flat_map(only_at_aws));
    }
    notes.sort_by_key(|note| (note.span.start, note.span.end));
    notes
}

#[derive(Default)]
struct Findings {
    errors: Vec<QueryError>,
    notes: Vec<Note>,
}

impl Findings {
    fn of(query: &Query) -> Self {
        let mut findings = Self::default();
        findings.query(query);
        within::rules(query, &mut findings);
        findings
    }

    /// All rules that hold for any query, also one within another.
    fn query(&mut self, query: &Query) {
        order::rules(query, self);
        limits::rules(query, self);
        scope::rules(query, self);
        for stage in &query.stages {
            calls::rules(stage, self);
        }
        for inner in query.stages.iter().flat_map(super::ast::Stage::queries) {
            self.query(inner);
        }
    }

    fn is_full(&self) -> bool {
        self.errors.len() >= MOST || self.notes.len() >= MOST
    }

    fn error(&mut self, span: Span, message: impl Into<String>) {
        if self.errors.len() >= MOST {
            return;
        }
        self.errors.push(QueryError::new(span, message));
    }

    fn note(&mut self, span: Span, message: impl Into<String>) {
        if self.notes.len() >= MOST {
            return;
        }
        self.notes.push(Note::new(span, message));
    }
}
