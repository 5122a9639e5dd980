//! Conversations in the case: keys and links as they are stored, and a reader's view of which exchanges belong together.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _};

use super::error::{CaseError, Doing as _, Result};
use super::reader::Reader;
use crate::model::{EventId, EventRef, Link, Outcome, RoundKeys, Strand, ThreadKeys, ThreadRow, Timestamp};

const DOING: &str = "reading conversations";

/// Events with the row of their conversation, in order of event.
type Rows = Vec<(EventId, u32)>;

/// Stores new exchanges' keys, and links.
pub(super) fn write(connection: &Connection, rows: &[ThreadRow], links: &[Link]) -> Result<()> {
    let doing = "storing conversations";
    let mut insert = connection.prepare_cached("INSERT INTO thread(event, keys) VALUES (?1, ?2)").doing(doing)?;
    let mut blob = Vec::new();
    for row in rows {
        encode(row, &mut blob);
        insert.execute((row.event, &blob)).doing(doing)?;
    }
    let mut insert = connection.prepare_cached("INSERT INTO link(child, parent) VALUES (?1, ?2)").doing(doing)?;
    for link in links {
        insert.execute((link.child, link.parent)).doing(doing)?;
    }
    Ok(())
}

/// Everything that is stored.
pub(super) fn read_all(connection: &Connection, each: &mut dyn FnMut(ThreadRow)) -> Result<Vec<Link>> {
    let damaged = || CaseError::Damaged { doing: DOING, what: "the keys of an exchange" };
    let mut select = connection.prepare("SELECT event, keys FROM thread").doing(DOING)?;
    let mut rows = select.query([]).doing(DOING)?;
    while let Some(row) = rows.next().doing(DOING)? {
        let blob = row.get_ref(1).doing(DOING)?.as_blob().unwrap_or_default();
        each(decode(row.get(0).doing(DOING)?, blob).ok_or_else(damaged)?);
    }
    let mut select = connection.prepare("SELECT child, parent FROM link ORDER BY id").doing(DOING)?;
    let links = select.query_map([], |row| Ok(Link { child: row.get(0)?, parent: row.get(1)? })).doing(DOING)?;
    links.collect::<rusqlite::Result<_>>().doing(DOING)
}

/// Time, tie, the exchange's own keys, and those of the rounds before: 64 bits each, little-endian.
fn encode(row: &ThreadRow, blob: &mut Vec<u8>) {
    blob.clear();
    blob.extend(row.millis.to_le_bytes());
    blob.extend(row.tie.to_le_bytes());
    for round in std::iter::once(&row.keys.own).chain(&row.keys.before) {
        blob.extend(round.pair.to_le_bytes());
        blob.extend(round.answer.to_le_bytes());
    }
}

fn decode(event: u32, blob: &[u8]) -> Option<ThreadRow> {
    let (words, rest) = blob.as_chunks::<8>();
    let mut words = words.iter().map(|word| u64::from_le_bytes(*word));
    let (millis, tie) = (words.next()? as i64, words.next()?);
    let mut rounds = std::iter::from_fn(|| Some(RoundKeys { pair: words.next()?, answer: words.next()? }));
    let keys = ThreadKeys { own: rounds.next()?, before: rounds.take(ThreadKeys::DEPTH).collect() };
    rest.is_empty().then_some(ThreadRow { event, millis, tie, keys })
}

/// Which exchanges belong together, by row number. Brought up to date by the links that are new.
#[derive(Default)]
pub(super) struct Threads {
    last_link: i64,
    parent: Vec<u32>,
    /// A member of the same conversation, nearer to the one that stands for all.
    root: Vec<u32>,
    /// The next member; the last one's next is the first.
    next: Vec<u32>,
}

impl Threads {
    fn grow(&mut self, last: u32) {
        let size = last as usize + 1;
        if self.root.len() < size {
            let known = self.root.len() as u32;
            self.parent.resize(size, 0);
            self.root.extend(known..=last);
            self.next.extend(known..=last);
        }
    }

    /// Takes a link in; tells whether it replaces another one.
    fn link(&mut self, link: Link) -> bool {
        let Some(slot) = self.parent.get_mut(link.child as usize) else { return false };
        let before = std::mem::replace(slot, link.parent);
        if before == 0 {
            self.join(link.child, link.parent);
        }
        before != 0 && before != link.parent
    }

    fn join(&mut self, one: u32, other: u32) {
        let (one, other) = (self.find(one), self.find(other));
        if one == other || other == 0 {
            return;
        }
        if let Some(slot) = self.root.get_mut(one as usize) {
            *slot = other;
        }
        if (one as usize) < self.next.len() && (other as usize) < self.next.len() {
            self.next.swap(one as usize, other as usize);
        }
    }

    /// The member that stands for all; itself for one that belongs to no conversation or is not known.
    fn find(&mut self, mut event: u32) -> u32 {
        while let Some(root) = self.root.get(event as usize).copied()
            && root != event
        {
            let above = self.root.get(root as usize).copied().unwrap_or(root);
            if let Some(slot) = self.root.get_mut(event as usize) {
                *slot = above;
            }
            event = above;
        }
        event
    }

    /// All members, the event first.
    fn members(&self, event: u32) -> impl Iterator<Item = u32> + '_ {
        let mut at = Some(event);
        std::iter::from_fn(move || {
            let here = at?;
            at = self.next.get(here as usize).copied().filter(|next| *next != event);
            Some(here)
        })
    }

    fn again(&mut self) {
        let parents = std::mem::take(&mut self.parent);
        *self = Self { last_link: self.last_link, ..Self::default() };
        self.grow((parents.len() as u32).saturating_sub(1));
        self.parent = parents;
        for child in 0..self.parent.len() as u32 {
            if let Some(parent) = self.parent.get(child as usize).copied().filter(|parent| *parent != 0) {
                self.join(child, parent);
            }
        }
    }
}

impl Reader {
    /// Reads the links that are new.
    fn bring_threads_up_to_date(&mut self) -> Result<()> {
        self.bring_up_to_date()?;
        self.threads.grow(self.lists.last);
        let last = self.threads.last_link;
        let mut select = self.connection().prepare_cached("SELECT id, child, parent FROM link WHERE id > ?1 ORDER BY id").doing(DOING)?;
        let mut rows = select.query([last]).doing(DOING)?;
        let mut new = Vec::new();
        while let Some(row) = rows.next().doing(DOING)? {
            new.push((row.get::<_, i64>(0).doing(DOING)?, Link { child: row.get(1).doing(DOING)?, parent: row.get(2).doing(DOING)? }));
        }
        drop(rows);
        drop(select);
        let mut replaced = false;
        for (id, link) in new {
            replaced |= self.threads.link(link);
            self.threads.last_link = id;
        }
        if replaced {
            self.threads.again();
        }
        Ok(())
    }

    /// The exchanges of the conversation that one belongs to, in order of time; of the same instant the shorter history
    /// first. An exchange that continues nothing and is not continued is a conversation by itself.
    pub fn conversation(&mut self, event: EventId) -> Result<Vec<EventRef>> {
        self.snapshot(|reader| {
            reader.bring_threads_up_to_date()?;
            let members: Vec<u32> = reader.threads.members(event.0).collect();
            let sql = "SELECT e.time, e.strand, e.outcome, e.undecodable IS NOT NULL, x.turns FROM event e LEFT JOIN exchange x ON x.event = e.id WHERE e.id = ?1";
            let mut select = reader.connection().prepare_cached(sql).doing(DOING)?;
            let mut calls = Vec::with_capacity(members.len());
            for id in members {
                reader.cancel().check()?;
                let found = select.query_row([id], |row| {
                    let time = row.get::<_, Option<i64>>(0)?.map(Timestamp::from_millis);
                    let strand = Strand::from_code(row.get(1)?).unwrap_or(Strand::Management);
                    let event = EventRef::new(time, EventId(id), strand, Outcome::from_code(row.get(2)?), row.get(3)?);
                    Ok((event, row.get::<_, Option<u32>>(4)?))
                });
                calls.extend(found.optional().doing(DOING)?);
            }
            calls.sort_by_key(|(event, turns)| (event.millis, *turns, event.id));
            Ok(calls.into_iter().map(|(event, _)| event).collect())
        })
    }

    /// The row numbers of the exchanges of a conversation, in no order, without reading them.
    pub fn conversation_ids(&mut self, event: EventId) -> Result<Vec<EventId>> {
        self.snapshot(|reader| {
            reader.bring_threads_up_to_date()?;
            Ok(reader.threads.members(event.0).map(EventId).collect())
        })
    }

    /// The exchange that this one continues.
    pub fn continues(&mut self, event: EventId) -> Result<Option<EventId>> {
        self.snapshot(|reader| {
            reader.bring_threads_up_to_date()?;
            Ok(reader.threads.parent.get(event.0 as usize).copied().filter(|parent| *parent != 0).map(EventId))
        })
    }

    /// Of a list, the first of each conversation; and for each of the list's events the place of its conversation among
    /// those, in order of row number.
    pub fn conversations(&mut self, refs: &[EventRef]) -> Result<(Vec<EventRef>, Rows)> {
        self.snapshot(|reader| {
            reader.bring_threads_up_to_date()?;
            let mut place = vec![u32::MAX; reader.threads.root.len()];
            let (mut heads, mut members) = (Vec::new(), Vec::with_capacity(refs.len()));
            for event in refs {
                let root = reader.threads.find(event.id.0);
                let at = match place.get_mut(root as usize) {
                    Some(at) if *at != u32::MAX => *at,
                    slot => {
                        let at = heads.len() as u32;
                        heads.push(*event);
                        if let Some(slot) = slot {
                            *slot = at;
                        }
                        at
                    }
                };
                members.push((event.id, at));
            }
            members.sort_unstable();
            Ok((heads, members))
        })
    }

    /// How many calls the conversation of each of these has.
    pub(super) fn conversation_lengths(&mut self, refs: &[EventRef]) -> Result<HashMap<u32, u32>> {
        self.bring_threads_up_to_date()?;
        let mut by_root: HashMap<u32, u32> = HashMap::new();
        for event in 1..=self.lists.last {
            *by_root.entry(self.threads.find(event)).or_default() += 1;
        }
        Ok(refs.iter().map(|event| (event.id.0, by_root.get(&self.threads.find(event.id.0)).copied().unwrap_or(1))).collect())
    }

    /// The keys of an exchange's own round; `None` when it can neither be continued nor continues anything.
    pub fn own_keys(&mut self, event: EventId) -> Result<Option<RoundKeys>> {
        let mut select = self.connection().prepare_cached("SELECT keys FROM thread WHERE event = ?1").doing(DOING)?;
        let row = select.query_row([event.0], |row| Ok(decode(event.0, row.get_ref(0)?.as_blob()?))).optional().doing(DOING)?;
        Ok(row.flatten().map(|row| row.keys.own))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_round_trip() {
        let keys = ThreadKeys { own: RoundKeys { pair: 1, answer: u64::MAX }, before: vec![RoundKeys { pair: 0, answer: 3 }; 2] };
        let row = ThreadRow { event: 9, millis: -5, tie: 7, keys };
        let mut blob = Vec::new();
        encode(&row, &mut blob);
        assert_eq!(decode(9, &blob), Some(row));
        for cut in 0..blob.len() {
            let _ = decode(9, &blob[..cut]);
        }
        assert_eq!(decode(9, &blob[..31]), None);
    }

    proptest! {
        /// Against the plain definition: what a chain of links joins.
        #[test]
        fn members_are_what_links_join(links in prop::collection::vec((1..40_u32, 0..40_u32), 0..80)) {
            let mut threads = Threads::default();
            threads.grow(39);
            let mut replaced = false;
            let mut stands = std::collections::BTreeMap::new();
            for (child, parent) in links {
                replaced |= threads.link(Link { child, parent });
                stands.insert(child, parent);
            }
            if replaced {
                threads.again();
            }
            for event in 1..40_u32 {
                let mut reached = std::collections::BTreeSet::from([event]);
                loop {
                    let before = reached.len();
                    for (child, parent) in stands.iter().filter(|(_, parent)| **parent != 0) {
                        if reached.contains(child) || reached.contains(parent) {
                            reached.extend([*child, *parent]);
                        }
                    }
                    if reached.len() == before {
                        break;
                    }
                }
                prop_assert_eq!(threads.members(event).collect::<std::collections::BTreeSet<_>>(), reached);
            }
        }
    }
}
