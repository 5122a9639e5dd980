//! The real binary in a pseudo-terminal: it opens, answers keys, survives a resize, and gives the terminal back when it is
//! left, terminated or cut off.

#![cfg(test)]

use std::io::{Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tempfile::TempDir;

struct Terminal {
    parser: vt100::Parser,
    bytes: Receiver<Vec<u8>>,
    sent: Vec<u8>,
    keys: Box<dyn Write + Send>,
    master: Option<Box<dyn MasterPty + Send>>,
    child: Box<dyn Child + Send + Sync>,
}

const PATIENCE: Duration = Duration::from_mins(1);

impl Terminal {
    fn start(arguments: &[&str], folder: &Path, (columns, rows): (u16, u16)) -> Self {
        let pty = native_pty_system().openpty(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_outcrop"));
        command.args(arguments);
        for (name, value) in [("TERM", "xterm-256color"), ("LANG", "C.UTF-8")] {
            command.env(name, value);
        }
        command.env_remove("TMUX");
        command.env_remove("NO_COLOR");
        command.env("XDG_DATA_HOME", folder.join("data"));
        command.env("XDG_CONFIG_HOME", folder.join("config"));
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

    fn take(&mut self, wait: Duration) -> bool {
        match self.bytes.recv_timeout(wait) {
            Ok(bytes) => {
                self.parser.process(&bytes);
                self.sent.extend(bytes);
                true
            }
            Err(_) => false,
        }
    }

    fn screen(&self) -> String {
        self.parser.screen().contents()
    }

    #[track_caller]
    fn expect(&mut self, text: &str) {
        let until = Instant::now() + PATIENCE;
        while !self.screen().contains(text) {
            assert!(Instant::now() < until, "“{text}” did not appear on\n{}", self.screen());
            self.take(Duration::from_millis(100));
        }
    }

    #[track_caller]
    fn expect_gone(&mut self, text: &str) {
        let until = Instant::now() + PATIENCE;
        while self.screen().contains(text) {
            assert!(Instant::now() < until, "“{text}” did not go from\n{}", self.screen());
            self.take(Duration::from_millis(100));
        }
    }

    fn keys(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("keys are taken");
    }

    /// Waits until the program has ended and everything it wrote has been read; gives its exit code.
    #[track_caller]
    fn ended(&mut self) -> u32 {
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

    #[track_caller]
    fn is_restored(&self) {
        let screen = self.parser.screen();
        assert!(!screen.alternate_screen(), "the alternate screen was left");
        assert!(!screen.hide_cursor(), "the cursor is back");
        assert!(!screen.bracketed_paste(), "bracketed paste is off");
    }
}

fn demo(size: (u16, u16)) -> (Terminal, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    (Terminal::start(&["demo", "--events", "1500"], folder.path(), size), folder)
}

#[test]
fn opens_answers_keys_and_leaves_the_terminal_as_it_was() {
    let (mut terminal, _folder) = demo((120, 40));
    terminal.expect("1 Timeline");
    terminal.expect("time (UTC)");
    terminal.keys("2");
    terminal.expect("reviewed");
    terminal.keys("?");
    terminal.expect("Keys (esc closes");
    // Escape and a letter in one go would be alt and that letter.
    terminal.keys("\x1b");
    terminal.expect_gone("Keys (esc closes");
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
    terminal.is_restored();
}

#[test]
fn a_resize_redraws_for_the_new_size() {
    let (mut terminal, _folder) = demo((120, 40));
    terminal.expect("where");
    let size = |n: u16| NonZero::new(n).expect("not zero");
    terminal.parser.screen_mut().set_size(size(24), size(80));
    terminal.master.as_ref().expect("open").resize(PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 }).expect("resized");
    terminal.keys("5");
    terminal.expect("first seen");
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
}

#[test]
fn marks_survive_leaving_and_coming_back() {
    let (mut terminal, folder) = demo((120, 40));
    terminal.expect("time (UTC)");
    terminal.expect("read ");
    terminal.keys("b");
    terminal.expect("★");
    terminal.keys("nseen by hand\x13");
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
    let mut again = Terminal::start(&["demo", "--events", "1500"], folder.path(), (120, 40));
    again.expect("★");
    again.expect("seen by hand");
    again.keys("q");
    assert_eq!(again.ended(), 0);
}

#[test]
fn sigterm_restores_the_terminal() {
    let (mut terminal, _folder) = demo((80, 24));
    terminal.expect("1 Time");
    let process = terminal.child.process_id().expect("a process");
    std::process::Command::new("kill").args(["-TERM", &process.to_string()]).status().expect("kill runs");
    assert_eq!(terminal.ended(), 0);
    terminal.is_restored();
}

#[test]
fn a_lost_line_ends_the_program_and_keeps_the_case() {
    let (mut terminal, folder) = demo((80, 24));
    terminal.expect("1 Time");
    terminal.keys("2");
    terminal.expect("reviewed");
    // The terminal vanishes as when SSH drops.
    terminal.master = None;
    drop(std::mem::replace(&mut terminal.keys, Box::new(std::io::sink())));
    let process = terminal.child.process_id().expect("a process");
    std::process::Command::new("kill").args(["-HUP", &process.to_string()]).status().expect("kill runs");
    let code = terminal.ended();
    assert_eq!(code, 129, "no abort");
    let mut again = Terminal::start(&["demo", "--events", "1500"], folder.path(), (80, 24));
    again.expect("reviewed");
    again.keys("q");
    assert_eq!(again.ended(), 0);
}

#[test]
fn a_second_one_opens_read_only() {
    let (mut terminal, folder) = demo((120, 40));
    terminal.expect("time (UTC)");
    let mut second = Terminal::start(&["demo", "--events", "1500"], folder.path(), (120, 40));
    second.expect("read-only");
    second.keys("q");
    assert_eq!(second.ended(), 0);
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
}

#[test]
fn idle_sends_nothing() {
    let (mut terminal, _folder) = demo((120, 40));
    terminal.expect("read ");
    while terminal.take(Duration::from_millis(700)) {}
    let before = terminal.sent.len();
    terminal.take(Duration::from_secs(2));
    assert_eq!(terminal.sent.len(), before);
    terminal.keys("q");
    terminal.ended();
}
