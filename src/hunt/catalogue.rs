//! All hunts and keyword lists: the embedded ones, and a user's own merged over them by name.

use std::fs;
use std::path::Path;

use super::file::{HuntError, read};
use super::{Hunt, Keywords, nearest};
use crate::detect::{Lists, Sources};

/// The files of hunts in the binary.
pub const EMBEDDED: [(&str, &str); 8] = [
    ("prompts.toml", include_str!("../../hunts/prompts.toml")),
    ("tokens.toml", include_str!("../../hunts/tokens.toml")),
    ("training.toml", include_str!("../../hunts/training.toml")),
    ("command-lines.toml", include_str!("../../hunts/command-lines.toml")),
    ("access.toml", include_str!("../../hunts/access.toml")),
    ("changes.toml", include_str!("../../hunts/changes.toml")),
    ("agents.toml", include_str!("../../hunts/agents.toml")),
    ("agentcore.toml", include_str!("../../hunts/agentcore.toml")),
];

/// The keyword lists in the binary.
pub const EMBEDDED_LISTS: [(&str, &str); 4] = [
    ("override_phrases", include_str!("../../hunts/lists/override_phrases.toml")),
    ("injection_words", include_str!("../../hunts/lists/injection_words.toml")),
    ("verdicts", include_str!("../../hunts/lists/verdicts.toml")),
    ("refusals", include_str!("../../hunts/lists/refusals.toml")),
];

/// A file that is larger is no file of hunts.
const LARGEST: u64 = 4 << 20;

/// All hunts and keyword lists.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    hunts: Vec<Hunt>,
    lists: Vec<Keywords>,
    problems: Vec<HuntError>,
}

impl Catalogue {
    /// What is in the binary.
    pub fn embedded() -> Self {
        Self::with_words(&Sources::builtin().lists())
    }

    /// What is in the binary, and over it what is in a configuration folder: `hunts/*.toml` with hunts, `hunts/lists/*.toml` with
    /// keywords, and those of the `lists/` of rules that say what words weigh.
    pub fn with_config(folder: &Path) -> Self {
        let mut catalogue = Self::with_words(&Sources::builtin().with_config(folder).lists());
        catalogue.add_folder(&folder.join("hunts"));
        catalogue
    }

    fn with_words(lists: &Lists) -> Self {
        let mut catalogue = Self::default();
        for (name, about) in lists.of_words() {
            catalogue.lists.extend(Keywords::of_words(name, about, &lists.weights(name)));
        }
        for (name, text) in EMBEDDED {
            catalogue.merge(name, text, false);
        }
        for (name, text) in EMBEDDED_LISTS {
            catalogue.merge_list(name, name, text);
        }
        catalogue
    }

    fn add_folder(&mut self, folder: &Path) {
        for (path, _) in files(folder, &mut self.problems) {
            match text(&path) {
                Ok(text) => self.merge(&path.display().to_string(), &text, true),
                Err(error) => self.problems.push(HuntError::new(&path.display().to_string(), "", &format!("cannot be read: {error}"))),
            }
        }
        for (path, stem) in files(&folder.join("lists"), &mut self.problems) {
            match text(&path) {
                Ok(text) => self.merge_list(&path.display().to_string(), &stem, &text),
                Err(error) => self.problems.push(HuntError::new(&path.display().to_string(), "", &format!("cannot be read: {error}"))),
            }
        }
    }

    /// Merges the hunts of a file over those there are. A hunt that is wrong is left out and named in [`Self::problems`].
    pub fn merge(&mut self, file: &str, text: &str, is_own: bool) {
        let (hunts, problems) = read(file, text);
        self.problems.extend(problems);
        for mut hunt in hunts {
            hunt.file = is_own.then(|| file.to_owned());
            match self.hunts.iter_mut().find(|other| other.name == hunt.name) {
                Some(other) => *other = hunt,
                None => self.hunts.push(hunt),
            }
        }
    }

    /// Merges a keyword list over those there are.
    pub fn merge_list(&mut self, file: &str, name: &str, text: &str) {
        match Keywords::read(file, name, text) {
            Ok(list) => match self.lists.iter_mut().find(|other| other.name == list.name) {
                Some(other) => *other = list,
                None => self.lists.push(list),
            },
            Err(problem) => self.problems.push(problem),
        }
    }

    /// The hunts, in the order of their files.
    pub fn hunts(&self) -> &[Hunt] {
        &self.hunts
    }

    /// The keyword lists.
    pub fn lists(&self) -> &[Keywords] {
        &self.lists
    }

    /// What was wrong with files, and so is not among the others.
    pub fn problems(&self) -> &[HuntError] {
        &self.problems
    }

    /// A hunt by its name, or by its number in the catalogue of detections where only one has it.
    ///
    /// # Errors
    /// A sentence that names the hunts that may have been meant.
    pub fn hunt(&self, name: &str) -> Result<&Hunt, String> {
        if let Some(hunt) = self.hunts.iter().find(|hunt| hunt.name == name) {
            return Ok(hunt);
        }
        let numbered: Vec<&Hunt> = self.hunts.iter().filter(|hunt| hunt.id.as_deref().is_some_and(|id| id.eq_ignore_ascii_case(name))).collect();
        match numbered.as_slice() {
            [hunt] => return Ok(hunt),
            [] => {}
            several => {
                let names: Vec<&str> = several.iter().map(|hunt| hunt.name.as_str()).collect();
                return Err(format!("{name} is several hunts: {}", names.join(", ")));
            }
        }
        let meant = nearest(name, self.hunts.iter().map(|hunt| hunt.name.as_str()));
        let hint = meant.map_or_else(|| "`outcrop hunt` lists them".to_owned(), |meant| format!("did you mean {meant}? `outcrop hunt` lists them"));
        Err(format!("there is no hunt {name}: {hint}"))
    }

    /// A keyword list by its name.
    pub fn list(&self, name: &str) -> Option<&Keywords> {
        self.lists.iter().find(|list| list.name == name)
    }
}

fn text(path: &Path) -> Result<String, String> {
    let size = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > LARGEST {
        return Err(format!("it has {size} bytes, more than any file of hunts"));
    }
    fs::read_to_string(path).map_err(|error| error.to_string())
}

/// The TOML files of a folder by name, with their stems. A folder that is not there has none.
fn files(folder: &Path, problems: &mut Vec<HuntError>) -> Vec<(std::path::PathBuf, String)> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            problems.push(HuntError::new(&folder.display().to_string(), "", &format!("cannot be read: {error}")));
            return Vec::new();
        }
    };
    let mut found: Vec<(std::path::PathBuf, String)> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .filter_map(|path| Some((path.clone(), path.file_stem()?.to_str()?.to_owned())))
        .collect();
    found.sort();
    found
}
