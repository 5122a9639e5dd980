//! Signals and leads in a case: stored by whoever runs the rules, read by everybody, judged by the analyst.
//!
//! What is derived (`signal`, `lead`) is thrown away by a rebuild; judgements, match lists and baselines are not.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::error::{CaseError, Doing as _, Result};
use super::notebook::Notebook;
use super::reader::Reader;
use super::schema;
use super::writable::Writable;
use crate::model::{Detected, Lead, ListEntry, Signal, Timestamp, Triage, TriageKey};

const READING: &str = "reading signals";
const STORING: &str = "storing signals";

/// What a set of rules learnt from evidence outside of the case.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Learnt {
    /// What it is called; another one of the same name takes its place.
    pub name: String,
    /// The time it is of.
    pub since: Option<Timestamp>,
    /// … up to.
    pub until: Option<Timestamp>,
    /// Events it was learnt from.
    pub events: u64,
    /// What.
    pub rows: Vec<LearntRow>,
}

/// One thing that was learnt.
#[derive(Clone, Debug, PartialEq)]
pub struct LearntRow {
    /// The rule's id.
    pub rule: String,
    /// The group's values.
    pub group: Vec<String>,
    /// The value that was seen; `None` for a bucket.
    pub value: Option<String>,
    /// From then, or the bucket's beginning …
    pub first: Timestamp,
    /// … until then.
    pub last: Timestamp,
    /// How often, or how much.
    pub amount: f64,
}

/// Where signals and leads are written; usable while a writer is at work.
pub struct Findings {
    connection: Connection,
    case: Writable,
}

impl Writable {
    /// The place to store signals and leads.
    pub fn findings(&self) -> Result<Findings> {
        Ok(Findings { connection: schema::open_to_write(self.path())?, case: self.clone() })
    }
}

impl Findings {
    /// Stores signals that are new or different, removes those that are gone, and puts leads and state in place of what was there. In
    /// one transaction, refused without an error (`false`) when the case was rebuilt since `epoch`: row numbers mean nothing then.
    pub fn store(&mut self, epoch: u32, changed: &[&Signal], gone: &[String], leads: &[Lead], detected: &Detected) -> Result<bool> {
        let _turn = self.case.analysts_turn();
        let transaction = self.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).doing(STORING)?;
        if super::commit::revision(&transaction)?.epoch != epoch {
            return Ok(false);
        }
        let mut put = transaction.prepare_cached("INSERT OR REPLACE INTO signal(id, body) VALUES (?1, ?2)").doing(STORING)?;
        for signal in changed {
            put.execute((&signal.id, packed(signal)?)).doing(STORING)?;
        }
        drop(put);
        let mut remove = transaction.prepare_cached("DELETE FROM signal WHERE id = ?1").doing(STORING)?;
        for id in gone {
            remove.execute([id]).doing(STORING)?;
        }
        drop(remove);
        transaction.execute("DELETE FROM lead", []).doing(STORING)?;
        let mut put = transaction.prepare_cached("INSERT OR REPLACE INTO lead(id, body) VALUES (?1, ?2)").doing(STORING)?;
        for lead in leads {
            put.execute((&lead.id, packed(lead)?)).doing(STORING)?;
        }
        drop(put);
        transaction.execute("INSERT OR REPLACE INTO meta(key, value) VALUES ('detected', ?1)", [json(detected)?]).doing(STORING)?;
        if !changed.is_empty() || !gone.is_empty() {
            transaction
                .execute("INSERT INTO meta(key, value) VALUES ('revision', 1) ON CONFLICT(key) DO UPDATE SET value = value + 1", [])
                .doing(STORING)?;
        }
        transaction.commit().doing(STORING)?;
        Ok(true)
    }

    /// Folds the write-ahead log into the file, as an ingest does at its end.
    pub fn finish(&mut self) -> Result<()> {
        let _turn = self.case.analysts_turn();
        schema::fold_log(&self.connection)
    }

    /// Throws signals and leads away, as when other rules are to run.
    pub fn clear(&mut self) -> Result<()> {
        let _turn = self.case.analysts_turn();
        self.connection
            .execute_batch("BEGIN IMMEDIATE; DELETE FROM signal; DELETE FROM lead; DELETE FROM meta WHERE key = 'detected'; COMMIT")
            .doing(STORING)
    }

    /// Keeps what was learnt elsewhere.
    pub fn keep_baseline(&mut self, learnt: &Learnt) -> Result<()> {
        let doing = "keeping a baseline";
        let _turn = self.case.analysts_turn();
        let transaction = self.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).doing(doing)?;
        delete_baseline(&transaction, &learnt.name)?;
        let millis = |time: Option<Timestamp>| time.map(Timestamp::as_millis);
        transaction
            .execute(
                "INSERT INTO baseline(name, since, until, events) VALUES (?1, ?2, ?3, ?4)",
                params![learnt.name, millis(learnt.since), millis(learnt.until), learnt.events as i64],
            )
            .doing(doing)?;
        let id = transaction.last_insert_rowid();
        let mut insert = transaction
            .prepare_cached("INSERT INTO learnt(baseline, rule, grp, value, first, last, amount) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
            .doing(doing)?;
        for row in &learnt.rows {
            let values = params![id, row.rule, row.group.join("\n"), row.value, row.first.as_millis(), row.last.as_millis(), row.amount];
            insert.execute(values).doing(doing)?;
        }
        drop(insert);
        transaction.commit().doing(doing)
    }

    /// Forgets a baseline; `false` when there is none of this name.
    pub fn forget_baseline(&mut self, name: &str) -> Result<bool> {
        let doing = "forgetting a baseline";
        let _turn = self.case.analysts_turn();
        let transaction = self.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).doing(doing)?;
        let was_there = delete_baseline(&transaction, name)?;
        transaction.commit().doing(doing)?;
        Ok(was_there)
    }
}

fn delete_baseline(connection: &Connection, name: &str) -> Result<bool> {
    let doing = "forgetting a baseline";
    let known: Option<i64> = connection.query_row("SELECT id FROM baseline WHERE name = ?1", [name], |row| row.get(0)).optional().doing(doing)?;
    if let Some(known) = known {
        connection.execute("DELETE FROM learnt WHERE baseline = ?1", [known]).doing(doing)?;
        connection.execute("DELETE FROM baseline WHERE id = ?1", [known]).doing(doing)?;
    }
    Ok(known.is_some())
}

impl Reader {
    /// The signals of the case, in order of time, with what the analyst said of them. How complete they are says
    /// [`detected`](Self::detected).
    pub fn signals(&mut self) -> Result<Vec<Signal>> {
        self.snapshot(|reader| {
            let mut signals: Vec<Signal> = bodies(reader.connection(), "SELECT body FROM signal")?;
            signals.sort_by(|one, other| (one.time, &one.id).cmp(&(other.time, &other.id)));
            reader.judge(&mut signals, &mut [])?;
            Ok(signals)
        })
    }

    /// The ids of the signals of the case.
    pub fn signal_ids(&mut self) -> Result<Vec<String>> {
        let mut select = self.connection().prepare_cached("SELECT id FROM signal").doing(READING)?;
        select.query_map([], |row| row.get(0)).doing(READING)?.collect::<rusqlite::Result<_>>().doing(READING)
    }

    /// The leads of the case, the highest score first.
    pub fn leads(&mut self) -> Result<Vec<Lead>> {
        self.snapshot(|reader| {
            let mut leads: Vec<Lead> = bodies(reader.connection(), "SELECT body FROM lead")?;
            leads.sort_by(|one, other| other.score.cmp(&one.score).then_with(|| (one.time, &one.id).cmp(&(other.time, &other.id))));
            reader.judge(&mut [], &mut leads)?;
            Ok(leads)
        })
    }

    /// Adds what the analyst said to signals and leads that were found anew.
    pub fn judge(&mut self, signals: &mut [Signal], leads: &mut [Lead]) -> Result<()> {
        let judged = judged(self.connection())?;
        for signal in signals {
            signal.triage = triage(&judged, &signal.triage_key(), signal.last);
        }
        for lead in leads {
            lead.triage = triage(&judged, &lead.triage_key(), lead.last);
        }
        Ok(())
    }

    /// How far the rules came, and what was left out.
    pub fn detected(&mut self) -> Result<Detected> {
        let sql = "SELECT value FROM meta WHERE key = 'detected'";
        let text: Option<String> = self.connection().query_row(sql, [], |row| row.get(0)).optional().doing(READING)?;
        text.map_or_else(|| Ok(Detected::default()), |text| read(&text))
    }

    /// What the analyst put on match lists in this case.
    pub fn listed(&mut self) -> Result<Vec<ListEntry>> {
        let doing = "reading match lists";
        let mut select = self.connection().prepare_cached("SELECT list, value, reason, expires FROM listed ORDER BY list, value").doing(doing)?;
        let entry = |row: &rusqlite::Row<'_>| {
            let expires: Option<i64> = row.get(3)?;
            Ok(ListEntry { list: row.get(0)?, value: row.get(1)?, reason: row.get(2)?, expires: expires.map(Timestamp::from_millis) })
        };
        select.query_map([], entry).doing(doing)?.collect::<rusqlite::Result<_>>().doing(doing)
    }

    /// What was learnt from other evidence.
    pub fn baselines(&mut self) -> Result<Vec<Learnt>> {
        let doing = "reading baselines";
        let mut select = self.connection().prepare_cached("SELECT id, name, since, until, events FROM baseline ORDER BY id").doing(doing)?;
        let moment = |millis: Option<i64>| millis.map(Timestamp::from_millis);
        let baseline = |row: &rusqlite::Row<'_>| {
            let events: i64 = row.get(4)?;
            let learnt =
                Learnt { name: row.get(1)?, since: moment(row.get(2)?), until: moment(row.get(3)?), events: events as u64, rows: Vec::new() };
            Ok((row.get::<_, i64>(0)?, learnt))
        };
        let found: Vec<(i64, Learnt)> = select.query_map([], baseline).doing(doing)?.collect::<rusqlite::Result<_>>().doing(doing)?;
        let mut select =
            self.connection().prepare_cached("SELECT rule, grp, value, first, last, amount FROM learnt WHERE baseline = ?1").doing(doing)?;
        let mut baselines = Vec::with_capacity(found.len());
        for (id, mut learnt) in found {
            let row = |row: &rusqlite::Row<'_>| {
                let group: String = row.get(1)?;
                Ok(LearntRow {
                    rule: row.get(0)?,
                    group: if group.is_empty() { Vec::new() } else { group.split('\n').map(str::to_owned).collect() },
                    value: row.get(2)?,
                    first: Timestamp::from_millis(row.get(3)?),
                    last: Timestamp::from_millis(row.get(4)?),
                    amount: row.get(5)?,
                })
            };
            learnt.rows = select.query_map([id], row).doing(doing)?.collect::<rusqlite::Result<_>>().doing(doing)?;
            baselines.push(learnt);
        }
        Ok(baselines)
    }
}

impl Notebook {
    /// Keeps a judgement of a signal or lead; the default one removes it.
    pub fn set_triage(&mut self, key: &TriageKey, triage: &Triage) -> Result<()> {
        let at = key.at.as_millis();
        if *triage == Triage::default() {
            return self.write("removing a judgement", "DELETE FROM triage WHERE subject = ?1 AND at = ?2", (&key.subject, at));
        }
        let values = (&key.subject, at, triage.state.name(), &triage.note);
        self.write("keeping a judgement", "INSERT OR REPLACE INTO triage(subject, at, state, note) VALUES (?1, ?2, ?3, ?4)", values)
    }

    /// Puts a value on a match list of this case, over what was there of it.
    pub fn list(&mut self, entry: &ListEntry) -> Result<()> {
        let values = (&entry.list, &entry.value, &entry.reason, entry.expires.map(Timestamp::as_millis));
        self.write("keeping an entry of a match list", "INSERT OR REPLACE INTO listed(list, value, reason, expires) VALUES (?1, ?2, ?3, ?4)", values)
    }

    /// Takes a value off a match list of this case.
    pub fn unlist(&mut self, list: &str, value: &str) -> Result<()> {
        self.write("removing an entry of a match list", "DELETE FROM listed WHERE list = ?1 AND value = ?2", (list, value))
    }
}

fn json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|_| CaseError::Damaged { doing: STORING, what: "a signal" })
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|_| CaseError::Damaged { doing: READING, what: "a signal" })
}

/// A signal is no longer than this.
const MOST_BYTES: u32 = 16 << 20;

fn packed(value: &impl serde::Serialize) -> Result<Vec<u8>> {
    Ok(lz4_flex::block::compress_prepend_size(json(value)?.as_bytes()))
}

fn unpacked<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T> {
    let damaged = || CaseError::Damaged { doing: READING, what: "a signal" };
    // A case may come from a stranger: what it says of its length is not believed.
    let length = body.first_chunk().map(|bytes| u32::from_le_bytes(*bytes)).filter(|length| *length <= MOST_BYTES).ok_or_else(damaged)?;
    let plain = lz4_flex::block::decompress(body.get(4..).unwrap_or_default(), length as usize).map_err(|_| damaged())?;
    read(std::str::from_utf8(&plain).map_err(|_| damaged())?)
}

fn bodies<T: serde::de::DeserializeOwned>(connection: &Connection, sql: &str) -> Result<Vec<T>> {
    let mut select = connection.prepare_cached(sql).doing(READING)?;
    let mut rows = select.query([]).doing(READING)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().doing(READING)? {
        found.push(unpacked(row.get_ref(0).doing(READING)?.as_blob().unwrap_or_default())?);
    }
    Ok(found)
}

type Judged = BTreeMap<TriageKey, Triage>;

fn judged(connection: &Connection) -> Result<Judged> {
    let mut select = connection.prepare_cached("SELECT subject, at, state, note FROM triage").doing(READING)?;
    let judgement = |row: &rusqlite::Row<'_>| {
        let state: String = row.get(2)?;
        let key = TriageKey { subject: row.get(0)?, at: Timestamp::from_millis(row.get(1)?) };
        Ok((key, Triage { state: state.parse().unwrap_or_default(), note: row.get(3)? }))
    };
    select.query_map([], judgement).doing(READING)?.collect::<rusqlite::Result<_>>().doing(READING)
}

/// The last judgement of this subject made between the beginning and the end.
fn triage(judged: &Judged, from: &TriageKey, to: Timestamp) -> Triage {
    let end = TriageKey { subject: from.subject.clone(), at: to.max(from.at) };
    judged.range(from..=&end).next_back().map(|(_, triage)| triage.clone()).unwrap_or_default()
}
