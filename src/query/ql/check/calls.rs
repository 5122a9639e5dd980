//! Functions and what they are given; conditions that are read otherwise than they look.

use std::collections::HashSet;

use super::super::ast::{Arguments, Call, Comparison, Expr, ExprKind, Field, Item, Operator, Pattern, Stage, StageKind, Stats, Unit};
use super::super::error::QueryError;
use super::super::table::{self, Function, FunctionKind};
use super::Findings;
use super::order::has_call;

/// Where a value stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Where one event is looked at.
    Event,
    /// What `stats` works out.
    Stats,
    /// Behind its `by`.
    By,
    /// Within an aggregate.
    Aggregate,
}

pub(super) fn rules(stage: &Stage, findings: &mut Findings) {
    if let StageKind::Stats(stats) = &stage.kind {
        aggregation(stats, findings);
    } else {
        for expr in stage.exprs() {
            value(expr, Place::Event, findings);
        }
    }
}

fn aggregation(stats: &Stats, findings: &mut Findings) {
    let mut named = HashSet::new();
    for item in &stats.items {
        value(&item.expr, Place::Stats, findings);
        if !aggregates(&item.expr) && !is_of(item, &named) {
            findings
                .error(item.expr.span, "`stats` works out numbers over many events: this looks at one; give it an aggregate, or put it behind `by`");
        }
        named.extend(item.alias.as_ref().map(|alias| alias.text.as_str()));
    }
    for item in &stats.by {
        value(&item.expr, Place::By, findings);
    }
    let binned = stats.by.iter().any(|item| has_call(&item.expr, "bin"));
    for item in &stats.items {
        item.expr.visit(&mut |expr| {
            let ExprKind::Call(call) = &expr.kind else { return };
            if call.name == "topk" && (stats.items.len() > 1 || !stats.by.is_empty()) {
                findings.error(expr.span, "`topk` stands alone in `stats`, without `by`");
            }
            let series = table::function_named(&call.name).is_some_and(|function| function.kind == FunctionKind::Series);
            if series && call.name != "histogram" && !binned {
                findings.note(call.name_span, format!("`{}` counts along bins: add `by bin(5m)`", call.name));
            }
        });
    }
    if let (Some(offset), false) = (stats.offset, binned) {
        findings.note(offset.span, "`offset` shifts bins: add `by bin(5m)`");
    }
}

/// Does it have an aggregate?
fn aggregates(expr: &Expr) -> bool {
    let mut found = false;
    expr.visit(&mut |expr| {
        if let ExprKind::Call(call) = &expr.kind {
            // An unknown function has an error of its own.
            found |= table::function_named(&call.name).is_none_or(|function| function.kind != FunctionKind::Scalar);
        }
    });
    found
}

/// Is it worked out of these names?
fn is_of(item: &Item, named: &HashSet<&str>) -> bool {
    let mut all = true;
    let mut any = false;
    item.expr.visit(&mut |expr| {
        if let Some(field) = expr.as_field() {
            any = true;
            all &= named.contains(field.flat().as_str());
        }
    });
    any && all
}

fn value(expr: &Expr, place: Place, findings: &mut Findings) {
    let mut within = place;
    match &expr.kind {
        ExprKind::Call(call) => within = called(call, place, findings),
        ExprKind::Field(field) if field.flat().eq_ignore_ascii_case("null") => {
            findings.note(expr.span, "`null` is read as a field's name: write isPresent(x) or not isPresent(x)");
        }
        ExprKind::Compare(comparison, left, right) => compared(*comparison, left, right, findings),
        ExprKind::Like { pattern: Pattern::Text(text), .. } if text.value.contains(".*") || text.value.contains('%') => {
            findings.note(text.span, "`like` looks for a string letter by letter: for a pattern write /…/");
        }
        ExprKind::Arithmetic { first, rest } => hyphens(first, rest, findings),
        _ => {}
    }
    for part in expr.parts() {
        value(part, within, findings);
    }
}

/// The place of what a function is given.
fn called(call: &Call, place: Place, findings: &mut Findings) -> Place {
    let Some(function) = table::function_named(&call.name) else {
        if !findings.is_full() {
            let error = QueryError::new(call.name_span, format!("there is no function `{}`", call.name));
            findings.errors.push(error.suggest(table::nearest_function(&call.name)));
        }
        return place;
    };
    arguments(call, function, findings);
    if function.name == "bin" {
        bin(call, findings);
    }
    if function.name == "pct" {
        percent(call, findings);
    }
    let name = function.name;
    match (function.kind, place) {
        (FunctionKind::Scalar, place) => place,
        (_, Place::Event) => {
            findings.error(call.name_span, format!("`{name}` looks at many events: it stands only in `stats`"));
            Place::Aggregate
        }
        (FunctionKind::Series, Place::By) if name == "histogram" => Place::By,
        (_, Place::By) => {
            findings.error(call.name_span, format!("`{name}` is worked out for each group: it cannot make the groups"));
            Place::Aggregate
        }
        (_, Place::Aggregate) => {
            findings.error(
                call.name_span,
                format!("`{name}` cannot stand within another aggregate; a second `stats` can work on the result of the first"),
            );
            Place::Aggregate
        }
        (_, Place::Stats) => Place::Aggregate,
    }
}

fn arguments(call: &Call, function: &Function, findings: &mut Findings) {
    let Arguments::List(given) = &call.arguments else {
        if !matches!(function.name, "count" | "countOverTime") {
            findings.error(call.name_span, format!("`{}` is not given `*`: {}", function.name, function.form));
        }
        return;
    };
    let fits = given.len() >= function.least && function.most.is_none_or(|most| given.len() <= most);
    if !fits {
        let takes = match (function.least, function.most) {
            (least, None) => format!("at least {least}"),
            (0, Some(0)) => "none".to_owned(),
            (least, Some(most)) if least == most => least.to_string(),
            (least, Some(most)) => format!("{least} to {most}"),
        };
        findings.error(call.name_span, format!("`{}` is given {} values, it takes {takes}: {}", function.name, given.len(), function.form));
    }
}

/// AWS cuts the number off in silence.
fn bin(call: &Call, findings: &mut Findings) {
    let [argument] = call.arguments.as_slice() else { return };
    let ExprKind::Period(period) = &argument.kind else {
        findings.error(argument.span, "`bin` is given a period such as 5m");
        return;
    };
    let clamped = period.clamped();
    if clamped.count == period.count {
        return;
    }
    let larger = [Unit::Week, Unit::Day, Unit::Hour, Unit::Minute, Unit::Second].into_iter().find_map(|unit| {
        let (wanted, length) = (period.millis()?, unit.millis()?);
        let fits =
            wanted.is_multiple_of(length) && super::super::ast::Period { count: wanted / length, unit, ..*period }.clamped().count == wanted / length;
        fits.then(|| format!(": write bin({}{})", wanted / length, unit.symbol()))
    });
    findings.note(argument.span, format!("bin({period}) is bin({clamped}) at AWS{}", larger.unwrap_or_default()));
}

fn percent(call: &Call, findings: &mut Findings) {
    if let [_, Expr { kind: ExprKind::Number(number), span }] = call.arguments.as_slice()
        && number.value() > 100.0
    {
        findings.error(*span, "a percentile is 0 to 100");
    }
}

fn compared(comparison: Comparison, left: &Expr, right: &Expr, findings: &mut Findings) {
    for (side, other) in [(left, right), (right, left)] {
        let time = side.as_field().is_some_and(|field| matches!(field.flat().as_str(), "@timestamp" | "@ingestionTime"));
        if time && matches!(other.kind, ExprKind::Text(_)) {
            findings.note(other.span, "a time is never like a string: write toMillis(@timestamp) and a number of milliseconds");
        }
        if comparison == Comparison::Equal && matches!(&other.kind, ExprKind::Text(text) if text.len() > 1 && text.contains('*')) {
            findings.note(other.span, "`=` takes `*` letter by letter: for a part of the text write like");
        }
    }
}

/// `event-name` looks like one name.
fn hyphens(first: &Expr, rest: &[(Operator, Expr)], findings: &mut Findings) {
    let mut left = first;
    for (operator, right) in rest {
        if let (Operator::Subtract, Some(a), Some(b)) = (operator, left.as_field(), right.as_field())
            && left.span.end + 1 == right.span.start
        {
            let (a, b) = (Field::flat(a), Field::flat(b));
            findings.note(left.span.to(right.span), format!("{a}-{b} is `{a}` minus `{b}`; a name with a hyphen stands in backticks"));
        }
        left = right;
    }
}
