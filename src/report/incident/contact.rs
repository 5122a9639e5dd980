//! First contact: from which addresses the credentials of a report were used before, and since when from a new one.
//!
//! Only a caller's own credential counts, as CloudTrail's columns have it: a key that somebody else's call is about, such as the
//! one that switches it off, was not used by that call.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use super::Options;
use super::words::{Words, counted};
use crate::case::{Reader, Result};
use crate::model::{Entity, EntityKind, EventRef, Lead, Name, Scope, Strand, Timestamp};
use crate::report::grouped;

/// Credentials looked at, those with the most calls.
const CREDENTIALS: usize = 8;
/// Columns that say who called.
const CALLERS: [EntityKind; 4] = [EntityKind::Key, EntityKind::Actor, EntityKind::Principal, EntityKind::Ip];
/// New addresses told of a credential.
const ADDRESSES: usize = 3;
/// Earlier addresses named.
const NAMED: usize = 4;
/// A lead's new address counts when it was first used so many milliseconds before the first signal at most.
const BEFORE: i64 = 24 * 60 * 60 * 1000;
/// Calls before the first signal that are taken in at most, from the first on.
const MOST_BEFORE: usize = 200;

/// A credential that is used from an address it was not used from before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Contact {
    /// The long-term key; of others who acts, since their keys live for hours.
    pub credential: Entity,
    /// The new address.
    pub address: Name,
    /// Its first call from there.
    pub first: Timestamp,
    /// Where it was used before, with counts, the most frequent first.
    pub before: Vec<(Name, u64)>,
    /// The last of those calls.
    pub until: Timestamp,
}

/// A credential of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Used {
    /// Which.
    pub credential: Entity,
    /// Addresses it was not used from before.
    pub contacts: Vec<Contact>,
    /// Its last use in the case.
    pub last: Option<Timestamp>,
    /// How often it was used after the report's last event.
    pub after: u64,
}

/// Every use of a credential, in order of time.
struct Uses(Vec<(EventRef, Name)>);

impl Uses {
    /// Reads them out of the whole case.
    fn read(reader: &mut Reader, credential: &Entity) -> Result<Self> {
        let refs = reader.refs(&Scope::all().narrowed(credential.clone()))?;
        let trail: Vec<EventRef> = refs.iter().filter(|event| is_trail(event)).copied().collect();
        let mut rows: Vec<(usize, [u32; 2])> = Vec::new();
        reader.each_row(&trail, [credential.kind, EntityKind::Ip], &mut |place, values| rows.push((place, values)))?;
        rows.sort_unstable();
        let mut names: HashMap<u32, Name> = HashMap::new();
        let mut uses = Vec::new();
        for (place, numbers) in rows {
            for number in numbers.into_iter().filter(|number| *number != 0) {
                if let Entry::Vacant(unknown) = names.entry(number) {
                    unknown.insert(reader.spelled(number)?);
                }
            }
            let [who, address] = numbers.map(|number| names.get(&number));
            if who.is_some_and(|who| **who == *credential.value)
                && let (Some(event), Some(address)) = (trail.get(place), address)
                && event.time().is_some()
                && is_address(address)
            {
                uses.push((*event, address.clone()));
            }
        }
        Ok(Self(uses))
    }

    fn from<'a>(&'a self, address: &'a str) -> impl Iterator<Item = EventRef> {
        self.0.iter().filter(move |(_, other)| **other == *address).map(|(event, _)| *event)
    }

    fn contact(&self, credential: &Entity, address: &Name) -> Option<Contact> {
        let first = self.from(address).next()?.time()?;
        let earlier = || self.0.iter().take_while(|(event, _)| event.time().is_some_and(|time| time < first));
        let until = earlier().last()?.0.time()?;
        let mut counts: BTreeMap<&Name, u64> = BTreeMap::new();
        earlier().for_each(|(_, address)| *counts.entry(address).or_default() += 1);
        let mut before: Vec<(Name, u64)> = counts.into_iter().map(|(address, count)| (address.clone(), count)).collect();
        before.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        Some(Contact { credential: credential.clone(), address: address.clone(), first, before, until })
    }
}

fn is_trail(event: &EventRef) -> bool {
    matches!(event.strand(), Strand::Management | Strand::Data | Strand::Network)
}

/// What AWS calls on somebody's behalf comes from the name of a service, which says nothing of where they are.
fn is_address(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

/// The credentials that events were made with, and the addresses they came from, the most frequent first. Where it is known whom a
/// report is about, only theirs: an event that names a key may be somebody else's.
fn credentials(reader: &mut Reader, refs: &[EventRef], whom: &[Entity]) -> Result<Vec<(Entity, Vec<Name>)>> {
    let callers: Vec<&Entity> = whom.iter().filter(|entity| CALLERS.contains(&entity.kind)).collect();
    let trail: Vec<EventRef> = refs.iter().filter(|event| is_trail(event)).copied().collect();
    let mut tally = reader.tally(&trail, CALLERS)?;
    tally.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    let mut found: Vec<(Entity, Vec<Name>)> = Vec::new();
    for (row, _) in tally {
        let is = |entity: &&Entity| CALLERS.iter().zip(&row).any(|(kind, value)| *kind == entity.kind && value.as_ref() == Some(&entity.value));
        if !callers.is_empty() && !callers.iter().any(is) {
            continue;
        }
        let [key, actor, _, address] = row;
        let credential = match (key.filter(|key| is_long_term(key)), actor) {
            (Some(key), _) => Entity { kind: EntityKind::Key, value: key },
            (None, Some(actor)) => Entity { kind: EntityKind::Actor, value: actor },
            (None, None) => continue,
        };
        let Some(address) = address.filter(|address| is_address(address)) else { continue };
        let has_room = found.len() < CREDENTIALS;
        match found.iter_mut().find(|(known, _)| *known == credential) {
            Some((_, addresses)) if addresses.contains(&address) => {}
            Some((_, addresses)) => addresses.push(address),
            None if has_room => found.push((credential, vec![address])),
            None => {}
        }
    }
    Ok(found)
}

/// An access key that is valid until somebody switches it off.
fn is_long_term(key: &str) -> bool {
    key.starts_with("AKIA")
}

/// What the case knows of the credentials of these events.
pub(super) fn used(reader: &mut Reader, refs: &[EventRef], whom: &[Entity]) -> Result<Vec<Used>> {
    let end = refs.iter().rev().find_map(|event| event.time());
    let mut found = Vec::new();
    for (credential, addresses) in credentials(reader, refs, whom)? {
        let uses = Uses::read(reader, &credential)?;
        let mut contacts: Vec<Contact> = addresses.iter().filter_map(|address| uses.contact(&credential, address)).collect();
        contacts.sort_by(|one, other| (one.first, &one.address).cmp(&(other.first, &other.address)));
        contacts.truncate(ADDRESSES);
        let after = uses.0.iter().rev().take_while(|(event, _)| event.time() > end).count() as u64;
        let last = uses.0.last().and_then(|(event, _)| event.time());
        found.push(Used { credential, contacts, last, after });
    }
    Ok(found)
}

/// The calls before a lead's first signal with which a credential of its events came from an address for the first time. An
/// address that had been in use for long is no first contact, nor is one that the case just begins with: nothing is taken from it.
/// Also how many more there are than are taken.
pub(super) fn before(reader: &mut Reader, refs: &[EventRef], lead: &Lead) -> Result<(Vec<EventRef>, u64)> {
    let mut found: Vec<EventRef> = Vec::new();
    let mut left_out = 0;
    let begins = reader.totals()?.span.map(|(first, _)| first);
    for (credential, addresses) in credentials(reader, refs, &lead.entities)? {
        let uses = Uses::read(reader, &credential)?;
        for address in addresses {
            let Some(first) = uses.from(&address).next().and_then(EventRef::time) else { continue };
            let within = |from: Timestamp, to: Timestamp| to.as_millis().saturating_sub(from.as_millis()) <= BEFORE;
            let is_new = uses.contact(&credential, &address).is_some() || begins.is_some_and(|begins| !within(begins, first));
            if is_new && first < lead.first && within(first, lead.first) {
                let mut calls = uses.from(&address).take_while(|event| event.time().is_some_and(|time| time < lead.first));
                found.extend(calls.by_ref().take(MOST_BEFORE));
                left_out += calls.count() as u64;
            }
        }
    }
    found.retain(|event| refs.binary_search(event).is_err());
    found.sort_unstable();
    found.dedup();
    Ok((found, left_out))
}

/// A new address in a sentence.
pub(super) fn contact_words(contact: &Contact, options: &Options) -> Words {
    let safe = |text: &str| options.secrets.text(text).into_owned();
    let kind = if contact.credential.kind == EntityKind::Key { "access key " } else { "" };
    let mut said = Words::new("New address: ").say(kind).value(safe(&contact.credential.value)).say(" is used from ").value(safe(&contact.address));
    said = said.say(format!(" since {} UTC; before that the case has it only from ", super::seconds(contact.first)));
    for (at, (address, count)) in contact.before.iter().take(NAMED).enumerate() {
        said = said.say(if at == 0 { "" } else { ", " }).value(safe(address)).say(format!(" ×{}", grouped(*count)));
    }
    if let more @ 1.. = contact.before.len().saturating_sub(NAMED) {
        said = said.say(format!(" and {}", counted(more as u64, "other address")));
    }
    said.say(format!(", the last time {}.", super::seconds(contact.until)))
}
