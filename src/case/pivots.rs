//! Pivots: what an event mentions, who mentions an entity, and the values of a kind.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use rusqlite::OptionalExtension as _;

use super::answers::ValueCount;
use super::batch::{COLUMNS, wide_hash};
use super::error::{CaseError, Doing as _, Result};
use super::reader::Reader;
use super::rows::{ExtraMention, extras};
use super::runs;
use super::segment::{self, Summary};
use crate::model::{Entity, EntityKind, EventId, EventRef, Name, Outcome, Scope, Strand, Timestamp};

/// Values listed of a kind that has about as many as there are events.
const MOST_WIDE_VALUES: usize = 1000;
/// A scope of up to so many events is counted row by row; a larger one through the lists of mentions.
const FEW_EVENTS: usize = 4000;

const DOING: &str = "counting mentions";

impl Reader {
    /// Everything an event mentions, facets too, each once: columns first, in the order menus show kinds.
    pub fn mentions(&mut self, id: EventId) -> Result<Vec<Entity>> {
        self.snapshot(|reader| {
            let mut mentions = Vec::new();
            reader.each_mention(id, None, |entity| mentions.push(entity))?;
            let rank = |kind: EntityKind| EntityKind::ALL.iter().position(|known| *known == kind);
            mentions.sort_by_key(|entity| rank(entity.kind));
            let mut seen = HashSet::new();
            mentions.retain(|entity| seen.insert(entity.clone()));
            Ok(mentions)
        })
    }

    /// How many events mention an entity.
    pub fn count(&mut self, entity: &Entity) -> Result<u64> {
        self.snapshot(|reader| {
            if entity.kind.is_wide() {
                return Ok(reader.wide_events(entity)?.len() as u64);
            }
            let Some(id) = reader.entity_id(entity)? else { return Ok(0) };
            Ok(reader.posted(id)?.events)
        })
    }

    /// The values of a kind with their counts, the most frequent first; of request ids and objects the first 1,000.
    pub fn values(&mut self, kind: EntityKind) -> Result<Vec<ValueCount>> {
        self.snapshot(|reader| {
            let mut tally = HashMap::new();
            if kind.is_wide() {
                reader.tally_wide(kind, &mut tally)?;
                return Ok(ranked(tally));
            }
            let named = reader.entities_of(kind)?;
            let extents = segment::extents(reader.connection())?;
            let listed: i64 = reader.connection().query_row("SELECT COUNT(*) FROM entity", [], |row| row.get(0)).doing(DOING)?;
            let mut sums: HashMap<u32, Summary> = HashMap::new();
            if (named.len() as i64) * 8 < listed {
                for id in named.keys() {
                    reader.cancel().check()?;
                    sums.insert(*id, reader.posted(*id)?);
                }
            } else {
                let sql = "SELECT place, events, denied, first_time, last_time FROM posting WHERE place BETWEEN ?1 AND ?2";
                let mut select = reader.connection().prepare_cached(sql).doing(DOING)?;
                for extent in extents {
                    let mut rows = select.query((segment::place(extent.id, 0), segment::place(extent.id, u32::MAX))).doing(DOING)?;
                    while let Some(row) = rows.next().doing(DOING)? {
                        let entity = row.get::<_, i64>(0).doing(DOING)? as u32;
                        if named.contains_key(&entity) {
                            sums.entry(entity).or_default().join(&Summary::read(row, 1).doing(DOING)?);
                        }
                    }
                }
            }
            tally.extend(named.into_iter().filter_map(|(id, name)| Some((name, *sums.get(&id)?))));
            Ok(ranked(tally))
        })
    }

    /// The same, counting only events in a scope.
    pub fn values_in(&mut self, scope: &Scope, kind: EntityKind) -> Result<Vec<ValueCount>> {
        if scope.is_all() {
            return self.values(kind);
        }
        self.snapshot(|reader| {
            let refs = reader.refs(scope)?;
            let mut tally: HashMap<Name, Summary> = HashMap::new();
            if kind.is_wide() || refs.len() <= FEW_EVENTS {
                for event in refs.iter() {
                    let mut seen: Vec<Name> = Vec::new();
                    reader.each_mention(event.id, Some(kind), |entity| {
                        if !seen.contains(&entity.value) {
                            tally.entry(entity.value.clone()).or_default().add(*event);
                            seen.push(entity.value);
                        }
                    })?;
                }
                let mut values = ranked(tally);
                if kind.is_wide() {
                    values.truncate(MOST_WIDE_VALUES);
                }
                return Ok(values);
            }
            reader.tally_postings(&refs, kind, &mut tally)?;
            Ok(ranked(tally))
        })
    }

    /// Counts the mentions of a kind that fall on the events of a list, by walking the kind's lists.
    fn tally_postings(&mut self, refs: &[EventRef], kind: EntityKind, tally: &mut HashMap<Name, Summary>) -> Result<()> {
        let named = self.entities_of(kind)?;
        let mut sums: HashMap<u32, Summary> = HashMap::new();
        let entities: Vec<u32> = named.keys().copied().collect();
        self.walk_postings(refs, &entities, &mut |entity, place| {
            if let Some(event) = refs.get(place) {
                sums.entry(entity).or_default().add(*event);
            }
        })?;
        tally.extend(named.into_iter().filter_map(|(entity, name)| Some((name, sums.remove(&entity)?))));
        Ok(())
    }

    /// Counts the most frequent values of a wide kind. Hashes choose which to look at, the values themselves are counted.
    fn tally_wide(&mut self, kind: EntityKind, tally: &mut HashMap<Name, Summary>) -> Result<()> {
        let mut pairs = Vec::new();
        for extent in segment::extents(self.connection())? {
            self.cancel().check()?;
            runs::read(self.connection(), extent.id, kind.code(), &mut pairs)?;
        }
        pairs.sort_unstable();
        let mut groups: Vec<&[runs::Pair]> = pairs.chunk_by(|one, other| one.0 == other.0).collect();
        groups.sort_by_key(|group| Reverse(group.len()));
        groups.truncate(MOST_WIDE_VALUES);
        let chosen: HashSet<u64> = groups.iter().filter_map(|group| group.first()).map(|pair| pair.0).collect();
        let mut events: Vec<u32> = groups.iter().flat_map(|group| group.iter().map(|pair| pair.1)).collect();
        events.sort_unstable();
        events.dedup();
        for id in events {
            self.cancel().check()?;
            let mut select = self.connection().prepare_cached("SELECT time, outcome FROM event WHERE id = ?1").doing(DOING)?;
            let (time, outcome) = select.query_row([id], |row| Ok((row.get::<_, Option<i64>>(0)?, row.get(1)?))).doing(DOING)?;
            drop(select);
            let event = EventRef::new(time.map(Timestamp::from_millis), EventId(id), Strand::Management, Outcome::from_code(outcome), false);
            self.each_mention(EventId(id), Some(kind), |entity| {
                if chosen.contains(&wide_hash(kind, &entity.value)) {
                    tally.entry(entity.value).or_default().add(event);
                }
            })?;
        }
        Ok(())
    }

    /// The events that mention an entity of a wide kind, compared in full.
    pub(super) fn wide_events(&mut self, entity: &Entity) -> Result<Vec<u32>> {
        let mut events = runs::candidates(self.connection(), entity.kind, &entity.value)?;
        let mut failed = Ok(());
        events.retain(|id| {
            let mut found = false;
            if failed.is_ok() {
                failed = self.each_mention(EventId(*id), Some(entity.kind), |mention| found |= mention.value == entity.value);
            }
            found
        });
        failed.map(|()| events)
    }

    /// Calls with each mention of an event, of one kind or of all.
    fn each_mention(&mut self, id: EventId, only: Option<EntityKind>, mut each: impl FnMut(Entity)) -> Result<()> {
        let wanted = |kind: EntityKind| only.is_none_or(|only| only == kind);
        let columns: Vec<(&str, EntityKind)> =
            COLUMNS.iter().filter_map(|(name, kind)| Some((*name, (*kind)?))).filter(|(_, kind)| wanted(*kind)).collect();
        let names = columns.iter().flat_map(|(name, _)| [", ", name]).collect::<String>();
        let sql = format!("SELECT request_id, extra{names} FROM event WHERE id = ?1");
        let row = |row: &rusqlite::Row<'_>| {
            let entities = (0..columns.len()).map(|at| row.get(2 + at)).collect::<rusqlite::Result<Vec<Option<u32>>>>()?;
            Ok((row.get::<_, Option<String>>(0)?, row.get::<_, Option<Vec<u8>>>(1)?, entities))
        };
        let found = self.connection().prepare_cached(&sql).and_then(|mut select| select.query_row([id.0], row).optional()).doing(DOING)?;
        let Some((request, blob, entities)) = found else { return Ok(()) };
        for ((_, kind), entity) in columns.iter().zip(entities) {
            if let Some(entity) = entity {
                each(Entity { kind: *kind, value: self.name(entity)?.1 });
            }
        }
        if let Some(request) = request
            && wanted(EntityKind::Request)
        {
            each(Entity::new(EntityKind::Request, request));
        }
        let blob = blob.unwrap_or_default();
        for extra in extras(&blob).ok_or(CaseError::Damaged { doing: DOING, what: "an event's list of mentions" })? {
            match extra {
                ExtraMention::Wide(kind, value) if wanted(kind) => each(Entity::new(kind, value)),
                ExtraMention::Wide(..) => {}
                ExtraMention::Interned(entity) => {
                    let (code, value) = self.name(entity)?;
                    if let Some(kind) = EntityKind::from_code(code).filter(|kind| wanted(*kind)) {
                        each(Entity { kind, value });
                    }
                }
            }
        }
        Ok(())
    }

    /// The number of an interned entity.
    pub(super) fn entity_id(&self, entity: &Entity) -> Result<Option<u32>> {
        let mut select = self.connection().prepare_cached("SELECT id FROM entity WHERE kind = ?1 AND value = ?2").doing(DOING)?;
        select.query_row((entity.kind.code(), &*entity.value), |row| row.get(0)).optional().doing(DOING)
    }

    pub(super) fn entities_of(&self, kind: EntityKind) -> Result<HashMap<u32, Name>> {
        let mut select = self.connection().prepare_cached("SELECT id, value FROM entity WHERE kind = ?1").doing(DOING)?;
        let named = select.query_map([kind.code()], |row| Ok((row.get(0)?, Name::from(row.get_ref(1)?.as_str()?)))).doing(DOING)?;
        named.collect::<rusqlite::Result<_>>().doing(DOING)
    }

    /// The sum over all segments.
    fn posted(&self, entity: u32) -> Result<Summary> {
        let sql = "SELECT events, denied, first_time, last_time FROM posting WHERE place = ?1";
        let mut select = self.connection().prepare_cached(sql).doing(DOING)?;
        let mut sum = Summary::default();
        for extent in segment::extents(self.connection())? {
            let posted = select.query_row([segment::place(extent.id, entity)], |row| Summary::read(row, 0)).optional().doing(DOING)?;
            sum.join(&posted.unwrap_or_default());
        }
        Ok(sum)
    }
}

/// The most frequent first; the same number in order of name.
fn ranked(tally: HashMap<Name, Summary>) -> Vec<ValueCount> {
    let time = |millis: i64| (millis != 0).then(|| Timestamp::from_millis(millis));
    let count =
        |(value, sum): (Name, Summary)| ValueCount { value, count: sum.events, denied: sum.denied, first: time(sum.first), last: time(sum.last) };
    let mut values: Vec<_> = tally.into_iter().map(count).collect();
    values.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.value.cmp(&other.value)));
    values
}
