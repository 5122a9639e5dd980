//! The one door to the screen. Every text drawn anywhere passes [`Canvas::text`], which makes it [`SafeText`]: this is
//! what keeps escape sequences, bidi tricks and hidden characters in logs from acting (docs/ARCHITECTURE.md, rule 3).

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use regex::Regex;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::model::{Glyphs, SafeText};
use crate::tui::theme::{Role, Theme};

/// A rectangle of cells.
pub type Area = Rect;

/// Draws on a buffer with a theme. Coordinates outside the buffer are cut off, never an error.
pub struct Canvas<'a> {
    buffer: &'a mut Buffer,
    theme: &'a Theme,
    glyphs: Glyphs,
    highlight: Option<&'a Regex>,
}

impl<'a> Canvas<'a> {
    /// A canvas over a buffer.
    pub fn new(buffer: &'a mut Buffer, theme: &'a Theme, glyphs: Glyphs) -> Self {
        Self { buffer, theme, glyphs, highlight: None }
    }

    /// What is searched for: its matches are shown in every text drawn from now on.
    pub fn highlight(&mut self, pattern: Option<&'a Regex>) {
        self.highlight = pattern;
    }

    /// The whole screen.
    pub fn area(&self) -> Area {
        *self.buffer.area()
    }

    /// ASCII only?
    pub fn is_ascii(&self) -> bool {
        self.glyphs == Glyphs::Ascii
    }

    /// One of two glyphs, by what the terminal can show.
    pub fn glyph(&self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.is_ascii() { ascii } else { unicode }
    }

    /// Draws text at a place, at most `width` cells; cut text ends in `…`. Gives the number of cells used.
    pub fn text(&mut self, x: u16, y: u16, width: u16, text: &str, role: Role) -> u16 {
        self.styled(x, y, width, text, self.theme.style(role))
    }

    fn styled(&mut self, x: u16, y: u16, width: u16, text: &str, style: Style) -> u16 {
        // No more of the text can be seen than a few characters a cell; hostile lines may be megabytes long.
        let budget = usize::from(width).saturating_mul(4) + 64;
        let cut = text.char_indices().nth(budget).map_or(text, |(end, _)| text.get(..end).unwrap_or(text));
        let shown = if self.is_ascii() { Cow::Owned(in_ascii(cut)) } else { Cow::Borrowed(cut) };
        let safe = SafeText::line(&shown, self.glyphs);
        let room = width.min(self.area().right().saturating_sub(x));
        if room == 0 || y >= self.area().bottom() {
            return 0;
        }
        let whole = safe.as_str();
        let fits = whole.width() <= usize::from(room) && cut.len() == text.len();
        let limit = if fits { room } else { room.saturating_sub(1) };
        let found: Vec<_> = self.highlight.map(|pattern| pattern.find_iter(whole).map(|hit| hit.range()).collect()).unwrap_or_default();
        let mut column = 0;
        for (at, grapheme) in whole.grapheme_indices(true) {
            let cells = grapheme.width() as u16;
            if column + cells > limit {
                break;
            }
            let mut look = style;
            if safe.marks().iter().any(|mark| mark.contains(&at)) {
                look = look.patch(self.theme.style(Role::HiddenChar));
            }
            if found.iter().any(|range| range.contains(&at)) {
                look = look.patch(self.theme.style(Role::Match));
            }
            self.buffer.set_stringn(x + column, y, grapheme, usize::from(cells.max(1)), look);
            column += cells;
        }
        if !fits && room > 0 {
            let end = if self.is_ascii() { "~" } else { "…" };
            self.buffer.set_stringn(x + column, y, end, 1, style);
            column += 1;
        }
        column
    }

    /// Gives an area a role's look and blanks it.
    pub fn clear(&mut self, area: Area, role: Role) {
        let style = Style::reset().patch(self.theme.style(role));
        let blank = " ".repeat(usize::from(area.width));
        for y in area.top()..area.bottom().min(self.area().bottom()) {
            self.buffer.set_stringn(area.x, y, &blank, usize::from(area.width), style);
        }
    }

    /// Lays a role's look over what is drawn already (the selected row).
    pub fn tint(&mut self, area: Area, role: Role) {
        let style = self.theme.style(role);
        self.buffer.set_style(area.intersection(self.area()), style);
    }

    /// A horizontal line with a title in it.
    pub fn rule(&mut self, area: Area, title: &str, role: Role) {
        let line = self.glyph("─", "-").repeat(usize::from(area.width));
        self.text(area.x, area.y, area.width, &line, Role::Rule);
        if !title.is_empty() {
            self.text(area.x + 1, area.y, area.width.saturating_sub(2), &format!(" {title} "), role);
        }
    }

    /// A framed, cleared box with a title; gives the area inside.
    pub fn popup(&mut self, area: Area, title: &str) -> Area {
        self.clear(area, Role::Popup);
        let (h, v) = (self.glyph("─", "-"), self.glyph("│", "|"));
        let corners = if self.is_ascii() { ["+", "+", "+", "+"] } else { ["╭", "╮", "╰", "╯"] };
        let inner = usize::from(area.width.saturating_sub(2));
        let [top_left, top_right, bottom_left, bottom_right] = corners;
        self.text(area.x, area.y, area.width, &format!("{top_left}{}{top_right}", h.repeat(inner)), Role::Rule);
        for y in area.top() + 1..area.bottom().saturating_sub(1) {
            self.text(area.x, y, 1, v, Role::Rule);
            self.text(area.right().saturating_sub(1), y, 1, v, Role::Rule);
        }
        self.text(area.x, area.bottom().saturating_sub(1), area.width, &format!("{bottom_left}{}{bottom_right}", h.repeat(inner)), Role::Rule);
        self.text(area.x + 2, area.y, area.width.saturating_sub(4), &format!(" {title} "), Role::Title);
        Rect::new(area.x + 2, area.y + 1, area.width.saturating_sub(4), area.height.saturating_sub(2))
    }

    /// One cell with a foreground role and, below it, a second role's colour as ground (stacked bars).
    pub(super) fn bar_cell(&mut self, x: u16, y: u16, glyph: &'static str, fg: Role, bg: Option<Role>) {
        let style = Style { fg: self.theme.style(fg).fg, bg: bg.and_then(|role| self.theme.style(role).fg), ..Style::default() };
        self.buffer.set_stringn(x, y, glyph, 1, style);
    }
}

/// The workbench's own punctuation for terminals that have none of it.
fn in_ascii(text: &str) -> String {
    text.replace(" · ", " - ").replace(" → ", " > ").replace('–', "-").replace('…', "~")
}

/// A box of this size in the middle of an area, cut to it.
pub fn centred(area: Area, width: u16, height: u16) -> Area {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect::new(area.x + (area.width - width) / 2, area.y + (area.height - height) / 2, width, height)
}
