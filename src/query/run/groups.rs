//! `SOURCE` and `FROM`: which events a query reads. A name is what the analyst said it is, or a strand, or a group that was fetched, or part
//! of the paths of sources.

use super::error::RunError;
use super::expr::wrong;
use crate::case::Reader;
use crate::model::{Scope, SourceEntry, SourceId, SourceKind, Strand, StrandSet, TimeRange, Timestamp};
use crate::query::ql::ast::{Expr, ExprKind, Field, GroupKey, Moment, Period, Query, SelectorKind, Set, Source, Stage, StageKind, Step};
use crate::query::ql::{QueryError, Span};
use crate::query::sql::ast::Groups;

/// Groups that are in every case.
pub const PSEUDO_GROUPS: [&str; 8] = ["management", "data", "invocation", "endpoint", "network", "span", "events", "exchanges"];

/// What a query reads.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) scope: Scope,
    /// Only events out of these sources.
    pub(super) sources: Option<Vec<SourceId>>,
}

/// Strands and sources that names stand for.
struct Found {
    strands: StrandSet,
    sources: Vec<SourceId>,
    is_all: bool,
}

/// The events of a scope that the source names.
pub(super) fn choose(reader: &mut Reader, scope: &Scope, source: Option<&Source>, now: Timestamp) -> Result<Chosen, RunError> {
    let mut chosen = Chosen { scope: scope.clone(), sources: None };
    let mut found = Found { strands: StrandSet::NONE, sources: Vec::new(), is_all: false };
    match source {
        None => return Ok(chosen),
        Some(Source::Group(group)) => {
            name(reader, &group.name.value, group.name.span, &mut found)?;
            let range = TimeRange { since: moment(group.start.as_ref(), now), until: moment(group.end.as_ref(), now) };
            chosen.scope.range = narrowed(chosen.scope.range, range);
        }
        Some(Source::Selection(selectors)) => {
            for selector in selectors {
                match &selector.kind {
                    SelectorKind::LogGroups(filters) => {
                        found.is_all |= !filters.iter().any(|filter| filter.key == GroupKey::NamePrefix);
                        for filter in filters {
                            match filter.key {
                                GroupKey::NamePrefix => {
                                    for prefix in &filter.values {
                                        name(reader, &prefix.value, prefix.span, &mut found)?;
                                    }
                                }
                                // An account is a condition on each event, see `of_accounts`; of classes a case knows nothing.
                                GroupKey::Class | GroupKey::Account => {}
                            }
                        }
                    }
                    SelectorKind::DataSource(names) => {
                        for one in names {
                            name(reader, plain_name(&one.value), one.span, &mut found)?;
                        }
                    }
                    SelectorKind::Tags(_) => return Err(wrong(selector.span, "a case does not know the tags of log groups")),
                }
            }
        }
    }
    let span = match source {
        Some(Source::Selection(selectors)) => selectors.first().map_or_else(Span::default, |selector| selector.span),
        _ => Span::default(),
    };
    settle(chosen, found, span)
}

/// The query with the accounts that its `SOURCE` names as a condition of its own.
pub(super) fn of_accounts(query: &Query) -> Option<Query> {
    let Some(Source::Selection(selectors)) = &query.source else { return None };
    let mut stages = Vec::new();
    for selector in selectors {
        let SelectorKind::LogGroups(filters) = &selector.kind else { continue };
        for filter in filters.iter().filter(|filter| filter.key == GroupKey::Account) {
            let of = |kind: ExprKind| Expr { kind, span: filter.span };
            let accounts = filter.values.iter().map(|account| of(ExprKind::Text(account.value.clone()))).collect();
            let field = Field { steps: ["@aws", "account"].map(|part| Step::Member(part.to_owned())).to_vec(), span: filter.span };
            let value = Box::new(of(ExprKind::Field(field)));
            let kind = StageKind::Filter(of(ExprKind::In { value, set: Set::List(accounts), negated: false }));
            stages.push(Stage { kind, word_span: filter.span, span: filter.span });
        }
    }
    if stages.is_empty() {
        return None;
    }
    stages.extend(query.stages.iter().cloned());
    Some(Query { stages, ..query.clone() })
}

/// The events of a scope that SQL's `FROM` names: those that each part of it allows.
pub(super) fn choose_groups(reader: &mut Reader, scope: &Scope, groups: &Groups, span: Span) -> Result<Chosen, RunError> {
    let mut chosen = Chosen { scope: scope.clone(), sources: None };
    for names in [&groups.names, &groups.sources].into_iter().filter(|names| !names.is_empty()) {
        let mut found = Found { strands: StrandSet::NONE, sources: Vec::new(), is_all: false };
        for own in names {
            name(reader, plain_name(own), span, &mut found)?;
        }
        let before = chosen.sources.take();
        chosen = settle(chosen, found, span)?;
        if let Some(before) = before {
            chosen.sources = Some(match chosen.sources {
                Some(sources) => sources.into_iter().filter(|source| before.contains(source)).collect(),
                None => before,
            });
        }
    }
    Ok(chosen)
}

/// The name within an ARN, and without the catalogue of a data source.
fn plain_name(name: &str) -> &str {
    let name = match name.strip_prefix("arn:").and_then(|arn| arn.split_once(":log-group:")) {
        Some((_, name)) => name.strip_suffix(":*").unwrap_or(name),
        None => name,
    };
    name.strip_prefix("aws_cloudtrail.").unwrap_or(name)
}

fn settle(mut chosen: Chosen, mut found: Found, span: Span) -> Result<Chosen, RunError> {
    if found.is_all {
        return Ok(chosen);
    }
    if found.sources.is_empty() {
        chosen.scope.strands = StrandSet::from_bits(chosen.scope.strands.bits() & found.strands.bits());
    } else if found.strands == StrandSet::NONE {
        found.sources.sort_unstable();
        found.sources.dedup();
        chosen.sources = Some(found.sources);
    } else {
        return Err(wrong(span, "name strands or paths, not both"));
    }
    Ok(chosen)
}

fn name(reader: &mut Reader, name: &str, span: Span, found: &mut Found) -> Result<(), RunError> {
    match reader.group_aliases()?.get(name) {
        Some(meanings) => meanings.iter().try_for_each(|meaning| own_name(reader, meaning, span, found)),
        None => own_name(reader, name, span, found),
    }
}

/// Does such a name mean something in every case?
pub fn is_pseudo_group(name: &str) -> bool {
    PSEUDO_GROUPS.iter().any(|group| group.eq_ignore_ascii_case(name))
}

/// The log group that a source was fetched from.
pub fn fetched_group(source: &SourceEntry) -> Option<&str> {
    if source.kind != SourceKind::Insights {
        return None;
    }
    // `us-east-1 111122223333:/aws/group 2026-…`
    let group = source.path.split(' ').nth(1)?;
    Some(group.split_once(':').map_or(group, |(_, name)| name))
}

/// What a name means that nobody has said anything about.
fn own_name(reader: &mut Reader, name: &str, span: Span, found: &mut Found) -> Result<(), RunError> {
    let folded = name.to_lowercase();
    if folded == "events" || folded.is_empty() {
        found.is_all = true;
        return Ok(());
    }
    let strand = if folded == "exchanges" { Some(Strand::Invocation) } else { folded.parse().ok() };
    if let Some(strand) = strand {
        found.strands = found.strands.with(strand);
        return Ok(());
    }
    if folded == "signals" || folded == "leads" {
        return Err(wrong(span, format!("`{folded}` is a table of SQL, and stands alone: SELECT * FROM {folded}")));
    }
    let sources = reader.sources()?;
    let before = found.sources.len();
    // A group that was fetched is not those whose names begin like it.
    found.sources.extend(sources.iter().filter(|source| fetched_group(source) == Some(name)).map(|source| source.id));
    if found.sources.len() == before {
        found.sources.extend(sources.iter().filter(|source| source.path.to_lowercase().contains(&folded)).map(|source| source.id));
    }
    if found.sources.len() > before {
        return Ok(());
    }
    // As log groups are usually called.
    let strands: &[Strand] = if folded.contains("cloudtrail") {
        &[Strand::Management, Strand::Data, Strand::Network]
    } else if folded.contains("invocation") {
        &[Strand::Invocation]
    } else if folded.contains("spans") {
        &[Strand::Span]
    } else {
        let names = PSEUDO_GROUPS.join(", ");
        let message = format!(
            "no source of this case has `{name}` in its path; groups that every case has are {names}; `outcrop groups` lists others, and says what a name means"
        );
        let near = PSEUDO_GROUPS.iter().map(|group| (strsim::osa_distance(&folded, group), group)).min().filter(|(distance, _)| *distance <= 2);
        let suggestion = near.map(|(_, group)| (*group).to_owned());
        return Err(QueryError { span, message, expected: Vec::new(), suggestion }.into());
    };
    found.strands = strands.iter().fold(found.strands, |set, strand| set.with(*strand));
    Ok(())
}

/// Does a name mean something in this case?
///
/// # Errors
/// The case cannot be read, or it means nothing: then the error says which names do.
pub fn means_something(reader: &mut Reader, meaning: &str) -> Result<(), RunError> {
    let mut found = Found { strands: StrandSet::NONE, sources: Vec::new(), is_all: false };
    own_name(reader, meaning, Span::default(), &mut found)
}

/// Both ranges at once.
pub(super) fn narrowed(one: TimeRange, other: TimeRange) -> TimeRange {
    let latest = |one: Option<Timestamp>, other: Option<Timestamp>| one.max(other);
    let earliest = match (one.until, other.until) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    TimeRange { since: latest(one.since, other.since), until: earliest }
}

fn moment(moment: Option<&Moment>, now: Timestamp) -> Option<Timestamp> {
    let ago = |period: &Period| period.millis().and_then(|millis| i64::try_from(millis).ok()).map(|millis| now.plus_millis(millis.saturating_neg()));
    match moment? {
        Moment::Now => Some(now),
        Moment::Ago(period) => ago(period),
        // Seconds have ten digits, milliseconds thirteen.
        Moment::At(number) => {
            i64::try_from(*number).ok().map(|number| Timestamp::from_millis(if number < 100_000_000_000 { number * 1000 } else { number }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_that_a_source_was_fetched_from() {
        for (kind, path, group) in [
            (SourceKind::Insights, "us-east-1 /aws/bedrock/calls 2026-11-10 00:00:00 – 2026-11-11 00:00:00", Some("/aws/bedrock/calls")),
            (
                SourceKind::Insights,
                "us-east-1 111122223333:/aws/bedrock/calls 2026-11-10 00:00:00 – 2026-11-11 00:00:00 (2)",
                Some("/aws/bedrock/calls"),
            ),
            (SourceKind::File, "us-east-1 /aws/bedrock/calls", None),
            (SourceKind::Insights, "one-word", None),
        ] {
            assert_eq!(fetched_group(&SourceEntry::new(SourceId(1), kind, path)), group, "{path}");
        }
    }
}
