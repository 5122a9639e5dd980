//! The terminal's clipboard, over SSH too: OSC 52, or tmux's own buffer where tmux drops it.

use std::io::Write;
use std::process::{Command, Stdio};

use crossterm::clipboard::CopyToClipboard;

/// Terminals cap what they take at tens of kilobytes, and nobody tells: more than this is refused.
pub const LIMIT: usize = 74_000;

/// Sends text to the clipboard. The text is safe already (`update::act::copy`).
///
/// # Errors
/// A sentence: too large, or the terminal is gone.
pub fn copy(text: &str, terminal: &mut impl Write) -> Result<(), String> {
    if text.len() > LIMIT {
        return Err(format!("{} bytes are more than terminals take ({LIMIT}): export the rows to a file instead", text.len()));
    }
    // tmux drops OSC 52 of programs unless told otherwise, but takes text by itself.
    if std::env::var_os("TMUX").is_some() && into_tmux(text) {
        return Ok(());
    }
    crossterm::execute!(terminal, CopyToClipboard::to_clipboard_from(text)).map_err(|error| format!("the terminal took no text: {error}"))
}

fn into_tmux(text: &str) -> bool {
    let child = Command::new("tmux").args(["load-buffer", "-w", "-"]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let Ok(mut child) = child else { return false };
    let written = child.stdin.take().is_some_and(|mut pipe| pipe.write_all(text.as_bytes()).is_ok());
    child.wait().is_ok_and(|status| status.success()) && written
}
