//! Where cases and configuration live: the XDG folders, or a file the user names.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use etcetera::{BaseStrategy, choose_base_strategy};

use super::Done;
use super::failure::Failure;
use crate::case::Reader;
use crate::model::{SafeText, Timestamp};

/// The clock.
pub fn now() -> Timestamp {
    Timestamp::from_millis(jiff::Timestamp::now().as_millisecond())
}

/// The configuration folder, when there is a home.
pub fn config() -> Option<PathBuf> {
    choose_base_strategy().ok().map(|base| base.config_dir().join("outcrop"))
}

/// The folder cases lie in when no file is named; made when it is not there, readable by the user only.
pub fn cases() -> Result<PathBuf, Failure> {
    let base =
        choose_base_strategy().map_err(|error| Failure::Error(format!("cannot tell where to keep cases: {error}; name a file with --case")))?;
    let folder = base.data_dir().join("outcrop").join("cases");
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&folder)
        .map_err(|error| Failure::Error(format!("cannot make the folder {}: {error}; name a file with --case", folder.display())))?;
    Ok(folder)
}

/// The case for these paths: the same paths give the same case again.
pub fn case_for(paths: &[PathBuf]) -> Result<PathBuf, Failure> {
    let mut hasher = DefaultHasher::new();
    for path in paths {
        fs::canonicalize(path).unwrap_or_else(|_| path.clone()).hash(&mut hasher);
    }
    let name = paths.first().map(|path| fs::canonicalize(path).unwrap_or_else(|_| path.clone()));
    let name = name.as_deref().and_then(Path::file_name).map_or_else(|| "case".to_owned(), |name| name.to_string_lossy().into_owned());
    let word: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' }).take(60).collect();
    Ok(cases()?.join(format!("{word}-{:08x}.outcrop", hasher.finish() as u32)))
}

/// Remembers the case that was opened last.
pub fn remember(case: &Path) {
    // Only a convenience: a folder that cannot be written to is no reason to fail.
    if let Ok(folder) = cases() {
        let _ = fs::write(folder.join("last"), fs::canonicalize(case).unwrap_or_else(|_| case.to_owned()).to_string_lossy().as_bytes());
    }
}

/// The case that is named, or the last one.
pub fn named_or_last(named: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(named) = named {
        return Ok(named.to_owned());
    }
    let last = cases()?.join("last");
    fs::read_to_string(last)
        .ok()
        .map(|text| PathBuf::from(text.trim()))
        .filter(|path| path.exists())
        .ok_or_else(|| Failure::Usage("no case was opened before: name files or folders with evidence, or try `outcrop demo`".to_owned()))
}

/// How an answer from a case ended: incomplete, and said to be, when events are missing because of a rebuild.
pub fn unless_rebuilding(reader: &Reader, done: Done) -> Result<Done, Failure> {
    if reader.is_outdated()? {
        let case = SafeText::new(&reader.path().display().to_string()).into_string();
        eprintln!("outcrop: an earlier version read this evidence: conversations and some fields are missing; run `outcrop rebuild --case {case}`");
        return Ok(Done::Incomplete);
    }
    if !reader.is_rebuilding()? {
        return Ok(done);
    }
    let case = reader.path().display().to_string();
    let case = SafeText::new(&case);
    eprintln!(
        "outcrop: events are missing: {case} is being rebuilt, or that was interrupted; when none is at work, run `outcrop rebuild --case {case}`"
    );
    Ok(Done::Incomplete)
}
