//! The real binary in a pseudo-terminal: it opens, answers keys, survives a resize, and gives the terminal back when it is
//! left, terminated or cut off.

#![cfg(test)]

mod pty;

use std::path::Path;
use std::time::Duration;

use outcrop::case::open_read_only;
use portable_pty::CommandBuilder;
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
    terminal.leave();
    terminal.is_restored();
}

#[test]
fn a_resize_redraws_for_the_new_size() {
    let (mut terminal, _folder) = demo((120, 40));
    terminal.expect("where");
    terminal.resize((80, 24));
    terminal.keys("5");
    terminal.expect("last seen");
    terminal.leave();
}

/// A window that is dragged tells its size again and again, and what is typed meanwhile comes at the same moment.
#[test]
fn no_key_is_lost_to_a_resize() {
    let (mut terminal, _folder) = demo((80, 24));
    terminal.settle();
    for round in 0..100 {
        let (key, shown) = if round % 2 == 0 { ("5", "last seen") } else { ("1", "time (UTC)") };
        terminal.resize((80 + round % 3, 24));
        terminal.keys(key);
        terminal.expect(shown);
    }
    terminal.leave();
}

/// Over a slow line several keys come in one go: the mark is for the row that the key before leads to.
#[test]
fn keys_typed_ahead_are_about_what_the_ones_before_led_to() {
    let (mut terminal, _folder) = demo((80, 24));
    terminal.settle();
    terminal.keys("5");
    terminal.expect("last seen");
    terminal.keys("1b");
    terminal.expect("★");
    terminal.expect("time (UTC)");
    // Each reviews an exchange and goes to the next that was not; so does a held key.
    terminal.keys("2");
    terminal.expect("reviewed");
    terminal.keys("gg");
    terminal.expect(" 1/");
    terminal.keys("     ");
    terminal.expect(" 6/");
    terminal.leave();
}

#[test]
fn marks_survive_leaving_and_coming_back() {
    let (mut terminal, folder) = demo((120, 40));
    terminal.expect("time (UTC)");
    terminal.expect("read ");
    terminal.keys("b");
    terminal.expect("★");
    terminal.keys("nseen by hand\x13");
    terminal.leave();
    let mut again = start(&["demo", "--events", "1500"], folder.path(), (120, 40));
    again.expect("★");
    again.expect("seen by hand");
    again.leave();
}

#[test]
fn who_takes_the_file_along_has_the_marks_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let case = folder.path().join("case.outcrop");
    let mut terminal = start(&["demo", "--events", "1500", "--case", case.to_str().expect("a path")], folder.path(), (120, 40));
    terminal.expect("read ");
    terminal.keys("b");
    terminal.expect("★");
    terminal.settle();
    terminal.leave();
    let beside: Vec<_> = std::fs::read_dir(folder.path()).expect("a folder").flatten().map(|entry| entry.file_name()).collect();
    let beside: Vec<_> = beside.iter().filter_map(|name| name.to_str()).filter(|name| name.starts_with("case")).collect();
    assert_eq!(beside, ["case.outcrop"]);
    let alone = folder.path().join("alone.outcrop");
    std::fs::copy(&case, &alone).expect("a copy");
    let marks = open_read_only(&alone).and_then(|mut reader| reader.all_marks()).expect("marks");
    assert_eq!(marks.len(), 1);
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
    again.leave();
}

#[test]
fn a_second_one_opens_read_only() {
    let (mut terminal, folder) = demo((120, 40));
    terminal.expect("time (UTC)");
    let mut second = start(&["demo", "--events", "1500"], folder.path(), (120, 40));
    second.expect("read-only");
    second.keys("q");
    assert_eq!(second.ended(), 0);
    terminal.leave();
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
