//! A text to type: one line (search, filter, tag, file name, time range) or several (a note). Typing is the library's.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui_textarea::{Input, TextArea};

use crate::tui::keys::Key;

/// What the text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditorKind {
    /// Jump between matching rows.
    Search,
    /// Keep only matching rows.
    Filter,
    /// Keep only rows of a table that are named like this.
    Names,
    /// Tags of the selected row.
    Tag,
    /// A note on the selected row.
    Note,
    /// What is to be said of a signal or lead.
    Judgement,
    /// A note on the case.
    CaseNote,
    /// A file to write to.
    Export,
    /// A file for the table of the pane.
    ExportTable,
    /// A time range in words.
    Range,
    /// A file or folder to read.
    Path,
}

impl EditorKind {
    /// Several lines?
    pub const fn is_multi_line(self) -> bool {
        matches!(self, Self::Note | Self::Judgement | Self::CaseNote)
    }

    /// Title of the box.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Search => "Search",
            Self::Filter => "Filter",
            Self::Names => "Rows named",
            Self::Tag => "Tags",
            Self::Note => "Note",
            Self::Judgement => "Note on the signal",
            Self::CaseNote => "Note on the case",
            Self::Export => "Export to",
            Self::ExportTable => "Export the table to",
            Self::Range => "Time range",
            Self::Path => "Add a file or folder",
        }
    }

    /// A line below the text that says what to write.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Search => "a regular expression over the record's text · enter go · . next · , previous",
            Self::Filter => "a regular expression; empty removes the filter · enter apply",
            Self::Names => "a part of the name; x.denied and the like narrow the scope; empty shows all · enter apply",
            Self::Tag => "words, separated by blanks · enter keep",
            Self::Note | Self::Judgement | Self::CaseNote => "ctrl-s or alt-enter keeps it · esc leaves it as it was",
            Self::ExportTable => "a path that ends in .csv · enter write",
            Self::Export => "a path: .csv .ndjson .json for the rows, .md .html for a report · enter write",
            Self::Path => "a file, or a folder with all in it; ~ is your home · enter reads it into the case",
            Self::Range => "24h · yesterday · 14:00 .. 16:30 · 2026-11-10 .. 2026-11-12 (UTC) · enter apply",
        }
    }
}

/// A text being typed.
#[derive(Clone, Debug)]
pub struct Editor {
    /// What it is for.
    pub kind: EditorKind,
    /// The text.
    pub area: TextArea<'static>,
    /// What is wrong with it, said when it was tried.
    pub wrong: Option<String>,
    /// The text is an earlier one, as if selected: typing replaces it, moving in it keeps it.
    pub offered: bool,
}

impl Editor {
    /// An editor holding a text, the cursor at its end.
    pub fn new(kind: EditorKind, text: &str) -> Self {
        let mut area = TextArea::from(text.lines());
        area.move_cursor(ratatui_textarea::CursorMove::Bottom);
        area.move_cursor(ratatui_textarea::CursorMove::End);
        let offered = matches!(kind, EditorKind::Search | EditorKind::Filter | EditorKind::Names | EditorKind::Export | EditorKind::ExportTable)
            && !text.is_empty();
        Self { kind, area, wrong: None, offered }
    }

    /// Takes a key in: typing, or one of the library's; ctrl-u is readline's.
    pub fn input(&mut self, event: KeyEvent) {
        let key = Key::of(event);
        self.wrong = None;
        if key.typed().is_some() {
            self.replace_offered();
        }
        self.offered = false;
        if key.ctrl && key.code == KeyCode::Char('u') {
            if self.area.cursor().1 > 0 {
                self.area.delete_line_by_head();
            }
        } else {
            self.area.input(Input::from(event));
        }
    }

    /// Takes pasted text in.
    pub fn paste(&mut self, text: String) {
        self.replace_offered();
        self.area.insert_str(text);
    }

    fn replace_offered(&mut self) {
        if std::mem::take(&mut self.offered) {
            self.area = TextArea::default();
        }
    }

    /// The text as it stands.
    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }
}
