//! The built-in incident: five working days at an invented company, with five attacks planted among ordinary work.
//!
//! Everything follows from [`Options`]: the same options give the same bytes, on any machine. The stories keep their
//! size, times and ids whatever the number of events ([`cast`]); only the ordinary work around them grows, to millions
//! of events. Files come in the order of time, one slot in memory at once.
//! All names, prompts, keys and addresses are invented: documentation address ranges, account numbers of AWS's own
//! examples, access keys that end in `EXAMPLE`.

mod background;
mod bodies;
mod calendar;
mod callers;
mod cast;
mod delivery;
mod draw;
mod json;
mod laptop;
mod objects;
mod phrases;
mod slot;
mod stories;
mod talk;
#[cfg(test)]
mod tests;
mod trail;

use std::fs;
use std::io;
use std::path::Path;

pub use cast::{Cast, Planted, cast};
pub use stories::Story;

use crate::model::{TimeRange, Timestamp};
use delivery::Parcels;

/// How much, and which of many weeks alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Events in all, the stories' included. The stories are written whole even when that makes more; a dozen spans and
    /// summaries, which tell of events again, come on top.
    pub events: u64,
    /// Chooses the ordinary work. The stories do not depend on it.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        // Six thousand, and the pilot's: so much ordinary work that what the documents count in it is there.
        Self { events: 6_033, seed: 7 }
    }
}

/// One file of evidence as AWS would deliver it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Relative path with `/`, in AWS's layout.
    pub path: String,
    /// Contents; gzip where AWS packs them.
    pub bytes: Vec<u8>,
    /// When it would have been delivered.
    pub modified: Timestamp,
}

/// The files of the week, in the order of time. Memory is bounded by an hour's evidence, or less when there is much.
pub fn files(options: &Options) -> impl Iterator<Item = File> + use<> {
    Parcels::new(options).map(delivery::Parcel::pack)
}

/// The week, whatever the options.
pub fn week() -> TimeRange {
    TimeRange { since: Some(calendar::moment(0, 0, 0, 0, 0)), until: Some(delivery::week_end()) }
}

/// What [`write`] has written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Files.
    pub files: u64,
    /// Events in them.
    pub events: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// Bytes before packing.
    pub plain_bytes: u64,
}

/// Writes the files below `dir`, which is made when missing; calls `progress` with the number of files after each.
/// Errors name the path.
pub fn write(options: &Options, dir: &Path, progress: &mut dyn FnMut(u64)) -> io::Result<Written> {
    let mut written = Written::default();
    for parcel in Parcels::new(options) {
        written.events += parcel.events;
        written.plain_bytes += parcel.plain.len() as u64;
        let file = parcel.pack();
        let path = dir.join(&file.path);
        let context = |what: &str, error: &io::Error| io::Error::new(error.kind(), format!("cannot {what} {}: {error}", path.display()));
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| context("make the folder of", &error))?;
        }
        let modified = u64::try_from(file.modified.as_millis()).unwrap_or(0);
        let modified = std::time::UNIX_EPOCH + std::time::Duration::from_millis(modified);
        let write = || -> io::Result<()> {
            let mut target = fs::File::create(&path)?;
            io::Write::write_all(&mut target, &file.bytes)?;
            target.set_modified(modified)
        };
        write().map_err(|error| context("write", &error))?;
        written.files += 1;
        written.bytes += file.bytes.len() as u64;
        progress(written.files);
    }
    Ok(written)
}
