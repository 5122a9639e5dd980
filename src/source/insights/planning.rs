//! What a fetch would do: which groups, what of them is missing, what it would cost. Asks only for estimates, which are free.

use std::sync::atomic::AtomicBool;

use futures_util::future::join_all;

use super::fault::{AwsError, Fault};
use super::groups::FoundGroup;
use super::plan::{self, CAP, Piece};
use super::session::{Aws, estimate};
use crate::model::live::{AskedQuery, Coverage, FETCH, QueryState, Seconds, Site};
use crate::model::{Strand, Timestamp};

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// The groups, each of its site.
    pub groups: Vec<(Site, FoundGroup)>,
    /// When.
    pub span: Seconds,
    /// Which events: a condition in QL; empty is all.
    pub filter: String,
    /// What the case has already.
    pub covered: &'a [Coverage],
    /// What was asked before.
    pub asked: &'a [AskedQuery],
    /// Ask for the price first.
    pub is_estimated: bool,
    /// The clock.
    pub now: Timestamp,
}

/// What a fetch will do.
#[derive(Clone, Debug)]
pub struct FetchPlan {
    /// Group by group.
    pub groups: Vec<PlannedGroup>,
    /// Queries of a fetch that died, which still run and whose rows nobody wants, each with its site.
    pub(super) orphans: Vec<(usize, AskedQuery)>,
    pub(super) text: String,
    pub(super) filter: String,
    pub(super) now: Timestamp,
    pub(super) cap: u64,
}

/// What will be fetched of a group.
#[derive(Clone, Debug)]
pub struct PlannedGroup {
    /// Where it is.
    pub site: Site,
    /// The group.
    pub found: FoundGroup,
    /// What of the interval is not in the case yet.
    pub missing: Vec<Seconds>,
    /// Bytes that this would scan; `None` where AWS does not tell.
    pub bytes: Option<f64>,
    /// What to know: the interval begins before anything is kept.
    pub note: Option<String>,
    /// Why it cannot be asked.
    pub error: Option<AwsError>,
    pub(super) link: usize,
    pub(super) pieces: Vec<Piece>,
}

impl PlannedGroup {
    /// Small enough to be fetched whole, before anything large.
    pub(super) fn is_small(&self) -> bool {
        self.bytes.is_some_and(|bytes| bytes <= plan::SMALL_BYTES) || !self.found.holds().contains(&Strand::Invocation) && self.bytes.is_none()
    }
}

impl FetchPlan {
    /// Bytes that all of it would scan, and whether some groups could not be estimated.
    pub fn bytes(&self) -> (f64, bool) {
        let known = self.groups.iter().filter_map(|group| group.bytes).sum();
        (known, self.groups.iter().any(|group| group.bytes.is_none() && !group.pieces.is_empty()))
    }

    /// Leaves of each group only the seconds from one on that is told for it.
    pub fn only_from(&mut self, from: impl Fn(&PlannedGroup) -> i64) {
        for group in &mut self.groups {
            let from = from(group);
            for span in group.missing.iter_mut().chain(group.pieces.iter_mut().map(|piece| &mut piece.span)) {
                span.from = span.from.max(from);
            }
            group.missing.retain(|span| !span.is_empty());
            group.pieces.retain(|piece| !piece.span.is_empty());
        }
    }

    /// Nothing is missing.
    pub fn is_empty(&self) -> bool {
        self.groups.iter().all(|group| group.pieces.is_empty())
    }
}

/// The text of a fetch: always the whole message and where it is, the newest first.
pub(super) fn text(filter: &str, cap: u64) -> String {
    let filter = if filter.is_empty() { String::new() } else { format!(" | filter {filter}") };
    format!("{FETCH}{filter} | sort @timestamp desc | limit {cap}")
}

/// The same for a part of a second.
pub(super) fn text_within(filter: &str, from: i64, to: i64, cap: u64) -> String {
    let within = format!("toMillis(@timestamp) >= {from} and toMillis(@timestamp) < {to}");
    text(&if filter.is_empty() { within } else { format!("({filter}) and {within}") }, cap)
}

/// A condition that holds for events whose text has this value. Every byte that is no ASCII letter or digit is written by its
/// number, so that nothing in it can end the pattern.
pub fn mentions(value: &str) -> String {
    use std::fmt::Write as _;
    let mut pattern = String::new();
    for letter in value.chars() {
        if letter.is_ascii_alphanumeric() || !letter.is_ascii() {
            pattern.push(letter);
        } else {
            let _ = write!(pattern, "\\x{:02X}", letter as u32);
        }
    }
    format!("@message like /{pattern}/")
}

impl Aws {
    /// Says what a fetch would do, and for how much.
    pub fn plan(&self, wanted: Wanted<'_>, cancel: &AtomicBool) -> FetchPlan {
        self.plan_by(wanted, CAP, cancel)
    }

    pub(super) fn plan_by(&self, wanted: Wanted<'_>, cap: u64, cancel: &AtomicBool) -> FetchPlan {
        let text = text(&wanted.filter, cap);
        let mut groups: Vec<PlannedGroup> = Vec::new();
        for (site, found) in &wanted.groups {
            let Some(link) =
                self.links().iter().position(|link| link.site == *site || link.region == found.group.region && link.site.profile == site.profile)
            else {
                continue;
            };
            // The same group through two profiles is one.
            if groups.iter().any(|other| other.found.group.is(&found.group)) {
                continue;
            }
            groups.push(planned(link, site, found, &wanted));
        }
        let estimates: Vec<Result<Option<f64>, AwsError>> = self.block_on(join_all(groups.iter().map(async |group| {
            let Some(link) = self.links().get(group.link) else { return Ok(Some(0.0)) };
            let mut sum = wanted.is_estimated.then_some(0.0);
            for span in hulls(if wanted.is_estimated { &group.missing } else { &[] }) {
                let bytes = estimate(link, &text, &[group.found.identifier().to_owned()], span, cancel).await?;
                sum = sum.zip(bytes).map(|(sum, bytes)| sum + bytes);
            }
            Ok(sum)
        })));
        for (number, (group, bytes)) in groups.iter_mut().zip(estimates).enumerate() {
            match bytes {
                Ok(bytes) => group.bytes = bytes,
                // Whoever may not ask for the price may not ask for the rows. All else is no reason not to try.
                Err(error) if matches!(error.fault, Fault::Denied(_) | Fault::NotFound(_) | Fault::Stopped) || error.fault.is_about_credentials() => {
                    group.error = Some(error);
                    continue;
                }
                Err(error) => group.note = Some(format!("the price of {} cannot be told: {}", group.found.group, error.fault)),
            }
            let mine: Vec<&AskedQuery> = wanted.asked.iter().filter(|query| is_of(query, group, &text)).collect();
            let (mut pieces, left) = plan::attached(number, &group.missing, &mine, wanted.now);
            let share =
                left.iter().map(|span| span.length()).sum::<i64>() as f64 / group.missing.iter().map(|span| span.length()).sum::<i64>().max(1) as f64;
            pieces.extend(plan::pieces(number, &left, group.bytes.map(|bytes| bytes * share), group.found.mean_record()));
            group.pieces = pieces;
        }
        let orphans = self.orphans(&groups, &wanted);
        FetchPlan { groups, orphans, text, filter: wanted.filter, now: wanted.now, cap }
    }

    /// Queries that a fetch left running when it was killed, and that no piece attaches to.
    fn orphans(&self, groups: &[PlannedGroup], wanted: &Wanted<'_>) -> Vec<(usize, AskedQuery)> {
        let is_attached =
            |query: &AskedQuery| groups.iter().flat_map(|group| &group.pieces).any(|piece| piece.attach.as_deref() == Some(query.id.as_str()));
        let left = wanted.asked.iter().filter(|query| {
            query.state == QueryState::Running && wanted.now.as_millis() - query.started.as_millis() < LONGEST_MILLIS && !is_attached(query)
        });
        let link = |query: &AskedQuery| self.links().iter().position(|link| link.region == query.region && link.site.profile == query.profile);
        left.filter_map(|query| Some((link(query)?, query.clone()))).collect()
    }
}

/// No query runs longer than this.
const LONGEST_MILLIS: i64 = 3_700_000;

fn planned(link: usize, site: &Site, found: &FoundGroup, wanted: &Wanted<'_>) -> PlannedGroup {
    let mut span = wanted.span;
    let mut note = None;
    if let Some(from) = found.keeps_from(wanted.now).map(|at| at.as_millis().div_euclid(1000)).filter(|from| *from > span.from) {
        if let Some(days) = found.retention_days {
            note = Some(format!("{} keeps {days} days: nothing from before {} can be had", found.group, Seconds::new(from, from).since()));
        }
        span.from = from;
    }
    let is_known = |entry: &&Coverage| entry.group.is(&found.group) && (entry.filter.is_empty() || entry.filter == wanted.filter);
    let covered: Vec<Seconds> = wanted.covered.iter().filter(is_known).map(|entry| entry.span).collect();
    let missing = if span.is_empty() { Vec::new() } else { span.without(&covered) };
    PlannedGroup { site: site.clone(), found: found.clone(), missing, bytes: None, note, error: None, link, pieces: Vec::new() }
}

fn is_of(query: &AskedQuery, group: &PlannedGroup, text: &str) -> bool {
    query.text == text && query.groups == group.found.identifier() && query.region == group.found.group.region && query.profile == group.site.profile
}

/// An estimate a gap, or of all when there are many.
fn hulls(missing: &[Seconds]) -> Vec<Seconds> {
    match missing {
        [first, .., last] if missing.len() > 3 => vec![Seconds::new(first.from, last.to)],
        few => few.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_end_the_pattern() {
        assert_eq!(mentions("AKIA7"), "@message like /AKIA7/");
        assert_eq!(mentions("a/b | \"é#\\"), r"@message like /a\x2Fb\x20\x7C\x20\x22é\x23\x5C/");
        assert_eq!(
            text(&mentions("k"), 100),
            "fields @timestamp, @message, @logStream, @log | filter @message like /k/ | sort @timestamp desc | limit 100"
        );
        assert_eq!(
            text_within("", 5, 6, 9),
            "fields @timestamp, @message, @logStream, @log | filter toMillis(@timestamp) >= 5 and toMillis(@timestamp) < 6 | sort @timestamp desc | limit 9"
        );
    }
}
