//! Which command may follow which.

use super::super::ast::{Call, Expr, ExprKind, Query, Stage, StageKind};
use super::Findings;

/// More than this many aggregations are refused.
const MOST_STATS: usize = 10;

pub(super) fn rules(query: &Query, findings: &mut Findings) {
    let stages = &query.stages;
    let last_stats = stages.iter().rposition(|stage| matches!(stage.kind, StageKind::Stats(_)));
    let last_display = stages.iter().rposition(|stage| matches!(stage.kind, StageKind::Display(_)));
    let mut stats = 0;
    let mut deduped = false;
    let mut sorted = false;
    let mut binned = false;
    let mut patterned = false;
    let mut previous: Option<&StageKind> = None;
    for (number, stage) in stages.iter().enumerate() {
        let name = stage.kind.name();
        if deduped && !matches!(stage.kind, StageKind::Limit { .. } | StageKind::Head(_) | StageKind::Tail(_) | StageKind::Estimate) {
            findings.error(stage.word_span, format!("after `dedup` only `limit` may follow, not `{name}`"));
        }
        match &stage.kind {
            StageKind::Sort(_) | StageKind::Limit { .. } | StageKind::Head(_) | StageKind::Tail(_)
                if last_stats.is_some_and(|last| number < last) =>
            {
                findings.error(stage.word_span, format!("`{name}` may stand only after the last `stats`"));
            }
            StageKind::Limit { any: true, .. } if sorted => {
                findings.note(stage.word_span, "`limit any` stops at the first events found: they are not the first ones of the order above");
            }
            StageKind::Head(_) | StageKind::Tail(_) => {
                findings.note(stage.word_span, format!("`{name}` is an older word: write `sort` and `limit`"));
            }
            StageKind::Sort(_) => sorted = true,
            StageKind::Stats(_) => {
                stats += 1;
                if stats == MOST_STATS + 1 {
                    findings.error(stage.word_span, format!("a query has at most {MOST_STATS} `stats`"));
                }
            }
            StageKind::Dedup(_) => deduped = true,
            StageKind::Diff(_) if !matches!(previous, Some(StageKind::Pattern(_))) => {
                findings.error(stage.word_span, "`diff` stands only directly after `pattern`");
            }
            StageKind::Anomaly if !patterned => {
                findings.error(stage.word_span, "`anomaly` stands only after `pattern`");
            }
            StageKind::FillMissing(_) if !binned => {
                findings.error(stage.word_span, "`fillmissing` stands only after `stats … by bin(…)`");
            }
            StageKind::Estimate if number + 1 < stages.len() => {
                findings.error(stage.word_span, "`estimate` is the last command");
            }
            StageKind::Display(_) if last_display.is_some_and(|last| number < last) => {
                findings.note(stage.word_span, "of several `display` only the last one counts");
            }
            _ => {}
        }
        binned |= is_binned(stage);
        patterned |= matches!(stage.kind, StageKind::Pattern(_));
        previous = Some(&stage.kind);
    }
}

/// Is it `stats … by bin(…)`?
pub(super) fn is_binned(stage: &Stage) -> bool {
    matches!(&stage.kind, StageKind::Stats(stats) if stats.by.iter().any(|item| has_call(&item.expr, "bin")))
}

pub(super) fn has_call(expr: &Expr, name: &str) -> bool {
    let mut found = false;
    expr.visit(&mut |expr| found |= matches!(&expr.kind, ExprKind::Call(Call { name: called, .. }) if called == name));
    found
}
