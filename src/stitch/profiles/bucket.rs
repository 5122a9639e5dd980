//! Buckets: who writes and reads them, and what of Bedrock stands on them.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::seen::{Section, Seen, Tally};
use super::uses::Use;
use super::{FINE_PARTS, PARTS, Profile, Summary, Times};
use crate::case::{CaseError, Reader, Result};
use crate::model::{Entity, EntityKind, EventId, EventRef, Name, Outcome, Strand};

/// Jobs and log destinations that are told one by one.
const TOLD: usize = 40;

/// What an event has to do with a bucket: by whom, as a number, and what.
type Row = (u32, Use);

/// Names that are asked for again and again.
#[derive(Default)]
struct Uses(HashMap<(u32, u32, bool), Use>);

impl Uses {
    fn of(&mut self, reader: &mut Reader, service: u32, action: u32, about: bool) -> Result<Use> {
        if let Some(known) = self.0.get(&(service, action, about)) {
            return Ok(*known);
        }
        let service_name = spelled(reader, service)?;
        let action_name = spelled(reader, action)?;
        let found = Use::of(&service_name, &action_name, about);
        self.0.insert((service, action, about), found);
        Ok(found)
    }
}

/// The name of a number; 0 has none.
fn spelled(reader: &mut Reader, number: u32) -> Result<Name> {
    if number == 0 { Ok(Name::from("")) } else { reader.spelled(number) }
}

/// The account of a principal: what stands before its name.
fn account_of(principal: &str) -> Option<&str> {
    let (account, _) = principal.split_once('/')?;
    (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())).then_some(account)
}

/// Numbers of one bucket while they are counted.
#[derive(Default)]
struct Counting {
    summary: Summary,
    sets: HashSet<(Use, u32)>,
    events: HashMap<Use, u64>,
    bases: HashSet<u32>,
    callers: HashMap<u32, u64>,
    accounts: HashMap<u32, u64>,
}

pub(super) fn summaries(reader: &mut Reader, refs: &[EventRef]) -> Result<Vec<Summary>> {
    let times = Times::of(refs, PARTS);
    let mut mentions: Vec<(u32, u32)> = Vec::new();
    reader.each_mention_of(refs, EntityKind::Bucket, &mut |bucket, place| mentions.push((place as u32, bucket)))?;
    mentions.sort_unstable();
    let mut places: Vec<u32> = mentions.iter().map(|(place, _)| *place).collect();
    places.dedup();
    let wanted: Vec<EventRef> = places.iter().filter_map(|place| refs.get(*place as usize)).copied().collect();
    let mut rows: Vec<[u32; 5]> = vec![[0; 5]; wanted.len()];
    let columns = [EntityKind::Principal, EntityKind::Service, EntityKind::Action, EntityKind::Account, EntityKind::Bucket];
    reader.each_row(&wanted, columns, &mut |place, values| {
        if let Some(row) = rows.get_mut(place) {
            *row = values;
        }
    })?;
    let mut bases: Vec<(u32, u32)> = Vec::new();
    reader.each_mention_of(&wanted, EntityKind::KnowledgeBase, &mut |base, place| bases.push((place as u32, base)))?;
    bases.sort_unstable();
    let mut uses = Uses::default();
    let mut found: HashMap<u32, Counting> = HashMap::new();
    for (at, mentioned) in mentions.chunk_by(|one, next| one.0 == next.0).enumerate() {
        let (Some(event), Some([who, service, action, account, about])) = (wanted.get(at), rows.get(at)) else { continue };
        let named_bases = bases.get(bases.partition_point(|(place, _)| *place < at as u32)..).unwrap_or_default();
        for (_, bucket) in mentioned {
            let used = if event.strand() == Strand::Endpoint { Use::Other } else { uses.of(reader, *service, *action, about == bucket)? };
            let counting = found.entry(*bucket).or_default();
            counting.summary.add(*event);
            if let Some(part) = times.part(*event).and_then(|part| counting.summary.over_time.get_mut(part)) {
                *part += 1;
            }
            *counting.callers.entry(*who).or_default() += 1;
            *counting.accounts.entry(*account).or_default() += u64::from(*account != 0);
            // Who was refused has not written.
            if event.outcome() == Outcome::Denied {
                continue;
            }
            *counting.events.entry(used).or_default() += 1;
            counting.sets.insert((used, *who));
            if used == Use::Base {
                counting.bases.extend(named_bases.iter().take_while(|(place, _)| *place == at as u32).map(|(_, base)| *base));
            }
        }
    }
    let mut summaries = Vec::with_capacity(found.len());
    for (bucket, mut counting) in found {
        let by = |wanted: Use| counting.sets.iter().filter(|(used, who)| *used == wanted && *who != 0).count() as u64;
        let times = |wanted: Use| counting.events.get(&wanted).copied().unwrap_or(0);
        let foreign = foreign(reader, &counting.callers, &counting.accounts)?;
        let bases = (counting.bases.len() as u64).max(times(Use::Base).min(1));
        counting.summary.counts = [by(Use::Write), by(Use::Read), times(Use::Job), bases, times(Use::Log), foreign.len() as u64, times(Use::Change)];
        counting.summary.value = reader.spelled(bucket)?;
        summaries.push(counting.summary);
    }
    Ok(summaries)
}

/// Accounts of callers that are not the one whose log has most of a bucket's events, with the numbers of their callers.
fn foreign(reader: &mut Reader, callers: &HashMap<u32, u64>, accounts: &HashMap<u32, u64>) -> Result<BTreeMap<Name, Vec<u32>>> {
    let mut found: BTreeMap<Name, Vec<u32>> = BTreeMap::new();
    let Some(home) = home(reader, accounts)? else { return Ok(found) };
    for who in callers.keys().filter(|who| **who != 0) {
        let name = reader.spelled(*who)?;
        if let Some(account) = account_of(&name).filter(|account| *account != &*home) {
            found.entry(account.into()).or_default().push(*who);
        }
    }
    Ok(found)
}

/// The account that a bucket belongs to, as far as events tell: the one in whose log most of them stand.
fn home(reader: &mut Reader, accounts: &HashMap<u32, u64>) -> Result<Option<Name>> {
    let most = accounts.iter().filter(|(account, _)| **account != 0).max_by_key(|(account, count)| (**count, std::cmp::Reverse(**account)));
    most.map(|(account, _)| reader.spelled(*account)).transpose()
}

pub(super) fn profile(reader: &mut Reader, refs: &[EventRef], entity: &Entity, times: Times) -> Result<Profile> {
    let own = reader.number_of(entity)?.unwrap_or(0);
    let mut raw: Vec<[u32; 5]> = vec![[0; 5]; refs.len()];
    let columns = [EntityKind::Principal, EntityKind::Service, EntityKind::Action, EntityKind::Account, EntityKind::Bucket];
    reader.each_row(refs, columns, &mut |place, values| {
        if let Some(row) = raw.get_mut(place) {
            *row = values;
        }
    })?;
    let summary = summaries(reader, refs)?.into_iter().find(|summary| summary.value == entity.value).unwrap_or_default();
    let (mut failed, mut strands, mut over_time) = (0, [0_u64; 6], vec![0_u64; FINE_PARTS]);
    let (mut actions, mut callers, mut accounts) = (Tally::new(), HashMap::new(), HashMap::new());
    let mut by: HashMap<Use, Tally<u32>> = HashMap::new();
    let mut uses = Uses::default();
    let mut rows: Vec<Row> = Vec::with_capacity(refs.len());
    for (event, [who, service, action, account, about]) in refs.iter().zip(raw) {
        let used = if event.strand() == Strand::Endpoint { Use::Other } else { uses.of(reader, service, action, about == own)? };
        failed += u64::from(event.outcome() == Outcome::Error);
        if let Some(count) = strands.get_mut(event.strand() as usize) {
            *count += 1;
        }
        if let Some(count) = times.part(*event).and_then(|part| over_time.get_mut(part)) {
            *count += 1;
        }
        if action != 0 {
            actions.add(action, *event);
        }
        *callers.entry(who).or_default() += 1;
        *accounts.entry(account).or_default() += u64::from(account != 0);
        if who != 0 {
            by.entry(used).or_insert_with(Tally::new).add(who, *event);
        }
        rows.push((who, used));
    }
    let mut sections = Vec::new();
    let foreign = foreign(reader, &callers, &accounts)?;
    let home = home(reader, &accounts)?;
    let mut strangers = Tally::new();
    for (event, (who, _)) in refs.iter().zip(&rows) {
        if let Some(account) = foreign.iter().find(|(_, callers)| callers.contains(who)).map(|(account, _)| account) {
            strangers.add(account, *event);
        }
    }
    let note = home.as_ref().map(|home| format!("not {home}, whose logs tell of it")).unwrap_or_default();
    let mut strangers = strangers.section("foreign accounts", |account: &Name| {
        Ok::<_, CaseError>((Entity { kind: EntityKind::Account, value: account.clone() }, note.clone()))
    })?;
    strangers.warns = true;
    sections.push(strangers);
    let name =
        |reader: &mut Reader, number: u32, kind: EntityKind| Ok::<_, CaseError>((Entity { kind, value: reader.spelled(number)? }, String::new()));
    for (used, title) in [(Use::Write, "written by"), (Use::Read, "read by"), (Use::Change, "settings changed by")] {
        if let Some(tally) = by.remove(&used) {
            sections.push(tally.section(title, |who| name(reader, who, EntityKind::Principal))?);
        }
    }
    for (used, title) in [(Use::Job, "jobs"), (Use::Log, "log destination of")] {
        sections.push(Section::listed(title, told(reader, refs, &rows, used)?));
    }
    sections.push(bases(reader, refs, &rows)?);
    sections.push(actions.section("actions", |action| name(reader, action, EntityKind::Action))?);
    if let Some(tally) = by.remove(&Use::Other) {
        sections.push(tally.section("also named by", |who| name(reader, who, EntityKind::Principal))?);
    }
    let ways = [EntityKind::Ip, EntityKind::Key, EntityKind::UserAgent, EntityKind::ErrorCode];
    let mut tallies: [Tally<u32>; 4] = std::array::from_fn(|_| Tally::new());
    reader.each_row(refs, ways, &mut |place, values| {
        for (value, tally) in values.into_iter().zip(&mut tallies).filter(|(value, _)| *value != 0) {
            if let Some(event) = refs.get(place) {
                tally.add(value, *event);
            }
        }
    })?;
    for ((tally, kind), title) in tallies.into_iter().zip(ways).zip(["addresses", "keys", "user agents", "errors"]) {
        sections.push(tally.section(title, |number| name(reader, number, kind))?);
    }
    sections.retain(|section| !section.values.is_empty());
    let tokens_over_time = Vec::new();
    Ok(Profile { entity: entity.clone(), summary, failed, strands, tokens: [0; 2], span: times.span(), over_time, tokens_over_time, sections })
}

/// The events of a use one by one, newest first: what each did, and who. The request is the pivot.
fn told(reader: &mut Reader, refs: &[EventRef], rows: &[Row], used: Use) -> Result<Vec<Seen>> {
    let wanted: Vec<EventRef> = refs.iter().zip(rows).filter(|(_, row)| row.1 == used).map(|(event, _)| *event).rev().take(TOLD).collect();
    let ids: Vec<EventId> = wanted.iter().map(|event| event.id).collect();
    let mut seen = Vec::with_capacity(ids.len());
    for (event, small) in reader.events(&ids)?.into_iter().zip(wanted) {
        let mut count = super::seen::Count::default();
        count.add(small);
        let who = event.principal.clone().unwrap_or_else(|| "somebody".into());
        let place = event.region.as_deref().map(|region| format!(" in {region}")).unwrap_or_default();
        let entity = match &event.request_id {
            Some(request) => Entity::new(EntityKind::Request, request.as_str()),
            None => Entity { kind: EntityKind::Action, value: event.action.clone().unwrap_or_default() },
        };
        seen.push(count.seen(entity, format!("{}{place} by {who}", event.summary())));
    }
    Ok(seen)
}

/// Knowledge bases that were told to read a bucket.
fn bases(reader: &mut Reader, refs: &[EventRef], rows: &[Row]) -> Result<Section> {
    let wanted: Vec<EventRef> = refs.iter().zip(rows).filter(|(_, row)| row.1 == Use::Base).map(|(event, _)| *event).collect();
    let mut tally = Tally::new();
    reader.each_mention_of(&wanted, EntityKind::KnowledgeBase, &mut |base, place| {
        if let Some(event) = wanted.get(place) {
            tally.add(base, *event);
        }
    })?;
    tally.section("knowledge bases", |base| Ok((Entity { kind: EntityKind::KnowledgeBase, value: reader.spelled(base)? }, String::new())))
}
