//! First contact: from which addresses the credentials of a report were used before, and since when from a new one.
//!
//! Only a caller's own credential counts, as CloudTrail's columns have it: a key that somebody else's call is about, such as the
//! one that switches it off, was not used by that call.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use super::Options;
use super::words::{Words, counted};
use crate::case::{Reader, Result};
use crate::model::{Entity, EntityKind, EventRef, Name, Scope, Strand, Timestamp};
use crate::report::grouped;

/// Credentials looked at, those with the most calls.
const CREDENTIALS: usize = 8;
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
                if !names.contains_key(&number) {
                    names.insert(number, reader.spelled(number)?);
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

/// The credentials that events were made with, and the addresses they came from, the most frequent first.
pub(super) fn credentials(reader: &mut Reader, refs: &[EventRef]) -> Result<Vec<(Entity, Vec<Name>)>> {
    let trail: Vec<EventRef> = refs.iter().filter(|event| is_trail(event)).copied().collect();
    let mut tally = reader.tally(&trail, [EntityKind::Key, EntityKind::Actor, EntityKind::Ip])?;
    tally.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    let mut found: Vec<(Entity, Vec<Name>)> = Vec::new();
    for ([key, actor, address], _) in tally {
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
pub(super) fn is_long_term(key: &str) -> bool {
    key.starts_with("AKIA")
}

/// New addresses of the credentials of these events.
pub(super) fn contacts(reader: &mut Reader, refs: &[EventRef]) -> Result<Vec<Contact>> {
    let mut contacts = Vec::new();
    for (credential, addresses) in credentials(reader, refs)? {
        let uses = Uses::read(reader, &credential)?;
        let mut own: Vec<Contact> = addresses.iter().filter_map(|address| uses.contact(&credential, address)).collect();
        own.sort_by(|one, other| (one.first, &one.address).cmp(&(other.first, &other.address)));
        own.truncate(ADDRESSES);
        contacts.extend(own);
    }
    Ok(contacts)
}

/// The calls before a lead's first signal with which a credential of its events came from an address for the first time. An
/// address that had been in use for long is no first contact: nothing is taken from it.
pub(super) fn before(reader: &mut Reader, refs: &[EventRef], signal: Timestamp) -> Result<Vec<EventRef>> {
    let mut found: Vec<EventRef> = Vec::new();
    for (credential, addresses) in credentials(reader, refs)? {
        let uses = Uses::read(reader, &credential)?;
        for address in addresses {
            let first = uses.from(&address).next().and_then(EventRef::time);
            if first.is_some_and(|first| first < signal && signal.as_millis() - first.as_millis() <= BEFORE) {
                found.extend(uses.from(&address).take_while(|event| event.time().is_some_and(|time| time < signal)).take(MOST_BEFORE));
            }
        }
    }
    found.retain(|event| refs.binary_search(event).is_err());
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// How often a credential was used after a moment.
pub(super) fn uses_after(reader: &mut Reader, credential: &Entity, moment: Option<Timestamp>) -> Result<u64> {
    Ok(Uses::read(reader, credential)?.0.iter().rev().take_while(|(event, _)| event.time() > moment).count() as u64)
}

/// The last use of a credential in the case.
pub(super) fn last_use(reader: &mut Reader, credential: &Entity) -> Result<Option<Timestamp>> {
    Ok(Uses::read(reader, credential)?.0.last().and_then(|(event, _)| event.time()))
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
