//! The tables of a case, how they came to be version by version, and opening the file.
//!
//! A file is looked at before the database engine touches it: opening a foreign database, even only to read it, could
//! run its recovery and change somebody's evidence.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _};
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::error::{CaseError, Doing as _, Result};
use super::lock::private;

/// `OUTC`: marks the file as ours, for us and for `file(1)`.
const APPLICATION_ID: u32 = 0x4f55_5443;

/// Each step brings a case from the version of its index to the next. Never change one that was released: add one.
const MIGRATIONS: &[&str] = &[
    include_str!("schema.sql"),
    include_str!("schema-2.sql"),
    include_str!("schema-3.sql"),
    include_str!("schema-4.sql"),
    include_str!("schema-5.sql"),
];

/// The schema version written here.
pub(super) const VERSION: u32 = MIGRATIONS.len() as u32;

/// What lies at a path.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    EmptyFile,
    Case,
}

/// Looks at a file without the database engine.
fn look(path: &Path) -> Result<Found> {
    let not = |what| CaseError::NotACase { path: path.to_owned(), what };
    let failed = |error| CaseError::Io { doing: "opening the case", path: path.to_owned(), error };
    match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(failed(error)),
        Ok(metadata) if metadata.is_dir() => return Err(not("it is a folder")),
        Ok(metadata) if metadata.len() == 0 => return Ok(Found::EmptyFile),
        Ok(_) => {}
    }
    let mut header = Vec::new();
    File::open(path).and_then(|file| file.take(100).read_to_end(&mut header)).map_err(failed)?;
    if !header.starts_with(b"SQLite format 3\0") {
        return Err(not("it is no database"));
    }
    // Bytes 68 to 71 of the header: the application id (SQLite file format, §1.3).
    if header.get(68..72) != Some(&APPLICATION_ID.to_be_bytes()) {
        return Err(not("it is the database of another program"));
    }
    Ok(Found::Case)
}

/// Opens for writing: creates the file (mode 0600) when there is none, and brings it to the newest version.
pub(super) fn open_or_create(path: &Path) -> Result<Connection> {
    let fresh = look(path)? != Found::Case;
    if fresh {
        let create = |error| CaseError::Io { doing: "creating the case", path: path.to_owned(), error };
        private(OpenOptions::new().write(true).create(true).truncate(false)).open(path).map_err(create)?;
    }
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    if fresh {
        connection.execute_batch("PRAGMA page_size = 8192").doing("creating the case")?;
    }
    migrate(&mut connection, path, MIGRATIONS)?;
    connection.pragma_update(None, "journal_mode", "WAL").doing("switching the case to its write-ahead log")?;
    Ok(connection)
}

/// Folds the write-ahead log into the file. A reader at work keeps some of it; then the next one to close the case folds that in.
pub(super) fn fold_log(connection: &Connection) -> Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).doing("folding the log into the case")
}

/// Another connection of the process that has the right to write.
pub(super) fn open_to_write(path: &Path) -> Result<Connection> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // NORMAL: a commit survives the death of the process; after a power cut the case is whole, perhaps without the
    // last commits. The log may grow to 32,768 pages (256 MiB) before it is copied into the file: that waits for the disk,
    // and a load of a usual size waits once, in `finish`, when all of it can be looked at already.
    connection
        .execute_batch(
            "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -8192; PRAGMA wal_autocheckpoint = 32768; PRAGMA journal_size_limit = 67108864",
        )
        .doing("opening the case")?;
    Ok(connection)
}

/// Opens for reading; also while another process writes, and from a folder that cannot be written.
pub(super) fn open_to_read(path: &Path) -> Result<Connection> {
    match look(path)? {
        Found::Case => {}
        Found::Nothing => return Err(CaseError::Missing { path: path.to_owned() }),
        Found::EmptyFile => return Err(CaseError::NotACase { path: path.to_owned(), what: "it is empty" }),
    }
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let found = match version(&connection) {
        Ok(found) => return readable(connection, path, found),
        Err(error) => error,
    };
    // In a folder that cannot be written the log's index cannot be made. Without a log there is nothing to index.
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    if std::fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        return Err(found);
    }
    let Some(text) = path.to_str() else { return Err(found) };
    let escaped = text.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags).doing("opening the case")?;
    let found = version(&connection)?;
    readable(connection, path, found)
}

fn readable(connection: Connection, path: &Path, found: u32) -> Result<Connection> {
    let path = path.to_owned();
    match found {
        VERSION => {
            connection.execute_batch("PRAGMA cache_size = -8192; PRAGMA query_only = ON").doing("opening the case")?;
            Ok(connection)
        }
        0..VERSION => Err(CaseError::OlderVersion { path, found, known: VERSION }),
        _ => Err(CaseError::NewerVersion { path, found, known: VERSION }),
    }
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX).doing("opening the case")?;
    connection.busy_timeout(Duration::from_secs(10)).doing("opening the case")?;
    connection.set_prepared_statement_cache_capacity(64);
    // A case may come from a stranger: nothing in its schema may run functions, and its pages are checked as they load.
    connection.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON").doing("opening the case")?;
    Ok(connection)
}

fn version(connection: &Connection) -> Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0)).doing("reading the schema version")
}

/// Runs the steps that are missing, all or none.
fn migrate(connection: &mut Connection, path: &Path, steps: &[&str]) -> Result<()> {
    let (found, known) = (version(connection)?, steps.len() as u32);
    if found == known {
        return Ok(());
    }
    let Some(missing) = steps.get(found as usize..) else {
        return Err(CaseError::NewerVersion { path: path.to_owned(), found, known });
    };
    let doing = "bringing the case to the newest schema";
    let transaction = connection.transaction().doing(doing)?;
    for step in missing {
        transaction.execute_batch(step).doing(doing)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID).doing(doing)?;
    transaction.pragma_update(None, "user_version", known).doing(doing)?;
    transaction.commit().doing(doing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_case_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("text"), "{\"Records\":[]}").unwrap();
        std::fs::write(path("empty"), "").unwrap();
        std::fs::create_dir(path("folder")).unwrap();
        Connection::open(path("foreign")).unwrap().execute_batch("CREATE TABLE a(b); PRAGMA user_version = 1").unwrap();
        let foreign = std::fs::read(path("foreign")).unwrap();
        for (name, write, read) in [
            ("text", "it is no database", "it is no database"),
            ("folder", "it is a folder", "it is a folder"),
            ("foreign", "another program", "another program"),
            ("empty", "", "it is empty"),
            ("missing", "", "no such file"),
        ] {
            let message = open_to_read(&path(name)).unwrap_err().to_string();
            assert!(message.contains(read), "{name}: {message}");
            match open_or_create(&path(name)) {
                Ok(connection) => assert!(write.is_empty() && version(&connection).unwrap() == VERSION, "{name}"),
                Err(error) => assert!(!write.is_empty() && error.to_string().contains(write), "{name}: {error}"),
            }
        }
        assert_eq!(std::fs::read(path("foreign")).unwrap(), foreign);
        assert!(matches!(open_or_create(&path("no/such/folder")), Err(CaseError::Io { .. })));
    }

    #[test]
    fn versions_go_forward_and_never_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.case");
        let mut connection = open_or_create(&path).unwrap();
        let steps = [MIGRATIONS, &["ALTER TABLE note ADD COLUMN author TEXT", "UPDATE note SET author = 'nobody'"]].concat();
        let newest = VERSION + 2;
        connection.execute("INSERT INTO note(at, text) VALUES (1, 'kept')", []).unwrap();
        migrate(&mut connection, &path, &steps).unwrap();
        assert_eq!(version(&connection).unwrap(), newest);
        let author: String = connection.query_row("SELECT author FROM note WHERE text = 'kept'", [], |row| row.get(0)).unwrap();
        assert_eq!(author, "nobody");
        // A step that fails changes nothing.
        let broken = [&steps[..], &["CREATE TABLE half(a); CREATE TABLE note(a)"]].concat();
        assert!(migrate(&mut connection, &path, &broken).is_err());
        assert_eq!(version(&connection).unwrap(), newest);
        assert!(connection.prepare("SELECT * FROM half").is_err());
        drop(connection);
        for opened in [open_or_create(&path), open_to_read(&path)] {
            assert!(matches!(opened, Err(CaseError::NewerVersion { found, known: VERSION, .. }) if found == newest));
        }
    }

    #[test]
    fn an_older_case_says_how_it_is_brought_up_to_date_and_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.case");
        let mut connection = Connection::open(&path).unwrap();
        migrate(&mut connection, &path, &MIGRATIONS[..4]).unwrap();
        connection.execute("INSERT INTO text_block(first_event, last_event, length) VALUES (1, 1, 7)", []).unwrap();
        drop(connection);
        let error = open_to_read(&path).unwrap_err().to_string();
        assert!(error.contains("version 4") && error.contains(&format!("`outcrop --case {}`", path.display())), "{error}");
        drop(open_or_create(&path).unwrap());
        let text = |row: &rusqlite::Row<'_>| Ok((row.get::<_, u32>(0)?, row.get::<_, Option<Vec<u8>>>(1)?));
        assert_eq!(open_to_read(&path).unwrap().query_row("SELECT length, said FROM text_block", [], text).unwrap(), (7, None));
    }

    #[test]
    fn exchanges_of_the_first_version_are_known_to_lack_conversations() {
        for (exchanges, expected) in [("", false), ("INSERT INTO exchange(event) VALUES (1)", true)] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a.case");
            let mut connection = Connection::open(&path).unwrap();
            migrate(&mut connection, &path, &MIGRATIONS[..1]).unwrap();
            connection.execute_batch(exchanges).unwrap();
            drop(connection);
            let mut connection = open_or_create(&path).unwrap();
            assert_eq!(super::super::commit::is_outdated(&connection).unwrap(), expected);
            super::super::commit::clear_derived(&mut connection).unwrap();
            assert!(!super::super::commit::is_outdated(&connection).unwrap());
        }
    }

    #[cfg(unix)]
    #[test]
    fn only_the_user_may_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.case");
        let connection = open_or_create(&path).unwrap();
        connection.execute("INSERT INTO note(at, text) VALUES (1, 'a')", []).unwrap();
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let entry = entry.unwrap();
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.path());
        }
    }
}
