//! From what the user names to the files that are read: folders, patterns, and in which order.

use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use walkdir::WalkDir;

use crate::model::{Skip, Timestamp};

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it is; absolute, so that the case finds it again from anywhere.
    pub path: PathBuf,
    /// Its size.
    pub size: u64,
    /// When it was last changed.
    pub modified: Option<Timestamp>,
}

/// All files that the paths name, newest first, and what could not be looked into. A path is a file, a folder (all that
/// is below it, but for what file managers and archivers leave behind), or, when nothing has that very name, a pattern
/// such as `logs/**/*.json.gz`.
pub fn find(paths: &[PathBuf]) -> (Vec<Found>, Vec<Skip>) {
    let mut search = Search::default();
    for path in paths {
        search.add(path);
    }
    let mut files = search.files;
    files.sort_by(|(a, age_a), (b, age_b)| age_b.cmp(age_a).then_with(|| a.path.cmp(&b.path)));
    files.dedup_by(|(a, _), (b, _)| a.path == b.path);
    (files.into_iter().map(|(file, _)| file).collect(), search.skips)
}

#[derive(Default)]
struct Search {
    files: Vec<(Found, String)>,
    skips: Vec<Skip>,
}

impl Search {
    fn add(&mut self, path: &Path) {
        match path.metadata() {
            Ok(metadata) if metadata.is_dir() => self.walk(path),
            Ok(metadata) => self.file(path.to_owned(), &metadata),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => self.pattern(path),
            Err(error) => self.skip(path, &format!("cannot be read: {error}")),
        }
    }

    fn pattern(&mut self, path: &Path) {
        let found = path.to_str().and_then(|text| glob::glob(text).ok()).map(|matches| matches.flatten().collect::<Vec<_>>());
        match found {
            Some(matches) if !matches.is_empty() => {
                for path in matches {
                    match path.metadata() {
                        // `**` gives folders beside the files in them.
                        Ok(metadata) if metadata.is_file() => self.file(path, &metadata),
                        Ok(metadata) if metadata.is_dir() => {}
                        Ok(_) => self.skip(&path, "not a regular file"),
                        Err(error) => self.skip(&path, &format!("cannot be read: {error}")),
                    }
                }
            }
            _ => self.skip(path, "there is no such file or folder, and no file matches it as a pattern"),
        }
    }

    fn walk(&mut self, folder: &Path) {
        let before = (self.files.len(), self.skips.len());
        let entries = WalkDir::new(folder).follow_links(true).into_iter().filter_entry(|entry| entry.depth() == 0 || !is_litter(entry.file_name()));
        for entry in entries {
            match entry {
                Ok(entry) if entry.file_type().is_file() => match entry.metadata() {
                    Ok(metadata) => self.file(entry.into_path(), &metadata),
                    Err(error) => self.skip(entry.path(), &format!("cannot be read: {error}")),
                },
                Ok(_) => {}
                Err(error) => {
                    let path = error.path().unwrap_or(folder).to_owned();
                    let what = match error.io_error() {
                        Some(error) => format!("cannot be looked into: {error}"),
                        None => "a link that leads back to a folder above it".into(),
                    };
                    self.skip(&path, &what);
                }
            }
        }
        if before == (self.files.len(), self.skips.len()) {
            self.skip(folder, "no files are in this folder or below it (hidden ones are not looked for)");
        }
    }

    fn file(&mut self, path: PathBuf, metadata: &std::fs::Metadata) {
        if !metadata.is_file() && !metadata.file_type().is_symlink() {
            self.skip(&path, "not a regular file (give a pipe as standard input: -)");
            return;
        }
        let modified = metadata.modified().ok().and_then(timestamp);
        let path = std::path::absolute(&path).unwrap_or(path);
        let age = age_of(&path, modified);
        self.files.push((Found { path, size: metadata.len(), modified }, age));
    }

    fn skip(&mut self, path: &Path, reason: &str) {
        self.skips.push(Skip { file: path.display().to_string(), reason: reason.into(), count: 1 });
    }
}

/// A file time as one of ours; `None` when it is out of range.
pub(super) fn timestamp(time: SystemTime) -> Option<Timestamp> {
    let millis = match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_millis()).ok()?,
        Err(before) => -i64::try_from(before.duration().as_millis()).ok()?,
    };
    Some(Timestamp::from_millis(millis))
}

/// Hidden files, and what is left behind by file managers and archivers.
fn is_litter(name: &std::ffi::OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with('.') || matches!(&*name, "__MACOSX" | "Thumbs.db" | "desktop.ini")
}

/// When the file was written, as digits that sort: the time in its name (`20251005T1000Z`, FORMATS §1.5 and §3.6), the
/// date of its folders (`2025/10/05/10`), or when it was last changed.
fn age_of(path: &Path, modified: Option<Timestamp>) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if let Some(time) = time_in_name(&name) {
        return time;
    }
    let folders: Vec<_> = path.parent().into_iter().flat_map(Path::components).filter_map(number).collect();
    let date = folders.windows(3).rev().find(|window| matches!(window, [year, month, day] if year.len() == 4 && month.len() == 2 && day.len() == 2));
    match (date, modified) {
        (Some(date), _) => date.concat(),
        (None, Some(time)) => time.to_jiff().strftime("%Y%m%d%H%M%S").to_string(),
        (None, None) => String::new(),
    }
}

fn number(component: Component<'_>) -> Option<String> {
    let text = component.as_os_str().to_str()?;
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.to_owned())
}

/// The digits of the first `YYYYMMDDTHHMM…Z` in a name.
fn time_in_name(name: &str) -> Option<String> {
    name.match_indices('T').find_map(|(at, _)| {
        let date = name.get(at.checked_sub(8)?..at)?;
        let clock: String = name.get(at + 1..)?.chars().take_while(char::is_ascii_digit).collect();
        (date.bytes().all(|byte| byte.is_ascii_digit()) && clock.len() >= 4).then(|| format!("{date}{clock}"))
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "{}").unwrap();
        }
        dir
    }

    fn names(found: &[Found], dir: &Path) -> Vec<String> {
        found.iter().map(|file| file.path.strip_prefix(dir).unwrap().display().to_string()).collect()
    }

    #[test]
    fn folders_are_walked_newest_first_without_litter() {
        let dir = tree(&[
            "a/1_CloudTrail_us-east-1_20251005T1000Z_x.json.gz",
            "a/1_CloudTrail_us-east-1_20251006T0005Z_y.json.gz",
            "a/20251005T110000123Z_ab.json.gz",
            "b/2025/10/07/part-0.json",
            "__MACOSX/a.json",
            ".git/config",
            "b/.DS_Store",
        ]);
        let (found, skips) = find(&[dir.path().to_owned()]);
        assert_eq!(
            names(&found, dir.path()),
            [
                "b/2025/10/07/part-0.json",
                "a/1_CloudTrail_us-east-1_20251006T0005Z_y.json.gz",
                "a/20251005T110000123Z_ab.json.gz",
                "a/1_CloudTrail_us-east-1_20251005T1000Z_x.json.gz"
            ]
        );
        assert_eq!(skips, []);
        assert!(found.iter().all(|file| file.size == 2 && file.modified.is_some()));
    }

    #[test]
    fn patterns_files_and_what_is_not_there() {
        let dir = tree(&["x/a.json", "x/y/b.json", "x/c.txt", "odd[1].json", ".hidden.json"]);
        let at = |name: &str| dir.path().join(name);
        let (found, skips) = find(&[at("x/**/*.json"), at("odd[1].json"), at(".hidden.json"), at("x/a.json"), at("none*.json")]);
        let mut found = names(&found, dir.path());
        found.sort();
        assert_eq!(found, [".hidden.json", "odd[1].json", "x/a.json", "x/y/b.json"], "a file named twice is read once");
        assert_eq!(skips.len(), 1);
        assert!(skips[0].file.ends_with("none*.json") && skips[0].reason.contains("no such file"), "{skips:?}");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_but_not_in_circles() {
        let dir = tree(&["a/b.json"]);
        std::os::unix::fs::symlink(dir.path(), dir.path().join("a/up")).unwrap();
        std::os::unix::fs::symlink(dir.path().join("gone"), dir.path().join("a/gone")).unwrap();
        let (found, skips) = find(&[dir.path().to_owned()]);
        assert_eq!(names(&found, dir.path()), ["a/b.json"]);
        assert_eq!(skips.len(), 2, "{skips:?}");
    }
}
