//! A program in a pseudo-terminal: what is on the screen, keys typed, and how it ended.

use std::io::{Read, Write};
use std::num::NonZero;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// A terminal with a program in it, as the person before it sees it.
pub struct Terminal {
    /// Its screen.
    pub parser: vt100::Parser,
    bytes: Receiver<Vec<u8>>,
    /// All bytes that came.
    pub sent: Vec<u8>,
    /// Its keyboard.
    pub keys: Box<dyn Write + Send>,
    /// Its other end; without it the line is lost.
    pub master: Option<Box<dyn MasterPty + Send>>,
    /// The program.
    pub child: Box<dyn Child + Send + Sync>,
}

/// How long something is waited for.
const PATIENCE: Duration = Duration::from_mins(1);

impl Terminal {
    /// Starts the command in a terminal of so many columns and rows.
    pub fn open(mut command: CommandBuilder, (columns, rows): (u16, u16)) -> Self {
        let pty = native_pty_system().openpty(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }).expect("a pseudo-terminal");
        for (name, value) in [("TERM", "xterm-256color"), ("LANG", "C.UTF-8")] {
            command.env(name, value);
        }
        command.env_remove("TMUX");
        command.env_remove("NO_COLOR");
        let child = pty.slave.spawn_command(command).expect("the binary starts");
        drop(pty.slave);
        let mut reader = pty.master.try_clone_reader().expect("a reader");
        let keys = pty.master.take_writer().expect("a writer");
        let (sender, bytes) = channel();
        thread::spawn(move || {
            let mut buffer = vec![0; 65536];
            while let Ok(count) = reader.read(&mut buffer) {
                if count == 0 || sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let size = |n: u16| NonZero::new(n).expect("not zero");
        Self { parser: vt100::Parser::new(size(rows), size(columns), 0), bytes, sent: Vec::new(), keys, master: Some(pty.master), child }
    }

    /// Reads what was written; false when nothing was for so long.
    pub fn take(&mut self, wait: Duration) -> bool {
        match self.bytes.recv_timeout(wait) {
            Ok(bytes) => {
                self.parser.process(&bytes);
                self.sent.extend(bytes);
                true
            }
            Err(_) => false,
        }
    }

    /// Gives it so many columns and rows.
    pub fn resize(&mut self, (columns, rows): (u16, u16)) {
        let size = |n: u16| NonZero::new(n).expect("not zero");
        self.parser.screen_mut().set_size(size(rows), size(columns));
        let to = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.master.as_ref().expect("open").resize(to).expect("resized");
    }

    /// What is on it.
    pub fn screen(&self) -> String {
        self.parser.screen().contents()
    }

    /// Waits until this text is on it.
    #[track_caller]
    pub fn expect(&mut self, text: &str) {
        let until = Instant::now() + PATIENCE;
        while !self.screen().contains(text) {
            assert!(Instant::now() < until, "“{text}” did not appear on\n{}", self.screen());
            self.take(Duration::from_millis(100));
        }
    }

    /// Waits until all has been read and the rules, which run behind it, are done.
    pub fn settle(&mut self) {
        loop {
            while self.take(Duration::from_millis(1500)) {}
            if !self.screen().contains("rules running") {
                return;
            }
        }
    }

    /// Waits until this text is not on it any more.
    #[track_caller]
    pub fn expect_gone(&mut self, text: &str) {
        let until = Instant::now() + PATIENCE;
        while self.screen().contains(text) {
            assert!(Instant::now() < until, "“{text}” did not go from\n{}", self.screen());
            self.take(Duration::from_millis(100));
        }
    }

    /// Types.
    pub fn keys(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("keys are taken");
    }

    /// Waits until the program has ended and everything it wrote has been read; gives its exit code.
    #[track_caller]
    pub fn ended(&mut self) -> u32 {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("a status") {
                while self.take(Duration::from_millis(200)) {}
                return status.exit_code();
            }
            assert!(Instant::now() < until, "the program did not end:\n{}", self.screen());
            self.take(Duration::from_millis(50));
        }
    }

    /// Leaves the workbench.
    #[track_caller]
    pub fn leave(&mut self) {
        self.keys("q");
        assert_eq!(self.ended(), 0);
    }

    /// It is as it was before the program.
    #[track_caller]
    pub fn is_restored(&self) {
        let screen = self.parser.screen();
        assert!(!screen.alternate_screen(), "the alternate screen was left");
        assert!(!screen.hide_cursor(), "the cursor is back");
        assert!(!screen.bracketed_paste(), "bracketed paste is off");
    }
}
