//! From what records say, in whatever order they came, to changes in order of time: what each control was before, and
//! what it has become. No reading here, so that every order can be tried.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::actions::ControlAction;
use super::facts::{Facts, Says};
use super::logging::LoggingConfig;
use super::look::{last_part, log_group, refused};
use super::trail::{self, Trail, TrailConfig};
use crate::model::{Change, Control, ControlChange, ControlKind, Event, Evidence, Outcome, Place, Standing};

/// Said where AWS withholds what was set.
pub(super) const HIDDEN: &str = "hidden by AWS";

/// One event that may move a control, and what its record says.
#[derive(Clone, Debug)]
pub(super) struct Observed {
    pub(super) event: Event,
    pub(super) action: &'static ControlAction,
    pub(super) facts: Facts,
    /// The guardrail that the event names elsewhere than in its parameters.
    pub(super) guardrail: Option<String>,
}

impl Observed {
    fn place(&self) -> Place {
        Place { account: self.event.account.clone(), region: self.event.region.clone() }
    }

    fn control(&self) -> Control {
        let kind = self.action.kind;
        let id = match kind {
            ControlKind::InvocationLogging => self.event.region.as_deref().map(str::to_owned),
            ControlKind::LogBucket => self.facts.id.clone().or_else(|| self.event.bucket.as_deref().map(str::to_owned)),
            _ => self.facts.id.clone().or_else(|| self.guardrail.clone()).or_else(|| self.named_in_refusal()),
        };
        Control { kind, id: id.unwrap_or_default() }
    }

    fn named_in_refusal(&self) -> Option<String> {
        let arn = refused(self.event.error_message.as_deref()?)?;
        let id = if self.action.kind == ControlKind::LogGroup { log_group(arn) } else { last_part(arn) };
        (id != "*" && !id.starts_with("arn:")).then(|| id.to_owned())
    }

    /// In order of time, then of the place in the file, then by what does not depend on the order of arrival, nor on which of
    /// several copies of an event is met.
    fn order(&self) -> (Option<i64>, u64, Option<String>, crate::model::Digest) {
        (self.event.time.map(crate::model::Timestamp::as_millis), self.event.position.offset, self.id(), self.event.digest)
    }

    /// The event's id, or where that is not known the request's.
    fn id(&self) -> Option<String> {
        self.facts.event_id.clone().or_else(|| self.event.request_id.clone())
    }

    /// The same event delivered twice has the same id, or where that is not known the same request. Action, place and
    /// time make sure of it: some exports have one id for all.
    fn identity(&self) -> Option<(String, &'static str, Place, Option<i64>)> {
        let id = self.id()?;
        Some((id, self.action.action, self.place(), self.event.time.map(crate::model::Timestamp::as_millis)))
    }

    fn happened(&self) -> bool {
        self.event.outcome == Outcome::Ok && self.event.time.is_some()
    }
}

/// Log groups and buckets that logs are known to be delivered to, each with what it holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Destinations {
    groups: BTreeMap<(Place, String), BTreeSet<String>>,
    buckets: BTreeMap<String, BTreeSet<String>>,
}

impl Destinations {
    /// Whatever was a destination at any time of the case, and the buckets that the services are seen to write to.
    pub(super) fn of(observed: &[Observed], written: BTreeSet<String>) -> Self {
        let mut found = Self { buckets: written.into_iter().map(|bucket| (bucket, BTreeSet::new())).collect(), ..Self::default() };
        for one in observed.iter().filter(|one| one.event.outcome == Outcome::Ok) {
            match &one.facts.says {
                Says::Logging(config) => {
                    let what = format!("invocation logs of {}", one.event.region.as_deref().unwrap_or("a Region"));
                    for bucket in [&config.bucket, &config.large_bucket].into_iter().flatten() {
                        found.buckets.entry(bucket.clone()).or_default().insert(what.clone());
                    }
                    if let Some(group) = &config.group {
                        found.groups.entry((one.place(), group.clone())).or_default().insert(what);
                    }
                }
                Says::Trail(config) => {
                    let what = format!("logs of trail {}", one.facts.id.as_deref().unwrap_or_default());
                    if let Some(bucket) = &config.bucket {
                        found.buckets.entry(bucket.clone()).or_default().insert(what.clone());
                    }
                    if let Some(arn) = config.group.as_deref().filter(|group| !group.is_empty()) {
                        found.groups.entry((place_of(arn, one), log_group(arn).to_owned())).or_default().insert(what);
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// Is it known that logs go to this bucket?
    pub(super) fn has_bucket(&self, bucket: &str) -> bool {
        self.buckets.contains_key(bucket)
    }

    /// What a log group or bucket holds, in words.
    fn holds(&self, place: &Place, control: &Control) -> Option<String> {
        let what = match control.kind {
            ControlKind::LogBucket => self.buckets.get(&control.id)?,
            ControlKind::LogGroup => self.groups.get(&(place.clone(), control.id.clone()))?,
            _ => return None,
        };
        let mut words: Vec<&str> = what.iter().map(String::as_str).take(MOST_HOLDINGS).collect();
        if what.len() > MOST_HOLDINGS {
            words.push("more");
        }
        Some(if words.is_empty() { "logs".to_owned() } else { words.join(", ") })
    }
}

/// Holdings of a bucket that are named.
const MOST_HOLDINGS: usize = 3;

fn place_of(arn: &str, one: &Observed) -> Place {
    let named = trail::place_of_arn(arn).map(|(region, account)| Place { account: Some(account.into()), region: Some(region.into()) });
    named.unwrap_or_else(|| one.place())
}

/// What is known of a control so far.
#[derive(Clone, Debug, Default)]
struct Held {
    state: Option<(Standing, String)>,
    logging: Option<LoggingConfig>,
    trail: Trail,
}

/// What an event makes of a control.
struct Turn {
    change: Change,
    before: Option<String>,
    after: Option<String>,
    state: (Standing, String),
}

/// The changes, in order of time, and of trails whether they cover every Region.
pub(super) fn fold(mut observed: Vec<Observed>, destinations: &Destinations) -> Folded {
    observed.sort_by_cached_key(Observed::order);
    let mut seen = HashSet::new();
    observed.retain(|one| one.identity().is_none_or(|identity| seen.insert(identity)));
    let mut held: BTreeMap<(Place, Control), Held> = BTreeMap::new();
    let mut folded = Folded::default();
    for one in observed {
        let (place, control) = (one.place(), one.control());
        let now = held.entry((place.clone(), control.clone())).or_default();
        let mut turn = turn(&one, now);
        let holds = destinations.holds(&place, &control);
        if let (Some(holds), Some(after)) = (&holds, turn.after.as_mut()) {
            after.push_str("; it holds the ");
            after.push_str(holds);
        }
        let happened = one.happened();
        if happened {
            take(&one, now, &turn);
        }
        if control.kind == ControlKind::Trail && now.trail.config.all_regions == Some(true) {
            folded.everywhere.insert((place.clone(), control.clone()));
        }
        folded.changes.push(ControlChange {
            evidence: Evidence { event: one.event.as_ref(), digest: one.event.digest },
            place,
            guardrail: match control.kind {
                ControlKind::Guardrail => Some(control.id.clone()).filter(|id| !id.is_empty()),
                _ => one.facts.guardrail.clone(),
            },
            holds_logs: holds.is_some(),
            control,
            change: turn.change,
            actor: one.event.actor.clone(),
            principal: one.event.principal.clone(),
            outcome: one.event.outcome,
            before: turn.before,
            after: if happened { turn.after } else { None },
            inferred: false,
            state: happened.then_some(turn.state),
        });
    }
    folded
}

/// What comes of folding.
#[derive(Clone, Debug, Default)]
pub(super) struct Folded {
    pub(super) changes: Vec<ControlChange>,
    /// Trails that are known to cover every Region, or were.
    pub(super) everywhere: BTreeSet<(Place, Control)>,
}

/// Moves what is held on.
fn take(one: &Observed, now: &mut Held, turn: &Turn) {
    now.state = Some(turn.state.clone());
    match &one.facts.says {
        Says::Logging(config) => now.logging = Some(config.clone()),
        Says::Selectors(selectors) => now.trail.selectors = Some(selectors.clone()),
        Says::Insights(insights) => now.trail.insights = Some(insights.clone()),
        _ if one.action.kind == ControlKind::InvocationLogging => {
            now.logging = one.event.detail.as_deref().and_then(LoggingConfig::of_detail).filter(|_| turn.state.0 != Standing::Down);
        }
        _ => {}
    }
    if one.action.kind == ControlKind::Trail && !matches!(one.facts.says, Says::Selectors(_) | Says::Insights(_)) {
        now.trail.take(one.action.change, &trail_config(&one.facts));
    }
}

fn trail_config(facts: &Facts) -> TrailConfig {
    match &facts.says {
        Says::Trail(config) => config.clone(),
        _ => TrailConfig::default(),
    }
}

fn turn(one: &Observed, now: &Held) -> Turn {
    match one.action.kind {
        ControlKind::InvocationLogging => logging(one, now),
        ControlKind::Guardrail | ControlKind::ReasoningPolicy => guardrail(one, now),
        ControlKind::Trail => trail_turn(one, now),
        _ => plain(one, now),
    }
}

fn was(now: &Held) -> Option<String> {
    now.state.as_ref().map(|(_, words)| words.clone())
}

fn logging(one: &Observed, now: &Held) -> Turn {
    let before = was(now);
    if one.action.change == Change::Disabled {
        return Turn { change: Change::Disabled, before, after: Some("off".to_owned()), state: (Standing::Down, "off".to_owned()) };
    }
    let told = one.event.detail.as_deref().and_then(LoggingConfig::of_detail);
    let config = match &one.facts.says {
        Says::Logging(config) => Some(config),
        _ => told.as_ref(),
    };
    let Some(config) = config else {
        // Refused calls have no parameters: what they would have set is not known.
        let (words, off) = ("on, where to is not said".to_owned(), now.state.as_ref().is_none_or(|(standing, _)| *standing == Standing::Down));
        let change = match (one.event.outcome, off) {
            (Outcome::Ok, true) => Change::Enabled,
            (Outcome::Ok, false) => Change::Updated,
            _ => Change::Attempted,
        };
        return Turn { change, before, after: Some(words.clone()), state: (Standing::Up, words) };
    };
    let words = config.words();
    let change = match config.change_from(now.logging.as_ref()) {
        // It was on already, only not known how.
        Change::Enabled if now.logging.is_none() && now.state.as_ref().is_some_and(|(standing, _)| *standing == Standing::Up) => Change::Updated,
        // It was off: without text it is more than it was.
        Change::Reduced if now.logging.is_none() && now.state.as_ref().is_some_and(|(standing, _)| *standing == Standing::Down) => Change::Enabled,
        change => change,
    };
    let after = config.aside(now.logging.as_ref()).map_or_else(|| words.clone(), |aside| format!("{words}; {aside}"));
    Turn { change, before, after: Some(after), state: (config.standing(), words) }
}

/// Guardrails and automated reasoning policies: AWS does not say what is in them.
fn guardrail(one: &Observed, now: &Held) -> Turn {
    let version = one.facts.version.as_deref();
    let hidden = one.facts.withheld.then(|| HIDDEN.to_owned());
    let with = |words: String| (Standing::Up, words);
    match (one.action.change, version) {
        (Change::Deleted, Some(version)) => {
            let after = format!("version {version} deleted");
            let state = (Standing::Weak, format!("there, {after}"));
            Turn { change: Change::VersionDeleted, before: Some(format!("version {version}")), after: Some(after), state }
        }
        (Change::Deleted, None) => {
            Turn { change: Change::Deleted, before: was(now), after: Some("deleted".to_owned()), state: (Standing::Down, "deleted".to_owned()) }
        }
        (Change::Versioned, version) => {
            let words = version.map_or_else(|| "a version".to_owned(), |version| format!("version {version}"));
            Turn { change: Change::Versioned, before: was(now), after: Some(words.clone()), state: with(format!("there, {words}")) }
        }
        (Change::Created, _) => Turn { change: Change::Created, before: None, after: hidden, state: with("there, draft".to_owned()) },
        (change, _) => Turn { change, before: hidden.clone(), after: hidden, state: with("there, draft changed".to_owned()) },
    }
}

fn trail_turn(one: &Observed, now: &Held) -> Turn {
    let mut then = now.trail.clone();
    let some = |words: String| Some(words).filter(|words| !words.is_empty());
    match &one.facts.says {
        Says::Selectors(selectors) => {
            then.selectors = Some(selectors.clone());
            let before = now.trail.selectors.as_ref().map(|selectors| selectors.words.clone());
            return Turn { change: Change::SelectorsChanged, before, after: some(selectors.words.clone()), state: then.state() };
        }
        Says::Insights(insights) => {
            return Turn { change: Change::SelectorsChanged, before: now.trail.insights.clone(), after: some(insights.clone()), state: then.state() };
        }
        _ => {}
    }
    let config = trail_config(&one.facts);
    let merged = now.trail.config.updated(&config);
    let change = if one.action.change == Change::Updated { merged.change_from(&now.trail.config) } else { one.action.change };
    if one.action.change != Change::SelectorsChanged {
        then.take(one.action.change, &config);
    }
    let state = then.state();
    let (before, after) = match one.action.change {
        Change::Created => (None, some(config.words())),
        Change::Updated => (some(now.trail.config.words()), some(merged.words())),
        Change::SelectorsChanged => (None, None),
        _ => (was(now), Some(state.1.clone())),
    };
    Turn { change, before, after, state }
}

/// Controls of which only the last word counts.
fn plain(one: &Observed, now: &Held) -> Turn {
    let change = one.action.change;
    let said = match &one.facts.says {
        Says::Words(words) => Some(words.clone()),
        _ => None,
    };
    let (standing, words) = match change {
        Change::Deleted => (Standing::Down, "deleted".to_owned()),
        Change::Stopped => (Standing::Down, "ingestion stopped".to_owned()),
        Change::Started => (Standing::Up, "ingesting".to_owned()),
        Change::Created => (Standing::Up, "there".to_owned()),
        Change::Enforced => (Standing::Up, enforced(&one.facts)),
        Change::Unenforced => (Standing::Down, "not enforced".to_owned()),
        Change::Requested => (Standing::Unknown, "asked for".to_owned()),
        Change::Granted if one.action.action.contains("Entitlement") => (Standing::Up, "entitled".to_owned()),
        Change::Granted => (Standing::Up, "agreed to".to_owned()),
        Change::Revoked => (Standing::Down, "agreement ended".to_owned()),
        Change::Reduced => (Standing::Weak, said.clone().unwrap_or_else(|| "less than before".to_owned())),
        Change::PolicyChanged if said.as_deref() == Some("no policy") => (Standing::Weak, "no policy".to_owned()),
        _ => (Standing::Up, said.clone().unwrap_or_else(|| "changed".to_owned())),
    };
    Turn { change, before: was(now), after: said.or_else(|| Some(words.clone())), state: (standing, words) }
}

fn enforced(facts: &Facts) -> String {
    let version = facts.version.as_deref().map(|version| format!(" version {version}")).unwrap_or_default();
    format!("guardrail {}{version} enforced", facts.guardrail.as_deref().unwrap_or("of unknown id"))
}
