//! `outcrop completions` and `outcrop man`: made from the argument definitions.

use std::io::{self, Write};

use clap::CommandFactory;

use super::Done;
use super::cli::Cli;
use super::failure::Failure;

/// Prints completions for a shell.
pub fn completions(shell: clap_complete::Shell) -> Result<Done, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "outcrop", &mut text);
    io::stdout().lock().write_all(&text)?;
    Ok(Done::Complete)
}

/// Prints the man page, commands included.
pub fn man() -> Result<Done, Failure> {
    let mut text = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut text)?;
    io::stdout().lock().write_all(&text)?;
    Ok(Done::Complete)
}
