//! Taking the terminal and giving it back, whatever happens: a normal end, a panic, a signal, a lost line.

use std::io::{self, BufWriter, Stdout, Write};

use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;

/// The terminal while it is ours.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
}

/// A frame is one write: a screen of 200×60 in full colour stays below this.
const BUFFER: usize = 1 << 17;

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    /// Standard output is no terminal, or it is gone.
    pub fn take() -> io::Result<Self> {
        // We decide about colour ourselves: under NO_COLOR crossterm would write sequences that reset reverse and bold.
        crossterm::style::force_color_output(true);
        install_panic_hook();
        enter()?;
        let terminal = Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(BUFFER, io::stdout())))?;
        Ok(Self { terminal })
    }

    /// Columns and rows.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn size(&self) -> io::Result<(u16, u16)> {
        self.terminal.size().map(|size| (size.width, size.height))
    }

    /// Draws one frame: only what changed is written, and terminals that can show it at once do.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn draw(&mut self, paint: impl FnOnce(&mut Buffer)) -> io::Result<()> {
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        self.terminal.draw(|frame| paint(frame.buffer_mut()))?;
        execute!(self.terminal.backend_mut(), EndSynchronizedUpdate)
    }

    /// Forgets what is on the screen, so that the next frame is drawn whole.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn forget(&mut self) -> io::Result<()> {
        self.terminal.clear()
    }

    /// Captures the mouse, or lets it go.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn mouse(&mut self, on: bool) -> io::Result<()> {
        if on { execute!(self.terminal.backend_mut(), EnableMouseCapture) } else { execute!(self.terminal.backend_mut(), DisableMouseCapture) }
    }

    /// Writes to the terminal beside the frames (the clipboard's escape).
    pub fn writer(&mut self) -> &mut impl Write {
        self.terminal.backend_mut()
    }

    /// Gives the terminal to the shell until the process is continued.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn suspend(&mut self) -> io::Result<()> {
        leave();
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TSTP);
        enter()?;
        self.terminal.clear()
    }

    /// Gives the terminal back.
    pub fn give_back(self) {
        leave();
        // The library's own drop prints to a terminal that may be gone, panics and aborts: it is not let to.
        std::mem::forget(self.terminal);
    }
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)
}

/// Undoes everything that was switched on. Errors are of no use here: the terminal may be gone.
fn leave() {
    let _ = execute!(io::stdout(), DisableMouseCapture, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show);
    let _ = disable_raw_mode();
}

/// A panic anywhere gives the terminal back first, so that its message can be read.
fn install_panic_hook() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        leave();
        before(panic);
    }));
}
