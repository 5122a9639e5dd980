//! The records of a firing that was worked out from amounts alone.

use super::detector::{Detector, Late};
use super::memory::Finding;
use super::place::Located;
use super::plan::{Feed, GroupBy};
use super::rule::{Aggregate, How, Outlier, Rule};
use super::select::Ruled;
use super::state::{At, Draft, some_of};
use crate::case::{Reader, Result};
use crate::model::{Baseline, EventId, Scope, TimeRange, Timestamp};

/// Events looked at together.
const PAGE: usize = 4_096;

/// A record with its amount and, by number, whose it is.
pub(super) type Amount = (At, f64, u32);

impl Detector {
    /// Finds the events of a firing. Where everybody's largest amount is judged, the firing is told for each whose amount was too
    /// large: what others did at that time is not theirs.
    pub(super) fn look_up(&mut self, reader: &mut Reader, at: usize, rule: &Rule, draft: Draft) -> Result<Vec<Draft>> {
        let (Some(range), How::Outlier(how)) = (draft.look_up, &rule.how) else { return Ok(vec![draft]) };
        let Some(Baseline::Outlier { threshold, .. }) = draft.baseline else { return Ok(vec![draft]) };
        let mut found = self.amounts(reader, at, rule, draft.group, range)?;
        found.sort_by_key(|(at, ..)| *at);
        found.dedup_by_key(|(at, ..)| at.event);
        if !matches!(how.aggregate, Aggregate::Max(_)) || !how.group_by.is_empty() {
            return Ok(vec![together(draft, &found, range.0.saturating_add(how.bucket_ms), threshold, how)]);
        }
        found.retain(|(_, amount, _)| *amount > threshold && *amount >= how.floor);
        let mut drafts: Vec<Draft> = Vec::new();
        let mut known: Vec<u32> = Vec::new();
        for (_, _, whose) in &found {
            if !known.contains(whose) {
                known.push(*whose);
                let own: Vec<Amount> = found.iter().filter(|(_, _, other)| other == whose).copied().collect();
                drafts.push(largest(draft.clone(), &own, how));
            }
        }
        Ok(drafts)
    }

    /// What a rule selects of a group in a range of time.
    fn amounts(&mut self, reader: &mut Reader, at: usize, rule: &Rule, group: u32, (from, to): (i64, i64)) -> Result<Vec<Amount>> {
        let Some(feed) = self.plan.selected.get(at).and_then(|feeds| feeds.iter().find(|feed| feed.rule == at)).cloned() else {
            return Ok(Vec::new());
        };
        if self.plan.late.get(at).copied().unwrap_or(false) {
            let is_own = |late: &&Late| late.to == at && late.portion.group == group && (from..to).contains(&late.at.millis);
            return Ok(self.late.iter().filter(is_own).map(|late| (late.at, late.portion.number, 0)).collect());
        }
        let whose = Feed { group: GroupBy::First(Located::all(&rule.entity)), value: Vec::new(), number: None, ..feed.clone() };
        let range = TimeRange { since: Some(Timestamp::from_millis(from)), until: Some(Timestamp::from_millis(to)) };
        let refs = reader.refs(&Scope { range, strands: rule.strands, ..Scope::all() })?;
        let ids: Vec<EventId> = refs.iter().map(|event| event.id).collect();
        let mut finding = Finding { rule: at, feed: &feed, whose: &whose, group, memory: &mut self.memory, found: Vec::new() };
        for ids in ids.chunks(PAGE) {
            let page = reader.lean_of(ids)?;
            self.selecting.page_of(reader, Ruled { rules: &self.set.rules, plan: &self.plan }, at, &page, &mut finding)?;
        }
        Ok(finding.found)
    }
}

/// All records of a firing, and the one at which the amount of the first bucket, which ends there, crossed the threshold.
fn together(mut draft: Draft, found: &[Amount], first_end: i64, threshold: f64, how: &Outlier) -> Draft {
    let is_max = matches!(how.aggregate, Aggregate::Max(_));
    let mut amount = 0.0_f64;
    let crossing = found.iter().filter(|(at, ..)| at.millis < first_end).find(|(_, more, _)| {
        amount = if is_max { amount.max(*more) } else { amount + more };
        amount > threshold && amount >= how.floor
    });
    let Some((crossing, ..)) = crossing.or(found.first()) else { return draft };
    put(&mut draft, found, *crossing);
    draft
}

/// The records of one, each of which was too large.
fn largest(mut draft: Draft, own: &[Amount], how: &Outlier) -> Draft {
    let Some((crossing, ..)) = own.first() else { return draft };
    let bucket = |at: &At| at.millis.div_euclid(how.bucket_ms);
    put(&mut draft, own, *crossing);
    draft.firings = own.chunk_by(|one, next| bucket(&one.0) == bucket(&next.0)).count() as u64;
    let first = own.iter().take_while(|(at, ..)| bucket(at) == bucket(crossing)).map(|(_, amount, _)| *amount).reduce(f64::max);
    if let Some(Baseline::Outlier { observed, .. }) = &mut draft.baseline {
        *observed = first.unwrap_or(*observed);
    }
    draft
}

fn put(draft: &mut Draft, found: &[Amount], crossing: At) {
    let all: Vec<At> = found.iter().map(|(at, ..)| *at).collect();
    draft.at = crossing;
    draft.first = all.first().map_or(draft.first, |at| at.millis);
    draft.last = all.last().map_or(draft.last, |at| at.millis);
    draft.events = some_of(&all, crossing);
    draft.total = all.len() as u64;
    draft.emitted = vec![crossing];
}
