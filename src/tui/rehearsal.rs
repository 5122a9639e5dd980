//! The workbench without a terminal: keys in, frames out. Questions are answered at once, on the calling thread, so that
//! what they cost can be measured; nothing is written anywhere. For benches.

use std::collections::VecDeque;
use std::sync::Arc;

use crossterm::event::KeyEvent;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::keymap::Keymap;
use super::message::{Effect, Event};
use super::runner::{answer, revision_number};
use super::state::{Setup, State};
use super::theme::{Depth, Theme};
use super::view::View;
use super::widgets::Canvas;
use super::{render, update::update};
use crate::case::Reader;
use crate::hunt::Catalogue;
use crate::model::{Glyphs, Timestamp};

/// A workbench that nobody looks at.
pub struct Rehearsal {
    state: State,
    theme: Theme,
    reader: Reader,
    buffer: Buffer,
}

impl Rehearsal {
    /// Opens it on a case with everything that the first screen needs; `size` is in columns and rows.
    ///
    /// # Errors
    /// When the case cannot be read, or the embedded keymap or theme is not sound.
    pub fn open(mut reader: Reader, size: (u16, u16)) -> anyhow::Result<Self> {
        let setup = Setup {
            title: String::new(),
            read_only: true,
            asks_aws: false,
            usual: crate::tui::oracle::Usual::default(),
            keymap: Keymap::embedded("default")?,
            glyphs: Glyphs::Unicode,
            catalogue: Arc::new(Catalogue::embedded()),
        };
        let view = reader.view("workbench")?.as_deref().and_then(View::restore).unwrap_or_default();
        let mut state = State::new(setup, size, Timestamp::from_millis(0), view);
        state.revision = revision_number(reader.revision()?);
        let buffer = Buffer::empty(Rect::new(0, 0, size.0, size.1));
        let mut rehearsal = Self { state, theme: Theme::embedded("default", Depth::True)?, reader, buffer };
        rehearsal.send(Event::Resize(size.0, size.1));
        Ok(rehearsal)
    }

    /// Presses a key and waits for all that follows from it.
    pub fn press(&mut self, key: KeyEvent) {
        self.send(Event::Key(key));
    }

    /// Draws one frame; gives the number of events in the list it shows a part of.
    pub fn frame(&mut self) -> usize {
        self.buffer.reset();
        render::draw(&self.state, &mut Canvas::new(&mut self.buffer, &self.theme, self.state.setup.glyphs));
        self.state.list_len()
    }

    fn send(&mut self, event: Event) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            for effect in update(&mut self.state, event) {
                match effect {
                    Effect::Ask(ask, generation) => {
                        let slot = ask.slot();
                        answer(&mut self.reader, &ask, &mut |answer| events.push_back(Event::Reply { slot, generation, answer }));
                    }
                    Effect::Rest => events.push_back(Event::Rested),
                    _ => {}
                }
            }
        }
    }
}
