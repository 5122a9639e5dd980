//! The analyst's shell: the real binary, with an environment that leads to one server and nowhere else.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use portable_pty::CommandBuilder;

use crate::desk::{Answer, Desk};
use crate::server::Server;

/// The shell.
pub struct Shell {
    desk: Desk,
    environment: Vec<(&'static str, String)>,
}

impl Shell {
    /// One for this server. The name must be the test's own.
    pub fn new(name: &str, server: &Server) -> Self {
        Self::with(name, server.environment())
    }

    /// One with this environment.
    pub fn with(name: &str, environment: Vec<(&'static str, String)>) -> Self {
        Self { desk: Desk::new(&format!("aws_{name}")), environment }
    }

    /// The same variable otherwise, or not at all.
    pub fn set(&mut self, name: &'static str, value: Option<&str>) {
        self.environment.retain(|(known, _)| *known != name);
        self.environment.extend(value.map(|value| (name, value.to_owned())));
    }

    /// A place on its desk.
    pub fn at(&self, name: &str) -> PathBuf {
        self.desk.at(name)
    }

    /// `outcrop` with these words, not yet started.
    pub fn command(&self, line: &str) -> Command {
        let mut command = self.desk.command(line);
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("AWS_") || name.to_ascii_uppercase().ends_with("_PROXY")) {
                command.env_remove(name);
            }
        }
        // No files of whoever runs the tests, and no look for an instance's credentials.
        for name in ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"] {
            command.env(name, self.at(name));
        }
        command
            .env("HOME", self.at("home"))
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// The same, for a terminal.
    pub fn in_terminal(&self, line: &str) -> CommandBuilder {
        let plain = self.command(line);
        let mut command = CommandBuilder::new(plain.get_program());
        command.args(plain.get_args());
        command.cwd(self.at(""));
        for (name, value) in plain.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            }
        }
        command
    }

    /// Runs `outcrop` with these words to its end.
    pub fn run(&self, line: &str) -> Answer {
        Answer::of(self.command(line), line)
    }

    /// Asks AWS this.
    pub fn ask(&self, text: &str, flags: &str) -> Answer {
        Answer::of(self.asking(text, flags), text)
    }

    /// The same, not yet started.
    pub fn asking(&self, text: &str, flags: &str) -> Command {
        let mut command = self.command("query --on aws");
        command.arg(text).args(flags.split_whitespace());
        command
    }
}

/// A program at work.
pub struct Running {
    child: Child,
    told: Arc<Mutex<String>>,
    listener: JoinHandle<()>,
}

impl Running {
    /// Starts it.
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut lines = BufReader::new(child.stderr.take().expect("stderr"));
        let told = Arc::<Mutex<String>>::default();
        let hears = Arc::clone(&told);
        let listener = std::thread::spawn(move || {
            let mut line = String::new();
            while lines.read_line(&mut line).expect("text") > 0 {
                hears.lock().expect("nobody panicked").push_str(&std::mem::take(&mut line));
            }
        });
        Self { child, told, listener }
    }

    /// Waits until it has said `what` on stderr.
    pub fn says(&self, what: &str) {
        let since = Instant::now();
        while !self.told.lock().expect("nobody panicked").contains(what) {
            assert!(since.elapsed() < Duration::from_mins(1), "it never said {what:?}: {:?}", self.told);
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Sends it a signal by name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().expect("kill runs");
        assert!(sent.success());
    }

    /// Waits for its end: the exit code, if no signal ended it, and what it said on stderr.
    pub fn ended(mut self) -> (Option<i32>, String) {
        self.listener.join().expect("it listens to the end");
        let told = std::mem::take(&mut *self.told.lock().expect("nobody panicked"));
        (self.child.wait().expect("an end").code(), told)
    }
}
