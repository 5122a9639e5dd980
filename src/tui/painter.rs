//! Frames to bytes: only what changed since the last frame is written, and a list that scrolled is scrolled by the
//! terminal itself, so that a step costs hundreds of bytes instead of a screenful.

use std::io::{self, Write};
use std::ops::Range;

use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use crossterm::{execute, queue};
use ratatui::backend::{Backend, ClearType, CrosstermBackend};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Rect, Size};

/// Whole rows that moved up (positive) or down since the last frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scrolled {
    /// The rows of the screen.
    pub rows: Range<u16>,
    /// By how many.
    pub by: i32,
}

/// Draws on a terminal behind a writer.
pub struct Painter<W: Write> {
    backend: CrosstermBackend<W>,
    shown: Buffer,
}

/// Unchanged cells between changed ones that are cheaper to write again than to jump over.
const BRIDGE: u16 = 7;

/// Fills short gaps between changed cells of a row: a jump of the cursor costs eight bytes, a cell in the same style one.
fn bridged<'a>(changed: Vec<(u16, u16, &'a Cell)>, frame: &'a Buffer) -> Vec<(u16, u16, &'a Cell)> {
    let mut out: Vec<(u16, u16, &Cell)> = Vec::with_capacity(changed.len() * 2);
    for (x, y, cell) in changed {
        if let Some((before, row, last)) = out.last().copied()
            && row == y
            && before + 1 < x
            && x - before - 1 <= BRIDGE
        {
            let gap: Vec<(u16, u16, &Cell)> = (before + 1..x).filter_map(|x| Some((x, y, frame.cell((x, y))?))).collect();
            let plain = |cell: &Cell| cell.style() == last.style() && cell.symbol().len() == 1;
            if last.symbol().len() == 1 && gap.iter().all(|(_, _, cell)| plain(cell)) {
                out.extend(gap);
            }
        }
        out.push((x, y, cell));
    }
    out
}

impl<W: Write> Painter<W> {
    /// A painter on an empty screen of this size.
    pub fn new(writer: W, size: (u16, u16)) -> Self {
        Self { backend: CrosstermBackend::new(writer), shown: Buffer::empty(Rect::new(0, 0, size.0, size.1)) }
    }

    /// Draws one frame of this size.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn draw(&mut self, size: (u16, u16), scrolled: Option<&Scrolled>, paint: impl FnOnce(&mut Buffer)) -> io::Result<()> {
        let area = Rect::new(0, 0, size.0, size.1);
        if *self.shown.area() != area {
            self.backend.clear_region(ClearType::All)?;
            self.shown = Buffer::empty(area);
        }
        let mut frame = Buffer::empty(area);
        paint(&mut frame);
        let scrolled = scrolled.filter(|scrolled| scrolled.rows.end <= area.height && (scrolled.by.unsigned_abs() as usize) < scrolled.rows.len());
        if scrolled.is_none() && frame == self.shown {
            return Ok(());
        }
        queue!(self.backend, BeginSynchronizedUpdate)?;
        if let Some(scrolled) = scrolled {
            self.scroll(scrolled)?;
        }
        self.backend.draw(bridged(self.shown.diff(&frame), &frame).into_iter())?;
        self.shown = frame;
        execute!(self.backend, EndSynchronizedUpdate)
    }

    fn scroll(&mut self, scrolled: &Scrolled) -> io::Result<()> {
        let lines = scrolled.by.unsigned_abs() as u16;
        let width = self.shown.area().width;
        let rows: Vec<u16> = if scrolled.by > 0 { scrolled.rows.clone().collect() } else { scrolled.rows.clone().rev().collect() };
        if scrolled.by > 0 {
            self.backend.scroll_region_up(scrolled.rows.clone(), lines)?;
        } else {
            self.backend.scroll_region_down(scrolled.rows.clone(), lines)?;
        }
        // What the terminal shows now.
        for y in rows {
            let from = i32::from(y) + scrolled.by;
            for x in 0..width {
                let cell = u16::try_from(from).ok().filter(|from| scrolled.rows.contains(from)).and_then(|from| self.shown.cell((x, from)).cloned());
                if let Some(target) = self.shown.cell_mut((x, y)) {
                    *target = cell.unwrap_or_default();
                }
            }
        }
        Ok(())
    }

    /// Forgets what is on the screen, so that the next frame is drawn whole.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn forget(&mut self) -> io::Result<()> {
        self.backend.clear_region(ClearType::All)?;
        self.shown = Buffer::empty(*self.shown.area());
        Ok(())
    }

    /// Columns and rows of the terminal.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn size(&self) -> io::Result<(u16, u16)> {
        self.backend.size().map(|Size { width, height }| (width, height))
    }

    /// The writer, for what goes beside the frames.
    pub fn writer(&mut self) -> &mut CrosstermBackend<W> {
        &mut self.backend
    }
}
