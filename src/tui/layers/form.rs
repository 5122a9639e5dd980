//! The parameters of a hunt, to be filled in: a line for each.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui_textarea::{CursorMove, Input, TextArea};

use crate::hunt::Hunt;
use crate::tui::keys::Key;

/// A form.
#[derive(Clone, Debug)]
pub struct Form {
    /// The hunt it is of.
    pub hunt: Arc<Hunt>,
    /// A line for each parameter.
    pub lines: Vec<TextArea<'static>>,
    /// The line that has the keys.
    pub at: usize,
    /// What is wrong, said when it was tried.
    pub wrong: Option<String>,
}

impl Form {
    /// A form with the hunt's defaults.
    pub fn new(hunt: Arc<Hunt>) -> Self {
        let line = |text: &str| {
            let mut area = TextArea::from([text]);
            area.move_cursor(CursorMove::End);
            area
        };
        let lines = hunt.params.iter().map(|param| line(param.default.as_deref().unwrap_or_default())).collect();
        Self { hunt, lines, at: 0, wrong: None }
    }

    /// The same, with values that are known already.
    #[must_use]
    pub fn filled(mut self, values: &[(String, String)]) -> Self {
        for (param, area) in self.hunt.params.iter().zip(&mut self.lines) {
            if let Some((_, value)) = values.iter().find(|(name, _)| *name == param.name) {
                *area = TextArea::from([value.replace('\n', " ")]);
                area.move_cursor(CursorMove::End);
            }
        }
        self
    }

    /// The text of a line.
    pub fn text(&self, line: usize) -> String {
        self.lines.get(line).and_then(|area| area.lines().first()).cloned().unwrap_or_default()
    }

    /// Each parameter with its value.
    pub fn values(&self) -> Vec<(String, String)> {
        self.hunt.params.iter().enumerate().map(|(line, param)| (param.name.clone(), self.text(line))).collect()
    }

    /// Takes a key in: up, down and tab go from line to line, everything else is typing.
    pub fn input(&mut self, event: KeyEvent) {
        let key = Key::of(event);
        let last = self.lines.len().saturating_sub(1);
        match key.code {
            KeyCode::Up | KeyCode::BackTab => self.at = self.at.saturating_sub(1),
            KeyCode::Down => self.at = (self.at + 1).min(last),
            KeyCode::Tab => self.at = if self.at == last { 0 } else { self.at + 1 },
            _ => {
                self.wrong = None;
                if let Some(area) = self.lines.get_mut(self.at) {
                    if key.ctrl && key.code == KeyCode::Char('u') {
                        area.delete_line_by_head();
                    } else if !(key.ctrl && key.code == KeyCode::Char('m')) {
                        area.input(Input::from(event));
                    }
                }
            }
        }
    }

    /// Takes pasted text in, as one line.
    pub fn paste(&mut self, text: &str) {
        if let Some(area) = self.lines.get_mut(self.at) {
            area.insert_str(text.replace('\n', " "));
        }
    }
}
