//! Who acted and what data was touched, in numbers: one summary an entity for lists, and the profile of one with all that it
//! did, when, and from where.
//!
//! A principal has done what its own events tell; events that only name it (somebody looked at it, made a key for it) are counted
//! apart. A bucket does nothing: of it is told who wrote and read, and what of Bedrock stands on it.

mod bucket;
mod principal;
mod seen;
mod uses;

pub use seen::{Section, Seen};

use crate::case::{Reader, Result};
use crate::model::{Entity, EntityKind, EventRef, Name, Outcome, Scope, Timestamp};

/// Parts into which the time of a scope is cut for a summary's small picture.
pub const PARTS: usize = 12;
/// … and for that of a profile.
pub const FINE_PARTS: usize = 96;
/// Numbers of a summary beside its events.
pub const COUNTS: usize = 7;

/// What the numbers in [`Summary::counts`] are; for kinds of which there are summaries.
pub const fn titles(kind: EntityKind) -> [&'static str; COUNTS] {
    match kind {
        EntityKind::Bucket => ["writers", "readers", "jobs", "knowledge bases", "log destinations", "foreign accounts", "changes"],
        _ => ["actions", "models", "Regions", "addresses", "keys", "user agents", "tokens"],
    }
}

/// One entity in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Its value; empty only in tests.
    pub value: Name,
    /// Events: a principal's own; of a bucket all that name it.
    pub events: u64,
    /// … of which denied.
    pub denied: u64,
    /// Events of others that name it; principals only.
    pub named: u64,
    /// The first event that has a time, of those that name it too.
    pub first: Option<Timestamp>,
    /// The last.
    pub last: Option<Timestamp>,
    /// As [`titles`] says.
    pub counts: [u64; COUNTS],
    /// Over the time of the scope: tokens of a principal that has any, else events.
    pub over_time: [u64; PARTS],
}

impl Summary {
    fn add(&mut self, event: EventRef) {
        self.events += 1;
        self.denied += u64::from(event.outcome() == Outcome::Denied);
        self.lasted(event);
    }

    fn lasted(&mut self, event: EventRef) {
        if let Some(time) = event.time() {
            self.first = Some(self.first.map_or(time, |first| first.min(time)));
            self.last = Some(self.last.map_or(time, |last| last.max(time)));
        }
    }
}

/// All that is told of one entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Whom it is of.
    pub entity: Entity,
    /// Its numbers; the picture over time is in [`over_time`](Self::over_time).
    pub summary: Summary,
    /// … of its events failed, without those denied.
    pub failed: u64,
    /// Events by strand.
    pub strands: [u64; 6],
    /// Input and output tokens.
    pub tokens: [u64; 2],
    /// The time that the pictures are of.
    pub span: Option<(Timestamp, Timestamp)>,
    /// Events over that time.
    pub over_time: Vec<u64>,
    /// Tokens over that time.
    pub tokens_over_time: Vec<u64>,
    /// What is counted, in the order in which it is read.
    pub sections: Vec<Section>,
}

/// One summary for each entity of a kind (principals or buckets) in a scope, in no order.
///
/// # Errors
/// The case cannot be read.
pub fn summaries(reader: &mut Reader, scope: &Scope, kind: EntityKind) -> Result<Vec<Summary>> {
    let refs = reader.refs(scope)?;
    match kind {
        EntityKind::Bucket => bucket::summaries(reader, &refs),
        _ => principal::summaries(reader, &refs),
    }
}

/// The profile of a principal or bucket, of the events in a scope.
///
/// # Errors
/// The case cannot be read.
pub fn profile(reader: &mut Reader, scope: &Scope, entity: &Entity) -> Result<Profile> {
    let all = reader.refs(scope)?;
    let span = Times::of(&all, FINE_PARTS);
    let refs = reader.refs(&scope.narrowed(entity.clone()))?;
    match entity.kind {
        EntityKind::Bucket => bucket::profile(reader, &refs, entity, span),
        _ => principal::profile(reader, &refs, entity, span),
    }
}

/// The time of a list, cut into parts.
#[derive(Clone, Copy)]
struct Times {
    from: i64,
    to: i64,
    parts: usize,
}

impl Times {
    fn of(refs: &[EventRef], parts: usize) -> Self {
        let timed = refs.get(refs.partition_point(|event| event.millis == 0)..).unwrap_or_default();
        let (from, to) = timed.first().zip(timed.last()).map_or((0, 0), |(first, last)| (first.millis, last.millis));
        Self { from, to, parts }
    }

    fn span(self) -> Option<(Timestamp, Timestamp)> {
        (self.from != 0).then(|| (Timestamp::from_millis(self.from), Timestamp::from_millis(self.to)))
    }

    /// The part an event falls into; none without a time.
    fn part(self, event: EventRef) -> Option<usize> {
        let width = i128::from(self.to) - i128::from(self.from) + 1;
        let at = i128::from(event.millis) - i128::from(self.from);
        let part = (event.millis != 0).then_some(at * self.parts as i128 / width)?;
        usize::try_from(part).ok().filter(|part| *part < self.parts)
    }
}
