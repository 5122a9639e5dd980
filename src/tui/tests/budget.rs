//! What screens cost on the wire: bytes, not time (DESIGN §9).

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};

use super::session::Session;
use crate::tui::render;
use crate::tui::widgets::Canvas;

#[derive(Clone, Default)]
struct Wire(Arc<Mutex<usize>>);

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        *self.0.lock().expect("not poisoned") += bytes.len();
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Counted {
    session: Session,
    terminal: Terminal<CrosstermBackend<Wire>>,
    wire: Wire,
}

impl Counted {
    fn new(session: Session) -> Self {
        crossterm::style::force_color_output(true);
        let wire = Wire::default();
        let (width, height) = session.state.size;
        let options = TerminalOptions { viewport: Viewport::Fixed(Rect::new(0, 0, width, height)) };
        let terminal = Terminal::with_options(CrosstermBackend::new(wire.clone()), options).expect("a terminal");
        let mut counted = Self { session, terminal, wire };
        counted.draw();
        counted
    }

    fn draw(&mut self) -> usize {
        *self.wire.0.lock().expect("not poisoned") = 0;
        let (state, theme) = (&self.session.state, &self.session.theme);
        self.terminal.draw(|frame| render::draw(state, &mut Canvas::new(frame.buffer_mut(), theme, state.setup.glyphs))).map(drop).expect("drawn");
        *self.wire.0.lock().expect("not poisoned")
    }

    fn key(&mut self, key: &str) -> usize {
        self.session.keys(key);
        self.draw()
    }
}

#[test]
fn a_step_a_page_and_an_unchanged_screen_stay_within_the_budget() {
    let mut counted = Counted::new(Session::demo((120, 40)));
    // The preview follows only when the cursor rests; the budget is that of the list.
    counted.key("d");
    counted.key("<page-down>");
    let steps: Vec<usize> = (0..12).map(|_| counted.key("j")).collect();
    let pages: Vec<usize> = (0..4).map(|_| counted.key("<page-down>")).collect();
    let unchanged = counted.draw();
    println!("steps {steps:?}, pages {pages:?}, unchanged {unchanged}");
    assert!(steps.iter().all(|bytes| *bytes <= 400), "{steps:?}");
    assert!(pages.iter().all(|bytes| *bytes <= 4600), "{pages:?}");
    assert!(unchanged <= 40, "{unchanged}");
}
