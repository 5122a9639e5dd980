//! What the analyst adds to an event: a mark, tags, a note, "reviewed".

/// The analyst's own additions to one event. Kept by the record's digest, so they survive a rebuild.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// Marked for the report.
    pub marked: bool,
    /// Reviewed (Prompts pane).
    pub reviewed: bool,
    /// Free tags, each a word.
    pub tags: Vec<String>,
    /// A note.
    pub note: String,
}

impl Mark {
    /// Nothing was added.
    pub fn is_empty(&self) -> bool {
        !self.marked && !self.reviewed && self.tags.is_empty() && self.note.is_empty()
    }
}
