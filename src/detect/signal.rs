//! A firing with the event that made it fire becomes a signal: whom it is about, why, and what it weighs.

use sha2::{Digest as _, Sha256};

use super::entity;
use super::lists::Lists;
use super::place::{Shape, Tier, place};
use super::rule::{ListHow, Rule};
use super::state::Draft;
use super::view::{View, Words};
use super::words;
use crate::model::{Baseline, Digest, Entity, EventId, Level, Signal, StrandSet, Timestamp, Triage};

/// What a signal is made of.
pub(super) struct Making<'m> {
    pub(super) rule: &'m Rule,
    pub(super) draft: &'m Draft,
    pub(super) lists: &'m Lists,
    pub(super) words: &'m Words,
}

/// How much has to be known of the event: records are not read for what the columns say.
pub(super) fn needs(rule: &Rule, shape: Shape) -> Tier {
    let lists = rule.lists.iter().filter_map(|list| list.field.as_deref());
    let fields = rule.shown().chain(rule.entity.iter().map(String::as_str)).chain(lists);
    fields.map(|field| place(field, shape).tier()).max().unwrap_or(Tier::Call)
}

/// The signal; `None` when a match list keeps it away.
pub(super) fn make(making: &Making<'_>, view: &View<'_>) -> Option<Signal> {
    let Making { rule, draft, lists, words } = making;
    let (entity, links) = entity::of_event(&rule.entity, view);
    let time = Timestamp::from_millis(draft.at.millis);
    let mut weight = draft.weight.unwrap_or(rule.weight);
    let mut weighed = draft.weighed.clone();
    for list in &rule.lists {
        let values = list.field.as_ref().map_or_else(|| vec![entity.value.to_string()], |field| view.texts(field));
        let entry = values.iter().find_map(|value| lists.find(&list.list, value, time));
        match (list.how, entry) {
            (ListHow::Exclude, Some(_)) | (ListHow::Require, None) => return None,
            (ListHow::Weight { listed: Some(listed), .. }, Some(entry)) => {
                let why = if entry.reason.is_empty() { String::new() } else { format!(": {}", entry.reason) };
                weighed.push(format!("{weight} → {listed}: {} is on the list {}{why}", entry.value, list.list));
                weight = listed;
            }
            (ListHow::Weight { otherwise: Some(otherwise), .. }, None) if lists.has_entries(&list.list) => {
                weighed.push(format!("{weight} → {otherwise}: not on the list {}", list.list));
                weight = otherwise;
            }
            _ => {}
        }
    }
    let group = words.values(draft.group);
    let mut baseline = draft.baseline.clone();
    if let Some(Baseline::FirstSeen { group: shown, .. }) = &mut baseline {
        shown.clone_from(&group);
    }
    Some(Signal {
        id: id(rule, &entity, &group, &draft.value, view),
        rule: rule.id.clone(),
        title: rule.title.clone(),
        level: Level::of(weight),
        weight,
        weighed,
        time,
        first: Timestamp::from_millis(draft.first),
        last: Timestamp::from_millis(draft.last),
        summary: words::summary(rule, view, draft, &entity),
        entity,
        links,
        value: draft.value.clone(),
        events: draft.events.iter().map(|at| EventId(at.event)).collect(),
        total: draft.total,
        firings: draft.firings,
        baseline,
        frameworks: rule.frameworks.clone(),
        tactics: rule.tactics.clone(),
        strands: draft.events.iter().fold(StrandSet::NONE, |all, at| StrandSet::from_bits(all.bits() | 1 << at.strand)),
        triage: Triage::default(),
    })
}

/// The same for the same evidence in any case: by the rule, whom it is about, and the record that made it fire.
fn id(rule: &Rule, entity: &Entity, group: &[String], value: &[String], view: &View<'_>) -> String {
    let mut hash = Sha256::new();
    let uuid = rule.uuid.as_deref().unwrap_or(&rule.title);
    for part in [rule.id.as_str(), uuid, entity.kind.name(), &entity.value].into_iter().chain(group.iter().chain(value).map(String::as_str)) {
        hash.update(part);
        hash.update([0]);
    }
    hash.update(view.lean.digest.0);
    Digest(hash.finalize().into()).short()
}
