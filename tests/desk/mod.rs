//! A desk to work at: a folder of its own in which the real binary is run, with nobody else's case, configuration or
//! terminal. The folder goes when the test passes, and stays to be looked at when it fails.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// The desk.
pub struct Desk {
    folder: PathBuf,
}

impl Desk {
    /// An empty one. The name must be the test's own.
    pub fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        Self { folder }
    }

    /// A place on it.
    pub fn at(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// `outcrop` with these words, not yet started.
    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_outcrop"));
        command.args(line.split_whitespace()).current_dir(&self.folder).stdin(Stdio::null());
        command.env("XDG_DATA_HOME", self.at("xdg/data")).env("XDG_CONFIG_HOME", self.at("xdg/config"));
        command
    }

    /// Runs `outcrop` with these words to its end.
    pub fn run(&self, line: &str) -> Answer {
        Answer::of(self.command(line), line)
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// What the binary answered.
pub struct Answer {
    /// Exit code.
    pub code: i32,
    /// Stdout.
    pub out: String,
    /// Stderr.
    pub err: String,
}

impl Answer {
    /// Runs a command to its end. Whatever the input, it neither panics nor is it killed.
    pub fn of(mut command: Command, what: &str) -> Self {
        let output = command.output().expect("it starts");
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        let code = output.status.code().unwrap_or_else(|| panic!("{what}: {}: {err}", output.status));
        assert!((0..=3).contains(&code) && !err.contains("panicked"), "{what}: exit code {code}: {err}");
        Self { code, out: String::from_utf8(output.stdout).expect("UTF-8"), err }
    }

    /// It must have ended with this code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout: {:.2000}\nstderr: {:.2000}", self.out, self.err);
        self
    }

    /// The one JSON value on stdout.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {:.2000}\nstderr: {:.2000}", self.out, self.err))
    }

    /// It said one thing in one line, and that holds these words.
    #[track_caller]
    pub fn says(self, words: &[&str]) -> Self {
        assert_eq!(self.err.trim_end().lines().count(), 1, "not one line: {}", self.err);
        for word in words {
            assert!(self.err.contains(word), "no “{word}” in: {}", self.err);
        }
        self
    }
}
