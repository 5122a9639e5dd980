//! One commit, one transaction: evidence first, then what is derived from it.

use rusqlite::{CachedStatement, Connection, ToSql, params};

use super::answers::{Revision, Side};
use super::batch::{COLUMNS, Extra};
use super::codec::{self, encode_ids, encode_refs};
use super::error::{CaseError, Doing as _, Result};
use super::runs::{self, Pair};
use super::text::{self, Gather};
use super::writer::{Entry, Held, HeldBatch, HeldText, Next, extras_blob};
use super::{asked, segment, sources, threads};
use crate::model::{EventRef, ExchangeFacts, Outcome};

/// Stores what is held. On error the transaction is undone and `held` is as it was.
pub(super) fn write(connection: &mut Connection, held: &mut Held, next: Next) -> Result<Revision> {
    let doing = "committing";
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).doing(doing)?;
    for entry in &held.ledger {
        write_entry(&transaction, entry)?;
    }
    let mut insert = transaction.prepare_cached("INSERT INTO entity(id, kind, value) VALUES (?1, ?2, ?3)").doing(doing)?;
    for (id, kind, value) in &held.entities {
        insert.execute((id, kind, value)).doing(doing)?;
    }
    drop(insert);
    if held.events > 0 {
        write_events(&transaction, &held.batches)?;
        write_texts(&transaction, held)?;
        write_trail_tokens(&transaction, held)?;
        threads::write(&transaction, &held.threads, &held.links)?;
        write_segment(&transaction, held, next)?;
    }
    let mut add = transaction
        .prepare_cached("INSERT INTO meta(key, value) VALUES (?1, ?2) ON CONFLICT(key) DO UPDATE SET value = value + excluded.value")
        .doing(doing)?;
    add.execute(("duplicates", held.duplicates as i64)).doing(doing)?;
    add.execute(("revision", 1)).doing(doing)?;
    drop(add);
    let revision = revision(&transaction)?;
    transaction.commit().doing(doing)?;
    Ok(revision)
}

/// The newest commit that this connection sees.
pub(super) fn revision(connection: &Connection) -> Result<Revision> {
    let doing = "reading the revision";
    let mut select = connection.prepare_cached("SELECT value FROM meta WHERE key = ?1").doing(doing)?;
    let mut number = |key: &str| match select.query_row([key], |row| row.get::<_, i64>(0)) {
        Err(rusqlite::Error::QueryReturnedNoRows) => Ok(0),
        other => other.doing(doing),
    };
    Ok(Revision { epoch: number("epoch")? as u32, commit: number("revision")? as u64 })
}

/// Empties the derived tables and starts a new epoch.
pub(super) fn clear_derived(connection: &mut Connection) -> Result<()> {
    let doing = "throwing away what can be derived again";
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).doing(doing)?;
    transaction
        .execute_batch(
            "DELETE FROM body; DELETE FROM entity; DELETE FROM event; DELETE FROM exchange; DELETE FROM segment; DELETE FROM posting;
             DELETE FROM run; DELETE FROM text_block; DELETE FROM trail_tokens; DELETE FROM thread; DELETE FROM link;
             DELETE FROM signal; DELETE FROM lead; DELETE FROM meta WHERE key IN ('duplicates', 'outdated', 'detected');
             INSERT INTO meta(key, value) VALUES ('epoch', 1), ('revision', 1) ON CONFLICT(key) DO UPDATE SET value = value + 1;
             INSERT OR REPLACE INTO meta(key, value) VALUES ('rebuilding', 1);",
        )
        .doing(doing)?;
    transaction.commit().doing(doing)
}

/// What was thrown away has been derived again, all of it.
pub(super) fn end_rebuild(connection: &Connection) -> Result<()> {
    connection.execute("DELETE FROM meta WHERE key = 'rebuilding'", []).doing("ending a rebuild").map(drop)
}

/// Is what can be derived not, or not yet, all there?
pub(super) fn is_rebuilding(connection: &Connection) -> Result<bool> {
    connection.query_row("SELECT EXISTS(SELECT 1 FROM meta WHERE key = 'rebuilding')", [], |row| row.get(0)).doing("reading the state of the case")
}

/// Was what is derived derived by an earlier version, which knew less?
pub(super) fn is_outdated(connection: &Connection) -> Result<bool> {
    connection.query_row("SELECT EXISTS(SELECT 1 FROM meta WHERE key = 'outdated')", [], |row| row.get(0)).doing("reading the state of the case")
}

fn write_entry(connection: &Connection, entry: &Entry) -> Result<()> {
    let doing = "storing evidence";
    match entry {
        Entry::Source(entry) => sources::put(connection, entry),
        Entry::Covered(entry) => asked::cover(connection, entry),
        Entry::Block(block) => {
            let sql = "INSERT INTO block(source, form, position, length, data) VALUES (?1, 0, ?2, ?3, ?4)";
            let mut insert = connection.prepare_cached(sql).doing(doing)?;
            insert.execute((block.source.0, block.offset as i64, block.length, &block.data)).doing(doing).map(drop)
        }
        Entry::Body(request, side, source) => {
            let mut insert = connection.prepare_cached("INSERT OR REPLACE INTO body(request, side, source) VALUES (?1, ?2, ?3)").doing(doing)?;
            insert.execute((request, matches!(side, Side::Output), source.0)).doing(doing).map(drop)
        }
    }
}

fn write_events(connection: &Connection, batches: &[HeldBatch]) -> Result<()> {
    let doing = "storing events";
    let names = COLUMNS.map(|(name, _)| name).join(", ");
    let sql = format!(
        "INSERT INTO event(id, time, strand, outcome, key_kind, digest, source, position, length, wrap, {names}, error_message, request_id, \
         detail, undecodable, extra) VALUES (?{})",
        ", ?".repeat(9 + COLUMNS.len() + 5)
    );
    let mut insert = connection.prepare_cached(&sql).doing(doing)?;
    let mut exchange = connection
        .prepare_cached("INSERT INTO exchange VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)")
        .doing(doing)?;
    let mut extra = Vec::new();
    for held in batches {
        for (id, row) in held.rows() {
            let reference = row.event_ref(id);
            extras_blob(held, row, &mut extra);
            let (place, texts) = (row.position, [row.error_message, row.request_id, row.detail, row.undecodable]);
            // Most columns of a row are empty, and what is not bound is NULL.
            insert.clear_bindings();
            let mut at = 0;
            let mut bind = |value: Option<&dyn ToSql>| {
                at += 1;
                value.map_or(Ok(()), |value| insert.raw_bind_parameter(at, value).doing(doing))
            };
            bind(Some(&id))?;
            bind((row.millis != 0).then_some(&row.millis as &dyn ToSql))?;
            bind(Some(&(reference.strand() as u8)))?;
            bind(Some(&(reference.outcome() as u8)))?;
            bind(Some(&row.key_kind))?;
            bind(Some(&row.digest.0.as_slice()))?;
            bind(Some(&row.source.0))?;
            bind(Some(&(place.offset as i64)))?;
            bind(Some(&place.length))?;
            bind(Some(&place.wrap.code()))?;
            for string in row.columns {
                let entity = held.entity(string);
                bind((entity != 0).then_some(&entity as &dyn ToSql))?;
            }
            for text in texts {
                bind(held.batch.text(text).as_ref().map(|text| text as &dyn ToSql))?;
            }
            bind((!extra.is_empty()).then_some(&extra.as_slice() as &dyn ToSql))?;
            insert.raw_execute().doing(doing)?;
            if let Some(facts) = row.exchange.and_then(|at| held.batch.exchanges.get(at as usize)) {
                write_exchange(&mut exchange, id, facts)?;
            }
        }
    }
    Ok(())
}

fn write_trail_tokens(connection: &Connection, held: &Held) -> Result<()> {
    let doing = "storing token counts";
    let mut insert = connection.prepare_cached("INSERT INTO trail_tokens(event, input, output) VALUES (?1, ?2, ?3)").doing(doing)?;
    for (event, tokens) in &held.trail_tokens {
        let [input, output] = tokens.map(|count| count.map(|count| count as i64));
        insert.execute((event, input, output)).doing(doing)?;
    }
    Ok(())
}

fn write_exchange(insert: &mut CachedStatement<'_>, event: u32, facts: &ExchangeFacts) -> Result<()> {
    let count = |count: Option<u64>| count.map(|count| count as i64);
    let values = params![
        event,
        facts.family,
        facts.preview,
        facts.user_chars,
        facts.completion_chars,
        facts.turns,
        count(facts.tokens.input),
        count(facts.tokens.output),
        count(facts.tokens.cache_read),
        count(facts.tokens.cache_write),
        count(facts.tokens.total_input),
        count(facts.latency_ms),
        facts.stop_reason,
        facts.guardrail as u8,
        facts.body as u8,
        facts.flags.0,
        facts.input_chars,
        codec::tools(&facts.tools),
        facts.system_opening,
    ];
    insert.execute(values).doing("storing exchanges").map(drop)
}

/// Stores blocks of text. Small ones, and a small one stored last, are put together first: a live source would
/// otherwise leave a block a commit.
fn write_texts(connection: &Connection, held: &Held) -> Result<()> {
    let doing = "storing text";
    let small = text::BLOCK_BYTES as u32 / 4;
    let times = times(&held.batches);
    let damaged = || CaseError::Damaged { doing, what: "a block of text" };
    let mut insert = connection
        .prepare_cached("INSERT INTO text_block(first_event, last_event, latest, length, entries, data, said) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
        .doing(doing)?;
    let mut store = |block: &HeldText, before: Option<i64>| {
        let events = || block.entries.iter().map(|(event, _)| *event).filter(|event| *event != 0);
        let latest = events().filter_map(|event| times.get(event.checked_sub(times.first)?)).chain(before).max();
        let (entries, said) = (text::encode_entries(block.entries.iter().copied()), text::encode_said(&block.said));
        insert.execute(params![events().min(), events().max(), latest, block.plain, entries, block.data, said]).doing(doing).map(drop)
    };
    let (mut gather, mut room, mut before) = (Gather::default(), Vec::new(), None);
    let mut last =
        connection.prepare_cached("SELECT id, length, latest, entries, data, said FROM text_block ORDER BY id DESC LIMIT 1").doing(doing)?;
    let mut rows = last.query([]).doing(doing)?;
    if held.texts.iter().any(|block| block.plain < small)
        && let Some(row) = rows.next().doing(doing)?
        && row.get::<_, u32>(1).doing(doing)? < small
    {
        let entries: Vec<u8> = row.get(3).doing(doing)?;
        let data: Vec<u8> = row.get(4).doing(doing)?;
        let text = text::expand(&data, row.get::<_, u32>(1).doing(doing)? as usize, &mut room).ok_or_else(damaged)?;
        let entries = text::decode_entries(&entries).ok_or_else(damaged)?;
        let said = match row.get::<_, Option<Vec<u8>>>(5).doing(doing)? {
            Some(said) => text::decode_said(&said).ok_or_else(damaged)?,
            None => text::said_anywhere(&entries),
        };
        gather.again(entries.into_iter().map(|(event, range)| (event, text.get(range))), &said).ok_or_else(damaged)?;
        before = Some(row.get(2).doing(doing)?);
        let id: i64 = row.get(0).doing(doing)?;
        connection.execute("DELETE FROM text_block WHERE id = ?1", [id]).doing(doing)?;
    }
    for block in &held.texts {
        if block.plain >= small {
            store(block, None)?;
            continue;
        }
        let text = text::expand(&block.data, block.plain as usize, &mut room).ok_or_else(damaged)?;
        let mut start = 0;
        let entries = block.entries.iter().map(|(event, length)| {
            let from = start;
            start += *length as usize + 1;
            (*event, text.get(from..from + *length as usize))
        });
        gather.again(entries, &block.said).ok_or_else(damaged)?;
        if gather.is_full() {
            store_gathered(&mut gather, &mut store, &mut before)?;
        }
    }
    store_gathered(&mut gather, &mut store, &mut before)
}

fn store_gathered(gather: &mut Gather, store: &mut impl FnMut(&HeldText, Option<i64>) -> Result<()>, before: &mut Option<i64>) -> Result<()> {
    let Some(block) = gather.seal(None) else { return Ok(()) };
    store(&HeldText { entries: block.entries, said: block.said, plain: block.plain, data: block.data }, before.take())
}

/// Times of held events by row number.
struct Times {
    first: u32,
    millis: Vec<i64>,
}

impl Times {
    fn get(&self, at: u32) -> Option<i64> {
        self.millis.get(at as usize).copied()
    }
}

fn times(batches: &[HeldBatch]) -> Times {
    let rows = || batches.iter().flat_map(HeldBatch::rows);
    Times { first: rows().next().map_or(0, |(id, _)| id), millis: rows().map(|(_, row)| row.millis).collect() }
}

fn write_segment(connection: &Connection, held: &mut Held, next: Next) -> Result<()> {
    let rows = || held.batches.iter().flat_map(HeldBatch::rows);
    let mut refs: Vec<EventRef> = rows().map(|(id, row)| row.event_ref(id)).collect();
    let mut digests: Vec<Pair> = rows().map(|(id, row)| (runs::digest_hash(&row.digest), id)).collect();
    let keys: Vec<u8> = rows().flat_map(|(_, row)| row.dedup).collect();
    let Some(first) = refs.first().map(|event| event.id.0) else { return Ok(()) };

    let mut mentions = Vec::with_capacity(refs.len() * 12);
    for held in &held.batches {
        for (id, row) in held.rows() {
            let pivots = row.columns.iter().zip(COLUMNS).filter(|(_, (_, kind))| kind.is_some()).map(|(string, _)| *string);
            let extras = held.batch.extras_of(row).iter().filter_map(|extra| match extra {
                Extra::Interned(string) => Some(*string),
                Extra::Wide(..) => None,
            });
            let entities = pivots.chain(extras).map(|string| held.entity(string)).filter(|entity| *entity != 0);
            mentions.extend(entities.map(|entity| (entity, id)));
        }
    }
    let mut mentions = by_entity(&mentions);
    mentions.dedup();
    let mut postings = segment::Postings::insert(connection, next.segment)?;
    let (mut ids, mut blob) = (Vec::new(), Vec::new());
    for group in mentions.chunk_by(|one, other| one.0 == other.0) {
        ids.clear();
        ids.extend(group.iter().map(|mention| mention.1));
        let mut summary = segment::Summary::default();
        for event in ids.iter().filter_map(|id| refs.get((id - first) as usize)) {
            summary.add(*event);
        }
        encode_ids(&ids, first, &mut blob);
        postings.write(group.first().map_or(0, |mention| mention.0), &summary, &blob)?;
    }
    drop(postings);

    digests.sort_unstable();
    runs::write(connection, next.segment, runs::DIGESTS, &digests)?;
    held.wide.sort_unstable();
    for group in held.wide.chunk_by(|one, other| one.0 == other.0) {
        let pairs: Vec<Pair> = group.iter().map(|(_, pair)| *pair).collect();
        runs::write(connection, next.segment, group.first().map_or(0, |(kind, _)| *kind), &pairs)?;
    }

    refs.sort_unstable();
    let summary = segment::Counts::of(&refs);
    segment::write(connection, next.segment, first, &summary, &encode_refs(&refs), &keys)
}

/// Pairs of entity and event, which come in order of events, in order of entities and then events. They are dealt out by
/// counting, which does not compare: a commit has twelve times as many as events.
fn by_entity(mentions: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let least = mentions.iter().map(|mention| mention.0).min().unwrap_or(0);
    let most = mentions.iter().map(|mention| mention.0).max().unwrap_or(0);
    if (most - least) as usize > mentions.len().saturating_mul(4) {
        let mut sorted = mentions.to_vec();
        sorted.sort_unstable();
        return sorted;
    }
    let mut places = vec![0_usize; (most - least) as usize + 2];
    for (entity, _) in mentions {
        if let Some(count) = places.get_mut((entity - least) as usize + 1) {
            *count += 1;
        }
    }
    let mut before = 0;
    for place in &mut places {
        before += *place;
        *place = before;
    }
    let mut sorted = vec![(0, 0); mentions.len()];
    for mention in mentions {
        if let Some(place) = places.get_mut((mention.0 - least) as usize) {
            if let Some(slot) = sorted.get_mut(*place) {
                *slot = *mention;
            }
            *place += 1;
        }
    }
    sorted
}

/// Did this one count as denied?
pub(super) fn is_denied(event: EventRef) -> bool {
    event.outcome() == Outcome::Denied
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn dealing_out_is_sorting(entities in prop::collection::vec(5..40_u32, 0..200), far in 0..2_000_u32) {
            let mut mentions: Vec<(u32, u32)> = entities.into_iter().zip(1..).map(|(entity, id)| (entity, id / 3)).collect();
            if far > 1_000 {
                mentions.push((far, 200));
            }
            let dealt = by_entity(&mentions);
            mentions.sort_unstable();
            prop_assert_eq!(dealt, mentions);
        }
    }
}
