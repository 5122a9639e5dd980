//! The frame: where things stand, and the lines that every view shares. Drawing takes `&State` and changes nothing.

mod chrome;

use std::ops::Range;

use super::layers;
use super::painter::Scrolled;
use super::panes;
use super::state::State;
use super::view::{Pane, Shape};
use super::widgets::{Area, Canvas};

pub use crate::report::{bytes, grouped};
pub use chrome::tab_places;

/// Smallest screen that is drawn.
const SMALLEST: (u16, u16) = (40, 10);

/// Where things stand on a screen of this size. Everything follows from the state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Case, scope, totals.
    pub title: Area,
    /// Panes.
    pub tabs: Area,
    /// Everything between tabs and hints.
    pub body: Area,
    /// Who ran what, above the list of commands; empty elsewhere.
    pub matrix: Area,
    /// The histogram; empty when there is no room or no need.
    pub histogram: Area,
    /// The state of the defences, or what is spelled out above an opened record; empty elsewhere.
    pub above: Area,
    /// Column titles.
    pub header: Area,
    /// Rows of the list.
    pub rows: Area,
    /// Preview, detail or reading view, with its title line; empty when there is none.
    pub detail: Area,
    /// Keys, or a message.
    pub hints: Area,
}

impl Layout {
    /// The layout of the view shown.
    pub fn of(state: &State) -> Self {
        let (width, height) = state.size;
        let line = |y: u16| Area::new(0, y, width, 1);
        let body = Area::new(0, 2, width, height.saturating_sub(3));
        let mut layout = Self { title: line(0), tabs: line(1), hints: line(height.saturating_sub(1)), body, ..Self::default() };
        match state.view.pane.shape() {
            Shape::Page | Shape::Empty => layout.detail = body,
            Shape::Controls if state.view.open => {
                let lines = panes::spelled_lines(state, width).min(body.height / 2);
                layout.above = Area::new(0, body.y, width, lines);
                layout.detail = Area::new(0, body.y + lines, width, body.height - lines);
            }
            _ if state.view.open => layout.detail = body,
            Shape::Exchanges if width >= 100 => {
                let left = (width * 9 / 20).clamp(44, 80);
                layout.header = Area::new(0, body.y, left, 1);
                layout.rows = Area::new(0, body.y + 1, left, body.height.saturating_sub(1));
                layout.detail = Area::new(left + 1, body.y, width - left - 1, body.height);
            }
            Shape::Exchanges => {
                let top = (body.height * 2 / 5).max(4);
                layout.header = line(body.y);
                layout.rows = Area::new(0, body.y + 1, width, top - 1);
                layout.detail = Area::new(0, body.y + top, width, body.height.saturating_sub(top));
            }
            shape => {
                let bars = match (state.view.pane, height) {
                    (Pane::Timeline, 34..) => 5,
                    (Pane::Timeline, 20..) => 4,
                    _ => 0,
                };
                let table = match shape {
                    Shape::Controls => panes::table_lines(state.list.page.places.len(), height),
                    _ => 0,
                };
                let preview =
                    if matches!(shape, Shape::Events | Shape::Controls | Shape::Values(_)) && state.preview && height >= 30 { 11 } else { 0 };
                layout.histogram = Area::new(1, body.y, width.saturating_sub(2), bars);
                let bars = if state.view.pane == Pane::Cli { panes::matrix_lines(state, height) } else { bars };
                layout.matrix = Area::new(0, body.y, width, if state.view.pane == Pane::Cli { bars } else { 0 });
                layout.above = Area::new(0, body.y, width, table);
                layout.header = line(body.y + bars + table);
                layout.rows = Area::new(0, layout.header.y + 1, width, body.height.saturating_sub(bars + table + 1 + preview));
                layout.detail = Area::new(0, layout.rows.bottom(), width, preview);
            }
        }
        layout
    }

    /// Lines of text in the detail below its title line.
    pub const fn detail_lines(&self) -> u16 {
        self.detail.height.saturating_sub(1)
    }
}

/// The rows a frame shows of a list, to tell how far the next frame has scrolled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    pane: Pane,
    rows: Area,
    top: usize,
    layers: usize,
}

impl Window {
    /// The window of the view shown.
    pub fn of(state: &State) -> Self {
        Self { pane: state.view.pane, rows: Layout::of(state).rows, top: state.view.position().top, layers: state.layers.len() }
    }

    /// How the terminal can get from another window to this one by scrolling whole lines; `None` when it cannot.
    pub fn scrolled_from(&self, before: &Self) -> Option<Scrolled> {
        let by = i32::try_from(self.top).ok()? - i32::try_from(before.top).ok()?;
        let same = self.pane == before.pane && self.rows == before.rows && self.layers == 0 && before.layers == 0;
        let whole_lines = self.rows.x == 0 && matches!(self.pane.shape(), Shape::Events | Shape::Controls | Shape::Values(_));
        (same && whole_lines && by != 0 && by.unsigned_abs() < u32::from(self.rows.height) / 2)
            .then(|| Scrolled { rows: self.rows.top()..self.rows.bottom(), by })
    }
}

/// Draws the whole screen.
pub fn draw<'a>(state: &'a State, canvas: &mut Canvas<'a>) {
    if state.size.0 < SMALLEST.0 || state.size.1 < SMALLEST.1 {
        canvas.text(0, 0, state.size.0, &format!("outcrop needs {} x {}", SMALLEST.0, SMALLEST.1), super::theme::Role::Text);
        return;
    }
    let layout = Layout::of(state);
    chrome::title(state, canvas, layout.title);
    chrome::tabs(state, canvas, layout.tabs);
    canvas.highlight(state.hits.as_ref().map(|hits| &hits.regex));
    panes::draw(state, canvas, &layout);
    canvas.highlight(None);
    chrome::hints(state, canvas, layout.hints);
    for layer in &state.layers {
        layers::draw(state, canvas, layer);
    }
}

/// The part of a list that is shown.
pub fn window(top: usize, height: u16, len: usize) -> Range<usize> {
    top.min(len)..(top + usize::from(height)).min(len)
}
