//! Numbers with a documented range.

use super::super::ast::{Extraction, GroupKey, Query, SelectorKind, Source, StageKind, group_names};
use super::super::token::Span;
use super::Findings;

const MOST_ROWS: u64 = 100_000;

pub(super) fn rules(query: &Query, findings: &mut Findings) {
    if let Some(Source::Selection(selectors)) = &query.source {
        for selector in selectors {
            chosen(&selector.kind, selector.span, findings);
        }
    }
    for stage in &query.stages {
        match &stage.kind {
            StageKind::Limit { count, .. } | StageKind::Head(count) | StageKind::Tail(count) if !(1..=MOST_ROWS).contains(count) => {
                findings.error(stage.span, format!("the number of rows is 1 to {MOST_ROWS}, not {count}"));
            }
            StageKind::AppendCols(told) if told.max.is_some_and(|max| !(1..=MOST_ROWS).contains(&max)) => {
                findings.error(stage.word_span, format!("`max` is 1 to {MOST_ROWS}"));
            }
            StageKind::Autoregress(told) if told.lags.is_some_and(|(from, to)| from == 0 || to < from) => {
                findings.error(stage.span, "`p` counts rows back, from 1 on, and the smaller number comes first");
            }
            StageKind::Parse(told) => extraction(&told.extraction, findings),
            _ => {}
        }
    }
}

fn at_most(count: usize, most: usize, what: &str, span: Span, findings: &mut Findings) {
    if count > most {
        findings.error(span, format!("at most {most} {what}, not {count}"));
    }
}

fn chosen(kind: &SelectorKind, span: Span, findings: &mut Findings) {
    match kind {
        SelectorKind::LogGroups(filters) => {
            for filter in filters {
                match filter.key {
                    GroupKey::NamePrefix => at_most(filter.values.len(), 5, "prefixes", filter.span, findings),
                    GroupKey::Account => at_most(filter.values.len(), 20, "accounts", filter.span, findings),
                    GroupKey::Class => {}
                }
            }
        }
        SelectorKind::DataSource(names) => at_most(names.len(), 10, "data sources", span, findings),
        SelectorKind::Tags(filters) => {
            at_most(filters.len(), 5, "tags", span, findings);
            for filter in filters {
                at_most(filter.values.len(), 5, "values of a tag", filter.key.span, findings);
            }
        }
    }
}

/// As many names as there are places, and places where names are needed.
fn extraction(extraction: &Extraction, findings: &mut Findings) {
    match extraction {
        Extraction::Glob { pattern, names } => {
            let stars = pattern.value.matches('*').count();
            if stars != names.len() {
                findings.error(pattern.span, format!("{stars} `*`, but {} names: each `*` has one", names.len()));
            }
        }
        Extraction::Regex { pattern, names, .. } => {
            let groups = group_names(&pattern.value);
            if names.is_empty() && groups.is_empty() {
                findings.error(pattern.span, "nothing here has a name: write (?<name>…), or `as name` behind it");
            }
            for look in ["(?=", "(?!", "(?<=", "(?<!"] {
                if pattern.value.contains(look) {
                    findings.note(pattern.span, format!("`{look}` looks around: not everywhere understood"));
                }
            }
        }
        Extraction::Logfmt(_) | Extraction::Csv(_) | Extraction::Xml { .. } => {}
    }
}
