//! A form: a line for each thing that is asked for. The parameters of a hunt, or what describes a source.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui_textarea::{CursorMove, Input, TextArea};

use crate::hunt::Hunt;
use crate::tui::keys::Key;
use crate::tui::oracle::Usual;

/// What a form is about.
#[derive(Clone, Debug)]
pub enum FormOf {
    /// Parameters of a hunt.
    Hunt(Arc<Hunt>),
    /// Log groups at AWS.
    Source,
    /// A value of a match list: the list, the value, and whether its sessions stand there too.
    Listing(String, String, bool),
}

/// A form.
#[derive(Clone, Debug)]
pub struct Form {
    /// What it is about.
    pub of: FormOf,
    /// Its title.
    pub title: String,
    /// What it is for, in a sentence or two.
    pub purpose: String,
    /// What is asked for.
    pub fields: Vec<Field>,
    /// A line for each.
    pub lines: Vec<TextArea<'static>>,
    /// What stands there was there already, as if selected: typing takes its place, moving in it keeps it.
    pub offered: Vec<bool>,
    /// The line that has the keys.
    pub at: usize,
    /// What is wrong, said when it was tried.
    pub wrong: Option<String>,
}

/// One thing that is asked for.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Shown where nothing is written yet.
    pub empty: String,
    /// What may be written.
    pub about: String,
}

fn line(text: &str) -> TextArea<'static> {
    let mut area = TextArea::from([text.replace('\n', " ")]);
    area.move_cursor(CursorMove::End);
    area
}

impl Form {
    /// The parameters of a hunt, with its defaults.
    pub fn of_hunt(hunt: Arc<Hunt>) -> Self {
        let fields = hunt.params.iter().map(|param| Field {
            name: param.name.clone(),
            empty: format!("({}{})", param.about, if param.optional { ", may be left out" } else { "" }),
            about: format!("{}: {} · enter runs · tab goes on", param.about, param.kind.wanted()),
        });
        Self {
            fields: fields.collect(),
            lines: hunt.params.iter().map(|param| line(param.default.as_deref().unwrap_or_default())).collect(),
            title: hunt.title.clone(),
            purpose: hunt.purpose.clone(),
            offered: vec![true; hunt.params.len()],
            of: FormOf::Hunt(hunt),
            at: 0,
            wrong: None,
        }
    }

    /// What describes log groups at AWS.
    pub fn of_source(usual: &Usual) -> Self {
        let endpoint = usual.endpoint.as_ref().map(|endpoint| format!(" Requests go to {endpoint}, as the environment says.")).unwrap_or_default();
        let ends = "enter looks · tab goes on";
        let field =
            |name: &str, empty: &str, about: &str| Field { name: name.to_owned(), empty: format!("({empty})"), about: format!("{about} · {ends}") };
        Self {
            of: FormOf::Source,
            title: "Add log groups at AWS".to_owned(),
            purpose: format!("Nothing is fetched, and nothing paid for, before you have chosen and seen the price.{endpoint}"),
            fields: vec![
                field("profile", "what the environment says", "profiles of the AWS configuration, with commas"),
                field("region", "that of the profile or environment", "Regions, with commas"),
                field("log groups", "look for those that hold evidence", "names, with commas"),
                field("since", "24h", "24h, 7d, yesterday, 2026-11-10, RFC 3339 (UTC)"),
                field("until", "now", "as since"),
                field("budget", "1usd", "what may be spent: 2usd, 0.50, 100GB"),
            ],
            offered: vec![true; 6],
            lines: [usual.profiles.as_str(), &usual.regions, "", "24h", "", &usual.budget].map(line).into(),
            at: 0,
            wrong: None,
        }
    }

    /// What is to be said of a value on a match list.
    pub fn of_listing(title: String, list: &str, value: &str, has_sessions: bool) -> Self {
        let field = |name: &str, empty: &str, about: &str| Field { name: name.to_owned(), empty: format!("({empty})"), about: about.to_owned() };
        Self {
            of: FormOf::Listing(list.to_owned(), value.to_owned(), has_sessions),
            title,
            purpose: "Whoever reads the case later has to know why. Of events from the end on it does not hold.".to_owned(),
            fields: vec![
                field("reason", "a ticket, a team", "why it belongs there: a ticket, a team · tab goes on · enter keeps it"),
                field("until", "never", "30d, 2026-12-24 or RFC 3339 (UTC); empty is never · enter keeps it"),
            ],
            lines: vec![line(""), line("")],
            offered: vec![true; 2],
            at: 0,
            wrong: None,
        }
    }

    /// The same, with values that are known already.
    #[must_use]
    pub fn filled(mut self, values: &[(String, String)]) -> Self {
        for (field, area) in self.fields.iter().zip(&mut self.lines) {
            if let Some((_, value)) = values.iter().find(|(name, _)| *name == field.name) {
                *area = line(value);
            }
        }
        self
    }

    /// The text of a line.
    pub fn text(&self, line: usize) -> String {
        self.lines.get(line).and_then(|area| area.lines().first()).cloned().unwrap_or_default()
    }

    /// Each name with its value.
    pub fn values(&self) -> Vec<(String, String)> {
        self.fields.iter().enumerate().map(|(line, field)| (field.name.clone(), self.text(line))).collect()
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
                self.taken(key.typed().is_some());
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

    /// The selected line is the analyst's own from now on; what was offered gives way to what is typed.
    fn taken(&mut self, is_replaced: bool) {
        let Some(offered) = self.offered.get_mut(self.at) else { return };
        if std::mem::take(offered)
            && is_replaced
            && let Some(area) = self.lines.get_mut(self.at)
        {
            *area = TextArea::default();
        }
    }

    /// Takes pasted text in, as one line.
    pub fn paste(&mut self, text: &str) {
        self.taken(true);
        if let Some(area) = self.lines.get_mut(self.at) {
            area.insert_str(text.replace('\n', " "));
        }
    }
}
