//! What can go wrong with a case file. Every message says what was tried, what happened and what to do.

use std::io;
use std::path::PathBuf;

use rusqlite::ErrorCode;

/// The result of anything done with a case.
pub type Result<T> = std::result::Result<T, CaseError>;

/// Why a case could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// There is no file at that path, and reading was asked for.
    #[error("cannot open the case {}: there is no such file; check the path, or create it with `outcrop ingest --case`", path.display())]
    Missing {
        /// The path asked for.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("cannot open the case {}: {what}; give the path of a case file, or of a new one", path.display())]
    NotACase {
        /// The path asked for.
        path: PathBuf,
        /// What it is instead.
        what: &'static str,
    },
    /// Written by a later release.
    #[error(
        "cannot open the case {}: its schema is version {found}, this outcrop knows up to {known}; open it with a newer outcrop",
        path.display()
    )]
    NewerVersion {
        /// The path asked for.
        path: PathBuf,
        /// Schema version of the file.
        found: u32,
        /// The newest version known here.
        known: u32,
    },
    /// Written by an earlier release, and only reading was asked for.
    #[error(
        "cannot read the case {0}: its schema is version {found}, this outcrop reads {known}; open it once in the workbench (`outcrop --case {0}`), which brings it up to date",
        path.display()
    )]
    OlderVersion {
        /// The path asked for.
        path: PathBuf,
        /// Schema version of the file.
        found: u32,
        /// The version needed.
        known: u32,
    },
    /// Another process writes to it.
    #[error(
        "cannot write to the case {}: another outcrop{} is writing to it; close that one, or open the case read-only",
        path.display(),
        pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
    )]
    Locked {
        /// The case.
        path: PathBuf,
        /// The process that holds the lock, when it says so.
        pid: Option<u32>,
    },
    /// This process has a writer already.
    #[error("cannot start a second writer on the case {}: one is at work in this process; wait until it is done", path.display())]
    WriterBusy {
        /// The case.
        path: PathBuf,
    },
    /// No room left.
    #[error("cannot write to the case while {doing}: the disk is full; what was committed before is safe, free some space and try again")]
    Full {
        /// What was being done.
        doing: &'static str,
    },
    /// Reading or writing failed: a broken disk, a quota, a limit on the size of files.
    #[error("cannot use the case while {doing}: {error}; what was committed before stays: check the disk, its quota and its limits, and try again")]
    Disk {
        /// What was being done.
        doing: &'static str,
        /// What the database says.
        error: rusqlite::Error,
    },
    /// The read was cancelled.
    #[error("the read was cancelled")]
    Interrupted,
    /// The text filter is no regular expression.
    #[error("cannot search for “{pattern}”: {why}; escape special characters with \\, or search for the plain text")]
    Pattern {
        /// As typed.
        pattern: String,
        /// What the expression engine says.
        why: String,
    },
    /// A derived part of the file cannot be read.
    #[error("cannot read the case while {doing}: {what} is damaged; run `outcrop rebuild` to derive it again from the evidence")]
    Damaged {
        /// What was being done.
        doing: &'static str,
        /// Which part.
        what: &'static str,
    },
    /// The case holds as many events as a row number can count.
    #[error("cannot add to the case: it holds {} events, the most there can be; start another case", u32::MAX)]
    TooMany,
    /// The file system refused.
    #[error("cannot use {} while {doing}: {error}; check that it exists and that you may read and write there", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// Anything else the database says.
    #[error("cannot use the case while {doing}: {error}; if it happens again, run `outcrop rebuild`")]
    Sqlite {
        /// What was being done.
        doing: &'static str,
        /// What it says.
        error: rusqlite::Error,
    },
}

/// Turns a database error into one that says what was being done.
pub(super) trait Doing<T> {
    fn doing(self, what: &'static str) -> Result<T>;
}

impl<T> Doing<T> for rusqlite::Result<T> {
    fn doing(self, doing: &'static str) -> Result<T> {
        self.map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => CaseError::Full { doing },
            Some(ErrorCode::SystemIoFailure) => CaseError::Disk { doing, error },
            Some(ErrorCode::OperationInterrupted) => CaseError::Interrupted,
            _ => CaseError::Sqlite { doing, error },
        })
    }
}
