//! CSV: lossless, except that a cell which a spreadsheet would take for a formula gets a `'` before it.

use std::io::Write;

use crate::model::secret::plain_masks;

/// Writes titles and rows.
///
/// # Errors
/// The output cannot be written.
pub fn write_csv<R, C>(out: impl Write, titles: &[&str], rows: impl IntoIterator<Item = R>) -> Result<(), csv::Error>
where
    R: IntoIterator<Item = C>,
    C: AsRef<str>,
{
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(titles)?;
    for row in rows {
        writer.write_record(row.into_iter().map(|cell| disarmed(cell.as_ref())))?;
    }
    writer.flush()?;
    Ok(())
}

fn disarmed(cell: &str) -> String {
    let cell = plain_masks(cell);
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_disarmed_and_quotes_kept() {
        let mut out = Vec::new();
        write_csv(&mut out, &["a", "b"], [["=1+1", "x\"y,z"]]).expect("memory");
        assert_eq!(String::from_utf8(out).expect("text"), "a,b\n'=1+1,\"x\"\"y,z\"\n");
    }
}
