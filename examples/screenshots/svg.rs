//! A screen as an SVG file. Text has a place for each character, so that any monospace font keeps the columns; blocks and
//! frames are drawn as shapes, so that no seams show; nothing in it depends on when or where it was made.

use std::fmt::Write;

use vt100::{Cell, Color, Screen};

/// Size of a cell.
const CELL: (f32, f32) = (8.4, 18.0);
const FONT_SIZE: f32 = 14.0;
/// Where the text line stands in a cell.
const BASELINE: f32 = 13.5;
/// Room around the cells, and above them for the window's title.
const MARGIN: f32 = 16.0;
const TITLE: f32 = 36.0;
const FONTS: &str = "'JetBrains Mono','Cascadia Mono','SF Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace";

/// What the terminal's own colours look like.
pub struct Palette {
    ground: &'static str,
    text: &'static str,
    frame: &'static str,
    ansi: [&'static str; 16],
}

/// Light text on a dark ground.
pub const DARK: Palette = Palette {
    ground: "#15181e",
    text: "#d5d9e0",
    frame: "#2b303a",
    ansi: [
        "#1b1f27", "#e8716d", "#8cc57f", "#e3b964", "#6ca8f0", "#c390e8", "#5bc4c9", "#a9b1bf", //
        "#717a8a", "#ff8f8a", "#a6dd99", "#f3cf85", "#8fc0ff", "#d9acf8", "#7fdde1", "#eef1f5",
    ],
};

/// Dark text on a light ground.
pub const LIGHT: Palette = Palette {
    ground: "#fbfaf7",
    text: "#2a2e35",
    frame: "#dcd9d1",
    ansi: [
        "#2a2e35", "#c0353a", "#3d7f34", "#e3b341", "#2560b8", "#8b3fb0", "#1a7f86", "#a5a8ad", //
        "#797e87", "#d64a4f", "#4e9944", "#b58100", "#3a78d6", "#a356c9", "#2b98a0", "#fbfaf7",
    ],
};

/// How a cell is drawn.
#[derive(Clone, PartialEq)]
struct Look {
    fg: String,
    bg: Option<String>,
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
}

impl Palette {
    fn color(&self, color: Color, otherwise: &str) -> String {
        match color {
            Color::Default => otherwise.to_owned(),
            Color::Idx(index) => self.ansi.get(usize::from(index)).map_or_else(|| indexed(index), |known| (*known).to_owned()),
            Color::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
        }
    }

    fn look(&self, cell: &Cell) -> Look {
        let mut fg = self.color(cell.fgcolor(), self.text);
        let mut bg = (cell.bgcolor() != Color::Default).then(|| self.color(cell.bgcolor(), self.ground));
        if cell.inverse() {
            let ground = bg.unwrap_or_else(|| self.ground.to_owned());
            bg = Some(std::mem::replace(&mut fg, ground));
        }
        Look { fg, bg, bold: cell.bold(), dim: cell.dim(), italic: cell.italic(), underline: cell.underline() }
    }
}

/// The 240 colours beyond the sixteen, as xterm defines them: a cube of six steps, then greys.
fn indexed(index: u8) -> String {
    let step = |level: u8| if level == 0 { 0 } else { 55 + 40 * level };
    let (red, green, blue) = match index {
        232.. => (8 + 10 * (index - 232), 8 + 10 * (index - 232), 8 + 10 * (index - 232)),
        _ => {
            let cube = index.saturating_sub(16);
            (step(cube / 36), step(cube / 6 % 6), step(cube % 6))
        }
    };
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// The picture of a screen.
pub fn draw(screen: &Screen, palette: &Palette, title: &str) -> String {
    let (rows, columns) = size(screen);
    let (width, height) = (f32::from(columns) * CELL.0 + 2.0 * MARGIN, f32::from(rows) * CELL.1 + TITLE + MARGIN);
    let Palette { ground, frame, .. } = palette;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" font-family=\"{FONTS}\" font-size=\"{FONT_SIZE}\">\n\
         <rect x=\".5\" y=\".5\" width=\"{iw}\" height=\"{ih}\" rx=\"10\" fill=\"{ground}\" stroke=\"{frame}\"/>\n",
        w = short(width),
        h = short(height),
        iw = short(width - 1.0),
        ih = short(height - 1.0),
    );
    for (x, color) in [(20, 9), (38, 11), (56, 10)] {
        let _ = writeln!(svg, "<circle cx=\"{x}\" cy=\"18\" r=\"5.5\" fill=\"{}\" opacity=\".8\"/>", palette.ansi.get(color).unwrap_or(frame));
    }
    let muted = palette.ansi.get(8).unwrap_or(&palette.text);
    let _ = writeln!(svg, "<text x=\"{}\" y=\"23\" text-anchor=\"middle\" fill=\"{muted}\" font-size=\"13\">{title}</text>", short(width / 2.0));
    for row in 0..rows {
        grounds(&mut svg, screen, palette, row);
        shapes(&mut svg, screen, palette, row);
        text(&mut svg, screen, palette, row);
    }
    svg.push_str("</svg>\n");
    svg
}

/// Rows and columns.
fn size(screen: &Screen) -> (u16, u16) {
    let (rows, columns) = screen.size();
    (rows.get(), columns.get())
}

fn left(column: u16) -> f32 {
    MARGIN + f32::from(column) * CELL.0
}

fn top(row: u16) -> f32 {
    TITLE + f32::from(row) * CELL.1
}

/// Neighbouring cells for which `of` gives the same value: their first column, the one after the last, and the value.
fn runs<T: PartialEq>(screen: &Screen, row: u16, of: impl Fn(&Cell) -> Option<T>) -> Vec<(u16, u16, T)> {
    let mut runs: Vec<(u16, u16, T)> = Vec::new();
    for column in 0..size(screen).1 {
        let Some(value) = screen.cell(row, column).and_then(&of) else { continue };
        match runs.last_mut() {
            Some((_, end, last)) if *end == column && *last == value => *end = column + 1,
            _ => runs.push((column, column + 1, value)),
        }
    }
    runs
}

fn rectangle(svg: &mut String, x: f32, y: f32, width: f32, height: f32, fill: &str) {
    let _ = writeln!(svg, "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{fill}\"/>", short(x), short(y), short(width), short(height));
}

fn grounds(svg: &mut String, screen: &Screen, palette: &Palette, row: u16) {
    for (from, to, fill) in runs(screen, row, |cell| palette.look(cell).bg) {
        rectangle(svg, left(from), top(row), f32::from(to - from) * CELL.0, CELL.1, &fill);
    }
    for (from, to, fill) in runs(screen, row, |cell| Some(palette.look(cell)).filter(|look| look.underline).map(|look| look.fg)) {
        rectangle(svg, left(from), top(row) + CELL.1 - 2.0, f32::from(to - from) * CELL.0, 1.0, &fill);
    }
}

/// Blocks, horizontal and vertical lines, and the round corners of frames.
fn shapes(svg: &mut String, screen: &Screen, palette: &Palette, row: u16) {
    let bar = |cell: &Cell| Some((eighths(cell.contents())?, palette.look(cell).fg));
    for (from, to, (level, fill)) in runs(screen, row, bar) {
        let height = CELL.1 * f32::from(level) / 8.0;
        rectangle(svg, left(from), top(row) + CELL.1 - height, f32::from(to - from) * CELL.0, height, &fill);
    }
    let (middle_x, middle_y) = (CELL.0 / 2.0, CELL.1 / 2.0);
    for (from, to, fill) in runs(screen, row, |cell| (cell.contents() == "─").then(|| palette.look(cell).fg)) {
        rectangle(svg, left(from), top(row) + middle_y - 0.5, f32::from(to - from) * CELL.0, 1.0, &fill);
    }
    for column in 0..size(screen).1 {
        let Some(cell) = screen.cell(row, column) else { continue };
        let (x, y, fill) = (left(column), top(row), palette.look(cell).fg);
        let (sideways, end) = match cell.contents() {
            "│" => {
                rectangle(svg, x + middle_x - 0.5, y, 1.0, CELL.1, &fill);
                continue;
            }
            "╭" => (x + CELL.0, y + CELL.1),
            "╮" => (x, y + CELL.1),
            "╰" => (x + CELL.0, y),
            "╯" => (x, y),
            _ => continue,
        };
        let (x, y) = (x + middle_x, y + middle_y);
        let _ = writeln!(
            svg,
            "<path d=\"M{} {}Q{} {} {} {}\" fill=\"none\" stroke=\"{fill}\"/>",
            short(sideways),
            short(y),
            short(x),
            short(y),
            short(x),
            short(end)
        );
    }
}

/// How many eighths of its cell a block fills from below.
fn eighths(contents: &str) -> Option<u8> {
    "▁▂▃▄▅▆▇█".chars().zip(1..).find(|(glyph, _)| contents.chars().eq([*glyph])).map(|(_, level)| level)
}

fn is_shape(contents: &str) -> bool {
    eighths(contents).is_some() || ["─", "│", "╭", "╮", "╰", "╯"].contains(&contents)
}

fn text(svg: &mut String, screen: &Screen, palette: &Palette, row: u16) {
    let look = |cell: &Cell| {
        let blank = cell.contents().trim().is_empty() || is_shape(cell.contents());
        (!blank || cell.is_wide_continuation()).then(|| palette.look(cell))
    };
    for (from, to, look) in runs(screen, row, look) {
        let (mut places, mut glyphs) = (String::new(), String::new());
        for column in from..to {
            let contents = screen.cell(row, column).map(Cell::contents).unwrap_or_default();
            for (index, character) in contents.chars().enumerate() {
                // A mark over a character has no place of its own.
                if index == 0 {
                    let _ = write!(places, "{}{}", if places.is_empty() { "" } else { " " }, short(left(column)));
                }
                match character {
                    '&' => glyphs.push_str("&amp;"),
                    '<' => glyphs.push_str("&lt;"),
                    '>' => glyphs.push_str("&gt;"),
                    other => glyphs.push(other),
                }
            }
        }
        let _ = write!(svg, "<text y=\"{}\" x=\"{places}\" fill=\"{}\"", short(top(row) + BASELINE), look.fg);
        for (wanted, attribute) in [(look.bold, " font-weight=\"700\""), (look.dim, " opacity=\".65\""), (look.italic, " font-style=\"italic\"")] {
            svg.push_str(if wanted { attribute } else { "" });
        }
        let _ = writeln!(svg, ">{glyphs}</text>");
    }
}

/// A length with one decimal at most.
fn short(length: f32) -> String {
    let text = format!("{length:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}
