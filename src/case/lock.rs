//! The right to write, held by one process: a lock on `<case>-lock` beside the case.
//!
//! An advisory lock of the operating system, so that it is gone when its holder is, however that ended. The file names
//! the holder, for the message; it is removed when the lock is given back.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use super::error::{CaseError, Result};

/// The lock; given back on drop.
pub(super) struct CaseLock {
    path: PathBuf,
    _file: File,
}

const DOING: &str = "taking the right to write";

impl CaseLock {
    /// Takes the lock of a case.
    pub(super) fn take(case: &Path) -> Result<Self> {
        let mut path = case.as_os_str().to_owned();
        path.push("-lock");
        let path = PathBuf::from(path);
        let failed = |error| CaseError::Io { doing: DOING, path: path.clone(), error };
        // The holder before may remove the file between our opening and locking it; then the lock is on a file nobody
        // else will find, and the next round finds the new one.
        loop {
            let mut file = private(OpenOptions::new().read(true).write(true).create(true).truncate(false)).open(&path).map_err(failed)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let mut text = String::new();
                    let _ = file.take(20).read_to_string(&mut text);
                    return Err(CaseError::Locked { path: case.to_owned(), pid: text.trim().parse().ok() });
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
            if !is_still_there(&file, &path) {
                continue;
            }
            file.set_len(0).and_then(|()| file.rewind()).and_then(|()| writeln!(file, "{}", std::process::id())).map_err(failed)?;
            return Ok(Self { path, _file: file });
        }
    }
}

impl Drop for CaseLock {
    fn drop(&mut self) {
        // Nothing is lost when this fails: the next one locks the file that is there.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Only the user may read what is created: a case holds prompts and secrets.
pub(super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

#[cfg(unix)]
fn is_still_there(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(ours), Ok(theirs)) => (ours.dev(), ours.ino()) == (theirs.dev(), theirs.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_still_there(_: &File, path: &Path) -> bool {
    path.exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let case = folder.path().join("a.case");
        let lock = CaseLock::take(&case).unwrap();
        let Err(CaseError::Locked { pid, .. }) = CaseLock::take(&case) else { panic!("a second lock") };
        assert_eq!(pid, Some(std::process::id()));
        drop(lock);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        // What a killed process leaves behind locks nobody out.
        std::fs::write(folder.path().join("a.case-lock"), "99999999").unwrap();
        drop(CaseLock::take(&case).unwrap());
    }
}
