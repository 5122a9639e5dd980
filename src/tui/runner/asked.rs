//! What the case's ledger says of AWS: what was asked and what it cost, which intervals are there, and where events are missing.

use std::collections::BTreeMap;

use crate::case::{Reader, Result};
use crate::model::live::{GroupName, QueryState, ScanStatistics, Seconds, USD_PER_GB, usd_for, usd_text};
use crate::tui::render::{bytes, grouped};

/// Intervals of a group and holes shown.
const SHOWN: usize = 20;

/// A line each, and whether it tells of something missing; none for a case of files.
pub fn lines(reader: &mut Reader) -> Result<Vec<(String, bool)>> {
    let (asked, coverage) = (reader.asked()?, reader.coverage()?);
    let mut lines = Vec::new();
    if !asked.is_empty() {
        let mut seen = ScanStatistics::default();
        for query in &asked {
            seen.add(&query.statistics);
        }
        let cost = usd_text(usd_for(seen.bytes_scanned, USD_PER_GB));
        let count = |state: QueryState| asked.iter().filter(|query| query.state == state).count() as u64;
        let (scanned, matched, spared) = (seen.records_scanned as u64, seen.records_matched as u64, seen.records_skipped as u64);
        lines.push((format!("{} queries, {} scanned ≈ {cost}", grouped(asked.len() as u64), bytes(seen.bytes_scanned as u64)), false));
        lines.push((format!("{} records scanned, {} matched, {} spared by indexes", grouped(scanned), grouped(matched), grouped(spared)), false));
        let ended_badly = count(QueryState::Stopped) + count(QueryState::Failed);
        if ended_badly > 0 {
            lines.push((format!("{} of them were stopped or failed", grouped(ended_badly)), false));
        }
    }
    let mut groups: BTreeMap<(&GroupName, &str), Vec<Seconds>> = BTreeMap::new();
    for entry in &coverage {
        groups.entry((&entry.group, &entry.filter)).or_default().push(entry.span);
    }
    for ((group, filter), spans) in groups {
        let only = if filter.is_empty() { String::new() } else { format!(" where {filter}") };
        let spans = Seconds::joined(spans);
        for span in spans.iter().take(SHOWN) {
            lines.push((format!("{group}{only}: {span}"), false));
        }
        if spans.len() > SHOWN {
            lines.push((format!("{group}{only}: … and {} more intervals", spans.len() - SHOWN), false));
        }
    }
    let holes: Vec<_> = coverage.iter().filter_map(|entry| Some((entry, entry.hole.as_ref()?))).collect();
    for (entry, why) in holes.iter().take(SHOWN) {
        lines.push((format!("hole: {} {}: {why}", entry.group, entry.span), true));
    }
    if holes.len() > SHOWN {
        lines.push((format!("… and {} more holes", holes.len() - SHOWN), true));
    }
    Ok(lines)
}
