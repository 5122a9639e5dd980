//! A table of expected values beside the samples: tab-separated, `-` for nothing. It holds no text of a sample: what is
//! not a number or a name that AWS gave stands there as the first eight hex digits of its SHA-256.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

/// One row: its columns by name.
pub type Row = BTreeMap<String, String>;

/// The folder of the samples (`../shared/samples`, or `OUTCROP_SAMPLES`), or a line that says why nothing is tested.
pub fn samples(part: &str) -> Option<PathBuf> {
    let folder =
        std::env::var_os("OUTCROP_SAMPLES").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/samples"), PathBuf::from);
    let folder = folder.join(part);
    if !folder.is_dir() {
        let _ = writeln!(std::io::stderr(), "skipped: there are no samples at {} (OUTCROP_SAMPLES names another folder)", folder.display());
        return None;
    }
    Some(folder)
}

/// The rows of a table.
pub fn rows(table: &str) -> Vec<Row> {
    let mut reader = csv::ReaderBuilder::new().delimiter(b'\t').quoting(false).from_reader(table.as_bytes());
    let rows: Vec<Row> = reader.deserialize().map(|row| row.expect("a row as long as the header")).collect();
    assert!(!rows.is_empty());
    rows
}

/// Where a row stands in the samples: file and number.
pub fn place(row: &Row) -> (String, usize) {
    (row["file"].clone(), row["line"].parse().expect("a number"))
}

/// A text that is not to be committed.
pub fn hash(text: &str) -> String {
    Sha256::digest(text).iter().take(4).fold(String::new(), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

/// Text, or `-`.
pub fn or_dash(text: Option<impl ToString>) -> String {
    text.map_or_else(|| "-".to_owned(), |text| text.to_string())
}

/// Every column of every row must be as found, and every record must have a row.
#[track_caller]
pub fn compare(rows: &[Row], found: &BTreeMap<(String, usize), Vec<(&'static str, String)>>) {
    let mut differences = String::new();
    let expected: BTreeSet<_> = rows.iter().map(place).collect();
    for (file, line) in found.keys().filter(|place| !expected.contains(place)) {
        let _ = writeln!(differences, "{file}:{line}: the table has no row for it");
    }
    for row in rows {
        let (file, line) = place(row);
        let Some(columns) = found.get(&(file.clone(), line)) else {
            let _ = writeln!(differences, "{file}:{line}: there is no such record");
            continue;
        };
        for (column, value) in columns {
            let expected = row.get(*column).expect("a column of that name");
            if value != expected {
                let _ = writeln!(differences, "{file}:{line} {column}: expected {expected}, found {value}");
            }
        }
    }
    assert!(differences.is_empty(), "\n{differences}");
}
