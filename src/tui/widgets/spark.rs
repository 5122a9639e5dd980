//! Numbers over time in one line.

const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
const ASCII: [&str; 9] = [" ", ".", ".", ":", ":", "+", "+", "#", "#"];

/// A line of so many cells at most. Heights are on a square-root scale, so that one event beside ten thousand is still seen.
pub fn spark(values: &[u64], width: u16, ascii: bool) -> String {
    let width = usize::from(width).min(values.len());
    if width == 0 {
        return String::new();
    }
    let cells: Vec<u64> = (0..width)
        .map(|cell| {
            let part = values.get(cell * values.len() / width..(cell + 1) * values.len() / width).unwrap_or_default();
            part.iter().fold(0_u64, |sum, value| sum.saturating_add(*value))
        })
        .collect();
    let top = cells.iter().copied().max().unwrap_or(0).max(1);
    let glyphs = if ascii { &ASCII } else { &EIGHTHS };
    let glyph = |cell: u64| {
        let level = if cell == 0 { 0 } else { ((cell as f64 / top as f64).sqrt() * 8.0).round().clamp(1.0, 8.0) as usize };
        glyphs.get(level).copied().unwrap_or(" ")
    };
    cells.into_iter().map(glyph).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heights_of_numbers() {
        assert_eq!(spark(&[0, 1, 64, 16], 4, false), " ▁█▄");
        assert_eq!(spark(&[1, 1, 0, 0], 2, false), "█ ");
        assert_eq!(spark(&[0, 100], 8, true), " #");
        assert_eq!(spark(&[], 8, false), "");
        assert_eq!(spark(&[u64::MAX, u64::MAX], 1, false), "█");
    }
}
