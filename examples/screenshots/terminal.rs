//! A terminal of a fixed size with the real program in it: keys go in, the screen is read back.

use std::io::{Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// Nothing the demo does takes this long; what is not on the screen by then never will be.
const PATIENCE: Duration = Duration::from_mins(1);
/// The text waited for may stand in the first half of a frame: the screen is taken when nothing more comes.
const QUIET: Duration = Duration::from_millis(250);

/// The program on a screen.
pub struct Terminal {
    screen: vt100::Parser,
    output: Receiver<Vec<u8>>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    /// Held open: closing it would hang up on the program.
    _master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    /// Starts the program with these arguments and variables; everything it writes goes below `home`.
    pub fn start(program: &Path, arguments: &[&str], home: &Path, variables: &[(&str, String)], (columns, rows): (u16, u16)) -> Result<Self> {
        let (Some(height), Some(width)) = (NonZero::new(rows), NonZero::new(columns)) else { bail!("a screen without cells") };
        let pair = native_pty_system().openpty(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 })?;
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        for (name, value) in [("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("TZ", "UTC"), ("LANG", "C.UTF-8")] {
            command.env(name, value);
        }
        for name in ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"] {
            command.env(name, home);
        }
        for (name, value) in variables {
            command.env(name, value);
        }
        command.cwd(home);
        let child = pair.slave.spawn_command(command).with_context(|| format!("cannot start {}", program.display()))?;
        let mut reader = pair.master.try_clone_reader()?;
        let (sender, output) = channel();
        thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(length @ 1..) = reader.read(&mut buffer) {
                if buffer.get(..length).is_none_or(|bytes| sender.send(bytes.to_vec()).is_err()) {
                    break;
                }
            }
        });
        let keys = pair.master.take_writer()?;
        Ok(Self { screen: vt100::Parser::new(height, width, 0), output, keys, child, _master: pair.master })
    }

    /// Presses keys, given as the bytes a terminal sends.
    pub fn press(&mut self, keys: &str) -> Result<()> {
        self.keys.write_all(keys.as_bytes())?;
        self.keys.flush()?;
        Ok(())
    }

    /// Waits until a text is on the screen, and the frame it belongs to is complete.
    pub fn wait_for(&mut self, text: &str) -> Result<()> {
        let start = Instant::now();
        loop {
            match self.output.recv_timeout(QUIET) {
                Ok(bytes) => self.screen.process(&bytes),
                Err(RecvTimeoutError::Timeout) if self.screen.screen().contents().contains(text) => return Ok(()),
                Err(RecvTimeoutError::Timeout) if start.elapsed() < PATIENCE => {}
                Err(_) => bail!("“{text}” never came; the screen shows\n{}", self.screen.screen().contents()),
            }
        }
    }

    /// Waits until a text is not on the screen any more.
    pub fn wait_without(&mut self, text: &str) -> Result<()> {
        let start = Instant::now();
        loop {
            match self.output.recv_timeout(QUIET) {
                Ok(bytes) => self.screen.process(&bytes),
                Err(RecvTimeoutError::Timeout) if !self.screen.screen().contents().contains(text) => return Ok(()),
                Err(RecvTimeoutError::Timeout) if start.elapsed() < PATIENCE => {}
                Err(_) => bail!("“{text}” never went; the screen shows\n{}", self.screen.screen().contents()),
            }
        }
    }

    /// What is on the screen.
    pub fn screen(&self) -> &vt100::Screen {
        self.screen.screen()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
