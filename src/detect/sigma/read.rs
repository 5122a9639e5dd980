//! A file of rules to documents, and what is wrong with it.

use rsigma_parser as sigma;

use super::wrong::wrong;
use super::{Body, Correlation, Document, Filter, Head, Kind, Limit, Plain, StepsWanted, Window, aggregation};
use crate::model::Level;

/// A remark on a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::detect) struct Lint {
    /// From 1; 0 when it is about the whole file.
    pub(in crate::detect) line: u32,
    /// The document cannot be used.
    pub(in crate::detect) is_error: bool,
    /// What, and where there is one, the remedy.
    pub(in crate::detect) text: String,
}

/// Reads a file. What cannot be read is left out and said.
pub(in crate::detect) fn read(text: &str) -> (Vec<Document>, Vec<Lint>) {
    let rewritten = aggregation::rewritten(text);
    let text = rewritten.as_deref().unwrap_or(text);
    let collection = match sigma::parse_sigma_yaml(text) {
        Ok(collection) => collection,
        Err(error) => return (Vec::new(), vec![wrong(text, &error.to_string())]),
    };
    let mut wrongs: Vec<Lint> = collection.errors.iter().map(|error| wrong(text, error)).collect();
    let mut documents = Vec::new();
    for rule in collection.rules {
        let texts = [rule.id.as_deref(), rule.name.as_deref(), rule.description.as_deref()];
        let head = head(text, &rule.title, texts, rule.level, &rule.tags);
        let block = block(&rule.custom_attributes);
        documents.push(Document { head, block, body: Body::Plain(Box::new(Plain { rule })) });
    }
    for rule in collection.correlations {
        let texts = [rule.id.as_deref(), rule.name.as_deref(), rule.description.as_deref()];
        let head = head(text, &rule.title, texts, rule.level, &rule.tags);
        match correlation(&rule) {
            Ok(body) => documents.push(Document { head, block: block(&rule.custom_attributes), body: Body::Correlation(Box::new(body)) }),
            Err(why) => wrongs.push(Lint { line: head.line, is_error: true, text: format!("the correlation “{}”: {why}", rule.title) }),
        }
    }
    for rule in collection.filters {
        let head =
            Head { title: rule.title.clone(), id: rule.id.clone(), line: line_of_title(text, &rule.title, rule.id.as_deref()), ..Head::default() };
        documents.push(Document { head, block: serde_json::Value::Null, body: Body::Filter(Box::new(Filter { rule })) });
    }
    // In the order of the file.
    documents.sort_by_key(|document| document.head.line);
    (documents, wrongs)
}

/// What a rule and a correlation have in common: title, and then id, name and description where they are given.
fn head(text: &str, title: &str, [id, name, description]: [Option<&str>; 3], weight: Option<sigma::Level>, tags: &[String]) -> Head {
    Head {
        title: title.to_owned(),
        id: id.map(str::to_owned),
        name: name.map(str::to_owned),
        description: description.unwrap_or_default().to_owned(),
        level: weight.map(level),
        tags: tags.to_vec(),
        line: line_of_title(text, title, id),
    }
}

/// The library's remarks on style and specification.
pub(in crate::detect) fn lints(text: &str) -> Vec<Lint> {
    sigma::lint_yaml_str(text)
        .into_iter()
        .filter(|lint| matches!(lint.severity, sigma::Severity::Error | sigma::Severity::Warning))
        // Every rule of ours has a block that the specification does not know.
        .filter(|lint| !(matches!(lint.rule, sigma::LintRule::UnknownKey) && lint.message.contains("outcrop")))
        // Dates as the first specification wrote them: 2022/12/13.
        .filter(|lint| !(lint.message.contains(" date \"") && lint.message.contains('/')))
        .map(|lint| Lint {
            line: lint.span.map_or(0, |span| span.start_line + 1),
            // A rule that cannot run is told by whoever reads it: this one runs.
            is_error: false,
            text: if lint.path.is_empty() || lint.path == "/" { lint.message } else { format!("{} (at {})", lint.message, lint.path) },
        })
        .collect()
}

const fn level(level: sigma::Level) -> Level {
    match level {
        sigma::Level::Informational => Level::Informational,
        sigma::Level::Low => Level::Low,
        sigma::Level::Medium => Level::Medium,
        sigma::Level::High => Level::High,
        sigma::Level::Critical => Level::Critical,
    }
}

fn block(attributes: &std::collections::HashMap<String, impl serde::Serialize>) -> serde_json::Value {
    attributes.get("outcrop").and_then(|block| serde_json::to_value(block).ok()).unwrap_or_default()
}

/// Where a document begins: its id is its own, its title nearly always.
fn line_of_title(text: &str, title: &str, id: Option<&str>) -> u32 {
    let has = |line: &str, key: &str, value: &str| line.strip_prefix(key).is_some_and(|rest| rest.contains(value));
    let at = |key, value: &str| text.lines().position(|line| has(line, key, value));
    at("title:", title).or_else(|| at("id:", id?)).map_or(1, |at| at as u32 + 1)
}

fn correlation(rule: &sigma::CorrelationRule) -> Result<Correlation, String> {
    use sigma::CorrelationType as Type;
    let (limits, fields, percentile, extended) = match &rule.condition {
        sigma::CorrelationCondition::Threshold { predicates, field, percentile } => {
            (predicates.iter().map(|(operator, value)| limit(*operator, *value)).collect(), field.clone().unwrap_or_default(), *percentile, None)
        }
        sigma::CorrelationCondition::Extended(expression) => (Vec::new(), Vec::new(), None, Some(expression)),
    };
    let kind = match rule.correlation_type {
        Type::EventCount => Kind::Count,
        Type::ValueCount => Kind::Distinct,
        Type::ValueSum => Kind::Sum,
        Type::ValueAvg => Kind::Average,
        Type::ValuePercentile | Type::ValueMedian => Kind::Percentile,
        Type::Temporal => Kind::Steps { ordered: false },
        Type::TemporalOrdered => Kind::Steps { ordered: true },
    };
    let wanted = match extended {
        Some(_) if !matches!(kind, Kind::Steps { ordered: false }) => {
            return Err("a condition in words is for `temporal` only; write one such as `gte: 10`".to_owned());
        }
        Some(expression) => steps(expression, &rule.rules)?,
        None => StepsWanted::All((0..rule.rules.len()).map(StepsWanted::Step).collect()),
    };
    if rule.rules.is_empty() {
        return Err("it names no rules".to_owned());
    }
    if matches!(kind, Kind::Distinct | Kind::Sum | Kind::Average | Kind::Percentile) && fields.is_empty() {
        return Err("it needs `field:` in its condition: what is counted".to_owned());
    }
    if matches!(kind, Kind::Steps { .. }) && rule.rules.len() < 2 && extended.is_none() {
        return Err("a sequence needs two rules or more".to_owned());
    }
    let millis = |span: &sigma::Timespan| i64::try_from(span.seconds).unwrap_or(i64::MAX).saturating_mul(1000);
    let window = match rule.window {
        sigma::WindowMode::Sliding => Window::Sliding,
        sigma::WindowMode::Tumbling => Window::Tumbling,
        sigma::WindowMode::Session => Window::Session { gap_ms: rule.gap.as_ref().map_or(0, millis) },
    };
    Ok(Correlation {
        kind,
        rules: rule.rules.clone(),
        group_by: rule.group_by.clone(),
        timespan_ms: millis(&rule.timespan),
        window,
        limits,
        fields,
        percentile: percentile.map_or(50.0, |rank| rank as f64),
        wanted,
        aliases: rule.aliases.iter().map(|alias| (alias.alias.clone(), alias.mapping.clone())).collect(),
        generate: rule.generate,
    })
}

fn limit(operator: sigma::ConditionOperator, value: u64) -> Limit {
    use sigma::ConditionOperator as Operator;
    let value = value as f64;
    match operator {
        Operator::Lt => Limit::Below(value),
        Operator::Lte => Limit::AtMost(value),
        Operator::Gt => Limit::Above(value),
        Operator::Gte => Limit::AtLeast(value),
        Operator::Eq => Limit::Is(value),
        Operator::Neq => Limit::IsNot(value),
    }
}

/// A condition over rules, such as `a and (b or c)`.
fn steps(expression: &sigma::ConditionExpr, rules: &[String]) -> Result<StepsWanted, String> {
    use sigma::{ConditionExpr as Expression, Quantifier};
    let all = |parts: &[Expression]| parts.iter().map(|part| steps(part, rules)).collect::<Result<Vec<_>, _>>();
    Ok(match expression {
        Expression::And(parts) => StepsWanted::All(all(parts)?),
        Expression::Or(parts) => StepsWanted::Any(all(parts)?),
        Expression::Not(part) => StepsWanted::Not(Box::new(steps(part, rules)?)),
        Expression::Identifier(name) => {
            let place = rules.iter().position(|rule| rule == name);
            StepsWanted::Step(place.ok_or_else(|| format!("its condition names “{name}”, which is not among its rules"))?)
        }
        Expression::Selector { quantifier, pattern } => {
            let named: Vec<usize> = (0..rules.len()).filter(|at| rules.get(*at).is_some_and(|rule| pattern.matches_detection_name(rule))).collect();
            match quantifier {
                Quantifier::All => StepsWanted::All(named.into_iter().map(StepsWanted::Step).collect()),
                Quantifier::Any | Quantifier::Count(0 | 1) => StepsWanted::Any(named.into_iter().map(StepsWanted::Step).collect()),
                Quantifier::Count(wanted) => at_least(&named, *wanted as usize)?,
            }
        }
    })
}

/// So many of these: any of the ways to choose them.
fn at_least(named: &[usize], wanted: usize) -> Result<StepsWanted, String> {
    if wanted > named.len() || named.len() > 12 {
        return Err(format!("its condition wants {wanted} of {} rules", named.len()));
    }
    let ways = (0_u32..1 << named.len()).filter(|way| way.count_ones() as usize == wanted);
    let chosen = |way: u32| named.iter().enumerate().filter(|(at, _)| way >> at & 1 == 1).map(|(_, step)| StepsWanted::Step(*step)).collect();
    Ok(StepsWanted::Any(ways.map(|way| StepsWanted::All(chosen(way))).collect()))
}
