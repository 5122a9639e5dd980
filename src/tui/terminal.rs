//! Taking the terminal and giving it back, whatever happens: a normal end, a panic, a signal, a lost line.

use std::io::{self, BufWriter, Stdout, Write};

use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute};
use ratatui::buffer::Buffer;

use super::painter::{Painter, Scrolled};

/// The terminal while it is ours.
pub struct Screen {
    painter: Painter<BufWriter<Stdout>>,
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
        let mut painter = Painter::new(BufWriter::with_capacity(BUFFER, io::stdout()), (0, 0));
        painter.forget()?;
        Ok(Self { painter })
    }

    /// Columns and rows.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn size(&self) -> io::Result<(u16, u16)> {
        self.painter.size()
    }

    /// Draws one frame.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn draw(&mut self, size: (u16, u16), scrolled: Option<&Scrolled>, paint: impl FnOnce(&mut Buffer)) -> io::Result<()> {
        self.painter.draw(size, scrolled, paint)
    }

    /// Forgets what is on the screen, so that the next frame is drawn whole.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn forget(&mut self) -> io::Result<()> {
        self.painter.forget()
    }

    /// Captures the mouse, or lets it go.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn mouse(&mut self, on: bool) -> io::Result<()> {
        if on { execute!(self.painter.writer(), EnableMouseCapture) } else { execute!(self.painter.writer(), DisableMouseCapture) }
    }

    /// Writes to the terminal beside the frames (the clipboard's escape).
    pub fn writer(&mut self) -> &mut impl Write {
        self.painter.writer()
    }

    /// Gives the terminal to the shell until the process is continued.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn suspend(&mut self) -> io::Result<()> {
        leave();
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TSTP);
        enter()?;
        self.painter.forget()
    }

    /// Gives the terminal back.
    pub fn give_back(self) {
        drop(self);
        leave();
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
