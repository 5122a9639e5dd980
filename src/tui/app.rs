//! The loop: events in, state updated, effects out, one frame when something changed. Idle, it does nothing at all.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crossterm::event::{Event as TerminalEvent, MouseButton, MouseEventKind};
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::ask::Slot;
use super::desk::Desk;
use super::keymap::Keymap;
use super::live::LiveCommand;
use super::message::{Effect, Event, IngestNews, Severity};
use super::oracle::Oracle;
use super::runner::{Detecting, Rules, Runner, Write, revision_number};
use super::state::{Setup, State};
use super::terminal::Screen;
use super::theme::{Depth, Theme};
use super::update::update;
use super::view::View;
use super::widgets::Canvas;
use super::{clipboard, render};
use crate::case::{Reader, Writable};
use crate::hunt::Catalogue;
use crate::model::{Glyphs, Timestamp};

/// Reads evidence into the case while the workbench is open: told to stop by the flag, it reports through the callback.
pub type Feed = Box<dyn FnOnce(&Writable, &(dyn Fn(IngestNews) + Sync), &AtomicBool) + Send>;

/// What the workbench is opened with.
pub struct Options {
    /// The case, to write to; without it the reader's case is open read-only.
    pub writable: Option<Writable>,
    /// The case, to read from.
    pub reader: Reader,
    /// Name for the top line.
    pub title: String,
    /// Evidence to read.
    pub feed: Option<Feed>,
    /// The rules to run behind it; without any, or where the case cannot be written, those of others are shown.
    pub rules: Option<Rules>,
    /// Where wishes to AWS go, when the feed talks to it.
    pub live: Option<std::sync::mpsc::Sender<LiveCommand>>,
    /// Whoever asks AWS while somebody waits; without it queries go to the case only.
    pub oracle: Option<Arc<dyn Oracle>>,
    /// Name of a theme or path of a theme file.
    pub theme: Option<String>,
    /// Name of a keymap.
    pub keymap: String,
    /// No colours.
    pub mono: bool,
    /// Only ASCII characters.
    pub ascii: bool,
    /// The configuration folder, with the user's `keymap.toml` and `theme.toml`.
    pub config: Option<PathBuf>,
}

/// A key press is drawn at once, unless what it asked for is there within this time: then both are one frame.
const PATIENCE: Duration = Duration::from_millis(12);
/// Keys that come in one go, as over a slow line, are each about what the one before has led to: that is waited for. Where it takes
/// longer than this, what follows is taken at once, until everything asked for is known again.
const AHEAD: Duration = Duration::from_secs(2);
/// What decides where the next key lands.
const PLACES: &[Slot] = &[Slot::List, Slot::Jump, Slot::Search, Slot::Pivots, Slot::Values, Slot::Profile, Slot::SignalPage];
/// What is read there.
const READ: &[Slot] = &[Slot::Rows, Slot::Detail];
/// Replies are drawn at most this often.
const FRAME: Duration = Duration::from_millis(33);
/// The preview waits until the cursor has rested this long.
const REST: Duration = Duration::from_millis(120);

/// Runs the workbench until it is left.
///
/// # Errors
/// The terminal or the case could not be opened; a keymap or theme of the user is wrong.
pub fn run(options: Options) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(Workbench::open(options)?.run())
}

struct Workbench {
    state: State,
    screen: Screen,
    theme: Theme,
    depth: Depth,
    runner: Runner,
    detecting: Option<Detecting>,
    replies: Receiver<Event>,
    stop: Arc<AtomicBool>,
    feeder: Option<thread::JoinHandle<()>>,
    live: Option<std::sync::mpsc::Sender<LiveCommand>>,
    rest_at: Option<Instant>,
    is_patient: bool,
    drawn_at: Instant,
    window: render::Window,
    dirty: bool,
}

/// Why the loop ended.
enum End {
    Quit,
    HungUp,
}

impl Workbench {
    fn open(options: Options) -> anyhow::Result<Self> {
        let depth = if options.mono { Depth::Mono } else { Depth::of_environment() };
        let theme = load_theme(&options, depth)?;
        let keymap = load_keymap(&options)?;
        let mut reader = options.reader;
        let view = reader.view("workbench")?.as_deref().and_then(View::restore).unwrap_or_default();
        let desk = reader.view("queries")?.as_deref().map(Desk::restore).unwrap_or_default();
        let catalogue = options.config.as_ref().map_or_else(Catalogue::embedded, |folder| Catalogue::with_config(folder));
        let (sender, replies) = channel(256);
        let notebook = options.writable.as_ref().map(Writable::notebook).transpose()?;
        let runner = Runner::start(&reader, notebook, options.oracle.clone(), &sender)?;
        let detecting = match (options.rules, &options.writable) {
            (Some(rules), Some(writable)) => Some(Detecting::start(&reader, writable, rules, &sender)?),
            _ => None,
        };
        let stop = Arc::new(AtomicBool::new(false));
        let revision = revision_number(reader.revision()?);
        let read_only = options.writable.is_none();
        let feeder = match (options.feed, options.writable) {
            (Some(feed), Some(writable)) => {
                let stop = Arc::clone(&stop);
                let seen = Mutex::new(reader);
                Some(thread::spawn(move || {
                    let tell = |news| {
                        let _ = sender.blocking_send(Event::Ingest(news));
                        let revision = seen.lock().ok().and_then(|reader| reader.revision().ok());
                        if let Some(revision) = revision {
                            let _ = sender.blocking_send(Event::Revision(revision_number(revision)));
                        }
                    };
                    feed(&writable, &tell, &stop);
                }))
            }
            _ if read_only => {
                let stop = Arc::clone(&stop);
                Some(thread::spawn(move || watch(&reader, &sender, &stop)))
            }
            _ => None,
        };
        let screen = Screen::take()?;
        let glyphs = if options.ascii { Glyphs::Ascii } else { Glyphs::Unicode };
        let usual = options.oracle.as_ref().map(|oracle| oracle.usual()).unwrap_or_default();
        let asks_aws = options.oracle.is_some();
        let setup = Setup { title: options.title, read_only, asks_aws, usual, keymap, glyphs, catalogue: Arc::new(catalogue) };
        let mut state = State::new(setup, screen.size()?, now(), view);
        state.revision = revision;
        state.desk = desk;
        for problem in state.setup.catalogue.problems().to_vec() {
            state.tell(Severity::Warning, format!("{problem}; it is left out"));
        }
        if read_only {
            state.tell(Severity::Warning, "another outcrop is writing to this case: open read-only, marks and notes cannot be kept");
        }
        Ok(Self {
            state,
            screen,
            theme,
            depth,
            runner,
            detecting,
            replies,
            stop,
            feeder,
            live: options.live,
            rest_at: None,
            is_patient: true,
            drawn_at: Instant::now(),
            window: render::Window::default(),
            dirty: true,
        })
    }

    async fn run(mut self) -> anyhow::Result<()> {
        let end = self.turn().await;
        self.stop.store(true, Ordering::Relaxed);
        self.runner.write(Write::View(self.state.view.save()));
        self.runner.write(Write::Queries(self.state.desk.save()));
        // First what matters: the case. Then the terminal, which may be gone.
        self.replies.close();
        self.live = None;
        if let Some(feeder) = self.feeder.take() {
            let _ = feeder.join();
        }
        let rules = self.detecting.take().map(Detecting::finish);
        self.runner.finish(rules);
        self.screen.give_back();
        match end {
            Ok(End::Quit) => Ok(()),
            Ok(End::HungUp) | Err(_) => std::process::exit(129),
        }
    }

    async fn turn(&mut self) -> anyhow::Result<End> {
        use tokio::signal::unix::{SignalKind, signal};
        let mut keys = keyboard()?;
        let (mut terminate, mut hang_up) = (signal(SignalKind::terminate())?, signal(SignalKind::hangup())?);
        let (mut interrupt, mut resume) = (signal(SignalKind::interrupt())?, signal(SignalKind::from_raw(18))?);
        self.take(Event::Clock(now()))?;
        self.patience(PATIENCE, true).await?;
        self.draw()?;
        while !self.state.quitting {
            let frame_at = self.drawn_at + FRAME;
            let rest_at = self.rest_at;
            tokio::select! {
                biased;
                _ = terminate.recv() => return Ok(End::Quit),
                _ = hang_up.recv() => return Ok(End::HungUp),
                _ = interrupt.recv() => return Ok(End::Quit),
                _ = resume.recv() => { self.screen.forget()?; self.dirty = true; }
                key = keys.recv() => {
                    let Some(Ok(mut key)) = key else { return Ok(End::HungUp) };
                    self.take(Event::Clock(now()))?;
                    self.terminal_event(&key)?;
                    while let Ok(Ok(next)) = keys.try_recv() {
                        // A held key sends faster than screens are read: rows that it passes are not waited for.
                        let is_passing = next == key && self.state.awaiting.is_none();
                        self.is_patient = self.patience(if self.is_patient { AHEAD } else { Duration::ZERO }, !is_passing).await?;
                        self.terminal_event(&next)?;
                        key = next;
                    }
                    self.patience(PATIENCE, true).await?;
                    self.draw()?;
                }
                Some(event) = self.replies.recv() => self.take(event)?,
                () = sleep_until(frame_at), if self.dirty => self.draw()?,
                () = async { sleep_until(rest_at.unwrap_or(frame_at)).await }, if rest_at.is_some() => {
                    self.rest_at = None;
                    self.take(Event::Rested)?;
                }
            }
        }
        Ok(End::Quit)
    }

    fn terminal_event(&mut self, event: &TerminalEvent) -> anyhow::Result<()> {
        match event {
            TerminalEvent::Key(key) => self.take(Event::Key(*key)),
            TerminalEvent::Paste(text) => self.take(Event::Paste(text.clone())),
            TerminalEvent::Resize(columns, rows) => self.take(Event::Resize(*columns, *rows)),
            TerminalEvent::Mouse(mouse) => match mouse.kind {
                MouseEventKind::ScrollDown => self.take(Event::Scroll(3)),
                MouseEventKind::ScrollUp => self.take(Event::Scroll(-3)),
                MouseEventKind::Down(MouseButton::Left) => self.take(Event::Click(mouse.column, mouse.row)),
                _ => Ok(()),
            },
            TerminalEvent::FocusGained | TerminalEvent::FocusLost => Ok(()),
        }
    }

    /// Waits so long for what keys asked for: places, and what is read there. False when it takes longer.
    async fn patience(&mut self, long: Duration, reads: bool) -> anyhow::Result<bool> {
        let until = Instant::now() + long;
        let mut frame_at = Instant::now() + FRAME;
        let slots = || PLACES.iter().chain(READ.iter().filter(|_| reads));
        while slots().any(|slot| self.state.is_asking(*slot)) {
            match timeout_at(until.min(frame_at), self.replies.recv()).await {
                Ok(Some(event)) => self.take(event)?,
                Err(_) if frame_at < until => {
                    self.draw()?;
                    frame_at = Instant::now() + FRAME;
                }
                _ => return Ok(false),
            }
        }
        Ok(true)
    }

    fn take(&mut self, event: Event) -> anyhow::Result<()> {
        self.dirty |= !matches!(event, Event::Clock(_));
        if let (Some(detecting), Event::Revision(revision)) = (&self.detecting, &event)
            && *revision != self.state.revision
        {
            detecting.grown();
        }
        for effect in update(&mut self.state, event) {
            self.carry_out(effect)?;
        }
        Ok(())
    }

    fn carry_out(&mut self, effect: Effect) -> anyhow::Result<()> {
        match effect {
            Effect::Ask(ask, generation) => self.runner.ask(ask, generation),
            Effect::Cancel(slot) => self.runner.cancel(slot),
            Effect::Rest => self.rest_at = Some(Instant::now() + REST),
            Effect::SetMark(digest, mark) => self.runner.write(Write::Mark(digest, mark)),
            Effect::AddNote(text) => self.runner.write(Write::Note(text, self.state.now)),
            Effect::SetTriage(key, triage) => self.runner.write(Write::Triage(key, triage)),
            Effect::List(entry) => self.runner.write(Write::List(entry)),
            Effect::Unlist(list, value) => self.runner.write(Write::Unlist(list, value)),
            Effect::RunRules => {
                if let Some(detecting) = &self.detecting {
                    detecting.listed();
                }
            }
            Effect::SaveView(view) => self.runner.write(Write::View(view)),
            Effect::SaveQueries(queries) => self.runner.write(Write::Queries(queries)),
            Effect::Live(wanted) => {
                if self.live.as_ref().is_none_or(|live| live.send(wanted).is_err()) {
                    self.state.tell(Severity::Warning, "nobody brings evidence into this case any more: leave, and open it again");
                }
            }
            Effect::Copy(text) => {
                if let Err(why) = clipboard::copy(&text, self.screen.writer()) {
                    self.state.tell(Severity::Warning, why);
                }
            }
            Effect::Theme(name) => match Theme::embedded(&name, self.depth) {
                Ok(theme) => self.theme = theme,
                Err(wrong) => self.state.tell(Severity::Error, wrong.to_string()),
            },
            Effect::Mouse(on) => self.screen.mouse(on)?,
            Effect::Redraw => self.screen.forget()?,
            Effect::Suspend => self.screen.suspend()?,
            Effect::Quit => {}
        }
        Ok(())
    }

    fn draw(&mut self) -> anyhow::Result<()> {
        // A change of size before the first key is waited for raises no event.
        let size = self.screen.size()?;
        if size != self.state.size {
            self.take(Event::Resize(size.0, size.1))?;
        }
        let (state, theme) = (&self.state, &self.theme);
        let window = render::Window::of(state);
        let scrolled = window.scrolled_from(&self.window);
        self.screen.draw(state.size, scrolled.as_ref(), |buffer| render::draw(state, &mut Canvas::new(buffer, theme, state.setup.glyphs)))?;
        self.window = window;
        self.drawn_at = Instant::now();
        self.dirty = false;
        Ok(())
    }
}

/// What the terminal sends, read by a thread of its own: of a lost line crossterm reads nothing for ever (as of 0.29), and
/// whoever waits for the signal that tells of it must not be caught in that.
fn keyboard() -> std::io::Result<Receiver<std::io::Result<TerminalEvent>>> {
    let (sender, receiver) = channel(256);
    let read = move || {
        loop {
            let event = crossterm::event::read();
            let is_last = event.is_err();
            if sender.blocking_send(event).is_err() || is_last {
                return;
            }
        }
    };
    thread::Builder::new().name("keys".to_owned()).spawn(read)?;
    Ok(receiver)
}

fn now() -> Timestamp {
    Timestamp::from_millis(jiff::Timestamp::now().as_millisecond())
}

/// Looks four times a second whether another process has written to the case.
fn watch(reader: &Reader, sender: &tokio::sync::mpsc::Sender<Event>, stop: &AtomicBool) {
    let mut seen = reader.revision().ok();
    while !stop.load(Ordering::Relaxed) {
        thread::sleep(Duration::from_millis(250));
        let revision = reader.revision().ok();
        if let Some(newer) = revision.filter(|_| revision != seen) {
            seen = revision;
            if sender.blocking_send(Event::Revision(revision_number(newer))).is_err() {
                return;
            }
        }
    }
}

fn load_theme(options: &Options, depth: Depth) -> anyhow::Result<Theme> {
    let user = options.config.as_ref().map(|folder| folder.join("theme.toml"));
    match (&options.theme, user) {
        (Some(name), _) if super::theme::EMBEDDED.iter().any(|(known, _)| known == name) => Ok(Theme::embedded(name, depth)?),
        (Some(path), _) => {
            Ok(Theme::parse(path, &std::fs::read_to_string(path).map_err(|error| anyhow::anyhow!("cannot read the theme {path}: {error}"))?, depth)?)
        }
        (None, Some(file)) if depth != Depth::Mono && file.exists() => {
            Ok(Theme::parse(&file.display().to_string(), &std::fs::read_to_string(&file)?, depth)?)
        }
        (None, _) => Ok(Theme::embedded("default", depth)?),
    }
}

fn load_keymap(options: &Options) -> anyhow::Result<Keymap> {
    let mut keymap = Keymap::embedded(&options.keymap)?;
    if let Some(file) = options.config.as_ref().map(|folder| folder.join("keymap.toml")).filter(|file| file.exists()) {
        keymap.merge(&file.display().to_string(), &std::fs::read_to_string(&file)?)?;
    }
    Ok(keymap)
}
