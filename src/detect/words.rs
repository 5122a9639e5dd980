//! The reason of a signal in words: a rule's summary with the values of the event that made it fire.

use super::rule::Rule;
use super::state::Draft;
use super::view::View;
use crate::model::{Baseline, Entity};

/// Values are cut at so many characters: a prompt is no reason.
const LONGEST: usize = 160;

/// The summary of a signal.
pub(super) fn summary(rule: &Rule, view: &View<'_>, draft: &Draft, entity: &Entity) -> String {
    let Some(template) = &rule.summary else { return format!("{}: {}", rule.title, entity.value) };
    let mut text = String::with_capacity(template.len() + 80);
    let mut rest = template.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((names, after)) = after.split_once('}') else {
            text.push('{');
            rest = after;
            continue;
        };
        text.push_str(&names.split('|').find_map(|name| value(name.trim(), rule, view, draft)).unwrap_or_else(|| "–".to_owned()));
        rest = after;
    }
    text.push_str(rest);
    text
}

fn value(name: &str, rule: &Rule, view: &View<'_>, draft: &Draft) -> Option<String> {
    let found = match (name, &draft.baseline) {
        ("value", Some(Baseline::FirstSeen { new, .. })) => new.join(", "),
        ("value", Some(Baseline::Threshold { values, .. })) => values.join(", "),
        ("value", _) => draft.value.join(" "),
        ("count" | "observed", Some(Baseline::Threshold { observed, .. } | Baseline::Outlier { observed, .. })) => number(*observed),
        ("count", Some(Baseline::FirstSeen { new, .. })) => new.len().to_string(),
        ("count" | "observed", _) => draft.total.to_string(),
        ("threshold", Some(Baseline::Threshold { limit, .. })) => limit.clone(),
        ("threshold", Some(Baseline::Outlier { threshold, .. })) => number(*threshold),
        ("window", Some(Baseline::Threshold { window_ms, .. } | Baseline::Sequence { window_ms, .. })) => span(*window_ms),
        ("window", Some(Baseline::Outlier { bucket_ms, .. })) => span(*bucket_ms),
        ("words", _) => rule.words.as_ref().map(|words| words.found(&view.texts(&words.field))).unwrap_or_default(),
        ("group", Some(Baseline::FirstSeen { group, .. })) => group.join(" "),
        _ => view.texts(name).join(", "),
    };
    if found.is_empty() { None } else { Some(cut(&found)) }
}

fn number(number: f64) -> String {
    if number.fract() == 0.0 { format!("{number:.0}") } else { format!("{number:.1}") }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A length of time in words: `5 minutes`.
pub(super) fn span(millis: i64) -> String {
    let (count, unit) = match millis {
        _ if millis % 86_400_000 == 0 => (millis / 86_400_000, "day"),
        _ if millis % 3_600_000 == 0 => (millis / 3_600_000, "hour"),
        _ if millis % 60_000 == 0 => (millis / 60_000, "minute"),
        _ => (millis / 1000, "second"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}
