//! Signals of one entity add up to a lead (S27). The arithmetic is kept line by line, so that nobody has to believe a number.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::block::Span;
use super::frameworks::tactic_in_words;
use crate::model::{Crossing, Digest, Entity, EntityKind, Lead, Points, Signal, Strand, StrandSet, Timestamp};

/// The numbers that leads are made by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeadRules {
    /// The score must exceed this.
    pub threshold: u32,
    /// Signals count for so long.
    pub window_ms: i64,
    /// For each distinct tactic after the first.
    pub tactic: u32,
    /// For each distinct strand after the first.
    pub strand: u32,
    /// An address or key that more actors than this share joins nobody.
    pub shared_by_at_most: usize,
}

impl Default for LeadRules {
    fn default() -> Self {
        Self { threshold: 12, window_ms: 14 * 86_400_000, tactic: 1, strand: 2, shared_by_at_most: 5 }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    threshold: Option<u32>,
    window: Option<Span>,
    tactic: Option<u32>,
    strand: Option<u32>,
    shared_by_at_most: Option<usize>,
}

impl LeadRules {
    /// Of a file `leads.toml`; what it does not say stays as it is.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        let usual = Self::default();
        let window_ms = file.window.map_or(usual.window_ms, |span| span.0);
        if window_ms == 0 {
            return Err("`window` must be above nothing".to_owned());
        }
        Ok(Self {
            threshold: file.threshold.unwrap_or(usual.threshold),
            window_ms,
            tactic: file.tactic.unwrap_or(usual.tactic),
            strand: file.strand.unwrap_or(usual.strand),
            shared_by_at_most: file.shared_by_at_most.unwrap_or(usual.shared_by_at_most),
        })
    }
}

/// The leads that signals, which are in order of time, add up to; the highest score first. What is `crowded`, many use: it joins
/// nobody.
#[expect(clippy::implicit_hasher, reason = "one set, made in one place")]
pub fn leads(signals: &[Signal], rules: &LeadRules, crowded: &HashSet<Entity>) -> Vec<Lead> {
    let mut by_root: BTreeMap<usize, Vec<&Signal>> = BTreeMap::new();
    let mut joined = Joined::of(signals, rules.shared_by_at_most, crowded);
    for signal in signals {
        let root = joined.root_of(&signal.entity);
        by_root.entry(root).or_default().push(signal);
    }
    let mut leads: Vec<Lead> = by_root.into_values().flat_map(|signals| of_entity(&signals, rules)).collect();
    leads.sort_by(|one, other| other.score.cmp(&one.score).then_with(|| (one.time, &one.id).cmp(&(other.time, &other.id))));
    leads
}

/// Which entities are one: those whose signals name the same key, session or address.
struct Joined<'s> {
    numbers: HashMap<&'s Entity, usize>,
    parents: Vec<usize>,
}

impl<'s> Joined<'s> {
    fn of(signals: &'s [Signal], shared_by_at_most: usize, crowded: &HashSet<Entity>) -> Self {
        let mut joined = Self { numbers: HashMap::new(), parents: Vec::new() };
        let mut users: HashMap<&Entity, BTreeSet<&Entity>> = HashMap::new();
        for signal in signals {
            joined.number(&signal.entity);
            for link in signal.links.iter().filter(|link| joins(link.kind) && !crowded.contains(*link)) {
                users.entry(link).or_default().insert(&signal.entity);
            }
        }
        for (link, users) in users {
            // An entity that is itself what others name, such as a key without an actor.
            let itself = joined.numbers.get(link).copied();
            if users.len() > shared_by_at_most {
                continue;
            }
            let members: Vec<usize> = users.iter().map(|user| joined.number(user)).chain(itself).collect();
            for pair in members.windows(2) {
                if let [one, other] = pair {
                    joined.join(*one, *other);
                }
            }
        }
        joined
    }

    fn number(&mut self, entity: &'s Entity) -> usize {
        let next = self.parents.len();
        let number = *self.numbers.entry(entity).or_insert(next);
        if number == next {
            self.parents.push(next);
        }
        number
    }

    fn root(&mut self, mut at: usize) -> usize {
        while let Some(parent) = self.parents.get(at).copied().filter(|parent| *parent != at) {
            let grand = self.parents.get(parent).copied().unwrap_or(parent);
            if let Some(slot) = self.parents.get_mut(at) {
                *slot = grand;
            }
            at = parent;
        }
        at
    }

    /// The earlier one stays, so that the order of signals alone decides.
    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        if let Some(slot) = self.parents.get_mut(one.max(other)) {
            *slot = one.min(other);
        }
    }

    fn root_of(&mut self, entity: &Entity) -> usize {
        let number = self.numbers.get(entity).copied();
        number.map_or(usize::MAX, |number| self.root(number))
    }
}

/// What joins entities when both name it. A bucket or a model that two use makes them no one.
const fn joins(kind: EntityKind) -> bool {
    matches!(kind, EntityKind::Key | EntityKind::Ip | EntityKind::Session)
}

/// Of each rule the signal with the largest weight, the earliest of those, in order of time.
fn counting<'s>(signals: &[&'s Signal]) -> Vec<&'s Signal> {
    let mut best: Vec<&Signal> = Vec::new();
    for signal in signals.iter().filter(|signal| signal.weight > 0) {
        match best.iter_mut().find(|known| known.rule == signal.rule) {
            Some(known) if known.weight < signal.weight => *known = signal,
            Some(_) => {}
            None => best.push(signal),
        }
    }
    best.sort_by(|one, other| (one.time, &one.id).cmp(&(other.time, &other.id)));
    best
}

/// The sum line by line: signals that count, then bonuses.
fn arithmetic(signals: &[&Signal], rules: &LeadRules) -> Vec<Points> {
    let counting = counting(signals);
    let mut lines: Vec<Points> = counting
        .iter()
        .map(|signal| Points { what: format!("{} {}", signal.rule, signal.title), points: u32::from(signal.weight), signal: Some(signal.id.clone()) })
        .collect();
    for tactic in tactics(&counting).into_iter().skip(1).filter(|_| rules.tactic > 0) {
        lines.push(Points { what: format!("a further tactic: {}", tactic_in_words(&tactic)), points: rules.tactic, signal: None });
    }
    let strands = strands(&counting);
    for strand in Strand::ALL.into_iter().filter(|strand| strands.contains(*strand)).skip(1).filter(|_| rules.strand > 0) {
        lines.push(Points { what: format!("a further strand: {strand}"), points: rules.strand, signal: None });
    }
    lines
}

fn sum(lines: &[Points]) -> u32 {
    lines.iter().map(|line| line.points).sum()
}

/// Distinct tactics in order of time.
fn tactics(signals: &[&Signal]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for tactic in signals.iter().flat_map(|signal| &signal.tactics) {
        if !all.contains(tactic) {
            all.push(tactic.clone());
        }
    }
    all
}

fn strands(signals: &[&Signal]) -> StrandSet {
    signals.iter().fold(StrandSet::NONE, |all, signal| StrandSet::from_bits(all.bits() | signal.strands.bits()))
}

/// A lead in the making: from the first signal that counted, on and on while signals follow within the window.
#[derive(Default)]
struct Story<'s> {
    signals: Vec<&'s Signal>,
    crossings: Vec<Crossing>,
}

fn of_entity(signals: &[&Signal], rules: &LeadRules) -> Vec<Lead> {
    let mut leads: Vec<Lead> = Vec::new();
    let mut story = Story::default();
    // What has gathered since the last crossing.
    let mut gathered: Vec<&Signal> = Vec::new();
    for signal in signals {
        let since = signal.time.plus_millis(-rules.window_ms);
        gathered.retain(|earlier| earlier.time >= since);
        if story.signals.last().is_some_and(|last| last.time < since) {
            leads.extend(lead(&std::mem::take(&mut story), rules));
        }
        gathered.push(signal);
        if !story.crossings.is_empty() {
            story.signals.push(signal);
        }
        let score = sum(&arithmetic(&gathered, rules));
        if score > rules.threshold {
            if story.crossings.is_empty() {
                story.signals.clone_from(&gathered);
            }
            story.crossings.push(Crossing { signal: signal.id.clone(), time: signal.time, score });
            gathered.clear();
        }
    }
    leads.extend(lead(&story, rules));
    leads
}

fn lead(story: &Story<'_>, rules: &LeadRules) -> Option<Lead> {
    let crossing = story.crossings.first()?;
    let signals = &story.signals;
    let mut weights: Vec<(&Entity, u32)> = Vec::new();
    for signal in signals {
        match weights.iter_mut().find(|(entity, _)| **entity == signal.entity) {
            Some((_, weight)) => *weight += u32::from(signal.weight),
            None => weights.push((&signal.entity, u32::from(signal.weight))),
        }
    }
    // Stable: among equals the one that came first.
    weights.sort_by_key(|(entity, weight)| (std::cmp::Reverse(*weight), rank(entity.kind)));
    let entities: Vec<Entity> = weights.into_iter().map(|(entity, _)| entity.clone()).collect();
    let entity = entities.first()?.clone();
    let counting = counting(signals);
    let arithmetic = arithmetic(signals, rules);
    let mut hash = Sha256::new();
    for part in ["lead", entity.kind.name(), &entity.value, counting.first().map_or("", |signal| &signal.id)] {
        hash.update(part);
        hash.update([0]);
    }
    Some(Lead {
        id: Digest(hash.finalize().into()).short(),
        entity,
        entities,
        score: sum(&arithmetic),
        threshold: rules.threshold,
        arithmetic,
        signals: signals.iter().map(|signal| signal.id.clone()).collect(),
        closed_by: crossing.signal.clone(),
        time: crossing.time,
        crossings: story.crossings.clone(),
        first: signals.iter().map(|signal| signal.first).min()?,
        last: signals.iter().map(|signal| signal.last).max()?,
        window_ms: rules.window_ms,
        tactics: tactics(&counting),
        strands: strands(&counting),
        triage: crate::model::Triage::default(),
    })
}

/// Somebody is a better name for a lead than something.
const fn rank(kind: EntityKind) -> u8 {
    match kind {
        EntityKind::Actor | EntityKind::Principal => 0,
        EntityKind::Key => 1,
        _ => 2,
    }
}

/// When a lead was told, in words for a table.
pub fn window_words(lead: &Lead) -> String {
    let days = lead.window_ms / 86_400_000;
    format!("{} to {} (signals count for {days} days)", short(lead.first), short(lead.last))
}

fn short(time: Timestamp) -> String {
    time.to_jiff().strftime("%Y-%m-%d %H:%M").to_string()
}
