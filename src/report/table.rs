//! Tables on stdout. Every cell is made safe here: this is the door to a terminal outside the workbench.

use comfy_table::{ContentArrangement, Table, presets};

use crate::model::{Glyphs, SafeText};

/// A table of untrusted cells under trusted titles, fitted to the terminal's width when there is one.
pub fn table<R, C>(titles: &[&str], rows: impl IntoIterator<Item = R>, width: Option<u16>) -> String
where
    R: IntoIterator<Item = C>,
    C: AsRef<str>,
{
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    if let Some(width) = width {
        table.set_width(width);
    }
    table.set_header(titles.iter().copied());
    for row in rows {
        table.add_row(row.into_iter().map(|cell| SafeText::line(cell.as_ref(), Glyphs::Unicode).into_string()));
    }
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_cannot_act() {
        let text = table(&["who", "what"], [["a\u{1b}[2J", "b\nc"]], None);
        assert!(text.contains("a␛[2J") && text.contains("b⏎c"), "{text}");
        assert!(!text.contains('\u{1b}'));
    }
}
