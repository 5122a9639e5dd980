//! What the analyst writes into a case: marks, views, notes, a title. Kept by digest and name, so that it survives
//! `rebuild`; written in the analyst's own turn, so that an ingest does not keep it waiting.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, Row};

use super::answers::{CaseNote, Marked};
use super::error::{Doing as _, Result};
use super::reader::Reader;
use super::writable::Writable;
use super::{runs, schema};
use crate::model::{Digest, EventId, Mark, Timestamp};

/// The analyst's own writes; usable while a writer is at work.
pub struct Notebook {
    connection: Connection,
    case: Writable,
}

const COLUMNS: &str = "marked, reviewed, tags, note";

impl Notebook {
    pub(super) fn new(connection: Connection, case: Writable) -> Self {
        Self { connection, case }
    }

    /// Sets what was added to an event; an empty mark removes it.
    pub fn set_mark(&mut self, digest: &Digest, mark: &Mark) -> Result<()> {
        if mark.is_empty() {
            return self.write("removing a mark", "DELETE FROM mark WHERE digest = ?1", [digest.0.as_slice()]);
        }
        let values = (digest.0.as_slice(), mark.marked, mark.reviewed, mark.tags.join("\n"), &mark.note);
        self.write("keeping a mark", "INSERT OR REPLACE INTO mark(digest, marked, reviewed, tags, note) VALUES (?1, ?2, ?3, ?4, ?5)", values)
    }

    /// What was added to these events, in the order asked.
    pub fn marks(&mut self, digests: &[Digest]) -> Result<Vec<Option<Mark>>> {
        marks(&self.connection, digests)
    }

    /// Keeps a view under a name, over the one that had it; an empty one removes it.
    pub fn save_view(&mut self, name: &str, value: &str) -> Result<()> {
        if value.is_empty() {
            return self.write("removing a view", "DELETE FROM view WHERE name = ?1", [name]);
        }
        self.write("keeping a view", "INSERT OR REPLACE INTO view(name, value) VALUES (?1, ?2)", (name, value))
    }

    /// Adds a note on the case as a whole.
    pub fn add_case_note(&mut self, text: &str, now: Timestamp) -> Result<()> {
        self.write("keeping a note", "INSERT INTO note(at, text) VALUES (?1, ?2)", (now.as_millis(), text))
    }

    /// Names the case.
    pub fn set_title(&mut self, title: &str) -> Result<()> {
        self.write("naming the case", "INSERT OR REPLACE INTO meta(key, value) VALUES ('title', ?1)", [title])
    }

    /// Folds the write-ahead log into the file, so that whoever takes the file along has all of it. No reader is waited for.
    ///
    /// # Errors
    /// SQLite could not write the file.
    pub fn finish(&mut self) -> Result<()> {
        let _turn = self.case.analysts_turn();
        self.connection.busy_timeout(Duration::ZERO).doing("closing the case")?;
        schema::fold_log(&self.connection)
    }

    pub(super) fn write(&self, doing: &'static str, sql: &str, values: impl rusqlite::Params) -> Result<()> {
        self.change(doing, sql, values).map(drop)
    }

    /// The same; how many rows it concerned.
    pub(super) fn change(&self, doing: &'static str, sql: &str, values: impl rusqlite::Params) -> Result<usize> {
        let _turn = self.case.analysts_turn();
        self.connection.execute(sql, values).doing(doing)
    }
}

impl Reader {
    /// What was added to these events, in the order asked.
    pub fn marks(&mut self, digests: &[Digest]) -> Result<Vec<Option<Mark>>> {
        self.snapshot(|reader| marks(reader.connection(), digests))
    }

    /// Everything the analyst added to events, in order of digest.
    pub fn all_marks(&mut self) -> Result<Vec<Marked>> {
        let doing = "reading marks";
        self.snapshot(|reader| {
            let sql = format!("SELECT {COLUMNS}, digest FROM mark ORDER BY digest");
            let mut select = reader.connection().prepare_cached(&sql).doing(doing)?;

            let found = select.query_map([], |row| Ok((digest(row)?, mark(row)?))).doing(doing)?;
            let found: Vec<_> = found.collect::<rusqlite::Result<_>>().doing(doing)?;
            let mut check = reader.connection().prepare_cached("SELECT 1 FROM event WHERE id = ?1 AND digest = ?2").doing(doing)?;
            let mut marked = Vec::with_capacity(found.len());
            for (digest, mark) in found {
                let hash = runs::digest_hash(&digest);
                let mut event = None;
                for id in runs::find(reader.connection(), runs::DIGESTS, hash, hash, usize::MAX)? {
                    if check.exists((id, digest.0.as_slice())).doing(doing)? {
                        event = Some(EventId(id));
                        break;
                    }
                }
                marked.push(Marked { digest, mark, event });
            }
            Ok(marked)
        })
    }

    /// A saved view.
    pub fn view(&mut self, name: &str) -> Result<Option<String>> {
        self.connection().query_row("SELECT value FROM view WHERE name = ?1", [name], |row| row.get(0)).optional().doing("reading a view")
    }

    /// The names of the saved views, in order.
    pub fn view_names(&mut self) -> Result<Vec<String>> {
        let doing = "reading the list of views";
        let mut select = self.connection().prepare_cached("SELECT name FROM view ORDER BY name").doing(doing)?;
        select.query_map([], |row| row.get(0)).doing(doing)?.collect::<rusqlite::Result<_>>().doing(doing)
    }

    /// Notes on the case as a whole, the oldest first.
    pub fn case_notes(&mut self) -> Result<Vec<CaseNote>> {
        let doing = "reading notes";
        let mut select = self.connection().prepare_cached("SELECT at, text FROM note ORDER BY at, id").doing(doing)?;
        let note = |row: &Row<'_>| Ok(CaseNote { at: Timestamp::from_millis(row.get(0)?), text: row.get(1)? });
        select.query_map([], note).doing(doing)?.collect::<rusqlite::Result<_>>().doing(doing)
    }
}

fn marks(connection: &Connection, digests: &[Digest]) -> Result<Vec<Option<Mark>>> {
    let doing = "reading marks";
    let mut select = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM mark WHERE digest = ?1")).doing(doing)?;
    digests.iter().map(|digest| select.query_row([digest.0.as_slice()], mark).optional().doing(doing)).collect()
}

fn digest(row: &Row<'_>) -> rusqlite::Result<Digest> {
    Ok(Digest::from_slice(row.get_ref(4)?.as_blob()?).unwrap_or(Digest([0; 32])))
}

fn mark(row: &Row<'_>) -> rusqlite::Result<Mark> {
    let tags: String = row.get(2)?;
    Ok(Mark { marked: row.get(0)?, reviewed: row.get(1)?, tags: tags.lines().map(str::to_owned).collect(), note: row.get(3)? })
}
