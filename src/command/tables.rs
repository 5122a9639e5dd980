//! `outcrop tables`: the tables of a case that `lookup` and `cidrlookup` read.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::Done;
use super::cli::{CaseArgs, Format, OutputArgs};
use super::failure::Failure;
use super::output::Output;
use super::place;
use crate::case::{Reader, Writable, open_read_only};
use crate::query::lookup::{LARGEST, LookupTable};
use crate::report::grouped;

/// Arguments of `tables`.
#[derive(Debug, Args)]
#[command(
    after_help = "Queries read a table with `lookup` and `cidrlookup`, as they read one that was uploaded at AWS.\nExample: outcrop tables known_hosts hosts.csv --case leak.outcrop"
)]
pub struct TablesArgs {
    /// The table's name, as it stands in queries
    pub name: Option<String>,
    /// A CSV file whose first line names the columns; it is copied into the case
    #[arg(requires = "name")]
    pub file: Option<PathBuf>,
    /// Take the table out of the case
    #[arg(long, requires = "name", conflicts_with = "file")]
    pub forget: bool,
    /// Which case.
    #[command(flatten)]
    pub case: CaseArgs,
    /// Form of the answer.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// A table of the case.
#[derive(Serialize)]
struct Table {
    name: String,
    columns: Vec<String>,
    rows: u64,
}

/// Runs the command.
pub fn run(args: &TablesArgs) -> Result<Done, Failure> {
    let path = place::named_or_last(args.case.case.as_deref())?;
    let mut reader = open_read_only(&path)?;
    if let Some(name) = &args.name {
        let csv = match &args.file {
            Some(file) => checked(name, file)?,
            None if !args.forget => {
                return Err(Failure::Usage(format!("say where `{name}` is: outcrop tables {name} FILE.csv; or take it out with --forget")));
            }
            None if reader.lookup_table(name)?.is_none() => {
                return Err(Failure::Usage(format!("this case has no table `{name}`; `outcrop tables` lists those that it has")));
            }
            None => String::new(),
        };
        Writable::open(&path)?.notebook()?.set_lookup_table(name, &csv)?;
    }
    print(&tables(&mut reader)?, args.output)?;
    Ok(Done::Complete)
}

/// The text of a file that is a table.
fn checked(name: &str, file: &PathBuf) -> Result<String, Failure> {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    if name.is_empty() || name.len() > 256 || !name.chars().all(is_word) {
        return Err(Failure::Usage(format!("`{name}` is no name for a table: AWS takes up to 256 letters, digits, `_` and `-`")));
    }
    let cannot = |why: String| Failure::Error(format!("cannot read the table {}: {why}", file.display()));
    let size = fs::metadata(file).map_err(|error| cannot(error.to_string()))?.len();
    if size > LARGEST as u64 {
        return Err(cannot(format!("it has {size} bytes, and AWS takes at most {LARGEST}")));
    }
    let csv = fs::read_to_string(file).map_err(|error| cannot(error.to_string()))?;
    LookupTable::read(&csv).map_err(cannot)?;
    Ok(csv)
}

fn tables(reader: &mut Reader) -> Result<Vec<Table>, Failure> {
    let mut tables = Vec::new();
    for name in reader.lookup_tables()? {
        // What was kept can be read, unless another program wrote it.
        let table = reader.lookup_table(&name)?.and_then(|csv| LookupTable::read(&csv).ok()).unwrap_or_default();
        tables.push(Table { name, rows: table.rows.len() as u64, columns: table.columns });
    }
    Ok(tables)
}

fn print(tables: &[Table], output: OutputArgs) -> Result<(), Failure> {
    let mut output = Output::new(output);
    if matches!(output.format(), Format::Json | Format::Ndjson) {
        tables.iter().try_for_each(|table| output.element(table))?;
        return output.end_list();
    }
    let rows = tables.iter().map(|table| [table.name.clone(), table.columns.join(", "), grouped(table.rows)]);
    output.rows(&["name", "columns", "rows"], rows)?;
    output.flush()
}
