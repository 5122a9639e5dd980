//! Principals: what each did, with what, and from where.

use hashbrown::{HashMap, HashSet};

use super::seen::Tally;
use super::{COUNTS, FINE_PARTS, PARTS, Profile, Summary, Times};
use crate::case::{CaseError, Reader, Result};
use crate::model::{Entity, EntityKind, EventRef, Name, Outcome};

/// Columns that are counted, in the order of [`super::titles`].
const DISTINCT: [EntityKind; COUNTS - 1] =
    [EntityKind::Action, EntityKind::Model, EntityKind::Region, EntityKind::Ip, EntityKind::Key, EntityKind::UserAgent];

pub(super) fn summaries(reader: &mut Reader, refs: &[EventRef]) -> Result<Vec<Summary>> {
    let times = Times::of(refs, PARTS);
    let mut slots: HashMap<u32, usize> = HashMap::new();
    let mut found: Vec<Summary> = Vec::new();
    let mut pairs: [HashSet<u64>; DISTINCT.len()] = Default::default();
    let mut actor = vec![0_u32; refs.len()];
    let [action, model, region, ip, key, agent] = DISTINCT;
    reader.each_row(refs, [EntityKind::Principal, action, model, region, ip, key, agent], &mut |place, [who, values @ ..]| {
        let (Some(event), Some(acting)) = (refs.get(place), actor.get_mut(place)) else { return };
        if who == 0 {
            return;
        }
        *acting = who;
        let slot = *slots.entry(who).or_insert_with(|| {
            found.push(Summary::default());
            found.len() - 1
        });
        let Some(summary) = found.get_mut(slot) else { return };
        summary.add(*event);
        if let Some(part) = times.part(*event).and_then(|part| summary.over_time.get_mut(part)) {
            *part += 1;
        }
        for ((value, pairs), count) in values.into_iter().zip(&mut pairs).zip(&mut summary.counts) {
            if value != 0 && pairs.insert(u64::from(who) << 32 | u64::from(value)) {
                *count += 1;
            }
        }
    })?;
    let mut tokens: HashMap<u32, [u64; PARTS]> = HashMap::new();
    reader.each_tokens(refs, &mut |place, [input, output]| {
        let Some(who) = actor.get(place).copied().filter(|who| *who != 0) else { return };
        let sum = input.saturating_add(output);
        let part = refs.get(place).and_then(|event| times.part(*event)).unwrap_or(0);
        if let Some(part) = tokens.entry(who).or_default().get_mut(part) {
            *part = part.saturating_add(sum);
        }
    })?;
    reader.each_mention_of(refs, EntityKind::Principal, &mut |who, place| {
        if actor.get(place) == Some(&who) {
            return;
        }
        let slot = *slots.entry(who).or_insert_with(|| {
            found.push(Summary::default());
            found.len() - 1
        });
        if let (Some(summary), Some(event)) = (found.get_mut(slot), refs.get(place)) {
            summary.named += 1;
            summary.lasted(*event);
        }
    })?;
    for (who, slot) in slots {
        let Some(summary) = found.get_mut(slot) else { continue };
        summary.value = reader.spelled(who)?;
        if let Some(parts) = tokens.get(&who) {
            let sum = parts.iter().fold(0_u64, |sum, part| sum.saturating_add(*part));
            if sum > 0 {
                summary.over_time = *parts;
            }
            if let Some(last) = summary.counts.last_mut() {
                *last = sum;
            }
        }
    }
    Ok(found)
}

pub(super) fn profile(reader: &mut Reader, refs: &[EventRef], entity: &Entity, times: Times) -> Result<Profile> {
    const COLUMNS: [EntityKind; 10] = [
        EntityKind::Principal,
        EntityKind::Action,
        EntityKind::Model,
        EntityKind::Bucket,
        EntityKind::Region,
        EntityKind::Ip,
        EntityKind::Key,
        EntityKind::UserAgent,
        EntityKind::Session,
        EntityKind::ErrorCode,
    ];
    const TITLES: [&str; COLUMNS.len()] = ["", "actions", "models", "buckets", "Regions", "addresses", "keys", "user agents", "sessions", "errors"];
    let own = reader.number_of(entity)?;
    let mut summary = Summary { value: entity.value.clone(), ..Summary::default() };
    let (mut failed, mut strands) = (0, [0_u64; 6]);
    let (mut over_time, mut tokens_over_time, mut tokens) = (vec![0_u64; FINE_PARTS], vec![0_u64; FINE_PARTS], [0_u64; 2]);
    let mut tallies: [Tally<u32>; COLUMNS.len()] = std::array::from_fn(|_| Tally::new());
    let mut others: Tally<(u32, u32)> = Tally::new();
    let mut acted = vec![false; refs.len()];
    reader.each_row(refs, COLUMNS, &mut |place, values| {
        let (Some(event), Some(acted)) = (refs.get(place), acted.get_mut(place)) else { return };
        let [who, action, ..] = values;
        if Some(who) != own {
            summary.named += 1;
            summary.lasted(*event);
            others.add((who, action), *event);
            return;
        }
        *acted = true;
        summary.add(*event);
        failed += u64::from(event.outcome() == Outcome::Error);
        if let Some(count) = strands.get_mut(event.strand() as usize) {
            *count += 1;
        }
        if let Some(count) = times.part(*event).and_then(|part| over_time.get_mut(part)) {
            *count += 1;
        }
        for (value, tally) in values.into_iter().zip(&mut tallies).skip(1).filter(|(value, _)| *value != 0) {
            tally.add(value, *event);
        }
    })?;
    reader.each_tokens(refs, &mut |place, counts| {
        let (Some(event), Some(true)) = (refs.get(place), acted.get(place)) else { return };
        for (sum, count) in tokens.iter_mut().zip(counts) {
            *sum = sum.saturating_add(count);
        }
        if let Some(part) = times.part(*event).and_then(|part| tokens_over_time.get_mut(part)) {
            *part = counts.iter().fold(*part, |sum, count| sum.saturating_add(*count));
        }
    })?;
    let mut sections = Vec::new();
    for ((tally, kind), title) in tallies.into_iter().zip(COLUMNS).zip(TITLES).skip(1) {
        if let Some((count, _)) = DISTINCT.iter().position(|known| *known == kind).and_then(|at| Some((summary.counts.get_mut(at)?, at))) {
            *count = tally.0.len() as u64;
        }
        let section = tally.section(title, |number| Ok::<_, CaseError>((Entity { kind, value: reader.spelled(number)? }, String::new())))?;
        sections.push(section);
    }
    if let Some(last) = summary.counts.last_mut() {
        *last = tokens.iter().fold(0_u64, |sum, count| sum.saturating_add(*count));
    }
    sections.push(others.section("named by others", |(who, action)| {
        let mut name = |number: u32| if number == 0 { Ok(Name::from("")) } else { reader.spelled(number) };
        let (who, action) = (name(who)?, name(action)?);
        // What nobody is named for is an event without a principal: what was done is the pivot.
        let entity = if who.is_empty() { Entity::new(EntityKind::Action, action.clone()) } else { Entity::new(EntityKind::Principal, who) };
        let note = if entity.kind == EntityKind::Action { String::new() } else { action.to_string() };
        Ok::<_, CaseError>((entity, note))
    })?);
    sections.retain(|section| !section.values.is_empty());
    Ok(Profile { entity: entity.clone(), summary, failed, strands, tokens, span: times.span(), over_time, tokens_over_time, sections })
}
