//! The desk of the Query pane: the text being written, what answered it, and the queries of before. Plain data.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use ratatui_textarea::TextArea;
use serde::{Deserialize, Serialize};

use super::ask::Asking;
use super::complete::{Named, Offers};
use super::oracle::KnownGroup;
use super::results::Results;
use crate::hunt::{Bound, Hunt};
use crate::model::{Scope, Timestamp};

/// Queries that are kept.
const KEPT: usize = 200;

/// A longer text is not kept.
const LONGEST: usize = 20_000;

/// What the Query pane works with.
#[derive(Clone, Debug, Default)]
pub struct Desk {
    /// The text.
    pub area: TextArea<'static>,
    /// The keys go to the text.
    pub typing: bool,
    /// The hunt that the text is of, as long as nobody has changed it.
    pub hunt: Option<(Arc<Hunt>, Bound)>,
    /// What is wrong with the text, found while it is typed or when it was run.
    pub problem: Option<Problem>,
    /// Words that may come next.
    pub offers: Option<Offers>,
    /// What a query of this case can name.
    pub named: Arc<Named>,
    /// What they were looked for in.
    pub fields_of: Option<(Scope, u64)>,
    /// Log groups that a query may be sent to.
    pub groups: Arc<Vec<KnownGroup>>,
    /// The revision of the case they were looked for at.
    pub groups_of: Option<u64>,
    /// What is to be done as soon as they are known.
    pub awaited: Option<Awaited>,
    /// Those that are not asked, and those that are though the case's evidence is not from them; by their labels.
    pub turned: BTreeSet<String>,
    /// How many of how many events a running query has looked at.
    pub progress: (u64, u64),
    /// How far a query is that runs at AWS, in words.
    pub going: String,
    /// The newest answer.
    pub results: Option<Arc<Results>>,
    /// What it is the answer to.
    pub asked: Option<Box<Asking>>,
    /// Its first rows only: the rest is still being read.
    pub is_partial: bool,
    /// The order of its rows, when they are sorted by a column: column, falling, places.
    pub order: Option<(usize, bool, Arc<Vec<u32>>)>,
    /// The selected column.
    pub column: usize,
    /// Columns that are not shown.
    pub hidden: BTreeSet<usize>,
    /// Room of each column, as the analyst has set it.
    pub widths: Vec<u16>,
    /// The answer is drawn, not written.
    pub is_chart: bool,
    /// The queries of before, oldest first.
    pub history: Vec<Past>,
}

/// What waits for the log groups to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// The query is asked.
    Ask,
    /// They are shown, to be chosen from.
    Choose,
}

/// What is wrong with a query, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The place in the text, in bytes; none when it is not in the text.
    pub at: Option<Range<usize>>,
    /// What is wrong.
    pub what: String,
}

/// A query that was run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Past {
    /// Its text.
    pub text: String,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// The hunt it came from.
    pub hunt: Option<String>,
    /// Rows of the answer.
    pub rows: u64,
    /// How long it took, in milliseconds.
    pub millis: u64,
    /// Bytes of records that were read for it; at AWS those that were scanned.
    pub bytes: u64,
    /// What it cost, when AWS was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<String>,
}

/// What of a desk the case keeps.
#[derive(Serialize, Deserialize)]
struct Saved {
    draft: String,
    history: Vec<Past>,
    #[serde(default)]
    turned: BTreeSet<String>,
}

impl Desk {
    /// The text as it stands.
    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    /// Puts a text in the place of the one there is, the cursor at its end.
    pub fn write(&mut self, text: &str) {
        self.area = TextArea::from(text.lines());
        self.area.move_cursor(ratatui_textarea::CursorMove::Bottom);
        self.area.move_cursor(ratatui_textarea::CursorMove::End);
        (self.offers, self.hunt) = (None, None);
    }

    /// The cursor's place in [`Self::text`], in bytes.
    pub fn cursor(&self) -> usize {
        let ratatui_textarea::DataCursor(row, column) = self.area.cursor();
        let before: usize = self.area.lines().iter().take(row).map(|line| line.len() + 1).sum();
        let line = self.area.lines().get(row).map_or("", String::as_str);
        before + line.char_indices().nth(column).map_or(line.len(), |(at, _)| at)
    }

    /// Columns that are shown, in their order.
    pub fn shown(&self) -> Vec<usize> {
        let count = self.results.as_ref().map_or(0, |results| results.columns.len());
        (0..count).filter(|column| !self.hidden.contains(column)).collect()
    }

    /// The room of a column.
    pub fn width(&self, column: usize) -> u16 {
        self.widths.get(column).copied().unwrap_or(12)
    }

    /// Is this group asked when a query does not say which?
    pub fn asks(&self, group: &KnownGroup) -> bool {
        group.is_of_case != self.turned.contains(&group.label())
    }

    /// The place in the answer of a row of the table.
    pub fn row(&self, index: usize) -> Option<usize> {
        let rows = self.results.as_ref()?.rows.len();
        match &self.order {
            Some((.., order)) => order.get(index).map(|row| *row as usize),
            None => Some(index).filter(|index| *index < rows),
        }
    }

    /// The text of a cell of the table, as it may be shown.
    pub fn cell(&self, index: usize, column: usize) -> Option<&str> {
        self.results.as_ref()?.rows.get(self.row(index)?)?.cells.get(column).map(|cell| &**cell)
    }

    /// Takes an answer in. Where the columns are the same the analyst's choice of them stays.
    pub fn take(&mut self, results: Arc<Results>, is_partial: bool) {
        let same = self.results.as_ref().is_some_and(|before| before.columns == results.columns);
        if !same {
            (self.hidden, self.column) = (BTreeSet::new(), 0);
            self.widths.clone_from(&results.widths);
            self.is_chart &= results.bars.is_some();
        }
        self.order = None;
        (self.results, self.is_partial) = (Some(results), is_partial);
    }

    /// Remembers a query; one that was run before moves to the end.
    pub fn remember(&mut self, past: Past) {
        if past.text.len() > LONGEST {
            return;
        }
        self.history.retain(|other| other.text != past.text);
        self.history.push(past);
        let excess = self.history.len().saturating_sub(KEPT);
        self.history.drain(..excess);
    }

    /// As JSON, for the case file.
    pub fn save(&self) -> String {
        serde_json::to_string(&Saved { draft: self.text(), history: self.history.clone(), turned: self.turned.clone() }).unwrap_or_default()
    }

    /// From JSON; an empty desk when it is none of ours.
    pub fn restore(text: &str) -> Self {
        let mut desk = Self::default();
        if let Ok(saved) = serde_json::from_str::<Saved>(text) {
            desk.write(&saved.draft);
            (desk.history, desk.turned) = (saved.history, saved.turned);
        }
        desk
    }
}

impl Past {
    /// When it was run.
    pub fn time(&self) -> Timestamp {
        Timestamp::from_millis(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_desk_is_kept_and_the_newest_queries_with_it() {
        let past = |text: &str| Past { text: text.to_owned(), at: 5, hunt: None, rows: 1, millis: 2, bytes: 3, cost: None };
        let mut desk = Desk::default();
        desk.write("fields a\n| limit 5");
        for number in 0..KEPT + 5 {
            desk.remember(past(&number.to_string()));
        }
        desk.remember(past("9"));
        assert_eq!((desk.history.len(), desk.history.last().map(|past| past.text.as_str())), (KEPT, Some("9")));
        let back = Desk::restore(&desk.save());
        assert_eq!((back.text(), back.history), (desk.text(), desk.history));
        assert_eq!(Desk::restore("{").text(), "");
    }

    #[test]
    fn the_cursor_is_a_place_in_the_text() {
        let mut desk = Desk::default();
        desk.write("fields ä\n| limit");
        assert_eq!(desk.cursor(), desk.text().len());
        desk.area.move_cursor(ratatui_textarea::CursorMove::Up);
        desk.area.move_cursor(ratatui_textarea::CursorMove::End);
        assert_eq!(desk.cursor(), "fields ä".len());
    }
}
