//! Answers to stdout in the form that was asked for, or that suits where stdout goes.

use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};

use serde::Serialize;

use super::cli::{Format, OutputArgs};
use super::failure::Failure;
use crate::model::SafeText;
use crate::report::{table, table_of_lines, to_json, to_json_pretty, write_csv};

/// Where an answer goes.
pub struct Output {
    format: Format,
    out: BufWriter<StdoutLock<'static>>,
    to_terminal: bool,
    listed: u64,
}

impl Output {
    /// The output these arguments ask for: a table on a terminal, one object a line otherwise.
    pub fn new(args: OutputArgs) -> Self {
        let to_terminal = io::stdout().is_terminal();
        let format = args.format.unwrap_or(if to_terminal { Format::Table } else { Format::Ndjson });
        Self { format, out: BufWriter::new(io::stdout().lock()), to_terminal, listed: 0 }
    }

    /// The form.
    pub const fn format(&self) -> Format {
        self.format
    }

    /// A table or CSV of cells.
    pub fn rows<R, C>(&mut self, titles: &[&str], rows: impl IntoIterator<Item = R>) -> Result<(), Failure>
    where
        R: IntoIterator<Item = C>,
        C: AsRef<str>,
    {
        if self.format == Format::Csv && !self.to_terminal {
            return Ok(write_csv(&mut self.out, titles, rows)?);
        }
        if self.format == Format::Csv {
            // CSV is lossless for programs, but a terminal is a person.
            let mut text = Vec::new();
            write_csv(&mut text, titles, rows)?;
            for line in String::from_utf8_lossy(&text).lines() {
                writeln!(self.out, "{}", SafeText::new(line))?;
            }
            return Ok(());
        }
        Ok(self.out.write_all(table(titles, rows, self.width()).as_bytes())?)
    }

    /// A table of one line a row, cut to the terminal as [`table_of_lines`] says.
    pub fn lines<const N: usize>(&mut self, titles: [&str; N], rows: Vec<[String; N]>, cuts: &[(usize, usize)]) -> Result<(), Failure> {
        Ok(self.out.write_all(table_of_lines(titles, rows, self.width(), cuts).as_bytes())?)
    }

    fn width(&self) -> Option<u16> {
        self.to_terminal.then(|| crossterm::terminal::size().map_or(120, |(columns, _)| columns))
    }

    /// One element of a list in JSON or one-object-a-line form; call [`end_list`](Self::end_list) after the last.
    pub fn element(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let json = to_json(value)?;
        if self.format == Format::Json {
            self.out.write_all(if self.listed == 0 { b"[\n" } else { b",\n" })?;
            self.out.write_all(json.as_bytes())?;
        } else {
            writeln!(self.out, "{json}")?;
        }
        self.listed += 1;
        Ok(())
    }

    /// Ends a list.
    pub fn end_list(&mut self) -> Result<(), Failure> {
        if self.format == Format::Json {
            self.out.write_all(if self.listed == 0 { b"[]\n" } else { b"\n]\n" })?;
        }
        Ok(self.out.flush()?)
    }

    /// One object that is the whole answer.
    pub fn object(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let json = if self.format == Format::Json { to_json_pretty(value)? } else { to_json(value)? };
        writeln!(self.out, "{json}")?;
        Ok(self.out.flush()?)
    }

    /// A line of text for a person.
    pub fn line(&mut self, text: &str) -> Result<(), Failure> {
        Ok(writeln!(self.out, "{}", SafeText::new(text))?)
    }

    /// Hands what is buffered on.
    pub fn flush(&mut self) -> Result<(), Failure> {
        Ok(self.out.flush()?)
    }
}
