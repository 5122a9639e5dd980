//! The real binary in a pseudo-terminal: it opens, answers keys, survives a resize, and gives the terminal back when it is
//! left, terminated or cut off.

#![cfg(test)]

mod pty;

use std::num::NonZero;
use std::path::Path;
use std::time::Duration;

use portable_pty::{CommandBuilder, PtySize};
use pty::Terminal;
use tempfile::TempDir;

fn start(arguments: &[&str], folder: &Path, size: (u16, u16)) -> Terminal {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_outcrop"));
    command.args(arguments);
    command.env("XDG_DATA_HOME", folder.join("data"));
    command.env("XDG_CONFIG_HOME", folder.join("config"));
    Terminal::open(command, size)
}

fn demo(size: (u16, u16)) -> (Terminal, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    (start(&["demo", "--events", "1500"], folder.path(), size), folder)
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
    terminal.expect("last seen");
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
    let mut again = start(&["demo", "--events", "1500"], folder.path(), (120, 40));
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
    let mut again = start(&["demo", "--events", "1500"], folder.path(), (80, 24));
    again.expect("reviewed");
    again.keys("q");
    assert_eq!(again.ended(), 0);
}

#[test]
fn a_second_one_opens_read_only() {
    let (mut terminal, folder) = demo((120, 40));
    terminal.expect("time (UTC)");
    let mut second = start(&["demo", "--events", "1500"], folder.path(), (120, 40));
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
    terminal.settle();
    let before = terminal.sent.len();
    terminal.take(Duration::from_secs(2));
    assert_eq!(terminal.sent.len(), before);
    terminal.keys("q");
    terminal.ended();
}
