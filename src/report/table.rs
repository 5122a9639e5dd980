//! Tables on stdout. Every cell is made safe here: this is the door to a terminal outside the workbench.

use std::borrow::Cow;

use comfy_table::{ContentArrangement, Table, presets};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

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

/// A table of one line a row: what is wider than the terminal is cut, column by column as `cuts` says, until it fits. A
/// column that may be cut to nothing is left out. Columns that `cuts` does not name are never cut.
pub fn table_of_lines<const N: usize>(titles: [&str; N], rows: Vec<[String; N]>, width: Option<u16>, cuts: &[(usize, usize)]) -> String {
    let safe = |row: [String; N]| row.map(|cell| SafeText::line(&cell, Glyphs::Unicode).into_string());
    let rows: Vec<[String; N]> = std::iter::once(titles.map(str::to_owned)).chain(rows.into_iter().map(safe)).collect();
    let mut widths: Vec<usize> =
        (0..N).map(|column| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max().unwrap_or(0)).collect();
    let room = width.map_or(usize::MAX, usize::from);
    let natural = widths.clone();
    let line = |widths: &[usize]| widths.iter().filter(|width| **width > 0).map(|width| width + GAP.len()).sum::<usize>().saturating_sub(GAP.len());
    for (column, least) in cuts {
        let taken = line(&widths);
        let Some(width) = widths.get_mut(*column).filter(|_| taken > room) else { continue };
        let fitting = width.saturating_sub(taken - room).max(*least);
        *width = if *least == 0 { 0 } else { (*width).min(fitting) };
    }
    // A column that was left out may have made more room than was needed.
    for (column, _) in cuts {
        let spare = room.saturating_sub(line(&widths));
        if let (Some(width), Some(natural)) = (widths.get_mut(*column).filter(|width| **width > 0), natural.get(*column)) {
            *width = width.saturating_add(spare).min(*natural);
        }
    }
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths).filter(|(_, width)| **width > 0) {
            let shown = cut(cell, *width);
            line.extend([if line.is_empty() { "" } else { GAP }, &shown]);
            line.extend(std::iter::repeat_n(' ', width.saturating_sub(shown.width())));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Between columns.
const GAP: &str = "  ";

/// The beginning of a text that is too wide; of a path or an ARN the end, which tells it apart.
fn cut(text: &str, room: usize) -> Cow<'_, str> {
    if text.width() <= room {
        return Cow::Borrowed(text);
    }
    let fitting = |characters: &mut dyn Iterator<Item = char>| {
        let mut used = 1;
        let fits = |character: &char| {
            used += character.width().unwrap_or(0);
            used <= room
        };
        characters.take_while(fits).collect::<Vec<char>>()
    };
    if text.contains('/') && !text.contains(' ') {
        let kept = fitting(&mut text.chars().rev());
        return Cow::Owned(std::iter::once('…').chain(kept.into_iter().rev()).collect());
    }
    Cow::Owned(fitting(&mut text.chars()).into_iter().chain(std::iter::once('…')).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_where_they_may_be_and_never_wrap() {
        let rows = || {
            vec![
                ["0123".to_owned(), "111122223333/user/somebody".to_owned(), "a long summary of a call".to_owned(), "192.0.2.1".to_owned()],
                ["4567".to_owned(), "acme".to_owned(), "短い\u{1b}[2J".to_owned(), String::new()],
            ]
        };
        let shown = |width| table_of_lines(["id", "who", "what", "ip"], rows(), width, &[(2, 10), (3, 0), (1, 8)]);
        let wide = "id    who                         what                      ip\n0123  111122223333/user/somebody  a long summary of a call  192.0.2.1\n4567  acme                        短い␛[2J\n";
        assert_eq!(shown(None), wide);
        assert_eq!(shown(Some(60)).lines().nth(1), Some("0123  111122223333/user/somebody  a long summary…  192.0.2.1"));
        assert_eq!(shown(Some(40)).lines().nth(1), Some("0123  …2223333/user/somebody  a long su…"));
        assert_eq!(shown(Some(52)).lines().nth(1), Some("0123  111122223333/user/somebody  a long summary of…"), "the room of the address is used");
        for width in [24, 40, 60, 80] {
            let text = shown(Some(width));
            assert_eq!(text.lines().count(), 3);
            assert!(text.lines().all(|line| line.width() <= usize::from(width.max(28))), "{width}: {text}");
            assert!(text.contains("\n0123  ") && text.contains("\n4567  "), "{text}");
        }
    }

    #[test]
    fn cells_cannot_act() {
        let text = table(&["who", "what"], [["a\u{1b}[2J", "b\nc"]], None);
        assert!(text.contains("a␛[2J") && text.contains("b⏎c"), "{text}");
        assert!(!text.contains('\u{1b}'));
    }
}
