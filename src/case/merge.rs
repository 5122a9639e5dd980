//! Putting neighbouring segments together, so that following a live source does not leave thousands of them.
//!
//! No answer changes: row numbers stay, lists are joined end to end.

use rusqlite::{Connection, Rows};

use super::codec::{decode_ids, decode_refs, encode_ids, encode_refs};
use super::error::{CaseError, Doing as _, Result};
use super::runs;
use super::segment::{self, Counts, Extent, Summary, place};

/// How hard to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effort {
    /// Between commits: only when many of a size have gathered, so that each event is rewritten a few times in all.
    Light,
    /// At the end: as much of the tail as is not mostly one segment, which would be rewritten for the sake of the others.
    Thorough,
}

/// A segment does not grow beyond this: it bounds the memory of putting it together.
const MOST_EVENTS: u64 = 1 << 21;
/// So many of a size are put together between commits …
const FAN: usize = 8;
/// … and so many of those from `LARGE` on: a bulk load should not stop for what `finish` does better.
const LARGE_FAN: usize = 32;
const LARGE: u32 = 5;
const FULL: u32 = 7;

const DOING: &str = "putting segments together";

/// The neighbours to put together next, if any.
pub(super) fn choose(connection: &Connection, effort: Effort) -> Result<Option<Vec<Extent>>> {
    let extents = segment::extents(connection)?;
    Ok(match effort {
        Effort::Light => choose_light(&extents),
        Effort::Thorough => choose_thorough(&extents),
    })
}

fn choose_light(extents: &[Extent]) -> Option<Vec<Extent>> {
    (0..FULL).find_map(|size| {
        let tail = extents.iter().rev().take_while(|extent| magnitude(extent) <= size).count();
        let group = extents.get(extents.len() - tail..)?;
        if group.iter().filter(|extent| magnitude(extent) == size).count() < if size < LARGE { FAN } else { LARGE_FAN } {
            return None;
        }
        let mut events = 0;
        let fitting = group.iter().take_while(|extent| {
            events += u64::from(extent.events);
            events <= MOST_EVENTS
        });
        group.get(..fitting.count()).filter(|group| group.len() > 1).map(<[Extent]>::to_vec)
    })
}

/// Sizes in steps of eight; [`FULL`] for what can hardly grow.
fn magnitude(extent: &Extent) -> u32 {
    if u64::from(extent.events) > MOST_EVENTS / 2 { FULL } else { extent.events.ilog2() / 3 }
}

fn choose_thorough(extents: &[Extent]) -> Option<Vec<Extent>> {
    let (mut events, mut largest, mut joined) = (0, 0, 0);
    for (number, extent) in extents.iter().rev().enumerate() {
        let size = u64::from(extent.events);
        events += size;
        largest = largest.max(size);
        if events > MOST_EVENTS {
            break;
        }
        if largest * 2 <= events {
            joined = number + 1;
        }
    }
    extents.get(extents.len() - joined..).filter(|group| group.len() > 1).map(<[Extent]>::to_vec)
}

/// Puts neighbours together into a new segment, in one transaction.
pub(super) fn merge(connection: &mut Connection, group: &[Extent], into: u32) -> Result<()> {
    let Some(first) = group.first().map(|extent| extent.first) else { return Ok(()) };
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).doing(DOING)?;
    let events = group.iter().map(|extent| extent.events as usize).sum();
    let (mut refs, mut keys) = (Vec::with_capacity(events), Vec::new());
    for extent in group {
        let mut select = transaction.prepare_cached("SELECT refs, keys FROM segment WHERE id = ?1").doing(DOING)?;
        let (blob, more): (Vec<u8>, Vec<u8>) = select.query_row([extent.id], |row| Ok((row.get(0)?, row.get(1)?))).doing(DOING)?;
        decode_refs(&blob, 0, &mut refs).ok_or_else(damaged)?;
        keys.reserve_exact(more.len());
        keys.extend(more);
    }
    refs.sort();
    segment::write(&transaction, into, first, &Counts::of(&refs), &encode_refs(&refs), &keys)?;
    drop((refs, keys));
    merge_postings(&transaction, group, first, into)?;
    for kind in kinds(&transaction)? {
        let mut pairs = Vec::with_capacity(events);
        for extent in group {
            runs::read(&transaction, extent.id, kind, &mut pairs)?;
        }
        pairs.sort_unstable();
        runs::write(&transaction, into, kind, &pairs)?;
    }
    for extent in group {
        transaction.execute("DELETE FROM segment WHERE id = ?1", [extent.id]).doing(DOING)?;
        transaction.execute("DELETE FROM run WHERE segment = ?1", [extent.id]).doing(DOING)?;
        transaction.execute("DELETE FROM posting WHERE place BETWEEN ?1 AND ?2", (place(extent.id, 0), place(extent.id, u32::MAX))).doing(DOING)?;
    }
    transaction.commit().doing(DOING)
}

/// Kinds of which there are runs.
fn kinds(connection: &Connection) -> Result<Vec<u8>> {
    let mut kinds = connection.prepare_cached("SELECT DISTINCT kind FROM run").doing(DOING)?;
    kinds.query_map([], |row| row.get(0)).doing(DOING)?.collect::<rusqlite::Result<_>>().doing(DOING)
}

fn damaged() -> CaseError {
    CaseError::Damaged { doing: DOING, what: "a segment" }
}

/// A posting at the head of one segment's cursor.
struct Head {
    entity: u32,
    summary: Summary,
    ids: Vec<u8>,
}

fn advance(cursor: &mut Rows<'_>) -> Result<Option<Head>> {
    let Some(row) = cursor.next().doing(DOING)? else { return Ok(None) };
    let place: i64 = row.get(0).doing(DOING)?;
    Ok(Some(Head { entity: place as u32, summary: Summary::read(row, 1).doing(DOING)?, ids: row.get(5).doing(DOING)? }))
}

/// Walks the postings of all segments side by side, in order of entity.
fn merge_postings(connection: &Connection, group: &[Extent], first: u32, into: u32) -> Result<()> {
    let sql = "SELECT place, events, denied, first_time, last_time, ids FROM posting WHERE place BETWEEN ?1 AND ?2 ORDER BY place";
    let mut selects = group.iter().map(|_| connection.prepare(sql).doing(DOING)).collect::<Result<Vec<_>>>()?;
    let mut cursors = Vec::new();
    for (extent, select) in group.iter().zip(&mut selects) {
        let mut cursor = select.query((place(extent.id, 0), place(extent.id, u32::MAX))).doing(DOING)?;
        let head = advance(&mut cursor)?;
        cursors.push((extent.first, cursor, head));
    }
    let mut write = segment::Postings::insert(connection, into)?;
    let (mut ids, mut blob) = (Vec::new(), Vec::new());
    while let Some(entity) = cursors.iter().filter_map(|(_, _, head)| head.as_ref()).map(|head| head.entity).min() {
        ids.clear();
        let mut summary = Summary::default();
        for (base, cursor, head) in &mut cursors {
            if let Some(here) = head.take_if(|head| head.entity == entity) {
                summary.join(&here.summary);
                decode_ids(&here.ids, *base, |id| ids.push(id)).ok_or_else(damaged)?;
                *head = advance(cursor)?;
            }
        }
        encode_ids(&ids, first, &mut blob);
        write.write(entity, &summary, &blob)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extents(sizes: &[u32]) -> Vec<Extent> {
        let mut first = 1;
        let extent = |(id, events): (usize, &u32)| {
            let extent = Extent { id: id as u32, first, events: *events };
            first += events;
            extent
        };
        sizes.iter().enumerate().map(extent).collect()
    }

    #[test]
    fn which_are_put_together() {
        let light = |sizes: &[u32]| choose_light(&extents(sizes)).map_or(0, |group| group.len());
        let thorough = |sizes: &[u32]| choose_thorough(&extents(sizes)).map_or(0, |group| group.len());
        assert_eq!(light(&[100_000, 1, 1, 1, 1, 1, 1, 1]), 0);
        assert_eq!(light(&[100_000, 1, 1, 1, 1, 1, 1, 1, 1]), 8);
        assert_eq!(light(&[100_000; 31]), 0);
        assert_eq!(light(&[100_000; 32]), 20);
        assert_eq!(light(&[1_500_000; 40]), 0);
        assert_eq!(thorough(&[]), 0);
        assert_eq!(thorough(&[50_000]), 0);
        assert_eq!(thorough(&[100_000, 100_000, 100_000, 13_000]), 4);
        assert_eq!(thorough(&[50_000; 50]), 41);
        assert_eq!(thorough(&[1_000_000, 100]), 0);
        assert_eq!(thorough(&[1_000_000, 100, 100, 50]), 3);
        assert_eq!(thorough(&[2_000_000, 2_000_000]), 0);
    }

    /// Following a live source for a month: a commit every two seconds with ten events.
    #[test]
    fn segments_stay_few() {
        let mut sizes: Vec<u32> = Vec::new();
        let (mut most, mut rewritten) = (0, 0_u64);
        for _ in 0..200_000 {
            sizes.push(10);
            while let Some(group) = choose_light(&extents(&sizes)) {
                let sum: u32 = group.iter().map(|extent| extent.events).sum();
                sizes.truncate(sizes.len() - group.len());
                sizes.push(sum);
                rewritten += u64::from(sum);
            }
            most = most.max(sizes.len());
        }
        assert!(most <= 60, "{most}");
        assert!(rewritten / 2_000_000 <= 8, "{}", rewritten / 2_000_000);
    }
}
