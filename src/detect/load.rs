//! Rules, lists and numbers out of files: what is built in, and the user's own over it.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::frameworks::Frameworks;
use super::leads::LeadRules;
use super::lists::Lists;
use super::rule::{How, NoRule, Problem, Rule};
use super::sigma::{self, Body, Document, Filter};
use super::{check, nearest};

mod builtin {
    include!(concat!(env!("OUT_DIR"), "/builtin.rs"));
}

/// One file.
#[derive(Clone, Debug)]
struct File {
    name: String,
    text: String,
}

/// The files that rules are made of.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Later ones take the place of earlier ones with the same ids.
    rules: Vec<File>,
    lists: Vec<(String, File)>,
    frameworks: Vec<File>,
    leads: Option<File>,
    problems: Vec<Problem>,
}

impl Sources {
    /// What is built in.
    pub fn builtin() -> Self {
        let file = |(name, text): &(&str, &str)| File { name: (*name).to_owned(), text: (*text).to_owned() };
        let list = |entry: &(&str, &str)| (stem(Path::new(entry.0)), file(entry));
        Self {
            rules: builtin::RULES.iter().map(file).collect(),
            lists: builtin::LISTS.iter().map(list).collect(),
            frameworks: builtin::FRAMEWORKS.iter().map(file).collect(),
            ..Self::default()
        }
    }

    /// The user's own over it: `rules/`, `lists/`, `leads.toml` of a configuration folder. What is not there is no mistake.
    #[must_use]
    pub fn with_config(mut self, folder: &Path) -> Self {
        self = self.with_rules(&folder.join("rules"), false);
        for path in self.files(&folder.join("lists"), "toml", false) {
            if let Some(file) = self.file(&path) {
                self.lists.push((stem(&path), file));
            }
        }
        let leads = folder.join("leads.toml");
        if leads.exists() {
            self.leads = self.file(&leads);
        }
        self
    }

    /// Rules (and `frameworks.toml`) of a folder and the folders in it. A folder that is `wanted` and not there is a mistake.
    #[must_use]
    pub fn with_rules(mut self, folder: &Path, wanted: bool) -> Self {
        for ending in ["yml", "yaml"] {
            for path in self.files(folder, ending, wanted && ending == "yml") {
                let file = self.file(&path);
                self.rules.extend(file);
            }
        }
        let frameworks = folder.join("frameworks.toml");
        if frameworks.exists() {
            let file = self.file(&frameworks);
            self.frameworks.extend(file);
        }
        self
    }

    /// One rule file that lies in memory.
    #[must_use]
    pub fn with_text(mut self, name: &str, text: &str) -> Self {
        self.rules.push(File { name: name.to_owned(), text: text.to_owned() });
        self
    }

    /// The lists alone. What is wrong with them is told where rules are loaded.
    pub fn lists(&self) -> Lists {
        lists(self, &mut Vec::new())
    }

    fn files(&mut self, folder: &Path, ending: &str, wanted: bool) -> Vec<std::path::PathBuf> {
        if !(folder.is_dir() || wanted && folder.is_file()) {
            if wanted {
                self.problem(folder, "there is no such folder: name one that holds rules (.yml)".to_owned());
            }
            return Vec::new();
        }
        let mut found = Vec::new();
        for entry in walkdir::WalkDir::new(folder).follow_links(true).max_depth(8).sort_by_file_name() {
            match entry {
                Ok(entry) if entry.file_type().is_file() && entry.path().extension().is_some_and(|found| found == ending) => {
                    found.push(entry.into_path());
                }
                Ok(_) => {}
                Err(error) => self.problem(folder, format!("cannot be listed: {error}")),
            }
        }
        found
    }

    fn file(&mut self, path: &Path) -> Option<File> {
        const MOST: u64 = 4 << 20;
        let read =
            fs::metadata(path).and_then(|found| if found.len() > MOST { Err(std::io::Error::other("more than 4 MiB")) } else { fs::read(path) });
        match read.map(String::from_utf8) {
            Ok(Ok(text)) => Some(File { name: path.display().to_string(), text }),
            Ok(Err(_)) => {
                self.problem(path, "is no text in UTF-8: save it as such".to_owned());
                None
            }
            Err(error) => {
                self.problem(path, format!("cannot be read: {error}"));
                None
            }
        }
    }

    fn problem(&mut self, path: &Path, text: String) {
        self.problems.push(Problem { file: path.display().to_string(), line: 0, is_error: true, text });
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Rules, ready to run.
pub struct RuleSet {
    /// Rules that others name come before those that name them.
    pub(super) rules: Vec<Rule>,
    pub(super) lists: Lists,
    pub(super) leads: LeadRules,
    problems: Vec<Problem>,
    fingerprint: String,
}

impl RuleSet {
    /// Loads all that can be loaded. `strict` adds remarks on style, for whoever writes rules.
    pub fn load(sources: &Sources, strict: bool) -> Self {
        let mut problems = sources.problems.clone();
        let mut documents: Vec<(Document, &File)> = Vec::new();
        for file in &sources.rules {
            let (found, wrongs) = sigma::read(&file.text);
            let remarks = if strict { sigma::lints(&file.text) } else { Vec::new() };
            let remarks: Vec<_> = remarks.into_iter().filter(|remark| wrongs.iter().all(|wrong| wrong.text != remark.text)).collect();
            for lint in wrongs.into_iter().chain(remarks) {
                problems.push(Problem { file: file.name.clone(), line: lint.line, is_error: lint.is_error, text: lint.text });
            }
            documents.extend(found.into_iter().map(|document| (document, file)));
        }
        // The last one with an id stands: the user's, where there is one.
        let mut known: HashMap<String, usize> = HashMap::new();
        let mut keep = vec![true; documents.len()];
        for (at, (document, file)) in documents.iter().enumerate() {
            let Some(before) = document.head.id.as_ref().and_then(|id| known.insert(id.clone(), at)) else { continue };
            if let Some(slot) = keep.get_mut(before) {
                *slot = false;
            }
            if documents.get(before).is_some_and(|(_, other)| other.name == file.name) {
                let text = "two documents of this file have the same id: the last one counts; give each its own".to_owned();
                problems.push(Problem { file: file.name.clone(), line: document.head.line, is_error: false, text });
            }
        }
        let documents: Vec<(Document, &File)> = documents.into_iter().zip(keep).filter(|(_, keep)| *keep).map(|(document, _)| document).collect();
        let filters: Vec<Filter> = documents
            .iter()
            .filter_map(|(document, _)| if let Body::Filter(filter) = &document.body { Some((**filter).clone()) } else { None })
            .collect();
        let filters: Vec<&Filter> = filters.iter().collect();
        let lists = lists(sources, &mut problems);
        let mut rules = Vec::new();
        for (document, file) in documents {
            if matches!(document.body, Body::Filter(_)) {
                continue;
            }
            let (line, title) = (document.head.line, document.head.title.clone());
            let mut add =
                |is_error, text: String| problems.push(Problem { file: file.name.clone(), line, is_error, text: format!("“{title}”: {text}") });
            match Rule::of(document, &file.name, &filters, &lists, &mut |text| add(false, text)) {
                Ok(rule) => {
                    for (name, text) in check::fields(&rule) {
                        let line = line_of_field(&file.text, line, &name);
                        problems.push(Problem { file: file.name.clone(), line, is_error: false, text: format!("“{title}”: {text}") });
                    }
                    rules.push(rule);
                }
                Err(NoRule::Disabled) => {}
                Err(NoRule::Wrong(why)) => add(true, why),
            }
        }
        let rules = tied(rules, &mut problems);
        let mut set = Self { rules, lists, leads: LeadRules::default(), problems, fingerprint: String::new() };
        set.add_data(sources);
        set.fingerprint = fingerprint(sources);
        set.problems.sort();
        set.problems.dedup();
        set
    }

    fn add_data(&mut self, sources: &Sources) {
        let wrong = |file: &File, text: String| Problem { file: file.name.clone(), line: 0, is_error: true, text };
        let mut frameworks = Frameworks::default();
        for file in &sources.frameworks {
            if let Err(why) = frameworks.add_file(&file.text) {
                self.problems.push(wrong(file, why));
            }
        }
        for rule in &mut self.rules {
            frameworks.give(rule);
        }
        if let Some(file) = &sources.leads {
            match LeadRules::parse(&file.text) {
                Ok(leads) => self.leads = leads,
                Err(why) => self.problems.push(wrong(file, why)),
            }
        }
    }

    /// What is wrong with the files, by file and line.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// How many rules run.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// None does.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Tells one set of files from another.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Ids, titles, weights and descriptions of the rules that make signals, in the order of their ids.
    pub fn catalogue(&self) -> Vec<RuleInfo<'_>> {
        let mut all: Vec<RuleInfo<'_>> = self
            .rules
            .iter()
            .filter(|rule| rule.signals)
            .map(|rule| RuleInfo {
                id: &rule.id,
                title: &rule.title,
                weight: rule.weight,
                description: &rule.description,
                file: &rule.file,
                line: rule.line,
            })
            .collect();
        all.sort_by(|one, other| one.id.cmp(other.id).then_with(|| one.title.cmp(other.title)));
        all
    }
}

/// A rule for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleInfo<'r> {
    /// Its id.
    pub id: &'r str,
    /// Its title.
    pub title: &'r str,
    /// What it adds to a lead.
    pub weight: u8,
    /// What it means and what to do.
    pub description: &'r str,
    /// Where it is written.
    pub file: &'r str,
    /// … on which line.
    pub line: u32,
}

/// The line of a document, which begins at a line, that names a field; its first when none does.
fn line_of_field(text: &str, begin: u32, name: &str) -> u32 {
    let is_name = |character: char| character.is_alphanumeric() || "._-".contains(character);
    let names = |line: &str| {
        line.match_indices(name).any(|(at, _)| {
            let before = line.get(..at).and_then(|before| before.chars().next_back());
            let after = line.get(at + name.len()..).and_then(|after| after.chars().next());
            !before.is_some_and(is_name) && !after.is_some_and(is_name)
        })
    };
    let lines = (1..).zip(text.lines()).skip(begin.saturating_sub(1) as usize);
    let mut own = lines.take_while(|(at, line)| *at == begin || !line.starts_with("---"));
    own.find(|(_, line)| names(line)).map_or(begin, |(at, _)| at)
}

/// The match lists, later files over earlier ones.
fn lists(sources: &Sources, problems: &mut Vec<Problem>) -> Lists {
    let mut lists = Lists::default();
    for (name, file) in &sources.lists {
        if let Err(text) = lists.add_file(name, &file.text) {
            problems.push(Problem { file: file.name.clone(), line: 0, is_error: true, text });
        }
    }
    lists
}

/// Ties correlations to the rules they name, and brings all into an order in which what is named comes first. Correlations that
/// name what is not there, or themselves by way of others, are left out.
fn tied(rules: Vec<Rule>, problems: &mut Vec<Problem>) -> Vec<Rule> {
    let mut wanted: Vec<Vec<usize>> = Vec::with_capacity(rules.len());
    let mut missing: Vec<Option<String>> = Vec::with_capacity(rules.len());
    for rule in &rules {
        let How::Together(together) = &rule.how else {
            wanted.push(Vec::new());
            missing.push(None);
            continue;
        };
        let (mut sources, mut lacking) = (Vec::new(), None);
        for name in &together.correlation.rules {
            // A rule of its own file comes first: names such as `selection` are used by many.
            let called = || rules.iter().enumerate().filter(|(_, other)| other.is_called(name));
            let found = called().find(|(_, other)| other.file == rule.file).or_else(|| called().next());
            match found {
                Some((at, _)) => sources.push(at),
                None => lacking = Some(name.clone()),
            }
        }
        wanted.push(sources);
        missing.push(lacking);
    }
    let mut order: Vec<usize> = Vec::with_capacity(rules.len());
    let mut placed: HashSet<usize> = HashSet::new();
    loop {
        let before = order.len();
        for at in 0..rules.len() {
            let is_ready = wanted.get(at).is_some_and(|sources| sources.iter().all(|source| placed.contains(source)));
            if !placed.contains(&at) && missing.get(at).is_some_and(Option::is_none) && is_ready {
                placed.insert(at);
                order.push(at);
            }
        }
        if order.len() == before {
            break;
        }
    }
    let named: Vec<&str> = rules.iter().flat_map(|rule| [rule.name.as_deref(), rule.uuid.as_deref(), Some(rule.title.as_str())]).flatten().collect();
    for (at, rule) in rules.iter().enumerate().filter(|(at, _)| !placed.contains(at)) {
        let text = match missing.get(at).and_then(Option::as_ref) {
            Some(name) => {
                let near = nearest(name, named.iter().copied()).map(|near| format!("; did you mean “{near}”?")).unwrap_or_default();
                format!("“{}” names the rule “{name}”, which is not there or did not load{near}", rule.title)
            }
            None => format!("“{}” waits for itself: it names rules that name it, or one that did not load; take one of the names out", rule.title),
        };
        problems.push(Problem { file: rule.file.clone(), line: rule.line, is_error: true, text });
    }
    let place: HashMap<usize, usize> = order.iter().enumerate().map(|(new, old)| (*old, new)).collect();
    let mut rules: Vec<Option<Rule>> = rules.into_iter().map(Some).collect();
    let mut tied: Vec<Rule> = order.iter().filter_map(|at| rules.get_mut(*at).and_then(Option::take)).collect();
    let mut silent = HashSet::new();
    for (new, old) in order.iter().enumerate() {
        let sources: Vec<usize> = wanted.get(*old).into_iter().flatten().filter_map(|source| place.get(source).copied()).collect();
        if let Some(Rule { how: How::Together(together), .. }) = tied.get_mut(new) {
            if !together.correlation.generate {
                silent.extend(sources.iter().copied());
            }
            together.sources = sources;
        }
    }
    for at in silent {
        if let Some(rule) = tied.get_mut(at).filter(|rule| !rule.signals_said) {
            rule.signals = false;
        }
    }
    tied
}

fn fingerprint(sources: &Sources) -> String {
    let mut hash = Sha256::new();
    hash.update(env!("CARGO_PKG_VERSION"));
    let lists = sources.lists.iter().map(|(_, file)| file);
    for file in sources.rules.iter().chain(lists).chain(&sources.frameworks).chain(&sources.leads) {
        hash.update([0]);
        hash.update(&file.text);
    }
    crate::model::Digest(hash.finalize().into()).short()
}
