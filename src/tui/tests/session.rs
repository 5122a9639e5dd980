//! A workbench driven by key scripts. Effects are carried out at once, in order, so that a script has one outcome.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use tempfile::TempDir;

use crate::case::{Notebook, Reader, Writable, Writer};
use crate::detect::{Detector, RuleSet, Sources};
use crate::hunt::Catalogue;
use crate::model::live::USD_PER_GB;
use crate::model::{Glyphs, ListEntry, Signal, Timestamp};
use crate::source::{Input, demo, ingest_by};
use crate::tui::ask::{Answer, Asking};
use crate::tui::desk::{Desk, Problem};
use crate::tui::keymap::Keymap;
use crate::tui::keys::Key;
use crate::tui::live::LiveCommand;
use crate::tui::message::{Effect, Event};
use crate::tui::oracle::{AtAws, FoundGroup, FromAws, KnownGroup, OnTheWay, Oracle, SourceWish, Usual};
use crate::tui::render;
use crate::tui::runner::{Abroad, answer, answer_abroad, revision_number};
use crate::tui::state::{Setup, State};
use crate::tui::theme::{Depth, Theme};
use crate::tui::update::update;
use crate::tui::view::View;
use crate::tui::widgets::Canvas;

/// Stands for whoever asks AWS: says what it is told to, and keeps what it was asked.
pub struct FakeOracle {
    pub groups: Vec<KnownGroup>,
    pub on_the_way: Vec<OnTheWay>,
    pub answers: Mutex<VecDeque<Result<FromAws, Problem>>>,
    pub asked: Mutex<Vec<(String, AtAws)>>,
    /// What is found when a source is looked for.
    pub found: Result<(Vec<FoundGroup>, Vec<String>), String>,
    pub wishes: Mutex<Vec<SourceWish>>,
    /// What each group would scan.
    pub bytes_each: f64,
    /// It does not answer.
    pub is_silent: bool,
}

impl Default for FakeOracle {
    fn default() -> Self {
        Self {
            groups: Vec::new(),
            on_the_way: Vec::new(),
            answers: Mutex::default(),
            asked: Mutex::default(),
            found: Ok((Vec::new(), Vec::new())),
            wishes: Mutex::default(),
            bytes_each: 0.0,
            is_silent: false,
        }
    }
}

impl Oracle for FakeOracle {
    fn query(&self, asking: &Asking, at: &AtAws, _: &AtomicBool, tell: &mut dyn FnMut(OnTheWay)) -> Result<FromAws, Problem> {
        self.asked.lock().expect("not poisoned").push((asking.text.clone(), at.clone()));
        self.on_the_way.iter().cloned().for_each(tell);
        self.answers.lock().expect("not poisoned").pop_front().expect("an answer that the test has laid out")
    }

    fn groups(&self) -> Vec<KnownGroup> {
        self.groups.clone()
    }

    fn find(&self, wish: &SourceWish, _: &AtomicBool) -> Result<(Vec<FoundGroup>, Vec<String>), String> {
        self.wishes.lock().expect("not poisoned").push(wish.clone());
        self.found.clone()
    }

    fn price(&self, _: &SourceWish, groups: &[FoundGroup], _: &AtomicBool) -> Result<Vec<FoundGroup>, String> {
        let priced = |group: &FoundGroup| FoundGroup { missing: group.is_chosen.then_some((3_600, Some(self.bytes_each))), ..group.clone() };
        Ok(groups.iter().map(priced).collect())
    }

    fn usual(&self) -> Usual {
        Usual::default()
    }
}

pub struct Session {
    pub state: State,
    pub theme: Theme,
    pub copied: Vec<String>,
    pub listed: Vec<ListEntry>,
    pub wished: Vec<LiveCommand>,
    pub oracle: FakeOracle,
    reader: Reader,
    notebook: Notebook,
    writable: Writable,
    folder: TempDir,
}

impl Session {
    /// A workbench on these files.
    pub fn on(files: Vec<(String, Vec<u8>)>, size: (u16, u16)) -> Self {
        Self::reading(files.into_iter().map(|(name, bytes)| Input::Bytes { name, bytes }), size)
    }

    /// A workbench on a file that stays where it is.
    pub fn read(path: &std::path::Path, size: (u16, u16)) -> Self {
        Self::reading([Input::Path(path.to_owned())].into_iter(), size)
    }

    fn reading(inputs: impl Iterator<Item = Input> + Send, size: (u16, u16)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let writable = Writable::open(&folder.path().join("test.outcrop")).expect("a case");
        ingest_by(1, inputs, &writable, &|_| {}, &AtomicBool::new(false)).expect("evidence is read");
        Self::open(folder, writable, size)
    }

    /// A workbench on a small built-in incident. It is read once; every session gets a copy of the case.
    pub fn demo(size: (u16, u16)) -> Self {
        static CASE: OnceLock<Vec<u8>> = OnceLock::new();
        let case = CASE.get_or_init(|| {
            let options = demo::Options { events: 1533, ..demo::Options::default() };
            let mut session = Self::on(demo::files(&options).map(|file| (file.path, file.bytes)).collect(), size);
            session.run_rules();
            let path = session.writable.path().to_owned();
            drop((session.reader, session.notebook, session.writable));
            std::fs::read(path).expect("the case")
        });
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("test.outcrop"), case).expect("a copy");
        let writable = Writable::open(&folder.path().join("test.outcrop")).expect("a case");
        Self::open(folder, writable, size)
    }

    fn open(folder: TempDir, writable: Writable, size: (u16, u16)) -> Self {
        let mut reader = writable.reader().expect("a reader");
        let view = reader.view("workbench").expect("readable").as_deref().and_then(View::restore).unwrap_or_default();
        let setup = Setup {
            title: "test".to_owned(),
            read_only: false,
            asks_aws: true,
            usual: Usual { regions: "us-east-1".to_owned(), budget: "1usd".to_owned(), usd_per_gb: USD_PER_GB, ..Usual::default() },
            keymap: Keymap::embedded("default").expect("sound"),
            glyphs: Glyphs::Unicode,
            catalogue: Arc::new(Catalogue::embedded()),
        };
        let mut state = State::new(setup, size, Timestamp::parse("2026-11-20T12:00:00Z").expect("a time"), view);
        state.revision = revision_number(reader.revision().expect("a revision"));
        state.desk = reader.view("queries").expect("readable").as_deref().map(Desk::restore).unwrap_or_default();
        let theme = Theme::embedded("default", Depth::True).expect("sound");
        let notebook = writable.notebook().expect("a notebook");
        let mut session = Self {
            state,
            theme,
            copied: Vec::new(),
            listed: Vec::new(),
            wished: Vec::new(),
            oracle: FakeOracle::default(),
            reader,
            notebook,
            writable,
            folder,
        };
        session.send(Event::Resize(size.0, size.1));
        session
    }

    /// Runs the built-in rules over its case, and shows what they found.
    pub fn run_rules(&mut self) {
        let set = Arc::new(RuleSet::load(&Sources::builtin(), true));
        let mut detector = Detector::new(set, &mut self.reader).expect("a detector");
        let findings = detector.catch_up(&mut self.reader).expect("the rules run");
        let changed: Vec<&Signal> = findings.changed.iter().collect();
        let mut place = self.writable.findings().expect("a place");
        place.clear().expect("cleared");
        place.store(findings.epoch, &changed, &findings.gone, &findings.leads, &findings.detected).expect("stored");
        let revision = revision_number(self.reader.revision().expect("a revision"));
        self.send(Event::Revision(revision));
    }

    /// Another reader of its case.
    pub fn reader(&self) -> Reader {
        self.reader.sibling().expect("a reader")
    }

    /// Writes to its case, and tells that there is something new.
    pub fn write(&mut self, write: impl FnOnce(&mut Writer)) {
        let mut writer = self.writable.writer().expect("a writer");
        write(&mut writer);
        let revision = writer.commit().expect("committed");
        self.send(Event::Revision(revision_number(revision)));
    }

    /// Leaves and opens the same case again.
    pub fn reopened(mut self) -> Self {
        self.keys("q");
        let size = self.state.size;
        Self::open(self.folder, self.writable, size)
    }

    /// One event, and everything that follows from it.
    pub fn send(&mut self, event: Event) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            for effect in update(&mut self.state, event) {
                match effect {
                    Effect::Ask(ask, generation) => {
                        let slot = ask.slot();
                        if Abroad::concerns(&ask) {
                            if !self.oracle.is_silent {
                                answer_abroad(&self.oracle, &ask, &AtomicBool::new(false), &mut |answer| {
                                    events.push_back(Event::Reply { slot, generation, answer });
                                });
                            }
                            continue;
                        }
                        answer(&mut self.reader, &ask, &mut |answer| {
                            let mut answer = answer;
                            // Pictures do not show how fast this machine is.
                            if let Answer::Results { results, .. } = &mut answer {
                                Arc::make_mut(results).millis = 7;
                            }
                            events.push_back(Event::Reply { slot, generation, answer });
                        });
                    }
                    Effect::Rest => events.push_back(Event::Rested),
                    Effect::SetMark(digest, mark) => self.notebook.set_mark(&digest, &mark).expect("kept"),
                    Effect::AddNote(text) => self.notebook.add_case_note(&text, self.state.now).expect("kept"),
                    Effect::SetTriage(key, triage) => {
                        self.notebook.set_triage(&key, &triage).expect("kept");
                        events.push_back(Event::Judged);
                    }
                    Effect::List(entry) => {
                        self.notebook.list(&entry).expect("kept");
                        self.listed.push(entry);
                        events.push_back(Event::Listed);
                    }
                    Effect::Unlist(list, value) => {
                        self.notebook.unlist(&list, &value).expect("kept");
                        events.push_back(Event::Listed);
                    }
                    Effect::SaveView(view) => self.notebook.save_view("workbench", &view).expect("kept"),
                    Effect::SaveQueries(queries) => self.notebook.save_view("queries", &queries).expect("kept"),
                    Effect::Copy(text) => self.copied.push(text),
                    Effect::Live(wanted) => self.wished.push(wanted),
                    Effect::Theme(name) => self.theme = Theme::embedded(&name, Depth::True).expect("known"),
                    Effect::Cancel(_) | Effect::RunRules | Effect::Mouse(_) | Effect::Redraw | Effect::Suspend | Effect::Quit => {}
                }
            }
        }
    }

    /// Types a script: characters, and keys in angle brackets (`jj<enter>`).
    pub fn keys(&mut self, script: &str) -> &mut Self {
        let mut rest = script;
        while let Some(first) = rest.chars().next() {
            let (name, after) = match rest.strip_prefix('<').and_then(|inner| inner.split_once('>')) {
                Some((name, after)) => (name.to_owned(), after),
                None => (if first == ' ' { "space".to_owned() } else { first.to_string() }, &rest[first.len_utf8()..]),
            };
            let key: Key = name.parse().unwrap_or_else(|wrong| panic!("{wrong}"));
            let mut modifiers = KeyModifiers::NONE;
            modifiers.set(KeyModifiers::CONTROL, key.ctrl);
            modifiers.set(KeyModifiers::ALT, key.alt);
            let code = if key.code == KeyCode::Char(' ') { KeyCode::Char(' ') } else { key.code };
            self.send(Event::Key(KeyEvent::new(code, modifiers)));
            rest = after;
        }
        self
    }

    /// The cells of the screen.
    pub fn buffer(&self) -> Buffer {
        let (width, height) = self.state.size;
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        render::draw(&self.state, &mut Canvas::new(&mut buffer, &self.theme, self.state.setup.glyphs));
        buffer
    }

    /// The rows of the screen as text.
    pub fn rows(&self) -> Vec<String> {
        let buffer = self.buffer();
        let area = *buffer.area();
        let row = |y| (0..area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
        (0..area.height).map(row).collect()
    }

    /// The screen as text.
    pub fn screen(&self) -> String {
        self.rows().join("\n")
    }

    /// The screen with a row of style letters below each row that has any, and the meaning of the letters below.
    pub fn picture(&self) -> String {
        let buffer = self.buffer();
        let area = *buffer.area();
        let mut styles: Vec<Style> = vec![Style::reset()];
        let mut out = String::new();
        for (y, text) in self.rows().iter().enumerate() {
            let mut letters = String::new();
            for x in 0..area.width {
                let cell = &buffer[(x, y as u16)];
                let style = cell.style();
                let plain = cell.symbol() == " " && style.bg == Some(ratatui::style::Color::Reset) && style.add_modifier.is_empty();
                let index = if plain {
                    0
                } else {
                    styles.iter().position(|known| *known == style).unwrap_or_else(|| {
                        styles.push(style);
                        styles.len() - 1
                    })
                };
                letters.push(if index == 0 { ' ' } else { char::from(b'a' + (index - 1) as u8) });
            }
            let _ = writeln!(out, "│{text}");
            if !letters.trim().is_empty() {
                let _ = writeln!(out, "┆{}", letters.trim_end());
            }
        }
        for (index, style) in styles.iter().enumerate().skip(1) {
            let _ = writeln!(
                out,
                "{} {:?} on {:?} {:?}",
                char::from(b'a' + (index - 1) as u8),
                style.fg.unwrap_or_default(),
                style.bg.unwrap_or_default(),
                style.add_modifier
            );
        }
        out
    }
}
