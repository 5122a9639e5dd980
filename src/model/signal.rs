//! Signals and leads: a rule that fired with its evidence, and an entity whose signals add up. Plain types; `detect` makes
//! them, a case keeps them, panes and reports show them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Entity, EntityKind, EventId, StrandSet, Timestamp};

/// How much a signal matters, in a word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Weight 0: told, but adds nothing.
    #[default]
    Informational,
    /// Weight 1 and 2.
    Low,
    /// Weight 3 and 4.
    Medium,
    /// Weight 5 to 7.
    High,
    /// Weight 8 and more.
    Critical,
}

impl Level {
    /// The level of a weight.
    pub const fn of(weight: u8) -> Self {
        match weight {
            0 => Self::Informational,
            1..=2 => Self::Low,
            3..=4 => Self::Medium,
            5..=7 => Self::High,
            _ => Self::Critical,
        }
    }

    /// The weight of a rule that names a level only.
    pub const fn weight(self) -> u8 {
        match self {
            Self::Informational => 0,
            Self::Low => 1,
            Self::Medium => 3,
            Self::High => 5,
            Self::Critical => 8,
        }
    }

    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// An entry of a framework that a rule points to: `ATT&CK v19 T1685.002`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Framework {
    /// `ATT&CK`, `ATLAS`, `OWASP LLM`.
    pub name: String,
    /// The edition the id belongs to.
    pub version: String,
    /// The id in that edition.
    pub id: String,
}

/// What fired: how the rule came to its verdict, with the numbers, so that nobody has to look them up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Baseline {
    /// So many in a window (or so many distinct values, such a sum …).
    Threshold {
        /// What was measured: `count`, `distinct eventName`, `sum x.tokens_in` …
        measure: String,
        /// The length of the window.
        window_ms: i64,
        /// What was seen in the window that fired.
        observed: f64,
        /// What had to hold: `>= 10`.
        limit: String,
        /// The window that fired.
        from: Timestamp,
        /// … its last event.
        to: Timestamp,
        /// Distinct values, when values were counted; at most [`MOST_VALUES`].
        values: Vec<String>,
    },
    /// Steps that came together.
    Sequence {
        /// The length of the window.
        window_ms: i64,
        /// In this order?
        ordered: bool,
        /// The steps of the window that fired.
        steps: Vec<Step>,
    },
    /// A value not seen before.
    FirstSeen {
        /// New for whom: the group's values; empty when new for everybody.
        group: Vec<String>,
        /// What was new.
        new: Vec<String>,
        /// Learning began.
        learnt_since: Option<Timestamp>,
        /// From then on what is new is told.
        learnt_until: Option<Timestamp>,
        /// A value is forgotten after so long.
        retention_ms: i64,
        /// Values known before, the most recent first; at most [`MOST_VALUES`].
        known: Vec<String>,
        /// How many were known.
        known_total: u64,
        /// There was less history than the rule asks for: the signal counts one step less.
        short: bool,
        /// The whole group was new, and this is the one signal about it: so many first values.
        new_group: bool,
        /// Known values came from other evidence too.
        outside: bool,
    },
    /// Far more in an hour than usual.
    Outlier {
        /// What was measured: `count`, `sum x.tokens_total`.
        measure: String,
        /// The length of a bucket.
        bucket_ms: i64,
        /// All buckets of the group up to the end of what fired, the empty ones too, with their beginnings; at most [`MOST_BUCKETS`], the latest.
        series: Vec<Bucket>,
        /// Buckets that the baseline was worked out from.
        samples: u64,
        /// Their mean.
        mean: f64,
        /// Their standard deviation.
        deviation: f64,
        /// How many deviations above the mean are too many.
        k: f64,
        /// Below this nothing fires.
        floor: f64,
        /// What had to be exceeded: the mean plus `k` deviations.
        threshold: f64,
        /// What was seen.
        observed: f64,
        /// The bucket that crossed it.
        crossed_at: Timestamp,
        /// The group's own history was too short, so all groups' was used.
        population: bool,
        /// Buckets came from other evidence too.
        outside: bool,
    },
}

/// Values listed in a baseline at most.
pub const MOST_VALUES: usize = 50;
/// Buckets listed in a baseline at most: five weeks of hours.
pub const MOST_BUCKETS: usize = 24 * 35;
/// Events listed in a signal at most; `total` counts all.
pub const MOST_EVENTS: usize = 200;

/// One bucket of a series.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// Its beginning.
    pub at: Timestamp,
    /// What was measured in it.
    pub value: f64,
}

/// One step of a sequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The rule of the step, by its title.
    pub rule: String,
    /// The event that satisfied it first in the window.
    pub event: EventId,
    /// When.
    pub at: Timestamp,
}

/// One firing of a rule. All text is untrusted: it holds values of logs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// Stable while the evidence is: rule, entity, value and first record. 16 hex digits.
    pub id: String,
    /// The rule's id in our catalogue (`S12`), or the id of its file.
    pub rule: String,
    /// The rule's title.
    pub title: String,
    /// In a word.
    pub level: Level,
    /// What it adds to a lead, 0 to 10; adjusted by baselines and match lists.
    pub weight: u8,
    /// Why the weight is what it is: each adjustment in words. Empty when the rule's own weight stands.
    pub weighed: Vec<String>,
    /// When it fired: the event that crossed the line.
    pub time: Timestamp,
    /// The first of its records …
    pub first: Timestamp,
    /// … and the last.
    pub last: Timestamp,
    /// Whom it is about.
    pub entity: Entity,
    /// Others it names: key, address, host, bucket … They join leads.
    pub links: Vec<Entity>,
    /// What was new, or what repeats were collapsed by; empty for most.
    pub value: Vec<String>,
    /// The reason in words.
    pub summary: String,
    /// Its records, in order of time; at most [`MOST_EVENTS`].
    pub events: Vec<EventId>,
    /// All its records.
    pub total: u64,
    /// Firings that were collapsed into this one, itself included.
    pub firings: u64,
    /// What it was measured by; `None` for a plain match.
    pub baseline: Option<Baseline>,
    /// Where it stands in the frameworks.
    pub frameworks: Vec<Framework>,
    /// Tactics of those, as ids (`TA0007`).
    pub tactics: Vec<String>,
    /// Strands of its records.
    pub strands: StrandSet,
    /// What the analyst said of it.
    pub triage: Triage,
}

/// How an analyst judges a signal or lead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TriageState {
    /// Nobody has.
    #[default]
    New,
    /// Somebody is at it.
    Open,
    /// It is what it says.
    Confirmed,
    /// Harmless, or wrong.
    Dismissed,
}

impl TriageState {
    /// All, in the order a key goes through them.
    pub const ALL: [Self; 4] = [Self::New, Self::Open, Self::Confirmed, Self::Dismissed];

    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Open => "open",
            Self::Confirmed => "confirmed",
            Self::Dismissed => "dismissed",
        }
    }
}

impl FromStr for TriageState {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.map(Self::name);
        Self::ALL.into_iter().find(|state| state.name() == text).ok_or_else(|| format!("“{text}” is no state: use one of {}", known.join(" ")))
    }
}

/// An analyst's judgement, kept apart from what is derived: it survives a rebuild.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Triage {
    /// How.
    pub state: TriageState,
    /// In the analyst's words.
    pub note: String,
}

/// What a judgement is about. It holds for the signal (or lead) of this rule and entity whose time contains `at`: so it stays with
/// it when late records make it longer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TriageKey {
    /// Rule, entity and value; `lead` and entity.
    pub subject: String,
    /// A moment inside it.
    pub at: Timestamp,
}

impl Signal {
    /// What a judgement of it is kept under.
    pub fn triage_key(&self) -> TriageKey {
        let mut subject = format!("{}\n{} {}", self.rule, self.entity.kind, self.entity.value);
        for value in &self.value {
            subject.push('\n');
            subject.push_str(value);
        }
        TriageKey { subject, at: self.first }
    }
}

/// One line of a lead's arithmetic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Points {
    /// What for, in words: `S12 Invocation logging changed`, `a further tactic: Impact (TA0040)`.
    pub what: String,
    /// How many.
    pub points: u32,
    /// The signal they come from; `None` for a bonus.
    pub signal: Option<String>,
}

/// A moment at which a score exceeded the threshold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crossing {
    /// The signal that made it.
    pub signal: String,
    /// When.
    pub time: Timestamp,
    /// What had gathered since the crossing before.
    pub score: u32,
}

/// An entity whose distinct signals add up (S27).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lead {
    /// Stable while the evidence is. 16 hex digits.
    pub id: String,
    /// Whom it is about: of those that are joined, the one with the most weight.
    pub entity: Entity,
    /// All that were joined because one key, address or session links them, this one first.
    pub entities: Vec<Entity>,
    /// The sum of the arithmetic: of all that belongs to the lead, also what came after it was one.
    pub score: u32,
    /// What had to be exceeded; a lead below is not told.
    pub threshold: u32,
    /// The sum, line by line: the signals that counted, in order of time, then bonuses.
    pub arithmetic: Vec<Points>,
    /// Ids of all its signals, in order of time: those that count, and repeats that do not.
    pub signals: Vec<String>,
    /// The signal that made the score exceed the threshold first.
    pub closed_by: String,
    /// When it did.
    pub time: Timestamp,
    /// Each time the score exceeded the threshold: after that it starts again from nothing.
    pub crossings: Vec<Crossing>,
    /// Time of the first signal …
    pub first: Timestamp,
    /// … and of the last one that belongs to it.
    pub last: Timestamp,
    /// How far back signals count.
    pub window_ms: i64,
    /// Distinct tactics.
    pub tactics: Vec<String>,
    /// Strands of the records.
    pub strands: StrandSet,
    /// What the analyst said of it.
    pub triage: Triage,
}

impl Lead {
    /// What a judgement of it is kept under.
    pub fn triage_key(&self) -> TriageKey {
        TriageKey { subject: format!("lead\n{} {}", self.entity.kind, self.entity.value), at: self.first }
    }
}

/// How complete the signals of a case are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detected {
    /// Every event up to this row number was looked at; 0 when the rules never ran.
    pub events: u32,
    /// Rules that ran.
    pub rules: u32,
    /// Signals that were found.
    pub signals: u32,
    /// Leads that they add up to.
    pub leads: u32,
    /// What was left out, in words: rules that did not load, records that could not be read, bounds that were reached.
    pub problems: Vec<String>,
    /// Which rules, lists and baselines they were: other ones need another run.
    pub fingerprint: String,
}

/// One entry of a match list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListEntry {
    /// The list's name: `authorized_bedrock_users`.
    pub list: String,
    /// The value; `*` stands for any characters.
    pub value: String,
    /// Why it is on the list.
    #[serde(default)]
    pub reason: String,
    /// It is no longer from then on.
    #[serde(default)]
    pub expires: Option<Timestamp>,
}

/// An entity as it is stored: kind by name.
#[derive(Serialize, Deserialize)]
struct Named {
    kind: String,
    value: String,
}

impl<'de> Deserialize<'de> for Entity {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let named = Named::deserialize(deserializer)?;
        let kind: EntityKind = named.kind.parse().map_err(serde::de::Error::custom)?;
        Ok(Self::new(kind, named.value))
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("“{text}” is no time")))
    }
}

/// As a row number: only inside one case, until a rebuild.
impl Serialize for EventId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.0)
    }
}

impl<'de> Deserialize<'de> for EventId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u32::deserialize(deserializer).map(Self)
    }
}

impl Serialize for StrandSet {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(self.bits())
    }
}

impl<'de> Deserialize<'de> for StrandSet {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u8::deserialize(deserializer).map(Self::from_bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_of_weights() {
        // DETECTIONS §0.3: 1-2 low, 3-4 medium, 5-7 high, 8+ critical.
        for (weights, level) in
            [(0..=0, Level::Informational), (1..=2, Level::Low), (3..=4, Level::Medium), (5..=7, Level::High), (8..=10, Level::Critical)]
        {
            for weight in weights {
                assert_eq!(Level::of(weight), level, "{weight}");
            }
            assert_eq!(Level::of(level.weight()), level);
        }
    }
}
