//! What was asked of AWS and what came of it: places, intervals, coverage, queries, what it cost.

use std::fmt;

use serde::Serialize;

use super::Timestamp;

/// Where we ask: a Region, with the credentials of a profile. Each is a source of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Site {
    /// The profile; `None` is what the environment says.
    pub profile: Option<String>,
    /// The Region; `None` until it is known from the profile or the environment.
    pub region: Option<String>,
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let region = self.region.as_deref().unwrap_or("the Region of the environment");
        match &self.profile {
            Some(profile) => write!(f, "{region} ({profile})"),
            None => f.write_str(region),
        }
    }
}

/// Whole seconds since the epoch, `from` inside and `to` not: what Logs Insights takes, in our half-open form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Seconds {
    /// First second inside.
    pub from: i64,
    /// First second after.
    pub to: i64,
}

impl Seconds {
    /// The seconds from one to before another.
    pub const fn new(from: i64, to: i64) -> Self {
        Self { from, to }
    }

    /// No second is inside.
    pub const fn is_empty(self) -> bool {
        self.to <= self.from
    }

    /// How many.
    pub const fn length(self) -> i64 {
        if self.is_empty() { 0 } else { self.to - self.from }
    }

    /// What both share.
    #[must_use]
    pub fn meet(self, other: Self) -> Self {
        Self { from: self.from.max(other.from), to: self.to.min(other.to) }
    }

    /// What is left of it without others, oldest first.
    pub fn without(self, others: &[Self]) -> Vec<Self> {
        let mut others: Vec<Self> = others.iter().copied().filter(|other| !other.meet(self).is_empty()).collect();
        others.sort_unstable();
        let (mut left, mut at) = (Vec::new(), self.from);
        for other in others {
            if other.from > at {
                left.push(Self::new(at, other.from));
            }
            at = at.max(other.to);
        }
        left.push(Self::new(at, self.to));
        left.retain(|piece| !piece.is_empty());
        left
    }

    /// The same seconds as few intervals, oldest first.
    pub fn joined(mut spans: Vec<Self>) -> Vec<Self> {
        spans.retain(|span| !span.is_empty());
        spans.sort_unstable();
        spans.dedup_by(|next, before| {
            let touches = next.from <= before.to;
            if touches {
                before.to = before.to.max(next.to);
            }
            touches
        });
        spans
    }

    /// Its first instant.
    pub const fn since(self) -> Timestamp {
        Timestamp::from_millis(self.from.saturating_mul(1000))
    }

    /// The first instant after.
    pub const fn until(self) -> Timestamp {
        Timestamp::from_millis(self.to.saturating_mul(1000))
    }
}

/// `2026-11-20T14:00:00Z/14:30:00Z`; the day again only when it is another.
impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (self.since(), self.until());
        let form = if from.date() == to.date() { "%H:%M:%SZ" } else { "%Y-%m-%dT%H:%M:%SZ" };
        write!(f, "{}/{}", from.to_jiff().strftime("%Y-%m-%dT%H:%M:%SZ"), to.to_jiff().strftime(form))
    }
}

/// What a query cost and looked at; sums of several too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct ScanStatistics {
    /// Records that the query looked at.
    pub records_scanned: f64,
    /// … of which it matched.
    pub records_matched: f64,
    /// Records that an index spared it.
    pub records_skipped: f64,
    /// Bytes looked at: what is billed.
    pub bytes_scanned: f64,
    /// Bytes that an index spared it.
    pub bytes_skipped: f64,
}

impl ScanStatistics {
    /// Adds another query's.
    pub fn add(&mut self, other: &Self) {
        self.records_scanned += other.records_scanned;
        self.records_matched += other.records_matched;
        self.records_skipped += other.records_skipped;
        self.bytes_scanned += other.bytes_scanned;
        self.bytes_skipped += other.bytes_skipped;
    }
}

/// Seconds after which nothing new of an instant is expected any more: CloudTrail delivers within a quarter of an hour, and AWS finds
/// an event a while after it was sent. What is younger is never called complete.
pub const SETTLING: i64 = 900;

/// US dollars for a gigabyte scanned: the list price of us-east-1 and most Regions.
pub const USD_PER_GB: f64 = 0.005;

/// What so many bytes scanned cost, about.
pub fn usd_for(bytes: f64, usd_per_gb: f64) -> f64 {
    bytes / 1e9 * usd_per_gb
}

/// Reads an amount of dollars, or of bytes at a price.
pub fn parse_budget(text: &str, usd_per_gb: f64) -> Option<f64> {
    let lower = text.trim().to_ascii_lowercase();
    let plain = lower.trim_start_matches('$').trim_end_matches("usd").trim();
    let units = [("tb", 1e3), ("gb", 1.0), ("mb", 1e-3)];
    let of_bytes = units.iter().find_map(|(unit, gigabytes)| plain.strip_suffix(unit).map(|number| (number.trim(), gigabytes * usd_per_gb)));
    let (number, factor) = of_bytes.unwrap_or((plain, 1.0));
    number.parse::<f64>().ok().map(|number| number * factor).filter(|usd| usd.is_finite() && *usd >= 0.0)
}

/// An amount as it is shown: `$0.004`, `$12.30`; with as many decimals as say something.
pub fn usd_text(usd: f64) -> String {
    match usd {
        0.0 => "$0".to_owned(),
        usd if usd < 0.001 => "<$0.001".to_owned(),
        usd if usd < 1.0 => format!("${usd:.3}"),
        usd => format!("${usd:.2}"),
    }
}

/// A log group, wherever it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct GroupName {
    /// Its account; empty when nobody told.
    pub account: String,
    /// Its Region.
    pub region: String,
    /// Its name.
    pub name: String,
}

impl GroupName {
    /// The same group. Accounts are compared only where both are known.
    pub fn is(&self, other: &Self) -> bool {
        let is_one_account = self.account == other.account || self.account.is_empty() || other.account.is_empty();
        self.name == other.name && self.region == other.region && is_one_account
    }
}

impl fmt::Display for GroupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.region, self.name)
    }
}

/// An interval of a log group that the case has, or never will have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// The group.
    pub group: GroupName,
    /// What events of it: empty is all, otherwise the filter of the query.
    pub filter: String,
    /// When.
    pub span: Seconds,
    /// `None`: all of it is in the case. Otherwise why some of it is not, though everything that could be fetched was.
    pub hole: Option<String>,
    /// When it was fetched.
    pub at: Timestamp,
}

/// How far a query got that was started at AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum QueryState {
    /// Started; nobody has seen its end.
    Running = 0,
    /// Complete, and all its rows were read.
    Complete = 1,
    /// Stopped, by us or by somebody else.
    Stopped = 2,
    /// It failed, timed out, or its results are gone.
    Failed = 3,
}

impl QueryState {
    /// The state of a stored number.
    pub const fn from_code(code: u8) -> Self {
        match code {
            1 => Self::Complete,
            2 => Self::Stopped,
            3 => Self::Failed,
            _ => Self::Running,
        }
    }
}

/// A query that was started at AWS: a line of the ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct AskedQuery {
    /// AWS's id of it; by it its results can be read for seven days without a further scan.
    pub id: String,
    /// Whose credentials.
    pub profile: Option<String>,
    /// The Region.
    pub region: String,
    /// Names of the groups, a line each.
    pub groups: String,
    /// Its text.
    pub text: String,
    /// Its interval.
    pub span: Seconds,
    /// How far it got.
    pub state: QueryState,
    /// When it was started.
    pub started: Timestamp,
    /// Rows that were read.
    pub rows: u64,
    /// What it looked at.
    pub statistics: ScanStatistics,
    /// Why it did not come to its end.
    pub reason: Option<String>,
}

impl AskedQuery {
    /// It fetches every event of its interval, and is no question of somebody else's.
    pub fn fetches_all(&self) -> bool {
        self.text.starts_with(FETCH) && !self.text.contains("| filter ")
    }
}

/// How the text of every fetch begins.
pub const FETCH: &str = "fields @timestamp, @message, @logStream, @log";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_missing_is_what_nobody_covered() {
        let spans = |pairs: &[(i64, i64)]| pairs.iter().map(|(from, to)| Seconds::new(*from, *to)).collect::<Vec<_>>();
        let whole = Seconds::new(10, 100);
        for (covered, missing) in [
            (spans(&[]), spans(&[(10, 100)])),
            (spans(&[(0, 200)]), spans(&[])),
            (spans(&[(0, 20), (50, 60)]), spans(&[(20, 50), (60, 100)])),
            (spans(&[(50, 60), (20, 55), (60, 61), (90, 300)]), spans(&[(10, 20), (61, 90)])),
            (spans(&[(100, 200), (0, 10), (30, 30)]), spans(&[(10, 100)])),
        ] {
            assert_eq!(whole.without(&covered), missing, "{covered:?}");
        }
    }

    proptest! {
        #[test]
        fn every_second_is_either_covered_or_missing(covered in prop::collection::vec((0..60_i64, 0..20_i64), 0..8)) {
            let covered: Vec<Seconds> = covered.into_iter().map(|(from, length)| Seconds::new(from, from + length)).collect();
            let missing = Seconds::new(5, 50).without(&covered);
            for second in 0..80 {
                let is_in = |spans: &[Seconds]| spans.iter().filter(|span| (span.from..span.to).contains(&second)).count();
                let wanted = usize::from((5..50).contains(&second) && is_in(&covered) == 0);
                prop_assert_eq!(is_in(&missing), wanted, "{}", second);
            }
        }
    }

    #[test]
    fn intervals_that_touch_are_one() {
        let spans = |pairs: &[(i64, i64)]| pairs.iter().map(|(from, to)| Seconds::new(*from, *to)).collect::<Vec<_>>();
        assert_eq!(Seconds::joined(spans(&[(20, 30), (0, 5), (5, 9), (25, 27), (40, 40)])), spans(&[(0, 9), (20, 30)]));
    }

    #[test]
    fn amounts_are_dollars_or_bytes() {
        for (text, usd) in [("2usd", 2.0), ("$0.50", 0.5), (" 3 ", 3.0), ("100GB", 0.5), ("1 tb", 5.0), ("200MB", 0.001), ("2 USD", 2.0)] {
            let read = parse_budget(text, 0.005).unwrap();
            assert!((read - usd).abs() < 1e-9, "{text}: {read}");
        }
        for text in ["", "much", "-1", "nan", "1eur"] {
            assert_eq!(parse_budget(text, 0.005), None, "{text}");
        }
    }

    #[test]
    fn amounts_and_intervals_are_shown_short() {
        assert_eq!([0.0, 0.0002, 0.0041, 12.3].map(usd_text), ["$0", "<$0.001", "$0.004", "$12.30"]);
        assert!((usd_for(2e9, USD_PER_GB) - 0.01).abs() < 1e-12);
        assert_eq!(Seconds::new(1_763_647_200, 1_763_649_000).to_string(), "2025-11-20T14:00:00Z/14:30:00Z");
        assert_eq!(Seconds::new(1_763_647_200, 1_763_733_600).to_string(), "2025-11-20T14:00:00Z/2025-11-21T14:00:00Z");
    }
}
