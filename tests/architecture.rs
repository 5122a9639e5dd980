//! The rules of the house (docs/ARCHITECTURE.md), each as a test that fails when it is broken.

#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};

/// Rooms in order: one may use only those before it.
const ROOMS: [&str; 11] = ["model", "decode", "case", "query", "stitch", "detect", "hunt", "source", "report", "tui", "command"];
/// Rooms that know no terminal, no AWS SDK, no async runtime.
const DOMAIN: [&str; 7] = ["model", "decode", "case", "query", "stitch", "detect", "hunt"];
const LONGEST: usize = 700;

fn files_below(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn name(path: &Path) -> String {
    path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(path).display().to_string()
}

/// The code of a file without its comments; test modules stay, they keep the rules too.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a source file");
    text.lines().map(|line| if line.trim_start().starts_with("//") { "" } else { line }).collect::<Vec<_>>().join("\n")
}

fn room(path: &Path) -> Option<String> {
    let relative = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).ok()?;
    let first = relative.iter().next()?.to_str()?;
    Some(first.trim_end_matches(".rs").to_owned())
}

fn offenders(files: &[PathBuf], words: &[&str], allowed: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for path in files.iter().filter(|path| !allowed.iter().any(|allowed| name(path).starts_with(allowed))) {
        for (number, line) in code(path).lines().enumerate() {
            if let Some(word) = words.iter().find(|word| line.contains(**word)) {
                found.push(format!("{}:{} has {word}", name(path), number + 1));
            }
        }
    }
    found
}

#[test]
fn rule_1_arrows_point_to_rooms_further_up() {
    let mut found = Vec::new();
    for path in files_below("src") {
        let Some(here) = room(&path).and_then(|room| ROOMS.iter().position(|known| **known == room)) else { continue };
        let code = code(&path);
        for later in ROOMS.iter().skip(here + 1) {
            for (number, line) in code.lines().enumerate() {
                if line.contains(&format!("crate::{later}::")) || line.contains(&format!("crate::{later};")) {
                    found.push(format!("{}:{} uses {later}", name(&path), number + 1));
                }
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn rule_1_the_domain_knows_no_terminal_no_aws_no_async() {
    let files: Vec<PathBuf> = files_below("src")
        .into_iter()
        .filter(|path| room(path).is_some_and(|room| DOMAIN.contains(&room.as_str())) && !name(path).contains("tests"))
        .collect();
    assert!(files.len() > 20);
    let found = offenders(&files, &["ratatui", "crossterm", "tokio", "aws_sdk", "aws_config", "aws_smithy", "async fn", "println!"], &[]);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn rule_2_only_insights_names_the_aws_sdk() {
    let found = offenders(&files_below("src"), &["aws_sdk", "aws_config", "aws_smithy"], &["src/source/insights"]);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn rule_3_the_canvas_is_the_only_door_to_the_screen() {
    let words =
        ["Span::", "Line::", "Paragraph", "set_string", "set_symbol", "set_char", "set_span", "Text::from", "ratatui::widgets", "ratatui::text"];
    let found = offenders(&files_below("src/tui"), &words, &["src/tui/widgets/canvas.rs"]);
    assert!(found.is_empty(), "{found:#?}");
    let buffers = offenders(
        &files_below("src/tui"),
        &["Buffer"],
        &[
            "src/tui/widgets/canvas.rs",
            "src/tui/terminal.rs",
            "src/tui/painter.rs",
            "src/tui/rehearsal.rs",
            "src/tui/widgets/histogram.rs",
            "src/tui/tests",
        ],
    );
    assert!(buffers.is_empty(), "{buffers:#?}");
}

#[test]
fn rule_4_the_screen_does_no_io() {
    let files: Vec<PathBuf> = files_below("src/tui")
        .into_iter()
        .filter(|path| {
            ["update", "render", "panes", "layers", "widgets", "state", "view", "history"]
                .iter()
                .any(|part| name(path).contains(&format!("src/tui/{part}")))
        })
        .collect();
    assert!(files.len() > 15);
    let found =
        offenders(&files, &["std::fs", "std::io", "std::net", "std::thread", "crate::case", "crate::source", "Instant", "SystemTime", ".now()"], &[]);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn rule_5_only_update_changes_the_state() {
    let found = offenders(&files_below("src/tui"), &["&mut State"], &["src/tui/update"]);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn rule_9_files_are_short_and_say_what_they_own() {
    let mut found = Vec::new();
    for path in files_below("src") {
        let text = fs::read_to_string(&path).expect("a source file");
        if text.lines().count() > LONGEST {
            found.push(format!("{} has {} lines", name(&path), text.lines().count()));
        }
        if !text.starts_with("//!") {
            found.push(format!("{} does not open with //!", name(&path)));
        }
        if ["utils.rs", "common.rs", "helpers.rs", "types.rs"].iter().any(|vague| path.ends_with(vague)) {
            found.push(format!("{} has a name that says nothing", name(&path)));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn rules_are_written_down() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ARCHITECTURE.md")).expect("the architecture");
    for number in 1..=9 {
        assert!(text.contains(&format!("| {number} |")), "rule {number}");
    }
}

#[test]
fn rule_8_keys_are_documented_from_the_command_table() {
    let expected = outcrop::tui::keys_document().expect("sound keymaps");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/KEYS.md");
    if std::env::var_os("OUTCROP_WRITE_DOCS").is_some() {
        fs::write(&path, &expected).expect("docs can be written");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, expected, "docs/KEYS.md is out of date: run the tests with OUTCROP_WRITE_DOCS=1");
}
