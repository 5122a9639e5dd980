//! Many events at once, each by a few numbers: for summaries that look at every event of a scope. Names stay numbers until
//! somebody asks what they are ([`Reader::spelled`]); the same name, the same number.

use std::collections::HashMap;

use super::batch::COLUMNS;
use super::codec::decode_ids;
use super::error::{CaseError, Doing as _, Result};
use super::reader::Reader;
use super::segment;
use crate::model::{Entity, EntityKind, EventRef, Name};

/// Row numbers up to so far apart are read in one go: reading a row that nobody asked for is cheaper than looking one up.
const GAP: u32 = 16;

const DOING: &str = "going through events";

impl Reader {
    /// Calls with the place in the list and these columns of each of its events, in order of row number; 0 where an event
    /// has none. Kinds that are no column are 0 always.
    ///
    /// # Errors
    /// The case cannot be read.
    pub fn each_row<const N: usize>(&mut self, refs: &[EventRef], kinds: [EntityKind; N], each: &mut dyn FnMut(usize, [u32; N])) -> Result<()> {
        let columns = kinds.map(|kind| COLUMNS.iter().find(|(_, known)| *known == Some(kind)).map_or("NULL", |(name, _)| *name));
        let sql = format!("SELECT id, {} FROM event WHERE id BETWEEN ?1 AND ?2", columns.join(", "));
        self.sweep(refs, &sql, &mut |place, row| {
            let mut values = [0; N];
            for (at, value) in values.iter_mut().enumerate() {
                *value = row.get::<_, Option<u32>>(1 + at)?.unwrap_or(0);
            }
            each(place, values);
            Ok(())
        })
    }

    /// Calls with the place in the list and the input and output tokens of each exchange among its events, and of each event
    /// of CloudTrail that counts them and has no exchange beside it; cached input counts as input.
    ///
    /// # Errors
    /// The case cannot be read.
    pub fn each_tokens(&mut self, refs: &[EventRef], each: &mut dyn FnMut(usize, [u64; 2])) -> Result<()> {
        // A log may claim any number: sums must not overflow because of one.
        let count = |row: &rusqlite::Row<'_>, at: usize| row.get::<_, i64>(at).map(|count| u64::try_from(count).unwrap_or(0));
        let sql = "SELECT event, COALESCE(total_input, input, 0), COALESCE(output, 0) FROM exchange WHERE event BETWEEN ?1 AND ?2";
        self.sweep(refs, sql, &mut |place, row| {
            each(place, [count(row, 1)?, count(row, 2)?]);
            Ok(())
        })?;
        let mut told: Vec<(usize, [u64; 2])> = Vec::new();
        let sql = "SELECT event, COALESCE(input, 0), COALESCE(output, 0) FROM trail_tokens WHERE event BETWEEN ?1 AND ?2";
        self.sweep(refs, sql, &mut |place, row| {
            told.push((place, [count(row, 1)?, count(row, 2)?]));
            Ok(())
        })?;
        if told.is_empty() {
            return Ok(());
        }
        let joined = self.joined()?;
        let is_joined = |place: usize| refs.get(place).and_then(|event| joined.get(event.id.0 as usize)).copied().unwrap_or(false);
        told.into_iter().filter(|(place, _)| !is_joined(*place)).for_each(|(place, tokens)| each(place, tokens));
        Ok(())
    }

    /// Calls with the number of each value of a kind and the place in the list of each event that mentions it, a value after
    /// the other. Not for request ids, objects and traces.
    ///
    /// # Errors
    /// The case cannot be read.
    pub fn each_mention_of(&mut self, refs: &[EventRef], kind: EntityKind, each: &mut dyn FnMut(u32, usize)) -> Result<()> {
        self.snapshot(|reader| {
            let mut named: Vec<u32> = reader.entities_of(kind)?.into_keys().collect();
            named.sort_unstable();
            reader.walk_postings(refs, &named, each)
        })
    }

    /// The number of a value, by which [`each_row`](Self::each_row) tells it; `None` when no event names it.
    ///
    /// # Errors
    /// The case cannot be read.
    pub fn number_of(&mut self, entity: &Entity) -> Result<Option<u32>> {
        self.snapshot(|reader| reader.entity_id(entity))
    }

    /// What a number stands for.
    ///
    /// # Errors
    /// The case cannot be read, or no name has this number.
    pub fn spelled(&mut self, number: u32) -> Result<Name> {
        Ok(self.name(number)?.1)
    }

    /// The lists of mentions of these entities, as far as they are of events in the list.
    pub(super) fn walk_postings(&mut self, refs: &[EventRef], entities: &[u32], each: &mut dyn FnMut(u32, usize)) -> Result<()> {
        let places = self.places(refs);
        let extents = segment::extents(self.connection())?;
        let mut select = self.connection().prepare_cached("SELECT ids FROM posting WHERE place = ?1").doing(DOING)?;
        for entity in entities {
            self.cancel().check()?;
            for extent in &extents {
                let mut rows = select.query([segment::place(extent.id, *entity)]).doing(DOING)?;
                let Some(row) = rows.next().doing(DOING)? else { continue };
                let blob = row.get_ref(0).doing(DOING)?.as_blob().unwrap_or_default();
                decode_ids(blob, extent.first, |id| {
                    if let Some(place) = places.get(id as usize).and_then(|place| place.checked_sub(1)) {
                        each(*entity, place as usize);
                    }
                })
                .ok_or(CaseError::Damaged { doing: DOING, what: "a list of mentions" })?;
            }
        }
        Ok(())
    }

    /// Calls with the place in the list and the row of each of its events; `sql` selects rows between two row numbers, which
    /// come first in each row.
    pub(super) fn sweep(
        &mut self,
        refs: &[EventRef],
        sql: &str,
        each: &mut dyn FnMut(usize, &rusqlite::Row<'_>) -> rusqlite::Result<()>,
    ) -> Result<()> {
        self.snapshot(|reader| {
            let mut wanted: Vec<(u32, u32)> = refs.iter().zip(0..).map(|(event, place)| (event.id.0, place)).collect();
            wanted.sort_unstable();
            let mut select = reader.connection().prepare_cached(sql).doing(DOING)?;
            for run in wanted.chunk_by(|one, next| next.0 - one.0 <= GAP) {
                reader.cancel().check()?;
                let (Some((first, _)), Some((last, _))) = (run.first(), run.last()) else { continue };
                let mut rest = run.iter().peekable();
                let mut rows = select.query((first, last)).doing(DOING)?;
                while let Some(row) = rows.next().doing(DOING)? {
                    let id: u32 = row.get(0).doing(DOING)?;
                    while rest.next_if(|next| next.0 < id).is_some() {}
                    if let Some((_, place)) = rest.next_if(|next| next.0 == id) {
                        each(*place as usize, row).doing(DOING)?;
                    }
                }
            }
            Ok(())
        })
    }

    /// How many events of a list have each combination of values in these columns, in no order. An event without a value
    /// counts as `None`. Exact: it reads the columns themselves, where an event has each once, and not the lists of mentions.
    ///
    /// # Errors
    /// The case cannot be read.
    pub fn tally<const N: usize>(&mut self, refs: &[EventRef], kinds: [EntityKind; N]) -> Result<Vec<([Option<Name>; N], u64)>> {
        self.snapshot(|reader| {
            let mut counts: HashMap<[u32; N], u64> = HashMap::new();
            reader.each_row(refs, kinds, &mut |_, key| *counts.entry(key).or_default() += 1)?;
            let mut tally = Vec::with_capacity(counts.len());
            for (key, count) in counts {
                let mut names = [const { None }; N];
                for (name, number) in names.iter_mut().zip(key) {
                    *name = if number == 0 { None } else { Some(reader.spelled(number)?) };
                }
                tally.push((names, count));
            }
            Ok(tally)
        })
    }
}
