//! What screens cost on the wire: bytes, not time (DESIGN §9).

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use super::session::Session;
use crate::tui::painter::Painter;
use crate::tui::render;
use crate::tui::widgets::Canvas;

#[derive(Clone, Default)]
struct Wire(Arc<Mutex<Vec<u8>>>);

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Counted {
    session: Session,
    painter: Painter<Wire>,
    window: render::Window,
    wire: Wire,
}

impl Counted {
    fn new(session: Session) -> Self {
        crossterm::style::force_color_output(true);
        let wire = Wire::default();
        let painter = Painter::new(wire.clone(), session.state.size);
        let mut counted = Self { session, painter, window: render::Window::default(), wire };
        counted.draw();
        counted
    }

    fn draw(&mut self) -> usize {
        self.wire.0.lock().expect("not poisoned").clear();
        let (state, theme) = (&self.session.state, &self.session.theme);
        let window = render::Window::of(state);
        let scrolled = window.scrolled_from(&self.window);
        let paint = |buffer: &mut ratatui::buffer::Buffer| render::draw(state, &mut Canvas::new(buffer, theme, state.setup.glyphs));
        self.painter.draw(state.size, scrolled.as_ref(), paint).expect("drawn");
        self.window = window;
        self.sent().len()
    }

    fn sent(&self) -> Vec<u8> {
        self.wire.0.lock().expect("not poisoned").clone()
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
    let steps: Vec<usize> = (0..12).map(|_| counted.key("j")).collect();
    counted.key("<page-down>");
    let scrolls: Vec<usize> = (0..12).map(|_| counted.key("j")).collect();
    let pages: Vec<usize> = (0..4).map(|_| counted.key("<page-down>")).collect();
    let unchanged = counted.draw();
    println!("steps {steps:?}, scrolls {scrolls:?}, pages {pages:?}, unchanged {unchanged}");
    assert!(steps.iter().all(|bytes| *bytes <= 400), "{steps:?}");
    // A line of text comes along.
    assert!(scrolls.iter().all(|bytes| *bytes <= 700), "{scrolls:?}");
    assert!(pages.iter().all(|bytes| *bytes <= 4600), "{pages:?}");
    assert_eq!(unchanged, 0);
}

#[test]
fn a_step_among_the_changes_of_the_defences_is_no_dearer() {
    let mut counted = Counted::new(Session::demo((120, 24)));
    counted.key("3");
    let steps: Vec<usize> = (0..8).map(|_| counted.key("j")).collect();
    assert!(steps.iter().all(|bytes| *bytes <= 400), "{steps:?}");
}

#[test]
fn scrolling_by_the_terminal_shows_the_same_as_drawing_it_whole() {
    let mut counted = Counted::new(Session::demo((120, 40)));
    let mut seen = vt100::Parser::new(std::num::NonZero::new(40).expect("rows"), std::num::NonZero::new(120).expect("columns"), 0);
    seen.process(&counted.sent());
    for key in [
        "<page-down>",
        "j",
        "j",
        "k",
        "<page-down>",
        "j",
        "<page-up>",
        "k",
        "k",
        "k",
        "k",
        "k",
        "k",
        "k",
        "5",
        "j",
        "3",
        "G",
        "k",
        "k",
        "g",
        "1",
        "<page-down>",
        "j",
    ] {
        counted.key(key);
        seen.process(&counted.sent());
        let expected = counted.session.rows();
        let shown: Vec<String> = seen.screen().rows(0, 120).map(|row| row.trim_end().to_owned()).collect();
        assert_eq!(shown, expected, "after {key}");
    }
}
